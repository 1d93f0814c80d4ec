/* experiments/figures/continual.c - what a stream of classes leaves in a layer, a page; see figures.h. */
#include "experiments/figures/figures.h"

#include <stdbool.h>

enum { MOST_CLASSES = 10, MOST_ROWS = 20000, WRITTEN_ROWS = 14 };

static bool learns(const hk_stream_record *r)
{
    return r->owners != NULL && r->fresh != NULL && r->replaced != NULL && r->drift != NULL;
}

static void send_data(hk_gnuplot *plot, const hk_stream_record *r)
{
    hk_gnuplot_print(plot, "$M << EOD\n");
    for (size_t k = 0; k < r->n_rows; k++)
        for (size_t c = 0; c < r->n_classes; c++) {
            double part = r->accuracy[k * r->n_classes + c];
            hk_gnuplot_print(plot, "%zu %zu %.9g %d\n", c, k + 1, 100.0 * part, part > 0.5 ? 0xffffff : 0x222222);
        }
    hk_gnuplot_print(plot, "EOD\n$R << EOD\n");
    for (size_t k = 0; k < r->n_rows; k++) {
        hk_gnuplot_print(plot, "%.15g", r->images[k]);
        for (size_t c = 0; c < r->n_classes; c++)
            hk_gnuplot_print(plot, " %.9g", 100.0 * r->accuracy[k * r->n_classes + c]);
        for (size_t c = 0; learns(r) && c < r->n_classes; c++)
            hk_gnuplot_print(plot, " %.9g", r->owners[k * r->n_classes + c]);
        if (learns(r))
            hk_gnuplot_print(plot, " %.9g %.9g %.9g", 100.0 * r->fresh[k], 100.0 * r->replaced[k], 100.0 * r->drift[k]);
        hk_gnuplot_print(plot, "\n");
    }
    hk_gnuplot_print(plot, "EOD\n");
}

/* One curve a class, of the columns of $R from `first` on. */
static void draw_classes(hk_gnuplot *plot, const hk_stream_record *r, const char *title, size_t first)
{
    hk_gnuplot_print(plot, "set title '%s'\nplot ", title);
    for (size_t c = 0; c < r->n_classes; c++)
        hk_gnuplot_print(plot,
                         "%s$R using 1:%zu with linespoints linewidth 1.4 pointtype 7 pointsize %.1f linecolor '%s' "
                         "title '%zu'",
                         c == 0 ? "" : ", ", first + c, r->n_rows > 60 ? 0.0 : 0.4, hk_colour_group(c), c);
    hk_gnuplot_print(plot, "\n");
}

static void draw_matrix(hk_gnuplot *plot, const hk_stream_record *r)
{
    hk_gnuplot_print(plot,
                     "set palette defined (0 '#ffffff', 0.25 '#c6d8ec', 0.5 '#7fa8d1', 0.75 '#3a6ea5', 1 '#08264a')\n"
                     "set title 'accuracy of each class (%%) after each block'\nset cbrange [0:100]\nunset colorbox\n"
                     "unset key\nset xtics scale 0 0,1,%zu\nset xrange [-0.5:%zu.5]\nset yrange [%zu.5:0.5]\n"
                     "plot $M using 1:2:3 with image pixels",
                     r->n_classes - 1, r->n_classes - 1, r->n_rows);
    if (r->n_rows <= WRITTEN_ROWS)
        hk_gnuplot_print(plot, ", $M using 1:2:(sprintf('%%.1f', $3)):4 with labels font ',8' textcolor rgb variable");
    hk_gnuplot_print(plot, "\nset autoscale xy\nset xtics auto\nset key right top\n");
}

static void draw_layer(hk_gnuplot *plot, const hk_stream_record *r)
{
    static const char *const names[] = { "images that were new", "neurons recruited anew", "turn of fields, 1 - cos" };
    hk_gnuplot_print(plot, "unset key\nset yrange [0:*]\n");
    draw_classes(plot, r, "neurons named by each class", 2 + r->n_classes);
    hk_gnuplot_print(plot,
                     "set key inside left top Left reverse\nset offsets 0, 0, graph 0.35, 0\n" /* room for the key */
                     "set title 'per cent of each block'\nplot ");
    for (size_t k = 0; k < 3; k++)
        hk_gnuplot_print(plot,
                         "%s$R using 1:%zu with linespoints linewidth 1.6 pointtype 7 pointsize 0.4 linecolor '%s' "
                         "title '%s'",
                         k == 0 ? "" : ", ", 2 + 2 * r->n_classes + k, hk_colour_line(k), names[k]);
    hk_gnuplot_print(plot, "\n");
}

int hk_figure_continual(hk_ctx *ctx, const hk_picture *picture, const hk_stream_record *r)
{
    if (r->n_rows == 0 || r->n_rows > MOST_ROWS || r->n_classes == 0 || r->n_classes > MOST_CLASSES)
        return hk_fail(ctx, HK_ERANGE, "a stream of %zu blocks and %zu classes, must be 1 to %d and 1 to %d", r->n_rows,
                       r->n_classes, MOST_ROWS, MOST_CLASSES);
    for (size_t k = 0; k < r->n_rows * r->n_classes; k++)
        if (!(r->accuracy[k] >= 0.0 && r->accuracy[k] <= 1.0))
            return hk_fail(ctx, HK_ERANGE, "the accuracy of class %zu after block %zu is %g, must be a fraction",
                           k % r->n_classes, k / r->n_classes + 1, r->accuracy[k]);
    hk_gnuplot *plot;
    hk_picture untitled = { .path = picture->path, .format = picture->format };
    int rc = hk_gnuplot_open(ctx, &untitled, 1100.0, learns(r) ? 820.0 : 430.0, &plot);
    if (rc != HK_OK)
        return rc;
    send_data(plot, r);
    hk_gnuplot_print(plot, "set multiplot layout %d,2 margins 0.06,0.93,%s spacing 0.10,0.09 title ", learns(r) ? 2 : 1,
                     learns(r) ? "0.06,0.92" : "0.10,0.86");
    hk_gnuplot_quote(plot, picture->title == NULL ? "" : picture->title);
    hk_gnuplot_print(plot, " noenhanced font ',13' textcolor '#111111'\n"
                           "set title font ',10' offset 0,-0.6\nset tics font ',8'\n"
                           "set grid linetype 1 linewidth 0.5 linecolor '#e0e0e0'\nset format x '%%.10g'\n");
    draw_matrix(plot, r);
    hk_gnuplot_print(plot, "set xrange [0:*]\nset yrange [0:105]\nset key outside right top samplen 1.5 font ',8'\n");
    draw_classes(plot, r, "the same over the images of the stream", 2);
    if (learns(r))
        draw_layer(plot, r);
    hk_gnuplot_print(plot, "unset multiplot\n");
    return hk_gnuplot_close(plot);
}
