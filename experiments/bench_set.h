/* experiments/bench_set.h - the benchmark set: one part after the other, each with its warm-up and repeats. */
#ifndef HK_BENCH_SET_H
#define HK_BENCH_SET_H

#include "experiments/bench_table.h"
#include "experiments/catalogue.h"
#include "experiments/progress.h"

typedef struct hk_bench {
    hk_ctx *ctx;
    const hk_catalogue *catalogue;
    hk_console *console; /* silent: experiments are run for their figures alone */
    hk_figures figures;
    hk_bench_table networks;
    FILE *lines; /* rows of networks, which take long, go there one by one */
    bool quick;  /* less of everything: shows that it runs, not how fast */
} hk_bench;

typedef struct hk_bench_part {
    const char *name, *summary;
    int (*run)(hk_bench *bench, const char *part); /* adds figures, rows of networks, or both */
} hk_bench_part;

const hk_bench_part *hk_bench_parts(size_t *n);

#endif
