/* experiments/readouts/recording.h - the samples of a recorded spike file, or of a file of features, as vectors to learn from
 * and to be tested on.
 *
 * Sample k of a recording is the window (begin + k L, begin + (k + 1) L]; a spike within 10^-9 L behind the end of a window still
 * counts to it. In a file that marks its samples they are
 *
 *   samples/labels uint8 [n]   true classes, with the attribute window_ms, L, and perhaps begin_ms
 *   samples/sets   uint8 [n]   0: for training the network, 1: for the readout to learn from, 2: to test on; may be missing
 *
 * and n_neurons, of the population `hidden`, as an attribute of the group `samples`. A file that marks nothing needs labels from a .npy file and L.
 *
 *   rate      f_j = spikes of neuron j in the window
 *   latency   f_j = 1 - t_j / L, t_j the time of the first spike in the window; 0 without one
 *   trace     f_j = sum over spikes of exp(-(L - t) / tau): what is left at the end of the window
 *
 * A file of features is a .npy matrix [n][n_features] with its labels in another, or an HDF5 file with the arrays
 * features/values, features/labels and features/sets, as hk_split_save() writes them. */
#ifndef HK_RECORDING_H
#define HK_RECORDING_H

#include "experiments/readouts/features.h"

#include <stdbool.h>

typedef enum hk_vector { HK_VECTOR_RATE, HK_VECTOR_LATENCY, HK_VECTOR_TRACE } hk_vector;

typedef struct hk_recording_config {
    const char *population; /* NULL or "": "hidden", or the only one there is */
    hk_vector vector;
    double tau_ms;      /* trace: > 0 */
    double window_ms;   /* NaN: as the file says */
    double begin_ms;    /* NaN: as the file says, else 0 */
    const char *labels; /* .npy of whole numbers, one a sample; NULL: the file's */
    double share;       /* without sets: the first so much of the samples is to learn from, in (0, 1) */
    double n_neurons;   /* NaN: as the file says, else 1 more than the largest number of one that spikes */
    bool keeps_spikes;  /* of recordings: hk_features.spikes are wanted too */
} hk_recording_config;

typedef struct hk_split {
    hk_features learn, test; /* of the same features and classes; test->n may be 0 */
} hk_split;

/** Reads whichever kind of file it is. HK_ERANGE: no spikes, no samples or none to learn from, labels that do not fit, ...;
 *  HK_EFORMAT, HK_EIO, HK_ENAME, HK_ENOMEM. On failure there is nothing to free. */
HK_MUST_CHECK int hk_split_load(hk_ctx *ctx, const char *path, const hk_recording_config *config, hk_split *out);
/** To .npy (the labels beside it, x-labels.npy for x.npy; learning samples first) or, by any other name, HDF5. */
HK_MUST_CHECK int hk_split_save(hk_ctx *ctx, const hk_split *split, const char *path);
void hk_split_fini(hk_split *split);

#endif
