/* sim/simulation.h - a simulation: populations, projections, rules, and the engine that runs them.
 *
 * Exact integration: neurons jump from event to event in closed form. Simulated time is cut into windows of the smallest
 * delay between neurons; inside one, populations do not depend on each other. Runs stop only at whole steps, and
 * wherever a run is cut, the spikes are the same to the last bit. */
#ifndef HK_SIMULATION_H
#define HK_SIMULATION_H

#include "sim/archive.h"
#include "sim/encoder.h"
#include "sim/model.h"
#include "sim/projection.h"
#include "sim/recorder.h"
#include "sim/rule.h"
#include "sim/status.h"

typedef enum hk_integrator {
    HK_EXACT, /* from event to event in closed form: spikes at their exact times */
    HK_GRID,  /* in steps of the resolution: spikes at the ends of steps. For dense networks of high rates */
    HK_EXACT_DENSE, /* exact spike times as well, for the same networks: the inputs of a step are summed up, and a neuron that they may
                       take to its threshold is computed input by input. One set of time constants for all neurons, fixed
                       thresholds, no rules and no competition */
} hk_integrator;

/** Of potentials and currents on the grid. HK_SINGLE: populations of lif_exp and lif_cond_exp compute them in single precision, which halves what the
 *  caches move; other models keep doubles. Spikes then differ from those of HK_DOUBLE as with another seed; each is as
 *  repeatable as the other. */
typedef enum hk_precision { HK_DOUBLE, HK_SINGLE } hk_precision;

typedef struct hk_sim_config {
    double resolution_ms; /* > 0: unit of delays; 0.1 is usual */
    uint64_t seed;
    const char *cpu; /* NULL: the best this CPU has; or "plain", "avx2", "avx512" (same bits, for tests) */
    hk_integrator integrator;
    hk_precision precision;   /* HK_SINGLE: with HK_GRID only */
    unsigned n_extra_threads; /* that work besides the caller's: the same bits for any number */
} hk_sim_config;

/** Creates an empty simulation. `ctx` is borrowed and gets every error sentence of it. */
HK_MUST_CHECK int hk_sim_create(hk_ctx *ctx, const hk_sim_config *cfg, hk_sim **out);
/** Frees it with its populations, projections and rules. */
void hk_sim_destroy(hk_sim *sim);
hk_ctx *hk_sim_ctx(const hk_sim *sim);
double hk_sim_resolution_ms(const hk_sim *sim);
uint64_t hk_sim_seed(const hk_sim *sim);
const char *hk_sim_cpu(const hk_sim *sim);

/** Adds n >= 1 neurons of a model, parameters and state at the model's initial values. `name` is copied, unique. */
HK_MUST_CHECK int hk_population_create(hk_sim *sim, const char *name, const hk_neuron_model *model, uint32_t n,
                                       hk_population **out);
const char *hk_population_name(const hk_population *population);
const hk_neuron_model *hk_population_model(const hk_population *population);
uint32_t hk_population_n(const hk_population *population);
hk_population *hk_sim_population(const hk_sim *sim, uint32_t index); /* in order of creation; NULL past the end */
hk_projection *hk_sim_projection(const hk_sim *sim, uint32_t index);

/** Sets a parameter, or a state variable now, by name: n values, 1 (for all) or one per neuron. Between runs.
 *  HK_ENAME lists what there is; HK_ERANGE names index, value and range. What must hold between several parameters
 *  (v_reset_mv < v_th_mv) is checked when the next run starts, so that their order does not matter. */
HK_MUST_CHECK int hk_population_set(hk_population *population, const char *name, const double *values, size_t n);
HK_MUST_CHECK int hk_population_set_value(hk_population *population, const char *name, double value);
/** Draws a value per neuron, from the seed and the names. */
HK_MUST_CHECK int hk_population_draw(hk_population *population, const char *name, hk_draw draw);
/** Reads a parameter or state variable at the present time into out[n_neurons]. */
HK_MUST_CHECK int hk_population_get(hk_population *population, const char *name, double *out);

/** Independent Poisson input to every neuron, without synapses: `rate_hz` >= 0 spikes a second, each of `weight` in the model's unit.
 *  Replaces the drive it had; 0 Hz ends it. At most 100 a step where these are computed as wholes. */
HK_MUST_CHECK int hk_population_drive(hk_population *population, double rate_hz, double weight);

/** Winner takes all: of the neurons at threshold at one instant only the one furthest above it spikes (the lowest index
 *  among equals), and all others are reset and held for `hold_ms` >= 0. */
