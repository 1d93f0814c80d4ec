/* experiments/mnist_record.h - what mnist keeps for figures: spikes of a few images, and the results at the end. */
#ifndef HK_MNIST_RECORD_H
#define HK_MNIST_RECORD_H

#include "experiments/mnist.h"

enum { HK_MNIST_EXAMPLES = 5 }; /* test images whose spikes are kept in full */

typedef struct hk_mnist_examples hk_mnist_examples;

struct hk_mnist_examples {
    double *times_ms; /* from the start of the first example */
    uint32_t *ids;    /* inputs, then hidden neurons from n_inputs on */
    size_t n, capacity;
    uint8_t labels[HK_MNIST_EXAMPLES];
    uint32_t n_images;
    double offset_ms; /* what to take from the simulation's time */
    bool lost;        /* memory ran out: the figure will lack spikes */
};

/** Keeps the spikes of the image shown next, until network->examples is NULL again. */
void hk_mnist_examples_begin(hk_mnist_examples *examples, hk_mnist_network *network, uint8_t label);
/** Takes the spikes of the window that has just ended. */
void hk_mnist_examples_keep(hk_mnist_examples *examples, const hk_mnist_network *network);
HK_MUST_CHECK int hk_mnist_examples_archive(hk_mnist_examples *examples, hk_archive *archive);
void hk_mnist_examples_fini(hk_mnist_examples *examples);

typedef struct hk_mnist_results {
    hk_mnist_network *network;
    const hk_vote *vote;
    uint32_t rows, cols;
    const double *curve; /* [n_points][3] images, accuracy by label, by vote */
    size_t n_points;
    const double *confusion; /* [10][10] true, decided */
    const hk_mnist_examples *examples;
    const hk_images *phases[3]; /* what was shown: for training, naming, testing, */
    uint32_t n_passes;          /* the first of them so often */
} hk_mnist_results;

/** Adds everything to the run's output file; nothing without one. */
HK_MUST_CHECK int hk_mnist_write_results(hk_run *run, const hk_mnist_results *results);

#endif
