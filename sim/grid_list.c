/* sim/grid_list.c - lists the compact synapses of a projection. See grid.h. */
#include "sim/grid.h"
#include "sim/memory.h"
#include "sim/storage.h"

#include <stdlib.h>

typedef struct listed {
    uint32_t post;
    double weight;
} listed;

/* Of one source and delay, in all shards. */
typedef struct slab_list {
    listed *synapse;
    size_t n, capacity;
} slab_list;

static int compare(const void *a, const void *b)
{
    const listed *x = a, *y = b;
    if (x->post != y->post)
        return x->post < y->post ? -1 : 1;
    return (x->weight > y->weight) - (x->weight < y->weight);
}

/* Adds those of n synapses of a shard that lead to population `to`. */
static int take(const hk_grid *grid, const hk_shard *shard, uint32_t to, const unsigned char *slab, uint32_t n,
                int32_t units, slab_list *out)
{
    const hk_grid_population *g = &grid->populations[to];
    const hk_slice *slice = &shard->slices[to];
    listed *grown = hk_memory_grow(out->synapse, &out->capacity, out->n + n, sizeof *grown);
    if (grown == NULL)
        return HK_ENOMEM;
    out->synapse = grown;
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t port = 0; port < g->n_ports; port++) {
            uint32_t neuron = hk_synapse_accumulator(slab, units, k) - slice->first[port];
            if (neuron >= slice->end - slice->begin)
                continue;
            out->synapse[out->n++] = (listed){ .post = slice->begin + neuron,
                                               .weight = hk_synapse_weight(slab, units, k) * g->scale[port] };
            break;
        }
    return HK_OK;
}

/* The number of a synapse must not depend on how shards are cut and slabs are ordered. */
uint64_t hk_grid_list_synapses(const hk_projection *projection, uint64_t n, uint32_t *pre, uint32_t *post,
                               double *weight, double *delay_ms)
{
    const hk_grid *grid = projection->pre->sim->grid;
    uint32_t from = projection->pre->index, to = projection->post->index;
    const int32_t units = grid->populations[from].units;
    uint64_t n_listed = 0;
    slab_list slabs = { 0 };
    size_t *at = calloc(grid->n_shards, sizeof *at); /* byte in the row of each shard */
    int rc = at == NULL ? HK_ENOMEM : HK_OK;
    for (uint32_t i = 0; rc == HK_OK && i < projection->pre->n; i++) {
        size_t source = grid->populations[from].first + i;
        for (uint32_t s = 0; s < grid->n_shards; s++)
            at[s] = 0;
        for (uint32_t slot = 0; rc == HK_OK && slot < grid->n_slots; slot++) {
            slabs.n = 0;
            for (uint32_t s = 0; rc == HK_OK && s < grid->n_shards; s++) {
                const hk_slab_row *row = hk_slab_row_of(&grid->slabs, source, s);
                if (row->length[slot] > 0)
                    rc = take(grid, &grid->shards[s], to, row->synapse + at[s], row->length[slot], units, &slabs);
                at[s] += row->length[slot] * hk_synapse_bytes(units);
            }
            if (slabs.n > 1)
                qsort(slabs.synapse, slabs.n, sizeof *slabs.synapse, compare);
            for (size_t k = 0; rc == HK_OK && k < slabs.n && n_listed < n; k++, n_listed++) {
                if (pre != NULL)
                    pre[n_listed] = i;
                if (post != NULL)
                    post[n_listed] = slabs.synapse[k].post;
                if (weight != NULL)
                    weight[n_listed] = slabs.synapse[k].weight;
                if (delay_ms != NULL)
                    delay_ms[n_listed] = (double)grid->delay[slot] * grid->sim->resolution_ms;
            }
        }
    }
    free(slabs.synapse);
    free(at);
    return n_listed;
}
