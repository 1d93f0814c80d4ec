/* tests/test_recorder.c - rasters: what is written, what is refused, and when it can be read. After a kill or a full disk:
 * test_recorder_reopened.c. */
#include "tests/recorder_rig.h"

#include "sim/archive.h"
#include "sim/h5.h"

#include <hdf5.h>
#include <pthread.h>
#include <zlib.h>

/* ---- what is written ---- */

static void a_raster_is_read_back_to_the_last_bit(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("raster.h5");
    hk_recorder *recorder = started(ctx, path, 0.01, 4);
    /* batches around the size of the queue (100000 bytes), of a chunk (16384 spikes), of nothing, and of one */
    static const size_t batches[] = { 1, 16383, 2, 0, 3, 16384, 70000, 1, 8333, 4166, 4165, 40001, 5 };
    for (size_t i = 0; i < N_OF(batches); i++) {
        write_true(recorder, 0, batches[i]);
        write_true(recorder, 1, batches[i] % 11);
        write_true(recorder, 2, batches[N_OF(batches) - 1 - i] / 2);
    }
    const uint64_t n = hk_recorder_count(recorder, 0);
    assert_ok(hk_recorder_close(recorder));
    assert_true(assert_prefix(ctx, path, 4) == n);
    assert_int_equal(count_files("raster.h5."), 0);
}

