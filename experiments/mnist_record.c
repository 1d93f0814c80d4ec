/* experiments/mnist_record.c - see mnist_record.h. */
#include "experiments/mnist_record.h"

#include "sim/results.h"

#include <stdlib.h>
#include <string.h>

static void keep(hk_mnist_examples *e, const hk_sim *sim, const hk_population *population, uint32_t first_id)
{
    size_t n;
    const hk_spike *spikes = hk_population_spikes(population, &n);
    if (e->n + n > e->capacity) {
        size_t capacity = 2 * (e->n + n);
        double *times = realloc(e->times_ms, capacity * sizeof *times);
        if (times != NULL)
            e->times_ms = times;
        uint32_t *ids = realloc(e->ids, capacity * sizeof *ids);
        if (ids != NULL)
            e->ids = ids;
        if (times == NULL || ids == NULL) {
            e->lost = true;
            return;
        }
        e->capacity = capacity;
    }
    for (size_t k = 0; k < n; k++, e->n++) {
        e->times_ms[e->n] = hk_time_to_ms(spikes[k].time, hk_sim_resolution_ms(sim)) - e->offset_ms;
        e->ids[e->n] = first_id + spikes[k].neuron;
    }
}

void hk_mnist_examples_keep(hk_mnist_examples *examples, const hk_mnist_network *network)
{
    keep(examples, network->sim, network->inputs, 0);
    keep(examples, network->sim, network->hidden, network->n_inputs);
}

void hk_mnist_examples_begin(hk_mnist_examples *examples, hk_mnist_network *network, uint8_t label)
{
    double now_ms = hk_sim_now_ms(network->sim);
    examples->labels[examples->n_images] = label;
    examples->offset_ms = now_ms - examples->n_images * network->settings.window_ms;
    examples->n_images++;
    network->examples = examples;
}

int hk_mnist_examples_archive(hk_mnist_examples *examples, hk_archive *archive)
{
    bool loading = hk_archive_is_loading(archive);
    uint64_t n_images = examples->n_images;
    size_t n = examples->n;
    int rc = hk_archive_enter(archive, "examples");
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "n_images", HK_U64, &n_images, 1);
    if (rc == HK_OK && n_images > HK_MNIST_EXAMPLES)
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: %llu example images, must be at most %d",
                     (unsigned long long)n_images, HK_MNIST_EXAMPLES);
    if (rc == HK_OK && loading)
        rc = hk_archive_length(archive, "ids", HK_U32, &n);
    if (rc == HK_OK && loading) {
        free(examples->times_ms);
        free(examples->ids);
        examples->times_ms = calloc(n + 1, sizeof *examples->times_ms);
        examples->ids = calloc(n + 1, sizeof *examples->ids);
        examples->n = examples->capacity = n;
        examples->n_images = (uint32_t)n_images;
        if (examples->times_ms == NULL || examples->ids == NULL)
            rc = HK_ENOMEM;
    }
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "times_ms", HK_F64, examples->times_ms, n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "ids", HK_U32, examples->ids, n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "labels", HK_U8, examples->labels, HK_MNIST_EXAMPLES);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}

void hk_mnist_examples_fini(hk_mnist_examples *examples)
{
    free(examples->times_ms);
    free(examples->ids);
    *examples = (hk_mnist_examples){ 0 };
}

static int put_examples(hk_results *file, const hk_mnist_examples *e, const hk_mnist_network *net)
{
    if (e->n == 0 || e->lost)
        return HK_OK;
    int rc = hk_results_put(
        file, "examples/times_ms",
        &(hk_array){ .type = HK_F64,
                     .n_dims = 1,
                     .shape = { e->n },
                     .values = e->times_ms,
                     .unit = "ms",
                     .description = "spikes of the first test images, one window after the other" });
    if (rc == HK_OK)
        rc = hk_results_put(
            file, "examples/ids",
            &(hk_array){ .type = HK_U32,
                         .n_dims = 1,
                         .shape = { e->n },
                         .values = e->ids,
                         .description = "inputs first (pixels; codes for streams: those that rise, those "
                                        "that fall), then hidden neurons" });
    if (rc == HK_OK)
        rc = hk_results_put(file, "examples/labels",
                            &(hk_array){ .type = HK_U8,
                                         .n_dims = 1,
                                         .shape = { e->n_images },
                                         .values = e->labels,
                                         .description = "true classes of the images" });
    if (rc == HK_OK)
        rc = hk_results_put_number(file, "examples", "n_inputs", net->n_inputs);
    if (rc == HK_OK)
        rc = hk_results_put_number(file, "examples", "n_hidden", net->settings.neurons);
    return rc == HK_OK ? hk_results_put_number(file, "examples", "window_ms", net->settings.window_ms) : rc;
}

