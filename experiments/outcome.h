/* experiments/outcome.h - a results file of a run that records no spikes. */
#ifndef HK_OUTCOME_H
#define HK_OUTCOME_H

#include "experiments/experiment.h"
#include "sim/results.h"

/** Creates the run's output file, signed with version, command, seed and config, to be added to and closed; with
 *  HK_EIO or HK_ENOMEM *out is NULL. */
HK_MUST_CHECK int hk_outcome_open(hk_run *run, hk_results **out);

#endif
