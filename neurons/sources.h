/* neurons/sources.h - populations without inputs. */
#ifndef HK_SOURCES_H
#define HK_SOURCES_H

#include "sim/model.h"

extern const hk_neuron_model hk_spike_source; /* given times */
extern const hk_neuron_model hk_poisson;      /* exact Poisson trains */

#endif
