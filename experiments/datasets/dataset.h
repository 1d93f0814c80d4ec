/* experiments/datasets/dataset.h - labelled images for experiments: where they are, and what exactly was loaded.
 *
 *   mnist     $HILLOCK_DATA/mnist, ./data/mnist, ~/.local/share/hillock/mnist          (`make data` downloads it)
 *   fashion   the same places with `fashion`, then /usr/share/datasets/fashion-mnist   (Debian: dataset-fashion-mnist)
 *   glyphs    drawn by Hillock, see glyphs.h
 *   auto      the first of these that is there
 *
 * A place counts when it holds all four files, plain or with .gz behind their names. One with only some of them is an
 * error, and so is a damaged file: never a silent step to the next place. What a name's files hold is compared with
 * the checksum of the published ones, and the line for the report says the outcome. */
#ifndef HK_DATASETS_DATASET_H
#define HK_DATASETS_DATASET_H

#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HK_DATASET_CLASSES = 10 };

/** "auto", "mnist", "fashion", "glyphs", NULL: the choices of an option. */
extern const char *const hk_dataset_names[];

/** All that a file holds; of glyphs as many as MNIST has, 60,000 and 10,000. */
#define HK_DATASET_ALL SIZE_MAX

typedef struct hk_images {
    size_t n;
    uint32_t rows, cols;
    uint8_t *pixels; /* [n][rows * cols], 0 paper, 255 ink */
    uint8_t *labels; /* [n], each below HK_DATASET_CLASSES */
} hk_images;

typedef struct hk_dataset {
    const char *name;      /* "mnist", "fashion", "glyphs": never "auto" */
    char path[4096];       /* folder it was read from; "" for glyphs */
    bool is_original;      /* files: the published content, by checksum; true for glyphs */
    char report[4608];     /* one line for people: what, how many, from where */
    hk_images train, test; /* of the same rows and cols */
} hk_dataset;

typedef struct hk_dataset_request {
    const char *name;       /* one of hk_dataset_names */
    size_t n_train, n_test; /* >= 1: the first so many of each, or HK_DATASET_ALL */
    uint64_t glyph_seed;    /* of glyphs: which drawings; test images come from a far part of the same row */
} hk_dataset_request;

/** Finds and loads. HK_ENAME: no such data set, or not found, with the places looked in and how to get it. HK_ERANGE: more
 *  asked for than there is. HK_EFORMAT, HK_EIO: naming the file. HK_ENOMEM. On failure *out is empty. */
HK_MUST_CHECK int hk_dataset_load(hk_ctx *ctx, const hk_dataset_request *request, hk_dataset *out);
void hk_dataset_fini(hk_dataset *dataset);

/** n of them from `first` on, borrowed. */
hk_images hk_images_part(const hk_images *images, size_t first, size_t n);
/** Image i as values in [0, 1] (pixel / 255) into values[rows * cols]. */
void hk_images_values(const hk_images *images, size_t i, float *values);

#endif
