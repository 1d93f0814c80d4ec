/* experiments/bench_figures.c - see bench_figures.h. */
#include "experiments/bench_figures.h"

#include "experiments/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int hk_figures_add(hk_ctx *ctx, hk_figures *figures, const hk_figure *figure)
{
    if (figures->n == figures->capacity) {
        size_t capacity = figures->capacity == 0 ? 32 : 2 * figures->capacity;
        hk_figure *grown = realloc(figures->figures, capacity * sizeof *grown);
        if (grown == NULL)
            return hk_fail(ctx, HK_ENOMEM, "bench: out of memory");
        figures->figures = grown;
        figures->capacity = capacity;
    }
    figures->figures[figures->n++] = *figure;
    return HK_OK;
}

void hk_figures_fini(hk_figures *figures)
{
    free(figures->figures);
    *figures = (hk_figures){ .n = 0 };
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

void hk_figure_set(hk_figure *figure, double *values, unsigned n)
{
    qsort(values, n, sizeof *values, compare);
    figure->value = n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
    figure->low = values[0];
    figure->high = values[n - 1];
    figure->repeats = n;
}

double hk_figure_reached(const hk_figure *figure)
{
    return figure->is_limit ? figure->target / figure->value : figure->value / figure->target;
}

/* ---- as text ----------------------------------------------------------------------------------------------------- */

/* "35.2 M/s", or "0.24 ms": rates get a prefix, all else its digits. */
static void print_value(const hk_figure *f, double value, char *out, size_t size)
{
    char number[40];
    if (isnan(value)) {
        snprintf(out, size, "-");
    } else if (value >= 1e4) {
        hk_print_quantity(value, number, sizeof number);
        snprintf(out, size, "%s%s%s", number, strncmp(f->unit, "1/", 2) == 0 ? "" : " ",
                 strncmp(f->unit, "1/", 2) == 0 ? f->unit + 1 : f->unit);
    } else {
        snprintf(out, size, "%.4g%s%s", value, f->unit[0] == '\0' ? "" : " ",
                 strncmp(f->unit, "1/", 2) == 0 ? f->unit + 1 : f->unit);
    }
}

hk_figure_text hk_figure_print(const hk_figure *f)
{
    hk_figure_text c = { .range = "", .target = "", .reached = "" };
    char low[48], high[48], bound[48];
    print_value(f, f->value, c.value, sizeof c.value);
    if (f->repeats > 1) {
        print_value(f, f->low, low, sizeof low);
        print_value(f, f->high, high, sizeof high);
        snprintf(c.range, sizeof c.range, "%s ... %s", low, high);
    }
    if (!isnan(f->target)) {
        print_value(f, f->target, bound, sizeof bound);
        snprintf(c.target, sizeof c.target, "%s %s", f->is_limit ? "<=" : ">=", bound);
        double reached = hk_figure_reached(f);
        if (!isnan(reached))
            snprintf(c.reached, sizeof c.reached, "%.2f x%s", reached, reached >= 1.0 ? "" : " MISSED");
    }
    return c;
}

void hk_figures_print(const hk_figures *figures, size_t first, FILE *stream)
{
    for (size_t k = first; k < figures->n; k++) {
        const hk_figure *f = &figures->figures[k];
        hk_figure_text c = hk_figure_print(f);
        fprintf(stream, "%-9s %-54s %14s", f->part, f->what, c.value);
        if (c.target[0] != '\0')
            fprintf(stream, "   target %s: %s", c.target, c.reached);
        if (c.range[0] != '\0')
            fprintf(stream, "   median of %u: %s", f->repeats, c.range);
        if (f->note[0] != '\0')
            fprintf(stream, "   (%s)", f->note);
        fputc('\n', stream);
    }
    fflush(stream);
}

void hk_figure_summarise(const hk_figure *f, hk_summary *object)
{
    hk_summary_number(object, "value", f->value);
    hk_summary_text(object, "unit", f->unit);
    hk_summary_number(object, "low", f->low);
    hk_summary_number(object, "high", f->high);
    hk_summary_count(object, "repeats", f->repeats);
    if (!isnan(f->target)) {
        hk_summary_number(object, f->is_limit ? "target_at_most" : "target_at_least", f->target);
        hk_summary_number(object, "reached", hk_figure_reached(f));
    }
}

void hk_figures_summarise(const hk_figures *figures, hk_summary *list)
{
    for (size_t k = 0; k < figures->n; k++) {
        const hk_figure *f = &figures->figures[k];
        hk_summary *object = hk_summary_object(list, NULL);
        hk_summary_text(object, "part", f->part);
        hk_summary_text(object, "what", f->what);
        hk_figure_summarise(f, object);
        if (f->note[0] != '\0')
            hk_summary_text(object, "note", f->note);
    }
}

void hk_figures_write_markdown(const hk_figures *figures, FILE *file)
{
    if (figures->n == 0)
        return;
    fputs("\n## Parts\n\nOne thread where nothing else is said. Median of the repeats, with their number and range; "
          "reached: how many times the\ntarget, 1 and above is reached.\n"
          "\n| part | what | median | repeats | range | target | reached | note |\n"
          "|---|---|---:|---:|---|---:|---:|---|\n",
          file);
    for (size_t k = 0; k < figures->n; k++) {
        const hk_figure *f = &figures->figures[k];
        hk_figure_text c = hk_figure_print(f);
        fprintf(file, "| %s | %s | %s | %u | %s | %s | %s | %s |\n", f->part, f->what, c.value, f->repeats, c.range,
                c.target, c.reached, f->note);
    }
}
