/* experiments/readouts/vote.c - see vote.h. */
#include "experiments/readouts/vote.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { K = HK_VOTE_CLASSES };

static const double smoothing = 0.1; /* alpha, in mean spikes of a sample: what an unseen answer counts */

int hk_vote_init(hk_vote *vote, uint32_t n)
{
    *vote = (hk_vote){ .n = n,
                       .responses = calloc((size_t)n * K, sizeof *vote->responses),
                       .label = calloc(n, sizeof *vote->label),
                       .weight = calloc((size_t)n * K, sizeof *vote->weight) };
    if (vote->responses == NULL || vote->label == NULL || vote->weight == NULL) {
        hk_vote_fini(vote);
        return HK_ENOMEM;
    }
    hk_vote_fit(vote);
    return HK_OK;
}

void hk_vote_fini(hk_vote *vote)
{
    free(vote->responses);
    free(vote->label);
    free(vote->weight);
    *vote = (hk_vote){ 0 };
}

void hk_vote_clear(hk_vote *vote)
{
    memset(vote->responses, 0, (size_t)vote->n * K * sizeof *vote->responses);
    memset(vote->n_samples, 0, sizeof vote->n_samples);
}

void hk_vote_fade(hk_vote *vote, double share)
{
    for (size_t k = 0; k < (size_t)vote->n * K; k++)
        vote->responses[k] *= share;
    for (int c = 0; c < K; c++)
        vote->n_samples[c] *= share;
}

void hk_vote_add(hk_vote *vote, int label, const uint32_t *counts)
{
    vote->n_samples[label] += 1.0;
    for (uint32_t j = 0; j < vote->n; j++)
        vote->responses[(size_t)j * K + (size_t)label] += counts[j];
}

void hk_vote_fit(hk_vote *vote)
{
    double total[K] = { 0.0 }, spikes = 0.0, samples = 0.0;
    for (uint32_t j = 0; j < vote->n; j++)
        for (int c = 0; c < K; c++)
            total[c] += vote->responses[(size_t)j * K + (size_t)c];
    for (int c = 0; c < K; c++) {
        spikes += total[c];
        samples += vote->n_samples[c];
        vote->n_named[c] = 0.0;
    }
    double alpha = samples > 0.0 && spikes > 0.0 ? smoothing * spikes / samples : smoothing;
    for (uint32_t j = 0; j < vote->n; j++) {
        const double *r = vote->responses + (size_t)j * K;
        double most = 0.0;
        vote->label[j] = -1;
        for (int c = 0; c < K; c++) {
            double rate = vote->n_samples[c] > 0.0 ? r[c] / vote->n_samples[c] : 0.0;
            if (rate > most) {
                most = rate;
                vote->label[j] = c;
            }
            vote->weight[(size_t)j * K + (size_t)c] = vote->n_samples[c] > 0.0
                                                          ? log((r[c] + alpha) / (total[c] + alpha * vote->n))
                                                          : -HUGE_VAL;
        }
        if (vote->label[j] >= 0)
            vote->n_named[vote->label[j]] += 1.0;
    }
}

static int largest(const double *score)
{
    int best = 0;
    for (int c = 1; c < K; c++)
        if (score[c] > score[best])
            best = c;
    return best;
}

int hk_vote_by_label(const hk_vote *vote, const uint32_t *counts)
{
    double score[K] = { 0.0 };
    bool any = false;
    for (uint32_t j = 0; j < vote->n; j++)
        if (counts[j] > 0 && vote->label[j] >= 0) {
            score[vote->label[j]] += counts[j];
            any = true;
        }
    for (int c = 0; c < K; c++) /* last, so that equal means are equal to the last bit */
        score[c] = vote->n_named[c] > 0.0 ? score[c] / vote->n_named[c] : 0.0;
    return any ? largest(score) : -1;
}

int hk_vote_by_class(const hk_vote *vote, const uint32_t *counts)
{
    double score[K] = { 0.0 };
    bool any = false;
    for (uint32_t j = 0; j < vote->n; j++)
        if (counts[j] > 0 && vote->label[j] >= 0) {
            for (int c = 0; c < K; c++)
                score[c] += counts[j] * vote->weight[(size_t)j * K + (size_t)c];
            any = true;
        }
    return any ? largest(score) : -1;
}
