/* experiments/readouts/hebbian.h - output neurons that learn their classes at the times of spikes, by rules local to a synapse.
 *
 *   x_i    trace of neuron i: dx/dt = -x / tau, + 1 at each of its spikes
 *   y_c    = sum_i w_ic x_i, the potential of the output for class c, a leaky sum of weighted spikes
 *   at a spike of i, with its x_i already raised, for every c, T_c = 1 for the sample's class, else 0:
 *     delta  w_ic += eta x_i (T_c - y_c)      (Widrow & Hoff 1960, IRE WESCON 4:96-104)
 *     hebb   w_ic += eta x_i (T_c - w_ic)     supervised Hebb with forgetting gated by the input: w_ic goes to the share of
 *                                             class c among the (traces at) spikes of i (Grossberg 1969, J. Stat. Phys. 1:319-350)
 *
 * y follows every change at once. All state but the weights is 0 when a sample begins. The class whose y, summed over the times
 * of all spikes of the sample, is the largest wins (of equal ones the lowest); -1 without spikes. eta falls geometrically
 * over the training. x and y have one time constant, so a spike costs as many operations as there are classes, and nothing is
 * computed between spikes. */
#ifndef HK_HEBBIAN_H
#define HK_HEBBIAN_H

#include "experiments/readouts/features.h"

typedef enum hk_hebbian_rule { HK_HEBBIAN_HEBB, HK_HEBBIAN_DELTA } hk_hebbian_rule;

typedef struct hk_hebbian_config {
    hk_hebbian_rule rule;
    double tau_ms;             /* > 0 */
    double eta_start, eta_end; /* in (0, 1], start >= end */
    uint32_t epochs;           /* >= 1: times all samples are shown, in an order drawn from the seed */
    uint64_t seed;
} hk_hebbian_config;

typedef struct hk_hebbian {
    double tau_ms;
    uint32_t n_neurons, n_classes;
    double *weights; /* [n_neurons][n_classes] */
} hk_hebbian;

/** Learns from samples with their spikes. HK_ERANGE: a field outside the interval above, samples without spikes, weights
 *  that grow without bound (eta too large); HK_ENOMEM. On failure there is nothing to free. */
HK_MUST_CHECK int hk_hebbian_learn(hk_ctx *ctx, const hk_hebbian_config *config, const hk_features *samples,
                                   hk_hebbian *out);
void hk_hebbian_fini(hk_hebbian *hebbian);

/** classes[samples->n]. HK_ERANGE: samples without spikes; HK_ENOMEM. */
HK_MUST_CHECK int hk_hebbian_decide(hk_ctx *ctx, const hk_hebbian *hebbian, const hk_features *samples,
                                    int32_t *classes);

#endif
