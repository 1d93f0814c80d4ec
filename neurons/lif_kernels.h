/* neurons/lif_kernels.h - the inner loops of lif, compiled once for each kind of CPU; all give the same bits.
 *
 * u is the scaled potential: (v - v_inf) exp(x / tau_m), x the time since the epoch. Between inputs it is constant, so an
 * input is one multiplication and one addition, and a silent neuron costs nothing. A held neuron has u = -infinity. */
#ifndef HK_LIF_KERNELS_H
#define HK_LIF_KERNELS_H

#include "sim/model.h"

#include <math.h>

typedef struct hk_lif_columns {
    double *u;         /* [n_neurons] */
    const double *low; /* [n_neurons] lowest threshold in this window, from v_inf, mV */
} hk_lif_columns;

typedef struct hk_lif_fold { /* of a step that begins x after the epoch and lasts h */
    double growth, fall;     /* exp(x / tau_m), exp(-x / tau_m) */
    double relax;            /* exp(-h / tau_m) */
    double margin;           /* mV; wider than any rounding: a hit is looked at exactly */
} hk_lif_fold;

/* growth: exp(x / tau_m). relax: exp(-(horizon - now) / tau_m) where v may rise by itself towards v_inf, else 1.
 * A target is a hit when max(u, u relax) >= low growth. */
typedef struct hk_lif_kernels {
    /* out[k] = exp(x / tau), x from `epoch` to arrival k */
    void (*growths)(const hk_event *arrivals, size_t n, hk_time epoch, double resolution_ms, double tau, double *out);
    void (*receive)(const hk_lif_columns *columns, const hk_slab *slab, double growth, double relax, hk_hits *hits);
    void (*mark)(const hk_neuron_view *view, const hk_slab *slab); /* the targets' stamps */
    void (*decay)(double *u, double factor, uint32_t n);           /* u *= factor, -infinity stays */
    /* Grid: d[k] = d[k] fall + in[k]; those that reach `gap`, or limits[k] where limits is not NULL, are hits first + k. */
    void (*step)(double *d, const double *in, double fall, double gap, const double *limits, uint32_t n, uint32_t first,
                 hk_hits *hits);
    /* Sums of a step, [n][2]: u = (u + sums[k][0] growth) + sums[k][1] growth, but for those with (u + sums[k][0] growth) fall,
     * or that times relax, near `low`: they are hits first + k. sums = 0. */
    void (*fold)(double *u, const double *low, double *sums, const hk_lif_fold *q, uint32_t n, uint32_t first,
                 hk_hits *hits);
} hk_lif_kernels;

extern const hk_lif_kernels hk_lif_kernels_plain;
#if defined(__x86_64__)
extern const hk_lif_kernels hk_lif_kernels_avx2, hk_lif_kernels_avx512;
#endif

const hk_lif_kernels *hk_lif_kernels_for(hk_cpu level);

#endif
