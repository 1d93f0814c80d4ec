/* experiments/bench_scratch.c - see bench_scratch.h. */
#include "experiments/bench_scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int hk_bench_scratch_open(hk_ctx *ctx, hk_bench_scratch *scratch)
{
    const char *base = getenv("TMPDIR");
    snprintf(scratch->folder, sizeof scratch->folder, "%.300s/hillock-bench-XXXXXX",
             base == NULL || *base == '\0' ? "/tmp" : base);
    if (mkdtemp(scratch->folder) == NULL)
        return hk_fail(ctx, HK_EIO, "bench: cannot make '%s': %s", scratch->folder, strerror(errno));
    snprintf(scratch->path, sizeof scratch->path, "%s/spikes.h5", scratch->folder);
    return HK_OK;
}

void hk_bench_scratch_remove(const hk_bench_scratch *scratch)
{
    remove(scratch->path);
    rmdir(scratch->folder);
}
