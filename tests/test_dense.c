/* tests/test_dense.c - exact spike times in dense networks: against the same networks event by event, with the inputs of the
 * drive made visible; the same bits for any number of threads; what is refused. Cuts, CPU paths, checkpoints: test_properties.c
 * and test_checkpoint.c. */
#include "tests/sim_rig.h"

#include "sim/cpu.h"
#include "sim/rng.h"

enum { N_CELLS = 1111, N_INPUTS = 40 };
static const double h = 0.1;

static rig open_as(hk_integrator integrator, unsigned n_extra_threads, const char *cpu)
{
    return rig_open_with((hk_sim_config){
        .resolution_ms = h, .seed = 77, .integrator = integrator, .n_extra_threads = n_extra_threads, .cpu = cpu });
}

typedef struct variant {
    const char *model;
    double tau_m_ms, tau_ex_ms, tau_in_ms, t_ref_ms, i_e_pa;
    double weight; /* of an excitatory synapse */
    hk_weights weights;
    double ms; /* of simulated time; such networks amplify what rounding makes of them */
} variant;

static const variant variants[] = {
    { "lif", 20.0, 0, 0, 2.0, 0.0, 0.5, HK_WEIGHTS_FLOAT, 40.0 },
    { "lif", 7.3, 0, 0, 0.0, 600.0, 0.375, HK_WEIGHTS_COMPACT, 20.0 }, /* v_inf above threshold, free at once */
    { "lif", 11.0, 0, 0, 0.034, 0.0, 1.25, HK_WEIGHTS_FLOAT, 20.0 },   /* free again in the same step */
    { "lif_exp", 10.0, 0.5, 0.5, 2.0, 0.0, 90.0, HK_WEIGHTS_FLOAT, 40.0 },
    { "lif_exp", 13.0, 1.3, 4.1, 1.37, 300.0, 60.0, HK_WEIGHTS_COMPACT, 20.0 },
    { "lif_exp", 5.0, 5.0, 0.21, 0.0, 500.0, 12.0, HK_WEIGHTS_FLOAT, 20.0 }, /* tau_m = tau_syn_ex */
};

static hk_population *add_cells(rig *r, const variant *v, const char *name, uint32_t n)
{
    hk_population *p = rig_neurons(r, name, v->model, n);
    rig_set(r, p, "tau_m_ms", v->tau_m_ms);
    rig_set(r, p, "t_ref_ms", v->t_ref_ms);
    rig_set(r, p, "i_e_pa", v->i_e_pa);
    if (v->tau_ex_ms > 0.0) {
        rig_set(r, p, "tau_syn_ex_ms", v->tau_ex_ms);
        rig_set(r, p, "tau_syn_in_ms", v->tau_in_ms);
    }
    rig_ok(r, hk_population_draw(p, "v_mv", (hk_draw){ HK_UNIFORM, -70.0, -55.5, 0, 0 }));
    return p;
}

static void give_inputs(rig *r, hk_population *in, double ms)
{
    enum { N = 4000 };
    static double times[N];
    static uint32_t ids[N];
    hk_stream draw = hk_stream_open(3, HK_PURPOSE_TEST, 0, 0);
    for (int k = 0; k < N; k++) {
        times[k] = k % 10 == 0 ? h * (double)(1 + hk_stream_below(&draw, (uint64_t)(ms / h)))
                               : ms * hk_stream_uniform(&draw);
        if (k % 17 == 16) /* several at one instant */
            times[k] = times[k - 1];
        ids[k] = (uint32_t)hk_stream_below(&draw, N_INPUTS);
    }
    rig_ok(r, hk_spike_source_add(in, N, times, ids));
}

