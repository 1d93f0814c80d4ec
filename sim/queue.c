/* sim/queue.c - see queue.h.
 *
 * Level l of the wheel counts in units of 2^(10 l) steps and has 2048 slots, unit u in slot u mod 2048. `base` is
 * the step taken last. An event goes to the lowest level whose current or next block of 1024 units contains it:
 * whatever lies up to 1024 steps ahead goes straight to the slot of its step, the rest moves down as base comes near.
 *
 * Invariants: every event in the wheel is at base or later; all events of a level are earlier than those of the
 * levels above; a slot holds events of one unit only; the slot of the step in `front` is empty while front is not.
 * What is pushed before base, or into the step that is being popped, waits in the heap `late` and is merged on
 * the way out. Two events that differ in their stamp alone may leave in either order. */
#define _DEFAULT_SOURCE /* madvise */
#include "sim/queue.h"

#include "sim/event_sort.h"
#include "sim/heap.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    DIGIT_BITS = 10,
    N_SLOTS = 2 << DIGIT_BITS,
    N_WORDS = N_SLOTS / 64,
    N_LEVELS = 7, /* 7 * 10 bits cover the 64 of a step */
    BLOCK_EVENTS = 33,
    BLOCK_BYTES = 1088, /* not a power of 2: block heads would all fall into a few sets of the caches */
    LINE_BYTES = 64,
    HUGE_PAGE = 1 << 21,
    N_OLDER = 4,
    FIRST_BLOCKS = 64,
    FETCH_EVERY = 4, /* pops */
    FETCH_BYTES = 256,
    SMALL_STEP = 12, /* up to here insertion alone is the fastest */
};

/* A slot's events lie in blocks, each knowing the four filled before it, so that a walk can prefetch well ahead. */
typedef struct block {
    struct block *older[N_OLDER];
    hk_event events[BLOCK_EVENTS];
} block;

_Static_assert((int)SMALL_STEP <= (int)BLOCK_EVENTS, "a small step is in one block");
_Static_assert(sizeof(block) == BLOCK_BYTES, "whole cache lines, from the first to the last event");

typedef struct slot {
    hk_event *end;   /* one past the newest event */
    hk_event *limit; /* one past the last of its block */
    size_t n;
} slot;

typedef struct level {
    slot slots[N_SLOTS];
    uint64_t first[N_SLOTS]; /* smallest key in the slot, kept above level 0 */
    uint64_t used[N_WORDS];  /* one bit per slot */
    uint64_t used_words;     /* one bit per word of `used` */
} level;

typedef struct event_array {
    hk_event *events;
    size_t capacity;
} event_array;

typedef struct position_array {
    uint32_t *at;
    size_t capacity;
} position_array;

struct hk_queue {
    double resolution_ms;
    size_t n_wheel; /* events in the wheel; the others are in front or late */
    uint64_t base;  /* key of the step taken last */

    hk_event *front_at, *front_end; /* the rest of step `base`, sorted, in `front` */
    const block *ahead;             /* of the step after this: fetched while this one is popped */
    int ahead_bytes;                /* so much of it has been */
    hk_heap late;
    level *levels[N_LEVELS]; /* created from below when first needed */

    event_array front;               /* the step being taken */
    event_array scratch;             /* space for merging */
    position_array ends, burst_ends; /* where each sub-bucket of a step, or of a burst in it, ends */

    block *free;              /* chained by older[0] */
    size_t n_free;            /* free or fresh */
    block *fresh, *fresh_end; /* never used so far */
    block *slabs;             /* the first block of each slab links to the slab before */
    size_t n_blocks;
};

/* Steps in an order that unsigned numbers can keep. */
static uint64_t key_of(int64_t step)
{
    return (uint64_t)step ^ (UINT64_C(1) << 63);
}

static int64_t step_of(uint64_t key)
{
    return (int64_t)(key ^ (UINT64_C(1) << 63));
}

#define START_KEY (key_of(-1)) /* the step that ends at time 0 */

/* ---- space ---- */

static int reserve_events(event_array *array, size_t n)
{
    if (n <= array->capacity)
        return HK_OK;
    size_t capacity = n + n / 4 + 64;
    if (capacity > SIZE_MAX / sizeof(hk_event))
        return HK_ENOMEM;
    hk_event *events = malloc(capacity * sizeof *events); /* the old ones are dead whenever this is called */
    if (events == NULL)
        return HK_ENOMEM;
    free(array->events);
    array->events = events;
    array->capacity = capacity;
    return HK_OK;
}

