/* tests/test_brunel.c - Brunel's network, small. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

#define SMALL "brunel", "--out", "none", "--set", "integrator=exact"

static void every_neuron_has_its_indegrees(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS(SMALL, "--set", "neurons=537", "--set", "duration_ms=2"), HK_OK);
    assert_close(number_of(&t, "neurons"), 537.0, 0.0);
    assert_close(number_of(&t, "synapses"), 537.0 * (1000 + 250), 0.0);
    trial_close(&t);
}

static void the_same_seed_gives_the_same_spikes(void **state)
{
    (void)state;
    char hashes[3][20];
    static const char *const seeds[] = { "3", "3", "4" };
    for (size_t k = 0; k < 3; k++) {
        trial t;
        run_it(&t, ARGUMENTS(SMALL, "--seed", seeds[k], "--set", "neurons=500", "--set", "duration_ms=80"), HK_OK);
        snprintf(hashes[k], sizeof hashes[k], "%s", value_of(&t, "spike_hash")->text);
        trial_close(&t);
    }
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_not_equal(hashes[0], hashes[2]);
}

typedef struct look {
    double rate_hz, cv, fano;
} look;

static look look_at(const char *one, const char *two, const char *neurons)
{
    trial t;
    run_it(&t,
           ARGUMENTS(SMALL, "--set", one, "--set", two, "--set", neurons, "--set", "duration_ms=250", "--set",
                     "warmup_ms=100"),
           HK_OK);
    look l = { number_of(&t, "rate_hz"), number_of(&t, "cv"), part_of(&t, "fano", "exc") };
    assert_null(hk_summary_find(hk_run_summary(t.run), "agrees_with_peers")); /* only the whole network is compared */
    trial_close(&t);
    return l;
}

static void the_regimes_look_as_they_are_called(void **state)
{
    (void)state;
    static const char neurons[] = "neurons=500";
    look sr = look_at("regime=sr", "g=3", neurons), ai = look_at("regime=ai", "eta=2", neurons);
    look fast = look_at("regime=si_fast", "eta=4", neurons), slow = look_at("regime=si_slow", "g=4.5", neurons);
    assert_true(sr.cv < 0.1 && ai.cv > 0.4 && fast.cv > 0.4);      /* regular, irregular */
    assert_true(slow.fano > 2.0 * ai.fano && ai.fano > fast.fano); /* 5 ms are a fraction of the slow oscillation */
    assert_close(slow.rate_hz, 5.5, 10.0);
    assert_close(ai.rate_hz, 37.7, 10.0);
    assert_close(fast.rate_hz, 60.7, 20.0);
    assert_true(fast.rate_hz > ai.rate_hz);
    assert_close(sr.rate_hz, 1e3 / 3.0, 20.0); /* a refractory period of 2 ms, a delay of 1.5 ms, and little else */
}

static void far_above_threshold_the_rate_is_that_of_the_drive(void **state)
{
    (void)state;
    /* inhibition cancels excitation at g = 4: v goes from 10 mV towards mu = 20 mV eta */
    look l = look_at("g=4", "eta=13.7", "neurons=150");
    double mu_mv = 20.0 * 13.7, interval_ms = 2.0 + 20.0 * log((mu_mv - 10.0) / (mu_mv - 20.0));
    assert_close(l.rate_hz, 1e3 / interval_ms, 0.04 * 1e3 / interval_ms);
}

static void threads_change_no_bit_on_the_grid_or_off_it(void **state)
{
    (void)state;
    static const char *const integrators[] = { "integrator=exact", "integrator=grid" };
    for (size_t k = 0; k < 2; k++) {
        char hashes[2][20];
        static const char *const threads[] = { "1", "3" };
        for (size_t i = 0; i < 2; i++) {
            trial t;
            run_it(&t,
                   ARGUMENTS("brunel", "--out", "none", "--threads", threads[i], "--set", integrators[k], "--set",
                             "neurons=500", "--set", "duration_ms=80"),
                   HK_OK);
            snprintf(hashes[i], sizeof hashes[i], "%s", value_of(&t, "spike_hash")->text);
            assert_true(number_of(&t, "spikes") > 500.0);
            trial_close(&t);
        }
        assert_string_equal(hashes[0], hashes[1]);
    }
}

static void grid_and_exact_times_tell_the_same_story(void **state)
{
    (void)state;
    double rates_hz[2];
    static const char *const integrators[] = { "integrator=exact", "integrator=grid" };
    for (size_t k = 0; k < 2; k++) {
        trial t;
        run_it(&t,
               ARGUMENTS("brunel", "--out", "none", "--set", integrators[k], "--set", "neurons=1000", "--set",
                         "duration_ms=500", "--set", "warmup_ms=100"),
               HK_OK);
        rates_hz[k] = number_of(&t, "rate_hz");
        trial_close(&t);
    }
    assert_close(rates_hz[1], rates_hz[0], 0.08 * rates_hz[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_neuron_has_its_indegrees),
        cmocka_unit_test(the_same_seed_gives_the_same_spikes),
        cmocka_unit_test(the_regimes_look_as_they_are_called),
        cmocka_unit_test(threads_change_no_bit_on_the_grid_or_off_it),
        cmocka_unit_test(grid_and_exact_times_tell_the_same_story),
        cmocka_unit_test(far_above_threshold_the_rate_is_that_of_the_drive),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
