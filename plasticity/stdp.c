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
 * a_plus, no depression. Delays are axonal, unless `dendritic`: then pairs are timed where a presynaptic spike is when it is
 * sent, and a postsynaptic one a delay after it was fired. Times are exact; a change below half a float ulp of the weight is lost.
 *
 * Sources: Morrison, Diesmann & Gerstner (2008), Biol. Cybern. 98:459-478; Guetig, Aharonov, Rotter & Sompolinsky (2003),
 * J. Neurosci. 23:3697-3714. */
#include "plasticity/pair.h"
#include "plasticity/rules.h"
#include "sim/simulation.h"

#include <stdlib.h>

enum { TAU_PLUS, TAU_MINUS, A_PLUS, A_MINUS, MU_PLUS, MU_MINUS, W_MIN, W_MAX, HARD, PAIRING, DENDRITIC, N_PARAMS };

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
    [DENDRITIC] = { "dendritic", HK_UNIT_OPTION, 0.0, 0.0, 1.0,
                    "0: delays are axonal; 1: dendritic, and all the same" },
};

/* Everything that follows from the parameters. */
static int read_form(hk_ctx *ctx, const hk_pair *pair, const double *p, hk_bounds *b, hk_pair_form *out)
{
    unsigned pairing, dendritic;
    double resolution_ms = pair->synapses.resolution_ms;
    int rc = hk_bounds_init(ctx, b, "stdp", p[W_MIN], p[W_MAX], p[HARD]);
    if (rc == HK_OK)
        rc = hk_choice(ctx, "stdp", "pairing", p[PAIRING], 2, &pairing);
    if (rc == HK_OK)
        rc = hk_choice(ctx, "stdp", "dendritic", p[DENDRITIC], 2, &dendritic);
    if (rc == HK_OK)
        rc = hk_trace_check_tau(ctx, "stdp", "tau_plus_ms", p[TAU_PLUS], resolution_ms);
    if (rc == HK_OK)
        rc = hk_trace_check_tau(ctx, "stdp", "tau_minus_ms", p[TAU_MINUS], resolution_ms);
    if (rc != HK_OK)
        return rc;
    double range = b->w_max - b->w_min;
    *out = (hk_pair_form){
        .plus = { .gain = p[A_PLUS] * range,
                  .mu = p[MU_PLUS],
                  .toward = b->w_max,
                  .inv_room = 1.0 / range,
                  .low = b->low,
                  .high = b->high },
        .minus = { .gain = -p[A_MINUS] * range,
                   .mu = p[MU_MINUS],
                   .toward = b->w_min,
                   .inv_room = -1.0 / range,
                   .low = b->low,
                   .high = b->high },
        .pairing = pairing == 1 ? HK_PAIR_NEAREST : HK_PAIR_ALL,
        .tau_plus_ms = p[TAU_PLUS],
        .tau_minus_ms = p[TAU_MINUS],
        .dendritic = dendritic == 1,
    };
    return HK_OK;
}

static int change(hk_ctx *ctx, void *state, const double *p)
{
    hk_pair *pair = state;
    hk_bounds bounds;
    hk_pair_form form;
    int rc = read_form(ctx, pair, p, &bounds, &form);
    return rc == HK_OK ? hk_pair_change(ctx, pair, "stdp", &form) : rc;
}

static void destroy(void *state)
{
    hk_pair_fini(state);
    free(state);
}

static int create(hk_ctx *ctx, hk_projection *projection, const double *p, void **state)
{
    *state = NULL;
    hk_bounds bounds;
    hk_pair_form form;
    hk_pair *pair = calloc(1, sizeof *pair);
    if (pair == NULL)
        return hk_fail(ctx, HK_ENOMEM, "stdp: no memory for a rule");
    int rc = hk_pair_init(ctx, pair, "stdp", projection);
    if (rc == HK_OK)
        rc = read_form(ctx, pair, p, &bounds, &form);
    if (rc == HK_OK)
        rc = hk_pair_begin(ctx, pair, "stdp", &form);
    if (rc == HK_OK)
        rc = hk_bounds_check(ctx, &bounds, "stdp", &pair->synapses);
    if (rc == HK_OK)
        *state = pair;
    else
        destroy(pair);
    return rc;
}

hk_clips hk_stdp_clips(const void *state)
{
    return hk_pair_clips(state);
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
    .divide = hk_pair_divide,
    .pre = hk_pair_arrival,
    .post = hk_pair_spike,
    .catch_up = hk_pair_catch_up,
    .forget = hk_pair_forget,
    .archive = hk_pair_archive,
};
