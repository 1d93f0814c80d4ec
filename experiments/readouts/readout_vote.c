/* experiments/readouts/readout_vote.c - neurons named by their answers, for `hillock readout`: see vote.h.
 *
 * `first` names neurons by the samples they answer first, and lets the first spike of a sample decide. */
#include "experiments/readouts/catalogue.h"
#include "experiments/readouts/vote.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const hk_option count_options[] = { HK_READOUT_INPUT("rate") };
static const hk_option first_options[] = { HK_READOUT_INPUT("latency") };

/* Spikes of a sample, as whole numbers. */
static int counts_of(const hk_readout_job *job, const float *x, uint32_t n, uint32_t *counts)
{
    for (uint32_t j = 0; j < n; j++) {
        if (!(x[j] >= 0.0f && x[j] <= 1e9f) || x[j] != floorf(x[j]))
            return hk_fail(job->ctx, HK_ERANGE, "feature %u is %g, must be a number of spikes", j, (double)x[j]);
        counts[j] = (uint32_t)x[j];
    }
    return HK_OK;
}

/* 1 for the neuron that spiked first, the lowest of several; 0 for all others. */
static int first_of(const hk_readout_job *job, const float *x, uint32_t n, uint32_t *counts)
{
    (void)job;
    uint32_t first = 0;
    memset(counts, 0, n * sizeof *counts);
    for (uint32_t j = 1; j < n; j++)
        if (x[j] > x[first])
            first = j;
    counts[first] = x[first] > 0.0f;
    return HK_OK;
}

typedef int (*answer_fn)(const hk_readout_job *job, const float *x, uint32_t n, uint32_t *counts);

static int learn_by(const hk_readout_job *job, const hk_features *samples, answer_fn answer, void **model)
{
    *model = NULL;
    if (samples->n_classes > HK_VOTE_CLASSES || samples->n_features > 10000000)
        return hk_fail(job->ctx, HK_ERANGE, "%u classes, must be at most %d to name neurons", samples->n_classes,
                       HK_VOTE_CLASSES);
    uint32_t n = (uint32_t)samples->n_features, *counts = malloc(n * sizeof *counts);
    hk_vote *vote = malloc(sizeof *vote);
    if (counts == NULL || vote == NULL || hk_vote_init(vote, n) != HK_OK) {
        free(counts);
        free(vote);
        return hk_fail(job->ctx, HK_ENOMEM, "no memory to name %u neurons", n);
    }
    int rc = HK_OK;
    for (size_t s = 0; s < samples->n && rc == HK_OK; s++) {
        rc = answer(job, hk_features_row(samples, s), n, counts);
        if (rc == HK_OK)
            hk_vote_add(vote, (int)samples->labels[s], counts);
    }
    free(counts);
    if (rc != HK_OK) {
        hk_vote_fini(vote);
        free(vote);
        return rc;
    }
    hk_vote_fit(vote);
    *model = vote;
    return HK_OK;
}

static int learn_counts(const hk_readout_job *job, const hk_features *samples, void **model)
{
    return learn_by(job, samples, counts_of, model);
}

static int learn_first(const hk_readout_job *job, const hk_features *samples, void **model)
{
    return learn_by(job, samples, first_of, model);
}

static int decide_by(const hk_readout_job *job, const hk_vote *vote, const hk_features *samples, answer_fn answer,
                     int (*decide)(const hk_vote *, const uint32_t *), int32_t *classes)
{
    uint32_t *counts = malloc(vote->n * sizeof *counts);
    int rc = counts == NULL ? hk_fail(job->ctx, HK_ENOMEM, "no memory for %u counts", vote->n) : HK_OK;
    for (size_t s = 0; s < samples->n && rc == HK_OK; s++) {
        rc = answer(job, hk_features_row(samples, s), vote->n, counts);
        if (rc == HK_OK)
            classes[s] = decide(vote, counts);
    }
    free(counts);
    return rc;
}

static int decide_label(const hk_readout_job *job, const void *model, const hk_features *samples, int32_t *classes)
{
    return decide_by(job, model, samples, counts_of, hk_vote_by_label, classes);
}

static int decide_vote(const hk_readout_job *job, const void *model, const hk_features *samples, int32_t *classes)
{
    return decide_by(job, model, samples, counts_of, hk_vote_by_class, classes);
}

static int name_of_first(const hk_vote *vote, const uint32_t *counts)
{
    for (uint32_t j = 0; j < vote->n; j++)
        if (counts[j] > 0)
            return vote->label[j];
    return -1;
}

