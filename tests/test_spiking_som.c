/* tests/test_spiking_som.c - spiking-som: a winner takes those with it whom lateral synapses bind to it; maps of a known manifold do
 * not fold, whatever the seed; images are named; stopped and resumed, a run goes on to the same end. */
#include "tests/cut.h"

#include "experiments/spiking_map.h"

#define LINE                                                                                                       \
    "spiking-som", "--set", "data=line", "--set", "cols=12", "--set", "train=2000", "--set", "label=500", "--set", \
        "test=200", "--out", "none"
#define SQUARE                                                                                                 \
    "spiking-som", "--set", "rows=5", "--set", "cols=5", "--set", "train=2500", "--set", "label=400", "--set", \
        "test=100", "--out", "none"

/* ---- the network ----------------------------------------------------------------------------------------------------- */

/* On a grid that is no square, so that a row taken for a column shows. */
enum { ROWS = 4, COLS = 7, UNITS = ROWS * COLS };

/* Every unit answers to an input of its own, so that we know who wins; all others fit a sample alike badly. */
static void open_map(hk_ctx *ctx, double strength, hk_spiking_map *map)
{
    static float w[UNITS][UNITS];
    hk_spiking_map_config config = { .n_inputs = UNITS,
                                     .rows = ROWS,
                                     .cols = COLS,
                                     .strength = strength,
                                     .match = 0.7,
                                     .length = HK_SPIKING_MAP_MOST,
                                     .seed = 5 };
    assert_ok(hk_spiking_map_create(ctx, &config, map));
    uint64_t n;
    float *weights = hk_projection_weights(map->feedforward, &n);
    for (size_t i = 0; i < UNITS; i++)
        for (size_t j = 0; j < UNITS; j++)
            weights[i * (n / UNITS) + j] = i == j ? 0.07f : 0.007f;
    hk_spiking_map_weights(map, w[0]);
    assert_close(w[3][3], 0.07, 1e-8);
    assert_close(w[3][4], 0.007, 1e-8);
}

static void a_winner_takes_those_along_that_its_excitation_reaches_and_no_others(void **state)
{
    (void)state;
    const double sigma = 1.73, reach = 1.5; /* of its weight of threshold - deficit; 1.18 sigma = 2.04 for no deficit */
    hk_ctx *ctx = hk_ctx_create();
    hk_spiking_map map;
    open_map(ctx, 1.0, &map);
    for (uint32_t winner = 0; winner < UNITS; winner++) {
        float values[UNITS] = { 0.0f };
        bool spiked[UNITS] = { false };
        values[winner] = 1.0f;
        assert_ok(hk_spiking_map_bind(&map, sigma, 0.0));
        assert_ok(hk_spiking_map_show(&map, values));
        assert_int_equal(map.spiked[0], winner);
        for (size_t k = 0; k < map.n_spiked; k++)
            spiked[map.spiked[k]] = true;
        for (uint32_t u = 0; u < UNITS; u++)
            assert_int_equal(spiked[u], hk_spiking_map_distance(&map, winner, u) < reach);
    }
    hk_spiking_map_destroy(&map);
    hk_ctx_destroy(ctx);
}

static void those_that_spike_turn_towards_the_sample_and_no_others(void **state)
{
    (void)state;
    enum { WINNER = 9, OTHER = 10, FAR = 27 };
    static float before[UNITS][UNITS], after[UNITS][UNITS];
    float values[UNITS] = { [WINNER] = 1.0f, [2] = 0.34f };
    hk_ctx *ctx = hk_ctx_create();
    hk_spiking_map map;
    open_map(ctx, 1.0, &map);
    hk_spiking_map_weights(&map, before[0]);
    assert_ok(hk_spiking_map_bind(&map, 1.1, 0.3));
    assert_ok(hk_spiking_map_show(&map, values));
    hk_spiking_map_weights(&map, after[0]);
    double square = 0.0, expected[UNITS];
    for (size_t i = 0; i < UNITS; i++) {
        double x = round(10.0 * (double)values[i]), w = (double)before[OTHER][i];
        expected[i] = w + 0.3 * (0.7 / 100.0 * x - w);
        square += expected[i] * expected[i];
    }
    for (size_t i = 0; i < UNITS; i++) {
        assert_close(after[OTHER][i], expected[i] * 0.07 / sqrt(square), 1e-7);
        assert_close(after[FAR][i], before[FAR][i], 0.0);
    }
    hk_spiking_map_destroy(&map);
    hk_ctx_destroy(ctx);
}

static void without_strength_the_winner_is_alone_and_a_free_map_tells_the_first_two(void **state)
{
    (void)state;
    float values[UNITS] = { [13] = 0.9f, [4] = 0.6f };
    hk_ctx *ctx = hk_ctx_create();
    hk_spiking_map map;
    open_map(ctx, 0.0, &map);
    assert_ok(hk_spiking_map_bind(&map, 3.0, 0.1));
    assert_ok(hk_spiking_map_show(&map, values));
    assert_int_equal(map.n_spiked, 1);
    hk_spiking_map_free(&map);
    assert_ok(hk_spiking_map_show(&map, values));
    assert_true(map.n_spiked >= 2 && map.spiked[0] == 13 && map.spiked[1] == 4);
    hk_spiking_map_destroy(&map);
    hk_ctx_destroy(ctx);
}

