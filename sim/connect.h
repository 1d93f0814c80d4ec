/* sim/connect.h - which neurons are connected: the rows of a sparse projection, drawn from counter-based streams.
 *
 * Every draw is a function of (seed, name of the projection, neuron), so the same connections come out for any number of
 * threads and can be drawn twice: once to count, once to store. */
#ifndef HK_CONNECT_H
#define HK_CONNECT_H

#include "sim/projection.h"

typedef struct hk_connecting {
    const hk_projection_config *cfg;
    uint64_t seed, name_id;
    hk_cpu cpu;
    uint32_t n_pre, n_post;
    bool within; /* one population: a neuron could connect to itself */
} hk_connecting;

/** That of a projection whose synapses wait to be drawn. */
hk_connecting hk_projection_connecting(const hk_projection *projection);

/** HK_OK, or HK_ERANGE naming the field: what the rule cannot do with these sizes. */
HK_MUST_CHECK int hk_connect_check(hk_ctx *ctx, const hk_connecting *connecting);

/** Number of synapses; the expected one for FIXED_PROBABILITY. */
uint64_t hk_connect_expected(const hk_connecting *connecting);

/** Counts: row[pre + 1] += synapses of each presynaptic neuron, row[n_pre + 1] zeroed by the caller. HK_OK, HK_ENOMEM. */
HK_MUST_CHECK int hk_connect_count(const hk_connecting *connecting, uint64_t *row);

/** Stores: target[row[pre] ... row[pre + 1]) ascending. row[n_pre + 1] holds the beginnings. HK_OK, HK_ENOMEM. */
HK_MUST_CHECK int hk_connect_fill(const hk_connecting *connecting, const uint64_t *row, uint32_t *target);

#endif
