/* sim/rng.h - counter-based random streams: a draw is a function of (seed, purpose, id, counter).
 *
 * Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, SC'11), from Random123. No state but the counter, so the same
 * seed gives the same numbers for any number of threads, and a checkpoint keeps only counters. HK_PURPOSE_COUNT, of
 * which a simulation may want a billion a second, takes 7 rounds: the fewest that pass all tests of BigCrush there. */
#ifndef HK_RNG_H
#define HK_RNG_H

#include <stdint.h>

/* What a stream is for: part of its key, so that no two uses share numbers. Never renumber: results depend on it. */
typedef enum hk_purpose {
    HK_PURPOSE_CONNECT = 1,
    HK_PURPOSE_WEIGHT = 2,
    HK_PURPOSE_DELAY = 3,
    HK_PURPOSE_STATE = 4,
    HK_PURPOSE_POISSON = 5,
    HK_PURPOSE_ENCODER = 6,
    HK_PURPOSE_GLYPH = 7,
    HK_PURPOSE_SHUFFLE = 8,
    HK_PURPOSE_EXPERIMENT = 9,
    HK_PURPOSE_PARAMETER = 10,
    HK_PURPOSE_TEST = 11,
    HK_PURPOSE_DRIVE = 12,      /* Poisson drive at exact times */
    HK_PURPOSE_COUNT = 13,      /* Poisson drive by steps: 24 bits a neuron and step, */
    HK_PURPOSE_COUNT_FINE = 14, /* and 40 more where these do not decide */
    HK_PURPOSE_PATTERN = 15,    /* times that belong to an input, whatever the sample */
    HK_PURPOSE_ARRIVAL = 16,    /* Poisson drive by steps: when in the step the counted ones come */
} hk_purpose;

enum { HK_ROUNDS = 10, HK_COUNT_ROUNDS = 7 };

/** One stream. `id` and `sub` name it (projection and row, population and neuron, sample and input, ...);
 *  `counter` is the number of 128-bit blocks drawn so far. Caller's storage; copy it to replay it. */
typedef struct hk_stream {
    uint64_t seed;
    uint32_t purpose;
    uint32_t sub;
    uint64_t id;
    uint32_t counter;
    uint32_t n_left; /* unread words of `block` */
    uint32_t block[4];
} hk_stream;

hk_stream hk_stream_open(uint64_t seed, hk_purpose purpose, uint64_t id, uint32_t sub);

/** Block `counter` of a stream without keeping one: four words. The counter of Philox is (counter, sub, id low,
 *  id high), its key is seed + purpose * 0xd1342543de82ef95: with purpose 0, which no stream has, plain Philox. */
void hk_rng_block(uint64_t seed, uint32_t purpose, uint64_t id, uint32_t sub, uint32_t counter, uint32_t out[4]);

uint32_t hk_stream_u32(hk_stream *stream);
uint64_t hk_stream_u64(hk_stream *stream);

/** Uniform in the open interval (0, 1): an odd multiple of 2^-53, so that u and 1 - u are equally exact. */
double hk_stream_uniform(hk_stream *stream);

/** Uniform integer in [0, n), n >= 1, without bias. */
uint64_t hk_stream_below(hk_stream *stream, uint64_t n);

/** Exponential with mean 1, at most 36.8. */
double hk_stream_exponential(hk_stream *stream);

/** Standard normal, at most 8.3 from 0: the inverse distribution function at one uniform number
 *  (Wichura 1988, Appl. Stat. 37:477-484, AS 241, to 1e-15). */
double hk_stream_normal(hk_stream *stream);
/** The number x that a standard normal one lies below with probability p in (0, 1). */
double hk_normal_of(double p);

#endif
