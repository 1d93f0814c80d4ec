/* tests/test_neurons.c - lif, lif_exp and lif_alpha against closed forms: one neuron, few inputs. */
#include "tests/odd_neurons.h"

#include <gsl/gsl_sf_lambert.h>

static double v_of(rig *r, hk_population *p)
{
    return rig_get(r, p, "v_mv", 0);
}

/* --- constant current ------------------------------------------------------------------------------------------- */

static void constant_current_gives_the_interval_of_the_closed_form(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(leaky); m++)
        for (int k = 0; k < 3; k++) {
            const double t_ref = (const double[]){ 2.385, 0.0, 0.1 }[k];
            rig r = rig_open();
            raster spikes;
            hk_population *p = odd_neurons(&r, leaky[m], 1);
            rig_set(&r, p, "t_ref_ms", t_ref);
            rig_set(&r, p, "i_e_pa", 263.7);
            double inf = odd[E_L] + odd[TAU_M] / odd[C_M] * 263.7;
            double first = odd[TAU_M] * log((odd[E_L] - inf) / (odd[V_TH] - inf));
            double next = t_ref + odd[TAU_M] * log((odd[V_RESET] - inf) / (odd[V_TH] - inf));
            raster_of(&r, &spikes, p);
            rig_run(&r, 2000.0);
            assert_int_equal(spikes.n, (size_t)floor((2000.0 - first) / next) + 1);
            for (size_t i = 0; i < spikes.n; i++)
                assert_close(raster_ms(&r, &spikes, i), first + (double)i * next, 2e-12 * (double)(i + 2));
            raster_free(&spikes);
            rig_close(&r);
        }
}

static void current_below_rheobase_never_fires_and_settles_at_v_inf(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(leaky); m++) {
        rig r = rig_open();
        hk_population *p = odd_neurons(&r, leaky[m], 1);
        double rheobase = (odd[V_TH] - odd[E_L]) * odd[C_M] / odd[TAU_M];
        rig_set(&r, p, "i_e_pa", rheobase * (1.0 - 1e-9));
        rig_run(&r, 5000.0);
        assert_int_equal(hk_population_n_spikes(p), 0);
        assert_close(v_of(&r, p), odd[V_TH], 2e-8);
        rig_set(&r, p, "i_e_pa", rheobase * (1.0 + 1e-9));
        rig_run(&r, 5000.0);
        assert_true(hk_population_n_spikes(p) > 0);
        rig_close(&r);
    }
}

static void a_scheduled_current_is_integrated_piece_by_piece(void **state)
{
    (void)state;
    const double at[3] = { 3.7, 11.2, 40.0 }, pa[3] = { 100.0, 650.0, -50.0 };
    for (size_t m = 0; m < N_OF(leaky); m++) {
        rig r = rig_open();
        raster spikes;
        hk_population *p = odd_neurons(&r, leaky[m], 1);
        rig_ok(&r, hk_population_schedule(p, "i_e_pa", 3, at, pa));
        raster_of(&r, &spikes, p);
        rig_run(&r, 11.2);
        double d = odd[TAU_M] / odd[C_M] * pa[0] * -expm1(-(at[1] - at[0]) / odd[TAU_M]);
        assert_close(v_of(&r, p), odd[E_L] + d, 1e-12);
        double inf = odd[E_L] + odd[TAU_M] / odd[C_M] * pa[1];
        double first = at[1] + odd[TAU_M] * log((odd[E_L] + d - inf) / (odd[V_TH] - inf));
        double next = odd[T_REF] + odd[TAU_M] * log((odd[V_RESET] - inf) / (odd[V_TH] - inf));
        rig_run(&r, 60.0);
        size_t n = (size_t)floor((at[2] - first) / next) + 1;
        assert_int_equal(spikes.n, n); /* what was foreseen for after 40 ms does not come */
        for (size_t i = 0; i < n; i++)
            assert_close(raster_ms(&r, &spikes, i), first + (double)i * next, 1e-12 * (double)(i + 3));
        raster_free(&spikes);
        rig_close(&r);
    }
}

/* --- one input, two inputs ---------------------------------------------------------------------------------------- */

