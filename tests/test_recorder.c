/* tests/test_recorder.c - rasters: what is written, when it can be read, and what a kill or a full disk leaves. */
#include "tests/hk_scratch.h"

#include "sim/archive.h"
#include "sim/raster.h"
#include "sim/recorder.h"
#include "sim/rng.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <zlib.h>

/* The true raster: spike k of population p. Times come in pairs that are equal. */
static double true_time_ms(uint32_t p, uint64_t k)
{
    return 0.1 * (p + 1) + (double)(k / 2) * 0.37;
}

static uint32_t true_id(uint32_t p, uint64_t k)
{
    return (uint32_t)((k * 7919 + p * 31) % 77169) + (k == 12 ? 4000000000u : 0u);
}

static const char *const names[] = { "e", "i", "input layer", "silent" };

static void write_true(hk_recorder *recorder, uint32_t p, size_t n)
{
    enum { MOST = 70000 };
    static double times_ms[MOST];
    static uint32_t ids[MOST];
    assert_true(n <= MOST);
    uint64_t from = hk_recorder_count(recorder, p);
    for (size_t i = 0; i < n; i++) {
        times_ms[i] = true_time_ms(p, from + i);
        ids[i] = true_id(p, from + i);
    }
    assert_ok(hk_recorder_write(recorder, p, n, times_ms, ids));
    assert_true(hk_recorder_count(recorder, p) == from + n);
}

static hk_recorder *started(hk_ctx *ctx, const char *path, double flush_interval_s, uint32_t n_populations)
{
    hk_recorder *recorder;
    assert_ok(hk_recorder_create(
        ctx, &(hk_recorder_config){ .path = path, .queue_bytes = 100000, .flush_interval_s = flush_interval_s },
        &recorder));
    for (uint32_t p = 0; p < n_populations; p++) {
        uint32_t index;
        assert_ok(hk_recorder_add_population(recorder, names[p], 0, &index));
        assert_int_equal(index, p);
    }
    assert_ok(hk_recorder_set_attribute(recorder, "seed", "18446744073709551615"));
    assert_ok(hk_recorder_start(recorder));
    return recorder;
}

/* Every population of the file holds a prefix of the truth; returns the spikes of population 0. */
static uint64_t assert_prefix(hk_ctx *ctx, const char *path, uint32_t n_populations)
{
    hk_raster *raster;
    assert_ok(hk_raster_open(ctx, path, &raster));
    assert_int_equal(hk_raster_n_populations(raster), n_populations);
    uint64_t n_first = 0;
    for (uint32_t p = 0; p < n_populations; p++) {
        size_t index;
        assert_ok(hk_raster_find(raster, names[p], &index));
        uint64_t n = hk_raster_count(raster, index);
        double *times_ms = malloc(sizeof *times_ms * (n + 1));
        uint64_t *ids = malloc(sizeof *ids * (n + 1));
        assert_ok(hk_raster_read(raster, index, 0, n, times_ms, ids));
        for (uint64_t k = 0; k < n; k++)
            if (times_ms[k] != true_time_ms(p, k) || ids[k] != true_id(p, k))
                fail_msg("%s: spike %llu is (%.17g, %llu)", names[p], (unsigned long long)k, times_ms[k],
                         (unsigned long long)ids[k]);
        free(times_ms);
        free(ids);
        n_first = p == 0 ? n : n_first;
    }
    hk_raster_close(raster);
    return n_first;
}

