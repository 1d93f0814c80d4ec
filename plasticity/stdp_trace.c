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

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

typedef struct trace_part {
    _Alignas(64) hk_synapses synapses;
    hk_arrivals x; /* [n_rows] of its own: all parts see the same arrivals */
    uint64_t n_skipped;
    hk_clips clips;
} trace_part;

typedef struct trace_rule {
    hk_synapses synapses;
    trace_part *parts;
    uint32_t n_parts;
    uint64_t *wins;          /* [n_post] */
    hk_weight_change change; /* for lr = 1 */
    hk_pairing pairing;
    double rate; /* 1 / tau */
    double lr, lr_decay, lr_min, sum;
    uint64_t n_skipped; /* of parts that are no more */
    hk_clips clips;
} trace_rule;

static int set(hk_ctx *ctx, trace_rule *rule, const double *p, hk_bounds *bounds)
{
    hk_bounds b;
    unsigned pairing;
    int rc = hk_bounds_init(ctx, &b, "stdp_trace", p[W_MIN], p[W_MAX], p[HARD]);
    if (rc == HK_OK)
        rc = hk_choice(ctx, "stdp_trace", "pairing", p[PAIRING], 2, &pairing);
    if (rc != HK_OK)
        return rc;
    if (!(p[LR_MIN] <= p[LR]))
        return hk_fail(ctx, HK_ERANGE, "stdp_trace: lr_min = %g, must be at most lr = %g", p[LR_MIN], p[LR]);
    *bounds = b;
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
    for (uint32_t k = 0; rule->rate != 1.0 / p[TAU] && k < rule->n_parts; k++)
        hk_arrivals_settle(&rule->parts[k].x, hk_sim_now(hk_projection_sim(rule->synapses.projection)),
                           rule->synapses.resolution_ms, rule->rate);
    rule->rate = 1.0 / p[TAU];
    rule->lr = p[LR];
    rule->lr_decay = p[LR_DECAY];
    rule->lr_min = p[LR_MIN];
    rule->sum = p[SUM];
    return HK_OK;
}

static int change(hk_ctx *ctx, void *state, const double *p)
{
    hk_bounds bounds;
    return set(ctx, state, p, &bounds);
}

static void free_parts(trace_part *parts, uint32_t n)
{
    for (uint32_t k = 0; parts != NULL && k < n; k++) {
        hk_arrivals_fini(&parts[k].x);
        hk_synapses_fini(&parts[k].synapses);
    }
    free(parts);
}

static hk_clips clips_of(const trace_rule *rule)
{
    hk_clips all = rule->clips;
    for (uint32_t k = 0; k < rule->n_parts; k++) {
        all.low += rule->parts[k].clips.low;
        all.high += rule->parts[k].clips.high;
    }
    return all;
}

static uint64_t skipped_of(const trace_rule *rule)
{
    uint64_t all = rule->n_skipped;
    for (uint32_t k = 0; k < rule->n_parts; k++)
        all += rule->parts[k].n_skipped;
    return all;
}

static int divide(hk_ctx *ctx, void *state, const hk_division *division)
{
    trace_rule *rule = state;
    trace_part *parts = aligned_alloc(_Alignof(trace_part), division->n_parts * sizeof *parts);
    if (parts == NULL)
        return hk_fail(ctx, HK_ENOMEM, "stdp_trace: no memory for %u parts", division->n_parts);
    memset(parts, 0, division->n_parts * sizeof *parts);
    int rc = HK_OK;
    for (uint32_t k = 0; rc == HK_OK && k < division->n_parts; k++) {
        rc = hk_synapses_view(ctx, &parts[k].synapses, &rule->synapses, &division->parts[k]);
        if (rc == HK_OK)
            rc = hk_arrivals_init(ctx, &parts[k].x, &parts[k].synapses);
        if (rc == HK_OK && rule->n_parts > 0)
            hk_arrivals_copy(&parts[k].x, &rule->parts[0].x);
    }
    if (rc != HK_OK) {
        free_parts(parts, division->n_parts);
        return rc;
    }
    rule->clips = clips_of(rule);
    rule->n_skipped = skipped_of(rule);
    free_parts(rule->parts, rule->n_parts);
    rule->parts = parts;
    rule->n_parts = division->n_parts;
    return HK_OK;
}

