/* tests/test_simulation.c - what the engine promises around the models: windows, stops, order, competition, samples, errors. */
#include "tests/mixed_net.h"

#include "encoders/catalogue.h"

/* --- stopping -------------------------------------------------------------------------------------------------------- */

typedef struct stopper {
    int n_calls, stop_at;
    bool by_flag;
    double last_ms;
} stopper;

static int count_and_stop(hk_sim *sim, hk_time end, void *user)
{
    stopper *s = user;
    double now = hk_sim_now_ms(sim);
    assert_true(now > s->last_ms);
    assert_close(hk_time_to_ms(end, hk_sim_resolution_ms(sim)), now, 1e-9);
    s->last_ms = now;
    if (++s->n_calls != s->stop_at)
        return 0;
    if (!s->by_flag)
        return 1;
    hk_sim_stop(sim);
    return 0;
}

static void a_stop_takes_effect_at_a_window_and_the_run_goes_on_seamlessly(void **state)
{
    (void)state;
    mixed_config forms[MIXED_FORMS];
    (void)mixed_forms(hk_neuron_model_find("lif_exp"), forms);
    mixed_net whole = mixed_build(&forms[1]);
    rig_run(&whole.r, mixed_ms);
    uint64_t expected = mixed_fingerprint(&whole);
    mixed_close(&whole);
    for (int by_flag = 0; by_flag < 2; by_flag++) {
        mixed_net net = mixed_build(&forms[1]);
        stopper s = { .stop_at = 3, .by_flag = by_flag };
        hk_sim_on_window(net.r.sim, count_and_stop, &s);
        int n_stops = 0;
        while (hk_sim_now_ms(net.r.sim) < mixed_ms - 1e-9) {
            rig_run(&net.r, mixed_ms - hk_sim_now_ms(net.r.sim));
            if (!hk_sim_stopped(net.r.sim))
                break;
            n_stops++;
            assert_int_equal(s.n_calls, 3);
            s.n_calls = 0;
        }
        assert_true(n_stops > 5);
        assert_close(hk_sim_now_ms(net.r.sim), mixed_ms, 1e-9);
        assert_true(mixed_fingerprint(&net) == expected);
        mixed_close(&net);
    }
}

static void a_stop_by_both_ways_at_once_stops_once(void **state)
{
    (void)state;
    rig r = rig_open();
    hk_population *p = rig_neurons(&r, "p", "lif", 1);
    rig_set(&r, p, "i_e_pa", 500.0);
    hk_sim_stop(r.sim); /* asked for before: the next window ends the run */
    stopper s = { .stop_at = 1 };
    hk_sim_on_window(r.sim, count_and_stop, &s);
    rig_run(&r, 1000.0);
    assert_true(hk_sim_stopped(r.sim));
    assert_true(hk_sim_now_ms(r.sim) < 1000.0);
    rig_run(&r, 1000.0);
    assert_false(hk_sim_stopped(r.sim));
    rig_close(&r);
}

/* --- order of spikes --------------------------------------------------------------------------------------------------- */

typedef struct order_check {
    hk_population *of[3];
    hk_time last[3];
    uint32_t last_neuron[3];
    uint64_t n;
} order_check;

static int check_window_order(hk_sim *sim, hk_time end, void *user)
{
    (void)sim;
    order_check *c = user;
    for (int k = 0; k < 3; k++) {
        size_t n;
        const hk_spike *spikes = hk_population_spikes(c->of[k], &n);
        for (size_t i = 0; i < n; i++) {
            assert_false(hk_time_before(spikes[i].time, c->last[k]));
            if (hk_time_equal(spikes[i].time, c->last[k]))
                assert_true(spikes[i].neuron > c->last_neuron[k] || k == 0); /* a source may be told twice */
            assert_false(hk_time_before(end, spikes[i].time));
            c->last[k] = spikes[i].time;
            c->last_neuron[k] = spikes[i].neuron;
        }
        c->n += n;
    }
    return 0;
}

