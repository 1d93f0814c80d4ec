/* experiments/encode.c - images under every code, and back: what the spikes look like, and how far decoded values are off.
 *
 * For each code: the spikes of one image and what they are decoded to; the root mean square error over some images in windows of
 * several lengths; and the same in one window while a parameter of the code makes its spikes more or fewer. Each error is given
 * with the spikes as they are, which is what the code itself loses, and with spikes that come a little early or late, which is
 * why a window cannot be as short as one likes. No parameter is fitted to anything: all others have their defaults. */
#include "experiments/encode.h"

#include "encoders/catalogue.h"
#include "experiments/choice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const hk_option options[] = {
    { .name = "code",
      .type = HK_OPTION_CHOICE,
      .text = "all",
      .choices = hk_encoder_names_and_all,
      .meaning = "one of them, or all; 'hillock list codes' says what each is" },
    HK_DATA_OPTION,
    { .name = "image",
      .type = HK_OPTION_INTEGER,
      .initial = 0,
      .min = 0,
      .max = 9999,
      .meaning = "number of the test image whose spikes go to the file" },
    { .name = "images",
      .type = HK_OPTION_INTEGER,
      .initial = 50,
      .min = 1,
      .max = 10000,
      .meaning = "the first so many test images are encoded to find the errors" },
    { .name = "window_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 50.0,
      .min = 10.0,
      .max = 1e4,
      .meaning = "how long the image is shown" },
    { .name = "jitter_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 0.5,
      .min = 0.0,
      .max = 10.0,
      .meaning = "standard deviation of the times of jittered spikes" },
};

static const double windows_ms[] = { 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0 };
enum { N_WINDOWS = sizeof windows_ms / sizeof windows_ms[0] };

static const hk_encode_sweep sweeps[] = {
    { "rate", "rate_max_hz", { 20, 50, 100, 200, 500, 1000, 2000, 5000 }, 8 },
    { "regular", "rate_max_hz", { 20, 50, 100, 200, 500, 1000, 2000, 5000 }, 8 },
    { "latency", "threshold", { 0.9, 0.75, 0.5, 0.25, 0.1, 0.0 }, 6 },
    { "latency_log", "threshold", { 0.9, 0.75, 0.5, 0.25, 0.1, 0.05 }, 6 },
    { "rank", "threshold", { 0.9, 0.75, 0.5, 0.25, 0.1, 0.0 }, 6 },
    { "phase", "n_phases", { 1, 2, 3, 4, 5, 6, 7, 8 }, 8 },
    { "burst", "n_max", { 1, 2, 3, 4, 5, 6, 7, 8 }, 8 },
    { "temporal", "n_spikes", { 1, 2, 4, 8, 16 }, 5 },
    { "binary", "n_spikes", { 1, 2, 4, 8, 16 }, 5 },
    { "delta", "step", { 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625 }, 6 },
};
enum { N_SWEEPS = sizeof sweeps / sizeof sweeps[0] };

typedef struct state {
    hk_run *run;
    hk_dataset data;
    hk_images measured; /* the first of the test images, borrowed */
    hk_encode_result results[N_SWEEPS];
    size_t n_results;
} state;

hk_encode_task hk_encode_task_of(const hk_run *run, const hk_encoder *encoder)
{
    hk_encode_task task = { .encoder = encoder,
                            .window_ms = hk_run_number(run, "window_ms"),
                            .jitter_ms = hk_run_number(run, "jitter_ms"),
                            .seed = hk_run_seed(run) };
    hk_encoder_defaults(encoder, task.params);
    return task;
}

