/* sim/slab_table.c - see slab_table.h. */
#include "sim/slab_table.h"

#include "sim/memory.h"

#include <stdlib.h>

enum { LINE = 64 };

/* Whole lines, or a part of one that none straddles. */
size_t hk_slab_row_bytes(uint32_t n_slots)
{
    size_t least = sizeof(hk_slab_row) + n_slots * sizeof(uint16_t), bytes = sizeof(hk_slab_row);
    while (bytes < least)
        bytes += bytes < LINE ? bytes : LINE;
    return bytes;
}

int hk_slab_table_init(hk_slab_table *table, size_t n_sources, uint32_t n_slots, size_t n_populations)
{
    *table = (hk_slab_table){ .row_bytes = hk_slab_row_bytes(n_slots),
                              .n_sources = n_sources,
                              .n_populations = n_populations };
    table->rows = hk_memory_alloc(n_sources * table->row_bytes);
    table->arenas = calloc(n_populations + 1, sizeof *table->arenas);
    table->arena_bytes = calloc(n_populations + 1, sizeof *table->arena_bytes);
    return table->rows == NULL || table->arenas == NULL || table->arena_bytes == NULL ? HK_ENOMEM : HK_OK;
}

void hk_slab_table_fini(hk_slab_table *table)
{
    for (size_t i = 0; table->arenas != NULL && i < table->n_populations; i++)
        hk_memory_free(table->arenas[i], table->arena_bytes[i]);
    free(table->arenas);
    free(table->arena_bytes);
    hk_memory_free(table->rows, table->n_sources * table->row_bytes);
    *table = (hk_slab_table){ 0 };
}

int hk_slab_table_add(hk_slab_table *table, size_t population, uint64_t n)
{
    table->arena_bytes[population] = n * sizeof **table->arenas;
    table->arenas[population] = hk_memory_alloc(table->arena_bytes[population]);
    return table->arenas[population] == NULL ? HK_ENOMEM : HK_OK;
}
