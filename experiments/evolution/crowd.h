/* experiments/evolution/crowd.h - many individuals of one small spiking network in one simulation, shown the same image.
 *
 *   inputs          value x in [0, 1]: one spike, T x before the end of their time; at most `dark`: never
 *   hidden neurons  n_hidden of each individual, or none: ttfs (neurons/ttfs.h), a rectified linear unit in one spike
 *   outputs         10 of each individual: their potential when all spikes have come, in mV, plus the gene of their bias
 *
 * Inputs are shared: a spike is delivered to the whole crowd at once. Genes have no unit; with hidden neurons
 *
 *   h_j = min(8, max(0, c_j + gain sum_i b_ij x_i))       potential_k = d_k + sum_j a_jk h_j
 *
 * and without, potential_k = d_k + gain sum_i a_ik x_i. They stand as b [n_inputs][n_hidden], c [n_hidden], a [n_hidden][10], d
 * [10], or a [n_inputs][10], d [10]. What an individual answers does not depend on how many others there are. */
#ifndef HK_CROWD_H
#define HK_CROWD_H

#include "experiments/datasets/dataset.h"
#include "sim/simulation.h"

typedef struct hk_crowd_config {
    uint32_t n_inputs;      /* >= 1 */
    uint32_t n_hidden;      /* of each individual; 0: inputs act on outputs directly */
    uint32_t n_individuals; /* >= 1 */
    double gain;            /* > 0 */
    double dark;            /* in [0, 1) */
} hk_crowd_config;

typedef struct hk_crowd hk_crowd;

size_t hk_crowd_n_genes(const hk_crowd_config *config);

/** HK_ERANGE: a field outside the interval above; HK_ENOMEM. */
HK_MUST_CHECK int hk_crowd_create(hk_ctx *ctx, const hk_crowd_config *config, hk_crowd **out);
void hk_crowd_destroy(hk_crowd *crowd);

/** genes[n_genes] of one individual, >= 0 and < n_individuals. Takes effect at the next hk_crowd_ready(). */
void hk_crowd_set(hk_crowd *crowd, uint32_t individual, const float *genes);
HK_MUST_CHECK int hk_crowd_ready(hk_crowd *crowd);

/** Shows values[n_inputs] to all: potentials[n_individuals][HK_DATASET_CLASSES], in mV. HK_ERANGE: a value that is not in [0, 1]. */
HK_MUST_CHECK int hk_crowd_show(hk_crowd *crowd, const float *values, double *potentials);

/** Log-likelihood of `label` where classes are drawn by softmax of potentials[HK_DATASET_CLASSES], in mV. */
double hk_crowd_log_likelihood(const double *potentials, uint32_t label);
/** The class of the largest, the lowest of equals. */
uint32_t hk_crowd_decision(const double *potentials);

hk_sim_stats hk_crowd_stats(const hk_crowd *crowd);

#endif
