/* tests/test_program_files.c - the program and its files: experiments in YAML, results, figures, arrays. */
#include "tests/toy_program.h"

#include "experiments/figures/gnuplot.h"
#include "sim/npy.h"
#include "sim/version.h"

static void a_file_is_run_and_its_errors_end_with_2(void **state)
{
    (void)state;
    FILE *file = fopen("toy.yaml", "w");
    assert_non_null(file);
    fputs("experiment: toy\nout: none\nset:\n  value: 3.5\n", file);
    fclose(file);
    check("run toy.yaml", 0, "toy says 3.5\n", NULL);
    check("run toy.yaml --set value=4", 0, "toy says 4\n", NULL);
    file = fopen("toy.yaml", "a");
    assert_non_null(file);
    fputs("  vlaue: 3\n", file);
    fclose(file);
    check("run toy.yaml", 2, NULL, "toy.yaml:5:10: toy has no parameter 'vlaue'; did you mean 'value'?");
    remove("toy.yaml");
}

static void files_that_are_not_ours_are_refused(void **state)
{
    (void)state;
    check("info nowhere.h5", 1, NULL, "nowhere.h5");
    check("plot nowhere.h5", 1, NULL, "nowhere.h5");
    FILE *file = fopen("text.h5", "w");
    assert_non_null(file);
    fputs("no HDF5\n", file);
    fclose(file);
    check("info text.h5", 1, NULL, "text.h5");
    remove("text.h5");
    check("info", 2, NULL, "hillock info --help");
    check("plot x.h5 --format gif", 2, NULL, "svg, png or pdf");
    check("plot x.h5 --what everything", 2, NULL, "raster");
    check("plot x.h5 --share 1.01", 2, NULL, "--share = '1.01', must be a number above 0, at most 1");
    check("plot x.h5 --share 0", 2, NULL, "--share = '0'");
}

static void results_say_who_made_them_and_what_they_hold(void **state)
{
    (void)state;
    check("run toy --set record=1 --seed 11 --out results/toy.h5 --quiet", 0, NULL, NULL);
    check("info results/toy.h5", 0, "hillock run toy --set record=1 --seed 11 --out results/toy.h5 --quiet", NULL);
    check("info results/toy.h5", 0, "    value=1.25\n", NULL);
    check("info results/toy.h5", 0, hk_version(), NULL);
    check("info results/toy.h5", 0, "4 spikes, 1.25 to 7.75 ms", NULL);
    check("info results/toy.h5", 0, "[2][2][2] mV", NULL);
    check("info results/toy.h5", 0,
          "  hidden->hidden          2385         4.0   0.0078 pA, 0.013 % of a typical one\n", NULL);
    check("info results/toy.h5", 0, "  hidden->out               17        12.2   0\n", NULL);
    remove("results/toy.h5");
}

static void plot_draws_all_that_a_file_holds(void **state)
{
    static const char *const names[] = { "raster",   "rates",        "examples",  "fields",      "confusion",
                                         "accuracy", "neuron-rates", "neuron-cv", "correlations" };
    (void)state;
    if (!hk_gnuplot_exists())
        skip();
    check("run toy --set record=1 --out results/toy.h5 --quiet", 0, NULL, NULL);
    check("plot results/toy.h5 --out pictures/new --format png", 0, "pictures/new/toy-accuracy.png\n", NULL);
    for (size_t k = 0; k < N_OF(names); k++) {
        char name[64];
        snprintf(name, sizeof name, "pictures/new/toy-%s.png", names[k]);
        assert_int_equal(remove(name), 0);
    }
    rmdir("pictures/new");
    rmdir("pictures");
    check("plot results/toy.h5 --what raster --from 2 --to 3", 0, "results/toy-raster.svg\n", NULL);
    remove("results/toy-raster.svg");
    check("plot results/toy.h5 --what rates --from 20 --to 30", 1, NULL, "no spikes");
    check("plot results/toy.h5 --from 3 --to 2", 2, NULL, "must be an interval");
    remove("results/toy.h5");
}

static void an_array_is_exported_for_numpy(void **state)
{
    (void)state;
    hk_ctx *ctx = hk_ctx_create();
    hk_npy npy;
    check("run toy --set record=1 --out results/toy.h5 --quiet", 0, NULL, NULL);
    check("export results/toy.h5 receptive_fields --out arrays/new/fields.npy", 0, "arrays/new/fields.npy\n", NULL);
    assert_int_equal(hk_npy_read(ctx, "arrays/new/fields.npy", &npy), HK_OK);
    assert_int_equal(npy.n_dims, 3);
    assert_int_equal(npy.n, 8);
    hk_npy_free(&npy);
    remove("arrays/new/fields.npy");
    rmdir("arrays/new");
    rmdir("arrays");
    check("export results/toy.h5 spikes/hidden", 0, "results/toy-spikes-hidden.npy\n", NULL);
    assert_int_equal(hk_npy_read(ctx, "results/toy-spikes-hidden.npy", &npy), HK_OK);
    assert_int_equal(npy.type, HK_F64);
    assert_int_equal(npy.shape[0], 4);
    assert_int_equal(npy.shape[1], 2);
    const double *rows = npy.values;
    assert_true(rows[0] == 1.25 && rows[6] == 7.75);
    for (size_t k = 0; k < 4; k++)
        assert_true(rows[2 * k + 1] == (double)(uint64_t)rows[2 * k + 1]);
    hk_npy_free(&npy);
    remove("results/toy-spikes-hidden.npy");
    check("export results/toy.h5 receptive_field", 1, NULL, "did you mean 'receptive_fields'?");
    check("export results/toy.h5 spikes/nobody", 1, NULL, "hidden");
    check("export results/toy.h5", 2, NULL, "export what?");
    check("export results/toy.h5 a b", 2, NULL, "'b' is one argument too many");
    check("export nowhere.h5 a", 1, NULL, "nowhere.h5");
    remove("results/toy.h5");
    hk_ctx_destroy(ctx);
}

