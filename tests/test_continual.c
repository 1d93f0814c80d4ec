/* tests/test_continual.c - the continual experiment: its order, its layer image by image, and whole runs on drawn glyphs, stopped
 * and resumed.
 *
 * The program that is interrupted is this file itself with --as-hillock before the arguments. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

#include "experiments/commands.h"
#include "experiments/continual.h"
#include "experiments/plot.h"
#include "sim/results.h"

#include <errno.h>
#include <signal.h>

enum { K = HK_CONTINUAL_CLASSES, SIDE = 6, PIXELS = SIDE * SIDE };

static char self[PATH_MAX];
static hk_ctx *ctx;

/* ---- the order ----------------------------------------------------------------------------------------------------- */

static const hk_continual_order orders[] = { HK_CONTINUAL_BY_CLASS, HK_CONTINUAL_MIXED, HK_CONTINUAL_DRIFT };

static hk_continual_stream ordered(const hk_images *images, hk_continual_order order, uint64_t pass)
{
    hk_continual_stream stream;
    assert_ok(hk_continual_stream_create(ctx, images, order, 17, &stream));
    assert_ok(hk_continual_stream_begin(ctx, &stream, pass));
    return stream;
}

static void every_order_shows_each_image_once_in_a_pass_and_passes_differ(void **state)
{
    enum { N = 1237 };
    uint8_t labels[N];
    const hk_images images = { .n = N, .rows = 1, .cols = 1, .labels = labels };
    (void)state;
    for (size_t i = 0; i < N; i++)
        labels[i] = (uint8_t)(i % 7 + i % 4);
    for (size_t k = 0; k < N_OF(orders); k++) {
        bool seen[N] = { false };
        hk_continual_stream first = ordered(&images, orders[k], 0), second = ordered(&images, orders[k], 1);
        size_t same = 0;
        for (size_t i = 0; i < N; i++) {
            assert_false(seen[first.index[i]]);
            seen[first.index[i]] = true;
            same += first.index[i] == second.index[i];
        }
        assert_true(same < N / 20);
        assert_int_equal(first.end[HK_CONTINUAL_BLOCKS - 1], N);
        hk_continual_stream_fini(&first);
        hk_continual_stream_fini(&second);
    }
}

static void classes_come_one_after_another_or_drift(void **state)
{
    enum { N = 5000 };
    static uint8_t labels[N];
    const hk_images images = { .n = N, .rows = 1, .cols = 1, .labels = labels };
    (void)state;
    for (size_t i = 0; i < N; i++)
        labels[i] = (uint8_t)(i % K);
    hk_continual_stream strict = ordered(&images, HK_CONTINUAL_BY_CLASS, 0);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(labels[strict.index[i]], i / (N / K));
    for (size_t b = 0; b < K; b++)
        assert_int_equal(strict.end[b], (b + 1) * N / K);
    hk_continual_stream drift = ordered(&images, HK_CONTINUAL_DRIFT, 0);
    double mean[K] = { 0.0 };
    size_t turns = 0;
    for (size_t i = 0; i < N; i++) {
        mean[i / (N / K)] += labels[drift.index[i]] / (double)(N / K);
        turns += i > 0 && labels[drift.index[i]] != labels[drift.index[i - 1]];
    }
    for (size_t b = 1; b < K; b++)
        assert_true(mean[b] > mean[b - 1] + 0.3);
    assert_true(turns > N / 2); /* no class is alone at any time */
    hk_continual_stream_fini(&strict);
    hk_continual_stream_fini(&drift);
}

/* ---- the layer ----------------------------------------------------------------------------------------------------- */

/* Four images of 12 pixels of 200: pixels 0 to 11, 3 to 14, 12 to 23, 24 to 35. Cosine of the first two: 9 / 12. The fifth has none. */
typedef struct layer {
    uint8_t pixels[5 * PIXELS], labels[5];
    hk_images images;
    hk_continual_network net;
    hk_continual_names names;
    hk_continual_answer answer;
    uint64_t now;
} layer;

