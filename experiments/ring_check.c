/* experiments/ring_check.c - see ring_check.h. */
#include "experiments/ring_check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

hk_time hk_ring_check_due(const hk_ring_check *check, uint64_t hop)
{
    return (hk_time){ .step = check->start.step + (int64_t)(hop + 1) * check->delay, .offset = check->start.offset };
}

bool hk_ring_check_is_over(const hk_ring_check *check)
{
    return check->fault[0] != '\0' || check->hop == check->n_hops;
}

static void take_one(hk_ring_check *check, const hk_spike *spike)
{
    hk_time due = hk_ring_check_due(check, check->hop);
    uint32_t neuron = (uint32_t)(check->hop % check->n);
    if (spike->neuron == neuron && hk_time_equal(spike->time, due)) {
        check->hop++;
        return;
    }
    double off_ms = fabs(hk_time_between_ms(due, spike->time, check->resolution_ms));
    check->worst_ms = off_ms > check->worst_ms ? off_ms : check->worst_ms;
    snprintf(check->fault, sizeof check->fault,
             "ring: hop %" PRIu64 " (lap %" PRIu64 ") is a spike of neuron %u at (step %" PRId64
             ", offset %.17g ms), must be of "
             "neuron %u at (step %" PRId64 ", offset %.17g ms): off by %.3g ms",
             check->hop, check->hop / check->n, spike->neuron, spike->time.step, spike->time.offset, neuron, due.step,
             due.offset, off_ms);
}

void hk_ring_check_take(hk_ring_check *check, const hk_spike *spikes, size_t n, hk_time end)
{
    for (size_t k = 0; k < n && !hk_ring_check_is_over(check); k++)
        take_one(check, &spikes[k]);
    if (hk_ring_check_is_over(check))
        return;
    hk_time due = hk_ring_check_due(check, check->hop);
    if (!hk_time_before(end, due))
        snprintf(check->fault, sizeof check->fault,
                 "ring: hop %" PRIu64 " (lap %" PRIu64 "), a spike of neuron %u due at (step %" PRId64
                 ", offset %.17g ms), never came",
                 check->hop, check->hop / check->n, (uint32_t)(check->hop % check->n), due.step, due.offset);
}
