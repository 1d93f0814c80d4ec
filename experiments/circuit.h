/* experiments/circuit.h - a network as a table: populations with their drives, and the projections between them.
 *
 * What cuba, coba, brunel, microcircuit, hpc and sparse are made of; circuit_run.h runs one. */
#ifndef HK_CIRCUIT_H
#define HK_CIRCUIT_H

#include "plasticity/rules.h"
#include "sim/simulation.h"
#include "sim/status.h"

enum { HK_CIRCUIT_MOST_POPULATIONS = 10, HK_CIRCUIT_MOST_PROJECTIONS = 72, HK_CIRCUIT_MOST_RULE_VALUES = 9 };

typedef struct hk_circuit_value {
    const char *name; /* a parameter of the model, or a state variable; NULL ends a list */
    double value;
} hk_circuit_value;

/** An independent Poisson input of every neuron. */
typedef struct hk_circuit_drive {
    double rate_hz; /* 0: none */
    double weight;  /* of each of its spikes, in the model's unit */
} hk_circuit_drive;

/** The rate of a poisson population over an interval; 0 before and after. */
typedef struct hk_circuit_pulse {
    double begin_ms, length_ms; /* whole steps */
    double rate_hz;             /* 0: no pulse */
} hk_circuit_pulse;

typedef struct hk_circuit_population {
    const char *name, *model;
    uint32_t n;
    const hk_circuit_value *values; /* ended by a NULL name; NULL: none */
    double i_e_pa;                  /* constant current, where it is not 0 */
    hk_draw v_mv;                   /* initial potential; not for sources */
    hk_circuit_drive drive;
    hk_circuit_pulse pulse;
} hk_circuit_population;

typedef enum hk_circuit_pairs {
    HK_CIRCUIT_DRAWN,     /* as `connect` says */
    HK_CIRCUIT_OUTDEGREE, /* each presynaptic neuron has exactly n synapses, their targets drawn with replacement, itself
                             included */
    HK_CIRCUIT_FIRST,     /* presynaptic neuron k to postsynaptic neuron k; there are at least as many of these */
} hk_circuit_pairs;

/** How the synapses of a projection learn. */
typedef struct hk_circuit_rule {
    const hk_rule_type *type;                                 /* NULL: they do not */
    hk_circuit_value values[HK_CIRCUIT_MOST_RULE_VALUES + 1]; /* ended by a NULL name */
    hk_clips (*clips)(const void *state);
} hk_circuit_rule;

typedef struct hk_circuit_projection {
    uint32_t pre, post; /* indices of populations */
    hk_circuit_pairs kind;
    hk_connect connect; /* with HK_CIRCUIT_DRAWN */
    unsigned pairs;     /* hk_pairs, likewise */
    double probability;
    uint64_t n;
    hk_draw weight, delay_ms;
    hk_circuit_rule rule; /* without a type: static */
} hk_circuit_projection;

typedef struct hk_circuit {
    hk_circuit_population populations[HK_CIRCUIT_MOST_POPULATIONS];
    size_t n_populations;
    hk_circuit_projection projections[HK_CIRCUIT_MOST_PROJECTIONS];
    size_t n_projections;
    hk_weights weights; /* of the projections that are static */
    bool dense;         /* spikes at exact times are computed by HK_EXACT_DENSE: many inputs a step, and no rules */
} hk_circuit;

/** Add one more; the room is there, or the experiment is wrong. The index of the population. */
uint32_t hk_circuit_add_population(hk_circuit *circuit, const hk_circuit_population *population);
void hk_circuit_add_projection(hk_circuit *circuit, const hk_circuit_projection *projection);

/** HK_EXACT in the form that suits the circuit; HK_GRID stays. */
hk_integrator hk_circuit_form(const hk_circuit *circuit, hk_integrator integrator);

/** Makes populations[n_populations] and the projections in `sim`, which must be empty, and rules[n_projections], NULL for those
 *  that are static. Populations and projections get the places they have in the table, and `sim` is ready to run. HK_ENAME:
 *  no such model, parameter or variable; HK_ERANGE, HK_ENOMEM. */
HK_MUST_CHECK int hk_circuit_build(hk_sim *sim, const hk_circuit *circuit, hk_population **populations,
                                   hk_rule **rules);

#endif
