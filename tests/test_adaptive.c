/* tests/test_adaptive.c - thresholds that rise with each spike and decay, against closed forms. */
#include "tests/odd_neurons.h"

/* One odd neuron under a constant current, whose threshold decays with that time constant; its spikes go to `spikes`. */
static hk_population *driven(rig *r, const char *model, double i_e_pa, double tau_theta_ms, raster *spikes)
{
    *r = rig_open();
    hk_population *p = odd_neurons(r, model, 1);
    rig_set(r, p, "i_e_pa", i_e_pa);
    rig_set(r, p, "tau_theta_ms", tau_theta_ms);
    raster_of(r, spikes, p);
    return p;
}

static void close_driven(rig *r, raster *spikes)
{
    raster_free(spikes);
    rig_close(r);
}

static void each_spike_raises_the_threshold_and_lengthens_the_interval(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(leaky); m++) {
        rig r;
        raster spikes;
        hk_population *p = driven(&r, leaky[m], 363.7, 1e12, &spikes);
        rig_set(&r, p, "theta_plus_mv", 1.31);
        rig_run(&r, 1000.0);
        double inf = odd[E_L] + odd[TAU_M] / odd[C_M] * 363.7, from = odd[E_L], at = 0.0;
        size_t n = (size_t)ceil((inf - odd[V_TH]) / 1.31); /* then the threshold is out of reach */
        assert_int_equal(spikes.n, n);
        for (size_t k = 0; k < n; k++) {
            at += odd[TAU_M] * log((from - inf) / (odd[V_TH] + 1.31 * (double)k - inf));
            assert_close(raster_ms(&r, &spikes, k), at, 1e-7); /* 1e12 ms are not for ever */
            at += odd[T_REF];
            from = odd[V_RESET];
        }
        assert_close(rig_get(&r, p, "theta_mv", 0), 1.31 * (double)n, 1e-7);
        close_driven(&r, &spikes);
    }
}

/* tau_theta = tau_m: with y = exp(-s / tau), s since the end of refractoriness, v_inf - v_th = y ((v_inf - v_reset) + theta). */
static void an_increment_that_decays_like_the_membrane_has_a_closed_interval(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(leaky); m++) {
        rig r;
        raster spikes;
        hk_population *p = driven(&r, leaky[m], 363.7, odd[TAU_M], &spikes);
        rig_set(&r, p, "theta_plus_mv", 6.31);
        rig_run(&r, 900.0);
        assert_true(spikes.n > 20);
        double inf = odd[E_L] + odd[TAU_M] / odd[C_M] * 363.7, from = odd[E_L], at = 0.0, theta = 0.0, rest = 0.0;
        for (size_t k = 0; k < spikes.n; k++) {
            theta *= exp(-rest / odd[TAU_M]);
            double s = odd[TAU_M] * log(((inf - from) + theta) / (inf - odd[V_TH]));
            at += s;
            assert_close(raster_ms(&r, &spikes, k), at, 1e-12 * (double)(k + 3));
            theta = theta * exp(-s / odd[TAU_M]) + 6.31;
            at += rest = odd[T_REF];
            from = odd[V_RESET];
        }
        close_driven(&r, &spikes);
    }
}

static void a_threshold_that_falls_to_a_resting_potential_makes_it_spike(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(leaky); m++) {
        rig r;
        raster spikes;
        hk_population *p = driven(&r, leaky[m], 263.7, 37.1, &spikes);
        double inf = odd[E_L] + odd[TAU_M] / odd[C_M] * 263.7;
        rig_set(&r, p, "v_mv", inf);
        rig_set(&r, p, "theta_mv", 43.2);
        rig_run(&r, 100.0);
        assert_true(spikes.n >= 1);
        assert_close(raster_ms(&r, &spikes, 0), 37.1 * log(43.2 / (inf - odd[V_TH])), 1e-12);
        close_driven(&r, &spikes);
    }
}

/* Homeostasis can lower a threshold below rest: the neuron then spikes by itself, also when an input has only brought it
 * nearer. */
static void a_threshold_below_rest_is_crossed_on_the_way_back_from_an_inhibition(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_OF(leaky); m++) {
        rig r;
        raster spikes;
        hk_population *p = driven(&r, leaky[m], 0.0, 1e12, &spikes), *in = rig_neurons(&r, "in", "spike_source", 1);
        rig_set(&r, p, "v_reset_mv", -90.0);
        rig_set(&r, p, "v_mv", -88.0);
        rig_set(&r, p, "theta_mv", -20.0); /* -74.1, rest is -68.35 */
        if (m == 0)
            rig_wire(&r, in, 0, p, 0, -1.7, 0.1);
        rig_give(&r, in, 0, 0.2371);
        rig_run(&r, 99.0);
        double d = m == 0 ? (-88.0 - odd[E_L]) * exp(-0.3371 / odd[TAU_M]) - 1.7 : -88.0 - odd[E_L];
        double since = m == 0 ? 0.3371 : 0.0;
        double first = since + odd[TAU_M] * log(d / (odd[V_TH] - 20.0 - odd[E_L]));
        double next = odd[T_REF] + odd[TAU_M] * log((-90.0 - odd[E_L]) / (odd[V_TH] - 20.0 - odd[E_L]));
        assert_int_equal(spikes.n, (size_t)floor((99.0 - first) / next) + 1);
        for (size_t k = 0; k < spikes.n; k++)
            assert_close(raster_ms(&r, &spikes, k), first + (double)k * next, 1e-7);
        close_driven(&r, &spikes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_spike_raises_the_threshold_and_lengthens_the_interval),
        cmocka_unit_test(an_increment_that_decays_like_the_membrane_has_a_closed_interval),
        cmocka_unit_test(a_threshold_that_falls_to_a_resting_potential_makes_it_spike),
        cmocka_unit_test(a_threshold_below_rest_is_crossed_on_the_way_back_from_an_inhibition),
    };
    return cmocka_run_group_tests_name("adaptive", tests, NULL, NULL);
}
