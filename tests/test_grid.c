/* tests/test_grid.c - simulations stepped at the resolution against those at exact times: equal where all events lie on the grid,
 * equal below threshold, and converging with the step elsewhere. Bits, cuts, threads and checkpoints: test_properties.c,
 * test_checkpoint.c. */
#include "tests/sim_rig.h"

#include "sim/rng.h"

static rig open_as(hk_integrator integrator, double resolution_ms)
{
    return rig_open_with((hk_sim_config){ .resolution_ms = resolution_ms, .seed = 2385, .integrator = integrator });
}

/* Values around `middle`, one per neuron. */
static void spread(rig *r, hk_population *p, const char *name, double middle, double half_width)
{
    static double values[1000];
    uint32_t n = hk_population_n(p);
    assert_true(n <= N_OF(values));
    for (uint32_t i = 0; i < n; i++)
        values[i] = middle + half_width * sin(1.7 * (double)i + middle);
    rig_ok(r, hk_population_set(p, name, values, n));
}

/* --- everything on the grid ------------------------------------------------------------------------------------------ */

enum { N_EX = 320, N_IN = 80, N_GIVEN = 60 };
static const double net_ms = 400.0, h = 0.1;

typedef struct network {
    rig r;
    hk_population *given, *cells[2];
    raster spikes[2];
} network;

typedef enum variant { PLAIN, PER_NEURON, ADAPTING, NO_REFRACTORINESS, N_VARIANTS } variant;

static int gather_both(hk_sim *sim, hk_time end, void *user)
{
    network *net = user;
    return raster_gather(sim, end, &net->spikes[0]) + raster_gather(sim, end, &net->spikes[1]);
}

static void link_cells(network *net, hk_population *from, hk_population *to, unsigned n, double weight)
{
    hk_projection *projection;
    rig_ok(&net->r,
           hk_projection_create(net->r.sim,
                                &(hk_projection_config){ .pre = from,
                                                         .post = to,
                                                         .connect = HK_FIXED_INDEGREE,
                                                         .n = n,
                                                         .weights = HK_WEIGHTS_FLOAT,
                                                         .weight = { HK_NORMAL, weight, 0.3 * fabs(weight), 0, 0 },
                                                         .delay_ms = { HK_NORMAL, 2.5, 1.5, 0.3, 9.0 } },
                                &projection));
}

static void open_network(network *net, hk_integrator integrator, variant what)
{
    *net = (network){ .r = open_as(integrator, h) };
    rig *r = &net->r;
    net->given = rig_neurons(r, "given", "spike_source", N_GIVEN);
    net->cells[0] = rig_neurons(r, "ex", "lif", N_EX);
    net->cells[1] = rig_neurons(r, "in", "lif", N_IN);
    hk_stream draw = hk_stream_open(2385, HK_PURPOSE_TEST, 1, 0);
    for (uint32_t k = 0; k < 4000; k++) {
        double ms = h * (double)(1 + hk_stream_below(&draw, (uint64_t)(net_ms / h)));
        rig_give(r, net->given, (uint32_t)hk_stream_below(&draw, N_GIVEN), ms);
    }
    for (int k = 0; k < 2; k++) {
        hk_population *p = net->cells[k];
        rig_set(r, p, "tau_m_ms", 13.1);
        rig_set(r, p, "t_ref_ms", what == NO_REFRACTORINESS ? 0.0 : 1.7);
        rig_ok(r, hk_population_draw(p, "v_mv", (hk_draw){ HK_UNIFORM, -70.0, -59.0, 0, 0 }));
        if (what == PER_NEURON) {
            spread(r, p, "tau_m_ms", 13.1, 4.0);
            spread(r, p, "v_th_mv", -55.3, 1.5);
            spread(r, p, "i_e_pa", 31.0, 40.0);
        }
        if (what == ADAPTING) { /* slower than the membrane: no threshold comes down to a potential */
            rig_set(r, p, "theta_plus_mv", 0.8);
            spread(r, p, "tau_theta_ms", 61.0, 20.0);
        }
        net->spikes[k] = (raster){ .of = p };
        link_cells(net, net->given, p, 9, 1.1);
        link_cells(net, net->cells[0], p, 30, 0.4);
        link_cells(net, net->cells[1], p, 10, -1.7);
    }
    hk_sim_on_window(r->sim, gather_both, net);
}

static void close_network(network *net)
{
    for (int k = 0; k < 2; k++)
        raster_free(&net->spikes[k]);
    rig_close(&net->r);
}

static void compare_networks(network *exact, network *grid, const char *variable, double tolerance)
{
    double a[N_EX], b[N_EX];
    for (int k = 0; k < 2; k++) {
        rig_ok(&exact->r, hk_population_get(exact->cells[k], variable, a));
        rig_ok(&grid->r, hk_population_get(grid->cells[k], variable, b));
        for (uint32_t i = 0; i < hk_population_n(exact->cells[k]); i++)
            assert_close(b[i], a[i], tolerance);
    }
}

