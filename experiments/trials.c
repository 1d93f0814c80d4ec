/* experiments/trials.c - see trials.h. Trials share nothing but the console; what a trial computes depends on its
 * seed alone, not on its neighbours or its thread. */
#include "experiments/trials.h"

#include "experiments/interrupt.h"

#include <stdlib.h>
#include <uv.h>

#define DRAW_INTERVAL_MS 200

typedef struct series series;

typedef struct job {
    uv_work_t work;
    series *series;
    hk_run *run;
    bool is_running;
} job;

struct series {
    uv_loop_t loop;
    uv_timer_t timer;
    hk_interrupt *interrupt;
    hk_ctx *ctx;
    const hk_request *request;
    hk_console *console;
    hk_trials *trials;
    job *jobs;                    /* [n_seeds] */
    const hk_progress **progress; /* [n_seeds], room for drawing */
    size_t next, n_running, n_done;
    int rc; /* the program's own failure */
};

static void work(uv_work_t *request)
{
    job *j = request->data;
    hk_run_execute(j->run);
}

static void after_work(uv_work_t *request, int status);

static void start_next(series *s)
{
    while (s->rc == HK_OK && !s->trials->interrupted && s->n_running < s->request->jobs &&
           s->next < s->request->n_seeds) {
        job *j = &s->jobs[s->next];
        s->rc = hk_run_create(s->ctx, s->request, s->request->seeds[s->next], s->console, &s->trials->runs[s->next]);
        if (s->rc != HK_OK)
            break;
        *j = (job){ .series = s, .run = s->trials->runs[s->next], .is_running = true };
        j->work.data = j;
        s->next++;
        int rc = uv_queue_work(&s->loop, &j->work, work, after_work);
        if (rc != 0) {
            j->is_running = false;
            s->rc = hk_fail(s->ctx, HK_EIO, "cannot start a trial: %s", uv_strerror(rc));
            break;
        }
        s->n_running++;
    }
    if (s->n_running == 0) {
        uv_close((uv_handle_t *)&s->timer, NULL);
        hk_interrupt_close(s->interrupt);
    }
}

static void after_work(uv_work_t *request, int status)
{
    job *j = request->data;
    series *s = j->series;
    (void)status; /* never cancelled */
    j->is_running = false;
    s->n_running--;
    s->n_done++;
    start_next(s);
}

static void stop_all(series *s)
{
    for (size_t k = 0; k < s->next; k++)
        if (s->jobs[k].is_running)
            hk_run_stop(s->jobs[k].run);
}

static void on_interrupt(void *user)
{
    series *s = user;
    s->trials->interrupted = true;
    hk_console_clear(s->console);
    fputs("hillock: interrupted, saving; once more ends at once\n", stderr);
    stop_all(s);
}

static void on_timer(uv_timer_t *timer)
{
    series *s = timer->data;
    size_t n = 0;
    for (size_t k = 0; k < s->next; k++)
        if (s->jobs[k].is_running)
            s->progress[n++] = hk_run_progress_of(s->jobs[k].run);
    hk_console_draw(s->console, s->progress, n, s->n_done, s->request->n_seeds);
    if (s->trials->interrupted) /* again, for a simulation that was just about to begin a run */
        stop_all(s);
}

/* libuv reads the size of its pool from the environment, once, when the pool is first used. */
static void size_pool(unsigned jobs)
{
    char text[16];
    snprintf(text, sizeof text, "%u", jobs);
    setenv("UV_THREADPOOL_SIZE", text, 1);
}

static int run_loop(series *s)
{
    int rc = hk_interrupt_open(s->ctx, &s->loop, on_interrupt, s, &s->interrupt);
    uv_timer_init(&s->loop, &s->timer);
    s->timer.data = s;
    uv_timer_start(&s->timer, on_timer, DRAW_INTERVAL_MS, DRAW_INTERVAL_MS);
    if (rc == HK_OK)
        start_next(s);
    else
        uv_close((uv_handle_t *)&s->timer, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    return rc != HK_OK ? rc : s->rc;
}

int hk_trials_run(hk_ctx *ctx, const hk_request *request, hk_console *console, hk_trials *out)
{
    *out = (hk_trials){ .n = request->n_seeds, .runs = calloc(request->n_seeds, sizeof *out->runs) };
    series s = { .ctx = ctx,
                 .request = request,
                 .console = console,
                 .trials = out,
                 .jobs = calloc(request->n_seeds, sizeof *s.jobs),
                 .progress = calloc(request->n_seeds, sizeof *s.progress) };
    int rc;
    if (out->runs == NULL || s.jobs == NULL || s.progress == NULL) {
        rc = hk_fail(ctx, HK_ENOMEM, "no memory for %zu trials", request->n_seeds);
        goto done;
    }
    size_pool(request->jobs);
    int uv = uv_loop_init(&s.loop);
    if (uv != 0) {
        rc = hk_fail(ctx, HK_EIO, "cannot start the event loop: %s", uv_strerror(uv));
        goto done;
    }
    rc = run_loop(&s);
    uv_loop_close(&s.loop);
done:
    hk_console_clear(console);
    free(s.progress);
    free(s.jobs);
    return rc;
}

void hk_trials_fini(hk_trials *trials)
{
    for (size_t k = 0; k < trials->n && trials->runs != NULL; k++)
        hk_run_destroy(trials->runs[k]);
    free(trials->runs);
    *trials = (hk_trials){ 0 };
}
