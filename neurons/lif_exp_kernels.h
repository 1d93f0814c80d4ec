/* neurons/lif_exp_kernels.h - the inner loops of lif_exp, compiled once for each kind of CPU; all give the same bits.
 *
 * With x the time since the epoch, the state is kept in numbers that do not change between inputs:
 *
 *   j_k(x)   = i_k / c_m = j_k exp(-x / tau_k)                     k = ex, in
 *   v - v_inf = exp(-x / tau_m) (a + j_ex g_ex(x) + j_in g_in(x)), g_k(x) = (exp(r x) - 1) / r, r = 1/tau_m - 1/tau_k
 *
 * so an input changes two numbers by multiples of its weight that are the same for all its targets. A held neuron has
 * a = -infinity. */
#ifndef HK_LIF_EXP_KERNELS_H
#define HK_LIF_EXP_KERNELS_H

#include "sim/model.h"

typedef struct hk_lif_exp_columns {
    double *a, *j_ex, *j_in; /* [n_neurons] */
    const double *low;       /* [n_neurons] lowest threshold in this window, from v_inf, mV */
} hk_lif_exp_columns;

/* What one instant needs, the same for all neurons whose time constants and capacitance agree. */
typedef struct hk_lif_exp_instant {
    double fall;         /* exp(-x / tau_m) */
    double g_ex, g_in;   /* g_k(x) */
    double to_ex, to_in; /* exp(x / tau_k) / c_m: what a weight adds to j_k */
    double relax;        /* exp(-(horizon - x) / tau_m) */
    double reach;        /* exp(-x / tau_ex) tau_m (1 - relax): the most that j_ex can still add up to the horizon */
} hk_lif_exp_instant;

/* Adds up a step that begins x after the epoch and ends h later. With e_m = sums of w exp(s / tau_k), and the like times g_k(s), s
 * from the step's beginning on, for k = ex (sums[0], sums[1]) and k = in (sums[2], sums[3]):
 *   j_k = j_k + to_k e_0,   a = a - to_k (g_k e_0 + shift_k e_1)
 * The potential at the end without the inhibition of this step, d, and what the inhibition before it takes away at most, bound it at
 * every time of the step: (d - j_in pull) grow, or without grow where that is larger. */
typedef struct hk_lif_exp_fold {
    double to_ex, to_in, g_ex, g_in; /* of the beginning, as in hk_lif_exp_instant */
    double shift_ex, shift_in;       /* exp(r x) */
    double end_fall, end_ex, end_in; /* exp(-y / tau_m), g_ex(y), g_in(y), y = x + h */
    double pull;                     /* h exp(-x / tau_in) */
    double grow;                     /* exp(h / tau_m) */
    double margin;                   /* mV; wider than any rounding: a hit is looked at exactly */
} hk_lif_exp_fold;

/* A neuron is a hit when max(d, d relax) + j_ex reach >= low, d = v - v_inf. */
typedef struct hk_lif_exp_kernels {
    void (*receive)(const hk_lif_exp_columns *columns, const hk_slab *slab, const hk_lif_exp_instant *now,
                    hk_hits *hits);
    void (*sweep)(const hk_lif_exp_columns *columns, const hk_lif_exp_instant *now, uint32_t n, hk_hits *hits);
    void (*rebase)(const hk_lif_exp_columns *columns, const hk_lif_exp_instant *now, double fall_ex, double fall_in,
                   uint32_t n);
    /* sums[n][2][2] = 0; columns begin at neuron `first`; hits keep their state. */
    void (*fold)(const hk_lif_exp_columns *columns, double *sums, const hk_lif_exp_fold *q, uint32_t n, uint32_t first,
                 hk_hits *hits);
} hk_lif_exp_kernels;

extern const hk_lif_exp_kernels hk_lif_exp_kernels_plain;
#if defined(__x86_64__)
extern const hk_lif_exp_kernels hk_lif_exp_kernels_avx2, hk_lif_exp_kernels_avx512;
#endif

const hk_lif_exp_kernels *hk_lif_exp_kernels_for(hk_cpu level);

#endif
