/* tests/fuzz_features.c - files of vectors made to do harm: any bytes as a matrix and as labels in .npy, and HDF5 arrays of any
 * shape and value. They are refused, or every sample has its features and a label.
 *
 * The first byte chooses. Even: the second says how much of the rest is the matrix; what is left are the labels. Odd: five bytes of
 * shapes, then values, in turn. */
#include "experiments/readouts/recording.h"
#include "sim/results.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 6, MOST_VALUES = 64 * 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_bytes(const char *path, const uint8_t *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
        abort();
}

static void forge(const char *path, const uint8_t *data, size_t size)
{
    static float values[MOST_VALUES];
    static uint32_t labels[MOST_VALUES];
    static uint8_t sets[MOST_VALUES];
    for (size_t k = 0; k < MOST_VALUES; k++) {
        uint8_t byte = size > HEAD ? data[HEAD + k % (size - HEAD)] : 1;
        values[k] = byte == 255 ? NAN : byte == 254 ? INFINITY : byte;
        labels[k] = byte == 255 ? UINT32_MAX : byte == 254 ? 1000 : byte % 16;
        sets[k] = byte;
    }
    const struct {
        const char *name;
        hk_array array;
    } arrays[] = {
        { "features/values",
          { .type = HK_F32, .n_dims = 2, .shape = { data[1] % 64, data[2] % 64 }, .values = values } },
        { "features/labels",
          { .type = data[5] % 16 == 15 ? HK_I32 : HK_U32, .n_dims = 1, .shape = { data[3] % 64 }, .values = labels } },
        { "features/sets", { .type = HK_U8, .n_dims = 1, .shape = { data[4] % 64 }, .values = sets } },
    };
    hk_results *file;
    if (hk_results_open(NULL, path, HK_RESULTS_CREATE, &file) != HK_OK)
        abort();
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        if ((data[5] >> (4 + a) & 1) == 0)
            (void)!hk_results_put(file, arrays[a].name, &arrays[a].array); /* empty ones are refused */
    (void)!hk_results_close(file);
}

/* Reads all of it. */
static void look(const hk_features *f, size_t n_features, uint32_t n_classes)
{
    double sum = 0.0;
    if (f->n > 0 && (f->n_features != n_features || f->n_classes != n_classes))
        abort();
    for (size_t k = 0; k < f->n * f->n_features; k++)
        sum += (double)f->values[k];
    for (size_t s = 0; s < f->n; s++)
        if (f->labels[s] >= f->n_classes || sum == 2.385e-300)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[] = "/tmp/hillock-fuzz-XXXXXX", matrix[64], labels[64];
    if (size < HEAD || size > 1 << 16)
        return 0;
    if (mkdtemp(folder) == NULL)
        abort();
    const int is_npy = data[0] % 2 == 0;
    snprintf(matrix, sizeof matrix, "%s/x.%s", folder, is_npy ? "npy" : "h5");
    snprintf(labels, sizeof labels, "%s/y.npy", folder);
    if (is_npy) {
        size_t n = (size - 2) * data[1] / 256;
        write_bytes(matrix, data + 2, n);
        write_bytes(labels, data + 2 + n, size - 2 - n);
    } else {
        forge(matrix, data, size);
    }
    hk_ctx *ctx = hk_ctx_create();
    const hk_recording_config config = { .labels = is_npy ? labels : NULL,
                                         .share = 0.5,
                                         .window_ms = (double)NAN,
                                         .begin_ms = (double)NAN,
                                         .n_neurons = (double)NAN };
    hk_split split;
    if (hk_split_load(ctx, matrix, &config, &split) == HK_OK) {
        look(&split.learn, split.learn.n_features, split.learn.n_classes);
        look(&split.test, split.learn.n_features, split.learn.n_classes);
        (void)!hk_features_check(ctx, &split.learn);
        hk_split_fini(&split);
    }
    hk_ctx_destroy(ctx);
    unlink(matrix);
    unlink(labels);
    rmdir(folder);
    return 0;
}
