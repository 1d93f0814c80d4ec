/* tests/test_stdp.c - pair STDP and the traces it stands on. */
#include "tests/stdp_rig.h"

#include "plasticity/trace.h"

#include <unistd.h>

static void a_trace_is_the_sum_of_its_exponentials_however_far_the_epoch_has_moved(void **state)
{
    (void)state;
    const double tau = 7.3, at[] = { 0.31, 0.31, 12.77, 80.005, 81.5, 400.123, 401.7, 30000.3, 30011.1 };
    hk_trace all, nearest;
    assert_ok(hk_trace_init(NULL, &all, 2, tau, 0.1));
    assert_ok(hk_trace_init(NULL, &nearest, 2, tau, 0.1));
    for (size_t k = 0; k < N_OF(at); k++) {
        hk_time now = hk_time_from_ms(at[k], 0.1);
        hk_trace_raise(&all, 1, HK_PAIR_ALL, now);
        hk_trace_raise(&nearest, 1, HK_PAIR_NEAREST, now);
        double later = at[k] + 0.173, sum = 0.0;
        hk_time then = hk_time_from_ms(later, 0.1);
        for (size_t m = 0; m <= k; m++)
            sum += exp(-(later - at[m]) / tau);
        assert_close(hk_trace_factor(&all, then) * all.scaled[1], sum, 1e-12 * sum);
        assert_close(hk_trace_factor(&nearest, then) * nearest.scaled[1], exp(-0.173 / tau), 1e-12);
        assert_true(all.scaled[0] == 0.0);
    }
    hk_trace_fini(&all);
    hk_trace_fini(&nearest);
}

static void a_trace_keeps_its_value_when_tau_changes(void **state)
{
    (void)state;
    hk_trace trace;
    assert_ok(hk_trace_init(NULL, &trace, 1, 20.0, 0.1));
    hk_trace_raise(&trace, 0, HK_PAIR_ALL, hk_time_from_ms(11.25, 0.1));
    hk_trace_set_tau(&trace, 5.0, hk_time_from_ms(17.3, 0.1));
    double x = hk_trace_factor(&trace, hk_time_from_ms(19.0, 0.1)) * trace.scaled[0];
    assert_close(x, exp(-6.05 / 20.0) * exp(-1.7 / 5.0), 1e-14);
    hk_trace_fini(&trace);
}

/* --- the window ------------------------------------------------------------------------------------------ */

/* The change of one weight by an arrival at 200 ms and a spike `interval` later, in fractions of w_max = 2.5. */
static double change_by_pair(double interval, double pairing, rig_layout layout)
{
    rig r;
    rig_init(&r, &(rig_config){ .layout = layout, .n_inputs = 1, .n_cells = 1, .weight = 0.0 });
    assert_ok(RIG_ATTACH(&r, "stdp", SHAPE, { "w_max", 2.5 }, { "hard", 0.0 }, { "pairing", pairing }));
    rig_arrive(&r, 0, 200.0);
    rig_fire(&r, 0, 200.0 + interval);
    rig_run_to(&r, 300.0);
    assert_int_equal(hk_population_n_spikes(r.cells), 1);
    double w = rig_weight(&r);
    rig_fini(&r);
    return w / 2.5;
}

static void the_window_is_an_exponential_on_either_side(void **state)
{
    (void)state;
    for (int pairing = 0; pairing < 2; pairing++) {
        for (rig_layout layout = RIG_DENSE; layout <= RIG_DIAGONAL; layout++) {
            for (double dt = -79.63; dt < 80.0; dt += 7.017) {
                double expected = dt > 0.0 ? a_plus * exp(-dt / tau_plus) : -a_minus * exp(dt / tau_minus);
                assert_close(change_by_pair(dt, pairing, layout), expected, 1e-7 * fabs(expected));
            }
        }
    }
}

static void a_pair_at_the_same_instant_is_pre_before_post(void **state)
{
    (void)state;
    assert_close(change_by_pair(0.0, 0.0, RIG_DENSE), a_plus, 1e-7 * a_plus);
    assert_close(change_by_pair(0.0, 1.0, RIG_SPARSE), a_plus, 1e-7 * a_plus);
}

static void intervals_far_beyond_the_window_change_nothing(void **state)
{
    (void)state;
    assert_close(change_by_pair(99.0, 0.0, RIG_DENSE), a_plus * exp(-99.0 / tau_plus), 1e-9);
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.3 });
    assert_ok(RIG_ATTACH(&r, "stdp", SHAPE));
    rig_arrive(&r, 0, 20.0);
    rig_fire(&r, 0, 40000.0);
    rig_arrive(&r, 0, 80000.0);
    rig_run_to(&r, 80100.0);
    assert_true((float)rig_weight(&r) == 0.3f);
    rig_fini(&r);
}

