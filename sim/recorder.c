/* sim/recorder.c - see recorder.h. Two buffers and one thread: the run fills the one while the writer empties the other,
 * so that the lock is held for a copy or a swap, never for a write. All HDF5 is in spikefile.c. */
#include "sim/recorder.h"

#include "sim/spikefile.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Spikes of one population gathered before they go to the file: a chunk of spikefile.c. */
enum { STAGE = 16384 };
/* The smallest buffer: room for some spikes, whatever the bound asked for. */
enum { SMALLEST_BUFFER = 4096 };
/* What wakes the writer, where the buffer is large: little enough to lie in the third cache still when it is written. */
enum { WORTH_WRITING = 1 << 20 };

typedef struct record { /* in a buffer, followed by n times (double) and n ids (uint32, padded to 8 bytes) */
    uint32_t population;
    uint32_t n;
} record;

typedef struct buffer {
    unsigned char *bytes;
    size_t used;
} buffer;

typedef struct stage { /* the writer's: spikes of one population on their way to the file */
    size_t n, room;
    double *times_ms;
    uint64_t *ids;
} stage;

struct hk_recorder {
    hk_ctx *ctx; /* the run's */
    hk_spikefile *file;
    double flush_interval_s;
    size_t buffer_bytes;
    size_t wake_bytes; /* in the buffer that is filling */

    /* The run's side. */
    uint32_t n_populations;
    uint64_t *counts;
    double *last_ms;

    /* Shared, under `lock`. */
    pthread_mutex_t lock;
    pthread_cond_t to_writer, to_run;
    buffer filling, emptying;
    bool stopping;
    uint64_t syncs_wanted, syncs_done;
    int status; /* of the first failure of the writer; its sentence is in writer_ctx, which then changes no more */

    /* The writer's. */
    pthread_t writer;
    bool started;
    hk_ctx *writer_ctx;
    stage *stages;
    struct timespec flush_due;
};

static size_t record_bytes(size_t n)
{
    return sizeof(record) + 8 * n + 4 * (n + n % 2);
}

/* ---- the writer ---- */

static struct timespec after_s(double seconds)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    double whole = floor(seconds < 1e9 ? seconds : 1e9);
    t.tv_sec += (time_t)whole;
    t.tv_nsec += (long)((seconds < 1e9 ? seconds - whole : 0.0) * 1e9);
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec += 1;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static bool is_past(struct timespec t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > t.tv_sec || (now.tv_sec == t.tv_sec && now.tv_nsec >= t.tv_nsec);
}

static int unstage(hk_recorder *recorder, uint32_t population)
{
    stage *s = &recorder->stages[population];
    size_t n = s->n;
    s->n = 0;
    return hk_spikefile_append(recorder->file, recorder->writer_ctx, population, n, s->times_ms, s->ids);
}

/* Makes room for at least one more spike. */
static int widen(hk_recorder *recorder, stage *s)
{
    if (s->n < s->room)
        return HK_OK;
    size_t room = s->room == 0 ? 64 : 2 * s->room;
    double *times_ms = realloc(s->times_ms, room * sizeof *times_ms);
    if (times_ms != NULL)
        s->times_ms = times_ms;
    uint64_t *ids = realloc(s->ids, room * sizeof *ids);
    if (ids != NULL)
        s->ids = ids;
    if (times_ms == NULL || ids == NULL)
        return hk_fail(recorder->writer_ctx, HK_ENOMEM, "recorder: no memory to gather %zu spikes", room);
    s->room = room;
    return HK_OK;
}

static int stage_record(hk_recorder *recorder, const unsigned char *bytes, record head)
{
    stage *s = &recorder->stages[head.population];
    const unsigned char *times = bytes, *ids = bytes + 8 * (size_t)head.n;
    for (size_t i = 0, n; i < head.n; i += n) {
        int rc = s->n == STAGE ? unstage(recorder, head.population) : widen(recorder, s);
        if (rc != HK_OK)
            return rc;
        n = head.n - i < s->room - s->n ? head.n - i : s->room - s->n;
        memcpy(s->times_ms + s->n, times + 8 * i, 8 * n);
        for (size_t k = 0; k < n; k++) {
            uint32_t id;
            memcpy(&id, ids + 4 * (i + k), 4);
            s->ids[s->n + k] = id;
        }
        s->n += n;
    }
    return HK_OK;
}

