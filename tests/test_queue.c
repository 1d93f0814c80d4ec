/* tests/test_queue.c - the wheel of sim/queue.c against the heap of sim/heap.c, and both against plain truths. */
#include "tests/queue_rig.h"

#include "sim/heap.h"

#include <sys/resource.h>

static void refuses_a_resolution_that_is_none(void **state)
{
    (void)state;
    const double bad[] = { 0.0, -0.1, (double)NAN, (double)INFINITY };
    hk_ctx *ctx = hk_ctx_create();
    for (size_t i = 0; i < N_OF(bad); i++) {
        hk_queue *queue = (hk_queue *)1;
        assert_status(hk_queue_create(ctx, bad[i], &queue), HK_ERANGE);
        assert_null(queue);
        assert_non_null(strstr(hk_ctx_message(ctx), "resolution_ms"));
    }
    hk_ctx_destroy(ctx);
    hk_queue_destroy(NULL);
}

static void an_empty_queue_has_no_next_step_and_pops_nothing(void **state)
{
    hk_queue *queue = *state;
    hk_event event;
    const hk_event *view = &event;
    size_t n = 7;
    assert_true(hk_queue_next_step(queue) == HK_STEP_NEVER);
    assert_false(hk_queue_pop(queue, &event));
    assert_ok(hk_queue_take_step(queue, HK_STEP_NEVER, &view, &n));
    assert_int_equal(n, 0);
    assert_ok(hk_queue_copy(queue, NULL));
    push(queue, event_at(17, 0.0385, 3));
    popped(queue);
    assert_false(hk_queue_pop(queue, &event));
    assert_true(hk_queue_next_step(queue) == HK_STEP_NEVER);
}

static void equal_times_pop_by_kind_group_source_and_slot(void **state)
{
    hk_queue *queue = *state;
    const hk_event sorted[] = {
        { .step = 23, .offset = 0.0385, .kind = HK_EVENT_RELEASE, .group = 9, .source = 9, .slot = 9 },
        { .step = 23, .offset = 0.0385, .kind = HK_EVENT_ARRIVAL, .group = 2, .source = 9, .slot = 9 },
        { .step = 23, .offset = 0.0385, .kind = HK_EVENT_ARRIVAL, .group = 3, .source = 4, .slot = 8 },
        { .step = 23, .offset = 0.0385, .kind = HK_EVENT_ARRIVAL, .group = 3, .source = 5, .slot = 1 },
        { .step = 23, .offset = 0.0385, .kind = HK_EVENT_ARRIVAL, .group = 3, .source = 5, .slot = 6 },
        { .step = 23, .offset = 0.0385, .kind = HK_EVENT_SPIKE, .group = 0, .source = 0, .slot = 0 },
    };
    for (size_t turn = 0; turn < N_OF(sorted); turn++) {
        for (size_t i = 0; i < N_OF(sorted); i++)
            push(queue, sorted[(5 * i + turn) % N_OF(sorted)]);
        for (size_t i = 0; i < N_OF(sorted); i++) {
            hk_event got = popped(queue);
            assert_memory_equal(&got, &sorted[i], sizeof got);
        }
    }
}

static void the_last_instant_of_a_step_comes_before_the_first_of_the_next(void **state)
{
    hk_queue *queue = *state;
    push(queue, event_at(42, 0x1p-1074, 2));
    push(queue, event_at(41, RES_MS, 1));
    push(queue, event_at(42, RES_MS, 4));
    push(queue, event_at(42, nextafter(RES_MS, 0.0), 3));
    for (uint32_t source = 1; source <= 4; source++)
        assert_int_equal(popped(queue).source, source);
}

static void steps_at_both_ends_of_time_keep_their_order(void **state)
{
    hk_queue *queue = *state;
    const int64_t steps[] = { INT64_MIN,
                              INT64_MIN + 1,
                              -(INT64_C(1) << 62),
                              -INT64_C(123456789012),
                              -1025,
                              -1024,
                              -2,
                              -1,
                              0,
                              1,
                              1022,
                              1023,
                              1024,
                              2047,
                              2048,
                              2049,
                              1048575,
                              1048576,
                              2097151,
                              2097152,
                              INT64_C(3155760000000),
                              INT64_C(1) << 61,
                              INT64_MAX - 1024,
                              INT64_MAX - 2,
                              INT64_MAX - 1 };
    const size_t strides[] = { 1, 2, 3, 4, 6, 7, 11, 24 }; /* all prime to 25 */
    for (size_t s = 0; s < N_OF(strides); s++) {
        for (size_t i = 0; i < N_OF(steps); i++)
            push(queue, event_at(steps[(i * strides[s] + 5) % N_OF(steps)], 0.0617, 1));
        assert_int_equal(hk_queue_size(queue), N_OF(steps));
        for (size_t i = 0; i < N_OF(steps); i++) {
            assert_true(hk_queue_next_step(queue) == steps[i]);
            assert_true(popped(queue).step == steps[i]);
        }
        if (s % 2 == 1)
            hk_queue_clear(queue);
    }
}

