/* tests/test_local.c - fixed receptive fields and the delta rule: the rule by hand, the network against its formula, and the
 * experiment on drawn digits. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

#include "experiments/local.h"
#include "sim/archive.h"
#include "sim/results.h"

#include <pthread.h>
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

/* --- interruptions ------------------------------------------------------------------------------------------------------- */

#define CUT                                                                                                            \
    "local", "--data", "glyphs", "--set", "hidden=100", "--set", "train=120", "--set", "test=40", "--set", "passes=6", \
        "--quiet", "--seed", "5"

typedef struct stop {
    trial *t;
    const char *path;
    uint64_t phase, at; /* a checkpoint there, or further on, stops the run */
    bool ended;
    pthread_mutex_t lock;
} stop;

static bool is_there(hk_ctx *ctx, const stop *s)
{
    hk_archive *archive = NULL;
    uint64_t place[2] = { 0 };
    int rc = access(s->path, F_OK) == 0 ? hk_archive_open(ctx, s->path, &archive) : HK_EIO;
    if (rc == HK_OK)
        rc = hk_archive_enter(archive, "local");
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "place", HK_U64, place, 2);
    hk_archive_destroy(archive);
    return rc == HK_OK && (place[0] > s->phase || (place[0] == s->phase && place[1] >= s->at));
}

static bool has_ended(stop *s)
{
    pthread_mutex_lock(&s->lock);
    bool ended = s->ended;
    pthread_mutex_unlock(&s->lock);
    return ended;
}

static void *stop_there(void *user)
{
    stop *s = user;
    hk_ctx *ctx = hk_ctx_create();
    while (!has_ended(s) && !is_there(ctx, s))
        nanosleep(&(struct timespec){ .tv_nsec = 300000 }, NULL);
    hk_run_stop(s->t->run);
    hk_ctx_destroy(ctx);
    return NULL;
}

/* Runs and is stopped once the checkpoint at `path` is that far. */
static void stop_at(const char *const *arguments, const char *path, uint64_t phase, uint64_t at)
{
    trial t;
    pthread_t thread;
    stop s = { .t = &t, .path = path, .phase = phase, .at = at, .lock = PTHREAD_MUTEX_INITIALIZER };
    trial_open(&t, arguments);
    assert_int_equal(pthread_create(&thread, NULL, stop_there, &s), 0);
    hk_run_execute(t.run);
    pthread_mutex_lock(&s.lock);
    s.ended = true;
    pthread_mutex_unlock(&s.lock);
    pthread_join(thread, NULL);
    if (hk_run_status(t.run) != HK_OK)
        fail_msg("%s", hk_run_message(t.run));
    assert_null(hk_summary_find(hk_run_summary(t.run), "test_accuracy")); /* stopped before its end */
    trial_close(&t);
}

/* All arrays of a file, one behind the other; to be freed. */
static char *all_of(hk_ctx *ctx, const char *path, size_t *n_bytes)
{
    hk_results *file;
    size_t n;
    char *bytes = NULL;
    *n_bytes = 0;
    assert_ok(hk_results_open(ctx, path, HK_RESULTS_READ, &file));
    const hk_results_entry *entries = hk_results_entries(file, &n);
    for (size_t k = 0; k < n; k++) {
        const size_t more = hk_type_size(entries[k].type) * entries[k].n;
        bytes = realloc(bytes, *n_bytes + more + 1);
        assert_non_null(bytes);
        assert_ok(hk_results_get(file, entries[k].name, entries[k].type, bytes + *n_bytes, entries[k].n));
        *n_bytes += more;
    }
    assert_true(n >= 10);
    assert_ok(hk_results_close(file));
    return bytes;
}

static void a_run_stopped_in_each_phase_and_resumed_equals_one_in_a_piece(void **state)
{
    static const struct {
        uint64_t phase, at;
    } stops[] = {
        { 0, 5 }, { 0, 9 }, { 1, 3 }, { 2, 2 }, { 4, 7 }
    }; /* without validation, the third is in phase 2 too */
    static const char *const ways[][2] = { { "training=formula", "split=test" },
                                           { "training=simulated", "split=validation" } };
    static const char *const exact[] = { "test_accuracy",  "train_accuracy",
                                         "pixel_accuracy", "deviation_ms",
                                         "spikes",         "input_spikes_per_image",
                                         "hidden_share",   "test_synaptic_events_per_image" };
    for (size_t way = 0; way < N_OF(ways); way++) {
        char whole[PATH_MAX], rest[PATH_MAX], saved[PATH_MAX], from[PATH_MAX];
        snprintf(whole, sizeof whole, "%s", scratch_path("whole.h5"));
        snprintf(rest, sizeof rest, "%s", scratch_path("rest.h5"));
        snprintf(saved, sizeof saved, "%s", scratch_path("saved.h5"));
        snprintf(from, sizeof from, "%s", scratch_path("from.h5"));
        trial a, b;
        run_it(&a, ARGUMENTS(CUT, "--set", ways[way][0], "--set", ways[way][1], "--out", whole), HK_OK);
        for (size_t k = 0; k < N_OF(stops); k++) {
            stop_at(ARGUMENTS(CUT, "--set", ways[way][0], "--set", ways[way][1], "--out", "none", "--checkpoint", saved,
                              "--checkpoint-every", "0.0001", k == 0 ? NULL : "--resume", from),
                    saved, stops[k].phase, stops[k].at);
            assert_int_equal(rename(saved, from), 0);
        }
        run_it(&b, ARGUMENTS(CUT, "--set", ways[way][0], "--set", ways[way][1], "--out", rest, "--resume", from),
               HK_OK);
        for (size_t k = 0; k < N_OF(exact); k++)
            assert_close(number_of(&b, exact[k]), number_of(&a, exact[k]), 0.0);
        assert_string_equal(value_of(&b, "spike_hash")->text, value_of(&a, "spike_hash")->text);
        trial_close(&a);
        trial_close(&b);
        size_t n[2];
        char *bytes[] = { all_of(*state, whole, &n[0]), all_of(*state, rest, &n[1]) };
        assert_int_equal(n[0], n[1]);
        assert_memory_equal(bytes[0], bytes[1], n[0]);
        free(bytes[0]);
        free(bytes[1]);
        run_it(&b,
               ARGUMENTS(CUT, "--set", ways[way][0], "--set", ways[way][1], "--set", "share=0.3", "--out", "none",
                         "--resume", from),
               HK_EFORMAT);
        assert_says(&b, "config");
        trial_close(&b);
    }
}

static int open_scratch(void **state)
{
    return open_ctx(state) != 0 ? -1 : hk_scratch_setup(state);
}

static int close_scratch(void **state)
{
    int rc = close_ctx(state);
    return hk_scratch_teardown(state) != 0 ? -1 : rc;
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
        cmocka_unit_test_setup_teardown(a_run_stopped_in_each_phase_and_resumed_equals_one_in_a_piece, open_scratch,
                                        close_scratch),
    };
    return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