static void destroy(void *state)
{
    trace_rule *rule = state;
    if (rule == NULL)
        return;
    free_parts(rule->parts, rule->n_parts);
    hk_synapses_fini(&rule->synapses);
    free(rule->wins);
    free(rule);
}

static int create(hk_ctx *ctx, hk_projection *projection, const double *p, void **state)
{
    *state = NULL;
    hk_bounds bounds;
    trace_rule *rule = calloc(1, sizeof *rule);
    if (rule == NULL)
        return hk_fail(ctx, HK_ENOMEM, "stdp_trace: no memory for a rule");
    hk_synapses *s = &rule->synapses;
    int rc = hk_synapses_init(ctx, s, "stdp_trace", projection, HK_BY_SLAB_AND_COLUMN);
    if (rc == HK_OK) {
        rule->wins = calloc(s->n_post, sizeof *rule->wins);
        if (rule->wins == NULL)
            rc = hk_fail(ctx, HK_ENOMEM, "stdp_trace: no memory for %u counters", s->n_post);
    }
    if (rc == HK_OK)
        rc = set(ctx, rule, p, &bounds);
    if (rc == HK_OK)
        rc = hk_bounds_check(ctx, &bounds, "stdp_trace", s);
    if (rc == HK_OK)
        *state = rule;
    else
        destroy(rule);
    return rc;
}

static void on_arrival(void *state, const hk_part *part, uint32_t pre, uint32_t slot, hk_time now)
{
    trace_rule *rule = state;
    hk_arrivals_raise(&rule->parts[part->index].x, hk_synapses_row(&rule->synapses, pre, slot), rule->pairing, now,
                      rule->synapses.resolution_ms, rule->rate);
}

static double learning_rate(const trace_rule *rule, uint64_t earlier)
{
    double lr = rule->lr / (1.0 + rule->lr_decay * (double)earlier);
    return lr < rule->lr_min ? rule->lr_min : lr;
}

static void on_spike(void *state, const hk_part *part, uint32_t post, hk_time now)
{
    trace_rule *rule = state;
    trace_part *own = &rule->parts[part->index];
    hk_synapses *s = &own->synapses;
    hk_incoming in = hk_projection_incoming(s->projection, post);
    const double *x = hk_arrivals_read(&own->x, s, &in, now, rule->rate);
    float *w = hk_synapses_read(s, &in);
    double lr = learning_rate(rule, rule->wins[post]++);
    hk_weight_change change = rule->change;
    change.gain *= lr;
    change.offset *= lr;
    change.pull *= lr;
    s->kernels->change(w, x, in.n, &change, &own->clips);
    if (rule->sum > 0.0) {
        double sum = s->kernels->sum(w, in.n);
        if (sum > 0.0)
            s->kernels->scale(w, in.n, rule->sum / sum);
        else
            own->n_skipped++;
    }
    hk_synapses_write(s, &in);
}

static void forget(void *state)
{
    trace_rule *rule = state;
    for (uint32_t k = 0; k < rule->n_parts; k++)
        hk_arrivals_forget(&rule->parts[k].x);
}

/* The parts' traces are equal, so one is kept. */
static int archive(void *state, hk_archive *file)
{
    trace_rule *rule = state;
    rule->clips = clips_of(rule);
    rule->n_skipped = skipped_of(rule);
    int rc = hk_arrivals_archive(&rule->parts[0].x, file, "x",
                                 hk_sim_now(hk_projection_sim(rule->synapses.projection)));
    for (uint32_t k = 0; k < rule->n_parts; k++) {
        rule->parts[k].clips = (hk_clips){ 0 };
        rule->parts[k].n_skipped = 0;
        if (rc == HK_OK && k > 0 && hk_archive_is_loading(file))
            hk_arrivals_copy(&rule->parts[k].x, &rule->parts[0].x);
    }
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
    return clips_of(state);
}

uint64_t hk_stdp_trace_skipped(const void *state)
{
    return skipped_of(state);
}

const uint64_t *hk_stdp_trace_wins(const void *state)
{
    const trace_rule *rule = state;
    return rule->wins;
}

void hk_stdp_trace_restart(void *state, uint32_t post)
{
    trace_rule *rule = state;
    assert(post < rule->synapses.n_post);
    rule->wins[post] = 0;
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
    .divide = divide,
    .pre = on_arrival,
    .post = on_spike,
    .forget = forget,
    .archive = archive,
};
