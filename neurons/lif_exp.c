/* neurons/lif_exp.c - see lif_exp.h; the coordinates are those of lif_exp_kernels.h. */
#include "neurons/lif_exp.h"

#include "neurons/adaptive.h"
#include "neurons/crossing.h"
#include "neurons/lif_exp_kernels.h"
#include "neurons/lif_exp_tables.h"
#include "neurons/membrane.h"
#include "sim/mathfn.h"

#include <math.h>
#include <string.h>

enum {
    TAU_M = HK_LIF_EXP_TAU_M,
    C_M = HK_LIF_EXP_C_M,
    TAU_EX = HK_LIF_EXP_TAU_EX,
    TAU_IN = HK_LIF_EXP_TAU_IN,
    E_L = HK_LIF_EXP_E_L,
    V_TH = HK_LIF_EXP_V_TH,
    V_RESET = HK_LIF_EXP_V_RESET,
    T_REF = HK_LIF_EXP_T_REF,
    I_E = HK_LIF_EXP_I_E,
    THETA_PLUS = HK_LIF_EXP_THETA_PLUS,
    TAU_THETA = HK_LIF_EXP_TAU_THETA,
    V = HK_LIF_EXP_V,
    I_EX = HK_LIF_EXP_I_EX,
    I_IN = HK_LIF_EXP_I_IN,
    THETA = HK_LIF_EXP_THETA,
};
enum { A = HK_ADAPTIVE_U, LOW = HK_ADAPTIVE_LOW, GAP = HK_ADAPTIVE_GAP };
enum { J_EX = HK_ADAPTIVE_N_COLUMNS, J_IN, N_COLUMNS };
enum { ADAPTS = HK_ADAPTIVE_ADAPTS, UNIFORM = HK_ADAPTIVE_ALIKE };

const hk_column hk_lif_exp_params[HK_LIF_EXP_N_PARAMS] = {
    [TAU_M] = { "tau_m_ms", "ms", 10.0, 1e-3, 1e12, "membrane time constant" },
    [C_M] = { "c_m_pf", "pF", 250.0, 1e-6, 1e12, "membrane capacitance" },
    [TAU_EX] = { "tau_syn_ex_ms", "ms", 2.0, 1e-3, 1e12, "time constant of excitatory currents" },
    [TAU_IN] = { "tau_syn_in_ms", "ms", 2.0, 1e-3, 1e12, "time constant of inhibitory currents" },
    [E_L] = { "e_l_mv", "mV", -70.0, -1e6, 1e6, "resting potential" },
    [V_TH] = { "v_th_mv", "mV", -55.0, -1e6, 1e6, "threshold; above v_reset_mv" },
    [V_RESET] = { "v_reset_mv", "mV", -70.0, -1e6, 1e6, "potential after a spike and while refractory" },
    [T_REF] = { "t_ref_ms", "ms", 2.0, 0.0, 1e9, "refractory period; currents go on in it" },
    [I_E] = { "i_e_pa", "pA", 0.0, -1e12, 1e12, "constant current" },
    [THETA_PLUS] = { "theta_plus_mv", "mV", 0.0, 0.0, 1e6, "threshold increment of a spike" },
    [TAU_THETA] = { "tau_theta_ms", "ms", 1e7, 1e-3, 1e12, "decay time constant of the threshold increment" },
};

const hk_column hk_lif_exp_state[HK_LIF_EXP_N_STATE] = {
    [V] = { "v_mv", "mV", -70.0, -1e9, 1e9, "membrane potential" },
    [I_EX] = { "i_syn_ex_pa", "pA", 0.0, 0.0, 1e15, "excitatory current" },
    [I_IN] = { "i_syn_in_pa", "pA", 0.0, -1e15, 0.0, "inhibitory current" },
    [THETA] = { "theta_mv", "mV", 0.0, -1e9, 1e9, "adaptive part of the threshold" },
};

static const int taus[] = { TAU_M, TAU_EX, TAU_IN, TAU_THETA }, kind[] = { TAU_M, TAU_EX, TAU_IN, C_M };
const hk_adaptive hk_lif_exp_adaptive = { .e_l = E_L,
                                          .tau_m = TAU_M,
                                          .c_m = C_M,
                                          .i_e = I_E,
                                          .v_th = V_TH,
                                          .v_reset = V_RESET,
                                          .t_ref = T_REF,
                                          .theta_plus = THETA_PLUS,
                                          .tau_theta = TAU_THETA,
                                          .taus = taus,
                                          .n_taus = sizeof taus / sizeof *taus,
                                          .kind = kind,
                                          .n_kind = sizeof kind / sizeof *kind };

