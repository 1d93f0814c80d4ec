/* tests/test_lif_alpha.c - neurons with alpha-shaped currents against their closed form in long double, and their spikes against
 * roots that cannot be missed (first_root.h). The search for crossings itself: test_crossing.c. */
#include "tests/first_root.h"
#include "tests/sim_rig.h"

#include "sim/rng.h"

enum { TAU_M, C_M, TAU_EX, TAU_IN, E_L, V_TH, V_RESET, T_REF, I_E, THETA_PLUS, TAU_THETA, N_NAMED };
static const char *const names[N_NAMED] = { "tau_m_ms", "c_m_pf",        "tau_syn_ex_ms", "tau_syn_in_ms",
                                            "e_l_mv",   "v_th_mv",       "v_reset_mv",    "t_ref_ms",
                                            "i_e_pa",   "theta_plus_mv", "tau_theta_ms" };
enum { V, I_EX, Z_EX, I_IN, Z_IN, THETA, N_VARIABLES };
static const char *const variables[N_VARIABLES] = { "v_mv",        "i_syn_ex_pa", "z_syn_ex_pa",
                                                    "i_syn_in_pa", "z_syn_in_pa", "theta_mv" };

static hk_stream draw;

static double between(double low, double high)
{
    return low + (high - low) * hk_stream_uniform(&draw);
}

static double log_between(double low, double high)
{
    return low * exp(log(high / low) * hk_stream_uniform(&draw));
}

static bool chance(double p)
{
    return hk_stream_uniform(&draw) < p;
}

static int open_stream(void **state)
{
    (void)state;
    gsl_set_error_handler_off();
    draw = hk_stream_open(2385, HK_PURPOSE_TEST, 31, 0);
    return 0;
}

/* --- the oracle ------------------------------------------------------------------------------------------------------- */

typedef struct cell {
    double p[N_NAMED];
    long double y[N_VARIABLES], now_ms, held_until_ms; /* -INFINITY: not held */
} cell;

static double v_inf(const cell *c)
{
    return c->p[E_L] + c->p[TAU_M] / c->p[C_M] * c->p[I_E];
}

static hk_approach approach_of(const cell *c)
{
    const double *p = c->p, euler = exp(1.0);
    return (hk_approach){ .tau_m_ms = p[TAU_M],
                          .tau_ex_ms = p[TAU_EX],
                          .tau_in_ms = p[TAU_IN],
                          .tau_theta_ms = p[TAU_THETA],
                          .d_mv = (double)(c->y[V] - v_inf(c)),
                          .gap_mv = p[V_TH] - v_inf(c),
                          .b_mv = (double)c->y[THETA],
                          .i_ex = (double)c->y[I_EX] / p[C_M],
                          .i_in = (double)c->y[I_IN] / p[C_M],
                          .rise_ex = (double)c->y[Z_EX] * euler / (p[TAU_EX] * p[C_M]),
                          .rise_in = (double)c->y[Z_IN] * euler / (p[TAU_IN] * p[C_M]) };
}

static void later(cell *c, long double ms)
{
    const double *p = c->p;
    long double v = v_inf(c), change = (c->y[V] - v) * expl(-ms / p[TAU_M]);
    for (int k = 0; k < 2; k++) {
        long double *i = &c->y[k == 0 ? I_EX : I_IN], *z = &c->y[k == 0 ? Z_EX : Z_IN], e = expl(1.0L);
        double tau = p[k == 0 ? TAU_EX : TAU_IN];
        change += (*i * stable_kernel(ms, p[TAU_M], tau) + *z * e / tau * stable_ramp(ms, p[TAU_M], tau)) / p[C_M];
        *i = (*i + *z * e / tau * ms) * expl(-ms / tau);
        *z *= expl(-ms / tau);
    }
    c->y[V] = c->held_until_ms > -INFINITY ? p[V_RESET] : v + change;
    c->y[THETA] *= expl(-ms / p[TAU_THETA]);
    c->now_ms += ms;
}

typedef struct train {
    double *ms;
    size_t n, capacity;
} train;

static void note(train *t, double ms)
{
    if (t->n == t->capacity) {
        t->capacity = 2 * t->capacity + 8;
        t->ms = realloc(t->ms, t->capacity * sizeof *t->ms);
        assert_non_null(t->ms);
    }
    t->ms[t->n++] = ms;
}

