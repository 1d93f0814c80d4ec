/* plasticity/trace.h - exponentially decaying traces that many synapses read at each spike.
 *
 *   dx/dt = -x / tau        x += 1  or  x = 1  at a spike
 *
 * Kept scaled, x = scaled exp(-(t - epoch) / tau), so that between spikes nothing changes and reading a whole row costs one
 * exponential. Epochs are the multiples of about 32 tau: the exponentials stay near 1, and a trace is exact to 1e-14
 * relative. They depend on nothing but the time, so that traces divided among threads have the same bits as in one piece. */
#ifndef HK_PLASTICITY_TRACE_H
#define HK_PLASTICITY_TRACE_H

#include "sim/archive.h"
#include "sim/status.h"
#include "sim/time.h"

#include <stdbool.h>
#include <stddef.h>

/** What a further spike does to a trace: the two pairings of Morrison, Diesmann & Gerstner (2008). */
typedef enum hk_pairing {
    HK_PAIR_ALL,     /* x += 1: every spike counts, all-to-all */
    HK_PAIR_NEAREST, /* x = 1: only the last one counts, nearest neighbour */
} hk_pairing;

typedef struct hk_trace {
    double *scaled;    /* [end]; begin ... end - 1 are this trace's */
    size_t begin, end; /* all of those that were allocated, or the part of one thread */
    double tau_ms, resolution_ms;
    int64_t stride, epoch; /* steps; the epoch is a multiple of the stride */
} hk_trace;

/** HK_ERANGE, naming rule and parameter, unless the resolution is at most 256 tau. */
HK_MUST_CHECK int hk_trace_check_tau(hk_ctx *ctx, const char *rule, const char *name, double tau_ms,
                                     double resolution_ms);
/** n traces at zero; tau_ms has been checked. HK_ENOMEM; finish with hk_trace_fini() in any case. */
HK_MUST_CHECK int hk_trace_init(hk_ctx *ctx, hk_trace *trace, size_t n, double tau_ms, double resolution_ms);
/** A copy. HK_ENOMEM; finish with hk_trace_fini() in any case. */
HK_MUST_CHECK int hk_trace_copy(hk_ctx *ctx, hk_trace *trace, const hk_trace *from);
/** A view of scaled[begin ... end - 1], which are somebody else's, at their epoch of the time `now`. */
hk_trace hk_trace_over(double *scaled, size_t begin, size_t end, double tau_ms, double resolution_ms, hk_time now);
void hk_trace_fini(hk_trace *trace);
/** Changes tau from `now` on: what has decayed so far stays. */
void hk_trace_set_tau(hk_trace *trace, double tau_ms, hk_time now);

/** Will hk_trace_move() to `now` change anything? */
static inline bool hk_trace_is_due(const hk_trace *trace, hk_time now)
{
    return now.step >= trace->epoch + trace->stride;
}
/** Moves the epoch to the last one before `now`; the calls below do so too. */
void hk_trace_move(hk_trace *trace, hk_time now);
/** The factor with which `scaled` is to be multiplied at `now`, which may not be earlier than the last call. */
double hk_trace_factor(hk_trace *trace, hk_time now);
/** A spike of i at `now`, same condition. */
void hk_trace_raise(hk_trace *trace, size_t i, hk_pairing pairing, hk_time now);
/** Back to zero. */
void hk_trace_forget(hk_trace *trace);

/** Saves or loads all of a trace under `name`, at the time `now`. HK_EFORMAT when a value is negative or not finite, or set after now. */
HK_MUST_CHECK int hk_trace_archive(hk_trace *trace, hk_archive *archive, const char *name, hk_time now);

/** Saves or loads one time from 0 to `now`. HK_EFORMAT when it is another, or its offset outside (0, resolution]. */
HK_MUST_CHECK int hk_archive_time(hk_archive *archive, const char *name, hk_time *time, double resolution_ms,
                                  hk_time now);

#endif
