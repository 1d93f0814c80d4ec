/* sim/model.h - what a neuron model is: a constant table of functions over columns.
 *
 * A model describes its parameters and state in tables that also drive validation, recording and checkpoints, and
 * gives functions over a whole population or a whole slab, never one call per synapse. All its storage is columns
 * of doubles that the population allocates, saves and restores.
 *
 * The engine calls a model in order of time. A model may keep its state in whatever coordinates make events cheap
 * (lif keeps the voltage scaled by exp(t/tau_m), which stays constant between inputs); `read` gives it back in
 * physical units at any time without changing a bit of it, so that looking does not disturb. */
#ifndef HK_MODEL_H
#define HK_MODEL_H

#include "sim/cpu.h"
#include "sim/event.h"
#include "sim/moments.h"
#include "sim/rng.h"
#include "sim/status.h"
#include "sim/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One parameter or state variable. Values outside [min, max] are refused, never clamped. */
typedef struct hk_column {
    const char *name; /* with its unit: "tau_m_ms" */
    const char *unit; /* "ms"; "" for a pure number */
    double initial, min, max;
    const char *meaning;
} hk_column;

/** A parameter: one value for all neurons (stride 0) or one per neuron (stride 1). */
typedef struct hk_param {
    const double *values;
    size_t stride;
} hk_param;

static inline double hk_param_at(const hk_param *param, size_t i)
{
    return param->values[i * param->stride];
}

/** A population as its model sees it, borrowed for one call. */
typedef struct hk_neuron_view {
    const hk_param *params; /* [n_params] in the order of the model's table */
    double *const *columns; /* [n_columns][n_neurons], the model's own storage */
    float *const *single;   /* [n_columns][n_neurons] instead, where not NULL; NULL where all columns are doubles */
    double *globals;        /* [n_globals], the model's own storage for the whole population */
    uint32_t *stamp;        /* [n_neurons], NULL when the population cannot spike between inputs: a model
                                sets stamp[i] = stamp_now for every neuron whose future an input changes, */
    uint32_t *stamp_all;    /* or this one when it is every neuron's */
    uint32_t stamp_now;
    uint32_t n;
    double resolution_ms;
    hk_time epoch;         /* the origin of the model's scaled coordinates, moved by `rebase` only */
    hk_cpu cpu;            /* which of a model's compiled loops to use */
    const double *factors; /* [n_factors] of the present instant, or NULL: the model works them out itself */
} hk_neuron_view;

/** Columns that may be in single precision. */
static inline void *hk_column_at(const hk_neuron_view *view, size_t column, uint32_t i)
{
    bool is_single = view->single != NULL && view->single[column] != NULL;
    return is_single ? (void *)(view->single[column] + i) : (void *)(view->columns[column] + i);
}

static inline double hk_column_get(const hk_neuron_view *view, size_t column, uint32_t i)
{
    bool is_single = view->single != NULL && view->single[column] != NULL;
    return is_single ? (double)view->single[column][i] : view->columns[column][i];
}

static inline void hk_column_put(const hk_neuron_view *view, size_t column, uint32_t i, double value)
{
    if (view->single != NULL && view->single[column] != NULL)
        view->single[column][i] = (float)value;
    else
        view->columns[column][i] = value;
}

/** The targets of one presynaptic spike at one instant: targets ascending. */
typedef struct hk_slab {
    const uint32_t *target; /* [n], or NULL: neurons first ... first + n - 1 */
    const float *weight;    /* [n] */
    const double *weight64; /* [n] instead of `weight` where a projection keeps double precision, else NULL */
    uint32_t first;
    uint32_t n;
    bool repeats; /* a target may stand more than once (multapses) */
} hk_slab;

static inline uint32_t hk_slab_target(const hk_slab *slab, uint32_t k)
{
    return slab->target == NULL ? slab->first + k : slab->target[k];
}

