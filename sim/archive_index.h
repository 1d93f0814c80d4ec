/* sim/archive_index.h - the table of contents at the end of a checkpoint file.
 *
 * A checkpoint is an HDF5 file with a table behind HDF5's own end, where HDF5 does not look:
 *
 *     HDF5 file | program, entries | footer: magic, format, sizes, checksums (FOOTER_SIZE bytes, the last of the file)
 *
 * An entry gives the path, type, length, place in the file and CRC-32 of an array. Loading uses only this table: it is
 * small, fully checked, and ours, whereas HDF5's own structures are not safe to walk when a file was damaged or made
 * to do harm. All numbers are little-endian. */
#ifndef HK_ARCHIVE_INDEX_H
#define HK_ARCHIVE_INDEX_H

#include "sim/status.h"
#include "sim/type.h"

#include <stdint.h>

enum { HK_ARCHIVE_FORMAT = 1 };

/* What an entry is: a type of array, or one of these. */
enum { HK_ENTRY_TEXT = 64, HK_ENTRY_GROUP = 65 };

typedef struct hk_archive_entry {
    char *path;       /* from the root, without a leading slash */
    int kind;         /* hk_type, HK_ENTRY_TEXT or HK_ENTRY_GROUP */
    uint64_t n;       /* values; bytes of a text */
    uint64_t address; /* in the file */
    uint32_t crc;     /* of the bytes there */
} hk_archive_entry;

typedef struct hk_archive_index {
    char *program; /* what wrote the file */
    hk_archive_entry *entries;
    size_t n, room;
    size_t next; /* where the next search begins: arrays are loaded in the order in which they were saved */
} hk_archive_index;

void hk_archive_index_fini(hk_archive_index *index);

/** Appends a copy of `entry`. HK_ENOMEM (no sentence). */
HK_MUST_CHECK int hk_archive_index_add(hk_archive_index *index, const hk_archive_entry *entry);
/** The entry of that path, or NULL. */
const hk_archive_entry *hk_archive_index_find(hk_archive_index *index, const char *path);
/** Bytes in the file; UINT64_MAX when that number would overflow. */
uint64_t hk_archive_entry_bytes(const hk_archive_entry *entry);

/** The table and footer as they follow `address` bytes of HDF5, in a new buffer. HK_ENOMEM (no sentence). */
HK_MUST_CHECK int hk_archive_index_encode(const hk_archive_index *index, uint64_t address, unsigned char **out,
                                          size_t *size);
/** Reads the table from the end of an open file. HK_EIO, HK_ENOMEM, or HK_EFORMAT for anything that is not sound.
 *  Takes memory in proportion to the size of the file, whatever it claims. */
HK_MUST_CHECK int hk_archive_index_read(hk_ctx *ctx, const char *path, int fd, hk_archive_index *out);

/** Reads exactly `size` bytes at `address`. HK_EIO, or HK_EFORMAT when the file ends before. */
HK_MUST_CHECK int hk_archive_read_bytes(hk_ctx *ctx, const char *path, int fd, uint64_t address, void *out,
                                        size_t size);

#endif
