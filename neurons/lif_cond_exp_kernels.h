/* neurons/lif_cond_exp_kernels.h - the inner loops of lif_cond_exp, compiled once for each kind of CPU; all give the same
 * bits. Each neuron has its own time of last event: an input moves its target there, then adds to a conductance. */
#ifndef HK_LIF_COND_EXP_KERNELS_H
#define HK_LIF_COND_EXP_KERNELS_H

#include "neurons/lif_cond_exp_membrane.h"
#include "sim/model.h"

typedef struct hk_cond_columns {
    double *u, *x, *y, *theta; /* [n_neurons] at the time of the last event, */
    double *at;                /* ms since the epoch */
    double *quiet;             /* ms since the epoch: no crossing before then without input */
} hk_cond_columns;

/* A neuron is a hit when its quiet time ends at the horizon or before. Times in ms since the epoch. */
typedef struct hk_cond_kernels {
    void (*receive)(const hk_cond_columns *columns, const hk_cond_cell *cell, const hk_slab *slab, double now_ms,
                    double horizon_ms, hk_hits *hits);
    void (*sweep)(const double *quiet, uint32_t begin, uint32_t end, double horizon_ms, hk_hits *hits);
} hk_cond_kernels;

extern const hk_cond_kernels hk_cond_kernels_plain;
#if defined(__x86_64__)
extern const hk_cond_kernels hk_cond_kernels_avx2, hk_cond_kernels_avx512;
#endif

#endif
