/* tests/test_readout_model.c - what readouts have learnt, kept in files: HDF5, and .npy with the rest beside it. */
#include "tests/hk_scratch.h"
#include "tests/readout_rig.h"

#include "experiments/readouts/model_file.h"
#include "sim/npy.h"

enum { N_LEARN = 300, N_TEST = 200, FEATURES = 25, CLASSES = 5, RIDGE_ROW = FEATURES + 1 };

typedef struct rig {
    hk_features learn, test;
} rig;

static int setup(void **state)
{
    static rig r;
    draw(&r.learn, N_LEARN, 3);
    draw(&r.test, N_TEST, 4);
    *state = &r;
    return hk_scratch_setup(state);
}

static int teardown(void **state)
{
    rig *r = *state;
    hk_features_fini(&r->learn);
    hk_features_fini(&r->test);
    return hk_scratch_teardown(state);
}

/* Decisions on the samples to test, of what was learnt from the others. */
static void decide_learnt(const rig *r, const bench *b, const hk_readout *readout, const char *save, int32_t *classes)
{
    void *model;
    assert_ok(readout->learn(&b->job, &r->learn, &model));
    assert_ok(readout->decide(&b->job, model, &r->test, classes));
    assert_ok(hk_readout_model_save(&b->job, readout, model, save));
    readout->destroy(model);
}

static void decide_loaded(const rig *r, const bench *b, const hk_readout *readout, const char *load, int32_t *classes)
{
    void *model;
    size_t n_features;
    uint32_t n_classes;
    assert_ok(hk_readout_model_load(&b->job, readout, load, &model));
    readout->shape(model, &n_features, &n_classes);
    assert_int_equal(n_features, FEATURES);
    assert_true(n_classes >= CLASSES);
    assert_ok(readout->decide(&b->job, model, &r->test, classes));
    readout->destroy(model);
}

static void every_readout_learns_and_decides_the_same_after_it_was_saved_and_loaded(void **state)
{
    static const char *const names[] = { "kept.h5", "kept.npy" };
    const rig *r = *state;
    size_t n;
    const hk_readout *const *readouts = hk_readouts(&n);
    for (size_t k = 0; k < n; k++)
        for (size_t f = 0; f < N_OF(names); f++) {
            bench b;
            int32_t saved[N_TEST], loaded[N_TEST];
            size_t n_right = 0;
            bench_open(&b, readouts[k]);
            decide_learnt(r, &b, readouts[k], scratch_path(names[f]), saved);
            for (size_t s = 0; s < N_TEST; s++)
                n_right += saved[s] == (int32_t)r->test.labels[s];
            if (n_right < 100) /* chance: 40 */
                fail_msg("%s: %zu of 200 right", readouts[k]->name, n_right);
            decide_loaded(r, &b, readouts[k], scratch_path(names[f]), loaded);
            assert_memory_equal(saved, loaded, sizeof saved);
            bench_close(&b);
        }
}

/* Opens a bench, and reads the weights that a readout has learnt and saved at `path`. */
static void bench_open_learnt(const rig *r, bench *b, const hk_readout *readout, const char *path,
                              int32_t decided[N_TEST], hk_npy *weights)
{
    bench_open(b, readout);
    decide_learnt(r, b, readout, path, decided);
    assert_ok(hk_npy_read(b->job.ctx, path, weights));
}

static void reverse(hk_npy *npy)
{
    size_t size = hk_type_size(npy->type);
    unsigned char *bytes = npy->values, kept[8];
    for (size_t k = 0; k < npy->n / 2; k++) {
        unsigned char *a = bytes + k * size, *b = bytes + (npy->n - 1 - k) * size;
        memcpy(kept, a, size);
        memcpy(a, b, size);
        memcpy(b, kept, size);
    }
}

static void weights_changed_in_npy_change_what_every_readout_decides_and_not_the_model_beside(void **state)
{
    const rig *r = *state;
    size_t n;
    const hk_readout *const *readouts = hk_readouts(&n);
    for (size_t k = 0; k < n; k++) {
        bench b;
        hk_npy weights;
        int32_t saved[N_TEST], changed[N_TEST], beside[N_TEST];
        const char *path = scratch_path("changed.npy"), *model_path = scratch_path("changed-model.h5");
        bench_open_learnt(r, &b, readouts[k], path, saved, &weights);
        reverse(&weights);
        assert_ok(hk_npy_write(b.job.ctx, path, weights.type, weights.n_dims, weights.shape, weights.values));
        hk_npy_free(&weights);
        decide_loaded(r, &b, readouts[k], path, changed);
        decide_loaded(r, &b, readouts[k], model_path, beside);
        assert_memory_not_equal(saved, changed, sizeof saved);
        assert_memory_equal(saved, beside, sizeof saved);
        bench_close(&b);
    }
}

