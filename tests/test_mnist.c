/* tests/test_mnist.c - the mnist experiment from the outside, small, on drawn glyphs: what it learns, what it writes, and
 * that its figures follow from its own raster. Interrupted runs: test_mnist_resume.c.
 *
 * The program is this file itself with --as-hillock before the arguments: main() is then the program's, over its catalogue.
 * It runs in a scratch directory, where all names below are. */
#include "tests/mnist_program.h"

#include "experiments/commands.h"
#include "experiments/datasets/dataset.h"
#include "experiments/readouts/vote.h"
#include "sim/raster.h"

enum { K = HK_VOTE_CLASSES, PIXELS = 28 * 28 };

/* ---- reading what it wrote --------------------------------------------------------------------------------------------- */

/* The values of an array as doubles, to be freed; its shape must be the one given (0 ends it). */
static double *values_of(hk_results *results, const char *name, const size_t *shape)
{
    const hk_results_entry *entry = hk_results_find(results, name);
    if (entry == NULL)
        print_error("no array '%s'\n", name);
    assert_non_null(entry);
    unsigned n_dims = 0;
    for (; shape[n_dims] != 0; n_dims++)
        assert_int_equal(entry->shape[n_dims], shape[n_dims]);
    assert_int_equal(entry->n_dims, n_dims);
    double *values = calloc(entry->n + 1, sizeof *values);
    void *raw = calloc(entry->n + 1, hk_type_size(entry->type));
    assert_true(values != NULL && raw != NULL);
    assert_ok(hk_results_get(results, name, entry->type, raw, entry->n));
    for (size_t k = 0; k < entry->n; k++)
        values[k] = entry->type == HK_F32   ? (double)((float *)raw)[k]
                    : entry->type == HK_U32 ? (double)((uint32_t *)raw)[k]
                    : entry->type == HK_U8  ? (double)((uint8_t *)raw)[k]
                                            : ((double *)raw)[k];
    free(raw);
    return values;
}

static spikes spikes_of(const char *file, const char *population)
{
    hk_raster *raster;
    size_t index;
    assert_ok(hk_raster_open(ctx, scratch_path(file), &raster));
    assert_ok(hk_raster_find(raster, population, &index));
    spikes s = { .n = (size_t)hk_raster_count(raster, index) };
    s.times_ms = calloc(s.n + 1, sizeof *s.times_ms);
    s.ids = calloc(s.n + 1, sizeof *s.ids);
    assert_true(s.times_ms != NULL && s.ids != NULL);
    assert_ok(hk_raster_read(raster, index, 0, s.n, s.times_ms, s.ids));
    hk_raster_close(raster);
    return s;
}

static void spikes_free(spikes *s)
{
    free(s->times_ms);
    free(s->ids);
}

/* ---- tests --------------------------------------------------------------------------------------------------------------- */

