/* sim/grid_list.c - lists the 4-byte synapses of a projection. See grid.h. */
#include "sim/grid.h"
#include "sim/storage.h"

#include <stdlib.h>

typedef struct cursor {
    const uint32_t *next;
    const uint16_t *length;
} cursor;

uint64_t hk_grid_list_synapses(const hk_projection *projection, uint64_t n, uint32_t *pre, uint32_t *post,
                               double *weight, double *delay_ms)
{
    const hk_grid *grid = projection->pre->sim->grid;
    uint32_t from = projection->pre->index, to = projection->post->index;
    const hk_grid_population *g = &grid->populations[to];
    uint64_t n_listed = 0;
    cursor *at = calloc(grid->n_shards, sizeof *at); /* in the row of each shard */
    for (uint32_t i = 0; at != NULL && i < projection->pre->n; i++) {
        size_t source = grid->populations[from].first + i;
        for (uint32_t s = 0; s < grid->n_shards; s++)
            at[s] = (cursor){ .next = grid->shards[s].table.first[source],
                              .length = grid->shards[s].table.length + source * grid->n_slots };
        for (uint32_t slot = 0; slot < grid->n_slots; slot++)
            for (uint32_t s = 0; s < grid->n_shards; s++) {
                const hk_slice *slice = &grid->shards[s].slices[to];
                const uint32_t *end = at[s].next == NULL ? NULL : at[s].next + at[s].length[slot];
                for (; at[s].next != end; at[s].next++)
                    for (uint32_t port = 0; port < g->n_ports && n_listed < n; port++) {
                        uint32_t neuron = (*at[s].next & 0xffff) - slice->first[port];
                        if (neuron >= slice->end - slice->begin)
                            continue;
                        if (pre != NULL)
                            pre[n_listed] = i;
                        if (post != NULL)
                            post[n_listed] = slice->begin + neuron;
                        if (weight != NULL)
                            weight[n_listed] = (double)((int32_t)*at[s].next >> 16) * g->scale[port];
                        if (delay_ms != NULL)
                            delay_ms[n_listed] = (double)grid->delay[slot] * grid->sim->resolution_ms;
                        n_listed++;
                        break;
                    }
            }
    }
    free(at);
    return n_listed;
}
