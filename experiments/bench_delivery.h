/* experiments/bench_delivery.h - synaptic events per second through the engine: queue, rows of synapses, neurons.
 *
 * The spikes are given beforehand and in order (spike_source), so that none of the time goes into drawing or sorting them.
 * Weights are too small to let a neuron spike. CPU time of the calling thread, of the fastest piece: the one that other work
 * on the machine disturbed least. */
#ifndef HK_BENCH_DELIVERY_H
#define HK_BENCH_DELIVERY_H

#include "sim/status.h"

#include <stdint.h>

typedef struct hk_bench_delivery {
    const char *name;
    uint64_t synaptic_events, spikes; /* of the fastest piece */
    double cpu_s;                     /* of it */
} hk_bench_delivery;

enum { HK_BENCH_DELIVERY_LIF, HK_BENCH_DELIVERY_LIF_EXP, HK_BENCH_DELIVERY_DENSE, HK_BENCH_DELIVERIES };

/** Measures on one thread, in pieces of some milliseconds for about `seconds` of CPU time: a sparse exact projection of fan-out 1,000 onto
 *  12,500 lif neurons, the same onto lif_exp, and a dense one of 784 rows of 400 onto lif. HK_ESTATE: a neuron
 *  spiked. */
HK_MUST_CHECK int hk_bench_delivery_run(hk_ctx *ctx, double seconds, hk_bench_delivery out[HK_BENCH_DELIVERIES]);

#endif
