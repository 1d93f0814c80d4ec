/* experiments/encode_error.c - see encode_error.h. */
#include "experiments/encode_error.h"

#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>

static int by_source_and_time(const void *a, const void *b)
{
    const hk_spike_in *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return x->after_ms < y->after_ms ? -1 : x->after_ms > y->after_ms;
}

void hk_encode_jitter(const hk_encode_task *task, uint64_t sample, hk_spikes_in *spikes)
{
    hk_stream stream = { 0 };
    for (size_t k = 0; k < spikes->n; k++) {
        hk_spike_in *spike = &spikes->spikes[k];
        if (k == 0 || spike->source != spike[-1].source)
            stream = hk_stream_open(task->seed, HK_PURPOSE_EXPERIMENT, sample, spike->source);
        double to_ms;
        do /* a spike at the very edge of the window: one in two draws */
            to_ms = spike->after_ms + task->jitter_ms * hk_stream_normal(&stream);
        while (!(to_ms > 0.0 && to_ms <= task->window_ms));
        spike->after_ms = to_ms;
    }
    if (spikes->n > 0)
        qsort(spikes->spikes, spikes->n, sizeof *spikes->spikes, by_source_and_time);
}

static double squares(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t k = 0; k < n; k++)
        sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    return sum;
}

static int measure(hk_ctx *ctx, const hk_encode_task *task, const hk_images *images, float *values, float *decoded,
                   hk_spikes_in *spikes, hk_encode_error *sums)
{
    const size_t n_pixels = (size_t)images->rows * images->cols;
    int rc = HK_OK;
    for (size_t i = 0; rc == HK_OK && i < images->n; i++) {
        hk_encoding how = { .values = values,
                            .n = (uint32_t)n_pixels,
                            .window_ms = task->window_ms,
                            .params = task->params,
                            .seed = task->seed,
                            .sample = i };
        hk_images_values(images, i, values);
        rc = hk_encode(ctx, task->encoder, &how, spikes);
        if (rc == HK_OK)
            rc = hk_decode(ctx, task->encoder, &how, spikes, decoded);
        if (rc != HK_OK)
            break;
        sums->spikes += (double)spikes->n;
        sums->exact += squares(values, decoded, n_pixels);
        if (task->jitter_ms > 0.0)
            hk_encode_jitter(task, i, spikes);
        rc = hk_decode(ctx, task->encoder, &how, spikes, decoded);
        if (rc == HK_OK)
            sums->jittered += squares(values, decoded, n_pixels);
    }
    return rc;
}

int hk_encode_measure(hk_ctx *ctx, const hk_encode_task *task, const hk_images *images, hk_encode_error *out)
{
    const size_t n_pixels = (size_t)images->rows * images->cols;
    hk_spikes_in spikes = { 0 };
    hk_encode_error sums = { 0 };
    float *values = calloc(2 * n_pixels, sizeof *values);
    int rc = values == NULL ? hk_fail(ctx, HK_ENOMEM, "encode: out of memory")
                            : measure(ctx, task, images, values, values + n_pixels, &spikes, &sums);
    *out = (hk_encode_error){ .spikes = sums.spikes / (double)images->n,
                              .exact = sqrt(sums.exact / (double)(images->n * n_pixels)),
                              .jittered = sqrt(sums.jittered / (double)(images->n * n_pixels)) };
    hk_spikes_in_fini(&spikes);
    free(values);
    return rc;
}
