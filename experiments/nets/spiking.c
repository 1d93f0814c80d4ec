/* experiments/nets/spiking.c - see spiking.h. */
#include "experiments/nets/spiking.h"

#include "encoders/catalogue.h"
#include "neurons/catalogue.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define RESOLUTION_MS 0.1
#define DELAY_MS 1.0
#define FIRST_MS 1.0 /* spike of a pixel of value 1 */
#define UNIT_MS 1.0  /* that a value of 1 comes earlier than 0 */

enum { GROUP = 500 }; /* images shown to one network */

void hk_spiking_round(hk_perceptron *net)
{
    for (size_t l = 0; l < net->n_layers; l++)
        for (double *w = hk_perceptron_weights(net, l); w < hk_perceptron_biases(net, l); w++)
            *w = (double)(float)*w;
}

typedef struct layers {
    hk_sim *sim;
    const hk_encoder *encoder;
    size_t n; /* spiking layers and the last */
    hk_population *inputs, *layer[HK_PERCEPTRON_LAYERS];
    double
        *values[HK_PERCEPTRON_LAYERS]; /* [units] activations of this presentation, by spikes; the last: potentials */
    hk_time end[HK_PERCEPTRON_LAYERS]; /* of the layers' windows in this presentation */
} layers;

typedef struct job {
    const hk_spiking_config *config;
    hk_run *run;
    const hk_images *images;
    hk_features *features;
    hk_spiking_report *report;
    pthread_mutex_t lock;
    /* under the lock */
    size_t next; /* image */
    int rc;
    char message[512];
} job;

/* ---- one network --------------------------------------------------------------------------------------------------- */

static int take_spikes(hk_sim *sim, hk_time end, void *user)
{
    layers *net = user;
    (void)sim;
    (void)end;
    for (size_t l = 0; l + 1 < net->n; l++) {
        size_t n;
        const hk_spike *spikes = hk_population_spikes(net->layer[l], &n);
        for (size_t k = 0; k < n; k++)
            net->values[l][spikes[k].neuron] = hk_time_between_ms(spikes[k].time, net->end[l], RESOLUTION_MS);
    }
    return 0;
}

static int connect(layers *net, const hk_perceptron *trained, size_t l)
{
    hk_projection *projection;
    int rc = hk_projection_create(net->sim,
                                  &(hk_projection_config){ .pre = l == 0 ? net->inputs : net->layer[l - 1],
                                                           .post = net->layer[l],
                                                           .connect = HK_ALL_TO_ALL,
                                                           .weight = hk_constant(0.0),
                                                           .delay_ms = hk_constant(DELAY_MS) },
                                  &projection);
    if (rc != HK_OK)
        return rc;
    const size_t n_in = trained->sizes[l], n_out = trained->sizes[l + 1];
    const double *weights = hk_perceptron_weights(trained, l);
    uint64_t n_weights;
    float *w = hk_projection_weights(projection, &n_weights);
    const size_t stride = (size_t)n_weights / n_in;
    for (size_t i = 0; i < n_in; i++)
        for (size_t j = 0; j < n_out; j++)
            w[i * stride + j] = (float)weights[i * n_out + j];
    return HK_OK;
}

static double onset_of(const hk_spiking_config *config, size_t layer)
{
    return FIRST_MS + UNIT_MS + DELAY_MS + (double)layer * (config->window_ms + DELAY_MS);
}

static int add_layer(layers *net, const hk_spiking_config *config, size_t l)
{
    static const char *const names[HK_PERCEPTRON_LAYERS] = { "layer1", "layer2", "layer3", "layer4" };
    const size_t n = config->net->sizes[l + 1];
    const bool is_last = l + 1 == net->n;
    int rc = hk_population_create(net->sim, names[l], hk_neuron_model_find("ttfs"), (uint32_t)n, &net->layer[l]);
    if (rc == HK_OK)
        rc = hk_population_set_value(net->layer[l], "onset_ms", onset_of(config, l));
    if (rc == HK_OK)
        rc = hk_population_set_value(net->layer[l], "window_ms", is_last ? 0.0 : config->window_ms);
    if (rc == HK_OK && !is_last)
        rc = hk_population_set(net->layer[l], "bias_mv", hk_perceptron_biases(config->net, l), n);
    net->values[l] = calloc(n, sizeof *net->values[l]);
    if (rc == HK_OK && net->values[l] == NULL)
        rc = hk_fail(hk_sim_ctx(net->sim), HK_ENOMEM, "no memory for a layer of %zu neurons", n);
    return rc == HK_OK ? connect(net, config->net, l) : rc;
}

