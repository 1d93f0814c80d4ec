/* tests/test_ttfs.c - one spike a presentation against the rectified linear unit that it computes. */
#include "tests/sim_rig.h"

#include "sim/rng.h"

enum { N_IN = 37, N_HIDDEN = 53, N_OUT = 7 };
static const double delay_ms = 0.7, input_ms = 19.31, window_ms = 61.7;

/* inputs -> hidden -> out, all to all, with the value of each input of the present presentation. */
typedef struct layers {
    rig r;
    hk_population *in, *hidden, *out;
    double x[N_IN];
    double w[N_IN][N_HIDDEN], u[N_HIDDEN][N_OUT], bias[N_HIDDEN]; /* weights as they are kept, in single precision */
    raster spikes;
} layers;

static hk_projection *all_to_all(rig *r, hk_population *pre, hk_population *post, double sd, double delay)
{
    hk_projection *projection;
    rig_ok(r, hk_projection_create(r->sim,
                                   &(hk_projection_config){ .pre = pre,
                                                            .post = post,
                                                            .connect = HK_ALL_TO_ALL,
                                                            .weight = { HK_NORMAL, 0.0, sd, 0, 0 },
                                                            .delay_ms = hk_constant(delay) },
                                   &projection));
    return projection;
}

/* The window of the engine is as long as `between_ms`, the delay between the layers: with a long one inputs and spikes share it. */
static void build(layers *net, unsigned n_extra_threads, const char *cpu, double between_ms)
{
    *net = (layers){ .r = rig_open_with((hk_sim_config){
                         .resolution_ms = 0.1, .seed = 2385, .n_extra_threads = n_extra_threads, .cpu = cpu }) };
    rig *r = &net->r;
    net->in = rig_neurons(r, "in", "spike_source", N_IN);
    net->hidden = rig_neurons(r, "hidden", "ttfs", N_HIDDEN);
    net->out = rig_neurons(r, "out", "ttfs", N_OUT);
    hk_projection *first = all_to_all(r, net->in, net->hidden, 0.31, delay_ms),
                  *second = all_to_all(r, net->hidden, net->out, 0.17, between_ms);
    hk_stream draw = hk_stream_open(3, HK_PURPOSE_TEST, 7, 0);
    for (uint32_t j = 0; j < N_HIDDEN; j++)
        net->bias[j] = 8.0 * hk_stream_uniform(&draw) - 3.1;
    rig_ok(r, hk_population_set(net->hidden, "bias_mv", net->bias, N_HIDDEN));
    rig_set(r, net->hidden, "onset_ms", input_ms + delay_ms);
    rig_set(r, net->hidden, "window_ms", window_ms);
    rig_set(r, net->out, "onset_ms", input_ms + delay_ms + window_ms + between_ms);
    rig_set(r, net->out, "window_ms", 0.0);
    for (uint32_t i = 0; i < N_IN; i++)
        for (uint32_t j = 0; j < N_HIDDEN; j++)
            net->w[i][j] = (double)hk_projection_slab(first, i, 0).weight[j];
    for (uint32_t j = 0; j < N_HIDDEN; j++)
        for (uint32_t k = 0; k < N_OUT; k++)
            net->u[j][k] = (double)hk_projection_slab(second, j, 0).weight[k];
}

static void give(layers *net, uint32_t presentation)
{
    hk_stream draw = hk_stream_open(presentation, HK_PURPOSE_TEST, 8, 0);
    for (uint32_t i = 0; i < N_IN; i++) {
        net->x[i] = hk_stream_below(&draw, 3) == 0 ? 0.0 : input_ms * hk_stream_uniform(&draw);
        if (net->x[i] > 0.0)
            rig_give(&net->r, net->in, i, hk_sim_now_ms(net->r.sim) + input_ms - net->x[i]);
    }
}

static double hidden_value(const layers *net, uint32_t j)
{
    double sum = net->bias[j];
    for (uint32_t i = 0; i < N_IN; i++)
        sum += net->w[i][j] * net->x[i];
    return sum;
}

static void close_net(layers *net)
{
    raster_free(&net->spikes);
    rig_close(&net->r);
}

/* --- the rectified linear unit -------------------------------------------------------------------------------------- */

