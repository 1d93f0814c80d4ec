/* tests/test_linear.c - ridge regression and discriminant analysis against GSL's decompositions, and their promises about
 * order, streams and bad input. */
#include "tests/hk_test.h"

#include "experiments/readouts/linear.h"
#include "experiments/readouts/product_kernels.h"
#include "sim/rng.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>

enum { P = 19, K = 4, N = 611 };

/* Classes overlap; features are correlated, far from zero and of unequal size. */
static void draw(hk_features *f, size_t n, size_t p, uint64_t id)
{
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, id, 0);
    assert_ok(hk_features_init(NULL, n, p, f));
    f->n_classes = K;
    for (size_t s = 0; s < n; s++) {
        f->labels[s] = s < K ? (uint32_t)s : (uint32_t)hk_stream_below(&stream, K + 3) % K; /* unequal classes */
        double common = hk_stream_normal(&stream);
        for (size_t k = 0; k < p; k++)
            f->values[s * p + k] = (float)(3.7 + (double)(1 + k % 5) * (hk_stream_normal(&stream) + 0.6 * common) +
                                           (k % K == f->labels[s] ? 0.83 : 0.0));
    }
}

static void add_all(hk_ridge *ridge, const hk_features *f)
{
    for (size_t s = 0; s < f->n; s++)
        hk_ridge_add(ridge, NULL, hk_features_row(f, s), f->labels[s]);
}

static void ridge_of(const hk_features *f, double lambda, hk_team *team, hk_linear *out)
{
    hk_ridge ridge;
    assert_ok(hk_ridge_init(NULL, f->n_features, f->n_classes, &ridge));
    for (size_t s = 0; s < f->n; s++)
        hk_ridge_add(&ridge, team, hk_features_row(f, s), f->labels[s]);
    assert_ok(hk_ridge_solve(NULL, &ridge, team, lambda, out));
    hk_ridge_fini(&ridge);
}

static void lda_of(const hk_features *f, double rho, hk_linear *out)
{
    hk_scatter scatter;
    assert_ok(hk_scatter_init(NULL, f->n_features, f->n_classes, &scatter));
    for (size_t s = 0; s < f->n; s++)
        hk_scatter_add(&scatter, NULL, hk_features_row(f, s), f->labels[s]);
    assert_ok(hk_lda_solve(NULL, &scatter, NULL, rho, out));
    hk_scatter_fini(&scatter);
}

static void assert_same_weights(const hk_linear *a, const hk_linear *b, double tolerance)
{
    for (size_t k = 0; k < a->n_classes * (a->n_features + 1); k++)
        assert_close(a->weights[k], b->weights[k], tolerance);
}

/* ---- references ---------------------------------------------------------------------------------------------------- */

/* Least squares by QR of the samples themselves, centred, with sqrt(lambda) I below them: no sums of products. */
static void reference_ridge(const hk_features *f, double lambda, hk_linear *out)
{
    size_t p = f->n_features, n = f->n;
    gsl_matrix *a = gsl_matrix_calloc(n + p, p);
    gsl_vector *tau = gsl_vector_alloc(p), *t = gsl_vector_calloc(n + p), *w = gsl_vector_alloc(p),
               *residual = gsl_vector_alloc(n + p);
    double *mean = calloc(p, sizeof *mean);
    out->n_features = p;
    out->n_classes = f->n_classes;
    out->weights = calloc(f->n_classes * (p + 1), sizeof *out->weights);
    for (size_t s = 0; s < n; s++)
        for (size_t k = 0; k < p; k++)
            mean[k] += (double)f->values[s * p + k] / (double)n;
    for (size_t s = 0; s < n; s++)
        for (size_t k = 0; k < p; k++)
            gsl_matrix_set(a, s, k, (double)f->values[s * p + k] - mean[k]);
    for (size_t k = 0; k < p; k++)
        gsl_matrix_set(a, n + k, k, sqrt(lambda));
    gsl_linalg_QR_decomp(a, tau);
    for (uint32_t c = 0; c < f->n_classes; c++) {
        double share = 0.0, *weights = out->weights + c * (p + 1);
        for (size_t s = 0; s < n; s++)
            share += (double)(f->labels[s] == c) / (double)n;
        for (size_t s = 0; s < n; s++)
            gsl_vector_set(t, s, (double)(f->labels[s] == c) - share);
        gsl_linalg_QR_lssolve(a, tau, t, w, residual);
        weights[p] = share;
        for (size_t k = 0; k < p; k++) {
            weights[k] = gsl_vector_get(w, k);
            weights[p] -= weights[k] * mean[k];
        }
    }
    free(mean);
    gsl_matrix_free(a);
    gsl_vector_free(tau);
    gsl_vector_free(t);
    gsl_vector_free(w);
    gsl_vector_free(residual);
}

