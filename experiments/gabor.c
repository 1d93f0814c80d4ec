/* experiments/gabor.c - see gabor.h. */
#include "experiments/gabor.h"

#include "sim/draw.h"
#include "sim/mathfn.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double two_pi = 6.283185307179586;

static int check_size(hk_ctx *ctx, uint32_t rows, uint32_t cols, uint32_t patch, uint32_t n)
{
    const uint32_t most = rows < cols ? rows : cols;
    if (rows == 0 || cols == 0 || rows > 4096 || cols > 4096)
        return hk_fail(ctx, HK_ERANGE, "gabor: images of %u x %u pixels, must be in 1 ... 4096", rows, cols);
    if (patch < 2 || patch > most)
        return hk_fail(ctx, HK_ERANGE, "gabor: patch = %u pixels, must be in 2 ... %u", patch, most);
    if (n == 0 || n > UINT32_MAX / (patch * patch))
        return hk_fail(ctx, HK_ERANGE, "gabor: n = %u fields, must be in 1 ... %u", n, UINT32_MAX / (patch * patch));
    return HK_OK;
}

static int check_interval(hk_ctx *ctx, const char *name, const double interval[2])
{
    if (!(interval[0] > 0.0 && interval[1] >= interval[0] && interval[1] < INFINITY))
        return hk_fail(ctx, HK_ERANGE, "gabor: %s between %g and %g, must be above 0 and in this order", name,
                       interval[0], interval[1]);
    return HK_OK;
}

static int make_room(hk_ctx *ctx, uint32_t rows, uint32_t cols, uint32_t patch, uint32_t n, hk_gabor *out)
{
    size_t n_weights = (size_t)n * patch * patch;
    *out = (hk_gabor){ .n = n,
                       .rows = rows,
                       .cols = cols,
                       .patch = patch,
                       .corner = calloc(n, sizeof *out->corner),
                       .fields = calloc(n_weights, sizeof *out->fields),
                       .threshold = calloc(n, sizeof *out->threshold),
                       .begin = calloc((size_t)rows * cols + 2, sizeof *out->begin),
                       .pixel = calloc(n_weights, sizeof *out->pixel),
                       .unit = calloc(n_weights, sizeof *out->unit),
                       .weight = calloc(n_weights, sizeof *out->weight) };
    if (out->corner == NULL || out->fields == NULL || out->threshold == NULL || out->begin == NULL ||
        out->pixel == NULL || out->unit == NULL || out->weight == NULL)
        return hk_fail(ctx, HK_ENOMEM, "gabor: no memory for %u fields", n);
    return HK_OK;
}

void hk_gabor_fini(hk_gabor *bank)
{
    free(bank->corner);
    free(bank->fields);
    free(bank->threshold);
    free(bank->begin);
    free(bank->pixel);
    free(bank->unit);
    free(bank->weight);
    *bank = (hk_gabor){ 0 };
}

static void paint(const hk_gabor_field *field, uint32_t patch, double *w)
{
    const double centre = (patch - 1) / 2.0;
    for (uint32_t row = 0; row < patch; row++)
        for (uint32_t col = 0; col < patch; col++) {
            double x = col - centre, y = row - centre, along = x * cos(field->angle) + y * sin(field->angle);
            w[row * patch + col] = hk_exp(-(x * x + y * y) / (2.0 * field->sigma_px * field->sigma_px)) *
                                   cos(two_pi * along / field->wavelength_px + field->phase);
        }
}

/* Takes the mean off and scales. */
static int keep(hk_ctx *ctx, hk_gabor *bank, uint32_t j, const double *w)
{
    const size_t n = (size_t)bank->patch * bank->patch;
    double mean = 0.0, positive = 0.0;
    for (size_t k = 0; k < n; k++)
        mean += w[k] / (double)n;
    for (size_t k = 0; k < n; k++)
        positive += fmax(w[k] - mean, 0.0);
    if (!(positive > 1e-9))
        return hk_fail(ctx, HK_ERANGE, "gabor: field %u is flat", j);
    for (size_t k = 0; k < n; k++)
        bank->fields[j * n + k] = (float)((w[k] - mean) / positive);
    return HK_OK;
}

/* Lists the weights by pixel. */
static void turn(hk_gabor *bank)
{
    const uint32_t side = bank->patch, n_pixels = bank->rows * bank->cols;
    uint32_t *next = bank->begin + 1; /* next[k]: where pixel k goes on; at the end where it ends */
    for (uint32_t j = 0; j < bank->n; j++)
        for (uint32_t k = 0; k < side * side; k++)
            bank->begin[bank->corner[j] + k / side * bank->cols + k % side + 2]++;
    for (uint32_t k = 0; k < n_pixels; k++)
        next[k + 1] += next[k];
    for (uint32_t j = 0; j < bank->n; j++)
        for (uint32_t k = 0; k < side * side; k++) {
            uint32_t pixel = bank->corner[j] + k / side * bank->cols + k % side, at = next[pixel]++;
            bank->pixel[at] = pixel;
            bank->unit[at] = j;
            bank->weight[at] = bank->fields[(size_t)j * side * side + k];
        }
}

