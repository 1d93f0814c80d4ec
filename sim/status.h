/* sim/status.h - status codes and the error context.
 *
 * Every call that can fail returns HK_OK or a negative code and leaves one sentence in the context of its
 * simulation. The sentence lives in the context rather than in a thread-local variable, because a job may run
 * on one thread and be reported on another. */
#ifndef HK_STATUS_H
#define HK_STATUS_H

#define HK_MUST_CHECK __attribute__((warn_unused_result))
#define HK_PRINTF(text, first) __attribute__((format(printf, text, first)))

#define HK_STATUS_LIST(X)                                  \
    X(HK_OK, 0, "ok")                                      \
    X(HK_ENOMEM, -1, "out of memory")                      \
    X(HK_ERANGE, -2, "value outside its documented range") \
    X(HK_ENAME, -3, "no such name")                        \
    X(HK_EIO, -4, "input or output failed")                \
    X(HK_EFORMAT, -5, "file is not in the expected form")  \
    X(HK_ESTATE, -6, "call not allowed in this state")     \
    X(HK_EBLOWUP, -7, "the simulation left the finite numbers")

#define HK_STATUS_ENUM(name, value, text) name = value,
enum { HK_STATUS_LIST(HK_STATUS_ENUM) };
#undef HK_STATUS_ENUM

/** Error context of one simulation: the sentence of the last failure. Threads may fail at one time, one of their sentences
 *  stays; reading it is for when they have ended. */
typedef struct hk_ctx hk_ctx;

/** Returns a new context, or NULL when memory is out. */
hk_ctx *hk_ctx_create(void);
void hk_ctx_destroy(hk_ctx *ctx);

/** Stores the formatted sentence (at most 1023 bytes) and returns `status`. `ctx` may be NULL: nothing is stored. */
int hk_fail(hk_ctx *ctx, int status, const char *format, ...) HK_PRINTF(3, 4);

/** The sentence of the last failure, "" when there was none; valid until the next failure. */
const char *hk_ctx_message(const hk_ctx *ctx);
void hk_ctx_clear(hk_ctx *ctx);

/** The general meaning of a status code, "unknown status" for a number that is none. */
const char *hk_status_text(int status);

#endif
