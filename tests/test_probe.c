/* tests/test_probe.c - samples show what is there, at their times, and disturb nothing. */
#include "tests/hk_scratch.h"

#include "tests/sim_rig.h"

#include "sim/probe.h"

enum { N = 40 };

typedef struct net {
    rig r;
    hk_population *noise, *cells;
    hk_projection *loop;
} net;

/* Forty lif_exp neurons with noise and connections among themselves, some spiking by constant drive. */
static net net_open(void)
{
    net n = { .r = rig_open() };
    n.noise = rig_neurons(&n.r, "noise", "poisson", N);
    n.cells = rig_neurons(&n.r, "cells", "lif_exp", N);
    rig_set(&n.r, n.noise, "rate_hz", 613.0);
    rig_set(&n.r, n.cells, "i_e_pa", 371.0);
    hk_projection *in;
    rig_ok(&n.r, hk_projection_create(n.r.sim,
                                      &(hk_projection_config){ .pre = n.noise,
                                                               .post = n.cells,
                                                               .connect = HK_ONE_TO_ONE,
                                                               .weight = hk_constant(61.7),
                                                               .delay_ms = hk_constant(0.3) },
                                      &in));
    rig_ok(&n.r, hk_projection_create(n.r.sim,
                                      &(hk_projection_config){ .pre = n.cells,
                                                               .post = n.cells,
                                                               .connect = HK_FIXED_PROBABILITY,
                                                               .probability = 0.31,
                                                               .weight = { .kind = HK_NORMAL, .a = -23.0, .b = 41.0 },
                                                               .delay_ms = { .kind = HK_UNIFORM, .a = 0.7, .b = 2.9 } },
                                      &n.loop));
    return n;
}

static hk_probe *probe_of(net *n, const hk_probe_config *cfg)
{
    hk_probe *probe;
    rig_ok(&n->r, hk_probe_create(n->r.sim, cfg, &probe));
    return probe;
}

static uint64_t hash_of(const net *n)
{
    assert_true(hk_population_n_spikes(n->cells) > 100);
    return hk_sim_get_stats(n->r.sim).spike_hash;
}

static uint64_t undisturbed_hash(double ms)
{
    net n = net_open();
    rig_run(&n.r, ms);
    uint64_t hash = hash_of(&n);
    rig_close(&n.r);
    return hash;
}

static void sampling_at_every_step_changes_no_spike(void **state)
{
    (void)state;
    net n = net_open();
    static const char *const variables[] = { "v_mv", "i_syn_in_pa", "theta_mv", "tau_m_ms" };
    hk_probe *probes[5];
    for (size_t k = 0; k < 4; k++)
        probes[k] = probe_of(&n, &(hk_probe_config){ .population = n.cells,
                                                     .variable = variables[k],
                                                     .interval_ms = k == 0 ? 0.1 : 0.7 * (double)k });
    probes[4] = probe_of(&n, &(hk_probe_config){ .projection = n.loop, .interval_ms = 1.3 });
    rig_ok(&n.r, hk_probe_run(n.r.sim, probes, 5, 333.3));
    assert_true(hash_of(&n) == undisturbed_hash(333.3));
    assert_int_equal(hk_probe_samples(probes[0]).n_samples, 3334); /* with time 0 and the end */
    for (size_t k = 0; k < 5; k++)
        hk_probe_destroy(probes[k]);
    rig_close(&n.r);
}

static void samples_are_what_a_run_stopped_there_reads(void **state)
{
    (void)state;
    static const double times_ms[] = { 0.0, 7.3, 7.4, 61.9, 100.0 };
    static const uint64_t ids[] = { 39, 3, 17 };
    net n = net_open();
    hk_probe *probe = probe_of(&n, &(hk_probe_config){ .population = n.cells,
                                                       .variable = "v_mv",
                                                       .ids = ids,
                                                       .n_ids = 3,
                                                       .times_ms = times_ms,
                                                       .n_times = N_OF(times_ms) });
    rig_ok(&n.r, hk_probe_run(n.r.sim, &probe, 1, 7.3)); /* in two parts, cut at a sample */
    rig_ok(&n.r, hk_probe_run(n.r.sim, &probe, 1, 92.7));
    hk_probe_view view = hk_probe_samples(probe);
    assert_int_equal(view.n_samples, N_OF(times_ms));
    assert_int_equal(view.n, 3);
    assert_string_equal(view.unit, "mV");
    for (size_t k = 0; k < N_OF(times_ms); k++) {
        net other = net_open();
        rig_run(&other.r, times_ms[k]);
        assert_close(view.times_ms[k], times_ms[k], 1e-12);
        for (size_t i = 0; i < 3; i++)
            assert_close(view.values[3 * k + i], rig_get(&other.r, other.cells, "v_mv", (uint32_t)ids[i]), 0.0);
        rig_close(&other.r);
    }
    hk_probe_destroy(probe);
    rig_close(&n.r);
}

