/* experiments/nets/training.h - trains a network on images, batch by batch, with checkpoints.
 *
 * Each epoch shows all images in a new order, each distorted anew. The learning rate falls geometrically from start to end, a
 * little with every batch. What comes out depends on data, configuration and seed alone: not on threads, nor on where the
 * training was interrupted and resumed. */
#ifndef HK_TRAINING_H
#define HK_TRAINING_H

#include "experiments/experiment.h"
#include "experiments/nets/descent.h"
#include "experiments/nets/distort.h"
#include "experiments/nets/multiply.h"
#include "sim/results.h"

/** Loss and gradient [n_params] of the first n samples in `values`; adds to *n_right those decided right. */
typedef int (*hk_gradient_fn)(void *net, size_t n, const uint8_t *labels, double *loss, size_t *n_right,
                              double *gradient);

typedef struct hk_training_config {
    const char *data; /* its name, which a checkpoint must agree with */
    hk_images images;
    hk_descent_method method;
    double momentum, rate_start, rate_end; /* > 0 */
    uint32_t epochs, batch;                /* >= 1 */
    hk_distortion most;                    /* as in hk_distortion_draw() */
    uint64_t seed;
    void *net;
    hk_gradient_fn gradient;
    double *values; /* [batch][pixels], borrowed: where `gradient` finds the samples */
    double *params; /* [n_params], borrowed */
    size_t n_params;
    double progress; /* share of the whole run that training is */
} hk_training_config;

typedef struct hk_training {
    uint64_t n_batches, at; /* of all epochs; the one that comes next */
    double *curve; /* [epochs][3] images shown; share decided right, and mean loss, while they were learnt from */
    double *sums;  /* of the present epoch: right, loss */
} hk_training;

/** Trains, or takes the rest from hk_run_resume(). HK_OK with at < n_batches: stopped, and saved. HK_EBLOWUP: the loss is no
 *  longer finite. To be freed in any case. */
HK_MUST_CHECK int hk_training_run(hk_run *run, hk_multiplier *multiplier, const hk_training_config *config,
                                  hk_training *out);
/** Saves a training that has come to its end, for a run that is stopped later. HK_EIO, HK_ENOMEM. */
HK_MUST_CHECK int hk_training_save(hk_run *run, const hk_training_config *config, hk_training *training);
/** Adds `accuracy_over_training`; nothing where nothing was trained. */
HK_MUST_CHECK int hk_training_put(hk_ctx *ctx, const hk_training *training, uint32_t epochs, hk_results *file);
void hk_training_fini(hk_training *training);

#endif
