/* experiments/readouts/readout_oja.c - oja for `hillock readout`: the principal subspace (oja.h), and lda within it. */
#include "experiments/readouts/catalogue.h"
#include "experiments/readouts/linear.h"
#include "experiments/readouts/oja.h"

#include <math.h>
#include <stdlib.h>

static const hk_option options[] = {
    HK_READOUT_INPUT("rate"),
    { .name = "components",
      .type = HK_OPTION_INTEGER,
      .initial = 20,
      .min = 1,
      .max = 1e5,
      .meaning = "dimensions of the subspace" },
    { .name = "epochs",
      .type = HK_OPTION_INTEGER,
      .initial = 3,
      .min = 1,
      .max = 1e6,
      .meaning = "times all samples are shown" },
    { .name = "eta_start",
      .type = HK_OPTION_NUMBER,
      .initial = 0.1,
      .min = 1e-12,
      .max = 1.0,
      .meaning = "learning rate at first, for samples of mean squared length 1" },
    { .name = "eta_end",
      .type = HK_OPTION_NUMBER,
      .initial = 0.002,
      .min = 1e-12,
      .max = 1.0,
      .meaning = "the same at the end (falls geometrically)" },
};

typedef struct model {
    hk_oja oja;
    hk_linear linear; /* on y */
} model;

static void destroy(void *m)
{
    model *both = m;
    if (both == NULL)
        return;
    hk_oja_fini(&both->oja);
    hk_linear_fini(&both->linear);
    free(both);
}

static int solve(const hk_readout_job *job, const hk_features *projected, hk_linear *out)
{
    hk_scatter scatter;
    int rc = hk_scatter_init(job->ctx, projected->n_features, projected->n_classes, &scatter);
    if (rc != HK_OK)
        return rc;
    for (size_t s = 0; s < projected->n; s++)
        hk_scatter_add(&scatter, job->team, hk_features_row(projected, s), projected->labels[s]);
    rc = hk_lda_solve(job->ctx, &scatter, job->team, NAN, out);
    hk_scatter_fini(&scatter);
    return rc;
}

static int learn(const hk_readout_job *job, const hk_features *samples, void **out)
{
    model *both = calloc(1, sizeof *both);
    hk_features projected = { 0 };
    *out = NULL;
    if (both == NULL)
        return hk_fail(job->ctx, HK_ENOMEM, "oja: out of memory");
    int rc = hk_oja_learn(job->ctx,
                          &(hk_oja_config){ .n_components = (size_t)hk_readout_number(job, "components"),
                                            .eta_start = hk_readout_number(job, "eta_start"),
                                            .eta_end = hk_readout_number(job, "eta_end"),
                                            .epochs = (uint32_t)hk_readout_number(job, "epochs"),
                                            .seed = job->seed },
                          samples, &both->oja);
    if (rc == HK_OK)
        rc = hk_oja_project(job->ctx, &both->oja, samples, &projected);
    if (rc == HK_OK)
        rc = solve(job, &projected, &both->linear);
    hk_features_fini(&projected);
    if (rc == HK_OK)
        *out = both;
    else
        destroy(both);
    return rc;
}

static int decide(const hk_readout_job *job, const void *m, const hk_features *samples, int32_t *classes)
{
    const model *both = m;
    hk_features projected;
    int rc = hk_oja_project(job->ctx, &both->oja, samples, &projected);
    for (size_t s = 0; rc == HK_OK && s < samples->n; s++)
        classes[s] = (int32_t)hk_linear_decide(&both->linear, hk_features_row(&projected, s), NULL);
    hk_features_fini(&projected);
    return rc;
}

static void shape(const void *m, size_t *n_features, uint32_t *n_classes)
{
    const model *both = m;
    *n_features = both->oja.n_features;
    *n_classes = both->linear.n_classes;
}

/* Share of the variance that lies in the subspace: 1 - |x - m - W y|^2 / |x - m|^2 over all samples. */
static int report(const hk_readout_job *job, const void *m, const hk_features *samples, hk_summary *summary)
{
    const hk_oja *oja = &((const model *)m)->oja;
    hk_features projected;
    double left = 0.0, all = 0.0;
    int rc = hk_oja_project(job->ctx, oja, samples, &projected);
    for (size_t s = 0; rc == HK_OK && s < samples->n; s++)
        for (size_t k = 0; k < oja->n_features; k++) {
            double x = (double)hk_features_row(samples, s)[k] - oja->mean[k], rest = x;
            for (size_t c = 0; c < oja->n_components; c++)
                rest -= oja->weights[k * oja->n_components + c] * (double)hk_features_row(&projected, s)[c];
            all += x * x;
            left += rest * rest;
        }
    hk_features_fini(&projected);
    if (rc == HK_OK)
        hk_summary_number(summary, "variance_kept", 1.0 - left / all);
    return rc;
}

