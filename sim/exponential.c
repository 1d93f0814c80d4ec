/* sim/exponential.c - see exponential.h: which of the kernels to call. */
#include "sim/exponential.h"

#include "sim/kernels/exponential.h"

hk_exponential_fn hk_exponential_kernel(hk_cpu level)
{
#if defined(__x86_64__)
    if (level == HK_CPU_AVX512)
        return hk_exponential_avx512;
    if (level == HK_CPU_AVX2)
        return hk_exponential_avx2;
#endif
    (void)level;
    return hk_exponential_plain;
}