static void windows_show_spikes_in_order_of_time_then_neuron(void **state)
{
    (void)state;
    mixed_config forms[MIXED_FORMS];
    for (int m = 0; m < 2; m++) {
        (void)mixed_forms(hk_neuron_model_find(m == 0 ? "lif" : "lif_exp"), forms);
        mixed_net net = mixed_build(&forms[0]);
        order_check c = { .of = { net.given, net.a, net.b } };
        for (int k = 0; k < 3; k++)
            c.last[k] = (hk_time){ .step = -2, .offset = 0.1 };
        hk_sim_on_window(net.r.sim, check_window_order, &c);
        rig_run(&net.r, mixed_ms);
        assert_true(c.n ==
                    hk_population_n_spikes(net.given) + hk_population_n_spikes(net.a) + hk_population_n_spikes(net.b));
        mixed_close(&net);
    }
}

static void counts_are_by_neuron_until_they_are_cleared(void **state)
{
    (void)state;
    rig r = rig_open();
    hk_population *in = rig_neurons(&r, "in", "spike_source", 3), *p = rig_neurons(&r, "p", "lif", 3);
    rig_wire(&r, in, 1, p, 2, 50.0, 0.1);
    for (int k = 0; k < 5; k++)
        rig_give(&r, in, 1, 1.0 + 10.0 * k);
    rig_give(&r, in, 0, 33.0);
    rig_run(&r, 25.0);
    assert_true(hk_population_counts(p)[2] == 3 && hk_population_counts(p)[0] == 0 && hk_population_counts(in)[1] == 3);
    hk_population_clear_counts(p);
    rig_run(&r, 25.0);
    assert_true(hk_population_counts(p)[2] == 2 && hk_population_n_spikes(p) == 5);
    assert_true(hk_population_counts(in)[0] == 1 && hk_population_counts(in)[1] == 5 &&
                hk_population_counts(in)[2] == 0);
    hk_sim_stats stats = hk_sim_get_stats(r.sim);
    assert_true(stats.spikes == 11 && stats.synaptic_events == 5 && stats.windows > 0);
    rig_close(&r);
}

/* --- a ring -------------------------------------------------------------------------------------------------------------- */

static void a_spike_goes_round_a_ring_a_hundred_thousand_times_without_a_rounding(void **state)
{
    (void)state;
    enum { N = 7, DELAY = 13, ROUNDS = 100000 };
    rig r = rig_open();
    hk_population *p = rig_neurons(&r, "ring", "lif", N), *in = rig_neurons(&r, "in", "spike_source", 1);
    rig_set(&r, p, "t_ref_ms", 0.5);
    uint32_t pre[N], post[N];
    for (uint32_t i = 0; i < N; i++) {
        pre[i] = i;
        post[i] = (i + 1) % N;
    }
    hk_projection *ring;
    rig_ok(&r, hk_projection_create(r.sim,
                                    &(hk_projection_config){ .pre = p,
                                                             .post = p,
                                                             .connect = HK_EXPLICIT,
                                                             .n = N,
                                                             .list_pre = pre,
                                                             .list_post = post,
                                                             .weight = hk_constant(20.0),
                                                             .delay_ms = hk_constant(0.1 * DELAY) },
                                    &ring));
    rig_wire(&r, in, 0, p, 0, 20.0, 0.1);
    const hk_time start = hk_time_from_ms(0.7371, 0.1);
    rig_give(&r, in, 0, 0.7371);
    raster s;
    raster_of(&r, &s, p);
    rig_run(&r, 0.1 * DELAY * N * ROUNDS);
    assert_int_equal(s.n, N * ROUNDS);
    for (size_t k = 0; k < s.n; k++)
        if (s.spikes[k].neuron != k % N || s.spikes[k].time.step != start.step + 1 + (int64_t)k * DELAY ||
            s.spikes[k].time.offset != start.offset)
            fail_msg("spike %zu of the ring is out of place", k);
    raster_free(&s);
    rig_close(&r);
}

