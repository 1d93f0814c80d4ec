/* experiments/nets/multiply.h - products of matrices in double precision for networks trained by back-propagation.
 *
 * c = a b, each given by its strides, so that a transposed matrix is one with its strides exchanged. Every number of c is one
 * sum whose terms are added in their order, by one thread: same bits for any number of threads and on every CPU level. */
#ifndef HK_MULTIPLY_H
#define HK_MULTIPLY_H

#include "sim/status.h"
#include "sim/team.h"

#include <stddef.h>

typedef struct hk_matrix {
    double *values;
    size_t row, col; /* strides: element (i, j) is values[i * row + j * col] */
} hk_matrix;

typedef struct hk_multiplier hk_multiplier;

/** `team` is borrowed and may be NULL. HK_ENOMEM. */
HK_MUST_CHECK int hk_multiplier_create(hk_ctx *ctx, hk_team *team, hk_multiplier **out);
void hk_multiplier_destroy(hk_multiplier *multiplier);
hk_team *hk_multiplier_team(const hk_multiplier *multiplier);

/** c[m][n] = a[m][k] b[k][n]. HK_ENOMEM. */
HK_MUST_CHECK int hk_multiply(hk_multiplier *multiplier, size_t m, size_t n, size_t k, hk_matrix a, hk_matrix b,
                              hk_matrix c);

/** Calls work(user, begin, end) for parts of 0 ... n - 1 on all threads of the team; which parts there are depends on n and `grain`
 *  alone: begin is a multiple of `grain`, end - begin at most `grain`. */
void hk_multiplier_share(hk_multiplier *multiplier, size_t n, size_t grain,
                         void (*work)(void *user, size_t begin, size_t end), void *user);

#endif
