/* tests/test_results.c - named arrays and texts in HDF5: as put, as others put them, all or nothing, and never a crash. */
#include "tests/hk_scratch.h"

#include "sim/results.h"

static hk_ctx *ctx;

static void assert_gives(int rc, int expected, const char *part)
{
    if (rc != expected || strstr(hk_ctx_message(ctx), part) == NULL)
        print_error("status %d: '%s', expected %d and '%s'\n", rc, hk_ctx_message(ctx), expected, part);
    assert_int_equal(rc, expected);
    assert_non_null(strstr(hk_ctx_message(ctx), part));
}

static hk_results *opened(const char *name, hk_results_mode mode)
{
    hk_results *results;
    int rc = hk_results_open(ctx, scratch_path(name), mode, &results);
    if (rc != HK_OK)
        print_error("%s\n", hk_ctx_message(ctx));
    assert_int_equal(rc, HK_OK);
    return results;
}

static const double three[] = { 2.385, -0.25, 7e300 };

static hk_array row(const double *values, size_t n)
{
    return (hk_array){ .type = HK_F64, .n_dims = 1, .shape = { n }, .values = values };
}

static void assert_has_three(hk_results *results, const char *name)
{
    double values[3] = { 0.0 };
    assert_ok(hk_results_get(results, name, HK_F64, values, 3));
    assert_memory_equal(values, three, sizeof three);
}

static const char *attribute(const hk_attribute *attributes, size_t n, const char *name)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(attributes[k].name, name) == 0)
            return attributes[k].text;
    print_error("no attribute '%s'\n", name);
    fail();
    return NULL;
}

/* Runs a script with h5py as h and numpy as n, in the scratch directory. */
static void with_h5py(const char *script)
{
    static char all[8192];
    char out[2048];
    snprintf(all, sizeof all, "import os, sys, h5py as h, numpy as n\nos.chdir(sys.argv[1])\n%s", script);
    int code = run_program((char *[]){ HK_PYTHON, "-c", all, hk_scratch, NULL }, out, sizeof out);
    if (code != 0)
        print_error("%s\n", out);
    assert_int_equal(code, 0);
}

/* ---- tests --------------------------------------------------------------------------------------------------------------- */

static void arrays_of_every_type_come_back_to_the_bit(void **state)
{
    (void)state;
    unsigned char values[24 * 8];
    for (size_t k = 0; k < sizeof values; k++)
        values[k] = (unsigned char)(k * 77 + 13);
    hk_results *results = opened("types.h5", HK_RESULTS_CREATE);
    for (int type = 0; type < HK_N_TYPES; type++)
        for (unsigned n_dims = 1; n_dims <= HK_MOST_DIMS; n_dims++) {
            char name[64];
            snprintf(name, sizeof name, "a/group of %u/%s", n_dims, hk_type_name((hk_type)type));
            assert_ok(hk_results_put(results, name,
                                     &(hk_array){ .type = (hk_type)type,
                                                  .n_dims = n_dims,
                                                  .shape = { 2, n_dims == 2 ? 12 : 3, 4 },
                                                  .values = values,
                                                  .unit = n_dims == 2 ? "mV" : "",
                                                  .description = n_dims == 3 ? "three of them" : NULL }));
        }
    assert_ok(hk_results_close(results));
    results = opened("types.h5", HK_RESULTS_READ);
    size_t n_entries;
    (void)hk_results_entries(results, &n_entries);
    assert_int_equal(n_entries, HK_N_TYPES * HK_MOST_DIMS);
    for (int type = 0; type < HK_N_TYPES; type++)
        for (unsigned n_dims = 1; n_dims <= HK_MOST_DIMS; n_dims++) {
            char name[64];
            unsigned char back[sizeof values];
            snprintf(name, sizeof name, "a/group of %u/%s", n_dims, hk_type_name((hk_type)type));
            const hk_results_entry *entry = hk_results_find(results, name);
            assert_non_null(entry);
            assert_int_equal(entry->type, type);
            assert_int_equal(entry->n_dims, n_dims);
            assert_int_equal(entry->shape[0], 2);
            assert_int_equal(entry->n, n_dims == 1 ? 2 : 24);
            assert_string_equal(entry->unit, n_dims == 2 ? "mV" : "");
            assert_string_equal(entry->description, n_dims == 3 ? "three of them" : "");
            assert_ok(hk_results_get(results, name, (hk_type)type, back, entry->n));
            assert_memory_equal(back, values, entry->n * hk_type_size((hk_type)type));
        }
    assert_ok(hk_results_close(results));
}

