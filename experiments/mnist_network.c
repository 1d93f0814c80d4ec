/* experiments/mnist_network.c - the network of mnist, and showing it an image: see mnist.h. */
#include "experiments/mnist.h"

#include "experiments/matching.h"
#include "experiments/mnist_record.h"
#include "neurons/catalogue.h"
#include "plasticity/catalogue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int set_all(hk_population *population, size_t n, const char *const *names, const double *values)
{
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < n; k++)
        rc = hk_population_set_value(population, names[k], values[k]);
    return rc;
}

static int create_hidden(hk_mnist_network *net)
{
    const hk_mnist_settings *s = &net->settings;
    const char *const names[] = { "tau_m_ms", "e_l_mv", "v_th_mv", "v_reset_mv", "t_ref_ms", "v_mv", "tau_theta_ms" };
    const double values[] = { s->tau_m_ms, 0.0, s->v_th_mv, 0.0, s->t_ref_ms, 0.0, 1e12 };
    int rc = hk_population_create(net->sim, "hidden", hk_neuron_model_find("lif"), s->neurons, &net->hidden);
    return rc == HK_OK ? set_all(net->hidden, sizeof names / sizeof names[0], names, values) : rc;
}

/* Every neuron's weights, scaled to their sum. */
static void scale_weights(hk_mnist_network *net)
{
    const hk_mnist_settings *s = &net->settings;
    uint64_t n_weights;
    float *w = hk_projection_weights(net->projection, &n_weights);
    uint64_t stride = n_weights / net->n_inputs;
    for (uint32_t j = 0; j < s->neurons; j++) {
        double sum = 0.0;
        for (uint32_t i = 0; i < net->n_inputs; i++)
            sum += (double)w[i * stride + j];
        for (uint32_t i = 0; i < net->n_inputs; i++)
            w[i * stride + j] = (float)((double)w[i * stride + j] * (s->weight_sum / sum));
    }
}

/* What thresholds do besides: towards equal wins, or up at a neuron's first win and no further. */
static int create_homeostasis(hk_mnist_network *net)
{
    const hk_mnist_settings *s = &net->settings;
    const char *const names[] = { "eta_mv", "target", "theta_min_mv", "theta_max_mv" };
    const double values[] = { s->theta_plus_mv, s->novelty ? 0.0 : 1.0 / s->neurons, -1e6,
                              s->novelty ? s->theta_plus_mv : 1e6 };
    return hk_rule_attach(net->projection, hk_rule_type_find("homeostasis"), 4, names, values, &net->homeostasis);
}

/* Weights start uniform in (0.01, 1.01), then scaled to their sum; with novelty at 0. */
static int create_projection(hk_mnist_network *net)
{
    const hk_mnist_settings *s = &net->settings;
    const hk_draw random = { .kind = HK_UNIFORM, .a = 0.01, .b = 1.01 };
    int rc = hk_projection_create(net->sim,
                                  &(hk_projection_config){ .pre = net->inputs,
                                                           .post = net->hidden,
                                                           .connect = HK_ALL_TO_ALL,
                                                           .weight = s->novelty ? hk_constant(0.0) : random,
                                                           .delay_ms = hk_constant(HK_MNIST_RESOLUTION_MS) },
                                  &net->projection);
    if (rc != HK_OK)
        return rc;
    if (!s->novelty)
        scale_weights(net);
    const char *const names[] = { "tau_ms", "w_max", "lr", "lr_decay", "lr_min", "hard", "sum", "pairing" };
    const double values[] = { s->tau_trace_ms,
                              s->novelty ? hk_match_w_max(s->phases) : 1.0,
                              s->lr,
                              s->novelty ? 1.0 : 0.0,
                              s->novelty ? s->lr_end : 0.0,
                              0.0,
                              s->weight_sum,
                              s->adds ? 0.0 : 1.0 };
    rc = hk_rule_attach(net->projection, hk_rule_type_find("stdp_trace"), sizeof names / sizeof names[0], names, values,
                        &net->learning);
    return rc == HK_OK && (s->balanced || s->novelty) ? create_homeostasis(net) : rc;
}

static int create_clock(hk_mnist_network *net)
{
    if (net->settings.clock_spikes == 0)
        return HK_OK;
    hk_projection *ticks;
    int rc = hk_population_create(net->sim, "clock", hk_neuron_model_find("spike_source"), 1, &net->clock);
    if (rc == HK_OK)
        rc = hk_projection_create(net->sim,
                                  &(hk_projection_config){ .pre = net->clock,
                                                           .post = net->hidden,
                                                           .connect = HK_ALL_TO_ALL,
                                                           .weight = hk_constant(net->settings.clock_mv),
                                                           .delay_ms = hk_constant(HK_MNIST_RESOLUTION_MS) },
                                  &ticks);
    return rc;
}

