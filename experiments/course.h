/* experiments/course.h - the course of a network experiment: what ring, cuba and network do alike once their network is
 * built.
 *
 *     hk_sim_create, populations, projections
 *     hk_course_run      resumes where asked to; spike file, progress, statistics, probes, checkpoints
 *     hk_network_summarise (network_summary.h)
 *     hk_course_add      results go beside the spikes
 *     hk_course_fini
 */
#ifndef HK_COURSE_H
#define HK_COURSE_H

#include "experiments/experiment.h"
#include "experiments/raster_statistics.h"
#include "sim/probe.h"
#include "sim/results.h"

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

/** Runs the simulation from its beginning, or from the checkpoint asked for, to the end or until a signal; then a
 *  checkpoint is written where there is to be one, and that is HK_OK as well. The spike file is closed when it returns,
 *  also after a failure: what was recorded stays readable. */
HK_MUST_CHECK int hk_course_run(hk_course *course, const hk_course_config *cfg);
/** Has it come to its end, not stopped by a signal? */
bool hk_course_is_complete(const hk_course *course);
/** Calls `put` to add results to the file of the run, and completes it; does nothing when no file is wanted. */
HK_MUST_CHECK int hk_course_add(const hk_course *course, int (*put)(hk_results *file, const void *user),
                                const void *user);
void hk_course_fini(hk_course *course);

#endif
