/* sim/slab_tables.h - the compact synapses of a simulation on the grid, by source and shard: private to sim/.
 *
 * The slabs of a source onto a shard, one for each delay, lie behind each other; behind them come those onto the next shard
 * of the same thread, so that what a spike wants lies together. A synapse has 4 bytes: accumulator in the lower 16 bits, weight in
 * units of the accumulator's scale in the upper 16, signed. It has 2, the accumulator, where all of a source population's have the
 * same weight. */
#ifndef HK_SLAB_TABLES_H
#define HK_SLAB_TABLES_H

#include "hillock.h"

#include <stddef.h>
#include <stdint.h>

/* Of one source and shard. A spike looks it up at random: it takes as few cache lines as it can. */
typedef struct hk_slab_row {
    const unsigned char *synapse; /* of all its slabs, NULL where there are none */
    uint16_t length[];            /* [n_slots] synapses of its slabs */
} hk_slab_row;

/* Shard s is of group s % n_groups: a thread computes those of a group one after the other. */
typedef struct hk_slab_tables {
    unsigned char *rows; /* [n_sources][n_shards, by group] of row_bytes */
    size_t row_bytes, n_sources;
    uint32_t n_shards, n_groups;
    unsigned char **arenas; /* [n_populations][n_groups] synapses of each source population */
    uint64_t *arena_bytes;
    size_t n_populations;
} hk_slab_tables;

/** Bytes of a row. */
size_t hk_slab_row_bytes(uint32_t n_slots);

/** Rows without synapses, and no arenas; the sizes are those that are set in *tables, all else is 0. HK_ENOMEM, after which the
 *  tables are to be ended too. */
HK_MUST_CHECK int hk_slab_tables_init(hk_slab_tables *tables);
void hk_slab_tables_fini(hk_slab_tables *tables);

/** The arena for the synapses of a source population onto a group of shards. HK_ENOMEM. */
HK_MUST_CHECK int hk_slab_tables_add(hk_slab_tables *tables, size_t population, uint32_t group, uint64_t bytes);

static inline unsigned char *hk_slab_arena(const hk_slab_tables *tables, size_t population, uint32_t shard)
{
    return tables->arenas[population * tables->n_groups + shard % tables->n_groups];
}

static inline hk_slab_row *hk_slab_row_of(const hk_slab_tables *tables, size_t source, uint32_t shard)
{
    size_t place = shard % tables->n_groups * (tables->n_shards / tables->n_groups) + shard / tables->n_groups;
    return (hk_slab_row *)(void *)(tables->rows + (source * tables->n_shards + place) * tables->row_bytes);
}

/** Bytes of a synapse, where `units` is the weight that all have, or 0: each has its own. */
static inline size_t hk_synapse_bytes(int32_t units)
{
    return units != 0 ? sizeof(uint16_t) : sizeof(uint32_t);
}

static inline uint16_t hk_synapse_accumulator(const unsigned char *slab, int32_t units, size_t k)
{
    return units != 0 ? ((const uint16_t *)(const void *)slab)[k] : (uint16_t)((const uint32_t *)(const void *)slab)[k];
}

/** Units. */
static inline int32_t hk_synapse_weight(const unsigned char *slab, int32_t units, size_t k)
{
    return units != 0 ? units : (int32_t)((const uint32_t *)(const void *)slab)[k] >> 16;
}

#endif
