/* experiments/summary_tree.h - the inside of a summary, for the files that build, average and write it. */
#ifndef HK_SUMMARY_TREE_H
#define HK_SUMMARY_TREE_H

#include "experiments/summary.h"

#include <stdio.h>

typedef enum hk_summary_kind {
    HK_SUMMARY_NULL,
    HK_SUMMARY_NUMBER,
    HK_SUMMARY_WHOLE,
    HK_SUMMARY_FLAG,
    HK_SUMMARY_TEXT,
    HK_SUMMARY_ARRAY,
    HK_SUMMARY_OBJECT,
    HK_SUMMARY_LIST,
} hk_summary_kind;

struct hk_summary {
    hk_summary_kind kind;
    char *key;       /* owned; NULL in a list and at the root */
    double number;   /* NUMBER, WHOLE, FLAG */
    char *text;      /* TEXT; WHOLE: its digits */
    double *numbers; /* ARRAY: [n_numbers] */
    size_t n_numbers;
    hk_summary *first, *last, *next; /* children in order, and the next sibling */
    hk_summary *root;
    int status;       /* root only: the first mistake */
    char mistake[64]; /* root only: its key */
};

/** A member of an object by its key, or NULL. */
hk_summary *hk_summary_find(const hk_summary *object, const char *key);

/** Copies the members of object `from` into `to`, behind what it has. */
void hk_summary_copy(hk_summary *to, const hk_summary *from);

/** Adds mean and standard deviation (n - 1; null for fewer than two) of every number, at any depth of objects, that
 *  occurs in the first of `trials` [n] to `mean` and `sd`. A key that is missing or not finite in some trial gives null: a
 *  mean over those that happen to have it would mislead. */
void hk_summary_statistics(hk_summary *mean, hk_summary *sd, const hk_summary *const *trials, size_t n);

/** HK_OK, or the first mistake made while building: HK_ENOMEM, HK_ESTATE (a key twice, or missing). */
HK_MUST_CHECK int hk_summary_check(hk_ctx *ctx, const hk_summary *summary);

/** Writes JSON and a newline to a stream. */
void hk_summary_print(const hk_summary *summary, FILE *stream);

/** Writes JSON to a new file beside `path`, syncs it and renames it. HK_EIO; a file that stood there is untouched then. */
HK_MUST_CHECK int hk_summary_write(hk_ctx *ctx, const hk_summary *summary, const char *path);

#endif
