/* sim/counts.c - see counts.h. */
#include "sim/counts.h"

#include "sim/mathfn.h"
#include "sim/rng.h"

#include <assert.h>

/* Returns whether no bucket of this level has two limits. */
static bool fill_buckets(hk_counts_table *table, uint32_t begin, uint32_t n_bits, uint16_t bucket[64])
{
    const uint32_t rest = (1u << HK_COUNTS_REST_BITS) - 1;
    bool fits = table->n_limits <= UINT16_MAX >> HK_COUNTS_REST_BITS;
    for (uint32_t at = 0, k = 0; at < 63; at++, begin += 1u << n_bits) { /* the last one leads to more bits */
        while (k < table->n_limits && table->limit[k] < begin)
            k++;
        uint32_t n = 0;
        while (k + n < table->n_limits && table->limit[k + n] < begin + (1u << n_bits))
            n++;
        fits = fits && n <= 1;
        bucket[at] = (uint16_t)(k << HK_COUNTS_REST_BITS | (n > 0 ? rest - (table->limit[k] - begin) : 0));
    }
    bucket[63] = 0;
    return fits;
}

void hk_counts_prepare(double mean, hk_counts_table *table)
{
    assert(mean > 0.0 && mean <= HK_COUNTS_MOST_MEAN);
    double p[HK_COUNTS_MOST_LIMITS + 1], rest = 0.0;
    p[0] = hk_exp(-mean);
    for (int k = 1; k <= HK_COUNTS_MOST_LIMITS; k++)
        p[k] = p[k - 1] * mean / k;
    for (int k = HK_COUNTS_MOST_LIMITS; k > 0; k--) { /* small ones first: nothing is lost */
        rest += p[k];
        table->tail[k - 1] = rest;
    }
    table->n_limits = 0;
    for (uint32_t k = 0, limit = 0; limit < 65535 && k < HK_COUNTS_MOST_LIMITS; k++) {
        limit = (uint32_t)(65536.0 * (1.0 - table->tail[k]));
        limit = limit > 65535 ? 65535 : limit;
        table->limit[k] = (uint16_t)limit;
        table->n_limits = k + 1;
    }
    assert(table->limit[table->n_limits - 1] == 65535);
    bool fits = fill_buckets(table, 0, 10, table->bucket[0]);
    table->has_buckets = fill_buckets(table, HK_COUNTS_TOP, 4, table->bucket[1]) && fits;
}

static uint32_t first_bits(const hk_counts_at *at, uint32_t i)
{
    uint32_t words[4], block = i / HK_COUNTS_GROUP * 8 + i / 4 % 8;
    uint64_t id = at->id ^ (uint64_t)at->step >> 32;
    hk_rng_block(at->seed, HK_PURPOSE_COUNT, id, (uint32_t)at->step, block, words);
    return words[i % HK_COUNTS_GROUP / 32 * 2 + i % 4 / 2] >> (i % 2 * 16) & 0xffff;
}

uint8_t hk_counts_one(const hk_counts_table *table, const hk_counts_at *at, uint32_t i)
{
    uint32_t words[4];
    hk_rng_block(at->seed, HK_PURPOSE_COUNT_FINE, at->id ^ (uint64_t)at->step >> 32, (uint32_t)at->step, i, words);
    uint64_t u = (uint64_t)first_bits(at, i) << 48 | (uint64_t)(words[0] & 0xffff) << 32 | words[1];
    double rest = ((double)(UINT64_MAX - u) + 0.5) * 0x1p-64; /* 1 - U, precise where it is small */
    uint8_t count = 0;
    while (count < HK_COUNTS_MOST_LIMITS && rest <= table->tail[count])
        count++;
    return count;
}
