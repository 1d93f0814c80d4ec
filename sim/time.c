/* sim/time.c - see time.h. */
#include "sim/time.h"

#include <math.h>

hk_time hk_time_from_ms(double ms, double resolution_ms)
{
    return hk_time_after(hk_time_grid(0, resolution_ms), ms, resolution_ms);
}

int64_t hk_steps_in_ms(double ms, double resolution_ms)
{
    double steps = ms / resolution_ms;
    if (!(steps >= 0.0 && steps < 0x1p52))
        return -1;
    double whole = nearbyint(steps);
    return fabs(steps - whole) <= 1e-6 ? (int64_t)whole : -1;
}
