/* sim/archive.h - named arrays saved to and restored from one checkpoint file.
 *
 * The same function describes a component's contents for both directions, so that saving and loading cannot drift
 * apart:
 *
 *     rc = hk_archive_array(archive, "stamp", HK_U32, population->stamp, population->n);
 *
 * writes the array when saving and, when loading, checks that the file holds that many values of that type and reads
 * them. Names are relative to the groups entered with hk_archive_enter(). The file is HDF5 and can be looked into
 * with any HDF5 tool, but not changed by one: behind HDF5's end it has a table of contents with a CRC-32 of each array,
 * and loading uses that table alone (archive_index.h), so that HDF5 never sees what is loaded. Saving goes to a new
 * file beside the target, which is synced and renamed: a crash leaves the old checkpoint. A truncated, altered or
 * hostile file gives HK_EFORMAT, never a crash, nor more memory than a few times its size.
 *
 * Once a call has failed, all later ones on that archive fail too, and nothing is committed. */
#ifndef HK_ARCHIVE_H
#define HK_ARCHIVE_H

#include "sim/status.h"
#include "sim/type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hk_archive hk_archive;

/** Starts a new checkpoint that hk_archive_commit() will put at `path`. HK_ENOMEM, HK_EIO. */
HK_MUST_CHECK int hk_archive_create(hk_ctx *ctx, const char *path, hk_archive **out);
/** Opens an existing one for loading. HK_EIO when it cannot be opened, HK_EFORMAT when it is no checkpoint. */
HK_MUST_CHECK int hk_archive_open(hk_ctx *ctx, const char *path, hk_archive **out);

bool hk_archive_is_loading(const hk_archive *archive);
/** Which Hillock wrote the file: hk_version() of that time. */
const char *hk_archive_program(const hk_archive *archive);
hk_ctx *hk_archive_ctx(const hk_archive *archive);

/** Enters a group; to be left again when this returned HK_OK. HK_ERANGE: a name that is empty, ".", or has a '/'.
 *  Loading: HK_EFORMAT when the file has no such group. */
HK_MUST_CHECK int hk_archive_enter(hk_archive *archive, const char *group);
void hk_archive_leave(hk_archive *archive);

/** Saves or loads exactly n values. HK_EFORMAT names the array, what the file has and what was expected. HK_ESTATE: saved
 *  twice under one name. When loading fails, `values` are undefined. */
HK_MUST_CHECK int hk_archive_array(hk_archive *archive, const char *name, hk_type type, void *values, size_t n);
/** Loading only: how many values an array of this type has, so that the caller can make room. */
HK_MUST_CHECK int hk_archive_length(hk_archive *archive, const char *name, hk_type type, size_t *n);
/** Saves a text, or when loading compares it: HK_EFORMAT naming the first line that differs. */
HK_MUST_CHECK int hk_archive_expect(hk_archive *archive, const char *name, const char *text);

/** Saving: writes, syncs and renames; the file stands complete under its name when this returns HK_OK, and is
 *  untouched otherwise. Loading: nothing to do. Destroys nothing. */
HK_MUST_CHECK int hk_archive_commit(hk_archive *archive);
/** Closes; a checkpoint that was not committed disappears. */
void hk_archive_destroy(hk_archive *archive);

/** The contents of a checkpoint, described for both directions. */
typedef int (*hk_archive_fn)(void *user, hk_archive *archive);

/** All of the above for one checkpoint: it stands complete at `path` or, when `contents` or the disk fails, nothing has changed. */
HK_MUST_CHECK int hk_archive_save(hk_ctx *ctx, const char *path, hk_archive_fn contents, void *user);
HK_MUST_CHECK int hk_archive_load(hk_ctx *ctx, const char *path, hk_archive_fn contents, void *user);

#endif
