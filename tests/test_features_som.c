/* tests/test_features_som.c - short runs of features-som on drawn digits: in spikes as trained, the same for any threads, saved,
 * loaded, interrupted. */
#include "tests/cut.h"

#include "sim/results.h"

#define SMALL                                                                                                  \
    "features-som", "--data", "glyphs", "--seed", "3", "--set", "hidden=24", "--set", "train=600", "--set",    \
        "test=200", "--set", "epochs=4", "--set", "batch=16", "--set", "side=5", "--set", "probe=20", "--set", \
        "map_epochs=4"

static void spikes_say_what_the_trained_units_do(void **state)
{
    (void)state;
    trial t, other;
    run_it(&t, ARGUMENTS(SMALL, "--out", "none"), HK_OK);
    assert_true(number_of(&t, "worst_spike_deviation_ms") < 1e-12);
    assert_true(number_of(&t, "worst_potential_deviation_mv") < 1e-12);
    assert_true(number_of(&t, "spikes_missing") == 0.0);
    assert_true(number_of(&t, "spiking_test_accuracy") == number_of(&t, "net_test_accuracy"));
    const double *by_layer = value_of(&t, "spikes_per_image")->numbers;
    assert_int_equal(value_of(&t, "spikes_per_image")->n_numbers, 2);
    assert_true(by_layer[0] > 2.0 && by_layer[0] < 24.0 && by_layer[1] > 4.0 && by_layer[1] < 42.0);
    assert_close(number_of(&t, "synaptic_events_per_image"),
                 24.0 * number_of(&t, "input_spikes_per_image") + 42.0 * by_layer[0] + 10.0 * by_layer[1], 1e-9);
    assert_true(number_of(&t, "net_test_accuracy") > 0.5 && number_of(&t, "test_accuracy") > 0.6); /* chance: 0.1 */
    run_it(&other, ARGUMENTS(SMALL, "--out", "none", "--set", "vectors=activations"), HK_OK);
    assert_null(hk_summary_find(hk_run_summary(other.run), "worst_spike_deviation_ms"));
    assert_close(number_of(&other, "test_accuracy"), number_of(&t, "test_accuracy"), 0.0101); /* single precision */
    trial_close(&other);
    trial_close(&t);
}

static void a_map_of_the_outputs_has_one_number_for_each_class(void **state)
{
    (void)state;
    trial t;
    hk_results *file;
    run_it(&t, ARGUMENTS(SMALL, "--out", scratch_path("outputs.h5"), "--set", "vectors=outputs"), HK_OK);
    assert_null(hk_summary_find(hk_run_summary(t.run), "worst_spike_deviation_ms"));
    assert_true(number_of(&t, "test_accuracy") > 0.6);
    assert_ok(hk_results_open(t.ctx, scratch_path("outputs.h5"), HK_RESULTS_READ, &file));
    const hk_results_entry *weights = hk_results_find(file, "map/weights");
    assert_true(weights != NULL && weights->shape[0] == 25 && weights->shape[1] == 10);
    assert_ok(hk_results_close(file));
    trial_close(&t);
}

static void assert_same_answers(const trial *a, const trial *b)
{
    static const char *const keys[] = { "train_accuracy", "test_accuracy", "net_test_accuracy", "pixel_test_accuracy",
                                        "quantisation_error" };
    for (size_t k = 0; k < N_OF(keys); k++)
        assert_true(number_of(a, keys[k]) == number_of(b, keys[k]));
    assert_string_equal(value_of(a, "answers_hash")->text, value_of(b, "answers_hash")->text);
}

