/* tests/test_mathfn.c - our exp, log and expm1 against long double, and lane against scalar. */
#include "tests/hk_test.h"

#include "sim/mathfn.h"
#include "sim/rng.h"

#define NOT_A_NUMBER ((double)NAN)
#define INFINITE ((double)INFINITY)

/* Distance to the exact value in units of the last place of a double of that size. */
static double ulps(double actual, long double exact)
{
    int exponent;
    frexpl(exact, &exponent);
    return (double)(fabsl((long double)actual - exact) / ldexpl(1.0L, exponent - 53));
}

static void assert_ulps_below(double worst, double at, double limit)
{
    if (worst < limit)
        return;
    print_error("off by %.3f ulp at %.17g, limit %g\n", worst, at, limit);
    fail();
}

static void exp_is_right_to_one_ulp(void **state)
{
    (void)state;
    hk_stream stream = hk_stream_open(20, HK_PURPOSE_TEST, 0, 0);
    const double ranges[][2] = { { -708.0, 709.0 }, { -1.0, 1.0 }, { -40.0, 0.0 }, { -1e-9, 1e-9 } };
    for (size_t r = 0; r < N_OF(ranges); r++) {
        double worst = 0.0, at = 0.0;
        for (int i = 0; i < 400000; i++) {
            double x = ranges[r][0] + (ranges[r][1] - ranges[r][0]) * hk_stream_uniform(&stream);
            double error = ulps(hk_exp(x), expl((long double)x));
            if (!(error <= worst)) {
                worst = error;
                at = x;
            }
        }
        assert_ulps_below(worst, at, 1.0);
    }
    for (int n = -1021; n <= 1022; n++) { /* where the reduction changes from one power of 2 to the next */
        double x = (n + 0.5) * 0.693147180559945309417;
        for (int k = -2; k <= 2; k++) {
            double near = x + k * 1e-14 * (1.0 + fabs(x));
            if (near > -708.0 && near < 709.0)
                assert_ulps_below(ulps(hk_exp(near), expl((long double)near)), near, 1.0);
        }
    }
}

static void log_is_right_to_one_ulp(void **state)
{
    (void)state;
    hk_stream stream = hk_stream_open(21, HK_PURPOSE_TEST, 0, 0);
    for (int range = 0; range < 5; range++) {
        double worst = 0.0, at = 0.0;
        for (int i = 0; i < 400000; i++) {
            double u = hk_stream_uniform(&stream), x = u;
            if (range == 1)
                x = 0.5 + u; /* on both sides of 1, where the result vanishes */
            else if (range == 2)
                x = 1.0 + (u - 0.5) * 1e-6;
            else if (range == 3)
                x = exp((u - 0.5) * 1400.0);
            else if (range == 4)
                x = 0.7071067811865476 + (u - 0.5) * 1e-3; /* where the reduction jumps */
            double error = x == 1.0 ? fabs(hk_log(x)) : ulps(hk_log(x), logl((long double)x));
            if (!(error <= worst)) {
                worst = error;
                at = x;
            }
        }
        assert_ulps_below(worst, at, 1.0);
    }
    assert_ulps_below(ulps(hk_log(0x1p-1022), logl(0x1p-1022L)), 0x1p-1022, 1.0);
    assert_ulps_below(ulps(hk_log(0x1.fffffffffffffp1023), logl(0x1.fffffffffffffp1023L)), 1e308, 1.0);
}

static void expm1_is_right_to_four_ulps(void **state)
{
    (void)state;
    hk_stream stream = hk_stream_open(22, HK_PURPOSE_TEST, 0, 0);
    const double reach[] = { 700.0, 2.0, 0.5, 0.35, 0.34, 1e-3, 1e-8, 1e-15, 1e-300 };
    for (size_t r = 0; r < N_OF(reach); r++) {
        double worst = 0.0, at = 0.0;
        for (int i = 0; i < 200000; i++) {
            double x = reach[r] * (2.0 * hk_stream_uniform(&stream) - 1.0);
            double error = ulps(hk_expm1(x), expm1l((long double)x));
            if (!(error <= worst)) {
                worst = error;
                at = x;
            }
        }
        assert_ulps_below(worst, at, 4.0);
    }
}

static void special_values_are_what_the_header_says(void **state)
{
    (void)state;
    assert_true(hk_exp(0.0) == 1.0 && hk_exp(-0.0) == 1.0);
    assert_true(hk_exp(-708.5) == 0.0 && hk_exp(-INFINITE) == 0.0 && hk_exp(-1e300) == 0.0);
    assert_true(hk_exp(709.5) == INFINITE && hk_exp(INFINITE) == INFINITE);
    assert_true(hk_exp(-708.0) > 0.0 && hk_exp(709.0) < INFINITE);
    assert_true(isnan(hk_exp(NOT_A_NUMBER)));
    assert_true(hk_expm1(0.0) == 0.0 && hk_expm1(-INFINITE) == -1.0 && hk_expm1(INFINITE) == INFINITE);
    assert_true(hk_expm1(5e-324) == 5e-324 && isnan(hk_expm1(NOT_A_NUMBER)));
    assert_true(hk_log(1.0) == 0.0 && hk_log(0.0) == -INFINITE && hk_log(-0.0) == -INFINITE);
    assert_true(hk_log(INFINITE) == INFINITE);
    assert_true(isnan(hk_log(-2.385)) && isnan(hk_log(-INFINITE)) && isnan(hk_log(NOT_A_NUMBER)));
}

