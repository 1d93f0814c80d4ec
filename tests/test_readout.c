/* tests/test_readout.c - samples out of recordings and feature files, and what holds for every readout of the catalogue. */
#include "tests/hk_scratch.h"
#include "tests/readout_rig.h"
#include "tests/trial.h"

#include "experiments/figures/gnuplot.h"
#include "experiments/readouts/recording.h"
#include "sim/npy.h"
#include "sim/recorder.h"

enum { N_SAMPLES = 5, N_NEURONS = 4 };
#define WINDOW_MS 23.85

static const hk_recording_config plain = {
    .window_ms = NAN, .begin_ms = NAN, .n_neurons = NAN, .tau_ms = 7.3, .share = 0.6
};

/* Spikes by time; the last is behind the last sample. That at 2 windows belongs to the second sample. */
static const double times_ms[] = { 0.5, 3.25, 3.5, 30.0, 2 * WINDOW_MS, 60.0, 61.5, 75.0, 100.0, 119.0, 130.0 };
static const uint32_t ids[] = { 1, 0, 1, 2, 0, 2, 2, 1, 0, 2, 3 };
static const uint8_t labels[] = { 0, 1, 1, 0, 1 }, sets[] = { 0, 1, 2, 1, 2 };

typedef enum marks { NO_MARKS, LABELS, LABELS_AND_SETS } marks;

static const char *record(const char *name, size_t n_spikes, marks what)
{
    const char *path = scratch_path(name);
    hk_ctx *ctx = hk_ctx_create();
    hk_recorder *recorder;
    hk_results *file;
    uint32_t index;
    assert_ok(hk_recorder_create(
        ctx, &(hk_recorder_config){ .path = path, .queue_bytes = 1 << 16, .flush_interval_s = 1.0 }, &recorder));
    assert_ok(hk_recorder_add_population(recorder, "other", 0, &index));
    assert_ok(hk_recorder_add_population(recorder, "hidden", 0, &index));
    assert_ok(hk_recorder_start(recorder));
    assert_ok(hk_recorder_write(recorder, index, n_spikes, times_ms, ids));
    assert_ok(hk_recorder_close(recorder));
    assert_ok(hk_results_open(ctx, path, HK_RESULTS_ADD, &file));
    if (what != NO_MARKS) {
        assert_ok(hk_results_put(file, "samples/labels",
                                 &(hk_array){ .type = HK_U8, .n_dims = 1, .shape = { N_SAMPLES }, .values = labels }));
        assert_ok(hk_results_put_number(file, "samples", "window_ms", WINDOW_MS));
        assert_ok(hk_results_put_number(file, "samples", "n_neurons", N_NEURONS));
    }
    if (what == LABELS_AND_SETS)
        assert_ok(hk_results_put(file, "samples/sets",
                                 &(hk_array){ .type = HK_U8, .n_dims = 1, .shape = { N_SAMPLES }, .values = sets }));
    assert_ok(hk_results_close(file));
    hk_ctx_destroy(ctx);
    return path;
}

static void assert_row(const hk_features *f, size_t row, uint32_t label, const double expected[N_NEURONS])
{
    assert_int_equal(f->n_features, N_NEURONS);
    assert_int_equal(f->labels[row], label);
    for (size_t j = 0; j < N_NEURONS; j++)
        assert_close((double)hk_features_row(f, row)[j], expected[j], 1e-6);
}

/* ---- recordings ---------------------------------------------------------------------------------------------------- */

