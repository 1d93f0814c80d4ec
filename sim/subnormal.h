/* sim/subnormal.h - results below the smallest normal number become 0 in this thread, where the processor can: some need a
 * hundred times as long for them, and a neuron without input decays to them. */
#ifndef HK_SUBNORMAL_H
#define HK_SUBNORMAL_H

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/** Returns what hk_subnormal_restore() needs. */
static inline unsigned hk_subnormal_to_zero(void)
{
#if defined(__SSE2__)
    unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | _MM_FLUSH_ZERO_ON);
    return mode;
#else
    return 0;
#endif
}

static inline void hk_subnormal_restore(unsigned mode)
{
#if defined(__SSE2__)
    _mm_setcsr(mode);
#else
    (void)mode;
#endif
}

#endif
