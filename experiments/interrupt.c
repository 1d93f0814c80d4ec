/* experiments/interrupt.c - see interrupt.h. */
#include "experiments/interrupt.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

static const int numbers[2] = { SIGINT, SIGTERM };

struct hk_interrupt {
    uv_signal_t signals[2];
    int n_open;
    int n_seen;
    void (*call)(void *user);
    void *user;
};

static void on_signal(uv_signal_t *handle, int number)
{
    hk_interrupt *interrupt = handle->data;
    (void)number;
    if (interrupt->n_seen++ > 0)
        _exit(130); /* the user has lost patience; files are sound up to their last flush */
    interrupt->call(interrupt->user);
}

static void on_closed(uv_handle_t *handle)
{
    hk_interrupt *interrupt = handle->data;
    if (--interrupt->n_open > 0)
        return;
    for (int k = 0; k < 2; k++) /* libuv has set them to end the program */
        signal(numbers[k], SIG_IGN);
    free(interrupt);
}

int hk_interrupt_open(hk_ctx *ctx, struct uv_loop_s *loop, void (*call)(void *user), void *user, hk_interrupt **out)
{
    *out = NULL;
    hk_interrupt *interrupt = calloc(1, sizeof *interrupt);
    if (interrupt == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory to watch for signals");
    interrupt->call = call;
    interrupt->user = user;
    for (int k = 0; k < 2; k++) {
        uv_signal_t *handle = &interrupt->signals[k];
        int rc = uv_signal_init(loop, handle);
        if (rc == 0) {
            handle->data = interrupt;
            interrupt->n_open++;
            rc = uv_signal_start(handle, on_signal, numbers[k]);
        }
        if (rc != 0) {
            if (interrupt->n_open == 0)
                free(interrupt);
            else
                hk_interrupt_close(interrupt);
            return hk_fail(ctx, HK_EIO, "cannot watch for signals: %s", uv_strerror(rc));
        }
        uv_unref((uv_handle_t *)handle);
    }
    *out = interrupt;
    return HK_OK;
}

void hk_interrupt_close(hk_interrupt *interrupt)
{
    for (int k = 0, n = interrupt == NULL ? 0 : interrupt->n_open; k < n; k++)
        uv_close((uv_handle_t *)&interrupt->signals[k], on_closed);
}
