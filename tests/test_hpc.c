/* tests/test_hpc.c - the dense network, with fewer neurons. */
#include "tests/hk_scratch.h"
#include "tests/sim_rig.h"
#include "tests/trial.h"

#include "experiments/hpc.h"
#include "sim/raster.h"
#include "sim/results.h"

static void every_neuron_has_its_indegrees(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS("hpc", "--out", "none", "--set", "neurons=53", "--set", "duration_ms=1"), HK_OK);
    assert_close(number_of(&t, "synapses"), 53.0 * 11250.0, 0.0);
    trial_close(&t);
}

/* The weight, in a neuron of the network that gets one input. */
static void one_excitatory_input_raises_the_potential_by_0_14_mv(void **state)
{
    (void)state;
    static hk_circuit c;
    hk_hpc_describe(&(hk_hpc_config){ .n_neurons = 10, .eta = 1.0, .learns = true }, &c);
    double w = c.projections[0].weight.a, highest = 0.0, at_ms = 0.0;
    assert_close(w, 45.609600316550, 1e-9); /* the original's */
    assert_close(c.projections[2].weight.a, -5.0 * w, 1e-12);
    assert_true(c.projections[0].rule.type == &hk_stdp_pl && c.projections[1].rule.type == NULL);
    rig r = rig_open_as(0.001, 1, NULL);
    hk_population *p = rig_neurons(&r, "p", c.populations[0].model, 1), *in = rig_neurons(&r, "in", "spike_source", 1);
    for (const hk_circuit_value *v = c.populations[0].values; v->name != NULL; v++)
        rig_set(&r, p, v->name, v->value);
    rig_set(&r, p, "v_mv", 0.0);
    rig_wire(&r, in, 0, p, 0, w, 1.5);
    rig_give(&r, in, 0, 0.5);
    rig_run(&r, 2.0);
    for (int step = 1; step < 4000; step++) {
        rig_run(&r, 0.001);
        double v = rig_get(&r, p, "v_mv", 0);
        at_ms = v > highest ? 0.001 * step : at_ms;
        highest = fmax(highest, v);
    }
    assert_close(highest, 0.14, 1e-8);
    assert_close(at_ms, 1.700759, 0.001);
    rig_close(&r);
}

static void the_same_seed_gives_the_same_spikes_for_any_threads(void **state)
{
    (void)state;
    char hashes[3][20];
    static const char *const seeds[] = { "3", "3", "4" }, *const threads[] = { "1", "2", "1" };
    for (size_t k = 0; k < 3; k++) {
        trial t;
        run_it(&t,
               ARGUMENTS("hpc", "--out", "none", "--seed", seeds[k], "--threads", threads[k], "--set", "neurons=100",
                         "--set", "duration_ms=50"),
               HK_OK);
        snprintf(hashes[k], sizeof hashes[k], "%s", value_of(&t, "spike_hash")->text);
        assert_true(number_of(&t, "spikes") > 10.0);
        trial_close(&t);
    }
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_not_equal(hashes[0], hashes[2]);
}

/* Uncorrelated spikes leave w0 (alpha tau_minus / tau_plus)^(1 / (mu - 1)) = 44.5 pA, little below the start, 45.6096 pA. */
static void synapses_between_excitatory_neurons_learn_unless_told_not_to(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS("hpc", "--out", "none", "--set", "neurons=200", "--set", "duration_ms=100", "--set", "eta=4"),
           HK_OK);
    assert_close(number_of(&t, "plastic_synapses"), 160.0 * 9000.0, 0.0);
    assert_close(number_of(&t, "plastic_weight_mean"), 45.6096, 0.05 * 45.6096);
    assert_true(number_of(&t, "plastic_weight_mean") != 45.6096 && number_of(&t, "plastic_weight_sd") > 0.01);
    assert_close(number_of(&t, "plastic_at_bounds"), 0.0, 0.0);
    trial_close(&t);
    run_it(
        &t,
        ARGUMENTS("hpc", "--out", "none", "--set", "neurons=200", "--set", "duration_ms=10", "--set", "plastic=none"),
        HK_OK);
    assert_null(hk_summary_find(hk_run_summary(t.run), "plastic_synapses"));
    assert_close(number_of(&t, "bytes_per_synapse"), 2.0, 0.0);
    trial_close(&t);
}

/* Without inhibition to speak of: eta is small, so that no neuron fires, and v has the mean and the variance of shot noise. */
static void the_drive_lifts_the_mean_potential_as_eta_says(void **state)
{
    (void)state;
    enum { N_NEURONS = 40, N_TIMES = 51 };
    const char *out = scratch_path("drive.h5");
    static double v[N_TIMES * N_NEURONS];
    trial t;
    run_it(&t,
           ARGUMENTS("hpc", "--out", out, "--set", "neurons=50", "--set", "eta=0.3", "--set", "duration_ms=1000",
                     "--set", "probe_ms=20", "--set", "probe_neurons=40"),
           HK_OK);
    assert_close(number_of(&t, "rate_hz"), 0.0, 0.0);
    hk_results *results;
    assert_ok(hk_results_open(t.ctx, out, HK_RESULTS_READ, &results));
    assert_ok(hk_results_get(results, "probes/exc_v_mv/values", HK_F64, v, N_OF(v)));
    hk_results_discard(results);
    double mean = 0.0, n = 0.0;
    for (size_t k = 10 * N_NEURONS; k < N_OF(v); k++, n += 1.0)
        mean += v[k];
    assert_close(mean / n, 0.3 * 20.0, 0.05);
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_neuron_has_its_indegrees),
        cmocka_unit_test(one_excitatory_input_raises_the_potential_by_0_14_mv),
        cmocka_unit_test(the_same_seed_gives_the_same_spikes_for_any_threads),
        cmocka_unit_test(synapses_between_excitatory_neurons_learn_unless_told_not_to),
        cmocka_unit_test(the_drive_lifts_the_mean_potential_as_eta_says),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
