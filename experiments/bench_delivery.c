/* experiments/bench_delivery.c - see bench_delivery.h. */
#include "experiments/bench_delivery.h"

#include "neurons/catalogue.h"

#include <time.h>

typedef struct setting {
    const char *name, *model;
    uint32_t n_pre, n_post, fan_out; /* fan_out 0: dense */
    double rate_hz, weight;          /* weights too small to let a neuron spike: delivery alone is measured */
} setting;

static const setting settings[HK_BENCH_DELIVERIES] = {
    { "sparse, fan-out 1000, lif", "lif", 12500, 12500, 1000, 20.0, 1e-4 },
    { "sparse, fan-out 1000, lif_exp", "lif_exp", 12500, 12500, 1000, 20.0, 1e-4 },
    { "dense, rows of 400, lif", "lif", 784, 400, 0, 50.0, 1e-5 },
};

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int measure(hk_ctx *ctx, const setting *s, double seconds, hk_bench_delivery *out)
{
    hk_sim *sim = NULL;
    hk_population *pre = NULL, *post = NULL;
    hk_projection *projection = NULL;
    int rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = 0.1, .seed = 12 }, &sim);
    if (rc == HK_OK)
        rc = hk_population_create(sim, "pre", hk_neuron_model_find("poisson"), s->n_pre, &pre);
    if (rc == HK_OK)
        rc = hk_population_create(sim, "post", hk_neuron_model_find(s->model), s->n_post, &post);
    if (rc == HK_OK)
        rc = hk_population_set_value(pre, "rate_hz", s->rate_hz);
    if (rc == HK_OK)
        rc = hk_projection_create(sim, &(hk_projection_config){ .pre = pre,
                                                                .post = post,
                                                                .connect = s->fan_out == 0 ? HK_ALL_TO_ALL : HK_FIXED_INDEGREE,
                                                                .n = (uint64_t)s->fan_out * s->n_pre / s->n_post,
                                                                .weight = hk_constant(s->weight),
                                                                .delay_ms = hk_constant(1.5) },
                                  &projection);
    if (rc == HK_OK)
        rc = hk_sim_run(sim, 100.0); /* warm-up */
    double start = cpu_s();
    hk_sim_stats before = { 0 };
    if (rc == HK_OK)
        before = hk_sim_get_stats(sim);
    while (rc == HK_OK && cpu_s() - start < seconds)
        rc = hk_sim_run(sim, 100.0);
    if (rc == HK_OK) {
        *out = (hk_bench_delivery){ .name = s->name, .cpu_s = cpu_s() - start };
        out->synaptic_events = hk_sim_get_stats(sim).synaptic_events - before.synaptic_events;
        out->spikes = hk_sim_get_stats(sim).events - before.events;
    }
    hk_sim_destroy(sim);
    return rc;
}

int hk_bench_delivery_run(hk_ctx *ctx, double seconds, hk_bench_delivery out[HK_BENCH_DELIVERIES])
{
    for (int i = 0; i < HK_BENCH_DELIVERIES; i++) {
        int rc = measure(ctx, &settings[i], seconds, &out[i]);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}