/* Where the image is after each saccade, in saccade_px: a triangle, at whose end it is back. */
enum { N_SACCADES = 3 };
static const uint32_t saccades[N_SACCADES][2] = { { 0, 1 }, { 1, 1 }, { 0, 0 } }; /* rows down, columns right */

/* The frames after the first: it moves, and what comes in is dark. */
static void move_image(hk_mnist_network *net)
{
    for (uint32_t frame = 1; frame < net->n_frames; frame++) {
        const uint32_t down = saccades[frame - 1][0] * net->settings.saccade_px;
        const uint32_t right = saccades[frame - 1][1] * net->settings.saccade_px;
        float *moved = net->values + (size_t)frame * net->n_pixels;
        for (uint32_t row = 0; row < net->rows; row++)
            for (uint32_t col = 0; col < net->cols; col++)
                moved[row * net->cols + col] = row >= down && col >= right
                                                   ? net->values[(row - down) * net->cols + (col - right)]
                                                   : 0.0f;
    }
}

static double ink_of(const hk_images *images, size_t i)
{
    size_t n_pixels = (size_t)images->rows * images->cols;
    double sum = 0.0;
    for (size_t k = 0; k < n_pixels; k++)
        sum += images->pixels[i * n_pixels + k];
    return sum / 255.0;
}

/* The largest factor that any image needs, so that all scaled values stay in [0, 1]. */
static double largest_scale(const hk_images *images, double ink, double most)
{
    for (size_t i = 0; i < images->n; i++) {
        double sum = ink_of(images, i);
        if (sum > 0.0 && ink / sum > most)
            most = ink / sum;
    }
    return most;
}

int hk_mnist_network_create(hk_ctx *ctx, uint64_t seed, const hk_mnist_settings *settings, const hk_dataset *data,
                            hk_mnist_network *out)
{
    const uint32_t rows = data->train.rows, cols = data->train.cols;
    *out = (hk_mnist_network){ .settings = *settings,
                               .n_pixels = rows * cols,
                               .n_inputs = hk_encoder_n_sources(settings->encoder, rows * cols),
                               .rows = rows,
                               .cols = cols,
                               .n_frames = settings->encoder->streams && settings->saccade_px > 0 ? N_SACCADES + 1 : 1,
                               .scale = 1.0 };
    hk_mnist_settings *s = &out->settings;
    if (s->ink > 0.0) {
        out->scale = largest_scale(&data->test, s->ink, largest_scale(&data->train, s->ink, 0.0));
        long rate = hk_column_find(s->encoder->params, s->encoder->n_params, "rate_max_hz");
        if (rate >= 0)
            s->encoder_params[rate] *= out->scale;
    }
    out->values = calloc((size_t)out->n_frames * out->n_pixels, sizeof *out->values);
    out->counts = calloc(s->neurons, sizeof *out->counts);
    if (out->values == NULL || out->counts == NULL)
        return hk_fail(ctx, HK_ENOMEM, "mnist: out of memory");
    int rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = HK_MNIST_RESOLUTION_MS, .seed = seed }, &out->sim);
    if (rc == HK_OK)
        rc = hk_population_create(out->sim, "inputs", hk_neuron_model_find("spike_source"), out->n_inputs,
                                  &out->inputs);
    if (rc == HK_OK)
        rc = create_hidden(out);
    if (rc == HK_OK)
        rc = create_projection(out);
    return rc == HK_OK ? create_clock(out) : rc;
}

void hk_mnist_network_destroy(hk_mnist_network *network)
{
    hk_sim_destroy(network->sim);
    free(network->values);
    free(network->counts);
    *network = (hk_mnist_network){ 0 };
}

static double between(double start, double end, double progress)
{
    return end > 0.0 && start > 0.0 ? start * pow(end / start, progress) : start + (end - start) * progress;
}

