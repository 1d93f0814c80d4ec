/* sim/counts.c - see counts.h. */
#include "sim/counts.h"

#include "sim/mathfn.h"
#include "sim/rng.h"

#include <assert.h>

enum { MOST_LIMIT = (1 << 24) - 1 };

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
    for (int32_t k = 0, limit = 0; limit < MOST_LIMIT && k < HK_COUNTS_MOST_LIMITS; k++) {
        limit = (int32_t)(0x1p24 * (1.0 - table->tail[k]));
        limit = limit > MOST_LIMIT ? MOST_LIMIT : limit;
        table->limit[k] = limit;
        table->n_limits = (uint32_t)k + 1;
    }
    assert(table->limit[table->n_limits - 1] == MOST_LIMIT);
    for (int32_t first = 0, k = 0; first < 256; first++) {
        while (table->limit[k] >> 16 < first)
            k++;
        table->by_first_bits[first] = table->limit[k] >> 16 == first ? HK_COUNTS_UNDECIDED : (uint8_t)k;
    }
}

static uint64_t id_of(const hk_counts_at *at)
{
    return at->id ^ (uint64_t)at->step >> 32;
}

void hk_counts_block(const hk_counts_at *at, uint32_t block, uint32_t words[4])
{
    hk_rng_block(at->seed, HK_PURPOSE_COUNT, id_of(at), (uint32_t)at->step, block, words);
}

static uint32_t first_bits(const hk_counts_at *at, uint32_t i)
{
    uint32_t words[4], word = i % HK_COUNTS_GROUP / HK_COUNTS_PART * 2 + i % 8 / 4;
    hk_counts_block(at, i / HK_COUNTS_GROUP * 8 + i % HK_COUNTS_PART / 8, words);
    return words[word] >> (i % 4 * 8) & 0xff;
}

static uint32_t finer_bits(const hk_counts_table *table, const hk_counts_at *at, uint32_t i)
{
    uint32_t words[4], rank = 0;
    for (uint32_t k = i / HK_COUNTS_PART * HK_COUNTS_PART; k < i; k++)
        rank += table->by_first_bits[first_bits(at, k)] == HK_COUNTS_UNDECIDED;
    hk_counts_block(at, HK_COUNTS_FINER + i / HK_COUNTS_PART * 8 + rank / 8, words);
    return words[rank % 8 / 2] >> (rank % 2 * 16) & 0xffff;
}

uint8_t hk_counts_one(const hk_counts_table *table, const hk_counts_at *at, uint32_t i)
{
    uint32_t words[4], first = first_bits(at, i);
    if (table->by_first_bits[first] != HK_COUNTS_UNDECIDED)
        return table->by_first_bits[first];
    hk_rng_block(at->seed, HK_PURPOSE_COUNT_FINE, id_of(at), (uint32_t)at->step, i, words);
    uint64_t u = (uint64_t)first << 56 | (uint64_t)finer_bits(table, at, i) << 40 | (uint64_t)words[0] << 8 |
                 (words[1] & 0xff);
    double rest = ((double)(UINT64_MAX - u) + 0.5) * 0x1p-64; /* 1 - U, precise where it is small */
    uint8_t count = 0;
    while (count < HK_COUNTS_MOST_LIMITS && rest <= table->tail[count])
        count++;
    return count;
}
