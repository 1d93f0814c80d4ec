/* experiments/readouts/scatter.h - sums over labelled samples from which linear readouts are solved: a stream in, no sample kept.
 *
 *   n_c = number of samples of class c     s_c = sum of x over them     G = sum of x x^T over all
 *
 * In what order samples come changes the sums by rounding only, and not at all where values are whole numbers such as spike
 * counts. Sums of parts that were added up apart are added with hk_scatter_merge(). */
#ifndef HK_SCATTER_H
#define HK_SCATTER_H

#include "experiments/readouts/features.h"
#include "sim/archive.h"
#include "sim/team.h"

typedef struct hk_scatter {
    size_t n_features, width; /* width: n_features rounded up to whole tiles, the rest is 0 */
    uint32_t n_classes;
    double *n;       /* [n_classes] */
    double *sums;    /* [n_classes][n_features] */
    double *gram;    /* [width][width]; the lower triangle is not kept up; complete after hk_scatter_settle() */
    double *waiting; /* samples not yet in `gram`, in panels of a tile's width */
    size_t n_waiting;
} hk_scatter;

/** All sums 0. HK_ERANGE, HK_ENOMEM. */
HK_MUST_CHECK int hk_scatter_init(hk_ctx *ctx, size_t n_features, uint32_t n_classes, hk_scatter *out);
void hk_scatter_fini(hk_scatter *scatter);

/** Adds a sample x[n_features] of a class; the values are finite. The bits are the same for any team. */
void hk_scatter_add(hk_scatter *scatter, hk_team *team, const float *x, uint32_t label);
/** Everything added so far is in the sums after this. */
void hk_scatter_settle(hk_scatter *scatter, hk_team *team);
/** Adds the sums of `from`, settled and of the same shape. `into` is settled too. */
void hk_scatter_merge(hk_scatter *into, const hk_scatter *from);
/** Saves or loads all of it, so that what is added afterwards gives the same bits. HK_EFORMAT: not of this shape. */
HK_MUST_CHECK int hk_scatter_archive(hk_scatter *scatter, hk_archive *archive);

#endif
