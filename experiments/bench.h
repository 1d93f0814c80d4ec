/* experiments/bench.h - the benchmark set behind `hillock bench`. */
#ifndef HK_BENCH_H
#define HK_BENCH_H

#include <stdio.h>

/** argv[0] is "hillock bench"; behind it the names of benchmarks (none: all) and flags. Prints tables on standard
 *  output; returns an exit code. */
int hk_bench_main(int argc, char **argv);
/** What `hillock bench --help` says. */
void hk_bench_help(FILE *stream);

#endif
