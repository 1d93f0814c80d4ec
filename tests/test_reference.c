/* tests/test_reference.c - spike times of a trusted precise simulator for small fixed networks (NEST's iaf_psc_exp_ps and
 * iaf_psc_delta_ps), in tests/data/nest_ps_reference: definitions in JSON, spike times in CSV. */
#include "tests/reference_network.h"

#include "sim/cpu.h"

typedef struct ref_spikes {
    size_t n;
    double *times_ms;
    uint32_t *neuron;
} ref_spikes;

static void reference_path(char *path, size_t size, const char *name)
{
    snprintf(path, size, "tests/data/nest_ps_reference/%s", name);
}

static ref_spikes read_spikes(const char *path)
{
    ref_spikes s = { .times_ms = ref_doubles(10000), .neuron = ref_ids(10000) };
    char line[200];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "neuron_id,spike_time_ms\n");
    while (fgets(line, sizeof line, file) != NULL) {
        assert_true(s.n < 10000);
        assert_int_equal(sscanf(line, "%u,%lf", &s.neuron[s.n], &s.times_ms[s.n]), 2);
        s.neuron[s.n++]--;
    }
    fclose(file);
    return s;
}

/* `cuts` run lengths repeated until the end; 0: in one piece. */
static uint64_t compare(const ref_network *net, const ref_spikes *expected, const char *cpu, const double *cuts,
                        size_t n_cuts, const char *what)
{
    rig r;
    raster found;
    hk_population *neurons = ref_build(&r, net, cpu);
    raster_of(&r, &found, neurons);
    double left = net->t_stop_ms, worst_ms = 0.0, worst_mv = 0.0, v[64];
    for (size_t k = 0; left > 1e-9; k++) {
        double ms = n_cuts == 0 ? left : fmin(cuts[k % n_cuts], left);
        rig_run(&r, ms);
        left -= ms;
    }
    assert_int_equal(found.n, expected->n);
    for (size_t k = 0; k < found.n; k++) {
        assert_int_equal(found.spikes[k].neuron, expected->neuron[k]);
        assert_close(raster_ms(&r, &found, k), expected->times_ms[k], 1e-9);
        worst_ms = fmax(worst_ms, fabs(raster_ms(&r, &found, k) - expected->times_ms[k]));
    }
    assert_true(net->n <= N_OF(v));
    rig_ok(&r, hk_population_get(neurons, "v_mv", v));
    for (uint32_t i = 0; i < net->n; i++) {
        assert_close(v[i], net->final_v[i], 1e-9);
        worst_mv = fmax(worst_mv, fabs(v[i] - net->final_v[i]));
    }
    uint64_t hash = hk_sim_get_stats(r.sim).spike_hash;
    if (what != NULL)
        print_message("%s: %zu spikes, worst %.2g ms, final potentials %.2g mV\n", what, found.n, worst_ms, worst_mv);
    raster_free(&found);
    rig_close(&r);
    return hash;
}

static void check_reference(const char *name)
{
    char json[600], csv[600], file[100];
    ref_network net;
    snprintf(file, sizeof file, "%s.json", name);
    reference_path(json, sizeof json, file);
    assert_true(ref_open(&net, json));
    snprintf(file, sizeof file, "%s_spikes.csv", name);
    reference_path(csv, sizeof csv, file);
    ref_spikes expected = read_spikes(csv);
    assert_true(expected.n > 100);
    assert_non_null(net.final_v);
    uint64_t hash = compare(&net, &expected, NULL, NULL, 0, name);
    for (int level = 0; level <= (int)hk_cpu_best(); level++)
        assert_true(compare(&net, &expected, hk_cpu_name((hk_cpu)level), NULL, 0, NULL) == hash);
    const double cuts[] = { 0.1, 0.7, 13.1, 0.3, 2.0 };
    assert_true(compare(&net, &expected, NULL, cuts, N_OF(cuts), NULL) == hash);
    free(expected.times_ms);
    free(expected.neuron);
    ref_close(&net);
}

static void exponential_currents_agree_to_a_picosecond(void **state)
{
    (void)state;
    check_reference("iaf_psc_exp_ps");
}

static void jump_synapses_agree_to_a_picosecond(void **state)
{
    (void)state;
    check_reference("iaf_psc_delta_ps");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponential_currents_agree_to_a_picosecond),
        cmocka_unit_test(jump_synapses_agree_to_a_picosecond),
    };
    return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
