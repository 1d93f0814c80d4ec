/* tests/test_evolution.c - evolution strategy and genetic algorithm on functions whose best points are known. */
#include "tests/hk_scratch.h"

#include "experiments/evolution/genetic.h"
#include "experiments/evolution/strategy.h"

static hk_ctx *ctx;

/* -sum (g_k - best_k)^2, best_k = 0.37 sin(k + 1) */
static double best_of(size_t k)
{
    return 0.37 * sin((double)k + 1.0);
}

static double closeness(const float *genes, size_t n)
{
    double sum = 0.0;
    for (size_t k = 0; k < n; k++)
        sum -= ((double)genes[k] - best_of(k)) * ((double)genes[k] - best_of(k));
    return sum;
}

/* ---- strategy ---------------------------------------------------------------------------------------------------- */

enum { N_GENES = 23, PAIRS = 7 };

static const hk_strategy_config usual = { .n_genes = N_GENES, .pairs = PAIRS, .sigma = 0.05, .seed = 81 };

/* Goes on for n generations; `bend` changes fitness without changing its order. `backwards` makes the last pair first. */
static void climb(hk_strategy *s, uint64_t n, bool bend, bool backwards)
{
    float plus[N_GENES], minus[N_GENES];
    double fitness[2 * PAIRS];
    for (uint64_t g = 0; g < n; g++) {
        for (uint32_t k = 0; k < PAIRS; k++) {
            const uint32_t pair = backwards ? PAIRS - 1 - k : k;
            hk_strategy_pair(s, pair, plus, minus);
            fitness[2 * pair] = closeness(plus, N_GENES);
            fitness[2 * pair + 1] = closeness(minus, N_GENES);
        }
        for (uint32_t k = 0; bend && k < 2 * PAIRS; k++)
            fitness[k] = 12.7 + 1e-3 * exp(fitness[k]);
        assert_ok(hk_strategy_learn(ctx, s, fitness, 0.02 * pow(0.993, (double)s->generation)));
    }
}

static void a_strategy_climbs_to_the_top_of_a_sphere(void **state)
{
    (void)state;
    hk_strategy s;
    assert_ok(hk_strategy_init(ctx, &usual, &s));
    climb(&s, 900, false, false);
    for (size_t k = 0; k < N_GENES; k++)
        assert_close(s.mean[k], best_of(k), 0.01);
    hk_strategy_fini(&s);
}

static void only_the_order_of_fitness_counts_and_not_that_of_the_pairs(void **state)
{
    (void)state;
    hk_strategy a, b;
    assert_ok(hk_strategy_init(ctx, &usual, &a));
    assert_ok(hk_strategy_init(ctx, &usual, &b));
    climb(&a, 40, false, false);
    climb(&b, 40, true, true);
    assert_memory_equal(a.mean, b.mean, N_GENES * sizeof *a.mean);
    hk_strategy_fini(&a);
    hk_strategy_fini(&b);
}

static void pairs_are_symmetric_about_the_mean_with_the_spread_asked_for(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    static float plus[MANY], minus[MANY], other[MANY];
    double sum = 0.0, squares = 0.0, product = 0.0;
    hk_strategy s;
    hk_strategy_config config = { .n_genes = MANY, .pairs = 2, .sigma = 0.31, .seed = 7 };
    assert_ok(hk_strategy_init(ctx, &config, &s));
    for (size_t k = 0; k < MANY; k++)
        s.mean[k] = 2.385;
    hk_strategy_pair(&s, 1, other, minus);
    hk_strategy_pair(&s, 0, plus, minus);
    for (size_t k = 0; k < MANY; k++) {
        assert_close((double)plus[k] + (double)minus[k], 2.0 * 2.385, 1e-6);
        sum += (double)plus[k] - 2.385;
        squares += ((double)plus[k] - 2.385) * ((double)plus[k] - 2.385);
        product += ((double)plus[k] - 2.385) * ((double)other[k] - 2.385);
    }
    assert_close(sum / MANY, 0.0, 4.0 * 0.31 / sqrt(MANY));
    assert_close(sqrt(squares / MANY), 0.31, 0.31 * 4.0 / sqrt(2.0 * MANY));
    assert_close(product / MANY, 0.0, 4.0 * 0.31 * 0.31 / sqrt(MANY)); /* the noise of pairs is independent */
    hk_strategy_fini(&s);
}

static void ranks_are_centred_and_equals_share_theirs(void **state)
{
    (void)state;
    static const double fitness[] = { 3.1, -7.0, 3.1, 99.0, 0.2 }, expected[] = { 0.125, -0.5, 0.125, 0.5, -0.25 };
    double shaped[5];
    assert_ok(hk_strategy_ranks(ctx, fitness, 5, shaped));
    for (int k = 0; k < 5; k++)
        assert_close(shaped[k], expected[k], 1e-15);
}

