/* tests/test_npy.c - .npy files: read back as written, read by NumPy, written by NumPy; everything else is refused. */
#include "tests/hk_scratch.h"

#include "sim/npy.h"

static hk_ctx *ctx;

static void assert_gives(int rc, int expected, const char *part)
{
    if (rc != expected || strstr(hk_ctx_message(ctx), part) == NULL)
        print_error("status %d: '%s', expected %d and '%s'\n", rc, hk_ctx_message(ctx), expected, part);
    assert_int_equal(rc, expected);
    assert_non_null(strstr(hk_ctx_message(ctx), part));
}

/* Writes a header of version `major` around the dictionary, then n_bytes values, and reads the file. */
static int read_forged(int major, const char *dictionary, size_t claimed, size_t n_bytes)
{
    static unsigned char bytes[9000];
    size_t n = strlen(dictionary), begin = major > 1 ? 12 : 10;
    memset(bytes, 7, sizeof bytes);
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (unsigned char)major;
    bytes[7] = 0;
    bytes[8] = (unsigned char)(claimed & 0xff);
    bytes[9] = (unsigned char)(claimed >> 8 & 0xff);
    bytes[10] = (unsigned char)(claimed >> 16 & 0xff);
    bytes[11] = (unsigned char)(claimed >> 24);
    memcpy(bytes + begin, dictionary, n);
    write_file(scratch_path("forged.npy"), bytes, begin + n + n_bytes);
    hk_npy npy;
    int rc = hk_npy_read(ctx, scratch_path("forged.npy"), &npy);
    if (rc != HK_OK)
        assert_null(npy.values);
    hk_npy_free(&npy);
    return rc;
}

static int read_dictionary(const char *dictionary, size_t n_bytes)
{
    return read_forged(1, dictionary, strlen(dictionary), n_bytes);
}

/* ---- tests --------------------------------------------------------------------------------------------------------------- */

static void what_was_written_is_read_back_to_the_bit(void **state)
{
    static const size_t shapes[][HK_MOST_DIMS] = { { 1, 1, 1 }, { 5, 1, 1 }, { 3, 4, 1 }, { 2, 3, 7 }, { 0, 4, 1 } };
    (void)state;
    unsigned char values[42 * 8];
    for (size_t k = 0; k < sizeof values; k++)
        values[k] = (unsigned char)(k * 77 + 13);
    for (int type = 0; type < HK_N_TYPES; type++)
        for (size_t s = 0; s < N_OF(shapes); s++)
            for (unsigned n_dims = 1; n_dims <= HK_MOST_DIMS; n_dims++) {
                size_t n = 1;
                for (unsigned d = 0; d < n_dims; d++)
                    n *= shapes[s][d];
                assert_ok(hk_npy_write(ctx, scratch_path("a.npy"), (hk_type)type, n_dims, shapes[s], values));
                hk_npy npy;
                assert_ok(hk_npy_read(ctx, scratch_path("a.npy"), &npy));
                assert_int_equal(npy.type, type);
                assert_int_equal(npy.n_dims, n_dims);
                assert_int_equal(npy.n, n);
                for (unsigned d = 0; d < n_dims; d++)
                    assert_int_equal(npy.shape[d], shapes[s][d]);
                if (n > 0)
                    assert_memory_equal(npy.values, values, n * hk_type_size((hk_type)type));
                hk_npy_free(&npy);
            }
    assert_int_equal(count_files(".part"), 0);
}

static void values_begin_at_a_multiple_of_64_bytes(void **state)
{
    (void)state;
    for (size_t n = 1; n < 2000000000; n *= 10) {
        uint8_t nothing[1] = { 0 };
        const size_t shape[] = { n, 0 };
        size_t size;
        assert_ok(hk_npy_write(ctx, scratch_path("b.npy"), HK_U8, 2, shape, nothing));
        unsigned char *bytes = file_bytes(scratch_path("b.npy"), &size);
        assert_int_equal(size % 64, 0);
        assert_int_equal(bytes[size - 1], '\n');
        assert_int_equal(10u + bytes[8] + 256u * bytes[9], size);
        free(bytes);
    }
}

