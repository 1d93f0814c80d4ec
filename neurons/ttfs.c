/* neurons/ttfs.c - see ttfs.h.
 *
 * `at_onset` is the potential that a neuron will have at t_min, when nothing more arrives, and after t_min the one it had:
 * an input changes it by w (t_min - now), time does not change it. A neuron spikes if at_onset + bias > 0. */
#include "neurons/ttfs.h"

#include "neurons/membrane.h"
#include "neurons/ttfs_kernels.h"

#include <math.h>

enum { ONSET, WINDOW, BIAS, N_PARAMS };
enum { V, SLOPE, N_STATE };
enum { AT_ONSET, SUM, N_COLUMNS }; /* SUM: of the weights that have arrived */
enum {
    BEGINNING,
    ONE_CLOCK,
    SPIKES,
    N_GLOBALS
}; /* BEGINNING: of the presentation, in steps, plus 1; 0: not yet known */

static const hk_column params[N_PARAMS] = {
    [ONSET] = { "onset_ms", "ms", 20.0, 0.0, 1e9,
                "t_min, from the beginning of a presentation: inputs count until then" },
    [WINDOW] = { "window_ms", "ms", 20.0, 0.0, 1e9, "t_max - t_min, in which it may spike; 0: it never does" },
    [BIAS] = { "bias_mv", "mV", 0.0, -1e9, 1e9, "the threshold is window_ms times 1 mV/ms, minus this" },
};

static const hk_column state[N_STATE] = {
    [V] = { "v_mv", "mV", 0.0, -1e12, 1e12, "membrane potential" },
    [SLOPE] = { "slope_mv_per_ms", "mV/ms", 0.0, -1e12, 1e12,
                "sum of the weights that have arrived, the slope up to t_min" },
};

static const hk_ttfs_kernels *const kernels[HK_N_CPU] = {
    [HK_CPU_PLAIN] = &hk_ttfs_kernels_plain,
#if defined(__x86_64__)
    [HK_CPU_AVX2] = &hk_ttfs_kernels_avx2,
    [HK_CPU_AVX512] = &hk_ttfs_kernels_avx512,
#endif
};

static hk_time t_min(const hk_neuron_view *view, uint32_t i)
{
    double step = view->globals[BEGINNING] - 1.0;
    int64_t beginning = step >= 0.0 && step < 0x1p52 ? (int64_t)step : 0; /* a damaged checkpoint may hold anything */
    return hk_time_after(hk_time_grid(beginning, view->resolution_ms), hk_param_of(view, ONSET, i),
                         view->resolution_ms);
}

static double until_onset_ms(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    return hk_time_between_ms(now, t_min(view, i), view->resolution_ms);
}

/* From t_min to the spike; INFINITY: there is none. */
static double latency_ms(const hk_neuron_view *view, uint32_t i)
{
    double window = hk_param_of(view, WINDOW, i), value = view->columns[AT_ONSET][i] + hk_param_of(view, BIAS, i);
    return !(value > 0.0) || window == 0.0 ? INFINITY : value < window ? window - value : 0.0;
}

static void begin(const hk_neuron_view *view, hk_time now)
{
    view->globals[BEGINNING] = (double)(now.step + 1) + 1.0; /* runs stop at whole steps only */
}

static void prepare(const hk_neuron_view *view)
{
    if (view->globals[BEGINNING] == 0.0)
        begin(view, view->epoch);
    view->globals[ONE_CLOCK] = view->params[ONSET].stride == 0 && view->params[WINDOW].stride == 0;
    view->globals[SPIKES] = 0.0;
    for (uint32_t i = 0; i < view->n && view->globals[SPIKES] == 0.0; i++)
        view->globals[SPIKES] = hk_param_of(view, WINDOW, i) > 0.0;
}

/* v - at_onset */
static double since_onset_mv(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    double left = until_onset_ms(view, i, now);
    return left > 0.0 ? -(view->columns[SUM][i] * left) : fmin(-left, hk_param_of(view, WINDOW, i));
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    if (variable == SLOPE)
        return view->columns[SUM][i];
    double at_onset = view->columns[AT_ONSET][i];
    return at_onset == -HUGE_VAL ? 0.0 : at_onset + since_onset_mv(view, i, now);
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    double *at_onset = &view->columns[AT_ONSET][i];
    double v = variable == SLOPE ? *at_onset + since_onset_mv(view, i, now) : value;
    if (variable == SLOPE)
        view->columns[SUM][i] = value;
    if (*at_onset != -HUGE_VAL) /* a held neuron stays at 0 */
        *at_onset = v - since_onset_mv(view, i, now);
}

static void look_at(const hk_neuron_view *view, uint32_t i, double until_onset, double until_horizon, hk_hits *hits)
{
    if (until_onset + latency_ms(view, i) <= until_horizon)
        hk_hits_add(hits, i);
}