static hk_population *build(rig *r, const variant *v)
{
    hk_population *in = rig_neurons(r, "in", "spike_source", N_INPUTS);
    hk_population *cells = add_cells(r, v, "cells", N_CELLS), *others = add_cells(r, v, "others", 70);
    double w = v->weight;
    hk_projection *p;
    const hk_projection_config all[] = {
        { .pre = in,
          .post = cells,
          .connect = HK_FIXED_PROBABILITY,
          .probability = 0.4,
          .weight = hk_constant(3.0 * w),
          .delay_ms = { HK_UNIFORM, 0.1, 3.0, 0, 0 } },
        { .pre = in,
          .post = others,
          .connect = HK_ALL_TO_ALL, /* dense rows of both signs */
          .weight = { HK_NORMAL, w, 2.0 * w, 0, 0 },
          .delay_ms = hk_constant(0.3) },
        { .pre = cells,
          .post = cells,
          .connect = HK_FIXED_INDEGREE,
          .n = 12,
          .pairs = HK_PAIRS_MULTAPSES,
          .weight = hk_constant(w),
          .delay_ms = { HK_NORMAL, 1.5, 0.75, 0.1, 9.0 } },
        { .pre = cells,
          .post = others,
          .connect = HK_FIXED_PROBABILITY,
          .probability = 0.05,
          .weight = hk_constant(2.0 * w),
          .delay_ms = hk_constant(0.4) },
        { .pre = others,
          .post = cells,
          .connect = HK_FIXED_PROBABILITY,
          .probability = 0.1,
          .weight = hk_constant(-2.0 * w),
          .delay_ms = { HK_UNIFORM, 0.3, 2.0, 0, 0 } },
        { .pre = others,
          .post = others,
          .connect = HK_ONE_TO_ONE,
          .weight = hk_constant(-w),
          .delay_ms = hk_constant(0.8) },
    };
    for (size_t k = 0; k < N_OF(all); k++) {
        hk_projection_config cfg = all[k];
        cfg.weights = v->weights;
        rig_ok(r, hk_projection_create(r->sim, &cfg, &p));
    }
    give_inputs(r, in, v->ms);
    return cells;
}

static void spikes_are_those_of_the_same_network_event_by_event(void **state)
{
    (void)state;
    double worst_ms = 0.0;
    for (size_t k = 0; k < N_OF(variants); k++) {
        rig one = open_as(HK_EXACT, 0, NULL), all = open_as(HK_EXACT_DENSE, 1, NULL);
        raster expected, found;
        raster_of(&one, &expected, build(&one, &variants[k]));
        raster_of(&all, &found, build(&all, &variants[k]));
        rig_run(&one, variants[k].ms);
        rig_run(&all, variants[k].ms);
        if (found.n != expected.n || expected.n < 1000)
            print_error("variant %zu: %zu spikes, expected %zu\n", k, found.n, expected.n);
        assert_true(expected.n >= 1000);
        assert_int_equal(found.n, expected.n);
        for (size_t i = 0; i < found.n; i++) {
            assert_int_equal(found.spikes[i].neuron, expected.spikes[i].neuron);
            assert_close(raster_ms(&all, &found, i), raster_ms(&one, &expected, i), 1e-9);
            worst_ms = fmax(worst_ms, fabs(raster_ms(&all, &found, i) - raster_ms(&one, &expected, i)));
        }
        hk_sim_stats a = hk_sim_get_stats(one.sim), b = hk_sim_get_stats(all.sim);
        assert_int_equal(a.spikes, b.spikes);
        assert_int_equal(a.synaptic_events, b.synaptic_events);
        raster_free(&expected);
        raster_free(&found);
        rig_close(&one);
        rig_close(&all);
    }
    print_message("worst difference %.2g ms\n", worst_ms);
}

