/* tests/test_local.c - fixed receptive fields and the delta rule: the rule by hand, the network against its formula, and the
 * experiment on drawn digits. */
#include "tests/trial.h"

#include "experiments/local.h"
#include "sim/results.h"

#include <unistd.h>

static int open_ctx(void **state)
{
    *state = hk_ctx_create();
    return *state == NULL ? -1 : 0;
}

static int close_ctx(void **state)
{
    hk_ctx_destroy(*state);
    return 0;
}

static hk_local_samples two_samples(hk_ctx *ctx)
{
    hk_local_samples s = { 0 };
    assert_ok(hk_local_samples_add(ctx, &s, (const double[]){ 0.5, 0.0, 0.25 }, 3, 7));
    assert_ok(hk_local_samples_add(ctx, &s, (const double[]){ 0.0, 1.0, 0.0 }, 3, 2));
    return s;
}

/* --- the rule -------------------------------------------------------------------------------------------------------- */

static void samples_keep_what_spiked_and_nothing_else(void **state)
{
    hk_local_samples s = two_samples(*state);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.n_values, 3);
    assert_int_equal(s.begin[1], 2);
    assert_int_equal(s.begin[2], 3);
    assert_int_equal(s.feature[1], 2);
    assert_close((double)s.value[1], 0.25, 0.0);
    assert_int_equal(s.feature[2], 1);
    assert_int_equal(s.labels[1], 2);
    hk_local_samples_fini(&s);
}

static void a_pass_over_one_sample_is_the_delta_rule_by_hand(void **state)
{
    for (int linear = 0; linear < 2; linear++) {
        hk_local_samples s = { 0 };
        assert_ok(hk_local_samples_add(*state, &s, (const double[]){ 0.5, 0.0, 0.25 }, 3, 7));
        const hk_local_config config = {
            .output = linear ? HK_LOCAL_LINEAR : HK_LOCAL_LOGISTIC, .eta_start = 0.3, .eta_end = 0.3, .passes = 2
        };
        hk_local_readout r;
        size_t right;
        assert_ok(hk_local_readout_init(*state, &config, &s, 3, &r));
        const double squares = 0.25 + 0.0625, eta = 0.3 / squares;
        double potential[2] = { 0.0, 0.0 };              /* of class 7, of the others */
        double w[2] = { 0.0, 0.0 }, b[2] = { 0.0, 0.0 }; /* w: per unit of f */
        for (uint32_t pass = 0; pass < 2; pass++) {
            for (int c = 0; c < 2; c++) {
                potential[c] = b[c] + w[c] * squares;
                double error = (c == 0) - (linear ? potential[c] : 1.0 / (1.0 + exp(-potential[c])));
                w[c] += eta * error;
                b[c] += eta * error;
            }
            assert_ok(hk_local_readout_pass(*state, &config, &s, pass, &r, &right));
            assert_int_equal(right, pass == 0 ? 0 : 1); /* all potentials equal: class 0, which is wrong */
        }
        for (int c = 0; c < 10; c++) {
            int which = c != 7;
            assert_close((double)r.weights[0 * HK_LOCAL_LANES + c], 0.5 * w[which], 1e-6);
            assert_close((double)r.weights[1 * HK_LOCAL_LANES + c], 0.0, 0.0);
            assert_close((double)r.weights[2 * HK_LOCAL_LANES + c], 0.25 * w[which], 1e-6);
            assert_close((double)r.bias[c], b[which], 1e-6);
        }
        assert_int_equal(hk_local_readout_decide(&r, &s, 0), 7);
        hk_local_readout_fini(&r);
        hk_local_samples_fini(&s);
    }
}

