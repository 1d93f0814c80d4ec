/* sim/delay_table.c - see delay_table.h. */
#include "sim/delay_table.h"

#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>

static double value_at(const hk_draw *d, double u)
{
    return d->a + d->b * hk_normal_of(u);
}

/* The smallest uniform number whose value is at least `value` (or above it): they are odd multiples of 2^-53. */
static double first_at(const hk_draw *d, double value, bool above)
{
    uint64_t low = 0, high = UINT64_C(1) << 52; /* numbers (2 k + 1) / 2^53 */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        double at = value_at(d, (double)(int64_t)(2 * middle + 1) * 0x1p-53);
        if (above ? at > value : at >= value)
            high = middle;
        else
            low = middle + 1;
    }
    return (double)(int64_t)(2 * low + 1) * 0x1p-53; /* above 1: none */
}

static double steps_at(const hk_draw *d, double u, double resolution_ms)
{
    return nearbyint(value_at(d, u) / resolution_ms);
}

/* The smallest uniform number that is rounded to at least `steps`. */
static double begin_of(const hk_draw *d, double steps, double resolution_ms)
{
    uint64_t low = 0, high = UINT64_C(1) << 52;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (steps_at(d, (double)(int64_t)(2 * middle + 1) * 0x1p-53, resolution_ms) >= steps)
            high = middle;
        else
            low = middle + 1;
    }
    return (double)(int64_t)(2 * low + 1) * 0x1p-53;
}

int hk_delay_table_init(hk_delay_table *table, const hk_draw *delay_ms, double resolution_ms)
{
    const hk_draw *d = delay_ms;
    *table = (hk_delay_table){ .to = 1.0 };
    if (d->kind != HK_NORMAL || !(d->b > 0.0))
        return HK_OK;
    if (d->min != 0.0 || d->max != 0.0) {
        table->from = first_at(d, d->min, false);
        table->to = nextafter(first_at(d, d->max, true), 0.0);
    }
    double least = fmax(1.0, steps_at(d, fmax(table->from, 0x1p-53), resolution_ms));
    double most = fmax(1.0, steps_at(d, fmin(table->to, 1.0 - 0x1p-53), resolution_ms));
    if (!(most - least < HK_DELAY_MOST_STEPS))
        return HK_OK;
    uint32_t n = (uint32_t)(most - least) + 1;
    table->begin = malloc(((size_t)n + 1) * sizeof *table->begin);
    if (table->begin == NULL)
        return HK_ENOMEM;
    table->n = n;
    table->least = (uint32_t)least;
    table->begin[0] = 0.0;
    for (uint32_t k = 1; k < n; k++)
        table->begin[k] = begin_of(d, least + k, resolution_ms);
    table->begin[n] = 2.0;
    for (uint32_t g = 0, k = 0; g <= 1 << HK_DELAY_GUIDE_BITS; g++) {
        while (table->begin[k + 1] <= ldexp((double)g, -HK_DELAY_GUIDE_BITS))
            k++;
        table->guide[g] = (uint16_t)k;
    }
    return HK_OK;
}

void hk_delay_table_fini(hk_delay_table *table)
{
    free(table->begin);
    table->begin = NULL;
    table->n = 0;
}
