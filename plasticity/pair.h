/* plasticity/pair.h - what the pair rules share: a trace on either side, and a change of weights at either spike.
 *
 *   dx/dt = -x / tau_plus     x += 1 (or = 1) when a spike of the presynaptic neuron arrives
 *   dy/dt = -y / tau_minus    y += 1 (or = 1) when the postsynaptic neuron spikes
 *
 *   at a postsynaptic spike   w changes by `plus`, reading x        at an arrival   w changes by `minus`, reading y
 *
 * On a sparse projection the synapses onto one neuron lie far apart, those from one neuron side by side. So what a postsynaptic
 * spike changes is put off: its gain is noted, and each synapse is changed, spike by spike and in order, when it is next
 * passed by an arrival, or when somebody asks for weights. No bit depends on when that is.
 *
 * Traces of arrivals are kept once for each part: its thread is the only one that changes them.
 *
 * Delays are axonal, unless `dendritic`: then a presynaptic spike is at the synapse when it is sent, and a postsynaptic one a
 * delay d after it was fired. As the rule is called when the presynaptic spike arrives, d after it was sent, that is the same as
 * a postsynaptic spike that comes 2 d late: it waits in a queue (late_spikes.h). All synapses must have one delay. */
#ifndef HK_PLASTICITY_PAIR_H
#define HK_PLASTICITY_PAIR_H

#include "plasticity/late_spikes.h"
#include "plasticity/synapses.h"
#include "plasticity/trace.h"

typedef struct hk_pair_part hk_pair_part;

typedef struct hk_pair_form {     /* what a rule makes of its parameters */
    hk_weight_change plus, minus; /* gains for traces of 1 */
    hk_pairing pairing;
    double tau_plus_ms, tau_minus_ms;
    bool dendritic; /* as when the rule was attached */
} hk_pair_form;

typedef struct hk_pair {
    hk_synapses synapses;
    hk_pair_form form;
    int64_t lag;        /* steps from a spike to what it does, 0: axonal delays */
    double *y;          /* [n_post] scaled */
    hk_history history; /* n is 0 where nothing is put off */
    hk_pair_part *parts;
    uint32_t n_parts;
    hk_clips clips; /* of parts that are no more */
} hk_pair;

/** On a projection whose postsynaptic neurons can be asked for their synapses; without parts as yet. HK_ERANGE naming `rule`,
 *  HK_ENOMEM; finish with hk_pair_fini() in any case. */
HK_MUST_CHECK int hk_pair_init(hk_ctx *ctx, hk_pair *pair, const char *rule, hk_projection *projection);
void hk_pair_fini(hk_pair *pair);
/** The first form. HK_ERANGE naming `rule`: dendritic, and synapses of several delays. */
HK_MUST_CHECK int hk_pair_begin(hk_ctx *ctx, hk_pair *pair, const char *rule, const hk_pair_form *form);
/** From now on; traces stay. HK_ERANGE naming `rule`: `dendritic` is another one. */
HK_MUST_CHECK int hk_pair_change(hk_ctx *ctx, hk_pair *pair, const char *rule, const hk_pair_form *form);
hk_clips hk_pair_clips(const hk_pair *pair);

/* The functions of hk_rule_type, for a state that begins with a hk_pair. */
int hk_pair_divide(hk_ctx *ctx, void *state, const hk_division *division);
void hk_pair_arrival(void *state, const hk_part *part, uint32_t pre, uint32_t slot, hk_time now);
void hk_pair_spike(void *state, const hk_part *part, uint32_t post, hk_time now);
void hk_pair_catch_up(void *state);
void hk_pair_forget(void *state);
int hk_pair_archive(void *state, hk_archive *archive);

#endif
