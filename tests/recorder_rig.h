/* tests/recorder_rig.h - a raster whose every spike is known. */
#ifndef HK_RECORDER_RIG_H
#define HK_RECORDER_RIG_H

#include "tests/hk_scratch.h"

#include "sim/raster.h"
#include "sim/recorder.h"

/* The true raster: spike k of population p. Times come in pairs that are equal. */
static inline double true_time_ms(uint32_t p, uint64_t k)
{
    return 0.1 * (p + 1) + (double)(k / 2) * 0.37;
}

static inline uint32_t true_id(uint32_t p, uint64_t k)
{
    return (uint32_t)((k * 7919 + p * 31) % 77169) + (k == 12 ? 4000000000u : 0u);
}

static const char *const names[] = { "e", "i", "input layer", "silent" };

static inline void write_true(hk_recorder *recorder, uint32_t p, size_t n)
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

static inline hk_recorder *started(hk_ctx *ctx, const char *path, double flush_interval_s, uint32_t n_populations)
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
static inline uint64_t assert_prefix(hk_ctx *ctx, const char *path, uint32_t n_populations)
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

static inline void assert_says(hk_ctx *ctx, const char *words)
{
    if (strstr(hk_ctx_message(ctx), words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", hk_ctx_message(ctx), words);
}

/* ---- reading while it is written ---- */

/* A child records population 0 and 1, `batch` spikes at a time with a pause after each; never returns. */
static inline void record_for_ever(const char *path, double flush_interval_s, size_t batch, double pause_ms)
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

static inline pid_t fork_recording(const char *path, double flush_interval_s, size_t batch, double pause_ms)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        record_for_ever(path, flush_interval_s, batch, pause_ms);
    return child;
}

static inline void kill_and_wait(pid_t child)
{
    int status;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static inline void wait_for_file(const char *path)
{
    for (int i = 0; i < 2000 && !file_exists(path); i++)
        sleep_ms(5.0);
    assert_true(file_exists(path));
}

/* Waits until more than n spikes of population 0 can be read, and returns how many. */
static inline uint64_t wait_for_spikes(hk_ctx *ctx, const char *path, uint64_t n)
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

/* ---- damaged rasters ---- */

static inline int setup(void **state)
{
    *state = hk_ctx_create();
    return *state == NULL ? -1 : 0;
}

static inline int teardown(void **state)
{
    hk_ctx_destroy(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
