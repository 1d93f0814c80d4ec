/* encoders/burst.c - burst code: the k-th spike of a burst, k = 0, 1, ..., counts growth^k, until a gap starts again at 1.
 *
 * Spikes lie in slots of slot_ms, at their middles; those in successive slots are one burst, and a slot without a spike
 * ends it. A burst of n spikes says  S(n) = u (1 + growth + ... + growth^(n - 1)),  where u is such that S(n_max) = 1.
 * An input sends, as long as u or more is left of its value (and u / 2 for rounding) and slots of its window are, the longest burst
 * that is not too much, largest first. The last of n_bursts bursts that are allowed is the one nearest to what is left.
 *
 * All first bursts begin with the window. With n_bursts 1 a membrane that falls to 1 / growth in a slot (tau_m = slot_ms /
 * ln(growth)) therefore gives each spike its weight by itself at the end of the window, up to a common factor.
 *
 * Decoded as the sum: with slots enough at most u / 2 from the value, and otherwise short of what did not fit in.
 *
 * Source: Park, Kim, Choe & Yoon (2019), Design Automation Conference, 53, for weights that grow within a burst. */
#include "encoders/catalogue.h"
#include "encoders/train.h"

#include <math.h>

enum { N_MAX, GROWTH, SLOT_MS, N_BURSTS, N_PARAMS };
enum { MOST_SPIKES = 64 };

static const hk_column params_table[N_PARAMS] = {
    [N_MAX] = { .name = "n_max",
                .unit = HK_UNIT_OPTION,
                .initial = 5.0,
                .min = 1.0,
                .max = MOST_SPIKES,
                .meaning = "spikes of the longest burst, which says 1" },
    [GROWTH] = { .name = "growth",
                 .unit = "",
                 .initial = 2.0,
                 .min = 1.0,
                 .max = 16.0,
                 .meaning = "a spike counts so many times the one before it in the burst" },
    [SLOT_MS] = { .name = "slot_ms",
                  .unit = "ms",
                  .initial = 2.0,
                  .min = 1e-3,
                  .max = HK_WINDOW_MAX_MS,
                  .meaning = "interval within a burst; the window holds at least n_max" },
    [N_BURSTS] = { .name = "n_bursts",
                   .unit = HK_UNIT_OPTION,
                   .initial = 0.0,
                   .min = 0.0,
                   .max = 1e6,
                   .meaning = "most bursts of an input, the last one rounded; 0: as many as it takes" },
};

static double slots_in(const double *params, double window_ms)
{
    return floor(window_ms / params[SLOT_MS] * (1.0 + 1e-12));
}

static int check(hk_ctx *ctx, const double *params, double window_ms)
{
    if (!(slots_in(params, window_ms) >= params[N_MAX]))
        return hk_fail(ctx, HK_ERANGE,
                       "burst: window_ms = %g, must hold the longest burst: n_max = %g times slot_ms = %g", window_ms,
                       params[N_MAX], params[SLOT_MS]);
    return HK_OK;
}

/* sums[n] = S(n), n = 0 ... n_max; returns u. */
static double burst_sums(const double *params, double *sums)
{
    const uint32_t n_max = (uint32_t)params[N_MAX];
    double weight = 1.0;
    sums[0] = 0.0;
    for (uint32_t n = 1; n <= n_max; n++, weight *= params[GROWTH])
        sums[n] = sums[n - 1] + weight;
    double unit = 1.0 / sums[n_max];
    for (uint32_t n = 1; n <= n_max; n++)
        sums[n] *= unit;
    return unit;
}

static uint32_t longest_within(const double *sums, uint32_t most, double left)
{
    uint32_t n = most;
    while (sums[n] > left)
        n--;
    return n;
}

static uint32_t nearest(const double *sums, uint32_t most, double left)
{
    uint32_t n = longest_within(sums, most, left);
    return n < most && sums[n + 1] - left < left - sums[n] ? n + 1 : n;
}

static int encode(const hk_encoding *encoding, hk_spikes_in *out)
{
    const double *params = encoding->params, n_slots = slots_in(params, encoding->window_ms);
    double sums[MOST_SPIKES + 1];
    const double unit = burst_sums(params, sums);
    for (uint32_t input = 0; input < encoding->n; input++) {
        double left = (double)encoding->values[input], slot = 0.0;
        for (double burst = 1.0; slot < n_slots; burst += 1.0) {
            uint32_t most = (uint32_t)fmin(params[N_MAX], n_slots - slot);
            bool last = burst == params[N_BURSTS];
            uint32_t n = last ? nearest(sums, most, left) : longest_within(sums, most, left + 0.5 * unit);
            int rc = hk_spikes_in_reserve(out, n);
            if (rc != HK_OK)
                return rc;
            for (uint32_t k = 0; k < n; k++)
                out->spikes[out->n++] = (hk_spike_in){ .after_ms = (slot + (double)k + 0.5) * params[SLOT_MS],
                                                       .source = input };
            if (n == 0 || last)
                break;
            left -= sums[n];
            slot += (double)n + 1.0;
        }
    }
    return HK_OK;
}

/* Where the burst stands that is being read. A burst can only be longer than n_max when spikes were moved: then the last
 * weight stays. */
typedef struct reading {
    double weight, most, slot;
} reading;

static reading start_reading(const double *sums, double unit, double n_max)
{
    uint32_t n = (uint32_t)n_max;
    return (reading){ .most = (sums[n] - sums[n - 1]) / unit, .slot = -2.0 };
}

static double read_weight(const double *params, reading *at, hk_spike_in spike)
{
    double slot = floor(spike.after_ms / params[SLOT_MS]);
    at->weight = slot == at->slot + 1.0 ? fmin(at->weight * params[GROWTH], at->most) : 1.0;
    at->slot = slot;
    return at->weight;
}

static void weigh(const hk_encoding *encoding, const hk_spikes_in *spikes, double *weights)
{
    double sums[MOST_SPIKES + 1];
    const double unit = burst_sums(encoding->params, sums);
    reading at = start_reading(sums, unit, encoding->params[N_MAX]);
    for (size_t k = 0; k < spikes->n; k++) {
        if (k > 0 && spikes->spikes[k].source != spikes->spikes[k - 1].source)
            at.slot = -2.0;
        weights[k] = unit * read_weight(encoding->params, &at, spikes->spikes[k]);
    }
}

static int decode(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    double sums[MOST_SPIKES + 1];
    const double unit = burst_sums(encoding->params, sums);
    size_t next = 0;
    for (uint32_t input = 0; input < encoding->n; input++) {
        hk_train train = hk_train_next(spikes, &next, input);
        reading at = start_reading(sums, unit, encoding->params[N_MAX]);
        double sum = 0.0;
        for (size_t k = 0; k < train.n; k++)
            sum += read_weight(encoding->params, &at, train.spikes[k]);
        values[input] = hk_value_near(sum * unit);
    }
    return HK_OK;
}

const hk_encoder hk_burst = {
    .name = "burst",
    .summary = "bursts, each spike of which counts more than the one before, until a gap",
    .source = "Park, Kim, Choe & Yoon (2019), Design Automation Conference, 53",
    .params = params_table,
    .n_params = N_PARAMS,
    .check = check,
    .encode = encode,
    .decode = decode,
    .weigh = weigh,
};