static int reserve_positions(position_array *array, size_t n)
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

static void release_block(hk_queue *queue, block *freed)
{
    freed->older[0] = queue->free;
    queue->free = freed;
    queue->n_free++;
}

/* Sees to it that `n` blocks can be taken. Slabs grow by half of what there is: memory stays in proportion. */
static int reserve_blocks(hk_queue *queue, size_t n)
{
    if (n <= queue->n_free)
        return HK_OK;
    size_t n_new = n - queue->n_free;
    size_t growth = FIRST_BLOCKS + queue->n_blocks / 2;
    n_new = (n_new < growth ? growth : n_new) + 1;
    if (n_new > SIZE_MAX / BLOCK_BYTES - HUGE_PAGE)
        return HK_ENOMEM;
    size_t alignment = n_new * BLOCK_BYTES >= HUGE_PAGE ? HUGE_PAGE : LINE_BYTES;
    size_t n_bytes = (n_new * BLOCK_BYTES + alignment - 1) / alignment * alignment;
    n_new = n_bytes / BLOCK_BYTES;
    block *slab = aligned_alloc(alignment, n_bytes);
    if (slab == NULL)
        return HK_ENOMEM;
#ifdef MADV_HUGEPAGE
    if (alignment == HUGE_PAGE) /* a wide wheel touches more pages than a core can keep addresses of */
        (void)madvise(slab, n_bytes, MADV_HUGEPAGE);
#endif
    while (queue->fresh != queue->fresh_end) { /* these were counted when they came */
        release_block(queue, queue->fresh++);
        queue->n_free--;
    }
    slab->older[0] = queue->slabs;
    queue->slabs = slab;
    queue->fresh = slab + 1;
    queue->fresh_end = slab + n_new;
    queue->n_free += n_new - 1;
    queue->n_blocks += n_new - 1;
    return HK_OK;
}

static block *take_block(hk_queue *queue)
{
    assert(queue->n_free > 0);
    queue->n_free--;
    block *taken = queue->free;
    if (taken == NULL)
        return queue->fresh++;
    queue->free = taken->older[0];
    return taken;
}

/* ---- slots ---- */

static void mark_used(level *lv, size_t at)
{
    lv->used[at / 64] |= UINT64_C(1) << at % 64;
    lv->used_words |= UINT64_C(1) << at / 64;
}

static void mark_empty(level *lv, size_t at)
{
    lv->slots[at] = (slot){ 0 };
    lv->first[at] = UINT64_MAX;
    lv->used[at / 64] &= ~(UINT64_C(1) << at % 64);
    if (lv->used[at / 64] == 0)
        lv->used_words &= ~(UINT64_C(1) << at / 64);
}

/* The first used slot from `from` on, around the circle. The level is not empty. */
static size_t next_used(const level *lv, size_t from)
{
    size_t word = from / 64;
    uint64_t here = lv->used[word] >> from % 64;
    if (here != 0)
        return from + (size_t)__builtin_ctzll(here);
    uint64_t words = lv->used_words & ~((UINT64_C(2) << word) - 1); /* after this one, else from the start */
    words = words != 0 ? words : lv->used_words;
    word = (size_t)__builtin_ctzll(words);
    return word * 64 + (size_t)__builtin_ctzll(lv->used[word]);
}

static block *block_of_last(const slot *from)
{
    return (block *)(void *)((char *)from->limit - sizeof(block));
}

static void add_block(hk_queue *queue, slot *into)
{
    block *added = take_block(queue);
    if (into->end == NULL) {
        memset(added->older, 0, sizeof added->older);
    } else {
        block *last = block_of_last(into);
        added->older[0] = last;
        for (int i = 1; i < N_OLDER; i++)
            added->older[i] = last->older[i - 1];
    }
    into->end = added->events;
    into->limit = added->events + BLOCK_EVENTS;
}

static void prefetch_block(const block *ahead)
{
    if (ahead == NULL)
        return;
    const char *line = (const char *)ahead;
    for (int i = 0; i < BLOCK_BYTES; i += LINE_BYTES)
        __builtin_prefetch(line + i, 0, 2); /* into the second cache: the first has no room for a step */
}

/* A walk over the events of a slot, newest block first; its blocks may be released behind it. */
typedef struct chain {
    block *at;
    size_t n; /* events in this block */
} chain;