HK_MUST_CHECK int hk_population_compete(hk_population *population, double hold_ms);
/** One at a time: of the neurons at threshold at one instant only the furthest above it spikes; the others keep their
 *  potential and may spike at their next input. Replaces the other form of competition, and is replaced by it. */
HK_MUST_CHECK int hk_population_take_turns(hk_population *population);

/** Gives a population of spike_source neurons spikes: n of them, at absolute times_ms after the present. Any order.
 *  HK_ERANGE names the first one in the past or with an id that does not exist. */
HK_MUST_CHECK int hk_spike_source_add(hk_population *population, size_t n, const double *times_ms, const uint32_t *ids);
/** Plans changes of a parameter: from times_ms[k] (whole steps, not in the past, ascending) on it has value values[k] for all
 *  neurons. With poisson's rate_hz this is an exact piecewise-constant rate, with i_e_pa a step current. */
HK_MUST_CHECK int hk_population_schedule(hk_population *population, const char *name, size_t n, const double *times_ms,
                                         const double *values);

/** Streams the spikes of the population to the recorder (attached before it starts). */
HK_MUST_CHECK int hk_population_record(hk_population *population, hk_recorder *recorder);

/** A spike as users see it. */
typedef struct hk_spike {
    hk_time time;
    uint32_t neuron;
} hk_spike;

/** Spikes of the window just computed, in order of time, then neuron: valid in callbacks. */
const hk_spike *hk_population_spikes(const hk_population *population, size_t *n);
/** Spikes since creation, and since the last hk_population_clear_counts() by neuron: counts[n_neurons], borrowed. */
uint64_t hk_population_n_spikes(const hk_population *population);
const uint32_t *hk_population_counts(const hk_population *population);
void hk_population_clear_counts(hk_population *population);

/** Called at the end of each window in which something could happen: return nonzero to stop the run there. */
typedef int (*hk_window_fn)(hk_sim *sim, hk_time end, void *user);
void hk_sim_on_window(hk_sim *sim, hk_window_fn call, void *user);
/** Called after each presented sample. */
typedef int (*hk_sample_fn)(hk_sim *sim, uint64_t sample, size_t n_input_spikes, void *user);
void hk_sim_on_sample(hk_sim *sim, hk_sample_fn call, void *user);

/** Asks a running simulation to stop at the next window. From any thread or signal handler. */
void hk_sim_stop(hk_sim *sim);
/** Did the last run end early, by hk_sim_stop or a callback? The next run goes on from there. */
bool hk_sim_stopped(const hk_sim *sim);

/** Draws the synapses that wait for the network to be complete (HK_GRID, HK_EXACT_DENSE), as the first run would. HK_ENOMEM,
 *  HK_ERANGE. */
HK_MUST_CHECK int hk_sim_build(hk_sim *sim);

/** Runs on by `ms`, a whole number of steps. HK_OK also when stopped early; HK_EBLOWUP names population and variable;
 *  HK_EIO from a recorder. */
HK_MUST_CHECK int hk_sim_run(hk_sim *sim, double ms);
double hk_sim_now_ms(const hk_sim *sim);
hk_time hk_sim_now(const hk_sim *sim);

/** Encodes `values` [n_inputs] into spikes of `inputs` (a spike_source population) starting now, runs for the encoder's
 *  window plus `rest_ms`, calls the rules' and the user's sample functions. *n_input_spikes may be NULL. */
HK_MUST_CHECK int hk_sim_present(hk_sim *sim, hk_population *inputs, const hk_encoder *encoder,
                                 const hk_encoding *encoding, double rest_ms, size_t *n_input_spikes);
/** Between samples: fast state (potential, currents, refractoriness, arrivals on their way, traces) back to rest;
 *  adaptive thresholds, weights and time go on. */
HK_MUST_CHECK int hk_sim_settle(hk_sim *sim);

typedef struct hk_sim_stats {
    uint64_t spikes;          /* of all populations */
    uint64_t events;          /* queue entries delivered: (spike, distinct delay) */
    uint64_t synaptic_events; /* synapses passed by them */
    uint64_t windows;
    uint64_t spike_hash; /* of the whole ordered raster: step, offset bits, population, neuron */
} hk_sim_stats;
hk_sim_stats hk_sim_get_stats(const hk_sim *sim);

/** Saves or loads a whole simulation, spikes in flight included. Loading needs the same simulation built again: the
 *  shapes, names and models are compared, parameters, state and weights replaced. On failure of a load the simulation
 *  must be destroyed. */
HK_MUST_CHECK int hk_sim_archive(hk_sim *sim, hk_archive *archive);
HK_MUST_CHECK int hk_sim_save(hk_sim *sim, const char *path);
HK_MUST_CHECK int hk_sim_load(hk_sim *sim, const char *path);

#endif