/* Covariance of deviations from the class means, inverted by LU. */
static void reference_lda(const hk_features *f, double rho, hk_linear *out)
{
    size_t p = f->n_features, n = f->n;
    double *means = calloc(f->n_classes * p, sizeof *means), *counts = calloc(f->n_classes, sizeof *counts),
           trace = 0.0;
    gsl_matrix *s = gsl_matrix_calloc(p, p), *d = gsl_matrix_alloc(n, p), *inverse = gsl_matrix_alloc(p, p);
    gsl_permutation *order = gsl_permutation_alloc(p);
    int sign;
    out->n_features = p;
    out->n_classes = f->n_classes;
    out->weights = calloc(f->n_classes * (p + 1), sizeof *out->weights);
    for (size_t i = 0; i < n; i++) {
        counts[f->labels[i]] += 1.0;
        for (size_t k = 0; k < p; k++)
            means[f->labels[i] * p + k] += (double)f->values[i * p + k];
    }
    for (size_t k = 0; k < f->n_classes * p; k++)
        means[k] /= counts[k / p];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < p; k++)
            gsl_matrix_set(d, i, k, (double)f->values[i * p + k] - means[f->labels[i] * p + k]);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1.0 / (double)n, d, d, 0.0, s);
    for (size_t k = 0; k < p; k++)
        trace += gsl_matrix_get(s, k, k);
    gsl_matrix_scale(s, 1.0 - rho);
    for (size_t k = 0; k < p; k++)
        gsl_matrix_set(s, k, k, gsl_matrix_get(s, k, k) + rho * trace / (double)p);
    gsl_linalg_LU_decomp(s, order, &sign);
    gsl_linalg_LU_invert(s, order, inverse);
    for (uint32_t c = 0; c < f->n_classes; c++) {
        double *weights = out->weights + c * (p + 1);
        weights[p] = log(counts[c] / (double)n);
        for (size_t k = 0; k < p; k++) {
            for (size_t j = 0; j < p; j++)
                weights[k] += gsl_matrix_get(inverse, k, j) * means[c * p + j];
            weights[p] -= 0.5 * weights[k] * means[c * p + k];
        }
    }
    free(means);
    free(counts);
    gsl_matrix_free(s);
    gsl_matrix_free(d);
    gsl_matrix_free(inverse);
    gsl_permutation_free(order);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void ridge_is_the_least_squares_solution_of_gsl(void **state)
{
    (void)state;
    hk_features f;
    draw(&f, N, P, 1);
    const double lambdas[] = { 0.0, 0.37, 238.5 };
    for (size_t l = 0; l < N_OF(lambdas); l++) {
        hk_linear ours = { 0 }, reference = { 0 };
        ridge_of(&f, lambdas[l], NULL, &ours);
        reference_ridge(&f, lambdas[l], &reference);
        assert_same_weights(&ours, &reference, 1e-9);
        assert_close(ours.lambda, lambdas[l], 0.0);
        hk_linear_fini(&ours);
        hk_linear_fini(&reference);
    }
    hk_features_fini(&f);
}

static void lda_is_that_of_the_covariance_inverted_by_gsl(void **state)
{
    (void)state;
    hk_features f;
    draw(&f, N, P, 2);
    const double rhos[] = { 0.0238, 0.41, 1.0 };
    for (size_t l = 0; l < N_OF(rhos); l++) {
        hk_linear ours = { 0 }, reference = { 0 };
        lda_of(&f, rhos[l], &ours);
        reference_lda(&f, rhos[l], &reference);
        assert_same_weights(&ours, &reference, 1e-8);
        hk_linear_fini(&ours);
        hk_linear_fini(&reference);
    }
    hk_features_fini(&f);
}

