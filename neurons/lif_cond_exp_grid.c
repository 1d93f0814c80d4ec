/* neurons/lif_cond_exp_grid.c - lif_cond_exp (lif_cond_exp.h) stepped at the resolution h.
 *
 *   dv/dt = -(l + x + y) v + (drive + x e_ex + y e_in)         l = g_l / c_m, x = g_ex / c_m, y = g_in / c_m
 *
 * Over a step x and y are replaced by their means X and Y, which are exact; the equation then has a closed form with
 * exp(-A), A = h (l + X + Y), for which the rational function (12 - 6 A + A^2) / (12 + 6 A + A^2) stands: positive and below 1 for
 * any A > 0, so that no conductance is too large for a step, and right to A^5 / 720:
 *
 *   v(t + h) = (12 h (drive + X e_ex + Y e_in) + v(t) (12 - 6 A + A^2)) / (12 + 6 A + A^2)
 *
 * What the means leave out makes it a method of second order. Inputs are added to x and y at the end of the step.
 *
 * Source: the exponential midpoint rule (Hochbruck & Ostermann 2010, Acta Numerica 19:209-286). */
#include "neurons/lif_cond_exp_grid_kernels.h"
#include "neurons/lif_cond_exp_tables.h"
#include "neurons/membrane.h"
#include "neurons/stepping.h"
#include "sim/mathfn.h"

enum { V_NOW = HK_STEPPING_D, THETA_NOW = HK_STEPPING_THETA, GAP = HK_STEPPING_GAP };
enum { X = HK_STEPPING_N_COLUMNS, Y, N_COLUMNS };
enum { MEAN_EX = HK_STEPPING_N_GLOBALS, MEAN_IN, FALL_EX, FALL_IN, N_GLOBALS };

static const hk_cond_step_fn steps[HK_N_CPU] = {
    [HK_CPU_PLAIN] = hk_cond_step_plain,
#if defined(__x86_64__)
    [HK_CPU_AVX2] = hk_cond_step_avx2,
    [HK_CPU_AVX512] = hk_cond_step_avx512,
#endif
};

static double param(const hk_neuron_view *view, int which, uint32_t i)
{
    return hk_param_of(view, which, i);
}

/* exp(-h / tau) of neuron i, and its mean over the step. */
static void find_factors(const hk_neuron_view *view, int tau, uint32_t i, double *mean, double *fall)
{
    double per_tau = view->resolution_ms / param(view, tau, i);
    *fall = hk_exp(-per_tau);
    *mean = -hk_expm1(-per_tau) / per_tau;
}

/* Potentials are counted as users see them. */
static double zero_mv(const hk_neuron_view *view, uint32_t i)
{
    (void)view;
    (void)i;
    return 0.0;
}

