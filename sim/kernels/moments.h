/* sim/kernels/moments.h - the inner loops of a step whose inputs have exact times, compiled once for each instruction set; same bits.
 *
 * Sums stand by accumulator, then sign, then moment: sums[accumulator][HK_SIGNS][n_moments]. */
#ifndef HK_KERNELS_MOMENTS_H
#define HK_KERNELS_MOMENTS_H

#include "sim/counts.h"
#include "sim/cpu.h"
#include "sim/moments.h"

#include <stddef.h>

/* A spike: when in its step, and what one unit of a 4-byte synapse's weight makes of the moments. */
typedef struct hk_impulse {
    double z;
    double factor[HK_SIGNS][HK_MOST_MOMENTS];
} hk_impulse;

typedef struct hk_volley { /* a slab to deliver in this step: synapses as in grid.h */
    const uint32_t *synapse;
    const hk_impulse *impulse;
    size_t n;
} hk_volley;

typedef struct hk_input { /* of a neuron that is computed input by input */
    uint32_t to;          /* its accumulator */
    double z, weight;     /* as impulses and synapses have them */
} hk_input;

typedef struct hk_arrivals { /* of the drive, at up to HK_OWNERS neurons */
    uint32_t *owner;         /* [capacity] which of them */
    double *z;
    double *moment[HK_MOST_MOMENTS];
    uint32_t n;
} hk_arrivals;

enum { HK_ARRIVALS_GROUP = 2 * HK_COUNTS_GROUP }; /* neurons whose arrivals come from one stream */
enum { HK_OWNERS = 2 * HK_ARRIVALS_GROUP };       /* neurons whose arrivals stand together, at most */
enum { HK_ARRIVALS_SPARE = 64 };                  /* more room than arrivals: that many are drawn at once */

typedef struct hk_moments_kernels {
    /** When Poisson inputs come to the neurons first ... first + n - 1, first a multiple of HK_ARRIVALS_GROUP, counts[k] to each,
     *  and what a weight of 1 makes of the moments of one sign; counts is 0 from n up to a multiple of the group. The k-th of a
     *  group, round by round and in each by neuron, comes at the uniform number of words 0 and 1 (k % 16 < 8) or 2 and 3 of block
     *  group 2^15 + k / 16 8 + k % 8 of stream (seed, HK_PURPOSE_ARRIVAL, id, step). */
    void (*draw)(const hk_counts_at *at, uint32_t first, uint32_t n, const uint8_t *counts, const hk_moments *moments,
                 unsigned sign, hk_arrivals *out);
    /** sums of accumulator owner[k] and of that sign += moment[k] * weight. */
    void (*add)(const hk_arrivals *arrivals, uint32_t n_moments, unsigned sign, double weight, double *sums);
    /** Which arrivals belong to an owner whose bit is set, ascending, into out[n]; returns how many. Owners are below HK_OWNERS. */
    uint32_t (*choose)(const hk_arrivals *arrivals, const uint32_t bits[HK_OWNERS / 32], uint32_t *out);
    /** Adds all synapses of n slabs to their accumulators' sums. */
    void (*deliver)(const hk_volley *volleys, size_t n, uint32_t n_moments, double *sums);
    /** Those whose accumulator has its bit set, in their order, into inputs[capacity]; returns how many there are: where that is
     *  more than the capacity, the rest is missing. */
    size_t (*pick)(const hk_volley *volleys, size_t n, const uint32_t *bits, hk_input *inputs, size_t capacity);
} hk_moments_kernels;

extern const hk_moments_kernels hk_moments_kernels_plain;
#if defined(__x86_64__)
extern const hk_moments_kernels hk_moments_kernels_avx2, hk_moments_kernels_avx512;
#endif

const hk_moments_kernels *hk_moments_kernels_for(hk_cpu level);

#endif
