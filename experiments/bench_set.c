/* experiments/bench_set.c - see bench_set.h. The targets are those of the project's plan for its first release. */
#include "experiments/bench_set.h"

#include "experiments/bench_delivery.h"
#include "experiments/bench_encode.h"
#include "experiments/bench_networks.h"
#include "experiments/bench_queue.h"
#include "experiments/bench_scratch.h"
#include "experiments/clock.h"
#include "experiments/run.h"
#include "experiments/summary_tree.h"
#include "neurons/catalogue.h"
#include "sim/memory.h"
#include "sim/simulation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS = 5, QUICK_REPEATS = 2 };

static unsigned repeats(const hk_bench *b)
{
    return b->quick ? QUICK_REPEATS : REPEATS;
}

/* ---- queue ------------------------------------------------------------------------------------------------------- */

static int run_queue(hk_bench *b, const char *part)
{
    hk_bench_queue_row rows[HK_BENCH_QUEUE_MAX_ROWS];
    size_t n;
    int rc = hk_bench_queue(b->ctx, b->quick ? 0.05 : 0.4, rows, &n);
    for (size_t k = 0; rc == HK_OK && k < n; k++) {
        double ratio = rows[k].queue_holds_per_s / rows[k].heap_holds_per_s;
        bool judged = rows[k].n_pending >= 1000000;
        hk_figure figure = { .part = part, .unit = "1/s", .repeats = 1, .target = judged ? 30e6 : (double)NAN };
        snprintf(figure.what, sizeof figure.what, "holds, %s, %zu pending, mean %g steps", rows[k].distribution,
                 rows[k].n_pending, rows[k].mean_steps);
        snprintf(figure.note, sizeof figure.note, "best of %d; %.3g M/s of a 4-ary heap, times %.3g",
                 HK_BENCH_QUEUE_TRIALS, 1e-6 * rows[k].heap_holds_per_s, ratio);
        figure.value = figure.low = figure.high = rows[k].queue_holds_per_s;
        rc = hk_figures_add(b->ctx, &b->figures, &figure);
        if (rc == HK_OK && judged) {
            hk_figure times = { .part = part,
                                .what = "  times the heap",
                                .unit = "",
                                .repeats = 1,
                                .target = 5.0,
                                .value = ratio,
                                .low = ratio,
                                .high = ratio };
            rc = hk_figures_add(b->ctx, &b->figures, &times);
        }
    }
    return rc;
}

/* ---- deliveries -------------------------------------------------------------------------------------------------- */

static int run_delivery(hk_bench *b, const char *part)
{
    static const double targets[HK_BENCH_DELIVERIES] = {
        [HK_BENCH_DELIVERY_LIF] = 100e6, [HK_BENCH_DELIVERY_LIF_EXP] = NAN, [HK_BENCH_DELIVERY_DENSE] = 3e9
    };
    hk_bench_delivery results[HK_BENCH_DELIVERIES];
    double values[HK_BENCH_DELIVERIES][REPEATS];
    unsigned n = repeats(b);
    int rc = HK_OK;
    for (unsigned r = 0; rc == HK_OK && r < n; r++) {
        rc = hk_bench_delivery_run(b->ctx, b->quick ? 0.1 : 0.7, results);
        for (int k = 0; rc == HK_OK && k < HK_BENCH_DELIVERIES; k++)
            values[k][r] = (double)results[k].synaptic_events / results[k].cpu_s;
    }
    for (int k = 0; rc == HK_OK && k < HK_BENCH_DELIVERIES; k++) {
        hk_figure figure = { .part = part, .unit = "1/s", .target = targets[k] };
        snprintf(figure.what, sizeof figure.what, "synaptic events: %s", results[k].name);
        snprintf(figure.note, sizeof figure.note, "CPU time of the fastest piece");
        hk_figure_set(&figure, values[k], n);
        rc = hk_figures_add(b->ctx, &b->figures, &figure);
    }
    return rc;
}

/* ---- encoders ---------------------------------------------------------------------------------------------------- */

