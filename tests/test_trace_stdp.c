/* tests/test_trace_stdp.c - stdp_trace and stdp_diehl_cook against a direct computation. */
#include "tests/plastic_rig.h"

#include <unistd.h>

enum { N_INPUTS = 37, N_CELLS = 5, N_SYNAPSES = N_INPUTS * N_CELLS };

/* --- the same spikes, followed by hand ------------------------------------------------------------------- */

typedef struct moment {
    double ms;
    uint32_t who; /* inputs, then cells: at one instant inputs come first */
} moment;

static int compare_moments(const void *a, const void *b)
{
    const moment *x = a, *y = b;
    if (x->ms != y->ms)
        return x->ms < y->ms ? -1 : 1;
    return x->who < y->who ? -1 : x->who > y->who;
}

/* Random spikes for `r`, a few of them at equal times; ordered in moments[n]. */
static void random_moments(rig *r, moment *moments, size_t n, double from, double to)
{
    hk_stream s = hk_stream_open(9, HK_PURPOSE_TEST, 2, 0);
    for (size_t k = 0; k < n; k++) {
        double t = from + (to - from) * hk_stream_uniform(&s);
        moments[k].ms = k % 4 == 0 ? floor(t) : t;
        moments[k].who = (uint32_t)hk_stream_below(&s, N_INPUTS + 3 * N_CELLS);
        if (moments[k].who >= N_INPUTS)
            moments[k].who = N_INPUTS + (moments[k].who - N_INPUTS) % N_CELLS;
        if (moments[k].who < N_INPUTS)
            rig_arrive(r, moments[k].who, moments[k].ms);
        else
            rig_fire(r, moments[k].who - N_INPUTS, moments[k].ms);
    }
    qsort(moments, n, sizeof *moments, compare_moments);
}

typedef struct trace_form {
    double tau, lr, lr_decay, lr_min, pull, target, mu, w_max, sum;
    int pairing;
} trace_form;

static void follow_trace_rule(const trace_form *f, const moment *moments, size_t n, float w[N_INPUTS][N_CELLS])
{
    double value[N_INPUTS] = { 0.0 }, last[N_INPUTS] = { 0.0 };
    int wins[N_CELLS] = { 0 };
    for (size_t m = 0; m < n; m++) {
        double now = moments[m].ms;
        if (moments[m].who < N_INPUTS) {
            uint32_t i = moments[m].who;
            value[i] = f->pairing == 1 ? 1.0 : 1.0 + value[i] * exp(-(now - last[i]) / f->tau);
            last[i] = now;
            continue;
        }
        uint32_t j = moments[m].who - N_INPUTS;
        double lr = fmax(f->lr_min, f->lr / (1.0 + f->lr_decay * wins[j]++)), sum = 0.0;
        for (int i = 0; i < N_INPUTS; i++) {
            double before = (double)w[i][j], x = value[i] * exp(-(now - last[i]) / f->tau);
            double by = lr * (f->w_max * (x - f->target) - f->pull * before);
            if (f->mu > 0.0)
                by *= pow(fmax(0.0, 1.0 - before / f->w_max), f->mu);
            w[i][j] = (float)fmin(f->w_max, fmax(0.0, before + by));
            sum += (double)w[i][j];
        }
        for (int i = 0; f->sum > 0.0 && i < N_INPUTS; i++)
            w[i][j] = (float)((double)w[i][j] * f->sum / sum);
    }
}

static void attach_form(rig *r, const trace_form *f)
{
    assert_ok(RIG_ATTACH(r, "stdp_trace", { "tau_ms", f->tau }, { "lr", f->lr }, { "lr_decay", f->lr_decay },
                         { "lr_min", f->lr_min }, { "pull", f->pull }, { "target", f->target }, { "mu", f->mu },
                         { "w_max", f->w_max }, { "sum", f->sum }, { "pairing", f->pairing }));
}

