/* tests/test_archive.c - checkpoints: round trips, atomic replacement, damaged and hostile files. */
#include "tests/hk_scratch.h"

#include "sim/archive.h"
#include "sim/archive_index.h"
#include "sim/rng.h"
#include "sim/version.h"

#include <signal.h>
#include <sys/resource.h>

typedef struct contents { /* one value of each kind that a checkpoint has */
    uint8_t u8[3];
    uint16_t u16[5];
    uint32_t u32[7];
    uint64_t u64[2];
    int64_t i64[3];
    float f32[5];
    double f64[1000];
    int32_t i32[2];
} contents;

static contents sample(void)
{
    contents c = { .u8 = { 0, 17, 255 },
                   .u16 = { 1, 65535, 2, 3, 4711 },
                   .u32 = { 4294967295u, 0, 5, 6, 7, 8, 9 },
                   .u64 = { 18446744073709551615u, 81 },
                   .i64 = { INT64_MIN, -1, INT64_MAX },
                   .f32 = { -0.0f, 1.5e-45f, INFINITY, 3.4e38f, -2.385f },
                   .i32 = { INT32_MIN, 2147483647 } };
    for (size_t i = 0; i < N_OF(c.f64); i++)
        c.f64[i] = sin((double)i * 1.37) * pow(10.0, (double)(i % 300) - 150.0);
    return c;
}

/* The one description for both directions, as components write theirs. */
static int describe(hk_archive *archive, contents *c)
{
    int rc = hk_archive_expect(archive, "model", "lif_exp");
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "nothing", "");
    if (rc == HK_OK)
        rc = hk_archive_enter(archive, "populations");
    if (rc == HK_OK)
        rc = hk_archive_enter(archive, "e");
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "u8", HK_U8, c->u8, N_OF(c->u8));
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "u16", HK_U16, c->u16, N_OF(c->u16));
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "u32", HK_U32, c->u32, N_OF(c->u32));
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "u64", HK_U64, c->u64, N_OF(c->u64));
    if (rc != HK_OK)
        return rc;
    hk_archive_leave(archive);
    rc = hk_archive_array(archive, "i64", HK_I64, c->i64, N_OF(c->i64));
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "f32", HK_F32, c->f32, N_OF(c->f32));
    if (rc != HK_OK)
        return rc;
    hk_archive_leave(archive);
    rc = hk_archive_array(archive, "f64", HK_F64, c->f64, N_OF(c->f64));
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "i32", HK_I32, c->i32, N_OF(c->i32));
    return rc == HK_OK ? hk_archive_array(archive, "empty", HK_F32, NULL, 0) : rc;
}

static void save_to(hk_ctx *ctx, const char *path, contents *c)
{
    hk_archive *archive;
    assert_ok(hk_archive_create(ctx, path, &archive));
    assert_false(hk_archive_is_loading(archive));
    assert_ptr_equal(hk_archive_ctx(archive), ctx);
    assert_ok(describe(archive, c));
    assert_ok(hk_archive_commit(archive));
    hk_archive_destroy(archive);
}

static int load_from(hk_ctx *ctx, const char *path, contents *c)
{
    hk_archive *archive;
    int rc = hk_archive_open(ctx, path, &archive);
    if (rc != HK_OK)
        return rc;
    rc = describe(archive, c);
    if (rc == HK_OK)
        rc = hk_archive_commit(archive);
    hk_archive_destroy(archive);
    return rc;
}

