/* tests/test_crowd.c - networks that evolve, and the features they see: the simulator against the formulas. */
#include "tests/hk_test.h"

#include "experiments/evolution/crowd.h"
#include "experiments/evolution/edges.h"
#include "sim/rng.h"

static hk_ctx *ctx;

static void draw_genes(float *genes, size_t n, uint64_t id)
{
    hk_stream stream = hk_stream_open(3, HK_PURPOSE_TEST, id, 0);
    for (size_t k = 0; k < n; k++)
        genes[k] = (float)(0.7 * hk_stream_normal(&stream));
}

static void draw_values(float *values, uint32_t n, uint64_t id)
{
    hk_stream stream = hk_stream_open(4, HK_PURPOSE_TEST, id, 0);
    for (uint32_t i = 0; i < n; i++)
        values[i] = (float)fmax(0.0, 1.6 * hk_stream_uniform(&stream) - 0.6);
    values[0] = 1.0f; /* the ends of the range */
    values[1] = 0.0f;
}

enum { N_INPUTS = 31, N_HIDDEN = 7 };

/* The formula of crowd.h. */
static void answer(const hk_crowd_config *c, const float *genes, const float *values, double *potentials)
{
    const uint32_t n_first = c->n_hidden > 0 ? c->n_hidden : 10;
    double sums[10] = { 0.0 };
    for (uint32_t j = 0; j < n_first; j++) {
        sums[j] = (double)genes[c->n_inputs * n_first + j];
        for (uint32_t i = 0; i < c->n_inputs; i++)
            if ((double)values[i] > c->dark)
                sums[j] += c->gain * (double)genes[i * n_first + j] * (double)values[i];
    }
    const float *second = genes + (c->n_inputs + 1) * n_first;
    for (uint32_t k = 0; k < 10; k++) {
        potentials[k] = c->n_hidden > 0 ? (double)second[c->n_hidden * 10 + k] : sums[k];
        for (uint32_t j = 0; j < c->n_hidden; j++)
            potentials[k] += (double)second[j * 10 + k] * fmin(8.0, fmax(0.0, sums[j]));
    }
}

/* Some individuals, each of whom must answer by the formula, whoever else is there. */
static void answers_are_those_of(uint32_t n_hidden)
{
    enum { MANY = 5 };
    hk_crowd_config config = {
        .n_inputs = N_INPUTS, .n_hidden = n_hidden, .n_individuals = MANY, .gain = 1.9, .dark = 0.15
    };
    const size_t n_genes = hk_crowd_n_genes(&config);
    float *genes = calloc(MANY * n_genes, sizeof *genes), values[N_INPUTS];
    double all[MANY * 10], one[10], expected[10];
    hk_crowd *many, *alone;
    assert_ok(hk_crowd_create(ctx, &config, &many));
    config.n_individuals = 1;
    assert_ok(hk_crowd_create(ctx, &config, &alone));
    for (uint32_t k = 0; k < MANY; k++) {
        draw_genes(genes + k * n_genes, n_genes, k);
        hk_crowd_set(many, k, genes + k * n_genes);
    }
    assert_ok(hk_crowd_ready(many));
    for (uint64_t image = 0; image < 6; image++) {
        draw_values(values, N_INPUTS, image);
        assert_ok(hk_crowd_show(many, values, all));
        for (uint32_t k = 0; k < MANY; k++) {
            answer(&config, genes + k * n_genes, values, expected);
            for (int j = 0; j < 10; j++)
                assert_close(all[k * 10 + (uint32_t)j], expected[j], 2e-5); /* weights are in single precision */
            hk_crowd_set(alone, 0, genes + k * n_genes);
            assert_ok(hk_crowd_ready(alone));
            assert_ok(hk_crowd_show(alone, values, one));
            assert_memory_equal(one, all + k * 10, sizeof one);
        }
    }
    assert_true(hk_crowd_stats(many).synaptic_events > 0);
    hk_crowd_destroy(many);
    hk_crowd_destroy(alone);
    free(genes);
}

static void a_crowd_without_hidden_neurons_answers_by_the_formula(void **state)
{
    (void)state;
    answers_are_those_of(0);
}

static void a_crowd_with_hidden_neurons_answers_by_the_formula(void **state)
{
    (void)state;
    answers_are_those_of(N_HIDDEN);
}

