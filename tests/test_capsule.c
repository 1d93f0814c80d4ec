/* tests/test_capsule.c - the capsule network against its equations in plain loops, its gradients against differences. */
#include "tests/hk_scratch.h"

#include "experiments/nets/capsule.h"
#include "experiments/nets/routing.h"
#include "sim/rng.h"

static hk_ctx *ctx;
static hk_multiplier *multiplier;

static const hk_capsule_shape small = { .rows = 9,
                                        .cols = 8,
                                        .kernel1 = 3,
                                        .stride1 = 2,
                                        .channels = 3,
                                        .kernel2 = 2,
                                        .stride2 = 1,
                                        .n_types = 2,
                                        .depth = 3,
                                        .n_classes = 4,
                                        .class_depth = 5,
                                        .rounds = 3 };
enum { N = 3 };
static const uint8_t labels[N] = { 2, 0, 3 };

static void draw(double *values, size_t n, double sd, uint32_t id)
{
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 41, id);
    for (size_t k = 0; k < n; k++)
        values[k] = sd * hk_stream_normal(&stream);
}

static void open_net(hk_capsule *net, hk_capsule_pass *pass)
{
    assert_ok(hk_capsule_create(ctx, &small, net));
    assert_true(net->rows1 == 4 && net->cols1 == 3 && net->rows2 == 3 && net->cols2 == 2 && net->n_primary == 12);
    draw(net->params, net->offset[HK_CAPSULE_PARTS], 0.5, 1);
    assert_ok(hk_capsule_pass_init(ctx, net, N, pass));
    draw(pass->values, N * small.rows * small.cols, 1.0, 2);
}

static void close_net(hk_capsule *net, hk_capsule_pass *pass)
{
    hk_capsule_pass_fini(pass);
    hk_capsule_fini(net);
}

/* ---- the equations, one sample, nothing shared with the code under test ---------------------------------------------- */

static void squash_plainly(const double *s, size_t n, double *out)
{
    double square = 0.0;
    for (size_t k = 0; k < n; k++)
        square += s[k] * s[k];
    for (size_t k = 0; k < n; k++)
        out[k] = square / (1.0 + square) * s[k] / sqrt(square);
}

static void run_plainly(const hk_capsule *net, const double *image, double out[4][5])
{
    enum { R1 = 4, C1 = 3, R2 = 3, C2 = 2, CH = 3, T = 2, D = 3, P = 12 };
    const double *k1 = net->params + net->offset[HK_CAPSULE_K1], *b1 = net->params + net->offset[HK_CAPSULE_B1];
    const double *k2 = net->params + net->offset[HK_CAPSULE_K2], *b2 = net->params + net->offset[HK_CAPSULE_B2];
    const double *w = net->params + net->offset[HK_CAPSULE_VOTES];
    double y[R1][C1][CH], votes[P][4][5], b[P][4] = { { 0 } };
    for (int r = 0; r < R1; r++)
        for (int c = 0; c < C1; c++)
            for (int h = 0; h < CH; h++) {
                double sum = b1[h];
                for (int u = 0; u < 3; u++)
                    for (int v = 0; v < 3; v++)
                        sum += k1[(u * 3 + v) * CH + h] * image[(2 * r + u) * 8 + 2 * c + v];
                y[r][c][h] = fmax(0.0, sum);
            }
    for (int i = 0; i < P; i++) {
        double s[D], capsule[D];
        int r = i / T / C2, c = i / T % C2;
        for (int d = 0; d < D; d++) {
            s[d] = b2[i % T * D + d];
            for (int u = 0; u < 2; u++)
                for (int v = 0; v < 2; v++)
                    for (int h = 0; h < CH; h++)
                        s[d] += k2[((u * 2 + v) * CH + h) * T * D + i % T * D + d] * y[r + u][c + v][h];
        }
        squash_plainly(s, D, capsule);
        for (int j = 0; j < 4; j++)
            for (int k = 0; k < 5; k++) {
                votes[i][j][k] = 0.0;
                for (int d = 0; d < D; d++)
                    votes[i][j][k] += w[(i * D + d) * 20 + j * 5 + k] * capsule[d];
            }
    }
    for (int round = 0; round < 3; round++) {
        double s[4][5] = { { 0 } };
        for (int i = 0; i < P; i++) {
            double all = 0.0;
            for (int j = 0; j < 4; j++)
                all += exp(b[i][j]);
            for (int j = 0; j < 4; j++)
                for (int k = 0; k < 5; k++)
                    s[j][k] += exp(b[i][j]) / all * votes[i][j][k];
        }
        for (int j = 0; j < 4; j++)
            squash_plainly(s[j], 5, out[j]);
        for (int i = 0; i < P; i++)
            for (int j = 0; j < 4; j++)
                for (int k = 0; k < 5; k++)
                    b[i][j] += out[j][k] * votes[i][j][k];
    }
}

