/* experiments/through_code.h - images as the spikes of a code tell of them: what an experiment sees under the option `code`.
 *
 * Each image is encoded (sim/encoder.h) in a window of its own, its spikes may come a little early or late, and what they are
 * decoded to takes its place, rounded to the 1/255 that pixels have. So whatever an experiment makes of values, under a code its
 * inputs are the code's decoder, and see no more than the spikes say. A code for streams sees a still image come up from the dark.
 *
 * Random codes and jitter are named by the run's seed and the image's number, so that neither the order of images nor the number
 * of threads changes a bit, and a run that goes on from a checkpoint sees the same images again. */
#ifndef HK_THROUGH_CODE_H
#define HK_THROUGH_CODE_H

#include "encoders/catalogue.h"
#include "experiments/datasets/dataset.h"
#include "experiments/experiment.h"

/* Read by hk_through_code(). */
#define HK_THROUGH_OPTIONS                                                                                            \
    { .name = "code",                                                                                                 \
      .type = HK_OPTION_CHOICE,                                                                                       \
      .text = "none",                                                                                                 \
      .choices = hk_encoder_names_and_none,                                                                           \
      .meaning = "none: pixels go in as they are; a code: each image becomes its spikes, and what these are decoded " \
                 "to, rounded to 1/255, goes in; 'hillock list codes' says what each is" },                           \
        { .name = "code_window_ms",                                                                                   \
          .type = HK_OPTION_NUMBER,                                                                                   \
          .unit = "ms",                                                                                               \
          .initial = 50.0,                                                                                            \
          .min = 1.0,                                                                                                 \
          .max = 1e4,                                                                                                 \
          .meaning = "how long the code has for an image" },                                                          \
        { .name = "code_jitter_ms",                                                                                   \
          .type = HK_OPTION_NUMBER,                                                                                   \
          .unit = "ms",                                                                                               \
          .initial = 0.0,                                                                                             \
          .min = 0.0,                                                                                                 \
          .max = 10.0,                                                                                                \
          .meaning = "standard deviation of the time by which each of its spikes comes early or late" },              \
    {                                                                                                                 \
        .name = "code_params", .type = HK_OPTION_TEXT, .text = "",                                                    \
        .meaning = "the code's own, NAME=VALUE,NAME=VALUE; 'hillock show CODE' has them and their defaults"           \
    }

/* Keys of the summary. */
#define HK_THROUGH_KEYS                                                                                      \
    { "code", "", "by whose spikes images were seen; none: as they are" },                                   \
        { "code_window_ms", "ms", "how long it had for an image; these three not without a code" },          \
        { "code_spikes_per_image", "", "of the code, all images" },                                          \
    {                                                                                                        \
        "code_error", "", "root mean square over all pixels of what decoding changed; a pixel is in 0 ... 1" \
    }

/** Images, and the sample number of the first. */
typedef struct hk_through_part {
    hk_images images; /* borrowed; their pixels are overwritten */
    uint64_t first;
} hk_through_part;

/** Sample number of the first test image; training images are numbered from 0 on. */
#define HK_THROUGH_TEST (UINT64_C(1) << 40)

/** Sends the images of all parts through the code that the run's options name, on as many threads as the run has; reports and
 *  summarises what it did. With code=none images stay as they are. A signal does not cut it short. HK_ERANGE: a parameter, one for
 *  a code when there is none, or a code without images; HK_ENAME: no such parameter; HK_ENOMEM, HK_EIO. */
HK_MUST_CHECK int hk_through_code(hk_run *run, const hk_through_part *parts, size_t n_parts);

#endif
