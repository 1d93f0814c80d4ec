/* sim/storage.h - the inside of a projection, for projection.c, build.c and checkpoint.c. */
#ifndef HK_STORAGE_H
#define HK_STORAGE_H

#include "sim/engine.h"

typedef enum hk_layout { HK_LAYOUT_SPARSE, HK_LAYOUT_DENSE, HK_LAYOUT_DIAGONAL } hk_layout;

struct hk_projection {
    hk_population *pre, *post;
    char *name;
    uint32_t index;
    hk_layout layout;
    uint64_t n_synapses, n_weights; /* the latter with the padding of dense rows */
    uint64_t stride;                /* dense */
    uint64_t bytes;
    int64_t *delay; /* [n_slots] steps, ascending */
    uint32_t n_slots;
    uint64_t *begin;      /* sparse: [n_pre * n_slots + 1] first synapse of each slab */
    uint32_t *target;     /* sparse: [n_synapses] */
    float *weight;        /* [n_weights] */
    double *weight64;     /* [n_weights] instead, NULL in most projections */
    bool repeats;         /* some slab has a target more than once */
    bool weights_changed; /* since they were drawn: checkpoints keep them */
    uint64_t *in_begin;   /* plastic sparse: [n_post + 1]; in_source, in_synapse: [n_synapses] */
    uint32_t *in_source, *in_synapse;
    uint32_t *cuts; /* sparse, in more than one part: [n_parts - 1][n_rows] where in its slab each part ends */
    uint32_t n_parts;
    hk_lane lane; /* spikes on their way, where there is one delay */
    hk_rule *rules;

    /* On the grid (grid.h), and in dense networks (dense.h), synapses that are neither dense nor plastic are drawn when the
     * network is complete, from a copy of what was asked for; then they are kept here, or, compact, in the slabs of the
     * grid's shards. */
    hk_projection_config asked;      /* lists are owned; asked.pre is NULL where nothing waits */
    int64_t least_delay, most_delay; /* steps between which all its delays lie */
    bool on_slabs, is_drawn;
    int64_t born;          /* step at which it was made: what was sent before does not go through it */
    double largest_weight; /* none is further from 0 */
    double rounding_error; /* on slabs: largest difference between a weight drawn and the one kept */
    uint64_t slabs_checksum;
};

enum { HK_MOST_DELAY_STEPS = 1 << 24 };

/** Copies what was asked for, lists included, and bounds the delays. HK_ENOMEM. */
HK_MUST_CHECK int hk_projection_keep(hk_projection *projection, const hk_projection_config *cfg);

/** The weights of a dense or one-to-one projection whose sizes are set; the transposed index of a sparse one. HK_ENOMEM. */
HK_MUST_CHECK int hk_build_rows(hk_projection *projection, const hk_projection_config *cfg);
HK_MUST_CHECK int hk_build_incoming(hk_projection *projection);

/** Draws the synapses of a projection that waits, with 8 bytes each. */
HK_MUST_CHECK int hk_projection_draw(hk_projection *projection);
/** Forgets synapses that were drawn, so that it waits again. */
void hk_projection_undraw(hk_projection *projection);

/** The neurons of `post` are computed in `parts`: finds where each slab is to be cut, and tells the rules. Not within a window.
 *  HK_ENOMEM. */
HK_MUST_CHECK int hk_projection_divide(hk_projection *projection, const hk_part *parts, uint32_t n_parts);
/** Can all its rules be divided? */
bool hk_projection_is_divisible(const hk_projection *projection);
/** Brings its weights up to date. */
void hk_projection_catch_up(const hk_projection *projection);

/* The engine asks for a slab with every event: these stand where they can be inlined. */
static inline uint64_t hk_storage_begin(const hk_projection *projection, uint32_t pre, uint32_t slot)
{
    switch (projection->layout) {
    case HK_LAYOUT_DENSE:
        return (uint64_t)pre * projection->stride;
    case HK_LAYOUT_DIAGONAL:
        return pre;
    default:
        return projection->begin[(uint64_t)pre * projection->n_slots + slot];
    }
}

static inline hk_slab hk_storage_slab(const hk_projection *projection, uint32_t pre, uint32_t slot)
{
    if (projection->on_slabs || projection->n_slots == 0) /* none to be seen one by one */
        return (hk_slab){ .n = 0 };
    uint64_t begin = hk_storage_begin(projection, pre, slot);
    const float *weight = projection->weight64 == NULL ? projection->weight + begin : NULL;
    switch (projection->layout) {
    case HK_LAYOUT_DENSE:
        return (hk_slab){ .weight = weight, .first = 0, .n = projection->post->n };
    case HK_LAYOUT_DIAGONAL:
        return (hk_slab){ .weight = weight, .first = pre, .n = 1 };
    default:
        return (hk_slab){ .target = projection->target + begin,
                          .weight = weight,
                          .weight64 = projection->weight64 == NULL ? NULL : projection->weight64 + begin,
                          .n = (uint32_t)(projection->begin[(uint64_t)pre * projection->n_slots + slot + 1] - begin),
                          .repeats = projection->repeats };
    }
}

/** Fetches where the slab of a source lies, for the cache. */
static inline void hk_storage_fetch(const hk_projection *projection, uint32_t pre, uint32_t slot, const hk_part *part)
{
    size_t n_rows = (size_t)projection->pre->n * projection->n_slots, row = (size_t)pre * projection->n_slots + slot;
    if (projection->begin != NULL)
        __builtin_prefetch(projection->begin + row);
    if (projection->cuts != NULL) {
        __builtin_prefetch(projection->cuts + (part->index > 0 ? part->index - 1 : 0) * n_rows + row);
        __builtin_prefetch(projection->cuts + (part->index + 1 < projection->n_parts ? part->index : 0) * n_rows + row);
    }
}

/** Those onto one part. */
static inline hk_slab hk_storage_part(const hk_projection *projection, uint32_t pre, uint32_t slot, const hk_part *part)
{
    hk_slab slab = hk_storage_slab(projection, pre, slot);
    uint32_t from = 0, to = slab.n;
    if (slab.n == 0 || part->end - part->begin == projection->post->n)
        return slab;
    if (projection->cuts != NULL) {
        size_t n_rows = (size_t)projection->pre->n * projection->n_slots,
               row = (size_t)pre * projection->n_slots + slot;
        if (part->index > 0)
            from = projection->cuts[(part->index - 1) * n_rows + row];
        if (part->index + 1 < projection->n_parts)
            to = projection->cuts[part->index * n_rows + row];
    } else if (projection->layout == HK_LAYOUT_DENSE) {
        from = part->begin;
        to = part->end;
    } else if (projection->layout == HK_LAYOUT_DIAGONAL) {
        to = pre >= part->begin && pre < part->end;
    }
    slab.target = slab.target == NULL ? NULL : slab.target + from;
    slab.weight = slab.weight == NULL ? NULL : slab.weight + from;
    slab.weight64 = slab.weight64 == NULL ? NULL : slab.weight64 + from;
    slab.first += from;
    slab.n = to - from;
    return slab;
}

#endif
