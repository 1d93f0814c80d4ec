/* sim/build_layouts.c - dense and one-to-one projections, and the transposed index of plastic sparse ones. */
#include "sim/draw.h"
#include "sim/memory.h"
#include "sim/storage.h"

#include <stdlib.h>

int hk_build_rows(hk_projection *p, const hk_projection_config *cfg)
{
    bool dense = p->layout == HK_LAYOUT_DENSE;
    uint32_t n_rows = dense ? p->pre->n : 1, n = p->post->n;
    p->n_slots = 1;
    p->weight = hk_memory_alloc(p->n_weights * sizeof *p->weight);
    p->delay = malloc(sizeof *p->delay);
    if (p->weight == NULL || p->delay == NULL)
        return HK_ENOMEM;
    p->delay[0] = hk_steps_in_ms(cfg->delay_ms.a, p->pre->sim->resolution_ms);
    for (uint32_t row = 0; row < n_rows; row++) {
        hk_stream stream = hk_stream_open(p->pre->sim->seed, HK_PURPOSE_WEIGHT, hk_name_id(p->name), row);
        for (uint32_t k = 0; k < n; k++)
            p->weight[(uint64_t)row * p->stride + k] = (float)hk_draw_value(&cfg->weight, &stream);
    }
    if (dense)
        return HK_OK;
    p->in_source = hk_memory_alloc(p->n_weights * sizeof *p->in_source);
    p->in_synapse = hk_memory_alloc(p->n_weights * sizeof *p->in_synapse);
    if (p->in_source == NULL || p->in_synapse == NULL)
        return HK_ENOMEM;
    for (uint32_t k = 0; k < n; k++)
        p->in_source[k] = p->in_synapse[k] = k;
    return HK_OK;
}

int hk_build_incoming(hk_projection *p)
{
    uint64_t n_slabs = (uint64_t)p->pre->n * p->n_slots;
    if (n_slabs > UINT32_MAX || p->n_synapses > UINT32_MAX)
        return hk_fail(p->pre->sim->ctx, HK_ERANGE,
                       "projection %s: %llu plastic synapses in %llu slabs, must both be below "
                       "2^32",
                       p->name, (unsigned long long)p->n_synapses, (unsigned long long)n_slabs);
    uint32_t n_post = p->post->n;
    p->in_begin = calloc((size_t)n_post + 2, sizeof *p->in_begin);
    p->in_source = hk_memory_alloc(p->n_weights * sizeof *p->in_source);
    p->in_synapse = hk_memory_alloc(p->n_weights * sizeof *p->in_synapse);
    if (p->in_begin == NULL || p->in_source == NULL || p->in_synapse == NULL)
        return HK_ENOMEM;
    for (uint64_t k = 0; k < p->n_synapses; k++)
        p->in_begin[p->target[k] + 2]++;
    for (uint32_t post = 0; post < n_post; post++)
        p->in_begin[post + 2] += p->in_begin[post + 1];
    for (uint64_t slab = 0; slab < n_slabs; slab++)
        for (uint64_t k = p->begin[slab]; k < p->begin[slab + 1]; k++) {
            uint64_t at = p->in_begin[p->target[k] + 1]++;
            p->in_source[at] = (uint32_t)slab;
            p->in_synapse[at] = (uint32_t)k;
        }
    p->bytes += 8 * p->n_synapses + 8 * ((uint64_t)n_post + 2);
    return HK_OK;
}
