/* tests/test_lane.c - a lane gives back what it was given, in the order of a sorted copy, whatever came when.
 *
 * The stamp is no part of the order, so it marks each event: nothing may be lost, doubled or changed. */
#include "tests/hk_test.h"

#include "sim/lane.h"
#include "sim/rng.h"

enum { MOST = 20000 };

static hk_event event_at(int64_t step, double offset, uint32_t source)
{
    return (
        hk_event){ .step = step, .offset = offset, .kind = HK_EVENT_ARRIVAL, .slot = 3, .group = 2, .source = source };
}

static void add(hk_lane *lane, const hk_event *event)
{
    assert_ok(hk_lane_reserve(lane, 1));
    hk_lane_add(lane, event);
}

static int by_order(const void *a, const void *b)
{
    return hk_event_compare(a, b);
}

/* What waits, kept as a plain array that is sorted again for each question. */
typedef struct oracle {
    hk_event events[MOST];
    size_t n;
} oracle;

static void oracle_add(oracle *o, const hk_event *event)
{
    assert_true(o->n < MOST);
    o->events[o->n++] = *event;
}

/* Takes from both and compares bit for bit. */
static void assert_take_agrees(hk_lane *lane, oracle *o, int64_t end_step)
{
    qsort(o->events, o->n, sizeof *o->events, by_order);
    int64_t next = 0;
    assert_ok(hk_lane_next_step(lane, &next));
    assert_true(next == (o->n > 0 ? o->events[0].step : HK_STEP_NEVER));
    size_t due = 0, n = 77;
    while (due < o->n && o->events[due].step < end_step)
        due++;
    const hk_event *events = NULL;
    assert_ok(hk_lane_take(lane, end_step, &events, &n));
    assert_int_equal(n, due);
    if (n > 0)
        assert_memory_equal(events, o->events, n * sizeof *events);
    memmove(o->events, o->events + due, (o->n - due) * sizeof *o->events);
    o->n -= due;
}

/* Events with distinct content: `kind` of order chooses step and offset, source and stamp number them. */
static hk_event draw(hk_stream *stream, int64_t first, uint64_t steps, uint32_t number)
{
    hk_event event = event_at(first + (int64_t)hk_stream_below(stream, steps), 0.1 * hk_stream_uniform(stream), number);
    if (hk_stream_below(stream, 4) == 0)
        event.offset = 0.0385; /* equal times: the source decides */
    event.stamp = number ^ 0x2385u;
    return event;
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void an_empty_lane_has_nothing_and_never_will(void **state)
{
    (void)state;
    hk_lane lane = { 0 };
    const hk_event *events;
    size_t n = 9;
    int64_t step = 0;
    assert_ok(hk_lane_take(&lane, INT64_MAX, &events, &n));
    assert_int_equal(n, 0);
    assert_ok(hk_lane_next_step(&lane, &step));
    assert_true(step == HK_STEP_NEVER);
    hk_lane_fini(&lane);
}

static void events_in_order_stay_as_they_are(void **state)
{
    (void)state;
    hk_lane lane = { 0 };
    static oracle o;
    o.n = 0;
    for (uint32_t k = 0; k < 1000; k++) {
        hk_event event = event_at(k / 7, 0.01 * (k % 7 + 1), k);
        add(&lane, &event);
        oracle_add(&o, &event);
    }
    assert_false(lane.unsorted);
    assert_take_agrees(&lane, &o, 38);
    assert_take_agrees(&lane, &o, INT64_MAX);
    assert_null(lane.spare); /* nothing was sorted */
    hk_lane_fini(&lane);
}

static void any_number_of_events_in_any_order_comes_out_sorted(void **state)
{
    static const size_t sizes[] = { 1, 2, 3, 15, 16, 17, 18, 100, 1003, 19997 };
    static const uint64_t spans[] = { 1, 2, 35, 100000, (uint64_t)1 << 50 };
    static oracle o;
    (void)state;
    for (size_t s = 0; s < N_OF(sizes); s++)
        for (size_t k = 0; k < N_OF(spans); k++) {
            hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, s, (uint32_t)k);
            hk_lane lane = { 0 };
            o.n = 0;
            assert_ok(hk_lane_reserve(&lane, sizes[s]));
            for (uint32_t i = 0; i < sizes[s]; i++) {
                hk_event event = draw(&stream, -(int64_t)spans[k] / 2, spans[k], i);
                hk_lane_add(&lane, &event);
                oracle_add(&o, &event);
            }
            assert_take_agrees(&lane, &o, 0); /* the earlier half, then the others */
            assert_take_agrees(&lane, &o, INT64_MAX);
            assert_int_equal(o.n, 0);
            hk_lane_fini(&lane);
        }
}