static void vectors_and_loss_are_those_of_the_equations(void **state)
{
    (void)state;
    hk_capsule net;
    hk_capsule_pass pass;
    open_net(&net, &pass);
    double loss, expected = 0.0, *gradient = malloc(net.offset[HK_CAPSULE_PARTS] * sizeof *gradient);
    assert_ok(hk_capsule_run(&net, multiplier, &pass, N));
    assert_ok(hk_capsule_gradient(&net, multiplier, &pass, N, labels, &loss, gradient));
    for (size_t s = 0; s < N; s++) {
        double v[4][5], most = 0.0;
        size_t longest = 0;
        run_plainly(&net, pass.values + s * 72, v);
        for (size_t j = 0; j < 4; j++) {
            double square = 0.0;
            for (size_t k = 0; k < 5; k++) {
                assert_close(hk_capsule_vectors(&net, &pass, s)[j * 5 + k], v[j][k], 1e-13);
                square += v[j][k] * v[j][k];
            }
            double margin = fmax(0.0, j == labels[s] ? 0.9 - sqrt(square) : sqrt(square) - 0.1);
            expected += (j == labels[s] ? 1.0 : 0.5) * margin * margin / N;
            longest = square > most ? j : longest;
            most = fmax(most, square);
        }
        assert_int_equal(hk_capsule_decide(&net, &pass, s), longest);
    }
    assert_close(loss, expected, 1e-13);
    free(gradient);
    close_net(&net, &pass);
}

/* ---- gradients ------------------------------------------------------------------------------------------------------ */

static double loss_of(const hk_capsule *net, hk_capsule_pass *pass, double *gradient)
{
    double loss;
    assert_ok(hk_capsule_run(net, multiplier, pass, N));
    assert_ok(hk_capsule_gradient(net, multiplier, pass, N, labels, &loss, gradient));
    return loss;
}

static void every_gradient_is_that_of_central_differences(void **state)
{
    (void)state;
    hk_capsule net;
    hk_capsule_pass pass;
    open_net(&net, &pass);
    const size_t n = net.offset[HK_CAPSULE_PARTS];
    double *gradient = malloc(n * sizeof *gradient), *unused = malloc(n * sizeof *unused);
    loss_of(&net, &pass, gradient);
    for (size_t part = 0; part < HK_CAPSULE_PARTS; part++) {
        double most = 0.0;
        for (size_t k = net.offset[part]; k < net.offset[part + 1]; k++)
            most = fmax(most, fabs(gradient[k]));
        assert_true(most > 1e-3);
        for (size_t k = net.offset[part]; k < net.offset[part + 1]; k++) {
            const double kept = net.params[k], h = 1e-5;
            net.params[k] = kept + h;
            double above = loss_of(&net, &pass, unused);
            net.params[k] = kept - h;
            double below = loss_of(&net, &pass, unused);
            net.params[k] = kept;
            double difference = (above - below) / (2.0 * h);
            assert_close(gradient[k], difference, 1e-6 * fmax(fabs(difference), 1e-2 * most));
        }
    }
    free(gradient);
    free(unused);
    close_net(&net, &pass);
}

