/* experiments/commands.h - the subcommands of `hillock`. Each gets the arguments behind its name and returns the exit
 * code. */
#ifndef HK_COMMANDS_H
#define HK_COMMANDS_H

#include "experiments/catalogue.h"

#include <stdio.h>

enum { HK_EXIT_DONE = 0, HK_EXIT_FAILED = 1, HK_EXIT_USAGE = 2, HK_EXIT_INTERRUPTED = 130 };

typedef struct hk_command {
    const char *name, *arguments, *summary;
    int (*run)(const hk_catalogue *catalogue, int n, char *const *arguments);
    void (*help)(FILE *stream);
} hk_command;

extern const hk_command hk_command_list, hk_command_show, hk_command_run, hk_command_plot, hk_command_info,
    hk_command_export, hk_command_readout, hk_command_bench;

/** Prints "hillock <command>: <sentence of ctx>" on stderr and returns the exit code: failed. */
int hk_complain(const hk_ctx *ctx, int rc, const char *command);
/** The same for bad usage, with where help is to be found. */
int hk_complain_usage(const hk_ctx *ctx, int rc, const char *command);

/** True when "--help" or "-h" stands among the arguments, before a "--". */
bool hk_wants_help(int n, char *const *arguments);

/** The whole program: argv[0] is its name. */
int hk_main(const hk_catalogue *catalogue, int argc, char *const *argv);

#endif