static void an_event_before_those_already_taken_comes_next(void **state)
{
    hk_queue *queue = *state;
    for (uint32_t i = 0; i < 40; i++)
        push(queue, event_at(5000, 0.0023 * (i + 1), i));
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(popped(queue).source, i);
    push(queue, event_at(5000, 0.0001, 100)); /* into the step being taken, before what was taken */
    push(queue, event_at(5000, 0.0023 * 25.5, 101));
    push(queue, event_at(-7, 0.0311, 102));
    push(queue, event_at(4999, 0.0999, 103));
    assert_true(hk_queue_next_step(queue) == -7);
    assert_int_equal(popped(queue).source, 102);
    assert_int_equal(popped(queue).source, 103);
    assert_int_equal(popped(queue).source, 100);
    for (uint32_t i = 20; i < 25; i++)
        assert_int_equal(popped(queue).source, i);
    assert_int_equal(popped(queue).source, 101);
    for (uint32_t i = 25; i < 40; i++)
        assert_int_equal(popped(queue).source, i);
    assert_int_equal(hk_queue_size(queue), 0);
}

static void a_taken_step_merges_what_was_pushed_into_it_late(void **state)
{
    hk_queue *queue = *state;
    for (uint32_t i = 0; i < 30; i++)
        push(queue, event_at(311, 0.003 * (i + 1), 2 * i));
    for (uint32_t i = 0; i < 10; i++)
        popped(queue);
    for (uint32_t i = 10; i < 30; i++)
        push(queue, event_at(311, 0.003 * (i + 1) + 0.001, 2 * i + 1));
    push(queue, event_at(310, 0.0273, 999));
    push(queue, event_at(312, 0.0273, 1000));
    const hk_event *events;
    size_t n;
    assert_ok(hk_queue_take_step(queue, 310, &events, &n));
    assert_int_equal(n, 0);
    assert_ok(hk_queue_take_step(queue, 312, &events, &n));
    assert_int_equal(n, 1);
    assert_int_equal(events[0].source, 999);
    assert_ok(hk_queue_take_step(queue, 312, &events, &n));
    assert_int_equal(n, 40);
    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal(events[i].source, 20 + i);
    assert_ok(hk_queue_take_step(queue, 312, &events, &n));
    assert_int_equal(n, 0);
    assert_int_equal(hk_queue_size(queue), 1);
    assert_true(hk_queue_next_step(queue) == 312);
}

static void looking_at_the_next_step_does_not_move_the_queue(void **state)
{
    hk_queue *queue = *state;
    push(queue, event_at(9000, 0.05, 3));
    assert_true(hk_queue_next_step(queue) == 9000);
    push(queue, event_at(600, 0.05, 2));
    assert_true(hk_queue_next_step(queue) == 600);
    push(queue, event_at(11, 0.05, 1));
    assert_true(hk_queue_next_step(queue) == 11);
    for (uint32_t source = 1; source <= 3; source++)
        assert_int_equal(popped(queue).source, source);
}

static void the_push_order_cannot_be_seen_in_the_pop_order(void **state)
{
    hk_queue *queue = *state;
    enum { N = 5003 };
    const shape of = { .span = 2600, .n_times = 7, .skew = 1.0 };
    hk_event *events = malloc(N * sizeof *events), *first = malloc(N * sizeof *first);
    hk_stream stream = hk_stream_open(77, HK_PURPOSE_TEST, 2, 0);
    for (size_t i = 0; i < N; i++) {
        events[i] = drawn(&stream, &of, -1300);
        events[i].source = (uint32_t)i * 7919u; /* no two alike */
    }
    for (int turn = 0; turn < 5; turn++) {
        for (size_t i = N - 1; i > 0; i--) {
            size_t k = (size_t)hk_stream_below(&stream, i + 1);
            hk_event swap = events[i];
            events[i] = events[k];
            events[k] = swap;
        }
        for (size_t i = 0; i < N; i++)
            push(queue, events[i]);
        for (size_t i = 0; i < N; i++) {
            hk_event got = popped(queue);
            if (turn == 0)
                first[i] = got;
            assert_memory_equal(&got, &first[i], sizeof got);
        }
    }
    free(events);
    free(first);
}

