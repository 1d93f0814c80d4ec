/* experiments/figures/matrices.c - receptive fields and confusion matrices; see figures.h. */
#include "experiments/figures/figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_PIXELS 8000000

/* White to dark blue, even steps of lightness: reads the same in grey. */
static const char palette[] = "set palette defined (0 '#ffffff', 0.25 '#c6d8ec', 0.5 '#7fa8d1', 0.75 '#3a6ea5', "
                              "1 '#08264a')\n";

/* The rows of tiles that come nearest to a square picture. */
static size_t tiles_across(size_t n, size_t rows, size_t cols)
{
    size_t across = (size_t)ceil(sqrt((double)n * (double)(rows + 1) / (double)(cols + 1)));
    return across < 1 ? 1 : across > n ? n : across;
}

static void find_range(const float *values, size_t n, double *low, double *high)
{
    *low = 0.0;
    *high = 0.0;
    for (size_t k = 0; k < n; k++) {
        if (!isfinite(values[k]))
            continue;
        *low = fmin(*low, (double)values[k]);
        *high = fmax(*high, (double)values[k]);
    }
    if (*high == *low)
        *high = *low + 1.0;
}

int hk_figure_fields(hk_ctx *ctx, const hk_picture *picture, const float *values, size_t n, size_t rows, size_t cols,
                     const char *value_label)
{
    if (n == 0 || rows == 0 || cols == 0)
        return hk_fail(ctx, HK_ERANGE, "fields: %zu of %zu x %zu, nothing to draw", n, rows, cols);
    if (rows > MOST_PIXELS || cols > MOST_PIXELS / rows || n > MOST_PIXELS / (rows * cols))
        return hk_fail(ctx, HK_ERANGE, "fields: %zu of %zu x %zu, at most %d values can be drawn", n, rows, cols,
                       MOST_PIXELS);
    size_t across = tiles_across(n, rows, cols), down = (n + across - 1) / across;
    size_t wide = across * (cols + 1) - 1, high = down * (rows + 1) - 1;
    double scale = fmin(fmax(700.0 / (double)(wide > high ? wide : high), 0.5), 12.0);
    double low, top;
    find_range(values, n * rows * cols, &low, &top);
    hk_gnuplot *plot;
    int rc = hk_gnuplot_open(ctx, picture, scale * (double)wide + 150.0, scale * (double)high + 80.0, &plot);
    if (rc != HK_OK)
        return rc;
    hk_gnuplot_print(plot, "$F << EOD\n");
    for (size_t y = 0; y < high; y++) {
        for (size_t x = 0; x < wide; x++) {
            size_t field = (y / (rows + 1)) * across + x / (cols + 1);
            size_t row = y % (rows + 1), col = x % (cols + 1);
            if (field >= n || row == rows || col == cols || !isfinite(values[(field * rows + row) * cols + col]))
                hk_gnuplot_print(plot, "NaN ");
            else
                hk_gnuplot_print(plot, "%.4g ", (double)values[(field * rows + row) * cols + col]);
        }
        hk_gnuplot_print(plot, "\n");
    }
    hk_gnuplot_print(plot, "EOD\n%sset cbrange [%.9g:%.9g]\nset cblabel ", palette, low, top);
    hk_gnuplot_quote(plot, value_label == NULL ? "weight" : value_label);
    hk_gnuplot_print(plot,
                     " noenhanced\nset object 1 rectangle from graph 0,0 to graph 1,1 behind "
                     "fillcolor '#e8e8e8' fillstyle solid noborder\n"
                     "unset tics\nset cbtics scale 0.5\nunset border\nset colorbox noborder\nset size ratio -1\n"
                     "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\nunset key\nplot $F matrix with image\n",
                     wide - 1, high - 1);
    return hk_gnuplot_close(plot);
}

static void send_confusion(hk_gnuplot *plot, const double *counts, size_t n)
{
    hk_gnuplot_print(plot, "$C << EOD\n");
    for (size_t row = 0; row < n; row++) {
        double sum = 0.0;
        for (size_t col = 0; col < n; col++)
            sum += counts[row * n + col];
        for (size_t col = 0; col < n; col++) {
            double count = counts[row * n + col], part = sum > 0.0 ? count / sum : 0.0;
            hk_gnuplot_print(plot, "%zu %zu %.6f %.15g %d\n", col, row, part, count, part > 0.5 ? 0xffffff : 0x222222);
        }
    }
    hk_gnuplot_print(plot, "EOD\n");
}

static void name_classes(hk_gnuplot *plot, const char *axis, const char *const *names, size_t n)
{
    hk_gnuplot_print(plot, "set %stics scale 0 noenhanced (", axis);
    for (size_t k = 0; k < n; k++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", k);
        hk_gnuplot_print(plot, "%s", k == 0 ? "" : ", ");
        hk_gnuplot_quote(plot, names == NULL ? number : names[k]);
        hk_gnuplot_print(plot, " %zu", k);
    }
    hk_gnuplot_print(plot, ")\n");
}

int hk_figure_confusion(hk_ctx *ctx, const hk_picture *picture, const double *counts, size_t n,
                        const char *const *names)
{
    if (n == 0 || n > 40)
        return hk_fail(ctx, HK_ERANGE, "confusion matrix of %zu classes, must be 1 to 40", n);
    for (size_t k = 0; k < n * n; k++)
        if (!(counts[k] >= 0.0) || !isfinite(counts[k]))
            return hk_fail(ctx, HK_ERANGE, "confusion matrix: row %zu, column %zu is %g, must be a count", k / n, k % n,
                           counts[k]);
    double side = fmin(fmax(44.0 * (double)n, 260.0), 900.0);
    hk_gnuplot *plot;
    int rc = hk_gnuplot_open(ctx, picture, side + 190.0, side + 110.0, &plot);
    if (rc != HK_OK)
        return rc;
    send_confusion(plot, counts, n);
    name_classes(plot, "x", names, n);
    name_classes(plot, "y", names, n);
    hk_gnuplot_print(plot,
                     "%sset cbrange [0:1]\nset cblabel 'fraction of the true class'\nset xlabel 'answer'\n"
                     "set ylabel 'true class'\nunset key\nset size ratio -1\nset border 15\nset colorbox noborder\n"
                     "set cbtics scale 0.5\n"
                     "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\n"
                     "plot $C using 1:2:3 with image pixels, "
                     "$C using 1:2:(sprintf('%%.0f', $4)):5 with labels font ',%s' textcolor rgb variable\n",
                     palette, n - 1, n - 1, n <= 12 ? "10" : "7");
    return hk_gnuplot_close(plot);
}
