/* tests/test_poisson.c - Poisson trains against their distributions, at fixed seeds; given spikes as they were given. */
#include "tests/sim_rig.h"

#include "sim/cpu.h"
#include "sim/rng.h"

#include <gsl/gsl_cdf.h>

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Kolmogorov-Smirnov distance from the uniform distribution, times sqrt(n): above 2 once in 1,500 cases. */
static double ks_uniform(double *values, size_t n)
{
    double worst = 0.0;
    qsort(values, n, sizeof *values, compare_doubles);
    for (size_t k = 0; k < n; k++)
        worst = fmax(worst, fmax(values[k] - (double)k / (double)n, (double)(k + 1) / (double)n - values[k]));
    return worst * sqrt((double)n);
}

static hk_population *poisson(rig *r, uint32_t n, double rate_hz)
{
    hk_population *p = rig_neurons(r, "noise", "poisson", n);
    rig_set(r, p, "rate_hz", rate_hz);
    return p;
}

static void intervals_are_exponential(void **state)
{
    (void)state;
    const double rates[] = { 3.7, 85.0, 2385.0, 40000.0 };
    for (size_t k = 0; k < N_OF(rates); k++) {
        rig r = rig_open_as(0.1, 100 + k, NULL);
        raster s;
        hk_population *p = poisson(&r, 1, rates[k]);
        raster_of(&r, &s, p);
        rig_run(&r, nearbyint(20000.0 / rates[k] * 1e3));
        assert_true(s.n > 19000 && s.n < 21000);
        double *share = calloc(s.n, sizeof *share), sum = 0.0, squares = 0.0, lagged = 0.0, before = 0.0;
        hk_time last = hk_time_grid(0, 0.1);
        for (size_t i = 0; i < s.n; i++) {
            double x = hk_time_between_ms(last, s.spikes[i].time, 0.1) * rates[k] / 1000.0; /* of mean 1 */
            assert_true(x > 0.0);
            share[i] = -expm1(-x);
            sum += x;
            squares += x * x;
            lagged += i > 0 ? (x - 1.0) * (before - 1.0) : 0.0;
            before = x;
            last = s.spikes[i].time;
        }
        double n = (double)s.n;
        assert_true(ks_uniform(share, s.n) < 2.0);
        assert_close(sum / n, 1.0, 5.0 / sqrt(n));
        assert_close(squares / n, 2.0, 5.0 * sqrt(20.0 / n));
        assert_close(lagged / n, 0.0, 5.0 / sqrt(n)); /* and independent of the one before */
        free(share);
        raster_free(&s);
        rig_close(&r);
    }
}

static void places_within_a_step_are_uniform(void **state)
{
    (void)state;
    rig r = rig_open_as(0.1, 5, NULL);
    raster s;
    hk_population *p = poisson(&r, 20, 500.0);
    raster_of(&r, &s, p);
    rig_run(&r, 1000.0);
    double *share = calloc(s.n, sizeof *share);
    for (size_t i = 0; i < s.n; i++)
        share[i] = s.spikes[i].time.offset / 0.1;
    assert_true(s.n > 9000 && ks_uniform(share, s.n) < 2.0);
    free(share);
    raster_free(&s);
    rig_close(&r);
}

