/* experiments/bench_delivery.c - see bench_delivery.h. */
#include "experiments/bench_delivery.h"

#include "experiments/clock.h"
#include "neurons/catalogue.h"
#include "sim/simulation.h"

#include <stdbool.h>
#include <stdlib.h>

typedef struct setting {
    const char *name, *model;
    uint32_t n_pre, n_post, fan_out; /* fan_out 0: dense */
    double rate_hz, weight, piece_ms;
} setting;

static const setting settings[HK_BENCH_DELIVERIES] = {
    [HK_BENCH_DELIVERY_LIF] = { "sparse, fan-out 1000, lif", "lif", 12500, 12500, 1000, 20.0, 1e-4, 100.0 },
    [HK_BENCH_DELIVERY_LIF_EXP] = { "sparse, fan-out 1000, lif_exp", "lif_exp", 12500, 12500, 1000, 20.0, 1e-4, 100.0 },
    [HK_BENCH_DELIVERY_DENSE] = { "dense, rows of 400, lif", "lif", 784, 400, 0, 50.0, 1e-5, 1000.0 },
};

typedef struct bench {
    const setting *setting;
    hk_sim *sim;
    hk_population *pre, *post;
    hk_stream stream;
    size_t n; /* spikes in a piece */
    double *times_ms;
    uint32_t *ids;
} bench;

static int build(hk_ctx *ctx, bench *b)
{
    const setting *s = b->setting;
    hk_projection *projection;
    int rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = 0.1, .seed = 12 }, &b->sim);
    if (rc == HK_OK)
        rc = hk_population_create(b->sim, "pre", hk_neuron_model_find("spike_source"), s->n_pre, &b->pre);
    if (rc == HK_OK)
        rc = hk_population_create(b->sim, "post", hk_neuron_model_find(s->model), s->n_post, &b->post);
    if (rc == HK_OK)
        rc = hk_projection_create(
            b->sim,
            &(hk_projection_config){ .pre = b->pre,
                                     .post = b->post,
                                     .connect = s->fan_out == 0 ? HK_ALL_TO_ALL : HK_FIXED_INDEGREE,
                                     .n = (uint64_t)s->fan_out * s->n_pre / s->n_post,
                                     .weight = hk_constant(s->weight),
                                     .delay_ms = hk_constant(1.5) },
            &projection);
    b->n = (size_t)(s->n_pre * s->rate_hz * s->piece_ms * 1e-3);
    b->times_ms = malloc(b->n * sizeof *b->times_ms);
    b->ids = malloc(b->n * sizeof *b->ids);
    b->stream = hk_stream_open(12, HK_PURPOSE_EXPERIMENT, 0, 0);
    if (rc == HK_OK && (b->times_ms == NULL || b->ids == NULL))
        rc = hk_fail(ctx, HK_ENOMEM, "bench delivery: out of memory for %zu spikes", b->n);
    return rc;
}

/* The given number of spikes in the next piece, each at a random time in its own share of it: in order, as populations send
 * theirs, so that delivery is measured and no sorting. */
static int give_spikes(bench *b)
{
    double now_ms = hk_sim_now_ms(b->sim);
    for (size_t k = 0; k < b->n; k++) {
        b->times_ms[k] = now_ms + b->setting->piece_ms * ((double)k + hk_stream_uniform(&b->stream)) / (double)b->n;
        b->ids[k] = (uint32_t)hk_stream_below(&b->stream, b->setting->n_pre);
    }
    return hk_spike_source_add(b->pre, b->n, b->times_ms, b->ids);
}

static int run_piece(bench *b, hk_bench_delivery *piece)
{
    int rc = give_spikes(b);
    if (rc != HK_OK)
        return rc;
    hk_sim_stats before = hk_sim_get_stats(b->sim);
    double start_s = hk_clock_thread_cpu_s();
    rc = hk_sim_run(b->sim, b->setting->piece_ms);
    *piece = (hk_bench_delivery){ .name = b->setting->name, .cpu_s = hk_clock_thread_cpu_s() - start_s };
    hk_sim_stats after = hk_sim_get_stats(b->sim);
    piece->synaptic_events = after.synaptic_events - before.synaptic_events;
    piece->spikes = after.events - before.events;
    return rc;
}

static bool is_faster(const hk_bench_delivery *a, const hk_bench_delivery *b)
{
    return (double)a->synaptic_events * b->cpu_s > (double)b->synaptic_events * a->cpu_s;
}

static int measure(hk_ctx *ctx, const setting *s, double seconds, hk_bench_delivery *out)
{
    bench b = { .setting = s };
    hk_bench_delivery piece;
    double cpu_s = 0.0;
    int rc = build(ctx, &b);
    if (rc == HK_OK)
        rc = run_piece(&b, out); /* warm-up */
    for (int k = 0; rc == HK_OK && (k == 0 || cpu_s < seconds); k++) {
        rc = run_piece(&b, &piece);
        cpu_s += piece.cpu_s;
        if (rc == HK_OK && (k == 0 || is_faster(&piece, out)))
            *out = piece;
    }
    if (rc == HK_OK && hk_population_n_spikes(b.post) > 0)
        rc = hk_fail(ctx, HK_ESTATE, "bench delivery: %s: neurons spiked, so that more than delivery was measured",
                     s->name);
    hk_sim_destroy(b.sim);
    free(b.times_ms);
    free(b.ids);
    return rc;
}

int hk_bench_delivery_run(hk_ctx *ctx, double seconds, hk_bench_delivery out[HK_BENCH_DELIVERIES])
{
    if (!(seconds > 0.0))
        return hk_fail(ctx, HK_ERANGE, "bench delivery: seconds = %g, must be > 0", seconds);
    for (int i = 0; i < HK_BENCH_DELIVERIES; i++) {
        int rc = measure(ctx, &settings[i], seconds, &out[i]);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}
