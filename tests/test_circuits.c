/* tests/test_circuits.c - circuits as tables, what their experiments do alike, and the verdict by peers. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

#include "experiments/circuit.h"
#include "experiments/distance.h"
#include "experiments/peers.h"
#include "sim/raster.h"
#include "sim/results.h"

typedef struct fixture {
    hk_ctx *ctx;
    hk_sim *sim;
} fixture;

static int setup(void **state)
{
    static fixture f;
    f.ctx = hk_ctx_create();
    *state = &f;
    return hk_sim_create(f.ctx, &(hk_sim_config){ .resolution_ms = 0.1, .seed = 17 }, &f.sim);
}

static int teardown(void **state)
{
    fixture *f = *state;
    hk_sim_destroy(f->sim);
    hk_ctx_destroy(f->ctx);
    return 0;
}

/* Seven sources that are silent but for a pulse, and eleven neurons. */
static hk_circuit small_circuit(void)
{
    static const hk_circuit_value values[] = { { "tau_m_ms", 13.7 }, { .name = NULL } };
    hk_circuit circuit = { .n_populations = 0 };
    hk_circuit_add_population(
        &circuit, &(hk_circuit_population){ .name = "in", .model = "poisson", .n = 7, .pulse = { 20.3, 4.9, 2100.0 } });
    hk_circuit_add_population(&circuit, &(hk_circuit_population){ .name = "cells",
                                                                  .model = "lif",
                                                                  .n = 11,
                                                                  .values = values,
                                                                  .i_e_pa = 3.5,
                                                                  .v_mv = { .kind = HK_UNIFORM, .a = -69, .b = -61 } });
    return circuit;
}

static const hk_circuit_projection first = {
    .pre = 0, .post = 1, .kind = HK_CIRCUIT_FIRST, .weight = { .a = 0.1 }, .delay_ms = { .a = 1.5 }
};

static void a_circuit_is_what_its_table_says(void **state)
{
    fixture *f = *state;
    hk_circuit circuit = small_circuit();
    circuit.populations[1].drive = (hk_circuit_drive){ .rate_hz = 300.0, .weight = 40.0 };
    hk_circuit_add_projection(&circuit, &first);
    hk_population *populations[2];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    assert_ok(hk_circuit_build(f->sim, &circuit, populations, rules));
    assert_ptr_equal(hk_sim_population(f->sim, 0), populations[0]);
    assert_ptr_equal(hk_sim_population(f->sim, 1), populations[1]);
    double tau[11], v[11], current[11];
    assert_ok(hk_population_get(populations[1], "tau_m_ms", tau));
    assert_ok(hk_population_get(populations[1], "i_e_pa", current));
    assert_ok(hk_population_get(populations[1], "v_mv", v));
    assert_close(tau[4], 13.7, 0.0);
    assert_close(current[9], 3.5, 0.0);
    assert_true(v[0] >= -69.0 && v[0] < -61.0 && v[0] != v[1]);
    assert_ok(hk_sim_run(f->sim, 1000.0));
    double n = 11 * 300.0 / (1.0 + 0.002 * 300.0); /* each input makes it fire, unless it is refractory for 2 ms */
    assert_close((double)hk_population_n_spikes(populations[1]), n, 5.0 * sqrt(n));
}

static void a_pulse_begins_and_ends_in_time(void **state)
{
    fixture *f = *state;
    hk_circuit circuit = small_circuit();
    hk_population *populations[2];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    assert_ok(hk_circuit_build(f->sim, &circuit, populations, rules));
    assert_ok(hk_sim_run(f->sim, 20.3));
    assert_int_equal(hk_population_n_spikes(populations[0]), 0);
    assert_ok(hk_sim_run(f->sim, 4.9));
    uint64_t n = hk_population_n_spikes(populations[0]);
    assert_close((double)n, 7 * 2.1 * 4.9, 5.0 * sqrt(7 * 2.1 * 4.9));
    assert_ok(hk_sim_run(f->sim, 500.0));
    assert_int_equal(hk_population_n_spikes(populations[0]), n);
}