/* Runs c up to `end_ms` without input; its spikes go to `spikes`. *margin: the least that its potential keeps from the threshold
 * where it turns, over the magnitudes that make it up. */
static void run_cell(cell *c, long double end_ms, train *spikes, long double *margin)
{
    while (c->now_ms < end_ms) {
        if (c->held_until_ms > -INFINITY) {
            long double until = fminl(c->held_until_ms, end_ms);
            later(c, until - c->now_ms);
            if (until < c->held_until_ms)
                return;
            c->held_until_ms = -INFINITY;
            continue;
        }
        hk_approach q = approach_of(c);
        first_root found = first_root_by_rolle(&q, (double)(end_ms - c->now_ms));
        *margin = fminl(*margin, found.margin);
        if (isinf((double)found.s)) {
            later(c, end_ms - c->now_ms);
            return;
        }
        later(c, found.s);
        note(spikes, (double)c->now_ms);
        c->y[V] = c->p[V_RESET];
        c->y[THETA] += c->p[THETA_PLUS];
        c->held_until_ms = c->now_ms + c->p[T_REF];
    }
}

static cell random_cell(void)
{
    cell c = { .p = { [TAU_M] = log_between(2.0, 40.0),
                      [C_M] = log_between(50.0, 500.0),
                      [TAU_EX] = log_between(0.2, 20.0),
                      [TAU_IN] = log_between(0.2, 20.0),
                      [E_L] = between(-75.0, -60.0),
                      [V_RESET] = between(-90.0, -66.0),
                      [T_REF] = chance(0.2) ? 0.0 : between(0.0, 4.0),
                      [I_E] = chance(0.3) ? between(-200.0, 500.0) : 0.0,
                      [THETA_PLUS] = chance(0.5) ? 0.0 : between(0.0, 3.0),
                      [TAU_THETA] = log_between(2.0, 200.0) },
               .held_until_ms = -INFINITY };
    if (chance(0.2)) /* nearly equal ones, for which the oracle has no form: test_crossing.c */
        c.p[TAU_EX] = c.p[TAU_M];
    if (chance(0.2))
        c.p[TAU_IN] = chance(0.5) ? c.p[TAU_EX] : c.p[TAU_M];
    c.p[V_TH] = between(-58.0, -45.0);
    c.y[V] = chance(0.02) ? c.p[V_TH] : between(-80.0, c.p[V_TH]);
    c.y[I_EX] = chance(0.2) ? 0.0 : log_between(1.0, 3000.0);
    c.y[Z_EX] = chance(0.2) ? 0.0 : log_between(1.0, 3000.0);
    c.y[I_IN] = chance(0.3) ? 0.0 : -log_between(1.0, 3000.0);
    c.y[Z_IN] = chance(0.3) ? 0.0 : -log_between(1.0, 3000.0);
    c.y[THETA] = chance(0.6) ? 0.0 : between(-1.0, 12.0);
    return c;
}

/* --- many neurons at once --------------------------------------------------------------------------------------------- */

static hk_population *make_cells(rig *r, const cell *cells, uint32_t n)
{
    hk_population *p = rig_neurons(r, "cells", "lif_alpha", n);
    double *values = calloc(n, sizeof *values);
    for (int k = 0; k < N_NAMED; k++) {
        for (uint32_t i = 0; i < n; i++)
            values[i] = cells[i].p[k];
        rig_ok(r, hk_population_set(p, names[k], values, n));
    }
    for (int k = 0; k < N_VARIABLES; k++) {
        for (uint32_t i = 0; i < n; i++)
            values[i] = (double)cells[i].y[k];
        rig_ok(r, hk_population_set(p, variables[k], values, n));
    }
    free(values);
    return p;
}

/* The delay between neurons is what makes the windows. */
static void make_windows(rig *r, hk_population *p, double delay_ms)
{
    hk_projection *loop;
    rig_ok(r, hk_projection_create(r->sim,
                                   &(hk_projection_config){ .name = "loop",
                                                            .pre = p,
                                                            .post = p,
                                                            .connect = HK_ONE_TO_ONE,
                                                            .pairs = HK_PAIRS_AUTAPSES,
                                                            .weight = hk_constant(0.0),
                                                            .delay_ms = hk_constant(delay_ms) },
                                   &loop));
}

typedef struct input {
    double ms, weight_pa;
} input;

