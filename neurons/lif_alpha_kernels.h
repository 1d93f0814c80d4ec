/* neurons/lif_alpha_kernels.h - the inner loops of lif_alpha, compiled once for each kind of CPU; all give the same bits.
 *
 * With x the time since the epoch, the state is kept in numbers that do not change between inputs:
 *
 *   i_k(x) / c_m = (j_k + r_k x) exp(-x / tau_k)     k = ex, in
 *   v - v_inf    = exp(-x / tau_m) (a + sum over k of j_k g_k(x) + r_k h_k(x)),   q_k = 1/tau_m - 1/tau_k
 *   g_k(x) = integral of exp(q_k s) over s in 0 ... x,   h_k(x) = integral of s exp(q_k s)
 *
 * so an input changes three numbers by multiples of its weight that are the same for all its targets. A held neuron has
 * a = -infinity. */
#ifndef HK_LIF_ALPHA_KERNELS_H
#define HK_LIF_ALPHA_KERNELS_H

#include "sim/model.h"

enum { HK_ALPHA_EX, HK_ALPHA_IN, HK_ALPHA_N_CURRENTS };

typedef struct hk_alpha_columns {
    double *a, *j[HK_ALPHA_N_CURRENTS], *r[HK_ALPHA_N_CURRENTS]; /* [n_neurons] */
    const double *low; /* [n_neurons] lowest threshold in this window, from v_inf, mV */
} hk_alpha_columns;

/* What one instant needs, the same for all neurons whose time constants and capacitance agree. */
typedef struct hk_alpha_instant {
    double fall; /* exp(-x / tau_m) */
    double g[HK_ALPHA_N_CURRENTS], h[HK_ALPHA_N_CURRENTS];
    double to_r[HK_ALPHA_N_CURRENTS]; /* what a weight adds to r: e exp(x / tau_k) / (tau_k c_m) */
    double to_j[HK_ALPHA_N_CURRENTS]; /* to j: the current of now stays */
    double to_a[HK_ALPHA_N_CURRENTS]; /* to a: so does the potential */
    double relax;                     /* exp(-(horizon - x) / tau_m) */
    double reach_j, reach_r;          /* the most that j_ex and r_ex can still add up to the horizon */
} hk_alpha_instant;

/* The move of an epoch to the present, x ms later: i / c_m = (j + r x) fall_i, its r is r fall_i. */
typedef struct hk_alpha_move {
    double x, fall_i[HK_ALPHA_N_CURRENTS];
} hk_alpha_move;

/* One step of the grid, for each port: d takes up i i_to_d + z z_to_d, then i = i fall_i + z z_to_i, z = z fall_i + in. */
typedef struct hk_alpha_stepping {
    double *d, *i[HK_MOST_PORTS], *z[HK_MOST_PORTS]; /* [n] from the first neuron on */
    const double *in[HK_MOST_PORTS];
    double fall, i_to_d[HK_MOST_PORTS], z_to_d[HK_MOST_PORTS], fall_i[HK_MOST_PORTS], z_to_i[HK_MOST_PORTS];
    double gap;           /* those with d >= gap are hits, */
    const double *limits; /* or those with d >= limits[k] where this is not NULL */
    uint32_t n, n_ports, first;
} hk_alpha_stepping;

/* A neuron is a hit when max(d, d relax) + j_ex reach_j + r_ex reach_r >= low, d = v - v_inf. */
typedef struct hk_alpha_kernels {
    void (*receive)(const hk_alpha_columns *columns, const hk_slab *slab, const hk_alpha_instant *now, hk_hits *hits);
    void (*sweep)(const hk_alpha_columns *columns, const hk_alpha_instant *now, uint32_t n, hk_hits *hits);
    void (*rebase)(const hk_alpha_columns *columns, const hk_alpha_instant *now, const hk_alpha_move *move, uint32_t n);
    void (*step)(const hk_alpha_stepping *stepping, hk_hits *hits);
} hk_alpha_kernels;

extern const hk_alpha_kernels hk_alpha_kernels_plain;
#if defined(__x86_64__)
extern const hk_alpha_kernels hk_alpha_kernels_avx2, hk_alpha_kernels_avx512;
#endif

const hk_alpha_kernels *hk_alpha_kernels_for(hk_cpu level);

#endif
