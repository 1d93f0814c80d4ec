/* sim/inbox.h - all that arrives at a population before the end of a window, in order.
 *
 * Projections with one delay wait in lanes, the others in the population's queue of spike times; here they are merged. */
#ifndef HK_INBOX_H
#define HK_INBOX_H

#include "sim/event.h"
#include "sim/projection.h"
#include "sim/status.h"

#include <stddef.h>

typedef struct hk_run_of_events {
    const hk_event *events;
    size_t n;
} hk_run_of_events;

typedef struct hk_inbox {
    hk_run_of_events *runs; /* [capacity_runs] */
    size_t n_runs, capacity_runs;
    hk_event *events[3]; /* [capacity[k]]: from the queue, and two to merge between */
    size_t capacity[3];
} hk_inbox; /* zero-initialised: empty */

/** Takes from the lanes and the queue of `population` what comes before `end_step`: a sorted view, borrowed until the
 *  next call and until spikes are sent. HK_ENOMEM. */
HK_MUST_CHECK int hk_inbox_gather(hk_population *population, int64_t end_step, const hk_event **events, size_t *n);
void hk_inbox_fini(hk_inbox *inbox);

#endif
