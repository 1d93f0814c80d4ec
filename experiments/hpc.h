/* experiments/hpc.h - the network by which NEST's scaling is measured, as a table: see hpc.c. */
#ifndef HK_HPC_H
#define HK_HPC_H

#include "experiments/circuit.h"

#define HK_HPC_NEURONS 11250
#define HK_HPC_ETA 1.685

typedef struct hk_hpc_config {
    uint32_t n_neurons; /* each has 11,250 synapses whatever their number */
    double eta;         /* outside rate relative to the one that just reaches the threshold */
    bool learns;        /* the synapses between excitatory neurons */
} hk_hpc_config;

void hk_hpc_describe(const hk_hpc_config *cfg, hk_circuit *out);

#endif
