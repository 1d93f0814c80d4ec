/* tests/test_experiments.c - ring, cuba and network as the program runs them, and network files.
 *
 * Runs are made in this process from the arguments of `hillock run`; their summaries are read as they are. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

#include "experiments/network_build.h"
#include "experiments/ring_check.h"
#include "experiments/spike_list.h"
#include "sim/raster.h"
#include "sim/results.h"

#include <pthread.h>

/* ---- ring -------------------------------------------------------------------------------------------------------- */

static void the_spike_returns_exactly(void **state)
{
    (void)state;
    static const char *const rings[][5] = {
        { "neurons=10", "laps=2000", "delay_ms=1.5", "kick_ms=0.0371", "t_ref_ms=2" },
        { "neurons=1", "laps=3000", "delay_ms=2.3", "kick_ms=7.05", "t_ref_ms=2.1" },
        { "neurons=7", "laps=500", "delay_ms=0.1", "kick_ms=0.1", "t_ref_ms=0" },
        { "neurons=257", "laps=9", "delay_ms=16.9", "kick_ms=3.3e-7", "t_ref_ms=11.77" }
    };
    static const double hops[] = { 20000, 3000, 3500, 2313 };
    for (size_t k = 0; k < N_OF(rings); k++) {
        trial t;
        run_it(&t,
               ARGUMENTS("ring", "--out", "none", "--set", rings[k][0], "--set", rings[k][1], "--set", rings[k][2],
                         "--set", rings[k][3], "--set", rings[k][4]),
               HK_OK);
        assert_close(number_of(&t, "hops_checked"), hops[k], 0.0);
        assert_close(number_of(&t, "worst_deviation_ms"), 0.0, 0.0);
        assert_close(number_of(&t, "spikes"), hops[k] + 1.0, 0.0); /* and the input */
        trial_close(&t);
    }
}

static void a_ring_keeps_its_rate_and_has_no_irregularity(void **state)
{
    (void)state;
    trial t;
    const char *out = scratch_path("ring.h5");
    run_it(&t,
           ARGUMENTS("ring", "--out", out, "--set", "laps=400", "--set", "neurons=4", "--set", "delay_ms=0.9", "--set",
                     "record=all"),
           HK_OK);
    assert_close(part_of(&t, "rates_hz", "ring"), 1e3 / 3.6, 1.0);
    assert_close(part_of(&t, "cv_isi", "ring"), 0.0, 1e-9);
    hk_raster *raster;
    size_t population;
    double last_ms;
    uint64_t last_id;
    assert_ok(hk_raster_open(t.ctx, out, &raster));
    assert_ok(hk_raster_find(raster, "ring", &population));
    assert_int_equal(hk_raster_count(raster, population), 1600);
    assert_ok(hk_raster_read(raster, population, 1599, 1, &last_ms, &last_id));
    assert_close(last_ms, 0.0371 + 1600 * 0.9, 1e-9);
    assert_int_equal(last_id, 3);
    hk_raster_close(raster);
    trial_close(&t);
}

static void rings_that_would_lose_the_spike_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *one, *two, *says;
    } bad[] = { { "neurons=1", "delay_ms=2", "t_ref_ms = 2" },
                { "neurons=3", "delay_ms=0.7", "t_ref_ms = 2" },
                { "delay_ms=0.25", "neurons=30", "delay_ms = 0.25" },
                { "laps=1e12", "neurons=1e6", "2^50 steps" } };
    for (size_t k = 0; k < N_OF(bad); k++) {
        trial t;
        run_it(&t, ARGUMENTS("ring", "--out", "none", "--set", bad[k].one, "--set", bad[k].two), HK_ERANGE);
        assert_says(&t, bad[k].says);
        trial_close(&t);
    }
}

static hk_ring_check small_check(void)
{
    return (hk_ring_check){
        .n = 3, .delay = 15, .start = { .step = 2, .offset = 0.0371 }, .resolution_ms = 0.1, .n_hops = 9
    };
}

