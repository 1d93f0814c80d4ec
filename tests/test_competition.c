/* tests/test_competition.c - populations in which one neuron at a time may spike. */
#include "tests/mixed_net.h"

typedef struct contest {
    rig r;
    hk_population *in, *p;
    raster s;
} contest;

static contest open_contest(uint32_t n, double hold_ms, const double *weights)
{
    contest c = { .r = rig_open() };
    c.in = rig_neurons(&c.r, "in", "spike_source", 2);
    c.p = rig_neurons(&c.r, "p", "lif", n);
    if (hold_ms >= 0.0)
        rig_ok(&c.r, hk_population_compete(c.p, hold_ms));
    else
        rig_ok(&c.r, hk_population_take_turns(c.p));
    for (uint32_t i = 0; i < n; i++) {
        rig_wire(&c.r, c.in, 0, c.p, i, weights[i], 0.1);
        rig_wire(&c.r, c.in, 1, c.p, i, 5.0, 0.1);
    }
    return c;
}

static void close_contest(contest *c)
{
    raster_free(&c->s);
    rig_close(&c->r);
}

static void of_those_at_threshold_only_the_furthest_spikes_and_all_others_are_held(void **state)
{
    (void)state;
    const double weights[4] = { 16.0, 18.5, 18.5, 3.0 };
    contest c = open_contest(4, 5.3, weights);
    raster_of(&c.r, &c.s, c.p);
    rig_give(&c.r, c.in, 0, 1.0371);
    rig_give(&c.r, c.in, 0, 4.0371); /* the winner's refractoriness (2 ms) has ended, the others are still held */
    rig_give(&c.r, c.in, 1, 6.3);    /* nobody hears: held until 6.4371 */
    rig_give(&c.r, c.in, 1, 6.6);
    rig_run(&c.r, 4.0);
    assert_int_equal(c.s.n, 1);
    assert_int_equal(c.s.spikes[0].neuron, 1); /* the lowest index among equals */
    for (uint32_t i = 0; i < 4; i++)
        assert_close(rig_get(&c.r, c.p, "v_mv", i), -70.0, 0.0);
    rig_run(&c.r, 3.0);
    assert_int_equal(c.s.n, 2);
    assert_int_equal(c.s.spikes[1].neuron, 1);
    for (uint32_t i = 0; i < 4; i++) { /* at 4.1371 it began anew: held until 9.4371, the winner until 6.1371 */
        double heard = i == 1 ? 5.0 * exp(-0.6 / 20.0) + 5.0 * exp(-0.3 / 20.0) : 0.0;
        assert_close(rig_get(&c.r, c.p, "v_mv", i), -70.0 + heard, 1e-12);
    }
    rig_give(&c.r, c.in, 1, 9.4);
    rig_run(&c.r, 3.0);
    for (uint32_t i = 0; i < 4; i++) {
        double heard = 5.0 * exp(-0.5 / 20.0) + (i == 1 ? 5.0 * exp(-3.3 / 20.0) + 5.0 * exp(-3.6 / 20.0) : 0.0);
        assert_close(rig_get(&c.r, c.p, "v_mv", i), -70.0 + heard, 1e-12);
    }
    close_contest(&c);
}

static void held_for_nothing_the_losers_are_reset_and_hear_at_once(void **state)
{
    (void)state;
    const double weights[3] = { 16.0, 17.0, 14.0 };
    contest c = open_contest(3, 0.0, weights);
    raster_of(&c.r, &c.s, c.p);
    rig_give(&c.r, c.in, 0, 1.0371);
    rig_give(&c.r, c.in, 1, 1.1371);
    rig_run(&c.r, 2.0);
    assert_int_equal(c.s.n, 1);
    assert_int_equal(c.s.spikes[0].neuron, 1);
    assert_close(rig_get(&c.r, c.p, "v_mv", 0), -70.0 + 5.0 * exp(-(2.0 - 1.2371) / 20.0), 1e-12);
    assert_close(rig_get(&c.r, c.p, "v_mv", 2), -70.0 + 5.0 * exp(-(2.0 - 1.2371) / 20.0), 1e-12);
    assert_close(rig_get(&c.r, c.p, "v_mv", 1), -70.0, 0.0);
    close_contest(&c);
}

