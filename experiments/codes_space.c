/* experiments/codes_space.c - the parameters that are looked for, code by code; see codes.h. */
#include "experiments/codes.h"

#include "sim/rng.h"

#include <math.h>
#include <string.h>

/* For every code: how fast thresholds and weights move, from the start of training to its end, and how many winners vote. */
static const hk_codes_dim common[] = {
    { "theta_plus_mv", HK_DIM_LOG, 2.0, 60.0 }, { "theta_end", HK_DIM_LOG, 0.01, 0.3 }, { "lr", HK_DIM_LOG, 0.05, 0.7 },
    { "lr_end", HK_DIM_LOG, 0.003, 0.05 },      { "winners", HK_DIM_WHOLE, 1.0, 6.0 },
};
enum { N_COMMON = sizeof common / sizeof common[0], MOST_OWN = HK_CODES_MOST_DIMS - N_COMMON };

#define WINDOW(low, high)                  \
    {                                      \
        "window_ms", HK_DIM_LOG, low, high \
    }
#define LEAK                                  \
    {                                         \
        "leak_windows", HK_DIM_LOG, 0.3, 30.0 \
    } /* membrane and trace, in windows */

/* The code's own; without a window, it is what the slots take, and the leak what they ask for. */
static const struct {
    const char *code;
    hk_codes_dim dims[MOST_OWN];
} own[] = {
    { "rate", { WINDOW(30.0, 250.0), LEAK, { "rate_max_hz", HK_DIM_LOG, 20.0, 300.0 } } },
    { "regular", { WINDOW(30.0, 250.0), LEAK, { "rate_max_hz", HK_DIM_LOG, 20.0, 300.0 } } },
    { "latency", { WINDOW(10.0, 100.0), LEAK, { "threshold", HK_DIM_LINEAR, 0.0, 0.6 } } },
    { "latency_log",
      { WINDOW(10.0, 100.0), LEAK, { "threshold", HK_DIM_LINEAR, 0.02, 0.6 }, { "tau_ms", HK_DIM_LOG, 5.0, 100.0 } } },
    { "rank",
      { WINDOW(10.0, 100.0), LEAK, { "threshold", HK_DIM_LINEAR, 0.0, 0.6 }, { "n_bins", HK_DIM_WHOLE, 0.0, 30.0 } } },
    { "phase", { { "n_phases", HK_DIM_WHOLE, 3.0, 8.0 }, { "phase_ms", HK_DIM_WHOLE, 1.0, 4.0 } } },
    { "burst",
      { { "n_max", HK_DIM_WHOLE, 2.0, 6.0 },
        { "growth", HK_DIM_LINEAR, 1.05, 2.0 },
        { "slot_ms", HK_DIM_WHOLE, 1.0, 4.0 } } },
    { "temporal",
      { WINDOW(10.0, 100.0),
        LEAK,
        { "threshold", HK_DIM_LINEAR, 0.0, 0.6 },
        { "n_spikes", HK_DIM_WHOLE, 1.0, 6.0 },
        { "shift", HK_DIM_LINEAR, 0.1, 0.45 } } },
    { "binary",
      { WINDOW(10.0, 100.0), LEAK, { "threshold", HK_DIM_LINEAR, 0.0, 0.7 }, { "n_spikes", HK_DIM_WHOLE, 1.0, 5.0 } } },
    { "delta",
      { WINDOW(10.0, 100.0), LEAK, { "step", HK_DIM_LOG, 0.1, 0.6 }, { "saccade_px", HK_DIM_WHOLE, 0.0, 2.0 } } },
};

size_t hk_codes_space(const hk_encoder *encoder, hk_codes_dim *dims)
{
    size_t n = N_COMMON;
    memcpy(dims, common, sizeof common);
    for (size_t c = 0; c < sizeof own / sizeof own[0]; c++)
        for (size_t k = 0; strcmp(own[c].code, encoder->name) == 0 && k < MOST_OWN && own[c].dims[k].name != NULL; k++)
            dims[n++] = own[c].dims[k];
    return n;
}

