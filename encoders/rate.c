/* encoders/rate.c - rate codes: the value is the firing rate.
 *
 *   rate = rate_min_hz + (rate_max_hz - rate_min_hz) * value
 *
 * `rate` draws an independent Poisson train for each input: intervals -ln(u) / rate, exponential and continuous, no bins.
 * `regular` sets the spikes 1 / rate apart: spike k = 0, 1, ... at (k + phase) / rate, phase in (0, 1]; with phase 1
 * an input has floor(rate * window) spikes.
 *
 * Decoded: `rate` by the spikes counted, n / window, whose standard deviation is sqrt(rate / window); `regular` by its intervals,
 * (n - 1) / (t_n - t_1), or from a phase that is known, (n - 1 + phase) / t_n, without error; a single spike of unknown
 * phase counts as 1 / window, and none as no rate: each at most 1 / window from the truth. Rates are cut to those there are.
 *
 * Sources: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, for rates of pixels; Adrian & Zotterman (1926),
 * J. Physiol. 61:151-171, for the rate as the message. */
#include "encoders/catalogue.h"
#include "encoders/phase.h"
#include "encoders/train.h"
#include "sim/exponential.h"

#include <math.h>
#include <stdbool.h>

enum { RATE_MAX_HZ, RATE_MIN_HZ, N_RATE, PHASE_RANDOM = N_RATE, PHASE, N_REGULAR };

