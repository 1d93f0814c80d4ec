/* plasticity/trace.h - exponentially decaying traces that many synapses read at each spike.
 *
 *   dx/dt = -x / tau        x += 1  or  x = 1  at a spike
 *
 * Kept scaled, x = scaled exp(-(t - epoch) / tau), so that between spikes nothing changes and reading a whole row costs one
 * exponential. The epoch follows the spikes in strides of 32 tau: the exponentials stay near 1, and a trace is
 * exact to 1e-14 relative. It moves at spikes only, so it depends on nothing else. */
#ifndef HK_PLASTICITY_TRACE_H
#define HK_PLASTICITY_TRACE_H

#include "sim/archive.h"
#include "sim/status.h"
#include "sim/time.h"

#include <stddef.h>

/** What a further spike does to a trace: the two pairings of Morrison, Diesmann & Gerstner (2008). */
typedef enum hk_pairing {
    HK_PAIR_ALL,     /* x += 1: every spike counts, all-to-all */
    HK_PAIR_NEAREST, /* x = 1: only the last one counts, nearest neighbour */
} hk_pairing;

typedef struct hk_trace {
    double *scaled; /* [n] */
    size_t n;
    double tau_ms, resolution_ms;
    hk_time epoch;
} hk_trace;

/** n traces at zero. HK_ENOMEM; finish with hk_trace_fini() in any case. */
HK_MUST_CHECK int hk_trace_init(hk_ctx *ctx, hk_trace *trace, size_t n, double tau_ms, double resolution_ms);
void hk_trace_fini(hk_trace *trace);
/** Changes tau from `now` on: what has decayed so far stays. */
void hk_trace_set_tau(hk_trace *trace, double tau_ms, hk_time now);

/** The factor with which `scaled` is to be multiplied at `now`, which may not be earlier than the last call. */
double hk_trace_factor(hk_trace *trace, hk_time now);
/** A spike of i at `now`, same condition. */
void hk_trace_raise(hk_trace *trace, size_t i, hk_pairing pairing, hk_time now);
/** Back to zero. */
void hk_trace_forget(hk_trace *trace);

/** Saves or loads under `name`, at the time `now`. HK_EFORMAT when a value is negative or not finite, or set after now. */
HK_MUST_CHECK int hk_trace_archive(hk_trace *trace, hk_archive *archive, const char *name, hk_time now);

/** Saves or loads one time from 0 to `now`. HK_EFORMAT when it is another, or its offset outside (0, resolution]. */
HK_MUST_CHECK int hk_archive_time(hk_archive *archive, const char *name, hk_time *time, double resolution_ms,
                                  hk_time now);

#endif
