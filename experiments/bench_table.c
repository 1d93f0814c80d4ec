/* experiments/bench_table.c - see bench_table.h. */
#include "experiments/bench_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *key, *head, *unit;
    int width;
} columns[HK_BENCH_COLUMNS] = {
    [HK_BENCH_REAL_TIME] = { "real_time_factor", "real-time factor", "", 28 },
    [HK_BENCH_NS_PER_EVENT] = { "ns_per_synaptic_event_and_thread", "ns/event/thread", "ns", 16 },
    [HK_BENCH_BUILD] = { "build_s", "build", "s", 20 },
    [HK_BENCH_BYTES] = { "bytes_per_synapse", "bytes/synapse", "", 14 },
    [HK_BENCH_PEAK] = { "peak_memory_gb", "peak memory", "GB", 24 },
    [HK_BENCH_SPEED_UP] = { "speed_up", "speed-up", "", 20 },
};

hk_bench_row hk_bench_row_empty(void)
{
    hk_bench_row row = { .part = "" };
    for (int c = 0; c < HK_BENCH_COLUMNS; c++)
        row.cells[c] = (hk_figure){
            .unit = columns[c].unit, .value = NAN, .target = NAN, .is_limit = c != HK_BENCH_SPEED_UP
        };
    return row;
}

int hk_bench_table_add(hk_ctx *ctx, hk_bench_table *table, const hk_bench_row *row)
{
    if (table->n == table->capacity) {
        size_t capacity = table->capacity == 0 ? 16 : 2 * table->capacity;
        hk_bench_row *grown = realloc(table->rows, capacity * sizeof *grown);
        if (grown == NULL)
            return hk_fail(ctx, HK_ENOMEM, "bench: out of memory");
        table->rows = grown;
        table->capacity = capacity;
    }
    table->rows[table->n++] = *row;
    return HK_OK;
}

void hk_bench_table_fini(hk_bench_table *table)
{
    free(table->rows);
    *table = (hk_bench_table){ .n = 0 };
}

/* "0.93 (<= 0.95)", "0.97 (<= 0.95 MISSED)", "4.1 s". */
static void print_cell(const hk_figure *figure, char *out, size_t size)
{
    hk_figure_text text = hk_figure_print(figure);
    if (isnan(figure->value))
        snprintf(out, size, "-");
    else if (text.target[0] == '\0')
        snprintf(out, size, "%s", text.value);
    else
        snprintf(out, size, "%s (%s%s)", text.value, text.target, hk_figure_reached(figure) >= 1.0 ? "" : " MISSED");
}

/* How it was measured, the extremes of the repeats included. */
static void describe(const hk_bench_row *row, char *out, size_t size)
{
    const hk_figure *factor = &row->cells[HK_BENCH_REAL_TIME];
    if (row->n_synapses == 0.0) {
        snprintf(out, size, "%s", row->note);
        return;
    }
    hk_figure_text text = hk_figure_print(factor);
    snprintf(out, size,
             "%.3g synapses; %g ms warm-up, %g ms measured, median of %u: %s; in %u pieces: %.4g to %.4g%s%s",
             row->n_synapses, row->warmup_ms, row->measured_ms, factor->repeats, text.range, row->n_pieces,
             row->fastest_piece, row->slowest_piece, row->note[0] == '\0' ? "" : "; ", row->note);
}

static void print_head(FILE *stream)
{
    fprintf(stream, "%-13s %-22s threads", "network", "");
    for (int c = 0; c < HK_BENCH_COLUMNS; c++)
        fprintf(stream, "  %*s", columns[c].width, columns[c].head);
    fputc('\n', stream);
}

void hk_bench_table_print(const hk_bench_table *table, size_t first, FILE *stream)
{
    for (size_t k = first; k < table->n; k++) {
        const hk_bench_row *row = &table->rows[k];
        char text[480];
        if (k == 0 || strcmp(row->part, row[-1].part) != 0)
            print_head(stream);
        fprintf(stream, "%-13s %-22s %7u", row->part, row->what, row->n_threads);
        for (int c = 0; c < HK_BENCH_COLUMNS; c++) {
            print_cell(&row->cells[c], text, sizeof text);
            fprintf(stream, "  %*s", columns[c].width, text);
        }
        describe(row, text, sizeof text);
        fprintf(stream, "\n              (%s)\n", text);
    }
    fflush(stream);
}

void hk_bench_table_summarise(const hk_bench_table *table, hk_summary *list)
{
    for (size_t k = 0; k < table->n; k++) {
        const hk_bench_row *row = &table->rows[k];
        hk_summary *object = hk_summary_object(list, NULL);
        hk_summary_text(object, "network", row->part);
        hk_summary_text(object, "setting", row->what);
        hk_summary_count(object, "threads", row->n_threads);
        hk_summary_number(object, "synapses", row->n_synapses);
        hk_summary_number(object, "warmup_ms", row->warmup_ms);
        hk_summary_number(object, "measured_ms", row->measured_ms);
        hk_summary_count(object, "pieces", row->n_pieces);
        hk_summary_number(object, "fastest_piece", row->fastest_piece);
        hk_summary_number(object, "slowest_piece", row->slowest_piece);
        for (int c = 0; c < HK_BENCH_COLUMNS; c++)
            if (!isnan(row->cells[c].value))
                hk_figure_summarise(&row->cells[c], hk_summary_object(object, columns[c].key));
        hk_summary_hash(object, "spike_hash", row->spike_hash);
        if (row->note[0] != '\0')
            hk_summary_text(object, "note", row->note);
    }
}

void hk_bench_table_write_markdown(const hk_bench_table *table, FILE *file)
{
    if (table->n == 0)
        return;
    fputs("\n## Networks\n\nWall time over simulated time is the real-time factor, after a warm-up; all spikes go to a "
          "file. In brackets: the target. Networks of one\nkind were measured on one and two threads in turn, each "
          "built anew; the speed-up is the median of their ratios.\n\n| network | | threads |",
          file);
    for (int c = 0; c < HK_BENCH_COLUMNS; c++)
        fprintf(file, " %s |", columns[c].head);
    fputs(" measured |\n|---|---|---:|", file);
    for (int c = 0; c < HK_BENCH_COLUMNS; c++)
        fputs("---:|", file);
    fputs("---|\n", file);
    for (size_t k = 0; k < table->n; k++) {
        const hk_bench_row *row = &table->rows[k];
        char text[480];
        fprintf(file, "| %s | %s | %u |", row->part, row->what, row->n_threads);
        for (int c = 0; c < HK_BENCH_COLUMNS; c++) {
            print_cell(&row->cells[c], text, sizeof text);
            fprintf(file, " %s |", text);
        }
        describe(row, text, sizeof text);
        fprintf(file, " %s |\n", text);
    }
}
