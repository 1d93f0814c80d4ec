/* experiments/bench.c - the benchmark set: a new benchmark is one function and one line here. */
#include "experiments/bench.h"

#include "experiments/bench_delivery.h"
#include "experiments/bench_queue.h"
#include "experiments/commands.h"
#include "experiments/flags.h"
#include "experiments/options.h"
#include "experiments/suggest.h"
#include "sim/version.h"

#include <string.h>
#include <unistd.h>

typedef struct benchmark {
    const char *name, *summary;
    int (*run)(hk_ctx *ctx, double seconds);
} benchmark;

static int run_queue(hk_ctx *ctx, double seconds)
{
    hk_bench_queue_row rows[HK_BENCH_QUEUE_MAX_ROWS];
    size_t n;
    int rc = hk_bench_queue(ctx, seconds, rows, &n);
    if (rc == HK_OK && hk_bench_queue_print(stdout, rows, n) < 0)
        rc = hk_fail(ctx, HK_EIO, "cannot write to standard output");
    return rc;
}

static int run_delivery(hk_ctx *ctx, double seconds)
{
    hk_bench_delivery rows[HK_BENCH_DELIVERIES];
    int rc = hk_bench_delivery_run(ctx, seconds, rows);
    if (rc != HK_OK)
        return rc;
    printf("%-34s %18s %14s %10s %16s %14s\n", "projection", "synaptic events", "spikes", "CPU s", "M events/s",
           "ns an event");
    for (size_t k = 0; k < HK_BENCH_DELIVERIES; k++) {
        double events = (double)rows[k].synaptic_events;
        printf("%-34s %18.0f %14.0f %10.3f %16.1f %14.3f\n", rows[k].name, events, (double)rows[k].spikes,
               rows[k].cpu_s, 1e-6 * events / rows[k].cpu_s, 1e9 * rows[k].cpu_s / events);
    }
    return HK_OK;
}

static const benchmark benchmarks[] = {
    { "queue", "the queue of spike times against a 4-ary heap: hold operations per second", run_queue },
    { "delivery", "synaptic events per second through sparse and dense projections, one thread", run_delivery },
};
enum { N_BENCHMARKS = sizeof benchmarks / sizeof benchmarks[0] };

enum { SECONDS, HELP, N_FLAGS };
static const hk_flag flags[N_FLAGS] = {
    [SECONDS] = { "seconds", "S", "time for each figure (default 0.3)", 0 },
    [HELP] = { "help", NULL, "this text", 'h' },
};

void hk_bench_help(FILE *stream)
{
    fputs("usage: hillock bench [NAME...] [--seconds S]\n\n"
          "Measures how fast this machine runs the core. Close other programs first; figures are of one thread.\n\n",
          stream);
    for (size_t k = 0; k < N_BENCHMARKS; k++)
        hk_print_entry(stream, benchmarks[k].name, 28, benchmarks[k].summary);
    fputc('\n', stream);
    hk_flags_help(flags, N_FLAGS, stream);
    fputs("\nexamples:\n  hillock bench\n  hillock bench queue --seconds 2\n", stream);
}

typedef struct job {
    hk_ctx *ctx;
    double seconds;
    bool wanted[N_BENCHMARKS], is_chosen;
} job;

static int take(void *user, long index, const char *value)
{
    job *j = user;
    if (index == SECONDS) {
        if (!hk_parse_number(value, &j->seconds) || !(j->seconds > 0.0) || j->seconds > 3600.0)
            return hk_fail(j->ctx, HK_ERANGE, "--seconds = '%.100s', must be above 0, at most 3600", value);
        return HK_OK;
    }
    if (index >= 0)
        return HK_OK;
    hk_suggest near = { .wrong = value };
    for (size_t k = 0; k < N_BENCHMARKS; k++) {
        hk_suggest_offer(&near, benchmarks[k].name);
        if (strcmp(benchmarks[k].name, value) == 0) {
            j->wanted[k] = j->is_chosen = true;
            return HK_OK;
        }
    }
    if (hk_suggestion(&near) != NULL)
        return hk_fail(j->ctx, HK_ENAME, "no benchmark '%.100s'; did you mean '%s'?", value, hk_suggestion(&near));
    return hk_fail(j->ctx, HK_ENAME, "no benchmark '%.100s'", value);
}

/* A figure without its machine says nothing. */
static void print_machine(void)
{
    char line[256], model[160] = "unknown CPU";
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            snprintf(model, sizeof model, "%.150s", colon + 2);
            model[strcspn(model, "\n")] = '\0';
            break;
        }
    }
    if (file != NULL)
        fclose(file);
    printf("hillock %s on %s, %ld CPUs\n", hk_version(), model, sysconf(_SC_NPROCESSORS_ONLN));
}

int hk_bench_main(int argc, char **argv)
{
    hk_ctx *ctx = hk_ctx_create();
    job j = { .ctx = ctx, .seconds = 0.3 };
    int code = HK_EXIT_DONE;
    int rc = hk_flags_read(ctx, flags, N_FLAGS, argc - 1, argv + 1, take, &j);
    if (rc != HK_OK) {
        code = hk_complain_usage(ctx, rc, "bench");
    } else {
        print_machine();
        for (size_t k = 0; k < N_BENCHMARKS && rc == HK_OK; k++) {
            if (j.is_chosen && !j.wanted[k])
                continue;
            printf("\n%s: %s\n", benchmarks[k].name, benchmarks[k].summary);
            fflush(stdout);
            rc = benchmarks[k].run(ctx, j.seconds);
        }
        if (rc != HK_OK)
            code = hk_complain(ctx, rc, "bench");
    }
    hk_ctx_destroy(ctx);
    return code;
}
