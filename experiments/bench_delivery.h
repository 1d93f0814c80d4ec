/* experiments/bench_delivery.h - synaptic events per second through the engine, queue and neurons included. */
#ifndef HK_BENCH_DELIVERY_H
#define HK_BENCH_DELIVERY_H

#include "sim/simulation.h"

typedef struct hk_bench_delivery {
    const char *name;
    uint64_t synaptic_events, spikes;
    double cpu_s;
} hk_bench_delivery;

enum { HK_BENCH_DELIVERIES = 3 };

/** Measures on one thread: a sparse exact projection of fan-out 1,000 onto 12,500 lif neurons, the same onto lif_exp, and a
 *  dense one of 784 rows of 400. `seconds` of CPU time each, about. */
HK_MUST_CHECK int hk_bench_delivery_run(hk_ctx *ctx, double seconds, hk_bench_delivery out[HK_BENCH_DELIVERIES]);

#endif
