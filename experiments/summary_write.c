/* experiments/summary_write.c - a summary as JSON; see summary_tree.h. */
#include "experiments/summary_tree.h"

#include "experiments/options.h"
#include "experiments/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_text(const char *text, FILE *stream)
{
    fputc('"', stream);
    for (size_t k = 0, n = strlen(text), length; k < n; k += length) {
        unsigned char c = (unsigned char)text[k];
        length = hk_utf8_length(text + k, n - k);
        if (length == 0) { /* a path may hold any bytes, JSON may not */
            fputs("\\ufffd", stream);
            length = 1;
        } else if (c == '"' || c == '\\') {
            fprintf(stream, "\\%c", c);
        } else if (c == '\n') {
            fputs("\\n", stream);
        } else if (c == '\t') {
            fputs("\\t", stream);
        } else if (c < 0x20 || c == 0x7f) {
            fprintf(stream, "\\u%04x", c);
        } else {
            fwrite(text + k, 1, length, stream);
        }
    }
    fputc('"', stream);
}

static void print_number(double value, FILE *stream)
{
    char digits[40];
    if (!isfinite(value)) {
        fputs("null", stream);
        return;
    }
    hk_print_number(value, digits, sizeof digits);
    fputs(digits, stream);
}

static void print_array(const hk_summary *node, FILE *stream)
{
    fputc('[', stream);
    for (size_t k = 0; k < node->n_numbers; k++) {
        if (k > 0)
            fputs(", ", stream);
        print_number(node->numbers[k], stream);
    }
    fputc(']', stream);
}

static void print_node(const hk_summary *node, int depth, FILE *stream);

static void print_members(const hk_summary *node, int depth, FILE *stream)
{
    bool is_list = node->kind == HK_SUMMARY_LIST;
    fputc(is_list ? '[' : '{', stream);
    for (const hk_summary *child = node->first; child != NULL; child = child->next) {
        fprintf(stream, "\n%*s", 2 * (depth + 1), "");
        if (child->key != NULL) {
            print_text(child->key, stream);
            fputs(": ", stream);
        }
        print_node(child, depth + 1, stream);
        if (child->next != NULL)
            fputc(',', stream);
    }
    if (node->first != NULL)
        fprintf(stream, "\n%*s", 2 * depth, "");
    fputc(is_list ? ']' : '}', stream);
}

static void print_node(const hk_summary *node, int depth, FILE *stream)
{
    switch (node->kind) {
    case HK_SUMMARY_NULL:
        fputs("null", stream);
        break;
    case HK_SUMMARY_NUMBER:
        print_number(node->number, stream);
        break;
    case HK_SUMMARY_WHOLE:
        fputs(node->text == NULL ? "null" : node->text, stream);
        break;
    case HK_SUMMARY_FLAG:
        fputs(node->number != 0.0 ? "true" : "false", stream);
        break;
    case HK_SUMMARY_TEXT:
        print_text(node->text == NULL ? "" : node->text, stream);
        break;
    case HK_SUMMARY_ARRAY:
        print_array(node, stream);
        break;
    case HK_SUMMARY_OBJECT:
    case HK_SUMMARY_LIST:
        print_members(node, depth, stream);
        break;
    }
}

void hk_summary_print(const hk_summary *summary, FILE *stream)
{
    print_node(summary, 0, stream);
    fputc('\n', stream);
}

int hk_summary_check(hk_ctx *ctx, const hk_summary *summary)
{
    if (summary == NULL)
        return hk_fail(ctx, HK_ENOMEM, "summary: out of memory");
    if (summary->status == HK_OK)
        return HK_OK;
    return hk_fail(ctx, summary->status, "summary: key '%s': %s", summary->mistake,
                   summary->status == HK_ENOMEM ? "out of memory" : "given twice, or a member of a list has one");
}

int hk_summary_write(hk_ctx *ctx, const hk_summary *summary, const char *path)
{
    int rc = hk_summary_check(ctx, summary);
    if (rc != HK_OK)
        return rc;
    size_t size = strlen(path) + 32;
    char *fresh = malloc(size);
    if (fresh == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: no memory", path);
    snprintf(fresh, size, "%s.%ld.tmp", path, (long)getpid());
    FILE *file = fopen(fresh, "w");
    if (file == NULL) {
        rc = hk_fail(ctx, HK_EIO, "cannot write '%s': %s", path, strerror(errno));
        free(fresh);
        return rc;
    }
    hk_summary_print(summary, file);
    errno = 0;
    bool written = !ferror(file) && fflush(file) == 0 && fsync(fileno(file)) == 0;
    int reason = errno;
    if (fclose(file) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (written && rename(fresh, path) != 0) {
        written = false;
        reason = errno;
    }
    if (!written) {
        rc = hk_fail(ctx, HK_EIO, "cannot write '%s': %s", path, strerror(reason));
        unlink(fresh);
    }
    free(fresh);
    return rc;
}