static void weights_come_in_the_order_of_the_list(void **state)
{
    (void)state;
    net n = net_open();
    size_t n_synapses = (size_t)hk_projection_n_synapses(n.loop);
    double *weights = malloc(n_synapses * sizeof *weights);
    assert_int_equal(hk_projection_list(n.loop, n_synapses, NULL, NULL, weights, NULL), n_synapses);
    uint64_t ids[] = { n_synapses - 1, 5 };
    hk_probe *probe = probe_of(&n,
                               &(hk_probe_config){ .projection = n.loop, .ids = ids, .n_ids = 2, .interval_ms = 2.5 });
    rig_ok(&n.r, hk_probe_run(n.r.sim, &probe, 1, 4.0));
    hk_probe_view view = hk_probe_samples(probe);
    assert_int_equal(view.n_samples, 2);
    assert_close(view.values[0], weights[n_synapses - 1], 0.0);
    assert_close(view.values[3], weights[5], 0.0);
    assert_string_equal(view.unit, "pA");
    assert_string_equal(view.variable, "weight");
    free(weights);
    hk_probe_destroy(probe);
    rig_close(&n.r);
}

static int stop_at_13(hk_sim *sim, hk_time end, void *user)
{
    (void)end;
    (void)user;
    return hk_sim_now_ms(sim) > 13.0;
}

static void a_stopped_run_goes_on_without_losing_a_sample(void **state)
{
    (void)state;
    net n = net_open();
    hk_probe *probe = probe_of(&n, &(hk_probe_config){ .population = n.cells, .variable = "v_mv", .interval_ms = 0.9 });
    hk_sim_on_window(n.r.sim, stop_at_13, NULL);
    rig_ok(&n.r, hk_probe_run(n.r.sim, &probe, 1, 200.0));
    assert_true(hk_sim_now_ms(n.r.sim) < 14.5);
    hk_sim_on_window(n.r.sim, NULL, NULL);
    rig_ok(&n.r, hk_probe_run(n.r.sim, &probe, 1, 200.0 - hk_sim_now_ms(n.r.sim)));
    hk_probe_view view = hk_probe_samples(probe);
    assert_int_equal(view.n_samples, 223);
    for (size_t k = 0; k < view.n_samples; k++)
        assert_close(view.times_ms[k], 0.9 * (double)k, 1e-9);
    assert_true(hash_of(&n) == undisturbed_hash(200.0));
    hk_probe_destroy(probe);
    rig_close(&n.r);
}

static void a_probe_made_later_begins_at_the_next_multiple(void **state)
{
    (void)state;
    net n = net_open();
    rig_run(&n.r, 1.1);
    hk_probe *probe = probe_of(&n, &(hk_probe_config){ .population = n.cells, .variable = "v_mv", .interval_ms = 0.5 });
    rig_ok(&n.r, hk_probe_run(n.r.sim, &probe, 1, 1.0));
    assert_int_equal(hk_probe_samples(probe).n_samples, 2);
    assert_close(hk_probe_samples(probe).times_ms[0], 1.5, 1e-12);
    rig_run(&n.r, 0.8); /* past 2.5, without the probe */
    rig_gives(&n.r, hk_probe_run(n.r.sim, &probe, 1, 1.0), HK_ESTATE);
    hk_probe_destroy(probe);
    rig_close(&n.r);
}

static void archive(net *n, hk_probe *probe, const char *path, bool load, int expected)
{
    hk_archive *archive;
    rig_ok(&n->r, load ? hk_archive_open(n->r.ctx, path, &archive) : hk_archive_create(n->r.ctx, path, &archive));
    rig_gives(&n->r, hk_probe_archive(probe, archive, "probe"), expected);
    if (expected == HK_OK) {
        rig_ok(&n->r, hk_sim_archive(n->r.sim, archive));
        rig_ok(&n->r, hk_archive_commit(archive));
    }
    hk_archive_destroy(archive);
}

