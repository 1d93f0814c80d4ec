/* tests/test_grid_ahead.c - on the grid a run begins to deliver for its next window before this one is over, and records it when the
 * next one is: whatever happens between two windows, nobody can tell. */
#include "tests/sim_rig.h"

#include <unistd.h>

enum { N_CELLS = 600, N_INPUTS = 20 };
static const unsigned n_extra[] = { 0, 1, 2, 4 };
static char folder[64], file[96];

typedef enum deed { NOTHING, STOP, SETTLE, CONNECT, SAVE } deed;

typedef struct between { /* what is done after each of some windows */
    deed what;
    int64_t first, every;
    int64_t last; /* made */
} between;

static void connect(hk_sim *sim, const char *name, hk_population *pre, hk_population *post, double weight)
{
    hk_projection *projection;
    assert_ok(hk_projection_create(sim,
                                   &(hk_projection_config){ .name = name,
                                                            .pre = pre,
                                                            .post = post,
                                                            .connect = HK_FIXED_INDEGREE,
                                                            .n = 12,
                                                            .pairs = HK_PAIRS_MULTAPSES,
                                                            .weight = hk_constant(weight),
                                                            .delay_ms = { HK_UNIFORM, 0.1, 3.0, 0, 0 } },
                                   &projection));
}

static rig open_part(unsigned extra)
{
    rig r = rig_open_with(
        (hk_sim_config){ .resolution_ms = 0.1, .seed = 12, .integrator = HK_GRID, .n_extra_threads = extra });
    hk_population *cells = rig_neurons(&r, "cells", "lif_exp", N_CELLS);
    rig_ok(&r, hk_population_drive(cells, 8000.0, 60.0));
    connect(r.sim, "within", cells, cells, -120.0);
    return r;
}

static rig open_network(unsigned extra)
{
    rig r = open_part(extra);
    hk_population *inputs = rig_neurons(&r, "inputs", "poisson", N_INPUTS);
    rig_set(&r, inputs, "rate_hz", 300.0);
    connect(r.sim, "from outside", inputs, r.sim->populations[0], 200.0);
    return r;
}

static int do_it(hk_sim *sim, hk_time end, void *user)
{
    (void)end;
    between *b = user;
    int64_t window = sim->step - b->first;
    if (window < 0 || window % b->every != 0)
        return 0;
    b->last = sim->step;
    if (b->what == SETTLE)
        assert_ok(hk_sim_settle(sim));
    if (b->what == CONNECT)
        connect(sim, "later", sim->populations[0], sim->populations[0], -60.0);
    if (b->what == SAVE)
        assert_ok(hk_sim_save(sim, file));
    return b->what == STOP;
}

static uint64_t hash_of(const rig *r)
{
    hk_sim_stats stats = hk_sim_get_stats(r->sim);
    assert_true(stats.spikes > 1000);
    return stats.spike_hash;
}

/* The hash of 60 ms in which something is done between windows. */
static uint64_t run_with(unsigned extra, between b)
{
    rig r = open_network(extra);
    hk_sim_on_window(r.sim, do_it, &b);
    while (r.sim->step < 600)
        rig_run(&r, (double)(600 - r.sim->step) * 0.1);
    assert_true(b.what == NOTHING || b.last > 0);
    uint64_t hash = hash_of(&r);
    rig_close(&r);
    return hash;
}

/* The same, but the run ends there. */
static uint64_t run_to_and_do(int64_t step, deed what)
{
    rig r = open_network(0);
    rig_run(&r, (double)step * 0.1);
    if (what == SETTLE)
        rig_ok(&r, hk_sim_settle(r.sim));
    else
        connect(r.sim, "later", r.sim->populations[0], r.sim->populations[0], -60.0);
    rig_run(&r, (double)(600 - step) * 0.1);
    uint64_t hash = hash_of(&r);
    rig_close(&r);
    return hash;
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/hillock-ahead-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/saved", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(folder);
}

static void stopping_and_going_on_changes_nothing(void **state)
{
    (void)state;
    uint64_t whole = run_with(0, (between){ .every = 1 });
    for (size_t k = 0; k < N_OF(n_extra); k++) {
        assert_true(run_with(n_extra[k], (between){ .every = 1 }) == whole);
        assert_true(run_with(n_extra[k], (between){ .what = STOP, .first = 5, .every = 1 }) == whole);
        assert_true(run_with(n_extra[k], (between){ .what = STOP, .first = 17, .every = 41 }) == whole);
    }
}

static void settling_between_windows_drops_what_was_delivered_for_the_next(void **state)
{
    (void)state;
    uint64_t settled = run_to_and_do(233, SETTLE);
    for (size_t k = 0; k < N_OF(n_extra); k++)
        assert_true(run_with(n_extra[k], (between){ .what = SETTLE, .first = 233, .every = 1000 }) == settled);
}

static void a_projection_made_between_windows_starts_there(void **state)
{
    (void)state;
    uint64_t connected = run_to_and_do(301, CONNECT);
    for (size_t k = 0; k < N_OF(n_extra); k++)
        assert_true(run_with(n_extra[k], (between){ .what = CONNECT, .first = 301, .every = 1000 }) == connected);
}

static void a_checkpoint_between_windows_is_that_of_a_run_that_ends_there(void **state)
{
    (void)state;
    uint64_t whole = run_with(0, (between){ .every = 1 });
    for (size_t k = 0; k < N_OF(n_extra); k++) {
        assert_true(run_with(n_extra[k], (between){ .what = SAVE, .first = 377, .every = 1000 }) == whole);
        rig r = open_network(n_extra[N_OF(n_extra) - 1 - k]);
        rig_run(&r, 5.1); /* and what is in flight here is forgotten */
        rig_ok(&r, hk_sim_load(r.sim, file));
        rig_run(&r, 60.0 - 37.7);
        assert_true(hash_of(&r) == whole);
        rig_close(&r);
    }
}

