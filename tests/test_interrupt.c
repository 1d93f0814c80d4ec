/* tests/test_interrupt.c - the first SIGINT or SIGTERM asks a run to end; none does harm when it is over. */
#include "tests/hk_test.h"

#include "experiments/interrupt.h"

#include <signal.h>
#include <uv.h>

static void count(void *user)
{
    ++*(int *)user;
}

static void tick(uv_timer_t *timer)
{
    (void)timer;
}

static void a_signal_calls_once_and_after_the_end_does_nothing(void **state)
{
    static const int numbers[] = { SIGINT, SIGTERM };
    (void)state;
    for (size_t k = 0; k < N_OF(numbers); k++) {
        uv_loop_t loop;
        uv_timer_t timer; /* keeps the loop alive */
        hk_interrupt *interrupt;
        int n_calls = 0;
        assert_int_equal(uv_loop_init(&loop), 0);
        uv_timer_init(&loop, &timer);
        uv_timer_start(&timer, tick, 1, 1);
        assert_ok(hk_interrupt_open(NULL, &loop, count, &n_calls, &interrupt));
        raise(numbers[k]);
        for (int turn = 0; turn < 1000 && n_calls == 0; turn++)
            uv_run(&loop, UV_RUN_ONCE);
        assert_int_equal(n_calls, 1);
        hk_interrupt_close(interrupt);
        uv_close((uv_handle_t *)&timer, NULL);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&loop), 0);
        raise(SIGINT); /* this test would end here */
        raise(SIGTERM);
        assert_int_equal(n_calls, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_calls_once_and_after_the_end_does_nothing),
    };
    return cmocka_run_group_tests_name("interrupt", tests, NULL, NULL);
}
