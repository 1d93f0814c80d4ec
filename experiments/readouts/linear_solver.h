/* experiments/readouts/linear_solver.h - what ridge.c and lda.c share; private to them. */
#ifndef HK_LINEAR_SOLVER_H
#define HK_LINEAR_SOLVER_H

#include "experiments/readouts/linear.h"
#include "experiments/readouts/product_kernels.h"

/** Work space for one solution. */
typedef struct hk_solver {
    const hk_product_kernels *kernels;
    double *mean;   /* [p] */
    double *matrix; /* [p][p], upper triangle */
    hk_linear linear;
} hk_solver;

/** HK_ENOMEM; the caller calls fini in any case. */
HK_MUST_CHECK int hk_solver_init(hk_ctx *ctx, const hk_scatter *scatter, hk_solver *out);
void hk_solver_fini(hk_solver *solver);
/** The result, which leaves the solver. */
hk_linear hk_solver_take(hk_solver *solver);

double hk_scatter_total(const hk_scatter *scatter);
HK_MUST_CHECK int hk_scatter_check_classes(hk_ctx *ctx, const hk_scatter *scatter);
/** Trace of G: one of a centred matrix that is below 10^-12 of it is rounding only. */
double hk_scatter_trace(const hk_scatter *scatter);
/** mean = m, matrix = G - n m m^T; its trace. */
double hk_solver_centre(hk_solver *solver, const hk_scatter *scatter);
/** With R in `matrix`: solves R^T R w = w in place. */
void hk_solver_apply(const hk_solver *solver, size_t n, double *w);

#endif
