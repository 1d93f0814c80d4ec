/* experiments/bench_scratch.h - a file in a folder of its own below TMPDIR, gone when the benchmark is. */
#ifndef HK_BENCH_SCRATCH_H
#define HK_BENCH_SCRATCH_H

#include "sim/status.h"

typedef struct hk_bench_scratch {
    char folder[400], path[440];
} hk_bench_scratch;

/** Makes the folder; the file is the caller's to make. HK_EIO. */
HK_MUST_CHECK int hk_bench_scratch_open(hk_ctx *ctx, hk_bench_scratch *scratch);
/** Removes both. */
void hk_bench_scratch_remove(const hk_bench_scratch *scratch);

#endif