static void one_input_to_lif_jumps_and_decays(void **state)
{
    (void)state;
    const double weights[] = { 9.73, -14.2 };
    for (size_t k = 0; k < N_OF(weights); k++) {
        rig r = rig_open();
        hk_population *p = odd_neurons(&r, "lif", 1), *in = rig_neurons(&r, "in", "spike_source", 1);
        rig_wire(&r, in, 0, p, 0, weights[k], 1.7);
        rig_give(&r, in, 0, 3.0371);
        rig_run(&r, 4.7); /* 0.0371 ms before the arrival */
        assert_close(v_of(&r, p), odd[E_L], 0.0);
        for (double t = 4.8; t < 300.0; t += 1.7) {
            rig_run(&r, t == 4.8 ? 0.1 : 1.7);
            double s = hk_sim_now_ms(r.sim) - 4.7371;
            assert_close(v_of(&r, p), odd[E_L] + weights[k] * exp(-s / odd[TAU_M]), 2e-14);
        }
        assert_int_equal(hk_population_n_spikes(p), 0);
        rig_close(&r);
    }
}

static double kernel_ms(double s, double tau_m, double tau)
{
    double a = 1.0 / tau_m - 1.0 / tau;
    return a == 0.0 ? s * exp(-s / tau_m) : exp(-s / tau_m) * expm1(a * s) / a;
}

static void one_input_to_lif_exp_is_a_difference_of_exponentials(void **state)
{
    (void)state;
    const double weights[] = { 231.7, -385.0 }, taus[] = { 0.37, 2.0, 17.31, 17.3100001, 90.0 };
    for (size_t k = 0; k < N_OF(weights); k++)
        for (size_t j = 0; j < N_OF(taus); j++) {
            rig r = rig_open();
            hk_population *p = odd_neurons(&r, "lif_exp", 1), *in = rig_neurons(&r, "in", "spike_source", 1);
            rig_set(&r, p, "v_th_mv", 100.0);
            rig_set(&r, p, k == 0 ? "tau_syn_ex_ms" : "tau_syn_in_ms", taus[j]);
            rig_set(&r, p, k == 0 ? "tau_syn_in_ms" : "tau_syn_ex_ms", 3.3);
            rig_wire(&r, in, 0, p, 0, weights[k], 1.7);
            rig_give(&r, in, 0, 3.0371);
            rig_run(&r, 4.7);
            assert_close(v_of(&r, p), odd[E_L], 1e-13);
            for (double t = 4.8; t < 300.0; t += 1.7) {
                rig_run(&r, t == 4.8 ? 0.1 : 1.7);
                double s = hk_sim_now_ms(r.sim) - 4.7371;
                assert_close(v_of(&r, p), odd[E_L] + weights[k] / odd[C_M] * kernel_ms(s, odd[TAU_M], taus[j]), 1e-12);
                assert_close(rig_get(&r, p, k == 0 ? "i_syn_ex_pa" : "i_syn_in_pa", 0), weights[k] * exp(-s / taus[j]),
                             1e-12 * fabs(weights[k]));
            }
            rig_close(&r);
        }
}

static void lif_spikes_when_the_second_of_two_inputs_comes_soon_enough(void **state)
{
    (void)state;
    const double w1 = 9.31, w2 = 8.07, need = odd[V_TH] - odd[E_L];
    const double latest = odd[TAU_M] * log(w1 / (need - w2)); /* w1 exp(-latest / tau) + w2 = need */
    for (int late = 0; late < 2; late++) {
        rig r = rig_open();
        raster spikes;
        hk_population *p = odd_neurons(&r, "lif", 1), *in = rig_neurons(&r, "in", "spike_source", 2);
        rig_wire(&r, in, 0, p, 0, w1, 0.1);
        rig_wire(&r, in, 1, p, 0, w2, 0.1);
        rig_give(&r, in, 0, 2.385);
        double second = 2.385 + latest * (late ? 1.0 + 1e-12 : 1.0 - 1e-12);
        rig_give(&r, in, 1, second);
        raster_of(&r, &spikes, p);
        rig_run(&r, 50.0);
        assert_int_equal(spikes.n, late ? 0 : 1);
        if (!late)
            assert_close(raster_ms(&r, &spikes, 0), second + 0.1, 1e-14);
        raster_free(&spikes);
        rig_close(&r);
    }
}

