/* tests/test_queue_random.c - the queue against the heap: random operations, full and long steps. */
#include "tests/queue_rig.h"

#include "sim/heap.h"

static void matches_the_heap(hk_queue *queue, const shape *of, uint64_t seed)
{
    hk_stream stream = hk_stream_open(seed, HK_PURPOSE_TEST, 1, 0);
    hk_heap heap = { 0 };
    uint64_t stamps_in = 0, stamps_out = 0; /* equal events may swap their stamps, but none is lost */
    int64_t now = of->start;
    for (size_t i = 0; i < of->n_operations; i++) {
        uint64_t dice = hk_stream_below(&stream, 100);
        if (dice < 45) {
            size_t n = dice < 2 ? 700 : 1; /* a burst at one time, or one event */
            hk_event event = drawn(&stream, of, dice < 5 ? now - 3 : now);
            for (size_t k = 0; k < n; k++) {
                push(queue, event);
                assert_ok(hk_heap_push(&heap, &event));
                stamps_in += event.stamp;
                event.source = hk_stream_u32(&stream) >> 8;
                event.stamp++;
            }
        } else if (dice < 85) {
            size_t n = dice < 47 ? 500 : 1;
            for (size_t k = 0; k < n; k++) {
                hk_event want, got;
                bool more = hk_heap_pop(&heap, &want);
                assert_int_equal(hk_queue_pop(queue, &got), more);
                if (!more)
                    break;
                assert_same_time_and_source(&got, &want);
                stamps_out += got.stamp;
                now = got.step;
            }
        } else if (dice < 99) {
            const hk_event *events;
            size_t n;
            int64_t end_step = now + (int64_t)hk_stream_below(&stream, (uint64_t)of->span);
            int64_t next = heap.n == 0 ? HK_STEP_NEVER : heap.events[0].step;
            assert_true(hk_queue_next_step(queue) == next);
            assert_ok(hk_queue_take_step(queue, end_step, &events, &n));
            assert_int_equal(n > 0, next < end_step);
            for (size_t k = 0; k < n; k++) {
                hk_event want;
                assert_true(hk_heap_pop(&heap, &want));
                assert_same_time_and_source(&events[k], &want);
                stamps_out += events[k].stamp;
            }
            if (n > 0) {
                now = next;
                assert_true(heap.n == 0 || heap.events[0].step > now);
            }
        } else {
            assert_int_equal(hk_queue_size(queue), heap.n);
        }
    }
    assert_int_equal(hk_queue_size(queue), heap.n);
    hk_event *copy = malloc((heap.n + 1) * sizeof *copy);
    assert_non_null(copy);
    size_t n = heap.n;
    assert_ok(hk_queue_copy(queue, copy));
    for (size_t i = 0; i < n; i++) {
        hk_event want, got = popped(queue);
        assert_true(hk_heap_pop(&heap, &want));
        assert_same_time_and_source(&got, &want);
        assert_same_time_and_source(&copy[i], &want);
        stamps_out += got.stamp;
    }
    assert_int_equal(hk_queue_size(queue), 0);
    assert_true(stamps_in == stamps_out);
    free(copy);
    hk_heap_fini(&heap);
}

static void random_operations_give_what_the_heap_gives(void **state)
{
    hk_queue *queue = *state;
    const shape shapes[] = {
        { .span = 3, .skew = 1.0, .n_operations = 20000 },
        { .span = 150, .skew = 1.0, .n_operations = 40000 },
        { .span = 150, .n_times = 3, .skew = 1.0, .start = -700, .n_operations = 40000 },
        { .span = 1500, .skew = 9.0, .start = -1, .n_operations = 40000 },
        { .span = 5000, .skew = 1.0, .n_operations = 60000 },
        { .span = 40, .skew = 400.0, .n_operations = 40000 },
        { .span = INT64_C(3000000), .n_times = 2, .skew = 1.0, .start = -2000000, .n_operations = 20000 },
        { .span = INT64_C(1) << 50, .skew = 1.0, .start = -(INT64_C(1) << 55), .n_operations = 1000 },
    };
    for (size_t s = 0; s < N_OF(shapes); s++)
        for (uint64_t seed = 31; seed < 33; seed++)
            matches_the_heap(queue, &shapes[s], seed); /* no clear between: the queue is reused from where it stood */
}

