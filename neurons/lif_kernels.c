/* neurons/lif_kernels.c - see lif_kernels.h. HK_KERNEL_ISA is plain, avx2 or avx512.
 *
 * Every path does the same operations in the same order on each neuron, so the bits agree; hits are reported in
 * ascending order of the slab. */
#include "neurons/lif_kernels.h"

#include "sim/mathfn.h"

#include <stdbool.h>
#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

static inline double highest(double u, double relax)
{
    double later = u * relax;
    return later > u ? later : u;
}

static void receive_one(const hk_lif_columns *c, uint32_t i, double weight, double growth, double relax, hk_hits *hits)
{
    double u = c->u[i] + weight * growth;
    c->u[i] = u;
    if (highest(u, relax) >= c->low[i] * growth)
        hk_hits_add(hits, i);
}

#if defined(__AVX512F__)

static inline __mmask8 above(__m512d u, __m512d low, __m512d growth, __m512d relax, bool driven)
{
    __m512d high = driven ? _mm512_max_pd(_mm512_mul_pd(u, relax), u) : u;
    return _mm512_cmp_pd_mask(high, _mm512_mul_pd(low, growth), _CMP_GE_OQ);
}

static inline __mmask8 receive_eight(double *u, const double *low, const float *weight, __m512d growth, __m512d relax,
                                     bool driven)
{
    __m512d w = _mm512_cvtps_pd(_mm256_loadu_ps(weight));
    __m512d sum = _mm512_add_pd(_mm512_loadu_pd(u), _mm512_mul_pd(w, growth));
    _mm512_storeu_pd(u, sum);
    return above(sum, _mm512_loadu_pd(low), growth, relax, driven);
}

/* 16 neurons a turn: their masks are looked at together, without leaving the mask registers, for a hit is rare. */
static inline __attribute__((always_inline)) void row(const hk_lif_columns *c, const hk_slab *slab, double growth,
                                                      double relax, bool driven, hk_hits *hits)
{
    double *u = c->u + slab->first;
    const double *low = c->low + slab->first;
    const float *w = slab->weight;
    __m512d g = _mm512_set1_pd(growth), r = _mm512_set1_pd(relax);
    uint32_t k = 0, n = slab->n;
    for (; k + 16 <= n; k += 16) {
        __mmask8 m0 = receive_eight(u + k, low + k, w + k, g, r, driven);
        __mmask8 m1 = receive_eight(u + k + 8, low + k + 8, w + k + 8, g, r, driven);
        if (__builtin_expect(_kortestz_mask8_u8(m0, m1), 1))
            continue;
        for (unsigned bits = (unsigned)m0 | (unsigned)m1 << 8; bits != 0; bits &= bits - 1)
            hk_hits_add(hits, slab->first + k + (uint32_t)__builtin_ctz(bits));
    }
    for (; k + 8 <= n; k += 8)
        for (unsigned bits = receive_eight(u + k, low + k, w + k, g, r, driven); bits != 0; bits &= bits - 1)
            hk_hits_add(hits, slab->first + k + (uint32_t)__builtin_ctz(bits));
    for (; k < n; k++)
        receive_one(c, slab->first + k, (double)w[k], growth, relax, hits);
}

static void receive_row(const hk_lif_columns *c, const hk_slab *slab, double growth, double relax, hk_hits *hits)
{
    if (relax < 1.0)
        row(c, slab, growth, relax, true, hits);
    else
        row(c, slab, growth, relax, false, hits);
}

static void receive_targets(const hk_lif_columns *c, const hk_slab *slab, double growth, double relax, hk_hits *hits)
{
    __m512d g = _mm512_set1_pd(growth), r = _mm512_set1_pd(relax);
    const uint32_t *target = slab->target;
    uint32_t k = 0;
    for (; k + 8 < slab->n; k += 8) { /* one more target than lanes: the neighbour comparison reads it */
        __m256i i = _mm256_loadu_si256((const __m256i *)(target + k));
        __m256i next = _mm256_loadu_si256((const __m256i *)(target + k + 1));
        if (slab->repeats && _mm256_movemask_epi8(_mm256_cmpeq_epi32(i, next)) != 0) {
            for (uint32_t l = k; l < k + 8; l++)
                receive_one(c, target[l], (double)slab->weight[l], growth, relax, hits);
            continue;
        }
        __m512d w = _mm512_cvtps_pd(_mm256_loadu_ps(slab->weight + k));
        __m512d u = _mm512_add_pd(_mm512_i32gather_pd(i, c->u, 8), _mm512_mul_pd(w, g));
        _mm512_i32scatter_pd(c->u, i, u, 8);
        __mmask8 mask = above(u, _mm512_i32gather_pd(i, c->low, 8), g, r, relax < 1.0);
        for (unsigned bits = mask; bits != 0; bits &= bits - 1)
            hk_hits_add(hits, target[k + (uint32_t)__builtin_ctz(bits)]);
    }
    for (; k < slab->n; k++)
        receive_one(c, target[k], (double)slab->weight[k], growth, relax, hits);
}

#else

#if defined(__AVX2__)

