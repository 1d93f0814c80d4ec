/* sim/kernels/moments.c - see moments.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "sim/kernels/moments.h"

#include "sim/kernels/reals.h"
#include "sim/rng.h"

#include <string.h>

/* --- the drive -------------------------------------------------------------------------------------------------- */

/* The owners of a group's arrivals: first all neurons that have one, then those that have another, and so on. */
static inline uint32_t list_owners(const uint8_t *counts, uint32_t first, uint32_t *owner)
{
    uint32_t n = 0, before;
    uint8_t round = 0;
    do {
        before = n;
#if defined(__AVX512F__)
        const __m512i ascending = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        for (uint32_t k = 0; k < HK_ARRIVALS_GROUP; k += 16) {
            __m512i count = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(counts + k)));
            uint32_t more = _mm512_cmpgt_epi32_mask(count, _mm512_set1_epi32(round));
            __asm__("" : "+r"(more)); /* gcc 12 may spill 16 of its bits and look at 32 */
            __m512i number = _mm512_add_epi32(ascending, _mm512_set1_epi32((int)(first + k)));
            _mm512_storeu_si512(owner + n, _mm512_maskz_compress_epi32((__mmask16)more, number));
            n += (uint32_t)__builtin_popcount(more);
        }
#else
        for (uint32_t k = 0; k < HK_ARRIVALS_GROUP; k++) {
            owner[n] = first + k;
            n += counts[k] > round;
        }
#endif
        round++;
    } while (n > before);
    return n;
}

enum { VECTORS = 4, BLOCKS = VECTORS * HK_WIDTH }; /* drawn at once: what is done to one vector is one long chain */

/* The sum of a series at each z, all of them side by side. */
static inline void sum_series(const double *series, uint32_t n_terms, hk_reals z[2 * VECTORS],
                              hk_reals sum[2 * VECTORS])
{
    for (uint32_t v = 0; v < 2 * VECTORS; v++)
        sum[v] = (z[v] - z[v]) + series[n_terms - 1];
    for (uint32_t k = n_terms - 1; k-- > 0;)
        for (uint32_t v = 0; v < 2 * VECTORS; v++)
            sum[v] = sum[v] * z[v] + series[k];
}

/* Where in the order of arrivals those of vector v stand: first words 0 and 1 of eight blocks, then words 2 and 3. */
static inline uint32_t place_of(uint32_t v)
{
    uint32_t block = v / 2 * HK_WIDTH;
    return block / 8 * 16 + v % 2 * 8 + block % 8;
}

static inline void draw_blocks(uint64_t key, const hk_counts_at *at, uint32_t first_block, hk_reals z[2 * VECTORS])
{
    hk_lanes x[4][VECTORS];
    uint64_t id = at->id ^ (uint64_t)at->step >> 32;
    for (uint32_t v = 0; v < VECTORS; v++) {
        uint64_t block[HK_WIDTH];
        for (uint32_t l = 0; l < HK_WIDTH; l++)
            block[l] = first_block + v * HK_WIDTH + l;
        memcpy(&x[0][v], block, sizeof block);
        x[1][v] = (x[0][v] & 0) | (uint64_t)(uint32_t)at->step;
        x[2][v] = (x[0][v] & 0) | (id & UINT64_C(0xffffffff));
        x[3][v] = (x[0][v] & 0) | id >> 32;
    }
    hk_philox_vectors(key, HK_ROUNDS, VECTORS, x);
    for (uint32_t v = 0; v < VECTORS; v++) {
        z[2 * v] = hk_uniform_lanes(hk_word_pairs(x[0][v], x[1][v]));
        z[2 * v + 1] = hk_uniform_lanes(hk_word_pairs(x[2][v], x[3][v]));
    }
}

static void draw(const hk_counts_at *at, uint32_t first, uint32_t n, const uint8_t *counts, const hk_moments *moments,
                 unsigned sign, hk_arrivals *out)
{
    const uint64_t key = at->seed + HK_PURPOSE_ARRIVAL * HK_PURPOSE_STRIDE;
    out->n = 0;
    for (uint32_t begin = 0; begin < n; begin += HK_ARRIVALS_GROUP) {
        uint32_t group = (first + begin) / HK_ARRIVALS_GROUP,
                 here = list_owners(counts + begin, begin, out->owner + out->n);
        for (uint32_t k = 0; k < here; k += 2 * BLOCKS) {
            hk_reals z[2 * VECTORS], sum[2 * VECTORS];
            draw_blocks(key, at, (group << 15) + k / 2, z);
            for (uint32_t v = 0; v < 2 * VECTORS; v++)
                memcpy(out->z + out->n + k + place_of(v), &z[v], sizeof z[v]);
            for (uint32_t m = 0; m < moments->n; m++) {
                sum_series(moments->series[sign][m], moments->n_terms, z, sum);
                for (uint32_t v = 0; v < 2 * VECTORS; v++)
                    memcpy(out->moment[m] + out->n + k + place_of(v), &sum[v], sizeof sum[v]);
            }
        }
        out->n += here;
    }
}

static void add(const hk_arrivals *arrivals, uint32_t n_moments, unsigned sign, double weight, double *restrict sums)
{
    const uint32_t *owner = arrivals->owner;
    const double *first = arrivals->moment[0], *second = arrivals->moment[1];
    for (uint32_t k = 0; n_moments == 1 && k < arrivals->n; k++)
        sums[(size_t)owner[k] * HK_SIGNS + sign] += first[k] * weight;
    for (uint32_t k = 0; n_moments == 2 && k < arrivals->n; k++) {
        double *to = sums + ((size_t)owner[k] * HK_SIGNS + sign) * 2;
        to[0] += first[k] * weight;
        to[1] += second[k] * weight;
    }
}

