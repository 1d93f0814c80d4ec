/* tests/plastic_rig.h - spikes at chosen times on both sides of a plastic projection.
 *
 * `inputs` project onto `cells` through the plastic synapses; each cell has a teacher whose spike makes it fire at the very time
 * of arrival. The cells' threshold is so high that the plastic synapses never do. */
#ifndef HK_PLASTIC_RIG_H
#define HK_PLASTIC_RIG_H

#include "encoders/catalogue.h"
#include "neurons/lif.h"
#include "neurons/sources.h"
#include "plasticity/catalogue.h"
#include "plasticity/rules.h"
#include "sim/rng.h"
#include "sim/simulation.h"
#include "tests/hk_test.h"

static const double rig_resolution_ms = 0.125; /* dyadic: times on the grid meet exactly */
static const double rig_delay_ms = 1.5;        /* of the plastic synapses, unless a list says otherwise */
static const double teacher_delay_ms = 0.25;

typedef enum rig_layout { RIG_DENSE, RIG_SPARSE, RIG_DIAGONAL, RIG_LIST } rig_layout;

typedef struct rig_config {
    rig_layout layout; /* SPARSE: all pairs from a list; LIST: `list` */
    uint32_t n_inputs, n_cells;
    double weight; /* of all, unless a list says otherwise */
    const char *cpu;
    bool not_plastic;
    const hk_projection_config *list;
} rig_config;

typedef struct rig {
    hk_ctx *ctx;
    hk_sim *sim;
    hk_population *inputs, *teachers, *cells;
    hk_projection *plastic;
    hk_rule *rule;
} rig;

static inline void rig_connect_pairs(rig *r, const rig_config *cfg, hk_projection_config *p)
{
    uint32_t n = cfg->n_inputs * cfg->n_cells;
    uint32_t *pre = calloc(n, sizeof *pre), *post = calloc(n, sizeof *post);
    for (uint32_t k = 0; k < n; k++) {
        pre[k] = k / cfg->n_cells;
        post[k] = k % cfg->n_cells;
    }
    p->n = n;
    p->list_pre = pre;
    p->list_post = post;
    assert_ok(hk_projection_create(r->sim, p, &r->plastic));
    free(pre);
    free(post);
}

static inline void rig_init(rig *r, const rig_config *cfg)
{
    *r = (rig){ .ctx = hk_ctx_create() };
    assert_ok(hk_sim_create(r->ctx, &(hk_sim_config){ .resolution_ms = rig_resolution_ms, .seed = 5, .cpu = cfg->cpu },
                            &r->sim));
    assert_ok(hk_population_create(r->sim, "inputs", &hk_spike_source, cfg->n_inputs, &r->inputs));
    assert_ok(hk_population_create(r->sim, "teachers", &hk_spike_source, cfg->n_cells, &r->teachers));
    assert_ok(hk_population_create(r->sim, "cells", &hk_lif, cfg->n_cells, &r->cells));
    assert_ok(hk_population_set_value(r->cells, "v_th_mv", 1e5));
    assert_ok(hk_population_set_value(r->cells, "t_ref_ms", 0.0));
    hk_projection *teaching;
    assert_ok(hk_projection_create(r->sim,
                                   &(hk_projection_config){ .pre = r->teachers,
                                                            .post = r->cells,
                                                            .connect = HK_ONE_TO_ONE,
                                                            .weight = hk_constant(1e9),
                                                            .delay_ms = hk_constant(teacher_delay_ms) },
                                   &teaching));
    hk_projection_config p = { .name = "plastic",
                               .connect = HK_EXPLICIT,
                               .weight = hk_constant(cfg->weight),
                               .delay_ms = hk_constant(rig_delay_ms) };
    if (cfg->layout == RIG_LIST)
        p = *cfg->list;
    p.pre = r->inputs;
    p.post = r->cells;
    p.plastic = !cfg->not_plastic;
    if (cfg->layout == RIG_SPARSE) {
        rig_connect_pairs(r, cfg, &p);
        return;
    }
    if (cfg->layout != RIG_LIST)
        p.connect = cfg->layout == RIG_DENSE ? HK_ALL_TO_ALL : HK_ONE_TO_ONE;
    assert_ok(hk_projection_create(r->sim, &p, &r->plastic));
}

