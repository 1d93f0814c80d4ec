/* plasticity/learn_kernels.c - see learn_kernels.h. Compiled once for each instruction set, named by HK_KERNEL_ISA. */

/* Nobody reads the floating-point exception flags here. gcc, told so, turns the selections of hk_exp into blends and
 * vectorises it; no value changes. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-trapping-math")
#endif

#include "plasticity/learn_kernels.h"

#include "sim/mathfn.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#define JOINED(name, isa) name##isa
#define NAMED(name, isa) JOINED(name, isa)
#define TABLE NAMED(hk_learn_kernels_, HK_KERNEL_ISA)

typedef enum room_form { ROOM_NONE, ROOM_LINEAR, ROOM_POWER } room_form;

/* The form is a constant where this is called, so that each gets a loop of its own. */
static inline __attribute__((always_inline)) void change_as(room_form form, float *restrict w, const double *restrict z,
                                                            uint32_t n, const hk_weight_change *c, hk_clips *clips)
{
    const double gain = c->gain, offset = c->offset, pull = c->pull, mu = c->mu;
    const double toward = c->toward, inv_room = c->inv_room, low = c->low, high = c->high;
    uint64_t n_low = 0, n_high = 0;
    for (uint32_t k = 0; k < n; k++) {
        double before = (double)w[k];
        double by = gain * z[k] - offset - pull * before;
        if (form != ROOM_NONE) {
            double room = (toward - before) * inv_room;
            double power = form == ROOM_LINEAR ? room : hk_exp(mu * hk_log(room));
            by *= room > 0.0 ? power : 0.0;
        }
        double after = before + by;
        n_low += after < low;
        n_high += after > high;
        after = after < low ? low : after;
        after = after > high ? high : after;
        w[k] = (float)after;
    }
    clips->low += n_low;
    clips->high += n_high;
}

static void change(float *w, const double *z, uint32_t n, const hk_weight_change *c, hk_clips *clips)
{
    if (c->mu == 0.0)
        change_as(ROOM_NONE, w, z, n, c, clips);
    else if (c->mu == 1.0)
        change_as(ROOM_LINEAR, w, z, n, c, clips);
    else
        change_as(ROOM_POWER, w, z, n, c, clips);
}

enum { BLOCK = 256 }; /* synapses that are brought up to date together: all they need stays in the first cache */

/* Of n synapses, by their place and target, those whose target has a spike with a number above `seen`. */
typedef struct late {
    uint32_t place[BLOCK + 16], target[BLOCK + 16]; /* 16 more may be written */
    uint32_t n;
} late;

#if defined(__AVX512F__)
static void find_late(late *out, const uint32_t *place, const uint32_t *target, uint32_t n, const int32_t *number,
                      int32_t seen)
{
    const __m512i limit = _mm512_set1_epi32(seen);
    uint32_t found = 0;
    for (uint32_t k = 0; k < n; k += 16) {
        __mmask16 live = (__mmask16)(n - k < 16 ? (1u << (n - k)) - 1u : 0xffffu);
        __m512i to = _mm512_maskz_loadu_epi32(live, target + k);
        __m512i last = _mm512_mask_i32gather_epi32(limit, live, to, number, 4);
        __mmask16 is_late = _mm512_cmpgt_epi32_mask(last, limit);
        _mm512_storeu_si512(out->place + found,
                            _mm512_maskz_compress_epi32(is_late, _mm512_maskz_loadu_epi32(live, place + k)));
        _mm512_storeu_si512(out->target + found, _mm512_maskz_compress_epi32(is_late, to));
        uint32_t bits = is_late;
        __asm__("" : "+r"(bits)); /* gcc 12 may spill 16 of its bits and count 32 */
        found += (uint32_t)__builtin_popcount(bits);
    }
    out->n = found;
}
#else
static void find_late(late *out, const uint32_t *place, const uint32_t *target, uint32_t n, const int32_t *number,
                      int32_t seen)
{
    uint32_t found = 0;
    for (uint32_t k = 0; k < n; k++) {
        out->place[found] = place[k];
        out->target[found] = target[k];
        found += number[target[k]] > seen;
    }
    out->n = found;
}
#endif

