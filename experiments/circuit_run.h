/* experiments/circuit_run.h - an experiment that is a circuit: what it does but for its table and its verdict.
 *
 *     static const hk_option options[] = { { .name = "g", ... }, HK_CIRCUIT_OPTIONS(1200.0, "200", "exact") };
 *     static const hk_summary_key keys[] = { HK_CIRCUIT_KEYS, ... };
 *     static int describe(const hk_run *run, hk_circuit_plan *plan) { ... populations and projections ... }
 *     static void judge(const hk_circuit_run *r) { ... r->rate_hz against what is published ... }
 *     static int run(hk_run *run) { return hk_circuit_experiment(run, describe, judge); }
 *
 * The results file gets the spikes, and a group `statistics` with the distributions over the neurons of each population. */
#ifndef HK_CIRCUIT_RUN_H
#define HK_CIRCUIT_RUN_H

#include "experiments/circuit.h"
#include "experiments/network_summary.h"

extern const char *const hk_circuit_records[], *const hk_circuit_integrators[], *const hk_circuit_weights[],
                                                                                    *const hk_circuit_precisions[];

/* `duration` is the default in ms, `warmup` says how the warm-up follows when it is not given, `integration` is
 * "exact" or "grid". */
#define HK_CIRCUIT_OPTIONS(duration, warmup, integration)                                                             \
    { .name = "duration_ms",                                                                                          \
      .type = HK_OPTION_NUMBER,                                                                                       \
      .unit = "ms",                                                                                                   \
      .initial = (duration),                                                                                          \
      .min = 1e-3,                                                                                                    \
      .max = 1e10,                                                                                                    \
      .meaning = "simulated time, warm-up included; whole steps" },                                                   \
        { .name = "warmup_ms",                                                                                        \
          .type = HK_OPTION_NUMBER,                                                                                   \
          .unit = "ms",                                                                                               \
          .min = 0.0,                                                                                                 \
          .max = 1e10,                                                                                                \
          .automatic = (warmup),                                                                                      \
          .meaning = "its beginning, which the statistics leave out" },                                               \
        { .name = "resolution_ms",                                                                                    \
          .type = HK_OPTION_NUMBER,                                                                                   \
          .unit = "ms",                                                                                               \
          .initial = 0.1,                                                                                             \
          .min = 1e-3,                                                                                                \
          .max = 10.0,                                                                                                \
          .meaning = "unit of delays" },                                                                              \
        { .name = "integrator",                                                                                       \
          .type = HK_OPTION_CHOICE,                                                                                   \
          .text = (integration),                                                                                      \
          .choices = hk_circuit_integrators,                                                                          \
          .meaning = "exact: spikes at their exact times; grid: at the ends of steps, faster where rates are high" }, \
        { .name = "weights",                                                                                          \
          .type = HK_OPTION_CHOICE,                                                                                   \
          .text = "compact",                                                                                          \
          .choices = hk_circuit_weights,                                                                              \
          .meaning =                                                                                                  \
              "compact: in dense networks 2 or 4 bytes a synapse, weights in 16 bits, unless that loses more than "   \
              "thousandth; float: 8 bytes, single precision" },                                                       \
        { .name = "precision",                                                                                        \
          .type = HK_OPTION_CHOICE,                                                                                   \
          .text = "single",                                                                                           \
          .choices = hk_circuit_precisions,                                                                           \
          .meaning =                                                                                                  \
              "of potentials and synapses' states of lif_exp and lif_cond_exp on the grid; single: within some "      \
              "millionths of double, and faster. All else is double" },                                               \
        { .name = "record",                                                                                           \
          .type = HK_OPTION_CHOICE,                                                                                   \
          .text = "all",                                                                                              \
          .choices = hk_circuit_records,                                                                              \
          .meaning = "spikes that go to the file" },                                                                  \
        { .name = "probe_ms",                                                                                         \
          .type = HK_OPTION_NUMBER,                                                                                   \
          .unit = "ms",                                                                                               \
          .initial = 0.0,                                                                                             \
          .min = 0.0,                                                                                                 \
          .max = 1e10,                                                                                                \
          .meaning = "interval at which the potential of some neurons goes to the file; 0: never" },                  \
        { .name = "probe_neurons",                                                                                    \
          .type = HK_OPTION_INTEGER,                                                                                  \
          .initial = 5,                                                                                               \
          .min = 1,                                                                                                   \
          .max = 1e6,                                                                                                 \
          .meaning = "how many of each population, at most all" },                                                    \
    {                                                                                                                 \
        .name = "reference", .type = HK_OPTION_TEXT,                                                                  \
        .meaning = "results files of other runs, separated by commas: distributions are compared with theirs"         \
    }

