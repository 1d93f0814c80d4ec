/* tests/stdp_rig.h - parameters of pair STDP. */
#ifndef HK_STDP_RIG_H
#define HK_STDP_RIG_H

#include "tests/plastic_rig.h"

static const double tau_plus = 16.8, tau_minus = 33.7, a_plus = 0.0613, a_minus = 0.0731;

#define SHAPE                                                                         \
    { "tau_plus_ms", tau_plus }, { "tau_minus_ms", tau_minus }, { "a_plus", a_plus }, \
    {                                                                                 \
        "a_minus", a_minus                                                            \
    }

enum { N_LIST = 60 };

/* Random synapses from 6 inputs to 5 cells with their own delays and weights, some pairs twice. */
static inline void random_list(uint32_t *pre, uint32_t *post, double *weight, double *delay_ms)
{
    hk_stream s = hk_stream_open(19, HK_PURPOSE_TEST, 8, 0);
    for (int k = 0; k < N_LIST; k++) {
        pre[k] = (uint32_t)hk_stream_below(&s, 6);
        post[k] = (uint32_t)hk_stream_below(&s, 5);
        delay_ms[k] = 0.125 * (double)(1 + hk_stream_below(&s, 12));
        weight[k] = hk_stream_uniform(&s);
    }
}

#endif
