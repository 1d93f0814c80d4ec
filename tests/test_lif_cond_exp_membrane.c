/* tests/test_lif_cond_exp_membrane.c - the parts of lif_cond_exp: its steps, its bound, its loops for every kind of CPU. */
#include "tests/hk_test.h"

#include "neurons/lif_cond_exp_kernels.h"
#include "sim/rng.h"

static hk_stream draw;

static double between(double low, double high)
{
    return low + (high - low) * hk_stream_uniform(&draw);
}

static double log_between(double low, double high)
{
    return low * exp(log(high / low) * hk_stream_uniform(&draw));
}

static bool chance(double p)
{
    return hk_stream_uniform(&draw) < p;
}

static int open_stream(void **state)
{
    (void)state;
    draw = hk_stream_open(2385, HK_PURPOSE_TEST, 12, 0);
    return 0;
}

static hk_cond_look random_look(const hk_cond_cell *c, double ms)
{
    return (hk_cond_look){ ms, exp(-ms * c->fall_ex), exp(-ms * c->fall_in), exp(-ms * c->fall_theta) };
}

static hk_cond_cell random_membrane(void)
{
    hk_cond_cell c = { .alpha = log_between(0.01, 0.5),
                       .d_ex = between(40.0, 80.0),
                       .d_in = chance(0.2) ? between(0.0, 12.0) : between(-30.0, 0.0),
                       .gap = between(3.0, 20.0),
                       .per_pf = 1.0 / between(50.0, 400.0),
                       .fall_ex = 1.0 / log_between(0.2, 10.0),
                       .fall_in = 1.0 / log_between(0.2, 20.0),
                       .fall_theta = 1.0 / log_between(1.0, 100.0),
                       .adapts = 1.0 };
    c.pace = c.alpha + 3.0 * fmax(c.fall_ex, c.fall_in);
    c.near = random_look(&c, between(0.1, 1.0));
    c.far = random_look(&c, between(0.5, 8.0));
    c.peak_ex = fmin(1.0 / c.alpha, 1.0 / c.fall_ex);
    c.peak_in = fmin(1.0 / c.alpha, 1.0 / c.fall_in);
    return c;
}

static hk_cond_state random_state(double most)
{
    return (hk_cond_state){ .u = between(-25.0, 10.0),
                            .x = chance(0.1) ? 0.0 : log_between(1e-4, most),
                            .y = chance(0.1) ? 0.0 : log_between(1e-4, most),
                            .theta = chance(0.5) ? 0.0 : between(-2.0, 9.0) };
}

static void steps_eight_times_shorter_change_nothing_worth_mentioning(void **state)
{
    (void)state;
    double worst = 0.0;
    for (int k = 0; k < 20000; k++) {
        hk_cond_cell coarse = random_membrane(), fine = coarse;
        hk_cond_state from = random_state(3.0);
        fine.pace = 8.0 * coarse.pace + 7.0 * (from.x + from.y);
        double dt = log_between(0.01, 8.0);
        double difference = fabs(hk_cond_later(&coarse, &from, dt).u - hk_cond_later(&fine, &from, dt).u);
        worst = fmax(worst, difference);
    }
    print_message("steps eight times shorter: %.2g mV\n", worst);
    assert_true(worst < 2e-11);
}

static void a_bound_that_promises_quiet_keeps_its_word(void **state)
{
    (void)state;
    unsigned n_near = 0, n_ever = 0;
    for (int k = 0; k < 20000; k++) {
        hk_cond_cell c = random_membrane();
        hk_cond_state from = random_state(2.0), at = from;
        double quiet = hk_cond_quiet_ms(&c, from.u, from.x, from.y, from.theta);
        n_ever += quiet == HK_COND_FOREVER;
        n_near += quiet > 0.0 && quiet < HK_COND_FOREVER;
        if (from.u >= c.gap + from.theta) {
            assert_true(quiet == 0.0);
            continue;
        }
        double step_ms = fmin(quiet, 60.0) / 60.0;
        for (int i = 1; i <= 60; i++) {
            at = hk_cond_later(&c, &at, step_ms);
            if (!(at.u < c.gap + at.theta))
                print_error("quiet for %g ms, above threshold after %g\n", quiet, step_ms * i);
            assert_true(at.u < c.gap + at.theta);
        }
    }
    assert_true(n_near > 5000 && n_ever > 2000);
}

static const hk_cond_kernels *const kernels[HK_N_CPU] = {
    &hk_cond_kernels_plain,
#if defined(__x86_64__)
    &hk_cond_kernels_avx2,
    &hk_cond_kernels_avx512,
#endif
};

enum { N_LANES = 200 };
typedef struct bench {
    double u[N_LANES], x[N_LANES], y[N_LANES], theta[N_LANES], at[N_LANES], quiet[N_LANES];
} bench;

