/* experiments/plot_data.h - what `hillock plot` takes out of a results file, in the form that figures want. */
#ifndef HK_PLOT_DATA_H
#define HK_PLOT_DATA_H

#include "experiments/figures/figures.h"
#include "sim/results.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Spikes of all populations in (from_ms, to_ms], by time. */
typedef struct hk_plot_spikes {
    hk_band *bands; /* [n_bands], owned with what they point to; `name` too */
    size_t n_bands;
    uint64_t n;               /* spikes loaded */
    double first_ms, last_ms; /* of what the file has; first > last: no spikes at all */
} hk_plot_spikes;

/** Does the file hold spikes? */
bool hk_plot_has_spikes(const hk_results *results);

/** Loads spikes later than from_ms, up to to_ms (infinities: all), and the classes of neurons where labels/<population> gives
 *  them. A neuron's number beyond 2^32 or more than 20 million spikes: HK_ERANGE. HK_EFORMAT, HK_EIO, HK_ENOMEM. */
HK_MUST_CHECK int hk_plot_spikes_load(hk_ctx *ctx, const char *path, hk_results *results, double from_ms, double to_ms,
                                      hk_plot_spikes *out);
void hk_plot_spikes_fini(hk_plot_spikes *spikes);

/** The latest time up to which at most `most` spikes have come since from_ms; the last spike's when there are fewer. */
double hk_plot_time_of(const hk_plot_spikes *spikes, uint64_t most);

/** Reads an array of any number type as doubles [entry->n]; free it. NULL with *rc the status. */
double *hk_plot_read(hk_ctx *ctx, hk_results *results, const hk_results_entry *entry, int *rc);

/** An attribute of a group or array as text, to be freed, and as a number; NULL and NaN when there is none. */
char *hk_plot_text(hk_results *results, const char *object, const char *name);
double hk_plot_number(hk_results *results, const char *object, const char *name);

#endif
