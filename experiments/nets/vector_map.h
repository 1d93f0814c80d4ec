/* experiments/nets/vector_map.h - a self-organising map on labelled vectors: learnt, named by majority, and judged on others. */
#ifndef HK_VECTOR_MAP_H
#define HK_VECTOR_MAP_H

#include "experiments/experiment.h"
#include "experiments/readouts/som.h"
#include "sim/results.h"

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

typedef struct hk_vector_map {
    hk_som som;
    hk_som_hit *learnt;                                        /* [n] units of the samples it has learnt from */
    hk_som_quality quality;                                    /* on the samples tested */
    double learnt_accuracy, test_accuracy;                     /* shares of samples whose unit bears their class */
    double confusion[HK_DATASET_CLASSES * HK_DATASET_CLASSES]; /* of samples tested: class, answer */
    uint64_t hash;                                             /* of the answers to the samples tested, in order */
} hk_vector_map;

/** The map that the options side, cols, map_epochs, sigma_start and sigma_end ask for. */
hk_som_config hk_vector_map_settle(const hk_run *run);

/** `begin` and `end`: shares of the whole run, for the progress line, which says `what`. HK_OK with *out empty (som.labels NULL):
 *  stopped. To be freed in any case. */
HK_MUST_CHECK int hk_vector_map_learn(hk_run *run, const hk_som_config *config, const hk_features *learn,
                                      const hk_features *test, hk_team *team, const char *what, double begin,
                                      double end, hk_vector_map *out);
/** The same on the pixels of images. */
HK_MUST_CHECK int hk_vector_map_learn_pixels(hk_run *run, const hk_som_config *config, const hk_images *learn,
                                             const hk_images *test, hk_team *team, double begin, double end,
                                             hk_vector_map *out);
void hk_vector_map_fini(hk_vector_map *map);

/** Share of samples whose unit bears their class. HK_ENOMEM. */
HK_MUST_CHECK int hk_vector_map_judge(hk_ctx *ctx, const hk_vector_map *map, const hk_features *samples, hk_team *team,
                                      double *accuracy);

/** Adds `map/weights`, `map/labels`, `confusion`, and the mean image that each unit wins as `receptive_fields`. */
HK_MUST_CHECK int hk_vector_map_put(hk_ctx *ctx, const hk_vector_map *map, const hk_images *images, hk_results *file);

#endif
