/* experiments/bench_page.c - see bench_page.h. */
#include "experiments/bench_page.h"

#include "experiments/paths.h"
#include "sim/filemove.h"
#include "sim/version.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void print_page(const hk_bench_page *page, FILE *file)
{
    char date[32];
    time_t now = time(NULL);
    struct tm day;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &day));
    fprintf(file, "# Benchmarks\n\nMade by `%s`, Hillock %s, on %s.\n\n", page->command, hk_version(), date);
    hk_machine_print(page->machine, file);
    hk_bench_table_write_markdown(page->networks, file);
    hk_figures_write_markdown(page->figures, file);
}

int hk_bench_page_write(hk_ctx *ctx, const hk_bench_page *page, const char *path)
{
    int rc = hk_make_parents(ctx, path);
    if (rc != HK_OK)
        return rc;
    char *part;
    rc = hk_file_beside(ctx, path, &part);
    if (rc != HK_OK)
        return rc;
    FILE *file = fopen(part, "w");
    bool good = file != NULL;
    if (good) {
        print_page(page, file);
        good = ferror(file) == 0;
        good = fclose(file) == 0 && good;
    }
    rc = good ? hk_file_replace(ctx, part, path) : hk_fail(ctx, HK_EIO, "cannot write '%s': %s", part, strerror(errno));
    free(part);
    return rc;
}
