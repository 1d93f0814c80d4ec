/* tests/test_counts.c - Poisson counts by the step: the definition in sim/counts.h, their distribution, their independence, and
 * that every kernel and every way of cutting a population gives the same ones. */
#include "tests/sim_rig.h"

#include "sim/counts.h"
#include "sim/cpu.h"
#include "sim/draw.h"
#include "sim/kernels/grid.h"
#include "sim/rng.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

static const double means[] = { 0.003, 0.2, 1.28, 2.32, 4.0, 20.0, 97.0 };
static const double more_means[] = { 1e-20, 1e-7, 0.003, 0.2, 1.28, 2.32, 4.0, 4.3, 20.0, 97.0, 100.0 };

static void counts_of(int level, const hk_counts_table *table, const hk_counts_at *at, uint32_t first, uint32_t n,
                      uint8_t *out)
{
    hk_grid_kernels_for((hk_cpu)level)->counts(table, at, first, n, out);
}

static uint32_t limit_of(unsigned k, double mean)
{
    double limit = floor(0x1p24 * gsl_cdf_poisson_P(k, mean));
    return limit > 0xffffff ? 0xffffff : (uint32_t)limit;
}

/* Whether some limit begins with these 8 bits. */
static bool is_undecided(uint32_t first, double mean)
{
    uint32_t limit = 0;
    for (unsigned k = 0; limit < 0xffffff; k++) {
        limit = limit_of(k, mean);
        if (limit >> 16 == first)
            return true;
    }
    return false;
}

typedef struct drawn { /* of the neurons of one step, as the header lays them out */
    const hk_counts_at *at;
    double mean;
    bool undecided[256];
} drawn;

static drawn draw_of(const hk_counts_at *at, double mean)
{
    drawn d = { .at = at, .mean = mean };
    for (uint32_t first = 0; first < 256; first++)
        d.undecided[first] = is_undecided(first, mean);
    return d;
}

static void block_of(const drawn *d, hk_purpose purpose, uint32_t block, uint32_t words[4])
{
    hk_rng_block(d->at->seed, purpose, d->at->id ^ (uint64_t)d->at->step >> 32, (uint32_t)d->at->step, block, words);
}

static uint32_t first_8(const drawn *d, uint32_t i)
{
    uint32_t words[4];
    block_of(d, HK_PURPOSE_COUNT, i / 128 * 8 + i % 64 / 8, words);
    uint64_t pair = words[i % 128 < 64 ? 0 : 2] | (uint64_t)words[i % 128 < 64 ? 1 : 3] << 32;
    return pair >> (8 * (i % 8)) & 0xff;
}

/* The 64 bits of U; those behind the first 8 are 0 where these decide. Which of the undecided of 64 it is: *rank. */
static uint64_t bits_of(const drawn *d, uint32_t i, uint32_t *rank)
{
    uint32_t first = first_8(d, i), words[4], fine[4];
    *rank = 0;
    if (!d->undecided[first])
        return (uint64_t)first << 56;
    for (uint32_t k = i - i % 64; k < i; k++)
        *rank += d->undecided[first_8(d, k)];
    block_of(d, HK_PURPOSE_COUNT, (1u << 31) + i / 64 * 8 + *rank / 8, words);
    block_of(d, HK_PURPOSE_COUNT_FINE, i, fine);
    uint64_t half = words[*rank % 8 / 2] >> (16 * (*rank % 2)) & 0xffff;
    return (uint64_t)first << 56 | half << 40 | (uint64_t)fine[0] << 8 | (fine[1] & 0xff);
}

/* How many k have U >= P(X <= k), from the distribution function of another library. */
static unsigned inverted(uint64_t bits, double mean)
{
    unsigned k = 0;
    if (bits < UINT64_C(1) << 63) {
        double u = ((double)bits + 0.5) * 0x1p-64;
        while (u >= gsl_cdf_poisson_P(k, mean))
            k++;
    } else {
        double rest = ((double)~bits + 0.5) * 0x1p-64;
        while (rest <= gsl_cdf_poisson_Q(k, mean))
            k++;
    }
    return k;
}

