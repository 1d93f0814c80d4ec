/* neurons/catalogue.h - the neuron models there are. */
#ifndef HK_NEURON_CATALOGUE_H
#define HK_NEURON_CATALOGUE_H

#include "sim/model.h"

/** All models, [*n], in the order in which they are listed. */
const hk_neuron_model *const *hk_neuron_models(size_t *n);
/** The model of that name, or NULL. */
const hk_neuron_model *hk_neuron_model_find(const char *name);

#endif
