/* tests/test_mnist_novelty.c - the layer of mnist under rule=novelty, image by image. Whole runs: test_mnist.c and
 * test_mnist_resume.c. */
#include "tests/hk_test.h"

#include "encoders/catalogue.h"
#include "experiments/matching.h"
#include "experiments/mnist.h"

#include <math.h>
#include <string.h>

enum { SIDE = 6, PIXELS = SIDE * SIDE };

static hk_ctx *ctx;

/* Four images of 12 pixels of 200: pixels 0 to 11, 3 to 14, 12 to 23, 24 to 35. Cosine of the first two: 9 / 12. Their pixels are
 * 6 / sqrt(12), which the code cuts to 1: the energy that is left is 12 of 36, so that an image matches itself by 1/3. */
typedef struct layer {
    uint8_t pixels[4 * PIXELS], labels[4];
    hk_dataset data;
    hk_mnist_network net;
    uint64_t now;
} layer;

static const double itself = 12.0 / 36.0;

static void layer_init(layer *l, double match, double lr_end)
{
    static const int first[4] = { 0, 3, 12, 24 };
    *l = (layer){ .labels = { 3, 3, 7, 1 } };
    for (int k = 0; k < 4; k++)
        memset(l->pixels + k * PIXELS + first[k], 200, 12);
    l->data.train = (hk_images){ .n = 4, .rows = SIDE, .cols = SIDE, .pixels = l->pixels, .labels = l->labels };
    l->data.test = l->data.train;
    hk_mnist_settings s = { .novelty = true,
                            .phases = 4,
                            .window_ms = 80.0,
                            .tau_m_ms = 20.0 / log(2.0),
                            .tau_trace_ms = 20.0 / log(2.0),
                            .v_th_mv = 1000.0,
                            .t_ref_ms = 1.0,
                            .hold_ms = 1.0,
                            .theta_plus_mv = match * HK_MATCH_FULL_MV,
                            .theta_plus_end_mv = match * HK_MATCH_FULL_MV,
                            .adds = true,
                            .lr = 1.0,
                            .lr_end = lr_end,
                            .clock_spikes = 2,
                            .clock_mv = 2000.0,
                            .clock_at_end = true,
                            .neurons = 3,
                            .passes = 1,
                            .one_winner = true,
                            .turns = true };
    assert_ok(hk_encoder_find(ctx, "phase", &s.encoder));
    hk_encoder_defaults(s.encoder, s.encoder_params);
    assert_ok(hk_encoder_set(ctx, s.encoder, s.encoder_params, "n_phases", 4.0));
    assert_ok(hk_encoder_set(ctx, s.encoder, s.encoder_params, "phase_ms", 20.0));
    assert_ok(hk_encoder_set(ctx, s.encoder, s.encoder_params, "least_first", 1.0));
    assert_ok(hk_mnist_network_create(ctx, 5, &s, &l->data, &l->net));
}

/* The only neuron that spiked. */
static uint32_t learn(layer *l, size_t image)
{
    assert_ok(hk_mnist_learn(&l->net, (double)l->now / 100.0));
    assert_ok(hk_mnist_show(&l->net, &l->data.train, image, l->now++));
    uint32_t winner = UINT32_MAX;
    for (uint32_t j = 0; j < l->net.settings.neurons; j++) {
        assert_true(l->net.counts[j] <= 1);
        if (l->net.counts[j] == 0)
            continue;
        assert_int_equal(winner, UINT32_MAX);
        winner = j;
    }
    assert_int_not_equal(winner, UINT32_MAX);
    return winner;
}

static double weight(const layer *l, uint32_t neuron, uint32_t pixel)
{
    uint64_t n;
    const float *w = hk_projection_weights(l->net.projection, &n);
    return (double)w[pixel * (n / PIXELS) + neuron];
}

static void an_unused_neuron_wins_what_no_used_one_matches_well_enough(void **state)
{
    (void)state;
    const double overlap = itself * 9.0 / 12.0;
    const struct {
        double match;
        uint32_t second, again; /* who wins image 1, and image 0 once more */
    } cases[] = { { 0.97 * overlap, 0, 0 }, { 1.03 * overlap, 1, 0 }, { 1.03 * itself, 1, 2 } };
    for (size_t k = 0; k < N_OF(cases); k++) {
        layer l;
        layer_init(&l, cases[k].match, 0.0);
        assert_int_equal(learn(&l, 0), 0);
        assert_int_equal(learn(&l, 1), cases[k].second);
        if (cases[k].second == 1)
            assert_int_equal(learn(&l, 0), cases[k].again);
        hk_mnist_network_destroy(&l.net);
    }
}

static void when_no_neuron_is_left_the_best_match_wins(void **state)
{
    (void)state;
    layer l;
    layer_init(&l, 0.9, 0.0);
    assert_int_equal(learn(&l, 3), 0);
    assert_int_equal(learn(&l, 0), 1);
    assert_int_equal(learn(&l, 2), 2);
    assert_int_equal(learn(&l, 1), 1); /* 9 pixels in common, 3 with image 2 */
    assert_int_equal(learn(&l, 3), 0);
    hk_mnist_network_destroy(&l.net);
}

