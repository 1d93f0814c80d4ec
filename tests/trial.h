/* tests/trial.h - runs an experiment in this process from the arguments of `hillock run`, and reads its summary. */
#ifndef HK_TRIAL_H
#define HK_TRIAL_H

#include "tests/hk_test.h"

#include "experiments/catalogue.h"
#include "experiments/run.h"
#include "experiments/summary_tree.h"

typedef struct trial {
    hk_ctx *ctx;
    hk_console *console;
    hk_request request;
    hk_run *run;
} trial;

static inline void trial_open(trial *t, const char *const *arguments)
{
    hk_catalogue catalogue = hk_experiments();
    int n = 0;
    while (arguments[n] != NULL)
        n++;
    *t = (trial){ .ctx = hk_ctx_create(), .console = hk_console_create(NULL, NULL) };
    if (hk_request_read(t->ctx, &catalogue, n, (char *const *)arguments, &t->request) != HK_OK ||
        hk_run_create(t->ctx, &t->request, t->request.seeds[0], t->console, &t->run) != HK_OK)
        fail_msg("%s", hk_ctx_message(t->ctx));
}

static inline void trial_close(trial *t)
{
    hk_run_destroy(t->run);
    hk_request_fini(&t->request);
    hk_console_destroy(t->console);
    hk_ctx_destroy(t->ctx);
}

/* Runs it and leaves it open to be asked. */
static inline void run_it(trial *t, const char *const *arguments, int expected)
{
    trial_open(t, arguments);
    hk_run_execute(t->run);
    if (hk_run_status(t->run) != expected)
        fail_msg("%s gave %d (%s)", arguments[0], hk_run_status(t->run), hk_run_message(t->run));
}

static inline void assert_says(const trial *t, const char *part)
{
    if (strstr(hk_run_message(t->run), part) == NULL)
        fail_msg("the message is '%s', without '%s'", hk_run_message(t->run), part);
}

static inline const hk_summary *value_of(const trial *t, const char *key)
{
    const hk_summary *value = hk_summary_find(hk_run_summary(t->run), key);
    if (value == NULL)
        fail_msg("the summary has no '%s'", key);
    return value;
}

static inline double number_of(const trial *t, const char *key)
{
    return value_of(t, key)->number;
}

static inline double part_of(const trial *t, const char *key, const char *part)
{
    const hk_summary *value = hk_summary_find(value_of(t, key), part);
    assert_non_null(value);
    return value->number;
}

#define ARGUMENTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
