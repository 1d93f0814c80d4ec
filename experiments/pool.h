/* experiments/pool.h - libuv's thread pool, from within a trial: for experiments that consist of many trials of their own. */
#ifndef HK_POOL_H
#define HK_POOL_H

#include "sim/status.h"

/** Calls work(user) n_threads times at once, on the calling thread and on threads of the pool, and returns when all have returned.
 *  Where fewer threads of the pool are free, some calls begin when others have ended; at least one must be, now or later, unless
 *  n_threads is 1. HK_EIO, HK_ENOMEM: nothing was called. */
HK_MUST_CHECK int hk_pool_run(hk_ctx *ctx, unsigned n_threads, void (*work)(void *user), void *user);

#endif
