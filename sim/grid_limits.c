/* sim/grid_limits.c - what the compact synapses of a simulation on the grid must not exceed: memory, and the sums of a step. See
 * grid.h. */
#include "sim/grid.h"
#include "sim/memory.h"
#include "sim/storage.h"

#include <stdatomic.h>
#include <stdlib.h>

/* All of it: synapses, tables, and the targets of one source population while they are drawn. */
int hk_grid_check_memory(const hk_grid *grid)
{
    uint64_t n_synapses = 0, synapses = 0, others = 0, most_drawn = 0;
    for (size_t i = 0; i < grid->n_populations; i++) {
        const hk_population *pre = grid->sim->populations[i];
        uint64_t drawn = 0;
        for (size_t k = 0; k < pre->n_out; k++) {
            const hk_projection *p = pre->out[k];
            if (p->on_slabs) {
                drawn += p->n_synapses * sizeof(uint32_t) + (uint64_t)pre->n * sizeof(uint64_t);
                synapses += p->n_synapses * hk_synapse_bytes(grid->populations[i].units);
                n_synapses += p->n_synapses;
            } else if (p->asked.pre != NULL) {
                others += p->n_synapses * (sizeof(uint32_t) + sizeof(float));
            }
        }
        most_drawn = drawn > most_drawn ? drawn : most_drawn;
    }
    uint64_t table = (uint64_t)grid->n_sources * hk_slab_row_bytes(grid->n_slots);
    uint64_t needed = synapses + table * grid->n_shards + most_drawn + others;
    uint64_t available = hk_memory_available();
    if (needed > available)
        return hk_fail(grid->sim->ctx, HK_ENOMEM,
                       "simulation: %.4g synapses need %.1f MB while they are built, the machine has %.1f MB available",
                       (double)n_synapses, (double)needed / 1e6, (double)available / 1e6);
    return HK_OK;
}

/* --- sums --------------------------------------------------------------------------------------------------------- */

typedef struct summing {
    const hk_grid *grid;
    uint64_t *largest; /* [n_shards] */
    atomic_uint next;
    atomic_int rc;
} summing;

/* Adds the weights of all slabs of a row to those of their accumulators. */
static void add_row(const hk_slab_row *row, uint32_t n_slots, int32_t units, uint64_t *sum)
{
    size_t n = 0;
    for (uint32_t slot = 0; slot < n_slots; slot++)
        n += row->length[slot];
    for (size_t k = 0; k < n; k++)
        sum[hk_synapse_accumulator(row->synapse, units, k)] += (uint64_t)abs(hk_synapse_weight(row->synapse, units, k));
}

/* The largest sum of weights onto one accumulator of a shard, in units. */
static void sum_weights(void *user, unsigned member)
{
    summing *j = user;
    const hk_grid *grid = j->grid;
    (void)member;
    for (uint32_t s; (s = atomic_fetch_add(&j->next, 1)) < grid->n_shards;) {
        const hk_shard *shard = &grid->shards[s];
        uint64_t *sum = calloc((size_t)shard->n_accumulators + 1, sizeof *sum);
        if (sum == NULL) {
            atomic_store(&j->rc, HK_ENOMEM);
            return;
        }
        for (size_t i = 0; i < grid->n_populations; i++) {
            const hk_grid_population *g = &grid->populations[i];
            for (uint32_t k = 0; k < grid->sim->populations[i]->n; k++)
                add_row(hk_slab_row_of(&grid->slabs, (size_t)g->first + k, s), grid->n_slots, g->units, sum);
        }
        for (uint32_t k = 0; k < shard->n_accumulators; k++)
            j->largest[s] = sum[k] > j->largest[s] ? sum[k] : j->largest[s];
        free(sum);
    }
}

/* A synapse of a neuron delivers at most one spike a step; for those of sources see grid.c. */
int hk_grid_check_sums(hk_grid *grid)
{
    summing j = { .grid = grid, .largest = calloc(grid->n_shards, sizeof *j.largest) };
    if (j.largest == NULL)
        return HK_ENOMEM;
    hk_team_run(grid->sim->team, sum_weights, &j);
    int rc = atomic_load(&j.rc);
    uint64_t largest = 0;
    for (uint32_t s = 0; rc == HK_OK && s < grid->n_shards; s++)
        largest = j.largest[s] > largest ? j.largest[s] : largest;
    free(j.largest);
    grid->most_units = largest;
    if (largest <= INT32_MAX)
        return rc;
    return hk_fail(grid->sim->ctx, HK_ERANGE,
                   "simulation: the weights of a neuron add up to %llu units, above the %d of a 32-bit sum: let its "
                   "projections keep single precision (weights = float)",
                   (unsigned long long)largest, INT32_MAX);
}
