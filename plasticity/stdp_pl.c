/* plasticity/stdp_pl.c - pair plasticity with power-law potentiation and multiplicative depression.
 *
 *   dx/dt = -x / tau_plus     x += 1 when a spike of the presynaptic neuron arrives
 *   dy/dt = -y / tau_minus    y += 1 when the postsynaptic neuron spikes
 *
 *   at a postsynaptic spike   w += lambda       w0 (w / w0)^mu x
 *   at an arrival             w -= lambda alpha w              y
 *
 * All pairs count. Potentiation is that of the paper, lambda w0^(1 - mu) w^mu; with w0 = 1 in the unit of weights it is
 * lambda w^mu. A weight does not fall below 0, counted, and one at 0 stays there (unless mu is 0).
 *
 * Equal times: the arrival comes first. Delays are axonal, so pairs are timed at the arrival, unless `dendritic`: then they are
 * timed where a presynaptic spike is when it is sent, and a postsynaptic one a delay after it was fired.
 *
 * Source: Morrison, Aertsen & Diesmann (2007), Neural Comput. 19:1437-1467. */
#include "plasticity/pair.h"
#include "plasticity/rules.h"
#include "sim/simulation.h"

#include <math.h>
#include <stdlib.h>

enum { TAU_PLUS, TAU_MINUS, LAMBDA, ALPHA, MU, W0, DENDRITIC, N_PARAMS };

static const hk_column params[N_PARAMS] = {
    [TAU_PLUS] = { "tau_plus_ms", "ms", 20.0, 1e-3, 1e9, "time constant of the trace of arrivals" },
    [TAU_MINUS] = { "tau_minus_ms", "ms", 20.0, 1e-3, 1e9, "time constant of the trace of postsynaptic spikes" },
    [LAMBDA] = { "lambda", "", 0.1, 0.0, 1e6, "learning rate" },
    [ALPHA] = { "alpha", "", 0.11, 0.0, 1e6, "strength of depression, relative to potentiation at w0" },
    [MU] = { "mu", "", 0.4, 0.0, 10.0, "exponent of the weight in potentiation" },
    [W0] = { "w0", "weight", 1.0, 1e-12, 1e12, "the weight at which potentiation does not depend on mu" },
    [DENDRITIC] = { "dendritic", HK_UNIT_OPTION, 0.0, 0.0, 1.0,
                    "0: delays are axonal; 1: dendritic, and all the same" },
};

static int read_form(hk_ctx *ctx, const hk_pair *pair, const double *p, hk_pair_form *out)
{
    double resolution_ms = pair->synapses.resolution_ms;
    unsigned dendritic;
    int rc = hk_choice(ctx, "stdp_pl", "dendritic", p[DENDRITIC], 2, &dendritic);
    if (rc == HK_OK)
        rc = hk_trace_check_tau(ctx, "stdp_pl", "tau_plus_ms", p[TAU_PLUS], resolution_ms);
    if (rc == HK_OK)
        rc = hk_trace_check_tau(ctx, "stdp_pl", "tau_minus_ms", p[TAU_MINUS], resolution_ms);
    if (rc != HK_OK)
        return rc;
    hk_weight_change change = { .toward = 0.0, .inv_room = -1.0 / p[W0], .low = 0.0, .high = HUGE_VAL };
    *out = (hk_pair_form){
        .plus = change,
        .minus = change,
        .pairing = HK_PAIR_ALL,
        .tau_plus_ms = p[TAU_PLUS],
        .tau_minus_ms = p[TAU_MINUS],
        .dendritic = dendritic == 1,
    };
    out->plus.gain = p[LAMBDA] * p[W0];
    out->plus.mu = p[MU];
    out->minus.gain = -p[LAMBDA] * p[ALPHA] * p[W0];
    out->minus.mu = 1.0;
    return HK_OK;
}

static int change(hk_ctx *ctx, void *state, const double *p)
{
    hk_pair_form form;
    int rc = read_form(ctx, state, p, &form);
    return rc == HK_OK ? hk_pair_change(ctx, state, "stdp_pl", &form) : rc;
}

static void destroy(void *state)
{
    hk_pair_fini(state);
    free(state);
}

static int create(hk_ctx *ctx, hk_projection *projection, const double *p, void **state)
{
    *state = NULL;
    const hk_bounds positive = { .w_max = HUGE_VAL, .high = HUGE_VAL };
    hk_pair_form form;
    hk_pair *pair = calloc(1, sizeof *pair);
    if (pair == NULL)
        return hk_fail(ctx, HK_ENOMEM, "stdp_pl: no memory for a rule");
    int rc = hk_pair_init(ctx, pair, "stdp_pl", projection);
    if (rc == HK_OK)
        rc = read_form(ctx, pair, p, &form);
    if (rc == HK_OK)
        rc = hk_pair_begin(ctx, pair, "stdp_pl", &form);
    if (rc == HK_OK)
        rc = hk_bounds_check(ctx, &positive, "stdp_pl", &pair->synapses);
    if (rc == HK_OK)
        *state = pair;
    else
        destroy(pair);
    return rc;
}

hk_clips hk_stdp_pl_clips(const void *state)
{
    return hk_pair_clips(state);
}

const hk_rule_type hk_stdp_pl = {
    .name = "stdp_pl",
    .summary = "pair STDP, all-to-all, potentiation a power of the weight, depression proportional to it",
    .source = "Morrison, Aertsen & Diesmann (2007), Neural Comput. 19:1437-1467",
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
