/* experiments/readouts/linear.h - linear readouts in closed form: ridge regression and discriminant analysis.
 *
 *   score_c(x) = w_c . x + b_c, the class of the highest score wins (of equal ones the lowest)
 *
 *   ridge   w minimises sum over samples of (t_c - score_c)^2 + lambda |w|^2, t_c = 1 for the sample's class, else 0; b is not
 *           punished. With mean m of x:  w = (G - n m m^T + lambda I)^-1 (s_c - n_c m),  b = n_c / n - w . m
 *           lambda can be found by cross-validation: each sample belongs to one of five folds by its content, and of
 *           11 values, 10^-8 to 10^2 times the trace of G - n m m^T over its size, the one of the smallest squared error on the
 *           folds left out is taken. That error is a function of the sums of each fold, so that no sample is seen twice.
 *           Source: Hoerl & Kennard (1970), Technometrics 12:55-67
 *   lda     classes are normal with one covariance S (within classes):  w = S'^-1 m_c,  b = log(n_c / n) - w . m_c / 2,
 *           S' = (1 - rho) S + rho (tr S / p) I, rho chosen by oracle approximating shrinkage unless given.
 *           Source: Fisher (1936), Ann. Eugenics 7:179-188; Chen, Wiesel, Eldar & Hero (2010), IEEE Trans. Signal Process.
 *           58:5016-5029, eq. 23
 *
 * Both learn from sums (scatter.h): samples may come in any order, and one at a time. */
#ifndef HK_LINEAR_H
#define HK_LINEAR_H

#include "experiments/readouts/scatter.h"

enum { HK_RIDGE_FOLDS = 5 };

typedef struct hk_linear {
    size_t n_features;
    uint32_t n_classes;
    double *weights; /* [n_classes][n_features + 1], b behind w */
    double lambda;   /* ridge: as used; lda: 0 */
    double rho;      /* lda: as used; ridge: 0 */
} hk_linear;

void hk_linear_fini(hk_linear *linear);

/** Sums of samples by fold, from which ridge is solved. */
typedef struct hk_ridge {
    hk_scatter fold[HK_RIDGE_FOLDS];
} hk_ridge;

HK_MUST_CHECK int hk_ridge_init(hk_ctx *ctx, size_t n_features, uint32_t n_classes, hk_ridge *out);
void hk_ridge_fini(hk_ridge *ridge);
void hk_ridge_add(hk_ridge *ridge, hk_team *team, const float *x, uint32_t label);
/** Solves; more samples may be added afterwards. `lambda` >= 0, or NaN: by cross-validation, which wants a sample in each of two
 *  folds at least. HK_ERANGE: a class without samples, lambda out of range, or 0 where features depend on each other. */
HK_MUST_CHECK int hk_ridge_solve(hk_ctx *ctx, hk_ridge *ridge, hk_team *team, double lambda, hk_linear *out);

/** Solves for the samples added to `scatter`. `rho` in [0, 1], or NaN: by oracle approximating shrinkage. HK_ERANGE: a class
 *  without samples, all samples of each class alike, rho out of range, or 0 where features depend on each other. */
HK_MUST_CHECK int hk_lda_solve(hk_ctx *ctx, hk_scatter *scatter, hk_team *team, double rho, hk_linear *out);

/** The class of a sample x[n_features]; scores [n_classes] unless NULL. */
uint32_t hk_linear_decide(const hk_linear *linear, const float *x, double *scores);

#endif