static void a_full_step_of_any_shape_is_sorted(void **state)
{
    hk_queue *queue = *state;
    const size_t sizes[] = { 1, 2, 12, 13, 31, 32, 63, 257, 3001, 70001 };
    const shape shapes[] = { { .span = 1, .skew = 1.0 },
                             { .span = 1, .n_times = 1, .skew = 1.0 },
                             { .span = 1, .n_times = 40, .skew = 1.0 },
                             { .span = 1, .skew = 60.0 },
                             { .span = 1, .skew = 1500.0 } };
    for (size_t s = 0; s < N_OF(shapes) * N_OF(sizes); s++) {
        const shape *of = &shapes[s % N_OF(shapes)];
        size_t n = sizes[s / N_OF(shapes)], n_taken;
        hk_stream stream = hk_stream_open(5, HK_PURPOSE_TEST, s, 0);
        for (size_t i = 0; i < n; i++)
            push(queue, drawn(&stream, of, 2385 + (int64_t)s));
        const hk_event *events;
        assert_ok(hk_queue_take_step(queue, HK_STEP_NEVER, &events, &n_taken));
        assert_int_equal(n_taken, n);
        for (size_t i = 1; i < n; i++)
            assert_true(hk_event_compare(&events[i - 1], &events[i]) <= 0);
    }
}

/* A step long enough to be sorted piece by piece as it is popped. */
static const size_t n_long_step = 50021;

static void push_to_both(hk_queue *queue, hk_heap *heap, hk_event event)
{
    push(queue, event);
    assert_ok(hk_heap_push(heap, &event));
}

static void fill_long_step(hk_queue *queue, hk_heap *heap, hk_stream *stream, const shape *of)
{
    for (size_t i = 0; i < n_long_step; i++)
        push_to_both(queue, heap, drawn(stream, of, 617));
}

static void a_long_step_takes_events_anywhere_in_it_while_it_is_popped(void **state)
{
    hk_queue *queue = *state;
    hk_heap heap = { 0 };
    for (size_t s = 0; s < N_OF(long_shapes); s++) {
        hk_stream stream = hk_stream_open(12, HK_PURPOSE_TEST, 8, (uint32_t)s);
        fill_long_step(queue, &heap, &stream, &long_shapes[s]);
        for (size_t n_popped = 0; heap.n > 0; n_popped++) {
            if (n_popped < n_long_step && n_popped % 5 == 0)
                push_to_both(queue, &heap, drawn(&stream, &long_shapes[s], n_popped % 3 == 0 ? 618 : 617));
            assert_int_equal(hk_queue_size(queue), heap.n);
            assert_true(hk_queue_next_step(queue) == heap.events[0].step);
            hk_event want, got = popped(queue);
            assert_true(hk_heap_pop(&heap, &want));
            assert_same_time_and_source(&got, &want);
        }
        hk_queue_clear(queue);
    }
    hk_heap_fini(&heap);
}

static void the_rest_of_a_long_step_can_be_copied_taken_and_cleared(void **state)
{
    hk_queue *queue = *state;
    hk_heap heap = { 0 };
    const size_t n_popped[] = { 0, 1, 733, 25013, 50020 };
    for (size_t s = 0; s < N_OF(long_shapes) * N_OF(n_popped); s++) {
        const shape *of = &long_shapes[s % N_OF(long_shapes)];
        hk_stream stream = hk_stream_open(13, HK_PURPOSE_TEST, 9, (uint32_t)s);
        fill_long_step(queue, &heap, &stream, of);
        hk_event want;
        for (size_t i = 0; i < n_popped[s / N_OF(long_shapes)]; i++) {
            popped(queue);
            assert_true(hk_heap_pop(&heap, &want));
        }
        push_to_both(queue, &heap, event_at(617, 0.0001, 4)); /* late, if events were popped */
        push_to_both(queue, &heap, event_at(617, 0.0999, 5));
        hk_event *copy = malloc(heap.n * sizeof *copy);
        assert_non_null(copy);
        assert_ok(hk_queue_copy(queue, copy));
        const hk_event *events;
        size_t n;
        if (s % 2 == 0) {
            assert_ok(hk_queue_take_step(queue, 618, &events, &n));
        } else {
            n = heap.n;
            events = copy;
            hk_queue_clear(queue);
        }
        assert_int_equal(hk_queue_size(queue), 0);
        assert_int_equal(n, heap.n);
        for (size_t i = 0; i < n; i++) {
            assert_true(hk_heap_pop(&heap, &want));
            assert_same_time_and_source(&events[i], &want);
            assert_same_time_and_source(&copy[i], &want);
        }
        free(copy);
    }
    hk_heap_fini(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(random_operations_give_what_the_heap_gives),
        FRESH(a_full_step_of_any_shape_is_sorted),
        FRESH(a_long_step_takes_events_anywhere_in_it_while_it_is_popped),
        FRESH(the_rest_of_a_long_step_can_be_copied_taken_and_cleared),
    };
    return cmocka_run_group_tests_name("queue_random", tests, NULL, NULL);
}
