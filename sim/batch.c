/* sim/batch.c - see batch.h. */
#include "sim/batch.h"

const hk_random_kernels *hk_random_kernels_for(hk_cpu level)
{
    static const hk_random_kernels *const kernels[HK_N_CPU] = {
        [HK_CPU_PLAIN] = &hk_random_kernels_plain,
#if defined(__x86_64__)
        [HK_CPU_AVX2] = &hk_random_kernels_avx2,
        [HK_CPU_AVX512] = &hk_random_kernels_avx512,
#endif
    };
    return kernels[level];
}

void hk_batch_open(hk_batch *batch, hk_cpu cpu, hk_stream stream, uint64_t expected)
{
    batch->stream = stream;
    batch->kernels = hk_random_kernels_for(cpu);
    batch->next = batch->n = 0;
    batch->expected = expected < UINT32_MAX ? (uint32_t)expected : UINT32_MAX;
}

/* How many blocks to draw, of `each` numbers. */
static uint32_t take_blocks(hk_batch *batch, uint32_t each)
{
    uint32_t n = batch->expected / each / HK_RANDOM_GROUP * HK_RANDOM_GROUP + HK_RANDOM_GROUP;
    n = n < HK_BATCH_BLOCKS ? n : HK_BATCH_BLOCKS;
    batch->expected -= batch->expected < n * each ? batch->expected : n * each;
    batch->next = 0;
    batch->n = n * each;
    return n;
}

void hk_batch_refill_words(hk_batch *batch)
{
    uint32_t n = take_blocks(batch, 4);
    batch->kernels->words(&batch->stream, n, batch->of.words);
    batch->stream.counter += n;
}

void hk_batch_refill_normals(hk_batch *batch)
{
    uint32_t n = take_blocks(batch, 2);
    batch->kernels->normals(&batch->stream, n, batch->of.normals);
    batch->stream.counter += n;
}

double hk_batch_draw(hk_batch *batch, const hk_draw *draw)
{
    if (draw->kind != HK_NORMAL)
        return hk_draw_value(draw, &batch->stream);
    for (;;) {
        if (batch->next == batch->n)
            hk_batch_refill_normals(batch);
        double value = draw->a + draw->b * batch->of.normals[batch->next++];
        if ((draw->min == 0.0 && draw->max == 0.0) || (value >= draw->min && value <= draw->max))
            return value;
    }
}
