/* plasticity/arrivals.h - exponentially decaying traces that are raised often and read seldom.
 *
 * Raising a trace only notes the time (and, where spikes add up, brings the value up to date first); reading takes one
 * exponential for each live trace, in a loop over whole vectors. Live are those raised since the last `forget`: in an
 * image most inputs stay silent, and cost nothing. Right for many inputs and few postsynaptic spikes; trace.h is for the
 * opposite. Times are kept as step and offset, so that differences are exact however long the run. */
#ifndef HK_PLASTICITY_ARRIVALS_H
#define HK_PLASTICITY_ARRIVALS_H

#include "plasticity/synapses.h"
#include "plasticity/trace.h"
#include "sim/mathfn.h"

enum { HK_NOT_LIVE = UINT32_MAX };

typedef struct hk_arrivals {
    uint32_t *place;               /* [n_rows] where a row stands among the live ones, or HK_NOT_LIVE */
    uint32_t *row;                 /* [n_live] */
    double *value, *step, *offset; /* [n_live] at the last arrival, and when that was */
    double *now;                   /* [n_rows] scratch of reading whole rows; 0 where not live */
    uint32_t n_rows, n_live;
    double *some[4]; /* [widest] scratch of reading a few rows: value, step, offset, result */
    uint32_t *which; /* [widest] whose */
} hk_arrivals;

/** Traces at zero for each row of `synapses`. HK_ENOMEM; HK_ERANGE beyond 2^32 - 2 rows. Finish with
 *  hk_arrivals_fini() in any case. */
HK_MUST_CHECK int hk_arrivals_init(hk_ctx *ctx, hk_arrivals *arrivals, const hk_synapses *synapses);
void hk_arrivals_fini(hk_arrivals *arrivals);

static inline void hk_arrivals_raise(hk_arrivals *a, size_t row, hk_pairing pairing, hk_time now, double resolution_ms,
                                     double rate)
{
    uint32_t k = a->place[row];
    double value = 1.0;
    if (k == HK_NOT_LIVE) {
        k = a->n_live++;
        a->place[row] = k;
        a->row[k] = (uint32_t)row;
    } else if (pairing == HK_PAIR_ALL) {
        double since_ms = ((double)now.step - a->step[k]) * resolution_ms + (now.offset - a->offset[k]);
        value += a->value[k] * hk_exp(-since_ms * rate);
    }
    a->value[k] = value;
    a->step[k] = (double)now.step;
    a->offset[k] = now.offset;
}

/** Takes over the traces of `from`, which has as many rows. */
void hk_arrivals_copy(hk_arrivals *arrivals, const hk_arrivals *from);

/** The traces of the synapses of `incoming`, in their order, at `now`; `rate` in 1/ms. Valid until the next call. */
const double *hk_arrivals_read(hk_arrivals *arrivals, hk_synapses *synapses, const hk_incoming *incoming, hk_time now,
                               double rate);
/** Lets all traces decay to `now`, so that another rate can follow. */
void hk_arrivals_settle(hk_arrivals *arrivals, hk_time now, double resolution_ms, double rate);
void hk_arrivals_forget(hk_arrivals *arrivals);
HK_MUST_CHECK int hk_arrivals_archive(hk_arrivals *arrivals, hk_archive *archive, const char *name, hk_time now);

#endif