static const trace_form forms[] = {
    { .tau = 11.3, .lr = 0.043, .pull = 1.0, .w_max = 1.0, .pairing = 1 },
    { .tau = 11.3, .lr = 0.043, .pull = 1.0, .w_max = 0.75, .pairing = 0 },
    { .tau = 21.7, .lr = 0.061, .pull = 0.0, .target = 0.27, .w_max = 1.0, .mu = 1.0, .pairing = 1 },
    { .tau = 21.7, .lr = 0.061, .pull = 0.0, .target = 0.27, .w_max = 1.0, .mu = 0.2, .pairing = 1 },
    { .tau = 8.0, .lr = 0.2, .lr_decay = 0.5, .lr_min = 0.031, .pull = 1.0, .w_max = 1.0, .sum = 7.7, .pairing = 1 },
};

static void every_form_follows_its_equation(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_OF(forms); k++) {
        for (rig_layout layout = RIG_DENSE; layout <= RIG_SPARSE; layout++) {
            rig r;
            moment moments[400];
            float expected[N_INPUTS][N_CELLS];
            double actual[N_SYNAPSES];
            rig_init(&r, &(rig_config){ .layout = layout, .n_inputs = N_INPUTS, .n_cells = N_CELLS, .weight = 0.3125 });
            attach_form(&r, &forms[k]);
            random_moments(&r, moments, N_OF(moments), 10.0, 500.0);
            for (int i = 0; i < N_SYNAPSES; i++)
                expected[i / N_CELLS][i % N_CELLS] = 0.3125f;
            follow_trace_rule(&forms[k], moments, N_OF(moments), expected);
            rig_run_to(&r, 510.0);
            assert_int_equal(rig_weights(&r, actual, N_SYNAPSES), N_SYNAPSES);
            for (int i = 0; i < N_INPUTS; i++)
                for (int j = 0; j < N_CELLS; j++)
                    assert_close(actual[i * N_CELLS + j], (double)expected[i][j], 1e-6);
            rig_fini(&r);
        }
    }
}

static void run_form(const trace_form *f, rig_layout layout, const char *cpu, double *w)
{
    rig r;
    moment moments[400];
    rig_init(&r,
             &(rig_config){ .layout = layout, .n_inputs = N_INPUTS, .n_cells = N_CELLS, .weight = 0.3125, .cpu = cpu });
    attach_form(&r, f);
    random_moments(&r, moments, N_OF(moments), 10.0, 500.0);
    rig_run_to(&r, 510.0);
    assert_int_equal(rig_weights(&r, w, N_SYNAPSES), N_SYNAPSES);
    rig_fini(&r);
}

static void layouts_and_instruction_sets_give_the_same_bits(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_OF(forms); k++) {
        double plain[N_SYNAPSES], other[N_SYNAPSES];
        run_form(&forms[k], RIG_DENSE, "plain", plain);
        for (int level = 0; level <= (int)hk_cpu_best(); level++) {
            run_form(&forms[k], RIG_DENSE, hk_cpu_name((hk_cpu)level), other);
            assert_memory_equal(plain, other, sizeof plain);
            run_form(&forms[k], RIG_SPARSE, hk_cpu_name((hk_cpu)level), other);
            assert_memory_equal(plain, other, sizeof plain);
        }
    }
}

static void the_weight_comes_to_rest_at_the_trace_that_spikes_see(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DIAGONAL, .n_inputs = 2, .n_cells = 2, .weight = 0.9 });
    assert_ok(RIG_ATTACH(&r, "stdp_trace", { "tau_ms", 9.0 }, { "lr", 0.25 }));
    for (int k = 0; k < 100; k++) {
        rig_arrive(&r, 0, 20.0 + 50.0 * k);
        rig_fire(&r, 0, 23.3 + 50.0 * k);
        rig_fire(&r, 1, 23.3 + 50.0 * k);
    }
    rig_run_to(&r, 5050.0);
    double w[2];
    assert_int_equal(rig_weights(&r, w, 2), 2);
    assert_close(w[0], exp(-3.3 / 9.0), 1e-6);
    assert_close(w[1], 0.0, 1e-6);
    assert_int_equal(hk_stdp_trace_wins(hk_rule_state(r.rule))[1], 100);
    rig_fini(&r);
}

