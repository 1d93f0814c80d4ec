/* experiments/nets/robustness.h - how well a map answers to images moved, turned and scaled as none that was learnt from. */
#ifndef HK_ROBUSTNESS_H
#define HK_ROBUSTNESS_H

#include "experiments/nets/distort.h"
#include "experiments/nets/vector_map.h"

enum { HK_ROBUST_MOVED, HK_ROBUST_TURNED, HK_ROBUST_SCALED, HK_ROBUST_KINDS, HK_ROBUST_LEVELS = 5 };
extern const char *const hk_robust_names[HK_ROBUST_KINDS]; /* with units */
/** Pixels, image k to the right, down, left or up by k mod 4; degrees, clockwise for even k; factors. */
extern const double hk_robust_levels[HK_ROBUST_KINDS][HK_ROBUST_LEVELS];

hk_distortion hk_robust_distortion(int kind, size_t level, size_t image);

/** Vectors of images, image k distorted by distortions[k]. */
typedef int (*hk_vectors_fn)(void *user, const hk_images *images, const hk_distortion *distortions, hk_features *out);

typedef struct hk_robustness {
    size_t n; /* images; 0: nothing measured */
    double plain, accuracy[HK_ROBUST_KINDS][HK_ROBUST_LEVELS];
} hk_robustness;

/** Of the first `n` images, or all there are; 0: none. HK_OK with out->n 0: stopped. */
HK_MUST_CHECK int hk_robustness_measure(hk_run *run, const hk_vector_map *map, const hk_images *images, size_t n,
                                        hk_team *team, hk_vectors_fn vectors, void *user, hk_robustness *out);
/** Adds `robustness`, a list by kind, to the summary, and prints it. */
void hk_robustness_tell(hk_run *run, const hk_robustness *robustness);
/** Adds robustness/levels and robustness/accuracy. */
HK_MUST_CHECK int hk_robustness_put(const hk_robustness *robustness, hk_results *file);

#endif
