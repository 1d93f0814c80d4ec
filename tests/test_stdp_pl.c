/* tests/test_stdp_pl.c - power-law STDP against an oracle, and what holds of every pair rule on sparse projections. */
#include "tests/plastic_rig.h"

#include "neurons/catalogue.h"

static const double tau_plus = 16.8, tau_minus = 33.7, lambda = 0.0613, alpha = 0.131, mu = 0.43, w0 = 0.27;

#define SHAPE                                                                         \
    { "tau_plus_ms", tau_plus }, { "tau_minus_ms", tau_minus }, { "lambda", lambda }, \
    {                                                                                 \
        "alpha", alpha                                                                \
    }
#define POWER     \
    { "mu", mu }, \
    {             \
        "w0", w0  \
    }

/* --- the rule --------------------------------------------------------------------------------------------------- */

static void the_window_is_an_exponential_scaled_by_a_power_of_the_weight(void **state)
{
    (void)state;
    const double weights[] = { 0.0731, 0.27, 1.93 };
    for (size_t k = 0; k < N_OF(weights); k++)
        for (rig_layout layout = RIG_DENSE; layout <= RIG_DIAGONAL; layout++)
            for (double dt = -79.63; dt < 80.0; dt += 7.017) {
                rig r;
                rig_init(&r, &(rig_config){ .layout = layout, .n_inputs = 1, .n_cells = 1, .weight = weights[k] });
                assert_ok(RIG_ATTACH(&r, "stdp_pl", SHAPE, POWER));
                rig_arrive(&r, 0, 200.0);
                rig_fire(&r, 0, 200.0 + dt);
                rig_run_to(&r, 300.0);
                double plus = lambda * pow(w0, 1.0 - mu) * pow(weights[k], mu) * exp(-dt / tau_plus);
                double expected = dt > 0.0 ? plus : -lambda * alpha * weights[k] * exp(dt / tau_minus);
                assert_close(rig_weight(&r) - weights[k], expected, 1.3e-7 * weights[k]);
                rig_fini(&r);
            }
}

enum { N_INPUTS = 7, N_CELLS = 11, N_SPIKES = 400 };

typedef struct moment { /* an arrival at every cell, or a spike of one */
    double ms;
    bool fires;
    uint32_t who;
} moment;

static void make_moments(moment *moments)
{
    hk_stream s = hk_stream_open(72, HK_PURPOSE_TEST, 4, 0);
    for (int k = 0; k < N_SPIKES; k++) {
        bool fires = hk_stream_uniform(&s) < 0.6;
        moments[k] = (moment){ .ms = 10.0 + 3.7 * k + 3.6 * hk_stream_uniform(&s),
                               .fires = fires,
                               .who = (uint32_t)hk_stream_below(&s, fires ? N_CELLS : N_INPUTS) };
    }
}

/* Every pair is summed up anew: no traces. */
static double follow(const moment *moments, uint32_t input, uint32_t cell, double w)
{
    for (int k = 0; k < N_SPIKES; k++) {
        const moment *now = &moments[k];
        if (now->who != (now->fires ? cell : input))
            continue;
        double sum = 0.0;
        for (int m = 0; m < k; m++)
            if (moments[m].fires != now->fires && moments[m].who == (now->fires ? input : cell))
                sum += exp(-(now->ms - moments[m].ms) / (now->fires ? tau_plus : tau_minus));
        w += now->fires ? lambda * pow(w0, 1.0 - mu) * pow(w, mu) * sum : -lambda * alpha * w * sum;
        w = w < 0.0 ? 0.0 : w;
    }
    return w;
}