/* Each neuron gets one input that takes it to its threshold, more or less, and it falls again within the step. */
static size_t graze(hk_integrator integrator, raster *out)
{
    enum { N = 1500 };
    const double tau_m = 0.4, tau = 0.25, c_m = 250.0, gap_mv = 15.0;
    double peak_ms = log(tau_m / tau) * tau_m * tau / (tau_m - tau);
    double peak = (exp(-peak_ms / tau_m) - exp(-peak_ms / tau)) / (c_m * (1.0 / tau - 1.0 / tau_m)); /* mV a pA */
    static double weight[N];
    static uint32_t id[N];
    rig r = open_as(integrator, 0, NULL);
    hk_population *in = rig_neurons(&r, "in", "spike_source", N), *p = rig_neurons(&r, "cells", "lif_exp", N);
    rig_set(&r, p, "tau_m_ms", tau_m);
    rig_set(&r, p, "tau_syn_ex_ms", tau);
    for (uint32_t k = 0; k < N; k++) {
        id[k] = k;
        weight[k] = gap_mv / peak * (1.0 + 1e-4 * ((double)k / N - 0.3));
        rig_give(&r, in, k, 1.0 + 0.0917 * (double)(k % 331));
    }
    hk_projection *projection;
    rig_ok(&r, hk_projection_create(r.sim,
                                    &(hk_projection_config){ .pre = in,
                                                             .post = p,
                                                             .connect = HK_EXPLICIT,
                                                             .n = N,
                                                             .list_pre = id,
                                                             .list_post = id,
                                                             .list_weight = weight,
                                                             .delay_ms = hk_constant(0.1),
                                                             .double_weights = true },
                                    &projection));
    raster_of(&r, out, p);
    rig_run(&r, 40.0);
    rig_close(&r);
    return out->n;
}

static void crossings_that_last_for_less_than_a_step_are_found(void **state)
{
    (void)state;
    raster expected, found;
    size_t n = graze(HK_EXACT, &expected);
    assert_true(n == 1500 - 450 || n == 1500 - 451);
    assert_int_equal(graze(HK_EXACT_DENSE, &found), n);
    for (size_t k = 0; k < n; k++) {
        assert_int_equal(found.spikes[k].neuron, expected.spikes[k].neuron);
        assert_true(found.spikes[k].time.step == expected.spikes[k].time.step);
        assert_close(found.spikes[k].time.offset, expected.spikes[k].time.offset, 1e-6);
    }
    raster_free(&expected);
    raster_free(&found);
}

/* Neurons that spike at each input and are free again at once show what the drive of a population of that name sends. */
static raster drive_of(uint32_t n, double rate_hz, double ms)
{
    rig r = open_as(HK_EXACT_DENSE, 0, NULL);
    raster out;
    hk_population *p = rig_neurons(&r, "driven", "lif", n);
    rig_set(&r, p, "t_ref_ms", 0.0);
    rig_ok(&r, hk_population_drive(p, rate_hz, 100.0));
    raster_of(&r, &out, p);
    rig_run(&r, ms);
    rig_close(&r);
    return out;
}

/* The same inputs through synapses of one step's delay: the same spikes, a step later. */
static void check_drive(const variant *v, double rate_hz, double weight)
{
    enum { N = 100 };
    const double ms = 120.0;
    raster inputs = drive_of(N, rate_hz, ms), found, expected;
    rig driven = open_as(HK_EXACT_DENSE, 2, NULL), wired = open_as(HK_EXACT, 0, NULL);
    hk_population *p = add_cells(&driven, v, "driven", N), *q = add_cells(&wired, v, "wired", N);
    hk_population *in = rig_neurons(&wired, "in", "spike_source", N);
    hk_projection *projection;
    rig_ok(&driven, hk_population_set_value(p, "v_mv", -70.0));
    rig_ok(&wired, hk_population_set_value(q, "v_mv", -70.0)); /* at rest, without current: a step later is the same */
    rig_ok(&driven, hk_population_drive(p, rate_hz, weight));
    rig_ok(&wired, hk_projection_create(wired.sim,
                                        &(hk_projection_config){ .pre = in,
                                                                 .post = q,
                                                                 .connect = HK_ONE_TO_ONE,
                                                                 .weight = hk_constant(weight),
                                                                 .delay_ms = hk_constant(h) },
                                        &projection));
    for (size_t k = 0; k < inputs.n; k++)
        rig_give(&wired, in, inputs.spikes[k].neuron, raster_ms(&driven, &inputs, k));
    raster_of(&driven, &found, p);
    raster_of(&wired, &expected, q);
    rig_run(&driven, ms);
    rig_run(&wired, ms + h);
    assert_true((double)inputs.n > 0.9 * N * rate_hz * ms * 1e-3 && expected.n > 200);
    assert_int_equal(found.n, expected.n);
    for (size_t k = 0; k < found.n; k++) {
        assert_int_equal(found.spikes[k].neuron, expected.spikes[k].neuron);
        assert_close(raster_ms(&driven, &found, k) + h, raster_ms(&wired, &expected, k), 1e-9);
    }
    raster_free(&inputs);
    raster_free(&found);
    raster_free(&expected);
    rig_close(&driven);
    rig_close(&wired);
}

