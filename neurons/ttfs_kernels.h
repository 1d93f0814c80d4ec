/* neurons/ttfs_kernels.h - the inner loops of ttfs, compiled once for each kind of CPU; all give the same bits. */
#ifndef HK_TTFS_KERNELS_H
#define HK_TTFS_KERNELS_H

#include "sim/model.h"

typedef struct hk_ttfs_kernels {
    /* A slab that arrives `left_ms` before t_min: at_onset += w left_ms, slope += w. -infinity stays. */
    void (*add)(double *at_onset, double *slope, const hk_slab *slab, double left_ms);
    /* Those with at_onset[k] + bias[k * stride] above 0 and at least `bound` are hits first + k. */
    void (*find)(const double *at_onset, const double *bias, size_t stride, double bound, uint32_t n, uint32_t first,
                 hk_hits *hits);
} hk_ttfs_kernels;

extern const hk_ttfs_kernels hk_ttfs_kernels_plain;
#if defined(__x86_64__)
extern const hk_ttfs_kernels hk_ttfs_kernels_avx2, hk_ttfs_kernels_avx512;
#endif

#endif
