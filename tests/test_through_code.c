/* tests/test_through_code.c - images as the spikes of a code tell of them, and every experiment that sees them so. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

#include "experiments/choice.h"
#include "experiments/through_code.h"

#include <pthread.h>

enum { N_TRAIN = 7, N_TEST = 5, N_PIXELS = 784 };

#define FEW "capsule-som", "--data", "glyphs", "--seed", "6", "--out", "none", "--set", "train=7", "--set", "test=5"

/* ---- what images become -------------------------------------------------------------------------------------------- */

typedef struct sums {
    double n_spikes, square;
} sums;

/* Image i of `from` by hand: encoded as `sample` with default parameters, decoded, and compared with that of `seen`. */
static void assert_decoded(const hk_encoder *encoder, const hk_images *from, const hk_images *seen, size_t i,
                           uint64_t sample, sums *s)
{
    float values[N_PIXELS], decoded[N_PIXELS];
    double params[8];
    hk_spikes_in spikes = { 0 };
    hk_ctx *ctx = hk_ctx_create();
    hk_encoder_defaults(encoder, params);
    hk_images_values(from, i, values);
    const hk_encoding how = {
        .values = values, .n = N_PIXELS, .window_ms = 33.5, .params = params, .seed = 6, .sample = sample
    };
    assert_ok(hk_encode(ctx, encoder, &how, &spikes));
    assert_ok(hk_decode(ctx, encoder, &how, &spikes, decoded));
    s->n_spikes += (double)spikes.n;
    for (size_t k = 0; k < N_PIXELS; k++) {
        const double pixel = seen->pixels[i * N_PIXELS + k], was = from->pixels[i * N_PIXELS + k];
        assert_close(pixel, 255.0 * (double)decoded[k], 0.5 + 1e-4);
        s->square += (pixel - was) * (pixel - was);
    }
    hk_spikes_in_fini(&spikes);
    hk_ctx_destroy(ctx);
}

static void an_image_becomes_what_the_spikes_of_the_code_are_decoded_to(void **state)
{
    (void)state;
    const hk_encoder *encoder;
    for (size_t code = 0; (encoder = hk_encoder_at(code)) != NULL; code++) {
        trial t;
        hk_choice plain, seen;
        sums s = { 0 };
        trial_open(&t, ARGUMENTS(FEW, "--code", encoder->name, "--set", "code_window_ms=33.5"));
        assert_ok(hk_choice_load(t.run, &plain));
        assert_ok(hk_choice_load_through_code(t.run, &seen));
        assert_true(seen.train.n == N_TRAIN && seen.test.n == N_TEST && seen.train.rows == plain.train.rows);
        for (size_t i = 0; i < N_TRAIN; i++)
            assert_decoded(encoder, &plain.train, &seen.train, i, i, &s);
        for (size_t i = 0; i < N_TEST; i++)
            assert_decoded(encoder, &plain.test, &seen.test, i, UINT64_C(1) << 40 | i, &s);
        assert_memory_equal(plain.test.labels, seen.test.labels, N_TEST);
        assert_string_equal(value_of(&t, "code")->text, encoder->name);
        assert_close(number_of(&t, "code_window_ms"), 33.5, 0.0);
        assert_close(number_of(&t, "code_spikes_per_image"), s.n_spikes / (N_TRAIN + N_TEST), 1e-9);
        assert_close(number_of(&t, "code_error"), sqrt(s.square / ((N_TRAIN + N_TEST) * N_PIXELS)) / 255.0, 1e-12);
        assert_true(s.n_spikes > 0.0 && number_of(&t, "code_error") < 0.4);
        hk_choice_fini(&plain);
        hk_choice_fini(&seen);
        trial_close(&t);
    }
}

