/* sim/kernels/grid.c - see grid.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "sim/kernels/grid.h"

#include "sim/kernels/philox.h"
#include "sim/rng.h"

#include <stdbool.h>
#include <string.h>

enum { TOGETHER = 4 * HK_COUNTS_GROUP, VECTORS = TOGETHER / 8 / HK_WIDTH }; /* neurons whose bits are drawn together */

typedef struct stream {
    uint64_t key, id;
    uint32_t sub;
} stream;

/* 16 bits for each of TOGETHER neurons: of each eight blocks, words 0 and 1, then words 2 and 3. */
static inline void draw_bits(const stream *of, uint32_t group, uint16_t bits[TOGETHER])
{
    enum { AT_ONCE = VECTORS < 4 ? VECTORS : 4 };
    for (uint32_t begin = 0; begin < VECTORS; begin += AT_ONCE) {
        hk_lanes x[4][AT_ONCE];
        for (uint32_t v = 0; v < AT_ONCE; v++) {
            uint64_t block[HK_WIDTH];
            for (uint32_t l = 0; l < HK_WIDTH; l++)
                block[l] = group * 8 + (begin + v) * HK_WIDTH + l;
            memcpy(&x[0][v], block, sizeof block);
            x[1][v] = (x[0][v] & 0) | (uint64_t)of->sub;
            x[2][v] = (x[0][v] & 0) | (of->id & UINT64_C(0xffffffff));
            x[3][v] = (x[0][v] & 0) | of->id >> 32;
        }
        hk_philox_vectors(of->key, AT_ONCE, x);
        for (uint32_t v = 0; v < AT_ONCE; v++) {
            uint32_t first = (begin + v) * HK_WIDTH; /* block, of the TOGETHER / 8 */
            uint16_t *to = bits + first / 8 * HK_COUNTS_GROUP + first % 8 * 4;
            hk_lanes low = hk_word_pairs(x[0][v], x[1][v]), high = hk_word_pairs(x[2][v], x[3][v]);
            memcpy(to, &low, sizeof low);
            memcpy(to + HK_COUNTS_GROUP / 2, &high, sizeof high);
        }
    }
}

/* One comparison for each limit. Returns false where 16 bits decide all counts; else tied[] marks those they do not. */
static inline bool compare(const hk_counts_table *table, const uint16_t *bits, uint8_t *out, int16_t *tied)
{
    enum { SHORTS = 4 * HK_WIDTH };
    typedef int16_t shorts __attribute__((vector_size(2 * SHORTS)));
    typedef uint8_t octets __attribute__((vector_size(SHORTS)));
    shorts all_ties = { 0 };
    for (uint32_t s = 0; s < TOGETHER; s += SHORTS) {
        shorts u, count = { 0 }, tie = { 0 };
        memcpy(&u, bits + s, sizeof u);
        u ^= INT16_MIN; /* signed comparisons exist everywhere */
        for (uint32_t l = 0; l < table->n_limits; l++) {
            int16_t limit = (int16_t)(table->limit[l] ^ 0x8000);
            count -= (shorts)(u > limit);
            tie |= (shorts)(u == limit);
        }
        octets narrow = __builtin_convertvector(count, octets);
        memcpy(out + s, &narrow, sizeof narrow);
        memcpy(tied + s, &tie, sizeof tie);
        all_ties |= tie;
    }
    uint64_t words[HK_WIDTH], any = 0;
    memcpy(words, &all_ties, sizeof words);
    for (uint32_t l = 0; l < HK_WIDTH; l++)
        any |= words[l];
    return any != 0;
}

#if defined(__AVX512BW__)

static inline __m512i entry(const uint16_t table[64], __m512i at)
{
    return _mm512_permutex2var_epi16(_mm512_loadu_si512(table), at, _mm512_loadu_si512(table + 32));
}

/* The same through the buckets: look-ups by 6 bits, the lower ones of each lane, instead of comparisons. */
static inline bool look_up(const hk_counts_table *table, const uint16_t *bits, uint8_t *out, int16_t *tied)
{
    __mmask32 any = 0;
    for (uint32_t s = 0; s < TOGETHER; s += 32) {
        __m512i u = _mm512_loadu_si512(bits + s), first = _mm512_srli_epi16(u, 10), second = _mm512_srli_epi16(u, 4);
        __mmask32 top = _mm512_cmpge_epu16_mask(u, _mm512_set1_epi16((short)HK_COUNTS_TOP));
        __m512i below = _mm512_mask_mov_epi16(entry(table->below[0], first), top, entry(table->below[1], second));
        __m512i only = _mm512_mask_mov_epi16(entry(table->only[0], first), top, entry(table->only[1], second));
        __mmask32 above = _mm512_cmpgt_epu16_mask(u, only);
        __mmask32 tie = _mm512_cmpeq_epu16_mask(u, only) |
                        _mm512_cmpge_epu16_mask(u, _mm512_set1_epi16((short)HK_COUNTS_FAR));
        __m512i count = _mm512_mask_add_epi16(below, above, below, _mm512_set1_epi16(1));
        _mm256_storeu_si256((__m256i *)(void *)(out + s), _mm512_cvtepi16_epi8(count));
        _mm512_storeu_si512(tied + s, _mm512_movm_epi16(tie));
        any |= tie;
    }
    return any != 0;
}

