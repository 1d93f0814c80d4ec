/* sim/moments.h - what the inputs of one step add up to where spikes keep their exact times.
 *
 * Between its inputs a neuron is linear, so an input of weight w that comes z steps into a step, z in (0, 1], changes the
 * state at the step's end by w f_m(z), with few functions f_m that are the same for all neurons alike. The sums of w f_m(z) over
 * the inputs, their moments, are all that a neuron needs which does not reach its threshold; one that may is computed again, input
 * by input. Excitatory and inhibitory inputs are summed up apart, since only the former can take it there.
 *
 * The functions are given as power series: powers of e with exponents of at most a step, so that few terms reach the last bit. */
#ifndef HK_MOMENTS_H
#define HK_MOMENTS_H

#include <stdbool.h>
#include <stdint.h>

enum { HK_MOST_MOMENTS = 2, HK_MOMENTS_TERMS = 24 };
enum { HK_EXCITATORY, HK_INHIBITORY, HK_SIGNS }; /* weights >= 0 and below */

typedef struct hk_moments {
    uint32_t n, n_terms;
    double series[HK_SIGNS][HK_MOST_MOMENTS][HK_MOMENTS_TERMS]; /* [sign][moment][power of z] */
} hk_moments;

/** Finds how many terms reach the last bit; false when there are not enough of them. */
bool hk_moments_cut(hk_moments *moments);

/** f_m(z) of one sign, times `weight`, into out[n]. */
void hk_moments_of(const hk_moments *moments, unsigned sign, double z, double weight, double *out);

#endif