/* All in a few steps, far apart: most buckets are empty, a few hold more than insertion sort is for. */
static void bursts_are_sorted_whether_they_come_in_order_or_not(void **state)
{
    static oracle o;
    (void)state;
    for (uint32_t way = 0; way < 3; way++) {
        hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 77, way);
        hk_lane lane = { 0 };
        o.n = 0;
        for (uint32_t burst = 0; burst < 12; burst++)
            for (uint32_t k = 0; k < 200; k++) {
                uint32_t number = way == 0 ? k : way == 1 ? 200 - k : (uint32_t)hk_stream_below(&stream, 1u << 30);
                hk_event event = event_at(1000003 * (int64_t)(12 - burst), 0.0385, number);
                event.group = burst % 2;
                add(&lane, &event);
                oracle_add(&o, &event);
            }
        assert_true(lane.unsorted);
        for (int64_t end = 0; o.n > 0; end += 1700000)
            assert_take_agrees(&lane, &o, end);
        hk_lane_fini(&lane);
    }
}

static void time_then_kind_group_source_and_slot_decide(void **state)
{
    (void)state;
    static oracle o;
    hk_lane lane = { 0 };
    o.n = 0;
    for (uint32_t k = 0; k < 1024;
         k++) { /* every combination of two values of five fields, scrambled, and 32 offsets */
        uint32_t bits = (k * 385u + 77u) % 1024u;
        hk_event event = { .step = 5 - (bits & 1),
                           .offset = 0.001 * (1.0 + (bits >> 5)),
                           .kind = (bits >> 1) & 1,
                           .group = (bits >> 2) & 1,
                           .source = (bits >> 3) & 1,
                           .slot = (bits >> 4) & 1,
                           .stamp = k };
        add(&lane, &event);
        oracle_add(&o, &event);
    }
    assert_take_agrees(&lane, &o, 5);
    assert_take_agrees(&lane, &o, 6);
    assert_int_equal(o.n, 0);
    hk_lane_fini(&lane);
}

static void taking_ends_before_the_step_and_the_rest_waits(void **state)
{
    (void)state;
    hk_lane lane = { 0 };
    const hk_event *events;
    size_t n;
    int64_t step;
    for (uint32_t k = 0; k < 5; k++) {
        hk_event event = event_at(10 * (5 - (int64_t)k), 0.1, k);
        add(&lane, &event);
    }
    assert_ok(hk_lane_take(&lane, 10, &events, &n));
    assert_int_equal(n, 0);
    assert_ok(hk_lane_take(&lane, 11, &events, &n));
    assert_int_equal(n, 1);
    assert_int_equal(events[0].source, 4);
    assert_ok(hk_lane_next_step(&lane, &step));
    assert_true(step == 20);
    assert_ok(hk_lane_take(&lane, 41, &events, &n));
    assert_int_equal(n, 3);
    assert_int_equal(events[2].source, 1);
    hk_lane_clear(&lane);
    assert_ok(hk_lane_next_step(&lane, &step));
    assert_true(step == HK_STEP_NEVER);
    hk_lane_fini(&lane);
}

