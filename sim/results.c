/* sim/results.c - see results.h. */
#include "sim/results.h"

#include "sim/filemove.h"
#include "sim/h5.h"
#include "sim/results_list.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hk_results {
    hk_ctx *ctx;
    hk_results_mode mode;
    char *path;
    char *part; /* CREATE: the file written first */
    hk_h5disk *disk;
    hid_t file;
    hk_results_entry *entries;
    size_t n_entries;
    int status; /* of the first put that failed; then nothing is added */
};

static int fail_put(hk_results *results, const char *name)
{
    return results->status = hk_h5_fail(results->ctx, HK_EIO, results->disk, "%s: cannot write %s", results->path,
                                        name);
}

/* ---- opening and closing ---- */

static int open_disk(hk_results *results)
{
    int rc;
    switch (results->mode) {
    case HK_RESULTS_CREATE:
        rc = hk_file_beside(results->ctx, results->path, &results->part);
        return rc == HK_OK ? hk_h5disk_create(results->ctx, results->part, &results->disk) : rc;
    case HK_RESULTS_ADD:
        return hk_h5disk_change(results->ctx, results->path, &results->disk);
    case HK_RESULTS_READ:
        return hk_h5disk_read(results->ctx, results->path, &results->disk);
    }
    return hk_fail(results->ctx, HK_ERANGE, "%s: no such mode: %d", results->path, (int)results->mode);
}

static int open_hdf5(hk_results *results)
{
    if (results->mode != HK_RESULTS_CREATE && hk_h5disk_end(results->disk) == 0) /* HDF5 would take it for a new one */
        return hk_fail(results->ctx, HK_EFORMAT, "%s: the file is empty, must be an HDF5 file", results->path);
    results->file = results->mode == HK_RESULTS_CREATE ? hk_h5_create(results->disk, 8)
                    : results->mode == HK_RESULTS_ADD  ? hk_h5_change(results->disk, 8)
                                                       : hk_h5_read(results->disk);
    if (results->file < 0)
        return hk_h5_fail(results->ctx, HK_EFORMAT, results->disk, "%s: cannot be opened as an HDF5 file",
                          results->path);
    return hk_results_list(results->ctx, results->disk, results->file, &results->entries, &results->n_entries);
}

int hk_results_open(hk_ctx *ctx, const char *path, hk_results_mode mode, hk_results **out)
{
    *out = NULL;
    hk_results *results = calloc(1, sizeof *results);
    char *copy = strdup(path);
    if (results == NULL || copy == NULL) {
        free(results);
        free(copy);
        return hk_fail(ctx, HK_ENOMEM, "%s: out of memory", path);
    }
    results->ctx = ctx;
    results->mode = mode;
    results->path = copy;
    results->file = H5I_INVALID_HID;
    int rc = open_disk(results);
    if (rc == HK_OK) {
        hk_h5_guard guard = hk_h5_lock();
        rc = open_hdf5(results);
        hk_h5_unlock(guard);
    }
    if (rc != HK_OK) {
        hk_results_discard(results);
        return rc;
    }
    *out = results;
    return HK_OK;
}

static int close_hdf5(hk_results *results)
{
    int rc = HK_OK;
    hk_h5_guard guard = hk_h5_lock();
    bool closed = results->file < 0 || H5Fclose(results->file) >= 0;
    if (!closed || (results->disk != NULL && hk_h5disk_failure(results->disk) != 0))
        rc = fail_put(results, "its end");
    results->file = H5I_INVALID_HID;
    hk_h5_unlock(guard);
    return rc;
}

void hk_results_discard(hk_results *results)
{
    if (results == NULL)
        return;
    results->ctx = NULL; /* nothing that happens now is worth a sentence */
    (void)close_hdf5(results);
    if (results->part != NULL && results->disk != NULL)
        unlink(results->part);
    hk_h5disk_close(results->disk);
    hk_results_list_free(results->entries, results->n_entries);
    free(results->part);
    free(results->path);
    free(results);
}

int hk_results_close(hk_results *results)
{
    if (results == NULL)
        return HK_OK;
    int rc = HK_OK;
    if (results->mode != HK_RESULTS_READ) {
        if (results->status != HK_OK)
            rc = hk_fail(results->ctx, HK_ESTATE, "%s: nothing was added, because a result could not be written",
                         results->path);
        else if ((rc = close_hdf5(results)) == HK_OK &&
                 (rc = hk_h5disk_publish(results->disk, results->ctx)) == HK_OK && results->part != NULL &&
                 (rc = hk_file_replace(results->ctx, results->part, results->path)) == HK_OK) {
            free(results->part);
            results->part = NULL;
        }
    }
    hk_results_discard(results);
    return rc;
}

/* ---- putting ---- */

