/* sim/grid.h - simulations stepped at the resolution: private to sim/, beside engine.h.
 *
 * All neurons are cut into shards, each a slice of every population, small enough that what arrives in a step can be
 * summed up in the second cache and that 16 bits number its accumulators. The synapses of a source lie per shard, sorted
 * by delay. A spike is not scattered into future steps: it stays in a list of its step, and each step the slabs
 * that are due are added to one accumulator a neuron and port.
 *
 * Accumulators of compact synapses are integers, so the order of delivery cannot change a sum; those of single-precision weights are
 * doubles, added in the order of projection, delay and source whatever the shards. So neither the number of shards
 * nor of threads changes a bit. A shard is computed by one thread at a time. Between windows of a run the caller's thread lists what
 * has been fired, while the others already add up what is known to arrive in the next one. What was fired in a window is counted and
 * recorded by whoever has computed his part of the next one first: who is early need not wait. */
#ifndef HK_GRID_H
#define HK_GRID_H

#include "sim/engine.h"
#include "sim/kernels/grid.h"
#include "sim/kernels/moments.h"
#include "sim/memory.h"
#include "sim/releases.h"
#include "sim/simulation.h"
#include "sim/slab_tables.h"

#include <stdatomic.h>

/* Spikes of one step, by population, then neuron. A spike is the index of its neuron among all of the simulation. */
typedef struct hk_spike_list {
    uint32_t *source;
    size_t n, capacity;
    size_t *begin;       /* [n_populations + 1] where those of each population stand */
    hk_impulse *impulse; /* [n] in dense networks (dense.h), where those of a population are in order of time */
    size_t impulse_capacity;
} hk_spike_list;

typedef struct hk_dense hk_dense;
typedef struct hk_dense_shard hk_dense_shard;

/* How far the slabs of the spikes of one list have been delivered. */
typedef struct hk_cursors {
    const unsigned char **next; /* [n] slab of each spike */
    uint16_t *length;           /* [n_slots][n] of all its slabs: those of one step lie side by side */
    size_t n, capacity;
} hk_cursors;

/* Populations first ... end - 1, whose synapses have one size. */
typedef struct hk_senders {
    uint32_t first, end;
    int32_t units; /* weight of all their synapses; 0: each has its own */
} hk_senders;

typedef struct hk_list_due { /* spikes of one step and some senders from which something arrives in another */
    const unsigned char **next;
    const uint16_t *length; /* [n] of the slabs that do */
    size_t n;
    int32_t units; /* of the senders */
} hk_list_due;

typedef struct hk_due_slabs {
    hk_due *slab; /* [capacity] */
    size_t n, capacity;
} hk_due_slabs;

/* The slabs of one step. Those of spikes that are known a step before are found and ordered by length then, and their ends fetched
 * while the neurons of that step are computed. */
typedef struct hk_due_list {
    hk_due_slabs found, ordered; /* of a step to come */
    hk_due_slabs late;           /* of this step, from spikes that have become known since */
    size_t n_fetched;            /* of those in order */
    hk_list_due *lists;          /* [2 * n_slots * n_senders] */
    size_t n_lists;
    bool is_prepared; /* holds those of spikes before `known_before` already */
    bool is_added;    /* these have been added to the sums */
    int64_t known_before;
} hk_due_list;

typedef struct hk_slice { /* of one population, in one shard */
    uint32_t begin, end;
    uint32_t part;                 /* which it is of those that have neurons */
    uint32_t first[HK_MOST_PORTS]; /* accumulator of neuron `begin` */
    hk_releases releases;
} hk_slice;

typedef struct hk_shard {
    _Alignas(HK_PAGE) hk_slice *slices; /* [n_populations]; a thread writes to no page of another's (memory.h) */
    uint32_t n_accumulators;
    hk_sums sums;
    hk_cursors *cursors[2]; /* [n_ring] of the lists from sources and from neurons */
    int64_t started;        /* lists of neurons before this step have cursors */
    hk_due_list due;
    uint64_t n_neurons, n_stepped; /* in all, and of those in this step */
    hk_hits hits;                  /* [neurons] of one slice in this step */
    uint32_t *fired;               /* spikes of the window: by step, then population, then neuron */
    size_t n_fired, fired_capacity;
    size_t *fired_end; /* [steps of the window][n_populations] */
    size_t ends_capacity;
    uint64_t n_events, n_synaptic_events;
    hk_dense_shard *dense;
    int rc;
} hk_shard;

