/* neurons/lif_exp_grid.c - lif_exp (lif_exp.h) stepped at the resolution h: the exact solution of its linear equations.
 *
 *   d(t + h)   = d(t) exp(-h / tau_m) + sum over k of i_k(t) K(h, tau_m, tau_k) / c_m      d = v - v_inf
 *   i_k(t + h) = i_k(t) exp(-h / tau_k) + inputs
 *
 * The threshold is tested at the ends of steps only. A held neuron has d = -infinity, which stays by itself. Where both
 * currents decay alike they are kept as one, which then reads as the excitatory current.
 *
 * Source: Rotter & Diesmann (1999), Biol. Cybern. 81:381-402. */
#include "neurons/lif_exp_kernels.h"
#include "neurons/lif_exp_tables.h"
#include "neurons/membrane.h"
#include "sim/mathfn.h"

enum { D, I_0, I_1, THETA_NOW, GAP, N_COLUMNS };
enum {
    ADAPTS,
    ONE_GAP,
    ONE_TAU,
    ONE_PORT,
    FALL,
    TO_D,
    FALL_I = TO_D + HK_MOST_PORTS,
    N_GLOBALS = FALL_I + HK_MOST_PORTS
};
enum { CHUNK = 256 };

static double v_inf(const hk_neuron_view *view, uint32_t i)
{
    return hk_membrane_v_inf(hk_param_of(view, HK_LIF_EXP_E_L, i), hk_param_of(view, HK_LIF_EXP_TAU_M, i),
                             hk_param_of(view, HK_LIF_EXP_C_M, i), hk_param_of(view, HK_LIF_EXP_I_E, i));
}

static double fall_in_step(const hk_neuron_view *view, int tau, uint32_t i)
{
    return hk_exp(-view->resolution_ms / hk_param_of(view, tau, i));
}

static bool one_value(const hk_neuron_view *view, const int *params, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (view->params[params[k]].stride != 0)
            return false;
    return true;
}

/* What neuron i, and all like it, does in a step: exp(-h / tau_m), then for each current what it brings to d, then how it
 * decays. */
static void find_factors(const hk_neuron_view *view, uint32_t i, double *out)
{
    static const int taus[HK_MOST_PORTS] = { HK_LIF_EXP_TAU_EX, HK_LIF_EXP_TAU_IN };
    double tau_m = hk_param_of(view, HK_LIF_EXP_TAU_M, i), c_m = hk_param_of(view, HK_LIF_EXP_C_M, i);
    out[FALL - FALL] = fall_in_step(view, HK_LIF_EXP_TAU_M, i);
    for (int k = 0; k < HK_MOST_PORTS; k++) {
        out[TO_D - FALL + k] = hk_membrane_response(view->resolution_ms, tau_m, hk_param_of(view, taus[k], i)) / c_m;
        out[FALL_I - FALL + k] = fall_in_step(view, taus[k], i);
    }
}

static void prepare(const hk_neuron_view *view)
{
    static const int potentials[] = { HK_LIF_EXP_TAU_M, HK_LIF_EXP_C_M, HK_LIF_EXP_E_L, HK_LIF_EXP_V_TH,
                                      HK_LIF_EXP_I_E };
    static const int factors[] = { HK_LIF_EXP_TAU_M, HK_LIF_EXP_C_M, HK_LIF_EXP_TAU_EX, HK_LIF_EXP_TAU_IN };
    bool had_one_port = view->globals[ONE_PORT] != 0.0;
    view->globals[ADAPTS] = 0.0;
    view->globals[ONE_GAP] = one_value(view, potentials, sizeof potentials / sizeof *potentials);
    view->globals[ONE_TAU] = one_value(view, factors, sizeof factors / sizeof *factors);
    view->globals[ONE_PORT] = one_value(view, factors, sizeof factors / sizeof *factors) &&
                              hk_param_of(view, HK_LIF_EXP_TAU_EX, 0) == hk_param_of(view, HK_LIF_EXP_TAU_IN, 0);
    find_factors(view, 0, view->globals + FALL);
    for (uint32_t i = 0; i < view->n; i++) {
        view->columns[GAP][i] = hk_param_of(view, HK_LIF_EXP_V_TH, i) - v_inf(view, i);
        if (view->columns[THETA_NOW][i] != 0.0 || hk_param_of(view, HK_LIF_EXP_THETA_PLUS, i) != 0.0)
            view->globals[ADAPTS] = 1.0;
        if (view->globals[ONE_PORT] != 0.0 && !had_one_port) {
            view->columns[I_0][i] += view->columns[I_1][i];
            view->columns[I_1][i] = 0.0;
        }
    }
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    (void)now;
    double *const *c = view->columns;
    switch (variable) {
    case HK_LIF_EXP_I_EX:
        return c[I_0][i];
    case HK_LIF_EXP_I_IN:
        return c[I_1][i];
    case HK_LIF_EXP_THETA:
        return c[THETA_NOW][i];
    default:
        return c[D][i] == -HUGE_VAL ? hk_param_of(view, HK_LIF_EXP_V_RESET, i) : v_inf(view, i) + c[D][i];
    }
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    (void)now;
    double *const *c = view->columns;
    if (variable == HK_LIF_EXP_I_EX)
        c[I_0][i] = value;
    else if (variable == HK_LIF_EXP_I_IN && view->globals[ONE_PORT] != 0.0)
        c[I_0][i] += value;
    else if (variable == HK_LIF_EXP_I_IN)
        c[I_1][i] = value;
    else if (variable == HK_LIF_EXP_THETA)
        c[THETA_NOW][i] = value;
    else if (c[D][i] != -HUGE_VAL) /* a refractory neuron stays at its reset potential */
        c[D][i] = value - v_inf(view, i);
}

