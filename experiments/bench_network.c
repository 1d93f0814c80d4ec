/* experiments/bench_network.c - see bench_network.h. */
#include "experiments/bench_network.h"

#include "experiments/bench_scratch.h"
#include "experiments/clock.h"

#include <math.h>
#include <stdio.h>

/* Lets the system count the most memory held from now on. */
static bool forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file == NULL)
        return false;
    bool good = fputs("5", file) >= 0;
    return fclose(file) == 0 && good;
}

static double read_peak(void)
{
    double kib = NAN;
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %lf kB", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return 1024.0 * kib;
}

/* Once it is open the file needs no name: whatever ends the program, nothing is left behind. */
static int record(hk_ctx *ctx, const hk_circuit *circuit, hk_population *const *populations,
                  const hk_bench_scratch *scratch, hk_recorder **out)
{
    hk_recorder_config cfg = { .path = scratch->path, .queue_bytes = 16 << 20, .flush_interval_s = 1.0 };
    int rc = hk_recorder_create(ctx, &cfg, out);
    for (size_t k = 0; rc == HK_OK && k < circuit->n_populations; k++)
        rc = hk_population_record(populations[k], *out);
    if (rc == HK_OK)
        rc = hk_recorder_start(*out);
    hk_bench_scratch_remove(scratch);
    return rc;
}

static int measure(hk_sim *sim, const hk_bench_network *network, hk_bench_run *out)
{
    int rc = network->warmup_ms > 0.0 ? hk_sim_run(sim, network->warmup_ms) : HK_OK;
    uint64_t before = hk_sim_get_stats(sim).synaptic_events;
    out->fastest_s = INFINITY;
    for (unsigned k = 0; rc == HK_OK && k < network->n_pieces; k++) {
        double start_s = hk_clock_wall_s();
        rc = hk_sim_run(sim, network->piece_ms);
        double piece_s = hk_clock_wall_s() - start_s;
        out->measured_s += piece_s;
        out->fastest_s = fmin(out->fastest_s, piece_s);
        out->slowest_s = fmax(out->slowest_s, piece_s);
    }
    out->synaptic_events = hk_sim_get_stats(sim).synaptic_events - before;
    out->spike_hash = hk_sim_get_stats(sim).spike_hash;
    return rc;
}

static void weigh(const hk_sim *sim, hk_bench_run *out)
{
    double bytes = 0.0;
    hk_projection *projection;
    for (uint32_t k = 0; (projection = hk_sim_projection(sim, k)) != NULL; k++) {
        bytes += (double)hk_projection_bytes(projection);
        out->n_synapses += hk_projection_n_synapses(projection);
    }
    out->bytes_per_synapse = bytes / (double)out->n_synapses;
}

static int run_once(hk_ctx *ctx, const hk_bench_network *network, hk_bench_run *out)
{
    hk_population *populations[HK_CIRCUIT_MOST_POPULATIONS];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    hk_sim *sim = NULL;
    hk_recorder *recorder = NULL;
    hk_bench_scratch scratch;
    hk_sim_config cfg = { .resolution_ms = HK_BENCH_RESOLUTION_MS,
                          .seed = 1,
                          .integrator = hk_circuit_form(network->circuit, network->integrator),
                          .precision = network->integrator == HK_GRID ? HK_SINGLE : HK_DOUBLE,
                          .n_extra_threads = network->n_threads - 1 };
    double start_s = hk_clock_wall_s();
    int rc = hk_sim_create(ctx, &cfg, &sim);
    if (rc == HK_OK)
        rc = hk_circuit_build(sim, network->circuit, populations, rules);
    out->build_s = hk_clock_wall_s() - start_s;
    if (rc == HK_OK)
        rc = hk_bench_scratch_open(ctx, &scratch);
    if (rc == HK_OK)
        rc = record(ctx, network->circuit, populations, &scratch, &recorder);
    if (rc == HK_OK)
        rc = measure(sim, network, out);
    if (rc == HK_OK)
        weigh(sim, out);
    int closed = hk_recorder_close(recorder);
    hk_sim_destroy(sim);
    return rc == HK_OK ? closed : rc;
}

int hk_bench_network_run(hk_ctx *ctx, const hk_bench_network *network, hk_bench_run *out)
{
    *out = (hk_bench_run){ .peak_is_of_all = !forget_peak() };
    int rc = run_once(ctx, network, out);
    out->peak_bytes = read_peak();
    return rc;
}
