/* experiments/cuba.c - the current-based network of Vogels & Abbott (2005) as Brette et al. (2007) made it a benchmark.
 *
 *   tau_m dv/dt = e_l - v + (currents),  tau_m 20 ms, e_l -49 mV, threshold -50 mV, reset -60 mV, refractory 5 ms
 *   currents decay with 5 ms (excitatory) and 10 ms (inhibitory), an input adds 1.62 mV or -9 mV of potential (R I),
 *   which with c_m 200 pF and g_l 10 nS is 16.2 pA or -90 pA; they evolve during refractoriness
 *   80 % of the neurons are excitatory; each ordered pair of different neurons is connected with one probability
 *   all delays 0.1 ms; v(0) uniform in (-60, -50) mV */
#include "experiments/cuba.h"

#include "experiments/circuit_run.h"
#include "experiments/peers.h"

#include <math.h>

#define BENCHMARK_MS 10000.0 /* shorter runs scatter more, and in longer ones the CV is larger: rare spikes join in */
#define TRANSIENT 0.05

static const hk_option options[] = {
    { .name = "neurons",
      .type = HK_OPTION_INTEGER,
      .initial = HK_CUBA_NEURONS,
      .min = 10,
      .max = 1e7,
      .meaning = "four of five of them excitatory" },
    { .name = "probability",
      .type = HK_OPTION_NUMBER,
      .min = 0.0,
      .max = 1.0,
      .automatic = "80 / neurons, at most 1",
      .meaning = "of a connection from one neuron to another" },
    HK_CIRCUIT_OPTIONS(BENCHMARK_MS, "5 % of duration_ms", "exact"),
};

/* The same network elsewhere: 10 s in steps of 0.1 ms, spikes behind the first 5 %, one run each, one
 * machine. */
static const hk_peer peers[] = {
    { "NEST 3.10 iaf_psc_exp, 1 thread", 5.617, 0.729 }, { "NEST 3.10 iaf_psc_exp, 2 threads", 5.327, 0.725 },
    { "Brian2 2.5.1, 1 thread", 5.522, 0.719 },          { "Brian2 2.5.1, 2 threads", 5.559, 0.727 },
    { "GeNN 5.4.0, single precision", 5.420, 0.750 },
};

double hk_cuba_probability(uint32_t n_neurons)
{
    return fmin(1.0, 80.0 / n_neurons);
}

void hk_cuba_describe(uint32_t n_neurons, double probability, hk_circuit *out)
{
    static const hk_circuit_value values[] = { { "tau_m_ms", 20.0 },     { "c_m_pf", 200.0 },       { "e_l_mv", -49.0 },
                                               { "v_th_mv", -50.0 },     { "v_reset_mv", -60.0 },   { "t_ref_ms", 5.0 },
                                               { "tau_syn_ex_ms", 5.0 }, { "tau_syn_in_ms", 10.0 }, { .name = NULL } };
    static const double weights_pa[] = { 16.2, -90.0 };
    uint32_t n_exc = (uint32_t)((uint64_t)n_neurons * 4 / 5);
    hk_circuit_population population = { .name = "exc",
                                         .model = "lif_exp",
                                         .n = n_exc,
                                         .values = values,
                                         .v_mv = { .kind = HK_UNIFORM, .a = -60.0, .b = -50.0 } };
    hk_circuit_add_population(out, &population);
    population.name = "inh";
    population.n = n_neurons - n_exc;
    hk_circuit_add_population(out, &population);
    for (uint32_t pre = 0; pre < 2; pre++)
        for (uint32_t post = 0; post < 2; post++)
            hk_circuit_add_projection(out, &(hk_circuit_projection){ .pre = pre,
                                                                     .post = post,
                                                                     .connect = HK_FIXED_PROBABILITY,
                                                                     .probability = probability,
                                                                     .weight = hk_constant(weights_pa[pre]),
                                                                     .delay_ms = hk_constant(0.1) });
}

static double probability(const hk_run *run)
{
    return hk_run_is_given(run, "probability") ? hk_run_number(run, "probability")
                                               : hk_cuba_probability((uint32_t)hk_run_integer(run, "neurons"));
}

static int describe(const hk_run *run, hk_circuit_plan *plan)
{
    hk_cuba_describe((uint32_t)hk_run_integer(run, "neurons"), probability(run), &plan->circuit);
    plan->warmup_ms = TRANSIENT * hk_run_number(run, "duration_ms");
    return HK_OK;
}

static void judge(const hk_circuit_run *r)
{
    if (r->n_neurons == HK_CUBA_NEURONS && probability(r->run) == 80.0 / HK_CUBA_NEURONS &&
        hk_circuit_covers(r, TRANSIENT * BENCHMARK_MS, BENCHMARK_MS))
        hk_peers_judge(r->run, peers, sizeof peers / sizeof *peers, r->rate_hz, r->cv_isi);
    else
        hk_run_report(r->run, "rate %.3f Hz, CV of intervals %.3f (not compared: that takes %d neurons and %g s)",
                      r->rate_hz, r->cv_isi, HK_CUBA_NEURONS, 1e-3 * BENCHMARK_MS);
}

static int run(hk_run *run)
{
    return hk_circuit_experiment(run, describe, judge);
}

static const hk_summary_key keys[] = { HK_CIRCUIT_KEYS, HK_PEERS_KEY };

const hk_experiment hk_experiment_cuba = {
    .name = "cuba",
    .summary = "4,000 integrate-and-fire neurons with exponential currents: the Vogels-Abbott benchmark, exact",
    .source =
        "Vogels & Abbott (2005), J. Neurosci. 25:10786-10795; Brette et al. (2007), J. Comput. Neurosci. 23:349-398",
    .example = "cuba --set duration_ms=2000 --seed 7",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .threaded = true,
    .run = run,
};