/* --- pairings -------------------------------------------------------------------------------------------- */

static double change_by_spikes(double pairing, const double *arrivals, size_t n_arrivals, const double *spikes,
                               size_t n_spikes)
{
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.0 });
    assert_ok(RIG_ATTACH(&r, "stdp", SHAPE, { "hard", 0.0 }, { "pairing", pairing }));
    for (size_t k = 0; k < n_arrivals; k++)
        rig_arrive(&r, 0, arrivals[k]);
    for (size_t k = 0; k < n_spikes; k++)
        rig_fire(&r, 0, spikes[k]);
    rig_run_to(&r, 200.0);
    double w = rig_weight(&r);
    rig_fini(&r);
    return w;
}

static void all_to_all_counts_every_pair_and_nearest_only_the_last(void **state)
{
    (void)state;
    const double two[] = { 50.13, 58.9 }, one[] = { 63.3 };
    double near = exp(-(63.3 - 58.9) / tau_plus), far = exp(-(63.3 - 50.13) / tau_plus);
    assert_close(change_by_spikes(0.0, two, 2, one, 1), a_plus * (near + far), 1e-8);
    assert_close(change_by_spikes(1.0, two, 2, one, 1), a_plus * near, 1e-8);
    near = exp(-(63.3 - 58.9) / tau_minus);
    far = exp(-(63.3 - 50.13) / tau_minus);
    assert_close(change_by_spikes(0.0, one, 1, two, 2), -a_minus * (near + far), 1e-8);
    assert_close(change_by_spikes(1.0, one, 1, two, 2), -a_minus * near, 1e-8);
}

static void one_arrival_serves_every_later_spike_in_both_pairings(void **state)
{
    (void)state;
    const double one[] = { 50.13 }, two[] = { 58.9, 63.3 };
    double expected = a_plus * (exp(-(58.9 - 50.13) / tau_plus) + exp(-(63.3 - 50.13) / tau_plus));
    assert_close(change_by_spikes(0.0, one, 1, two, 2), expected, 1e-8);
    assert_close(change_by_spikes(1.0, one, 1, two, 2), expected, 1e-8);
}

/* --- dependence on the weight ---------------------------------------------------------------------------- */

static void mu_leads_from_additive_to_multiplicative(void **state)
{
    (void)state;
    const double w_min = -0.25, w_max = 1.5, range = 1.75, w = 0.3125, dt = 6.6;
    const double mus[] = { 0.0, 0.07, 0.4, 1.0, 2.3 };
    for (size_t k = 0; k < N_OF(mus); k++) {
        for (int side = -1; side <= 1; side += 2) {
            rig r;
            rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = w });
            assert_ok(RIG_ATTACH(&r, "stdp", SHAPE, { "w_min", w_min }, { "w_max", w_max }, { "mu_plus", mus[k] },
                                 { "mu_minus", mus[k] }));
            rig_arrive(&r, 0, 50.0);
            rig_fire(&r, 0, 50.0 + side * dt);
            rig_run_to(&r, 100.0);
            double u = (w - w_min) / range;
            double expected = side > 0 ? a_plus * range * exp(-dt / tau_plus) * pow(1.0 - u, mus[k])
                                       : -a_minus * range * exp(-dt / tau_minus) * pow(u, mus[k]);
            assert_close(rig_weight(&r) - w, expected, 4e-8);
            rig_fini(&r);
        }
    }
}

static void hard_bounds_stop_the_weight_and_are_counted(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.1 });
    assert_ok(RIG_ATTACH(&r, "stdp", { "a_plus", 0.03 }, { "a_minus", 0.26 }, { "w_max", 0.1 }, { "w_min", 0.095 }));
    rig_arrive(&r, 0, 20.0);
    rig_run_to(&r, 21.0);
    hk_clips clips = hk_stdp_clips(hk_rule_state(r.rule));
    assert_int_equal(clips.high, 0); /* a weight at its bound that does not change is not stopped */
    rig_fire(&r, 0, 22.0);
    rig_run_to(&r, 25.0);
    clips = hk_stdp_clips(hk_rule_state(r.rule));
    assert_int_equal(clips.high, 1);
    assert_int_equal(clips.low, 0);
    assert_true((float)rig_weight(&r) == 0.1f);
    for (int k = 0; k < 40; k++)
        rig_arrive(&r, 0, 30.0 + k);
    rig_run_to(&r, 75.0);
    clips = hk_stdp_clips(hk_rule_state(r.rule));
    assert_true(clips.low > 0);
    assert_true((float)rig_weight(&r) == 0.095f);
    rig_fini(&r);
}

