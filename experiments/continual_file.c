/* experiments/continual_file.c - what continual writes: spikes in one file after the other, and its results so far. */
#include "experiments/continual.h"

#include "experiments/outcome.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { K = HK_CONTINUAL_CLASSES, MOST_FIELDS = 400 };

/* "results/continual.h5" -> "results/continual.spikes-00001.h5"; free it. */
static char *path_of(const hk_continual_files *files, uint64_t number)
{
    const char *out = hk_run_out(files->run), *slash = strrchr(out, '/'), *dot = strrchr(out, '.');
    size_t size = strlen(out) + 48;
    size_t stem = dot == NULL || (slash != NULL && dot < slash) || dot == out ? strlen(out) : (size_t)(dot - out);
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%.*s.spikes-%05llu.h5", (int)stem, out, (unsigned long long)number);
    return path;
}

static int open_file(hk_continual_files *files, bool is_new)
{
    hk_ctx *ctx = hk_run_ctx(files->run);
    char *path = path_of(files, files->number);
    if (path == NULL)
        return hk_fail(ctx, HK_ENOMEM, "continual: no memory for a path");
    hk_recorder_config config = { .path = path, .queue_bytes = 1 << 20, .flush_interval_s = 1.0 };
    int rc = is_new ? hk_recorder_create(ctx, &config, &files->recorder)
                    : hk_recorder_reopen(ctx, &config, &files->recorder);
    if (rc == HK_OK && is_new)
        rc = hk_run_sign(files->run, files->recorder);
    if (rc == HK_OK)
        rc = hk_recorder_add_population(files->recorder, "hidden", files->n_kept, &files->population);
    if (rc == HK_OK)
        rc = hk_recorder_start(files->recorder);
    free(path);
    return rc;
}

int hk_continual_files_open(hk_continual_files *files)
{
    if (hk_run_out(files->run) == NULL || !files->wanted)
        return HK_OK;
    bool is_new = files->number == 0;
    files->number += is_new;
    return open_file(files, is_new);
}

int hk_continual_files_close(hk_continual_files *files)
{
    int rc = files->recorder != NULL ? hk_recorder_close(files->recorder) : HK_OK;
    files->recorder = NULL;
    return rc;
}

int hk_continual_files_rotate(hk_continual_files *files)
{
    int rc = hk_continual_files_close(files);
    files->number++;
    files->n_kept = 0;
    return rc == HK_OK ? open_file(files, true) : rc;
}

int hk_continual_files_prune(const hk_continual_files *files)
{
    if (files->keep == 0 || files->number <= files->keep)
        return HK_OK;
    char *path = path_of(files, files->number - files->keep);
    if (path == NULL)
        return hk_fail(hk_run_ctx(files->run), HK_ENOMEM, "continual: no memory for a path");
    int rc = remove(path) == 0 || errno == ENOENT
                 ? HK_OK
                 : hk_fail(hk_run_ctx(files->run), HK_EIO, "%s: cannot be removed: %s", path, strerror(errno));
    free(path);
    return rc;
}

