/* experiments/bench_command.c - `hillock bench`, handed on to bench.c. */
#include "experiments/bench.h"
#include "experiments/commands.h"

#include <stdlib.h>

static int run(const hk_catalogue *catalogue, int n, char *const *arguments)
{
    static char name[] = "hillock bench";
    (void)catalogue;
    char **argv = calloc((size_t)n + 2, sizeof(char *));
    if (argv == NULL) {
        fputs("hillock bench: out of memory\n", stderr);
        return HK_EXIT_FAILED;
    }
    argv[0] = name;
    for (int k = 0; k < n; k++)
        argv[k + 1] = arguments[k];
    int code = hk_bench_main(n + 1, argv);
    free(argv);
    return code;
}

const hk_command hk_command_bench = { .name = "bench",
                                      .arguments = "[NAME...]",
                                      .run = run,
                                      .help = hk_bench_help,
                                      .summary = "the benchmark set: figures per event and per second" };
