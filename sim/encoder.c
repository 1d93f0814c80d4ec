/* sim/encoder.c - see encoder.h. What every code has in common: checks before, checks after, a list that grows. */
#include "sim/encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int hk_spikes_in_reserve(hk_spikes_in *list, size_t n_more)
{
    const size_t most = SIZE_MAX / sizeof *list->spikes;
    if (n_more <= list->capacity - list->n)
        return HK_OK;
    if (n_more > most - list->n)
        return HK_ENOMEM;
    size_t capacity = list->n + n_more;
    if (list->capacity <= most / 2 && capacity < 2 * list->capacity)
        capacity = 2 * list->capacity;
    hk_spike_in *grown = realloc(list->spikes, capacity * sizeof *grown);
    if (grown == NULL)
        return HK_ENOMEM;
    list->spikes = grown;
    list->capacity = capacity;
    return HK_OK;
}

int hk_spikes_in_add(hk_spikes_in *list, uint32_t source, double after_ms)
{
    if (list->n == list->capacity) {
        int rc = hk_spikes_in_reserve(list, 64);
        if (rc != HK_OK)
            return rc;
    }
    list->spikes[list->n++] = (hk_spike_in){ .after_ms = after_ms, .source = source };
    return HK_OK;
}

void hk_spikes_in_fini(hk_spikes_in *list)
{
    free(list->spikes);
    *list = (hk_spikes_in){ 0 };
}

static int check_param(hk_ctx *ctx, const hk_encoder *encoder, const hk_column *column, double value)
{
    if (!(value >= column->min && value <= column->max))
        return hk_fail(ctx, HK_ERANGE, "%s: %s = %.17g, must be in [%g, %g]", encoder->name, column->name, value,
                       column->min, column->max);
    if (strcmp(column->unit, HK_UNIT_OPTION) == 0 && value != floor(value))
        return hk_fail(ctx, HK_ERANGE, "%s: %s = %.17g, must be a whole number in [%g, %g]", encoder->name,
                       column->name, value, column->min, column->max);
    return HK_OK;
}

void hk_encoder_defaults(const hk_encoder *encoder, double *params)
{
    for (size_t i = 0; i < encoder->n_params; i++)
        params[i] = encoder->params[i].initial;
}

static int fail_no_such_param(hk_ctx *ctx, const hk_encoder *encoder, const char *name)
{
    char names[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < encoder->n_params; i++) {
        const char *next = encoder->params[i].name;
        size_t length = strlen(next);
        if (used + length + 3 > sizeof names)
            break;
        if (i > 0) {
            memcpy(names + used, ", ", 3);
            used += 2;
        }
        memcpy(names + used, next, length + 1);
        used += length;
    }
    return hk_fail(ctx, HK_ENAME, "%s: no parameter '%s'; there are: %s", encoder->name, name, names);
}

int hk_encoder_set(hk_ctx *ctx, const hk_encoder *encoder, double *params, const char *name, double value)
{
    for (size_t i = 0; i < encoder->n_params; i++) {
        if (strcmp(encoder->params[i].name, name) != 0)
            continue;
        int rc = check_param(ctx, encoder, &encoder->params[i], value);
        if (rc == HK_OK)
            params[i] = value;
        return rc;
    }
    return fail_no_such_param(ctx, encoder, name);
}

int hk_encoder_check(hk_ctx *ctx, const hk_encoder *encoder, const double *params, double window_ms)
{
    if (!(window_ms > 0.0 && window_ms <= HK_WINDOW_MAX_MS))
        return hk_fail(ctx, HK_ERANGE, "%s: window_ms = %g, must be in (0, %g]", encoder->name, window_ms,
                       HK_WINDOW_MAX_MS);
    for (size_t i = 0; i < encoder->n_params; i++) {
        int rc = check_param(ctx, encoder, &encoder->params[i], params[i]);
        if (rc != HK_OK)
            return rc;
    }
    return encoder->check == NULL ? HK_OK : encoder->check(ctx, params, window_ms);
}

static size_t n_values(const hk_encoding *encoding)
{
    return (size_t)encoding->n * (encoding->n_frames > 1 ? encoding->n_frames : 1);
}

