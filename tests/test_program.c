/* tests/test_program.c - `hillock` from the outside: exit codes, what goes to which stream, signals, series.
 *
 * The program is started with posix_spawn. For runs it is this file itself with --as-hillock before the arguments: then
 * main() is the program's, over a catalogue of toy experiments that take no time. The program as built is found
 * through HILLOCK_PROGRAM. */
#include "tests/hk_test.h"

#include "experiments/commands.h"
#include "experiments/document.h"
#include "experiments/figures/gnuplot.h"
#include "sim/npy.h"
#include "sim/results.h"
#include "sim/version.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ---- toy experiments --------------------------------------------------------------------------------------------- */

/* A results file with something for each figure. */
static int record(hk_run *run)
{
    static const double times_ms[] = { 1.25, 2.5, 2.5, 7.75 }, matrix[] = { 5.0, 1.0, 0.0, 7.0 };
    static const double curve[] = { 100.0, 0.5, 0.625, 200.0, 0.75, 0.8125 };
    static const uint32_t ids[] = { 1, 0, 2, 1 }, example_ids[] = { 0, 1, 2, 3 };
    static const float fields[] = { 0.5f, 1.0f, 0.0f, 0.25f, 1.0f, 0.0f, 0.0f, 2.385f };
    static const uint8_t labels[] = { 7, 3, 3 };
    static const uint64_t synapses[] = { 2385, 17 };
    static const double bytes[] = { 4.0, 12.25 }, rounding[] = { 0.0078125, 0.0 }, typical[] = { 62.5, 0.1 };
    hk_ctx *ctx = hk_run_ctx(run);
    hk_recorder *recorder = NULL;
    hk_results *results = NULL;
    uint32_t index = 0;
    int rc = hk_recorder_create(
        ctx, &(hk_recorder_config){ .path = hk_run_out(run), .queue_bytes = 1 << 16, .flush_interval_s = 1.0 },
        &recorder);
    if (rc != HK_OK)
        return rc;
    rc = hk_recorder_add_population(recorder, "hidden", 0, &index);
    if (rc == HK_OK)
        rc = hk_run_sign(run, recorder);
    if (rc == HK_OK)
        rc = hk_recorder_start(recorder);
    if (rc == HK_OK)
        rc = hk_recorder_write(recorder, index, 4, times_ms, ids);
    int closed = hk_recorder_close(recorder);
    if (rc != HK_OK || closed != HK_OK)
        return rc != HK_OK ? rc : closed;
    rc = hk_results_open(ctx, hk_run_out(run), HK_RESULTS_ADD, &results);
    if (rc != HK_OK)
        return rc;
    const struct {
        const char *name;
        hk_array array;
    } arrays[] = {
        { "receptive_fields", { .type = HK_F32, .n_dims = 3, .shape = { 2, 2, 2 }, .values = fields, .unit = "mV" } },
        { "confusion", { .type = HK_F64, .n_dims = 2, .shape = { 2, 2 }, .values = matrix } },
        { "accuracy_over_training", { .type = HK_F64, .n_dims = 2, .shape = { 2, 3 }, .values = curve } },
        { "labels/hidden", { .type = HK_U8, .n_dims = 1, .shape = { 3 }, .values = labels } },
        { "statistics/hidden/rate_hz", { .type = HK_F64, .n_dims = 1, .shape = { 4 }, .values = times_ms } },
        { "statistics/hidden/cv_isi", { .type = HK_F64, .n_dims = 1, .shape = { 4 }, .values = matrix } },
        { "statistics/hidden/correlation", { .type = HK_F64, .n_dims = 1, .shape = { 4 }, .values = times_ms } },
        { "examples/times_ms", { .type = HK_F64, .n_dims = 1, .shape = { 4 }, .values = times_ms } },
        { "examples/ids", { .type = HK_U32, .n_dims = 1, .shape = { 4 }, .values = example_ids } },
        { "examples/labels", { .type = HK_U8, .n_dims = 1, .shape = { 2 }, .values = labels } },
        { "projections/synapses", { .type = HK_U64, .n_dims = 1, .shape = { 2 }, .values = synapses } },
        { "projections/bytes_per_synapse", { .type = HK_F64, .n_dims = 1, .shape = { 2 }, .values = bytes } },
        { "projections/rounding_error", { .type = HK_F64, .n_dims = 1, .shape = { 2 }, .values = rounding } },
        { "projections/typical_weight", { .type = HK_F64, .n_dims = 1, .shape = { 2 }, .values = typical } },
    };
    for (size_t k = 0; k < N_OF(arrays) && rc == HK_OK; k++)
        rc = hk_results_put(results, arrays[k].name, &arrays[k].array);
    if (rc == HK_OK)
        rc = hk_results_put_text(results, "accuracy_over_training", "columns", "images, first, second");
    if (rc == HK_OK)
        rc = hk_results_put_text(results, "projections", "names", "hidden->hidden\nhidden->out");
    if (rc == HK_OK)
        rc = hk_results_put_text(results, "projections", "weight_units", "pA\nmV");
    if (rc == HK_OK)
        rc = hk_results_put_number(results, "examples", "n_inputs", 2.0);
    if (rc == HK_OK)
        rc = hk_results_put_number(results, "examples", "n_hidden", 2.0);
    if (rc == HK_OK)
        rc = hk_results_put_number(results, "examples", "window_ms", 5.0);
    if (rc != HK_OK) {
        hk_results_discard(results);
        return rc;
    }
    return hk_results_close(results);
}

