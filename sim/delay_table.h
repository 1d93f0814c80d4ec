/* sim/delay_table.h - delays in steps straight from uniform numbers: what rounding hk_draw_value() gives, several times faster.
 *
 * A normal number is a monotone function of the uniform one it is made of, so the uniform numbers that give one number of steps are
 * an interval. The table keeps where these intervals begin, and a guide by the first bits of the number to find them. */
#ifndef HK_DELAY_TABLE_H
#define HK_DELAY_TABLE_H

#include "sim/batch.h"

enum { HK_DELAY_GUIDE_BITS = 10, HK_DELAY_MOST_STEPS = 4096 };

typedef struct hk_delay_table {
    uint32_t n;      /* intervals; 0: the distribution is another one, or too wide */
    double *begin;   /* [n + 1] of the uniform numbers that mean step least + k; the last one is 1 */
    uint32_t least;  /* steps */
    double from, to; /* uniform numbers outside are drawn again */
    uint16_t guide[(1 << HK_DELAY_GUIDE_BITS) + 1]; /* first interval that a number with these first bits may lie in */
} hk_delay_table;

/** HK_OK also where there can be none (n = 0); HK_ENOMEM. */
HK_MUST_CHECK int hk_delay_table_init(hk_delay_table *table, const hk_draw *delay_ms, double resolution_ms);
void hk_delay_table_fini(hk_delay_table *table);

/** The next delay in steps, where n > 0. Takes words from `batch`, two a uniform number. */
static inline uint32_t hk_delay_table_draw(const hk_delay_table *table, hk_batch *batch)
{
    for (;;) {
        if (batch->next == batch->n)
            hk_batch_refill_words(batch);
        uint64_t word = batch->of.words[batch->next] | (uint64_t)batch->of.words[batch->next + 1] << 32;
        batch->next += 2;
        double u = (double)(int64_t)(word >> 11 | 1) * 0x1p-53; /* hk_stream_uniform() */
        if (u < table->from || u > table->to)
            continue;
        uint32_t k = table->guide[word >> (64 - HK_DELAY_GUIDE_BITS)];
        while (u >= table->begin[k + 1])
            k++;
        return table->least + k;
    }
}

#endif
