/* tests/test_properties.c - what must hold to the last bit for every model of the catalogue, in a network that has everything
 * (mixed_net.h). Checkpoints: test_checkpoint.c. */
#include "tests/mixed_net.h"

#include "sim/cpu.h"

typedef void (*form_check)(const mixed_config *cfg, uint64_t expected);

static uint64_t run_in_one_piece(const mixed_config *cfg)
{
    mixed_net net = mixed_build(cfg);
    rig_run(&net.r, mixed_ms);
    uint64_t fingerprint = mixed_fingerprint(&net);
    bool once = strcmp(cfg->model->name, "ttfs") ==
                0; /* each neuron spikes at most once, and a winner ends it for the others */
    assert_true(hk_population_n_spikes(net.a) > (once ? 20 : 100) &&
                hk_population_n_spikes(net.b) > (once ? 0 : 10)); /* something is being tested */
    mixed_close(&net);
    return fingerprint;
}

static void for_each_model_and_form(form_check check)
{
    size_t n_models;
    const hk_neuron_model *const *models = hk_neuron_models(&n_models);
    assert_true(n_models >= 4);
    for (size_t m = 0; m < n_models; m++) {
        mixed_config forms[MIXED_FORMS];
        size_t n = mixed_forms(models[m], forms);
        for (size_t k = 0; k < n; k++)
            check(&forms[k], run_in_one_piece(&forms[k]));
    }
}

static void assert_same_bits(const mixed_config *cfg, mixed_net *net, uint64_t expected, const char *what)
{
    if (mixed_fingerprint(net) != expected) {
        print_error("model %s, form of seed %llu: %s gives other bits\n", cfg->model->name,
                    (unsigned long long)cfg->seed, what);
        fail();
    }
}

static void check_seeds(const mixed_config *cfg, uint64_t expected)
{
    assert_true(run_in_one_piece(cfg) == expected);
    mixed_config other = *cfg;
    other.seed += 100;
    assert_true(run_in_one_piece(&other) != expected);
}

static void the_same_seed_gives_the_same_bits_and_another_seed_others(void **state)
{
    (void)state;
    for_each_model_and_form(check_seeds);
}

static void check_cuts(const mixed_config *cfg, uint64_t expected)
{
    hk_stream draw = hk_stream_open(5, HK_PURPOSE_TEST, 4, 0);
    for (int round = 0; round < 6; round++) {
        mixed_net net = mixed_build(cfg);
        int64_t left = (int64_t)lround(mixed_ms / 0.1), longest = (const int64_t[]){ 1, 3, 17, 40, 200, 400 }[round];
        while (left > 0) {
            int64_t steps = 1 + (int64_t)hk_stream_below(&draw, (uint64_t)longest);
            steps = steps < left ? steps : left;
            rig_run(&net.r, 0.1 * (double)steps);
            left -= steps;
            if (hk_stream_below(&draw, 4) == 0)
                rig_run(&net.r, 0.0);
        }
        assert_same_bits(cfg, &net, expected, "running in pieces");
        mixed_close(&net);
    }
}

static void a_run_in_pieces_equals_the_run_in_one_piece(void **state)
{
    (void)state;
    for_each_model_and_form(check_cuts);
}

static void check_looking(const mixed_config *cfg, uint64_t expected)
{
    mixed_net net = mixed_build(cfg);
    for (int k = 0; k < 40; k++) {
        rig_run(&net.r, mixed_ms / 40.0);
        (void)mixed_fingerprint(&net);
        (void)mixed_fingerprint(&net);
    }
    assert_same_bits(cfg, &net, expected, "looking at the state");
    mixed_close(&net);
}

static void looking_at_state_and_weights_changes_nothing(void **state)
{
    (void)state;
    for_each_model_and_form(check_looking);
}

static void check_order(const mixed_config *cfg, uint64_t expected)
{
    for (uint64_t shuffle = 1; shuffle <= 3; shuffle++) {
        mixed_config other = *cfg;
        other.shuffle = shuffle;
        mixed_net net = mixed_build(&other);
        rig_run(&net.r, mixed_ms);
        assert_same_bits(cfg, &net, expected, "another order of the connection list");
        mixed_close(&net);
    }
}

static void the_order_of_the_connection_list_changes_nothing(void **state)
{
    (void)state;
    for_each_model_and_form(check_order);
}