/* --- samples ------------------------------------------------------------------------------------------------------------------ */

typedef struct samples {
    uint64_t n, last;
    size_t spikes;
    bool stop;
} samples;

static int on_sample(hk_sim *sim, uint64_t sample, size_t n_input_spikes, void *user)
{
    (void)sim;
    samples *s = user;
    s->n++;
    s->last = sample;
    s->spikes += n_input_spikes;
    return s->stop;
}

static void presented_samples_become_spikes_of_the_source(void **state)
{
    (void)state;
    rig r = rig_open();
    hk_population *in = rig_neurons(&r, "in", "spike_source", 6), *p = rig_neurons(&r, "p", "lif", 1);
    const hk_encoder *encoder;
    rig_ok(&r, hk_encoder_find(r.ctx, "rate", &encoder));
    double params[16];
    assert_true(encoder->n_params <= N_OF(params));
    hk_encoder_defaults(encoder, params);
    const float values[6] = { 0.0f, 0.2f, 0.5f, 0.9f, 1.0f, 0.7f };
    samples seen = { 0 };
    hk_sim_on_sample(r.sim, on_sample, &seen);
    rig_wire(&r, in, 3, p, 0, 50.0, 0.1);
    size_t total = 0;
    for (uint64_t sample = 0; sample < 30; sample++) {
        size_t n;
        hk_encoding e = {
            .values = values, .n = 6, .window_ms = 200.0, .params = params, .seed = 4, .sample = 1000 + sample
        };
        rig_ok(&r, hk_sim_present(r.sim, in, encoder, &e, 15.3, &n));
        total += n;
        assert_close(hk_sim_now_ms(r.sim), 215.3 * (double)(sample + 1), 1e-9);
        assert_true(hk_population_n_spikes(in) == total);
        assert_true(seen.n == sample + 1 && seen.last == 1000 + sample && seen.spikes == total);
    }
    assert_true(total > 500);
    rig_close(&r);
}

static void a_sample_that_cannot_be_presented_leaves_nothing_behind(void **state)
{
    (void)state;
    rig r = rig_open();
    hk_population *in = rig_neurons(&r, "in", "spike_source", 6), *noise = rig_neurons(&r, "noise", "poisson", 6);
    const hk_encoder *encoder;
    rig_ok(&r, hk_encoder_find(r.ctx, "regular", &encoder));
    double params[16];
    hk_encoder_defaults(encoder, params);
    const float values[6] = { 0.0f, 0.2f, 0.5f, 0.9f, 1.0f, 0.7f };
    hk_encoding good = { .values = values, .n = 6, .window_ms = 200.0, .params = params, .seed = 4 }, bad = good;
    bad.window_ms = 200.05;
    rig_gives(&r, hk_sim_present(r.sim, in, encoder, &bad, 0.0, NULL), HK_ERANGE);
    rig_gives(&r, hk_sim_present(r.sim, in, encoder, &good, 0.15, NULL), HK_ERANGE);
    rig_gives(&r, hk_sim_present(r.sim, in, encoder, &good, -10.0, NULL), HK_ERANGE);
    rig_gives(&r, hk_sim_present(r.sim, in, encoder, &good, (double)NAN, NULL), HK_ERANGE);
    bad = good;
    bad.n = 5;
    rig_gives(&r, hk_sim_present(r.sim, in, encoder, &bad, 0.0, NULL), HK_ERANGE);
    rig_gives(&r, hk_sim_present(r.sim, noise, encoder, &good, 0.0, NULL), HK_ERANGE);
    const float wrong[6] = { 0.0f, 0.2f, 0.5f, 1.5f, 1.0f, 0.7f };
    bad = good;
    bad.values = wrong;
    rig_gives(&r, hk_sim_present(r.sim, in, encoder, &bad, 0.0, NULL), HK_ERANGE);
    assert_close(hk_sim_now_ms(r.sim), 0.0, 0.0);
    rig_run(&r, 500.0);
    assert_int_equal(hk_population_n_spikes(in), 0);
    rig_close(&r);
}