static void with_all_events_on_the_grid_lif_gives_the_exact_spikes(void **state)
{
    (void)state;
    for (int what = PLAIN; what < N_VARIANTS; what++) {
        network exact, grid;
        open_network(&exact, HK_EXACT, (variant)what);
        open_network(&grid, HK_GRID, (variant)what);
        for (int piece = 0; piece < 80; piece++) {
            rig_run(&exact.r, net_ms / 80.0);
            rig_run(&grid.r, net_ms / 80.0);
            compare_networks(&exact, &grid, "v_mv", 1e-9);
            compare_networks(&exact, &grid, "theta_mv", 1e-9);
        }
        size_t n_recurrent = 0;
        for (int k = 0; k < 2; k++) {
            assert_int_equal(grid.spikes[k].n, exact.spikes[k].n);
            for (size_t i = 0; i < exact.spikes[k].n; i++) {
                assert_int_equal(grid.spikes[k].spikes[i].neuron, exact.spikes[k].spikes[i].neuron);
                assert_true(hk_time_equal(grid.spikes[k].spikes[i].time, exact.spikes[k].spikes[i].time));
            }
            n_recurrent += exact.spikes[k].n;
        }
        hk_sim_stats a = hk_sim_get_stats(exact.r.sim), b = hk_sim_get_stats(grid.r.sim);
        print_message("variant %d: %zu spikes\n", what, n_recurrent);
        assert_true(n_recurrent > 1000 && a.spikes == b.spikes && a.spike_hash == b.spike_hash);
        assert_true(a.synaptic_events == b.synaptic_events);
        close_network(&exact);
        close_network(&grid);
    }
}

/* --- below threshold -------------------------------------------------------------------------------------------------- */

/* v - E_L at x ms after a jump of the current by `weight`: Rotter & Diesmann (1999), eq. 12 with other names. */
static double psp(double x, double tau_m, double tau, double c_m, double weight)
{
    if (x <= 0.0)
        return 0.0;
    if (fabs(tau_m - tau) < 1e-9)
        return weight / c_m * x * exp(-x / tau_m);
    return weight / c_m * tau_m * tau / (tau_m - tau) * (exp(-x / tau_m) - exp(-x / tau));
}

static void below_threshold_currents_add_up_to_their_closed_form(void **state)
{
    (void)state;
    const double taus[][3] = { { 13.1, 2.3, 3.7 }, { 13.1, 2.3, 2.3 }, { 9.0, 9.0, 4.0 }, { 4.0, 9.0, 30.0 } };
    const double times_ms[] = { 0.3, 4.7, 4.8, 17.1, 30.2 }, weights[] = { 231.0, -87.0, 40.5, -310.0, 200.5 };
    const double delay_ms = 1.2, c_m = 231.0, i_e = 17.3;
    for (size_t k = 0; k < N_OF(taus); k++) {
        double tau_m = taus[k][0], tau_ex = taus[k][1], tau_in = taus[k][2];
        rig r = open_as(HK_GRID, h);
        hk_population *given = rig_neurons(&r, "given", "spike_source", N_OF(times_ms));
        hk_population *p = rig_neurons(&r, "cell", "lif_exp", 1);
        rig_set(&r, p, "tau_m_ms", tau_m);
        rig_set(&r, p, "tau_syn_ex_ms", tau_ex);
        rig_set(&r, p, "tau_syn_in_ms", tau_in);
        rig_set(&r, p, "c_m_pf", c_m);
        rig_set(&r, p, "i_e_pa", i_e);
        rig_set(&r, p, "e_l_mv", -70.0);
        rig_set(&r, p, "v_mv", -68.0);
        rig_set(&r, p, "v_th_mv", 0.0);
        for (uint32_t i = 0; i < N_OF(times_ms); i++) {
            rig_wire(&r, given, i, p, 0, weights[i], delay_ms);
            rig_give(&r, given, i, times_ms[i]);
        }
        for (int step = 1; step <= 800; step++) {
            rig_run(&r, h);
            double t = h * step, expected = -70.0 + i_e * tau_m / c_m * -expm1(-t / tau_m) + 2.0 * exp(-t / tau_m);
            double i_ex = 0.0, i_in = 0.0;
            for (uint32_t i = 0; i < N_OF(times_ms); i++) {
                double x = t - times_ms[i] - delay_ms, tau = weights[i] < 0.0 ? tau_in : tau_ex;
                expected += psp(x, tau_m, tau, c_m, weights[i]);
                *(weights[i] < 0.0 ? &i_in : &i_ex) += x > -1e-9 ? weights[i] * exp(-x / tau) : 0.0;
            }
            assert_close(rig_get(&r, p, "v_mv", 0), expected, 1e-9);
            if (tau_ex == tau_in) /* one current, which reads as the excitatory one */
                i_ex += i_in;
            assert_close(rig_get(&r, p, "i_syn_ex_pa", 0), i_ex, 1e-9);
        }
        rig_close(&r);
    }
}

