/* experiments/readouts/vote.h - naming neurons after training, and deciding by their spikes.
 *
 * From the spike counts of labelled samples, shown with learning off:
 *
 *   r_jc        mean number of spikes of neuron j for class c
 *   by label    neuron j is named argmax_c r_jc; a sample goes to the class whose neurons spike most on average
 *               (Diehl & Cook 2015, Front. Comput. Neurosci. 9:99)
 *   by vote     each spike of j adds log p(j | c) to class c, p(j | c) the share of j in the spikes for class c, with
 *               alpha spikes added to each: the multinomial naive Bayes decision (McCallum & Nigam 1998, AAAI workshop)
 *
 * A class of which no sample was seen is never chosen; of equal classes the lowest is. No label touches a weight. A sample
 * without spikes is not decided: -1, which counts as wrong. */
#ifndef HK_VOTE_H
#define HK_VOTE_H

#include "sim/status.h"

#include <stdint.h>

enum { HK_VOTE_CLASSES = 10 };

typedef struct hk_vote {
    uint32_t n;
    double *responses; /* [n][10] spikes for each class */
    double n_samples[HK_VOTE_CLASSES];
    int *label;                      /* [n], -1: never spiked */
    double n_named[HK_VOTE_CLASSES]; /* neurons of each name */
    double *weight;                  /* [n][10] log p(j | c); -infinity without a sample of c */
} hk_vote;

/** For n neurons, nothing learnt yet. HK_OK or HK_ENOMEM. The caller's storage. */
HK_MUST_CHECK int hk_vote_init(hk_vote *vote, uint32_t n);
void hk_vote_fini(hk_vote *vote);

/** Forgets all responses. */
void hk_vote_clear(hk_vote *vote);
/** Responses so far count only `share` (0 ... 1) of what they did: a running memory while neurons still change. */
void hk_vote_fade(hk_vote *vote, double share);
/** Adds a labelled sample: counts[n]. */
void hk_vote_add(hk_vote *vote, int label, const uint32_t *counts);
/** Names the neurons and weighs their votes by what was added. */
void hk_vote_fit(hk_vote *vote);

/** Decisions for a sample with spike counts[n]: 0 ... 9, or -1 without spikes of named neurons. */
int hk_vote_by_label(const hk_vote *vote, const uint32_t *counts);
int hk_vote_by_class(const hk_vote *vote, const uint32_t *counts);

#endif
