/* sim/projection.c - storage of synapses and access to it: see projection.h. Building is in build.c. */
#include "sim/storage.h"

#include "sim/grid.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

static void free_synapses(hk_projection *projection)
{
    hk_memory_free(projection->target, projection->n_weights * sizeof *projection->target);
    hk_memory_free(projection->weight, projection->n_weights * sizeof *projection->weight);
    hk_memory_free(projection->weight64, projection->n_weights * sizeof *projection->weight64);
    hk_memory_free(projection->in_source, projection->n_weights * sizeof *projection->in_source);
    hk_memory_free(projection->in_synapse, projection->n_weights * sizeof *projection->in_synapse);
    free(projection->in_begin);
    free(projection->cuts);
    free(projection->begin);
    free(projection->delay);
}

void hk_projection_undraw(hk_projection *projection)
{
    free_synapses(projection);
    projection->target = NULL;
    projection->weight = NULL;
    projection->weight64 = NULL;
    projection->begin = NULL;
    projection->delay = NULL;
    projection->cuts = NULL;
    projection->n_parts = 0;
    projection->n_slots = 0;
    projection->n_weights = 0;
    projection->is_drawn = projection->on_slabs = false;
}

void hk_projection_destroy(hk_projection *projection)
{
    if (projection == NULL)
        return;
    hk_rule_destroy_all(projection->rules);
    hk_lane_fini(&projection->lane);
    free_synapses(projection);
    free((void *)projection->asked.list_pre); /* copies of our own */
    free((void *)projection->asked.list_post);
    free((void *)projection->asked.list_weight);
    free((void *)projection->asked.list_delay_ms);
    free(projection->name);
    free(projection);
}

const char *hk_projection_name(const hk_projection *projection)
{
    return projection->name;
}

hk_sim *hk_projection_sim(const hk_projection *projection)
{
    return projection->pre->sim;
}

hk_population *hk_projection_pre(const hk_projection *projection)
{
    return projection->pre;
}

hk_population *hk_projection_post(const hk_projection *projection)
{
    return projection->post;
}

uint32_t hk_projection_n_pre(const hk_projection *projection)
{
    return projection->pre->n;
}

uint32_t hk_projection_n_post(const hk_projection *projection)
{
    return projection->post->n;
}

uint64_t hk_projection_n_synapses(const hk_projection *projection)
{
    return projection->n_synapses;
}

uint64_t hk_projection_bytes(const hk_projection *projection)
{
    return projection->bytes;
}

double hk_projection_rounding_error(const hk_projection *projection)
{
    return projection->on_slabs ? projection->rounding_error : 0.0;
}

hk_rule *hk_projection_rules(const hk_projection *projection)
{
    return projection->rules;
}

hk_rule **hk_projection_rules_end(hk_projection *projection)
{
    hk_rule **end = &projection->rules;
    while (*end != NULL)
        end = &(*end)->next;
    projection->weights_changed = true; /* they will */
    return end;
}

uint32_t hk_projection_n_slots(const hk_projection *projection)
{
    return projection->n_slots;
}

int64_t hk_projection_delay_steps(const hk_projection *projection, uint32_t slot)
{
    return projection->delay[slot];
}

uint64_t hk_projection_slab_begin(const hk_projection *projection, uint32_t pre, uint32_t slot)
{
    return hk_storage_begin(projection, pre, slot);
}

hk_slab hk_projection_slab(const hk_projection *projection, uint32_t pre, uint32_t slot)
{
    hk_projection_catch_up(projection);
    return hk_storage_slab(projection, pre, slot);
}

float *hk_projection_weights(hk_projection *projection, uint64_t *n_weights)
{
    hk_projection_catch_up(projection);
    projection->weights_changed = projection->weight != NULL; /* they may be: a checkpoint must keep them */
    *n_weights = projection->weight != NULL ? projection->n_weights : 0;
    return projection->weight;
}

hk_incoming hk_projection_incoming(const hk_projection *projection, uint32_t post)
{
    switch (projection->layout) {
    case HK_LAYOUT_DENSE:
        return (hk_incoming){ .n = projection->pre->n, .first = post, .stride = projection->stride };
    case HK_LAYOUT_DIAGONAL:
        return (
            hk_incoming){ .n = 1, .source = &projection->in_source[post], .synapse = &projection->in_synapse[post] };
    default:
        break;
    }
    if (projection->in_begin == NULL) /* not built as plastic */
        return (hk_incoming){ 0 };
    uint64_t begin = projection->in_begin[post];
    return (hk_incoming){ .n = (uint32_t)(projection->in_begin[post + 1] - begin),
                          .source = projection->in_source + begin,
                          .synapse = projection->in_synapse + begin };
}

uint64_t hk_projection_list(const hk_projection *projection, uint64_t n, uint32_t *pre, uint32_t *post, double *weight,
                            double *delay_ms)
{
    uint64_t at = 0;
    if (projection->on_slabs)
        return hk_grid_list_synapses(projection, n, pre, post, weight, delay_ms);
    for (uint32_t i = 0; i < projection->pre->n; i++)
        for (uint32_t slot = 0; slot < projection->n_slots; slot++) {
            hk_slab slab = hk_projection_slab(projection, i, slot);
            for (uint32_t k = 0; k < slab.n && at < n; k++, at++) {
                if (pre != NULL)
                    pre[at] = i;
                if (post != NULL)
                    post[at] = slab.target == NULL ? slab.first + k : slab.target[k];
                if (weight != NULL)
                    weight[at] = slab.weight64 == NULL ? (double)slab.weight[k] : slab.weight64[k];
                if (delay_ms != NULL)
                    delay_ms[at] = (double)projection->delay[slot] * projection->pre->sim->resolution_ms;
            }
        }
    return at;
}
