/* sim/h5disk.c - see h5disk.h. */
#include "sim/h5disk.h"

#include "sim/h5stamp.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hdf5.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

/* Streaming enlarges the file by this much at a time, so that the superblock is rarely rewritten, and always keeps so much
 * of it in reserve that on a full disk there is room left for what refers to the values already written. */
enum { GROWTH_BYTES = 1 << 20, RESERVE_BYTES = 1 << 18 };

typedef struct piece { /* bytes that will replace old ones */
    uint64_t address;
    size_t size;
    unsigned char *bytes;
} piece;

struct hk_h5disk {
    char *path;
    int fd;
    int failure;
    int n_users; /* what HDF5 has open on it; on damaged files HDF5 forgets to close */
    bool closed; /* by us: the last user frees it */
    bool writable, holding, streaming;
    bool cramped;                         /* the disk is full: enlarge by what is needed, no more */
    bool lost_structure;                  /* bytes that others refer to did not reach the file: it must stay as it is */
    uint64_t old_end;                     /* holding: bytes before this one are left alone */
    uint64_t end;                         /* end of the bytes written by HDF5 */
    uint64_t file_size;                   /* real size of the file, >= end while streaming */
    uint64_t shrink_to;                   /* holding: wanted size at publish; UINT64_MAX: none */
    unsigned char stamp[HK_H5STAMP_SIZE]; /* superblock as last written by HDF5 */
    bool has_stamp;
    piece *pieces;
    size_t n_pieces, room;
};

typedef struct driver_file { /* what HDF5 holds: its public part must come first */
    H5FD_t pub;
    hk_h5disk *disk;
    haddr_t eoa;
} driver_file;

static void put(hk_h5disk *disk, uint64_t address, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    while (size > 0 && disk->failure == 0) {
        ssize_t n = pwrite(disk->fd, from, size, (off_t)address);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            disk->failure = n < 0 ? errno : ENOSPC;
            return;
        }
        from += n;
        address += (uint64_t)n;
        size -= (size_t)n;
    }
    if (disk->failure == 0 && address > disk->file_size)
        disk->file_size = address;
}

static void set_file_size(hk_h5disk *disk, uint64_t size)
{
    if (disk->failure != 0)
        return;
    if (ftruncate(disk->fd, (off_t)size) != 0)
        disk->failure = errno;
    else
        disk->file_size = size;
}

/* The stamp of a file that anybody may open now: nobody writes, and it ends where it really ends. */
static void put_stamp(hk_h5disk *disk)
{
    unsigned char stamp[HK_H5STAMP_SIZE];
    memcpy(stamp, disk->stamp, sizeof stamp);
    hk_h5stamp_set(stamp, disk->streaming ? disk->file_size : hk_h5stamp_end(stamp));
    put(disk, 0, stamp, sizeof stamp);
}

/* Streaming: makes the file, and then its stamp, reach beyond `in_use`. On failure there is the reserve left. */
static void enlarge(hk_h5disk *disk, uint64_t in_use, uint64_t end)
{
    if (disk->cramped ? end <= disk->file_size : in_use + RESERVE_BYTES <= disk->file_size)
        return;
    uint64_t size = disk->cramped ? end : in_use + RESERVE_BYTES + GROWTH_BYTES;
    int error = disk->cramped ? EOPNOTSUPP
                              : posix_fallocate(disk->fd, (off_t)disk->file_size, (off_t)(size - disk->file_size));
    if (error == EOPNOTSUPP || error == EINVAL) /* a file system that cannot reserve */
        set_file_size(disk, size);
    else if (error != 0)
        disk->failure = error;
    else
        disk->file_size = size;
    if (disk->has_stamp)
        put_stamp(disk);
}

static bool hold(hk_h5disk *disk, uint64_t address, const void *bytes, size_t size)
{
    for (size_t i = disk->n_pieces; i-- > 0;) {
        piece *old = &disk->pieces[i];
        if (old->address == address && old->size == size) {
            memcpy(old->bytes, bytes, size);
            return true;
        }
        if (old->address < address + size && address < old->address + old->size)
            break; /* overlaps: the newer bytes must come after it */
    }
    if (disk->n_pieces == disk->room) {
        size_t room = disk->room == 0 ? 64 : 2 * disk->room;
        piece *pieces = realloc(disk->pieces, room * sizeof *pieces);
        if (pieces == NULL)
            return false;
        disk->pieces = pieces;
        disk->room = room;
    }
    unsigned char *copy = malloc(size);
    if (copy == NULL)
        return false;
    memcpy(copy, bytes, size);
    disk->pieces[disk->n_pieces++] = (piece){ .address = address, .size = size, .bytes = copy };
    return true;
}

