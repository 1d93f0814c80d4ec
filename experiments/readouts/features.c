/* experiments/readouts/features.c - see features.h. */
#include "experiments/readouts/features.h"

#include <math.h>
#include <stdlib.h>

int hk_features_init(hk_ctx *ctx, size_t n, size_t n_features, hk_features *out)
{
    *out = (hk_features){ 0 };
    if (n == 0 || n_features == 0)
        return hk_fail(ctx, HK_ERANGE, "features: %zu samples of %zu features, must be at least 1 of each", n,
                       n_features);
    if (n > SIZE_MAX / sizeof(double) / n_features)
        return hk_fail(ctx, HK_ERANGE, "features: %zu samples of %zu features are more than memory can hold", n,
                       n_features);
    *out = (hk_features){ .n = n,
                          .n_features = n_features,
                          .values = calloc(n * n_features, sizeof *out->values),
                          .labels = calloc(n, sizeof *out->labels) };
    if (out->values != NULL && out->labels != NULL)
        return HK_OK;
    hk_features_fini(out);
    return hk_fail(ctx, HK_ENOMEM, "features: no memory for %zu samples of %zu features", n, n_features);
}

void hk_features_fini(hk_features *features)
{
    free(features->values);
    free(features->labels);
    free(features->first_spike);
    free(features->spikes);
    *features = (hk_features){ 0 };
}

int hk_features_of_images(hk_ctx *ctx, const hk_images *images, hk_features *out)
{
    int rc = hk_features_init(ctx, images->n, (size_t)images->rows * images->cols, out);
    if (rc != HK_OK)
        return rc;
    for (size_t i = 0; i < images->n; i++) {
        hk_images_values(images, i, out->values + i * out->n_features);
        out->labels[i] = images->labels[i];
    }
    out->n_classes = HK_DATASET_CLASSES;
    return HK_OK;
}

static int check_values(hk_ctx *ctx, const hk_features *features)
{
    for (size_t k = 0; k < features->n * features->n_features; k++)
        if (!isfinite(features->values[k]))
            return hk_fail(ctx, HK_ERANGE, "feature %zu of sample %zu is %g, must be finite", k % features->n_features,
                           k / features->n_features, (double)features->values[k]);
    return HK_OK;
}

int hk_features_check(hk_ctx *ctx, const hk_features *features)
{
    uint32_t n_classes = features->n_classes;
    if (n_classes == 0 || n_classes > HK_MOST_CLASSES)
        return hk_fail(ctx, HK_ERANGE, "%u classes, must be 1 to %d", n_classes, HK_MOST_CLASSES);
    size_t seen[HK_MOST_CLASSES] = { 0 };
    for (size_t s = 0; s < features->n; s++) {
        if (features->labels[s] >= n_classes)
            return hk_fail(ctx, HK_ERANGE, "sample %zu has label %u, must be below %u", s, features->labels[s],
                           n_classes);
        seen[features->labels[s]]++;
    }
    for (uint32_t c = 0; c < n_classes; c++)
        if (seen[c] == 0)
            return hk_fail(ctx, HK_ERANGE,
                           "none of the %zu samples to learn from is of class %u (classes are 0 to %u, "
                           "each needs a sample)",
                           features->n, c, n_classes - 1);
    return check_values(ctx, features);
}

int hk_features_check_width(hk_ctx *ctx, const hk_features *features, size_t n_features)
{
    if (features->n_features != n_features)
        return hk_fail(ctx, HK_ERANGE, "samples have %zu features, the readout learnt from %zu", features->n_features,
                       n_features);
    return check_values(ctx, features);
}