static void settling_ends_potentials_currents_refractoriness_and_arrivals_but_not_adaptation(void **state)
{
    (void)state;
    for (int m = 0; m < 2; m++) {
        rig r = rig_open();
        hk_population *in = rig_neurons(&r, "in", "spike_source", 1),
                      *p = rig_neurons(&r, "p", m == 0 ? "lif" : "lif_exp", 2);
        rig_set(&r, p, "theta_plus_mv", 3.0);
        rig_set(&r, p, "t_ref_ms", 50.0);
        rig_set(&r, p, "v_reset_mv", -75.0);
        rig_wire(&r, in, 0, p, 0, m == 0 ? 40.0 : 4000.0, 0.1);
        rig_wire(&r, in, 0, p, 1, m == 0 ? 10.0 : 100.0, 0.1);
        rig_wire(&r, in, 0, p, 1, m == 0 ? 10.0 : 100.0, 9.0); /* on its way when all is settled: lost */
        rig_wire(&r, in, 0, p, 1, m == 0 ? 10.0 : 100.0, 9.0);
        for (int k = 0; k < 3; k++) { /* one delay of its own, several delays, a dense row */
            hk_projection *projection;
            rig_ok(&r, hk_projection_create(
                           r.sim,
                           &(hk_projection_config){ .name = (const char *[]){ "x", "y", "z" }[k],
                                                    .pre = in,
                                                    .post = p,
                                                    .connect = k == 2 ? HK_ALL_TO_ALL : HK_FIXED_TOTAL,
                                                    .n = 30,
                                                    .pairs = HK_PAIRS_MULTAPSES,
                                                    .weight = hk_constant(m == 0 ? 1.0 : 30.0),
                                                    .delay_ms = k == 1 ? (hk_draw){ HK_UNIFORM, 7.0, 30.0, 0, 0 }
                                                                       : hk_constant(8.0) },
                           &projection));
        }
        rig_give(&r, in, 0, 1.0);
        rig_run(&r, 5.0);
        assert_int_equal(hk_population_n_spikes(p), 1);
        assert_close(rig_get(&r, p, "v_mv", 0), -75.0, 0.0);
        rig_ok(&r, hk_sim_settle(r.sim));
        double theta = rig_get(&r, p, "theta_mv", 0);
        assert_close(theta, 3.0, 1e-4);
        for (int when = 0; when < 2; when++) {
            for (uint32_t i = 0; i < 2; i++) {
                assert_close(rig_get(&r, p, "v_mv", i), -70.0, 1e-12);
                if (m == 1)
                    assert_close(rig_get(&r, p, "i_syn_ex_pa", i), 0.0, 0.0);
            }
            rig_run(&r, 45.0);
        }
        assert_close(rig_get(&r, p, "theta_mv", 0), theta, 1e-4);
        rig_give(&r, in, 0, hk_sim_now_ms(r.sim) + 1.0); /* and it hears again */
        rig_run(&r, 5.0);
        assert_int_equal(hk_population_n_spikes(p), 2);
        rig_close(&r);
    }
}

/* --- errors ---------------------------------------------------------------------------------------------------------------------- */

