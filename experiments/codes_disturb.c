/* experiments/codes_disturb.c - what may go wrong with pixels, spikes and weights; see codes.h. */
#include "experiments/codes.h"

#include "experiments/encode_error.h"
#include "sim/rng.h"

#include <math.h>

const char *const hk_disturbance_names[HK_N_DISTURBANCES] = { "pixel_noise", "salt_and_pepper", "spike_jitter_ms",
                                                              "spike_loss",  "weight_noise",    "stuck_synapses",
                                                              "weight_bits" };

const double hk_disturbance_levels[HK_N_DISTURBANCES][HK_CODES_LEVELS] = {
    { 0.1, 0.2, 0.3, 0.4, 0.5 }, { 0.05, 0.1, 0.15, 0.2, 0.3 }, { 0.25, 0.5, 1.0, 2.0, 4.0 },
    { 0.1, 0.2, 0.3, 0.4, 0.5 }, { 0.05, 0.1, 0.15, 0.2, 0.3 }, { 0.01, 0.02, 0.05, 0.1, 0.2 },
    { 8.0, 6.0, 4.0, 3.0, 2.0 },
};

static hk_stream stream_of(hk_disturbance kind, uint64_t seed, uint64_t sample)
{
    return hk_stream_open(seed, HK_PURPOSE_EXPERIMENT, UINT64_C(1) << 63 | sample, (uint32_t)kind);
}

void hk_disturb_pixels(hk_disturbance kind, double level, uint64_t seed, uint64_t sample, float *values, size_t n)
{
    hk_stream stream = stream_of(kind, seed, sample);
    for (size_t k = 0; kind == HK_PIXEL_NOISE && k < n; k++)
        values[k] = (float)fmin(fmax((double)values[k] + level * hk_stream_normal(&stream), 0.0), 1.0);
    for (size_t k = 0; kind == HK_SALT_PEPPER && k < n; k++) {
        double u = hk_stream_uniform(&stream);
        if (u < level)
            values[k] = u < 0.5 * level ? 0.0f : 1.0f;
    }
}

void hk_disturb_spikes(hk_disturbance kind, double level, uint64_t seed, uint64_t sample, double window_ms,
                       hk_spikes_in *spikes)
{
    hk_stream stream = stream_of(kind, seed, sample);
    size_t kept = 0;
    if (kind == HK_SPIKE_JITTER)
        hk_encode_jitter(&(hk_encode_task){ .window_ms = window_ms, .jitter_ms = level, .seed = seed }, sample, spikes);
    if (kind != HK_SPIKE_LOSS)
        return;
    for (size_t k = 0; k < spikes->n; k++)
        if (hk_stream_uniform(&stream) >= level)
            spikes->spikes[kept++] = spikes->spikes[k];
    spikes->n = kept;
}

void hk_disturb_weights(hk_disturbance kind, double level, uint64_t seed, float *weights, size_t n)
{
    hk_stream stream = stream_of(kind, seed, 0);
    double most = 0.0;
    for (size_t k = 0; k < n; k++)
        most = fmax(most, (double)weights[k]);
    const double steps = exp2(level) - 1.0;
    for (size_t k = 0; k < n; k++) {
        double w = (double)weights[k], u;
        switch (kind) {
        case HK_WEIGHT_NOISE:
            w = fmax(0.0, w * (1.0 + level * hk_stream_normal(&stream)));
            break;
        case HK_STUCK:
            u = hk_stream_uniform(&stream);
            w = u >= level ? w : u < 0.5 * level ? 0.0 : most;
            break;
        case HK_WEIGHT_BITS:
            w = most > 0.0 ? floor(w / most * steps + 0.5) / steps * most : 0.0;
            break;
        default:
            break;
        }
        weights[k] = (float)w;
    }
}
