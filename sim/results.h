/* sim/results.h - named arrays and texts in an HDF5 file: weights, accuracy curves, confusion matrices, probes.
 *
 * They go beside the spikes, into the recorder's file after it was closed, or into a file of their own:
 *
 *     rc = hk_results_open(ctx, "results/mnist.h5", HK_RESULTS_ADD, &results);
 *     rc = hk_results_put(results, "weights/input_to_hidden", &(hk_array){ .type = HK_F32, .n_dims = 2,
 *         .shape = { 784, 400 }, .values = weights, .unit = "mV", .description = "after training, by pre and post" });
 *     ...
 *     rc = hk_results_close(results);
 *
 * All or nothing: what was put becomes part of the file when it is closed, and only when every put succeeded; before
 * that, a crash, a full disk or an error leaves the file as it was. Arrays are in C order, little-endian, uncompressed. */
#ifndef HK_RESULTS_H
#define HK_RESULTS_H

#include "sim/attribute.h"
#include "sim/status.h"
#include "sim/type.h"

#include <stddef.h>

typedef struct hk_results hk_results;

typedef enum hk_results_mode {
    HK_RESULTS_CREATE, /* a new file; one of that name is replaced when this one is closed */
    HK_RESULTS_ADD,    /* to an existing file; no other program may have it open */
    HK_RESULTS_READ,
} hk_results_mode;

/** HK_EIO, HK_EFORMAT (no HDF5, damaged, or an array that claims more than the file can hold), HK_ENOMEM. */
HK_MUST_CHECK int hk_results_open(hk_ctx *ctx, const char *path, hk_results_mode mode, hk_results **out);
/** Completes the file (see above) and frees, in any case; NULL is fine. HK_EIO. HK_ESTATE: a put had failed, so that
 *  nothing was added. */
HK_MUST_CHECK int hk_results_close(hk_results *results);
/** Frees without completing. */
void hk_results_discard(hk_results *results);

typedef struct hk_array {
    hk_type type;
    unsigned n_dims; /* 1 .. HK_MOST_DIMS */
    size_t shape[HK_MOST_DIMS];
    const void *values;      /* borrowed */
    const char *unit;        /* NULL or "": a pure number */
    const char *description; /* NULL: none */
} hk_array;

/** Puts an array at `name`, a path such as "weights/input_to_hidden" whose groups are made when missing. An array of that
 *  name is replaced; a group is not (HK_ERANGE). HK_ERANGE, HK_EIO. */
HK_MUST_CHECK int hk_results_put(hk_results *results, const char *name, const hk_array *array);
/** Puts a text or a number as an attribute of the group or array `object` ("" is the file itself), replacing one of that
 *  name. HK_ENAME: no such object. */
HK_MUST_CHECK int hk_results_put_text(hk_results *results, const char *object, const char *name, const char *text);
HK_MUST_CHECK int hk_results_put_number(hk_results *results, const char *object, const char *name, double value);

typedef struct hk_results_entry {
    char *name;   /* full path, without a leading slash */
    hk_type type; /* HK_N_TYPES: of a kind, or with a number of dimensions, that is not ours to read */
    unsigned n_dims;
    size_t shape[HK_MOST_DIMS];
    size_t n;                 /* values in all */
    char *unit, *description; /* "" when there is none */
    const void *override;     /* [n] what is read in place of the file's values; NULL: those */
} hk_results_entry;

/** The arrays that were in the file when it was opened, by name, those of the spikes included. Borrowed. */
const hk_results_entry *hk_results_entries(const hk_results *results, size_t *n);
/** One of them, or NULL when there is none of that name. */
const hk_results_entry *hk_results_find(const hk_results *results, const char *name);
/** Reads all n values of an array of that type, in C order. HK_ENAME, HK_EFORMAT naming what it is. */
HK_MUST_CHECK int hk_results_get(hk_results *results, const char *name, hk_type type, void *values, size_t n);
/** From now on hk_results_get() gives `values`, borrowed until the file is closed, for an array of a file open for reading;
 *  the file stays as it is. HK_ENAME; HK_EFORMAT, naming both: another type or shape than the file's; HK_ESTATE. */
HK_MUST_CHECK int hk_results_override(hk_results *results, const char *name, hk_type type, unsigned n_dims,
                                      const size_t *shape, const void *values);

/** The attributes of a group or array ("" is the file itself), to be freed with hk_attributes_free(). HK_ENAME. */
HK_MUST_CHECK int hk_results_attributes(hk_results *results, const char *object, hk_attribute **out, size_t *n);

#endif
