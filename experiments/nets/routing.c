/* experiments/nets/routing.c - which form of the kernels this CPU gets. */
#include "experiments/nets/routing.h"

const hk_routing_kernels *hk_routing_kernels_for(hk_cpu level)
{
#if defined(__x86_64__)
    if (level == HK_CPU_AVX512)
        return &hk_routing_kernels_avx512;
    if (level == HK_CPU_AVX2)
        return &hk_routing_kernels_avx2;
#endif
    (void)level;
    return &hk_routing_kernels_plain;
}
