/* sim/npy.c - see npy.h.
 *
 * Layout: "\x93NUMPY", version (2 bytes), length of the header (2 bytes; 4 from version 2.0 on), the header, the values.
 * The header is a Python dictionary with the keys descr, fortran_order and shape, padded with spaces so that the values
 * start at a multiple of 64, and ends with a newline. */
#include "sim/npy.h"

#include "sim/filemove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST_HEADER = 4096 };

static const char magic[6] = { '\x93', 'N', 'U', 'M', 'P', 'Y' };

static const char *const codes[HK_N_TYPES] = {
    [HK_U8] = "|u1",  [HK_U16] = "<u2", [HK_U32] = "<u4", [HK_U64] = "<u8",
    [HK_I64] = "<i8", [HK_F32] = "<f4", [HK_F64] = "<f8", [HK_I32] = "<i4",
};

/* ---- writing ---- */

/* Number of values, or SIZE_MAX when their bytes are more than memory can have. */
static size_t n_values(hk_type type, unsigned n_dims, const size_t *shape)
{
    size_t n = 1, most = PTRDIFF_MAX / hk_type_size(type);
    for (unsigned d = 0; d < n_dims; ++d)
        if (shape[d] == 0)
            return 0;
    for (unsigned d = 0; d < n_dims; ++d) {
        if (n > most / shape[d])
            return SIZE_MAX;
        n *= shape[d];
    }
    return n;
}

static size_t make_header(char out[LONGEST_HEADER], hk_type type, unsigned n_dims, const size_t *shape)
{
    const size_t before = sizeof magic + 4;
    memcpy(out, magic, sizeof magic);
    out[6] = 1;
    out[7] = 0;
    size_t n = before;
    n += (size_t)snprintf(out + n, LONGEST_HEADER - n, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                          codes[type]);
    for (unsigned d = 0; d < n_dims; ++d)
        n += (size_t)snprintf(out + n, LONGEST_HEADER - n, "%zu, ", shape[d]);
    n -= n_dims > 1 ? 2 : 1; /* "(3,)" but "(3, 4)" */
    n += (size_t)snprintf(out + n, LONGEST_HEADER - n, "), }");
    while ((n + 1) % 64 != 0)
        out[n++] = ' ';
    out[n++] = '\n';
    out[8] = (char)((n - before) & 0xff);
    out[9] = (char)((n - before) >> 8);
    return n;
}