static int build(hk_ctx *ctx, const hk_spiking_config *config, layers *net)
{
    *net = (layers){ .n = config->net->n_layers };
    int rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = RESOLUTION_MS, .seed = 1 }, &net->sim);
    if (rc == HK_OK)
        rc = hk_population_create(net->sim, "pixels", hk_neuron_model_find("spike_source"),
                                  (uint32_t)config->net->sizes[0], &net->inputs);
    if (rc == HK_OK)
        rc = hk_encoder_find(ctx, "latency", &net->encoder);
    for (size_t l = 0; l < net->n && rc == HK_OK; l++)
        rc = add_layer(net, config, l);
    if (rc == HK_OK)
        hk_sim_on_window(net->sim, take_spikes, net);
    return rc;
}

static void destroy(layers *net)
{
    for (size_t l = 0; l < net->n; l++)
        free(net->values[l]);
    hk_sim_destroy(net->sim);
}

static int show(layers *net, const hk_spiking_config *config, const float *pixels, uint64_t sample, size_t *n_spikes)
{
    const hk_perceptron *trained = config->net;
    const size_t last = net->n - 1;
    const double window_ms = FIRST_MS + UNIT_MS, params[] = { FIRST_MS, 0.0, 0.0 };
    hk_encoding encoding = {
        .values = pixels, .n = (uint32_t)trained->sizes[0], .window_ms = window_ms, .params = params, .sample = sample
    };
    hk_time begin = hk_sim_now(net->sim);
    for (size_t l = 0; l < last; l++) {
        net->end[l] = hk_time_after(begin, onset_of(config, l) + config->window_ms, RESOLUTION_MS);
        memset(net->values[l], 0, trained->sizes[l + 1] * sizeof *net->values[l]);
    }
    int rc = hk_sim_settle(net->sim);
    if (rc == HK_OK)
        rc = hk_sim_present(net->sim, net->inputs, net->encoder, &encoding,
                            onset_of(config, last) + DELAY_MS - window_ms, n_spikes);
    return rc == HK_OK ? hk_population_get(net->layer[last], "v_mv", net->values[last]) : rc;
}

/* ---- many images --------------------------------------------------------------------------------------------------- */

/* The last layer's potentials lack their bias: they are given it here. */
static void compare(const layers *net, const hk_perceptron *trained, const hk_perceptron_pass *pass, size_t sample,
                    uint8_t label, hk_spiking_report *report)
{
    const size_t last = net->n - 1;
    for (size_t l = 0; l <= last; l++) {
        const size_t n = trained->sizes[l + 1];
        const double *expected = pass->values[l + 1] + sample * n, *biases = hk_perceptron_biases(trained, l);
        double *values = net->values[l];
        for (size_t j = 0; j < n; j++) {
            values[j] += l == last ? biases[j] : 0.0;
            double *worst = l == last ? &report->worst_potential_mv : &report->worst_spike_ms;
            *worst = fmax(*worst, fabs(values[j] - expected[j]));
            if (l == last)
                continue;
            report->layer_spikes[l] += values[j] > 0.0;
            report->n_missing += (values[j] > 0.0) != (expected[j] > 0.0);
            report->most_ms = fmax(report->most_ms, expected[j]);
        }
    }
    size_t best = 0;
    for (size_t c = 1; c < trained->sizes[net->n]; c++)
        best = net->values[last][c] > net->values[last][best] ? c : best;
    report->n_right += best == label;
}

