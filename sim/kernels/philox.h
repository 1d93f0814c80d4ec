/* sim/kernels/philox.h - Philox4x32 over vector lanes, for kernels that are compiled once for each instruction set.
 *
 * The same integers as Random123's philox4x32. One block a 64-bit lane: its four words in the lower halves of four
 * vectors, and above them rubbish, which no product reads.
 *
 * Source: Salmon, Moraes, Dror & Shaw (2011), SC'11. */
#ifndef HK_KERNELS_PHILOX_H
#define HK_KERNELS_PHILOX_H

#include <stdint.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* The key that sim/rng.h documents. */
#define HK_PURPOSE_STRIDE UINT64_C(0xd1342543de82ef95)

/* As many lanes as a register has, and what compilers do not find by themselves: the product of lower halves; the upper half
 * in the lower one, above it rubbish, by a shuffle, as shifts wait for the units that multiply; and two lower halves in
 * one lane. */
#if defined(__AVX512F__)
enum { HK_WIDTH = 8 };
#define HK_PRODUCT(a, b) ((hk_lanes)_mm512_mul_epu32((__m512i)(a), _mm512_set1_epi64(b)))
#define HK_UPPER(a) ((hk_lanes)_mm512_shuffle_epi32((__m512i)(a), (_MM_PERM_ENUM)0xf5))
#define HK_PAIR(a, b) ((hk_lanes)_mm512_mask_shuffle_epi32((__m512i)(a), 0xaaaa, (__m512i)(b), (_MM_PERM_ENUM)0xa0))
#elif defined(__AVX2__)
enum { HK_WIDTH = 4 };
#define HK_PRODUCT(a, b) ((hk_lanes)_mm256_mul_epu32((__m256i)(a), _mm256_set1_epi64x(b)))
#define HK_UPPER(a) ((hk_lanes)_mm256_shuffle_epi32((__m256i)(a), 0xf5))
#define HK_PAIR(a, b) ((hk_lanes)_mm256_blend_epi32((__m256i)(a), _mm256_slli_epi64((__m256i)(b), 32), 0xaa))
#elif defined(__SSE2__)
enum { HK_WIDTH = 2 };
#define HK_PRODUCT(a, b) ((hk_lanes)_mm_mul_epu32((__m128i)(a), _mm_set1_epi64x(b)))
#define HK_UPPER(a) ((a) >> 32)
#define HK_PAIR(a, b) (((a)&UINT64_C(0xffffffff)) | (b) << 32)
#else
enum { HK_WIDTH = 2 };
#define HK_PRODUCT(a, b) (((a)&UINT64_C(0xffffffff)) * (uint64_t)(b))
#define HK_UPPER(a) ((a) >> 32)
#define HK_PAIR(a, b) (((a)&UINT64_C(0xffffffff)) | (b) << 32)
#endif

typedef uint64_t hk_lanes __attribute__((vector_size(8 * HK_WIDTH)));

/* Turns the counters x[0 ... 3][k] of n vectors of blocks into these blocks, in place, by as many rounds as sim/rng.h says. The
 * rounds of a block wait for each other, those of several vectors do not: n of 4 is twice as fast as n of 1. */
static inline __attribute__((always_inline)) void hk_philox_vectors(uint64_t key, int rounds, int n, hk_lanes x[4][n])
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < rounds; round++) {
        for (int k = 0; k < n; k++) {
            hk_lanes p0 = HK_PRODUCT(x[0][k], 0xd2511f53), p1 = HK_PRODUCT(x[2][k], 0xcd9e8d57);
            x[0][k] = HK_UPPER(p1) ^ x[1][k] ^ (uint64_t)k0;
            x[2][k] = HK_UPPER(p0) ^ x[3][k] ^ (uint64_t)k1;
            x[1][k] = p1;
            x[3][k] = p0;
        }
        k0 += UINT32_C(0x9e3779b9);
        k1 += UINT32_C(0xbb67ae85);
    }
}

/* Two words of each block, the first in the lower half. */
static inline hk_lanes hk_word_pairs(hk_lanes low, hk_lanes high)
{
    return HK_PAIR(low, high);
}

#endif
