/* experiments/brunel.c - sparsely connected excitatory and inhibitory neurons (Brunel 2000, model A), in all four regimes.
 *
 *   tau_m dv/dt = -v,  tau_m 20 ms, threshold 20 mV, reset 10 mV, refractory 2 ms (inputs meanwhile are lost)
 *   four of five neurons are excitatory; each neuron has exactly 1,000 excitatory and 250 inhibitory synapses, drawn with
 *   replacement (a tenth of each population; smaller networks have as many, and so are more synchronised); an
 *   excitatory input adds j = 0.1 mV, an inhibitory one takes g j away; all delays 1.5 ms; v(0) uniform in [0, 20) mV
 *   outside: as many synapses as from the excitatory population and as strong, with a Poisson input of eta nu_thr each;
 *   nu_thr = 20 mV / (j 1,000 tau_m) = 10 Hz is the rate that would just bring v to the threshold
 *
 *   regime                                  g    eta   Brunel's simulation
 *   sr       synchronous regular            3    2
 *   ai       asynchronous irregular         5    2     37.7 Hz
 *   si_fast  synchronous irregular, fast    6    4     60.7 Hz
 *   si_slow  synchronous irregular, slow    4.5  0.9    5.5 Hz
 *
 * With plastic=stdp the synapses between excitatory neurons learn by multiplicative pair plasticity, all pairs, that leaves
 * uncorrelated spikes the mean weight: tau 20 ms on either side, and with w_max = 3 j, lambda 0.01 and alpha 2.02
 *
 *   at a postsynaptic spike  w += lambda (w_max - w) x        at an arrival  w -= lambda alpha w y
 *
 * Zenke & Gerstner (2014), Front. Neuroinform. 8:76, with a learning rate that does something: theirs was 1e-9. */
#include "experiments/brunel.h"

#include "experiments/circuit_run.h"
#include "experiments/peers.h"
#include "sim/counts.h"

#include <math.h>

#define C_EXC 1000
#define C_INH 250
#define J_MV 0.1
#define THRESHOLD_MV 20.0
#define TAU_M_MS 20.0
#define WARMUP_MS 200.0
#define BENCHMARK_MS 1200.0

#define LAMBDA 0.01
#define ALPHA 2.02
#define W_MAX_MV (3.0 * J_MV)

enum { STATIC, STDP };
static const char *const rules[] = { [STATIC] = "none", [STDP] = "stdp", NULL };
static const hk_circuit_rule stdp = { .type = &hk_stdp,
                                      .values = { { "tau_plus_ms", 20.0 },
                                                  { "tau_minus_ms", 20.0 },
                                                  { "a_plus", LAMBDA },
                                                  { "a_minus", LAMBDA *ALPHA },
                                                  { "mu_plus", 1.0 },
                                                  { "mu_minus", 1.0 },
                                                  { "w_max", W_MAX_MV } },
                                      .clips = hk_stdp_clips };

enum { SR, AI, SI_FAST, SI_SLOW, N_REGIMES };
static const char *const regimes[] = { "sr", "ai", "si_fast", "si_slow", NULL };
static const struct {
    double g, eta, published_hz; /* NaN: not published */
} figures[N_REGIMES] = { [SR] = { 3.0, 2.0, (double)NAN },
                         [AI] = { 5.0, 2.0, 37.7 },
                         [SI_FAST] = { 6.0, 4.0, 60.7 },
                         [SI_SLOW] = { 4.5, 0.9, 5.5 } };

