/* tests/test_comparison.c - the codes experiment: its space, its disturbances, and that neither jobs nor interruptions show. */
#include "tests/cut.h"

#include "encoders/catalogue.h"
#include "experiments/codes.h"
#include "experiments/plot.h"
#include "sim/results.h"
#include "sim/time.h"

static hk_ctx *ctx;

static void choices_lie_in_the_space_and_every_network_can_be_made(void **state)
{
    (void)state;
    const hk_encoder *encoder;
    for (size_t e = 0; (encoder = hk_encoder_at(e)) != NULL; e++) {
        hk_codes_dim dims[HK_CODES_MOST_DIMS];
        size_t n = hk_codes_space(encoder, dims);
        double values[HK_CODES_MOST_DIMS], again[HK_CODES_MOST_DIMS], sum[HK_CODES_MOST_DIMS] = { 0.0 };
        assert_true(n > 6 && n <= HK_CODES_MOST_DIMS);
        for (uint32_t point = 0; point < 400; point++) {
            hk_mnist_settings settings;
            hk_codes_draw(encoder, 31, point, values);
            hk_codes_draw(encoder, 31, point, again);
            assert_memory_equal(values, again, n * sizeof *values);
            for (size_t k = 0; k < n; k++) {
                assert_true(values[k] >= dims[k].low && values[k] <= dims[k].high);
                assert_true(dims[k].scale != HK_DIM_WHOLE || values[k] == floor(values[k]));
                sum[k] += dims[k].scale == HK_DIM_LOG ? log(values[k] / dims[k].low) / log(dims[k].high / dims[k].low)
                                                      : (values[k] - dims[k].low) / (dims[k].high - dims[k].low);
            }
            hk_codes_settings(encoder, values, 50, &settings);
            assert_ok(hk_encoder_check(ctx, encoder, settings.encoder_params, settings.window_ms));
            assert_true(hk_steps_in_ms(settings.window_ms, HK_MNIST_RESOLUTION_MS) >= 10);
            assert_true(settings.tau_m_ms > 0.0 && settings.tau_trace_ms == settings.tau_m_ms);
            assert_true(settings.lr > 0.0 && settings.theta_plus_end_mv < settings.theta_plus_mv);
        }
        for (size_t k = 0; k < n; k++)
            assert_close(sum[k] / 400.0, 0.5, 0.12); /* all of it is looked at: sd of whole ones up to 0.5 / 20 */
    }
}

static void disturbances_do_what_their_levels_say(void **state)
{
    (void)state;
    enum { N = 20000 };
    static float values[N];
    double sum = 0.0, squares = 0.0;
    size_t n_black = 0, n_white = 0, n_distinct = 0;
    for (int k = 0; k < N; k++)
        values[k] = 0.5f;
    hk_disturb_pixels(HK_PIXEL_NOISE, 0.1, 4, 9, values, N);
    for (int k = 0; k < N; k++) {
        assert_true(values[k] >= 0.0f && values[k] <= 1.0f);
        sum += (double)values[k] - 0.5;
        squares += ((double)values[k] - 0.5) * ((double)values[k] - 0.5);
        values[k] = 0.5f;
    }
    assert_close(sum / N, 0.0, 0.004);
    assert_close(sqrt(squares / N), 0.1, 0.003);
    hk_disturb_pixels(HK_SALT_PEPPER, 0.3, 4, 9, values, N);
    for (int k = 0; k < N; k++) {
        n_black += values[k] == 0.0f;
        n_white += values[k] == 1.0f;
    }
    assert_close((double)n_black / N, 0.15, 0.012);
    assert_close((double)n_white / N, 0.15, 0.012);
    for (int k = 0; k < N; k++)
        values[k] = 0.2f + 0.6f * (float)k / N;
    hk_disturb_weights(HK_STUCK, 0.2, 4, values, N);
    n_black = n_white = 0;
    for (int k = 0; k < N; k++) {
        n_black += values[k] == 0.0f;
        n_white += values[k] > 0.79996f;
    }
    assert_close((double)n_black / N, 0.1, 0.012);
    assert_close((double)n_white / N, 0.1, 0.012);
    for (int k = 0; k < N; k++)
        values[k] = 0.8f * (float)(k + 1) / N;
    hk_disturb_weights(HK_WEIGHT_BITS, 3.0, 4, values, N);
    for (int k = 1; k < N; k++) {
        n_distinct += values[k] != values[k - 1];
        assert_close((double)values[k], 0.8 * (double)(k + 1) / N, 0.5 * 0.8 / 7.0 + 1e-6);
    }
    assert_int_equal(n_distinct, 7); /* eight values */
    hk_spikes_in spikes = { 0 };
    for (uint32_t k = 0; k < N; k++)
        assert_ok(hk_spikes_in_add(&spikes, k / 2, 1.0 + k % 2));
    hk_disturb_spikes(HK_SPIKE_LOSS, 0.4, 4, 9, 3.0, &spikes);
    assert_close((double)spikes.n / N, 0.6, 0.015);
    for (size_t k = 1; k < spikes.n; k++)
        assert_true(spikes.spikes[k].source > spikes.spikes[k - 1].source ||
                    spikes.spikes[k].after_ms > spikes.spikes[k - 1].after_ms);
    size_t n_left = spikes.n;
    hk_disturb_spikes(HK_PIXEL_NOISE, 0.4, 4, 9, 3.0, &spikes);
    assert_int_equal(spikes.n, n_left);
    hk_spikes_in_fini(&spikes);
}

