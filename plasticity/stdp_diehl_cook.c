/* plasticity/stdp_diehl_cook.c - the triplet rule with which Diehl & Cook learnt MNIST, as their program has it.
 *
 *   x = 1 at an arrival, tau_pre;     y1 = y2 = 1 at a postsynaptic spike, tau_post1 and tau_post2; all decay exponentially
 *
 *   at an arrival             w -= lr_pre  W y1
 *   at a postsynaptic spike   w += lr_post W x y2      with y2 from before this spike, so the first of a burst is free
 *
 * W = w_max - w_min; theirs is 1. Hard bounds, counted.
 *
 * Equal times: the arrival comes first, so the postsynaptic spike of the same instant sees x = 1.
 *
 * Sources: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99; Pfister & Gerstner (2006), J. Neurosci. 26:9673-9682, for
 * the triplet. */
#include "plasticity/rules.h"
#include "plasticity/synapses.h"
#include "plasticity/trace.h"
#include "sim/simulation.h"

#include <stdlib.h>

enum { TAU_PRE, TAU_POST1, TAU_POST2, LR_PRE, LR_POST, W_MIN, W_MAX, HARD, N_PARAMS };

static const hk_column params[N_PARAMS] = {
    [TAU_PRE] = { "tau_pre_ms", "ms", 20.0, 1e-3, 1e9, "time constant of the trace of arrivals" },
    [TAU_POST1] = { "tau_post1_ms", "ms", 20.0, 1e-3, 1e9, "time constant of the trace that depresses" },
    [TAU_POST2] = { "tau_post2_ms", "ms", 40.0, 1e-3, 1e9, "time constant of the trace that lets potentiate" },
    [LR_PRE] = { "lr_pre", "", 1e-4, 0.0, 1e6, "depression at an arrival, in fractions of w_max - w_min" },
    [LR_POST] = { "lr_post", "", 1e-2, 0.0, 1e6, "potentiation at a spike, in fractions of w_max - w_min" },
    [W_MIN] = { "w_min", "weight", 0.0, -1e12, 1e12, "lower bound" },
    [W_MAX] = { "w_max", "weight", 1.0, -1e12, 1e12, "upper bound, above w_min" },
    [HARD] = { "hard", HK_UNIT_OPTION, 1.0, 0.0, 1.0, "1: weights stop at the bounds, and are counted; 0: no bounds" },
};

typedef struct diehl_cook {
    hk_synapses synapses;
    hk_bounds bounds;
    hk_trace x;                   /* [n_rows] */
    hk_trace y1, y2;              /* [n_post] */
    hk_weight_change plus, minus; /* gains without the decay of the traces */
    hk_clips clips;
} diehl_cook;

static int change(hk_ctx *ctx, void *state, const double *p)
{
    diehl_cook *rule = state;
    hk_bounds b;
    int rc = hk_bounds_init(ctx, &b, "stdp_diehl_cook", p[W_MIN], p[W_MAX], p[HARD]);
    for (int k = TAU_PRE; rc == HK_OK && k <= TAU_POST2; k++)
        rc = hk_trace_check_tau(ctx, "stdp_diehl_cook", params[k].name, p[k], rule->synapses.resolution_ms);
    if (rc != HK_OK)
        return rc;
    rule->bounds = b;
    double range = b.w_max - b.w_min;
    rule->plus = (hk_weight_change){ .gain = p[LR_POST] * range, .low = b.low, .high = b.high };
    rule->minus = (hk_weight_change){ .gain = -p[LR_PRE] * range, .low = b.low, .high = b.high };
    hk_time now = hk_sim_now(hk_projection_sim(rule->synapses.projection));
    hk_trace_set_tau(&rule->x, p[TAU_PRE], now);
    hk_trace_set_tau(&rule->y1, p[TAU_POST1], now);
    hk_trace_set_tau(&rule->y2, p[TAU_POST2], now);
    return HK_OK;
}

static void destroy(void *state)
{
    diehl_cook *rule = state;
    if (rule == NULL)
        return;
    hk_trace_fini(&rule->x);
    hk_trace_fini(&rule->y1);
    hk_trace_fini(&rule->y2);
    hk_synapses_fini(&rule->synapses);
    free(rule);
}