static bool write_all(int fd, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

int hk_npy_write(hk_ctx *ctx, const char *path, hk_type type, unsigned n_dims, const size_t *shape, const void *values)
{
    if (hk_type_size(type) == 0 || n_dims < 1 || n_dims > HK_MOST_DIMS)
        return hk_fail(ctx, HK_ERANGE, "%s: type %d and %u dimensions, not one of ours and 1 to %d", path, (int)type,
                       n_dims, (int)HK_MOST_DIMS);
    size_t n = n_values(type, n_dims, shape);
    if (n == SIZE_MAX || (n > 0 && values == NULL))
        return hk_fail(ctx, HK_ERANGE, "%s: %s", path, n == SIZE_MAX ? "too large" : "a shape but no values");
    char header[LONGEST_HEADER], *part;
    size_t header_bytes = make_header(header, type, n_dims, shape);
    int rc = hk_file_beside(ctx, path, &part);
    if (rc != HK_OK)
        return rc;
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        rc = hk_fail(ctx, HK_EIO, "%s: cannot open: %s", part, strerror(errno));
    else {
        if (!write_all(fd, header, header_bytes) || !write_all(fd, values, n * hk_type_size(type)) || fsync(fd) != 0)
            rc = hk_fail(ctx, HK_EIO, "%s: cannot write: %s", path, strerror(errno));
        if (close(fd) != 0 && rc == HK_OK)
            rc = hk_fail(ctx, HK_EIO, "%s: cannot write: %s", path, strerror(errno));
        if (rc == HK_OK)
            rc = hk_file_replace(ctx, part, path);
        if (rc != HK_OK)
            unlink(part);
    }
    free(part);
    return rc;
}

/* ---- reading ---- */

/* The text of the value of `key` in the header, behind its colon and spaces; NULL when it is missing. */
static const char *value_of(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    if (at == NULL)
        return NULL;
    at += strlen(key);
    at += strspn(at, " ");
    if (*at != ':')
        return NULL;
    return at + 1 + strspn(at + 1, " ");
}

static bool parse_type(const char *text, hk_type *out)
{
    if (text == NULL || (*text != '\'' && *text != '"') || strlen(text) < 5 || text[4] != text[0])
        return false;
    if (strncmp(text + 1, "|b1", 3) == 0) {
        *out = HK_U8;
        return true;
    }
    for (int t = 0; t < HK_N_TYPES; ++t)
        if (strncmp(text + 1, codes[t], 3) == 0) {
            *out = (hk_type)t;
            return true;
        }
    return false;
}

/* "(3, 4)" or "(3,)"; no sign, no overflow, at most HK_MOST_DIMS numbers. */
static bool parse_shape(const char *text, hk_npy *out)
{
    if (text == NULL || *text++ != '(')
        return false;
    for (;;) {
        text += strspn(text, " ");
        if (*text == ')')
            return out->n_dims > 0;
        if (*text < '0' || *text > '9' || out->n_dims == HK_MOST_DIMS)
            return false;
        char *end;
        errno = 0;
        unsigned long long size = strtoull(text, &end, 10);
        if (errno != 0 || size > SIZE_MAX)
            return false;
        out->shape[out->n_dims++] = (size_t)size;
        text = end + strspn(end, " ");
        if (*text == ',')
            ++text;
        else if (*text != ')')
            return false;
    }
}

static bool read_all(int fd, void *out, size_t n, size_t at)
{
    char *to = out;
    while (n > 0) {
        ssize_t done = pread(fd, to, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        to += done;
        at += (size_t)done;
        n -= (size_t)done;
    }
    return true;
}

/* Reads and understands the header; *data is where the values begin. NULL, or what is wrong. */
static const char *read_header(int fd, hk_npy *out, size_t *data)
{
    unsigned char start[12];
    char header[LONGEST_HEADER + 1];
    if (!read_all(fd, start, sizeof start, 0) || memcmp(start, magic, sizeof magic) != 0)
        return "no .npy file";
    if (start[6] < 1 || start[6] > 3)
        return "a version of .npy other than 1 to 3";
    size_t length = (size_t)start[8] | (size_t)start[9] << 8;
    if (start[6] > 1)
        length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
    size_t begin = start[6] > 1 ? 12 : 10;
    if (length > LONGEST_HEADER || !read_all(fd, header, length, begin))
        return "its header is cut short or too long";
    header[length] = '\0';
    *data = begin + length;
    const char *fortran = value_of(header, "'fortran_order'");
    if (!parse_type(value_of(header, "'descr'"), &out->type))
        return "values that are not little-endian numbers of 1, 2, 4 or 8 bytes";
    if (fortran == NULL || strncmp(fortran, "False", 5) != 0)
        return "values that are not in C order";
    if (!parse_shape(value_of(header, "'shape'"), out))
        return "a shape that is not one of 1 to 3 sizes";
    return NULL;
}

static int read_file(hk_ctx *ctx, const char *path, int fd, hk_npy *out)
{
    struct stat about;
    size_t data = 0;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return hk_fail(ctx, HK_EFORMAT, "%s: not a regular file", path);
    const char *wrong = read_header(fd, out, &data);
    if (wrong != NULL)
        return hk_fail(ctx, HK_EFORMAT, "%s: %s", path, wrong);
    out->n = n_values(out->type, out->n_dims, out->shape);
    size_t has = (size_t)about.st_size - data; /* the header was read, so the file is that long */
    if (out->n == SIZE_MAX || has != out->n * hk_type_size(out->type))
        return hk_fail(ctx, HK_EFORMAT, "%s: %zu bytes of values are not what its shape and type %s need", path, has,
                       hk_type_name(out->type));
    out->values = malloc(has + 1);
    if (out->values == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: no memory for %zu bytes", path, has);
    if (!read_all(fd, out->values, has, data))
        return hk_fail(ctx, HK_EIO, "%s: cannot be read", path);
    return HK_OK;
}

int hk_npy_read(hk_ctx *ctx, const char *path, hk_npy *out)
{
    *out = (hk_npy){ 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return hk_fail(ctx, HK_EIO, "%s: cannot open: %s", path, strerror(errno));
    int rc = read_file(ctx, path, fd, out);
    close(fd);
    if (rc != HK_OK)
        hk_npy_free(out);
    return rc;
}

void hk_npy_free(hk_npy *npy)
{
    free(npy->values);
    *npy = (hk_npy){ 0 };
}
