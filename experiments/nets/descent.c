/* experiments/nets/descent.c - see descent.h. */
#include "experiments/nets/descent.h"

#include <math.h>
#include <stdlib.h>

int hk_descent_init(hk_ctx *ctx, hk_descent_method method, double momentum, size_t n, hk_descent *out)
{
    *out = (hk_descent){ .method = method,
                         .n = n,
                         .first = calloc(n, sizeof *out->first),
                         .second = calloc(n, sizeof *out->second),
                         .momentum = momentum,
                         .first_power = 1.0,
                         .second_power = 1.0 };
    if (out->first != NULL && out->second != NULL)
        return HK_OK;
    hk_descent_fini(out);
    return hk_fail(ctx, HK_ENOMEM, "no memory to train %zu parameters", n);
}

void hk_descent_fini(hk_descent *descent)
{
    free(descent->first);
    free(descent->second);
    *descent = (hk_descent){ 0 };
}

static void adam(hk_descent *d, double rate, const double *restrict gradient, double *restrict params)
{
    const double keep = 0.9, keep_square = 0.999, least = 1e-8;
    double *restrict first = d->first, *restrict second = d->second;
    d->first_power *= keep;
    d->second_power *= keep_square;
    const double first_scale = rate / (1.0 - d->first_power), second_scale = 1.0 / (1.0 - d->second_power);
    for (size_t k = 0; k < d->n; k++) {
        first[k] = keep * first[k] + (1.0 - keep) * gradient[k];
        second[k] = keep_square * second[k] + (1.0 - keep_square) * gradient[k] * gradient[k];
        params[k] -= first_scale * first[k] / (sqrt(second[k] * second_scale) + least);
    }
}

void hk_descent_step(hk_descent *descent, double rate, const double *gradient, double *params)
{
    if (descent->method == HK_DESCENT_ADAM) {
        adam(descent, rate, gradient, params);
        return;
    }
    for (size_t k = 0; k < descent->n; k++) {
        descent->first[k] = descent->momentum * descent->first[k] + gradient[k];
        params[k] -= rate * descent->first[k];
    }
}