static void the_check_of_the_ring_can_fail(void **state)
{
    (void)state;
    static const struct {
        hk_spike second;
        double worst_ms;
        const char *says;
    } wrong[] = { { { { 32, 0.03710000000000001 }, 1 },
                    7e-18,
                    "neuron 1 at (step 32, offset 0.037100000000000008 ms), must "
                    "be of neuron 1 at (step 32, offset 0.037100000000000001" },
                  { { { 31, 0.0371 }, 1 }, 0.1, "at (step 31" },
                  { { { 33, 0.0371 }, 1 }, 0.1, "at (step 33" },
                  { { { 32, 0.0371 }, 2 }, 0.0, "neuron 2 at (step 32" } };
    const hk_time end = { .step = 44, .offset = 0.1 };
    for (size_t k = 0; k < N_OF(wrong); k++) {
        hk_ring_check check = small_check();
        const hk_spike spikes[2] = { { { 17, 0.0371 }, 0 }, wrong[k].second };
        hk_ring_check_take(&check, spikes, 2, end);
        assert_int_equal(check.hop, 1);
        assert_true(hk_ring_check_is_over(&check));
        assert_close(check.worst_ms, wrong[k].worst_ms, 1e-15 * wrong[k].worst_ms + 1e-18);
        if (strstr(check.fault, wrong[k].says) == NULL)
            fail_msg("the fault is '%s', without '%s'", check.fault, wrong[k].says);
    }
}

static void a_spike_too_many_or_too_few_is_a_fault(void **state)
{
    (void)state;
    const hk_spike spikes[] = { { { 17, 0.0371 }, 0 }, { { 32, 0.0371 }, 1 }, { { 32, 0.0371 }, 1 } };
    hk_ring_check check = small_check();
    hk_ring_check_take(&check, spikes, 3, (hk_time){ .step = 44, .offset = 0.1 });
    assert_int_equal(check.hop, 2);
    assert_true(check.fault[0] != '\0');
    check = small_check();
    hk_ring_check_take(&check, spikes, 2, (hk_time){ .step = 47, .offset = 0.0370 });
    assert_false(hk_ring_check_is_over(&check)); /* not due yet */
    hk_ring_check_take(&check, NULL, 0, (hk_time){ .step = 47, .offset = 0.0371 });
    assert_non_null(strstr(check.fault, "hop 2 (lap 0), a spike of neuron 2 due at (step 47"));
}

/* ---- cuba -------------------------------------------------------------------------------------------------------- */

static void cuba_is_reproducible_and_depends_on_its_seed(void **state)
{
    (void)state;
    char hashes[3][20];
    static const char *const seeds[] = { "3", "3", "4" };
    for (size_t k = 0; k < 3; k++) {
        trial t;
        run_it(&t, ARGUMENTS("cuba", "--out", "none", "--seed", seeds[k], "--set", "duration_ms=150"), HK_OK);
        snprintf(hashes[k], sizeof hashes[k], "%s", value_of(&t, "spike_hash")->text);
        assert_true(number_of(&t, "rate_hz") > 2.0 && number_of(&t, "rate_hz") < 30.0);
        assert_close(number_of(&t, "synapses"), 0.02 * 4000 * 3999, 5 * sqrt(0.02 * 0.98 * 4000 * 3999));
        trial_close(&t);
    }
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_not_equal(hashes[0], hashes[2]);
}

static void *stop_soon(void *run)
{
    sleep_ms(25.0);
    hk_run_stop(run);
    return NULL;
}

#define CUBA_SETTINGS "--set", "duration_ms=1500", "--set", "neurons=2000", "--set", "probe_ms=5", "--seed", "6"

