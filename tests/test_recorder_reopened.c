/* tests/test_recorder_reopened.c - what a kill or a full disk leaves of a raster, and how it goes on. */
#include "tests/recorder_rig.h"

#include "sim/rng.h"

#include <sys/resource.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(killed_at_any_moment_it_opens_and_holds_a_prefix),
        TEST(a_full_disk_is_told_and_what_was_written_stays),
        TEST(reopened_it_is_cut_back_and_goes_on),
        TEST(the_order_of_times_holds_across_a_reopening),
        TEST(a_killed_recording_can_be_reopened),
        TEST(what_cannot_be_continued_is_refused_and_left_alone),
        TEST(a_population_that_is_new_can_join),
        TEST(a_damaged_raster_is_an_error_or_a_raster),
    };
    return cmocka_run_group_tests_name("recorder_reopened", tests, hk_scratch_setup, hk_scratch_teardown);
}
