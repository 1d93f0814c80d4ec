/* experiments/readouts/catalogue.c - a new readout is one file and one line here. */
#include "experiments/readouts/catalogue.h"

#include <assert.h>

const char *const hk_vector_names[] = { "rate", "latency", "trace", NULL };

static const hk_readout *const builtin[] = { &hk_readout_label, &hk_readout_vote,  &hk_readout_first,
                                             &hk_readout_ridge, &hk_readout_lda,   &hk_readout_som,
                                             &hk_readout_hebb,  &hk_readout_delta, &hk_readout_oja };

const hk_readout *const *hk_readouts(size_t *n)
{
    *n = sizeof builtin / sizeof builtin[0];
    return builtin;
}

static const hk_value *value_of(const hk_readout_job *job, const char *name)
{
    long which = hk_option_find(job->values->experiment, name);
    assert(which >= 0);
    return &job->values->values[which];
}

double hk_readout_number(const hk_readout_job *job, const char *name)
{
    return value_of(job, name)->number;
}

const char *hk_readout_text(const hk_readout_job *job, const char *name)
{
    return value_of(job, name)->text;
}
