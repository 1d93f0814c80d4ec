/* sim/heap.h - a 4-ary heap of events in the order of hk_event_compare().
 *
 * Holds the few events a population makes for itself inside a window (predicted spikes, ends of refractoriness),
 * and is the oracle that the queue of queue.h is tested against. */
#ifndef HK_HEAP_H
#define HK_HEAP_H

#include "sim/event.h"
#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct hk_heap {
    hk_event *events; /* [capacity], the earliest first */
    size_t n, capacity;
} hk_heap; /* zero-initialised: empty */

HK_MUST_CHECK int hk_heap_push(hk_heap *heap, const hk_event *event);
bool hk_heap_pop(hk_heap *heap, hk_event *out);
void hk_heap_fini(hk_heap *heap);

#endif