/* A SONATA file of three spikes of population "cells", as others might write it. */
static void write_foreign(const char *path, const int64_t ids[3])
{
    const double times[3] = { 0.5, 1.0, 2.5 };
    const hsize_t n = 3;
    hk_h5_guard guard = hk_h5_lock();
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(1, &n, NULL);
    hid_t spikes = H5Gcreate2(file, "spikes", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t cells = H5Gcreate2(spikes, "cells", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t of_times = H5Dcreate2(cells, "timestamps", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t of_ids = H5Dcreate2(cells, "node_ids", H5T_STD_I16LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bool is_written = H5Dwrite(of_times, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, times) >= 0 &&
                      H5Dwrite(of_ids, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, ids) >= 0;
    H5Dclose(of_ids);
    H5Dclose(of_times);
    H5Gclose(cells);
    H5Gclose(spikes);
    H5Sclose(space);
    is_written = H5Fclose(file) >= 0 && is_written;
    hk_h5_unlock(guard);
    assert_true(is_written);
}

static void negative_neurons_of_others_are_refused(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("foreign.h5");
    hk_raster *raster;
    uint64_t ids[3];
    write_foreign(path, (const int64_t[]){ 7, 0, 32767 });
    assert_ok(hk_raster_open(ctx, path, &raster));
    assert_ok(hk_raster_read(raster, 0, 0, 3, NULL, ids));
    assert_true(ids[0] == 7 && ids[1] == 0 && ids[2] == 32767);
    hk_raster_close(raster);
    write_foreign(path, (const int64_t[]){ 7, 0, -12 });
    assert_ok(hk_raster_open(ctx, path, &raster));
    assert_ok(hk_raster_read(raster, 0, 0, 2, NULL, ids));
    assert_status(hk_raster_read(raster, 0, 1, 2, NULL, ids), HK_EFORMAT);
    assert_says(ctx, "population cells: node_ids of spike 2 is -12, must be at least 0");
    hk_raster_close(raster);
}

static void parts_of_a_raster_can_be_read(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("parts.h5");
    hk_recorder *recorder = started(ctx, path, 10.0, 2);
    write_true(recorder, 1, 40000);
    assert_ok(hk_recorder_close(recorder));
    hk_raster *raster;
    size_t index;
    double time_ms;
    uint64_t id;
    assert_ok(hk_raster_open(ctx, path, &raster));
    assert_ok(hk_raster_find(raster, "i", &index));
    assert_string_equal(hk_raster_name(raster, index), "i");
    assert_true(hk_raster_count(raster, index) == 40000);
    assert_ok(hk_raster_read(raster, index, 39999, 1, &time_ms, NULL));
    assert_ok(hk_raster_read(raster, index, 39999, 1, NULL, &id));
    assert_true(time_ms == true_time_ms(1, 39999) && id == true_id(1, 39999));
    assert_ok(hk_raster_read(raster, index, 40000, 0, &time_ms, &id));
    assert_status(hk_raster_read(raster, index, 39999, 2, &time_ms, &id), HK_ERANGE);
    assert_status(hk_raster_read(raster, index, UINT64_MAX, 2, &time_ms, &id), HK_ERANGE);
    assert_status(hk_raster_find(raster, "inhibitory", &index), HK_ENAME);
    assert_says(ctx, "e, i");
    size_t n;
    const hk_attribute *attributes = hk_raster_attributes(raster, &n);
    assert_int_equal(n, 3); /* magic, seed, version */
    assert_string_equal(attributes[0].name, "magic");
    assert_string_equal(attributes[0].text, "2682");
    assert_string_equal(attributes[1].text, "18446744073709551615");
    assert_string_equal(attributes[2].text, "0, 1");
    hk_raster_close(raster);
    hk_raster_close(NULL);
}

static void the_file_is_as_sonata_wants_it(void **state)
{
    hk_ctx *ctx = *state;
    if (!python_has("h5py, numpy"))
        skip();
    const char *path = scratch_path("sonata.h5");
    hk_recorder *recorder = started(ctx, path, 10.0, 2);
    write_true(recorder, 0, 3);
    assert_ok(hk_recorder_close(recorder));
    char out[2048];
    char *command[] = { HK_PYTHON, "tests/h5py_reader.py", "attributes", (char *)(uintptr_t)path, NULL };
    assert_int_equal(run_program(command, out, sizeof out), 0);
    assert_string_equal(out, "magic uint32 2682\n"
                             "version uint32 [0, 1]\n"
                             "e sorting 2 int8 [('by_id', 1), ('by_time', 2), ('none', 0)]\n"
                             "e units str ms\n"
                             "e float64 uint64 (3,)\n"
                             "i sorting 2 int8 [('by_id', 1), ('by_time', 2), ('none', 0)]\n"
                             "i units str ms\n"
                             "i float64 uint64 (0,)\n"
                             "seed 18446744073709551615\n");
}

/* ---- what is refused ---- */

static void times_that_decrease_are_refused_and_nothing_is_taken(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("times.h5");
    hk_recorder *recorder = started(ctx, path, 10.0, 2);
    write_true(recorder, 0, 100);
    static const uint32_t ids[3] = { 1, 2, 3 };
    const double last = true_time_ms(0, 99);
    const double bad[][3] = {
        { last, last + 1.0, last + 0.5 }, { last - 1e-9, last, last }, { last, NAN, last }, { NAN, last, last },
        { last, last, INFINITY },         { -INFINITY, last, last }
    };
    for (size_t i = 0; i < N_OF(bad); i++) {
        assert_status(hk_recorder_write(recorder, 0, 3, bad[i], ids), HK_ERANGE);
        assert_true(hk_recorder_count(recorder, 0) == 100);
    }
    assert_status(hk_recorder_write(recorder, 2, 1, bad[0], ids), HK_ERANGE);
    write_true(recorder, 1, 1); /* the other population has its own order */
    write_true(recorder, 0, 1);
    assert_ok(hk_recorder_close(recorder));
    assert_true(assert_prefix(ctx, path, 2) == 101);
}

static void names_and_configurations_are_checked(void **state)
{
    hk_ctx *ctx = *state;
    hk_recorder *recorder;
    uint32_t index;
    const char *path = scratch_path("checked.h5");
    const hk_recorder_config bad[] = { { .path = "", .queue_bytes = 1, .flush_interval_s = 1.0 },
                                       { .path = path, .queue_bytes = 0, .flush_interval_s = 1.0 },
                                       { .path = path, .queue_bytes = 1, .flush_interval_s = 0.0 },
                                       { .path = path, .queue_bytes = 1, .flush_interval_s = -2.5 },
                                       { .path = path, .queue_bytes = 1, .flush_interval_s = NAN } };
    for (size_t i = 0; i < N_OF(bad); i++) {
        assert_status(hk_recorder_create(ctx, &bad[i], &recorder), HK_ERANGE);
        assert_null(recorder);
    }
    assert_ok(hk_recorder_create(ctx, &(hk_recorder_config){ .path = path, .queue_bytes = 1, .flush_interval_s = 1.0 },
                                 &recorder));
    static const char *const bad_names[] = { "", "a/b", "/", "." };
    for (size_t i = 0; i < N_OF(bad_names); i++)
        assert_status(hk_recorder_add_population(recorder, bad_names[i], 0, &index), HK_ERANGE);
    assert_ok(hk_recorder_add_population(recorder, "e", 0, &index));
    assert_status(hk_recorder_add_population(recorder, "e", 0, &index), HK_ERANGE);
    assert_says(ctx, "\"e\" is taken");
    assert_status(hk_recorder_add_population(recorder, "i", 1, &index), HK_ERANGE); /* a new file has none to keep */
    assert_status(hk_recorder_write(recorder, 0, 1, &(double){ 1.0 }, &(uint32_t){ 1 }), HK_ESTATE);
    assert_status(hk_recorder_sync(recorder), HK_ESTATE);
    assert_ok(hk_recorder_start(recorder));
    assert_status(hk_recorder_start(recorder), HK_ESTATE);
    assert_status(hk_recorder_add_population(recorder, "i", 0, &index), HK_ESTATE);
    assert_status(hk_recorder_set_attribute(recorder, "seed", "7"), HK_ESTATE);
    assert_ok(hk_recorder_close(recorder));
    assert_true(assert_prefix(ctx, path, 1) == 0);
    assert_ok(hk_recorder_close(NULL));
}

static void places_where_no_file_can_be_are_refused_by_name(void **state)
{
    hk_ctx *ctx = *state;
    hk_recorder *recorder;
    hk_raster *raster;
    hk_recorder_config cfg = { .path = scratch_path("no/where.h5"), .queue_bytes = 1, .flush_interval_s = 1.0 };
    assert_status(hk_recorder_create(ctx, &cfg, &recorder), HK_EIO);
    assert_says(ctx, "no/where.h5");
    assert_says(ctx, "No such file or directory");
    cfg.path = "/dev/full";
    assert_status(hk_recorder_create(ctx, &cfg, &recorder), HK_EIO);
    cfg.path = scratch_path("missing.h5");
    assert_status(hk_recorder_reopen(ctx, &cfg, &recorder), HK_EIO);
    assert_status(hk_raster_open(ctx, cfg.path, &raster), HK_EIO);
    assert_null(raster);
    assert_status(hk_raster_open(ctx, hk_scratch, &raster), HK_EFORMAT);
    cfg.path = scratch_path("text.h5");
    write_file(cfg.path, "no HDF5 at all", 14);
    assert_status(hk_recorder_reopen(ctx, &cfg, &recorder), HK_EFORMAT);
    assert_status(hk_raster_open(ctx, cfg.path, &raster), HK_EFORMAT);
    hk_archive *archive; /* HDF5, but no spikes in it */
    cfg.path = scratch_path("archive.h5");
    assert_ok(hk_archive_create(ctx, cfg.path, &archive));
    assert_ok(hk_archive_commit(archive));
    hk_archive_destroy(archive);
    assert_status(hk_recorder_reopen(ctx, &cfg, &recorder), HK_EFORMAT);
    assert_status(hk_raster_open(ctx, cfg.path, &raster), HK_EFORMAT);
    assert_says(ctx, "/spikes");
}

static void a_file_that_is_being_written_is_not_written_twice(void **state)
{
    hk_ctx *ctx = *state, *other = hk_ctx_create();
    const char *path = scratch_path("twice.h5");
    hk_recorder *recorder = started(ctx, path, 0.01, 1), *second;
    hk_recorder_config cfg = { .path = path, .queue_bytes = 1, .flush_interval_s = 1.0 };
    assert_status(hk_recorder_create(other, &cfg, &second), HK_EIO);
    assert_says(other, "another program");
    assert_status(hk_recorder_reopen(other, &cfg, &second), HK_EIO);
    write_true(recorder, 0, 1234);
    assert_ok(hk_recorder_close(recorder));
    assert_true(assert_prefix(ctx, path, 1) == 1234);
    hk_ctx_destroy(other);
}

static void a_new_file_gets_its_name_at_start(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("named.h5");
    hk_recorder *recorder = started(ctx, path, 10.0, 1);
    write_true(recorder, 0, 77);
    assert_ok(hk_recorder_close(recorder));
    hk_recorder_config cfg = { .path = path, .queue_bytes = 1, .flush_interval_s = 1.0 };
    uint32_t index;
    assert_ok(hk_recorder_create(ctx, &cfg, &recorder));
    assert_ok(hk_recorder_add_population(recorder, names[0], 0, &index));
    assert_true(assert_prefix(ctx, path, 1) == 77);
    assert_ok(hk_recorder_start(recorder));
    assert_true(assert_prefix(ctx, path, 1) == 0);
    assert_ok(hk_recorder_close(recorder));
    /* without a start, nothing happens */
    assert_ok(hk_recorder_create(ctx, &cfg, &recorder));
    assert_ok(hk_recorder_add_population(recorder, names[0], 0, &index));
    assert_ok(hk_recorder_add_population(recorder, names[1], 0, &index));
    assert_int_equal(count_files("named.h5."), 1);
    assert_ok(hk_recorder_close(recorder));
    assert_true(assert_prefix(ctx, path, 1) == 0);
    assert_int_equal(count_files("named.h5."), 0);
}

/* ---- reading while it is written ---- */

static void after_a_sync_all_is_readable(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("sync.h5");
    hk_recorder *recorder = started(ctx, path, 1e6, 2);
    for (uint64_t n = 1; n < 100000; n = n * 3 + 1) {
        write_true(recorder, 0, (size_t)(n - hk_recorder_count(recorder, 0)));
        assert_ok(hk_recorder_sync(recorder));
        assert_true(assert_prefix(ctx, path, 2) == n);
    }
    assert_ok(hk_recorder_close(recorder));
}

static void it_can_be_read_while_it_is_written(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("live.h5");
    pid_t child = fork_recording(path, 0.003, 37, 1.0);
    uint64_t n = 0;
    for (int i = 0; i < 40; i++)
        n = wait_for_spikes(ctx, path, n); /* it grows, and what was there stays */
    kill_and_wait(child);
    assert_true(assert_prefix(ctx, path, 2) >= n);
}

static uint32_t true_crc(uint32_t p, uint64_t n, bool of_ids)
{
    uLong crc = crc32(0, NULL, 0);
    for (uint64_t k = 0; k < n; k++) {
        double time_ms = true_time_ms(p, k);
        uint64_t id = true_id(p, k);
        crc = crc32(crc, of_ids ? (const Bytef *)&id : (const Bytef *)&time_ms, 8);
    }
    return (uint32_t)crc;
}

/* h5py reads prefixes of the truth; returns how much of population 0. */
static uint64_t assert_h5py_reads(const char *path, const char *mode)
{
    char out[4096];
    char *command[] = { HK_PYTHON, "tests/h5py_reader.py", "raster", (char *)(uintptr_t)mode, (char *)(uintptr_t)path,
                        NULL };
    if (run_program(command, out, sizeof out) != 0)
        fail_msg("h5py, %s: %s", mode, out);
    char name[16];
    unsigned long long n_times, n_ids, n_first = 0;
    uint32_t times_crc, ids_crc;
    const char *line = out;
    for (uint32_t p = 0; p < 2; p++) {
        assert_int_equal(sscanf(line, "%15s %llu %llu %u %u", name, &n_times, &n_ids, &times_crc, &ids_crc), 5);
        const unsigned long long n = n_times < n_ids ? n_times : n_ids;
        assert_string_equal(name, names[p]);
        assert_true(times_crc == true_crc(p, n, false));
        assert_true(ids_crc == true_crc(p, n, true));
        line = strchr(line, '\n') + 1;
        n_first = p == 0 ? n : n_first;
    }
    return n_first;
}

static void h5py_reads_it_while_it_is_written_and_after_a_kill(void **state)
{
    hk_ctx *ctx = *state;
    if (!python_has("h5py, numpy"))
        skip();
    const char *path = scratch_path("h5py.h5");
    pid_t child = fork_recording(path, 0.003, 37, 1.0);
    wait_for_spikes(ctx, path, 0);
    uint64_t plain = assert_h5py_reads(path, "plain"), swmr = assert_h5py_reads(path, "swmr");
    assert_true(plain > 0);
    assert_true(swmr > plain);
    char out[256];
    char *command[] = { HK_PYTHON, "tests/h5py_reader.py", "follow", (char *)(uintptr_t)path, "e", NULL };
    assert_int_equal(run_program(command, out, sizeof out), 0);
    unsigned long long n[3];
    assert_int_equal(sscanf(out, "%llu %llu %llu", &n[0], &n[1], &n[2]), 3);
    assert_true(n[0] < n[1] && n[1] < n[2]);
    kill_and_wait(child);
    assert_true(assert_h5py_reads(path, "plain") >= n[2]);
    assert_true(assert_h5py_reads(path, "swmr") >= n[2]);
}

/* h5dump prints spike 11 of population 0 as it should. */
/* It may look at a file between two writes that belong together, and says so: then it is asked again, `n_tries` times in all. */
static void assert_h5dump_reads(const char *path, int n_tries)
{
    char out[4096], expected[64];
    char *command[] = {
        "h5dump", "-d", "/spikes/e/node_ids", "-s", "11", "-c", "2", "-y", (char *)(uintptr_t)path, NULL
    };
    while (run_program(command, out, sizeof out) != 0)
        if (--n_tries == 0)
            fail_msg("h5dump: %s", out);
    snprintf(expected, sizeof expected, "%u, %u", true_id(0, 11), true_id(0, 12));
    if (strstr(out, expected) == NULL)
        fail_msg("h5dump shows not %s but %s", expected, out);
}

static void h5dump_reads_it_while_it_is_written_and_after_a_kill(void **state)
{
    hk_ctx *ctx = *state;
    char out[64];
    if (run_program((char *[]){ "h5dump", "--version", NULL }, out, sizeof out) != 0)
        skip();
    const char *path = scratch_path("h5dump.h5");
    pid_t child = fork_recording(path, 0.003, 37, 1.0);
    wait_for_spikes(ctx, path, 12);
    for (int i = 0; i < 10; i++)
        assert_h5dump_reads(path, 3);
    kill_and_wait(child);
    assert_h5dump_reads(path, 1);
}

/* ---- several at a time ---- */

typedef struct job {
    char path[PATH_MAX];
    uint64_t n;
} job;

static void *record_in_thread(void *user)
{
    const job *j = user;
    hk_ctx *ctx = hk_ctx_create();
    hk_recorder *recorder;
    uint32_t index;
    bool sound = hk_recorder_create(
                     ctx, &(hk_recorder_config){ .path = j->path, .queue_bytes = 9000, .flush_interval_s = 1e-3 },
                     &recorder) == HK_OK &&
                 hk_recorder_add_population(recorder, names[0], 0, &index) == HK_OK &&
                 hk_recorder_start(recorder) == HK_OK;
    for (uint64_t k = 0; sound && k < j->n; k++) {
        double time_ms = true_time_ms(0, k);
        uint32_t id = true_id(0, k);
        sound = hk_recorder_write(recorder, 0, 1, &time_ms, &id) == HK_OK;
    }
    sound = sound && hk_recorder_close(recorder) == HK_OK;
    hk_ctx_destroy(ctx);
    return sound ? user : NULL;
}

static void recorders_and_checkpoints_do_not_meet(void **state)
{
    hk_ctx *ctx = *state;
    static job jobs[2] = { { .n = 60000 }, { .n = 45678 } };
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        snprintf(jobs[i].path, sizeof jobs[i].path, "%s/job%d.h5", hk_scratch, i);
        assert_int_equal(pthread_create(&threads[i], NULL, record_in_thread, &jobs[i]), 0);
    }
    uint64_t values[100];
    for (uint64_t round = 0; round < 20; round++) {
        hk_archive *archive;
        for (size_t i = 0; i < N_OF(values); i++)
            values[i] = round * i;
        assert_ok(hk_archive_create(ctx, scratch_path("beside.h5"), &archive));
        assert_ok(hk_archive_array(archive, "values", HK_U64, values, N_OF(values)));
        assert_ok(hk_archive_commit(archive));
        hk_archive_destroy(archive);
    }
    for (int i = 0; i < 2; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_non_null(result);
        assert_true(assert_prefix(ctx, jobs[i].path, 1) == jobs[i].n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_raster_is_read_back_to_the_last_bit),
        TEST(parts_of_a_raster_can_be_read),
        TEST(negative_neurons_of_others_are_refused),
        TEST(the_file_is_as_sonata_wants_it),
        TEST(times_that_decrease_are_refused_and_nothing_is_taken),
        TEST(names_and_configurations_are_checked),
        TEST(places_where_no_file_can_be_are_refused_by_name),
        TEST(a_file_that_is_being_written_is_not_written_twice),
        TEST(a_new_file_gets_its_name_at_start),
        TEST(after_a_sync_all_is_readable),
        TEST(it_can_be_read_while_it_is_written),
        TEST(h5py_reads_it_while_it_is_written_and_after_a_kill),
        TEST(h5dump_reads_it_while_it_is_written_and_after_a_kill),
        TEST(recorders_and_checkpoints_do_not_meet),
    };
    return cmocka_run_group_tests_name("recorder", tests, hk_scratch_setup, hk_scratch_teardown);
}