static void a_checkpoint_keeps_the_samples_and_the_next_time(void **state)
{
    (void)state;
    const char *path = scratch_path("probe-checkpoint.h5");
    static const double times_ms[] = { 3.3, 9.9, 30.3 };
    static const uint64_t ids[] = { 2, 11 };
    const hk_probe_config given = { .variable = "v_mv", .ids = ids, .n_ids = 2, .times_ms = times_ms, .n_times = 3 };
    double values[2][3 * 2];
    for (int resumed = 0; resumed < 2; resumed++) {
        net n = net_open();
        hk_probe_config cfg = given;
        cfg.population = n.cells;
        hk_probe *probe = probe_of(&n, &cfg);
        rig_ok(&n.r, hk_probe_run(n.r.sim, &probe, 1, 10.7));
        if (resumed) {
            archive(&n, probe, path, false, HK_OK);
            hk_probe_destroy(probe);
            rig_close(&n.r);
            n = net_open();
            cfg.population = n.cells;
            probe = probe_of(&n, &cfg);
            archive(&n, probe, path, true, HK_OK);
        }
        rig_ok(&n.r, hk_probe_run(n.r.sim, &probe, 1, 29.3));
        assert_int_equal(hk_probe_samples(probe).n_samples, 3);
        memcpy(values[resumed], hk_probe_samples(probe).values, sizeof values[0]);
        hk_probe_destroy(probe);
        rig_close(&n.r);
    }
    assert_memory_equal(values[0], values[1], sizeof values[0]);
}

static void a_checkpoint_of_another_probe_is_refused(void **state)
{
    (void)state;
    const char *path = scratch_path("probe-other.h5");
    static const uint64_t ids[] = { 2, 11 }, others[] = { 2, 12 };
    net n = net_open();
    hk_probe *probe = probe_of(
        &n,
        &(hk_probe_config){ .population = n.cells, .variable = "v_mv", .ids = ids, .n_ids = 2, .interval_ms = 0.3 });
    archive(&n, probe, path, false, HK_OK);
    hk_probe_destroy(probe);
    hk_probe_config bad[] = {
        { .variable = "theta_mv", .ids = ids, .n_ids = 2, .interval_ms = 0.3 },
        { .variable = "v_mv", .ids = others, .n_ids = 2, .interval_ms = 0.3 },
        { .variable = "v_mv", .ids = ids, .n_ids = 1, .interval_ms = 0.3 },
        { .variable = "v_mv", .ids = ids, .n_ids = 2, .interval_ms = 0.4 },
        { .variable = "v_mv", .ids = ids, .n_ids = 2, .times_ms = (double[]){ 5.0 }, .n_times = 1 }
    };
    for (size_t k = 0; k < N_OF(bad); k++) {
        bad[k].population = n.cells;
        probe = probe_of(&n, &bad[k]);
        archive(&n, probe, path, true, HK_EFORMAT);
        hk_probe_destroy(probe);
    }
    rig_close(&n.r);
}

static void samples_go_to_a_results_file_as_a_matrix(void **state)
{
    (void)state;
    net n = net_open();
    static const uint64_t ids[] = { 8, 1, 30 };
    hk_probe *probe = probe_of(
        &n, &(hk_probe_config){
                .population = n.cells, .variable = "i_syn_ex_pa", .ids = ids, .n_ids = 3, .interval_ms = 1.0 });
    rig_ok(&n.r, hk_probe_run(n.r.sim, &probe, 1, 4.0));
    hk_results *file;
    const char *path = scratch_path("probe-results.h5");
    rig_ok(&n.r, hk_results_open(n.r.ctx, path, HK_RESULTS_CREATE, &file));
    rig_ok(&n.r, hk_probe_put(probe, file, "probes/current"));
    rig_ok(&n.r, hk_results_close(file));
    rig_ok(&n.r, hk_results_open(n.r.ctx, path, HK_RESULTS_READ, &file));
    const hk_results_entry *entry = hk_results_find(file, "probes/current/values");
    assert_non_null(entry);
    assert_int_equal(entry->shape[0], 5);
    assert_int_equal(entry->shape[1], 3);
    assert_string_equal(entry->unit, "pA");
    double values[15], times_ms[5];
    uint64_t kept[3];
    rig_ok(&n.r, hk_results_get(file, "probes/current/values", HK_F64, values, 15));
    rig_ok(&n.r, hk_results_get(file, "probes/current/times_ms", HK_F64, times_ms, 5));
    rig_ok(&n.r, hk_results_get(file, "probes/current/ids", HK_U64, kept, 3));
    assert_memory_equal(values, hk_probe_samples(probe).values, sizeof values);
    assert_memory_equal(kept, ids, sizeof ids);
    assert_close(times_ms[4], 4.0, 1e-12);
    hk_results_discard(file);
    hk_probe_destroy(probe);
    rig_close(&n.r);
}

