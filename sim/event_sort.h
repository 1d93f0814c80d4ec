/* sim/event_sort.h - sorting events by hk_event_compare(), for queues whose events arrive almost in order.
 *
 * Private to the library. Whoever calls has spread the events over buckets of nearly equal time before: what is left is
 * short runs, for insertion, and bursts, of which all or most share one instant. All sorts are stable. */
#ifndef HK_EVENT_SORT_H
#define HK_EVENT_SORT_H

#include "sim/event.h"

#include <stdbool.h>
#include <stddef.h>

enum { HK_SMALL_RUN = 16 }; /* up to here insertion sorts fastest */

static inline bool hk_event_is_before(const hk_event *a, const hk_event *b)
{
    return hk_event_compare(a, b) < 0;
}

/** Sorts in a time that grows with the distance which events have to move; needs no space. */
static inline void hk_events_insertion_sort(hk_event *events, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (!hk_event_is_before(&events[i], &events[i - 1]))
            continue;
        hk_event moving = events[i];
        size_t hole = i;
        do {
            events[hole] = events[hole - 1];
            hole--;
        } while (hole > 0 && hk_event_is_before(&moving, &events[hole - 1]));
        events[hole] = moving;
    }
}

/** Sorts n events with scratch [n]. What is in order already, as bursts often are, costs one look. */
void hk_events_merge_sort(hk_event *events, size_t n, hk_event *scratch);

/** Sorts many events of one step and of nearly or exactly one offset, with scratch [n] and ends [2 n]. */
void hk_events_sort_burst(hk_event *events, size_t n, hk_event *scratch, uint32_t *ends);

/** Turns the sizes of n buckets into their ends; returns the largest size. */
uint32_t hk_sizes_to_ends(uint32_t *sizes, size_t n);

#endif
