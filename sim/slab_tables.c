/* sim/slab_tables.c - see slab_tables.h. */
#include "sim/slab_tables.h"

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

static size_t bytes_of_rows(const hk_slab_tables *tables)
{
    return tables->n_sources * tables->n_shards * tables->row_bytes;
}

int hk_slab_tables_init(hk_slab_tables *tables)
{
    size_t n = tables->n_populations * tables->n_groups;
    tables->rows = hk_memory_alloc(bytes_of_rows(tables));
    tables->arenas = calloc(n + 1, sizeof *tables->arenas);
    tables->arena_bytes = calloc(n + 1, sizeof *tables->arena_bytes);
    return tables->rows == NULL || tables->arenas == NULL || tables->arena_bytes == NULL ? HK_ENOMEM : HK_OK;
}

void hk_slab_tables_fini(hk_slab_tables *tables)
{
    for (size_t i = 0; tables->arenas != NULL && i < tables->n_populations * tables->n_groups; i++)
        hk_memory_free(tables->arenas[i], tables->arena_bytes[i]);
    free(tables->arenas);
    free(tables->arena_bytes);
    hk_memory_free(tables->rows, bytes_of_rows(tables));
    *tables = (hk_slab_tables){ 0 };
}

int hk_slab_tables_add(hk_slab_tables *tables, size_t population, uint32_t group, uint64_t bytes)
{
    size_t at = population * tables->n_groups + group;
    tables->arena_bytes[at] = bytes;
    tables->arenas[at] = hk_memory_alloc(tables->arena_bytes[at]);
    return tables->arenas[at] == NULL ? HK_ENOMEM : HK_OK;
}