static void layer_init(layer *l, const hk_continual_settings *settings)
{
    static const int first[4] = { 0, 3, 12, 24 };
    *l = (layer){ .labels = { 3, 3, 7, 1, 0 } };
    for (int k = 0; k < 4; k++)
        memset(l->pixels + k * PIXELS + first[k], 200, 12);
    l->images = (hk_images){ .n = 5, .rows = SIDE, .cols = SIDE, .pixels = l->pixels, .labels = l->labels };
    assert_ok(hk_continual_network_create(ctx, 5, settings, PIXELS, &l->net));
    assert_ok(hk_continual_names_init(ctx, settings->neurons, &l->names));
}

static void layer_fini(layer *l)
{
    hk_continual_names_fini(&l->names);
    hk_continual_network_destroy(&l->net);
}

static uint32_t learn(layer *l, size_t image)
{
    assert_ok(hk_continual_learn(&l->net, &l->images, image, l->now++, &l->names, &l->answer));
    if (l->answer.learnt)
        hk_continual_names_learn(&l->names, l->answer.winner, l->labels[image], l->answer.rate);
    return l->answer.winner;
}

static int test(layer *l, size_t image)
{
    assert_ok(hk_continual_test(&l->net, &l->images, image, &l->names, &l->answer));
    return l->answer.decided;
}

static double weight(const layer *l, uint32_t neuron, uint32_t pixel)
{
    uint64_t n;
    const float *w = hk_projection_weights(l->net.projection, &n);
    return (double)w[pixel * (n / PIXELS) + neuron];
}

static const hk_continual_settings forgetting = { .neurons = 3, .votes = 2, .passes = 1, .match = 0.7, .phases = 4 };

/* Images of 12 pixels of one brightness are 6 / sqrt(12), which the code cuts to 1: the energy that is left is 12 of 36. */
static void an_image_is_new_when_no_neuron_matches_it_well_enough(void **state)
{
    (void)state;
    const double full = 12.0 / 36.0, overlap = full * 9.0 / 12.0;
    const struct {
        double match;
        bool second_is_new, again_is_new;
    } cases[] = { { 0.97 * overlap, false, false }, { 1.03 * overlap, true, false }, { 1.03 * full, true, true } };
    for (size_t k = 0; k < N_OF(cases); k++) {
        layer l;
        hk_continual_settings settings = forgetting;
        settings.match = cases[k].match;
        layer_init(&l, &settings);
        assert_int_equal(test(&l, 0), -1); /* nobody has a name yet */
        assert_int_equal(learn(&l, 0), 0);
        assert_true(l.answer.is_new && l.answer.learnt);
        assert_close(l.answer.rate, 1.0, 0.0);
        learn(&l, 1);
        assert_int_equal(l.answer.is_new, cases[k].second_is_new);
        assert_int_equal(l.answer.decided, 3);
        learn(&l, cases[k].second_is_new ? 1 : 0);
        assert_int_equal(l.answer.is_new, cases[k].again_is_new);
        assert_int_equal(l.net.recruited, 1 + cases[k].second_is_new + cases[k].again_is_new);
        layer_fini(&l);
    }
}

static void weights_become_the_mean_of_all_that_a_neuron_has_won(void **state)
{
    (void)state;
    layer l;
    hk_continual_settings settings = forgetting;
    settings.match = 0.2;
    layer_init(&l, &settings);
    for (int k = 0; k < 3; k++)
        assert_int_equal(learn(&l, k == 1), 0); /* image 0, 1, 0 */
    assert_close(l.answer.rate, 1.0 / 3.0, 1e-15);
    const double both = weight(&l, 0, 5);
    assert_true(both > 1.0);
    for (uint32_t i = 0; i < PIXELS; i++) /* a forced spike comes 0.2 ms later, so its traces are 0.7 % less */
        assert_close(weight(&l, 0, i) / both, i < 3 ? 2.0 / 3.0 : i < 12 ? 1.0 : i < 15 ? 1.0 / 3.0 : 0.0, 0.005);
    assert_close(l.names.share[3], 1.0, 1e-15);
    hk_continual_names_learn(&l.names, 0, 4, 0.25);
    assert_close(l.names.share[3], 0.75, 1e-15);
    assert_close(l.names.share[4], 0.25, 1e-15);
    layer_fini(&l);
}

