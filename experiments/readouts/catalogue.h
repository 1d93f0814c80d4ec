/* experiments/readouts/catalogue.h - the readouts that come with Hillock: how spikes become decisions.
 *
 * A readout is a constant table: its options and what `hillock readout` does with it. A new one is a file and a line in
 * catalogue.c. */
#ifndef HK_READOUTS_CATALOGUE_H
#define HK_READOUTS_CATALOGUE_H

#include "experiments/options.h"
#include "experiments/readouts/features.h"
#include "experiments/summary.h"
#include "sim/results.h"
#include "sim/team.h"

#include <stdbool.h>
#include <stddef.h>

/** What a readout may need while it works. */
typedef struct hk_readout_job {
    hk_ctx *ctx;
    const hk_values *values; /* of the readout's options */
    hk_team *team;
    uint64_t seed;
} hk_readout_job;

/** The value of an option: NUMBER, INTEGER (NaN: left to the readout), CHOICE (index), FLAG. */
double hk_readout_number(const hk_readout_job *job, const char *name);
const char *hk_readout_text(const hk_readout_job *job, const char *name);

typedef struct hk_readout {
    const char *name, *summary, *source; /* "vote"; one line; the paper */
    const hk_option *options;            /* begins with HK_READOUT_INPUT */
    size_t n_options;
    const char *vectors; /* the one kind of vectors it takes, "latency"; NULL: any */
    bool wants_spikes;   /* the samples come with their spikes; those of images and files of vectors are refused */

    /** Learns from checked samples. On failure *model is NULL. */
    int (*learn)(const hk_readout_job *job, const hk_features *samples, void **model);
    /** classes[samples->n], -1: undecided. The samples are checked, and as wide as those learnt from. */
    int (*decide)(const hk_readout_job *job, const void *model, const hk_features *samples, int32_t *classes);
    /** Features and classes of what it learnt from. */
    void (*shape)(const void *model, size_t *n_features, uint32_t *n_classes);
    /** What else there is to say, measured on `samples`. */
    int (*report)(const hk_readout_job *job, const void *model, const hk_features *samples, hk_summary *summary);
    const char *weights; /* the array of `model` that can be kept as .npy, "model/weights" */
    /** To and from arrays in the group `model`. */
    int (*save)(const void *model, hk_results *file);
    int (*load)(const hk_readout_job *job, hk_results *file, void **model);
    /** Pictures called <prefix>-<what>.svg; NULL: none. */
    int (*plot)(const hk_readout_job *job, const void *model, const char *prefix);
    void (*destroy)(void *model); /* NULL is fine */
} hk_readout;

/** All of them; *n is their number. */
const hk_readout *const *hk_readouts(size_t *n);

extern const hk_readout hk_readout_label, hk_readout_vote, hk_readout_first, hk_readout_ridge, hk_readout_lda,
    hk_readout_som, hk_readout_hebb, hk_readout_delta, hk_readout_oja;

extern const char *const hk_vector_names[]; /* of hk_vector, ended by NULL */

/* Options common to all: how a recording becomes vectors. */
#define HK_READOUT_INPUT(vectors_)                                                                              \
    { .name = "vectors",                                                                                        \
      .type = HK_OPTION_CHOICE,                                                                                 \
      .text = vectors_,                                                                                         \
      .choices = hk_vector_names,                                                                               \
      .meaning = "what a sample's spikes become: counts, how early the first came, or traces at the end" },     \
        { .name = "population",                                                                                 \
          .type = HK_OPTION_TEXT,                                                                               \
          .meaning = "whose spikes; empty: 'hidden', or the only one there is" },                               \
        { .name = "tau_ms",                                                                                     \
          .type = HK_OPTION_NUMBER,                                                                             \
          .unit = "ms",                                                                                         \
          .initial = 20.0,                                                                                      \
          .min = 1e-3,                                                                                          \
          .max = 1e9,                                                                                           \
          .meaning = "vectors = trace: its time constant" },                                                    \
        { .name = "window_ms",                                                                                  \
          .type = HK_OPTION_NUMBER,                                                                             \
          .unit = "ms",                                                                                         \
          .min = 1e-3,                                                                                          \
          .max = 1e12,                                                                                          \
          .automatic = "by file",                                                                               \
          .meaning = "length of a sample" },                                                                    \
        { .name = "begin_ms",                                                                                   \
          .type = HK_OPTION_NUMBER,                                                                             \
          .unit = "ms",                                                                                         \
          .min = -1e12,                                                                                         \
          .max = 1e12,                                                                                          \
          .automatic = "by file, else 0",                                                                       \
          .meaning = "where the first sample begins" },                                                         \
        { .name = "n_neurons",                                                                                  \
          .type = HK_OPTION_INTEGER,                                                                            \
          .min = 1,                                                                                             \
          .max = 1e7,                                                                                           \
          .automatic = "by file or spikes",                                                                     \
          .meaning = "features of a vector" },                                                                  \
    {                                                                                                           \
        .name = "share", .type = HK_OPTION_NUMBER, .initial = 0.8, .min = 0.0, .max = 1.0,                      \
        .meaning = "where samples are not marked: the first so much of them is to learn from, the rest to test" \
    }

#endif