static chain chain_start(const slot *of)
{
    if (of->end == NULL)
        return (chain){ 0 };
    block *last = block_of_last(of);
    return (chain){ .at = last, .n = (size_t)(of->end - last->events) };
}

static chain chain_next(chain at)
{
    return (chain){ .at = at.at->older[0], .n = BLOCK_EVENTS };
}

/* ---- the wheel ---- */

static bool within(uint64_t key, uint64_t base, int level_index)
{
    int shift = DIGIT_BITS * (level_index + 1);
    return (key >> shift) - (base >> shift) <= 1;
}

static int level_for(uint64_t key, uint64_t base)
{
    int at = 0;
    while (at < N_LEVELS - 1 && !within(key, base, at))
        at++;
    return at;
}

static int need_level(hk_queue *queue, int level_index)
{
    for (int i = 0; i <= level_index; i++) {
        if (queue->levels[i] != NULL)
            continue;
        queue->levels[i] = calloc(1, sizeof(level));
        if (queue->levels[i] == NULL)
            return HK_ENOMEM;
        memset(queue->levels[i]->first, 0xff, sizeof queue->levels[i]->first);
    }
    return HK_OK;
}

/* Space has been reserved: this cannot fail. */
static void put(hk_queue *queue, const hk_event *event, uint64_t key, int level_index)
{
    level *lv = queue->levels[level_index];
    size_t at = (key >> DIGIT_BITS * level_index) & (N_SLOTS - 1);
    slot *into = &lv->slots[at];
    if (into->end == into->limit) { /* full, or none so far */
        add_block(queue, into);
        mark_used(lv, at);
    }
    *into->end++ = hk_event_read(event);
    into->n++;
    if (level_index > 0 && key < lv->first[at])
        lv->first[at] = key;
}

/* The lowest level that has events, and the slot of its first unit. The wheel is not empty. */
static level *first_used(const hk_queue *queue, int *level_index, size_t *at)
{
    for (int i = 0;; i++) {
        assert(i < N_LEVELS && queue->levels[i] != NULL);
        if (queue->levels[i]->used_words == 0)
            continue;
        *level_index = i;
        *at = next_used(queue->levels[i], (queue->base >> DIGIT_BITS * i) & (N_SLOTS - 1));
        return queue->levels[i];
    }
}

/* Key of the earliest event in the wheel, which is not empty. */
static uint64_t wheel_first(const hk_queue *queue)
{
    int level_index;
    size_t at;
    const level *lv = first_used(queue, &level_index, &at);
    if (level_index > 0)
        return lv->first[at];
    return queue->base + ((at - queue->base) & (N_SLOTS - 1));
}

/* Makes `base` the first key of the wheel and moves down what comes within reach. Nothing changes on failure. */
static int advance_base(hk_queue *queue, uint64_t base)
{
    if (base >> DIGIT_BITS == queue->base >> DIGIT_BITS) {
        queue->base = base;
        return HK_OK;
    }
    /* Only the current and the next unit of a level can have come within reach of the level below. */
    size_t n_moving = 0, n_runs = 0;
    for (int i = 1; i < N_LEVELS && queue->levels[i] != NULL; i++) {
        uint64_t unit = base >> DIGIT_BITS * i;
        for (uint64_t u = unit; u - unit < 2; u++) {
            size_t n = queue->levels[i]->slots[u & (N_SLOTS - 1)].n;
            n_moving += n;
            n_runs += n < N_SLOTS ? n : N_SLOTS; /* at most so many slots get a first block */
        }
    }
    if (reserve_blocks(queue, n_moving / BLOCK_EVENTS + n_runs) != HK_OK)
        return HK_ENOMEM;
    queue->base = base;
    if (n_moving == 0)
        return HK_OK;
    for (int i = 1; i < N_LEVELS && queue->levels[i] != NULL; i++) {
        level *lv = queue->levels[i];
        uint64_t unit = base >> DIGIT_BITS * i;
        for (uint64_t u = unit; u - unit < 2; u++) {
            size_t at = u & (N_SLOTS - 1);
            slot moving = lv->slots[at];
            if (moving.n == 0)
                continue;
            mark_empty(lv, at);
            for (chain c = chain_start(&moving); c.at != NULL;) {
                prefetch_block(c.at->older[N_OLDER - 1]);
                for (size_t e = 0; e < c.n; e++) {
                    uint64_t key = key_of(c.at->events[e].step);
                    put(queue, &c.at->events[e], key, level_for(key, base));
                }
                block *done = c.at;
                c = chain_next(c);
                release_block(queue, done);
            }
        }
    }
    return HK_OK;
}

