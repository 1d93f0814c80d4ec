/* tests/test_connect.c - what is drawn when neurons are connected at random: numbers, pairs, weights, delays. */
#include "tests/synapse_list.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>

static double chi_square_p(const double *count, size_t n, double expected, double variance_share)
{
    double sum = 0.0;
    for (size_t k = 0; k < n; k++)
        sum += (count[k] - expected) * (count[k] - expected) / (expected * variance_share);
    return gsl_cdf_chisq_Q(sum, (double)n - 1.0);
}

static void assert_not_extreme(double p, const char *what)
{
    if (p < 1e-4 || p > 1.0 - 1e-4)
        print_error("%s: p = %g\n", what, p);
    assert_true(p > 1e-4 && p < 1.0 - 1e-4);
}

static void the_number_at_fixed_probability_is_binomial(void **state)
{
    (void)state;
    const double ps[] = { 1e-4, 0.013, 0.25, 0.5, 0.77, 0.999 };
    for (size_t k = 0; k < N_OF(ps); k++)
        for (uint64_t seed = 1; seed <= 4; seed++) {
            pair p = make_pair(900, 700, seed);
            double n = (double)hk_projection_n_synapses(
                connect(&p, (hk_projection_config){ .connect = HK_FIXED_PROBABILITY, .probability = ps[k] }));
            assert_close(n, 630000.0 * ps[k], 5.0 * sqrt(630000.0 * ps[k] * (1.0 - ps[k])));
            rig_close(&p.r);
        }
}

static void a_probability_too_small_for_one_minus_it_connects_nothing(void **state)
{
    (void)state;
    const double ps[] = { 1e-15, 1e-17, 1e-300, 5e-324 };
    pair p = make_pair(900, 700, 6);
    for (size_t k = 0; k < N_OF(ps); k++)
        assert_int_equal(hk_projection_n_synapses(connect(
                             &p, (hk_projection_config){ .connect = HK_FIXED_PROBABILITY, .probability = ps[k] })),
                         0);
    rig_close(&p.r);
}

static void sources_and_targets_are_drawn_uniformly(void **state)
{
    (void)state;
    enum { N = 400, M = 300 };
    const struct {
        hk_projection_config cfg;
        double out_share, in_share; /* variance of a degree over its mean; 0: exact */
    } rules[] = {
        { { .connect = HK_FIXED_PROBABILITY, .probability = 0.2 }, 0.8, 0.8 },
        { { .connect = HK_FIXED_INDEGREE, .n = 60 }, 1.0 - 60.0 / N, 0.0 },
        { { .connect = HK_FIXED_INDEGREE, .n = 300 }, 1.0 - 300.0 / N, 0.0 },
        { { .connect = HK_FIXED_INDEGREE, .n = 60, .pairs = HK_PAIRS_MULTAPSES }, 1.0, 0.0 },
        { { .connect = HK_FIXED_TOTAL, .n = 20000 }, 1.0 - 20000.0 / (N * M), 1.0 - 20000.0 / (N * M) },
        { { .connect = HK_FIXED_TOTAL, .n = 90000 }, 1.0 - 90000.0 / (N * M), 1.0 - 90000.0 / (N * M) },
        { { .connect = HK_FIXED_TOTAL, .n = 20000, .pairs = HK_PAIRS_MULTAPSES }, 1.0, 1.0 },
    };
    pair p = make_pair(N, M, 7);
    for (size_t c = 0; c < N_OF(rules); c++) {
        synapses s = list_of(connect(&p, rules[c].cfg));
        double out[N] = { 0 }, in[M] = { 0 };
        for (uint64_t k = 0; k < s.n; k++) {
            out[s.pre[k]] += 1.0;
            in[s.post[k]] += 1.0;
        }
        assert_not_extreme(chi_square_p(out, N, (double)s.n / N, rules[c].out_share), "out-degrees");
        if (rules[c].in_share > 0.0)
            assert_not_extreme(chi_square_p(in, M, (double)s.n / M, rules[c].in_share), "in-degrees");
        free_list(&s);
    }
    rig_close(&p.r);
}

