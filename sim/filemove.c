/* sim/filemove.c - see filemove.h. */
#include "sim/filemove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int hk_file_beside(hk_ctx *ctx, const char *path, char **out)
{
    *out = NULL;
    struct stat about;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return hk_fail(ctx, HK_EIO, "%s: is not a regular file, and will not be replaced by one", path);
    size_t room = strlen(path) + 32;
    char *beside = malloc(room);
    if (beside == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: out of memory", path);
    snprintf(beside, room, "%s.%ld.part", path, (long)getpid());
    *out = beside;
    return HK_OK;
}

/* Until its directory is synced a rename may be lost with the power; both files are complete, so that is no error. */
static void sync_directory_of(const char *path)
{
    char *directory = strdup(path);
    if (directory == NULL)
        return;
    char *slash = strrchr(directory, '/');
    if (slash != NULL)
        slash[slash == directory] = '\0';
    int fd = open(slash == NULL ? "." : directory, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(directory);
}

int hk_file_replace(hk_ctx *ctx, const char *from, const char *to)
{
    if (rename(from, to) != 0)
        return hk_fail(ctx, HK_EIO, "%s: cannot put %s in its place: %s", to, from, strerror(errno));
    sync_directory_of(to);
    return HK_OK;
}
