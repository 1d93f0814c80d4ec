/* experiments/features_som.h - the settings of features-som. */
#ifndef HK_FEATURES_SOM_H
#define HK_FEATURES_SOM_H

#include "experiments/experiment.h"
#include "experiments/nets/descent.h"
#include "experiments/nets/perceptron.h"

typedef struct hk_features_som_settings {
    size_t n_layers, sizes[HK_PERCEPTRON_LAYERS + 1]; /* of the net; the inputs, sizes[0], are for the images to say */
    double init_sd, smoothing, shift_px;
    hk_descent_method method;
    double rate_start, rate_end;
    uint32_t epochs, batch;
    bool in_spikes;
    bool of_outputs; /* the map learns from those of the net, not from the features */
} hk_features_som_settings;

enum { HK_FEATURES_SOM_N_OPTIONS = 28 };
extern const hk_option hk_features_som_options[HK_FEATURES_SOM_N_OPTIONS];

/** Resolves the options; the setting decides what the user left alone. HK_ERANGE. */
HK_MUST_CHECK int hk_features_som_settle(hk_run *run, hk_features_som_settings *out);

#endif
