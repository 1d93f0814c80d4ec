/* experiments/matching.c - see matching.h. */
#include "experiments/matching.h"

#include <math.h>
#include <string.h>

#define ENERGY 6.0

double hk_match_full_pixel(uint32_t phases)
{
    return (2.0 - ldexp(2.0, -(int)phases)) * exp2(-0.5);
}

double hk_match_w_max(uint32_t phases)
{
    const double pixel = hk_match_full_pixel(phases);
    return HK_MATCH_FULL_MV / (pixel * pixel * ENERGY * ENERGY);
}

uint32_t hk_match_scale(float *values, uint32_t n)
{
    double energy = 0.0;
    uint32_t saturated = 0;
    for (uint32_t k = 0; k < n; k++)
        energy += (double)values[k] * (double)values[k];
    double factor = energy > 0.0 ? ENERGY / sqrt(energy) : 0.0;
    for (uint32_t k = 0; k < n; k++) {
        double value = (double)values[k] * factor;
        saturated += value > 1.0;
        values[k] = (float)(value > 1.0 ? 1.0 : value);
    }
    return saturated;
}

double hk_match_for(double neurons, const char *data)
{
    double of_400 = strcmp(data, "glyphs") == 0 ? 0.76 : 0.55;
    return fmin(1.0, fmax(0.0, of_400 + 0.045 * log2(neurons / 400.0)));
}
