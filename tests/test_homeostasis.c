/* tests/test_homeostasis.c - thresholds that follow the number, or the time, of spikes. */
#include "tests/plastic_rig.h"

#include <unistd.h>

enum { N_CELLS = 3 };

static void init(rig *r)
{
    rig_init(r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 2, .n_cells = N_CELLS, .weight = 0.5 });
    assert_ok(hk_population_set_value(r->cells, "tau_theta_ms", 1e12)); /* what decays is below the tolerance */
    const double theta[N_CELLS] = { 1.5, 2.25, 0.5 };
    assert_ok(hk_population_set(r->cells, "theta_mv", theta, N_CELLS));
}

static void expect_thetas(rig *r, double a, double b, double c)
{
    double theta[N_CELLS];
    assert_ok(hk_population_get(r->cells, "theta_mv", theta));
    assert_close(theta[0], a, 1e-9);
    assert_close(theta[1], b, 1e-9);
    assert_close(theta[2], c, 1e-9);
}

/* --- number of spikes ------------------------------------------------------------------------------------ */

static void thresholds_follow_the_number_of_spikes(void **state)
{
    (void)state;
    rig r;
    init(&r);
    assert_ok(RIG_ATTACH(&r, "homeostasis", { "eta_mv", 0.3 }, { "target", 0.7 }));
    rig_fire(&r, 1, 3.0);
    rig_fire(&r, 1, 7.1);
    rig_fire(&r, 0, 9.0);
    rig_empty_sample(&r, 20.0);
    expect_thetas(&r, 1.5 + 0.3 * 0.3, 2.25 + 0.3 * 1.3, 0.5 - 0.3 * 0.7);
    rig_fire(&r, 2, 30.0);
    rig_empty_sample(&r, 20.0);
    expect_thetas(&r, 1.5 - 0.3 * 0.4, 2.25 + 0.3 * 0.6, 0.5 - 0.3 * 0.4);
    rig_fini(&r);
}

static void thresholds_stop_at_their_bounds_and_are_counted(void **state)
{
    (void)state;
    rig r;
    init(&r);
    assert_ok(RIG_ATTACH(&r, "homeostasis", { "eta_mv", 1.0 }, { "target", 1.0 }, { "theta_min_mv", 0.25 },
                         { "theta_max_mv", 2.5 }));
    rig_fire(&r, 1, 3.0);
    rig_fire(&r, 1, 5.0);
    rig_empty_sample(&r, 20.0);
    expect_thetas(&r, 0.5, 2.5, 0.25);
    hk_clips clips = hk_homeostasis_clips(hk_rule_state(r.rule));
    assert_int_equal(clips.low, 1);
    assert_int_equal(clips.high, 1);
    rig_fini(&r);
}

/* A closed loop: a cell driven by its input alone finds the threshold at which it fires as often as it should. */
static void a_cell_finds_the_threshold_of_its_target(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 4.0 });
    assert_ok(hk_population_set_value(r.cells, "v_th_mv", -66.5));
    assert_ok(RIG_ATTACH(&r, "homeostasis", { "eta_mv", 0.2 }, { "target", 5.0 }));
    uint64_t before = 0;
    for (int sample = 0; sample < 300; sample++) {
        for (int k = 0; k < 40; k++)
            rig_arrive(&r, 0, hk_sim_now_ms(r.sim) + 3.0 + 2.0 * k);
        rig_empty_sample(&r, 100.0);
        if (sample == 199)
            before = hk_population_n_spikes(r.cells);
    }
    double mean = (double)(hk_population_n_spikes(r.cells) - before) / 100.0, theta;
    assert_close(mean, 5.0, 0.1);
    assert_ok(hk_population_get(r.cells, "theta_mv", &theta));
    assert_true(theta > 1.0);
    rig_fini(&r);
}

/* --- time of the first spike ----------------------------------------------------------------------------- */

