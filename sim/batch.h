/* sim/batch.h - a stream (rng.h) that is read from its beginning, drawn many blocks ahead: the same numbers, several times faster.
 *
 * One batch gives numbers of one kind: words for hk_batch_below(), or normal ones. */
#ifndef HK_BATCH_H
#define HK_BATCH_H

#include "sim/draw.h"
#include "sim/kernels/random.h"

enum { HK_BATCH_BLOCKS = 4 * HK_RANDOM_GROUP };

typedef struct hk_batch {
    hk_stream stream;
    const hk_random_kernels *kernels;
    uint32_t next, n;  /* numbers read, and drawn */
    uint32_t expected; /* numbers that will still be asked for, about: no more are drawn ahead */
    union {
        uint32_t words[4 * HK_BATCH_BLOCKS];
        double normals[2 * HK_BATCH_BLOCKS];
    } of;
} hk_batch;

/** Starts at the beginning of `stream`. */
void hk_batch_open(hk_batch *batch, hk_cpu cpu, hk_stream stream, uint64_t expected);

void hk_batch_refill_words(hk_batch *batch);
void hk_batch_refill_normals(hk_batch *batch);

/** hk_stream_below(), 1 <= n < 2^32. */
static inline uint32_t hk_batch_below(hk_batch *batch, uint32_t n)
{
    for (;;) {
        if (batch->next == batch->n)
            hk_batch_refill_words(batch);
        uint64_t product = (uint64_t)batch->of.words[batch->next++] * n;
        if ((uint32_t)product >= n || (uint32_t)product >= (0u - n) % n)
            return (uint32_t)(product >> 32);
    }
}

/** hk_draw_value(). */
double hk_batch_draw(hk_batch *batch, const hk_draw *draw);

#endif