static int run_toy(hk_run *run)
{
    double value = hk_run_number(run, "value");
    hk_run_progress(run, "playing", 0.5, 12.5);
    if (hk_run_flag(run, "fail"))
        return hk_fail(hk_run_ctx(run), HK_ERANGE, "toy: value = %g is not to its liking", value);
    if (hk_run_flag(run, "wait")) { /* until a signal comes, and a minute at most */
        FILE *ready = fopen(hk_run_text(run, "ready"), "w");
        if (ready != NULL)
            fclose(ready);
        for (int k = 0; k < 6000 && !hk_run_stopping(run); k++)
            nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
        FILE *saved = hk_run_checkpoint(run) == NULL ? NULL : fopen(hk_run_checkpoint(run), "w");
        if (saved != NULL)
            fclose(saved);
    }
    if (hk_run_flag(run, "record")) {
        int rc = record(run);
        if (rc != HK_OK)
            return rc;
    }
    hk_run_events(run, 100 + hk_run_seed(run), 5000);
    hk_run_report(run, "toy says %g", value);
    if (hk_run_flag(run, "warn"))
        hk_run_warn(run, "toy is %s", "unwell");
    hk_summary *summary = hk_run_summary(run);
    hk_summary_number(summary, "doubled", 2.0 * value);
    hk_summary_number(summary, "by_seed", (double)hk_run_seed(run) + 0.25);
    hk_summary_hash(summary, "spike_hash", hk_run_seed(run) * 0x9e3779b97f4a7c15u);
    hk_summary_number(hk_summary_object(summary, "rates_hz"), "all", (double)NAN);
    return HK_OK;
}

static const hk_option options[] = {
    { .name = "value",
      .type = HK_OPTION_NUMBER,
      .unit = "mV",
      .initial = 1.25,
      .min = -10,
      .max = 10,
      .meaning = "what it doubles" },
    { .name = "fail", .type = HK_OPTION_FLAG, .meaning = "whether it fails" },
    { .name = "wait", .type = HK_OPTION_FLAG, .meaning = "whether it waits for a signal" },
    { .name = "ready", .type = HK_OPTION_TEXT, .text = "", .meaning = "file made when it waits" },
    { .name = "warn", .type = HK_OPTION_FLAG, .meaning = "whether it warns" },
    { .name = "record", .type = HK_OPTION_FLAG, .meaning = "whether it writes results" },
    { .name = "limit",
      .type = HK_OPTION_NUMBER,
      .min = 0,
      .max = 1,
      .automatic = "half of value",
      .meaning = "nothing" },
};
static const hk_summary_key keys[] = { { "doubled", "mV", "twice the value" } };
static const hk_experiment toy = { .name = "toy",
                                   .summary = "doubles a number",
                                   .source = "nobody (2026)",
                                   .example = "toy --set value=3",
                                   .options = options,
                                   .n_options = N_OF(options),
                                   .keys = keys,
                                   .n_keys = N_OF(keys),
                                   .resumable = true,
                                   .run = run_toy };
static const hk_experiment *const toys[] = { &toy };

static int as_hillock(int argc, char **argv)
{
    hk_catalogue catalogue = { .experiments = toys, .n = N_OF(toys) };
    return hk_main(&catalogue, argc, argv);
}

