/* sim/queue_step.c - see queue_step.h. */
#include "sim/queue_step.h"

#include "sim/event_sort.h"

#include <stdlib.h>

enum {
    LONG_STEP = 1 << 14, /* above this it is sorted run by run */
    RUN_EVENTS = 1 << 9, /* the aim: space to sort so many fits the first cache */
};

_Static_assert((int)HK_FEW <= (int)HK_BLOCK_EVENTS, "a few events are in one block");

int hk_event_array_reserve(hk_event_array *array, size_t n, size_t n_kept)
{
    if (n <= array->capacity)
        return HK_OK;
    size_t capacity = n + n / 4 + 64;
    if (capacity > SIZE_MAX / sizeof(hk_event))
        return HK_ENOMEM;
    hk_event *events = malloc(capacity * sizeof *events);
    if (events == NULL)
        return HK_ENOMEM;
    if (n_kept > 0)
        memcpy(events, array->events, n_kept * sizeof *events);
    free(array->events);
    array->events = events;
    array->capacity = capacity;
    return HK_OK;
}

static int reserve_positions(hk_position_array *array, size_t n)
{
    if (n <= array->capacity)
        return HK_OK;
    size_t capacity = n + n / 4 + 64;
    if (capacity > SIZE_MAX / sizeof(uint32_t))
        return HK_ENOMEM;
    uint32_t *at = malloc(capacity * sizeof *at);
    if (at == NULL)
        return HK_ENOMEM;
    free(array->at);
    array->at = at;
    array->capacity = capacity;
    return HK_OK;
}

void hk_step_fini(hk_taken_step *step)
{
    free(step->sorted.events);
    free(step->scratch.events);
    free(step->ends.at);
    free(step->burst_ends.at);
    *step = (hk_taken_step){ 0 };
}

/* Equal parts of a step of which each ms has `per_ms`; the parts from `first` on are of interest. */
typedef struct parts {
    double per_ms;
    int64_t first;
    size_t n;
} parts;

static inline size_t part_of(const parts *p, double offset)
{
    return (size_t)((int64_t)(offset * p->per_ms) - p->first);
}

