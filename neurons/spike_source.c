/* neurons/spike_source.c - neurons that spike when they are told to: hk_spike_source_add(), hk_sim_present(). */
#include "neurons/sources.h"

const hk_neuron_model hk_spike_source = {
    .name = "spike_source",
    .summary = "spikes at given exact times, or those of an encoder",
    .source = "-",
    .kind = HK_MODEL_SOURCE,
    .weight_unit = "",
};
