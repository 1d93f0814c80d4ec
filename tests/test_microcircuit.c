/* tests/test_microcircuit.c - the table of the cortical microcircuit, and the experiment on a small part of it. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

#include "experiments/microcircuit.h"

#define STEP_MS 0.1

static hk_circuit described(double scale, hk_microcircuit_drive drive, double pulse_hz)
{
    hk_circuit circuit = { .n_populations = 0 };
    hk_microcircuit_config cfg = {
        .scale = scale, .resolution_ms = STEP_MS, .drive = drive, .thalamus = { 700.0, 10.0, pulse_hz }
    };
    hk_microcircuit_describe(&cfg, &circuit);
    return circuit;
}

static void at_full_scale_it_has_the_published_numbers(void **state)
{
    (void)state;
    hk_circuit circuit = described(1.0, HK_MICROCIRCUIT_POISSON, 0.0);
    uint64_t neurons = 0, synapses = 0;
    assert_int_equal(circuit.n_populations, 8);
    assert_int_equal(circuit.n_projections, 55); /* nine pairs have probability 0 */
    for (size_t k = 0; k < circuit.n_populations; k++)
        neurons += circuit.populations[k].n;
    for (size_t k = 0; k < circuit.n_projections; k++)
        synapses += circuit.projections[k].n;
    assert_int_equal(neurons, 77169);
    assert_int_equal(synapses, 298880968);
}

static void out_degrees_are_those_of_the_reference(void **state)
{
    (void)state;
    static const double mean[] = { 4514, 5271, 3278, 6478, 2720, 2982, 2702, 4132 };
    hk_circuit circuit = described(1.0, HK_MICROCIRCUIT_POISSON, 0.0);
    double out[8] = { 0.0 };
    for (size_t k = 0; k < circuit.n_projections; k++)
        out[circuit.projections[k].pre] += (double)circuit.projections[k].n;
    for (int k = 0; k < 8; k++)
        assert_close(out[k] / circuit.populations[k].n, mean[k], 1.0);
}

static void a_weight_raises_the_potential_by_what_it_should(void **state)
{
    (void)state;
    double pa = hk_microcircuit_pa_for_1_mv(), peak_mv = 0.0;
    for (double t = 0.0; t < 10.0; t += 1e-4) /* tau_m 10, tau_syn 0.5 ms, c_m 250 pF */
        peak_mv = fmax(peak_mv, pa / 250.0 / (2.0 - 0.1) * (exp(-0.1 * t) - exp(-2.0 * t)));
    assert_close(peak_mv, 1.0, 1e-8);
    assert_close(0.15 * pa, 87.8, 0.05);
}

static const hk_circuit_projection *between(const hk_circuit *circuit, uint32_t pre, uint32_t post)
{
    for (size_t k = 0; k < circuit->n_projections; k++)
        if (circuit->projections[k].pre == pre && circuit->projections[k].post == post)
            return &circuit->projections[k];
    return NULL;
}

static void weights_follow_their_source_and_the_one_exception(void **state)
{
    (void)state;
    hk_circuit circuit = described(1.0, HK_MICROCIRCUIT_POISSON, 0.0);
    double w = 0.15 * hk_microcircuit_pa_for_1_mv();
    assert_close(between(&circuit, 0, 0)->weight.a, w, 1e-9);
    assert_close(between(&circuit, 2, 0)->weight.a, 2.0 * w, 1e-9); /* L4E to L23E */
    assert_close(between(&circuit, 2, 1)->weight.a, w, 1e-9);
    assert_close(between(&circuit, 3, 0)->weight.a, -4.0 * w, 1e-9);
    assert_null(between(&circuit, 5, 0)); /* L5I to L23E */
    for (size_t k = 0; k < circuit.n_projections; k++) {
        const hk_draw *weight = &circuit.projections[k].weight;
        assert_close(weight->b, 0.1 * fabs(weight->a), 1e-9);
        assert_true(weight->a > 0.0 ? weight->min == 0.0 : weight->max == 0.0);
    }
}

