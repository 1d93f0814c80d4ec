/* tests/test_time.c - spike times as (step, offset). */
#include "tests/hk_test.h"

#include "sim/rng.h"
#include "sim/time.h"

static const double resolutions_ms[] = { 0.1, 0.125, 0.025, 1.0, 0.3, 1e-3 };

static void assert_normal(hk_time t, double resolution_ms)
{
    if (t.offset > 0.0 && t.offset <= resolution_ms)
        return;
    print_error("offset %.17g outside (0, %g] at step %lld\n", t.offset, resolution_ms, (long long)t.step);
    fail();
}

static void time_0_is_the_end_of_step_minus_1(void **state)
{
    (void)state;
    for (size_t r = 0; r < N_OF(resolutions_ms); r++) {
        double res = resolutions_ms[r];
        hk_time zero = hk_time_from_ms(0.0, res);
        assert_true(zero.step == -1);
        assert_true(zero.offset == res);
        assert_true(hk_time_equal(zero, hk_time_grid(0, res)));
        assert_close(hk_time_to_ms(zero, res), 0.0, 0.0);
    }
}

static void decimal_grid_times_stay_on_the_grid(void **state)
{
    (void)state;
    for (int64_t n = -3000; n < 30000; n += 7) {
        hk_time t = hk_time_from_ms((double)n * 0.1, 0.1);
        assert_true(hk_time_equal(t, hk_time_grid(n, 0.1)));
    }
    assert_true(hk_time_from_ms(1.5, 0.1).step == 14); /* 15 steps of 0.1: the literal, not a product */
    assert_true(hk_time_from_ms(1.5, 0.1).offset == 0.1);
}

static void from_ms_and_back_differs_by_rounding_alone(void **state)
{
    (void)state;
    hk_stream stream = hk_stream_open(12, HK_PURPOSE_TEST, 0, 0);
    for (size_t r = 0; r < N_OF(resolutions_ms); r++) {
        double res = resolutions_ms[r];
        for (int i = 0; i < 20000; i++) {
            double ms = (hk_stream_uniform(&stream) - 0.3) * pow(10.0, i % 10);
            hk_time t = hk_time_from_ms(ms, res);
            assert_normal(t, res);
            assert_close(hk_time_to_ms(t, res), ms, 4e-16 * (fabs(ms) + res));
        }
    }
}

static void from_ms_keeps_the_order_of_times(void **state)
{
    (void)state;
    for (size_t r = 0; r < N_OF(resolutions_ms); r++) {
        double res = resolutions_ms[r], ms = 2.385;
        for (int64_t n = -40; n < 400; n++) { /* the neighbours of each grid time */
            double at = (double)n * res;
            hk_time t[3];
            const double around[3] = { nextafter(at, -INFINITY), at, nextafter(at, INFINITY) };
            for (int i = 0; i < 3; i++) {
                t[i] = hk_time_from_ms(around[i], res);
                assert_normal(t[i], res);
            }
            assert_false(hk_time_before(t[1], t[0]));
            assert_false(hk_time_before(t[2], t[1]));
        }
        hk_time t = hk_time_from_ms(ms, res);
        assert_true(hk_time_before(t, hk_time_from_ms(ms + 0.7 * res, res)));
        assert_false(hk_time_before(t, t));
    }
}

static void after_adds_and_stays_normal(void **state)
{
    (void)state;
    hk_stream stream = hk_stream_open(13, HK_PURPOSE_TEST, 0, 0);
    for (size_t r = 0; r < N_OF(resolutions_ms); r++) {
        double res = resolutions_ms[r];
        for (int i = 0; i < 20000; i++) {
            hk_time t = { .step = (int64_t)hk_stream_below(&stream, 1000) - 500,
                          .offset = res * hk_stream_uniform(&stream) };
            double ms = i % 4 == 0 ? (double)(i % 31) * res : hk_stream_uniform(&stream) * pow(10.0, i % 7 - 3);
            hk_time later = hk_time_after(t, ms, res);
            assert_normal(later, res);
            assert_false(hk_time_before(later, t));
            assert_close(hk_time_between_ms(t, later, res), ms, 1e-15 * (ms + res));
        }
        hk_time t = { .step = 6, .offset = res };
        assert_true(hk_time_equal(hk_time_after(t, 0.0, res), t));
        assert_true(hk_time_after(t, nextafter(0.0, 1.0) + 0.02 * res, res).step == 7);
    }
}

static void a_year_loses_nothing(void **state)
{
    (void)state;
    const double res = 0.1, year_ms = 365.25 * 86400e3;
    const int64_t year = hk_steps_in_ms(year_ms, res);
    assert_true(year == INT64_C(315576000000));
    hk_time early = { .step = 23, .offset = 0.0385 };
    hk_time late = { .step = early.step + year, .offset = early.offset };
    hk_time a = hk_time_after(early, 2.3851, res), b = hk_time_after(late, 2.3851, res);
    assert_true(b.step - a.step == year);
    assert_true(b.offset == a.offset); /* bit for bit */
    assert_close(hk_time_between_ms(late, b, res), 2.3851, 1e-15);
    assert_close(hk_time_to_ms(late, res), year_ms + 2.3385, 1e-5);
    hk_time t = hk_time_from_ms(year_ms + 0.0625, 0.125);
    assert_true(t.step == INT64_C(252460800000) && t.offset == 0.0625);
}

static void whole_steps_are_counted_and_others_refused(void **state)
{
    (void)state;
    assert_true(hk_steps_in_ms(0.0, 0.1) == 0);
    assert_true(hk_steps_in_ms(1.5, 0.1) == 15);
    assert_true(hk_steps_in_ms(0.3, 0.1) == 3); /* 0.3 / 0.1 is 2.9999999999999996 */
    assert_true(hk_steps_in_ms(2.3, 0.025) == 92);
    assert_true(hk_steps_in_ms(0.7, 0.1) == 7);
    for (int64_t n = 0; n < 20000; n++)
        assert_true(hk_steps_in_ms((double)n / 10.0, 0.1) == n);
    const double refused[] = { -0.1, 0.05, 1.55, 2.385, 1e-4, (double)NAN, (double)INFINITY, -(double)INFINITY, 1e300 };
    for (size_t i = 0; i < N_OF(refused); i++)
        assert_true(hk_steps_in_ms(refused[i], 0.1) == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_0_is_the_end_of_step_minus_1),
        cmocka_unit_test(decimal_grid_times_stay_on_the_grid),
        cmocka_unit_test(from_ms_and_back_differs_by_rounding_alone),
        cmocka_unit_test(from_ms_keeps_the_order_of_times),
        cmocka_unit_test(after_adds_and_stays_normal),
        cmocka_unit_test(a_year_loses_nothing),
        cmocka_unit_test(whole_steps_are_counted_and_others_refused),
    };
    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
