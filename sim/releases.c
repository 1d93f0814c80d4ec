/* sim/releases.c - see releases.h. */
#include "sim/releases.h"

#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

/* Room behind the last one: what has been taken away is used again when it is half of all. */
static int make_room(hk_releases *r)
{
    if (r->end < r->capacity)
        return HK_OK;
    if (r->begin > 0 && r->begin >= r->capacity / 2) {
        memmove(r->queue, r->queue + r->begin, (r->end - r->begin) * sizeof *r->queue);
        r->end -= r->begin;
        r->begin = 0;
        return HK_OK;
    }
    hk_event *queue = hk_memory_grow(r->queue, &r->capacity, r->end + 1, sizeof *queue);
    if (queue == NULL)
        return HK_ENOMEM;
    r->queue = queue;
    return HK_OK;
}

int hk_releases_push(hk_releases *r, const hk_event *event)
{
    if (r->begin < r->end && hk_event_compare(event, &r->queue[r->end - 1]) < 0)
        return hk_heap_push(&r->others, event);
    int rc = make_room(r);
    if (rc == HK_OK)
        r->queue[r->end++] = *event;
    return rc;
}

const hk_event *hk_releases_first(const hk_releases *r)
{
    const hk_event *queued = r->begin < r->end ? &r->queue[r->begin] : NULL;
    const hk_event *other = r->others.n > 0 ? &r->others.events[0] : NULL;
    if (queued == NULL || other == NULL)
        return queued != NULL ? queued : other;
    return hk_event_compare(queued, other) <= 0 ? queued : other;
}

void hk_releases_pop(hk_releases *r)
{
    hk_event taken;
    if (r->begin < r->end && hk_releases_first(r) == &r->queue[r->begin])
        r->begin++;
    else
        (void)hk_heap_pop(&r->others, &taken);
}

void hk_releases_clear(hk_releases *r)
{
    r->begin = r->end = 0;
    r->others.n = 0;
}

void hk_releases_fini(hk_releases *r)
{
    free(r->queue);
    hk_heap_fini(&r->others);
    *r = (hk_releases){ 0 };
}
