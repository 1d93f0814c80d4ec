/* plasticity/homeostasis.c - thresholds that lead every neuron to the same number of spikes.
 *
 *   after each sample, for each postsynaptic neuron j:     theta_j += eta_mv (n_j - target)
 *
 * n_j: spikes of j since the sample before ended; theta: the adaptive part of the threshold (state variable theta_mv of the
 * model), kept in [theta_min_mv, theta_max_mv] and counted where it stops. It belongs to the population, so one such
 * rule a population is enough, on any of its projections; the model's own increment and decay go on besides.
 *
 * Source: after Zhang & Linden (2003), Nat. Rev. Neurosci. 4:885-900 (intrinsic plasticity); Querlioz et al. (2013), IEEE
 * Trans. Nanotechnol. 12:288-295, for thresholds that hold a target activity while learning. */
#include "plasticity/rules.h"
#include "plasticity/synapses.h"
#include "plasticity/thresholds.h"

#include <stdlib.h>

enum { ETA, TARGET, THETA_MIN, THETA_MAX, N_PARAMS };

static const hk_column params[N_PARAMS] = {
    [ETA] = { "eta_mv", "mV", 0.1, 0.0, 1e6, "threshold change per spike beyond the target" },
    [TARGET] = { "target", "", 1.0, 0.0, 1e9, "spikes of a neuron per sample" },
    [THETA_MIN] = { "theta_min_mv", "mV", 0.0, -1e9, 1e9, "theta does not fall below this" },
    [THETA_MAX] = { "theta_max_mv", "mV", 1e6, -1e9, 1e9, "theta does not rise above this" },
};

typedef struct homeostasis {
    hk_thresholds thresholds;
    uint32_t *n_spikes; /* [n_post] since the last sample ended */
    double eta_mv, target;
} homeostasis;

static void destroy(void *state)
{
    homeostasis *rule = state;
    if (rule == NULL)
        return;
    hk_thresholds_fini(&rule->thresholds);
    free(rule->n_spikes);
    free(rule);
}

static int change(hk_ctx *ctx, void *state, const double *p)
{
    homeostasis *rule = state;
    int rc = hk_thresholds_set_range(ctx, &rule->thresholds, "homeostasis", p[THETA_MIN], p[THETA_MAX]);
    if (rc != HK_OK)
        return rc;
    rule->eta_mv = p[ETA];
    rule->target = p[TARGET];
    return HK_OK;
}

static int create(hk_ctx *ctx, hk_projection *projection, const double *p, void **state)
{
    *state = NULL;
    homeostasis *rule = calloc(1, sizeof *rule);
    if (rule == NULL)
        return hk_fail(ctx, HK_ENOMEM, "homeostasis: no memory for a rule");
    int rc = hk_thresholds_init(ctx, &rule->thresholds, "homeostasis", projection);
    if (rc == HK_OK)
        rc = change(ctx, rule, p);
    if (rc == HK_OK) {
        rule->n_spikes = calloc(rule->thresholds.n, sizeof *rule->n_spikes);
        if (rule->n_spikes == NULL)
            rc = hk_fail(ctx, HK_ENOMEM, "homeostasis: no memory for %u counters", rule->thresholds.n);
    }
    if (rc == HK_OK)
        *state = rule;
    else
        destroy(rule);
    return rc;
}

static void on_spike(void *state, const hk_part *part, uint32_t post, hk_time now)
{
    homeostasis *rule = state;
    (void)part;
    (void)now;
    rule->n_spikes[post]++;
}

static void sample_end(void *state, hk_time now)
{
    homeostasis *rule = state;
    hk_thresholds *t = &rule->thresholds;
    (void)now;
    hk_thresholds_load(t);
    for (uint32_t j = 0; j < t->n; j++) {
        t->theta_mv[j] += rule->eta_mv * ((double)rule->n_spikes[j] - rule->target);
        rule->n_spikes[j] = 0;
    }
    hk_thresholds_store(t);
}

static int archive(void *state, hk_archive *file)
{
    homeostasis *rule = state;
    int rc = hk_archive_array(file, "n_spikes", HK_U32, rule->n_spikes, rule->thresholds.n);
    return rc != HK_OK ? rc : hk_clips_archive(&rule->thresholds.clips, file);
}

hk_clips hk_homeostasis_clips(const void *state)
{
    const homeostasis *rule = state;
    return rule->thresholds.clips;
}

const hk_rule_type hk_homeostasis = {
    .name = "homeostasis",
    .summary = "after each sample, thresholds move towards a target number of spikes",
    .source = "Querlioz et al. (2013), IEEE Trans. Nanotechnol. 12:288-295",
    .params = params,
    .n_params = N_PARAMS,
    .create = create,
    .destroy = destroy,
    .change = change,
    .post = on_spike,
    .sample_end = sample_end,
    .archive = archive,
};
