/* plasticity/learn_kernels.c - see learn_kernels.h. Compiled once for each instruction set, named by HK_KERNEL_ISA. */

/* Nobody reads the floating-point exception flags here. gcc, told so, turns the selections of hk_exp into blends and
 * vectorises it; no value changes. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-trapping-math")
#endif

#include "plasticity/learn_kernels.h"

#include "sim/mathfn.h"

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

/* Those of list[n] whose target has spiked at least `age` + 1 times since `seen`. */
static uint32_t still_to_see(uint32_t *restrict out, const uint32_t *restrict list, uint32_t n,
                             const uint32_t *restrict target, const int32_t *restrict number, int32_t seen)
{
    uint32_t found = 0;
    for (uint32_t k = 0; k < n; k++) {
        out[found] = list[k];
        found += number[target[list[k]]] > seen;
    }
    return found;
}

static uint32_t all_to_see(uint32_t *restrict out, uint32_t n, const uint32_t *restrict target,
                           const int32_t *restrict number, int32_t seen)
{
    uint32_t found = 0;
    for (uint32_t k = 0; k < n; k++) {
        out[found] = k;
        found += number[target[k]] > seen;
    }
    return found;
}

static void recall(float *w, const uint32_t *target, uint32_t n, const hk_history *history, int32_t seen,
                   const hk_weight_change *c, hk_clips *clips)
{
    uint32_t list[HK_HISTORY][BLOCK], found[HK_HISTORY];
    float column[BLOCK];
    double gain[BLOCK];
    for (uint32_t begin = 0; begin < n; begin += BLOCK, w += BLOCK, target += BLOCK) {
        uint32_t size = n - begin < BLOCK ? n - begin : BLOCK, age = 0;
        found[0] = all_to_see(list[0], size, target, history->number, seen);
        for (; found[age] > 0 && age + 1 < HK_HISTORY; age++)
            found[age + 1] = still_to_see(list[age + 1], list[age], found[age], target,
                                          history->number + (age + 1) * history->n, seen);
        for (uint32_t back = age + 1; back-- > 0;) {
            const uint32_t *which = list[back];
            const double *gains = history->gain + back * history->n;
            for (uint32_t k = 0; k < found[back]; k++) {
                column[k] = w[which[k]];
                gain[k] = gains[target[which[k]]];
            }
            change(column, gain, found[back], c, clips);
            for (uint32_t k = 0; k < found[back]; k++)
                w[which[k]] = column[k];
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
    .decayed = decayed,
    .sum = sum,
    .scale = scale,
    .add_row = add_row,
    .scale_row = scale_row,
};