static uint32_t choose(const hk_arrivals *arrivals, const uint32_t bits[HK_OWNERS / 32], uint32_t *out)
{
    uint32_t n = 0, k = 0;
#if defined(__AVX512F__)
    _Static_assert(HK_OWNERS == 512, "a bit for each in one register");
    const __m512i words = _mm512_loadu_si512(bits), one = _mm512_set1_epi32(1), lower = _mm512_set1_epi32(31);
    for (; k + 16 <= arrivals->n; k += 16) {
        __m512i owner = _mm512_loadu_si512(arrivals->owner + k);
        __m512i word = _mm512_permutexvar_epi32(_mm512_srli_epi32(owner, 5), words);
        uint32_t set = _mm512_test_epi32_mask(_mm512_srlv_epi32(word, _mm512_and_si512(owner, lower)), one);
        __asm__("" : "+r"(set)); /* gcc 12 may spill 16 of its bits and look at 32 */
        for (; set != 0; set &= set - 1)
            out[n++] = k + (uint32_t)__builtin_ctz(set);
    }
#endif
    for (; k < arrivals->n; k++) {
        out[n] = k;
        n += bits[arrivals->owner[k] / 32] >> arrivals->owner[k] % 32 & 1;
    }
    return n;
}

/* --- synapses ----------------------------------------------------------------------------------------------------- */

static inline void fetch(const hk_volley *volley)
{
    enum { LINE = 64, MOST_BYTES = 512 };
    const char *line = (const char *)volley->synapse;
    size_t bytes = volley->n * sizeof *volley->synapse;
    for (size_t at = 0; at < bytes && at < MOST_BYTES; at += LINE)
        __builtin_prefetch(line + at);
    __builtin_prefetch(volley->impulse);
}

typedef double pair __attribute__((vector_size(16)));

static inline void deliver_two(const hk_volley *volley, double *restrict sums)
{
    const uint32_t *synapse = volley->synapse;
    pair factor[HK_SIGNS];
    memcpy(factor, volley->impulse->factor, sizeof factor);
    for (size_t k = 0; k < volley->n; k++) {
        uint32_t s = synapse[k], sign = s >> 31;
        double weight = (double)((int32_t)s >> 16), *to = sums + ((s & 0xffff) * 2 + sign) * (size_t)2;
        pair sum;
        memcpy(&sum, to, sizeof sum);
        sum += factor[sign] * weight;
        memcpy(to, &sum, sizeof sum);
    }
}

static inline void deliver_one(const hk_volley *volley, double *restrict sums)
{
    const uint32_t *synapse = volley->synapse;
    const double factor[HK_SIGNS] = { volley->impulse->factor[0][0], volley->impulse->factor[1][0] };
    for (size_t k = 0; k < volley->n; k++) {
        uint32_t s = synapse[k], sign = s >> 31;
        sums[(s & 0xffff) * 2 + sign] += (double)((int32_t)s >> 16) * factor[sign];
    }
}

static void deliver(const hk_volley *volleys, size_t n, uint32_t n_moments, double *sums)
{
    enum { AHEAD = 8 };
    for (size_t k = 0; k < n && k < AHEAD; k++)
        fetch(&volleys[k]);
    for (size_t k = 0; k < n; k++) {
        if (k + AHEAD < n)
            fetch(&volleys[k + AHEAD]);
        if (n_moments == 1)
            deliver_one(&volleys[k], sums);
        else
            deliver_two(&volleys[k], sums);
    }
}

static inline void take(const hk_volley *volley, size_t k, hk_input *inputs, size_t capacity, size_t *n)
{
    uint32_t s = volley->synapse[k];
    if (*n < capacity)
        inputs[*n] = (hk_input){ .to = s & 0xffff, .z = volley->impulse->z, .weight = (double)((int32_t)s >> 16) };
    (*n)++;
}

static size_t pick(const hk_volley *volleys, size_t n, const uint32_t *bits, hk_input *inputs, size_t capacity)
{
    enum { AHEAD = 8 };
    size_t n_inputs = 0;
    for (size_t v = 0; v < n; v++) {
        const hk_volley *volley = &volleys[v];
        size_t k = 0;
        if (v + AHEAD < n)
            fetch(&volleys[v + AHEAD]);
#if defined(__AVX512F__)
        for (; k < volley->n; k += 16) {
            __mmask16 used = (__mmask16)((1u << (volley->n - k < 16 ? volley->n - k : 16)) - 1);
            __m512i s = _mm512_maskz_loadu_epi32(used, volley->synapse + k);
            __m512i word = _mm512_and_si512(_mm512_srli_epi32(s, 5), _mm512_set1_epi32(0x7ff));
            __m512i in = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), used, word, bits, 4);
            __m512i bit = _mm512_sllv_epi32(_mm512_set1_epi32(1), _mm512_and_si512(s, _mm512_set1_epi32(31)));
            uint32_t set = _mm512_test_epi32_mask(in, bit);
            __asm__("" : "+r"(set)); /* gcc 12 may spill 16 of its bits and look at 32 */
            for (; set != 0; set &= set - 1)
                take(volley, k + (uint32_t)__builtin_ctz(set), inputs, capacity, &n_inputs);
        }
#else
        for (; k < volley->n; k++)
            if ((bits[(volley->synapse[k] & 0xffff) >> 5] >> (volley->synapse[k] & 31) & 1) != 0)
                take(volley, k, inputs, capacity, &n_inputs);
#endif
    }
    return n_inputs;
}

#define HK_TABLE_NAME(isa) hk_moments_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_moments_kernels HK_TABLE(HK_KERNEL_ISA) = {
    .draw = draw, .add = add, .choose = choose, .deliver = deliver, .pick = pick
};
