/* experiments/figures/curves.c - values over training or time; see figures.h. */
#include "experiments/figures/figures.h"

#include <math.h>

int hk_figure_curves(hk_ctx *ctx, const hk_picture *picture, const hk_curve *curves, size_t n_curves,
                     const char *x_label, const char *y_label, double y_most)
{
    size_t n = 0;
    bool within = y_most > 0.0;
    for (size_t c = 0; c < n_curves; c++)
        for (size_t k = 0; k < curves[c].n; k++)
            if (isfinite(curves[c].x[k]) && isfinite(curves[c].y[k])) {
                n++;
                within = within && curves[c].y[k] >= 0.0 && curves[c].y[k] <= y_most;
            }
    if (n == 0)
        return hk_fail(ctx, HK_ERANGE, "curves: no finite value to draw");
    hk_gnuplot *plot;
    int rc = hk_gnuplot_open(ctx, picture, 720.0, 400.0, &plot);
    if (rc != HK_OK)
        return rc;
    for (size_t c = 0; c < n_curves; c++) {
        hk_gnuplot_print(plot, "$L%zu << EOD\nNaN NaN\n", c);
        for (size_t k = 0; k < curves[c].n; k++) {
            bool is_point = isfinite(curves[c].x[k]) && isfinite(curves[c].y[k]);
            if (is_point)
                hk_gnuplot_print(plot, "%.15g %.15g\n", curves[c].x[k], curves[c].y[k]);
            else
                hk_gnuplot_print(plot, "\n"); /* breaks the line */
        }
        hk_gnuplot_print(plot, "EOD\n");
    }
    hk_gnuplot_print(plot, "set xlabel ");
    hk_gnuplot_quote(plot, x_label);
    hk_gnuplot_print(plot, " noenhanced\nset ylabel ");
    hk_gnuplot_quote(plot, y_label);
    if (within) /* gnuplot's own choice goes below 0 and beyond 100 % */
        hk_gnuplot_print(plot, " noenhanced\nset yrange [0:%.15g]", y_most);
    hk_gnuplot_print(plot,
                     "%s\nset grid linetype 1 linewidth 0.5 linecolor '#d8d8d8'\n"
                     "set autoscale xfix\nset offsets graph 0.02, graph 0.02, graph 0.05, graph 0.05\n"
                     "set format x '%%.10g'\nset key outside right top Left reverse samplen 2\n%splot ",
                     within ? "" : " noenhanced", n_curves == 1 ? "unset key\n" : "");
    for (size_t c = 0; c < n_curves; c++) {
        hk_gnuplot_print(plot, "%s$L%zu with linespoints linewidth 2 pointtype 7 pointsize %.2f linecolor '%s' title ",
                         c == 0 ? "" : ", ", c, curves[c].n > 60 ? 0.0 : 0.45, hk_colour_line(c));
        hk_gnuplot_quote(plot, curves[c].name == NULL ? "" : curves[c].name);
        hk_gnuplot_print(plot, " noenhanced");
    }
    hk_gnuplot_print(plot, "\n");
    return hk_gnuplot_close(plot);
}
