/* sim/rng.c - see rng.h. Only additions, multiplications, divisions, sqrt and hk_log: no result depends on libm. */
#include "sim/rng.h"

#include "sim/mathfn.h"

#include <Random123/philox.h>
#include <assert.h>

/* Spreads the purposes over the keys, so that seeds a user would count through (1, 2, 3, ...) never meet. */
#define PURPOSE_STRIDE UINT64_C(0xd1342543de82ef95)

hk_stream hk_stream_open(uint64_t seed, hk_purpose purpose, uint64_t id, uint32_t sub)
{
    return (hk_stream){ .seed = seed, .purpose = (uint32_t)purpose, .sub = sub, .id = id };
}

void hk_rng_block(uint64_t seed, uint32_t purpose, uint64_t id, uint32_t sub, uint32_t counter, uint32_t out[4])
{
    uint64_t key = seed + purpose * PURPOSE_STRIDE;
    philox4x32_ctr_t at = { { counter, sub, (uint32_t)id, (uint32_t)(id >> 32) } };
    philox4x32_key_t philox_key = { { (uint32_t)key, (uint32_t)(key >> 32) } };
    philox4x32_ctr_t block = philox4x32_R(10, at, philox_key);
    for (int i = 0; i < 4; i++)
        out[i] = block.v[i];
}

uint32_t hk_stream_u32(hk_stream *stream)
{
    if (stream->n_left == 0) {
        hk_rng_block(stream->seed, stream->purpose, stream->id, stream->sub, stream->counter, stream->block);
        stream->counter++;
        stream->n_left = 4;
    }
    return stream->block[4 - stream->n_left--];
}

uint64_t hk_stream_u64(hk_stream *stream)
{
    uint64_t low = hk_stream_u32(stream);
    return low | (uint64_t)hk_stream_u32(stream) << 32;
}

double hk_stream_uniform(hk_stream *stream)
{
    return (double)(hk_stream_u64(stream) >> 11 | 1) * 0x1p-53;
}

/* Lemire (2019), ACM Trans. Model. Comput. Simul. 29:3: the high half of a product, and the few low halves that
 * would favour some results are drawn again. */
uint64_t hk_stream_below(hk_stream *stream, uint64_t n)
{
    assert(n >= 1);
    if (n <= UINT32_MAX) {
        uint32_t n32 = (uint32_t)n;
        uint64_t product = (uint64_t)hk_stream_u32(stream) * n32;
        if ((uint32_t)product < n32) {
            uint32_t refused = (0u - n32) % n32;
            while ((uint32_t)product < refused)
                product = (uint64_t)hk_stream_u32(stream) * n32;
        }
        return product >> 32;
    }
    unsigned __int128 product = (unsigned __int128)hk_stream_u64(stream) * n;
    if ((uint64_t)product < n) {
        uint64_t refused = (0u - n) % n;
        while ((uint64_t)product < refused)
            product = (unsigned __int128)hk_stream_u64(stream) * n;
    }
    return (uint64_t)(product >> 64);
}

double hk_stream_exponential(hk_stream *stream)
{
    return -hk_log(hk_stream_uniform(stream));
}

/* AS 241, PPND16: a rational function in each of three ranges, numerator and denominator by falling power. */
enum { DEGREE = 7 };

typedef struct rational {
    double above[DEGREE + 1], below[DEGREE + 1];
} rational;

static const rational central = {
    { 2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4, 4.5921953931549871457e+4,
      1.3731693765509461125e+4, 1.9715909503065514427e+3, 1.3314166789178437745e+2, 3.3871328727963666080e+0 },
    { 5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4, 2.1213794301586595867e+4,
      5.3941960214247511077e+3, 6.8718700749205790830e+2, 4.2313330701600911252e+1, 1.0 },
};
static const rational tail = {
    { 7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e+0,
      3.64784832476320460504e+0, 5.76949722146069140550e+0, 4.63033784615654529590e+0, 1.42343711074968357734e+0 },
    { 1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
      6.89767334985100004550e-1, 1.67638483018380384940e+0, 2.05319162663775882187e+0, 1.0 },
};
static const rational far_tail = {
    { 2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
      2.96560571828504891230e-1, 1.78482653991729133580e+0, 5.46378491116411436990e+0, 6.65790464350110377720e+0 },
    { 2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
      1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0 },
};

static double value_of(const rational *of, double x)
{
    double above = of->above[0], below = of->below[0];
    for (int i = 1; i <= DEGREE; i++) {
        above = above * x + of->above[i];
        below = below * x + of->below[i];
    }
    return above / below;
}

double hk_stream_normal(hk_stream *stream)
{
    double p = hk_stream_uniform(stream);
    double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * value_of(&central, 0.180625 - q * q);
    double r = sqrt(-hk_log(q < 0.0 ? p : 1.0 - p));
    double x = r <= 5.0 ? value_of(&tail, r - 1.6) : value_of(&far_tail, r - 5.0);
    return q < 0.0 ? -x : x;
}
