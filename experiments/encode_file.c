/* experiments/encode_file.c - what encode writes: see encode.h. */
#include "experiments/encode.h"

#include "experiments/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where things go, and what image it is. */
typedef struct target {
    hk_run *run;
    hk_results *file;
    const float *image;
    uint32_t rows, cols;
} target;

static int put(const target *t, const char *code, const char *name, hk_array array)
{
    char path[96];
    snprintf(path, sizeof path, "codes/%s/%s", code, name);
    return hk_results_put(t->file, path, &array);
}

static int put_spikes(const target *t, const hk_encode_task *task, const hk_spikes_in *spikes, const float *decoded)
{
    const char *code = task->encoder->name;
    double *times_ms = malloc((spikes->n + 1) * sizeof *times_ms), *weights = malloc((spikes->n + 1) * sizeof *weights);
    uint32_t *sources = malloc((spikes->n + 1) * sizeof *sources);
    int rc = times_ms == NULL || sources == NULL || weights == NULL
                 ? hk_fail(hk_run_ctx(t->run), HK_ENOMEM, "encode: out of memory")
                 : HK_OK;
    for (size_t k = 0; rc == HK_OK && k < spikes->n; k++) {
        times_ms[k] = spikes->spikes[k].after_ms;
        sources[k] = spikes->spikes[k].source;
        weights[k] = 1.0;
    }
    if (rc == HK_OK && task->encoder->weigh != NULL)
        task->encoder->weigh(
            &(hk_encoding){ .n = t->rows * t->cols, .window_ms = task->window_ms, .params = task->params }, spikes,
            weights);
    if (rc == HK_OK)
        rc = put(t, code, "times_ms",
                 (hk_array){ .type = HK_F64, .n_dims = 1, .shape = { spikes->n }, .values = times_ms, .unit = "ms" });
    if (rc == HK_OK)
        rc = put(t, code, "sources",
                 (hk_array){ .type = HK_U32,
                             .n_dims = 1,
                             .shape = { spikes->n },
                             .values = sources,
                             .description = "pixels, row by row; codes for streams: those that rise, then those that "
                                            "fall" });
    if (rc == HK_OK)
        rc = put(t, code, "weights",
                 (hk_array){ .type = HK_F64,
                             .n_dims = 1,
                             .shape = { spikes->n },
                             .values = weights,
                             .description = "what each spike counts for the decoder" });
    if (rc == HK_OK)
        rc = put(t, code, "decoded",
                 (hk_array){ .type = HK_F32, .n_dims = 2, .shape = { t->rows, t->cols }, .values = decoded });
    free(times_ms);
    free(weights);
    free(sources);
    return rc;
}

static int put_errors(const target *t, const hk_encode_result *r)
{
    char columns[128];
    int rc = put(t, r->encoder->name, "error_by_window",
                 (hk_array){ .type = HK_F64,
                             .n_dims = 2,
                             .shape = { r->n_windows, HK_ENCODE_COLUMNS },
                             .values = r->by_window,
                             .description = "root mean square error of pixels in windows of several lengths" });
    if (rc == HK_OK)
        rc = put(t, r->encoder->name, "error_by_spikes",
                 (hk_array){ .type = HK_F64,
                             .n_dims = 2,
                             .shape = { r->sweep->n, HK_ENCODE_COLUMNS },
                             .values = r->by_spikes,
                             .description = "the same in one window, for values of the parameter that makes spikes" });
    char path[96];
    snprintf(path, sizeof path, "codes/%s/error_by_window", r->encoder->name);
    if (rc == HK_OK)
        rc = hk_results_put_text(t->file, path, "columns", "window_ms, spikes an image, error, error with jitter");
    snprintf(path, sizeof path, "codes/%s/error_by_spikes", r->encoder->name);
    snprintf(columns, sizeof columns, "%s, spikes an image, error, error with jitter", r->sweep->parameter);
    return rc == HK_OK ? hk_results_put_text(t->file, path, "columns", columns) : rc;
}

/* The spikes of the one image, and what they say. */
static int put_image(const target *t, const hk_encoder *encoder)
{
    hk_encode_task task = hk_encode_task_of(t->run, encoder);
    const uint32_t n_pixels = t->rows * t->cols;
    hk_spikes_in spikes = { 0 };
    float *decoded = calloc(n_pixels, sizeof *decoded);
    hk_encoding how = { .values = t->image,
                        .n = n_pixels,
                        .window_ms = task.window_ms,
                        .params = task.params,
                        .seed = task.seed,
                        .sample = (uint64_t)hk_run_integer(t->run, "image") };
    int rc = decoded == NULL ? hk_fail(hk_run_ctx(t->run), HK_ENOMEM, "encode: out of memory")
                             : hk_encode(hk_run_ctx(t->run), encoder, &how, &spikes);
    if (rc == HK_OK)
        rc = hk_decode(hk_run_ctx(t->run), encoder, &how, &spikes, decoded);
    if (rc == HK_OK)
        rc = put_spikes(t, &task, &spikes, decoded);
    hk_spikes_in_fini(&spikes);
    free(decoded);
    return rc;
}

static int put_common(const target *t, const hk_encode_result *results, size_t n_results)
{
    char names[256] = "";
    for (size_t k = 0; k < n_results; k++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", k == 0 ? "" : ", ",
                 results[k].encoder->name);
    int rc = hk_results_put(
        t->file, "codes/image",
        &(hk_array){ .type = HK_F32, .n_dims = 2, .shape = { t->rows, t->cols }, .values = t->image });
    if (rc == HK_OK)
        rc = hk_results_put_text(t->file, "codes", "names", names);
    if (rc == HK_OK)
        rc = hk_results_put_number(t->file, "codes", "window_ms", hk_run_number(t->run, "window_ms"));
    return rc == HK_OK ? hk_results_put_number(t->file, "codes", "jitter_ms", hk_run_number(t->run, "jitter_ms")) : rc;
}

int hk_encode_write(hk_run *run, const hk_encode_result *results, size_t n_results, const float *image, uint32_t rows,
                    uint32_t cols)
{
    if (hk_run_out(run) == NULL)
        return HK_OK;
    target t = { .run = run, .image = image, .rows = rows, .cols = cols };
    int rc = hk_outcome_open(run, &t.file);
    if (rc == HK_OK)
        rc = put_common(&t, results, n_results);
    for (size_t k = 0; rc == HK_OK && k < n_results; k++) {
        rc = put_image(&t, results[k].encoder);
        if (rc == HK_OK)
            rc = put_errors(&t, &results[k]);
    }
    if (rc == HK_OK)
        return hk_results_close(t.file);
    hk_results_discard(t.file);
    return rc;
}