static int check_put(hk_results *results, const char *name)
{
    if (results->mode == HK_RESULTS_READ)
        return hk_fail(results->ctx, HK_ESTATE, "%s: %s: the file is open for reading", results->path, name);
    size_t length = strlen(name);
    bool sound = length > 0 && length < 4096 && name[0] != '/' && name[length - 1] != '/' && strstr(name, "//") == NULL;
    for (const char *part = name; sound && part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        size_t n = strcspn(part, "/");
        sound = !(n == 1 && part[0] == '.');
    }
    return sound
               ? HK_OK
               : hk_fail(results->ctx, HK_ERANGE, "%s: name \"%s\" must be like \"group/array\"", results->path, name);
}

/* Does `name` lead to an object? H5Lexists wants every step of the way to exist. */
static bool exists(hid_t file, const char *name)
{
    char path[4096];
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        memcpy(path, name, (size_t)(slash - name));
        path[slash - name] = '\0';
        if (H5Lexists(file, path, H5P_DEFAULT) <= 0)
            return false;
    }
    return H5Lexists(file, name, H5P_DEFAULT) > 0;
}

static hid_t create_array(hid_t file, const char *name, const hk_array *array)
{
    hsize_t dims[HK_MOST_DIMS];
    for (unsigned d = 0; d < array->n_dims; ++d)
        dims[d] = array->shape[d];
    hid_t space = H5Screate_simple((int)array->n_dims, dims, NULL), links = H5Pcreate(H5P_LINK_CREATE);
    hid_t set = H5I_INVALID_HID;
    if (H5Pset_create_intermediate_group(links, 1) >= 0)
        set = H5Dcreate2(file, name, hk_h5_file_type(array->type), space, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Pclose(links);
    H5Sclose(space);
    return set;
}

/* A group is never replaced: its arrays would go with it. */
static bool is_group(hid_t file, const char *name)
{
    hid_t object = exists(file, name) ? H5Oopen(file, name, H5P_DEFAULT) : H5I_INVALID_HID;
    bool group = object >= 0 && H5Iget_type(object) == H5I_GROUP;
    if (object >= 0)
        H5Oclose(object);
    return group;
}

static int put_array(hk_results *results, const char *name, const hk_array *array, bool empty)
{
    if (is_group(results->file, name))
        return hk_fail(results->ctx, HK_ERANGE, "%s: %s is a group, which no array replaces", results->path, name);
    if (exists(results->file, name) && H5Ldelete(results->file, name, H5P_DEFAULT) < 0)
        return fail_put(results, name);
    hid_t set = create_array(results->file, name, array);
    if (set < 0)
        return fail_put(results, name);
    hid_t type = hk_h5_memory_type(array->type);
    bool sound = empty || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array->values) >= 0;
    if (array->unit != NULL && array->unit[0] != '\0')
        sound = sound && hk_h5_put_text(set, "units", array->unit) >= 0;
    if (array->description != NULL)
        sound = sound && hk_h5_put_text(set, "description", array->description) >= 0;
    sound = H5Dclose(set) >= 0 && sound && hk_h5disk_failure(results->disk) == 0;
    return sound ? HK_OK : fail_put(results, name);
}

int hk_results_put(hk_results *results, const char *name, const hk_array *array)
{
    int rc = check_put(results, name);
    if (rc != HK_OK)
        return rc;
    if (hk_type_size(array->type) == 0 || array->n_dims < 1 || array->n_dims > HK_MOST_DIMS)
        return hk_fail(results->ctx, HK_ERANGE, "%s: %s has type %d and %u dimensions, not one of ours and 1 to %d",
                       results->path, name, (int)array->type, array->n_dims, (int)HK_MOST_DIMS);
    bool empty = false;
    for (unsigned d = 0; d < array->n_dims; ++d)
        empty = empty || array->shape[d] == 0;
    if (!empty && array->values == NULL)
        return hk_fail(results->ctx, HK_ERANGE, "%s: %s has a shape but no values", results->path, name);
    hk_h5_guard guard = hk_h5_lock();
    rc = put_array(results, name, array, empty);
    hk_h5_unlock(guard);
    return rc;
}

/* Opens a group or array; "" is the file itself. */
static int open_object(hk_results *results, const char *object, hid_t *out)
{
    *out = H5I_INVALID_HID;
    if (object[0] == '\0')
        *out = H5Oopen(results->file, "/", H5P_DEFAULT);
    else if (strlen(object) < 4096 && exists(results->file, object))
        *out = H5Oopen(results->file, object, H5P_DEFAULT);
    if (*out >= 0)
        return HK_OK;
    H5Eclear2(H5E_DEFAULT);
    return hk_fail(results->ctx, HK_ENAME, "%s: has no %s", results->path, object[0] == '\0' ? "root group" : object);
}

typedef int (*put_attribute)(hid_t object, const char *name, const void *value);

static int put_text(hid_t object, const char *name, const void *value)
{
    return hk_h5_put_text(object, name, value);
}

static int put_number(hid_t object, const char *name, const void *value)
{
    return hk_h5_put_number(object, name, HK_F64, value);
}

