/* experiments/mnist.h - the parts of the mnist experiment.
 *
 * Images become spikes by a code; a dense projection leads them to a layer of competing lif neurons; at a spike of a neuron
 * its weights move towards the traces of its inputs (stdp_trace) and are rescaled; its threshold rises. After training,
 * neurons are named by their answers to training images, and the test images are decided by their spikes.
 *
 * rule=homeostasis: rates and increments of the thresholds fall with the progress of training, and thresholds lead all neurons to
 * win equally often. With neurons enough to win only some ten images each, that is too soon for their weights to come to rest.
 * rule=novelty: neurons weigh nothing at first. At its first win a neuron takes the image over, and its threshold rises once and
 * for all by `match`; so where no used neuron matches the image so well, an unused one wins, for its threshold is still low. At
 * the n-th win the rate is 1/n: the weights are the mean of the images won (MacQueen 1967, Berkeley Symp. 1:281-297). When no
 * neuron is left, the best match always wins. Images and potentials are those of matching.h. Nothing here is random but the order
 * of the images, if that is shuffled.
 *
 * After Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, event-driven and with the competition reduced to its effect. */
#ifndef HK_MNIST_H
#define HK_MNIST_H

#include "experiments/datasets/dataset.h"
#include "experiments/experiment.h"
#include "experiments/readouts/vote.h"

/* A code's own values stand in for every option the user leaves alone. */
typedef struct hk_mnist_settings {
    const hk_encoder *encoder;
    double encoder_params[8];
    bool novelty;
    uint32_t phases;       /* novelty: bits of a pixel */
    double window_ms, ink; /* ink > 0: each image is scaled to this sum of values */
    double tau_m_ms, v_th_mv, t_ref_ms, hold_ms;
    double theta_plus_mv, theta_plus_end_mv;
    bool balanced;                   /* what a winner's threshold gains, the others share as a loss */
    double tau_trace_ms, lr, lr_end; /* novelty: lr / n at the n-th win, at least lr_end */
    double weight_sum;               /* 0: weights start at 0 and are not rescaled */
    bool adds;                       /* arrivals add up in a trace; otherwise the last one counts */
    uint32_t clock_spikes;
    double clock_mv;     /* potential that each clock spike gives to every neuron */
    bool clock_at_end;   /* the clock spikes one step apart at the end of the window, which reads out the potentials */
    uint32_t saccade_px; /* codes for streams: the image moves; 0: it only comes up */
    uint32_t neurons, passes;
    bool one_winner;        /* while learning, the first spike ends the competition for this image */
    bool turns;             /* otherwise: winners do not silence the others, which take turns */
    uint32_t decide_spikes; /* so many first spikes of an image count; 0: all */
} hk_mnist_settings;

#define HK_MNIST_RESOLUTION_MS 0.1

enum { HK_MNIST_N_OPTIONS = 37 };
extern const hk_option hk_mnist_options[HK_MNIST_N_OPTIONS];

/** Resolves the options; `neurons` and the code choose what the user left alone. HK_ENAME, HK_ERANGE. */
HK_MUST_CHECK int hk_mnist_settle(hk_run *run, hk_mnist_settings *out);

typedef struct hk_mnist_network {
    hk_sim *sim;
    hk_population *inputs, *hidden, *clock; /* clock: NULL without */
    hk_projection *projection;
    hk_rule *learning, *homeostasis; /* the latter NULL unless balanced or novelty */
    float *values;                   /* [n_frames][n_pixels] */
    double scale;                    /* pixel values times ink / (sum of the image) / scale are in [0, 1] */
    uint32_t n_pixels, n_inputs;     /* codes for streams: two inputs a pixel */
    uint32_t rows, cols, n_frames;
    hk_mnist_settings settings;
    uint64_t input_spikes; /* shown so far */
    uint32_t *counts;      /* [neurons] spikes for the image shown last that count */
    uint32_t n_counted;
    struct hk_mnist_examples *examples; /* gets all spikes while not NULL */
} hk_mnist_network;

/** Builds the network for images such as those of `data`. On failure the caller still calls destroy. */
HK_MUST_CHECK int hk_mnist_network_create(hk_ctx *ctx, uint64_t seed, const hk_mnist_settings *settings,
                                          const hk_dataset *data, hk_mnist_network *out);
void hk_mnist_network_destroy(hk_mnist_network *network);

/** Learning on: rates at `progress` (0 ... 1) of the training. Off: weights and thresholds stay as they are. */
HK_MUST_CHECK int hk_mnist_learn(hk_mnist_network *network, double progress);
HK_MUST_CHECK int hk_mnist_freeze(hk_mnist_network *network);
/** Once, when training is over. Novelty: all thresholds become those of used neurons, or unused ones would answer for what nobody
 *  matches. */
HK_MUST_CHECK int hk_mnist_end_training(hk_mnist_network *network);

/** The parts of hk_mnist_show(): image i as `values`; the network at rest, the clock set, nothing counted; and how `values` are
 *  encoded. What the user's window function counts is on for the next run. */
void hk_mnist_load(hk_mnist_network *network, const hk_images *images, size_t i);
HK_MUST_CHECK int hk_mnist_begin(hk_mnist_network *network);
hk_encoding hk_mnist_encoding(const hk_mnist_network *network, uint64_t sample);

/** Shows image i; `sample` names the random numbers. Afterwards network->counts are the spikes it caused. */
HK_MUST_CHECK int hk_mnist_show(hk_mnist_network *network, const hk_images *images, size_t i, uint64_t sample);

#endif
