/* experiments/figures/gnuplot.c - see gnuplot.h. */
#include "experiments/figures/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct hk_gnuplot {
    hk_ctx *ctx;
    char *path, *fresh; /* the target, and the file that becomes it */
    FILE *script;       /* gnuplot's standard input */
    FILE *errors;       /* its standard error: a file without a name */
    pid_t pid;
};

static const char *const suffixes[] = { [HK_PICTURE_SVG] = "svg", [HK_PICTURE_PNG] = "png", [HK_PICTURE_PDF] = "pdf" };
enum { N_FORMATS = sizeof suffixes / sizeof suffixes[0] };

bool hk_picture_format_find(const char *name, hk_picture_format *out)
{
    for (size_t k = 0; k < N_FORMATS; k++) {
        if (strcmp(suffixes[k], name) == 0) {
            *out = (hk_picture_format)k;
            return true;
        }
    }
    return false;
}

const char *hk_picture_suffix(hk_picture_format format)
{
    return suffixes[format];
}

const char *hk_colour_line(size_t index)
{
    static const char *const colours[] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                           "#e69f00", "#56b4e9", "#000000", "#a08c00" };
    return colours[index % (sizeof colours / sizeof colours[0])];
}

const char *hk_colour_group(size_t index)
{
    static const char *const colours[] = { "#332288", "#cc6677", "#117733", "#88ccee", "#882255",
                                           "#44aa99", "#ddcc77", "#aa4499", "#999933", "#777777" };
    return colours[index % (sizeof colours / sizeof colours[0])];
}

/* Circles, squares, triangles up and down, diamonds; full and open in turn, so that one over another is seen. */
unsigned hk_symbol_group(size_t index)
{
    static const unsigned symbols[] = { 7, 4, 9, 10, 5, 6, 13, 8, 11, 12 };
    return symbols[index % (sizeof symbols / sizeof symbols[0])];
}

bool hk_gnuplot_exists(void)
{
    const char *path = getenv("PATH");
    char candidate[4096];
    for (const char *from = path; from != NULL; from = strchr(from, ':')) {
        from += *from == ':';
        size_t length = strcspn(from, ":");
        snprintf(candidate, sizeof candidate, "%.*s/gnuplot", (int)length, length == 0 ? "." : from);
        if (access(candidate, X_OK) == 0)
            return true;
        from += length;
        if (*from == '\0')
            break;
    }
    return false;
}