static void receive_row(const hk_lif_columns *c, const hk_slab *slab, double growth, double relax, hk_hits *hits)
{
    double *u = c->u + slab->first;
    const double *low = c->low + slab->first;
    __m256d g = _mm256_set1_pd(growth), r = _mm256_set1_pd(relax);
    uint32_t k = 0;
    for (; k + 4 <= slab->n; k += 4) {
        __m256d w = _mm256_cvtps_pd(_mm_loadu_ps(slab->weight + k));
        __m256d sum = _mm256_add_pd(_mm256_loadu_pd(u + k), _mm256_mul_pd(w, g));
        _mm256_storeu_pd(u + k, sum);
        __m256d high = _mm256_max_pd(_mm256_mul_pd(sum, r), sum);
        __m256d limit = _mm256_mul_pd(_mm256_loadu_pd(low + k), g);
        unsigned mask = (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(high, limit, _CMP_GE_OQ));
        for (; mask != 0; mask &= mask - 1)
            hk_hits_add(hits, slab->first + k + (uint32_t)__builtin_ctz(mask));
    }
    for (; k < slab->n; k++)
        receive_one(c, slab->first + k, (double)slab->weight[k], growth, relax, hits);
}

#else

static void receive_row(const hk_lif_columns *c, const hk_slab *slab, double growth, double relax, hk_hits *hits)
{
    for (uint32_t k = 0; k < slab->n; k++)
        receive_one(c, slab->first + k, (double)slab->weight[k], growth, relax, hits);
}

#endif

static void receive_targets(const hk_lif_columns *c, const hk_slab *slab, double growth, double relax, hk_hits *hits)
{
    for (uint32_t k = 0; k < slab->n; k++)
        receive_one(c, slab->target[k], (double)slab->weight[k], growth, relax, hits);
}

#endif

static void receive(const hk_lif_columns *c, const hk_slab *slab, double growth, double relax, hk_hits *hits)
{
    if (slab->weight64 != NULL)
        for (uint32_t k = 0; k < slab->n; k++)
            receive_one(c, hk_slab_target(slab, k), slab->weight64[k], growth, relax, hits);
    else if (slab->target == NULL)
        receive_row(c, slab, growth, relax, hits);
    else
        receive_targets(c, slab, growth, relax, hits);
}

static void mark(const hk_neuron_view *view, const hk_slab *slab)
{
    const uint32_t *target = slab->target;
    uint32_t *stamp = view->stamp, now = view->stamp_now, n = slab->n;
    if (target == NULL && n == view->n)
        *view->stamp_all = now;
    else
        for (uint32_t k = 0; k < n; k++)
            stamp[target == NULL ? slab->first + k : target[k]] = now;
}

static void growths(const hk_event *arrivals, size_t n, hk_time epoch, double resolution_ms, double tau, double *out)
{
    for (size_t k = 0; k < n; k++)
        out[k] = hk_time_between_ms(epoch, hk_event_time(&arrivals[k]), resolution_ms) / tau;
    for (size_t k = 0; k < n; k++)
        out[k] = hk_exp(out[k]);
}

static void decay(double *u, double factor, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        u[i] = u[i] == -HUGE_VAL ? u[i] : u[i] * factor;
}

/* Hits are rare: a block of neurons is advanced without branches, and looked through only when it has one. */
static inline __attribute__((always_inline)) void step_all(double *restrict d, const double *restrict in, double fall,
                                                           double gap, const double *restrict limits, uint32_t n,
                                                           uint32_t first, hk_hits *hits)
{
    enum { BLOCK = 64 };
    for (uint32_t begin = 0; begin < n; begin += BLOCK) {
        uint32_t end = n - begin < BLOCK ? n : begin + BLOCK;
        int64_t any = 0;
        for (uint32_t k = begin; k < end; k++) {
            d[k] = d[k] * fall + in[k];
            any |= d[k] >= (limits != NULL ? limits[k] : gap) ? 1 : 0;
        }
        for (uint32_t k = begin; any != 0 && k < end; k++)
            if (d[k] >= (limits != NULL ? limits[k] : gap))
                hk_hits_add(hits, first + k);
    }
}

static void step(double *d, const double *in, double fall, double gap, const double *limits, uint32_t n, uint32_t first,
                 hk_hits *hits)
{
    if (limits == NULL)
        step_all(d, in, fall, gap, NULL, n, first, hits);
    else
        step_all(d, in, fall, gap, limits, n, first, hits);
}

static void fold(double *restrict u, const double *restrict low, double *restrict sums, const hk_lif_fold *q,
                 uint32_t n, uint32_t first, hk_hits *hits)
{
    enum { BLOCK = 64 };
    const double growth = q->growth, fall = q->fall, relax = q->relax, margin = q->margin;
    for (uint32_t begin = 0; begin < n; begin += BLOCK) {
        uint32_t here = n - begin < BLOCK ? n - begin : BLOCK;
        double *restrict v = u + begin, *restrict sum = sums + 2 * (size_t)begin;
        int64_t is_near[BLOCK], any = 0;
        for (uint32_t k = 0; k < here; k++) {
            double raised = v[k] + sum[2 * k] * growth, all = raised + sum[2 * k + 1] * growth;
            is_near[k] = highest(raised * fall, relax) >= low[begin + k] - margin ? 1 : 0;
            v[k] = is_near[k] != 0 ? v[k] : all;
            any |= is_near[k];
        }
        memset(sum, 0, 2 * here * sizeof *sum);
        for (uint32_t k = 0; any != 0 && k < here; k++)
            if (is_near[k] != 0)
                hk_hits_add(hits, first + begin + k);
    }
}

#define HK_TABLE_NAME(isa) hk_lif_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_lif_kernels HK_TABLE(HK_KERNEL_ISA) = {
    .growths = growths, .receive = receive, .mark = mark, .decay = decay, .step = step, .fold = fold
};
