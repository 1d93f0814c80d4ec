/* experiments/readouts/order.h - the order in which samples are shown. */
#ifndef HK_ORDER_H
#define HK_ORDER_H

#include <stddef.h>
#include <stdint.h>

/** order[n]: 0 ... n - 1 shuffled; one order for each seed, purpose and epoch. */
void hk_order_shuffle(size_t *order, size_t n, uint64_t seed, const char *purpose, uint32_t epoch);

/** Falls geometrically from start to end while `done` goes from 0 to 1. */
double hk_order_fall(double start, double end, double done);

#endif
