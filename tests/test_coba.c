/* tests/test_coba.c - the network with conductances. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

static void coba_sustains_itself_and_repeats(void **state)
{
    (void)state;
    char hashes[3][20];
    static const char *const seeds[] = { "3", "3", "4" };
    for (size_t k = 0; k < 3; k++) {
        trial t;
        run_it(&t,
               ARGUMENTS("coba", "--out", "none", "--seed", seeds[k], "--set", "duration_ms=200", "--set",
                         "warmup_ms=100"),
               HK_OK);
        snprintf(hashes[k], sizeof hashes[k], "%s", value_of(&t, "spike_hash")->text);
        assert_close(number_of(&t, "neurons"), 4000.0, 0.0); /* the sources of the kick are none */
        assert_close(number_of(&t, "synapses"), 50.0 + 0.02 * 4000 * 3999, 5 * sqrt(0.02 * 0.98 * 4000 * 3999));
        assert_true(number_of(&t, "rate_hz") > 5.0); /* 50 ms after the kick has ended */
        trial_close(&t);
    }
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_not_equal(hashes[0], hashes[2]);
}

static void without_its_kick_or_current_coba_would_be_silent(void **state)
{
    (void)state;
    static const char *const variants[] = { "variant=coba", "variant=coba_i" };
    for (size_t k = 0; k < 2; k++) {
        trial t;
        run_it(&t,
               ARGUMENTS("coba", "--out", "none", "--set", "neurons=100", "--set", "probability=0", "--set",
                         variants[k], "--set", "duration_ms=300", "--set", "warmup_ms=60"),
               HK_OK);
        if (k == 0) { /* the kick is over, and nothing is left of it */
            assert_close(number_of(&t, "rate_hz"), 0.0, 0.0);
        } else { /* 200 pA / 10 nS lift v from -60 towards -40 mV: threshold after 20 ms ln 2, and 5 ms of rest */
            double expected_hz = 1e3 / (5.0 + 20.0 * log(2.0));
            assert_close(number_of(&t, "rate_hz"), expected_hz, 0.06 * expected_hz);
        }
        trial_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coba_sustains_itself_and_repeats),
        cmocka_unit_test(without_its_kick_or_current_coba_would_be_silent),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
