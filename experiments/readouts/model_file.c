/* experiments/readouts/model_file.c - see model_file.h. */
#include "experiments/readouts/model_file.h"

#include "experiments/paths.h"
#include "sim/npy.h"
#include "sim/version.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_npy(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".npy") == 0;
}

/* x-model.h5 for x.npy, to be freed. */
static int path_beside(hk_ctx *ctx, const char *npy, char **out)
{
    *out = malloc(strlen(npy) + sizeof "-model.h5");
    if (*out == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for a path");
    sprintf(*out, "%.*s-model.h5", (int)(strlen(npy) - 4), npy);
    return HK_OK;
}

/* ---- saving ---- */

static int save_h5(const hk_readout_job *job, const hk_readout *readout, const void *model, const char *path)
{
    hk_results *file;
    int rc = hk_results_open(job->ctx, path, HK_RESULTS_CREATE, &file);
    if (rc != HK_OK)
        return rc;
    char *config = hk_values_config(job->values);
    rc = hk_results_put_text(file, "", "readout", readout->name);
    if (rc == HK_OK)
        rc = hk_results_put_text(file, "", "hillock", hk_version());
    if (rc == HK_OK && config != NULL)
        rc = hk_results_put_text(file, "", "config", config);
    if (rc == HK_OK)
        rc = readout->save(model, file);
    free(config);
    if (rc == HK_OK)
        return hk_results_close(file);
    hk_results_discard(file);
    return rc;
}

/* The weights as they stand in the model's file. */
static int export_weights(hk_ctx *ctx, const hk_readout *readout, const char *model_path, const char *path)
{
    hk_results *file;
    int rc = hk_results_open(ctx, model_path, HK_RESULTS_READ, &file);
    if (rc != HK_OK)
        return rc;
    const hk_results_entry *entry = hk_results_find(file, readout->weights);
    void *values = entry == NULL ? NULL : malloc(entry->n * hk_type_size(entry->type) + 1);
    if (values == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "%s: no memory for %s", path, readout->weights);
    if (rc == HK_OK)
        rc = hk_results_get(file, readout->weights, entry->type, values, entry->n);
    if (rc == HK_OK)
        rc = hk_npy_write(ctx, path, entry->type, entry->n_dims, entry->shape, values);
    free(values);
    hk_results_discard(file);
    return rc;
}

int hk_readout_model_save(const hk_readout_job *job, const hk_readout *readout, const void *model, const char *path)
{
    char *model_path;
    int rc = hk_make_parents(job->ctx, path);
    if (rc != HK_OK || !is_npy(path))
        return rc == HK_OK ? save_h5(job, readout, model, path) : rc;
    rc = path_beside(job->ctx, path, &model_path);
    if (rc != HK_OK)
        return rc;
    rc = save_h5(job, readout, model, model_path);
    if (rc == HK_OK)
        rc = export_weights(job->ctx, readout, model_path, path);
    free(model_path);
    return rc;
}

/* ---- loading ---- */

static int check_readout(hk_ctx *ctx, const hk_readout *readout, hk_results *file, const char *path)
{
    hk_attribute *attributes;
    size_t n;
    bool is_ours = false;
    int rc = hk_results_attributes(file, "", &attributes, &n);
    if (rc != HK_OK)
        return rc;
    for (size_t k = 0; k < n; k++)
        is_ours |= strcmp(attributes[k].name, "readout") == 0 && strcmp(attributes[k].text, readout->name) == 0;
    hk_attributes_free(attributes, n);
    return is_ours ? HK_OK : hk_fail(ctx, HK_EFORMAT, "%s was not saved by the readout %s", path, readout->name);
}

/* Loads from HDF5. Unless `weights` is NULL, they come from the file `source` instead, which then is to blame. */
static int load_h5(const hk_readout_job *job, const hk_readout *readout, const char *path, const hk_npy *weights,
                   const char *source, void **model)
{
    hk_results *file;
    int rc = hk_results_open(job->ctx, path, HK_RESULTS_READ, &file);
    if (rc != HK_OK)
        return rc;
    rc = check_readout(job->ctx, readout, file, path);
    if (rc == HK_OK) {
        if (weights != NULL)
            rc = hk_results_override(file, readout->weights, weights->type, weights->n_dims, weights->shape,
                                     weights->values);
        if (rc == HK_OK)
            rc = readout->load(job, file, model);
        if (rc != HK_OK) {
            char why[400];
            snprintf(why, sizeof why, "%s", hk_ctx_message(job->ctx));
            rc = hk_fail(job->ctx, rc, "what %.200s has learnt cannot be used: %s", source, why);
        }
    }
    hk_results_discard(file);
    return rc;
}

int hk_readout_model_load(const hk_readout_job *job, const hk_readout *readout, const char *path, void **model)
{
    hk_npy weights;
    char *model_path;
    *model = NULL;
    if (!is_npy(path))
        return load_h5(job, readout, path, NULL, path, model);
    int rc = hk_npy_read(job->ctx, path, &weights);
    if (rc != HK_OK)
        return rc;
    rc = path_beside(job->ctx, path, &model_path);
    if (rc == HK_OK) {
        rc = access(model_path, F_OK) != 0
                 ? hk_fail(job->ctx, HK_EIO, "%s has the weights only, and %s with the rest of the model is missing",
                           path, model_path)
                 : load_h5(job, readout, model_path, &weights, path, model);
        free(model_path);
    }
    hk_npy_free(&weights);
    return rc;
}