static void vectors_are_counts_first_times_and_traces_by_window(void **state)
{
    (void)state;
    const char *path = record("marked.h5", N_OF(times_ms), LABELS_AND_SETS);
    hk_recording_config c = plain;
    hk_split split;
    assert_ok(hk_split_load(NULL, path, &c, &split));
    assert_int_equal(split.learn.n, 2);
    assert_int_equal(split.test.n, 2);
    assert_row(&split.learn, 0, 1, (const double[]){ 1, 0, 1, 0 });
    assert_row(&split.learn, 1, 0, (const double[]){ 0, 1, 0, 0 });
    assert_row(&split.test, 0, 1, (const double[]){ 0, 0, 2, 0 });
    assert_row(&split.test, 1, 1, (const double[]){ 1, 0, 1, 0 });
    hk_split_fini(&split);
    c.vector = HK_VECTOR_LATENCY;
    assert_ok(hk_split_load(NULL, path, &c, &split));
    assert_row(&split.learn, 0, 1, (const double[]){ 0, 0, 1.0 - (30.0 - WINDOW_MS) / WINDOW_MS, 0 });
    assert_row(&split.test, 0, 1, (const double[]){ 0, 0, 1.0 - (60.0 - 2 * WINDOW_MS) / WINDOW_MS, 0 });
    hk_split_fini(&split);
    c.vector = HK_VECTOR_TRACE;
    assert_ok(hk_split_load(NULL, path, &c, &split));
    double end_ms = 3 * WINDOW_MS;
    assert_row(&split.learn, 0, 1, (const double[]){ 1, 0, exp((30.0 - 2 * WINDOW_MS) / 7.3), 0 });
    assert_row(&split.test, 0, 1, (const double[]){ 0, 0, exp((60.0 - end_ms) / 7.3) + exp((61.5 - end_ms) / 7.3), 0 });
    hk_split_fini(&split);
}

static void spikes_at_no_time_are_refused(void **state)
{
    (void)state;
    hk_ctx *ctx = hk_ctx_create();
    hk_results *file;
    hk_split split;
    double times[N_OF(times_ms)];
    const char *path = record("nan.h5", N_OF(times_ms), LABELS_AND_SETS);
    memcpy(times, times_ms, sizeof times);
    times[7] = NAN;
    assert_ok(hk_results_open(ctx, path, HK_RESULTS_ADD, &file));
    assert_ok(hk_results_put(file, "spikes/hidden/timestamps",
                             &(hk_array){ .type = HK_F64, .n_dims = 1, .shape = { N_OF(times) }, .values = times }));
    assert_ok(hk_results_close(file));
    assert_status(hk_split_load(ctx, path, &plain, &split), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "nan.h5: spike 7 is at nan ms, must be finite"));
    hk_ctx_destroy(ctx);
}

static void the_spikes_of_each_sample_are_kept_by_time_where_they_are_wanted(void **state)
{
    (void)state;
    hk_recording_config c = plain;
    hk_split split;
    c.keeps_spikes = true;
    assert_ok(hk_split_load(NULL, record("spikes.h5", N_OF(times_ms), LABELS_AND_SETS), &c, &split));
    const size_t learn[] = { 0, 2, 3 }, test[] = { 0, 2, 4 };
    assert_memory_equal(split.learn.first_spike, learn, sizeof learn);
    assert_memory_equal(split.test.first_spike, test, sizeof test);
    const uint32_t neurons[] = { 2, 0, 1 };
    const double after_ms[] = { 30.0 - WINDOW_MS, WINDOW_MS, 75.0 - 3 * WINDOW_MS };
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(split.learn.spikes[k].neuron, neurons[k]);
        assert_close(split.learn.spikes[k].after_ms, after_ms[k], 1e-12);
    }
    assert_close(split.test.spikes[3].after_ms, 119.0 - 4 * WINDOW_MS, 1e-12);
    hk_split_fini(&split);
}

static void a_file_without_marks_takes_labels_from_npy_and_windows_from_options(void **state)
{
    (void)state;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", record("bare.h5", N_OF(times_ms), NO_MARKS));
    hk_ctx *ctx = hk_ctx_create();
    hk_recording_config c = plain;
    hk_split split;
    assert_status(hk_split_load(ctx, path, &c, &split), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "window_ms"));
    c.window_ms = 40.0;
    c.begin_ms = 2.0;
    assert_status(hk_split_load(ctx, path, &c, &split), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "--labels"));
    const int64_t mine[] = { 2, 0, 1 };
    char labels_path[PATH_MAX];
    snprintf(labels_path, sizeof labels_path, "%s", scratch_path("mine.npy"));
    assert_ok(hk_npy_write(ctx, labels_path, HK_I64, 1, (size_t[]){ 3 }, mine));
    c.labels = labels_path;
    assert_ok(hk_split_load(ctx, path, &c, &split)); /* 0.6 of 3: two to learn from */
    assert_int_equal(split.learn.n, 2);
    assert_int_equal(split.learn.n_classes, 3);
    assert_row(&split.learn, 0, 2, (const double[]){ 1, 1, 1, 0 }); /* (2, 42] */
    assert_row(&split.learn, 1, 0, (const double[]){ 1, 1, 2, 0 }); /* (42, 82] */
    assert_row(&split.test, 0, 1, (const double[]){ 1, 0, 1, 0 });  /* (82, 122] */
    hk_split_fini(&split);
    assert_status(hk_split_load(ctx, path,
                                &(hk_recording_config){ .population = "hiden",
                                                        .labels = labels_path,
                                                        .window_ms = 40.0,
                                                        .begin_ms = NAN,
                                                        .n_neurons = NAN,
                                                        .share = 0.5 },
                                &split),
                  HK_ENAME);
    c.share = 1.0;
    assert_status(hk_split_load(ctx, path, &c, &split), HK_ERANGE);
    c.share = 0.5;
    c.n_neurons = 2.0;
    assert_status(hk_split_load(ctx, path, &c, &split), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "neuron 2"));
    const int64_t wrong[] = { 2, -1, 1 };
    assert_ok(hk_npy_write(ctx, labels_path, HK_I64, 1, (size_t[]){ 3 }, wrong));
    assert_status(hk_split_load(ctx, path, &c, &split), HK_ERANGE);
    hk_ctx_destroy(ctx);
}

