/* experiments/readouts/catalogue.c - a new readout is one file and one line here. */
#include "experiments/readouts/catalogue.h"

static const hk_readout label = {
    /* vote.h: hk_vote_by_label */
    .name = "label",
    .summary = "neurons are named by their answers; the class whose neurons spike most wins",
    .source = "Diehl & Cook (2015), Front. Comput. Neurosci. 9:99",
};
static const hk_readout vote = {
    /* vote.h: hk_vote_by_class */
    .name = "vote",
    .summary = "each spike votes for every class by its log share there: naive Bayes",
    .source = "McCallum & Nigam (1998), AAAI Workshop on Learning for Text Categorization",
};

static const hk_readout *const builtin[] = { &label, &vote };

const hk_readout *const *hk_readouts(size_t *n)
{
    *n = sizeof builtin / sizeof builtin[0];
    return builtin;
}