/* 1,500 glyphs for 40 neurons: by label 57 to 77 %, by vote 70 to 81 % for this seed. Chance is 10 %. */
static void every_code_learns_far_above_chance(void **state)
{
    static const char *const settings[][2] = {
        { "rank", "--set theta_plus_mv=3 --set theta_plus_end_mv=0.3 --set lr=0.1 --set lr_end=0.03" },
        { "latency_log", "--set theta_plus_mv=3 --set theta_plus_end_mv=0.3 --set lr=0.1 --set lr_end=0.03" },
        { "phase", "--set theta_plus_mv=15 --set theta_plus_end_mv=3 --set lr=0.3 --set lr_end=0.03" },
        { "phase", "--set rule=novelty --set match=0.7" },
        { "burst", "--set theta_plus_mv=15 --set theta_plus_end_mv=3 --set lr=0.3 --set lr_end=0.03" },
        { "temporal", "--set theta_plus_mv=15 --set theta_plus_end_mv=3 --set lr=0.3 --set lr_end=0.03" },
        { "delta", "--set theta_plus_mv=30 --set theta_plus_end_mv=3 --set lr=0.3 --set lr_end=0.03" },
        { "rate", "--set theta_plus_mv=0.3 --set theta_plus_end_mv=0.3 --set lr=0.05 --set lr_end=0.01" },
        { "regular", "--set theta_plus_mv=0.3 --set theta_plus_end_mv=0.3 --set lr=0.05 --set lr_end=0.01" },
        { "latency", "--set theta_plus_mv=3 --set theta_plus_end_mv=0.3 --set lr=0.1 --set lr_end=0.03" },
        { "binary", "--set theta_plus_mv=6 --set theta_plus_end_mv=1 --set lr=0.3 --set lr_end=0.02" },
    };
    (void)state;
    for (size_t k = 0; k < N_OF(settings); k++) {
        char line[400];
        snprintf(
            line, sizeof line,
            "--code %s %s --set train=1500 --set test=300 --set label=1500 --seed 3 --out none --quiet --json %s.json",
            settings[k][0], settings[k][1], settings[k][0]);
        run(line);
        snprintf(line, sizeof line, "%s.json", settings[k][0]);
        hk_document *d = summary(line);
        double by_label = number(d, "test_accuracy_label"), by_vote = number(d, "test_accuracy_vote");
        if (!(by_label >= 0.55 && by_vote >= 0.65))
            print_error("%s: %g by label, %g by vote\n", settings[k][0], by_label, by_vote);
        assert_true(by_label >= 0.55 && by_label < 1.0);
        assert_true(by_vote >= 0.65 && by_vote < 1.0);
        assert_true(number(d, "neurons_named") >= 36.0);
        hk_document_destroy(d);
    }
}

static void the_summary_has_every_key_with_a_sane_value(void **state)
{
    static const char *const of_all_runs[] = { "seed",  "threads",     "wall_s",
                                               "cpu_s", "peak_rss_mb", "energy_proxy_events" };
    (void)state;
    run("--set train=300 --set test=120 --set label=200 --seed 11 --out keys.h5 --json keys.json");
    hk_document *d = summary("keys.json");
    const hk_catalogue catalogue = hk_experiments();
    const hk_experiment *mnist = hk_catalogue_find(&catalogue, "mnist");
    static const char *const texts[] = { "data", "code", "spike_hash" };
    for (size_t k = 0; k < mnist->n_keys; k++) {
        bool is_text = false;
        for (size_t t = 0; t < N_OF(texts); t++)
            is_text |= strcmp(mnist->keys[k].name, texts[t]) == 0;
        if (is_text)
            assert_true(strlen(text_of(d, mnist->keys[k].name)) > 3);
        else
            assert_true(number(d, mnist->keys[k].name) >= 0.0);
    }
    for (size_t k = 0; k < N_OF(of_all_runs); k++)
        assert_true(number(d, of_all_runs[k]) > 0.0);
    assert_non_null(text_of(d, "version"));
    assert_string_equal(text_of(d, "data"), "glyphs");
    assert_string_equal(text_of(d, "code"), "rate");
    assert_close(number(d, "train_images"), 300.0, 0.0);
    assert_true(number(d, "train_ms_per_image") * 300.0 < 1e3 * number(d, "wall_s"));
    /* An input spike passes 40 synapses; those of the last delay of an image do not arrive any more. */
    double passed = number(d, "synaptic_events_per_image") / 40.0, sent = number(d, "spikes_per_image");
    assert_true(passed < sent && passed > 0.97 * sent);
    assert_true(number(d, "events") < number(d, "spikes"));
    assert_close(number(d, "energy_proxy_events"), number(d, "spikes") + 40.0 * number(d, "events"), 0.0);
    assert_int_equal(strlen(text_of(d, "spike_hash")), 16);
    hk_document_destroy(d);
    char *out = read_text("out");
    assert_non_null(
        strstr(out, "data: glyphs, 300 training and 120 test images of 28 x 28 drawn by Hillock from seed 11\n"));
    free(out);
}