typedef struct membrane_case {
    const char *model;
    double weight;
    bool inhibits; /* half the inputs are of the other sign */
    unsigned n_extra_threads;
} membrane_case;

/* Neurons that differ, under inputs at whole steps, several of them at once. */
static hk_population *open_membranes(rig *r, const membrane_case *of, hk_integrator integrator, double resolution_ms)
{
    enum { N = 37, N_INPUTS = 20 };
    hk_projection *projection;
    *r = rig_open_with((hk_sim_config){ .resolution_ms = resolution_ms,
                                        .seed = 2385,
                                        .integrator = integrator,
                                        .n_extra_threads = integrator == HK_GRID ? of->n_extra_threads : 0 });
    hk_population *given = rig_neurons(r, "given", "spike_source", N_INPUTS);
    hk_population *p = rig_neurons(r, "cells", of->model, N);
    hk_stream draw = hk_stream_open(5, HK_PURPOSE_TEST, 2, 0);
    for (uint32_t k = 0; k < 1000; k++)
        rig_give(r, given, k % N_INPUTS, h * (double)(1 + hk_stream_below(&draw, 900)));
    bool conducts = strcmp(of->model, "lif_cond_exp") == 0;
    spread(r, p, conducts ? "g_l_nS" : "tau_m_ms", 13.1, 4.0);
    spread(r, p, "c_m_pf", 231.0, 40.0);
    spread(r, p, "i_e_pa", 31.0, 40.0);
    rig_set(r, p, "v_th_mv", 0.0);
    if (strcmp(of->model, "lif") != 0) {
        spread(r, p, "tau_syn_ex_ms", 2.3, 1.0);
        spread(r, p, "tau_syn_in_ms", 3.7, 1.0);
    }
    for (int sign = 1; sign >= (of->inhibits ? -1 : 1); sign -= 2)
        rig_ok(r, hk_projection_create(r->sim,
                                       &(hk_projection_config){ .name = sign > 0 ? "up" : "down",
                                                                .pre = given,
                                                                .post = p,
                                                                .connect = HK_FIXED_PROBABILITY,
                                                                .probability = 0.4,
                                                                .weights = HK_WEIGHTS_FLOAT,
                                                                .weight = { HK_UNIFORM, sign < 0 ? -of->weight : 0.0,
                                                                            sign < 0 ? 0.0 : of->weight, 0, 0 },
                                                                .delay_ms = hk_constant(1.7) },
                                       &projection));
    return p;
}

/* The furthest that the potential on the grid is from the exact one at the end of any step of 0.1 ms. */
static double furthest_apart(const membrane_case *of, double resolution_ms)
{
    double exact[64], grid[64], worst = 0.0;
    rig a, b;
    hk_population *p = open_membranes(&a, of, HK_EXACT, resolution_ms);
    hk_population *q = open_membranes(&b, of, HK_GRID, resolution_ms);
    for (int step = 0; step < 1000; step++) {
        rig_run(&a, h);
        rig_run(&b, h);
        rig_ok(&a, hk_population_get(p, "v_mv", exact));
        rig_ok(&b, hk_population_get(q, "v_mv", grid));
        for (uint32_t i = 0; i < hk_population_n(p); i++) {
            assert_close(grid[i], exact[i], 1.0); /* numbers at all */
            worst = fmax(worst, fabs(grid[i] - exact[i]));
        }
    }
    assert_true(hk_population_n_spikes(p) == 0 && hk_sim_get_stats(a.sim).synaptic_events > 5000);
    rig_close(&a);
    rig_close(&b);
    return worst;
}

static void below_threshold_linear_models_have_their_exact_potential(void **state)
{
    (void)state;
    const membrane_case cases[] = { { "lif", 0.9, true, 0 },
                                    { "lif_exp", 40.0, true, 2 },
                                    { "lif_exp", 40.0, false, 0 },
                                    { "lif_alpha", 30.0, true, 2 },
                                    { "lif_alpha", 30.0, false, 0 } };
    for (size_t c = 0; c < N_OF(cases); c++)
        assert_close(furthest_apart(&cases[c], h), 0.0, 1e-9);
}