/* gnuplot with its three streams on our pipe and files, SIGPIPE as usual, and no settings of the user (-d). */
static int spawn(hk_gnuplot *plot, int script, int picture)
{
    char *const arguments[] = { "gnuplot", "-d", NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, picture, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(plot->errors), STDERR_FILENO);
    int reason = posix_spawnp(&plot->pid, "gnuplot", &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return reason;
}

static void free_plot(hk_gnuplot *plot)
{
    if (plot->script != NULL)
        fclose(plot->script);
    if (plot->errors != NULL)
        fclose(plot->errors);
    free(plot->path);
    free(plot->fresh);
    free(plot);
}

/* Starts the program and connects it; on failure the new file is gone again. */
static int start(hk_gnuplot *plot)
{
    int ends[2] = { -1, -1 }, rc = HK_OK, reason;
    int picture = open(plot->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (picture < 0)
        return hk_fail(plot->ctx, HK_EIO, "cannot write '%.300s': %s", plot->path, strerror(errno));
    if (pipe(ends) != 0 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) != 0) {
        rc = hk_fail(plot->ctx, HK_EIO, "cannot make a pipe to gnuplot: %s", strerror(errno));
    } else if ((reason = spawn(plot, ends[0], picture)) != 0) {
        rc = reason == ENOENT
                 ? hk_fail(plot->ctx, HK_EIO, "figures need gnuplot, which is not installed (Debian: gnuplot-nox)")
                 : hk_fail(plot->ctx, HK_EIO, "cannot start gnuplot: %s", strerror(reason));
    } else {
        plot->script = fdopen(ends[1], "w");
        if (plot->script == NULL)
            rc = hk_fail(plot->ctx, HK_EIO, "cannot write to gnuplot: %s", strerror(errno));
    }
    if (ends[0] >= 0)
        close(ends[0]);
    if (ends[1] >= 0 && plot->script == NULL)
        close(ends[1]);
    close(picture);
    if (rc != HK_OK && plot->pid > 0)
        waitpid(plot->pid, NULL, 0);
    if (rc != HK_OK)
        unlink(plot->fresh);
    return rc;
}

static void set_terminal(hk_gnuplot *plot, hk_picture_format format, double width, double height)
{
    const char *font = "DejaVu Sans";
    if (format == HK_PICTURE_SVG)
        hk_gnuplot_print(plot, "set terminal svg size %.0f,%.0f font '%s,13' background '#ffffff'\n", width, height,
                         font);
    else if (format == HK_PICTURE_PNG) /* two pixels a point: sharp on today's screens */
        hk_gnuplot_print(plot,
                         "set terminal pngcairo size %.0f,%.0f font '%s,10' fontscale 2 linewidth 2 pointscale 2 "
                         "background '#ffffff'\n",
                         2.0 * width, 2.0 * height, font);
    else
        hk_gnuplot_print(plot, "set terminal pdfcairo size %.3fin,%.3fin font '%s,10' background '#ffffff'\n",
                         width / 96.0, height / 96.0, font);
}

int hk_gnuplot_open(hk_ctx *ctx, const hk_picture *picture, double width, double height, hk_gnuplot **out)
{
    *out = NULL;
    hk_gnuplot *plot = calloc(1, sizeof *plot);
    if (plot == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for a figure");
    size_t size = strlen(picture->path) + 32;
    plot->ctx = ctx;
    plot->path = strdup(picture->path);
    plot->fresh = malloc(size);
    plot->errors = tmpfile();
    int rc;
    if (plot->path == NULL || plot->fresh == NULL || plot->errors == NULL) {
        rc = hk_fail(ctx, HK_EIO, "cannot prepare a figure: %s", strerror(errno));
    } else {
        snprintf(plot->fresh, size, "%s.%ld.tmp", picture->path, (long)getpid());
        rc = start(plot);
    }
    if (rc != HK_OK) {
        free_plot(plot);
        return rc;
    }
    set_terminal(plot, picture->format, width, height);
    hk_gnuplot_print(plot, "set encoding utf8\nset datafile missing 'NaN'\n"
                           "set border 3 linecolor '#444444'\nset tics nomirror out scale 0.6 textcolor '#222222'\n");
    if (picture->title != NULL) {
        hk_gnuplot_print(plot, "set title ");
        hk_gnuplot_quote(plot, picture->title);
        hk_gnuplot_print(plot, " noenhanced textcolor '#111111'\n");
    }
    *out = plot;
    return HK_OK;
}

void hk_gnuplot_print(hk_gnuplot *plot, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(plot->script, format, args);
    va_end(args);
}

/* In single quotes gnuplot knows one special character: the quote itself, written twice. Line ends and other control
 * characters would end the command, so they become blanks. */
void hk_gnuplot_quote(hk_gnuplot *plot, const char *text)
{
    fputc('\'', plot->script);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\'')
            fputs("''", plot->script);
        else
            fputc(c < 0x20 || c == 0x7f ? ' ' : c, plot->script);
    }
    fputc('\'', plot->script);
}

/* The last line that says something: gnuplot first repeats the command and points into it. */
static void last_words(FILE *errors, char *out, size_t size)
{
    char line[512];
    out[0] = '\0';
    rewind(errors);
    while (fgets(line, sizeof line, errors) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strspn(line, " \t^") != strlen(line))
            snprintf(out, size, "%s", line);
    }
}

int hk_gnuplot_close(hk_gnuplot *plot)
{
    int status = 0, rc = HK_OK;
    bool sent = !ferror(plot->script);
    sent = fclose(plot->script) == 0 && sent;
    plot->script = NULL;
    while (waitpid(plot->pid, &status, 0) < 0 && errno == EINTR)
        ;
    struct stat picture;
    bool drawn = WIFEXITED(status) && WEXITSTATUS(status) == 0 && stat(plot->fresh, &picture) == 0 &&
                 picture.st_size > 0;
    if (!sent || !drawn) {
        char words[512];
        last_words(plot->errors, words, sizeof words);
        rc = hk_fail(plot->ctx, HK_EIO, "gnuplot could not draw '%.200s'%s%.300s", plot->path,
                     *words == '\0' ? "" : ": ", words);
    } else if (rename(plot->fresh, plot->path) != 0) {
        rc = hk_fail(plot->ctx, HK_EIO, "cannot write '%.300s': %s", plot->path, strerror(errno));
    }
    if (rc != HK_OK)
        unlink(plot->fresh);
    free_plot(plot);
    return rc;
}
