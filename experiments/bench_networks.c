/* experiments/bench_networks.c - see bench_networks.h. The targets are those of the project's plan. */
#include "experiments/bench_networks.h"

#include "experiments/bench_network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_THREADS = 2, REPEATS = 3, QUICK_REPEATS = 2, PIECES = 5 };

#define QUICK_WARMUP_MS 10.0
#define QUICK_MEASURED_MS 50.0

static const hk_bench_case cases[] = {
    { .part = "microcircuit",
      .what = "grid",
      .circuit = HK_BENCH_MICROCIRCUIT,
      .integrator = HK_GRID,
      .share = 1.0,
      .quick_share = 0.05,
      .warmup_ms = 500.0,
      .measured_ms = 1000.0,
      .most_factor = { 1.9, 0.95 },
      .least_speed_up = 1.8,
      .most_build_s = 6.0,
      .most_peak_gb = 1.9 },
    { .part = "microcircuit",
      .what = "exact",
      .circuit = HK_BENCH_MICROCIRCUIT,
      .integrator = HK_EXACT,
      .share = 1.0,
      .quick_share = 0.05,
      .warmup_ms = 100.0,
      .measured_ms = 300.0,
      .most_factor = { 0.0, 8.0 } },
    { .part = "brunel",
      .what = "grid",
      .circuit = HK_BENCH_BRUNEL,
      .integrator = HK_GRID,
      .share = 1.0,
      .quick_share = 0.04,
      .warmup_ms = 200.0,
      .measured_ms = 1000.0,
      .most_factor = { 0.0, 0.7 },
      .least_speed_up = 1.8 },
    { .part = "brunel",
      .what = "exact",
      .circuit = HK_BENCH_BRUNEL,
      .integrator = HK_EXACT,
      .share = 1.0,
      .quick_share = 0.04,
      .warmup_ms = 200.0,
      .measured_ms = 1000.0,
      .most_factor = { 0.0, 2.5 } },
    { .part = "brunel",
      .what = "grid, stdp",
      .circuit = HK_BENCH_BRUNEL_STDP,
      .integrator = HK_GRID,
      .share = 1.0,
      .quick_share = 0.04,
      .warmup_ms = 200.0,
      .measured_ms = 1000.0,
      .most_factor = { 0.0, 4.0 } },
    { .part = "cuba",
      .what = "exact",
      .circuit = HK_BENCH_CUBA,
      .integrator = HK_EXACT,
      .share = 1.0,
      .quick_share = 0.2,
      .measured_ms = 10000.0,
      .most_factor = { 0.0, 0.05 } },
    { .part = "cuba",
      .what = "grid",
      .circuit = HK_BENCH_CUBA,
      .integrator = HK_GRID,
      .share = 1.0,
      .quick_share = 0.2,
      .measured_ms = 10000.0,
      .most_factor = { 0.0, 0.05 } },
    { .part = "coba",
      .what = "coba_i, grid",
      .circuit = HK_BENCH_COBA_I,
      .integrator = HK_GRID,
      .share = 1.0,
      .quick_share = 0.2,
      .measured_ms = 10000.0,
      .most_factor = { 0.0, 0.06 } },
    { .part = "sparse",
      .what = "exact",
      .circuit = HK_BENCH_SPARSE,
      .integrator = HK_EXACT,
      .share = 1.0,
      .quick_share = 0.05,
      .measured_ms = 10000.0,
      .most_factor = { 0.0, 0.25 } },
    { .part = "hpc",
      .what = "grid, static",
      .circuit = HK_BENCH_HPC,
      .integrator = HK_GRID,
      .share = 1.0,
      .quick_share = 0.04,
      .warmup_ms = 50.0,
      .measured_ms = 250.0,
      .least_speed_up = 1.8 },
    { .part = "hpc",
      .what = "grid, stdp_pl",
      .circuit = HK_BENCH_HPC_STDP_PL,
      .integrator = HK_GRID,
      .share = 1.0,
      .quick_share = 0.04,
      .warmup_ms = 50.0,
      .measured_ms = 250.0,
      .most_factor = { 0.0, 12.0 },
      .least_speed_up = 1.8 },
};

/* ---- one case ---------------------------------------------------------------------------------------------------- */

typedef struct series {
    double values[HK_BENCH_COLUMNS][REPEATS];
    double fastest, slowest; /* real-time factors of pieces */
    hk_bench_run last;
} series;