static int show_group(hk_ctx *ctx, const job *j, size_t begin, size_t n, hk_multiplier *multiplier,
                      hk_perceptron_pass *pass, hk_spiking_report *report)
{
    const hk_perceptron *trained = j->config->net;
    const size_t n_pixels = trained->sizes[0], n_features = trained->sizes[trained->n_layers - 1];
    layers net;
    float *pixels = malloc(n_pixels * sizeof *pixels);
    int rc = pixels == NULL ? hk_fail(ctx, HK_ENOMEM, "no memory for an image") : build(ctx, j->config, &net);
    for (size_t s = 0; s < n && rc == HK_OK; s++) {
        hk_images_values(j->images, begin + s, pixels);
        for (size_t k = 0; k < n_pixels; k++)
            pass->values[0][s * n_pixels + k] = (double)pixels[k];
    }
    if (rc == HK_OK)
        rc = hk_perceptron_run(trained, multiplier, pass, n);
    for (size_t s = 0; s < n && rc == HK_OK; s++) {
        size_t n_spikes = 0;
        hk_images_values(j->images, begin + s, pixels);
        rc = show(&net, j->config, pixels, begin + s, &n_spikes);
        report->input_spikes += n_spikes;
        if (rc != HK_OK)
            break;
        compare(&net, trained, pass, s, j->images->labels[begin + s], report);
        for (size_t k = 0; k < n_features; k++)
            j->features->values[(begin + s) * n_features + k] = (float)net.values[net.n - 2][k];
        j->features->labels[begin + s] = j->images->labels[begin + s];
    }
    if (pixels != NULL) {
        report->synaptic_events += net.sim == NULL ? 0 : hk_sim_get_stats(net.sim).synaptic_events;
        destroy(&net);
    }
    free(pixels);
    return rc;
}

static void add_report(hk_spiking_report *sum, const hk_spiking_report *r)
{
    sum->input_spikes += r->input_spikes;
    for (size_t l = 0; l < HK_PERCEPTRON_LAYERS; l++)
        sum->layer_spikes[l] += r->layer_spikes[l];
    sum->synaptic_events += r->synaptic_events;
    sum->most_ms = fmax(sum->most_ms, r->most_ms);
    sum->worst_spike_ms = fmax(sum->worst_spike_ms, r->worst_spike_ms);
    sum->worst_potential_mv = fmax(sum->worst_potential_mv, r->worst_potential_mv);
    sum->n_missing += r->n_missing;
    sum->n_right += r->n_right;
}

static void work(void *user, unsigned member)
{
    job *j = user;
    hk_ctx *ctx = hk_ctx_create();
    hk_multiplier *multiplier = NULL;
    hk_perceptron_pass pass = { 0 };
    hk_spiking_report report = { 0 };
    int rc = ctx == NULL ? HK_ENOMEM : hk_multiplier_create(ctx, NULL, &multiplier);
    (void)member;
    if (rc == HK_OK)
        rc = hk_perceptron_pass_init(ctx, j->config->net, GROUP, &pass);
    for (bool go_on = true; go_on;) {
        pthread_mutex_lock(&j->lock);
        const size_t begin = j->next, left = j->images->n - begin, n = left < GROUP ? left : GROUP;
        if (rc != HK_OK && j->rc == HK_OK) {
            j->rc = rc;
            strncpy(j->message, hk_ctx_message(ctx), sizeof j->message - 1);
        }
        go_on = n > 0 && j->rc == HK_OK && !hk_run_stopping(j->run);
        if (go_on) {
            j->next += n;
            const double done = (double)begin / (double)j->images->n;
            hk_run_progress(j->run, j->config->what, j->config->begin + (j->config->end - j->config->begin) * done,
                            0.0);
        }
        pthread_mutex_unlock(&j->lock);
        if (go_on)
            rc = show_group(ctx, j, begin, n, multiplier, &pass, &report);
    }
    pthread_mutex_lock(&j->lock);
    add_report(j->report, &report);
    pthread_mutex_unlock(&j->lock);
    hk_perceptron_pass_fini(&pass);
    hk_multiplier_destroy(multiplier);
    hk_ctx_destroy(ctx);
}

int hk_spiking_run(hk_run *run, const hk_spiking_config *config, const hk_images *images, hk_team *team,
                   hk_features *features, hk_spiking_report *report)
{
    hk_ctx *ctx = hk_run_ctx(run);
    job j = { .config = config, .run = run, .images = images, .features = features, .report = report };
    *report = (hk_spiking_report){ 0 };
    int rc = hk_features_init(ctx, images->n, config->net->sizes[config->net->n_layers - 1], features);
    if (rc != HK_OK)
        return rc;
    features->n_classes = HK_DATASET_CLASSES;
    pthread_mutex_init(&j.lock, NULL);
    hk_team_run(team, work, &j);
    pthread_mutex_destroy(&j.lock);
    if (j.rc != HK_OK)
        rc = hk_fail(ctx, j.rc, "%s", j.message);
    else if (report->most_ms >= config->window_ms)
        rc = hk_fail(ctx, HK_ERANGE, "spiking: an activation of %g, must be below the window, %g ms", report->most_ms,
                     config->window_ms);
    if (rc != HK_OK || j.next < images->n)
        hk_features_fini(features);
    return rc;
}
