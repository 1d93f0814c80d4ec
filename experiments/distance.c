/* experiments/distance.c - see distance.h. */
#include "experiments/distance.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

size_t hk_distance_sort(double *values, size_t n)
{
    size_t kept = 0;
    for (size_t k = 0; k < n; k++)
        if (isfinite(values[k]))
            values[kept++] = values[k];
    qsort(values, kept, sizeof *values, compare);
    return kept;
}

double hk_distance_ks(const double *a, size_t n_a, const double *b, size_t n_b)
{
    if (n_a == 0 || n_b == 0)
        return NAN;
    double most = 0.0;
    for (size_t i = 0, j = 0; i < n_a && j < n_b;) {
        double x = a[i] < b[j] ? a[i] : b[j];
        while (i < n_a && a[i] == x) /* equal values count at once: between them there is no step */
            i++;
        while (j < n_b && b[j] == x)
            j++;
        most = fmax(most, fabs((double)i / (double)n_a - (double)j / (double)n_b));
    }
    return most;
}
