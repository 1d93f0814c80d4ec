/* tests/test_gabor.c - banks of fixed receptive fields. */
#include "tests/hk_test.h"

#include "neurons/catalogue.h"
#include "sim/simulation.h"

#include "experiments/gabor.h"

static const hk_gabor_config small = { .rows = 13,
                                       .cols = 11,
                                       .n = 57,
                                       .patch = 5,
                                       .kind = HK_GABOR_RANDOM,
                                       .wavelength_px = { 2.3, 7.1 },
                                       .sigma_px = { 1.3, 2.385 },
                                       .seed = 7 };

static int open_ctx(void **state)
{
    *state = hk_ctx_create();
    return *state == NULL ? -1 : 0;
}

static int close_ctx(void **state)
{
    hk_ctx_destroy(*state);
    return 0;
}

static hk_images drawn(hk_ctx *ctx, hk_dataset *data, size_t n)
{
    assert_ok(hk_dataset_load(
        ctx, &(hk_dataset_request){ .name = "glyphs", .n_train = n, .n_test = 1, .glyph_seed = 3 }, data));
    return data->train;
}

static void a_field_sees_no_brightness_and_its_positive_weights_sum_to_one(void **state)
{
    for (int kind = 0; kind < 2; kind++) {
        hk_gabor bank;
        hk_gabor_config config = small;
        config.kind = (hk_gabor_kind)kind;
        assert_ok(hk_gabor_draw(*state, &config, &bank));
        for (uint32_t j = 0; j < bank.n; j++) {
            double sum = 0.0, positive = 0.0;
            for (uint32_t k = 0; k < 25; k++) {
                double w = (double)bank.fields[j * 25 + k];
                sum += w;
                positive += fmax(w, 0.0);
            }
            assert_close(sum, 0.0, 1e-6);
            assert_close(positive, 1.0, 1e-6);
            assert_true(bank.corner[j] / 11 <= 8 && bank.corner[j] % 11 <= 6);
        }
        hk_gabor_fini(&bank);
    }
}

static void a_given_field_is_the_formula(void **state)
{
    const hk_gabor_field field = {
        .row = 2, .col = 3, .wavelength_px = 5.17, .sigma_px = 1.9, .angle = 0.7, .phase = 1.1
    };
    hk_gabor bank;
    assert_ok(hk_gabor_init(*state, 13, 11, 4, 1, &field, &bank));
    double w[16], mean = 0.0, positive = 0.0;
    for (int k = 0; k < 16; k++) {
        double y = k / 4 - 1.5, x = k % 4 - 1.5;
        w[k] = exp(-(x * x + y * y) / (2.0 * 1.9 * 1.9)) *
               cos(2.0 * acos(-1.0) * (x * cos(0.7) + y * sin(0.7)) / 5.17 + 1.1);
        mean += w[k] / 16.0;
    }
    for (int k = 0; k < 16; k++)
        positive += fmax(w[k] - mean, 0.0);
    for (int k = 0; k < 16; k++)
        assert_close((double)bank.fields[k], (w[k] - mean) / positive, 1e-7);
    assert_int_equal(bank.corner[0], 2 * 11 + 3);
    hk_gabor_fini(&bank);
}

static void values_are_the_rectified_sums_over_the_patch(void **state)
{
    hk_gabor bank;
    assert_ok(hk_gabor_draw(*state, &small, &bank));
    float pixels[13 * 11];
    double values[57];
    size_t n_positive = 0;
    for (int k = 0; k < 13 * 11; k++)
        pixels[k] = k % 3 == 0 ? 0.0f : (float)(0.5 + 0.5 * sin(1.7 * k));
    for (uint32_t j = 0; j < bank.n; j++)
        bank.threshold[j] = 0.01 * j / 57.0;
    hk_gabor_values(&bank, pixels, values);
    for (uint32_t j = 0; j < bank.n; j++) {
        double sum = 0.0;
        for (uint32_t k = 0; k < 25; k++)
            sum += (double)bank.fields[j * 25 + k] * (double)pixels[bank.corner[j] + k / 5 * 11 + k % 5];
        assert_close(values[j], fmax(0.0, sum - bank.threshold[j]), 1e-15);
        n_positive += values[j] > 0.0;
    }
    assert_true(n_positive > 10 && n_positive < 47);
    hk_gabor_fini(&bank);
}

