/* experiments/gabor.h - a bank of fixed receptive fields, each on a random patch of the image: features that nothing has to learn.
 *
 *   Gabor      w(x, y) = exp(-(x^2 + y^2) / (2 sigma^2)) cos(2 pi (x cos a + y sin a) / wavelength + phase), from the patch's centre
 *   Gaussian   w normal, pixel by pixel
 *
 * Each field's mean is taken off, so that it does not see brightness, and it is scaled so that its positive weights sum to 1: for
 * pixels p in [0, 1]
 *
 *   value_j = max(0, sum over pixels of w_j p - threshold_j)  is in [0, 1]
 *
 * A feature vector for an image, without a simulation:
 *
 *   hk_gabor_draw(ctx, &(hk_gabor_config){ .rows = 28, .cols = 28, .n = 5000, .patch = 10, .kind = HK_GABOR_RANDOM,
 *                 .wavelength_px = { 4.6, 10.3 }, .sigma_px = { 3.8, 5.0 }, .seed = seed }, &bank);
 *   hk_gabor_adapt(ctx, &bank, &images, 1000, 0.25);       thresholds, from some images without their labels
 *   hk_images_values(&images, i, pixels);
 *   hk_gabor_values(&bank, pixels, values);                or for many images at once: hk_gabor_features()
 *
 * In spikes: a `ttfs` neuron (neurons/ttfs.h) with these weights and bias_mv = -T threshold_j, whose inputs arrive T p ms before its
 * onset, spikes T value_j ms before the end of its window. Both agree to rounding (tests/test_gabor.c).
 *
 * Source: Illing, Gerstner & Brea (2019), Neural Netw. 118:90-101, whose ranges are those above. */
#ifndef HK_GABOR_H
#define HK_GABOR_H

#include "experiments/readouts/features.h"

typedef enum hk_gabor_kind { HK_GABOR_RANDOM, HK_GABOR_GAUSSIAN } hk_gabor_kind;

typedef struct hk_gabor_config {
    uint32_t rows, cols; /* of the images */
    uint32_t n;          /* fields */
    uint32_t patch;      /* pixels along each side of a field; 2 ... the smaller of rows and cols */
    hk_gabor_kind kind;
    double wavelength_px[2], sigma_px[2]; /* GABOR: drawn uniformly between these two, > 0; angle and phase from all */
    uint64_t seed;
} hk_gabor_config;

/** One Gabor function. */
typedef struct hk_gabor_field {
    uint32_t row, col; /* of the patch's upper left pixel */
    double wavelength_px, sigma_px, angle, phase;
} hk_gabor_field;

typedef struct hk_gabor {
    uint32_t n, rows, cols, patch;
    uint32_t *corner;  /* [n] upper left pixel of each patch, row * cols + col */
    float *fields;     /* [n][patch][patch] */
    double *threshold; /* [n] >= 0; 0 until hk_gabor_adapt() */
    /* The same weights by pixel: those of pixel k are begin[k] ... begin[k + 1] - 1, by unit. */
    uint32_t *begin; /* [rows * cols + 1] */
    uint32_t *pixel; /* [n * patch * patch] */
    uint32_t *unit;
    float *weight;
} hk_gabor;

/** Draws a bank. HK_ERANGE names the field of the configuration; HK_ENOMEM. On failure there is nothing to free. */
HK_MUST_CHECK int hk_gabor_draw(hk_ctx *ctx, const hk_gabor_config *config, hk_gabor *out);
/** A bank of given Gabor functions fields[n]. HK_ERANGE: one outside the image, or flat after its mean is taken off. */
HK_MUST_CHECK int hk_gabor_init(hk_ctx *ctx, uint32_t rows, uint32_t cols, uint32_t patch, uint32_t n,
                                const hk_gabor_field *fields, hk_gabor *out);
void hk_gabor_fini(hk_gabor *bank);

/** Sets each threshold so that `share`, in (0, 1], of the first `n` >= 2 images gives a value above 0; where that would take a
 *  threshold below 0, it is 0, and fewer do. HK_ERANGE, HK_ENOMEM. */
HK_MUST_CHECK int hk_gabor_adapt(hk_ctx *ctx, hk_gabor *bank, const hk_images *images, size_t n, double share);

/** values[n] of an image pixels[rows * cols] in [0, 1]. */
void hk_gabor_values(const hk_gabor *bank, const float *pixels, double *values);
/** Those of images, in single precision, with their labels. HK_ERANGE: images of another size; HK_ENOMEM. */
HK_MUST_CHECK int hk_gabor_features(hk_ctx *ctx, const hk_gabor *bank, const hk_images *images, hk_features *out);

#endif
