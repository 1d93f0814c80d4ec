/* sim/kernels/exponential.c - Philox4x32-10 and the logarithm over lanes; compiled once for each instruction set.
 *
 * The same integers as Random123's philox4x32 and the same operations on doubles as hk_log() of sim/mathfn.h, written
 * on vectors: no case for arguments that cannot occur (u lies in (0, 1) and is no subnormal), and conversions between
 * 64-bit integers and doubles done on the bits, which AVX2 has no instruction for. Every step of those is exact, so the
 * bits are those of hk_stream_exponential(). A change of hk_log() has to be made here too; tests/test_encoders.c tells.
 *
 * Source: Salmon, Moraes, Dror & Shaw (2011), SC'11, for Philox. */
#include "sim/kernels/exponential.h"

#include "sim/kernels/philox.h"
#include "sim/mathfn.h"

#include <string.h>

#define JOINED(name, isa) name##_##isa
#define NAME_FOR(name, isa) JOINED(name, isa)

typedef double reals __attribute__((vector_size(8 * HK_WIDTH)));

_Static_assert(HK_EXPONENTIAL_LANES % HK_WIDTH == 0, "a group of lanes is a whole number of vectors");

/* u = (2 (word >> 12) + 1) / 2^53 = hk_stream_uniform(), as 1 + (word >> 12) / 2^52 less 1 - 2^-53. */
static inline reals uniform_of(hk_lanes word)
{
    return (reals)(word >> 12 | UINT64_C(0x3ff) << 52) - 0x1.fffffffffffffp-1;
}

/* -hk_log(u); see there for the method. `k_biased` is its exponent k plus 1024, so that it is never negative. */
static inline reals minus_log(reals u)
{
    const uint64_t bias = UINT64_C(1024) << 52;
    hk_lanes bits = (hk_lanes)u;
    hk_lanes k_biased = (bits - UINT64_C(0x3fe6a09e667f3bcd) + bias) >> 52;
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

static inline void draw_lanes(uint64_t key, uint64_t id, const uint64_t *at, double *first, double *second)
{
    hk_lanes x[4] = { 0 };
    memcpy(&x[0], at, sizeof x[0]);
    x[1] = x[0] >> 32;
    x[2] = x[2] | id;
    x[3] = x[3] | id >> 32;
    hk_philox_lanes(key, x);
    reals e = minus_log(uniform_of(hk_word_pairs(x[0], x[1])));
    memcpy(first, &e, sizeof e);
    e = minus_log(uniform_of(hk_word_pairs(x[2], x[3])));
    memcpy(second, &e, sizeof e);
}

void NAME_FOR(hk_exponential, HK_KERNEL_ISA)(uint64_t seed, uint32_t purpose, uint64_t id, uint32_t n_blocks,
                                             const uint64_t *at, double *first, double *second)
{
    const uint64_t key = seed + purpose * HK_PURPOSE_STRIDE;
    for (uint32_t i = 0; i < n_blocks; i += HK_WIDTH)
        draw_lanes(key, id, at + i, first + i, second + i);
}
