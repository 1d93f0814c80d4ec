/* tests/test_normalise.c - incoming weights that keep their sum. */
#include "tests/plastic_rig.h"

#include <unistd.h>

enum { N_INPUTS = 41, N_CELLS = 19, N_SYNAPSES = N_INPUTS * N_CELLS };

/* Weights that differ, the same for each layout: set through the rig's own order. */
static void spread_weights(rig *r)
{
    for (uint32_t i = 0; i < N_INPUTS; i++) {
        hk_slab slab = hk_projection_slab(r->plastic, i, 0);
        uint64_t n, begin = hk_projection_slab_begin(r->plastic, i, 0);
        float *weights = hk_projection_weights(r->plastic, &n);
        for (uint32_t k = 0; k < slab.n; k++)
            weights[begin + k] = 0.01f + 0.013f * (float)((i * 7 + k * 5) % 31);
    }
}

static void sums_of(const double *w, double *sums)
{
    for (int j = 0; j < N_CELLS; j++) {
        sums[j] = 0.0;
        for (int i = 0; i < N_INPUTS; i++)
            sums[j] += w[i * N_CELLS + j];
    }
}

static void every_sum_is_met_and_proportions_stay(void **state)
{
    (void)state;
    double first[N_SYNAPSES];
    for (rig_layout layout = RIG_DENSE; layout <= RIG_SPARSE; layout++) {
        for (int level = 0; level <= (int)hk_cpu_best(); level++) {
            rig r;
            double before[N_SYNAPSES], after[N_SYNAPSES], old_sums[N_CELLS], sums[N_CELLS];
            rig_init(&r, &(rig_config){ .layout = layout,
                                        .n_inputs = N_INPUTS,
                                        .n_cells = N_CELLS,
                                        .weight = 0.5,
                                        .not_plastic = true,
                                        .cpu = hk_cpu_name((hk_cpu)level) });
            spread_weights(&r);
            assert_int_equal(rig_weights(&r, before, N_SYNAPSES), N_SYNAPSES);
            assert_ok(RIG_ATTACH(&r, "normalise", { "sum", 7.84 }));
            rig_empty_sample(&r, 10.0);
            assert_int_equal(rig_weights(&r, after, N_SYNAPSES), N_SYNAPSES);
            sums_of(before, old_sums);
            sums_of(after, sums);
            for (int j = 0; j < N_CELLS; j++)
                assert_close(sums[j], 7.84, 7.84 * 3e-8);
            for (int k = 0; k < N_SYNAPSES; k++)
                assert_close(after[k], before[k] * 7.84 / old_sums[k % N_CELLS], 6e-8 * after[k]);
            if (layout == RIG_DENSE && level == 0)
                memcpy(first, after, sizeof first);
            assert_memory_equal(after, first, sizeof first);
            rig_fini(&r);
        }
    }
}

static void it_waits_for_so_many_samples(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 3, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "normalise", { "sum", 0.75 }, { "every", 3.0 }));
    double w[3];
    for (int sample = 1; sample <= 3; sample++) {
        rig_empty_sample(&r, 5.0);
        assert_int_equal(rig_weights(&r, w, 3), 3);
        assert_true(w[0] == (sample < 3 ? 0.5 : 0.25));
    }
    hk_normalise_apply(hk_rule_state(r.rule));
    assert_ok(hk_rule_set(r.rule, "sum", 1.5));
    assert_ok(hk_rule_set(r.rule, "every", 1.0));
    rig_empty_sample(&r, 5.0);
    assert_int_equal(rig_weights(&r, w, 3), 3);
    assert_true(w[1] == 0.5);
    rig_fini(&r);
}

static void weights_that_add_up_to_nothing_are_left_alone_and_counted(void **state)
{
    (void)state;
    const uint32_t pre[] = { 0, 1, 0, 1 }, post[] = { 0, 0, 1, 1 };
    const double weight[] = { 0.0, 0.0, 0.25, 0.5 };
    const hk_projection_config list = { .name = "plastic",
                                        .connect = HK_EXPLICIT,
                                        .n = 4,
                                        .list_pre = pre,
                                        .list_post = post,
                                        .list_weight = weight,
                                        .delay_ms = hk_constant(rig_delay_ms) };
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_LIST, .n_inputs = 2, .n_cells = 3, .list = &list });
    assert_ok(RIG_ATTACH(&r, "normalise", { "sum", 3.0 }));
    rig_empty_sample(&r, 5.0);
    double w[4];
    assert_int_equal(rig_weights(&r, w, 4), 4);
    assert_true(w[0] == 0.0 && w[1] == 1.0 && w[2] == 0.0 && w[3] == 2.0); /* by input, then cell */
    assert_int_equal(hk_normalise_skipped(hk_rule_state(r.rule)), 2);      /* cell 0, and cell 2 without synapses */
    rig_fini(&r);
}

static void the_count_of_samples_is_in_a_checkpoint(void **state)
{
    (void)state;
    char folder[] = "/tmp/hk_normalise_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/middle.h5", folder);
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 2, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "normalise", { "sum", 2.0 }, { "every", 2.0 }));
    rig_empty_sample(&r, 5.0);
    assert_ok(hk_sim_save(r.sim, path));
    rig_fini(&r);
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 2, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "normalise", { "sum", 2.0 }, { "every", 2.0 }));
    assert_ok(hk_sim_load(r.sim, path));
    rig_empty_sample(&r, 5.0);
    double w[2];
    assert_int_equal(rig_weights(&r, w, 2), 2);
    assert_true(w[0] == 1.0);
    rig_fini(&r);
    unlink(path);
    rmdir(folder);
}

static void parameters_out_of_range_are_refused(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 2, .n_cells = 1, .weight = 0.5 });
    assert_status(RIG_ATTACH(&r, "normalise", { "sum", 0.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "normalise", { "every", 0.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "normalise", { "every", 1.5 }), HK_ERANGE);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sum_is_met_and_proportions_stay),
        cmocka_unit_test(it_waits_for_so_many_samples),
        cmocka_unit_test(weights_that_add_up_to_nothing_are_left_alone_and_counted),
        cmocka_unit_test(the_count_of_samples_is_in_a_checkpoint),
        cmocka_unit_test(parameters_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