static void an_interrupted_cuba_goes_on_to_the_same_bits(void **state)
{
    (void)state;
    const char *whole = scratch_path("whole.h5"), *parts = scratch_path("parts.h5"), *saved = scratch_path("saved.h5");
    trial t, u;
    run_it(&t, ARGUMENTS("cuba", CUBA_SETTINGS, "--out", whole), HK_OK);

    trial_open(&u, ARGUMENTS("cuba", CUBA_SETTINGS, "--out", parts, "--checkpoint", saved));
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_soon, u.run), 0);
    hk_run_execute(u.run);
    pthread_join(stopper, NULL);
    assert_int_equal(hk_run_status(u.run), HK_OK);
    assert_true(number_of(&u, "biological_ms") < 1500.0);
    trial_close(&u);

    run_it(&u, ARGUMENTS("cuba", CUBA_SETTINGS, "--out", parts, "--resume", saved), HK_OK);
    assert_string_equal(value_of(&u, "spike_hash")->text, value_of(&t, "spike_hash")->text);
    static const char *const keys[] = { "spikes", "events", "synaptic_events", "rate_hz", "cv", "biological_ms" };
    for (size_t k = 0; k < N_OF(keys); k++)
        assert_close(number_of(&u, keys[k]), number_of(&t, keys[k]), 0.0);
    assert_close(part_of(&u, "correlations", "exc"), part_of(&t, "correlations", "exc"), 0.0);
    assert_close(part_of(&u, "fano", "inh"), part_of(&t, "fano", "inh"), 0.0);
    size_t n[2];
    static double samples[2][301 * 5];
    for (int k = 0; k < 2; k++) {
        hk_raster *raster;
        hk_results *results;
        assert_ok(hk_raster_open(t.ctx, k == 0 ? whole : parts, &raster));
        n[k] = (size_t)(hk_raster_count(raster, 0) + hk_raster_count(raster, 1));
        hk_raster_close(raster);
        assert_ok(hk_results_open(t.ctx, k == 0 ? whole : parts, HK_RESULTS_READ, &results));
        assert_ok(hk_results_get(results, "probes/exc_v_mv/values", HK_F64, samples[k], 301 * 5));
        hk_results_discard(results);
    }
    assert_int_equal(n[0], (size_t)number_of(&t, "spikes"));
    assert_int_equal(n[1], n[0]);
    assert_memory_equal(samples[0], samples[1], sizeof samples[0]);
    trial_close(&t);
    trial_close(&u);
}

static void a_checkpoint_of_other_parameters_is_refused(void **state)
{
    (void)state;
    const char *saved = scratch_path("other.h5");
    trial t;
    trial_open(&t, ARGUMENTS("cuba", "--out", "none", "--checkpoint", saved, "--set", "neurons=100"));
    hk_run_stop(t.run); /* before it begins: saved at once */
    hk_run_execute(t.run);
    assert_int_equal(hk_run_status(t.run), HK_OK);
    assert_true(file_exists(saved));
    trial_close(&t);
    run_it(&t, ARGUMENTS("cuba", "--out", "none", "--resume", saved, "--set", "neurons=101"), HK_EFORMAT);
    trial_close(&t);
}

/* ---- network ----------------------------------------------------------------------------------------------------- */

static const char three[] = "tests/data/network_three.yaml";

/* What an exponential current of weight w (pA) adds to the potential `after_ms` later. */
static double psp_mv(double w_pa, double tau_syn_ms, double after_ms)
{
    static const double tau_m_ms = 12.5, c_m_pf = 200.0;
    if (after_ms <= 0.0)
        return 0.0;
    return w_pa / c_m_pf * tau_syn_ms * tau_m_ms / (tau_m_ms - tau_syn_ms) *
           (exp(-after_ms / tau_m_ms) - exp(-after_ms / tau_syn_ms));
}

/* Neuron 20 rises from -70 mV towards -70 + 10 ms / 250 pF * 450 pA = -52 mV and reaches -55 mV after 10 ms ln 6; then
 * 2 ms of rest. Neuron 10 spikes with each input. 7 has heard all of it and never spiked. */
static double expected_ms(uint64_t id, size_t k)
{
    static const double pushed_ms[] = { 3.7371, 41.93, 78.4 };
    return id == 20 ? 10.0 * log(6.0) * (double)(k + 1) + 2.0 * (double)k : pushed_ms[k];
}

