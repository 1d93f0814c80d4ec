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
                                       .threshold = 0.1 };
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
              f->threshold >= 0.0 && f->threshold < 1.0))
            return hk_fail(
                ctx, HK_ERANGE,
                "edges: filter %u has wavelength_px = %g, sigma_px = %g, threshold = %g, must be > 0, > 0 and "
                "in [0, 1), its angles finite",
                k, f->wavelength_px, f->sigma_px, f->threshold);
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

/* One image with a dark margin, so that kernels need not look where they end. */
static void load_padded(const hk_images *images, size_t i, float *padded, uint32_t stride)
{
    const uint8_t *pixels = images->pixels + i * images->rows * images->cols;
    for (uint32_t y = 0; y < images->rows; y++)
        for (uint32_t x = 0; x < images->cols; x++) {
            const float value = (float)pixels[y * images->cols + x] / 255.0f;
            padded[(y + RADIUS) * stride + x + RADIUS] = value > (float)HK_EDGES_DARK ? value : 0.0f;
        }
}

/* kernels[SIDE * SIDE][n_filters], so that the innermost loop runs over filters. */
static void compute(const hk_edges_config *config, const float *kernels, const float *padded, uint32_t stride,
                    float *edges, float *values)
{
    const hk_edges_shape s = hk_edges_shape_of(config);
    const uint32_t n = config->n_filters;
    memset(values, 0, hk_edges_n_features(config) * sizeof *values);
    for (uint32_t y = 0; y < s.edge_rows; y++)
        for (uint32_t x = 0; x < s.edge_cols; x++) {
            bool any = false;
            for (uint32_t f = 0; f < n; f++)
                edges[f] = -(float)config->filters[f].threshold;
            for (uint32_t k = 0; k < SIDE * SIDE; k++) {
                const float pixel = padded[(y * STRIDE + k / SIDE) * stride + x * STRIDE + k % SIDE];
                if (!(pixel > 0.0f))
                    continue;
                any = true;
                for (uint32_t f = 0; f < n; f++)
                    edges[f] += pixel * kernels[k * n + f];
            }
            for (uint32_t f = 0; any && f < n; f++)
                if (edges[f] > 0.0f)
                    values[(f * s.pool_rows + y / POOLED) * s.pool_cols + x / POOLED] += edges[f] /
                                                                                         (float)(POOLED * POOLED);
        }
}

int hk_edges_values(hk_ctx *ctx, const hk_edges_config *config, const hk_images *images, hk_features *out)
{
    *out = (hk_features){ 0 };
    int rc = hk_edges_make_room(ctx, config, images, out);
    if (rc != HK_OK)
        return rc;
    const uint32_t n = config->n_filters, stride = images->cols + 2 * RADIUS;
    float kernel[SIDE * SIDE], edges[HK_EDGES_MOST_FILTERS];
    float *kernels = malloc(SIDE * SIDE * n * sizeof *kernels);
    float *padded = calloc((size_t)(images->rows + 2 * RADIUS + 1) * stride, sizeof *padded);
    if (kernels == NULL || padded == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "edges: out of memory");
    for (uint32_t f = 0; rc == HK_OK && f < n; f++) {
        hk_edge_kernel(&config->filters[f], kernel);
        for (uint32_t k = 0; k < SIDE * SIDE; k++)
            kernels[k * n + f] = kernel[k];
    }
    for (size_t i = 0; rc == HK_OK && i < images->n; i++) {
        load_padded(images, i, padded, stride);
        compute(config, kernels, padded, stride, edges, out->values + i * out->n_features);
    }
    free(kernels);
    free(padded);
    if (rc != HK_OK)
        hk_features_fini(out);
    return rc;
}