static void what_cannot_be_probed_is_refused(void **state)
{
    (void)state;
    net n = net_open();
    rig_run(&n.r, 1.0);
    static const uint64_t beyond[] = { 3, N };
    hk_population *p = n.cells;
    const struct {
        hk_probe_config cfg;
        int status;
    } bad[] = {
        { { .variable = "v_mv", .interval_ms = 1.0 }, HK_ERANGE },
        { { .population = p, .projection = n.loop, .variable = "v_mv", .interval_ms = 1.0 }, HK_ERANGE },
        { { .population = p, .variable = "voltage", .interval_ms = 1.0 }, HK_ENAME },
        { { .population = p, .interval_ms = 1.0 }, HK_ENAME },
        { { .population = p, .variable = "v_mv", .ids = beyond, .n_ids = 2, .interval_ms = 1.0 }, HK_ERANGE },
        { { .population = p, .variable = "v_mv" }, HK_ERANGE },
        { { .population = p, .variable = "v_mv", .interval_ms = 0.25 }, HK_ERANGE },
        { { .population = p, .variable = "v_mv", .interval_ms = -0.1 }, HK_ERANGE },
        { { .population = p, .variable = "v_mv", .interval_ms = NAN }, HK_ERANGE },
        { { .population = p, .variable = "v_mv", .interval_ms = 1.0, .times_ms = (double[]){ 2.0 }, .n_times = 1 },
          HK_ERANGE },
        { { .population = p, .variable = "v_mv", .times_ms = (double[]){ 0.9 }, .n_times = 1 }, HK_ERANGE },
        { { .population = p, .variable = "v_mv", .times_ms = (double[]){ 2.0, 2.0 }, .n_times = 2 }, HK_ERANGE },
        { { .population = p, .variable = "v_mv", .times_ms = (double[]){ 2.05 }, .n_times = 1 }, HK_ERANGE },
    };
    for (size_t k = 0; k < N_OF(bad); k++) {
        hk_probe *probe;
        rig_gives(&n.r, hk_probe_create(n.r.sim, &bad[k].cfg, &probe), bad[k].status);
        assert_null(probe);
    }
    hk_probe *probe = probe_of(&n, &(hk_probe_config){ .population = p, .variable = "v_mv", .interval_ms = 0.1 });
    rig_gives(&n.r, hk_probe_run(n.r.sim, &probe, 1, -1.0), HK_ERANGE);
    rig_gives(&n.r, hk_probe_run(n.r.sim, &probe, 1, 1e12), HK_ENOMEM); /* 3.2e15 bytes, refused before the run */
    assert_close(hk_sim_now_ms(n.r.sim), 1.0, 1e-12);
    hk_probe_destroy(probe);
    hk_probe_destroy(NULL);
    rig_close(&n.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sampling_at_every_step_changes_no_spike),
        cmocka_unit_test(samples_are_what_a_run_stopped_there_reads),
        cmocka_unit_test(weights_come_in_the_order_of_the_list),
        cmocka_unit_test(a_stopped_run_goes_on_without_losing_a_sample),
        cmocka_unit_test(a_probe_made_later_begins_at_the_next_multiple),
        cmocka_unit_test(a_checkpoint_keeps_the_samples_and_the_next_time),
        cmocka_unit_test(a_checkpoint_of_another_probe_is_refused),
        cmocka_unit_test(samples_go_to_a_results_file_as_a_matrix),
        cmocka_unit_test(what_cannot_be_probed_is_refused),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
