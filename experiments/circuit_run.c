/* experiments/circuit_run.c - see circuit_run.h. */
#include "experiments/circuit_run.h"

#include "experiments/circuit_reference.h"
#include "experiments/circuit_synapses.h"
#include "experiments/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define BIN_MS 5.0

const char *const hk_circuit_records[] = { "all", "none", NULL };
const char *const hk_circuit_integrators[] = { [HK_EXACT] = "exact", [HK_GRID] = "grid", NULL };
const char *const hk_circuit_weights[] = { [HK_WEIGHTS_COMPACT] = "compact", [HK_WEIGHTS_FLOAT] = "float", NULL };

const char *const hk_circuit_precisions[] = { [HK_DOUBLE] = "double", [HK_SINGLE] = "single", NULL };

static bool is_neuron(const hk_population *population)
{
    return hk_population_model(population)->kind == HK_MODEL_NEURON;
}

hk_integrator hk_circuit_integrator(const hk_circuit_run *r)
{
    return (hk_integrator)hk_run_choice(r->run, "integrator");
}

static int check_times(hk_circuit_run *r)
{
    hk_ctx *ctx = hk_run_ctx(r->run);
    const char *name = hk_run_experiment(r->run)->name;
    double resolution_ms = hk_run_number(r->run, "resolution_ms");
    r->duration_ms = hk_run_number(r->run, "duration_ms");
    r->warmup_ms = hk_run_is_given(r->run, "warmup_ms") ? hk_run_number(r->run, "warmup_ms") : r->plan.warmup_ms;
    if (hk_steps_in_ms(r->duration_ms, resolution_ms) < 1)
        return hk_fail(ctx, HK_ERANGE, "%s: duration_ms = %.10g, must be whole steps of %g ms", name, r->duration_ms,
                       resolution_ms);
    if (!(r->warmup_ms < r->duration_ms))
        return hk_fail(ctx, HK_ERANGE, "%s: warmup_ms = %.10g, must be below duration_ms = %.10g", name, r->warmup_ms,
                       r->duration_ms);
    if (hk_steps_in_ms(BIN_MS, resolution_ms) < 1)
        return hk_fail(ctx, HK_ERANGE, "%s: resolution_ms = %g, must divide the %g ms of the statistics' bins", name,
                       resolution_ms, BIN_MS);
    return HK_OK;
}

static int build(hk_circuit_run *r)
{
    hk_sim_config cfg = { .resolution_ms = hk_run_number(r->run, "resolution_ms"),
                          .seed = hk_run_seed(r->run),
                          .integrator = hk_circuit_form(&r->plan.circuit, hk_circuit_integrator(r)),
                          .n_extra_threads = hk_run_threads(r->run) - 1 };
    if (cfg.integrator == HK_GRID)
        cfg.precision = (hk_precision)hk_run_choice(r->run, "precision");
    else if (hk_run_is_given(r->run, "precision") && hk_run_choice(r->run, "precision") == HK_SINGLE)
        return hk_fail(hk_run_ctx(r->run), HK_ERANGE, "%s: precision = single, is for integrator = grid only",
                       hk_run_experiment(r->run)->name);
    int rc = hk_sim_create(hk_run_ctx(r->run), &cfg, &r->sim);
    return rc == HK_OK ? hk_circuit_build(r->sim, &r->plan.circuit, r->populations, r->rules) : rc;
}

static int make_probe(hk_circuit_run *r, hk_population *population)
{
    size_t n = (size_t)hk_run_integer(r->run, "probe_neurons"), all = hk_population_n(population);
    n = n < all ? n : all;
    uint64_t *ids = malloc(n * sizeof *ids);
    if (ids == NULL)
        return hk_fail(hk_run_ctx(r->run), HK_ENOMEM, "out of memory for %zu probed neurons", n);
    for (size_t i = 0; i < n; i++)
        ids[i] = i;
    hk_probe_config cfg = { .population = population,
                            .variable = "v_mv",
                            .ids = ids,
                            .n_ids = n,
                            .interval_ms = hk_run_number(r->run, "probe_ms") };
    int rc = hk_probe_create(r->sim, &cfg, &r->probes[r->n_probes]);
    free(ids);
    r->n_probes += rc == HK_OK;
    return rc;
}