static const hk_option options[] = {
    { .name = "regime",
      .type = HK_OPTION_CHOICE,
      .text = "ai",
      .choices = regimes,
      .meaning = "g and eta by name: synchronous regular, asynchronous irregular, synchronous irregular fast or slow" },
    { .name = "g",
      .type = HK_OPTION_NUMBER,
      .min = 0.0,
      .max = 100.0,
      .automatic = "that of the regime",
      .meaning = "strength of inhibitory synapses relative to excitatory ones" },
    { .name = "eta",
      .type = HK_OPTION_NUMBER,
      .min = 0.0,
      .max = 100.0,
      .automatic = "that of the regime",
      .meaning = "outside rate relative to the one that just reaches the threshold" },
    { .name = "neurons",
      .type = HK_OPTION_INTEGER,
      .initial = HK_BRUNEL_NEURONS,
      .min = 50,
      .max = 1e7,
      .meaning = "four of five of them excitatory" },
    { .name = "plastic",
      .type = HK_OPTION_CHOICE,
      .text = "none",
      .choices = rules,
      .meaning = "how synapses between excitatory neurons learn: multiplicative pair plasticity, or not at all" },
    HK_CIRCUIT_OPTIONS(BENCHMARK_MS, "200, at most half of duration_ms", "grid"),
};

static double choice(const hk_run *run, const char *name, double of_regime)
{
    return hk_run_is_given(run, name) ? hk_run_number(run, name) : of_regime;
}

static double g_of(const hk_run *run)
{
    return choice(run, "g", figures[hk_run_choice(run, "regime")].g);
}

static double eta_of(const hk_run *run)
{
    return choice(run, "eta", figures[hk_run_choice(run, "regime")].eta);
}

static bool learns(const hk_run *run)
{
    return hk_run_choice(run, "plastic") == STDP;
}

void hk_brunel_describe(const hk_brunel_config *cfg, hk_circuit *out)
{
    static const hk_circuit_value values[] = {
        { "tau_m_ms", TAU_M_MS }, { "e_l_mv", 0.0 },   { "v_th_mv", THRESHOLD_MV },
        { "v_reset_mv", 10.0 },   { "t_ref_ms", 2.0 }, { .name = NULL },
    };
    uint32_t n_exc = (uint32_t)((uint64_t)cfg->n_neurons * 4 / 5);
    const uint32_t sizes[] = { n_exc, cfg->n_neurons - n_exc }, indegrees[] = { C_EXC, C_INH };
    double nu_thr_hz = 1e3 * THRESHOLD_MV / (J_MV * C_EXC * TAU_M_MS);
    const double weights_mv[] = { J_MV, -cfg->g * J_MV };
    hk_circuit_population population = { .model = "lif",
                                         .values = values,
                                         .v_mv = { .kind = HK_UNIFORM, .a = 0.0, .b = THRESHOLD_MV },
                                         .drive = { .rate_hz = cfg->eta * nu_thr_hz * C_EXC, .weight = J_MV } };
    static const char *const names[] = { "exc", "inh" };
    for (int k = 0; k < 2; k++) {
        population.name = names[k];
        population.n = sizes[k];
        hk_circuit_add_population(out, &population);
    }
    for (uint32_t pre = 0; pre < 2; pre++)
        for (uint32_t post = 0; post < 2; post++) {
            hk_circuit_projection projection = { .pre = pre,
                                                 .post = post,
                                                 .connect = HK_FIXED_INDEGREE,
                                                 .pairs = HK_PAIRS_AUTAPSES + HK_PAIRS_MULTAPSES,
                                                 .n = indegrees[pre],
                                                 .weight = hk_constant(weights_mv[pre]),
                                                 .delay_ms = hk_constant(1.5) };
            if (pre + post == 0 && cfg->learns)
                projection.rule = stdp;
            hk_circuit_add_projection(out, &projection);
        }
    out->dense = !cfg->learns && 1e-3 * population.drive.rate_hz * cfg->resolution_ms <= HK_COUNTS_MOST_MEAN;
}

static int describe(const hk_run *run, hk_circuit_plan *plan)
{
    const hk_brunel_config cfg = { .n_neurons = (uint32_t)hk_run_integer(run, "neurons"),
                                   .g = g_of(run),
                                   .eta = eta_of(run),
                                   .learns = learns(run),
                                   .resolution_ms = hk_run_number(run, "resolution_ms") };
    hk_brunel_describe(&cfg, &plan->circuit);
    plan->warmup_ms = fmin(WARMUP_MS, 0.5 * hk_run_number(run, "duration_ms"));
    return HK_OK;
}