#define SMALL                                                                                                        \
    "codes", "--data", "glyphs", "--seed", "3", "--set", "neurons=30", "--set", "trials=3", "--set", "test_seeds=2", \
        "--set", "train=400", "--set", "label=300", "--set", "validation=60", "--set", "test=80", "--set", "probe=30"

static const char *const timed[] = { "train_cpu_ms", "cpu_ms" };

/* All numbers are equal, but for those of time. */
static void assert_same(const hk_summary *a, const hk_summary *b)
{
    assert_non_null(b);
    assert_int_equal(a->kind, b->kind);
    for (size_t k = 0; k < N_OF(timed); k++)
        if (a->key != NULL && strcmp(a->key, timed[k]) == 0)
            return;
    if (a->kind == HK_SUMMARY_NUMBER)
        assert_true(a->number == b->number);
    assert_int_equal(a->n_numbers, b->n_numbers);
    if (a->n_numbers > 0)
        assert_memory_equal(a->numbers, b->numbers, a->n_numbers * sizeof *a->numbers);
    for (const hk_summary *child = a->first; child != NULL; child = child->next)
        assert_same(child, hk_summary_find(b, child->key));
}

static double mean_of(const trial *t, const char *code, const char *key)
{
    const hk_summary *one = hk_summary_find(value_of(t, "codes"), code);
    assert_non_null(one);
    const hk_summary *value = hk_summary_find(hk_summary_find(one, "mean"), key);
    assert_non_null(value);
    return value->number;
}

static void what_comes_out_does_not_depend_on_jobs_and_is_what_the_file_has(void **state)
{
    (void)state;
    trial one, two;
    run_it(&one, ARGUMENTS(SMALL, "--code", "latency", "--out", "none"), HK_OK);
    run_it(&two, ARGUMENTS(SMALL, "--code", "latency", "--out", scratch_path("two.h5"), "--jobs", "2"), HK_OK);
    assert_same(value_of(&one, "codes"), value_of(&two, "codes"));
    double accuracy = mean_of(&one, "latency", "accuracy"), window_ms = mean_of(&one, "latency", "window_ms");
    assert_true(accuracy > 0.3 && accuracy < 1.0); /* chance is 0.1 */
    assert_true(mean_of(&one, "latency", "decision_ms") > 0.0 && mean_of(&one, "latency", "decision_ms") <= window_ms);
    assert_close(mean_of(&one, "latency", "energy_proxy_events"),
                 mean_of(&one, "latency", "input_spikes") + mean_of(&one, "latency", "hidden_spikes") +
                     mean_of(&one, "latency", "synaptic_events"),
                 1e-6);
    trial_close(&one);
    trial_close(&two);
    hk_results *file;
    double tests[2][HK_N_METRICS];
    assert_ok(hk_results_open(ctx, scratch_path("two.h5"), HK_RESULTS_READ, &file));
    assert_ok(hk_results_get(file, "comparison/latency/tests", HK_F64, tests, 2 * HK_N_METRICS));
    assert_close(0.5 * (tests[0][HK_ACCURACY] + tests[1][HK_ACCURACY]), accuracy, 1e-12);
    const hk_results_entry *entry = hk_results_find(file, "comparison/latency/trials");
    assert_true(entry != NULL && entry->shape[0] == 3 && entry->shape[1] == 9);
    assert_ok(hk_results_close(file));
    assert_true(file_exists(scratch_path("two.md")));
}

