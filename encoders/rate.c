/* encoders/rate.c - rate codes: the value is the firing rate.
 *
 *   rate = rate_min_hz + (rate_max_hz - rate_min_hz) * value
 *
 * `rate` draws an independent Poisson train for each input: intervals -ln(u) / rate, exponential and continuous, no bins.
 * `regular` sets the spikes 1 / rate apart: spike k = 0, 1, ... at (k + phase) / rate, phase in (0, 1]; with phase 1
 * an input has floor(rate * window) spikes.
 *
 * Sources: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, for rates of pixels; Adrian & Zotterman (1926),
 * J. Physiol. 61:151-171, for the rate as the message. */
#include "encoders/catalogue.h"
#include "encoders/phase.h"
#include "sim/mathfn.h"
#include "sim/rng.h"

enum { RATE_MAX_HZ, RATE_MIN_HZ, N_RATE, PHASE_RANDOM = N_RATE, PHASE, N_REGULAR };

#define RATE_COLUMNS                                                                                                  \
    [RATE_MAX_HZ] = { .name = "rate_max_hz", .unit = "Hz", .initial = 63.75, .min = 0.0, .max = 1e5,                  \
                      .meaning = "rate at value 1" },                                                                 \
    [RATE_MIN_HZ] = { .name = "rate_min_hz", .unit = "Hz", .initial = 0.0, .min = 0.0, .max = 1e5,                    \
                      .meaning = "rate at value 0; not above rate_max_hz" }

static const hk_column rate_params[N_RATE] = { RATE_COLUMNS };
static const hk_column regular_params[N_REGULAR] = {
    RATE_COLUMNS,
    [PHASE_RANDOM] = HK_PHASE_RANDOM_COLUMN,
    [PHASE] = HK_PHASE_COLUMN,
};

static int check(hk_ctx *ctx, const double *params, double window_ms)
{
    const double most = 1e9; /* spikes of one input: the stream of an input has 2^33 numbers */
    if (!(params[RATE_MIN_HZ] <= params[RATE_MAX_HZ]))
        return hk_fail(ctx, HK_ERANGE, "rate_min_hz = %g, must be at most rate_max_hz = %g", params[RATE_MIN_HZ],
                       params[RATE_MAX_HZ]);
    if (!(params[RATE_MAX_HZ] * window_ms / 1000.0 <= most))
        return hk_fail(ctx, HK_ERANGE, "rate_max_hz = %g in window_ms = %g: %g spikes an input, must be at most %g",
                       params[RATE_MAX_HZ], window_ms, params[RATE_MAX_HZ] * window_ms / 1000.0, most);
    return HK_OK;
}

static double rate_of(const hk_encoding *encoding, uint32_t input)
{
    const double *params = encoding->params;
    return params[RATE_MIN_HZ] + (params[RATE_MAX_HZ] - params[RATE_MIN_HZ]) * (double)encoding->values[input];
}

/* The bits of hk_stream_uniform() from two words of a block. */
static inline double uniform_of(uint32_t low, uint32_t high)
{
    uint64_t word = low | (uint64_t)high << 32;
    return (double)(word >> 11 | 1) * 0x1p-53;
}

/* The numbers of hk_stream_exponential(), block by block: the intervals of a block, and of the next one, do not wait for
 * each other, so the CPU overlaps them; only the sum of the times is a chain. */
static int poisson_train(const hk_encoding *encoding, uint32_t input, double mean_ms, hk_spikes_in *out)
{
    double after_ms = 0.0;
    for (uint32_t block = 0;; block++) {
        uint32_t word[4];
        hk_rng_block(encoding->seed, HK_PURPOSE_ENCODER, encoding->sample, input, block, word);
        double first_ms = after_ms - mean_ms * hk_log(uniform_of(word[0], word[1]));
        double second_ms = first_ms - mean_ms * hk_log(uniform_of(word[2], word[3]));
        int rc = hk_spikes_in_reserve(out, 2);
        if (rc != HK_OK)
            return rc;
        hk_spike_in *next = out->spikes + out->n;
        next[0] = (hk_spike_in){ .after_ms = first_ms, .source = input };
        next[1] = (hk_spike_in){ .after_ms = second_ms, .source = input };
        size_t n = (size_t)(first_ms <= encoding->window_ms) + (size_t)(second_ms <= encoding->window_ms);
        out->n += n;
        if (n < 2)
            return HK_OK;
        after_ms = second_ms;
    }
}

static int encode_poisson(const hk_encoding *encoding, hk_spikes_in *out)
{
    for (uint32_t input = 0; input < encoding->n; input++) {
        double rate_hz = rate_of(encoding, input);
        if (rate_hz == 0.0)
            continue;
        int rc = poisson_train(encoding, input, 1000.0 / rate_hz, out);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

/* One rounding per spike instead of a running sum: the hundred-thousandth spike is as exact as the first. */
static int encode_regular(const hk_encoding *encoding, hk_spikes_in *out)
{
    for (uint32_t input = 0; input < encoding->n; input++) {
        double rate_hz = rate_of(encoding, input);
        if (rate_hz == 0.0)
            continue;
        double phase = hk_phase_of(encoding, input, encoding->params[PHASE_RANDOM], encoding->params[PHASE]);
        for (uint32_t k = 0;; k++) {
            double after_ms = ((double)k + phase) * 1000.0 / rate_hz;
            if (after_ms > encoding->window_ms)
                break;
            int rc = hk_spikes_in_add(out, input, after_ms);
            if (rc != HK_OK)
                return rc;
        }
    }
    return HK_OK;
}

const hk_encoder hk_rate = {
    .name = "rate",
    .summary = "Poisson trains, rate proportional to the value",
    .source = "Diehl & Cook (2015), Front. Comput. Neurosci. 9:99",
    .params = rate_params,
    .n_params = N_RATE,
    .check = check,
    .encode = encode_poisson,
};

const hk_encoder hk_regular = {
    .name = "regular",
    .summary = "equidistant spikes, rate proportional to the value",
    .source = "Adrian & Zotterman (1926), J. Physiol. 61:151-171",
    .params = regular_params,
    .n_params = N_REGULAR,
    .check = check,
    .encode = encode_regular,
};
