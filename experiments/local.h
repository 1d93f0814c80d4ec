/* experiments/local.h - digits from fixed receptive fields and a local rule: the parts of experiment `local`.
 *
 *   image --latency--> inputs --fixed fields (gabor.h)--> hidden, ttfs --learnt--> 10 outputs, ttfs
 *
 * An image of pixels p: each pixel above 0 spikes once, at 0.1 ms + T (1 - p). Hidden neuron j spikes T f_j ms before its window ends,
 * f_j = max(0, sum w_ij p_i - threshold_j) in [0, 1]; most do not spike. Output c then has the potential T sum_j w_jc f_j.
 *
 * The readout learns by the delta rule, at a teacher's spike that comes when the hidden window ends, once for each image:
 *
 *   w_jc += eta f_j (t_c - y_c),  b_c += eta (t_c - y_c)      t_c = 1 for the image's class, else 0
 *   y_c = s(b_c + sum_j w_jc f_j),  s(x) = 1 / (1 + exp(-x)), or s(x) = x
 *
 * f_j is a trace that starts at the spike of neuron j and grows until the teacher's; T - T f_j is that spike's time, t_c - y_c is known to
 * output c alone. So the rule is local to the synapse, and a neuron that did not spike changes nothing.
 *
 * Source: Illing, Gerstner & Brea (2019), Neural Netw. 118:90-101; Widrow & Hoff (1960), IRE WESCON 4:96-104. */
#ifndef HK_LOCAL_H
#define HK_LOCAL_H

#include "experiments/experiment.h"
#include "experiments/gabor.h"
#include "sim/archive.h"

enum { HK_LOCAL_CLASSES = HK_DATASET_CLASSES, HK_LOCAL_LANES = 16 }; /* classes, padded to a vector */

/* --- what spiked, and the delta rule: local_readout.c ------------------------------------------------------------------------------------ */

/** For each sample the features above 0, by feature. */
typedef struct hk_local_samples {
    size_t n, n_values, n_capacity, values_capacity;
    uint64_t *begin;   /* [n + 1] */
    uint32_t *feature; /* [n_values] */
    float *value;
    uint8_t *labels; /* [n] */
} hk_local_samples;

/** Adds a sample: those of values[n_features] above 0. HK_ENOMEM. */
HK_MUST_CHECK int hk_local_samples_add(hk_ctx *ctx, hk_local_samples *samples, const double *values,
                                       uint32_t n_features, uint8_t label);
/** Saves n samples, or loads as many into empty ones. HK_EFORMAT: an index or a label that cannot be; HK_ENOMEM. */
HK_MUST_CHECK int hk_local_samples_archive(hk_local_samples *samples, size_t n, uint32_t n_features,
                                           hk_archive *archive);
void hk_local_samples_fini(hk_local_samples *samples);

typedef enum hk_local_output { HK_LOCAL_LOGISTIC, HK_LOCAL_LINEAR } hk_local_output;

typedef struct hk_local_config {
    hk_local_output output;
    double eta_start,
        eta_end; /* > 0, start >= end; eta is the one of now, which falls geometrically, over the mean of |f|^2 */
    uint32_t passes;
    uint64_t seed; /* of the order in which samples are shown */
} hk_local_config;

typedef struct hk_local_readout {
    uint32_t n_features;
    float *weights; /* [n_features][HK_LOCAL_LANES] */
    float bias[HK_LOCAL_LANES];
    double scale; /* 1 over the mean of |f|^2 */
} hk_local_readout;

/** Weights 0. HK_ERANGE: a field of the configuration, or samples that are all 0; HK_ENOMEM. */
HK_MUST_CHECK int hk_local_readout_init(hk_ctx *ctx, const hk_local_config *config, const hk_local_samples *samples,
                                        uint32_t n_features, hk_local_readout *out);
