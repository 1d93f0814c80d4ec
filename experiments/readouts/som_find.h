/* experiments/readouts/som_find.h - nearest units of many samples at once; private to the map. */
#ifndef HK_SOM_FIND_H
#define HK_SOM_FIND_H

#include "experiments/readouts/som.h"

/** Samples first, first + stride, ... */
typedef struct hk_som_part {
    const hk_features *samples;
    size_t first, stride, n;
} hk_som_part;

static inline const float *hk_som_part_row(const hk_som_part *part, size_t k)
{
    return hk_features_row(part->samples, part->first + k * part->stride);
}

/** As hk_som_find() for a part, hits[part->n], with bias[n_units] taken from the squared distances; NULL: none. */
HK_MUST_CHECK int hk_som_find_part(hk_ctx *ctx, const hk_som *som, const hk_som_part *part, const double *bias,
                                   hk_team *team, hk_som_hit *hits);

#endif