static int create(hk_ctx *ctx, hk_projection *projection, const double *p, void **state)
{
    *state = NULL;
    diehl_cook *rule = calloc(1, sizeof *rule);
    if (rule == NULL)
        return hk_fail(ctx, HK_ENOMEM, "stdp_diehl_cook: no memory for a rule");
    hk_synapses *s = &rule->synapses;
    int rc = hk_synapses_init(ctx, s, "stdp_diehl_cook", projection, HK_BY_SLAB_AND_COLUMN);
    if (rc == HK_OK)
        rc = hk_trace_init(ctx, &rule->x, s->n_rows, p[TAU_PRE], s->resolution_ms);
    if (rc == HK_OK)
        rc = hk_trace_init(ctx, &rule->y1, s->n_post, p[TAU_POST1], s->resolution_ms);
    if (rc == HK_OK)
        rc = hk_trace_init(ctx, &rule->y2, s->n_post, p[TAU_POST2], s->resolution_ms);
    if (rc == HK_OK)
        rc = change(ctx, rule, p);
    if (rc == HK_OK)
        rc = hk_bounds_check(ctx, &rule->bounds, "stdp_diehl_cook", s);
    if (rc == HK_OK)
        *state = rule;
    else
        destroy(rule);
    return rc;
}

static void on_arrival(void *state, const hk_part *part, uint32_t pre, uint32_t slot, hk_time now)
{
    diehl_cook *rule = state;
    (void)part;
    hk_weight_change minus = rule->minus;
    hk_slab slab = hk_synapses_slab(&rule->synapses, pre, slot);
    minus.gain *= hk_trace_factor(&rule->y1, now);
    hk_synapses_change_slab(&rule->synapses, &slab, rule->y1.scaled, &minus, &rule->clips);
    hk_trace_raise(&rule->x, hk_synapses_row(&rule->synapses, pre, slot), HK_PAIR_NEAREST, now);
}

static void on_spike(void *state, const hk_part *part, uint32_t post, hk_time now)
{
    diehl_cook *rule = state;
    (void)part;
    double y2 = hk_trace_factor(&rule->y2, now) * rule->y2.scaled[post];
    hk_weight_change plus = rule->plus;
    plus.gain *= hk_trace_factor(&rule->x, now) * y2;
    hk_synapses_change_column(&rule->synapses, post, rule->x.scaled, &plus, &rule->clips);
    hk_trace_raise(&rule->y1, post, HK_PAIR_NEAREST, now);
    hk_trace_raise(&rule->y2, post, HK_PAIR_NEAREST, now);
}

static void forget(void *state)
{
    diehl_cook *rule = state;
    hk_trace_forget(&rule->x);
    hk_trace_forget(&rule->y1);
    hk_trace_forget(&rule->y2);
}

static int archive(void *state, hk_archive *file)
{
    diehl_cook *rule = state;
    hk_time now = hk_sim_now(hk_projection_sim(rule->synapses.projection));
    int rc = hk_trace_archive(&rule->x, file, "x", now);
    if (rc == HK_OK)
        rc = hk_trace_archive(&rule->y1, file, "y1", now);
    if (rc == HK_OK)
        rc = hk_trace_archive(&rule->y2, file, "y2", now);
    if (rc == HK_OK)
        rc = hk_clips_archive(&rule->clips, file);
    return rc;
}

hk_clips hk_stdp_diehl_cook_clips(const void *state)
{
    const diehl_cook *rule = state;
    return rule->clips;
}

const hk_rule_type hk_stdp_diehl_cook = {
    .name = "stdp_diehl_cook",
    .summary = "triplet STDP of Diehl & Cook's MNIST network",
    .source = "Diehl & Cook (2015), Front. Comput. Neurosci. 9:99",
    .params = params,
    .n_params = N_PARAMS,
    .create = create,
    .destroy = destroy,
    .change = change,
    .pre = on_arrival,
    .post = on_spike,
    .forget = forget,
    .archive = archive,
};