static int add_point(state *s, const hk_encode_task *task, double at, double *row)
{
    hk_encode_error error = { 0 };
    hk_ctx *ctx = hk_run_ctx(s->run);
    int rc = hk_encoder_check(ctx, task->encoder, task->params, task->window_ms);
    if (rc == HK_OK)
        rc = hk_encode_measure(ctx, task, &s->measured, &error);
    else if (rc == HK_ERANGE) { /* not this code in so short a window */
        error = (hk_encode_error){ .spikes = (double)NAN, .exact = (double)NAN, .jittered = (double)NAN };
        rc = HK_OK;
    }
    row[0] = at;
    row[1] = error.spikes;
    row[2] = error.exact;
    row[3] = error.jittered;
    return rc;
}

static int measure(state *s, hk_encode_result *out)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    hk_encode_task task = hk_encode_task_of(s->run, out->encoder);
    int rc = hk_encode_measure(ctx, &task, &s->measured, &out->shown);
    out->n_windows = N_WINDOWS;
    for (size_t k = 0; rc == HK_OK && k < N_WINDOWS; k++) {
        task.window_ms = windows_ms[k];
        rc = add_point(s, &task, windows_ms[k], out->by_window[k]);
    }
    for (size_t k = 0; rc == HK_OK && k < out->sweep->n; k++) {
        task = hk_encode_task_of(s->run, out->encoder);
        rc = hk_encoder_set(ctx, out->encoder, task.params, out->sweep->parameter, out->sweep->values[k]);
        if (rc == HK_OK)
            rc = add_point(s, &task, out->sweep->values[k], out->by_spikes[k]);
    }
    return rc;
}

/* ---- what is said about it --------------------------------------------------------------------------------------- */

static void tell(const state *s)
{
    char line[200];
    hk_run_report(s->run,
                  "%zu images in %g ms, root mean square error of a pixel (values in 0 to 1), all parameters default:",
                  s->measured.n, hk_run_number(s->run, "window_ms"));
    hk_run_report(s->run, "  %-12s %10s %10s %16s", "code", "spikes", "error", "with jitter");
    for (size_t k = 0; k < s->n_results; k++)
        hk_run_report(s->run, "  %-12s %10.1f %10.5f %16.5f", s->results[k].encoder->name, s->results[k].shown.spikes,
                      s->results[k].shown.exact, s->results[k].shown.jittered);
    int used = snprintf(line, sizeof line, "  %-12s", "ms");
    for (size_t w = 0; w < N_WINDOWS; w++)
        used += snprintf(line + used, sizeof line - (size_t)used, " %8g", windows_ms[w]);
    hk_run_report(s->run, "error by window, times jittered by %g ms (-: too short for the code):",
                  hk_run_number(s->run, "jitter_ms"));
    hk_run_report(s->run, "%s", line);
    for (size_t k = 0; k < s->n_results; k++) {
        used = snprintf(line, sizeof line, "  %-12s", s->results[k].encoder->name);
        for (size_t w = 0; w < N_WINDOWS; w++) {
            double error = s->results[k].by_window[w][3];
            used += isnan(error) ? snprintf(line + used, sizeof line - (size_t)used, " %8s", "-")
                                 : snprintf(line + used, sizeof line - (size_t)used, " %8.5f", error);
        }
        hk_run_report(s->run, "%s", line);
    }
    hk_run_report(s->run, "error by spikes an image, in %g ms, times jittered:", hk_run_number(s->run, "window_ms"));
    for (size_t k = 0; k < s->n_results; k++) {
        const hk_encode_result *r = &s->results[k];
        used = snprintf(line, sizeof line, "  %-12s", r->encoder->name);
        for (size_t p = 0; p < r->sweep->n; p++)
            if (!isnan(r->by_spikes[p][3]))
                used += snprintf(line + used, sizeof line - (size_t)used, "  %.0f: %.4f", r->by_spikes[p][1],
                                 r->by_spikes[p][3]);
        hk_run_report(s->run, "%s", line);
    }
}