static int run_encode(hk_bench *b, const char *part)
{
    hk_bench_encode_row rows[HK_BENCH_ENCODE_MAX_ROWS];
    size_t n;
    int rc = hk_bench_encode(b->ctx, b->quick ? 0.05 : 0.5, rows, &n);
    for (size_t k = 0; rc == HK_OK && k < n; k++) {
        hk_figure figure = { .part = part, .unit = "us", .repeats = 1, .target = NAN, .value = rows[k].us_per_image };
        figure.low = figure.high = figure.value;
        snprintf(figure.what, sizeof figure.what, "%s code, an image of 784 values", rows[k].encoder);
        snprintf(figure.note, sizeof figure.note, "%.0f spikes, %.1f ns each; fastest round", rows[k].spikes_per_image,
                 rows[k].ns_per_spike);
        rc = hk_figures_add(b->ctx, &b->figures, &figure);
    }
    return rc;
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

typedef struct building {
    const char *name;
    hk_connect connect;
    unsigned pairs;
} building;

static int build_once(hk_ctx *ctx, const building *how, uint32_t n_neurons, double *wall_s, double *bytes)
{
    hk_sim *sim = NULL;
    hk_population *population = NULL;
    hk_projection *projection = NULL;
    int rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = 0.1, .seed = 5 }, &sim);
    if (rc == HK_OK)
        rc = hk_population_create(sim, "neurons", hk_neuron_model_find("lif"), n_neurons, &population);
    hk_projection_config cfg = { .pre = population,
                                 .post = population,
                                 .connect = how->connect,
                                 .pairs = how->pairs,
                                 .n = 1000,
                                 .probability = 1000.0 / n_neurons,
                                 .weight = hk_constant(0.1),
                                 .delay_ms = hk_constant(1.5) };
    double start_s = hk_clock_wall_s();
    if (rc == HK_OK)
        rc = hk_projection_create(sim, &cfg, &projection);
    *wall_s = hk_clock_wall_s() - start_s;
    if (rc == HK_OK) {
        double tables = 8.0 * ((double)n_neurons + 1.0); /* where each neuron's synapses begin */
        *bytes = ((double)hk_projection_bytes(projection) - tables) / (double)hk_projection_n_synapses(projection);
    }
    hk_sim_destroy(sim);
    return rc;
}

static int run_build(hk_bench *b, const char *part)
{
    static const building ways[] = { { "fixed in-degree 1000, multapses", HK_FIXED_INDEGREE, HK_PAIRS_MULTAPSES },
                                     { "fixed probability", HK_FIXED_PROBABILITY, HK_PAIRS_SIMPLE } };
    uint32_t n_neurons = b->quick ? 10000 : 100000;
    double n_synapses = 1000.0 * n_neurons, needed = 9.0 * n_synapses, available = (double)hk_memory_available();
    int rc = HK_OK;
    for (size_t w = 0; rc == HK_OK && w < sizeof ways / sizeof *ways; w++) {
        hk_figure figure = { .part = part, .unit = "s", .target = NAN, .value = NAN };
        double seconds[REPEATS], bytes = NAN;
        unsigned n = b->quick ? QUICK_REPEATS : 3;
        snprintf(figure.what, sizeof figure.what, "%.0e synapses, %s", n_synapses, ways[w].name);
        if (needed > available) {
            snprintf(figure.note, sizeof figure.note, "left out: needs %.1f GB, there are %.1f GB", 1e-9 * needed,
                     1e-9 * available);
            rc = hk_figures_add(b->ctx, &b->figures, &figure);
            continue;
        }
        for (unsigned r = 0; rc == HK_OK && r < n; r++)
            rc = build_once(b->ctx, &ways[w], n_neurons, &seconds[r], &bytes);
        if (rc != HK_OK)
            return rc;
        hk_figure_set(&figure, seconds, n);
        snprintf(figure.note, sizeof figure.note, "wall time; the plan says: seconds");
        rc = hk_figures_add(b->ctx, &b->figures, &figure);
        figure = (hk_figure){ .part = part,
                              .unit = "bytes",
                              .value = bytes,
                              .low = bytes,
                              .high = bytes,
                              .repeats = 1,
                              .target = 8.0,
                              .is_limit = true,
                              .note = "tables of the neurons apart" };
        snprintf(figure.what, sizeof figure.what, "  memory of a synapse");
        if (rc == HK_OK)
            rc = hk_figures_add(b->ctx, &b->figures, &figure);
    }
    return rc;
}

