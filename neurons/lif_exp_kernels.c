/* neurons/lif_exp_kernels.c - see lif_exp_kernels.h. HK_KERNEL_ISA is plain, avx2 or avx512.
 *
 * Every path does the same operations in the same order on each neuron, so the bits agree; hits are reported in
 * ascending order of the slab. */
#include "neurons/lif_exp_kernels.h"

#include <math.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

static inline double potential(double a, double j_ex, double j_in, const hk_lif_exp_instant *now)
{
    return now->fall * (a + (j_ex * now->g_ex + j_in * now->g_in));
}

static inline double bound(double a, double j_ex, double j_in, const hk_lif_exp_instant *now)
{
    double d = potential(a, j_ex, j_in, now), later = d * now->relax;
    return (later > d ? later : d) + j_ex * now->reach;
}

static void receive_one(const hk_lif_exp_columns *c, uint32_t i, double w, const hk_lif_exp_instant *now, hk_hits *hits)
{
    double a = c->a[i], j_ex = c->j_ex[i], j_in = c->j_in[i];
    if (w >= 0.0) {
        double j = w * now->to_ex;
        c->j_ex[i] = j_ex = j_ex + j;
        c->a[i] = a = a - j * now->g_ex;
    } else {
        double j = w * now->to_in;
        c->j_in[i] = j_in = j_in + j;
        c->a[i] = a = a - j * now->g_in;
    }
    if (bound(a, j_ex, j_in, now) >= c->low[i])
        hk_hits_add(hits, i);
}

#if defined(__AVX512F__)

typedef struct lanes {
    __m512d fall, g_ex, g_in, to_ex, to_in, relax, reach;
} lanes;

static inline lanes broadcast(const hk_lif_exp_instant *now)
{
    return (lanes){ .fall = _mm512_set1_pd(now->fall),
                    .g_ex = _mm512_set1_pd(now->g_ex),
                    .g_in = _mm512_set1_pd(now->g_in),
                    .to_ex = _mm512_set1_pd(now->to_ex),
                    .to_in = _mm512_set1_pd(now->to_in),
                    .relax = _mm512_set1_pd(now->relax),
                    .reach = _mm512_set1_pd(now->reach) };
}

static inline __mmask8 above(__m512d a, __m512d j_ex, __m512d j_in, __m512d low, const lanes *q)
{
    __m512d currents = _mm512_add_pd(_mm512_mul_pd(j_ex, q->g_ex), _mm512_mul_pd(j_in, q->g_in));
    __m512d d = _mm512_mul_pd(q->fall, _mm512_add_pd(a, currents));
    __m512d high = _mm512_max_pd(_mm512_mul_pd(d, q->relax), d);
    return _mm512_cmp_pd_mask(_mm512_add_pd(high, _mm512_mul_pd(j_ex, q->reach)), low, _CMP_GE_OQ);
}

/* Eight targets, all different, whose weights have one sign. */
static inline __mmask8 receive_lanes(const hk_lif_exp_columns *c, __m256i i, __m512d w, bool excitatory, const lanes *q)
{
    __m512d a = _mm512_i32gather_pd(i, c->a, 8);
    __m512d j_ex = _mm512_i32gather_pd(i, c->j_ex, 8), j_in = _mm512_i32gather_pd(i, c->j_in, 8);
    __m512d j = _mm512_mul_pd(w, excitatory ? q->to_ex : q->to_in);
    a = _mm512_sub_pd(a, _mm512_mul_pd(j, excitatory ? q->g_ex : q->g_in));
    if (excitatory) {
        j_ex = _mm512_add_pd(j_ex, j);
        _mm512_i32scatter_pd(c->j_ex, i, j_ex, 8);
    } else {
        j_in = _mm512_add_pd(j_in, j);
        _mm512_i32scatter_pd(c->j_in, i, j_in, 8);
    }
    _mm512_i32scatter_pd(c->a, i, a, 8);
    return above(a, j_ex, j_in, _mm512_i32gather_pd(i, c->low, 8), q);
}

static void receive_floats(const hk_lif_exp_columns *c, const hk_slab *slab, const hk_lif_exp_instant *now,
                           hk_hits *hits)
{
    lanes q = broadcast(now);
    const __m256i count = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    uint32_t k = 0;
    for (; k + 8 < slab->n; k += 8) { /* one more target than lanes: the neighbour comparison reads it */
        __m256i i = _mm256_add_epi32(_mm256_set1_epi32((int)(slab->first + k)), count);
        bool repeats = false;
        if (slab->target != NULL) {
            i = _mm256_loadu_si256((const __m256i *)(slab->target + k));
            __m256i next = _mm256_loadu_si256((const __m256i *)(slab->target + k + 1));
            repeats = slab->repeats && _mm256_movemask_epi8(_mm256_cmpeq_epi32(i, next)) != 0;
        }
        __m512d w = _mm512_cvtps_pd(_mm256_loadu_ps(slab->weight + k));
        __mmask8 positive = _mm512_cmp_pd_mask(w, _mm512_setzero_pd(), _CMP_GE_OQ);
        if (repeats || (positive != 0 && positive != 0xff)) {
            for (uint32_t l = k; l < k + 8; l++)
                receive_one(c, hk_slab_target(slab, l), (double)slab->weight[l], now, hits);
            continue;
        }
        for (unsigned bits = receive_lanes(c, i, w, positive != 0, &q); bits != 0; bits &= bits - 1) {
            uint32_t l = k + (uint32_t)__builtin_ctz(bits);
            hk_hits_add(hits, hk_slab_target(slab, l));
        }
    }
    for (; k < slab->n; k++)
        receive_one(c, hk_slab_target(slab, k), (double)slab->weight[k], now, hits);
}