static size_t power_of_2_from(size_t n)
{
    size_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

/* 0, all in one part, for a resolution too small to divide by. */
static double parts_per_ms(size_t n, double resolution_ms)
{
    double per_ms = (double)n / resolution_ms;
    return per_ms < 1e280 ? per_ms : 0.0;
}

/* In what order a walk over a slot meets events that were pushed one after the other. */
typedef enum order { NEWEST_FIRST, OLDEST_FIRST } order;

/* Spreads the events of a slot over parts. Equal events stay in the order of their pushes: what came in order, as
 * bursts often do, is then found to be sorted. position [p->n + 3] becomes the starts of all parts but the last. */
static inline void spread(const hk_slot *slot, const parts *p, uint32_t *position, hk_event *out, order met)
{
    uint32_t *next = position + (met == NEWEST_FIRST ? 2 : 1); /* past the last, or the first, of each part */
    for (hk_chain c = hk_chain_start(slot); c.at != NULL; c = hk_chain_next(c)) {
        for (size_t e = c.n; e-- > 0;) {
            const hk_event *event = &c.at->events[e];
            size_t part = part_of(p, event->offset);
            out[met == NEWEST_FIRST ? --next[part] : next[part]++] = *event;
        }
    }
}

/* Each of a few events goes to its rank: without branches, of which insertion alone mispredicts many. */
static void sort_few(const hk_event *events, size_t n, hk_event *out)
{
    if (events[0].offset == events[n - 1].offset) { /* likely of one instant, and in order already */
        for (size_t i = 0; i < n; i++)
            out[i] = events[i];
    } else {
        for (size_t i = 0; i < n; i++) {
            double offset = events[i].offset;
            size_t rank = 0;
            for (size_t k = 0; k < i; k++)
                rank += events[k].offset <= offset;
            for (size_t k = i + 1; k < n; k++)
                rank += events[k].offset < offset;
            out[rank] = events[i];
        }
    }
    hk_events_insertion_sort(out, n); /* equal offsets */
}

/* Sorts the events of a slot to `out`: spread over as many parts as there are events, which leaves little to do where
 * offsets are even, and sorted apart where many share one. The slot stays as it is. */
static int sort_slot(hk_taken_step *step, const hk_slot *slot, const parts *p, order met, hk_event *out)
{
    size_t n = slot->n;
    if (n <= HK_FEW) {
        sort_few(slot->end - n, n, out); /* so few are in one block */
        return HK_OK;
    }
    assert(n <= UINT32_MAX);
    if (reserve_positions(&step->ends, p->n + 3) != HK_OK)
        return HK_ENOMEM;
    uint32_t *position = step->ends.at;
    memset(position, 0, (p->n + 3) * sizeof *position);
    for (hk_chain c = hk_chain_start(slot); c.at != NULL; c = hk_chain_next(c)) {
        hk_block_prefetch(c.at->older[HK_N_OLDER - 1]);
        for (size_t e = 0; e < c.n; e++)
            position[part_of(p, c.at->events[e].offset) + 2]++;
    }
    uint32_t most = hk_sizes_to_ends(position, p->n + 3);
    if (most > HK_SMALL_RUN && (hk_event_array_reserve(&step->scratch, most, 0) != HK_OK ||
                                reserve_positions(&step->burst_ends, 2 * (size_t)most) != HK_OK))
        return HK_ENOMEM;
    const uint32_t *start;
    if (met == NEWEST_FIRST) {
        spread(slot, p, position, out, NEWEST_FIRST);
        start = position + 2;
    } else {
        spread(slot, p, position, out, OLDEST_FIRST);
        start = position;
    }
    size_t n_sorted = 0;
    if (most > HK_SMALL_RUN) {
        for (size_t i = 0; i <= p->n; i++) {
            size_t n_here = (i < p->n ? start[i + 1] : (uint32_t)n) - start[i];
            if (n_here <= HK_SMALL_RUN)
                continue;
            hk_events_insertion_sort(out + n_sorted, start[i] - n_sorted);
            hk_events_sort_burst(out + start[i], n_here, step->scratch.events, step->burst_ends.at);
            n_sorted = start[i] + n_here;
        }
    }
    hk_events_insertion_sort(out + n_sorted, n - n_sorted);
    return HK_OK;
}

void hk_step_expect(hk_taken_step *step, const hk_slot *next)
{
    step->ahead = next != NULL && next->n > HK_FEW ? hk_slot_last(next) : NULL;
    step->ahead_bytes = 0;
}

int hk_step_load(hk_taken_step *step, hk_block_pool *pool, const hk_slot *slot)
{
    assert(hk_step_is_over(step));
    size_t n = slot->n;
    step->ahead = NULL;
    step->at = step->end = step->sorted.events;
    if (n <= LONG_STEP) {
        parts p = { .n = power_of_2_from(n) };
        p.per_ms = parts_per_ms(p.n, step->resolution_ms);
        if (hk_event_array_reserve(&step->sorted, n, 0) != HK_OK ||
            sort_slot(step, slot, &p, NEWEST_FIRST, step->sorted.events) != HK_OK) {
            step->at = step->end = step->sorted.events;
            return HK_ENOMEM;
        }
        step->at = step->sorted.events;
        step->end = step->at + n;
        hk_slot_clear(&(hk_slot){ .end = slot->end, .n = n }, pool);
        return HK_OK;
    }
    size_t n_runs = power_of_2_from(n / RUN_EVENTS);
    n_runs = n_runs < HK_MAX_RUNS ? n_runs : HK_MAX_RUNS;
    if (hk_blocks_reserve(pool, n_runs + 2) != HK_OK) /* the first of each run; from then on one is freed for one */
        return HK_ENOMEM;
    step->runs_per_ms = parts_per_ms(n_runs, step->resolution_ms);
    for (hk_chain c = hk_chain_start(slot); c.at != NULL; c = hk_chain_release(c, pool)) {
        const hk_block *ahead = c.at->older[HK_N_OLDER - 1];
        ahead = ahead != NULL ? ahead : c.at;
        __builtin_prefetch(ahead); /* its header; the rest line by line, a whole block at once would wait in a queue */
        for (size_t e = c.n; e-- > 0;) {
            const hk_event *event = &c.at->events[e];
            __builtin_prefetch(&ahead->events[e]);
            hk_slot_add(&step->runs[hk_step_run_of(step, event->offset)], pool, event);
        }
    }
    step->n_in_runs = n;
    step->next_run = 0;
    return HK_OK;
}

static void skip_empty_runs(hk_taken_step *step)
{
    while (step->runs[step->next_run].n == 0)
        step->next_run++;
}

int hk_step_sort_run(hk_taken_step *step, hk_block_pool *pool)
{
    skip_empty_runs(step);
    hk_slot *run = &step->runs[step->next_run];
    size_t n = run->n;
    size_t n_kept = (size_t)(step->end - step->at);
    if (n_kept == 0)
        step->at = step->end = step->sorted.events;
    size_t n_before = (size_t)(step->end - step->sorted.events), n_popped = (size_t)(step->at - step->sorted.events);
    if (hk_event_array_reserve(&step->sorted, n_before + n, n_before) != HK_OK)
        return HK_ENOMEM;
    step->at = step->sorted.events + n_popped;
    step->end = step->sorted.events + n_before;
    parts p = { .n = power_of_2_from(n) };
    p.per_ms = step->runs_per_ms * (double)p.n;
    p.first = (int64_t)(step->next_run * p.n);
    if (sort_slot(step, run, &p, OLDEST_FIRST, step->end) != HK_OK)
        return HK_ENOMEM;
    step->end += n;
    step->n_in_runs -= n;
    hk_slot_clear(run, pool);
    step->next_run++;
    if (step->n_in_runs > 0) {
        skip_empty_runs(step);
        hk_step_expect(step, &step->runs[step->next_run]);
    }
    return HK_OK;
}

int hk_step_sort_all(hk_taken_step *step, hk_block_pool *pool)
{
    while (step->n_in_runs > 0)
        if (hk_step_sort_run(step, pool) != HK_OK)
            return HK_ENOMEM;
    return HK_OK;
}

hk_event *hk_step_earliest(hk_taken_step *step)
{
    skip_empty_runs(step);
    return hk_slot_earliest(&step->runs[step->next_run]);
}

void hk_step_remove_earliest(hk_taken_step *step, hk_block_pool *pool, hk_event *earliest)
{
    step->ahead = NULL;
    hk_slot_remove(&step->runs[step->next_run], pool, earliest);
    step->n_in_runs--;
}

hk_event *hk_step_copy(const hk_taken_step *step, hk_event *out)
{
    size_t n_sorted = (size_t)(step->end - step->at);
    if (n_sorted > 0)
        memcpy(out, step->at, n_sorted * sizeof *out);
    out += n_sorted;
    if (step->n_in_runs > 0)
        for (size_t i = step->next_run; i <= HK_MAX_RUNS; i++)
            out = hk_slot_copy(&step->runs[i], out);
    return out;
}

void hk_step_clear(hk_taken_step *step, hk_block_pool *pool)
{
    if (step->n_in_runs > 0)
        for (size_t i = step->next_run; i <= HK_MAX_RUNS; i++)
            hk_slot_clear(&step->runs[i], pool);
    step->n_in_runs = 0;
    step->at = step->end = step->sorted.events;
    step->ahead = NULL;
}