/* Mean current of population k at the rates of the full network, pA. */
static double mean_input_pa(const hk_circuit *circuit, uint32_t k)
{
    const hk_circuit_population *p = &circuit->populations[k];
    double pa = p->i_e_pa + 0.5e-3 * p->drive.rate_hz * p->drive.weight;
    for (uint32_t pre = 0; pre < 8; pre++) {
        const hk_circuit_projection *from = between(circuit, pre, k);
        if (from != NULL)
            pa += 0.5e-3 * (double)from->n / p->n * from->weight.a * hk_microcircuit_rates_hz[pre];
    }
    return pa;
}

/* Sum of squares of weights times rates: proportional to the variance of the current. */
static double input_variance(const hk_circuit *circuit, uint32_t k)
{
    const hk_circuit_population *p = &circuit->populations[k];
    double sum = p->drive.rate_hz * p->drive.weight * p->drive.weight;
    for (uint32_t pre = 0; pre < 8; pre++) {
        const hk_circuit_projection *from = between(circuit, pre, k);
        if (from != NULL)
            sum += (double)from->n / p->n * from->weight.a * from->weight.a * hk_microcircuit_rates_hz[pre];
    }
    return sum;
}

static void scaling_keeps_mean_and_variance_of_the_input(void **state)
{
    (void)state;
    static const double scales[] = { 0.37, 0.05 };
    hk_circuit full = described(1.0, HK_MICROCIRCUIT_POISSON, 0.0);
    for (size_t s = 0; s < N_OF(scales); s++) {
        hk_circuit part = described(scales[s], HK_MICROCIRCUIT_POISSON, 0.0);
        for (uint32_t k = 0; k < 8; k++) {
            assert_close(part.populations[k].n, scales[s] * full.populations[k].n, 0.5);
            /* numbers of neurons are rounded: the smallest population has 53 at a scale of 0.05 */
            assert_close(mean_input_pa(&part, k), mean_input_pa(&full, k), 0.03 * fabs(mean_input_pa(&full, k)) + 2.0);
            assert_close(input_variance(&part, k), input_variance(&full, k), 0.02 * input_variance(&full, k));
        }
    }
}

static void a_constant_current_has_the_mean_of_the_trains(void **state)
{
    (void)state;
    hk_circuit poisson = described(0.2, HK_MICROCIRCUIT_POISSON, 0.0), dc = described(0.2, HK_MICROCIRCUIT_DC, 0.0);
    for (uint32_t k = 0; k < 8; k++) {
        assert_close(mean_input_pa(&dc, k), mean_input_pa(&poisson, k), 1e-9);
        assert_close(dc.populations[k].drive.rate_hz, 0.0, 0.0);
    }
}

static void the_thalamus_is_not_scaled(void **state)
{
    (void)state;
    hk_circuit full = described(1.0, HK_MICROCIRCUIT_POISSON, 120.0);
    hk_circuit part = described(0.1, HK_MICROCIRCUIT_POISSON, 120.0);
    assert_int_equal(part.n_populations, 9);
    assert_int_equal(part.populations[8].n, 902);
    static const uint32_t targets[] = { 2, 3, 6, 7 };
    for (size_t k = 0; k < N_OF(targets); k++) {
        const hk_circuit_projection *a = between(&full, 8, targets[k]), *b = between(&part, 8, targets[k]);
        assert_non_null(a);
        assert_non_null(b);
        double in_full = (double)a->n / full.populations[targets[k]].n,
               in_part = (double)b->n / part.populations[targets[k]].n;
        assert_close(in_part, in_full, 0.005);
        assert_close(b->weight.a, a->weight.a, 0.0);
    }
    assert_close((double)between(&full, 8, 2)->n, -log(1.0 - 0.0983) * 902.0 * 21915.0, 1.0);
    assert_null(between(&full, 8, 0));
}

