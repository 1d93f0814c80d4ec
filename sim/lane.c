/* sim/lane.c - see lane.h. */
#include "sim/lane.h"

#include "sim/event_sort.h"

#include <stdlib.h>
#include <string.h>

int hk_lane_reserve(hk_lane *lane, size_t n)
{
    if (lane->begin == lane->end)
        lane->begin = lane->end = 0;
    if (lane->end + n <= lane->capacity)
        return HK_OK;
    size_t waiting = lane->end - lane->begin;
    if (lane->begin > 0) {
        memmove(lane->events, lane->events + lane->begin, waiting * sizeof *lane->events);
        lane->begin = 0;
        lane->end = waiting;
    }
    if (waiting + n <= lane->capacity / 2) /* moved for good */
        return HK_OK;
    size_t capacity = 2 * (waiting + n) + 64;
    hk_event *events = realloc(lane->events, capacity * sizeof *events);
    if (events == NULL)
        return HK_ENOMEM;
    lane->events = events;
    lane->capacity = capacity;
    return HK_OK;
}

/* Spreads n events over 2 n buckets of equal time, in order of arrival within each, and sorts what shares a bucket.
 * The events are dead afterwards: their space serves for merging. */
static void spread(hk_event *events, size_t n, int64_t first, int64_t last, uint32_t *start, hk_event *out)
{
    size_t n_buckets = 2 * n;
    double scale = (double)(n_buckets - 1) / ((double)(last - first) + 1.0);
    memset(start, 0, (n_buckets + 1) * sizeof *start);
    for (size_t k = 0; k < n; k++)
        start[(size_t)((double)(events[k].step - first) * scale) + 1]++;
    (void)hk_sizes_to_ends(start, n_buckets + 1); /* of the bucket before: where each starts */
    for (size_t k = 0; k < n; k++)
        out[start[(size_t)((double)(events[k].step - first) * scale)]++] = events[k]; /* starts become ends */
    for (size_t b = 0, begin = 0; b < n_buckets; begin = start[b++]) {
        if (start[b] - begin > HK_SMALL_RUN) /* bursts, mostly in order of their source already */
            hk_events_merge_sort(out + begin, start[b] - begin, events);
        else if (start[b] - begin > 1)
            hk_events_insertion_sort(out + begin, start[b] - begin);
    }
}

/* Sees to it that all events, and n_starts starts of buckets, have their space. */
static int reserve_spare(hk_lane *lane, size_t n_starts)
{
    if (lane->spare_capacity < lane->capacity) {
        free(lane->spare);
        lane->spare = malloc(lane->capacity * sizeof *lane->spare);
        lane->spare_capacity = lane->spare == NULL ? 0 : lane->capacity;
    }
    if (lane->start_capacity < n_starts) {
        free(lane->start);
        lane->start = malloc(2 * n_starts * sizeof *lane->start);
        lane->start_capacity = lane->start == NULL ? 0 : 2 * n_starts;
    }
    return lane->spare == NULL || lane->start_capacity < n_starts ? HK_ENOMEM : HK_OK;
}

static int sort(hk_lane *lane)
{
    size_t n = lane->end - lane->begin;
    hk_event *events = lane->events + lane->begin;
    if (n <= HK_SMALL_RUN) {
        hk_events_insertion_sort(events, n);
        lane->unsorted = false;
        return HK_OK;
    }
    bool countable = n <= UINT32_MAX / 2; /* in starts of buckets */
    if (reserve_spare(lane, countable ? 2 * n + 1 : 0) != HK_OK)
        return HK_ENOMEM;
    if (!countable) {
        hk_events_merge_sort(events, n, lane->spare);
        lane->unsorted = false;
        return HK_OK;
    }
    int64_t first = events[0].step, last = first;
    for (size_t k = 1; k < n; k++) {
        first = events[k].step < first ? events[k].step : first;
        last = events[k].step > last ? events[k].step : last;
    }
    spread(events, n, first, last, lane->start, lane->spare);
    hk_event *sorted = lane->spare;
    size_t capacity = lane->spare_capacity;
    lane->spare = lane->events;
    lane->spare_capacity = lane->capacity;
    lane->events = sorted;
    lane->capacity = capacity;
    lane->begin = 0;
    lane->end = n;
    lane->unsorted = false;
    return HK_OK;
}

int hk_lane_take(hk_lane *lane, int64_t end_step, const hk_event **events, size_t *n)
{
    int rc = lane->unsorted ? sort(lane) : HK_OK;
    if (rc != HK_OK)
        return rc;
    size_t end = lane->begin;
    while (end < lane->end && lane->events[end].step < end_step)
        end++;
    *events = lane->events + lane->begin;
    *n = end - lane->begin;
    lane->begin = end;
    return HK_OK;
}

int hk_lane_next_step(hk_lane *lane, int64_t *step)
{
    int rc = lane->unsorted ? sort(lane) : HK_OK;
    *step = rc == HK_OK && lane->begin < lane->end ? lane->events[lane->begin].step : HK_STEP_NEVER;
    return rc;
}

void hk_lane_clear(hk_lane *lane)
{
    lane->begin = lane->end = 0;
    lane->unsorted = false;
}

void hk_lane_fini(hk_lane *lane)
{
    free(lane->events);
    free(lane->spare);
    free(lane->start);
    *lane = (hk_lane){ 0 };
}