static void a_weight_that_is_no_number_is_found_and_its_population_named(void **state)
{
    (void)state;
    const float bad[] = { NAN, INFINITY, -INFINITY };
    for (int m = 0; m < 3; m++)
        for (size_t k = 0; k < N_OF(bad); k++) {
            rig r = rig_open();
            hk_population *in = rig_neurons(&r, "in", "spike_source", 1);
            hk_population *fine = rig_neurons(&r, "fine", "lif", 2),
                          *p = rig_neurons(&r, "sick", (const char *[]){ "lif", "lif_exp", "lif_alpha" }[m], 3);
            hk_projection *projection;
            rig_ok(&r, hk_projection_create(r.sim,
                                            &(hk_projection_config){ .pre = in,
                                                                     .post = p,
                                                                     .connect = HK_ALL_TO_ALL,
                                                                     .weight = hk_constant(1.0),
                                                                     .delay_ms = hk_constant(0.1) },
                                            &projection));
            uint64_t n;
            hk_projection_weights(projection, &n)[1] = bad[k];
            for (int i = 0; i < 10; i++)
                rig_give(&r, in, 0, 3.0 + i);
            int rc = hk_sim_run(r.sim, 300.0);
            if (m == 0 && bad[k] > 0.0f) { /* plus infinity is above any threshold: it spikes and is reset */
                assert_status(rc, HK_OK);
                assert_true(hk_population_n_spikes(p) > 0);
            } else {
                assert_status(rc, HK_EBLOWUP);
                assert_non_null(strstr(hk_ctx_message(r.ctx), "sick"));
                assert_non_null(strstr(hk_ctx_message(r.ctx), "neuron 1"));
            }
            assert_int_equal(hk_population_n_spikes(fine), 0);
            rig_close(&r);
        }
}

static void a_threshold_below_the_reset_potential_without_refractoriness_is_an_error_not_a_loop(void **state)
{
    (void)state;
    for (int m = 0; m < 3; m++) {
        rig r = rig_open();
        hk_population *p = rig_neurons(&r, "restless", (const char *[]){ "lif", "lif_exp", "lif_alpha" }[m], 2);
        rig_set(&r, p, "t_ref_ms", 0.0);
        rig_set(&r, p, "theta_mv", -20.0);
        rig_gives(&r, hk_sim_run(r.sim, 1.0), HK_EBLOWUP);
        assert_non_null(strstr(hk_ctx_message(r.ctx), "restless"));
        rig_close(&r);
    }
}

static void runs_and_simulations_out_of_range_are_refused(void **state)
{
    (void)state;
    rig r = rig_open();
    const double bad_ms[] = { -0.1, 0.05, 1.03, (double)NAN, (double)INFINITY, 1e300 };
    for (size_t k = 0; k < N_OF(bad_ms); k++)
        rig_gives(&r, hk_sim_run(r.sim, bad_ms[k]), HK_ERANGE);
    rig_run(&r, 0.0);
    rig_run(&r, 12.3); /* empty, and time passes */
    assert_close(hk_sim_now_ms(r.sim), 12.3, 1e-12);
    hk_sim *sim = (hk_sim *)1;
    const double bad_resolution[] = { 0.0, -0.1, (double)NAN, (double)INFINITY };
    for (size_t k = 0; k < N_OF(bad_resolution); k++) {
        rig_gives(&r, hk_sim_create(r.ctx, &(hk_sim_config){ .resolution_ms = bad_resolution[k] }, &sim), HK_ERANGE);
        assert_null(sim);
    }
    rig_gives(&r, hk_sim_create(r.ctx, &(hk_sim_config){ .resolution_ms = 0.1, .cpu = "mmx" }, &sim), HK_ENAME);
    hk_population *p = (hk_population *)1;
    const hk_neuron_model *lif = hk_neuron_model_find("lif");
    rig_neurons(&r, "taken", "lif", 1);
    const char *const bad_names[] = { "", "a/b", ".", "taken", NULL };
    for (size_t k = 0; k < N_OF(bad_names); k++) {
        rig_gives(&r, hk_population_create(r.sim, bad_names[k], lif, 1, &p), HK_ENAME);
        assert_null(p);
    }
    rig_gives(&r, hk_population_create(r.sim, "none", lif, 0, &p), HK_ERANGE);
    assert_null(hk_sim_population(r.sim, 1));
    rig_close(&r);
}

/* --- changes between runs --------------------------------------------------------------------------------------------------------- */

