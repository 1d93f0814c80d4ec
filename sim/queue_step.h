/* sim/queue_step.h - the step that is being taken from the queue: sorted, if it is long, piece by piece.
 *
 * Private to the queue. A long step is spread over runs by offset first, and each run is sorted when its turn comes:
 * sorting goes all over its events, which are then few enough for the first cache. All events that are sorted are
 * earlier than those in runs. */
#ifndef HK_QUEUE_STEP_H
#define HK_QUEUE_STEP_H

#include "sim/queue_blocks.h"

enum {
    HK_FEW = 16, /* events, sorted by their ranks and not worth fetching ahead */
    HK_MAX_RUNS = 1024,
};

typedef struct hk_event_array {
    hk_event *events;
    size_t capacity;
} hk_event_array;

/** Makes room for n events, of which the first n_kept stay. HK_OK or HK_ENOMEM. */
HK_MUST_CHECK int hk_event_array_reserve(hk_event_array *array, size_t n, size_t n_kept);

typedef struct hk_position_array {
    uint32_t *at;
    size_t capacity;
} hk_position_array;

typedef struct hk_taken_step {
    hk_event *at, *end; /* sorted, those not popped yet */
    size_t n_in_runs;   /* events */
    size_t next_run;    /* the first run that is not sorted yet */
    double runs_per_ms;
    const hk_block *ahead; /* of what comes after this: fetched while this is popped */
    size_t ahead_bytes;    /* so much of it has been */
    double resolution_ms;
    hk_event_array sorted, scratch;
    hk_position_array ends, burst_ends; /* where each sub-bucket of a run, or of a burst in it, ends */
    hk_slot runs[HK_MAX_RUNS + 1];      /* one more for offset = resolution */
} hk_taken_step;                        /* zero-initialised but for the resolution: empty */

void hk_step_fini(hk_taken_step *step);

/** True when all events of the step have been popped. */
static inline bool hk_step_is_over(const hk_taken_step *step)
{
    return step->at == step->end && step->n_in_runs == 0;
}

static inline size_t hk_step_size(const hk_taken_step *step)
{
    return (size_t)(step->end - step->at) + step->n_in_runs;
}

/** Takes over the events of a slot, when the step before is over; a long one goes to runs.
 *  On HK_ENOMEM nothing has changed. */
HK_MUST_CHECK int hk_step_load(hk_taken_step *step, hk_block_pool *pool, const hk_slot *slot);

/** Sorts the next run; one is not empty. On HK_ENOMEM the step holds the same events as before. */
HK_MUST_CHECK int hk_step_sort_run(hk_taken_step *step, hk_block_pool *pool);

/** Sorts all that is left. On HK_ENOMEM the step holds the same events as before. */
HK_MUST_CHECK int hk_step_sort_all(hk_taken_step *step, hk_block_pool *pool);

static inline size_t hk_step_run_of(const hk_taken_step *step, double offset)
{
    return (size_t)(int64_t)(offset * step->runs_per_ms);
}

/** The earliest event of the runs, of which one is not empty: looks at all of the first run, but needs no space. */
hk_event *hk_step_earliest(hk_taken_step *step);
void hk_step_remove_earliest(hk_taken_step *step, hk_block_pool *pool, hk_event *earliest);

/** Copies all events, in no order, to `out`; returns one past the last. */
hk_event *hk_step_copy(const hk_taken_step *step, hk_event *out);
void hk_step_clear(hk_taken_step *step, hk_block_pool *pool);

/** Names the slot, or NULL, that will come after what is sorted. */
void hk_step_expect(hk_taken_step *step, const hk_slot *next);

/** Fetches the next few lines of what comes after this. When a block is done, its header, fetched first, has arrived. */
static inline void hk_step_fetch_ahead(hk_taken_step *step, size_t n_bytes)
{
    if (step->ahead == NULL)
        return;
    const char *line = (const char *)step->ahead + step->ahead_bytes;
    for (size_t i = 0; i < n_bytes; i += HK_LINE_BYTES)
        __builtin_prefetch(line + i, 0, 2);
    step->ahead_bytes += n_bytes;
    if (step->ahead_bytes >= HK_BLOCK_BYTES) {
        step->ahead = step->ahead->older[0];
        step->ahead_bytes = 0;
    }
}

#endif
