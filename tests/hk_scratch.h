/* tests/hk_scratch.h - for tests of files: a directory that goes away again, bytes of files, and other programs. */
#ifndef HK_SCRATCH_H
#define HK_SCRATCH_H

#include "tests/hk_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char hk_scratch[PATH_MAX - 256];

/** CMocka group setup and teardown: makes the directory, removes it with the files in it. */
static int hk_scratch_setup(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    snprintf(hk_scratch, sizeof hk_scratch, "%s/hillock-test-XXXXXX", parent != NULL ? parent : "/tmp");
    return mkdtemp(hk_scratch) == NULL ? -1 : 0;
}

static int hk_scratch_teardown(void **state)
{
    (void)state;
    DIR *directory = opendir(hk_scratch);
    if (directory == NULL)
        return -1;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", hk_scratch, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    closedir(directory);
    return rmdir(hk_scratch);
}

/** The path of a file in the directory; one of four buffers in turn. */
static inline const char *scratch_path(const char *name)
{
    static char paths[4][PATH_MAX];
    static int next;
    char *path = paths[next++ % 4];
    assert_true(snprintf(path, PATH_MAX, "%s/%s", hk_scratch, name) < PATH_MAX);
    return path;
}

static inline bool file_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

/** How many files in the directory have `part` in their name. */
static inline int count_files(const char *part)
{
    int n = 0;
    DIR *directory = opendir(hk_scratch);
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        n += strstr(entry->d_name, part) != NULL;
    closedir(directory);
    return n;
}

/** All bytes of a file, to be freed. */
static inline unsigned char *file_bytes(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *n = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

static inline void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static inline void sleep_ms(double ms)
{
    struct timespec wait = { .tv_sec = (time_t)(ms / 1e3), .tv_nsec = (long)(fmod(ms, 1e3) * 1e6) };
    nanosleep(&wait, NULL);
}

/** Runs a program and returns its exit status (127: not found; -1: died). Its output goes to `out`, cut to n - 1 bytes. */
static inline int run_program(char *const argv[], char *out, size_t n)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    size_t used = 0;
    char rest[4096];
    for (;;) {
        bool room = used + 1 < n;
        ssize_t got = read(ends[0], room ? out + used : rest, room ? n - 1 - used : sizeof rest);
        if (got <= 0)
            break;
        used += room ? (size_t)got : 0;
    }
    if (n > 0)
        out[used] = '\0';
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Debian's Python, which has Debian's h5py; another one in the PATH may not. */
#define HK_PYTHON "/usr/bin/python3"

static inline bool python_has(const char *modules)
{
    char script[256], out[16];
    snprintf(script, sizeof script, "import %s", modules);
    return run_program((char *[]){ HK_PYTHON, "-c", script, NULL }, out, sizeof out) == 0;
}

#endif
