/* experiments/figures/comparison.c - codes compared on one network, a page; see figures.h. */
#include "experiments/figures/figures.h"

#include <math.h>
#include <stdio.h>

enum { ACROSS = 4, DOWN = 3, MOST_KINDS = ACROSS * DOWN - 4 };

static void send_data(hk_gnuplot *plot, const hk_comparison *all)
{
    for (size_t c = 0; c < all->n; c++) {
        const hk_compared *code = &all->codes[c];
        hk_gnuplot_print(plot, "$P%zu << EOD\n%zu %.6g %.6g %.9g %.9g\nEOD\n$T%zu << EOD\n0 NaN\n", c, c,
                         100.0 * code->accuracy, isfinite(code->accuracy_sd) ? 100.0 * code->accuracy_sd : 0.0,
                         code->events, code->decision_ms, c);
        for (size_t k = 0; k < all->n_reads; k++)
            hk_gnuplot_print(plot, "%.6g %.6g\n", code->window_ms * (double)(k + 1) / (double)all->n_reads,
                             100.0 * code->over_time[k]);
        hk_gnuplot_print(plot, "EOD\n");
        for (size_t kind = 0; kind < all->n_kinds; kind++) {
            hk_gnuplot_print(plot, "$R%zu_%zu << EOD\n", kind, c);
            if (all->levels[kind][0] < all->levels[kind][all->n_levels - 1]) /* grows from nothing */
                hk_gnuplot_print(plot, "0 %.6g\n", 100.0 * code->over_time[all->n_reads - 1]);
            for (size_t k = 0; k < all->n_levels; k++)
                hk_gnuplot_print(plot, "%.6g %.6g\n", all->levels[kind][k], 100.0 * code->robust[kind][k]);
            hk_gnuplot_print(plot, "EOD\n");
        }
    }
}

static void name_codes(hk_gnuplot *plot, const hk_comparison *all)
{
    hk_gnuplot_print(plot, "set xtics () rotate by 40 right scale 0 noenhanced\nset xrange [-0.6:%zu.6]\n", all->n - 1);
    for (size_t c = 0; c < all->n; c++) {
        hk_gnuplot_print(plot, "set xtics add (");
        hk_gnuplot_quote(plot, all->codes[c].name);
        hk_gnuplot_print(plot, " %zu)\n", c);
    }
}

/* Ticks at the levels, as far as there is room for them. */
static void mark_levels(hk_gnuplot *plot, const double *levels, size_t n)
{
    const double room = 0.1 * fmax(fabs(levels[n - 1] - levels[0]), fmax(levels[0], levels[n - 1]) * 0.1);
    double last = levels[n - 1];
    hk_gnuplot_print(plot, "set xtics (%g", last);
    for (size_t k = n - 1; k-- > 0;)
        if (fabs(levels[k] - last) >= room)
            hk_gnuplot_print(plot, ", %g", last = levels[k]);
    hk_gnuplot_print(plot, ")\n");
}

/* From the least accuracy under any disturbance to the largest, in tens: one range, so that the panels can be compared. */
static void range_of_robustness(hk_gnuplot *plot, const hk_comparison *all)
{
    double least = 1.0, most = 0.0;
    for (size_t c = 0; c < all->n; c++)
        for (size_t k = 0; k < all->n_kinds * all->n_levels; k++) {
            const double accuracy = all->codes[c].robust[k / all->n_levels][k % all->n_levels];
            least = fmin(least, accuracy);
            most = fmax(most, accuracy);
        }
    hk_gnuplot_print(plot, "set yrange [%g:%g]\n", 10.0 * floor(10.0 * least),
                     fmin(10.0 * floor(10.0 * most) + 10.0, 100.0));
}

/* One curve or point a code: the block's letter, what is drawn of it, and how. */
static void draw(hk_gnuplot *plot, const hk_comparison *all, const char *title, const char *block, const char *columns,
                 const char *style)
{
    hk_gnuplot_print(plot, "set title '%s' noenhanced\nplot ", title);
    for (size_t c = 0; c < all->n; c++) {
        hk_gnuplot_print(plot, "%s$%s%zu using %s with %s pointtype %u linecolor '%s' title ", c == 0 ? "" : ", ",
                         block, c, columns, style, hk_symbol_group(c), hk_colour_group(c));
        hk_gnuplot_quote(plot, all->codes[c].name);
        hk_gnuplot_print(plot, " noenhanced");
    }
    hk_gnuplot_print(plot, "\n");
}

int hk_figure_comparison(hk_ctx *ctx, const hk_picture *picture, const hk_comparison *all)
{
    static const char line[] = "linespoints linewidth 1.2 pointsize 0.5";
    if (all->n == 0 || all->n_kinds > MOST_KINDS)
        return hk_fail(ctx, HK_ERANGE, "comparison: %zu codes and %zu disturbances, must be at least 1 and at most %d",
                       all->n, all->n_kinds, MOST_KINDS);
    hk_gnuplot *plot;
    hk_picture untitled = { .path = picture->path, .format = picture->format };
    int rc = hk_gnuplot_open(ctx, &untitled, 1300.0, 860.0, &plot);
    if (rc != HK_OK)
        return rc;
    send_data(plot, all);
    hk_gnuplot_print(plot, "set multiplot layout %d,%d margins 0.05,0.90,0.06,0.92 spacing 0.045,0.09 title ", DOWN,
                     ACROSS);
    hk_gnuplot_quote(plot, picture->title == NULL ? "" : picture->title);
    hk_gnuplot_print(plot, " noenhanced font ',13' textcolor '#111111'\n"
                           "set title font ',10' offset 0,-0.6\nset tics font ',8'\nset format x '%%g'\n"
                           "set grid linetype 1 linewidth 0.5 linecolor '#e0e0e0'\n"
                           "set key at screen 0.995,0.90 right top Left reverse samplen 1.5 font ',9'\n");
    name_codes(plot, all);
    draw(plot, all, "accuracy (%), mean and sd", "P", "1:2:3", "yerrorbars linewidth 1.5 pointsize 0.8");
    hk_gnuplot_print(plot, "unset key\nset yrange [0:*]\n");
    draw(plot, all, "time to decision (ms)", "P", "1:5", "points pointsize 0.8");
    hk_gnuplot_print(plot, "set xtics auto norotate nomirror out scale 0.5 autojustify\nset autoscale xy\n"
                           "set offsets graph 0.05, graph 0.05, graph 0.05, graph 0.05\n");
    draw(plot, all, "accuracy (%) by thousand synaptic events", "P", "($4 / 1000):2", "points pointsize 0.8");
    hk_gnuplot_print(plot, "set yrange [0:100]\nset offsets\nset logscale x\nset autoscale xfix\n");
    draw(plot, all, "accuracy (%) over time (ms)", "T", "1:2", line);
    hk_gnuplot_print(plot, "unset logscale\n");
    range_of_robustness(plot, all);
    for (size_t kind = 0; kind < all->n_kinds; kind++) {
        char block[24];
        snprintf(block, sizeof block, "R%zu_", kind);
        mark_levels(plot, all->levels[kind], all->n_levels);
        draw(plot, all, all->kinds[kind], block, "1:2", line);
    }
    hk_gnuplot_print(plot, "unset multiplot\n");
    return hk_gnuplot_close(plot);
}
