/* sim/queue.c - see queue.h.
 *
 * Events lie in the wheel until their step is the earliest, then in `step`, which is sorted as it is popped; the base of
 * the wheel is that step. What is pushed before base, or into what is sorted already, waits in the heap `late` and is
 * merged on the way out. Two events that differ in their stamp alone may leave in either order.
 *
 * Invariant: while `step` is not over, the slot of base in the wheel is empty. */
#include "sim/queue.h"

#include "sim/event_sort.h"
#include "sim/heap.h"
#include "sim/queue_step.h"
#include "sim/queue_wheel.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum {
    START_STEP = -1, /* the step that ends at time 0 */
    FETCH_EVERY = 4, /* pops */
    FETCH_BYTES = 256,
};

struct hk_queue {
    hk_taken_step step;
    hk_wheel wheel;
    hk_heap late;
    hk_event_array merged; /* the view of a step that late events came into */
};

int hk_queue_create(hk_ctx *ctx, double resolution_ms, hk_queue **out)
{
    *out = NULL;
    if (!(resolution_ms > 0.0 && isfinite(resolution_ms)))
        return hk_fail(ctx, HK_ERANGE, "queue: resolution_ms = %g, must be finite and > 0", resolution_ms);
    hk_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL || hk_wheel_init(&queue->wheel, START_STEP) != HK_OK) {
        hk_queue_destroy(queue);
        return hk_fail(ctx, HK_ENOMEM, "queue: no memory for the wheel");
    }
    queue->step.resolution_ms = resolution_ms;
    *out = queue;
    return HK_OK;
}

void hk_queue_destroy(hk_queue *queue)
{
    if (queue == NULL)
        return;
    hk_step_fini(&queue->step);
    hk_wheel_fini(&queue->wheel);
    hk_heap_fini(&queue->late);
    free(queue->merged.events);
    free(queue);
}

/* An event at base or before: of the step that is being taken, or late, or the first of a queue that starts anew. */
static int push_early(hk_queue *queue, const hk_event *event, uint64_t key)
{
    uint64_t start = hk_key_of(START_STEP);
    hk_wheel *wheel = &queue->wheel;
    if (hk_queue_size(queue) == 0) /* nothing ties an empty queue to its base */
        wheel->base = key < start ? key : start;
    else if (key < wheel->base)
        return hk_heap_push(&queue->late, event);
    hk_taken_step *step = &queue->step;
    if (hk_step_is_over(step))
        return hk_wheel_push(wheel, event, key);
    size_t run = step->n_in_runs > 0 ? hk_step_run_of(step, event->offset) : 0;
    if (step->n_in_runs == 0 || run < step->next_run)
        return hk_heap_push(&queue->late, event);
    if (hk_blocks_reserve(&wheel->pool, 1) != HK_OK)
        return HK_ENOMEM;
    hk_slot_add(&step->runs[run], &wheel->pool, event);
    step->n_in_runs++;
    return HK_OK;
}

int hk_queue_push(hk_queue *queue, const hk_event *event)
{
    assert(event->offset > 0.0 && event->offset <= queue->step.resolution_ms);
    uint64_t key = hk_key_of(event->step);
    if (key <= queue->wheel.base)
        return push_early(queue, event, key);
    return hk_wheel_push(&queue->wheel, event, key);
}

size_t hk_queue_size(const hk_queue *queue)
{
    return hk_step_size(&queue->step) + queue->wheel.n + queue->late.n;
}

int64_t hk_queue_next_step(hk_queue *queue)
{
    int64_t step = HK_STEP_NEVER;
    if (!hk_step_is_over(&queue->step))
        step = hk_step_of(queue->wheel.base);
    else if (queue->wheel.n > 0)
        step = hk_step_of(hk_wheel_first(&queue->wheel));
    if (queue->late.n > 0 && queue->late.events[0].step < step)
        step = queue->late.events[0].step;
    return step;
}

/* The slot that comes after the step at base, or NULL; one of a higher level is yet to be spread. */
static const hk_slot *slot_after(const hk_wheel *wheel)
{
    const hk_level *level = wheel->levels[0];
    if (level->used_words == 0)
        return NULL;
    return &level->slots[hk_level_next_used(level, wheel->base % HK_WHEEL_SLOTS)];
}

/* Takes the earliest step of the wheel. HK_ENOMEM leaves all events where they were. */
static int load_step(hk_queue *queue)
{
    hk_wheel *wheel = &queue->wheel;
    queue->step.ahead = NULL;
    if (hk_wheel_advance(wheel, hk_wheel_first(wheel)) != HK_OK)
        return HK_ENOMEM;
    size_t at = wheel->base % HK_WHEEL_SLOTS;
    hk_slot *slot = &wheel->levels[0]->slots[at];
    size_t n = slot->n;
    int rc = hk_step_load(&queue->step, &wheel->pool, slot);
    if (rc == HK_OK) {
        hk_level_mark_empty(wheel->levels[0], at);
        wheel->n -= n;
    }
    return rc;
}

