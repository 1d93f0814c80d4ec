/* experiments/bench_circuits.c - see bench_circuits.h. */
#include "experiments/bench_circuits.h"

#include "experiments/bench_network.h"
#include "experiments/brunel.h"
#include "experiments/coba.h"
#include "experiments/cuba.h"
#include "experiments/hpc.h"
#include "experiments/microcircuit.h"
#include "experiments/sparse.h"

static uint32_t share_of(uint32_t n_neurons, double share)
{
    return (uint32_t)(n_neurons * share + 0.5);
}

static void add_brunel(double share, bool learns, hk_circuit *out)
{
    const hk_brunel_config cfg = { .n_neurons = share_of(HK_BRUNEL_NEURONS, share),
                                   .g = 5.0,
                                   .eta = 2.0,
                                   .learns = learns,
                                   .resolution_ms = HK_BENCH_RESOLUTION_MS };
    hk_brunel_describe(&cfg, out);
}

static void add_hpc(double share, bool learns, hk_circuit *out)
{
    const hk_hpc_config cfg = { .n_neurons = share_of(HK_HPC_NEURONS, share), .eta = HK_HPC_ETA, .learns = learns };
    hk_hpc_describe(&cfg, out);
}

static void add_microcircuit(double share, hk_circuit *out)
{
    const hk_microcircuit_config cfg = { .scale = share,
                                         .resolution_ms = HK_BENCH_RESOLUTION_MS,
                                         .drive = HK_MICROCIRCUIT_POISSON,
                                         .start = HK_MICROCIRCUIT_OPTIMISED };
    hk_microcircuit_describe(&cfg, out);
}

void hk_bench_circuit_describe(hk_bench_circuit which, double share, hk_circuit *out)
{
    uint32_t n_cuba = share_of(HK_CUBA_NEURONS, share), n_coba = share_of(HK_COBA_NEURONS, share);
    switch (which) {
    case HK_BENCH_MICROCIRCUIT:
        add_microcircuit(share, out);
        break;
    case HK_BENCH_BRUNEL:
    case HK_BENCH_BRUNEL_STDP:
        add_brunel(share, which == HK_BENCH_BRUNEL_STDP, out);
        break;
    case HK_BENCH_CUBA:
        hk_cuba_describe(n_cuba, hk_cuba_probability(n_cuba), out);
        break;
    case HK_BENCH_COBA_I:
        hk_coba_describe(HK_COBA_I, n_coba, hk_cuba_probability(n_coba), out);
        break;
    case HK_BENCH_HPC:
    case HK_BENCH_HPC_STDP_PL:
        add_hpc(share, which == HK_BENCH_HPC_STDP_PL, out);
        break;
    case HK_BENCH_SPARSE:
        hk_sparse_describe(share_of(HK_SPARSE_NEURONS, share), HK_SPARSE_SYNAPSES, out);
        break;
    }
}
