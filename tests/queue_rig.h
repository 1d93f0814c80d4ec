/* tests/queue_rig.h - a queue and its events. */
#ifndef HK_QUEUE_RIG_H
#define HK_QUEUE_RIG_H

#include "tests/hk_test.h"

#include "sim/queue.h"
#include "sim/rng.h"

#define RES_MS 0.1

static inline int setup(void **state)
{
    hk_queue *queue;
    if (hk_queue_create(NULL, RES_MS, &queue) != HK_OK)
        return -1;
    *state = queue;
    return 0;
}

static inline int teardown(void **state)
{
    hk_queue_destroy(*state);
    return 0;
}

static inline hk_event event_at(int64_t step, double offset, uint32_t source)
{
    return (hk_event){ .step = step, .offset = offset, .kind = HK_EVENT_ARRIVAL, .source = source };
}

static inline void push(hk_queue *queue, hk_event event)
{
    assert_ok(hk_queue_push(queue, &event));
}

static inline hk_event popped(hk_queue *queue)
{
    hk_event event;
    assert_true(hk_queue_pop(queue, &event));
    return event;
}

static inline void assert_same_time_and_source(const hk_event *a, const hk_event *b)
{
    if (hk_event_compare(a, b) == 0)
        return;
    print_error("(step %lld, offset %.17g, source %u) against (step %lld, offset %.17g, source %u)\n",
                (long long)a->step, a->offset, a->source, (long long)b->step, b->offset, b->source);
    fail();
}

typedef struct shape {
    int64_t span;     /* steps over which times are drawn */
    uint64_t n_times; /* distinct offsets, 0: continuous */
    double skew;      /* exponent on the uniform offset: above 1, most are small */
    int64_t start;
    size_t n_operations;
} shape;

static inline hk_event drawn(hk_stream *stream, const shape *of, int64_t now)
{
    double u = hk_stream_uniform(stream);
    if (of->n_times > 0)
        u = ((double)hk_stream_below(stream, of->n_times) + 1.0) / (double)of->n_times;
    hk_event event = { .step = now + (int64_t)hk_stream_below(stream, (uint64_t)of->span),
                       .offset = RES_MS * pow(u, of->skew),
                       .kind = (uint16_t)hk_stream_below(stream, 3),
                       .group = (uint32_t)hk_stream_below(stream, 4),
                       .source = hk_stream_u32(stream) >> 16,
                       .slot = (uint16_t)hk_stream_below(stream, 3),
                       .stamp = hk_stream_u32(stream) };
    if (!(event.offset > 0.0)) /* a high skew underflows */
        event.offset = 0x1p-1074;
    return event;
}

static const shape long_shapes[] = { { .span = 1, .skew = 1.0 },
                                     { .span = 1, .n_times = 1, .skew = 1.0 }, /* all at offset = resolution */
                                     { .span = 1, .n_times = 90, .skew = 1.0 },
                                     { .span = 1, .skew = 70.0 } };

#define FRESH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