static void below_threshold_conductances_converge_with_order_two(void **state)
{
    (void)state;
    const membrane_case cases[] = { { "lif_cond_exp", 1.2, true, 2 }, { "lif_cond_exp", 1.2, false, 0 } };
    for (size_t c = 0; c < N_OF(cases); c++) {
        double coarse = furthest_apart(&cases[c], h), fine = furthest_apart(&cases[c], h / 8.0);
        print_message("%s: at most %.2g mV apart, %.2g mV in steps an eighth as long\n", cases[c].model, coarse, fine);
        assert_close(log2(coarse / fine) / 3.0, 2.0, 0.1);
        assert_true(coarse < 1e-3);
    }
}

/* --- convergence -------------------------------------------------------------------------------------------------------- */

typedef struct model_case {
    const char *model;
    double weight, drive_pa; /* of the inputs; above threshold */
} model_case;

enum { N_CELLS = 60, K_FIRST = 6, N_HALVINGS = 6 };
static const double input_ms = 120.0;

/* Unconnected neurons with constant currents above threshold, and inputs at any time. Times of the first spikes of each. */
static void first_spikes(const model_case *of, hk_integrator integrator, double resolution_ms,
                         double times_ms[N_CELLS][K_FIRST])
{
    rig r = open_as(integrator, resolution_ms);
    raster s;
    hk_projection *projection;
    hk_population *given = rig_neurons(&r, "given", "spike_source", N_CELLS);
    hk_population *p = rig_neurons(&r, "cells", of->model, N_CELLS);
    hk_stream draw = hk_stream_open(3, HK_PURPOSE_TEST, 3, 0);
    spread(&r, p, "i_e_pa", of->drive_pa, 0.1 * of->drive_pa);
    rig_set(&r, p, "t_ref_ms", 1.6);
    for (uint32_t k = 0; k < 900; k++)
        rig_give(&r, given, k % N_CELLS, input_ms * hk_stream_uniform(&draw));
    rig_ok(&r, hk_projection_create(r.sim,
                                    &(hk_projection_config){ .pre = given,
                                                             .post = p,
                                                             .connect = HK_ONE_TO_ONE,
                                                             .weight = hk_constant(of->weight),
                                                             .delay_ms = hk_constant(1.6) },
                                    &projection));
    raster_of(&r, &s, p);
    rig_run(&r, input_ms);
    unsigned n_seen[N_CELLS] = { 0 };
    for (size_t k = 0; k < s.n; k++) {
        uint32_t i = s.spikes[k].neuron;
        if (n_seen[i] < K_FIRST)
            times_ms[i][n_seen[i]++] = raster_ms(&r, &s, k);
    }
    for (uint32_t i = 0; i < N_CELLS; i++)
        assert_int_equal(n_seen[i], K_FIRST);
    raster_free(&s);
    rig_close(&r);
}

static void spike_times_converge_to_the_exact_ones_with_order_one(void **state)
{
    (void)state;
    const model_case cases[] = {
        { "lif", 0.4, 700.0 }, { "lif_exp", 40.0, 700.0 }, { "lif_alpha", 30.0, 700.0 }, { "lif_cond_exp", 0.6, 700.0 }
    };
    static double exact[N_CELLS][K_FIRST], found[N_CELLS][K_FIRST];
    for (size_t c = 0; c < N_OF(cases); c++) {
        double error[N_HALVINGS], slope = 0.0, middle = 0.5 * (N_HALVINGS - 1), squares = 0.0;
        if (hk_neuron_model_find(cases[c].model)->on_grid == NULL)
            continue;
        first_spikes(&cases[c], HK_EXACT, 0.1, exact);
        for (int k = 0; k < N_HALVINGS; k++) {
            double resolution_ms = 0.1 / (1 << k), sum = 0.0;
            first_spikes(&cases[c], HK_GRID, resolution_ms, found);
            for (int i = 0; i < N_CELLS; i++)
                for (int j = 0; j < K_FIRST; j++)
                    sum += fabs(found[i][j] - exact[i][j]);
            error[k] = sum / (N_CELLS * K_FIRST);
            print_message("%s, steps of %.6g ms: %.3g ms off, %.3g steps\n", cases[c].model, resolution_ms, error[k],
                          error[k] / resolution_ms);
            assert_true(error[k] < 4.0 * resolution_ms && error[k] > 0.2 * resolution_ms);
        }
        for (int k = 0; k < N_HALVINGS; k++) {
            slope += (k - middle) * -log2(error[k]);
            squares += (k - middle) * (k - middle);
        }
        assert_close(slope / squares, 1.0, 0.1); /* the order */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_all_events_on_the_grid_lif_gives_the_exact_spikes),
        cmocka_unit_test(below_threshold_currents_add_up_to_their_closed_form),
        cmocka_unit_test(below_threshold_linear_models_have_their_exact_potential),
        cmocka_unit_test(below_threshold_conductances_converge_with_order_two),
        cmocka_unit_test(spike_times_converge_to_the_exact_ones_with_order_one),
    };
    return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
