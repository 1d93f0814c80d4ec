/* encoders/train.h - what decoders share: the spikes of one source, and estimates that stay where values are. */
#ifndef HK_ENCODERS_TRAIN_H
#define HK_ENCODERS_TRAIN_H

#include "sim/encoder.h"

/** The spikes of one source, in order of time; borrowed from the list. */
typedef struct hk_train {
    const hk_spike_in *spikes;
    size_t n;
} hk_train;

/** The spikes of `source`, of a list that is read source by source; *at is where they begin, and then where they end. */
static inline hk_train hk_train_next(const hk_spikes_in *list, size_t *at, uint32_t source)
{
    size_t begin = *at;
    while (*at < list->n && list->spikes[*at].source == source)
        (*at)++;
    return (hk_train){ .spikes = list->spikes + begin, .n = *at - begin };
}

/** The value in [0, 1] nearest to an estimate. */
static inline float hk_value_near(double estimate)
{
    return estimate > 1.0 ? 1.0f : estimate > 0.0 ? (float)estimate : 0.0f;
}

#endif