static void the_table_holds_the_distribution(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(more_means); m++) {
        hk_counts_table table;
        hk_counts_prepare(more_means[m], &table);
        assert_true(table.n_limits >= 1 && table.n_limits <= HK_COUNTS_MOST_LIMITS);
        assert_int_equal(table.limit[table.n_limits - 1], 0xffffff);
        for (uint32_t k = 0; k < table.n_limits; k++) {
            double tail = gsl_cdf_poisson_Q(k, more_means[m]);
            assert_close(table.tail[k], tail, 1e-12 * tail);
            assert_int_equal(table.limit[k], limit_of(k, more_means[m]));
        }
        for (uint32_t first = 0; first < 256; first++)
            if (is_undecided(first, more_means[m]))
                assert_int_equal(table.by_first_bits[first], HK_COUNTS_UNDECIDED);
            else
                assert_int_equal(table.by_first_bits[first], inverted((uint64_t)first << 56, more_means[m]));
    }
}

static void a_count_is_the_inverse_distribution_at_64_bits(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(more_means); m++) {
        hk_counts_table table;
        hk_counts_prepare(more_means[m], &table);
        uint32_t n_undecided = 0, most_rank = 0;
        for (int64_t step = 0; step < 10; step++) {
            hk_counts_at at = { .seed = 2385 + m, .id = UINT64_C(0x9e3779b97f4a7c15), .step = step };
            drawn d = draw_of(&at, more_means[m]);
            for (uint32_t i = 0; i < 1000; i++) {
                uint32_t rank;
                uint64_t bits = bits_of(&d, i, &rank);
                n_undecided += d.undecided[bits >> 56];
                most_rank = rank > most_rank ? rank : most_rank;
                assert_int_equal(hk_counts_one(&table, &at, i), inverted(bits, more_means[m]));
            }
        }
        assert_true(n_undecided > 0);
        assert_true(more_means[m] < 20.0 || most_rank >= 8); /* more than one block of finer bits */
    }
}

static void every_kernel_gives_the_counts_of_single_neurons(void **state)
{
    (void)state;
    enum { MOST = 1300 };
    const uint32_t first[] = { 0, 128, 640, 0xffff0000u }, n[] = { 1, 31, 64, 65, 255, 256, 257, MOST };
    uint64_t n_pairs = 0;
    for (int level = 0; level <= (int)hk_cpu_best(); level++)
        for (size_t m = 0; m < N_OF(more_means); m++) {
            hk_counts_table table;
            hk_counts_prepare(more_means[m], &table);
            for (size_t f = 0; f < N_OF(first); f++)
                for (size_t k = 0; k < N_OF(n); k++) {
                    hk_counts_at at = { .seed = UINT64_MAX - 7,
                                        .id = UINT64_C(0xfedcba9876543210) + m,
                                        .step = (int64_t)(f * 1000 + k) };
                    uint8_t *out = malloc(n[k]); /* no longer: a sanitizer sees what is written behind it */
                    assert_non_null(out);
                    counts_of(level, &table, &at, first[f], n[k], out);
                    for (uint32_t i = 0; i < n[k]; i++)
                        assert_int_equal(out[i], hk_counts_one(&table, &at, first[f] + i));
                    n_pairs += n[k];
                    free(out);
                }
        }
    assert_true(n_pairs > 100000);
}

/* Where 24 bits are those of a limit 40 more decide: rare, so those cases are looked for. */
static void kernels_ask_for_more_bits_where_24_do_not_decide(void **state)
{
    (void)state;
    enum { N = 40960, STEPS = 100 };
    const double mean = 97.0; /* 154 limits */
    static uint8_t out[N];
    hk_counts_table table;
    hk_counts_prepare(mean, &table);
    uint32_t n_ties = 0, n_lower = 0;
    for (int64_t step = 0; step < STEPS; step++) {
        hk_counts_at at = { .seed = 31, .id = 5, .step = step };
        drawn d = draw_of(&at, mean);
        for (uint32_t i = 0; i < N; i++) {
            uint32_t rank, l = 0;
            uint64_t bits = bits_of(&d, i, &rank);
            while (l < table.n_limits && (uint64_t)table.limit[l] != bits >> 40)
                l++;
            if (l == table.n_limits || !d.undecided[bits >> 56])
                continue;
            unsigned expected = inverted(bits, mean);
            n_ties++;
            n_lower += expected <= l;
            for (int level = 0; level <= (int)hk_cpu_best(); level++) {
                counts_of(level, &table, &at, 0, N, out);
                assert_int_equal(out[i], expected);
            }
        }
    }
    assert_true(n_ties > 5);
    assert_true(n_lower > 0 && n_lower < n_ties); /* they went both ways */
}

