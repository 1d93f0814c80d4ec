/* tests/test_pool.c - the parts of an experiment on libuv's pool. */
#include "tests/hk_test.h"

#include "experiments/pool.h"

#include <pthread.h>

typedef struct tally {
    pthread_mutex_t lock;
    unsigned n_calls, n_on_caller, next, sum;
    pthread_t caller;
} tally;

static void work(void *user)
{
    tally *t = user;
    pthread_mutex_lock(&t->lock);
    t->n_calls++;
    t->n_on_caller += pthread_equal(pthread_self(), t->caller) != 0;
    for (; t->next < 1000; t->next++) /* the first to come does it all */
        t->sum += t->next;
    pthread_mutex_unlock(&t->lock);
}

static tally tally_of(unsigned n_threads)
{
    tally t = { .caller = pthread_self() };
    hk_ctx *ctx = hk_ctx_create();
    pthread_mutex_init(&t.lock, NULL);
    assert_status(hk_pool_run(ctx, n_threads, work, &t), HK_OK);
    pthread_mutex_destroy(&t.lock);
    hk_ctx_destroy(ctx);
    return t;
}

static void all_calls_have_returned_when_it_returns(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 9; n++) { /* more than the pool has threads, too */
        tally t = tally_of(n);
        assert_int_equal(t.n_calls, n);
        assert_int_equal(t.sum, 499500);
    }
}

static void the_calling_thread_works_once(void **state)
{
    (void)state;
    assert_int_equal(tally_of(1).n_on_caller, 1);
    assert_int_equal(tally_of(3).n_on_caller, 1);
}

static void work_within(void *user)
{
    tally *t = user, inner = tally_of(3);
    pthread_mutex_lock(&t->lock);
    t->sum += inner.n_calls;
    pthread_mutex_unlock(&t->lock);
}

static void work_on_the_pool_may_use_the_pool_itself(void **state)
{
    (void)state;
    tally t = { .n_calls = 0 };
    hk_ctx *ctx = hk_ctx_create();
    pthread_mutex_init(&t.lock, NULL);
    assert_status(hk_pool_run(ctx, 2, work_within, &t), HK_OK);
    assert_int_equal(t.sum, 6);
    pthread_mutex_destroy(&t.lock);
    hk_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_calls_have_returned_when_it_returns),
        cmocka_unit_test(the_calling_thread_works_once),
        cmocka_unit_test(work_on_the_pool_may_use_the_pool_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