#define RATE_COLUMNS                                  \
    [RATE_MAX_HZ] = { .name = "rate_max_hz",          \
                      .unit = "Hz",                   \
                      .initial = 63.75,               \
                      .min = 0.0,                     \
                      .max = 1e5,                     \
                      .meaning = "rate at value 1" }, \
    [RATE_MIN_HZ] = { .name = "rate_min_hz",          \
                      .unit = "Hz",                   \
                      .initial = 0.0,                 \
                      .min = 0.0,                     \
                      .max = 1e5,                     \
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

/* The blocks of several inputs are drawn at once: an input asks for as many as it will probably need, waits in a batch
 * until that is full, and draws the few that were missing afterwards. Which numbers an input gets does not depend
 * on it: its intervals are its own stream from the beginning. */
enum { BATCH_BLOCKS = 64, MAX_WAITING = 32, MORE_BLOCKS = HK_EXPONENTIAL_LANES };

typedef struct waiting_input {
    uint32_t input, n_blocks;
    double mean_ms;
} waiting_input;

typedef struct batch {
    const hk_encoding *encoding;
    hk_spikes_in *out;
    hk_exponential_fn draw;
    uint32_t n_waiting, n_blocks;
    waiting_input waiting[MAX_WAITING];
    uint64_t at[BATCH_BLOCKS];
    double first[BATCH_BLOCKS], second[BATCH_BLOCKS]; /* intervals: each block has two */
} batch;

static void ask(batch *now, uint32_t input, uint32_t first_block, uint32_t n_blocks)
{
    for (uint32_t i = 0; i < n_blocks; i++)
        now->at[now->n_blocks + i] = (uint64_t)input << 32 | (first_block + i);
    now->n_blocks += n_blocks;
}

static void draw(batch *now)
{
    ask(now, 0, 0, (HK_EXPONENTIAL_LANES - now->n_blocks % HK_EXPONENTIAL_LANES) % HK_EXPONENTIAL_LANES);
    now->draw(now->encoding->seed, HK_PURPOSE_ENCODER, now->encoding->sample, now->n_blocks, now->at, now->first,
              now->second);
    now->n_blocks = 0;
}

/* Adds the spikes that n_blocks blocks of intervals, from number `begin` of the batch on, make from *after_ms on, and moves
 * it on; *full: the window is. All the times are written, and those after the window left behind the end of the list: no
 * branch to guess wrong. */
static int add_spikes(const batch *now, uint32_t begin, uint32_t n_blocks, const waiting_input *to, double *after_ms,
                      bool *full)
{
    int rc = hk_spikes_in_reserve(now->out, 2 * (size_t)n_blocks);
    if (rc != HK_OK)
        return rc;
    const double mean_ms = to->mean_ms, window_ms = now->encoding->window_ms;
    hk_spike_in *next = now->out->spikes + now->out->n;
    double time_ms = *after_ms;
    size_t n_inside = 0;
    for (uint32_t i = 0; i < n_blocks; i++) {
        time_ms += mean_ms * now->first[begin + i];
        next[2 * i] = (hk_spike_in){ .after_ms = time_ms, .source = to->input };
        n_inside += (size_t)(time_ms <= window_ms);
        time_ms += mean_ms * now->second[begin + i];
        next[2 * i + 1] = (hk_spike_in){ .after_ms = time_ms, .source = to->input };
        n_inside += (size_t)(time_ms <= window_ms);
    }
    now->out->n += n_inside;
    *after_ms = time_ms;
    *full = n_inside < 2 * (size_t)n_blocks;
    return HK_OK;
}

static int flush(batch *now, batch *more)
{
    uint32_t begin = 0;
    draw(now);
    for (uint32_t i = 0; i < now->n_waiting; i++) {
        const waiting_input *to = &now->waiting[i];
        double after_ms = 0.0;
        bool full;
        int rc = add_spikes(now, begin, to->n_blocks, to, &after_ms, &full);
        begin += to->n_blocks;
        for (uint32_t block = to->n_blocks; rc == HK_OK && !full; block += MORE_BLOCKS) {
            ask(more, to->input, block, MORE_BLOCKS);
            draw(more);
            rc = add_spikes(more, 0, MORE_BLOCKS, to, &after_ms, &full);
        }
        if (rc != HK_OK)
            return rc;
    }
    now->n_waiting = 0;
    return HK_OK;
}

/* Half the number of intervals that suffices 15 times out of 16: the spikes expected, 1.5 standard deviations, and the
 * interval that leaves the window. */
static uint32_t blocks_for(double n_expected)
{
    double n_blocks = 1.0 + 0.5 * (n_expected + 1.5 * sqrt(n_expected));
    return n_blocks < (double)BATCH_BLOCKS ? (uint32_t)n_blocks : BATCH_BLOCKS;
}

static int encode_poisson(const hk_encoding *encoding, hk_spikes_in *out)
{
    batch now, more;
    now.encoding = more.encoding = encoding;
    now.out = more.out = out;
    now.draw = more.draw = hk_exponential_kernel(hk_cpu_best());
    now.n_waiting = now.n_blocks = more.n_waiting = more.n_blocks = 0;
    for (uint32_t input = 0; input < encoding->n; input++) {
        double rate_hz = rate_of(encoding, input);
        if (rate_hz == 0.0)
            continue;
        double mean_ms = 1000.0 / rate_hz;
        uint32_t n_blocks = blocks_for(encoding->window_ms / mean_ms);
        if (now.n_blocks + n_blocks > BATCH_BLOCKS || now.n_waiting == MAX_WAITING) {
            int rc = flush(&now, &more);
            if (rc != HK_OK)
                return rc;
        }
        now.waiting[now.n_waiting++] = (waiting_input){ .input = input, .n_blocks = n_blocks, .mean_ms = mean_ms };
        ask(&now, input, 0, n_blocks);
    }
    return flush(&now, &more);
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

/* Where all values have one rate, it says nothing about them. */
static float value_at(const hk_encoding *encoding, double rate_hz)
{
    const double *params = encoding->params, range_hz = params[RATE_MAX_HZ] - params[RATE_MIN_HZ];
    return range_hz > 0.0 ? hk_value_near((rate_hz - params[RATE_MIN_HZ]) / range_hz) : 0.5f;
}

static int decode_poisson(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    size_t at = 0;
    for (uint32_t input = 0; input < encoding->n; input++) {
        hk_train train = hk_train_next(spikes, &at, input);
        values[input] = value_at(encoding, (double)train.n * 1000.0 / encoding->window_ms);
    }
    return HK_OK;
}

static double rate_of_train(const hk_encoding *encoding, hk_train train)
{
    if (train.n == 0)
        return 0.0;
    double last_ms = train.spikes[train.n - 1].after_ms, n_before = (double)(train.n - 1);
    if (encoding->params[PHASE_RANDOM] == 0.0)
        return (n_before + encoding->params[PHASE]) * 1000.0 / last_ms;
    return train.n == 1 ? 1000.0 / encoding->window_ms : n_before * 1000.0 / (last_ms - train.spikes[0].after_ms);
}

static int decode_regular(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    size_t at = 0;
    for (uint32_t input = 0; input < encoding->n; input++)
        values[input] = value_at(encoding, rate_of_train(encoding, hk_train_next(spikes, &at, input)));
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
    .decode = decode_poisson,
};

const hk_encoder hk_regular = {
    .name = "regular",
    .summary = "equidistant spikes, rate proportional to the value",
    .source = "Adrian & Zotterman (1926), J. Physiol. 61:151-171",
    .params = regular_params,
    .n_params = N_REGULAR,
    .check = check,
    .encode = encode_regular,
    .decode = decode_regular,
};
