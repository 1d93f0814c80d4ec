/* experiments/codes_report.c - what codes says: a table, the summary, a file, a page; see codes.h. */
#include "experiments/codes.h"

#include "experiments/outcome.h"
#include "experiments/plot.h"
#include "sim/version.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_COLUMNS = sizeof(hk_codes_measures) / sizeof(double) };

/* Mean and standard deviation over the seeds, laid out as the measures are. */
typedef struct spread {
    hk_codes_measures mean, sd;
} spread;

uint32_t hk_codes_best(const hk_codes_results *results, size_t code)
{
    const double *scores = results->scores + code * results->n_trials;
    uint32_t best = 0;
    for (uint32_t k = 1; k < results->n_trials; k++)
        if (scores[k] > scores[best])
            best = k;
    return best;
}

static spread spread_of(const hk_codes_results *r, size_t code)
{
    double mean[N_COLUMNS] = { 0.0 }, sd[N_COLUMNS] = { 0.0 }, row[N_COLUMNS];
    const double n = (double)r->n_seeds;
    spread out;
    for (size_t k = 0; k < r->n_seeds; k++) {
        memcpy(row, &r->tests[code * r->n_seeds + k], sizeof row);
        for (size_t c = 0; c < N_COLUMNS; c++)
            mean[c] += row[c] / n;
    }
    for (size_t k = 0; k < r->n_seeds; k++) {
        memcpy(row, &r->tests[code * r->n_seeds + k], sizeof row);
        for (size_t c = 0; c < N_COLUMNS; c++)
            sd[c] += (row[c] - mean[c]) * (row[c] - mean[c]) / (n - 1.0);
    }
    for (size_t c = 0; c < N_COLUMNS; c++) /* one seed: no number */
        sd[c] = sqrt(sd[c]);
    memcpy(&out.mean, mean, sizeof mean);
    memcpy(&out.sd, sd, sizeof sd);
    return out;
}

/* ---- for people -------------------------------------------------------------------------------------------------- */

static void describe_choice(const hk_codes_results *r, size_t code, uint64_t seed, char *out, size_t size)
{
    hk_codes_dim dims[HK_CODES_MOST_DIMS];
    double values[HK_CODES_MOST_DIMS];
    size_t n = hk_codes_space(r->encoders[code], dims), used = 0;
    hk_codes_draw(r->encoders[code], seed, hk_codes_best(r, code), values);
    out[0] = '\0';
    for (size_t k = 0; k < n && used < size; k++)
        used += (size_t)snprintf(out + used, size - used, "%s%s=%.4g", k == 0 ? "" : " ", dims[k].name, values[k]);
}

enum { SPREAD_SIZE = 64 };

/* Mean and standard deviation, as in "83.24 ± 0.69"; of one seed the mean alone. */
static const char *with_spread(char out[SPREAD_SIZE], int decimals, double mean, const char *sign, double sd)
{
    int length = snprintf(out, SPREAD_SIZE, "%.*f", decimals, mean);
    if (!isnan(sd))
        snprintf(out + length, SPREAD_SIZE - (size_t)length, " %s %.*f", sign, decimals, sd);
    return out;
}

