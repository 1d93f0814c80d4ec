/* plasticity/late_spikes.h - postsynaptic spikes on their way to synapses that lie a dendritic delay off: a queue by time. */
#ifndef HK_PLASTICITY_LATE_SPIKES_H
#define HK_PLASTICITY_LATE_SPIKES_H

#include "sim/archive.h"
#include "sim/status.h"
#include "sim/time.h"

typedef struct hk_late_spike {
    hk_time due; /* when the synapses hear of it */
    uint32_t post;
} hk_late_spike;

typedef struct hk_late_spikes {
    hk_late_spike *spikes; /* first ... first + n - 1 of [capacity] */
    size_t first, n, capacity;
} hk_late_spikes;

void hk_late_spikes_fini(hk_late_spikes *late);
/** Behind all others. HK_ENOMEM, without a sentence: it is called where there is nobody to say it to. */
HK_MUST_CHECK int hk_late_spikes_add(hk_late_spikes *late, hk_late_spike spike);
/** Appends copies of those of neurons begin ... end - 1, in order. HK_ENOMEM, likewise. */
HK_MUST_CHECK int hk_late_spikes_copy(hk_late_spikes *late, const hk_late_spikes *from, uint32_t begin, uint32_t end);
/** By time, then neuron. */
void hk_late_spikes_sort(hk_late_spikes *late);

/** The earliest, NULL: there is none. Valid until one is added. */
static inline const hk_late_spike *hk_late_spikes_first(const hk_late_spikes *late)
{
    return late->n > 0 ? &late->spikes[late->first] : NULL;
}
static inline void hk_late_spikes_drop_first(hk_late_spikes *late)
{
    late->first++;
    late->n--;
}

/** Saves or loads all of them. HK_EFORMAT unless they are in order of time, due behind `now` but no more than `lag` steps, of
 *  neurons below n_post. HK_ENOMEM. */
HK_MUST_CHECK int hk_late_spikes_archive(hk_late_spikes *late, hk_archive *archive, uint32_t n_post, int64_t lag,
                                         double resolution_ms, hk_time now);

#endif
