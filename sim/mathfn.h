/* sim/mathfn.h - exp, log and expm1 of our own: the same bits on every machine, in every loop.
 *
 * Results must not depend on the version of libm or on the width of the vector unit, so these are inline sequences
 * of additions, multiplications and divisions without branches that matter: the compiler may vectorise them, and
 * (with -ffp-contract=off) every lane gives the bits of the scalar call. Errors below 1 ulp (exp, log) and 4 ulp
 * (expm1), measured in tests/test_mathfn.c. */
#ifndef HK_MATHFN_H
#define HK_MATHFN_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline double hk_bits_to_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t hk_double_to_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Cody-Waite reduction: ln 2 in two parts, the first with zeros enough that n * HK_LN2_HI is exact. */
#define HK_LN2_HI 0x1.62e42fee00000p-1
#define HK_LN2_LO 0x1.a39ef35793c76p-33
#define HK_INV_LN2 0x1.71547652b82fep+0
#define HK_ROUND_MAGIC 0x1.8p52 /* adding it leaves the nearest integer in the low bits */

/* sum over k >= 2 of r^(k-2) / k!, |r| <= ln 2 / 2: exp(r) - 1 - r = r^2 * this. Pairs, then pairs of pairs: a chain of
 * twelve steps would take three times as long. */
static inline double hk_exp_tail(double r)
{
    double r2 = r * r, r4 = r2 * r2;
    double p01 = 0.5 + r * (1.0 / 6.0);
    double p23 = 1.0 / 24.0 + r * (1.0 / 120.0);
    double p45 = 1.0 / 720.0 + r * (1.0 / 5040.0);
    double p67 = 1.0 / 40320.0 + r * (1.0 / 362880.0);
    double p89 = 1.0 / 3628800.0 + r * (1.0 / 39916800.0);
    double pab = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0);
    double low = p01 + r2 * p23, middle = p45 + r2 * p67, high = p89 + r2 * pab;
    return low + r4 * (middle + r4 * high);
}

/** exp(x). Below -708 it gives 0, above 709 infinity (no subnormals); NaN stays NaN. */
static inline double hk_exp(double x)
{
    double bounded = x < -708.0 ? -708.0 : x;
    bounded = bounded > 709.0 ? 709.0 : bounded;
    double shifted = bounded * HK_INV_LN2 + HK_ROUND_MAGIC;
    double n = shifted - HK_ROUND_MAGIC;
    double hi = bounded - n * HK_LN2_HI;
    double lo = n * HK_LN2_LO;
    double r = hi - lo;
    double low_part = (hi - r) - lo;
    double e = 1.0 + (r + (low_part + r * r * hk_exp_tail(r)));
    uint64_t power = (hk_double_to_bits(shifted) + 1023u) << 52; /* the magic's own bits leave at the top */
    double result = e * hk_bits_to_double(power);
    result = x < -708.0 ? 0.0 : result;
    return x > 709.0 ? HUGE_VAL : result;
}

/** exp(x) - 1 without cancellation near 0. */
static inline double hk_expm1(double x)
{
    double small = x + x * x * hk_exp_tail(x); /* right for |x| <= 0.35 */
    double large = hk_exp(x) - 1.0;
    return fabs(x) <= 0.34 ? small : large;
}

/* 2 atanh(s) = 2 s + s z * this, z = s^2; |s| <= 0.1716. For doubles and for vectors of them. */
#define HK_LOG_SERIES(z)                                                                                         \
    ((((((((((2.0 / 23.0 * (z) + 2.0 / 21.0) * (z) + 2.0 / 19.0) * (z) + 2.0 / 17.0) * (z) + 2.0 / 15.0) * (z) + \
          2.0 / 13.0) *                                                                                          \
             (z) +                                                                                               \
         2.0 / 11.0) *                                                                                           \
            (z) +                                                                                                \
        2.0 / 9.0) *                                                                                             \
           (z) +                                                                                                 \
       2.0 / 7.0) *                                                                                              \
          (z) +                                                                                                  \
      2.0 / 5.0) *                                                                                               \
         (z) +                                                                                                   \
     2.0 / 3.0)

/** log(x) for normal x > 0; 0 gives -infinity, a negative number or NaN gives NaN. */
static inline double hk_log(double x)
{
    uint64_t bits = hk_double_to_bits(x);
    /* m in [sqrt(1/2), sqrt(2)), x = m 2^k */
    uint64_t shifted = bits - 0x3fe6a09e667f3bcdu;
    int64_t k = (int64_t)shifted >> 52;
    double m = hk_bits_to_double(bits - ((uint64_t)k << 52));
    double kd = (double)(int32_t)k;
    double f = m - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double p = HK_LOG_SERIES(z);
    double half_square = 0.5 * f * f;
    /* log(1+f) = f - (f^2/2 - s (f^2/2 + z * series)) */
    double tail = s * (half_square + z * p);
    double result = kd * HK_LN2_HI - ((half_square - (tail + kd * HK_LN2_LO)) - f);
    result = x == 0.0 ? -HUGE_VAL : result;
    result = x == HUGE_VAL ? HUGE_VAL : result;
    return x >= 0.0 ? result : (double)NAN;
}

#endif