/* ---- maps ------------------------------------------------------------------------------------------------------------ */

static void maps_of_a_square_lie_in_it_without_a_fold_whatever_the_seed(void **state)
{
    (void)state;
    static const char *const seeds[] = { "1", "2", "3", "4" };
    for (size_t k = 0; k < N_OF(seeds); k++) {
        trial t;
        run_it(&t, ARGUMENTS(SQUARE, "--seed", seeds[k]), HK_OK);
        assert_true(number_of(&t, "order") > 0.95); /* folded maps are below 0.9 */
        assert_true(fabs(number_of(&t, "order_before")) < 0.4);
        assert_true(number_of(&t, "topographic_error") < 0.05);
        assert_true(number_of(&t, "position_error") < 0.12); /* 0.077 for ideal places, 0.52 for guesses */
        assert_true(number_of(&t, "unanswered") == 0.0);
        trial_close(&t);
    }
}

static void neighbours_answer_to_neighbours_where_lateral_synapses_bind_them(void **state)
{
    (void)state;
    trial bound, alone;
    run_it(&bound, ARGUMENTS(LINE, "--seed", "3"), HK_OK);
    run_it(&alone, ARGUMENTS(LINE, "--seed", "3", "--set", "strength=0"), HK_OK);
    assert_true(number_of(&bound, "topographic_error") < 0.1);
    assert_true(number_of(&alone, "topographic_error") > 0.6);
    assert_true(number_of(&bound, "order") > 0.9 && fabs(number_of(&alone, "order")) < 0.5);
    assert_true(number_of(&bound, "position_error") < 0.03); /* 0.33 for guesses, 0.021 for ideal places */
    assert_true(number_of(&bound, "spikes_together") > 2.0); /* winner and neighbours */
    trial_close(&alone);
    trial_close(&bound);
}

static void another_seed_gives_another_map(void **state)
{
    (void)state;
    trial a, b, other;
    run_it(&a, ARGUMENTS(LINE, "--set", "train=300", "--seed", "3"), HK_OK);
    run_it(&b, ARGUMENTS(LINE, "--set", "train=300", "--seed", "3"), HK_OK);
    run_it(&other, ARGUMENTS(LINE, "--set", "train=300", "--seed", "4"), HK_OK);
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
                     "--set", "test=150", "--set", "split=validation", "--out", "none"),
           HK_OK);
    assert_true(number_of(&t, "test_accuracy") > 0.35); /* chance: 0.1 */
    assert_true(number_of(&t, "units") == 25.0);
    trial_close(&t);
}

/* ---- stopping and going on --------------------------------------------------------------------------------------------- */

static void a_run_that_was_interrupted_twice_goes_on_to_the_same_end(void **state)
{
    (void)state;
    static const char *const exact[] = { "order",          "order_before", "topographic_error",
                                         "position_error", "units_used",   "spikes_together" };
    char first[PATH_MAX], second[PATH_MAX];
    snprintf(first, sizeof first, "%s", scratch_path("first.ckpt"));
    snprintf(second, sizeof second, "%s", scratch_path("second.ckpt"));
    trial whole, rest;
    run_it(&whole, ARGUMENTS(LINE, "--set", "train=400"), HK_OK);
    cut(ARGUMENTS(LINE, "--set", "train=400", "--checkpoint", first, "--checkpoint-every", "0.0001"), first, "order");
    cut(ARGUMENTS(LINE, "--set", "train=400", "--resume", first, "--checkpoint", second, "--checkpoint-every",
                  "0.0001"),
        second, "order");
    run_it(&rest, ARGUMENTS(LINE, "--set", "train=400", "--resume", second), HK_OK);
    for (size_t k = 0; k < N_OF(exact); k++)
        assert_close(number_of(&rest, exact[k]), number_of(&whole, exact[k]), 0.0);
    trial_close(&rest);
    trial_close(&whole);
    run_it(&rest, ARGUMENTS(LINE, "--set", "train=400", "--set", "match=0.6", "--resume", second), HK_EFORMAT);
    assert_says(&rest, "config");
    trial_close(&rest);
}

static void a_map_larger_than_its_samples_is_refused(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS(LINE, "--set", "train=11", "--set", "cols=12"), HK_ERANGE);
    assert_says(&t, "spiking-som: 12 units, must be at most as many as the 11 samples to learn from");
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_winner_takes_those_along_that_its_excitation_reaches_and_no_others),
        cmocka_unit_test(those_that_spike_turn_towards_the_sample_and_no_others),
        cmocka_unit_test(without_strength_the_winner_is_alone_and_a_free_map_tells_the_first_two),
        cmocka_unit_test(maps_of_a_square_lie_in_it_without_a_fold_whatever_the_seed),
        cmocka_unit_test(neighbours_answer_to_neighbours_where_lateral_synapses_bind_them),
        cmocka_unit_test(another_seed_gives_another_map),
        cmocka_unit_test(units_named_by_images_name_others),
        cmocka_unit_test(a_run_that_was_interrupted_twice_goes_on_to_the_same_end),
        cmocka_unit_test(a_map_larger_than_its_samples_is_refused),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
