/* experiments/evolution/edges.c - the formula of edges.h; what the simulator makes of it is in edges_net.c. */
#include "experiments/evolution/edges.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

enum { SIDE = HK_EDGES_SIDE, RADIUS = SIDE / 2, STRIDE = HK_EDGES_STRIDE, POOLED = HK_EDGES_POOLED };

void hk_edges_usual(hk_edge_filter *filters, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        filters[k] = (hk_edge_filter){ .wavelength_px = 5.0,
                                       .sigma_px = 1.22,
                                       .orientation_rad = 2.0 * PI * k / n,
                                       .phase_rad = -PI / 2.0,
                                       .threshold = 0.1,
                                       .gain = 1.0 };
}

void hk_edge_kernel(const hk_edge_filter *filter, float *kernel)
{
    const double c = cos(filter->orientation_rad), s = sin(filter->orientation_rad);
    const double twice_var = 2.0 * filter->sigma_px * filter->sigma_px;
    double values[SIDE * SIDE], mean = 0.0, positive = 0.0;
    for (int y = -RADIUS, k = 0; y <= RADIUS; y++)
        for (int x = -RADIUS; x <= RADIUS; x++, k++) {
            const double across = c * x + s * y;
            values[k] = exp(-(double)(x * x + y * y) / twice_var) *
                        cos(2.0 * PI * across / filter->wavelength_px + filter->phase_rad);
            mean += values[k] / (SIDE * SIDE);
        }
    for (int k = 0; k < SIDE * SIDE; k++)
        positive += fmax(values[k] - mean, 0.0);
    for (int k = 0; k < SIDE * SIDE; k++)
        kernel[k] = positive > 1e-9 ? (float)((values[k] - mean) / positive) : 0.0f; /* a flat one sees nothing */
}

hk_edges_shape hk_edges_shape_of(const hk_edges_config *config)
{
    hk_edges_shape s = { .edge_rows = (config->rows + STRIDE - 1) / STRIDE,
                         .edge_cols = (config->cols + STRIDE - 1) / STRIDE };
    s.pool_rows = (s.edge_rows + POOLED - 1) / POOLED;
    s.pool_cols = (s.edge_cols + POOLED - 1) / POOLED;
    return s;
}

uint32_t hk_edges_n_features(const hk_edges_config *config)
{
    const hk_edges_shape s = hk_edges_shape_of(config);
    return config->n_filters * s.pool_rows * s.pool_cols;
}

static int check(hk_ctx *ctx, const hk_edges_config *config, const hk_images *images)
{
    if (config->rows < 4 || config->cols < 4 || config->rows != images->rows || config->cols != images->cols)
        return hk_fail(ctx, HK_ERANGE, "edges: %u x %u pixels for images of %u x %u, must be the same, at least 4 x 4",
                       config->rows, config->cols, images->rows, images->cols);
    if (config->n_filters < 1 || config->n_filters > HK_EDGES_MOST_FILTERS)
        return hk_fail(ctx, HK_ERANGE, "edges: %u filters, must be 1 to %d", config->n_filters, HK_EDGES_MOST_FILTERS);
    for (uint32_t k = 0; k < config->n_filters; k++) {
        const hk_edge_filter *f = &config->filters[k];
        if (!(f->wavelength_px > 0.0 && f->sigma_px > 0.0 && isfinite(f->orientation_rad) && isfinite(f->phase_rad) &&
              f->threshold >= 0.0 && f->threshold < 1.0 && f->gain > 0.0 && f->gain <= 1.0))
            return hk_fail(
                ctx, HK_ERANGE,
                "edges: filter %u has wavelength_px = %g, sigma_px = %g, threshold = %g, gain = %g, must be > 0, > 0, "
                "in [0, 1) and in (0, 1], its angles finite",
                k, f->wavelength_px, f->sigma_px, f->threshold, f->gain);
    }
    return HK_OK;
}

int hk_edges_make_room(hk_ctx *ctx, const hk_edges_config *config, const hk_images *images, hk_features *out)
{
    int rc = check(ctx, config, images);
    if (rc == HK_OK)
        rc = hk_features_init(ctx, images->n, hk_edges_n_features(config), out);
    for (size_t i = 0; rc == HK_OK && i < images->n; i++)
        out->labels[i] = images->labels[i];
    if (rc == HK_OK)
        out->n_classes = HK_DATASET_CLASSES;
    return rc;
}

