/* experiments/choice.h - which images a network learns from and which it is tested on, by the options data, split, train, test. */
#ifndef HK_CHOICE_H
#define HK_CHOICE_H

#include "experiments/datasets/dataset.h"
#include "experiments/experiment.h"

/** "test", "validation", NULL: choices of the option `split`. */
extern const char *const hk_choice_splits[];

/** Which images: hk_dataset_request.name. */
#define HK_DATA_OPTION                                                                         \
    {                                                                                          \
        .name = "data", .type = HK_OPTION_CHOICE, .text = "auto", .choices = hk_dataset_names, \
        .meaning = "which images"                                                              \
    }

/* Read by hk_choice_load(). */
#define HK_CHOICE_OPTIONS                                                                                              \
    HK_DATA_OPTION,                                                                                                    \
        { .name = "split",                                                                                             \
          .type = HK_OPTION_CHOICE,                                                                                    \
          .text = "test",                                                                                              \
          .choices = hk_choice_splits,                                                                                 \
          .meaning = "validation: the last sixth of the training images is tested on instead, for choosing options" }, \
        HK_COUNT("train", 0, 0, 1e6, "training images; 0: all"),                                                       \
        HK_COUNT("test", 0, 0, 1e6, "images to test on; 0: all")

typedef struct hk_choice {
    hk_dataset data;
    hk_images train, test; /* borrowed parts of it */
} hk_choice;

/** The last sixth of the training images is for validation: under `split` = validation it is tested on in place of the test images,
 *  and not learnt from. Reports what was loaded, and classes without a training image. On failure there is nothing to free. */
HK_MUST_CHECK int hk_choice_load(hk_run *run, hk_choice *out);
/** The same, and `train` and `test` as the option `code` lets them be seen (through_code.h). */
HK_MUST_CHECK int hk_choice_load_through_code(hk_run *run, hk_choice *out);
void hk_choice_fini(hk_choice *choice);

#endif
