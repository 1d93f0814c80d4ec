/* neurons/membrane.h - what all leaky integrate-and-fire models share: their drive, their responses to currents, their epoch. Their
 * threshold: adaptive.h with exact times, stepping.h on the grid. */
#ifndef HK_MEMBRANE_H
#define HK_MEMBRANE_H

#include "sim/mathfn.h"
#include "sim/model.h"

/** Parameter `which` of neuron i. */
static inline double hk_param_of(const hk_neuron_view *view, int which, uint32_t i)
{
    return hk_param_at(&view->params[which], i);
}

/** x: ms from the epoch to `now`. */
static inline double hk_since_epoch(const hk_neuron_view *view, hk_time now)
{
    return hk_time_between_ms(view->epoch, now, view->resolution_ms);
}

static inline double hk_membrane_v_inf(double e_l_mv, double tau_m_ms, double c_m_pf, double i_e_pa)
{
    return e_l_mv + tau_m_ms / c_m_pf * i_e_pa;
}

/** Steps after which the epoch must have moved: scaled values, at most exp(8), keep their precision. */
static inline int64_t hk_membrane_epoch_steps(double shortest_tau_ms, double resolution_ms)
{
    double steps = floor(8.0 * shortest_tau_ms / resolution_ms);
    return steps < 1.0 ? 1 : steps > 1e15 ? (int64_t)1e15 : (int64_t)steps;
}

/** What a current that decays with `tau` makes of the potential in x ms: the integral of exp(-(x - s) / tau_m) exp(-s / tau) over
 *  s in 0 ... x, in the form that cannot overflow however late it is. */
static inline double hk_membrane_response(double x, double tau_m, double tau)
{
    double r = 1.0 / tau_m - 1.0 / tau;
    if (r == 0.0)
        return x * hk_exp(-x / tau_m);
    return r > 0.0 ? hk_exp(-x / tau) * (-hk_expm1(-r * x) / r) : hk_exp(-x / tau_m) * (hk_expm1(r * x) / r);
}

/** (exp(z) - 1 - z) / z^2 */
static inline double hk_membrane_phi2(double z)
{
    if (fabs(z) > 0.5)
        return (hk_expm1(z) - z) / (z * z);
    double sum = 0.0;
    for (int k = 15; k >= 2; k--) /* z^(k - 2) / k! */
        sum = (1.0 + sum * z) / k;
    return sum;
}

/** What a current s exp(-s / tau) makes of the potential in x ms, with em = exp(-x / tau_m), e = exp(-x / tau): the integral of
 *  exp(-(x - s) / tau_m) s exp(-s / tau) over s in 0 ... x. Neither nearly equal constants nor late times harm it. */
static inline double hk_membrane_ramp_response(double x, double em, double e, double tau_m, double tau)
{
    double r = 1.0 / tau_m - 1.0 / tau, z = -r * x;
    return fabs(z) > 0.5 ? (em - e * (1.0 + z)) / (r * r) : e * (x * x) * hk_membrane_phi2(z);
}

/* For moments (sim/moments.h), in powers of the part z of a step of h ms: */
#define HK_MEMBRANE_MARGIN 1e-9 /* mV: wider than any rounding of a bound */
/** exp(x z), x = h / tau. */
void hk_membrane_series(double x, double series[HK_MOMENTS_TERMS]);
/** (exp(z h / tau_m) - exp(z h / tau)) / (1 / tau_m - 1 / tau), ms, without cancellation where the two are near each other. */
void hk_membrane_response_series(double h, double tau_m, double tau, double series[HK_MOMENTS_TERMS]);

/** Do all neurons share one value of each of these parameters? */
bool hk_params_are_shared(const hk_neuron_view *view, const int *params, size_t n);

/** The targets of a slab get the stamp of now. */
static inline void hk_slab_mark(const hk_neuron_view *view, const hk_slab *slab)
{
    for (uint32_t k = 0; k < slab->n; k++)
        view->stamp[hk_slab_target(slab, k)] = view->stamp_now;
}

/** Synapse k of a slab alone: for populations whose neurons differ, one target at a time. */
static inline hk_slab hk_slab_one(const hk_slab *slab, uint32_t k)
{
    return (hk_slab){ .n = 1,
                      .first = hk_slab_target(slab, k),
                      .weight = slab->weight == NULL ? NULL : slab->weight + k,
                      .weight64 = slab->weight64 == NULL ? NULL : slab->weight64 + k };
}

/** Which parameters hk_membrane_check() looks at. */
typedef struct hk_membrane_checked {
    int v_reset, v_th;
    const int *taus; /* [n_taus] */
    size_t n_taus;
} hk_membrane_checked;

/** HK_ERANGE, naming the first neuron, unless v_reset is below v_th and every time constant at least a fiftieth of the
 *  resolution. */
HK_MUST_CHECK int hk_membrane_check(hk_ctx *ctx, const hk_neuron_view *view, const hk_neuron_model *model,
                                    const hk_membrane_checked *checked);

#endif
