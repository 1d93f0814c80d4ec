/* tests/first_root.h - an oracle for the first threshold crossing, by Rolle's theorem instead of interval bounds.
 *
 * v - theta is an exponential polynomial f(s) = sum_j (c0_j + c1_j s + c2_j s^2) exp(-l_j s). With D_l f = f' + l f, which is
 * exp(-l s) (exp(l s) f)', every two zeros of f have a zero of D_l f between them, and D_l takes a term of f away. So
 * the zeros of the whole chain f, D f, D D f, ... are found from its end, each between two known points: none can be
 * missed. Critical points are bisected in long double, the crossing itself is GSL's Brent bracket, polished in long
 * double. */
#ifndef HK_TEST_FIRST_ROOT_H
#define HK_TEST_FIRST_ROOT_H

#include "neurons/crossing.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>

enum { MAX_EXPONENTS = 5, MAX_ZEROS = 12 };

typedef struct exp_sum {
    int n;
    long double rate[MAX_EXPONENTS], c0[MAX_EXPONENTS], c1[MAX_EXPONENTS], c2[MAX_EXPONENTS];
} exp_sum;

static inline void exp_sum_add(exp_sum *f, long double rate, long double c0, long double c1, long double c2)
{
    int j = 0;
    while (j < f->n && f->rate[j] != rate)
        j++;
    if (j == f->n) {
        f->n++;
        f->rate[j] = rate;
        f->c0[j] = f->c1[j] = f->c2[j] = 0.0L;
    }
    f->c0[j] += c0;
    f->c1[j] += c1;
    f->c2[j] += c2;
}

static inline long double exp_sum_at(const exp_sum *f, long double s)
{
    long double value = 0.0L;
    for (int j = 0; j < f->n; j++)
        value += (f->c0[j] + (f->c1[j] + f->c2[j] * s) * s) * expl(-f->rate[j] * s);
    return value;
}

/* D_rate: what is left of a term of that rate is a degree lower. */
static inline exp_sum exp_sum_down(const exp_sum *f, long double rate)
{
    exp_sum out = { 0 };
    for (int j = 0; j < f->n; j++) {
        long double by = rate - f->rate[j], c0 = by * f->c0[j] + f->c1[j], c1 = by * f->c1[j] + 2.0L * f->c2[j];
        long double c2 = by * f->c2[j];
        if (c0 != 0.0L || c1 != 0.0L || c2 != 0.0L)
            exp_sum_add(&out, f->rate[j], c0, c1, c2);
    }
    return out;
}

static inline void exp_sum_add_current(exp_sum *f, double i, double rise, double tau_m, double tau)
{
    long double m = 1.0L / tau_m, l = 1.0L / tau, by = m - l;
    if (i == 0.0 && rise == 0.0)
        return;
    if (tau == tau_m) {
        exp_sum_add(f, m, 0.0L, i, 0.5L * rise);
        return;
    }
    exp_sum_add(f, l, i / by - rise / (by * by), rise / by, 0.0L);
    exp_sum_add(f, m, rise / (by * by) - i / by, 0.0L, 0.0L);
}

static inline exp_sum approach_as_sum(const hk_approach *q)
{
    exp_sum f = { 0 };
    exp_sum_add(&f, 0.0L, -(long double)q->gap_mv, 0.0L, 0.0L);
    exp_sum_add(&f, 1.0L / q->tau_m_ms, q->d_mv, 0.0L, 0.0L);
    exp_sum_add_current(&f, q->i_ex, q->rise_ex, q->tau_m_ms, q->tau_ex_ms);
    exp_sum_add_current(&f, q->i_in, q->rise_in, q->tau_m_ms, q->tau_in_ms);
    if (q->b_mv != 0.0)
        exp_sum_add(&f, 1.0L / q->tau_theta_ms, -(long double)q->b_mv, 0.0L, 0.0L);
    return f;
}

/* The derivative of f. */
static inline exp_sum exp_sum_slope(const exp_sum *f)
{
    return exp_sum_down(f, 0.0L);
}

/* All zeros in (0, horizon) at which f changes its sign, ascending. */
static inline int exp_sum_zeros(const exp_sum *f, long double horizon, long double *zeros)
{
    int fastest = 0, n_terms = 0;
    for (int j = 0; j < f->n; j++) {
        fastest = f->rate[j] > f->rate[fastest] ? j : fastest;
        n_terms += (f->c0[j] != 0.0L) + (f->c1[j] != 0.0L) + (f->c2[j] != 0.0L);
    }
    if (n_terms < 2) /* c exp, c s exp or c s^2 exp: no zero inside */
        return 0;
    exp_sum below = exp_sum_down(f, f->rate[fastest]);
    long double at[MAX_ZEROS + 2] = { 0.0L };
    int n = exp_sum_zeros(&below, horizon, at + 1), found = 0;
    at[n + 1] = horizon;
    for (int k = 0; k <= n; k++) {
        long double low = at[k], high = at[k + 1];
        bool rising = exp_sum_at(f, low) < 0.0L;
        if (rising == (exp_sum_at(f, high) < 0.0L))
            continue;
        for (int i = 0; i < 90; i++) {
            long double middle = 0.5L * (low + high);
            if ((exp_sum_at(f, middle) < 0.0L) == rising)
                low = middle;
            else
                high = middle;
        }
        zeros[found++] = high;
    }
    return found;
}