static int decide_first(const hk_readout_job *job, const void *model, const hk_features *samples, int32_t *classes)
{
    return decide_by(job, model, samples, first_of, name_of_first, classes);
}

static void shape(const void *model, size_t *n_features, uint32_t *n_classes)
{
    *n_features = ((const hk_vote *)model)->n;
    *n_classes = HK_VOTE_CLASSES;
}

static int report(const hk_readout_job *job, const void *model, const hk_features *samples, hk_summary *summary)
{
    (void)job;
    (void)samples;
    hk_summary_array(summary, "neurons_per_class", ((const hk_vote *)model)->n_named, HK_VOTE_CLASSES);
    return HK_OK;
}

static int save(const void *model, hk_results *file)
{
    const hk_vote *vote = model;
    int rc = hk_results_put(file, "model/responses",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 2,
                                         .shape = { vote->n, HK_VOTE_CLASSES },
                                         .values = vote->responses,
                                         .description = "spikes of each neuron for each class" });
    return rc == HK_OK ? hk_results_put(file, "model/n_samples",
                                        &(hk_array){ .type = HK_F64,
                                                     .n_dims = 1,
                                                     .shape = { HK_VOTE_CLASSES },
                                                     .values = vote->n_samples,
                                                     .description = "samples of each class" })
                       : rc;
}

static int load(const hk_readout_job *job, hk_results *file, void **model)
{
    const hk_results_entry *entry = hk_results_find(file, "model/responses");
    *model = NULL;
    if (entry == NULL || entry->n_dims != 2 || entry->shape[0] == 0 || entry->shape[0] > 10000000 ||
        entry->shape[1] != HK_VOTE_CLASSES)
        return hk_fail(job->ctx, HK_EFORMAT, "model/responses must be a matrix [neurons][%d]", HK_VOTE_CLASSES);
    hk_vote *vote = malloc(sizeof *vote);
    if (vote == NULL || hk_vote_init(vote, (uint32_t)entry->shape[0]) != HK_OK) {
        free(vote);
        return hk_fail(job->ctx, HK_ENOMEM, "no memory for %zu neurons", entry->shape[0]);
    }
    int rc = hk_results_get(file, "model/responses", HK_F64, vote->responses, entry->n);
    if (rc == HK_OK)
        rc = hk_results_get(file, "model/n_samples", HK_F64, vote->n_samples, HK_VOTE_CLASSES);
    for (size_t k = 0; rc == HK_OK && k < entry->n; k++)
        if (!(vote->responses[k] >= 0.0 && vote->responses[k] < INFINITY))
            rc = hk_fail(job->ctx, HK_EFORMAT, "model/responses: number %zu is %g, must be a count", k,
                         vote->responses[k]);
    if (rc != HK_OK) {
        hk_vote_fini(vote);
        free(vote);
        return rc;
    }
    hk_vote_fit(vote);
    *model = vote;
    return HK_OK;
}

static void destroy(void *model)
{
    if (model != NULL)
        hk_vote_fini(model);
    free(model);
}

const hk_readout hk_readout_label = {
    .name = "label",
    .summary = "neurons are named by their answers; the class whose neurons spike most wins",
    .source = "Diehl & Cook (2015), Front. Comput. Neurosci. 9:99",
    .options = count_options,
    .n_options = sizeof count_options / sizeof count_options[0],
    .vectors = "rate",
    .learn = learn_counts,
    .decide = decide_label,
    .shape = shape,
    .report = report,
    .weights = "model/responses",
    .save = save,
    .load = load,
    .destroy = destroy,
};

const hk_readout hk_readout_vote = {
    .name = "vote",
    .summary = "each spike votes for every class by its log share there: naive Bayes",
    .source = "McCallum & Nigam (1998), AAAI Workshop on Learning for Text Categorization",
    .options = count_options,
    .n_options = sizeof count_options / sizeof count_options[0],
    .vectors = "rate",
    .learn = learn_counts,
    .decide = decide_vote,
    .shape = shape,
    .report = report,
    .weights = "model/responses",
    .save = save,
    .load = load,
    .destroy = destroy,
};

const hk_readout hk_readout_first = {
    .name = "first",
    .summary = "neurons are named by the samples they answer first; the first spike decides",
    .source = "Thorpe, Delorme & Van Rullen (2001), Neural Networks 14:715-725",
    .options = first_options,
    .n_options = sizeof first_options / sizeof first_options[0],
    .vectors = "latency",
    .learn = learn_first,
    .decide = decide_first,
    .shape = shape,
    .report = report,
    .weights = "model/responses",
    .save = save,
    .load = load,
    .destroy = destroy,
};
