/* experiments/flags.c - see flags.h. */
#include "experiments/flags.h"

#include "experiments/suggest.h"

#include <stdbool.h>
#include <string.h>

#define WIDTH 100

static long find(const hk_flag *flags, size_t n_flags, const char *name, size_t length)
{
    for (size_t k = 0; k < n_flags; k++)
        if (strlen(flags[k].name) == length && strncmp(flags[k].name, name, length) == 0)
            return (long)k;
    return -1;
}

static long find_letter(const hk_flag *flags, size_t n_flags, char letter)
{
    for (size_t k = 0; k < n_flags; k++)
        if (flags[k].letter != 0 && flags[k].letter == letter)
            return (long)k;
    return -1;
}

static int unknown(hk_ctx *ctx, const hk_flag *flags, size_t n_flags, const char *argument, size_t length)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63),
             argument[1] == '-' ? argument + 2 : argument + 1);
    hk_suggest near = { .wrong = name };
    for (size_t k = 0; k < n_flags; k++)
        hk_suggest_offer(&near, flags[k].name);
    if (hk_suggestion(&near) != NULL)
        return hk_fail(ctx, HK_ENAME, "unknown option '%.100s'; did you mean '--%s'?", argument, hk_suggestion(&near));
    return hk_fail(ctx, HK_ENAME, "unknown option '%.100s'", argument);
}

/* A lone "-" (standard output) and negative numbers are values, not flags. */
static bool looks_like_flag(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0' && strchr("0123456789.", argument[1]) == NULL;
}

int hk_flags_read(hk_ctx *ctx, const hk_flag *flags, size_t n_flags, int n, char *const *arguments, hk_flag_fn call,
                  void *user)
{
    bool only_arguments = false;
    for (int k = 0; k < n; k++) {
        const char *argument = arguments[k], *value = NULL;
        long index;
        if (!only_arguments && strcmp(argument, "--") == 0) {
            only_arguments = true;
            continue;
        }
        if (only_arguments || !looks_like_flag(argument)) {
            int rc = call(user, -1, argument);
            if (rc != HK_OK)
                return rc;
            continue;
        }
        if (argument[1] == '-') {
            size_t length = strcspn(argument + 2, "=");
            index = find(flags, n_flags, argument + 2, length);
            if (index < 0)
                return unknown(ctx, flags, n_flags, argument, length);
            value = argument[2 + length] == '=' ? argument + 3 + length : NULL;
        } else {
            index = argument[2] == '\0' ? find_letter(flags, n_flags, argument[1]) : -1;
            if (index < 0)
                return unknown(ctx, flags, n_flags, argument, strlen(argument) - 1);
        }
        const hk_flag *flag = &flags[index];
        if (flag->value == NULL && value != NULL)
            return hk_fail(ctx, HK_ERANGE, "--%s takes no value, but '%.100s' was given", flag->name, value);
        if (flag->value != NULL && value == NULL) {
            if (k + 1 == n || (looks_like_flag(arguments[k + 1]) && arguments[k + 1][1] == '-'))
                return hk_fail(ctx, HK_ERANGE, "--%s needs a value: --%s %s", flag->name, flag->name, flag->value);
            value = arguments[++k];
        }
        int rc = call(user, index, value);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

void hk_print_entry(FILE *stream, const char *label, int indent, const char *text)
{
    int column = fprintf(stream, "  %s", label);
    if (column >= indent) {
        fputc('\n', stream);
        column = 0;
    }
    column += fprintf(stream, "%*s", indent - column, "");
    for (const char *word = text; *word != '\0';) {
        int length = (int)strcspn(word, " ");
        if (column > indent && column + 1 + length > WIDTH) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        }
        column += fprintf(stream, "%s%.*s", column > indent ? " " : "", length, word);
        word += length;
        word += strspn(word, " ");
    }
    fputc('\n', stream);
}

void hk_flags_help(const hk_flag *flags, size_t n_flags, FILE *stream)
{
    for (size_t k = 0; k < n_flags; k++) {
        char label[80], letter[8] = "";
        if (flags[k].letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", flags[k].letter);
        snprintf(label, sizeof label, "%s--%s%s%s", letter, flags[k].name, flags[k].value == NULL ? "" : " ",
                 flags[k].value == NULL ? "" : flags[k].value);
        hk_print_entry(stream, label, 28, flags[k].meaning);
    }
}