/* v - theta without the cancellation that the sum has when time constants are nearly equal. */
static inline long double stable_kernel(long double s, long double tau_m, long double tau)
{
    long double a = 1.0L / tau_m - 1.0L / tau;
    if (a == 0.0L)
        return s * expl(-s / tau_m);
    return a > 0.0L ? expl(-s / tau) * -expm1l(-a * s) / a : expl(-s / tau_m) * expm1l(a * s) / a;
}

/* The same for s exp(-s / tau), as the integral of kernels: exp(-s / tau) s^2 phi2(z), z = s / tau - s / tau_m. */
static inline long double stable_ramp(long double s, long double tau_m, long double tau)
{
    long double a = 1.0L / tau_m - 1.0L / tau, z = -a * s;
    if (fabsl(z) > 1.0L)
        return (expl(-s / tau_m) - expl(-s / tau) * (1.0L + z)) / (a * a);
    long double term = 0.5L, sum = 0.0L;
    for (int k = 3; k < 40; k++) {
        sum += term;
        term *= z / k;
    }
    return expl(-s / tau) * s * s * sum;
}

typedef struct curve_point {
    long double value, slope, bend; /* v - theta, and its derivatives */
    long double terms;              /* sum of the magnitudes that were added */
} curve_point;

static inline curve_point curve_at(const hk_approach *q, long double s)
{
    long double m = 1.0L / q->tau_m_ms, em = expl(-s * m);
    long double eth = q->b_mv == 0.0 ? 0.0L : expl(-s / q->tau_theta_ms), th = 1.0L / q->tau_theta_ms;
    curve_point p = { .value = q->d_mv * em - q->gap_mv - q->b_mv * eth,
                      .slope = -q->d_mv * em * m + q->b_mv * eth * th,
                      .bend = q->d_mv * em * m * m - q->b_mv * eth * th * th,
                      .terms = fabsl(q->d_mv * em) + fabs(q->gap_mv) + fabsl(q->b_mv * eth) };
    const double i[2] = { q->i_ex, q->i_in }, tau[2] = { q->tau_ex_ms, q->tau_in_ms };
    const double rise[2] = { q->rise_ex, q->rise_in };
    for (int k = 0; k < 2; k++) {
        if (i[k] == 0.0 && rise[k] == 0.0)
            continue;
        long double kernel = stable_kernel(s, q->tau_m_ms, tau[k]), e = expl(-s / tau[k]);
        p.value += i[k] * kernel;
        p.slope += i[k] * (e - kernel * m);
        p.bend += i[k] * (-e / tau[k] - (e - kernel * m) * m);
        p.terms += fabsl(i[k] * kernel);
        long double ramp = stable_ramp(s, q->tau_m_ms, tau[k]), ramp_slope = s * e - ramp * m;
        p.value += rise[k] * ramp;
        p.slope += rise[k] * ramp_slope;
        p.bend += rise[k] * (e - s * e / tau[k] - ramp_slope * m);
        p.terms += fabsl(rise[k] * ramp);
    }
    return p;
}

static inline double curve_for_gsl(double s, void *q)
{
    return (double)curve_at(q, s).value;
}

/* The crossing between low (below threshold) and high (at or above), to long double. */
static inline long double root_between(hk_approach *q, double low, double high)
{
    gsl_function f = { .function = curve_for_gsl, .params = q };
    gsl_root_fsolver *brent = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    double s = high;
    if (curve_for_gsl(low, q) < 0.0 && curve_for_gsl(high, q) > 0.0 &&
        gsl_root_fsolver_set(brent, &f, low, high) == GSL_SUCCESS)
        for (int i = 0; i < 200; i++) {
            if (gsl_root_fsolver_iterate(brent) != GSL_SUCCESS)
                break;
            s = gsl_root_fsolver_root(brent);
            if (gsl_root_test_interval(gsl_root_fsolver_x_lower(brent), gsl_root_fsolver_x_upper(brent), 0.0,
                                       4.0 * DBL_EPSILON) == GSL_SUCCESS)
                break;
        }
    gsl_root_fsolver_free(brent);
    long double polished = s;
    for (int i = 0; i < 4; i++) {
        curve_point p = curve_at(q, polished);
        long double next = polished - p.value / p.slope;
        if (!(next >= low && next <= high))
            break;
        polished = next;
    }
    return polished;
}

typedef struct first_root {
    long double s;      /* INFINITY: none */
    long double margin; /* how far the curve gets from threshold on the other side of the decision, over `terms`: the
                           least |v - theta| / terms over its local maxima up to s, and at the horizon */
} first_root;

/** The first s in [0, horizon] with v >= theta. */
static inline first_root first_root_by_rolle(hk_approach *q, double horizon)
{
    first_root out = { .s = INFINITY, .margin = INFINITY };
    if (curve_at(q, 0.0L).value >= 0.0L) {
        curve_point now = curve_at(q, 0.0L);
        return (first_root){ .s = 0.0L, .margin = now.value / now.terms };
    }
    exp_sum f = approach_as_sum(q), slope = exp_sum_slope(&f);
    long double stops[MAX_ZEROS + 2] = { 0.0L };
    int n = exp_sum_zeros(&slope, horizon, stops + 1);
    stops[n + 1] = horizon;
    for (int k = 1; k <= n + 1; k++) {
        curve_point p = curve_at(q, stops[k]);
        out.margin = fminl(out.margin, fabsl(p.value) / p.terms);
        if (p.value >= 0.0L) {
            out.s = root_between(q, (double)stops[k - 1], (double)stops[k]);
            break;
        }
    }
    return out;
}

#endif
