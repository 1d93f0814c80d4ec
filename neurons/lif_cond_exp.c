/* neurons/lif_cond_exp.c - see lif_cond_exp.h; the coordinates are those of lif_cond_exp_membrane.h.
 *
 * A neuron's state stands at the time of its last event: an input, a spike, a release, or the move of the epoch, which
 * happens at fixed simulated times and bounds how far there is to integrate. QUIET is no state: how it was found changes which
 * neurons are looked at, never what they do. */
#include "neurons/lif_cond_exp.h"

#include "neurons/lif_cond_exp_kernels.h"
#include "neurons/lif_cond_exp_tables.h"
#include "neurons/membrane.h"
#include "sim/mathfn.h"

#include <math.h>
#include <string.h>

enum {
    C_M = HK_LIF_COND_EXP_C_M,
    G_L = HK_LIF_COND_EXP_G_L,
    E_L = HK_LIF_COND_EXP_E_L,
    E_EX = HK_LIF_COND_EXP_E_EX,
    E_IN = HK_LIF_COND_EXP_E_IN,
    V_TH = HK_LIF_COND_EXP_V_TH,
    V_RESET = HK_LIF_COND_EXP_V_RESET,
    T_REF = HK_LIF_COND_EXP_T_REF,
    TAU_EX = HK_LIF_COND_EXP_TAU_EX,
    TAU_IN = HK_LIF_COND_EXP_TAU_IN,
    I_E = HK_LIF_COND_EXP_I_E,
    THETA_PLUS = HK_LIF_COND_EXP_THETA_PLUS,
    TAU_THETA = HK_LIF_COND_EXP_TAU_THETA,
    V = HK_LIF_COND_EXP_V,
    G_EX = HK_LIF_COND_EXP_G_EX,
    G_IN = HK_LIF_COND_EXP_G_IN,
    THETA = HK_LIF_COND_EXP_THETA,
};
enum { U, X, Y, TH, AT, QUIET, N_COLUMNS }; /* AT, QUIET: ms since the epoch; a held neuron has U = -infinity */
enum { ADAPTS, UNIFORM, CELL, N_GLOBALS = CELL + sizeof(hk_cond_cell) / sizeof(double) }; /* CELL: of equal neurons */

const hk_column hk_lif_cond_exp_params[HK_LIF_COND_EXP_N_PARAMS] = {
    [C_M] = { "c_m_pf", "pF", 250.0, 1e-6, 1e12, "membrane capacitance" },
    [G_L] = { "g_l_nS", "nS", 16.6667, 1e-6, 1e12, "leak conductance" },
    [E_L] = { "e_l_mv", "mV", -70.0, -1e6, 1e6, "resting potential" },
    [E_EX] = { "e_ex_mv", "mV", 0.0, -1e6, 1e6, "reversal potential of excitatory synapses" },
    [E_IN] = { "e_in_mv", "mV", -85.0, -1e6, 1e6, "reversal potential of inhibitory synapses" },
    [V_TH] = { "v_th_mv", "mV", -55.0, -1e6, 1e6, "threshold; above v_reset_mv" },
    [V_RESET] = { "v_reset_mv", "mV", -60.0, -1e6, 1e6, "potential after a spike and while refractory" },
    [T_REF] = { "t_ref_ms", "ms", 2.0, 0.0, 1e9, "refractory period; conductances go on in it" },
    [TAU_EX] = { "tau_syn_ex_ms", "ms", 0.2, 1e-3, 1e12, "time constant of excitatory conductances" },
    [TAU_IN] = { "tau_syn_in_ms", "ms", 2.0, 1e-3, 1e12, "time constant of inhibitory conductances" },
    [I_E] = { "i_e_pa", "pA", 0.0, -1e12, 1e12, "constant current" },
    [THETA_PLUS] = { "theta_plus_mv", "mV", 0.0, 0.0, 1e6, "threshold increment of a spike" },
    [TAU_THETA] = { "tau_theta_ms", "ms", 1e7, 1e-3, 1e12, "decay time constant of the threshold increment" },
};

const hk_column hk_lif_cond_exp_state[HK_LIF_COND_EXP_N_STATE] = {
    [V] = { "v_mv", "mV", -70.0, -1e9, 1e9, "membrane potential" },
    [G_EX] = { "g_ex_nS", "nS", 0.0, 0.0, 1e15, "excitatory conductance; a weight >= 0 adds to it" },
    [G_IN] = { "g_in_nS", "nS", 0.0, 0.0, 1e15, "inhibitory conductance; a weight < 0 adds its size to it" },
    [THETA] = { "theta_mv", "mV", 0.0, -1e9, 1e9, "adaptive part of the threshold" },
};