/* With tau_syn = tau_m / 2 and y = exp(-s / tau_m), v - e_l = (w tau_m / c_m) (y - y^2): crossings are roots of a quadratic. */
static void lif_exp_crosses_where_the_quadratic_of_two_inputs_says(void **state)
{
    (void)state;
    const double w1 = 900.0, w2 = 613.0, gap_ms = 4.3217, need = odd[V_TH] - odd[E_L];
    for (int n = 1; n <= 2; n++) {
        rig r = rig_open();
        raster spikes;
        hk_population *p = odd_neurons(&r, "lif_exp", 1), *in = rig_neurons(&r, "in", "spike_source", 2);
        rig_set(&r, p, "tau_syn_ex_ms", odd[TAU_M] / 2.0);
        rig_wire(&r, in, 0, p, 0, n == 1 ? w1 : 0.7 * w1, 1.1);
        rig_wire(&r, in, 1, p, 0, w2, 1.1);
        rig_give(&r, in, 0, 1.2345);
        if (n == 2)
            rig_give(&r, in, 1, 1.2345 + gap_ms);
        double scale = odd[TAU_M] / odd[C_M], up = exp(gap_ms / odd[TAU_M]);
        double a = n == 1 ? w1 : 0.7 * w1 + w2 * up * up, b = n == 1 ? w1 : 0.7 * w1 + w2 * up, c = need / scale;
        double y = (b + sqrt(b * b - 4.0 * a * c)) / (2.0 * a); /* a y^2 - b y + c = 0, the earlier of the two */
        raster_of(&r, &spikes, p);
        rig_run(&r, 20.0);
        assert_true(spikes.n >= 1);
        assert_close(raster_ms(&r, &spikes, 0), 1.2345 + 1.1 - odd[TAU_M] * log(y), 1e-12);
        raster_free(&spikes);
        rig_close(&r);
    }
}

static void lif_exp_with_equal_time_constants_crosses_where_lambert_says(void **state)
{
    (void)state;
    rig r = rig_open();
    raster spikes;
    hk_population *p = odd_neurons(&r, "lif_exp", 1), *in = rig_neurons(&r, "in", "spike_source", 1);
    rig_set(&r, p, "tau_syn_ex_ms", odd[TAU_M]);
    rig_wire(&r, in, 0, p, 0, 555.5, 0.4);
    rig_give(&r, in, 0, 1.2345);
    raster_of(&r, &spikes, p);
    rig_run(&r, 30.0);
    double q = (odd[V_TH] - odd[E_L]) * odd[C_M] / 555.5; /* s exp(-s / tau) = q */
    assert_true(spikes.n >= 1);
    assert_close(raster_ms(&r, &spikes, 0), 1.6345 - odd[TAU_M] * gsl_sf_lambert_W0(-q / odd[TAU_M]), 1e-12);
    raster_free(&spikes);
    rig_close(&r);
}

static void a_potential_that_meets_the_threshold_exactly_is_a_spike(void **state)
{
    (void)state;
    for (int below = 0; below < 2; below++) {
        rig r = rig_open();
        hk_population *p = rig_neurons(&r, "p", "lif", 1), *in = rig_neurons(&r, "in", "spike_source", 1);
        rig_set(&r, p, "e_l_mv", 0.0);
        rig_set(&r, p, "v_mv", 0.0);
        rig_set(&r, p, "v_reset_mv", -1.0);
        rig_set(&r, p, "v_th_mv", 16.0);
        rig_wire(&r, in, 0, p, 0, below ? nextafter(16.0, 0.0) : 16.0, 0.1);
        rig_give(&r, in, 0, 0.03);
        rig_run(&r, 1.0);
        assert_int_equal(hk_population_n_spikes(p), below ? 0 : 1);
        rig_close(&r);
    }
}

/* --- simultaneous inputs -------------------------------------------------------------------------------------------- */

