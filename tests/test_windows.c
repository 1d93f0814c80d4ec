/* tests/test_windows.c - the length of a window is no part of the result: delays of hundreds of membrane time constants make
 * long windows, in which the models' scaled coordinates have to be moved from far away. */
#include "tests/sim_rig.h"

#include "sim/rng.h"

enum { N = 9, N_GIVEN = 300 };
static const double duration_ms = 900.0;

/* Fast neurons under random input, and a synapse between neurons whose delay sets the window. */
static void run_with_window(const char *model, double window_ms, bool per_neuron, raster *all)
{
    rig r = rig_open();
    hk_population *inputs = rig_neurons(&r, "inputs", "spike_source", N);
    hk_population *neurons = rig_neurons(&r, "neurons", model, N), *idle = rig_neurons(&r, "idle", model, 1);
    bool exponential = strcmp(model, "lif_exp") == 0;
    static const double tau_m_ms[N] = { 0.11, 0.13, 0.17, 0.11, 0.3, 0.11, 0.2, 0.11, 0.15 };
    rig_ok(&r, hk_population_set(neurons, "tau_m_ms", tau_m_ms, per_neuron ? N : 1));
    rig_set(&r, neurons, "t_ref_ms", 0.25);
    rig_set(&r, neurons, "theta_plus_mv", 1.5);
    rig_set(&r, neurons, "tau_theta_ms", 40.0);
    if (exponential) {
        rig_set(&r, neurons, "tau_syn_ex_ms", 0.7);
        rig_set(&r, neurons, "c_m_pf", 1.0);
    }
    hk_projection *ignored;
    hk_projection_config in = { .pre = inputs,
                                .post = neurons,
                                .connect = HK_ALL_TO_ALL,
                                .weight = hk_constant(exponential ? 170.0 : 9.0),
                                .delay_ms = hk_constant(0.1) };
    hk_projection_config between = { .pre = idle,
                                     .post = idle,
                                     .connect = HK_ALL_TO_ALL,
                                     .pairs = HK_PAIRS_AUTAPSES,
                                     .weight = hk_constant(0.0),
                                     .delay_ms = hk_constant(window_ms) };
    rig_ok(&r, hk_projection_create(r.sim, &in, &ignored));
    rig_ok(&r, hk_projection_create(r.sim, &between, &ignored));
    hk_stream draw = hk_stream_open(2385, HK_PURPOSE_TEST, 4, 0);
    for (int k = 0; k < N_GIVEN; k++) { /* pairs of inputs in three bursts: a quarter of a second is a long pause */
        double at = 300.0 * (k % 3) + 50.0 * hk_stream_uniform(&draw);
        rig_give(&r, inputs, (uint32_t)hk_stream_below(&draw, N), at);
        rig_give(&r, inputs, (uint32_t)hk_stream_below(&draw, N), at + 0.06 * hk_stream_uniform(&draw));
    }
    raster_of(&r, all, neurons);
    rig_run(&r, duration_ms);
    rig_close(&r);
}

static void assert_same_spikes(const raster *a, const raster *b)
{
    assert_true(a->n > 200);
    assert_int_equal(a->n, b->n);
    for (size_t k = 0; k < a->n; k++) {
        assert_int_equal(a->spikes[k].neuron, b->spikes[k].neuron);
        assert_close(hk_time_between_ms(a->spikes[k].time, b->spikes[k].time, 0.1), 0.0, 1e-11);
    }
}

static void a_window_of_thousands_of_time_constants_gives_the_same_spikes(void **state)
{
    static const char *const models[] = { "lif", "lif_exp" };
    static const double windows_ms[] = { 7.7, 450.0 };
    (void)state;
    for (size_t m = 0; m < N_OF(models); m++)
        for (int per_neuron = 0; per_neuron < 2; per_neuron++) {
            raster narrow, wide;
            run_with_window(models[m], 0.1, per_neuron, &narrow);
            for (size_t k = 0; k < N_OF(windows_ms); k++) {
                run_with_window(models[m], windows_ms[k], per_neuron, &wide);
                assert_same_spikes(&narrow, &wide);
                raster_free(&wide);
            }
            raster_free(&narrow);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_of_thousands_of_time_constants_gives_the_same_spikes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
