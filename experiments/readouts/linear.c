/* experiments/readouts/linear.c - deciding, and the parts that both ways of learning share; see linear.h. */
#include "experiments/readouts/linear_solver.h"

#include <math.h>
#include <stdlib.h>

void hk_linear_fini(hk_linear *linear)
{
    free(linear->weights);
    *linear = (hk_linear){ 0 };
}

uint32_t hk_linear_decide(const hk_linear *linear, const float *x, double *scores)
{
    size_t p = linear->n_features;
    uint32_t best = 0;
    double most = -INFINITY;
    for (uint32_t c = 0; c < linear->n_classes; c++) {
        const double *w = linear->weights + c * (p + 1);
        double score = w[p];
        for (size_t k = 0; k < p; k++)
            score += w[k] * (double)x[k];
        if (scores != NULL)
            scores[c] = score;
        if (score > most) {
            most = score;
            best = c;
        }
    }
    return best;
}

int hk_solver_init(hk_ctx *ctx, const hk_scatter *scatter, hk_solver *out)
{
    size_t p = scatter->n_features, n_weights = scatter->n_classes * (p + 1);
    *out = (hk_solver){ .kernels = hk_product_kernels_for(hk_cpu_best()),
                        .mean = malloc(p * sizeof *out->mean),
                        .matrix = malloc(p * p * sizeof *out->matrix),
                        .linear = { .n_features = p,
                                    .n_classes = scatter->n_classes,
                                    .weights = calloc(n_weights, sizeof *out->linear.weights) } };
    return out->mean != NULL && out->matrix != NULL && out->linear.weights != NULL
               ? HK_OK
               : hk_fail(ctx, HK_ENOMEM, "linear readout: no memory for a matrix of %zu x %zu", p, p);
}

void hk_solver_fini(hk_solver *solver)
{
    free(solver->mean);
    free(solver->matrix);
    hk_linear_fini(&solver->linear);
    *solver = (hk_solver){ 0 };
}

hk_linear hk_solver_take(hk_solver *solver)
{
    hk_linear linear = solver->linear;
    solver->linear = (hk_linear){ 0 };
    return linear;
}

double hk_scatter_total(const hk_scatter *scatter)
{
    double n = 0.0;
    for (uint32_t c = 0; c < scatter->n_classes; c++)
        n += scatter->n[c];
    return n;
}

int hk_scatter_check_classes(hk_ctx *ctx, const hk_scatter *scatter)
{
    for (uint32_t c = 0; c < scatter->n_classes; c++)
        if (!(scatter->n[c] > 0.0))
            return hk_fail(ctx, HK_ERANGE, "linear readout: no sample of class %u (classes are 0 to %u)", c,
                           scatter->n_classes - 1);
    return HK_OK;
}

double hk_scatter_trace(const hk_scatter *scatter)
{
    double trace = 0.0;
    for (size_t k = 0; k < scatter->n_features; k++)
        trace += scatter->gram[k * scatter->width + k];
    return trace;
}

double hk_solver_centre(hk_solver *solver, const hk_scatter *scatter)
{
    size_t p = scatter->n_features;
    double n = hk_scatter_total(scatter), trace = 0.0;
    for (size_t k = 0; k < p; k++) {
        double sum = 0.0;
        for (uint32_t c = 0; c < scatter->n_classes; c++)
            sum += scatter->sums[c * p + k];
        solver->mean[k] = sum / n;
    }
    for (size_t i = 0; i < p; i++) {
        for (size_t j = i; j < p; j++)
            solver->matrix[i * p + j] = scatter->gram[i * scatter->width + j] - n * solver->mean[i] * solver->mean[j];
        trace += solver->matrix[i * p + i];
    }
    return trace;
}

void hk_solver_apply(const hk_solver *solver, size_t n, double *w)
{
    const double *r = solver->matrix;
    for (size_t i = 0; i < n; i++) {
        w[i] /= r[i * n + i];
        solver->kernels->add(w + i + 1, -w[i], r + i * n + i + 1, n - i - 1);
    }
    for (size_t i = n; i-- > 0;) {
        double sum = w[i];
        for (size_t j = i + 1; j < n; j++)
            sum -= r[i * n + j] * w[j];
        w[i] = sum / r[i * n + i];
    }
}
