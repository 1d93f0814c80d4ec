/* experiments/nets/spiking.h - a trained perceptron run as a network of spiking neurons, one spike a neuron at most.
 *
 * Layers of `ttfs` neurons (neurons/ttfs.h), joined by dense projections: a pixel of value x spikes x ms before the first
 * layer's window begins, and each neuron as many ms before its window ends as its activation says. The last layer does not
 * spike: its potentials are the answers. Synapses keep weights in single precision, so a net is to be rounded first.
 *
 * Images are shown in groups, each to a network of its own, so that nothing depends on how many threads share them.
 *
 * Source: Stanojevic et al. (2024), Nat. Commun. 15:6793. */
#ifndef HK_SPIKING_H
#define HK_SPIKING_H

#include "experiments/experiment.h"
#include "experiments/nets/perceptron.h"
#include "experiments/readouts/features.h"

/** Rounds the weights to single precision. */
void hk_spiking_round(hk_perceptron *net);

typedef struct hk_spiking_report {
    uint64_t input_spikes, layer_spikes[HK_PERCEPTRON_LAYERS]; /* of the spiking layers */
    uint64_t synaptic_events;
    double most_ms;            /* largest activation, of any neuron */
    double worst_spike_ms;     /* largest difference of a spike's activation from the net's, */
    double worst_potential_mv; /* and of the last layer's potentials with their bias from its z */
    uint64_t n_missing;        /* neurons that spike where the net is silent, or the reverse */
    uint64_t n_right;          /* images decided right by the largest potential */
} hk_spiking_report;

typedef struct hk_spiking_config {
    const hk_perceptron *net; /* at least 2 layers */
    double window_ms; /* of each layer, a whole number of steps of 0.1 ms: the largest activation that it can tell */
    const char *what; /* for the progress line, from `begin` to `end` of the whole run */
    double begin, end;
} hk_spiking_config;

/** Shows all images; *features [images->n][units of the last but one layer] gets what its spikes say. HK_ERANGE: an activation as
 *  large as the window. HK_OK with *features empty (values NULL): stopped. */
HK_MUST_CHECK int hk_spiking_run(hk_run *run, const hk_spiking_config *config, const hk_images *images, hk_team *team,
                                 hk_features *features, hk_spiking_report *report);

#endif