static uint64_t name_id(const char *name)
{
    uint64_t id = 0;
    for (; *name != '\0'; name++)
        id = id * 257 + (unsigned char)*name;
    return id;
}

void hk_codes_draw(const hk_encoder *encoder, uint64_t seed, uint32_t trial, double *values)
{
    hk_codes_dim dims[HK_CODES_MOST_DIMS];
    size_t n = hk_codes_space(encoder, dims);
    hk_stream stream = hk_stream_open(seed, HK_PURPOSE_EXPERIMENT, name_id(encoder->name), trial);
    for (size_t k = 0; k < n; k++) {
        double u = hk_stream_uniform(&stream), low = dims[k].low, high = dims[k].high;
        values[k] = dims[k].scale == HK_DIM_LOG     ? low * pow(high / low, u)
                    : dims[k].scale == HK_DIM_WHOLE ? low + floor(u * (high - low + 1.0))
                                                    : low + u * (high - low);
    }
}

/* Codes with slots, whose weights are in the leak. */
static void fit_slots(hk_mnist_settings *s)
{
    const hk_column *params = s->encoder->params;
    const size_t n = s->encoder->n_params;
    long phases = hk_column_find(params, n, "n_phases"), phase = hk_column_find(params, n, "phase_ms");
    long spikes = hk_column_find(params, n, "n_max"), slot = hk_column_find(params, n, "slot_ms");
    if (phase >= 0) {
        s->window_ms = s->encoder_params[phases] * s->encoder_params[phase];
        s->tau_m_ms = s->encoder_params[phase] / log(2.0);
        s->encoder_params[hk_column_find(params, n, "least_first")] = 1.0;
    }
    if (slot >= 0) {
        s->window_ms = s->encoder_params[spikes] * s->encoder_params[slot];
        s->tau_m_ms = s->encoder_params[slot] / log(s->encoder_params[hk_column_find(params, n, "growth")]);
        s->encoder_params[hk_column_find(params, n, "n_bursts")] = 1.0;
    }
}

static void set(hk_mnist_settings *s, const char *name, double value)
{
    const struct {
        const char *name;
        double *to;
    } numbers[] = { { "theta_plus_mv", &s->theta_plus_mv },
                    { "theta_end", &s->theta_plus_end_mv }, /* times theta_plus_mv, below */
                    { "lr", &s->lr },
                    { "lr_end", &s->lr_end },
                    { "window_ms", &s->window_ms },
                    { "leak_windows", &s->tau_m_ms } }; /* times the window, below */
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
        if (strcmp(numbers[k].name, name) == 0)
            *numbers[k].to = value;
    long which = hk_column_find(s->encoder->params, s->encoder->n_params, name);
    if (which >= 0)
        s->encoder_params[which] = value;
    if (strcmp(name, "winners") == 0)
        s->clock_spikes = s->decide_spikes = (uint32_t)value;
    if (strcmp(name, "saccade_px") == 0)
        s->saccade_px = (uint32_t)value;
}

void hk_codes_settings(const hk_encoder *encoder, const double *values, uint32_t neurons, hk_mnist_settings *out)
{
    hk_codes_dim dims[HK_CODES_MOST_DIMS];
    const size_t n = hk_codes_space(encoder, dims);
    *out = (hk_mnist_settings){ .encoder = encoder,
                                .v_th_mv = 1000.0, /* reached by the clock only */
                                .clock_mv = 2000.0,
                                .clock_at_end = true,
                                .t_ref_ms = 1.0,
                                .hold_ms = 1.0,
                                .weight_sum = 78.4,
                                .balanced = true,
                                .one_winner = true,
                                .turns = true,
                                .adds = true,
                                .neurons = neurons,
                                .passes = 1 };
    hk_encoder_defaults(encoder, out->encoder_params);
    for (size_t k = 0; k < n; k++)
        set(out, dims[k].name, values[k]);
    out->theta_plus_end_mv *= out->theta_plus_mv;
    out->window_ms = fmax(1.0, round(out->window_ms));
    out->tau_m_ms *= out->window_ms;
    fit_slots(out);
    out->tau_trace_ms = out->tau_m_ms;
}
