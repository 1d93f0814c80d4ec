/* experiments/readouts/split.h - which samples of a file are to learn from and which to test on; private to recording.c and
 * features_file.c. */
#ifndef HK_SPLIT_H
#define HK_SPLIT_H

#include "experiments/readouts/recording.h"

enum { HK_SET_TRAINING, HK_SET_LEARN, HK_SET_TEST };

typedef struct hk_samples {
    size_t n;
    uint32_t *labels; /* [n] */
    uint8_t *sets;    /* [n] */
    uint32_t n_classes;
} hk_samples;

void hk_samples_fini(hk_samples *samples);
/** Labels [n] from a .npy file; sets by share. */
HK_MUST_CHECK int hk_samples_of_npy(hk_ctx *ctx, const char *path, double share, hk_samples *out);
/** Sets by share: the first so much of them. HK_ERANGE. */
HK_MUST_CHECK int hk_samples_share(hk_ctx *ctx, hk_samples *samples, double share);

/** Storage for what the samples ask for, labels filled in. HK_ERANGE: none to learn from. */
HK_MUST_CHECK int hk_split_init(hk_ctx *ctx, const hk_samples *samples, size_t n_features, hk_split *out);
/** The rows of all samples, [n]; NULL where a sample is neither to learn from nor to test on. */
float **hk_split_rows(hk_split *split, const hk_samples *samples);

/** Features as they stand in a .npy or HDF5 file. */
HK_MUST_CHECK int hk_split_load_npy(hk_ctx *ctx, const char *path, const hk_recording_config *config, hk_split *out);
HK_MUST_CHECK int hk_split_load_features(hk_ctx *ctx, const char *path, hk_split *out);

#endif