static int empty_buffer(hk_recorder *recorder, const buffer *from)
{
    int rc = HK_OK;
    for (size_t at = 0; at < from->used && rc == HK_OK;) {
        record head;
        memcpy(&head, from->bytes + at, sizeof head);
        rc = stage_record(recorder, from->bytes + at + sizeof head, head);
        at += record_bytes(head.n);
    }
    return rc;
}

static int flush(hk_recorder *recorder)
{
    int rc = HK_OK;
    for (uint32_t i = 0; i < recorder->n_populations && rc == HK_OK; ++i)
        rc = unstage(recorder, i);
    return rc == HK_OK ? hk_spikefile_flush(recorder->file, recorder->writer_ctx) : rc;
}

/* One turn with the lock released: writes what was taken, and flushes or syncs when that is due. */
static int work(hk_recorder *recorder, bool sync, bool last)
{
    int rc = empty_buffer(recorder, &recorder->emptying);
    if (rc == HK_OK && (sync || last || is_past(recorder->flush_due))) {
        rc = flush(recorder);
        recorder->flush_due = after_s(recorder->flush_interval_s);
    }
    if (rc == HK_OK && sync)
        rc = hk_spikefile_sync(recorder->file, recorder->writer_ctx);
    return rc;
}

static void *write_on(void *user)
{
    hk_recorder *recorder = user;
    recorder->flush_due = after_s(recorder->flush_interval_s);
    pthread_mutex_lock(&recorder->lock);
    for (bool last = false; !last;) {
        while (!recorder->stopping && recorder->syncs_done == recorder->syncs_wanted &&
               recorder->filling.used < recorder->wake_bytes &&
               pthread_cond_timedwait(&recorder->to_writer, &recorder->lock, &recorder->flush_due) != ETIMEDOUT)
            continue;
        buffer taken = recorder->filling;
        recorder->filling = recorder->emptying;
        recorder->emptying = taken;
        uint64_t wanted = recorder->syncs_wanted;
        bool sync = wanted != recorder->syncs_done, sound = recorder->status == HK_OK;
        last = recorder->stopping;
        pthread_cond_broadcast(&recorder->to_run);
        pthread_mutex_unlock(&recorder->lock);
        int rc = sound ? work(recorder, sync, last) : HK_OK; /* after a failure what comes is dropped */
        pthread_mutex_lock(&recorder->lock);
        recorder->emptying.used = 0;
        recorder->syncs_done = wanted;
        if (rc != HK_OK)
            recorder->status = rc;
        pthread_cond_broadcast(&recorder->to_run);
    }
    pthread_mutex_unlock(&recorder->lock);
    return NULL;
}

/* ---- the run's side ---- */

static void free_recorder(hk_recorder *recorder)
{
    if (recorder->stages != NULL)
        for (uint32_t i = 0; i < recorder->n_populations; ++i) {
            free(recorder->stages[i].times_ms);
            free(recorder->stages[i].ids);
        }
    pthread_cond_destroy(&recorder->to_run);
    pthread_cond_destroy(&recorder->to_writer);
    pthread_mutex_destroy(&recorder->lock);
    hk_ctx_destroy(recorder->writer_ctx);
    free(recorder->stages);
    free(recorder->filling.bytes);
    free(recorder->emptying.bytes);
    free(recorder->counts);
    free(recorder->last_ms);
    free(recorder);
}

static void init_locks(hk_recorder *recorder)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC); /* flushes go on when somebody sets the clock */
    pthread_mutex_init(&recorder->lock, NULL);
    pthread_cond_init(&recorder->to_writer, &clock);
    pthread_cond_init(&recorder->to_run, NULL);
    pthread_condattr_destroy(&clock);
}