static void a_sweep_that_was_interrupted_goes_on_to_the_same_end(void **state)
{
    (void)state;
    trial whole, rest;
    run_it(&whole, ARGUMENTS(SMALL, "--code", "burst", "--out", "none"), HK_OK);
    cut(ARGUMENTS(SMALL, "--code", "burst", "--out", "none", "--checkpoint", scratch_path("cut.ckpt"),
                  "--checkpoint-every", "0.0001"),
        scratch_path("cut.ckpt"), "codes");
    run_it(&rest, ARGUMENTS(SMALL, "--code", "burst", "--out", "none", "--resume", scratch_path("cut.ckpt")), HK_OK);
    assert_same(value_of(&whole, "codes"), value_of(&rest, "codes"));
    trial_close(&rest);
    trial_close(&whole);
    run_it(&rest, ARGUMENTS(SMALL, "--code", "phase", "--out", "none", "--resume", scratch_path("cut.ckpt")),
           HK_EFORMAT);
    assert_says(&rest, "config");
    trial_close(&rest);
}

static void the_page_of_figures_is_drawn(void **state)
{
    (void)state;
    if (!hk_gnuplot_exists())
        skip();
    trial t;
    hk_results *file;
    run_it(&t,
           ARGUMENTS("codes", "--data", "glyphs", "--code", "rank", "--set", "neurons=10", "--set", "trials=1", "--set",
                     "test_seeds=1", "--set", "train=40", "--set", "label=40", "--set", "validation=10", "--set",
                     "test=10", "--set", "probe=5", "--out", scratch_path("page.h5")),
           HK_OK);
    trial_close(&t);
    assert_ok(hk_results_open(ctx, scratch_path("page.h5"), HK_RESULTS_READ, &file));
    assert_true(file_exists(scratch_path("page-comparison.svg"))); /* the run has drawn it */
    hk_plot_job job = { .ctx = ctx, .results = file };
    hk_picture picture = { .path = scratch_path("page.svg"), .title = "codes" };
    assert_ok(hk_plot_comparison(&job, &picture, hk_results_find(file, "comparison/levels")));
    size_t n;
    char *svg = (char *)file_bytes(scratch_path("page.svg"), &n);
    svg[n] = '\0';
    assert_non_null(strstr(svg, "stuck_synapses"));
    assert_non_null(strstr(svg, "rank"));
    free(svg);
    assert_status(hk_plot_comparison(&job, &picture, hk_results_find(file, "comparison/rank/tests")), HK_EFORMAT);
    assert_ok(hk_results_close(file));
}

static int open_context(void **state)
{
    ctx = hk_ctx_create();
    return ctx == NULL ? -1 : hk_scratch_setup(state);
}

static int close_context(void **state)
{
    hk_ctx_destroy(ctx);
    return hk_scratch_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_lie_in_the_space_and_every_network_can_be_made),
        cmocka_unit_test(disturbances_do_what_their_levels_say),
        cmocka_unit_test(what_comes_out_does_not_depend_on_jobs_and_is_what_the_file_has),
        cmocka_unit_test(a_sweep_that_was_interrupted_goes_on_to_the_same_end),
        cmocka_unit_test(the_page_of_figures_is_drawn),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