static void inputs_of_one_instant_are_summed_before_the_threshold_is_tested(void **state)
{
    (void)state;
    for (int enough = 0; enough < 2; enough++)
        for (int on_grid = 0; on_grid < 2; on_grid++) {
            rig r = rig_open();
            raster spikes;
            hk_population *p = odd_neurons(&r, "lif", 1), *in = rig_neurons(&r, "in", "spike_source", 3);
            rig_wire(&r, in, 0, p, 0, 31.0, 0.5); /* each alone would do */
            rig_wire(&r, in, 1, p, 0, -47.0, 0.3);
            rig_wire(&r, in, 2, p, 0, enough ? 31.0 : 30.0, 0.1);
            const double at = on_grid ? 1.0 : 1.0371; /* arrives at 1.5 + ... by three ways */
            const hk_time arrival = hk_time_from_ms(at + 0.5, 0.1);
            for (uint32_t i = 0; i < 3; i++)
                rig_give(&r, in, i,
                         hk_time_to_ms((hk_time){ arrival.step - (int64_t[]){ 5, 3, 1 }[i], arrival.offset }, 0.1));
            raster_of(&r, &spikes, p);
            rig_run(&r, 1.7);
            double sum = 31.0 - 47.0 + (enough ? 31.0 : 30.0);
            assert_int_equal(spikes.n, enough ? 1 : 0);
            if (enough)
                assert_close(raster_ms(&r, &spikes, 0), at + 0.5, 1e-14);
            else
                assert_close(v_of(&r, p), odd[E_L] + sum * exp(-(1.7 - at - 0.5) / odd[TAU_M]), 1e-13);
            raster_free(&spikes);
            rig_close(&r);
        }
}

/* 0.3 ms given as a literal is not 3 * 0.1 in binary, but it is the same step of the grid. */
static void decimal_times_that_look_simultaneous_are(void **state)
{
    (void)state;
    for (int tenths = 2; tenths < 400; tenths++) {
        rig r = rig_open();
        hk_population *p = odd_neurons(&r, "lif", 1), *in = rig_neurons(&r, "in", "spike_source", 2);
        rig_wire(&r, in, 0, p, 0, 31.0, 0.1);
        rig_wire(&r, in, 1, p, 0, -31.0, 0.2);
        rig_give(&r, in, 0, tenths / 10.0);
        rig_give(&r, in, 1, (tenths - 1) / 10.0);
        rig_run(&r, 41.0);
        if (hk_population_n_spikes(p) != 0)
            print_error("%.1f + 0.1 ms and %.1f + 0.2 ms are not simultaneous\n", tenths / 10.0, (tenths - 1) / 10.0);
        assert_int_equal(hk_population_n_spikes(p), 0);
        rig_close(&r);
    }
}

static void currents_of_one_instant_start_together(void **state)
{
    (void)state;
    rig r = rig_open();
    hk_population *p = odd_neurons(&r, "lif_exp", 1), *in = rig_neurons(&r, "in", "spike_source", 2);
    rig_set(&r, p, "tau_syn_ex_ms", 1.3);
    rig_set(&r, p, "tau_syn_in_ms", 4.7);
    rig_wire(&r, in, 0, p, 0, 700.0, 0.2);
    rig_wire(&r, in, 1, p, 0, -900.0, 0.2);
    rig_wire(&r, in, 1, p, 0, 111.0, 0.2);
    rig_give(&r, in, 0, 0.5385);
    rig_give(&r, in, 1, 0.5385);
    rig_run(&r, 9.9);
    double s = 9.9 - 0.7385;
    assert_close(v_of(&r, p),
                 odd[E_L] + 811.0 / odd[C_M] * kernel_ms(s, odd[TAU_M], 1.3) -
                     900.0 / odd[C_M] * kernel_ms(s, odd[TAU_M], 4.7),
                 1e-12);
    assert_int_equal(hk_population_n_spikes(p), 0);
    rig_close(&r);
}

/* --- refractoriness and delay ----------------------------------------------------------------------------------------- */

