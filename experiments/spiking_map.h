/* experiments/spiking_map.h - a self-organising map whose neighbourhood is in its synapses.
 *
 * Every unit is a lif neuron that gets all inputs through synapses that learn (stdp_trace: at its spike w += lr (c x - w), x
 * the input's spikes in this sample; then its weights are scaled to a fixed length) and stands on a grid. A sample is shown in
 * two parts: its spikes come while nothing else drives the units, then a current, as the rising phase of an oscillation,
 * takes them to the threshold in the order of their potentials. The first to spike is the winner. Within a step of 0.1 ms
 *
 *   lateral synapses   of strength  a v_th (2 exp(-r^2 / (2 sigma^2)) - 1),  r the distance on the grid, take near units to the
 *                      threshold: they spike, and learn, with it; the worse a unit fits the sample, the nearer it must be.
 *                      Those farther away than 1.18 sigma are inhibited at once.
 *   one more neuron    which every spike of a unit makes spike, inhibits all units for the rest of the sample, a step later.
 *                      Its synapses outweigh all lateral ones, so that excitation is not handed on.
 *
 * What neighbours the winner has is thus said by sigma, which shrinks as the weights of these synapses are rewritten. A sample
 * ends when the inhibition has arrived: nothing would happen in the rest of it.
 *
 * After Rumbell, Denham & Wennekers (2014), IEEE Trans. Neural Netw. Learn. Syst. 25:894-907; the rule is Grossberg's instar. */
#ifndef HK_SPIKING_MAP_H
#define HK_SPIKING_MAP_H

#include "sim/encoder.h"
#include "sim/simulation.h"

typedef struct hk_spiking_map_config {
    uint32_t n_inputs, rows, cols;
    double strength; /* a >= 0 */
    double match;    /* in (0, 1): part of the threshold to which a sample takes a unit that fits it */
    double length;   /* > 0: mean length of the samples as vectors of spikes */
    uint64_t seed;
} hk_spiking_map_config;

/** Inputs spike at most this often in a sample. */
enum { HK_SPIKING_MAP_MOST = 10 };

typedef struct hk_spiking_map {
    hk_spiking_map_config config;
    hk_sim *sim;
    hk_population *inputs, *units, *inhibitor;
    hk_projection *feedforward, *lateral, *inhibition;
    hk_rule *rule;
    float *rounded;   /* [n_inputs] values, room */
    float *by_offset; /* [rows][cols] lateral weights by distance, room */
    uint32_t *spiked; /* [n_units] those that spiked in this sample, in order; each can once */
    size_t n_spiked;
    bool learns, is_inhibited;
} hk_spiking_map;

/** The code of samples: equidistant spikes, as many as the value says. */
HK_MUST_CHECK int hk_spiking_map_encode(hk_ctx *ctx, const float *values, uint32_t n, hk_spikes_in *out);

/** HK_ERANGE, HK_ENOMEM. To be destroyed in any case. */
HK_MUST_CHECK int hk_spiking_map_create(hk_ctx *ctx, const hk_spiking_map_config *config, hk_spiking_map *out);
void hk_spiking_map_destroy(hk_spiking_map *map);

/** From now on units learn at this rate, bound by lateral synapses of this width. */
HK_MUST_CHECK int hk_spiking_map_bind(hk_spiking_map *map, double sigma, double lr);
/** From now on units neither learn nor know of each other, and a sample ends when two have spiked. */
void hk_spiking_map_free(hk_spiking_map *map);

/** Shows values [n_inputs] in [0, 1] and fills in spiked and n_spiked. */
HK_MUST_CHECK int hk_spiking_map_show(hk_spiking_map *map, const float *values);

/** weights[n_units][n_inputs] */
void hk_spiking_map_weights(const hk_spiking_map *map, float *weights);
/** Distance of two units on the grid, of neighbours 1. */
double hk_spiking_map_distance(const hk_spiking_map *map, uint32_t a, uint32_t b);

#endif