static void a_spike_leaves_until_the_end_of_the_window_what_a_rectified_unit_gives(void **state)
{
    (void)state;
    const double between[] = { 0.1, 1.3, 47.9 };
    for (size_t b = 0; b < N_OF(between); b++) {
        static layers net;
        build(&net, 0, NULL, between[b]);
        raster_of(&net.r, &net.spikes, net.hidden);
        size_t n_silent = 0;
        for (uint32_t p = 0; p < 12; p++) {
            double begin = hk_sim_now_ms(net.r.sim), t_max = begin + input_ms + delay_ms + window_ms;
            bool seen[N_HIDDEN] = { false };
            net.spikes.n = 0;
            give(&net, p);
            rig_run(&net.r, 200.0);
            for (size_t k = 0; k < net.spikes.n; k++) {
                uint32_t j = net.spikes.spikes[k].neuron;
                assert_false(seen[j]);
                seen[j] = true;
                assert_close(t_max - raster_ms(&net.r, &net.spikes, k), hidden_value(&net, j), 2e-12);
            }
            for (uint32_t j = 0; j < N_HIDDEN; j++) {
                assert_true(seen[j] == (hidden_value(&net, j) > 0.0));
                n_silent += !seen[j];
            }
            for (uint32_t k = 0; k < N_OUT; k++) {
                double sum = 0.0;
                for (uint32_t j = 0; j < N_HIDDEN; j++)
                    sum += net.u[j][k] * fmax(0.0, hidden_value(&net, j));
                assert_close(rig_get(&net.r, net.out, "v_mv", k), sum, 1e-11);
            }
            rig_ok(&net.r, hk_sim_settle(net.r.sim));
        }
        assert_true(n_silent > 100 && n_silent < 500);
        assert_int_equal(hk_population_n_spikes(net.out), 0);
        close_net(&net);
    }
}

/* --- one neuron -------------------------------------------------------------------------------------------------------- */

typedef struct single {
    rig r;
    hk_population *in, *p;
} single;

static single one_neuron(double weight)
{
    single s = { .r = rig_open() };
    s.in = rig_neurons(&s.r, "in", "spike_source", 1);
    s.p = rig_neurons(&s.r, "one", "ttfs", 1);
    rig_set(&s.r, s.p, "onset_ms", 12.34);
    rig_set(&s.r, s.p, "window_ms", 7.89);
    rig_set(&s.r, s.p, "bias_mv", 0.123);
    rig_wire(&s.r, s.in, 0, s.p, 0, weight, 0.5);
    return s;
}

static void the_potential_has_the_slope_of_its_inputs_then_one_and_falls_at_the_spike(void **state)
{
    (void)state;
    single s = one_neuron(0.37);
    rig_give(&s.r, s.in, 0, 3.217);
    rig_give(&s.r, s.in, 0, 5.011);
    rig_run(&s.r, 3.7);
    assert_close(rig_get(&s.r, s.p, "v_mv", 0), 0.0, 0.0);
    rig_run(&s.r, 0.7); /* 4.4 ms */
    assert_close(rig_get(&s.r, s.p, "v_mv", 0), 0.37 * (4.4 - 3.717), 1e-14);
    rig_run(&s.r, 5.6); /* 10 ms */
    double two = 0.37 * (10.0 - 3.717) + 0.37 * (10.0 - 5.511),
           at_onset = 0.37 * (12.34 - 3.717) + 0.37 * (12.34 - 5.511);
    assert_close(rig_get(&s.r, s.p, "v_mv", 0), two, 1e-14);
    assert_close(rig_get(&s.r, s.p, "slope_mv_per_ms", 0), 0.74, 1e-15);
    rig_run(&s.r, 3.1); /* 13.1 ms: behind t_min */
    assert_close(rig_get(&s.r, s.p, "v_mv", 0), at_onset + (13.1 - 12.34), 1e-14);
    double spike = 12.34 + (7.89 - 0.123) - at_onset;
    raster spikes;
    raster_of(&s.r, &spikes, s.p);
    rig_run(&s.r, 3.9); /* 17 ms */
    assert_int_equal(spikes.n, 1);
    assert_close(raster_ms(&s.r, &spikes, 0), spike, 1e-14);
    assert_close(rig_get(&s.r, s.p, "v_mv", 0), -0.123 + (17.0 - spike), 1e-13);
    rig_run(&s.r, 1000.0);
    assert_int_equal(spikes.n, 1);
    assert_close(rig_get(&s.r, s.p, "v_mv", 0), -0.123 + (12.34 + 7.89 - spike), 1e-13);
    raster_free(&spikes);
    rig_close(&s.r);
}

