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
 * What the means leave out makes it a method of second order. Inputs are added to x and y at the end of the step, where the
 * threshold is tested. A held neuron has v = -infinity, which stays by itself.
 *
 * Source: the exponential midpoint rule (Hochbruck & Ostermann 2010, Acta Numerica 19:209-286). */
#include "neurons/lif_cond_exp_grid_kernels.h"
#include "neurons/lif_cond_exp_tables.h"
#include "neurons/membrane.h"
#include "sim/mathfn.h"

enum { V_NOW, X, Y, THETA_NOW, N_COLUMNS };
enum { ADAPTS, ONE_KIND, ONE_LIMIT, MEAN_EX, MEAN_IN, FALL_EX, FALL_IN, N_GLOBALS };
enum { CHUNK = 256 };

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

static void prepare(const hk_neuron_view *view)
{
    static const int kinds[] = { HK_LIF_COND_EXP_C_M,    HK_LIF_COND_EXP_G_L,   HK_LIF_COND_EXP_E_L,
                                 HK_LIF_COND_EXP_E_EX,   HK_LIF_COND_EXP_E_IN,  HK_LIF_COND_EXP_I_E,
                                 HK_LIF_COND_EXP_TAU_EX, HK_LIF_COND_EXP_TAU_IN };
    double *globals = view->globals;
    globals[ADAPTS] = 0.0;
    globals[ONE_KIND] = 1.0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (view->params[kinds[k]].stride != 0)
            globals[ONE_KIND] = 0.0;
    globals[ONE_LIMIT] = view->params[HK_LIF_COND_EXP_V_TH].stride == 0;
    for (uint32_t i = 0; i < view->n; i++)
        if (view->columns[THETA_NOW][i] != 0.0 || param(view, HK_LIF_COND_EXP_THETA_PLUS, i) != 0.0)
            globals[ADAPTS] = 1.0;
    find_factors(view, HK_LIF_COND_EXP_TAU_EX, 0, &globals[MEAN_EX], &globals[FALL_EX]);
    find_factors(view, HK_LIF_COND_EXP_TAU_IN, 0, &globals[MEAN_IN], &globals[FALL_IN]);
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    (void)now;
    double *const *c = view->columns;
    switch (variable) {
    case HK_LIF_COND_EXP_G_EX:
        return c[X][i] * param(view, HK_LIF_COND_EXP_C_M, i);
    case HK_LIF_COND_EXP_G_IN:
        return c[Y][i] * param(view, HK_LIF_COND_EXP_C_M, i);
    case HK_LIF_COND_EXP_THETA:
        return c[THETA_NOW][i];
    default:
        return c[V_NOW][i] == -HUGE_VAL ? param(view, HK_LIF_COND_EXP_V_RESET, i) : c[V_NOW][i];
    }
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    (void)now;
    double *const *c = view->columns;
    if (variable == HK_LIF_COND_EXP_G_EX)
        c[X][i] = value / param(view, HK_LIF_COND_EXP_C_M, i);
    else if (variable == HK_LIF_COND_EXP_G_IN)
        c[Y][i] = value / param(view, HK_LIF_COND_EXP_C_M, i);
    else if (variable == HK_LIF_COND_EXP_THETA)
        c[THETA_NOW][i] = value;
    else if (c[V_NOW][i] != -HUGE_VAL) /* a refractory neuron stays at its reset potential */
        c[V_NOW][i] = value;
}

static uint32_t n_ports(const hk_neuron_view *view)
{
    (void)view;
    return 2;
}

