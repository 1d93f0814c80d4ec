/* experiments/interrupt.h - SIGINT and SIGTERM through libuv: the first asks the run to save and end, the second ends
 * the program at once with 130. */
#ifndef HK_INTERRUPT_H
#define HK_INTERRUPT_H

#include "sim/status.h"

struct uv_loop_s;

typedef struct hk_interrupt hk_interrupt;

/** Watches both signals on `loop`, without keeping it alive; `call` runs on the loop's thread at the first of them.
 *  HK_ENOMEM, HK_EIO. */
HK_MUST_CHECK int hk_interrupt_open(hk_ctx *ctx, struct uv_loop_s *loop, void (*call)(void *user), void *user,
                                    hk_interrupt **out);
/** When the loop has run once more, both signals are ignored, so that what a run has found is still written; and it is freed. NULL
 *  is fine. */
void hk_interrupt_close(hk_interrupt *interrupt);

#endif