static void thresholds_follow_the_time_of_the_first_spike(void **state)
{
    (void)state;
    rig r;
    init(&r);
    const double eta = 0.013, win = 0.21;
    assert_ok(RIG_ATTACH(&r, "homeostasis_time", { "sample_ms", 20.0 }, { "t_target_ms", 8.0 }, { "eta_time", eta },
                         { "eta_win_mv", win }, { "theta_min_mv", -10.0 }));
    rig_fire(&r, 2, 11.0);
    rig_fire(&r, 0, 12.5);
    rig_fire(&r, 2, 13.5);
    rig_empty_sample(&r, 20.0);
    double late = -eta * (11.0 - 8.0), a = 1.5 + late - win / 3.0, b = 2.25 + late - win / 3.0, c = 0.5 + late + win;
    expect_thetas(&r, a, b, c);
    rig_fire(&r, 0, 24.375);
    rig_fire(&r, 1, 24.375); /* a tie goes to the lower index */
    rig_empty_sample(&r, 20.0);
    double early = -eta * (4.375 - 8.0);
    a += early + win;
    b += early - win / 3.0;
    c += early - win / 3.0;
    expect_thetas(&r, a, b, c);
    rig_empty_sample(&r, 20.0); /* silence counts as firing at the end, and nobody wins */
    double silent = -eta * (20.0 - 8.0);
    expect_thetas(&r, a + silent, b + silent, c + silent);
    rig_fini(&r);
}

static void a_first_spike_before_the_sample_changes_nothing_and_is_counted(void **state)
{
    (void)state;
    rig r;
    init(&r);
    assert_ok(RIG_ATTACH(&r, "homeostasis_time", { "sample_ms", 20.0 }, { "t_target_ms", 8.0 }));
    rig_fire(&r, 1, 5.0);
    rig_run_to(&r, 10.0);
    rig_fire(&r, 0, 15.0);
    rig_empty_sample(&r, 20.0);
    expect_thetas(&r, 1.5, 2.25, 0.5);
    assert_int_equal(hk_homeostasis_time_misplaced(hk_rule_state(r.rule)), 1);
    rig_fini(&r);
}

static void times_stop_thresholds_at_their_bounds_too(void **state)
{
    (void)state;
    rig r;
    init(&r);
    assert_ok(RIG_ATTACH(&r, "homeostasis_time", { "sample_ms", 20.0 }, { "t_target_ms", 20.0 }, { "eta_time", 0.1 },
                         { "eta_win_mv", 3.0 }, { "theta_min_mv", 0.5 }, { "theta_max_mv", 4.0 }));
    rig_fire(&r, 1, 10.0); /* 1 mV more for all, 3 for the winner, 1 less for the others */
    rig_empty_sample(&r, 20.0);
    expect_thetas(&r, 1.5, 4.0, 0.5);
    assert_int_equal(hk_homeostasis_time_clips(hk_rule_state(r.rule)).high, 1);
    rig_fini(&r);
}

/* --- checkpoints, changes, refusals ---------------------------------------------------------------------- */

static void build(rig *r)
{
    rig_param count[] = { { "eta_mv", 0.3 }, { "target", 0.7 } };
    rig_param time[] = { { "sample_ms", 20.0 }, { "t_target_ms", 8.0 }, { "theta_min_mv", -5.0 } };
    init(r);
    assert_ok(rig_try_attach(r, "homeostasis", count, N_OF(count)));
    assert_ok(rig_try_attach(r, "homeostasis_time", time, N_OF(time)));
}

