/* experiments/sparse.h - many neurons that rarely fire, as a table: see sparse.c. */
#ifndef HK_SPARSE_H
#define HK_SPARSE_H

#include "experiments/circuit.h"

#define HK_SPARSE_NEURONS 100000
#define HK_SPARSE_SYNAPSES 100

/** Each neuron has `n_synapses` onto others. */
void hk_sparse_describe(uint32_t n_neurons, uint32_t n_synapses, hk_circuit *out);

#endif
