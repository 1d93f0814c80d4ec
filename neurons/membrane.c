/* neurons/membrane.c - see membrane.h. */
#include "neurons/membrane.h"

int hk_membrane_check(hk_ctx *ctx, const hk_neuron_view *view, const hk_neuron_model *model,
                      const hk_membrane_checked *checked)
{
    for (uint32_t i = 0; i < view->n; i++) {
        double v_reset = hk_param_of(view, checked->v_reset, i), v_th = hk_param_of(view, checked->v_th, i);
        if (!(v_reset < v_th))
            return hk_fail(ctx, HK_ERANGE, "%s: neuron %u: v_reset_mv = %g, must be below v_th_mv = %g", model->name, i,
                           v_reset, v_th);
        for (size_t k = 0; k < checked->n_taus; k++) {
            double tau = hk_param_of(view, checked->taus[k], i);
            if (!(tau >= view->resolution_ms / 50.0))
                return hk_fail(ctx, HK_ERANGE,
                               "%s: neuron %u: %s = %g, must be at least a fiftieth of the resolution %g ms",
                               model->name, i, model->params[checked->taus[k]].name, tau, view->resolution_ms);
        }
    }
    return HK_OK;
}

bool hk_params_are_shared(const hk_neuron_view *view, const int *params, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (view->params[params[k]].stride != 0)
            return false;
    return true;
}

void hk_membrane_series(double x, double series[HK_MOMENTS_TERMS])
{
    series[0] = 1.0;
    for (int k = 1; k < HK_MOMENTS_TERMS; k++)
        series[k] = series[k - 1] * x / k;
}

/* (a^k - b^k) / (a - b) is the sum of a^i b^(k - 1 - i): p = sum, then p' = a^k + b p. */
void hk_membrane_response_series(double h, double tau_m, double tau, double series[HK_MOMENTS_TERMS])
{
    double a = h / tau_m, b = h / tau, power = 1.0, sum = 0.0, factorial = 1.0;
    series[0] = 0.0;
    for (int k = 1; k < HK_MOMENTS_TERMS; k++) {
        sum = power + b * sum;
        power *= a;
        factorial *= k;
        series[k] = h * sum / factorial;
    }
}
