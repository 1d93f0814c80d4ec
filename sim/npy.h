/* sim/npy.h - matrices in NumPy's .npy files, version 1.0: little-endian, C order, 1 to 3 dimensions.
 *
 * Source: the NumPy documentation, numpy.lib.format. */
#ifndef HK_NPY_H
#define HK_NPY_H

#include "sim/status.h"
#include "sim/type.h"

#include <stddef.h>

typedef struct hk_npy {
    hk_type type;
    unsigned n_dims; /* 1 .. HK_MOST_DIMS */
    size_t shape[HK_MOST_DIMS];
    size_t n;     /* values in all */
    void *values; /* [n] */
} hk_npy;

/** Writes a file that numpy.load() reads; one of that name is replaced, at once and complete. HK_ERANGE, HK_EIO. */
HK_MUST_CHECK int hk_npy_write(hk_ctx *ctx, const char *path, hk_type type, unsigned n_dims, const size_t *shape,
                               const void *values);
/** Reads such a file, format version 1.0 to 3.0; bool is read as uint8. HK_EFORMAT: anything else, or a size that is not
 *  the file's. On failure there is nothing to free. */
HK_MUST_CHECK int hk_npy_read(hk_ctx *ctx, const char *path, hk_npy *out);
void hk_npy_free(hk_npy *npy);

#endif
