/* encoders/phase.h - where in its first interval an input's regular train begins.
 *
 * All at the same place, so that equal values spike together, or each input of each sample at a place of its own, drawn
 * evenly from the input's stream: then the number of spikes is right on average for every window, and inputs do not
 * meet by construction. */
#ifndef HK_ENCODERS_PHASE_H
#define HK_ENCODERS_PHASE_H

#include "sim/encoder.h"
#include "sim/rng.h"

/* Both parameters, for the tables of the encoders that have them. A phase of 0 would be a spike at 0, outside (0, window]. */
#define HK_PHASE_RANDOM_COLUMN                                                                  \
    {                                                                                           \
        .name = "phase_random", .unit = HK_UNIT_OPTION, .initial = 1.0, .min = 0.0, .max = 1.0, \
        .meaning = "1: the phase is drawn for each input and sample; 0: it is `phase` for all"  \
    }
#define HK_PHASE_COLUMN                                                                       \
    {                                                                                         \
        .name = "phase", .unit = "", .initial = 1.0, .min = 1e-6, .max = 1.0,                 \
        .meaning = "first spike of each input, in intervals after the start (phase_random 0)" \
    }

/** In (0, 1]. */
static inline double hk_phase_of(const hk_encoding *encoding, uint32_t input, double phase_random, double phase)
{
    if (phase_random == 0.0)
        return phase;
    hk_stream stream = hk_stream_open(encoding->seed, HK_PURPOSE_ENCODER, encoding->sample, input);
    return hk_stream_uniform(&stream);
}

#endif