static const hk_cond_kernels *const kernels[HK_N_CPU] = {
    [HK_CPU_PLAIN] = &hk_cond_kernels_plain,
#if defined(__x86_64__)
    [HK_CPU_AVX2] = &hk_cond_kernels_avx2,
    [HK_CPU_AVX512] = &hk_cond_kernels_avx512,
#endif
};

static double v_inf(const hk_neuron_view *view, uint32_t i)
{
    return hk_param_of(view, E_L, i) + hk_param_of(view, I_E, i) / hk_param_of(view, G_L, i);
}

static hk_cond_look look_ahead(double ms, double tau_ex, double tau_in, double tau_theta)
{
    return (hk_cond_look){ .ms = ms,
                           .keep_ex = hk_exp(-ms / tau_ex),
                           .keep_in = hk_exp(-ms / tau_in),
                           .keep_theta = hk_exp(-ms / tau_theta) };
}

/* The highest that exp(-s / tau) becomes behind a membrane of time constant tau_m: (tau / tau_m)^(tau_m / (tau_m - tau)) tau_m,
 * but never above the shorter of the two, which serves where they are nearly equal. */
static double peak_ms(double tau_m, double tau)
{
    double shorter = tau_m < tau ? tau_m : tau, apart = (tau_m - tau) / tau_m;
    double peak = tau_m * hk_exp(hk_log(tau / tau_m) / apart) * (1.0 + 1e-9);
    return fabs(apart) > 1e-3 && peak < shorter ? peak : shorter;
}

static hk_cond_cell make_cell(const hk_neuron_view *view, uint32_t i)
{
    double tau_ex = hk_param_of(view, TAU_EX, i), tau_in = hk_param_of(view, TAU_IN, i);
    double alpha = hk_param_of(view, G_L, i) / hk_param_of(view, C_M, i), inf = v_inf(view, i);
    double shorter = tau_ex < tau_in ? tau_ex : tau_in;
    double tau_theta = hk_param_of(view, TAU_THETA, i);
    return (hk_cond_cell){ .alpha = alpha,
                           .d_ex = hk_param_of(view, E_EX, i) - inf,
                           .d_in = hk_param_of(view, E_IN, i) - inf,
                           .gap = hk_param_of(view, V_TH, i) - inf,
                           .per_pf = 1.0 / hk_param_of(view, C_M, i),
                           .fall_ex = 1.0 / tau_ex,
                           .fall_in = 1.0 / tau_in,
                           .fall_theta = 1.0 / tau_theta,
                           .pace = alpha + 3.0 / shorter,
                           .peak_ex = peak_ms(1.0 / alpha, tau_ex),
                           .peak_in = peak_ms(1.0 / alpha, tau_in),
                           .near = look_ahead(0.2 * shorter, tau_ex, tau_in, tau_theta),
                           .far = look_ahead(0.8 * shorter, tau_ex, tau_in, tau_theta),
                           .adapts = view->globals[ADAPTS] };
}

static hk_cond_cell cell_of(const hk_neuron_view *view, uint32_t i)
{
    hk_cond_cell cell;
    if (view->globals[UNIFORM] == 0.0)
        return make_cell(view, i);
    memcpy(&cell, view->globals + CELL, sizeof cell);
    return cell;
}

static hk_cond_columns columns_of(const hk_neuron_view *view)
{
    double *const *c = view->columns;
    return (hk_cond_columns){ .u = c[U], .x = c[X], .y = c[Y], .theta = c[TH], .at = c[AT], .quiet = c[QUIET] };
}

static hk_cond_state state_of(const hk_neuron_view *view, uint32_t i)
{
    double *const *c = view->columns;
    return (hk_cond_state){ .u = c[U][i], .x = c[X][i], .y = c[Y][i], .theta = c[TH][i] };
}

static hk_cond_state state_at(const hk_neuron_view *view, const hk_cond_cell *cell, uint32_t i, double now_ms)
{
    hk_cond_state s = state_of(view, i);
    return hk_cond_later(cell, &s, now_ms - view->columns[AT][i]);
}

