/* sim/replay.h - one step of one neuron, input by input: private to sim/. */
#ifndef HK_REPLAY_H
#define HK_REPLAY_H

#include "sim/dense.h"

/** Takes neuron `i` of `population` through `step`: inputs[n] in order of time, weights in the model's unit. Its spikes go to the
 *  shard's. HK_ENOMEM; HK_EBLOWUP for one that spikes again and again. */
HK_MUST_CHECK int hk_replay(hk_shard *shard, hk_population *population, uint32_t i, int64_t step,
                            const hk_input *inputs, size_t n);

#endif