static void the_file_has_every_array_in_its_shape(void **state)
{
    (void)state;
    run("--code latency --set train=300 --set test=120 --set label=200 --seed 11 --out shapes.h5 --json shapes.json "
        "--quiet");
    hk_results *file = results_of("shapes.h5");
    hk_document *d = summary("shapes.json");
    const hk_results_entry *curve = hk_results_find(file, "accuracy_over_training");
    assert_non_null(curve);
    const size_t points = curve->shape[0];
    double *fields = values_of(file, "receptive_fields", (const size_t[]){ 40, 28, 28, 0 });
    double *theta = values_of(file, "theta_mv", (const size_t[]){ 40, 0 });
    double *confusion = values_of(file, "confusion", (const size_t[]){ K, K, 0 });
    double *accuracy = values_of(file, "accuracy_over_training", (const size_t[]){ points, 3, 0 });
    double *labels = values_of(file, "examples/labels", (const size_t[]){ 5, 0 });
    double *responses = values_of(file, "readout/responses", (const size_t[]){ 40, K, 0 });
    for (size_t j = 0; j < 40; j++) { /* every neuron's weights add up to weight_sum */
        double sum = 0.0;
        for (size_t i = 0; i < PIXELS; i++) {
            assert_true(fields[j * PIXELS + i] >= 0.0);
            sum += fields[j * PIXELS + i];
        }
        assert_close(sum, 78.4, 1e-3);
    }
    double shown = 0.0, right = 0.0, theta_sum = 0.0, answers = 0.0;
    for (size_t k = 0; k < K * K; k++) {
        shown += confusion[k];
        right += k % (K + 1) == 0 ? confusion[k] : 0.0;
    }
    for (size_t j = 0; j < 40; j++)
        theta_sum += theta[j] * theta[j];
    for (size_t k = 0; k < 40 * K; k++)
        answers += responses[k];
    assert_close(shown, 120.0 - number(d, "test_undecided"), 0.0);
    assert_close(right, 120.0 * number(d, "test_accuracy_vote"), 1e-9);
    assert_true(theta_sum > 0.0 && answers > 0.0);
    assert_true(points >= 10 && points <= 64);
    for (size_t k = 0; k < points; k++) {
        assert_true(accuracy[3 * k] > (k == 0 ? 0.0 : accuracy[3 * k - 3]) && accuracy[3 * k] <= 300.0);
        for (size_t c = 1; c < 3; c++)
            assert_true(accuracy[3 * k + c] >= 0.0 && accuracy[3 * k + c] <= 1.0);
    }
    assert_close(accuracy[3 * points - 3], 300.0, 0.0);
    hk_attribute *attributes;
    size_t n, found = 0;
    assert_ok(hk_results_attributes(file, "accuracy_over_training", &attributes, &n));
    for (size_t k = 0; k < n; k++)
        if (strcmp(attributes[k].name, "columns") == 0)
            found += strcmp(attributes[k].text, "images, by label, by vote") == 0;
    assert_int_equal(found, 1);
    hk_attributes_free(attributes, n);
    double *all[] = { fields, theta, confusion, accuracy, labels, responses };
    for (size_t k = 0; k < N_OF(all); k++)
        free(all[k]);
    hk_document_destroy(d);
    assert_ok(hk_results_close(file));
}

/* A still image comes up from the dark: nothing falls. One that moves has both, and each neuron sees both. */
static void codes_for_streams_have_two_inputs_a_pixel(void **state)
{
    (void)state;
    for (int moves = 0; moves < 2; moves++) {
        char line[300];
        uint64_t n_falling = 0;
        snprintf(line, sizeof line,
                 "--code delta --set saccade_px=%d --set train=40 --set test=10 --set label=20 --set record=all --out "
                 "delta.h5 --json delta.json --quiet",
                 moves);
        run(line);
        hk_results *file = results_of("delta.h5");
        double *fields = values_of(file, "receptive_fields", (const size_t[]){ 40, 56, 28, 0 });
        spikes inputs = spikes_of("delta.h5", "inputs");
        for (size_t k = 0; k < inputs.n; k++) {
            assert_true(inputs.ids[k] < 2 * PIXELS);
            n_falling += inputs.ids[k] >= PIXELS;
        }
        assert_true(inputs.n > 5000);
        assert_true(moves ? n_falling > inputs.n / 6 && n_falling < inputs.n / 2 : n_falling == 0);
        free(fields);
        spikes_free(&inputs);
        assert_ok(hk_results_close(file));
    }
}

