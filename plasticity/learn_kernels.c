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

static void decayed(double *restrict out, hk_raised raised, uint32_t n, double now_step, double now_offset,
                    double resolution_ms, double rate)
{
    const double *restrict value = raised.value, *restrict step = raised.step, *restrict offset = raised.offset;
    for (uint32_t k = 0; k < n; k++) {
        double since_ms = (now_step - step[k]) * resolution_ms + (now_offset - offset[k]);
        out[k] = value[k] * hk_exp(-since_ms * rate);
    }
}

/* Vectors spelt out: gcc makes a poor job of sixteen sums in an array. */
typedef double wide __attribute__((vector_size(32)));
typedef float narrow __attribute__((vector_size(16)));

static double sum(const float *w, uint32_t n)
{
    wide lane[4] = { { 0.0 }, { 0.0 }, { 0.0 }, { 0.0 } };
    uint32_t k = 0;
    for (; k + 16 <= n; k += 16) {
        narrow a, b, c, d;
        memcpy(&a, w + k, sizeof a);
        memcpy(&b, w + k + 4, sizeof b);
        memcpy(&c, w + k + 8, sizeof c);
        memcpy(&d, w + k + 12, sizeof d);
        lane[0] += __builtin_convertvector(a, wide);
        lane[1] += __builtin_convertvector(b, wide);
        lane[2] += __builtin_convertvector(c, wide);
        lane[3] += __builtin_convertvector(d, wide);
    }
    wide all = (lane[0] + lane[2]) + (lane[1] + lane[3]);
    for (uint32_t l = 0; k < n; k++, l = (l + 1) % 4)
        all[l] += (double)w[k];
    return (all[0] + all[2]) + (all[1] + all[3]);
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
    .decayed = decayed,
    .sum = sum,
    .scale = scale,
    .add_row = add_row,
    .scale_row = scale_row,
};
