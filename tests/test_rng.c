/* tests/test_rng.c - known answers, distributions, independence. Seeds are fixed: a test passes always or never. */
#include "tests/hk_test.h"

#include "sim/mathfn.h"
#include "sim/rng.h"

#include <gsl/gsl_cdf.h>

/* Random123's tests/kat_vectors, the lines of philox4x32: counter, key, answer with 10 rounds and with 7. */
static const uint32_t known[3][14] = {
    { 0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8, 0x5f6fb709, 0x0d893f64, 0x4f121f81,
      0x4f730a48 },
    { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6,
      0x6d5451fd, 0x5207ddc2, 0x45165e59, 0x4d8ee751, 0x8c52f662 },
    { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
      0x24126ea1, 0x4dfccaba, 0x190a87f0, 0xc47362ba, 0xb6b5242a },
};

/* Block of the i-th line for this purpose, whose key is that of the line. */
static void block_of(size_t i, uint32_t purpose, uint32_t out[4])
{
    const uint32_t *v = known[i];
    uint64_t id = v[2] | (uint64_t)v[3] << 32, key = v[4] | (uint64_t)v[5] << 32;
    hk_rng_block(key - purpose * UINT64_C(0xd1342543de82ef95), purpose, id, v[1], v[0], out);
}

static void blocks_are_the_published_philox_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(known); i++) {
        uint32_t out[4];
        block_of(i, 0, out); /* leaves the seed as the key */
        assert_memory_equal(out, known[i] + 6, sizeof out);
        block_of(i, HK_PURPOSE_DRIVE, out);
        assert_memory_equal(out, known[i] + 6, sizeof out);
    }
}

static void counts_take_seven_rounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(known); i++) {
        uint32_t out[4];
        block_of(i, HK_PURPOSE_COUNT, out);
        assert_memory_equal(out, known[i] + 10, sizeof out);
    }
}

static void a_stream_reads_its_blocks_in_order(void **state)
{
    (void)state;
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_POISSON, 17, 3), copy;
    for (uint32_t counter = 0; counter < 9; counter++) {
        uint32_t block[4];
        hk_rng_block(2385, HK_PURPOSE_POISSON, 17, 3, counter, block);
        for (int i = 0; i < 4; i++)
            assert_int_equal(hk_stream_u32(&stream), block[i]);
        assert_int_equal(stream.counter, counter + 1);
    }
    hk_stream_u32(&stream);
    copy = stream; /* in the middle of a block */
    uint64_t low = hk_stream_u32(&copy), high = hk_stream_u32(&copy);
    assert_true(hk_stream_u64(&stream) == (low | high << 32));
}

