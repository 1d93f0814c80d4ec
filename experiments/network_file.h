/* experiments/network_file.h - reads small networks given neuron by neuron, in YAML or JSON.
 *
 *     resolution_ms: 0.1            # unit of delays; 0.1 when left out
 *     t_stop_ms: 300.0              # whole steps
 *     neurons:
 *       - id: 1                     # whole number, unique
 *         model: lif_exp            # a model of Hillock's, or one of NEST's (network_models.h)
 *         params: {tau_m_ms: 11.7, i_e_pa: 324.5}    # the model's own names; those left out have its defaults
 *         state: {v_mv: -62.0}      # state variables at time 0; or V_m0: -62.0
 *     connections:
 *       - {pre: 1, post: 2, weight: 49.3, delay: 1.5}          # ids; unit of the target's synapses; ms, whole steps
 *     inputs:
 *       - {target: 1, weight: 330.2, delay: 1.0, times: [3.016092, 16.871694]}    # ms, > 0, in any order
 *
 * A potential that is not given starts at the neuron's resting potential, every other state variable at its default.
 * Optional are what a reference run gave (final_V_m_mV and spikes_per_neuron by id, n_spikes), which the run is
 * compared with, and description, semantics, nest_version and robustness, which are not read. Anything else is
 * refused, and every error names file, line and column. The order of neurons and connections does not matter. */
#ifndef HK_NETWORK_FILE_H
#define HK_NETWORK_FILE_H

#include "experiments/document.h"
#include "sim/model.h"
#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

/** Where a neuron of the file is in the simulation: population `group`, neuron `index`. */
typedef struct hk_network_place {
    uint32_t group, index;
} hk_network_place;

typedef struct hk_network_neuron {
    uint64_t id;
    hk_network_place place;
    double final_v_mv; /* NaN: the file says nothing */
    int64_t n_spikes;  /* -1: the file says nothing */
    uint32_t at;       /* place in the file's list */
} hk_network_neuron;

/** The neurons of one model. */
typedef struct hk_network_group {
    const hk_neuron_model *model;
    uint32_t n;
    uint64_t *ids;  /* [n] ascending */
    double *params; /* [n_params][n] */
    double *state;  /* [n_state][n] */
} hk_network_group;

typedef struct hk_network_link {
    hk_network_place pre, post;
    double weight, delay_ms;
} hk_network_link;

typedef struct hk_network_input {
    hk_network_place target;
    double weight, delay_ms;
    size_t first, n; /* of the times */
} hk_network_input;

typedef struct hk_network_file {
    double resolution_ms, t_stop_ms;
    hk_network_neuron *neurons; /* [n_neurons] by id */
    hk_network_group *groups;   /* [n_groups] */
    hk_network_link *links;
    hk_network_input *inputs;
    double *times_ms; /* [n_times] of all inputs */
    size_t n_neurons, n_groups, n_links, n_inputs, n_times;
    int64_t n_spikes; /* of all neurons in the reference; -1: the file says nothing */
    size_t n_on_grid; /* neurons of models that are bound to a grid elsewhere */
    size_t n_late;    /* input times behind t_stop_ms */
} hk_network_file;

/** Reads a file. HK_EIO, HK_EFORMAT, HK_ENOMEM; `out` is to be freed in any case. */
HK_MUST_CHECK int hk_network_file_open(hk_ctx *ctx, const char *path, hk_network_file *out);
/** The same from memory. */
HK_MUST_CHECK int hk_network_file_parse(hk_ctx *ctx, const char *name, const char *text, size_t size,
                                        hk_network_file *out);
void hk_network_file_fini(hk_network_file *file);

/** The neuron of that id, or NULL. */
const hk_network_neuron *hk_network_file_find(const hk_network_file *file, uint64_t id);

#endif
