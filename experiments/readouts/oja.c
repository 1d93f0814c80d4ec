/* experiments/readouts/oja.c - see oja.h. */
#include "experiments/readouts/oja.h"

#include "experiments/readouts/order.h"
#include "sim/draw.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int check(hk_ctx *ctx, const hk_oja_config *c, const hk_features *samples)
{
    if (c->n_components < 1 || c->n_components > samples->n_features)
        return hk_fail(ctx, HK_ERANGE, "oja: %zu components, must be 1 to %zu, the number of features", c->n_components,
                       samples->n_features);
    if (!(c->eta_end > 0.0 && c->eta_start >= c->eta_end && c->eta_start <= 1.0))
        return hk_fail(ctx, HK_ERANGE, "oja: eta_start = %g and eta_end = %g, must be 1 >= start >= end > 0",
                       c->eta_start, c->eta_end);
    if (c->epochs == 0)
        return hk_fail(ctx, HK_ERANGE, "oja: epochs = 0, must be at least 1");
    return HK_OK;
}

void hk_oja_fini(hk_oja *oja)
{
    free(oja->mean);
    free(oja->weights);
    *oja = (hk_oja){ 0 };
}

/* The mean, and the mean squared distance from it; 0 where that is rounding only. */
static double centre(hk_oja *oja, const hk_features *samples)
{
    double square = 0.0, raw = 0.0, n = (double)samples->n;
    for (size_t s = 0; s < samples->n; s++)
        for (size_t k = 0; k < oja->n_features; k++)
            oja->mean[k] += (double)hk_features_row(samples, s)[k] / n;
    for (size_t s = 0; s < samples->n; s++)
        for (size_t k = 0; k < oja->n_features; k++) {
            double x = (double)hk_features_row(samples, s)[k] - oja->mean[k];
            square += x * x / n;
            raw += (double)hk_features_row(samples, s)[k] * (double)hk_features_row(samples, s)[k] / n;
        }
    return square > 1e-12 * raw ? square : 0.0;
}

static void project(const hk_oja *oja, const float *x, double *y)
{
    memset(y, 0, oja->n_components * sizeof *y);
    for (size_t k = 0; k < oja->n_features; k++) {
        double centred = (double)x[k] - oja->mean[k];
        const double *w = oja->weights + k * oja->n_components;
        for (size_t c = 0; c < oja->n_components; c++)
            y[c] += centred * w[c];
    }
}

static void learn_sample(hk_oja *oja, const float *x, double rate, double *y)
{
    project(oja, x, y);
    for (size_t k = 0; k < oja->n_features; k++) {
        double *w = oja->weights + k * oja->n_components, left = (double)x[k] - oja->mean[k];
        for (size_t c = 0; c < oja->n_components; c++)
            left -= w[c] * y[c];
        for (size_t c = 0; c < oja->n_components; c++)
            w[c] += rate * left * y[c];
    }
}

static int learn(hk_ctx *ctx, const hk_oja_config *config, const hk_features *samples, hk_oja *oja)
{
    size_t n_weights = oja->n_features * oja->n_components, *order = malloc(samples->n * sizeof *order);
    double *y = malloc(oja->n_components * sizeof *y), length = centre(oja, samples);
    int rc = order == NULL || y == NULL ? hk_fail(ctx, HK_ENOMEM, "oja: no memory for %zu samples", samples->n) : HK_OK;
    if (rc == HK_OK && !(length > 0.0))
        rc = hk_fail(ctx, HK_ERANGE, "oja: all samples are alike, there is nothing to learn from");
    hk_stream stream = hk_stream_open(config->seed, HK_PURPOSE_WEIGHT, hk_name_id("oja weights"), 0);
    for (size_t k = 0; k < n_weights; k++) /* columns of length 1, about */
        oja->weights[k] = hk_stream_normal(&stream) / sqrt((double)oja->n_features);
    for (uint32_t epoch = 0; rc == HK_OK && epoch < config->epochs; epoch++) {
        hk_order_shuffle(order, samples->n, config->seed, "oja samples", epoch);
        for (size_t s = 0; s < samples->n; s++) {
            double done = ((double)epoch + (double)s / (double)samples->n) / (double)config->epochs;
            learn_sample(oja, hk_features_row(samples, order[s]),
                         hk_order_fall(config->eta_start, config->eta_end, done) / length, y);
        }
    }
    for (size_t k = 0; rc == HK_OK && k < n_weights; k++)
        if (!(fabs(oja->weights[k]) < 1e6))
            rc = hk_fail(ctx, HK_ERANGE, "oja: weights grow without bound; eta_start is too large");
    free(order);
    free(y);
    return rc;
}

int hk_oja_learn(hk_ctx *ctx, const hk_oja_config *config, const hk_features *samples, hk_oja *out)
{
    *out = (hk_oja){ 0 };
    int rc = check(ctx, config, samples);
    if (rc != HK_OK)
        return rc;
    *out = (hk_oja){ .n_features = samples->n_features,
                     .n_components = config->n_components,
                     .mean = calloc(samples->n_features, sizeof *out->mean),
                     .weights = calloc(samples->n_features * config->n_components, sizeof *out->weights) };
    rc = out->mean == NULL || out->weights == NULL
             ? hk_fail(ctx, HK_ENOMEM, "oja: no memory for %zu components", config->n_components)
             : learn(ctx, config, samples, out);
    if (rc != HK_OK)
        hk_oja_fini(out);
    return rc;
}

int hk_oja_project(hk_ctx *ctx, const hk_oja *oja, const hk_features *samples, hk_features *out)
{
    double *y = malloc(oja->n_components * sizeof *y);
    *out = (hk_features){ 0 };
    int rc = y == NULL ? hk_fail(ctx, HK_ENOMEM, "oja: no memory for %zu components", oja->n_components)
                       : hk_features_init(ctx, samples->n, oja->n_components, out);
    for (size_t s = 0; rc == HK_OK && s < samples->n; s++) {
        project(oja, hk_features_row(samples, s), y);
        for (size_t c = 0; c < oja->n_components; c++)
            out->values[s * oja->n_components + c] = (float)y[c];
        out->labels[s] = samples->labels[s];
    }
    out->n_classes = samples->n_classes;
    free(y);
    return rc;
}
