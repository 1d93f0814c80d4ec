/* plasticity/hebbian.c - Hebbian learning that limits itself: Oja's rule on spikes.
 *
 *   dx/dt = -x / tau_pre      x += 1 at an arrival
 *   dy/dt = -y / tau_post     y += 1 at a postsynaptic spike
 *
 *   at a postsynaptic spike, after y has risen     w += lr (w_unit x - y w)
 *
 * Oja's dw = lr y (x - y w) has the factor y twice. Here the first is the spike itself (a neuron that fires twice as much learns
 * twice as often), the second is the trace, so that with a firing rate proportional to the input, rate = c w.x, the mean
 * change is lr (E[rate x] - E[rate y] w): weights turn towards the first principal component of the (uncentred) input
 * traces and stop growing. A second trace as a factor of the whole would make it the third moment instead. As y >= 1 when
 * it is used, weights stay below w_unit max(x); lr y must stay below 1 for that to be stable.
 *
 * Equal times: the arrival comes first. Source: Oja (1982), J. Math. Biol. 15:267-273. */
#include "plasticity/rules.h"
#include "plasticity/synapses.h"
#include "plasticity/trace.h"
#include "sim/simulation.h"

#include <math.h>
#include <stdlib.h>

enum { TAU_PRE, TAU_POST, LR, W_UNIT, N_PARAMS };

static const hk_column params[N_PARAMS] = {
    [TAU_PRE] = { "tau_pre_ms", "ms", 20.0, 1e-3, 1e9, "time constant of the trace of arrivals" },
    [TAU_POST] = { "tau_post_ms", "ms", 20.0, 1e-3, 1e9, "time constant of the trace of postsynaptic spikes" },
    [LR] = { "lr", "", 1e-3, 0.0, 1.0, "learning rate; times y below 1" },
    [W_UNIT] = { "w_unit", "weight", 1.0, 1e-12, 1e12, "the weight that counts as 1" },
};

typedef struct hebbian {
    hk_synapses synapses;
    hk_trace x; /* [n_rows] */
    hk_trace y; /* [n_post] */
    double lr, w_unit;
} hebbian;

static int change(hk_ctx *ctx, void *state, const double *p)
{
    hebbian *rule = state;
    hk_time now = hk_sim_now(hk_projection_sim(rule->synapses.projection));
    for (int k = TAU_PRE; k <= TAU_POST; k++) {
        int rc = hk_trace_check_tau(ctx, "hebbian", params[k].name, p[k], rule->synapses.resolution_ms);
        if (rc != HK_OK)
            return rc;
    }
    rule->lr = p[LR];
    rule->w_unit = p[W_UNIT];
    hk_trace_set_tau(&rule->x, p[TAU_PRE], now);
    hk_trace_set_tau(&rule->y, p[TAU_POST], now);
    return HK_OK;
}

static void destroy(void *state)
{
    hebbian *rule = state;
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
    hebbian *rule = calloc(1, sizeof *rule);
    if (rule == NULL)
        return hk_fail(ctx, HK_ENOMEM, "hebbian: no memory for a rule");
    hk_synapses *s = &rule->synapses;
    int rc = hk_synapses_init(ctx, s, "hebbian", projection, HK_BY_SLAB_AND_COLUMN);
    if (rc == HK_OK)
        rc = hk_trace_init(ctx, &rule->x, s->n_rows, p[TAU_PRE], s->resolution_ms);
    if (rc == HK_OK)
        rc = hk_trace_init(ctx, &rule->y, s->n_post, p[TAU_POST], s->resolution_ms);
    if (rc == HK_OK)
        rc = change(ctx, rule, p);
    if (rc == HK_OK)
        *state = rule;
    else
        destroy(rule);
    return rc;
}

static void on_arrival(void *state, const hk_part *part, uint32_t pre, uint32_t slot, hk_time now)
{
    hebbian *rule = state;
    (void)part;
    hk_trace_raise(&rule->x, hk_synapses_row(&rule->synapses, pre, slot), HK_PAIR_ALL, now);
}

static void on_spike(void *state, const hk_part *part, uint32_t post, hk_time now)
{
    hebbian *rule = state;
    (void)part;
    hk_trace_raise(&rule->y, post, HK_PAIR_ALL, now);
    double y = hk_trace_factor(&rule->y, now) * rule->y.scaled[post];
    hk_weight_change change = {
        .gain = rule->lr * rule->w_unit * hk_trace_factor(&rule->x, now),
        .pull = rule->lr * y,
        .low = -HUGE_VAL,
        .high = HUGE_VAL,
    };
    hk_clips none = { 0 };
    hk_synapses_change_column(&rule->synapses, post, rule->x.scaled, &change, &none);
}

static void forget(void *state)
{
    hebbian *rule = state;
    hk_trace_forget(&rule->x);
    hk_trace_forget(&rule->y);
}

static int archive(void *state, hk_archive *file)
{
    hebbian *rule = state;
    hk_time now = hk_sim_now(hk_projection_sim(rule->synapses.projection));
    int rc = hk_trace_archive(&rule->x, file, "x", now);
    return rc != HK_OK ? rc : hk_trace_archive(&rule->y, file, "y", now);
}

const hk_rule_type hk_hebbian = {
    .name = "hebbian",
    .summary = "Oja's rule at postsynaptic spikes: towards the first principal component of the input",
    .source = "Oja (1982), J. Math. Biol. 15:267-273",
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
