/* experiments/flags.h - command lines read by a table that also prints the help. */
#ifndef HK_FLAGS_H
#define HK_FLAGS_H

#include "sim/status.h"

#include <stddef.h>
#include <stdio.h>

typedef struct hk_flag {
    const char *name;  /* "seed" for --seed */
    const char *value; /* what it takes, as the help calls it: "N"; NULL: nothing */
    const char *meaning;
    char letter; /* 'q' for -q; 0: none */
} hk_flag;

/** Called for each flag (index into the table, its value or NULL) and each other argument (index -1). */
typedef int (*hk_flag_fn)(void *user, long index, const char *value);

/** Reads arguments[n]: "--name value", "--name=value", "-q"; behind "--" everything is an argument. Stops at the first that
 *  `call` refuses and returns its status. HK_ENAME: unknown flag, with the nearest one; HK_ERANGE: a value missing, or one
 *  too many. */
HK_MUST_CHECK int hk_flags_read(hk_ctx *ctx, const hk_flag *flags, size_t n_flags, int n, char *const *arguments,
                                hk_flag_fn call, void *user);

/** "  --seed N            meaning", wrapped to 100 columns. */
void hk_flags_help(const hk_flag *flags, size_t n_flags, FILE *stream);

/** Prints `text` behind `label` in a column `indent` wide, wrapped to 100 columns. */
void hk_print_entry(FILE *stream, const char *label, int indent, const char *text);

#endif