static void a_stale_stamp_comes_out_for_its_owner_to_drop(void **state)
{
    hk_queue *queue = *state;
    enum { N_NEURONS = 50 };
    uint32_t generation[N_NEURONS] = { 0 };
    for (uint32_t stamp = 1; stamp <= 4; stamp++) { /* each prediction replaces the one before */
        for (uint32_t i = 0; i < N_NEURONS; i++) {
            generation[i] = stamp;
            push(queue, (hk_event){ .step = 900 - 3 * (int64_t)((stamp * 7 + i) % 60),
                                    .offset = 0.0451,
                                    .kind = HK_EVENT_SPIKE,
                                    .source = i,
                                    .stamp = stamp });
        }
    }
    size_t n_valid = 0, n_stale = 0;
    hk_event got;
    while (hk_queue_pop(queue, &got)) {
        bool valid = got.stamp == generation[got.source];
        n_valid += valid;
        n_stale += !valid;
        if (valid)
            assert_true(got.step == 900 - 3 * (int64_t)((4 * 7 + got.source) % 60));
    }
    assert_int_equal(n_valid, N_NEURONS);
    assert_int_equal(n_stale, 3 * N_NEURONS);
}

static void a_copy_pushed_elsewhere_continues_the_same(void **state)
{
    hk_queue *queue = *state, *other;
    const shape of = { .span = 4000, .skew = 1.0 };
    hk_stream stream = hk_stream_open(3, HK_PURPOSE_TEST, 3, 0);
    for (int i = 0; i < 3000; i++)
        push(queue, drawn(&stream, &of, -20));
    for (int i = 0; i < 1111; i++)
        popped(queue);
    push(queue, event_at(-4, 0.0123, 5)); /* waits beside the wheel */
    size_t n = hk_queue_size(queue);
    hk_event *copy = malloc(n * sizeof *copy);
    assert_ok(hk_queue_copy(queue, copy));
    assert_int_equal(hk_queue_size(queue), n);
    assert_ok(hk_queue_create(NULL, RES_MS, &other));
    for (size_t i = n; i-- > 0;)
        push(other, copy[i]);
    for (size_t i = 0; i < n; i++) {
        hk_event a = popped(queue), b = popped(other);
        assert_same_time_and_source(&a, &b);
        assert_same_time_and_source(&a, &copy[i]);
    }
    free(copy);
    hk_queue_destroy(other);
}

static void clear_leaves_an_empty_queue_that_works(void **state)
{
    hk_queue *queue = *state;
    const shape of = { .span = INT64_C(1) << 33, .skew = 1.0 };
    hk_stream stream = hk_stream_open(8, HK_PURPOSE_TEST, 4, 0);
    for (int turn = 0; turn < 30; turn++) {
        for (int i = 0; i < 500; i++)
            push(queue, drawn(&stream, &of, -5));
        for (int i = 0; i < 13 * turn; i++)
            popped(queue);
        push(queue, event_at(-900, 0.0711, 1));
        hk_queue_clear(queue);
        assert_int_equal(hk_queue_size(queue), 0);
        assert_true(hk_queue_next_step(queue) == HK_STEP_NEVER);
        push(queue, event_at(3, 0.0385, 6));
        push(queue, event_at(-1, RES_MS, 5));
        assert_int_equal(popped(queue).source, 5);
        assert_int_equal(popped(queue).source, 6);
    }
}

/* Kilobytes in use at most so far. */
static long peak_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void memory_stays_bounded_over_many_holds(void **state)
{
    hk_queue *queue = *state;
    const shape of = { .span = 1700, .skew = 1.0 };
    enum { N_PENDING = 4000, N_HOLDS = 1000000 };
    hk_stream stream = hk_stream_open(4, HK_PURPOSE_TEST, 5, 0);
    for (int i = 0; i < N_PENDING; i++)
        push(queue, drawn(&stream, &of, 0));
    long before = 0;
    for (int i = 0; i < N_HOLDS; i++) {
        if (i == N_HOLDS / 10)
            before = peak_kb();
        hk_event event = popped(queue);
        event.step += 1 + (int64_t)hk_stream_below(&stream, 1700);
        push(queue, event);
    }
    assert_int_equal(hk_queue_size(queue), N_PENDING);
    assert_true(peak_kb() - before < 8192); /* lost blocks would have been more than 28 MB */
}

