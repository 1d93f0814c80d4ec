/* plasticity/synapses.c - see synapses.h. */
#include "plasticity/synapses.h"

#include "sim/simulation.h"

#include <math.h>
#include <stdlib.h>

static const hk_learn_kernels *const kernels[HK_N_CPU] = {
    [HK_CPU_PLAIN] = &hk_learn_kernels_plain,
#if defined(__x86_64__)
    [HK_CPU_AVX2] = &hk_learn_kernels_avx2,
    [HK_CPU_AVX512] = &hk_learn_kernels_avx512,
#endif
};

static void widen(hk_synapses *s, uint32_t n)
{
    s->widest = n > s->widest ? n : s->widest;
}

static void measure_slabs(hk_synapses *s)
{
    for (uint32_t pre = 0; pre < s->n_pre; pre++)
        for (uint32_t slot = 0; slot < s->n_slots; slot++) {
            hk_slab slab = hk_projection_slab(s->projection, pre, slot);
            widen(s, slab.n);
            s->listed = s->listed || slab.target != NULL;
        }
}

static int measure_columns(hk_ctx *ctx, hk_synapses *s, const char *rule)
{
    uint64_t n_found = 0;
    for (uint32_t post = 0; post < s->n_post; post++) {
        uint32_t n = hk_projection_incoming(s->projection, post).n;
        n_found += n;
        widen(s, n);
    }
    if (n_found == hk_projection_n_synapses(s->projection))
        return HK_OK;
    return hk_fail(ctx, HK_ERANGE,
                   "%s: projection \"%s\" was not created as plastic, so the synapses of a postsynaptic neuron are not "
                   "indexed; set `plastic` in its configuration",
                   rule, hk_projection_name(s->projection));
}

static int make_scratch(hk_ctx *ctx, hk_synapses *s)
{
    s->column = malloc(s->widest * sizeof *s->column);
    s->gathered = malloc(s->widest * sizeof *s->gathered);
    if (s->column == NULL || s->gathered == NULL)
        return hk_fail(ctx, HK_ENOMEM, "rules of projection %s: no memory for a column of %u synapses",
                       hk_projection_name(s->projection), s->widest);
    return HK_OK;
}

int hk_synapses_init(hk_ctx *ctx, hk_synapses *s, const char *rule, hk_projection *projection, hk_access access)
{
    hk_sim *sim = hk_projection_sim(projection);
    uint64_t n_weights;
    *s = (hk_synapses){
        .projection = projection,
        .weights = hk_projection_weights(projection, &n_weights),
        .resolution_ms = hk_sim_resolution_ms(sim),
        .n_pre = hk_projection_n_pre(projection),
        .n_post = hk_projection_n_post(projection),
        .n_slots = hk_projection_n_slots(projection),
        .widest = 1,
    };
    s->n_rows = (size_t)s->n_pre * s->n_slots;
    s->part = (hk_part){ .end = s->n_post };
    hk_cpu level = HK_CPU_PLAIN;
    int rc = hk_cpu_parse(ctx, hk_sim_cpu(sim), &level);
    if (rc != HK_OK)
        return rc;
    s->kernels = kernels[level];
    if (s->weights == NULL)
        return hk_fail(ctx, HK_ERANGE, "%s: projection \"%s\" keeps its weights in double precision, which are fixed",
                       rule, hk_projection_name(projection));
    measure_slabs(s);
    if (access == HK_BY_SLAB_AND_COLUMN)
        rc = measure_columns(ctx, s, rule);
    if (rc != HK_OK)
        return rc;
    return make_scratch(ctx, s);
}

int hk_synapses_view(hk_ctx *ctx, hk_synapses *s, const hk_synapses *all, const hk_part *part)
{
    *s = *all;
    s->part = *part;
    return make_scratch(ctx, s);
}

void hk_synapses_fini(hk_synapses *s)
{
    free(s->column);
    free(s->gathered);
    s->column = NULL;
    s->gathered = NULL;
}

/* Values by row, in the order of `in`; `by_row` itself where that order is the rows'. Valid until the next call. */
static const double *by_source(hk_synapses *s, const hk_incoming *in, const double *by_row)
{
    if (in->source == NULL)
        return by_row;
    s->kernels->gather(s->gathered, by_row, in->source, in->n);
    return s->gathered;
}

