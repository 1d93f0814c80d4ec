/* tests/test_program.c - `hillock` from the outside: exit codes, what goes to which stream, signals, series. Files:
 * test_program_files.c.
 *
 * The program is started with posix_spawn. For runs it is this file itself with --as-hillock before the arguments: then
 * main() is the program's, over a catalogue of toy experiments that take no time. The program as built is found
 * through HILLOCK_PROGRAM. */
#include "tests/toy_program.h"

#include "experiments/document.h"
#include "sim/version.h"

static void help_goes_to_standard_output_and_teaches_with_examples(void **state)
{
    static const char *const commands[] = { "list", "show", "run", "plot", "info", "export", "bench" };
    (void)state;
    check("help", 0, "usage: hillock COMMAND", NULL);
    check("--help", 0, "hillock run mnist", NULL);
    for (size_t k = 0; k < N_OF(commands); k++) {
        char line[64], usage[64];
        snprintf(usage, sizeof usage, "usage: hillock %s", commands[k]);
        snprintf(line, sizeof line, "help %s", commands[k]);
        check(line, 0, usage, NULL);
        snprintf(line, sizeof line, "%s --help", commands[k]);
        check(line, 0, usage, NULL);
        check(line, 0, "example", NULL);
    }
}

static void version_is_the_librarys(void **state)
{
    (void)state;
    check("--version", 0, hk_version(), NULL);
}

static void bad_usage_ends_with_2_and_says_what_was_meant(void **state)
{
    (void)state;
    check("", 2, NULL, "usage: hillock COMMAND");
    check("rnu", 2, NULL, "did you mean 'run'?");
    check("toy", 2, NULL, "did you mean 'hillock run toy'?");
    check("help rnu", 2, NULL, "did you mean 'run'?");
    check("run", 2, NULL, "run what?");
    check("run tyo", 2, NULL, "did you mean 'toy'?");
    check("run toy --sed 3", 2, NULL, "did you mean '--seed'?");
    check("run toy --set vaule=3", 2, NULL, "did you mean 'value'?");
    check("run toy --set value=11", 2, NULL, "value = '11', must be -10 to 10 mV");
    check("run toy --threads 3", 2, NULL, "must be 1");
    check("run nowhere.yaml", 2, NULL, "nowhere.yaml");
    check("show tyo", 2, NULL, "did you mean 'toy'?");
    check("show", 2, NULL, "show what?");
    check("list elephants", 2, NULL, "must be experiments, neurons, rules, codes or readouts");
}

static void list_and_show_print_the_tables(void **state)
{
    (void)state;
    check("list", 0, "doubles a number", NULL);
    check("list", 0, "learning rules", NULL);
    check("list codes", 0, "latency", NULL);
    check("list readouts", 0, "readouts\n  label", NULL);
    check("list readouts", 0, "naive Bayes", NULL);
    check("show toy", 0, "-10 to 10", NULL);
    check("show toy", 0, "auto: half of value", NULL);
    check("show toy", 0, "twice the value [mV]", NULL);
    check("show lif", 0, "tau_m_ms", NULL);
    check("show latency", 0, "code: latency", NULL);
    check("show vote", 0, "readout: vote", NULL);
    check("show label", 0, "source: Diehl & Cook (2015)", NULL);
    check("show votes", 2, NULL, "did you mean 'vote'?");
}

static void a_run_reports_on_standard_output(void **state)
{
    (void)state;
    check("run toy --out none", 0, "toy says 1.25\n", NULL);
    check("run toy --out none --quiet", 0, NULL, NULL);
    check("run toy --out none --quiet --set warn=on", 0, NULL, "hillock: warning: toy is unwell\n");
}

static void a_failed_run_ends_with_1_and_its_sentence(void **state)
{
    (void)state;
    check("run toy --out none --set fail=on --set value=2.5", 1, NULL,
          "hillock: toy: value = 2.5 is not to its liking\n");
    check("run toy --out none --set fail=on --json -", 1, NULL, "not to its liking");
    check("run toy --out none --json /proc/nowhere/x.json", 1, NULL, "/proc/nowhere");
}

static void with_json_on_standard_output_nothing_else_is_there(void **state)
{
    (void)state;
    outcome o = run("run toy --out none --seed 7 --set value=2.385 --set warn=on --json -");
    assert_int_equal(o.code, 0);
    hk_ctx *ctx = hk_ctx_create();
    hk_document *document;
    assert_ok(hk_document_parse(ctx, "out.json", o.out, strlen(o.out), &document));
    const hk_node *root = hk_document_root(document);
    static const char *const wanted[] = { "version", "threads", "wall_s", "cpu_s", "peak_rss_mb" };
    for (size_t k = 0; k < N_OF(wanted); k++)
        assert_non_null(hk_node_get(root, wanted[k]));
    assert_string_equal(hk_node_text(hk_node_get(root, "experiment")), "toy");
    assert_string_equal(hk_node_text(hk_node_get(root, "seed")), "7");
    assert_string_equal(hk_node_text(hk_node_get(root, "energy_proxy_events")), "5107");
    assert_string_equal(hk_node_text(hk_node_get(root, "interrupted")), "false");
    assert_string_equal(hk_node_text(hk_node_get(root, "doubled")), "4.77");
    assert_string_equal(hk_node_text(hk_node_get(hk_node_get(root, "parameters"), "value")), "2.385");
    assert_string_equal(hk_node_text(hk_node_get(hk_node_get(root, "parameters"), "limit")), "auto");
    assert_true(hk_node_is_null(hk_node_get(hk_node_get(root, "rates_hz"), "all")));
    hk_document_destroy(document);
    hk_ctx_destroy(ctx);
    assert_contains(o.err, "toy says 2.385");
    assert_contains(o.err, "toy is unwell");
    outcome_fini(&o);
}

