/* sim/encoder.h - what a code is: a function that turns a vector in [0, 1] into spikes in a window, and one that turns
 * the spikes back into values.
 *
 * One catalogue entry an encoder, in encoders/. An encoder has no state: its spikes are a function of the values,
 * the parameters, the seed and the sample number, whatever the order in which samples are shown. The random stream of
 * an input is named by (seed, HK_PURPOSE_ENCODER, sample, input), so what is random about an input's spikes does not depend on
 * the others either.
 *
 * A code for streams takes the values of several moments, frames, and has two sources an input: source i spikes when
 * input i rises, source n + i when it falls. All others have one source an input and take one frame. */
#ifndef HK_ENCODER_H
#define HK_ENCODER_H

#include "sim/model.h"
#include "sim/status.h"

#include <stdbool.h>
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
    const float *values; /* [n_frames][n], each in [0, 1]; not read by a decoder */
    uint32_t n;
    uint32_t
        n_frames;     /* 0 or 1: one frame; more: only for codes of streams, frame f is reached at (f + 1) / n_frames */
    double window_ms; /* in (0, HK_WINDOW_MAX_MS] */
    const double *params; /* [n_params] of the encoder's table */
    uint64_t seed;
    uint64_t sample; /* names the random streams: which presentation this is */
} hk_encoding;

typedef struct hk_encoder {
    const char *name, *summary, *source;
    const hk_column *params; /* a parameter whose unit is HK_UNIT_OPTION takes whole numbers only */
    size_t n_params;
    bool streams; /* two sources an input, any number of frames */
    /** Constraints across parameters and the window, or NULL when there are none: HK_OK or HK_ERANGE. */
    int (*check)(hk_ctx *ctx, const double *params, double window_ms);
    /** Appends the spikes of `encoding` to `out`; values and parameters are already checked. HK_OK, HK_ENOMEM. */
    int (*encode)(const hk_encoding *encoding, hk_spikes_in *out);
    /** The values [n_frames][n], in [0, 1], that `spikes` of one sample speak for: what is left open is decided for the middle
     *  of what is possible. Parameters, window and spikes are already checked. HK_OK, HK_ENOMEM. */
    int (*decode)(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values);
    /** What each spike counts, weights[spikes->n], where spikes of one input count differently; otherwise NULL. */
    void (*weigh)(const hk_encoding *encoding, const hk_spikes_in *spikes, double *weights);
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

/** How many sources n inputs have under the code. */
static inline uint32_t hk_encoder_n_sources(const hk_encoder *encoder, uint32_t n)
{
    return encoder->streams ? 2 * n : n;
}

/** Checks parameters, window, frames and values (finite, in [0, 1]), empties `out`, encodes, and leaves out->n spikes, ordered
 *  by source, then time, in (0, window_ms]. HK_ERANGE names index and value; HK_ENOMEM; HK_ESTATE when the encoder
 *  itself breaks the promise about its spikes. On failure the list is empty. */
HK_MUST_CHECK int hk_encode(hk_ctx *ctx, const hk_encoder *encoder, const hk_encoding *encoding, hk_spikes_in *out);

/** Turns the spikes of one sample back into values [n_frames][n] in [0, 1]. The decoder knows how they were encoded, all of
 *  `encoding` but its values; the spikes may be others than those of the encoder (late, lost, more), as long as they are
 *  ordered and in the window: HK_ERANGE otherwise, and for parameters and window as in hk_encode(). HK_ENOMEM. */
HK_MUST_CHECK int hk_decode(hk_ctx *ctx, const hk_encoder *encoder, const hk_encoding *encoding,
                            const hk_spikes_in *spikes, float *values);

#endif