static void a_million_counts_follow_the_poisson_distribution(void **state)
{
    (void)state;
    enum { N = 10000, STEPS = 100, MOST = 256 };
    static uint8_t out[N];
    for (size_t m = 0; m < N_OF(means); m++) {
        hk_counts_table table;
        hk_counts_prepare(means[m], &table);
        double seen[MOST] = { 0 }, n = (double)N * STEPS;
        for (int64_t step = 0; step < STEPS; step++) {
            hk_counts_at at = { .seed = 2385, .id = 100 + m, .step = step };
            counts_of((int)hk_cpu_best(), &table, &at, 0, N, out);
            for (uint32_t i = 0; i < N; i++)
                seen[out[i]]++;
        }
        double chi = 0.0, seen_together = 0.0, expected_together = 0.0, mean = 0.0, rest = n;
        unsigned n_bins = 0;
        for (unsigned k = 0; k < MOST; k++) {
            mean += seen[k] * k / n;
            seen_together += seen[k];
            expected_together += n * gsl_ran_poisson_pdf(k, means[m]);
            double left = rest - expected_together;
            if (k + 1 < MOST && (expected_together < 10.0 || left < 10.0))
                continue; /* bins of few expected are joined */
            chi += (seen_together - expected_together) * (seen_together - expected_together) / expected_together;
            rest = left;
            seen_together = expected_together = 0.0;
            n_bins++;
        }
        double p = gsl_cdf_chisq_Q(chi, n_bins - 1.0);
        if (!(p > 1e-4 && p < 1.0 - 1e-4))
            print_error("mean %g: chi-square %g in %u bins, p = %g\n", means[m], chi, n_bins, p);
        assert_true(p > 1e-4 && p < 1.0 - 1e-4);
        assert_close(mean, means[m], 4.0 * sqrt(means[m] / n));
    }
}

/* z of the correlation of two rows of counts, about standard normal. */
static double correlated(const uint8_t *a, const uint8_t *b, size_t n, double mean)
{
    double sum = 0.0;
    for (size_t k = 0; k < n; k++)
        sum += ((double)a[k] - mean) * ((double)b[k] - mean);
    return sum / (mean * sqrt((double)n));
}

static void neurons_steps_names_and_seeds_are_independent(void **state)
{
    (void)state;
    enum { N = 512, STEPS = 2000, FAR = 200 };
    const double mean = 1.28;
    static uint8_t out[STEPS + 3][N];
    hk_counts_table table;
    hk_counts_prepare(mean, &table);
    for (int64_t step = 0; step < STEPS; step++)
        counts_of((int)hk_cpu_best(), &table, &(hk_counts_at){ .seed = 6, .id = 9, .step = step }, 0, N, out[step]);
    for (size_t apart = 1; apart <= FAR; apart++) { /* neurons, by distance; steps, by distance */
        double among_neurons = 0.0;
        for (int step = 0; step < STEPS; step++)
            among_neurons += correlated(out[step], out[step] + apart, N - apart, mean) / sqrt(STEPS);
        assert_true(fabs(among_neurons) < 5.0);
        double among_steps = correlated(out[0], out[apart], N * (STEPS - apart), mean);
        assert_true(fabs(among_steps) < 5.0);
    }
    static uint8_t other[STEPS][N];
    const hk_counts_at others[] = { { .seed = 7, .id = 9 },
                                    { .seed = 6, .id = 10 },
                                    { .seed = 6, .id = 9 + (1u << 16) } };
    for (size_t k = 0; k < N_OF(others); k++) {
        for (int64_t step = 0; step < STEPS; step++) {
            hk_counts_at at = others[k];
            at.step = step;
            counts_of((int)hk_cpu_best(), &table, &at, 0, N, other[step]);
        }
        assert_true(fabs(correlated(out[0], other[0], (size_t)N * STEPS, mean)) < 5.0);
    }
}