static void a_network_spikes_when_its_closed_forms_say(void **state)
{
    (void)state;
    const char *out = scratch_path("three.h5"), *csv = scratch_path("three.csv");
    char set_csv[PATH_MAX + 8];
    snprintf(set_csv, sizeof set_csv, "csv=%s", csv);
    trial t;
    run_it(&t, ARGUMENTS("network", three, "--out", out, "--set", set_csv, "--set", "probe_ms=0.5"), HK_OK);

    hk_spike_list list = { .n = 0 };
    size_t seen[21] = { 0 };
    assert_ok(hk_spike_list_open(t.ctx, csv, &list));
    assert_int_equal(list.n, 8);
    for (size_t k = 0; k < list.n; k++) {
        uint64_t id = list.spikes[k].id;
        assert_true(id == 10 || id == 20);
        assert_close(list.spikes[k].time_ms, expected_ms(id, seen[id]++), 1e-12);
    }
    hk_spike_list_fini(&list);

    double final_mv = -65.0;
    for (size_t k = 0; k < 5; k++)
        final_mv += psp_mv(35.25, 2.5, 100.0 - 1.3 - expected_ms(20, k));
    for (size_t k = 0; k < 3; k++)
        final_mv += psp_mv(-20.5, 5.5, 100.0 - 0.1 - expected_ms(10, k));
    hk_results *results;
    double v[2], probed[201];
    uint64_t ids[2];
    assert_ok(hk_results_open(t.ctx, out, HK_RESULTS_READ, &results));
    assert_ok(hk_results_get(results, "final_state/lif_exp/v_mv", HK_F64, v, 1));
    assert_close(v[0], final_mv, 1e-12);
    assert_ok(hk_results_get(results, "probes/lif_exp_v_mv/values", HK_F64, probed, 201));
    assert_close(probed[200], v[0], 0.0);
    assert_close(probed[0], -65.0, 0.0); /* at rest, as nothing else was said */
    assert_ok(hk_results_get(results, "final_state/lif/id", HK_U64, ids, 2));
    assert_int_equal(ids[0], 10);
    assert_int_equal(ids[1], 20);
    assert_ok(hk_results_get(results, "final_state/lif/v_mv", HK_F64, v, 2));
    assert_close(v[1], -70.0 + 18.0 * (1.0 - exp(-(100.0 - 2.0 - expected_ms(20, 4)) / 10.0)), 1e-11);
    hk_results_discard(results);
    trial_close(&t);
}

static char *copy_with(const char *path, const char *find, const char *put)
{
    size_t n;
    char *text = (char *)file_bytes(path, &n);
    text[n] = '\0';
    char *at = strstr(text, find);
    assert_non_null(at);
    char *out = malloc(n + strlen(put) + 1);
    sprintf(out, "%.*s%s%s", (int)(at - text), text, put, at + strlen(find));
    free(text);
    return out;
}

static void a_network_that_differs_from_its_reference_fails(void **state)
{
    (void)state;
    static const struct {
        const char *find, *put, *says;
    } wrong[] = { { "n_spikes: 8", "n_spikes: 9", "8 spikes, 9 in the reference" },
                  { "20: 5", "20: 4", "neuron 20 spiked 5 times, 4 times" },
                  { "n_spikes: 8", "final_V_m_mV: {10: -69.0}", "final potential of neuron 10" },
                  { "V_m0: -70.0", "V_m0: -69.0", "from the reference, must be within tolerance_ms = 1e-09" },
                  { "41.23", "41.23, 60.5",
                    "0 spikes of the reference are missing and 1 are too many, first of neuron 10" },
                  { "41.23, ", "", "1 spikes of the reference are missing and 0 are too many" } };
    char set_csv[PATH_MAX + 8], set_reference[PATH_MAX + 16];
    snprintf(set_csv, sizeof set_csv, "csv=%s", scratch_path("reference.csv"));
    snprintf(set_reference, sizeof set_reference, "reference=%s", scratch_path("reference.csv"));
    trial t;
    run_it(&t, ARGUMENTS("network", three, "--out", "none", "--set", set_csv), HK_OK);
    trial_close(&t);
    run_it(&t, ARGUMENTS("network", three, "--out", "none", "--set", set_reference), HK_OK);
    assert_close(number_of(&t, "worst_deviation_ms"), 0.0, 0.0);
    assert_close(number_of(&t, "reference_spikes"), 8.0, 0.0);
    trial_close(&t);
    for (size_t k = 0; k < N_OF(wrong); k++) {
        const char *path = scratch_path("wrong.yaml");
        char *text = copy_with(three, wrong[k].find, wrong[k].put);
        write_file(path, text, strlen(text));
        free(text);
        run_it(&t, ARGUMENTS("network", path, "--out", "none", "--set", set_reference), HK_ESTATE);
        assert_says(&t, wrong[k].says);
        trial_close(&t);
    }
}

