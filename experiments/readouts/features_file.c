/* experiments/readouts/features_file.c - feature vectors in .npy and HDF5 files; see recording.h. */
#include "experiments/readouts/split.h"

#include "sim/npy.h"
#include "sim/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values [n][n_features] in file order to the rows they belong to. */
static int distribute(hk_ctx *ctx, const hk_samples *samples, size_t n_features, const float *values, hk_split *out)
{
    int rc = hk_split_init(ctx, samples, n_features, out);
    if (rc != HK_OK)
        return rc;
    float **rows = hk_split_rows(out, samples);
    if (rows == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "no memory for %zu samples", samples->n);
    for (size_t s = 0; rc == HK_OK && s < samples->n; s++)
        if (rows[s] != NULL)
            memcpy(rows[s], values + s * n_features, n_features * sizeof *values);
    free(rows);
    if (rc != HK_OK)
        hk_split_fini(out);
    return rc;
}

static int to_floats(hk_ctx *ctx, const char *path, hk_npy *npy)
{
    if (npy->n_dims != 2)
        return hk_fail(ctx, HK_EFORMAT, "%s has %u dimensions, must be [samples][features]", path, npy->n_dims);
    if (npy->type == HK_F32)
        return HK_OK;
    if (npy->type != HK_F64 && npy->type != HK_U8)
        return hk_fail(ctx, HK_EFORMAT, "%s: features are %s, must be float32, float64 or uint8", path,
                       hk_type_name(npy->type));
    float *values = malloc((npy->n + 1) * sizeof *values);
    if (values == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for %zu features", npy->n);
    for (size_t k = 0; k < npy->n; k++)
        values[k] = npy->type == HK_F64 ? (float)((const double *)npy->values)[k]
                                        : (float)((const uint8_t *)npy->values)[k];
    free(npy->values);
    npy->values = values;
    npy->type = HK_F32;
    return HK_OK;
}

int hk_split_load_npy(hk_ctx *ctx, const char *path, const hk_recording_config *config, hk_split *out)
{
    hk_npy npy;
    hk_samples samples = { 0 };
    if (config->labels == NULL)
        return hk_fail(ctx, HK_ERANGE, "%s: features in a .npy file need their labels: --labels FILE.npy", path);
    int rc = hk_npy_read(ctx, path, &npy);
    if (rc != HK_OK)
        return rc;
    rc = to_floats(ctx, path, &npy);
    if (rc == HK_OK)
        rc = hk_samples_of_npy(ctx, config->labels, config->share, &samples);
    if (rc == HK_OK && samples.n != npy.shape[0])
        rc = hk_fail(ctx, HK_ERANGE, "%s has %zu samples, %s has %zu labels: must be as many", path, npy.shape[0],
                     config->labels, samples.n);
    if (rc == HK_OK)
        rc = distribute(ctx, &samples, npy.shape[1], npy.values, out);
    hk_samples_fini(&samples);
    hk_npy_free(&npy);
    return rc;
}

int hk_split_load_features(hk_ctx *ctx, const char *path, hk_split *out)
{
    hk_results *file;
    int rc = hk_results_open(ctx, path, HK_RESULTS_READ, &file);
    if (rc != HK_OK)
        return rc;
    const hk_results_entry *entry = hk_results_find(file, "features/values");
    size_t n = entry == NULL ? 0 : entry->shape[0], n_values = entry == NULL ? 0 : entry->n;
    hk_samples samples = { .n = n,
                           .labels = calloc(n + 1, sizeof *samples.labels),
                           .sets = calloc(n + 1, sizeof *samples.sets) };
    float *values = malloc((n_values + 1) * sizeof *values);
    if (samples.labels == NULL || samples.sets == NULL || values == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "no memory for %zu features", n_values);
    else if (entry == NULL || entry->n_dims != 2)
        rc = hk_fail(ctx, HK_EFORMAT, "%s: features/values must be a matrix [samples][features]", path);
    if (rc == HK_OK)
        rc = hk_results_get(file, "features/values", HK_F32, values, n_values);
    if (rc == HK_OK)
        rc = hk_results_get(file, "features/labels", HK_U32, samples.labels, n);
    if (rc == HK_OK)
        rc = hk_results_get(file, "features/sets", HK_U8, samples.sets, n);
    for (size_t s = 0; rc == HK_OK && s < n; s++)
        if (samples.labels[s] >= HK_MOST_CLASSES)
            rc = hk_fail(ctx, HK_ERANGE, "%s: sample %zu has label %u, must be below %d", path, s, samples.labels[s],
                         HK_MOST_CLASSES);
        else if (samples.labels[s] >= samples.n_classes)
            samples.n_classes = samples.labels[s] + 1;
    if (rc == HK_OK)
        rc = distribute(ctx, &samples, entry->shape[1], values, out);
    hk_results_discard(file);
    hk_samples_fini(&samples);
    free(values);
    return rc;
}

/* Both parts behind each other, learning samples first. */
typedef struct joined {
    size_t n, n_features;
    float *values;
    uint32_t *labels;
    uint8_t *sets;
} joined;

static int join(hk_ctx *ctx, const hk_split *split, joined *out)
{
    size_t n = split->learn.n + split->test.n, d = split->learn.n_features;
    *out = (joined){ .n = n,
                     .n_features = d,
                     .values = malloc(n * d * sizeof *out->values),
                     .labels = malloc(n * sizeof *out->labels),
                     .sets = malloc(n) };
    if (out->values == NULL || out->labels == NULL || out->sets == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for %zu samples", n);
    const hk_features *parts[] = { &split->learn, &split->test };
    for (size_t p = 0, at = 0; p < 2; at += parts[p++]->n)
        for (size_t s = 0; s < parts[p]->n; s++) {
            memcpy(out->values + (at + s) * d, hk_features_row(parts[p], s), d * sizeof *out->values);
            out->labels[at + s] = parts[p]->labels[s];
            out->sets[at + s] = p == 0 ? HK_SET_LEARN : HK_SET_TEST;
        }
    return HK_OK;
}

static int save_npy(hk_ctx *ctx, const joined *all, const char *path)
{
    char *labels = malloc(strlen(path) + sizeof "-labels");
    if (labels == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for a path");
    sprintf(labels, "%.*s-labels.npy", (int)(strlen(path) - 4), path);
    int rc = hk_npy_write(ctx, path, HK_F32, 2, (size_t[]){ all->n, all->n_features }, all->values);
    if (rc == HK_OK)
        rc = hk_npy_write(ctx, labels, HK_U32, 1, &all->n, all->labels);
    free(labels);
    return rc;
}

static int save_h5(hk_ctx *ctx, const joined *all, const char *path)
{
    hk_results *file;
    int rc = hk_results_open(ctx, path, HK_RESULTS_CREATE, &file);
    if (rc != HK_OK)
        return rc;
    const struct {
        const char *name;
        hk_array array;
    } arrays[] = {
        { "features/values",
          { .type = HK_F32, .n_dims = 2, .shape = { all->n, all->n_features }, .values = all->values } },
        { "features/labels", { .type = HK_U32, .n_dims = 1, .shape = { all->n }, .values = all->labels } },
        { "features/sets",
          { .type = HK_U8,
            .n_dims = 1,
            .shape = { all->n },
            .values = all->sets,
            .description = "1: to learn from, 2: to test on" } },
    };
    for (size_t k = 0; rc == HK_OK && k < sizeof arrays / sizeof arrays[0]; k++)
        rc = hk_results_put(file, arrays[k].name, &arrays[k].array);
    if (rc == HK_OK)
        return hk_results_close(file);
    hk_results_discard(file);
    return rc;
}

int hk_split_save(hk_ctx *ctx, const hk_split *split, const char *path)
{
    joined all;
    size_t length = strlen(path);
    int rc = join(ctx, split, &all);
    if (rc == HK_OK)
        rc = length > 4 && strcmp(path + length - 4, ".npy") == 0 ? save_npy(ctx, &all, path)
                                                                  : save_h5(ctx, &all, path);
    free(all.values);
    free(all.labels);
    free(all.sets);
    return rc;
}
