/* experiments/continual.h - the parts of the continual experiment.
 *
 * A stream of images, each shown once, in an order that the network is not told: class after class, drifting from class to class,
 * or mixed. One layer of spiking neurons learns from each image and classifies it beforehand; no image is kept, none is shown again,
 * and no label touches a weight: labels only name neurons.
 *
 *   forgetting  controlled forgetting. Potentials are the match of weights and image (continual_network.c). If no neuron matches well
 *               enough to answer the question "who knows this?", the image is new: the least useful neuron is made to spike,
 *               and its weights become the image. Otherwise the best match spikes, and its weights become the mean of all
 *               images that it has won, rate 1 / wins: what is well known hardly changes any more.
 *               After Allred & Roy (2020), Front. Neurosci. 14:7; the mean by wins: MacQueen (1967), Berkeley Symp. 1:281-297
 *   plain       the same layer without both: the best match always spikes and learns at a constant rate, and thresholds lead all
 *               neurons to win equally often, as in Diehl & Cook (2015), Front. Comput. Neurosci. 9:99. It forgets.
 *   features    fixed spiking features, and a readout whose result does not depend on the order (continual_features.h). Here labels
 *               teach */
#ifndef HK_CONTINUAL_H
#define HK_CONTINUAL_H

#include "experiments/continual_features.h"
#include "experiments/datasets/dataset.h"
#include "experiments/experiment.h"

enum { HK_CONTINUAL_CLASSES = HK_DATASET_CLASSES, HK_CONTINUAL_BLOCKS = 10 /* of the stream in a pass */ };

typedef enum hk_continual_method {
    HK_CONTINUAL_FORGETTING,
    HK_CONTINUAL_PLAIN,
    HK_CONTINUAL_FEATURES
} hk_continual_method;
typedef enum hk_continual_order { HK_CONTINUAL_BY_CLASS, HK_CONTINUAL_MIXED, HK_CONTINUAL_DRIFT } hk_continual_order;

typedef struct hk_continual_settings {
    hk_continual_method method;
    hk_continual_order order;
    uint32_t neurons, votes;
    uint64_t passes;
    double match;         /* an image that no neuron matches so well is new; 1: weights and image are the same */
    double lr_min;        /* forgetting: the rate does not fall below it */
    double memory_images; /* forgetting: usefulness halves in so many images without a win; 0: never */
    double lr, theta_mv;  /* plain */
    uint32_t phases;      /* bits of a pixel */
    uint32_t features;
    uint64_t solve_images; /* features: the readout is solved after so many images */
} hk_continual_settings;

enum { HK_CONTINUAL_N_OPTIONS = 25 };
extern const hk_option hk_continual_options[HK_CONTINUAL_N_OPTIONS];

/** Resolves the options. HK_ERANGE. */
HK_MUST_CHECK int hk_continual_settle(hk_run *run, const char *data, hk_continual_settings *out);

/* ---- the stream (continual_stream.c) ----------------------------------------------------------------------------- */

/** The order of one pass; a function of seed and pass, so that nothing of it needs to be saved. */
typedef struct hk_continual_stream {
    const hk_images *images; /* borrowed */
    hk_continual_order order;
    uint64_t seed, pass;
    uint32_t *index;                 /* [n] which image comes when */
    size_t end[HK_CONTINUAL_BLOCKS]; /* of each block, of this pass */
} hk_continual_stream;

/** HK_ERANGE: a class without images. */
HK_MUST_CHECK int hk_continual_stream_create(hk_ctx *ctx, const hk_images *images, hk_continual_order order,
                                             uint64_t seed, hk_continual_stream *out);
void hk_continual_stream_fini(hk_continual_stream *stream);
/** Orders pass `pass`. */
HK_MUST_CHECK int hk_continual_stream_begin(hk_ctx *ctx, hk_continual_stream *stream, uint64_t pass);

/* ---- names (continual_names.c) ----------------------------------------------------------------------------------- */

/** Which classes each neuron stands for: the mean of the labels of what it learnt, at the rates at which its weights learnt. */
typedef struct hk_continual_names {
    uint32_t n;
    double *share; /* [n][classes]; all 0: no name */
} hk_continual_names;

HK_MUST_CHECK int hk_continual_names_init(hk_ctx *ctx, uint32_t n, hk_continual_names *out);
void hk_continual_names_fini(hk_continual_names *names);
void hk_continual_names_learn(hk_continual_names *names, uint32_t neuron, uint32_t label, double rate);
/** The name of a neuron: 0 ... 9, or -1. */
int hk_continual_name(const hk_continual_names *names, uint32_t neuron);
/** The class for which spikes[n], in order, speak: each spike counts 3/4 of the one before. -1: none of them has a name. */
int hk_continual_decide(const hk_continual_names *names, const uint32_t *spikes, size_t n);

/* ---- the network (continual_network.c) ---------------------------------------------------------------------------- */