static void threads_change_nothing_and_a_saved_net_answers_alike(void **state)
{
    (void)state;
    trial one, three, loaded;
    run_it(&one, ARGUMENTS(SMALL, "--out", scratch_path("one.h5")), HK_OK);
    run_it(&three, ARGUMENTS(SMALL, "--out", "none", "--threads", "3"), HK_OK);
    assert_same_answers(&one, &three);
    char net[PATH_MAX];
    snprintf(net, sizeof net, "net=%s", scratch_path("one.h5"));
    run_it(&loaded, ARGUMENTS(SMALL, "--out", "none", "--set", net), HK_OK);
    assert_same_answers(&one, &loaded);
    hk_results *file;
    double confusion[100], sum = 0.0, right = 0.0;
    assert_ok(hk_results_open(one.ctx, scratch_path("one.h5"), HK_RESULTS_READ, &file));
    assert_ok(hk_results_get(file, "confusion", HK_F64, confusion, 100));
    for (size_t k = 0; k < 100; k++) {
        sum += confusion[k];
        right += k % 11 == 0 ? confusion[k] : 0.0;
    }
    assert_close(sum, 200.0, 0.0);
    assert_close(right / sum, number_of(&one, "test_accuracy"), 1e-15);
    const hk_results_entry *fields = hk_results_find(file, "receptive_fields");
    assert_true(fields != NULL && fields->shape[0] == 25 && fields->shape[1] == 28 && fields->shape[2] == 28);
    hk_attribute *attributes;
    size_t n, n_labels = 0;
    assert_ok(hk_results_attributes(file, "receptive_fields", &attributes, &n));
    for (size_t k = 0; k < n; k++)
        n_labels += strcmp(attributes[k].name, "label") == 0 && strstr(attributes[k].text, "mean pixel") != NULL;
    assert_int_equal(n_labels, 1);
    hk_attributes_free(attributes, n);
    assert_ok(hk_results_close(file));
    trial_close(&loaded);
    trial_close(&three);
    trial_close(&one);
}

static void the_original_has_no_hidden_layer_and_other_options_can_still_be_given(void **state)
{
    (void)state;
    trial t;
    run_it(&t,
           ARGUMENTS("features-som", "--data", "glyphs", "--set", "setting=original", "--set", "train=600", "--set",
                     "test=200", "--set", "epochs=3", "--set", "batch=16", "--set", "learning_rate=0.3", "--set",
                     "side=10", "--set", "cols=1", "--set", "split=validation", "--set", "pixels=off", "--out", "none"),
           HK_OK);
    assert_int_equal(value_of(&t, "spikes_per_image")->n_numbers, 1);
    assert_true(number_of(&t, "test_images") == 200.0 && number_of(&t, "train_images") == 600.0);
    assert_null(hk_summary_find(hk_run_summary(t.run), "pixel_test_accuracy"));
    assert_true(number_of(&t, "net_test_accuracy") > 0.3);
    trial_close(&t);
}

static void a_run_that_was_interrupted_goes_on_to_the_same_end(void **state)
{
    (void)state;
    trial whole, rest;
    run_it(&whole, ARGUMENTS(SMALL, "--out", "none"), HK_OK);
    cut(ARGUMENTS(SMALL, "--out", "none", "--checkpoint", scratch_path("cut.ckpt"), "--checkpoint-every", "0.0001"),
        scratch_path("cut.ckpt"), "test_accuracy");
    run_it(&rest, ARGUMENTS(SMALL, "--out", "none", "--resume", scratch_path("cut.ckpt")), HK_OK);
    assert_same_answers(&whole, &rest);
    trial_close(&rest);
    trial_close(&whole);
    run_it(&rest, ARGUMENTS(SMALL, "--out", "none", "--set", "features=41", "--resume", scratch_path("cut.ckpt")),
           HK_EFORMAT);
    assert_says(&rest, "training/config has the line \"features=42\", expected \"features=41\"");
    trial_close(&rest);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS(SMALL, "--out", "none", "--set", "learning_rate=1e-6"), HK_ERANGE);
    assert_says(&t, "learning_rate_end = 2e-05, must be at most learning_rate, 1e-06");
    trial_close(&t);
    char net[PATH_MAX];
    snprintf(net, sizeof net, "net=%s", scratch_path("none.h5"));
    run_it(&t, ARGUMENTS(SMALL, "--out", "none", "--set", net), HK_EIO);
    trial_close(&t);
    run_it(&t, ARGUMENTS(SMALL, "--out", "none", "--set", net, "--set", "cols=121"),
           HK_ERANGE); /* before any net is there */
    assert_says(&t, "5 x 121 units, must be at most as many as the 600 samples");
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spikes_say_what_the_trained_units_do),
        cmocka_unit_test(a_map_of_the_outputs_has_one_number_for_each_class),
        cmocka_unit_test(threads_change_nothing_and_a_saved_net_answers_alike),
        cmocka_unit_test(the_original_has_no_hidden_layer_and_other_options_can_still_be_given),
        cmocka_unit_test(a_run_that_was_interrupted_goes_on_to_the_same_end),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