static void lif_loses_inputs_while_refractory_and_hears_again_from_its_end_on(void **state)
{
    (void)state;
    rig r = rig_open();
    hk_population *p = odd_neurons(&r, "lif", 1), *in = rig_neurons(&r, "in", "spike_source", 1);
    rig_set(&r, p, "t_ref_ms", 2.5); /* whole steps: the end can be met exactly */
    rig_wire(&r, in, 0, p, 0, 31.0, 0.1);
    const hk_time first = { .step = 11, .offset = 0.0371 };
    const int64_t later[] = { 0, 1, 20, 24 };
    for (size_t k = 0; k < N_OF(later); k++)
        rig_give(&r, in, 0, hk_time_to_ms((hk_time){ first.step + later[k], first.offset }, 0.1));
    rig_run(&r, 3.7);
    assert_int_equal(hk_population_n_spikes(p), 1);
    assert_close(v_of(&r, p), odd[V_RESET], 0.0);
    rig_run(&r, 0.1); /* refractoriness ended at 3.7371 ms */
    double s = 3.8 - 3.7371;
    assert_close(v_of(&r, p), odd[E_L] + (odd[V_RESET] - odd[E_L]) * exp(-s / odd[TAU_M]), 1e-13);
    rig_give(&r, in, 0, 3.9);
    rig_run(&r, 0.3);
    assert_int_equal(hk_population_n_spikes(p), 2);
    rig_give(&r, in, 0, hk_time_to_ms((hk_time){ 38 + 25, 0.1 }, 0.1)); /* arrives when it ends: heard */
    rig_run(&r, 4.0);
    assert_int_equal(hk_population_n_spikes(p), 3);
    rig_close(&r);
}

static void currents_of_lif_exp_go_on_while_refractory(void **state)
{
    (void)state;
    rig r = rig_open();
    raster spikes;
    hk_population *p = odd_neurons(&r, "lif_exp", 1), *in = rig_neurons(&r, "in", "spike_source", 1);
    rig_set(&r, p, "tau_syn_ex_ms", 1.3);
    rig_set(&r, p, "v_mv", odd[V_TH]); /* at threshold: spikes at 0 ms */
    rig_wire(&r, in, 0, p, 0, 231.7, 0.1);
    rig_give(&r, in, 0, 0.9371); /* arrives at 1.0371, refractory until 2.385 */
    raster_of(&r, &spikes, p);
    rig_run(&r, 2.3);
    assert_int_equal(spikes.n, 1);
    assert_close(raster_ms(&r, &spikes, 0), 0.0, 0.0);
    assert_close(v_of(&r, p), odd[V_RESET], 0.0);
    assert_close(rig_get(&r, p, "i_syn_ex_pa", 0), 231.7 * exp(-(2.3 - 1.0371) / 1.3), 1e-12);
    rig_run(&r, 5.0);
    double s = 7.3 - 2.385, i = 231.7 * exp(-(2.385 - 1.0371) / 1.3);
    assert_close(v_of(&r, p),
                 odd[E_L] + (odd[V_RESET] - odd[E_L]) * exp(-s / odd[TAU_M]) +
                     i / odd[C_M] * kernel_ms(s, odd[TAU_M], 1.3),
                 1e-12);
    raster_free(&spikes);
    rig_close(&r);
}

static void an_input_arrives_after_whole_steps_with_its_offset_untouched(void **state)
{
    (void)state;
    const int steps[] = { 1, 7, 150, 12345 };
    for (size_t k = 0; k < N_OF(steps); k++) {
        rig r = rig_open();
        raster spikes;
        hk_population *p = odd_neurons(&r, "lif", 1), *in = rig_neurons(&r, "in", "spike_source", 1);
        rig_wire(&r, in, 0, p, 0, 31.0, steps[k] * 0.1);
        const hk_time at = hk_time_from_ms(123.4567890123, 0.1);
        rig_give(&r, in, 0, 123.4567890123);
        raster_of(&r, &spikes, p);
        rig_run(&r, 130.0 + steps[k] * 0.1);
        assert_int_equal(spikes.n, 1);
        assert_true(spikes.spikes[0].time.step == at.step + steps[k]);
        assert_true(spikes.spikes[0].time.offset == at.offset);
        raster_free(&spikes);
        rig_close(&r);
    }
}

/* --- changes between runs ------------------------------------------------------------------------------------------------- */

static void a_change_of_state_inside_a_window_takes_back_what_was_foreseen(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(leaky); m++)
        for (int how = 0; how < 3; how++) {
            rig r = rig_open();
            hk_population *p = odd_neurons(&r, leaky[m], 1);
            rig_set(&r, p, "i_e_pa", 263.7);
            rig_set(&r, p, "v_mv", odd[V_TH] - 2.0); /* would spike at about 5 ms, windows are of 100 ms */
            rig_run(&r, 1.0);
            if (how == 0)
                rig_set(&r, p, "v_mv", -90.0);
            else if (how == 1)
                rig_set(&r, p, "i_e_pa", 0.0);
            else
                rig_set(&r, p, "theta_mv", 50.0);
            rig_run(&r, 13.0);
            assert_int_equal(hk_population_n_spikes(p), 0);
            rig_close(&r);
        }
}

