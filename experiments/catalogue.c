/* experiments/catalogue.c - a new experiment is one file and one line here. */
#include "experiments/catalogue.h"

#include <string.h>

extern const hk_experiment hk_experiment_mnist, hk_experiment_ring, hk_experiment_cuba, hk_experiment_coba,
    hk_experiment_brunel, hk_experiment_microcircuit, hk_experiment_hpc, hk_experiment_sparse, hk_experiment_network,
    hk_experiment_encode, hk_experiment_codes, hk_experiment_features_som, hk_experiment_continual,
    hk_experiment_capsule_som, hk_experiment_local, hk_experiment_evolve, hk_experiment_spiking_som;

static const hk_experiment *const builtin[] = {
    &hk_experiment_mnist,     &hk_experiment_ring,        &hk_experiment_cuba,
    &hk_experiment_coba,      &hk_experiment_brunel,      &hk_experiment_microcircuit,
    &hk_experiment_hpc,       &hk_experiment_sparse,      &hk_experiment_network,
    &hk_experiment_encode,    &hk_experiment_codes,       &hk_experiment_features_som,
    &hk_experiment_continual, &hk_experiment_capsule_som, &hk_experiment_local,
    &hk_experiment_evolve,    &hk_experiment_spiking_som, NULL, /* ends the list */
};

hk_catalogue hk_experiments(void)
{
    return (hk_catalogue){ .experiments = builtin, .n = sizeof builtin / sizeof builtin[0] - 1 };
}

const hk_experiment *hk_catalogue_find(const hk_catalogue *catalogue, const char *name)
{
    for (size_t k = 0; k < catalogue->n; k++)
        if (strcmp(catalogue->experiments[k]->name, name) == 0)
            return catalogue->experiments[k];
    return NULL;
}
