/* sim/time.c - see time.h. */
#include "sim/time.h"

#include <float.h>
#include <math.h>

/* Is `ms` the product, or a decimal that means it? 0.3 ms is on the grid of 0.1 ms, though 3 * 0.1 is another double. */
static bool on_grid(double ms, double nearest, double resolution_ms)
{
    return fabs(nearest * resolution_ms - ms) <= 1.5 * DBL_EPSILON * fabs(ms);
}

static hk_time normalised(int64_t step, double offset, double resolution_ms)
{
    if (offset > 0.0 && offset <= resolution_ms)
        return (hk_time){ .step = step, .offset = offset };
    double quotient = offset / resolution_ms;
    int64_t whole = (int64_t)quotient; /* towards 0 */
    whole -= (double)whole >= quotient ? 1 : 0;
    step += whole;
    offset -= (double)whole * resolution_ms;
    if (offset <= 0.0) { /* rounding of the quotient put it one step too far, or not far enough */
        step -= 1;
        offset += resolution_ms;
    } else if (offset > resolution_ms) {
        step += 1;
        offset -= resolution_ms;
    }
    return (hk_time){ .step = step, .offset = offset };
}

hk_time hk_time_after(hk_time t, double after_ms, double resolution_ms)
{
    double nearest = nearbyint(after_ms / resolution_ms);
    if (on_grid(after_ms, nearest, resolution_ms)) /* whole steps leave the offset alone */
        return (hk_time){ .step = t.step + (int64_t)nearest, .offset = t.offset };
    return normalised(t.step, t.offset + after_ms, resolution_ms);
}

hk_time hk_time_from_ms(double ms, double resolution_ms)
{
    double nearest = nearbyint(ms / resolution_ms);
    if (on_grid(ms, nearest, resolution_ms))
        return hk_time_grid((int64_t)nearest, resolution_ms);
    double step = floor(ms / resolution_ms);
    return normalised((int64_t)step, ms - step * resolution_ms, resolution_ms);
}

int64_t hk_steps_in_ms(double ms, double resolution_ms)
{
    double steps = ms / resolution_ms;
    if (!(steps >= 0.0 && steps < 0x1p52))
        return -1;
    double whole = nearbyint(steps);
    return fabs(steps - whole) <= 1e-6 ? (int64_t)whole : -1;
}