static void sweep(const hk_lif_exp_columns *c, const hk_lif_exp_instant *now, uint32_t n, hk_hits *hits)
{
    lanes q = broadcast(now);
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        unsigned bits = above(_mm512_loadu_pd(c->a + i), _mm512_loadu_pd(c->j_ex + i), _mm512_loadu_pd(c->j_in + i),
                              _mm512_loadu_pd(c->low + i), &q);
        for (; bits != 0; bits &= bits - 1)
            hk_hits_add(hits, i + (uint32_t)__builtin_ctz(bits));
    }
    for (; i < n; i++)
        if (bound(c->a[i], c->j_ex[i], c->j_in[i], now) >= c->low[i])
            hk_hits_add(hits, i);
}

#else

static void receive_floats(const hk_lif_exp_columns *c, const hk_slab *slab, const hk_lif_exp_instant *now,
                           hk_hits *hits)
{
    for (uint32_t k = 0; k < slab->n; k++)
        receive_one(c, hk_slab_target(slab, k), (double)slab->weight[k], now, hits);
}

static void sweep(const hk_lif_exp_columns *c, const hk_lif_exp_instant *now, uint32_t n, hk_hits *hits)
{
    enum { BLOCK = 64 };
    for (uint32_t first = 0; first < n; first += BLOCK) {
        uint32_t end = n - first < BLOCK ? n : first + BLOCK;
        int64_t any = 0;
        for (uint32_t i = first; i < end; i++)
            any |= bound(c->a[i], c->j_ex[i], c->j_in[i], now) >= c->low[i] ? 1 : 0;
        for (uint32_t i = first; any != 0 && i < end; i++)
            if (bound(c->a[i], c->j_ex[i], c->j_in[i], now) >= c->low[i])
                hk_hits_add(hits, i);
    }
}

#endif

static void receive(const hk_lif_exp_columns *c, const hk_slab *slab, const hk_lif_exp_instant *now, hk_hits *hits)
{
    if (slab->weight64 == NULL) {
        receive_floats(c, slab, now, hits);
        return;
    }
    for (uint32_t k = 0; k < slab->n; k++)
        receive_one(c, hk_slab_target(slab, k), slab->weight64[k], now, hits);
}

static void rebase(const hk_lif_exp_columns *c, const hk_lif_exp_instant *now, double fall_ex, double fall_in,
                   uint32_t n)
{
    double *restrict a = c->a, *restrict j_ex = c->j_ex, *restrict j_in = c->j_in;
    for (uint32_t i = 0; i < n; i++) {
        double d = potential(a[i], j_ex[i], j_in[i], now);
        a[i] = a[i] == -HUGE_VAL ? a[i] : d;
        j_ex[i] *= fall_ex;
        j_in[i] *= fall_in;
    }
}

static void fold(const hk_lif_exp_columns *c, double *restrict sums, const hk_lif_exp_fold *q, uint32_t n,
                 uint32_t first, hk_hits *hits)
{
    enum { BLOCK = 64 };
    const hk_lif_exp_fold f = *q;
    for (uint32_t begin = 0; begin < n; begin += BLOCK) {
        uint32_t here = n - begin < BLOCK ? n - begin : BLOCK;
        double *restrict a = c->a + begin, *restrict j_ex = c->j_ex + begin, *restrict j_in = c->j_in + begin;
        const double *restrict low = c->low + begin;
        double *restrict sum = sums + 4 * (size_t)begin;
        int64_t is_near[BLOCK], any = 0;
        for (uint32_t k = 0; k < here; k++) {
            double e0 = sum[4 * k], e1 = sum[4 * k + 1], i0 = sum[4 * k + 2], i1 = sum[4 * k + 3];
            double ex = j_ex[k] + f.to_ex * e0, in = j_in[k] + f.to_in * i0;
            double raised = a[k] - f.to_ex * (f.g_ex * e0 + f.shift_ex * e1);
            double all = raised - f.to_in * (f.g_in * i0 + f.shift_in * i1);
            double d = f.end_fall * (raised + (ex * f.end_ex + j_in[k] * f.end_in)) - j_in[k] * f.pull;
            double high = d * f.grow;
            is_near[k] = (high > d ? high : d) >= low[k] - f.margin ? 1 : 0;
            a[k] = is_near[k] != 0 ? a[k] : all;
            j_ex[k] = is_near[k] != 0 ? j_ex[k] : ex;
            j_in[k] = is_near[k] != 0 ? j_in[k] : in;
            any |= is_near[k];
        }
        memset(sum, 0, 4 * here * sizeof *sum);
        for (uint32_t k = 0; any != 0 && k < here; k++)
            if (is_near[k] != 0)
                hk_hits_add(hits, first + begin + k);
    }
}

#define HK_TABLE_NAME(isa) hk_lif_exp_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_lif_exp_kernels HK_TABLE(HK_KERNEL_ISA) = {
    .receive = receive, .sweep = sweep, .rebase = rebase, .fold = fold
};
