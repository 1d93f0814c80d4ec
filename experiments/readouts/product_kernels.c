/* experiments/readouts/product_kernels.c - see product_kernels.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "experiments/readouts/product_kernels.h"

#include <math.h>

#if defined(__AVX512F__)
enum { BYTES = 64, ROWS = 8, ACROSS = 2 }; /* of a block whose sums stay in registers: rows, vectors across */
#elif defined(__AVX2__)
enum { BYTES = 32, ROWS = 4, ACROSS = 2 };
#else
enum { BYTES = 16, ROWS = 4, ACROSS = 2 };
#endif

/* Loads and stores need no alignment beyond that of one number. */
typedef float floats __attribute__((vector_size(BYTES), aligned(4), may_alias));
typedef double doubles __attribute__((vector_size(BYTES), aligned(8), may_alias));

#define TILE(name, real, reals, width)                                                       \
    static void name(const real *a, size_t stride, const real *b, size_t n, real *out)       \
    {                                                                                        \
        enum { LANES = BYTES / sizeof(real) };                                               \
        for (size_t row = 0; row < HK_TILE_ROWS; row += ROWS)                                \
            for (size_t col = 0; col < (width); col += ACROSS * LANES) {                     \
                reals sum[ROWS][ACROSS] = { 0 };                                             \
                for (size_t k = 0; k < n; k++) {                                             \
                    reals right[ACROSS];                                                     \
                    for (size_t v = 0; v < ACROSS; v++)                                      \
                        right[v] = *(const reals *)(b + k * (width) + col + v * LANES);      \
                    for (size_t r = 0; r < ROWS; r++)                                        \
                        for (size_t v = 0; v < ACROSS; v++)                                  \
                            sum[r][v] += right[v] * a[k * stride + row + r];                 \
                }                                                                            \
                for (size_t r = 0; r < ROWS; r++)                                            \
                    for (size_t v = 0; v < ACROSS; v++)                                      \
                        *(reals *)(out + (row + r) * (width) + col + v * LANES) = sum[r][v]; \
            }                                                                                \
    }

TILE(tile_f32, float, floats, HK_TILE_F32)
TILE(tile_f64, double, doubles, HK_TILE_F64)

static void add(double *restrict y, double scale, const double *restrict x, size_t n)
{
    for (size_t k = 0; k < n; k++)
        y[k] += scale * x[k];
}

static double dot(const double *x, const double *y, size_t n)
{
    enum { SUMS = 16, LANES = BYTES / 8, VECTORS = SUMS / LANES };
    union {
        doubles vector[VECTORS];
        double each[SUMS];
    } sum = { .each = { 0 } };
    doubles wide[VECTORS] = { 0 };
    size_t k = 0;
    for (; k + SUMS <= n; k += SUMS)
        for (size_t v = 0; v < VECTORS; v++)
            wide[v] += *(const doubles *)(x + k + v * LANES) * *(const doubles *)(y + k + v * LANES);
    for (size_t v = 0; v < VECTORS; v++)
        sum.vector[v] = wide[v];
    for (; k < n; k++)
        sum.each[k % SUMS] += x[k] * y[k];
    for (size_t half = SUMS / 2; half > 0; half /= 2)
        for (size_t s = 0; s < half; s++)
            sum.each[s] += sum.each[s + half];
    return sum.each[0];
}

static void approach(float *restrict w, float rate, const float *restrict x, size_t n)
{
    for (size_t k = 0; k < n; k++)
        w[k] += rate * (x[k] - w[k]);
}

static float distance(const float *x, const float *w, size_t n)
{
    enum { SUMS = 16, LANES = BYTES / 4, VECTORS = SUMS / LANES };
    union {
        floats vector[VECTORS];
        float each[SUMS];
    } sum = { .each = { 0 } };
    floats wide[VECTORS] = { 0 };
    size_t k = 0;
    for (; k + SUMS <= n; k += SUMS)
        for (size_t v = 0; v < VECTORS; v++) {
            floats difference = *(const floats *)(x + k + v * LANES) - *(const floats *)(w + k + v * LANES);
            wide[v] += difference * difference;
        }
    for (size_t v = 0; v < VECTORS; v++)
        sum.vector[v] = wide[v];
    for (; k < n; k++)
        sum.each[k % SUMS] += (x[k] - w[k]) * (x[k] - w[k]);
    for (size_t half = SUMS / 2; half > 0; half /= 2)
        for (size_t s = 0; s < half; s++)
            sum.each[s] += sum.each[s + half];
    return sum.each[0];
}

/* PANEL rows at a time, and of them CHUNK columns, which stay in the cache while the rows above are read once for all of these. */
static size_t cholesky(double *a, size_t n)
{
    enum { PANEL = 32, CHUNK = 128 };
    for (size_t top = 0; top < n; top += PANEL) {
        const size_t bottom = n - top < PANEL ? n : top + PANEL;
        for (size_t left = top; left < n; left += CHUNK) {
            const size_t right = n - left < CHUNK ? n : left + CHUNK;
            for (size_t k = 0; k < top; k += 4)
                for (size_t i = top; i < bottom; i++) {
                    const double *above = a + k * n;
                    const double f0 = above[i], f1 = above[n + i], f2 = above[2 * n + i], f3 = above[3 * n + i];
                    double *restrict row = a + i * n;
                    for (size_t j = left > i ? left : i; j < right; j++)
                        row[j] = row[j] - f0 * above[j] - f1 * above[n + j] - f2 * above[2 * n + j] -
                                 f3 * above[3 * n + j];
                }
        }
        for (size_t i = top; i < bottom; i++) {
            double *row = a + i * n;
            for (size_t k = top; k < i; k++)
                add(row + i, -a[k * n + i], a + k * n + i, n - i);
            if (!(row[i] > 0.0))
                return i;
            double root = sqrt(row[i]);
            for (size_t j = i; j < n; j++)
                row[j] /= root;
        }
    }
    return n;
}

#define HK_TABLE_NAME(isa) hk_product_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_product_kernels HK_TABLE(HK_KERNEL_ISA) = {
    .tile_f32 = tile_f32,
    .tile_f64 = tile_f64,
    .add = add,
    .dot = dot,
    .approach = approach,
    .distance = distance,
    .cholesky = cholesky,
};
