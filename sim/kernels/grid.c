/* sim/kernels/grid.c - see grid.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "sim/kernels/grid.h"

#include "sim/kernels/philox.h"
#include "sim/rng.h"

#include <string.h>

enum { SHORTS = 4 * HK_WIDTH }; /* in a register */
typedef int16_t shorts __attribute__((vector_size(8 * HK_WIDTH)));

/* 16 bits for each of 64 neurons: words 0 and 1 of eight blocks, then words 2 and 3. */
static inline void draw_group(uint64_t key, uint64_t id, uint32_t sub, uint32_t group, uint16_t bits[HK_COUNTS_GROUP])
{
    for (uint32_t l = 0; l < 8; l += HK_WIDTH) {
        uint64_t block[HK_WIDTH];
        for (uint32_t k = 0; k < HK_WIDTH; k++)
            block[k] = group * 8 + l + k;
        hk_lanes x[4] = { 0 };
        memcpy(&x[0], block, sizeof block);
        x[1] = x[1] | (uint64_t)sub;
        x[2] = x[2] | (id & UINT64_C(0xffffffff));
        x[3] = x[3] | id >> 32;
        hk_philox_lanes(key, x);
        hk_lanes first = hk_word_pairs(x[0], x[1]), second = hk_word_pairs(x[2], x[3]);
        memcpy(bits + 4 * l, &first, sizeof first);
        memcpy(bits + 4 * l + 32, &second, sizeof second);
    }
}

static void counts(const hk_counts_table *table, const hk_counts_at *at, uint32_t first, uint32_t n, uint8_t *out)
{
    const uint64_t key = at->seed + HK_PURPOSE_COUNT * HK_PURPOSE_STRIDE, id = at->id ^ (uint64_t)at->step >> 32;
    for (uint32_t k = 0; k < n; k += HK_COUNTS_GROUP) {
        uint16_t bits[HK_COUNTS_GROUP];
        int16_t tied[HK_COUNTS_GROUP];
        draw_group(key, id, (uint32_t)at->step, (first + k) / HK_COUNTS_GROUP, bits);
        int64_t any = 0;
        for (uint32_t s = 0; s < HK_COUNTS_GROUP; s += SHORTS) {
            shorts u, count = { 0 }, tie = { 0 };
            memcpy(&u, bits + s, sizeof u);
            u ^= INT16_MIN; /* signed comparisons exist everywhere */
            for (uint32_t l = 0; l < table->n_limits; l++) {
                int16_t limit = (int16_t)(table->limit[l] ^ 0x8000);
                count -= (shorts)(u > limit);
                tie |= (shorts)(u == limit);
            }
            memcpy(tied + s, &tie, sizeof tie);
            for (uint32_t l = 0; l < SHORTS; l++)
                out[k + s + l] = (uint8_t)count[l];
            for (uint32_t l = 0; l < HK_WIDTH; l++)
                any |= ((hk_lanes)tie)[l] != 0;
        }
        for (uint32_t s = 0; any != 0 && s < HK_COUNTS_GROUP; s++)
            if (tied[s] != 0)
                out[k + s] = hk_counts_one(table, at, first + k + s);
    }
}

static void collect(int32_t *restrict acc, double scale, double *restrict in, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        in[k] = (double)acc[k] * scale;
    memset(acc, 0, n * sizeof *acc);
}

static void add_counts(const uint8_t *restrict counted, double weight, double *restrict in, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        in[k] += (double)(int32_t)counted[k] * weight;
}

static void deliver(const uint32_t *restrict synapse, uint32_t n, int32_t *restrict acc)
{
    for (uint32_t k = 0; k < n; k++)
        acc[synapse[k] & 0xffff] += (int32_t)synapse[k] >> 16;
}

#define HK_TABLE_NAME(isa) hk_grid_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_grid_kernels HK_TABLE(HK_KERNEL_ISA) = {
    .counts = counts, .collect = collect, .add_counts = add_counts, .deliver = deliver
};
