/* neurons/adaptive.c - see adaptive.h. */
#include "neurons/adaptive.h"

#include "neurons/membrane.h"
#include "sim/mathfn.h"

#include <math.h>

enum { U = HK_ADAPTIVE_U, B = HK_ADAPTIVE_B, LOW = HK_ADAPTIVE_LOW, GAP = HK_ADAPTIVE_GAP };
enum { ADAPTS = HK_ADAPTIVE_ADAPTS, ALIKE = HK_ADAPTIVE_ALIKE, HORIZON_STEP = HK_ADAPTIVE_HORIZON_STEP };

int hk_adaptive_check(hk_ctx *ctx, const hk_neuron_view *view, const hk_neuron_model *model, const hk_adaptive *of)
{
    hk_membrane_checked checked = { .v_reset = of->v_reset, .v_th = of->v_th, .taus = of->taus, .n_taus = of->n_taus };
    return hk_membrane_check(ctx, view, model, &checked);
}

double hk_adaptive_v_inf(const hk_neuron_view *view, const hk_adaptive *of, uint32_t i)
{
    return hk_membrane_v_inf(hk_param_of(view, of->e_l, i), hk_param_of(view, of->tau_m, i),
                             hk_param_of(view, of->c_m, i), hk_param_of(view, of->i_e, i));
}

static bool adapts(const hk_neuron_view *view, const hk_adaptive *of, uint32_t i)
{
    return view->columns[B][i] != 0.0 || hk_param_of(view, of->theta_plus, i) != 0.0;
}

void hk_adaptive_prepare(const hk_neuron_view *view, const hk_adaptive *of)
{
    view->globals[ADAPTS] = 0.0;
    view->globals[ALIKE] = hk_params_are_shared(view, of->kind, of->n_kind);
    for (uint32_t i = 0; i < view->n; i++) {
        view->columns[LOW][i] = view->columns[GAP][i] = hk_param_of(view, of->v_th, i) - hk_adaptive_v_inf(view, of, i);
        if (adapts(view, of, i))
            view->globals[ADAPTS] = 1.0;
    }
    view->globals[HORIZON_STEP] = -1.0; /* the sweep that follows finds `low` where thresholds adapt */
}

double hk_adaptive_shortest_tau_ms(const hk_neuron_view *view, const hk_adaptive *of)
{
    double shortest = HUGE_VAL;
    for (uint32_t i = 0; i < view->n; i++)
        for (size_t k = 0; k < of->n_taus; k++)
            if (of->taus[k] != of->tau_theta || adapts(view, of, i))
                shortest = fmin(shortest, hk_param_of(view, of->taus[k], i));
    return shortest;
}

double hk_adaptive_theta(const hk_neuron_view *view, const hk_adaptive *of, uint32_t i, double x)
{
    double b = view->columns[B][i];
    return b == 0.0 ? 0.0 : b * hk_exp(-x / hk_param_of(view, of->tau_theta, i));
}

void hk_adaptive_write_theta(const hk_neuron_view *view, const hk_adaptive *of, uint32_t i, double x, double theta_mv)
{
    view->columns[B][i] = theta_mv * hk_exp(x / hk_param_of(view, of->tau_theta, i));
}

void hk_adaptive_rebase(const hk_neuron_view *view, const hk_adaptive *of, uint32_t begin, uint32_t end, double x)
{
    for (uint32_t i = begin; view->globals[ADAPTS] != 0.0 && i < end; i++)
        view->columns[B][i] *= hk_exp(-x / hk_param_of(view, of->tau_theta, i));
}

/* x of the end of the window that was last swept. */
static double window_end(const hk_neuron_view *view)
{
    double steps = view->globals[HORIZON_STEP] - 1.0 - (double)view->epoch.step;
    return steps * view->resolution_ms + (view->resolution_ms - view->epoch.offset);
}

/* The lowest thresholds between now and the horizon of the window; theta decays towards 0 from either side. */
static void set_low(const hk_neuron_view *view, const hk_adaptive *of, uint32_t begin, uint32_t end, double x)
{
    double *restrict low = view->columns[LOW];
    const double *gap = view->columns[GAP], *b = view->columns[B];
    double horizon = window_end(view);
    double tau = hk_param_of(view, of->tau_theta, begin), fall = hk_exp(-x / tau), fallen = hk_exp(-horizon / tau);
    for (uint32_t i = begin; i < end; i++) {
        if (view->params[of->tau_theta].stride != 0) {
            fall = hk_exp(-x / hk_param_of(view, of->tau_theta, i));
            fallen = hk_exp(-horizon / hk_param_of(view, of->tau_theta, i));
        }
        double first = b[i] * fall, last = b[i] * fallen;
        low[i] = gap[i] + (first < last ? first : last);
    }
}

void hk_adaptive_sweep(const hk_neuron_view *view, const hk_adaptive *of, hk_adaptive_sweep_fn alike, uint32_t begin,
                       uint32_t end, hk_time now, hk_time horizon, hk_hits *hits)
{
    double x = hk_since_epoch(view, now), left = hk_time_between_ms(now, horizon, view->resolution_ms);
    if (view->globals[HORIZON_STEP] != (double)(horizon.step + 1)) {
        view->globals[HORIZON_STEP] = (double)(horizon.step + 1);
        if (view->globals[ADAPTS] != 0.0)
            set_low(view, of, begin, end, x);
    }
    bool all_alike = view->globals[ALIKE] != 0.0;
    for (uint32_t i = begin; i < end; i = all_alike ? end : i + 1) {
        size_t before = hits->n;
        alike(view, i, all_alike ? end - begin : 1, x, left, hits);
        for (size_t k = before; k < hits->n; k++)
            hits->neuron[k] += i;
    }
}

void hk_adaptive_receive(const hk_neuron_view *view, hk_adaptive_receive_fn alike, const hk_slab *slab, hk_time now,
                         hk_time horizon, hk_hits *hits)
{
    double x = hk_since_epoch(view, now), left = hk_time_between_ms(now, horizon, view->resolution_ms);
    hk_slab_mark(view, slab);
    if (view->globals[ALIKE] != 0.0) {
        alike(view, view->cpu, 0, slab, x, left, hits);
        return;
    }
    for (uint32_t k = 0; k < slab->n; k++) { /* one target at a time */
        hk_slab one = hk_slab_one(slab, k);
        alike(view, HK_CPU_PLAIN, one.first, &one, x, left, hits);
    }
}

double hk_adaptive_fire(const hk_neuron_view *view, const hk_adaptive *of, uint32_t i, hk_time now)
{
    double x = hk_since_epoch(view, now), increment = hk_param_of(view, of->theta_plus, i);
    view->columns[U][i] = -HUGE_VAL;
    if (increment != 0.0) {
        view->columns[B][i] += increment * hk_exp(x / hk_param_of(view, of->tau_theta, i));
        set_low(view, of, i, i + 1, x);
    }
    return hk_param_of(view, of->t_ref, i);
}

void hk_adaptive_hold(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    (void)now;
    for (uint32_t i = begin; i < end; i++)
        view->columns[U][i] = -HUGE_VAL;
}
