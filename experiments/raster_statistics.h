/* experiments/raster_statistics.h - what a raster looks like: rate, irregularity, correlation, as the spikes come.
 *
 *   rate         spikes / neurons / time
 *   cv_isi       mean over the neurons with at least three spikes of (standard deviation / mean) of their inter-spike
 *                intervals; deviations with divisor n, from exact spike times
 *   correlation  mean over the pairs of some neurons of Pearson's correlation of spike counts in bins; neurons without
 *                a spike are left out
 *   fano         variance / mean of the spike counts of the whole population in the same bins: 1 for independent Poisson
 *                trains, more the more the population is synchronised
 *
 * Only a few numbers per neuron are kept, so that a run of days needs no more memory than one of a second. */
#ifndef HK_RASTER_STATISTICS_H
#define HK_RASTER_STATISTICS_H

#include "sim/archive.h"
#include "sim/simulation.h"
#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct hk_raster_statistics hk_raster_statistics;

typedef struct hk_raster_statistics_config {
    uint32_t n; /* neurons */
    double resolution_ms;
    int64_t begin;         /* step from which spikes count: what came before is transient */
    int64_t bin;           /* steps, >= 1; of the correlation */
    uint32_t n_correlated; /* neurons chosen at random for it, at most 1,000 (fewer when there are fewer); 0: none */
    uint64_t seed, id;     /* which ones: a function of these two */
} hk_raster_statistics_config;

typedef struct hk_raster_figures {
    uint64_t spikes;    /* since `begin` */
    double rate_hz;     /* NaN: no time has passed */
    double cv_isi;      /* NaN: no neuron with three spikes */
    uint32_t n_cv;      /* neurons that it is a mean of */
    double correlation; /* NaN: fewer than two of the chosen neurons have spiked */
    double fano;        /* NaN: no spike, or no whole bin */
} hk_raster_figures;

/** HK_ERANGE, HK_ENOMEM. */
HK_MUST_CHECK int hk_raster_statistics_create(hk_ctx *ctx, const hk_raster_statistics_config *cfg,
                                              hk_raster_statistics **out);
void hk_raster_statistics_destroy(hk_raster_statistics *statistics);

/** Takes the next spikes, in order of time; neurons below n. */
void hk_raster_statistics_add(hk_raster_statistics *statistics, const hk_spike *spikes, size_t n);
/** The figures of what has been added, for time up to step `end`, which no added spike lies behind. */
hk_raster_figures hk_raster_statistics_get(hk_raster_statistics *statistics, int64_t end);

/** The same by neuron: rates_hz[n], and cv_isi[n] with NaN where there are fewer than three spikes. Either may be NULL. */
void hk_raster_statistics_neurons(const hk_raster_statistics *statistics, int64_t end, double *rates_hz,
                                  double *cv_isi);
/** Numbers of neurons in all, and of those chosen for the correlation. */
uint32_t hk_raster_statistics_n(const hk_raster_statistics *statistics);
uint32_t hk_raster_statistics_n_chosen(const hk_raster_statistics *statistics);
/** The correlations of the chosen ones, m = n_chosen: out[m (m - 1) / 2], NaN for a pair with a neuron that is silent.
 *  hk_raster_statistics_get() of the same `end` must come first. */
void hk_raster_statistics_pairs(const hk_raster_statistics *statistics, int64_t end, double *out);

HK_MUST_CHECK int hk_raster_statistics_archive(hk_raster_statistics *statistics, hk_archive *archive);

#endif