static void store(const hk_neuron_view *view, const hk_cond_cell *cell, uint32_t i, double now_ms,
                  const hk_cond_state *s)
{
    double *const *c = view->columns;
    c[U][i] = s->u;
    c[X][i] = s->x;
    c[Y][i] = s->y;
    c[TH][i] = s->theta;
    c[AT][i] = now_ms;
    c[QUIET][i] = s->u == -HUGE_VAL ? HK_COND_FOREVER : now_ms + hk_cond_quiet_ms(cell, s->u, s->x, s->y, s->theta);
}

int hk_lif_cond_exp_check(hk_ctx *ctx, const hk_neuron_view *view)
{
    static const int taus[] = { TAU_EX, TAU_IN, TAU_THETA };
    int rc = hk_membrane_check(
        ctx, view, &hk_lif_cond_exp,
        &(hk_membrane_checked){
            .v_reset = V_RESET, .v_th = V_TH, .taus = taus, .n_taus = sizeof taus / sizeof taus[0] });
    for (uint32_t i = 0; rc == HK_OK && i < view->n; i++) {
        double tau_m = hk_param_of(view, C_M, i) / hk_param_of(view, G_L, i);
        if (!(tau_m >= view->resolution_ms / 50.0))
            rc = hk_fail(ctx, HK_ERANGE,
                         "lif_cond_exp: neuron %u: c_m_pf / g_l_nS = %g ms, must be at least a fiftieth of the "
                         "resolution %g ms",
                         i, tau_m, view->resolution_ms);
    }
    return rc;
}

static void prepare(const hk_neuron_view *view)
{
    static const int of_cell[] = { C_M, G_L, E_L, E_EX, E_IN, V_TH, TAU_EX, TAU_IN, I_E, TAU_THETA };
    view->globals[ADAPTS] = 0.0;
    view->globals[UNIFORM] = hk_params_are_shared(view, of_cell, sizeof of_cell / sizeof *of_cell);
    for (uint32_t i = 0; i < view->n; i++) {
        if (view->columns[TH][i] != 0.0 || hk_param_of(view, THETA_PLUS, i) != 0.0)
            view->globals[ADAPTS] = 1.0;
        if (view->columns[U][i] != -HUGE_VAL)
            view->columns[QUIET][i] = -1.0; /* the sweep that follows looks at all */
    }
    hk_cond_cell cell = make_cell(view, 0);
    memcpy(view->globals + CELL, &cell, sizeof cell);
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    hk_cond_cell cell = cell_of(view, i);
    hk_cond_state s = state_at(view, &cell, i, hk_since_epoch(view, now));
    switch (variable) {
    case G_EX:
        return s.x * hk_param_of(view, C_M, i);
    case G_IN:
        return s.y * hk_param_of(view, C_M, i);
    case THETA:
        return s.theta;
    default:
        return s.u == -HUGE_VAL ? hk_param_of(view, V_RESET, i) : v_inf(view, i) + s.u;
    }
}

/* The engine writes when the epoch has just moved to `now`: nothing is left to integrate. */
static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    hk_cond_cell cell = cell_of(view, i);
    hk_cond_state s = state_of(view, i);
    if (variable == G_EX)
        s.x = value * cell.per_pf;
    else if (variable == G_IN)
        s.y = value * cell.per_pf;
    else if (variable == THETA)
        s.theta = value;
    else if (s.u != -HUGE_VAL) /* a refractory neuron stays at its reset potential */
        s.u = value - v_inf(view, i);
    store(view, &cell, i, hk_since_epoch(view, now), &s);
}

static int64_t epoch_steps(const hk_neuron_view *view)
{
    double shortest = HUGE_VAL;
    for (uint32_t i = 0; i < view->n; i++) {
        double synaptic = fmin(hk_param_of(view, TAU_EX, i), hk_param_of(view, TAU_IN, i));
        shortest = fmin(shortest, fmin(hk_param_of(view, C_M, i) / hk_param_of(view, G_L, i), synaptic));
    }
    return hk_membrane_epoch_steps(shortest, view->resolution_ms);
}

static void rebase(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time to)
{
    double x = hk_since_epoch(view, to);
    for (uint32_t i = begin; i < end; i++) {
        hk_cond_cell cell = cell_of(view, i);
        hk_cond_state s = state_at(view, &cell, i, x);
        store(view, &cell, i, 0.0, &s);
    }
}