int hk_gabor_init(hk_ctx *ctx, uint32_t rows, uint32_t cols, uint32_t patch, uint32_t n, const hk_gabor_field *fields,
                  hk_gabor *out)
{
    *out = (hk_gabor){ 0 };
    int rc = check_size(ctx, rows, cols, patch, n);
    double *w = rc == HK_OK ? calloc((size_t)patch * patch, sizeof *w) : NULL;
    if (rc == HK_OK)
        rc = w == NULL ? HK_ENOMEM : make_room(ctx, rows, cols, patch, n, out);
    for (uint32_t j = 0; rc == HK_OK && j < n; j++) {
        const hk_gabor_field *field = &fields[j];
        if (field->row > rows - patch || field->col > cols - patch)
            rc = hk_fail(ctx, HK_ERANGE,
                         "gabor: field %u begins at row %u, column %u, must be in 0 ... %u and 0 ... %u", j, field->row,
                         field->col, rows - patch, cols - patch);
        else if (!(field->wavelength_px > 0.0 && field->sigma_px > 0.0 && fabs(field->angle) < 1e6 &&
                   fabs(field->phase) < 1e6))
            rc = hk_fail(ctx, HK_ERANGE,
                         "gabor: field %u has wavelength_px = %g, sigma_px = %g, angle = %g, phase = %g; the first two "
                         "must be > 0",
                         j, field->wavelength_px, field->sigma_px, field->angle, field->phase);
        if (rc != HK_OK)
            break;
        out->corner[j] = field->row * cols + field->col;
        paint(field, patch, w);
        rc = keep(ctx, out, j, w);
    }
    free(w);
    if (rc == HK_OK)
        turn(out);
    else
        hk_gabor_fini(out);
    return rc;
}

static double between(hk_stream *draw, const double interval[2])
{
    return interval[0] + (interval[1] - interval[0]) * hk_stream_uniform(draw);
}

static hk_stream stream_of(const hk_gabor_config *c, uint32_t field)
{
    return hk_stream_open(c->seed, HK_PURPOSE_EXPERIMENT, hk_name_id("receptive fields"), field);
}

static void draw_place(const hk_gabor_config *c, hk_stream *draw, uint32_t *row, uint32_t *col)
{
    *row = (uint32_t)hk_stream_below(draw, c->rows - c->patch + 1);
    *col = (uint32_t)hk_stream_below(draw, c->cols - c->patch + 1);
}

static int draw_gabors(hk_ctx *ctx, const hk_gabor_config *c, hk_gabor *out)
{
    hk_gabor_field *fields = malloc(c->n * sizeof *fields);
    if (fields == NULL)
        return hk_fail(ctx, HK_ENOMEM, "gabor: no memory for %u fields", c->n);
    for (uint32_t j = 0; j < c->n; j++) {
        hk_stream draw = stream_of(c, j);
        draw_place(c, &draw, &fields[j].row, &fields[j].col);
        fields[j].wavelength_px = between(&draw, c->wavelength_px);
        fields[j].sigma_px = between(&draw, c->sigma_px);
        fields[j].angle = two_pi * hk_stream_uniform(&draw);
        fields[j].phase = two_pi * hk_stream_uniform(&draw);
    }
    int rc = hk_gabor_init(ctx, c->rows, c->cols, c->patch, c->n, fields, out);
    free(fields);
    return rc;
}

static int draw_gaussians(hk_ctx *ctx, const hk_gabor_config *c, hk_gabor *out)
{
    const size_t n_weights = (size_t)c->patch * c->patch;
    double *w = malloc(n_weights * sizeof *w);
    int rc = w == NULL ? hk_fail(ctx, HK_ENOMEM, "gabor: no memory for a field")
                       : make_room(ctx, c->rows, c->cols, c->patch, c->n, out);
    for (uint32_t j = 0; rc == HK_OK && j < c->n; j++) {
        uint32_t row, col;
        hk_stream draw = stream_of(c, j);
        draw_place(c, &draw, &row, &col);
        out->corner[j] = row * c->cols + col;
        for (size_t k = 0; k < n_weights; k++)
            w[k] = hk_stream_normal(&draw);
        rc = keep(ctx, out, j, w);
    }
    free(w);
    if (rc == HK_OK)
        turn(out);
    else
        hk_gabor_fini(out);
    return rc;
}

