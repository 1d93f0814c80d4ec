/* tests/fuzz_model.c - files of what a readout has learnt, made to do harm: arrays of any shape, type and value, which each
 * readout refuses or takes; what it takes it can decide with.
 *
 * The first byte chooses the readout. Then each array of the table below has three bytes (whether it is there and as what, its
 * shape), and what is left over are the values, in turn. */
#include "experiments/readouts/catalogue.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_VALUES = 32 * 32, SAMPLES = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *name;
    hk_type type;
    unsigned n_dims;
} arrays[] = {
    { "model/weights", HK_F64, 2 },   { "model/chosen", HK_F64, 1 },    { "model/tau_ms", HK_F64, 1 },
    { "model/responses", HK_F64, 2 }, { "model/n_samples", HK_F64, 1 }, { "model/mean", HK_F64, 1 },
    { "model/linear", HK_F64, 2 },    { "model/labels", HK_I32, 1 },    { "model/map", HK_U32, 1 },
    { "model/answers", HK_F64, 2 },   { "model/changed", HK_F64, 1 },   { "model/examples", HK_I32, 2 },
    { "model/nearest", HK_F32, 2 },
};
enum { N_ARRAYS = sizeof arrays / sizeof *arrays, HEAD = 1 + 3 * N_ARRAYS };

static void fill(hk_type type, const uint8_t *bytes, size_t n_bytes, void *values)
{
    static const double odd[] = { INFINITY, -INFINITY, 1e300, -1e-300 };
    for (size_t k = 0; k < MOST_VALUES; k++) {
        uint8_t byte = n_bytes > 0 ? bytes[k % n_bytes] : 1;
        double value = byte == 255 ? (double)NAN : byte > 250 ? odd[byte - 251] : byte < 200 ? byte : 200.0 - byte;
        if (type == HK_F64)
            ((double *)values)[k] = value;
        else if (type == HK_F32)
            ((float *)values)[k] = (float)value;
        else
            ((int32_t *)values)[k] = (int32_t)byte - (byte > 250 ? 256 : 0);
    }
}

static void forge(const char *path, const uint8_t *data, size_t size)
{
    static const hk_type others[] = { HK_F64, HK_F32, HK_I32, HK_U32 };
    static double values[MOST_VALUES]; /* wide enough for any of them */
    hk_results *file;
    if (hk_results_open(NULL, path, HK_RESULTS_CREATE, &file) != HK_OK)
        abort();
    for (size_t a = 0; a < N_ARRAYS; a++) {
        const uint8_t *head = data + 1 + 3 * a;
        hk_array array = { .type = arrays[a].type, .n_dims = arrays[a].n_dims, .values = values };
        if (head[0] % 8 == 7)
            continue;
        if (head[0] % 8 > 3)
            array.type = others[head[0] / 8 % 4];
        if (head[0] >= 248)
            array.n_dims = 3 - array.n_dims;
        array.shape[0] = head[1] % 33;
        array.shape[1] = array.n_dims == 2 ? head[2] % 33 : 0;
        fill(array.type, data + HEAD, size - HEAD, values);
        (void)!hk_results_put(file, arrays[a].name, &array); /* empty ones are refused */
    }
    (void)!hk_results_close(file);
}

static void decide(const hk_readout_job *job, const hk_readout *readout, const void *model)
{
    hk_features f;
    hk_summary *summary = hk_summary_create();
    int32_t classes[SAMPLES];
    size_t n_features;
    uint32_t n_classes;
    readout->shape(model, &n_features, &n_classes);
    if (n_features == 0 || n_classes == 0 || summary == NULL ||
        hk_features_init(NULL, SAMPLES, n_features, &f) != HK_OK)
        abort();
    f.n_classes = n_classes;
    f.first_spike = calloc(SAMPLES + 1, sizeof *f.first_spike);
    f.spikes = calloc(SAMPLES, sizeof *f.spikes);
    for (size_t s = 0; s < SAMPLES; s++) { /* a spike each */
        f.first_spike[s + 1] = s + 1;
        f.spikes[s] = (hk_sample_spike){ .after_ms = 2.385, .neuron = (uint32_t)(s % n_features) };
        f.values[s * n_features + s % n_features] = 1.0f;
    }
    if (readout->decide(job, model, &f, classes) == HK_OK) {
        for (size_t s = 0; s < SAMPLES; s++)
            if (classes[s] < -1 || classes[s] >= (int32_t)n_classes)
                abort();
        (void)!readout->report(job, model, &f, summary);
    }
    hk_summary_destroy(summary);
    hk_features_fini(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD || size > 1 << 12)
        return 0;
    size_t n;
    const hk_readout *const *readouts = hk_readouts(&n), *readout = readouts[data[0] % n];
    const hk_experiment table = { .name = readout->name, .options = readout->options, .n_options = readout->n_options };
    char path[] = "/tmp/hillock-fuzz-XXXXXX";
    int fd = mkstemp(path);
    hk_ctx *ctx = hk_ctx_create();
    hk_values values;
    hk_results *file;
    void *model;
    if (fd < 0 || hk_values_init(ctx, &table, &values) != HK_OK)
        abort();
    const hk_readout_job job = { .ctx = ctx, .values = &values, .seed = 1 };
    forge(path, data, size);
    if (hk_results_open(ctx, path, HK_RESULTS_READ, &file) == HK_OK) {
        if (readout->load(&job, file, &model) == HK_OK)
            decide(&job, readout, model);
        readout->destroy(model);
        hk_results_discard(file);
    }
    hk_values_fini(&values);
    hk_ctx_destroy(ctx);
    unlink(path);
    close(fd);
    return 0;
}
