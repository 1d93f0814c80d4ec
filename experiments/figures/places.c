/* experiments/figures/places.c - a map of units drawn where they lie; see figures.h. */
#include "experiments/figures/figures.h"

#include <math.h>

enum { MOST_UNITS = 100000 };

/* A line through places first, first + step, ...; broken where a unit has none. */
static void send_line(hk_gnuplot *plot, const double *places, size_t first, size_t step, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const double *at = places + 2 * (first + k * step);
        if (isfinite(at[0]) && isfinite(at[1]))
            hk_gnuplot_print(plot, "%.6g %.6g\n", at[0], at[1]);
        else
            hk_gnuplot_print(plot, "\n");
    }
    hk_gnuplot_print(plot, "\n");
}

int hk_figure_places(hk_ctx *ctx, const hk_picture *picture, const double *places, size_t rows, size_t cols)
{
    if (rows == 0 || cols == 0 || cols > MOST_UNITS || rows > MOST_UNITS / cols)
        return hk_fail(ctx, HK_ERANGE, "map: %zu x %zu units, must be 1 to %d", rows, cols, MOST_UNITS);
    size_t n = 0;
    for (size_t k = 0; k < rows * cols; k++)
        n += isfinite(places[2 * k]) && isfinite(places[2 * k + 1]);
    if (n == 0)
        return hk_fail(ctx, HK_ERANGE, "map: no unit has a place, nothing to draw");
    hk_gnuplot *plot;
    int rc = hk_gnuplot_open(ctx, picture, 740.0, 620.0, &plot);
    if (rc != HK_OK)
        return rc;
    hk_gnuplot_print(plot, "$R << EOD\n");
    for (size_t row = 0; row < rows; row++)
        send_line(plot, places, row * cols, 1, cols);
    hk_gnuplot_print(plot, "EOD\n$C << EOD\n");
    for (size_t col = 0; col < cols; col++)
        send_line(plot, places, col, cols, rows);
    hk_gnuplot_print(plot, "EOD\n$F << EOD\n");
    send_line(plot, places, 0, 1, 1);
    hk_gnuplot_print(plot,
                     "EOD\nset size ratio -1\nset xrange [0:1]\nset yrange [0:1]\nset xlabel 'x'\nset ylabel 'y'\n"
                     "set key outside right top Left reverse samplen 2\n"
                     "plot $C with lines linewidth 1.2 linecolor '%s' title 'columns', "
                     "$R with linespoints linewidth 1.2 pointtype 7 pointsize 0.5 linecolor '%s' title 'rows', "
                     "$F with points pointtype 6 pointsize 2 linewidth 2 linecolor '#111111' title 'first unit'\n",
                     hk_colour_line(1), hk_colour_line(0));
    return hk_gnuplot_close(plot);
}
