/* encoders/temporal.c - fully temporal code: every input has a pattern of exactly timed spikes, which its value shifts.
 *
 * The window is cut into n_spikes pieces. Input i of value x above the threshold spikes once in each, k = 0, 1, ...:
 *
 *   t = (k + phi) window / n_spikes,   phi = u_ik - shift x, plus 1 where that is not above 0
 *
 * The u_ik, in (0, 1), are the input's pattern. They are drawn from the seed once and for all, so that an image has the same
 * spikes whenever it is shown, and neither counts nor mean times tell anything: only who spikes when.
 *
 * Decoded with the same seed: each spike says how far the pattern has moved, and their mean counts; n late or early spikes
 * thus err by 1 / sqrt(n) of what one does. Silent inputs are taken for the middle of the values that are. A train with spikes
 * lost or added is read by the pieces they lie in, others by their order.
 *
 * Source: Mohemmed, Schliebs, Matsuda & Kasabov (2012), Int. J. Neural Syst. 22:1250012, for patterns of precise spikes. */
#include "encoders/catalogue.h"
#include "encoders/train.h"
#include "sim/rng.h"

#include <math.h>

enum { N_SPIKES, SHIFT, THRESHOLD, N_PARAMS };

static const hk_column params_table[N_PARAMS] = {
    [N_SPIKES] = { .name = "n_spikes",
                   .unit = HK_UNIT_OPTION,
                   .initial = 4.0,
                   .min = 1.0,
                   .max = 1e6,
                   .meaning = "spikes of an input" },
    [SHIFT] = { .name = "shift",
                .unit = "",
                .initial = 0.5,
                .min = 1e-3,
                .max = 0.99,
                .meaning = "how much earlier value 1 spikes than value 0, in pieces of the window" },
    [THRESHOLD] = { .name = "threshold",
                    .unit = "",
                    .initial = 0.0,
                    .min = 0.0,
                    .max = 1.0,
                    .meaning = "only values above it spike" },
};

static hk_stream pattern_of(const hk_encoding *encoding, uint32_t input)
{
    return hk_stream_open(encoding->seed, HK_PURPOSE_PATTERN, 0, input);
}

static int encode(const hk_encoding *encoding, hk_spikes_in *out)
{
    const uint32_t n_spikes = (uint32_t)encoding->params[N_SPIKES];
    const double piece_ms = encoding->window_ms / encoding->params[N_SPIKES];
    for (uint32_t input = 0; input < encoding->n; input++) {
        double x = (double)encoding->values[input];
        if (!(x > encoding->params[THRESHOLD]))
            continue;
        hk_stream pattern = pattern_of(encoding, input);
        int rc = hk_spikes_in_reserve(out, n_spikes);
        if (rc != HK_OK)
            return rc;
        for (uint32_t k = 0; k < n_spikes; k++) {
            double phi = hk_stream_uniform(&pattern) - encoding->params[SHIFT] * x;
            double after_ms = ((double)k + (phi > 0.0 ? phi : phi + 1.0)) * piece_ms;
            if (after_ms > encoding->window_ms) /* the last bit of the product */
                after_ms = encoding->window_ms;
            out->spikes[out->n++] = (hk_spike_in){ .after_ms = after_ms, .source = input };
        }
    }
    return HK_OK;
}

/* The value that spike `place` (its time in pieces) says where the pattern has u: shifts from half of what is left over below 0 to
 * as much above `shift` are told apart. */
static double value_of(double place, double u, double shift)
{
    double by = u - place, lowest = -0.5 * (1.0 - shift);
    return (by - floor(by - lowest)) / shift;
}

static double value_of_train(const hk_encoding *encoding, uint32_t input, hk_train train)
{
    const double n_spikes = encoding->params[N_SPIKES];
    hk_stream pattern = pattern_of(encoding, input);
    double sum = 0.0, drawn = -1.0, u = 0.0;
    for (size_t k = 0; k < train.n; k++) {
        double place = train.spikes[k].after_ms * n_spikes / encoding->window_ms;
        double piece = (double)train.n == n_spikes ? (double)k : fmin(ceil(place) - 1.0, n_spikes - 1.0);
        for (; drawn < piece; drawn += 1.0)
            u = hk_stream_uniform(&pattern);
        sum += value_of(place, u, encoding->params[SHIFT]);
    }
    return sum / (double)train.n;
}

static int decode(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    size_t at = 0;
    for (uint32_t input = 0; input < encoding->n; input++) {
        hk_train train = hk_train_next(spikes, &at, input);
        values[input] = hk_value_near(train.n > 0 ? value_of_train(encoding, input, train)
                                                  : 0.5 * encoding->params[THRESHOLD]);
    }
    return HK_OK;
}

const hk_encoder hk_temporal = {
    .name = "temporal",
    .summary = "a pattern of exactly timed spikes for every input, which its value shifts",
    .source = "Mohemmed, Schliebs, Matsuda & Kasabov (2012), Int. J. Neural Syst. 22:1250012",
    .params = params_table,
    .n_params = N_PARAMS,
    .encode = encode,
    .decode = decode,
};
