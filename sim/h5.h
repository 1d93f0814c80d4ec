/* sim/h5.h - what the modules that use HDF5 share: one lock, error sentences, files, attributes. Private to them.
 *
 * Identifiers are int64_t here (HDF5's hid_t), so that hdf5.h stays within the .c files that call it.
 *
 * HDF5 keeps its state in globals and is often built without thread safety, so every call into it is made between
 * hk_h5_lock() and hk_h5_unlock(). All functions below but hk_h5_lock() expect the lock to be held. */
#ifndef HK_H5_H
#define HK_H5_H

#include "sim/attribute.h"
#include "sim/h5disk.h"
#include "sim/status.h"
#include "sim/type.h"

#include <stddef.h>
#include <stdint.h>

typedef struct hk_h5_guard { /* the host program's way of printing HDF5 errors, put back on unlock */
    int (*print)(int64_t stack, void *user);
    void *user;
} hk_h5_guard;

hk_h5_guard hk_h5_lock(void);
void hk_h5_unlock(hk_h5_guard guard);

/** Stores "<what>: <why>", why being the disk's failure if it has one, else HDF5's innermost message. A failed disk makes
 *  the status HK_EIO. `disk` may be NULL. Returns the status. */
int hk_h5_fail(hk_ctx *ctx, int status, const hk_h5disk *disk, const char *what, ...) HK_PRINTF(4, 5);

/** Creates an HDF5 file on an empty disk, or opens the one on it for changing, or for reading although it may be growing:
 *  identifiers, negative on failure. Everything in the file will start at a multiple of `alignment` >= 1 bytes. */
int64_t hk_h5_create(hk_h5disk *disk, size_t alignment);
int64_t hk_h5_change(hk_h5disk *disk, size_t alignment);
int64_t hk_h5_read(hk_h5disk *disk);

/** HDF5's type in files (little-endian) and in memory for one of ours; HDF5's own constants, not to be closed. */
int64_t hk_h5_file_type(hk_type type);
int64_t hk_h5_memory_type(hk_type type);

/** Writes a text attribute as a variable-length UTF-8 scalar, replacing one of that name. Negative on failure. */
int hk_h5_put_text(int64_t object, const char *name, const char *text);
/** Writes a number attribute, scalar or n long, replacing one of that name. Negative on failure. */
int hk_h5_put_number(int64_t object, const char *name, hk_type type, const void *value);
int hk_h5_put_numbers(int64_t object, const char *name, hk_type type, const void *values, size_t n);
/** Reads an attribute, of any string or number type, as a new text (free it); NULL when there is none, or none that is
 *  sound. */
char *hk_h5_get_text(int64_t object, const char *name);
/** All attributes of an object, by name. Negative on failure. */
int hk_h5_list_attributes(int64_t object, hk_attribute **out, size_t *n);

#endif
