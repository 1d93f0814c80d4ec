/* sim/queue_blocks.c - see queue_blocks.h. */
#define _DEFAULT_SOURCE /* madvise */
#include "sim/queue_blocks.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21, FIRST_BLOCKS = 64 };

/* Slabs grow by half of what there is: memory stays in proportion. */
int hk_blocks_reserve(hk_block_pool *pool, size_t n)
{
    if (n <= pool->n_free)
        return HK_OK;
    size_t n_new = n - pool->n_free;
    size_t growth = FIRST_BLOCKS + pool->n_blocks / 2;
    n_new = (n_new < growth ? growth : n_new) + 1;
    if (n_new > SIZE_MAX / HK_BLOCK_BYTES - HUGE_PAGE)
        return HK_ENOMEM;
    size_t alignment = n_new * HK_BLOCK_BYTES >= HUGE_PAGE ? HUGE_PAGE : HK_LINE_BYTES;
    size_t n_bytes = (n_new * HK_BLOCK_BYTES + alignment - 1) / alignment * alignment;
    n_new = n_bytes / HK_BLOCK_BYTES;
    hk_block *slab = aligned_alloc(alignment, n_bytes);
    if (slab == NULL)
        return HK_ENOMEM;
#ifdef MADV_HUGEPAGE
    if (alignment == HUGE_PAGE) /* a wide wheel touches more pages than a core can keep addresses of */
        (void)madvise(slab, n_bytes, MADV_HUGEPAGE);
#endif
    while (pool->fresh != pool->fresh_end) { /* these were counted when they came */
        hk_blocks_release(pool, pool->fresh++);
        pool->n_free--;
    }
    slab->older[0] = pool->slabs;
    pool->slabs = slab;
    pool->fresh = slab + 1;
    pool->fresh_end = slab + n_new;
    pool->n_free += n_new - 1;
    pool->n_blocks += n_new - 1;
    return HK_OK;
}

void hk_blocks_fini(hk_block_pool *pool)
{
    while (pool->slabs != NULL) {
        hk_block *slab = pool->slabs;
        pool->slabs = slab->older[0];
        free(slab);
    }
    *pool = (hk_block_pool){ 0 };
}

hk_event *hk_slot_earliest(const hk_slot *slot)
{
    hk_event *earliest = slot->end - 1;
    for (hk_chain c = hk_chain_start(slot); c.at != NULL; c = hk_chain_next(c))
        for (size_t e = 0; e < c.n; e++)
            if (hk_event_compare(&c.at->events[e], earliest) < 0)
                earliest = &c.at->events[e];
    return earliest;
}

void hk_slot_remove(hk_slot *slot, hk_block_pool *pool, hk_event *removed)
{
    hk_block *last = hk_slot_last(slot);
    *removed = *--slot->end;
    slot->n--;
    if (slot->end != last->events)
        return;
    slot->end = slot->n == 0 ? NULL : last->older[0]->events + HK_BLOCK_EVENTS;
    hk_blocks_release(pool, last);
}

hk_event *hk_slot_copy(const hk_slot *slot, hk_event *out)
{
    for (hk_chain c = hk_chain_start(slot); c.at != NULL; c = hk_chain_next(c)) {
        memcpy(out, c.at->events, c.n * sizeof *out);
        out += c.n;
    }
    return out;
}

void hk_slot_clear(hk_slot *slot, hk_block_pool *pool)
{
    for (hk_chain c = hk_chain_start(slot); c.at != NULL;)
        c = hk_chain_release(c, pool);
    *slot = (hk_slot){ 0 };
}
