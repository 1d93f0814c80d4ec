/* sim/filemove.h - putting a finished file under its name, so that a crash leaves the old one or the new one. */
#ifndef HK_FILEMOVE_H
#define HK_FILEMOVE_H

#include "sim/status.h"

/** A new string "<path>.<process>.part" for the file to write first: it lies on the same file system, and no other process
 *  writes to it. After a crash it may be left over and can be deleted. HK_EIO: something that is no regular file, and so
 *  must not be replaced, has the name `path`. HK_ENOMEM. */
HK_MUST_CHECK int hk_file_beside(hk_ctx *ctx, const char *path, char **out);
/** Renames `from` (synced by the caller) to `to` and syncs their directory. HK_EIO: `to` is what it was. */
HK_MUST_CHECK int hk_file_replace(hk_ctx *ctx, const char *from, const char *to);

#endif
