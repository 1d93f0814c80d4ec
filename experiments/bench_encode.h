/* experiments/bench_encode.h - what encoding costs: every code of the catalogue on drawn digits.
 *
 * Each code encodes the same 200 glyphs (seed 1) in a window of 350 ms with its default parameters, again and again; the time
 * is that of the fastest round, on the calling thread. */
#ifndef HK_BENCH_ENCODE_H
#define HK_BENCH_ENCODE_H

#include "sim/status.h"

#include <stddef.h>

typedef struct hk_bench_encode_row {
    const char *encoder;
    double spikes_per_image, us_per_image, ns_per_spike;
} hk_bench_encode_row;

enum { HK_BENCH_ENCODE_MAX_ROWS = 16 };

/** Measures into rows[HK_BENCH_ENCODE_MAX_ROWS], about `seconds` (> 0) for each code. HK_OK and *n_rows, HK_ERANGE,
 *  HK_ENOMEM. */
HK_MUST_CHECK int hk_bench_encode(hk_ctx *ctx, double seconds, hk_bench_encode_row *rows, size_t *n_rows);

#endif