static void arrays_without_values_are_arrays_too(void **state)
{
    (void)state;
    hk_results *results = opened("empty.h5", HK_RESULTS_CREATE);
    assert_ok(hk_results_put(results, "none", &(hk_array){ .type = HK_U32, .n_dims = 2, .shape = { 0, 3 } }));
    assert_ok(hk_results_close(results));
    results = opened("empty.h5", HK_RESULTS_READ);
    assert_int_equal(hk_results_find(results, "none")->n, 0);
    assert_int_equal(hk_results_find(results, "none")->shape[1], 3);
    assert_ok(hk_results_get(results, "none", HK_U32, NULL, 0));
    assert_ok(hk_results_close(results));
}

static void adding_keeps_what_was_there_and_replaces_what_is_put_again(void **state)
{
    static const double other[] = { 1.5, 2.5 };
    (void)state;
    hk_results *results = opened("add.h5", HK_RESULTS_CREATE);
    hk_array array = row(three, 3);
    assert_ok(hk_results_put(results, "kept", &array));
    assert_ok(hk_results_put(results, "group/replaced", &array));
    assert_ok(hk_results_put_text(results, "kept", "note", "first"));
    assert_ok(hk_results_close(results));
    results = opened("add.h5", HK_RESULTS_ADD);
    array = row(other, 2);
    assert_ok(hk_results_put(results, "group/replaced", &array));
    assert_ok(hk_results_put_text(results, "kept", "note", "second, \xc2\xb5V"));
    assert_ok(hk_results_put_number(results, "group", "n", 2.385));
    assert_ok(hk_results_put_number(results, "", "root", -0.0));
    assert_ok(hk_results_close(results));
    results = opened("add.h5", HK_RESULTS_READ);
    assert_has_three(results, "kept");
    assert_int_equal(hk_results_find(results, "group/replaced")->n, 2);
    hk_attribute *attributes;
    size_t n;
    assert_ok(hk_results_attributes(results, "kept", &attributes, &n));
    assert_string_equal(attribute(attributes, n, "note"), "second, \xc2\xb5V");
    hk_attributes_free(attributes, n);
    assert_ok(hk_results_attributes(results, "group", &attributes, &n));
    assert_true(strtod(attribute(attributes, n, "n"), NULL) == 2.385);
    hk_attributes_free(attributes, n);
    assert_ok(hk_results_attributes(results, "", &attributes, &n));
    assert_string_equal(attribute(attributes, n, "root"), "-0");
    hk_attributes_free(attributes, n);
    assert_ok(hk_results_close(results));
}

