/* experiments/circuit_synapses.h - what a run says of its synapses: how exactly their weights are kept, and what they have
 * learnt.
 *
 * The results file gets a group `projections`: names and weight units, a line for each projection, as attributes, and arrays in
 * the same order. The typical weight is the size of the mean that weights are drawn with. A circuit without projections says
 * nothing. */
#ifndef HK_CIRCUIT_SYNAPSES_H
#define HK_CIRCUIT_SYNAPSES_H

#include "experiments/circuit_run.h"

/** Adds the keys of HK_CIRCUIT_KEYS that concern synapses to the summary, and a line to the report. */
void hk_circuit_report_synapses(const hk_circuit_run *r);
/** Likewise HK_CIRCUIT_PLASTIC_KEYS, where something has learnt. */
void hk_circuit_report_learning(const hk_circuit_run *r);
HK_MUST_CHECK int hk_circuit_put_synapses(const hk_circuit_run *r, hk_results *file);

#endif