static void codes_that_keep_a_value_keep_every_pixel(void **state)
{
    (void)state;
    static const char *const codes[] = { "latency", "phase", "temporal" };
    for (size_t k = 0; k < N_OF(codes); k++) {
        trial t;
        hk_choice plain, seen;
        trial_open(&t, ARGUMENTS(FEW, "--code", codes[k]));
        assert_ok(hk_choice_load(t.run, &plain));
        assert_ok(hk_choice_load_through_code(t.run, &seen));
        assert_memory_equal(plain.train.pixels, seen.train.pixels, N_TRAIN * N_PIXELS);
        assert_close(number_of(&t, "code_error"), 0.0, 0.0);
        hk_choice_fini(&plain);
        hk_choice_fini(&seen);
        trial_close(&t);
    }
}

static void validation_images_keep_their_numbers_among_the_training_images(void **state)
{
    (void)state;
    trial t;
    hk_choice plain, seen;
    sums s = { 0 };
    trial_open(&t,
               ARGUMENTS("capsule-som", "--data", "glyphs", "--seed", "6", "--out", "none", "--set", "train=2", "--set",
                         "test=3", "--set", "split=validation", "--code", "rate", "--set", "code_window_ms=33.5"));
    assert_ok(hk_choice_load(t.run, &plain));
    assert_ok(hk_choice_load_through_code(t.run, &seen));
    for (size_t i = 0; i < 3; i++)
        assert_decoded(&hk_rate, &plain.test, &seen.test, i, 50000 + i, &s);
    hk_choice_fini(&plain);
    hk_choice_fini(&seen);
    trial_close(&t);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    trial t;
    hk_choice one, three;
    double spikes[2], error[2];
    trial_open(&t, ARGUMENTS(FEW, "--threads", "1", "--code", "rate", "--set", "code_jitter_ms=1.7"));
    assert_ok(hk_choice_load_through_code(t.run, &one));
    spikes[0] = number_of(&t, "code_spikes_per_image");
    error[0] = number_of(&t, "code_error");
    trial_close(&t);
    trial_open(&t, ARGUMENTS(FEW, "--threads", "3", "--code", "rate", "--set", "code_jitter_ms=1.7"));
    assert_ok(hk_choice_load_through_code(t.run, &three));
    spikes[1] = number_of(&t, "code_spikes_per_image");
    error[1] = number_of(&t, "code_error");
    trial_close(&t);
    assert_memory_equal(one.train.pixels, three.train.pixels, N_TRAIN * N_PIXELS);
    assert_memory_equal(one.test.pixels, three.test.pixels, N_TEST * N_PIXELS);
    assert_true(spikes[0] == spikes[1] && error[0] == error[1] && error[0] > 0.0);
    hk_choice_fini(&one);
    hk_choice_fini(&three);
}

/* The error that the arguments lead to. */
static double error_of(const char *const *arguments)
{
    trial t;
    hk_choice choice;
    trial_open(&t, arguments);
    assert_ok(hk_choice_load_through_code(t.run, &choice));
    const double error = number_of(&t, "code_error");
    hk_choice_fini(&choice);
    trial_close(&t);
    return error;
}

static void jitter_and_parameters_of_the_code_count(void **state)
{
    (void)state;
    const double exact = error_of(ARGUMENTS(FEW, "--code", "latency"));
    const double little = error_of(ARGUMENTS(FEW, "--code", "latency", "--set", "code_jitter_ms=0.5"));
    const double much = error_of(ARGUMENTS(FEW, "--code", "latency", "--set", "code_jitter_ms=2"));
    assert_true(exact == 0.0 && little > 0.0 && much > 2.0 * little);
    const double coarse = error_of(
        ARGUMENTS(FEW, "--code", "phase", "--set", "code_params=n_phases=2,phase_ms=3.5,least_first=1"));
    assert_true(coarse > 0.01 && coarse <= 1.0 / 6.0); /* half of a third */
}

static void without_a_code_images_stay_as_they_are(void **state)
{
    (void)state;
    trial t;
    hk_choice plain, seen;
    trial_open(&t, ARGUMENTS(FEW));
    assert_ok(hk_choice_load(t.run, &plain));
    assert_ok(hk_choice_load_through_code(t.run, &seen));
    assert_memory_equal(plain.train.pixels, seen.train.pixels, N_TRAIN * N_PIXELS);
    assert_memory_equal(plain.test.pixels, seen.test.pixels, N_TEST * N_PIXELS);
    assert_string_equal(value_of(&t, "code")->text, "none");
    assert_null(hk_summary_find(hk_run_summary(t.run), "code_error"));
    hk_choice_fini(&plain);
    hk_choice_fini(&seen);
    trial_close(&t);
}