static void built_it_has_weights_and_delays_as_drawn(void **state)
{
    (void)state;
    hk_ctx *ctx = hk_ctx_create();
    hk_sim *sim;
    hk_population *populations[HK_CIRCUIT_MOST_POPULATIONS];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    hk_circuit circuit = described(0.03, HK_MICROCIRCUIT_DC, 0.0);
    assert_ok(hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = STEP_MS, .seed = 5 }, &sim));
    assert_ok(hk_circuit_build(sim, &circuit, populations, rules));
    for (uint32_t k = 0; k < circuit.n_projections; k++) {
        hk_projection *projection = hk_sim_projection(sim, k);
        const hk_circuit_projection *p = &circuit.projections[k];
        size_t n = (size_t)hk_projection_n_synapses(projection);
        assert_int_equal(n, p->n);
        double *weight = calloc(2 * n + 1, sizeof *weight), *delay = weight + n, mean = 0.0, delay_ms = 0.0;
        hk_projection_list(projection, n, NULL, NULL, weight, delay);
        for (size_t i = 0; i < n; i++) {
            assert_true(weight[i] * p->weight.a > 0.0);
            assert_true(delay[i] >= 0.0999);
            mean += weight[i] / (double)n;
            delay_ms += delay[i] / (double)n;
        }
        free(weight);
        if (n < 400)
            continue;
        assert_close(mean, p->weight.a, 5.0 * p->weight.b / sqrt((double)n));
        assert_close(delay_ms, 1.028 * p->delay_ms.a, 0.02 + 6.0 * p->delay_ms.b / sqrt((double)n)); /* cut below */
    }
    hk_sim_destroy(sim);
    hk_ctx_destroy(ctx);
}

/* ---- the experiment ---------------------------------------------------------------------------------------------- */

#define SMALL "microcircuit", "--out", "none", "--set", "scale=0.02", "--set", "integrator=exact"

static void the_same_seed_gives_the_same_spikes(void **state)
{
    (void)state;
    char hashes[4][20];
    static const char *const seeds[] = { "3", "3", "4", "3" };
    static const char *const drives[] = { "drive=poisson", "drive=poisson", "drive=poisson", "drive=dc" };
    for (size_t k = 0; k < 4; k++) {
        trial t;
        run_it(&t, ARGUMENTS(SMALL, "--seed", seeds[k], "--set", "duration_ms=40", "--set", drives[k]), HK_OK);
        snprintf(hashes[k], sizeof hashes[k], "%s", value_of(&t, "spike_hash")->text);
        assert_close(number_of(&t, "neurons"), 0.02 * 77169, 4.0);
        assert_close(number_of(&t, "synapses"), 0.0004 * 298880968, 60.0);
        trial_close(&t);
    }
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_not_equal(hashes[0], hashes[2]);
    assert_string_not_equal(hashes[0], hashes[3]);
}

static void a_pulse_of_the_thalamus_excites_layer_4(void **state)
{
    (void)state;
    double rates_hz[2];
    static const char *const pulses[] = { "pulse_hz=0", "pulse_hz=120" };
    for (int k = 0; k < 2; k++) {
        trial t;
        run_it(&t,
               ARGUMENTS(SMALL, "--set", "duration_ms=60", "--set", "warmup_ms=40", "--set", "pulse_begin_ms=40",
                         "--set", pulses[k]),
               HK_OK);
        rates_hz[k] = part_of(&t, "rates_hz", "L4E");
        if (k == 1) /* 120 Hz for half of the time */
            assert_close(part_of(&t, "rates_hz", "thalamus"), 60.0, 5.0 * sqrt(60.0 / (902 * 0.02)));
        trial_close(&t);
    }
    assert_true(rates_hz[1] > 2.0 * rates_hz[0]);
}

static void a_pulse_between_steps_is_refused(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS(SMALL, "--set", "duration_ms=10", "--set", "pulse_hz=120", "--set", "pulse_begin_ms=3.14"),
           HK_ERANGE);
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_full_scale_it_has_the_published_numbers),
        cmocka_unit_test(out_degrees_are_those_of_the_reference),
        cmocka_unit_test(a_weight_raises_the_potential_by_what_it_should),
        cmocka_unit_test(weights_follow_their_source_and_the_one_exception),
        cmocka_unit_test(scaling_keeps_mean_and_variance_of_the_input),
        cmocka_unit_test(a_constant_current_has_the_mean_of_the_trains),
        cmocka_unit_test(the_thalamus_is_not_scaled),
        cmocka_unit_test(built_it_has_weights_and_delays_as_drawn),
        cmocka_unit_test(the_same_seed_gives_the_same_spikes),
        cmocka_unit_test(a_pulse_of_the_thalamus_excites_layer_4),
        cmocka_unit_test(a_pulse_between_steps_is_refused),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
