/* experiments/local_network.c - the network of `local`, and showing it an image: see local.h. */
#include "experiments/local.h"

#include "encoders/catalogue.h"
#include "neurons/catalogue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RESOLUTION_MS 0.1
static const double lead_ms = 0.1; /* the earliest spike of an input, after the image begins */
static const double input_delay_ms = 0.1, output_delay_ms = 1.0;

static double onset_ms(const hk_local_network *net)
{
    return lead_ms + net->window_ms + input_delay_ms;
}

double hk_local_network_ms(const hk_local_network *network)
{
    return onset_ms(network) + network->window_ms + output_delay_ms;
}

static bool keep(hk_local_network *net, const hk_population *population, uint32_t first_id)
{
    size_t n;
    const hk_spike *spikes = hk_population_spikes(population, &n);
    if (net->n_kept + n > net->kept_capacity) {
        size_t capacity = 2 * (net->n_kept + n);
        double *times = realloc(net->times_ms, capacity * sizeof *times);
        if (times != NULL)
            net->times_ms = times;
        uint32_t *ids = realloc(net->ids, capacity * sizeof *ids);
        if (ids != NULL)
            net->ids = ids;
        if (times == NULL || ids == NULL)
            return false;
        net->kept_capacity = capacity;
    }
    double shift = net->example * hk_local_network_ms(net);
    for (size_t k = 0; k < n; k++, net->n_kept++) {
        net->times_ms[net->n_kept] = shift + hk_time_between_ms(net->begin, spikes[k].time, RESOLUTION_MS);
        net->ids[net->n_kept] = first_id + spikes[k].neuron;
    }
    return true;
}

static int on_window(hk_sim *sim, hk_time end, void *user)
{
    hk_local_network *net = user;
    size_t n;
    const hk_spike *spikes = hk_population_spikes(net->hidden, &n);
    const double t_max_ms = onset_ms(net) + net->window_ms;
    (void)sim;
    (void)end;
    for (size_t k = 0; k < n; k++)
        net->values[spikes[k].neuron] = (t_max_ms - hk_time_between_ms(net->begin, spikes[k].time, RESOLUTION_MS)) /
                                        net->window_ms;
    net->hidden_spikes += n;
    if (net->keeping && (!keep(net, net->inputs, 0) || !keep(net, net->hidden, net->n_pixels)))
        net->rc = HK_ENOMEM;
    return net->rc;
}

static int create_hidden(hk_local_network *net, const hk_gabor *bank)
{
    const uint64_t n = (uint64_t)bank->n * bank->patch * bank->patch;
    double *bias = malloc(bank->n * sizeof *bias), *weight = malloc(n * sizeof *weight);
    int rc = bias == NULL || weight == NULL
                 ? hk_fail(hk_sim_ctx(net->sim), HK_ENOMEM, "local: no memory for %u hidden neurons", bank->n)
                 : hk_population_create(net->sim, "hidden", hk_neuron_model_find("ttfs"), bank->n, &net->hidden);
    for (uint32_t j = 0; rc == HK_OK && j < bank->n; j++)
        bias[j] = -net->window_ms * bank->threshold[j];
    for (uint64_t k = 0; rc == HK_OK && k < n; k++)
        weight[k] = (double)bank->weight[k];
    if (rc == HK_OK)
        rc = hk_population_set_value(net->hidden, "onset_ms", onset_ms(net));
    if (rc == HK_OK)
        rc = hk_population_set_value(net->hidden, "window_ms", net->window_ms);
    if (rc == HK_OK)
        rc = hk_population_set(net->hidden, "bias_mv", bias, bank->n);
    hk_projection *fields;
    if (rc == HK_OK)
        rc = hk_projection_create(net->sim,
                                  &(hk_projection_config){ .name = "fields",
                                                           .pre = net->inputs,
                                                           .post = net->hidden,
                                                           .connect = HK_EXPLICIT,
                                                           .n = n,
                                                           .list_pre = bank->pixel,
                                                           .list_post = bank->unit,
                                                           .list_weight = weight,
                                                           .delay_ms = hk_constant(input_delay_ms) },
                                  &fields);
    free(bias);
    free(weight);
    return rc;
}

/* From the start, with weights 0: the delay to the outputs bounds the windows that hidden neurons are computed in. */
static int create_outputs(hk_local_network *net)
{
    int rc = hk_population_create(net->sim, "outputs", hk_neuron_model_find("ttfs"), HK_LOCAL_CLASSES, &net->outputs);
    if (rc == HK_OK)
        rc = hk_population_set_value(net->outputs, "onset_ms", hk_local_network_ms(net));
    if (rc == HK_OK) /* they do not spike: their potential is read */
        rc = hk_population_set_value(net->outputs, "window_ms", 0.0);
    if (rc == HK_OK)
        rc = hk_projection_create(net->sim,
                                  &(hk_projection_config){ .name = "readout",
                                                           .pre = net->hidden,
                                                           .post = net->outputs,
                                                           .connect = HK_ALL_TO_ALL,
                                                           .weight = hk_constant(0.0),
                                                           .delay_ms = hk_constant(output_delay_ms) },
                                  &net->synapses);
    return rc;
}