/* ---- sorting ---- */

/* Sorts the events of a slot into front: spread by offset over twice as many sub-buckets as there are events,
 * which leaves little to do where offsets are even, and sort apart where many share one. The slot stays as it is. */
static int sort_slot(hk_queue *queue, const slot *from)
{
    size_t n = from->n;
    if (reserve_events(&queue->front, n) != HK_OK)
        return HK_ENOMEM;
    hk_event *front = queue->front.events;
    queue->front_at = queue->front_end = front; /* it was used up */
    if (n <= SMALL_STEP) {
        for (const hk_event *e = from->end - n; e != from->end; e++) /* so few are in one block */
            *front++ = *e;
        hk_events_insertion_sort(queue->front.events, n);
        return HK_OK;
    }
    assert(n <= UINT32_MAX);
    size_t n_sub = 2 * n;
    if (reserve_positions(&queue->ends, n_sub + 1) != HK_OK) /* one more for offset = resolution */
        return HK_ENOMEM;
    uint32_t *ends = queue->ends.at;
    double scale = (double)n_sub / queue->resolution_ms;
    memset(ends, 0, (n_sub + 1) * sizeof *ends);
    for (chain c = chain_start(from); c.at != NULL; c = chain_next(c)) {
        prefetch_block(c.at->older[N_OLDER - 1]);
        for (size_t e = 0; e < c.n; e++)
            ends[(size_t)(c.at->events[e].offset * scale)]++;
    }
    uint32_t most = hk_sizes_to_ends(ends, n_sub + 1);
    if (most > HK_SMALL_RUN && (reserve_events(&queue->scratch, most) != HK_OK ||
                                reserve_positions(&queue->burst_ends, 2 * (size_t)most) != HK_OK))
        return HK_ENOMEM;
    for (chain c = chain_start(from); c.at != NULL; c = chain_next(c))
        for (size_t e = c.n; e-- > 0;) /* backwards, as the blocks are: what came in order stays in order */
            front[--ends[(size_t)(c.at->events[e].offset * scale)]] = c.at->events[e];
    size_t n_sorted = 0;
    if (most > HK_SMALL_RUN) { /* `ends` are starts by now */
        for (size_t i = 0; i <= n_sub; i++) {
            size_t n_here = (i < n_sub ? ends[i + 1] : (uint32_t)n) - ends[i];
            if (n_here <= HK_SMALL_RUN)
                continue;
            hk_events_insertion_sort(front + n_sorted, ends[i] - n_sorted);
            hk_events_sort_burst(front + ends[i], n_here, queue->scratch.events, queue->burst_ends.at);
            n_sorted = ends[i] + n_here;
        }
    }
    hk_events_insertion_sort(front + n_sorted, n - n_sorted);
    return HK_OK;
}

/* Fetches a few lines of the next step. When a block is done, its header, the first fetched, has long arrived. */
static void fetch_ahead(hk_queue *queue)
{
    if (queue->ahead == NULL)
        return;
    const char *line = (const char *)queue->ahead + queue->ahead_bytes;
    for (int i = 0; i < FETCH_BYTES; i += LINE_BYTES)
        __builtin_prefetch(line + i, 0, 2);
    queue->ahead_bytes += FETCH_BYTES;
    if (queue->ahead_bytes >= BLOCK_BYTES) {
        queue->ahead = queue->ahead->older[0];
        queue->ahead_bytes = 0;
    }
}

/* Takes the earliest step of the wheel into front. HK_ENOMEM leaves all events where they were. */
static int take_into_front(hk_queue *queue)
{
    uint64_t key = wheel_first(queue);
    if (advance_base(queue, key) != HK_OK)
        return HK_ENOMEM;
    level *lv = queue->levels[0];
    size_t at = key & (N_SLOTS - 1);
    slot taken = lv->slots[at];
    queue->ahead = NULL;
    if (sort_slot(queue, &taken) != HK_OK)
        return HK_ENOMEM;
    mark_empty(lv, at);
    for (chain c = chain_start(&taken); c.at != NULL;) {
        block *done = c.at;
        c = chain_next(c);
        release_block(queue, done);
    }
    queue->front_at = queue->front.events;
    queue->front_end = queue->front.events + taken.n;
    queue->n_wheel -= taken.n;
    if (taken.n > SMALL_STEP && lv->used_words != 0) {
        queue->ahead = block_of_last(&lv->slots[next_used(lv, at)]);
        queue->ahead_bytes = 0;
    }
    return HK_OK;
}

