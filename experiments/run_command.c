/* experiments/run_command.c - `hillock run`: from the request through the trials to summary and exit code. */
#include "experiments/clock.h"
#include "experiments/commands.h"
#include "experiments/paths.h"
#include "experiments/summary_tree.h"
#include "experiments/trials.h"
#include "sim/version.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct totals {
    double wall_s, cpu_s;
} totals;

static void help(FILE *stream)
{
    size_t n;
    const hk_flag *flags = hk_run_flags(&n);
    fputs("usage: hillock run EXPERIMENT [FILE] [options]\n"
          "       hillock run FILE.yaml [options]\n\n"
          "Runs an experiment ('hillock list' names them, 'hillock show NAME' its parameters).\n\n",
          stream);
    hk_flags_help(flags, n, stream);
    fputs(
        "\nexamples:\n"
        "  hillock run mnist --code latency --set neurons=1600 --seed 7 --out results/mnist.h5\n"
        "  hillock run mnist --seeds 1..5 --jobs 2 --json results/mnist.json\n"
        "  hillock run network net.json --json - --quiet | python3 -m json.tool\n"
        "  hillock run mnist --checkpoint long.h5 --checkpoint-every 600   (Ctrl-C saves and ends)\n"
        "  hillock run mnist --resume long.h5\n"
        "  hillock run my.yaml --seed 8                  (the command line has the last word)\n\n"
        "A YAML file has the same options as keys, with '_' for '-':\n"
        "  experiment: mnist\n"
        "  seed: 7\n"
        "  set: {neurons: 1600, code: latency}\n"
        "  json: results/mnist.json\n\n"
        "Paths are relative to the folder in which hillock is started. With --seeds each trial has its own results\n"
        "file: results/mnist-seed3.h5. Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted, everything saved.\n",
        stream);
}

static hk_summary *head(const hk_request *request, const totals *t)
{
    hk_summary *summary = hk_summary_create();
    hk_summary_text(summary, "experiment", request->experiment->name);
    hk_summary_text(summary, "version", hk_version());
    hk_summary_text(summary, "command", request->command);
    if (request->argument != NULL)
        hk_summary_text(summary, "file", request->argument);
    if (request->is_series) {
        hk_summary *seeds = hk_summary_list(summary, "seeds");
        for (size_t k = 0; k < request->n_seeds; k++)
            hk_summary_count(seeds, NULL, request->seeds[k]);
        hk_summary_count(summary, "jobs", request->jobs);
    } else {
        hk_summary_count(summary, "seed", request->seeds[0]);
    }
    hk_summary_count(summary, "threads", request->threads);
    hk_request_fill(request, hk_summary_object(summary, "parameters"));
    if (request->is_series) {
        hk_summary_number(summary, "wall_s", t->wall_s);
        hk_summary_number(summary, "cpu_s", t->cpu_s);
        hk_summary_number(summary, "peak_rss_mb", hk_peak_rss_mb());
    }
    return summary;
}

