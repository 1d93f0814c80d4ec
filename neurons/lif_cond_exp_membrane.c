/* neurons/lif_cond_exp_membrane.c - see lif_cond_exp_membrane.h. */
#include "neurons/lif_cond_exp_membrane.h"

#include "neurons/crossing.h"
#include "sim/mathfn.h"

#include <math.h>

#define HK_REAL double
#include "neurons/lif_cond_exp_series.h"

enum { ORDER = HK_COND_ORDER, LONG = 64 }; /* LONG: steps, from which on hk_cond_skip_ms() is asked */

static double step_ms(double pace, double left_ms)
{
    return left_ms * pace <= 1.0 ? left_ms : 1.0 / pace;
}

hk_cond_state hk_cond_later(const hk_cond_cell *cell, const hk_cond_state *state, double dt_ms)
{
    hk_cond_state later = { .u = state->u,
                            .x = state->x * hk_exp(-dt_ms * cell->fall_ex),
                            .y = state->y * hk_exp(-dt_ms * cell->fall_in),
                            .theta = state->theta };
    if (cell->adapts != 0.0)
        later.theta *= hk_exp(-dt_ms * cell->fall_theta);
    if (state->u == -HUGE_VAL)
        return later;
    hk_cond_state now = *state;
    double left_ms = dt_ms;
    if (!(hk_cond_pace(cell, now.x, now.y) * dt_ms <= LONG))
        left_ms -= hk_cond_skip_ms(cell, &now, dt_ms);
    while (left_ms > 0.0) {
        hk_cond_series series;
        double h = step_ms(hk_cond_pace(cell, now.x, now.y), left_ms);
        hk_cond_expand(cell, h, now.u, now.x, now.y, &series);
        now.u = series.end;
        now.x *= series.fall_ex;
        now.y *= series.fall_in;
        left_ms -= h;
    }
    later.u = now.u;
    return later;
}

/* Integral of the conductances over c_m from `from_ms` to `to_ms`: how many times u is divided by e in between. */
static double forgetting(const hk_cond_cell *cell, const hk_cond_state *state, double from_ms, double to_ms)
{
    double dt = to_ms - from_ms;
    double x = state->x * hk_exp(-from_ms * cell->fall_ex), y = state->y * hk_exp(-from_ms * cell->fall_in);
    return cell->alpha * dt + (x * (-hk_expm1(-dt * cell->fall_ex) / cell->fall_ex) +
                               y * (-hk_expm1(-dt * cell->fall_in) / cell->fall_in));
}

double hk_cond_skip_ms(const hk_cond_cell *cell, hk_cond_state *state, double dt_ms)
{
    const double enough = 45.0; /* exp(-45) = 3e-20 */
    if (!(hk_cond_pace(cell, state->x, state->y) <= HK_COND_MOST)) {
        state->u = (double)NAN;
        return dt_ms;
    }
    if (forgetting(cell, state, 0.0, dt_ms) <= enough)
        return 0.0;
    double low = 0.0, high = dt_ms;
    for (int i = 0; i < 40; i++) {
        double middle = 0.5 * (low + high);
        if (forgetting(cell, state, middle, dt_ms) > enough)
            low = middle;
        else
            high = middle;
    }
    state->x *= hk_exp(-low * cell->fall_ex);
    state->y *= hk_exp(-low * cell->fall_in);
    state->u = (state->x * cell->d_ex + state->y * cell->d_in) / (cell->alpha + (state->x + state->y));
    return low;
}

/* --- roots of the series ------------------------------------------------------------------------------------------ */

/* f(s), and its slope. */
static double value(const double f[ORDER + 1], double s, double *slope)
{
    double v = f[ORDER], d = 0.0;
    for (int k = ORDER - 1; k >= 0; k--) {
        d = d * s + v;
        v = v * s + f[k];
    }
    *slope = d;
    return v;
}

/* The root in [low, high], f growing from f_low < 0 to f_high >= 0: Newton's steps, kept inside. */
static double root(const double f[ORDER + 1], double low, double high, double f_low, double f_high)
{
    double s = low + (high - low) * (f_low / (f_low - f_high));
    for (int i = 0; i < 100; i++) {
        double slope, v = value(f, s, &slope), correction = v / slope;
        if (fabs(correction) <= 0x1p-53)
            return s;
        if (v >= 0.0)
            high = s;
        else
            low = s;
        s -= correction;
        if (s > low && s < high)
            continue;
        s = low + 0.5 * (high - low);
        if (s <= low || s >= high)
            break;
    }
    return high;
}

/* Coefficients in Bernstein's basis on [0, 1]: b_i = sum over k of C(i, k) f_k / C(n, k). */
static void to_bernstein(const double f[ORDER + 1], double b[ORDER + 1])
{
    double choose = 1.0; /* C(n, k) */
    for (int k = 0; k <= ORDER; k++) {
        b[k] = f[k] / choose;
        choose = choose * (ORDER - k) / (k + 1);
    }
    for (int r = 0; r < ORDER; r++)
        for (int k = ORDER; k > r; k--)
            b[k] += b[k - 1];
}

