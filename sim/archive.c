/* sim/archive.c - see archive.h. Saving goes through HDF5, loading through the table of contents alone. */
#include "sim/archive.h"

#include "sim/archive_index.h"
#include "sim/filemove.h"
#include "sim/h5.h"
#include "sim/version.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { LONGEST_PATH = 4096, LONGEST_NAME = 255, DEEPEST = 64 };

struct hk_archive {
    hk_ctx *ctx;
    bool loading, committed;
    int status; /* of the first failure; sticky */
    char *path;
    char *part; /* saving: the file written first */
    int fd;     /* loading */
    hk_archive_index index;
    size_t depth;
    size_t lengths[DEEPEST];  /* of `where` at each depth, before the group was entered */
    char where[LONGEST_PATH]; /* groups entered, each with its '/' */
    hk_h5disk *disk;          /* saving, as all below */
    hid_t file, new_array;    /* HDF5 file, property list of datasets */
    hid_t groups[DEEPEST];
};

static int fail_at(hk_archive *archive, int status, const char *name, const char *what)
{
    archive->status = status;
    return hk_fail(archive->ctx, status, "%s: %s%s: %s", archive->path, archive->where, name, what);
}

/* As hk_fail, for HDF5's failures. The lock is held. */
static int fail_hdf5(hk_archive *archive, const char *name)
{
    return archive->status = hk_h5_fail(archive->ctx, HK_EIO, archive->disk, "%s: cannot write %s%s", archive->path,
                                        archive->where, name);
}

/* May this call go on? Every entry point asks first. */
static int check(hk_archive *archive, const char *name, bool for_loading)
{
    if (archive->status != HK_OK)
        return archive->status; /* the context still has the sentence of the first failure */
    if (archive->committed)
        return fail_at(archive, HK_ESTATE, name, "this checkpoint is committed already");
    if (for_loading && !archive->loading)
        return fail_at(archive, HK_ESTATE, name, "a length is known only when loading");
    size_t length = strlen(name);
    if (length == 0 || length > LONGEST_NAME || strchr(name, '/') != NULL || strcmp(name, ".") == 0)
        return fail_at(archive, HK_ERANGE, name, "a name has 1 to 255 bytes, no '/', and is not \".\"");
    if (strlen(archive->where) + length + 2 > LONGEST_PATH)
        return fail_at(archive, HK_ERANGE, name, "groups and name together are longer than 4094 bytes");
    return HK_OK;
}

static void full_name(const hk_archive *archive, const char *name, char out[LONGEST_PATH])
{
    size_t length = strlen(archive->where);
    memcpy(out, archive->where, length);
    memcpy(out + length, name, strlen(name) + 1);
}

static int create_empty(hk_ctx *ctx, const char *path, hk_archive **out)
{
    *out = NULL;
    hk_archive *archive = calloc(1, sizeof *archive);
    char *copy = strdup(path);
    if (archive == NULL || copy == NULL) {
        free(archive);
        free(copy);
        return hk_fail(ctx, HK_ENOMEM, "%s: out of memory", path);
    }
    archive->ctx = ctx;
    archive->path = copy;
    archive->fd = -1;
    archive->file = archive->new_array = H5I_INVALID_HID;
    *out = archive;
    return HK_OK;
}

static int begin_file(hk_archive *archive)
{
    static const uint32_t format = HK_ARCHIVE_FORMAT;
    int rc = HK_OK;
    hk_h5_guard guard = hk_h5_lock();
    archive->file = hk_h5_create(archive->disk, 8);
    archive->new_array = H5Pcreate(H5P_DATASET_CREATE);
    if (archive->file < 0 || H5Pset_alloc_time(archive->new_array, H5D_ALLOC_TIME_EARLY) < 0 ||
        H5Pset_fill_time(archive->new_array, H5D_FILL_TIME_NEVER) < 0 ||
        hk_h5_put_text(archive->file, "program", archive->index.program) < 0 ||
        hk_h5_put_number(archive->file, "hillock_checkpoint_format", HK_U32, &format) < 0)
        rc = fail_hdf5(archive, "");
    hk_h5_unlock(guard);
    return rc;
}

int hk_archive_create(hk_ctx *ctx, const char *path, hk_archive **out)
{
    int rc = create_empty(ctx, path, out);
    if (rc != HK_OK)
        return rc;
    hk_archive *archive = *out;
    size_t length = strlen("hillock ") + strlen(hk_version());
    archive->index.program = malloc(length + 1);
    if (archive->index.program == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "%s: out of memory", path);
    else
        rc = hk_file_beside(ctx, path, &archive->part);
    if (rc == HK_OK) {
        strcpy(archive->index.program, "hillock ");
        strcat(archive->index.program, hk_version());
        rc = hk_h5disk_create(ctx, archive->part, &archive->disk);
    }
    if (rc == HK_OK)
        rc = begin_file(archive);
    if (rc != HK_OK) {
        hk_archive_destroy(archive);
        *out = NULL;
    }
    return rc;
}

