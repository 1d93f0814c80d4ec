/* plasticity/homeostasis_time.c - thresholds that lead the first spike of a competing layer to a target time.
 *
 *   after each sample, with t_fire the time of the layer's first spike in it and n the number of neurons:
 *
 *     all:      theta_j -= eta_time (t_fire - t_target)
 *     winner:   theta_j += eta_win              (the neuron of that first spike; the lowest index among equals)
 *     others:   theta_j -= eta_win / n
 *
 * Firing late lowers all thresholds, firing early raises them, and winning often makes winning harder. In a sample without a
 * spike nobody wins, and t_fire counts as the sample's end: otherwise thresholds that had become too high would stay so.
 * (That case is ours; in the paper a silent layer does not change.)
 *
 * theta: the adaptive part of the threshold (theta_mv of the model), kept in [theta_min_mv, theta_max_mv] and counted where
 * it stops. Times run from the beginning of the sample, sample_ms before its end; a first spike from before that (the
 * simulation ran between samples) changes nothing and is counted as misplaced.
 *
 * Source: Falez, Tirilly, Bilasco, Devienne & Boulet (2019), Multi-layered spiking neural network with target timestamp
 * threshold adaptation and STDP, IJCNN. */
#include "plasticity/rules.h"
#include "plasticity/synapses.h"
#include "plasticity/thresholds.h"
#include "plasticity/trace.h"
#include "sim/simulation.h"

#include <stdlib.h>

enum { SAMPLE, T_TARGET, ETA_TIME, ETA_WIN, THETA_MIN, THETA_MAX, N_PARAMS };

static const hk_column params[N_PARAMS] = {
    [SAMPLE] = { "sample_ms", "ms", 100.0, 1e-3, 1e9, "how long a sample lasts, rest included" },
    [T_TARGET] = { "t_target_ms", "ms", 75.0, 0.0, 1e9, "when the first spike should come; at most sample_ms" },
    [ETA_TIME] = { "eta_time", "mV/ms", 0.001, 0.0, 1e6, "threshold change per ms from the target" },
    [ETA_WIN] = { "eta_win_mv", "mV", 0.1, 0.0, 1e6, "what the winner's threshold gains" },
    [THETA_MIN] = { "theta_min_mv", "mV", 0.0, -1e9, 1e9, "theta does not fall below this" },
    [THETA_MAX] = { "theta_max_mv", "mV", 1e6, -1e9, 1e9, "theta does not rise above this" },
};

enum { NOBODY = UINT32_MAX };

typedef struct homeostasis_time {
    hk_thresholds thresholds;
    const hk_sim *sim;
    hk_time first;   /* meaningful when there is a winner */
    uint32_t winner; /* since the last sample ended */
    double resolution_ms;
    double sample_ms, t_target_ms, eta_time, eta_win_mv;
    uint64_t n_misplaced;
} homeostasis_time;

static void destroy(void *state)
{
    homeostasis_time *rule = state;
    if (rule == NULL)
        return;
    hk_thresholds_fini(&rule->thresholds);
    free(rule);
}

static int change(hk_ctx *ctx, void *state, const double *p)
{
    homeostasis_time *rule = state;
    if (!(p[T_TARGET] <= p[SAMPLE]))
        return hk_fail(ctx, HK_ERANGE, "homeostasis_time: t_target_ms = %g, must be at most sample_ms = %g",
                       p[T_TARGET], p[SAMPLE]);
    int rc = hk_thresholds_set_range(ctx, &rule->thresholds, "homeostasis_time", p[THETA_MIN], p[THETA_MAX]);
    if (rc != HK_OK)
        return rc;
    rule->sample_ms = p[SAMPLE];
    rule->t_target_ms = p[T_TARGET];
    rule->eta_time = p[ETA_TIME];
    rule->eta_win_mv = p[ETA_WIN];
    return HK_OK;
}

static int create(hk_ctx *ctx, hk_projection *projection, const double *p, void **state)
{
    *state = NULL;
    homeostasis_time *rule = calloc(1, sizeof *rule);
    if (rule == NULL)
        return hk_fail(ctx, HK_ENOMEM, "homeostasis_time: no memory for a rule");
    rule->winner = NOBODY;
    rule->sim = hk_projection_sim(projection);
    rule->resolution_ms = hk_sim_resolution_ms(rule->sim);
    rule->first = hk_time_grid(0, rule->resolution_ms);
    int rc = hk_thresholds_init(ctx, &rule->thresholds, "homeostasis_time", projection);
    if (rc == HK_OK)
        rc = change(ctx, rule, p);
    if (rc == HK_OK)
        *state = rule;
    else
        destroy(rule);
    return rc;
}

static void on_spike(void *state, const hk_part *part, uint32_t post, hk_time now)
{
    homeostasis_time *rule = state;
    (void)part;
    if (rule->winner == NOBODY || hk_time_before(now, rule->first) ||
        (hk_time_equal(now, rule->first) && post < rule->winner)) {
        rule->winner = post;
        rule->first = now;
    }
}

static void sample_end(void *state, hk_time now)
{
    homeostasis_time *rule = state;
    hk_thresholds *t = &rule->thresholds;
    uint32_t winner = rule->winner;
    double t_fire = rule->sample_ms;
    rule->winner = NOBODY;
    if (winner != NOBODY)
        t_fire -= hk_time_between_ms(rule->first, now, rule->resolution_ms);
    if (t_fire < -1e-6 * rule->resolution_ms) { /* a spike at the very beginning may be a rounding before it */
        rule->n_misplaced++;
        return;
    }
    double for_all = -rule->eta_time * (t_fire - rule->t_target_ms);
    double for_losers = for_all - rule->eta_win_mv / (double)t->n;
    hk_thresholds_load(t);
    for (uint32_t j = 0; j < t->n; j++)
        t->theta_mv[j] += winner == NOBODY ? for_all : j == winner ? for_all + rule->eta_win_mv : for_losers;
    hk_thresholds_store(t);
}

static int archive(void *state, hk_archive *file)
{
    homeostasis_time *rule = state;
    int rc = hk_archive_time(file, "first", &rule->first, rule->resolution_ms, hk_sim_now(rule->sim));
    if (rc == HK_OK)
        rc = hk_archive_array(file, "winner", HK_U32, &rule->winner, 1);
    if (rc == HK_OK && rule->winner != NOBODY && rule->winner >= rule->thresholds.n)
        rc = hk_fail(hk_archive_ctx(file), HK_EFORMAT, "winner = %u, but there are %u neurons", rule->winner,
                     rule->thresholds.n);
    if (rc == HK_OK)
        rc = hk_archive_array(file, "n_misplaced", HK_U64, &rule->n_misplaced, 1);
    if (rc == HK_OK)
        rc = hk_clips_archive(&rule->thresholds.clips, file);
    return rc;
}

hk_clips hk_homeostasis_time_clips(const void *state)
{
    const homeostasis_time *rule = state;
    return rule->thresholds.clips;
}

uint64_t hk_homeostasis_time_misplaced(const void *state)
{
    const homeostasis_time *rule = state;
    return rule->n_misplaced;
}

const hk_rule_type hk_homeostasis_time = {
    .name = "homeostasis_time",
    .summary = "after each sample, thresholds move so that a layer's first spike comes at a target time",
    .source = "Falez, Tirilly, Bilasco, Devienne & Boulet (2019), IJCNN",
    .params = params,
    .n_params = N_PARAMS,
    .create = create,
    .destroy = destroy,
    .change = change,
    .post = on_spike,
    .sample_end = sample_end,
    .archive = archive,
};
