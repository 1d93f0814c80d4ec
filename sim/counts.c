/* sim/counts.c - see counts.h. */
#include "sim/counts.h"

#include "sim/mathfn.h"
#include "sim/rng.h"

#include <assert.h>

static void fill_buckets(hk_counts_table *table)
{
    table->has_buckets = true;
    for (int level = 0; level < 2; level++)
        for (uint32_t bucket = 0; bucket < 63; bucket++) {
            uint32_t begin = level == 0 ? bucket << 10 : HK_COUNTS_TOP + (bucket << 4);
            uint32_t end = begin + (level == 0 ? 1 << 10 : 1 << 4), n = 0;
            table->below[level][bucket] = 0;
            table->only[level][bucket] = UINT16_MAX;
            for (uint32_t k = 0; k < table->n_limits; k++) {
                table->below[level][bucket] = (uint16_t)(table->below[level][bucket] + (table->limit[k] < begin));
                if (table->limit[k] < begin || table->limit[k] >= end)
                    continue;
                table->only[level][bucket] = table->limit[k];
                table->has_buckets = table->has_buckets && ++n == 1;
            }
        }
    for (int level = 0; level < 2;
         level++) { /* the last bucket of the first level leads to the second, of that to more bits */
        table->below[level][63] = 0;
        table->only[level][63] = UINT16_MAX;
    }
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
    fill_buckets(table);
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
