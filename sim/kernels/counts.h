/* sim/kernels/counts.h - the counts of sim/counts.h, many neurons at a time, for kernels that are compiled once for each instruction
 * set: bit for bit those of single neurons. */
#ifndef HK_KERNELS_COUNTS_H
#define HK_KERNELS_COUNTS_H

#include "sim/counts.h"
#include "sim/kernels/arrived.h"
#include "sim/kernels/philox.h"
#include "sim/rng.h"

#include <string.h>

enum {
    HK_COUNTS_TOGETHER = 512,
    HK_COUNTS_PARTS = HK_COUNTS_TOGETHER / HK_COUNTS_PART,
    HK_COUNTS_HALVES = 8, /* in a block */
};

/* The 8 bits of neurons, and the first block of 16 more for each part of them. */
typedef struct hk_counts_bits {
    _Alignas(64) uint8_t first[HK_COUNTS_TOGETHER];
    _Alignas(64) uint16_t finer[HK_COUNTS_PARTS][HK_COUNTS_HALVES];
} hk_counts_bits;

/* Those whom 8 bits do not decide: which they are, and the first 24 bits. Vectors are written, and read, behind the last one. */
typedef struct hk_counts_rest {
    uint32_t n;
    uint16_t at[HK_COUNTS_TOGETHER + HK_COUNTS_HALVES];
    int32_t bits[HK_COUNTS_TOGETHER + 16];
} hk_counts_rest;

#if defined(__AVX512VBMI2__)
/* Which part's block lane l is: even lanes are brought together, then odd ones. */
static inline uint32_t hk_counts_part_of(uint32_t l)
{
    return l / 2 + l % 2 * 4;
}

static inline void hk_counts_store_finer(hk_lanes low, hk_lanes high, uint16_t (*to)[HK_COUNTS_HALVES])
{
    _mm512_store_si512(to, _mm512_unpacklo_epi64((__m512i)low, (__m512i)high));
    _mm512_store_si512(to + 4, _mm512_unpackhi_epi64((__m512i)low, (__m512i)high));
}
#else
static inline uint32_t hk_counts_part_of(uint32_t l)
{
    return l;
}

static inline void hk_counts_store_finer(hk_lanes low, hk_lanes high, uint16_t (*to)[HK_COUNTS_HALVES])
{
    uint64_t pair[2][HK_WIDTH];
    memcpy(pair[0], &low, sizeof low);
    memcpy(pair[1], &high, sizeof high);
    for (uint32_t l = 0; l < HK_WIDTH; l++) {
        memcpy(to[l], &pair[0][l], sizeof pair[0][l]);
        memcpy(to[l] + 4, &pair[1][l], sizeof pair[1][l]);
    }
}
#endif

/* `first` is a multiple of HK_COUNTS_GROUP. Four vectors of first bits to one of finer ones, side by side. */
static inline __attribute__((always_inline)) void hk_counts_draw(const hk_counts_at *of, uint32_t first,
                                                                 hk_counts_bits *out)
{
    enum { COARSE = 4, AT_ONCE = COARSE + 1, ROUNDS = HK_COUNTS_PARTS / HK_WIDTH };
    const uint64_t id = of->id ^ (uint64_t)of->step >> 32;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        hk_lanes x[4][AT_ONCE];
        for (uint32_t v = 0; v < AT_ONCE; v++) {
            uint64_t block[HK_WIDTH];
            for (uint32_t l = 0; l < HK_WIDTH; l++)
                block[l] = v < COARSE ? first / 16 + (round * COARSE + v) * HK_WIDTH + l
                                      : HK_COUNTS_FINER + first / 8 + (round * HK_WIDTH + hk_counts_part_of(l)) * 8;
            memcpy(&x[0][v], block, sizeof block);
            x[1][v] = (x[0][v] & 0) | (uint64_t)(uint32_t)of->step;
            x[2][v] = (x[0][v] & 0) | (id & UINT64_C(0xffffffff));
            x[3][v] = (x[0][v] & 0) | id >> 32;
        }
        hk_philox_vectors(of->seed + HK_PURPOSE_COUNT * HK_PURPOSE_STRIDE, HK_COUNT_ROUNDS, AT_ONCE, x);
        for (uint32_t v = 0; v < COARSE; v++) {
            uint32_t block = (round * COARSE + v) * HK_WIDTH;
            uint8_t *to = out->first + block / 8 * HK_COUNTS_GROUP + block % 8 * 8;
            hk_lanes low = hk_word_pairs(x[0][v], x[1][v]), high = hk_word_pairs(x[2][v], x[3][v]);
            memcpy(to, &low, sizeof low);
            memcpy(to + HK_COUNTS_PART, &high, sizeof high);
        }
        hk_counts_store_finer(hk_word_pairs(x[0][COARSE], x[1][COARSE]), hk_word_pairs(x[2][COARSE], x[3][COARSE]),
                              out->finer + round * HK_WIDTH);
    }
}

