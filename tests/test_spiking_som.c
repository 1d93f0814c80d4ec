/* tests/test_spiking_som.c - short runs of spiking-som: neighbours on the grid answer to neighbours on the manifold, because of lateral
 * synapses; images are named; the same seed gives the same map. */
#include "tests/trial.h"

#define LINE                                                                                                   \
    "spiking-som", "--set", "data=line", "--set", "rows=1", "--set", "cols=20", "--set", "train=800", "--set", \
        "test=200", "--out", "none", "--seed", "3"

static void neighbours_answer_to_neighbours_where_lateral_synapses_bind_them(void **state)
{
    (void)state;
    trial bound, alone;
    run_it(&bound, ARGUMENTS(LINE), HK_OK);
    run_it(&alone, ARGUMENTS(LINE, "--set", "strength=0"), HK_OK);
    assert_true(number_of(&bound, "topographic_error") < 0.45);
    assert_true(number_of(&alone, "topographic_error") > 0.6);
    assert_true(number_of(&bound, "position_error") < 0.05); /* 0.33 for guesses, 0.0125 for ideal places */
    assert_true(number_of(&bound, "order") > 0.2 && fabs(number_of(&bound, "order_before")) < 0.2);
    assert_true(number_of(&bound, "spikes_together") > 2.0); /* winner and neighbours */
    assert_true(number_of(&bound, "unanswered") == 0.0);
    trial_close(&alone);
    trial_close(&bound);
}

static void the_same_seed_gives_the_same_map_and_another_seed_another(void **state)
{
    (void)state;
    trial a, b, other;
    run_it(&a, ARGUMENTS(LINE, "--set", "train=200"), HK_OK);
    run_it(&b, ARGUMENTS(LINE, "--set", "train=200"), HK_OK);
    run_it(&other, ARGUMENTS(LINE, "--set", "train=200", "--seed", "4"), HK_OK);
    assert_true(number_of(&a, "position_error") == number_of(&b, "position_error"));
    assert_true(number_of(&a, "order") == number_of(&b, "order"));
    assert_true(number_of(&a, "position_error") != number_of(&other, "position_error"));
    trial_close(&a);
    trial_close(&b);
    trial_close(&other);
}

static void units_named_by_images_name_others(void **state)
{
    (void)state;
    trial t;
    run_it(&t,
           ARGUMENTS("spiking-som", "--set", "data=glyphs", "--set", "rows=5", "--set", "cols=5", "--set", "train=500",
                     "--set", "test=150", "--out", "none"),
           HK_OK);
    assert_true(number_of(&t, "test_accuracy") > 0.35); /* chance: 0.1 */
    assert_true(number_of(&t, "units") == 25.0);
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_answer_to_neighbours_where_lateral_synapses_bind_them),
        cmocka_unit_test(the_same_seed_gives_the_same_map_and_another_seed_another),
        cmocka_unit_test(units_named_by_images_name_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