static void soft_bounds_hold_without_hard_ones(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "stdp", { "a_plus", 0.4 }, { "mu_plus", 0.3 }, { "mu_minus", 0.3 }, { "hard", 0.0 }));
    for (int k = 0; k < 30; k++) {
        rig_arrive(&r, 0, 20.0 + 200.0 * k);
        rig_fire(&r, 0, 20.7 + 200.0 * k);
    }
    rig_run_to(&r, 6100.0);
    double w = rig_weight(&r);
    assert_true(w >= 1.0 && w < 1.4); /* one step may pass the bound, the next finds no room */
    rig_fini(&r);
}

/* --- checkpoints, changes -------------------------------------------------------------------------------- */

static void build_for_checkpoint(rig *r, const hk_projection_config *list)
{
    rig_init(r, &(rig_config){ .layout = RIG_LIST, .n_inputs = 6, .n_cells = 5, .list = list });
    assert_ok(RIG_ATTACH(r, "stdp", SHAPE, { "mu_plus", 0.1 }));
}

static void a_checkpoint_in_the_middle_changes_no_bit(void **state)
{
    (void)state;
    uint32_t pre[N_LIST], post[N_LIST];
    double weight[N_LIST], delay_ms[N_LIST], whole[N_LIST], split[N_LIST];
    random_list(pre, post, weight, delay_ms);
    hk_projection_config list = { .name = "plastic",
                                  .connect = HK_EXPLICIT,
                                  .pairs = HK_PAIRS_MULTAPSES,
                                  .n = N_LIST,
                                  .list_pre = pre,
                                  .list_post = post,
                                  .list_weight = weight,
                                  .list_delay_ms = delay_ms };
    char folder[] = "/tmp/hk_stdp_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/middle.h5", folder);
    rig r, resumed;
    build_for_checkpoint(&r, &list);
    rig_random_spikes(&r, 10.0, 900.0, 1);
    rig_run_to(&r, 433.7);
    assert_ok(hk_sim_save(r.sim, path));
    rig_run_to(&r, 1000.0);
    build_for_checkpoint(&resumed, &list);
    assert_ok(hk_sim_load(resumed.sim, path));
    rig_run_to(&resumed, 1000.0);
    assert_int_equal(rig_weights(&r, whole, N_LIST), N_LIST);
    assert_int_equal(rig_weights(&resumed, split, N_LIST), N_LIST);
    assert_memory_equal(whole, split, sizeof whole);
    hk_clips a = hk_stdp_clips(hk_rule_state(r.rule)), b = hk_stdp_clips(hk_rule_state(resumed.rule));
    assert_true(a.low + a.high > 0);
    assert_int_equal(a.low, b.low);
    assert_int_equal(a.high, b.high);
    rig_fini(&r);
    rig_fini(&resumed);
    unlink(path);
    rmdir(folder);
}

static void a_changed_parameter_counts_from_then_on(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.0 });
    assert_ok(RIG_ATTACH(&r, "stdp", SHAPE, { "hard", 0.0 }));
    rig_arrive(&r, 0, 20.0);
    rig_run_to(&r, 25.0);
    assert_ok(hk_rule_set(r.rule, "a_plus", 0.5));
    assert_ok(hk_rule_set(r.rule, "tau_plus_ms", 4.0));
    rig_fire(&r, 0, 27.0);
    rig_run_to(&r, 30.0);
    assert_close(rig_weight(&r), 0.5 * exp(-5.0 / tau_plus) * exp(-2.0 / 4.0), 3e-8);
    assert_status(hk_rule_set(r.rule, "w_max", -1.0), HK_ERANGE);
    assert_status(hk_rule_set(r.rule, "pairing", 0.5), HK_ERANGE);
    assert_status(hk_rule_set(r.rule, "a_minus", -0.1), HK_ERANGE);
    assert_status(hk_rule_set(r.rule, "tau", 1.0), HK_ENAME);
    rig_fini(&r);
}

static void a_rule_that_is_off_changes_nothing(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "stdp", SHAPE));
    hk_rule_enable(r.rule, false);
    rig_arrive(&r, 0, 20.0);
    rig_fire(&r, 0, 22.0);
    rig_run_to(&r, 30.0);
    assert_true(rig_weight(&r) == 0.5);
    rig_fini(&r);
}

static void settling_forgets_the_traces_and_keeps_the_weights(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "stdp", SHAPE));
    rig_arrive(&r, 0, 20.0);
    rig_fire(&r, 0, 21.0);
    rig_run_to(&r, 25.0);
    double learnt = rig_weight(&r);
    assert_true(learnt > 0.5);
    assert_ok(hk_sim_settle(r.sim));
    rig_fire(&r, 0, 27.0);
    rig_run_to(&r, 28.0);
    assert_true(rig_weight(&r) == learnt);
    rig_fini(&r);
}

