/* plasticity/stdp_trace.c - plasticity at postsynaptic spikes only: weights move towards the trace of their input.
 *
 *   x = 1 (or x += 1) at an arrival, dx/dt = -x / tau
 *
 *   at the n-th spike of neuron j     w += lr_j (w_max (x - target) - pull w) (1 - u)^mu        u = (w - w_min) / (w_max - w_min)
 *                                     lr_j = max(lr_min, lr / (1 + lr_decay (n - 1)))
 *
 * pull = 1, target = 0, mu = 0: w += lr (w_max x - w), Grossberg's instar (1976, Biol. Cybern. 23:121-134) with a trace for
 * input; it comes to rest at the mean trace that the neuron's spikes see.
 * pull = 0, target > 0: lr (x - target) (w_max - w)^mu, equation 1 of Diehl & Cook (2015), Front. Comput. Neurosci. 9:99.
 *
 * Hard bounds, counted, act on the change. With sum > 0 the incoming weights of the neuron are then rescaled to add up to
 * `sum`, which may take a weight beyond w_max until the next change; a neuron whose weights do not add up to more than
 * 0 is left alone and counted.
 *
 * Equal times: the arrival comes first and is seen as x = 1. */
#include "plasticity/arrivals.h"
#include "plasticity/rules.h"
#include "plasticity/synapses.h"
#include "sim/simulation.h"

#include <stdlib.h>

enum { TAU, LR, LR_DECAY, LR_MIN, PULL, TARGET, MU, W_MIN, W_MAX, HARD, SUM, PAIRING, N_PARAMS };

static const hk_column params[N_PARAMS] = {
    [TAU] = { "tau_ms", "ms", 20.0, 1e-3, 1e9, "time constant of the trace of arrivals" },
    [LR] = { "lr", "", 0.01, 0.0, 1.0, "learning rate at a neuron's first spike" },
    [LR_DECAY] = { "lr_decay", "", 0.0, 0.0, 1e6, "the rate falls as 1 / (1 + lr_decay * earlier spikes)" },
    [LR_MIN] = { "lr_min", "", 0.0, 0.0, 1.0, "the rate does not fall below this; at most lr" },
    [PULL] = { "pull", "", 1.0, 0.0, 1e6, "1: towards the trace; 0: no decay of the weight" },
    [TARGET] = { "target", "", 0.0, -1e6, 1e6, "trace at which nothing changes, when pull = 0" },
    [MU] = { "mu", "", 0.0, 0.0, 10.0, "exponent of the room that is left below w_max; 0: does not matter" },
    [W_MIN] = { "w_min", "weight", 0.0, -1e12, 1e12, "lower bound" },
    [W_MAX] = { "w_max", "weight", 1.0, -1e12, 1e12, "upper bound, above w_min; a weight of full trace" },
    [HARD] = { "hard", HK_UNIT_OPTION, 1.0, 0.0, 1.0, "1: weights stop at the bounds, and are counted; 0: no bounds" },
    [SUM] = { "sum", "weight", 0.0, 0.0, 1e12, "incoming weights are rescaled to this sum after a change; 0: not" },
    [PAIRING] = { "pairing", HK_UNIT_OPTION, 1.0, 0.0, 1.0, "0: arrivals add up; 1: only the last one counts" },
};

typedef struct trace_rule {
    hk_synapses synapses;
    hk_bounds bounds;
    hk_arrivals x;           /* [n_rows] */
    uint64_t *wins;          /* [n_post] */
    hk_weight_change change; /* for lr = 1 */
    hk_pairing pairing;
    double rate; /* 1 / tau */
    double lr, lr_decay, lr_min, sum;
    uint64_t n_skipped;
    hk_clips clips;
} trace_rule;

static int change(hk_ctx *ctx, void *state, const double *p)
{
    trace_rule *rule = state;
    hk_bounds b;
    unsigned pairing;
    int rc = hk_bounds_init(ctx, &b, "stdp_trace", p[W_MIN], p[W_MAX], p[HARD]);
    if (rc == HK_OK)
        rc = hk_choice(ctx, "stdp_trace", "pairing", p[PAIRING], 2, &pairing);
    if (rc != HK_OK)
        return rc;
    if (!(p[LR_MIN] <= p[LR]))
        return hk_fail(ctx, HK_ERANGE, "stdp_trace: lr_min = %g, must be at most lr = %g", p[LR_MIN], p[LR]);
    rule->bounds = b;
    rule->change = (hk_weight_change){
        .gain = b.w_max,
        .offset = b.w_max * p[TARGET],
        .pull = p[PULL],
        .mu = p[MU],
        .toward = b.w_max,
        .inv_room = 1.0 / (b.w_max - b.w_min),
        .low = b.low,
        .high = b.high,
    };
    rule->pairing = pairing == 1 ? HK_PAIR_NEAREST : HK_PAIR_ALL;
    if (rule->rate != 1.0 / p[TAU])
        hk_arrivals_settle(&rule->x, hk_sim_now(hk_projection_sim(rule->synapses.projection)),
                           rule->synapses.resolution_ms, rule->rate);
    rule->rate = 1.0 / p[TAU];
    rule->lr = p[LR];
    rule->lr_decay = p[LR_DECAY];
    rule->lr_min = p[LR_MIN];
    rule->sum = p[SUM];
    return HK_OK;
}

