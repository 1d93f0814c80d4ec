/* encoders/catalogue.h - the codes that come with Hillock, by name. */
#ifndef HK_ENCODERS_CATALOGUE_H
#define HK_ENCODERS_CATALOGUE_H

#include "sim/encoder.h"

#include <stddef.h>

extern const hk_encoder hk_rate;        /* rate.c: Poisson trains */
extern const hk_encoder hk_regular;     /* rate.c: equidistant spikes */
extern const hk_encoder hk_latency;     /* latency.c: one spike, the earlier the larger, linear */
extern const hk_encoder hk_latency_log; /* latency.c: one spike, when an RC neuron driven by the value fires */
extern const hk_encoder hk_rank;        /* rank.c: one spike, in the order of the values */
extern const hk_encoder hk_phase;       /* phase.c: bits, weighted by when they come */
extern const hk_encoder hk_burst;       /* burst.c: bursts whose spikes count ever more */
extern const hk_encoder hk_temporal;    /* temporal.c: patterns of exact times, turned by the value */
extern const hk_encoder hk_binary;      /* binary.c: spikes or none */
extern const hk_encoder hk_delta;       /* delta.c: a spike at every change, for streams */

/** "all" or "none", then the names in the order of the catalogue, NULL: the choices of an option. */
extern const char *const hk_encoder_names_and_all[], *const hk_encoder_names_and_none[];
#define hk_encoder_names (hk_encoder_names_and_all + 1)

/** Encoder `index` of the catalogue, NULL past its end. */
const hk_encoder *hk_encoder_at(size_t index);

/** The encoder of that name. HK_ENAME lists the names there are. */
HK_MUST_CHECK int hk_encoder_find(hk_ctx *ctx, const char *name, const hk_encoder **out);

#endif
