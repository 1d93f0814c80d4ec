/* experiments/circuit_reference.c - see circuit_reference.h. */
#include "experiments/circuit_reference.h"

#include "experiments/distance.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE, CV, CORRELATION, N_MEASURES };
static const char *const arrays[N_MEASURES] = { "rate_hz", "cv_isi", "correlation" };
static const char *const keys[N_MEASURES] = { "distance_rate", "distance_cv", "distance_correlation" };

typedef struct sample { /* sorted, finite */
    double *values;
    size_t n;
} sample;

typedef struct comparison {
    const hk_circuit_run *r;
    hk_ctx *ctx;
    char *names; /* the option, cut at its commas */
    const char *paths[HK_REFERENCE_MOST_FILES];
    hk_results *files[HK_REFERENCE_MOST_FILES];
    size_t n_files;
    sample own, references[HK_REFERENCE_MOST_FILES];
    uint64_t n_compared, n_outside;
} comparison;

static int check_interval(comparison *c, size_t file)
{
    double begin_ms = NAN, end_ms = NAN, now_ms = hk_sim_now_ms(c->r->sim);
    hk_attribute *attributes;
    size_t n;
    int rc = hk_results_attributes(c->files[file], "statistics", &attributes, &n);
    if (rc != HK_OK)
        return rc;
    for (size_t k = 0; k < n; k++) {
        if (strcmp(attributes[k].name, "begin_ms") == 0)
            begin_ms = strtod(attributes[k].text, NULL);
        if (strcmp(attributes[k].name, "end_ms") == 0)
            end_ms = strtod(attributes[k].text, NULL);
    }
    hk_attributes_free(attributes, n);
    if (fabs(begin_ms - c->r->warmup_ms) < 1e-6 && fabs(end_ms - now_ms) < 1e-6)
        return HK_OK;
    return hk_fail(c->ctx, HK_ERANGE, "reference %s: its statistics are of %g to %g ms, must be of %g to %g ms",
                   c->paths[file], begin_ms, end_ms, c->r->warmup_ms, now_ms);
}