static void likelihood_is_that_of_softmax_and_the_largest_potential_decides(void **state)
{
    (void)state;
    const double potentials[10] = { 701.0, 703.5, 0.0, 703.5, -900.0, 702.0, 1.0, 2.0, 3.0, 4.0 };
    const double sum = exp(-2.5) + 1.0 + 1.0 + exp(-1.5);
    assert_close(hk_crowd_log_likelihood(potentials, 5), -1.5 - log(sum), 1e-12);
    assert_close(hk_crowd_log_likelihood(potentials, 4), -1603.5 - log(sum), 1e-9);
    assert_int_equal(hk_crowd_decision(potentials), 1);
}

static void impossible_crowds_and_values_are_refused(void **state)
{
    (void)state;
    const hk_crowd_config good = { .n_inputs = 3, .n_individuals = 2, .gain = 1.0 };
    hk_crowd *crowd;
    hk_crowd_config config = good;
    config.n_inputs = 0;
    assert_status(hk_crowd_create(ctx, &config, &crowd), HK_ERANGE);
    config = good;
    config.n_individuals = 0;
    assert_status(hk_crowd_create(ctx, &config, &crowd), HK_ERANGE);
    config = good;
    config.gain = (double)NAN;
    assert_status(hk_crowd_create(ctx, &config, &crowd), HK_ERANGE);
    config = good;
    config.dark = 1.0;
    assert_status(hk_crowd_create(ctx, &config, &crowd), HK_ERANGE);
    assert_null(crowd);
    double potentials[20];
    assert_ok(hk_crowd_create(ctx, &good, &crowd));
    assert_status(hk_crowd_show(crowd, (const float[]){ 0.0f, 1.01f, 0.3f }, potentials), HK_ERANGE);
    hk_crowd_destroy(crowd);
}

/* ---- edges ------------------------------------------------------------------------------------------------------- */

static bool never(void *user)
{
    (void)user;
    return false;
}

static bool at_once(void *user)
{
    (void)user;
    return true;
}

static hk_dataset glyphs;

static void kernels_have_no_mean_and_positive_parts_of_one(void **state)
{
    (void)state;
    hk_edge_filter filters[5];
    float kernel[HK_EDGES_SIDE * HK_EDGES_SIDE], opposite[HK_EDGES_SIDE * HK_EDGES_SIDE];
    hk_edges_usual(filters, 5);
    filters[4] = (hk_edge_filter){ 3.7, 2.1, 0.4, 1.1, 0.0, 0.385 };
    for (int f = 0; f < 5; f++) {
        double sum = 0.0, positive = 0.0;
        hk_edge_kernel(&filters[f], kernel);
        for (int k = 0; k < HK_EDGES_SIDE * HK_EDGES_SIDE; k++) {
            sum += (double)kernel[k];
            positive += fmax((double)kernel[k], 0.0);
        }
        assert_close(sum, 0.0, 1e-6);
        assert_close(positive, 1.0, 1e-6);
    }
    hk_edges_usual(filters, 4); /* the third looks the other way than the first: light to dark */
    hk_edge_kernel(&filters[0], kernel);
    hk_edge_kernel(&filters[2], opposite);
    for (int k = 0; k < HK_EDGES_SIDE * HK_EDGES_SIDE; k++)
        assert_close((double)kernel[k], -(double)opposite[k], 1e-6);
    assert_true(kernel[3 * HK_EDGES_SIDE + 4] > 0.1f); /* the right of the middle */
}