static void summarise_rows(hk_summary *summary, const char *const *names, const double (*rows)[HK_ENCODE_COLUMNS],
                           size_t n)
{
    double column[HK_ENCODE_MOST_POINTS];
    for (size_t c = 0; c < HK_ENCODE_COLUMNS; c++) {
        for (size_t k = 0; k < n; k++)
            column[k] = rows[k][c];
        hk_summary_array(summary, names[c], column, n);
    }
}

static void summarise(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run), *all = hk_summary_object(summary, "codes");
    hk_summary_text(summary, "data", s->data.name);
    for (size_t k = 0; k < s->n_results; k++) {
        const hk_encode_result *r = &s->results[k];
        const char *const by_window[] = { "window_ms", "spikes", "error", "jittered_error" };
        const char *const by_spikes[] = { r->sweep->parameter, "spikes", "error", "jittered_error" };
        hk_summary *one = hk_summary_object(all, r->encoder->name);
        hk_summary_number(one, "spikes_per_image", r->shown.spikes);
        hk_summary_number(one, "error", r->shown.exact);
        hk_summary_number(one, "jittered_error", r->shown.jittered);
        summarise_rows(hk_summary_object(one, "by_window"), by_window, r->by_window, r->n_windows);
        summarise_rows(hk_summary_object(one, "by_spikes"), by_spikes, r->by_spikes, r->sweep->n);
    }
}

static const hk_summary_key keys[] = {
    { "codes", "",
      "by name: spikes of an image, error of a pixel, the same with jitter; by window, by number of spikes" },
    { "data", "", "images used: mnist, fashion or glyphs" },
};

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static int load(state *s)
{
    int64_t shown = hk_run_integer(s->run, "image") + 1, n = hk_run_integer(s->run, "images");
    hk_dataset_request request = { .name = hk_run_text(s->run, "data"),
                                   .n_train = 1,
                                   .n_test = (size_t)(shown > n ? shown : n),
                                   .glyph_seed = hk_run_seed(s->run) };
    int rc = hk_dataset_load(hk_run_ctx(s->run), &request, &s->data);
    if (rc != HK_OK)
        return rc;
    s->measured = s->data.test;
    s->measured.n = (size_t)n;
    hk_run_report(s->run, "data: %s", s->data.report);
    return HK_OK;
}

static int measure_all(state *s)
{
    const char *code = hk_run_text(s->run, "code");
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < N_SWEEPS && !hk_run_stopping(s->run); k++) {
        hk_encode_result *r = &s->results[s->n_results];
        if (strcmp(code, "all") != 0 && strcmp(code, sweeps[k].code) != 0)
            continue;
        hk_run_progress(s->run, sweeps[k].code, (double)k / N_SWEEPS, 0.0);
        r->sweep = &sweeps[k];
        rc = hk_encoder_find(hk_run_ctx(s->run), sweeps[k].code, &r->encoder);
        if (rc == HK_OK)
            rc = measure(s, r);
        s->n_results++;
    }
    return rc;
}

static int write_file(const state *s)
{
    const hk_images *images = &s->data.test;
    float *image = calloc((size_t)images->rows * images->cols, sizeof *image);
    if (image == NULL)
        return hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "encode: out of memory");
    hk_images_values(images, (size_t)hk_run_integer(s->run, "image"), image);
    int rc = hk_encode_write(s->run, s->results, s->n_results, image, images->rows, images->cols);
    free(image);
    return rc;
}

static int run(hk_run *run)
{
    state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "encode: out of memory");
    s->run = run;
    int rc = load(s);
    if (rc == HK_OK)
        rc = measure_all(s);
    if (rc == HK_OK && !hk_run_stopping(run)) {
        tell(s);
        summarise(s);
        rc = write_file(s);
    }
    hk_dataset_fini(&s->data);
    free(s);
    return rc;
}

const hk_experiment hk_experiment_encode = {
    .name = "encode",
    .summary = "images under every code, decoded again: spikes and errors",
    .source = NULL,
    .example = "encode --data glyphs --out results/encode.h5",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .run = run,
};