static int create(hk_ctx *ctx, const hk_recorder_config *cfg,
                  int (*open_file)(hk_ctx *ctx, const char *path, hk_spikefile **out), hk_recorder **out)
{
    *out = NULL;
    if (cfg->path == NULL || cfg->path[0] == '\0')
        return hk_fail(ctx, HK_ERANGE, "recorder: a path is needed");
    if (cfg->queue_bytes == 0)
        return hk_fail(ctx, HK_ERANGE, "recorder: queue_bytes = 0, must be > 0");
    if (!(cfg->flush_interval_s > 0.0))
        return hk_fail(ctx, HK_ERANGE, "recorder: flush_interval_s = %g, must be > 0", cfg->flush_interval_s);
    hk_recorder *recorder = calloc(1, sizeof *recorder);
    if (recorder == NULL)
        return hk_fail(ctx, HK_ENOMEM, "recorder: out of memory");
    init_locks(recorder);
    recorder->ctx = ctx;
    recorder->flush_interval_s = cfg->flush_interval_s;
    size_t half = cfg->queue_bytes / 2 & ~(size_t)7;
    recorder->buffer_bytes = half < SMALLEST_BUFFER ? SMALLEST_BUFFER : half;
    recorder->wake_bytes = recorder->buffer_bytes / 2 < WORTH_WRITING ? recorder->buffer_bytes / 2 : WORTH_WRITING;
    recorder->writer_ctx = hk_ctx_create();
    recorder->filling.bytes = malloc(recorder->buffer_bytes);
    recorder->emptying.bytes = malloc(recorder->buffer_bytes);
    int rc = HK_OK;
    if (recorder->writer_ctx == NULL || recorder->filling.bytes == NULL || recorder->emptying.bytes == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "recorder: no memory for a queue of %zu bytes", cfg->queue_bytes);
    if (rc == HK_OK)
        rc = open_file(ctx, cfg->path, &recorder->file);
    if (rc != HK_OK) {
        free_recorder(recorder);
        return rc;
    }
    *out = recorder;
    return HK_OK;
}

int hk_recorder_create(hk_ctx *ctx, const hk_recorder_config *cfg, hk_recorder **out)
{
    return create(ctx, cfg, hk_spikefile_create, out);
}

int hk_recorder_reopen(hk_ctx *ctx, const hk_recorder_config *cfg, hk_recorder **out)
{
    return create(ctx, cfg, hk_spikefile_reopen, out);
}

int hk_recorder_add_population(hk_recorder *recorder, const char *name, uint64_t n_kept, uint32_t *index)
{
    if (recorder->started)
        return hk_fail(recorder->ctx, HK_ESTATE, "recorder: population %s comes after the start", name);
    size_t n = recorder->n_populations;
    uint64_t *counts = realloc(recorder->counts, (n + 1) * sizeof *counts);
    if (counts != NULL)
        recorder->counts = counts;
    double *last_ms = realloc(recorder->last_ms, (n + 1) * sizeof *last_ms);
    if (last_ms != NULL)
        recorder->last_ms = last_ms;
    if (counts == NULL || last_ms == NULL)
        return hk_fail(recorder->ctx, HK_ENOMEM, "recorder: no memory for population %s", name);
    int rc = hk_spikefile_add_population(recorder->file, recorder->ctx, name, n_kept, &last_ms[n]);
    if (rc != HK_OK)
        return rc;
    counts[n] = n_kept;
    *index = recorder->n_populations++;
    return HK_OK;
}

int hk_recorder_set_attribute(hk_recorder *recorder, const char *name, const char *text)
{
    if (recorder->started)
        return hk_fail(recorder->ctx, HK_ESTATE, "recorder: attribute %s comes after the start", name);
    return hk_spikefile_set_attribute(recorder->file, recorder->ctx, name, text);
}

