/* experiments/datasets/idx.h - reader of IDX files of unsigned bytes, plain or gzipped.
 *
 *   0 0 8 d | d sizes, 32 bits each, most significant byte first | the values, last index fastest
 *
 * Nothing in a header is believed before the values are there: memory grows with what the file really holds, so that a
 * header of huge sizes costs no more than its file. A file must end where its header says.
 *
 * Source: Y. LeCun, C. Cortes & C. J. C. Burges, "The MNIST database of handwritten digits", file formats. */
#ifndef HK_DATASETS_IDX_H
#define HK_DATASETS_IDX_H

#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

enum { HK_IDX_MAX_DIMS = 4 };

/** The most values read: 2 GiB; a gzipped file can claim a thousand times its own size. */
#define HK_IDX_MAX_VALUES ((size_t)1 << 31)

typedef struct hk_idx {
    unsigned n_dims;                /* 1 ... HK_IDX_MAX_DIMS */
    uint32_t dims[HK_IDX_MAX_DIMS]; /* each >= 1; the first n_dims */
    size_t n;                       /* product of dims */
    uint8_t *values;                /* [n], to be freed with hk_idx_fini() */
} hk_idx;

/** Reads a file. HK_EIO when it cannot be read, HK_EFORMAT naming what in it is wrong, HK_ENOMEM; then *out is empty. */
HK_MUST_CHECK int hk_idx_read(hk_ctx *ctx, const char *path, hk_idx *out);
/** The same from an open descriptor, from its present position; `path` names it in messages. Closes it. */
HK_MUST_CHECK int hk_idx_read_fd(hk_ctx *ctx, const char *path, int fd, hk_idx *out);
/** CRC-32 of the file, unzipped, that these values came from. */
uint32_t hk_idx_crc(const hk_idx *idx);
void hk_idx_fini(hk_idx *idx);

#endif
