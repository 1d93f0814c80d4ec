/* tests/test_threads.c - errors that come up in several threads at once end a run with a status and a sentence; and threads
 * share what is computed in a simulation that goes on for long. Same bits: test_properties.c. The threads: test_team.c. */
#include "tests/sim_rig.h"

enum { N_POPULATIONS = 5, N_NEURONS = 90 };
static const unsigned n_extra[] = { 0, 2, 7 };

static rig open_as(hk_integrator integrator, unsigned n_extra_threads)
{
    return rig_open_with((hk_sim_config){
        .resolution_ms = 0.1, .seed = 4, .integrator = integrator, .n_extra_threads = n_extra_threads });
}

static void sick_name(char name[20], int k)
{
    snprintf(name, 20, "sick %d", k);
}

/* In all populations a synapse onto neuron 1 gets a weight that is no number one can count with. */
static int run_with_weight(hk_integrator integrator, const char *model, unsigned n_extra_threads, float bad,
                           char says[1024], uint64_t *n_spikes)
{
    rig r = open_as(integrator, n_extra_threads);
    hk_population *in = rig_neurons(&r, "in", "spike_source", 1), *p[N_POPULATIONS];
    for (int i = 0; i < N_POPULATIONS; i++) {
        char name[20];
        hk_projection *projection;
        sick_name(name, i);
        p[i] = rig_neurons(&r, name, model, N_NEURONS);
        rig_ok(&r, hk_projection_create(r.sim,
                                        &(hk_projection_config){ .pre = in,
                                                                 .post = p[i],
                                                                 .connect = HK_ALL_TO_ALL,
                                                                 .weight = hk_constant(0.5),
                                                                 .delay_ms = hk_constant(0.1) },
                                        &projection));
        uint64_t n;
        hk_projection_weights(projection, &n)[1] = bad;
    }
    for (int k = 0; k < 10; k++)
        rig_give(&r, in, 0, 3.0 + k);
    int rc = hk_sim_run(r.sim, 300.0);
    *n_spikes = hk_sim_get_stats(r.sim).spikes;
    snprintf(says, 1024, "%s", hk_ctx_message(r.ctx));
    rig_close(&r);
    return rc;
}

static void state_that_is_no_number_ends_the_run_and_one_neuron_is_named(void **state)
{
    (void)state;
    const char *models[] = { "lif", "lif_exp" };
    const float bad[] = { NAN, -INFINITY };
    for (int form = HK_EXACT; form <= HK_GRID; form++)
        for (size_t k = 0; k < N_OF(n_extra) * N_OF(models) * N_OF(bad); k++) {
            char says[1024];
            uint64_t n_spikes;
            const char *model = models[k / N_OF(n_extra) % 2];
            int rc = run_with_weight((hk_integrator)form, model, n_extra[k % N_OF(n_extra)], bad[k / N_OF(n_extra) / 2],
                                     says, &n_spikes);
            if (rc != HK_EBLOWUP)
                print_error("form %d, %s, %u more threads, weight %g: %d '%s'\n", form, model,
                            n_extra[k % N_OF(n_extra)], (double)bad[k / N_OF(n_extra) / 2], rc, says);
            assert_status(rc, HK_EBLOWUP);
            assert_memory_equal(says, "population sick ", 16);
            assert_non_null(strstr(says, "neuron 1 "));
        }
}

static void enormous_weights_are_no_error_and_spike(void **state)
{
    (void)state;
    for (int form = HK_EXACT; form <= HK_GRID; form++)
        for (size_t k = 0; k < N_OF(n_extra); k++) {
            char says[1024];
            uint64_t n_spikes;
            assert_ok(run_with_weight((hk_integrator)form, "lif", n_extra[k], 3e38f, says, &n_spikes));
            assert_true(n_spikes == 10 + 5 * N_POPULATIONS); /* of ten a millisecond apart every second one is heard */
        }
}