/* With no more memory to be had, pop still gives every event in order, and take_step says so and changes nothing.
 * The address space cannot be limited under a sanitizer. */
static void without_memory_nothing_is_lost(void **state)
{
#if defined(__SANITIZE_ADDRESS__)
    (void)state;
    skip();
#else
    (void)state;
    const size_t n_pushed = 300000; /* more than malloc can have left over */
    const shape shapes[] = { { .span = 1, .skew = 1.0, .start = 50 },
                             { .span = 1, .n_times = 1, .skew = 1.0, .start = 50 }, /* all in one piece of the step */
                             { .span = 3, .skew = 1.0, .start = 7000 } };           /* in a coarser level */
    for (size_t s = 0; s < N_OF(shapes); s++) {
        hk_queue *queue;
        assert_ok(hk_queue_create(NULL, RES_MS, &queue));
        hk_heap heap = { 0 };
        hk_stream stream = hk_stream_open(6, HK_PURPOSE_TEST, 6, 0);
        for (size_t i = 0; i < n_pushed; i++) {
            hk_event event = drawn(&stream, &shapes[s], shapes[s].start);
            push(queue, event);
            assert_ok(hk_heap_push(&heap, &event));
        }
        struct rlimit unlimited, none;
        getrlimit(RLIMIT_AS, &unlimited);
        none = unlimited;
        none.rlim_cur = 1;
        setrlimit(RLIMIT_AS, &none);
        const hk_event *events;
        size_t n, n_wrong = 0;
        int rc = hk_queue_take_step(queue, HK_STEP_NEVER, &events, &n);
        for (int i = 0; i < 60; i++) {
            hk_event want, got;
            n_wrong += !hk_queue_pop(queue, &got) || !hk_heap_pop(&heap, &want) || hk_event_compare(&got, &want) != 0;
        }
        setrlimit(RLIMIT_AS, &unlimited);
        assert_status(rc, HK_ENOMEM);
        assert_int_equal(n_wrong, 0);
        assert_int_equal(hk_queue_size(queue), heap.n);
        for (hk_event want; hk_heap_pop(&heap, &want);) {
            hk_event got = popped(queue);
            assert_same_time_and_source(&got, &want);
        }
        hk_heap_fini(&heap);
        hk_queue_destroy(queue);
    }
#endif
}

static void the_heap_pops_in_order(void **state)
{
    (void)state;
    hk_heap heap = { 0 };
    const shape of = { .span = 9, .n_times = 5, .skew = 1.0 };
    hk_stream stream = hk_stream_open(9, HK_PURPOSE_TEST, 7, 0);
    hk_event last, next;
    assert_false(hk_heap_pop(&heap, &last));
    for (size_t n = 1; n < 600; n += 7) {
        for (size_t i = 0; i < n; i++) {
            hk_event event = drawn(&stream, &of, -4);
            assert_ok(hk_heap_push(&heap, &event));
        }
        assert_true(hk_heap_pop(&heap, &last));
        for (size_t i = 1; i < n; i++) {
            assert_true(hk_heap_pop(&heap, &next));
            assert_true(hk_event_compare(&last, &next) <= 0);
            last = next;
        }
        assert_int_equal(heap.n, 0);
    }
    hk_heap_fini(&heap);
    hk_heap_fini(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_resolution_that_is_none),
        cmocka_unit_test(the_heap_pops_in_order),
        FRESH(an_empty_queue_has_no_next_step_and_pops_nothing),
        FRESH(equal_times_pop_by_kind_group_source_and_slot),
        FRESH(the_last_instant_of_a_step_comes_before_the_first_of_the_next),
        FRESH(steps_at_both_ends_of_time_keep_their_order),
        FRESH(an_event_before_those_already_taken_comes_next),
        FRESH(a_taken_step_merges_what_was_pushed_into_it_late),
        FRESH(looking_at_the_next_step_does_not_move_the_queue),
        FRESH(the_push_order_cannot_be_seen_in_the_pop_order),
        FRESH(a_stale_stamp_comes_out_for_its_owner_to_drop),
        FRESH(a_copy_pushed_elsewhere_continues_the_same),
        FRESH(clear_leaves_an_empty_queue_that_works),
        FRESH(memory_stays_bounded_over_many_holds),
        cmocka_unit_test(without_memory_nothing_is_lost),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
