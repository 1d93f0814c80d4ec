/* sim/rule.c - attaching plasticity rules to projections: see rule.h. */
#include "sim/rule.h"

#include "sim/storage.h"

#include <stdlib.h>
#include <string.h>

static void destroy(hk_rule *rule)
{
    if (rule == NULL)
        return;
    if (rule->state != NULL)
        rule->type->destroy(rule->state);
    free(rule->params);
    free(rule);
}

static int set_param(hk_ctx *ctx, const hk_rule_type *type, double *params, const char *name, double value)
{
    long which = hk_column_find(type->params, type->n_params, name);
    if (which < 0) {
        char known[600] = "";
        for (size_t k = 0; k < type->n_params; k++) {
            strncat(known, " ", sizeof known - strlen(known) - 1);
            strncat(known, type->params[k].name, sizeof known - strlen(known) - 1);
        }
        return hk_fail(ctx, HK_ENAME, "rule %s: no parameter '%s'; it has:%s", type->name, name, known);
    }
    const hk_column *column = &type->params[which];
    if (!(value >= column->min && value <= column->max))
        return hk_fail(ctx, HK_ERANGE, "rule %s: %s = %g, must be in %g ... %g %s", type->name, name, value,
                       column->min, column->max, column->unit);
    params[which] = value;
    return HK_OK;
}

int hk_rule_attach(hk_projection *projection, const hk_rule_type *type, size_t n, const char *const *names,
                   const double *values, hk_rule **out)
{
    hk_ctx *ctx = hk_sim_ctx(hk_projection_sim(projection));
    *out = NULL;
    hk_rule *rule = calloc(1, sizeof *rule);
    double *params = calloc(type->n_params + 1, sizeof *params);
    if (rule == NULL || params == NULL) {
        free(rule);
        free(params);
        return hk_fail(ctx, HK_ENOMEM, "rule %s: out of memory", type->name);
    }
    *rule = (hk_rule){ .type = type, .projection = projection, .params = params, .enabled = true };
    for (size_t k = 0; k < type->n_params; k++)
        params[k] = type->params[k].initial;
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < n; k++)
        rc = set_param(ctx, type, params, names[k], values[k]);
    if (rc == HK_OK)
        rc = type->create(ctx, projection, params, &rule->state);
    if (rc != HK_OK) {
        destroy(rule);
        return rc;
    }
    hk_rule **end = hk_projection_rules_end(projection);
    *end = rule;
    rc = hk_projection_divide(projection, &(hk_part){ .end = projection->post->n }, 1);
    if (rc != HK_OK) {
        *end = NULL;
        destroy(rule);
        return rc;
    }
    *out = rule;
    return HK_OK;
}

void hk_rule_destroy_all(hk_rule *first)
{
    while (first != NULL) {
        hk_rule *next = first->next;
        destroy(first);
        first = next;
    }
}

void hk_rule_enable(hk_rule *rule, bool enabled)
{
    hk_projection_catch_up(rule->projection); /* a rule that is off is not asked to */
    rule->enabled = enabled;
}

int hk_rule_set(hk_rule *rule, const char *name, double value)
{
    hk_ctx *ctx = hk_sim_ctx(hk_projection_sim(rule->projection));
    const hk_rule_type *type = rule->type;
    double *params = malloc((type->n_params + 1) * sizeof *params);
    if (params == NULL)
        return hk_fail(ctx, HK_ENOMEM, "rule %s: out of memory", type->name);
    memcpy(params, rule->params, type->n_params * sizeof *params);
    int rc = set_param(ctx, type, params, name, value);
    if (rc == HK_OK)
        rc = type->change(ctx, rule->state, params);
    if (rc == HK_OK)
        memcpy(rule->params, params, type->n_params * sizeof *params);
    free(params);
    return rc;
}

int hk_rule_restore(hk_rule *rule)
{
    hk_ctx *ctx = hk_sim_ctx(hk_projection_sim(rule->projection));
    for (size_t k = 0; k < rule->type->n_params; k++) {
        const hk_column *column = &rule->type->params[k];
        if (!(rule->params[k] >= column->min && rule->params[k] <= column->max))
            return hk_fail(ctx, HK_EFORMAT, "checkpoint: rule %s: %s = %g, must be in %g ... %g", rule->type->name,
                           column->name, rule->params[k], column->min, column->max);
    }
    return rule->type->change(ctx, rule->state, rule->params);
}

void *hk_rule_state(hk_rule *rule)
{
    return rule->state;
}