static void numpy_reads_what_we_write_and_we_what_numpy_writes(void **state)
{
    static char script[] =
        "import os, sys, numpy as n\n"
        "os.chdir(sys.argv[1])\n"
        "a = n.load('ours.npy')\n"
        "assert a.dtype == '<f8' and a.shape == (2, 3) and a.flags.c_contiguous\n"
        "assert a.tolist() == [[2.385, -1e300, 0.0], [5e-324, 7.0, -0.25]]\n"
        "n.save('i4.npy', n.arange(24, dtype='<i4').reshape(2, 3, 4))\n"
        "n.save('bool.npy', n.array([True, False, True]))\n"
        "with open('v2.npy', 'wb') as f: n.lib.format.write_array(f, n.array([2.385], '<f4'), version=(2, 0))\n"
        "n.save('fortran.npy', n.zeros((3, 2)).T)\n"
        "n.save('big.npy', n.zeros(3, '>f8'))\n"
        "n.save('scalar.npy', n.float64(3))\n";
    (void)state;
    if (!python_has("numpy"))
        skip();
    const double values[] = { 2.385, -1e300, 0.0, 5e-324, 7.0, -0.25 };
    const size_t shape[] = { 2, 3 };
    char out[2048];
    assert_ok(hk_npy_write(ctx, scratch_path("ours.npy"), HK_F64, 2, shape, values));
    int code = run_program((char *[]){ HK_PYTHON, "-c", script, hk_scratch, NULL }, out, sizeof out);
    if (code != 0)
        print_error("%s\n", out);
    assert_int_equal(code, 0);
    hk_npy npy;
    assert_ok(hk_npy_read(ctx, scratch_path("i4.npy"), &npy));
    assert_int_equal(npy.type, HK_I32);
    assert_int_equal(npy.n_dims, 3);
    assert_int_equal(npy.shape[2], 4);
    for (int k = 0; k < 24; k++)
        assert_int_equal(((int32_t *)npy.values)[k], k);
    hk_npy_free(&npy);
    assert_ok(hk_npy_read(ctx, scratch_path("bool.npy"), &npy));
    assert_int_equal(npy.type, HK_U8);
    assert_memory_equal(npy.values, ((uint8_t[]){ 1, 0, 1 }), 3);
    hk_npy_free(&npy);
    assert_ok(hk_npy_read(ctx, scratch_path("v2.npy"), &npy));
    assert_true(((float *)npy.values)[0] == 2.385f);
    hk_npy_free(&npy);
    assert_gives(hk_npy_read(ctx, scratch_path("fortran.npy"), &npy), HK_EFORMAT, "C order");
    assert_gives(hk_npy_read(ctx, scratch_path("big.npy"), &npy), HK_EFORMAT, "little-endian");
    assert_gives(hk_npy_read(ctx, scratch_path("scalar.npy"), &npy), HK_EFORMAT, "1 to 3 sizes");
}

static void headers_are_read_in_any_layout_of_a_dictionary(void **state)
{
    (void)state;
    assert_ok(read_dictionary("{'shape': (2,), 'fortran_order': False, 'descr': '<f8'}", 16));
    assert_ok(read_dictionary("{'descr'  :   \"<u2\",'fortran_order':False,'shape':( 3 , 2 )}", 12));
    assert_ok(read_forged(3, "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", 57, 4));
}

static void files_that_are_something_else_are_refused(void **state)
{
    static const struct {
        const char *dictionary;
        size_t n_bytes;
        const char *part;
    } wrong[] = {
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", 15, "15 bytes" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", 17, "17 bytes" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (18446744073709551615, 2), }", 16, "16 bytes" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,), }", 16, "sizes" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }", 16, "sizes" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, 2), }", 16, "sizes" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (2 2), }", 16, "sizes" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (2, ", 16, "sizes" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': [2], }", 16, "sizes" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape' }", 16, "sizes" },
        { "{'descr': '<f8', 'fortran_order': True, 'shape': (2,), }", 16, "C order" },
        { "{'descr': '<f8', 'shape': (2,), }", 16, "C order" },
        { "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }", 16, "little-endian" },
        { "{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }", 16, "little-endian" },
        { "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }", 16, "little-endian" },
        { "{'fortran_order': False, 'shape': (2,), }", 16, "little-endian" },
        { "", 16, "little-endian" },
    };
    hk_npy npy;
    (void)state;
    for (size_t k = 0; k < N_OF(wrong); k++)
        assert_gives(read_dictionary(wrong[k].dictionary, wrong[k].n_bytes), HK_EFORMAT, wrong[k].part);
    const char *good = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";
    assert_gives(read_forged(4, good, strlen(good), 16), HK_EFORMAT, "version");
    assert_gives(read_forged(0, good, strlen(good), 16), HK_EFORMAT, "version");
    assert_gives(read_forged(1, good, 5000, 16), HK_EFORMAT, "header");
    assert_gives(read_forged(1, good, 200, 16), HK_EFORMAT, "header");
    assert_gives(read_forged(2, good, (size_t)1 << 31, 16), HK_EFORMAT, "header");
    write_file(scratch_path("text.npy"), "no numbers at all\n", 18);
    assert_gives(hk_npy_read(ctx, scratch_path("text.npy"), &npy), HK_EFORMAT, "no .npy file");
    write_file(scratch_path("short.npy"), "\x93NUMPY", 6);
    assert_gives(hk_npy_read(ctx, scratch_path("short.npy"), &npy), HK_EFORMAT, "no .npy file");
    assert_gives(hk_npy_read(ctx, hk_scratch, &npy), HK_EFORMAT, "not a regular file");
    assert_gives(hk_npy_read(ctx, scratch_path("nowhere.npy"), &npy), HK_EIO, "nowhere.npy");
}

