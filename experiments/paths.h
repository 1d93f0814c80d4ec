/* experiments/paths.h - folders of files to be written. */
#ifndef HK_PATHS_H
#define HK_PATHS_H

#include "sim/status.h"

/** Creates the folders on the way to `path` that do not exist. HK_EIO names the folder and the reason. */
HK_MUST_CHECK int hk_make_parents(hk_ctx *ctx, const char *path);

#endif