static void assert_says(hk_ctx *ctx, const char *words)
{
    if (strstr(hk_ctx_message(ctx), words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", hk_ctx_message(ctx), words);
}

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

/* A child records population 0 and 1, `batch` spikes at a time with a pause after each; never returns. */
static void record_for_ever(const char *path, double flush_interval_s, size_t batch, double pause_ms)
{
    hk_ctx *ctx = hk_ctx_create();
    hk_recorder *recorder = started(ctx, path, flush_interval_s, 2);
    for (uint64_t round = 0; hk_recorder_count(recorder, 0) < 20000000; round++) {
        write_true(recorder, 0, batch);
        if (round % 5 == 0)
            write_true(recorder, 1, 3);
        if (pause_ms > 0.0)
            sleep_ms(pause_ms);
    }
    _exit(5);
}

static pid_t fork_recording(const char *path, double flush_interval_s, size_t batch, double pause_ms)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        record_for_ever(path, flush_interval_s, batch, pause_ms);
    return child;
}

static void kill_and_wait(pid_t child)
{
    int status;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void wait_for_file(const char *path)
{
    for (int i = 0; i < 2000 && !file_exists(path); i++)
        sleep_ms(5.0);
    assert_true(file_exists(path));
}

/* Waits until more than n spikes of population 0 can be read, and returns how many. */
static uint64_t wait_for_spikes(hk_ctx *ctx, const char *path, uint64_t n)
{
    wait_for_file(path);
    uint64_t last = 0;
    for (int i = 0; i < 20000; i++) {
        uint64_t now = assert_prefix(ctx, path, 2);
        assert_true(now >= last); /* the raster of a moment ago is a prefix of the present one */
        if (now > n)
            return now;
        last = now;
        sleep_ms(1.0);
    }
    fail_msg("no more than %llu spikes can be read", (unsigned long long)n);
    return 0;
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
static void assert_h5dump_reads(const char *path)
{
    char out[4096], expected[64];
    char *command[] = {
        "h5dump", "-d", "/spikes/e/node_ids", "-s", "11", "-c", "2", "-y", (char *)(uintptr_t)path, NULL
    };
    if (run_program(command, out, sizeof out) != 0)
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
        assert_h5dump_reads(path);
    kill_and_wait(child);
    assert_h5dump_reads(path);
}

/* ---- what a kill or a full disk leaves ---- */

static void killed_at_any_moment_it_opens_and_holds_a_prefix(void **state)
{
    hk_ctx *ctx = *state;
    hk_stream stream = hk_stream_open(41, HK_PURPOSE_TEST, 0, 0);
    static const size_t batches[] = { 1, 13, 500, 20000 };
    int n_with_spikes = 0;
    for (int round = 0; round < 50; round++) {
        char name[32];
        snprintf(name, sizeof name, "killed%d.h5", round);
        const char *path = scratch_path(name);
        pid_t child = fork_recording(path, round % 3 == 0 ? 1e-4 : 2e-3, batches[round % 4],
                                     round % 4 == 3 ? 1.0 : 0.1);
        if (round % 5 !=
            0) /* one in five perhaps before the file has its name, two among its first spikes, two later */
            wait_for_file(path);
        if (round % 5 >= 3)
            wait_for_spikes(ctx, path, 0);
        sleep_ms(hk_stream_uniform(&stream) * (round % 5 >= 3 ? 60.0 : 8.0));
        kill_and_wait(child);
        if (!file_exists(path))
            continue; /* killed before the start: there is no raster yet */
        n_with_spikes += assert_prefix(ctx, path, 2) > 0;
        unlink(path);
    }
    assert_true(n_with_spikes >= 20);
}

static void a_full_disk_is_told_and_what_was_written_stays(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("full.h5");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* a limit on the size of files stands in for a full disk */
        enum { N = 1000 };
        static double times_ms[N];
        static uint32_t ids[N];
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 4000000, 4000000 });
        hk_recorder *recorder = started(ctx, path, 1e6, 2);
        int rc = HK_OK;
        for (uint64_t k = 0; rc == HK_OK && k < 100000000; k += N) {
            for (size_t i = 0; i < N; i++) {
                times_ms[i] = true_time_ms(0, k + i);
                ids[i] = true_id(0, k + i);
            }
            rc = hk_recorder_write(recorder, 0, N, times_ms, ids);
        }
        bool told = rc == HK_EIO && strstr(hk_ctx_message(ctx), "full.h5") != NULL &&
                    strstr(hk_ctx_message(ctx), "File too large") != NULL;
        /* the run can go on, and end */
        told = told && hk_recorder_write(recorder, 1, 1, times_ms, ids) == HK_EIO;
        told = told && hk_recorder_sync(recorder) == HK_EIO;
        told = told && hk_recorder_close(recorder) == HK_EIO;
        _exit(told ? 0 : 4);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    /* nothing was flushed before, and yet nearly all that fits is there: 16 bytes a spike */
    assert_true(assert_prefix(ctx, path, 2) > 4000000 / 16 / 2);
}

/* ---- going on ---- */

static hk_recorder *reopened(hk_ctx *ctx, const char *path, uint64_t n_first, uint64_t n_second)
{
    hk_recorder *recorder;
    uint32_t index;
    assert_ok(hk_recorder_reopen(
        ctx, &(hk_recorder_config){ .path = path, .queue_bytes = 5000, .flush_interval_s = 0.001 }, &recorder));
    assert_ok(hk_recorder_add_population(recorder, names[0], n_first, &index));
    assert_ok(hk_recorder_add_population(recorder, names[1], n_second, &index));
    assert_int_equal(index, 1);
    return recorder;
}

static void reopened_it_is_cut_back_and_goes_on(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("resumed.h5");
    hk_recorder *recorder = started(ctx, path, 0.001, 2);
    write_true(recorder, 0, 50000);
    write_true(recorder, 1, 300);
    assert_ok(hk_recorder_close(recorder));
    static const struct {
        uint64_t first, second;
        size_t more;
    } steps[] = { { 50000, 299, 10 }, { 16384, 17, 20000 }, { 16383, 0, 1 }, { 16384, 3, 70000 }, { 0, 0, 123 } };
    for (size_t i = 0; i < N_OF(steps); i++) {
        recorder = reopened(ctx, path, steps[i].first, steps[i].second);
        assert_ok(hk_recorder_start(recorder));
        assert_true(hk_recorder_count(recorder, 0) == steps[i].first);
        write_true(recorder, 0, steps[i].more);
        write_true(recorder, 1, 5);
        assert_ok(hk_recorder_sync(recorder));
        assert_true(assert_prefix(ctx, path, 2) == steps[i].first + steps[i].more);
        assert_ok(hk_recorder_close(recorder));
        assert_true(assert_prefix(ctx, path, 2) == steps[i].first + steps[i].more);
    }
}

static void the_order_of_times_holds_across_a_reopening(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("order.h5");
    hk_recorder *recorder = started(ctx, path, 1.0, 2);
    write_true(recorder, 0, 100);
    assert_ok(hk_recorder_close(recorder));
    recorder = reopened(ctx, path, 60, 0);
    assert_ok(hk_recorder_start(recorder));
    const double too_early = true_time_ms(0, 59) - 0.01;
    assert_status(hk_recorder_write(recorder, 0, 1, &too_early, &(uint32_t){ 1 }), HK_ERANGE);
    write_true(recorder, 0, 1);
    assert_ok(hk_recorder_close(recorder));
    assert_true(assert_prefix(ctx, path, 2) == 61);
}

static void a_killed_recording_can_be_reopened(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("crash.h5");
    pid_t child = fork_recording(path, 1e-3, 500, 0.1);
    wait_for_spikes(ctx, path, 20000);
    kill_and_wait(child);
    uint64_t n = assert_prefix(ctx, path, 2);
    hk_recorder *recorder = reopened(ctx, path, n / 2, 1);
    assert_ok(hk_recorder_start(recorder));
    write_true(recorder, 0, 40000);
    assert_ok(hk_recorder_close(recorder));
    assert_true(assert_prefix(ctx, path, 2) == n / 2 + 40000);
}

static void what_cannot_be_continued_is_refused_and_left_alone(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("left.h5");
    hk_recorder *recorder = started(ctx, path, 1.0, 3);
    write_true(recorder, 0, 20001);
    assert_ok(hk_recorder_close(recorder));
    size_t n_before, n_after;
    unsigned char *before = file_bytes(path, &n_before);
    uint32_t index;
    hk_recorder_config cfg = { .path = path, .queue_bytes = 1, .flush_interval_s = 1.0 };
    assert_ok(hk_recorder_reopen(ctx, &cfg, &recorder));
    assert_status(hk_recorder_add_population(recorder, "e", 20002, &index), HK_ERANGE);
    assert_says(ctx, "20002 spikes of population e are to be kept, but the file has 20001");
    assert_status(hk_recorder_add_population(recorder, "new", 1, &index), HK_ERANGE);
    assert_ok(hk_recorder_add_population(recorder, "e", 5, &index));
    assert_ok(hk_recorder_add_population(recorder, "i", 0, &index));
    assert_status(hk_recorder_start(recorder),
                  HK_EFORMAT); /* "input layer" would keep what came after the checkpoint */
    assert_says(ctx, "input layer");
    assert_status(hk_recorder_close(recorder), HK_EFORMAT);
    unsigned char *after = file_bytes(path, &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    free(before);
    free(after);
}

static void a_population_that_is_new_can_join(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("join.h5");
    hk_recorder *recorder = started(ctx, path, 1.0, 1);
    write_true(recorder, 0, 10);
    assert_ok(hk_recorder_close(recorder));
    recorder = reopened(ctx, path, 9, 0);
    assert_ok(hk_recorder_start(recorder));
    write_true(recorder, 1, 4);
    assert_ok(hk_recorder_close(recorder));
    assert_true(assert_prefix(ctx, path, 2) == 9);
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

/* ---- damaged rasters ---- */

/* Opens and reads a file that may be damaged; true when it was refused, or gave no more than there is. */
static bool is_safe_to_read(hk_ctx *ctx, const char *path, bool *refused)
{
    static double times_ms[2000];
    static uint64_t ids[2000];
    hk_raster *raster;
    int rc = hk_raster_open(ctx, path, &raster);
    bool sound = true;
    if (rc == HK_OK && hk_raster_n_populations(raster) == 2) {
        const uint64_t n = hk_raster_count(raster, 0);
        sound = n <= 2000;
        if (sound)
            rc = hk_raster_read(raster, 0, 0, (size_t)n, times_ms, ids);
    }
    hk_raster_close(raster);
    *refused = rc != HK_OK;
    return sound && (rc == HK_OK || rc == HK_EFORMAT);
}

/* 64 cut at different lengths, then 200 with a bit changed in the structure, of which HDF5 keeps checksums. */
static int read_damaged_ones(hk_ctx *ctx, const char *path, unsigned char *bytes, size_t n)
{
    hk_stream stream = hk_stream_open(42, HK_PURPOSE_TEST, 0, 0);
    for (int k = 0; k < 264; k++) {
        const size_t at = (size_t)(hk_stream_uniform(&stream) * 65536.0);
        const unsigned char bit = k < 64 ? 0 : (unsigned char)(1u << k % 8);
        bytes[at] ^= bit;
        write_file(path, bytes, k < 64 ? n * (size_t)k / 64 : n);
        bytes[at] ^= bit;
        bool refused;
        if (!is_safe_to_read(ctx, path, &refused))
            return 4;
        if (k < 64 && !refused)
            return 5;
    }
    return 0;
}

static void a_damaged_raster_is_an_error_or_a_raster(void **state)
{
    hk_ctx *ctx = *state;
    const char *path = scratch_path("sound.h5"), *damaged = scratch_path("damaged.h5");
    hk_recorder *recorder = started(ctx, path, 1.0, 2);
    write_true(recorder, 0, 2000);
    assert_ok(hk_recorder_close(recorder));
    size_t n;
    unsigned char *bytes = file_bytes(path, &n);
    pid_t child = fork(); /* HDF5 leaks on damaged files, and complains of that when a program ends */
    assert_true(child >= 0);
    if (child == 0)
        _exit(read_damaged_ones(ctx, damaged, bytes, n));
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    free(bytes);
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
        TEST(a_raster_is_read_back_to_the_last_bit),
        TEST(parts_of_a_raster_can_be_read),
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
        TEST(killed_at_any_moment_it_opens_and_holds_a_prefix),
        TEST(a_full_disk_is_told_and_what_was_written_stays),
        TEST(reopened_it_is_cut_back_and_goes_on),
        TEST(the_order_of_times_holds_across_a_reopening),
        TEST(a_killed_recording_can_be_reopened),
        TEST(what_cannot_be_continued_is_refused_and_left_alone),
        TEST(a_population_that_is_new_can_join),
        TEST(recorders_and_checkpoints_do_not_meet),
        TEST(a_damaged_raster_is_an_error_or_a_raster),
    };
    return cmocka_run_group_tests_name("recorder", tests, hk_scratch_setup, hk_scratch_teardown);
}