enum { N_CELLS = 400, N_INPUTS = 40 };
static const double span_ms = 60.0, delay_of_inputs_ms = 0.7;

typedef struct trial {
    cell cells[N_CELLS];
    input inputs[N_CELLS][N_INPUTS]; /* by time */
    train expected[N_CELLS];
    long double margin[N_CELLS];
} trial;

static int by_time(const void *a, const void *b)
{
    double x = ((const input *)a)->ms, y = ((const input *)b)->ms;
    return x < y ? -1 : x > y;
}

static trial *make_trial(double strength_pa)
{
    trial *t = calloc(1, sizeof *t);
    for (int i = 0; i < N_CELLS; i++) {
        t->cells[i] = random_cell();
        t->margin[i] = INFINITY;
        for (int k = 0; k < N_INPUTS; k++)
            t->inputs[i][k] = (input){ .ms = between(0.0, span_ms - delay_of_inputs_ms),
                                       .weight_pa = strength_pa * (chance(0.3) ? -1.0 : 1.0) * log_between(0.03, 1.0) };
        qsort(t->inputs[i], N_INPUTS, sizeof(input), by_time);
    }
    return t;
}

static void free_trial(trial *t)
{
    for (int i = 0; i < N_CELLS; i++)
        free(t->expected[i].ms);
    free(t);
}

static void solve(trial *t)
{
    for (int i = 0; i < N_CELLS; i++) {
        cell *c = &t->cells[i];
        for (int k = 0; k < N_INPUTS; k++) {
            run_cell(c, (long double)t->inputs[i][k].ms + delay_of_inputs_ms, &t->expected[i], &t->margin[i]);
            c->y[t->inputs[i][k].weight_pa >= 0.0 ? Z_EX : Z_IN] += t->inputs[i][k].weight_pa;
        }
        run_cell(c, span_ms, &t->expected[i], &t->margin[i]);
    }
}

/* `t` before it was solved is `start`. */
static void check_trial(const trial *start, const trial *t, double window_ms)
{
    rig r = rig_open();
    raster spikes;
    hk_population *p = make_cells(&r, start->cells, N_CELLS);
    hk_population *in = rig_neurons(&r, "in", "spike_source", N_CELLS * N_INPUTS);
    make_windows(&r, p, window_ms);
    static uint32_t pre[N_CELLS * N_INPUTS], post[N_CELLS * N_INPUTS];
    static double weight[N_CELLS * N_INPUTS], delay[N_CELLS * N_INPUTS];
    for (uint32_t k = 0; k < N_CELLS * N_INPUTS; k++) {
        pre[k] = k;
        post[k] = k / N_INPUTS;
        weight[k] = t->inputs[k / N_INPUTS][k % N_INPUTS].weight_pa;
        delay[k] = delay_of_inputs_ms;
        rig_give(&r, in, k, t->inputs[k / N_INPUTS][k % N_INPUTS].ms);
    }
    hk_projection *wires;
    rig_ok(&r, hk_projection_create(r.sim,
                                    &(hk_projection_config){ .pre = in,
                                                             .post = p,
                                                             .connect = HK_EXPLICIT,
                                                             .n = N_CELLS * N_INPUTS,
                                                             .list_pre = pre,
                                                             .list_post = post,
                                                             .list_weight = weight,
                                                             .list_delay_ms = delay,
                                                             .double_weights = true },
                                    &wires));
    raster_of(&r, &spikes, p);
    rig_run(&r, span_ms);
    size_t seen[N_CELLS] = { 0 }, n_clear = 0, n_spikes = 0;
    double worst_ms = 0.0, worst_mv = 0.0, v[N_CELLS], i_in[N_CELLS], z_ex[N_CELLS];
    for (size_t k = 0; k < spikes.n; k++) {
        uint32_t i = spikes.spikes[k].neuron;
        if (t->margin[i] < 1e-12L)
            continue;
        assert_true(seen[i] < t->expected[i].n);
        double expected = t->expected[i].ms[seen[i]++], found = raster_ms(&r, &spikes, k);
        assert_close(found, expected, 1e-9);
        worst_ms = fmax(worst_ms, fabs(found - expected));
        n_spikes++;
    }
    rig_ok(&r, hk_population_get(p, "v_mv", v));
    rig_ok(&r, hk_population_get(p, "i_syn_in_pa", i_in));
    rig_ok(&r, hk_population_get(p, "z_syn_ex_pa", z_ex));
    for (int i = 0; i < N_CELLS; i++) {
        if (t->margin[i] < 1e-12L) /* the potential turned within rounding of the threshold: both answers are right */
            continue;
        n_clear++;
        assert_int_equal(seen[i], t->expected[i].n);
        assert_close(v[i], (double)t->cells[i].y[V], 1e-9);
        assert_close(i_in[i], (double)t->cells[i].y[I_IN], 1e-9);
        assert_close(z_ex[i], (double)t->cells[i].y[Z_EX], 1e-9);
        worst_mv = fmax(worst_mv, fabs(v[i] - (double)t->cells[i].y[V]));
    }
    print_message("windows of %g ms: %zu spikes of %zu neurons, worst %.2g ms; final potentials %.2g mV\n", window_ms,
                  n_spikes, n_clear, worst_ms, worst_mv);
    assert_true(n_clear > N_CELLS * 9 / 10 && n_spikes > 3 * N_CELLS);
    raster_free(&spikes);
    rig_close(&r);
}