static void inputs_that_come_after_the_onset_change_nothing(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        single s = one_neuron(0.61);
        raster spikes;
        rig_give(&s.r, s.in, 0, 9.0);
        for (int k = 0; late && k < 9; k++)
            rig_give(&s.r, s.in, 0, 11.84 + 0.9 * k);
        raster_of(&s.r, &spikes, s.p);
        rig_run(&s.r, 50.0);
        assert_int_equal(spikes.n, 1);
        assert_close(raster_ms(&s.r, &spikes, 0), 12.34 + 7.89 - 0.123 - 0.61 * (12.34 - 9.5), 1e-14);
        raster_free(&spikes);
        rig_close(&s.r);
    }
}

static void a_value_beyond_the_window_spikes_at_the_onset_once(void **state)
{
    (void)state;
    const double weights[] = { 5.0, 1e3, 7.767 / 3.34 };
    for (size_t k = 0; k < N_OF(weights); k++) {
        single s = one_neuron(weights[k]);
        raster spikes;
        rig_give(&s.r, s.in, 0, 8.5); /* 3.34 ms before the onset: the last weight reaches the threshold there */
        raster_of(&s.r, &spikes, s.p);
        rig_run(&s.r, 100.0);
        assert_int_equal(spikes.n, 1);
        assert_close(raster_ms(&s.r, &spikes, 0), 12.34, 1e-14);
        raster_free(&spikes);
        rig_close(&s.r);
    }
}

static void no_value_no_spike(void **state)
{
    (void)state;
    const double biases[] = { 0.0, -1e-12, -3.0 };
    for (size_t k = 0; k < N_OF(biases); k++) {
        single s = one_neuron(-0.2);
        rig_set(&s.r, s.p, "bias_mv", biases[k]);
        rig_run(&s.r, 100.0);
        assert_int_equal(hk_population_n_spikes(s.p), 0);
        rig_close(&s.r);
    }
}

static void a_presentation_ends_with_the_simulation_settled_and_the_next_is_the_same(void **state)
{
    (void)state;
    single s = one_neuron(0.37);
    raster spikes;
    raster_of(&s.r, &spikes, s.p);
    double first = 0.0;
    for (int k = 0; k < 5; k++) {
        double begin = hk_sim_now_ms(s.r.sim);
        rig_give(&s.r, s.in, 0, begin + 3.217);
        rig_run(&s.r, 20.1 + 1.7 * k); /* the first ends before its t_max */
        assert_int_equal(spikes.n, (size_t)k + 1);
        double after = raster_ms(&s.r, &spikes, (size_t)k) - begin;
        first = k == 0 ? after : first;
        assert_close(after, first, 1e-13);
        rig_ok(&s.r, hk_sim_settle(s.r.sim));
        assert_close(rig_get(&s.r, s.p, "v_mv", 0), 0.0, 0.0);
    }
    raster_free(&spikes);
    rig_close(&s.r);
}

static void a_potential_survives_a_change_of_parameters(void **state)
{
    (void)state;
    single s = one_neuron(0.37);
    rig_give(&s.r, s.in, 0, 3.217);
    rig_run(&s.r, 7.1);
    double v = rig_get(&s.r, s.p, "v_mv", 0);
    rig_set(&s.r, s.p, "onset_ms", 15.55);
    rig_set(&s.r, s.p, "bias_mv", 1.3);
    assert_close(rig_get(&s.r, s.p, "v_mv", 0), v, 1e-14);
    raster spikes;
    raster_of(&s.r, &spikes, s.p);
    rig_run(&s.r, 50.0);
    assert_int_equal(spikes.n, 1);
    assert_close(raster_ms(&s.r, &spikes, 0), 15.55 + 7.89 - 1.3 - 0.37 * (15.55 - 3.717), 1e-13);
    raster_free(&spikes);
    rig_close(&s.r);
}

