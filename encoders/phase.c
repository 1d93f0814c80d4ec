/* encoders/phase.c - phase code: the value in binary, a spike in phase k counting 2^-(k + 1).
 *
 *   q = round(value (2^n - 1)),  n = n_phases: bit n - 1 - k of q is a spike in the middle of phase k = 0 ... n - 1,
 *
 * the most significant bit first, and again in every period of n phases of phase_ms that the window has room for. With
 * least_first the bits come in reverse: then a membrane that falls by one half in a phase (tau_m = phase_ms / ln 2) gives each
 * spike its weight by itself, 2^-(k + 1) up to a common factor, at the end of a period.
 *
 * Decoded as the mean over the periods of sum_k 2^-(k + 1) / (1 - 2^-n): at most 0.5 / (2^n - 1) from the value, so that
 * 8 phases keep a pixel of 8 bits.
 *
 * Source: Kim, Kim, Huh, Lee & Choi (2018), Neurocomputing 311:373-386, for the weights. */
#include "encoders/catalogue.h"
#include "encoders/train.h"

#include <math.h>

enum { N_PHASES, PHASE_MS, LEAST_FIRST, N_PARAMS };

static const hk_column params_table[N_PARAMS] = {
    [N_PHASES] = { .name = "n_phases",
                   .unit = HK_UNIT_OPTION,
                   .initial = 8.0,
                   .min = 1.0,
                   .max = 24.0,
                   .meaning = "phases of a period: bits of the value" },
    [PHASE_MS] = { .name = "phase_ms",
                   .unit = "ms",
                   .initial = 1.0,
                   .min = 1e-3,
                   .max = HK_WINDOW_MAX_MS,
                   .meaning = "length of a phase; the window holds at least one period" },
    [LEAST_FIRST] = { .name = "least_first",
                      .unit = HK_UNIT_OPTION,
                      .initial = 0.0,
                      .min = 0.0,
                      .max = 1.0,
                      .meaning = "0: the most significant bit comes first; 1: last, for membranes whose leak weighs" },
};

/* A window of whole periods holds them, whatever the last bit of the quotient. */
static double periods_in(const double *params, double window_ms)
{
    return floor(window_ms / (params[N_PHASES] * params[PHASE_MS]) * (1.0 + 1e-12));
}

static int check(hk_ctx *ctx, const double *params, double window_ms)
{
    const double most = 1e8;
    double n_periods = periods_in(params, window_ms);
    if (!(n_periods >= 1.0))
        return hk_fail(ctx, HK_ERANGE, "phase: window_ms = %g, must hold a period: n_phases = %g times phase_ms = %g",
                       window_ms, params[N_PHASES], params[PHASE_MS]);
    if (!(n_periods <= most))
        return hk_fail(ctx, HK_ERANGE, "phase: window_ms = %g holds %g periods of %g phases, must be at most %g",
                       window_ms, n_periods, params[N_PHASES], most);
    return HK_OK;
}

/* The bit of q that phase k shows. */
static uint32_t bit_of(const double *params, uint32_t k)
{
    return params[LEAST_FIRST] == 1.0 ? k : (uint32_t)params[N_PHASES] - 1 - k;
}

static int encode(const hk_encoding *encoding, hk_spikes_in *out)
{
    const double *params = encoding->params;
    const uint32_t n_phases = (uint32_t)params[N_PHASES];
    const uint32_t n_periods = (uint32_t)periods_in(params, encoding->window_ms);
    const double highest = ldexp(1.0, (int)n_phases) - 1.0;
    for (uint32_t input = 0; input < encoding->n; input++) {
        uint32_t q = (uint32_t)floor((double)encoding->values[input] * highest + 0.5);
        for (uint32_t period = 0; q > 0 && period < n_periods; period++) {
            int rc = hk_spikes_in_reserve(out, n_phases);
            if (rc != HK_OK)
                return rc;
            for (uint32_t k = 0; k < n_phases; k++) {
                double phase = (double)period * (double)n_phases + (double)k + 0.5;
                if (q >> bit_of(params, k) & 1)
                    out->spikes[out->n++] = (hk_spike_in){ .after_ms = phase * params[PHASE_MS], .source = input };
            }
        }
    }
    return HK_OK;
}

/* Spikes behind the last whole period, which the encoder does not send, count nothing. */
static double weight_of(const hk_encoding *encoding, double after_ms)
{
    const double *params = encoding->params;
    double phase = floor(after_ms / params[PHASE_MS]), period = floor(phase / params[N_PHASES]);
    if (!(period < periods_in(params, encoding->window_ms)))
        return 0.0;
    uint32_t bit = bit_of(params, (uint32_t)(phase - period * params[N_PHASES]));
    return ldexp(1.0, (int)bit - (int)params[N_PHASES]);
}

static void weigh(const hk_encoding *encoding, const hk_spikes_in *spikes, double *weights)
{
    for (size_t k = 0; k < spikes->n; k++)
        weights[k] = weight_of(encoding, spikes->spikes[k].after_ms);
}

static int decode(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    const double *params = encoding->params;
    double full = periods_in(params, encoding->window_ms) * (1.0 - ldexp(1.0, -(int)params[N_PHASES]));
    size_t at = 0;
    for (uint32_t input = 0; input < encoding->n; input++) {
        hk_train train = hk_train_next(spikes, &at, input);
        double sum = 0.0;
        for (size_t k = 0; k < train.n; k++)
            sum += weight_of(encoding, train.spikes[k].after_ms);
        values[input] = hk_value_near(sum / full);
    }
    return HK_OK;
}

const hk_encoder hk_phase = {
    .name = "phase",
    .summary = "the value in binary, one bit a phase, spikes that count 2^-(phase + 1)",
    .source = "Kim, Kim, Huh, Lee & Choi (2018), Neurocomputing 311:373-386",
    .params = params_table,
    .n_params = N_PARAMS,
    .check = check,
    .encode = encode,
    .decode = decode,
    .weigh = weigh,
};
