/* experiments/readouts/features.h - labelled vectors: what readouts learn from and decide on.
 *
 * A sample is a window of a recording, an image, or a row of a file; a feature is what one neuron did in that window, or one
 * pixel. How windows of a recording become vectors is said in recording.h. */
#ifndef HK_FEATURES_H
#define HK_FEATURES_H

#include "experiments/datasets/dataset.h"
#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

enum { HK_MOST_CLASSES = 1000 };

typedef struct hk_sample_spike {
    double after_ms; /* since the sample began */
    uint32_t neuron; /* below n_features */
} hk_sample_spike;

typedef struct hk_features {
    size_t n, n_features;
    float *values;      /* [n][n_features] */
    uint32_t *labels;   /* [n], below n_classes */
    uint32_t n_classes; /* 1 more than the largest label, or what the caller says */
    /* The spikes themselves, of a recording and where they were asked for; otherwise NULL. */
    size_t *first_spike;     /* [n + 1] those of sample s are first_spike[s] ... first_spike[s + 1] - 1 */
    hk_sample_spike *spikes; /* by time, then neuron */
} hk_features;

/** All values and labels 0, n_classes 0. HK_ERANGE: n or n_features is 0, or more than memory could hold; HK_ENOMEM. On
 *  failure there is nothing to free. */
HK_MUST_CHECK int hk_features_init(hk_ctx *ctx, size_t n, size_t n_features, hk_features *out);
void hk_features_fini(hk_features *features);

/** Pixels of images as values in [0, 1]. */
HK_MUST_CHECK int hk_features_of_images(hk_ctx *ctx, const hk_images *images, hk_features *out);

/** What every readout asks of the samples it learns from: values finite, labels below n_classes <= HK_MOST_CLASSES, and at
 *  least one sample of every class. HK_ERANGE names the first that is not so. */
HK_MUST_CHECK int hk_features_check(hk_ctx *ctx, const hk_features *features);
/** What is asked of samples to decide on: finite, and as many features as the readout learnt from. HK_ERANGE. */
HK_MUST_CHECK int hk_features_check_width(hk_ctx *ctx, const hk_features *features, size_t n_features);

static inline const float *hk_features_row(const hk_features *features, size_t sample)
{
    return features->values + sample * features->n_features;
}

#endif