#else

static inline bool look_up(const hk_counts_table *table, const uint16_t *bits, uint8_t *out, int16_t *tied)
{
    return compare(table, bits, out, tied);
}

#endif

static void counts(const hk_counts_table *table, const hk_counts_at *at, uint32_t first, uint32_t n, uint8_t *out)
{
    const stream of = { .key = at->seed + HK_PURPOSE_COUNT * HK_PURPOSE_STRIDE,
                        .id = at->id ^ (uint64_t)at->step >> 32,
                        .sub = (uint32_t)at->step };
    for (uint32_t begin = 0; begin < n; begin += TOGETHER) {
        uint16_t bits[TOGETHER];
        int16_t tied[TOGETHER];
        uint8_t all[TOGETHER];
        draw_bits(&of, (first + begin) / HK_COUNTS_GROUP, bits);
        bool undecided = table->has_buckets ? look_up(table, bits, all, tied) : compare(table, bits, all, tied);
        uint32_t here = n - begin < TOGETHER ? n - begin : TOGETHER;
        memcpy(out + begin, all, here);
        for (uint32_t k = 0; undecided && k < here; k++)
            if (tied[k] != 0)
                out[begin + k] = hk_counts_one(table, at, first + begin + k);
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

/* Slabs are short and lie anywhere: their first lines are fetched some slabs ahead, and the hardware follows longer ones. */
static inline void fetch(const hk_due *slab)
{
    enum { LINE = 64, MOST_BYTES = 512 };
    const char *line = (const char *)slab->synapse;
    size_t bytes = slab->n * sizeof *slab->synapse;
    for (size_t at = 0; at < bytes && at < MOST_BYTES; at += LINE)
        __builtin_prefetch(line + at);
}

static inline void add_some(const uint32_t *restrict synapse, size_t n, int32_t *restrict acc)
{
    for (size_t k = 0; k < n; k++)
        acc[synapse[k] & 0xffff] += (int32_t)synapse[k] >> 16;
}

#if defined(__AVX512F__)

/* 16 at a time: not less work for the core, but fewer instructions, so that more of what has to be waited for is under way.
 * Synapses that ascend have their repeated accumulators side by side: all but the last of each are added one by one. */
static inline void add_ascending(const uint32_t *restrict synapse, size_t n, int32_t *restrict acc)
{
    enum { FEW = 5 };
    const __m512i lower = _mm512_set1_epi32(0xffff);
    for (size_t at = 0; at < n; at += 16) {
        size_t here = n - at < 16 ? n - at : 16;
        __mmask16 used = (__mmask16)((1u << here) - 1);
        if (here <= FEW) {
            add_some(synapse + at, here, acc);
            return;
        }
        __m512i all = _mm512_maskz_loadu_epi32(used, synapse + at), to = _mm512_and_si512(all, lower);
        __m512i next = _mm512_and_si512(_mm512_maskz_loadu_epi32(used >> 1, synapse + at + 1), lower);
        __mmask16 repeated = _mm512_mask_cmpeq_epi32_mask(used >> 1, to, next), last = used & (__mmask16)~repeated;
        __m512i before = _mm512_mask_i32gather_epi32(all, last, to, acc, 4);
        _mm512_mask_i32scatter_epi32(acc, last, to, _mm512_add_epi32(before, _mm512_srai_epi32(all, 16)), 4);
        uint32_t bits = repeated;
        __asm__("" : "+r"(bits)); /* gcc 12 may spill 16 of its bits and look at 32 */
        for (; bits != 0; bits &= bits - 1)
            add_some(synapse + at + (unsigned)__builtin_ctz(bits), 1, acc);
    }
}

#else

static inline void add_ascending(const uint32_t *restrict synapse, size_t n, int32_t *restrict acc)
{
    add_some(synapse, n, acc);
}

#endif

static void deliver(const hk_due *restrict due, size_t n, bool ascending, int32_t *restrict acc)
{
    enum { AHEAD = 8 };
    for (size_t k = 0; k < n && k < AHEAD; k++)
        fetch(&due[k]);
    for (size_t k = 0; k < n; k++) {
        if (k + AHEAD < n)
            fetch(&due[k + AHEAD]);
        if (ascending)
            add_ascending(due[k].synapse, due[k].n, acc);
        else
            add_some(due[k].synapse, due[k].n, acc);
    }
}

#define HK_TABLE_NAME(isa) hk_grid_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_grid_kernels HK_TABLE(HK_KERNEL_ISA) = {
    .counts = counts, .collect = collect, .add_counts = add_counts, .deliver = deliver
};