/* A series: every trial, then mean and deviation over those that ran to their end. */
static int add_series(hk_ctx *ctx, const hk_request *request, const hk_trials *trials, hk_summary *summary)
{
    hk_summary *list = hk_summary_list(summary, "trials");
    hk_summary **complete = calloc(request->n_seeds, sizeof(hk_summary *));
    size_t n = 0;
    if (complete == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for %zu summaries", request->n_seeds);
    for (size_t k = 0; k < trials->n; k++) {
        const hk_run *run = trials->runs[k];
        hk_summary *trial = hk_summary_object(list, NULL);
        hk_summary_count(trial, "seed", request->seeds[k]);
        if (run == NULL) {
            hk_summary_text(trial, "error", "not begun: interrupted");
        } else if (hk_run_status(run) != HK_OK) {
            hk_summary_text(trial, "error", hk_run_message(run));
        } else {
            hk_run_fill(run, trial);
            if (!hk_run_stopping(run)) {
                complete[n] = hk_summary_create();
                hk_run_fill(run, complete[n]);
                n++;
            }
        }
    }
    hk_summary_count(summary, "trials_complete", n);
    hk_summary *mean = hk_summary_object(summary, "mean"), *sd = hk_summary_object(summary, "sd");
    hk_summary_statistics(mean, sd, (const hk_summary *const *)complete, n);
    for (size_t k = 0; k < n; k++)
        hk_summary_destroy(complete[k]);
    free(complete);
    return HK_OK;
}

static int write_summary(hk_ctx *ctx, const hk_request *request, const hk_trials *trials, const totals *t)
{
    hk_summary *summary = head(request, t);
    int rc = HK_OK;
    if (request->is_series)
        rc = add_series(ctx, request, trials, summary);
    else
        hk_run_fill(trials->runs[0], summary);
    if (rc == HK_OK)
        rc = hk_summary_check(ctx, summary);
    if (rc == HK_OK && strcmp(request->json, "-") == 0)
        hk_summary_print(summary, stdout);
    else if (rc == HK_OK)
        rc = hk_summary_write(ctx, summary, request->json);
    hk_summary_destroy(summary);
    return rc;
}

/* One line a failed trial; the number of them. */
static size_t report_failures(const hk_request *request, const hk_trials *trials)
{
    size_t n_failed = 0;
    for (size_t k = 0; k < trials->n; k++) {
        const hk_run *run = trials->runs[k];
        if (run == NULL || hk_run_status(run) == HK_OK)
            continue;
        n_failed++;
        if (request->is_series)
            fprintf(stderr, "hillock: seed %" PRIu64 ": %s\n", request->seeds[k], hk_run_message(run));
        else
            fprintf(stderr, "hillock: %s\n", hk_run_message(run));
    }
    return n_failed;
}

static void report_saved(const hk_request *request, const hk_trials *trials)
{
    for (size_t k = 0; k < trials->n; k++) {
        const hk_run *run = trials->runs[k];
        if (run != NULL && hk_run_has_saved(run))
            fprintf(stderr,
                    "hillock: seed %" PRIu64 " goes on with --seed %" PRIu64
                    " --out %s --resume %s and the same parameters\n",
                    request->seeds[k], request->seeds[k], hk_run_out(run) == NULL ? "none" : hk_run_out(run),
                    hk_run_checkpoint(run));
    }
}

static int execute(hk_ctx *ctx, const hk_request *request)
{
    bool json_on_stdout = request->json != NULL && strcmp(request->json, "-") == 0;
    FILE *report = request->quiet ? NULL : json_on_stdout ? stderr : stdout;
    hk_trials trials = { 0 };
    totals t = { .wall_s = hk_clock_wall_s(), .cpu_s = hk_clock_process_cpu_s() };
    int code = HK_EXIT_DONE;
    if (request->json != NULL && !json_on_stdout) {
        int rc = hk_make_parents(ctx, request->json); /* before hours of work, not after them */
        if (rc != HK_OK)
            return hk_complain(ctx, rc, "run");
    }
    hk_console *console = hk_console_create(report, request->quiet ? NULL : stderr);
    int rc = console == NULL ? hk_fail(ctx, HK_ENOMEM, "no memory for the console")
                             : hk_trials_run(ctx, request, console, &trials);
    t.wall_s = hk_clock_wall_s() - t.wall_s;
    t.cpu_s = hk_clock_process_cpu_s() - t.cpu_s;
    if (rc != HK_OK)
        code = hk_complain(ctx, rc, "run");
    size_t n_failed = report_failures(request, &trials);
    bool has_result = rc == HK_OK && trials.n > 0 && (request->is_series || (trials.runs[0] != NULL && n_failed == 0));
    if (request->json != NULL && has_result) {
        rc = write_summary(ctx, request, &trials, &t);
        if (rc != HK_OK)
            code = hk_complain(ctx, rc, "run");
    }
    if (n_failed > 0)
        code = HK_EXIT_FAILED;
    if (code == HK_EXIT_DONE && trials.interrupted) {
        report_saved(request, &trials);
        code = HK_EXIT_INTERRUPTED;
    }
    hk_trials_fini(&trials);
    hk_console_destroy(console);
    return code;
}

static int run(const hk_catalogue *catalogue, int n, char *const *arguments)
{
    hk_ctx *ctx = hk_ctx_create();
    hk_request request = { 0 };
    int rc = hk_request_read(ctx, catalogue, n, arguments, &request);
    int code = rc != HK_OK ? hk_complain_usage(ctx, rc, "run") : execute(ctx, &request);
    hk_request_fini(&request);
    hk_ctx_destroy(ctx);
    return code;
}

const hk_command hk_command_run = {
    .name = "run", .arguments = "EXPERIMENT|FILE.yaml", .run = run, .help = help, .summary = "runs an experiment"
};