static void every_path_of_receive_moves_each_target_as_if_it_were_alone(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        hk_cond_cell c = random_membrane();
        static bench start, found;
        static uint32_t target[N_LANES];
        static float weight[N_LANES];
        static double weight64[N_LANES];
        uint32_t n = 0, hit[2 * N_LANES];
        c.adapts = (double)(round % 2);
        for (uint32_t i = 0; i < N_LANES; i++) {
            hk_cond_state s = random_state(chance(0.05) ? 1e4 : 2.0);
            start.u[i] = chance(0.1) ? -HUGE_VAL : s.u;
            start.x[i] = s.x;
            start.y[i] = s.y;
            start.theta[i] = c.adapts != 0.0 ? s.theta : 0.0;
            start.at[i] = chance(0.1) ? 9.37 : between(9.37 - 8.0, 9.37);
            start.quiet[i] = HK_COND_FOREVER;
            for (int twice = 0; chance(0.5) && twice < 2 && n < N_LANES; twice++) {
                weight64[n] = between(-50.0, 20.0);
                weight[n] = (float)weight64[n];
                target[n++] = i;
            }
        }
        hk_slab slab = { .target = target, .weight = weight, .n = n, .repeats = true };
        if (round % 3 == 0)
            slab.weight64 = weight64;
        for (int level = 0; level <= (int)hk_cpu_best(); level++) {
            found = start;
            hk_hits hits = { .neuron = hit, .capacity = 2 * N_LANES };
            hk_cond_columns columns = { found.u, found.x, found.y, found.theta, found.at, found.quiet };
            kernels[level]->receive(&columns, &c, &slab, 9.37, 9.47, &hits);
            size_t n_hits = 0;
            for (uint32_t k = 0, i = 0; i < N_LANES; i++) {
                hk_cond_state s = { start.u[i], start.x[i], start.y[i], start.theta[i] };
                bool hears = k < n && target[k] == i;
                if (hears)
                    s = hk_cond_later(&c, &s, 9.37 - start.at[i]);
                for (; k < n && target[k] == i; k++) {
                    double w = c.per_pf * (slab.weight64 != NULL ? weight64[k] : (double)weight[k]);
                    *(w < 0.0 ? &s.y : &s.x) += fabs(w);
                    double quiet = 9.37 + hk_cond_quiet_ms(&c, s.u, s.x, s.y, s.theta);
                    bool held = s.u == -HUGE_VAL;
                    if (!held && quiet <= 9.47)
                        assert_true(n_hits < hits.n && hit[n_hits++] == i);
                }
                double expected[] = { s.u, s.x, s.y, s.theta, hears ? 9.37 : start.at[i] };
                double got[] = { found.u[i], found.x[i], found.y[i], found.theta[i], found.at[i] };
                assert_memory_equal(got, expected, sizeof got);
            }
            assert_int_equal(hits.n, n_hits);
        }
    }
}

/* x = 1e4/ms: u follows its drive within 1e-4 ms, in which the conductances hardly change. */
static void a_stiff_membrane_sits_where_its_conductances_pull_it(void **state)
{
    (void)state;
    for (int k = 0; k < 200; k++) {
        hk_cond_cell c = random_membrane();
        c.fall_ex = c.fall_in;
        c.pace = c.alpha + 3.0 * c.fall_in;
        double dt = between(0.5, 2.0) / c.fall_in, x = log_between(1e4, 1e5), y = log_between(1e4, 1e5);
        hk_cond_state from = { .u = -7.3, .x = x, .y = y }, to = hk_cond_later(&c, &from, dt);
        double pulled = (to.x * c.d_ex + to.y * c.d_in) / (c.alpha + to.x + to.y);
        double lag = c.alpha * c.fall_in * fabs(pulled) / ((to.x + to.y) * (to.x + to.y)); /* d pulled/dt over x + y */
        assert_close(to.u, pulled, 1.01 * lag + 1e-12);
    }
}

static void what_is_no_number_never_crosses_and_does_not_keep_anyone_busy(void **state)
{
    (void)state;
    const double strange[] = { (double)NAN, (double)INFINITY, -(double)INFINITY, 1e300, -1e300 };
    for (size_t k = 0; k < N_OF(strange); k++)
        for (int which = 0; which < 4; which++) {
            hk_cond_cell c = random_membrane();
            hk_cond_state s = { .u = c.gap - 0.01, .x = 0.7, .y = 0.9, .theta = 0.003 };
            *(double *[]){ &s.u, &s.x, &s.y, &s.theta }[which] = strange[k];
            double quiet, found = hk_cond_crossing_ms(&c, &s, 10.0, &quiet);
            assert_true(found >= 0.0 && quiet >= 0.0);
            if (isnan(strange[k]))
                assert_true(isinf(found));
            if (which == 1 || which == 2)
                assert_true(isinf(found) && !(fabs(hk_cond_later(&c, &s, 0.1).u) < 1e6));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(steps_eight_times_shorter_change_nothing_worth_mentioning, open_stream),
        cmocka_unit_test_setup(a_bound_that_promises_quiet_keeps_its_word, open_stream),
        cmocka_unit_test_setup(every_path_of_receive_moves_each_target_as_if_it_were_alone, open_stream),
        cmocka_unit_test_setup(a_stiff_membrane_sits_where_its_conductances_pull_it, open_stream),
        cmocka_unit_test_setup(what_is_no_number_never_crosses_and_does_not_keep_anyone_busy, open_stream),
    };
    return cmocka_run_group_tests_name("lif_cond_exp_membrane", tests, NULL, NULL);
}