int hk_gabor_draw(hk_ctx *ctx, const hk_gabor_config *config, hk_gabor *out)
{
    *out = (hk_gabor){ 0 };
    int rc = check_size(ctx, config->rows, config->cols, config->patch, config->n);
    if (rc != HK_OK || config->kind == HK_GABOR_GAUSSIAN)
        return rc == HK_OK ? draw_gaussians(ctx, config, out) : rc;
    rc = check_interval(ctx, "wavelength_px", config->wavelength_px);
    if (rc == HK_OK)
        rc = check_interval(ctx, "sigma_px", config->sigma_px);
    return rc == HK_OK ? draw_gabors(ctx, config, out) : rc;
}

/* Sums of weighted pixels, pixel by pixel. */
static void add_up(const hk_gabor *bank, const float *pixels, double *sums)
{
    memset(sums, 0, bank->n * sizeof *sums);
    for (uint32_t k = 0; k < bank->rows * bank->cols; k++)
        for (uint32_t s = bank->begin[k]; pixels[k] != 0.0f && s < bank->begin[k + 1]; s++)
            sums[bank->unit[s]] += (double)bank->weight[s] * (double)pixels[k];
}

void hk_gabor_values(const hk_gabor *bank, const float *pixels, double *values)
{
    add_up(bank, pixels, values);
    for (uint32_t j = 0; j < bank->n; j++)
        values[j] = values[j] > bank->threshold[j] ? values[j] - bank->threshold[j] : 0.0;
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static int check_images(hk_ctx *ctx, const hk_gabor *bank, const hk_images *images)
{
    if (images->rows != bank->rows || images->cols != bank->cols)
        return hk_fail(ctx, HK_ERANGE, "gabor: images of %u x %u pixels, must be %u x %u", images->rows, images->cols,
                       bank->rows, bank->cols);
    return HK_OK;
}

int hk_gabor_adapt(hk_ctx *ctx, hk_gabor *bank, const hk_images *images, size_t n, double share)
{
    int rc = check_images(ctx, bank, images);
    if (rc != HK_OK)
        return rc;
    if (n < 2 || n > images->n)
        return hk_fail(ctx, HK_ERANGE, "gabor: thresholds from %zu images, must be 2 ... %zu", n, images->n);
    if (!(share > 0.0 && share <= 1.0))
        return hk_fail(ctx, HK_ERANGE, "gabor: share = %g of the images, must be in 0 ... 1, not 0", share);
    float *pixels = malloc((size_t)bank->rows * bank->cols * sizeof *pixels);
    double *sums = malloc(bank->n * sizeof *sums), *all = malloc(n * bank->n * sizeof *all);
    if (pixels == NULL || sums == NULL || all == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "gabor: no memory for %u fields and %zu images", bank->n, n);
    for (size_t i = 0; rc == HK_OK && i < n; i++) {
        hk_images_values(images, i, pixels);
        add_up(bank, pixels, sums);
        for (uint32_t j = 0; j < bank->n; j++)
            all[j * n + i] = sums[j];
    }
    /* Half-way between two images, so that no value of these is 0 by its rounding only. */
    size_t above = (size_t)(share * (double)n);
    above = above < 1 ? 1 : above > n - 1 ? n - 1 : above;
    for (uint32_t j = 0; rc == HK_OK && j < bank->n; j++) {
        qsort(all + j * n, n, sizeof *all, descending);
        bank->threshold[j] = fmax(0.5 * (all[j * n + above - 1] + all[j * n + above]), 0.0);
    }
    free(pixels);
    free(sums);
    free(all);
    return rc;
}

int hk_gabor_features(hk_ctx *ctx, const hk_gabor *bank, const hk_images *images, hk_features *out)
{
    *out = (hk_features){ 0 };
    int rc = check_images(ctx, bank, images);
    if (rc == HK_OK)
        rc = hk_features_init(ctx, images->n, bank->n, out);
    float *pixels = malloc((size_t)bank->rows * bank->cols * sizeof *pixels);
    double *values = malloc(bank->n * sizeof *values);
    if (rc == HK_OK && (pixels == NULL || values == NULL))
        rc = hk_fail(ctx, HK_ENOMEM, "gabor: no memory for the values of %u fields", bank->n);
    for (size_t i = 0; rc == HK_OK && i < images->n; i++) {
        hk_images_values(images, i, pixels);
        hk_gabor_values(bank, pixels, values);
        for (uint32_t j = 0; j < bank->n; j++)
            out->values[i * bank->n + j] = (float)values[j];
        out->labels[i] = images->labels[i];
    }
    free(pixels);
    free(values);
    if (rc == HK_OK)
        out->n_classes = HK_DATASET_CLASSES;
    else
        hk_features_fini(out);
    return rc;
}
