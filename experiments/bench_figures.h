/* experiments/bench_figures.h - measured figures with their targets, and the tables made of them. */
#ifndef HK_BENCH_FIGURES_H
#define HK_BENCH_FIGURES_H

#include "experiments/bench_machine.h"
#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct hk_figure {
    const char *part; /* "queue" */
    char what[96];
    const char *unit;
    double value;     /* median of the repeats; NaN: left out, and `note` says why */
    double low, high; /* extremes of the repeats */
    unsigned repeats;
    double target;  /* NaN: none */
    bool is_limit;  /* the value must be at most the target, not at least */
    char note[120]; /* "" for none */
} hk_figure;

/** Caller's storage, zero-initialised. */
typedef struct hk_figures {
    hk_figure *figures; /* [n] */
    size_t n, capacity;
} hk_figures;

HK_MUST_CHECK int hk_figures_add(hk_ctx *ctx, hk_figures *figures, const hk_figure *figure);
void hk_figures_fini(hk_figures *figures);

/** Sets value, low and high from values[n >= 1], which are sorted. */
void hk_figure_set(hk_figure *figure, double *values, unsigned n);
/** How far the target is reached: 1 and above is reached. NaN: no target, or no value. */
double hk_figure_reached(const hk_figure *figure);

typedef struct hk_figure_text {
    char value[48], range[104], target[64],
        reached[32]; /* "29.4 M/s", "28 M/s ... 31 M/s", ">= 30.0 M/s", "0.98 x MISSED" */
} hk_figure_text;

/** The figure in words; what it does not have is "". */
hk_figure_text hk_figure_print(const hk_figure *figure);
/** Adds value, unit, low, high, repeats and, where there is one, the target. */
void hk_figure_summarise(const hk_figure *figure, hk_summary *object);

/** Lines for people, from figure `first` on. */
void hk_figures_print(const hk_figures *figures, size_t first, FILE *stream);
/** A list of objects. */
void hk_figures_summarise(const hk_figures *figures, hk_summary *list);
/** A table in Markdown; nothing when there are no figures. */
void hk_figures_write_markdown(const hk_figures *figures, FILE *file);

#endif