static int save(const void *m, hk_results *file)
{
    const model *both = m;
    const struct {
        const char *name;
        hk_array array;
    } arrays[] = {
        { "model/mean", { .type = HK_F64, .n_dims = 1, .shape = { both->oja.n_features }, .values = both->oja.mean } },
        { "model/weights",
          { .type = HK_F64,
            .n_dims = 2,
            .shape = { both->oja.n_features, both->oja.n_components },
            .values = both->oja.weights } },
        { "model/linear",
          { .type = HK_F64,
            .n_dims = 2,
            .shape = { both->linear.n_classes, both->linear.n_features + 1 },
            .values = both->linear.weights,
            .description = "by class: a weight for each component, then the constant" } },
    };
    int rc = HK_OK;
    for (size_t k = 0; k < sizeof arrays / sizeof arrays[0] && rc == HK_OK; k++)
        rc = hk_results_put(file, arrays[k].name, &arrays[k].array);
    return rc;
}

static bool all_finite(const double *values, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!isfinite(values[k]))
            return false;
    return true;
}

static int load_arrays(hk_ctx *ctx, hk_results *file, model *both)
{
    const hk_results_entry *weights = hk_results_find(file, "model/weights");
    const hk_results_entry *linear = hk_results_find(file, "model/linear");
    if (weights == NULL || linear == NULL || weights->n_dims != 2 || linear->n_dims != 2 || weights->n == 0 ||
        linear->shape[0] == 0 || linear->shape[0] > HK_MOST_CLASSES || linear->shape[1] != weights->shape[1] + 1)
        return hk_fail(ctx, HK_EFORMAT, "oja: the arrays of the group `model` do not fit each other");
    size_t d = weights->shape[0];
    both->oja = (hk_oja){ .n_features = d,
                          .n_components = weights->shape[1],
                          .mean = malloc(d * sizeof *both->oja.mean),
                          .weights = malloc(weights->n * sizeof *both->oja.weights) };
    both->linear = (hk_linear){ .n_features = weights->shape[1],
                                .n_classes = (uint32_t)linear->shape[0],
                                .weights = malloc(linear->n * sizeof *both->linear.weights) };
    if (both->oja.mean == NULL || both->oja.weights == NULL || both->linear.weights == NULL)
        return hk_fail(ctx, HK_ENOMEM, "oja: no memory for %zu weights", weights->n);
    int rc = hk_results_get(file, "model/mean", HK_F64, both->oja.mean, d);
    if (rc == HK_OK)
        rc = hk_results_get(file, "model/weights", HK_F64, both->oja.weights, weights->n);
    if (rc == HK_OK)
        rc = hk_results_get(file, "model/linear", HK_F64, both->linear.weights, linear->n);
    if (rc == HK_OK && !(all_finite(both->oja.mean, d) && all_finite(both->oja.weights, weights->n) &&
                         all_finite(both->linear.weights, linear->n)))
        rc = hk_fail(ctx, HK_EFORMAT, "oja: the arrays of the group `model` must be finite");
    return rc;
}

static int load(const hk_readout_job *job, hk_results *file, void **out)
{
    model *both = calloc(1, sizeof *both);
    int rc = both == NULL ? hk_fail(job->ctx, HK_ENOMEM, "oja: out of memory") : load_arrays(job->ctx, file, both);
    *out = rc == HK_OK ? both : NULL;
    if (rc != HK_OK)
        destroy(both);
    return rc;
}

const hk_readout hk_readout_oja = {
    .name = "oja",
    .summary = "principal subspace by a Hebbian rule, then lda within it",
    .source = "Oja (1989), Int. J. Neural Syst. 1:61-68",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .learn = learn,
    .decide = decide,
    .shape = shape,
    .report = report,
    .weights = "model/weights",
    .save = save,
    .load = load,
    .destroy = destroy,
};