static void the_neuron_of_fewest_wins_is_recruited_and_memory_fades_when_told(void **state)
{
    (void)state;
    for (int fades = 0; fades < 2; fades++) {
        layer l;
        hk_continual_settings settings = forgetting;
        settings.neurons = 2;
        settings.match = 0.3;
        settings.memory_images = fades ? 0.5 : 0.0;
        layer_init(&l, &settings);
        for (int k = 0; k < 3; k++)
            assert_int_equal(learn(&l, 0), 0);
        assert_int_equal(learn(&l, 2), 1);
        assert_int_equal(l.net.overwritten, 0);
        assert_int_equal(learn(&l, 3), fades ? 0 : 1); /* three wins, but older ones, against one */
        assert_true(l.answer.is_new);
        assert_int_equal(l.net.overwritten, 1);
        assert_int_equal(test(&l, 3), 1);
        assert_int_equal(l.answer.decided, 1);
        assert_close(l.names.share[K * (fades ? 0 : 1) + 1], 1.0, 0.0); /* the old name is gone */
        assert_int_equal(hk_continual_wins(&l.net)[fades ? 0 : 1], 1);
        layer_fini(&l);
    }
}

static void a_test_changes_no_weight_and_an_empty_image_teaches_nothing(void **state)
{
    (void)state;
    layer l;
    layer_init(&l,
               &(hk_continual_settings){
                   .method = HK_CONTINUAL_PLAIN, .neurons = 3, .votes = 2, .lr = 0.1, .theta_mv = 1.0, .phases = 4 });
    learn(&l, 0);
    uint64_t n;
    const float *w = hk_projection_weights(l.net.projection, &n);
    float *before = malloc(n * sizeof *before);
    assert_non_null(before);
    memcpy(before, w, n * sizeof *before);
    assert_int_equal(test(&l, 1), 3);
    assert_int_equal(test(&l, 4), -1);
    (void)learn(&l, 4);
    assert_false(l.answer.learnt);
    assert_memory_equal(w, before, n * sizeof *before);
    (void)learn(&l, 2);
    assert_memory_not_equal(w, before, n * sizeof *before);
    free(before);
    layer_fini(&l);
}

static void votes_count_three_quarters_of_the_one_before(void **state)
{
    (void)state;
    hk_continual_names names;
    assert_ok(hk_continual_names_init(ctx, 4, &names));
    const uint32_t spikes[] = { 2, 0, 1, 3 };
    assert_int_equal(hk_continual_decide(&names, spikes, 4), -1);
    hk_continual_names_learn(&names, 2, 8, 1.0);
    hk_continual_names_learn(&names, 0, 5, 1.0);
    hk_continual_names_learn(&names, 1, 5, 1.0);
    assert_int_equal(hk_continual_decide(&names, spikes, 2), 8); /* 1 against 3/4 */
    assert_int_equal(hk_continual_decide(&names, spikes, 4), 5); /* against 3/4 + 9/16 */
    assert_int_equal(hk_continual_name(&names, 2), 8);
    assert_int_equal(hk_continual_name(&names, 3), -1);
    hk_continual_names_fini(&names);
}

/* ---- fixed features ------------------------------------------------------------------------------------------------- */

/* The largest difference between the weights of two readouts, as a share of the largest weight. */
static double apart(const hk_continual_features *a, const hk_continual_features *b)
{
    double most = 0.0, largest = 0.0;
    for (size_t k = 0; k < K * ((size_t)a->n + 1); k++) {
        most = fmax(most, fabs(a->weights[k] - b->weights[k]));
        largest = fmax(largest, fabs(a->weights[k]));
    }
    return most / largest;
}

