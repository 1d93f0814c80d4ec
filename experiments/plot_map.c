/* experiments/plot_map.c - self-organising maps of a results file; see plot.h. */
#include "experiments/plot.h"

#include <stdbool.h>
#include <stdlib.h>

/* Values of units in a row against their number. */
static int draw_row(const hk_plot_job *j, const hk_picture *picture, const double *values, size_t stride, size_t n,
                    const char *label, double most)
{
    double *columns = malloc((2 * n + 1) * sizeof *columns);
    if (columns == NULL)
        return hk_fail(j->ctx, HK_ENOMEM, "no memory for %zu units", n);
    for (size_t k = 0; k < n; k++) {
        columns[k] = (double)k;
        columns[n + k] = values[stride * k];
    }
    int rc = hk_figure_curves(j->ctx, picture, &(hk_curve){ .name = "", .x = columns, .y = columns + n, .n = n }, 1,
                              "unit", label, most);
    free(columns);
    return rc;
}

/* Each value a square of several pixels: few pixels make a small picture. */
static int draw_heights(const hk_plot_job *j, const hk_picture *picture, const double *heights, size_t rows,
                        size_t cols, const char *label)
{
    enum { PICTURE = 60 }; /* pixels across, about */
    const size_t longer = rows > cols ? rows : cols, size = longer < PICTURE ? PICTURE / longer : 1;
    float *pixels = malloc(rows * cols * size * size * sizeof *pixels);
    if (pixels == NULL)
        return hk_fail(j->ctx, HK_ENOMEM, "no memory for a picture of %zu units", rows * cols);
    for (size_t y = 0; y < rows * size; y++)
        for (size_t x = 0; x < cols * size; x++)
            pixels[y * cols * size + x] = (float)heights[y / size * cols + x / size];
    int rc = hk_figure_fields(j->ctx, picture, pixels, 1, rows * size, cols * size, label);
    free(pixels);
    return rc;
}

int hk_plot_u_matrix(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    static const char label[] = "mean angle to the neighbours (degrees)";
    const hk_results_entry *entry = data;
    int rc;
    if (entry->n_dims != 2 || entry->n == 0)
        return hk_fail(j->ctx, HK_EFORMAT, "map/u_matrix must be [rows][cols]");
    double *heights = hk_plot_read(j->ctx, j->results, entry, &rc);
    if (heights == NULL)
        return rc;
    rc = entry->shape[0] == 1 ? draw_row(j, picture, heights, 1, entry->n, label, 0.0)
                              : draw_heights(j, picture, heights, entry->shape[0], entry->shape[1], label);
    free(heights);
    return rc;
}

int hk_plot_map(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    const hk_results_entry *entry = data;
    int rc;
    if (entry->n_dims != 3 || entry->shape[2] != 2)
        return hk_fail(j->ctx, HK_EFORMAT, "map/places must be [rows][cols][2]");
    double *places = hk_plot_read(j->ctx, j->results, entry, &rc);
    if (places == NULL)
        return rc;
    /* on a line there is no second coordinate */
    bool is_line = entry->shape[0] == 1;
    for (size_t k = 0; k < entry->n / 2; k++)
        is_line = is_line && !(places[2 * k + 1] > 0.0 || places[2 * k + 1] < 0.0);
    rc = is_line ? draw_row(j, picture, places, 2, entry->shape[1], "place on the line", 1.0)
                 : hk_figure_places(j->ctx, picture, places, entry->shape[0], entry->shape[1]);
    free(places);
    return rc;
}
