/* tests/test_grid_edges.c - where simulations on the grid are easily wrong: what is in flight when something changes, spikes of a
 * source that share a step, delays and rates at the ends of their ranges, neurons that take turns. */
#include "tests/sim_rig.h"

static rig open_as(hk_integrator integrator)
{
    return rig_open_with((hk_sim_config){ .resolution_ms = 0.1, .seed = 1, .integrator = integrator });
}

static hk_projection *connect(rig *r, hk_projection_config cfg)
{
    hk_projection *projection;
    rig_ok(r, hk_projection_create(r->sim, &cfg, &projection));
    return projection;
}

/* settle: "Between samples: fast state (potential, currents, refractoriness,
 * arrivals on their way, traces) back to rest" */
static void settling_drops_spikes_in_flight(void **state)
{
    (void)state;
    for (int form = HK_EXACT; form <= HK_GRID; form++)
        for (int weights = HK_WEIGHTS_COMPACT; weights <= HK_WEIGHTS_FLOAT; weights++) {
            rig r = open_as((hk_integrator)form);
            hk_population *in = rig_neurons(&r, "in", "spike_source", 1), *p = rig_neurons(&r, "p", "lif", 1);
            connect(&r, (hk_projection_config){ .pre = in,
                                                .post = p,
                                                .connect = HK_FIXED_INDEGREE,
                                                .n = 1,
                                                .weights = (hk_weights)weights,
                                                .weight = { HK_UNIFORM, 99.0, 100.0, 0, 0 },
                                                .delay_ms = hk_constant(5.0) });
            rig_give(&r, in, 0, 1.0);
            rig_run(&r, 2.0);
            rig_ok(&r, hk_sim_settle(r.sim));
            rig_run(&r, 20.0);
            if (hk_population_n_spikes(p) != 0)
                print_error("form %d, weights %d: %d spikes\n", form, weights, (int)hk_population_n_spikes(p));
            assert_true(hk_population_n_spikes(p) == 0);
            rig_close(&r);
        }
}

static void settling_lets_go_of_held_neurons(void **state)
{
    (void)state;
    for (int form = HK_EXACT; form <= HK_GRID; form++) {
        rig r = open_as((hk_integrator)form);
        hk_population *in = rig_neurons(&r, "in", "spike_source", 1), *p = rig_neurons(&r, "p", "lif", 1);
        rig_set(&r, p, "t_ref_ms", 10.0);
        rig_set(&r, p, "v_reset_mv", -75.0);
        rig_wire(&r, in, 0, p, 0, 100.0, 1.0);
        rig_give(&r, in, 0, 1.0);
        rig_run(&r, 4.0); /* it spiked at 2 ms and is held up to 12 ms */
        rig_ok(&r, hk_sim_settle(r.sim));
        rig_run(&r, 20.0);
        assert_close(rig_get(&r, p, "v_mv", 0), -70.0, 1e-9); /* stays at rest; -75 mV at 12 ms on the grid */
        rig_close(&r);
    }
}

/* "the others keep their potential and may spike at their next input" */
static void a_loser_waits_for_its_next_input(void **state)
{
    (void)state;
    uint64_t n[2];
    for (int form = HK_EXACT; form <= HK_GRID; form++) {
        rig r = open_as((hk_integrator)form);
        hk_population *in = rig_neurons(&r, "in", "spike_source", 1), *p = rig_neurons(&r, "p", "lif", 2);
        rig_ok(&r, hk_population_take_turns(p));
        rig_wire(&r, in, 0, p, 0, 40.0, 1.0);
        rig_wire(&r, in, 0, p, 1, 30.0, 1.0);
        rig_give(&r, in, 0, 1.0);
        rig_run(&r, 10.0);
        n[form] = hk_population_n_spikes(p);
        rig_close(&r);
    }
    assert_int_equal(n[HK_EXACT], 1);
    assert_int_equal(n[HK_GRID], 1);
}

/* A source may spike several times in a step: the bound on 32-bit sums does not
 * think of it. */