static void neurons_that_differ_in_everything_spike_when_the_oracle_says(void **state)
{
    (void)state;
    trial *t = make_trial(2500.0), *start = malloc(sizeof *start);
    *start = *t;
    solve(t);
    const double windows_ms[] = { 0.1, 1.9, 100.0 };
    for (size_t k = 0; k < N_OF(windows_ms); k++)
        check_trial(start, t, windows_ms[k]);
    free(start);
    free_trial(t);
}

/* Thresholds a little above or below the highest point of the curve, which is above them for some microseconds at times. */
static void a_potential_that_only_just_reaches_or_misses_the_threshold_is_judged_right(void **state)
{
    (void)state;
    enum { N = 3000 };
    const double horizon_ms = 25.0;
    static cell cells[N];
    static bool reaches[N];
    static double at_ms[N];
    unsigned n_reach = 0;
    for (int i = 0; i < N;) {
        cell c = random_cell();
        c.p[T_REF] = 1e6;
        c.y[THETA] = 0.0;
        hk_approach q = approach_of(&c);
        exp_sum f = approach_as_sum(&q), slope = exp_sum_slope(&f);
        long double stops[MAX_ZEROS], top = -INFINITY,
                                      ends = fmaxl(curve_at(&q, 0.0L).value, curve_at(&q, horizon_ms).value);
        int n = exp_sum_zeros(&slope, horizon_ms, stops);
        for (int k = 0; k < n; k++)
            top = fmaxl(top, curve_at(&q, stops[k]).value);
        if (!(top > ends + 0.1L))
            continue;
        double beyond = log_between(1e-9, 1e-1) * (i % 2 == 0 ? 1.0 : -1.0);
        c.p[V_TH] += (double)top - beyond;
        if (!(c.p[V_RESET] < c.p[V_TH] - 1.0))
            continue;
        q = approach_of(&c);
        first_root found = first_root_by_rolle(&q, horizon_ms);
        reaches[i] = !isinf((double)found.s);
        at_ms[i] = (double)found.s;
        n_reach += reaches[i];
        cells[i++] = c;
    }
    assert_true(n_reach > N / 3 && n_reach < N * 2 / 3);
    const double windows_ms[] = { 0.1, 3.7, 25.0 };
    for (size_t w = 0; w < N_OF(windows_ms); w++) {
        rig r = rig_open();
        raster spikes;
        hk_population *p = make_cells(&r, cells, N);
        bool seen[N] = { false };
        make_windows(&r, p, windows_ms[w]);
        raster_of(&r, &spikes, p);
        rig_run(&r, horizon_ms);
        for (size_t k = 0; k < spikes.n; k++) {
            uint32_t i = spikes.spikes[k].neuron;
            assert_true(reaches[i] && !seen[i]);
            assert_close(raster_ms(&r, &spikes, k), at_ms[i], 1e-4); /* 1e-9 mV below a summit */
            seen[i] = true;
        }
        assert_int_equal(spikes.n, n_reach);
        raster_free(&spikes);
        rig_close(&r);
    }
}

/* --- one neuron ----------------------------------------------------------------------------------------------------------- */

