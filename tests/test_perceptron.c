/* tests/test_perceptron.c - products against plain loops, gradients against differences, steps against their formulas. */
#include "tests/hk_scratch.h"

#include "experiments/nets/descent.h"
#include "experiments/nets/perceptron.h"
#include "sim/rng.h"

static hk_ctx *ctx;

static void draw(double *values, size_t n, uint32_t id)
{
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 31, id);
    for (size_t k = 0; k < n; k++)
        values[k] = hk_stream_normal(&stream);
}

/* ---- products ------------------------------------------------------------------------------------------------------- */

static hk_matrix matrix(double *values, size_t rows, size_t cols, bool is_transposed)
{
    return is_transposed ? (hk_matrix){ values, .row = 1, .col = rows } : (hk_matrix){ values, .row = cols, .col = 1 };
}

static void a_product_is_that_of_plain_loops_to_the_bit_whatever_the_layout(void **state)
{
    static const size_t shapes[][3] = { { 1, 1, 1 }, { 8, 16, 5 }, { 24, 33, 64 }, { 37, 19, 131 }, { 9, 70, 1 } };
    enum { MOST = 40 * 140 };
    static double a[MOST], b[MOST], c[MOST];
    hk_multiplier *multiplier;
    (void)state;
    draw(a, MOST, 1);
    draw(b, MOST, 2);
    assert_ok(hk_multiplier_create(ctx, NULL, &multiplier));
    for (size_t s = 0; s < N_OF(shapes); s++)
        for (unsigned layout = 0; layout < 8; layout++) {
            const size_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
            hk_matrix left = matrix(a, m, k, layout & 1), right = matrix(b, k, n, layout & 2);
            hk_matrix out = matrix(c, m, n, layout & 4);
            assert_ok(hk_multiply(multiplier, m, n, k, left, right, out));
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < n; j++) {
                    double sum = 0.0;
                    for (size_t at = 0; at < k; at++)
                        sum += right.values[at * right.row + j * right.col] * left.values[i * left.row + at * left.col];
                    assert_true(out.values[i * out.row + j * out.col] == sum);
                }
        }
    hk_multiplier_destroy(multiplier);
}

/* ---- gradients ------------------------------------------------------------------------------------------------------ */

enum { N = 11, MOST_PARAMS = 400 };
static const size_t sizes[] = { 13, 9, 7, 5 };
static const uint8_t labels[N] = { 3, 0, 1, 4, 2, 2, 0, 1, 3, 4, 0 };

static void open_net(hk_perceptron *net, hk_perceptron_pass *pass)
{
    assert_ok(hk_perceptron_create(ctx, sizes, 3, net));
    assert_true(net->n_params == 13 * 9 + 9 + 9 * 7 + 7 + 7 * 5 + 5 && net->n_params <= MOST_PARAMS);
    draw(net->params, net->n_params, 3);
    assert_ok(hk_perceptron_pass_init(ctx, net, N, pass));
    draw(pass->values[0], N * sizes[0], 4);
}

static double loss_of(const hk_perceptron *net, hk_multiplier *multiplier, hk_perceptron_pass *pass, double smoothing,
                      double *gradient)
{
    double loss;
    assert_ok(hk_perceptron_run(net, multiplier, pass, N));
    assert_ok(hk_perceptron_gradient(net, multiplier, pass, N, labels, smoothing, &loss, gradient));
    return loss;
}

static void every_gradient_is_that_of_central_differences(void **state)
{
    (void)state;
    hk_perceptron net;
    hk_perceptron_pass pass;
    hk_multiplier *multiplier;
    double gradient[MOST_PARAMS], unused[MOST_PARAMS], most = 0.0;
    assert_ok(hk_multiplier_create(ctx, NULL, &multiplier));
    open_net(&net, &pass);
    for (int smooth = 0; smooth < 2; smooth++) {
        const double smoothing = smooth == 1 ? 0.137 : 0.0, h = 1e-5;
        loss_of(&net, multiplier, &pass, smoothing, gradient);
        for (size_t k = 0; k < net.n_params; k++)
            most = fmax(most, fabs(gradient[k]));
        for (size_t k = 0; k < net.n_params; k++) {
            const double kept = net.params[k];
            net.params[k] = kept + h;
            double above = loss_of(&net, multiplier, &pass, smoothing, unused);
            net.params[k] = kept - h;
            double below = loss_of(&net, multiplier, &pass, smoothing, unused);
            net.params[k] = kept;
            double difference = (above - below) / (2.0 * h);
            assert_close(gradient[k], difference, 1e-6 * fmax(fabs(difference), 1e-3 * most));
        }
        assert_true(most > 0.1);
    }
    hk_perceptron_pass_fini(&pass);
    hk_perceptron_fini(&net);
    hk_multiplier_destroy(multiplier);
}

