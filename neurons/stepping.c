/* neurons/stepping.c - see stepping.h. */
#include "neurons/stepping.h"

#include "neurons/membrane.h"
#include "sim/mathfn.h"

enum { D = HK_STEPPING_D, THETA = HK_STEPPING_THETA, GAP = HK_STEPPING_GAP };
enum { ADAPTS = HK_STEPPING_ADAPTS, ONE_KIND = HK_STEPPING_ONE_KIND, ONE_GAP = HK_STEPPING_ONE_GAP };
enum { CHUNK = 256 };

double hk_stepping_fall(const hk_neuron_view *view, int tau, uint32_t i)
{
    return hk_exp(-view->resolution_ms / hk_param_of(view, tau, i));
}

void hk_stepping_prepare(const hk_neuron_view *view, const hk_stepping *model)
{
    view->globals[ADAPTS] = 0.0;
    view->globals[ONE_KIND] = hk_params_are_shared(view, model->kind, model->n_kind);
    view->globals[ONE_GAP] = hk_params_are_shared(view, model->gap, model->n_gap);
    for (uint32_t i = 0; i < view->n; i++) {
        view->columns[GAP][i] = hk_param_of(view, model->v_th, i) - model->zero_mv(view, i);
        if (view->columns[THETA][i] != 0.0 || hk_param_of(view, model->theta_plus, i) != 0.0)
            view->globals[ADAPTS] = 1.0;
    }
}

double hk_stepping_read_v(const hk_neuron_view *view, const hk_stepping *model, uint32_t i)
{
    double d = hk_column_get(view, D, i);
    return d == -HUGE_VAL ? hk_param_of(view, model->v_reset, i) : model->zero_mv(view, i) + d;
}

void hk_stepping_write_v(const hk_neuron_view *view, const hk_stepping *model, uint32_t i, double v_mv)
{
    if (hk_column_get(view, D, i) != -HUGE_VAL)
        hk_column_put(view, D, i, v_mv - model->zero_mv(view, i));
}

/* The thresholds of up to CHUNK neurons at the end of the step. */
static void adapt(const hk_neuron_view *view, const hk_stepping *model, uint32_t begin, uint32_t n, double *limits)
{
    const double *gap = view->columns[GAP] + begin;
    double *theta = view->columns[THETA] + begin, fall = hk_stepping_fall(view, model->tau_theta, begin);
    bool one_fall = view->params[model->tau_theta].stride == 0;
    for (uint32_t k = 0; k < n; k++) {
        theta[k] *= one_fall ? fall : hk_stepping_fall(view, model->tau_theta, begin + k);
        limits[k] = gap[k] + theta[k];
    }
}

bool hk_stepping_is_uniform(const hk_neuron_view *view)
{
    return view->globals[ADAPTS] == 0.0 && view->globals[ONE_KIND] != 0.0 && view->globals[ONE_GAP] != 0.0;
}

void hk_stepping_step(const hk_neuron_view *view, const hk_stepping *model, uint32_t begin, uint32_t end,
                      const double *const *in, hk_hits *hits)
{
    bool adapts = view->globals[ADAPTS] != 0.0, one_kind = view->globals[ONE_KIND] != 0.0;
    double limits[CHUNK];
    if (hk_stepping_is_uniform(view)) {
        model->step(view, begin, end - begin, in, 0, NULL, hits);
        return;
    }
    for (uint32_t at = begin; at < end; at += CHUNK) {
        uint32_t n = end - at < CHUNK ? end - at : CHUNK;
        if (adapts)
            adapt(view, model, at, n, limits);
        const double *used = adapts ? limits : view->columns[GAP] + at;
        for (uint32_t k = 0; k < n; k = one_kind ? n : k + 1)
            model->step(view, at + k, one_kind ? n : 1, in, at + k - begin, used + k, hits);
    }
}

static double limit(const hk_neuron_view *view, uint32_t i)
{
    return hk_stepping_is_uniform(view) ? view->columns[GAP][0] : view->columns[GAP][i] + view->columns[THETA][i];
}

bool hk_stepping_wake(const hk_neuron_view *view, const hk_stepping *model, uint32_t i, double jump_mv)
{
    hk_column_put(view, D, i, hk_param_of(view, model->v_reset, i) - model->zero_mv(view, i) + jump_mv);
    return hk_column_get(view, D, i) >= limit(view, i);
}

double hk_stepping_fire(const hk_neuron_view *view, const hk_stepping *model, uint32_t i)
{
    hk_column_put(view, D, i, -HUGE_VAL);
    if (view->globals[ADAPTS] != 0.0)
        view->columns[THETA][i] += hk_param_of(view, model->theta_plus, i);
    return hk_param_of(view, model->t_ref, i);
}

void hk_stepping_settle(const hk_neuron_view *view, const hk_stepping *model)
{
    for (uint32_t i = 0; i < view->n; i++)
        hk_column_put(view, D, i, hk_param_of(view, model->e_l, i) - model->zero_mv(view, i));
}

double hk_stepping_excess(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    (void)now;
    return hk_column_get(view, D, i) - limit(view, i);
}

void hk_stepping_hold(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    (void)now;
    for (uint32_t i = begin; i < end; i++)
        hk_column_put(view, D, i, -HUGE_VAL);
}