const double *hk_synapses_by_target(hk_synapses *s, const hk_slab *slab, const double *by_post)
{
    if (slab->target == NULL)
        return by_post + slab->first;
    s->kernels->gather(s->gathered, by_post, slab->target, slab->n);
    return s->gathered;
}

float *hk_synapses_weights(hk_synapses *s, const hk_slab *slab)
{
    return slab->weight == NULL ? NULL : s->weights + (slab->weight - s->weights);
}

float *hk_synapses_read(hk_synapses *s, const hk_incoming *in)
{
    if (in->source == NULL) {
        const float *from = s->weights + in->first;
        for (uint32_t k = 0; k < in->n; k++)
            s->column[k] = from[k * in->stride];
    } else {
        for (uint32_t k = 0; k < in->n; k++)
            s->column[k] = s->weights[in->synapse[k]];
    }
    return s->column;
}

void hk_synapses_write(hk_synapses *s, const hk_incoming *in)
{
    if (in->source == NULL) {
        float *to = s->weights + in->first;
        for (uint32_t k = 0; k < in->n; k++)
            to[k * in->stride] = s->column[k];
    } else {
        for (uint32_t k = 0; k < in->n; k++)
            s->weights[in->synapse[k]] = s->column[k];
    }
}

void hk_synapses_change_slab(hk_synapses *s, const hk_slab *slab, const double *by_post, const hk_weight_change *change,
                             hk_clips *clips)
{
    const double *values = hk_synapses_by_target(s, slab, by_post);
    s->kernels->change(hk_synapses_weights(s, slab), values, slab->n, change, clips);
}

void hk_synapses_change_column(hk_synapses *s, uint32_t post, const double *by_row, const hk_weight_change *change,
                               hk_clips *clips)
{
    hk_incoming in = hk_projection_incoming(s->projection, post);
    const double *values = by_source(s, &in, by_row);
    s->kernels->change(hk_synapses_read(s, &in), values, in.n, change, clips);
    hk_synapses_write(s, &in);
}

int hk_bounds_check(hk_ctx *ctx, const hk_bounds *bounds, const char *rule, const hk_synapses *s)
{
    for (uint32_t pre = 0; pre < s->n_pre; pre++) {
        for (uint32_t slot = 0; slot < s->n_slots; slot++) {
            hk_slab slab = hk_synapses_slab(s, pre, slot);
            for (uint32_t k = 0; k < slab.n; k++) {
                double w = (double)slab.weight[k];
                if (!(w >= bounds->low && w <= bounds->high))
                    return hk_fail(ctx, HK_ERANGE,
                                   "%s: projection \"%s\" has a weight %g from neuron %u to neuron %u, must be within "
                                   "the hard bounds [w_min, w_max] = [%g, %g]",
                                   rule, hk_projection_name(s->projection), w, pre,
                                   slab.target != NULL ? slab.target[k] : slab.first + k, bounds->w_min, bounds->w_max);
            }
        }
    }
    return HK_OK;
}

int hk_bounds_init(hk_ctx *ctx, hk_bounds *bounds, const char *rule, double w_min, double w_max, double hard)
{
    unsigned is_hard;
    int rc = hk_choice(ctx, rule, "hard", hard, 2, &is_hard);
    if (rc != HK_OK)
        return rc;
    double low = (double)(float)w_min, high = (double)(float)w_max;
    if (!(low < high))
        return hk_fail(ctx, HK_ERANGE, "%s: w_max = %g, must be above w_min = %g", rule, w_max, w_min);
    *bounds = (hk_bounds){
        .w_min = low,
        .w_max = high,
        .low = is_hard ? low : -HUGE_VAL,
        .high = is_hard ? high : HUGE_VAL,
    };
    return HK_OK;
}

int hk_choice(hk_ctx *ctx, const char *rule, const char *name, double value, unsigned n, unsigned *out)
{
    for (unsigned k = 0; k < n; k++) {
        if (value == (double)k) {
            *out = k;
            return HK_OK;
        }
    }
    return hk_fail(ctx, HK_ERANGE, "%s: %s = %g, must be a whole number from 0 to %u", rule, name, value, n - 1);
}

int hk_clips_archive(hk_clips *clips, hk_archive *archive)
{
    int rc = hk_archive_array(archive, "n_clipped_low", HK_U64, &clips->low, 1);
    return rc != HK_OK ? rc : hk_archive_array(archive, "n_clipped_high", HK_U64, &clips->high, 1);
}
