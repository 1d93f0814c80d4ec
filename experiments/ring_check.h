/* experiments/ring_check.h - what the spikes of a ring must be, to the last bit.
 *
 * Hop k (from 0) must be a spike of neuron k mod n at exactly
 *
 *     (step, offset) = (start.step + (k + 1) delay, start.offset)
 *
 * with no other spike between and none missing. The first that is not so is remembered as a sentence. */
#ifndef HK_RING_CHECK_H
#define HK_RING_CHECK_H

#include "sim/simulation.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hk_ring_check {
    uint32_t n;    /* neurons in the ring */
    int64_t delay; /* steps */
    hk_time start; /* of the input spike */
    double resolution_ms;
    uint64_t n_hops; /* to be checked; what comes behind does not matter */
    uint64_t hop;    /* checked so far */
    double worst_ms; /* largest deviation seen: 0 while all is well */
    char fault[360]; /* "" while all is well */
} hk_ring_check;

/** When hop `hop` is due. */
hk_time hk_ring_check_due(const hk_ring_check *check, uint64_t hop);
/** Takes the next spikes of the ring; all up to and including `end` have come then. */
void hk_ring_check_take(hk_ring_check *check, const hk_spike *spikes, size_t n, hk_time end);
/** Everything checked, or something wrong. */
bool hk_ring_check_is_over(const hk_ring_check *check);

#endif
