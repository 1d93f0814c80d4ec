/* tests/test_encode.c - the encode experiment: its errors are what the codes promise, its file says what it did. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

#include "encoders/catalogue.h"
#include "experiments/encode_error.h"
#include "experiments/plot.h"
#include "sim/results.h"

static hk_ctx *ctx;

static const hk_option *option_of(const char *experiment, const char *name)
{
    const hk_catalogue catalogue = hk_experiments();
    const hk_experiment *e = hk_catalogue_find(&catalogue, experiment);
    assert_non_null(e);
    for (size_t k = 0; k < e->n_options; k++)
        if (strcmp(e->options[k].name, name) == 0)
            return &e->options[k];
    fail_msg("%s has no option %s", experiment, name);
    return NULL;
}

static void every_code_of_the_catalogue_can_be_chosen(void **state)
{
    (void)state;
    const char *const *of_mnist = option_of("mnist", "code")->choices, *const *of_encode =
                                                                           option_of("encode", "code")->choices;
    assert_string_equal(*of_encode++, "all");
    const hk_encoder *encoder;
    size_t n = 0;
    for (; (encoder = hk_encoder_at(n)) != NULL; n++) {
        bool in_mnist = false, in_encode = false;
        for (const char *const *name = of_mnist; *name != NULL; name++)
            in_mnist |= strcmp(*name, encoder->name) == 0;
        for (const char *const *name = of_encode; *name != NULL; name++)
            in_encode |= strcmp(*name, encoder->name) == 0;
        assert_true(in_mnist && in_encode);
    }
    assert_null(of_mnist[n]);
    assert_null(of_encode[n]);
}

static double number(const trial *t, const char *code, const char *key)
{
    const hk_summary *value = hk_summary_find(hk_summary_find(value_of(t, "codes"), code), key);
    assert_non_null(value);
    return value->number;
}

/* What the codes lose on pixels of 8 bits, by the heads of their files. */
static void errors_are_within_what_the_codes_promise(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        double low, high;
    } bounds[] = {
        { "latency", 0.0, 1e-6 }, { "temporal", 0.0, 1e-6 },      { "phase", 0.0, 1e-6 }, { "burst", 1e-3, 0.5 / 31 },
        { "delta", 1e-2, 0.125 }, { "binary", 0.2, 0.25 + 1e-6 }, { "rank", 0.01, 0.5 },  { "latency_log", 0.05, 0.5 },
        { "rate", 0.02, 0.5 },    { "regular", 0.002, 0.1 },
    };
    trial t;
    run_it(&t, (const char *const[]){ "encode", "--data", "glyphs", "--set", "images=6", "--out", "none", NULL },
           HK_OK);
    for (size_t k = 0; k < N_OF(bounds); k++) {
        double error = number(&t, bounds[k].code, "error");
        if (!(error >= bounds[k].low && error <= bounds[k].high))
            print_error("%s: %g\n", bounds[k].code, error);
        assert_true(error >= bounds[k].low && error <= bounds[k].high);
        assert_true(number(&t, bounds[k].code, "spikes_per_image") > 50.0);
        assert_true(number(&t, bounds[k].code, "jittered_error") >= error - 0.02);
    }
    assert_true(number(&t, "latency", "jittered_error") > 1e-3);
    trial_close(&t);
}

static void the_file_has_spikes_that_decode_to_the_image_it_has(void **state)
{
    (void)state;
    trial t;
    run_it(&t,
           (const char *const[]){ "encode", "--data", "glyphs", "--code", "phase", "--set", "images=2", "--set",
                                  "image=3", "--set", "window_ms=21", "--seed", "5", "--out", scratch_path("phase.h5"),
                                  NULL },
           HK_OK);
    trial_close(&t);
    hk_results *file;
    assert_ok(hk_results_open(ctx, scratch_path("phase.h5"), HK_RESULTS_READ, &file));
    const size_t n = hk_results_find(file, "codes/phase/times_ms")->n;
    double *times_ms = calloc(n, sizeof *times_ms), *weights = calloc(n, sizeof *weights);
    uint32_t *sources = calloc(n, sizeof *sources);
    static float image[784], decoded[784];
    static double sums[784], rows[8][4];
    assert_ok(hk_results_get(file, "codes/phase/times_ms", HK_F64, times_ms, n));
    assert_ok(hk_results_get(file, "codes/phase/weights", HK_F64, weights, n));
    assert_ok(hk_results_get(file, "codes/phase/sources", HK_U32, sources, n));
    assert_ok(hk_results_get(file, "codes/phase/decoded", HK_F32, decoded, 784));
    assert_ok(hk_results_get(file, "codes/image", HK_F32, image, 784));
    assert_ok(hk_results_get(file, "codes/phase/error_by_window", HK_F64, rows, 32));
    hk_dataset data;
    assert_ok(hk_dataset_load(
        ctx, &(hk_dataset_request){ .name = "glyphs", .n_train = 1, .n_test = 4, .glyph_seed = 5 }, &data));
    for (size_t k = 0; k < n; k++) {
        assert_true(times_ms[k] > 0.0 && times_ms[k] <= 16.0); /* two periods in 21 ms */
        sums[sources[k]] += weights[k];
    }
    for (size_t i = 0; i < 784; i++) {
        assert_close((double)image[i], data.test.pixels[3 * 784 + i] / 255.0, 1e-7);
        assert_close((double)decoded[i], (double)image[i], 1e-6);
        assert_close(sums[i] / 2.0 * 256.0 / 255.0, (double)image[i], 1e-6);
    }
    assert_true(rows[0][0] == 5.0 && isnan(rows[0][2])); /* no room for 8 phases */
    assert_true(rows[1][0] == 10.0 && rows[1][2] < 1e-6 && rows[1][3] > 1e-3);
    free(times_ms);
    free(weights);
    free(sources);
    hk_dataset_fini(&data);
    assert_ok(hk_results_close(file));
}