static void print_page(hk_run *run, const hk_codes_results *r, FILE *out)
{
    char choice[400], accuracy[SPREAD_SIZE], decision[SPREAD_SIZE];
    fprintf(
        out,
        "# One network under every code\n\nMade by `%s`, seed %llu.\n\n%zu choices tried for each code on validation "
        "images, then %zu seeds on the test images: mean ± standard deviation. Spikes, synaptic events and "
        "processor time are those of an image.\n\n"
        "| code | accuracy (%%) | time to decision (ms) | window (ms) | input spikes | hidden spikes | synaptic "
        "events, training | inference | CPU ms, training | inference | energy proxy |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        hk_version(), (unsigned long long)hk_run_seed(run), r->n_trials, r->n_seeds);
    for (size_t c = 0; c < r->n_codes; c++) {
        spread s = spread_of(r, c);
        const double *m = s.mean.metrics;
        fprintf(out, "| %s | %s | %s | %.0f | %.0f | %.1f | %.0f | %.0f | %.3f | %.3f | %.0f |\n", r->encoders[c]->name,
                with_spread(accuracy, 2, 100.0 * m[HK_ACCURACY], "±", 100.0 * s.sd.metrics[HK_ACCURACY]),
                with_spread(decision, 1, m[HK_DECISION_MS], "±", s.sd.metrics[HK_DECISION_MS]), m[HK_WINDOW_MS],
                m[HK_INPUT_SPIKES], m[HK_HIDDEN_SPIKES], m[HK_TRAIN_EVENTS], m[HK_TEST_EVENTS], m[HK_TRAIN_CPU_MS],
                m[HK_TEST_CPU_MS], m[HK_ENERGY]);
    }
    for (int kind = 0; kind < HK_N_DISTURBANCES; kind++) {
        fprintf(out, "\n## Accuracy (%%) with %s\n\n| code | none |", hk_disturbance_names[kind]);
        for (int k = 0; k < HK_CODES_LEVELS; k++)
            fprintf(out, " %g |", hk_disturbance_levels[kind][k]);
        fputs("\n| --- | --- | --- | --- | --- | --- | --- |\n", out);
        for (size_t c = 0; c < r->n_codes; c++) {
            spread s = spread_of(r, c);
            fprintf(out, "| %s | %.1f |", r->encoders[c]->name, 100.0 * s.mean.over_time[HK_CODES_READS - 1]);
            for (int k = 0; k < HK_CODES_LEVELS; k++)
                fprintf(out, " %.1f |", 100.0 * s.mean.disturbed[kind][k]);
            fputs("\n", out);
        }
    }
    fputs("\n## Choices\n\n", out);
    for (size_t c = 0; c < r->n_codes; c++) {
        describe_choice(r, c, hk_run_seed(run), choice, sizeof choice);
        fprintf(out, "- %s: %.2f %% on validation images with %s\n", r->encoders[c]->name,
                100.0 * r->scores[c * r->n_trials + hk_codes_best(r, c)], choice);
    }
}

/* results/codes.h5 -> results/codes and the suffix; NULL: no memory. */
static char *beside(hk_run *run, const char *suffix)
{
    const char *path = hk_run_out(run);
    const size_t length = strlen(path), n = strlen(suffix) + 1,
                 stem = length > 3 && strcmp(path + length - 3, ".h5") == 0 ? length - 3 : length;
    char *name = malloc(stem + n);
    if (name == NULL)
        return NULL;
    memcpy(name, path, stem);
    memcpy(name + stem, suffix, n);
    return name;
}

/* What `hillock plot` makes of the file. A run of hours does not fail for a picture. */
static int draw_page(hk_run *run)
{
    hk_results *file;
    if (!hk_gnuplot_exists()) {
        hk_run_report(run, "no page of figures: gnuplot is not installed");
        return HK_OK;
    }
    char *name = beside(run, "-comparison.svg");
    int rc = name == NULL ? hk_fail(hk_run_ctx(run), HK_ENOMEM, "codes: out of memory")
                          : hk_results_open(hk_run_ctx(run), hk_run_out(run), HK_RESULTS_READ, &file);
    if (rc == HK_OK) {
        const hk_plot_job job = { .ctx = hk_run_ctx(run), .results = file };
        const hk_picture picture = { .path = name, .format = HK_PICTURE_SVG, .title = "one network under every code" };
        if (hk_plot_comparison(&job, &picture, hk_results_find(file, "comparison/levels")) == HK_OK)
            hk_run_report(run, "figures: %s", name);
        else
            hk_run_warn(run, "no page of figures: %s", hk_ctx_message(hk_run_ctx(run)));
        hk_results_discard(file);
    }
    free(name);
    return rc;
}

static int write_page(hk_run *run, const hk_codes_results *r)
{
    char *name = beside(run, ".md");
    if (name == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "codes: out of memory");
    FILE *out = fopen(name, "w");
    int rc = HK_OK;
    if (out == NULL) {
        rc = hk_fail(hk_run_ctx(run), HK_EIO, "cannot write '%.300s': %s", name, strerror(errno));
    } else {
        print_page(run, r, out);
        bool failed = ferror(out) != 0;
        if (fclose(out) != 0 || failed)
            rc = hk_fail(hk_run_ctx(run), HK_EIO, "cannot write '%.300s': %s", name, strerror(errno));
    }
    if (rc == HK_OK)
        hk_run_report(run, "page: %s", name);
    free(name);
    return rc;
}

static void tell(hk_run *run, const hk_codes_results *r)
{
    char accuracy[SPREAD_SIZE];
    hk_run_report(run, "%-12s %15s %12s %10s %14s %10s", "code", "accuracy (%)", "decided (ms)", "spikes",
                  "synaptic events", "CPU ms");
    for (size_t c = 0; c < r->n_codes; c++) {
        spread s = spread_of(r, c);
        const double *m = s.mean.metrics;
        hk_run_report(run, "%-12s %15s %12.1f %10.0f %14.0f %10.3f", r->encoders[c]->name,
                      with_spread(accuracy, 2, 100.0 * m[HK_ACCURACY], "+-", 100.0 * s.sd.metrics[HK_ACCURACY]),
                      m[HK_DECISION_MS], m[HK_INPUT_SPIKES], m[HK_TEST_EVENTS], m[HK_TEST_CPU_MS]);
    }
}

/* ---- for programs ------------------------------------------------------------------------------------------------ */

static void summarise(hk_run *run, const hk_codes_results *r)
{
    hk_summary *all = hk_summary_object(hk_run_summary(run), "codes");
    char choice[400];
    for (size_t c = 0; c < r->n_codes; c++) {
        spread s = spread_of(r, c);
        hk_summary *one = hk_summary_object(all, r->encoders[c]->name);
        describe_choice(r, c, hk_run_seed(run), choice, sizeof choice);
        hk_summary_number(one, "validation_accuracy", r->scores[c * r->n_trials + hk_codes_best(r, c)]);
        hk_summary_text(one, "choice", choice);
        hk_summary *mean = hk_summary_object(one, "mean"), *sd = hk_summary_object(one, "sd");
        for (int m = 0; m < HK_N_METRICS; m++) {
            hk_summary_number(mean, hk_codes_metric_names[m], s.mean.metrics[m]);
            hk_summary_number(sd, hk_codes_metric_names[m], s.sd.metrics[m]);
        }
        hk_summary_array(mean, "accuracy_over_window", s.mean.over_time, HK_CODES_READS);
        for (int kind = 0; kind < HK_N_DISTURBANCES; kind++)
            hk_summary_array(mean, hk_disturbance_names[kind], s.mean.disturbed[kind], HK_CODES_LEVELS);
    }
}

static int put(hk_results *file, const char *code, const char *name, const void *values, size_t rows, size_t cols,
               const char *description)
{
    char path[128];
    snprintf(path, sizeof path, "comparison/%s/%s", code, name);
    return hk_results_put(file, path,
                          &(hk_array){ .type = HK_F64,
                                       .n_dims = cols > 0 ? 2 : 1,
                                       .shape = { rows, cols },
                                       .values = values,
                                       .description = description });
}

static int put_text(hk_results *file, const char *code, const char *name, const char *attribute, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "comparison/%s/%s", code, name);
    return hk_results_put_text(file, path, attribute, text);
}

