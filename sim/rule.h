/* sim/rule.h - what a plasticity rule is: functions called at exact spike times.
 *
 * A rule belongs to one projection. Within a postsynaptic population everything happens in order of time; at one
 * instant presynaptic arrivals come first (the rule's `pre`, then the delivery with the changed weight), then postsynaptic
 * spikes (`post`). Delays are axonal: the rule sees a presynaptic spike when it arrives, and a postsynaptic one when it
 * is fired. A pair at the same instant therefore counts as pre before post.
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
    /** A presynaptic spike of `pre` arrives through `slot`; NULL: not needed. */
    void (*pre)(void *state, uint32_t pre, uint32_t slot, hk_time now);
    /** `post` spikes; NULL: not needed. */
    void (*post)(void *state, uint32_t post, hk_time now);
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
/** The state that `create` made, for a rule's own queries. */
void *hk_rule_state(hk_rule *rule);

#endif
