/* sim/inbox.c - see inbox.h. */
#include "sim/inbox.h"

#include "sim/storage.h"

#include <stdlib.h>
#include <string.h>

enum { QUEUED, MERGED, SPARE };

static int reserve(hk_inbox *inbox, int which, size_t n)
{
    if (n <= inbox->capacity[which])
        return HK_OK;
    hk_event *events = realloc(inbox->events[which], 2 * n * sizeof *events);
    if (events == NULL)
        return HK_ENOMEM;
    inbox->events[which] = events;
    inbox->capacity[which] = 2 * n;
    return HK_OK;
}

static int add_run(hk_inbox *inbox, const hk_event *events, size_t n)
{
    if (n == 0)
        return HK_OK;
    if (inbox->n_runs == inbox->capacity_runs) {
        size_t capacity = 2 * inbox->capacity_runs + 8;
        hk_run_of_events *runs = realloc(inbox->runs, capacity * sizeof *runs);
        if (runs == NULL)
            return HK_ENOMEM;
        inbox->runs = runs;
        inbox->capacity_runs = capacity;
    }
    inbox->runs[inbox->n_runs++] = (hk_run_of_events){ .events = events, .n = n };
    return HK_OK;
}

static int take_queued(hk_population *p, int64_t end_step)
{
    hk_inbox *inbox = &p->inbox;
    size_t total = 0;
    for (;;) {
        const hk_event *events;
        size_t n;
        int rc = hk_queue_take_step(p->queue, end_step, &events, &n);
        if (rc == HK_OK && n > 0)
            rc = reserve(inbox, QUEUED, total + n);
        if (rc != HK_OK)
            return rc;
        if (n == 0)
            return add_run(inbox, inbox->events[QUEUED], total);
        memcpy(inbox->events[QUEUED] + total, events, n * sizeof *events);
        total += n;
    }
}

static void merge(hk_run_of_events a, hk_run_of_events b, hk_event *out)
{
    const hk_event *a_end = a.events + a.n, *b_end = b.events + b.n;
    while (a.events != a_end && b.events != b_end)
        *out++ = hk_event_compare(b.events, a.events) < 0 ? *b.events++ : *a.events++;
    memcpy(out, a.events, (size_t)(a_end - a.events) * sizeof *out);
    out += a_end - a.events;
    memcpy(out, b.events, (size_t)(b_end - b.events) * sizeof *out);
}

/* Merges neighbouring runs until one is left: log2(runs) passes. */
static int merge_all(hk_inbox *inbox)
{
    size_t total = 0;
    for (size_t k = 0; k < inbox->n_runs; k++)
        total += inbox->runs[k].n;
    int rc = reserve(inbox, MERGED, total);
    if (rc == HK_OK)
        rc = reserve(inbox, SPARE, total);
    for (int into = MERGED; rc == HK_OK && inbox->n_runs > 1; into = into == MERGED ? SPARE : MERGED) {
        hk_event *out = inbox->events[into];
        size_t n_left = 0;
        for (size_t k = 0; k < inbox->n_runs; k += 2) {
            hk_run_of_events a = inbox->runs[k];
            hk_run_of_events b = k + 1 < inbox->n_runs ? inbox->runs[k + 1]
                                                       : (hk_run_of_events){ .events = a.events, .n = 0 };
            merge(a, b, out);
            inbox->runs[n_left++] = (hk_run_of_events){ .events = out, .n = a.n + b.n };
            out += a.n + b.n;
        }
        inbox->n_runs = n_left;
    }
    return rc;
}

int hk_inbox_gather(hk_population *population, int64_t end_step, const hk_event **events, size_t *n)
{
    hk_inbox *inbox = &population->inbox;
    inbox->n_runs = 0;
    *n = 0;
    int rc = take_queued(population, end_step);
    for (size_t k = 0; rc == HK_OK && k < population->n_in; k++) {
        const hk_event *waiting;
        size_t n_waiting = 0;
        rc = hk_lane_take(&population->in[k]->lane, end_step, &waiting, &n_waiting);
        if (rc == HK_OK)
            rc = add_run(inbox, waiting, n_waiting);
    }
    if (rc == HK_OK && inbox->n_runs > 1)
        rc = merge_all(inbox);
    if (rc == HK_OK && inbox->n_runs == 1) {
        *events = inbox->runs[0].events;
        *n = inbox->runs[0].n;
    }
    return rc;
}

void hk_inbox_fini(hk_inbox *inbox)
{
    free(inbox->runs);
    for (int k = 0; k < 3; k++)
        free(inbox->events[k]);
    *inbox = (hk_inbox){ 0 };
}
