/* sim/dense.h - exact spike times in dense networks, on the shards of the grid: private to sim/, beside grid.h.
 *
 * Synapses, shards and lists of spikes are those of a simulation on the grid, but a spike keeps its offset into its step, and so does
 * what arrives. In each step the inputs of a neuron are summed up as moments (moments.h), which move it to the step's end at
 * once unless it might reach its threshold on the way. Those neurons are replayed (replay.h): their inputs are looked
 * for, and taken one by one in order of time through the functions that serve event by event as well.
 *
 * Sums are doubles, added in the order of delay, then spike (population, time, neuron), then the drive, whatever the shards. */
#ifndef HK_DENSE_H
#define HK_DENSE_H

#include "sim/grid.h"
#include "sim/kernels/moments.h"

struct hk_dense {
    const hk_moments_kernels *kernels;
    hk_moments moments;
    double scale; /* of all 4-byte weights */
};

typedef struct hk_dense_slice {  /* of one population, in one shard */
    hk_neuron_view view;         /* the population's, with globals of its own */
    double *globals, *constants; /* the latter of the present step */
    int64_t next_rebase;
} hk_dense_slice;

typedef struct hk_near { /* a neuron that may reach its threshold in this step */
    uint32_t neuron, accumulator;
} hk_near;

struct hk_dense_shard {
    hk_dense_slice *slices; /* [n_populations] */
    double *sums;           /* [n_accumulators][HK_SIGNS][n_moments] */
    hk_volley *volleys;     /* [volleys_capacity] this step's slabs */
    size_t volleys_capacity;
    hk_arrivals arrivals; /* of the drive at some neurons */
    uint32_t *chosen;     /* [arrivals_capacity] */
    size_t arrivals_capacity;
    hk_near *near; /* of this step: by population; those of population i end at near_end[i] */
    size_t n_near, near_capacity;
    size_t *near_end;
    uint32_t *near_bits; /* [n_accumulators / 32 + 1] */
    uint32_t *near_at;   /* [n_accumulators] which of `near`, where its bit is set */
    hk_input *inputs, *sorted;
    size_t n_inputs, inputs_capacity, sorted_capacity;
    size_t *input_end; /* [n_near] in `sorted` */
    size_t input_end_capacity;
    double *fired_offset; /* of each spike in the shard's `fired` */
    size_t fired_offset_capacity;
};

/** HK_ERANGE naming the population whose neurons this does not fit. */
HK_MUST_CHECK int hk_dense_prepare(hk_grid *grid);
HK_MUST_CHECK int hk_dense_shard_create(const hk_grid *grid, hk_shard *shard);
void hk_dense_shard_destroy(hk_shard *shard, size_t n_populations);
/** The impulses of the spikes in flight, after the time constants or the scale have changed. */
void hk_dense_renew(const hk_grid *grid);
HK_MUST_CHECK int hk_dense_list_reserve(hk_spike_list *list, size_t n);
void hk_dense_impulse(const hk_dense *dense, double z, hk_impulse *out);

/** The parts of a window: as those of grid.c. */
HK_MUST_CHECK int hk_dense_list_sources(hk_grid *grid);
HK_MUST_CHECK int hk_dense_shard_window(const hk_grid *grid, hk_shard *shard);
HK_MUST_CHECK int hk_dense_list_fired(hk_grid *grid);

#endif
