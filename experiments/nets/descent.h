/* experiments/nets/descent.h - steps down a gradient.
 *
 *   momentum   v = m v + g,  p -= rate v                                                   m = 0: plain gradient descent
 *   adam       m = 0.9 m + 0.1 g,  v = 0.999 v + 0.001 g^2,  p -= rate m' / (sqrt(v') + 1e-8),  ' : without the bias of the start
 *
 * Source: Kingma & Ba (2015), ICLR. */
#ifndef HK_DESCENT_H
#define HK_DESCENT_H

#include "sim/status.h"

#include <stddef.h>

typedef enum hk_descent_method { HK_DESCENT_MOMENTUM, HK_DESCENT_ADAM } hk_descent_method;

typedef struct hk_descent {
    hk_descent_method method;
    size_t n;
    double *first, *second;           /* [n] */
    double momentum;                  /* in [0, 1) */
    double first_power, second_power; /* 0.9 and 0.999 to the number of steps */
} hk_descent;

HK_MUST_CHECK int hk_descent_init(hk_ctx *ctx, hk_descent_method method, double momentum, size_t n, hk_descent *out);
void hk_descent_fini(hk_descent *descent);
void hk_descent_step(hk_descent *descent, double rate, const double *gradient, double *params);

#endif