/* Counts of each image of one phase, from the raster: image k is shown in (k, k + 1] windows. */
#define RATE_WINDOW_MS 250.0 /* what the rate code takes when it is not told otherwise */

static void counts_of_image(const spikes *s, size_t image, double window_ms, uint32_t counts[40])
{
    memset(counts, 0, 40 * sizeof *counts);
    for (size_t k = 0; k < s->n; k++)
        if (s->times_ms[k] > (double)image * window_ms && s->times_ms[k] <= (double)(image + 1) * window_ms)
            counts[s->ids[k]]++;
}

static void accuracy_follows_from_the_raster_and_the_labels(void **state)
{
    enum { TRAIN = 200, LABEL = 150, TEST = 100 };
    (void)state;
    run("--set train=200 --set test=100 --set label=150 --seed 4 --out follow.h5 --json follow.json --quiet");
    spikes s = spikes_of("follow.h5", "hidden");
    hk_document *d = summary("follow.json");
    hk_dataset data;
    hk_vote vote;
    assert_ok(hk_dataset_load(
        ctx, &(hk_dataset_request){ .name = "glyphs", .n_train = TRAIN, .n_test = TEST, .glyph_seed = 4 }, &data));
    assert_ok(hk_vote_init(&vote, 40));
    uint32_t counts[40];
    for (size_t k = 0; k < LABEL; k++) { /* the last ones of training, shown again */
        counts_of_image(&s, TRAIN + k, RATE_WINDOW_MS, counts);
        hk_vote_add(&vote, data.train.labels[TRAIN - LABEL + k], counts);
    }
    hk_vote_fit(&vote);
    double by_label = 0.0, by_vote = 0.0;
    for (size_t k = 0; k < TEST; k++) {
        counts_of_image(&s, TRAIN + LABEL + k, RATE_WINDOW_MS, counts);
        by_label += hk_vote_by_label(&vote, counts) == data.test.labels[k];
        by_vote += hk_vote_by_class(&vote, counts) == data.test.labels[k];
    }
    assert_close(number(d, "test_accuracy_label"), by_label / TEST, 1e-12);
    assert_close(number(d, "test_accuracy_vote"), by_vote / TEST, 1e-12);
    assert_true(s.n > 0 && s.times_ms[s.n - 1] <= (TRAIN + LABEL + TEST) * RATE_WINDOW_MS);
    hk_vote_fini(&vote);
    hk_dataset_fini(&data);
    hk_document_destroy(d);
    spikes_free(&s);
}

static void record_all_keeps_the_inputs_and_the_examples_are_part_of_it(void **state)
{
    (void)state;
    run("--set train=60 --set test=20 --set label=40 --seed 4 --set record=all --out all.h5 --json all.json --quiet");
    spikes inputs = spikes_of("all.h5", "inputs"), hidden = spikes_of("all.h5", "hidden");
    hk_document *d = summary("all.json");
    assert_close((double)(inputs.n + hidden.n), number(d, "spikes"), 0.0);
    assert_close((double)inputs.n, 120.0 * number(d, "input_spikes_per_image"), 1e-6);
    for (size_t k = 0; k < inputs.n; k++)
        assert_true(inputs.ids[k] < PIXELS);
    hk_results *file = results_of("all.h5");
    size_t n = hk_results_find(file, "examples/ids")->n, n_hidden = 0, at = 0;
    double *ids = values_of(file, "examples/ids", (const size_t[]){ n, 0 });
    double *times_ms = values_of(file, "examples/times_ms", (const size_t[]){ n, 0 });
    const double begin_ms = 100 * RATE_WINDOW_MS, end_ms = 105 * RATE_WINDOW_MS; /* the first five test images */
    while (at < hidden.n && hidden.times_ms[at] <= begin_ms)
        at++;
    for (size_t k = 0; k < n; k++) {
        assert_true(times_ms[k] > 0.0 && times_ms[k] <= 5 * RATE_WINDOW_MS);
        if (ids[k] < PIXELS)
            continue;
        assert_true(at < hidden.n);
        assert_close(times_ms[k], hidden.times_ms[at] - begin_ms, 1e-9);
        assert_close(ids[k], (double)(PIXELS + hidden.ids[at++]), 0.0);
        n_hidden++;
    }
    assert_true(n_hidden > 0);
    assert_true(at == hidden.n || hidden.times_ms[at] > end_ms);
    size_t n_inputs = 0;
    for (size_t k = 0; k < inputs.n; k++)
        n_inputs += inputs.times_ms[k] > begin_ms && inputs.times_ms[k] <= end_ms;
    assert_int_equal(n_inputs, n - n_hidden);
    free(ids);
    free(times_ms);
    assert_ok(hk_results_close(file));
    hk_document_destroy(d);
    spikes_free(&inputs);
    spikes_free(&hidden);
}