static void the_first_neurons_are_connected_one_by_one(void **state)
{
    fixture *f = *state;
    hk_circuit circuit = small_circuit();
    hk_circuit_add_projection(&circuit, &first);
    hk_population *populations[2];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    assert_ok(hk_circuit_build(f->sim, &circuit, populations, rules));
    hk_projection *projection = hk_sim_projection(f->sim, 0);
    uint32_t pre[7], post[7];
    assert_int_equal(hk_projection_n_synapses(projection), 7);
    hk_projection_list(projection, 7, pre, post, NULL, NULL);
    for (uint32_t k = 0; k < 7; k++)
        assert_true(pre[k] == k && post[k] == k);
}

static void more_neurons_than_there_are_targets_are_refused(void **state)
{
    fixture *f = *state;
    hk_circuit circuit = small_circuit();
    circuit.populations[0].n = 12;
    hk_circuit_add_projection(&circuit, &first);
    hk_population *populations[2];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    assert_status(hk_circuit_build(f->sim, &circuit, populations, rules), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "in->cells: 12 neurons to the first of 11"));
}

static void every_neuron_has_its_outdegree(void **state)
{
    fixture *f = *state;
    enum { N_PRE = 7, EACH = 1100, N = N_PRE * EACH };
    hk_circuit circuit = small_circuit();
    hk_circuit_projection p = first;
    p.kind = HK_CIRCUIT_OUTDEGREE;
    p.n = EACH;
    hk_circuit_add_projection(&circuit, &p);
    hk_population *populations[2];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    assert_ok(hk_circuit_build(f->sim, &circuit, populations, rules));
    static uint32_t pre[N], post[N];
    int of_pre[N_PRE] = { 0 }, of_post[11] = { 0 };
    assert_int_equal(hk_projection_list(hk_sim_projection(f->sim, 0), N, pre, post, NULL, NULL), N);
    for (int k = 0; k < N; k++) {
        of_pre[pre[k]]++;
        of_post[post[k]]++;
    }
    for (int k = 0; k < N_PRE; k++)
        assert_int_equal(of_pre[k], EACH);
    for (int k = 0; k < 11; k++)
        assert_close(of_post[k], N / 11.0, 5.0 * sqrt(N / 11.0));
}

static void what_does_not_exist_is_refused_by_name(void **state)
{
    fixture *f = *state;
    hk_circuit circuit = small_circuit();
    hk_population *populations[2];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    circuit.populations[1].model = "liff";
    assert_status(hk_circuit_build(f->sim, &circuit, populations, rules), HK_ENAME);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "'cells': there is no neuron model 'liff'"));
}

static void a_parameter_that_does_not_exist_is_refused(void **state)
{
    fixture *f = *state;
    static const hk_circuit_value values[] = { { "tau_ms", 13.7 }, { .name = NULL } };
    hk_circuit circuit = small_circuit();
    hk_population *populations[2];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    circuit.populations[1].values = values;
    assert_status(hk_circuit_build(f->sim, &circuit, populations, rules), HK_ENAME);
}

/* ---- what the experiments do alike ------------------------------------------------------------------------------- */

static void times_without_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *one, *two, *says;
    } bad[] = { { "duration_ms=10.05", "warmup_ms=0", "duration_ms = 10.05, must be whole steps of 0.1 ms" },
                { "duration_ms=30", "warmup_ms=30", "warmup_ms = 30, must be below duration_ms = 30" },
                { "duration_ms=30.1", "resolution_ms=0.7", "resolution_ms = 0.7, must divide" } };
    for (size_t k = 0; k < N_OF(bad); k++) {
        trial t;
        run_it(&t,
               ARGUMENTS("brunel", "--out", "none", "--set", "neurons=100", "--set", bad[k].one, "--set", bad[k].two),
               HK_ERANGE);
        assert_says(&t, bad[k].says);
        trial_close(&t);
    }
}

