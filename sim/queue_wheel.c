/* sim/queue_wheel.c - see queue_wheel.h. */
#include "sim/queue_wheel.h"

#include <stdlib.h>

static bool within(uint64_t key, uint64_t base, int level_index)
{
    int shift = HK_DIGIT_BITS * (level_index + 1);
    return (key >> shift) - (base >> shift) < HK_WHEEL_REACH;
}

static int level_for(uint64_t key, uint64_t base)
{
    int at = 0;
    while (at < HK_WHEEL_LEVELS - 1 && !within(key, base, at))
        at++;
    return at;
}

static int need_level(hk_wheel *wheel, int level_index)
{
    for (int i = 0; i <= level_index; i++) {
        if (wheel->levels[i] != NULL)
            continue;
        wheel->levels[i] = calloc(1, sizeof(hk_level));
        if (wheel->levels[i] == NULL)
            return HK_ENOMEM;
    }
    return HK_OK;
}

int hk_wheel_init(hk_wheel *wheel, int64_t base_step)
{
    *wheel = (hk_wheel){ .base = hk_key_of(base_step) };
    return need_level(wheel, 0);
}

void hk_wheel_fini(hk_wheel *wheel)
{
    hk_blocks_fini(&wheel->pool);
    for (int i = 0; i < HK_WHEEL_LEVELS; i++)
        free(wheel->levels[i]);
    *wheel = (hk_wheel){ 0 };
}

/* Space has been reserved: this cannot fail. */
static void put(hk_wheel *wheel, const hk_event *event, uint64_t key, int level_index)
{
    hk_level *level = wheel->levels[level_index];
    size_t at = (key >> HK_DIGIT_BITS * level_index) % HK_WHEEL_SLOTS;
    if (level_index > 0 && (level->slots[at].n == 0 || key < level->first[at]))
        level->first[at] = key;
    hk_slot_add(&level->slots[at], &wheel->pool, event);
    hk_level_mark_used(level, at);
}

int hk_wheel_push_far(hk_wheel *wheel, const hk_event *event, uint64_t key)
{
    int level_index = level_for(key, wheel->base);
    if (need_level(wheel, level_index) != HK_OK || hk_blocks_reserve(&wheel->pool, 1) != HK_OK)
        return HK_ENOMEM;
    put(wheel, event, key, level_index);
    wheel->n++;
    return HK_OK;
}

/* The lowest level that has events, and the slot of its first unit. The wheel is not empty. */
static hk_level *first_used(const hk_wheel *wheel, int *level_index, size_t *at)
{
    for (int i = 0;; i++) {
        assert(i < HK_WHEEL_LEVELS && wheel->levels[i] != NULL);
        if (wheel->levels[i]->used_words == 0)
            continue;
        *level_index = i;
        *at = hk_level_next_used(wheel->levels[i], (wheel->base >> HK_DIGIT_BITS * i) % HK_WHEEL_SLOTS);
        return wheel->levels[i];
    }
}

uint64_t hk_wheel_first(const hk_wheel *wheel)
{
    int level_index;
    size_t at;
    const hk_level *level = first_used(wheel, &level_index, &at);
    if (level_index > 0)
        return level->first[at];
    return wheel->base + (at - wheel->base) % HK_WHEEL_SLOTS;
}

/* Moves down the events of one slot, whose unit has come within reach of the level below. */
static void move_down(hk_wheel *wheel, hk_level *level, size_t at)
{
    hk_slot moving = level->slots[at];
    hk_level_mark_empty(level, at);
    for (hk_chain c = hk_chain_start(&moving); c.at != NULL; c = hk_chain_release(c, &wheel->pool)) {
        hk_block_prefetch(c.at->older[HK_N_OLDER - 1]);
        for (size_t e = 0; e < c.n; e++) {
            uint64_t key = hk_key_of(c.at->events[e].step);
            put(wheel, &c.at->events[e], key, level_for(key, wheel->base));
        }
    }
}

int hk_wheel_advance(hk_wheel *wheel, uint64_t base)
{
    if (base >> HK_DIGIT_BITS == wheel->base >> HK_DIGIT_BITS) {
        wheel->base = base;
        return HK_OK;
    }
    /* Only the units that level 0 now reaches, or the level below, can have come within its reach. */
    size_t n_moving = 0, n_runs = 0;
    for (int i = 1; i < HK_WHEEL_LEVELS && wheel->levels[i] != NULL; i++) {
        uint64_t unit = base >> HK_DIGIT_BITS * i;
        for (uint64_t u = unit; u - unit < HK_WHEEL_REACH; u++) {
            size_t n = wheel->levels[i]->slots[u % HK_WHEEL_SLOTS].n;
            if (n == 0)
                continue;
            n_moving += n;
            n_runs += n < HK_WHEEL_SLOTS ? n : HK_WHEEL_SLOTS; /* at most so many slots get a first block */
        }
    }
    if (hk_blocks_reserve(&wheel->pool, n_moving / HK_BLOCK_EVENTS + n_runs) != HK_OK)
        return HK_ENOMEM;
    wheel->base = base;
    if (n_moving == 0)
        return HK_OK;
    for (int i = 1; i < HK_WHEEL_LEVELS && wheel->levels[i] != NULL; i++) {
        uint64_t unit = base >> HK_DIGIT_BITS * i;
        for (uint64_t u = unit; u - unit < HK_WHEEL_REACH; u++)
            if (wheel->levels[i]->slots[u % HK_WHEEL_SLOTS].n > 0)
                move_down(wheel, wheel->levels[i], u % HK_WHEEL_SLOTS);
    }
    return HK_OK;
}

hk_event *hk_wheel_earliest(const hk_wheel *wheel)
{
    int level_index;
    size_t at;
    const hk_level *level = first_used(wheel, &level_index, &at);
    return hk_slot_earliest(&level->slots[at]);
}

void hk_wheel_remove_earliest(hk_wheel *wheel, hk_event *earliest)
{
    int level_index;
    size_t at;
    hk_level *level = first_used(wheel, &level_index, &at);
    hk_slot *slot = &level->slots[at];
    hk_slot_remove(slot, &wheel->pool, earliest);
    wheel->n--;
    if (slot->n == 0) {
        hk_level_mark_empty(level, at);
    } else if (level_index > 0) {
        level->first[at] = hk_key_of(hk_slot_earliest(slot)->step);
    }
}

hk_event *hk_wheel_copy(const hk_wheel *wheel, hk_event *out)
{
    for (int i = 0; i < HK_WHEEL_LEVELS && wheel->levels[i] != NULL; i++)
        for (size_t at = 0; at < HK_WHEEL_SLOTS; at++)
            out = hk_slot_copy(&wheel->levels[i]->slots[at], out);
    return out;
}

void hk_wheel_clear(hk_wheel *wheel)
{
    for (int i = 0; i < HK_WHEEL_LEVELS && wheel->levels[i] != NULL; i++) {
        hk_level *level = wheel->levels[i];
        while (level->used_words != 0) {
            size_t at = hk_level_next_used(level, 0);
            hk_slot_clear(&level->slots[at], &wheel->pool);
            hk_level_mark_empty(level, at);
        }
    }
    wheel->n = 0;
}
