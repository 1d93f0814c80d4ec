/* experiments/bench.c - the benchmark set on the command line: as lines, JSON and a Markdown table. */
#include "experiments/bench.h"

#include "experiments/bench_page.h"
#include "experiments/bench_set.h"
#include "experiments/commands.h"
#include "experiments/flags.h"
#include "experiments/paths.h"
#include "experiments/suggest.h"
#include "experiments/summary_tree.h"
#include "sim/version.h"

#include <string.h>

enum { JSON, MARKDOWN, QUICK };

static const hk_flag flags[] = {
    [JSON] = { "json", "FILE", "write the figures as one JSON object; '-': to standard output, and nothing else on it",
               0 },
    [MARKDOWN] = { "markdown", "FILE", "write the figures as a page with a table", 0 },
    [QUICK] = { "quick", NULL, "a little of everything, in seconds: shows that it runs, not how fast", 0 },
};
enum { N_FLAGS = sizeof flags / sizeof flags[0], MOST_PARTS = 16 };

typedef struct wish {
    hk_ctx *ctx;
    const char *json, *markdown;
    bool quick;
    bool wanted[MOST_PARTS], any;
    char command[400]; /* as it was typed */
} wish;

void hk_bench_help(FILE *stream)
{
    size_t n;
    const hk_bench_part *parts = hk_bench_parts(&n);
    fputs(
        "usage: hillock bench [PART ...] [options]\n\n"
        "Measures with warm-up and repeats, and prints medians beside their targets; networks on one and two threads, "
        "the rest on\none. Without PART, all of:\n\n",
        stream);
    for (size_t k = 0; k < n; k++)
        hk_print_entry(stream, parts[k].name, 14, parts[k].summary);
    fputc('\n', stream);
    hk_flags_help(flags, N_FLAGS, stream);
    fputs("\nexamples:\n"
          "  hillock bench --quick\n"
          "  hillock bench queue delivery --json -\n"
          "  hillock bench microcircuit brunel\n"
          "  hillock bench --markdown results/bench.md\n",
          stream);
}

static int take(void *user, long index, const char *value)
{
    wish *w = user;
    size_t n;
    const hk_bench_part *parts = hk_bench_parts(&n);
    if (index == JSON)
        w->json = value;
    else if (index == MARKDOWN)
        w->markdown = value;
    else if (index == QUICK)
        w->quick = true;
    if (index >= 0)
        return HK_OK;
    hk_suggest near = { .wrong = value };
    for (size_t k = 0; k < n; k++) {
        hk_suggest_offer(&near, parts[k].name);
        if (strcmp(parts[k].name, value) == 0) {
            w->wanted[k] = w->any = true;
            return HK_OK;
        }
    }
    if (hk_suggestion(&near) != NULL)
        return hk_fail(w->ctx, HK_ENAME, "no part '%.100s'; did you mean '%s'?", value, hk_suggestion(&near));
    return hk_fail(w->ctx, HK_ENAME, "no part '%.100s'", value);
}

static int write_json(const hk_bench *bench, const hk_machine *machine, const wish *w)
{
    hk_summary *summary = hk_summary_create();
    hk_summary_text(summary, "version", hk_version());
    hk_summary_flag(summary, "quick", w->quick);
    hk_machine_summarise(machine, hk_summary_object(summary, "machine"));
    hk_figures_summarise(&bench->figures, hk_summary_list(summary, "figures"));
    hk_bench_table_summarise(&bench->networks, hk_summary_list(summary, "networks"));
    int rc = hk_summary_check(bench->ctx, summary);
    if (rc == HK_OK && strcmp(w->json, "-") == 0)
        hk_summary_print(summary, stdout);
    else if (rc == HK_OK)
        rc = hk_make_parents(bench->ctx, w->json);
    if (rc == HK_OK && strcmp(w->json, "-") != 0)
        rc = hk_summary_write(bench->ctx, summary, w->json);
    hk_summary_destroy(summary);
    return rc;
}

static int measure(hk_bench *bench, const wish *w)
{
    size_t n;
    const hk_bench_part *parts = hk_bench_parts(&n);
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < n; k++) {
        if (w->any && !w->wanted[k])
            continue;
        size_t first = bench->figures.n;
        rc = parts[k].run(bench, parts[k].name);
        hk_figures_print(&bench->figures, first, bench->lines);
    }
    return rc;
}

static int bench_all(const wish *w)
{
    hk_catalogue catalogue = hk_experiments();
    FILE *lines = w->json != NULL && strcmp(w->json, "-") == 0 ? stderr : stdout;
    hk_bench bench = { .ctx = w->ctx,
                       .catalogue = &catalogue,
                       .lines = lines,
                       .quick = w->quick,
                       .console = hk_console_create(NULL, NULL) };
    hk_machine machine = hk_machine_look();
    int rc = HK_OK;
    if (bench.console == NULL)
        rc = hk_fail(w->ctx, HK_ENOMEM, "no memory for the console");
    fprintf(lines, "hillock %s on ", hk_version());
    hk_machine_print(&machine, lines);
    if (rc == HK_OK)
        rc = measure(&bench, w);
    if (rc == HK_OK && w->json != NULL)
        rc = write_json(&bench, &machine, w);
    if (rc == HK_OK && w->markdown != NULL)
        rc = hk_bench_page_write(
            w->ctx,
            &(hk_bench_page){
                .figures = &bench.figures, .networks = &bench.networks, .machine = &machine, .command = w->command },
            w->markdown);
    hk_bench_table_fini(&bench.networks);
    hk_figures_fini(&bench.figures);
    hk_console_destroy(bench.console);
    return rc;
}

int hk_bench_main(int argc, char **argv)
{
    hk_ctx *ctx = hk_ctx_create();
    wish w = { .ctx = ctx };
    for (int k = 0; k < argc; k++) {
        size_t used = strlen(w.command);
        snprintf(w.command + used, sizeof w.command - used, "%s%s", k == 0 ? "" : " ", argv[k]);
    }
    int code = HK_EXIT_DONE, rc = hk_flags_read(ctx, flags, N_FLAGS, argc - 1, argv + 1, take, &w);
    if (rc != HK_OK)
        code = hk_complain_usage(ctx, rc, "bench");
    else if ((rc = bench_all(&w)) != HK_OK)
        code = hk_complain(ctx, rc, "bench");
    hk_ctx_destroy(ctx);
    return code;
}
