/* plasticity/normalise.c - the incoming weights of each neuron keep their sum.
 *
 *   after every `every` samples, for each postsynaptic neuron j:     w_ij *= sum / (w_0j + w_1j + ...)
 *
 * over the synapses of this projection, added in double in the order of their sources. A neuron whose weights do not
 * add up to more than 0 has nothing to rescale: it is left alone and counted.
 *
 * Source: von der Malsburg (1973), Kybernetik 14:85-100; Diehl & Cook (2015), Front. Comput. Neurosci. 9:99. */
#include "plasticity/rules.h"
#include "plasticity/synapses.h"

#include <math.h>
#include <stdlib.h>

enum { SUM, EVERY, N_PARAMS };

static const hk_column params[N_PARAMS] = {
    [SUM] = { "sum", "weight", 1.0, 1e-12, 1e12, "what the incoming weights of a neuron add up to" },
    [EVERY] = { "every", "samples", 1.0, 1.0, 1e9, "a whole number: after how many samples" },
};

typedef struct normalise {
    hk_synapses synapses;
    double *factor; /* [n_post] scratch: sums, then what to multiply by */
    double sum;
    uint64_t every, n_samples, n_skipped;
} normalise;

static int change(hk_ctx *ctx, void *state, const double *p)
{
    normalise *rule = state;
    if (p[EVERY] != floor(p[EVERY]))
        return hk_fail(ctx, HK_ERANGE, "normalise: every = %g, must be a whole number", p[EVERY]);
    rule->sum = p[SUM];
    rule->every = (uint64_t)p[EVERY];
    return HK_OK;
}

static void destroy(void *state)
{
    normalise *rule = state;
    if (rule == NULL)
        return;
    hk_synapses_fini(&rule->synapses);
    free(rule->factor);
    free(rule);
}

static int create(hk_ctx *ctx, hk_projection *projection, const double *p, void **state)
{
    *state = NULL;
    normalise *rule = calloc(1, sizeof *rule);
    if (rule == NULL)
        return hk_fail(ctx, HK_ENOMEM, "normalise: no memory for a rule");
    int rc = change(ctx, rule, p);
    if (rc == HK_OK)
        rc = hk_synapses_init(ctx, &rule->synapses, "normalise", projection, HK_BY_SLAB);
    if (rc == HK_OK) {
        rule->factor = malloc(rule->synapses.n_post * sizeof *rule->factor);
        if (rule->factor == NULL)
            rc = hk_fail(ctx, HK_ENOMEM, "normalise: no memory for %u sums", rule->synapses.n_post);
    }
    if (rc == HK_OK)
        *state = rule;
    else
        destroy(rule);
    return rc;
}

/* factor[j] = the sum of j's incoming weights, added row by row: the same bits in every layout */
static void add_up(normalise *rule)
{
    hk_synapses *s = &rule->synapses;
    for (uint32_t j = 0; j < s->n_post; j++)
        rule->factor[j] = 0.0;
    for (uint32_t pre = 0; pre < s->n_pre; pre++) {
        for (uint32_t slot = 0; slot < s->n_slots; slot++) {
            hk_slab slab = hk_synapses_slab(s, pre, slot);
            if (slab.target == NULL)
                s->kernels->add_row(rule->factor + slab.first, slab.weight, slab.n);
            else
                for (uint32_t k = 0; k < slab.n; k++)
                    rule->factor[slab.target[k]] += (double)slab.weight[k];
        }
    }
}

void hk_normalise_apply(void *state)
{
    normalise *rule = state;
    hk_synapses *s = &rule->synapses;
    add_up(rule);
    for (uint32_t j = 0; j < s->n_post; j++) {
        rule->n_skipped += !(rule->factor[j] > 0.0);
        rule->factor[j] = rule->factor[j] > 0.0 ? rule->sum / rule->factor[j] : 1.0;
    }
    for (uint32_t pre = 0; pre < s->n_pre; pre++) {
        for (uint32_t slot = 0; slot < s->n_slots; slot++) {
            hk_slab slab = hk_synapses_slab(s, pre, slot);
            const double *factor = hk_synapses_by_target(s, &slab, rule->factor);
            s->kernels->scale_row(hk_synapses_weights(s, &slab), factor, slab.n);
        }
    }
}

static void sample_end(void *state, hk_time now)
{
    normalise *rule = state;
    (void)now;
    if (++rule->n_samples % rule->every == 0)
        hk_normalise_apply(rule);
}

static int archive(void *state, hk_archive *file)
{
    normalise *rule = state;
    int rc = hk_archive_array(file, "n_samples", HK_U64, &rule->n_samples, 1);
    return rc != HK_OK ? rc : hk_archive_array(file, "n_skipped", HK_U64, &rule->n_skipped, 1);
}

uint64_t hk_normalise_skipped(const void *state)
{
    const normalise *rule = state;
    return rule->n_skipped;
}

const hk_rule_type hk_normalise = {
    .name = "normalise",
    .summary = "rescales the incoming weights of each neuron to a fixed sum after every so many samples",
    .source = "von der Malsburg (1973), Kybernetik 14:85-100; Diehl & Cook (2015), Front. Comput. Neurosci. 9:99",
    .params = params,
    .n_params = N_PARAMS,
    .create = create,
    .destroy = destroy,
    .change = change,
    .sample_end = sample_end,
    .archive = archive,
};
