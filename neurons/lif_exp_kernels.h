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

/* One step of the grid: d = d fall + i[0] to_d[0] + i[1] to_d[1], then i[k] = i[k] fall_i[k] + in[k]. */
typedef struct hk_lif_exp_stepping {
    double *d, *i[HK_MOST_PORTS]; /* [n] from the first neuron on */
    const double *in[HK_MOST_PORTS];
    double fall, to_d[HK_MOST_PORTS], fall_i[HK_MOST_PORTS];
    double gap;           /* those with d >= gap are hits, */
    const double *limits; /* or those with d >= limits[k] where this is not NULL */
    uint32_t n, n_ports, first;
} hk_lif_exp_stepping;

/* A neuron is a hit when max(d, d relax) + j_ex reach >= low, d = v - v_inf. */
typedef struct hk_lif_exp_kernels {
    void (*receive)(const hk_lif_exp_columns *columns, const hk_slab *slab, const hk_lif_exp_instant *now,
                    hk_hits *hits);
    void (*sweep)(const hk_lif_exp_columns *columns, const hk_lif_exp_instant *now, uint32_t n, hk_hits *hits);
    void (*rebase)(const hk_lif_exp_columns *columns, const hk_lif_exp_instant *now, double fall_ex, double fall_in,
                   uint32_t n);
    void (*step)(const hk_lif_exp_stepping *stepping, hk_hits *hits);
} hk_lif_exp_kernels;

extern const hk_lif_exp_kernels hk_lif_exp_kernels_plain;
#if defined(__x86_64__)
extern const hk_lif_exp_kernels hk_lif_exp_kernels_avx2, hk_lif_exp_kernels_avx512;
#endif

const hk_lif_exp_kernels *hk_lif_exp_kernels_for(hk_cpu level);

#endif