static void a_checkpoint_within_a_sample_changes_no_bit(void **state)
{
    (void)state;
    char folder[] = "/tmp/hk_homeostasis_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/middle.h5", folder);
    rig r, resumed;
    build(&r);
    rig_fire(&r, 2, 3.3);
    rig_fire(&r, 2, 3.9);
    rig_run_to(&r, 10.0);
    assert_ok(hk_sim_save(r.sim, path));
    build(&resumed);
    assert_ok(hk_sim_load(resumed.sim, path));
    double whole[N_CELLS], split[N_CELLS];
    rig_empty_sample(&r, 10.0);
    rig_empty_sample(&resumed, 10.0);
    assert_ok(hk_population_get(r.cells, "theta_mv", whole));
    assert_ok(hk_population_get(resumed.cells, "theta_mv", split));
    assert_memory_equal(whole, split, sizeof whole);
    assert_close(whole[2], 0.5 + 0.3 * 1.3 - 0.001 * (3.3 - 8.0) + 0.1, 1e-9);
    rig_fini(&r);
    rig_fini(&resumed);
    unlink(path);
    rmdir(folder);
}

static void what_the_rules_cannot_do_is_refused(void **state)
{
    (void)state;
    rig r;
    init(&r);
    assert_status(RIG_ATTACH(&r, "homeostasis", { "theta_min_mv", 2.0 }, { "theta_max_mv", 1.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "homeostasis", { "eta_mv", -0.1 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "homeostasis_time", { "sample_ms", 50.0 }, { "t_target_ms", 51.0 }), HK_ERANGE);
    assert_ok(RIG_ATTACH(&r, "homeostasis", { "eta_mv", 0.1 }));
    assert_status(hk_rule_set(r.rule, "theta_min_mv", 1e7), HK_ERANGE);
    assert_ok(hk_rule_set(r.rule, "target", 2.0));
    rig_empty_sample(&r, 5.0);
    expect_thetas(&r, 1.5 - 0.2, 2.25 - 0.2, 0.5 - 0.2);
    rig_fini(&r);
}

/* A model without a threshold that adapts: enough of one to be connected to. */
static void nothing(const hk_neuron_view *view)
{
    (void)view;
}

static double read_nothing(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    (void)view, (void)variable, (void)i, (void)now;
    return 0.0;
}

static void write_nothing(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    (void)view, (void)variable, (void)i, (void)now, (void)value;
}

static void a_population_without_an_adaptive_threshold_is_refused(void **state)
{
    (void)state;
    static const hk_column variables[] = { { "v_mv", "mV", 0.0, -1.0, 1.0, "potential" } };
    static const hk_neuron_model plain = { .name = "plain",
                                           .summary = "",
                                           .source = "",
                                           .kind = HK_MODEL_NEURON,
                                           .weight_unit = "mV",
                                           .state = variables,
                                           .n_state = 1,
                                           .prepare = nothing,
                                           .read = read_nothing,
                                           .write = write_nothing };
    rig r;
    init(&r);
    hk_population *cells;
    hk_projection *projection;
    hk_rule *rule;
    assert_ok(hk_population_create(r.sim, "plain", &plain, 2, &cells));
    assert_ok(hk_projection_create(r.sim,
                                   &(hk_projection_config){ .pre = r.inputs,
                                                            .post = cells,
                                                            .connect = HK_ALL_TO_ALL,
                                                            .weight = hk_constant(1.0),
                                                            .delay_ms = hk_constant(1.0) },
                                   &projection));
    assert_status(hk_rule_attach(projection, &hk_homeostasis, 0, NULL, NULL, &rule), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "theta_mv"));
    assert_status(hk_rule_attach(projection, &hk_homeostasis_time, 0, NULL, NULL, &rule), HK_ERANGE);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thresholds_follow_the_number_of_spikes),
        cmocka_unit_test(thresholds_stop_at_their_bounds_and_are_counted),
        cmocka_unit_test(a_cell_finds_the_threshold_of_its_target),
        cmocka_unit_test(thresholds_follow_the_time_of_the_first_spike),
        cmocka_unit_test(a_first_spike_before_the_sample_changes_nothing_and_is_counted),
        cmocka_unit_test(times_stop_thresholds_at_their_bounds_too),
        cmocka_unit_test(a_checkpoint_within_a_sample_changes_no_bit),
        cmocka_unit_test(what_the_rules_cannot_do_is_refused),
        cmocka_unit_test(a_population_without_an_adaptive_threshold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