static int open_files(comparison *c)
{
    const char *option = hk_run_text(c->r->run, "reference");
    c->names = strdup(option);
    if (c->names == NULL)
        return hk_fail(c->ctx, HK_ENOMEM, "reference: out of memory");
    for (char *name = c->names, *next; name != NULL; name = next) {
        next = strchr(name, ',');
        if (next != NULL)
            *next++ = '\0';
        if (c->n_files == HK_REFERENCE_MOST_FILES)
            return hk_fail(c->ctx, HK_ERANGE, "reference = '%.200s', must be at most %d files", option,
                           HK_REFERENCE_MOST_FILES);
        c->paths[c->n_files] = name;
        int rc = hk_results_open(c->ctx, name, HK_RESULTS_READ, &c->files[c->n_files]);
        if (rc == HK_OK)
            rc = check_interval(c, c->n_files++);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

static int allocate(comparison *c, size_t n, sample *out)
{
    free(out->values);
    *out = (sample){ .values = malloc((n + 1) * sizeof *out->values) };
    return out->values == NULL ? hk_fail(c->ctx, HK_ENOMEM, "reference: out of memory for %zu values", n) : HK_OK;
}

static int take_own(comparison *c, size_t population, int measure)
{
    const hk_raster_statistics *statistics = c->r->course.statistics[population];
    int64_t end = hk_sim_now(c->r->sim).step + 1;
    size_t m = hk_raster_statistics_n_chosen(statistics);
    size_t n = measure == CORRELATION ? m * (m - 1) / 2 : hk_raster_statistics_n(statistics);
    int rc = allocate(c, n, &c->own);
    if (rc != HK_OK)
        return rc;
    if (measure == CORRELATION)
        hk_raster_statistics_pairs(statistics, end, c->own.values);
    else
        hk_raster_statistics_neurons(statistics, end, measure == RATE ? c->own.values : NULL,
                                     measure == CV ? c->own.values : NULL);
    c->own.n = hk_distance_sort(c->own.values, n);
    return HK_OK;
}

static int take_reference(comparison *c, size_t population, int measure, size_t file)
{
    char name[160];
    snprintf(name, sizeof name, "statistics/%.80s/%s", c->r->plan.circuit.populations[population].name,
             arrays[measure]);
    const hk_results_entry *entry = hk_results_find(c->files[file], name);
    if (entry == NULL)
        return hk_fail(c->ctx, HK_ENAME, "reference %s: there is no '%s' in it", c->paths[file], name);
    sample *out = &c->references[file];
    int rc = allocate(c, entry->n, out);
    if (rc == HK_OK)
        rc = hk_results_get(c->files[file], name, HK_F64, out->values, entry->n);
    if (rc == HK_OK)
        out->n = hk_distance_sort(out->values, entry->n);
    return rc;
}

/* ---- distances --------------------------------------------------------------------------------------------------- */

static double distance(const sample *a, const sample *b)
{
    return hk_distance_ks(a->values, a->n, b->values, b->n);
}

static int compare(comparison *c, size_t population, int measure, hk_summary *distances)
{
    int rc = take_own(c, population, measure);
    for (size_t k = 0; rc == HK_OK && k < c->n_files; k++)
        rc = take_reference(c, population, measure, k);
    if (rc != HK_OK)
        return rc;
    double nearest = NAN, spread = NAN; /* fmin and fmax leave out what is no number */
    for (size_t k = 0; k < c->n_files; k++) {
        nearest = fmin(nearest, distance(&c->own, &c->references[k]));
        for (size_t l = 0; l < k; l++)
            spread = fmax(spread, distance(&c->references[k], &c->references[l]));
    }
    const char *name = c->r->plan.circuit.populations[population].name;
    hk_summary_number(distances, name, nearest);
    if (c->n_files < 2) {
        hk_run_report(c->r->run, "%-10s %-12s %8.4f", name, arrays[measure], nearest);
        return HK_OK;
    }
    bool fits = isnan(nearest) ? isnan(spread) : nearest <= spread; /* where nobody fires there is nothing to miss */
    c->n_compared++;
    c->n_outside += !fits;
    hk_run_report(c->r->run, "%-10s %-12s %8.4f, between references up to %.4f%s", name, arrays[measure], nearest,
                  spread, fits ? "" : "  <-");
    return HK_OK;
}

/* The 95 % quantile of a binomial distribution. */
static uint64_t most_by_chance(uint64_t n, double p)
{
    double term = pow(1.0 - p, (double)n), sum = term;
    uint64_t k = 0;
    for (; sum < 0.95 && k < n; k++) {
        term *= p / (1.0 - p) * (double)(n - k) / ((double)k + 1.0);
        sum += term;
    }
    return k;
}

static int compare_all(comparison *c)
{
    hk_summary *summary = hk_run_summary(c->r->run);
    hk_run_report(c->r->run, "Kolmogorov-Smirnov distance to the nearest of %zu references:", c->n_files);
    for (int measure = 0; measure < N_MEASURES; measure++) {
        hk_summary *distances = hk_summary_object(summary, keys[measure]);
        for (size_t k = 0; k < c->r->plan.circuit.n_populations; k++) {
            int rc = compare(c, k, measure, distances);
            if (rc != HK_OK)
                return rc;
        }
    }
    if (c->n_files < 2)
        return HK_OK;
    uint64_t most = most_by_chance(c->n_compared, 1.0 / ((double)c->n_files + 1.0));
    hk_summary_count(summary, "outside_spread", c->n_outside);
    hk_summary_flag(summary, "within_spread", c->n_outside <= most);
    hk_run_report(c->r->run,
                  "outside the spread of the references: %" PRIu64 " of %" PRIu64 ", by chance up to %" PRIu64
                  " (95 %%): this run %s",
                  c->n_outside, c->n_compared, most, c->n_outside <= most ? "agrees" : "does NOT agree");
    return HK_OK;
}

int hk_circuit_compare(const hk_circuit_run *r)
{
    if (*hk_run_text(r->run, "reference") == '\0')
        return HK_OK;
    comparison c = { .r = r, .ctx = hk_run_ctx(r->run) };
    int rc = open_files(&c);
    if (rc == HK_OK)
        rc = compare_all(&c);
    free(c.own.values);
    for (size_t k = 0; k < HK_REFERENCE_MOST_FILES; k++) {
        hk_results_discard(c.files[k]);
        free(c.references[k].values);
    }
    free(c.names);
    return rc;
}