static void counts_are_poissonian_and_neurons_independent(void **state)
{
    (void)state;
    enum { N = 40, BINS = 500 };
    static double count[BINS][N];
    rig r = rig_open_as(0.1, 6, NULL);
    hk_population *p = poisson(&r, N, 200.0); /* four a bin of 20 ms */
    for (int bin = 0; bin < BINS; bin++) {
        hk_population_clear_counts(p);
        rig_run(&r, 20.0);
        for (int i = 0; i < N; i++)
            count[bin][i] = hk_population_counts(p)[i];
    }
    double seen[16] = { 0 }, chi = 0.0, rest = 1.0, n = (double)N * BINS;
    for (int bin = 0; bin < BINS; bin++)
        for (int i = 0; i < N; i++)
            seen[count[bin][i] < 12.0 ? (int)count[bin][i] : 12]++;
    double probability = exp(-4.0);
    for (int k = 0; k < 12; k++) {
        chi += (seen[k] - n * probability) * (seen[k] - n * probability) / (n * probability);
        rest -= probability;
        probability *= 4.0 / (k + 1);
    }
    chi += (seen[12] - n * rest) * (seen[12] - n * rest) / (n * rest);
    double p_value = gsl_cdf_chisq_Q(chi, 12.0);
    assert_true(p_value > 1e-4 && p_value < 1.0 - 1e-4);
    double worst = 0.0, squares = 0.0;
    for (int i = 0; i < N; i++)
        for (int j = i + 1; j < N; j++) {
            double sum = 0.0;
            for (int bin = 0; bin < BINS; bin++)
                sum += (count[bin][i] - 4.0) * (count[bin][j] - 4.0);
            double z = sum / (4.0 * sqrt((double)BINS)); /* about standard normal */
            worst = fmax(worst, fabs(z));
            squares += z * z;
        }
    double n_pairs = N * (N - 1) / 2.0;
    assert_true(worst < 5.0);
    assert_close(squares / n_pairs, 1.0, 5.0 * sqrt(2.2 / n_pairs));
    rig_close(&r);
}

static void a_train_depends_on_seed_name_and_neuron_alone(void **state)
{
    (void)state;
    raster s[5];
    for (int k = 0; k < 5; k++) {
        rig r = rig_open_as(0.1, k == 1 ? 8 : 7, k == 2 ? "plain" : NULL);
        if (k == 3)
            rig_neurons(&r, "before", "lif", 3); /* what else there is does not matter */
        hk_population *p = poisson(&r, k == 4 ? 50 : 5, 300.0);
        if (k == 2)
            rig_neurons(&r, "after", "lif", 3);
        raster_of(&r, &s[k], p);
        rig_run(&r, 100.0);
        rig_close(&r);
        size_t kept = 0; /* those of the first five neurons */
        for (size_t i = 0; i < s[k].n; i++)
            if (s[k].spikes[i].neuron < 5)
                s[k].spikes[kept++] = s[k].spikes[i];
        s[k].n = kept;
    }
    for (int k = 1; k < 5; k++) {
        bool same = s[k].n == s[0].n;
        for (size_t i = 0; same && i < s[0].n; i++)
            same = hk_time_equal(s[k].spikes[i].time, s[0].spikes[i].time) &&
                   s[k].spikes[i].neuron == s[0].spikes[i].neuron;
        assert_true(same == (k != 1));
    }
    for (int k = 0; k < 5; k++)
        raster_free(&s[k]);
}