static void assert_says(hk_ctx *ctx, const char *words)
{
    if (strstr(hk_ctx_message(ctx), words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", hk_ctx_message(ctx), words);
}

static void every_type_comes_back_to_the_last_bit(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("types.h5");
    contents saved = sample(), loaded;
    save_to(ctx, path, &saved);
    memset(&loaded, 0x5a, sizeof loaded);
    assert_ok(load_from(ctx, path, &loaded));
    assert_memory_equal(saved.u8, loaded.u8, sizeof saved.u8);
    assert_memory_equal(saved.u16, loaded.u16, sizeof saved.u16);
    assert_memory_equal(saved.u32, loaded.u32, sizeof saved.u32);
    assert_memory_equal(saved.u64, loaded.u64, sizeof saved.u64);
    assert_memory_equal(saved.i64, loaded.i64, sizeof saved.i64);
    assert_memory_equal(saved.f32, loaded.f32, sizeof saved.f32);
    assert_memory_equal(saved.f64, loaded.f64, sizeof saved.f64);
    assert_memory_equal(saved.i32, loaded.i32, sizeof saved.i32);
    assert_int_equal(count_files(".part"), 0);
}

static void the_file_says_which_hillock_wrote_it(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("program.h5");
    contents c = sample();
    save_to(ctx, path, &c);
    hk_archive *archive;
    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_non_null(strstr(hk_archive_program(archive), hk_version()));
    assert_true(hk_archive_is_loading(archive));
    hk_archive_destroy(archive);
}

static void lengths_are_known_before_loading(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("lengths.h5");
    contents c = sample();
    save_to(ctx, path, &c);
    hk_archive *archive;
    size_t n;
    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_ok(hk_archive_length(archive, "f64", HK_F64, &n));
    assert_int_equal(n, 1000);
    assert_ok(hk_archive_length(archive, "empty", HK_F32, &n));
    assert_int_equal(n, 0);
    assert_ok(hk_archive_enter(archive, "populations"));
    assert_ok(hk_archive_length(archive, "i64", HK_I64, &n));
    assert_int_equal(n, 3);
    hk_archive_leave(archive);
    hk_archive_destroy(archive);
}

static void what_does_not_fit_is_refused_by_name(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("misfit.h5");
    contents c = sample();
    save_to(ctx, path, &c);
    hk_archive *archive;
    double values[1001];
    size_t n;

    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_status(hk_archive_array(archive, "f64", HK_F64, values, 1001), HK_EFORMAT);
    assert_says(ctx, "f64 has 1000 values, expected 1001");
    /* and so is everything after it: a component that goes on must not get half a state */
    assert_status(hk_archive_array(archive, "f64", HK_F64, values, 1000), HK_EFORMAT);
    assert_status(hk_archive_commit(archive), HK_EFORMAT);
    hk_archive_destroy(archive);

    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_status(hk_archive_array(archive, "f64", HK_U64, values, 1000), HK_EFORMAT);
    assert_says(ctx, "f64 is float64, expected uint64");
    hk_archive_destroy(archive);

    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_status(hk_archive_length(archive, "populations", HK_F64, &n), HK_EFORMAT);
    assert_says(ctx, "populations is group, expected float64");
    hk_archive_destroy(archive);

    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_status(hk_archive_expect(archive, "model", "lif"), HK_EFORMAT);
    assert_says(ctx, "\"lif_exp\", expected \"lif\"");
    hk_archive_destroy(archive);

    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_status(hk_archive_enter(archive, "projections"), HK_EFORMAT);
    assert_says(ctx, "projections");
    hk_archive_destroy(archive);

    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_status(hk_archive_array(archive, "u8", HK_U8, values, 3), HK_EFORMAT); /* it is inside a group */
    hk_archive_destroy(archive);
}

static void names_that_are_no_names_are_refused(void **state)
{
    hk_ctx *ctx = *state;
    static const char *const bad[] = { "", "a/b", "/", "." };
    uint8_t value = 1;
    char longest[257];
    memset(longest, 'x', 256);
    longest[256] = '\0';
    for (size_t i = 0; i <= N_OF(bad); i++) {
        const char *name = i < N_OF(bad) ? bad[i] : longest;
        hk_archive *archive;
        assert_ok(hk_archive_create(ctx, scratch_path("names.h5"), &archive));
        assert_status(hk_archive_array(archive, name, HK_U8, &value, 1), HK_ERANGE);
        assert_status(hk_archive_commit(archive), HK_ERANGE);
        hk_archive_destroy(archive);
        assert_ok(hk_archive_create(ctx, scratch_path("names.h5"), &archive));
        assert_status(hk_archive_enter(archive, name), HK_ERANGE);
        hk_archive_destroy(archive);
    }
    assert_int_equal(count_files("names.h5"), 0);
}

static void calls_out_of_order_are_refused(void **state)
{
    hk_ctx *ctx = *state;
    hk_archive *archive;
    uint8_t value = 1;
    size_t n;
    assert_ok(hk_archive_create(ctx, scratch_path("order.h5"), &archive));
    assert_ok(hk_archive_array(archive, "a", HK_U8, &value, 1));
    assert_status(hk_archive_array(archive, "a", HK_U8, &value, 1), HK_ESTATE);
    hk_archive_destroy(archive);

    assert_ok(hk_archive_create(ctx, scratch_path("order.h5"), &archive));
    assert_status(hk_archive_length(archive, "a", HK_U8, &n), HK_ESTATE);
    hk_archive_destroy(archive);

    assert_ok(hk_archive_create(ctx, scratch_path("order.h5"), &archive));
    assert_ok(hk_archive_enter(archive, "g"));
    assert_status(hk_archive_commit(archive), HK_ESTATE);
    hk_archive_destroy(archive);

    assert_ok(hk_archive_create(ctx, scratch_path("order.h5"), &archive));
    assert_ok(hk_archive_commit(archive));
    assert_status(hk_archive_commit(archive), HK_ESTATE);
    assert_status(hk_archive_array(archive, "a", HK_U8, &value, 1), HK_ESTATE);
    hk_archive_destroy(archive);

    assert_ok(hk_archive_create(ctx, scratch_path("deep.h5"), &archive));
    int rc = HK_OK;
    for (int depth = 0; depth < 64; depth++)
        assert_ok(hk_archive_enter(archive, "g"));
    rc = hk_archive_enter(archive, "g");
    assert_status(rc, HK_ERANGE);
    hk_archive_destroy(archive);
    hk_archive_destroy(NULL);
}

static void a_group_can_be_entered_again(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("again.h5");
    hk_archive *archive;
    uint32_t a = 4711, b = 815;
    for (int loading = 0; loading < 2; loading++) {
        assert_ok(loading ? hk_archive_open(ctx, path, &archive) : hk_archive_create(ctx, path, &archive));
        assert_ok(hk_archive_enter(archive, "rng"));
        assert_ok(hk_archive_array(archive, "a", HK_U32, &a, 1));
        hk_archive_leave(archive);
        assert_ok(hk_archive_enter(archive, "rng"));
        assert_ok(hk_archive_array(archive, "b", HK_U32, &b, 1));
        hk_archive_leave(archive);
        assert_ok(hk_archive_commit(archive));
        hk_archive_destroy(archive);
        assert_int_equal(a + b, 4711 + 815);
        if (!loading)
            a = b = 0;
    }
}

static void without_a_commit_the_old_checkpoint_stays(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("old.h5");
    contents old = sample(), newer = sample(), loaded;
    save_to(ctx, path, &old);
    newer.f64[3] = 2.385;
    hk_archive *archive;
    assert_ok(hk_archive_create(ctx, path, &archive));
    assert_ok(describe(archive, &newer));
    assert_int_equal(count_files(".part"), 1);
    hk_archive_destroy(archive);
    assert_int_equal(count_files(".part"), 0);
    assert_ok(load_from(ctx, path, &loaded));
    assert_memory_equal(loaded.f64, old.f64, sizeof old.f64);
    save_to(ctx, path, &newer);
    assert_ok(load_from(ctx, path, &loaded));
    assert_true(loaded.f64[3] == 2.385);
}

/* A child replaces the checkpoint as fast as it can, with ever higher values, until it is killed. */
static void replace_for_ever(const char *path)
{
    hk_ctx *ctx = hk_ctx_create();
    for (uint64_t round = 1;; round++) {
        static uint64_t values[50000];
        for (size_t i = 0; i < N_OF(values); i++)
            values[i] = round;
        hk_archive *archive;
        if (hk_archive_create(ctx, path, &archive) != HK_OK ||
            hk_archive_array(archive, "round", HK_U64, values, N_OF(values)) != HK_OK ||
            hk_archive_array(archive, "again", HK_U64, values, N_OF(values)) != HK_OK ||
            hk_archive_commit(archive) != HK_OK)
            _exit(3);
        hk_archive_destroy(archive);
    }
}

static void killed_at_any_moment_it_is_the_old_one_or_the_new_one(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("killed.h5");
    hk_stream stream = hk_stream_open(31, HK_PURPOSE_TEST, 0, 0);
    static uint64_t values[50000], again[50000];
    int n_read = 0;
    for (int round = 0; round < 30; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            replace_for_ever(path);
        sleep_ms(hk_stream_uniform(&stream) * 30.0);
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        if (!file_exists(path))
            continue; /* killed before the first one */
        hk_archive *archive;
        assert_ok(hk_archive_open(ctx, path, &archive));
        assert_ok(hk_archive_array(archive, "round", HK_U64, values, N_OF(values)));
        assert_ok(hk_archive_array(archive, "again", HK_U64, again, N_OF(again)));
        hk_archive_destroy(archive);
        for (size_t i = 0; i < N_OF(values); i++)
            assert_true(values[i] == values[0] && again[i] == values[0]);
        n_read++;
    }
    assert_true(n_read > 0);
}

static void a_full_disk_is_an_error_and_the_old_checkpoint_stays(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("full.h5");
    contents old = sample(), loaded;
    save_to(ctx, path, &old);
    pid_t child = fork();
    if (child == 0) { /* a limit on the size of files stands in for a full disk */
        static double big[100000];
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 100000, 100000 });
        hk_archive *archive;
        if (hk_archive_create(ctx, path, &archive) != HK_OK)
            _exit(3);
        int rc = hk_archive_array(archive, "big", HK_F64, big, N_OF(big));
        int said = strstr(hk_ctx_message(ctx), "File too large") != NULL && strstr(hk_ctx_message(ctx), "big") != NULL;
        int committed = hk_archive_commit(archive);
        hk_archive_destroy(archive);
        _exit(rc == HK_EIO && said && committed == HK_EIO ? 0 : 4);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(count_files("full.h5."), 0);
    assert_ok(load_from(ctx, path, &loaded));
    assert_memory_equal(loaded.f64, old.f64, sizeof old.f64);
}

static void places_where_no_checkpoint_can_be_are_refused(void **state)
{
    hk_ctx *ctx = *state;
    hk_archive *archive;
    assert_status(hk_archive_open(ctx, scratch_path("nowhere.h5"), &archive), HK_EIO);
    assert_null(archive);
    assert_says(ctx, "nowhere.h5");
    assert_status(hk_archive_open(ctx, hk_scratch, &archive), HK_EFORMAT);
    assert_status(hk_archive_create(ctx, scratch_path("no/where.h5"), &archive), HK_EIO);
    assert_null(archive);
    assert_status(hk_archive_create(ctx, "/dev/null", &archive), HK_EIO);
    assert_status(hk_archive_create(ctx, hk_scratch, &archive), HK_EIO);
    mkfifo(scratch_path("pipe"), 0600);
    assert_status(hk_archive_open(ctx, scratch_path("pipe"), &archive), HK_EFORMAT);
}

/* Loading either fails with one of the codes for bad files, or gives the saved values. */
static void load_damaged(hk_ctx *ctx, const char *path, const contents *saved, int *n_loaded)
{
    contents loaded;
    int rc = load_from(ctx, path, &loaded);
    if (rc == HK_OK) {
        assert_memory_equal(loaded.u8, saved->u8, sizeof saved->u8);
        assert_memory_equal(loaded.u64, saved->u64, sizeof saved->u64);
        assert_memory_equal(loaded.f32, saved->f32, sizeof saved->f32);
        assert_memory_equal(loaded.f64, saved->f64, sizeof saved->f64);
        ++*n_loaded;
    } else
        assert_status(rc, HK_EFORMAT);
}

static void a_file_cut_short_anywhere_is_refused(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("whole.h5"), *cut = scratch_path("cut.h5");
    contents saved = sample();
    save_to(ctx, path, &saved);
    size_t n;
    unsigned char *bytes = file_bytes(path, &n);
    int n_loaded = 0;
    for (int k = 0; k < 64; k++) {
        write_file(cut, bytes, n * (size_t)k / 64);
        load_damaged(ctx, cut, &saved, &n_loaded);
    }
    for (size_t less = 1; less <= 64; less++) {
        write_file(cut, bytes, n - less);
        load_damaged(ctx, cut, &saved, &n_loaded);
    }
    unsigned char *longer = calloc(1, n + 1);
    memcpy(longer, bytes, n);
    write_file(cut, longer, n + 1);
    load_damaged(ctx, cut, &saved, &n_loaded);
    assert_int_equal(n_loaded, 0);
    free(longer);
    free(bytes);
}

static void flipped_bits_never_give_wrong_values(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("sound.h5"), *flipped = scratch_path("flipped.h5");
    contents saved = sample();
    save_to(ctx, path, &saved);
    size_t n;
    unsigned char *bytes = file_bytes(path, &n);
    hk_stream stream = hk_stream_open(32, HK_PURPOSE_TEST, 0, 0);
    int n_loaded = 0;
    for (int k = 0; k < 2000; k++) {
        /* every second one into the last kilobyte, where the table of contents is */
        size_t span = k % 2 == 0 ? n : 1024;
        size_t at = n - 1 - (size_t)(hk_stream_uniform(&stream) * (double)span) % span;
        unsigned char bit = (unsigned char)(1u << k % 8);
        bytes[at] ^= bit;
        write_file(flipped, bytes, n);
        load_damaged(ctx, flipped, &saved, &n_loaded);
        bytes[at] ^= bit;
    }
    assert_true(n_loaded > 0); /* HDF5's own structures are not needed for loading */
    assert_true(n_loaded < 1000);
    free(bytes);
}

/* ---- tables of contents made to do harm, with right checksums ---- */

static void write_forged(const char *path, const hk_archive_entry *entries, size_t n)
{
    hk_archive_index index = { .program = strdup("forger") };
    for (size_t i = 0; i < n; i++)
        assert_ok(hk_archive_index_add(&index, &entries[i]));
    unsigned char *table;
    size_t size;
    static const unsigned char body[64];
    assert_ok(hk_archive_index_encode(&index, sizeof body, &table, &size));
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(body, 1, sizeof body, file), sizeof body);
    assert_int_equal(fwrite(table, 1, size, file), size);
    fclose(file);
    free(table);
    hk_archive_index_fini(&index);
}

