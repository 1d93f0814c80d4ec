/* experiments/readouts/ridge.c - ridge regression onto the classes; see linear.h. */
#include "experiments/readouts/linear_solver.h"

#include <math.h>
#include <string.h>

enum { N_LAMBDAS = 11 };

int hk_ridge_init(hk_ctx *ctx, size_t n_features, uint32_t n_classes, hk_ridge *out)
{
    *out = (hk_ridge){ 0 };
    int rc = HK_OK;
    for (int f = 0; f < HK_RIDGE_FOLDS && rc == HK_OK; f++)
        rc = hk_scatter_init(ctx, n_features, n_classes, &out->fold[f]);
    if (rc != HK_OK)
        hk_ridge_fini(out);
    return rc;
}

void hk_ridge_fini(hk_ridge *ridge)
{
    for (int f = 0; f < HK_RIDGE_FOLDS; f++)
        hk_scatter_fini(&ridge->fold[f]);
}

/* FNV-1a over the values: what a sample is decides its fold, not when it comes. */
static unsigned fold_of(const float *x, size_t n)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t k = 0; k < n; k++) {
        uint32_t bits;
        float value = x[k] + 0.0f; /* -0 is 0 */
        memcpy(&bits, &value, sizeof bits);
        hash = (hash ^ bits) * UINT64_C(0x100000001b3);
        hash ^= hash >> 29; /* words, not bytes, go in: their high bits must come down */
    }
    return (unsigned)((hash >> 32) % HK_RIDGE_FOLDS);
}

void hk_ridge_add(hk_ridge *ridge, hk_team *team, const float *x, uint32_t label)
{
    hk_scatter_add(&ridge->fold[fold_of(x, ridge->fold[0].n_features)], team, x, label);
}

/* The weights for one lambda, into v->linear. Returns p, or the feature at which the matrix was singular. */
static size_t solve(hk_solver *v, const hk_scatter *s, double lambda)
{
    size_t p = s->n_features;
    double n = hk_scatter_total(s);
    hk_solver_centre(v, s);
    for (size_t i = 0; i < p; i++)
        v->matrix[i * p + i] += lambda;
    size_t done = v->kernels->cholesky(v->matrix, p);
    for (uint32_t c = 0; done == p && c < s->n_classes; c++) {
        double *w = v->linear.weights + c * (p + 1), dot = 0.0;
        for (size_t k = 0; k < p; k++)
            w[k] = s->sums[c * p + k] - s->n[c] * v->mean[k];
        hk_solver_apply(v, p, w);
        for (size_t k = 0; k < p; k++)
            dot += w[k] * v->mean[k];
        w[p] = s->n[c] / n - dot;
    }
    return done;
}

/* Sum over the samples in s of (t_c - score_c)^2, from their sums alone. */
static double squared_error(const hk_linear *linear, const hk_scatter *s)
{
    size_t p = s->n_features;
    double n = hk_scatter_total(s), error = 0.0;
    for (uint32_t c = 0; c < s->n_classes; c++) {
        const double *w = linear->weights + c * (p + 1);
        double b = w[p], of_class = 0.0, of_all = 0.0, square = 0.0; /* sums of w.x, w.x, (w.x)^2 */
        for (size_t i = 0; i < p; i++) {
            const double *row = s->gram + i * s->width;
            double sum = 0.0, right = 0.0;
            for (uint32_t d = 0; d < s->n_classes; d++)
                sum += s->sums[d * p + i];
            for (size_t j = i + 1; j < p; j++)
                right += row[j] * w[j];
            of_class += w[i] * s->sums[c * p + i];
            of_all += w[i] * sum;
            square += w[i] * (row[i] * w[i] + 2.0 * right);
        }
        error += s->n[c] - 2.0 * (of_class + b * s->n[c]) + square + 2.0 * b * of_all + b * b * n;
    }
    return error;
}

typedef struct search {
    const hk_scatter *rest, *left_out;
    hk_solver *solvers; /* [n_members] */
    unsigned n_members;
    double lambda[N_LAMBDAS], error[N_LAMBDAS];
} search;

static void try_lambdas(void *user, unsigned member)
{
    search *s = user;
    hk_solver *v = &s->solvers[member];
    for (unsigned k = member; k < N_LAMBDAS; k += s->n_members)
        s->error[k] += solve(v, s->rest, s->lambda[k]) == s->rest->n_features ? squared_error(&v->linear, s->left_out)
                                                                              : INFINITY;
}

