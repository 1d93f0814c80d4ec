/* tests/readout_rig.h - for tests of readouts: samples that every one of them takes, and one of them made ready. */
#ifndef HK_READOUT_RIG_H
#define HK_READOUT_RIG_H

#include "tests/hk_test.h"

#include "experiments/readouts/catalogue.h"
#include "sim/rng.h"

/* Whole numbers, so that every readout takes them; the class shows in counts and in first spikes. Each count has its spikes. */
static inline void draw(hk_features *f, size_t n, uint64_t id)
{
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, id, 0);
    size_t n_spikes = 0;
    assert_ok(hk_features_init(NULL, n, 25, f));
    f->n_classes = 5;
    f->first_spike = calloc(n + 1, sizeof *f->first_spike);
    f->spikes = calloc(n * 25 * 9, sizeof *f->spikes);
    for (size_t s = 0; s < n; s++) {
        f->labels[s] = (uint32_t)(s % 5);
        for (size_t k = 0; k < 25; k++)
            f->values[s * 25 + k] = (float)hk_stream_below(&stream, k / 5 == f->labels[s] ? 9 : 4);
        for (uint32_t round = 0; round < 9; round++)
            for (uint32_t k = 0; k < 25; k++)
                if ((float)round < f->values[s * 25 + k])
                    f->spikes[n_spikes++] = (hk_sample_spike){ .after_ms = 3.1 * (round + 1), .neuron = k };
        f->first_spike[s + 1] = n_spikes;
    }
}

typedef struct bench {
    hk_experiment table;
    hk_values values;
    hk_readout_job job;
} bench;

static inline void bench_open(bench *b, const hk_readout *readout)
{
    *b = (bench){ .table = { .name = readout->name, .options = readout->options, .n_options = readout->n_options } };
    b->job = (hk_readout_job){ .ctx = hk_ctx_create(), .values = &b->values, .seed = 2385 };
    assert_ok(hk_values_init(b->job.ctx, &b->table, &b->values));
    if (hk_option_find(&b->table, "side") >= 0)
        assert_ok(hk_values_set(b->job.ctx, &b->values, "side", "4"));
    if (hk_option_find(&b->table, "components") >= 0)
        assert_ok(hk_values_set(b->job.ctx, &b->values, "components", "7"));
}

static inline void bench_close(bench *b)
{
    hk_values_fini(&b->values);
    hk_ctx_destroy(b->job.ctx);
}

#endif
