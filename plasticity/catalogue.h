/* plasticity/catalogue.h - the plasticity rules there are. */
#ifndef HK_PLASTICITY_CATALOGUE_H
#define HK_PLASTICITY_CATALOGUE_H

#include "sim/rule.h"

/** All rules, [*n], in the order in which they are listed. */
const hk_rule_type *const *hk_rule_types(size_t *n);
/** The rule of that name, or NULL. */
const hk_rule_type *hk_rule_type_find(const char *name);

#endif