static void any_order_of_the_stream_gives_the_same_readout(void **state)
{
    enum { N = 300, N_TEST = 60, N_FEATURES = 83 };
    hk_dataset data;
    hk_continual_features features[N_OF(orders)];
    int decided[N_OF(orders)];
    (void)state;
    assert_ok(hk_dataset_load(
        ctx, &(hk_dataset_request){ .name = "glyphs", .n_train = N, .n_test = N_TEST, .glyph_seed = 4 }, &data));
    for (size_t k = 0; k < N_OF(orders); k++) {
        hk_continual_stream stream = ordered(&data.train, orders[k], 0);
        assert_ok(hk_continual_features_create(ctx, 7, N_FEATURES, 28, 28, &features[k]));
        for (size_t i = 0; i < N; i++) {
            assert_ok(hk_continual_features_show(&features[k], &data.train, stream.index[i], &decided[k]));
            assert_int_equal(decided[k], -1);
            hk_continual_features_learn(&features[k], data.train.labels[stream.index[i]]);
        }
        assert_ok(hk_continual_features_solve(ctx, &features[k]));
        assert_true(k == 0 || (apart(&features[0], &features[k]) < 1e-9 && apart(&features[0], &features[k]) > 0.0));
        hk_continual_stream_fini(&stream);
    }
    size_t right = 0;
    for (size_t i = 0; i < N_TEST; i++) {
        for (size_t k = 0; k < N_OF(orders); k++)
            assert_ok(hk_continual_features_show(&features[k], &data.test, i, &decided[k]));
        assert_true(decided[1] == decided[0] && decided[2] == decided[0]);
        right += decided[0] == data.test.labels[i];
    }
    assert_true(right > N_TEST / 2);
    for (size_t k = 0; k < N_OF(orders); k++)
        hk_continual_features_destroy(&features[k]);
    hk_dataset_fini(&data);
}

static void outputs_sum_the_readout_and_never_answer_a_class_that_it_has_not_seen(void **state)
{
    enum { N = 200, N_FEATURES = 40 };
    hk_dataset data;
    hk_continual_features f;
    double v_mv[K];
    int decided;
    (void)state;
    assert_ok(hk_dataset_load(
        ctx, &(hk_dataset_request){ .name = "glyphs", .n_train = N, .n_test = 1, .glyph_seed = 4 }, &data));
    assert_ok(hk_continual_features_create(ctx, 7, N_FEATURES, 28, 28, &f));
    assert_status(hk_continual_features_solve(ctx, &f), HK_ERANGE); /* nothing seen */
    for (size_t i = 0; i < N; i++)
        if (data.train.labels[i] == 2 || data.train.labels[i] == 9) {
            assert_ok(hk_continual_features_show(&f, &data.train, i, &decided));
            hk_continual_features_learn(&f, data.train.labels[i]);
        }
    assert_ok(hk_continual_features_solve(ctx, &f));
    size_t n_of[K] = { 0 };
    for (size_t i = 0; i < N; i++) {
        assert_ok(hk_continual_features_show(&f, &data.train, i, &decided));
        assert_true(decided == 2 || decided == 9);
        assert_ok(hk_population_get(f.outputs, "v_mv", v_mv));
        for (uint32_t c = 0; c < K; c++) {
            double sum = 0.0;
            for (uint32_t j = 0; j < N_FEATURES; j++)
                sum += (double)(float)f.weights[c * (N_FEATURES + 1) + j] * (double)f.values[j];
            assert_true(fabs(v_mv[c] - 20.0 * sum) <=
                        1e-5 * (1.0 + fabs(v_mv[c]))); /* values are in single precision */
        }
        n_of[decided]++;
        assert_true((data.train.labels[i] != 2 && data.train.labels[i] != 9) || decided == data.train.labels[i]);
    }
    assert_true(n_of[2] > 0 && n_of[9] > 0);
    hk_continual_features_destroy(&f);
    hk_dataset_fini(&data);
}

/* ---- whole runs ------------------------------------------------------------------------------------------------------ */

#define SMALL                                                                                                          \
    "continual", "--data", "glyphs", "--seed", "3", "--set", "neurons=60", "--set", "train=1500", "--set", "test=150", \
        "--set", "file_images=200", "--set", "match=0.8", "--set", "features=60", "--set", "record=hidden"
#define SMALL_LINE                                                                                             \
    "continual --data glyphs --seed 3 --set neurons=60 --set train=1500 --set test=150 --set file_images=200 " \
    "--set match=0.8 --set features=60 --set record=hidden"