static void setting_reading_and_settling_work_after_a_long_silence(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(leaky); m++) {
        rig r = rig_open();
        hk_population *p = odd_neurons(&r, leaky[m], 2), *in = rig_neurons(&r, "in", "spike_source", 1);
        rig_wire(&r, in, 0, p, 0, m == 0 ? 5.0 : 100.0, 0.1);
        rig_give(&r, in, 0, 1.0);
        rig_run(&r, 1e5); /* thousands of time constants */
        assert_close(v_of(&r, p), odd[E_L], 1e-12);
        rig_set(&r, p, "v_mv", -60.5);
        assert_close(v_of(&r, p), -60.5, 1e-13);
        rig_run(&r, 10.0);
        assert_close(v_of(&r, p), odd[E_L] + (-60.5 - odd[E_L]) * exp(-10.0 / odd[TAU_M]), 1e-12);
        rig_run(&r, 1e5);
        rig_ok(&r, hk_sim_settle(r.sim));
        assert_close(v_of(&r, p), odd[E_L], 1e-13);
        double now = hk_sim_now_ms(r.sim);
        rig_give(&r, in, 0, now + 1.0);
        rig_run(&r, 2.0);
        double apart = 1.0 / odd[TAU_M] - 0.5;
        double ramp = (exp(-0.9 / odd[TAU_M]) - exp(-0.9 / 2.0) * (1.0 - 0.9 * apart)) / (apart * apart);
        const double w[] = { 5.0 * exp(-0.9 / odd[TAU_M]), 100.0 / odd[C_M] * kernel_ms(0.9, odd[TAU_M], 2.0),
                             100.0 / odd[C_M] * 0.5 * exp(1.0) * ramp };
        assert_close(v_of(&r, p), odd[E_L] + w[m], 1e-10);
        rig_run(&r, 1e5);
        rig_set(&r, p, "theta_mv", 3.0);
        rig_set(&r, p, "tau_m_ms", 11.0);
        if (m > 0)
            rig_set(&r, p, "i_syn_ex_pa", 12.0);
        rig_run(&r, 1.0);
        assert_close(rig_get(&r, p, "theta_mv", 1), 3.0 * exp(-1.0 / 1e7), 1e-13);
        rig_close(&r);
    }
}

static void what_was_set_is_read_back_and_survives_a_change_of_parameters(void **state)
{
    (void)state;
    rig r = rig_open();
    hk_population *p = odd_neurons(&r, "lif_exp", 3), *in = rig_neurons(&r, "in", "spike_source", 1);
    rig_wire(&r, in, 0, p, 1, 50.0, 0.1);
    rig_give(&r, in, 0, 0.17);
    rig_run(&r, 7.3);
    const double v[3] = { -61.1, -62.2, -63.3 }, ex[3] = { 3.0, 0.0, 17.0 };
    rig_ok(&r, hk_population_set(p, "v_mv", v, 3));
    rig_ok(&r, hk_population_set(p, "i_syn_ex_pa", ex, 3));
    rig_set(&r, p, "i_syn_in_pa", -4.5);
    rig_set(&r, p, "theta_mv", 0.3);
    rig_set(&r, p, "tau_m_ms", 9.1);
    rig_ok(&r, hk_population_set(p, "tau_syn_ex_ms", (const double[]){ 1.0, 2.0, 9.1 }, 3));
    rig_set(&r, p, "c_m_pf", 100.0);
    rig_set(&r, p, "i_e_pa", 20.0);
    for (uint32_t i = 0; i < 3; i++) {
        assert_close(rig_get(&r, p, "v_mv", i), v[i], 1e-12);
        assert_close(rig_get(&r, p, "i_syn_ex_pa", i), ex[i], 1e-13);
        assert_close(rig_get(&r, p, "i_syn_in_pa", i), -4.5, 1e-13);
        assert_close(rig_get(&r, p, "theta_mv", i), 0.3, 1e-13);
    }
    assert_close(rig_get(&r, p, "tau_syn_ex_ms", 2), 9.1, 0.0);
    rig_run(&r, 2.0);
    double inf = odd[E_L] + 9.1 / 100.0 * 20.0, want = inf + (v[2] - inf) * exp(-2.0 / 9.1) +
                                                       17.0 / 100.0 * kernel_ms(2.0, 9.1, 9.1) -
                                                       4.5 / 100.0 * kernel_ms(2.0, 9.1, 2.0);
    assert_close(rig_get(&r, p, "v_mv", 2), want, 1e-12);
    rig_close(&r);
}

