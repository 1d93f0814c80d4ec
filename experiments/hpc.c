/* experiments/hpc.c - the network by which NEST's scaling on supercomputers is measured (Kunkel et al. 2014).
 *
 *   tau_m 10 ms, c_m 250 pF, e_l 0, threshold 20, reset 0 mV, refractory 0.5 ms; four of five neurons are excitatory
 *   currents in the shape of an alpha function of 0.32582722403722841 ms (neurons/lif_alpha.h)
 *   each neuron has exactly 9,000 excitatory and 2,250 inhibitory synapses, drawn with replacement but not from itself;
 *   an excitatory input raises v by 0.14 mV at its peak, 1.700759 ms later, an inhibitory one is -5 times as strong
 *   all delays 1.5 ms; v(0) normal (5.7 +- 7.2 mV)
 *   outside: a Poisson input of eta times the rate that holds the mean of v at the threshold, through excitatory synapses
 *
 *   the synapses between excitatory neurons learn (plasticity/stdp_pl.c): lambda 0.1, alpha 0.0513, mu 0.4, tau_plus 15 ms,
 *   tau_minus 30 ms, w0 1 pA; delays are dendritic
 *
 * One difference from NEST is left: where a spike sent and one that comes back meet at a synapse in the same step, NEST counts
 * nothing, and here the one sent comes first, which strengthens. */
#include "experiments/hpc.h"

#include "experiments/circuit_run.h"

#include <math.h>

#define BENCHMARK_MS 300.0
#define WARMUP_MS 50.0
#define C_EXC 9000
#define C_INH 2250
#define TAU_M_MS 10.0
#define C_M_PF 250.0
#define THRESHOLD_MV 20.0
#define PEAK_MV 0.14
#define RISE_MS 1.700759
#define TAU_SYN_MS 0.32582722403722841
#define EULER 2.718281828459045235
#define INHIBITION (-5.0)

enum { STATIC, STDP_PL };
static const char *const rules[] = { [STATIC] = "none", [STDP_PL] = "stdp_pl", NULL };

static const hk_option options[] = {
    { .name = "neurons",
      .type = HK_OPTION_INTEGER,
      .initial = HK_HPC_NEURONS,
      .min = 10,
      .max = 1e7,
      .meaning = "four of five of them excitatory; each has 11,250 synapses whatever their number" },
    { .name = "eta",
      .type = HK_OPTION_NUMBER,
      .initial = HK_HPC_ETA,
      .min = 0.0,
      .max = 100.0,
      .meaning = "outside rate relative to the one that just reaches the threshold" },
    { .name = "plastic",
      .type = HK_OPTION_CHOICE,
      .text = "stdp_pl",
      .choices = rules,
      .meaning = "how synapses between excitatory neurons learn: power-law pair plasticity, or not at all" },
    HK_CIRCUIT_OPTIONS(BENCHMARK_MS, "50, at most half of duration_ms", "grid"),
};

/* The peak current of an excitatory input: that whose potential has the peak PEAK_MV. An error of RISE_MS counts squared. */
static double weight_pa(void)
{
    double rate = 1.0 / TAU_SYN_MS - 1.0 / TAU_M_MS;
    double fall_m = exp(-RISE_MS / TAU_M_MS), fall_syn = exp(-RISE_MS / TAU_SYN_MS);
    double integral = (fall_m - fall_syn * (1.0 + rate * RISE_MS)) / (rate * rate);
    return PEAK_MV * C_M_PF * TAU_SYN_MS / (EULER * integral);
}

static bool learns(const hk_run *run)
{
    return hk_run_choice(run, "plastic") == STDP_PL;
}

