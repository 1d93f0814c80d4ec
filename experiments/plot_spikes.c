/* experiments/plot_spikes.c - rasters and rates of a results file; see plot.h. */
#include "experiments/plot.h"

#include "experiments/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RASTER_SPIKES 30000   /* more of them cannot be told apart */
#define RASTER_ROWS 3000.0    /* more of them are no more than a pixel high, */
#define RASTER_NEURONS 2000.0 /* and then so many are drawn */
#define RATE_BINS 200.0

/* Row of a neuron when a share of them is drawn, evenly over the population; -1: it is left out. */
static int64_t row_of(uint64_t id, double share)
{
    double row = floor(share * (double)id), next = floor(share * ((double)id + 1.0));
    return next > row ? (int64_t)row : -1;
}

static int thin_band(hk_ctx *ctx, const hk_band *from, double share, hk_band *to)
{
    double *times_ms = malloc((from->n + 1) * sizeof *times_ms);
    uint64_t *ids = malloc((from->n + 1) * sizeof *ids);
    int *groups = from->groups == NULL ? NULL : calloc(from->n_neurons + 1, sizeof *groups);
    *to = (hk_band){ .name = strdup(from->name),
                     .times_ms = times_ms,
                     .ids = ids,
                     .groups = groups,
                     .n_neurons = (uint64_t)floor(share * (double)from->n_neurons) };
    if (times_ms == NULL || ids == NULL || to->name == NULL || (groups == NULL) != (from->groups == NULL))
        return hk_fail(ctx, HK_ENOMEM, "no memory for %zu spikes", from->n);
    to->n_neurons = to->n_neurons == 0 ? 1 : to->n_neurons; /* an empty row for a population too small to be seen */
    for (size_t k = 0; k < from->n; k++) {
        int64_t row = row_of(from->ids[k], share);
        if (row < 0)
            continue;
        times_ms[to->n] = from->times_ms[k];
        ids[to->n++] = (uint64_t)row;
    }
    for (uint64_t id = 0; groups != NULL && id < from->n_neurons; id++)
        if (row_of(id, share) >= 0)
            groups[row_of(id, share)] = from->groups[id];
    return HK_OK;
}

static int thin(hk_ctx *ctx, const hk_plot_spikes *from, double share, hk_plot_spikes *to)
{
    *to = (hk_plot_spikes){ .first_ms = from->first_ms, .last_ms = from->last_ms };
    to->bands = calloc(from->n_bands + 1, sizeof *to->bands);
    int rc = to->bands == NULL ? hk_fail(ctx, HK_ENOMEM, "no memory for %zu populations", from->n_bands) : HK_OK;
    for (size_t b = 0; rc == HK_OK && b < from->n_bands; b++) {
        to->n_bands = b + 1;
        rc = thin_band(ctx, &from->bands[b], share, &to->bands[b]);
        to->n += to->bands[b].n;
    }
    if (rc != HK_OK)
        hk_plot_spikes_fini(to);
    return rc;
}

static double choose_share(const hk_plot_job *j, const hk_plot_spikes *spikes)
{
    double rows = 0.0;
    for (size_t b = 0; b < spikes->n_bands; b++)
        rows += (double)spikes->bands[b].n_neurons;
    if (!isnan(j->share) || rows <= RASTER_ROWS)
        return isnan(j->share) ? 1.0 : j->share;
    fprintf(stderr, "hillock plot: the raster shows %.2g %% of the neurons of each population (--share chooses)\n",
            100.0 * RASTER_NEURONS / rows);
    return RASTER_NEURONS / rows;
}

static int draw_raster(const hk_plot_job *j, const hk_picture *picture, const hk_plot_spikes *spikes)
{
    double begin = isfinite(j->from_ms) ? j->from_ms : fmin(0.0, spikes->first_ms);
    double end = isfinite(j->to_ms) ? j->to_ms : hk_plot_time_of(spikes, RASTER_SPIKES);
    if (!isfinite(j->to_ms) && end < spikes->last_ms) {
        char shown[40], all[40];
        hk_print_duration(1e-3 * end, shown, sizeof shown);
        hk_print_duration(1e-3 * spikes->last_ms, all, sizeof all);
        fprintf(stderr, "hillock plot: the raster shows spikes up to %s of %s (--from and --to choose)\n", shown, all);
    }
    return hk_figure_raster(j->ctx, picture, spikes->bands, spikes->n_bands, begin, end, NULL);
}

int hk_plot_raster(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    const hk_plot_spikes *spikes = data;
    double share = choose_share(j, spikes);
    if (share == 1.0)
        return draw_raster(j, picture, spikes);
    hk_plot_spikes thinned;
    int rc = thin(j->ctx, spikes, share, &thinned);
    if (rc == HK_OK && thinned.n == 0)
        rc = hk_fail(j->ctx, HK_ERANGE, "raster: none of the neurons shown has a spike: draw a larger --share");
    if (rc == HK_OK)
        rc = draw_raster(j, picture, &thinned);
    hk_plot_spikes_fini(&thinned);
    return rc;
}

/* 1, 2 or 5 times a power of ten, for about RATE_BINS bins. */
static double nice_bin(double span_ms)
{
    double raw = span_ms / RATE_BINS, power = pow(10.0, floor(log10(raw)));
    double mantissa = raw / power;
    return power * (mantissa <= 1.0 ? 1.0 : mantissa <= 2.0 ? 2.0 : mantissa <= 5.0 ? 5.0 : 10.0);
}

