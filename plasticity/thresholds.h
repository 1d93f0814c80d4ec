/* plasticity/thresholds.h - the adaptive thresholds of a population, as the homeostatic rules move them. */
#ifndef HK_PLASTICITY_THRESHOLDS_H
#define HK_PLASTICITY_THRESHOLDS_H

#include "plasticity/learn_kernels.h"
#include "sim/projection.h"

typedef struct hk_thresholds {
    hk_population *population; /* borrowed */
    double *theta_mv;          /* [n] scratch between load and store */
    uint32_t n;
    double low_mv, high_mv;
    hk_clips clips; /* how often a threshold was stopped at either end */
} hk_thresholds;

/** The thresholds of the projection's postsynaptic population. HK_ERANGE, naming rule and population, when its model has no state
 *  variable theta_mv. Finish with hk_thresholds_fini() in any case. */
HK_MUST_CHECK int hk_thresholds_init(hk_ctx *ctx, hk_thresholds *thresholds, const char *rule,
                                     hk_projection *projection);
void hk_thresholds_fini(hk_thresholds *thresholds);
/** Sets the range they are kept in. HK_ERANGE unless min < max and both lie in the model's own range. */
HK_MUST_CHECK int hk_thresholds_set_range(hk_ctx *ctx, hk_thresholds *thresholds, const char *rule, double min_mv,
                                          double max_mv);

/** Reads all thresholds into theta_mv; stops them at the ends of the range and writes them back. Between runs. */
void hk_thresholds_load(hk_thresholds *thresholds);
void hk_thresholds_store(hk_thresholds *thresholds);

#endif
