/* experiments/bench_circuits.h - the networks of the benchmark set as circuits: each with the parameters by which it is
 * known, so that figures made years apart, or with other simulators, are of the same work. */
#ifndef HK_BENCH_CIRCUITS_H
#define HK_BENCH_CIRCUITS_H

#include "experiments/circuit.h"

typedef enum hk_bench_circuit {
    HK_BENCH_MICROCIRCUIT, /* as `hillock run microcircuit`: 77,169 neurons, Poisson drive */
    HK_BENCH_BRUNEL,       /* as brunel, asynchronous irregular: 12,500 neurons */
    HK_BENCH_CUBA,         /* as cuba: 4,000 neurons */
    HK_BENCH_COBA_I,       /* as coba, variant coba_i: 4,000 neurons */
    HK_BENCH_BRUNEL_STDP,  /* the same with plastic=stdp */
    HK_BENCH_HPC,          /* as hpc, plastic=none: 11,250 neurons with 11,250 synapses each */
    HK_BENCH_HPC_STDP_PL,  /* the same with plastic=stdp_pl */
    HK_BENCH_SPARSE,       /* as sparse: 100,000 neurons */
} hk_bench_circuit;

/** Fills an empty circuit with `share` > 0 of the neurons (microcircuit: at most 1, and it scales each one's synapses too). */
void hk_bench_circuit_describe(hk_bench_circuit which, double share, hk_circuit *out);

#endif
