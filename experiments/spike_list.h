/* experiments/spike_list.h - spikes of neurons known by ids, as CSV tables, and how far two of them are apart.
 *
 *     neuron_id,spike_time_ms        this line may be missing
 *     6,8.11074775730731 */
#ifndef HK_SPIKE_LIST_H
#define HK_SPIKE_LIST_H

#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct hk_timed_id {
    double time_ms;
    uint64_t id;
} hk_timed_id;

/** Caller's storage, zero-initialised. */
typedef struct hk_spike_list {
    hk_timed_id *spikes; /* [n] */
    size_t n, capacity;
} hk_spike_list;

HK_MUST_CHECK int hk_spike_list_add(hk_ctx *ctx, hk_spike_list *list, uint64_t id, double time_ms);
void hk_spike_list_fini(hk_spike_list *list);

/** Reads a table; the times in any order. HK_EIO, HK_EFORMAT naming the line, HK_ENOMEM. */
HK_MUST_CHECK int hk_spike_list_open(hk_ctx *ctx, const char *path, hk_spike_list *out);
HK_MUST_CHECK int hk_spike_list_parse(hk_ctx *ctx, const char *name, const char *text, size_t size, hk_spike_list *out);
/** Writes one, in order of time, then id (`list` is sorted so), every time with all its digits; a file of that name is
 *  replaced when all is written, a pipe or device is written to. `trial` keeps the unfinished files of parallel trials
 *  apart. HK_EIO. */
HK_MUST_CHECK int hk_spike_list_write(hk_ctx *ctx, const char *path, uint64_t trial, hk_spike_list *list);

typedef struct hk_spike_difference {
    double worst_ms; /* largest |time - reference| of the k-th spikes of a neuron, while both have a k-th */
    uint64_t worst_id;
    double worst_at_ms;        /* the reference's time of it */
    size_t n_missing, n_extra; /* spikes that the reference has and the list has not, and the other way round */
    uint64_t first_id;         /* the first neuron whose number of spikes differs */
} hk_spike_difference;

/** Compares spike by spike; both lists are sorted by neuron, then time. */
hk_spike_difference hk_spike_list_compare(hk_spike_list *list, hk_spike_list *reference);

#endif