static void a_column_that_adds_up_to_nothing_is_left_alone_and_counted(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 3, .n_cells = 2, .weight = 0.0 });
    assert_ok(RIG_ATTACH(&r, "stdp_trace", { "sum", 2.0 }));
    rig_fire(&r, 1, 20.0);
    rig_run_to(&r, 30.0);
    double w[6];
    assert_int_equal(rig_weights(&r, w, 6), 6);
    assert_true(w[1] == 0.0);
    assert_int_equal(hk_stdp_trace_skipped(hk_rule_state(r.rule)), 1);
    rig_arrive(&r, 2, 40.0);
    rig_fire(&r, 1, 41.0);
    rig_run_to(&r, 50.0);
    assert_int_equal(rig_weights(&r, w, 6), 6);
    assert_close(w[2 * 2 + 1], 2.0, 1e-6); /* above w_max: the sum comes last */
    assert_int_equal(hk_stdp_trace_skipped(hk_rule_state(r.rule)), 1);
    assert_int_equal(hk_stdp_trace_clips(hk_rule_state(r.rule)).high, 0);
    rig_fire(&r, 1, 60.0);
    rig_run_to(&r, 70.0);
    assert_int_equal(hk_stdp_trace_clips(hk_rule_state(r.rule)).high, 1);
    rig_fini(&r);
}

static void settling_forgets_who_had_spiked(void **state)
{
    (void)state;
    double w[2][3];
    for (int settled = 0; settled < 2; settled++) {
        rig r;
        rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 3, .n_cells = 1, .weight = 0.5 });
        assert_ok(RIG_ATTACH(&r, "stdp_trace", { "lr", 0.5 }, { "tau_ms", 10.0 }));
        rig_arrive(&r, 1, 20.0);
        rig_fire(&r, 0, 20.5);
        rig_run_to(&r, 21.0);
        if (settled)
            assert_ok(hk_sim_settle(r.sim));
        rig_arrive(&r, 2, 24.0);
        rig_fire(&r, 0, 25.0);
        rig_run_to(&r, 30.0);
        assert_int_equal(rig_weights(&r, w[settled], 3), 3);
        rig_fini(&r);
    }
    double first = 0.5 * (0.5 + exp(-0.05));
    assert_close(w[0][1], 0.5 * (first + exp(-0.5)), 1e-7);
    assert_close(w[1][1], 0.5 * first, 1e-7);
    assert_close(w[0][2], 0.5 * (0.25 + exp(-0.1)), 1e-7);
    assert_true(w[1][2] == w[0][2] && w[1][0] == w[0][0]);
}

static void a_change_of_tau_keeps_what_has_decayed(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "stdp_trace", { "lr", 1.0 }, { "tau_ms", 10.0 }));
    rig_arrive(&r, 0, 20.0);
    rig_run_to(&r, 24.0);
    assert_ok(hk_rule_set(r.rule, "tau_ms", 3.0));
    rig_fire(&r, 0, 25.5);
    rig_run_to(&r, 30.0);
    assert_close(rig_weight(&r), exp(-0.4) * exp(-0.5), 1e-7);
    rig_fini(&r);
}

/* --- Diehl & Cook ---------------------------------------------------------------------------------------- */

