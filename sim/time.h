/* sim/time.h - a spike time is a whole step and an exact offset into it.
 *
 *   t = step * resolution + offset,   offset in (0, resolution]
 *
 * The offset is a double, so spike times are continuous; the resolution bounds only delays, which are whole steps:
 * an arrival is (step + delay, offset), without rounding, as precise after a year as after a millisecond.
 * A time on the grid, n * resolution, is (n - 1, resolution); time 0 is therefore (-1, resolution). */
#ifndef HK_TIME_H
#define HK_TIME_H

#include <stdbool.h>
#include <stdint.h>

typedef struct hk_time {
    int64_t step;
    double offset; /* ms, in (0, resolution] */
} hk_time;

#define HK_STEP_NEVER INT64_MAX

static inline bool hk_time_before(hk_time a, hk_time b)
{
    return a.step < b.step || (a.step == b.step && a.offset < b.offset);
}

static inline bool hk_time_equal(hk_time a, hk_time b)
{
    return a.step == b.step && a.offset == b.offset;
}

/** b - a in ms; exact up to one rounding while the two are close. */
static inline double hk_time_between_ms(hk_time a, hk_time b, double resolution_ms)
{
    return (double)(b.step - a.step) * resolution_ms + (b.offset - a.offset);
}

static inline double hk_time_to_ms(hk_time t, double resolution_ms)
{
    return (double)t.step * resolution_ms + t.offset;
}

/** The end of step `n` - 1: n * resolution. */
static inline hk_time hk_time_grid(int64_t n, double resolution_ms)
{
    return (hk_time){ .step = n - 1, .offset = resolution_ms };
}

/** The time `after_ms` later than `t` (earlier when negative), |after_ms| / resolution below 2^51. A decimal that means whole
 *  steps leaves the offset alone: 0.3 ms is three steps of 0.1 ms, though 3 * 0.1 is another double. */
static inline hk_time hk_time_after(hk_time t, double after_ms, double resolution_ms)
{
    const double magic = 0x1.8p52; /* adding and taking it away rounds to the nearest integer */
    double steps = after_ms / resolution_ms, nearest = (steps + magic) - magic;
    double miss = nearest * resolution_ms - after_ms, size = after_ms < 0.0 ? -after_ms : after_ms;
    if ((miss < 0.0 ? -miss : miss) <= 1.5 * 0x1p-52 * size)
        return (hk_time){ .step = t.step + (int64_t)nearest, .offset = t.offset };
    int64_t whole = (int64_t)steps;
    double offset = t.offset + (after_ms - (double)whole * resolution_ms);
    while (offset > resolution_ms) {
        whole++;
        offset -= resolution_ms;
    }
    while (offset <= 0.0) {
        whole--;
        offset += resolution_ms;
    }
    return (hk_time){ .step = t.step + whole, .offset = offset };
}

/** A time from milliseconds since 0. `ms` must be finite and |ms| / resolution below 2^52. */
hk_time hk_time_from_ms(double ms, double resolution_ms);

/** Whole steps in `ms`, or -1 when `ms` is not finite, negative, or no whole number of steps
 *  (to 1e-6 of a step, so that decimal delays such as 1.5 ms at 0.1 ms pass). */
int64_t hk_steps_in_ms(double ms, double resolution_ms);

#endif