static void the_drive_does_what_the_same_inputs_do_through_synapses(void **state)
{
    (void)state;
    check_drive(&(variant){ "lif", 20.0, 0, 0, 2.0, 0.0, 0, 0, 0 }, 16000.0, 0.0625);
    check_drive(&(variant){ "lif", 9.0, 0, 0, 0.0, 0.0, 0, 0, 0 }, 700.0, 4.0);
    check_drive(&(variant){ "lif_exp", 10.0, 0.5, 0.7, 2.0, 0.0, 0, 0, 0 }, 16000.0, 128.0);
    check_drive(&(variant){ "lif_exp", 10.0, 10.0, 2.0, 0.05, 0.0, 0, 0, 0 }, 300000.0, 0.5);
}

static uint64_t driven_network(unsigned n_extra_threads, const char *cpu, hk_weights weights, const double *cuts,
                               size_t n_cuts)
{
    variant v = variants[4];
    v.weights = weights;
    rig r = open_as(HK_EXACT_DENSE, n_extra_threads, cpu);
    hk_population *cells = build(&r, &v);
    rig_ok(&r, hk_population_drive(cells, 9000.0, 9.0));
    rig_ok(&r, hk_population_drive(hk_sim_population(r.sim, 2), 2000.0, -7.0));
    for (double left = 60.0, k = 0; left > 1e-9; k++) {
        double ms = n_cuts == 0 ? left : fmin(cuts[(size_t)k % n_cuts], left);
        rig_run(&r, ms);
        left -= ms;
    }
    double values[N_CELLS];
    hk_sim_stats stats = hk_sim_get_stats(r.sim);
    assert_true(stats.spikes > 3000);
    uint64_t hash = stats.spike_hash;
    rig_ok(&r, hk_population_get(cells, "v_mv", values));
    for (int i = 0; i < N_CELLS; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3u;
    }
    rig_close(&r);
    return hash;
}

static void any_number_of_threads_any_cpu_and_any_cut_give_the_same_bits(void **state)
{
    (void)state;
    static const unsigned n_extra[] = { 1, 2, 3, 6 };
    const double cuts[] = { 0.1, 0.7, 5.3, 0.2 };
    for (int form = HK_WEIGHTS_COMPACT; form <= HK_WEIGHTS_FLOAT; form++) {
        hk_weights weights = (hk_weights)form;
        uint64_t expected = driven_network(0, NULL, weights, NULL, 0);
        for (size_t k = 0; k < N_OF(n_extra); k++)
            assert_true(driven_network(n_extra[k], NULL, weights, NULL, 0) == expected);
        for (int level = 0; level <= (int)hk_cpu_best(); level++)
            assert_true(driven_network(1, hk_cpu_name((hk_cpu)level), weights, NULL, 0) == expected);
        assert_true(driven_network(2, NULL, weights, cuts, N_OF(cuts)) == expected);
    }
}

static void constants_may_change_between_runs_while_spikes_are_in_flight(void **state)
{
    (void)state;
    variant v = variants[3];
    v.ms = 40.0;
    rig one = open_as(HK_EXACT, 0, NULL), all = open_as(HK_EXACT_DENSE, 1, NULL);
    raster expected, found;
    raster_of(&one, &expected, build(&one, &v));
    raster_of(&all, &found, build(&all, &v));
    for (int k = 0; k < 2; k++) {
        rig *r = k == 0 ? &one : &all;
        rig_run(r, 15.0);
        for (uint32_t p = 1; p <= 2; p++) {
            rig_set(r, hk_sim_population(r->sim, p), "tau_syn_ex_ms", 0.9);
            rig_set(r, hk_sim_population(r->sim, p), "tau_m_ms", 12.0);
        }
        rig_run(r, 25.0);
    }
    assert_true(expected.n > 100);
    assert_int_equal(found.n, expected.n);
    for (size_t i = 0; i < found.n; i++)
        assert_close(raster_ms(&all, &found, i), raster_ms(&one, &expected, i), 1e-9);
    raster_free(&expected);
    raster_free(&found);
    rig_close(&one);
    rig_close(&all);
}

