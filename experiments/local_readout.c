/* experiments/local_readout.c - samples as lists of what spiked, and the delta rule on them: see local.h. */
#include "experiments/local.h"

#include "experiments/readouts/order.h"
#include "sim/mathfn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = HK_LOCAL_LANES, CLASSES = HK_LOCAL_CLASSES };

/* --- samples --------------------------------------------------------------------------------------------------------- */

static bool reserve(hk_local_samples *s, size_t more)
{
    if (s->n + 2 > s->n_capacity) {
        size_t capacity = 2 * s->n + 64;
        uint64_t *begin = realloc(s->begin, capacity * sizeof *begin);
        if (begin == NULL)
            return false;
        if (s->begin == NULL)
            begin[0] = 0;
        s->begin = begin;
        uint8_t *labels = realloc(s->labels, capacity * sizeof *labels);
        if (labels == NULL)
            return false;
        s->labels = labels;
        s->n_capacity = capacity;
    }
    if (s->n_values + more > s->values_capacity) {
        size_t capacity = s->n_values + s->n_values / 2 + more;
        uint32_t *feature = realloc(s->feature, capacity * sizeof *feature);
        if (feature == NULL)
            return false;
        s->feature = feature;
        float *value = realloc(s->value, capacity * sizeof *value);
        if (value == NULL)
            return false;
        s->value = value;
        s->values_capacity = capacity;
    }
    return true;
}

int hk_local_samples_add(hk_ctx *ctx, hk_local_samples *samples, const double *values, uint32_t n_features,
                         uint8_t label)
{
    if (!reserve(samples, n_features))
        return hk_fail(ctx, HK_ENOMEM, "local: no memory for the features of %zu images", samples->n + 1);
    for (uint32_t j = 0; j < n_features; j++)
        if (values[j] > 0.0) {
            samples->feature[samples->n_values] = j;
            samples->value[samples->n_values++] = (float)values[j];
        }
    samples->labels[samples->n++] = label;
    samples->begin[samples->n] = samples->n_values;
    return HK_OK;
}

void hk_local_samples_fini(hk_local_samples *samples)
{
    free(samples->begin);
    free(samples->feature);
    free(samples->value);
    free(samples->labels);
    *samples = (hk_local_samples){ 0 };
}

/* --- the rule -------------------------------------------------------------------------------------------------------- */

static int check(hk_ctx *ctx, const hk_local_config *c)
{
    if (!(c->eta_end > 0.0 && c->eta_start >= c->eta_end && c->eta_start < INFINITY))
        return hk_fail(ctx, HK_ERANGE, "local: eta_start = %g and eta_end = %g, must be start >= end > 0", c->eta_start,
                       c->eta_end);
    if (c->passes == 0)
        return hk_fail(ctx, HK_ERANGE, "local: passes = 0, must be at least 1");
    return HK_OK;
}

int hk_local_readout_init(hk_ctx *ctx, const hk_local_config *config, const hk_local_samples *samples,
                          uint32_t n_features, hk_local_readout *out)
{
    *out = (hk_local_readout){ .n_features = n_features };
    int rc = check(ctx, config);
    if (rc != HK_OK)
        return rc;
    double squares = 0.0;
    for (size_t k = 0; k < samples->n_values; k++)
        squares += (double)samples->value[k] * (double)samples->value[k];
    if (!(squares > 0.0))
        return hk_fail(ctx, HK_ERANGE, "local: no hidden neuron spikes for any image");
    out->scale = (double)samples->n / squares;
    out->weights = calloc((size_t)n_features * LANES, sizeof *out->weights);
    return out->weights == NULL ? hk_fail(ctx, HK_ENOMEM, "local: no memory for %u features", n_features) : HK_OK;
}

void hk_local_readout_fini(hk_local_readout *readout)
{
    free(readout->weights);
    *readout = (hk_local_readout){ 0 };
}

static void add_up(const hk_local_readout *r, const hk_local_samples *samples, size_t sample, float *restrict y)
{
    memcpy(y, r->bias, sizeof r->bias);
    for (uint64_t k = samples->begin[sample]; k < samples->begin[sample + 1]; k++) {
        const float *restrict w = r->weights + (size_t)samples->feature[k] * LANES;
        const float f = samples->value[k];
        for (int c = 0; c < LANES; c++)
            y[c] += w[c] * f;
    }
}

static uint32_t largest(const float *y)
{
    uint32_t best = 0;
    for (uint32_t c = 1; c < CLASSES; c++)
        if (y[c] > y[best])
            best = c;
    return best;
}

uint32_t hk_local_readout_decide(const hk_local_readout *readout, const hk_local_samples *samples, size_t sample)
{
    float y[LANES];
    add_up(readout, samples, sample, y);
    return largest(y);
}

static void change(hk_local_readout *r, const hk_local_samples *samples, size_t sample, const float *restrict step)
{
    for (int c = 0; c < LANES; c++)
        r->bias[c] += step[c];
    for (uint64_t k = samples->begin[sample]; k < samples->begin[sample + 1]; k++) {
        float *restrict w = r->weights + (size_t)samples->feature[k] * LANES;
        const float f = samples->value[k];
        for (int c = 0; c < LANES; c++)
            w[c] += step[c] * f;
    }
}

/* Decides, then learns. */
static bool show(hk_local_readout *r, const hk_local_config *config, const hk_local_samples *samples, size_t sample,
                 double eta)
{
    float y[LANES], step[LANES] = { 0 };
    const uint8_t label = samples->labels[sample];
    add_up(r, samples, sample, y);
    for (int c = 0; c < CLASSES; c++) {
        double potential = (double)y[c];
        double activity = config->output == HK_LOCAL_LINEAR ? potential : 1.0 / (1.0 + hk_exp(-potential));
        step[c] = (float)(eta * ((c == label ? 1.0 : 0.0) - activity));
    }
    change(r, samples, sample, step);
    return largest(y) == label;
}

int hk_local_readout_pass(hk_ctx *ctx, const hk_local_config *config, const hk_local_samples *samples, uint32_t pass,
                          hk_local_readout *readout, size_t *right)
{
    size_t *order = malloc(samples->n * sizeof *order);
    if (order == NULL)
        return hk_fail(ctx, HK_ENOMEM, "local: no memory for the order of %zu images", samples->n);
    hk_order_shuffle(order, samples->n, config->seed, "local samples", pass);
    *right = 0;
    for (size_t k = 0; k < samples->n; k++) {
        double done = ((double)pass + (double)k / (double)samples->n) / (double)config->passes;
        double eta = readout->scale * hk_order_fall(config->eta_start, config->eta_end, done);
        *right += show(readout, config, samples, order[k], eta);
    }
    free(order);
    for (size_t k = 0; k < (size_t)readout->n_features * LANES; k++)
        if (!(fabsf(readout->weights[k]) < 1e6f))
            return hk_fail(ctx, HK_ERANGE, "local: weights grow without bound; eta_start = %g is too large",
                           config->eta_start);
    return HK_OK;
}