static void many_spikes_of_a_source_in_a_step_do_not_overflow(void **state)
{
    (void)state;
    for (int weights = HK_WEIGHTS_COMPACT; weights <= HK_WEIGHTS_FLOAT; weights++) {
        rig r = open_as(HK_GRID);
        hk_population *in = rig_neurons(&r, "in", "spike_source", 1), *p = rig_neurons(&r, "p", "lif_exp", 1);
        connect(&r, (hk_projection_config){ .pre = in,
                                            .weights = (hk_weights)weights,
                                            .post = p,
                                            .connect = HK_FIXED_INDEGREE,
                                            .n = 3000,
                                            .pairs = HK_PAIRS_MULTAPSES,
                                            .weight = { HK_UNIFORM, 0.999, 1.0, 0, 0 },
                                            .delay_ms = hk_constant(0.1) });
        for (int k = 0; k < 100; k++)
            rig_give(&r, in, 0, 1.0);
        if (weights == HK_WEIGHTS_COMPACT) { /* refused rather than wrong */
            rig_gives(&r, hk_sim_run(r.sim, 1.1), HK_ERANGE);
            assert_non_null(strstr(hk_ctx_message(r.ctx), "100 spikes"));
        } else {
            rig_run(&r, 1.1);
            assert_close(rig_get(&r, p, "i_syn_ex_pa", 0), 100 * 3000 * 0.9995, 40.0);
        }
        rig_close(&r);
    }
}

static void a_drawn_delay_beyond_the_longest_is_refused(void **state)
{
    (void)state;
    for (int form = HK_EXACT; form <= HK_GRID; form++) {
        rig r = open_as((hk_integrator)form);
        hk_population *in = rig_neurons(&r, "in", "spike_source", 1), *p = rig_neurons(&r, "p", "lif", 1);
        hk_projection *projection;
        int rc = hk_projection_create(r.sim,
                                      &(hk_projection_config){ .pre = in,
                                                               .post = p,
                                                               .connect = HK_FIXED_INDEGREE,
                                                               .n = 1,
                                                               .weight = { HK_UNIFORM, 0.9, 1.0, 0, 0 },
                                                               .delay_ms = { HK_NORMAL, 2e6, 0.0, 0, 0 } },
                                      &projection);
        if (rc == HK_OK)
            rc = hk_sim_build(r.sim);
        assert_status(rc, HK_ERANGE);
        rig_close(&r);
    }
}

static void a_projection_made_later_does_not_see_earlier_spikes(void **state)
{
    (void)state;
    for (int form = HK_EXACT; form <= HK_GRID; form++) {
        rig r = open_as((hk_integrator)form);
        hk_population *in = rig_neurons(&r, "in", "spike_source", 1), *p = rig_neurons(&r, "p", "lif", 1);
        rig_wire(&r, in, 0, p, 0, 0.0, 9.0);
        rig_give(&r, in, 0, 1.0);
        rig_run(&r, 2.0);
        connect(&r, (hk_projection_config){ .name = "later",
                                            .pre = in,
                                            .post = p,
                                            .connect = HK_FIXED_INDEGREE,
                                            .n = 1,
                                            .weight = { HK_UNIFORM, 99.0, 100.0, 0, 0 },
                                            .delay_ms = hk_constant(5.0) });
        rig_run(&r, 20.0);
        if (hk_population_n_spikes(p) != 0)
            print_error("form %d\n", form);
        assert_true(hk_population_n_spikes(p) == 0);
        rig_close(&r);
    }
}

/* Rates so low that the next input lies beyond all time: none comes, and the
 * run ends. */
static void a_rate_of_next_to_nothing_gives_no_input(void **state)
{
    (void)state;
    const double rates[] = { 1e-9, 1e-13, 3e-17, 1e-100, 1e-300, 1e-322 };
    for (int form = HK_EXACT; form <= HK_GRID; form++)
        for (size_t k = 0; k < N_OF(rates); k++) {
            rig r = open_as((hk_integrator)form);
            hk_population *p = rig_neurons(&r, "driven", "lif", 2000);
            print_message("form %d, %g Hz\n", form, rates[k]);
            rig_run(&r, 10.0);
            rig_ok(&r, hk_population_drive(p, rates[k], 100.0));
            rig_run(&r, 100.0);
            assert_true(hk_population_n_spikes(p) == 0);
            rig_close(&r);
        }
}

