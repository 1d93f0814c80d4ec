/* tests/cut.h - runs that are stopped in the middle. */
#ifndef HK_CUT_H
#define HK_CUT_H

#include "tests/hk_scratch.h"
#include "tests/trial.h"

#include <pthread.h>

typedef struct stopper {
    trial *t;
    const char *saved;
} stopper;

static inline void *stop_when_saved(void *user)
{
    const stopper *s = user;
    while (!file_exists(s->saved))
        sleep_ms(1.0);
    hk_run_stop(s->t->run);
    return NULL;
}

/** Runs until a first checkpoint is there, and stops, before `key` is in the summary. */
static inline void cut(const char *const *arguments, const char *saved, const char *key)
{
    trial t;
    pthread_t thread;
    remove(saved);
    trial_open(&t, arguments);
    stopper s = { .t = &t, .saved = saved };
    assert_int_equal(pthread_create(&thread, NULL, stop_when_saved, &s), 0);
    hk_run_execute(t.run);
    pthread_join(thread, NULL);
    assert_int_equal(hk_run_status(t.run), HK_OK);
    assert_null(hk_summary_find(hk_run_summary(t.run), key));
    trial_close(&t);
}

#endif
