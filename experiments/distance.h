/* experiments/distance.h - how far two samples are apart: the two-sample Kolmogorov-Smirnov distance, the largest difference
 * between their cumulative distributions, 0 to 1. Source: Conover (1999), Practical Nonparametric Statistics, ch. 6.3. */
#ifndef HK_DISTANCE_H
#define HK_DISTANCE_H

#include <stddef.h>

/** Moves the finite values to the front, ascending, and returns their number. */
size_t hk_distance_sort(double *values, size_t n);

/** The distance of two sorted samples; NaN when one is empty. */
double hk_distance_ks(const double *a, size_t n_a, const double *b, size_t n_b);

#endif