#define HK_CIRCUIT_KEYS                                                                                             \
    HK_NETWORK_KEYS, { "neurons", "", "of all populations but sources" }, { "synapses", "", "of all projections" }, \
        { "bytes_per_synapse", "", "mean over all projections, with what finds them by neuron" },                   \
        { "weight_rounding", "",                                                                                    \
          "largest difference between a weight as drawn and as kept in 16 bits, by the typical weight of its "      \
          "projection" },                                                                                           \
        { "rate_hz", "Hz", "over all neurons, behind the warm-up" },                                                \
        { "cv", "", "of the intervals, over all neurons with three spikes behind the warm-up" },                    \
        { "correlations", "", "by population: mean Pearson correlation of 100 neurons, spike counts in 5 ms" },     \
        { "fano", "", "by population: variance / mean of its spike counts in 5 ms; 1 for Poisson trains" },         \
        { "distance_rate", "",                                                                                      \
          "by population: Kolmogorov-Smirnov distance of the neurons' rates to the nearest reference" },            \
        { "distance_cv", "", "likewise of the CV of their intervals" },                                             \
        { "distance_correlation", "", "likewise of the correlations of pairs" },                                    \
        { "outside_spread", "", "how many of them are larger than the largest between two references" },            \
    {                                                                                                               \
        "within_spread", "", "that is no more than chance lets expect"                                              \
    }

/* For experiments some of whose projections may learn; there only when they do. */
#define HK_CIRCUIT_PLASTIC_KEYS                                                                               \
    { "plastic_synapses", "", "that learn" }, { "plastic_weight_mean", "mV or pA", "of them at the end" },    \
        { "plastic_weight_sd", "", "their spread" },                                                          \
        { "plastic_events", "", "each spike is one at every plastic synapse of its neuron, on either side" }, \
        { "ns_per_plastic_event", "ns", "wall time of simulating by their number: it pays for everything" },  \
    {                                                                                                         \
        "plastic_at_bounds", "", "changes that were stopped at a bound of the weights"                        \
    }

/** What an experiment says before it runs. */
typedef struct hk_circuit_plan {
    hk_circuit circuit;
    double warmup_ms; /* when the user gives none */
} hk_circuit_plan;

typedef struct hk_circuit_run {
    hk_run *run;
    hk_circuit_plan plan;
    hk_sim *sim;
    hk_population *populations[HK_CIRCUIT_MOST_POPULATIONS];
    hk_rule *rules[HK_CIRCUIT_MOST_PROJECTIONS];
    hk_probe *probes[HK_CIRCUIT_MOST_POPULATIONS];
    size_t n_probes;
    hk_course course;
    double duration_ms, warmup_ms;
    /* when it has run: */
    hk_raster_figures figures[HK_CIRCUIT_MOST_POPULATIONS];
    uint64_t n_neurons, n_synapses; /* of these, sources are no neurons */
    double rate_hz, cv_isi;         /* over all neurons; NaN: none */
} hk_circuit_run;

typedef int (*hk_circuit_describe_fn)(const hk_run *run, hk_circuit_plan *plan);
/** Called after a run that went well, unless a signal cut it short. NULL: nothing to judge. */
typedef void (*hk_circuit_judge_fn)(const hk_circuit_run *r);

/** The `run` of an experiment with the options and keys above. */
HK_MUST_CHECK int hk_circuit_experiment(hk_run *run, hk_circuit_describe_fn describe, hk_circuit_judge_fn judge);

hk_integrator hk_circuit_integrator(const hk_circuit_run *r);
/** Do the statistics cover this interval, at 0.1 ms? */
bool hk_circuit_covers(const hk_circuit_run *r, double warmup_ms, double duration_ms);

#endif