static void jitter_keeps_spikes_in_the_window_and_in_order(void **state)
{
    (void)state;
    hk_encode_task task = { .encoder = &hk_rate, .window_ms = 7.3, .jitter_ms = 4.1, .seed = 6 };
    hk_spikes_in spikes = { 0 }, again = { 0 };
    double moved = 0.0;
    for (uint32_t k = 0; k < 600; k++) {
        assert_ok(hk_spikes_in_add(&spikes, k / 3, 7.3 * (double)(k % 3 + 1) / 3.0));
        assert_ok(hk_spikes_in_add(&again, k / 3, 7.3 * (double)(k % 3 + 1) / 3.0));
    }
    hk_encode_jitter(&task, 2, &spikes);
    hk_encode_jitter(&task, 2, &again);
    for (size_t k = 0; k < spikes.n; k++) {
        const hk_spike_in *s = &spikes.spikes[k];
        assert_true(s->after_ms > 0.0 && s->after_ms <= 7.3);
        assert_int_equal(s->source, k / 3);
        assert_true(k % 3 == 0 || s->after_ms >= s[-1].after_ms);
        assert_true(s->after_ms == again.spikes[k].after_ms);
        moved += fabs(s->after_ms - 7.3 * (double)(k % 3 + 1) / 3.0);
    }
    assert_true(moved / 600.0 > 0.5);
    hk_spikes_in_fini(&spikes);
    hk_spikes_in_fini(&again);
}

static void the_figures_are_drawn_and_broken_files_refused(void **state)
{
    (void)state;
    trial t;
    run_it(&t,
           (const char *const[]){ "encode", "--data", "glyphs", "--set", "images=1", "--out", scratch_path("all.h5"),
                                  NULL },
           HK_OK);
    trial_close(&t);
    hk_results *file;
    assert_ok(hk_results_open(ctx, scratch_path("all.h5"), HK_RESULTS_READ, &file));
    hk_plot_job job = { .ctx = ctx, .results = file };
    const hk_results_entry *image = hk_results_find(file, "codes/image");
    hk_picture picture = { .path = scratch_path("codes.svg"), .title = "it's" };
    if (hk_gnuplot_exists()) {
        assert_ok(hk_plot_codes(&job, &picture, image));
        size_t n;
        char *svg = (char *)file_bytes(picture.path, &n);
        svg[n] = '\0';
        for (size_t k = 0; hk_encoder_at(k) != NULL; k++)
            assert_non_null(strstr(svg, hk_encoder_at(k)->name));
        free(svg);
        assert_ok(hk_plot_code_errors(&job, &picture, image));
    }
    assert_ok(hk_results_close(file));
    assert_ok(hk_results_open(ctx, scratch_path("all.h5"), HK_RESULTS_ADD, &file));
    assert_ok(hk_results_put_text(file, "codes", "names", "rate, morse"));
    assert_ok(hk_results_close(file));
    assert_ok(hk_results_open(ctx, scratch_path("all.h5"), HK_RESULTS_READ, &file));
    job.results = file;
    image = hk_results_find(file, "codes/image");
    assert_status(hk_plot_codes(&job, &picture, image), HK_EFORMAT);
    assert_non_null(strstr(hk_ctx_message(ctx), "codes/morse/times_ms"));
    assert_status(hk_plot_code_errors(&job, &picture, image), HK_EFORMAT);
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
        cmocka_unit_test(every_code_of_the_catalogue_can_be_chosen),
        cmocka_unit_test(errors_are_within_what_the_codes_promise),
        cmocka_unit_test(the_file_has_spikes_that_decode_to_the_image_it_has),
        cmocka_unit_test(jitter_keeps_spikes_in_the_window_and_in_order),
        cmocka_unit_test(the_figures_are_drawn_and_broken_files_refused),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
