/* tests/test_stdp_layouts.c - STDP in every layout, with any delays and in any order of connections. */
#include "tests/stdp_rig.h"

static void run_random(const rig_config *cfg, double mu, double pairing, double *w, uint64_t n)
{
    rig r;
    rig_init(&r, cfg);
    assert_ok(RIG_ATTACH(&r, "stdp", SHAPE, { "mu_plus", mu }, { "mu_minus", mu }, { "pairing", pairing }));
    rig_random_spikes(&r, 10.0, 900.0, 1);
    rig_run_to(&r, 1000.0);
    assert_int_equal(rig_weights(&r, w, n), n);
    rig_fini(&r);
}

static void dense_and_sparse_give_the_same_bits(void **state)
{
    (void)state;
    const double mus[] = { 0.0, 0.35, 1.0 };
    for (size_t k = 0; k < N_OF(mus); k++) {
        double dense[7 * 19], sparse[7 * 19];
        run_random(&(rig_config){ .layout = RIG_DENSE, .n_inputs = 7, .n_cells = 19, .weight = 0.37 }, mus[k], k == 1,
                   dense, 133);
        run_random(&(rig_config){ .layout = RIG_SPARSE, .n_inputs = 7, .n_cells = 19, .weight = 0.37 }, mus[k], k == 1,
                   sparse, 133);
        assert_memory_equal(dense, sparse, sizeof dense);
        assert_true(dense[0] != 0.37 && dense[132] != 0.37);
    }
}

/* An arrival so long after the last spike that the traces' epoch has to move first. */
static void after_a_long_pause_an_arrival_finds_no_trace_in_any_layout(void **state)
{
    static const char *const rules[] = { "stdp", "stdp_diehl_cook" };
    (void)state;
    for (size_t k = 0; k < N_OF(rules); k++)
        for (rig_layout layout = RIG_DENSE; layout <= RIG_DIAGONAL; layout++) {
            rig r;
            double before[9], after[9];
            uint64_t n = layout == RIG_DIAGONAL ? 3 : 9;
            rig_init(&r, &(rig_config){ .layout = layout, .n_inputs = 3, .n_cells = 3, .weight = 0.37 });
            assert_ok(rig_try_attach(&r, rules[k], NULL, 0));
            for (uint32_t i = 0; i < 3; i++) {
                rig_arrive(&r, i, 20.0);
                rig_fire(&r, i, 23.85);
                rig_arrive(&r, i, 26.0);
            }
            rig_run_to(&r, 30.0);
            assert_int_equal(rig_weights(&r, before, n), n);
            assert_true(before[0] != 0.37);
            for (uint32_t i = 0; i < 3; i++)
                rig_arrive(&r, i, 5000.0 + i);
            rig_run_to(&r, 5010.0);
            assert_int_equal(rig_weights(&r, after, n), n);
            assert_memory_equal(after, before, n * sizeof *after);
            rig_fini(&r);
        }
}

static void one_to_one_equals_a_list_of_the_same_pairs(void **state)
{
    (void)state;
    const uint32_t self[] = { 0, 1, 2, 3, 4 };
    const hk_projection_config list = { .name = "plastic",
                                        .connect = HK_EXPLICIT,
                                        .n = 5,
                                        .list_pre = self,
                                        .list_post = self,
                                        .weight = hk_constant(0.41),
                                        .delay_ms = hk_constant(rig_delay_ms) };
    double diagonal[5], sparse[5];
    run_random(&(rig_config){ .layout = RIG_DIAGONAL, .n_inputs = 5, .n_cells = 5, .weight = 0.41 }, 0.2, 0.0, diagonal,
               5);
    run_random(&(rig_config){ .layout = RIG_LIST, .n_inputs = 5, .n_cells = 5, .list = &list }, 0.2, 0.0, sparse, 5);
    assert_memory_equal(diagonal, sparse, sizeof diagonal);
    assert_true(diagonal[3] != diagonal[4]);
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    const double mus[] = { 0.0, 0.35, 1.0 };
    for (size_t k = 0; k < N_OF(mus); k++) {
        double plain[7 * 19], other[7 * 19];
        rig_config cfg = { .layout = RIG_DENSE, .n_inputs = 7, .n_cells = 19, .weight = 0.37, .cpu = "plain" };
        run_random(&cfg, mus[k], 0.0, plain, 133);
        for (int level = 1; level <= (int)hk_cpu_best(); level++) {
            cfg.cpu = hk_cpu_name((hk_cpu)level);
            run_random(&cfg, mus[k], 0.0, other, 133);
            assert_memory_equal(plain, other, sizeof plain);
        }
    }
}