static int put(hk_results *results, const char *object, const char *name, put_attribute write, const void *value)
{
    if (results->mode == HK_RESULTS_READ)
        return hk_fail(results->ctx, HK_ESTATE, "%s: %s: the file is open for reading", results->path, name);
    if (name[0] == '\0')
        return hk_fail(results->ctx, HK_ERANGE, "%s: an attribute needs a name", results->path);
    hid_t id;
    hk_h5_guard guard = hk_h5_lock();
    int rc = open_object(results, object, &id);
    if (rc == HK_OK) {
        if (write(id, name, value) < 0)
            rc = fail_put(results, name);
        H5Oclose(id);
    }
    hk_h5_unlock(guard);
    return rc;
}

int hk_results_put_text(hk_results *results, const char *object, const char *name, const char *text)
{
    return put(results, object, name, put_text, text);
}

int hk_results_put_number(hk_results *results, const char *object, const char *name, double value)
{
    return put(results, object, name, put_number, &value);
}

/* ---- getting ---- */

const hk_results_entry *hk_results_entries(const hk_results *results, size_t *n)
{
    *n = results->n_entries;
    return results->entries;
}

const hk_results_entry *hk_results_find(const hk_results *results, const char *name)
{
    for (size_t i = 0; i < results->n_entries; ++i)
        if (strcmp(results->entries[i].name, name) == 0)
            return &results->entries[i];
    return NULL;
}

int hk_results_get(hk_results *results, const char *name, hk_type type, void *values, size_t n)
{
    const hk_results_entry *entry = hk_results_find(results, name);
    if (entry == NULL)
        return hk_fail(results->ctx, HK_ENAME, "%s: has no array %s", results->path, name);
    if (entry->type != type || entry->n != n)
        return hk_fail(results->ctx, HK_EFORMAT, "%s: %s has %zu values of %s, expected %zu of %s", results->path, name,
                       entry->n, hk_type_name(entry->type), n, hk_type_name(type));
    if (n == 0)
        return HK_OK;
    if (entry->override != NULL) {
        memcpy(values, entry->override, n * hk_type_size(type));
        return HK_OK;
    }
    hk_h5_guard guard = hk_h5_lock();
    hid_t set = H5Dopen2(results->file, name, H5P_DEFAULT), space = set < 0 ? set : H5Dget_space(set);
    int rc = HK_OK;
    /* The file may have been growing: ask again how much will be read. */
    if (space < 0 || H5Sget_simple_extent_npoints(space) != (hssize_t)n ||
        H5Dread(set, hk_h5_memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        rc = hk_h5_fail(results->ctx, HK_EFORMAT, results->disk, "%s: %s cannot be read", results->path, name);
    if (space >= 0)
        H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    hk_h5_unlock(guard);
    return rc;
}

/* "float32 [3][4]" */
static void describe(char *out, size_t size, hk_type type, unsigned n_dims, const size_t *shape)
{
    int used = snprintf(out, size, "%s ", hk_type_name(type));
    for (unsigned d = 0; d < n_dims; ++d)
        used += snprintf(out + used, size - (size_t)used, "[%zu]", shape[d]);
}

int hk_results_override(hk_results *results, const char *name, hk_type type, unsigned n_dims, const size_t *shape,
                        const void *values)
{
    if (results->mode != HK_RESULTS_READ)
        return hk_fail(results->ctx, HK_ESTATE, "%s: %s: the file is not open for reading", results->path, name);
    for (size_t i = 0; i < results->n_entries; ++i) {
        hk_results_entry *entry = &results->entries[i];
        if (strcmp(entry->name, name) != 0)
            continue;
        if (entry->type != type || entry->n_dims != n_dims ||
            memcmp(entry->shape, shape, n_dims * sizeof *shape) != 0) {
            char has[128], given[128];
            describe(has, sizeof has, entry->type, entry->n_dims, entry->shape);
            describe(given, sizeof given, type, n_dims, shape);
            return hk_fail(results->ctx, HK_EFORMAT, "%s: %s is %s, which %s cannot replace", results->path, name, has,
                           given);
        }
        entry->override = values;
        return HK_OK;
    }
    return hk_fail(results->ctx, HK_ENAME, "%s: has no array %s", results->path, name);
}

int hk_results_attributes(hk_results *results, const char *object, hk_attribute **out, size_t *n)
{
    *out = NULL;
    *n = 0;
    hid_t id;
    hk_h5_guard guard = hk_h5_lock();
    int rc = open_object(results, object, &id);
    if (rc == HK_OK) {
        if (hk_h5_list_attributes(id, out, n) < 0)
            rc = hk_h5_fail(results->ctx, HK_EFORMAT, results->disk, "%s: the attributes of %s cannot be read",
                            results->path, object);
        H5Oclose(id);
    }
    hk_h5_unlock(guard);
    return rc;
}