/* ---- recorder ---------------------------------------------------------------------------------------------------- */

static int record_once(hk_ctx *ctx, const char *path, size_t n_spikes, double *per_s)
{
    enum { BATCH = 4096 };
    static const hk_recorder_config defaults = { .queue_bytes = 16 << 20, .flush_interval_s = 1.0 };
    hk_recorder_config cfg = defaults;
    hk_recorder *recorder = NULL;
    double times_ms[BATCH];
    uint32_t ids[BATCH], index;
    cfg.path = path;
    double start_s = hk_clock_wall_s();
    int rc = hk_recorder_create(ctx, &cfg, &recorder);
    if (rc == HK_OK)
        rc = hk_recorder_add_population(recorder, "bench", 0, &index);
    if (rc == HK_OK)
        rc = hk_recorder_start(recorder);
    for (size_t done = 0; rc == HK_OK && done < n_spikes; done += BATCH) {
        for (size_t k = 0; k < BATCH; k++) {
            times_ms[k] = 1e-3 * (double)(done + k);
            ids[k] = (uint32_t)(done + 7 * k) % 10007;
        }
        rc = hk_recorder_write(recorder, index, BATCH, times_ms, ids);
    }
    int closed = hk_recorder_close(recorder);
    *per_s = (double)n_spikes / (hk_clock_wall_s() - start_s);
    return rc == HK_OK ? closed : rc;
}

static int run_recorder(hk_bench *b, const char *part)
{
    hk_bench_scratch scratch;
    int rc = hk_bench_scratch_open(b->ctx, &scratch);
    if (rc != HK_OK)
        return rc;
    double values[REPEATS];
    unsigned n = repeats(b);
    size_t n_spikes = (size_t)4096 * (b->quick ? 128 : 1024);
    rc = record_once(b->ctx, scratch.path, 4096, &values[0]); /* warm-up */
    for (unsigned r = 0; rc == HK_OK && r < n; r++)
        rc = record_once(b->ctx, scratch.path, n_spikes, &values[r]);
    hk_bench_scratch_remove(&scratch);
    if (rc != HK_OK)
        return rc;
    hk_figure figure = { .part = part, .unit = "1/s", .target = NAN, .note = "wall time, to a file in TMPDIR" };
    snprintf(figure.what, sizeof figure.what, "spikes to a SONATA file, %zu of them", n_spikes);
    hk_figure_set(&figure, values, n);
    return hk_figures_add(b->ctx, &b->figures, &figure);
}

/* ---- experiments ------------------------------------------------------------------------------------------------- */

/* Runs an experiment as `hillock run` would, and reads one number of its summary. `data` (NULL: not needed) gets the
 * text of the key "data". */
static int experiment_once(hk_bench *b, int n, const char *const *arguments, const char *key, double *out,
                           char data[32])
{
    hk_request request = { 0 };
    hk_run *run = NULL;
    int rc = hk_request_read(b->ctx, b->catalogue, n, (char *const *)arguments, &request);
    if (rc == HK_OK)
        rc = hk_run_create(b->ctx, &request, 1, b->console, &run);
    if (rc == HK_OK) {
        hk_run_execute(run);
        rc = hk_run_status(run);
        if (rc != HK_OK)
            hk_fail(b->ctx, rc, "bench: %s", hk_run_message(run));
    }
    if (rc == HK_OK) {
        const hk_summary *value = hk_summary_find(hk_run_summary(run), key),
                         *text = hk_summary_find(hk_run_summary(run), "data");
        *out = value == NULL ? (double)NAN : value->number;
        if (data != NULL)
            snprintf(data, 32, "%s", text == NULL || text->text == NULL ? "" : text->text);
    }
    hk_run_destroy(run);
    hk_request_fini(&request);
    return rc;
}