static void new_classes_do_not_wipe_out_old_ones_unless_the_layer_is_plain(void **state)
{
    static const char *const methods[] = { "method=forgetting", "method=plain" };
    double accuracy[2], lost[2];
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        trial t;
        run_it(&t,
               ARGUMENTS("continual", "--data", "glyphs", "--seed", "3", "--set", "neurons=120", "--set", "train=1500",
                         "--set", "test=200", "--set", "match=0.7", "--set", "lr=0.3", "--set", "theta_plus_mv=8",
                         "--set", methods[k], "--out", "none"),
               HK_OK);
        accuracy[k] = number_of(&t, "test_accuracy");
        lost[k] = number_of(&t, "forgetting");
        assert_close(number_of(&t, "stream_images"), 1500.0, 0.0);
        trial_close(&t);
    }
    if (!(accuracy[0] > 0.8 && accuracy[1] < 0.5 && lost[0] < 0.1 && lost[1] > 0.4))
        fail_msg("accuracies %g and %g, forgetting %g and %g", accuracy[0], accuracy[1], lost[0], lost[1]);
}

/* Starts `hillock run` with the words of `line` in the scratch directory, lets it go on until it has saved itself (a new file stands
 * there), interrupts it and waits; its exit code. */
static int interrupted(const char *line, const char *checkpoint)
{
    char words[1024];
    char *arguments[64] = { self, "--as-hillock", "run" };
    int n = 3, status = 0;
    struct stat about;
    ino_t before = stat(scratch_path(checkpoint), &about) == 0 ? about.st_ino : 0, now = before;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        arguments[n++] = word;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (chdir(hk_scratch) == 0)
            execv(self, arguments);
        _exit(127);
    }
    pid_t ended = 0;
    while (now == before && (ended = waitpid(child, &status, WNOHANG)) == 0) {
        now = stat(scratch_path(checkpoint), &about) == 0 ? about.st_ino : 0;
        sleep_ms(0.5);
    }
    if (ended == 0) {
        kill(child, SIGINT);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* Every array of one file is in the other, with the same bits. */
static void assert_same_arrays(const char *name_a, const char *name_b)
{
    hk_results *a, *b;
    size_t n_a, n_b;
    assert_ok(hk_results_open(ctx, scratch_path(name_a), HK_RESULTS_READ, &a));
    assert_ok(hk_results_open(ctx, scratch_path(name_b), HK_RESULTS_READ, &b));
    const hk_results_entry *entries = hk_results_entries(a, &n_a);
    (void)hk_results_entries(b, &n_b);
    assert_int_equal(n_a, n_b);
    assert_true(n_a >= 2);
    for (size_t k = 0; k < n_a; k++) {
        const hk_results_entry *other = hk_results_find(b, entries[k].name);
        assert_non_null(other);
        assert_int_equal(entries[k].type, other->type);
        assert_int_equal(entries[k].n, other->n);
        size_t size = hk_type_size(entries[k].type) * entries[k].n;
        void *x = malloc(size + 1), *y = malloc(size + 1);
        assert_true(x != NULL && y != NULL);
        assert_ok(hk_results_get(a, entries[k].name, entries[k].type, x, entries[k].n));
        assert_ok(hk_results_get(b, entries[k].name, entries[k].type, y, entries[k].n));
        if (memcmp(x, y, size) != 0)
            fail_msg("%s: %s differs", name_b, entries[k].name);
        free(x);
        free(y);
    }
    assert_ok(hk_results_close(a));
    assert_ok(hk_results_close(b));
}

/* With each new file of spikes a checkpoint is saved, and there the run is stopped: after 200 images, 400, ... of 1,500. */
static void a_run_stopped_and_resumed_five_times_equals_one_in_a_piece(void **state)
{
    enum { STOPS = 5 };
    static const char *const methods[] = { "method=forgetting", "method=plain", "method=features" };
    static const char *const exact[] = { "test_accuracy", "test_undecided", "class_accuracy",        "forgetting",
                                         "stream_images", "spikes",         "input_spikes_per_image" };
    (void)state;
    for (size_t m = 0; m < N_OF(methods); m++) {
        char whole[PATH_MAX], cut[PATH_MAX], saved[PATH_MAX];
        snprintf(whole, sizeof whole, "%s", scratch_path("whole.h5"));
        snprintf(cut, sizeof cut, "%s", scratch_path("cut.h5"));
        snprintf(saved, sizeof saved, "%s", scratch_path("saved.h5"));
        trial a, b;
        run_it(&a, ARGUMENTS(SMALL, "--set", methods[m], "--out", whole), HK_OK);
        for (int stop = 0; stop < STOPS; stop++) {
            char line[600];
            snprintf(line, sizeof line, SMALL_LINE " --quiet --set %s --out cut.h5 --checkpoint saved.h5 %s",
                     methods[m], stop == 0 ? "" : "--resume saved.h5");
            assert_int_equal(interrupted(line, "saved.h5"), 130);
        }
        run_it(&b, ARGUMENTS(SMALL, "--set", methods[m], "--out", cut, "--resume", saved), HK_OK);
        for (size_t k = 0; k < N_OF(exact); k++)
            assert_close(number_of(&b, exact[k]), number_of(&a, exact[k]), 0.0);
        assert_string_equal(value_of(&b, "spike_hash")->text, value_of(&a, "spike_hash")->text);
        assert_true(m > 0 || number_of(&a, "overwritten") > 20.0);
        assert_same_arrays("whole.h5", "cut.h5");
        for (int file = 1; file <= 8; file++) { /* 200 images each, the last one 100 */
            char name_a[64], name_b[64];
            snprintf(name_a, sizeof name_a, "whole.spikes-%05d.h5", file);
            snprintf(name_b, sizeof name_b, "cut.spikes-%05d.h5", file);
            assert_same_arrays(name_a, name_b);
        }
        assert_false(file_exists(scratch_path("cut.spikes-00009.h5")));
        trial_close(&a);
        trial_close(&b);
    }
}

static void only_the_latest_files_of_spikes_are_kept_when_asked(void **state)
{
    char out[PATH_MAX];
    trial t;
    (void)state;
    snprintf(out, sizeof out, "%s", scratch_path("few.h5"));
    run_it(&t, ARGUMENTS(SMALL, "--set", "probe=20", "--set", "keep_files=2", "--out", out), HK_OK);
    trial_close(&t);
    assert_int_equal(count_files("few.spikes-"), 2);
    assert_true(file_exists(scratch_path("few.spikes-00007.h5")) && file_exists(scratch_path("few.spikes-00008.h5")));
}

static void the_file_has_a_row_for_each_block_of_each_pass(void **state)
{
    char out[PATH_MAX];
    trial t;
    (void)state;
    snprintf(out, sizeof out, "%s", scratch_path("rows.h5"));
    run_it(&t, ARGUMENTS(SMALL, "--set", "passes=2", "--set", "probe=0", "--set", "record=none", "--out", out), HK_OK);
    hk_results *file;
    assert_ok(hk_results_open(ctx, out, HK_RESULTS_READ, &file));
    const hk_results_entry *matrix = hk_results_find(file, "continual/accuracy");
    assert_non_null(matrix);
    assert_int_equal(matrix->shape[0], 20);
    assert_int_equal(matrix->shape[1], K);
    double rows[20 * K], confusion[K * K], mean = 0.0, right = 0.0;
    uint64_t images[20];
    assert_ok(hk_results_get(file, "continual/accuracy", HK_F64, rows, 20 * K));
    assert_ok(hk_results_get(file, "continual/images", HK_U64, images, 20));
    assert_ok(hk_results_get(file, "confusion", HK_F64, confusion, K * K));
    for (size_t row = 0; row < 20; row++)
        for (size_t c = 0; c < K; c++)
            assert_true(rows[row * K + c] >= 0.0 && rows[row * K + c] <= 1.0 && (c <= row || rows[row * K + c] == 0.0));
    assert_int_equal(images[19], 3000);
    assert_int_equal(images[9], 1500);
    for (size_t c = 0; c < K; c++) {
        mean += rows[19 * K + c] / K;
        right += confusion[c * K + c];
    }
    assert_close(number_of(&t, "class_accuracy"), mean, 1e-12);
    assert_close(number_of(&t, "test_accuracy"), right / 150.0, 1e-12);
    if (hk_gnuplot_exists()) {
        size_t n;
        hk_plot_job job = { .ctx = ctx, .results = file };
        hk_picture picture = { .path = scratch_path("rows.svg"), .title = "the stream" };
        assert_ok(hk_plot_continual(&job, &picture, matrix));
        char *svg = (char *)file_bytes(scratch_path("rows.svg"), &n);
        svg[n] = '\0';
        assert_non_null(strstr(svg, "the stream"));
        assert_non_null(strstr(svg, "neurons recruited anew"));
        free(svg);
        assert_status(hk_plot_continual(&job, &picture, hk_results_find(file, "continual/drift")), HK_EFORMAT);
    }
    assert_ok(hk_results_close(file));
    assert_int_equal(count_files("rows.spikes-"), 0);
    trial_close(&t);
}

static void what_cannot_be_run_is_refused(void **state)
{
    char saved[PATH_MAX], gone[PATH_MAX];
    trial t;
    (void)state;
    run_it(&t, ARGUMENTS("continual", "--data", "glyphs", "--set", "train=5", "--out", "none"), HK_ERANGE);
    assert_says(&t, "none of the 5 images of the stream");
    trial_close(&t);
    run_it(&t, ARGUMENTS(SMALL, "--set", "votes=61", "--out", "none"), HK_ERANGE);
    assert_says(&t, "votes = 61, must be at most neurons = 60");
    trial_close(&t);
    snprintf(saved, sizeof saved, "%s", scratch_path("kept.h5"));
    snprintf(gone, sizeof gone, "%s", scratch_path("gone.h5"));
    assert_int_equal(
        interrupted(SMALL_LINE " --quiet --out gone.h5 --checkpoint kept.h5 --checkpoint-every 0.001", "kept.h5"), 130);
    run_it(&t, ARGUMENTS(SMALL, "--set", "match=0.6", "--out", "none", "--resume", saved), HK_EFORMAT);
    trial_close(&t);
    assert_int_equal(remove(scratch_path("gone.spikes-00001.h5")), 0);
    run_it(&t, ARGUMENTS(SMALL, "--out", gone, "--resume", saved), HK_EIO);
    assert_says(&t, "gone.spikes-00001.h5");
    trial_close(&t);
}

static int setup(void **state)
{
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    ctx = hk_ctx_create();
    return n <= 0 || ctx == NULL ? -1 : hk_scratch_setup(state);
}

static int teardown(void **state)
{
    hk_ctx_destroy(ctx);
    return hk_scratch_teardown(state);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--as-hillock") == 0) {
        hk_catalogue catalogue = hk_experiments();
        argv[1] = argv[0];
        return hk_main(&catalogue, argc - 1, argv + 1);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_shows_each_image_once_in_a_pass_and_passes_differ),
        cmocka_unit_test(classes_come_one_after_another_or_drift),
        cmocka_unit_test(an_image_is_new_when_no_neuron_matches_it_well_enough),
        cmocka_unit_test(weights_become_the_mean_of_all_that_a_neuron_has_won),
        cmocka_unit_test(the_neuron_of_fewest_wins_is_recruited_and_memory_fades_when_told),
        cmocka_unit_test(a_test_changes_no_weight_and_an_empty_image_teaches_nothing),
        cmocka_unit_test(votes_count_three_quarters_of_the_one_before),
        cmocka_unit_test(any_order_of_the_stream_gives_the_same_readout),
        cmocka_unit_test(outputs_sum_the_readout_and_never_answer_a_class_that_it_has_not_seen),
        cmocka_unit_test(new_classes_do_not_wipe_out_old_ones_unless_the_layer_is_plain),
        cmocka_unit_test(a_run_stopped_and_resumed_five_times_equals_one_in_a_piece),
        cmocka_unit_test(only_the_latest_files_of_spikes_are_kept_when_asked),
        cmocka_unit_test(the_file_has_a_row_for_each_block_of_each_pass),
        cmocka_unit_test(what_cannot_be_run_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