static void the_loss_is_the_entropy_across_smoothed_labels(void **state)
{
    (void)state;
    const size_t two[] = { 2, 3 };
    const double smoothing = 0.3, x[] = { 1.5, -0.25 };
    hk_perceptron net;
    hk_perceptron_pass pass;
    hk_multiplier *multiplier;
    double loss, gradient[9], z[3], sum = 0.0, expected = 0.0;
    assert_ok(hk_multiplier_create(ctx, NULL, &multiplier));
    assert_ok(hk_perceptron_create(ctx, two, 1, &net));
    draw(net.params, net.n_params, 9);
    assert_ok(hk_perceptron_pass_init(ctx, &net, 1, &pass));
    memcpy(pass.values[0], x, sizeof x);
    assert_ok(hk_perceptron_run(&net, multiplier, &pass, 1));
    assert_ok(hk_perceptron_gradient(&net, multiplier, &pass, 1, (uint8_t[]){ 2 }, smoothing, &loss, gradient));
    for (size_t c = 0; c < 3; c++) {
        z[c] = x[0] * net.params[c] + x[1] * net.params[3 + c] +
               net.params[6 + c]; /* the last layer is not rectified */
        sum += exp(z[c]);
        assert_close(pass.values[1][c], z[c], 1e-15);
    }
    for (size_t c = 0; c < 3; c++) {
        double p = exp(z[c]) / sum, wanted = c == 2 ? 0.8 : 0.1;
        expected -= wanted * log(p);
        assert_close(gradient[6 + c], p - wanted, 1e-15);
        assert_close(gradient[c], 1.5 * (p - wanted), 1e-15);
    }
    assert_close(loss, expected, 1e-14);
    hk_perceptron_pass_fini(&pass);
    hk_perceptron_fini(&net);
    hk_multiplier_destroy(multiplier);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    enum { SAMPLES = 97 };
    const size_t wide[] = { 61, 83, 10 };
    hk_perceptron net;
    uint8_t of[SAMPLES];
    double *gradients[2], losses[2];
    assert_ok(hk_perceptron_create(ctx, wide, 2, &net));
    hk_perceptron_draw(&net, 0.0, 7);
    for (size_t s = 0; s < SAMPLES; s++)
        of[s] = (uint8_t)(s * 7 % 10);
    for (unsigned t = 0; t < 2; t++) {
        hk_team *team;
        hk_multiplier *multiplier;
        hk_perceptron_pass pass;
        assert_ok(hk_team_create(ctx, 2 * t, &team));
        assert_ok(hk_multiplier_create(ctx, team, &multiplier));
        assert_ok(hk_perceptron_pass_init(ctx, &net, SAMPLES, &pass));
        gradients[t] = malloc(net.n_params * sizeof **gradients);
        draw(pass.values[0], SAMPLES * wide[0], 5);
        assert_ok(hk_perceptron_run(&net, multiplier, &pass, SAMPLES));
        assert_ok(hk_perceptron_gradient(&net, multiplier, &pass, SAMPLES, of, 0.1, &losses[t], gradients[t]));
        hk_perceptron_pass_fini(&pass);
        hk_multiplier_destroy(multiplier);
        hk_team_destroy(team);
    }
    assert_true(losses[0] == losses[1]);
    assert_memory_equal(gradients[0], gradients[1], net.n_params * sizeof **gradients);
    free(gradients[0]);
    free(gradients[1]);
    hk_perceptron_fini(&net);
}

/* ---- steps ---------------------------------------------------------------------------------------------------------- */

