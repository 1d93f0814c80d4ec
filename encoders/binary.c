/* encoders/binary.c - binary code: an input spikes n_spikes times if its value is above the threshold, else never.
 *
 *   spike k = 0 ... n_spikes - 1 at (k + phase) * window / n_spikes,   phase in (0, 1]
 *
 * so that a burst fills the window evenly. With a phase for each input and sample the active inputs do not all spike at
 * the same instants; with phase_random 0 they do.
 *
 * Decoded as the middle of the values above the threshold, or of those below: the one bit that there is.
 *
 * Source: McCulloch & Pitts (1943), Bull. Math. Biophys. 5:115-133, for values that are all or none. */
#include "encoders/catalogue.h"
#include "encoders/phase.h"
#include "encoders/train.h"

enum { THRESHOLD, N_SPIKES, PHASE_RANDOM, PHASE, N_PARAMS };

static const hk_column params_table[N_PARAMS] = {
    [THRESHOLD] = { .name = "threshold",
                    .unit = "",
                    .initial = 0.5,
                    .min = 0.0,
                    .max = 1.0,
                    .meaning = "only values above it spike" },
    [N_SPIKES] = { .name = "n_spikes",
                   .unit = HK_UNIT_OPTION,
                   .initial = 7.0,
                   .min = 1.0,
                   .max = 1e6,
                   .meaning = "spikes of an input above the threshold" },
    [PHASE_RANDOM] = HK_PHASE_RANDOM_COLUMN,
    [PHASE] = HK_PHASE_COLUMN,
};

static int encode(const hk_encoding *encoding, hk_spikes_in *out)
{
    const uint32_t n_spikes = (uint32_t)encoding->params[N_SPIKES];
    const double interval_ms = encoding->window_ms / encoding->params[N_SPIKES];
    for (uint32_t input = 0; input < encoding->n; input++) {
        if (!((double)encoding->values[input] > encoding->params[THRESHOLD]))
            continue;
        double phase = hk_phase_of(encoding, input, encoding->params[PHASE_RANDOM], encoding->params[PHASE]);
        int rc = hk_spikes_in_reserve(out, n_spikes);
        if (rc != HK_OK)
            return rc;
        for (uint32_t k = 0; k < n_spikes; k++) {
            double after_ms = ((double)k + phase) * interval_ms;
            if (after_ms > encoding->window_ms) /* the last bit of the product, at phase 1 */
                after_ms = encoding->window_ms;
            out->spikes[out->n++] = (hk_spike_in){ .after_ms = after_ms, .source = input };
        }
    }
    return HK_OK;
}

static int decode(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    const double threshold = encoding->params[THRESHOLD];
    size_t at = 0;
    for (uint32_t input = 0; input < encoding->n; input++)
        values[input] = (float)(0.5 * (threshold + (hk_train_next(spikes, &at, input).n > 0 ? 1.0 : 0.0)));
    return HK_OK;
}

const hk_encoder hk_binary = {
    .name = "binary",
    .summary = "a burst of n_spikes from every input whose value is above the threshold",
    .source = "McCulloch & Pitts (1943), Bull. Math. Biophys. 5:115-133",
    .params = params_table,
    .n_params = N_PARAMS,
    .encode = encode,
    .decode = decode,
};