/* ---- the formula ------------------------------------------------------------------------------------------------- */

/* Filters are computed in groups of a fixed size, which a compiler makes a few wide instructions of. */
enum { GROUP = 8 };

/* The first place, of those at every second pixel, that sees `pixel`. */
static uint32_t first_place(uint32_t pixel)
{
    return pixel <= RADIUS ? 0 : (pixel - RADIUS + STRIDE - 1) / STRIDE;
}

/* Adds one bright pixel to sums[edge_rows][edge_cols][GROUP], for kernels[SIDE][SIDE][GROUP]. */
static void add_pixel(const hk_edges_shape *s, const float *kernels, uint32_t row, uint32_t col, float value,
                      float *sums)
{
    for (uint32_t y = first_place(row); y < s->edge_rows && y * STRIDE <= row + RADIUS; y++)
        for (uint32_t x = first_place(col); x < s->edge_cols && x * STRIDE <= col + RADIUS; x++) {
            const float *kernel = kernels + ((row + RADIUS - y * STRIDE) * SIDE + col + RADIUS - x * STRIDE) * GROUP;
            float *sum = sums + (y * s->edge_cols + x) * GROUP;
            for (uint32_t f = 0; f < GROUP; f++)
                sum[f] += value * kernel[f];
        }
}

/* Filters first ... first + GROUP - 1, or as many as there are, of one image. */
static void compute(const hk_edges_config *config, uint32_t first, const float *kernels, const uint8_t *pixels,
                    float *sums, float *values)
{
    const hk_edges_shape s = hk_edges_shape_of(config);
    const uint32_t n = config->n_filters - first < GROUP ? config->n_filters - first : GROUP;
    memset(sums, 0, (size_t)s.edge_rows * s.edge_cols * GROUP * sizeof *sums);
    for (uint32_t y = 0; y < config->rows; y++)
        for (uint32_t x = 0; x < config->cols; x++) {
            const float value = (float)pixels[y * config->cols + x] / 255.0f;
            if (value > (float)HK_EDGES_DARK)
                add_pixel(&s, kernels, y, x, value, sums);
        }
    for (uint32_t y = 0; y < s.edge_rows; y++)
        for (uint32_t x = 0; x < s.edge_cols; x++)
            for (uint32_t f = 0; f < n; f++) {
                const float threshold = (float)config->filters[first + f].threshold;
                const float weight = (float)config->filters[first + f].gain / (float)(POOLED * POOLED);
                const float edge = sums[(y * s.edge_cols + x) * GROUP + f] - threshold;
                if (edge > 0.0f)
                    values[((first + f) * s.pool_rows + y / POOLED) * s.pool_cols + x / POOLED] += edge * weight;
            }
}

int hk_edges_values(hk_ctx *ctx, const hk_edges_config *config, const hk_images *images, hk_features *out)
{
    *out = (hk_features){ 0 };
    int rc = hk_edges_make_room(ctx, config, images, out);
    if (rc != HK_OK)
        return rc;
    const hk_edges_shape s = hk_edges_shape_of(config);
    const uint32_t n_groups = (config->n_filters + GROUP - 1) / GROUP;
    const size_t n_pixels = (size_t)images->rows * images->cols, each = SIDE * SIDE * GROUP;
    float kernel[SIDE * SIDE];
    float *kernels = calloc(n_groups * each, sizeof *kernels);
    float *sums = calloc((size_t)s.edge_rows * s.edge_cols * GROUP, sizeof *sums);
    if (kernels == NULL || sums == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "edges: out of memory");
    for (uint32_t f = 0; rc == HK_OK && f < config->n_filters; f++) {
        hk_edge_kernel(&config->filters[f], kernel);
        for (uint32_t k = 0; k < SIDE * SIDE; k++)
            kernels[f / GROUP * each + k * GROUP + f % GROUP] = kernel[k];
    }
    for (size_t i = 0; rc == HK_OK && i < images->n; i++)
        for (uint32_t g = 0; g < n_groups; g++)
            compute(config, g * GROUP, kernels + g * each, images->pixels + i * n_pixels, sums,
                    out->values + i * out->n_features);
    free(kernels);
    free(sums);
    if (rc != HK_OK)
        hk_features_fini(out);
    return rc;
}