static void a_simulation_that_was_stopped_can_be_destroyed_at_once(void **state)
{
    (void)state;
    for (size_t k = 0; k < 40; k++) {
        rig r = open_network(n_extra[k % N_OF(n_extra)]);
        between b = { .what = STOP, .first = 10 + (int64_t)k, .every = 1 };
        hk_sim_on_window(r.sim, do_it, &b);
        rig_run(&r, 60.0);
        assert_int_equal(b.last, 10 + (int64_t)k);
        rig_close(&r);
    }
}

/* Whether a window is handed round follows from what the ones before had to do. */
static void windows_that_are_handed_round_by_turns_give_the_same(void **state)
{
    (void)state;
    uint64_t whole = run_with(0, (between){ .every = 1 });
    for (size_t k = 0; k < N_OF(n_extra); k++) {
        rig r = open_network(n_extra[k]);
        between b = { .what = STOP, .first = 1, .every = 7 };
        hk_sim_on_window(r.sim, do_it, &b);
        for (unsigned turn = 0; r.sim->step < 600; turn++) {
            r.sim->least_work = turn % 2 == 0 ? 0 : UINT64_MAX;
            rig_run(&r, (double)(600 - r.sim->step) * 0.1);
        }
        assert_true(hash_of(&r) == whole);
        rig_close(&r);
    }
}

static hk_recorder *record(rig *r)
{
    hk_recorder *recorder;
    hk_recorder_config cfg = { .path = file, .queue_bytes = 1 << 16, .flush_interval_s = 1.0 };
    rig_ok(r, hk_recorder_create(r->ctx, &cfg, &recorder));
    rig_ok(r, hk_population_record(r->sim->populations[0], recorder));
    rig_ok(r, hk_recorder_start(recorder));
    return recorder;
}

static void a_run_that_cannot_record_says_so_and_may_go_on(rig (*open)(unsigned extra))
{
    rig plain = open(0);
    rig_run(&plain, 30.0);
    const uint64_t n_early = hk_population_n_spikes(plain.sim->populations[0]);
    rig_run(&plain, 30.0);
    const uint64_t whole = hash_of(&plain);
    rig_close(&plain);
    for (size_t k = 0; k < N_OF(n_extra); k++) {
        rig r = open(n_extra[k]);
        hk_population *cells = r.sim->populations[0];
        hk_recorder *recorder = record(&r);
        rig_ok(&r,
               hk_recorder_write(recorder, 0, 1, &(double){ 30.05 }, &(uint32_t){ 0 })); /* refuses what is before it */
        unsigned n_told = 0;
        while (r.sim->step < 300) {
            int64_t before = r.sim->step;
            int rc = hk_sim_run(r.sim, (double)(300 - before) * 0.1);
            assert_true(r.sim->step > before);
            if (rc == HK_OK)
                continue;
            rig_gives(&r, rc, HK_ERANGE);
            n_told++;
        }
        assert_true(n_told > 50);
        assert_true(hk_recorder_count(recorder, 0) == 1);
        while (r.sim->step < 600) {
            rig_run(&r, 0.7 < 0.1 * (double)(600 - r.sim->step) ? 0.7 : 0.1);
            assert_true(hk_recorder_count(recorder, 0) == 1 + hk_population_n_spikes(cells) - n_early);
        }
        assert_true(hash_of(&r) == whole);
        rig_ok(&r, hk_recorder_close(recorder));
        rig_close(&r);
    }
}

/* What a window has fired is recorded while the next one is computed: a run that returns has recorded all of it, and one that could
 * not says so. */
static void all_is_recorded_when_a_run_returns_or_it_says_why(void **state)
{
    (void)state;
    a_run_that_cannot_record_says_so_and_may_go_on(open_network);
    a_run_that_cannot_record_says_so_and_may_go_on(open_part);
}

/* More threads than most machines have cores: whoever finishes one window is held up until others have computed the next. */
static void windows_are_finished_in_their_order(void **state)
{
    (void)state;
    enum { TIME_MS = 4000 };
    rig plain = open_part(0);
    rig_run(&plain, TIME_MS);
    const uint64_t whole = hash_of(&plain);
    rig_close(&plain);
    for (unsigned extra = 1; extra < 7; extra += 2) {
        rig r = open_part(extra);
        hk_recorder *recorder = record(&r);
        rig_run(&r, TIME_MS);
        assert_true(hash_of(&r) == whole);
        assert_true(hk_recorder_count(recorder, 0) == hk_population_n_spikes(r.sim->populations[0]));
        rig_ok(&r, hk_recorder_close(recorder));
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopping_and_going_on_changes_nothing),
        cmocka_unit_test(settling_between_windows_drops_what_was_delivered_for_the_next),
        cmocka_unit_test(a_projection_made_between_windows_starts_there),
        cmocka_unit_test(a_checkpoint_between_windows_is_that_of_a_run_that_ends_there),
        cmocka_unit_test(a_simulation_that_was_stopped_can_be_destroyed_at_once),
        cmocka_unit_test(windows_that_are_handed_round_by_turns_give_the_same),
        cmocka_unit_test(all_is_recorded_when_a_run_returns_or_it_says_why),
        cmocka_unit_test(windows_are_finished_in_their_order),
    };
    return cmocka_run_group_tests_name("grid_ahead", tests, make_folder, remove_folder);
}
