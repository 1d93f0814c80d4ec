/* tests/test_leak.c - codes whose spikes have weights, delivered by synapses that know of none: a membrane that falls by the
 * code's factor from slot to slot ends at the value. */
#include "tests/hk_test.h"

#include "encoders/catalogue.h"
#include "neurons/catalogue.h"
#include "sim/simulation.h"

enum { N = 256 };

/* Every value has a source and a neuron of its own. After the window the potentials are those of the weights, whose sums are
 * `expected` up to a factor. */
static void assert_potentials(const hk_encoder *encoder, const double *params, double window_ms, double tau_m_ms,
                              const float *values, const double *expected)
{
    hk_ctx *ctx = hk_ctx_create();
    hk_sim *sim;
    hk_population *inputs, *neurons;
    hk_projection *synapses;
    double v_mv[N];
    assert_ok(hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = 0.1, .seed = 1 }, &sim));
    assert_ok(hk_population_create(sim, "inputs", hk_neuron_model_find("spike_source"), N, &inputs));
    assert_ok(hk_population_create(sim, "neurons", hk_neuron_model_find("lif"), N, &neurons));
    const char *const names[] = { "tau_m_ms", "e_l_mv", "v_th_mv", "v_reset_mv", "v_mv" };
    const double parameters[] = { tau_m_ms, 0.0, 1e4, 0.0, 0.0 };
    for (size_t k = 0; k < N_OF(names); k++)
        assert_ok(hk_population_set_value(neurons, names[k], parameters[k]));
    assert_ok(hk_projection_create(sim,
                                   &(hk_projection_config){ .pre = inputs,
                                                            .post = neurons,
                                                            .connect = HK_ONE_TO_ONE,
                                                            .weight = hk_constant(3.7),
                                                            .delay_ms = hk_constant(0.1) },
                                   &synapses));
    hk_encoding how = { .values = values, .n = N, .window_ms = window_ms, .params = params, .seed = 1 };
    assert_ok(hk_sim_present(sim, inputs, encoder, &how, 0.0, NULL));
    assert_ok(hk_population_get(neurons, "v_mv", v_mv));
    assert_true(v_mv[N - 1] > 1.0);
    for (int i = 0; i < N; i++)
        assert_close(v_mv[i] / v_mv[N - 1], expected[i] / expected[N - 1], 1e-6);
    hk_sim_destroy(sim);
    hk_ctx_destroy(ctx);
}

static void a_membrane_that_halves_from_phase_to_phase_ends_at_the_value(void **state)
{
    (void)state;
    float values[N];
    double params[8], expected[N];
    for (int i = 0; i < N; i++) {
        values[i] = (float)i / 255.0f;
        expected[i] = i;
    }
    hk_encoder_defaults(&hk_phase, params);
    hk_ctx *ctx = hk_ctx_create();
    assert_ok(hk_encoder_set(ctx, &hk_phase, params, "phase_ms", 2.3));
    assert_ok(hk_encoder_set(ctx, &hk_phase, params, "least_first", 1.0));
    hk_ctx_destroy(ctx);
    assert_potentials(&hk_phase, params, 8 * 2.3, 2.3 / log(2.0), values, expected);
}

static void a_membrane_that_leaks_as_bursts_grow_ends_at_what_the_burst_says(void **state)
{
    (void)state;
    float values[N], decoded[N];
    double params[8], expected[N];
    hk_ctx *ctx = hk_ctx_create();
    hk_spikes_in spikes = { 0 };
    hk_encoder_defaults(&hk_burst, params);
    assert_ok(hk_encoder_set(ctx, &hk_burst, params, "slot_ms", 1.9));
    assert_ok(hk_encoder_set(ctx, &hk_burst, params, "growth", 1.7));
    assert_ok(hk_encoder_set(ctx, &hk_burst, params, "n_max", 7.0));
    assert_ok(hk_encoder_set(ctx, &hk_burst, params, "n_bursts", 1.0));
    for (int i = 0; i < N; i++)
        values[i] = (float)i / 255.0f;
    hk_encoding how = { .values = values, .n = N, .window_ms = 7 * 1.9, .params = params };
    assert_ok(hk_encode(ctx, &hk_burst, &how, &spikes));
    assert_ok(hk_decode(ctx, &hk_burst, &how, &spikes, decoded));
    for (int i = 0; i < N; i++)
        expected[i] = (double)decoded[i];
    assert_potentials(&hk_burst, params, 7 * 1.9, 1.9 / log(1.7), values, expected);
    hk_spikes_in_fini(&spikes);
    hk_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_membrane_that_halves_from_phase_to_phase_ends_at_the_value),
        cmocka_unit_test(a_membrane_that_leaks_as_bursts_grow_ends_at_what_the_burst_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