static void random_spikes_change_the_weights_as_a_sum_over_all_pairs_says(void **state)
{
    (void)state;
    moment moments[N_SPIKES];
    make_moments(moments);
    for (rig_layout layout = RIG_DENSE; layout <= RIG_SPARSE; layout++) {
        rig r;
        rig_init(&r, &(rig_config){ .layout = layout, .n_inputs = N_INPUTS, .n_cells = N_CELLS, .weight = 0.31 });
        assert_ok(RIG_ATTACH(&r, "stdp_pl", SHAPE, POWER));
        for (int k = 0; k < N_SPIKES; k++)
            moments[k].fires ? rig_fire(&r, moments[k].who, moments[k].ms)
                             : rig_arrive(&r, moments[k].who, moments[k].ms);
        rig_run_to(&r, 1600.0);
        double w[N_INPUTS * N_CELLS];
        assert_int_equal(rig_weights(&r, w, N_OF(w)), N_OF(w));
        for (uint32_t k = 0; k < N_OF(w); k++) {
            double expected = follow(moments, k / N_CELLS, k % N_CELLS, 0.31);
            assert_close(w[k], expected, 5e-6 * expected);
        }
        rig_fini(&r);
    }
}

static void a_weight_stops_at_zero_and_stays_there(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_SPARSE, .n_inputs = 1, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "stdp_pl", { "lambda", 3.0 }, { "alpha", 2.0 }));
    rig_fire(&r, 0, 20.0);
    rig_arrive(&r, 0, 21.0);
    rig_fire(&r, 0, 23.0);
    rig_run_to(&r, 30.0);
    assert_true(rig_weight(&r) == 0.0);
    assert_int_equal(hk_stdp_pl_clips(hk_rule_state(r.rule)).low, 1);
    rig_fini(&r);
}

static void what_the_rule_cannot_do_is_refused(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_SPARSE, .n_inputs = 2, .n_cells = 2, .weight = -0.1 });
    assert_status(RIG_ATTACH(&r, "stdp_pl", SHAPE), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "-0.1"));
    rig_fini(&r);
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 2, .n_cells = 2, .weight = 0.1 });
    assert_status(RIG_ATTACH(&r, "stdp_pl", { "w0", 0.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp_pl", { "tau_minus_ms", NAN }), HK_ERANGE);
    assert_ok(RIG_ATTACH(&r, "stdp_pl", SHAPE));
    assert_status(hk_rule_set(r.rule, "mu", -0.1), HK_ERANGE);
    rig_fini(&r);
}

/* --- what is put off ---------------------------------------------------------------------------------------------- */

static const char *const pair_rules[] = { "stdp", "stdp_pl" };

typedef struct random_run {
    rig_layout layout;
    const char *rule, *second, *cpu; /* second: another rule on the same synapses, or NULL */
    double looks_every_ms;           /* 0: never before the end */
} random_run;

static void run_random(const random_run *run, double *w)
{
    rig r;
    rig_init(&r, &(rig_config){ .layout = run->layout, .n_inputs = 9, .n_cells = 37, .weight = 0.37, .cpu = run->cpu });
    assert_ok(rig_try_attach(&r, run->rule, NULL, 0));
    if (run->second != NULL)
        assert_ok(rig_try_attach(&r, run->second, NULL, 0));
    rig_random_spikes(&r, 10.0, 1400.0, 1);
    for (double ms = run->looks_every_ms; ms > 0.0 && ms < 1500.0; ms += run->looks_every_ms) {
        rig_run_to(&r, ms);
        assert_int_equal(rig_weights(&r, w, 9 * 37), 9 * 37);
    }
    rig_run_to(&r, 1500.0);
    assert_int_equal(rig_weights(&r, w, 9 * 37), 9 * 37);
    rig_fini(&r);
}

static void what_a_sparse_projection_puts_off_gives_the_bits_of_a_dense_one(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_OF(pair_rules); k++) {
        double dense[9 * 37], sparse[9 * 37];
        run_random(&(random_run){ .layout = RIG_DENSE, .rule = pair_rules[k] }, dense);
        run_random(&(random_run){ .layout = RIG_SPARSE, .rule = pair_rules[k] }, sparse);
        assert_memory_equal(dense, sparse, sizeof dense);
        assert_true(dense[0] != dense[1]);
    }
}

static void looking_at_the_weights_changes_no_bit(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_OF(pair_rules); k++) {
        double once[9 * 37], often[9 * 37];
        run_random(&(random_run){ .layout = RIG_SPARSE, .rule = pair_rules[k] }, once);
        run_random(&(random_run){ .layout = RIG_SPARSE, .rule = pair_rules[k], .looks_every_ms = 1.0 }, often);
        assert_memory_equal(once, often, sizeof once);
    }
}