static void weights_of_two_classes_swapped_in_npy_swap_the_decisions(void **state)
{
    const rig *r = *state;
    bench b;
    hk_npy weights;
    int32_t saved[N_TEST], swapped[N_TEST];
    const char *path = scratch_path("swapped.npy");
    double kept[RIDGE_ROW];
    bench_open(&b, &hk_readout_ridge);
    decide_learnt(r, &b, &hk_readout_ridge, path, saved);
    assert_ok(hk_npy_read(b.job.ctx, path, &weights));
    assert_int_equal(weights.type, HK_F64);
    assert_int_equal(weights.n, CLASSES * RIDGE_ROW);
    double *one = (double *)weights.values + RIDGE_ROW, *three = (double *)weights.values + 3 * RIDGE_ROW;
    memcpy(kept, one, sizeof kept);
    memcpy(one, three, sizeof kept);
    memcpy(three, kept, sizeof kept);
    assert_ok(hk_npy_write(b.job.ctx, path, weights.type, weights.n_dims, weights.shape, weights.values));
    decide_loaded(r, &b, &hk_readout_ridge, path, swapped);
    for (size_t s = 0; s < N_TEST; s++)
        assert_int_equal(swapped[s], saved[s] == 1 ? 3 : saved[s] == 3 ? 1 : saved[s]);
    hk_npy_free(&weights);
    bench_close(&b);
}

static void assert_refused(const bench *b, const hk_readout *readout, const char *path, int status, const char *says)
{
    void *model = &model;
    assert_status(hk_readout_model_load(&b->job, readout, path, &model), status);
    assert_null(model);
    if (strstr(hk_ctx_message(b->job.ctx), says) == NULL)
        fail_msg("the message is '%s', without '%s'", hk_ctx_message(b->job.ctx), says);
}

static void weights_that_do_not_fit_the_model_are_refused(void **state)
{
    static const double zeros[CLASSES * RIDGE_ROW];
    const rig *r = *state;
    bench b;
    int32_t classes[N_TEST];
    double broken[CLASSES * RIDGE_ROW] = { 0.0 };
    char path[PATH_MAX], model_path[PATH_MAX];
    size_t n_bytes;
    snprintf(path, sizeof path, "%s", scratch_path("refused.npy"));
    snprintf(model_path, sizeof model_path, "%s", scratch_path("refused-model.h5"));
    bench_open(&b, &hk_readout_ridge);
    decide_learnt(r, &b, &hk_readout_ridge, path, classes);
    hk_ctx *ctx = b.job.ctx;
    assert_refused(&b, &hk_readout_lda, path, HK_EFORMAT, "refused-model.h5 was not saved by the readout lda");

    unsigned char *bytes = file_bytes(path, &n_bytes);
    write_file(path, bytes, n_bytes - 3);
    free(bytes);
    assert_refused(&b, &hk_readout_ridge, path, HK_EFORMAT, "refused.npy: 1037 bytes");

    assert_ok(hk_npy_write(ctx, path, HK_F64, 2, (size_t[]){ RIDGE_ROW, CLASSES }, zeros));
    assert_refused(&b, &hk_readout_ridge, path, HK_EFORMAT,
                   "model/weights is float64 [5][26], which float64 [26][5] cannot replace");
    assert_ok(hk_npy_write(ctx, path, HK_F32, 2, (size_t[]){ CLASSES, RIDGE_ROW }, zeros));
    assert_refused(&b, &hk_readout_ridge, path, HK_EFORMAT,
                   "model/weights is float64 [5][26], which float32 [5][26] cannot replace");
    assert_ok(hk_npy_write(ctx, path, HK_F64, 1, (size_t[]){ CLASSES * RIDGE_ROW }, zeros));
    assert_refused(&b, &hk_readout_ridge, path, HK_EFORMAT, "which float64 [130] cannot replace");

    broken[7] = NAN;
    assert_ok(hk_npy_write(ctx, path, HK_F64, 2, (size_t[]){ CLASSES, RIDGE_ROW }, broken));
    assert_refused(&b, &hk_readout_ridge, path, HK_EFORMAT,
                   "refused.npy has learnt cannot be used: model/weights: number 7 is nan");

    assert_int_equal(unlink(model_path), 0);
    assert_refused(&b, &hk_readout_ridge, path, HK_EIO, model_path);
    assert_int_equal(unlink(path), 0);
    assert_refused(&b, &hk_readout_ridge, path, HK_EIO, path);
    bench_close(&b);
}

static void weights_that_are_not_finite_are_refused_by_every_readout(void **state)
{
    const rig *r = *state;
    size_t n;
    const hk_readout *const *readouts = hk_readouts(&n);
    for (size_t k = 0; k < n; k++) {
        bench b;
        hk_npy weights;
        int32_t classes[N_TEST];
        const char *path = scratch_path("nan.npy");
        bench_open_learnt(r, &b, readouts[k], path, classes, &weights);
        if (weights.type == HK_F64)
            ((double *)weights.values)[weights.n - 1] = NAN;
        else
            ((float *)weights.values)[weights.n - 1] = NAN;
        assert_ok(hk_npy_write(b.job.ctx, path, weights.type, weights.n_dims, weights.shape, weights.values));
        assert_refused(&b, readouts[k], path, HK_EFORMAT, "nan.npy has learnt cannot be used");
        hk_npy_free(&weights);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_readout_learns_and_decides_the_same_after_it_was_saved_and_loaded),
        cmocka_unit_test(weights_changed_in_npy_change_what_every_readout_decides_and_not_the_model_beside),
        cmocka_unit_test(weights_of_two_classes_swapped_in_npy_swap_the_decisions),
        cmocka_unit_test(weights_that_do_not_fit_the_model_are_refused),
        cmocka_unit_test(weights_that_are_not_finite_are_refused_by_every_readout),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
