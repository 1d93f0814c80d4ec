/* sim/counts.h - Poisson counts of many neurons in one step: exact, from counter-based streams.
 *
 * A count is the number of k for which U >= P(X <= k), U uniform in [0, 1). The first 16 bits of U decide almost
 * always, by comparison with a short table, 32 neurons an instruction; where they equal the first 16 bits of an entry, 48
 * more are drawn, and the comparison is made with the tail probability P(X > k), which is as precise as a double however
 * small. So the distribution is exact to 2^-64, and a count is a function of (seed, name, neuron, step) alone.
 *
 * Neuron i's bits at step s: block i / 64 * 8 + i / 4 % 8 of stream (seed, HK_PURPOSE_COUNT, id, s), words 0 and 1 for
 * i % 64 < 32, 2 and 3 for the others, 16 bits for each i % 4. */
#ifndef HK_COUNTS_H
#define HK_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    HK_COUNTS_GROUP = 64,        /* neurons that are drawn together */
    HK_COUNTS_MOST_LIMITS = 240, /* a count fits into a byte */
};
#define HK_COUNTS_MOST_MEAN 100.0

typedef struct hk_counts_table {
    uint32_t n_limits;
    uint16_t limit[HK_COUNTS_MOST_LIMITS]; /* [n_limits] first 16 bits of P(X <= k); the last one is 65535 */
    double tail[HK_COUNTS_MOST_LIMITS];    /* P(X > k) */

    /* The same for kernels that can look 64 entries up at once: [0] by the first 6 of the 16 bits, [1] by the next 6 where these
     * are all ones. An entry and the bits that follow are added up: the count then stands above the HK_COUNTS_REST_BITS lowest
     * bits, and these are all ones where the 16 bits equal a limit. From HK_COUNTS_FAR on, more bits are drawn. Only where no
     * bucket has two limits, as with means up to 4. */
    bool has_buckets;
    uint16_t bucket[2][64];
} hk_counts_table;

enum { HK_COUNTS_TOP = 63 << 10, HK_COUNTS_FAR = HK_COUNTS_TOP + (63 << 4), HK_COUNTS_REST_BITS = 11 };

/** Which stream the counts are of, and when. */
typedef struct hk_counts_at {
    uint64_t seed, id;
    int64_t step;
} hk_counts_at;

/** The table of a mean in (0, HK_COUNTS_MOST_MEAN]. */
void hk_counts_prepare(double mean, hk_counts_table *table);

/** The count of neuron i, all 64 bits drawn. */
uint8_t hk_counts_one(const hk_counts_table *table, const hk_counts_at *at, uint32_t i);

#endif
