/* tests/fuzz_archive.c - checkpoints made to do harm: any bytes as a file, and any bytes as a table of contents.
 *
 * The first byte of an input chooses. Even: the rest is the file. Odd: the rest is a number of entries (one byte) and a table
 * of contents, to which arrays of zeros and a footer with right checksums are added, so that what is behind the checksums
 * is tried as well. Nothing may crash, and no array may be longer than the file. */
#include "sim/archive.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BODY = 256, FOOTER = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *put(uint8_t *at, uint64_t value, int n)
{
    for (int i = 0; i < n; i++)
        *at++ = (uint8_t)(value >> 8 * i);
    return at;
}

/* The layout that archive_index.h describes. */
static size_t forge(uint8_t *file, uint8_t n_entries, const uint8_t *table, size_t size)
{
    memset(file, 0, BODY);
    memcpy(file + BODY, table, size);
    uint8_t *footer = file + BODY + size, *at = footer;
    memcpy(at, "HKCHKPT\n", 8);
    at = put(at + 8, 1, 4);
    at = put(at, n_entries, 4);
    at = put(at, BODY, 8);
    at = put(at, size, 8);
    at = put(at, crc32(0, table, (uInt)size), 4);
    put(at, crc32(0, footer, 36), 4);
    return BODY + size + FOOTER;
}

static void load_arrays(hk_archive *archive, size_t file_size)
{
    static const char *const names[] = { "a", "b", "v", "stamp" };
    hk_type type = HK_U8;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++, type = (hk_type)((type + 3) % HK_N_TYPES)) {
        size_t n;
        if (hk_archive_length(archive, names[i], type, &n) != HK_OK)
            return;
        if (n * hk_type_size(type) > file_size)
            abort();
        void *values = malloc(n * hk_type_size(type) + 1);
        int rc = values == NULL ? HK_ENOMEM : hk_archive_array(archive, names[i], type, values, n);
        free(values);
        if (rc != HK_OK)
            return;
    }
}

/* One archive for each thing to ask: after a refusal an archive answers nothing more. */
static void load(const char *path, size_t file_size)
{
    for (int question = 0; question < 3; question++) {
        hk_ctx *ctx = hk_ctx_create();
        hk_archive *archive;
        if (hk_archive_open(ctx, path, &archive) == HK_OK) {
            if (question == 0)
                load_arrays(archive, file_size);
            else if (question == 1 && hk_archive_expect(archive, "model", "lif") == HK_OK)
                load_arrays(archive, file_size);
            else if (question == 2 && hk_archive_enter(archive, "g") == HK_OK) {
                load_arrays(archive, file_size);
                hk_archive_leave(archive);
            }
            if (strlen(hk_archive_program(archive)) > file_size)
                abort();
            hk_archive_destroy(archive);
        }
        hk_ctx_destroy(ctx);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 1 << 20)
        return 0;
    char path[] = "/tmp/hillock-fuzz-XXXXXX";
    int fd = mkstemp(path);
    uint8_t *file = malloc(size + BODY + FOOTER);
    if (fd < 0 || file == NULL)
        abort();
    size_t file_size = size - 1;
    if (data[0] % 2 == 0)
        memcpy(file, data + 1, file_size);
    else
        file_size = forge(file, data[1], data + 2, size - 2);
    if (write(fd, file, file_size) != (ssize_t)file_size)
        abort();
    load(path, file_size);
    unlink(path);
    close(fd);
    free(file);
    return 0;
}
