/* sim/results_list.h - the arrays in an HDF5 file. Private to results.c; the HDF5 lock is held by the caller. */
#ifndef HK_RESULTS_LIST_H
#define HK_RESULTS_LIST_H

#include "sim/h5.h"
#include "sim/results.h"

/** Lists all arrays below `file`, by name. HK_EFORMAT, HK_ENOMEM. */
HK_MUST_CHECK int hk_results_list(hk_ctx *ctx, hk_h5disk *disk, int64_t file, hk_results_entry **out, size_t *n);
void hk_results_list_free(hk_results_entry *entries, size_t n);

/** Our type for an HDF5 type (an hid_t), HK_N_TYPES when it is none. */
hk_type hk_results_type(int64_t type);

#endif