/* ---- running a program ------------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/hillock-test-program-XXXXXX";
static char self[1024];

typedef struct outcome {
    int code; /* exit code; 1000 + signal */
    char *out, *err;
} outcome;

static char *slurp(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return NULL;
    char *text = calloc(1, 1 << 20);
    size_t got = fread(text, 1, (1 << 20) - 1, file);
    text[got] = '\0';
    fclose(file);
    remove(name);
    return text;
}

/* Starts a program with the words of `line`; its streams go to files "out" and "err" in the folder. */
static pid_t start(const char *program, const char *line)
{
    static char words[1024];
    char *arguments[32] = { (char *)program };
    int n = 1;
    if (strcmp(program, self) == 0)
        arguments[n++] = "--as-hillock";
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        arguments[n++] = word;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, "err", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid = 0;
    int rc = posix_spawn(&pid, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(rc, 0);
    return pid;
}

static outcome finish(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    outcome o = { .code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status) };
    o.out = slurp("out");
    o.err = slurp("err");
    return o;
}

static outcome run(const char *line)
{
    return finish(start(self, line));
}

static void outcome_fini(outcome *o)
{
    free(o->out);
    free(o->err);
}

static void assert_contains(const char *text, const char *part)
{
    if (text != NULL && strstr(text, part) != NULL)
        return;
    print_error("'%s'\nis without '%s'\n", text == NULL ? "(nothing)" : text, part);
    fail();
}

/* Runs a line and checks exit code and parts of the two streams (NULL: the stream must be empty). */
static void check(const char *line, int code, const char *out, const char *err)
{
    outcome o = run(line);
    if (o.code != code)
        print_error("hillock %s: exit code %d, expected %d\n%s%s\n", line, o.code, code, o.out, o.err);
    assert_int_equal(o.code, code);
    if (out == NULL)
        assert_string_equal(o.out, "");
    else
        assert_contains(o.out, out);
    if (err == NULL)
        assert_string_equal(o.err, "");
    else
        assert_contains(o.err, err);
    outcome_fini(&o);
}