static void what_cannot_be_learnt_is_refused(void **state)
{
    hk_local_samples s = two_samples(*state), dark = { 0 };
    hk_local_readout r;
    size_t right;
    hk_local_config config = { .eta_start = 0.1, .eta_end = 0.2, .passes = 3 };
    assert_status(hk_local_readout_init(*state, &config, &s, 3, &r), HK_ERANGE);
    config.eta_end = 0.0;
    assert_status(hk_local_readout_init(*state, &config, &s, 3, &r), HK_ERANGE);
    config.eta_end = 0.1;
    config.passes = 0;
    assert_status(hk_local_readout_init(*state, &config, &s, 3, &r), HK_ERANGE);
    config.passes = 1;
    assert_ok(hk_local_samples_add(*state, &dark, (const double[]){ 0.0, 0.0, 0.0 }, 3, 1));
    assert_status(hk_local_readout_init(*state, &config, &dark, 3, &r), HK_ERANGE);
    config = (hk_local_config){ .output = HK_LOCAL_LINEAR, .eta_start = 1e9, .eta_end = 1e9, .passes = 9 };
    assert_ok(hk_local_readout_init(*state, &config, &s, 3, &r));
    int rc = HK_OK;
    for (uint32_t pass = 0; rc == HK_OK && pass < 9; pass++)
        rc = hk_local_readout_pass(*state, &config, &s, pass, &r, &right);
    assert_int_equal(rc, HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(*state), "eta_start"));
    hk_local_readout_fini(&r);
    hk_local_samples_fini(&s);
    hk_local_samples_fini(&dark);
}

/* --- the network ------------------------------------------------------------------------------------------------------- */

static void simulated_spikes_and_potentials_equal_their_formulas(void **state)
{
    hk_dataset data;
    assert_ok(hk_dataset_load(
        *state, &(hk_dataset_request){ .name = "glyphs", .n_train = 30, .n_test = 1, .glyph_seed = 5 }, &data));
    hk_gabor bank;
    assert_ok(hk_gabor_draw(*state,
                            &(hk_gabor_config){ .rows = data.train.rows,
                                                .cols = data.train.cols,
                                                .n = 211,
                                                .patch = 7,
                                                .kind = HK_GABOR_RANDOM,
                                                .wavelength_px = { 3.0, 7.0 },
                                                .sigma_px = { 2.0, 4.0 },
                                                .seed = 3 },
                            &bank));
    assert_ok(hk_gabor_adapt(*state, &bank, &data.train, 30, 0.3));
    hk_local_network net;
    hk_local_readout r = { .n_features = 211, .weights = calloc(211 * HK_LOCAL_LANES, sizeof(float)) };
    for (uint32_t k = 0; k < 211 * HK_LOCAL_LANES; k++)
        r.weights[k] = (float)sin(2.1 * k);
    for (int c = 0; c < 10; c++)
        r.bias[c] = (float)(0.1 * c - 0.37);
    assert_ok(hk_local_network_create(*state, &bank, 12.3, 1, &net));
    hk_local_network_learn(&net, &r);
    double values[211];
    for (size_t i = 0; i < 30; i++) {
        assert_ok(hk_local_network_show(&net, &data.train, i));
        hk_gabor_values(&bank, net.pixels, values);
        for (uint32_t j = 0; j < 211; j++)
            assert_close(net.values[j], values[j], 1e-13);
        for (uint32_t c = 0; c < 10; c++) {
            double sum = (double)r.bias[c];
            for (uint32_t j = 0; j < 211; j++)
                sum += (double)r.weights[j * HK_LOCAL_LANES + c] * values[j];
            assert_close(net.potentials[c], sum, 1e-11);
        }
    }
    assert_true(net.hidden_spikes > 30 * 211 / 10);
    hk_local_network_destroy(&net);
    assert_status(hk_local_network_create(*state, &bank, 12.34567, 1, &net), HK_ERANGE);
    hk_local_network_destroy(&net);
    hk_local_readout_fini(&r);
    hk_gabor_fini(&bank);
    hk_dataset_fini(&data);
}

/* --- the experiment ---------------------------------------------------------------------------------------------------- */

#define SMALL "--set", "hidden=300", "--set", "train=1500", "--set", "test=300", "--data", "glyphs"

static void drawn_digits_are_learnt_better_than_from_pixels_and_spikes_equal_the_formula(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS("local", SMALL, "--seed", "3", "--out", "none", "--quiet"), HK_OK);
    assert_true(number_of(&t, "test_accuracy") > 0.8);
    assert_true(number_of(&t, "test_accuracy") > number_of(&t, "pixel_accuracy"));
    assert_true(number_of(&t, "pixel_accuracy") > 0.3);
    assert_true(number_of(&t, "deviation_ms") < 1e-12);
    assert_close(number_of(&t, "hidden_share"), 0.25, 0.05);
    assert_int_equal((int)number_of(&t, "test_images"), 300);
    trial_close(&t);
}