static void steps_above_32_bits_have_counts_of_their_own(void **state)
{
    (void)state;
    enum { N = 1000 };
    const int64_t steps[] = {
        5, UINT32_MAX, INT64_C(1) << 32, (INT64_C(1) << 32) + 5, (INT64_C(3) << 32) + 5, (INT64_C(1) << 51) + 5
    };
    uint8_t out[N_OF(steps)][N];
    hk_counts_table table;
    hk_counts_prepare(2.32, &table);
    for (size_t k = 0; k < N_OF(steps); k++) {
        hk_counts_at at = { .seed = 1, .id = 77, .step = steps[k] };
        for (int level = 0; level <= (int)hk_cpu_best(); level++) {
            counts_of(level, &table, &at, 0, N, out[k]);
            for (uint32_t i = 0; i < N; i++)
                assert_int_equal(out[k][i], hk_counts_one(&table, &at, i));
        }
        double sum = 0.0;
        for (uint32_t i = 0; i < N; i++)
            sum += out[k][i];
        assert_close(sum / N, 2.32, 5.0 * sqrt(2.32 / N));
        for (size_t l = 0; l < k; l++)
            assert_true(fabs(correlated(out[k], out[l], N, 2.32)) < 5.0);
    }
}

/* Slices of a cut population begin at neurons that are no multiple of a group, and are computed 512 at a time. */
static void a_driven_population_gets_these_counts_however_it_is_cut(void **state)
{
    (void)state;
    enum { N = 2385, STEPS = 7 };
    static double v[N];
    const unsigned n_extra[] = { 0, 1, 2, 6 };
    const double rates[] = { 12800.0, 970000.0 }, weight = 0.01, tau_m_ms = 50.0;
    for (size_t k = 0; k < N_OF(n_extra) * N_OF(rates); k++) {
        double rate = rates[k / N_OF(n_extra)];
        rig r = rig_open_with((hk_sim_config){
            .resolution_ms = 0.1, .seed = 12, .integrator = HK_GRID, .n_extra_threads = n_extra[k % N_OF(n_extra)] });
        rig_neurons(&r, "before", "lif", 5);
        hk_population *p = rig_neurons(&r, "driven", "lif", N);
        rig_set(&r, p, "tau_m_ms", tau_m_ms);
        rig_set(&r, p, "e_l_mv", -70.0);
        rig_set(&r, p, "v_mv", -70.0);
        rig_set(&r, p, "v_th_mv", 1000.0);
        rig_ok(&r, hk_population_drive(p, rate, weight));
        hk_counts_table table;
        hk_counts_prepare(1e-4 * rate, &table);
        static double d[N];
        memset(d, 0, sizeof d);
        for (int64_t step = 0; step < STEPS; step++) {
            rig_run(&r, 0.1);
            rig_ok(&r, hk_population_get(p, "v_mv", v));
            hk_counts_at at = { .seed = 12, .id = hk_name_id("driven"), .step = step };
            for (uint32_t i = 0; i < N; i++) {
                d[i] = d[i] * exp(-0.1 / tau_m_ms) + weight * hk_counts_one(&table, &at, i);
                assert_close(v[i], -70.0 + d[i], 1e-9);
            }
        }
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_holds_the_distribution),
        cmocka_unit_test(a_count_is_the_inverse_distribution_at_64_bits),
        cmocka_unit_test(every_kernel_gives_the_counts_of_single_neurons),
        cmocka_unit_test(kernels_ask_for_more_bits_where_24_do_not_decide),
        cmocka_unit_test(a_million_counts_follow_the_poisson_distribution),
        cmocka_unit_test(neurons_steps_names_and_seeds_are_independent),
        cmocka_unit_test(steps_above_32_bits_have_counts_of_their_own),
        cmocka_unit_test(a_driven_population_gets_these_counts_however_it_is_cut),
    };
    return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