/* The counts of one part, as far as 8 bits decide them; the others are added to the rest. */
static inline void hk_counts_decide_part(const hk_counts_table *table, const hk_counts_at *of, uint32_t first,
                                         uint32_t part, const hk_counts_bits *bits, uint8_t *out, hk_counts_rest *rest)
{
    const uint32_t begin = part * HK_COUNTS_PART;
    uint32_t n = rest->n;
    for (uint32_t k = begin; k < begin + HK_COUNTS_PART; k++) {
        out[k] = table->by_first_bits[bits->first[k]];
        rest->at[n] = (uint16_t)k;
        n += out[k] == HK_COUNTS_UNDECIDED;
    }
    const uint16_t *finer = bits->finer[part];
    uint16_t more[HK_COUNTS_HALVES];
    for (uint32_t rank = 0; rest->n < n; rank++, rest->n++) {
        if (rank > 0 && rank % HK_COUNTS_HALVES == 0) {
            uint32_t words[4];
            hk_counts_block(of, HK_COUNTS_FINER + (first + begin) / 8 + rank / HK_COUNTS_HALVES, words);
            for (uint32_t h = 0; h < HK_COUNTS_HALVES; h++)
                more[h] = (uint16_t)(words[h / 2] >> (h % 2 * 16));
            finer = more;
        }
        rest->bits[rest->n] = bits->first[rest->at[rest->n]] << 16 | finer[rank % HK_COUNTS_HALVES];
    }
}

#if defined(__AVX512VBMI2__)

static inline void hk_counts_decide(const hk_counts_table *table, const hk_counts_at *of, uint32_t first,
                                    const hk_counts_bits *bits, uint8_t *out, hk_counts_rest *rest)
{
    uint8_t numbers[HK_COUNTS_PART];
    for (uint32_t k = 0; k < HK_COUNTS_PART; k++)
        numbers[k] = (uint8_t)k;
    const __m512i number = _mm512_loadu_si512(numbers), undecided = _mm512_set1_epi8((char)HK_COUNTS_UNDECIDED);
    __m512i entries[4];
    memcpy(entries, table->by_first_bits, sizeof entries);
    for (uint32_t part = 0; part < HK_COUNTS_PARTS; part++) {
        const uint32_t begin = part * HK_COUNTS_PART;
        __m512i by = _mm512_load_si512(bits->first + begin);
        __m512i low = _mm512_permutex2var_epi8(entries[0], by, entries[1]);
        __m512i high = _mm512_permutex2var_epi8(entries[2], by, entries[3]);
        __m512i count = _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(by), high);
        __mmask64 which = _mm512_cmpeq_epi8_mask(count, undecided);
        uint32_t n = (uint32_t)__builtin_popcountll(which);
        if (__builtin_expect(n > HK_COUNTS_HALVES, 0)) {
            hk_counts_decide_part(table, of, first, part, bits, out, rest);
            continue;
        }
        _mm512_storeu_si512(out + begin, count);
        __m128i at = _mm512_castsi512_si128(_mm512_maskz_compress_epi8(which, number));
        __m128i by_those = _mm512_castsi512_si128(_mm512_maskz_compress_epi8(which, by));
        __m256i finer = _mm256_cvtepu16_epi32(_mm_load_si128((const void *)bits->finer[part]));
        __m256i all = _mm256_or_si256(_mm256_slli_epi32(_mm256_cvtepu8_epi32(by_those), 16), finer);
        _mm_storeu_si128((void *)(rest->at + rest->n),
                         _mm_add_epi16(_mm_cvtepu8_epi16(at), _mm_set1_epi16((short)begin)));
        _mm256_storeu_si256((void *)(rest->bits + rest->n), all);
        rest->n += n;
    }
}

#else

static inline void hk_counts_decide(const hk_counts_table *table, const hk_counts_at *of, uint32_t first,
                                    const hk_counts_bits *bits, uint8_t *out, hk_counts_rest *rest)
{
    for (uint32_t part = 0; part < HK_COUNTS_PARTS; part++)
        hk_counts_decide_part(table, of, first, part, bits, out, rest);
}

#endif

/* The counts of the rest, by 24 bits, or by all where these are those of a limit. */
static inline void hk_counts_finish(const hk_counts_table *table, const hk_counts_at *of, uint32_t first,
                                    const hk_counts_rest *rest, uint8_t *out)
{
    enum { LANES = 2 * HK_WIDTH };
    for (uint32_t begin = 0; begin < rest->n; begin += LANES) {
        hk_wide_words bits, count = { 0 }, tie = { 0 };
        int32_t counts[LANES], ties[LANES];
        memcpy(&bits, rest->bits + begin, sizeof bits);
        for (uint32_t l = 0; l < table->n_limits; l++) {
            count -= (hk_wide_words)(bits >= table->limit[l]);
            tie |= (hk_wide_words)(bits == table->limit[l]);
        }
        memcpy(counts, &count, sizeof counts);
        memcpy(ties, &tie, sizeof ties);
        for (uint32_t k = 0; k < LANES && begin + k < rest->n; k++) {
            uint32_t at = rest->at[begin + k];
            out[at] = ties[k] == 0 ? (uint8_t)counts[k] : hk_counts_one(table, of, first + at);
        }
    }
}

/* Of neurons first ... first + HK_COUNTS_TOGETHER - 1. */
static inline void hk_counts_of(const hk_counts_table *table, const hk_counts_at *of, uint32_t first, uint8_t *out)
{
    hk_counts_bits bits;
    hk_counts_rest rest;
    rest.n = 0;
    hk_counts_draw(of, first, &bits);
    hk_counts_decide(table, of, first, &bits, out, &rest);
    hk_counts_finish(table, of, first, &rest, out);
}

#endif