static void settling_forgets_all_three_traces_of_the_triplet_rule(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "stdp_diehl_cook", { "lr_pre", 0.01 }, { "lr_post", 0.02 }));
    rig_arrive(&r, 0, 20.0);
    rig_fire(&r, 0, 22.0);
    rig_fire(&r, 0, 24.0);
    rig_run_to(&r, 25.0);
    double before = rig_weight(&r);
    assert_true(before > 0.5);
    assert_ok(hk_sim_settle(r.sim));
    rig_fire(&r, 0, 27.0); /* no trace of the arrival */
    rig_run_to(&r, 28.0);
    assert_true(rig_weight(&r) == before);
    assert_ok(hk_sim_settle(r.sim));
    rig_arrive(&r, 0, 30.0); /* none of the spikes */
    rig_run_to(&r, 31.0);
    assert_true(rig_weight(&r) == before);
    rig_fini(&r);
}

/* --- refusals -------------------------------------------------------------------------------------------- */

static void what_the_rule_cannot_do_is_refused(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 2, .n_cells = 3, .weight = 1.2 });
    assert_status(RIG_ATTACH(&r, "stdp", { "w_max", 1.1 }), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "weight 1.2 from neuron 0 to neuron 0"));
    assert_ok(RIG_ATTACH(&r, "stdp", { "w_max", 1.1 }, { "hard", 0.0 }));
    assert_status(RIG_ATTACH(&r, "stdp", { "w_min", 2.0 }, { "w_max", 2.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp", { "w_max", 2.0 }, { "hard", 0.5 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp", { "w_max", 2.0 }, { "pairing", 2.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp", { "tau_plus_ms", (double)NAN }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp", { "tau_minus_ms", 0.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp", { "mu", 1.0 }), HK_ENAME);
    rig_fini(&r);
    const uint32_t one[] = { 1 };
    const hk_projection_config list = { .name = "exact",
                                        .connect = HK_EXPLICIT,
                                        .n = 1,
                                        .list_pre = one,
                                        .list_post = one,
                                        .double_weights = true,
                                        .weight = hk_constant(0.5),
                                        .delay_ms = hk_constant(1.0) };
    rig_init(&r, &(rig_config){ .layout = RIG_LIST, .n_inputs = 2, .n_cells = 3, .not_plastic = true, .list = &list });
    assert_status(RIG_ATTACH(&r, "normalise", { "sum", 1.0 }), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "double"));
    rig_fini(&r);
}

static void the_catalogue_finds_each_rule_by_name(void **state)
{
    (void)state;
    size_t n;
    const hk_rule_type *const *types = hk_rule_types(&n);
    assert_int_equal(n, 8);
    for (size_t k = 0; k < n; k++) {
        assert_ptr_equal(hk_rule_type_find(types[k]->name), types[k]);
        assert_non_null(types[k]->summary);
        assert_non_null(types[k]->source);
        for (size_t p = 0; p < types[k]->n_params; p++) {
            const hk_column *column = &types[k]->params[p];
            assert_true(column->initial >= column->min && column->initial <= column->max);
            assert_true(strlen(column->meaning) > 0);
            assert_int_equal(hk_column_find(types[k]->params, types[k]->n_params, column->name), p);
        }
    }
    assert_null(hk_rule_type_find("stpd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_is_the_sum_of_its_exponentials_however_far_the_epoch_has_moved),
        cmocka_unit_test(a_trace_keeps_its_value_when_tau_changes),
        cmocka_unit_test(the_window_is_an_exponential_on_either_side),
        cmocka_unit_test(a_pair_at_the_same_instant_is_pre_before_post),
        cmocka_unit_test(intervals_far_beyond_the_window_change_nothing),
        cmocka_unit_test(all_to_all_counts_every_pair_and_nearest_only_the_last),
        cmocka_unit_test(one_arrival_serves_every_later_spike_in_both_pairings),
        cmocka_unit_test(mu_leads_from_additive_to_multiplicative),
        cmocka_unit_test(hard_bounds_stop_the_weight_and_are_counted),
        cmocka_unit_test(soft_bounds_hold_without_hard_ones),
        cmocka_unit_test(a_checkpoint_in_the_middle_changes_no_bit),
        cmocka_unit_test(a_changed_parameter_counts_from_then_on),
        cmocka_unit_test(a_rule_that_is_off_changes_nothing),
        cmocka_unit_test(settling_forgets_the_traces_and_keeps_the_weights),
        cmocka_unit_test(settling_forgets_all_three_traces_of_the_triplet_rule),
        cmocka_unit_test(what_the_rule_cannot_do_is_refused),
        cmocka_unit_test(the_catalogue_finds_each_rule_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
