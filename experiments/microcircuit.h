/* experiments/microcircuit.h - the table of the cortical microcircuit: what is under one square millimetre of cortex, four
 * layers of excitatory and inhibitory neurons with exponential currents.
 *
 *   tau_m 10 ms, c_m 250 pF, e_l -65, threshold -50, reset -65 mV, refractory 2 ms, currents decay with 0.5 ms
 *   synapses from population b of N_b neurons to a: ln(1 - p_ab) / ln(1 - 1 / (N_a N_b)), drawn with replacement
 *   weights normal, mean w = the current that gives a peak of 0.15 mV (87.8 pA), sd 10 %, never below 0; from L4E to L23E
 *   twice that; inhibitory -4 times. delays normal, 1.5 +- 0.75 ms and inhibitory 0.75 +- 0.375 ms, drawn again below half a
 *   step, rounded to whole steps
 *   outside: K_ext synapses of weight w, a Poisson train of 8 Hz each, or the constant current of the same mean
 *   thalamus: 902 Poisson neurons onto layers 4 and 6
 *
 * A scale s < 1 leaves s of the neurons and, of each, s of the synapses, recurrent and outside. Weights grow by 1 / sqrt(s), so
 * that the variance of the input stays; its mean would shrink to sqrt(s), and a constant current makes up for the rest:
 *
 *   i_a = (1 - sqrt(s)) tau_syn (sum over b of K_ab w_ab nu_b + K_ext w 8 Hz)       nu: mean rates of the full network
 *
 * Correlations do not stay (van Albada, Helias & Diesmann 2015, PLoS Comput. Biol. 11:e1004490). The thalamic pulse is not
 * scaled: each neuron has as many thalamic synapses as in the full network.
 *
 * Sources: Potjans & Diesmann (2014), Cereb. Cortex 24:785-806, tables 4 and 5; initial potentials and mean rates: the
 * reference implementation of INM-6, github.com/INM-6/microcircuit-PD14-model. */
#ifndef HK_MICROCIRCUIT_H
#define HK_MICROCIRCUIT_H

#include "experiments/circuit.h"

enum { HK_MICROCIRCUIT_POPULATIONS = 8 };
extern const char *const hk_microcircuit_names[HK_MICROCIRCUIT_POPULATIONS];
extern const double hk_microcircuit_rates_hz[HK_MICROCIRCUIT_POPULATIONS]; /* means of the full network */

typedef enum hk_microcircuit_drive { HK_MICROCIRCUIT_POISSON, HK_MICROCIRCUIT_DC } hk_microcircuit_drive;

typedef enum hk_microcircuit_start {
    HK_MICROCIRCUIT_OPTIMISED, /* normal by population, near the stationary state */
    HK_MICROCIRCUIT_ORIGINAL,  /* normal (-58 +- 10 mV): begins with a volley */
} hk_microcircuit_start;

typedef struct hk_microcircuit_config {
    double scale; /* (0, 1] */
    double resolution_ms;
    hk_microcircuit_drive drive;
    hk_microcircuit_start start;
    hk_circuit_pulse thalamus; /* rate 0: no thalamus */
} hk_microcircuit_config;

/** Synapses from population `pre` to `post` in the full network. */
uint64_t hk_microcircuit_synapses(int post, int pre);

/** The current (pA) that raises the potential by 1 mV at its peak. */
double hk_microcircuit_pa_for_1_mv(void);

/** Fills an empty circuit: populations in the order of the names, then, where there is one, the thalamus. */
void hk_microcircuit_describe(const hk_microcircuit_config *cfg, hk_circuit *circuit);

#endif
