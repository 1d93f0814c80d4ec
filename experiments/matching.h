/* experiments/matching.h - how well a neuron's weights match an image, as a potential; for continual and mnist.
 *
 * An image x is scaled to one energy, |x| = 6 (brighter pixels than 1 are 1), and coded in binary, the least significant bit first
 * (encoders/phase.c). A membrane that halves in a phase weighs the bits, so that at the end of the window the potential of neuron j
 * is V_j = w_j . x, and so do the traces that stdp_trace learns from: a neuron that spikes then moves its weights towards x.
 * With hk_match_w_max() for its w_max, V is HK_MATCH_FULL_MV where w and x are the same image. */
#ifndef HK_MATCHING_H
#define HK_MATCHING_H

#include <stdint.h>

#define HK_MATCH_FULL_MV 100.0

/** What a pixel of 1 leaves in a membrane or a trace at the end of the window. */
double hk_match_full_pixel(uint32_t phases);
/** The weight of a synapse whose trace is 1. */
double hk_match_w_max(uint32_t phases);
/** Scales values[n] to the energy; how many had to stop at 1. */
uint32_t hk_match_scale(float *values, uint32_t n);
/** The match below which an image of `data`, a name of dataset.h, should count as new, 0 ... 1 (the same): the more neurons there are,
 *  the finer. Drawn digits are more alike than written ones. */
double hk_match_for(double neurons, const char *data);

#endif