/* Sees to it that the earliest event is sorted, or late. */
static int refill(hk_queue *queue)
{
    hk_taken_step *step = &queue->step;
    if (step->n_in_runs == 0) {
        if (queue->wheel.n == 0 ||
            (queue->late.n > 0 && hk_wheel_first(&queue->wheel) > hk_key_of(queue->late.events[0].step)))
            return HK_OK;
        if (load_step(queue) != HK_OK)
            return HK_ENOMEM;
    }
    if (step->n_in_runs > 0 && hk_step_sort_run(step, &queue->wheel.pool) != HK_OK)
        return HK_ENOMEM;
    if (step->n_in_runs == 0 && hk_step_size(step) > HK_FEW)
        hk_step_expect(step, slot_after(&queue->wheel));
    return HK_OK;
}

/* The earliest event when there was no space to sort its step. */
static void pop_unsorted(hk_queue *queue, hk_event *out)
{
    hk_taken_step *step = &queue->step;
    bool in_runs = step->n_in_runs > 0;
    hk_event *earliest = in_runs ? hk_step_earliest(step) : hk_wheel_earliest(&queue->wheel);
    if (queue->late.n > 0 && hk_event_is_before(&queue->late.events[0], earliest)) {
        hk_heap_pop(&queue->late, out);
        return;
    }
    *out = *earliest;
    if (in_runs)
        hk_step_remove_earliest(step, &queue->wheel.pool, earliest);
    else
        hk_wheel_remove_earliest(&queue->wheel, earliest);
}

bool hk_queue_pop(hk_queue *queue, hk_event *out)
{
    hk_taken_step *step = &queue->step;
    if (step->at == step->end && refill(queue) != HK_OK) {
        pop_unsorted(queue, out);
        return true;
    }
    if (queue->late.n > 0 && (step->at == step->end || hk_event_is_before(&queue->late.events[0], step->at)))
        return hk_heap_pop(&queue->late, out);
    if (step->at == step->end)
        return false;
    *out = *step->at++;
    if ((step->end - step->at) % FETCH_EVERY == 0)
        hk_step_fetch_ahead(step, FETCH_BYTES);
    return true;
}

int hk_queue_take_step(hk_queue *queue, int64_t end_step, const hk_event **events, size_t *n)
{
    *events = NULL;
    *n = 0;
    int64_t now = hk_queue_next_step(queue);
    if (now >= end_step || hk_queue_size(queue) == 0)
        return HK_OK;
    hk_taken_step *step = &queue->step;
    hk_heap *late = &queue->late;
    hk_wheel *wheel = &queue->wheel;
    if (hk_step_is_over(step) && wheel->n > 0 && hk_step_of(hk_wheel_first(wheel)) == now && load_step(queue) != HK_OK)
        return HK_ENOMEM;
    bool is_base = !hk_step_is_over(step) && hk_step_of(wheel->base) == now;
    if (is_base && hk_step_sort_all(step, &wheel->pool) != HK_OK)
        return HK_ENOMEM;
    size_t n_sorted = is_base ? (size_t)(step->end - step->at) : 0;
    if (late->n == 0 || late->events[0].step != now) {
        *events = step->at;
        *n = n_sorted;
        step->at = step->end;
        return HK_OK;
    }
    if (hk_event_array_reserve(&queue->merged, n_sorted + late->n, 0) != HK_OK)
        return HK_ENOMEM;
    hk_event *merged = queue->merged.events;
    *events = merged;
    while (late->n > 0 && late->events[0].step == now) {
        if (n_sorted > 0 && hk_event_is_before(step->at, &late->events[0])) {
            *merged++ = *step->at++;
            n_sorted--;
        } else {
            hk_heap_pop(late, merged++);
        }
    }
    if (n_sorted > 0)
        memcpy(merged, step->at, n_sorted * sizeof *merged);
    step->at += n_sorted;
    *n = (size_t)(merged - *events) + n_sorted;
    return HK_OK;
}

int hk_queue_copy(const hk_queue *queue, hk_event *events)
{
    size_t size = hk_queue_size(queue);
    if (size == 0)
        return HK_OK;
    hk_event *scratch = size > SIZE_MAX / sizeof *scratch ? NULL : malloc(size * sizeof *scratch);
    if (scratch == NULL)
        return HK_ENOMEM;
    hk_event *end = hk_step_copy(&queue->step, events);
    if (queue->late.n > 0)
        memcpy(end, queue->late.events, queue->late.n * sizeof *events);
    end = hk_wheel_copy(&queue->wheel, end + queue->late.n);
    assert(end == events + size);
    hk_events_merge_sort(events, size, scratch);
    free(scratch);
    return HK_OK;
}

void hk_queue_clear(hk_queue *queue)
{
    hk_step_clear(&queue->step, &queue->wheel.pool);
    hk_wheel_clear(&queue->wheel); /* the base stays: what comes next is likely near it */
    queue->late.n = 0;
}
