/* sim/rng.c - see rng.h. Only additions, multiplications, divisions, sqrt and hk_log: no result depends on libm. */
#include "sim/rng.h"

#include "sim/mathfn.h"
#include "sim/normal_series.h"

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
    philox4x32_ctr_t block = philox4x32_R(purpose == HK_PURPOSE_COUNT ? HK_COUNT_ROUNDS : HK_ROUNDS, at, philox_key);
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

static double value_of(const hk_rational *of, double x)
{
    double above = of->above[0], below = of->below[0];
    for (int i = 1; i <= HK_NORMAL_DEGREE; i++) {
        above = above * x + of->above[i];
        below = below * x + of->below[i];
    }
    return above / below;
}

double hk_normal_of(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= HK_NORMAL_CENTRAL)
        return q * value_of(&hk_normal_central, 0.180625 - q * q);
    double r = sqrt(-hk_log(q < 0.0 ? p : 1.0 - p));
    double x = r <= HK_NORMAL_FAR ? value_of(&hk_normal_tail, r - 1.6) : value_of(&hk_normal_far, r - 5.0);
    return q < 0.0 ? -x : x;
}

double hk_stream_normal(hk_stream *stream)
{
    return hk_normal_of(hk_stream_uniform(stream));
}