typedef struct hk_continual_network {
    hk_sim *sim;
    hk_population *inputs, *hidden, *ask, *call, *recruit; /* recruit: NULL for plain */
    hk_projection *projection;
    hk_rule *learning, *balance; /* balance: NULL for forgetting */
    hk_continual_settings settings;
    const hk_encoder *encoder; /* phase */
    double encoder_params[8];
    float *values; /* [n_pixels] of the image, of one energy */
    uint32_t n_pixels;
    uint32_t *spikes; /* [votes + 1] neurons that spiked for the image shown last, in order */
    uint32_t n_spikes;
    uint64_t *last; /* [neurons] number of the stream's image that it won last */
    int (*on_spikes)(void *user, const hk_spike *spikes,
                     size_t n); /* gets all spikes of the layer; not HK_OK: ends the run */
    void *user;
    int failed; /* what it returned */
    /* counted */
    uint64_t shown, input_spikes, recruited, overwritten,
        saturated; /* overwritten: recruited ones that had learnt before;
                                                                         saturated: pixels beyond the brightest code */
} hk_continual_network;

/** What came of an image. */
typedef struct hk_continual_answer {
    int decided; /* class, by names that do not know this image yet; -1: none */
    bool learnt, is_new;
    uint32_t winner; /* neuron that learnt */
    double rate;     /* at which */
} hk_continual_answer;

HK_MUST_CHECK int hk_continual_network_create(hk_ctx *ctx, uint64_t seed, const hk_continual_settings *settings,
                                              uint32_t n_pixels, hk_continual_network *out);
void hk_continual_network_destroy(hk_continual_network *network);
/** Shows image i and decides by `names`, weights as they are. */
HK_MUST_CHECK int hk_continual_test(hk_continual_network *network, const hk_images *images, size_t i,
                                    const hk_continual_names *names, hk_continual_answer *out);
/** The same, then learns from it as image number `now` of the stream. */
HK_MUST_CHECK int hk_continual_learn(hk_continual_network *network, const hk_images *images, size_t i, uint64_t now,
                                     const hk_continual_names *names, hk_continual_answer *out);
/** How often each neuron has learnt since it was recruited: [neurons], borrowed. */
const uint64_t *hk_continual_wins(const hk_continual_network *network);
/** Saves or loads network and simulation. */
HK_MUST_CHECK int hk_continual_network_archive(hk_continual_network *network, hk_archive *archive);

/* ---- what is measured (continual_score.c) -------------------------------------------------------------------------- */

/** One row after each block of the stream; room for all of them is made at the start. */
typedef struct hk_continual_score {
    uint64_t n_rows, most_rows;
    uint64_t *images; /* [rows] of the stream so far */
    double *known;    /* [rows] classes of the stream so far */
    double *matrix;   /* [rows][classes] share of test images of a class decided right */
    double *online;   /* [rows] share of the block's images decided right before they were learnt */
    double *fresh;    /* [rows] share of the block's images that were new */
    double *owners;   /* [rows][classes] neurons named so */
    double *drift;    /* [rows] mean of 1 - cos between weights now and a block ago, of neurons that kept their place */
    double *replaced; /* [rows] share of the neurons in use a block ago that were recruited anew since */
    float *before;    /* [n_weights] a block ago, by neuron */
    uint64_t *recruits;                      /* [neurons] how often each was recruited, and */
    uint64_t *recruits_before, *used_before; /* a block ago */
    uint32_t neurons, n_pixels;
} hk_continual_score;

HK_MUST_CHECK int hk_continual_score_init(hk_ctx *ctx, uint64_t most_rows, uint32_t neurons, uint32_t n_pixels,
                                          hk_continual_score *out);
void hk_continual_score_fini(hk_continual_score *score);
/** Takes owners, drift and replacements for the row that ends now. */
void hk_continual_score_neurons(hk_continual_score *score, const hk_continual_network *network,
                                const hk_continual_names *names);
/** Mean accuracy of the classes shown so far, after block `row`. */
double hk_continual_mean(const hk_continual_score *score, uint64_t row);
/** Mean over classes of the best accuracy of any row less that of the last one. */
double hk_continual_forgetting(const hk_continual_score *score);
HK_MUST_CHECK int hk_continual_score_archive(hk_continual_score *score, hk_archive *archive);

/* ---- files (continual_file.c) --------------------------------------------------------------------------------------- */

/** Spikes of the layer, in one file after the other: "continual.spikes-00001.h5", ... */
typedef struct hk_continual_files {
    hk_run *run;
    hk_recorder *recorder; /* NULL: nothing is recorded */
    uint32_t population;
    uint64_t number; /* of the file being written, from 1; 0: none yet */
    uint64_t n_kept; /* spikes in it: what a checkpoint counts on */
    uint64_t keep;   /* so many files stay; 0: all */
    bool wanted;
} hk_continual_files;

/** Opens the first file, or the one that a checkpoint ended in. */
HK_MUST_CHECK int hk_continual_files_open(hk_continual_files *files);
/** Completes the file and begins the next one. */
HK_MUST_CHECK int hk_continual_files_rotate(hk_continual_files *files);
/** Removes the file that is now one too many. */
HK_MUST_CHECK int hk_continual_files_prune(const hk_continual_files *files);
HK_MUST_CHECK int hk_continual_files_write(hk_continual_files *files, const hk_spike *spikes, size_t n,
                                           double resolution_ms);
HK_MUST_CHECK int hk_continual_files_close(hk_continual_files *files);

typedef struct hk_continual_results {
    const hk_continual_network *network; /* NULL for features, and */
    const hk_continual_names *names;
    const hk_continual_score *score;
    const double *confusion; /* [10][10] of the last full test, or NULL */
    uint32_t rows, cols;
} hk_continual_results;

/** Writes all results so far into the run's output file, replacing what stood there; nothing without one. */
HK_MUST_CHECK int hk_continual_write_results(hk_run *run, const hk_continual_results *results);

#endif
