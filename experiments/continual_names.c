/* experiments/continual_names.c - see continual.h. */
#include "experiments/continual.h"

#include <stdlib.h>

#define NEXT_SPIKE 0.75 /* what a spike counts, of the one before */

int hk_continual_names_init(hk_ctx *ctx, uint32_t n, hk_continual_names *out)
{
    *out = (hk_continual_names){ .n = n, .share = calloc((size_t)n * HK_CONTINUAL_CLASSES, sizeof(double)) };
    return out->share == NULL ? hk_fail(ctx, HK_ENOMEM, "continual: out of memory for %u names", n) : HK_OK;
}

void hk_continual_names_fini(hk_continual_names *names)
{
    free(names->share);
    *names = (hk_continual_names){ 0 };
}

void hk_continual_names_learn(hk_continual_names *names, uint32_t neuron, uint32_t label, double rate)
{
    double *share = names->share + (size_t)neuron * HK_CONTINUAL_CLASSES;
    for (uint32_t c = 0; c < HK_CONTINUAL_CLASSES; c++)
        share[c] += rate * ((c == label ? 1.0 : 0.0) - share[c]);
}

static int largest(const double *values)
{
    int best = -1;
    double most = 0.0;
    for (int c = 0; c < HK_CONTINUAL_CLASSES; c++)
        if (values[c] > most) {
            most = values[c];
            best = c;
        }
    return best;
}

int hk_continual_name(const hk_continual_names *names, uint32_t neuron)
{
    return largest(names->share + (size_t)neuron * HK_CONTINUAL_CLASSES);
}

int hk_continual_decide(const hk_continual_names *names, const uint32_t *spikes, size_t n)
{
    double votes[HK_CONTINUAL_CLASSES] = { 0.0 }, counts = 1.0;
    for (size_t k = 0; k < n; k++, counts *= NEXT_SPIKE)
        for (int c = 0; c < HK_CONTINUAL_CLASSES; c++)
            votes[c] += counts * names->share[(size_t)spikes[k] * HK_CONTINUAL_CLASSES + (size_t)c];
    return largest(votes);
}
