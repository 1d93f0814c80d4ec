/* experiments/nets/routing.h - squash and routing by agreement of one sample, there and back; see capsule.h. Compiled once for each
 * instruction set; same bits. */
#ifndef HK_ROUTING_H
#define HK_ROUTING_H

#include "sim/cpu.h"

#include <stddef.h>

typedef struct hk_routing {
    size_t n_in, n_out, depth, rounds;  /* n_out at most 256 */
    const double *votes;                /* [n_in][n_out][depth] */
    double *logits;                     /* [n_in][n_out] room */
    double *couplings, *sums, *vectors; /* [rounds][n_in][n_out], [rounds][n_out][depth] twice */
} hk_routing;

typedef struct hk_routing_kernels {
    /** out[n] = squash(s[n]). */
    void (*squash)(const double *s, size_t n, double *out);
    /** by_s[n] from by_out[n], gradients by the argument and by the result; they may be the same array. */
    void (*squash_back)(const double *s, const double *by_out, size_t n, double *by_s);
    /** Fills couplings, sums and vectors. */
    void (*route)(const hk_routing *routing);
    /** From by_vector[n_out][depth], of the last round, which is overwritten: by_vote[n_in][n_out][depth]. Needs what route() left. */
    void (*route_back)(const hk_routing *routing, double *by_vector, double *by_vote);
} hk_routing_kernels;

extern const hk_routing_kernels hk_routing_kernels_plain;
#if defined(__x86_64__)
extern const hk_routing_kernels hk_routing_kernels_avx2, hk_routing_kernels_avx512;
#endif

const hk_routing_kernels *hk_routing_kernels_for(hk_cpu level);

#endif
