/* neurons/lif_alpha.c - see lif_alpha.h; the coordinates are those of lif_alpha_kernels.h. */
#include "neurons/lif_alpha.h"

#include "neurons/adaptive.h"
#include "neurons/crossing.h"
#include "neurons/lif_alpha_kernels.h"
#include "neurons/lif_alpha_tables.h"
#include "neurons/membrane.h"
#include "sim/mathfn.h"

#include <math.h>

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
    V = HK_LIF_ALPHA_V,
    I_EX = HK_LIF_ALPHA_I_EX,
    Z_EX = HK_LIF_ALPHA_Z_EX,
    I_IN = HK_LIF_ALPHA_I_IN,
    Z_IN = HK_LIF_ALPHA_Z_IN,
    THETA = HK_LIF_ALPHA_THETA,
};
enum { A = HK_ADAPTIVE_U, LOW = HK_ADAPTIVE_LOW, GAP = HK_ADAPTIVE_GAP, UNIFORM = HK_ADAPTIVE_ALIKE };
enum {
    J = HK_ADAPTIVE_N_COLUMNS,
    R = J + HK_ALPHA_N_CURRENTS,
    N_COLUMNS = R + HK_ALPHA_N_CURRENTS
}; /* of either current */
enum { EX = HK_ALPHA_EX, IN = HK_ALPHA_IN };
static const int taus_syn[HK_ALPHA_N_CURRENTS] = { [EX] = TAU_EX, [IN] = TAU_IN };

const hk_column hk_lif_alpha_state[HK_LIF_ALPHA_N_STATE] = {
    [V] = { "v_mv", "mV", -70.0, -1e9, 1e9, "membrane potential" },
    [I_EX] = { "i_syn_ex_pa", "pA", 0.0, 0.0, 1e15, "excitatory current" },
    [Z_EX] = { "z_syn_ex_pa", "pA", 0.0, 0.0, 1e15,
               "what drives it; a weight >= 0, the peak of its current, adds to it" },
    [I_IN] = { "i_syn_in_pa", "pA", 0.0, -1e15, 0.0, "inhibitory current" },
    [Z_IN] = { "z_syn_in_pa", "pA", 0.0, -1e15, 0.0,
               "what drives it; a weight < 0, the peak of its current, adds to it" },
    [THETA] = { "theta_mv", "mV", 0.0, -1e9, 1e9, "adaptive part of the threshold" },
};

const hk_alpha_kernels *hk_alpha_kernels_for(hk_cpu level)
{
    static const hk_alpha_kernels *const kernels[HK_N_CPU] = {
        [HK_CPU_PLAIN] = &hk_alpha_kernels_plain,
#if defined(__x86_64__)
        [HK_CPU_AVX2] = &hk_alpha_kernels_avx2,
        [HK_CPU_AVX512] = &hk_alpha_kernels_avx512,
#endif
    };
    return kernels[level];
}

static double v_inf(const hk_neuron_view *view, uint32_t i)
{
    return hk_adaptive_v_inf(view, &hk_lif_exp_adaptive, i);
}

/* Integral of exp(q s) over s in 0 ... x. */
static double integral(double x, double q)
{
    return q == 0.0 ? x : hk_expm1(q * x) / q;
}

/* exp(s / longer) times what a current makes of the potential grows with s: so the most it makes of it up to `left`, given what
 * it makes of it then, and never more than `ever`. */
static double most(double at_end, double left, double longer, double ever)
{
    double bound = at_end * hk_exp(left / longer);
    return bound < ever ? bound : ever;
}

/* The constants of one instant for neuron i (and all like it); `left` ms remain to the horizon. */
static hk_alpha_instant instant(const hk_neuron_view *view, uint32_t i, double x, double left)
{
    double tau_m = hk_param_of(view, TAU_M, i), c_m = hk_param_of(view, C_M, i), tau_ex = hk_param_of(view, TAU_EX, i);
    double shorter = tau_m < tau_ex ? tau_m : tau_ex, longer = tau_m < tau_ex ? tau_ex : tau_m;
    hk_alpha_instant now = { .fall = hk_exp(-x / tau_m), .relax = hk_exp(-left / tau_m) };
    for (int k = 0; k < HK_ALPHA_N_CURRENTS; k++) {
        double tau = hk_param_of(view, taus_syn[k], i), q = 1.0 / tau_m - 1.0 / tau;
        double lever = x * x * hk_membrane_phi2(q * x); /* integral of (x - s) exp(q s) */
        now.g[k] = integral(x, q);
        now.h[k] = x * now.g[k] - lever;
        now.to_r[k] = HK_LIF_ALPHA_E / (tau * c_m) * hk_exp(x / tau);
        now.to_j[k] = -now.to_r[k] * x;
        now.to_a[k] = now.to_r[k] * lever;
    }
    double response = hk_membrane_response(left, tau_m, tau_ex);
    double ramp = hk_membrane_ramp_response(left, now.relax, hk_exp(-left / tau_ex), tau_m, tau_ex);
    double fall_ex = hk_exp(-x / tau_ex);
    now.reach_j = fall_ex * most(response, left, longer, shorter);
    now.reach_r = x * now.reach_j + fall_ex * most(ramp, left, longer, tau_ex * shorter);
    return now;
}

