/* plasticity/stdp.c - pair-based spike-timing-dependent plasticity.
 *
 *   dx/dt = -x / tau_plus     x += 1 (or = 1) when a spike of the presynaptic neuron arrives
 *   dy/dt = -y / tau_minus    y += 1 (or = 1) when the postsynaptic neuron spikes
 *
 *   at a postsynaptic spike   w += a_plus  W x (1 - u)^mu_plus
 *   at an arrival             w -= a_minus W y u^mu_minus       W = w_max - w_min, u = (w - w_min) / W
 *
 * mu = 0: additive, mu = 1: multiplicative, between: Guetig's family. With u outside [0, 1] (only without hard bounds)
 * the base of the power counts as 0 beyond the bound. pairing 0, all-to-all: traces add up. pairing 1, nearest neighbour,
 * symmetric: a trace is set to 1, so that each spike is paired with the last one of the other side.
 *
 * Equal times: the arrival comes first. A pair at the same instant is pre before post: potentiation by the full
 * a_plus, no depression. Delays are axonal, times are exact; a change below half a float ulp of the weight is lost.
 *
 * Sources: Morrison, Diesmann & Gerstner (2008), Biol. Cybern. 98:459-478; Guetig, Aharonov, Rotter & Sompolinsky (2003),
 * J. Neurosci. 23:3697-3714. */
#include "plasticity/rules.h"
#include "plasticity/synapses.h"
#include "plasticity/trace.h"
#include "sim/simulation.h"

#include <stdlib.h>

enum { TAU_PLUS, TAU_MINUS, A_PLUS, A_MINUS, MU_PLUS, MU_MINUS, W_MIN, W_MAX, HARD, PAIRING, N_PARAMS };

static const hk_column params[N_PARAMS] = {
    [TAU_PLUS] = { "tau_plus_ms", "ms", 20.0, 1e-3, 1e9, "time constant of the trace of arrivals" },
    [TAU_MINUS] = { "tau_minus_ms", "ms", 20.0, 1e-3, 1e9, "time constant of the trace of postsynaptic spikes" },
    [A_PLUS] = { "a_plus", "", 0.01, 0.0, 1e6, "potentiation per unit of trace, in fractions of w_max - w_min" },
    [A_MINUS] = { "a_minus", "", 0.012, 0.0, 1e6, "depression per unit of trace, in fractions of w_max - w_min" },
    [MU_PLUS] = { "mu_plus", "", 0.0, 0.0, 10.0, "weight dependence of potentiation: 0 additive, 1 multiplicative" },
    [MU_MINUS] = { "mu_minus", "", 0.0, 0.0, 10.0, "weight dependence of depression: 0 additive, 1 multiplicative" },
    [W_MIN] = { "w_min", "weight", 0.0, -1e12, 1e12, "lower bound" },
    [W_MAX] = { "w_max", "weight", 1.0, -1e12, 1e12, "upper bound, above w_min" },
    [HARD] = { "hard", HK_UNIT_OPTION, 1.0, 0.0, 1.0,
               "1: weights stop at the bounds, and are counted; 0: only mu bounds them" },
    [PAIRING] = { "pairing", HK_UNIT_OPTION, 0.0, 0.0, 1.0, "0: all-to-all; 1: nearest neighbour" },
};

typedef struct stdp {
    hk_synapses synapses;
    hk_bounds bounds;
    hk_trace x;                   /* [n_rows] arrivals */
    hk_trace y;                   /* [n_post] */
    hk_weight_change plus, minus; /* gains without the decay of the trace */
    hk_pairing pairing;
    hk_clips clips;
} stdp;

