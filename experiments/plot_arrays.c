/* experiments/plot_arrays.c - receptive fields, confusion and accuracy of a results file; see plot.h. */
#include "experiments/plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int hk_plot_fields(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    const hk_results_entry *entry = data;
    char label[80];
    int rc;
    if (entry->n_dims != 3)
        return hk_fail(j->ctx, HK_EFORMAT, "receptive_fields has %u dimensions, must be [n][rows][cols]",
                       entry->n_dims);
    double *values = hk_plot_read(j->ctx, j->results, entry, &rc);
    if (values == NULL)
        return rc;
    float *pixels = malloc((entry->n + 1) * sizeof *pixels);
    if (pixels == NULL) {
        free(values);
        return hk_fail(j->ctx, HK_ENOMEM, "no memory for %zu values", entry->n);
    }
    for (size_t k = 0; k < entry->n; k++)
        pixels[k] = (float)values[k];
    free(values);
    char *what = hk_plot_text(j->results, entry->name, "label");
    snprintf(label, sizeof label, *entry->unit == '\0' ? "%.60s" : "%.60s (%.15s)", what == NULL ? "weight" : what,
             entry->unit);
    free(what);
    rc = hk_figure_fields(j->ctx, picture, pixels, entry->shape[0], entry->shape[1], entry->shape[2], label);
    free(pixels);
    return rc;
}

int hk_plot_confusion(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    const hk_results_entry *entry = data;
    int rc;
    if (entry->n_dims != 2 || entry->shape[0] != entry->shape[1])
        return hk_fail(j->ctx, HK_EFORMAT, "confusion must be a square matrix [classes][classes]");
    double *counts = hk_plot_read(j->ctx, j->results, entry, &rc);
    if (counts == NULL)
        return rc;
    rc = hk_figure_confusion(j->ctx, picture, counts, entry->shape[0], NULL);
    free(counts);
    return rc;
}

enum { MOST_CURVES = 8 };

/* accuracy_over_training[k][1 + curves]: images seen, then one column a curve, fractions or per cent. */
int hk_plot_accuracy(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    const hk_results_entry *entry = data;
    int rc;
    if (entry->n_dims != 2 || entry->shape[1] < 2 || entry->shape[1] > 1 + MOST_CURVES)
        return hk_fail(j->ctx, HK_EFORMAT, "accuracy_over_training must be [k][2 to %d]: images seen, then accuracies",
                       1 + MOST_CURVES);
    size_t n = entry->shape[0], n_columns = entry->shape[1];
    double *values = hk_plot_read(j->ctx, j->results, entry, &rc);
    if (values == NULL)
        return rc;
    double *columns = malloc((entry->n + 1) * sizeof *columns);                    /* one behind the other */
    char *names = hk_plot_text(j->results, entry->name, "columns"), *rest = names; /* separated by commas */
    if (columns == NULL) {
        free(names);
        free(values);
        return hk_fail(j->ctx, HK_ENOMEM, "no memory for %zu values", entry->n);
    }
    static const char *const usual[] = { "by label", "by vote" };
    bool is_fraction = strcmp(entry->unit, "%") != 0;
    for (size_t k = 0; k < n; k++)
        for (size_t c = 0; c < n_columns; c++)
            columns[c * n + k] = values[k * n_columns + c] * (c > 0 && is_fraction ? 100.0 : 1.0);
    hk_curve curves[MOST_CURVES] = { 0 };
    const char *x_label = "training images";
    for (size_t c = 0; c < n_columns; c++) {
        const char *name = rest != NULL ? rest : n_columns == 3 && c > 0 ? usual[c - 1] : "accuracy";
        if (rest != NULL && (rest = strchr(rest, ',')) != NULL) {
            *rest++ = '\0';
            rest += strspn(rest, " ");
        }
        if (c == 0)
            x_label = names == NULL ? x_label : name;
        else
            curves[c - 1] = (hk_curve){ .name = name, .x = columns, .y = columns + c * n, .n = n };
    }
    rc = hk_figure_curves(j->ctx, picture, curves, n_columns - 1, x_label, "accuracy (%)", 100.0);
    free(columns);
    free(names);
    free(values);
    return rc;
}
