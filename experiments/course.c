/* experiments/course.c - see course.h. */
#include "experiments/course.h"

#include "experiments/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { WINDOWS_A_LOOK = 64, N_CORRELATED = 100 };
#define TOLD_EVERY_S 0.05

static double fraction_done(const hk_course *c)
{
    double done = hk_sim_now_ms(c->cfg.sim) / c->cfg.duration_ms;
    return done < 1.0 ? done : 1.0;
}

static void tell(hk_course *c)
{
    hk_sim_stats stats = hk_sim_get_stats(c->cfg.sim);
    hk_run_progress(c->cfg.run, "simulating", fraction_done(c), hk_sim_now_ms(c->cfg.sim));
    hk_run_events(c->cfg.run, stats.spikes, stats.synaptic_events);
}

static int on_window(hk_sim *sim, hk_time end, void *user)
{
    hk_course *c = user;
    for (size_t k = 0; k < c->n_populations; k++) {
        size_t n;
        const hk_spike *spikes = hk_population_spikes(hk_sim_population(sim, (uint32_t)k), &n);
        hk_raster_statistics_add(c->statistics[k], spikes, n);
    }
    if (c->cfg.on_window != NULL && c->cfg.on_window(sim, end, c->cfg.user) != 0)
        c->ended = true;
    if (++c->n_windows % WINDOWS_A_LOOK == 0) {
        double now_s = hk_clock_wall_s();
        if (now_s - c->told_s >= TOLD_EVERY_S) {
            c->told_s = now_s;
            tell(c);
            c->wants_save = hk_run_checkpoint_due(c->cfg.run);
        }
    }
    return c->ended || c->wants_save;
}