/* Chen et al. (2010), eq. 23, with the covariance of two features written out. */
static void shrinkage_is_that_of_the_published_formula(void **state)
{
    (void)state;
    hk_features f;
    hk_linear linear;
    double mean[K][2] = { { 0 } }, n[K] = { 0 }, a = 0.0, b = 0.0, c = 0.0, p = 2.0;
    draw(&f, 50, 2, 11);
    for (size_t s = 0; s < 50; s++) {
        n[f.labels[s]] += 1.0;
        for (size_t k = 0; k < 2; k++)
            mean[f.labels[s]][k] += (double)f.values[2 * s + k];
    }
    for (size_t s = 0; s < 50; s++) {
        double x = (double)f.values[2 * s] - mean[f.labels[s]][0] / n[f.labels[s]];
        double y = (double)f.values[2 * s + 1] - mean[f.labels[s]][1] / n[f.labels[s]];
        a += x * x / 50.0;
        b += x * y / 50.0;
        c += y * y / 50.0;
    }
    double trace = a + c, of_square = a * a + 2.0 * b * b + c * c;
    double rho = ((1.0 - 2.0 / p) * of_square + trace * trace) /
                 ((50.0 + 1.0 - 2.0 / p) * (of_square - trace * trace / p));
    assert_true(rho > 0.01 && rho < 1.0);
    lda_of(&f, NAN, &linear);
    assert_close(linear.rho, rho, 1e-9);
    hk_linear_fini(&linear);
    hk_features_fini(&f);
}

/* Folds are not known outside, so what is tested is where the choice falls. */
static void lambda_by_cross_validation_is_large_for_noise_and_small_for_clean_data(void **state)
{
    (void)state;
    hk_features noise, clean;
    draw(&noise, 60, P, 3);
    draw(&clean, N, P, 4);
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 5, 0);
    for (size_t s = K; s < noise.n; s++)
        noise.labels[s] = (uint32_t)hk_stream_below(&stream, K);
    for (size_t s = 0; s < clean.n; s++)
        for (size_t k = 0; k < P; k++)
            clean.values[s * P + k] = (float)((k % K == clean.labels[s]) + 0.01 * hk_stream_normal(&stream));
    hk_linear of_noise, of_clean;
    ridge_of(&noise, NAN, NULL, &of_noise);
    ridge_of(&clean, NAN, NULL, &of_clean);
    assert_true(of_noise.lambda > 1000.0);
    assert_true(of_clean.lambda < 1.0);
    hk_linear_fini(&of_noise);
    hk_linear_fini(&of_clean);
    hk_features_fini(&noise);
    hk_features_fini(&clean);
}

/* 800 samples with whole numbers: sums are exact, so even the bits agree. */
static void any_order_of_samples_gives_the_same_readout(void **state)
{
    (void)state;
    hk_features f, turned;
    draw(&f, 800, P, 6);
    draw(&turned, 800, P, 6);
    for (int whole = 0; whole < 2; whole++) {
        for (size_t s = 0; s < f.n; s++) {
            for (size_t k = 0; whole && k < P; k++)
                f.values[s * P + k] = (float)floor((double)f.values[s * P + k]);
            memcpy(turned.values + (f.n - 1 - s) * P, f.values + s * P, P * sizeof *f.values);
            turned.labels[f.n - 1 - s] = f.labels[s];
        }
        for (int kind = 0; kind < 2; kind++) {
            hk_linear a, b;
            if (kind == 0) {
                ridge_of(&f, NAN, NULL, &a);
                ridge_of(&turned, NAN, NULL, &b);
            } else {
                lda_of(&f, NAN, &a);
                lda_of(&turned, NAN, &b);
            }
            assert_same_weights(&a, &b, whole ? 0.0 : 1e-9);
            assert_close(a.lambda, b.lambda, 1e-9 * a.lambda);
            hk_linear_fini(&a);
            hk_linear_fini(&b);
        }
    }
    hk_features_fini(&f);
    hk_features_fini(&turned);
}

static void a_stream_solved_on_the_way_ends_like_one_solved_once(void **state)
{
    (void)state;
    hk_features f;
    hk_linear once, streamed = { 0 };
    hk_ridge ridge;
    draw(&f, N, P, 7);
    ridge_of(&f, 1.7, NULL, &once);
    assert_ok(hk_ridge_init(NULL, P, K, &ridge));
    for (size_t s = 0; s < f.n; s++) {
        hk_ridge_add(&ridge, NULL, hk_features_row(&f, s), f.labels[s]);
        if (s % 97 == 96) {
            hk_linear_fini(&streamed);
            assert_ok(hk_ridge_solve(NULL, &ridge, NULL, 1.7, &streamed));
        }
    }
    hk_linear_fini(&streamed);
    assert_ok(hk_ridge_solve(NULL, &ridge, NULL, 1.7, &streamed));
    assert_same_weights(&once, &streamed, 1e-10);
    hk_linear_fini(&once);
    hk_linear_fini(&streamed);
    hk_ridge_fini(&ridge);
    hk_features_fini(&f);
}

