/* experiments/plot_continual.c - what a stream of classes left in a layer, from a results file; see plot.h. */
#include "experiments/plot.h"

#include <stdio.h>
#include <stdlib.h>

enum { IMAGES, ACCURACY, OWNERS, FRESH, REPLACED, DRIFT, N_ARRAYS };

int hk_plot_continual(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    static const char *const names[N_ARRAYS] = { "images", "accuracy", "owners", "fresh", "replaced", "drift" };
    const hk_results_entry *matrix = data;
    double *values[N_ARRAYS] = { NULL };
    int rc = matrix->n_dims == 2
                 ? HK_OK
                 : hk_fail(j->ctx, HK_EFORMAT, "continual/accuracy has %u dimensions, must be [blocks][classes]",
                           matrix->n_dims);
    for (int k = 0; rc == HK_OK && k < N_ARRAYS; k++) {
        char path[64];
        snprintf(path, sizeof path, "continual/%s", names[k]);
        const size_t n = k == ACCURACY || k == OWNERS ? matrix->n : matrix->shape[0];
        const hk_results_entry *entry = hk_results_find(j->results, path);
        if (entry == NULL && k >= OWNERS) /* a layer that does not learn has none */
            continue;
        if (entry == NULL || entry->n != n)
            rc = hk_fail(j->ctx, HK_EFORMAT, "'%s' must have %zu values, as continual/accuracy has blocks", path, n);
        else
            values[k] = hk_plot_read(j->ctx, j->results, entry, &rc);
    }
    if (rc == HK_OK)
        rc = hk_figure_continual(j->ctx, picture,
                                 &(hk_stream_record){ .n_rows = matrix->shape[0],
                                                      .n_classes = matrix->shape[1],
                                                      .images = values[IMAGES],
                                                      .accuracy = values[ACCURACY],
                                                      .owners = values[OWNERS],
                                                      .fresh = values[FRESH],
                                                      .replaced = values[REPLACED],
                                                      .drift = values[DRIFT] });
    for (int k = 0; k < N_ARRAYS; k++)
        free(values[k]);
    return rc;
}