static int make_statistics(hk_course *c)
{
    hk_sim *sim = c->cfg.sim;
    hk_ctx *ctx = hk_run_ctx(c->cfg.run);
    while (hk_sim_population(sim, (uint32_t)c->n_populations) != NULL)
        c->n_populations++;
    c->statistics = calloc(c->n_populations + 1, sizeof(hk_raster_statistics *));
    if (c->statistics == NULL)
        return hk_fail(ctx, HK_ENOMEM, "out of memory for the statistics");
    double resolution_ms = hk_sim_resolution_ms(sim);
    int64_t bin = c->cfg.bin_ms > 0.0 ? hk_steps_in_ms(c->cfg.bin_ms, resolution_ms) : 1;
    for (size_t k = 0; k < c->n_populations; k++) {
        hk_raster_statistics_config cfg = { .n = hk_population_n(hk_sim_population(sim, (uint32_t)k)),
                                            .resolution_ms = resolution_ms,
                                            .begin = (int64_t)(c->cfg.begin_ms / resolution_ms + 0.5),
                                            .bin = bin < 1 ? 1 : bin,
                                            .n_correlated = c->cfg.bin_ms > 0.0 ? N_CORRELATED : 0,
                                            .seed = hk_run_seed(c->cfg.run),
                                            .id = k };
        int rc = hk_raster_statistics_create(ctx, &cfg, &c->statistics[k]);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

static int archive_parts(hk_course *c, hk_archive *archive)
{
    char name[40];
    int rc = hk_archive_expect(archive, "config", hk_run_config(c->cfg.run));
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "simulate_s", HK_F64, &c->simulate_s, 1);
    for (size_t k = 0; rc == HK_OK && k < c->n_populations; k++) {
        snprintf(name, sizeof name, "statistics_%zu", k);
        rc = hk_archive_enter(archive, name);
        if (rc != HK_OK)
            return rc;
        rc = hk_raster_statistics_archive(c->statistics[k], archive);
        hk_archive_leave(archive);
    }
    for (size_t k = 0; rc == HK_OK && k < c->cfg.n_probes; k++) {
        snprintf(name, sizeof name, "probe_%zu", k);
        rc = hk_probe_archive(c->cfg.probes[k], archive, name);
    }
    return rc == HK_OK && c->cfg.archive != NULL ? c->cfg.archive(c->cfg.user, archive) : rc;
}

static int archive_all(void *user, hk_archive *archive)
{
    hk_course *c = user;
    int rc = hk_archive_enter(archive, "course");
    if (rc != HK_OK)
        return rc;
    rc = archive_parts(c, archive);
    hk_archive_leave(archive);
    return rc == HK_OK ? hk_sim_archive(c->cfg.sim, archive) : rc;
}

static int save(hk_course *c)
{
    int rc = c->recorder != NULL ? hk_recorder_sync(c->recorder) : HK_OK; /* what it counts on is on disk first */
    return rc == HK_OK ? hk_archive_save(hk_run_ctx(c->cfg.run), hk_run_checkpoint(c->cfg.run), archive_all, c) : rc;
}

static int resume(hk_course *c)
{
    int rc = hk_archive_load(hk_run_ctx(c->cfg.run), hk_run_resume(c->cfg.run), archive_all, c);
    if (rc == HK_OK)
        hk_run_report(c->cfg.run, "resumed at %.10g ms", hk_sim_now_ms(c->cfg.sim));
    return rc;
}

/* ---- the course -------------------------------------------------------------------------------------------------- */

/* The file is made also when no spikes go into it: it carries the run's signature, and results are added later. */
static int open_file(hk_course *c)
{
    const char *path = hk_run_out(c->cfg.run);
    if (path == NULL)
        return HK_OK;
    hk_ctx *ctx = hk_run_ctx(c->cfg.run);
    bool resumed = hk_run_resume(c->cfg.run) != NULL;
    hk_recorder_config config = { .path = path, .queue_bytes = 16 << 20, .flush_interval_s = 1.0 };
    int rc = resumed ? hk_recorder_reopen(ctx, &config, &c->recorder) : hk_recorder_create(ctx, &config, &c->recorder);
    if (rc == HK_OK && !resumed)
        rc = hk_run_sign(c->cfg.run, c->recorder);
    for (size_t k = 0; rc == HK_OK && k < c->cfg.n_recorded; k++)
        rc = hk_population_record(c->cfg.recorded[k], c->recorder);
    return rc == HK_OK ? hk_recorder_start(c->recorder) : rc;
}

static int begin(hk_course *course, const hk_course_config *cfg)
{
    *course = (hk_course){ .cfg = *cfg };
    int rc = make_statistics(course);
    if (rc == HK_OK && hk_run_resume(cfg->run) != NULL)
        rc = resume(course);
    if (rc == HK_OK)
        rc = open_file(course);
    if (rc != HK_OK)
        return rc;
    hk_sim_on_window(cfg->sim, on_window, course);
    hk_run_watch(cfg->run, cfg->sim);
    tell(course);
    return HK_OK;
}

bool hk_course_is_complete(const hk_course *course)
{
    double left_ms = course->cfg.duration_ms - hk_sim_now_ms(course->cfg.sim);
    return course->ended || left_ms < 0.5 * hk_sim_resolution_ms(course->cfg.sim);
}

/* Long runs go in pieces, so that the rest in ms is a whole number of steps to hk_sim_run(). */
static double next_piece_ms(const hk_course *c)
{
    double resolution_ms = hk_sim_resolution_ms(c->cfg.sim);
    double steps = (c->cfg.duration_ms - hk_sim_now_ms(c->cfg.sim)) / resolution_ms;
    return (steps < 1e8 ? (double)(int64_t)(steps + 0.5) : 1e8) * resolution_ms;
}

static int simulate(hk_course *course)
{
    hk_run *run = course->cfg.run;
    while (!hk_course_is_complete(course) && !hk_run_stopping(run)) {
        double start_s = hk_clock_wall_s();
        int rc = hk_probe_run(course->cfg.sim, course->cfg.probes, course->cfg.n_probes, next_piece_ms(course));
        course->simulate_s += hk_clock_wall_s() - start_s;
        if (rc == HK_OK && course->wants_save) {
            course->wants_save = false;
            rc = save(course);
        }
        if (rc != HK_OK)
            return rc;
    }
    tell(course);
    if (!hk_course_is_complete(course) && hk_run_checkpoint(run) != NULL)
        return save(course);
    return HK_OK;
}

static int finish(hk_course *course)
{
    int rc = course->recorder != NULL ? hk_recorder_close(course->recorder) : HK_OK;
    course->recorder = NULL;
    if (course->cfg.sim != NULL) {
        hk_sim_on_window(course->cfg.sim, NULL, NULL);
        hk_run_watch(course->cfg.run, NULL);
    }
    return rc;
}

int hk_course_run(hk_course *course, const hk_course_config *cfg)
{
    int rc = begin(course, cfg);
    if (rc == HK_OK)
        rc = simulate(course);
    int finished = finish(course);
    return rc == HK_OK ? finished : rc;
}

int hk_course_add(const hk_course *course, int (*put)(hk_results *file, const void *user), const void *user)
{
    const hk_run *run = course->cfg.run;
    if (hk_run_out(run) == NULL)
        return HK_OK;
    hk_results *file = NULL;
    int rc = hk_results_open(hk_run_ctx(run), hk_run_out(run), HK_RESULTS_ADD, &file);
    if (rc == HK_OK)
        rc = put(file, user);
    if (rc == HK_OK)
        return hk_results_close(file);
    hk_results_discard(file);
    return rc;
}

void hk_course_fini(hk_course *course)
{
    for (size_t k = 0; k < course->n_populations && course->statistics != NULL; k++)
        hk_raster_statistics_destroy(course->statistics[k]);
    free(course->statistics);
    *course = (hk_course){ .n_populations = 0 };
}
