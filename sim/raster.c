/* sim/raster.c - see raster.h. */
#include "sim/raster.h"

#include "sim/h5.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Deflate shrinks at most 1032-fold, so a file cannot hold more bytes than that times its size. */
enum { MOST_SHRINKING = 1032, LONGEST_NAME = 1024 };

typedef struct population {
    char *name;
    uint64_t n;
    hid_t times, ids;
} population;

struct hk_raster {
    hk_ctx *ctx;
    hk_h5disk *disk;
    hid_t file;
    population *populations;
    size_t n_populations;
    hk_attribute *attributes;
    size_t n_attributes;
};

static int unsound(const hk_raster *raster, const char *name, const char *what)
{
    return hk_h5_fail(raster->ctx, HK_EFORMAT, raster->disk, "%s: /spikes/%s: %s", hk_h5disk_path(raster->disk), name,
                      what);
}

/* Length of a column of numbers, or -1. */
static int64_t column_length(hid_t set, H5T_class_t kind)
{
    hsize_t length = 0;
    hid_t space = H5Dget_space(set), type = H5Dget_type(set);
    bool sound = H5Sget_simple_extent_ndims(space) == 1 && H5Sget_simple_extent_dims(space, &length, NULL) == 1 &&
                 H5Tget_class(type) == kind;
    H5Tclose(type);
    H5Sclose(space);
    return sound && length <= INT64_MAX ? (int64_t)length : -1;
}

static bool is_in_ms(hid_t times)
{
    char *unit = hk_h5_get_text(times, "units");
    bool ms = unit == NULL || strcmp(unit, "ms") == 0 || strcmp(unit, "milliseconds") == 0;
    free(unit);
    return ms;
}

static int open_population(hk_raster *raster, hid_t spikes, population *p)
{
    hid_t group = H5Gopen2(spikes, p->name, H5P_DEFAULT);
    if (group < 0)
        return unsound(raster, p->name, "no population");
    p->times = H5Dopen2(group, "timestamps", H5P_DEFAULT);
    p->ids = H5Dopen2(group, "node_ids", H5P_DEFAULT);
    H5Gclose(group);
    if (p->times < 0 || p->ids < 0)
        return unsound(raster, p->name, "timestamps or node_ids are missing");
    int64_t n_times = column_length(p->times, H5T_FLOAT), n_ids = column_length(p->ids, H5T_INTEGER);
    if (n_times < 0 || n_ids < 0)
        return unsound(raster, p->name, "timestamps and node_ids are not one column of reals and one of integers");
    if (!is_in_ms(p->times))
        return unsound(raster, p->name, "timestamps are not in ms");
    p->n = (uint64_t)(n_times < n_ids ? n_times : n_ids);
    struct stat about;
    if (fstat(hk_h5disk_fd(raster->disk), &about) != 0 || p->n / MOST_SHRINKING > (uint64_t)about.st_size)
        return unsound(raster, p->name, "claims more spikes than a file of this size can hold");
    return HK_OK;
}

static int open_populations(hk_raster *raster)
{
    hid_t spikes = H5Gopen2(raster->file, "spikes", H5P_DEFAULT);
    H5G_info_t about;
    if (spikes < 0 || H5Gget_info(spikes, &about) < 0)
        return hk_h5_fail(raster->ctx, HK_EFORMAT, raster->disk, "%s: no SONATA spike file: it has no group /spikes",
                          hk_h5disk_path(raster->disk));
    int rc = HK_OK;
    for (hsize_t i = 0; i < about.nlinks && rc == HK_OK; ++i) {
        char name[LONGEST_NAME];
        if (H5Lget_name_by_idx(spikes, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT) < 0) {
            rc = unsound(raster, "", "cannot be listed");
            break;
        }
        population *populations = realloc(raster->populations, (raster->n_populations + 1) * sizeof *populations);
        char *copy = strdup(name);
        if (populations != NULL)
            raster->populations = populations;
        if (populations == NULL || copy == NULL) {
            free(copy);
            rc = hk_fail(raster->ctx, HK_ENOMEM, "%s: out of memory", hk_h5disk_path(raster->disk));
            break;
        }
        population *p = &populations[raster->n_populations++];
        *p = (population){ .name = copy, .times = H5I_INVALID_HID, .ids = H5I_INVALID_HID };
        rc = open_population(raster, spikes, p);
    }
    H5Gclose(spikes);
    return rc;
}