static void put_npy(const char *path, hk_type type, size_t n, size_t n_columns, const void *values)
{
    assert_int_equal(hk_npy_write(NULL, path, type, n_columns > 1 ? 2 : 1, (size_t[]){ n, n_columns }, values), HK_OK);
}

static void samples_that_no_readout_can_learn_from_are_refused(void **state)
{
    enum { N = 10, D = 3 };
    float x[N * D];
    uint32_t y[N];
    (void)state;
    for (uint32_t s = 0; s < N; s++) {
        y[s] = s % 2;
        for (uint32_t k = 0; k < D; k++)
            x[s * D + k] = (float)(7 * s + 3 * k % 5) * 0.31f;
    }
    for (uint32_t k = 0; k < D; k++)
        x[4 * D + k] = 0.0f;
    put_npy("x.npy", HK_F32, N, D, x);
    put_npy("y.npy", HK_U32, N, 1, y);
    check("readout ridge x.npy --labels y.npy", 0, "of 8 samples", NULL);
    check("readout ridge x.npy --labels y.npy", 0, "\n  1 samples are empty: 0 everywhere", NULL);
    check("readout som x.npy --labels y.npy --set side=3", 1, NULL,
          "3 x 3 units, must be at most as many as the 8 samples");
    check("readout ridge x.npy --labels y.npy --quiet --save model.h5", 0, NULL, NULL);
    hk_results *model;
    assert_int_equal(hk_results_open(NULL, "model.h5", HK_RESULTS_ADD, &model), HK_OK);
    assert_int_equal(
        hk_results_put(model, "model/weights",
                       &(hk_array){ .type = HK_F64, .n_dims = 1, .shape = { 2 }, .values = (double[2]){ 0 } }),
        HK_OK);
    assert_int_equal(hk_results_close(model), HK_OK);
    check("readout ridge x.npy --labels y.npy --load model.h5", 1, NULL,
          "what model.h5 has learnt cannot be used: model/weights must be a matrix");
    remove("model.h5");
    put_npy("y.npy", HK_U32, N, 1, (uint32_t[N]){ 0 });
    check("readout ridge x.npy --labels y.npy --quiet", 0, NULL,
          "hillock: warning: all samples to learn from are of class 0");
    for (uint32_t s = 0; s < N; s++)
        y[s] = 2 * (s % 2);
    put_npy("y.npy", HK_U32, N, 1, y);
    check("readout lda x.npy --labels y.npy", 1, NULL, "none of the 8 samples to learn from is of class 1");
    x[2 * D + 1] = NAN;
    put_npy("x.npy", HK_F32, N, D, x);
    for (uint32_t s = 0; s < N; s++)
        y[s] = s % 2;
    put_npy("y.npy", HK_U32, N, 1, y);
    check("readout ridge x.npy --labels y.npy", 1, NULL,
          "x.npy, samples to learn from: feature 1 of sample 2 is nan, must be finite");
    x[2 * D + 1] = 0.5f;
    x[9 * D] = INFINITY;
    put_npy("x.npy", HK_F32, N, D, x);
    check("readout ridge x.npy --labels y.npy", 1, NULL,
          "x.npy, samples to test on: feature 0 of sample 1 is inf, must be finite");
    put_npy("y.npy", HK_U32, N - 1, 1, y);
    check("readout ridge x.npy --labels y.npy", 1, NULL, "must be as many");
    FILE *file = fopen("empty.h5", "w");
    assert_non_null(file);
    fclose(file);
    check("readout vote empty.h5", 1, NULL, "the file is empty, must be an HDF5 file");
    remove("x.npy");
    remove("y.npy");
    remove("empty.h5");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--as-hillock") == 0) {
        argv[1] = argv[0];
        return as_hillock(argc - 1, argv + 1);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_run_and_its_errors_end_with_2),
        cmocka_unit_test(files_that_are_not_ours_are_refused),
        cmocka_unit_test(results_say_who_made_them_and_what_they_hold),
        cmocka_unit_test(plot_draws_all_that_a_file_holds),
        cmocka_unit_test(an_array_is_exported_for_numpy),
        cmocka_unit_test(samples_that_no_readout_can_learn_from_are_refused),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