/** Neurons that an input or a sweep has brought near enough to threshold to be looked at; in any order, possibly
 *  more than once. The engine makes room for as many entries as a call can add. */
typedef struct hk_hits {
    uint32_t *neuron;
    size_t n, capacity;
} hk_hits;

/** What has arrived at neurons of one population in a step on the grid: (low + 65536 carry) scale + counts weight, in this order; NULL
 *  where nothing comes this way. */
typedef struct hk_arrived {
    int16_t *low;    /* through slabs, in units of `scale`, as in hk_sums */
    uint16_t *carry; /* NULL: all 0 */
    double scale;
    const uint8_t *counts; /* from their drive, each of `weight` */
    double weight;
} hk_arrived;

typedef enum hk_model_kind {
    HK_MODEL_NEURON, /* integrates inputs */
    HK_MODEL_SOURCE, /* has no inputs; `next` or its user says when it spikes */
} hk_model_kind;

/* A NEURON needs every function but `check`, `epoch_steps` with `rebase`, `spontaneous` with `sweep`, and those of the grid. A
 * SOURCE needs none; with `next` NULL its spikes are those given by hk_spike_source_add().
 *
 * `on_grid` is the same model stepped at the resolution: another table with the same parameters and state variables, and
 * columns of its own. It has `n_ports`, `step` and `wake` in place of `receive`, `factors`, `sweep`, `predict` and `release`,
 * and no epoch. Everything in a step happens at its end: what arrives then is added before the threshold is tested. */
typedef struct hk_neuron_model hk_neuron_model;
struct hk_neuron_model {
    const char *name, *summary, *source; /* "lif"; one line; the paper */
    hk_model_kind kind;
    const char *weight_unit; /* of the synapses onto it: "mV", "pA" */
    const hk_column *params;
    size_t n_params;
    const hk_column *state; /* what users see and set; each in physical units */
    size_t n_state;
    size_t n_columns, n_globals;
    uint32_t
        may_be_single; /* bit k: column k may be in single precision, through hk_column_get() and the like; on the grid */

    /** Constraints across parameters; neuron `i` is the first one that breaks them. Called whenever they change. */
    int (*check)(hk_ctx *ctx, const hk_neuron_view *view);

    /** Brings derived columns and globals up to date with the parameters (state is kept by read and write). */
    void (*prepare)(const hk_neuron_view *view);

    /** State variable `variable` of neuron i, physical units, at time `now` >= the last event. */
    double (*read)(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now);
    void (*write)(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value);

    /** How long after an epoch `rebase` must have been called, in steps; and the move itself: after it the state of neurons
     *  begin ... end - 1 is expressed relative to `to`. Called at times that depend on simulated time alone. */
    int64_t (*epoch_steps)(const hk_neuron_view *view);
    void (*rebase)(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time to);

    /** Adds the inputs of one slab at `now`, and reports every target that may now be at threshold or reach it by
     *  itself up to `horizon`. All inputs of an instant are added before any hit is looked at with `predict`. */
    void (*receive)(const hk_neuron_view *view, const hk_slab *slab, hk_time now, hk_time horizon, hk_hits *hits);

    /** What `receive` needs of an instant whatever the neuron (powers of e, mostly), for many arrivals at once, which is faster
     *  than one by one and gives the same bits: factors[n][n_factors]. All arrivals lie between the epoch and the next
     *  rebase. NULL: no such factors. */
    void (*factors)(const hk_neuron_view *view, const hk_event *arrivals, size_t n, hk_time horizon, double *factors);
    size_t n_factors;