/* What one input of w has made of the potential and the current s ms later. */
static double psp_mv(double s, double w, double tau_m, double c_m, double tau)
{
    return (double)(w / c_m * expl(1.0L) / tau * stable_ramp(s, tau_m, tau));
}

static double alpha_pa(double s, double w, double tau)
{
    return w * s / tau * exp(1.0 - s / tau);
}

static void one_input_is_an_alpha_function_whose_peak_is_its_weight(void **state)
{
    (void)state;
    const double tau_m = 9.73, c_m = 211.7, w = 87.3;
    const double taus[] = { 2.385, 0.3258, 17.1, tau_m, tau_m * (1.0 + 1e-9), tau_m * (1.0 - 1e-5), 9.0 };
    const hk_integrator forms[] = { HK_EXACT, HK_GRID };
    for (size_t k = 0; k < N_OF(taus); k++)
        for (size_t f = 0; f < N_OF(forms); f++)
            for (int sign = 1; sign >= -1; sign -= 2) {
                rig r = rig_open_with((hk_sim_config){ .resolution_ms = 0.1, .seed = 1, .integrator = forms[f] });
                hk_population *p = rig_neurons(&r, "p", "lif_alpha", 1), *in = rig_neurons(&r, "in", "spike_source", 1);
                double tau = taus[k], highest = 0.0;
                rig_set(&r, p, "tau_m_ms", tau_m);
                rig_set(&r, p, "c_m_pf", c_m);
                rig_set(&r, p, sign > 0 ? "tau_syn_ex_ms" : "tau_syn_in_ms", tau);
                rig_wire(&r, in, 0, p, 0, sign * w, 1.7);
                rig_give(&r, in, 0, 1.3);
                rig_run(&r, 3.0);
                assert_close(rig_get(&r, p, "v_mv", 0), -70.0, 1e-13);
                for (int step = 1; step <= 400; step++) {
                    rig_run(&r, 0.1);
                    double s = 0.1 * step, i = rig_get(&r, p, sign > 0 ? "i_syn_ex_pa" : "i_syn_in_pa", 0);
                    assert_close(rig_get(&r, p, "v_mv", 0), -70.0 + psp_mv(s, sign * w, tau_m, c_m, tau), 2e-13 * 70.0);
                    assert_close(i, alpha_pa(s, sign * w, tau), 1e-11);
                    assert_close(rig_get(&r, p, sign > 0 ? "z_syn_ex_pa" : "z_syn_in_pa", 0), sign * w * exp(-s / tau),
                                 1e-11);
                    highest = fmax(highest, fabs(i));
                }
                assert_close(highest, w, 0.05 * w);
                rig_close(&r);
            }
}

static void equal_time_constants_make_one_current_of_two_on_the_grid(void **state)
{
    (void)state;
    rig r = rig_open_with((hk_sim_config){ .resolution_ms = 0.1, .seed = 1, .integrator = HK_GRID });
    hk_population *p = rig_neurons(&r, "p", "lif_alpha", 1), *in = rig_neurons(&r, "in", "spike_source", 2);
    rig_wire(&r, in, 0, p, 0, 61.3, 1.0);
    rig_wire(&r, in, 1, p, 0, -87.9, 1.0);
    rig_give(&r, in, 0, 1.0);
    rig_give(&r, in, 1, 2.4);
    rig_run(&r, 9.0);
    double i = alpha_pa(7.0, 61.3, 2.0) - alpha_pa(5.6, 87.9, 2.0);
    double v = -70.0 + psp_mv(7.0, 61.3, 10.0, 250.0, 2.0) - psp_mv(5.6, 87.9, 10.0, 250.0, 2.0);
    assert_close(rig_get(&r, p, "i_syn_ex_pa", 0), i, 1e-12);
    assert_close(rig_get(&r, p, "i_syn_in_pa", 0), 0.0, 0.0);
    assert_close(rig_get(&r, p, "v_mv", 0), v, 1e-12);
    rig_set(&r, p, "tau_syn_in_ms", 3.0); /* from here on they are two again */
    rig_set(&r, p, "i_syn_in_pa", -5.0);
    assert_close(rig_get(&r, p, "i_syn_in_pa", 0), -5.0, 0.0);
    assert_close(rig_get(&r, p, "i_syn_ex_pa", 0), i, 1e-12);
    rig_close(&r);
}