/* The thresholds of up to CHUNK neurons at the end of the step. */
static void find_limits(const hk_neuron_view *view, uint32_t begin, uint32_t n, double *limits)
{
    bool adapts = view->globals[ADAPTS] != 0.0;
    bool one_tau = view->params[HK_LIF_COND_EXP_TAU_THETA].stride == 0;
    double *theta = view->columns[THETA_NOW] + begin;
    double fall = hk_exp(-view->resolution_ms / param(view, HK_LIF_COND_EXP_TAU_THETA, begin));
    for (uint32_t k = 0; k < n; k++) {
        if (!one_tau)
            fall = hk_exp(-view->resolution_ms / param(view, HK_LIF_COND_EXP_TAU_THETA, begin + k));
        theta[k] *= adapts ? fall : 1.0;
        limits[k] = param(view, HK_LIF_COND_EXP_V_TH, begin + k) + theta[k];
    }
}

/* Of neuron i and those behind it, of which the inputs stand in[port][offset ...]. */
static hk_cond_step step_from(const hk_neuron_view *view, uint32_t i, const double *const *in, uint32_t offset)
{
    double *const *c = view->columns, *globals = view->globals;
    double per_c = 1.0 / param(view, HK_LIF_COND_EXP_C_M, i), g_l = param(view, HK_LIF_COND_EXP_G_L, i);
    hk_cond_step step = {
        .v = c[V_NOW] + i,
        .x = c[X] + i,
        .y = c[Y] + i,
        .in_ex = in[0] + offset,
        .in_in = in[1] + offset,
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
        .v_th = param(view, HK_LIF_COND_EXP_V_TH, i),
        .n = 1,
        .first = i,
    };
    if (globals[ONE_KIND] == 0.0) {
        find_factors(view, HK_LIF_COND_EXP_TAU_EX, i, &step.mean_ex, &step.fall_ex);
        find_factors(view, HK_LIF_COND_EXP_TAU_IN, i, &step.mean_in, &step.fall_in);
    }
    return step;
}

static void step(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *const *in, hk_hits *hits)
{
    bool adapts = view->globals[ADAPTS] != 0.0, one_kind = view->globals[ONE_KIND] != 0.0;
    double limits[CHUNK];
    if (one_kind && !adapts && view->globals[ONE_LIMIT] != 0.0) {
        hk_cond_step all = step_from(view, begin, in, 0);
        all.n = end - begin;
        steps[view->cpu](&all, hits);
        return;
    }
    for (uint32_t at = begin; at < end; at += CHUNK) {
        uint32_t n = end - at < CHUNK ? end - at : CHUNK;
        find_limits(view, at, n, limits);
        for (uint32_t k = 0; k < n; k = one_kind ? n : k + 1) {
            hk_cond_step part = step_from(view, at + k, in, at + k - begin);
            part.limits = limits + k;
            part.n = one_kind ? n : 1;
            steps[view->cpu](&part, hits);
        }
    }
}

static double limit(const hk_neuron_view *view, uint32_t i)
{
    return param(view, HK_LIF_COND_EXP_V_TH, i) + view->columns[THETA_NOW][i];
}

/* What arrives now has gone into the conductances already. */
static bool wake(const hk_neuron_view *view, uint32_t i, const double *in)
{
    (void)in;
    view->columns[V_NOW][i] = param(view, HK_LIF_COND_EXP_V_RESET, i);
    return view->columns[V_NOW][i] >= limit(view, i);
}

static double excess(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    (void)now;
    return view->columns[V_NOW][i] - limit(view, i);
}

static double fire(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    (void)now;
    view->columns[V_NOW][i] = -HUGE_VAL;
    view->columns[THETA_NOW][i] += param(view, HK_LIF_COND_EXP_THETA_PLUS, i);
    return param(view, HK_LIF_COND_EXP_T_REF, i);
}

static void hold(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    (void)now;
    for (uint32_t i = begin; i < end; i++)
        view->columns[V_NOW][i] = -HUGE_VAL;
}

static void settle(const hk_neuron_view *view, hk_time now)
{
    (void)now;
    for (uint32_t i = 0; i < view->n; i++) {
        view->columns[V_NOW][i] = param(view, HK_LIF_COND_EXP_E_L, i);
        view->columns[X][i] = view->columns[Y][i] = 0.0;
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
    .n_globals = N_GLOBALS,
    .check = hk_lif_cond_exp_check,
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
