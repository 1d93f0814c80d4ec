/* experiments/summary.h - the summary of a run: a tree of named values, written as one JSON object.
 *
 * Adding never fails in the caller's face: when memory is out, or a key is given twice, the summary remembers it and
 * hk_summary_check() and hk_summary_write() say so. Keys keep the order in which they were added. What cannot be said
 * in JSON (NaN, infinities) becomes null. */
#ifndef HK_SUMMARY_H
#define HK_SUMMARY_H

#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hk_summary hk_summary;

/** An empty object, or NULL when memory is out; every other call takes that NULL and does nothing. */
hk_summary *hk_summary_create(void);
void hk_summary_destroy(hk_summary *summary);

/* `key` is copied. Inside a list it is NULL. */
void hk_summary_number(hk_summary *summary, const char *key, double value); /* shortest digits that read back exactly */
void hk_summary_integer(hk_summary *summary, const char *key, int64_t value);
void hk_summary_count(hk_summary *summary, const char *key, uint64_t value);
void hk_summary_hash(hk_summary *summary, const char *key, uint64_t value);   /* text of 16 hexadecimal digits */
void hk_summary_text(hk_summary *summary, const char *key, const char *text); /* NULL text: null */
void hk_summary_flag(hk_summary *summary, const char *key, bool value);
void hk_summary_array(hk_summary *summary, const char *key, const double *values, size_t n);
/** An object or a list inside; borrowed, part of `summary`. */
hk_summary *hk_summary_object(hk_summary *summary, const char *key);
hk_summary *hk_summary_list(hk_summary *summary, const char *key);

#endif
