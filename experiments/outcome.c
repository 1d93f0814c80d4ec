/* experiments/outcome.c - see outcome.h. */
#include "experiments/outcome.h"

int hk_outcome_open(hk_run *run, hk_results **out)
{
    hk_recorder *recorder = NULL;
    *out = NULL;
    hk_recorder_config config = { .path = hk_run_out(run), .queue_bytes = 1 << 16, .flush_interval_s = 1.0 };
    int rc = hk_recorder_create(hk_run_ctx(run), &config, &recorder);
    if (rc == HK_OK)
        rc = hk_run_sign(run, recorder);
    if (rc == HK_OK)
        rc = hk_recorder_start(recorder);
    int closed = recorder != NULL ? hk_recorder_close(recorder) : HK_OK;
    if (rc == HK_OK)
        rc = closed;
    return rc == HK_OK ? hk_results_open(hk_run_ctx(run), hk_run_out(run), HK_RESULTS_ADD, out) : rc;
}
