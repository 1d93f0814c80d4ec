/* sim/queue.h - the queue of spike times.
 *
 * A hierarchical wheel of buckets, one per step at its finest level: a push appends to a bucket, and a bucket is
 * sorted only when it becomes the earliest. Amortised O(1) per event whatever the number pending. The order is
 * hk_event_compare(); tests hold it against the 4-ary heap of heap.h. */
#ifndef HK_QUEUE_H
#define HK_QUEUE_H

#include "sim/event.h"
#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct hk_queue hk_queue;

/** Creates an empty queue whose offsets lie in (0, resolution_ms]. HK_ENOMEM, or HK_ERANGE for a resolution
 *  that is not finite and > 0; then *out is NULL. */
HK_MUST_CHECK int hk_queue_create(hk_ctx *ctx, double resolution_ms, hk_queue **out);
void hk_queue_destroy(hk_queue *queue);

/** Adds an event, at any step, also one before events that were already taken. HK_OK or HK_ENOMEM. */
HK_MUST_CHECK int hk_queue_push(hk_queue *queue, const hk_event *event);

size_t hk_queue_size(const hk_queue *queue);

/** Step of the earliest event, HK_STEP_NEVER when the queue is empty. */
int64_t hk_queue_next_step(hk_queue *queue);

/** Takes the earliest event. False when the queue is empty. */
bool hk_queue_pop(hk_queue *queue, hk_event *out);

/** Takes all events of the earliest step, if that is before `end_step`: a sorted view, borrowed until the next
 *  call on the queue other than size. Returns HK_OK with *n = 0 when there is none, HK_ENOMEM when sorting could
 *  not get its space (the queue is then unchanged). */
HK_MUST_CHECK int hk_queue_take_step(hk_queue *queue, int64_t end_step, const hk_event **events, size_t *n);

/** Copies all events, sorted, into events[hk_queue_size()]: for checkpoints. HK_OK or HK_ENOMEM. */
HK_MUST_CHECK int hk_queue_copy(const hk_queue *queue, hk_event *events);
void hk_queue_clear(hk_queue *queue);

#endif
