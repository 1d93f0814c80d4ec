/* experiments/coba.h - the conductance-based Vogels-Abbott network as a table: see coba.c. */
#ifndef HK_COBA_H
#define HK_COBA_H

#include "experiments/circuit.h"

#define HK_COBA_NEURONS 4000

typedef enum hk_coba_variant { HK_COBA, HK_COBA_I } hk_coba_variant;

/** `probability`: of a connection from one neuron to another. */
void hk_coba_describe(hk_coba_variant variant, uint32_t n_neurons, double probability, hk_circuit *out);

#endif