static void populations_that_spike_for_ever_at_one_instant_end_the_run(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_OF(n_extra); k++)
        for (int m = 0; m < 2; m++) {
            rig r = open_as(HK_EXACT, n_extra[k]);
            for (int i = 0; i < N_POPULATIONS; i++) {
                char name[20];
                sick_name(name, i);
                hk_population *p = rig_neurons(&r, name, m == 0 ? "lif" : "lif_exp", 2);
                rig_set(&r, p, "t_ref_ms", 0.0);
                rig_set(&r, p, "theta_mv", -20.0);
            }
            rig_gives(&r, hk_sim_run(r.sim, 1.0), HK_EBLOWUP);
            assert_memory_equal(hk_ctx_message(r.ctx), "population sick ", 16);
            assert_non_null(strstr(hk_ctx_message(r.ctx), "again and again"));
            rig_close(&r);
        }
}

/* Rows of 64 sources are given out at a time: with 150 several threads meet a row that is too long. */
static void rows_that_are_too_long_in_every_thread_are_refused_once(void **state)
{
    (void)state;
    enum { N_PRE = 150 };
    for (size_t k = 0; k < N_OF(n_extra); k++) {
        rig r = open_as(HK_GRID, n_extra[k]);
        hk_population *pre = rig_neurons(&r, "pre", "lif", N_PRE), *post = rig_neurons(&r, "post", "lif", 1);
        hk_projection *projection;
        rig_ok(&r, hk_projection_create(r.sim,
                                        &(hk_projection_config){ .pre = pre,
                                                                 .post = post,
                                                                 .connect = HK_FIXED_TOTAL,
                                                                 .n = N_PRE * 67000,
                                                                 .pairs = HK_PAIRS_MULTAPSES,
                                                                 .weight = { HK_UNIFORM, 0.09, 0.1, 0, 0 },
                                                                 .delay_ms = hk_constant(1.5) },
                                        &projection));
        rig_gives(&r, hk_sim_build(r.sim), HK_ERANGE);
        assert_memory_equal(hk_ctx_message(r.ctx), "population pre: neuron ", 23);
        assert_non_null(strstr(hk_ctx_message(r.ctx), "weights = float"));
        rig_close(&r);
    }
}

static void windows_with_little_to_do_are_not_handed_round(void **state)
{
    (void)state;
    const struct {
        hk_integrator integrator;
        uint32_t n;
        uint64_t least_work; /* 0: as it is */
        unsigned n_workers;
    } cases[] = { { HK_GRID, 300, 0, 1 },  { HK_GRID, 300, 1, 3 },  { HK_GRID, 9000, 0, 3 },
                  { HK_EXACT, 300, 0, 1 }, { HK_EXACT, 300, 1, 3 }, { HK_EXACT, 3000, 0, 3 } };
    uint64_t hash[N_OF(cases)];
    for (size_t k = 0; k < N_OF(cases); k++) {
        hk_ctx *ctx = hk_ctx_create();
        rig r = { .ctx = ctx };
        hk_sim_config config = {
            .resolution_ms = 0.1, .seed = 9, .integrator = cases[k].integrator, .n_extra_threads = 2
        };
        rig_ok(&r, hk_sim_create(ctx, &config, &r.sim));
        if (cases[k].least_work > 0)
            r.sim->least_work = cases[k].least_work;
        hk_population *p = rig_neurons(&r, "cells", "lif", cases[k].n);
        hk_projection *projection;
        rig_ok(&r, hk_population_drive(p, 9000.0, 0.25));
        rig_ok(&r, hk_projection_create(r.sim,
                                        &(hk_projection_config){ .pre = p,
                                                                 .post = p,
                                                                 .connect = HK_FIXED_INDEGREE,
                                                                 .n = 5,
                                                                 .pairs = HK_PAIRS_MULTAPSES,
                                                                 .weight = hk_constant(-0.5),
                                                                 .delay_ms = hk_constant(0.1) },
                                        &projection));
        rig_run(&r, 50.0);
        assert_int_equal(r.sim->n_workers, cases[k].n_workers);
        assert_true(hk_sim_get_stats(r.sim).spikes > 100);
        hash[k] = hk_sim_get_stats(r.sim).spike_hash;
        rig_close(&r);
    }
    assert_true(hash[0] == hash[1] && hash[3] == hash[4]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_that_is_no_number_ends_the_run_and_one_neuron_is_named),
        cmocka_unit_test(enormous_weights_are_no_error_and_spike),
        cmocka_unit_test(populations_that_spike_for_ever_at_one_instant_end_the_run),
        cmocka_unit_test(rows_that_are_too_long_in_every_thread_are_refused_once),
        cmocka_unit_test(windows_with_little_to_do_are_not_handed_round),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
