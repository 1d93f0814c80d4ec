/* neurons/lif.c - see lif.h.
 *
 * State is kept in coordinates that do not change between inputs (adaptive.h); x is the time since the epoch. */
#include "neurons/lif.h"

#include "neurons/adaptive.h"
#include "neurons/crossing.h"
#include "neurons/lif_kernels.h"
#include "neurons/lif_tables.h"
#include "neurons/membrane.h"
#include "sim/mathfn.h"

#include <math.h>
#include <string.h>

enum {
    TAU_M = HK_LIF_TAU_M,
    C_M = HK_LIF_C_M,
    E_L = HK_LIF_E_L,
    V_TH = HK_LIF_V_TH,
    V_RESET = HK_LIF_V_RESET,
    T_REF = HK_LIF_T_REF,
    I_E = HK_LIF_I_E,
    THETA_PLUS = HK_LIF_THETA_PLUS,
    TAU_THETA = HK_LIF_TAU_THETA,
    V = HK_LIF_V,
    THETA = HK_LIF_THETA,
};
enum { U = HK_ADAPTIVE_U, B = HK_ADAPTIVE_B, LOW = HK_ADAPTIVE_LOW, GAP = HK_ADAPTIVE_GAP };
enum { RESET = HK_ADAPTIVE_N_COLUMNS, N_COLUMNS }; /* from v_inf */
enum { ADAPTS = HK_ADAPTIVE_ADAPTS, ONE_TAU = HK_ADAPTIVE_ALIKE, DRIVEN = HK_ADAPTIVE_N_GLOBALS, N_GLOBALS };

const hk_column hk_lif_params[HK_LIF_N_PARAMS] = {
    [TAU_M] = { "tau_m_ms", "ms", 20.0, 1e-3, 1e12, "membrane time constant" },
    [C_M] = { "c_m_pf", "pF", 250.0, 1e-6, 1e12, "membrane capacitance; matters for i_e_pa only" },
    [E_L] = { "e_l_mv", "mV", -70.0, -1e6, 1e6, "resting potential" },
    [V_TH] = { "v_th_mv", "mV", -55.0, -1e6, 1e6, "threshold; above v_reset_mv" },
    [V_RESET] = { "v_reset_mv", "mV", -70.0, -1e6, 1e6, "potential after a spike and while refractory" },
    [T_REF] = { "t_ref_ms", "ms", 2.0, 0.0, 1e9, "refractory period; inputs arriving in it are lost" },
    [I_E] = { "i_e_pa", "pA", 0.0, -1e12, 1e12, "constant current" },
    [THETA_PLUS] = { "theta_plus_mv", "mV", 0.0, 0.0, 1e6, "threshold increment of a spike" },
    [TAU_THETA] = { "tau_theta_ms", "ms", 1e7, 1e-3, 1e12, "decay time constant of the threshold increment" },
};

const hk_column hk_lif_state[HK_LIF_N_STATE] = {
    [V] = { "v_mv", "mV", -70.0, -1e9, 1e9, "membrane potential" },
    [THETA] = { "theta_mv", "mV", 0.0, -1e9, 1e9, "adaptive part of the threshold" },
};