static void drop_pieces(hk_h5disk *disk)
{
    for (size_t i = 0; i < disk->n_pieces; ++i)
        free(disk->pieces[i].bytes);
    disk->n_pieces = 0;
}

/* ---- the callbacks that HDF5 makes ---- */

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t max_address)
{
    (void)name;
    (void)max_address;
    hk_h5disk *const *disk = H5Pget_driver_info(access);
    if (disk == NULL || *disk == NULL)
        return NULL;
    driver_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return NULL;
    file->disk = *disk;
    file->disk->n_users += 1;
    if ((flags & H5F_ACC_TRUNC) != 0) {
        set_file_size(file->disk, 0);
        file->disk->end = 0;
    }
    return &file->pub;
}

static herr_t driver_close(H5FD_t *pub)
{
    hk_h5disk *disk = ((driver_file *)pub)->disk;
    disk->n_users -= 1;
    if (disk->closed && disk->n_users == 0)
        free(disk);
    free(pub);
    return 0;
}

static int driver_compare(const H5FD_t *a, const H5FD_t *b)
{
    const hk_h5disk *first = ((const driver_file *)a)->disk, *second = ((const driver_file *)b)->disk;
    return first == second ? 0 : (uintptr_t)first < (uintptr_t)second ? -1 : 1;
}