const hk_lif_exp_kernels *hk_lif_exp_kernels_for(hk_cpu level)
{
    static const hk_lif_exp_kernels *const kernels[HK_N_CPU] = {
        [HK_CPU_PLAIN] = &hk_lif_exp_kernels_plain,
#if defined(__x86_64__)
        [HK_CPU_AVX2] = &hk_lif_exp_kernels_avx2,
        [HK_CPU_AVX512] = &hk_lif_exp_kernels_avx512,
#endif
    };
    return kernels[level];
}

static double v_inf(const hk_neuron_view *view, uint32_t i)
{
    return hk_adaptive_v_inf(view, &hk_lif_exp_adaptive, i);
}

static double integral(double x, double tau_m, double tau)
{
    double r = 1.0 / tau_m - 1.0 / tau;
    return r == 0.0 ? x : hk_expm1(r * x) / r;
}

/* The constants of one instant for neuron i (and all like it); `left` ms remain to the horizon. */
static hk_lif_exp_instant instant(const hk_neuron_view *view, uint32_t i, double x, double left)
{
    double tau_m = hk_param_of(view, TAU_M, i), c_m = hk_param_of(view, C_M, i);
    double tau_ex = hk_param_of(view, TAU_EX, i), tau_in = hk_param_of(view, TAU_IN, i), relax = hk_exp(-left / tau_m);
    return (hk_lif_exp_instant){ .fall = hk_exp(-x / tau_m),
                                 .g_ex = integral(x, tau_m, tau_ex),
                                 .g_in = integral(x, tau_m, tau_in),
                                 .to_ex = hk_exp(x / tau_ex) / c_m,
                                 .to_in = hk_exp(x / tau_in) / c_m,
                                 .relax = relax,
                                 .reach = hk_exp(-x / tau_ex) * (tau_m * -hk_expm1(-left / tau_m)) };
}

static hk_lif_exp_columns columns_from(const hk_neuron_view *view, uint32_t i)
{
    double *const *c = view->columns;
    return (hk_lif_exp_columns){ .a = c[A] + i, .j_ex = c[J_EX] + i, .j_in = c[J_IN] + i, .low = c[LOW] + i };
}

int hk_lif_exp_check(hk_ctx *ctx, const hk_neuron_view *view)
{
    return hk_adaptive_check(ctx, view, &hk_lif_exp, &hk_lif_exp_adaptive);
}

static void prepare(const hk_neuron_view *view)
{
    hk_adaptive_prepare(view, &hk_lif_exp_adaptive);
}

/* Potential from v_inf; -infinity while held. */
static double potential(const hk_neuron_view *view, uint32_t i, const hk_lif_exp_instant *q)
{
    double *const *c = view->columns;
    return q->fall * (c[A][i] + (c[J_EX][i] * q->g_ex + c[J_IN][i] * q->g_in));
}

/* The potential of a neuron that is not held, any number of time constants after the epoch. */
static double late_potential(const hk_neuron_view *view, uint32_t i, double x)
{
    double *const *c = view->columns;
    double tau_m = hk_param_of(view, TAU_M, i);
    return c[A][i] * hk_exp(-x / tau_m) + (c[J_EX][i] * hk_membrane_response(x, tau_m, hk_param_of(view, TAU_EX, i)) +
                                           c[J_IN][i] * hk_membrane_response(x, tau_m, hk_param_of(view, TAU_IN, i)));
}

static void set_potential(const hk_neuron_view *view, uint32_t i, double x, double from_inf)
{
    hk_lif_exp_instant q = instant(view, i, x, 0.0);
    double *const *c = view->columns;
    c[A][i] = from_inf * hk_exp(x / hk_param_of(view, TAU_M, i)) - (c[J_EX][i] * q.g_ex + c[J_IN][i] * q.g_in);
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    double x = hk_since_epoch(view, now);
    double *const *c = view->columns;
    switch (variable) {
    case I_EX:
        return c[J_EX][i] * hk_exp(-x / hk_param_of(view, TAU_EX, i)) * hk_param_of(view, C_M, i);
    case I_IN:
        return c[J_IN][i] * hk_exp(-x / hk_param_of(view, TAU_IN, i)) * hk_param_of(view, C_M, i);
    case THETA:
        return hk_adaptive_theta(view, &hk_lif_exp_adaptive, i, x);
    default:
        break;
    }
    if (c[A][i] == -HUGE_VAL)
        return hk_param_of(view, V_RESET, i);
    return v_inf(view, i) + late_potential(view, i, x);
}