int hk_plot_rates(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    const hk_plot_spikes *spikes = data;
    double begin = isfinite(j->from_ms) ? j->from_ms : fmin(0.0, spikes->first_ms);
    double end = isfinite(j->to_ms) ? j->to_ms : spikes->last_ms;
    if (!(end > begin))
        return hk_fail(j->ctx, HK_ERANGE, "rates: from %g to %g ms, must be an interval", begin, end);
    double bin = isnan(j->bin_ms) ? nice_bin(end - begin) : j->bin_ms;
    if (!isfinite(j->to_ms)) /* whole bins: a last sliver would show a rate of its own */
        end = begin + bin * ceil((end - begin) / bin - 1e-9);
    return hk_figure_rates(j->ctx, picture, spikes->bands, spikes->n_bands, begin, end, bin);
}

/* ---- examples ---------------------------------------------------------------------------------------------------- */

enum { MOST_WINDOWS = 100 };

typedef struct examples {
    double *times_ms, *ids, *labels; /* as in the file */
    size_t n, n_windows;
    double n_inputs, n_hidden, window_ms;
    double *band_times_ms[2]; /* inputs, hidden */
    uint64_t *band_ids[2];
    hk_band bands[2];
    char texts[MOST_WINDOWS][16];
} examples;

static void examples_fini(examples *e)
{
    free(e->times_ms);
    free(e->ids);
    free(e->labels);
    for (int b = 0; b < 2; b++) {
        free(e->band_times_ms[b]);
        free(e->band_ids[b]);
    }
}

static int load_examples(const hk_plot_job *j, const hk_results_entry *times, examples *e)
{
    const hk_results_entry *ids = hk_results_find(j->results, "examples/ids");
    const hk_results_entry *labels = hk_results_find(j->results, "examples/labels");
    int rc = HK_OK;
    e->n_inputs = hk_plot_number(j->results, "examples", "n_inputs");
    e->n_hidden = hk_plot_number(j->results, "examples", "n_hidden");
    e->window_ms = hk_plot_number(j->results, "examples", "window_ms");
    if (ids == NULL || labels == NULL || ids->n != times->n || labels->n < 1 || labels->n > MOST_WINDOWS)
        return hk_fail(j->ctx, HK_EFORMAT, "examples: ids must be as many as times_ms, labels 1 to %d", MOST_WINDOWS);
    if (!(e->n_inputs >= 1.0 && e->n_inputs < 1e9 && e->n_hidden >= 1.0 && e->n_hidden < 1e9 && e->window_ms > 0.0))
        return hk_fail(j->ctx, HK_EFORMAT, "examples: n_inputs = %g, n_hidden = %g, window_ms = %g, must be above 0",
                       e->n_inputs, e->n_hidden, e->window_ms);
    e->n = times->n;
    e->n_windows = labels->n;
    e->times_ms = hk_plot_read(j->ctx, j->results, times, &rc);
    if (rc == HK_OK)
        e->ids = hk_plot_read(j->ctx, j->results, ids, &rc);
    if (rc == HK_OK)
        e->labels = hk_plot_read(j->ctx, j->results, labels, &rc);
    return rc;
}

/* Sorts the spikes into the two bands; within each, times ascend as they do in the file. */
static int split_examples(const hk_plot_job *j, examples *e)
{
    for (int b = 0; b < 2; b++) {
        e->band_times_ms[b] = malloc((e->n + 1) * sizeof(double));
        e->band_ids[b] = malloc((e->n + 1) * sizeof(uint64_t));
        if (e->band_times_ms[b] == NULL || e->band_ids[b] == NULL)
            return hk_fail(j->ctx, HK_ENOMEM, "no memory for %zu spikes", e->n);
        e->bands[b] = (hk_band){ .name = b == 0 ? "inputs" : "hidden",
                                 .times_ms = e->band_times_ms[b],
                                 .ids = e->band_ids[b],
                                 .n_neurons = (uint64_t)(b == 0 ? e->n_inputs : e->n_hidden) };
    }
    for (size_t k = 0; k < e->n; k++) {
        int b = e->ids[k] >= e->n_inputs;
        hk_band *band = &e->bands[b];
        if (!(e->ids[k] >= 0.0 && e->ids[k] < e->n_inputs + e->n_hidden) ||
            (band->n > 0 && !(e->times_ms[k] >= band->times_ms[band->n - 1])))
            return hk_fail(j->ctx, HK_EFORMAT, "examples: spike %zu (neuron %g at %g ms) is out of range or of order",
                           k, e->ids[k], e->times_ms[k]);
        e->band_times_ms[b][band->n] = e->times_ms[k];
        e->band_ids[b][band->n++] = (uint64_t)(b == 0 ? e->ids[k] : e->ids[k] - e->n_inputs);
    }
    return HK_OK;
}

int hk_plot_examples(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    examples e = { .n = 0 };
    const char *texts[MOST_WINDOWS];
    int rc = load_examples(j, data, &e);
    if (rc == HK_OK)
        rc = split_examples(j, &e);
    for (size_t k = 0; k < e.n_windows && rc == HK_OK; k++) {
        snprintf(e.texts[k], sizeof e.texts[k], "%g", e.labels[k]);
        texts[k] = e.texts[k];
    }
    hk_windows windows = { .length_ms = e.window_ms, .texts = texts, .n = e.n_windows };
    if (rc == HK_OK)
        rc = hk_figure_raster(j->ctx, picture, e.bands, 2, 0.0, e.window_ms * (double)e.n_windows, &windows);
    examples_fini(&e);
    return rc;
}