static void populations_and_projections_may_be_added_between_runs(void **state)
{
    (void)state;
    rig r = rig_open();
    raster s;
    hk_population *a = rig_neurons(&r, "a", "lif", 1);
    rig_set(&r, a, "i_e_pa", 300.0);
    rig_run(&r, 33.3); /* windows of 100 ms so far */
    hk_population *b = rig_neurons(&r, "b", "lif_exp", 1);
    rig_wire(&r, a, 0, b, 0, 50000.0, 0.3); /* and of 0.3 ms now */
    rig_wire(&r, b, 0, a, 0, -3.0, 2.1);
    raster_of(&r, &s, b);
    rig_run(&r, 200.0);
    assert_true(s.n > 3);
    raster_free(&s);
    rig_close(&r);
    r = rig_open(); /* what a does until b exists is the same as without b, and b then answers each spike within 0.3 ms */
    a = rig_neurons(&r, "a", "lif", 1);
    rig_set(&r, a, "i_e_pa", 300.0);
    raster_of(&r, &s, a);
    rig_run(&r, 33.3);
    double interval = 20.0 * log(24.0 / (24.0 - 15.0));
    assert_int_equal(s.n, 1);
    assert_close(raster_ms(&r, &s, 0), interval, 1e-12);
    raster_free(&s);
    rig_close(&r);
}

static void a_schedule_set_in_any_order_is_made_in_order_of_time(void **state)
{
    (void)state;
    double v[2];
    for (int order = 0; order < 2; order++) {
        rig r = rig_open();
        hk_population *p = rig_neurons(&r, "p", "lif", 1);
        for (int k = 0; k < 2; k++) {
            int which = order == 0 ? k : 1 - k;
            if (which == 0)
                rig_ok(&r, hk_population_schedule(p, "i_e_pa", 2, (const double[]){ 5.0, 20.0 },
                                                  (const double[]){ 100.0, 30.0 }));
            else
                rig_ok(&r, hk_population_schedule(p, "tau_m_ms", 2, (const double[]){ 5.0, 12.3 },
                                                  (const double[]){ 11.0, 33.0 }));
        }
        rig_run(&r, 40.0);
        v[order] = rig_get(&r, p, "v_mv", 0);
        assert_close(rig_get(&r, p, "i_e_pa", 0), 30.0, 0.0);
        rig_close(&r);
    }
    assert_true(v[0] == v[1]);
    double at_12 = 11.0 / 250.0 * 100.0 * -expm1(-7.3 / 11.0), inf = 33.0 / 250.0 * 100.0;
    double at_20 = inf + (at_12 - inf) * exp(-7.7 / 33.0), last = 33.0 / 250.0 * 30.0;
    assert_close(v[0], -70.0 + last + (at_20 - last) * exp(-20.0 / 33.0), 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_takes_effect_at_a_window_and_the_run_goes_on_seamlessly),
        cmocka_unit_test(a_stop_by_both_ways_at_once_stops_once),
        cmocka_unit_test(windows_show_spikes_in_order_of_time_then_neuron),
        cmocka_unit_test(counts_are_by_neuron_until_they_are_cleared),
        cmocka_unit_test(a_spike_goes_round_a_ring_a_hundred_thousand_times_without_a_rounding),
        cmocka_unit_test(presented_samples_become_spikes_of_the_source),
        cmocka_unit_test(a_sample_that_cannot_be_presented_leaves_nothing_behind),
        cmocka_unit_test(settling_ends_potentials_currents_refractoriness_and_arrivals_but_not_adaptation),
        cmocka_unit_test(a_weight_that_is_no_number_is_found_and_its_population_named),
        cmocka_unit_test(a_threshold_below_the_reset_potential_without_refractoriness_is_an_error_not_a_loop),
        cmocka_unit_test(runs_and_simulations_out_of_range_are_refused),
        cmocka_unit_test(populations_and_projections_may_be_added_between_runs),
        cmocka_unit_test(a_schedule_set_in_any_order_is_made_in_order_of_time),
    };
    return cmocka_run_group_tests_name("simulation", tests, NULL, NULL);
}
