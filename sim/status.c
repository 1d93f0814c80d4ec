/* sim/status.c - see status.h. */
#include "sim/status.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct hk_ctx {
    pthread_mutex_t writing;
    char message[1024];
};

hk_ctx *hk_ctx_create(void)
{
    hk_ctx *ctx = calloc(1, sizeof *ctx);
    if (ctx != NULL)
        pthread_mutex_init(&ctx->writing, NULL);
    return ctx;
}

void hk_ctx_destroy(hk_ctx *ctx)
{
    if (ctx != NULL)
        pthread_mutex_destroy(&ctx->writing);
    free(ctx);
}

int hk_fail(hk_ctx *ctx, int status, const char *format, ...)
{
    if (ctx == NULL)
        return status;
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&ctx->writing);
    vsnprintf(ctx->message, sizeof ctx->message, format, args);
    pthread_mutex_unlock(&ctx->writing);
    va_end(args);
    return status;
}

const char *hk_ctx_message(const hk_ctx *ctx)
{
    return ctx == NULL ? "" : ctx->message;
}

void hk_ctx_clear(hk_ctx *ctx)
{
    if (ctx != NULL)
        ctx->message[0] = '\0';
}

const char *hk_status_text(int status)
{
    switch (status) {
#define HK_STATUS_CASE(name, value, text) \
    case name:                            \
        return text;
        HK_STATUS_LIST(HK_STATUS_CASE)
#undef HK_STATUS_CASE
    default:
        return "unknown status";
    }
}