static uint32_t n_ports(const hk_neuron_view *view)
{
    return view->globals[ONE_PORT] != 0.0 ? 1 : 2;
}

/* The thresholds, from v_inf, of up to CHUNK neurons at the end of the step. */
static void adapt(const hk_neuron_view *view, uint32_t begin, uint32_t n, double *limits)
{
    const double *gap = view->columns[GAP] + begin;
    double *theta = view->columns[THETA_NOW] + begin, fall = fall_in_step(view, HK_LIF_EXP_TAU_THETA, begin);
    bool one_fall = view->params[HK_LIF_EXP_TAU_THETA].stride == 0;
    for (uint32_t k = 0; k < n; k++) {
        theta[k] *= one_fall ? fall : fall_in_step(view, HK_LIF_EXP_TAU_THETA, begin + k);
        limits[k] = gap[k] + theta[k];
    }
}

/* Factors and columns of neuron i and those behind it. */
static hk_lif_exp_stepping stepping_from(const hk_neuron_view *view, uint32_t i, const double *const *in,
                                         uint32_t offset)
{
    double *const *c = view->columns, own[N_GLOBALS - FALL];
    const double *factors = view->globals + FALL;
    uint32_t ports = n_ports(view);
    if (view->globals[ONE_TAU] == 0.0) {
        find_factors(view, i, own);
        factors = own;
    }
    return (hk_lif_exp_stepping){
        .d = c[D] + i,
        .i = { c[I_0] + i, c[I_1] + i },
        .in = { in[0] + offset, ports == 2 ? in[1] + offset : NULL },
        .fall = factors[0],
        .to_d = { factors[TO_D - FALL], factors[TO_D - FALL + 1] },
        .fall_i = { factors[FALL_I - FALL], factors[FALL_I - FALL + 1] },
        .gap = c[GAP][i],
        .n_ports = ports,
        .first = i,
    };
}

static void step(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *const *in, hk_hits *hits)
{
    const hk_lif_exp_kernels *kernels = hk_lif_exp_kernels_for(view->cpu);
    bool adapts = view->globals[ADAPTS] != 0.0, one_tau = view->globals[ONE_TAU] != 0.0;
    double limits[CHUNK];
    if (one_tau && !adapts && view->globals[ONE_GAP] != 0.0) {
        hk_lif_exp_stepping all = stepping_from(view, begin, in, 0);
        all.n = end - begin;
        kernels->step(&all, hits);
        return;
    }
    for (uint32_t at = begin; at < end; at += CHUNK) {
        uint32_t n = end - at < CHUNK ? end - at : CHUNK;
        if (adapts)
            adapt(view, at, n, limits);
        for (uint32_t k = 0; k < n; k = one_tau ? n : k + 1) {
            hk_lif_exp_stepping part = stepping_from(view, at + k, in, at + k - begin);
            part.limits = (adapts ? limits : view->columns[GAP] + at) + k;
            part.n = one_tau ? n : 1;
            kernels->step(&part, hits);
        }
    }
}

static double limit(const hk_neuron_view *view, uint32_t i)
{
    return view->columns[GAP][i] + view->columns[THETA_NOW][i];
}

/* What arrives now has gone into the currents already. */
static bool wake(const hk_neuron_view *view, uint32_t i, const double *in)
{
    (void)in;
    view->columns[D][i] = hk_param_of(view, HK_LIF_EXP_V_RESET, i) - v_inf(view, i);
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
    view->columns[THETA_NOW][i] += hk_param_of(view, HK_LIF_EXP_THETA_PLUS, i);
    return hk_param_of(view, HK_LIF_EXP_T_REF, i);
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
    for (uint32_t i = 0; i < view->n; i++) {
        view->columns[D][i] = hk_param_of(view, HK_LIF_EXP_E_L, i) - v_inf(view, i);
        view->columns[I_0][i] = view->columns[I_1][i] = 0.0;
    }
}

const hk_neuron_model hk_lif_exp_grid = {
    .name = "lif_exp",
    .summary = "leaky integrate-and-fire, exponential currents, adaptive threshold; steps of the resolution",
    .source = "Rotter & Diesmann (1999), Biol. Cybern. 81:381-402",
    .kind = HK_MODEL_NEURON,
    .weight_unit = "pA",
    .params = hk_lif_exp_params,
    .n_params = HK_LIF_EXP_N_PARAMS,
    .state = hk_lif_exp_state,
    .n_state = HK_LIF_EXP_N_STATE,
    .n_columns = N_COLUMNS,
    .n_globals = N_GLOBALS,
    .check = hk_lif_exp_check,
    .prepare = prepare,
    .read = read_state,
    .write = write_state,
    .excess = excess,
    .fire = fire,
    .hold = hold,
    .settle = settle,
    .n_ports = n_ports,
    .step = step,
    .wake = wake,
};
