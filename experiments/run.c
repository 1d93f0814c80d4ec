/* experiments/run.c - one trial: see run.h and experiment.h. */
#include "experiments/run.h"

#include "experiments/clock.h"
#include "experiments/paths.h"
#include "experiments/summary_tree.h"
#include "sim/version.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct hk_run {
    hk_ctx *ctx;
    const hk_request *request; /* borrowed */
    hk_console *console;       /* borrowed */
    uint64_t seed;
    char *out, *checkpoint, *config; /* owned; out and checkpoint may be NULL */
    hk_summary *summary;
    hk_progress progress;
    atomic_bool stopping;
    pthread_mutex_t watch_lock;
    hk_sim *watched; /* under watch_lock */
    int status;
    time_t began; /* wall-clock, to compare with a file's */
    double begin_s, begin_cpu_s, wall_s, cpu_s, last_checkpoint_s;
    uint64_t spikes, synaptic_events;
};

/* "results/mnist.h5" has its checkpoint in "results/mnist.checkpoint.h5". */
static char *checkpoint_beside(const char *out)
{
    size_t size = strlen(out) + sizeof ".checkpoint.h5";
    char *path = malloc(size);
    if (path == NULL)
        return NULL;
    const char *slash = strrchr(out, '/'), *dot = strrchr(out, '.');
    size_t stem = dot == NULL || (slash != NULL && dot < slash) || dot == out ? strlen(out) : (size_t)(dot - out);
    snprintf(path, size, "%.*s.checkpoint%s", (int)stem, out, out[stem] == '\0' ? ".h5" : out + stem);
    return path;
}

