/* experiments/ring.c - a spike goes round a ring of neurons and must come back at exactly n x delay, every time.
 *
 * One input spike at an awkward time starts it; each spike of the ring is checked (ring_check.h). Any spike that is
 * not the expected one, or none, is a failed run. */
#include "experiments/clock.h"
#include "experiments/network_summary.h"
#include "experiments/ring_check.h"
#include "neurons/catalogue.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const records[] = { "none", "all", NULL };

static const hk_option options[] = {
    { .name = "neurons",
      .type = HK_OPTION_INTEGER,
      .initial = 10,
      .min = 1,
      .max = 1e7,
      .meaning = "neurons in the ring" },
    { .name = "laps",
      .type = HK_OPTION_INTEGER,
      .initial = 1e6,
      .min = 1,
      .max = 1e12,
      .meaning = "times the spike goes round" },
    { .name = "delay_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 1.5,
      .min = 1e-6,
      .max = 1e6,
      .meaning = "of each hop; whole steps" },
    { .name = "resolution_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 0.1,
      .min = 1e-6,
      .max = 1e3,
      .meaning = "unit of delays" },
    { .name = "kick_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 0.0371,
      .min = 1e-9,
      .max = 1e6,
      .meaning = "time of the input spike that starts it" },
    { .name = "t_ref_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 2.0,
      .min = 0.0,
      .max = 1e6,
      .meaning = "refractory period; shorter than a lap" },
    { .name = "record",
      .type = HK_OPTION_CHOICE,
      .text = "none",
      .choices = records,
      .meaning = "spikes that go to the file" },
};

typedef struct state {
    hk_run *run;
    hk_sim *sim;
    hk_population *kick, *ring;
    hk_course course;
    hk_ring_check check;
} state;

static int on_window(hk_sim *sim, hk_time end, void *user)
{
    (void)sim;
    state *s = user;
    size_t n;
    const hk_spike *spikes = hk_population_spikes(s->ring, &n);
    hk_ring_check_take(&s->check, spikes, n, end);
    return hk_ring_check_is_over(&s->check);
}

static int archive_ring(void *user, hk_archive *archive)
{
    state *s = user;
    int rc = hk_archive_array(archive, "hop", HK_U64, &s->check.hop, 1);
    if (rc == HK_OK && s->check.hop > s->check.n_hops)
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: hop %" PRIu64 " of %" PRIu64, s->check.hop,
                     s->check.n_hops);
    return rc;
}

static int check_options(state *s)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    double resolution_ms = hk_run_number(s->run, "resolution_ms"), delay_ms = hk_run_number(s->run, "delay_ms");
    double t_ref_ms = hk_run_number(s->run, "t_ref_ms");
    s->check.n = (uint32_t)hk_run_integer(s->run, "neurons");
    s->check.n_hops = (uint64_t)hk_run_integer(s->run, "laps") * s->check.n;
    s->check.delay = hk_steps_in_ms(delay_ms, resolution_ms);
    s->check.start = hk_time_from_ms(hk_run_number(s->run, "kick_ms"), resolution_ms);
    if (s->check.delay < 1)
        return hk_fail(ctx, HK_ERANGE, "ring: delay_ms = %g, must be whole steps of %g ms, at least one", delay_ms,
                       resolution_ms);
    if (!(s->check.n * delay_ms > t_ref_ms + resolution_ms))
        return hk_fail(ctx, HK_ERANGE,
                       "ring: t_ref_ms = %g, must be at least a step shorter than a lap of %u x %g ms, or the "
                       "spike is lost",
                       t_ref_ms, s->check.n, delay_ms);
    if ((double)s->check.n_hops * (double)s->check.delay > 0x1p50)
        return hk_fail(ctx, HK_ERANGE, "ring: laps = %" PRId64 " take more than 2^50 steps",
                       hk_run_integer(s->run, "laps"));
    return HK_OK;
}

static int connect(state *s)
{
    hk_projection *projection;
    hk_projection_config cfg = { .pre = s->kick,
                                 .post = s->ring,
                                 .connect = HK_EXPLICIT,
                                 .n = 1,
                                 .weight = hk_constant(20.0),
                                 .list_pre = (uint32_t[]){ 0 },
                                 .list_post = (uint32_t[]){ 0 },
                                 .delay_ms = hk_constant(hk_run_number(s->run, "delay_ms")) };
    int rc = hk_projection_create(s->sim, &cfg, &projection);
    uint32_t *from = malloc(2 * (size_t)s->check.n * sizeof *from);
    if (rc == HK_OK && from == NULL)
        rc = hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "ring: out of memory for %u neurons", s->check.n);
    if (rc == HK_OK) {
        uint32_t *to = from + s->check.n;
        for (uint32_t i = 0; i < s->check.n; i++) {
            from[i] = i;
            to[i] = i + 1 < s->check.n ? i + 1 : 0;
        }
        cfg.pre = s->ring;
        cfg.n = s->check.n;
        cfg.list_pre = from;
        cfg.list_post = to;
        rc = hk_projection_create(s->sim, &cfg, &projection);
    }
    free(from);
    return rc;
}