static void two_rules_on_the_same_synapses_see_each_others_changes_in_every_layout(void **state)
{
    (void)state;
    double dense[9 * 37], sparse[9 * 37];
    run_random(&(random_run){ .layout = RIG_DENSE, .rule = "stdp_trace", .second = "stdp_pl" }, dense);
    run_random(&(random_run){ .layout = RIG_SPARSE, .rule = "stdp_trace", .second = "stdp_pl" }, sparse);
    assert_memory_equal(dense, sparse, sizeof dense);
    run_random(&(random_run){ .layout = RIG_DENSE, .rule = "stdp", .second = "stdp_trace" }, dense);
    run_random(&(random_run){ .layout = RIG_SPARSE, .rule = "stdp", .second = "stdp_trace" }, sparse);
    assert_memory_equal(dense, sparse, sizeof dense);
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_OF(pair_rules); k++) {
        double plain[9 * 37], other[9 * 37];
        random_run run = { .layout = RIG_SPARSE, .rule = pair_rules[k], .cpu = "plain" };
        run_random(&run, plain);
        for (int level = 1; level <= (int)hk_cpu_best(); level++) {
            run.cpu = hk_cpu_name((hk_cpu)level);
            run_random(&run, other);
            assert_memory_equal(plain, other, sizeof plain);
        }
    }
}

static void what_was_put_off_is_done_before_a_rule_is_switched_off_or_changed(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_OF(pair_rules); k++) {
        double learnt[2];
        for (int layout = RIG_DENSE; layout <= RIG_SPARSE; layout++) {
            rig r;
            rig_init(&r, &(rig_config){ .layout = (rig_layout)layout, .n_inputs = 1, .n_cells = 1, .weight = 0.37 });
            assert_ok(rig_try_attach(&r, pair_rules[k], NULL, 0));
            rig_arrive(&r, 0, 20.0);
            rig_fire(&r, 0, 21.0);
            rig_run_to(&r, 22.0);
            assert_ok(hk_rule_set(r.rule, "tau_plus_ms", 7.0));
            rig_fire(&r, 0, 24.0);
            rig_run_to(&r, 25.0);
            hk_rule_enable(r.rule, false);
            rig_arrive(&r, 0, 30.0);
            rig_run_to(&r, 31.0);
            hk_rule_enable(r.rule, true);
            rig_fire(&r, 0, 33.0);
            rig_run_to(&r, 34.0);
            learnt[layout] = rig_weight(&r);
            rig_fini(&r);
        }
        assert_true(learnt[RIG_DENSE] == learnt[RIG_SPARSE] && learnt[RIG_DENSE] > 0.37);
    }
}

/* --- parts ---------------------------------------------------------------------------------------------------------- */

enum { N_NET = 83, N_NET_IN = 17, MOST_SYNAPSES = 83 * 17 + 83 * 12 };

typedef struct divided {
    double weight[MOST_SYNAPSES];
    uint64_t n, hash;
    hk_clips clips;
} divided;

