/* neurons/crossing.c - see crossing.h. */
#include "neurons/crossing.h"

#include "neurons/membrane.h"
#include "sim/mathfn.h"

#include <math.h>
#include <stdbool.h>

/* exp(-s/tau) of the four time constants, and the kernels K and R of the two currents, at one s */
typedef struct point {
    double s, em, eex, ein, eth, kex, kin, rex, rin;
} point;

typedef struct interval {
    double low, high;
} interval;

/* K(s, tau) = exp(-s/tau_m) (exp(a s) - 1) / a = exp(-s/tau) (1 - exp(-a s)) / a, a = 1/tau_m - 1/tau: the form that
 * cannot overflow; e = exp(-s/tau). At a = 0 it is s exp(-s/tau_m). */
static double kernel(double s, double em, double e, double tau_m, double tau)
{
    double a = 1.0 / tau_m - 1.0 / tau;
    if (a == 0.0)
        return em * s;
    return a > 0.0 ? e * (-hk_expm1(-a * s) / a) : em * (hk_expm1(a * s) / a);
}

static point at(const hk_approach *q, double s)
{
    point p = { .s = s, .em = hk_exp(-s / q->tau_m_ms) };
    if (q->i_ex != 0.0 || q->rise_ex != 0.0) {
        p.eex = hk_exp(-s / q->tau_ex_ms);
        p.kex = kernel(s, p.em, p.eex, q->tau_m_ms, q->tau_ex_ms);
    }
    if (q->i_in != 0.0 || q->rise_in != 0.0) {
        p.ein = hk_exp(-s / q->tau_in_ms);
        p.kin = kernel(s, p.em, p.ein, q->tau_m_ms, q->tau_in_ms);
    }
    if (q->rise_ex != 0.0)
        p.rex = hk_membrane_ramp_response(s, p.em, p.eex, q->tau_m_ms, q->tau_ex_ms);
    if (q->rise_in != 0.0)
        p.rin = hk_membrane_ramp_response(s, p.em, p.ein, q->tau_m_ms, q->tau_in_ms);
    if (q->b_mv != 0.0)
        p.eth = hk_exp(-s / q->tau_theta_ms);
    return p;
}

static double excess(const hk_approach *q, const point *p)
{
    double rises = q->rise_ex * p->rex + q->rise_in * p->rin;
    return ((q->d_mv * p->em - q->gap_mv) + (q->i_ex * p->kex + q->i_in * p->kin + rises)) - q->b_mv * p->eth;
}

static double slope(const hk_approach *q, const point *p)
{
    double currents = q->i_ex * (p->eex - p->kex / q->tau_m_ms) + q->i_in * (p->ein - p->kin / q->tau_m_ms);
    double rises = q->rise_ex * (p->s * p->eex - p->rex / q->tau_m_ms) +
                   q->rise_in * (p->s * p->ein - p->rin / q->tau_m_ms);
    return currents + rises - q->d_mv * p->em / q->tau_m_ms + q->b_mv * p->eth / q->tau_theta_ms;
}

static interval scaled(double factor, double low, double high)
{
    return factor >= 0.0 ? (interval){ factor * low, factor * high } : (interval){ factor * high, factor * low };
}

static interval sum(interval a, interval b)
{
    return (interval){ a.low + b.low, a.high + b.high };
}

/* K on [a, b]. With t the longer time constant, exp(s/t) K grows, and K <= s exp(-s/t), which falls from s = t on; K is
 * below both time constants. ea, eb: exp(-s/t) at the ends; they may have underflowed to 0. */
static interval kernel_between(double ka, double kb, double ea, double eb, double start, double shorter, double longer)
{
    interval k = { ea > 0.0 ? ka * (eb / ea) : 0.0, shorter };
    if (eb > 0.0 && kb * (ea / eb) < k.high)
        k.high = kb * (ea / eb);
    if (start >= longer && start * ea < k.high)
        k.high = start * ea;
    return k;
}

/* R on [a, b]: exp(s/t) R grows as well, and R <= s^2/2 exp(-s/t), which falls from s = 2 t on; R is below `most`. */
static interval ramp_between(double ra, double rb, double ea, double eb, double start, double longer, double most)
{
    interval r = kernel_between(ra, rb, ea, eb, 0.0, most, longer);
    double falling = 0.5 * start * start * ea;
    if (start >= 2.0 * longer && falling < r.high)
        r.high = falling;
    return r;
}

static interval kernel_of(double i, double tau_m, double tau, const point *a, const point *b, bool excitatory)
{
    if (i == 0.0)
        return (interval){ 0.0, 0.0 };
    double ka = excitatory ? a->kex : a->kin, kb = excitatory ? b->kex : b->kin;
    double ea = excitatory ? a->eex : a->ein, eb = excitatory ? b->eex : b->ein;
    return tau > tau_m ? kernel_between(ka, kb, ea, eb, a->s, tau_m, tau)
                       : kernel_between(ka, kb, a->em, b->em, a->s, tau, tau_m);
}

