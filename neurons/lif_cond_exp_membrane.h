/* neurons/lif_cond_exp_membrane.h - the membrane of lif_cond_exp between two events.
 *
 * With u = v - v_inf, v_inf = e_l + i_e / g_l, and conductances over c_m (x = g_ex / c_m, y = g_in / c_m, 1/ms):
 *
 *   du/dt = -alpha u + x (d_ex - u) + y (d_in - u),   x, y, theta decaying exponentially,   threshold gap + theta
 *
 * alpha = g_l / c_m; d_ex, d_in: reversal potentials from v_inf; gap: v_th from v_inf. */
#ifndef HK_LIF_COND_EXP_MEMBRANE_H
#define HK_LIF_COND_EXP_MEMBRANE_H

/** How far hk_cond_quiet_ms() looks ahead, and exp(-ms / tau). */
typedef struct hk_cond_look {
    double ms, keep_ex, keep_in, keep_theta;
} hk_cond_look;

/** What one neuron, or a population of equal ones, keeps constant. */
typedef struct hk_cond_cell {
    double alpha, d_ex, d_in, gap;
    double per_pf;                       /* 1 / c_m */
    double fall_ex, fall_in, fall_theta; /* 1 / tau, 1/ms */
    double pace;                         /* what limits a step besides the conductances, 1/ms */
    double peak_ex, peak_in;             /* what a conductance adds to u at its peak, over what it adds to du/dt, ms */
    hk_cond_look near, far;
    double adapts; /* 0: theta is 0 and stays so */
} hk_cond_cell;

typedef struct hk_cond_state {
    double u, x, y, theta; /* u = -infinity: held */
} hk_cond_state;

#define HK_COND_FOREVER 1e300 /* ms */
#define HK_COND_MOST 1e6      /* x + y + alpha, 1/ms: beyond it, or where something is no number, u becomes NaN */

/** The same neuron `dt_ms` later, without input. */
hk_cond_state hk_cond_later(const hk_cond_cell *cell, const hk_cond_state *state, double dt_ms);

/** Of a long, stiff interval: the time from which on u has to be followed. What u was before then is forgotten, being divided
 *  by exp(45). Moves the state there, with u at the potential that the conductances pull it to. */
double hk_cond_skip_ms(const hk_cond_cell *cell, hk_cond_state *state, double dt_ms);

/** The first time, ms from `state`, at which u meets the threshold without further input: 0 when it is there now, INFINITY
 *  when it does not up to `until_ms`. *quiet_ms: up to where there is certainly no crossing, HK_COND_FOREVER at most.
 *
 *  Steps that hk_cond_quiet_ms() cannot rule out are searched. On a step u - theta is a polynomial; in Bernstein's form its
 *  coefficients enclose it, and by Descartes' rule of signs none of them above zero means no root, one change of sign one
 *  root. Anything else is halved. So a potential that comes and goes between two samples cannot be missed, as nothing is
 *  sampled. */
double hk_cond_crossing_ms(const hk_cond_cell *cell, const hk_cond_state *state, double until_ms, double *quiet_ms);

/* See hk_cond_quiet_ms(): a time within look_ms, 0 < rise. */
static inline double hk_cond_quiet_within_ms(const hk_cond_cell *cell, const hk_cond_look *look, double u, double x,
                                             double y, double theta)
{
    double then = theta * look->keep_theta, rise = (cell->gap - u) + (theta < then ? theta : then);
    double ex = x * (cell->d_ex - u), ex_then = ex * look->keep_ex;
    double in = y * (cell->d_in - u), in_then = in * look->keep_in;
    double climb = (ex > ex_then ? ex : ex_then) + (in > in_then ? in : in_then) - cell->alpha * u;
    double over = climb - (cell->alpha + (x * look->keep_ex + y * look->keep_in)) * (0.5 * rise);
    double quiet = over * look->ms < rise ? look->ms : rise / over;
    return rise > 0.0 ? quiet * (1.0 - 1e-9) : 0.0;
}

/** A time up to which u cannot meet the threshold. To get from u to the threshold, w = u(t) - u has to climb from 0 for the
 *  last time, and while w >= 0
 *
 *    dw/dt <= climb - brake w,   so   w <= climb (1 - exp(-brake t)) / brake <= climb t / (1 + brake t / 2)
 *
 *  with `climb` the largest drive at w = 0 and `brake` the smallest total conductance up to some look ahead. Two of them are
 *  tried. For all time, w is below what the leak alone would lead to and the peaks of what the conductances of now alone
 *  would: if that sum is below the threshold, there is no crossing ever. */
static inline double hk_cond_quiet_ms(const hk_cond_cell *cell, double u, double x, double y, double theta)
{
    double rise = (cell->gap - u) + (theta < 0.0 ? theta : 0.0);
    double ex = x * (cell->d_ex - u), in = y * (cell->d_in - u);
    double most = (u < 0.0 ? -u : 0.0) +
                  ((ex > 0.0 ? ex * cell->peak_ex : 0.0) + (in > 0.0 ? in * cell->peak_in : 0.0));
    double near = hk_cond_quiet_within_ms(cell, &cell->near, u, x, y, theta);
    double far = hk_cond_quiet_within_ms(cell, &cell->far, u, x, y, theta);
    double quiet = near > far ? near : far;
    return most < rise * (1.0 - 1e-9) - 1e-12 ? HK_COND_FOREVER : quiet;
}

#endif