static void refuse(const char *model, const char *name, const double *values, size_t n, const char *says)
{
    rig r = open_as(HK_EXACT_DENSE, 0, NULL);
    hk_population *p = rig_neurons(&r, "odd", model, 2);
    if (name != NULL)
        rig_ok(&r, hk_population_set(p, name, values, n));
    rig_gives(&r, hk_sim_run(r.sim, 1.0), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "population odd: "));
    assert_non_null(strstr(hk_ctx_message(r.ctx), says));
    rig_close(&r);
}

static void what_does_not_fit_is_refused_with_the_population_named(void **state)
{
    (void)state;
    const double differ[] = { 10.0, 11.0 }, grows = 0.1, brief = 0.01;
    refuse("lif", "tau_m_ms", differ, 2, "the same time constants");
    refuse("lif_exp", "tau_syn_in_ms", differ, 2, "the same time constants");
    refuse("lif_exp", "theta_plus_mv", &grows, 1, "a fixed threshold");
    refuse("lif_exp", "tau_syn_ex_ms", &brief, 1, "too short");
    rig r = open_as(HK_EXACT_DENSE, 0, NULL);
    hk_population *p, *a = rig_neurons(&r, "a", "lif", 3), *b = rig_neurons(&r, "b", "lif", 3);
    rig_gives(&r, hk_population_create(r.sim, "c", hk_neuron_model_find("lif_cond_exp"), 3, &p), HK_ENAME);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "lif_cond_exp"));
    rig_set(&r, b, "tau_m_ms", 19.0);
    rig_gives(&r, hk_sim_run(r.sim, 1.0), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "population b: "));
    rig_set(&r, b, "tau_m_ms", 20.0);
    rig_ok(&r, hk_sim_run(r.sim, 1.0));
    rig_gives(&r, hk_population_drive(a, 1.1e6, 1.0), HK_ERANGE);
    rig_ok(&r, hk_population_compete(a, 1.0));
    rig_gives(&r, hk_sim_run(r.sim, 1.0), HK_ESTATE);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "population a: "));
    rig_close(&r);
}

static void more_populations_than_shards_can_hold_are_refused(void **state)
{
    (void)state;
    enum { N = 300 }; /* slices begin at multiples of 256 */
    rig r = open_as(HK_EXACT_DENSE, 1, NULL);
    for (int k = 0; k < N; k++) {
        char name[20];
        snprintf(name, sizeof name, "population %d", k);
        rig_neurons(&r, name, "lif", 1100);
    }
    rig_gives(&r, hk_sim_build(r.sim), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "300 populations"));
    rig_close(&r);
}

static void neurons_that_spike_for_ever_at_one_instant_end_the_run(void **state)
{
    (void)state;
    rig r = open_as(HK_EXACT_DENSE, 0, NULL);
    hk_population *p = rig_neurons(&r, "restless", "lif", 3);
    rig_set(&r, p, "t_ref_ms", 0.0);
    rig_set(&r, p, "i_e_pa", 1e12);
    rig_gives(&r, hk_sim_run(r.sim, 10.0), HK_EBLOWUP);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "population restless: neuron "));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spikes_are_those_of_the_same_network_event_by_event),
        cmocka_unit_test(crossings_that_last_for_less_than_a_step_are_found),
        cmocka_unit_test(the_drive_does_what_the_same_inputs_do_through_synapses),
        cmocka_unit_test(any_number_of_threads_any_cpu_and_any_cut_give_the_same_bits),
        cmocka_unit_test(constants_may_change_between_runs_while_spikes_are_in_flight),
        cmocka_unit_test(what_does_not_fit_is_refused_with_the_population_named),
        cmocka_unit_test(more_populations_than_shards_can_hold_are_refused),
        cmocka_unit_test(neurons_that_spike_for_ever_at_one_instant_end_the_run),
    };
    return cmocka_run_group_tests_name("dense", tests, NULL, NULL);
}
