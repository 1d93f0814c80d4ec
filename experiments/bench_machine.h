/* experiments/bench_machine.h - what a figure was measured on. */
#ifndef HK_BENCH_MACHINE_H
#define HK_BENCH_MACHINE_H

#include "experiments/summary.h"

#include <stdio.h>

typedef struct hk_machine {
    char cpu[128]; /* "unknown CPU" when the system does not say */
    long n_cores;
    double memory_gb;     /* 1e9 bytes */
    double load;          /* processes wanting a CPU, mean over the last minute; NaN: unknown */
    const char *compiler; /* that made this program */
    const char *kernels;  /* instruction set in use */
} hk_machine;

hk_machine hk_machine_look(void);
/** One line. */
void hk_machine_print(const hk_machine *machine, FILE *stream);
void hk_machine_summarise(const hk_machine *machine, hk_summary *summary);

#endif