static void take(series *s, unsigned r, const hk_bench_network *network, const hk_bench_run *run)
{
    double piece_s = 1e-3 * network->piece_ms;
    s->values[HK_BENCH_REAL_TIME][r] = run->measured_s / (piece_s * network->n_pieces);
    s->values[HK_BENCH_NS_PER_EVENT][r] = 1e9 * run->measured_s * network->n_threads / (double)run->synaptic_events;
    s->values[HK_BENCH_BUILD][r] = run->build_s;
    s->values[HK_BENCH_BYTES][r] = run->bytes_per_synapse;
    s->values[HK_BENCH_PEAK][r] = 1e-9 * run->peak_bytes;
    s->fastest = r == 0 ? run->fastest_s / piece_s : fmin(s->fastest, run->fastest_s / piece_s);
    s->slowest = r == 0 ? run->slowest_s / piece_s : fmax(s->slowest, run->slowest_s / piece_s);
    s->last = *run;
}

/* Targets are for whole networks. */
static double target(const hk_bench *b, double value)
{
    return value > 0.0 && !b->quick ? value : (double)NAN;
}

static hk_bench_row begin_row(const hk_bench *b, const hk_bench_case *c, const hk_bench_network *network)
{
    hk_bench_row row = hk_bench_row_empty();
    bool most = network->n_threads == MOST_THREADS;
    row.part = c->part;
    snprintf(row.what, sizeof row.what, "%s", c->what);
    row.n_threads = network->n_threads;
    row.warmup_ms = network->warmup_ms;
    row.measured_ms = network->piece_ms * network->n_pieces;
    row.n_pieces = network->n_pieces;
    row.cells[HK_BENCH_REAL_TIME].target = target(b, c->most_factor[network->n_threads - 1]);
    row.cells[HK_BENCH_BUILD].target = target(b, most ? c->most_build_s : 0.0);
    row.cells[HK_BENCH_PEAK].target = target(b, most ? c->most_peak_gb : 0.0);
    row.cells[HK_BENCH_SPEED_UP].target = target(b, most ? c->least_speed_up : 0.0);
    return row;
}

static void fill_row(hk_bench_row *row, series *s, unsigned n_repeats)
{
    for (int c = 0; c < HK_BENCH_COLUMNS; c++)
        if (c != HK_BENCH_SPEED_UP)
            hk_figure_set(&row->cells[c], s->values[c], n_repeats);
    row->n_synapses = (double)s->last.n_synapses;
    row->fastest_piece = s->fastest;
    row->slowest_piece = s->slowest;
    row->spike_hash = s->last.spike_hash;
    bool too_few = sysconf(_SC_NPROCESSORS_ONLN) < (long)row->n_threads;
    snprintf(row->note, sizeof row->note, "%s%s%s", s->last.peak_is_of_all ? "peak memory since the program began" : "",
             s->last.peak_is_of_all && too_few ? "; " : "", too_few ? "fewer cores than threads" : "");
}

static int measure(hk_ctx *ctx, const hk_bench_network *networks, unsigned first, unsigned n_repeats, series *all)
{
    int rc = HK_OK;
    for (unsigned r = 0; rc == HK_OK && r < n_repeats; r++)
        for (unsigned t = first; rc == HK_OK && t < MOST_THREADS; t++) {
            hk_bench_run run;
            rc = hk_bench_network_run(ctx, &networks[t], &run);
            if (rc == HK_OK)
                take(&all[t], r, &networks[t], &run);
        }
    return rc;
}

static void compare(hk_bench_row *row, const series *one, const series *two, unsigned n_repeats)
{
    double ratios[REPEATS];
    for (unsigned r = 0; r < n_repeats; r++)
        ratios[r] = one->values[HK_BENCH_REAL_TIME][r] / two->values[HK_BENCH_REAL_TIME][r];
    hk_figure_set(&row->cells[HK_BENCH_SPEED_UP], ratios, n_repeats);
}

