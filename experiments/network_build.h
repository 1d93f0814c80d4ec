/* experiments/network_build.h - makes the populations and projections of a network file.
 *
 * A population per model, named after it ("lif", "lif_exp"), and one called "inputs" with a neuron per entry of the
 * file's inputs; one projection for every pair of populations that are connected. Weights are kept in double
 * precision. */
#ifndef HK_NETWORK_BUILD_H
#define HK_NETWORK_BUILD_H

#include "experiments/network_file.h"
#include "sim/simulation.h"

typedef struct hk_network {
    hk_sim *sim;
    hk_population **groups; /* [file->n_groups] */
    hk_population *inputs;  /* NULL: none */
} hk_network;

/** For n_threads >= 1. `out` is to be freed in any case. HK_ENOMEM; HK_ERANGE for what a model refuses. */
HK_MUST_CHECK int hk_network_build(hk_ctx *ctx, const hk_network_file *file, uint64_t seed, unsigned n_threads,
                                   hk_network *out);
void hk_network_fini(hk_network *network);

#endif
