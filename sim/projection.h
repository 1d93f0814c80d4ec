/* sim/projection.h - the synapses from one population to another.
 *
 * Three layouts, chosen by how the neurons are connected:
 *
 *   sparse        per presynaptic neuron: slabs by delay, then target; 4 bytes target + 4 bytes weight a synapse
 *   dense         all-to-all with one delay: row-major float [n_pre][stride], rows padded to 64 bytes
 *   diagonal      one-to-one: a weight per neuron, no indices
 *
 * With integrator HK_GRID or HK_EXACT_DENSE, synapses that are neither dense, one-to-one nor plastic are drawn when the network is
 * complete, at the first run or by hk_sim_build(); sizes are the expected ones until then. Where rounding loses nothing that
 * matters they are compact: 4 bytes each (2 with HK_GRID where all that `pre` sends to compact synapses weighs the same), and merged
 * with those of other projections: then hk_projection_slab() shows none, and there are no weights to change.
 *
 * Delays are whole steps, at least one. The distinct delays of a projection are its slots, ascending; a spike enters
 * the queue once per slot in which its neuron has targets. */
#ifndef HK_PROJECTION_H
#define HK_PROJECTION_H

#include "sim/model.h"
#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hk_projection hk_projection;
typedef struct hk_population hk_population;
typedef struct hk_sim hk_sim;

typedef enum hk_connect {
    HK_ALL_TO_ALL,        /* dense when the delay is one constant and self-connections are allowed, sparse otherwise */
    HK_ONE_TO_ONE,        /* populations of one size */
    HK_FIXED_PROBABILITY, /* each ordered pair independently with `probability` */
    HK_FIXED_INDEGREE,    /* each postsynaptic neuron has exactly `n` synapses */
    HK_FIXED_TOTAL,       /* exactly `n` synapses in all */
    HK_EXPLICIT,          /* the given lists */
} hk_connect;

typedef enum hk_pairs {                         /* which pairs random connecting may draw; sums of these */
                        HK_PAIRS_SIMPLE = 0,    /* no self-connections, no pair twice */
                        HK_PAIRS_AUTAPSES = 1,  /* a neuron may connect to itself (within one population) */
                        HK_PAIRS_MULTAPSES = 2, /* a pair may be drawn more than once (indegree and total) */
} hk_pairs;

typedef enum hk_distribution { HK_CONSTANT, HK_UNIFORM, HK_NORMAL } hk_distribution;

/** A random quantity. CONSTANT: a. UNIFORM: [a, b). NORMAL: mean a, standard deviation b, drawn again while outside
 *  [min, max] (both 0: unbounded). */
typedef struct hk_draw {
    hk_distribution kind;
    double a, b, min, max;
} hk_draw;

static inline hk_draw hk_constant(double value)
{
    return (hk_draw){ .kind = HK_CONSTANT, .a = value };
}

typedef enum hk_weights {
    HK_WEIGHTS_COMPACT, /* with HK_GRID and HK_EXACT_DENSE 4 bytes a synapse or 2, the weight as 16 bits of fixed point, where the
                           rounding error is at most a thousandth of the projection's typical weight; otherwise as
                           HK_WEIGHTS_FLOAT */
    HK_WEIGHTS_FLOAT, /* single precision, 8 bytes a synapse */
} hk_weights;

typedef struct hk_projection_config {
    const char *name; /* NULL: "<pre>-><post>" */
    hk_population *pre, *post;
    hk_connect connect;
    unsigned pairs; /* hk_pairs */
    double probability;
    uint64_t n;
    hk_draw weight;   /* in the target model's unit */
    hk_draw delay_ms; /* rounded to whole steps, at least one; CONSTANT must be a whole number of steps */
    const uint32_t *list_pre, *list_post;      /* EXPLICIT: [n] */
    const double *list_weight, *list_delay_ms; /* EXPLICIT: [n], or NULL: `weight` and `delay_ms` */
    hk_weights weights;
    bool double_weights; /* EXPLICIT, not plastic: weights in double precision, 12 bytes a synapse instead of 8 */
    bool plastic;        /* a rule will need the synapses of a postsynaptic neuron: sparse projections
                                 build their transposed index, 8 bytes a synapse more */
} hk_projection_config;

/** Bytes the projection will take, before anything is allocated; expected number for FIXED_PROBABILITY. */
HK_MUST_CHECK int hk_projection_predict(hk_sim *sim, const hk_projection_config *cfg, uint64_t *n_synapses,
                                        uint64_t *bytes);

/** Builds the projection; owned by `sim`. HK_ENOMEM with the figures when it would not fit into the machine's available memory;
 *  HK_ERANGE naming field, value and what is allowed. */
HK_MUST_CHECK int hk_projection_create(hk_sim *sim, const hk_projection_config *cfg, hk_projection **out);

const char *hk_projection_name(const hk_projection *projection);
hk_sim *hk_projection_sim(const hk_projection *projection);
hk_population *hk_projection_pre(const hk_projection *projection);
hk_population *hk_projection_post(const hk_projection *projection);
uint32_t hk_projection_n_pre(const hk_projection *projection);
uint32_t hk_projection_n_post(const hk_projection *projection);
uint64_t hk_projection_n_synapses(const hk_projection *projection);
uint64_t hk_projection_bytes(const hk_projection *projection);
/** Largest difference between a weight as drawn and as kept in compact synapses, weight unit; 0 where there are none. */
double hk_projection_rounding_error(const hk_projection *projection);
uint32_t hk_projection_n_slots(const hk_projection *projection);
int64_t hk_projection_delay_steps(const hk_projection *projection, uint32_t slot);

/** The synapses of presynaptic neuron `pre` in one slot; n = 0 when there are none. Rules may put changes off: what is read from
 *  here, by hk_projection_list() and by hk_projection_weights() is up to date until the simulation goes on. */
hk_slab hk_projection_slab(const hk_projection *projection, uint32_t pre, uint32_t slot);
/** Index of the slab's first synapse; its synapses are consecutive. Indices run over [0, hk_projection_n_weights). */
uint64_t hk_projection_slab_begin(const hk_projection *projection, uint32_t pre, uint32_t slot);

/** All weights by synapse index, padding of dense rows included; writable: that is what a rule changes. To be asked for again
 *  after each run. NULL with *n_weights 0 for a projection of double weights. */
float *hk_projection_weights(hk_projection *projection, uint64_t *n_weights);

/** The synapses onto one postsynaptic neuron. dense: synapse k comes from neuron k, at index post + k * stride. Otherwise
 *  (`source` not NULL) synapse k comes from row source[k] = pre * n_slots + slot and has index synapse[k]. */
typedef struct hk_incoming {
    uint32_t n;
    const uint32_t *source;
    const uint32_t *synapse;
    uint64_t first, stride;
} hk_incoming;

/** Nothing (n = 0) for a sparse projection that was not created as plastic. */
hk_incoming hk_projection_incoming(const hk_projection *projection, uint32_t post);

/** Copies synapses, at most `n`, in the order of their index, skipping padding; any array may be NULL. */
uint64_t hk_projection_list(const hk_projection *projection, uint64_t n, uint32_t *pre, uint32_t *post, double *weight,
                            double *delay_ms);

#endif