static void a_schedule_makes_the_rate_piecewise_constant(void **state)
{
    (void)state;
    enum { N = 50, PIECES = 5 };
    const double at[PIECES] = { 0.0, 100.3, 250.0, 300.0, 700.1 }, rate[PIECES] = { 90.0, 731.0, 0.0, 25.0, 2000.0 };
    const double end = 800.0;
    for (int how = 0; how < 2; how++) { /* planned, or set between runs */
        rig r = rig_open_as(0.1, 9, NULL);
        raster s;
        hk_population *p = rig_neurons(&r, "noise", "poisson", N);
        raster_of(&r, &s, p);
        if (how == 0)
            rig_ok(&r, hk_population_schedule(p, "rate_hz", PIECES, at, rate));
        for (int k = 0; k < PIECES; k++) {
            if (how == 1)
                rig_set(&r, p, "rate_hz", rate[k]);
            rig_run(&r, (k + 1 < PIECES ? at[k + 1] : end) - at[k]);
        }
        double *share = calloc(s.n, sizeof *share);
        for (int k = 0; k < PIECES; k++) {
            double to = k + 1 < PIECES ? at[k + 1] : end, mean = N * rate[k] / 1000.0 * (to - at[k]);
            size_t n = 0;
            for (size_t i = 0; i < s.n; i++) {
                double t = hk_time_to_ms(s.spikes[i].time, 0.1);
                if (t > at[k] && t <= to)
                    share[n++] = (t - at[k]) / (to - at[k]);
            }
            assert_close((double)n, mean, 5.0 * sqrt(mean));
            if (n > 0)
                assert_true(ks_uniform(share, n) < 2.0);
        }
        /* time rescaled by the rate: one exponential train, across the changes */
        size_t n = 0;
        double last[N] = { 0 };
        for (size_t i = 0; i < s.n; i++) {
            double t = hk_time_to_ms(s.spikes[i].time, 0.1), expected = 0.0;
            for (int k = 0; k < PIECES && at[k] < t; k++)
                expected += rate[k] / 1000.0 * (fmin(t, k + 1 < PIECES ? at[k + 1] : end) - at[k]);
            share[n++] = -expm1(last[s.spikes[i].neuron] - expected);
            last[s.spikes[i].neuron] = expected;
        }
        assert_true(ks_uniform(share, n) < 2.0);
        free(share);
        raster_free(&s);
        rig_close(&r);
    }
}

static void rates_may_differ_by_neuron_and_be_zero(void **state)
{
    (void)state;
    rig r = rig_open_as(0.1, 10, NULL);
    const double rates[6] = { 0.0, 10.0, 100.0, 1000.0, 0.0, 5.0 };
    hk_population *p = rig_neurons(&r, "noise", "poisson", 6);
    rig_run(&r, 100.0);
    assert_int_equal(hk_population_n_spikes(p), 0); /* silent unless told */
    rig_ok(&r, hk_population_set(p, "rate_hz", rates, 6));
    rig_run(&r, 20000.0);
    for (int i = 0; i < 6; i++)
        assert_close(hk_population_counts(p)[i], rates[i] * 20.0, 5.0 * sqrt(rates[i] * 20.0));
    rig_gives(&r, hk_population_set_value(p, "rate_hz", -1.0), HK_ERANGE);
    rig_gives(&r, hk_population_set_value(p, "rate_hz", (double)INFINITY), HK_ERANGE);
    rig_gives(&r, hk_population_schedule(p, "rate_hz", 1, (const double[]){ 1.0 }, (const double[]){ 5.0 }), HK_ERANGE);
    rig_gives(&r, hk_population_schedule(p, "rate", 1, (const double[]){ 30000.0 }, (const double[]){ 5.0 }), HK_ENAME);
    rig_gives(
        &r, hk_population_schedule(p, "rate_hz", 2, (const double[]){ 30000.0, 30000.0 }, (const double[]){ 5.0, 6.0 }),
        HK_ERANGE);
    rig_gives(&r, hk_population_schedule(p, "rate_hz", 1, (const double[]){ 30000.05 }, (const double[]){ 5.0 }),
              HK_ERANGE);
    rig_gives(&r, hk_population_schedule(p, "rate_hz", 1, (const double[]){ 30000.0 }, (const double[]){ (double)NAN }),
              HK_ERANGE);
    rig_close(&r);
}

/* --- given spikes ----------------------------------------------------------------------------------------------------- */

typedef struct given {
    hk_time at;
    uint32_t id;
} given;

