/* experiments/readouts/readout_linear.c - ridge and lda for `hillock readout`: see linear.h. */
#include "experiments/readouts/catalogue.h"
#include "experiments/readouts/linear.h"

#include <math.h>
#include <stdlib.h>

static const hk_option ridge_options[] = {
    HK_READOUT_INPUT("rate"),
    { .name = "lambda",
      .type = HK_OPTION_NUMBER,
      .min = 0.0,
      .max = 1e30,
      .automatic = "by cross-validation",
      .meaning = "what the square of a weight costs" },
};

static const hk_option lda_options[] = {
    HK_READOUT_INPUT("rate"),
    { .name = "rho",
      .type = HK_OPTION_NUMBER,
      .min = 0.0,
      .max = 1.0,
      .automatic = "by oracle approximating shrinkage",
      .meaning = "how far the covariance is shrunk to a multiple of the identity" },
};

static int take(hk_ctx *ctx, int rc, hk_linear solved, void **model)
{
    hk_linear *linear = rc == HK_OK ? malloc(sizeof *linear) : NULL;
    if (rc == HK_OK && linear == NULL) {
        hk_linear_fini(&solved);
        return hk_fail(ctx, HK_ENOMEM, "linear readout: out of memory");
    }
    if (linear != NULL)
        *linear = solved;
    *model = linear;
    return rc;
}

static int learn_ridge(const hk_readout_job *job, const hk_features *samples, void **model)
{
    hk_ridge ridge;
    hk_linear solved = { 0 };
    *model = NULL;
    int rc = hk_ridge_init(job->ctx, samples->n_features, samples->n_classes, &ridge);
    if (rc != HK_OK)
        return rc;
    for (size_t s = 0; s < samples->n; s++)
        hk_ridge_add(&ridge, job->team, hk_features_row(samples, s), samples->labels[s]);
    rc = hk_ridge_solve(job->ctx, &ridge, job->team, hk_readout_number(job, "lambda"), &solved);
    hk_ridge_fini(&ridge);
    return take(job->ctx, rc, solved, model);
}

static int learn_lda(const hk_readout_job *job, const hk_features *samples, void **model)
{
    hk_scatter scatter;
    hk_linear solved = { 0 };
    *model = NULL;
    int rc = hk_scatter_init(job->ctx, samples->n_features, samples->n_classes, &scatter);
    if (rc != HK_OK)
        return rc;
    for (size_t s = 0; s < samples->n; s++)
        hk_scatter_add(&scatter, job->team, hk_features_row(samples, s), samples->labels[s]);
    rc = hk_lda_solve(job->ctx, &scatter, job->team, hk_readout_number(job, "rho"), &solved);
    hk_scatter_fini(&scatter);
    return take(job->ctx, rc, solved, model);
}

static int decide(const hk_readout_job *job, const void *model, const hk_features *samples, int32_t *classes)
{
    (void)job;
    for (size_t s = 0; s < samples->n; s++)
        classes[s] = (int32_t)hk_linear_decide(model, hk_features_row(samples, s), NULL);
    return HK_OK;
}

static void shape(const void *model, size_t *n_features, uint32_t *n_classes)
{
    const hk_linear *linear = model;
    *n_features = linear->n_features;
    *n_classes = linear->n_classes;
}

static int report_ridge(const hk_readout_job *job, const void *model, const hk_features *samples, hk_summary *summary)
{
    (void)job;
    (void)samples;
    hk_summary_number(summary, "lambda", ((const hk_linear *)model)->lambda);
    return HK_OK;
}

static int report_lda(const hk_readout_job *job, const void *model, const hk_features *samples, hk_summary *summary)
{
    (void)job;
    (void)samples;
    hk_summary_number(summary, "rho", ((const hk_linear *)model)->rho);
    return HK_OK;
}

static int save(const void *model, hk_results *file)
{
    const hk_linear *linear = model;
    int rc = hk_results_put(file, "model/weights",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 2,
                                         .shape = { linear->n_classes, linear->n_features + 1 },
                                         .values = linear->weights,
                                         .description = "by class: a weight for each feature, then the constant" });
    const double chosen[] = { linear->lambda, linear->rho };
    return rc == HK_OK ? hk_results_put(file, "model/chosen",
                                        &(hk_array){ .type = HK_F64,
                                                     .n_dims = 1,
                                                     .shape = { 2 },
                                                     .values = chosen,
                                                     .description = "lambda (ridge), rho (lda)" })
                       : rc;
}

static int load(const hk_readout_job *job, hk_results *file, void **model)
{
    const hk_results_entry *entry = hk_results_find(file, "model/weights");
    double chosen[2] = { 0.0 };
    *model = NULL;
    if (entry == NULL || entry->n_dims != 2 || entry->shape[0] == 0 || entry->shape[0] > HK_MOST_CLASSES ||
        entry->shape[1] < 2)
        return hk_fail(job->ctx, HK_EFORMAT, "model/weights must be a matrix [classes][features + 1]");
    hk_linear linear = { .n_features = entry->shape[1] - 1,
                         .n_classes = (uint32_t)entry->shape[0],
                         .weights = malloc(entry->n * sizeof *linear.weights) };
    int rc = linear.weights == NULL ? hk_fail(job->ctx, HK_ENOMEM, "no memory for %zu weights", entry->n)
                                    : hk_results_get(file, "model/weights", HK_F64, linear.weights, entry->n);
    if (rc == HK_OK)
        rc = hk_results_get(file, "model/chosen", HK_F64, chosen, 2);
    for (size_t k = 0; rc == HK_OK && k < entry->n; k++)
        if (!isfinite(linear.weights[k]))
            rc = hk_fail(job->ctx, HK_EFORMAT, "model/weights: number %zu is %g, must be finite", k, linear.weights[k]);
    if (rc != HK_OK) {
        hk_linear_fini(&linear);
        return rc;
    }
    linear.lambda = chosen[0];
    linear.rho = chosen[1];
    return take(job->ctx, HK_OK, linear, model);
}

static void destroy(void *model)
{
    if (model != NULL)
        hk_linear_fini(model);
    free(model);
}

const hk_readout hk_readout_ridge = {
    .name = "ridge",
    .summary = "linear regression onto the classes, lambda by cross-validation; streaming",
    .source = "Hoerl & Kennard (1970), Technometrics 12:55-67",
    .options = ridge_options,
    .n_options = sizeof ridge_options / sizeof ridge_options[0],
    .learn = learn_ridge,
    .decide = decide,
    .shape = shape,
    .report = report_ridge,
    .weights = "model/weights",
    .save = save,
    .load = load,
    .destroy = destroy,
};

const hk_readout hk_readout_lda = {
    .name = "lda",
    .summary = "normal classes with one covariance, shrunk; streaming",
    .source = "Fisher (1936), Ann. Eugenics 7:179-188",
    .options = lda_options,
    .n_options = sizeof lda_options / sizeof lda_options[0],
    .learn = learn_lda,
    .decide = decide,
    .shape = shape,
    .report = report_lda,
    .weights = "model/weights",
    .save = save,
    .load = load,
    .destroy = destroy,
};