/* Every trial: the point and its score. */
static int put_search(hk_run *run, const hk_codes_results *r, size_t code, hk_results *file)
{
    hk_codes_dim dims[HK_CODES_MOST_DIMS];
    const size_t n = hk_codes_space(r->encoders[code], dims), cols = n + 1;
    char columns[400] = "";
    double *rows = calloc(r->n_trials * cols, sizeof *rows);
    if (rows == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "codes: out of memory");
    for (uint32_t k = 0; k < r->n_trials; k++) {
        double values[HK_CODES_MOST_DIMS];
        hk_codes_draw(r->encoders[code], hk_run_seed(run), k, values);
        memcpy(rows + k * cols, values, n * sizeof *values);
        rows[k * cols + n] = r->scores[code * r->n_trials + k];
    }
    for (size_t k = 0; k < n; k++)
        snprintf(columns + strlen(columns), sizeof columns - strlen(columns), "%s, ", dims[k].name);
    snprintf(columns + strlen(columns), sizeof columns - strlen(columns), "accuracy");
    const char *name = r->encoders[code]->name;
    int rc = put(file, name, "trials", rows, r->n_trials, cols, "points tried, and accuracy on validation images");
    free(rows);
    return rc == HK_OK ? put_text(file, name, "trials", "columns", columns) : rc;
}

