/* experiments/codes.h - the parts of the codes experiment: one network and one rule under every code.
 *
 * The network is that of mnist.h, read out at the end of the window. What may differ by code is a choice: a point in the space
 * of the code's own parameters and of the few of network and rule that depend on how strong its spikes are. */
#ifndef HK_CODES_H
#define HK_CODES_H

#include "experiments/mnist.h"

/* ---- choices (codes_space.c) ------------------------------------------------------------------------------------- */

enum { HK_CODES_MOST_DIMS = 12 };

/** One parameter and where it is looked for. */
typedef struct hk_codes_dim {
    const char *name;
    enum { HK_DIM_LINEAR, HK_DIM_LOG, HK_DIM_WHOLE } scale;
    double low, high;
} hk_codes_dim;

/** The dimensions of a code's space into dims[HK_CODES_MOST_DIMS]; returns how many. */
size_t hk_codes_space(const hk_encoder *encoder, hk_codes_dim *dims);
/** Draws a point values[n dims]; the same for the same seed, code and trial. */
void hk_codes_draw(const hk_encoder *encoder, uint64_t seed, uint32_t trial, double *values);
/** The network with this choice. */
void hk_codes_settings(const hk_encoder *encoder, const double *values, uint32_t neurons, hk_mnist_settings *out);

/* ---- disturbances (codes_disturb.c) ------------------------------------------------------------------------------ */

typedef enum hk_disturbance {
    HK_PIXEL_NOISE,  /* normal noise of this standard deviation on every pixel, cut to [0, 1] */
    HK_SALT_PEPPER,  /* this share of the pixels is black or white */
    HK_SPIKE_JITTER, /* normal, ms, on the time of every input spike */
    HK_SPIKE_LOSS,   /* this share of the input spikes is missing */
    HK_WEIGHT_NOISE, /* every weight times 1 + normal of this standard deviation, not below 0 */
    HK_STUCK,        /* this share of the synapses is stuck, half at 0, half at the largest weight */
    HK_WEIGHT_BITS,  /* weights rounded to as many bits, from 0 to the largest weight */
    HK_N_DISTURBANCES,
} hk_disturbance;

enum { HK_CODES_LEVELS = 5 };
extern const char *const hk_disturbance_names[HK_N_DISTURBANCES];
extern const double hk_disturbance_levels[HK_N_DISTURBANCES][HK_CODES_LEVELS];

/** The random numbers are named by seed, kind and level and, for images and spikes, by `sample`. */
void hk_disturb_pixels(hk_disturbance kind, double level, uint64_t seed, uint64_t sample, float *values, size_t n);
void hk_disturb_spikes(hk_disturbance kind, double level, uint64_t seed, uint64_t sample, double window_ms,
                       hk_spikes_in *spikes);
/** weights[n] of all synapses. */
void hk_disturb_weights(hk_disturbance kind, double level, uint64_t seed, float *weights, size_t n);

/* ---- one network trained and tested (codes_trial.c) -------------------------------------------------------------- */

enum { HK_CODES_READS = 10 }; /* moments of a window at which the decision is looked at */

typedef enum hk_codes_metric {
    HK_ACCURACY,
    HK_DECISION_MS, /* mean time after which the decision of an image no longer changes */
    HK_WINDOW_MS,
    HK_INPUT_SPIKES, /* an image, testing, as all below but for those of training */
    HK_HIDDEN_SPIKES,
    HK_TRAIN_EVENTS, /* synapses passed */
    HK_TEST_EVENTS,
    HK_TRAIN_CPU_MS,
    HK_TEST_CPU_MS,
    HK_ENERGY, /* spikes and synaptic events */
    HK_N_METRICS,
} hk_codes_metric;

extern const char *const hk_codes_metric_names[HK_N_METRICS];

typedef struct hk_codes_measures {
    double metrics[HK_N_METRICS];
    double over_time[HK_CODES_READS]; /* accuracy of what would be decided at (k + 1) / HK_CODES_READS of the window */
    double disturbed[HK_N_DISTURBANCES][HK_CODES_LEVELS]; /* accuracy */
} hk_codes_measures;

typedef struct hk_codes_task {
    const hk_encoder *encoder;
    const double *values; /* the choice */
    const hk_dataset *data;
    hk_images train, label, test; /* parts of it */
    size_t n_probed;              /* of the test images, for decisions over time and disturbances; 0: accuracy only */
    uint32_t neurons;
    uint64_t seed;
    const hk_run *run; /* asked whether to stop */
} hk_codes_task;

/** Trains, names and tests. HK_OK with *complete false when it was stopped. HK_ERANGE, HK_ENOMEM. */
HK_MUST_CHECK int hk_codes_measure(hk_ctx *ctx, const hk_codes_task *task, hk_codes_measures *out, bool *complete);

/* ---- results (codes_report.c) ------------------------------------------------------------------------------------ */

/** All that the experiment finds; what a checkpoint keeps. */
typedef struct hk_codes_results {
    const hk_encoder *const *encoders; /* [n_codes] */
    size_t n_codes, n_trials, n_seeds;
    double *scores;           /* [n_codes][n_trials] accuracy on validation images; NaN: not yet */
    uint64_t *tested;         /* [n_codes][n_seeds] 1: measured */
    hk_codes_measures *tests; /* [n_codes][n_seeds] */
} hk_codes_results;

/** The trial with the best score, the first of equals. */
uint32_t hk_codes_best(const hk_codes_results *results, size_t code);

/** Prints the table, fills the summary, and writes file and Markdown page; nothing to disk without an output file. */
HK_MUST_CHECK int hk_codes_report(hk_run *run, const hk_codes_results *results);

#endif