static void the_file_has_the_distributions_behind_the_figures(void **state)
{
    (void)state;
    const char *out = scratch_path("distributions.h5");
    trial t;
    run_it(&t,
           ARGUMENTS("brunel", "--out", out, "--set", "neurons=250", "--set", "duration_ms=170", "--set",
                     "warmup_ms=20", "--set", "probe_ms=10"),
           HK_OK);
    hk_results *results;
    hk_raster *raster;
    double rates_hz[200], cvs[200], pairs[4950], v[18 * 5], mean_hz = 0.0, mean_cv = 0.0, n_cv = 0.0;
    assert_ok(hk_results_open(t.ctx, out, HK_RESULTS_READ, &results));
    assert_ok(hk_results_get(results, "statistics/exc/rate_hz", HK_F64, rates_hz, 200));
    assert_ok(hk_results_get(results, "statistics/exc/cv_isi", HK_F64, cvs, 200));
    assert_ok(hk_results_get(results, "statistics/exc/correlation", HK_F64, pairs, 4950));
    assert_ok(hk_results_get(results, "probes/inh_v_mv/values", HK_F64, v, N_OF(v)));
    hk_results_discard(results);
    for (int k = 0; k < 200; k++) {
        mean_hz += rates_hz[k] / 200.0;
        mean_cv += isnan(cvs[k]) ? 0.0 : cvs[k];
        n_cv += !isnan(cvs[k]);
    }
    assert_true(mean_hz > 5.0 && n_cv > 100.0);
    assert_close(mean_hz, part_of(&t, "rates_hz", "exc"), 1e-9);
    assert_close(mean_cv / n_cv, part_of(&t, "cv_isi", "exc"), 1e-12);
    assert_ok(hk_raster_open(t.ctx, out, &raster));
    assert_int_equal(hk_raster_n_populations(raster), 2); /* drives are not recorded */
    hk_raster_close(raster);
    trial_close(&t);
}

static void nothing_but_statistics_is_recorded_when_asked(void **state)
{
    (void)state;
    const char *out = scratch_path("nothing.h5");
    trial t;
    hk_raster *raster;
    run_it(&t,
           ARGUMENTS("brunel", "--out", out, "--set", "neurons=100", "--set", "duration_ms=50", "--set", "record=none"),
           HK_OK);
    assert_ok(hk_raster_open(t.ctx, out, &raster));
    assert_int_equal(hk_raster_n_populations(raster), 0);
    hk_raster_close(raster);
    trial_close(&t);
}

typedef struct kept {
    double bytes[64], rounding[64], typical[64];
    double worst; /* of the summary */
    size_t n;
} kept;

static kept kept_as(const char *weights)
{
    const char *out = scratch_path("kept.h5");
    kept k = { .n = 0 };
    trial t;
    hk_results *results;
    run_it(&t,
           ARGUMENTS("microcircuit", "--out", out, "--set", "scale=0.03", "--set", "duration_ms=5", "--set", weights),
           HK_OK);
    assert_ok(hk_results_open(t.ctx, out, HK_RESULTS_READ, &results));
    const hk_results_entry *entry = hk_results_find(results, "projections/rounding_error");
    assert_non_null(entry);
    k.n = entry->n;
    assert_in_range(k.n, 50, 64);
    assert_ok(hk_results_get(results, "projections/bytes_per_synapse", HK_F64, k.bytes, k.n));
    assert_ok(hk_results_get(results, "projections/rounding_error", HK_F64, k.rounding, k.n));
    assert_ok(hk_results_get(results, "projections/typical_weight", HK_F64, k.typical, k.n));
    hk_results_discard(results);
    k.worst = number_of(&t, "weight_rounding");
    trial_close(&t);
    return k;
}

static void the_file_says_how_exactly_weights_are_kept(void **state)
{
    (void)state;
    kept compact = kept_as("weights=compact"), single = kept_as("weights=float");
    double worst = 0.0;
    assert_int_equal(single.n, compact.n);
    for (size_t k = 0; k < compact.n; k++) {
        assert_close(compact.bytes[k], 4.0, 0.0);
        assert_true(single.bytes[k] >= 8.0);
        assert_true(compact.rounding[k] > 0.0 && compact.rounding[k] < 1e-3 * compact.typical[k]);
        assert_close(single.rounding[k], 0.0, 0.0);
        worst = fmax(worst, compact.rounding[k] / compact.typical[k]);
    }
    assert_close(compact.worst, worst, 0.0);
    assert_close(single.worst, 0.0, 0.0);
    assert_close(compact.typical[0], 87.8 / sqrt(0.03), 0.1); /* 0.15 mV, and the scale */
}

