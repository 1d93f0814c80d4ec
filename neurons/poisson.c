/* neurons/poisson.c - Poisson spike trains, one independent exact train per neuron.
 *
 * Intervals are exponential: -log(u) / rate, with u from the neuron's own counter-based stream. The process has no memory, so
 * after a change of rate (hk_population_schedule, hk_population_set) the next spike is drawn anew from that moment, which
 * makes a piecewise-constant rate exact too. Source: Devroye (1986), Non-Uniform Random Variate Generation, ch. VI. */
#include "neurons/sources.h"

#include <math.h>

static const hk_column params[] = {
    { "rate_hz", "Hz", 0.0, 0.0, 1e9, "mean rate" },
};

static double next(const hk_neuron_view *view, uint32_t i, hk_time now, hk_stream *stream)
{
    (void)now;
    double rate_hz = hk_param_at(&view->params[0], i);
    return rate_hz > 0.0 ? hk_stream_exponential(stream) * (1000.0 / rate_hz) : INFINITY;
}

const hk_neuron_model hk_poisson = {
    .name = "poisson",
    .summary = "independent exact Poisson trains, homogeneous or piecewise constant",
    .source = "Devroye (1986), Non-Uniform Random Variate Generation, ch. VI",
    .kind = HK_MODEL_SOURCE,
    .weight_unit = "",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .next = next,
};
