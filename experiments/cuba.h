/* experiments/cuba.h - the current-based Vogels-Abbott network as a table: see cuba.c. */
#ifndef HK_CUBA_H
#define HK_CUBA_H

#include "experiments/circuit.h"

#define HK_CUBA_NEURONS 4000

/** `probability`: of a connection from one neuron to another. */
void hk_cuba_describe(uint32_t n_neurons, double probability, hk_circuit *out);
/** That of the benchmark: 80 / n_neurons, at most 1. */
double hk_cuba_probability(uint32_t n_neurons);

#endif
