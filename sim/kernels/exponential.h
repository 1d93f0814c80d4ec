/* sim/kernels/exponential.h - the compiled forms of sim/kernels/exponential.c. */
#ifndef HK_KERNELS_EXPONENTIAL_H
#define HK_KERNELS_EXPONENTIAL_H

#include "sim/exponential.h"

#define HK_EXPONENTIAL_DECLARE(isa)                                                                                \
    void hk_exponential_##isa(uint64_t seed, uint32_t purpose, uint64_t id, uint32_t n_blocks, const uint64_t *at, \
                              double *first, double *second)

HK_EXPONENTIAL_DECLARE(plain);
HK_EXPONENTIAL_DECLARE(avx2);
HK_EXPONENTIAL_DECLARE(avx512);

#endif