static void destroy(void *state)
{
    trace_rule *rule = state;
    if (rule == NULL)
        return;
    hk_arrivals_fini(&rule->x);
    hk_synapses_fini(&rule->synapses);
    free(rule->wins);
    free(rule);
}

static int create(hk_ctx *ctx, hk_projection *projection, const double *p, void **state)
{
    *state = NULL;
    trace_rule *rule = calloc(1, sizeof *rule);
    if (rule == NULL)
        return hk_fail(ctx, HK_ENOMEM, "stdp_trace: no memory for a rule");
    hk_synapses *s = &rule->synapses;
    int rc = hk_synapses_init(ctx, s, "stdp_trace", projection, HK_BY_SLAB_AND_COLUMN);
    if (rc == HK_OK)
        rc = hk_arrivals_init(ctx, &rule->x, s);
    if (rc == HK_OK) {
        rule->wins = calloc(s->n_post, sizeof *rule->wins);
        if (rule->wins == NULL)
            rc = hk_fail(ctx, HK_ENOMEM, "stdp_trace: no memory for %u counters", s->n_post);
    }
    if (rc == HK_OK)
        rc = change(ctx, rule, p);
    if (rc == HK_OK)
        rc = hk_bounds_check(ctx, &rule->bounds, "stdp_trace", s);
    if (rc == HK_OK)
        *state = rule;
    else
        destroy(rule);
    return rc;
}

static void on_arrival(void *state, uint32_t pre, uint32_t slot, hk_time now)
{
    trace_rule *rule = state;
    hk_arrivals_raise(&rule->x, hk_synapses_row(&rule->synapses, pre, slot), rule->pairing, now,
                      rule->synapses.resolution_ms, rule->rate);
}

static double learning_rate(const trace_rule *rule, uint64_t earlier)
{
    double lr = rule->lr / (1.0 + rule->lr_decay * (double)earlier);
    return lr < rule->lr_min ? rule->lr_min : lr;
}

static void on_spike(void *state, uint32_t post, hk_time now)
{
    trace_rule *rule = state;
    hk_synapses *s = &rule->synapses;
    hk_incoming in = hk_projection_incoming(s->projection, post);
    const double *x = hk_arrivals_read(&rule->x, s, &in, now, rule->rate);
    float *w = hk_synapses_read(s, &in);
    double lr = learning_rate(rule, rule->wins[post]++);
    hk_weight_change change = rule->change;
    change.gain *= lr;
    change.offset *= lr;
    change.pull *= lr;
    s->kernels->change(w, x, in.n, &change, &rule->clips);
    if (rule->sum > 0.0) {
        double sum = s->kernels->sum(w, in.n);
        if (sum > 0.0)
            s->kernels->scale(w, in.n, rule->sum / sum);
        else
            rule->n_skipped++;
    }
    hk_synapses_write(s, &in);
}

static void forget(void *state)
{
    trace_rule *rule = state;
    hk_arrivals_forget(&rule->x);
}

static int archive(void *state, hk_archive *file)
{
    trace_rule *rule = state;
    int rc = hk_arrivals_archive(&rule->x, file, "x", hk_sim_now(hk_projection_sim(rule->synapses.projection)));
    if (rc == HK_OK)
        rc = hk_archive_array(file, "wins", HK_U64, rule->wins, rule->synapses.n_post);
    if (rc == HK_OK)
        rc = hk_archive_array(file, "n_skipped", HK_U64, &rule->n_skipped, 1);
    if (rc == HK_OK)
        rc = hk_clips_archive(&rule->clips, file);
    return rc;
}

hk_clips hk_stdp_trace_clips(const void *state)
{
    const trace_rule *rule = state;
    return rule->clips;
}

uint64_t hk_stdp_trace_skipped(const void *state)
{
    const trace_rule *rule = state;
    return rule->n_skipped;
}

const uint64_t *hk_stdp_trace_wins(const void *state)
{
    const trace_rule *rule = state;
    return rule->wins;
}

const hk_rule_type hk_stdp_trace = {
    .name = "stdp_trace",
    .summary =
        "at a spike weights move towards the trace of their input: lr (x - w), or lr (x - target) (w_max - w)^mu",
    .source =
        "Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, equation 1; Grossberg (1976), Biol. Cybern. 23:121-134",
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