static int enter(void **state)
{
    (void)state;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    return n <= 0 || mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave(void **state)
{
    (void)state;
    rmdir("results");
    return chdir("/") != 0 || rmdir(folder) != 0; /* whatever is left over makes this fail */
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

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

static void a_file_is_run_and_its_errors_end_with_2(void **state)
{
    (void)state;
    FILE *file = fopen("toy.yaml", "w");
    assert_non_null(file);
    fputs("experiment: toy\nout: none\nset:\n  value: 3.5\n", file);
    fclose(file);
    check("run toy.yaml", 0, "toy says 3.5\n", NULL);
    check("run toy.yaml --set value=4", 0, "toy says 4\n", NULL);
    file = fopen("toy.yaml", "a");
    assert_non_null(file);
    fputs("  vlaue: 3\n", file);
    fclose(file);
    check("run toy.yaml", 2, NULL, "toy.yaml:5:10: toy has no parameter 'vlaue'; did you mean 'value'?");
    remove("toy.yaml");
}

static void files_that_are_not_ours_are_refused(void **state)
{
    (void)state;
    check("info nowhere.h5", 1, NULL, "nowhere.h5");
    check("plot nowhere.h5", 1, NULL, "nowhere.h5");
    FILE *file = fopen("text.h5", "w");
    assert_non_null(file);
    fputs("no HDF5\n", file);
    fclose(file);
    check("info text.h5", 1, NULL, "text.h5");
    remove("text.h5");
    check("info", 2, NULL, "hillock info --help");
    check("plot x.h5 --format gif", 2, NULL, "svg, png or pdf");
    check("plot x.h5 --what everything", 2, NULL, "raster");
    check("plot x.h5 --share 1.01", 2, NULL, "--share = '1.01', must be a number above 0, at most 1");
    check("plot x.h5 --share 0", 2, NULL, "--share = '0'");
}

static void results_say_who_made_them_and_what_they_hold(void **state)
{
    (void)state;
    check("run toy --set record=1 --seed 11 --out results/toy.h5 --quiet", 0, NULL, NULL);
    check("info results/toy.h5", 0, "hillock run toy --set record=1 --seed 11 --out results/toy.h5 --quiet", NULL);
    check("info results/toy.h5", 0, "    value=1.25\n", NULL);
    check("info results/toy.h5", 0, hk_version(), NULL);
    check("info results/toy.h5", 0, "4 spikes, 1.25 to 7.75 ms", NULL);
    check("info results/toy.h5", 0, "[2][2][2] mV", NULL);
    check("info results/toy.h5", 0,
          "  hidden->hidden          2385         4.0   0.0078 pA, 0.013 % of a typical one\n", NULL);
    check("info results/toy.h5", 0, "  hidden->out               17        12.2   0\n", NULL);
    remove("results/toy.h5");
}

static void plot_draws_all_that_a_file_holds(void **state)
{
    static const char *const names[] = { "raster",   "rates",        "examples",  "fields",      "confusion",
                                         "accuracy", "neuron-rates", "neuron-cv", "correlations" };
    (void)state;
    if (!hk_gnuplot_exists())
        skip();
    check("run toy --set record=1 --out results/toy.h5 --quiet", 0, NULL, NULL);
    check("plot results/toy.h5 --out pictures/new --format png", 0, "pictures/new/toy-accuracy.png\n", NULL);
    for (size_t k = 0; k < N_OF(names); k++) {
        char name[64];
        snprintf(name, sizeof name, "pictures/new/toy-%s.png", names[k]);
        assert_int_equal(remove(name), 0);
    }
    rmdir("pictures/new");
    rmdir("pictures");
    check("plot results/toy.h5 --what raster --from 2 --to 3", 0, "results/toy-raster.svg\n", NULL);
    remove("results/toy-raster.svg");
    check("plot results/toy.h5 --what rates --from 20 --to 30", 1, NULL, "no spikes");
    check("plot results/toy.h5 --from 3 --to 2", 2, NULL, "must be an interval");
    remove("results/toy.h5");
}

static void an_array_is_exported_for_numpy(void **state)
{
    (void)state;
    hk_ctx *ctx = hk_ctx_create();
    hk_npy npy;
    check("run toy --set record=1 --out results/toy.h5 --quiet", 0, NULL, NULL);
    check("export results/toy.h5 receptive_fields --out arrays/new/fields.npy", 0, "arrays/new/fields.npy\n", NULL);
    assert_int_equal(hk_npy_read(ctx, "arrays/new/fields.npy", &npy), HK_OK);
    assert_int_equal(npy.n_dims, 3);
    assert_int_equal(npy.n, 8);
    hk_npy_free(&npy);
    remove("arrays/new/fields.npy");
    rmdir("arrays/new");
    rmdir("arrays");
    check("export results/toy.h5 spikes/hidden", 0, "results/toy-spikes-hidden.npy\n", NULL);
    assert_int_equal(hk_npy_read(ctx, "results/toy-spikes-hidden.npy", &npy), HK_OK);
    assert_int_equal(npy.type, HK_F64);
    assert_int_equal(npy.shape[0], 4);
    assert_int_equal(npy.shape[1], 2);
    const double *rows = npy.values;
    assert_true(rows[0] == 1.25 && rows[6] == 7.75);
    for (size_t k = 0; k < 4; k++)
        assert_true(rows[2 * k + 1] == (double)(uint64_t)rows[2 * k + 1]);
    hk_npy_free(&npy);
    remove("results/toy-spikes-hidden.npy");
    check("export results/toy.h5 receptive_field", 1, NULL, "did you mean 'receptive_fields'?");
    check("export results/toy.h5 spikes/nobody", 1, NULL, "hidden");
    check("export results/toy.h5", 2, NULL, "export what?");
    check("export results/toy.h5 a b", 2, NULL, "'b' is one argument too many");
    check("export nowhere.h5 a", 1, NULL, "nowhere.h5");
    remove("results/toy.h5");
    hk_ctx_destroy(ctx);
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
        cmocka_unit_test(a_file_is_run_and_its_errors_end_with_2),
        cmocka_unit_test(files_that_are_not_ours_are_refused),
        cmocka_unit_test(results_say_who_made_them_and_what_they_hold),
        cmocka_unit_test(plot_draws_all_that_a_file_holds),
        cmocka_unit_test(an_array_is_exported_for_numpy),
        cmocka_unit_test(a_full_standard_output_is_a_failure),
        cmocka_unit_test(the_program_as_built_lists_its_catalogue),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
