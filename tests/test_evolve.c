/* tests/test_evolve.c - the evolve experiment: it improves, and neither jobs nor interruptions show. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

#include "sim/results.h"

#include <pthread.h>

static hk_ctx *ctx;

#define IMAGES                                                                                                   \
    "evolve", "--data", "glyphs", "--set", "train=300", "--set", "validation=100", "--set", "test=100", "--set", \
        "checked=100", "--set", "checks=4"
#define STRATEGY                                                                                                 \
    IMAGES, "--set", "generations=60", "--set", "individuals=16", "--set", "batch=40", "--set", "inputs=pixels", \
        "--set", "rate=0.05"
#define GENETIC STRATEGY, "--set", "method=genetic"
#define FILTERS                                                                                                  \
    IMAGES, "--set", "method=features", "--set", "generations=3", "--set", "individuals=6", "--set", "batch=60", \
        "--set", "filters=3", "--set", "map=3", "--set", "map_train=100", "--set", "last_map=5", "--set",        \
        "check_map=4"

/* The genome of a file, to be freed, and its history. */
static float *genome_of(const char *path, size_t *n, double *history, size_t n_history)
{
    hk_results *file;
    assert_ok(hk_results_open(ctx, path, HK_RESULTS_READ, &file));
    const hk_results_entry *entry = hk_results_find(file, "evolution/genome");
    assert_non_null(entry);
    *n = entry->n;
    float *genome = malloc(entry->n * sizeof *genome);
    assert_ok(hk_results_get(file, "evolution/genome", HK_F32, genome, entry->n));
    assert_ok(hk_results_get(file, "evolution/fitness", HK_F64, history, n_history));
    assert_ok(hk_results_close(file));
    return genome;
}

static void assert_same_file(const char *a, const char *b, size_t n_generations)
{
    size_t n[2];
    double *histories[2];
    float *genomes[2];
    for (int k = 0; k < 2; k++) {
        histories[k] = calloc(4 * n_generations, sizeof *histories[k]);
        genomes[k] = genome_of(k == 0 ? a : b, &n[k], histories[k], 4 * n_generations);
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(genomes[0], genomes[1], n[0] * sizeof *genomes[0]);
    assert_memory_equal(histories[0], histories[1], 4 * n_generations * sizeof *histories[0]);
    for (int k = 0; k < 2; k++) {
        free(histories[k]);
        free(genomes[k]);
    }
}

static void a_strategy_improves_the_network_and_jobs_do_not_show(void **state)
{
    (void)state;
    double history[4 * 60];
    size_t n;
    trial one, three;
    run_it(&one, ARGUMENTS(STRATEGY, "--code", "burst", "--out", scratch_path("one.h5")), HK_OK);
    run_it(&three, ARGUMENTS(STRATEGY, "--code", "burst", "--out", scratch_path("three.h5"), "--jobs", "3"), HK_OK);
    assert_close(number_of(&one, "code_error"), number_of(&three, "code_error"), 0.0);
    assert_close(number_of(&one, "accuracy"), number_of(&three, "accuracy"), 0.0);
    assert_close(number_of(&one, "validation_accuracy"), number_of(&three, "validation_accuracy"), 0.0);
    assert_true(number_of(&one, "accuracy") > 0.3); /* chance is 0.1 */
    assert_int_equal((int)number_of(&one, "genes"), 197 * 10);
    assert_int_equal((int)number_of(&one, "evaluations"), 60 * 16 * 40);
    trial_close(&one);
    trial_close(&three);
    assert_same_file(scratch_path("one.h5"), scratch_path("three.h5"), 60);
    free(genome_of(scratch_path("one.h5"), &n, history, 4 * 60));
    for (int g = 0; g < 60; g++) /* best, mean, worst */
        assert_true(history[4 * g] >= history[4 * g + 1] && history[4 * g + 1] >= history[4 * g + 2]);
    assert_true(history[4 * 59 + 1] > history[1] + 0.3);
}

static void a_hidden_layer_evolves_too_and_edges_can_be_seen(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS(STRATEGY, "--set", "hidden=5", "--set", "generations=4", "--out", "none"), HK_OK);
    assert_int_equal((int)number_of(&t, "genes"), 197 * 5 + 60);
    trial_close(&t);
    run_it(&t, ARGUMENTS(STRATEGY, "--set", "inputs=edges", "--set", "generations=4", "--out", "none"), HK_OK);
    assert_int_equal((int)number_of(&t, "genes"), (8 * 49 + 1) * 10);
    trial_close(&t);
}

