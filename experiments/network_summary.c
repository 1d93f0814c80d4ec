/* experiments/network_summary.c - see network_summary.h. */
#include "experiments/network_summary.h"

hk_raster_figures hk_course_figures(const hk_course *course, size_t index)
{
    return hk_raster_statistics_get(course->statistics[index], hk_sim_now(course->cfg.sim).step + 1);
}

void hk_network_summarise(const hk_course *course)
{
    const hk_sim *sim = course->cfg.sim;
    hk_summary *summary = hk_run_summary(course->cfg.run);
    hk_sim_stats stats = hk_sim_get_stats(sim);
    double biological_ms = hk_sim_now_ms(sim);
    hk_summary_number(summary, "biological_ms", biological_ms);
    hk_summary_number(summary, "build_s", course->cfg.build_s);
    hk_summary_number(summary, "simulate_s", course->simulate_s);
    hk_summary_number(summary, "real_time_factor", course->simulate_s / (1e-3 * biological_ms));
    hk_summary_number(summary, "ns_per_event", 1e9 * course->simulate_s / (double)stats.synaptic_events);
    hk_summary_count(summary, "events", stats.events);
    hk_summary_count(summary, "synaptic_events", stats.synaptic_events);
    hk_summary_count(summary, "spikes", stats.spikes);
    hk_summary *rates = hk_summary_object(summary, "rates_hz"), *cvs = hk_summary_object(summary, "cv_isi");
    for (size_t k = 0; k < course->n_populations; k++) {
        const char *name = hk_population_name(hk_sim_population(sim, (uint32_t)k));
        hk_raster_figures figures = hk_course_figures(course, k);
        hk_summary_number(rates, name, figures.rate_hz);
        hk_summary_number(cvs, name, figures.cv_isi);
    }
    hk_summary_hash(summary, "spike_hash", stats.spike_hash);
}