/* projection.h: compact "where the rounding error is at most a thousandth of the projection's typical weight": here it is 0. What all
 * synapses of a population weigh need not stand in each, unless it is nothing. */
static void commensurable_constants_are_exact_in_compact_synapses(void **state)
{
    (void)state;
    const double pairs[][2] = { { 0.1, 0.0 },     { 0.1, -0.5 }, { 0.2, -1.0 },
                                { 87.8, -351.2 }, { 0.15, 0.4 }, { 0.3, -0.9 } };
    for (size_t k = 0; k < N_OF(pairs); k++)
        for (int model = 0; model < 2; model++) {
            rig r = open_as(HK_GRID);
            hk_population *a = rig_neurons(&r, "a", "lif", 100);
            hk_population *b = rig_neurons(&r, "b", model == 0 ? "lif" : "lif_exp", 100);
            hk_projection *p[2];
            if (model == 1)
                rig_set(&r, b, "tau_syn_in_ms", 3.7);
            for (int i = 0; i < 2; i++)
                p[i] = connect(&r, (hk_projection_config){ .pre = i == 0 ? a : b,
                                                           .post = b,
                                                           .connect = HK_FIXED_INDEGREE,
                                                           .n = 40,
                                                           .weight = hk_constant(pairs[k][i]),
                                                           .delay_ms = hk_constant(1.5) });
            rig_ok(&r, hk_sim_build(r.sim));
            for (int i = 0; i < 2; i++) {
                double weight[4000];
                assert_close(hk_projection_rounding_error(p[i]), 0.0, 1e-15 * fabs(pairs[k][i]));
                assert_true(hk_projection_list(p[i], 4000, NULL, NULL, weight, NULL) == 4000);
                assert_close(weight[2385], pairs[k][i], 1e-15 * fabs(pairs[k][i]));
                assert_int_equal(hk_projection_bytes(p[i]), (pairs[k][i] != 0.0 ? 2 : 4) * 4000);
            }
            rig_close(&r);
        }
}

/* Neurons that compete are computed by one shard: 16 bits would not number so many. */
static void a_population_that_is_not_cut_may_be_large(void **state)
{
    (void)state;
    enum { N = 70001 };
    rig r = open_as(HK_GRID);
    hk_population *in = rig_neurons(&r, "in", "spike_source", 1), *p = rig_neurons(&r, "rivals", "lif", N);
    hk_projection *projection;
    rig_ok(&r, hk_population_compete(p, 1.0));
    rig_ok(&r, hk_projection_create(r.sim,
                                    &(hk_projection_config){ .pre = in,
                                                             .post = p,
                                                             .connect = HK_EXPLICIT,
                                                             .n = 2,
                                                             .list_pre = (const uint32_t[]){ 0, 0 },
                                                             .list_post = (const uint32_t[]){ N - 1 - 65536, N - 1 },
                                                             .list_weight = (const double[]){ 1.0, 100.0 },
                                                             .delay_ms = hk_constant(1.0) },
                                    &projection));
    rig_give(&r, in, 0, 1.0);
    rig_run(&r, 5.0);
    assert_true(hk_population_n_spikes(p) == 1);
    assert_true(hk_population_counts(p)[N - 1] == 1);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settling_drops_spikes_in_flight),
        cmocka_unit_test(settling_lets_go_of_held_neurons),
        cmocka_unit_test(a_loser_waits_for_its_next_input),
        cmocka_unit_test(many_spikes_of_a_source_in_a_step_do_not_overflow),
        cmocka_unit_test(a_drawn_delay_beyond_the_longest_is_refused),
        cmocka_unit_test(a_projection_made_later_does_not_see_earlier_spikes),
        cmocka_unit_test(commensurable_constants_are_exact_in_compact_synapses),
        cmocka_unit_test(a_rate_of_next_to_nothing_gives_no_input),
        cmocka_unit_test(a_population_that_is_not_cut_may_be_large),
    };
    return cmocka_run_group_tests_name("grid_edges", tests, NULL, NULL);
}
