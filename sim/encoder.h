/* sim/encoder.h - what a code is: a function that turns a vector in [0, 1] into spikes in a window.
 *
 * One catalogue entry an encoder, in encoders/. An encoder has no state: its spikes are a function of the values,
 * the parameters, the seed and the sample number, whatever the order in which samples are shown. The random stream of
 * an input is named by (seed, HK_PURPOSE_ENCODER, sample, input), so an input's spikes do not depend on the values of
 * the others either. */
#ifndef HK_ENCODER_H
#define HK_ENCODER_H

#include "sim/model.h"
#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

/** A spike relative to the start of its window. */
typedef struct hk_spike_in {
    double after_ms; /* in (0, window] */
    uint32_t source;
} hk_spike_in;

/** Growing list of spikes; the caller's storage, zero-initialised, freed with hk_spikes_in_fini(). */
typedef struct hk_spikes_in {
    hk_spike_in *spikes; /* [n], ordered by source, then time */
    size_t n, capacity;
} hk_spikes_in;

HK_MUST_CHECK int hk_spikes_in_add(hk_spikes_in *list, uint32_t source, double after_ms);
/** Makes room for n_more spikes behind the n of the list, for an encoder that writes them itself. HK_ENOMEM leaves the
 *  list as it was. */
HK_MUST_CHECK int hk_spikes_in_reserve(hk_spikes_in *list, size_t n_more);
void hk_spikes_in_fini(hk_spikes_in *list);

/** The longest window: 1e9 ms, eleven days; at it a double still resolves 0.2 microseconds. */
#define HK_WINDOW_MAX_MS 1e9

typedef struct hk_encoding {
    const float *values; /* [n], each in [0, 1] */
    uint32_t n;
    double window_ms;     /* in (0, HK_WINDOW_MAX_MS] */
    const double *params; /* [n_params] of the encoder's table */
    uint64_t seed;
    uint64_t sample; /* names the random streams: which presentation this is */
} hk_encoding;

typedef struct hk_encoder {
    const char *name, *summary, *source;
    const hk_column *params; /* a parameter whose unit is HK_UNIT_OPTION takes whole numbers only */
    size_t n_params;
    /** Constraints across parameters and the window, or NULL when there are none: HK_OK or HK_ERANGE. */
    int (*check)(hk_ctx *ctx, const double *params, double window_ms);
    /** Appends the spikes of `encoding` to `out`; values and parameters are already checked. HK_OK, HK_ENOMEM. */
    int (*encode)(const hk_encoding *encoding, hk_spikes_in *out);
} hk_encoder;

/** The "unit" of parameters that choose or count. */
#define HK_UNIT_OPTION "whole number"

/** Writes the defaults of the table into params[n_params]. */
void hk_encoder_defaults(const hk_encoder *encoder, double *params);
/** Changes one parameter by name. HK_ENAME lists what there is; HK_ERANGE names the value and its range, and leaves
 *  it as it was. */
HK_MUST_CHECK int hk_encoder_set(hk_ctx *ctx, const hk_encoder *encoder, double *params, const char *name,
                                 double value);
/** Checks params[n_params] against the table, the window, and both against each other. HK_ERANGE. */
HK_MUST_CHECK int hk_encoder_check(hk_ctx *ctx, const hk_encoder *encoder, const double *params, double window_ms);

/** Checks parameters, window and values (finite, in [0, 1]), empties `out`, encodes, and leaves out->n spikes, ordered
 *  by source, then time, in (0, window_ms]. HK_ERANGE names index and value; HK_ENOMEM; HK_ESTATE when the encoder
 *  itself breaks the promise about its spikes. On failure the list is empty. */
HK_MUST_CHECK int hk_encode(hk_ctx *ctx, const hk_encoder *encoder, const hk_encoding *encoding, hk_spikes_in *out);

#endif