/* ---- the calls ---- */

int hk_queue_create(hk_ctx *ctx, double resolution_ms, hk_queue **out)
{
    *out = NULL;
    if (!(resolution_ms > 0.0 && isfinite(resolution_ms)))
        return hk_fail(ctx, HK_ERANGE, "queue: resolution_ms = %g, must be finite and > 0", resolution_ms);
    hk_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL || need_level(queue, 0) != HK_OK) {
        hk_queue_destroy(queue);
        return hk_fail(ctx, HK_ENOMEM, "queue: no memory for the wheel");
    }
    queue->resolution_ms = resolution_ms;
    queue->base = START_KEY;
    *out = queue;
    return HK_OK;
}

void hk_queue_destroy(hk_queue *queue)
{
    if (queue == NULL)
        return;
    while (queue->slabs != NULL) {
        block *slab = queue->slabs;
        queue->slabs = slab->older[0];
        free(slab);
    }
    for (int i = 0; i < N_LEVELS; i++)
        free(queue->levels[i]);
    hk_heap_fini(&queue->late);
    free(queue->front.events);
    free(queue->scratch.events);
    free(queue->ends.at);
    free(queue->burst_ends.at);
    free(queue);
}

int hk_queue_push(hk_queue *queue, const hk_event *event)
{
    assert(event->offset > 0.0 && event->offset <= queue->resolution_ms);
    uint64_t key = key_of(event->step);
    if (key <= queue->base) {
        if (hk_queue_size(queue) == 0) { /* nothing ties an empty queue to its base: start again from time 0 */
            queue->base = key < START_KEY ? key : START_KEY;
        } else if (key < queue->base || queue->front_at != queue->front_end) {
            return hk_heap_push(&queue->late, event);
        }
    }
    int level_index = level_for(key, queue->base);
    if (level_index > 0 && need_level(queue, level_index) != HK_OK)
        return HK_ENOMEM;
    if (queue->n_free == 0 && reserve_blocks(queue, 1) != HK_OK)
        return HK_ENOMEM;
    put(queue, event, key, level_index);
    queue->n_wheel++;
    return HK_OK;
}

size_t hk_queue_size(const hk_queue *queue)
{
    return (size_t)(queue->front_end - queue->front_at) + queue->n_wheel + queue->late.n;
}

int64_t hk_queue_next_step(hk_queue *queue)
{
    int64_t step = HK_STEP_NEVER;
    if (queue->front_at != queue->front_end)
        step = queue->front_at->step;
    else if (queue->n_wheel > 0)
        step = step_of(wheel_first(queue));
    if (queue->late.n > 0 && queue->late.events[0].step < step)
        step = queue->late.events[0].step;
    return step;
}

/* The earliest event, found by looking at all of the first slot: slow, but it needs no space. */
static void pop_in_place(hk_queue *queue, hk_event *out)
{
    int level_index;
    size_t at;
    level *lv = first_used(queue, &level_index, &at);
    slot *from = &lv->slots[at];
    hk_event *earliest = from->end - 1;
    for (chain c = chain_start(from); c.at != NULL; c = chain_next(c))
        for (size_t e = 0; e < c.n; e++)
            if (hk_event_is_before(&c.at->events[e], earliest))
                earliest = &c.at->events[e];
    if (queue->late.n > 0 && hk_event_is_before(&queue->late.events[0], earliest)) {
        hk_heap_pop(&queue->late, out);
        return;
    }
    *out = *earliest;
    *earliest = from->end[-1];
    block *last = block_of_last(from);
    queue->ahead = NULL;
    from->end--;
    from->n--;
    queue->n_wheel--;
    if (from->end == last->events) {
        from->end = from->limit = last->older[0] == NULL ? NULL : last->older[0]->events + BLOCK_EVENTS;
        release_block(queue, last);
    }
    if (from->n == 0) {
        mark_empty(lv, at);
    } else if (level_index > 0) {
        lv->first[at] = UINT64_MAX;
        for (chain c = chain_start(from); c.at != NULL; c = chain_next(c))
            for (size_t e = 0; e < c.n; e++)
                if (key_of(c.at->events[e].step) < lv->first[at])
                    lv->first[at] = key_of(c.at->events[e].step);
    }
}

