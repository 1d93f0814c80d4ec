/* sim/grid_kernels.c - which of the compiled kernels of sim/kernels/grid.h to call. */
#include "sim/kernels/grid.h"

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
