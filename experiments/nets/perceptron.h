/* experiments/nets/perceptron.h - layers of rectified linear units, trained by back-propagation.
 *
 *   hidden layers  y = max(0, W x + b)          last layer  z = W x + b, p = softmax(z)
 *   loss           mean over the samples of - sum_c q_c log p_c, q_c = 1 - s + s / C for the true class, s / C for the others
 *
 * s = 0 is the cross-entropy; s > 0 smooths the labels (Szegedy et al. 2016, CVPR). Double precision; same data and seed:
 * same bits, for any number of threads and on every CPU level.
 *
 * Source: Rumelhart, Hinton & Williams (1986), Nature 323:533-536. */
#ifndef HK_PERCEPTRON_H
#define HK_PERCEPTRON_H

#include "experiments/nets/multiply.h"
#include "sim/results.h"

#include <stdint.h>

enum { HK_PERCEPTRON_LAYERS = 4 }; /* of weights, at most */

typedef struct hk_perceptron {
    size_t n_layers;
    size_t sizes[HK_PERCEPTRON_LAYERS + 1]; /* sizes[0] inputs; sizes[n_layers] classes */
    size_t n_params;
    double *params; /* by layer: weights [sizes[l]][sizes[l + 1]], then biases [sizes[l + 1]] */
} hk_perceptron;

/** All parameters 0. HK_ERANGE: 1 to HK_PERCEPTRON_LAYERS layers, sizes >= 1 (at least 2 classes); HK_ENOMEM. On failure there is
 *  nothing to free. */
HK_MUST_CHECK int hk_perceptron_create(hk_ctx *ctx, const size_t *sizes, size_t n_layers, hk_perceptron *out);
void hk_perceptron_fini(hk_perceptron *net);

double *hk_perceptron_weights(const hk_perceptron *net, size_t layer);
double *hk_perceptron_biases(const hk_perceptron *net, size_t layer);

/** Weights normal with mean 0 and standard deviation `sd`, 0: sqrt(2 / inputs of the layer) (He et al. 2015, ICCV); biases 0. */
void hk_perceptron_draw(hk_perceptron *net, double sd, uint64_t seed);

/** What a network computes for some samples at once. */
typedef struct hk_perceptron_pass {
    size_t n_samples;                            /* at most */
    double *values[HK_PERCEPTRON_LAYERS + 1];    /* [n_samples][sizes[l]]; [0] is filled by the caller */
    double *gradients[HK_PERCEPTRON_LAYERS + 1]; /* of the loss, by what goes into the units; [0] is NULL */
} hk_perceptron_pass;

HK_MUST_CHECK int hk_perceptron_pass_init(hk_ctx *ctx, const hk_perceptron *net, size_t n_samples,
                                          hk_perceptron_pass *out);
void hk_perceptron_pass_fini(hk_perceptron_pass *pass);

/** values[1 ...] from values[0] for the first n samples; the last are z. */
HK_MUST_CHECK int hk_perceptron_run(const hk_perceptron *net, hk_multiplier *multiplier, hk_perceptron_pass *pass,
                                    size_t n);
/** After hk_perceptron_run(): the loss, and its gradient [n_params] by the parameters. */
HK_MUST_CHECK int hk_perceptron_gradient(const hk_perceptron *net, hk_multiplier *multiplier, hk_perceptron_pass *pass,
                                         size_t n, const uint8_t *labels, double smoothing, double *loss,
                                         double *gradient);

/** The class of the largest z of a sample, the lowest of equals. */
size_t hk_perceptron_decide(const hk_perceptron *net, const hk_perceptron_pass *pass, size_t sample);

/** To the group "net" of a results file, and back from the file of that path: the same bits. HK_EIO, HK_EFORMAT, HK_ENAME,
 *  HK_ERANGE name the file; on failure there is nothing to free. */
HK_MUST_CHECK int hk_perceptron_save(const hk_perceptron *net, hk_results *file);
HK_MUST_CHECK int hk_perceptron_load(hk_ctx *ctx, const char *path, hk_perceptron *out);

#endif
