/* sim/counts.h - Poisson counts of many neurons in one step: exact, from counter-based streams.
 *
 * A count is the number of k for which U >= P(X <= k), U uniform in [0, 1). The first 8 bits of U decide mostly, by a
 * table of 256 entries. Where some P(X <= k) begins with them, 16 more are drawn, and the 24 bits are compared with those of each
 * P(X <= k); where these are equal too, 40 more, and the comparison is made with the tail probability P(X > k), which is as
 * precise as a double however small. So the distribution is exact to 2^-64, and a count is a function of (seed, name, neuron, step)
 * alone.
 *
 * At step s, stream (seed, HK_PURPOSE_COUNT, id, s) has the bits. The 8 of neuron i: byte i % 8 of words 0 and 1 of
 * block i / 128 * 8 + i % 64 / 8 where i % 128 < 64, else of words 2 and 3. Of 64 neurons (i / 64 the same), the r-th whom 8 bits do
 * not decide, in ascending order, has 16 bits from block HK_COUNTS_FINER + i / 64 * 8 + r / 8: half r % 8 of its four words. The last
 * 40: words 0 and 1 of block i of HK_PURPOSE_COUNT_FINE. */
#ifndef HK_COUNTS_H
#define HK_COUNTS_H

#include <stdint.h>

enum {
    HK_COUNTS_GROUP = 128,       /* neurons that are drawn together */
    HK_COUNTS_PART = 64,         /* neurons that share blocks of 16 more bits */
    HK_COUNTS_MOST_LIMITS = 240, /* a count fits into a byte */
    HK_COUNTS_UNDECIDED = 255,
};
#define HK_COUNTS_FINER UINT32_C(0x80000000)
#define HK_COUNTS_MOST_MEAN 100.0

typedef struct hk_counts_table {
    uint32_t n_limits;                    /* 0: there is none */
    int32_t limit[HK_COUNTS_MOST_LIMITS]; /* [n_limits] first 24 bits of P(X <= k); the last one is 2^24 - 1 */
    double tail[HK_COUNTS_MOST_LIMITS];   /* P(X > k) */
    uint8_t by_first_bits[256];           /* counts, or HK_COUNTS_UNDECIDED */
} hk_counts_table;

/** Which stream the counts are of, and when. */
typedef struct hk_counts_at {
    uint64_t seed, id;
    int64_t step;
} hk_counts_at;

/** The table of a mean in (0, HK_COUNTS_MOST_MEAN]. */
void hk_counts_prepare(double mean, hk_counts_table *table);

/** Block `block` of the stream, four words. */
void hk_counts_block(const hk_counts_at *at, uint32_t block, uint32_t words[4]);

/** The count of neuron i, all 64 bits drawn. */
uint8_t hk_counts_one(const hk_counts_table *table, const hk_counts_at *at, uint32_t i);

#endif
