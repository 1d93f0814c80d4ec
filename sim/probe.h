/* sim/probe.h - state, parameters or weights looked at while a simulation runs.
 *
 * A probe has its times: multiples of an interval, or a given list, all of them whole steps. hk_probe_run() cuts a run
 * at them, and a cut never changes a bit of what follows (simulation.h), nor does reading: a run with probes has the
 * spikes of one without. A sample at time t shows what is left after everything that happened up to and including t. */
#ifndef HK_PROBE_H
#define HK_PROBE_H

#include "sim/archive.h"
#include "sim/results.h"
#include "sim/simulation.h"
#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct hk_probe hk_probe;

typedef struct hk_probe_config {
    hk_population *population; /* either neurons and one variable of theirs ... */
    const char *variable;      /* a state variable or a parameter: "v_mv" */
    hk_projection *projection; /* ... or synapses: their weights */
    const uint64_t *ids;       /* [n_ids] neurons, or synapses as hk_projection_list() numbers them; NULL: all */
    size_t n_ids;
    double interval_ms;     /* > 0: at every multiple of it, from the present on ... */
    const double *times_ms; /* ... or [n_times] times, ascending, none in the past */
    size_t n_times;
} hk_probe_config;

/** What a probe has seen so far; borrowed until the next run. */
typedef struct hk_probe_view {
    size_t n_samples, n;
    const double *times_ms; /* [n_samples] */
    const double *values;   /* [n_samples][n] */
    const uint64_t *ids;    /* [n] */
    const char *variable;   /* "weight" for synapses */
    const char *unit;
} hk_probe_view;

/** Creates a probe; everything given is copied but the population or projection, which must outlive it. HK_ENAME lists
 *  the variables there are; HK_ERANGE names an id, a time or an interval and what is allowed; HK_ENOMEM. */
HK_MUST_CHECK int hk_probe_create(hk_sim *sim, const hk_probe_config *cfg, hk_probe **out);
void hk_probe_destroy(hk_probe *probe);

/** hk_sim_run() with probes[n]: all samples due up to and including the end of the run are taken, the first at the
 *  present. HK_ESTATE: a run without this probe has passed one of its times. HK_ENOMEM with the size, before anything
 *  runs, when the samples of this run would not fit into the machine's available memory. */
HK_MUST_CHECK int hk_probe_run(hk_sim *sim, hk_probe *const *probes, size_t n, double ms);

hk_probe_view hk_probe_samples(const hk_probe *probe);

/** Saves or loads samples and times; when loading, the probe must have been created for the same ids and times. */
HK_MUST_CHECK int hk_probe_archive(hk_probe *probe, hk_archive *archive, const char *name);
/** Puts arrays <name>/values [n_samples][n], <name>/times_ms, <name>/ids into a results file; nothing when there are no
 *  samples. */
HK_MUST_CHECK int hk_probe_put(const hk_probe *probe, hk_results *results, const char *name);

#endif
