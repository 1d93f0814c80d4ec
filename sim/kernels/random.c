/* sim/kernels/random.c - see random.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "sim/kernels/random.h"

#include "sim/kernels/reals.h"
#include "sim/normal_series.h"

#include <math.h>
#include <string.h>

enum { AT_ONCE = 4, TOGETHER = 4 * HK_RANDOM_GROUP /* blocks */ };

_Static_assert(HK_RANDOM_GROUP % (AT_ONCE * HK_WIDTH) == 0, "a group is drawn in whole vectors");

/* Blocks `first` ... of AT_ONCE vectors. */
static inline void draw(const hk_stream *of, uint32_t first, hk_lanes x[4][AT_ONCE])
{
    for (uint32_t v = 0; v < AT_ONCE; v++) {
        uint64_t block[HK_WIDTH];
        for (uint32_t l = 0; l < HK_WIDTH; l++)
            block[l] = of->counter + first + v * HK_WIDTH + l;
        memcpy(&x[0][v], block, sizeof block);
        x[1][v] = (x[0][v] & 0) | (uint64_t)of->sub;
        x[2][v] = (x[0][v] & 0) | (of->id & UINT64_C(0xffffffff));
        x[3][v] = (x[0][v] & 0) | of->id >> 32;
    }
    hk_philox_vectors(of->seed + of->purpose * HK_PURPOSE_STRIDE, HK_ROUNDS, AT_ONCE, x);
}

static void words(const hk_stream *stream, uint32_t n_blocks, uint32_t *out)
{
    for (uint32_t first = 0; first < n_blocks; first += AT_ONCE * HK_WIDTH) {
        hk_lanes x[4][AT_ONCE];
        draw(stream, first, x);
        for (uint32_t v = 0; v < AT_ONCE; v++) {
            uint64_t low[HK_WIDTH], high[HK_WIDTH];
            hk_lanes pairs = hk_word_pairs(x[0][v], x[1][v]);
            memcpy(low, &pairs, sizeof low);
            pairs = hk_word_pairs(x[2][v], x[3][v]);
            memcpy(high, &pairs, sizeof high);
            uint32_t *to = out + 4 * (first + v * HK_WIDTH);
            for (uint32_t l = 0; l < HK_WIDTH; l++) {
                to[4 * l] = (uint32_t)low[l];
                to[4 * l + 1] = (uint32_t)(low[l] >> 32);
                to[4 * l + 2] = (uint32_t)high[l];
                to[4 * l + 3] = (uint32_t)(high[l] >> 32);
            }
        }
    }
}

static inline hk_reals value_of(const hk_rational *of, hk_reals x)
{
    hk_reals above = x * 0.0 + of->above[0], below = x * 0.0 + of->below[0];
    for (int i = 1; i <= HK_NORMAL_DEGREE; i++) {
        above = above * x + of->above[i];
        below = below * x + of->below[i];
    }
    return above / below;
}

static inline hk_reals choose(hk_lanes first, hk_reals a, hk_reals b)
{
    return (hk_reals)((first & (hk_lanes)a) | (~first & (hk_lanes)b));
}

/* hk_normal_of() over lanes, for numbers out of the central range; what lies further out still, one in 10^10, by itself. */
static inline hk_reals tail_of(hk_reals p)
{
    hk_reals r = hk_sqrt_lanes(hk_minus_log_lanes(choose((hk_lanes)(p < 0.5), p, 1.0 - p)));
    hk_reals size = value_of(&hk_normal_tail, r - 1.6);
    hk_reals x = choose((hk_lanes)(p < 0.5), -size, size);
    for (int l = 0; l < HK_WIDTH; l++)
        if (r[l] > HK_NORMAL_FAR)
            x[l] = hk_normal_of(p[l]);
    return x;
}

/* Those of n uniform numbers that lie out of the central range, three in twenty, are brought together. */
static void replace_tails(const double *uniform, uint32_t n, double *out)
{
    uint32_t at[2 * TOGETHER + HK_WIDTH], n_tails = 0;
    for (uint32_t k = 0; k < n; k++) {
        at[n_tails] = k;
        n_tails += !(fabs(uniform[k] - 0.5) <= HK_NORMAL_CENTRAL);
    }
    for (uint32_t first = 0; first < n_tails; first += HK_WIDTH) {
        uint32_t here = n_tails - first < HK_WIDTH ? n_tails - first : HK_WIDTH;
        hk_reals p, x;
        for (uint32_t l = 0; l < HK_WIDTH; l++)
            p[l] = uniform[at[first + (l < here ? l : 0)]];
        x = tail_of(p);
        for (uint32_t l = 0; l < here; l++)
            out[at[first + l]] = x[l];
    }
}

static void normals(const hk_stream *stream, uint32_t n_blocks, double *out)
{
    double uniform[2 * TOGETHER];
    for (uint32_t begin = 0; begin < n_blocks; begin += TOGETHER) {
        uint32_t n = n_blocks - begin < TOGETHER ? n_blocks - begin : TOGETHER;
        for (uint32_t first = 0; first < n; first += AT_ONCE * HK_WIDTH) {
            hk_lanes x[4][AT_ONCE];
            draw(stream, begin + first, x);
            for (uint32_t v = 0; v < AT_ONCE; v++) {
                double low[HK_WIDTH], high[HK_WIDTH];
                hk_reals p = hk_uniform_lanes(hk_word_pairs(x[0][v], x[1][v]));
                memcpy(low, &p, sizeof low);
                p = hk_uniform_lanes(hk_word_pairs(x[2][v], x[3][v]));
                memcpy(high, &p, sizeof high);
                for (uint32_t l = 0; l < HK_WIDTH; l++) {
                    uniform[2 * (first + v * HK_WIDTH + l)] = low[l];
                    uniform[2 * (first + v * HK_WIDTH + l) + 1] = high[l];
                }
            }
        }
        for (uint32_t k = 0; k < 2 * n; k += HK_WIDTH) {
            hk_reals q;
            memcpy(&q, uniform + k, sizeof q);
            q -= 0.5;
            q *= value_of(&hk_normal_central, 0.180625 - q * q);
            memcpy(out + 2 * begin + k, &q, sizeof q);
        }
        replace_tails(uniform, 2 * n, out + 2 * begin);
    }
}

#define HK_TABLE_NAME(isa) hk_random_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_random_kernels HK_TABLE(HK_KERNEL_ISA) = { .words = words, .normals = normals };