static void bad_names_values_and_contradictions_are_refused(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(leaky); m++) {
        rig r = rig_open();
        hk_population *p = odd_neurons(&r, leaky[m], 3);
        const double nan3[3] = { 1.0, (double)NAN, 1.0 };
        rig_gives(&r, hk_population_set_value(p, "tau_m", 10.0), HK_ENAME);
        assert_non_null(strstr(hk_ctx_message(r.ctx), "tau_m_ms")); /* says what there is */
        rig_gives(&r, hk_population_set_value(p, "tau_m_ms", 0.0), HK_ERANGE);
        rig_gives(&r, hk_population_set_value(p, "tau_m_ms", -3.0), HK_ERANGE);
        rig_gives(&r, hk_population_set_value(p, "t_ref_ms", -0.1), HK_ERANGE);
        rig_gives(&r, hk_population_set_value(p, "v_mv", (double)NAN), HK_ERANGE);
        rig_gives(&r, hk_population_set(p, "i_e_pa", nan3, 3), HK_ERANGE);
        assert_non_null(strstr(hk_ctx_message(r.ctx), "[1]"));
        rig_gives(&r, hk_population_set(p, "i_e_pa", nan3, 2), HK_ERANGE);
        rig_gives(&r, hk_population_get(p, "nothing", (double[3]){ 0 }), HK_ENAME);
        assert_close(rig_get(&r, p, "tau_m_ms", 2), odd[TAU_M], 0.0); /* and nothing has changed */
        rig_set(&r, p, "v_reset_mv", odd[V_TH]);
        rig_gives(&r, hk_sim_run(r.sim, 1.0), HK_ERANGE);
        assert_non_null(strstr(hk_ctx_message(r.ctx), "v_reset_mv"));
        rig_set(&r, p, "v_reset_mv", odd[V_RESET]);
        rig_run(&r, 1.0);
        rig_set(&r, p, "tau_m_ms", 0.0019); /* less than a fiftieth of a step */
        rig_gives(&r, hk_sim_run(r.sim, 1.0), HK_ERANGE);
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_current_gives_the_interval_of_the_closed_form),
        cmocka_unit_test(current_below_rheobase_never_fires_and_settles_at_v_inf),
        cmocka_unit_test(a_scheduled_current_is_integrated_piece_by_piece),
        cmocka_unit_test(one_input_to_lif_jumps_and_decays),
        cmocka_unit_test(one_input_to_lif_exp_is_a_difference_of_exponentials),
        cmocka_unit_test(lif_spikes_when_the_second_of_two_inputs_comes_soon_enough),
        cmocka_unit_test(lif_exp_crosses_where_the_quadratic_of_two_inputs_says),
        cmocka_unit_test(lif_exp_with_equal_time_constants_crosses_where_lambert_says),
        cmocka_unit_test(a_potential_that_meets_the_threshold_exactly_is_a_spike),
        cmocka_unit_test(inputs_of_one_instant_are_summed_before_the_threshold_is_tested),
        cmocka_unit_test(decimal_times_that_look_simultaneous_are),
        cmocka_unit_test(currents_of_one_instant_start_together),
        cmocka_unit_test(lif_loses_inputs_while_refractory_and_hears_again_from_its_end_on),
        cmocka_unit_test(currents_of_lif_exp_go_on_while_refractory),
        cmocka_unit_test(an_input_arrives_after_whole_steps_with_its_offset_untouched),
        cmocka_unit_test(a_change_of_state_inside_a_window_takes_back_what_was_foreseen),
        cmocka_unit_test(setting_reading_and_settling_work_after_a_long_silence),
        cmocka_unit_test(what_was_set_is_read_back_and_survives_a_change_of_parameters),
        cmocka_unit_test(bad_names_values_and_contradictions_are_refused),
    };
    return cmocka_run_group_tests_name("neurons", tests, NULL, NULL);
}
