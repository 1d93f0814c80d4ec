/* tests/toy_program.h - the program with a toy experiment, run as a child process. */
#ifndef HK_TOY_PROGRAM_H
#define HK_TOY_PROGRAM_H

#include "tests/hk_test.h"

#include "experiments/commands.h"
#include "sim/results.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ---- toy experiments --------------------------------------------------------------------------------------------- */

/* A results file with something for each figure. */
static inline int record(hk_run *run)
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

static inline int run_toy(hk_run *run)
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

static inline int as_hillock(int argc, char **argv)
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

static inline char *slurp(const char *name)
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
static inline pid_t start(const char *program, const char *line)
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

static inline outcome finish(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    outcome o = { .code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status) };
    o.out = slurp("out");
    o.err = slurp("err");
    return o;
}

static inline outcome run(const char *line)
{
    return finish(start(self, line));
}

static inline void outcome_fini(outcome *o)
{
    free(o->out);
    free(o->err);
}

static inline void assert_contains(const char *text, const char *part)
{
    if (text != NULL && strstr(text, part) != NULL)
        return;
    print_error("'%s'\nis without '%s'\n", text == NULL ? "(nothing)" : text, part);
    fail();
}

/* Runs a line and checks exit code and parts of the two streams (NULL: the stream must be empty). */
static inline void check(const char *line, int code, const char *out, const char *err)
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

static inline int enter(void **state)
{
    (void)state;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    return n <= 0 || mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static inline int leave(void **state)
{
    (void)state;
    rmdir("results");
    return chdir("/") != 0 || rmdir(folder) != 0; /* whatever is left over makes this fail */
}

#endif
