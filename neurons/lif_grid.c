/* neurons/lif_grid.c - lif (lif.h) stepped at the resolution h.
 *
 *   d(t + h) = d(t) exp(-h / tau_m) + inputs      d = v - v_inf, exact while nothing but the inputs changes it */
#include "neurons/lif_kernels.h"
#include "neurons/lif_tables.h"
#include "neurons/membrane.h"
#include "neurons/stepping.h"

enum { D = HK_STEPPING_D, THETA_NOW = HK_STEPPING_THETA, GAP = HK_STEPPING_GAP };
enum { FALL = HK_STEPPING_N_GLOBALS, N_GLOBALS }; /* of neuron 0 */

static double v_inf(const hk_neuron_view *view, uint32_t i)
{
    return hk_adaptive_v_inf(view, &hk_lif_adaptive, i);
}

static void step_alike(const hk_neuron_view *view, uint32_t i, uint32_t n, const double *const *in, uint32_t offset,
                       const double *limits, hk_hits *hits)
{
    const bool is_one = view->globals[HK_STEPPING_ONE_KIND] != 0.0;
    const double fall = is_one ? view->globals[FALL] : hk_stepping_fall(view, HK_LIF_TAU_M, i);
    hk_lif_kernels_for(view->cpu)->step(view->columns[D] + i, in[0] + offset, fall, view->columns[GAP][i], limits, n, i,
                                        hits);
}

static const int kind[] = { HK_LIF_TAU_M };
static const int gap[] = { HK_LIF_TAU_M, HK_LIF_C_M, HK_LIF_E_L, HK_LIF_V_TH, HK_LIF_I_E };
static const hk_stepping stepping = {
    .e_l = HK_LIF_E_L,
    .v_th = HK_LIF_V_TH,
    .v_reset = HK_LIF_V_RESET,
    .t_ref = HK_LIF_T_REF,
    .theta_plus = HK_LIF_THETA_PLUS,
    .tau_theta = HK_LIF_TAU_THETA,
    .kind = kind,
    .n_kind = sizeof kind / sizeof *kind,
    .gap = gap,
    .n_gap = sizeof gap / sizeof *gap,
    .zero_mv = v_inf,
    .step = step_alike,
};

static void prepare(const hk_neuron_view *view)
{
    hk_stepping_prepare(view, &stepping);
    view->globals[FALL] = hk_stepping_fall(view, HK_LIF_TAU_M, 0);
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    (void)now;
    return variable == HK_LIF_THETA ? view->columns[THETA_NOW][i] : hk_stepping_read_v(view, &stepping, i);
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    (void)now;
    if (variable == HK_LIF_THETA)
        view->columns[THETA_NOW][i] = value;
    else
        hk_stepping_write_v(view, &stepping, i, value);
}

static uint32_t n_ports(const hk_neuron_view *view)
{
    (void)view;
    return 1;
}

static void step(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *const *in, hk_hits *hits)
{
    hk_stepping_step(view, &stepping, begin, end, in, hits);
}

static bool wake(const hk_neuron_view *view, uint32_t i, const double *in)
{
    return hk_stepping_wake(view, &stepping, i, in[0]);
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
    .n_columns = HK_STEPPING_N_COLUMNS,
    .n_globals = N_GLOBALS,
    .check = hk_lif_check,
    .prepare = prepare,
    .read = read_state,
    .write = write_state,
    .excess = hk_stepping_excess,
    .fire = fire,
    .hold = hk_stepping_hold,
    .settle = settle,
    .deaf_when_held = true,
    .n_ports = n_ports,
    .step = step,
    .wake = wake,
};
