/* sim/slab_table.h - the 4-byte synapses from all sources onto one shard of a simulation on the grid: private to sim/.
 *
 * The slabs of a source, one for each delay, lie behind each other. A synapse: accumulator in the lower 16 bits, weight in units of
 * the accumulator's scale in the upper 16, signed. */
#ifndef HK_SLAB_TABLE_H
#define HK_SLAB_TABLE_H

#include "hillock.h"

#include <stddef.h>
#include <stdint.h>

/* Of one source. A spike looks it up at random: it takes as few cache lines as it can. */
typedef struct hk_slab_row {
    const uint32_t *synapse; /* of all its slabs, NULL where there are none */
    uint16_t length[];       /* [n_slots] of its slabs */
} hk_slab_row;

typedef struct hk_slab_table {
    unsigned char *rows; /* [n_sources] of row_bytes */
    size_t row_bytes, n_sources;
    uint32_t **arenas; /* [n_populations] synapses of each source population */
    uint64_t *arena_bytes;
    size_t n_populations;
} hk_slab_table;

/** Bytes of a row. */
size_t hk_slab_row_bytes(uint32_t n_slots);

/** Rows without synapses, and no arenas. HK_ENOMEM, after which the table is to be ended too. */
HK_MUST_CHECK int hk_slab_table_init(hk_slab_table *table, size_t n_sources, uint32_t n_slots, size_t n_populations);
void hk_slab_table_fini(hk_slab_table *table);

/** The arena for n synapses of a source population. HK_ENOMEM. */
HK_MUST_CHECK int hk_slab_table_add(hk_slab_table *table, size_t population, uint64_t n);

static inline hk_slab_row *hk_slab_table_row(const hk_slab_table *table, size_t source)
{
    return (hk_slab_row *)(void *)(table->rows + source * table->row_bytes);
}

#endif
