/* sim/section.h - what one thread computes of a population of neurons in an exact simulation: private to sim/.
 *
 * A section is a run of neurons, begin ... end - 1. Within a window neurons do not depend on each other but through competition and
 * plasticity, which need all of a population in one section; otherwise there are as many as threads, and how many changes
 * no bit. The arrivals of a window are found once, for all sections. */
#ifndef HK_SECTION_H
#define HK_SECTION_H

#include "sim/engine.h"

struct hk_section {
    hk_population *p;
    uint32_t begin, end;
    hk_neuron_view view; /* the population's, with globals and stamps of its own */
    double *globals;
    double *factors;     /* [HK_FACTORS_AHEAD][n_factors] of the model, for the next arrivals */
    int64_t next_rebase; /* first step of the next epoch */
    hk_heap internal;    /* predicted spikes and ends of refractoriness */
    uint32_t n_held;
    hk_hits hits;
    uint64_t *is_hit;          /* [n of the population / 64 + 1] bits, all 0 between uses */
    uint32_t stamp_all;        /* generation of all its neurons at once */
    hk_queue *drive;           /* the next input of each neuron's drive, NULL without one */
    hk_event *driven, *merged; /* of the present window */
    size_t driven_capacity, merged_capacity;
    hk_spike *spikes; /* of the present window, in order of time */
    size_t n_spikes, spikes_capacity;
    uint64_t n_events, n_synaptic_events; /* of the present window */
    int rc;
};

/** Cuts a population of neurons into as many sections as there should be; what its neurons will do goes along. Nothing to do when
 *  nothing has changed. HK_ENOMEM. */
HK_MUST_CHECK int hk_sections_build(hk_population *population);
void hk_sections_destroy(hk_population *population);
hk_section *hk_section_of(const hk_population *population, uint32_t neuron);

/** Before a window: takes over the population's parameters and epoch. */
void hk_section_begin(hk_section *section);
/** Advances through the steps before `end`; the window lasts until `window_end`. */
HK_MUST_CHECK int hk_section_window(hk_section *section, int64_t end, int64_t window_end);
/** After it: the population's epoch is that of its sections, and their spikes are its own, in order of time. HK_ENOMEM. */
HK_MUST_CHECK int hk_sections_end(hk_population *population);

/** Will this predicted spike still happen? Not when an input has come since. */
static inline bool hk_section_is_stale(const hk_section *section, const hk_event *spike)
{
    return section->p->stamp[spike->source] != spike->stamp || (int32_t)(spike->stamp - section->stamp_all) < 0;
}

#endif