static void recording_nothing_changes_nothing_and_the_arrays_are_there(void **state)
{
    (void)state;
    run("--code binary --set train=80 --set test=20 --set label=40 --out some.h5 --json some.json --quiet");
    run("--code binary --set train=80 --set test=20 --set label=40 --out no.h5 --json no.json --quiet --set "
        "record=none");
    hk_document *some = summary("some.json"), *none = summary("no.json");
    assert_string_equal(text_of(some, "spike_hash"), text_of(none, "spike_hash"));
    hk_document_destroy(some);
    hk_document_destroy(none);
    hk_results *file = results_of("no.h5");
    assert_non_null(hk_results_find(file, "receptive_fields"));
    assert_null(hk_results_find(file, "spikes/hidden/timestamps"));
    assert_ok(hk_results_close(file));
}

static void a_seed_gives_its_own_spikes_every_time(void **state)
{
    static const char small[] = "--code latency --set train=100 --set test=20 --set label=50 --quiet";
    char line[300], hash[3][32];
    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        snprintf(line, sizeof line, "%s --out none --json seed.json --seed %u", small, k == 2 ? 8 : 7);
        run(line);
        hk_document *d = summary("seed.json");
        snprintf(hash[k], sizeof hash[k], "%s", text_of(d, "spike_hash"));
        hk_document_destroy(d);
    }
    assert_string_equal(hash[0], hash[1]);
    assert_string_not_equal(hash[0], hash[2]);
    snprintf(line, sizeof line, "%s --out none --json seeds.json --seeds 8,7 --jobs 2", small);
    run(line); /* two at the same time in one process keep out of each other's way */
    hk_document *d = summary("seeds.json");
    const hk_node *trials = hk_node_get(hk_document_root(d), "trials");
    assert_int_equal(hk_node_n(trials), 2);
    for (unsigned k = 0; k < 2; k++)
        assert_string_equal(hk_node_text(hk_node_get(hk_node_at(trials, k), "spike_hash")), hash[k == 0 ? 2 : 1]);
    hk_document_destroy(d);
}

static void the_validation_split_tests_the_last_sixth_of_the_training_images(void **state)
{
    enum { LABEL = 60, TRAIN = 60, TEST = 40 };
    (void)state;
    run("--code binary --set split=validation --set train=60 --set label=60 --set test=40 --seed 9 --out split.h5 "
        "--json split.json --quiet");
    hk_results *file = results_of("split.h5");
    double *labels = values_of(file, "examples/labels", (const size_t[]){ 5, 0 });
    double *confusion = values_of(file, "confusion", (const size_t[]){ K, K, 0 });
    hk_dataset data;
    assert_ok(hk_dataset_load(
        ctx, &(hk_dataset_request){ .name = "glyphs", .n_train = HK_DATASET_ALL, .n_test = 1, .glyph_seed = 9 },
        &data));
    size_t first = data.train.n - data.train.n / 6;
    double expected[K] = { 0.0 };
    for (size_t k = 0; k < 5; k++)
        assert_close(labels[k], data.train.labels[first + k], 0.0);
    for (size_t k = 0; k < TEST; k++)
        expected[data.train.labels[first + k]] += 1.0;
    for (size_t c = 0; c < K; c++) {
        double shown = 0.0;
        for (size_t other = 0; other < K; other++)
            shown += confusion[c * K + other];
        assert_true(shown <= expected[c]); /* less where nothing was decided */
    }
    hk_dataset_fini(&data);
    free(labels);
    free(confusion);
    assert_ok(hk_results_close(file));
}

