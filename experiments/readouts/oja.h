/* experiments/readouts/oja.h - the principal subspace of vectors, found by a Hebbian rule.
 *
 *   y = W^T (x - m),  m the mean of what was learnt from
 *   per sample:  W += eta / L (x - m - W y) y^T,  L the mean of |x - m|^2
 *
 * The columns of W [n_features][n_components] become an orthonormal basis of the subspace of the largest variances; which
 * basis, is left open. eta falls geometrically over the training; samples come in an order drawn from the seed.
 *
 * Source: Oja (1989), Int. J. Neural Syst. 1:61-68 */
#ifndef HK_OJA_H
#define HK_OJA_H

#include "experiments/readouts/features.h"

typedef struct hk_oja_config {
    size_t n_components;       /* 1 ... n_features */
    double eta_start, eta_end; /* in (0, 1], start >= end */
    uint32_t epochs;           /* >= 1 */
    uint64_t seed;
} hk_oja_config;

typedef struct hk_oja {
    size_t n_features, n_components;
    double *mean;    /* [n_features] */
    double *weights; /* [n_features][n_components] */
} hk_oja;

/** HK_ERANGE: a field outside the interval above, all samples alike, weights that grow without bound; HK_ENOMEM. On failure
 *  there is nothing to free. */
HK_MUST_CHECK int hk_oja_learn(hk_ctx *ctx, const hk_oja_config *config, const hk_features *samples, hk_oja *out);
void hk_oja_fini(hk_oja *oja);

/** y of all samples, with their labels. HK_ENOMEM. */
HK_MUST_CHECK int hk_oja_project(hk_ctx *ctx, const hk_oja *oja, const hk_features *samples, hk_features *out);

#endif
