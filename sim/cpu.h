/* sim/cpu.h - which of the compiled kernels this CPU can run.
 *
 * Kernels are compiled for three levels and all give the same bits; the level decides only how fast. On other
 * architectures than x86-64 there is only `plain`. */
#ifndef HK_CPU_H
#define HK_CPU_H

#include "sim/status.h"

typedef enum hk_cpu {
    HK_CPU_PLAIN = 0, /* what the compiler takes for granted (SSE2 on x86-64) */
    HK_CPU_AVX2 = 1,
    HK_CPU_AVX512 = 2, /* F, DQ, VL, BW, CD, VBMI and VBMI2: Ice Lake, Zen 4 and later */
} hk_cpu;

enum { HK_N_CPU = 3 };

/** The highest level that this CPU and its operating system support; every lower one is supported too. */
hk_cpu hk_cpu_best(void);

/** "plain", "avx2", "avx512"; "unknown" for a number that is none of them. */
const char *hk_cpu_name(hk_cpu level);

/** The level of that name; NULL: the best. HK_ENAME for an unknown name, HK_ERANGE for a level this machine lacks;
 *  both say what there is, and leave *level alone. */
HK_MUST_CHECK int hk_cpu_parse(hk_ctx *ctx, const char *name, hk_cpu *level);

#endif
