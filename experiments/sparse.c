/* experiments/sparse.c - many neurons that rarely fire: what events are made for, and clocks are not.
 *
 *   tau_m dv/dt = 5 mV - v,  tau_m 20 ms, threshold 15 mV, reset 0 mV, refractory 2 ms; v(0) = 0
 *   each neuron has 100 synapses to random neurons (itself included, repeats allowed), 0.05 mV, delay 1 ms
 *   and a Poisson train of its own, 1 Hz, each spike of which adds 20 mV and so makes it fire, unless it is refractory
 *
 * Nothing else makes a neuron fire: v stays near 5 mV, and 100 inputs a second add 0.1 mV. Intervals are therefore 2 ms
 * and an exponential waiting time of mean 1 s, whatever the synapses do, and the rate is 1 / 1.002 Hz. */
#include "experiments/sparse.h"

#include "experiments/circuit_run.h"

#include <math.h>

#define BENCHMARK_MS 10000.0
#define KICK_HZ 1.0
#define T_REF_MS 2.0
#define TAU_M_MS 20.0
#define C_M_PF 250.0

static const hk_option options[] = {
    { .name = "neurons",
      .type = HK_OPTION_INTEGER,
      .initial = HK_SPARSE_NEURONS,
      .min = 1,
      .max = 1e8,
      .meaning = "all of one kind" },
    { .name = "synapses",
      .type = HK_OPTION_INTEGER,
      .initial = HK_SPARSE_SYNAPSES,
      .min = 0,
      .max = 1e5,
      .meaning = "that each neuron has onto others" },
    HK_CIRCUIT_OPTIONS(BENCHMARK_MS, "0", "exact"),
};

void hk_sparse_describe(uint32_t n_neurons, uint32_t n_synapses, hk_circuit *out)
{
    static const hk_circuit_value values[] = {
        { "tau_m_ms", TAU_M_MS }, { "c_m_pf", C_M_PF },     { "e_l_mv", 0.0 }, { "v_th_mv", 15.0 },
        { "v_reset_mv", 0.0 },    { "t_ref_ms", T_REF_MS }, { .name = NULL },
    };
    hk_circuit_add_population(out, &(hk_circuit_population){ .name = "cells",
                                                             .model = "lif",
                                                             .n = n_neurons,
                                                             .values = values,
                                                             .i_e_pa = 5.0 * C_M_PF / TAU_M_MS,
                                                             .v_mv = hk_constant(0.0),
                                                             .drive = { .rate_hz = KICK_HZ, .weight = 20.0 } });
    if (n_synapses > 0)
        hk_circuit_add_projection(out, &(hk_circuit_projection){ .kind = HK_CIRCUIT_OUTDEGREE,
                                                                 .n = n_synapses,
                                                                 .weight = hk_constant(0.05),
                                                                 .delay_ms = hk_constant(1.0) });
}

static int describe(const hk_run *run, hk_circuit_plan *plan)
{
    hk_sparse_describe((uint32_t)hk_run_integer(run, "neurons"), (uint32_t)hk_run_integer(run, "synapses"),
                       &plan->circuit);
    return HK_OK;
}

static void judge(const hk_circuit_run *r)
{
    double expected_hz = KICK_HZ / (1.0 + 1e-3 * T_REF_MS * KICK_HZ);
    double n = expected_hz * (double)r->n_neurons * 1e-3 * (r->duration_ms - r->warmup_ms);
    bool agrees = fabs(r->rate_hz / expected_hz - 1.0) <= 5.0 / sqrt(n);
    hk_summary *summary = hk_run_summary(r->run);
    hk_summary_number(summary, "expected_hz", expected_hz);
    hk_summary_flag(summary, "agrees_with_theory", agrees);
    hk_run_report(r->run, "rate %.6f Hz, by renewal theory %.6f +- %.6f Hz: this run %s", r->rate_hz, expected_hz,
                  expected_hz / sqrt(n), agrees ? "agrees" : "does NOT agree");
}

static int run(hk_run *run)
{
    return hk_circuit_experiment(run, describe, judge);
}

static const hk_summary_key keys[] = {
    HK_CIRCUIT_KEYS,
    { "expected_hz", "Hz", "rate that renewal theory gives" },
    { "agrees_with_theory", "", "the rate is within five standard deviations of it" },
};

const hk_experiment hk_experiment_sparse = {
    .name = "sparse",
    .summary = "100,000 neurons that fire once a second, 10 million synapses",
    .source = "renewal theory: Cox (1962), Renewal Theory, ch. 3",
    .example = "sparse --set neurons=20000 --set duration_ms=5000",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .threaded = true,
    .run = run,
};
