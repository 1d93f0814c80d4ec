/* tests/test_idx.c - IDX files: read when right, refused when truncated, altered or hostile; plain and gzipped. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include "tests/hk_test.h"

#include "experiments/datasets/idx.h"

#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

/* Sanitizers map more address space than a limit would leave them. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SHADOW_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_SHADOW_MEMORY
#endif
#endif

typedef struct fixture {
    hk_ctx *ctx;
    char folder[64], path[96];
    hk_idx idx;
} fixture;

/* 3 images of 2 x 5. */
static const uint8_t images[] = { 0,  0,  8,  3,  0,  0,  0,  3,  0,  0,  0,  2,  0,   0,  0,   5,
                                  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,  14, 250, 251,
                                  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 0,  255, 9 };
enum { HEADER = 16, N_VALUES = 30 };

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = hk_ctx_create();
    strcpy(f->folder, "/tmp/hillock-idx-XXXXXX");
    if (mkdtemp(f->folder) == NULL)
        return -1;
    snprintf(f->path, sizeof f->path, "%s/file", f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    hk_idx_fini(&f->idx);
    unlink(f->path);
    rmdir(f->folder);
    hk_ctx_destroy(f->ctx);
    free(f);
    return 0;
}

static void write_plain(const fixture *f, const uint8_t *bytes, size_t n)
{
    FILE *file = fopen(f->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* Writes the file gzipped; returns its length. */
static size_t write_gzipped(const fixture *f, const uint8_t *bytes, size_t n)
{
    gzFile file = gzopen(f->path, "wb9");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)n), (int)n);
    assert_int_equal(gzclose(file), Z_OK);
    FILE *written = fopen(f->path, "rb");
    fseek(written, 0, SEEK_END);
    long length = ftell(written);
    fclose(written);
    return (size_t)length;
}

static size_t read_back(const fixture *f, uint8_t *bytes, size_t capacity)
{
    FILE *file = fopen(f->path, "rb");
    size_t n = fread(bytes, 1, capacity, file);
    fclose(file);
    return n;
}

static void assert_is_the_file(const hk_idx *idx)
{
    assert_int_equal(idx->n_dims, 3);
    assert_int_equal(idx->dims[0], 3);
    assert_int_equal(idx->dims[1], 2);
    assert_int_equal(idx->dims[2], 5);
    assert_int_equal(idx->n, N_VALUES);
    assert_memory_equal(idx->values, images + HEADER, N_VALUES);
}

static void assert_refused(fixture *f, int status)
{
    hk_ctx_clear(f->ctx);
    assert_status(hk_idx_read(f->ctx, f->path, &f->idx), status);
    assert_non_null(strstr(hk_ctx_message(f->ctx), f->path));
    assert_null(f->idx.values);
    assert_int_equal(f->idx.n, 0);
}

static void plain_and_gzipped_files_are_read_alike(void **state)
{
    fixture *f = *state;
    write_plain(f, images, sizeof images);
    assert_ok(hk_idx_read(f->ctx, f->path, &f->idx));
    assert_is_the_file(&f->idx);
    assert_int_equal(hk_idx_crc(&f->idx), crc32(0, images, sizeof images));
    hk_idx_fini(&f->idx);
    write_gzipped(f, images, sizeof images);
    assert_ok(hk_idx_read(f->ctx, f->path, &f->idx));
    assert_is_the_file(&f->idx);
}

static void a_large_file_is_read_in_pieces(void **state)
{
    fixture *f = *state;
    size_t n = 3000001;
    uint8_t *bytes = malloc(8 + n);
    memcpy(bytes,
           (const uint8_t[]){ 0, 0, 8, 1, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n }, 8);
    for (size_t i = 0; i < n; i++)
        bytes[8 + i] = (uint8_t)(i * 7 + i / 251);
    for (int gzipped = 0; gzipped < 2; gzipped++) {
        if (gzipped)
            write_gzipped(f, bytes, 8 + n);
        else
            write_plain(f, bytes, 8 + n);
        assert_ok(hk_idx_read(f->ctx, f->path, &f->idx));
        assert_int_equal(f->idx.n, n);
        assert_memory_equal(f->idx.values, bytes + 8, n);
        hk_idx_fini(&f->idx);
    }
    free(bytes);
}

static void files_cut_anywhere_are_refused(void **state)
{
    fixture *f = *state;
    uint8_t gzipped[256];
    for (size_t n = 0; n < sizeof images; n++) {
        write_plain(f, images, n);
        assert_refused(f, HK_EFORMAT);
    }
    size_t length = write_gzipped(f, images, sizeof images);
    assert_int_equal(read_back(f, gzipped, sizeof gzipped), length);
    for (size_t n = 0; n < length; n++) {
        write_plain(f, gzipped, n);
        assert_refused(f, HK_EFORMAT);
    }
}

static void files_that_go_on_are_refused(void **state)
{
    fixture *f = *state;
    uint8_t longer[sizeof images + 1] = { 0 };
    memcpy(longer, images, sizeof images);
    write_plain(f, longer, sizeof longer);
    assert_refused(f, HK_EFORMAT);
    write_gzipped(f, longer, sizeof longer);
    assert_refused(f, HK_EFORMAT);
}