typedef struct hk_steps { /* begin ... end - 1 */
    int64_t begin, end;
} hk_steps;

enum { HK_FROM_SOURCES, HK_FROM_NEURONS };
enum { HK_MOST_ACCUMULATORS = 65536 }; /* of a shard: numbered by 16 bits */

typedef struct hk_grid_population {
    uint32_t first;   /* index of its first neuron among all of the simulation */
    uint32_t n_ports; /* 0: a source */
    bool whole;       /* not cut: competition and some rules look at all of it */
    bool is_numbered; /* has accumulators: compact synapses may lead to it */
    uint32_t n_rules; /* on its inputs */
    bool on_slabs;    /* takes compact synapses */
    int32_t units;    /* weight of all compact synapses that it sends; 0: each has its own, or there are none */
    double scale[HK_MOST_PORTS];
    bool is_exact[HK_MOST_PORTS]; /* all weights are whole multiples of the scale */
    double *sum[HK_MOST_PORTS];   /* [n] what arrives through other synapses, NULL where it has none */
} hk_grid_population;

struct hk_grid {
    hk_sim *sim;
    const hk_grid_kernels *kernels;
    bool is_built;
    hk_grid_population *populations; /* [n_populations] */
    size_t n_populations, n_projections;
    uint32_t n_sources;
    uint32_t *delay; /* [n_slots] steps, ascending: what occurs in compact synapses */
    uint32_t n_slots;
    hk_senders *senders; /* all populations */
    size_t n_senders;
    hk_shard *shards;
    uint32_t n_shards;
    hk_slab_tables slabs;
    hk_spike_list *lists[2];   /* [n_ring] by step: HK_FROM_SOURCES, HK_FROM_NEURONS */
    size_t n_ring;             /* a power of two */
    uint64_t most_units;       /* largest sum of compact weights onto one accumulator */
    int64_t end;               /* of the window being computed */
    bool goes_on;              /* the same run computes the next window too */
    bool is_ahead;             /* members may still be delivering for the next window */
    atomic_bool is_unfinished; /* what was fired in the last window is listed, and nobody counts and records it yet */
    atomic_bool is_finishing;  /* somebody does */
    hk_steps unfinished;       /* of that window */
    bool may_lag;              /* that may go on beside the listing of what is fired in this window */
    atomic_int finish_rc;      /* the first failure of it which the caller was not told of */
    hk_dense *dense;           /* spikes at their exact times; NULL: at the ends of steps */
};

/** `dense`: with exact spike times. */
HK_MUST_CHECK int hk_grid_create(hk_sim *sim, bool dense, hk_grid **out);
void hk_grid_destroy(hk_grid *grid);

/** Cuts the shards and draws the synapses that wait for it; nothing to do when nothing has changed. HK_ENOMEM, HK_ERANGE. */
HK_MUST_CHECK int hk_grid_build(hk_grid *grid);

/** As hk_engine_window(), for a simulation on the grid. */
HK_MUST_CHECK int hk_grid_window(hk_grid *grid, int64_t end);
/** Waits for members that deliver for the next window: before anything but hk_grid_window() touches shards. */
void hk_grid_wait(hk_grid *grid);
/** After the last window of a run: all threads are idle, and all that was fired is counted and recorded. As hk_grid_window(). */
HK_MUST_CHECK int hk_grid_finish(hk_grid *grid);

/** Brings the shards in line with state that was loaded: who is held until when, and the spikes in flight. HK_ENOMEM. */
HK_MUST_CHECK int hk_grid_resume(hk_grid *grid);

/** Drops the spikes in flight, and who is held. */
void hk_grid_forget(hk_grid *grid);