static void swap_u32(uint32_t *a, uint32_t *b)
{
    uint32_t c = *a;
    *a = *b;
    *b = c;
}

static void swap_f64(double *a, double *b)
{
    double c = *a;
    *a = *b;
    *b = c;
}

static void the_order_of_connections_does_not_matter(void **state)
{
    (void)state;
    uint32_t pre[N_LIST], post[N_LIST];
    double weight[N_LIST], delay_ms[N_LIST], first[N_LIST], second[N_LIST];
    random_list(pre, post, weight, delay_ms);
    for (int k = 0; k < N_LIST; k++) /* twins could not be told apart, so they are alike */
        weight[k] = 0.2 + 0.01 * pre[k] + 0.001 * post[k] + 0.1 * delay_ms[k];
    hk_projection_config list = { .name = "plastic",
                                  .connect = HK_EXPLICIT,
                                  .pairs = HK_PAIRS_MULTAPSES,
                                  .n = N_LIST,
                                  .list_pre = pre,
                                  .list_post = post,
                                  .list_weight = weight,
                                  .list_delay_ms = delay_ms };
    rig_config cfg = { .layout = RIG_LIST, .n_inputs = 6, .n_cells = 5, .list = &list };
    run_random(&cfg, 0.35, 0.0, first, N_LIST);
    hk_stream s = hk_stream_open(20, HK_PURPOSE_TEST, 8, 0);
    for (uint32_t k = N_LIST - 1; k > 0; k--) {
        uint32_t m = (uint32_t)hk_stream_below(&s, k + 1);
        swap_u32(&pre[k], &pre[m]);
        swap_u32(&post[k], &post[m]);
        swap_f64(&weight[k], &weight[m]);
        swap_f64(&delay_ms[k], &delay_ms[m]);
    }
    run_random(&cfg, 0.35, 0.0, second, N_LIST);
    assert_memory_equal(first, second, sizeof first);
}

static void each_delay_has_its_own_arrivals(void **state)
{
    (void)state;
    uint32_t pre[N_LIST], post[N_LIST];
    double weight[N_LIST], delay_ms[N_LIST];
    random_list(pre, post, weight, delay_ms);
    hk_projection_config list = { .name = "plastic",
                                  .connect = HK_EXPLICIT,
                                  .pairs = HK_PAIRS_MULTAPSES,
                                  .n = N_LIST,
                                  .list_pre = pre,
                                  .list_post = post,
                                  .list_weight = weight,
                                  .list_delay_ms = delay_ms };
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_LIST, .n_inputs = 6, .n_cells = 5, .list = &list });
    assert_ok(RIG_ATTACH(&r, "stdp", SHAPE, { "hard", 0.0 }));
    double before[N_LIST], after[N_LIST];
    assert_int_equal(hk_projection_list(r.plastic, N_LIST, pre, post, before, delay_ms), N_LIST);
    enum { N_SPIKES = 40 };
    double input_ms[N_SPIKES], cell_ms[N_SPIKES];
    uint32_t input[N_SPIKES], cell[N_SPIKES];
    hk_stream s = hk_stream_open(21, HK_PURPOSE_TEST, 8, 0);
    for (int k = 0; k < N_SPIKES; k++) {
        input_ms[k] = 5.0 + 200.0 * hk_stream_uniform(&s);
        cell_ms[k] = 5.0 + 200.0 * hk_stream_uniform(&s);
        input[k] = (uint32_t)hk_stream_below(&s, 6);
        cell[k] = (uint32_t)hk_stream_below(&s, 5);
        rig_fire(&r, cell[k], cell_ms[k]);
    }
    assert_ok(hk_spike_source_add(r.inputs, N_SPIKES, input_ms, input));
    rig_run_to(&r, 250.0);
    assert_int_equal(rig_weights(&r, after, N_LIST), N_LIST);
    for (int k = 0; k < N_LIST; k++) {
        double expected = before[k];
        for (int i = 0; i < N_SPIKES; i++) {
            for (int j = 0; j < N_SPIKES; j++) {
                double dt = cell_ms[j] - (input_ms[i] + delay_ms[k]);
                if (input[i] == pre[k] && cell[j] == post[k])
                    expected += dt >= 0.0 ? a_plus * exp(-dt / tau_plus) : -a_minus * exp(dt / tau_minus);
            }
        }
        assert_close(after[k], expected, 2e-6); /* every change rounds the weight to float */
    }
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_and_sparse_give_the_same_bits),
        cmocka_unit_test(after_a_long_pause_an_arrival_finds_no_trace_in_any_layout),
        cmocka_unit_test(one_to_one_equals_a_list_of_the_same_pairs),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(the_order_of_connections_does_not_matter),
        cmocka_unit_test(each_delay_has_its_own_arrivals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