static void forged_sizes_and_places_are_refused(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("forged.h5");
    hk_archive *archive;
    hk_archive_entry forged[] = {
        { .path = "a", .kind = HK_F64, .n = 9 },                            /* behind the arrays */
        { .path = "a", .kind = HK_F64, .n = UINT64_MAX / 8 + 2 },           /* n * 8 overflows to 8 */
        { .path = "a", .kind = HK_U8, .n = UINT64_MAX },                    /* -1 */
        { .path = "a", .kind = HK_U8, .n = 16, .address = UINT64_MAX - 7 }, /* the sum overflows */
        { .path = "a", .kind = HK_ENTRY_TEXT, .n = (uint64_t)1 << 40 },     /* a terabyte of text */
        { .path = "a", .kind = HK_N_TYPES, .n = 1 },                        /* no such kind */
        { .path = "a", .kind = 255, .n = 1 },
        { .path = "a", .kind = HK_ENTRY_GROUP, .n = 1, .address = 65 },
    };
    for (size_t i = 0; i < N_OF(forged); i++) {
        write_forged(path, &forged[i], 1);
        assert_status(hk_archive_open(ctx, path, &archive), HK_EFORMAT);
        assert_null(archive);
    }
    /* the same with a sound entry is opened, so it was the entry that was refused */
    uint64_t values[8];
    write_forged(path, &(hk_archive_entry){ .path = "a", .kind = HK_F64, .n = 8, .crc = 0x758d6336 }, 1);
    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_ok(hk_archive_array(archive, "a", HK_F64, values, 8)); /* 64 zeros, and their CRC-32 */
    assert_true(values[7] == 0);
    hk_archive_destroy(archive);
    write_forged(path, &(hk_archive_entry){ .path = "a", .kind = HK_F64, .n = 8, .crc = 0x758d6337 }, 1);
    assert_ok(hk_archive_open(ctx, path, &archive));
    assert_status(hk_archive_array(archive, "a", HK_F64, values, 8), HK_EFORMAT);
    assert_says(ctx, "checksum");
    hk_archive_destroy(archive);
}