static void currents_go_on_and_take_inputs_while_the_potential_is_held(void **state)
{
    (void)state;
    rig r = rig_open_with((hk_sim_config){ .resolution_ms = 0.1, .seed = 1, .integrator = HK_GRID });
    hk_population *p = rig_neurons(&r, "p", "lif_alpha", 1), *in = rig_neurons(&r, "in", "spike_source", 2);
    const double w = 300.0;
    rig_set(&r, p, "tau_syn_ex_ms", 1.1);
    rig_set(&r, p, "v_mv", -55.0); /* at threshold: the first step finds it above */
    rig_set(&r, p, "i_e_pa", 500.0);
    rig_wire(&r, in, 0, p, 0, w, 1.0);
    rig_give(&r, in, 0, 0.4);
    rig_run(&r, 2.0); /* held from 0.1 to 2.1 */
    assert_int_equal(hk_population_n_spikes(p), 1);
    assert_close(rig_get(&r, p, "v_mv", 0), -70.0, 0.0);
    assert_close(rig_get(&r, p, "i_syn_ex_pa", 0), alpha_pa(0.6, w, 1.1), 1e-11);
    rig_run(&r, 0.5);
    double s = 0.4, i_0 = alpha_pa(0.7, w, 1.1), z_0 = w * exp(-0.7 / 1.1); /* from 2.1 on */
    double v = -50.0 - 20.0 * exp(-s / 10.0) + psp_mv(s, z_0, 10.0, 250.0, 1.1) +
               i_0 / 250.0 * (double)stable_kernel(s, 10.0L, 1.1L);
    assert_close(rig_get(&r, p, "v_mv", 0), v, 1e-12);
    rig_close(&r);
}

/* A window of hundreds of time constants: bounds over it must neither overflow nor lose the crossing. */
static void long_windows_lose_no_spike(void **state)
{
    (void)state;
    const double windows_ms[] = { 0.1, 5000.0 };
    double first[2];
    for (int k = 0; k < 2; k++) {
        rig r = rig_open();
        raster spikes;
        cell c = { .p = { 3.0, 100.0, 0.21, 0.47, -70.0, -55.0, -70.0, 2.0, 0.0, 0.0, 50.0 },
                   .y = { -70.0, 0.0, 5000.0, 0.0, -1000.0, 0.0 } };
        hk_population *p = make_cells(&r, &c, 1);
        make_windows(&r, p, windows_ms[k]);
        raster_of(&r, &spikes, p);
        rig_run(&r, 10000.0);
        assert_true(spikes.n >= 1);
        first[k] = raster_ms(&r, &spikes, 0);
        assert_close(rig_get(&r, p, "v_mv", 0), -70.0, 1e-12);
        raster_free(&spikes);
        rig_close(&r);
    }
    assert_close(first[0], first[1], 1e-13);
}

static void what_the_model_cannot_do_is_refused(void **state)
{
    (void)state;
    rig r = rig_open();
    hk_population *p = rig_neurons(&r, "p", "lif_alpha", 2);
    rig_gives(&r, hk_population_set_value(p, "z_syn_ex_pa", -1.0), HK_ERANGE);
    rig_gives(&r, hk_population_set_value(p, "i_syn_in_pa", 1.0), HK_ERANGE);
    rig_gives(&r, hk_population_set_value(p, "tau_syn_in_ms", 0.0), HK_ERANGE);
    rig_set(&r, p, "tau_syn_ex_ms", 0.0019);
    rig_gives(&r, hk_sim_run(r.sim, 1.0), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "lif_alpha: neuron 0: tau_syn_ex_ms"));
    rig_set(&r, p, "tau_syn_ex_ms", 2.0);
    rig_run(&r, 1.0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_input_is_an_alpha_function_whose_peak_is_its_weight),
        cmocka_unit_test(equal_time_constants_make_one_current_of_two_on_the_grid),
        cmocka_unit_test(currents_go_on_and_take_inputs_while_the_potential_is_held),
        cmocka_unit_test_setup(neurons_that_differ_in_everything_spike_when_the_oracle_says, open_stream),
        cmocka_unit_test_setup(a_potential_that_only_just_reaches_or_misses_the_threshold_is_judged_right, open_stream),
        cmocka_unit_test(long_windows_lose_no_spike),
        cmocka_unit_test(what_the_model_cannot_do_is_refused),
    };
    return cmocka_run_group_tests_name("lif_alpha", tests, NULL, NULL);
}
