/* experiments/mnist_presets.h - what each code takes for the options of mnist that the user leaves alone. */
#ifndef HK_MNIST_PRESETS_H
#define HK_MNIST_PRESETS_H

#include <stdbool.h>

/** Fields are those of hk_mnist_settings and the options of the same names. */
typedef struct hk_mnist_preset {
    const char *code;
    double tuned_for; /* neurons */
    double window_ms, ink, rate_max_hz, code_threshold, bins, burst, phases, slot_ms, growth, charge_ms, step,
        saccade_px;
    double tau_m_ms, v_th_mv, t_ref_ms, hold_ms, theta_plus_mv, theta_plus_end_mv;
    double tau_trace_ms, lr, lr_end, weight_sum, clock_spikes, clock_mv;
    bool novelty; /* for rule=novelty */
    bool balanced, one_winner, turns, adds, clock_at_end;
    bool
        leak_weighs; /* membrane and trace weigh the spikes: window_ms, tau_m_ms and tau_trace_ms follow from the slots */
    double decide_spikes;
} hk_mnist_preset;

/** Of the presets of a code for either rule the one whose size is nearest (in ratio), or NULL. */
const hk_mnist_preset *hk_mnist_find_preset(const char *code, bool novelty, double neurons);

#endif
