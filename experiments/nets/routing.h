/* experiments/nets/routing.h - squash and routing by agreement of one sample, there and back; see capsule.h. */
#ifndef HK_ROUTING_H
#define HK_ROUTING_H

#include <stddef.h>

/** out[n] = squash(s[n]). */
void hk_squash(const double *s, size_t n, double *out);
/** by_s[n] from by_out[n], gradients by the argument and by the result; they may be the same array. */
void hk_squash_back(const double *s, const double *by_out, size_t n, double *by_s);

typedef struct hk_routing {
    size_t n_in, n_out, depth, rounds;
    const double *votes;                /* [n_in][n_out][depth] */
    double *logits;                     /* [n_in][n_out] room */
    double *couplings, *sums, *vectors; /* [rounds][n_in][n_out], [rounds][n_out][depth] twice */
} hk_routing;

/** Fills couplings, sums and vectors. */
void hk_route(const hk_routing *routing);
/** From by_vector[n_out][depth], of the last round, which is overwritten: by_vote[n_in][n_out][depth]. Needs what hk_route() left. */
void hk_route_back(const hk_routing *routing, double *by_vector, double *by_vote);

#endif
