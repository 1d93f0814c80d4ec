/* neurons/lif_exp_step_kernels.h - one step of lif_exp on the grid, compiled once for each kind of CPU; all give the same bits. */
#ifndef HK_LIF_EXP_STEP_KERNELS_H
#define HK_LIF_EXP_STEP_KERNELS_H

#include "sim/model.h"

/* d = d fall + i[0] to_d[0] + i[1] to_d[1], then i[k] = i[k] fall_i[k] + what arrives, of n neurons from the `first`-th on. */
typedef struct hk_lif_exp_stepping {
    void *d, *i[HK_MOST_PORTS]; /* [n] doubles, or floats where is_single: all is computed in that precision then */
    bool is_single;
    const double *in[HK_MOST_PORTS]; /* [n] what arrives */
    const hk_arrived *arrived;       /* [n_ports] the same, where this is not NULL; then limits is */
    double fall, to_d[HK_MOST_PORTS], fall_i[HK_MOST_PORTS];
    double gap;           /* those with d >= gap are hits, */
    const double *limits; /* or those with d >= limits[k] where this is not NULL */
    uint32_t n, n_ports, first;
} hk_lif_exp_stepping;

typedef struct hk_lif_exp_step_kernels {
    void (*step)(const hk_lif_exp_stepping *stepping, hk_hits *hits); /* hits are reported ascending */
} hk_lif_exp_step_kernels;

extern const hk_lif_exp_step_kernels hk_lif_exp_step_kernels_plain;
#if defined(__x86_64__)
extern const hk_lif_exp_step_kernels hk_lif_exp_step_kernels_avx2, hk_lif_exp_step_kernels_avx512;
#endif

const hk_lif_exp_step_kernels *hk_lif_exp_step_kernels_for(hk_cpu level);

#endif
