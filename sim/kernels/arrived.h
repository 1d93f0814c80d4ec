/* sim/kernels/arrived.h - what has arrived at neurons in a step on the grid, in double and in single precision, for kernels that
 * are compiled once for each instruction set. */
#ifndef HK_KERNELS_ARRIVED_H
#define HK_KERNELS_ARRIVED_H

#include "sim/kernels/reals.h"
#include "sim/model.h"

#include <string.h>

/* Twice as many lanes of half the size. */
typedef float hk_singles __attribute__((vector_size(8 * HK_WIDTH)));
typedef int32_t hk_words __attribute__((vector_size(4 * HK_WIDTH)));
typedef int32_t hk_wide_words __attribute__((vector_size(8 * HK_WIDTH)));
typedef uint32_t hk_bits __attribute__((vector_size(4 * HK_WIDTH)));
typedef uint32_t hk_wide_bits __attribute__((vector_size(8 * HK_WIDTH)));

/* Compilers widen in several steps, each of which waits for the unit that shuffles. */
#if defined(__AVX512VL__)
#define HK_WORDS_OF_HALVES(at) ((hk_words)_mm256_cvtepi16_epi32(_mm_loadu_si128((const void *)(at))))
#define HK_WORDS_OF_OCTETS(at) ((hk_words)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(at))))
#define HK_WIDE_OF_HALVES(at) ((hk_wide_words)_mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)(at))))
#define HK_WIDE_OF_OCTETS(at) ((hk_wide_words)_mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)(at))))
#define HK_REALS_OF_WORDS(words) ((hk_reals)_mm512_cvtepi32_pd((__m256i)(words)))
#define HK_SINGLES_OF_WORDS(words) ((hk_singles)_mm512_cvtepi32_ps((__m512i)(words)))
#elif defined(__AVX2__)
#define HK_WORDS_OF_HALVES(at) ((hk_words)_mm_cvtepi16_epi32(_mm_loadl_epi64((const void *)(at))))
#define HK_WORDS_OF_OCTETS(at) ((hk_words)_mm_cvtepu8_epi32(_mm_loadu_si32(at)))
#define HK_WIDE_OF_HALVES(at) ((hk_wide_words)_mm256_cvtepi16_epi32(_mm_loadu_si128((const void *)(at))))
#define HK_WIDE_OF_OCTETS(at) ((hk_wide_words)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(at))))
#define HK_REALS_OF_WORDS(words) ((hk_reals)_mm256_cvtepi32_pd((__m128i)(words)))
#define HK_SINGLES_OF_WORDS(words) ((hk_singles)_mm256_cvtepi32_ps((__m256i)(words)))
#else
#define HK_WORDS_OF_HALVES(at) ((hk_words){ (at)[0], (at)[1] })
#define HK_WORDS_OF_OCTETS(at) HK_WORDS_OF_HALVES(at)
#define HK_WIDE_OF_HALVES(at) ((hk_wide_words){ (at)[0], (at)[1], (at)[2], (at)[3] })
#define HK_WIDE_OF_OCTETS(at) HK_WIDE_OF_HALVES(at)
#define HK_REALS_OF_WORDS(words) __builtin_convertvector(words, hk_reals)
#define HK_SINGLES_OF_WORDS(words) __builtin_convertvector(words, hk_singles)
#endif

static inline __attribute__((always_inline)) int32_t hk_arrived_units(const hk_arrived *a, uint32_t k)
{
    int32_t units = a->low[k];
    a->low[k] = 0;
    if (a->carry != NULL) {
        units = (int32_t)((uint32_t)units + ((uint32_t)a->carry[k] << 16));
        a->carry[k] = 0;
    }
    return units;
}

/* Takes what has arrived at neuron k: its sums become 0. */
static inline __attribute__((always_inline)) double hk_arrived_take(const hk_arrived *a, uint32_t k)
{
    double sum = a->low != NULL ? (double)hk_arrived_units(a, k) * a->scale : 0.0;
    return a->counts != NULL ? sum + (double)a->counts[k] * a->weight : sum;
}

static inline __attribute__((always_inline)) float hk_arrived_take_single(const hk_arrived *a, uint32_t k)
{
    float sum = a->low != NULL ? (float)hk_arrived_units(a, k) * (float)a->scale : 0.0f;
    return a->counts != NULL ? sum + (float)a->counts[k] * (float)a->weight : sum;
}

/* The same of as many neurons from the k-th on as there are lanes. */
static inline __attribute__((always_inline)) hk_reals hk_arrived_take_lanes(const hk_arrived *a, uint32_t k)
{
    static const int16_t none[HK_WIDTH];
    hk_reals sum = { 0.0 };
    if (a->low != NULL) {
        hk_words units = HK_WORDS_OF_HALVES(a->low + k);
        memcpy(a->low + k, none, sizeof none);
        if (a->carry != NULL) {
            units = (hk_words)((hk_bits)units + ((hk_bits)HK_WORDS_OF_HALVES(a->carry + k) << 16));
            memcpy(a->carry + k, none, sizeof none);
        }
        sum = HK_REALS_OF_WORDS(units) * a->scale;
    }
    return a->counts != NULL ? sum + HK_REALS_OF_WORDS(HK_WORDS_OF_OCTETS(a->counts + k)) * a->weight : sum;
}

static inline __attribute__((always_inline)) hk_singles hk_arrived_take_single_lanes(const hk_arrived *a, uint32_t k)
{
    static const int16_t none[2 * HK_WIDTH];
    hk_singles sum = { 0.0f };
    if (a->low != NULL) {
        hk_wide_words units = HK_WIDE_OF_HALVES(a->low + k);
        memcpy(a->low + k, none, sizeof none);
        if (a->carry != NULL) {
            units = (hk_wide_words)((hk_wide_bits)units + ((hk_wide_bits)HK_WIDE_OF_HALVES(a->carry + k) << 16));
            memcpy(a->carry + k, none, sizeof none);
        }
        sum = HK_SINGLES_OF_WORDS(units) * (float)a->scale;
    }
    return a->counts != NULL ? sum + HK_SINGLES_OF_WORDS(HK_WIDE_OF_OCTETS(a->counts + k)) * (float)a->weight : sum;
}

#endif
