/* sim/h5.c - see h5.h. */
#include "sim/h5.h"

#include <hdf5.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(hid_t) == sizeof(int64_t), "identifiers are passed on as int64_t: HDF5 1.10 or later");

/* The one global of sim/: what it guards is HDF5's own global state, which all simulations of a process share. Nothing
 * of ours is stored in it. A host program that calls HDF5 from other threads at the same time needs a thread-safe HDF5. */
static pthread_mutex_t hdf5_lock = PTHREAD_MUTEX_INITIALIZER;

hk_h5_guard hk_h5_lock(void)
{
    hk_h5_guard guard = { 0 };
    pthread_mutex_lock(&hdf5_lock);
    H5Eget_auto2(H5E_DEFAULT, &guard.print, &guard.user);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return guard;
}

void hk_h5_unlock(hk_h5_guard guard)
{
    H5Eset_auto2(H5E_DEFAULT, guard.print, guard.user);
    pthread_mutex_unlock(&hdf5_lock);
}

static herr_t innermost(unsigned n, const H5E_error2_t *error, void *user)
{
    const char **text = user;
    (void)n;
    *text = error->desc;
    return 1; /* the walk begins at the innermost entry: done */
}

int hk_h5_fail(hk_ctx *ctx, int status, const hk_h5disk *disk, const char *what, ...)
{
    char sentence[768];
    va_list args;
    va_start(args, what);
    vsnprintf(sentence, sizeof sentence, what, args);
    va_end(args);
    const char *why = NULL;
    if (disk != NULL && hk_h5disk_failure(disk) != 0) {
        why = strerror(hk_h5disk_failure(disk));
        status = HK_EIO;
    } else
        H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &why);
    if (why == NULL || why[0] == '\0')
        why = hk_status_text(status);
    hk_fail(ctx, status, "%s: %s", sentence, why);
    H5Eclear2(H5E_DEFAULT);
    return status;
}

/* What a reader finds half-written it reads again, waiting twice as long each time: some 5 ms in all. HDF5's own 100 attempts
 * would never end on a block that is not half-written but damaged. */
enum { READ_ATTEMPTS = 22 };

static int64_t open_with(hk_h5disk *disk, size_t alignment, int64_t (*opener)(const char *path, hid_t access))
{
    hid_t access = hk_h5disk_access(disk);
    if (access < 0)
        return access;
    int64_t file = H5I_INVALID_HID;
    /* The format with checksums on all metadata, which SWMR needs; no version newer than HDF5 1.10 can read. */
    if (H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0 &&
        H5Pset_alignment(access, 1, alignment) >= 0 && H5Pset_metadata_read_attempts(access, READ_ATTEMPTS) >= 0)
        file = opener(hk_h5disk_path(disk), access);
    H5Pclose(access);
    return file;
}

static int64_t create(const char *path, hid_t access)
{
    return H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
}

static int64_t change(const char *path, hid_t access)
{
    return H5Fopen(path, H5F_ACC_RDWR, access);
}

static int64_t read_growing(const char *path, hid_t access)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access);
    if (file < 0) { /* older formats know no SWMR */
        H5Eclear2(H5E_DEFAULT);
        file = H5Fopen(path, H5F_ACC_RDONLY, access);
    }
    return file;
}

int64_t hk_h5_create(hk_h5disk *disk, size_t alignment)
{
    return open_with(disk, alignment, create);
}

int64_t hk_h5_change(hk_h5disk *disk, size_t alignment)
{
    return open_with(disk, alignment, change);
}

int64_t hk_h5_read(hk_h5disk *disk)
{
    return open_with(disk, 1, read_growing);
}

int64_t hk_h5_file_type(hk_type type)
{
    switch (type) {
    case HK_U8:
        return H5T_STD_U8LE;
    case HK_U16:
        return H5T_STD_U16LE;
    case HK_U32:
        return H5T_STD_U32LE;
    case HK_U64:
        return H5T_STD_U64LE;
    case HK_I32:
        return H5T_STD_I32LE;
    case HK_I64:
        return H5T_STD_I64LE;
    case HK_F32:
        return H5T_IEEE_F32LE;
    case HK_F64:
        return H5T_IEEE_F64LE;
    case HK_N_TYPES:
        break;
    }
    return H5I_INVALID_HID;
}

int64_t hk_h5_memory_type(hk_type type)
{
    switch (type) {
    case HK_U8:
        return H5T_NATIVE_UINT8;
    case HK_U16:
        return H5T_NATIVE_UINT16;
    case HK_U32:
        return H5T_NATIVE_UINT32;
    case HK_U64:
        return H5T_NATIVE_UINT64;
    case HK_I32:
        return H5T_NATIVE_INT32;
    case HK_I64:
        return H5T_NATIVE_INT64;
    case HK_F32:
        return H5T_NATIVE_FLOAT;
    case HK_F64:
        return H5T_NATIVE_DOUBLE;
    case HK_N_TYPES:
        break;
    }
    return H5I_INVALID_HID;
}
