/* tests/test_oja.c - the subspace that Oja's rule finds against the eigenvectors that GSL finds. */
#include "tests/hk_test.h"

#include "experiments/readouts/oja.h"
#include "sim/rng.h"

#include <gsl/gsl_eigen.h>

enum { D = 11, K = 3, N = 2000 };
static const hk_oja_config usual = {
    .n_components = K, .eta_start = 0.2, .eta_end = 0.0005, .epochs = 8, .seed = 2385
};

/* Three large variances along mixed directions, far from zero. */
static void draw(hk_features *f)
{
    static const double sd[D] = { 3.1, 2.6, 2.2, 0.5, 0.4, 0.4, 0.3, 0.3, 0.2, 0.2, 0.1 };
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 1, 0);
    double mixed[D][D];
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b < D; b++)
            mixed[a][b] = cos((double)(a * b) + 0.7 * (double)b) / sqrt(D / 2.0);
    assert_ok(hk_features_init(NULL, N, D, f));
    f->n_classes = 2;
    for (size_t s = 0; s < N; s++) {
        double z[D];
        f->labels[s] = s % 2;
        for (size_t b = 0; b < D; b++)
            z[b] = sd[b] * hk_stream_normal(&stream);
        for (size_t a = 0; a < D; a++) {
            double x = 23.85;
            for (size_t b = 0; b < D; b++)
                x += mixed[a][b] * z[b];
            f->values[s * D + a] = (float)x;
        }
    }
}

/* Entry (a, b) of the projector onto the K eigenvectors of the covariance with the largest eigenvalues. */
static void projector(const hk_features *f, double p[D][D])
{
    gsl_matrix *c = gsl_matrix_calloc(D, D), *vectors = gsl_matrix_alloc(D, D);
    gsl_vector *values = gsl_vector_alloc(D);
    gsl_eigen_symmv_workspace *space = gsl_eigen_symmv_alloc(D);
    double mean[D] = { 0 };
    for (size_t s = 0; s < N; s++)
        for (size_t a = 0; a < D; a++)
            mean[a] += (double)f->values[s * D + a] / N;
    for (size_t s = 0; s < N; s++)
        for (size_t a = 0; a < D; a++)
            for (size_t b = 0; b < D; b++)
                *gsl_matrix_ptr(c, a, b) += ((double)f->values[s * D + a] - mean[a]) *
                                            ((double)f->values[s * D + b] - mean[b]) / N;
    gsl_eigen_symmv(c, values, vectors, space);
    gsl_eigen_symmv_sort(values, vectors, GSL_EIGEN_SORT_VAL_DESC);
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b < D; b++) {
            p[a][b] = 0.0;
            for (size_t k = 0; k < K; k++)
                p[a][b] += gsl_matrix_get(vectors, a, k) * gsl_matrix_get(vectors, b, k);
        }
    gsl_matrix_free(c);
    gsl_matrix_free(vectors);
    gsl_vector_free(values);
    gsl_eigen_symmv_free(space);
}

static void the_subspace_is_that_of_the_largest_eigenvectors(void **state)
{
    (void)state;
    hk_features f, y;
    hk_oja oja;
    double p[D][D];
    draw(&f);
    projector(&f, p);
    assert_ok(hk_oja_learn(NULL, &usual, &f, &oja));
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b < D; b++) {
            double ours = 0.0;
            for (size_t k = 0; k < K; k++)
                ours += oja.weights[a * K + k] * oja.weights[b * K + k];
            assert_close(ours, p[a][b], 0.01);
        }
    for (size_t j = 0; j < K; j++)
        for (size_t k = 0; k < K; k++) {
            double dot = 0.0;
            for (size_t a = 0; a < D; a++)
                dot += oja.weights[a * K + j] * oja.weights[a * K + k];
            assert_close(dot, j == k ? 1.0 : 0.0, 0.01);
        }
    assert_ok(hk_oja_project(NULL, &oja, &f, &y));
    assert_int_equal(y.n_features, K);
    double expected = 0.0;
    for (size_t a = 0; a < D; a++)
        expected += oja.weights[a * K + 1] * ((double)f.values[7 * D + a] - oja.mean[a]);
    assert_close((double)y.values[7 * K + 1], expected, 1e-5);
    assert_int_equal(y.labels[7], f.labels[7]);
    hk_features_fini(&y);
    hk_oja_fini(&oja);
    hk_features_fini(&f);
}

static void bad_settings_and_samples_all_alike_are_refused(void **state)
{
    (void)state;
    hk_features f;
    hk_oja oja;
    hk_oja_config c[5];
    draw(&f);
    for (size_t k = 0; k < N_OF(c); k++)
        c[k] = usual;
    c[0].n_components = 0;
    c[1].n_components = D + 1;
    c[2].eta_start = 1.1;
    c[3].eta_end = NAN;
    c[4].epochs = 0;
    for (size_t k = 0; k < N_OF(c); k++)
        assert_status(hk_oja_learn(NULL, &c[k], &f, &oja), HK_ERANGE);
    for (size_t k = 0; k < N * D; k++)
        f.values[k] = 0.1f;
    assert_status(hk_oja_learn(NULL, &usual, &f, &oja), HK_ERANGE);
    hk_features_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_subspace_is_that_of_the_largest_eigenvectors),
        cmocka_unit_test(bad_settings_and_samples_all_alike_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