static void diehl_cook_follows_its_equations(void **state)
{
    (void)state;
    const double tau_pre = 17.0, tau1 = 23.0, tau2 = 41.0, lr_pre = 0.013, lr_post = 0.057;
    for (rig_layout layout = RIG_DENSE; layout <= RIG_SPARSE; layout++) {
        rig r;
        moment moments[500];
        double x[N_INPUTS], y[N_CELLS], actual[N_SYNAPSES]; /* times of the last spike */
        float w[N_INPUTS][N_CELLS];
        rig_init(&r, &(rig_config){ .layout = layout, .n_inputs = N_INPUTS, .n_cells = N_CELLS, .weight = 0.25 });
        assert_ok(RIG_ATTACH(&r, "stdp_diehl_cook", { "tau_pre_ms", tau_pre }, { "tau_post1_ms", tau1 },
                             { "tau_post2_ms", tau2 }, { "lr_pre", lr_pre }, { "lr_post", lr_post }, { "w_max", 0.5 }));
        random_moments(&r, moments, N_OF(moments), 10.0, 500.0);
        for (int i = 0; i < N_INPUTS; i++)
            x[i] = -INFINITY;
        for (int j = 0; j < N_CELLS; j++)
            y[j] = -INFINITY;
        for (int k = 0; k < N_SYNAPSES; k++)
            w[k / N_CELLS][k % N_CELLS] = 0.25f;
        int n_stopped = 0;
        for (size_t m = 0; m < N_OF(moments); m++) {
            double now = moments[m].ms;
            uint32_t who = moments[m].who;
            for (uint32_t k = 0; k < (who < N_INPUTS ? N_CELLS : N_INPUTS); k++) {
                uint32_t i = who < N_INPUTS ? who : k, j = who < N_INPUTS ? k : who - N_INPUTS;
                double by = who < N_INPUTS ? -lr_pre * exp((y[j] - now) / tau1)
                                           : lr_post * exp((x[i] - now) / tau_pre) * exp((y[j] - now) / tau2);
                double after = (double)w[i][j] + 0.5 * by;
                n_stopped += after > 0.5 || after < 0.0;
                w[i][j] = (float)fmin(0.5, fmax(0.0, after));
            }
            if (who < N_INPUTS)
                x[who] = now;
            else
                y[who - N_INPUTS] = now;
        }
        rig_run_to(&r, 510.0);
        assert_int_equal(rig_weights(&r, actual, N_SYNAPSES), N_SYNAPSES);
        for (int i = 0; i < N_INPUTS; i++)
            for (int j = 0; j < N_CELLS; j++)
                assert_close(actual[i * N_CELLS + j], (double)w[i][j], 1e-6);
        hk_clips clips = hk_stdp_diehl_cook_clips(hk_rule_state(r.rule));
        assert_int_equal(clips.low + clips.high, n_stopped);
        rig_fini(&r);
    }
}

static void the_first_spike_of_a_burst_teaches_nothing(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 1, .weight = 0.5 });
    assert_ok(RIG_ATTACH(&r, "stdp_diehl_cook", { "lr_post", 0.1 }));
    rig_arrive(&r, 0, 20.0);
    rig_fire(&r, 0, 22.0);
    rig_run_to(&r, 23.0);
    assert_true(rig_weight(&r) == 0.5);
    rig_fire(&r, 0, 26.0);
    rig_run_to(&r, 30.0);
    assert_close(rig_weight(&r), 0.5 + 0.1 * exp(-6.0 / 20.0) * exp(-4.0 / 40.0), 1e-7);
    rig_fini(&r);
}

/* --- checkpoints and refusals ---------------------------------------------------------------------------- */

static void build(rig *r, const char *rule, rig_layout layout)
{
    rig_init(r, &(rig_config){ .layout = layout, .n_inputs = 9, .n_cells = 4, .weight = 0.375 });
    if (strcmp(rule, "stdp_trace") == 0)
        assert_ok(RIG_ATTACH(r, rule, { "sum", 3.3 }, { "lr", 0.1 }, { "lr_decay", 0.1 }, { "pairing", 0.0 }));
    else
        assert_ok(RIG_ATTACH(r, rule, { "lr_pre", 0.01 }, { "lr_post", 0.03 }));
}

static void a_checkpoint_in_the_middle_changes_no_bit(void **state)
{
    (void)state;
    const char *const rules[] = { "stdp_trace", "stdp_diehl_cook" };
    for (size_t k = 0; k < 4; k++) {
        char folder[] = "/tmp/hk_trace_XXXXXX", path[64];
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/middle.h5", folder);
        rig r, resumed;
        rig_layout layout = k < 2 ? RIG_DENSE : RIG_SPARSE;
        build(&r, rules[k % 2], layout);
        rig_random_spikes(&r, 10.0, 900.0, 4);
        rig_run_to(&r, 433.7);
        assert_ok(hk_sim_save(r.sim, path));
        rig_run_to(&r, 1000.0);
        build(&resumed, rules[k % 2], layout);
        rig_random_spikes(&resumed, 10.0, 100.0, 6); /* a past of its own, which loading must replace */
        rig_run_to(&resumed, 103.0);
        assert_ok(hk_sim_load(resumed.sim, path));
        rig_run_to(&resumed, 1000.0);
        double whole[36], split[36];
        assert_int_equal(rig_weights(&r, whole, 36), 36);
        assert_int_equal(rig_weights(&resumed, split, 36), 36);
        assert_memory_equal(whole, split, sizeof whole);
        assert_true(whole[7] != 0.375);
        rig_fini(&r);
        rig_fini(&resumed);
        unlink(path);
        rmdir(folder);
    }
}