/* R of a current, and s exp(-s/tau), which grows up to tau and falls from there on. */
static interval ramp_of(double rise, double tau_m, double tau, const point *a, const point *b, bool excitatory,
                        interval *current)
{
    *current = (interval){ 0.0, 0.0 };
    if (rise == 0.0)
        return *current;
    double ra = excitatory ? a->rex : a->rin, rb = excitatory ? b->rex : b->rin;
    double ea = excitatory ? a->eex : a->ein, eb = excitatory ? b->eex : b->ein;
    double first = a->s * ea, last = b->s * eb, most = tau * (tau < tau_m ? tau : tau_m);
    *current = first < last ? (interval){ first, last } : (interval){ last, first };
    if (a->s <= tau && b->s >= tau)
        current->high = tau * 0.36787944117144234; /* tau / e */
    return tau > tau_m ? ramp_between(ra, rb, ea, eb, a->s, tau, most)
                       : ramp_between(ra, rb, a->em, b->em, a->s, tau_m, most);
}

/* Upper bound of v - theta on [a, b], and bounds of its slope. */
static double bounds(const hk_approach *q, const point *a, const point *b, interval *slopes)
{
    interval kex = kernel_of(q->i_ex, q->tau_m_ms, q->tau_ex_ms, a, b, true);
    interval kin = kernel_of(q->i_in, q->tau_m_ms, q->tau_in_ms, a, b, false);
    interval value = { -q->gap_mv, -q->gap_mv };
    value = sum(value, scaled(q->d_mv, b->em, a->em));
    value = sum(value, scaled(q->i_ex, kex.low, kex.high));
    value = sum(value, scaled(q->i_in, kin.low, kin.high));
    interval ramp_ex, ramp_in;
    interval rex = ramp_of(q->rise_ex, q->tau_m_ms, q->tau_ex_ms, a, b, true, &ramp_ex);
    interval rin = ramp_of(q->rise_in, q->tau_m_ms, q->tau_in_ms, a, b, false, &ramp_in);
    value = sum(value, scaled(q->rise_ex, rex.low, rex.high));
    value = sum(value, scaled(q->rise_in, rin.low, rin.high));
    value = sum(value, scaled(-q->b_mv, b->eth, a->eth));

    double r = 1.0 / q->tau_m_ms;
    interval s = scaled(-q->d_mv * r, b->em, a->em);
    s = sum(s, scaled(q->i_ex, b->eex - kex.high * r, a->eex - kex.low * r));
    s = sum(s, scaled(q->i_in, b->ein - kin.high * r, a->ein - kin.low * r));
    s = sum(s, scaled(q->rise_ex, ramp_ex.low - rex.high * r, ramp_ex.high - rex.low * r));
    s = sum(s, scaled(q->rise_in, ramp_in.low - rin.high * r, ramp_in.high - rin.low * r));
    if (q->b_mv != 0.0)
        s = sum(s, scaled(q->b_mv / q->tau_theta_ms, b->eth, a->eth));
    *slopes = s;
    return value.high;
}

/* What rounding leaves uncertain in `excess`. */
static double noise(const hk_approach *q, const point *p)
{
    return 0x1p-53 * (fabs(q->d_mv * p->em) + fabs(q->gap_mv) + fabs(q->i_ex * p->kex) + fabs(q->i_in * p->kin) +
                      fabs(q->rise_ex * p->rex) + fabs(q->rise_in * p->rin) + fabs(q->b_mv * p->eth));
}

/* Root of a function that grows from below zero at `low` to zero or more at `high`. */
static double root(const hk_approach *q, double low, double high)
{
    double s = high;
    for (int i = 0; i < 200; i++) {
        point p = at(q, s);
        double f = excess(q, &p);
        if (fabs(f) <= noise(q, &p)) /* from here on Newton steps would follow the rounding */
            return s;
        if (f >= 0.0)
            high = s;
        else
            low = s;
        double next = s - f / slope(q, &p);
        if (!(next > low && next < high)) {
            next = low + 0.5 * (high - low);
            if (f == 0.0 || next <= low || next >= high)
                return high;
        } else if (fabs(next - s) <= 1e-16 * fabs(s)) {
            return next;
        }
        s = next;
    }
    return high;
}

enum { MAX_DEPTH = 50 }; /* an interval of 2^-50 of the window is at the rounding of s itself */

static double first_between(const hk_approach *q, const point *a, const point *b, int depth)
{
    interval slopes;
    if (bounds(q, a, b, &slopes) < 0.0 || slopes.high <= 0.0)
        return INFINITY;
    double at_end = excess(q, b);
    if (slopes.low >= 0.0 || depth == MAX_DEPTH)
        return at_end >= 0.0 ? root(q, a->s, b->s) : INFINITY;
    point middle = at(q, a->s + 0.5 * (b->s - a->s));
    if (excess(q, &middle) >= 0.0) /* the first crossing is in the first half; its end is known to be above */
        return first_between(q, a, &middle, depth + 1);
    double found = first_between(q, a, &middle, depth + 1);
    return found < INFINITY ? found : first_between(q, &middle, b, depth + 1);
}

double hk_crossing_ms(const hk_approach *approach, double horizon_ms)
{
    point now = at(approach, 0.0);
    if (excess(approach, &now) >= 0.0)
        return 0.0;
    if (!(horizon_ms > 0.0))
        return INFINITY;
    point end = at(approach, horizon_ms);
    if (!(fabs(excess(approach, &now)) < HUGE_VAL && fabs(excess(approach, &end)) < HUGE_VAL))
        return INFINITY; /* no numbers to search in: the engine will find the blow-up */
    return first_between(approach, &now, &end, 0);
}