static int search_folds(hk_ctx *ctx, hk_ridge *ridge, hk_team *team, search *s)
{
    int n_used = 0, rc = HK_OK;
    for (int out = 0; out < HK_RIDGE_FOLDS && rc == HK_OK; out++) {
        hk_scatter rest;
        rc = hk_scatter_init(ctx, ridge->fold[0].n_features, ridge->fold[0].n_classes, &rest);
        for (int f = 0; rc == HK_OK && f < HK_RIDGE_FOLDS; f++)
            if (f != out)
                hk_scatter_merge(&rest, &ridge->fold[f]);
        s->rest = &rest;
        s->left_out = &ridge->fold[out];
        if (rc == HK_OK && hk_scatter_total(&rest) > 0.0 && hk_scatter_total(s->left_out) > 0.0) {
            n_used++;
            if (team == NULL)
                try_lambdas(s, 0);
            else
                hk_team_run(team, try_lambdas, s);
        }
        if (rc == HK_OK)
            hk_scatter_fini(&rest);
    }
    if (rc == HK_OK && n_used < 2)
        rc = hk_fail(ctx, HK_ERANGE, "ridge: too few different samples to choose lambda by cross-validation; give one");
    return rc;
}

/* The lambda of the smallest error; of equal ones the largest. */
static int find_lambda(hk_ctx *ctx, hk_ridge *ridge, hk_team *team, double scale, double *lambda)
{
    enum { MOST_MEMBERS = 256 };
    hk_solver solvers[MOST_MEMBERS] = { 0 };
    search s = { .solvers = solvers, .n_members = team == NULL ? 1 : hk_team_size(team) };
    int rc = HK_OK, best = N_LAMBDAS - 1;
    if (s.n_members > MOST_MEMBERS)
        return hk_fail(ctx, HK_ERANGE, "ridge: %u threads, must be at most %d", s.n_members, MOST_MEMBERS);
    s.lambda[0] = 1e-8 * scale;
    for (int k = 1; k < N_LAMBDAS; k++)
        s.lambda[k] = 10.0 * s.lambda[k - 1];
    for (unsigned m = 0; m < s.n_members && rc == HK_OK; m++)
        rc = hk_solver_init(ctx, &ridge->fold[0], &solvers[m]);
    if (rc == HK_OK)
        rc = search_folds(ctx, ridge, team, &s);
    for (unsigned m = 0; m < s.n_members; m++)
        hk_solver_fini(&solvers[m]);
    for (int k = N_LAMBDAS - 1; k-- > 0;)
        if (s.error[k] < s.error[best])
            best = k;
    *lambda = s.lambda[best];
    return rc;
}

static int solve_all(hk_ctx *ctx, hk_ridge *ridge, hk_team *team, double lambda, const hk_scatter *all, hk_linear *out)
{
    hk_solver v;
    int rc = hk_scatter_check_classes(ctx, all);
    if (rc != HK_OK)
        return rc;
    rc = hk_solver_init(ctx, all, &v);
    size_t p = all->n_features;
    if (rc == HK_OK && isnan(lambda)) {
        double trace = hk_solver_centre(&v, all);
        rc = trace > 1e-12 * hk_scatter_trace(all)
                 ? find_lambda(ctx, ridge, team, trace / (double)p, &lambda)
                 : hk_fail(ctx, HK_ERANGE, "ridge: all samples are alike, there is nothing to learn from");
    }
    size_t done = rc == HK_OK ? solve(&v, all, lambda) : p;
    if (done < p)
        rc = hk_fail(ctx, HK_ERANGE, "ridge: lambda = %g is too small, feature %zu follows from those before it",
                     lambda, done);
    if (rc == HK_OK) {
        *out = hk_solver_take(&v);
        out->lambda = lambda;
    }
    hk_solver_fini(&v);
    return rc;
}

int hk_ridge_solve(hk_ctx *ctx, hk_ridge *ridge, hk_team *team, double lambda, hk_linear *out)
{
    *out = (hk_linear){ 0 };
    if (!isnan(lambda) && !(lambda >= 0.0 && lambda < INFINITY))
        return hk_fail(ctx, HK_ERANGE, "ridge: lambda = %g, must be >= 0", lambda);
    hk_scatter all;
    int rc = hk_scatter_init(ctx, ridge->fold[0].n_features, ridge->fold[0].n_classes, &all);
    if (rc != HK_OK)
        return rc;
    for (int f = 0; f < HK_RIDGE_FOLDS; f++) {
        hk_scatter_settle(&ridge->fold[f], team);
        hk_scatter_merge(&all, &ridge->fold[f]);
    }
    rc = solve_all(ctx, ridge, team, lambda, &all, out);
    hk_scatter_fini(&all);
    return rc;
}
