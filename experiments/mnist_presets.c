/* experiments/mnist_presets.c - see mnist_presets.h. Found on the validation split; results/mnist.md has the commands. */
#include "experiments/mnist_presets.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Read out at the end of the window, by what the inputs have left in membranes that leak; never before, the threshold being
 * high: the winner is the neuron whose potential is furthest above its adaptation. */
#define READ_OUT                                                                                                   \
    .tuned_for = 400, .v_th_mv = 1000.0, .t_ref_ms = 1.0, .hold_ms = 1.0, .weight_sum = 78.4, .clock_spikes = 4.0, \
    .clock_mv = 2000.0, .balanced = true, .one_winner = true, .turns = true, .adds = true, .clock_at_end = true

/* What the codes of one spike an input have in common. */
#define FIRST_SPIKES                                                                                                   \
    .tuned_for = 400, .window_ms = 110.0, .code_threshold = 0.1, .tau_m_ms = 1e6, .v_th_mv = 70.0, .t_ref_ms = 110.0,  \
    .hold_ms = 110.0, .theta_plus_mv = 2.0, .theta_plus_end_mv = 0.2, .tau_trace_ms = 60.0, .lr = 0.1, .lr_end = 0.03, \
    .weight_sum = 78.4, .clock_spikes = 22.0, .clock_mv = 3.0, .balanced = true, .one_winner = true, .turns = true,    \
    .decide_spikes = 4.0

#define TRAINS(code_)                                                                                               \
    { .code = code_,                                                                                                \
      .tuned_for = 400,                                                                                             \
      .window_ms = 250.0,                                                                                           \
      .ink = 100.0,                                                                                                 \
      .rate_max_hz = 42.0,                                                                                          \
      .tau_m_ms = 1000.0,                                                                                           \
      .v_th_mv = 20.0,                                                                                              \
      .t_ref_ms = 5.0,                                                                                              \
      .hold_ms = 5.0,                                                                                               \
      .theta_plus_mv = 0.12,                                                                                        \
      .theta_plus_end_mv = 0.06,                                                                                    \
      .tau_trace_ms = 100.0,                                                                                        \
      .lr = 0.1,                                                                                                    \
      .lr_end = 0.005,                                                                                              \
      .weight_sum = 78.4,                                                                                           \
      .clock_mv = 1.0 },                                                                                            \
    {                                                                                                               \
        .code = code_, .tuned_for = 1600, .window_ms = 350.0, .ink = 100.0, .rate_max_hz = 40.0, .tau_m_ms = 700.0, \
        .v_th_mv = 20.0, .t_ref_ms = 5.0, .hold_ms = 5.0, .theta_plus_mv = 0.4, .theta_plus_end_mv = 0.12,          \
        .tau_trace_ms = 100.0, .lr = 0.2, .lr_end = 0.01, .weight_sum = 78.4, .clock_mv = 1.0                       \
    }

static const hk_mnist_preset presets[] = {
    TRAINS("rate"),
    TRAINS("regular"),
    { FIRST_SPIKES, .code = "latency", .bins = 33.0 },
    { FIRST_SPIKES, .code = "rank", .bins = 33.0 },
    { FIRST_SPIKES, .code = "latency_log", .charge_ms = 50.0 },
    { READ_OUT, .code = "phase", .phases = 8.0, .slot_ms = 2.0, .leak_weighs = true, .theta_plus_mv = 9.4,
      .theta_plus_end_mv = 0.24, .lr = 0.5, .lr_end = 0.004 },
    { READ_OUT, .code = "burst", .burst = 5.0, .growth = 1.5, .slot_ms = 2.0, .leak_weighs = true,
      .theta_plus_mv = 24.0, .theta_plus_end_mv = 0.3, .lr = 0.12, .lr_end = 0.01 },
    { READ_OUT, .code = "temporal", .window_ms = 30.0, .code_threshold = 0.3, .burst = 4.0, .tau_m_ms = 176.0,
      .tau_trace_ms = 176.0, .theta_plus_mv = 7.0, .theta_plus_end_mv = 1.25, .lr = 0.55, .lr_end = 0.01 },
    { READ_OUT, .code = "delta", .window_ms = 40.0, .step = 0.25, .tau_m_ms = 120.0, .tau_trace_ms = 120.0,
      .theta_plus_mv = 16.0, .theta_plus_end_mv = 0.3, .lr = 0.47, .lr_end = 0.01 },
    { .code = "binary",
      .tuned_for = 400,
      .window_ms = 30.0,
      .code_threshold = 0.5,
      .burst = 3.0,
      .tau_m_ms = 1e6,
      .v_th_mv = 25.0,
      .t_ref_ms = 30.0,
      .hold_ms = 5.0,
      .theta_plus_mv = 2.0,
      .theta_plus_end_mv = 0.2,
      .tau_trace_ms = 1e6,
      .lr = 1.0,
      .lr_end = 0.01,
      .weight_sum = 78.4,
      .clock_mv = 1.0,
      .balanced = true,
      .one_winner = true },
    { .code = "phase",
      .novelty = true,
      .tuned_for = 6400,
      .phases = 4.0,
      .slot_ms = 20.0,
      .leak_weighs = true,
      .v_th_mv = 1000.0,
      .t_ref_ms = 1.0,
      .hold_ms = 1.0,
      .lr = 1.0,
      .clock_spikes = 3.0,
      .clock_mv = 2000.0,
      .one_winner = true,
      .turns = true,
      .adds = true,
      .clock_at_end = true },
};

const hk_mnist_preset *hk_mnist_find_preset(const char *code, bool novelty, double neurons)
{
    const hk_mnist_preset *best = NULL;
    for (size_t k = 0; k < sizeof presets / sizeof presets[0]; k++) {
        const hk_mnist_preset *p = &presets[k];
        if (strcmp(p->code, code) == 0 && p->novelty == novelty &&
            (best == NULL || fabs(log(neurons / p->tuned_for)) < fabs(log(neurons / best->tuned_for))))
            best = p;
    }
    return best;
}
