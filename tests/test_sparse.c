/* tests/test_sparse.c - many neurons that rarely fire, and fewer of them. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

static void a_sparse_network_has_its_synapses_and_the_rate_of_theory(void **state)
{
    (void)state;
    static const char *const integrators[] = { "integrator=exact", "integrator=grid" };
    for (size_t k = 0; k < N_OF(integrators); k++) {
        trial t;
        run_it(&t,
               ARGUMENTS("sparse", "--out", "none", "--set", "neurons=3001", "--set", "synapses=23", "--set",
                         "duration_ms=4000", "--set", integrators[k]),
               HK_OK);
        assert_close(number_of(&t, "synapses"), 3001.0 * 23.0, 0.0);
        assert_close(number_of(&t, "expected_hz"), 1.0 / 1.002, 1e-12);
        assert_true(value_of(&t, "agrees_with_theory")->number != 0.0);
        assert_close(number_of(&t, "synaptic_events"), 23.0 * number_of(&t, "spikes"),
                     23.0 * 30.0); /* some on their way */
        assert_close(part_of(&t, "fano", "cells"), 1.0, 0.25);
        trial_close(&t);
    }
}

static void synapses_hardly_change_a_sparse_network(void **state)
{
    (void)state;
    double spikes[2];
    static const char *const synapses[] = { "synapses=0", "synapses=100" };
    for (size_t k = 0; k < 2; k++) {
        trial t;
        run_it(&t,
               ARGUMENTS("sparse", "--out", scratch_path("sparse.h5"), "--set", "neurons=500", "--set",
                         "duration_ms=3000", "--set", synapses[k]),
               HK_OK);
        spikes[k] = number_of(&t, "spikes");
        trial_close(&t);
    }
    assert_close(spikes[0], spikes[1], 0.0); /* the kicks are the same, and nothing else makes a spike */
}

static void synapses_that_do_not_fit_are_refused_with_the_memory_they_need(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS("sparse", "--out", "none", "--set", "neurons=1000000", "--set", "synapses=100000"), HK_ENOMEM);
    assert_says(&t, "100000000000 synapses need 1600000.0 MB");
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sparse_network_has_its_synapses_and_the_rate_of_theory),
        cmocka_unit_test(synapses_hardly_change_a_sparse_network),
        cmocka_unit_test(synapses_that_do_not_fit_are_refused_with_the_memory_they_need),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
