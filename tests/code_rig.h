/* tests/code_rig.h - one code at a time: its parameters, the spikes it made last, and the values they are decoded to. */
#ifndef HK_CODE_RIG_H
#define HK_CODE_RIG_H

#include "tests/hk_test.h"

#include "encoders/catalogue.h"

#include <stdbool.h>

typedef struct fixture {
    hk_ctx *ctx;
    hk_spikes_in spikes;
    double params[8];
    const hk_encoder *encoder;
} fixture;

static inline int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = hk_ctx_create();
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    fixture *f = *state;
    hk_spikes_in_fini(&f->spikes);
    hk_ctx_destroy(f->ctx);
    free(f);
    return 0;
}

static inline void choose(fixture *f, const char *name)
{
    assert_ok(hk_encoder_find(f->ctx, name, &f->encoder));
    assert_true(f->encoder->n_params <= N_OF(f->params));
    hk_encoder_defaults(f->encoder, f->params);
}

static inline void set(fixture *f, const char *name, double value)
{
    assert_ok(hk_encoder_set(f->ctx, f->encoder, f->params, name, value));
}

static inline int encode_sample(fixture *f, const float *values, uint32_t n, double window_ms, uint64_t seed,
                                uint64_t sample)
{
    hk_encoding encoding = {
        .values = values, .n = n, .window_ms = window_ms, .params = f->params, .seed = seed, .sample = sample
    };
    return hk_encode(f->ctx, f->encoder, &encoding, &f->spikes);
}

static inline size_t count_of(const fixture *f, uint32_t source)
{
    size_t n = 0;
    for (size_t k = 0; k < f->spikes.n; k++)
        n += f->spikes.spikes[k].source == source;
    return n;
}

static inline const hk_spike_in *first_of(const fixture *f, uint32_t source)
{
    for (size_t k = 0; k < f->spikes.n; k++)
        if (f->spikes.spikes[k].source == source)
            return &f->spikes.spikes[k];
    return NULL;
}

static inline bool same_spikes(const hk_spikes_in *a, const hk_spikes_in *b)
{
    if (a->n != b->n)
        return false;
    for (size_t k = 0; k < a->n; k++)
        if (a->spikes[k].source != b->spikes[k].source || a->spikes[k].after_ms != b->spikes[k].after_ms)
            return false;
    return true;
}

/** Encodes, and decodes what came out of it. */
static inline void round_trip(fixture *f, const float *values, uint32_t n, double window_ms, float *decoded)
{
    hk_encoding how = {
        .values = values, .n = n, .window_ms = window_ms, .params = f->params, .seed = 17, .sample = 3
    };
    assert_ok(hk_encode(f->ctx, f->encoder, &how, &f->spikes));
    how.values = NULL;
    assert_ok(hk_decode(f->ctx, f->encoder, &how, &f->spikes, decoded));
}

#endif
