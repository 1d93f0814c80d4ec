/* sim/encoder.h - what a code is: a function that turns a vector in [0, 1] into spikes in a window.
 *
 * One catalogue entry an encoder, in encoders/. An encoder has no state: its spikes are a function of the values,
 * the parameters, the seed and the sample number, whatever the order in which samples are shown. */
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
void hk_spikes_in_fini(hk_spikes_in *list);

typedef struct hk_encoding {
    const float *values;  /* [n], each in [0, 1] */
    uint32_t n;
    double window_ms;     /* > 0 */
    const double *params; /* [n_params] of the encoder's table */
    uint64_t seed;
    uint64_t sample;      /* names the random streams: which presentation this is */
} hk_encoding;

typedef struct hk_encoder {
    const char *name, *summary, *source;
    const hk_column *params;
    size_t n_params;
    /** Constraints across parameters and the window: HK_OK or HK_ERANGE. */
    int (*check)(hk_ctx *ctx, const double *params, double window_ms);
    /** Appends the spikes of `encoding` to `out`; values are already checked. HK_OK, HK_ENOMEM. */
    int (*encode)(const hk_encoding *encoding, hk_spikes_in *out);
} hk_encoder;

/** Checks values (finite, in [0, 1]) and window, empties `out`, encodes, and leaves out->n spikes. Spikes of the result
 *  lie in (0, window_ms]. HK_ERANGE names index and value; HK_ENOMEM. */
HK_MUST_CHECK int hk_encode(hk_ctx *ctx, const hk_encoder *encoder, const hk_encoding *encoding, hk_spikes_in *out);

#endif
