/* neurons/lif_grid.c - lif (lif.h) stepped at the resolution h.
 *
 *   d(t + h) = d(t) exp(-h / tau_m) + inputs      d = v - v_inf, exact while nothing but the inputs changes it
 *
 * The threshold is tested at the ends of steps only. A held neuron has d = -infinity, which stays by itself. */
#include "neurons/lif_kernels.h"
#include "neurons/lif_tables.h"
#include "neurons/membrane.h"
#include "sim/mathfn.h"

enum { D, THETA_NOW, GAP, N_COLUMNS };
enum { ADAPTS, UNIFORM, N_GLOBALS };
enum { CHUNK = 256 };

static double v_inf(const hk_neuron_view *view, uint32_t i)
{
    return hk_membrane_v_inf(hk_param_of(view, HK_LIF_E_L, i), hk_param_of(view, HK_LIF_TAU_M, i),
                             hk_param_of(view, HK_LIF_C_M, i), hk_param_of(view, HK_LIF_I_E, i));
}

static double fall_in_step(const hk_neuron_view *view, int tau, uint32_t i)
{
    return hk_exp(-view->resolution_ms / hk_param_of(view, tau, i));
}

static double reset(const hk_neuron_view *view, uint32_t i)
{
    return hk_param_of(view, HK_LIF_V_RESET, i) - v_inf(view, i);
}

static void prepare(const hk_neuron_view *view)
{
    static const int potentials[] = { HK_LIF_TAU_M, HK_LIF_C_M, HK_LIF_E_L, HK_LIF_V_TH, HK_LIF_I_E };
    view->globals[ADAPTS] = 0.0;
    view->globals[UNIFORM] = 1.0;
    for (size_t k = 0; k < sizeof potentials / sizeof *potentials; k++)
        if (view->params[potentials[k]].stride != 0)
            view->globals[UNIFORM] = 0.0;
    for (uint32_t i = 0; i < view->n; i++) {
        view->columns[GAP][i] = hk_param_of(view, HK_LIF_V_TH, i) - v_inf(view, i);
        if (view->columns[THETA_NOW][i] != 0.0 || hk_param_of(view, HK_LIF_THETA_PLUS, i) != 0.0)
            view->globals[ADAPTS] = 1.0;
    }
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    (void)now;
    if (variable == HK_LIF_THETA)
        return view->columns[THETA_NOW][i];
    double d = view->columns[D][i];
    return d == -HUGE_VAL ? hk_param_of(view, HK_LIF_V_RESET, i) : v_inf(view, i) + d;
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    (void)now;
    if (variable == HK_LIF_THETA)
        view->columns[THETA_NOW][i] = value;
    else if (view->columns[D][i] != -HUGE_VAL) /* a refractory neuron stays at its reset potential */
        view->columns[D][i] = value - v_inf(view, i);
}

static uint32_t n_ports(const hk_neuron_view *view)
{
    (void)view;
    return 1;
}

/* The thresholds, from v_inf, of up to CHUNK neurons at the end of the step. */
static void adapt(const hk_neuron_view *view, uint32_t begin, uint32_t n, double *limits)
{
    const double *gap = view->columns[GAP] + begin;
    double *theta = view->columns[THETA_NOW] + begin, fall = fall_in_step(view, HK_LIF_TAU_THETA, begin);
    bool one_fall = view->params[HK_LIF_TAU_THETA].stride == 0;
    for (uint32_t k = 0; k < n; k++) {
        theta[k] *= one_fall ? fall : fall_in_step(view, HK_LIF_TAU_THETA, begin + k);
        limits[k] = gap[k] + theta[k];
    }
}

static void step(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *const *in, hk_hits *hits)
{
    const hk_lif_kernels *kernels = hk_lif_kernels_for(view->cpu);
    bool adapts = view->globals[ADAPTS] != 0.0, one_tau = view->params[HK_LIF_TAU_M].stride == 0;
    double limits[CHUNK], fall = fall_in_step(view, HK_LIF_TAU_M, begin);
    if (!adapts && view->globals[UNIFORM] != 0.0) {
        kernels->step(view->columns[D] + begin, in[0], fall, view->columns[GAP][begin], NULL, end - begin, begin, hits);
        return;
    }
    for (uint32_t at = begin; at < end; at += CHUNK) {
        uint32_t n = end - at < CHUNK ? end - at : CHUNK;
        if (adapts)
            adapt(view, at, n, limits);
        const double *used = adapts ? limits : view->columns[GAP] + at;
        if (one_tau)
            kernels->step(view->columns[D] + at, in[0] + (at - begin), fall, 0.0, used, n, at, hits);
        else
            for (uint32_t k = 0; k < n; k++)
                kernels->step(view->columns[D] + at + k, in[0] + (at - begin) + k,
                              fall_in_step(view, HK_LIF_TAU_M, at + k), 0.0, used + k, 1, at + k, hits);
    }
}

static double limit(const hk_neuron_view *view, uint32_t i)
{
    return view->columns[GAP][i] + view->columns[THETA_NOW][i];
}

static bool wake(const hk_neuron_view *view, uint32_t i, const double *in)
{
    view->columns[D][i] = reset(view, i) + in[0];
    return view->columns[D][i] >= limit(view, i);
}

static double excess(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    (void)now;
    return view->columns[D][i] - limit(view, i);
}

static double fire(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    (void)now;
    view->columns[D][i] = -HUGE_VAL;
    view->columns[THETA_NOW][i] += hk_param_of(view, HK_LIF_THETA_PLUS, i);
    return hk_param_of(view, HK_LIF_T_REF, i);
}

static void hold(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    (void)now;
    for (uint32_t i = begin; i < end; i++)
        view->columns[D][i] = -HUGE_VAL;
}

static void settle(const hk_neuron_view *view, hk_time now)
{
    (void)now;
    for (uint32_t i = 0; i < view->n; i++)
        view->columns[D][i] = hk_param_of(view, HK_LIF_E_L, i) - v_inf(view, i);
}

const hk_neuron_model hk_lif_grid = {
    .name = "lif",
    .summary = "leaky integrate-and-fire, jump synapses, adaptive threshold; steps of the resolution",
    .source = "Rotter & Diesmann (1999), Biol. Cybern. 81:381-402",
    .kind = HK_MODEL_NEURON,
    .weight_unit = "mV",
    .params = hk_lif_params,
    .n_params = HK_LIF_N_PARAMS,
    .state = hk_lif_state,
    .n_state = HK_LIF_N_STATE,
    .n_columns = N_COLUMNS,
    .n_globals = N_GLOBALS,
    .check = hk_lif_check,
    .prepare = prepare,
    .read = read_state,
    .write = write_state,
    .excess = excess,
    .fire = fire,
    .hold = hold,
    .settle = settle,
    .deaf_when_held = true,
    .n_ports = n_ports,
    .step = step,
    .wake = wake,
};
