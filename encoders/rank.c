/* encoders/rank.c - rank order code: one spike an input, in the order of the values; only the order says something.
 *
 * Of m inputs above the threshold the one with r - 1 larger values before it spikes at
 *
 *   t = window ceil(r B / m) / B       B = n_bins times, each for as many inputs;  n_bins 0: B = m, a time for each rank
 *
 * Equal values have equal ranks, and spike together.
 *
 * Decoded by the order of the times alone, so that a clock that runs slow or late changes nothing. The k-th of m values
 * spread evenly over (threshold, 1) is threshold + (1 - threshold) (1 - k / (m + 1)) on average; inputs that spike together
 * share the mean of their k, and silent ones are taken for the middle of the values below the threshold. Ordered as they were, for any
 * image; how far off depends on how values are distributed, which the order does not tell.
 *
 * Source: Thorpe & Gautrais (1998), in Computational Neuroscience: Trends in Research, 113-118. */
#include "encoders/catalogue.h"
#include "encoders/train.h"

#include <math.h>
#include <stdlib.h>

enum { THRESHOLD, N_BINS, N_PARAMS };

static const hk_column params_table[N_PARAMS] = {
    [THRESHOLD] = { .name = "threshold",
                    .unit = "",
                    .initial = 0.0,
                    .min = 0.0,
                    .max = 1.0,
                    .meaning = "only values above it spike" },
    [N_BINS] = { .name = "n_bins",
                 .unit = HK_UNIT_OPTION,
                 .initial = 0.0,
                 .min = 0.0,
                 .max = 1e6,
                 .meaning = "times at which spikes can be, each for equally many inputs; 0: one for each rank" },
};

/* What is ordered: values, the largest first, or times, the earliest first. */
typedef struct place {
    double key;
    uint32_t input;
} place;

static int by_key(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->input < y->input ? -1 : x->input > y->input;
}

static int by_input(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return x->input < y->input ? -1 : x->input > y->input;
}

/* Places of one key end before the returned one. */
static uint32_t end_of_equals(const place *places, uint32_t n, uint32_t begin)
{
    uint32_t end = begin + 1;
    while (end < n && places[end].key == places[begin].key)
        end++;
    return end;
}

static int encode(const hk_encoding *encoding, hk_spikes_in *out)
{
    place *places = malloc((encoding->n + (size_t)1) * sizeof *places);
    uint32_t m = 0;
    if (places == NULL)
        return HK_ENOMEM;
    for (uint32_t input = 0; input < encoding->n; input++)
        if ((double)encoding->values[input] > encoding->params[THRESHOLD])
            places[m++] = (place){ .key = -(double)encoding->values[input], .input = input };
    qsort(places, m, sizeof *places, by_key);
    const double n_bins = encoding->params[N_BINS] > 0.0 ? encoding->params[N_BINS] : (double)m;
    for (uint32_t begin = 0, end; begin < m; begin = end) {
        double after_ms = ceil((double)(begin + 1) * n_bins / (double)m) / n_bins * encoding->window_ms;
        end = end_of_equals(places, m, begin);
        for (uint32_t k = begin; k < end; k++)
            places[k].key = after_ms;
    }
    qsort(places, m, sizeof *places, by_input);
    int rc = HK_OK;
    for (uint32_t k = 0; rc == HK_OK && k < m; k++)
        rc = hk_spikes_in_add(out, places[k].input, places[k].key);
    free(places);
    return rc;
}

static int decode(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    const double threshold = encoding->params[THRESHOLD];
    place *places = malloc((encoding->n + (size_t)1) * sizeof *places);
    uint32_t m = 0;
    size_t at = 0;
    if (places == NULL)
        return HK_ENOMEM;
    for (uint32_t input = 0; input < encoding->n; input++) {
        hk_train train = hk_train_next(spikes, &at, input);
        values[input] = (float)(0.5 * threshold);
        if (train.n > 0)
            places[m++] = (place){ .key = train.spikes[0].after_ms, .input = input };
    }
    qsort(places, m, sizeof *places, by_key);
    for (uint32_t begin = 0, end; begin < m; begin = end) {
        end = end_of_equals(places, m, begin);
        double rank = 0.5 * (double)(begin + 1 + end);
        for (uint32_t k = begin; k < end; k++)
            values[places[k].input] = hk_value_near(threshold + (1.0 - threshold) * (1.0 - rank / (double)(m + 1)));
    }
    free(places);
    return HK_OK;
}

const hk_encoder hk_rank = {
    .name = "rank",
    .summary = "one spike an input, in the order of the values, whatever they are",
    .source = "Thorpe & Gautrais (1998), Computational Neuroscience: Trends in Research, 113-118",
    .params = params_table,
    .n_params = N_PARAMS,
    .encode = encode,
    .decode = decode,
};