static void weights_are_the_mean_of_the_images_won_until_the_rate_stops_falling(void **state)
{
    static const size_t shown[] = { 0, 1, 0, 0, 1 };
    static const double floors[] = { 0.0, 0.4 };
    (void)state;
    for (size_t f = 0; f < N_OF(floors); f++) {
        layer l;
        layer_init(&l, 0.05, floors[f]);
        double share = 0.0; /* of image 0 in the weights */
        for (size_t k = 0; k < N_OF(shown); k++) {
            assert_int_equal(learn(&l, shown[k]), 0);
            share += fmax(floors[f], 1.0 / (double)(k + 1)) * ((shown[k] == 0) - share);
        }
        if (floors[f] == 0.0)
            assert_close(share, 3.0 / 5.0, 1e-12);
        const double both = weight(&l, 0, 5);
        /* a trace is read 0.2 ms before the end of the window, where it is 2^0.01 times what it becomes */
        assert_close(both / (hk_match_w_max(4) * hk_match_full_pixel(4)), exp2(0.01), 1e-4);
        for (uint32_t i = 0; i < PIXELS; i++)
            assert_close(weight(&l, 0, i) / both, i < 3 ? share : i < 12 ? 1.0 : i < 15 ? 1.0 - share : 0.0, 1e-6);
        for (uint32_t i = 0; i < PIXELS; i++)
            assert_close(weight(&l, 1, i), 0.0, 0.0);
        hk_mnist_network_destroy(&l.net);
    }
}

static void asked_the_layer_changes_nothing_and_unused_neurons_stay_silent(void **state)
{
    (void)state;
    layer l;
    layer_init(&l, 0.3, 0.0);
    assert_int_equal(learn(&l, 2), 0);
    assert_int_equal(learn(&l, 0), 1);
    uint64_t n;
    const float *w = hk_projection_weights(l.net.projection, &n);
    float *before = malloc(n * sizeof *before);
    assert_non_null(before);
    memcpy(before, w, n * sizeof *before);
    assert_ok(hk_mnist_end_training(&l.net));
    assert_ok(hk_mnist_freeze(&l.net));
    assert_ok(hk_mnist_show(&l.net, &l.data.train, 1, 77)); /* no neuron matches it as training would ask */
    assert_int_equal(l.net.counts[0], 1);
    assert_int_equal(l.net.counts[1], 1);
    assert_int_equal(l.net.counts[2], 0);
    assert_memory_equal(w, before, n * sizeof *before);
    free(before);
    hk_mnist_network_destroy(&l.net);
}

static void images_are_scaled_to_one_energy_and_stop_at_1(void **state)
{
    (void)state;
    float even[100], bright[4] = { 0.25f, 0.0f, 0.125f, 0.0f }, dark[3] = { 0.0f, 0.0f, 0.0f };
    for (size_t k = 0; k < N_OF(even); k++)
        even[k] = k % 2 == 0 ? 0.17f : 0.34f;
    assert_int_equal(hk_match_scale(even, N_OF(even)), 0);
    double energy = 0.0;
    for (size_t k = 0; k < N_OF(even); k++)
        energy += (double)even[k] * (double)even[k];
    assert_close(energy, 36.0, 1e-5);
    assert_close((double)even[1] / (double)even[0], 2.0, 1e-6);
    assert_int_equal(hk_match_scale(bright, N_OF(bright)), 2);
    assert_close((double)bright[2], 1.0, 0.0);
    assert_int_equal(hk_match_scale(dark, N_OF(dark)), 0);
    assert_close((double)dark[1], 0.0, 0.0);
}

static void the_match_asked_for_grows_with_the_layer_and_stays_a_match(void **state)
{
    (void)state;
    assert_close(hk_match_for(400.0, "mnist"), 0.55, 1e-15);
    assert_close(hk_match_for(400.0, "glyphs"), 0.76, 1e-15);
    assert_close(hk_match_for(6400.0, "mnist"), 0.73, 1e-12);
    assert_close(hk_match_for(1e9, "mnist"), 1.0, 0.0);
    assert_close(hk_match_for(0.01, "mnist"), 0.0, 0.0);
}

static int setup(void **state)
{
    (void)state;
    ctx = hk_ctx_create();
    return ctx == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    hk_ctx_destroy(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unused_neuron_wins_what_no_used_one_matches_well_enough),
        cmocka_unit_test(when_no_neuron_is_left_the_best_match_wins),
        cmocka_unit_test(weights_are_the_mean_of_the_images_won_until_the_rate_stops_falling),
        cmocka_unit_test(asked_the_layer_changes_nothing_and_unused_neurons_stay_silent),
        cmocka_unit_test(images_are_scaled_to_one_energy_and_stop_at_1),
        cmocka_unit_test(the_match_asked_for_grows_with_the_layer_and_stays_a_match),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