/* Spikes of `ttfs` neurons with the bank's weights: last[j] is when neuron j spiked, or the window's end. */
typedef struct hidden {
    hk_population *neurons;
    double last_ms[57];
} hidden;

static int keep_times(hk_sim *sim, hk_time end, void *user)
{
    hidden *h = user;
    size_t n;
    const hk_spike *spikes = hk_population_spikes(h->neurons, &n);
    (void)end;
    for (size_t k = 0; k < n; k++)
        h->last_ms[spikes[k].neuron] = hk_time_to_ms(spikes[k].time, hk_sim_resolution_ms(sim));
    return 0;
}

static void spiking_neurons_with_these_weights_give_the_same_values(void **state)
{
    const double t_ms = 17.3, window_ms = 21.1, delay_ms = 0.7;
    hk_gabor bank;
    hk_sim *sim;
    hk_population *in;
    hk_projection *projection;
    hidden h;
    double bias[57], values[57], times[143];
    float pixels[143];
    uint32_t ids[143], n = 0;
    assert_ok(hk_gabor_draw(*state, &small, &bank));
    for (uint32_t j = 0; j < bank.n; j++) {
        bank.threshold[j] = 0.01 * j / 57.0;
        bias[j] = -t_ms * bank.threshold[j];
        h.last_ms[j] = t_ms + delay_ms + window_ms;
    }
    assert_ok(hk_sim_create(*state, &(hk_sim_config){ .resolution_ms = 0.1, .seed = 1 }, &sim));
    assert_ok(hk_population_create(sim, "in", hk_neuron_model_find("spike_source"), 143, &in));
    assert_ok(hk_population_create(sim, "hidden", hk_neuron_model_find("ttfs"), 57, &h.neurons));
    assert_ok(hk_population_set_value(h.neurons, "onset_ms", t_ms + delay_ms));
    assert_ok(hk_population_set_value(h.neurons, "window_ms", window_ms));
    assert_ok(hk_population_set(h.neurons, "bias_mv", bias, 57));
    double *weight = calloc(57 * 25, sizeof *weight);
    for (uint32_t k = 0; k < 57 * 25; k++)
        weight[k] = (double)bank.weight[k];
    assert_ok(hk_projection_create(sim,
                                   &(hk_projection_config){ .pre = in,
                                                            .post = h.neurons,
                                                            .connect = HK_EXPLICIT,
                                                            .n = 57 * 25,
                                                            .list_pre = bank.pixel,
                                                            .list_post = bank.unit,
                                                            .list_weight = weight,
                                                            .delay_ms = hk_constant(delay_ms) },
                                   &projection));
    free(weight);
    for (uint32_t k = 0; k < 143; k++) {
        pixels[k] = k % 3 == 0 ? 0.0f : (float)(0.5 + 0.4999 * sin(1.7 * k));
        times[n] = t_ms * (1.0 - (double)pixels[k]);
        ids[n] = k;
        n += pixels[k] > 0.0f;
    }
    assert_ok(hk_spike_source_add(in, n, times, ids));
    hk_sim_on_window(sim, keep_times, &h);
    assert_ok(hk_sim_run(sim, t_ms + delay_ms + window_ms));
    hk_gabor_values(&bank, pixels, values);
    for (uint32_t j = 0; j < 57; j++)
        assert_close(t_ms + delay_ms + window_ms - h.last_ms[j], t_ms * values[j], 1e-13);
    assert_true(hk_population_n_spikes(h.neurons) > 10);
    hk_sim_destroy(sim);
    hk_gabor_fini(&bank);
}

