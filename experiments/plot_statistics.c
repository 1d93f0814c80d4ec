/* experiments/plot_statistics.c - distributions over the neurons of each population; see plot.h. */
#include "experiments/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_POPULATIONS = 40, N_POINTS = 200 };

static const char group[] = "statistics/";

/* The population in "statistics/<population>/<what>"; NULL when the entry is not of that kind. */
static char *population_of(const hk_results_entry *entry, const char *what)
{
    const char *begin = entry->name + sizeof group - 1, *end;
    if (strncmp(entry->name, group, sizeof group - 1) != 0 || entry->n_dims != 1 ||
        (end = strrchr(begin, '/')) == NULL || strcmp(end + 1, what) != 0)
        return NULL;
    return strndup(begin, (size_t)(end - begin));
}

const hk_results_entry *hk_plot_find_statistics(const hk_results *results, const char *what)
{
    size_t n;
    const hk_results_entry *entries = hk_results_entries(results, &n);
    for (size_t k = 0; k < n; k++) {
        char *population = population_of(&entries[k], what);
        free(population);
        if (population != NULL)
            return &entries[k];
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Quantiles of the finite values: curve->x ascending, y the share of values up to there, in per cent. */
static int fill(const hk_plot_job *j, const hk_results_entry *entry, hk_curve *curve)
{
    int rc;
    double *values = hk_plot_read(j->ctx, j->results, entry, &rc);
    double *points = malloc(2 * N_POINTS * sizeof *points);
    if (values == NULL || points == NULL) {
        free(values);
        free(points);
        return rc == HK_OK ? hk_fail(j->ctx, HK_ENOMEM, "no memory for %d points", N_POINTS) : rc;
    }
    size_t n = 0;
    for (size_t k = 0; k < entry->n; k++)
        if (isfinite(values[k]))
            values[n++] = values[k];
    qsort(values, n, sizeof *values, compare);
    for (size_t k = 0; k < N_POINTS && n > 0; k++) {
        size_t at = k * (n - 1) / (N_POINTS - 1);
        points[k] = values[at];
        points[N_POINTS + k] = 100.0 * ((double)at + 1.0) / (double)n;
    }
    free(values);
    curve->x = points;
    curve->y = points + N_POINTS;
    curve->n = n > 0 ? N_POINTS : 0;
    return HK_OK;
}

static int draw_distributions(const hk_plot_job *j, const hk_picture *picture, const char *what, const char *x_label,
                              const char *y_label)
{
    hk_curve curves[MOST_POPULATIONS] = { 0 };
    char *names[MOST_POPULATIONS] = { NULL };
    size_t n_entries, n = 0;
    const hk_results_entry *entries = hk_results_entries(j->results, &n_entries);
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < n_entries && n < MOST_POPULATIONS; k++) {
        names[n] = population_of(&entries[k], what);
        if (names[n] == NULL)
            continue;
        curves[n].name = names[n];
        rc = fill(j, &entries[k], &curves[n]);
        n++;
    }
    if (rc == HK_OK)
        rc = hk_figure_curves(j->ctx, picture, curves, n, x_label, y_label, 100.0);
    for (size_t k = 0; k < n; k++) {
        free((double *)(uintptr_t)curves[k].x); /* owned here, though the figures see it as const */
        free(names[k]);
    }
    return rc;
}

int hk_plot_neuron_rates(const hk_plot_job *job, const hk_picture *picture, const void *data)
{
    (void)data;
    return draw_distributions(job, picture, "rate_hz", "rate of a neuron (Hz)", "neurons up to there (%)");
}

int hk_plot_neuron_cvs(const hk_plot_job *job, const hk_picture *picture, const void *data)
{
    (void)data;
    return draw_distributions(job, picture, "cv_isi", "CV of its intervals", "neurons up to there (%)");
}

int hk_plot_correlations(const hk_plot_job *job, const hk_picture *picture, const void *data)
{
    (void)data;
    return draw_distributions(job, picture, "correlation", "correlation of spike counts", "pairs up to there (%)");
}
