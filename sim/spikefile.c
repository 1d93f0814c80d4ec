/* sim/spikefile.c - see spikefile.h. */
#include "sim/spikefile.h"

#include "sim/filemove.h"
#include "sim/h5.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Values in a chunk: 128 KiB, large against the 8 bytes of its index entry, small for a population that hardly spikes. */
enum { CHUNK = 16384 };
/* Whatever is rewritten in place starts on a page, so that a kill does not tear it in two. */
enum { PAGE = 4096 };

typedef struct population {
    char *name;
    uint64_t n; /* values appended */
    hid_t times, ids;
    bool unflushed;
} population;

struct hk_spikefile {
    char *path;
    char *part; /* a new file before start; NULL otherwise */
    hk_h5disk *disk;
    hid_t file, spikes;
    bool started;
    population *populations;
    uint32_t n_populations;
};

/* Is a population of that name added already? */
static bool is_added(const hk_spikefile *file, const char *name)
{
    for (uint32_t i = 0; i < file->n_populations; ++i)
        if (strcmp(file->populations[i].name, name) == 0)
            return true;
    return false;
}

static int failed(const hk_spikefile *file, hk_ctx *ctx, const char *name)
{
    return hk_h5_fail(ctx, HK_EIO, file->disk, "%s: cannot write %s", file->path, name);
}

/* ---- creating and opening ---- */

static hk_spikefile *new_file(const char *path)
{
    hk_spikefile *file = calloc(1, sizeof *file);
    if (file == NULL)
        return NULL;
    file->file = file->spikes = H5I_INVALID_HID;
    file->path = strdup(path);
    if (file->path == NULL) {
        free(file);
        return NULL;
    }
    return file;
}

static int write_frame(hk_spikefile *file, hk_ctx *ctx)
{
    static const uint32_t magic = 0x0A7A, version[2] = { 0, 1 };
    int rc = HK_OK;
    hk_h5_guard guard = hk_h5_lock();
    file->file = hk_h5_create(file->disk, PAGE);
    if (file->file < 0 || hk_h5_put_number(file->file, "magic", HK_U32, &magic) < 0 ||
        hk_h5_put_numbers(file->file, "version", HK_U32, version, 2) < 0 ||
        (file->spikes = H5Gcreate2(file->file, "spikes", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)) < 0)
        rc = failed(file, ctx, "its frame");
    hk_h5_unlock(guard);
    return rc;
}

/* A file that somebody reads or writes now is not replaced: two runs given one --out would lose one of the rasters. */
static int check_replaceable(hk_ctx *ctx, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return HK_OK;
    bool busy = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return busy ? hk_fail(ctx, HK_EIO, "%s: another program has this file open; it is not replaced", path) : HK_OK;
}