static void more_threads_change_no_bit(void **state)
{
    (void)state;
    hk_features f;
    hk_linear alone, together;
    hk_team *team;
    draw(&f, 1700, 37, 8);
    assert_ok(hk_team_create(NULL, 2, &team));
    ridge_of(&f, NAN, NULL, &alone);
    ridge_of(&f, NAN, team, &together);
    assert_same_weights(&alone, &together, 0.0);
    hk_team_destroy(team);
    hk_linear_fini(&alone);
    hk_linear_fini(&together);
    hk_features_fini(&f);
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    enum { TERMS = 53, LEFT = 19 };
    float a[TERMS * LEFT], b[TERMS * HK_TILE_F32], out[2][HK_TILE_ROWS * HK_TILE_F32];
    double da[TERMS * LEFT], db[TERMS * HK_TILE_F64], dout[2][HK_TILE_ROWS * HK_TILE_F64];
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 9, 0);
    for (size_t k = 0; k < N_OF(a); k++)
        a[k] = (float)(da[k] = hk_stream_normal(&stream));
    for (size_t k = 0; k < N_OF(b); k++)
        b[k] = (float)hk_stream_normal(&stream);
    for (size_t k = 0; k < N_OF(db); k++)
        db[k] = hk_stream_normal(&stream);
    const hk_product_kernels *plain = hk_product_kernels_for(HK_CPU_PLAIN);
    plain->tile_f32(a, LEFT, b, TERMS, out[0]);
    plain->tile_f64(da, LEFT, db, TERMS, dout[0]);
    for (size_t r = 0; r < HK_TILE_ROWS; r++)
        for (size_t c = 0; c < HK_TILE_F64; c++) {
            double sum = 0.0;
            for (size_t k = 0; k < TERMS; k++)
                sum += da[k * LEFT + r] * db[k * HK_TILE_F64 + c];
            assert_close(dout[0][r * HK_TILE_F64 + c], sum, 0.0);
        }
    for (unsigned level = 0; level <= (unsigned)hk_cpu_best(); level++) {
        const hk_product_kernels *other = hk_product_kernels_for((hk_cpu)level);
        other->tile_f32(a, LEFT, b, TERMS, out[1]);
        other->tile_f64(da, LEFT, db, TERMS, dout[1]);
        assert_memory_equal(out[0], out[1], sizeof out[0]);
        assert_memory_equal(dout[0], dout[1], sizeof dout[0]);
        float here = other->distance(a, b, TERMS), there = plain->distance(a, b, TERMS);
        assert_memory_equal(&here, &there, sizeof here);
        double dot = other->dot(da, db, TERMS), plainly = plain->dot(da, db, TERMS), sum = 0.0;
        for (size_t k = 0; k < TERMS; k++)
            sum += da[k] * db[k];
        assert_memory_equal(&dot, &plainly, sizeof dot);
        assert_close(dot, sum, 1e-13);
    }
}

/* Upper triangles only; the textbook's sums, whose terms are taken off one by one. Returns the first bad pivot, or n. */
static size_t textbook_cholesky(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            for (size_t j = i; j < n; j++)
                a[i * n + j] -= a[k * n + i] * a[k * n + j];
        if (!(a[i * n + i] > 0.0))
            return i;
        double root = sqrt(a[i * n + i]);
        for (size_t j = i; j < n; j++)
            a[i * n + j] /= root;
    }
    return n;
}

static void a_matrix_is_split_into_triangles_in_the_order_of_the_textbook(void **state)
{
    enum { MOST = 293, BAD = 71 };
    static const size_t sizes[] = { 1, 3, 31, 32, 33, 65, 160, MOST };
    static double drawn[MOST * MOST], expected[MOST * MOST], found[MOST * MOST];
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 11, 0);
    (void)state;
    for (size_t s = 0; s <= N_OF(sizes); s++) {
        const size_t n = s < N_OF(sizes) ? sizes[s] : MOST, first_bad = s < N_OF(sizes) ? n : BAD;
        for (size_t i = 0; i < n; i++)
            for (size_t j = i; j < n; j++)
                drawn[i * n + j] = hk_stream_uniform(&stream) + (i == j ? (double)n : 0.0);
        if (first_bad < n)
            drawn[BAD * n + BAD] = -0.37;
        memcpy(expected, drawn, sizeof drawn);
        assert_int_equal(textbook_cholesky(expected, n), first_bad);
        for (unsigned level = 0; level <= (unsigned)hk_cpu_best(); level++) {
            memcpy(found, drawn, sizeof drawn);
            assert_int_equal(hk_product_kernels_for((hk_cpu)level)->cholesky(found, n), first_bad);
            for (size_t i = 0; i < first_bad; i++)
                assert_memory_equal(found + i * n + i, expected + i * n + i, (n - i) * sizeof *found);
        }
    }
}