static void the_first_step_follows_the_slope_by_the_formula(void **state)
{
    (void)state;
    const hk_strategy_config config = { .n_genes = 3, .pairs = 1, .sigma = 0.2, .decay = 0.5, .seed = 3 };
    float plus[3], minus[3];
    hk_strategy s;
    assert_ok(hk_strategy_init(ctx, &config, &s));
    s.mean[1] = 4.0;
    hk_strategy_pair(&s, 0, plus, minus);
    /* Adam's first step is as long as the rate in every gene, here away from `plus`; and 4 decays by half the rate. */
    assert_ok(hk_strategy_learn(ctx, &s, (const double[]){ -2.0, -1.0 }, 0.03));
    for (int k = 0; k < 3; k++) {
        const double start = k == 1 ? 4.0 : 0.0, away = (double)plus[k] > start ? -1.0 : 1.0;
        assert_close(s.mean[k], start + 0.03 * (away - 0.5 * start), 1e-8);
        assert_close(s.slope[k], ((double)minus[k] - (double)plus[k]) / 2.0 / 0.2 / (2.0 * 0.2), 1e-5);
    }
    hk_strategy_fini(&s);
}

static void a_strategy_that_was_saved_goes_on_as_if_it_had_not_been(void **state)
{
    (void)state;
    char path[PATH_MAX];
    hk_strategy whole, first, second;
    hk_archive *archive;
    snprintf(path, sizeof path, "%s/strategy.h5", hk_scratch);
    assert_ok(hk_strategy_init(ctx, &usual, &whole));
    assert_ok(hk_strategy_init(ctx, &usual, &first));
    assert_ok(hk_strategy_init(ctx, &usual, &second));
    climb(&whole, 31, false, false);
    climb(&first, 13, false, false);
    assert_ok(hk_archive_create(ctx, path, &archive));
    assert_ok(hk_strategy_archive(&first, archive));
    assert_ok(hk_archive_commit(archive));
    hk_archive_destroy(archive);
    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_ok(hk_strategy_archive(&second, archive));
    hk_archive_destroy(archive);
    climb(&second, 18, false, false);
    assert_memory_equal(whole.mean, second.mean, N_GENES * sizeof *whole.mean);
    hk_strategy_fini(&whole);
    hk_strategy_fini(&first);
    hk_strategy_fini(&second);
}

static void impossible_strategies_are_refused(void **state)
{
    (void)state;
    hk_strategy s;
    hk_strategy_config config = usual;
    config.n_genes = 0;
    assert_status(hk_strategy_init(ctx, &config, &s), HK_ERANGE);
    config = usual;
    config.pairs = 0;
    assert_status(hk_strategy_init(ctx, &config, &s), HK_ERANGE);
    config = usual;
    config.sigma = (double)NAN;
    assert_status(hk_strategy_init(ctx, &config, &s), HK_ERANGE);
    config = usual;
    config.decay = -0.1;
    assert_status(hk_strategy_init(ctx, &config, &s), HK_ERANGE);
    assert_ok(hk_strategy_init(ctx, &usual, &s));
    double fitness[2 * PAIRS] = { [5] = (double)NAN };
    assert_status(hk_strategy_learn(ctx, &s, fitness, 0.1), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "individual 5"));
    hk_strategy_fini(&s);
}

/* ---- genetic ----------------------------------------------------------------------------------------------------- */

enum { N_INDIVIDUALS = 30 };

static const hk_genetic_config herd = { .n_genes = N_GENES,
                                        .n_individuals = N_INDIVIDUALS,
                                        .elite = 2,
                                        .contest = 3,
                                        .bound = 0.75,
                                        .mutation = 0.15,
                                        .step = 0.11,
                                        .seed = 5 };

static void judge(const hk_genetic *g, double *fitness)
{
    for (uint32_t i = 0; i < N_INDIVIDUALS; i++)
        fitness[i] = closeness(g->genes + i * N_GENES, N_GENES);
}

static double highest(const double *fitness)
{
    double best = fitness[0];
    for (uint32_t i = 1; i < N_INDIVIDUALS; i++)
        best = fmax(best, fitness[i]);
    return best;
}

static void a_genetic_algorithm_never_loses_its_best_and_finds_better_ones(void **state)
{
    (void)state;
    double fitness[N_INDIVIDUALS], best, first;
    hk_genetic g;
    assert_ok(hk_genetic_init(ctx, &herd, &g));
    judge(&g, fitness);
    first = best = highest(fitness);
    for (int generation = 0; generation < 300; generation++) {
        assert_ok(hk_genetic_breed(ctx, &g, fitness));
        judge(&g, fitness);
        assert_true(highest(fitness) >= best && fitness[0] == best); /* the elite stands first */
        best = highest(fitness);
        for (size_t k = 0; k < N_INDIVIDUALS * N_GENES; k++)
            assert_true(fabsf(g.genes[k]) <= 0.75f);
    }
    assert_true(first < -2.0 && best > -0.05);
    hk_genetic_fini(&g);
}