static void hdf5_tools_read_the_same_values(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("tools.h5");
    contents c = sample();
    save_to(ctx, path, &c);
    if (!python_has("h5py, numpy, zlib"))
        skip();
    char out[1024];
    char script[] =
        "import sys, h5py, zlib\n"
        "f = h5py.File(sys.argv[1], 'r')\n"
        "bad = []\n"
        "def check(name, d):\n"
        "    if isinstance(d, h5py.Dataset) and d.shape and zlib.crc32(d[:].tobytes()) != d.attrs['crc32']:\n"
        "        bad.append(name)\n"
        "f.visititems(check)\n"
        "print(f['i64' if 'i64' in f else 'populations/i64'][:].tolist(), f['model'][()], f['empty'].shape, bad)\n";
    assert_int_equal(run_program((char *[]){ HK_PYTHON, "-c", script, (char *)(uintptr_t)path, NULL }, out, sizeof out),
                     0);
    assert_string_equal(out, "[-9223372036854775808, -1, 9223372036854775807] b'lif_exp' (0,) []\n");
}

static int setup(void **state)
{
    *state = hk_ctx_create();
    return *state == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    hk_ctx_destroy(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_type_comes_back_to_the_last_bit),
        TEST(the_file_says_which_hillock_wrote_it),
        TEST(lengths_are_known_before_loading),
        TEST(what_does_not_fit_is_refused_by_name),
        TEST(names_that_are_no_names_are_refused),
        TEST(calls_out_of_order_are_refused),
        TEST(a_group_can_be_entered_again),
        TEST(without_a_commit_the_old_checkpoint_stays),
        TEST(killed_at_any_moment_it_is_the_old_one_or_the_new_one),
        TEST(a_full_disk_is_an_error_and_the_old_checkpoint_stays),
        TEST(places_where_no_checkpoint_can_be_are_refused),
        TEST(a_file_cut_short_anywhere_is_refused),
        TEST(flipped_bits_never_give_wrong_values),
        TEST(forged_sizes_and_places_are_refused),
        TEST(hdf5_tools_read_the_same_values),
    };
    return cmocka_run_group_tests_name("archive", tests, hk_scratch_setup, hk_scratch_teardown);
}