static uint64_t hash_of(const char *text)
{
    const char *path = scratch_path("order.yaml");
    write_file(path, text, strlen(text));
    trial t;
    run_it(&t, ARGUMENTS("network", path, "--out", "none"), HK_OK);
    uint64_t hash = strtoull(value_of(&t, "spike_hash")->text, NULL, 16);
    assert_true(number_of(&t, "spikes") > 10.0);
    trial_close(&t);
    return hash;
}

#define NEURON(id, i) "  - {id: " #id ", model: lif, params: {i_e_pa: " #i "}}\n"
#define LINK(pre, post, w) "  - {pre: " #pre ", post: " #post ", weight: " #w ", delay: 0.3}\n"

static void the_order_of_the_file_changes_no_bit(void **state)
{
    (void)state;
    static const char head[] = "t_stop_ms: 200\nneurons:\n";
    char a[2000], b[2000];
    snprintf(a, sizeof a, "%s%s", head,
             NEURON(5, 371.3) NEURON(2, 203.7) NEURON(8, 188.1) "connections:\n" LINK(5, 2, 1.37) LINK(5, 8, 0.83)
                 LINK(2, 8, 0.1) LINK(8, 2, 0.7) LINK(5, 8, 0.4));
    snprintf(b, sizeof b, "%s%s", head,
             NEURON(8, 188.1) NEURON(5, 371.3) NEURON(2, 203.7) "connections:\n" LINK(8, 2, 0.7) LINK(5, 8, 0.4)
                 LINK(5, 8, 0.83) LINK(2, 8, 0.1) LINK(5, 2, 1.37));
    assert_true(hash_of(a) == hash_of(b));
    assert_true(hash_of(a) != hash_of("t_stop_ms: 200\nneurons:\n" NEURON(5, 371.3) NEURON(2, 203.7) NEURON(8, 188.1)));
}

#define GOOD_NEURON "neurons:\n  - {id: 1, model: lif}\n"
#define HEAD "t_stop_ms: 5\n" GOOD_NEURON