static void a_vector_of_length_nought_stays_and_lets_gradients_through(void **state)
{
    (void)state;
    const double s[3] = { 0.0, 0.0, 0.0 }, by_out[3] = { 1.0, -2.0, 0.5 };
    double out[3], by_s[3];
    const hk_routing_kernels *kernels = hk_routing_kernels_for(hk_cpu_best());
    kernels->squash(s, 3, out);
    kernels->squash_back(s, by_out, 3, by_s);
    for (size_t k = 0; k < 3; k++) {
        assert_true(out[k] == 0.0);
        assert_close(by_s[k], 1e-9 * by_out[k], 1e-20);
    }
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    enum { IN = 11, OUT = 7, DEPTH = 5, ROUNDS = 4, VECTOR = OUT * DEPTH };
    double votes[IN * VECTOR], logits[IN * OUT], couplings[ROUNDS * IN * OUT], sums[ROUNDS * VECTOR];
    double vectors[ROUNDS * VECTOR], by_vector[VECTOR], kept[2][ROUNDS * VECTOR], by_vote[2][IN * VECTOR];
    const hk_routing routing = { IN, OUT, DEPTH, ROUNDS, votes, logits, couplings, sums, vectors };
    draw(votes, N_OF(votes), 0.7, 5);
    for (unsigned level = 0; level <= (unsigned)hk_cpu_best(); level++) {
        const hk_routing_kernels *kernels = hk_routing_kernels_for((hk_cpu)level);
        draw(by_vector, VECTOR, 1.0, 6);
        kernels->route(&routing);
        kernels->route_back(&routing, by_vector, by_vote[level > 0]);
        memcpy(kept[level > 0], vectors, sizeof vectors);
        assert_memory_equal(kept[0], kept[level > 0], sizeof kept[0]);
        assert_memory_equal(by_vote[0], by_vote[level > 0], sizeof by_vote[0]);
    }
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    hk_capsule net;
    hk_capsule_pass pass;
    hk_team *team;
    hk_multiplier *alone = multiplier, *together;
    open_net(&net, &pass);
    const size_t n = net.offset[HK_CAPSULE_PARTS];
    double *gradients[2] = { malloc(n * sizeof(double)), malloc(n * sizeof(double)) };
    double loss = loss_of(&net, &pass, gradients[0]);
    assert_ok(hk_team_create(ctx, 2, &team));
    assert_ok(hk_multiplier_create(ctx, team, &together));
    multiplier = together;
    assert_true(loss_of(&net, &pass, gradients[1]) == loss);
    multiplier = alone;
    assert_memory_equal(gradients[0], gradients[1], n * sizeof(double));
    hk_multiplier_destroy(together);
    hk_team_destroy(team);
    free(gradients[0]);
    free(gradients[1]);
    close_net(&net, &pass);
}

/* ---- files and refusals ------------------------------------------------------------------------------------------------ */

static void a_net_comes_back_from_a_file_with_every_bit_or_is_refused(void **state)
{
    (void)state;
    hk_capsule net, again;
    hk_results *file;
    assert_ok(hk_capsule_create(ctx, &small, &net));
    hk_capsule_draw(&net, 0.1, 7);
    for (int wrong = 0; wrong < 3; wrong++) {
        if (wrong == 1)
            net.params[17] = INFINITY;
        if (wrong == 2) {
            net.params[17] = 0.0;
            net.shape.rounds = HK_CAPSULE_ROUNDS + 1;
        }
        assert_ok(hk_results_open(ctx, scratch_path("net.h5"), HK_RESULTS_CREATE, &file));
        assert_ok(hk_capsule_save(&net, file));
        assert_ok(hk_results_close(file));
        assert_status(hk_capsule_load(ctx, scratch_path("net.h5"), &again), wrong == 0 ? HK_OK : HK_EFORMAT);
        if (wrong > 0) {
            assert_non_null(strstr(hk_ctx_message(ctx), "net.h5"));
            assert_null(again.params);
            continue;
        }
        assert_memory_equal(&again.shape, &net.shape, sizeof net.shape);
        assert_memory_equal(again.params, net.params, net.offset[HK_CAPSULE_PARTS] * sizeof *net.params);
        hk_capsule_fini(&again);
    }
    hk_capsule_fini(&net);
}

static void shapes_that_cannot_be_are_refused_by_name(void **state)
{
    (void)state;
    hk_capsule net;
    hk_capsule_shape shape = small;
    shape.kernel1 = 9; /* wider than the image */
    assert_status(hk_capsule_create(ctx, &shape, &net), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "kernel1 = 9, must be 1 to 8"));
    shape = small;
    shape.kernel2 = 4;
    assert_status(hk_capsule_create(ctx, &shape, &net), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "kernel2 = 4, must be at most the maps of 4 x 3 places"));
    shape = small;
    shape.rounds = 0;
    assert_status(hk_capsule_create(ctx, &shape, &net), HK_ERANGE);
    shape = small;
    shape.n_classes = HK_CAPSULE_CLASSES + 1;
    assert_status(hk_capsule_create(ctx, &shape, &net), HK_ERANGE);
}

static int open_all(void **state)
{
    ctx = hk_ctx_create();
    return ctx == NULL || hk_multiplier_create(ctx, NULL, &multiplier) != HK_OK ? -1 : hk_scratch_setup(state);
}

static int close_all(void **state)
{
    hk_multiplier_destroy(multiplier);
    hk_ctx_destroy(ctx);
    return hk_scratch_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_and_loss_are_those_of_the_equations),
        cmocka_unit_test(every_gradient_is_that_of_central_differences),
        cmocka_unit_test(a_vector_of_length_nought_stays_and_lets_gradients_through),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(a_net_comes_back_from_a_file_with_every_bit_or_is_refused),
        cmocka_unit_test(shapes_that_cannot_be_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
