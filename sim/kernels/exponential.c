/* sim/kernels/exponential.c - exponential numbers over lanes; compiled once for each instruction set. The bits are those of
 * hk_stream_exponential(). */
#include "sim/kernels/exponential.h"

#include "sim/kernels/reals.h"
#include "sim/rng.h"

#include <string.h>

#define JOINED(name, isa) name##_##isa
#define NAME_FOR(name, isa) JOINED(name, isa)

_Static_assert(HK_EXPONENTIAL_LANES % HK_WIDTH == 0, "a group of lanes is a whole number of vectors");

static inline void draw_lanes(uint64_t key, uint64_t id, const uint64_t *at, double *first, double *second)
{
    hk_lanes x[4][1] = { 0 };
    memcpy(&x[0][0], at, sizeof x[0][0]);
    x[1][0] = x[0][0] >> 32;
    x[2][0] = x[2][0] | id;
    x[3][0] = x[3][0] | id >> 32;
    hk_philox_vectors(key, HK_ROUNDS, 1, x);
    hk_reals e = hk_minus_log_lanes(hk_uniform_lanes(hk_word_pairs(x[0][0], x[1][0])));
    memcpy(first, &e, sizeof e);
    e = hk_minus_log_lanes(hk_uniform_lanes(hk_word_pairs(x[2][0], x[3][0])));
    memcpy(second, &e, sizeof e);
}

void NAME_FOR(hk_exponential, HK_KERNEL_ISA)(uint64_t seed, uint32_t purpose, uint64_t id, uint32_t n_blocks,
                                             const uint64_t *at, double *first, double *second)
{
    const uint64_t key = seed + purpose * HK_PURPOSE_STRIDE;
    for (uint32_t i = 0; i < n_blocks; i += HK_WIDTH)
        draw_lanes(key, id, at + i, first + i, second + i);
}
