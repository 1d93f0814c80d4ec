/* tests/test_stdp_pl.c - power-law STDP against an oracle, and what holds of every pair rule on sparse projections. */
#include "tests/hk_scratch.h"
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

/* The same weight change by the time difference at a synapse that the presynaptic spike reaches when it is sent, and the
 * postsynaptic one a delay after it was fired. */
static void dendritic_delays_shift_the_window_by_twice_the_delay(void **state)
{
    (void)state;
    for (rig_layout layout = RIG_DENSE; layout <= RIG_DIAGONAL; layout++)
        for (double sent_before = -79.63; sent_before < 80.0; sent_before += 3.017) {
            rig r;
            rig_init(&r, &(rig_config){ .layout = layout, .n_inputs = 1, .n_cells = 1, .weight = 0.31 });
            assert_ok(RIG_ATTACH(&r, "stdp_pl", SHAPE, POWER, { "dendritic", 1.0 }));
            double sent = 200.0, fired = sent + sent_before, dt = fired + rig_delay_ms - sent;
            rig_arrive(&r, 0, sent + rig_delay_ms);
            rig_fire(&r, 0, fired);
            rig_run_to(&r, 300.0);
            double plus = lambda * pow(w0, 1.0 - mu) * pow(0.31, mu) * exp(-dt / tau_plus);
            double expected = dt > 0.0 ? plus : -lambda * alpha * 0.31 * exp(dt / tau_minus);
            assert_close(rig_weight(&r) - 0.31, expected, 1.3e-7 * 0.31);
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

static int by_time(const void *a, const void *b)
{
    double x = ((const moment *)a)->ms, y = ((const moment *)b)->ms;
    return x < y ? -1 : x > y;
}

/* Spikes come every few ms, and each takes 3 ms more to the synapses, so that arrivals overtake them. */
static void with_dendritic_delays_too_the_weights_follow_the_sum_over_all_pairs(void **state)
{
    (void)state;
    moment moments[N_SPIKES], heard[N_SPIKES];
    make_moments(moments);
    for (int k = 0; k < N_SPIKES; k++) {
        moments[k].ms = 10.0 + 0.25 * (moments[k].ms - 10.0);
        heard[k] = moments[k];
        heard[k].ms += moments[k].fires ? 2.0 * rig_delay_ms : 0.0;
    }
    qsort(heard, N_SPIKES, sizeof *heard, by_time);
    unsigned n_overtaken = 0;
    for (int k = 1; k < N_SPIKES; k++)
        n_overtaken += moments[k].fires != heard[k].fires;
    assert_true(n_overtaken > 50);
    for (rig_layout layout = RIG_DENSE; layout <= RIG_SPARSE; layout++) {
        rig r;
        rig_init(&r, &(rig_config){ .layout = layout, .n_inputs = N_INPUTS, .n_cells = N_CELLS, .weight = 0.31 });
        assert_ok(RIG_ATTACH(&r, "stdp_pl", SHAPE, POWER, { "dendritic", 1.0 }));
        for (int k = 0; k < N_SPIKES; k++)
            moments[k].fires ? rig_fire(&r, moments[k].who, moments[k].ms)
                             : rig_arrive(&r, moments[k].who, moments[k].ms);
        rig_run_to(&r, 420.0);
        double w[N_INPUTS * N_CELLS];
        assert_int_equal(rig_weights(&r, w, N_OF(w)), N_OF(w));
        for (uint32_t k = 0; k < N_OF(w); k++) {
            double expected = follow(heard, k / N_CELLS, k % N_CELLS, 0.31);
            assert_close(w[k], expected, 5e-6 * expected);
        }
        rig_fini(&r);
    }
}

/* The weight that is delivered is that of the time when the spike was sent: spikes that the synapse has yet to hear of do not
 * count, however long ago they were fired. */
static void a_weight_changes_when_the_synapse_hears_of_the_spike(void **state)
{
    (void)state;
    for (rig_layout layout = RIG_DENSE; layout <= RIG_SPARSE; layout++) {
        rig r;
        rig_init(&r, &(rig_config){ .layout = layout, .n_inputs = 1, .n_cells = 1, .weight = 0.5 });
        assert_ok(RIG_ATTACH(&r, "stdp_pl", SHAPE, { "dendritic", 1.0 }));
        rig_arrive(&r, 0, 20.0);
        rig_fire(&r, 0, 21.0625);
        rig_run_to(&r, 24.0);
        assert_close(rig_weight(&r), 0.5, 0.0); /* it is heard of at 24.0625 */
        rig_run_to(&r, 24.125);
        assert_true(rig_weight(&r) > 0.5);
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
    assert_status(hk_rule_set(r.rule, "dendritic", 1.0), HK_ERANGE);
    assert_ok(hk_rule_set(r.rule, "dendritic", 0.0));
    rig_fini(&r);
}

static void dendritic_delays_must_be_equal_and_the_rule_alone(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        const char *rule = k == 0 ? "stdp" : "stdp_pl";
        const uint32_t pre[] = { 0, 1 }, post[] = { 0, 0 };
        const double delay_ms[] = { 1.5, 1.625 };
        const hk_projection_config list = { .name = "plastic",
                                            .connect = HK_EXPLICIT,
                                            .n = 2,
                                            .list_pre = pre,
                                            .list_post = post,
                                            .list_delay_ms = delay_ms,
                                            .weight = hk_constant(0.4) };
        rig r;
        rig_init(&r, &(rig_config){ .layout = RIG_LIST, .n_inputs = 2, .n_cells = 1, .list = &list });
        assert_status(RIG_ATTACH(&r, rule, { "dendritic", 1.0 }), HK_ERANGE);
        assert_non_null(strstr(hk_ctx_message(r.ctx), "2 distinct delays"));
        assert_status(RIG_ATTACH(&r, rule, { "dendritic", 0.5 }), HK_ERANGE);
        assert_ok(RIG_ATTACH(&r, rule, { "dendritic", 0.0 }));
        rig_fini(&r);
        rig_init(&r, &(rig_config){ .layout = RIG_SPARSE, .n_inputs = 2, .n_cells = 2, .weight = 0.4 });
        assert_ok(RIG_ATTACH(&r, rule, { "dendritic", 1.0 }));
        hk_rule *first = r.rule;
        assert_status(RIG_ATTACH(&r, "stdp_trace", { "lr", 0.01 }), HK_ERANGE);
        assert_non_null(strstr(hk_ctx_message(r.ctx), "dendritic"));
        assert_ok(hk_rule_set(first, "tau_plus_ms", 7.0)); /* and the first one goes on */
        rig_arrive(&r, 0, 20.0);
        rig_fire(&r, 0, 21.0);
        rig_run_to(&r, 30.0);
        double w[4];
        assert_int_equal(rig_weights(&r, w, 4), 4);
        assert_true(w[0] > 0.4 && w[1] == (double)0.4f);
        rig_fini(&r);
    }
}

/* --- what is put off ---------------------------------------------------------------------------------------------- */

static const char *const pair_rules[] = { "stdp", "stdp_pl" };

typedef struct random_run {
    rig_layout layout;
    const char *rule, *second, *cpu; /* second: another rule on the same synapses, or NULL */
    double dendritic;
    double looks_every_ms; /* 0: never before the end */
} random_run;

static void run_random(const random_run *run, double *w)
{
    rig r;
    rig_init(&r, &(rig_config){ .layout = run->layout, .n_inputs = 9, .n_cells = 37, .weight = 0.37, .cpu = run->cpu });
    assert_ok(rig_try_attach(&r, run->rule, &(rig_param){ "dendritic", run->dendritic }, run->dendritic > 0.0));
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
    for (size_t k = 0; k < 2 * N_OF(pair_rules); k++) {
        double dense[9 * 37], sparse[9 * 37];
        random_run run = { .layout = RIG_DENSE, .rule = pair_rules[k / 2], .dendritic = (double)(k % 2) };
        run_random(&run, dense);
        run.layout = RIG_SPARSE;
        run_random(&run, sparse);
        assert_memory_equal(dense, sparse, sizeof dense);
        assert_true(dense[0] != dense[1]);
    }
}

static void looking_at_the_weights_changes_no_bit(void **state)
{
    (void)state;
    for (size_t k = 0; k < 4 * N_OF(pair_rules); k++) {
        double once[9 * 37], often[9 * 37];
        random_run run = { .layout = k % 4 < 2 ? RIG_SPARSE : RIG_DENSE,
                           .rule = pair_rules[k / 4],
                           .dendritic = (double)(k % 2) };
        run_random(&run, once);
        run.looks_every_ms = 0.5;
        run_random(&run, often);
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

typedef struct plan {
    const char *rule;
    bool settles, dendritic;
    unsigned extra_threads;
} plan;

typedef struct net {
    hk_ctx *ctx;
    hk_sim *sim;
    hk_population *p;
    hk_projection *inner, *outer;
    hk_rule *rule; /* of the inner */
} net;

/* A driven population with plastic synapses onto itself, of many delays unless these are dendritic, and dense ones from outside. */
static net open_net(const plan *how)
{
    net n = { .ctx = hk_ctx_create() };
    hk_population *in;
    hk_rule *second;
    const char *names[] = { "dendritic" };
    const double yes[] = { 1.0 };
    const hk_draw drawn = { HK_UNIFORM, 0.3, 2.0, 0, 0 };
    assert_ok(hk_sim_create(
        n.ctx,
        &(hk_sim_config){
            .resolution_ms = 0.1, .seed = 11, .integrator = HK_GRID, .n_extra_threads = how->extra_threads },
        &n.sim));
    assert_ok(hk_population_create(n.sim, "p", &hk_lif, N_NET, &n.p));
    assert_ok(hk_population_create(n.sim, "in", hk_neuron_model_find("poisson"), N_NET_IN, &in));
    assert_ok(hk_population_set_value(in, "rate_hz", 43.0));
    assert_ok(hk_population_drive(n.p, 9000.0, 0.31));
    assert_ok(hk_projection_create(n.sim,
                                   &(hk_projection_config){ .pre = n.p,
                                                            .post = n.p,
                                                            .connect = HK_FIXED_INDEGREE,
                                                            .pairs = HK_PAIRS_MULTAPSES | HK_PAIRS_AUTAPSES,
                                                            .n = 12,
                                                            .plastic = true,
                                                            .weight = { HK_UNIFORM, 0.1, 0.9, 0, 0 },
                                                            .delay_ms = how->dendritic ? hk_constant(1.1) : drawn },
                                   &n.inner));
    assert_ok(hk_projection_create(n.sim,
                                   &(hk_projection_config){ .pre = in,
                                                            .post = n.p,
                                                            .connect = HK_ALL_TO_ALL,
                                                            .plastic = true,
                                                            .weight = hk_constant(0.31),
                                                            .delay_ms = hk_constant(0.7) },
                                   &n.outer));
    assert_ok(hk_rule_attach(n.inner, hk_rule_type_find(how->rule), how->dendritic, names, yes, &n.rule));
    assert_ok(hk_rule_attach(n.outer, hk_rule_type_find(how->rule), how->dendritic, names, yes, &second));
    return n;
}

static void close_net(net *n)
{
    hk_sim_destroy(n->sim);
    hk_ctx_destroy(n->ctx);
}

static void look_at(const plan *how, net *n, divided *out)
{
    out->n = hk_projection_list(n->inner, MOST_SYNAPSES, NULL, NULL, out->weight, NULL);
    out->n += hk_projection_list(n->outer, MOST_SYNAPSES - out->n, NULL, NULL, out->weight + out->n, NULL);
    out->hash = hk_sim_get_stats(n->sim).spike_hash;
    out->clips = strcmp(how->rule, "stdp") == 0 ? hk_stdp_clips(hk_rule_state(n->rule)) : (hk_clips){ 0 };
    assert_true(hk_population_n_spikes(n->p) > 10 * N_NET);
}

static void run_divided(const plan *how, divided *out)
{
    net n = open_net(how);
    assert_ok(hk_sim_run(n.sim, 333.3));
    if (how->settles)
        assert_ok(hk_sim_settle(n.sim));
    assert_ok(hk_sim_run(n.sim, 1400.0));
    look_at(how, &n, out);
    close_net(&n);
}

static void assert_equal(const divided *a, const divided *b)
{
    assert_int_equal(a->n, MOST_SYNAPSES);
    assert_memory_equal(a->weight, b->weight, sizeof a->weight);
    assert_true(a->hash == b->hash);
    assert_int_equal(a->clips.low, b->clips.low);
    assert_int_equal(a->clips.high, b->clips.high);
}

static void how_the_neurons_are_divided_among_threads_changes_no_bit(void **state)
{
    static const plan plans[] = { { .rule = "stdp" },         { .rule = "stdp_pl" },
                                  { .rule = "stdp_trace" },   { .rule = "stdp_diehl_cook" },
                                  { "stdp", false, true, 0 }, { "stdp_pl", false, true, 0 } };
    static divided one, many;
    (void)state;
    for (size_t k = 0; k < N_OF(plans); k++)
        for (int settles = 0; settles < 2; settles++) {
            plan how = plans[k];
            how.settles = settles != 0;
            run_divided(&how, &one);
            assert_true(k > 0 || one.clips.low + one.clips.high > 0);
            for (how.extra_threads = 1; how.extra_threads <= 6; how.extra_threads += how.extra_threads + 1) {
                run_divided(&how, &many);
                assert_equal(&one, &many);
            }
        }
}

/* Saved while spikes are on their way to the synapses, and gone on with by another number of threads. */
static void late_spikes_survive_a_checkpoint_whatever_the_number_of_threads(void **state)
{
    static divided whole, resumed;
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/late%u.h5", hk_scratch, k);
        plan how = { k < 2 ? "stdp" : "stdp_pl", false, true, 3 * (k % 2) };
        run_divided(&how, &whole);
        net n = open_net(&how);
        for (int piece = 0; piece < 5; piece++) {
            assert_ok(hk_sim_run(n.sim, 300.0 + 0.1 * piece));
            assert_ok(hk_sim_save(n.sim, path));
            close_net(&n);
            how.extra_threads = (how.extra_threads + 2) % 4;
            n = open_net(&how);
            assert_ok(hk_sim_load(n.sim, path));
        }
        assert_ok(hk_sim_run(n.sim, 333.3 + 1400.0 - (5 * 300.0 + 1.0)));
        look_at(&how, &n, &resumed);
        assert_equal(&whole, &resumed);
        close_net(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_is_an_exponential_scaled_by_a_power_of_the_weight),
        cmocka_unit_test(dendritic_delays_shift_the_window_by_twice_the_delay),
        cmocka_unit_test(with_dendritic_delays_too_the_weights_follow_the_sum_over_all_pairs),
        cmocka_unit_test(a_weight_changes_when_the_synapse_hears_of_the_spike),
        cmocka_unit_test(random_spikes_change_the_weights_as_a_sum_over_all_pairs_says),
        cmocka_unit_test(a_weight_stops_at_zero_and_stays_there),
        cmocka_unit_test(what_the_rule_cannot_do_is_refused),
        cmocka_unit_test(dendritic_delays_must_be_equal_and_the_rule_alone),
        cmocka_unit_test(what_a_sparse_projection_puts_off_gives_the_bits_of_a_dense_one),
        cmocka_unit_test(looking_at_the_weights_changes_no_bit),
        cmocka_unit_test(two_rules_on_the_same_synapses_see_each_others_changes_in_every_layout),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(what_was_put_off_is_done_before_a_rule_is_switched_off_or_changed),
        cmocka_unit_test(how_the_neurons_are_divided_among_threads_changes_no_bit),
        cmocka_unit_test(late_spikes_survive_a_checkpoint_whatever_the_number_of_threads),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