void hk_local_readout_fini(hk_local_readout *readout);
/** Saves it, or loads one of `n_features` into an empty one. HK_ENOMEM. */
HK_MUST_CHECK int hk_local_readout_archive(hk_local_readout *readout, uint32_t n_features, hk_archive *archive);
/** Shows all samples once, number `pass` of config->passes; *right is how many were decided right before they changed anything.
 *  HK_ERANGE: weights grow without bound (eta_start too large); HK_ENOMEM. */
HK_MUST_CHECK int hk_local_readout_pass(hk_ctx *ctx, const hk_local_config *config, const hk_local_samples *samples,
                                        uint32_t pass, hk_local_readout *readout, size_t *right);
/** The class of one sample: of the largest potential, of equal ones the lowest. */
uint32_t hk_local_readout_decide(const hk_local_readout *readout, const hk_local_samples *samples, size_t sample);
/** The share of samples decided right. */
double hk_local_readout_accuracy(const hk_local_readout *readout, const hk_local_samples *samples);
/** The same rule on the pixels themselves, without hidden neurons: accuracy on `test` after all passes over `train`. */
HK_MUST_CHECK int hk_local_learn_pixels(hk_ctx *ctx, const hk_local_config *config, const hk_images *train,
                                        const hk_images *test, double *accuracy);

/* --- the network: local_network.c ---------------------------------------------------------------------------------------- */

enum { HK_LOCAL_EXAMPLES = 5 }; /* test images whose spikes are kept */

typedef struct hk_local_network {
    hk_sim *sim;
    hk_population *inputs, *hidden, *outputs;
    hk_projection *synapses; /* hidden to outputs */
    uint32_t n_pixels, n_hidden;
    double window_ms; /* T */
    double bias[HK_LOCAL_CLASSES];
    float *pixels;
    const hk_encoder *latency;
    double latency_params[8];
    /* of the image just shown */
    hk_time begin;
    double *values;                       /* [n_hidden] f */
    double potentials[HK_LOCAL_CLASSES];  /* with bias */
    uint64_t input_spikes, hidden_spikes; /* of all images */
    uint64_t n_shown;
    /* spikes of those shown while `keeping`: of the one numbered `example` from example * hk_local_network_ms() on */
    bool keeping;
    double *times_ms; /* [n_kept] */
    uint32_t *ids;    /* inputs, then hidden neurons */
    size_t n_kept, kept_capacity;
    uint32_t example;
    int rc; /* of the window callback */
} hk_local_network;

/** Weights onto the outputs are 0. `window_ms`: T, in 1 ... 1000, whole steps of 0.1 ms. */
HK_MUST_CHECK int hk_local_network_create(hk_ctx *ctx, const hk_gabor *bank, double window_ms, uint64_t seed,
                                          hk_local_network *out);
void hk_local_network_destroy(hk_local_network *network);
/** Takes over the readout's weights. */
void hk_local_network_learn(hk_local_network *network, const hk_local_readout *readout);
/** Shows image i. */
HK_MUST_CHECK int hk_local_network_show(hk_local_network *network, const hk_images *images, size_t i);
/** Saves or loads the simulation, what was counted and what was kept. Between images. */
HK_MUST_CHECK int hk_local_network_archive(hk_local_network *network, hk_archive *archive);
/** How long an image is shown. */
double hk_local_network_ms(const hk_local_network *network);

/* --- the results: local_file.c ---------------------------------------------------------------------------------------------- */

typedef struct hk_local_results {
    const hk_gabor *bank;
    const hk_local_readout *readout;
    const hk_local_network *network;
    const double *curve; /* [n_passes][n_columns] */
    size_t n_passes, n_columns;
    const char *columns;
    const double *confusion; /* [10][10] */
    const uint8_t *examples; /* [n_examples] their labels */
    uint32_t n_examples;
} hk_local_results;

/** Writes the run's output file; nothing without one. */
HK_MUST_CHECK int hk_local_write(hk_run *run, const hk_local_results *results);

#endif