static void flipped_bits_in_the_header_are_refused(void **state)
{
    fixture *f = *state;
    uint8_t altered[sizeof images];
    for (size_t bit = 0; bit < 8 * HEADER; bit++) {
        memcpy(altered, images, sizeof images);
        altered[bit / 8] ^= (uint8_t)(1u << bit % 8);
        write_plain(f, altered, sizeof altered);
        assert_refused(f, HK_EFORMAT);
    }
}

static void flipped_bits_in_gzipped_data_are_refused_or_change_nothing(void **state)
{
    fixture *f = *state;
    uint8_t gzipped[256], altered[256];
    size_t length = write_gzipped(f, images, sizeof images), n_refused = 0;
    assert_int_equal(read_back(f, gzipped, sizeof gzipped), length);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        memcpy(altered, gzipped, length);
        altered[bit / 8] ^= (uint8_t)(1u << bit % 8);
        write_plain(f, altered, length);
        int rc = hk_idx_read(f->ctx, f->path, &f->idx);
        if (rc == HK_OK) { /* time stamp, system, bits that pad the last byte */
            assert_is_the_file(&f->idx);
            hk_idx_fini(&f->idx);
        } else {
            assert_status(rc, HK_EFORMAT);
            n_refused++;
        }
    }
    assert_true(n_refused >= 8 * (length - 8));
}

/* A header with these sizes, and 30 values behind it. */
static void write_sizes(const fixture *f, unsigned n_dims, const uint32_t *dims)
{
    uint8_t bytes[4 + 4 * 255 + N_VALUES] = { 0, 0, 8, (uint8_t)n_dims };
    for (unsigned d = 0; d < n_dims; d++)
        for (unsigned byte = 0; byte < 4; byte++)
            bytes[4 + 4 * d + byte] = (uint8_t)(dims[d] >> (24 - 8 * byte));
    write_plain(f, bytes, 4 + 4 * (size_t)n_dims + N_VALUES);
}

static void sizes_that_lie_are_refused_without_taking_memory(void **state)
{
    fixture *f = *state;
    static const uint32_t hostile[][4] = {
        { 0xffffffff, 2, 5, 1 }, /* -1, for who reads it signed */
        { 0x80000000, 2, 5, 1 },
        { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
        { 0x10000, 0x10000, 0x10000, 0x10000 }, /* product 2^64: 0 when it overflows */
        { 0x80000000, 2, 1, 1 },                /* 2^32: 0 in 32 bits */
        { 0, 2, 5, 1 },
        { 3, 0, 5, 1 },
        { 3, 2, 0, 1 },
        { 0, 0xffffffff, 0xffffffff, 1 },
        { 0x7fffffff, 1, 1, 1 }, /* within the limit, but not there */
        { 0x80000000, 1, 1, 1 },
        { 4, 2, 5, 1 },
        { 2, 2, 5, 1 },
    };
    struct rlimit before, little = { .rlim_cur = 1u << 30 };
    getrlimit(RLIMIT_AS, &before);
    little.rlim_max = before.rlim_max;
#ifndef HAS_SHADOW_MEMORY
    setrlimit(RLIMIT_AS, &little); /* 2 GiB could not be had: a reader that believed the header would say HK_ENOMEM */
#endif
    for (size_t h = 0; h < N_OF(hostile); h++)
        for (unsigned n_dims = 3; n_dims <= 4; n_dims++) {
            write_sizes(f, n_dims, hostile[h]);
            assert_refused(f, HK_EFORMAT);
        }
    setrlimit(RLIMIT_AS, &before);
}

static void other_types_and_dimensions_are_refused(void **state)
{
    fixture *f = *state;
    static const uint32_t ones[255] = { 30, 1, 1, 1, 1 };
    for (unsigned n_dims = 0; n_dims < 256; n_dims++) {
        if (n_dims == 1)
            continue;
        write_sizes(f, n_dims, ones);
        if (n_dims >= 2 && n_dims <= HK_IDX_MAX_DIMS) {
            uint32_t dims[HK_IDX_MAX_DIMS] = { 30, 1, 1, 1 };
            write_sizes(f, n_dims, dims);
            assert_ok(hk_idx_read(f->ctx, f->path, &f->idx));
            hk_idx_fini(&f->idx);
        } else {
            assert_refused(f, HK_EFORMAT);
        }
    }
    for (unsigned type = 0; type < 256; type++) {
        uint8_t altered[sizeof images];
        memcpy(altered, images, sizeof images);
        altered[2] = (uint8_t)type;
        write_plain(f, altered, sizeof altered);
        if (type != 8)
            assert_refused(f, HK_EFORMAT);
    }
}

static void what_is_no_file_is_an_io_error(void **state)
{
    fixture *f = *state;
    assert_refused(f, HK_EIO); /* nothing there */
    assert_status(hk_idx_read(f->ctx, f->folder, &f->idx), HK_EIO);
    assert_non_null(strstr(hk_ctx_message(f->ctx), f->folder));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(plain_and_gzipped_files_are_read_alike),
        T(a_large_file_is_read_in_pieces),
        T(files_cut_anywhere_are_refused),
        T(files_that_go_on_are_refused),
        T(flipped_bits_in_the_header_are_refused),
        T(flipped_bits_in_gzipped_data_are_refused_or_change_nothing),
        T(sizes_that_lie_are_refused_without_taking_memory),
        T(other_types_and_dimensions_are_refused),
        T(what_is_no_file_is_an_io_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
