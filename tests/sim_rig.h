/* tests/sim_rig.h - a simulation with its context, and what the tests of the engine ask of it again and again. */
#ifndef HK_SIM_RIG_H
#define HK_SIM_RIG_H

#include "tests/hk_test.h"

#include "neurons/catalogue.h"
#include "sim/grid.h"
#include "sim/simulation.h"

#include <stdbool.h>

typedef struct rig {
    hk_ctx *ctx;
    hk_sim *sim;
} rig;

static inline void rig_status(const rig *r, int actual, int expected, const char *what, const char *file, int line)
{
    if (actual == expected)
        return;
    print_error("%s gave %d: %s; expected %d (%s)\n", what, actual, hk_ctx_message(r->ctx), expected,
                hk_status_text(expected));
    _fail(file, line);
}

#define rig_gives(r, call, expected) rig_status((r), (call), (expected), #call, __FILE__, __LINE__)
#define rig_ok(r, call) rig_gives((r), (call), HK_OK)

static inline rig rig_open_with(hk_sim_config cfg)
{
    rig r = { .ctx = hk_ctx_create() };
    assert_non_null(r.ctx);
    rig_ok(&r, hk_sim_create(r.ctx, &cfg, &r.sim));
    r.sim->least_work = 0; /* windows of the smallest networks are handed round, too */
    return r;
}

static inline rig rig_open_as(double resolution_ms, uint64_t seed, const char *cpu)
{
    return rig_open_with((hk_sim_config){ .resolution_ms = resolution_ms, .seed = seed, .cpu = cpu });
}

static inline rig rig_open(void)
{
    return rig_open_as(0.1, 2385, NULL);
}

static inline void rig_close(rig *r)
{
    hk_sim_destroy(r->sim);
    hk_ctx_destroy(r->ctx);
    *r = (rig){ 0 };
}

static inline hk_population *rig_neurons(rig *r, const char *name, const char *model, uint32_t n)
{
    hk_population *population;
    rig_ok(r, hk_population_create(r->sim, name, hk_neuron_model_find(model), n, &population));
    return population;
}

static inline void rig_set(rig *r, hk_population *population, const char *name, double value)
{
    rig_ok(r, hk_population_set_value(population, name, value));
}

static inline double rig_get(rig *r, hk_population *population, const char *name, uint32_t i)
{
    double values[4096];
    assert_true(hk_population_n(population) <= N_OF(values));
    rig_ok(r, hk_population_get(population, name, values));
    return values[i];
}

/* One connection, weight in double precision. */
static inline void rig_wire(rig *r, hk_population *pre, uint32_t from, hk_population *post, uint32_t to, double weight,
                            double delay_ms)
{
    static unsigned n_wires;
    char name[40];
    snprintf(name, sizeof name, "wire%u", n_wires++);
    hk_projection *projection;
    rig_ok(r, hk_projection_create(r->sim,
                                   &(hk_projection_config){ .name = name,
                                                            .pre = pre,
                                                            .post = post,
                                                            .connect = HK_EXPLICIT,
                                                            .n = 1,
                                                            .list_pre = &from,
                                                            .list_post = &to,
                                                            .list_weight = &weight,
                                                            .list_delay_ms = &delay_ms,
                                                            .double_weights = true },
                                   &projection));
}

static inline void rig_give(rig *r, hk_population *source, uint32_t id, double time_ms)
{
    rig_ok(r, hk_spike_source_add(source, 1, &time_ms, &id));
}

static inline void rig_run(rig *r, double ms)
{
    rig_ok(r, hk_sim_run(r->sim, ms));
}

/* All spikes of one population, gathered at the end of each window. */
typedef struct raster {
    const hk_population *of;
    hk_spike *spikes;
    size_t n, capacity;
} raster;

static inline int raster_gather(hk_sim *sim, hk_time end, void *user)
{
    (void)sim;
    (void)end;
    raster *all = user;
    size_t n;
    const hk_spike *spikes = hk_population_spikes(all->of, &n);
    if (all->n + n > all->capacity) {
        all->capacity = 2 * (all->n + n) + 64;
        all->spikes = realloc(all->spikes, all->capacity * sizeof *all->spikes);
        assert_non_null(all->spikes);
    }
    if (n > 0)
        memcpy(all->spikes + all->n, spikes, n * sizeof *spikes);
    all->n += n;
    return 0;
}

static inline void raster_of(rig *r, raster *all, const hk_population *population)
{
    *all = (raster){ .of = population };
    hk_sim_on_window(r->sim, raster_gather, all);
}

static inline void raster_free(raster *all)
{
    free(all->spikes);
    *all = (raster){ 0 };
}

static inline double raster_ms(const rig *r, const raster *all, size_t k)
{
    assert_true(k < all->n);
    return hk_time_to_ms(all->spikes[k].time, hk_sim_resolution_ms(r->sim));
}

#endif