/* Steps n neurons alike from the i-th on: what arrives at them is either summed up or not yet. */
static void step_these(const hk_neuron_view *view, uint32_t i, uint32_t n, const double *const *in, uint32_t offset,
                       const hk_arrived *arrived, const double *limits, hk_hits *hits)
{
    double *globals = view->globals;
    double per_c = 1.0 / param(view, HK_LIF_COND_EXP_C_M, i), g_l = param(view, HK_LIF_COND_EXP_G_L, i);
    hk_cond_step these = {
        .v = hk_column_at(view, V_NOW, i),
        .x = hk_column_at(view, X, i),
        .y = hk_column_at(view, Y, i),
        .is_single = view->single != NULL,
        .in_ex = in != NULL ? in[0] + offset : NULL,
        .in_in = in != NULL ? in[1] + offset : NULL,
        .arrived = arrived,
        .leak = g_l * per_c,
        .drive = (g_l * param(view, HK_LIF_COND_EXP_E_L, i) + param(view, HK_LIF_COND_EXP_I_E, i)) * per_c,
        .e_ex = param(view, HK_LIF_COND_EXP_E_EX, i),
        .e_in = param(view, HK_LIF_COND_EXP_E_IN, i),
        .per_c = per_c,
        .mean_ex = globals[MEAN_EX],
        .mean_in = globals[MEAN_IN],
        .fall_ex = globals[FALL_EX],
        .fall_in = globals[FALL_IN],
        .h = view->resolution_ms,
        .v_th = view->columns[GAP][view->globals[HK_STEPPING_ONE_GAP] != 0.0 ? 0 : i],
        .limits = limits,
        .n = n,
        .first = i,
    };
    if (globals[HK_STEPPING_ONE_KIND] == 0.0) {
        find_factors(view, HK_LIF_COND_EXP_TAU_EX, i, &these.mean_ex, &these.fall_ex);
        find_factors(view, HK_LIF_COND_EXP_TAU_IN, i, &these.mean_in, &these.fall_in);
    }
    steps[view->cpu](&these, hits);
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

static const int kind[] = { HK_LIF_COND_EXP_C_M,  HK_LIF_COND_EXP_G_L, HK_LIF_COND_EXP_E_L,    HK_LIF_COND_EXP_E_EX,
                            HK_LIF_COND_EXP_E_IN, HK_LIF_COND_EXP_I_E, HK_LIF_COND_EXP_TAU_EX, HK_LIF_COND_EXP_TAU_IN };
static const int gap[] = { HK_LIF_COND_EXP_V_TH };
static const hk_stepping stepping = {
    .e_l = HK_LIF_COND_EXP_E_L,
    .v_th = HK_LIF_COND_EXP_V_TH,
    .v_reset = HK_LIF_COND_EXP_V_RESET,
    .t_ref = HK_LIF_COND_EXP_T_REF,
    .theta_plus = HK_LIF_COND_EXP_THETA_PLUS,
    .tau_theta = HK_LIF_COND_EXP_TAU_THETA,
    .kind = kind,
    .n_kind = sizeof kind / sizeof *kind,
    .gap = gap,
    .n_gap = sizeof gap / sizeof *gap,
    .zero_mv = zero_mv,
    .step = step_alike,
};

static void prepare(const hk_neuron_view *view)
{
    double *globals = view->globals;
    hk_stepping_prepare(view, &stepping);
    find_factors(view, HK_LIF_COND_EXP_TAU_EX, 0, &globals[MEAN_EX], &globals[FALL_EX]);
    find_factors(view, HK_LIF_COND_EXP_TAU_IN, 0, &globals[MEAN_IN], &globals[FALL_IN]);
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    (void)now;
    switch (variable) {
    case HK_LIF_COND_EXP_G_EX:
        return hk_column_get(view, X, i) * param(view, HK_LIF_COND_EXP_C_M, i);
    case HK_LIF_COND_EXP_G_IN:
        return hk_column_get(view, Y, i) * param(view, HK_LIF_COND_EXP_C_M, i);
    case HK_LIF_COND_EXP_THETA:
        return view->columns[THETA_NOW][i];
    default:
        return hk_stepping_read_v(view, &stepping, i);
    }
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    (void)now;
    if (variable == HK_LIF_COND_EXP_G_EX)
        hk_column_put(view, X, i, value / param(view, HK_LIF_COND_EXP_C_M, i));
    else if (variable == HK_LIF_COND_EXP_G_IN)
        hk_column_put(view, Y, i, value / param(view, HK_LIF_COND_EXP_C_M, i));
    else if (variable == HK_LIF_COND_EXP_THETA)
        view->columns[THETA_NOW][i] = value;
    else
        hk_stepping_write_v(view, &stepping, i, value);
}

static uint32_t n_ports(const hk_neuron_view *view)
{
    (void)view;
    return 2;
}

static void step(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *const *in, hk_hits *hits)
{
    hk_stepping_step(view, &stepping, begin, end, in, hits);
}

/* What arrives now has gone into the conductances already. */
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
        hk_column_put(view, X, i, 0.0);
        hk_column_put(view, Y, i, 0.0);
    }
}

const hk_neuron_model hk_lif_cond_exp_grid = {
    .name = "lif_cond_exp",
    .summary = "leaky integrate-and-fire, exponential conductances, adaptive threshold; steps of the resolution",
    .source = "Meffin, Burkitt & Grayden (2004), J. Comput. Neurosci. 16:159-175",
    .kind = HK_MODEL_NEURON,
    .weight_unit = "nS",
    .params = hk_lif_cond_exp_params,
    .n_params = HK_LIF_COND_EXP_N_PARAMS,
    .state = hk_lif_cond_exp_state,
    .n_state = HK_LIF_COND_EXP_N_STATE,
    .n_columns = N_COLUMNS,
    .may_be_single = 1u << V_NOW | 1u << X | 1u << Y,
    .n_globals = N_GLOBALS,
    .check = hk_lif_cond_exp_check,
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
