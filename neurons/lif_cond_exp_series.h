/* neurons/lif_cond_exp_series.h - one step of lif_cond_exp as a Taylor series, for HK_REAL, a double or a vector of them.
 *
 * With s in [0, 1] the part of a step of h ms, du/ds = q(s) - a(s) u, where
 *
 *   a(s) = h alpha + X(s) + Y(s),   q(s) = d_ex X(s) + d_in Y(s),   X(s) = h x exp(-s h / tau_ex),   Y(s) likewise
 *
 * so that (k + 1) u_{k+1} = q_k - sum over j of a_j u_{k-j}. The homogeneous part has the coefficients (-r)^n B_n(g/r) / n! of
 * exp((g/r) (exp(-r s) - 1)), B_n being Touchard's polynomials, g = h (alpha + x + y), r = h / tau. The longest step has
 * g + 3 r = 1: there, all terms beyond order 16 add up to less than 1.5e-13 (at r = 0.136), 1e-11 mV of a drive of 60 mV, and
 * to far less where conductances are either fast or strong, but not both. */
#ifndef HK_LIF_COND_EXP_SERIES_H
#define HK_LIF_COND_EXP_SERIES_H

#include "neurons/lif_cond_exp_membrane.h"

enum { HK_COND_ORDER = 16 };

typedef struct hk_cond_series {
    HK_REAL u[HK_COND_ORDER + 1]; /* coefficients of u(s) */
    HK_REAL end;                  /* u(1) */
    HK_REAL fall_ex, fall_in;     /* x and y at the end, over those at the start */
} hk_cond_series;

static const double hk_cond_over[HK_COND_ORDER + 1] = { /* 1 / k */
                                                        0.0,      1.0 / 1,  1.0 / 2,  1.0 / 3,  1.0 / 4,  1.0 / 5,
                                                        1.0 / 6,  1.0 / 7,  1.0 / 8,  1.0 / 9,  1.0 / 10, 1.0 / 11,
                                                        1.0 / 12, 1.0 / 13, 1.0 / 14, 1.0 / 15, 1.0 / 16
};

/* The longest step from a state is one over this. */
static inline double hk_cond_pace(const hk_cond_cell *cell, double x, double y)
{
    return cell->pace + (x + y);
}

/* The loops below have as many turns as their constants say: unrolled, `a` and `u` stay in registers. */
#if defined(__clang__)
#define HK_COND_UNROLL _Pragma("clang loop unroll(full)")
#else
#define HK_COND_UNROLL _Pragma("GCC unroll 17")
#endif

static inline void hk_cond_expand(const hk_cond_cell *cell, HK_REAL h, HK_REAL u, HK_REAL x, HK_REAL y,
                                  hk_cond_series *out)
{
    HK_REAL a[HK_COND_ORDER];
    HK_REAL gx = h * x, gy = h * y, rx = -h * cell->fall_ex, ry = -h * cell->fall_in;
    HK_REAL px = h * 0.0 + 1.0, py = px, sum_x = px, sum_y = py; /* (-r)^k / k!, and their sums */
    a[0] = h * cell->alpha + (gx + gy);
    out->u[0] = u;
    HK_COND_UNROLL
    for (int k = 0; k < HK_COND_ORDER; k++) {
        HK_REAL rate = cell->d_ex * (gx * px) + cell->d_in * (gy * py);
        HK_COND_UNROLL
        for (int j = k; j >= 0; j--) /* the newest u last: what it waits for is short */
            rate -= a[j] * out->u[k - j];
        out->u[k + 1] = rate * hk_cond_over[k + 1];
        px = px * rx * hk_cond_over[k + 1];
        py = py * ry * hk_cond_over[k + 1];
        sum_x += px;
        sum_y += py;
        if (k + 1 < HK_COND_ORDER)
            a[k + 1] = gx * px + gy * py;
    }
    HK_REAL end = out->u[HK_COND_ORDER];
    HK_COND_UNROLL
    for (int k = HK_COND_ORDER - 1; k >= 0; k--)
        end += out->u[k];
    out->end = end;
    out->fall_ex = sum_x;
    out->fall_in = sum_y;
}

#endif
