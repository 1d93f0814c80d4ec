/* plasticity/synapses.h - the synapses of one projection as the rules work on them, whatever their layout.
 *
 * The synapses of an arriving spike lie side by side; those onto one neuron are read into a column, changed there and
 * written back. Traces of the presynaptic side are kept by row, pre * n_slots + slot, because delays are axonal: a
 * spike arrives once for each distinct delay.
 *
 * Where the postsynaptic neurons are divided among threads, each has a view of its own part with scratch of its own. */
#ifndef HK_PLASTICITY_SYNAPSES_H
#define HK_PLASTICITY_SYNAPSES_H

#include "plasticity/learn_kernels.h"
#include "sim/archive.h"
#include "sim/rule.h"

typedef struct hk_synapses {
    hk_projection *projection; /* borrowed */
    hk_part part;              /* whose synapses: slabs are those onto it */
    const hk_learn_kernels *kernels;
    float *weights; /* borrowed from the projection */
    double resolution_ms;
    uint32_t n_pre, n_post, n_slots;
    size_t n_rows;    /* n_pre * n_slots */
    bool listed;      /* sparse: slabs name their targets */
    uint32_t widest;  /* most synapses that one spike passes or one neuron receives */
    float *column;    /* [widest] scratch: weights onto one neuron */
    double *gathered; /* [widest] scratch: what those synapses, or those of a slab, read */
} hk_synapses;

typedef enum hk_access {
    HK_BY_SLAB,            /* the synapses of a presynaptic neuron: any projection */
    HK_BY_SLAB_AND_COLUMN, /* those of a postsynaptic neuron as well: sparse projections must be plastic */
} hk_access;

/** Looks at the projection and makes room for scratch. HK_ERANGE, naming rule and projection, when it lacks the index that
 *  `access` needs, or keeps weights in double precision; HK_ENOMEM. Finish with hk_synapses_fini() in any case. */
HK_MUST_CHECK int hk_synapses_init(hk_ctx *ctx, hk_synapses *synapses, const char *rule, hk_projection *projection,
                                   hk_access access);
/** A view of one part. HK_ENOMEM. Finish with hk_synapses_fini() in any case. */
HK_MUST_CHECK int hk_synapses_view(hk_ctx *ctx, hk_synapses *synapses, const hk_synapses *all, const hk_part *part);
void hk_synapses_fini(hk_synapses *synapses);

static inline size_t hk_synapses_row(const hk_synapses *synapses, uint32_t pre, uint32_t slot)
{
    return (size_t)pre * synapses->n_slots + slot;
}

static inline hk_slab hk_synapses_slab(const hk_synapses *synapses, uint32_t pre, uint32_t slot)
{
    return hk_rule_slab(synapses->projection, pre, slot, &synapses->part);
}

/** Values by postsynaptic neuron, in the order of `slab`. Valid until the next call. */
const double *hk_synapses_by_target(hk_synapses *synapses, const hk_slab *slab, const double *by_post);
/** The weights of a slab, writable. */
float *hk_synapses_weights(hk_synapses *synapses, const hk_slab *slab);
/** The weights onto one neuron: read into `column`, and written back. */
float *hk_synapses_read(hk_synapses *synapses, const hk_incoming *incoming);
void hk_synapses_write(hk_synapses *synapses, const hk_incoming *incoming);

/** Changes the weights of a slab by the values of its targets, by_post[n_post]. */
void hk_synapses_change_slab(hk_synapses *synapses, const hk_slab *slab, const double *by_post,
                             const hk_weight_change *change, hk_clips *clips);
/** Changes the weights onto one neuron by the values of their rows, by_row[n_rows]. */
void hk_synapses_change_column(hk_synapses *synapses, uint32_t post, const double *by_row,
                               const hk_weight_change *change, hk_clips *clips);

/** The range of weights in which a rule works, and what happens at its ends. */
typedef struct hk_bounds {
    double w_min, w_max; /* rounded to float, as the weights are, so that a weight can lie exactly at a bound */
    double low, high;    /* the same when hard, else -infinity and infinity */
} hk_bounds;

/** HK_ERANGE unless w_min < w_max and `hard` is 0 or 1; *bounds is written on success only. */
HK_MUST_CHECK int hk_bounds_init(hk_ctx *ctx, hk_bounds *bounds, const char *rule, double w_min, double w_max,
                                 double hard);
/** HK_ERANGE, naming the first one, when a weight lies beyond a hard bound: asked when a rule is attached. Later, other
 *  rules and the user may move weights out; the next change of such a weight stops it at the bound and is counted. */
HK_MUST_CHECK int hk_bounds_check(hk_ctx *ctx, const hk_bounds *bounds, const char *rule, const hk_synapses *synapses);

/** Saves or loads the counts. */
HK_MUST_CHECK int hk_clips_archive(hk_clips *clips, hk_archive *archive);

/** A parameter that chooses: HK_ERANGE unless it is a whole number below n. */
HK_MUST_CHECK int hk_choice(hk_ctx *ctx, const char *rule, const char *name, double value, unsigned n, unsigned *out);

#endif
