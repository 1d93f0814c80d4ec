/* sim/engine.h - the inside of a simulation, shared by the files of sim/ and by nobody else.
 *
 * Simulated time is cut into windows [k d, (k + 1) d) of steps, d the smallest delay between neurons. In a window the sources
 * spike first; then each population of neurons takes what arrives before the window's end, in order of time, independently
 * of all others; then spikes change hands. Windows are aligned to absolute time, so where a run is cut does not matter. */
#ifndef HK_ENGINE_H
#define HK_ENGINE_H

#include "sim/counts.h"
#include "sim/heap.h"
#include "sim/inbox.h"
#include "sim/lane.h"
#include "sim/queue.h"
#include "sim/simulation.h"
#include "sim/team.h"

#include <stdatomic.h>

enum { HK_FACTORS_AHEAD = 128 };                     /* instants whose factors are worked out together */
#define HK_NOT_HELD ((hk_time){ .step = INT64_MIN }) /* in held_until: the neuron is free */
enum { HK_ALL_NEURONS = UINT32_MAX };                /* source of a RELEASE event that concerns every held neuron */

typedef enum hk_competition { HK_FREE, HK_WINNER_TAKES_ALL, HK_ONE_AT_A_TIME } hk_competition;

struct hk_rule {
    const hk_rule_type *type;
    hk_projection *projection;
    double *params;
    void *state;
    bool enabled;
    hk_rule *next;
};

typedef struct hk_section hk_section;

struct hk_population {
    hk_sim *sim;
    char *name;
    const hk_neuron_model *model;
    uint32_t index, n;
    uint64_t name_id; /* names its random streams: other populations do not change them */

    double **param_values; /* [n_params], each [1] or [n] */
    hk_param *params;
    double **columns, *globals;
    float **single; /* [n_columns] instead of some columns, or NULL */
    hk_neuron_view view;
    int64_t epoch_steps;
    int64_t next_rebase; /* first step at which the state must be moved to a newer epoch */
    int64_t next_check;  /* step from which the end of a run looks for state that is no number */
    bool spontaneous;    /* may spike between inputs: swept at the start of each window */
    bool fresh;          /* parameters or state were changed: sweep at once */
    bool unchecked;      /* parameters were changed: constraints across them are checked before the next run */

    hk_queue *queue; /* neurons: what arrives through projections of several delays. sources: the next drawn spikes */
    hk_lane given;   /* sources: the spikes they were given */
    hk_inbox inbox;  /* neurons: what arrives in this window, */
    const hk_event *arrivals; /* [n_arrivals] in order of time */
    size_t n_arrivals;
    hk_section *sections; /* [n_sections] exact, neurons: what threads compute of it (section.h) */
    uint32_t n_sections;
    hk_time *held_until; /* [n]; step INT64_MIN: not held */
    hk_competition competition;
    double hold_ms;
    uint32_t *stamp;    /* [n] generation of each neuron: a spike planned with an older one is stale */
    uint32_t stamp_all; /* of the view, outside of windows */
    uint32_t *counter;  /* [n] random blocks used, sources with `next` */

    double drive_rate_hz, drive_weight; /* 0 Hz: none */
    uint32_t *drive_counter;            /* [n] exact: random blocks used */
    hk_counts_table drive_counts;       /* on the grid */
    int rc;                             /* of the present window, while threads compute it */

    hk_projection **out, **in;
    size_t n_out, n_in;

    hk_spike *spikes; /* of the present window */
    size_t n_spikes, spikes_capacity;
    uint32_t *counts;
    uint64_t total, hash;
    hk_recorder *recorder;
    uint32_t recorder_index;
};

typedef struct hk_change { /* a planned change of a parameter */
    int64_t step;
    uint32_t population, param;
    double value;
} hk_change;

typedef struct hk_grid hk_grid;

struct hk_sim {
    hk_ctx *ctx;
    hk_grid *grid; /* NULL: exact */
    hk_team *team;
    hk_precision precision;
    double resolution_ms;
    uint64_t seed;
    hk_cpu cpu;
    hk_population **populations;
    hk_projection **projections;
    size_t n_populations, n_projections;
    hk_change *changes; /* ascending steps; those before next_change have been made */
    size_t n_changes, next_change;

    int64_t step;   /* everything before this step has happened */
    int64_t window; /* steps in a window */
    /* Below so many events, synaptic events and, on the grid, steps of neurons a window is computed by the caller alone: handing it round
     * takes some microseconds. */
    uint64_t least_work;
    unsigned n_workers; /* threads that compute this one */
    hk_window_fn on_window;
    void *on_window_user;
    hk_sample_fn on_sample;
    void *on_sample_user;
    atomic_bool stop;
    bool stopped;
    hk_sim_stats stats; /* spikes and hash are made up from the populations */
    hk_spikes_in encoded;
    double *times; /* recording: one window's spikes in ms, and their neurons */
    uint32_t *ids;
    size_t times_capacity;
};

/** HK_EBLOWUP naming population and neuron when its state is no finite number. */
HK_MUST_CHECK int hk_population_check_finite(const hk_population *population, uint32_t begin, uint32_t end);
/** Moves the origin of the model's coordinates to the present time, before state is written from outside. */
void hk_population_rebase(hk_population *population);
void hk_population_destroy(hk_population *population);
/** Queues the first spikes of all neurons of a drawn source, forgetting those queued before. */
HK_MUST_CHECK int hk_population_draw_sources(hk_population *population);
hk_time hk_population_now(const hk_population *population);

void hk_projection_destroy(hk_projection *projection);
hk_rule *hk_projection_rules(const hk_projection *projection);
hk_rule **hk_projection_rules_end(hk_projection *projection);
void hk_rule_destroy_all(hk_rule *first);
/** Takes over the parameters that a checkpoint has put into rule->params. HK_EFORMAT when they are out of range. */
HK_MUST_CHECK int hk_rule_restore(hk_rule *rule);
HK_MUST_CHECK int hk_sim_add_projection(hk_sim *sim, hk_projection *projection);

/** What a source sends before `end`, into its spikes. */
HK_MUST_CHECK int hk_source_window(hk_population *population, int64_t end);
/** Puts spikes of one instant in order of neuron: they come in order of time. */
void hk_population_order_spikes(hk_population *population);
/** Counts, hashes and records the spikes of the present window, which are in order. */
HK_MUST_CHECK int hk_population_finish_window(hk_population *population);
HK_MUST_CHECK int hk_population_reserve_spikes(hk_population *population, size_t more);

/** Advances all populations to `end`, at most to the end of the window that `sim->step` lies in. */
HK_MUST_CHECK int hk_engine_window(hk_sim *sim, int64_t end);
/** First step at or after sim->step at which something can happen; HK_STEP_NEVER. */
int64_t hk_engine_next_step(hk_sim *sim);

/** Saves or loads the planned changes of parameters. */
HK_MUST_CHECK int hk_schedule_archive(hk_sim *sim, hk_archive *archive);

#endif
