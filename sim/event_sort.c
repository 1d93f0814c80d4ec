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

/* Of events alike in all but source and slot. */
static inline bool is_before_in_burst(const hk_event *a, const hk_event *b)
{
    return a->source != b->source ? a->source < b->source : a->slot < b->slot;
}

/* What a look at a burst shows. */
typedef struct burst {
    bool alike;           /* in all but source and slot */
    bool ordered;         /* each source is above the one before */
    uint32_t least, most; /* sources */
} burst;

static burst look_at(const hk_event *events, size_t n)
{
    const hk_event *first = &events[0];
    burst seen = { .alike = true, .ordered = true, .least = first->source, .most = first->source };
    uint32_t before = first->source;
    for (size_t i = 1; i < n; i++) {
        const hk_event *e = &events[i];
        seen.alike &= (e->offset == first->offset) & (e->kind == first->kind) & (e->group == first->group);
        seen.ordered &= e->source > before;
        before = e->source;
        seen.least = before < seen.least ? before : seen.least;
        seen.most = before > seen.most ? before : seen.most;
    }
    return seen;
}

/* A population that fires at once differs in the source alone: spread by that as a step is by the offset. */
void hk_events_sort_burst(hk_event *events, size_t n, hk_event *scratch, uint32_t *ends)
{
    burst seen = look_at(events, n);
    if (seen.alike && seen.ordered)
        return;
    if (!seen.alike || seen.least == seen.most || n > UINT32_MAX / 2) {
        hk_events_merge_sort(events, n, scratch);
        return;
    }
    size_t n_sub = 2 * n;
    uint64_t scale = ((uint64_t)n_sub << 32) / ((uint64_t)(seen.most - seen.least) + 1); /* fixed point */
    memset(ends, 0, n_sub * sizeof *ends);
    for (size_t i = 0; i < n; i++)
        ends[(events[i].source - seen.least) * scale >> 32]++;
    if (hk_sizes_to_ends(ends, n_sub) > HK_SMALL_RUN) {
        hk_events_merge_sort(events, n, scratch);
        return;
    }
    for (size_t i = n; i-- > 0;)
        scratch[--ends[(events[i].source - seen.least) * scale >> 32]] = events[i];
    for (size_t i = 0; i < n; i++) { /* back, by insertion */
        size_t hole = i;
        for (; hole > 0 && is_before_in_burst(&scratch[i], &events[hole - 1]); hole--)
            events[hole] = events[hole - 1];
        events[hole] = scratch[i];
    }
}
