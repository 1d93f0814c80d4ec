/* sim/kernels/grid.c - see grid.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "sim/kernels/grid.h"

#include "sim/kernels/arrived.h"
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
        hk_philox_vectors(of->key, HK_COUNT_ROUNDS, AT_ONCE, x);
        for (uint32_t v = 0; v < AT_ONCE; v++) {
            uint32_t first = (begin + v) * HK_WIDTH; /* block, of the TOGETHER / 8 */
            uint16_t *to = bits + first / 8 * HK_COUNTS_GROUP + first % 8 * 4;
            hk_lanes low = hk_word_pairs(x[0][v], x[1][v]), high = hk_word_pairs(x[2][v], x[3][v]);
            memcpy(to, &low, sizeof low);
            memcpy(to + HK_COUNTS_GROUP / 2, &high, sizeof high);
        }
    }
}

enum { PART = 32, PARTS = TOGETHER / PART };

/* One comparison for each limit. Sets the bits of undecided[] of those that 16 bits do not decide; returns whether there are any. */
static inline bool compare(const hk_counts_table *table, const uint16_t *bits, uint8_t *out, uint32_t undecided[PARTS])
{
    enum { SHORTS = 4 * HK_WIDTH };
    typedef int16_t shorts __attribute__((vector_size(2 * SHORTS)));
    typedef uint8_t octets __attribute__((vector_size(SHORTS)));
    shorts all_ties = { 0 };
    int16_t tied[TOGETHER];
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
    for (uint32_t k = 0; any != 0 && k < TOGETHER; k++)
        undecided[k / PART] |= (uint32_t)(tied[k] & 1) << k % PART;
    return any != 0;
}

#if defined(__AVX512BW__)

static inline __m512i entry(const uint16_t table[64], __m512i at)
{
    return _mm512_permutex2var_epi16(_mm512_loadu_si512(table), at, _mm512_loadu_si512(table + 32));
}

/* The same through the buckets: look-ups by 6 bits, the lower ones of each lane, instead of comparisons. */
static inline bool look_up(const hk_counts_table *table, const uint16_t *bits, uint8_t *out, uint32_t undecided[PARTS])
{
    const __m512i not_rest = _mm512_set1_epi16((short)(0xffffu << HK_COUNTS_REST_BITS));
    uint32_t any = 0;
    for (uint32_t part = 0; part < PARTS; part++) {
        __m512i u = _mm512_loadu_si512(bits + part * PART), rest = _mm512_and_si512(u, _mm512_set1_epi16(0x3ff));
        __mmask32 top = _mm512_cmpge_epu16_mask(u, _mm512_set1_epi16((short)HK_COUNTS_TOP));
        __mmask32 far = _mm512_cmpge_epu16_mask(u, _mm512_set1_epi16((short)HK_COUNTS_FAR));
        __m512i first = entry(table->bucket[0], _mm512_srli_epi16(u, 10));
        __m512i second = entry(table->bucket[1], _mm512_srli_epi16(u, 4));
        second = _mm512_add_epi16(second, _mm512_and_si512(u, _mm512_set1_epi16(0xf)));
        __m512i sum = _mm512_mask_mov_epi16(_mm512_add_epi16(first, rest), top, second);
        __mmask32 tie = _mm512_cmpeq_epi16_mask(_mm512_or_si512(sum, not_rest), _mm512_set1_epi16(-1)) | far;
        __m512i count = _mm512_srli_epi16(sum, HK_COUNTS_REST_BITS);
        _mm256_storeu_si256((__m256i *)(void *)(out + part * PART), _mm512_cvtepi16_epi8(count));
        undecided[part] = tie;
        any |= tie;
    }
    return any != 0;
}

#else

static inline bool look_up(const hk_counts_table *table, const uint16_t *bits, uint8_t *out, uint32_t undecided[PARTS])
{
    return compare(table, bits, out, undecided);
}

#endif

static void counts(const hk_counts_table *table, const hk_counts_at *at, uint32_t first, uint32_t n, uint8_t *out)
{
    const stream of = { .key = at->seed + HK_PURPOSE_COUNT * HK_PURPOSE_STRIDE,
                        .id = at->id ^ (uint64_t)at->step >> 32,
                        .sub = (uint32_t)at->step };
    for (uint32_t begin = 0; begin < n; begin += TOGETHER) {
        _Alignas(64) uint16_t bits[TOGETHER];
        _Alignas(64) uint8_t all[TOGETHER];
        uint32_t undecided[PARTS] = { 0 };
        draw_bits(&of, (first + begin) / HK_COUNTS_GROUP, bits);
        bool any = table->has_buckets ? look_up(table, bits, all, undecided) : compare(table, bits, all, undecided);
        for (uint32_t part = 0; any && part < PARTS; part++)
            for (uint32_t left = undecided[part]; left != 0; left &= left - 1) {
                uint32_t k = part * PART + (uint32_t)__builtin_ctz(left);
                all[k] = hk_counts_one(table, at, first + begin + k);
            }
        memcpy(out + begin, all, n - begin < TOGETHER ? n - begin : TOGETHER);
    }
}

