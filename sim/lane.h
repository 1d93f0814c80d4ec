/* sim/lane.h - events that are added almost in order: a first-in, first-out line that sorts itself when it must.
 *
 * The spikes of a population leave in order of time, so those of a projection with one delay arrive in order too and
 * need no priority queue; nor do spikes that are all given beforehand. Order: hk_event_compare(). */
#ifndef HK_LANE_H
#define HK_LANE_H

#include "sim/event.h"
#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct hk_lane {
    hk_event *events; /* [capacity]; those waiting are begin ... end - 1 */
    size_t begin, end, capacity;
    bool unsorted;
    hk_event *spare; /* [spare_capacity] sorting: where the sorted events go */
    uint32_t *start; /* [start_capacity] sorting: where each bucket starts */
    size_t spare_capacity, start_capacity;
} hk_lane; /* zero-initialised: empty */

/** Makes room for n more, so that they can be added without failing. HK_ENOMEM. */
HK_MUST_CHECK int hk_lane_reserve(hk_lane *lane, size_t n);

/** Adds an event; room was reserved. */
static inline void hk_lane_add(hk_lane *lane, const hk_event *event)
{
    if (!lane->unsorted && lane->end > lane->begin && hk_event_compare(&lane->events[lane->end - 1], event) > 0)
        lane->unsorted = true;
    lane->events[lane->end++] = hk_event_read(event);
}

/** Adds an event that is known to come after all that wait; room was reserved. */
static inline void hk_lane_append(hk_lane *lane, const hk_event *event)
{
    lane->events[lane->end++] = hk_event_read(event);
}

/** Takes all events before `end_step`: a sorted view, borrowed until the next reserve. HK_ENOMEM. */
HK_MUST_CHECK int hk_lane_take(hk_lane *lane, int64_t end_step, const hk_event **events, size_t *n);

/** Step of the earliest event, HK_STEP_NEVER when there is none. May sort: HK_ENOMEM. */
HK_MUST_CHECK int hk_lane_next_step(hk_lane *lane, int64_t *step);

void hk_lane_clear(hk_lane *lane);
void hk_lane_fini(hk_lane *lane);

#endif