/* One slab whose targets have one t_min. Only in the window in which that lies is a spike planned before the inputs end. */
static void receive_alike(const hk_neuron_view *view, const hk_slab *slab, hk_time now, hk_time horizon, hk_hits *hits)
{
    uint32_t first = hk_slab_target(slab, 0);
    hk_time onset = t_min(view, first);
    if (!hk_time_before(now, onset))
        return;
    double left = hk_time_between_ms(now, onset, view->resolution_ms);
    kernels[view->cpu]->add(view->columns[AT_ONSET], view->columns[SUM], slab, left);
    if (view->stamp == NULL || hk_time_before(horizon, onset))
        return;
    double until_horizon = hk_time_between_ms(now, horizon, view->resolution_ms);
    for (uint32_t k = 0; k < slab->n; k++) {
        uint32_t i = hk_slab_target(slab, k);
        view->stamp[i] = view->stamp_now;
        look_at(view, i, left, until_horizon, hits);
    }
}

static void receive(const hk_neuron_view *view, const hk_slab *slab, hk_time now, hk_time horizon, hk_hits *hits)
{
    if (slab->n > 0 && view->globals[ONE_CLOCK] != 0.0) {
        receive_alike(view, slab, now, horizon, hits);
        return;
    }
    for (uint32_t k = 0; k < slab->n; k++) {
        hk_slab one = hk_slab_one(slab, k);
        receive_alike(view, &one, now, horizon, hits);
    }
}

static bool spontaneous(const hk_neuron_view *view)
{
    return view->globals[SPIKES] != 0.0;
}

/* Has neuron i nothing to do between now and the horizon, whatever its potential? */
static bool is_idle(const hk_neuron_view *view, uint32_t i, hk_time now, hk_time horizon)
{
    return hk_time_before(horizon, t_min(view, i)) || -until_onset_ms(view, i, now) >= hk_param_of(view, WINDOW, i);
}

static void sweep(const hk_neuron_view *view, uint32_t first, uint32_t end, hk_time now, hk_time horizon, hk_hits *hits)
{
    double until_horizon = hk_time_between_ms(now, horizon, view->resolution_ms);
    if (first == end)
        return;
    if (view->globals[ONE_CLOCK] == 0.0) {
        for (uint32_t i = first; i < end; i++)
            if (!is_idle(view, i, now, horizon))
                look_at(view, i, until_onset_ms(view, i, now), until_horizon, hits);
    } else if (!is_idle(view, first, now, horizon)) {
        const hk_param *bias = &view->params[BIAS];
        double window = view->params[WINDOW].values[0], since_onset = until_horizon - until_onset_ms(view, first, now);
        double bound = (window - since_onset) - 1e-9 * window; /* wider than any rounding: predict finds the time */
        kernels[view->cpu]->find(view->columns[AT_ONSET] + first, bias->values + first * bias->stride, bias->stride,
                                 bound, end - first, first, hits);
    }
}

static double predict(const hk_neuron_view *view, uint32_t i, hk_time now, hk_time horizon)
{
    if (is_idle(view, i, now, horizon))
        return INFINITY;
    double after_ms = until_onset_ms(view, i, now) + latency_ms(view, i);
    if (after_ms <= 0.0)
        return 0.0;
    return after_ms <= hk_time_between_ms(now, horizon, view->resolution_ms) ? after_ms : INFINITY;
}

static double excess(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    double threshold = hk_param_of(view, WINDOW, i) - hk_param_of(view, BIAS, i);
    return view->columns[AT_ONSET][i] + since_onset_mv(view, i, now) - threshold;
}

/* From v = -bias it takes the whole window to the threshold, which is more than is left up to t_max. */
static void spend(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    view->columns[AT_ONSET][i] = fmin(until_onset_ms(view, i, now), 0.0) - hk_param_of(view, BIAS, i);
}

static double fire(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    spend(view, i, now);
    return 0.0;
}

static void hold(const hk_neuron_view *view, uint32_t first, uint32_t end, hk_time now)
{
    (void)now;
    for (uint32_t i = first; i < end; i++)
        view->columns[AT_ONSET][i] = -HUGE_VAL;
}

/* Those that have spiked stay as they are; those that others have reset begin again, too late for a spike once t_min is over. */
static void release(const hk_neuron_view *view, uint32_t first, uint32_t end, hk_time now)
{
    for (uint32_t i = first; i < end; i++) {
        if (view->columns[AT_ONSET][i] != -HUGE_VAL)
            continue;
        view->columns[AT_ONSET][i] = view->columns[SUM][i] = 0.0;
        if (until_onset_ms(view, i, now) <= 0.0)
            spend(view, i, now);
    }
}

static void settle(const hk_neuron_view *view, hk_time now)
{
    begin(view, now);
    for (uint32_t i = 0; i < view->n; i++)
        view->columns[AT_ONSET][i] = view->columns[SUM][i] = 0.0;
}

const hk_neuron_model hk_ttfs = {
    .name = "ttfs",
    .summary = "time to first spike: one spike a presentation, a rectified linear unit in closed form",
    .source = "Stanojevic et al. (2024), Nat. Commun. 15:6793",
    .kind = HK_MODEL_NEURON,
    .weight_unit = "mV/ms",
    .params = params,
    .n_params = N_PARAMS,
    .state = state,
    .n_state = N_STATE,
    .n_columns = N_COLUMNS,
    .n_globals = N_GLOBALS,
    .prepare = prepare,
    .read = read_state,
    .write = write_state,
    .receive = receive,
    .spontaneous = spontaneous,
    .sweep = sweep,
    .predict = predict,
    .excess = excess,
    .fire = fire,
    .hold = hold,
    .release = release,
    .settle = settle,
    .deaf_when_held = true,
};
