/* experiments/bench_network.h - one network under the clock: built, warmed up, measured in pieces, freed. */
#ifndef HK_BENCH_NETWORK_H
#define HK_BENCH_NETWORK_H

#include "experiments/circuit.h"

#define HK_BENCH_RESOLUTION_MS 0.1

typedef struct hk_bench_network {
    const hk_circuit *circuit;
    hk_integrator integrator;
    unsigned n_threads;         /* the caller's included */
    double warmup_ms, piece_ms; /* whole steps */
    unsigned n_pieces;          /* at least 1; what they cover is the measured interval */
} hk_bench_network;

typedef struct hk_bench_run {
    double build_s, measured_s;      /* wall time */
    double fastest_s, slowest_s;     /* of the pieces */
    uint64_t synaptic_events;        /* of the measured interval */
    uint64_t n_synapses, spike_hash; /* of the whole raster, warm-up included */
    double bytes_per_synapse;
    double peak_bytes;   /* most memory the process held; NaN: the system does not say */
    bool peak_is_of_all; /* since the process began, not since this network: the system keeps no other */
} hk_bench_run;

/** All spikes go to an HDF5 file below TMPDIR, which is removed again. HK_ENOMEM: the network does not fit into the machine; HK_EIO. */
HK_MUST_CHECK int hk_bench_network_run(hk_ctx *ctx, const hk_bench_network *network, hk_bench_run *out);

#endif
