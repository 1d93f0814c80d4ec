/* sim/event.h - what the queues hold: a spike on its way, or something a neuron will do by itself.
 *
 * The queue holds one entry per (spike, distinct delay), never one per synapse; it is fanned out at delivery.
 * Events have a total order taken from their content: time, kind, group, source, slot. Whoever pushed first
 * does not matter, so neither do threads. */
#ifndef HK_EVENT_H
#define HK_EVENT_H

#include "sim/time.h"

#include <stdint.h>

/* At one instant a neuron first leaves refractoriness, then sums what arrives, then fires what was predicted. */
typedef enum hk_event_kind {
    HK_EVENT_RELEASE = 0, /* source: the neuron whose refractory period ends */
    HK_EVENT_ARRIVAL = 1, /* group: projection, source: presynaptic neuron, slot: which of its delays */
    HK_EVENT_SPIKE = 2,   /* source: the neuron that will spike unless `stamp` has become stale */
} hk_event_kind;

typedef struct hk_event {
    int64_t step;
    double offset; /* ms, in (0, resolution] */
    uint16_t kind;
    uint16_t slot;
    uint32_t group;
    uint32_t source;
    uint32_t stamp; /* generation: not part of the order; compared by the owner when the event is popped */
} hk_event;

_Static_assert(sizeof(hk_event) == 32, "two events a cache line");

static inline hk_time hk_event_time(const hk_event *event)
{
    return (hk_time){ .step = event->step, .offset = event->offset };
}

/* A copy of an event field by field: it was often written field by field a moment ago, and a load wider than the
 * store before it has to wait until that store has left the core. */
static inline hk_event hk_event_read(const volatile hk_event *event)
{
    return (hk_event){ .step = event->step,
                       .offset = event->offset,
                       .kind = event->kind,
                       .slot = event->slot,
                       .group = event->group,
                       .source = event->source,
                       .stamp = event->stamp };
}

/** -1, 0 or 1: the total order. 0 only for events equal in all but their stamp. */
static inline int hk_event_compare(const hk_event *a, const hk_event *b)
{
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    return 0;
}

#endif
