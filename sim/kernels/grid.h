/* sim/kernels/grid.h - the inner loops of a step on the grid, compiled once for each instruction set; same bits. */
#ifndef HK_KERNELS_GRID_H
#define HK_KERNELS_GRID_H

#include "sim/counts.h"
#include "sim/cpu.h"
#include "sim/model.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct hk_due {           /* a slab to deliver in this step (sim/slab_tables.h) */
    const unsigned char *synapse; /* [n] */
    uint32_t n;
    int32_t units; /* weight of all synapses; 0: each has its own */
} hk_due;

/* Sums of weights in units, by accumulator: low + 65536 carry, within 32 bits. Most sums need the lower half only, which is half as
 * much for the caches. The order of additions does not change a sum. */
typedef struct hk_sums {
    int16_t *low;    /* [n_accumulators] */
    uint16_t *carry; /* [n_accumulators] modulo 65536; all 0 unless has_carried */
    bool has_carried;
} hk_sums;

typedef struct hk_grid_kernels {
    /** counts[k] of neurons first + k, k < n; first is a multiple of HK_COUNTS_GROUP. */
    void (*counts)(const hk_counts_table *table, const hk_counts_at *at, uint32_t first, uint32_t n, uint8_t *counts);
    /** in[k] = what has arrived at neuron k < n; their sums become 0. */
    void (*collect)(const hk_arrived *arrived, double *in, uint32_t n);
    /** Adds the weights of all synapses of n slabs to the sums of their accumulators. */
    void (*deliver)(const hk_due *due, size_t n, hk_sums *sums);
} hk_grid_kernels;

extern const hk_grid_kernels hk_grid_kernels_plain;
#if defined(__x86_64__)
extern const hk_grid_kernels hk_grid_kernels_avx2, hk_grid_kernels_avx512;
#endif

const hk_grid_kernels *hk_grid_kernels_for(hk_cpu level);

#endif
