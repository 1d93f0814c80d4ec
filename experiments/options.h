/* experiments/options.h - the values of an experiment's parameters: defaults, then what the user sets, each one checked
 * against the table when it is set. */
#ifndef HK_OPTIONS_H
#define HK_OPTIONS_H

#include "experiments/experiment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hk_value {
    double number; /* NUMBER, INTEGER, FLAG (0 or 1), CHOICE (index); NaN: left to the experiment */
    char *text;    /* TEXT: owned */
    bool given;
} hk_value;

/** The values of one experiment, in the order of its table. */
typedef struct hk_values {
    const hk_experiment *experiment;
    hk_value *values; /* [experiment->n_options] */
} hk_values;

/** Every option at its default. HK_ENOMEM. */
HK_MUST_CHECK int hk_values_init(hk_ctx *ctx, const hk_experiment *experiment, hk_values *out);
void hk_values_fini(hk_values *values);

/** Sets one option from what the user typed. HK_ENAME suggests the nearest name; HK_ERANGE names option, value and what
 *  is allowed; HK_ENOMEM. The last one given counts. */
HK_MUST_CHECK int hk_values_set(hk_ctx *ctx, hk_values *values, const char *name, const char *text);
/** The same from "name=value". */
HK_MUST_CHECK int hk_values_assign(hk_ctx *ctx, hk_values *values, const char *assignment);

/** Index of an option, or -1. */
long hk_option_find(const hk_experiment *experiment, const char *name);
/** An option's value as --set would take it ("auto" when left to the experiment); at most `size` bytes with the 0. */
void hk_option_print(const hk_option *option, const hk_value *value, char *out, size_t size);
/** What is allowed: "0.1 to 100 ms", "rate, latency or binary", "on or off". */
void hk_option_range(const hk_option *option, char *out, size_t size);
/** The default as text. */
void hk_option_default(const hk_option *option, char *out, size_t size);

/** "experiment=ring\nneurons=100\n...": to be freed; NULL when memory is out. */
char *hk_values_config(const hk_values *values);

/* Numbers as users type them: the whole text must be one, and nothing but digits, sign, point and exponent counts (no
 * hexadecimal, no "nan", no "inf"). */
bool hk_parse_number(const char *text, double *out);
bool hk_parse_integer(const char *text, int64_t *out); /* |value| <= 2^53; "1e6" is one too */
bool hk_parse_count(const char *text, uint64_t *out);  /* decimal digits only */
bool hk_parse_flag(const char *text, bool *out);

/** "7", "1..5", "1,3,9", "1..3,10": *seeds is to be freed. HK_ERANGE: empty, downward, twice the same, above 10,000. */
HK_MUST_CHECK int hk_parse_seeds(hk_ctx *ctx, const char *text, uint64_t **seeds, size_t *n);

/** The shortest decimal text (15 to 17 digits) that reads back as `value`. */
void hk_print_number(double value, char *out, size_t size);
/** The same for people: 1e12 rather than 1000000000000. */
void hk_print_bound(double value, char *out, size_t size);

#endif
