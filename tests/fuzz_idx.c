/* tests/fuzz_idx.c - libFuzzer target: the IDX reader against hostile files.
 *
 * The first byte of an input says how the rest becomes a file: even, as it is; odd, gzipped first, so that mutations reach
 * the reader behind a sound gzip layer. The mutator starts from files of its own making; no corpus is needed. */
#define _DEFAULT_SOURCE /* ftruncate, dup */
#include "experiments/datasets/idx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static void require(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "fuzz_idx: %s\n", what);
        abort();
    }
}

static uint8_t *gzipped(const uint8_t *data, size_t size, size_t *length)
{
    z_stream stream = { 0 };
    require(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "deflateInit2 failed");
    size_t room = deflateBound(&stream, (uLong)size);
    uint8_t *packed = malloc(room);
    require(packed != NULL, "out of memory");
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate failed");
    *length = stream.total_out;
    deflateEnd(&stream);
    return packed;
}

/* A new descriptor at the start of a nameless file of these bytes. */
static int file_of(FILE *scratch, const uint8_t *data, size_t size)
{
    int fd = fileno(scratch);
    require(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0,
            "cannot write the scratch file");
    return dup(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *scratch; /* one for all inputs: making a file takes longer than reading it */
    if (scratch == NULL)
        scratch = tmpfile();
    require(scratch != NULL, "no scratch file");
    if (size == 0)
        return 0;
    int is_gzipped = data[0] & 1;
    size_t length = size - 1;
    uint8_t *packed = is_gzipped ? gzipped(data + 1, size - 1, &length) : NULL;
    hk_ctx *ctx = hk_ctx_create();
    hk_idx idx;
    int rc = hk_idx_read_fd(ctx, "input", file_of(scratch, is_gzipped ? packed : data + 1, length), &idx);
    if (rc == HK_OK) {
        size_t product = 1;
        for (unsigned d = 0; d < idx.n_dims; d++)
            product *= idx.dims[d];
        require(idx.n == product && idx.n >= 1, "n is not the product of the sizes");
        if (is_gzipped)
            require(hk_idx_crc(&idx) == crc32(0, data + 1, (uInt)(size - 1)), "what was read is not what was packed");
    } else {
        require(rc == HK_EFORMAT, "a status other than HK_EFORMAT");
        require(idx.values == NULL && idx.n == 0, "a refused file left something");
        require(strstr(hk_ctx_message(ctx), "input") != NULL, "the message does not name the file");
    }
    hk_idx_fini(&idx);
    hk_ctx_destroy(ctx);
    free(packed);
    return 0;
}

/* A sound file: `seed` chooses images or labels, their sizes, and whether gzip's own bytes are in the input. */
static size_t make_sound(uint8_t *data, size_t max_size, unsigned seed)
{
    uint8_t n = (uint8_t)(1 + seed % 5), rows = (uint8_t)(1 + seed / 8 % 4);
    int has_images = seed / 32 % 2, is_packed = seed / 64 % 2;
    uint8_t file[128] = { 0, 0, 8, has_images ? 3 : 1, 0, 0, 0, n, 0, 0, 0, rows, 0, 0, 0, 3 };
    size_t header = has_images ? 16 : 8, length = header + (has_images ? 3u * n * rows : n);
    for (size_t i = header; i < length; i++)
        file[i] = (uint8_t)(i * seed % 10);
    uint8_t *packed = is_packed ? gzipped(file, length, &length) : NULL;
    if (length + 1 > max_size)
        length = max_size - 1;
    data[0] = (uint8_t)(is_packed ? 0 : seed / 128);
    memcpy(data + 1, is_packed ? packed : file, length);
    free(packed);
    return length + 1;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    if (max_size < 2)
        return LLVMFuzzerMutate(data, size, max_size);
    if (size < 2 || seed % 64 == 0)
        size = make_sound(data, max_size, seed / 64);
    return LLVMFuzzerMutate(data, size, max_size);
}