/* What a run was shown to learn from, in order: classes by window. */
static uint8_t *classes_shown(const char *line, const char *name, size_t n)
{
    char words[300];
    snprintf(words, sizeof words,
             "--code binary --set train=90 --set label=20 --set test=10 --quiet --json none.json --out %s %s", name,
             line);
    run(words);
    hk_results *file = results_of(name);
    uint8_t *classes = malloc(n);
    assert_non_null(classes);
    assert_ok(hk_results_get(file, "samples/labels", HK_U8, classes, n));
    assert_ok(hk_results_close(file));
    return classes;
}

static void shuffled_images_are_the_same_ones_in_an_order_of_the_seed(void **state)
{
    enum { TRAIN = 90, LABEL = 20, TEST = 10, N = TRAIN + LABEL + TEST };
    (void)state;
    uint8_t *given = classes_shown("--seed 6", "given.h5", N);
    uint8_t *shuffled = classes_shown("--seed 6 --set order=shuffled", "shuffled.h5", N);
    uint8_t *again = classes_shown("--seed 6 --set order=shuffled", "again.h5", N);
    uint8_t *other = classes_shown("--seed 7 --set order=shuffled", "other.h5", N);
    int n_of_class[K] = { 0 };
    for (size_t k = 0; k < TRAIN; k++) {
        n_of_class[given[k]]++;
        n_of_class[shuffled[k]]--;
    }
    for (size_t c = 0; c < K; c++)
        assert_int_equal(n_of_class[c], 0);
    assert_memory_equal(shuffled, again, N);
    assert_memory_not_equal(shuffled, given, TRAIN);
    assert_memory_not_equal(shuffled, other, TRAIN);
    assert_memory_equal(shuffled + TRAIN, shuffled + TRAIN - LABEL, LABEL); /* the last of them name neurons */
    assert_memory_equal(shuffled + TRAIN + LABEL, given + TRAIN + LABEL, TEST);
    free(given);
    free(shuffled);
    free(again);
    free(other);
}

static void without_input_spikes_nothing_is_decided(void **state)
{
    (void)state;
    run("--set rate_max_hz=0 --set train=20 --set test=10 --set label=10 --out silent.h5 --json silent.json --quiet");
    hk_document *d = summary("silent.json");
    assert_close(number(d, "test_undecided"), 10.0, 0.0);
    assert_close(number(d, "test_accuracy_vote"), 0.0, 0.0);
    assert_close(number(d, "neurons_named"), 0.0, 0.0);
    assert_close(number(d, "spikes"), 0.0, 0.0);
    hk_document_destroy(d);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--as-hillock") == 0) {
        hk_catalogue catalogue = hk_experiments();
        argv[1] = argv[0];
        return hk_main(&catalogue, argc - 1, argv + 1);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_learns_far_above_chance),
        cmocka_unit_test(the_summary_has_every_key_with_a_sane_value),
        cmocka_unit_test(the_file_has_every_array_in_its_shape),
        cmocka_unit_test(codes_for_streams_have_two_inputs_a_pixel),
        cmocka_unit_test(accuracy_follows_from_the_raster_and_the_labels),
        cmocka_unit_test(record_all_keeps_the_inputs_and_the_examples_are_part_of_it),
        cmocka_unit_test(recording_nothing_changes_nothing_and_the_arrays_are_there),
        cmocka_unit_test(a_seed_gives_its_own_spikes_every_time),
        cmocka_unit_test(the_validation_split_tests_the_last_sixth_of_the_training_images),
        cmocka_unit_test(shuffled_images_are_the_same_ones_in_an_order_of_the_seed),
        cmocka_unit_test(without_input_spikes_nothing_is_decided),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