static void rules_have_the_values_of_their_table(void **state)
{
    fixture *f = *state;
    hk_circuit circuit = small_circuit();
    hk_circuit_projection p = first;
    p.weight.a = 0.7;
    p.rule = (hk_circuit_rule){ .type = &hk_stdp, .values = { { "w_max", 0.5 } }, .clips = hk_stdp_clips };
    hk_circuit_add_projection(&circuit, &first);
    hk_circuit_add_projection(&circuit, &p);
    hk_population *populations[2];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    assert_status(hk_circuit_build(f->sim, &circuit, populations, rules), HK_ERANGE); /* 0.7 is above w_max */
    assert_non_null(strstr(hk_ctx_message(f->ctx), "0.7"));
}

static void only_what_learns_has_a_rule(void **state)
{
    fixture *f = *state;
    hk_circuit circuit = small_circuit();
    hk_circuit_projection p = first;
    p.rule = (hk_circuit_rule){ .type = &hk_stdp, .values = { { "w_max", 0.5 } }, .clips = hk_stdp_clips };
    hk_circuit_add_projection(&circuit, &first);
    hk_circuit_add_projection(&circuit, &p);
    hk_population *populations[2];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    assert_ok(hk_circuit_build(f->sim, &circuit, populations, rules));
    assert_null(rules[0]);
    assert_non_null(rules[1]);
    assert_int_equal(hk_projection_incoming(hk_sim_projection(f->sim, 1), 3).n, 1);
    assert_int_equal(hk_projection_incoming(hk_sim_projection(f->sim, 0), 3).n, 0);
}

/* ---- references -------------------------------------------------------------------------------------------------- */

static void distances_of_samples_are_those_of_kolmogorov_and_smirnov(void **state)
{
    (void)state;
    double a[] = { 3.0, (double)NAN, 1.0, 2.0, INFINITY, 2.0 }, b[] = { 2.0, 2.5, 9.0 }, c[] = { 10.0 };
    size_t n = hk_distance_sort(a, N_OF(a));
    assert_int_equal(n, 4);
    assert_true(a[0] == 1.0 && a[1] == 2.0 && a[3] == 3.0);
    assert_close(hk_distance_ks(a, n, b, 3), 0.75 - 1.0 / 3.0, 1e-15); /* at 2 */
    assert_close(hk_distance_ks(b, 3, a, n), 0.75 - 1.0 / 3.0, 1e-15);
    assert_close(hk_distance_ks(a, n, c, 1), 1.0, 0.0);
    assert_close(hk_distance_ks(a, n, a, n), 0.0, 0.0);
    assert_true(isnan(hk_distance_ks(a, 0, b, 3)));
}

#define REFERENCE "brunel", "--set", "neurons=400", "--set", "duration_ms=400", "--set", "warmup_ms=100"

static void a_run_is_compared_with_others(void **state)
{
    (void)state;
    char reference[4 * PATH_MAX] = "reference=";
    static const char *const seeds[] = { "1", "2", "3" };
    trial t;
    for (size_t k = 0; k < 3; k++) {
        const char *path = scratch_path(k == 0 ? "a.h5" : k == 1 ? "b.h5" : "c.h5");
        run_it(&t, ARGUMENTS(REFERENCE, "--seed", seeds[k], "--out", path), HK_OK);
        trial_close(&t);
        snprintf(reference + strlen(reference), PATH_MAX, "%s%s", k == 0 ? "" : ",", path);
    }
    run_it(&t, ARGUMENTS(REFERENCE, "--seed", "10", "--out", "none", "--set", reference), HK_OK);
    double d = part_of(&t, "distance_rate", "exc");
    assert_true(d > 0.0 && d < 0.5);
    assert_true(value_of(&t, "within_spread")->number == 1.0);
    trial_close(&t);
    run_it(&t, ARGUMENTS(REFERENCE, "--seed", "10", "--out", "none", "--set", "g=3", "--set", reference), HK_OK);
    assert_true(part_of(&t, "distance_rate", "exc") > d); /* another regime */
    assert_true(value_of(&t, "within_spread")->number == 0.0);
    assert_true(number_of(&t, "outside_spread") > 3.0); /* of six; 95 % of a binomial with p = 1/4 */
    trial_close(&t);
    run_it(&t, ARGUMENTS(REFERENCE, "--seed", "1", "--out", "none", "--set", reference), HK_OK);
    assert_close(part_of(&t, "distance_cv", "exc"), 0.0, 0.0); /* the first of the three is the same run */
    trial_close(&t);
}

