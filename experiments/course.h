/* experiments/course.h - the course of a network experiment: what ring, cuba and network do alike once their network is
 * built.
 *
 *     hk_sim_create, populations, projections
 *     hk_course_begin    resumes where asked to, opens the spike file, watches every window
 *     hk_course_run      to the end, or until a signal; progress, statistics, probes, checkpoints
 *     hk_course_finish   closes the spike file
 *     hk_network_summarise (network_summary.h), results added to the file
 *     hk_course_fini
 */
#ifndef HK_COURSE_H
#define HK_COURSE_H

#include "experiments/experiment.h"
#include "experiments/raster_statistics.h"
#include "sim/probe.h"

enum { HK_COURSE_MOST_PROBES = 16 };

typedef struct hk_course_config {
    hk_run *run;
    hk_sim *sim;                    /* built, not yet run; outlives the course */
    double build_s;                 /* wall time of building */
    double duration_ms;             /* of the whole run, resumed parts included */
    double begin_ms;                /* statistics leave out the spikes before */
    double bin_ms;                  /* of correlations; 0: none */
    hk_population *const *recorded; /* [n_recorded] populations whose spikes go to the file, in this order */
    size_t n_recorded;
    hk_probe *const *probes; /* [n_probes <= HK_COURSE_MOST_PROBES], borrowed */
    size_t n_probes;
    /** Called at the end of each window; nonzero ends the run there for good. NULL: not needed. */
    hk_window_fn on_window;
    /** Saves or loads what the experiment itself needs to go on. NULL: nothing. */
    int (*archive)(void *user, hk_archive *archive);
    void *user; /* of both */
} hk_course_config;

/** Caller's storage, zero-initialised; the fields are for course.c and network_summary.c. */
typedef struct hk_course {
    hk_course_config cfg;
    hk_recorder *recorder;
    hk_raster_statistics **statistics; /* [n_populations] of the simulation, in order of creation */
    size_t n_populations;
    double simulate_s; /* wall time of simulating, resumed parts included */
    double told_s;     /* when progress was last told */
    uint32_t n_windows;
    bool ended, wants_save;
} hk_course;

HK_MUST_CHECK int hk_course_begin(hk_course *course, const hk_course_config *cfg);
/** HK_OK also when a signal ended it early: then a checkpoint is written where there is to be one. */
HK_MUST_CHECK int hk_course_run(hk_course *course);
/** Has it come to its end, not stopped by a signal? */
bool hk_course_is_complete(const hk_course *course);
/** Closes the spike file. Also after a failure: what was recorded stays readable. */
HK_MUST_CHECK int hk_course_finish(hk_course *course);
void hk_course_fini(hk_course *course);

#endif