static void until_it_is_closed_a_file_is_as_it_was(void **state)
{
    (void)state;
    hk_array array = row(three, 3);
    hk_results *results = opened("new.h5", HK_RESULTS_CREATE);
    assert_ok(hk_results_put(results, "a", &array));
    assert_false(file_exists(scratch_path("new.h5")));
    hk_results_discard(results);
    assert_false(file_exists(scratch_path("new.h5")));
    results = opened("new.h5", HK_RESULTS_CREATE);
    assert_ok(hk_results_put(results, "a", &array));
    assert_ok(hk_results_close(results));
    size_t n_before, n_after;
    unsigned char *before = file_bytes(scratch_path("new.h5"), &n_before);
    results = opened("new.h5", HK_RESULTS_ADD);
    assert_ok(hk_results_put(results, "b", &array));
    hk_results_discard(results);
    unsigned char *after = file_bytes(scratch_path("new.h5"), &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    free(after);
    results = opened("new.h5", HK_RESULTS_CREATE); /* replaces, at once, when it is closed */
    assert_ok(hk_results_put(results, "c", &array));
    after = file_bytes(scratch_path("new.h5"), &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    assert_ok(hk_results_close(results));
    results = opened("new.h5", HK_RESULTS_READ);
    assert_null(hk_results_find(results, "a"));
    assert_has_three(results, "c");
    assert_ok(hk_results_close(results));
    assert_ok(hk_results_close(NULL));
    hk_results_discard(NULL);
    assert_int_equal(count_files(".part"), 0);
    free(before);
    free(after);
}

static void what_cannot_be_put_is_refused_and_the_rest_goes_on(void **state)
{
    static const char *const names[] = { "", "/", "/a", "a/", "a//b", ".", "a/./b" };
    (void)state;
    hk_array array = row(three, 3), wrong = array;
    hk_results *results = opened("put.h5", HK_RESULTS_CREATE);
    assert_ok(hk_results_put(results, "group/a", &array));
    for (size_t k = 0; k < N_OF(names); k++)
        assert_gives(hk_results_put(results, names[k], &array), HK_ERANGE, "must be like");
    wrong.type = HK_N_TYPES;
    assert_gives(hk_results_put(results, "w", &wrong), HK_ERANGE, "type");
    wrong = array;
    wrong.n_dims = 4;
    assert_gives(hk_results_put(results, "w", &wrong), HK_ERANGE, "4 dimensions");
    wrong.n_dims = 0;
    assert_gives(hk_results_put(results, "w", &wrong), HK_ERANGE, "0 dimensions");
    wrong = array;
    wrong.values = NULL;
    assert_gives(hk_results_put(results, "w", &wrong), HK_ERANGE, "no values");
    assert_gives(hk_results_put(results, "group", &array), HK_ERANGE, "group is a group");
    assert_gives(hk_results_put_text(results, "nowhere", "note", "x"), HK_ENAME, "has no nowhere");
    assert_gives(hk_results_put_text(results, "group/b", "note", "x"), HK_ENAME, "has no group/b");
    assert_gives(hk_results_put_number(results, "group", "", 1.0), HK_ERANGE, "needs a name");
    assert_ok(hk_results_close(results));
    results = opened("put.h5", HK_RESULTS_READ);
    assert_has_three(results, "group/a");
    assert_null(hk_results_find(results, "w"));
    double values[3];
    float floats[3];
    assert_gives(hk_results_put(results, "b", &array), HK_ESTATE, "open for reading");
    assert_gives(hk_results_put_text(results, "", "b", "x"), HK_ESTATE, "open for reading");
    assert_gives(hk_results_get(results, "b", HK_F64, values, 3), HK_ENAME, "has no array b");
    assert_gives(hk_results_get(results, "group/a", HK_F64, values, 2), HK_EFORMAT, "3 values of float64, expected 2");
    assert_gives(hk_results_get(results, "group/a", HK_F32, floats, 3), HK_EFORMAT, "expected 3 of float32");
    hk_attribute *attributes;
    size_t n;
    assert_gives(hk_results_attributes(results, "group/c", &attributes, &n), HK_ENAME, "has no group/c");
    assert_null(attributes);
    assert_ok(hk_results_close(results));
}

/* Below an array there can be no other: HDF5 itself fails, and then nothing of all that was put is added. */
static void after_a_put_that_failed_nothing_is_added(void **state)
{
    (void)state;
    hk_array array = row(three, 3);
    hk_results *results = opened("fail.h5", HK_RESULTS_CREATE);
    assert_ok(hk_results_put(results, "a", &array));
    assert_ok(hk_results_close(results));
    results = opened("fail.h5", HK_RESULTS_ADD);
    assert_ok(hk_results_put(results, "good", &array));
    assert_gives(hk_results_put(results, "a/b", &array), HK_EIO, "cannot write a/b");
    assert_gives(hk_results_close(results), HK_ESTATE, "nothing was added");
    results = opened("fail.h5", HK_RESULTS_READ);
    assert_has_three(results, "a");
    assert_null(hk_results_find(results, "good"));
    assert_ok(hk_results_close(results));
}

static void an_array_can_be_overridden_for_one_reader_and_stays_as_it_is_in_the_file(void **state)
{
    (void)state;
    const double other[] = { 0.125, 2385.0, -1e-300 };
    const size_t shape[] = { 3, 1 };
    double values[3];
    hk_results *results = opened("override.h5", HK_RESULTS_CREATE), *others;
    assert_ok(
        hk_results_put(results, "w/a", &(hk_array){ .type = HK_F64, .n_dims = 2, .shape = { 3, 1 }, .values = three }));
    assert_ok(
        hk_results_put(results, "w/b", &(hk_array){ .type = HK_F64, .n_dims = 1, .shape = { 3 }, .values = three }));
    assert_gives(hk_results_override(results, "w/a", HK_F64, 2, shape, other), HK_ESTATE, "not open for reading");
    assert_ok(hk_results_close(results));
    results = opened("override.h5", HK_RESULTS_READ);
    others = opened("override.h5", HK_RESULTS_READ);
    assert_gives(hk_results_override(results, "w/c", HK_F64, 2, shape, other), HK_ENAME, "w/c");
    assert_gives(hk_results_override(results, "w/a", HK_F32, 2, shape, other), HK_EFORMAT,
                 "w/a is float64 [3][1], which float32 [3][1] cannot replace");
    assert_gives(hk_results_override(results, "w/a", HK_F64, 1, shape, other), HK_EFORMAT, "which float64 [3] cannot");
    assert_gives(hk_results_override(results, "w/a", HK_F64, 2, (size_t[]){ 1, 3 }, other), HK_EFORMAT, "[1][3]");
    assert_has_three(results, "w/a");
    assert_ok(hk_results_override(results, "w/a", HK_F64, 2, shape, other));
    assert_ok(hk_results_get(results, "w/a", HK_F64, values, 3));
    assert_memory_equal(values, other, sizeof other);
    assert_gives(hk_results_get(results, "w/a", HK_F32, values, 3), HK_EFORMAT, "expected 3 of float32");
    assert_has_three(results, "w/b");
    assert_has_three(others, "w/a");
    hk_results_discard(others);
    hk_results_discard(results);
}

static void files_that_cannot_be_opened_are_named(void **state)
{
    static const hk_results_mode modes[] = { HK_RESULTS_READ, HK_RESULTS_ADD };
    (void)state;
    hk_results *results;
    write_file(scratch_path("text.h5"), "no HDF5 at all, but long enough to look at\n", 43);
    write_file(scratch_path("nothing.h5"), "", 0);
    for (size_t k = 0; k < N_OF(modes); k++) {
        assert_gives(hk_results_open(ctx, scratch_path("nowhere.h5"), modes[k], &results), HK_EIO, "nowhere.h5");
        assert_null(results);
        assert_gives(hk_results_open(ctx, scratch_path("text.h5"), modes[k], &results), HK_EFORMAT, "text.h5");
        assert_gives(hk_results_open(ctx, scratch_path("nothing.h5"), modes[k], &results), HK_EFORMAT,
                     "nothing.h5: the file is empty");
    }
    assert_gives(hk_results_open(ctx, "/proc/nowhere/x.h5", HK_RESULTS_CREATE, &results), HK_EIO, "/proc/nowhere");
    assert_gives(hk_results_open(ctx, scratch_path("text.h5"), (hk_results_mode)9, &results), HK_ERANGE, "mode");
}

static void h5py_reads_what_we_put(void **state)
{
    (void)state;
    if (!python_has("h5py"))
        skip();
    hk_results *results = opened("ours.h5", HK_RESULTS_CREATE);
    hk_array array = row(three, 3);
    array.unit = "mV";
    array.description = "three numbers";
    assert_ok(hk_results_put(results, "deep/er/a", &array));
    assert_ok(hk_results_put_text(results, "deep", "note", "a text"));
    assert_ok(hk_results_put_number(results, "", "x", 2.385));
    assert_ok(hk_results_close(results));
    with_h5py("f = h.File('ours.h5')\n"
              "a = f['deep/er/a']\n"
              "assert a.dtype == '<f8' and a[:].tolist() == [2.385, -0.25, 7e300]\n"
              "assert a.attrs['units'] == 'mV' and a.attrs['description'] == 'three numbers'\n"
              "assert f['deep'].attrs['note'] == 'a text' and f.attrs['x'] == 2.385\n");
}

static void files_of_others_are_read_as_far_as_they_are_numbers(void **state)
{
    (void)state;
    if (!python_has("h5py"))
        skip();
    with_h5py("f = h.File('theirs.h5', 'w')\n"
              "f['big'] = n.arange(3, dtype='>f8')\n"
              "f['four'] = n.zeros((2, 2, 2, 2))\n"
              "f['scalar'] = 7.0\n"
              "f['text'] = 'hello'\n"
              "f['pairs'] = n.zeros(3, dtype=[('a', 'f8'), ('b', 'i4')])\n"
              "f.create_dataset('packed', data=n.arange(100000.), compression='gzip', chunks=(1000,))\n"
              "f['soft'] = h.SoftLink('/packed')\n"
              "f['outside'] = h.ExternalLink('/etc/hosts', '/x')\n"
              "f['dangling'] = h.SoftLink('/nowhere')\n"
              "f['type'] = n.dtype('f8')\n"
              "s = f.attrs\n"
              "s['many'] = n.arange(17.)\n"
              "s['some'] = n.array([2.385, -1.0])\n"
              "s['signed'] = n.array([-7, 8], dtype='i2')\n"
              "s['natural'] = n.uint64(18446744073709551615)\n"
              "s['fixed'] = n.bytes_('fixed text')\n"
              "s['texts'] = ['a', 'b']\n"
              "s['choice'] = n.bool_(True)\n"
              "s['pair'] = n.zeros((), dtype=[('a', 'f8')])\n"
              "s['nothing'] = h.Empty('f8')\n"
              "t = h.h5t.C_S1.copy(); t.set_size(9); t.set_strpad(h.h5t.STR_SPACEPAD)\n"
              "a = h.h5a.create(f.id, b'padded', t, h.h5s.create(h.h5s.SCALAR))\n"
              "a.write(n.array(b'ab c     ', dtype='S9'), mtype=t)\n");
    hk_results *results = opened("theirs.h5", HK_RESULTS_READ);
    static const char *const others[] = { "big", "four", "scalar", "text", "pairs" };
    for (size_t k = 0; k < N_OF(others); k++) {
        assert_non_null(hk_results_find(results, others[k]));
        assert_int_equal(hk_results_find(results, others[k])->type, HK_N_TYPES);
    }
    static const char *const absent[] = { "soft", "outside", "dangling", "type" };
    for (size_t k = 0; k < N_OF(absent); k++)
        assert_null(hk_results_find(results, absent[k]));
    double *values = malloc(100000 * sizeof *values);
    assert_non_null(values);
    assert_ok(hk_results_get(results, "packed", HK_F64, values, 100000));
    assert_true(values[0] == 0.0 && values[99999] == 99999.0);
    free(values);
    static const char *const texts[][2] = {
        { "many", "?" },           { "some", "2.3849999999999998, -1" },
        { "signed", "-7, 8" },     { "natural", "18446744073709551615" },
        { "fixed", "fixed text" }, { "texts", "?" },
        { "choice", "TRUE" },      { "pair", "?" },
        { "padded", "ab c" },
    };
    hk_attribute *attributes;
    size_t n;
    assert_ok(hk_results_attributes(results, "", &attributes, &n));
    for (size_t k = 0; k < N_OF(texts); k++)
        assert_string_equal(attribute(attributes, n, texts[k][0]), texts[k][1]);
    hk_attributes_free(attributes, n);
    assert_ok(hk_results_close(results));
}

static void hostile_files_are_refused(void **state)
{
    static const char *const files[][2] = {
        { "circle.h5", "nested more than 16" },
        { "claims.h5", "more values than a file of this size" },
        { "long.h5", "name that is too long" },
    };
    (void)state;
    if (!python_has("h5py"))
        skip();
    with_h5py("f = h.File('circle.h5', 'w')\n"
              "g = f.create_group('g')\n"
              "g['round'] = g\n"
              "f = h.File('claims.h5', 'w')\n"
              "f.create_dataset('d', shape=(1 << 40, 1 << 20), dtype='f8', chunks=(1024, 1))\n"
              "f = h.File('long.h5', 'w')\n"
              "f['x' * 5000] = n.zeros(3)\n");
    hk_results *results;
    for (size_t k = 0; k < N_OF(files); k++) {
        assert_gives(hk_results_open(ctx, scratch_path(files[k][0]), HK_RESULTS_READ, &results), HK_EFORMAT,
                     files[k][1]);
        assert_null(results);
    }
}

static void a_truncated_file_is_refused(void **state)
{
    (void)state;
    hk_results *results = opened("whole.h5", HK_RESULTS_CREATE);
    hk_array array = row(three, 3);
    assert_ok(hk_results_put(results, "group/a", &array));
    assert_ok(hk_results_put_text(results, "group", "note", "text"));
    assert_ok(hk_results_close(results));
    size_t n;
    unsigned char *bytes = file_bytes(scratch_path("whole.h5"), &n);
    for (size_t cut = 0; cut < n; cut += 1 + cut % 13) {
        write_file(scratch_path("cut.h5"), bytes, cut);
        assert_status(hk_results_open(ctx, scratch_path("cut.h5"), HK_RESULTS_READ, &results), HK_EFORMAT);
    }
    free(bytes);
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
        cmocka_unit_test(arrays_of_every_type_come_back_to_the_bit),
        cmocka_unit_test(arrays_without_values_are_arrays_too),
        cmocka_unit_test(adding_keeps_what_was_there_and_replaces_what_is_put_again),
        cmocka_unit_test(until_it_is_closed_a_file_is_as_it_was),
        cmocka_unit_test(what_cannot_be_put_is_refused_and_the_rest_goes_on),
        cmocka_unit_test(after_a_put_that_failed_nothing_is_added),
        cmocka_unit_test(an_array_can_be_overridden_for_one_reader_and_stays_as_it_is_in_the_file),
        cmocka_unit_test(files_that_cannot_be_opened_are_named),
        cmocka_unit_test(h5py_reads_what_we_put),
        cmocka_unit_test(files_of_others_are_read_as_far_as_they_are_numbers),
        cmocka_unit_test(hostile_files_are_refused),
        cmocka_unit_test(a_truncated_file_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
