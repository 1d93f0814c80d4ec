/* sim/exponential.h - exponential random numbers by the batch: those of hk_stream_exponential(), bit for bit.
 *
 * The blocks of a counter-based stream do not depend on each other, so a batch of them is drawn in vector lanes. The
 * kernel is compiled for each instruction set (sim/cpu.h); tests/test_encoders.c compares every one with the stream. */
#ifndef HK_EXPONENTIAL_H
#define HK_EXPONENTIAL_H

#include "sim/cpu.h"
#include "sim/rng.h"

#include <stdint.h>

enum { HK_EXPONENTIAL_LANES = 8 };

/** For i = 0 ... n_blocks - 1, at[i] = sub << 32 | block names a block of the stream (seed, purpose, id, sub); first[i] and
 *  second[i] become the two numbers of mean 1 that hk_stream_exponential() makes of it. n_blocks is a multiple of
 *  HK_EXPONENTIAL_LANES. */
typedef void (*hk_exponential_fn)(uint64_t seed, uint32_t purpose, uint64_t id, uint32_t n_blocks, const uint64_t *at,
                                  double *first, double *second);

/** The kernel for a level that this machine has. */
hk_exponential_fn hk_exponential_kernel(hk_cpu level);

#endif