static int run_described(hk_bench *b, const hk_bench_case *c, const hk_circuit *circuit)
{
    hk_bench_network networks[MOST_THREADS];
    hk_bench_row rows[MOST_THREADS];
    series all[MOST_THREADS];
    unsigned n_repeats = b->quick ? QUICK_REPEATS : REPEATS, first = c->on_two_threads_only ? 1 : 0;
    for (unsigned t = 0; t < MOST_THREADS; t++) {
        networks[t] = (hk_bench_network){ .circuit = circuit,
                                          .integrator = c->integrator,
                                          .n_threads = t + 1,
                                          .warmup_ms = b->quick ? QUICK_WARMUP_MS : c->warmup_ms,
                                          .piece_ms = (b->quick ? QUICK_MEASURED_MS : c->measured_ms) / PIECES,
                                          .n_pieces = PIECES };
        rows[t] = begin_row(b, c, &networks[t]);
    }
    int rc = measure(b->ctx, networks, first, n_repeats, all);
    if (rc != HK_OK && rc != HK_ENOMEM)
        return rc;
    if (rc == HK_OK && first == 0)
        compare(&rows[1], &all[0], &all[1], n_repeats); /* before the columns are sorted */
    bool fits = rc == HK_OK;
    rc = HK_OK;
    for (unsigned t = first; rc == HK_OK && t < MOST_THREADS; t++) {
        if (fits)
            fill_row(&rows[t], &all[t], n_repeats);
        else
            snprintf(rows[t].note, sizeof rows[t].note, "left out: %.180s", hk_ctx_message(b->ctx));
        rc = hk_bench_table_add(b->ctx, &b->networks, &rows[t]);
    }
    return rc;
}

int hk_bench_case_run(hk_bench *bench, const hk_bench_case *which)
{
    hk_circuit *circuit = calloc(1, sizeof *circuit);
    if (circuit == NULL)
        return hk_fail(bench->ctx, HK_ENOMEM, "bench: out of memory");
    hk_bench_circuit_describe(which->circuit, bench->quick ? which->quick_share : which->share, circuit);
    size_t first = bench->networks.n;
    int rc = run_described(bench, which, circuit);
    if (rc == HK_OK)
        hk_bench_table_print(&bench->networks, first, bench->lines);
    free(circuit);
    return rc;
}

int hk_bench_networks_run(hk_bench *bench, const char *part)
{
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < sizeof cases / sizeof *cases; k++)
        if (strcmp(cases[k].part, part) == 0)
            rc = hk_bench_case_run(bench, &cases[k]);
    return rc;
}

/* ---- scale ------------------------------------------------------------------------------------------------------- */

/* Brunel's network with ever more neurons of 1,250 synapses each: the work of an event is the same at all sizes, what
 * is out of the caches is not. The smaller, the longer: all are measured over 1e8 events or more. */
int hk_bench_scale_run(hk_bench *bench, const char *part)
{
    static const struct {
        double n_synapses, quick_synapses, measured_ms;
    } sizes[] = { { 1e6, 1e5, 5000.0 }, { 1e7, 2e5, 1000.0 }, { 1e8, 5e5, 200.0 }, { 3e8, 1e6, 100.0 } };
    static const double synapses_of_all = 12500.0 * 1250.0;
    double least = INFINITY, most = 0.0;
    size_t first = bench->networks.n;
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < sizeof sizes / sizeof *sizes; k++) {
        char what[48];
        snprintf(what, sizeof what, "%g synapses, grid", bench->quick ? sizes[k].quick_synapses : sizes[k].n_synapses);
        rc = hk_bench_case_run(bench, &(hk_bench_case){ .part = part,
                                                        .what = what,
                                                        .circuit = HK_BENCH_BRUNEL,
                                                        .integrator = HK_GRID,
                                                        .share = sizes[k].n_synapses / synapses_of_all,
                                                        .quick_share = sizes[k].quick_synapses / synapses_of_all,
                                                        .warmup_ms = 200.0,
                                                        .measured_ms = sizes[k].measured_ms,
                                                        .on_two_threads_only = true });
    }
    for (size_t k = first; k < bench->networks.n; k++) {
        double ns = bench->networks.rows[k].cells[HK_BENCH_NS_PER_EVENT].value;
        least = fmin(least, ns); /* of a size that did not fit: NaN, which fmin and fmax pass over */
        most = fmax(most, ns);
    }
    hk_figure figure = { .part = part,
                         .what = "time of a synaptic event, the dearest size over the cheapest",
                         .unit = "",
                         .repeats = 1,
                         .target = target(bench, 1.5),
                         .is_limit = true,
                         .note = "two threads; of the medians" };
    figure.value = figure.low = figure.high = most > 0.0 ? most / least : (double)NAN;
    return rc == HK_OK ? hk_figures_add(bench->ctx, &bench->figures, &figure) : rc;
}
