/* sim/rule.h - what a plasticity rule is: functions called at exact spike times.
 *
 * A rule belongs to one projection. Within a postsynaptic population everything happens in order of time; at one
 * instant presynaptic arrivals come first (the rule's `pre`, then the delivery with the changed weight), then postsynaptic
 * spikes (`post`). Delays are axonal: the rule sees a presynaptic spike when it arrives, and a postsynaptic one when it
 * is fired. A pair at the same instant therefore counts as pre before post.
 *
 * The neurons of a population may be divided into parts that are computed by several threads at once: a rule is then called
 * for each part, changes the synapses onto its neurons only, and its results may not depend on how they are divided.
 *
 * One catalogue entry a rule, in plasticity/. */
#ifndef HK_RULE_H
#define HK_RULE_H

#include "sim/archive.h"
#include "sim/model.h"
#include "sim/projection.h"
#include "sim/status.h"
#include "sim/time.h"

typedef struct hk_rule hk_rule;

/** The postsynaptic neurons begin ... end - 1, one thread's. */
typedef struct hk_part {
    uint32_t index, begin, end;
} hk_part;

typedef struct hk_division {
    const hk_part *parts; /* [n_parts] in order, none empty; together all neurons */
    uint32_t n_parts;
    bool shared; /* another rule works on the same synapses */
} hk_division;

typedef struct hk_rule_type {
    const char *name, *summary, *source;
    const hk_column *params;
    size_t n_params;
    /** Allocates the state of the rule on `projection`; params[n_params] are within their ranges and copied.
     *  HK_ENOMEM, HK_ERANGE (constraints across parameters, a projection of the wrong layout). */
    int (*create)(hk_ctx *ctx, hk_projection *projection, const double *params, void **state);
    void (*destroy)(void *state);
    /** Takes over changed parameters, traces stay; HK_OK, or HK_ERANGE and nothing has changed. */
    int (*change)(hk_ctx *ctx, void *state, const double *params);
    /** From now on work is divided so; never within a window. A rule that has just been created is told before anything else.
     *  NULL: there is only ever one part. HK_ENOMEM, and nothing has changed. */
    int (*divide)(hk_ctx *ctx, void *state, const hk_division *division);
    /** A presynaptic spike of `pre` arrives at `part` through `slot`; every part sees all of them. NULL: not needed. */
    void (*pre)(void *state, const hk_part *part, uint32_t pre, uint32_t slot, hk_time now);
    /** `post`, of `part`, spikes; NULL: not needed. */
    void (*post)(void *state, const hk_part *part, uint32_t post, hk_time now);
    /** Makes the changes of weights that the rule has put off; never within a window. NULL: it puts none off. A rule that does
     *  makes those of a slab in `pre`, before it is delivered. */
    void (*catch_up)(void *state);
    /** A sample (hk_sim_present) has ended; NULL: not needed. */
    void (*sample_end)(void *state, hk_time now);
    /** The network has been reset between samples: traces end (weights stay); NULL: no traces. */
    void (*forget)(void *state);
    /** Saves or loads everything but the weights. */
    int (*archive)(void *state, hk_archive *archive);
} hk_rule_type;

/** Attaches a rule to a projection of `sim`; names[n] and values[n] set parameters, the others keep their defaults.
 *  HK_ENAME, HK_ERANGE naming the parameter, its value and its range. Owned by the simulation. */
HK_MUST_CHECK int hk_rule_attach(hk_projection *projection, const hk_rule_type *type, size_t n,
                                 const char *const *names, const double *values, hk_rule **out);
/** Switches learning off and on (testing): a rule that is off is not called at all. */
void hk_rule_enable(hk_rule *rule, bool enabled);
/** Changes one parameter between runs; the rule's state stays. HK_ENAME, HK_ERANGE. */
HK_MUST_CHECK int hk_rule_set(hk_rule *rule, const char *name, double value);
/** The synapses of `pre` in one slot onto `part`, for rules: unlike hk_projection_slab() it lets nobody catch up. */
hk_slab hk_rule_slab(const hk_projection *projection, uint32_t pre, uint32_t slot, const hk_part *part);
/** The state that `create` made, for a rule's own queries. */
void *hk_rule_state(hk_rule *rule);

#endif