static const int taus[] = { TAU_M, TAU_THETA }, kind[] = { TAU_M };
const hk_adaptive hk_lif_adaptive = { .e_l = E_L,
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

static const hk_lif_kernels *const kernels[HK_N_CPU] = {
    [HK_CPU_PLAIN] = &hk_lif_kernels_plain,
#if defined(__x86_64__)
    [HK_CPU_AVX2] = &hk_lif_kernels_avx2,
    [HK_CPU_AVX512] = &hk_lif_kernels_avx512,
#endif
};

const hk_lif_kernels *hk_lif_kernels_for(hk_cpu level)
{
    return kernels[level];
}

static double v_inf(const hk_neuron_view *view, uint32_t i)
{
    return hk_adaptive_v_inf(view, &hk_lif_adaptive, i);
}

static double growth(const hk_neuron_view *view, uint32_t i, double x)
{
    return hk_exp(x / hk_param_of(view, TAU_M, i));
}

static double threshold(const hk_neuron_view *view, uint32_t i, double x)
{
    return view->columns[GAP][i] + hk_adaptive_theta(view, &hk_lif_adaptive, i, x);
}

int hk_lif_check(hk_ctx *ctx, const hk_neuron_view *view)
{
    return hk_adaptive_check(ctx, view, &hk_lif, &hk_lif_adaptive);
}

static void prepare(const hk_neuron_view *view)
{
    double *const *c = view->columns;
    hk_adaptive_prepare(view, &hk_lif_adaptive);
    view->globals[DRIVEN] = 0.0;
    for (uint32_t i = 0; i < view->n; i++) {
        c[RESET][i] = hk_param_of(view, V_RESET, i) - v_inf(view, i);
        if (c[GAP][i] <= 0.0 || c[B][i] < 0.0) /* a lowered threshold may be below v_inf too */
            view->globals[DRIVEN] = 1.0;
    }
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    double x = hk_since_epoch(view, now), u = view->columns[U][i];
    if (variable == THETA)
        return hk_adaptive_theta(view, &hk_lif_adaptive, i, x);
    if (u == -HUGE_VAL)
        return hk_param_of(view, V_RESET, i);
    return v_inf(view, i) + u * hk_exp(-x / hk_param_of(view, TAU_M, i));
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    double x = hk_since_epoch(view, now);
    if (variable == THETA)
        hk_adaptive_write_theta(view, &hk_lif_adaptive, i, x, value);
    else if (view->columns[U][i] != -HUGE_VAL) /* a refractory neuron stays at its reset potential */
        view->columns[U][i] = (value - v_inf(view, i)) * growth(view, i, x);
}

static int64_t epoch_steps(const hk_neuron_view *view)
{
    return hk_membrane_epoch_steps(hk_adaptive_shortest_tau_ms(view, &hk_lif_adaptive), view->resolution_ms);
}

static void rebase(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time to)
{
    double x = hk_since_epoch(view, to);
    double *const *c = view->columns;
    if (view->globals[ONE_TAU] != 0.0)
        kernels[view->cpu]->decay(c[U] + begin, hk_exp(-x / view->params[TAU_M].values[0]), end - begin);
    else
        for (uint32_t i = begin; i < end; i++)
            c[U][i] = c[U][i] == -HUGE_VAL ? c[U][i] : c[U][i] * hk_exp(-x / hk_param_of(view, TAU_M, i));
    hk_adaptive_rebase(view, &hk_lif_adaptive, begin, end, x);
}

static void factors(const hk_neuron_view *view, const hk_event *arrivals, size_t n, hk_time horizon, double *out)
{
    (void)horizon;
    if (view->globals[ONE_TAU] != 0.0)
        kernels[view->cpu]->growths(arrivals, n, view->epoch, view->resolution_ms, view->params[TAU_M].values[0], out);
}

static void receive(const hk_neuron_view *view, const hk_slab *slab, hk_time now, hk_time horizon, hk_hits *hits)
{
    hk_lif_columns columns = { .u = view->columns[U], .low = view->columns[LOW] };
    double x = hk_since_epoch(view, now), left = hk_time_between_ms(now, horizon, view->resolution_ms);
    bool driven = view->globals[DRIVEN] != 0.0;
    if (view->stamp != NULL)
        kernels[view->cpu]->mark(view, slab);
    if (view->globals[ONE_TAU] != 0.0) {
        double tau = view->params[TAU_M].values[0];
        double grown = view->factors != NULL ? view->factors[0] : hk_exp(x / tau);
        kernels[view->cpu]->receive(&columns, slab, grown, driven ? hk_exp(-left / tau) : 1.0, hits);
        return;
    }
    for (uint32_t k = 0; k < slab->n; k++) { /* time constants differ: one target at a time */
        hk_slab one = hk_slab_one(slab, k);
        double tau = hk_param_of(view, TAU_M, one.first);
        kernels[HK_CPU_PLAIN]->receive(&columns, &one, hk_exp(x / tau), driven ? hk_exp(-left / tau) : 1.0, hits);
    }
}

static bool moments(const hk_neuron_view *view, hk_moments *out)
{
    if (view->globals[ADAPTS] != 0.0 || view->globals[ONE_TAU] == 0.0)
        return false;
    out->n = 1;
    hk_membrane_series(view->resolution_ms / view->params[TAU_M].values[0], out->series[HK_EXCITATORY][0]);
    hk_membrane_series(view->resolution_ms / view->params[TAU_M].values[0], out->series[HK_INHIBITORY][0]);
    return true;
}

static void fold_constants(const hk_neuron_view *view, hk_time from, double *constants)
{
    double x = hk_since_epoch(view, from), tau = view->params[TAU_M].values[0];
    hk_lif_fold q = { .growth = hk_exp(x / tau),
                      .fall = hk_exp(-x / tau),
                      .relax = hk_exp(-view->resolution_ms / tau),
                      .margin = HK_MEMBRANE_MARGIN };
    memcpy(constants, &q, sizeof q);
}

static void fold(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *constants, double *sums,
                 hk_hits *hits)
{
    hk_lif_fold q;
    memcpy(&q, constants, sizeof q);
    kernels[view->cpu]->fold(view->columns[U] + begin, view->columns[LOW] + begin, sums, &q, end - begin, begin, hits);
}

static bool spontaneous(const hk_neuron_view *view)
{
    return view->globals[ADAPTS] != 0.0 || view->globals[DRIVEN] != 0.0;
}

static void sweep_alike(const hk_neuron_view *view, uint32_t i, uint32_t n, double x, double left, hk_hits *hits)
{
    const double *u = view->columns[U] + i, *low = view->columns[LOW] + i, tau = hk_param_of(view, TAU_M, i);
    double fall = hk_exp(-x / tau), relax = hk_exp(-left / tau);
    for (uint32_t k = 0; k < n; k++) {
        double d = u[k] * fall;
        if (d >= low[k] || d * relax >= low[k])
            hk_hits_add(hits, k);
    }
}

static void sweep(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now, hk_time horizon, hk_hits *hits)
{
    hk_adaptive_sweep(view, &hk_lif_adaptive, sweep_alike, begin, end, now, horizon, hits);
}

static double predict(const hk_neuron_view *view, uint32_t i, hk_time now, hk_time horizon)
{
    double u = view->columns[U][i], x = hk_since_epoch(view, now);
    if (u == -HUGE_VAL)
        return INFINITY;
    if (u >= threshold(view, i, x) * growth(view, i, x))
        return 0.0;
    hk_approach q = { .tau_m_ms = hk_param_of(view, TAU_M, i),
                      .tau_theta_ms = hk_param_of(view, TAU_THETA, i),
                      .tau_ex_ms = 1.0,
                      .tau_in_ms = 1.0,
                      .gap_mv = view->columns[GAP][i],
                      .d_mv = u * hk_exp(-x / hk_param_of(view, TAU_M, i)),
                      .b_mv = hk_adaptive_theta(view, &hk_lif_adaptive, i, x) };
    double left = hk_time_between_ms(now, horizon, view->resolution_ms);
    if (q.b_mv != 0.0)
        return hk_crossing_ms(&q, left);
    if (!(q.gap_mv < 0.0)) /* d decays towards 0, which is below threshold */
        return INFINITY;
    double ratio = (q.d_mv - q.gap_mv) / q.gap_mv; /* d / gap - 1 > 0, kept precise near threshold */
    double one_plus = 1.0 + ratio;
    double log1p = hk_log(one_plus) - ((one_plus - 1.0) - ratio) / one_plus;
    double s = q.tau_m_ms * log1p;
    return s <= left ? s : INFINITY;
}

static double excess(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    double x = hk_since_epoch(view, now);
    return view->columns[U][i] * hk_exp(-x / hk_param_of(view, TAU_M, i)) - threshold(view, i, x);
}

static double fire(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    return hk_adaptive_fire(view, &hk_lif_adaptive, i, now);
}

static void put(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now, bool at_rest)
{
    double x = hk_since_epoch(view, now), g = growth(view, 0, x);
    bool one_tau = view->globals[ONE_TAU] != 0.0;
    for (uint32_t i = begin; i < end; i++) {
        double from_inf = at_rest ? hk_param_of(view, E_L, i) - v_inf(view, i) : view->columns[RESET][i];
        view->columns[U][i] = from_inf * (one_tau ? g : growth(view, i, x));
    }
}

static void release(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    put(view, begin, end, now, false);
}

static void settle(const hk_neuron_view *view, hk_time now)
{
    put(view, 0, view->n, now, true);
}

const hk_neuron_model hk_lif = {
    .name = "lif",
    .summary = "leaky integrate-and-fire, jump synapses, adaptive threshold; closed form",
    .source = "Brette (2007), Neural Comput. 19:2604-2609",
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
    .epoch_steps = epoch_steps,
    .rebase = rebase,
    .receive = receive,
    .factors = factors,
    .n_factors = 1,
    .spontaneous = spontaneous,
    .sweep = sweep,
    .predict = predict,
    .excess = excess,
    .fire = fire,
    .hold = hk_adaptive_hold,
    .release = release,
    .settle = settle,
    .deaf_when_held = true,
    .moments = moments,
    .fold = fold,
    .fold_constants = fold_constants,
    .n_fold_constants = sizeof(hk_lif_fold) / sizeof(double),
    .on_grid = &hk_lif_grid,
};
