/* sim/queue_blocks.h - the space of the queue: blocks of events from a pool, and slots, each a chain of blocks.
 *
 * Private to the queue. A freed block is the next to be taken, while it is still in the cache. */
#ifndef HK_QUEUE_BLOCKS_H
#define HK_QUEUE_BLOCKS_H

#include "sim/event.h"
#include "sim/status.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    HK_LINE_BYTES = 64,
    HK_BLOCK_EVENTS = 32,  /* a power of 2: the number of events in a slot says how full its last block is */
    HK_BLOCK_BYTES = 1088, /* not a power of 2: block heads would all fall into a few sets of the caches */
    HK_N_OLDER = 4,
};

/* A block knows the four of its slot that were filled before it, so that a walk can prefetch well ahead. */
typedef struct hk_block {
    struct hk_block *older[HK_N_OLDER];
    char pad[HK_LINE_BYTES - HK_N_OLDER * sizeof(void *)]; /* two events a line */
    hk_event events[HK_BLOCK_EVENTS];
} hk_block;

_Static_assert(sizeof(hk_block) == HK_BLOCK_BYTES, "whole cache lines");

typedef struct hk_block_pool {
    hk_block *free;              /* chained by older[0] */
    size_t n_free;               /* free or fresh */
    hk_block *fresh, *fresh_end; /* never used so far */
    hk_block *slabs;             /* the first block of each slab links to the slab before */
    size_t n_blocks;
} hk_block_pool; /* zero-initialised: empty */

/** Sees to it that `n` blocks can be taken. HK_OK or HK_ENOMEM. */
HK_MUST_CHECK int hk_blocks_reserve(hk_block_pool *pool, size_t n);
void hk_blocks_fini(hk_block_pool *pool);

static inline hk_block *hk_blocks_take(hk_block_pool *pool)
{
    assert(pool->n_free > 0);
    pool->n_free--;
    hk_block *taken = pool->free;
    if (taken == NULL)
        return pool->fresh++;
    pool->free = taken->older[0];
    return taken;
}

static inline void hk_blocks_release(hk_block_pool *pool, hk_block *freed)
{
    freed->older[0] = pool->free;
    pool->free = freed;
    pool->n_free++;
}

/* All blocks but the last are full. */
typedef struct hk_slot {
    hk_event *end; /* one past the newest event */
    size_t n;
} hk_slot; /* zero-initialised: empty */

/** How many events the last block of a slot holds that is not empty. */
static inline size_t hk_slot_n_last(const hk_slot *slot)
{
    return (slot->n - 1) % HK_BLOCK_EVENTS + 1;
}

static inline hk_block *hk_slot_last(const hk_slot *slot)
{
    return (hk_block *)(void *)((char *)(slot->end - hk_slot_n_last(slot)) - offsetof(hk_block, events));
}

/** True when the next event needs a block. */
static inline bool hk_slot_is_full(const hk_slot *slot)
{
    return slot->n % HK_BLOCK_EVENTS == 0;
}

static inline void hk_slot_add_block(hk_slot *slot, hk_block_pool *pool)
{
    hk_block *added = hk_blocks_take(pool);
    if (slot->n == 0) {
        memset(added->older, 0, sizeof added->older);
    } else {
        hk_block *last = hk_slot_last(slot);
        added->older[0] = last;
        for (int i = 1; i < HK_N_OLDER; i++)
            added->older[i] = last->older[i - 1];
    }
    slot->end = added->events;
}

/** Appends to a slot that is not full. */
static inline void hk_slot_append(hk_slot *slot, const hk_event *event)
{
    *slot->end++ = hk_event_read(event);
    slot->n++;
    __builtin_prefetch(slot->end, 1); /* of many slots, this may be out of the cache until its turn comes again */
}

static inline void hk_slot_add(hk_slot *slot, hk_block_pool *pool, const hk_event *event)
{
    if (hk_slot_is_full(slot))
        hk_slot_add_block(slot, pool);
    hk_slot_append(slot, event);
}

/** The earliest event of a slot that is not empty. */
hk_event *hk_slot_earliest(const hk_slot *slot);

/** Removes the event at `removed`, which is in the slot; the newest takes its place. */
void hk_slot_remove(hk_slot *slot, hk_block_pool *pool, hk_event *removed);

static inline void hk_block_prefetch(const hk_block *ahead)
{
    if (ahead == NULL)
        return;
    const char *line = (const char *)ahead;
    for (int i = 0; i < HK_BLOCK_BYTES; i += HK_LINE_BYTES)
        __builtin_prefetch(line + i, 0, 2); /* into the second cache: the first has no room for a step */
}

/* A walk over the events of a slot, newest block first; its blocks may be released behind it. */
typedef struct hk_chain {
    hk_block *at;
    size_t n; /* events in this block */
} hk_chain;

static inline hk_chain hk_chain_start(const hk_slot *of)
{
    if (of->n == 0)
        return (hk_chain){ 0 };
    return (hk_chain){ .at = hk_slot_last(of), .n = hk_slot_n_last(of) };
}

static inline hk_chain hk_chain_next(hk_chain at)
{
    return (hk_chain){ .at = at.at->older[0], .n = HK_BLOCK_EVENTS };
}

/** Goes on and gives the block back. */
static inline hk_chain hk_chain_release(hk_chain at, hk_block_pool *pool)
{
    hk_chain next = hk_chain_next(at);
    hk_blocks_release(pool, at.at);
    return next;
}

/** Copies all events, in no order, to `out`; returns one past the last. */
hk_event *hk_slot_copy(const hk_slot *slot, hk_event *out);

/** Gives back all blocks of a slot and leaves it empty. */
void hk_slot_clear(hk_slot *slot, hk_block_pool *pool);

#endif
