/* tests/test_capsule_som.c - short runs of capsule-som on drawn digits, and what is measured of moved, turned and scaled ones. */
#include "tests/cut.h"

#include "experiments/nets/robustness.h"
#include "sim/results.h"

#define SMALL                                                                                                         \
    "capsule-som", "--data", "glyphs", "--seed", "3", "--set", "train=600", "--set", "test=200", "--set", "epochs=2", \
        "--set", "batch=16", "--set", "channels=6", "--set", "types=3", "--set", "depth=4", "--set", "class_depth=4", \
        "--set", "side=5", "--set", "probe=60"

static void assert_same_answers(const trial *a, const trial *b)
{
    static const char *const keys[] = { "train_accuracy", "test_accuracy", "net_test_accuracy", "quantisation_error" };
    for (size_t k = 0; k < N_OF(keys); k++)
        assert_true(number_of(a, keys[k]) == number_of(b, keys[k]));
    assert_string_equal(value_of(a, "answers_hash")->text, value_of(b, "answers_hash")->text);
    for (int kind = 0; kind < HK_ROBUST_KINDS; kind++) {
        const hk_summary *one = hk_summary_find(value_of(a, "robustness"), hk_robust_names[kind]);
        const hk_summary *two = hk_summary_find(value_of(b, "robustness"), hk_robust_names[kind]);
        assert_true(one != NULL && two != NULL && one->n_numbers == HK_ROBUST_LEVELS);
        assert_memory_equal(one->numbers, two->numbers, HK_ROBUST_LEVELS * sizeof *one->numbers);
    }
}

static void threads_change_nothing_and_a_saved_net_answers_alike(void **state)
{
    (void)state;
    trial one, three, loaded;
    run_it(&one, ARGUMENTS(SMALL, "--out", scratch_path("one.h5")), HK_OK);
    assert_true(number_of(&one, "net_test_accuracy") > 0.4 && number_of(&one, "test_accuracy") > 0.4); /* chance: 0.1 */
    assert_true(number_of(&one, "pixel_test_accuracy") > 0.4);
    run_it(&three, ARGUMENTS(SMALL, "--out", "none", "--threads", "3", "--set", "pixels=off"), HK_OK);
    assert_same_answers(&one, &three);
    assert_null(hk_summary_find(hk_run_summary(three.run), "pixel_test_accuracy"));
    char net[PATH_MAX];
    snprintf(net, sizeof net, "net=%s", scratch_path("one.h5"));
    run_it(&loaded, ARGUMENTS(SMALL, "--out", "none", "--set", net), HK_OK);
    assert_same_answers(&one, &loaded);
    hk_results *file;
    double accuracy[HK_ROBUST_KINDS * HK_ROBUST_LEVELS];
    assert_ok(hk_results_open(one.ctx, scratch_path("one.h5"), HK_RESULTS_READ, &file));
    assert_ok(hk_results_get(file, "robustness/accuracy", HK_F64, accuracy, N_OF(accuracy)));
    assert_memory_equal(accuracy, hk_summary_find(value_of(&one, "robustness"), "moved_px")->numbers,
                        HK_ROBUST_LEVELS * sizeof *accuracy);
    const hk_results_entry *curve = hk_results_find(file, "accuracy_over_training");
    assert_true(curve != NULL && curve->shape[0] == 2);
    assert_ok(hk_results_close(file));
    trial_close(&loaded);
    trial_close(&three);
    trial_close(&one);
}

static void a_run_that_was_interrupted_goes_on_to_the_same_end(void **state)
{
    (void)state;
    trial whole, rest;
    run_it(&whole, ARGUMENTS(SMALL, "--out", "none", "--set", "shift_px=2"), HK_OK);
    cut(ARGUMENTS(SMALL, "--out", "none", "--set", "shift_px=2", "--checkpoint", scratch_path("cut.ckpt"),
                  "--checkpoint-every", "0.0001"),
        scratch_path("cut.ckpt"), "test_accuracy");
    run_it(&rest, ARGUMENTS(SMALL, "--out", "none", "--set", "shift_px=2", "--resume", scratch_path("cut.ckpt")),
           HK_OK);
    assert_same_answers(&whole, &rest);
    trial_close(&rest);
    trial_close(&whole);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS(SMALL, "--out", "none", "--set", "learning_rate=1e-6"), HK_ERANGE);
    assert_says(&t, "learning_rate_end = 0.0001, must be at most learning_rate, 1e-06");
    trial_close(&t);
    run_it(&t, ARGUMENTS(SMALL, "--out", "none", "--set", "kernel2=13"), HK_ERANGE);
    assert_says(&t, "kernel2 = 13, must be at most the maps of 12 x 12 places");
    trial_close(&t);
    hk_results *file;
    assert_ok(hk_results_open(NULL, scratch_path("no-net.h5"), HK_RESULTS_CREATE, &file));
    assert_ok(hk_results_close(file));
    char net[PATH_MAX];
    snprintf(net, sizeof net, "net=%s", scratch_path("no-net.h5"));
    run_it(&t, ARGUMENTS(SMALL, "--out", "none", "--set", net), HK_EFORMAT);
    assert_says(&t, "no-net.h5 holds no net of capsule-som");
    trial_close(&t);
}

static void images_are_distorted_in_all_directions(void **state)
{
    (void)state;
    double right = 0.0, down = 0.0, turn = 0.0;
    for (size_t image = 0; image < 8; image++) {
        hk_distortion moved = hk_robust_distortion(HK_ROBUST_MOVED, 2, image);
        hk_distortion turned = hk_robust_distortion(HK_ROBUST_TURNED, 3, image);
        hk_distortion scaled = hk_robust_distortion(HK_ROBUST_SCALED, 0, image);
        assert_true(fabs(moved.right_px) + fabs(moved.down_px) == 3.0 && moved.scale == 1.0 && moved.turn_deg == 0.0);
        assert_true(fabs(turned.turn_deg) == 45.0 && turned.scale == 1.0 && turned.right_px == 0.0);
        assert_true(scaled.scale == 0.5 && scaled.turn_deg == 0.0 && scaled.down_px == 0.0);
        right += moved.right_px;
        down += moved.down_px;
        turn += turned.turn_deg;
    }
    assert_true(right == 0.0 && down == 0.0 && turn == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_nothing_and_a_saved_net_answers_alike),
        cmocka_unit_test(a_run_that_was_interrupted_goes_on_to_the_same_end),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(images_are_distorted_in_all_directions),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