static void check_cpus(const mixed_config *cfg, uint64_t expected)
{
    for (int level = 0; level <= (int)hk_cpu_best(); level++) {
        mixed_config other = *cfg;
        other.cpu = hk_cpu_name((hk_cpu)level);
        mixed_net net = mixed_build(&other);
        assert_string_equal(hk_sim_cpu(net.r.sim), other.cpu);
        rig_run(&net.r, mixed_ms);
        assert_same_bits(cfg, &net, expected, other.cpu);
        mixed_close(&net);
    }
}

static void every_cpu_path_gives_the_same_bits(void **state)
{
    (void)state;
    for_each_model_and_form(check_cpus);
}

static void check_threads(const mixed_config *cfg, uint64_t expected)
{
    const unsigned n_extra[] = { 1, 2, 3, 6 };
    for (size_t k = 0; k < N_OF(n_extra); k++) {
        mixed_config other = *cfg;
        other.n_extra_threads = n_extra[k];
        mixed_net net = mixed_build(&other);
        rig_run(&net.r, 17.3);
        rig_run(&net.r, mixed_ms - 17.3);
        assert_same_bits(cfg, &net, expected, "another number of threads");
        mixed_close(&net);
    }
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    for_each_model_and_form(check_threads);
}

static void check_arrays(const mixed_config *cfg, uint64_t expected)
{
    if (cfg->per_neuron)
        return;
    mixed_config other = *cfg;
    other.as_arrays = true;
    mixed_net net = mixed_build(&other);
    rig_run(&net.r, mixed_ms);
    assert_same_bits(cfg, &net, expected, "one value given per neuron");
    mixed_close(&net);
}

static void a_value_for_all_equals_the_same_value_for_each(void **state)
{
    (void)state;
    for_each_model_and_form(check_arrays);
}

static void two_simulations_in_one_process_do_not_know_of_each_other(void **state)
{
    (void)state;
    mixed_config forms[MIXED_FORMS];
    size_t n = mixed_forms(hk_neuron_model_find("lif_exp"), forms);
    uint64_t alone[MIXED_FORMS];
    mixed_net nets[MIXED_FORMS];
    for (size_t k = 0; k < n; k++) {
        alone[k] = run_in_one_piece(&forms[k]);
        nets[k] = mixed_build(&forms[k]);
    }
    for (int piece = 0; piece < 60; piece++) /* in turn, a millisecond each */
        for (size_t k = 0; k < n; k++)
            rig_run(&nets[k].r, mixed_ms / 60.0);
    for (size_t k = 0; k < n; k++) {
        assert_same_bits(&forms[k], &nets[k], alone[k], "another simulation beside it");
        mixed_close(&nets[k]);
    }
}

static void every_entry_of_the_catalogue_describes_itself(void **state)
{
    (void)state;
    size_t n_models;
    const hk_neuron_model *const *models = hk_neuron_models(&n_models);
    for (size_t m = 0; m < n_models; m++) {
        const hk_neuron_model *model = models[m];
        assert_ptr_equal(hk_neuron_model_find(model->name), model);
        assert_true(strlen(model->summary) > 10 && model->source != NULL && model->weight_unit != NULL);
        for (size_t k = 0; k < model->n_params + model->n_state; k++) {
            const hk_column *c = k < model->n_params ? &model->params[k] : &model->state[k - model->n_params];
            assert_true(c->name != NULL && c->unit != NULL && strlen(c->meaning) > 3);
            assert_true(c->min <= c->initial && c->initial <= c->max && c->min < c->max);
            assert_true(hk_column_find(model->params, model->n_params, c->name) < 0 ||
                        hk_column_find(model->state, model->n_state, c->name) < 0);
        }
        if (model->kind == HK_MODEL_SOURCE)
            continue;
        assert_true(model->prepare && model->read && model->write && model->receive && model->predict && model->excess);
        assert_true(model->fire && model->hold && model->release && model->settle);
        assert_true((model->epoch_steps == NULL) == (model->rebase == NULL));
        assert_true((model->spontaneous == NULL) == (model->sweep == NULL));
    }
    assert_null(hk_neuron_model_find("nothing of that name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_of_the_catalogue_describes_itself),
        cmocka_unit_test(the_same_seed_gives_the_same_bits_and_another_seed_others),
        cmocka_unit_test(a_run_in_pieces_equals_the_run_in_one_piece),
        cmocka_unit_test(looking_at_state_and_weights_changes_nothing),
        cmocka_unit_test(the_order_of_the_connection_list_changes_nothing),
        cmocka_unit_test(every_cpu_path_gives_the_same_bits),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(a_value_for_all_equals_the_same_value_for_each),
        cmocka_unit_test(two_simulations_in_one_process_do_not_know_of_each_other),
    };
    return cmocka_run_group_tests_name("properties", tests, NULL, NULL);
}