bool hk_queue_pop(hk_queue *queue, hk_event *out)
{
    if (queue->front_at == queue->front_end) {
        if (queue->n_wheel == 0)
            return hk_heap_pop(&queue->late, out);
        if ((queue->late.n == 0 || wheel_first(queue) <= key_of(queue->late.events[0].step)) &&
            take_into_front(queue) != HK_OK) {
            pop_in_place(queue, out);
            return true;
        }
    }
    if (queue->late.n > 0 &&
        (queue->front_at == queue->front_end || hk_event_is_before(&queue->late.events[0], queue->front_at)))
        return hk_heap_pop(&queue->late, out);
    *out = *queue->front_at++;
    if ((queue->front_end - queue->front_at) % FETCH_EVERY == 0)
        fetch_ahead(queue);
    return true;
}

int hk_queue_take_step(hk_queue *queue, int64_t end_step, const hk_event **events, size_t *n)
{
    *events = NULL;
    *n = 0;
    int64_t step = hk_queue_next_step(queue);
    if (step >= end_step || hk_queue_size(queue) == 0)
        return HK_OK;
    if (queue->front_at == queue->front_end && queue->n_wheel > 0 && step_of(wheel_first(queue)) == step &&
        take_into_front(queue) != HK_OK)
        return HK_ENOMEM;
    size_t n_front = (size_t)(queue->front_end - queue->front_at);
    if (n_front > 0 && queue->front_at->step != step)
        n_front = 0;
    if (queue->late.n == 0 || queue->late.events[0].step != step) {
        *events = queue->front_at;
        *n = n_front;
        queue->front_at = queue->front_end;
    } else {
        if (reserve_events(&queue->scratch, n_front + queue->late.n) != HK_OK)
            return HK_ENOMEM;
        hk_event *merged = queue->scratch.events;
        while (queue->late.n > 0 && queue->late.events[0].step == step) {
            if (n_front > 0 && hk_event_is_before(queue->front_at, &queue->late.events[0])) {
                *merged++ = *queue->front_at++;
                n_front--;
            } else {
                hk_heap_pop(&queue->late, merged++);
            }
        }
        if (n_front > 0)
            memcpy(merged, queue->front_at, n_front * sizeof *merged);
        queue->front_at += n_front;
        *events = queue->scratch.events;
        *n = (size_t)(merged - queue->scratch.events) + n_front;
    }
    return HK_OK;
}

int hk_queue_copy(const hk_queue *queue, hk_event *events)
{
    size_t size = hk_queue_size(queue);
    if (size == 0)
        return HK_OK;
    event_array scratch = { 0 };
    if (reserve_events(&scratch, size) != HK_OK)
        return HK_ENOMEM;
    size_t n = (size_t)(queue->front_end - queue->front_at);
    if (n > 0)
        memcpy(events, queue->front_at, n * sizeof *events);
    if (queue->late.n > 0)
        memcpy(events + n, queue->late.events, queue->late.n * sizeof *events);
    n += queue->late.n;
    for (int i = 0; i < N_LEVELS && queue->levels[i] != NULL; i++) {
        for (size_t at = 0; at < N_SLOTS; at++) {
            for (chain c = chain_start(&queue->levels[i]->slots[at]); c.at != NULL; c = chain_next(c)) {
                memcpy(events + n, c.at->events, c.n * sizeof *events);
                n += c.n;
            }
        }
    }
    assert(n == size);
    hk_events_merge_sort(events, n, scratch.events);
    free(scratch.events);
    return HK_OK;
}

void hk_queue_clear(hk_queue *queue)
{
    for (int i = 0; i < N_LEVELS && queue->levels[i] != NULL; i++) {
        level *lv = queue->levels[i];
        while (lv->used_words != 0) {
            size_t at = next_used(lv, 0);
            for (chain c = chain_start(&lv->slots[at]); c.at != NULL;) {
                block *done = c.at;
                c = chain_next(c);
                release_block(queue, done);
            }
            mark_empty(lv, at);
        }
    }
    queue->late.n = 0;
    queue->front_at = queue->front_end = queue->front.events;
    queue->ahead = NULL;
    queue->n_wheel = 0; /* the base stays: what comes next is likely near it */
}