static void bad_input_is_refused_by_name(void **state)
{
    (void)state;
    hk_ctx *ctx = hk_ctx_create();
    hk_features f;
    hk_linear linear;
    hk_ridge ridge;
    hk_scatter scatter;
    assert_status(hk_features_init(ctx, 0, P, &f), HK_ERANGE);
    assert_status(hk_features_init(ctx, SIZE_MAX / 8, P, &f), HK_ERANGE);
    draw(&f, N, P, 10);
    assert_ok(hk_features_check(ctx, &f));
    f.values[7 * P + 3] = NAN;
    assert_status(hk_features_check(ctx, &f), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "feature 3 of sample 7 is nan"));
    assert_status(hk_features_check_width(ctx, &f, P), HK_ERANGE);
    f.values[7 * P + 3] = 0.0f;
    assert_status(hk_features_check_width(ctx, &f, P + 1), HK_ERANGE);
    for (size_t k = 0; k < f.n; k++)
        f.values[k * P] = 2.385f;
    f.n_classes = K + 1;
    assert_status(hk_features_check(ctx, &f), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "is of class 4"));
    assert_ok(hk_ridge_init(ctx, P, K + 1, &ridge));
    add_all(&ridge, &f);
    assert_status(hk_ridge_solve(ctx, &ridge, NULL, 1.0, &linear), HK_ERANGE);
    assert_status(hk_ridge_solve(ctx, &ridge, NULL, -1.0, &linear), HK_ERANGE);
    hk_ridge_fini(&ridge);
    assert_ok(hk_ridge_init(ctx, P, K, &ridge));
    add_all(&ridge, &f);
    assert_status(hk_ridge_solve(ctx, &ridge, NULL, 0.0, &linear), HK_ERANGE); /* feature 0 is constant */
    hk_ridge_fini(&ridge);
    assert_ok(hk_scatter_init(ctx, P, K, &scatter));
    assert_status(hk_lda_solve(ctx, &scatter, NULL, NAN, &linear), HK_ERANGE);
    for (uint32_t c = 0; c < K; c++)
        hk_scatter_add(&scatter, NULL, hk_features_row(&f, c), c);
    assert_status(hk_lda_solve(ctx, &scatter, NULL, NAN, &linear), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "alike"));
    assert_status(hk_lda_solve(ctx, &scatter, NULL, 1.5, &linear), HK_ERANGE);
    hk_scatter_fini(&scatter);
    for (size_t k = 0; k < N * P; k++) /* alike, but for rounding of the sums */
        f.values[k] = 0.1f;
    assert_ok(hk_scatter_init(ctx, P, K, &scatter));
    assert_ok(hk_ridge_init(ctx, P, K, &ridge));
    for (size_t s = 0; s < N; s++)
        hk_scatter_add(&scatter, NULL, hk_features_row(&f, s), f.labels[s]);
    add_all(&ridge, &f);
    assert_status(hk_lda_solve(ctx, &scatter, NULL, NAN, &linear), HK_ERANGE);
    assert_status(hk_ridge_solve(ctx, &ridge, NULL, NAN, &linear), HK_ERANGE);
    hk_scatter_fini(&scatter);
    hk_ridge_fini(&ridge);
    hk_features_fini(&f);
    hk_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ridge_is_the_least_squares_solution_of_gsl),
        cmocka_unit_test(lda_is_that_of_the_covariance_inverted_by_gsl),
        cmocka_unit_test(shrinkage_is_that_of_the_published_formula),
        cmocka_unit_test(lambda_by_cross_validation_is_large_for_noise_and_small_for_clean_data),
        cmocka_unit_test(any_order_of_samples_gives_the_same_readout),
        cmocka_unit_test(a_stream_solved_on_the_way_ends_like_one_solved_once),
        cmocka_unit_test(more_threads_change_no_bit),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(a_matrix_is_split_into_triangles_in_the_order_of_the_textbook),
        cmocka_unit_test(bad_input_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
