/* tests/mnist_program.h - runs the program on mnist, as a child process, and reads what it wrote. */
#ifndef HK_MNIST_PROGRAM_H
#define HK_MNIST_PROGRAM_H

#include "tests/hk_scratch.h"

#include "experiments/document.h"
#include "sim/results.h"

#include <errno.h>

static char self[PATH_MAX];
static hk_ctx *ctx;

/* ---- running it ------------------------------------------------------------------------------------------------------ */

static inline char *read_text(const char *name)
{
    size_t n;
    char *text = (char *)file_bytes(scratch_path(name), &n);
    text[n] = '\0';
    return text;
}

/* Starts `hillock run mnist` with small settings and the words of `line`, in the scratch directory; its streams go to the
 * files "out" and "err" there. */
static inline pid_t start(const char *line)
{
    static const char small[] = "--as-hillock run mnist --data glyphs --set neurons=40";
    char words[1024];
    char *arguments[64] = { self };
    int n = 1;
    snprintf(words, sizeof words, "%s %s", small, line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        arguments[n++] = word;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int out = chdir(hk_scratch) == 0 ? open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
        int err = open("err", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (out < 0 || err < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
            _exit(126);
        execv(self, arguments);
        _exit(127);
    }
    return child;
}

static inline int finish(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static inline void run(const char *line)
{
    int code = finish(start(line));
    if (code == 0)
        return;
    char *err = read_text("err");
    print_error("hillock run mnist %s: exit code %d\n%s", line, code, err);
    free(err);
    fail();
}

/* ---- reading what it wrote --------------------------------------------------------------------------------------------- */

static inline hk_document *summary(const char *name)
{
    hk_document *document;
    assert_ok(hk_document_open(ctx, scratch_path(name), &document));
    return document;
}

static inline double number(const hk_document *document, const char *key)
{
    double value = (double)NAN;
    const hk_node *node = hk_node_get(hk_document_root(document), key);
    if (node == NULL || hk_document_number(document, node, &value) != HK_OK)
        print_error("the summary has no number '%s'\n", key);
    assert_true(isfinite(value));
    return value;
}

static inline const char *text_of(const hk_document *document, const char *key)
{
    const hk_node *node = hk_node_get(hk_document_root(document), key);
    assert_non_null(node);
    return hk_node_text(node);
}

static inline hk_results *results_of(const char *name)
{
    hk_results *results;
    assert_ok(hk_results_open(ctx, scratch_path(name), HK_RESULTS_READ, &results));
    return results;
}

typedef struct spikes {
    double *times_ms;
    uint64_t *ids;
    size_t n;
} spikes;

/* ---- interrupted and resumed ------------------------------------------------------------------------------------------------ */

static inline int setup(void **state)
{
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    ctx = hk_ctx_create();
    return n <= 0 || ctx == NULL ? -1 : hk_scratch_setup(state);
}

static inline int teardown(void **state)
{
    hk_ctx_destroy(ctx);
    return hk_scratch_teardown(state);
}

#endif
