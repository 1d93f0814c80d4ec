/* experiments/bench_networks.h - which networks are measured how, and what is expected of them. */
#ifndef HK_BENCH_NETWORKS_H
#define HK_BENCH_NETWORKS_H

#include "experiments/bench_circuits.h"
#include "experiments/bench_set.h"

typedef struct hk_bench_case {
    const char *part, *what;
    hk_bench_circuit circuit;
    hk_integrator integrator;
    double share, quick_share;     /* of the neurons */
    double warmup_ms, measured_ms; /* whole steps, the latter also when cut into five */
    bool on_two_threads_only;
    double most_factor[2]; /* targets for the real-time factor on one and on two threads; 0: none, here and below */
    double least_speed_up;
    double most_build_s, most_peak_gb; /* on two threads */
} hk_bench_case;

/** Adds a row to the table for each number of threads; measured in turn, so that a disturbance hits both alike. A network that
 *  does not fit into the memory gets rows that say so. */
HK_MUST_CHECK int hk_bench_case_run(hk_bench *bench, const hk_bench_case *which);

/** Runs the cases of one part. */
HK_MUST_CHECK int hk_bench_networks_run(hk_bench *bench, const char *part);
/** One network at sizes from a million synapses on, and how much dearer an event is in the worst of them. */
HK_MUST_CHECK int hk_bench_scale_run(hk_bench *bench, const char *part);

#endif