static void a_series_gives_trials_mean_and_deviation(void **state)
{
    (void)state;
    outcome o = run("run toy --out none --seeds 3,1,8 --jobs 3 --json sub/folder/s.json --quiet");
    assert_int_equal(o.code, 0);
    assert_string_equal(o.out, "");
    outcome_fini(&o);
    hk_ctx *ctx = hk_ctx_create();
    hk_document *document;
    assert_ok(hk_document_open(ctx, "sub/folder/s.json", &document));
    const hk_node *root = hk_document_root(document), *trials = hk_node_get(root, "trials");
    assert_int_equal(hk_node_n(trials), 3);
    assert_string_equal(hk_node_text(hk_node_get(hk_node_at(trials, 0), "seed")), "3");
    assert_string_equal(hk_node_text(hk_node_get(hk_node_at(trials, 2), "by_seed")), "8.25");
    double mean, sd;
    assert_ok(hk_document_number(document, hk_node_get(hk_node_get(root, "mean"), "by_seed"), &mean));
    assert_ok(hk_document_number(document, hk_node_get(hk_node_get(root, "sd"), "by_seed"), &sd));
    assert_close(mean, 4.25, 1e-15);
    assert_close(sd, sqrt(13.0), 1e-14);
    assert_null(hk_node_get(hk_node_get(root, "mean"), "seed"));
    hk_document_destroy(document);
    hk_ctx_destroy(ctx);
    remove("sub/folder/s.json");
    rmdir("sub/folder");
    rmdir("sub");
}

static void lines_of_a_series_say_whose_they_are(void **state)
{
    (void)state;
    check("run toy --out none --seeds 4,9 --jobs 2 --set warn=1", 0, "seed 9: toy says 1.25\n",
          "hillock: warning: seed 4: toy is unwell\n");
}

static void a_failing_series_ends_with_1_and_names_the_seeds(void **state)
{
    (void)state;
    check("run toy --out none --seeds 1..3 --set fail=1 --json -", 1, "\"trials_complete\": 0",
          "hillock: seed 2: toy: value");
}

static void wait_for_file(const char *name)
{
    for (int k = 0; k < 3000 && access(name, F_OK) != 0; k++)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    assert_int_equal(remove(name), 0);
}

static void a_signal_saves_and_ends_with_130(void **state)
{
    static const int signals[] = { SIGINT, SIGTERM };
    (void)state;
    for (size_t k = 0; k < N_OF(signals); k++) {
        pid_t pid = start(self, "run toy --set wait=1 --set ready=ready --seed 5 --out results/toy.h5 --json s.json");
        wait_for_file("ready");
        kill(pid, signals[k]);
        outcome o = finish(pid);
        assert_int_equal(o.code, 130);
        assert_contains(o.err, "hillock: interrupted, saving");
        assert_contains(o.err, "--seed 5 --out results/toy.h5 --resume results/toy.checkpoint.h5");
        outcome_fini(&o);
        char *summary = slurp("s.json");
        assert_contains(summary, "\"interrupted\": true");
        free(summary);
        assert_int_equal(remove("results/toy.checkpoint.h5"), 0);
    }
}

static void a_signal_ends_a_series_and_begins_no_new_trial(void **state)
{
    (void)state;
    pid_t pid = start(self, "run toy --set wait=1 --set ready=ready --seeds 5..9 --out none --json -");
    wait_for_file("ready");
    kill(pid, SIGINT);
    outcome o = finish(pid);
    assert_int_equal(o.code, 130);
    assert_contains(o.out, "not begun: interrupted");
    assert_contains(o.out, "\"trials_complete\": 0");
    outcome_fini(&o);
}

static void a_full_standard_output_is_a_failure(void **state)
{
    (void)state;
    char *arguments[] = { self, "--as-hillock", "list", NULL };
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/full", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "err", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid;
    assert_int_equal(posix_spawn(&pid, self, &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    outcome o = finish(pid);
    assert_int_equal(o.code, 1);
    assert_contains(o.err, "cannot write to standard output");
    outcome_fini(&o);
}

static void the_program_as_built_lists_its_catalogue(void **state)
{
    (void)state;
    const char *program = getenv("HILLOCK_PROGRAM");
    if (program == NULL)
        skip();
    outcome o = finish(start(program, "list"));
    assert_int_equal(o.code, 0);
    assert_contains(o.out, "neuron models");
    outcome_fini(&o);
    o = finish(start(program, "run toy"));
    assert_int_equal(o.code, 2);
    outcome_fini(&o);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--as-hillock") == 0) {
        argv[1] = argv[0];
        return as_hillock(argc - 1, argv + 1);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_goes_to_standard_output_and_teaches_with_examples),
        cmocka_unit_test(version_is_the_librarys),
        cmocka_unit_test(bad_usage_ends_with_2_and_says_what_was_meant),
        cmocka_unit_test(list_and_show_print_the_tables),
        cmocka_unit_test(a_run_reports_on_standard_output),
        cmocka_unit_test(a_failed_run_ends_with_1_and_its_sentence),
        cmocka_unit_test(with_json_on_standard_output_nothing_else_is_there),
        cmocka_unit_test(a_series_gives_trials_mean_and_deviation),
        cmocka_unit_test(lines_of_a_series_say_whose_they_are),
        cmocka_unit_test(a_failing_series_ends_with_1_and_names_the_seeds),
        cmocka_unit_test(a_signal_saves_and_ends_with_130),
        cmocka_unit_test(a_signal_ends_a_series_and_begins_no_new_trial),
        cmocka_unit_test(a_full_standard_output_is_a_failure),
        cmocka_unit_test(the_program_as_built_lists_its_catalogue),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
