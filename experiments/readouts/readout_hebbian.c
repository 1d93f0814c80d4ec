/* experiments/readouts/readout_hebbian.c - hebb and delta for `hillock readout`: see hebbian.h. */
#include "experiments/readouts/catalogue.h"
#include "experiments/readouts/hebbian.h"

#include <math.h>
#include <stdlib.h>

#define OPTIONS(eta)                                                                                    \
    HK_READOUT_INPUT("rate"),                                                                           \
        { .name = "epochs",                                                                             \
          .type = HK_OPTION_INTEGER,                                                                    \
          .initial = 5,                                                                                 \
          .min = 1,                                                                                     \
          .max = 1e6,                                                                                   \
          .meaning = "times all samples are shown" },                                                   \
        { .name = "eta_start",                                                                          \
          .type = HK_OPTION_NUMBER,                                                                     \
          .initial = eta,                                                                               \
          .min = 1e-12,                                                                                 \
          .max = 1.0,                                                                                   \
          .meaning = "learning rate at first" },                                                        \
    {                                                                                                   \
        .name = "eta_end", .type = HK_OPTION_NUMBER, .initial = (eta) / 50.0, .min = 1e-12, .max = 1.0, \
        .meaning = "the same at the end (falls geometrically)"                                          \
    }

static const hk_option hebb_options[] = { OPTIONS(0.05) };
static const hk_option delta_options[] = { OPTIONS(0.05) };

static int learn_by(const hk_readout_job *job, hk_hebbian_rule rule, const hk_features *samples, void **model)
{
    hk_hebbian *hebbian = malloc(sizeof *hebbian);
    *model = NULL;
    if (hebbian == NULL)
        return hk_fail(job->ctx, HK_ENOMEM, "hebbian readout: out of memory");
    int rc = hk_hebbian_learn(job->ctx,
                              &(hk_hebbian_config){ .rule = rule,
                                                    .tau_ms = hk_readout_number(job, "tau_ms"),
                                                    .eta_start = hk_readout_number(job, "eta_start"),
                                                    .eta_end = hk_readout_number(job, "eta_end"),
                                                    .epochs = (uint32_t)hk_readout_number(job, "epochs"),
                                                    .seed = job->seed },
                              samples, hebbian);
    if (rc == HK_OK)
        *model = hebbian;
    else
        free(hebbian);
    return rc;
}

static int learn_hebb(const hk_readout_job *job, const hk_features *samples, void **model)
{
    return learn_by(job, HK_HEBBIAN_HEBB, samples, model);
}

static int learn_delta(const hk_readout_job *job, const hk_features *samples, void **model)
{
    return learn_by(job, HK_HEBBIAN_DELTA, samples, model);
}

static int decide(const hk_readout_job *job, const void *model, const hk_features *samples, int32_t *classes)
{
    return hk_hebbian_decide(job->ctx, model, samples, classes);
}

static void shape(const void *model, size_t *n_features, uint32_t *n_classes)
{
    const hk_hebbian *hebbian = model;
    *n_features = hebbian->n_neurons;
    *n_classes = hebbian->n_classes;
}

/* How many neurons speak most for each class. */
static int report(const hk_readout_job *job, const void *model, const hk_features *samples, hk_summary *summary)
{
    const hk_hebbian *h = model;
    double *n_named = calloc(h->n_classes, sizeof *n_named);
    (void)samples;
    if (n_named == NULL)
        return hk_fail(job->ctx, HK_ENOMEM, "hebbian readout: out of memory");
    for (uint32_t i = 0; i < h->n_neurons; i++) {
        const double *w = h->weights + (size_t)i * h->n_classes;
        uint32_t best = 0;
        for (uint32_t c = 1; c < h->n_classes; c++)
            if (w[c] > w[best])
                best = c;
        n_named[best] += w[best] > 0.0;
    }
    hk_summary_array(summary, "neurons_per_class", n_named, h->n_classes);
    free(n_named);
    return HK_OK;
}

static int save(const void *model, hk_results *file)
{
    const hk_hebbian *h = model;
    int rc = hk_results_put(file, "model/weights",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 2,
                                         .shape = { h->n_neurons, h->n_classes },
                                         .values = h->weights,
                                         .description = "by neuron and class" });
    return rc == HK_OK
               ? hk_results_put(
                     file, "model/tau_ms",
                     &(hk_array){ .type = HK_F64, .n_dims = 1, .shape = { 1 }, .values = &h->tau_ms, .unit = "ms" })
               : rc;
}

static int load(const hk_readout_job *job, hk_results *file, void **model)
{
    const hk_results_entry *entry = hk_results_find(file, "model/weights");
    *model = NULL;
    if (entry == NULL || entry->n_dims != 2 || entry->n == 0 || entry->shape[1] > HK_MOST_CLASSES ||
        entry->shape[0] > 10000000)
        return hk_fail(job->ctx, HK_EFORMAT, "model/weights must be a matrix [neurons][classes]");
    hk_hebbian *h = malloc(sizeof *h);
    double *weights = malloc(entry->n * sizeof *weights);
    int rc = h == NULL || weights == NULL ? hk_fail(job->ctx, HK_ENOMEM, "no memory for %zu weights", entry->n)
                                          : hk_results_get(file, "model/weights", HK_F64, weights, entry->n);
    if (rc == HK_OK) {
        *h = (hk_hebbian){ .n_neurons = (uint32_t)entry->shape[0],
                           .n_classes = (uint32_t)entry->shape[1],
                           .weights = weights };
        rc = hk_results_get(file, "model/tau_ms", HK_F64, &h->tau_ms, 1);
    }
    if (rc == HK_OK && !(h->tau_ms > 0.0))
        rc = hk_fail(job->ctx, HK_EFORMAT, "model/tau_ms is %g, must be > 0", h->tau_ms);
    for (size_t k = 0; rc == HK_OK && k < entry->n; k++)
        if (!isfinite(weights[k]))
            rc = hk_fail(job->ctx, HK_EFORMAT, "model/weights: number %zu is %g, must be finite", k, weights[k]);
    if (rc == HK_OK) {
        *model = h;
        return HK_OK;
    }
    free(weights);
    free(h);
    return rc;
}

static void destroy(void *model)
{
    if (model != NULL)
        hk_hebbian_fini(model);
    free(model);
}

const hk_readout hk_readout_hebb = {
    .name = "hebb",
    .summary = "at each spike its weights go towards the class that is shown: supervised Hebb",
    .source = "Grossberg (1969), J. Stat. Phys. 1:319-350",
    .options = hebb_options,
    .n_options = sizeof hebb_options / sizeof hebb_options[0],
    .wants_spikes = true,
    .learn = learn_hebb,
    .decide = decide,
    .shape = shape,
    .report = report,
    .weights = "model/weights",
    .save = save,
    .load = load,
    .destroy = destroy,
};

const hk_readout hk_readout_delta = {
    .name = "delta",
    .summary = "at each spike its weights change by trace times (target - output): delta rule",
    .source = "Widrow & Hoff (1960), IRE WESCON Convention Record 4:96-104",
    .options = delta_options,
    .n_options = sizeof delta_options / sizeof delta_options[0],
    .wants_spikes = true,
    .learn = learn_delta,
    .decide = decide,
    .shape = shape,
    .report = report,
    .weights = "model/weights",
    .save = save,
    .load = load,
    .destroy = destroy,
};
