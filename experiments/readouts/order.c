/* experiments/readouts/order.c - see order.h. */
#include "experiments/readouts/order.h"

#include "sim/draw.h"
#include "sim/mathfn.h"
#include "sim/rng.h"

void hk_order_shuffle(size_t *order, size_t n, uint64_t seed, const char *purpose, uint32_t epoch)
{
    hk_stream stream = hk_stream_open(seed, HK_PURPOSE_SHUFFLE, hk_name_id(purpose), epoch);
    for (size_t k = 0; k < n; k++)
        order[k] = k;
    for (size_t k = n; k-- > 1;) {
        size_t other = hk_stream_below(&stream, k + 1), kept = order[k];
        order[k] = order[other];
        order[other] = kept;
    }
}

double hk_order_fall(double start, double end, double done)
{
    return start * hk_exp(done * hk_log(end / start));
}
