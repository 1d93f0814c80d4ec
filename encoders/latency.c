/* encoders/latency.c - latency codes: one spike an input, the larger the value, the earlier.
 *
 * `latency`, linear, for value x > threshold:          t = t_min + (window - t_min) (1 - x)
 * with n_bins > 0 put off to the end of its bin, n_bins of them in the window: inputs of similar value then spike together.
 *
 * `latency_log`, the time at which a leaky neuron at rest, charged by a constant current x from the start of the window,
 * reaches its threshold:   dv/dt = (x - v) / tau,  v(t) = x (1 - exp(-t / tau)) = threshold, so for x > threshold
 *                                                      t = tau ln(x / (x - threshold))
 * and no spike where that is after the window: the neuron had not reached its threshold yet.
 *
 * Decoded by the inverse; a spike put off to the end of its bin came from the bin's middle, and no spike is taken for the
 * middle of the values that do not spike.
 *
 * Sources: Thorpe, Delorme & Van Rullen (2001), Neural Netw. 14:715-725, for one spike an input;
 * Gerstner, Kistler, Naud & Paninski (2014), Neuronal Dynamics, chapter 1, for the charging neuron. */
#include "encoders/catalogue.h"
#include "encoders/train.h"
#include "sim/mathfn.h"

enum { T_MIN_MS, THRESHOLD, N_BINS, N_LINEAR, TAU_MS = 0, THRESHOLD_LOG, N_LOG };

static const hk_column linear_params[N_LINEAR] = {
    [T_MIN_MS] = { .name = "t_min_ms",
                   .unit = "ms",
                   .initial = 1.0,
                   .min = 1e-3,
                   .max = HK_WINDOW_MAX_MS,
                   .meaning = "time of the spike at value 1; not after the window" },
    [THRESHOLD] = { .name = "threshold",
                    .unit = "",
                    .initial = 0.0,
                    .min = 0.0,
                    .max = 1.0,
                    .meaning = "only values above it spike" },
    [N_BINS] = { .name = "n_bins",
                 .unit = HK_UNIT_OPTION,
                 .initial = 0.0,
                 .min = 0.0,
                 .max = 1e6,
                 .meaning = "times at which spikes can be, equidistant; 0: any" },
};

static const hk_column log_params[N_LOG] = {
    [TAU_MS] = { .name = "tau_ms",
                 .unit = "ms",
                 .initial = 20.0,
                 .min = 1e-3,
                 .max = HK_WINDOW_MAX_MS,
                 .meaning = "time constant of the charging neuron" },
    [THRESHOLD_LOG] = { .name = "threshold",
                        .unit = "",
                        .initial = 0.2,
                        .min = 1e-3,
                        .max = 0.999,
                        .meaning =
                            "threshold of the charging neuron, in units of the value; only values above it spike" },
};

static int check_linear(hk_ctx *ctx, const double *params, double window_ms)
{
    if (!(params[T_MIN_MS] <= window_ms))
        return hk_fail(ctx, HK_ERANGE, "latency: t_min_ms = %g, must be at most window_ms = %g", params[T_MIN_MS],
                       window_ms);
    return HK_OK;
}

static int encode_linear(const hk_encoding *encoding, hk_spikes_in *out)
{
    const double t_min_ms = encoding->params[T_MIN_MS], span_ms = encoding->window_ms - t_min_ms;
    const double n_bins = encoding->params[N_BINS];
    for (uint32_t input = 0; input < encoding->n; input++) {
        double x = (double)encoding->values[input];
        if (!(x > encoding->params[THRESHOLD]))
            continue;
        double after_ms = t_min_ms + span_ms * (1.0 - x);
        if (n_bins > 0.0)
            after_ms = ceil(after_ms / encoding->window_ms * n_bins) / n_bins * encoding->window_ms;
        if (after_ms > encoding->window_ms) /* x > 0, so this is the last bit of the sum */
            after_ms = encoding->window_ms;
        int rc = hk_spikes_in_add(out, input, after_ms);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static int encode_log(const hk_encoding *encoding, hk_spikes_in *out)
{
    const double tau_ms = encoding->params[TAU_MS], threshold = encoding->params[THRESHOLD_LOG];
    for (uint32_t input = 0; input < encoding->n; input++) {
        double x = (double)encoding->values[input];
        if (!(x > threshold))
            continue;
        double after_ms = tau_ms * hk_log(x / (x - threshold));
        if (after_ms > encoding->window_ms)
            continue;
        int rc = hk_spikes_in_add(out, input, after_ms);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static double value_at(const hk_encoding *encoding, double after_ms)
{
    const double t_min_ms = encoding->params[T_MIN_MS], span_ms = encoding->window_ms - t_min_ms;
    const double n_bins = encoding->params[N_BINS], threshold = encoding->params[THRESHOLD];
    if (!(span_ms > 0.0)) /* all spike at once */
        return 0.5 * (1.0 + threshold);
    double latest_ms = t_min_ms + span_ms * (1.0 - threshold);
    if (n_bins > 0.0) {
        double bin_ms = encoding->window_ms / n_bins, begin_ms = after_ms - bin_ms;
        after_ms = 0.5 * ((begin_ms > t_min_ms ? begin_ms : t_min_ms) + (after_ms < latest_ms ? after_ms : latest_ms));
    }
    double value = 1.0 - (after_ms - t_min_ms) / span_ms;
    return value > threshold ? value : threshold;
}

static int decode_linear(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    size_t at = 0;
    for (uint32_t input = 0; input < encoding->n; input++) {
        hk_train train = hk_train_next(spikes, &at, input);
        values[input] = hk_value_near(train.n > 0 ? value_at(encoding, train.spikes[0].after_ms)
                                                  : 0.5 * encoding->params[THRESHOLD]);
    }
    return HK_OK;
}

static int decode_log(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    const double tau_ms = encoding->params[TAU_MS], threshold = encoding->params[THRESHOLD_LOG];
    double dimmest = threshold / (1.0 - hk_exp(-encoding->window_ms / tau_ms)); /* that spikes within the window */
    size_t at = 0;
    for (uint32_t input = 0; input < encoding->n; input++) {
        hk_train train = hk_train_next(spikes, &at, input);
        values[input] = hk_value_near(train.n > 0 ? threshold / (1.0 - hk_exp(-train.spikes[0].after_ms / tau_ms))
                                                  : 0.5 * (dimmest < 1.0 ? dimmest : 1.0));
    }
    return HK_OK;
}

const hk_encoder hk_latency = {
    .name = "latency",
    .summary = "one spike an input, earlier for larger values, linear in the value",
    .source = "Thorpe, Delorme & Van Rullen (2001), Neural Netw. 14:715-725",
    .params = linear_params,
    .n_params = N_LINEAR,
    .check = check_linear,
    .encode = encode_linear,
    .decode = decode_linear,
};

const hk_encoder hk_latency_log = {
    .name = "latency_log",
    .summary = "one spike an input, when a leaky neuron charged by the value would fire",
    .source = "Gerstner, Kistler, Naud & Paninski (2014), Neuronal Dynamics, chapter 1",
    .params = log_params,
    .n_params = N_LOG,
    .encode = encode_log,
    .decode = decode_log,
};