static herr_t driver_query(const H5FD_t *pub, unsigned long *flags)
{
    (void)pub;
    *flags = H5FD_FEAT_SUPPORTS_SWMR_IO | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t driver_get_eoa(const H5FD_t *pub, H5FD_mem_t type)
{
    (void)type;
    return ((const driver_file *)pub)->eoa;
}

static herr_t driver_set_eoa(H5FD_t *pub, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((driver_file *)pub)->eoa = address;
    return 0;
}

static haddr_t driver_get_eof(const H5FD_t *pub, H5FD_mem_t type)
{
    (void)type;
    const hk_h5disk *disk = ((const driver_file *)pub)->disk;
    if (disk->writable)
        return disk->end;
    struct stat about; /* somebody else may be writing */
    return fstat(disk->fd, &about) == 0 ? (haddr_t)about.st_size : HADDR_UNDEF;
}

static herr_t driver_get_handle(H5FD_t *pub, hid_t access, void **handle)
{
    (void)access;
    *handle = &((driver_file *)pub)->disk->fd;
    return 0;
}

static herr_t driver_read(H5FD_t *pub, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *out)
{
    (void)type;
    (void)transfer;
    const hk_h5disk *disk = ((const driver_file *)pub)->disk;
    unsigned char *to = out;
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(disk->fd, to + done, size - done, (off_t)(address + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    memset(to + done, 0, size - done); /* HDF5 expects zeros behind the end */
    for (size_t i = 0; i < disk->n_pieces; ++i) {
        const piece *p = &disk->pieces[i];
        uint64_t from = p->address > address ? p->address : address;
        uint64_t p_end = p->address + p->size, end = address + size;
        if (p_end < end)
            end = p_end;
        if (from < end)
            memcpy(to + (from - address), p->bytes + (from - p->address), end - from);
    }
    return 0;
}

static void write_bytes(hk_h5disk *disk, uint64_t address, const unsigned char *bytes, size_t size)
{
    if (address > 0 || !hk_h5stamp_is(bytes, size)) {
        put(disk, address, bytes, size);
        return;
    }
    memcpy(disk->stamp, bytes, sizeof disk->stamp);
    disk->has_stamp = true;
    put_stamp(disk);
    put(disk, sizeof disk->stamp, bytes + sizeof disk->stamp, size - sizeof disk->stamp);
}

static herr_t driver_write(H5FD_t *pub, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                           const void *bytes)
{
    (void)transfer;
    const driver_file *file = (const driver_file *)pub;
    hk_h5disk *disk = file->disk;
    const uint64_t end = address + size;
    if (end > disk->end)
        disk->end = end;
    bool done = false;
    if (disk->failure == 0 && disk->holding && address < disk->old_end) {
        done = hold(disk, address, bytes, size);
        disk->failure = done ? 0 : ENOMEM;
    } else if (disk->failure == 0) {
        if (disk->streaming)
            enlarge(disk, file->eoa, end);
        int no_room = disk->failure;
        if (no_room != 0 && end <= disk->file_size) /* but for this there is */
            disk->failure = 0;
        write_bytes(disk, address, bytes, size);
        done = disk->failure == 0;
        if (done)
            disk->failure = no_room;
    }
    if (!done && type != H5FD_MEM_DRAW)
        disk->lost_structure = true;
    return 0;
}

static herr_t driver_truncate(H5FD_t *pub, hid_t transfer, hbool_t closing)
{
    (void)transfer;
    driver_file *file = (driver_file *)pub;
    hk_h5disk *disk = file->disk;
    if (!disk->writable || disk->failure != 0 || (disk->streaming && !closing))
        return 0;
    uint64_t size = file->eoa;
    disk->end = size;
    disk->shrink_to = UINT64_MAX;
    if (disk->holding && size < disk->old_end)
        disk->shrink_to = size;
    else if (!disk->streaming || !disk->has_stamp)
        set_file_size(disk, size);
    else { /* the stamp must never name an end beyond the file's */
        if (size > disk->file_size)
            set_file_size(disk, size);
        if (disk->failure == 0) {
            hk_h5stamp_set(disk->stamp, size);
            disk->streaming = false;
            put_stamp(disk);
            set_file_size(disk, size);
        }
    }
    return 0;
}

/* Locks are taken by open_file(), once and for as long as the file is open. */
static herr_t driver_lock(H5FD_t *pub, hbool_t exclusive)
{
    (void)pub;
    (void)exclusive;
    return 0;
}

static herr_t driver_unlock(H5FD_t *pub)
{
    (void)pub;
    return 0;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
#endif
#if H5_VERSION_GE(1, 13, 0)
    .value = (H5FD_class_value_t)(H5_VFD_RESERVED + 72),
#endif
    .name = "hillock",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(hk_h5disk *),
    .open = driver_open,
    .close = driver_close,
    .cmp = driver_compare,
    .query = driver_query,
    .get_eoa = driver_get_eoa,
    .set_eoa = driver_set_eoa,
    .get_eof = driver_get_eof,
    .get_handle = driver_get_handle,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .lock = driver_lock,
    .unlock = driver_unlock,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

int64_t hk_h5disk_access(hk_h5disk *disk)
{
    hid_t id = H5FDregister(&driver);
    if (id < 0)
        return id;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && H5Pset_driver(access, id, &disk) < 0) {
        H5Pclose(access);
        access = H5I_INVALID_HID;
    }
    H5FDunregister(id); /* the property list keeps its own reference */
    return access;
}

/* ---- opening and closing ---- */

void hk_h5disk_close(hk_h5disk *disk)
{
    if (disk == NULL)
        return;
    if (disk->fd >= 0) {
        if (disk->holding) { /* not published: give back what was appended */
            disk->failure = 0;
            set_file_size(disk, disk->old_end);
        }
        close(disk->fd);
    }
    drop_pieces(disk);
    free(disk->pieces);
    free(disk->path);
    if (disk->n_users == 0) {
        free(disk);
        return;
    }
    disk->pieces = NULL;
    disk->path = NULL;
    disk->fd = -1;         /* reads fail */
    disk->failure = EBADF; /* writes go nowhere */
    disk->closed = true;
}

static int open_file(hk_ctx *ctx, const char *path, int flags, hk_h5disk **out)
{
    *out = NULL;
    hk_h5disk *disk = calloc(1, sizeof *disk);
    if (disk == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: out of memory", path);
    disk->shrink_to = UINT64_MAX;
    disk->fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0666); /* not blocking: the path may be a pipe */
    int reason = errno;
    disk->path = strdup(path);
    int rc = HK_OK;
    struct stat about;
    if (disk->fd < 0)
        rc = hk_fail(ctx, HK_EIO, "%s: cannot open: %s", path, strerror(reason));
    else if (disk->path == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "%s: out of memory", path);
    else if (fstat(disk->fd, &about) != 0)
        rc = hk_fail(ctx, HK_EIO, "%s: cannot look up its size: %s", path, strerror(errno));
    else if (!S_ISREG(about.st_mode))
        rc = hk_fail(ctx, HK_EFORMAT, "%s: not a regular file", path);
    /* A file system without locks is no reason to refuse; a lock held by somebody else is. */
    else if (flags != O_RDONLY && flock(disk->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        rc = hk_fail(ctx, HK_EIO, "%s: another program has this file open (a run that records, or a reader)", path);
    if (rc != HK_OK) {
        hk_h5disk_close(disk);
        return rc;
    }
    if (flags != O_RDONLY) {
        flock(disk->fd, LOCK_SH | LOCK_NB); /* from now on readers may come, writers may not */
        disk->writable = true;
    }
    disk->file_size = disk->end = (uint64_t)about.st_size;
    *out = disk;
    return HK_OK;
}

int hk_h5disk_create(hk_ctx *ctx, const char *path, hk_h5disk **out)
{
    int rc = open_file(ctx, path, O_RDWR | O_CREAT, out);
    if (rc == HK_OK)
        set_file_size(*out, 0); /* emptied only now that it is locked */
    return rc;
}

int hk_h5disk_change(hk_ctx *ctx, const char *path, hk_h5disk **out)
{
    int rc = open_file(ctx, path, O_RDWR, out);
    if (rc == HK_OK) {
        (*out)->holding = true;
        (*out)->old_end = (*out)->file_size;
    }
    return rc;
}

int hk_h5disk_read(hk_ctx *ctx, const char *path, hk_h5disk **out)
{
    return open_file(ctx, path, O_RDONLY, out);
}

const char *hk_h5disk_path(const hk_h5disk *disk)
{
    return disk->path;
}

int hk_h5disk_fd(const hk_h5disk *disk)
{
    return disk->fd;
}

uint64_t hk_h5disk_end(const hk_h5disk *disk)
{
    return disk->end;
}

void hk_h5disk_append(hk_h5disk *disk, const void *bytes, size_t size)
{
    put(disk, disk->end, bytes, size);
    disk->end += size;
}

int hk_h5disk_failure(const hk_h5disk *disk)
{
    return disk->failure;
}

bool hk_h5disk_retry(hk_h5disk *disk)
{
    if (disk->lost_structure)
        return false;
    disk->failure = 0;
    disk->cramped = true;
    return true;
}

int hk_h5disk_sync(hk_h5disk *disk, hk_ctx *ctx)
{
    if (disk->failure == 0 && fsync(disk->fd) != 0)
        disk->failure = errno;
    if (disk->failure != 0)
        return hk_fail(ctx, HK_EIO, "%s: cannot write: %s", disk->path, strerror(disk->failure));
    return HK_OK;
}

int hk_h5disk_publish(hk_h5disk *disk, hk_ctx *ctx)
{
    if (!disk->holding)
        return hk_h5disk_sync(disk, ctx);
    int rc = hk_h5disk_sync(disk, ctx);
    if (rc != HK_OK)
        return rc;
    disk->holding = false;
    unsigned char *stamp = NULL;
    size_t stamp_size = 0;
    for (size_t i = 0; i < disk->n_pieces; ++i) {
        piece *p = &disk->pieces[i];
        if (p->address != 0 || !hk_h5stamp_is(p->bytes, p->size)) {
            put(disk, p->address, p->bytes, p->size);
            continue;
        }
        stamp = p->bytes; /* the last one counts, and goes out last */
        stamp_size = p->size;
    }
    if (stamp != NULL) {
        memcpy(disk->stamp, stamp, sizeof disk->stamp);
        disk->has_stamp = true;
        put_stamp(disk);
        put(disk, sizeof disk->stamp, stamp + sizeof disk->stamp, stamp_size - sizeof disk->stamp);
    }
    if (disk->shrink_to != UINT64_MAX)
        set_file_size(disk, disk->shrink_to);
    drop_pieces(disk);
    return hk_h5disk_sync(disk, ctx);
}

void hk_h5disk_stream(hk_h5disk *disk)
{
    assert(!disk->holding);
    disk->streaming = true;
}