/* ---- refusals ------------------------------------------------------------------------------------------------------ */

static void refuse(const char *const *arguments, int status, const char *part)
{
    trial t;
    run_it(&t, arguments, status);
    assert_says(&t, part);
    trial_close(&t);
}

static void what_no_code_can_do_is_refused(void **state)
{
    (void)state;
    refuse(ARGUMENTS(FEW, "--set", "code_window_ms=20"), HK_ERANGE, "code_window_ms is for a code, but code = none");
    refuse(ARGUMENTS(FEW, "--code", "phase", "--set", "code_window_ms=7"), HK_ERANGE, "phase");
    refuse(ARGUMENTS(FEW, "--code", "phase", "--set", "code_params=bits=3"), HK_ENAME, "n_phases, phase_ms");
    refuse(ARGUMENTS(FEW, "--code", "phase", "--set", "code_params=n_phases=99"), HK_ERANGE, "n_phases = 99");
    refuse(ARGUMENTS(FEW, "--code", "phase", "--set", "code_params=n_phases"), HK_ERANGE, "must be NAME=VALUE");
    refuse(ARGUMENTS(FEW, "--code", "phase", "--set", "code_params=n_phases=4,"), HK_ERANGE, "must be NAME=VALUE");
    refuse(ARGUMENTS(FEW, "--code", "phase", "--set", "code_params=n_phases=x"), HK_ERANGE, "'x', must be a number");
    refuse(ARGUMENTS("spiking-som", "--data", "line", "--code", "rank", "--out", "none"), HK_ERANGE,
           "code = rank is for images");
}

static void an_unknown_code_is_answered_with_those_there_are(void **state)
{
    (void)state;
    static const char *const names[] = { "local", "features-som", "capsule-som", "evolve", "spiking-som", "continual" };
    const hk_catalogue catalogue = hk_experiments();
    for (size_t k = 0; k < N_OF(names); k++) {
        hk_ctx *ctx = hk_ctx_create();
        hk_request request;
        char *arguments[] = { (char *)names[k], "--code", "semaphore" };
        assert_int_equal(hk_request_read(ctx, &catalogue, 3, arguments, &request), HK_ERANGE);
        assert_non_null(strstr(hk_ctx_message(ctx), "none, rate"));
        const hk_encoder *encoder;
        for (size_t code = 0; (encoder = hk_encoder_at(code)) != NULL; code++)
            assert_non_null(strstr(hk_ctx_message(ctx), encoder->name));
        hk_request_fini(&request);
        hk_ctx_destroy(ctx);
    }
}

/* ---- experiments --------------------------------------------------------------------------------------------------- */

#define DRAWN "--data", "glyphs", "--seed", "3", "--out", "none", "--set", "code_window_ms=24"

static void assert_learns(const char *const *arguments, const char *accuracy, const char *code)
{
    trial t;
    run_it(&t, arguments, HK_OK);
    if (!(number_of(&t, accuracy) > 0.2)) /* chance: 0.1 */
        fail_msg("%s under %s: %s = %g", arguments[0], code, accuracy, number_of(&t, accuracy));
    assert_string_equal(value_of(&t, "code")->text, code);
    assert_true(number_of(&t, "code_spikes_per_image") > 10.0);
    trial_close(&t);
}

