/* experiments/plot.h - the figures of `hillock plot`: each takes its data out of the file and draws one picture. */
#ifndef HK_PLOT_H
#define HK_PLOT_H

#include "experiments/plot_data.h"

/** What is asked for. */
typedef struct hk_plot_job {
    hk_ctx *ctx;
    hk_results *results;
    double from_ms, to_ms, bin_ms; /* infinities, NaN: not given */
    double share;                  /* of the neurons in a raster, NaN: not given */
} hk_plot_job;

/** Draws `data` as `picture`; statuses of figures.h and results.h. */
typedef int (*hk_plot_fn)(const hk_plot_job *job, const hk_picture *picture, const void *data);

/* data: a hk_plot_spikes with spikes in it */
int hk_plot_raster(const hk_plot_job *job, const hk_picture *picture, const void *data);
int hk_plot_rates(const hk_plot_job *job, const hk_picture *picture, const void *data);

/* data: a hk_results_entry */

/** examples/times_ms, with examples/ids and examples/labels and the attributes n_inputs, n_hidden and window_ms of the
 *  group: spikes of inputs and hidden neurons for some samples, one window behind the other. */
int hk_plot_examples(const hk_plot_job *job, const hk_picture *picture, const void *data);
/** receptive_fields[n][rows][cols]; its attribute `label` says what the values are, without it weights. */
int hk_plot_fields(const hk_plot_job *job, const hk_picture *picture, const void *data);
/** confusion[classes][classes]: true class, answer */
int hk_plot_confusion(const hk_plot_job *job, const hk_picture *picture, const void *data);
/** accuracy_over_training[k][1 + curves]: training images seen, then accuracies, fractions unless the unit is "%". The
 *  names of the columns stand in its attribute `columns`, separated by commas; without it, two curves are those of the
 *  two ways to read out a layer. */
int hk_plot_accuracy(const hk_plot_job *job, const hk_picture *picture, const void *data);

/** codes/image, with codes/<name>/times_ms, sources, weights and decoded for each of the `names` of the group, separated by
 *  commas; its window_ms and jitter_ms. */
int hk_plot_codes(const hk_plot_job *job, const hk_picture *picture, const void *data);
/** The same group: codes/<name>/error_by_window and error_by_spikes. */
int hk_plot_code_errors(const hk_plot_job *job, const hk_picture *picture, const void *data);

/** comparison/levels, with comparison/<name>/tests, accuracy_over_window and robustness/<kind> for each of the `names` of the group. */
int hk_plot_comparison(const hk_plot_job *job, const hk_picture *picture, const void *data);

/** continual/accuracy[blocks][classes] with images[blocks]; and, where a layer learns, owners of the same shape and fresh, replaced and
 *  drift of each block. */
int hk_plot_continual(const hk_plot_job *job, const hk_picture *picture, const void *data);

/** map/u_matrix[rows][cols]: how much the units of a map differ from their neighbours. */
int hk_plot_u_matrix(const hk_plot_job *job, const hk_picture *picture, const void *data);
/** map/places[rows][cols][2]: where on a square of side 1 the units of a map lie; on a line, when it has one row and no second
 *  coordinate. */
int hk_plot_map(const hk_plot_job *job, const hk_picture *picture, const void *data);

/** The first array statistics/<population>/<what>, or NULL. */
const hk_results_entry *hk_plot_find_statistics(const hk_results *results, const char *what);
/** Cumulative distributions by population of the arrays rate_hz, cv_isi and correlation there. */
int hk_plot_neuron_rates(const hk_plot_job *job, const hk_picture *picture, const void *data);
int hk_plot_neuron_cvs(const hk_plot_job *job, const hk_picture *picture, const void *data);
int hk_plot_correlations(const hk_plot_job *job, const hk_picture *picture, const void *data);

#endif