static void broken_networks_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        { GOOD_NEURON, "'t_stop_ms' is missing" },
        { "t_stop_ms: 5\n", "'neurons' is missing" },
        { "t_stop_ms: 5\nneurons: []\n", "n.yaml:2:10: neurons: there must be at least one" },
        { "[1, 2]\n", "must be a map" },
        { "t_stop_ms: 0\n" GOOD_NEURON, "n.yaml:1:12: t_stop_ms = 0" },
        { "t_stop_ms: 5.05\n" GOOD_NEURON, "t_stop_ms = 5.0499999999999998, must be a whole number of steps" },
        { "t_stop_ms: 1e300\n" GOOD_NEURON, "t_stop_ms = " },
        { "t_stop_ms: .nan\n" GOOD_NEURON, "n.yaml:1:12: t_stop_ms = '.nan', must be a finite number" },
        { "resolution_ms: 0\n" HEAD, "n.yaml:1:16: resolution_ms = 0" },
        { "resolution_ms: -0.1\n" HEAD, "resolution_ms = -0.1" },
        { HEAD "neuron: 3\n", "n.yaml:4:9: unknown key 'neuron'; did you mean 'neurons'?" },
        { "t_stop_ms: 5\nneurons:\n  - {model: lif}\n", "n.yaml:3:5: the key 'id' is missing" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1}\n", "n.yaml:3:5: the key 'model' is missing" },
        { "t_stop_ms: 5\nneurons:\n  - {id: -1, model: lif}\n", "n.yaml:3:10: id = '-1'" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1.5, model: lif}\n", "id = '1.5'" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 99999999999999999, model: lif}\n", "id = '99999999999999999'" },
        { HEAD "  - {id: 1, model: lif_exp}\n", "n.yaml:4:5: id 1 is already that of the neuron in line 3" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: lfi}\n", "n.yaml:3:20: no model 'lfi'; did you mean 'lif'?" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: hodgkin_huxley}\n",
          "no model 'hodgkin_huxley'; there are lif, " },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: spike_source}\n", "given spikes stand under 'inputs'" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: lif, params: {tau_m: 3}}\n", "unknown key 'tau_m'" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: iaf_psc_delta, params: {tau_syn_ex: 3}}\n",
          "unknown key 'tau_syn_ex'" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: lif, params: {tau_m_ms: 0}}\n",
          "n.yaml:3:44: tau_m_ms = 0, must be in" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: lif, params: {tau_m_ms: 1e-3}}\n",
          "at least a fiftieth of the resolution" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: lif, params: {v_reset_mv: -50}}\n",
          "n.yaml:3:5: the reset potential -50 mV must be below the threshold -55 mV" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: lif, state: {v: 3}}\n", "unknown key 'v'" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: lif, V_m0: -.inf}\n", "V_m0 = '-.inf'" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: lif, V_m0: -70, state: {v_mv: -70}}\n", "one of them must go" },
        { "t_stop_ms: 5\nneurons:\n  - {id: 1, model: poisson, V_m0: -70}\n", "a poisson neuron has no potential" },
        { HEAD "connections: 3\n", "connections must be a list" },
        { HEAD "connections:\n  - {pre: 1, post: 2, weight: 1, delay: 1}\n",
          "n.yaml:5:20: post = 2: no neuron has this id" },
        { HEAD "connections:\n  - {pre: 0, post: 1, weight: 1, delay: 1}\n", "pre = 0: no neuron" },
        { HEAD "connections:\n  - {pre: 1, post: 1, weight: 1}\n", "n.yaml:5:5: the key 'delay' is missing" },
        { HEAD "connections:\n  - {pre: 1, post: 1, weight: 1, delay: -0.1}\n", "delay = -0.1" },
        { HEAD "connections:\n  - {pre: 1, post: 1, weight: 1, delay: 0}\n", "delay = 0, must be a whole number" },
        { HEAD "connections:\n  - {pre: 1, post: 1, weight: 1, delay: 0.15}\n", "delay = 0.14999999999999999" },
        { HEAD "connections:\n  - {pre: 1, post: 1, weight: 1, delay: 1e9}\n", "delay = 1000000000" },
        { HEAD "connections:\n  - {pre: 1, post: 1, weight: nan, delay: 1}\n", "weight = 'nan'" },
        { HEAD "connections:\n  - {pre: 1, post: 1, weight: 1e13, delay: 1}\n", "weight = 1e+13" },
        { HEAD "connections:\n  - {pre: 1, post: 1, wieght: 1, delay: 1}\n", "did you mean 'weight'?" },
        { HEAD "inputs:\n  - {target: 3, weight: 1, delay: 1, times: []}\n", "target = 3: no neuron has this id" },
        { HEAD "inputs:\n  - {target: 1, weight: 1, delay: 1, times: [1, 0]}\n", "n.yaml:5:49: times: 0 ms" },
        { HEAD "inputs:\n  - {target: 1, weight: 1, delay: 1, times: [-2.5]}\n", "times: -2.5 ms" },
        { HEAD "inputs:\n  - {target: 1, weight: 1, delay: 1, times: 3}\n", "times must be a list" },
        { HEAD "inputs:\n  - {target: 1, weight: 1, delay: 1}\n", "'times' is missing" },
        { HEAD "  - {id: 2, model: poisson}\ninputs:\n  - {target: 2, weight: 1, delay: 1, times: []}\n",
          "poisson neurons take no input" },
        { HEAD "n_spikes: -3\n", "n_spikes = '-3'" },
        { HEAD "spikes_per_neuron: {2: 1}\n", "no neuron has the id '2'" },
        { HEAD "final_V_m_mV: {x: 1}\n", "no neuron has the id 'x'" },
        { HEAD "final_V_m_mV: {1: high}\n", "1 = 'high', must be a finite number" },
    };
    hk_ctx *ctx = hk_ctx_create();
    for (size_t k = 0; k < N_OF(bad); k++) {
        hk_network_file file;
        int rc = hk_network_file_parse(ctx, "n.yaml", bad[k].text, strlen(bad[k].text), &file);
        if (rc != HK_EFORMAT || strstr(hk_ctx_message(ctx), bad[k].says) == NULL)
            fail_msg("%s\ngave %d: '%s', without '%s'", bad[k].text, rc, hk_ctx_message(ctx), bad[k].says);
        hk_network_file_fini(&file);
    }
    hk_network_file file;
    assert_status(hk_network_file_open(ctx, scratch_path("absent.yaml"), &file), HK_EIO);
    hk_network_file_fini(&file);
    hk_ctx_destroy(ctx);
}

