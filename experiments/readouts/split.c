/* experiments/readouts/split.c - see split.h. */
#include "experiments/readouts/split.h"

#include "sim/npy.h"

#include <math.h>
#include <stdlib.h>

void hk_samples_fini(hk_samples *samples)
{
    free(samples->labels);
    free(samples->sets);
    *samples = (hk_samples){ 0 };
}

void hk_split_fini(hk_split *split)
{
    hk_features_fini(&split->learn);
    hk_features_fini(&split->test);
}

int hk_samples_share(hk_ctx *ctx, hk_samples *samples, double share)
{
    if (!(share > 0.0 && share < 1.0))
        return hk_fail(ctx, HK_ERANGE, "share = %g, must be above 0 and below 1", share);
    size_t n_learn = (size_t)ceil(share * (double)samples->n);
    for (size_t s = 0; s < samples->n; s++)
        samples->sets[s] = s < n_learn ? HK_SET_LEARN : HK_SET_TEST;
    return HK_OK;
}

static bool label_at(const hk_npy *npy, size_t k, double *out)
{
    switch (npy->type) {
    case HK_U8:
        *out = ((const uint8_t *)npy->values)[k];
        break;
    case HK_U16:
        *out = ((const uint16_t *)npy->values)[k];
        break;
    case HK_U32:
        *out = ((const uint32_t *)npy->values)[k];
        break;
    case HK_I32:
        *out = ((const int32_t *)npy->values)[k];
        break;
    case HK_I64:
        *out = (double)((const int64_t *)npy->values)[k];
        break;
    case HK_U64:
        *out = (double)((const uint64_t *)npy->values)[k];
        break;
    default:
        return false;
    }
    return *out >= 0.0 && *out < HK_MOST_CLASSES;
}

int hk_samples_of_npy(hk_ctx *ctx, const char *path, double share, hk_samples *out)
{
    hk_npy npy;
    *out = (hk_samples){ 0 };
    int rc = hk_npy_read(ctx, path, &npy);
    if (rc != HK_OK)
        return rc;
    *out = (hk_samples){ .n = npy.n,
                         .labels = calloc(npy.n + 1, sizeof *out->labels),
                         .sets = calloc(npy.n + 1, sizeof *out->sets) };
    if (out->labels == NULL || out->sets == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "no memory for %zu labels", npy.n);
    else if (npy.n_dims != 1 || npy.n == 0)
        rc = hk_fail(ctx, HK_EFORMAT, "%s: %u dimensions, %zu values; must be one row of labels, one a sample", path,
                     npy.n_dims, npy.n);
    else if (npy.type == HK_F32 || npy.type == HK_F64)
        rc = hk_fail(ctx, HK_EFORMAT, "%s: floating-point numbers, must be labels of an integer type", path);
    for (size_t s = 0; rc == HK_OK && s < npy.n; s++) {
        double label = -1.0;
        if (!label_at(&npy, s, &label))
            rc = hk_fail(ctx, HK_ERANGE, "%s: label [%zu] = %g, must be a whole number from 0 to %d", path, s, label,
                         HK_MOST_CLASSES - 1);
        else
            out->labels[s] = (uint32_t)label;
        if (rc == HK_OK && out->labels[s] >= out->n_classes)
            out->n_classes = out->labels[s] + 1;
    }
    hk_npy_free(&npy);
    if (rc == HK_OK)
        rc = hk_samples_share(ctx, out, share);
    if (rc != HK_OK)
        hk_samples_fini(out);
    return rc;
}

int hk_split_init(hk_ctx *ctx, const hk_samples *samples, size_t n_features, hk_split *out)
{
    size_t n[3] = { 0 };
    *out = (hk_split){ 0 };
    for (size_t s = 0; s < samples->n; s++)
        n[samples->sets[s] <= HK_SET_TEST ? samples->sets[s] : HK_SET_TRAINING]++;
    if (n[HK_SET_LEARN] == 0)
        return hk_fail(ctx, HK_ERANGE, "none of the %zu samples is for the readout to learn from", samples->n);
    int rc = hk_features_init(ctx, n[HK_SET_LEARN], n_features, &out->learn);
    if (rc == HK_OK && n[HK_SET_TEST] > 0)
        rc = hk_features_init(ctx, n[HK_SET_TEST], n_features, &out->test);
    if (rc != HK_OK) {
        hk_split_fini(out);
        return rc;
    }
    out->learn.n_classes = out->test.n_classes = samples->n_classes;
    out->test.n_features = n_features;
    size_t at[2] = { 0 };
    for (size_t s = 0; s < samples->n; s++)
        if (samples->sets[s] == HK_SET_LEARN)
            out->learn.labels[at[0]++] = samples->labels[s];
        else if (samples->sets[s] == HK_SET_TEST)
            out->test.labels[at[1]++] = samples->labels[s];
    return HK_OK;
}

float **hk_split_rows(hk_split *split, const hk_samples *samples)
{
    float **rows = calloc(samples->n, sizeof *rows);
    size_t at[2] = { 0 };
    for (size_t s = 0; rows != NULL && s < samples->n; s++)
        if (samples->sets[s] == HK_SET_LEARN)
            rows[s] = split->learn.values + at[0]++ * split->learn.n_features;
        else if (samples->sets[s] == HK_SET_TEST)
            rows[s] = split->test.values + at[1]++ * split->test.n_features;
    return rows;
}
