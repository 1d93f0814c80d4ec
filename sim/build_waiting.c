/* sim/build_waiting.c - what is kept of a projection whose synapses wait to be drawn. */
#include "sim/storage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *copy_of(const void *list, uint64_t n, size_t size, int *rc)
{
    if (list == NULL || *rc != HK_OK)
        return NULL;
    void *copy = malloc((size_t)n * size + 1);
    if (copy == NULL)
        *rc = HK_ENOMEM;
    else
        memcpy(copy, list, (size_t)n * size);
    return copy;
}

static int64_t in_steps(const hk_sim *sim, double ms)
{
    double steps = nearbyint(ms / sim->resolution_ms);
    return steps < 1.0 ? 1 : steps < HK_MOST_DELAY_STEPS ? (int64_t)steps : HK_MOST_DELAY_STEPS;
}

/* Between which steps all delays lie: a normal number comes at most 8.3 standard deviations from its mean (rng.h). */
static int bound_delays(hk_projection *p)
{
    const hk_draw *d = &p->asked.delay_ms;
    const hk_sim *sim = p->pre->sim;
    double low = d->a, high = d->kind == HK_UNIFORM ? d->b : d->a;
    if (d->kind == HK_NORMAL) {
        low = d->a - 8.3 * d->b;
        high = d->a + 8.3 * d->b;
        if (d->min != 0.0 || d->max != 0.0) {
            low = fmax(low, d->min);
            high = fmin(high, d->max);
        }
    }
    if (p->asked.connect == HK_EXPLICIT && p->asked.list_delay_ms != NULL) {
        low = p->asked.n > 0 ? HUGE_VAL : 0.0;
        high = 0.0;
        for (uint64_t k = 0; k < p->asked.n; k++) {
            low = fmin(low, p->asked.list_delay_ms[k]);
            high = fmax(high, p->asked.list_delay_ms[k]);
        }
    }
    p->least_delay = in_steps(sim, low);
    p->most_delay = in_steps(sim, high);
    if (p->most_delay >= HK_MOST_DELAY_STEPS)
        return hk_fail(sim->ctx, HK_ERANGE, "projection %s: delays up to %g ms, must be below %g ms", p->name, high,
                       HK_MOST_DELAY_STEPS * sim->resolution_ms);
    return HK_OK;
}

int hk_projection_keep(hk_projection *p, const hk_projection_config *cfg)
{
    int rc = HK_OK;
    p->asked = *cfg;
    p->asked.name = NULL;
    p->asked.list_pre = copy_of(cfg->list_pre, cfg->n, sizeof *cfg->list_pre, &rc);
    p->asked.list_post = copy_of(cfg->list_post, cfg->n, sizeof *cfg->list_post, &rc);
    p->asked.list_weight = copy_of(cfg->list_weight, cfg->n, sizeof *cfg->list_weight, &rc);
    p->asked.list_delay_ms = copy_of(cfg->list_delay_ms, cfg->n, sizeof *cfg->list_delay_ms, &rc);
    return rc == HK_OK ? bound_delays(p) : rc;
}