static hk_alpha_columns columns_from(const hk_neuron_view *view, uint32_t i)
{
    double *const *c = view->columns;
    return (hk_alpha_columns){
        .a = c[A] + i, .j = { c[J + EX] + i, c[J + IN] + i }, .r = { c[R + EX] + i, c[R + IN] + i }, .low = c[LOW] + i
    };
}

int hk_lif_alpha_check(hk_ctx *ctx, const hk_neuron_view *view)
{
    return hk_adaptive_check(ctx, view, &hk_lif_alpha, &hk_lif_exp_adaptive);
}

static void prepare(const hk_neuron_view *view)
{
    hk_adaptive_prepare(view, &hk_lif_exp_adaptive);
}

/* Potential from v_inf; -infinity while held. */
static double potential(const hk_neuron_view *view, uint32_t i, const hk_alpha_instant *q)
{
    double *const *c = view->columns, sum = 0.0;
    for (int k = 0; k < HK_ALPHA_N_CURRENTS; k++)
        sum += c[J + k][i] * q->g[k] + c[R + k][i] * q->h[k];
    return q->fall * (c[A][i] + sum);
}

/* The potential of a neuron that is not held, any number of time constants after the epoch. */
static double late_potential(const hk_neuron_view *view, uint32_t i, double x)
{
    double *const *c = view->columns, tau_m = hk_param_of(view, TAU_M, i), em = hk_exp(-x / tau_m), sum = c[A][i] * em;
    for (int k = 0; k < HK_ALPHA_N_CURRENTS; k++) {
        double tau = hk_param_of(view, taus_syn[k], i);
        sum += c[J + k][i] * hk_membrane_response(x, tau_m, tau) +
               c[R + k][i] * hk_membrane_ramp_response(x, em, hk_exp(-x / tau), tau_m, tau);
    }
    return sum;
}

static void set_potential(const hk_neuron_view *view, uint32_t i, double x, double from_inf)
{
    hk_alpha_instant q = instant(view, i, x, 0.0);
    view->columns[A][i] = 0.0;
    view->columns[A][i] = from_inf * hk_exp(x / hk_param_of(view, TAU_M, i)) - potential(view, i, &q) / q.fall;
}

/* Current k over c_m, mV/ms, and what it would rise by in 1 ms if it did not decay. */
static double current(const hk_neuron_view *view, int k, uint32_t i, double x, double *rise)
{
    double fall = hk_exp(-x / hk_param_of(view, taus_syn[k], i));
    *rise = view->columns[R + k][i] * fall;
    return (view->columns[J + k][i] + view->columns[R + k][i] * x) * fall;
}

/* The rise that z brings, over z. */
static double rise_of_z(const hk_neuron_view *view, int k, uint32_t i)
{
    return HK_LIF_ALPHA_E / (hk_param_of(view, taus_syn[k], i) * hk_param_of(view, C_M, i));
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    double x = hk_since_epoch(view, now), rise;
    double *const *c = view->columns;
    int k = variable == I_EX || variable == Z_EX ? EX : IN;
    switch (variable) {
    case I_EX:
    case I_IN:
        return current(view, k, i, x, &rise) * hk_param_of(view, C_M, i);
    case Z_EX:
    case Z_IN:
        (void)current(view, k, i, x, &rise);
        return rise / rise_of_z(view, k, i);
    case THETA:
        return hk_adaptive_theta(view, &hk_lif_exp_adaptive, i, x);
    default:
        break;
    }
    if (c[A][i] == -HUGE_VAL)
        return hk_param_of(view, V_RESET, i);
    return v_inf(view, i) + late_potential(view, i, x);
}

/* Current k becomes i_k / c_m = (i + rise s) exp(-s / tau_k), s from now; the potential stays what it is. */
static void set_current(const hk_neuron_view *view, int k, uint32_t i, double x, double current_now, double rise)
{
    hk_alpha_instant q = instant(view, i, x, 0.0);
    double before = potential(view, i, &q), scale = hk_exp(x / hk_param_of(view, taus_syn[k], i));
    view->columns[R + k][i] = rise * scale;
    view->columns[J + k][i] = (current_now - rise * x) * scale;
    if (before != -HUGE_VAL)
        set_potential(view, i, x, before);
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    double x = hk_since_epoch(view, now), rise;
    int k = variable == I_EX || variable == Z_EX ? EX : IN;
    double current_now = current(view, k, i, x, &rise);
    if (variable == I_EX || variable == I_IN)
        set_current(view, k, i, x, value / hk_param_of(view, C_M, i), rise);
    else if (variable == Z_EX || variable == Z_IN)
        set_current(view, k, i, x, current_now, value * rise_of_z(view, k, i));
    else if (variable == THETA)
        hk_adaptive_write_theta(view, &hk_lif_exp_adaptive, i, x, value);
    else if (view->columns[A][i] != -HUGE_VAL) /* a refractory neuron stays at its reset potential */
        set_potential(view, i, x, value - v_inf(view, i));
}