int hk_recorder_start(hk_recorder *recorder)
{
    if (recorder->started)
        return hk_fail(recorder->ctx, HK_ESTATE, "recorder: started twice");
    recorder->stages = calloc(recorder->n_populations + 1u, sizeof *recorder->stages);
    if (recorder->stages == NULL)
        return hk_fail(recorder->ctx, HK_ENOMEM, "recorder: out of memory");
    int rc = hk_spikefile_start(recorder->file, recorder->ctx);
    if (rc != HK_OK)
        return recorder->status = rc;
    /* The signals of a run are for its own threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&recorder->writer, NULL, write_on, recorder);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return recorder->status = hk_fail(recorder->ctx, HK_ENOMEM, "recorder: no writer thread: %s", strerror(error));
    recorder->started = true;
    return HK_OK;
}

/* The writer's failure as this call's result. The lock is held. */
static int writer_status(hk_recorder *recorder)
{
    return recorder->status == HK_OK
               ? HK_OK
               : hk_fail(recorder->ctx, recorder->status, "%s", hk_ctx_message(recorder->writer_ctx));
}

/* Puts at most n spikes into the buffer and returns how many; waits for room for one. The lock is held. */
static size_t put(hk_recorder *recorder, uint32_t index, size_t n, const double *times_ms, const uint32_t *ids)
{
    buffer *to;
    for (;; pthread_cond_wait(&recorder->to_run, &recorder->lock)) {
        to = &recorder->filling; /* the writer swaps the two */
        if (recorder->status != HK_OK)
            return n;
        if (recorder->buffer_bytes - to->used >= record_bytes(1))
            break;
        pthread_cond_signal(&recorder->to_writer);
    }
    size_t room = recorder->buffer_bytes - to->used;
    if (n > UINT32_MAX)
        n = UINT32_MAX;
    if (record_bytes(n < room ? n : room) > room) {
        n = (room - sizeof(record)) / 12;
        n -= record_bytes(n) > room;
    }
    record head = { .population = index, .n = (uint32_t)n };
    unsigned char *at = to->bytes + to->used;
    memcpy(at, &head, sizeof head);
    memcpy(at + sizeof head, times_ms, 8 * n);
    memcpy(at + sizeof head + 8 * n, ids, 4 * n);
    bool was_low = to->used < recorder->wake_bytes;
    to->used += record_bytes(n);
    if (was_low && to->used >= recorder->wake_bytes)
        pthread_cond_signal(&recorder->to_writer);
    return n;
}

static int check_times(hk_recorder *recorder, uint32_t index, size_t n, const double *times_ms)
{
    double last = recorder->last_ms[index];
    for (size_t i = 0; i < n; ++i) {
        if (!(times_ms[i] >= last) || times_ms[i] == INFINITY) /* so that NaN is refused too */
            return hk_fail(recorder->ctx, HK_ERANGE,
                           "recorder: spike %llu of population %u at %.17g ms after one at %.17g ms",
                           (unsigned long long)(recorder->counts[index] + i), index, times_ms[i], last);
        last = times_ms[i];
    }
    return HK_OK;
}

int hk_recorder_write(hk_recorder *recorder, uint32_t index, size_t n, const double *times_ms, const uint32_t *ids)
{
    if (!recorder->started)
        return hk_fail(recorder->ctx, HK_ESTATE, "recorder: spikes before the start");
    if (index >= recorder->n_populations)
        return hk_fail(recorder->ctx, HK_ERANGE, "recorder: population %u of %u", index, recorder->n_populations);
    if (n == 0)
        return HK_OK;
    int rc = check_times(recorder, index, n, times_ms);
    if (rc != HK_OK)
        return rc;
    pthread_mutex_lock(&recorder->lock);
    for (size_t done = 0; done < n;)
        done += put(recorder, index, n - done, times_ms + done, ids + done);
    rc = writer_status(recorder);
    pthread_mutex_unlock(&recorder->lock);
    recorder->counts[index] += n;
    recorder->last_ms[index] = times_ms[n - 1];
    return rc;
}

int hk_recorder_sync(hk_recorder *recorder)
{
    if (!recorder->started)
        return hk_fail(recorder->ctx, HK_ESTATE, "recorder: sync before the start");
    pthread_mutex_lock(&recorder->lock);
    uint64_t wanted = ++recorder->syncs_wanted;
    pthread_cond_signal(&recorder->to_writer);
    while (recorder->syncs_done < wanted)
        pthread_cond_wait(&recorder->to_run, &recorder->lock);
    int rc = writer_status(recorder);
    pthread_mutex_unlock(&recorder->lock);
    return rc;
}

uint64_t hk_recorder_count(const hk_recorder *recorder, uint32_t index)
{
    assert(index < recorder->n_populations);
    return recorder->counts[index];
}

int hk_recorder_close(hk_recorder *recorder)
{
    if (recorder == NULL)
        return HK_OK;
    if (!recorder->started) {
        int rc = recorder->status;
        hk_spikefile_discard(recorder->file);
        free_recorder(recorder);
        return rc;
    }
    pthread_mutex_lock(&recorder->lock);
    recorder->stopping = true;
    pthread_cond_signal(&recorder->to_writer);
    pthread_mutex_unlock(&recorder->lock);
    pthread_join(recorder->writer, NULL);
    int rc = writer_status(recorder);
    /* After a failure only its own sentence counts. */
    int closed = hk_spikefile_close(recorder->file, rc == HK_OK ? recorder->ctx : NULL);
    free_recorder(recorder);
    return rc == HK_OK ? closed : rc;
}