static void a_file_without_spikes_is_refused(void **state)
{
    (void)state;
    hk_ctx *ctx = hk_ctx_create();
    hk_split split;
    hk_recording_config c = plain;
    assert_status(hk_split_load(ctx, record("empty.h5", 0, LABELS), &c, &split), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "no spikes"));
    assert_status(hk_split_load(ctx, scratch_path("none.h5"), &c, &split), HK_EIO);
    hk_ctx_destroy(ctx);
}

/* ---- features kept, and readouts ------------------------------------------------------------------------------------- */

static void features_come_back_bit_for_bit_from_npy_and_hdf5(void **state)
{
    (void)state;
    static const char *const names[] = { "kept.npy", "kept.h5" };
    hk_split split, back;
    draw(&split.learn, 60, 1);
    draw(&split.test, 40, 2);
    for (size_t k = 0; k < N_OF(names); k++) {
        char path[PATH_MAX], labels_path[PATH_MAX];
        hk_recording_config c = plain;
        snprintf(path, sizeof path, "%s", scratch_path(names[k]));
        snprintf(labels_path, sizeof labels_path, "%s", scratch_path("kept-labels.npy"));
        assert_ok(hk_split_save(NULL, &split, path));
        c.labels = k == 0 ? labels_path : NULL;
        assert_ok(hk_split_load(NULL, path, &c, &back));
        assert_int_equal(back.learn.n, 60);
        assert_int_equal(back.test.n, 40);
        assert_int_equal(back.learn.n_classes, 5);
        assert_memory_equal(back.learn.values, split.learn.values, 60 * 25 * sizeof(float));
        assert_memory_equal(back.test.values, split.test.values, 40 * 25 * sizeof(float));
        assert_memory_equal(back.learn.labels, split.learn.labels, 60 * sizeof(uint32_t));
        assert_memory_equal(back.test.labels, split.test.labels, 40 * sizeof(uint32_t));
        hk_split_fini(&back);
    }
    hk_split_fini(&split);
}

static void a_file_that_is_no_model_is_refused_by_every_readout(void **state)
{
    (void)state;
    size_t n;
    const hk_readout *const *readouts = hk_readouts(&n);
    const double wrong[] = { 1.0, NAN, 2.0, 3.0 };
    const char *path = scratch_path("wrong.h5");
    for (size_t r = 0; r < n; r++) {
        bench b;
        hk_results *file;
        void *model;
        bench_open(&b, readouts[r]);
        assert_ok(hk_results_open(b.job.ctx, path, HK_RESULTS_CREATE, &file));
        assert_ok(hk_results_put(file, "model/weights",
                                 &(hk_array){ .type = HK_F64, .n_dims = 2, .shape = { 2, 2 }, .values = wrong }));
        assert_ok(hk_results_put(file, "model/chosen",
                                 &(hk_array){ .type = HK_F64, .n_dims = 1, .shape = { 2 }, .values = wrong }));
        assert_ok(hk_results_close(file));
        assert_ok(hk_results_open(b.job.ctx, path, HK_RESULTS_READ, &file));
        assert_true(readouts[r]->load(&b.job, file, &model) != HK_OK);
        assert_null(model);
        hk_results_discard(file);
        readouts[r]->destroy(NULL);
        bench_close(&b);
    }
}

