/* neurons/lif_exp_grid.c - lif_exp (lif_exp.h) stepped at the resolution h: the exact solution of its linear equations.
 *
 *   d(t + h)   = d(t) exp(-h / tau_m) + sum over k of i_k(t) K(h, tau_m, tau_k) / c_m      d = v - v_inf
 *   i_k(t + h) = i_k(t) exp(-h / tau_k) + inputs
 *
 * Where both currents decay alike they are kept as one, which then reads as the excitatory current.
 *
 * Source: Rotter & Diesmann (1999), Biol. Cybern. 81:381-402. */
#include "neurons/lif_exp_step_kernels.h"
#include "neurons/lif_exp_tables.h"
#include "neurons/membrane.h"
#include "neurons/stepping.h"

enum { D = HK_STEPPING_D, THETA_NOW = HK_STEPPING_THETA, GAP = HK_STEPPING_GAP };
enum { I_0 = HK_STEPPING_N_COLUMNS, I_1, N_COLUMNS };
enum {
    ONE_PORT = HK_STEPPING_N_GLOBALS,
    FALL,
    TO_D,
    FALL_I = TO_D + HK_MOST_PORTS,
    N_GLOBALS = FALL_I + HK_MOST_PORTS
};

static double v_inf(const hk_neuron_view *view, uint32_t i)
{
    return hk_membrane_v_inf(hk_param_of(view, HK_LIF_EXP_E_L, i), hk_param_of(view, HK_LIF_EXP_TAU_M, i),
                             hk_param_of(view, HK_LIF_EXP_C_M, i), hk_param_of(view, HK_LIF_EXP_I_E, i));
}

static uint32_t n_ports(const hk_neuron_view *view)
{
    return view->globals[ONE_PORT] != 0.0 ? 1 : 2;
}

/* What neuron i, and all like it, does in a step: exp(-h / tau_m), then for each current what it brings to d, then how it
 * decays. */
static void find_factors(const hk_neuron_view *view, uint32_t i, double *out)
{
    static const int taus[HK_MOST_PORTS] = { HK_LIF_EXP_TAU_EX, HK_LIF_EXP_TAU_IN };
    double tau_m = hk_param_of(view, HK_LIF_EXP_TAU_M, i), c_m = hk_param_of(view, HK_LIF_EXP_C_M, i);
    out[FALL - FALL] = hk_stepping_fall(view, HK_LIF_EXP_TAU_M, i);
    for (int k = 0; k < HK_MOST_PORTS; k++) {
        out[TO_D - FALL + k] = hk_membrane_response(view->resolution_ms, tau_m, hk_param_of(view, taus[k], i)) / c_m;
        out[FALL_I - FALL + k] = hk_stepping_fall(view, taus[k], i);
    }
}

const hk_lif_exp_step_kernels *hk_lif_exp_step_kernels_for(hk_cpu level)
{
#if defined(__x86_64__)
    return level == HK_CPU_AVX512 ? &hk_lif_exp_step_kernels_avx512
           : level == HK_CPU_AVX2 ? &hk_lif_exp_step_kernels_avx2
                                  : &hk_lif_exp_step_kernels_plain;
#else
    (void)level;
    return &hk_lif_exp_step_kernels_plain;
#endif
}

/* Steps n neurons alike from the i-th on: what arrives at them is either summed up or not yet. */
static void step_these(const hk_neuron_view *view, uint32_t i, uint32_t n, const double *const *in, uint32_t offset,
                       const hk_arrived *arrived, const double *limits, hk_hits *hits)
{
    double own[N_GLOBALS - FALL];
    const double *f = view->globals + FALL;
    uint32_t ports = n_ports(view);
    if (view->globals[HK_STEPPING_ONE_KIND] == 0.0) {
        find_factors(view, i, own);
        f = own;
    }
    hk_lif_exp_stepping these;
    these.d = hk_column_at(view, D, i);
    these.is_single = view->single != NULL;
    for (uint32_t k = 0; k < HK_MOST_PORTS; k++) {
        these.i[k] = hk_column_at(view, I_0 + k, i);
        these.in[k] = in != NULL && k < ports ? in[k] + offset : NULL;
        these.to_d[k] = f[TO_D - FALL + k];
        these.fall_i[k] = f[FALL_I - FALL + k];
    }
    these.arrived = arrived;
    these.fall = f[0];
    these.gap = view->columns[GAP][view->globals[HK_STEPPING_ONE_GAP] != 0.0 ? 0 : i];
    these.limits = limits;
    these.n = n;
    these.n_ports = ports;
    these.first = i;
    hk_lif_exp_step_kernels_for(view->cpu)->step(&these, hits);
}

