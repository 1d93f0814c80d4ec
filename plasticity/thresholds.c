/* plasticity/thresholds.c - see thresholds.h. */
#include "plasticity/thresholds.h"

#include "sim/simulation.h"

#include <assert.h>
#include <stdlib.h>

static const char name[] = "theta_mv";

int hk_thresholds_init(hk_ctx *ctx, hk_thresholds *t, const char *rule, hk_projection *projection)
{
    hk_population *population = hk_projection_post(projection);
    const hk_neuron_model *model = hk_population_model(population);
    *t = (hk_thresholds){ .population = population, .n = hk_population_n(population) };
    if (hk_column_find(model->state, model->n_state, name) < 0)
        return hk_fail(ctx, HK_ERANGE, "%s: population \"%s\" of model %s has no adaptive threshold %s", rule,
                       hk_population_name(population), model->name, name);
    t->theta_mv = malloc(t->n * sizeof *t->theta_mv);
    if (t->theta_mv == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: no memory for %u thresholds", rule, t->n);
    return HK_OK;
}

void hk_thresholds_fini(hk_thresholds *t)
{
    free(t->theta_mv);
    t->theta_mv = NULL;
}

int hk_thresholds_set_range(hk_ctx *ctx, hk_thresholds *t, const char *rule, double min_mv, double max_mv)
{
    const hk_neuron_model *model = hk_population_model(t->population);
    const hk_column *column = &model->state[hk_column_find(model->state, model->n_state, name)];
    if (!(min_mv < max_mv && min_mv >= column->min && max_mv <= column->max))
        return hk_fail(
            ctx, HK_ERANGE,
            "%s: theta_min_mv = %g and theta_max_mv = %g, must be ascending and within [%g, %g], the range of %s", rule,
            min_mv, max_mv, column->min, column->max, model->name);
    t->low_mv = min_mv;
    t->high_mv = max_mv;
    return HK_OK;
}

void hk_thresholds_load(hk_thresholds *t)
{
    int rc = hk_population_get(t->population, name, t->theta_mv);
    assert(rc == HK_OK); /* the name was looked up at the start */
    (void)rc;
}

void hk_thresholds_store(hk_thresholds *t)
{
    for (uint32_t j = 0; j < t->n; j++) {
        double theta = t->theta_mv[j];
        t->clips.low += theta < t->low_mv;
        t->clips.high += theta > t->high_mv;
        theta = theta < t->low_mv ? t->low_mv : theta;
        t->theta_mv[j] = theta > t->high_mv ? t->high_mv : theta;
    }
    int rc = hk_population_set(t->population, name, t->theta_mv, t->n);
    assert(rc == HK_OK); /* the range lies within the model's */
    (void)rc;
}