static inline void rig_fini(rig *r)
{
    hk_sim_destroy(r->sim);
    hk_ctx_destroy(r->ctx);
}

typedef struct rig_param {
    const char *name;
    double value;
} rig_param;

static inline int rig_try_attach(rig *r, const char *type, const rig_param *params, size_t n)
{
    const char *names[16];
    double values[16];
    for (size_t k = 0; k < n; k++) {
        names[k] = params[k].name;
        values[k] = params[k].value;
    }
    const hk_rule_type *found = hk_rule_type_find(type);
    assert_non_null(found);
    return hk_rule_attach(r->plastic, found, n, names, values, &r->rule);
}

#define RIG_ATTACH(r, type, ...)                                    \
    rig_try_attach((r), (type), (const rig_param[]){ __VA_ARGS__ }, \
                   sizeof((const rig_param[]){ __VA_ARGS__ }) / sizeof(rig_param))

static inline void rig_run_to(rig *r, double ms)
{
    double steps = nearbyint((ms - hk_sim_now_ms(r->sim)) / rig_resolution_ms);
    assert_ok(hk_sim_run(r->sim, steps * rig_resolution_ms));
}

/* A spike of input `id` that arrives at `ms`. */
static inline void rig_arrive(rig *r, uint32_t id, double ms)
{
    double at = ms - rig_delay_ms;
    assert_ok(hk_spike_source_add(r->inputs, 1, &at, &id));
}

/* A spike of cell `id` at `ms`. */
static inline void rig_fire(rig *r, uint32_t id, double ms)
{
    double at = ms - teacher_delay_ms;
    assert_ok(hk_spike_source_add(r->teachers, 1, &at, &id));
}

/* A sample of window_ms in which the encoder adds no spike to those planned: rules see its end. */
static inline void rig_empty_sample(rig *r, double window_ms)
{
    double params[8];
    assert_true(hk_binary.n_params <= N_OF(params));
    hk_encoder_defaults(&hk_binary, params);
    uint32_t n = hk_population_n(r->inputs);
    float *values = calloc(n, sizeof *values);
    hk_encoding encoding = { .values = values, .n = n, .window_ms = window_ms, .params = params };
    assert_ok(hk_sim_present(r->sim, r->inputs, &hk_binary, &encoding, 0.0, NULL));
    free(values);
}

/* Weights of all synapses, ordered by input, then cell, then delay. */
static inline uint64_t rig_weights(rig *r, double *weight, uint64_t n)
{
    return hk_projection_list(r->plastic, n, NULL, NULL, weight, NULL);
}

static inline double rig_weight(rig *r)
{
    double w;
    assert_int_equal(rig_weights(r, &w, 1), 1);
    return w;
}

/* Random spikes of everybody in [from, to), arriving or fired at continuous times, some of them at equal times on the
 * grid. The same for every rig with as many inputs and cells. */
static inline void rig_random_spikes(rig *r, double from, double to, uint32_t sub)
{
    hk_stream s = hk_stream_open(71, HK_PURPOSE_TEST, 3, sub);
    uint32_t n_inputs = hk_population_n(r->inputs), n_cells = hk_population_n(r->cells);
    uint32_t n = (uint32_t)((to - from) * 0.08 * (n_inputs + n_cells));
    for (uint32_t k = 0; k < n; k++) {
        double t = from + (to - from) * hk_stream_uniform(&s);
        if (k % 5 == 0)
            t = floor(t) + 0.5;
        uint32_t who = (uint32_t)hk_stream_below(&s, n_inputs + n_cells);
        if (who < n_inputs)
            rig_arrive(r, who, t);
        else
            rig_fire(r, who - n_inputs, t);
    }
}

#endif