/* Everything that follows from the parameters. */
static int change(hk_ctx *ctx, void *state, const double *p)
{
    stdp *rule = state;
    hk_bounds b;
    unsigned pairing;
    int rc = hk_bounds_init(ctx, &b, "stdp", p[W_MIN], p[W_MAX], p[HARD]);
    if (rc == HK_OK)
        rc = hk_choice(ctx, "stdp", "pairing", p[PAIRING], 2, &pairing);
    if (rc != HK_OK)
        return rc;
    rule->bounds = b;
    double range = b.w_max - b.w_min;
    rule->plus = (hk_weight_change){ .gain = p[A_PLUS] * range,
                                     .mu = p[MU_PLUS],
                                     .toward = b.w_max,
                                     .inv_room = 1.0 / range,
                                     .low = b.low,
                                     .high = b.high };
    rule->minus = (hk_weight_change){ .gain = -p[A_MINUS] * range,
                                      .mu = p[MU_MINUS],
                                      .toward = b.w_min,
                                      .inv_room = -1.0 / range,
                                      .low = b.low,
                                      .high = b.high };
    rule->pairing = pairing == 1 ? HK_PAIR_NEAREST : HK_PAIR_ALL;
    hk_time now = hk_sim_now(hk_projection_sim(rule->synapses.projection));
    hk_trace_set_tau(&rule->x, p[TAU_PLUS], now);
    hk_trace_set_tau(&rule->y, p[TAU_MINUS], now);
    return HK_OK;
}

static void destroy(void *state)
{
    stdp *rule = state;
    if (rule == NULL)
        return;
    hk_trace_fini(&rule->x);
    hk_trace_fini(&rule->y);
    hk_synapses_fini(&rule->synapses);
    free(rule);
}

static int create(hk_ctx *ctx, hk_projection *projection, const double *p, void **state)
{
    *state = NULL;
    stdp *rule = calloc(1, sizeof *rule);
    if (rule == NULL)
        return hk_fail(ctx, HK_ENOMEM, "stdp: no memory for a rule");
    hk_synapses *s = &rule->synapses;
    int rc = hk_synapses_init(ctx, s, "stdp", projection, HK_BY_SLAB_AND_COLUMN);
    if (rc == HK_OK)
        rc = hk_trace_init(ctx, &rule->x, s->n_rows, p[TAU_PLUS], s->resolution_ms);
    if (rc == HK_OK)
        rc = hk_trace_init(ctx, &rule->y, s->n_post, p[TAU_MINUS], s->resolution_ms);
    if (rc == HK_OK)
        rc = change(ctx, rule, p);
    if (rc == HK_OK)
        rc = hk_bounds_check(ctx, &rule->bounds, "stdp", s);
    if (rc == HK_OK)
        *state = rule;
    else
        destroy(rule);
    return rc;
}

static void on_arrival(void *state, uint32_t pre, uint32_t slot, hk_time now)
{
    stdp *rule = state;
    hk_weight_change minus = rule->minus;
    minus.gain *= hk_trace_factor(&rule->y, now);
    hk_synapses_change_slab(&rule->synapses, pre, slot, rule->y.scaled, &minus, &rule->clips);
    hk_trace_raise(&rule->x, hk_synapses_row(&rule->synapses, pre, slot), rule->pairing, now);
}

static void on_spike(void *state, uint32_t post, hk_time now)
{
    stdp *rule = state;
    hk_weight_change plus = rule->plus;
    plus.gain *= hk_trace_factor(&rule->x, now);
    hk_synapses_change_column(&rule->synapses, post, rule->x.scaled, &plus, &rule->clips);
    hk_trace_raise(&rule->y, post, rule->pairing, now);
}

static void forget(void *state)
{
    stdp *rule = state;
    hk_trace_forget(&rule->x);
    hk_trace_forget(&rule->y);
}

static int archive(void *state, hk_archive *file)
{
    stdp *rule = state;
    hk_time now = hk_sim_now(hk_projection_sim(rule->synapses.projection));
    int rc = hk_trace_archive(&rule->x, file, "x", now);
    if (rc == HK_OK)
        rc = hk_trace_archive(&rule->y, file, "y", now);
    if (rc == HK_OK)
        rc = hk_clips_archive(&rule->clips, file);
    return rc;
}

hk_clips hk_stdp_clips(const void *state)
{
    const stdp *rule = state;
    return rule->clips;
}

const hk_rule_type hk_stdp = {
    .name = "stdp",
    .summary = "pair STDP, all-to-all or nearest neighbour, additive to multiplicative, hard bounds",
    .source = "Morrison, Diesmann & Gerstner (2008), Biol. Cybern. 98:459-478; Guetig et al. (2003), J. Neurosci. "
              "23:3697-3714",
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
