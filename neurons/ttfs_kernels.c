/* neurons/ttfs_kernels.c - see ttfs_kernels.h. HK_KERNEL_ISA is plain, avx2 or avx512.
 *
 * Every path does the same operations in the same order on each neuron, so the bits agree. */
#include "neurons/ttfs_kernels.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

static inline void add_one(double *at_onset, double *slope, uint32_t i, double weight, double left_ms)
{
    at_onset[i] += weight * left_ms;
    slope[i] += weight;
}

static void add_row(double *restrict at_onset, double *restrict slope, const float *restrict weight, uint32_t n,
                    double left_ms)
{
    for (uint32_t k = 0; k < n; k++) {
        at_onset[k] += (double)weight[k] * left_ms;
        slope[k] += (double)weight[k];
    }
}

static void add_targets(double *at_onset, double *slope, const hk_slab *slab, double left_ms)
{
    uint32_t k = 0;
#if defined(__AVX512F__)
    const uint32_t *target = slab->target;
    __m512d left = _mm512_set1_pd(left_ms);
    for (; !slab->repeats && k + 8 <= slab->n; k += 8) {
        __m256i i = _mm256_loadu_si256((const __m256i *)(target + k));
        __m512d w = _mm512_cvtps_pd(_mm256_loadu_ps(slab->weight + k));
        __m512d sum = _mm512_add_pd(_mm512_i32gather_pd(i, at_onset, 8), _mm512_mul_pd(w, left));
        _mm512_i32scatter_pd(at_onset, i, sum, 8);
        _mm512_i32scatter_pd(slope, i, _mm512_add_pd(_mm512_i32gather_pd(i, slope, 8), w), 8);
    }
#endif
    for (; k < slab->n; k++)
        add_one(at_onset, slope, slab->target[k], (double)slab->weight[k], left_ms);
}

static void add(double *at_onset, double *slope, const hk_slab *slab, double left_ms)
{
    if (slab->weight64 != NULL)
        for (uint32_t k = 0; k < slab->n; k++)
            add_one(at_onset, slope, hk_slab_target(slab, k), slab->weight64[k], left_ms);
    else if (slab->target == NULL)
        add_row(at_onset + slab->first, slope + slab->first, slab->weight, slab->n, left_ms);
    else
        add_targets(at_onset, slope, slab, left_ms);
}

/* Hits are rare: a block of neurons is compared without branches, and looked through only when it has one. */
static inline __attribute__((always_inline)) void find_all(const double *at_onset, const double *bias, size_t stride,
                                                           double bound, uint32_t n, uint32_t first, hk_hits *hits)
{
    enum { BLOCK = 64 };
    for (uint32_t begin = 0; begin < n; begin += BLOCK) {
        uint32_t end = n - begin < BLOCK ? n : begin + BLOCK;
        int64_t any = 0;
        for (uint32_t k = begin; k < end; k++) {
            double value = at_onset[k] + bias[k * stride];
            any |= (int64_t)(value > 0.0) & (int64_t)(value >= bound);
        }
        for (uint32_t k = begin; any != 0 && k < end; k++) {
            double value = at_onset[k] + bias[k * stride];
            if (value > 0.0 && value >= bound)
                hk_hits_add(hits, first + k);
        }
    }
}

static void find(const double *at_onset, const double *bias, size_t stride, double bound, uint32_t n, uint32_t first,
                 hk_hits *hits)
{
    if (stride == 0)
        find_all(at_onset, bias, 0, bound, n, first, hits);
    else
        find_all(at_onset, bias, 1, bound, n, first, hits);
}

#define HK_TABLE_NAME(isa) hk_ttfs_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_ttfs_kernels HK_TABLE(HK_KERNEL_ISA) = { .add = add, .find = find };