int hk_local_network_create(hk_ctx *ctx, const hk_gabor *bank, double window_ms, uint64_t seed, hk_local_network *out)
{
    *out = (hk_local_network){ .n_pixels = bank->rows * bank->cols, .n_hidden = bank->n, .window_ms = window_ms };
    if (!(window_ms >= 1.0 && window_ms <= 1000.0 && hk_steps_in_ms(window_ms, RESOLUTION_MS) > 0))
        return hk_fail(ctx, HK_ERANGE, "local: window_ms = %g, must be in 1 ... 1000 and whole steps of %g ms",
                       window_ms, RESOLUTION_MS);
    out->pixels = calloc(out->n_pixels, sizeof *out->pixels);
    out->values = calloc(bank->n, sizeof *out->values);
    if (out->pixels == NULL || out->values == NULL)
        return hk_fail(ctx, HK_ENOMEM, "local: no memory for %u hidden neurons", bank->n);
    int rc = hk_encoder_find(ctx, "latency", &out->latency);
    if (rc != HK_OK)
        return rc;
    assert(out->latency->n_params <= sizeof out->latency_params / sizeof *out->latency_params);
    hk_encoder_defaults(out->latency, out->latency_params);
    rc = hk_encoder_set(ctx, out->latency, out->latency_params, "t_min_ms", lead_ms);
    if (rc == HK_OK)
        rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = RESOLUTION_MS, .seed = seed }, &out->sim);
    if (rc == HK_OK)
        rc = hk_population_create(out->sim, "inputs", hk_neuron_model_find("spike_source"), out->n_pixels,
                                  &out->inputs);
    if (rc == HK_OK)
        rc = create_hidden(out, bank);
    return rc == HK_OK ? create_outputs(out) : rc;
}

void hk_local_network_destroy(hk_local_network *network)
{
    hk_sim_destroy(network->sim);
    free(network->pixels);
    free(network->values);
    free(network->times_ms);
    free(network->ids);
    *network = (hk_local_network){ 0 };
}

void hk_local_network_learn(hk_local_network *network, const hk_local_readout *readout)
{
    uint64_t n_weights;
    float *w = hk_projection_weights(network->synapses, &n_weights);
    const uint64_t stride = n_weights / network->n_hidden;
    for (uint32_t j = 0; j < network->n_hidden; j++)
        memcpy(w + j * stride, readout->weights + (size_t)j * HK_LOCAL_LANES, HK_LOCAL_CLASSES * sizeof *w);
    for (int c = 0; c < HK_LOCAL_CLASSES; c++)
        network->bias[c] = (double)readout->bias[c];
}

int hk_local_network_show(hk_local_network *network, const hk_images *images, size_t i)
{
    int rc = hk_sim_settle(network->sim);
    if (rc != HK_OK)
        return rc;
    hk_images_values(images, i, network->pixels);
    memset(network->values, 0, network->n_hidden * sizeof *network->values);
    network->begin = hk_sim_now(network->sim);
    hk_sim_on_window(network->sim, on_window, network);
    hk_encoding encoding = { .values = network->pixels,
                             .n = network->n_pixels,
                             .window_ms = lead_ms + network->window_ms,
                             .params = network->latency_params,
                             .seed = hk_sim_seed(network->sim),
                             .sample = network->n_shown };
    size_t n_spikes = 0;
    rc = hk_sim_present(network->sim, network->inputs, network->latency, &encoding,
                        hk_local_network_ms(network) - encoding.window_ms, &n_spikes);
    if (rc == HK_OK && network->rc != HK_OK)
        rc = hk_fail(hk_sim_ctx(network->sim), network->rc, "local: no memory for the spikes of examples");
    network->input_spikes += n_spikes;
    network->n_shown++;
    if (rc == HK_OK)
        rc = hk_population_get(network->outputs, "v_mv", network->potentials);
    for (int c = 0; c < HK_LOCAL_CLASSES; c++)
        network->potentials[c] = network->potentials[c] / network->window_ms + network->bias[c];
    return rc;
}

static int make_room(hk_local_network *net, size_t n, hk_archive *archive)
{
    size_t n_ids;
    int rc = hk_archive_length(archive, "ids", HK_U32, &n_ids);
    if (rc == HK_OK && n_ids != n)
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: %zu spikes of examples, must be %zu", n_ids, n);
    if (rc != HK_OK)
        return rc;
    net->times_ms = malloc(n * sizeof *net->times_ms);
    net->ids = malloc(n * sizeof *net->ids);
    net->kept_capacity = n;
    return net->times_ms != NULL && net->ids != NULL
               ? HK_OK
               : hk_fail(hk_archive_ctx(archive), HK_ENOMEM, "local: no memory for the spikes of examples");
}

int hk_local_network_archive(hk_local_network *net, hk_archive *archive)
{
    enum { SHOWN, INPUT_SPIKES, HIDDEN_SPIKES, KEPT, N_COUNTS };
    uint64_t counts[] = { [SHOWN] = net->n_shown,
                          [INPUT_SPIKES] = net->input_spikes,
                          [HIDDEN_SPIKES] = net->hidden_spikes,
                          [KEPT] = net->n_kept };
    int rc = hk_archive_array(archive, "counts", HK_U64, counts, N_COUNTS);
    if (rc != HK_OK)
        return rc;
    net->n_shown = counts[SHOWN];
    net->input_spikes = counts[INPUT_SPIKES];
    net->hidden_spikes = counts[HIDDEN_SPIKES];
    net->n_kept = (size_t)counts[KEPT];
    if (net->n_kept > 0 && hk_archive_is_loading(archive))
        rc = make_room(net, net->n_kept, archive);
    if (rc == HK_OK && net->n_kept > 0)
        rc = hk_archive_array(archive, "times_ms", HK_F64, net->times_ms, net->n_kept);
    if (rc == HK_OK && net->n_kept > 0)
        rc = hk_archive_array(archive, "ids", HK_U32, net->ids, net->n_kept);
    return rc == HK_OK ? hk_sim_archive(net->sim, archive) : rc;
}