static void every_experiment_with_images_sees_them_through_a_code(void **state)
{
    (void)state;
    assert_learns(ARGUMENTS("local", DRAWN, "--code", "delta", "--set", "hidden=100", "--set", "train=300", "--set",
                            "test=100", "--set", "passes=4"),
                  "test_accuracy", "delta");
    assert_learns(ARGUMENTS("features-som", DRAWN, "--code", "rank", "--set", "hidden=20", "--set", "features=12",
                            "--set", "train=300", "--set", "test=100", "--set", "epochs=6", "--set", "side=4", "--set",
                            "probe=0", "--set", "pixels=off"),
                  "test_accuracy", "rank");
    assert_learns(ARGUMENTS("capsule-som", DRAWN, "--code", "binary", "--set", "train=300", "--set", "test=100",
                            "--set", "epochs=3", "--set", "batch=16", "--set", "channels=6", "--set", "types=3",
                            "--set", "depth=4", "--set", "class_depth=4", "--set", "side=4", "--set", "probe=0",
                            "--set", "pixels=off"),
                  "test_accuracy", "binary");
    assert_learns(ARGUMENTS("evolve", DRAWN, "--code", "burst", "--set", "train=300", "--set", "validation=100",
                            "--set", "test=100", "--set", "checked=100", "--set", "checks=2", "--set", "generations=60",
                            "--set", "individuals=16", "--set", "batch=40", "--set", "inputs=pixels", "--set",
                            "rate=0.05", "--jobs", "2"),
                  "accuracy", "burst");
    assert_learns(ARGUMENTS("spiking-som", DRAWN, "--code", "temporal", "--set", "rows=4", "--set", "cols=4", "--set",
                            "train=300", "--set", "test=100", "--set", "code_jitter_ms=0.7"),
                  "test_accuracy", "temporal");
    assert_learns(ARGUMENTS("continual", DRAWN, "--code", "latency_log", "--set", "method=features", "--set",
                            "features=150", "--set", "train=300", "--set", "test=100", "--set", "probe=30"),
                  "test_accuracy", "latency_log");
}

static void *stop_soon(void *user)
{
    trial *t = user;
    while (!file_exists(scratch_path("cut.h5")))
        nanosleep(&(struct timespec){ .tv_nsec = 300000 }, NULL);
    hk_run_stop(t->run);
    return NULL;
}

static void a_run_goes_on_under_its_code_and_under_no_other(void **state)
{
    (void)state;
#define LOCAL(code) "local", DRAWN, "--code", code, "--set", "hidden=100", "--set", "train=200", "--set", "test=100"
    trial whole, cut;
    pthread_t thread;
    char saved[PATH_MAX];
    snprintf(saved, sizeof saved, "%s", scratch_path("cut.h5"));
    run_it(&whole, ARGUMENTS(LOCAL("rate")), HK_OK);
    trial_open(&cut, ARGUMENTS(LOCAL("rate"), "--checkpoint", saved, "--checkpoint-every", "0.0001"));
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &cut), 0);
    hk_run_execute(cut.run);
    pthread_join(thread, NULL);
    assert_null(hk_summary_find(hk_run_summary(cut.run), "test_accuracy"));
    trial_close(&cut);
    run_it(&cut, ARGUMENTS(LOCAL("rate"), "--resume", saved), HK_OK);
    assert_string_equal(value_of(&cut, "spike_hash")->text, value_of(&whole, "spike_hash")->text);
    assert_true(number_of(&cut, "test_accuracy") == number_of(&whole, "test_accuracy"));
    assert_true(number_of(&cut, "code_error") == number_of(&whole, "code_error"));
    trial_close(&cut);
    trial_close(&whole);
    refuse(ARGUMENTS(LOCAL("regular"), "--resume", saved), HK_EFORMAT, "code=regular");
    refuse(ARGUMENTS(LOCAL("rate"), "--set", "code_params=rate_max_hz=80", "--resume", saved), HK_EFORMAT,
           "code_params=rate_max_hz=80");
#undef LOCAL
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_becomes_what_the_spikes_of_the_code_are_decoded_to),
        cmocka_unit_test(codes_that_keep_a_value_keep_every_pixel),
        cmocka_unit_test(validation_images_keep_their_numbers_among_the_training_images),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(jitter_and_parameters_of_the_code_count),
        cmocka_unit_test(without_a_code_images_stay_as_they_are),
        cmocka_unit_test(what_no_code_can_do_is_refused),
        cmocka_unit_test(an_unknown_code_is_answered_with_those_there_are),
        cmocka_unit_test(every_experiment_with_images_sees_them_through_a_code),
        cmocka_unit_test(a_run_goes_on_under_its_code_and_under_no_other),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
