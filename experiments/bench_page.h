/* experiments/bench_page.h - the page of a whole benchmark: machine, version, and both tables. */
#ifndef HK_BENCH_PAGE_H
#define HK_BENCH_PAGE_H

#include "experiments/bench_table.h"

typedef struct hk_bench_page {
    const hk_figures *figures;
    const hk_bench_table *networks;
    const hk_machine *machine;
    const char *command; /* as it was typed */
} hk_bench_page;

/** In Markdown; replaces the file when all is written, and makes the folders above it. HK_EIO. */
HK_MUST_CHECK int hk_bench_page_write(hk_ctx *ctx, const hk_bench_page *page, const char *path);

#endif
