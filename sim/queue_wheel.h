/* sim/queue_wheel.h - the hierarchical wheel: events by step, near ones exactly, far ones roughly.
 *
 * Private to the queue. Level l counts in units of 2^(10 l) steps and has 4096 slots, unit u in slot u mod 4096. An
 * event goes to the lowest level of which the current block of 1024 units, or one of the next three, contains it:
 * whatever lies up to 3072 steps ahead goes straight to the slot of its step, the rest moves down as `base` comes near.
 *
 * Invariants: every event is at base or later; all events of a level are earlier than those of the levels above; a slot
 * holds events of one unit only. */
#ifndef HK_QUEUE_WHEEL_H
#define HK_QUEUE_WHEEL_H

#include "sim/queue_blocks.h"

enum {
    HK_DIGIT_BITS = 10,
    HK_WHEEL_REACH = 4, /* blocks */
    HK_WHEEL_SLOTS = HK_WHEEL_REACH << HK_DIGIT_BITS,
    HK_WHEEL_WORDS = HK_WHEEL_SLOTS / 64,
    HK_WHEEL_LEVELS = 7, /* 7 * 10 bits cover the 64 of a step */
};

_Static_assert(HK_WHEEL_WORDS <= 64, "one bit per word fits a word");

typedef struct hk_level {
    hk_slot slots[HK_WHEEL_SLOTS];
    uint64_t first[HK_WHEEL_SLOTS]; /* smallest key in a used slot, kept above level 0 */
    uint64_t used[HK_WHEEL_WORDS];  /* one bit per slot */
    uint64_t used_words;            /* one bit per word of `used` */
} hk_level;

typedef struct hk_wheel {
    uint64_t base; /* key of the step taken last */
    size_t n;      /* events in all slots */
    hk_block_pool pool;
    hk_level *levels[HK_WHEEL_LEVELS]; /* created from below when first needed */
} hk_wheel;

/* Steps in an order that unsigned numbers can keep. */
static inline uint64_t hk_key_of(int64_t step)
{
    return (uint64_t)step ^ (UINT64_C(1) << 63);
}

static inline int64_t hk_step_of(uint64_t key)
{
    return (int64_t)(key ^ (UINT64_C(1) << 63));
}

/** Creates level 0 and empties the wheel. HK_OK or HK_ENOMEM; fini in both cases. */
HK_MUST_CHECK int hk_wheel_init(hk_wheel *wheel, int64_t base_step);
void hk_wheel_fini(hk_wheel *wheel);

static inline void hk_level_mark_used(hk_level *level, size_t at)
{
    level->used[at / 64] |= UINT64_C(1) << at % 64;
    level->used_words |= UINT64_C(1) << at / 64;
}

/** Forgets the events of a slot, whose blocks are somebody else's by now. */
static inline void hk_level_mark_empty(hk_level *level, size_t at)
{
    level->slots[at] = (hk_slot){ 0 };
    level->used[at / 64] &= ~(UINT64_C(1) << at % 64);
    if (level->used[at / 64] == 0)
        level->used_words &= ~(UINT64_C(1) << at / 64);
}

/** The first used slot from `from` on, around the circle. The level is not empty. */
static inline size_t hk_level_next_used(const hk_level *level, size_t from)
{
    size_t word = from / 64;
    uint64_t here = level->used[word] >> from % 64;
    if (here != 0)
        return from + (size_t)__builtin_ctzll(here);
    uint64_t words = level->used_words & ~((UINT64_C(2) << word) - 1); /* after this one, else from the start */
    words = words != 0 ? words : level->used_words;
    word = (size_t)__builtin_ctzll(words);
    return word * 64 + (size_t)__builtin_ctzll(level->used[word]);
}

/** Adds what is out of reach of level 0; see hk_wheel_push(). */
HK_MUST_CHECK int hk_wheel_push_far(hk_wheel *wheel, const hk_event *event, uint64_t key);

/** Adds an event at base or later, with its key. HK_OK or HK_ENOMEM. */
HK_MUST_CHECK static inline int hk_wheel_push(hk_wheel *wheel, const hk_event *event, uint64_t key)
{
    uint64_t block_start = wheel->base >> HK_DIGIT_BITS << HK_DIGIT_BITS;
    if (key - block_start >= HK_WHEEL_SLOTS)
        return hk_wheel_push_far(wheel, event, key);
    hk_level *level = wheel->levels[0];
    size_t at = key % HK_WHEEL_SLOTS;
    hk_slot *slot = &level->slots[at];
    if (hk_slot_is_full(slot)) {
        if (wheel->pool.n_free == 0 && hk_blocks_reserve(&wheel->pool, 1) != HK_OK)
            return HK_ENOMEM;
        hk_slot_add_block(slot, &wheel->pool);
        hk_level_mark_used(level, at);
    }
    hk_slot_append(slot, event);
    wheel->n++;
    return HK_OK;
}

/** Key of the earliest event of the wheel, which is not empty. */
uint64_t hk_wheel_first(const hk_wheel *wheel);

/** Makes `base`, the first key of the wheel, its base. On HK_ENOMEM nothing has changed. */
HK_MUST_CHECK int hk_wheel_advance(hk_wheel *wheel, uint64_t base);

/** The earliest event of the wheel, which is not empty: looks at all of the first slot, but needs no space. */
hk_event *hk_wheel_earliest(const hk_wheel *wheel);
void hk_wheel_remove_earliest(hk_wheel *wheel, hk_event *earliest);

/** Copies all events, in no order, to `out`; returns one past the last. */
hk_event *hk_wheel_copy(const hk_wheel *wheel, hk_event *out);

/** Empties the wheel; its base stays. */
void hk_wheel_clear(hk_wheel *wheel);

#endif
