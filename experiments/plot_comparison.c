/* experiments/plot_comparison.c - codes compared on one network, from a results file; see plot.h. */
#include "experiments/plot.h"

#include "experiments/codes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CODES = 24, MOST_SEEDS = 100000 };

/* Means over the seeds of one code. */
typedef struct code {
    const char *name; /* in the text of names */
    double tests[HK_N_METRICS], accuracy_sd, over_time[HK_CODES_READS];
    double robust[HK_N_DISTURBANCES][HK_CODES_LEVELS];
    const double *rows[HK_N_DISTURBANCES];
} code;

/* The means of the columns of comparison/<code>/<name>[seeds][n], and the standard deviation of the first. */
static int mean_of(const hk_plot_job *j, const char *of, const char *name, size_t n, double *mean, double *sd)
{
    char path[200];
    int rc;
    snprintf(path, sizeof path, "comparison/%.60s/%.80s", of, name);
    const hk_results_entry *entry = hk_results_find(j->results, path);
    if (entry == NULL || entry->n_dims != 2 || entry->shape[1] != n || entry->shape[0] < 1 ||
        entry->shape[0] > MOST_SEEDS)
        return hk_fail(j->ctx, HK_EFORMAT, "comparison: '%s' must be an array [seeds][%zu]", path, n);
    double *rows = hk_plot_read(j->ctx, j->results, entry, &rc), squares = 0.0;
    const double n_seeds = (double)entry->shape[0];
    if (rows == NULL)
        return rc;
    for (size_t c = 0; c < n; c++) {
        mean[c] = 0.0;
        for (size_t k = 0; k < entry->shape[0]; k++)
            mean[c] += rows[k * n + c] / n_seeds;
    }
    for (size_t k = 0; k < entry->shape[0]; k++)
        squares += (rows[k * n] - mean[0]) * (rows[k * n] - mean[0]);
    *sd = sqrt(squares / (n_seeds - 1.0));
    free(rows);
    return HK_OK;
}

static int load(const hk_plot_job *j, code *to)
{
    double unused;
    int rc = mean_of(j, to->name, "tests", HK_N_METRICS, to->tests, &to->accuracy_sd);
    if (rc == HK_OK)
        rc = mean_of(j, to->name, "accuracy_over_window", HK_CODES_READS, to->over_time, &unused);
    for (int kind = 0; rc == HK_OK && kind < HK_N_DISTURBANCES; kind++) {
        char name[80];
        snprintf(name, sizeof name, "robustness/%s", hk_disturbance_names[kind]);
        rc = mean_of(j, to->name, name, HK_CODES_LEVELS, to->robust[kind], &unused);
        to->rows[kind] = to->robust[kind];
    }
    return rc;
}

static int draw(const hk_plot_job *j, const hk_picture *picture, const code *codes, size_t n, const double *all_levels)
{
    hk_compared compared[MOST_CODES];
    const double *levels[HK_N_DISTURBANCES];
    for (int kind = 0; kind < HK_N_DISTURBANCES; kind++)
        levels[kind] = all_levels + (size_t)kind * HK_CODES_LEVELS;
    for (size_t k = 0; k < n; k++)
        compared[k] = (hk_compared){ .name = codes[k].name,
                                     .accuracy = codes[k].tests[HK_ACCURACY],
                                     .accuracy_sd = codes[k].accuracy_sd,
                                     .decision_ms = codes[k].tests[HK_DECISION_MS],
                                     .window_ms = codes[k].tests[HK_WINDOW_MS],
                                     .events = codes[k].tests[HK_TEST_EVENTS],
                                     .over_time = codes[k].over_time,
                                     .robust = codes[k].rows };
    return hk_figure_comparison(j->ctx, picture,
                                &(hk_comparison){ .codes = compared,
                                                  .n = n,
                                                  .n_reads = HK_CODES_READS,
                                                  .n_kinds = HK_N_DISTURBANCES,
                                                  .n_levels = HK_CODES_LEVELS,
                                                  .kinds = hk_disturbance_names,
                                                  .levels = levels });
}

int hk_plot_comparison(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    const hk_results_entry *entry = data;
    size_t n = 0;
    int rc;
    if (entry->n_dims != 2 || entry->shape[0] != HK_N_DISTURBANCES || entry->shape[1] != HK_CODES_LEVELS)
        return hk_fail(j->ctx, HK_EFORMAT, "comparison/levels must be [%d][%d]", HK_N_DISTURBANCES, HK_CODES_LEVELS);
    double *levels = hk_plot_read(j->ctx, j->results, entry, &rc);
    if (levels == NULL)
        return rc;
    char *names = hk_plot_text(j->results, "comparison", "names");
    code *codes = calloc(MOST_CODES, sizeof *codes);
    if (names == NULL || codes == NULL)
        rc = hk_fail(j->ctx, HK_EFORMAT, "comparison: the group has no attribute 'names'");
    for (char *rest = names; rc == HK_OK && rest != NULL; n++) {
        if (n == MOST_CODES) {
            rc = hk_fail(j->ctx, HK_EFORMAT, "comparison: more than %d codes", MOST_CODES);
            break;
        }
        codes[n].name = rest + strspn(rest, " ");
        rest = strchr(rest, ',');
        if (rest != NULL)
            *rest++ = '\0';
        rc = load(j, &codes[n]);
    }
    if (rc == HK_OK)
        rc = draw(j, picture, codes, n, levels);
    free(codes);
    free(names);
    free(levels);
    return rc;
}
