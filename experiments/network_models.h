/* experiments/network_models.h - the names that models and their parameters may have in network files.
 *
 * Hillock's own names stand for themselves. Of NEST's, iaf_psc_delta_ps and iaf_psc_exp_ps are lif and lif_exp under
 * other names; parameters left out have the values that NEST gives them. The models without _ps are the same equations
 * bound to a grid; Hillock runs them with exact times, and the caller should say so. */
#ifndef HK_NETWORK_MODELS_H
#define HK_NETWORK_MODELS_H

#include "sim/model.h"

#include <stdbool.h>

typedef struct hk_network_param {
    const char *name; /* in the file */
    size_t column;    /* index into the model's parameters */
    double initial;
} hk_network_param;

enum { HK_NETWORK_MOST_PARAMS = 32 };

typedef struct hk_network_model {
    const hk_neuron_model *model;
    bool on_grid; /* elsewhere its spikes are bound to the grid */
    size_t n_params;
    hk_network_param params[HK_NETWORK_MOST_PARAMS]; /* those that may stand in the file */
} hk_network_model;

/** False when there is no model of that name, or when it cannot stand in a file (spike_source: inputs are it). */
bool hk_network_model_find(const char *name, hk_network_model *out);
/** The names there are: NULL past the end. */
const char *hk_network_model_name(size_t index);

#endif