static int compare_given(const void *a, const void *b)
{
    const given *x = a, *y = b;
    if (!hk_time_equal(x->at, y->at))
        return hk_time_before(x->at, y->at) ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void given_spikes_come_exactly_as_given_in_order(void **state)
{
    (void)state;
    enum { SPIKES = 5000 };
    static double times[SPIKES];
    static uint32_t ids[SPIKES];
    static given expected[SPIKES];
    rig r = rig_open();
    raster s;
    hk_population *p = rig_neurons(&r, "given", "spike_source", 17);
    raster_of(&r, &s, p);
    hk_stream draw = hk_stream_open(1, HK_PURPOSE_TEST, 30, 0);
    for (int k = 0; k < SPIKES; k++) {
        times[k] = k % 5 == 0 ? 0.1 * (double)(1 + hk_stream_below(&draw, 9999)) : 1000.0 * hk_stream_uniform(&draw);
        if (k % 11 == 10)
            times[k] = times[k - 1];
        ids[k] = (uint32_t)hk_stream_below(&draw, 17);
        expected[k] = (given){ hk_time_from_ms(times[k], 0.1), ids[k] };
    }
    qsort(expected, SPIKES, sizeof *expected, compare_given);
    rig_ok(&r, hk_spike_source_add(p, SPIKES / 2, times, ids)); /* in two lots, in any order */
    rig_ok(&r, hk_spike_source_add(p, SPIKES - SPIKES / 2, times + SPIKES / 2, ids + SPIKES / 2));
    for (int k = 0; k < 1000; k++)
        rig_run(&r, 1.0);
    assert_int_equal(s.n, SPIKES);
    for (size_t k = 0; k < s.n; k++) {
        assert_true(hk_time_equal(s.spikes[k].time, expected[k].at));
        assert_int_equal(s.spikes[k].neuron, expected[k].id);
    }
    assert_int_equal(hk_population_n_spikes(p), SPIKES);
    raster_free(&s);
    rig_close(&r);
}

static void spikes_that_cannot_be_given_are_refused_and_none_of_their_lot_comes(void **state)
{
    (void)state;
    rig r = rig_open();
    hk_population *p = rig_neurons(&r, "given", "spike_source", 3), *noise = poisson(&r, 2, 0.0);
    hk_population *cells = rig_neurons(&r, "cells", "lif", 2);
    rig_run(&r, 10.0);
    const double bad[] = { 10.0, 9.9, -1.0, (double)NAN, (double)INFINITY, 1e300 };
    for (size_t k = 0; k < N_OF(bad); k++) {
        const double times[2] = { 11.0, bad[k] };
        rig_gives(&r, hk_spike_source_add(p, 2, times, (const uint32_t[]){ 0, 1 }), HK_ERANGE);
        assert_non_null(strstr(hk_ctx_message(r.ctx), "spike 1"));
    }
    rig_gives(&r, hk_spike_source_add(p, 2, (const double[]){ 11.0, 12.0 }, (const uint32_t[]){ 0, 3 }), HK_ERANGE);
    rig_gives(&r, hk_spike_source_add(noise, 1, (const double[]){ 11.0 }, (const uint32_t[]){ 0 }), HK_ESTATE);
    rig_gives(&r, hk_spike_source_add(cells, 1, (const double[]){ 11.0 }, (const uint32_t[]){ 0 }), HK_ESTATE);
    rig_run(&r, 10.0);
    assert_int_equal(hk_population_n_spikes(p), 0);
    rig_give(&r, p, 2, nextafter(20.0, 30.0)); /* as early as can be */
    rig_run(&r, 0.1);
    assert_int_equal(hk_population_n_spikes(p), 1);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_are_exponential),
        cmocka_unit_test(places_within_a_step_are_uniform),
        cmocka_unit_test(counts_are_poissonian_and_neurons_independent),
        cmocka_unit_test(a_train_depends_on_seed_name_and_neuron_alone),
        cmocka_unit_test(a_schedule_makes_the_rate_piecewise_constant),
        cmocka_unit_test(rates_may_differ_by_neuron_and_be_zero),
        cmocka_unit_test(given_spikes_come_exactly_as_given_in_order),
        cmocka_unit_test(spikes_that_cannot_be_given_are_refused_and_none_of_their_lot_comes),
    };
    return cmocka_run_group_tests_name("poisson", tests, NULL, NULL);
}