/* Foreseen crossings compete too: of two that come at different times the first wins, and takes the other's away. */
static void a_winner_takes_away_what_the_others_were_going_to_do(void **state)
{
    (void)state;
    rig r = rig_open();
    raster s;
    hk_population *p = rig_neurons(&r, "p", "lif", 3);
    rig_ok(&r, hk_population_set(p, "i_e_pa", (const double[]){ 300.0, 320.0, 310.0 }, 3));
    rig_ok(&r, hk_population_compete(p, 1.0));
    raster_of(&r, &s, p);
    rig_run(&r, 400.0);
    /* After a spike the others begin 1 ms later, the winner 2 ms: the two strongest alternate. */
    double rise[3] = { 0.0, 20.0 * log(25.6 / 10.6), 20.0 * log(24.8 / 9.8) }, at = rise[1];
    assert_true(s.n > 15);
    for (size_t k = 0; k < s.n; k++) {
        assert_int_equal(s.spikes[k].neuron, k % 2 == 0 ? 1 : 2);
        assert_close(raster_ms(&r, &s, k), at, 1e-11);
        at += 1.0 + rise[k % 2 == 0 ? 2 : 1];
    }
    raster_free(&s);
    rig_close(&r);
}

static void by_turns_the_losers_keep_their_potential_until_their_next_input(void **state)
{
    (void)state;
    const double weights[3] = { 16.0, 17.0, 14.0 };
    contest c = open_contest(3, -1.0, weights);
    raster_of(&c.r, &c.s, c.p);
    rig_give(&c.r, c.in, 0, 1.0371);
    rig_run(&c.r, 1.2);
    assert_int_equal(c.s.n, 1);
    assert_int_equal(c.s.spikes[0].neuron, 1);
    assert_close(rig_get(&c.r, c.p, "v_mv", 0), -70.0 + 16.0 * exp(-(1.2 - 1.1371) / 20.0), 1e-12);
    rig_give(&c.r, c.in, 1, 1.3);
    rig_run(&c.r, 1.0);
    assert_int_equal(c.s.n, 2);
    assert_int_equal(c.s.spikes[1].neuron, 0); /* 0 and 2 are both above by now, 0 is further */
    rig_ok(&c.r, hk_population_compete(c.p, 3.0));
    rig_gives(&c.r, hk_population_compete(c.p, -1.0), HK_ERANGE);
    rig_gives(&c.r, hk_population_compete(c.p, (double)NAN), HK_ERANGE);
    rig_gives(&c.r, hk_population_compete(c.in, 1.0), HK_ESTATE);
    rig_gives(&c.r, hk_population_take_turns(c.in), HK_ESTATE);
    close_contest(&c);
}

/* Three at threshold while another projection, with nothing to tell them, sets the length of the windows. */
static void turns_with_windows_of(double window_ms, raster *s, rig *r)
{
    *r = rig_open();
    hk_population *in = rig_neurons(r, "in", "spike_source", 2), *p = rig_neurons(r, "p", "lif", 3);
    hk_population *other = rig_neurons(r, "other", "lif", 1);
    rig_set(r, p, "theta_plus_mv", 0.1); /* its spikes are foreseen by a sweep in each window */
    rig_ok(r, hk_population_take_turns(p));
    const double weights[3] = { 16.0, 17.0, 15.5 };
    for (uint32_t i = 0; i < 3; i++) {
        rig_wire(r, in, 0, p, i, weights[i], 2.0);
        rig_wire(r, in, 1, p, i, 5.0, 2.0);
    }
    rig_wire(r, other, 0, other, 0, 1.0, window_ms);
    raster_of(r, s, p);
    rig_give(r, in, 0, 1.0371);
    rig_give(r, in, 1, 2.2);
    rig_give(r, in, 1, 3.1);
    rig_run(r, 10.0);
}

static void who_lost_a_turn_waits_for_an_input_however_short_the_windows(void **state)
{
    (void)state;
    static const double windows_ms[] = { 0.1, 0.5, 1.3, 2.0 }, at_ms[] = { 3.0371, 4.2, 5.1 };
    static const uint32_t turns[] = { 1, 0, 2 };
    for (size_t w = 0; w < N_OF(windows_ms); w++) {
        rig r;
        raster s;
        turns_with_windows_of(windows_ms[w], &s, &r);
        assert_int_equal(s.n, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(s.spikes[k].neuron, turns[k]);
            assert_close(raster_ms(&r, &s, k), at_ms[k], 1e-12);
        }
        raster_free(&s);
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_those_at_threshold_only_the_furthest_spikes_and_all_others_are_held),
        cmocka_unit_test(held_for_nothing_the_losers_are_reset_and_hear_at_once),
        cmocka_unit_test(a_winner_takes_away_what_the_others_were_going_to_do),
        cmocka_unit_test(by_turns_the_losers_keep_their_potential_until_their_next_input),
        cmocka_unit_test(who_lost_a_turn_waits_for_an_input_however_short_the_windows),
    };
    return cmocka_run_group_tests_name("competition", tests, NULL, NULL);
}
