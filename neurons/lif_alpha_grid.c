/* neurons/lif_alpha_grid.c - lif_alpha (lif_alpha.h) stepped at the resolution h: the exact solution of its linear equations.
 *
 *   d(t + h)   = d(t) exp(-h / tau_m) + sum over k of (i_k(t) K + z_k(t) e / tau_k R) / c_m      d = v - v_inf
 *   i_k(t + h) = (i_k(t) + z_k(t) e h / tau_k) exp(-h / tau_k)
 *   z_k(t + h) = z_k(t) exp(-h / tau_k) + inputs
 *
 * K and R as in crossing.h, at h. Where both currents decay alike they are kept as one, which then reads as the excitatory one.
 *
 * Source: Rotter & Diesmann (1999), Biol. Cybern. 81:381-402. */
#include "neurons/lif_alpha_kernels.h"
#include "neurons/lif_alpha_tables.h"
#include "neurons/membrane.h"
#include "neurons/stepping.h"

#include <string.h>

enum { D = HK_STEPPING_D, THETA_NOW = HK_STEPPING_THETA, GAP = HK_STEPPING_GAP };
enum { I = HK_STEPPING_N_COLUMNS, Z = I + HK_MOST_PORTS, N_COLUMNS = Z + HK_MOST_PORTS };
enum { ONE_PORT = HK_STEPPING_N_GLOBALS, FACTORS };
enum { FALL, I_TO_D, Z_TO_D = I_TO_D + 2, FALL_I = Z_TO_D + 2, Z_TO_I = FALL_I + 2, N_FACTORS = Z_TO_I + 2 };

static double v_inf(const hk_neuron_view *view, uint32_t i)
{
    return hk_adaptive_v_inf(view, &hk_lif_exp_adaptive, i);
}

static uint32_t n_ports(const hk_neuron_view *view)
{
    return view->globals[ONE_PORT] != 0.0 ? 1 : 2;
}

/* What neuron i, and all like it, does in a step. */
static void find_factors(const hk_neuron_view *view, uint32_t i, double *out)
{
    static const int taus[HK_MOST_PORTS] = { HK_LIF_EXP_TAU_EX, HK_LIF_EXP_TAU_IN };
    double tau_m = hk_param_of(view, HK_LIF_EXP_TAU_M, i), c_m = hk_param_of(view, HK_LIF_EXP_C_M, i);
    double h = view->resolution_ms, fall = hk_stepping_fall(view, HK_LIF_EXP_TAU_M, i);
    out[FALL] = fall;
    for (int k = 0; k < HK_MOST_PORTS; k++) {
        double tau = hk_param_of(view, taus[k], i), fall_i = hk_stepping_fall(view, taus[k], i);
        double rise = HK_LIF_ALPHA_E / tau;
        out[I_TO_D + k] = hk_membrane_response(h, tau_m, tau) / c_m;
        out[Z_TO_D + k] = rise * hk_membrane_ramp_response(h, fall, fall_i, tau_m, tau) / c_m;
        out[FALL_I + k] = fall_i;
        out[Z_TO_I + k] = rise * h * fall_i;
    }
}

static void step_alike(const hk_neuron_view *view, uint32_t i, uint32_t n, const double *const *in, uint32_t offset,
                       const double *limits, hk_hits *hits)
{
    double *const *c = view->columns, own[N_FACTORS];
    const double *f = view->globals + FACTORS;
    uint32_t ports = n_ports(view);
    if (view->globals[HK_STEPPING_ONE_KIND] == 0.0) {
        find_factors(view, i, own);
        f = own;
    }
    hk_alpha_stepping these = {
        .d = c[D] + i,
        .i = { c[I] + i, c[I + 1] + i },
        .z = { c[Z] + i, c[Z + 1] + i },
        .in = { in[0] + offset, ports == 2 ? in[1] + offset : NULL },
        .fall = f[FALL],
        .i_to_d = { f[I_TO_D], f[I_TO_D + 1] },
        .z_to_d = { f[Z_TO_D], f[Z_TO_D + 1] },
        .fall_i = { f[FALL_I], f[FALL_I + 1] },
        .z_to_i = { f[Z_TO_I], f[Z_TO_I + 1] },
        .gap = c[GAP][i],
        .limits = limits,
        .n = n,
        .n_ports = ports,
        .first = i,
    };
    hk_alpha_kernels_for(view->cpu)->step(&these, hits);
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
    find_factors(view, 0, view->globals + FACTORS);
    if (had_one_port || view->globals[ONE_PORT] == 0.0)
        return;
    for (int k = I; k < N_COLUMNS; k += HK_MOST_PORTS)
        for (uint32_t i = 0; i < view->n; i++) {
            view->columns[k][i] += view->columns[k + 1][i];
            view->columns[k + 1][i] = 0.0;
        }
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    (void)now;
    double *const *c = view->columns;
    switch (variable) {
    case HK_LIF_ALPHA_I_EX:
        return c[I][i];
    case HK_LIF_ALPHA_Z_EX:
        return c[Z][i];
    case HK_LIF_ALPHA_I_IN:
        return c[I + 1][i];
    case HK_LIF_ALPHA_Z_IN:
        return c[Z + 1][i];
    case HK_LIF_ALPHA_THETA:
        return c[THETA_NOW][i];
    default:
        return hk_stepping_read_v(view, &stepping, i);
    }
}

/* A value of the inhibitory current joins the excitatory one where there is one current. */
static void write_inhibition(const hk_neuron_view *view, int column, uint32_t i, double value)
{
    if (view->globals[ONE_PORT] != 0.0)
        view->columns[column][i] += value;
    else
        view->columns[column + 1][i] = value;
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    (void)now;
    switch (variable) {
    case HK_LIF_ALPHA_I_EX:
        view->columns[I][i] = value;
        break;
    case HK_LIF_ALPHA_Z_EX:
        view->columns[Z][i] = value;
        break;
    case HK_LIF_ALPHA_I_IN:
        write_inhibition(view, I, i, value);
        break;
    case HK_LIF_ALPHA_Z_IN:
        write_inhibition(view, Z, i, value);
        break;
    case HK_LIF_ALPHA_THETA:
        view->columns[THETA_NOW][i] = value;
        break;
    default:
        hk_stepping_write_v(view, &stepping, i, value);
    }
}

static void step(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *const *in, hk_hits *hits)
{
    hk_stepping_step(view, &stepping, begin, end, in, hits);
}

/* What arrives now has gone into what drives the currents already. */
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
    for (int k = I; k < N_COLUMNS; k++)
        memset(view->columns[k], 0, view->n * sizeof(double));
}

const hk_neuron_model hk_lif_alpha_grid = {
    .name = "lif_alpha",
    .summary = "leaky integrate-and-fire, alpha-shaped currents, adaptive threshold; steps of the resolution",
    .source = "Rotter & Diesmann (1999), Biol. Cybern. 81:381-402",
    .kind = HK_MODEL_NEURON,
    .weight_unit = "pA",
    .params = hk_lif_exp_params,
    .n_params = HK_LIF_EXP_N_PARAMS,
    .state = hk_lif_alpha_state,
    .n_state = HK_LIF_ALPHA_N_STATE,
    .n_columns = N_COLUMNS,
    .n_globals = FACTORS + N_FACTORS,
    .check = hk_lif_alpha_check,
    .prepare = prepare,
    .read = read_state,
    .write = write_state,
    .excess = hk_stepping_excess,
    .fire = fire,
    .hold = hk_stepping_hold,
    .settle = settle,
    .n_ports = n_ports,
    .step = step,
    .wake = wake,
};
