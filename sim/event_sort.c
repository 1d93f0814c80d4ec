/* sim/event_sort.c - see event_sort.h. */
#include "sim/event_sort.h"

#include <string.h>

/* `b` ends where the space at `out` ends: what is left of it is in its place. */
static void merge(const hk_event *a, size_t n_a, const hk_event *b, size_t n_b, hk_event *out)
{
    const hk_event *a_end = a + n_a, *b_end = b + n_b;
    while (a != a_end && b != b_end)
        *out++ = hk_event_is_before(b, a) ? *b++ : *a++;
    memcpy(out, a, (size_t)(a_end - a) * sizeof *a);
}

void hk_events_merge_sort(hk_event *events, size_t n, hk_event *scratch)
{
    if (n <= HK_SMALL_RUN) {
        hk_events_insertion_sort(events, n);
        return;
    }
    size_t half = n / 2;
    hk_events_merge_sort(events, half, scratch);
    hk_events_merge_sort(events + half, n - half, scratch);
    if (!hk_event_is_before(&events[half], &events[half - 1]))
        return;
    memcpy(scratch, events, half * sizeof *events);
    merge(scratch, half, events + half, n - half, events);
}

uint32_t hk_sizes_to_ends(uint32_t *sizes, size_t n)
{
    uint32_t end = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        most = sizes[i] > most ? sizes[i] : most;
        end += sizes[i];
        sizes[i] = end;
    }
    return most;
}

/* A population that fires at once differs in the source alone: spread by that as a step is by the offset. */
void hk_events_sort_burst(hk_event *events, size_t n, hk_event *scratch, uint32_t *ends)
{
    bool ordered = true, alike = true;
    uint32_t least = events[0].source, most = least;
    for (size_t i = 1; i < n; i++) {
        const hk_event *e = &events[i];
        ordered = ordered && !hk_event_is_before(e, e - 1);
        alike = alike && e->offset == events[0].offset && e->kind == events[0].kind && e->group == events[0].group;
        least = e->source < least ? e->source : least;
        most = e->source > most ? e->source : most;
    }
    if (ordered)
        return;
    if (alike && least < most) {
        size_t n_sub = 2 * n;
        double scale = (double)(n_sub - 1) / (double)(most - least);
        memset(ends, 0, n_sub * sizeof *ends);
        for (size_t i = 0; i < n; i++)
            ends[(size_t)((double)(events[i].source - least) * scale)]++;
        if (hk_sizes_to_ends(ends, n_sub) <= HK_SMALL_RUN) {
            for (size_t i = n; i-- > 0;)
                scratch[--ends[(size_t)((double)(events[i].source - least) * scale)]] = events[i];
            memcpy(events, scratch, n * sizeof *events);
            hk_events_insertion_sort(events, n);
            return;
        }
    }
    hk_events_merge_sort(events, n, scratch);
}
