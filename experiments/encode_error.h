/* experiments/encode_error.h - how far decoded values are from those that were encoded, over a set of images. */
#ifndef HK_ENCODE_ERROR_H
#define HK_ENCODE_ERROR_H

#include "experiments/datasets/dataset.h"
#include "sim/encoder.h"

enum { HK_ENCODE_MOST_PARAMS = 8 };

/** What is encoded, and how. */
typedef struct hk_encode_task {
    const hk_encoder *encoder;
    double params[HK_ENCODE_MOST_PARAMS];
    double window_ms;
    double jitter_ms; /* >= 0: standard deviation of the time by which a spike comes early or late */
    uint64_t seed;
} hk_encode_task;

typedef struct hk_encode_error {
    double spikes; /* an image */
    double exact;  /* root mean square over all pixels of all images */
    double jittered;
} hk_encode_error;

/** Encodes and decodes all images, with the spikes as they are and with jittered ones. HK_ERANGE: not with these parameters in this
 *  window; HK_ENOMEM. */
HK_MUST_CHECK int hk_encode_measure(hk_ctx *ctx, const hk_encode_task *task, const hk_images *images,
                                    hk_encode_error *out);

/** Moves each spike by a normal time, as long as it stays in the window, and restores their order. `sample` names the
 *  random numbers. */
void hk_encode_jitter(const hk_encode_task *task, uint64_t sample, hk_spikes_in *spikes);

#endif