static void steps_follow_their_formulas(void **state)
{
    (void)state;
    const double g[3][2] = { { 0.7, -1.3 }, { -0.2, 0.4 }, { 2.385, 0.0 } };
    double v[2] = { 0 }, m[2] = { 0 }, u[2] = { 0 }, p[2] = { 1.0, -2.0 }, q[2] = { 1.0, -2.0 };
    double with_momentum[2] = { 1.0, -2.0 }, with_adam[2] = { 1.0, -2.0 };
    hk_descent momentum, adam;
    assert_ok(hk_descent_init(ctx, HK_DESCENT_MOMENTUM, 0.6, 2, &momentum));
    assert_ok(hk_descent_init(ctx, HK_DESCENT_ADAM, 0.0, 2, &adam));
    for (int t = 0; t < 3; t++) {
        hk_descent_step(&momentum, 0.1, g[t], with_momentum);
        hk_descent_step(&adam, 0.01, g[t], with_adam);
        for (int k = 0; k < 2; k++) {
            v[k] = 0.6 * v[k] + g[t][k];
            p[k] -= 0.1 * v[k];
            m[k] = 0.9 * m[k] + 0.1 * g[t][k];
            u[k] = 0.999 * u[k] + 0.001 * g[t][k] * g[t][k];
            q[k] -= 0.01 * (m[k] / (1.0 - pow(0.9, t + 1))) / (sqrt(u[k] / (1.0 - pow(0.999, t + 1))) + 1e-8);
            assert_close(with_momentum[k], p[k], 1e-15);
            assert_close(with_adam[k], q[k], 1e-13);
        }
    }
    hk_descent_fini(&momentum);
    hk_descent_fini(&adam);
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

static void a_net_comes_back_from_a_file_with_every_bit(void **state)
{
    (void)state;
    hk_perceptron net, again;
    hk_results *file;
    assert_ok(hk_perceptron_create(ctx, sizes, 3, &net));
    hk_perceptron_draw(&net, 0.37, 4);
    assert_ok(hk_results_open(ctx, scratch_path("net.h5"), HK_RESULTS_CREATE, &file));
    assert_ok(hk_perceptron_save(&net, file));
    assert_ok(hk_results_close(file));
    assert_ok(hk_perceptron_load(ctx, scratch_path("net.h5"), &again));
    assert_int_equal(again.n_layers, 3);
    assert_memory_equal(again.sizes, net.sizes, sizeof net.sizes);
    assert_memory_equal(again.params, net.params, net.n_params * sizeof *net.params);
    hk_perceptron_fini(&again);
    hk_perceptron_fini(&net);
}

static void files_without_a_sound_net_are_refused(void **state)
{
    (void)state;
    const size_t one[] = { 3, 2 };
    hk_perceptron net, again;
    hk_results *file;
    assert_ok(hk_perceptron_create(ctx, one, 1, &net));
    for (int wrong = 0; wrong < 3; wrong++) {
        net.params[4] = wrong == 1 ? (double)NAN : 1.0;
        assert_ok(hk_results_open(ctx, scratch_path("bad.h5"), HK_RESULTS_CREATE, &file));
        if (wrong > 0)
            assert_ok(hk_perceptron_save(&net, file));
        if (wrong == 2) /* 4 inputs behind a layer of 2 */
            assert_ok(hk_results_put(
                file, "net/layer2/weights",
                &(hk_array){ .type = HK_F64, .n_dims = 2, .shape = { 4, 2 }, .values = (double[8]){ 0 } }));
        assert_ok(hk_results_close(file));
        assert_status(hk_perceptron_load(ctx, scratch_path("bad.h5"), &again), HK_EFORMAT);
        assert_non_null(strstr(hk_ctx_message(ctx), "bad.h5"));
        assert_null(again.params);
    }
    assert_status(hk_perceptron_load(ctx, scratch_path("none.h5"), &again), HK_EIO);
    assert_non_null(strstr(hk_ctx_message(ctx), "none.h5"));
    hk_perceptron_fini(&net);
    assert_status(hk_perceptron_create(ctx, one, 0, &net), HK_ERANGE);
    assert_status(hk_perceptron_create(ctx, one, HK_PERCEPTRON_LAYERS + 1, &net), HK_ERANGE);
    assert_status(hk_perceptron_create(ctx, (size_t[]){ 3, 0, 2 }, 2, &net), HK_ERANGE);
    assert_status(hk_perceptron_create(ctx, (size_t[]){ 3, 1 }, 1, &net), HK_ERANGE);
}

static int open_all(void **state)
{
    ctx = hk_ctx_create();
    return ctx == NULL ? -1 : hk_scratch_setup(state);
}

static int close_all(void **state)
{
    hk_ctx_destroy(ctx);
    return hk_scratch_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_is_that_of_plain_loops_to_the_bit_whatever_the_layout),
        cmocka_unit_test(every_gradient_is_that_of_central_differences),
        cmocka_unit_test(the_loss_is_the_entropy_across_smoothed_labels),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(steps_follow_their_formulas),
        cmocka_unit_test(a_net_comes_back_from_a_file_with_every_bit),
        cmocka_unit_test(files_without_a_sound_net_are_refused),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
