/* experiments/continual_features.h - frozen spiking features and a readout that learns from a stream: the `features` of continual.
 *
 * The features are the spike times of `ttfs` neurons (neurons/ttfs.h), each with a random Gabor function on a patch of the image
 * (gabor.h), whose pixels spike once, the brighter the earlier. They see nothing of the stream before it begins: thresholds are set
 * by digits that Hillock draws itself. The readout is a discriminant analysis with one covariance for all classes, from sums (linear.h):
 * in what order images come does not matter, so that there is nothing to forget. It is solved from the sums from time to time, and is
 * then the weights, in single precision, from the features to ten `ttfs` neurons, whose potentials decide.
 *
 * Source: after Hayes & Kanan (2020), CVPR workshops, 887-896, and Prabhu et al. (2024), NeurIPS, for streaming discriminant analysis. */
#ifndef HK_CONTINUAL_FEATURES_H
#define HK_CONTINUAL_FEATURES_H

#include "experiments/gabor.h"
#include "experiments/readouts/linear.h"
#include "sim/simulation.h"

typedef struct hk_continual_features {
    hk_sim *sim;
    hk_population *inputs, *layer, *outputs;
    hk_projection *synapses; /* layer to outputs */
    const hk_encoder *latency;
    double encoder_params[8];
    uint32_t n, n_pixels;
    float *pixels, *values; /* [n_pixels], [n] of the image shown last */
    hk_time end;            /* of its window */
    hk_scatter scatter;
    double *weights;                       /* [classes][n + 1] of the solved readout, by class */
    uint64_t is_known[HK_DATASET_CLASSES]; /* the readout has this class */
    uint64_t shown, input_spikes;
    int (*on_spikes)(void *user, const hk_spike *spikes,
                     size_t n); /* gets all spikes of the layer; not HK_OK: ends the run */
    void *user;
    int failed; /* what it returned */
} hk_continual_features;

/** n features for images of rows x cols pixels. HK_ERANGE, HK_ENOMEM; on failure the caller still calls destroy. */
HK_MUST_CHECK int hk_continual_features_create(hk_ctx *ctx, uint64_t seed, uint32_t n, uint32_t rows, uint32_t cols,
                                               hk_continual_features *out);
void hk_continual_features_destroy(hk_continual_features *features);
/** Shows image i: `values` are its features. *decided: the class by the readout as it was last solved, -1 before that. */
HK_MUST_CHECK int hk_continual_features_show(hk_continual_features *features, const hk_images *images, size_t i,
                                             int *decided);
/** The image shown last has this label. */
void hk_continual_features_learn(hk_continual_features *features, uint32_t label);
/** Solves the readout for the classes seen so far. HK_ERANGE: no two images of a class differ. */
HK_MUST_CHECK int hk_continual_features_solve(hk_ctx *ctx, hk_continual_features *features);
/** Saves or loads readout and simulation. */
HK_MUST_CHECK int hk_continual_features_archive(hk_continual_features *features, hk_archive *archive);

#endif
