/* experiments/nets/distort.h - images moved, turned and scaled about their middle.
 *
 * out(p) = in(R(-turn) (p - middle - move) / scale + middle), between pixels the bilinear mean; paper outside. */
#ifndef HK_DISTORT_H
#define HK_DISTORT_H

#include "experiments/datasets/dataset.h"

typedef struct hk_distortion {
    double right_px, down_px;
    double turn_deg; /* clockwise, at most 180 either way */
    double scale;    /* > 0; 1: as it was */
} hk_distortion;

/** A distortion drawn evenly: moves of whole pixels up to `most`'s either way, turns up to its turn, scales between 1 / scale
 *  and scale, even in their logarithm. `sample` and `epoch` name the random numbers. */
hk_distortion hk_distortion_draw(const hk_distortion *most, uint64_t seed, uint64_t sample, uint32_t epoch);

/** Image i as values[rows * cols] in [0, 1]: pixel / 255 where nothing is distorted. */
void hk_distort(const hk_images *images, size_t i, const hk_distortion *distortion, double *values);

#endif