int hk_archive_open(hk_ctx *ctx, const char *path, hk_archive **out)
{
    int rc = create_empty(ctx, path, out);
    if (rc != HK_OK)
        return rc;
    hk_archive *archive = *out;
    archive->loading = true;
    archive->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not blocking: the path may be a pipe */
    if (archive->fd < 0)
        rc = hk_fail(ctx, HK_EIO, "%s: cannot open: %s", path, strerror(errno));
    else
        rc = hk_archive_index_read(ctx, path, archive->fd, &archive->index);
    if (rc != HK_OK) {
        hk_archive_destroy(archive);
        *out = NULL;
    }
    return rc;
}

bool hk_archive_is_loading(const hk_archive *archive)
{
    return archive->loading;
}

const char *hk_archive_program(const hk_archive *archive)
{
    return archive->index.program;
}

hk_ctx *hk_archive_ctx(const hk_archive *archive)
{
    return archive->ctx;
}

/* The open group that new things go into. */
static hid_t here(const hk_archive *archive)
{
    return archive->depth == 0 ? archive->file : archive->groups[archive->depth - 1];
}

/* Opens or makes the HDF5 group, and notes a new one in the table. */
static int enter_to_save(hk_archive *archive, const char *group)
{
    char path[LONGEST_PATH];
    full_name(archive, group, path);
    int rc = HK_OK;
    hk_h5_guard guard = hk_h5_lock();
    htri_t there = H5Lexists(here(archive), group, H5P_DEFAULT);
    hid_t id = there > 0 ? H5Gopen2(here(archive), group, H5P_DEFAULT)
                         : H5Gcreate2(here(archive), group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (id < 0)
        rc = fail_hdf5(archive, group);
    hk_h5_unlock(guard);
    if (rc != HK_OK)
        return rc;
    archive->groups[archive->depth] = id;
    if (there > 0)
        return HK_OK;
    rc = hk_archive_index_add(&archive->index, &(hk_archive_entry){ .path = path, .kind = HK_ENTRY_GROUP });
    return rc == HK_OK ? HK_OK : fail_at(archive, rc, group, "out of memory");
}

int hk_archive_enter(hk_archive *archive, const char *group)
{
    int rc = check(archive, group, false);
    if (rc != HK_OK)
        return rc;
    if (archive->depth == DEEPEST)
        return fail_at(archive, HK_ERANGE, group, "groups are nested 64 deep at most");
    char path[LONGEST_PATH];
    full_name(archive, group, path);
    if (archive->loading) {
        const hk_archive_entry *entry = hk_archive_index_find(&archive->index, path);
        if (entry == NULL || entry->kind != HK_ENTRY_GROUP)
            return fail_at(archive, HK_EFORMAT, group, "the checkpoint has no such group");
    } else if ((rc = enter_to_save(archive, group)) != HK_OK)
        return rc;
    size_t length = strlen(archive->where);
    archive->lengths[archive->depth++] = length;
    strcat(strcat(archive->where, group), "/");
    return HK_OK;
}

void hk_archive_leave(hk_archive *archive)
{
    assert(archive->depth > 0);
    archive->where[archive->lengths[--archive->depth]] = '\0';
    if (archive->loading)
        return;
    hk_h5_guard guard = hk_h5_lock();
    H5Gclose(archive->groups[archive->depth]);
    hk_h5_unlock(guard);
}

/* Writes a dataset of `bytes` bytes, finds where it lies, and adds its CRC. The lock is held. */
static int write_dataset(hk_archive *archive, const char *name, hid_t file_type, hid_t memory_type, hid_t space,
                         const void *values, hk_archive_entry *entry)
{
    hid_t set = H5Dcreate2(here(archive), name, file_type, space, H5P_DEFAULT, archive->new_array, H5P_DEFAULT);
    if (set < 0)
        return fail_hdf5(archive, name);
    int rc = HK_OK;
    if (entry->n > 0) {
        if (H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
            rc = fail_hdf5(archive, name);
        entry->address = H5Dget_offset(set);
        if (rc == HK_OK && entry->address == HADDR_UNDEF)
            rc = fail_hdf5(archive, name);
    }
    if (rc == HK_OK && hk_h5_put_number(set, "crc32", HK_U32, &entry->crc) < 0)
        rc = fail_hdf5(archive, name);
    if (H5Dclose(set) < 0 && rc == HK_OK)
        rc = fail_hdf5(archive, name);
    /* A full disk is told at once, not only at the end. */
    return rc == HK_OK && hk_h5disk_failure(archive->disk) != 0 ? fail_hdf5(archive, name) : rc;
}

static int save(hk_archive *archive, const char *name, int kind, const void *values, size_t n)
{
    char path[LONGEST_PATH];
    full_name(archive, name, path);
    hk_archive_entry entry = { .path = path, .kind = kind, .n = n };
    uint64_t bytes = hk_archive_entry_bytes(&entry);
    if (bytes > PTRDIFF_MAX)
        return fail_at(archive, HK_ERANGE, name, "larger than the memory can be");
    entry.crc = (uint32_t)crc32_z(0, n == 0 ? NULL : values, (size_t)bytes);
    hk_h5_guard guard = hk_h5_lock();
    int rc = HK_OK;
    if (H5Lexists(here(archive), name, H5P_DEFAULT) > 0)
        rc = fail_at(archive, HK_ESTATE, name, "saved twice under one name");
    else if (kind == HK_ENTRY_TEXT) {
        hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
        H5Tset_size(type, n > 0 ? n : 1);
        H5Tset_strpad(type, H5T_STR_NULLPAD);
        H5Tset_cset(type, H5T_CSET_UTF8);
        rc = write_dataset(archive, name, type, type, space, values, &entry);
        H5Sclose(space);
        H5Tclose(type);
    } else {
        hid_t space = H5Screate_simple(1, &(hsize_t){ n }, NULL);
        rc = write_dataset(archive, name, hk_h5_file_type((hk_type)kind), hk_h5_memory_type((hk_type)kind), space,
                           values, &entry);
        H5Sclose(space);
    }
    hk_h5_unlock(guard);
    if (rc == HK_OK && (rc = hk_archive_index_add(&archive->index, &entry)) != HK_OK)
        rc = fail_at(archive, rc, name, "out of memory");
    return rc;
}

/* Finds an entry of that kind, or fails naming what there is instead. */
static int find(hk_archive *archive, const char *name, int kind, const hk_archive_entry **out)
{
    char path[LONGEST_PATH];
    full_name(archive, name, path);
    *out = hk_archive_index_find(&archive->index, path);
    if (*out == NULL)
        return fail_at(archive, HK_EFORMAT, name, "the checkpoint has no such array");
    if ((*out)->kind == kind)
        return HK_OK;
    const char *has = (*out)->kind == HK_ENTRY_TEXT    ? "text"
                      : (*out)->kind == HK_ENTRY_GROUP ? "group"
                                                       : hk_type_name((hk_type)(*out)->kind);
    archive->status = HK_EFORMAT;
    return hk_fail(archive->ctx, HK_EFORMAT, "%s: %s is %s, expected %s", archive->path, path, has,
                   kind == HK_ENTRY_TEXT ? "text" : hk_type_name((hk_type)kind));
}

static int load_entry(hk_archive *archive, const hk_archive_entry *entry, void *values)
{
    size_t bytes = (size_t)hk_archive_entry_bytes(entry);
    int rc = hk_archive_read_bytes(archive->ctx, archive->path, archive->fd, entry->address, values, bytes);
    if (rc == HK_OK && entry->crc != (uint32_t)crc32_z(0, bytes == 0 ? NULL : values, bytes))
        rc = hk_fail(archive->ctx, HK_EFORMAT, "%s: %s is damaged: its checksum is wrong", archive->path, entry->path);
    return archive->status = rc;
}

int hk_archive_array(hk_archive *archive, const char *name, hk_type type, void *values, size_t n)
{
    int rc = check(archive, name, false);
    if (rc != HK_OK)
        return rc;
    assert(hk_type_size(type) > 0 && (values != NULL || n == 0));
    if (!archive->loading)
        return save(archive, name, (int)type, values, n);
    const hk_archive_entry *entry;
    if ((rc = find(archive, name, (int)type, &entry)) != HK_OK)
        return rc;
    if (entry->n != n) {
        archive->status = HK_EFORMAT;
        return hk_fail(archive->ctx, HK_EFORMAT, "%s: %s has %llu values, expected %zu", archive->path, entry->path,
                       (unsigned long long)entry->n, n);
    }
    return load_entry(archive, entry, values);
}

int hk_archive_length(hk_archive *archive, const char *name, hk_type type, size_t *n)
{
    *n = 0;
    int rc = check(archive, name, true);
    if (rc != HK_OK)
        return rc;
    const hk_archive_entry *entry;
    if ((rc = find(archive, name, (int)type, &entry)) == HK_OK)
        *n = (size_t)entry->n;
    return rc;
}

static int shown(const char *line)
{
    const size_t n = strcspn(line, "\n");
    return n < 200 ? (int)n : 200;
}

/* Of two texts of many lines, where the first line that differs begins. */
static size_t first_difference(const char *a, const char *b)
{
    size_t line = 0;
    for (size_t k = 0; a[k] == b[k] && a[k] != '\0'; k++)
        line = a[k] == '\n' ? k + 1 : line;
    return line;
}

int hk_archive_expect(hk_archive *archive, const char *name, const char *text)
{
    int rc = check(archive, name, false);
    if (rc != HK_OK)
        return rc;
    size_t n = strlen(text);
    if (!archive->loading)
        return save(archive, name, HK_ENTRY_TEXT, text, n);
    const hk_archive_entry *entry;
    if ((rc = find(archive, name, HK_ENTRY_TEXT, &entry)) != HK_OK)
        return rc;
    char *has = malloc((size_t)entry->n + 1); /* at most the length of the file: checked when it was opened */
    if (has == NULL)
        return fail_at(archive, HK_ENOMEM, name, "out of memory");
    has[entry->n] = '\0';
    rc = load_entry(archive, entry, has);
    if (rc == HK_OK && (entry->n != n || memcmp(has, text, n) != 0)) {
        const char *other = has + first_difference(has, text), *wanted = text + (other - has);
        archive->status = HK_EFORMAT;
        rc = hk_fail(archive->ctx, HK_EFORMAT, "%s: %s %s \"%.*s\", expected \"%.*s\"", archive->path, entry->path,
                     strchr(text, '\n') == NULL ? "is" : "has the line", shown(other), other, shown(wanted), wanted);
    }
    free(has);
    return rc;
}

/* Closes what HDF5 has open; without effect when nothing is. Failures of the disk are remembered by the disk. */
static int close_hdf5(hk_archive *archive)
{
    hk_h5_guard guard = hk_h5_lock();
    while (!archive->loading && archive->depth > 0)
        H5Gclose(archive->groups[--archive->depth]);
    if (archive->new_array >= 0)
        H5Pclose(archive->new_array);
    int rc = HK_OK;
    if (archive->file >= 0 && H5Fclose(archive->file) < 0)
        rc = fail_hdf5(archive, "");
    archive->file = archive->new_array = H5I_INVALID_HID;
    hk_h5_unlock(guard);
    return rc;
}

int hk_archive_commit(hk_archive *archive)
{
    if (archive->loading)
        return archive->status;
    if (archive->status != HK_OK)
        return archive->status;
    if (archive->committed)
        return fail_at(archive, HK_ESTATE, "", "this checkpoint is committed already");
    if (archive->depth > 0)
        return fail_at(archive, HK_ESTATE, "", "committed inside a group");
    int rc = close_hdf5(archive);
    unsigned char *table = NULL;
    size_t size = 0;
    if (rc == HK_OK &&
        (rc = hk_archive_index_encode(&archive->index, hk_h5disk_end(archive->disk), &table, &size)) != HK_OK)
        rc = fail_at(archive, rc, "", "out of memory");
    if (rc == HK_OK) {
        hk_h5disk_append(archive->disk, table, size);
        rc = hk_h5disk_sync(archive->disk, archive->ctx);
    }
    free(table);
    if (rc == HK_OK)
        rc = hk_file_replace(archive->ctx, archive->part, archive->path);
    archive->status = rc;
    archive->committed = rc == HK_OK;
    return rc;
}

void hk_archive_destroy(hk_archive *archive)
{
    if (archive == NULL)
        return;
    (void)close_hdf5(archive);
    if (archive->fd >= 0)
        close(archive->fd);
    if (archive->disk != NULL && !archive->committed)
        unlink(archive->part);
    hk_h5disk_close(archive->disk);
    hk_archive_index_fini(&archive->index);
    free(archive->part);
    free(archive->path);
    free(archive);
}

int hk_archive_save(hk_ctx *ctx, const char *path, hk_archive_fn contents, void *user)
{
    hk_archive *archive;
    int rc = hk_archive_create(ctx, path, &archive);
    if (rc == HK_OK)
        rc = contents(user, archive);
    if (rc == HK_OK)
        rc = hk_archive_commit(archive);
    hk_archive_destroy(archive);
    return rc;
}

int hk_archive_load(hk_ctx *ctx, const char *path, hk_archive_fn contents, void *user)
{
    hk_archive *archive;
    int rc = hk_archive_open(ctx, path, &archive);
    if (rc == HK_OK)
        rc = contents(user, archive);
    hk_archive_destroy(archive);
    return rc;
}
