/* experiments/bench_table.h - the table of measured networks: a row a network and number of threads. */
#ifndef HK_BENCH_TABLE_H
#define HK_BENCH_TABLE_H

#include "experiments/bench_figures.h"

typedef enum hk_bench_column {
    HK_BENCH_REAL_TIME,    /* wall seconds per simulated second */
    HK_BENCH_NS_PER_EVENT, /* wall time times threads per synaptic event: it pays for everything */
    HK_BENCH_BUILD,
    HK_BENCH_BYTES, /* of the projections, per synapse */
    HK_BENCH_PEAK,  /* most memory of the process */
    HK_BENCH_SPEED_UP,
    HK_BENCH_COLUMNS,
} hk_bench_column;

typedef struct hk_bench_row {
    const char *part; /* "brunel" */
    char what[48];    /* "grid" */
    unsigned n_threads;
    double n_synapses; /* 0: left out, and `note` says why */
    double warmup_ms, measured_ms;
    unsigned n_pieces;                   /* into which the measured interval was cut */
    double fastest_piece, slowest_piece; /* real-time factors, over all repeats */
    uint64_t spike_hash;                 /* of the raster, warm-up included */
    hk_figure cells[HK_BENCH_COLUMNS];   /* value, low, high, repeats, target, is_limit; value NaN: an empty cell */
    char note[200];
} hk_bench_row;

/** Caller's storage, zero-initialised. */
typedef struct hk_bench_table {
    hk_bench_row *rows; /* [n] */
    size_t n, capacity;
} hk_bench_table;

/** A row with empty cells and no targets. */
hk_bench_row hk_bench_row_empty(void);
HK_MUST_CHECK int hk_bench_table_add(hk_ctx *ctx, hk_bench_table *table, const hk_bench_row *row);
void hk_bench_table_fini(hk_bench_table *table);

/** For people, from row `first` on; each part has a head. */
void hk_bench_table_print(const hk_bench_table *table, size_t first, FILE *stream);
/** A list of objects, in which each column is an object. */
void hk_bench_table_summarise(const hk_bench_table *table, hk_summary *list);
/** In Markdown; nothing when there are no rows. */
void hk_bench_table_write_markdown(const hk_bench_table *table, FILE *file);

#endif
