/* plasticity/learn_kernels.h - the loops over synapses that the rules share, compiled for each kind of CPU.
 *
 * Every weight change of this folder has one form. With z the trace that a synapse reads,
 *
 *   w  <-  w + (gain z - offset - pull w) * room(w)^mu,     room(w) = (toward - w) * inv_room, 0 below 0
 *
 * then the hard bounds [low, high]. Each loop works on single elements, or adds in an order fixed by the index, so
 * that every instruction set gives the same bits. Weights are float, all arithmetic is double. */
#ifndef HK_PLASTICITY_LEARN_KERNELS_H
#define HK_PLASTICITY_LEARN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

typedef struct hk_weight_change {
    double gain, offset, pull;
    double mu;               /* 0: room is not looked at */
    double toward, inv_room; /* room is 1 at the far bound and 0 at `toward` */
    double low, high;        /* -infinity and infinity: no hard bounds */
} hk_weight_change;

/** How often a change would have gone beyond a hard bound and was stopped there. */
typedef struct hk_clips {
    uint64_t low, high;
} hk_clips;

/** When a trace was last raised, as columns: value [n] then, and the time of it in steps and ms of offset. Whole
 *  steps are exact in a double. */
typedef struct hk_raised {
    const double *value, *step, *offset;
} hk_raised;

enum { HK_HISTORY = 16 }; /* spikes that are kept of each neuron */

/** Spikes of postsynaptic neurons whose changes have been put off, as columns of n neurons, the latest spikes first. */
typedef struct hk_history {
    int32_t *number; /* [HK_HISTORY][n] which of all spikes it is, from 1; 0: none */
    double *gain;    /* [HK_HISTORY][n] the gain of its change, for a trace of 1 */
    size_t n;
} hk_history;

typedef struct hk_learn_kernels {
    /** Changes w[n] by the traces z[n]. */
    void (*change)(float *w, const double *z, uint32_t n, const hk_weight_change *change, hk_clips *clips);
    /** Changes w[n] by those spikes of their targets, in order, that came after number `seen`; all read the trace change->gain, and
     *  the spikes' gains stand for z. */
    void (*recall)(float *w, const uint32_t *target, uint32_t n, const hk_history *history, int32_t seen,
                   const hk_weight_change *change, hk_clips *clips);
    /** out[n] = from[index[n]]. */
    void (*gather)(double *out, const double *from, const uint32_t *index, uint32_t n);
    /** out[n] = value * exp(-(now - raised) * rate), now in steps and offset, rate in 1/ms. */
    void (*decayed)(double *out, hk_raised raised, uint32_t n, double now_step, double now_offset, double resolution_ms,
                    double rate);
    /** Sum of w[n] in sixteen lanes, then pairwise. */
    double (*sum)(const float *w, uint32_t n);
    void (*scale)(float *w, uint32_t n, double factor);
    /** total[n] += w[n], and w[n] *= factor[n]: whole rows, for column sums. */
    void (*add_row)(double *total, const float *w, uint32_t n);
    void (*scale_row)(float *w, const double *factor, uint32_t n);
} hk_learn_kernels;

extern const hk_learn_kernels hk_learn_kernels_plain;
#if defined(__x86_64__)
extern const hk_learn_kernels hk_learn_kernels_avx2, hk_learn_kernels_avx512;
#endif

#endif
