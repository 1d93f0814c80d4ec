/* experiments/figures/spikes.c - rasters and rates; see figures.h. */
#include "experiments/figures/figures.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SPIKES 200000
#define MOST_BINS 20000

/* Milliseconds of one unit of the time axis, and its name. */
typedef struct axis {
    double unit_ms;
    const char *name;
} axis;

static axis choose_axis(double span_ms)
{
    if (span_ms <= 1e4)
        return (axis){ 1.0, "ms" };
    return span_ms <= 7.2e6 ? (axis){ 1e3, "s" } : (axis){ 3.6e6, "h" };
}

/* First spike later than `ms`. */
static size_t after(const hk_band *band, double ms)
{
    size_t low = 0, high = band->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (band->times_ms[middle] > ms)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static int check_window(hk_ctx *ctx, const hk_band *bands, size_t n_bands, double begin_ms, double end_ms)
{
    if (!(begin_ms < end_ms) || !isfinite(begin_ms) || !isfinite(end_ms))
        return hk_fail(ctx, HK_ERANGE, "figure: from %g to %g ms, must be an interval", begin_ms, end_ms);
    if (n_bands == 0)
        return hk_fail(ctx, HK_ERANGE, "figure: no population to draw");
    for (size_t b = 0; b < n_bands; b++)
        for (size_t k = 0; k < bands[b].n; k++)
            if (bands[b].ids[k] >= bands[b].n_neurons)
                return hk_fail(ctx, HK_ERANGE,
                               "figure: population '%.100s' has %" PRIu64 " neurons, but a spike of neuron %" PRIu64,
                               bands[b].name, bands[b].n_neurons, bands[b].ids[k]);
    return HK_OK;
}

static int group_of(const hk_band *band, size_t spike)
{
    return band->groups == NULL ? 0 : band->groups[band->ids[spike]];
}

static int n_groups(const hk_band *band)
{
    int most = 0;
    for (uint64_t k = 0; band->groups != NULL && k < band->n_neurons; k++)
        if (band->groups[k] > most)
            most = band->groups[k];
    return most + 1;
}

static bool has_groups(const hk_band *bands, size_t n_bands)
{
    for (size_t b = 0; b < n_bands; b++)
        if (bands[b].groups != NULL)
            return true;
    return false;
}

/* One data block a colour. Rows count downward from the top, so that the first neuron of the first band is uppermost. */
static void send_spikes(hk_gnuplot *plot, const hk_band *bands, size_t n_bands, double begin_ms, double end_ms,
                        axis time)
{
    double row = 0.0;
    for (size_t b = 0; b < n_bands; b++) {
        size_t first = after(&bands[b], begin_ms), last = after(&bands[b], end_ms);
        for (int group = 0, n = n_groups(&bands[b]); group < n; group++) {
            hk_gnuplot_print(plot, "$S%zu_%d << EOD\nNaN NaN\n", b, group); /* never empty */
            for (size_t k = first; k < last; k++)
                if (group_of(&bands[b], k) == group)
                    hk_gnuplot_print(plot, "%.9g %.0f\n", bands[b].times_ms[k] / time.unit_ms,
                                     row + (double)bands[b].ids[k]);
            hk_gnuplot_print(plot, "EOD\n");
        }
        row += (double)bands[b].n_neurons;
    }
}

/* Names stand at the left of their bands, thin lines between them. */
static void label_bands(hk_gnuplot *plot, const hk_band *bands, size_t n_bands)
{
    double row = 0.0;
    if (n_bands == 1) {
        hk_gnuplot_print(plot, "set ylabel ");
        char label[160];
        snprintf(label, sizeof label, "neuron of %.120s", bands[0].name);
        hk_gnuplot_quote(plot, label);
        hk_gnuplot_print(plot, " noenhanced\nset ytics\n");
        return;
    }
    hk_gnuplot_print(plot, "set ytics () scale 0 noenhanced\n");
    for (size_t b = 0; b < n_bands; b++) {
        double height = (double)bands[b].n_neurons;
        char label[160];
        snprintf(label, sizeof label, "%.100s (%" PRIu64 ")", bands[b].name, bands[b].n_neurons);
        hk_gnuplot_print(plot, "set ytics add (");
        hk_gnuplot_quote(plot, label);
        hk_gnuplot_print(plot, " %.1f)\n", row + 0.5 * height - 0.5);
        if (b > 0)
            hk_gnuplot_print(plot,
                             "set arrow from graph 0,first %.1f to graph 1,first %.1f nohead back linewidth 0.6 "
                             "linecolor '#bbbbbb'\n",
                             row - 0.5, row - 0.5);
        row += height;
    }
}

static double total_rows(const hk_band *bands, size_t n_bands)
{
    double rows = 0.0;
    for (size_t b = 0; b < n_bands; b++)
        rows += (double)bands[b].n_neurons;
    return rows;
}

static void mark_windows(hk_gnuplot *plot, const hk_windows *windows, axis time)
{
    if (windows != NULL) /* room for the texts between picture and title */
        hk_gnuplot_print(plot, "set title offset 0,1\nset tmargin 4\n");
    for (size_t k = 0; windows != NULL && k < windows->n; k++) {
        double begin = (windows->begin_ms + (double)k * windows->length_ms) / time.unit_ms;
        if (k > 0)
            hk_gnuplot_print(plot,
                             "set arrow from first %.9g,graph 0 to first %.9g,graph 1 nohead back linewidth 0.6 "
                             "linecolor '#bbbbbb'\n",
                             begin, begin);
        hk_gnuplot_print(plot, "set label ");
        hk_gnuplot_quote(plot, windows->texts[k]);
        hk_gnuplot_print(plot, " at first %.9g,graph 1.03 center noenhanced textcolor '#444444'\n",
                         begin + 0.5 * windows->length_ms / time.unit_ms);
    }
}

/* Dots as high as a row where rows are high, smaller where there are many, never too small to see. */
static double dot_size(const hk_band *band, double begin_ms, double end_ms, double row_height)
{
    size_t n = after(band, end_ms) - after(band, begin_ms);
    return fmin(fmax(row_height / 12.0, n > 30000 ? 0.10 : n > 8000 ? 0.17 : n > 500 ? 0.26 : 0.4), 0.6);
}

int hk_figure_raster(hk_ctx *ctx, const hk_picture *picture, const hk_band *bands, size_t n_bands, double begin_ms,
                     double end_ms, const hk_windows *windows)
{
    int rc = check_window(ctx, bands, n_bands, begin_ms, end_ms);
    if (rc != HK_OK)
        return rc;
    size_t n = 0;
    for (size_t b = 0; b < n_bands; b++)
        n += after(&bands[b], end_ms) - after(&bands[b], begin_ms);
    if (n > MOST_SPIKES)
        return hk_fail(ctx, HK_ERANGE,
                       "raster: %zu spikes between %g and %g ms, at most %d can be told apart: draw less time", n,
                       begin_ms, end_ms, MOST_SPIKES);
    double rows = total_rows(bands, n_bands);
    double height = fmin(fmax(300.0, 140.0 + 3.0 * rows), 620.0);
    hk_gnuplot *plot;
    rc = hk_gnuplot_open(ctx, picture, 900.0, height, &plot);
    if (rc != HK_OK)
        return rc;
    axis time = choose_axis(end_ms - begin_ms);
    send_spikes(plot, bands, n_bands, begin_ms, end_ms, time);
    label_bands(plot, bands, n_bands);
    mark_windows(plot, windows, time);
    hk_gnuplot_print(
        plot,
        "set xlabel 'time (%s)'\nset format x '%%.10g'\nset xrange [%.17g:%.17g]\nset yrange [%.1f:-0.5]\n%s\nplot ",
        time.name, begin_ms / time.unit_ms, end_ms / time.unit_ms, rows - 0.5,
        has_groups(bands, n_bands) ? "set key outside right center Left reverse samplen 0.5 width 1" : "unset key");
    for (size_t b = 0; b < n_bands; b++)
        for (int group = 0, groups = n_groups(&bands[b]); group < groups; group++)
            hk_gnuplot_print(plot, "%s$S%zu_%d with points pointtype 7 pointsize %.3f linecolor '%s' notitle",
                             b == 0 && group == 0 ? "" : ", ", b, group,
                             dot_size(&bands[b], begin_ms, end_ms, (height - 100.0) / rows),
                             bands[b].groups == NULL ? hk_colour_line(b) : hk_colour_group((size_t)group));
    for (size_t b = 0, done = 0; b < n_bands && !done; b++) /* the classes are the same in every band */
        for (int group = 0, groups = n_groups(&bands[b]); bands[b].groups != NULL && group < groups; group++, done = 1)
            hk_gnuplot_print(plot, ", keyentry with points pointtype 7 pointsize 0.6 linecolor '%s' title '%d'",
                             hk_colour_group((size_t)group), group);
    hk_gnuplot_print(plot, "\n");
    return hk_gnuplot_close(plot);
}

int hk_figure_rates(hk_ctx *ctx, const hk_picture *picture, const hk_band *bands, size_t n_bands, double begin_ms,
                    double end_ms, double bin_ms)
{
    int rc = check_window(ctx, bands, n_bands, begin_ms, end_ms);
    if (rc != HK_OK)
        return rc;
    double n_bins_exact = ceil((end_ms - begin_ms) / bin_ms - 1e-9);
    if (!(bin_ms > 0.0) || n_bins_exact > MOST_BINS)
        return hk_fail(ctx, HK_ERANGE, "rates: bins of %g ms over %g ms, must be above 0 and at most %d of them",
                       bin_ms, end_ms - begin_ms, MOST_BINS);
    size_t n_bins = (size_t)n_bins_exact;
    uint64_t *counts = malloc(n_bins * sizeof *counts);
    if (counts == NULL)
        return hk_fail(ctx, HK_ENOMEM, "rates: no memory for %zu bins", n_bins);
    hk_gnuplot *plot;
    rc = hk_gnuplot_open(ctx, picture, 900.0, 340.0, &plot);
    if (rc != HK_OK) {
        free(counts);
        return rc;
    }
    axis time = choose_axis(end_ms - begin_ms);
    for (size_t b = 0; b < n_bands; b++) {
        memset(counts, 0, n_bins * sizeof *counts);
        for (size_t k = after(&bands[b], begin_ms), last = after(&bands[b], end_ms); k < last; k++) {
            size_t bin = (size_t)((bands[b].times_ms[k] - begin_ms) / bin_ms);
            counts[bin < n_bins ? bin : n_bins - 1]++;
        }
        hk_gnuplot_print(plot, "$R%zu << EOD\n", b);
        for (size_t k = 0; k < n_bins; k++) {
            double from = begin_ms + (double)k * bin_ms, to = fmin(from + bin_ms, end_ms);
            double hz = 1e3 * (double)counts[k] / ((to - from) * (double)bands[b].n_neurons);
            hk_gnuplot_print(plot, "%.9g %.6g\n%.9g %.6g\n", from / time.unit_ms, hz, to / time.unit_ms,
                             hz); /* steps, the last one whole */
        }
        hk_gnuplot_print(plot, "EOD\n");
    }
    free(counts);
    axis bin = choose_axis(10.0 * bin_ms);
    hk_gnuplot_print(
        plot,
        "set xlabel 'time (%s)'\nset ylabel 'Hz per neuron, bins of %g %s'\nset format x '%%.10g'\n"
        "set xrange [%.17g:%.17g]\nset yrange [0:*]\nset grid ytics linetype 1 linewidth 0.5 linecolor '#d8d8d8'\n"
        "set key outside right top Left reverse samplen 2\n%splot ",
        time.name, bin_ms / bin.unit_ms, bin.name, begin_ms / time.unit_ms, end_ms / time.unit_ms,
        n_bands == 1 ? "unset key\n" : "");
    for (size_t b = 0; b < n_bands; b++) {
        hk_gnuplot_print(plot, "%s$R%zu with lines linewidth 1.5 linecolor '%s' title ", b == 0 ? "" : ", ", b,
                         hk_colour_line(b));
        hk_gnuplot_quote(plot, bands[b].name);
        hk_gnuplot_print(plot, " noenhanced");
    }
    hk_gnuplot_print(plot, "\n");
    return hk_gnuplot_close(plot);
}
