/* experiments/bench_queue.c - see bench_queue.h. */
#include "experiments/bench_queue.h"

#include "sim/heap.h"
#include "sim/queue.h"
#include "sim/rng.h"

#include <stdlib.h>
#include <time.h>

#define RESOLUTION_MS 0.1

enum { N_INCREMENTS = 1 << 14, N_BATCH = 1 << 16, SEED = 20240717 };

typedef struct increment {
    int64_t steps;
    double offset; /* ms, in [0, resolution) */
} increment;

typedef enum distribution { UNIFORM, EXPONENTIAL, BURST } distribution;

static const char *const distribution_names[] = { "uniform", "exponential", "burst" };

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* of this thread alone: one core is measured */
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Uniform on (0, 2 mean) or exponential: the table is small enough to stay in the cache, and the same for both. */
static void draw_increments(increment *table, distribution kind, double mean_steps)
{
    hk_stream stream = hk_stream_open(SEED, HK_PURPOSE_TEST, (uint64_t)kind, 0);
    for (size_t i = 0; i < N_INCREMENTS; i++) {
        double steps = mean_steps *
                       (kind == UNIFORM ? 2.0 * hk_stream_uniform(&stream) : hk_stream_exponential(&stream));
        table[i].steps = (int64_t)steps;
        table[i].offset = (steps - (double)table[i].steps) * RESOLUTION_MS;
    }
}

/* Without branches: half of them would be mispredicted, and that would be measured instead of the queue. */
static inline void move_on(hk_event *event, const increment *by)
{
    double offset = event->offset + by->offset;
    int over = offset > RESOLUTION_MS;
    event->step += by->steps + over;
    event->offset = offset - (double)over * RESOLUTION_MS;
    event->source *= 2654435761u; /* odd, so that no two become one: a burst comes back in another order */
}

static inline uint64_t mixed(uint64_t sum, const hk_event *event)
{
    return sum * 3 + (uint64_t)event->step + event->source;
}

/* The events of all holds are summed up to compare the two structures. The loops differ only in what they call. */
typedef struct model {
    const hk_bench_queue_row *row;
    const increment *table;
    hk_queue *queue; /* NULL: the heap is measured */
    hk_heap heap;
    size_t at, n_of_group; /* the increment in turn, and how many events have had it */
    uint64_t sum;
} model;

static inline const increment *next_increment(model *m)
{
    if (m->n_of_group++ == m->row->n_group) {
        m->n_of_group = 1;
        m->at = (m->at + 1) % N_INCREMENTS;
    }
    return &m->table[m->at];
}

static int hold_queue(model *m, size_t n)
{
    hk_event event;
    for (size_t i = 0; i < n; i++) {
        if (!hk_queue_pop(m->queue, &event))
            return HK_ESTATE;
        m->sum = mixed(m->sum, &event);
        move_on(&event, next_increment(m));
        int rc = hk_queue_push(m->queue, &event);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static int hold_heap(model *m, size_t n)
{
    hk_event event;
    for (size_t i = 0; i < n; i++) {
        if (!hk_heap_pop(&m->heap, &event))
            return HK_ESTATE;
        m->sum = mixed(m->sum, &event);
        move_on(&event, next_increment(m));
        int rc = hk_heap_push(&m->heap, &event);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static int fill(model *m)
{
    for (size_t i = 0; i < m->row->n_pending; i++) {
        hk_event event = { .offset = 0.0625, .kind = HK_EVENT_ARRIVAL, .source = (uint32_t)i + 1 };
        move_on(&event, next_increment(m));
        int rc = m->queue != NULL ? hk_queue_push(m->queue, &event) : hk_heap_push(&m->heap, &event);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

/* Holds each pending event about twice before time is taken: by then the times are in their steady state. The
 * fastest part counts, the one least disturbed by whatever else the machine does. */
static int measure(model *m, double seconds, double *holds_per_s, uint64_t *sum)
{
    int (*hold)(model *, size_t) = m->queue != NULL ? hold_queue : hold_heap;
    int rc = fill(m);
    if (rc == HK_OK)
        rc = hold(m, 2 * m->row->n_pending);
    *sum = m->sum;
    *holds_per_s = 0.0;
    for (int trial = 0; trial < HK_BENCH_QUEUE_TRIALS && rc == HK_OK; trial++) {
        double begin = seconds_now(), end = begin;
        size_t n_holds = 0;
        while (rc == HK_OK && end - begin < seconds / HK_BENCH_QUEUE_TRIALS) {
            rc = hold(m, N_BATCH);
            n_holds += N_BATCH;
            end = seconds_now();
        }
        double here = (double)n_holds / (end - begin);
        *holds_per_s = here > *holds_per_s ? here : *holds_per_s;
    }
    return rc;
}

static int measure_row(hk_ctx *ctx, double seconds, const increment *table, hk_bench_queue_row *row)
{
    uint64_t heap_sum = 0, queue_sum = 0;
    model m = { .row = row, .table = table };
    int rc = measure(&m, seconds, &row->heap_holds_per_s, &heap_sum);
    hk_heap_fini(&m.heap);
    if (rc != HK_OK)
        return hk_fail(ctx, rc, "bench queue: the heap failed with %zu events pending", row->n_pending);
    m = (model){ .row = row, .table = table };
    rc = hk_queue_create(ctx, RESOLUTION_MS, &m.queue);
    if (rc != HK_OK)
        return rc;
    rc = measure(&m, seconds, &row->queue_holds_per_s, &queue_sum);
    hk_queue_destroy(m.queue);
    if (rc != HK_OK)
        return hk_fail(ctx, rc, "bench queue: the queue failed with %zu events pending", row->n_pending);
    if (heap_sum != queue_sum)
        return hk_fail(ctx, HK_ESTATE, "bench queue: queue and heap disagree about the order (%s, %zu pending)",
                       row->distribution, row->n_pending);
    return HK_OK;
}

int hk_bench_queue(hk_ctx *ctx, double seconds, hk_bench_queue_row *rows, size_t *n_rows)
{
    static const size_t pending[] = { 100, 10000, 1000000 };
    static const double means[] = { 15.0, 150.0, 1000.0 }; /* short delays; 15 ms; the time between spikes */
    *n_rows = 0;
    if (!(seconds > 0.0))
        return hk_fail(ctx, HK_ERANGE, "bench queue: seconds = %g, must be > 0", seconds);
    increment *table = malloc(N_INCREMENTS * sizeof *table);
    if (table == NULL)
        return hk_fail(ctx, HK_ENOMEM, "bench queue: no memory for increments");
    int rc = HK_OK;
    for (int kind = UNIFORM; kind <= BURST; kind++) {
        for (size_t p = 0; p < sizeof pending / sizeof *pending; p++) {
            for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
                if (kind == EXPONENTIAL && i != 1)
                    continue;
                hk_bench_queue_row *row = &rows[*n_rows];
                *row = (hk_bench_queue_row){ .n_pending = pending[p],
                                             .distribution = distribution_names[kind],
                                             .mean_steps = means[i],
                                             .n_group = 1 };
                if (kind == BURST)
                    row->n_group = pending[p] >= 2500 ? 250 : pending[p] / 10;
                draw_increments(table, (distribution)kind, means[i]);
                rc = measure_row(ctx, seconds, table, row);
                if (rc != HK_OK)
                    goto done;
                ++*n_rows;
            }
        }
    }
done:
    free(table);
    return rc;
}