static void gather(double *restrict out, const double *restrict from, const uint32_t *restrict index, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        out[k] = from[index[k]];
}

static void recall(float *w, const uint32_t *target, uint32_t n, const hk_history *history, int32_t seen,
                   const hk_weight_change *c, hk_clips *clips)
{
    uint32_t place[BLOCK];
    late at[HK_HISTORY];
    float column[BLOCK];
    double gain[BLOCK];
    for (uint32_t k = 0; k < BLOCK; k++)
        place[k] = k;
    for (uint32_t begin = 0; begin < n; begin += BLOCK, w += BLOCK, target += BLOCK) {
        uint32_t age = 0;
        find_late(&at[0], place, target, n - begin < BLOCK ? n - begin : BLOCK, history->number, seen);
        for (; at[age].n > 0 && age + 1 < HK_HISTORY; age++)
            find_late(&at[age + 1], at[age].place, at[age].target, at[age].n, history->number + (age + 1) * history->n,
                      seen);
        for (uint32_t back = age + 1; back-- > 0;) {
            const late *l = &at[back];
            for (uint32_t k = 0; k < l->n; k++)
                column[k] = w[l->place[k]];
            gather(gain, history->gain + back * history->n, l->target, l->n);
            change(column, gain, l->n, c, clips);
            for (uint32_t k = 0; k < l->n; k++)
                w[l->place[k]] = column[k];
        }
    }
}

static void decayed(double *restrict out, hk_raised raised, uint32_t n, double now_step, double now_offset,
                    double resolution_ms, double rate)
{
    const double *restrict value = raised.value, *restrict step = raised.step, *restrict offset = raised.offset;
    for (uint32_t k = 0; k < n; k++) {
        double since_ms = (now_step - step[k]) * resolution_ms + (now_offset - offset[k]);
        out[k] = value[k] * hk_exp(-since_ms * rate);
    }
}

/* Vectors spelt out, in pairs: gcc makes a poor job of sixteen sums in an array, and of converting wider vectors. */
typedef double pair __attribute__((vector_size(16)));
typedef float narrow_pair __attribute__((vector_size(8)));

static inline pair pair_at(const float *w)
{
    narrow_pair narrow;
    memcpy(&narrow, w, sizeof narrow);
    return __builtin_convertvector(narrow, pair);
}

static double sum(const float *w, uint32_t n)
{
    pair a = { 0.0 }, b = { 0.0 }, c = { 0.0 }, d = { 0.0 }, e = { 0.0 }, f = { 0.0 }, g = { 0.0 }, h = { 0.0 };
    uint32_t k = 0;
    for (; k + 16 <= n; k += 16) {
        a += pair_at(w + k);
        b += pair_at(w + k + 2);
        c += pair_at(w + k + 4);
        d += pair_at(w + k + 6);
        e += pair_at(w + k + 8);
        f += pair_at(w + k + 10);
        g += pair_at(w + k + 12);
        h += pair_at(w + k + 14);
    }
    pair all = ((a + e) + (c + g)) + ((b + f) + (d + h));
    for (; k < n; k++)
        all[k % 2] += (double)w[k];
    return all[0] + all[1];
}

static void scale(float *w, uint32_t n, double factor)
{
    for (uint32_t k = 0; k < n; k++)
        w[k] = (float)((double)w[k] * factor);
}

static void add_row(double *restrict total, const float *restrict w, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        total[k] += (double)w[k];
}

static void scale_row(float *restrict w, const double *restrict factor, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        w[k] = (float)((double)w[k] * factor[k]);
}

const hk_learn_kernels TABLE = {
    .change = change,
    .recall = recall,
    .gather = gather,
    .decayed = decayed,
    .sum = sum,
    .scale = scale,
    .add_row = add_row,
    .scale_row = scale_row,
};
