/* experiments/nets/routing_kernels.c - see routing.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "experiments/nets/routing.h"

#include "sim/mathfn.h"

#include <math.h>
#include <string.h>

/* Short sums: many of them are under way at once, so that each may wait for itself. */
static double along(const double *x, const double *y, size_t n)
{
    double sum = 0.0;
    for (size_t k = 0; k < n; k++)
        sum += x[k] * y[k];
    return sum;
}

static void add(double *restrict y, double scale, const double *restrict x, size_t n)
{
    for (size_t k = 0; k < n; k++)
        y[k] += scale * x[k];
}

static double length_of(const double *s, size_t n)
{
    return sqrt(along(s, s, n) + 1e-18);
}

static void squash(const double *s, size_t n, double *out)
{
    const double length = length_of(s, n), factor = length / (1.0 + length * length);
    for (size_t k = 0; k < n; k++)
        out[k] = factor * s[k];
}

/* v = f(l) s with f = l / (1 + l^2), l = |s|:  dL/ds = f dL/dv + (dL/dv . s) (f' / l) s */
static void squash_back(const double *s, const double *by_out, size_t n, double *by_s)
{
    const double length = length_of(s, n), square = length * length, below = 1.0 + square;
    const double share = along(by_out, s, n) * (1.0 - square) / (below * below * length);
    for (size_t k = 0; k < n; k++)
        by_s[k] = length / below * by_out[k] + share * s[k];
}

/* Of each row of logits[rows][n]; all exponentials in one loop. */
static void softmax(const double *logits, size_t rows, size_t n, double *restrict out)
{
    for (size_t i = 0; i < rows; i++) {
        const double *row = logits + i * n;
        double most = row[0];
        for (size_t k = 1; k < n; k++)
            most = row[k] > most ? row[k] : most;
        for (size_t k = 0; k < n; k++)
            out[i * n + k] = row[k] - most;
    }
    for (size_t k = 0; k < rows * n; k++)
        out[k] = hk_exp(out[k]);
    for (size_t i = 0; i < rows; i++) {
        double sum = 0.0;
        for (size_t k = 0; k < n; k++)
            sum += out[i * n + k];
        for (size_t k = 0; k < n; k++)
            out[i * n + k] /= sum;
    }
}

static void route(const hk_routing *r)
{
    const size_t n_vector = r->n_out * r->depth;
    memset(r->logits, 0, r->n_in * r->n_out * sizeof *r->logits);
    for (size_t round = 0; round < r->rounds; round++) {
        double *couplings = r->couplings + round * r->n_in * r->n_out;
        double *sums = r->sums + round * n_vector, *vectors = r->vectors + round * n_vector;
        memset(sums, 0, n_vector * sizeof *sums);
        softmax(r->logits, r->n_in, r->n_out, couplings);
        for (size_t i = 0; i < r->n_in; i++)
            for (size_t j = 0; j < r->n_out; j++)
                add(sums + j * r->depth, couplings[i * r->n_out + j], r->votes + i * n_vector + j * r->depth, r->depth);
        for (size_t j = 0; j < r->n_out; j++)
            squash(sums + j * r->depth, r->depth, vectors + j * r->depth);
        for (size_t i = 0; i < r->n_in && round + 1 < r->rounds; i++)
            for (size_t j = 0; j < r->n_out; j++)
                r->logits[i * r->n_out + j] += along(vectors + j * r->depth, r->votes + i * n_vector + j * r->depth,
                                                     r->depth);
    }
}

/* From the last round to the first. `logits` holds the gradient by b_ij of the round that was just left; that by the b_ij before is the
 * same and what comes through the softmax, since each round only adds to them. */
static void route_back(const hk_routing *r, double *by_vector, double *by_vote)
{
    const size_t n_vector = r->n_out * r->depth;
    memset(r->logits, 0, r->n_in * r->n_out * sizeof *r->logits);
    memset(by_vote, 0, r->n_in * n_vector * sizeof *by_vote);
    for (size_t round = r->rounds; round-- > 0;) {
        const double *couplings = r->couplings + round * r->n_in * r->n_out, *sums = r->sums + round * n_vector;
        for (size_t j = 0; j < r->n_out; j++)
            squash_back(sums + j * r->depth, by_vector + j * r->depth, r->depth, by_vector + j * r->depth);
        for (size_t i = 0; i < r->n_in; i++) {
            const double *votes = r->votes + i * n_vector, *c = couplings + i * r->n_out;
            double *by_logit = r->logits + i * r->n_out, *out = by_vote + i * n_vector, mean = 0.0;
            double by_coupling[256];
            for (size_t j = 0; j < r->n_out; j++) {
                by_coupling[j] = along(by_vector + j * r->depth, votes + j * r->depth, r->depth);
                add(out + j * r->depth, c[j], by_vector + j * r->depth, r->depth);
                mean += c[j] * by_coupling[j];
            }
            for (size_t j = 0; j < r->n_out; j++)
                by_logit[j] += c[j] * (by_coupling[j] - mean);
        }
        if (round == 0)
            break;
        const double *before = r->vectors + (round - 1) * n_vector; /* what was added to b_ij: before . votes */
        memset(by_vector, 0, n_vector * sizeof *by_vector);
        for (size_t i = 0; i < r->n_in; i++)
            for (size_t j = 0; j < r->n_out; j++) {
                const double by_logit = r->logits[i * r->n_out + j];
                add(by_vector + j * r->depth, by_logit, r->votes + i * n_vector + j * r->depth, r->depth);
                add(by_vote + i * n_vector + j * r->depth, by_logit, before + j * r->depth, r->depth);
            }
    }
}

#define HK_TABLE_NAME(isa) hk_routing_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_routing_kernels HK_TABLE(HK_KERNEL_ISA) = {
    .squash = squash,
    .squash_back = squash_back,
    .route = route,
    .route_back = route_back,
};
