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

static int make_room(hk_local_samples *s, size_t n, hk_archive *archive)
{
    size_t n_values;
    int rc = hk_archive_length(archive, "feature", HK_U32, &n_values);
    if (rc != HK_OK)
        return rc;
    *s = (hk_local_samples){ .n = n, .n_values = n_values, .n_capacity = n + 1, .values_capacity = n_values + 1 };
    s->begin = malloc((n + 1) * sizeof *s->begin);
    s->labels = malloc((n + 1) * sizeof *s->labels);
    s->feature = malloc((n_values + 1) * sizeof *s->feature);
    s->value = malloc((n_values + 1) * sizeof *s->value);
    if (s->begin != NULL && s->labels != NULL && s->feature != NULL && s->value != NULL)
        return HK_OK;
    return hk_fail(hk_archive_ctx(archive), HK_ENOMEM, "local: no memory for the features of %zu images", n);
}

static bool is_sound(const hk_local_samples *s, uint32_t n_features)
{
    bool sound = s->begin[0] == 0 && s->begin[s->n] == s->n_values;
    for (size_t i = 0; i < s->n; i++)
        sound = sound && s->begin[i] <= s->begin[i + 1] && s->labels[i] < CLASSES;
    for (size_t k = 0; k < s->n_values; k++)
        sound = sound && s->feature[k] < n_features;
    return sound;
}

int hk_local_samples_archive(hk_local_samples *s, size_t n, uint32_t n_features, hk_archive *archive)
{
    if (n == 0)
        return HK_OK;
    int rc = hk_archive_is_loading(archive) ? make_room(s, n, archive) : HK_OK;
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "begin", HK_U64, s->begin, n + 1);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "labels", HK_U8, s->labels, n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "feature", HK_U32, s->feature, s->n_values);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "value", HK_F32, s->value, s->n_values);
    if (rc == HK_OK && !is_sound(s, n_features))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: features of images that cannot be");
    return rc;
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

int hk_local_readout_archive(hk_local_readout *r, uint32_t n_features, hk_archive *archive)
{
    const size_t n = (size_t)n_features * LANES;
    if (hk_archive_is_loading(archive)) {
        *r = (hk_local_readout){ .n_features = n_features, .weights = calloc(n, sizeof *r->weights) };
        if (r->weights == NULL)
            return hk_fail(hk_archive_ctx(archive), HK_ENOMEM, "local: no memory for %u features", n_features);
    }
    int rc = hk_archive_array(archive, "weights", HK_F32, r->weights, n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "bias", HK_F32, r->bias, LANES);
    return rc == HK_OK ? hk_archive_array(archive, "scale", HK_F64, &r->scale, 1) : rc;
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

double hk_local_readout_accuracy(const hk_local_readout *readout, const hk_local_samples *samples)
{
    size_t right = 0;
    for (size_t i = 0; i < samples->n; i++)
        right += hk_local_readout_decide(readout, samples, i) == samples->labels[i];
    return (double)right / (double)samples->n;
}

/* --- without hidden neurons ------------------------------------------------------------------------------------------ */

static int add_pixels(hk_ctx *ctx, const hk_images *images, hk_local_samples *out)
{
    const uint32_t n = images->rows * images->cols;
    double *values = malloc(n * sizeof *values);
    int rc = values == NULL ? hk_fail(ctx, HK_ENOMEM, "local: no memory for an image") : HK_OK;
    for (size_t i = 0; rc == HK_OK && i < images->n; i++) {
        for (uint32_t k = 0; k < n; k++)
            values[k] = images->pixels[i * n + k] / 255.0;
        rc = hk_local_samples_add(ctx, out, values, n, images->labels[i]);
    }
    free(values);
    return rc;
}

int hk_local_learn_pixels(hk_ctx *ctx, const hk_local_config *config, const hk_images *train, const hk_images *test,
                          double *accuracy)
{
    hk_local_samples learnt = { 0 }, asked = { 0 };
    hk_local_readout readout = { 0 };
    size_t right;
    int rc = add_pixels(ctx, train, &learnt);
    if (rc == HK_OK)
        rc = add_pixels(ctx, test, &asked);
    if (rc == HK_OK)
        rc = hk_local_readout_init(ctx, config, &learnt, train->rows * train->cols, &readout);
    for (uint32_t pass = 0; rc == HK_OK && pass < config->passes; pass++)
        rc = hk_local_readout_pass(ctx, config, &learnt, pass, &readout, &right);
    if (rc == HK_OK)
        *accuracy = hk_local_readout_accuracy(&readout, &asked);
    hk_local_samples_fini(&learnt);
    hk_local_samples_fini(&asked);
    hk_local_readout_fini(&readout);
    return rc;
}