static void the_winner_of_a_competition_is_the_only_one_that_spikes(void **state)
{
    (void)state;
    static layers net;
    build(&net, 0, NULL, 1.3);
    rig_ok(&net.r, hk_population_compete(net.hidden, 2.0));
    raster_of(&net.r, &net.spikes, net.hidden);
    for (uint32_t p = 0; p < 5; p++) {
        net.spikes.n = 0;
        give(&net, p);
        uint32_t best = 0;
        for (uint32_t j = 1; j < N_HIDDEN; j++)
            best = hidden_value(&net, j) > hidden_value(&net, best) ? j : best;
        rig_run(&net.r, 200.0);
        assert_int_equal(net.spikes.n, 1);
        assert_int_equal(net.spikes.spikes[0].neuron, best);
        rig_ok(&net.r, hk_sim_settle(net.r.sim));
    }
    close_net(&net);
}

/* --- the same bits ------------------------------------------------------------------------------------------------------ */

static uint64_t hash_of(unsigned n_extra_threads, const char *cpu, bool in_pieces)
{
    static layers net;
    build(&net, n_extra_threads, cpu, 1.3);
    hk_stream draw = hk_stream_open(9, HK_PURPOSE_TEST, 9, 0);
    for (uint32_t p = 0; p < 4; p++) {
        give(&net, p);
        for (int64_t left = 1000; left > 0;) {
            int64_t steps = in_pieces ? 1 + (int64_t)hk_stream_below(&draw, 90) : left;
            steps = steps < left ? steps : left;
            rig_run(&net.r, 0.1 * (double)steps);
            left -= steps;
        }
        rig_ok(&net.r, hk_sim_settle(net.r.sim));
    }
    uint64_t hash = hk_sim_get_stats(net.r.sim).spike_hash;
    assert_true(hk_population_n_spikes(net.hidden) > 60);
    close_net(&net);
    return hash;
}

static void presentations_give_the_same_bits_on_any_threads_and_cpu_level_and_in_pieces(void **state)
{
    (void)state;
    uint64_t whole = hash_of(0, NULL, false);
    assert_true(hash_of(0, NULL, true) == whole);
    for (unsigned n = 1; n <= 4; n++)
        assert_true(hash_of(n, NULL, n % 2 == 0) == whole);
    for (int level = 0; level <= (int)hk_cpu_best(); level++)
        assert_true(hash_of(0, hk_cpu_name((hk_cpu)level), false) == whole);
}

static void what_it_cannot_do_is_refused(void **state)
{
    (void)state;
    hk_population *p;
    rig r = rig_open();
    p = rig_neurons(&r, "p", "ttfs", 3);
    rig_gives(&r, hk_population_set_value(p, "onset_ms", -0.1), HK_ERANGE);
    rig_gives(&r, hk_population_set_value(p, "window_ms", NAN), HK_ERANGE);
    rig_gives(&r, hk_population_set_value(p, "t_ref_ms", 1.0), HK_ENAME);
    rig_close(&r);
    const hk_integrator other[] = { HK_GRID, HK_EXACT_DENSE };
    for (size_t k = 0; k < N_OF(other); k++) {
        r = rig_open_with((hk_sim_config){ .resolution_ms = 0.1, .seed = 1, .integrator = other[k] });
        rig_gives(&r, hk_population_create(r.sim, "p", hk_neuron_model_find("ttfs"), 3, &p), HK_ENAME);
        assert_non_null(strstr(hk_ctx_message(r.ctx), "ttfs"));
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spike_leaves_until_the_end_of_the_window_what_a_rectified_unit_gives),
        cmocka_unit_test(the_potential_has_the_slope_of_its_inputs_then_one_and_falls_at_the_spike),
        cmocka_unit_test(inputs_that_come_after_the_onset_change_nothing),
        cmocka_unit_test(a_value_beyond_the_window_spikes_at_the_onset_once),
        cmocka_unit_test(no_value_no_spike),
        cmocka_unit_test(a_presentation_ends_with_the_simulation_settled_and_the_next_is_the_same),
        cmocka_unit_test(a_potential_survives_a_change_of_parameters),
        cmocka_unit_test(the_winner_of_a_competition_is_the_only_one_that_spikes),
        cmocka_unit_test(presentations_give_the_same_bits_on_any_threads_and_cpu_level_and_in_pieces),
        cmocka_unit_test(what_it_cannot_do_is_refused),
    };
    return cmocka_run_group_tests_name("ttfs", tests, NULL, NULL);
}