static void a_genetic_algorithm_improves_the_network_and_jobs_do_not_show(void **state)
{
    (void)state;
    trial one, three;
    run_it(&one, ARGUMENTS(GENETIC, "--out", scratch_path("one.h5")), HK_OK);
    run_it(&three, ARGUMENTS(GENETIC, "--out", scratch_path("three.h5"), "--jobs", "3"), HK_OK);
    assert_close(number_of(&one, "accuracy"), number_of(&three, "accuracy"), 0.0);
    assert_true(number_of(&one, "validation_accuracy") > 0.15);
    trial_close(&one);
    trial_close(&three);
    assert_same_file(scratch_path("one.h5"), scratch_path("three.h5"), 60);
}

static void filters_evolve_and_the_simulator_sees_what_the_formula_says(void **state)
{
    (void)state;
    trial one, three;
    run_it(&one, ARGUMENTS(FILTERS, "--out", scratch_path("one.h5")), HK_OK);
    run_it(&three, ARGUMENTS(FILTERS, "--out", scratch_path("three.h5"), "--jobs", "3"), HK_OK);
    assert_close(number_of(&one, "accuracy"), number_of(&three, "accuracy"), 0.0);
    assert_close(number_of(&one, "before_accuracy"), number_of(&three, "before_accuracy"), 0.0);
    assert_true(number_of(&one, "accuracy") > 0.2 && number_of(&one, "before_accuracy") > 0.2);
    assert_true(number_of(&one, "largest_difference") < 2e-6);
    assert_int_equal(value_of(&one, "checks")->n_numbers,
                     4); /* one at the beginning, and after each of three generations */
    trial_close(&one);
    trial_close(&three);
    assert_same_file(scratch_path("one.h5"), scratch_path("three.h5"), 3);
}

static void filters_at_first_are_drawn_or_chosen_and_fitness_is_what_was_asked_for(void **state)
{
    (void)state;
    double history[4 * 3];
    size_t n;
    trial drawn, chosen;
    run_it(&drawn, ARGUMENTS(FILTERS, "--set", "train=600", "--out", scratch_path("one.h5")), HK_OK);
    free(genome_of(scratch_path("one.h5"), &n, history, 4 * 3));
    assert_int_equal(n, 3 * 6);
    for (int g = 0; g < 3; g++) /* logarithms of a likelihood */
        assert_true(history[4 * g] < 0.0 && history[4 * g + 2] > log(1e-3));
    assert_true(history[0] > history[2]);
    run_it(&chosen,
           ARGUMENTS(FILTERS, "--set", "train=600", "--set", "start=edges", "--set", "fitness=accuracy", "--out",
                     scratch_path("three.h5")),
           HK_OK);
    free(genome_of(scratch_path("three.h5"), &n, history, 4 * 3));
    for (int g = 0; g < 3; g++) /* the mean of fitness is that of accuracy */
        assert_close(history[4 * g + 1], history[4 * g + 3], 1e-12);
    assert_true(number_of(&chosen, "before_accuracy") > number_of(&drawn, "before_accuracy"));
    trial_close(&drawn);
    trial_close(&chosen);
}

/* Stops a run when its first checkpoint is there. */
static void *stop_soon(void *user)
{
    trial *t = user;
    while (access(scratch_path("cut.ckpt"), F_OK) != 0)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    hk_run_stop(t->run);
    return NULL;
}