    /** Can any neuron of the population spike without further input? NULL: never. When it returns true the engine
     *  sweeps at the start of each window and after releases, and keeps stamps. */
    bool (*spontaneous)(const hk_neuron_view *view);
    /** Reports which of the neurons begin ... end - 1 may cross in [now, horizon] without input. The first sweep of a window
     *  and the first after `prepare` are over all neurons of one thread. */
    void (*sweep)(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now, hk_time horizon,
                  hk_hits *hits);
    /** Exact ms from `now` to the first threshold crossing of neuron i without further input: 0 when it is at
     *  threshold now, INFINITY when it does not cross up to the horizon. Held neurons never cross. */
    double (*predict)(const hk_neuron_view *view, uint32_t i, hk_time now, hk_time horizon);
    /** How far neuron i is above its threshold, mV: who wins where winners take all. */
    double (*excess)(const hk_neuron_view *view, uint32_t i, hk_time now);

    /** Neuron i spikes at `now`: after-spike changes (threshold increment), and it is held until `release`.
     *  Returns its refractory period in ms; 0: the engine calls release at once. */
    double (*fire)(const hk_neuron_view *view, uint32_t i, hk_time now);
    /** Holds neurons begin ... end - 1 at their reset potential (competition) until they are released. */
    void (*hold)(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now);
    void (*release)(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now);
    /** Fast state (potential, currents) back to rest, no neuron held; adaptation stays. */
    void (*settle)(const hk_neuron_view *view, hk_time now);
    bool deaf_when_held; /* inputs to a held neuron change nothing, so that the engine may leave them out */

    /** SOURCE: ms from `now` to the next spike of neuron i, drawn from its own stream; INFINITY: no more. */
    double (*next)(const hk_neuron_view *view, uint32_t i, hk_time now, hk_stream *stream);

    /** EXACT_DENSE: the series of moments->n functions of a step's part, the same for all neurons of the population; false where
     *  they differ between neurons or thresholds move. NULL: the model has no such form. */
    bool (*moments)(const hk_neuron_view *view, hk_moments *moments);
    /** Adds to neurons begin ... end - 1 what came in the step after `from`: sums[end - begin][HK_SIGNS][n_moments], which it leaves
     *  at 0. Those that might reach the threshold in it are left as they were and reported, ascending: the bound is
     *  that of the excitatory inputs alone. */
    void (*fold)(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *constants, double *sums,
                 hk_hits *hits);
    /** What `fold` needs to know of the step after `from`: constants[n_fold_constants]. */
    void (*fold_constants)(const hk_neuron_view *view, hk_time from, double *constants);
    size_t n_fold_constants;

    const hk_neuron_model *on_grid; /* NULL: it has none, or is one */
    /** Inputs are summed up by port: 1, all weights together, or 2, port 0 for weights >= 0 and port 1 for those below. */
    uint32_t (*n_ports)(const hk_neuron_view *view);
    /** Neurons begin ... end - 1 go one step on; then what arrives at its end, in[port][0 ... end - begin - 1] in weight_unit,
     *  is added, and those at threshold are reported, ascending. A held neuron takes part, but stays held. */
    void (*step)(const hk_neuron_view *view, uint32_t begin, uint32_t end, const double *const *in, hk_hits *hits);
    /** The same, from arrived[n_ports] before they are summed up, and sets their sums to 0; false, with nothing done, where
     *  neurons differ too much for it. `wake` does not look at its inputs then. NULL: the model has only `step`. */
    bool (*step_arrived)(const hk_neuron_view *view, uint32_t begin, uint32_t end, const hk_arrived *arrived,
                         hk_hits *hits);
    /** Neuron i is no longer held from the end of this step on, at its reset potential; in[port] is what arrives then, once
     *  more. True when that takes it to threshold. */
    bool (*wake)(const hk_neuron_view *view, uint32_t i, const double *in);
};

enum { HK_MOST_PORTS = 2 };

/** Makes room for `more` hits; HK_ENOMEM. */
HK_MUST_CHECK int hk_hits_reserve(hk_hits *hits, size_t more);
static inline void hk_hits_add(hk_hits *hits, uint32_t neuron)
{
    hits->neuron[hits->n++] = neuron;
}

/** Index of a parameter or state variable by name, or -1. */
long hk_column_find(const hk_column *columns, size_t n, const char *name);

#endif