static int choose_paths(hk_ctx *ctx, hk_run *run)
{
    const hk_request *request = run->request;
    char standard[160];
    snprintf(standard, sizeof standard, "results/%.128s.h5", request->experiment->name);
    if (!request->out_is_none) {
        run->out = hk_request_path(request, request->out == NULL ? standard : request->out, run->seed);
        if (run->out == NULL)
            return hk_fail(ctx, HK_ENOMEM, "no memory for a path");
    }
    bool wants = request->experiment->resumable && !request->checkpoint_is_none;
    if (wants && request->checkpoint != NULL)
        run->checkpoint = hk_request_path(request, request->checkpoint, run->seed);
    else if (wants && request->resume != NULL)
        run->checkpoint = strdup(request->resume);
    else if (wants && run->out != NULL)
        run->checkpoint = checkpoint_beside(run->out);
    else
        wants = false;
    if (wants && run->checkpoint == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for a path");
    int rc = run->out == NULL ? HK_OK : hk_make_parents(ctx, run->out);
    return rc != HK_OK || run->checkpoint == NULL ? rc : hk_make_parents(ctx, run->checkpoint);
}

int hk_run_create(hk_ctx *ctx, const hk_request *request, uint64_t seed, hk_console *console, hk_run **out)
{
    *out = NULL;
    hk_run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for a trial");
    pthread_mutex_init(&run->watch_lock, NULL);
    atomic_init(&run->stopping, false);
    run->request = request;
    run->console = console;
    run->seed = seed;
    run->ctx = hk_ctx_create();
    run->summary = hk_summary_create();
    run->config = hk_values_config(&request->values);
    int rc;
    if (run->ctx == NULL || run->summary == NULL || run->config == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "no memory for a trial");
    else
        rc = choose_paths(ctx, run);
    if (rc != HK_OK) {
        hk_run_destroy(run);
        return rc;
    }
    *out = run;
    return HK_OK;
}

void hk_run_destroy(hk_run *run)
{
    if (run == NULL)
        return;
    hk_summary_destroy(run->summary);
    hk_ctx_destroy(run->ctx);
    pthread_mutex_destroy(&run->watch_lock);
    free(run->config);
    free(run->checkpoint);
    free(run->out);
    free(run);
}

/* Beside other trials only the time of the trial's own thread is known to be its. */
static double cpu_s(const hk_run *run)
{
    bool is_alone = run->request->jobs == 1 || run->request->n_seeds == 1;
    return is_alone ? hk_clock_process_cpu_s() : hk_clock_thread_cpu_s();
}

void hk_run_execute(hk_run *run)
{
    run->began = time(NULL);
    run->begin_s = run->last_checkpoint_s = hk_clock_wall_s();
    run->begin_cpu_s = cpu_s(run);
    run->status = run->request->experiment->run(run);
    hk_run_watch(run, NULL);
    run->cpu_s = cpu_s(run) - run->begin_cpu_s;
    run->wall_s = hk_clock_wall_s() - run->begin_s;
    if (run->status == HK_OK)
        run->status = hk_summary_check(run->ctx, run->summary);
}

void hk_run_stop(hk_run *run)
{
    atomic_store(&run->stopping, true);
    pthread_mutex_lock(&run->watch_lock);
    if (run->watched != NULL)
        hk_sim_stop(run->watched);
    pthread_mutex_unlock(&run->watch_lock);
}

void hk_run_watch(hk_run *run, hk_sim *sim)
{
    pthread_mutex_lock(&run->watch_lock);
    run->watched = sim;
    pthread_mutex_unlock(&run->watch_lock);
    if (sim != NULL && atomic_load(&run->stopping)) /* the signal came while there was nothing to stop */
        hk_sim_stop(sim);
}

bool hk_run_stopping(const hk_run *run)
{
    return atomic_load(&run->stopping);
}

int hk_run_status(const hk_run *run)
{
    return run->status;
}

const char *hk_run_message(const hk_run *run)
{
    const char *message = hk_ctx_message(run->ctx);
    return *message == '\0' ? hk_status_text(run->status) : message;
}

const hk_progress *hk_run_progress_of(const hk_run *run)
{
    return &run->progress;
}

/* Was the file written since the trial began? One of an earlier run may stand there. */
static bool has_written(const hk_run *run, const char *path)
{
    struct stat status;
    return path != NULL && stat(path, &status) == 0 && status.st_mtime >= run->began;
}

bool hk_run_has_saved(const hk_run *run)
{
    return has_written(run, run->checkpoint);
}

/* ---- what the experiment asks ------------------------------------------------------------------------------------ */

hk_ctx *hk_run_ctx(const hk_run *run)
{
    return run->ctx;
}

const hk_experiment *hk_run_experiment(const hk_run *run)
{
    return run->request->experiment;
}

static const hk_value *value_of(const hk_run *run, const char *name, hk_option_type type, hk_option_type other)
{
    long index = hk_option_find(run->request->experiment, name);
    assert(index >= 0 && "an experiment asks only for what stands in its table");
    const hk_option *option = &run->request->experiment->options[index];
    assert(option->type == type || option->type == other);
    (void)option, (void)type, (void)other;
    return &run->request->values.values[index];
}

double hk_run_number(const hk_run *run, const char *name)
{
    double value = value_of(run, name, HK_OPTION_NUMBER, HK_OPTION_NUMBER)->number;
    assert(!isnan(value) && "not given: the experiment chooses");
    return value;
}

int64_t hk_run_integer(const hk_run *run, const char *name)
{
    double value = value_of(run, name, HK_OPTION_INTEGER, HK_OPTION_INTEGER)->number;
    assert(!isnan(value) && "not given: the experiment chooses");
    return (int64_t)value;
}

bool hk_run_flag(const hk_run *run, const char *name)
{
    return value_of(run, name, HK_OPTION_FLAG, HK_OPTION_FLAG)->number != 0.0;
}

size_t hk_run_choice(const hk_run *run, const char *name)
{
    return (size_t)value_of(run, name, HK_OPTION_CHOICE, HK_OPTION_CHOICE)->number;
}

const char *hk_run_text(const hk_run *run, const char *name)
{
    const hk_value *value = value_of(run, name, HK_OPTION_TEXT, HK_OPTION_CHOICE);
    const hk_option *option = &run->request->experiment->options[hk_option_find(run->request->experiment, name)];
    return option->type == HK_OPTION_TEXT ? value->text : option->choices[(size_t)value->number];
}

bool hk_run_is_given(const hk_run *run, const char *name)
{
    long index = hk_option_find(run->request->experiment, name);
    assert(index >= 0 && "an experiment asks only for what stands in its table");
    return run->request->values.values[index].given;
}

uint64_t hk_run_seed(const hk_run *run)
{
    return run->seed;
}

unsigned hk_run_jobs(const hk_run *run)
{
    return run->request->n_seeds == 1 ? run->request->jobs : 1;
}

unsigned hk_run_threads(const hk_run *run)
{
    return run->request->threads;
}

const char *hk_run_argument(const hk_run *run)
{
    return run->request->argument;
}

const char *hk_run_out(const hk_run *run)
{
    return run->out;
}

const char *hk_run_resume(const hk_run *run)
{
    return run->request->resume;
}

const char *hk_run_checkpoint(const hk_run *run)
{
    return run->checkpoint;
}

bool hk_run_checkpoint_due(hk_run *run)
{
    if (run->checkpoint == NULL || (run->request->checkpoint == NULL && run->request->resume == NULL))
        return false;
    double now = hk_clock_wall_s();
    if (now - run->last_checkpoint_s < run->request->checkpoint_every_s)
        return false;
    run->last_checkpoint_s = now;
    return true;
}

const char *hk_run_config(const hk_run *run)
{
    return run->config;
}

int hk_run_sign(const hk_run *run, hk_recorder *recorder)
{
    char seed[24];
    snprintf(seed, sizeof seed, "%" PRIu64, run->seed);
    const char *const pairs[][2] = {
        { "hillock_version", hk_version() },
        { "experiment", run->request->experiment->name },
        { "command", run->request->command },
        { "seed", seed },
        { "config", run->config },
    };
    int rc = HK_OK;
    for (size_t k = 0; k < sizeof pairs / sizeof pairs[0] && rc == HK_OK; k++)
        rc = hk_recorder_set_attribute(recorder, pairs[k][0], pairs[k][1]);
    return rc;
}

void hk_run_progress(hk_run *run, const char *what, double fraction, double biological_ms)
{
    hk_console_update(run->console, &run->progress, what, fraction, biological_ms);
}

void hk_run_events(hk_run *run, uint64_t spikes, uint64_t synaptic_events)
{
    run->spikes = spikes;
    run->synaptic_events = synaptic_events;
    hk_console_events(run->console, &run->progress, spikes + synaptic_events);
}

/* In a series lines of several trials stand side by side, so each says whose it is. */
static void name_trial(const hk_run *run, char *out, size_t size)
{
    out[0] = '\0';
    if (run->request->is_series)
        snprintf(out, size, "seed %" PRIu64 ": ", run->seed);
}

void hk_run_report(hk_run *run, const char *format, ...)
{
    char who[32];
    va_list args;
    name_trial(run, who, sizeof who);
    va_start(args, format);
    hk_console_report(run->console, who, format, args);
    va_end(args);
}

void hk_run_warn(hk_run *run, const char *format, ...)
{
    char who[32];
    va_list args;
    name_trial(run, who, sizeof who);
    va_start(args, format);
    hk_console_warn(run->console, who, format, args);
    va_end(args);
}

hk_summary *hk_run_summary(hk_run *run)
{
    return run->summary;
}

/* ---- the summary ------------------------------------------------------------------------------------------------- */

void hk_run_fill(const hk_run *run, hk_summary *summary)
{
    hk_summary_number(summary, "wall_s", run->wall_s);
    hk_summary_number(summary, "cpu_s", run->cpu_s);
    hk_summary_number(summary, "peak_rss_mb", hk_peak_rss_mb());
    hk_summary_count(summary, "energy_proxy_events", run->spikes + run->synaptic_events);
    hk_summary_flag(summary, "interrupted", hk_run_stopping(run));
    hk_summary_text(summary, "out", has_written(run, run->out) ? run->out : NULL);
    hk_summary_copy(summary, run->summary);
}

void hk_request_fill(const hk_request *request, hk_summary *parameters)
{
    for (size_t k = 0; k < request->experiment->n_options; k++) {
        const hk_option *option = &request->experiment->options[k];
        const hk_value *value = &request->values.values[k];
        if (option->type == HK_OPTION_TEXT)
            hk_summary_text(parameters, option->name, value->text);
        else if (option->type == HK_OPTION_CHOICE)
            hk_summary_text(parameters, option->name, option->choices[(size_t)value->number]);
        else if (option->type == HK_OPTION_FLAG)
            hk_summary_flag(parameters, option->name, value->number != 0.0);
        else if (isnan(value->number)) /* left to the experiment, which says in its own keys what it chose */
            hk_summary_text(parameters, option->name, "auto");
        else
            hk_summary_number(parameters, option->name, value->number);
    }
}