static void every_pair_is_as_likely_as_any_other(void **state)
{
    (void)state;
    enum { N = 6, ROUNDS = 6000 };
    const hk_projection_config cfgs[] = {
        { .connect = HK_FIXED_PROBABILITY, .probability = 0.3 },
        { .connect = HK_FIXED_INDEGREE, .n = 2 },
        { .connect = HK_FIXED_INDEGREE, .n = 4 },
        { .connect = HK_FIXED_TOTAL, .n = 9 },
        { .connect = HK_FIXED_TOTAL, .n = 25 },
    };
    const double share[] = { 0.7, 1.0 - 2.0 / 5.0, 1.0 - 4.0 / 5.0, 1.0 - 9.0 / 30.0, 1.0 - 25.0 / 30.0 };
    for (size_t c = 0; c < N_OF(cfgs); c++) {
        double count[N * N] = { 0 }, off_diagonal[N * (N - 1)], n = 0.0;
        for (int round = 0; round < ROUNDS; round++) {
            static char name[20];
            snprintf(name, sizeof name, "round %d", round);
            pair p = make_pair(N, 0, 8);
            hk_projection_config cfg = cfgs[c];
            cfg.name = name;
            synapses s = list_of(connect(&p, cfg));
            for (uint64_t k = 0; k < s.n; k++)
                count[s.pre[k] * N + s.post[k]] += 1.0;
            n += (double)s.n;
            free_list(&s);
            rig_close(&p.r);
        }
        for (int i = 0, at = 0; i < N * N; i++) {
            if (i / N != i % N)
                off_diagonal[at++] = count[i];
            else
                assert_true(count[i] == 0.0);
        }
        assert_not_extreme(chi_square_p(off_diagonal, N * (N - 1), n / (N * (N - 1)), share[c]), "pairs");
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Kolmogorov-Smirnov: D sqrt(n) exceeds 2.0 once in 1,500 cases. */
static double ks(double *values, size_t n, double (*cdf)(double))
{
    double worst = 0.0;
    qsort(values, n, sizeof *values, compare_doubles);
    for (size_t k = 0; k < n; k++) {
        double f = cdf(values[k]);
        worst = fmax(worst, fmax(f - (double)k / (double)n, (double)(k + 1) / (double)n - f));
    }
    return worst * sqrt((double)n);
}

static double uniform_cdf(double w)
{
    return (w - 1.3) / 2.4;
}

static double normal_cdf(double w)
{
    return gsl_cdf_ugaussian_P((w + 0.7) / 1.9);
}

static double bounded_cdf(double w)
{
    double low = gsl_cdf_ugaussian_P((-1.5 + 0.7) / 1.9), high = gsl_cdf_ugaussian_P((0.4 + 0.7) / 1.9);
    return (normal_cdf(w) - low) / (high - low);
}

static void weights_follow_their_distribution_in_every_layout(void **state)
{
    (void)state;
    const struct {
        hk_draw draw;
        double (*cdf)(double);
    } kinds[] = { { { HK_UNIFORM, 1.3, 3.7, 0, 0 }, uniform_cdf },
                  { { HK_NORMAL, -0.7, 1.9, 0, 0 }, normal_cdf },
                  { { HK_NORMAL, -0.7, 1.9, -1.5, 0.4 }, bounded_cdf } };
    const hk_projection_config layouts[] = {
        { .connect = HK_ALL_TO_ALL },
        { .connect = HK_FIXED_INDEGREE, .n = 50 },
        { .connect = HK_FIXED_INDEGREE, .n = 50, .delay_ms = { HK_UNIFORM, 1.0, 5.0, 0, 0 } },
        { .connect = HK_ONE_TO_ONE }
    };
    for (size_t l = 0; l < N_OF(layouts); l++)
        for (size_t d = 0; d < N_OF(kinds); d++) {
            pair p = make_pair(300, 300, 9);
            hk_projection_config cfg = layouts[l];
            cfg.weight = kinds[d].draw;
            synapses s = list_of(connect(&p, cfg));
            double first = s.weight[0], found = ks(s.weight, s.n, kinds[d].cdf);
            if (!(found < 2.0))
                print_error("layout %zu, kind %zu: D sqrt(n) = %g\n", l, d, found);
            assert_true(found < 2.0);
            free_list(&s);
            cfg.name = "another name";
            s = list_of(connect(&p, cfg));
            assert_true(s.weight[0] != first); /* drawn by name */
            free_list(&s);
            rig_close(&p.r);
        }
}

static void delays_are_rounded_to_whole_steps_of_at_least_one(void **state)
{
    (void)state;
    pair p = make_pair(300, 300, 10);
    synapses s = list_of(connect(&p, (hk_projection_config){ .connect = HK_FIXED_INDEGREE,
                                                             .n = 100,
                                                             .delay_ms = { HK_UNIFORM, 0.05, 1.05, 0, 0 } }));
    double count[11] = { 0 };
    for (uint64_t k = 0; k < s.n; k++) {
        long steps = lround(s.delay_ms[k] / 0.1);
        assert_true(steps >= 1 && steps <= 10);
        assert_close(s.delay_ms[k], 0.1 * (double)steps, 1e-12);
        count[steps] += 1.0;
    }
    assert_not_extreme(chi_square_p(count + 1, 10, (double)s.n / 10.0, 1.0), "delays of 1 to 10 steps");
    free_list(&s);
    s = list_of(connect(&p, (hk_projection_config){ .connect = HK_FIXED_INDEGREE,
                                                    .n = 100,
                                                    .delay_ms = { HK_NORMAL, 1.5, 0.75, 0.1, 1e6 } }));
    double sum = 0.0;
    for (uint64_t k = 0; k < s.n; k++)
        sum += s.delay_ms[k];
    double z = (0.1 - 1.5) / 0.75, mean = 1.5 + 0.75 * exp(-0.5 * z * z) / sqrt(2.0 * M_PI) / gsl_cdf_ugaussian_Q(z);
    assert_close(sum / (double)s.n, mean, 5.0 * 0.75 / sqrt((double)s.n));
    free_list(&s);
    rig_close(&p.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_at_fixed_probability_is_binomial),
        cmocka_unit_test(a_probability_too_small_for_one_minus_it_connects_nothing),
        cmocka_unit_test(sources_and_targets_are_drawn_uniformly),
        cmocka_unit_test(every_pair_is_as_likely_as_any_other),
        cmocka_unit_test(weights_follow_their_distribution_in_every_layout),
        cmocka_unit_test(delays_are_rounded_to_whole_steps_of_at_least_one),
    };
    return cmocka_run_group_tests_name("connect", tests, NULL, NULL);
}