/* De Casteljau's halving: b becomes the right half. */
static void halve(double b[ORDER + 1], double left[ORDER + 1])
{
    for (int r = 0; r <= ORDER; r++) {
        left[r] = b[0];
        for (int k = 0; k < ORDER - r; k++)
            b[k] = 0.5 * (b[k] + b[k + 1]);
    }
}

enum { MAX_DEPTH = 40 }; /* a step of 2^-40: what is left undecided there is a touch within rounding */

/* First root in [low, low + width], on which f has the coefficients b, b[0] < 0. b is used up. */
static double first_root(const double f[ORDER + 1], double b[ORDER + 1], double low, double width, int depth)
{
    int changes = 0;
    for (int k = 1; k <= ORDER; k++)
        changes += (b[k] >= 0.0) != (b[k - 1] >= 0.0);
    if (changes == 0)
        return INFINITY;
    if (changes == 1 || depth == MAX_DEPTH)
        return b[ORDER] >= 0.0 ? root(f, low, low + width, b[0], b[ORDER]) : INFINITY;
    double left[ORDER + 1];
    halve(b, left);
    double found = first_root(f, left, low, 0.5 * width, depth + 1);
    return found < INFINITY ? found : first_root(f, b, low + 0.5 * width, 0.5 * width, depth + 1);
}

/* The quadratic part at its highest, and all that grows beyond it: below zero in nearly all steps. */
static double highest(const double f[ORDER + 1])
{
    double rest = 0.0, end = f[1] + f[2], peak = end > 0.0 ? end : 0.0;
    for (int k = 3; k <= ORDER; k++)
        rest += f[k] > 0.0 ? f[k] : 0.0;
    if (f[2] < 0.0 && f[1] > 0.0 && f[1] < -2.0 * f[2])
        peak = f[1] * (f[1] / (-4.0 * f[2]));
    return f[0] + (peak + rest);
}

/* First s in [0, 1] at which the series meets the threshold. */
static double root_of_step(const hk_cond_cell *cell, const hk_cond_series *series, double theta, double h)
{
    double f[ORDER + 1], b[ORDER + 1], r = -h * cell->fall_theta;
    for (int k = 0; k <= ORDER; k++) {
        f[k] = series->u[k] - theta;
        theta *= r * hk_cond_over[k < ORDER ? k + 1 : k];
    }
    f[0] -= cell->gap;
    if (f[0] >= 0.0)
        return 0.0;
    if (highest(f) < 0.0)
        return INFINITY;
    to_bernstein(f, b);
    return first_root(f, b, 0.0, 1.0, 0);
}

/* Without conductances u has a closed form; it is looked at far ahead, so that it is looked at rarely. */
static double leak_crossing_ms(const hk_cond_cell *cell, const hk_cond_state *state, double until_ms, double *quiet_ms)
{
    double ahead = 8.0 / cell->alpha;
    ahead = ahead > until_ms ? ahead : until_ms;
    hk_approach approach = { .tau_m_ms = 1.0 / cell->alpha,
                             .tau_ex_ms = 1.0,
                             .tau_in_ms = 1.0,
                             .tau_theta_ms = 1.0 / cell->fall_theta,
                             .d_mv = state->u,
                             .gap_mv = cell->gap,
                             .b_mv = state->theta };
    double found = hk_crossing_ms(&approach, ahead);
    *quiet_ms = found < INFINITY ? found : ahead;
    return found;
}

double hk_cond_crossing_ms(const hk_cond_cell *cell, const hk_cond_state *state, double until_ms, double *quiet_ms)
{
    hk_cond_state now = *state;
    *quiet_ms = HK_COND_FOREVER;
    if (!(fabs(now.u) < HUGE_VAL && fabs(now.theta) < HUGE_VAL))
        return INFINITY; /* held, or no numbers to search in: the engine will find the blow-up */
    if (now.u - now.theta >= cell->gap) {
        *quiet_ms = 0.0;
        return 0.0;
    }
    double s = 0.0, found = INFINITY;
    while (s <= until_ms) {
        double quiet = hk_cond_quiet_ms(cell, now.u, now.x, now.y, now.theta);
        if (s + quiet > until_ms) {
            *quiet_ms = s + quiet;
            return INFINITY;
        }
        if (now.x + now.y <= 1e-20 * cell->alpha) {
            found = leak_crossing_ms(cell, &now, until_ms - s, &quiet);
            *quiet_ms = s + quiet;
            return s + found;
        }
        double pace = hk_cond_pace(cell, now.x, now.y), fast = cell->alpha + 3.0 * cell->fall_theta;
        if (!(pace > 0.0 && pace <= HK_COND_MOST))
            return INFINITY; /* a blow-up as well */
        double h = 1.0 / (now.theta != 0.0 && fast > pace ? fast : pace);
        hk_cond_series series;
        hk_cond_expand(cell, h, now.u, now.x, now.y, &series);
        found = root_of_step(cell, &series, now.theta, h);
        if (found < INFINITY) {
            *quiet_ms = s + found * h;
            return *quiet_ms;
        }
        now = (hk_cond_state){ .u = series.end,
                               .x = now.x * series.fall_ex,
                               .y = now.y * series.fall_in,
                               .theta = now.theta == 0.0 ? 0.0 : now.theta * hk_exp(-h * cell->fall_theta) };
        s += h;
    }
    *quiet_ms = s;
    return INFINITY;
}
