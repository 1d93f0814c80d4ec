/* experiments/encode.h - the parts of the encode experiment: what is measured of a code, and the file. */
#ifndef HK_ENCODE_H
#define HK_ENCODE_H

#include "experiments/encode_error.h"
#include "experiments/experiment.h"

enum { HK_ENCODE_MOST_POINTS = 8, HK_ENCODE_COLUMNS = 4 };

/** The parameter by which a code spends more or fewer spikes. */
typedef struct hk_encode_sweep {
    const char *code, *parameter;
    double values[HK_ENCODE_MOST_POINTS];
    size_t n;
} hk_encode_sweep;

/** One code: rows of window or parameter, spikes an image, error, error with jitter; NaN where the code refuses. */
typedef struct hk_encode_result {
    const hk_encoder *encoder;
    const hk_encode_sweep *sweep;
    hk_encode_error shown; /* in window_ms, with all defaults */
    size_t n_windows;
    double by_window[HK_ENCODE_MOST_POINTS][HK_ENCODE_COLUMNS], by_spikes[HK_ENCODE_MOST_POINTS][HK_ENCODE_COLUMNS];
} hk_encode_result;

/** A code with its defaults, in the window and with the seed of the run. */
hk_encode_task hk_encode_task_of(const hk_run *run, const hk_encoder *encoder);

/** Writes the errors, and the spikes of `image` [rows * cols] under each code with what they are decoded to, to the run's file;
 *  nothing without one. */
HK_MUST_CHECK int hk_encode_write(hk_run *run, const hk_encode_result *results, size_t n_results, const float *image,
                                  uint32_t rows, uint32_t cols);

#endif
