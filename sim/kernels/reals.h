/* sim/kernels/reals.h - doubles over vector lanes, made of the bits of philox.h: the same operations as hk_stream_uniform() and
 * hk_log() of sim/mathfn.h, so the same bits.
 *
 * Conversions between 64-bit integers and doubles are done on the bits, which AVX2 has no instruction for; every step of
 * those is exact. A change of hk_log() has to be made here too; tests compare. */
#ifndef HK_KERNELS_REALS_H
#define HK_KERNELS_REALS_H

#include "sim/kernels/philox.h"
#include "sim/mathfn.h"

typedef double hk_reals __attribute__((vector_size(8 * HK_WIDTH)));

/* u = (2 (word >> 12) + 1) / 2^53 = hk_stream_uniform(), as 1 + (word >> 12) / 2^52 less 1 - 2^-53. */
static inline hk_reals hk_uniform_lanes(hk_lanes word)
{
    return (hk_reals)(word >> 12 | UINT64_C(0x3ff) << 52) - 0x1.fffffffffffffp-1;
}

/* -hk_log(u) for u in (0, 1), no subnormal; see there for the method. `k_biased` is its exponent k plus 1024, so that it is
 * never negative. */
static inline hk_reals hk_minus_log_lanes(hk_reals u)
{
    const uint64_t bias = UINT64_C(1024) << 52;
    hk_lanes bits = (hk_lanes)u;
    hk_lanes k_biased = (bits - UINT64_C(0x3fe6a09e667f3bcd) + bias) >> 52;
    hk_reals m = (hk_reals)(bits - (k_biased << 52) + bias);
    hk_reals kd = (hk_reals)(k_biased | UINT64_C(0x433) << 52) - (0x1p52 + 1024.0);
    hk_reals f = m - 1.0;
    hk_reals s = f / (2.0 + f);
    hk_reals z = s * s;
    hk_reals p = HK_LOG_SERIES(z);
    hk_reals half_square = 0.5 * f * f;
    hk_reals tail = s * (half_square + z * p);
    return ((half_square - (tail + kd * HK_LN2_LO)) - f) - kd * HK_LN2_HI;
}

static inline hk_reals hk_sqrt_lanes(hk_reals x)
{
#if defined(__AVX512F__)
    return (hk_reals)_mm512_sqrt_pd((__m512d)x);
#elif defined(__AVX2__)
    return (hk_reals)_mm256_sqrt_pd((__m256d)x);
#elif defined(__SSE2__)
    return (hk_reals)_mm_sqrt_pd((__m128d)x);
#else
    return (hk_reals){ sqrt(x[0]), sqrt(x[1]) };
#endif
}

#endif
