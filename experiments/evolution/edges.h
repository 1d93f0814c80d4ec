/* experiments/evolution/edges.h - features of an image: spiking neurons that see edges, and neurons that pool them.
 *
 *   pixel x in [0, 1]    spikes T x before the end of its time; at most HK_EDGES_DARK: never
 *   edge neuron          one at every second pixel for each filter: max(0, sum k x - threshold), k the filter's kernel
 *   pool neuron          gain times the mean of 2 x 2 edge neurons of one filter: the features, in [0, 1]
 *   kernel               exp(-(u^2 + v^2) / (2 sigma^2)) cos(2 pi u / wavelength + phase), u across the edge, v along it;
 *                        minus its mean, then scaled so that its positive part sums up to 1 (Gabor)
 *
 * Neurons are `ttfs` (neurons/ttfs.h): each spikes at most once, the earlier the larger its value is, and so the simulator computes
 * the formula above to rounding. hk_edges_values() is the formula itself.
 *
 * Sources: Gabor filters, Daugman (1985), J. Opt. Soc. Am. A 2:1160-1169; fixed as features, Illing, Gerstner & Brea (2019), Neural
 * Networks 118:90-101. */
#ifndef HK_EDGES_H
#define HK_EDGES_H

#include "experiments/datasets/dataset.h"
#include "experiments/readouts/features.h"
#include "sim/team.h"

enum { HK_EDGES_SIDE = 7, HK_EDGES_STRIDE = 2, HK_EDGES_POOLED = 2, HK_EDGES_MOST_FILTERS = 64 };
#define HK_EDGES_DARK 0.1

typedef struct hk_edge_filter {
    double wavelength_px, sigma_px; /* > 0 */
    double orientation_rad, phase_rad;
    double threshold; /* in [0, 1) */
    double gain;      /* in (0, 1] */
} hk_edge_filter;

typedef struct hk_edges_config {
    uint32_t rows, cols; /* of the images, >= 4 */
    uint32_t n_filters;  /* 1 to HK_EDGES_MOST_FILTERS */
    const hk_edge_filter *filters;
} hk_edges_config;

/** Filters for `n` directions around the circle: dark to light, odd, wavelength 5 px, sigma 1.22 px, threshold 0.1, gain 1. */
void hk_edges_usual(hk_edge_filter *filters, uint32_t n);

/** kernel[HK_EDGES_SIDE][HK_EDGES_SIDE]. */
void hk_edge_kernel(const hk_edge_filter *filter, float *kernel);

typedef struct hk_edges_shape {
    uint32_t edge_rows, edge_cols, pool_rows, pool_cols; /* of each filter */
} hk_edges_shape;

hk_edges_shape hk_edges_shape_of(const hk_edges_config *config);
/** Features of an image: [n_filters][pool_rows][pool_cols]. */
uint32_t hk_edges_n_features(const hk_edges_config *config);

/** Checks, and makes room for the features of all images, with their labels. HK_ERANGE: a field outside the interval above; HK_ENOMEM. */
HK_MUST_CHECK int hk_edges_make_room(hk_ctx *ctx, const hk_edges_config *config, const hk_images *images,
                                     hk_features *out);

/** Features of all images by the formula. As hk_edges_make_room(). */
HK_MUST_CHECK int hk_edges_values(hk_ctx *ctx, const hk_edges_config *config, const hk_images *images,
                                  hk_features *out);

typedef struct hk_edges_cost {
    uint64_t spikes, synaptic_events;
    double others_cpu_s; /* of the threads besides the caller's */
} hk_edges_cost;

/** The same from the simulator, image by image; `stop` is asked between them and ends it early with *out empty. `cost` is added to.
 *  HK_ERANGE, HK_ENOMEM. */
HK_MUST_CHECK int hk_edges_simulate(hk_ctx *ctx, const hk_edges_config *config, const hk_images *images, hk_team *team,
                                    bool (*stop)(void *user), void *user, hk_edges_cost *cost, hk_features *out);

#endif