static void nest_names_have_the_values_that_nest_gives_them(void **state)
{
    (void)state;
    static const char text[] = "t_stop_ms: 5\nneurons:\n  - {id: 3, model: iaf_psc_delta, params: {E_L: -61.5}}\n"
                               "  - {id: 1, model: iaf_psc_exp_ps, params: {tau_syn_in: 7.5}}\n"
                               "  - {id: 2, model: lif, params: {tau_m_ms: 33}}\n";
    hk_ctx *ctx = hk_ctx_create();
    hk_network_file file;
    hk_network network;
    assert_ok(hk_network_file_parse(ctx, "n.yaml", text, strlen(text), &file));
    assert_int_equal(file.n_on_grid, 1);
    assert_int_equal(file.n_groups, 2);
    assert_ok(hk_network_build(ctx, &file, 1, 1, &network));
    const struct {
        uint64_t id;
        const char *name;
        double value;
    } expected[] = { { 3, "tau_m_ms", 10.0 }, { 3, "e_l_mv", -61.5 },      { 3, "v_mv", -61.5 },
                     { 3, "t_ref_ms", 2.0 },  { 1, "tau_syn_in_ms", 7.5 }, { 1, "tau_m_ms", 10.0 },
                     { 1, "v_mv", -70.0 },    { 1, "tau_syn_ex_ms", 2.0 }, { 2, "tau_m_ms", 33.0 },
                     { 2, "v_mv", -70.0 } };
    for (size_t k = 0; k < N_OF(expected); k++) {
        double values[4];
        const hk_network_neuron *neuron = hk_network_file_find(&file, expected[k].id);
        assert_non_null(neuron);
        assert_ok(hk_population_get(network.groups[neuron->place.group], expected[k].name, values));
        assert_close(values[neuron->place.index], expected[k].value, 1e-12);
    }
    assert_null(hk_network_file_find(&file, 4));
    hk_network_fini(&network);
    hk_network_file_fini(&file);
    hk_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_spike_returns_exactly),
        cmocka_unit_test(a_ring_keeps_its_rate_and_has_no_irregularity),
        cmocka_unit_test(rings_that_would_lose_the_spike_are_refused),
        cmocka_unit_test(the_check_of_the_ring_can_fail),
        cmocka_unit_test(a_spike_too_many_or_too_few_is_a_fault),
        cmocka_unit_test(cuba_is_reproducible_and_depends_on_its_seed),
        cmocka_unit_test(an_interrupted_cuba_goes_on_to_the_same_bits),
        cmocka_unit_test(a_checkpoint_of_other_parameters_is_refused),
        cmocka_unit_test(a_network_spikes_when_its_closed_forms_say),
        cmocka_unit_test(a_network_that_differs_from_its_reference_fails),
        cmocka_unit_test(the_order_of_the_file_changes_no_bit),
        cmocka_unit_test(broken_networks_are_refused_with_their_line),
        cmocka_unit_test(nest_names_have_the_values_that_nest_gives_them),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