int hk_mnist_learn(hk_mnist_network *network, double progress)
{
    const hk_mnist_settings *s = &network->settings;
    double increment = between(s->theta_plus_mv, s->theta_plus_end_mv, progress);
    hk_rule_enable(network->learning, true);
    int rc = s->novelty ? HK_OK : hk_rule_set(network->learning, "lr", between(s->lr, s->lr_end, progress));
    if (network->homeostasis != NULL) {
        hk_rule_enable(network->homeostasis, true);
        if (rc == HK_OK)
            rc = hk_rule_set(network->homeostasis, "eta_mv", increment);
    } else if (rc == HK_OK) {
        rc = hk_population_set_value(network->hidden, "theta_plus_mv", increment);
    }
    if (rc == HK_OK)
        rc = hk_population_compete(network->hidden, s->one_winner ? s->window_ms : s->hold_ms);
    return rc;
}

int hk_mnist_freeze(hk_mnist_network *network)
{
    hk_rule_enable(network->learning, false);
    if (network->homeostasis != NULL)
        hk_rule_enable(network->homeostasis, false);
    int rc = hk_population_set_value(network->hidden, "theta_plus_mv", 0.0);
    if (rc != HK_OK)
        return rc;
    return network->settings.turns ? hk_population_take_turns(network->hidden)
                                   : hk_population_compete(network->hidden, network->settings.hold_ms);
}

int hk_mnist_end_training(hk_mnist_network *network)
{
    const hk_mnist_settings *s = &network->settings;
    return s->novelty ? hk_population_set_value(network->hidden, "theta_mv", s->theta_plus_mv) : HK_OK;
}

/* Counts the first spikes of an image. */
static int on_window(hk_sim *sim, hk_time end, void *user)
{
    hk_mnist_network *network = user;
    size_t n;
    const hk_spike *spikes = hk_population_spikes(network->hidden, &n);
    (void)sim;
    (void)end;
    uint32_t most = network->settings.decide_spikes;
    for (size_t k = 0; k < n && (most == 0 || network->n_counted < most); k++, network->n_counted++)
        network->counts[spikes[k].neuron]++;
    if (network->examples != NULL)
        hk_mnist_examples_keep(network->examples, network);
    return 0;
}

/* When clock spike k = 1 ... clock_spikes is sent. At the end, the last one arrives as the window ends. */
static double clock_ms(const hk_mnist_settings *s, uint32_t k)
{
    return s->clock_at_end ? s->window_ms - (s->clock_spikes - k + 1) * HK_MNIST_RESOLUTION_MS
                           : s->window_ms * k / s->clock_spikes;
}

void hk_mnist_load(hk_mnist_network *network, const hk_images *images, size_t i)
{
    const hk_mnist_settings *s = &network->settings;
    hk_images_values(images, i, network->values);
    if (s->ink > 0.0) {
        double sum = ink_of(images, i), factor = sum > 0.0 ? s->ink / sum / network->scale : 0.0;
        for (uint32_t k = 0; k < network->n_pixels; k++)
            network->values[k] = (float)((double)network->values[k] * factor);
    }
    if (s->novelty)
        (void)hk_match_scale(network->values, network->n_pixels);
}

int hk_mnist_begin(hk_mnist_network *network)
{
    const hk_mnist_settings *s = &network->settings;
    move_image(network);
    int rc = hk_sim_settle(network->sim);
    for (uint32_t k = 1; rc == HK_OK && k <= s->clock_spikes; k++) {
        double tick_ms = hk_sim_now_ms(network->sim) + clock_ms(s, k);
        rc = hk_spike_source_add(network->clock, 1, &tick_ms, &(uint32_t){ 0 });
    }
    if (rc != HK_OK)
        return rc;
    hk_population_clear_counts(network->hidden);
    memset(network->counts, 0, s->neurons * sizeof *network->counts);
    network->n_counted = 0;
    hk_sim_on_window(network->sim, on_window, network);
    return HK_OK;
}

hk_encoding hk_mnist_encoding(const hk_mnist_network *network, uint64_t sample)
{
    return (hk_encoding){ .values = network->values,
                          .n = network->n_pixels,
                          .n_frames = network->n_frames,
                          .window_ms = network->settings.window_ms,
                          .params = network->settings.encoder_params,
                          .seed = hk_sim_seed(network->sim),
                          .sample = sample };
}

int hk_mnist_show(hk_mnist_network *network, const hk_images *images, size_t i, uint64_t sample)
{
    size_t n_spikes = 0;
    hk_mnist_load(network, images, i);
    int rc = hk_mnist_begin(network);
    if (rc != HK_OK)
        return rc;
    hk_encoding encoding = hk_mnist_encoding(network, sample);
    rc = hk_sim_present(network->sim, network->inputs, network->settings.encoder, &encoding, 0.0, &n_spikes);
    network->input_spikes += n_spikes;
    return rc;
}