/* `a` is known where this is put in, but for where its sums stand. */
static inline __attribute__((always_inline)) void collect_all(hk_arrived a, double *restrict in, uint32_t n)
{
    uint32_t k = 0;
    for (; k + HK_WIDTH <= n; k += HK_WIDTH) {
        hk_reals sum = hk_arrived_take_lanes(&a, k);
        memcpy(in + k, &sum, sizeof sum);
    }
    for (; k < n; k++)
        in[k] = hk_arrived_take(&a, k);
}

static void collect(const hk_arrived *arrived, double *in, uint32_t n)
{
    hk_arrived a = *arrived, uncarried = a;
    uncarried.carry = NULL;
    if (a.low != NULL && a.carry == NULL && a.counts != NULL)
        collect_all(uncarried, in, n);
    else
        collect_all(a, in, n);
}

enum { IN_LINE = 16, AHEAD = 4 };

static inline void fetch(const hk_due *slab, size_t from)
{
    for (size_t k = from; k < slab->n; k += IN_LINE)
        __builtin_prefetch(slab->synapse + k);
}

/* A sum has wrapped around: its sign is the opposite of that of the weight. */
static __attribute__((noinline, cold)) void note_carry(hk_sums *sums, size_t at, int16_t sum)
{
    sums->carry[at] = (uint16_t)(sums->carry[at] + (sum < 0 ? 1 : -1));
    sums->has_carried = true;
}

#if defined(__AVX2__) && !defined(__clang__) /* which does not unroll loops around this */

/* Six instructions; compilers work out the address by itself, once for both uses, and take eight. */
static inline __attribute__((always_inline)) void add(uint32_t synapse, hk_sums *sums, int16_t *restrict low)
{
    size_t at = (uint16_t)synapse;
    uint32_t sum = synapse >> 16;
    __asm__ goto("addw (%[low],%[at],2), %w[sum]\n\t"
                 "jo %l[wrapped]\n\t"
                 "movw %w[sum], (%[low],%[at],2)"
                 : [sum] "+r"(sum)
                 : [low] "r"(low), [at] "r"(at)
                 : "cc", "memory"
                 : wrapped);
    return;
wrapped:
    low[at] = (int16_t)sum;
    note_carry(sums, at, (int16_t)sum);
}

#else

static inline __attribute__((always_inline)) void add(uint32_t synapse, hk_sums *sums, int16_t *restrict low)
{
    size_t at = (uint16_t)synapse;
    int16_t sum = (int16_t)(synapse >> 16);
    bool wraps = __builtin_add_overflow(low[at], sum, &sum);
    low[at] = sum;
    if (__builtin_expect(wraps, 0))
        note_carry(sums, at, sum);
}

#endif

/* One by one: the second cache, where the sums lie, is what has to be waited for, however they are added. A line of a slab
 * that comes later is fetched with every line that is added: many at once would keep the sums waiting. */
static inline void add_slab(const hk_due *slab, const hk_due *later, hk_sums *sums)
{
    const uint32_t *restrict synapse = slab->synapse;
    int16_t *restrict low = sums->low;
    size_t k = 0;
    for (; k + IN_LINE <= slab->n; k += IN_LINE) {
        if (k < later->n)
            __builtin_prefetch(later->synapse + k);
#pragma GCC unroll 16
        for (size_t l = 0; l < IN_LINE; l++)
            add(synapse[k + l], sums, low);
    }
    fetch(later, k);
    for (; k < slab->n; k++)
        add(synapse[k], sums, low);
}

static void deliver(const hk_due *restrict due, size_t n, hk_sums *sums)
{
    static const hk_due none;
    for (size_t k = 0; k < n && k < AHEAD; k++)
        fetch(&due[k], 0);
    for (size_t k = 0; k < n; k++)
        add_slab(&due[k], k + AHEAD < n ? &due[k + AHEAD] : &none, sums);
}

#define HK_TABLE_NAME(isa) hk_grid_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_grid_kernels HK_TABLE(HK_KERNEL_ISA) = { .counts = counts, .collect = collect, .deliver = deliver };
