/* experiments/pool.c - see pool.h. The calling thread is mostly one of the pool's itself (trials.h), so it works, too, and the pool,
 * which has a thread for each of `--jobs`, is just large enough. */
#include "experiments/pool.h"

#include <stdlib.h>
#include <uv.h>

typedef struct call {
    uv_work_t request;
    void (*work)(void *user);
    void *user;
} call;

static void begin(uv_work_t *request)
{
    const call *c = request->data;
    c->work(c->user);
}

static void finished(uv_work_t *request, int status)
{
    (void)request;
    (void)status; /* never cancelled */
}

int hk_pool_run(hk_ctx *ctx, unsigned n_threads, void (*work)(void *user), void *user)
{
    uv_loop_t loop;
    call *calls = calloc(n_threads, sizeof *calls);
    if (calls == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for %u threads", n_threads);
    int uv = uv_loop_init(&loop);
    if (uv != 0) {
        free(calls);
        return hk_fail(ctx, HK_EIO, "cannot start an event loop: %s", uv_strerror(uv));
    }
    for (unsigned k = 1; k < n_threads; k++) {
        calls[k] = (call){ .work = work, .user = user };
        calls[k].request.data = &calls[k];
        (void)uv_queue_work(&loop, &calls[k].request, begin, finished); /* fails for want of a function only */
    }
    work(user);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    free(calls);
    return HK_OK;
}
