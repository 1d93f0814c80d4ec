/* experiments/trials.h - runs trials on libuv's thread pool while the main thread draws progress and hears signals. */
#ifndef HK_TRIALS_H
#define HK_TRIALS_H

#include "experiments/run.h"

typedef struct hk_trials {
    hk_run **runs; /* [n], in the order of the seeds; NULL: not begun, because interrupted */
    size_t n;
    bool interrupted; /* a signal came */
} hk_trials;

/** Runs every trial of `request`, at most request->jobs at a time. HK_OK also when a trial failed or was interrupted: see
 *  its status; else HK_ENOMEM or HK_EIO from the program's own work. `out` is to be freed in any case. */
HK_MUST_CHECK int hk_trials_run(hk_ctx *ctx, const hk_request *request, hk_console *console, hk_trials *out);
void hk_trials_fini(hk_trials *trials);

#endif
