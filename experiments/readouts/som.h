/* experiments/readouts/som.h - self-organising map: prototypes on a grid that learn to lie in the data as on the grid.
 *
 *   online   per sample x, in random order: winner u = argmin |x - w_u|, then for all units v
 *            w_v += eta h(u, v) (x - w_v)
 *   batch    the samples in `parts`, sample s in part s mod parts; per part: w_v = sum_u h(u, v) S_u / sum_u h(u, v) n_u,
 *            S_u and n_u the sum and number of the samples that u has won. With more than two parts what was won before
 *            counts 1 - 2 / parts of what it did: a memory of half an epoch. One part is the batch map of the literature.
 *   h(u, v) = exp(-r^2 / (2 sigma^2)), r the distance of u and v on the grid; what is below 10^-4 counts as 0.
 *
 * sigma and eta fall geometrically from start to end: online with every sample, in batches with every part. Grids: square
 * (distance 1 to four neighbours; the eight around a unit count as neighbours) or hexagonal (distance 1 to six). The map has
 * edges. Prototypes start as different samples, drawn from the seed.
 *
 * Conscience c > 0: units that win too often step back. The winner is argmin |x - w_u|^2 - c D (1 - N p_u), with p_u a running
 * share of wins of unit u, N the number of units and D the running mean of |x - w_u|^2 of the winners; both follow with a
 * rate of 1 / (10 N) per sample. It acts while learning, never on answers.
 *
 * Sources: Kohonen (1990), Proc. IEEE 78:1464-1480; batch: Kohonen (2013), Neural Networks 37:52-65; conscience: DeSieno
 * (1988), IEEE ICNN 1:117-124, with the bias in units of the data; topographic error: Kiviluoto (1996), IEEE ICNN 1:294-299;
 * U-matrix: Ultsch & Siemon (1990), INNC 305-308.
 *
 * Same data, configuration and seed: same bits, for any number of threads and on every CPU level. */
#ifndef HK_SOM_H
#define HK_SOM_H

#include "experiments/readouts/features.h"
#include "sim/team.h"

#include <stdbool.h>

typedef enum hk_som_grid { HK_SOM_SQUARE, HK_SOM_HEXAGONAL } hk_som_grid;
typedef enum hk_som_method { HK_SOM_BATCH, HK_SOM_ONLINE } hk_som_method;

typedef struct hk_som_config {
    uint32_t rows, cols; /* >= 1; 2 to 100000 units, at most as many as samples to learn from */
    hk_som_grid grid;
    hk_som_method method;
    uint32_t epochs;               /* >= 1 */
    uint32_t parts;                /* >= 1; batch only */
    double sigma_start, sigma_end; /* > 0, in distances of neighbours */
    double eta_start, eta_end;     /* in (0, 1]; online only */
    double conscience;             /* >= 0 */
    uint64_t seed;
} hk_som_config;

typedef struct hk_som {
    hk_som_config config;
    size_t n_units, n_features;
    uint32_t n_classes; /* of what named the units, 0 before */
    float *weights;     /* [n_units][n_features] */
    int32_t *labels;    /* [n_units], -1 before they are named */
    /* while learning */
    double *share;        /* [n_units] p_u */
    double spread;        /* D */
    double *sums, *n_won; /* batch: [n_units][n_features], [n_units], of what each unit won lately */
} hk_som;

/** HK_ERANGE: a field outside the interval above, a map larger than the data. */
HK_MUST_CHECK int hk_som_check(hk_ctx *ctx, const hk_som_config *config, size_t n_samples);
/** The same, or HK_ENOMEM. */
HK_MUST_CHECK int hk_som_create(hk_ctx *ctx, const hk_som_config *config, const hk_features *samples, hk_som *out);
void hk_som_fini(hk_som *som);

/** Learns from all samples once: epoch 0 ... config.epochs - 1, in order. HK_ENOMEM. */
HK_MUST_CHECK int hk_som_learn(hk_ctx *ctx, hk_som *som, const hk_features *samples, uint32_t epoch, hk_team *team);

/** The nearest unit of a sample and the next nearest. */
typedef struct hk_som_hit {
    uint32_t first, second;
} hk_som_hit;

/** hits[samples->n]. Of equally near units the one of the lower index. HK_ENOMEM. */
HK_MUST_CHECK int hk_som_find(hk_ctx *ctx, const hk_som *som, const hk_features *samples, hk_team *team,
                              hk_som_hit *hits);

/** Names each unit by the class it wins most often (of equal ones the lowest), and a unit that wins nothing by the nearest
 *  prototype of those that do. HK_ENOMEM. */
HK_MUST_CHECK int hk_som_name(hk_ctx *ctx, hk_som *som, const hk_features *samples, const hk_som_hit *hits);

typedef struct hk_som_quality {
    double quantisation_error; /* mean of |x - w| over samples and their winners */
    double topographic_error;  /* share of samples whose two nearest units are no neighbours on the grid */
    size_t n_dead;             /* units that win no sample */
} hk_som_quality;

HK_MUST_CHECK int hk_som_measure(hk_ctx *ctx, const hk_som *som, const hk_features *samples, const hk_som_hit *hits,
                                 hk_som_quality *out);

/** Where a unit stands, in distances of neighbours. */
void hk_som_place(const hk_som_config *config, size_t unit, double *x, double *y);
bool hk_som_are_neighbours(const hk_som_config *config, size_t a, size_t b);
/** heights[n_units]: mean distance of each prototype from those of its neighbours. */
void hk_som_u_matrix(const hk_som *som, double *heights);

#endif