static int check_how(hk_ctx *ctx, const hk_encoder *encoder, const hk_encoding *encoding)
{
    if (encoding->n_frames > 1 && !encoder->streams)
        return hk_fail(ctx, HK_ERANGE, "%s: %u frames, must be one: only codes for streams take more", encoder->name,
                       encoding->n_frames);
    if (encoder->streams && encoding->n > UINT32_MAX / 2)
        return hk_fail(ctx, HK_ERANGE, "%s: %u inputs, must be at most %u", encoder->name, encoding->n, UINT32_MAX / 2);
    return hk_encoder_check(ctx, encoder, encoding->params, encoding->window_ms);
}

static int check_values(hk_ctx *ctx, const hk_encoder *encoder, const hk_encoding *encoding)
{
    const float *values = encoding->values;
    const size_t n = n_values(encoding);
    bool sound = true; /* one pass without exits vectorises; the culprit is looked for only when there is one */
    for (size_t i = 0; i < n; i++)
        sound &= (values[i] >= 0.0f) & (values[i] <= 1.0f);
    if (sound)
        return HK_OK;
    size_t i = 0;
    while (values[i] >= 0.0f && values[i] <= 1.0f)
        i++;
    return hk_fail(ctx, HK_ERANGE, "%s: value %zu of %zu is %.9g, must be in [0, 1]", encoder->name, i, n,
                   (double)values[i]);
}

/* The engine's queue relies on these; encoders may come from outside, so theirs is not taken on trust. */
static bool follows(const hk_spike_in *last, const hk_spike_in *next, uint32_t n_sources, double window_ms)
{
    bool later = (next->source > last->source) | ((next->source == last->source) & (next->after_ms >= last->after_ms));
    return later & (next->source < n_sources) & (next->after_ms > 0.0) & (next->after_ms <= window_ms);
}

static int check_spikes(hk_ctx *ctx, const hk_encoder *encoder, const hk_encoding *encoding, const hk_spikes_in *list,
                        int status)
{
    const uint32_t n_sources = hk_encoder_n_sources(encoder, encoding->n);
    const double window_ms = encoding->window_ms;
    hk_spike_in last = { .after_ms = 0.0, .source = 0 };
    bool sound = true;
    for (size_t k = 0; k < list->n; k++) {
        sound &= follows(&last, &list->spikes[k], n_sources, window_ms);
        last = list->spikes[k];
    }
    if (sound)
        return HK_OK;
    last = (hk_spike_in){ .after_ms = 0.0, .source = 0 };
    size_t k = 0;
    for (; follows(&last, &list->spikes[k], n_sources, window_ms); k++)
        last = list->spikes[k];
    return hk_fail(ctx, status,
                   "%s: spike %zu is of source %u at %.17g ms, after one of source %u at %.17g ms; must be "
                   "ordered by source (of %u), then time, in (0, %.17g]",
                   encoder->name, k, list->spikes[k].source, list->spikes[k].after_ms, last.source, last.after_ms,
                   n_sources, window_ms);
}

int hk_encode(hk_ctx *ctx, const hk_encoder *encoder, const hk_encoding *encoding, hk_spikes_in *out)
{
    out->n = 0;
    int rc = check_how(ctx, encoder, encoding);
    if (rc == HK_OK)
        rc = check_values(ctx, encoder, encoding);
    if (rc != HK_OK)
        return rc;
    rc = encoder->encode(encoding, out);
    if (rc != HK_OK)
        hk_fail(ctx, rc, "%s: no memory for the spikes of %u inputs in %g ms (%zu so far)", encoder->name, encoding->n,
                encoding->window_ms, out->n);
    else
        rc = check_spikes(ctx, encoder, encoding, out, HK_ESTATE);
    if (rc != HK_OK)
        out->n = 0;
    return rc;
}

int hk_decode(hk_ctx *ctx, const hk_encoder *encoder, const hk_encoding *encoding, const hk_spikes_in *spikes,
              float *values)
{
    int rc = check_how(ctx, encoder, encoding);
    if (rc == HK_OK)
        rc = check_spikes(ctx, encoder, encoding, spikes, HK_ERANGE);
    if (rc != HK_OK)
        return rc;
    rc = encoder->decode(encoding, spikes, values);
    return rc == HK_OK ? HK_OK : hk_fail(ctx, rc, "%s: no memory to decode %u inputs", encoder->name, encoding->n);
}