static void step_alike(const hk_neuron_view *view, uint32_t i, uint32_t n, const double *const *in, uint32_t offset,
                       const double *limits, hk_hits *hits)
{
    step_these(view, i, n, in, offset, NULL, limits, hits);
}

static bool step_arrived(const hk_neuron_view *view, uint32_t begin, uint32_t end, const hk_arrived *arrived,
                         hk_hits *hits)
{
    bool is_uniform = hk_stepping_is_uniform(view);
    if (is_uniform)
        step_these(view, begin, end - begin, NULL, 0, arrived, NULL, hits);
    return is_uniform;
}

static const int kind[] = { HK_LIF_EXP_TAU_M, HK_LIF_EXP_C_M, HK_LIF_EXP_TAU_EX, HK_LIF_EXP_TAU_IN };
static const int gap[] = { HK_LIF_EXP_TAU_M, HK_LIF_EXP_C_M, HK_LIF_EXP_E_L, HK_LIF_EXP_V_TH, HK_LIF_EXP_I_E };
static const hk_stepping stepping = {
    .e_l = HK_LIF_EXP_E_L,
    .v_th = HK_LIF_EXP_V_TH,
    .v_reset = HK_LIF_EXP_V_RESET,
    .t_ref = HK_LIF_EXP_T_REF,
    .theta_plus = HK_LIF_EXP_THETA_PLUS,
    .tau_theta = HK_LIF_EXP_TAU_THETA,
    .kind = kind,
    .n_kind = sizeof kind / sizeof *kind,
    .gap = gap,
    .n_gap = sizeof gap / sizeof *gap,
    .zero_mv = v_inf,
    .step = step_alike,
};

static void prepare(const hk_neuron_view *view)
{
    bool had_one_port = view->globals[ONE_PORT] != 0.0;
    hk_stepping_prepare(view, &stepping);
    view->globals[ONE_PORT] = view->globals[HK_STEPPING_ONE_KIND] != 0.0 &&
                              hk_param_of(view, HK_LIF_EXP_TAU_EX, 0) == hk_param_of(view, HK_LIF_EXP_TAU_IN, 0);
    find_factors(view, 0, view->globals + FALL);
    if (had_one_port || view->globals[ONE_PORT] == 0.0)
        return;
    for (uint32_t i = 0; i < view->n; i++) {
        hk_column_put(view, I_0, i, hk_column_get(view, I_0, i) + hk_column_get(view, I_1, i));
        hk_column_put(view, I_1, i, 0.0);
    }
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    (void)now;
    switch (variable) {
    case HK_LIF_EXP_I_EX:
        return hk_column_get(view, I_0, i);
    case HK_LIF_EXP_I_IN:
        return hk_column_get(view, I_1, i);
    case HK_LIF_EXP_THETA:
        return view->columns[THETA_NOW][i];
    default:
        return hk_stepping_read_v(view, &stepping, i);
    }
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    (void)now;
    if (variable == HK_LIF_EXP_I_EX)
        hk_column_put(view, I_0, i, value);
    else if (variable == HK_LIF_EXP_I_IN && view->globals[ONE_PORT] != 0.0)
        hk_column_put(view, I_0, i, hk_column_get(view, I_0, i) + value);
    else if (variable == HK_LIF_EXP_I_IN)
        hk_column_put(view, I_1, i, value);
    else if (variable == HK_LIF_EXP_THETA)
        view->columns[THETA_NOW][i] = value;
    else
        hk_stepping_write_v(view, &stepping, i, value);
}

static void step(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *const *in, hk_hits *hits)
{
    hk_stepping_step(view, &stepping, begin, end, in, hits);
}

/* What arrives now has gone into the currents already. */
static bool wake(const hk_neuron_view *view, uint32_t i, const double *in)
{
    (void)in;
    return hk_stepping_wake(view, &stepping, i, 0.0);
}

static double fire(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    (void)now;
    return hk_stepping_fire(view, &stepping, i);
}

static void settle(const hk_neuron_view *view, hk_time now)
{
    (void)now;
    hk_stepping_settle(view, &stepping);
    for (uint32_t i = 0; i < view->n; i++) {
        hk_column_put(view, I_0, i, 0.0);
        hk_column_put(view, I_1, i, 0.0);
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
    .may_be_single = 1u << D | 1u << I_0 | 1u << I_1,
    .n_globals = N_GLOBALS,
    .check = hk_lif_exp_check,
    .prepare = prepare,
    .read = read_state,
    .write = write_state,
    .excess = hk_stepping_excess,
    .fire = fire,
    .hold = hk_stepping_hold,
    .settle = settle,
    .n_ports = n_ports,
    .step = step,
    .step_arrived = step_arrived,
    .wake = wake,
};