static void goes_on_to_the_same_end(const char *const *whole, const char *const *cut, const char *const *resumed,
                                    size_t n_generations)
{
    trial t;
    pthread_t thread;
    unlink(scratch_path("cut.ckpt"));
    run_it(&t, whole, HK_OK);
    trial_close(&t);
    trial_open(&t, cut);
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &t), 0);
    hk_run_execute(t.run);
    pthread_join(thread, NULL);
    assert_int_equal(hk_run_status(t.run), HK_OK);
    assert_null(hk_summary_find(hk_run_summary(t.run), "accuracy"));
    trial_close(&t);
    run_it(&t, resumed, HK_OK);
    trial_close(&t);
    assert_same_file(scratch_path("whole.h5"), scratch_path("resumed.h5"), n_generations);
}

static void a_run_that_was_interrupted_goes_on_to_the_same_end(void **state)
{
    (void)state;
    char checkpoint[PATH_MAX], whole[PATH_MAX], resumed[PATH_MAX];
    snprintf(checkpoint, sizeof checkpoint, "%s/cut.ckpt", hk_scratch);
    snprintf(whole, sizeof whole, "%s/whole.h5", hk_scratch);
    snprintf(resumed, sizeof resumed, "%s/resumed.h5", hk_scratch);
    goes_on_to_the_same_end(ARGUMENTS(STRATEGY, "--set", "generations=200", "--out", whole),
                            ARGUMENTS(STRATEGY, "--set", "generations=200", "--out", "none", "--checkpoint", checkpoint,
                                      "--checkpoint-every", "0.0001"),
                            ARGUMENTS(STRATEGY, "--set", "generations=200", "--out", resumed, "--resume", checkpoint),
                            200);
    trial t;
    run_it(&t, ARGUMENTS(STRATEGY, "--out", "none", "--resume", checkpoint), HK_EFORMAT);
    assert_says(&t, "config");
    trial_close(&t);
    goes_on_to_the_same_end(ARGUMENTS(GENETIC, "--set", "generations=200", "--out", whole),
                            ARGUMENTS(GENETIC, "--set", "generations=200", "--out", "none", "--checkpoint", checkpoint,
                                      "--checkpoint-every", "0.0001"),
                            ARGUMENTS(GENETIC, "--set", "generations=200", "--out", resumed, "--resume", checkpoint),
                            200);
}

static void impossible_evolutions_are_refused(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS(STRATEGY, "--set", "individuals=7", "--out", "none"), HK_ERANGE);
    assert_says(&t, "individuals = 7, must be an even number");
    trial_close(&t);
    run_it(&t, ARGUMENTS(GENETIC, "--set", "elite=16", "--out", "none"), HK_ERANGE);
    assert_says(&t, "elite = 16");
    trial_close(&t);
    run_it(&t, ARGUMENTS(FILTERS, "--set", "last_map=30", "--out", "none"), HK_ERANGE); /* 900 units for 300 images */
    trial_close(&t);
}

static int open_context(void **state)
{
    ctx = hk_ctx_create();
    return ctx == NULL ? -1 : hk_scratch_setup(state);
}

static int close_context(void **state)
{
    hk_ctx_destroy(ctx);
    return hk_scratch_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_strategy_improves_the_network_and_jobs_do_not_show),
        cmocka_unit_test(a_hidden_layer_evolves_too_and_edges_can_be_seen),
        cmocka_unit_test(a_genetic_algorithm_improves_the_network_and_jobs_do_not_show),
        cmocka_unit_test(filters_evolve_and_the_simulator_sees_what_the_formula_says),
        cmocka_unit_test(filters_at_first_are_drawn_or_chosen_and_fitness_is_what_was_asked_for),
        cmocka_unit_test(a_run_that_was_interrupted_goes_on_to_the_same_end),
        cmocka_unit_test(impossible_evolutions_are_refused),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