/* Two spikes at rate 1 / n, then anew: the third takes over what arrived for it alone. */
static void a_neuron_that_starts_anew_forgets_what_it_has_learnt(void **state)
{
    static const double restarted[2] = { 0.0, 1.0 };
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        rig r;
        double w[2];
        rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 1, .n_cells = 2, .weight = 0.3125 });
        assert_ok(RIG_ATTACH(&r, "stdp_trace", { "tau_ms", 7.3 }, { "lr", 1.0 }, { "lr_decay", 1.0 }));
        rig_arrive(&r, 0, 10.0);
        rig_fire(&r, 0, 12.1);
        rig_fire(&r, 1, 12.1);
        rig_fire(&r, 1, 15.9);
        rig_run_to(&r, 20.0);
        if (restarted[k] > 0.0)
            hk_stdp_trace_restart(hk_rule_state(r.rule), 1);
        rig_fire(&r, 1, 23.3);
        rig_run_to(&r, 30.0);
        assert_int_equal(rig_weights(&r, w, 2), 2);
        const double x[3] = { exp(-2.1 / 7.3), exp(-5.9 / 7.3), exp(-13.3 / 7.3) };
        assert_close(w[0], x[0], 1e-6); /* the other neuron's own count goes on */
        assert_close(w[1], restarted[k] > 0.0 ? x[2] : (x[0] + x[1] + x[2]) / 3.0, 1e-6);
        assert_int_equal(hk_stdp_trace_wins(hk_rule_state(r.rule))[1], restarted[k] > 0.0 ? 1 : 3);
        rig_fini(&r);
    }
}

static void what_the_rules_cannot_do_is_refused(void **state)
{
    (void)state;
    rig r;
    rig_init(&r, &(rig_config){ .layout = RIG_DENSE, .n_inputs = 2, .n_cells = 3, .weight = 0.5 });
    assert_status(RIG_ATTACH(&r, "stdp_trace", { "lr", 0.1 }, { "lr_min", 0.2 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp_trace", { "w_max", 0.4 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp_trace", { "w_max", 0.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp_trace", { "pairing", 0.3 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp_trace", { "lr", 1.5 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp_trace", { "sum", -1.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp_diehl_cook", { "w_max", 0.4 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp_diehl_cook", { "hard", 2.0 }), HK_ERANGE);
    assert_status(RIG_ATTACH(&r, "stdp_diehl_cook", { "tau_pre_ms", -1.0 }), HK_ERANGE);
    assert_ok(RIG_ATTACH(&r, "stdp_trace", { "lr", 0.1 }));
    assert_status(hk_rule_set(r.rule, "lr_min", 0.2), HK_ERANGE);
    assert_ok(hk_rule_set(r.rule, "lr_min", 0.05));
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_follows_its_equation),
        cmocka_unit_test(layouts_and_instruction_sets_give_the_same_bits),
        cmocka_unit_test(the_weight_comes_to_rest_at_the_trace_that_spikes_see),
        cmocka_unit_test(a_column_that_adds_up_to_nothing_is_left_alone_and_counted),
        cmocka_unit_test(settling_forgets_who_had_spiked),
        cmocka_unit_test(a_change_of_tau_keeps_what_has_decayed),
        cmocka_unit_test(diehl_cook_follows_its_equations),
        cmocka_unit_test(the_first_spike_of_a_burst_teaches_nothing),
        cmocka_unit_test(a_checkpoint_in_the_middle_changes_no_bit),
        cmocka_unit_test(a_neuron_that_starts_anew_forgets_what_it_has_learnt),
        cmocka_unit_test(what_the_rules_cannot_do_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