static void every_truncation_and_flipped_bit_is_refused_or_harmless(void **state)
{
    (void)state;
    const float values[] = { 2.385f, 0.25f, -3.0f };
    const size_t shape[] = { 3 };
    size_t n;
    hk_npy npy;
    assert_ok(hk_npy_write(ctx, scratch_path("whole.npy"), HK_F32, 1, shape, values));
    unsigned char *bytes = file_bytes(scratch_path("whole.npy"), &n);
    for (size_t cut = 0; cut < n; cut++) {
        write_file(scratch_path("cut.npy"), bytes, cut);
        assert_status(hk_npy_read(ctx, scratch_path("cut.npy"), &npy), HK_EFORMAT);
    }
    for (size_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        write_file(scratch_path("flipped.npy"), bytes, n);
        int rc = hk_npy_read(ctx, scratch_path("flipped.npy"), &npy);
        assert_true(rc == HK_EFORMAT || (rc == HK_OK && npy.n * hk_type_size(npy.type) == sizeof values));
        hk_npy_free(&npy);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    free(bytes);
}

static void what_cannot_be_written_leaves_the_old_file(void **state)
{
    (void)state;
    const double values[] = { 1.0, 2.0 };
    const size_t two[] = { 2 }, huge[] = { SIZE_MAX / 2, 4 };
    hk_npy npy;
    assert_ok(hk_npy_write(ctx, scratch_path("old.npy"), HK_F64, 1, two, values));
    assert_gives(hk_npy_write(ctx, scratch_path("old.npy"), HK_F64, 2, huge, values), HK_ERANGE, "too large");
    assert_gives(hk_npy_write(ctx, scratch_path("old.npy"), HK_F64, 1, two, NULL), HK_ERANGE, "no values");
    assert_gives(hk_npy_write(ctx, scratch_path("old.npy"), HK_N_TYPES, 1, two, values), HK_ERANGE, "type");
    assert_gives(hk_npy_write(ctx, scratch_path("old.npy"), HK_F64, 0, two, values), HK_ERANGE, "0 dimensions");
    assert_gives(hk_npy_write(ctx, scratch_path("old.npy"), HK_F64, 4, two, values), HK_ERANGE, "4 dimensions");
    assert_gives(hk_npy_write(ctx, "/proc/nowhere/x.npy", HK_F64, 1, two, values), HK_EIO, "/proc/nowhere");
    assert_ok(hk_npy_read(ctx, scratch_path("old.npy"), &npy));
    assert_memory_equal(npy.values, values, sizeof values);
    hk_npy_free(&npy);
    assert_int_equal(count_files(".part"), 0);
}

static int setup(void **state)
{
    ctx = hk_ctx_create();
    return ctx == NULL ? -1 : hk_scratch_setup(state);
}

static int teardown(void **state)
{
    hk_ctx_destroy(ctx);
    return hk_scratch_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_back_to_the_bit),
        cmocka_unit_test(values_begin_at_a_multiple_of_64_bytes),
        cmocka_unit_test(numpy_reads_what_we_write_and_we_what_numpy_writes),
        cmocka_unit_test(headers_are_read_in_any_layout_of_a_dictionary),
        cmocka_unit_test(files_that_are_something_else_are_refused),
        cmocka_unit_test(every_truncation_and_flipped_bit_is_refused_or_harmless),
        cmocka_unit_test(what_cannot_be_written_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
