/* experiments/figures/codes.c - one image under several codes, and how well they can be decoded; see figures.h. */
#include "experiments/figures/figures.h"

#include <math.h>
#include <stdio.h>

enum { ACROSS = 4 };
#define CELL_WIDTH 300.0
#define CELL_HEIGHT 250.0
#define HEAD 36.0 /* for the title, points */

static const char grey[] = "set palette defined (0 '#ffffff', 1 '#111111')\n";

static void send_image(hk_gnuplot *plot, const char *name, const double *values, size_t rows, size_t cols)
{
    hk_gnuplot_print(plot, "$%s << EOD\n", name);
    for (size_t row = 0; row < rows; row++) {
        for (size_t col = 0; col < cols; col++)
            hk_gnuplot_print(plot, "%.4g ", values[row * cols + col]);
        hk_gnuplot_print(plot, "\n");
    }
    hk_gnuplot_print(plot, "EOD\n");
}

/* Time, row of the raster, what the spike counts (1: most), source is one of those that fall. */
static void send_panel(hk_gnuplot *plot, size_t k, const hk_code_panel *panel, size_t n_pixels)
{
    double most = 0.0;
    for (size_t s = 0; s < panel->n; s++)
        most = fmax(most, panel->weights[s]);
    hk_gnuplot_print(plot, "$S%zu << EOD\nNaN NaN NaN NaN\n", k);
    for (size_t s = 0; s < panel->n; s++)
        hk_gnuplot_print(plot, "%.7g %.0f %.3g %d\n", panel->times_ms[s], fmod(panel->sources[s], (double)n_pixels),
                         panel->weights[s] / most, panel->sources[s] >= (double)n_pixels);
    hk_gnuplot_print(plot, "EOD\n");
}

/* The cell's own coordinates, 0 to 1 from its lower left, as those of the screen. */
static void place(hk_gnuplot *plot, size_t cell, size_t down, double left, double bottom, double right, double top)
{
    const double height = (double)down * CELL_HEIGHT + HEAD;
    double x = (double)(cell % ACROSS) / ACROSS;
    double y = ((double)(down - 1 - cell / ACROSS) * CELL_HEIGHT) / height, tall = CELL_HEIGHT / height;
    hk_gnuplot_print(plot, "set lmargin at screen %.5f\nset rmargin at screen %.5f\n", x + left / ACROSS,
                     x + right / ACROSS);
    hk_gnuplot_print(plot, "set bmargin at screen %.5f\nset tmargin at screen %.5f\n", y + bottom * tall,
                     y + top * tall);
}

static void draw_picture(hk_gnuplot *plot, const char *name, size_t rows, size_t cols, const char *title)
{
    hk_gnuplot_print(plot, "unset tics\nunset xlabel\nunset ylabel\nset border 15 linecolor '#bbbbbb'\nset title ");
    hk_gnuplot_quote(plot, title);
    hk_gnuplot_print(plot,
                     " noenhanced font ',9' offset 0,-0.6\nset size ratio -1\n%sset cbrange [0:1]\nunset colorbox\n"
                     "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\nplot $%s matrix with image notitle\n"
                     "set size noratio\n",
                     grey, cols - 1, rows - 1, name);
}

static void draw_raster(hk_gnuplot *plot, size_t k, const hk_code_panel *panel, size_t n_pixels, double window_ms)
{
    char title[120];
    snprintf(title, sizeof title, "%.60s: %zu spikes", panel->name, panel->n);
    hk_gnuplot_print(plot, "set border 3 linecolor '#444444'\nset title ");
    hk_gnuplot_quote(plot, title);
    hk_gnuplot_print(plot,
                     " noenhanced font ',11' offset 0,-0.4\nset xrange [0:%.9g]\nset yrange [%zu:-1]\n"
                     "set xtics nomirror out scale 0.5 font ',9' offset 0,0.4\nset ytics 0,%zu nomirror out scale 0.5 "
                     "font ',9'\nset format x '%%.10g'\nset xlabel 'ms' offset 0,1.0 font ',9'\n"
                     "set palette defined (0 '#c3dcec', 0.15 '#56a0c8', 1 '#003f70')\nset cbrange [0:1]\nunset "
                     "colorbox\n"
                     "plot $S%zu using 1:($4 == 0 ? $2 : NaN):3 with points pointtype 7 pointsize %.2f linecolor "
                     "palette notitle, "
                     "$S%zu using 1:($4 == 1 ? $2 : NaN) with points pointtype 7 pointsize 0.25 linecolor '#d55e00' "
                     "notitle\n",
                     window_ms, n_pixels, n_pixels > 400 ? 196 : n_pixels / 4 + 1, k, panel->n > 2000 ? 0.15 : 0.25, k);
}

