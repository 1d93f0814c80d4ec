/* sim/kernels/exponential.c - Philox4x32-10 and the logarithm over lanes; compiled once for each instruction set.
 *
 * The same integers as Random123's philox4x32 and the same operations on doubles as hk_log() of sim/mathfn.h, in a
 * shape that compilers vectorise: no case for arguments that cannot occur (u lies in (0, 1), is no subnormal), and
 * conversions between 64-bit integers and doubles done on the bits, which AVX2 has no instruction for. Every step of
 * those is exact, so the bits are those of hk_stream_exponential().
 *
 * Source: Salmon, Moraes, Dror & Shaw (2011), SC'11, for Philox. */
#include "sim/kernels/exponential.h"

#include "sim/mathfn.h"

#define JOINED(name, isa) name##_##isa
#define NAME_FOR(name, isa) JOINED(name, isa)

/* The key that sim/rng.h documents. */
#define PURPOSE_STRIDE UINT64_C(0xd1342543de82ef95)

/* u = (2 (word >> 12) + 1) / 2^53 = hk_stream_uniform(), as 1 + (word >> 12) / 2^52 less 1 - 2^-53. */
static inline double uniform_of(uint64_t word)
{
    return hk_bits_to_double(word >> 12 | UINT64_C(0x3ff) << 52) - 0x1.fffffffffffffp-1;
}

/* -hk_log(u); see there for the method. `k_biased` is its exponent k plus 1024, so that it is never negative. */
static inline double minus_log(double u)
{
    const uint64_t bias = UINT64_C(1024) << 52;
    uint64_t bits = hk_double_to_bits(u);
    uint64_t k_biased = (bits - UINT64_C(0x3fe6a09e667f3bcd) + bias) >> 52;
    double m = hk_bits_to_double(bits - (k_biased << 52) + bias);
    double kd = hk_bits_to_double(k_biased | UINT64_C(0x433) << 52) - (0x1p52 + 1024.0);
    double f = m - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double p = 2.0 / 23.0;
    p = p * z + 2.0 / 21.0;
    p = p * z + 2.0 / 19.0;
    p = p * z + 2.0 / 17.0;
    p = p * z + 2.0 / 15.0;
    p = p * z + 2.0 / 13.0;
    p = p * z + 2.0 / 11.0;
    p = p * z + 2.0 / 9.0;
    p = p * z + 2.0 / 7.0;
    p = p * z + 2.0 / 5.0;
    p = p * z + 2.0 / 3.0;
    double half_square = 0.5 * f * f;
    double tail = s * (half_square + z * p);
    return ((half_square - (tail + kd * HK_LN2_LO)) - f) - kd * HK_LN2_HI;
}

/* One group of lanes: constant bounds, so that both loops become straight vector code. */
static inline void draw_lanes(uint64_t key, uint64_t id, const uint32_t *restrict sub, const uint32_t *restrict block,
                              double *restrict out)
{
    uint64_t word[2 * HK_EXPONENTIAL_LANES];
    for (int i = 0; i < HK_EXPONENTIAL_LANES; i++) {
        uint32_t x0 = block[i], x1 = sub[i], x2 = (uint32_t)id, x3 = (uint32_t)(id >> 32);
        uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
        for (int round = 0; round < 10; round++) {
            uint64_t p0 = (uint64_t)x0 * UINT32_C(0xd2511f53), p1 = (uint64_t)x2 * UINT32_C(0xcd9e8d57);
            x0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0;
            x2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
            x1 = (uint32_t)p1;
            x3 = (uint32_t)p0;
            k0 += UINT32_C(0x9e3779b9);
            k1 += UINT32_C(0xbb67ae85);
        }
        word[2 * i] = x0 | (uint64_t)x1 << 32;
        word[2 * i + 1] = x2 | (uint64_t)x3 << 32;
    }
    for (int i = 0; i < 2 * HK_EXPONENTIAL_LANES; i++)
        out[i] = minus_log(uniform_of(word[i]));
}

void NAME_FOR(hk_exponential, HK_KERNEL_ISA)(uint64_t seed, uint32_t purpose, uint64_t id, uint32_t n_blocks,
                                             const uint32_t *sub, const uint32_t *block, double *out)
{
    const uint64_t key = seed + purpose * PURPOSE_STRIDE;
    for (uint32_t at = 0; at < n_blocks; at += HK_EXPONENTIAL_LANES)
        draw_lanes(key, id, sub + at, block + at, out + 2 * at);
}
