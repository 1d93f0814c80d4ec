/* experiments/network_summary.h - the summary keys that all network experiments have. */
#ifndef HK_NETWORK_SUMMARY_H
#define HK_NETWORK_SUMMARY_H

#include "experiments/course.h"

/* For the key tables of the experiments. */
#define HK_NETWORK_KEYS                                                                                         \
    { "biological_ms", "ms", "simulated time, from 0" },                                                        \
        { "build_s", "s", "wall time of building populations and projections" },                                \
        { "simulate_s", "s", "wall time of simulating, recording included" },                                   \
        { "real_time_factor", "", "wall seconds of simulating per biological second" },                         \
        { "ns_per_event", "ns", "wall time of simulating per synaptic event: it pays for everything" },         \
        { "events", "", "queue entries delivered: (spike, distinct delay)" },                                   \
        { "synaptic_events", "", "synapses passed by them" },                                                   \
        { "spikes", "", "of all populations, sources included" },                                               \
        { "rates_hz", "Hz", "by population: spikes per neuron and second, behind the transient" },              \
        { "cv_isi", "", "by population: mean over neurons with three spikes of sd / mean of their intervals" }, \
    {                                                                                                           \
        "spike_hash", "", "of the whole ordered raster: step, offset, population, neuron"                       \
    }

/** Figures of one population; index as hk_sim_population() counts. */
hk_raster_figures hk_course_figures(const hk_course *course, size_t index);

/** Adds the keys above to the summary of the run. */
void hk_network_summarise(const hk_course *course);

#endif