static int build(state *s)
{
    hk_sim_config cfg = { .resolution_ms = hk_run_number(s->run, "resolution_ms"), .seed = hk_run_seed(s->run) };
    int rc = hk_sim_create(hk_run_ctx(s->run), &cfg, &s->sim);
    if (rc == HK_OK)
        rc = hk_population_create(s->sim, "kick", hk_neuron_model_find("spike_source"), 1, &s->kick);
    if (rc == HK_OK)
        rc = hk_population_create(s->sim, "ring", hk_neuron_model_find("lif"), s->check.n, &s->ring);
    if (rc == HK_OK)
        rc = hk_population_set_value(s->ring, "t_ref_ms", hk_run_number(s->run, "t_ref_ms"));
    if (rc == HK_OK)
        rc = connect(s);
    if (rc == HK_OK && hk_run_resume(s->run) == NULL) /* else the spike is in the checkpoint, on its way */
        rc = hk_spike_source_add(s->kick, 1, (double[]){ hk_run_number(s->run, "kick_ms") }, (uint32_t[]){ 0 });
    return rc;
}

static const hk_summary_key keys[] = {
    HK_NETWORK_KEYS,
    { "laps_checked", "", "whole rounds of which every spike came at exactly its step and offset" },
    { "hops_checked", "", "spikes of the ring that did" },
    { "worst_deviation_ms", "ms", "0, or the run has failed" },
    { "hops_per_s", "1/s", "hops per wall second" },
};

static void summarise(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    double per_s = (double)s->check.hop / s->course.simulate_s;
    hk_network_summarise(&s->course);
    hk_summary_count(summary, "laps_checked", s->check.hop / s->check.n);
    hk_summary_count(summary, "hops_checked", s->check.hop);
    hk_summary_number(summary, "worst_deviation_ms", s->check.worst_ms);
    hk_summary_number(summary, "hops_per_s", per_s);
    hk_run_report(s->run,
                  "ring of %u neurons: %" PRIu64 " laps of exactly %" PRId64 " steps, %" PRIu64 " spikes checked, "
                  "worst deviation %g ms; %.3g hops/s, %.6g s simulated",
                  s->check.n, s->check.hop / s->check.n, s->check.delay * s->check.n, s->check.hop, s->check.worst_ms,
                  per_s, 1e-3 * hk_sim_now_ms(s->sim));
}

static int put_results(hk_results *file, const void *user)
{
    const state *s = user;
    int rc = hk_results_put_number(file, "", "hops_checked", (double)s->check.hop);
    return rc == HK_OK ? hk_results_put_number(file, "", "worst_deviation_ms", s->check.worst_ms) : rc;
}

static int run_ring(state *s)
{
    double start_s = hk_clock_wall_s();
    int rc = check_options(s);
    if (rc == HK_OK)
        rc = build(s);
    if (rc != HK_OK)
        return rc;
    hk_course_config cfg = { .run = s->run,
                             .sim = s->sim,
                             .build_s = hk_clock_wall_s() - start_s,
                             .duration_ms = (double)(hk_ring_check_due(&s->check, s->check.n_hops).step + 1) *
                                            hk_sim_resolution_ms(s->sim),
                             .recorded = &s->ring,
                             .n_recorded = hk_run_choice(s->run, "record"),
                             .on_window = on_window,
                             .archive = archive_ring,
                             .user = s };
    rc = hk_course_run(&s->course, &cfg);
    if (rc == HK_OK && s->check.fault[0] != '\0')
        rc = hk_fail(hk_run_ctx(s->run), HK_ESTATE, "%s", s->check.fault);
    if (rc == HK_OK && hk_course_is_complete(&s->course) && s->check.hop < s->check.n_hops)
        rc = hk_fail(hk_run_ctx(s->run), HK_ESTATE, "ring: %" PRIu64 " of %" PRIu64 " hops were made", s->check.hop,
                     s->check.n_hops);
    if (rc != HK_OK)
        return rc;
    summarise(s);
    return hk_course_add(&s->course, put_results, s);
}

static int run(hk_run *run)
{
    state s = { .run = run };
    int rc = run_ring(&s);
    hk_course_fini(&s.course);
    hk_sim_destroy(s.sim);
    return rc;
}

const hk_experiment hk_experiment_ring = {
    .name = "ring",
    .summary = "a spike goes round a ring of neurons and must return at exactly n x delay",
    .example = "ring --set neurons=7 --set laps=1e5 --set delay_ms=0.3",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .run = run,
};