/* ---- verdict ----------------------------------------------------------------------------------------------------- */

/* The same network elsewhere: 1 s behind 0.2 s, one run a seed. On a grid inputs of one step arrive together. */
static const hk_peer peers_grid[] = {
    { "NEST iaf_psc_delta, 2 threads, seed 1", 37.804, 0.4187 },
    { "NEST iaf_psc_delta, 2 threads, seed 2", 37.753, 0.4270 },
    { "NEST iaf_psc_delta, 2 threads, seed 3", 37.546, 0.4201 },
    { "NEST iaf_psc_delta, 2 threads, seed 4", 37.702, 0.4189 },
    { "NEST iaf_psc_delta, 2 threads, seed 5", 37.960, 0.4231 },
    { "NEST iaf_psc_delta, 1 thread", 37.358, 0.424 },
    { "GeNN 5.4.0, single precision", 37.500, 0.422 },
    { "Brian2 2.5.1, 1 thread", 37.423, 0.419 },
    { "Brian2 2.5.1, 2 threads", 37.750, 0.417 },
};

static const hk_peer peers_exact[] = {
    { "NEST iaf_psc_delta_ps, 1 thread", 38.126, 0.448 },
    { "NEST iaf_psc_delta_ps, 2 threads, seed 1", 38.319, 0.4347 },
    { "NEST iaf_psc_delta_ps, 2 threads, seed 2", 37.998, 0.4401 },
};

#define PUBLISHED_WITHIN 0.1 /* one run of one second is published, of another network with the same parameters */

static void judge(const hk_circuit_run *r)
{
    size_t regime = hk_run_choice(r->run, "regime");
    double published_hz = figures[regime].published_hz;
    hk_summary *summary = hk_run_summary(r->run);
    if (r->n_neurons != HK_BRUNEL_NEURONS || g_of(r->run) != figures[regime].g ||
        eta_of(r->run) != figures[regime].eta || isnan(published_hz) || learns(r->run)) {
        hk_run_report(r->run, "rate %.3f Hz, CV of intervals %.3f (nothing is published to compare it with)",
                      r->rate_hz, r->cv_isi);
        return;
    }
    bool agrees = fabs(r->rate_hz - published_hz) <= PUBLISHED_WITHIN * published_hz;
    hk_summary_number(summary, "published_hz", published_hz);
    hk_summary_flag(summary, "agrees_with_publication", agrees);
    hk_run_report(r->run, "rate %.3f Hz, in Brunel (2000), table 1: %.1f Hz: this run %s (within %g %%)", r->rate_hz,
                  published_hz, agrees ? "agrees" : "does NOT agree", 100.0 * PUBLISHED_WITHIN);
    if (regime != AI || !hk_circuit_covers(r, WARMUP_MS, BENCHMARK_MS))
        return;
    if (hk_circuit_integrator(r) == HK_GRID)
        hk_peers_judge(r->run, peers_grid, sizeof peers_grid / sizeof *peers_grid, r->rate_hz, r->cv_isi);
    else
        hk_peers_judge(r->run, peers_exact, sizeof peers_exact / sizeof *peers_exact, r->rate_hz, r->cv_isi);
}

static int run(hk_run *run)
{
    return hk_circuit_experiment(run, describe, judge);
}

static const hk_summary_key keys[] = {
    HK_CIRCUIT_KEYS,
    HK_CIRCUIT_PLASTIC_KEYS,
    { "published_hz", "Hz", "rate that Brunel's simulation had in this regime" },
    { "agrees_with_publication", "", "the rate is within 10 % of it" },
    HK_PEERS_KEY,
};

const hk_experiment hk_experiment_brunel = {
    .name = "brunel",
    .summary = "12,500 neurons, inhibition against excitation: Brunel's network in its four regimes",
    .source = "Brunel (2000), J. Comput. Neurosci. 8:183-208",
    .example = "brunel --set regime=si_fast --set neurons=2500 --set duration_ms=300",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .threaded = true,
    .run = run,
};