static void reserving_keeps_what_waits(void **state)
{
    (void)state;
    static oracle o;
    hk_lane lane = { 0 };
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 8, 0);
    o.n = 0;
    for (uint32_t k = 0; k < 100; k++) {
        hk_event event = draw(&stream, 0, 1000, k);
        add(&lane, &event);
        oracle_add(&o, &event);
    }
    assert_take_agrees(&lane, &o, 400); /* a gap at the beginning: reserving moves the rest */
    for (size_t more = 1; more < 100000; more *= 7) {
        assert_ok(hk_lane_reserve(&lane, more));
        assert_true(lane.capacity - lane.end >= more);
        hk_event event = draw(&stream, 0, 1000, (uint32_t)(1000 + more));
        hk_lane_add(&lane, &event);
        oracle_add(&o, &event);
    }
    assert_take_agrees(&lane, &o, 700);
    assert_ok(hk_lane_reserve(&lane, 1));
    assert_take_agrees(&lane, &o, INT64_MAX);
    hk_lane_fini(&lane);
}

/* As a simulation uses it: a few arrive, those of the next window leave, for a long time. */
static void a_thousand_windows_agree_and_the_room_stays_small(void **state)
{
    (void)state;
    static oracle o;
    hk_lane lane = { 0 };
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 9, 0);
    uint32_t number = 0;
    o.n = 0;
    for (int64_t window = 0; window < 1000; window++) {
        size_t n = (size_t)hk_stream_below(&stream, 70);
        uint64_t reach = window % 3 == 0 ? 1 : 60; /* in order or not */
        assert_ok(hk_lane_reserve(&lane, n));
        for (size_t k = 0; k < n; k++) {
            hk_event event = draw(&stream, 15 * window + (reach == 1 ? (int64_t)(k / 5) : 0), reach, number++);
            hk_lane_add(&lane, &event);
            oracle_add(&o, &event);
        }
        if (window % 10 != 9) /* sometimes nothing is taken */
            assert_take_agrees(&lane, &o, 15 * (window + 1));
    }
    assert_take_agrees(&lane, &o, INT64_MAX);
    assert_true(lane.capacity < 4000);
    hk_lane_fini(&lane);
}

static void a_cleared_lane_sorts_anew(void **state)
{
    (void)state;
    static oracle o;
    hk_lane lane = { 0 };
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 10, 0);
    for (uint32_t round = 0; round < 4; round++) {
        o.n = 0;
        for (uint32_t k = 0; k < 300; k++) {
            hk_event event = draw(&stream, 0, 50, k);
            add(&lane, &event);
            oracle_add(&o, &event);
        }
        if (round % 2 == 1)
            assert_take_agrees(&lane, &o, 25);
        hk_lane_clear(&lane);
        assert_false(lane.unsorted);
    }
    hk_event late = event_at(9, 0.1, 1), early = event_at(8, 0.1, 2);
    o.n = 0;
    add(&lane, &late);
    add(&lane, &early);
    oracle_add(&o, &late);
    oracle_add(&o, &early);
    assert_take_agrees(&lane, &o, INT64_MAX);
    hk_lane_fini(&lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_lane_has_nothing_and_never_will),
        cmocka_unit_test(events_in_order_stay_as_they_are),
        cmocka_unit_test(any_number_of_events_in_any_order_comes_out_sorted),
        cmocka_unit_test(bursts_are_sorted_whether_they_come_in_order_or_not),
        cmocka_unit_test(time_then_kind_group_source_and_slot_decide),
        cmocka_unit_test(taking_ends_before_the_step_and_the_rest_waits),
        cmocka_unit_test(reserving_keeps_what_waits),
        cmocka_unit_test(a_thousand_windows_agree_and_the_room_stays_small),
        cmocka_unit_test(a_cleared_lane_sorts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
