/* plasticity/arrivals.h - exponentially decaying traces that are raised often and read seldom.
 *
 * Raising a trace only notes the time (and, where spikes add up, brings the value up to date first); reading takes one exponential
 * a synapse, in a loop over whole vectors. Right for many inputs and few postsynaptic spikes; trace.h is for the
 * opposite. Times are kept as step and offset, so that differences are exact however long the run. */
#ifndef HK_PLASTICITY_ARRIVALS_H
#define HK_PLASTICITY_ARRIVALS_H

#include "plasticity/synapses.h"
#include "plasticity/trace.h"
#include "sim/mathfn.h"

typedef struct hk_arrivals {
    double *value, *step, *offset; /* [n_rows] at the last arrival, and when it was; value 0 before the first */
    size_t n_rows;
    hk_raised gathered; /* [widest] scratch, when rows are not read in their own order */
    double *scratch[4]; /* the three columns of `gathered`, and the result */
} hk_arrivals;

/** Traces at zero for each row of `synapses`. HK_ENOMEM; finish with hk_arrivals_fini() in any case. */
HK_MUST_CHECK int hk_arrivals_init(hk_ctx *ctx, hk_arrivals *arrivals, const hk_synapses *synapses);
void hk_arrivals_fini(hk_arrivals *arrivals);

static inline void hk_arrivals_raise(hk_arrivals *a, size_t row, hk_pairing pairing, hk_time now, double resolution_ms,
                                     double rate)
{
    double value = 1.0;
    if (pairing == HK_PAIR_ALL) {
        double since_ms = ((double)now.step - a->step[row]) * resolution_ms + (now.offset - a->offset[row]);
        value += a->value[row] * hk_exp(-since_ms * rate);
    }
    a->value[row] = value;
    a->step[row] = (double)now.step;
    a->offset[row] = now.offset;
}

/** The traces of the synapses of `incoming`, in their order, at `now`; `rate` in 1/ms. Valid until the next call. */
const double *hk_arrivals_read(hk_arrivals *arrivals, const hk_synapses *synapses, const hk_incoming *incoming,
                               hk_time now, double rate);
/** Lets all traces decay to `now`, so that another rate can follow. */
void hk_arrivals_settle(hk_arrivals *arrivals, hk_time now, double resolution_ms, double rate);
void hk_arrivals_forget(hk_arrivals *arrivals);
HK_MUST_CHECK int hk_arrivals_archive(hk_arrivals *arrivals, hk_archive *archive, const char *name);

#endif