int hk_figure_codes(hk_ctx *ctx, const hk_picture *picture, const hk_code_panels *all)
{
    const size_t n_pixels = all->rows * all->cols, down = (all->n + 1 + ACROSS - 1) / ACROSS;
    if (all->n == 0 || n_pixels == 0 || !(all->window_ms > 0.0))
        return hk_fail(ctx, HK_ERANGE, "codes: %zu codes of %zu pixels in %g ms, nothing to draw", all->n, n_pixels,
                       all->window_ms);
    hk_gnuplot *plot;
    hk_picture untitled = { .path = picture->path, .format = picture->format };
    int rc = hk_gnuplot_open(ctx, &untitled, ACROSS * CELL_WIDTH, (double)down * CELL_HEIGHT + HEAD, &plot);
    if (rc != HK_OK)
        return rc;
    send_image(plot, "I", all->image, all->rows, all->cols);
    for (size_t k = 0; k < all->n; k++) {
        char name[32];
        snprintf(name, sizeof name, "D%zu", k);
        send_image(plot, name, all->panels[k].decoded, all->rows, all->cols);
        send_panel(plot, k, &all->panels[k], n_pixels);
    }
    hk_gnuplot_print(plot, "set multiplot title ");
    hk_gnuplot_quote(plot, picture->title == NULL ? "" : picture->title);
    hk_gnuplot_print(plot, " noenhanced font ',13' textcolor '#111111'\n");
    place(plot, 0, down, 0.2, 0.15, 0.8, 0.87);
    draw_picture(plot, "I", all->rows, all->cols, "the image");
    for (size_t k = 0; k < all->n; k++) {
        char name[32];
        snprintf(name, sizeof name, "D%zu", k);
        place(plot, k + 1, down, 0.13, 0.15, 0.63, 0.87);
        draw_raster(plot, k, &all->panels[k], n_pixels, all->window_ms);
        place(plot, k + 1, down, 0.67, 0.33, 0.97, 0.69);
        draw_picture(plot, name, all->rows, all->cols, "decoded");
    }
    hk_gnuplot_print(plot, "unset multiplot\n");
    return hk_gnuplot_close(plot);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

#define LEAST_ERROR 1e-3 /* a quarter of a step of 8 bits; what is less is drawn as it */

static void send_errors(hk_gnuplot *plot, const char *name, size_t c, const hk_code_errors *errors, size_t x, size_t y)
{
    hk_gnuplot_print(plot, "$%s%zu << EOD\nNaN NaN\n", name, c);
    for (size_t k = 0; k < errors->n; k++)
        if (isfinite(errors->rows[4 * k + y]) && errors->rows[4 * k + x] > 0.0)
            hk_gnuplot_print(plot, "%.9g %.9g\n", errors->rows[4 * k + x], fmax(errors->rows[4 * k + y], LEAST_ERROR));
    hk_gnuplot_print(plot, "EOD\n");
}

int hk_figure_code_errors(hk_ctx *ctx, const hk_picture *picture, const hk_code_errors *by_window,
                          const hk_code_errors *by_spikes, size_t n, double jitter_ms)
{
    static const char *const blocks[] = { "A", "B", "C", "D" };
    if (n == 0)
        return hk_fail(ctx, HK_ERANGE, "code errors: no code to draw");
    hk_gnuplot *plot;
    hk_picture untitled = { .path = picture->path, .format = picture->format };
    int rc = hk_gnuplot_open(ctx, &untitled, 1000.0, 720.0, &plot);
    if (rc != HK_OK)
        return rc;
    for (size_t c = 0; c < n; c++) {
        send_errors(plot, blocks[0], c, &by_window[c], 0, 2);
        send_errors(plot, blocks[1], c, &by_spikes[c], 1, 2);
        send_errors(plot, blocks[2], c, &by_window[c], 0, 3);
        send_errors(plot, blocks[3], c, &by_spikes[c], 1, 3);
    }
    hk_gnuplot_print(plot, "set multiplot layout 2,2 margins 0.08,0.84,0.08,0.90 spacing 0.08,0.12 title ");
    hk_gnuplot_quote(plot, picture->title == NULL ? "" : picture->title);
    hk_gnuplot_print(plot,
                     " noenhanced font ',13' textcolor '#111111'\nset logscale xy\nset yrange [%g:1]\n"
                     "set grid linetype 1 linewidth 0.5 linecolor '#e0e0e0'\nset format y '%%g'\nset format x '%%g'\n",
                     0.8 * LEAST_ERROR);
    for (size_t panel = 0; panel < 4; panel++) {
        if (panel < 2)
            hk_gnuplot_print(plot, "set title 'exact times' font ',11' offset 0,-0.5\n");
        else
            hk_gnuplot_print(plot, "set title 'times jittered by %g ms' font ',11' offset 0,-0.5\n", jitter_ms);
        hk_gnuplot_print(
            plot, "set xlabel '%s'\nset ylabel '%s'\n%s\nplot ", panel % 2 == 0 ? "window (ms)" : "spikes an image",
            panel % 2 == 0 ? "error of a pixel (rms; 0.001: or less)" : "",
            panel == 1 ? "set key at screen 0.99,0.88 right top Left reverse samplen 2 font ',10'" : "unset key");
        for (size_t c = 0; c < n; c++) {
            hk_gnuplot_print(plot,
                             "%s$%s%zu with linespoints linewidth 1.5 pointtype %u pointsize 0.7 linecolor '%s' title ",
                             c == 0 ? "" : ", ", blocks[panel], c, hk_symbol_group(c), hk_colour_group(c));
            hk_gnuplot_quote(plot, by_window[c].name);
            hk_gnuplot_print(plot, " noenhanced");
        }
        hk_gnuplot_print(plot, "\n");
    }
    hk_gnuplot_print(plot, "unset multiplot\n");
    return hk_gnuplot_close(plot);
}