static void votes_refuse_vectors_that_are_no_counts_and_more_classes_than_ten(void **state)
{
    (void)state;
    hk_features f;
    bench b;
    void *model;
    draw(&f, 50, 5);
    bench_open(&b, &hk_readout_vote);
    f.values[7] = 0.5f;
    assert_status(hk_readout_vote.learn(&b.job, &f, &model), HK_ERANGE);
    f.values[7] = 1.0f;
    f.n_classes = 11;
    assert_status(hk_readout_vote.learn(&b.job, &f, &model), HK_ERANGE);
    bench_close(&b);
    hk_features_fini(&f);
}

static void a_map_draws_its_u_matrix_names_and_prototypes(void **state)
{
    (void)state;
    hk_features f;
    bench b;
    void *model;
    if (!hk_gnuplot_exists())
        skip();
    draw(&f, 50, 6); /* 25 features: prototypes of 5 x 5 */
    bench_open(&b, &hk_readout_som);
    assert_ok(hk_readout_som.learn(&b.job, &f, &model));
    assert_ok(hk_readout_som.plot(&b.job, model, scratch_path("map")));
    static const char *const names[] = { "map-umatrix.svg", "map-labels.svg", "map-prototypes.svg",
                                         "map-examples.svg" };
    for (size_t k = 0; k < N_OF(names); k++)
        assert_int_equal(access(scratch_path(names[k]), R_OK), 0);
    hk_readout_som.destroy(model);
    bench_close(&b);
    hk_features_fini(&f);
}

static void a_map_can_be_named_by_a_few_labels_only(void **state)
{
    (void)state;
    enum { N = 300, NAMING = 3 }; /* of classes 0, 1, 2 */
    hk_features f;
    bench b;
    void *few, *all;
    int32_t by_few[N], by_all[N];
    size_t n_same = 0;
    draw(&f, N, 7);
    bench_open(&b, &hk_readout_som);
    assert_ok(hk_readout_som.learn(&b.job, &f, &all));
    assert_ok(hk_values_set(b.job.ctx, &b.values, "label", "3"));
    assert_ok(hk_readout_som.learn(&b.job, &f, &few));
    assert_ok(hk_readout_som.decide(&b.job, all, &f, by_all));
    assert_ok(hk_readout_som.decide(&b.job, few, &f, by_few));
    for (size_t s = 0; s < N; s++) {
        assert_in_range(by_few[s], 0, NAMING - 1);
        n_same += by_few[s] == by_all[s];
    }
    assert_true(n_same > N / 3 && n_same < N); /* the map is the same */
    for (size_t s = 0; s < NAMING; s++)
        assert_int_equal(by_few[s], f.labels[s]);
    hk_summary *summary = hk_summary_create();
    assert_ok(hk_readout_som.report(&b.job, few, &f, summary));
    assert_string_equal(hk_summary_find(summary, "labels_used")->text, "3");
    hk_summary_destroy(summary);
    hk_readout_som.destroy(few);
    hk_readout_som.destroy(all);
    bench_close(&b);
    hk_features_fini(&f);
}