static void edges_from_the_simulator_are_those_of_the_formula(void **state)
{
    (void)state;
    hk_edge_filter filters[5];
    hk_edges_usual(filters, 5);
    filters[3] = (hk_edge_filter){ 3.7, 2.1, 0.4, 1.1, 0.02, 0.385 };
    const hk_images *images = &glyphs.train;
    const hk_edges_config config = { images->rows, images->cols, 5, filters };
    hk_features formula, simulated, threaded;
    hk_edges_cost cost = { 0 }, same = { 0 };
    hk_team *one, *three;
    size_t n_active = 0;
    assert_ok(hk_team_create(ctx, 0, &one));
    assert_ok(hk_team_create(ctx, 2, &three));
    assert_ok(hk_edges_values(ctx, &config, images, &formula));
    assert_ok(hk_edges_simulate(ctx, &config, images, one, never, NULL, &cost, &simulated));
    assert_ok(hk_edges_simulate(ctx, &config, images, three, never, NULL, &same, &threaded));
    assert_int_equal(formula.n_features, hk_edges_n_features(&config));
    assert_int_equal(formula.n_features, 5 * 7 * 7);
    for (size_t k = 0; k < formula.n * formula.n_features; k++) {
        assert_close((double)simulated.values[k], (double)formula.values[k], 2e-6);
        n_active += simulated.values[k] > 0.0f;
    }
    assert_true(n_active > formula.n * 20 && n_active < formula.n * formula.n_features / 2);
    assert_memory_equal(simulated.values, threaded.values, formula.n * formula.n_features * sizeof *formula.values);
    assert_true(cost.spikes > formula.n * 100 && cost.spikes == same.spikes &&
                cost.synaptic_events == same.synaptic_events);
    for (size_t i = 0; i < formula.n; i++)
        assert_true(simulated.labels[i] == images->labels[i] && formula.labels[i] == images->labels[i]);
    hk_features_fini(&formula);
    hk_features_fini(&simulated);
    hk_features_fini(&threaded);
    assert_ok(hk_edges_simulate(ctx, &config, images, one, at_once, NULL, &cost, &simulated));
    assert_null(simulated.values);
    hk_team_destroy(one);
    hk_team_destroy(three);
}

static void a_gain_scales_all_features_of_its_filter(void **state)
{
    (void)state;
    hk_edge_filter filters[] = { { 5.0, 1.3, 0.7, -1.2, 0.08, 1.0 }, { 5.0, 1.3, 0.7, -1.2, 0.08, 0.385 } };
    const hk_edges_config config = { glyphs.train.rows, glyphs.train.cols, 2, filters };
    hk_features features;
    assert_ok(hk_edges_values(ctx, &config, &glyphs.train, &features));
    const size_t half = features.n_features / 2;
    for (size_t i = 0; i < features.n; i++)
        for (size_t k = 0; k < half; k++) {
            const float *row = hk_features_row(&features, i);
            assert_close((double)row[half + k], 0.385 * (double)row[k], 1e-6);
        }
    hk_features_fini(&features);
}

static void impossible_edges_are_refused(void **state)
{
    (void)state;
    hk_edge_filter filter = { 5.0, 1.0, 0.0, 0.0, 0.1, 0.7 };
    hk_edges_config config = { glyphs.train.rows, glyphs.train.cols + 1, 1, &filter };
    hk_features features;
    assert_status(hk_edges_values(ctx, &config, &glyphs.train, &features), HK_ERANGE);
    config.cols--;
    config.n_filters = 0;
    assert_status(hk_edges_values(ctx, &config, &glyphs.train, &features), HK_ERANGE);
    config.n_filters = 1;
    filter.sigma_px = 0.0;
    assert_status(hk_edges_values(ctx, &config, &glyphs.train, &features), HK_ERANGE);
    filter.sigma_px = 1.0;
    filter.threshold = 1.0;
    assert_status(hk_edges_values(ctx, &config, &glyphs.train, &features), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "filter 0"));
    filter.threshold = 0.1;
    filter.gain = 1.001;
    assert_status(hk_edges_values(ctx, &config, &glyphs.train, &features), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "gain = 1.001"));
    filter.gain = 0.0;
    assert_status(hk_edges_values(ctx, &config, &glyphs.train, &features), HK_ERANGE);
}

static int setup(void **state)
{
    (void)state;
    ctx = hk_ctx_create();
    const hk_dataset_request request = { .name = "glyphs", .n_train = 40, .n_test = 1, .glyph_seed = 12 };
    return ctx == NULL || hk_dataset_load(ctx, &request, &glyphs) != HK_OK ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    hk_dataset_fini(&glyphs);
    hk_ctx_destroy(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crowd_without_hidden_neurons_answers_by_the_formula),
        cmocka_unit_test(a_crowd_with_hidden_neurons_answers_by_the_formula),
        cmocka_unit_test(likelihood_is_that_of_softmax_and_the_largest_potential_decides),
        cmocka_unit_test(impossible_crowds_and_values_are_refused),
        cmocka_unit_test(kernels_have_no_mean_and_positive_parts_of_one),
        cmocka_unit_test(edges_from_the_simulator_are_those_of_the_formula),
        cmocka_unit_test(a_gain_scales_all_features_of_its_filter),
        cmocka_unit_test(impossible_edges_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