static int make_probes(hk_circuit_run *r)
{
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && hk_run_number(r->run, "probe_ms") > 0.0 && k < r->plan.circuit.n_populations; k++)
        if (is_neuron(r->populations[k]))
            rc = make_probe(r, r->populations[k]);
    return rc;
}

static int simulate(hk_circuit_run *r, double start_s)
{
    size_t n = r->plan.circuit.n_populations;
    hk_course_config cfg = { .run = r->run,
                             .sim = r->sim,
                             .build_s = hk_clock_wall_s() - start_s,
                             .duration_ms = r->duration_ms,
                             .begin_ms = r->warmup_ms,
                             .bin_ms = BIN_MS,
                             .recorded = r->populations,
                             .n_recorded = hk_run_choice(r->run, "record") == 0 ? n : 0,
                             .probes = r->probes,
                             .n_probes = r->n_probes };
    return hk_course_run(&r->course, &cfg);
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static void measure(hk_circuit_run *r)
{
    double spikes_hz = 0.0, cvs = 0.0, n_cv = 0.0;
    for (size_t k = 0; k < r->plan.circuit.n_populations; k++) {
        hk_raster_figures f = r->figures[k] = hk_course_figures(&r->course, k);
        if (!is_neuron(r->populations[k]))
            continue;
        uint32_t n = hk_population_n(r->populations[k]);
        r->n_neurons += n;
        spikes_hz += f.rate_hz * n;
        cvs += f.n_cv > 0 ? f.cv_isi * f.n_cv : 0.0;
        n_cv += f.n_cv;
    }
    r->rate_hz = spikes_hz / (double)r->n_neurons;
    r->cv_isi = n_cv > 0.0 ? cvs / n_cv : (double)NAN;
    hk_projection *projection;
    for (uint32_t k = 0; (projection = hk_sim_projection(r->sim, k)) != NULL; k++)
        r->n_synapses += hk_projection_n_synapses(projection);
}

static void summarise(const hk_circuit_run *r)
{
    hk_summary *summary = hk_run_summary(r->run);
    hk_network_summarise(&r->course);
    hk_summary_count(summary, "neurons", r->n_neurons);
    hk_summary_count(summary, "synapses", r->n_synapses);
    hk_summary_number(summary, "rate_hz", r->rate_hz);
    hk_summary_number(summary, "cv", r->cv_isi);
    hk_summary *correlations = hk_summary_object(summary, "correlations"), *fano = hk_summary_object(summary, "fano");
    for (size_t k = 0; k < r->plan.circuit.n_populations; k++) {
        hk_summary_number(correlations, r->plan.circuit.populations[k].name, r->figures[k].correlation);
        hk_summary_number(fano, r->plan.circuit.populations[k].name, r->figures[k].fano);
    }
}

static void report(const hk_circuit_run *r)
{
    hk_sim_stats stats = hk_sim_get_stats(r->sim);
    double biological_s = 1e-3 * hk_sim_now_ms(r->sim);
    hk_run_report(r->run,
                  "%s: %" PRIu64 " neurons, %" PRIu64
                  " synapses, built in %.3g s; %.6g s simulated in %.3g s (real-time "
                  "factor %.3f), %.1f ns per synaptic event",
                  hk_run_experiment(r->run)->name, r->n_neurons, r->n_synapses, r->course.cfg.build_s, biological_s,
                  r->course.simulate_s, r->course.simulate_s / biological_s,
                  1e9 * r->course.simulate_s / (double)stats.synaptic_events);
    hk_run_report(r->run, "%-10s %9s %9s %8s %8s %12s %9s", "", "neurons", "rate/Hz", "CV ISI", "from", "correlation",
                  "Fano");
    for (size_t k = 0; k < r->plan.circuit.n_populations; k++) {
        const hk_raster_figures *f = &r->figures[k];
        hk_run_report(r->run, "%-10s %9" PRIu32 " %9.3f %8.3f %8" PRIu32 " %12.4f %9.2f",
                      r->plan.circuit.populations[k].name, hk_population_n(r->populations[k]), f->rate_hz, f->cv_isi,
                      f->n_cv, f->correlation, f->fano);
    }
}

static int put_column(hk_results *file, const char *population, const char *what, size_t n, const double *values,
                      const char *unit, const char *description)
{
    char name[160];
    snprintf(name, sizeof name, "statistics/%.80s/%s", population, what);
    return hk_results_put(
        file, name,
        &(hk_array){
            .type = HK_F64, .n_dims = 1, .shape = { n }, .values = values, .unit = unit, .description = description });
}

static int put_distributions(const hk_circuit_run *r, size_t index, hk_results *file)
{
    const hk_raster_statistics *statistics = r->course.statistics[index];
    const char *name = r->plan.circuit.populations[index].name;
    int64_t end = hk_sim_now(r->sim).step + 1;
    size_t n = hk_raster_statistics_n(statistics), m = hk_raster_statistics_n_chosen(statistics),
           pairs = m * (m - 1) / 2;
    double *rates_hz = malloc((2 * n + pairs + 1) * sizeof *rates_hz);
    if (rates_hz == NULL)
        return hk_fail(hk_run_ctx(r->run), HK_ENOMEM, "out of memory for the statistics of %zu neurons", n);
    double *cvs = rates_hz + n, *correlations = cvs + n;
    hk_raster_statistics_neurons(statistics, end, rates_hz, cvs);
    hk_raster_statistics_pairs(statistics, end, correlations);
    int rc = put_column(file, name, "rate_hz", n, rates_hz, "Hz", "of each neuron");
    if (rc == HK_OK)
        rc = put_column(file, name, "cv_isi", n, cvs, "", "of the intervals of each neuron; NaN below three spikes");
    if (rc == HK_OK && pairs > 0)
        rc = put_column(file, name, "correlation", pairs, correlations, "",
                        "of the spike counts of pairs of some neurons; NaN where one is silent");
    free(rates_hz);
    return rc;
}

static int put_results(hk_results *file, const void *user)
{
    const hk_circuit_run *r = user;
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < r->plan.circuit.n_populations; k++)
        rc = put_distributions(r, k, file);
    if (rc == HK_OK)
        rc = hk_circuit_put_synapses(r, file);
    if (rc == HK_OK)
        rc = hk_results_put_number(file, "statistics", "begin_ms", r->warmup_ms);
    if (rc == HK_OK)
        rc = hk_results_put_number(file, "statistics", "end_ms", hk_sim_now_ms(r->sim));
    if (rc == HK_OK)
        rc = hk_results_put_number(file, "statistics", "bin_ms", BIN_MS);
    for (size_t k = 0, probe = 0; rc == HK_OK && probe < r->n_probes; k++) {
        char name[160];
        if (!is_neuron(r->populations[k]))
            continue;
        snprintf(name, sizeof name, "probes/%.80s_v_mv", r->plan.circuit.populations[k].name);
        rc = hk_probe_put(r->probes[probe++], file, name);
    }
    return rc;
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

bool hk_circuit_covers(const hk_circuit_run *r, double warmup_ms, double duration_ms)
{
    return r->warmup_ms == warmup_ms && r->duration_ms == duration_ms && hk_sim_resolution_ms(r->sim) == 0.1;
}

static int run_circuit(hk_circuit_run *r, hk_circuit_describe_fn describe, hk_circuit_judge_fn judge)
{
    double start_s = hk_clock_wall_s();
    int rc = describe(r->run, &r->plan);
    r->plan.circuit.weights = (hk_weights)hk_run_choice(r->run, "weights");
    if (rc == HK_OK)
        rc = check_times(r);
    if (rc == HK_OK)
        rc = build(r);
    if (rc == HK_OK)
        rc = make_probes(r);
    if (rc == HK_OK)
        rc = simulate(r, start_s);
    if (rc != HK_OK)
        return rc;
    measure(r);
    summarise(r);
    report(r);
    hk_circuit_report_synapses(r);
    hk_circuit_report_learning(r);
    if (judge != NULL && hk_course_is_complete(&r->course))
        judge(r);
    rc = hk_course_add(&r->course, put_results, r);
    return rc == HK_OK && hk_course_is_complete(&r->course) ? hk_circuit_compare(r) : rc;
}

int hk_circuit_experiment(hk_run *run, hk_circuit_describe_fn describe, hk_circuit_judge_fn judge)
{
    hk_circuit_run *r = calloc(1, sizeof *r);
    if (r == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "%s: out of memory", hk_run_experiment(run)->name);
    r->run = run;
    int rc = run_circuit(r, describe, judge);
    hk_course_fini(&r->course);
    for (size_t k = 0; k < r->n_probes; k++)
        hk_probe_destroy(r->probes[k]);
    hk_sim_destroy(r->sim);
    free(r);
    return rc;
}