static void references_that_cannot_be_compared_are_refused(void **state)
{
    (void)state;
    char reference[PATH_MAX + 16], six[6 * PATH_MAX + 64];
    const char *path = scratch_path("other.h5");
    snprintf(reference, sizeof reference, "reference=%s", path);
    trial t;
    run_it(&t, ARGUMENTS(REFERENCE, "--out", path), HK_OK);
    trial_close(&t);
    run_it(&t, ARGUMENTS(REFERENCE, "--set", "warmup_ms=30", "--out", "none", "--set", reference), HK_ERANGE);
    assert_says(&t, "its statistics are of 100 to 400 ms, must be of 30 to 400 ms");
    trial_close(&t);
    run_it(&t,
           ARGUMENTS("sparse", "--out", "none", "--set", "neurons=100", "--set", "duration_ms=400", "--set",
                     "warmup_ms=100", "--set", reference),
           HK_ENAME);
    assert_says(&t, "there is no 'statistics/cells/rate_hz' in it");
    trial_close(&t);
    run_it(&t, ARGUMENTS(REFERENCE, "--out", "none", "--set", "reference=/nowhere/x.h5"), HK_EIO);
    trial_close(&t);
    snprintf(six, sizeof six, "reference=%s,%s,%s,%s,%s,%s", path, path, path, path, path, path);
    run_it(&t, ARGUMENTS(REFERENCE, "--out", "none", "--set", six), HK_ERANGE);
    assert_says(&t, "at most 5 files");
    trial_close(&t);
}

/* ---- peers ------------------------------------------------------------------------------------------------------- */

static void the_interval_of_peers_is_that_of_student(void **state)
{
    (void)state;
    static const double values[] = { 5.617, 5.327, 5.522, 5.559, 5.420 };
    hk_interval i = hk_peers_expect(values, 5);
    double mean = 5.489, sd = sqrt(0.053378 / 4.0); /* by hand */
    assert_close(0.5 * (i.low + i.high), mean, 1e-12);
    assert_close(i.high - mean, 4.604 * sd * sqrt(1.2), 1e-12);
    assert_true(hk_interval_has(i, 6.06) && !hk_interval_has(i, 6.08) && !hk_interval_has(i, 4.9));
    assert_false(hk_interval_has(i, (double)NAN));
    i = hk_peers_expect(values, 2);
    assert_close(i.high - i.low, 2.0 * 63.657 * 0.145 * sqrt(2.0) * sqrt(1.5), 1e-9);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_circuit_is_what_its_table_says),
        TEST(a_pulse_begins_and_ends_in_time),
        TEST(the_first_neurons_are_connected_one_by_one),
        TEST(more_neurons_than_there_are_targets_are_refused),
        TEST(every_neuron_has_its_outdegree),
        TEST(what_does_not_exist_is_refused_by_name),
        TEST(a_parameter_that_does_not_exist_is_refused),
        TEST(rules_have_the_values_of_their_table),
        TEST(only_what_learns_has_a_rule),
        cmocka_unit_test(times_without_sense_are_refused),
        cmocka_unit_test(the_file_has_the_distributions_behind_the_figures),
        cmocka_unit_test(nothing_but_statistics_is_recorded_when_asked),
        cmocka_unit_test(the_file_says_how_exactly_weights_are_kept),
        cmocka_unit_test(distances_of_samples_are_those_of_kolmogorov_and_smirnov),
        cmocka_unit_test(a_run_is_compared_with_others),
        cmocka_unit_test(references_that_cannot_be_compared_are_refused),
        cmocka_unit_test(the_interval_of_peers_is_that_of_student),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