static void without_mutation_every_gene_comes_from_a_parent(void **state)
{
    (void)state;
    hk_genetic_config config = herd;
    double fitness[N_INDIVIDUALS];
    static float before[N_INDIVIDUALS * N_GENES];
    hk_genetic g;
    config.mutation = 0.0;
    config.elite = 0;
    assert_ok(hk_genetic_init(ctx, &config, &g));
    memcpy(before, g.genes, sizeof before);
    judge(&g, fitness);
    assert_ok(hk_genetic_breed(ctx, &g, fitness));
    for (uint32_t i = 0; i < N_INDIVIDUALS; i++) {
        bool parents[N_INDIVIDUALS] = { false };
        size_t n_parents = 0;
        for (size_t k = 0; k < N_GENES; k++) {
            uint32_t from = 0; /* genes are all different at first */
            while (from < N_INDIVIDUALS && before[from * N_GENES + k] != g.genes[i * N_GENES + k])
                from++;
            assert_true(from < N_INDIVIDUALS);
            n_parents += !parents[from];
            parents[from] = true;
        }
        assert_true(n_parents <= 2);
    }
    hk_genetic_fini(&g);
}

static void mutations_are_as_many_and_as_large_as_asked_for(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    const hk_genetic_config config = { .n_genes = MANY,
                                       .n_individuals = 2,
                                       .elite = 1,
                                       .contest = 40, /* all but sure that the fitter is both parents */
                                       .bound = 1.0,
                                       .mutation = 0.2,
                                       .step = 0.3,
                                       .seed = 19 };
    double n_changed = 0.0, largest = 0.0;
    hk_genetic g;
    assert_ok(hk_genetic_init(ctx, &config, &g));
    assert_ok(hk_genetic_breed(ctx, &g, (const double[]){ 0.1, 0.4 }));
    const float *parent = g.genes, *child = g.genes + MANY;
    for (size_t k = 0; k < MANY; k++) {
        const double moved = fabs((double)child[k] - (double)parent[k]);
        n_changed += moved > 0.0;
        largest = fmax(largest, moved);
        assert_true(fabsf(child[k]) <= 1.0f);
    }
    assert_close(n_changed / MANY, 0.2, 4.0 * sqrt(0.16 / MANY));
    assert_true(largest > 0.29 && largest < 0.3 + 1e-6);
    hk_genetic_fini(&g);
}

static void impossible_herds_are_refused(void **state)
{
    (void)state;
    hk_genetic g;
    hk_genetic_config config = herd;
    config.n_individuals = 1;
    assert_status(hk_genetic_init(ctx, &config, &g), HK_ERANGE);
    config = herd;
    config.elite = N_INDIVIDUALS;
    assert_status(hk_genetic_init(ctx, &config, &g), HK_ERANGE);
    config = herd;
    config.contest = 0;
    assert_status(hk_genetic_init(ctx, &config, &g), HK_ERANGE);
    config = herd;
    config.bound = 0.0;
    assert_status(hk_genetic_init(ctx, &config, &g), HK_ERANGE);
    config = herd;
    config.mutation = 1.01;
    assert_status(hk_genetic_init(ctx, &config, &g), HK_ERANGE);
    double fitness[N_INDIVIDUALS] = { [9] = (double)NAN };
    assert_ok(hk_genetic_init(ctx, &herd, &g));
    assert_status(hk_genetic_breed(ctx, &g, fitness), HK_ERANGE);
    hk_genetic_fini(&g);
}

static int setup(void **state)
{
    ctx = hk_ctx_create();
    return ctx == NULL ? -1 : hk_scratch_setup(state);
}

static int teardown(void **state)
{
    hk_ctx_destroy(ctx);
    return hk_scratch_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_strategy_climbs_to_the_top_of_a_sphere),
        cmocka_unit_test(only_the_order_of_fitness_counts_and_not_that_of_the_pairs),
        cmocka_unit_test(pairs_are_symmetric_about_the_mean_with_the_spread_asked_for),
        cmocka_unit_test(ranks_are_centred_and_equals_share_theirs),
        cmocka_unit_test(the_first_step_follows_the_slope_by_the_formula),
        cmocka_unit_test(a_strategy_that_was_saved_goes_on_as_if_it_had_not_been),
        cmocka_unit_test(impossible_strategies_are_refused),
        cmocka_unit_test(a_genetic_algorithm_never_loses_its_best_and_finds_better_ones),
        cmocka_unit_test(without_mutation_every_gene_comes_from_a_parent),
        cmocka_unit_test(mutations_are_as_many_and_as_large_as_asked_for),
        cmocka_unit_test(impossible_herds_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
