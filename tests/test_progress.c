/* tests/test_progress.c - the progress line, durations and quantities as people read them. */
#include "tests/hk_test.h"

#include "experiments/progress.h"

static void durations_are_in_the_unit_that_suits_them(void **state)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = { { 0.0, "0 ms" },          { 0.0123, "12.3 ms" },    { 0.9991, "999 ms" },
                  { 0.9999, "1 s" },        { 12.44, "12.4 s" },      { 59.94, "59.9 s" },
                  { 59.96, "1 min 00 s" },  { 200.0, "3 min 20 s" },  { 3599.4, "59 min 59 s" },
                  { 3599.6, "1 h 00 min" }, { 7500.0, "2 h 05 min" }, { 86369.0, "23 h 59 min" },
                  { 86371.0, "1 d 00 h" },  { 273600.0, "3 d 04 h" }, { -1.0, "?" },
                  { (double)NAN, "?" } };
    char text[40];
    (void)state;
    for (size_t k = 0; k < N_OF(cases); k++) {
        hk_print_duration(cases[k].seconds, text, sizeof text);
        assert_string_equal(text, cases[k].text);
    }
}

static void quantities_have_three_digits(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = { { 0.0, "0" },         { 812.0, "812" },        { 999.4, "999" },
                  { 999.6, "1.00 k" },  { 3410000.0, "3.41 M" }, { 99940.0, "99.9 k" },
                  { 99960.0, "100 k" }, { 1.2e9, "1.20 G" },     { 2.385e12, "2.38 T" } };
    char text[40];
    (void)state;
    for (size_t k = 0; k < N_OF(cases); k++) {
        hk_print_quantity(cases[k].value, text, sizeof text);
        assert_string_equal(text, cases[k].text);
    }
}

static void one_trial_shows_its_pace_and_what_is_left(void **state)
{
    hk_progress p = { .what = "training",
                      .fraction = 0.25,
                      .biological_ms = 35200.0,
                      .events = 41000000,
                      .has_begun = true,
                      .begin_s = 100.0 };
    const hk_progress *const trials[] = { &p };
    char line[256];
    (void)state;
    hk_progress_line(trials, 1, 0, 1, 90.0, 112.0, line, sizeof line);
    assert_string_equal(line, "training | 25.0 % | 35.2 s simulated | 12 s | 3.42 M events/s | 36 s left");
}

static void a_resumed_trial_reckons_from_where_it_began(void **state)
{
    hk_progress p = { .what = "training",
                      .fraction = 0.75,
                      .biological_ms = 1000.0,
                      .events = 5000,
                      .has_begun = true,
                      .begin_s = 100.0,
                      .begin_fraction = 0.5,
                      .begin_events = 4000 };
    const hk_progress *const trials[] = { &p };
    char line[256];
    (void)state;
    hk_progress_line(trials, 1, 0, 1, 100.0, 110.0, line, sizeof line);
    assert_string_equal(line, "training | 75.0 % | 1 s simulated | 10 s | 100 events/s | 10 s left");
}

static void nothing_is_promised_before_there_is_a_pace(void **state)
{
    hk_progress p = { .fraction = 0.0 };
    const hk_progress *const trials[] = { &p };
    char line[256];
    (void)state;
    hk_progress_line(trials, 1, 0, 1, 100.0, 100.2, line, sizeof line);
    assert_string_equal(line, "0.0 % | 0 ms simulated | 0 ms");
}

static void several_trials_count_as_one_undertaking(void **state)
{
    hk_progress a = {
        .what = "testing", .fraction = 0.5, .biological_ms = 2000.0, .events = 300, .has_begun = true, .begin_s = 140.0
    };
    hk_progress b = { .fraction = 0.25, .biological_ms = 500.0, .events = 300, .has_begun = true, .begin_s = 130.0 };
    const hk_progress *const trials[] = { &a, &b };
    char line[256];
    (void)state;
    hk_progress_line(trials, 2, 3, 6, 100.0, 150.0, line, sizeof line);
    assert_string_equal(line,
                        "3 of 6 trials done | testing | 62.5 % | 2.5 s simulated | 50 s | 45 events/s | 30 s left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_in_the_unit_that_suits_them),
        cmocka_unit_test(quantities_have_three_digits),
        cmocka_unit_test(one_trial_shows_its_pace_and_what_is_left),
        cmocka_unit_test(a_resumed_trial_reckons_from_where_it_began),
        cmocka_unit_test(nothing_is_promised_before_there_is_a_pace),
        cmocka_unit_test(several_trials_count_as_one_undertaking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