int hk_continual_files_write(hk_continual_files *files, const hk_spike *spikes, size_t n, double resolution_ms)
{
    for (size_t k = 0; k < n; k++, files->n_kept++) {
        double at_ms = hk_time_to_ms(spikes[k].time, resolution_ms);
        int rc = hk_recorder_write(files->recorder, files->population, 1, &at_ms, &spikes[k].neuron);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

/* ---- results ------------------------------------------------------------------------------------------------------ */

static int put(hk_results *file, const char *name, const double *values, size_t n, size_t columns, const char *meaning)
{
    return hk_results_put(file, name,
                          &(hk_array){ .type = HK_F64,
                                       .n_dims = columns == 1 ? 1 : 2,
                                       .shape = { n, columns },
                                       .values = values,
                                       .description = meaning });
}

static int put_rows(hk_results *file, const hk_continual_score *s, bool has_layer)
{
    const size_t n = (size_t)s->n_rows;
    int rc = hk_results_put(file, "continual/images",
                            &(hk_array){ .type = HK_U64,
                                         .n_dims = 1,
                                         .shape = { n },
                                         .values = s->images,
                                         .description = "images of the stream so far, after each block" });
    if (rc == HK_OK)
        rc = put(file, "continual/accuracy", s->matrix, n, K,
                 "after each block: share of the test images of each class decided right; 0 for classes not yet shown");
    if (rc == HK_OK)
        rc = put(file, "continual/online", s->online, n, 1,
                 "share of the block's images decided right before they were learnt");
    if (rc != HK_OK || !has_layer)
        return rc;
    rc = put(file, "continual/fresh", s->fresh, n, 1, "share of the block's images that were new to the layer");
    if (rc == HK_OK)
        rc = put(file, "continual/owners", s->owners, n, K, "neurons named by each class");
    if (rc == HK_OK)
        rc = put(
            file, "continual/drift", s->drift, n, 1,
            "mean 1 - cos of the angle by which receptive fields turned in the block, of neurons not recruited in it");
    if (rc == HK_OK)
        rc = put(file, "continual/replaced", s->replaced, n, 1,
                 "share of the neurons in use before the block that were recruited anew in it");
    return rc;
}

/* Accuracy of the classes shown so far, of the first of them and of all ten: what `hillock plot` draws. */
static int put_curve(hk_results *file, const hk_continual_score *s)
{
    const size_t n = (size_t)s->n_rows;
    double *rows = malloc((4 * n + 1) * sizeof *rows);
    if (rows == NULL)
        return HK_ENOMEM;
    for (size_t k = 0; k < n; k++) {
        rows[4 * k] = (double)s->images[k];
        rows[4 * k + 1] = hk_continual_mean(s, k);
        rows[4 * k + 2] = hk_continual_mean(s, k) * s->known[k] / K;
        rows[4 * k + 3] = s->matrix[k * K];
    }
    int rc = put(file, "accuracy_over_training", rows, n, 4, "mean accuracy of classes, after each block");
    free(rows);
    if (rc == HK_OK)
        rc = hk_results_put_text(file, "accuracy_over_training", "columns",
                                 "images, classes so far, all classes, class 0");
    return rc;
}

/* The most useful neurons of each class: first class by class, then by wins. */
static int put_fields(hk_results *file, const hk_continual_results *r)
{
    const hk_continual_network *net = r->network;
    const uint32_t n = net->settings.neurons, most = MOST_FIELDS / K;
    const uint64_t *wins = hk_continual_wins(net);
    uint64_t n_weights;
    const float *w = hk_projection_weights(net->projection, &n_weights);
    const uint64_t stride = n_weights / net->n_pixels;
    float *fields = calloc((size_t)MOST_FIELDS * net->n_pixels, sizeof *fields);
    bool *taken = calloc(n, sizeof *taken);
    size_t n_fields = 0;
    if (fields == NULL || taken == NULL) {
        free(fields);
        free(taken);
        return HK_ENOMEM;
    }
    for (int c = 0; c < K; c++)
        for (uint32_t k = 0; k < most; k++) {
            uint32_t best = n;
            for (uint32_t j = 0; j < n; j++)
                if (!taken[j] && wins[j] > 0 && hk_continual_name(r->names, j) == c &&
                    (best == n || wins[j] > wins[best]))
                    best = j;
            if (best == n)
                break;
            taken[best] = true;
            for (uint32_t i = 0; i < net->n_pixels; i++)
                fields[n_fields * net->n_pixels + i] = w[i * stride + best];
            n_fields++;
        }
    int rc = n_fields == 0 ? HK_OK
                           : hk_results_put(file, "receptive_fields",
                                            &(hk_array){ .type = HK_F32,
                                                         .n_dims = 3,
                                                         .shape = { n_fields, r->rows, r->cols },
                                                         .values = fields,
                                                         .unit = "mV",
                                                         .description = "of up to 40 neurons a class, those that have "
                                                                        "learnt most often first" });
    free(fields);
    free(taken);
    return rc;
}

static int put_neurons(hk_results *file, const hk_continual_results *r)
{
    const uint32_t n = r->network->settings.neurons;
    int rc = hk_results_put(file, "neurons/wins",
                            &(hk_array){ .type = HK_U64,
                                         .n_dims = 1,
                                         .shape = { n },
                                         .values = hk_continual_wins(r->network),
                                         .description = "images learnt since the neuron was last recruited" });
    if (rc == HK_OK)
        rc = hk_results_put(file, "neurons/recruited",
                            &(hk_array){ .type = HK_U64,
                                         .n_dims = 1,
                                         .shape = { n },
                                         .values = r->score->recruits,
                                         .description = "how often it was recruited" });
    return rc == HK_OK ? put(file, "neurons/names", r->names->share, n, K, "mean of the labels of what it learnt") : rc;
}

int hk_continual_write_results(hk_run *run, const hk_continual_results *results)
{
    if (hk_run_out(run) == NULL)
        return HK_OK;
    hk_results *file = NULL;
    int rc = hk_outcome_open(run, &file);
    if (rc == HK_OK && results->score->n_rows > 0)
        rc = put_rows(file, results->score, results->network != NULL);
    if (rc == HK_OK && results->score->n_rows > 0)
        rc = put_curve(file, results->score);
    if (rc == HK_OK && results->network != NULL)
        rc = put_fields(file, results);
    if (rc == HK_OK && results->network != NULL)
        rc = put_neurons(file, results);
    if (rc == HK_OK && results->confusion != NULL)
        rc = put(file, "confusion", results->confusion, K, K, "test images: true class, class decided");
    if (rc == HK_OK)
        return hk_results_close(file);
    hk_results_discard(file);
    return rc;
}
