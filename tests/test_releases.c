/* tests/test_releases.c - the order in which neurons are let go, against a heap. */
#include "tests/sim_rig.h"

#include "sim/releases.h"
#include "sim/rng.h"

enum { N = 20000 };

/* Held at `step` for about `hold` steps: `spread` steps more or less, at one of `offsets` times in the step. */
static hk_event release_of(hk_stream *draw, int64_t step, uint32_t neuron, uint64_t spread, uint64_t offsets)
{
    return (hk_event){ .step = step + 20 + (int64_t)hk_stream_below(draw, spread + 1),
                       .offset = 0.1 / (double)(1 + hk_stream_below(draw, offsets)),
                       .kind = HK_EVENT_RELEASE,
                       .source = neuron };
}

static void assert_same_first(const hk_releases *releases, const hk_heap *oracle)
{
    const hk_event *first = hk_releases_first(releases);
    if (oracle->n == 0)
        assert_null(first);
    else
        assert_int_equal(hk_event_compare(first, &oracle->events[0]), 0);
}

static void push_both(hk_releases *releases, hk_heap *oracle, const hk_event *event)
{
    assert_int_equal(hk_releases_push(releases, event), HK_OK);
    assert_int_equal(hk_heap_push(oracle, event), HK_OK);
    assert_same_first(releases, oracle);
}

static void pop_until(hk_releases *releases, hk_heap *oracle, int64_t step)
{
    hk_event expected;
    while (oracle->n > 0 && oracle->events[0].step <= step) {
        assert_true(hk_heap_pop(oracle, &expected));
        hk_releases_pop(releases);
        assert_same_first(releases, oracle);
    }
}

static void neurons_are_let_go_in_the_order_of_their_times(void **state)
{
    (void)state;
    const struct {
        uint64_t spread, offsets, most_a_step;
    } cases[] = { { 0, 1, 30 }, { 0, 1, 1 }, { 3, 1, 30 }, { 40, 4, 30 }, { 0, 4, 300 } };
    for (size_t c = 0; c < N_OF(cases); c++) {
        hk_releases releases = { 0 };
        hk_heap oracle = { 0 };
        hk_stream draw = hk_stream_open(7, HK_PURPOSE_TEST, c, 0);
        uint32_t n = 0;
        for (int64_t step = 0; n < N; step++) {
            pop_until(&releases, &oracle, step);
            uint64_t now = hk_stream_below(&draw, cases[c].most_a_step + 1);
            for (uint32_t neuron = 0; neuron < now; neuron++, n++) {
                hk_event event = release_of(&draw, step, neuron, cases[c].spread, cases[c].offsets);
                push_both(&releases, &oracle, &event);
            }
        }
        pop_until(&releases, &oracle, INT64_MAX);
        assert_null(hk_releases_first(&releases));
        hk_releases_fini(&releases);
        hk_heap_fini(&oracle);
    }
}

/* What is asked of it for speed: equal times of holding take no heap, and no more room than are held at once. */
static void equal_times_need_no_heap_and_little_room(void **state)
{
    (void)state;
    hk_releases releases = { 0 };
    for (int64_t step = 0; step < N; step++) {
        for (const hk_event *first; (first = hk_releases_first(&releases)) != NULL && first->step <= step;)
            hk_releases_pop(&releases);
        for (uint32_t neuron = 0; neuron < 5; neuron++) {
            hk_event event = { .step = step + 20, .offset = 0.1, .kind = HK_EVENT_RELEASE, .source = neuron };
            assert_int_equal(hk_releases_push(&releases, &event), HK_OK);
        }
    }
    assert_int_equal(releases.others.n, 0);
    assert_int_equal(releases.others.capacity, 0);
    assert_true(releases.capacity <= 4 * 5 * 20);
    hk_releases_fini(&releases);
}

static void what_is_cleared_is_empty_and_can_be_used_again(void **state)
{
    (void)state;
    hk_releases releases = { 0 };
    for (int64_t k = 0; k < 100; k++) {
        hk_event event = { .step = k % 10, .offset = 0.1, .kind = HK_EVENT_RELEASE, .source = (uint32_t)k };
        assert_int_equal(hk_releases_push(&releases, &event), HK_OK);
    }
    hk_releases_clear(&releases);
    assert_null(hk_releases_first(&releases));
    hk_event event = { .step = 3, .offset = 0.1, .kind = HK_EVENT_RELEASE, .source = 1 };
    assert_int_equal(hk_releases_push(&releases, &event), HK_OK);
    assert_int_equal(hk_releases_first(&releases)->step, 3);
    hk_releases_pop(&releases);
    assert_null(hk_releases_first(&releases));
    hk_releases_fini(&releases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neurons_are_let_go_in_the_order_of_their_times),
        cmocka_unit_test(equal_times_need_no_heap_and_little_room),
        cmocka_unit_test(what_is_cleared_is_empty_and_can_be_used_again),
    };
    return cmocka_run_group_tests_name("releases", tests, NULL, NULL);
}
