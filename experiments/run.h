/* experiments/run.h - one trial, as the program sees it; experiments see experiment.h. */
#ifndef HK_RUN_H
#define HK_RUN_H

#include "experiments/progress.h"
#include "experiments/request.h"

/** Makes a trial of `request` with one of its seeds; creates the folders of its files. HK_ENOMEM, HK_EIO. */
HK_MUST_CHECK int hk_run_create(hk_ctx *ctx, const hk_request *request, uint64_t seed, hk_console *console,
                                hk_run **out);
void hk_run_destroy(hk_run *run);

/** Runs the experiment on the calling thread and stores its status. */
void hk_run_execute(hk_run *run);
/** From another thread: makes hk_run_stopping() true and stops the simulation being watched. */
void hk_run_stop(hk_run *run);

int hk_run_status(const hk_run *run); /* HK_OK before and after a run that went well */
const char *hk_run_message(const hk_run *run);
const hk_progress *hk_run_progress_of(const hk_run *run);
/** Has a checkpoint been written since the trial began? */
bool hk_run_has_saved(const hk_run *run);

/** Adds the keys of one trial that the program knows (wall_s, cpu_s, energy_proxy_events, out, ...), then the
 *  experiment's. */
void hk_run_fill(const hk_run *run, hk_summary *summary);
/** Adds the experiment's parameters as an object, numbers as numbers. */
void hk_request_fill(const hk_request *request, hk_summary *parameters);

#endif