static void the_same_seed_gives_the_same_run(void **state)
{
    (void)state;
    double accuracy[3];
    char hash[3][17];
    for (int k = 0; k < 3; k++) {
        trial t;
        run_it(&t,
               ARGUMENTS("local", SMALL, "--set", "fields=gaussian", "--set", "output=linear", "--set", "eta_start=0.2",
                         "--set", "eta_end=0.02", "--set", "baseline=off", "--seed", k == 2 ? "8" : "7", "--out",
                         "none", "--quiet"),
               HK_OK);
        accuracy[k] = number_of(&t, "test_accuracy");
        snprintf(hash[k], sizeof hash[k], "%s", value_of(&t, "spike_hash")->text);
        trial_close(&t);
    }
    assert_close(accuracy[0], accuracy[1], 0.0);
    assert_string_equal(hash[0], hash[1]);
    assert_string_not_equal(hash[0], hash[2]);
    assert_true(accuracy[0] > 0.5 && accuracy[2] > 0.5);
}

static void features_by_formula_and_from_simulated_spikes_lead_to_the_same_decisions(void **state)
{
    (void)state;
    static const char *const ways[] = { "training=formula", "training=simulated" };
    double accuracy[2], learnt[2];
    for (int k = 0; k < 2; k++) { /* more images than are compared when the formula is used */
        trial t;
        run_it(&t,
               ARGUMENTS("local", SMALL, "--set", ways[k], "--set", "passes=3", "--set", "baseline=off", "--seed", "4",
                         "--out", "none", "--quiet"),
               HK_OK);
        accuracy[k] = number_of(&t, "test_accuracy");
        learnt[k] = number_of(&t, "train_accuracy");
        trial_close(&t);
    }
    assert_close(accuracy[0], accuracy[1], 0.0);
    assert_close(learnt[0], learnt[1], 0.0);
}

static void the_output_file_holds_fields_readout_curve_and_examples(void **state)
{
    char path[] = "/tmp/hk-local-XXXXXX";
    assert_non_null(mkdtemp(path));
    char file[64];
    snprintf(file, sizeof file, "%s/local.h5", path);
    trial t;
    run_it(&t, ARGUMENTS("local", SMALL, "--set", "split=validation", "--set", "passes=4", "--out", file, "--quiet"),
           HK_OK);
    hk_results *results;
    assert_ok(hk_results_open(*state, file, HK_RESULTS_READ, &results));
    static const char *const names[] = {
        "receptive_fields", "hidden/weights", "hidden/corner",     "hidden/threshold", "readout/weights",
        "readout/bias",     "confusion",      "examples/times_ms", "examples/ids",     "accuracy_over_training"
    };
    for (size_t k = 0; k < N_OF(names); k++)
        assert_non_null(hk_results_find(results, names[k]));
    const hk_results_entry *curve = hk_results_find(results, "accuracy_over_training");
    assert_int_equal(curve->shape[0], 4);
    assert_int_equal(curve->shape[1], 3);
    double rows[12], counts[100], sum = 0.0, right = 0.0;
    assert_ok(hk_results_get(results, "accuracy_over_training", HK_F64, rows, 12));
    assert_ok(hk_results_get(results, "confusion", HK_F64, counts, 100));
    for (int k = 0; k < 100; k++)
        sum += counts[k];
    for (int c = 0; c < 10; c++)
        right += counts[11 * c];
    assert_close(sum, 300.0, 0.0);
    assert_close(right / 300.0, number_of(&t, "test_accuracy"), 1e-12);
    assert_close(rows[11], number_of(&t, "test_accuracy"),
                 1e-12); /* the readout on kept values, and the simulated network */
    hk_results_discard(results);
    trial_close(&t);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(samples_keep_what_spiked_and_nothing_else, open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(a_pass_over_one_sample_is_the_delta_rule_by_hand, open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(what_cannot_be_learnt_is_refused, open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(simulated_spikes_and_potentials_equal_their_formulas, open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(drawn_digits_are_learnt_better_than_from_pixels_and_spikes_equal_the_formula,
                                        open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(the_same_seed_gives_the_same_run, open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(features_by_formula_and_from_simulated_spikes_lead_to_the_same_decisions,
                                        open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(the_output_file_holds_fields_readout_curve_and_examples, open_ctx, close_ctx),
    };
    return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