static int put_tests(const hk_codes_results *r, size_t code, hk_results *file)
{
    const hk_codes_measures *tests = r->tests + code * r->n_seeds;
    const char *name = r->encoders[code]->name;
    char columns[400] = "", array[64];
    const double *levels;
    double *rows = calloc(r->n_seeds * N_COLUMNS, sizeof *rows);
    if (rows == NULL)
        return HK_ENOMEM;
    for (int m = 0; m < HK_N_METRICS; m++)
        snprintf(columns + strlen(columns), sizeof columns - strlen(columns), "%s%s", m == 0 ? "" : ", ",
                 hk_codes_metric_names[m]);
    for (size_t k = 0; k < r->n_seeds; k++)
        memcpy(rows + k * HK_N_METRICS, tests[k].metrics, sizeof tests[k].metrics);
    int rc = put(file, name, "tests", rows, r->n_seeds, HK_N_METRICS, "by seed");
    if (rc == HK_OK)
        rc = put_text(file, name, "tests", "columns", columns);
    for (size_t k = 0; k < r->n_seeds; k++)
        memcpy(rows + k * HK_CODES_READS, tests[k].over_time, sizeof tests[k].over_time);
    if (rc == HK_OK)
        rc = put(file, name, "accuracy_over_window", rows, r->n_seeds, HK_CODES_READS,
                 "by seed and tenth of the window: what would be decided then");
    for (int kind = 0; rc == HK_OK && kind < HK_N_DISTURBANCES; kind++) {
        snprintf(array, sizeof array, "robustness/%s", hk_disturbance_names[kind]);
        for (size_t k = 0; k < r->n_seeds; k++)
            memcpy(rows + k * HK_CODES_LEVELS, tests[k].disturbed[kind], sizeof tests[k].disturbed[kind]);
        rc = put(file, name, array, rows, r->n_seeds, HK_CODES_LEVELS, "accuracy by seed and level");
        levels = hk_disturbance_levels[kind];
        snprintf(columns, sizeof columns, "%g, %g, %g, %g, %g", levels[0], levels[1], levels[2], levels[3], levels[4]);
        if (rc == HK_OK)
            rc = put_text(file, name, array, "columns", columns);
    }
    free(rows);
    return rc;
}

static int put_names(const hk_codes_results *r, hk_results *file)
{
    char names[256] = "";
    for (size_t c = 0; c < r->n_codes; c++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", c == 0 ? "" : ", ", r->encoders[c]->name);
    int rc = hk_results_put(file, "comparison/levels",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 2,
                                         .shape = { HK_N_DISTURBANCES, HK_CODES_LEVELS },
                                         .values = hk_disturbance_levels,
                                         .description = "of each disturbance" });
    return rc == HK_OK ? hk_results_put_text(file, "comparison", "names", names) : rc;
}

static int write_file(hk_run *run, const hk_codes_results *r)
{
    hk_results *file = NULL;
    int rc = hk_outcome_open(run, &file);
    for (size_t c = 0; rc == HK_OK && c < r->n_codes; c++) {
        rc = put_search(run, r, c, file);
        if (rc == HK_OK)
            rc = put_tests(r, c, file);
    }
    if (rc == HK_OK)
        rc = put_names(r, file);
    if (rc == HK_OK)
        return hk_results_close(file);
    hk_results_discard(file);
    return rc;
}

int hk_codes_report(hk_run *run, const hk_codes_results *results)
{
    tell(run, results);
    summarise(run, results);
    if (hk_run_out(run) == NULL)
        return HK_OK;
    int rc = write_file(run, results);
    if (rc == HK_OK)
        rc = write_page(run, results);
    return rc == HK_OK ? draw_page(run) : rc;
}
