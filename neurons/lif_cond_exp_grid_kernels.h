/* neurons/lif_cond_exp_grid_kernels.h - the step of lif_cond_exp_grid.c, compiled once for each kind of CPU; same bits. */
#ifndef HK_LIF_COND_EXP_GRID_KERNELS_H
#define HK_LIF_COND_EXP_GRID_KERNELS_H

#include "sim/model.h"

/* What a step needs of a neuron and all like it; x and y are the conductances over the capacitance, 1/ms. */
typedef struct hk_cond_step {
    void *v, *x, *y;             /* [n] from the first neuron on: doubles, or floats where is_single */
    bool is_single;              /* all is computed in that precision then */
    const double *in_ex, *in_in; /* [n] nS; the latter not positive */
    const hk_arrived *arrived;   /* [2] the same, where this is not NULL; then limits is */
    double leak, drive;          /* g_l / c_m, 1/ms; (g_l e_l + i_e) / c_m, mV/ms */
    double e_ex, e_in, per_c;    /* mV; 1 / c_m */
    double mean_ex, mean_in;     /* mean of exp(-t / tau_syn) over the step */
    double fall_ex, fall_in;     /* exp(-h / tau_syn) */
    double h;                    /* ms */
    double v_th;                 /* those with v >= v_th are hits, */
    const double *limits;        /* or those with v >= limits[k] where this is not NULL */
    uint32_t n, first;
} hk_cond_step;

typedef void (*hk_cond_step_fn)(const hk_cond_step *step, hk_hits *hits);

void hk_cond_step_plain(const hk_cond_step *q, hk_hits *hits);
#if defined(__x86_64__)
void hk_cond_step_avx2(const hk_cond_step *q, hk_hits *hits);
void hk_cond_step_avx512(const hk_cond_step *q, hk_hits *hits);
#endif

#endif