/* A first run warms up; the others count. */
static int experiment(hk_bench *b, int n_arguments, const char *const *arguments, const char *key, hk_figure *figure,
                      char data[32])
{
    double values[REPEATS], ignored;
    unsigned n = b->quick ? QUICK_REPEATS : 3;
    int rc = experiment_once(b, n_arguments, arguments, key, &ignored, data);
    for (unsigned r = 0; rc == HK_OK && r < n; r++)
        rc = experiment_once(b, n_arguments, arguments, key, &values[r], data);
    if (rc == HK_OK)
        hk_figure_set(figure, values, n);
    return rc;
}

static int run_ring(hk_bench *b, const char *part)
{
    const char *arguments[] = { "ring", "--out", "none", "--set", b->quick ? "laps=1e4" : "laps=1e5" };
    hk_figure figure = { .part = part,
                         .what = "hops of a spike round 10 neurons, each checked",
                         .unit = "1/s",
                         .target = NAN,
                         .note = "wall time; one event in flight" };
    int rc = experiment(b, 5, arguments, "hops_per_s", &figure, NULL);
    return rc == HK_OK ? hk_figures_add(b->ctx, &b->figures, &figure) : rc;
}

static int run_cuba(hk_bench *b, const char *part)
{
    const char *arguments[] = {
        "cuba", "--out", "none", "--set", b->quick ? "duration_ms=500" : "duration_ms=3000", "--threads", "1"
    };
    hk_figure figure = { .part = part,
                         .what = "the experiment, exact: real-time factor",
                         .unit = "",
                         .target = NAN,
                         .note = "wall time over simulated time; with statistics, no file" };
    int rc = experiment(b, 7, arguments, "real_time_factor", &figure, NULL);
    if (rc == HK_OK)
        rc = hk_figures_add(b->ctx, &b->figures, &figure);
    return rc == HK_OK ? hk_bench_networks_run(b, part) : rc;
}

static int run_mnist(hk_bench *b, const char *part)
{
    static const char *const codes[] = { "rate", "latency", "binary" };
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < sizeof codes / sizeof *codes; k++) {
        char code[32], data[32] = "";
        snprintf(code, sizeof code, "code=%s", codes[k]);
        const char *arguments[] = {
            "mnist", "--out",    "none",  "--set",  code, "--set", b->quick ? "train=300" : "train=2000",
            "--set", "label=10", "--set", "test=10"
        };
        hk_figure figure = { .part = part, .unit = "ms", .target = k == 0 ? 0.3 : (double)NAN, .is_limit = true };
        snprintf(figure.what, sizeof figure.what, "training image, 400 neurons, %s code", codes[k]);
        rc = experiment(b, (int)(sizeof arguments / sizeof *arguments), arguments, "train_ms_per_image", &figure, data);
        snprintf(figure.note, sizeof figure.note, "wall time, encoding included; data: %s, the first %s", data,
                 b->quick ? "300" : "2,000");
        if (rc == HK_OK)
            rc = hk_figures_add(b->ctx, &b->figures, &figure);
    }
    return rc;
}

static const hk_bench_part parts[] = {
    { "queue", "the queue of spike times and a 4-ary heap in the hold model", run_queue },
    { "delivery", "synaptic events through sparse and dense projections", run_delivery },
    { "encode", "images turned into spikes", run_encode },
    { "build", "1e8 random synapses", run_build },
    { "recorder", "spikes to a file", run_recorder },
    { "ring", "the ring experiment", run_ring },
    { "mnist", "the mnist experiment on its first images", run_mnist },
    { "cuba", "the cuba experiment, then its network of 4,000 neurons", run_cuba },
    { "coba", "4,000 neurons with conductances", hk_bench_networks_run },
    { "sparse", "100,000 neurons that rarely fire", hk_bench_networks_run },
    { "brunel", "Brunel's network of 12,500 neurons, asynchronous irregular", hk_bench_networks_run },
    { "hpc", "11,250 neurons with 11,250 synapses each", hk_bench_networks_run },
    { "microcircuit", "the cortical microcircuit, 3e8 synapses", hk_bench_networks_run },
    { "scale", "Brunel's network from 1e6 to 3e8 synapses", hk_bench_scale_run },
};

const hk_bench_part *hk_bench_parts(size_t *n)
{
    *n = sizeof parts / sizeof *parts;
    return parts;
}
