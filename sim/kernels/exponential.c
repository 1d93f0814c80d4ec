/* sim/kernels/exponential.c - Philox4x32-10 and the logarithm over lanes; compiled once for each instruction set.
 *
 * The same integers as Random123's philox4x32 and the same operations on doubles as hk_log() of sim/mathfn.h, written
 * on vectors: no case for arguments that cannot occur (u lies in (0, 1) and is no subnormal), and conversions between
 * 64-bit integers and doubles done on the bits, which AVX2 has no instruction for. Every step of those is exact, so the
 * bits are those of hk_stream_exponential(). A change of hk_log() has to be made here too; tests/test_encoders.c tells.
 *
 * Source: Salmon, Moraes, Dror & Shaw (2011), SC'11, for Philox. */
#include "sim/kernels/exponential.h"

#include "sim/mathfn.h"

#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define JOINED(name, isa) name##_##isa
#define NAME_FOR(name, isa) JOINED(name, isa)

/* The key that sim/rng.h documents. */
#define PURPOSE_STRIDE UINT64_C(0xd1342543de82ef95)

/* 64-bit lanes, as many as a register has, and the product of their lower halves: the one operation that compilers do
 * not find by themselves. */
#if defined(__AVX512F__)
enum { WIDTH = 8 };
#define PRODUCT(a, b) ((lanes)_mm512_mul_epu32((__m512i)(a), _mm512_set1_epi64(b)))
#elif defined(__AVX2__)
enum { WIDTH = 4 };
#define PRODUCT(a, b) ((lanes)_mm256_mul_epu32((__m256i)(a), _mm256_set1_epi64x(b)))
#elif defined(__SSE2__)
enum { WIDTH = 2 };
#define PRODUCT(a, b) ((lanes)_mm_mul_epu32((__m128i)(a), _mm_set1_epi64x(b)))
#else
enum { WIDTH = 2 };
#define PRODUCT(a, b) (((a)&UINT64_C(0xffffffff)) * (uint64_t)(b))
#endif

typedef uint64_t lanes __attribute__((vector_size(8 * WIDTH)));
typedef double reals __attribute__((vector_size(8 * WIDTH)));

_Static_assert(HK_EXPONENTIAL_LANES % WIDTH == 0, "a group of lanes is a whole number of vectors");

/* u = (2 (word >> 12) + 1) / 2^53 = hk_stream_uniform(), as 1 + (word >> 12) / 2^52 less 1 - 2^-53. */
static inline reals uniform_of(lanes word)
{
    return (reals)(word >> 12 | UINT64_C(0x3ff) << 52) - 0x1.fffffffffffffp-1;
}

/* -hk_log(u); see there for the method. `k_biased` is its exponent k plus 1024, so that it is never negative. */
static inline reals minus_log(reals u)
{
    const uint64_t bias = UINT64_C(1024) << 52;
    lanes bits = (lanes)u;
    lanes k_biased = (bits - UINT64_C(0x3fe6a09e667f3bcd) + bias) >> 52;
    reals m = (reals)(bits - (k_biased << 52) + bias);
    reals kd = (reals)(k_biased | UINT64_C(0x433) << 52) - (0x1p52 + 1024.0);
    reals f = m - 1.0;
    reals s = f / (2.0 + f);
    reals z = s * s;
    reals p = HK_LOG_SERIES(z);
    reals half_square = 0.5 * f * f;
    reals tail = s * (half_square + z * p);
    return ((half_square - (tail + kd * HK_LN2_LO)) - f) - kd * HK_LN2_HI;
}

/* Above their lower 32 bits the four words collect rubbish, which no product reads and the end cuts off. */
static inline void draw_lanes(uint64_t key, uint64_t id, const uint64_t *at, double *first, double *second)
{
    lanes x0, x1, x2 = { 0 }, x3 = { 0 };
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    memcpy(&x0, at, sizeof x0);
    x1 = x0 >> 32;
    x2 = x2 | id;
    x3 = x3 | id >> 32;
    for (int round = 0; round < 10; round++) {
        lanes p0 = PRODUCT(x0, 0xd2511f53), p1 = PRODUCT(x2, 0xcd9e8d57);
        x0 = p1 >> 32 ^ x1 ^ (uint64_t)k0;
        x2 = p0 >> 32 ^ x3 ^ (uint64_t)k1;
        x1 = p1;
        x3 = p0;
        k0 += UINT32_C(0x9e3779b9);
        k1 += UINT32_C(0xbb67ae85);
    }
    reals e = minus_log(uniform_of((x0 & UINT64_C(0xffffffff)) | x1 << 32));
    memcpy(first, &e, sizeof e);
    e = minus_log(uniform_of((x2 & UINT64_C(0xffffffff)) | x3 << 32));
    memcpy(second, &e, sizeof e);
}

void NAME_FOR(hk_exponential, HK_KERNEL_ISA)(uint64_t seed, uint32_t purpose, uint64_t id, uint32_t n_blocks,
                                             const uint64_t *at, double *first, double *second)
{
    const uint64_t key = seed + purpose * PURPOSE_STRIDE;
    for (uint32_t i = 0; i < n_blocks; i += WIDTH)
        draw_lanes(key, id, at + i, first + i, second + i);
}