static void thresholds_let_a_share_of_the_images_through(void **state)
{
    hk_dataset data;
    hk_images images = drawn(*state, &data, 200);
    hk_gabor_config config = small;
    config.rows = images.rows;
    config.cols = images.cols;
    hk_gabor bank;
    assert_ok(hk_gabor_draw(*state, &config, &bank));
    assert_ok(hk_gabor_adapt(*state, &bank, &images, 200, 0.15));
    hk_features features;
    assert_ok(hk_gabor_features(*state, &bank, &images, &features));
    assert_int_equal(features.n_classes, 10);
    size_t n_full = 0;
    for (uint32_t j = 0; j < bank.n; j++) {
        size_t n = 0;
        for (size_t i = 0; i < 200; i++) {
            n += features.values[i * bank.n + j] > 0.0f;
            assert_int_equal(features.labels[i], images.labels[i]);
        }
        assert_true(n == 30 || (n < 30 && bank.threshold[j] == 0.0));
        n_full += n == 30;
    }
    assert_true(n_full > 20);
    hk_features_fini(&features);
    hk_gabor_fini(&bank);
    hk_dataset_fini(&data);
}

static void a_seed_gives_its_bank_and_another_another(void **state)
{
    hk_gabor a, b, other;
    hk_gabor_config config = small;
    assert_ok(hk_gabor_draw(*state, &config, &a));
    assert_ok(hk_gabor_draw(*state, &config, &b));
    config.seed++;
    assert_ok(hk_gabor_draw(*state, &config, &other));
    assert_memory_equal(a.fields, b.fields, 57 * 25 * sizeof(float));
    assert_memory_equal(a.corner, b.corner, 57 * sizeof(uint32_t));
    assert_memory_not_equal(a.fields, other.fields, 57 * 25 * sizeof(float));
    hk_gabor_fini(&a);
    hk_gabor_fini(&b);
    hk_gabor_fini(&other);
}

static void what_cannot_be_is_refused(void **state)
{
    hk_gabor bank;
    hk_gabor_config c[] = { small, small, small, small, small };
    c[0].patch = 12;
    c[1].patch = 1;
    c[2].n = 0;
    c[3].wavelength_px[1] = 1.0;
    c[4].sigma_px[0] = (double)NAN;
    for (size_t k = 0; k < N_OF(c); k++)
        assert_status(hk_gabor_draw(*state, &c[k], &bank), HK_ERANGE);
    const hk_gabor_field fields[] = { { .row = 9, .wavelength_px = 3.0, .sigma_px = 1.0 },
                                      { .col = 7, .wavelength_px = 3.0, .sigma_px = 1.0 },
                                      { .wavelength_px = 0.0, .sigma_px = 1.0 },
                                      { .wavelength_px = 1e12, .sigma_px = 1e12 } }; /* flat */
    for (size_t k = 0; k < N_OF(fields); k++)
        assert_status(hk_gabor_init(*state, 13, 11, 5, 1, &fields[k], &bank), HK_ERANGE);
    assert_ok(hk_gabor_draw(*state, &small, &bank));
    hk_dataset data;
    hk_images images = drawn(*state, &data, 5);
    hk_features features;
    assert_status(hk_gabor_features(*state, &bank, &images, &features), HK_ERANGE); /* 28 x 28 */
    images.rows = 13;
    images.cols = 11;
    assert_status(hk_gabor_adapt(*state, &bank, &images, 6, 0.3), HK_ERANGE);
    assert_status(hk_gabor_adapt(*state, &bank, &images, 5, 0.0), HK_ERANGE);
    hk_gabor_fini(&bank);
    hk_dataset_fini(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_field_sees_no_brightness_and_its_positive_weights_sum_to_one, open_ctx,
                                        close_ctx),
        cmocka_unit_test_setup_teardown(a_given_field_is_the_formula, open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(values_are_the_rectified_sums_over_the_patch, open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(spiking_neurons_with_these_weights_give_the_same_values, open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(thresholds_let_a_share_of_the_images_through, open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(a_seed_gives_its_bank_and_another_another, open_ctx, close_ctx),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, open_ctx, close_ctx),
    };
    return cmocka_run_group_tests_name("gabor", tests, NULL, NULL);
}
