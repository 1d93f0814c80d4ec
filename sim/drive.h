/* sim/drive.h - Poisson input without synapses, for exact simulations: private to sim/. On the grid see counts.h. */
#ifndef HK_DRIVE_H
#define HK_DRIVE_H

#include "sim/section.h"

/** `group` of an arrival that comes from the drive of neuron `source`. */
enum { HK_GROUP_DRIVE = UINT32_MAX };

/** What the drive of a section sends before step `end`: sorted, borrowed until the next call. HK_ENOMEM. */
HK_MUST_CHECK int hk_drive_take(hk_section *section, int64_t end, const hk_event **events, size_t *n);

static inline hk_slab hk_drive_slab(const hk_population *population, uint32_t neuron)
{
    return (hk_slab){ .weight64 = &population->drive_weight, .first = neuron, .n = 1 };
}

#endif
