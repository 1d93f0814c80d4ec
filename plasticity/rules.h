/* plasticity/rules.h - the rules of this folder, and what can be asked of one that is attached.
 *
 * Each is described, with equation, symbols and source, at the top of its own file. Weights are in the unit of the
 * target's model; rates of change are given in fractions of w_max - w_min, so that they mean the same in every unit. */
#ifndef HK_PLASTICITY_RULES_H
#define HK_PLASTICITY_RULES_H

#include "plasticity/learn_kernels.h"
#include "sim/rule.h"

extern const hk_rule_type hk_stdp;             /* stdp.c */
extern const hk_rule_type hk_stdp_pl;          /* stdp_pl.c */
extern const hk_rule_type hk_stdp_diehl_cook;  /* stdp_diehl_cook.c */
extern const hk_rule_type hk_stdp_trace;       /* stdp_trace.c */
extern const hk_rule_type hk_hebbian;          /* hebbian.c */
extern const hk_rule_type hk_normalise;        /* normalise.c */
extern const hk_rule_type hk_homeostasis;      /* homeostasis.c */
extern const hk_rule_type hk_homeostasis_time; /* homeostasis_time.c */

/** Rescales now, as at the end of a sample: for weights that are to start normalised. */
void hk_normalise_apply(void *state);

/* Each takes the state that hk_rule_state() gives for a rule of that type. Counts run since the rule was attached. */

/** Changes that were stopped at a hard bound. */
hk_clips hk_stdp_clips(const void *state);
hk_clips hk_stdp_pl_clips(const void *state);
hk_clips hk_stdp_diehl_cook_clips(const void *state);
hk_clips hk_stdp_trace_clips(const void *state);

/** Times a neuron was left alone because its incoming weights did not add up to more than 0. */
uint64_t hk_stdp_trace_skipped(const void *state);
uint64_t hk_normalise_skipped(const void *state);

/** How often stdp_trace has changed the synapses of each postsynaptic neuron: wins[n_post], borrowed. */
const uint64_t *hk_stdp_trace_wins(const void *state);
/** Between runs: the next spike of `post` is its first again, learnt at the full rate. */
void hk_stdp_trace_restart(void *state, uint32_t post);

/** Thresholds that were stopped at theta_min_mv or theta_max_mv. */
hk_clips hk_homeostasis_clips(const void *state);
hk_clips hk_homeostasis_time_clips(const void *state);

/** Samples that changed nothing because the first spike lay before their beginning. */
uint64_t hk_homeostasis_time_misplaced(const void *state);

#endif
