/* tests/test_hebbian.c - Oja's rule on spikes. */
#include "tests/plastic_rig.h"

#include <unistd.h>

static void each_spike_follows_the_equation(void **state)
{
    (void)state;
    const double tau_pre = 17.3, tau_post = 29.0, lr = 0.07, unit = 2.5;
    for (rig_layout layout = RIG_DENSE; layout <= RIG_DIAGONAL; layout++) {
        rig r;
        rig_init(&r, &(rig_config){ .layout = layout, .n_inputs = 1, .n_cells = 1, .weight = 0.75 });
        assert_ok(RIG_ATTACH(&r, "hebbian", { "tau_pre_ms", tau_pre }, { "tau_post_ms", tau_post }, { "lr", lr },
                             { "w_unit", unit }));
        rig_arrive(&r, 0, 20.0);
        rig_arrive(&r, 0, 26.3);
        rig_fire(&r, 0, 28.0); /* an arrival of the same instant counts */
        rig_arrive(&r, 0, 28.0);
        rig_fire(&r, 0, 36.9);
        rig_run_to(&r, 50.0);
        double w = 0.75, x = exp(-8.0 / tau_pre) + exp(-1.7 / tau_pre) + 1.0;
        w += lr * (unit * x - 1.0 * w);
        w += lr * (unit * x * exp(-8.9 / tau_pre) - (1.0 + exp(-8.9 / tau_post)) * w);
        assert_close(rig_weight(&r), w, 2e-7);
        rig_fini(&r);
    }
}

/* --- the first principal component ----------------------------------------------------------------------- */

enum { N_INPUTS = 4 };

/* Inputs share events to different degrees, and each has some spikes of its own. */
static void draw_inputs(hk_stream *s, bool *spikes)
{
    static const double shared[N_INPUTS] = { 0.9, 0.6, 0.35, 0.1 }, own[N_INPUTS] = { 0.002, 0.004, 0.004, 0.008 };
    bool event = hk_stream_uniform(s) < 0.02;
    for (int i = 0; i < N_INPUTS; i++) {
        double u = hk_stream_uniform(s), v = hk_stream_uniform(s);
        spikes[i] = (event && u < shared[i]) || v < own[i];
    }
}

static void first_component(double m[N_INPUTS][N_INPUTS], double *out)
{
    for (int i = 0; i < N_INPUTS; i++)
        out[i] = 1.0;
    for (int step = 0; step < 500; step++) {
        double next[N_INPUTS] = { 0.0 }, norm = 0.0;
        for (int i = 0; i < N_INPUTS; i++)
            for (int j = 0; j < N_INPUTS; j++)
                next[i] += m[i][j] * out[j];
        for (int i = 0; i < N_INPUTS; i++)
            norm += next[i] * next[i];
        for (int i = 0; i < N_INPUTS; i++)
            out[i] = next[i] / sqrt(norm);
    }
}

static double angle_deg(const double *a, const double *b)
{
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (int i = 0; i < N_INPUTS; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return acos(ab / sqrt(aa * bb)) * 180.0 / acos(-1.0);
}

/* The cell is made to fire in proportion to w.x. Millisecond by millisecond: inputs arrive, 0.375 ms later it may fire. */
static void weights_turn_to_the_first_principal_component(void **state)
{
    (void)state;
    const double tau = 20.0;
    double x[N_INPUTS] = { 0.0 }, w[N_INPUTS], m[N_INPUTS][N_INPUTS] = { { 0.0 } }, component[N_INPUTS];
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = N_INPUTS, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "hebbian", { "tau_pre_ms", tau }, { "tau_post_ms", tau }, { "lr", 5e-4 }));
    hk_stream s = hk_stream_open(44, HK_PURPOSE_TEST, 1, 0);
    for (int k = 0; k < 200000; k++) {
        double arrival = hk_sim_now_ms(r.sim) + 2.0, drive = 0.0;
        bool spikes[N_INPUTS];
        draw_inputs(&s, spikes);
        assert_int_equal(rig_weights(&r, w, N_INPUTS), N_INPUTS);
        for (uint32_t i = 0; i < N_INPUTS; i++) {
            x[i] = x[i] * exp(-1.0 / tau) + (spikes[i] ? 1.0 : 0.0);
            drive += w[i] * x[i];
            if (spikes[i])
                rig_arrive(&r, i, arrival);
        }
        for (int i = 0; i < N_INPUTS; i++)
            for (int j = 0; j < N_INPUTS; j++)
                m[i][j] += x[i] * x[j];
        if (hk_stream_uniform(&s) < 0.05 * drive)
            rig_fire(&r, 0, arrival + 0.375);
        rig_run_to(&r, arrival - 1.0);
    }
    first_component(m, component);
    const double uniform[N_INPUTS] = { 1.0, 1.0, 1.0, 1.0 };
    assert_true(angle_deg(component, uniform) > 15.0); /* where the weights began */
    assert_true(angle_deg(component, w) < 3.0);
    rig_fini(&r);
}

/* --- checkpoints, changes, refusals ---------------------------------------------------------------------- */

static void build(rig *r)
{
    rig_init(r, &(rig_config){ .layout = RIG_SPARSE, .n_inputs = 6, .n_cells = 3, .weight = 0.5 });
    assert_ok(RIG_ATTACH(r, "hebbian", { "lr", 0.01 }));
}

static void a_checkpoint_in_the_middle_changes_no_bit(void **state)
{
    (void)state;
    char folder[] = "/tmp/hk_hebbian_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/middle.h5", folder);
    rig r, resumed;
    build(&r);
    rig_random_spikes(&r, 10.0, 500.0, 2);
    rig_run_to(&r, 211.125);
    assert_ok(hk_sim_save(r.sim, path));
    rig_run_to(&r, 510.0);
    build(&resumed);
    assert_ok(hk_sim_load(resumed.sim, path));
    rig_run_to(&resumed, 510.0);
    double whole[18], split[18];
    assert_int_equal(rig_weights(&r, whole, 18), 18);
    assert_int_equal(rig_weights(&resumed, split, 18), 18);
    assert_memory_equal(whole, split, sizeof whole);
    rig_fini(&r);
    rig_fini(&resumed);
    unlink(path);
    rmdir(folder);
}

static void settling_ends_both_traces(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "hebbian", { "lr", 0.25 }));
    rig_arrive(&r, 0, 20.0);
    rig_fire(&r, 0, 21.0);
    rig_run_to(&r, 25.0);
    double w = rig_weight(&r);
    assert_ok(hk_sim_settle(r.sim));
    assert_ok(hk_rule_set(r.rule, "lr", 0.125));
    rig_fire(&r, 0, 27.0);
    rig_run_to(&r, 28.0);
    assert_close(rig_weight(&r), 0.875 * w, 1e-7);
    rig_fini(&r);
}

static void parameters_out_of_range_are_refused(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.5 });
    assert_status(RIG_ATTACH(&r, "hebbian", { "lr", 1.01 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "hebbian", { "w_unit", 0.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "hebbian", { "w_max", 1.0 }), HK_ENAME);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_spike_follows_the_equation),
        cmocka_unit_test(weights_turn_to_the_first_principal_component),
        cmocka_unit_test(a_checkpoint_in_the_middle_changes_no_bit),
        cmocka_unit_test(settling_ends_both_traces),
        cmocka_unit_test(parameters_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
