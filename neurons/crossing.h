/* neurons/crossing.h - the first time a membrane potential meets its threshold, without input in between.
 *
 * For a leaky membrane with currents (i + rise s) exp(-s/tau) and a decaying threshold, in ms from now, with v measured from the
 * potential the membrane relaxes to:
 *
 *   v(s)     = d exp(-s/tau_m) + sum over the two currents of i K(s, tau) + rise R(s, tau)
 *   theta(s) = gap + b exp(-s/tau_theta)
 *   K(s, t)  = integral over [0, s] of exp(-(s - u)/tau_m) exp(-u/t) du
 *   R(s, t)  = integral over [0, s] of exp(-(s - u)/tau_m) u exp(-u/t) du
 *
 * The interval is divided until, on each part, termwise bounds show that v - theta stays below zero or that it is
 * monotone; then the root is bracketed and found by Newton steps kept inside the bracket. No crossing is missed, however
 * short the potential stays above threshold, and none is invented. */
#ifndef HK_CROSSING_H
#define HK_CROSSING_H

typedef struct hk_approach {
    double tau_m_ms, tau_ex_ms, tau_in_ms, tau_theta_ms; /* > 0; those of terms that are absent do not matter */
    double d_mv;                                         /* v now, from the potential the membrane relaxes to */
    double gap_mv;                                       /* base threshold, from the same potential */
    double b_mv;                                         /* adaptive part of the threshold now */
    double i_ex, i_in;                                   /* currents now over C, mV/ms; i_ex >= 0, i_in <= 0 */
    double rise_ex,
        rise_in; /* mV/ms^2, the same signs: 0 where currents only decay, > 0 where inputs have yet to peak */
} hk_approach;

/** The first s in [0, horizon_ms] at which v >= theta: 0 when it is so now, INFINITY when there is none. */
double hk_crossing_ms(const hk_approach *approach, double horizon_ms);

#endif
