/* experiments/nets/options.h - options that experiments with networks and maps share, as rows of their tables. */
#ifndef HK_NETS_OPTIONS_H
#define HK_NETS_OPTIONS_H

#include "experiments/choice.h"

#define HK_COUNT(option, default_, low, high, text)                                                              \
    {                                                                                                            \
        .name = option, .type = HK_OPTION_INTEGER, .initial = default_, .min = low, .max = high, .meaning = text \
    }
#define HK_NUMBER(option, default_, low, high, text)                                                            \
    {                                                                                                           \
        .name = option, .type = HK_OPTION_NUMBER, .initial = default_, .min = low, .max = high, .meaning = text \
    }
#define HK_AUTOMATIC(option, type_, low, high, how, text)                                         \
    {                                                                                             \
        .name = option, .type = type_, .min = low, .max = high, .automatic = how, .meaning = text \
    }

/* Read by hk_choice_load(). */
#define HK_CHOICE_OPTIONS                                                                                              \
    { .name = "data",                                                                                                  \
      .type = HK_OPTION_CHOICE,                                                                                        \
      .text = "auto",                                                                                                  \
      .choices = hk_dataset_names,                                                                                     \
      .meaning = "which images" },                                                                                     \
        { .name = "split",                                                                                             \
          .type = HK_OPTION_CHOICE,                                                                                    \
          .text = "test",                                                                                              \
          .choices = hk_choice_splits,                                                                                 \
          .meaning = "validation: the last sixth of the training images is tested on instead, for choosing options" }, \
        HK_COUNT("train", 0, 0, 1e6, "training images; 0: all"),                                                       \
        HK_COUNT("test", 0, 0, 1e6, "images to test on; 0: all")

/* Read by hk_vector_map_settle() and the experiments. */
#define HK_MAP_OPTIONS                                                                   \
    HK_COUNT("side", 16, 1, 300, "rows of the map"),                                     \
        HK_AUTOMATIC("cols", HK_OPTION_INTEGER, 1, 300, "side", "columns of the map"),   \
        HK_COUNT("map_epochs", 10, 1, 10000, "times the map learns from all images"),    \
        HK_AUTOMATIC("sigma_start", HK_OPTION_NUMBER, 1e-3, 300, "longer side / 3",      \
                     "width of the neighbourhood at first, in distances of neighbours"), \
        HK_NUMBER("sigma_end", 0.3, 1e-3, 300, "the same at the end"),                   \
        { .name = "pixels",                                                              \
          .type = HK_OPTION_FLAG,                                                        \
          .initial = 1.0,                                                                \
          .meaning = "train such a map on the pixels, too, to compare" },                \
        HK_COUNT("probe", 2000, 0, 1e6,                                                  \
                 "the first so many images to test on are also shown moved, turned and scaled; 0: none")

#endif
