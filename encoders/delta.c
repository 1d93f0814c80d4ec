/* encoders/delta.c - delta modulation, for streams: a spike whenever an input has changed by `step`.
 *
 * The signal of an input runs straight from frame to frame: from 0 at the start of the window to frame f at (f + 1) / n_frames of
 * it. The encoder follows it in steps, L step: when the signal has risen to (L + 1) step, source i spikes (on) and L grows by
 * one; when it has fallen to (L - 1) step, source n + i spikes (off) and L falls by one; at the exact time. What stands
 * still is silent. A still image is one frame: it comes up from the dark over the window.
 *
 * Decoded as L step at the end of each frame: less than a step from the value.
 *
 * Source: Lichtsteiner, Posch & Delbruck (2008), IEEE J. Solid-State Circuits 43:566-576, for on and off events. */
#include "encoders/catalogue.h"
#include "encoders/train.h"

enum { STEP, N_PARAMS };

static const hk_column params_table[N_PARAMS] = {
    [STEP] = { .name = "step",
               .unit = "",
               .initial = 0.125,
               .min = 1e-4,
               .max = 1.0,
               .meaning = "change of a value that makes a spike" },
};

typedef enum direction { RISES, FALLS } direction;

static uint32_t n_frames_of(const hk_encoding *encoding)
{
    return encoding->n_frames > 1 ? encoding->n_frames : 1;
}

static double end_of_frame_ms(const hk_encoding *encoding, uint32_t frame)
{
    return (double)(frame + 1) / (double)n_frames_of(encoding) * encoding->window_ms;
}

/* The spikes of one input in one direction. */
static int follow(const hk_encoding *encoding, uint32_t input, direction which, hk_spikes_in *out)
{
    const double step = encoding->params[STEP];
    const uint32_t source = which == RISES ? input : encoding->n + input, n_frames = n_frames_of(encoding);
    double begin_ms = 0.0, from = 0.0, level = 0.0; /* in steps */
    for (uint32_t frame = 0; frame < n_frames; frame++) {
        double end_ms = end_of_frame_ms(encoding, frame);
        double to = (double)encoding->values[(size_t)frame * encoding->n + input], way = to >= from ? 1.0 : -1.0;
        while (way * (to - (level + way) * step) >= 0.0) {
            level += way;
            if ((way > 0.0) != (which == RISES))
                continue;
            double after_ms = begin_ms + (level * step - from) / (to - from) * (end_ms - begin_ms);
            int rc = hk_spikes_in_add(out, source, after_ms < end_ms ? after_ms : end_ms);
            if (rc != HK_OK)
                return rc;
        }
        begin_ms = end_ms;
        from = to;
    }
    return HK_OK;
}

static int encode(const hk_encoding *encoding, hk_spikes_in *out)
{
    int rc = HK_OK;
    for (direction which = RISES; which <= FALLS; which++)
        for (uint32_t input = 0; rc == HK_OK && input < encoding->n; input++)
            rc = follow(encoding, input, which, out);
    return rc;
}

static int decode(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    size_t at_on = 0, at_off = 0;
    while (at_off < spikes->n && spikes->spikes[at_off].source < encoding->n)
        at_off++;
    for (uint32_t input = 0; input < encoding->n; input++) {
        hk_train on = hk_train_next(spikes, &at_on, input);
        hk_train off = hk_train_next(spikes, &at_off, encoding->n + input);
        size_t n_on = 0, n_off = 0;
        for (uint32_t frame = 0; frame < n_frames_of(encoding); frame++) {
            double end_ms = end_of_frame_ms(encoding, frame);
            while (n_on < on.n && on.spikes[n_on].after_ms <= end_ms)
                n_on++;
            while (n_off < off.n && off.spikes[n_off].after_ms <= end_ms)
                n_off++;
            values[(size_t)frame * encoding->n + input] = hk_value_near(((double)n_on - (double)n_off) *
                                                                        encoding->params[STEP]);
        }
    }
    return HK_OK;
}

const hk_encoder hk_delta = {
    .name = "delta",
    .summary = "on and off spikes at every change by a step, for streams; an image comes up from the dark",
    .source = "Lichtsteiner, Posch & Delbruck (2008), IEEE J. Solid-State Circuits 43:566-576",
    .params = params_table,
    .n_params = N_PARAMS,
    .streams = true,
    .encode = encode,
    .decode = decode,
};