static void write_current(const hk_neuron_view *view, int column, int tau, uint32_t i, double x, double value)
{
    hk_lif_exp_instant q = instant(view, i, x, 0.0);
    double before = potential(view, i, &q); /* the potential stays what it is */
    view->columns[column][i] = value / hk_param_of(view, C_M, i) * hk_exp(x / hk_param_of(view, tau, i));
    if (before != -HUGE_VAL)
        set_potential(view, i, x, before);
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    double x = hk_since_epoch(view, now);
    if (variable == I_EX)
        write_current(view, J_EX, TAU_EX, i, x, value);
    else if (variable == I_IN)
        write_current(view, J_IN, TAU_IN, i, x, value);
    else if (variable == THETA)
        hk_adaptive_write_theta(view, &hk_lif_exp_adaptive, i, x, value);
    else if (view->columns[A][i] != -HUGE_VAL) /* a refractory neuron stays at its reset potential */
        set_potential(view, i, x, value - v_inf(view, i));
}

static int64_t epoch_steps(const hk_neuron_view *view)
{
    return hk_membrane_epoch_steps(hk_adaptive_shortest_tau_ms(view, &hk_lif_exp_adaptive), view->resolution_ms);
}

static void rebase(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time to)
{
    double x = hk_since_epoch(view, to);
    bool uniform = view->globals[UNIFORM] != 0.0;
    for (uint32_t i = begin; i < end; i = uniform ? end : i + 1) {
        hk_lif_exp_columns columns = columns_from(view, i);
        hk_lif_exp_instant q = instant(view, i, x, 0.0);
        hk_lif_exp_kernels_for(view->cpu)->rebase(&columns, &q, hk_exp(-x / hk_param_of(view, TAU_EX, i)),
                                                  hk_exp(-x / hk_param_of(view, TAU_IN, i)), uniform ? end - begin : 1);
    }
    hk_adaptive_rebase(view, &hk_lif_exp_adaptive, begin, end, x);
}

static void receive_alike(const hk_neuron_view *view, hk_cpu cpu, uint32_t i, const hk_slab *slab, double x,
                          double left, hk_hits *hits)
{
    hk_lif_exp_columns columns = columns_from(view, 0);
    hk_lif_exp_instant q = instant(view, i, x, left);
    hk_lif_exp_kernels_for(cpu)->receive(&columns, slab, &q, hits);
}

static void receive(const hk_neuron_view *view, const hk_slab *slab, hk_time now, hk_time horizon, hk_hits *hits)
{
    hk_adaptive_receive(view, receive_alike, slab, now, horizon, hits);
}

static bool moments(const hk_neuron_view *view, hk_moments *out)
{
    if (view->globals[ADAPTS] != 0.0 || view->globals[UNIFORM] == 0.0)
        return false;
    static const int tau_of[HK_SIGNS] = { [HK_EXCITATORY] = TAU_EX, [HK_INHIBITORY] = TAU_IN };
    out->n = 2;
    for (int sign = 0; sign < HK_SIGNS; sign++) {
        double tau_m = view->params[TAU_M].values[0], tau = view->params[tau_of[sign]].values[0];
        hk_membrane_series(view->resolution_ms / tau, out->series[sign][0]);
        hk_membrane_response_series(view->resolution_ms, tau_m, tau, out->series[sign][1]);
    }
    return true;
}

static void fold_constants(const hk_neuron_view *view, hk_time from, double *constants)
{
    double x = hk_since_epoch(view, from), h = view->resolution_ms;
    double tau_m = hk_param_of(view, TAU_M, 0), tau_ex = hk_param_of(view, TAU_EX, 0);
    double tau_in = hk_param_of(view, TAU_IN, 0);
    hk_lif_exp_instant at = instant(view, 0, x, 0.0), then = instant(view, 0, x + h, 0.0);
    hk_lif_exp_fold q = { .to_ex = at.to_ex,
                          .to_in = at.to_in,
                          .g_ex = at.g_ex,
                          .g_in = at.g_in,
                          .shift_ex = hk_exp((1.0 / tau_m - 1.0 / tau_ex) * x),
                          .shift_in = hk_exp((1.0 / tau_m - 1.0 / tau_in) * x),
                          .end_fall = then.fall,
                          .end_ex = then.g_ex,
                          .end_in = then.g_in,
                          .pull = h * hk_exp(-x / tau_in),
                          .grow = hk_exp(h / tau_m),
                          .margin = HK_MEMBRANE_MARGIN };
    memcpy(constants, &q, sizeof q);
}