/** Saves or loads the spikes in flight of a grid that is built. */
HK_MUST_CHECK int hk_grid_archive(hk_grid *grid, hk_archive *archive);

/* grid_spikes.c */
HK_MUST_CHECK int hk_spike_list_reserve(hk_spike_list *list, size_t n);
/** Puts what the sources send in this window into the lists of its steps. HK_ENOMEM, HK_ERANGE. */
HK_MUST_CHECK int hk_grid_list_sources(hk_grid *grid);
/** Brings together what the shards have fired: into the lists by step, and to each population. HK_ENOMEM. */
HK_MUST_CHECK int hk_grid_list_fired(hk_grid *grid);
/** The steps whose spikes are to be finished, for the first thread that asks; none for all others. */
hk_steps hk_grid_claim_spikes(hk_grid *grid);
/** Counts, hashes and records what neurons have fired in these steps. A failure is left in finish_rc. */
void hk_grid_finish_spikes(hk_grid *grid, hk_steps steps);

/** Finds where the spikes of each population begin in a list that is sorted by population. */
void hk_grid_index_list(const hk_grid *grid, hk_spike_list *list);

/* grid_scales.c */
typedef struct hk_weight_range {
    double low, high, typical; /* no weight lies outside; typical is a size */
} hk_weight_range;
hk_weight_range hk_weight_range_of(const hk_projection_config *asked);
/** Sets the scales of all populations, which projections are on slabs, and which populations' synapses weigh the same. */
void hk_grid_choose_projections(hk_grid *grid);
/** Weight in units, to the nearest, ties to even. */
static inline int32_t hk_grid_units(double weight, double per_scale)
{
    const double magic = 0x1.8p52;
    return (int32_t)((weight * per_scale + magic) - magic);
}

/* grid_limits.c: what a grid must not exceed. */
/** All memory that the compact synapses take while they are built, against what there is, before any of it is taken. HK_ENOMEM. */
HK_MUST_CHECK int hk_grid_check_memory(const hk_grid *grid);
/** No sum of arrivals in one step may leave 32 bits. HK_ENOMEM, HK_ERANGE. */
HK_MUST_CHECK int hk_grid_check_sums(hk_grid *grid);

/* grid_slabs.c: the compact synapses of a built grid whose shards are cut. */
HK_MUST_CHECK int hk_grid_build_slabs(hk_grid *grid);

/* grid_deliver.c */
/** Adds up what arrives through slabs in this step, and prepares the next one. HK_ENOMEM. */
HK_MUST_CHECK int hk_grid_deliver_slabs(const hk_grid *grid, hk_shard *shard, int64_t step);
/** Adds up what is known to arrive in the step that is prepared; touches nothing but the shard. */
void hk_grid_deliver_ahead(const hk_grid_kernels *kernels, hk_shard *shard);
/** Forgets what is prepared. */
void hk_grid_unprepare(hk_shard *shard);
/** Fetches the ends of slabs of the next step, until those of `done` of `of` parts are. */
void hk_grid_fetch_slabs(hk_shard *shard, uint64_t done, uint64_t of);
void hk_due_list_fini(hk_due_list *due);

/* grid_list.c: as hk_projection_list(), for one on slabs. */
uint64_t hk_grid_list_synapses(const hk_projection *projection, uint64_t n, uint32_t *pre, uint32_t *post,
                               double *weight, double *delay_ms);

/** Where the lists of a step stand. */
static inline size_t hk_grid_ring(const hk_grid *grid, int64_t step)
{
    return (size_t)step & (grid->n_ring - 1);
}

static inline hk_spike_list *hk_grid_list(const hk_grid *grid, int from, int64_t step)
{
    return &grid->lists[from][hk_grid_ring(grid, step)];
}

/** Fetches the rows that hk_grid_start_cursors() will look up. */
void hk_grid_fetch_rows(const hk_grid *grid, const hk_shard *shard, int from, int64_t step);
/** Puts cursors at the first slabs of the spikes of a list that is complete. HK_ENOMEM. */
HK_MUST_CHECK int hk_grid_start_cursors(const hk_grid *grid, hk_shard *shard, int from, int64_t step);

#endif