static void any_difference_of_name_gives_another_block(void **state)
{
    (void)state;
    uint32_t blocks[400][4];
    size_t n = 0;
    for (uint64_t seed = 0; seed < 5; seed++)
        for (uint32_t purpose = 1; purpose <= 4; purpose++)
            for (uint64_t id = 0; id < 4; id++)
                for (uint32_t sub = 0; sub < 5; sub++)
                    hk_rng_block(seed, purpose, id + (id / 2 << 32), sub, 0, blocks[n++]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(blocks[i], blocks[k], sizeof blocks[i]);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov-Smirnov: sqrt(n) D exceeds 1.95 once in a thousand times. */
static void assert_distributed(double (*draw)(hk_stream *), double (*cdf)(double), uint64_t id)
{
    enum { N = 200000 };
    double *x = malloc(N * sizeof *x), worst = 0.0;
    assert_non_null(x);
    hk_stream stream = hk_stream_open(991, HK_PURPOSE_TEST, id, 0);
    for (int i = 0; i < N; i++)
        x[i] = draw(&stream);
    qsort(x, N, sizeof *x, ascending);
    for (int i = 0; i < N; i++) {
        double p = cdf(x[i]);
        worst = fmax(worst, fmax((i + 1.0) / N - p, p - (double)i / N));
    }
    free(x);
    if (!(sqrt(N) * worst < 1.95))
        print_error("sqrt(n) D = %g\n", sqrt(N) * worst);
    assert_true(sqrt(N) * worst < 1.95);
}

static double uniform_cdf(double x)
{
    return x;
}

static double exponential_cdf(double x)
{
    return -expm1(-x);
}

static void uniform_exponential_and_normal_follow_their_distributions(void **state)
{
    (void)state;
    assert_distributed(hk_stream_uniform, uniform_cdf, 1);
    assert_distributed(hk_stream_exponential, exponential_cdf, 2);
    assert_distributed(hk_stream_normal, gsl_cdf_ugaussian_P, 3);
}

static void uniform_never_reaches_0_or_1(void **state)
{
    (void)state;
    hk_stream lowest = { .n_left = 2 }, highest = { .n_left = 2, .block = { 0, 0, UINT32_MAX, UINT32_MAX } };
    assert_true(hk_stream_uniform(&lowest) == 0x1p-53);
    assert_true(hk_stream_uniform(&highest) == 1.0 - 0x1p-53);
    lowest.n_left = highest.n_left = 2;
    assert_close(hk_stream_exponential(&lowest), 53.0 * log(2.0), 1e-13);
    assert_close(hk_stream_exponential(&highest), 0x1p-53, 1e-31);
    lowest.n_left = highest.n_left = 2;
    assert_close(hk_stream_normal(&lowest), gsl_cdf_ugaussian_Pinv(0x1p-53), 1e-13);
    assert_close(hk_stream_normal(&highest), gsl_cdf_ugaussian_Qinv(0x1p-53), 1e-13);
}

static void normal_is_the_inverse_of_its_distribution_function(void **state)
{
    (void)state;
    hk_stream normal = hk_stream_open(5, HK_PURPOSE_TEST, 4, 0), uniform = normal;
    for (int i = 0; i < 100000; i++) {
        double x = hk_stream_normal(&normal), p = hk_stream_uniform(&uniform);
        assert_close(p < 0.5 ? gsl_cdf_ugaussian_P(x) / p : gsl_cdf_ugaussian_Q(x) / (1.0 - p), 1.0, 2e-13);
    }
    for (int exponent = 1; exponent < 53; exponent++) { /* also where both tails are that random draws never see */
        uint64_t word = UINT64_C(1) << (63 - exponent);
        hk_stream at = { .n_left = 2, .block = { 0, 0, (uint32_t)word, (uint32_t)(word >> 32) } }, same = at;
        double p = hk_stream_uniform(&same);
        assert_close(gsl_cdf_ugaussian_P(hk_stream_normal(&at)) / p, 1.0, 1e-12);
    }
}

static void draws_of_two_streams_are_not_correlated(void **state)
{
    (void)state;
    enum { N = 100000 };
    const hk_stream first = hk_stream_open(1, HK_PURPOSE_POISSON, 0, 0);
    const hk_stream others[] = { hk_stream_open(2, HK_PURPOSE_POISSON, 0, 0),
                                 hk_stream_open(1, HK_PURPOSE_ENCODER, 0, 0),
                                 hk_stream_open(1, HK_PURPOSE_POISSON, 1, 0),
                                 hk_stream_open(1, HK_PURPOSE_POISSON, UINT64_C(1) << 32, 0),
                                 hk_stream_open(1, HK_PURPOSE_POISSON, 0, 1) };
    for (size_t o = 0; o <= N_OF(others); o++) {
        hk_stream a = first, b = o < N_OF(others) ? others[o] : first;
        if (o == N_OF(others))
            hk_stream_u64(&b); /* and of a stream with itself, one draw on */
        double product = 0.0, square_product = 0.0;
        for (int i = 0; i < N; i++) {
            double x = hk_stream_uniform(&a) - 0.5, y = hk_stream_uniform(&b) - 0.5;
            product += x * y;
            square_product += (x * x - 1.0 / 12.0) * (y * y - 1.0 / 12.0);
        }
        /* standard deviations of x y (1/12) and of (x^2 - 1/12)(y^2 - 1/12) (1/180) */
        assert_close(product / N * 12.0 * sqrt(N), 0.0, 4.0);
        assert_close(square_product / N * 180.0 * sqrt(N), 0.0, 4.0);
    }
}

static void below_has_no_bias(void **state)
{
    (void)state;
    enum { MOST = 97 };
    const uint64_t sides[] = { 2, 3, 7, 10, 97, 3 * (UINT64_C(1) << 30), 3 * (UINT64_C(1) << 62) };
    for (size_t s = 0; s < N_OF(sides); s++) {
        uint64_t n = sides[s], n_bins = n <= MOST ? n : 3;
        double counts[MOST] = { 0 }, n_draws = 300000.0, chi2 = 0.0;
        hk_stream stream = hk_stream_open(404, HK_PURPOSE_SHUFFLE, n, 0);
        for (int i = 0; i < (int)n_draws; i++) {
            uint64_t k = hk_stream_below(&stream, n);
            assert_true(k < n);
            counts[n <= MOST ? k : k / (n / 3)]++;
        }
        double expected = n_draws / (double)n_bins;
        for (uint64_t i = 0; i < n_bins; i++)
            chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
        double p = gsl_cdf_chisq_Q(chi2, (double)(n_bins - 1));
        if (!(p > 1e-4 && p < 1.0 - 1e-4))
            print_error("n = %llu: chi^2 = %g, p = %g\n", (unsigned long long)n, chi2, p);
        assert_true(p > 1e-4 && p < 1.0 - 1e-4);
    }
}

/* With n = 3 * 2^30, a plain product would give every third number twice as often. */
static void below_1_is_always_0_and_low_bits_are_fair(void **state)
{
    (void)state;
    hk_stream stream = hk_stream_open(405, HK_PURPOSE_SHUFFLE, 0, 0);
    double counts[3] = { 0 };
    for (int i = 0; i < 300000; i++) {
        assert_true(hk_stream_below(&stream, 1) == 0);
        counts[hk_stream_below(&stream, 3 * (UINT64_C(1) << 30)) % 3]++;
    }
    for (int i = 0; i < 3; i++)
        assert_close(counts[i], 100000.0, 4.0 * sqrt(300000.0 * 2.0 / 9.0));
}

static void moments_of_the_normal_are_right(void **state)
{
    (void)state;
    enum { N = 1000000 };
    hk_stream stream = hk_stream_open(66, HK_PURPOSE_TEST, 6, 0);
    double m1 = 0.0, m2 = 0.0, m3 = 0.0, m4 = 0.0;
    for (int i = 0; i < N; i++) {
        double x = hk_stream_normal(&stream);
        m1 += x;
        m2 += x * x;
        m3 += x * x * x;
        m4 += x * x * x * x;
    }
    assert_close(m1 / N, 0.0, 4.0 * sqrt(1.0 / N));
    assert_close(m2 / N, 1.0, 4.0 * sqrt(2.0 / N));
    assert_close(m3 / N, 0.0, 4.0 * sqrt(15.0 / N));
    assert_close(m4 / N, 3.0, 4.0 * sqrt(96.0 / N));
}

/* Published runs depend on these numbers: a change here is a change of every result. */
static void draws_have_the_recorded_bits(void **state)
{
    (void)state;
    uint64_t sum = 0;
    for (uint32_t purpose = HK_PURPOSE_CONNECT; purpose <= HK_PURPOSE_TEST; purpose++) {
        hk_stream stream = hk_stream_open(7, (hk_purpose)purpose, 12345678901, 42);
        for (int i = 0; i < 1000; i++) {
            sum = sum * 31 + hk_double_to_bits(hk_stream_uniform(&stream));
            sum = sum * 31 + hk_double_to_bits(hk_stream_exponential(&stream));
            sum = sum * 31 + hk_double_to_bits(hk_stream_normal(&stream));
            sum = sum * 31 + hk_stream_below(&stream, 784);
        }
    }
    if (sum != UINT64_C(0xd390182adaec3c5)) {
        print_error("sum of bits is 0x%llx\n", (unsigned long long)sum);
        fail();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_the_published_philox_vectors),
        cmocka_unit_test(counts_take_seven_rounds),
        cmocka_unit_test(a_stream_reads_its_blocks_in_order),
        cmocka_unit_test(any_difference_of_name_gives_another_block),
        cmocka_unit_test(uniform_exponential_and_normal_follow_their_distributions),
        cmocka_unit_test(uniform_never_reaches_0_or_1),
        cmocka_unit_test(normal_is_the_inverse_of_its_distribution_function),
        cmocka_unit_test(draws_of_two_streams_are_not_correlated),
        cmocka_unit_test(below_has_no_bias),
        cmocka_unit_test(below_1_is_always_0_and_low_bits_are_fair),
        cmocka_unit_test(moments_of_the_normal_are_right),
        cmocka_unit_test(draws_have_the_recorded_bits),
    };
    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
