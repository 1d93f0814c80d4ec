/* experiments/paths.c - see paths.h. */
#include "experiments/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int hk_make_parents(hk_ctx *ctx, const char *path)
{
    char *folder = strdup(path);
    if (folder == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for the path '%.200s'", path);
    int rc = HK_OK;
    for (char *slash = strchr(folder + (*folder == '/'), '/'); slash != NULL && rc == HK_OK;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        struct stat status;
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            rc = hk_fail(ctx, HK_EIO, "cannot make the folder '%.200s': %s", folder, strerror(errno));
        else if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))
            rc = hk_fail(ctx, HK_EIO, "cannot write '%.200s': '%.200s' is no folder", path, folder);
        *slash = '/';
    }
    free(folder);
    return rc;
}