int hk_spikefile_create(hk_ctx *ctx, const char *path, hk_spikefile **out)
{
    *out = NULL;
    hk_spikefile *file = new_file(path);
    if (file == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: out of memory", path);
    int rc = check_replaceable(ctx, path);
    if (rc == HK_OK)
        rc = hk_file_beside(ctx, path, &file->part);
    if (rc == HK_OK)
        rc = hk_h5disk_create(ctx, file->part, &file->disk);
    if (rc == HK_OK)
        rc = write_frame(file, ctx);
    if (rc != HK_OK) {
        hk_spikefile_discard(file);
        return rc;
    }
    *out = file;
    return HK_OK;
}

int hk_spikefile_reopen(hk_ctx *ctx, const char *path, hk_spikefile **out)
{
    *out = NULL;
    hk_spikefile *file = new_file(path);
    if (file == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: out of memory", path);
    int rc = hk_h5disk_change(ctx, path, &file->disk);
    if (rc == HK_OK) {
        hk_h5_guard guard = hk_h5_lock();
        file->file = hk_h5_change(file->disk, PAGE);
        if (file->file < 0)
            rc = hk_h5_fail(ctx, HK_EFORMAT, file->disk, "%s: cannot be opened as an HDF5 file", path);
        else if ((file->spikes = H5Gopen2(file->file, "spikes", H5P_DEFAULT)) < 0)
            rc = hk_h5_fail(ctx, HK_EFORMAT, file->disk, "%s: is no SONATA spike file", path);
        hk_h5_unlock(guard);
    }
    if (rc != HK_OK) {
        hk_spikefile_discard(file);
        return rc;
    }
    *out = file;
    return HK_OK;
}

/* ---- populations ---- */

static int put_sorting(hid_t group)
{
    static const signed char none = 0, by_id = 1, by_time = 2;
    hid_t type = H5Tenum_create(H5T_STD_I8LE), space = H5Screate(H5S_SCALAR);
    H5Tenum_insert(type, "none", &none);
    H5Tenum_insert(type, "by_id", &by_id);
    H5Tenum_insert(type, "by_time", &by_time);
    hid_t attribute = H5Acreate2(group, "sorting", type, space, H5P_DEFAULT, H5P_DEFAULT);
    int rc = attribute < 0 ? -1 : H5Awrite(attribute, type, &by_time);
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    return rc;
}

static int create_column(hid_t group, const char *name, hk_type type, const char *unit)
{
    hid_t space = H5Screate_simple(1, (hsize_t[]){ 0 }, (hsize_t[]){ H5S_UNLIMITED });
    hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    hid_t set = H5I_INVALID_HID;
    if (H5Pset_chunk(how, 1, (hsize_t[]){ CHUNK }) >= 0 && H5Pset_fill_time(how, H5D_FILL_TIME_NEVER) >= 0)
        set = H5Dcreate2(group, name, hk_h5_file_type(type), space, H5P_DEFAULT, how, H5P_DEFAULT);
    int rc = set < 0 ? -1 : 0;
    if (rc == 0 && unit != NULL)
        rc = hk_h5_put_text(set, "units", unit);
    if (set >= 0 && H5Dclose(set) < 0)
        rc = -1;
    H5Pclose(how);
    H5Sclose(space);
    return rc;
}

static int create_population(hk_spikefile *file, hk_ctx *ctx, const char *name, uint64_t n_kept)
{
    if (n_kept > 0)
        return hk_fail(ctx, HK_ERANGE, "%s: %llu spikes of population %s are to be kept, but the file has none of it",
                       file->path, (unsigned long long)n_kept, name);
    hid_t group = H5Gcreate2(file->spikes, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    int rc = HK_OK;
    if (group < 0 || put_sorting(group) < 0 || create_column(group, "timestamps", HK_F64, "ms") < 0 ||
        create_column(group, "node_ids", HK_U64, NULL) < 0)
        rc = failed(file, ctx, name);
    if (group >= 0)
        H5Gclose(group);
    return rc;
}

/* Opens a column of a population so that values written go to the file at once, not into a cache of chunks. */
static hid_t open_column(const hk_spikefile *file, const char *name, const char *column)
{
    hid_t group = H5Gopen2(file->spikes, name, H5P_DEFAULT);
    if (group < 0)
        return group;
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS), set = H5I_INVALID_HID;
    if (H5Pset_chunk_cache(access, 1, 0, 1.0) >= 0)
        set = H5Dopen2(group, column, access);
    H5Pclose(access);
    H5Gclose(group);
    return set;
}

/* Length of a column, or -1 when it is not of the kind that create_column() makes. */
static int64_t column_length(hid_t set, hk_type type)
{
    hsize_t length = 0, most = 0;
    hid_t space = H5Dget_space(set), has = H5Dget_type(set), how = H5Dget_create_plist(set);
    bool sound = H5Sget_simple_extent_ndims(space) == 1 && H5Sget_simple_extent_dims(space, &length, &most) == 1 &&
                 most == H5S_UNLIMITED && H5Tequal(has, hk_h5_file_type(type)) > 0 &&
                 H5Pget_layout(how) == H5D_CHUNKED && H5Pget_nfilters(how) == 0;
    H5Pclose(how);
    H5Tclose(has);
    H5Sclose(space);
    return sound && length <= INT64_MAX ? (int64_t)length : -1;
}

static int move_values(hid_t set, uint64_t from, size_t n, hk_type type, void *values, bool writing)
{
    hid_t file_space = H5Dget_space(set), memory_space = H5Screate_simple(1, (hsize_t[]){ n }, NULL);
    int rc = H5Sselect_hyperslab(file_space, H5S_SELECT_SET, (hsize_t[]){ from }, NULL, (hsize_t[]){ n }, NULL);
    if (rc >= 0)
        rc = writing ? H5Dwrite(set, hk_h5_memory_type(type), memory_space, file_space, H5P_DEFAULT, values)
                     : H5Dread(set, hk_h5_memory_type(type), memory_space, file_space, H5P_DEFAULT, values);
    H5Sclose(memory_space);
    H5Sclose(file_space);
    return rc;
}

/* Cuts a population of a reopened file back to n_kept spikes. */
static int cut_population(hk_spikefile *file, hk_ctx *ctx, const char *name, uint64_t n_kept, double *last_ms)
{
    int rc = HK_OK;
    hid_t times = open_column(file, name, "timestamps"), ids = open_column(file, name, "node_ids");
    int64_t n_times = times < 0 ? -1 : column_length(times, HK_F64), n_ids = ids < 0 ? -1 : column_length(ids, HK_U64);
    int64_t n = n_times < n_ids ? n_times : n_ids;
    if (n < 0)
        rc = hk_fail(ctx, HK_EFORMAT, "%s: /spikes/%s was not recorded by Hillock: it cannot be continued", file->path,
                     name);
    else if (n_kept > (uint64_t)n)
        rc = hk_fail(ctx, HK_ERANGE, "%s: %llu spikes of population %s are to be kept, but the file has %lld",
                     file->path, (unsigned long long)n_kept, name, (long long)n);
    else if ((n_kept > 0 && move_values(times, n_kept - 1, 1, HK_F64, last_ms, false) < 0) ||
             H5Dset_extent(times, &(hsize_t){ n_kept }) < 0 || H5Dset_extent(ids, &(hsize_t){ n_kept }) < 0)
        rc = hk_h5_fail(ctx, HK_EFORMAT, file->disk, "%s: cannot cut /spikes/%s back to %llu spikes", file->path, name,
                        (unsigned long long)n_kept);
    if (times >= 0)
        H5Dclose(times);
    if (ids >= 0)
        H5Dclose(ids);
    return rc;
}

int hk_spikefile_add_population(hk_spikefile *file, hk_ctx *ctx, const char *name, uint64_t n_kept, double *last_ms)
{
    assert(!file->started);
    *last_ms = -INFINITY;
    if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0)
        return hk_fail(ctx, HK_ERANGE, "recorder: population name \"%s\": not empty, no '/', not \".\"", name);
    if (is_added(file, name))
        return hk_fail(ctx, HK_ERANGE, "recorder: population name \"%s\" is taken", name);
    size_t n = file->n_populations;
    population *populations = realloc(file->populations, (n + 1) * sizeof *populations);
    char *copy = strdup(name);
    if (populations != NULL)
        file->populations = populations;
    if (populations == NULL || copy == NULL) {
        free(copy);
        return hk_fail(ctx, HK_ENOMEM, "recorder: no memory for population %s", name);
    }
    hk_h5_guard guard = hk_h5_lock();
    int rc = H5Lexists(file->spikes, name, H5P_DEFAULT) > 0 ? cut_population(file, ctx, name, n_kept, last_ms)
                                                            : create_population(file, ctx, name, n_kept);
    hk_h5_unlock(guard);
    if (rc != HK_OK) {
        free(copy);
        return rc;
    }
    populations[n] = (population){ .name = copy, .n = n_kept, .times = H5I_INVALID_HID, .ids = H5I_INVALID_HID };
    file->n_populations = (uint32_t)n + 1;
    return HK_OK;
}

int hk_spikefile_set_attribute(hk_spikefile *file, hk_ctx *ctx, const char *name, const char *text)
{
    assert(!file->started);
    hk_h5_guard guard = hk_h5_lock();
    int rc = name[0] == '\0' || hk_h5_put_text(file->file, name, text) < 0 ? failed(file, ctx, name) : HK_OK;
    hk_h5_unlock(guard);
    return rc;
}

/* ---- writing ---- */

/* A population of the file that this run does not have would keep its spikes from after the checkpoint. */
static int check_all_added(const hk_spikefile *file, hk_ctx *ctx)
{
    H5G_info_t about;
    if (H5Gget_info(file->spikes, &about) < 0)
        return failed(file, ctx, "/spikes");
    for (hsize_t i = 0; i < about.nlinks; ++i) {
        char name[256];
        if (H5Lget_name_by_idx(file->spikes, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT) < 0)
            return failed(file, ctx, "/spikes");
        if (about.nlinks > file->n_populations && !is_added(file, name))
            return hk_fail(ctx, HK_EFORMAT,
                           "%s: holds population %s, which this run does not record: it cannot go on there", file->path,
                           name);
    }
    return HK_OK;
}

static int open_columns(hk_spikefile *file, hk_ctx *ctx)
{
    file->spikes = H5Gopen2(file->file, "spikes", H5P_DEFAULT);
    for (uint32_t i = 0; i < file->n_populations; ++i) {
        population *p = &file->populations[i];
        p->times = open_column(file, p->name, "timestamps");
        p->ids = open_column(file, p->name, "node_ids");
        if (p->times < 0 || p->ids < 0 || H5Odisable_mdc_flushes(p->times) < 0 || H5Odisable_mdc_flushes(p->ids) < 0)
            return failed(file, ctx, p->name);
    }
    return HK_OK;
}

/* The order matters. What was prepared goes into the file while nobody else can see it, or at once; then the file grows in
 * HDF5's SWMR order; then it gets its name. */
int hk_spikefile_start(hk_spikefile *file, hk_ctx *ctx)
{
    assert(!file->started);
    hk_h5_guard guard = hk_h5_lock();
    int rc = check_all_added(file, ctx);
    H5Gclose(file->spikes); /* SWMR starts without open objects */
    file->spikes = H5I_INVALID_HID;
    if (rc == HK_OK && H5Fflush(file->file, H5F_SCOPE_LOCAL) < 0)
        rc = failed(file, ctx, "its frame");
    if (rc == HK_OK)
        rc = hk_h5disk_publish(file->disk, ctx);
    if (rc == HK_OK) {
        hk_h5disk_stream(file->disk);
        if (H5Fstart_swmr_write(file->file) < 0)
            rc = failed(file, ctx, "in SWMR mode");
    }
    if (rc == HK_OK)
        rc = open_columns(file, ctx);
    hk_h5_unlock(guard);
    if (rc == HK_OK && file->part != NULL)
        rc = hk_file_replace(ctx, file->part, file->path);
    if (rc == HK_OK) {
        free(file->part);
        file->part = NULL;
        file->started = true;
    }
    return rc;
}

/* Lets the new length of a column out of HDF5's cache, after all that it refers to. */
static int flush_column(hid_t set)
{
    return H5Oenable_mdc_flushes(set) < 0 || H5Dflush(set) < 0 || H5Odisable_mdc_flushes(set) < 0 ? -1 : 0;
}

/* The disk is full, say: forgets the spikes of this append, and makes those before it readable. */
static void rescue(hk_spikefile *file, population *p)
{
    const hsize_t end = p->n;
    if (!hk_h5disk_retry(file->disk) || H5Dset_extent(p->ids, &end) < 0 || H5Dset_extent(p->times, &end) < 0)
        return;
    for (uint32_t i = 0; i < file->n_populations; ++i)
        if (flush_column(file->populations[i].ids) < 0 || flush_column(file->populations[i].times) < 0)
            return;
}

int hk_spikefile_append(hk_spikefile *file, hk_ctx *ctx, uint32_t index, size_t n, const double *times_ms,
                        const uint64_t *ids)
{
    assert(file->started && index < file->n_populations);
    population *p = &file->populations[index];
    if (n == 0)
        return HK_OK;
    const hsize_t end = p->n + n;
    hk_h5_guard guard = hk_h5_lock();
    int rc = HK_OK;
    if (H5Dset_extent(p->ids, &end) < 0 || H5Dset_extent(p->times, &end) < 0 ||
        move_values(p->ids, p->n, n, HK_U64, (void *)(uintptr_t)ids, true) < 0 ||
        move_values(p->times, p->n, n, HK_F64, (void *)(uintptr_t)times_ms, true) < 0 ||
        hk_h5disk_failure(file->disk) != 0) {
        rc = failed(file, ctx, p->name);
        rescue(file, p);
    } else {
        p->n = end;
        p->unflushed = true;
    }
    hk_h5_unlock(guard);
    return rc;
}

int hk_spikefile_flush(hk_spikefile *file, hk_ctx *ctx)
{
    int rc = HK_OK;
    hk_h5_guard guard = hk_h5_lock();
    for (uint32_t i = 0; i < file->n_populations && rc == HK_OK; ++i) {
        population *p = &file->populations[i];
        if (p->unflushed && (flush_column(p->ids) < 0 || flush_column(p->times) < 0))
            rc = failed(file, ctx, p->name);
        p->unflushed = false;
    }
    if (rc == HK_OK && hk_h5disk_failure(file->disk) != 0)
        rc = failed(file, ctx, "spikes");
    hk_h5_unlock(guard);
    return rc;
}

int hk_spikefile_sync(hk_spikefile *file, hk_ctx *ctx)
{
    int rc = hk_spikefile_flush(file, ctx);
    return rc == HK_OK ? hk_h5disk_sync(file->disk, ctx) : rc;
}

/* ---- closing ---- */

static int close_hdf5(hk_spikefile *file, hk_ctx *ctx)
{
    int rc = HK_OK;
    hk_h5_guard guard = hk_h5_lock();
    for (uint32_t i = 0; i < file->n_populations; ++i) {
        population *p = &file->populations[i];
        if (p->times >= 0) {
            H5Oenable_mdc_flushes(p->times);
            H5Dclose(p->times);
        }
        if (p->ids >= 0) {
            H5Oenable_mdc_flushes(p->ids);
            H5Dclose(p->ids);
        }
    }
    if (file->spikes >= 0)
        H5Gclose(file->spikes);
    if (file->file >= 0 && H5Fclose(file->file) < 0)
        rc = failed(file, ctx, "its end");
    else if (file->disk != NULL && hk_h5disk_failure(file->disk) != 0)
        rc = failed(file, ctx, "its end");
    hk_h5_unlock(guard);
    return rc;
}

static void free_file(hk_spikefile *file)
{
    hk_h5disk_close(file->disk);
    for (uint32_t i = 0; i < file->n_populations; ++i)
        free(file->populations[i].name);
    free(file->populations);
    free(file->part);
    free(file->path);
    free(file);
}

int hk_spikefile_close(hk_spikefile *file, hk_ctx *ctx)
{
    assert(file->started);
    int rc = close_hdf5(file, ctx);
    if (rc == HK_OK)
        rc = hk_h5disk_sync(file->disk, ctx);
    free_file(file);
    return rc;
}

void hk_spikefile_discard(hk_spikefile *file)
{
    (void)close_hdf5(file, NULL);
    if (file->part != NULL && file->disk != NULL)
        unlink(file->part);
    free_file(file);
}