static void receive(const hk_neuron_view *view, const hk_slab *slab, hk_time now, hk_time horizon, hk_hits *hits)
{
    double x = hk_since_epoch(view, now), end = hk_since_epoch(view, horizon);
    hk_cond_columns columns = columns_of(view);
    hk_slab_mark(view, slab);
    if (view->globals[UNIFORM] != 0.0) {
        hk_cond_cell cell = cell_of(view, 0);
        kernels[view->cpu]->receive(&columns, &cell, slab, x, end, hits);
        return;
    }
    for (uint32_t k = 0; k < slab->n; k++) { /* parameters differ: one target at a time */
        hk_slab one = hk_slab_one(slab, k);
        hk_cond_cell cell = cell_of(view, one.first);
        kernels[HK_CPU_PLAIN]->receive(&columns, &cell, &one, x, end, hits);
    }
}

static bool spontaneous(const hk_neuron_view *view)
{
    (void)view;
    return true; /* a conductance that is still open can bring the potential to threshold at any time */
}

static void sweep(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now, hk_time horizon, hk_hits *hits)
{
    (void)now;
    kernels[view->cpu]->sweep(view->columns[QUIET], begin, end, hk_since_epoch(view, horizon), hits);
}

static double predict(const hk_neuron_view *view, uint32_t i, hk_time now, hk_time horizon)
{
    hk_cond_cell cell = cell_of(view, i);
    hk_cond_state s = state_of(view, i);
    double at = view->columns[AT][i], since = hk_since_epoch(view, now) - at, quiet;
    double until = hk_since_epoch(view, horizon) - at;
    double found = hk_cond_crossing_ms(&cell, &s, until, &quiet);
    view->columns[QUIET][i] = quiet < HK_COND_FOREVER ? at + quiet : HK_COND_FOREVER;
    if (!(found <= until))
        return INFINITY;
    return found > since ? found - since : 0.0;
}

static double excess(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    hk_cond_cell cell = cell_of(view, i);
    hk_cond_state s = state_at(view, &cell, i, hk_since_epoch(view, now));
    return s.u - (cell.gap + s.theta);
}

static double fire(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    double x = hk_since_epoch(view, now);
    hk_cond_cell cell = cell_of(view, i);
    view->columns[U][i] = -HUGE_VAL; /* what it was is lost: only conductances and threshold have to be moved */
    hk_cond_state s = state_at(view, &cell, i, x);
    s.theta += hk_param_of(view, THETA_PLUS, i);
    store(view, &cell, i, x, &s);
    return hk_param_of(view, T_REF, i);
}

static void hold(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    (void)now;
    for (uint32_t i = begin; i < end; i++) {
        view->columns[U][i] = -HUGE_VAL;
        view->columns[QUIET][i] = HK_COND_FOREVER;
    }
}

static void release(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    double x = hk_since_epoch(view, now);
    for (uint32_t i = begin; i < end; i++) {
        hk_cond_cell cell = cell_of(view, i);
        hk_cond_state s = state_at(view, &cell, i, x);
        s.u = hk_param_of(view, V_RESET, i) - v_inf(view, i);
        store(view, &cell, i, x, &s);
    }
}

static void settle(const hk_neuron_view *view, hk_time now)
{
    double x = hk_since_epoch(view, now);
    for (uint32_t i = 0; i < view->n; i++) {
        hk_cond_cell cell = cell_of(view, i);
        hk_cond_state s = state_at(view, &cell, i, x);
        s = (hk_cond_state){ .u = hk_param_of(view, E_L, i) - v_inf(view, i), .theta = s.theta };
        store(view, &cell, i, x, &s);
    }
}

const hk_neuron_model hk_lif_cond_exp = {
    .name = "lif_cond_exp",
    .summary = "leaky integrate-and-fire, exponential conductances, adaptive threshold; error below 1e-11 mV",
    .source = "Meffin, Burkitt & Grayden (2004), J. Comput. Neurosci. 16:159-175",
    .kind = HK_MODEL_NEURON,
    .weight_unit = "nS",
    .params = hk_lif_cond_exp_params,
    .n_params = HK_LIF_COND_EXP_N_PARAMS,
    .state = hk_lif_cond_exp_state,
    .n_state = HK_LIF_COND_EXP_N_STATE,
    .n_columns = N_COLUMNS,
    .n_globals = N_GLOBALS,
    .check = hk_lif_cond_exp_check,
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
    .hold = hold,
    .release = release,
    .settle = settle,
    .on_grid = &hk_lif_cond_exp_grid,
};
