/* plasticity/catalogue.c - one line a rule. */
#include "plasticity/catalogue.h"

#include "plasticity/rules.h"

#include <string.h>

static const hk_rule_type *const builtin[] = {
    &hk_stdp,    &hk_stdp_pl,   &hk_stdp_diehl_cook, &hk_stdp_trace,
    &hk_hebbian, &hk_normalise, &hk_homeostasis,     &hk_homeostasis_time,
};

const hk_rule_type *const *hk_rule_types(size_t *n)
{
    *n = sizeof builtin / sizeof builtin[0];
    return builtin;
}

const hk_rule_type *hk_rule_type_find(const char *name)
{
    for (size_t i = 0; i < sizeof builtin / sizeof builtin[0]; i++)
        if (strcmp(builtin[i]->name, name) == 0)
            return builtin[i];
    return NULL;
}
