/* sim/h5disk.h - the bytes below HDF5: an HDF5 file driver of our own. Private to the files that use h5.h.
 *
 * HDF5's usual driver stops in the middle of things when a disk is full, says little about it, locks readers out, and
 * marks a file as "being written" until it is closed, so that after a crash plain tools refuse it. This driver
 *
 *   - remembers the first failed write with its reason and swallows all later ones, so that HDF5 can always close;
 *   - holds a shared lock while it writes: readers may come, a second writer may not;
 *   - writes every superblock as "not being written" and with an end of file that is never beyond the file's real end, so
 *     that any HDF5 tool opens the file at any moment (HDF5's SWMR order of writes keeps the rest sound);
 *   - when an existing file is changed, writes only behind its old end and keeps what would replace old bytes in memory
 *     until hk_h5disk_publish(): a failure or a crash before that leaves the old contents.
 *
 * Invariant: in streaming mode, the superblock on disk names an end of file >= every address in use and <= the file's
 * real size. */
#ifndef HK_H5DISK_H
#define HK_H5DISK_H

#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hk_h5disk hk_h5disk;

/** A new, empty file at `path`, which is replaced when it exists. HK_EIO, HK_ENOMEM. */
HK_MUST_CHECK int hk_h5disk_create(hk_ctx *ctx, const char *path, hk_h5disk **out);
/** An existing file to be changed; refused (HK_EIO) while another program has it open. */
HK_MUST_CHECK int hk_h5disk_change(hk_ctx *ctx, const char *path, hk_h5disk **out);
/** An existing regular file to be read, also while it is being written. */
HK_MUST_CHECK int hk_h5disk_read(hk_ctx *ctx, const char *path, hk_h5disk **out);

const char *hk_h5disk_path(const hk_h5disk *disk);
int hk_h5disk_fd(const hk_h5disk *disk);
/** Where the bytes written so far end. */
uint64_t hk_h5disk_end(const hk_h5disk *disk);
/** After H5Fclose: writes bytes of ours behind HDF5's, where it does not look. A failure shows at sync. */
void hk_h5disk_append(hk_h5disk *disk, const void *bytes, size_t size);
/** errno of the first write that failed, or 0. */
int hk_h5disk_failure(const hk_h5disk *disk);
/** After a failure that struck values only, nothing that refers to them: lets writing go on, so that what the file
 *  has can be referred to. False, and no effect, when more than values was lost. */
bool hk_h5disk_retry(hk_h5disk *disk);

/** A new property list (an hid_t) that makes H5Fcreate or H5Fopen work on `disk`; negative on failure. */
int64_t hk_h5disk_access(hk_h5disk *disk);

/** Puts what was held back into the file, after syncing what it refers to. HK_EIO. */
HK_MUST_CHECK int hk_h5disk_publish(hk_h5disk *disk, hk_ctx *ctx);
/** From now on the superblock in the file follows its growth; to be called after publish, before H5Fstart_swmr_write. */
void hk_h5disk_stream(hk_h5disk *disk);
/** Waits until the bytes written are on the medium. HK_EIO. */
HK_MUST_CHECK int hk_h5disk_sync(hk_h5disk *disk, hk_ctx *ctx);

/** Closes and frees, after H5Fclose. What was held back and not published is dropped, and the file as it was. */
void hk_h5disk_close(hk_h5disk *disk);

#endif
