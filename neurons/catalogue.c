/* neurons/catalogue.c - one line a model. */
#include "neurons/catalogue.h"

#include "neurons/lif.h"
#include "neurons/lif_alpha.h"
#include "neurons/lif_cond_exp.h"
#include "neurons/lif_exp.h"
#include "neurons/sources.h"
#include "neurons/ttfs.h"

#include <string.h>

static const hk_neuron_model *const builtin[] = { &hk_lif,  &hk_lif_exp,      &hk_lif_alpha, &hk_lif_cond_exp,
                                                  &hk_ttfs, &hk_spike_source, &hk_poisson };

const hk_neuron_model *const *hk_neuron_models(size_t *n)
{
    *n = sizeof builtin / sizeof builtin[0];
    return builtin;
}

const hk_neuron_model *hk_neuron_model_find(const char *name)
{
    for (size_t i = 0; i < sizeof builtin / sizeof builtin[0]; i++)
        if (strcmp(builtin[i]->name, name) == 0)
            return builtin[i];
    return NULL;
}
