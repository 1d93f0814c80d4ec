/* sim/cpu.c - see cpu.h. */
#include "sim/cpu.h"

#include <string.h>

static const char *const names[HK_N_CPU] = { "plain", "avx2", "avx512" };

hk_cpu hk_cpu_best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2"))
        return HK_CPU_PLAIN;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2"))
        return HK_CPU_AVX512;
    return HK_CPU_AVX2;
#else
    return HK_CPU_PLAIN;
#endif
}

const char *hk_cpu_name(hk_cpu level)
{
    return (unsigned)level < HK_N_CPU ? names[level] : "unknown";
}

int hk_cpu_parse(hk_ctx *ctx, const char *name, hk_cpu *level)
{
    hk_cpu best = hk_cpu_best();
    if (name == NULL) {
        *level = best;
        return HK_OK;
    }
    for (unsigned i = 0; i < HK_N_CPU; i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        if (i > (unsigned)best)
            return hk_fail(ctx, HK_ERANGE, "cpu = %s: this machine has nothing above %s", name, names[best]);
        *level = (hk_cpu)i;
        return HK_OK;
    }
    return hk_fail(ctx, HK_ENAME, "cpu = \"%s\": must be plain, avx2 or avx512", name);
}