static void a_decay_never_grows(void **state)
{
    (void)state;
    double last = 1.0;
    for (double x = 0.0; x > -3.0; x -= 3.1e-6) {
        double e = hk_exp(x);
        assert_true(e <= last && e > 0.0);
        last = e;
    }
}

enum { N_LANES = 4099 };
static double xs[N_LANES], lanes[3][N_LANES];

#ifdef __clang__
#define VECTORISED __attribute__((noinline)) /* it does so from -O2 on */
#else
#define VECTORISED __attribute__((noinline, optimize("O3")))
#endif

/* Plain loops over arrays: the compiler is free to make vectors of them. */
VECTORISED static void fill_lanes(void)
{
    for (int i = 0; i < N_LANES; i++)
        lanes[0][i] = hk_exp(xs[i]);
    for (int i = 0; i < N_LANES; i++)
        lanes[1][i] = hk_expm1(xs[i]);
    for (int i = 0; i < N_LANES; i++)
        lanes[2][i] = hk_log(xs[i]);
}

static double (*volatile scalar_exp)(double) = hk_exp, (*volatile scalar_expm1)(double) = hk_expm1,
                         (*volatile scalar_log)(double) = hk_log;

static void every_lane_of_a_loop_has_the_bits_of_the_single_call(void **state)
{
    (void)state;
    hk_stream stream = hk_stream_open(23, HK_PURPOSE_TEST, 0, 0);
    const double special[] = { 0.0, -0.0, 1.0, -708.0, 709.0, -1e9, 1e9, INFINITE, -INFINITE, 0.34, -0.34, 5e-324 };
    for (int turn = 0; turn < 40; turn++) {
        for (int i = 0; i < N_LANES; i++)
            xs[i] = (hk_stream_uniform(&stream) - 0.5) * pow(10.0, turn % 8 - 4);
        memcpy(xs + 37 * turn, special, sizeof special);
        fill_lanes();
        for (int i = 0; i < N_LANES; i++) {
            assert_true(hk_double_to_bits(lanes[0][i]) == hk_double_to_bits(scalar_exp(xs[i])));
            assert_true(hk_double_to_bits(lanes[1][i]) == hk_double_to_bits(scalar_expm1(xs[i])));
            double log_now = scalar_log(xs[i]);
            assert_true(isnan(log_now) ? isnan(lanes[2][i])
                                       : hk_double_to_bits(lanes[2][i]) == hk_double_to_bits(log_now));
        }
    }
}

/* The same on every machine and with every compiler: these bits were written down once. A better kernel changes
 * them on purpose, and with them the last digits of results: a reason to say so in its commit. */
static void results_have_the_recorded_bits(void **state)
{
    (void)state;
    const uint64_t recorded[3] = { UINT64_C(0x998ad1eb65807108), UINT64_C(0xc315d59193126920),
                                   UINT64_C(0x899527169f48fc25) };
    static const char *const names[3] = { "exp", "expm1", "log" };
    uint64_t sums[3] = { 0 };
    hk_stream stream = hk_stream_open(24, HK_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < 10000; i++) {
        double u = hk_stream_uniform(&stream);
        sums[0] = sums[0] * 31 + hk_double_to_bits(hk_exp(-20.0 * u));
        sums[1] = sums[1] * 31 + hk_double_to_bits(hk_expm1(u - 0.5));
        sums[2] = sums[2] * 31 + hk_double_to_bits(hk_log(u));
    }
    for (int i = 0; i < 3; i++)
        if (sums[i] != recorded[i])
            print_error("hk_%s: sum of bits is 0x%llx\n", names[i], (unsigned long long)sums[i]);
    assert_memory_equal(sums, recorded, sizeof sums);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_right_to_one_ulp),
        cmocka_unit_test(log_is_right_to_one_ulp),
        cmocka_unit_test(expm1_is_right_to_four_ulps),
        cmocka_unit_test(special_values_are_what_the_header_says),
        cmocka_unit_test(a_decay_never_grows),
        cmocka_unit_test(every_lane_of_a_loop_has_the_bits_of_the_single_call),
        cmocka_unit_test(results_have_the_recorded_bits),
    };
    return cmocka_run_group_tests_name("mathfn", tests, NULL, NULL);
}
