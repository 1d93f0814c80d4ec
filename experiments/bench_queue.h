/* experiments/bench_queue.h - the hold model: take the earliest event, put it back a random time later.
 *
 * The classical test of a pending-event set (Jones 1986, Commun. ACM 29:300-311), with the number pending constant.
 * The queue of sim/queue.h runs against the 4-ary heap of sim/heap.h on the same increments, drawn beforehand, and
 * both must give the same sequence of events. CPU time of the calling thread, the best of HK_BENCH_QUEUE_TRIALS. */
#ifndef HK_BENCH_QUEUE_H
#define HK_BENCH_QUEUE_H

#include "sim/status.h"

#include <stddef.h>

typedef struct hk_bench_queue_row {
    size_t n_pending;
    const char *distribution; /* of the increments: "uniform", "exponential"; "burst": groups share one time */
    double mean_steps;        /* mean increment, in steps */
    size_t n_group;           /* events that share each time exactly */
    double heap_holds_per_s, queue_holds_per_s;
} hk_bench_queue_row;

enum { HK_BENCH_QUEUE_MAX_ROWS = 24, HK_BENCH_QUEUE_TRIALS = 15 };

/** Measures into rows[HK_BENCH_QUEUE_MAX_ROWS], about `seconds` (> 0) for each figure. HK_OK and *n_rows,
 *  HK_ERANGE, HK_ENOMEM, or HK_ESTATE when queue and heap disagreed. */
HK_MUST_CHECK int hk_bench_queue(hk_ctx *ctx, double seconds, hk_bench_queue_row *rows, size_t *n_rows);

#endif