void hk_hpc_describe(const hk_hpc_config *cfg, hk_circuit *out)
{
    static const hk_circuit_value values[] = { { "tau_m_ms", TAU_M_MS },
                                               { "c_m_pf", C_M_PF },
                                               { "e_l_mv", 0.0 },
                                               { "v_th_mv", THRESHOLD_MV },
                                               { "v_reset_mv", 0.0 },
                                               { "t_ref_ms", 0.5 },
                                               { "tau_syn_ex_ms", TAU_SYN_MS },
                                               { "tau_syn_in_ms", TAU_SYN_MS },
                                               { .name = NULL } };
    static const hk_circuit_rule stdp_pl = { .type = &hk_stdp_pl,
                                             .values = { { "tau_plus_ms", 15.0 },
                                                         { "tau_minus_ms", 30.0 },
                                                         { "lambda", 0.1 },
                                                         { "alpha", 0.0513 },
                                                         { "mu", 0.4 },
                                                         { "w0", 1.0 },
                                                         { "dendritic", 1.0 } },
                                             .clips = hk_stdp_pl_clips };
    static const char *const names[] = { "exc", "inh" };
    double w_pa = weight_pa();
    /* spikes per ms whose charge, w e tau each, holds the mean potential at the threshold */
    double threshold_per_ms = THRESHOLD_MV * C_M_PF / TAU_M_MS / (w_pa * EULER * TAU_SYN_MS);
    uint32_t n_exc = (uint32_t)((uint64_t)cfg->n_neurons * 4 / 5);
    const uint32_t sizes[] = { n_exc, cfg->n_neurons - n_exc }, indegrees[] = { C_EXC, C_INH };
    const double weights_pa[] = { w_pa, INHIBITION * w_pa };
    for (int k = 0; k < 2; k++) {
        hk_circuit_population population = { .name = names[k],
                                             .model = "lif_alpha",
                                             .n = sizes[k],
                                             .values = values,
                                             .v_mv = { .kind = HK_NORMAL, .a = 5.7, .b = 7.2 },
                                             .drive = { .rate_hz = 1e3 * cfg->eta * threshold_per_ms,
                                                        .weight = w_pa } };
        hk_circuit_add_population(out, &population);
    }
    for (uint32_t pre = 0; pre < 2; pre++)
        for (uint32_t post = 0; post < 2; post++) {
            hk_circuit_projection projection = { .pre = pre,
                                                 .post = post,
                                                 .connect = HK_FIXED_INDEGREE,
                                                 .pairs = HK_PAIRS_MULTAPSES,
                                                 .n = indegrees[pre],
                                                 .weight = hk_constant(weights_pa[pre]),
                                                 .delay_ms = hk_constant(1.5) };
            if (pre + post == 0 && cfg->learns)
                projection.rule = stdp_pl;
            hk_circuit_add_projection(out, &projection);
        }
}

static int describe(const hk_run *run, hk_circuit_plan *plan)
{
    const hk_hpc_config cfg = { .n_neurons = (uint32_t)hk_run_integer(run, "neurons"),
                                .eta = hk_run_number(run, "eta"),
                                .learns = learns(run) };
    hk_hpc_describe(&cfg, &plan->circuit);
    plan->warmup_ms = fmin(WARMUP_MS, 0.5 * hk_run_number(run, "duration_ms"));
    return HK_OK;
}

/* It is about to synchronise, so that a quarter of a second says little. */
#define SCATTER "runs with other seeds differ by several Hz, so nothing is judged"

static void judge(const hk_circuit_run *r)
{
    bool is_benchmark = r->n_neurons == HK_HPC_NEURONS && hk_run_number(r->run, "eta") == HK_HPC_ETA &&
                        hk_circuit_covers(r, WARMUP_MS, BENCHMARK_MS);
    const char *elsewhere = "";
    if (is_benchmark && learns(r->run))
        elsewhere = " (two runs of NEST: 12.731 and 11.844 Hz, 0.503 and 0.477; " SCATTER ")";
    else if (is_benchmark)
        elsewhere = " (one run of NEST: 10.207 Hz, 0.471; " SCATTER ")";
    hk_run_report(r->run, "rate %.3f Hz, CV of intervals %.3f%s", r->rate_hz, r->cv_isi, elsewhere);
}

static int run(hk_run *run)
{
    return hk_circuit_experiment(run, describe, judge);
}

static const hk_summary_key keys[] = { HK_CIRCUIT_KEYS, HK_CIRCUIT_PLASTIC_KEYS };

const hk_experiment hk_experiment_hpc = {
    .name = "hpc",
    .summary = "11,250 neurons with 11,250 synapses each: a dense network of the kind supercomputers are measured by",
    .source = "Kunkel et al. (2014), Front. Neuroinform. 8:78; Morrison, Aertsen & Diesmann (2007), Neural Comput. "
              "19:1437-1467",
    .example = "hpc --set neurons=2000 --set duration_ms=200 --threads 2",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .threaded = true,
    .run = run,
};
