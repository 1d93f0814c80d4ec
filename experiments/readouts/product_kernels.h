/* experiments/readouts/product_kernels.h - sums of products, compiled once for each instruction set; same bits.
 *
 * Each sum has one order, whatever the width of a vector: that of its terms, or 16 partial sums, term k going to number
 * k % 16, which are then added in pairs. */
#ifndef HK_PRODUCT_KERNELS_H
#define HK_PRODUCT_KERNELS_H

#include "sim/cpu.h"

#include <stddef.h>

enum { HK_TILE_ROWS = 8, HK_TILE_F32 = 32, HK_TILE_F64 = 16 };

typedef struct hk_product_kernels {
    /** out[8][32] = sum over k < n of a[k][stride] (the first 8) times b[k][32]. */
    void (*tile_f32)(const float *a, size_t stride, const float *b, size_t n, float *out);
    /** out[8][16], the same in doubles. */
    void (*tile_f64)(const double *a, size_t stride, const double *b, size_t n, double *out);
    /** y[n] += scale x[n]. */
    void (*add)(double *y, double scale, const double *x, size_t n);
    /** Sum of x[k] y[k], as 16 partial sums. */
    double (*dot)(const double *x, const double *y, size_t n);
    /** w[n] += rate (x[n] - w[n]). */
    void (*approach)(float *w, float rate, const float *x, size_t n);
    /** Sum of (x[k] - w[k])^2, as 16 partial sums. */
    float (*distance)(const float *x, const float *w, size_t n);
    /** The upper triangle of a[n][n] becomes R with R^T R = a; returns n, or the first pivot that is not > 0. */
    size_t (*cholesky)(double *a, size_t n);
} hk_product_kernels;

extern const hk_product_kernels hk_product_kernels_plain;
#if defined(__x86_64__)
extern const hk_product_kernels hk_product_kernels_avx2, hk_product_kernels_avx512;
#endif

const hk_product_kernels *hk_product_kernels_for(hk_cpu level);

#endif
