/* experiments/datasets/idx.c - see idx.h. zlib's gz functions read gzipped and plain files alike. */
#include "experiments/datasets/idx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

typedef struct reader {
    hk_ctx *ctx;
    const char *path;
    gzFile file;
} reader;

/* zlib tells a file that ends too early only through its error state, not through the number of bytes. */
static int check_stream(const reader *in)
{
    int code = Z_OK;
    const char *text = gzerror(in->file, &code);
    if (code == Z_OK || code == Z_STREAM_END)
        return HK_OK;
    if (code == Z_ERRNO)
        return hk_fail(in->ctx, HK_EIO, "%s: cannot be read: %s", in->path, strerror(errno));
    if (code == Z_MEM_ERROR)
        return hk_fail(in->ctx, HK_ENOMEM, "%s: no memory for zlib", in->path);
    return hk_fail(in->ctx, HK_EFORMAT, "%s: damaged gzip data: %s", in->path, text);
}

/* Reads up to n bytes; *n_read < n only at the end of the file. */
static int read_some(const reader *in, void *bytes, size_t n, size_t *n_read)
{
    *n_read = 0;
    while (*n_read < n) {
        size_t ask = n - *n_read < (1u << 20) ? n - *n_read : 1u << 20;
        int got = gzread(in->file, (uint8_t *)bytes + *n_read, (unsigned)ask);
        if (got <= 0)
            return check_stream(in);
        *n_read += (size_t)got;
    }
    return HK_OK;
}

static int read_header(const reader *in, hk_idx *out)
{
    uint8_t bytes[4 * HK_IDX_MAX_DIMS];
    size_t n_read = 0;
    int rc = read_some(in, bytes, 4, &n_read);
    if (rc != HK_OK)
        return rc;
    if (n_read < 4)
        return hk_fail(in->ctx, HK_EFORMAT, "%s: %zu bytes long, too short for an IDX file", in->path, n_read);
    if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || bytes[3] < 1 || bytes[3] > HK_IDX_MAX_DIMS)
        return hk_fail(in->ctx, HK_EFORMAT,
                       "%s: begins with %02x %02x %02x %02x, must be 00 00 08 (unsigned bytes) and "
                       "a number of dimensions from 01 to %02x",
                       in->path, bytes[0], bytes[1], bytes[2], bytes[3], (unsigned)HK_IDX_MAX_DIMS);
    out->n_dims = bytes[3];
    rc = read_some(in, bytes, 4 * (size_t)out->n_dims, &n_read);
    if (rc != HK_OK)
        return rc;
    if (n_read < 4 * (size_t)out->n_dims)
        return hk_fail(in->ctx, HK_EFORMAT, "%s: ends inside its header", in->path);
    out->n = 1;
    for (unsigned d = 0; d < out->n_dims; d++) {
        const uint8_t *at = bytes + 4 * d;
        out->dims[d] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
        if (out->dims[d] == 0 || out->dims[d] > HK_IDX_MAX_VALUES / out->n)
            return hk_fail(in->ctx, HK_EFORMAT,
                           "%s: size %u of its header is %u after a product of %zu; each must be at "
                           "least 1 and all together at most %zu",
                           in->path, d + 1, out->dims[d], out->n, HK_IDX_MAX_VALUES);
        out->n *= out->dims[d];
    }
    return HK_OK;
}

/* Room doubles as the values arrive, so a short file never makes a large allocation. */
static int read_values(const reader *in, hk_idx *out)
{
    size_t capacity = 0, n = 0;
    while (n < out->n) {
        if (n == capacity) {
            capacity = capacity == 0 ? 1u << 16 : 2 * capacity;
            capacity = capacity < out->n ? capacity : out->n;
            uint8_t *grown = realloc(out->values, capacity);
            if (grown == NULL)
                return hk_fail(in->ctx, HK_ENOMEM, "%s: no memory for %zu of its %zu values", in->path, capacity,
                               out->n);
            out->values = grown;
        }
        size_t n_read = 0;
        int rc = read_some(in, out->values + n, capacity - n, &n_read);
        if (rc != HK_OK)
            return rc;
        if (n_read < capacity - n)
            return hk_fail(in->ctx, HK_EFORMAT, "%s: ends after %zu of the %zu values its header promises", in->path,
                           n + n_read, out->n);
        n += n_read;
    }
    /* Reading past the end also makes zlib compare its checksum. */
    uint8_t beyond;
    size_t n_beyond = 0;
    int rc = read_some(in, &beyond, 1, &n_beyond);
    if (rc == HK_OK && n_beyond > 0)
        rc = hk_fail(in->ctx, HK_EFORMAT, "%s: goes on after the %zu values its header promises", in->path, out->n);
    return rc;
}

int hk_idx_read_fd(hk_ctx *ctx, const char *path, int fd, hk_idx *out)
{
    *out = (hk_idx){ 0 };
    reader in = { .ctx = ctx, .path = path, .file = gzdopen(fd, "rb") };
    if (in.file == NULL) {
        close(fd);
        return hk_fail(ctx, HK_ENOMEM, "%s: no memory for zlib", path);
    }
    int rc = read_header(&in, out);
    if (rc == HK_OK)
        rc = read_values(&in, out);
    gzclose(in.file); /* of a file that was only read: nothing that could still fail */
    if (rc != HK_OK)
        hk_idx_fini(out);
    return rc;
}

int hk_idx_read(hk_ctx *ctx, const char *path, hk_idx *out)
{
    *out = (hk_idx){ 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return hk_fail(ctx, HK_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    return hk_idx_read_fd(ctx, path, fd, out);
}

uint32_t hk_idx_crc(const hk_idx *idx)
{
    uint8_t header[4 + 4 * HK_IDX_MAX_DIMS] = { 0, 0, 8, (uint8_t)idx->n_dims };
    for (unsigned d = 0; d < idx->n_dims; d++)
        for (unsigned byte = 0; byte < 4; byte++)
            header[4 + 4 * d + byte] = (uint8_t)(idx->dims[d] >> (24 - 8 * byte));
    uLong crc = crc32(0, header, 4 + 4 * idx->n_dims);
    crc = crc32(crc, idx->values, (uInt)idx->n); /* n <= HK_IDX_MAX_VALUES < 2^32 */
    return (uint32_t)crc;
}

void hk_idx_fini(hk_idx *idx)
{
    free(idx->values);
    *idx = (hk_idx){ 0 };
}
