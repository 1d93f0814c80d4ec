/* experiments/program.c - finds the subcommand, prints help, and sees to it that standard output arrived. */
#include "experiments/commands.h"
#include "experiments/flags.h"
#include "experiments/suggest.h"
#include "sim/version.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

static const hk_command *const commands[] = { &hk_command_list,    &hk_command_show, &hk_command_run,
                                              &hk_command_plot,    &hk_command_info, &hk_command_export,
                                              &hk_command_readout, &hk_command_bench };
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static void help(FILE *stream)
{
    fputs("Hillock: a spiking neural network simulator with exact spike times.\n\n"
          "usage: hillock COMMAND [arguments]\n\n",
          stream);
    for (size_t k = 0; k < N_COMMANDS; k++) {
        char label[64];
        snprintf(label, sizeof label, "%s %s", commands[k]->name, commands[k]->arguments);
        hk_print_entry(stream, label, 28, commands[k]->summary);
    }
    hk_print_entry(stream, "help [COMMAND]", 28, "this text, or that of a command (also: hillock COMMAND --help)");
    hk_print_entry(stream, "--version", 28, "version and commit");
    fputs("\nto begin:\n"
          "  hillock list\n"
          "  hillock show mnist\n"
          "  hillock run mnist --code latency --seed 7\n"
          "  hillock plot results/mnist.h5\n\n"
          "Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted with everything saved.\n",
          stream);
}

static const hk_command *find(const char *name)
{
    for (size_t k = 0; k < N_COMMANDS; k++)
        if (strcmp(commands[k]->name, name) == 0)
            return commands[k];
    return NULL;
}

static int unknown(const hk_catalogue *catalogue, const char *name)
{
    hk_suggest near = { .wrong = name };
    for (size_t k = 0; k < N_COMMANDS; k++)
        hk_suggest_offer(&near, commands[k]->name);
    fprintf(stderr, "hillock: no command '%.100s'", name);
    if (hk_catalogue_find(catalogue, name) != NULL)
        fprintf(stderr, "; did you mean 'hillock run %s'?", name);
    else if (hk_suggestion(&near) != NULL)
        fprintf(stderr, "; did you mean '%s'?", hk_suggestion(&near));
    fputs("\nhillock help shows what there is.\n", stderr);
    return HK_EXIT_USAGE;
}

static int help_on(const hk_catalogue *catalogue, const char *name)
{
    const hk_command *command = find(name);
    if (command == NULL)
        return unknown(catalogue, name);
    command->help(stdout);
    return HK_EXIT_DONE;
}

bool hk_wants_help(int n, char *const *arguments)
{
    for (int k = 0; k < n && strcmp(arguments[k], "--") != 0; k++)
        if (strcmp(arguments[k], "--help") == 0 || strcmp(arguments[k], "-h") == 0)
            return true;
    return false;
}

int hk_complain(const hk_ctx *ctx, int rc, const char *command)
{
    const char *message = hk_ctx_message(ctx);
    fprintf(stderr, "hillock %s: %s\n", command, *message == '\0' ? hk_status_text(rc) : message);
    return HK_EXIT_FAILED;
}

int hk_complain_usage(const hk_ctx *ctx, int rc, const char *command)
{
    hk_complain(ctx, rc, command);
    if (rc == HK_ENOMEM)
        return HK_EXIT_FAILED;
    if (rc == HK_ENAME || rc == HK_ERANGE)
        fprintf(stderr, "hillock %s --help explains.\n", command);
    return HK_EXIT_USAGE;
}

static int dispatch(const hk_catalogue *catalogue, int argc, char *const *argv)
{
    if (argc < 2) {
        help(stderr);
        return HK_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("hillock %s\n", hk_version());
        return HK_EXIT_DONE;
    }
    if (strcmp(name, "help") == 0 && argc > 2)
        return help_on(catalogue, argv[2]);
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        help(stdout);
        return HK_EXIT_DONE;
    }
    const hk_command *command = find(name);
    if (command == NULL)
        return unknown(catalogue, name);
    if (hk_wants_help(argc - 2, argv + 2)) {
        command->help(stdout);
        return HK_EXIT_DONE;
    }
    return command->run(catalogue, argc - 2, argv + 2);
}

int hk_main(const hk_catalogue *catalogue, int argc, char *const *argv)
{
    signal(SIGPIPE, SIG_IGN); /* a reader that leaves is a failed write, reported below, not a sudden death */
    int code = dispatch(catalogue, argc, argv);
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == HK_EXIT_DONE) {
        if (errno != EPIPE) /* "hillock list | head" is no reason to complain */
            fprintf(stderr, "hillock: cannot write to standard output: %s\n", strerror(errno));
        code = HK_EXIT_FAILED;
    }
    return code;
}
