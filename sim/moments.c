/* sim/moments.c - see moments.h. */
#include "sim/moments.h"

#include <math.h>

bool hk_moments_cut(hk_moments *moments)
{
    moments->n_terms = 1;
    for (int sign = 0; sign < HK_SIGNS; sign++)
        for (uint32_t m = 0; m < moments->n; m++) {
            const double *series = moments->series[sign][m];
            double sum = 0.0;
            for (uint32_t k = 0; k < HK_MOMENTS_TERMS; k++)
                sum += fabs(series[k]);
            for (uint32_t k = moments->n_terms; k < HK_MOMENTS_TERMS; k++)
                if (fabs(series[k]) > 0x1p-56 * sum)
                    moments->n_terms = k + 1;
        }
    return moments->n_terms < HK_MOMENTS_TERMS;
}

void hk_moments_of(const hk_moments *moments, unsigned sign, double z, double weight, double *out)
{
    for (uint32_t m = 0; m < moments->n; m++) {
        const double *series = moments->series[sign][m];
        double sum = series[moments->n_terms - 1];
        for (uint32_t k = moments->n_terms - 1; k-- > 0;)
            sum = sum * z + series[k];
        out[m] = weight * sum;
    }
}