/* Weights turned to [n][rows][cols]: one picture a neuron; codes for streams: rising pixels above falling ones. */
static int put_fields(hk_results *file, hk_run *run, const hk_mnist_results *r)
{
    hk_mnist_network *net = r->network;
    uint64_t n_weights;
    const float *w = hk_projection_weights(net->projection, &n_weights);
    uint64_t stride = n_weights / net->n_inputs;
    uint32_t n = net->settings.neurons;
    float *fields = malloc((size_t)n * net->n_inputs * sizeof *fields);
    double *theta = malloc(n * sizeof *theta);
    int rc = fields == NULL || theta == NULL
                 ? hk_fail(hk_run_ctx(run), HK_ENOMEM, "mnist: out of memory for the results")
                 : hk_population_get(net->hidden, "theta_mv", theta);
    for (uint32_t j = 0; rc == HK_OK && j < n; j++)
        for (uint32_t i = 0; i < net->n_inputs; i++)
            fields[(size_t)j * net->n_inputs + i] = w[i * stride + j];
    if (rc == HK_OK)
        rc = hk_results_put(file, "receptive_fields",
                            &(hk_array){ .type = HK_F32,
                                         .n_dims = 3,
                                         .shape = { n, net->n_inputs / r->cols, r->cols },
                                         .values = fields,
                                         .unit = "mV",
                                         .description = "incoming weights of each neuron after training" });
    if (rc == HK_OK)
        rc = hk_results_put(file, "theta_mv",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 1,
                                         .shape = { n },
                                         .values = theta,
                                         .unit = "mV",
                                         .description = "adaptive part of the threshold" });
    free(fields);
    free(theta);
    return rc;
}

static int put_readout(hk_results *file, const hk_mnist_results *r)
{
    size_t n = r->vote->n;
    int rc = hk_results_put(file, "readout/responses",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 2,
                                         .shape = { n, HK_VOTE_CLASSES },
                                         .values = r->vote->responses,
                                         .description = "spikes for labelled images, by class" });
    if (rc == HK_OK)
        rc = hk_results_put(file, "readout/vote_weights",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 2,
                                         .shape = { n, HK_VOTE_CLASSES },
                                         .values = r->vote->weight,
                                         .description = "log share of each neuron in a class" });
    if (rc == HK_OK)
        rc = hk_results_put(file, "confusion",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 2,
                                         .shape = { HK_VOTE_CLASSES, HK_VOTE_CLASSES },
                                         .values = r->confusion,
                                         .description = "test images: true class, class by vote" });
    if (rc == HK_OK && r->n_points > 0)
        rc = hk_results_put(
            file, "accuracy_over_training",
            &(hk_array){ .type = HK_F64,
                         .n_dims = 2,
                         .shape = { r->n_points, 3 },
                         .values = r->curve,
                         .description = "training images shown; share of those since the last point decided "
                                        "right by label and by vote, neurons named by the ones before" });
    if (rc == HK_OK && r->n_points > 0)
        rc = hk_results_put_text(file, "accuracy_over_training", "columns", "images, by label, by vote");
    return rc;
}

/* Which image each window of the recording showed, for readouts of the spikes (readouts/recording.h). */
static int put_samples(hk_results *file, hk_run *run, const hk_mnist_results *r)
{
    size_t n = 0, at = 0;
    for (size_t p = 0; p < 3; p++)
        n += r->phases[p]->n * (p == 0 ? r->n_passes : 1);
    uint8_t *labels = malloc(2 * n + 1), *sets = labels + n;
    if (labels == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "mnist: out of memory for the results");
    for (uint8_t p = 0; p < 3; p++)
        for (uint32_t pass = 0; pass < (p == 0 ? r->n_passes : 1); pass++)
            for (size_t i = 0; i < r->phases[p]->n; i++, at++) {
                labels[at] = r->phases[p]->labels[i];
                sets[at] = p;
            }
    const hk_array arrays[] = {
        { .type = HK_U8, .n_dims = 1, .shape = { n }, .values = labels, .description = "true classes, by window" },
        { .type = HK_U8,
          .n_dims = 1,
          .shape = { n },
          .values = sets,
          .description = "0: training of the network, 1: naming of neurons, 2: test" },
    };
    int rc = hk_results_put(file, "samples/labels", &arrays[0]);
    if (rc == HK_OK)
        rc = hk_results_put(file, "samples/sets", &arrays[1]);
    if (rc == HK_OK)
        rc = hk_results_put_number(file, "samples", "window_ms", r->network->settings.window_ms);
    if (rc == HK_OK)
        rc = hk_results_put_number(file, "samples", "n_neurons", r->network->settings.neurons);
    free(labels);
    return rc;
}

int hk_mnist_write_results(hk_run *run, const hk_mnist_results *results)
{
    const char *path = hk_run_out(run);
    if (path == NULL)
        return HK_OK;
    hk_results *file = NULL;
    bool recorded = strcmp(hk_run_text(run, "record"), "none") != 0;
    int rc = hk_results_open(hk_run_ctx(run), path, recorded ? HK_RESULTS_ADD : HK_RESULTS_CREATE, &file);
    if (rc == HK_OK)
        rc = put_fields(file, run, results);
    if (rc == HK_OK)
        rc = put_readout(file, results);
    if (rc == HK_OK)
        rc = put_examples(file, results->examples, results->network);
    if (rc == HK_OK && recorded)
        rc = put_samples(file, run, results);
    if (rc != HK_OK) {
        hk_results_discard(file);
        return rc;
    }
    return hk_results_close(file);
}