/* Half of what others take: j and r x are of different signs. */
static int64_t epoch_steps(const hk_neuron_view *view)
{
    return hk_membrane_epoch_steps(0.5 * hk_adaptive_shortest_tau_ms(view, &hk_lif_exp_adaptive), view->resolution_ms);
}

static void rebase(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time to)
{
    double x = hk_since_epoch(view, to);
    bool uniform = view->globals[UNIFORM] != 0.0;
    for (uint32_t i = begin; i < end; i = uniform ? end : i + 1) {
        hk_alpha_columns columns = columns_from(view, i);
        hk_alpha_instant q = instant(view, i, x, 0.0);
        hk_alpha_move move = { .x = x };
        for (int k = 0; k < HK_ALPHA_N_CURRENTS; k++)
            move.fall_i[k] = hk_exp(-x / hk_param_of(view, taus_syn[k], i));
        hk_alpha_kernels_for(view->cpu)->rebase(&columns, &q, &move, uniform ? end - begin : 1);
    }
    hk_adaptive_rebase(view, &hk_lif_exp_adaptive, begin, end, x);
}

static void receive_alike(const hk_neuron_view *view, hk_cpu cpu, uint32_t i, const hk_slab *slab, double x,
                          double left, hk_hits *hits)
{
    hk_alpha_columns columns = columns_from(view, 0);
    hk_alpha_instant q = instant(view, i, x, left);
    hk_alpha_kernels_for(cpu)->receive(&columns, slab, &q, hits);
}

static void receive(const hk_neuron_view *view, const hk_slab *slab, hk_time now, hk_time horizon, hk_hits *hits)
{
    hk_adaptive_receive(view, receive_alike, slab, now, horizon, hits);
}

static bool spontaneous(const hk_neuron_view *view)
{
    (void)view;
    return true; /* a current that is still flowing can reach the threshold at any time */
}

static void sweep_alike(const hk_neuron_view *view, uint32_t i, uint32_t n, double x, double left, hk_hits *hits)
{
    hk_alpha_columns columns = columns_from(view, i);
    hk_alpha_instant q = instant(view, i, x, left);
    hk_alpha_kernels_for(view->cpu)->sweep(&columns, &q, n, hits);
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
    hk_alpha_instant q = instant(view, i, x, 0.0);
    hk_approach approach = { .tau_m_ms = hk_param_of(view, TAU_M, i),
                             .tau_ex_ms = hk_param_of(view, TAU_EX, i),
                             .tau_in_ms = hk_param_of(view, TAU_IN, i),
                             .tau_theta_ms = hk_param_of(view, TAU_THETA, i),
                             .d_mv = potential(view, i, &q),
                             .gap_mv = c[GAP][i],
                             .b_mv = hk_adaptive_theta(view, &hk_lif_exp_adaptive, i, x) };
    approach.i_ex = current(view, EX, i, x, &approach.rise_ex);
    approach.i_in = current(view, IN, i, x, &approach.rise_in);
    return hk_crossing_ms(&approach, hk_time_between_ms(now, horizon, view->resolution_ms));
}

static double excess(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    double x = hk_since_epoch(view, now);
    hk_alpha_instant q = instant(view, i, x, 0.0);
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
        for (int k = 0; k < HK_ALPHA_N_CURRENTS; k++)
            view->columns[J + k][i] = view->columns[R + k][i] = 0.0;
        set_potential(view, i, x, hk_param_of(view, E_L, i) - v_inf(view, i));
    }
}

const hk_neuron_model hk_lif_alpha = {
    .name = "lif_alpha",
    .summary = "leaky integrate-and-fire, alpha-shaped currents, adaptive threshold; exact crossings",
    .source = "Rotter & Diesmann (1999), Biol. Cybern. 81:381-402",
    .kind = HK_MODEL_NEURON,
    .weight_unit = "pA",
    .params = hk_lif_exp_params,
    .n_params = HK_LIF_EXP_N_PARAMS,
    .state = hk_lif_alpha_state,
    .n_state = HK_LIF_ALPHA_N_STATE,
    .n_columns = N_COLUMNS,
    .n_globals = HK_ADAPTIVE_N_GLOBALS,
    .check = hk_lif_alpha_check,
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
    .on_grid = &hk_lif_alpha_grid,
};
