/* experiments/figures/figures.h - pictures of plain arrays.
 *
 * Each call makes one file and returns HK_OK, HK_EIO (no gnuplot, cannot write), HK_ERANGE (nothing to draw, or more than
 * can be drawn) or HK_ENOMEM. */
#ifndef HK_FIGURES_H
#define HK_FIGURES_H

#include "experiments/figures/gnuplot.h"
#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

/** The spikes of one population, drawn as one band of a raster. */
typedef struct hk_band {
    const char *name;
    const double *times_ms; /* [n], ascending */
    const uint64_t *ids;    /* [n] */
    size_t n;
    uint64_t n_neurons; /* ids are below it */
    const int *groups;  /* [n_neurons], >= 0: coloured by it; NULL: one colour a band */
} hk_band;

/** Windows of one length, one behind the other, marked by lines, each with a text above it. */
typedef struct hk_windows {
    double begin_ms, length_ms;
    const char *const *texts; /* [n] */
    size_t n;
} hk_windows;

/** Spikes of bands [n_bands] in (begin_ms, end_ms], one row a neuron, the first band at the top. At most 200,000. `windows`
 *  may be NULL. The time axis is in ms, s or h, whichever suits its length. */
HK_MUST_CHECK int hk_figure_raster(hk_ctx *ctx, const hk_picture *picture, const hk_band *bands, size_t n_bands,
                                   double begin_ms, double end_ms, const hk_windows *windows);

/** Mean rate of a neuron of each band over time, in bins of bin_ms. */
HK_MUST_CHECK int hk_figure_rates(hk_ctx *ctx, const hk_picture *picture, const hk_band *bands, size_t n_bands,
                                  double begin_ms, double end_ms, double bin_ms);

/** n fields of rows x cols values, field by field, row by row, tiled to a near square on one scale from 0 (or the smallest
 *  value, when that is negative) to the largest. Not finite: left white. */
HK_MUST_CHECK int hk_figure_fields(hk_ctx *ctx, const hk_picture *picture, const float *values, size_t n, size_t rows,
                                   size_t cols, const char *value_label);

/** counts[n][n]: rows are the true classes, columns the answers; coloured by the fraction of the row, the counts written
 *  in. `names` [n], or NULL: 0, 1, 2, ... At most 40 classes. */
HK_MUST_CHECK int hk_figure_confusion(hk_ctx *ctx, const hk_picture *picture, const double *counts, size_t n,
                                      const char *const *names);

typedef struct hk_curve {
    const char *name;
    const double *x, *y; /* [n]; not finite: a gap */
    size_t n;
} hk_curve;

/** Curves [n_curves] over one axis; with units in the labels: "images", "accuracy (%)". The values' axis follows them, or
 *  runs from 0 to `y_most` when that is > 0 and no value lies outside. */
HK_MUST_CHECK int hk_figure_curves(hk_ctx *ctx, const hk_picture *picture, const hk_curve *curves, size_t n_curves,
                                   const char *x_label, const char *y_label, double y_most);

/** One image under a code. */
typedef struct hk_code_panel {
    const char *name;
    const double *times_ms, *sources, *weights; /* [n]; sources from rows * cols on: those of falling pixels */
    size_t n;
    const double *decoded; /* [rows * cols] */
} hk_code_panel;

typedef struct hk_code_panels {
    const hk_code_panel *panels; /* [n] */
    size_t n, rows, cols;
    const double *image; /* [rows * cols], 0 to 1 */
    double window_ms;
} hk_code_panels;

/** The image, then for each code its raster, pixels from the top, spikes the darker the more they count, and the image that they are
 *  decoded to. */
HK_MUST_CHECK int hk_figure_codes(hk_ctx *ctx, const hk_picture *picture, const hk_code_panels *panels);

/** Rows of window or parameter, spikes an image, error, error with jitter; not finite: left out. */
typedef struct hk_code_errors {
    const char *name;
    const double *rows; /* [n][4] */
    size_t n;
} hk_code_errors;

/** Errors of n codes against window and spikes, both logarithmic, above without and below with jitter. */
HK_MUST_CHECK int hk_figure_code_errors(hk_ctx *ctx, const hk_picture *picture, const hk_code_errors *by_window,
                                        const hk_code_errors *by_spikes, size_t n, double jitter_ms);

/** A code in a comparison; accuracies are fractions. */
typedef struct hk_compared {
    const char *name;
    double accuracy, accuracy_sd, decision_ms, window_ms, events; /* synaptic events an image; sd NaN: one seed */
    const double *over_time;                                      /* [n_reads], evenly over the window */
    const double *const *robust;                                  /* [n_kinds][n_levels] */
} hk_compared;

typedef struct hk_comparison {
    const hk_compared *codes; /* [n] */
    size_t n, n_reads, n_kinds, n_levels;
    const char *const *kinds;    /* [n_kinds] */
    const double *const *levels; /* [n_kinds][n_levels] */
} hk_comparison;

/** A page: accuracy, accuracy against synaptic events, time to decision, accuracy over time, and one panel a disturbance. At
 *  most 8 kinds. */
HK_MUST_CHECK int hk_figure_comparison(hk_ctx *ctx, const hk_picture *picture, const hk_comparison *comparison);

/** What was measured of a layer after each block of a stream of classes; fractions, but for images and owners. */
typedef struct hk_stream_record {
    size_t n_rows, n_classes;        /* at most 20,000 and 10 */
    const double *images;            /* [n_rows] so far */
    const double *accuracy, *owners; /* [n_rows][n_classes]; neurons named by the class */
    const double *fresh, *replaced,
        *drift; /* [n_rows] images that were new, neurons recruited anew, turn of fields; like
                                               owners all NULL, and not drawn, or none */
} hk_stream_record;

/** A page: the matrix of accuracies, the same over the images, neurons by class, and what changed in each block. */
HK_MUST_CHECK int hk_figure_continual(hk_ctx *ctx, const hk_picture *picture, const hk_stream_record *record);

/** Units of a map [rows][cols] where they lie in a square of side 1, places[rows][cols][2], joined to their neighbours in row and
 *  column; not finite: left out. At most 100,000. */
HK_MUST_CHECK int hk_figure_places(hk_ctx *ctx, const hk_picture *picture, const double *places, size_t rows,
                                   size_t cols);

#endif