int hk_raster_open(hk_ctx *ctx, const char *path, hk_raster **out)
{
    *out = NULL;
    hk_raster *raster = calloc(1, sizeof *raster);
    if (raster == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: out of memory", path);
    raster->ctx = ctx;
    raster->file = H5I_INVALID_HID;
    int rc = hk_h5disk_read(ctx, path, &raster->disk);
    if (rc == HK_OK) {
        hk_h5_guard guard = hk_h5_lock();
        raster->file = hk_h5_read(raster->disk);
        if (raster->file < 0)
            rc = hk_h5_fail(ctx, HK_EFORMAT, raster->disk, "%s: cannot be opened as an HDF5 file", path);
        else if ((rc = open_populations(raster)) == HK_OK &&
                 hk_h5_list_attributes(raster->file, &raster->attributes, &raster->n_attributes) < 0)
            rc = hk_h5_fail(ctx, HK_EFORMAT, raster->disk, "%s: its attributes cannot be read", path);
        hk_h5_unlock(guard);
    }
    if (rc != HK_OK) {
        hk_raster_close(raster);
        return rc;
    }
    *out = raster;
    return HK_OK;
}

void hk_raster_close(hk_raster *raster)
{
    if (raster == NULL)
        return;
    hk_h5_guard guard = hk_h5_lock();
    for (size_t i = 0; i < raster->n_populations; ++i) {
        if (raster->populations[i].times >= 0)
            H5Dclose(raster->populations[i].times);
        if (raster->populations[i].ids >= 0)
            H5Dclose(raster->populations[i].ids);
        free(raster->populations[i].name);
    }
    if (raster->file >= 0)
        H5Fclose(raster->file);
    hk_h5_unlock(guard);
    hk_attributes_free(raster->attributes, raster->n_attributes);
    hk_h5disk_close(raster->disk);
    free(raster->populations);
    free(raster);
}

size_t hk_raster_n_populations(const hk_raster *raster)
{
    return raster->n_populations;
}

const char *hk_raster_name(const hk_raster *raster, size_t index)
{
    return raster->populations[index].name;
}

uint64_t hk_raster_count(const hk_raster *raster, size_t index)
{
    return raster->populations[index].n;
}

int hk_raster_find(const hk_raster *raster, const char *name, size_t *index)
{
    char known[512] = "";
    for (size_t i = 0; i < raster->n_populations; ++i) {
        const char *has = raster->populations[i].name;
        if (strcmp(has, name) == 0) {
            *index = i;
            return HK_OK;
        }
        if (strlen(known) + strlen(has) + 3 < sizeof known)
            strcat(strcat(known, known[0] == '\0' ? "" : ", "), has);
    }
    return hk_fail(raster->ctx, HK_ENAME, "%s: no population %s; it has: %s", hk_h5disk_path(raster->disk), name,
                   known);
}

static int read_column(hid_t set, uint64_t first, size_t n, hid_t type, void *out)
{
    hid_t file_space = H5Dget_space(set), memory_space = H5Screate_simple(1, (hsize_t[]){ n }, NULL);
    int rc = H5Sselect_hyperslab(file_space, H5S_SELECT_SET, (hsize_t[]){ first }, NULL, (hsize_t[]){ n }, NULL);
    if (rc >= 0)
        rc = H5Dread(set, type, memory_space, file_space, H5P_DEFAULT, out);
    H5Sclose(memory_space);
    H5Sclose(file_space);
    return rc;
}

/* Read as what they are: HDF5 would turn a negative number into 0 where it becomes an unsigned one. */
static int read_ids(hk_raster *raster, const population *p, uint64_t first, size_t n, uint64_t *ids)
{
    hid_t type = H5Dget_type(p->ids);
    bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
    H5Tclose(type);
    if (read_column(p->ids, first, n, is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64, ids) < 0)
        return unsound(raster, p->name, "cannot be read");
    for (size_t k = 0; is_signed && k < n; k++)
        if (ids[k] > INT64_MAX)
            return hk_fail(raster->ctx, HK_EFORMAT,
                           "%s: population %s: node_ids of spike %llu is %lld, must be at least 0",
                           hk_h5disk_path(raster->disk), p->name, (unsigned long long)(first + k), (long long)ids[k]);
    return HK_OK;
}

int hk_raster_read(hk_raster *raster, size_t index, uint64_t first, size_t n, double *times_ms, uint64_t *ids)
{
    const population *p = &raster->populations[index];
    if (first > p->n || n > p->n - first)
        return hk_fail(raster->ctx, HK_ERANGE, "%s: %zu spikes from number %llu of population %s, which has %llu",
                       hk_h5disk_path(raster->disk), n, (unsigned long long)first, p->name, (unsigned long long)p->n);
    if (n == 0)
        return HK_OK;
    int rc = HK_OK;
    hk_h5_guard guard = hk_h5_lock();
    if (times_ms != NULL && read_column(p->times, first, n, H5T_NATIVE_DOUBLE, times_ms) < 0)
        rc = unsound(raster, p->name, "cannot be read");
    if (rc == HK_OK && ids != NULL)
        rc = read_ids(raster, p, first, n, ids);
    hk_h5_unlock(guard);
    return rc;
}

const hk_attribute *hk_raster_attributes(const hk_raster *raster, size_t *n)
{
    *n = raster->n_attributes;
    return raster->attributes;
}