static void fold(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *constants, double *sums,
                 hk_hits *hits)
{
    hk_lif_exp_fold q;
    memcpy(&q, constants, sizeof q);
    hk_lif_exp_columns columns = columns_from(view, begin);
    hk_lif_exp_kernels_for(view->cpu)->fold(&columns, sums, &q, end - begin, begin, hits);
}

static bool spontaneous(const hk_neuron_view *view)
{
    (void)view;
    return true; /* a current that is still flowing can reach the threshold at any time */
}

static void sweep_alike(const hk_neuron_view *view, uint32_t i, uint32_t n, double x, double left, hk_hits *hits)
{
    hk_lif_exp_columns columns = columns_from(view, i);
    hk_lif_exp_instant q = instant(view, i, x, left);
    hk_lif_exp_kernels_for(view->cpu)->sweep(&columns, &q, n, hits);
}

static void sweep(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now, hk_time horizon, hk_hits *hits)
{
    hk_adaptive_sweep(view, &hk_lif_exp_adaptive, sweep_alike, begin, end, now, horizon, hits);
}

static double predict(const hk_neuron_view *view, uint32_t i, hk_time now, hk_time horizon)
{
    double *const *c = view->columns;
    if (c[A][i] == -HUGE_VAL)
        return INFINITY;
    double x = hk_since_epoch(view, now);
    hk_lif_exp_instant q = instant(view, i, x, 0.0);
    hk_approach approach = { .tau_m_ms = hk_param_of(view, TAU_M, i),
                             .tau_ex_ms = hk_param_of(view, TAU_EX, i),
                             .tau_in_ms = hk_param_of(view, TAU_IN, i),
                             .tau_theta_ms = hk_param_of(view, TAU_THETA, i),
                             .d_mv = potential(view, i, &q),
                             .gap_mv = c[GAP][i],
                             .b_mv = hk_adaptive_theta(view, &hk_lif_exp_adaptive, i, x),
                             .i_ex = c[J_EX][i] * hk_exp(-x / hk_param_of(view, TAU_EX, i)),
                             .i_in = c[J_IN][i] * hk_exp(-x / hk_param_of(view, TAU_IN, i)) };
    return hk_crossing_ms(&approach, hk_time_between_ms(now, horizon, view->resolution_ms));
}

static double excess(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    double x = hk_since_epoch(view, now);
    hk_lif_exp_instant q = instant(view, i, x, 0.0);
    return potential(view, i, &q) - (view->columns[GAP][i] + hk_adaptive_theta(view, &hk_lif_exp_adaptive, i, x));
}

static double fire(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    return hk_adaptive_fire(view, &hk_lif_exp_adaptive, i, now);
}

static void release(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    double x = hk_since_epoch(view, now);
    for (uint32_t i = begin; i < end; i++)
        set_potential(view, i, x, hk_param_of(view, V_RESET, i) - v_inf(view, i));
}

static void settle(const hk_neuron_view *view, hk_time now)
{
    double x = hk_since_epoch(view, now);
    for (uint32_t i = 0; i < view->n; i++) {
        view->columns[J_EX][i] = view->columns[J_IN][i] = 0.0;
        set_potential(view, i, x, hk_param_of(view, E_L, i) - v_inf(view, i));
    }
}

const hk_neuron_model hk_lif_exp = {
    .name = "lif_exp",
    .summary = "leaky integrate-and-fire, exponential currents, adaptive threshold; exact crossings",
    .source = "Rotter & Diesmann (1999), Biol. Cybern. 81:381-402",
    .kind = HK_MODEL_NEURON,
    .weight_unit = "pA",
    .params = hk_lif_exp_params,
    .n_params = HK_LIF_EXP_N_PARAMS,
    .state = hk_lif_exp_state,
    .n_state = HK_LIF_EXP_N_STATE,
    .n_columns = N_COLUMNS,
    .n_globals = HK_ADAPTIVE_N_GLOBALS,
    .check = hk_lif_exp_check,
    .prepare = prepare,
    .read = read_state,
    .write = write_state,
    .epoch_steps = epoch_steps,
    .rebase = rebase,
    .receive = receive,
    .spontaneous = spontaneous,
    .sweep = sweep,
    .predict = predict,
    .excess = excess,
    .fire = fire,
    .hold = hk_adaptive_hold,
    .release = release,
    .settle = settle,
    .moments = moments,
    .fold = fold,
    .fold_constants = fold_constants,
    .n_fold_constants = sizeof(hk_lif_exp_fold) / sizeof(double),
    .on_grid = &hk_lif_exp_grid,
};
