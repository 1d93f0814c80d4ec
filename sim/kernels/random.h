/* sim/kernels/random.h - blocks of a stream by the batch: the words and the normal numbers of sim/rng.h, bit for bit. */
#ifndef HK_KERNELS_RANDOM_H
#define HK_KERNELS_RANDOM_H

#include "sim/cpu.h"
#include "sim/rng.h"

enum { HK_RANDOM_GROUP = 32 }; /* blocks: batches are multiples of it */

typedef struct hk_random_kernels {
    /** words[4 n_blocks] of blocks stream->counter and those behind it. */
    void (*words)(const hk_stream *stream, uint32_t n_blocks, uint32_t *words);
    /** normals[2 n_blocks] of them. */
    void (*normals)(const hk_stream *stream, uint32_t n_blocks, double *normals);
} hk_random_kernels;

extern const hk_random_kernels hk_random_kernels_plain;
#if defined(__x86_64__)
extern const hk_random_kernels hk_random_kernels_avx2, hk_random_kernels_avx512;
#endif

const hk_random_kernels *hk_random_kernels_for(hk_cpu level);

#endif
