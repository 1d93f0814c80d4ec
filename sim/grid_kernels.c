/* sim/grid_kernels.c - which of the compiled kernels of sim/kernels/grid.h and moments.h to call. */
#include "sim/kernels/grid.h"
#include "sim/kernels/moments.h"

const hk_grid_kernels *hk_grid_kernels_for(hk_cpu level)
{
    static const hk_grid_kernels *const kernels[HK_N_CPU] = {
        [HK_CPU_PLAIN] = &hk_grid_kernels_plain,
#if defined(__x86_64__)
        [HK_CPU_AVX2] = &hk_grid_kernels_avx2,
        [HK_CPU_AVX512] = &hk_grid_kernels_avx512,
#endif
    };
    return kernels[level];
}

const hk_moments_kernels *hk_moments_kernels_for(hk_cpu level)
{
    static const hk_moments_kernels *const kernels[HK_N_CPU] = {
        [HK_CPU_PLAIN] = &hk_moments_kernels_plain,
#if defined(__x86_64__)
        [HK_CPU_AVX2] = &hk_moments_kernels_avx2,
        [HK_CPU_AVX512] = &hk_moments_kernels_avx512,
#endif
    };
    return kernels[level];
}
