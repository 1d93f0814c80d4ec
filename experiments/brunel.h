/* experiments/brunel.h - Brunel's network as a table: see brunel.c. */
#ifndef HK_BRUNEL_H
#define HK_BRUNEL_H

#include "experiments/circuit.h"

#define HK_BRUNEL_NEURONS 12500

typedef struct hk_brunel_config {
    uint32_t n_neurons; /* each has 1,250 synapses whatever their number */
    double g, eta;      /* strength of inhibition; outside rate; 5 and 2: asynchronous irregular */
    bool learns;        /* the synapses between excitatory neurons */
    double resolution_ms;
} hk_brunel_config;

void hk_brunel_describe(const hk_brunel_config *cfg, hk_circuit *out);

#endif