static void a_map_keeps_the_samples_nearest_to_each_prototype(void **state)
{
    (void)state;
    enum { UNITS = 16, N = 300, D = 25, KEPT = 10 };
    hk_features f;
    bench b;
    void *model;
    hk_results *file;
    static float weights[UNITS * D], nearest[UNITS * D];
    int32_t examples[UNITS * KEPT];
    draw(&f, N, 7);
    bench_open(&b, &hk_readout_som);
    assert_ok(hk_readout_som.learn(&b.job, &f, &model));
    assert_ok(hk_results_open(b.job.ctx, scratch_path("map.h5"), HK_RESULTS_CREATE, &file));
    assert_ok(hk_readout_som.save(model, file));
    assert_ok(hk_results_close(file));
    assert_ok(hk_results_open(b.job.ctx, scratch_path("map.h5"), HK_RESULTS_READ, &file));
    assert_ok(hk_results_get(file, "model/weights", HK_F32, weights, UNITS * D));
    assert_ok(hk_results_get(file, "model/nearest", HK_F32, nearest, UNITS * D));
    assert_ok(hk_results_get(file, "model/examples", HK_I32, examples, UNITS * KEPT));
    hk_results_discard(file);
    double won[UNITS][N]; /* distances of the samples that each unit wins, ascending */
    size_t n_won[UNITS] = { 0 };
    for (size_t s = 0; s < N; s++) {
        size_t winner = 0;
        double least = HUGE_VAL;
        for (size_t u = 0; u < UNITS; u++) {
            double square = 0.0;
            for (size_t k = 0; k < D; k++)
                square += pow((double)f.values[s * D + k] - (double)weights[u * D + k], 2.0);
            winner = square < least ? u : winner;
            least = fmin(least, square);
        }
        size_t at = n_won[winner]++;
        for (; at > 0 && won[winner][at - 1] > least; at--)
            won[winner][at] = won[winner][at - 1];
        won[winner][at] = least;
    }
    for (size_t u = 0; u < UNITS; u++)
        for (size_t e = 0; e < KEPT; e++) {
            int32_t s = examples[u * KEPT + e];
            double square = 0.0;
            assert_int_equal(s >= 0, e < n_won[u]);
            for (size_t k = 0; s >= 0 && k < D; k++)
                square += pow((double)f.values[(size_t)s * D + k] - (double)weights[u * D + k], 2.0);
            if (s >= 0)
                assert_close(square, won[u][e], 1e-9);
            if (e == 0 && s >= 0)
                assert_memory_equal(nearest + u * D, f.values + (size_t)s * D, D * sizeof *nearest);
        }
    hk_readout_som.destroy(model);
    bench_close(&b);
    hk_features_fini(&f);
}

/* ---- with mnist ------------------------------------------------------------------------------------------------------ */

static void what_mnist_recorded_gives_the_accuracies_it_reported(void **state)
{
    (void)state;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", scratch_path("mnist.h5"));
    const char *const arguments[] = { "mnist",      "--data", "glyphs",    "--set", "neurons=40", "--set",
                                      "train=1500", "--set",  "label=200", "--set", "test=150",   "--set",
                                      "passes=1",   "--code", "rate",      "--out", path,         NULL };
    trial t;
    run_it(&t, arguments, HK_OK);
    hk_split split;
    assert_ok(hk_split_load(NULL, path, &plain, &split));
    assert_int_equal(split.learn.n, 200);
    assert_int_equal(split.test.n, 150);
    const hk_readout *const kinds[] = { &hk_readout_label, &hk_readout_vote };
    const char *const keys[] = { "test_accuracy_label", "test_accuracy_vote" };
    for (size_t k = 0; k < N_OF(kinds); k++) {
        bench b;
        void *model;
        int32_t classes[150];
        double right = 0.0;
        bench_open(&b, kinds[k]);
        assert_ok(kinds[k]->learn(&b.job, &split.learn, &model));
        assert_ok(kinds[k]->decide(&b.job, model, &split.test, classes));
        for (size_t s = 0; s < 150; s++)
            right += classes[s] == (int32_t)split.test.labels[s];
        assert_close(right / 150.0, value_of(&t, keys[k])->number, 1e-12);
        assert_true(right > 30.0);
        kinds[k]->destroy(model);
        bench_close(&b);
    }
    hk_split_fini(&split);
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_counts_first_times_and_traces_by_window),
        cmocka_unit_test(spikes_at_no_time_are_refused),
        cmocka_unit_test(the_spikes_of_each_sample_are_kept_by_time_where_they_are_wanted),
        cmocka_unit_test(a_file_without_marks_takes_labels_from_npy_and_windows_from_options),
        cmocka_unit_test(a_file_without_spikes_is_refused),
        cmocka_unit_test(features_come_back_bit_for_bit_from_npy_and_hdf5),
        cmocka_unit_test(a_file_that_is_no_model_is_refused_by_every_readout),
        cmocka_unit_test(votes_refuse_vectors_that_are_no_counts_and_more_classes_than_ten),
        cmocka_unit_test(a_map_draws_its_u_matrix_names_and_prototypes),
        cmocka_unit_test(a_map_can_be_named_by_a_few_labels_only),
        cmocka_unit_test(a_map_keeps_the_samples_nearest_to_each_prototype),
        cmocka_unit_test(what_mnist_recorded_gives_the_accuracies_it_reported),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