/* A driven population with plastic synapses of many delays onto itself, and dense ones from outside. */
static void run_divided(unsigned extra_threads, const char *rule, bool settles, divided *out)
{
    hk_ctx *ctx = hk_ctx_create();
    hk_sim *sim;
    hk_population *p, *in;
    hk_projection *inner, *outer;
    hk_rule *first, *second;
    assert_ok(hk_sim_create(
        ctx,
        &(hk_sim_config){ .resolution_ms = 0.1, .seed = 11, .integrator = HK_GRID, .n_extra_threads = extra_threads },
        &sim));
    assert_ok(hk_population_create(sim, "p", &hk_lif, N_NET, &p));
    assert_ok(hk_population_create(sim, "in", hk_neuron_model_find("poisson"), N_NET_IN, &in));
    assert_ok(hk_population_set_value(in, "rate_hz", 43.0));
    assert_ok(hk_population_drive(p, 9000.0, 0.31));
    assert_ok(hk_projection_create(sim,
                                   &(hk_projection_config){ .pre = p,
                                                            .post = p,
                                                            .connect = HK_FIXED_INDEGREE,
                                                            .pairs = HK_PAIRS_MULTAPSES | HK_PAIRS_AUTAPSES,
                                                            .n = 12,
                                                            .plastic = true,
                                                            .weight = { HK_UNIFORM, 0.1, 0.9, 0, 0 },
                                                            .delay_ms = { HK_UNIFORM, 0.3, 2.0, 0, 0 } },
                                   &inner));
    assert_ok(hk_projection_create(sim,
                                   &(hk_projection_config){ .pre = in,
                                                            .post = p,
                                                            .connect = HK_ALL_TO_ALL,
                                                            .plastic = true,
                                                            .weight = hk_constant(0.31),
                                                            .delay_ms = hk_constant(0.7) },
                                   &outer));
    assert_ok(hk_rule_attach(inner, hk_rule_type_find(rule), 0, NULL, NULL, &first));
    assert_ok(hk_rule_attach(outer, hk_rule_type_find(rule), 0, NULL, NULL, &second));
    assert_ok(hk_sim_run(sim, 333.3));
    if (settles)
        assert_ok(hk_sim_settle(sim));
    assert_ok(hk_sim_run(sim, 1400.0));
    out->n = hk_projection_list(inner, MOST_SYNAPSES, NULL, NULL, out->weight, NULL);
    out->n += hk_projection_list(outer, MOST_SYNAPSES - out->n, NULL, NULL, out->weight + out->n, NULL);
    out->hash = hk_sim_get_stats(sim).spike_hash;
    out->clips = strcmp(rule, "stdp") == 0 ? hk_stdp_clips(hk_rule_state(first)) : (hk_clips){ 0 };
    assert_true(hk_population_n_spikes(p) > 10 * N_NET);
    hk_sim_destroy(sim);
    hk_ctx_destroy(ctx);
}

static void how_the_neurons_are_divided_among_threads_changes_no_bit(void **state)
{
    static const char *const rules[] = { "stdp", "stdp_pl", "stdp_trace", "stdp_diehl_cook" };
    static divided one, many;
    (void)state;
    for (size_t k = 0; k < N_OF(rules); k++)
        for (int settles = 0; settles < 2; settles++) {
            run_divided(0, rules[k], settles != 0, &one);
            assert_int_equal(one.n, MOST_SYNAPSES);
            assert_true(k > 0 || one.clips.low + one.clips.high > 0);
            for (unsigned extra = 1; extra <= 6; extra += extra + 1) {
                run_divided(extra, rules[k], settles != 0, &many);
                assert_memory_equal(one.weight, many.weight, sizeof one.weight);
                assert_true(one.hash == many.hash);
                assert_int_equal(one.clips.low, many.clips.low);
                assert_int_equal(one.clips.high, many.clips.high);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_is_an_exponential_scaled_by_a_power_of_the_weight),
        cmocka_unit_test(random_spikes_change_the_weights_as_a_sum_over_all_pairs_says),
        cmocka_unit_test(a_weight_stops_at_zero_and_stays_there),
        cmocka_unit_test(what_the_rule_cannot_do_is_refused),
        cmocka_unit_test(what_a_sparse_projection_puts_off_gives_the_bits_of_a_dense_one),
        cmocka_unit_test(looking_at_the_weights_changes_no_bit),
        cmocka_unit_test(two_rules_on_the_same_synapses_see_each_others_changes_in_every_layout),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(what_was_put_off_is_done_before_a_rule_is_switched_off_or_changed),
        cmocka_unit_test(how_the_neurons_are_divided_among_threads_changes_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
