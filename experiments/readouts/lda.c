/* experiments/readouts/lda.c - linear discriminant analysis with one covariance for all classes; see linear.h. */
#include "experiments/readouts/linear_solver.h"

#include <math.h>

/* matrix = covariance within classes, upper triangle; its trace. */
static double within_classes(hk_solver *v, const hk_scatter *s)
{
    size_t p = s->n_features;
    double n = hk_scatter_total(s), trace = 0.0;
    for (size_t i = 0; i < p; i++)
        for (size_t j = i; j < p; j++) {
            double between = 0.0;
            for (uint32_t c = 0; c < s->n_classes; c++)
                between += s->sums[c * p + i] / s->n[c] * s->sums[c * p + j];
            v->matrix[i * p + j] = (s->gram[i * s->width + j] - between) / n;
        }
    for (size_t i = 0; i < p; i++)
        trace += v->matrix[i * p + i];
    return trace;
}

/* Chen et al. (2010), eq. 23: how much of the scaled identity makes the expected squared error smallest. */
static double oracle_approximating(const hk_solver *v, size_t p, double n, double trace)
{
    double of_square = 0.0, size = (double)p; /* trace of the squared matrix */
    for (size_t i = 0; i < p; i++)
        for (size_t j = i; j < p; j++)
            of_square += (i == j ? 1.0 : 2.0) * v->matrix[i * p + j] * v->matrix[i * p + j];
    double above = (1.0 - 2.0 / size) * of_square + trace * trace;
    double below = (n + 1.0 - 2.0 / size) * (of_square - trace * trace / size);
    return below > 0.0 ? fmin(above / below, 1.0) : 1.0;
}

int hk_lda_solve(hk_ctx *ctx, hk_scatter *scatter, hk_team *team, double rho, hk_linear *out)
{
    *out = (hk_linear){ 0 };
    if (!isnan(rho) && !(rho >= 0.0 && rho <= 1.0))
        return hk_fail(ctx, HK_ERANGE, "lda: rho = %g, must be 0 to 1", rho);
    hk_scatter_settle(scatter, team);
    hk_solver v;
    size_t p = scatter->n_features;
    int rc = hk_scatter_check_classes(ctx, scatter);
    if (rc != HK_OK)
        return rc;
    rc = hk_solver_init(ctx, scatter, &v);
    if (rc == HK_OK) {
        double n = hk_scatter_total(scatter), trace = within_classes(&v, scatter);
        if (!(trace > 1e-12 * hk_scatter_trace(scatter) / n))
            rc = hk_fail(ctx, HK_ERANGE, "lda: all samples of each class are alike, so there is no covariance");
        if (rc == HK_OK && isnan(rho))
            rho = oracle_approximating(&v, p, n, trace);
        for (size_t i = 0; i < p; i++)
            for (size_t j = i; j < p; j++)
                v.matrix[i * p + j] = (1.0 - rho) * v.matrix[i * p + j] + (i == j ? rho * trace / (double)p : 0.0);
        size_t done = rc == HK_OK ? v.kernels->cholesky(v.matrix, p) : p;
        if (done < p)
            rc = hk_fail(ctx, HK_ERANGE, "lda: rho = %g is too small, feature %zu follows from those before it", rho,
                         done);
        for (uint32_t c = 0; rc == HK_OK && c < scatter->n_classes; c++) {
            double *w = v.linear.weights + c * (p + 1), dot = 0.0;
            const double *sum = scatter->sums + c * p;
            for (size_t k = 0; k < p; k++)
                w[k] = sum[k] / scatter->n[c];
            hk_solver_apply(&v, p, w);
            for (size_t k = 0; k < p; k++)
                dot += w[k] * sum[k] / scatter->n[c];
            w[p] = log(scatter->n[c] / n) - 0.5 * dot;
        }
    }
    if (rc == HK_OK) {
        *out = hk_solver_take(&v);
        out->rho = rho;
    }
    hk_solver_fini(&v);
    return rc;
}
