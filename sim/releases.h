/* sim/releases.h - when which neurons are let go, earliest first, in the order of hk_event_compare().
 *
 * Neurons that are held equally long are let go in the order in which they were held: such a queue takes no comparisons
 * but one. Those that come before the last one in it stand in a heap beside it. */
#ifndef HK_RELEASES_H
#define HK_RELEASES_H

#include "sim/heap.h"

typedef struct hk_releases {
    hk_event *queue; /* [capacity], begin ... end - 1 ascending */
    size_t begin, end, capacity;
    hk_heap others;
} hk_releases; /* zero-initialised: empty */

/** HK_ENOMEM, which leaves the others. */
HK_MUST_CHECK int hk_releases_push(hk_releases *releases, const hk_event *event);
/** The earliest; NULL: there is none. Valid until the next push. */
const hk_event *hk_releases_first(const hk_releases *releases);
/** Takes the earliest away, which must exist. */
void hk_releases_pop(hk_releases *releases);
void hk_releases_clear(hk_releases *releases);
void hk_releases_fini(hk_releases *releases);

#endif
