/* experiments/cuba.c - the current-based network of Vogels & Abbott (2005) as Brette et al. (2007) made it a benchmark.
 *
 *   tau_m dv/dt = e_l - v + (currents),  tau_m 20 ms, e_l -49 mV, threshold -50 mV, reset -60 mV, refractory 5 ms
 *   currents decay with 5 ms (excitatory) and 10 ms (inhibitory), an input adds 1.62 mV or -9 mV of potential (R I),
 *   which with c_m 200 pF and g_l 10 nS is 16.2 pA or -90 pA; they evolve during refractoriness
 *   80 % of the neurons are excitatory; each ordered pair of different neurons is connected with one probability
 *   all delays 0.1 ms; v(0) uniform in (-60, -50) mV
 *
 * Spikes come at their exact times, not on a grid. The statistics leave out the first 5 % of the run. */
#include "experiments/clock.h"
#include "experiments/network_summary.h"
#include "neurons/catalogue.h"

#include <math.h>
#include <stdlib.h>

enum { EXC, INH, N_POPULATIONS };
static const char *const population_names[N_POPULATIONS] = { "exc", "inh" };

#define RESOLUTION_MS 0.1
#define TRANSIENT 0.05
#define BENCHMARK_NEURONS 4000
#define BENCHMARK_MS 10000.0 /* shorter runs scatter more, and in longer ones the CV is larger: rare spikes join in */

static const char *const records[] = { "all", "none", NULL };

static const hk_option options[] = {
    { .name = "neurons",
      .type = HK_OPTION_INTEGER,
      .initial = BENCHMARK_NEURONS,
      .min = 10,
      .max = 1e7,
      .meaning = "four of five of them excitatory" },
    { .name = "probability",
      .type = HK_OPTION_NUMBER,
      .min = 0.0,
      .max = 1.0,
      .automatic = "80 / neurons, at most 1",
      .meaning = "of a connection from one neuron to another" },
    { .name = "duration_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 10000.0,
      .min = RESOLUTION_MS,
      .max = 1e10,
      .meaning = "simulated time; whole steps of 0.1 ms" },
    { .name = "record",
      .type = HK_OPTION_CHOICE,
      .text = "all",
      .choices = records,
      .meaning = "spikes that go to the file" },
    { .name = "probe_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 0.0,
      .min = 0.0,
      .max = 1e10,
      .meaning = "interval at which the potential of some neurons goes to the file; 0: never" },
    { .name = "probe_neurons",
      .type = HK_OPTION_INTEGER,
      .initial = 5,
      .min = 1,
      .max = 1e6,
      .meaning = "how many of each population, at most all" },
};

/* The same network elsewhere: 10 s in steps of 0.1 ms, spikes behind the first 5 %, one run each, one
 * machine. */
typedef struct peer {
    const char *name;
    double rate_hz, cv_isi;
} peer;

static const peer peers[] = {
    { "NEST 3.10 iaf_psc_exp, 1 thread", 5.617, 0.729 }, { "NEST 3.10 iaf_psc_exp, 2 threads", 5.327, 0.725 },
    { "Brian2 2.5.1, 1 thread", 5.522, 0.719 },          { "Brian2 2.5.1, 2 threads", 5.559, 0.727 },
    { "GeNN 5.4.0, single precision", 5.420, 0.750 },
};
enum { N_PEERS = sizeof peers / sizeof peers[0] };
#define STUDENT_T 4.604 /* 99 %, N_PEERS - 1 = 4 degrees of freedom: one run in a hundred may differ by chance */

typedef struct state {
    hk_run *run;
    hk_sim *sim;
    hk_population *populations[N_POPULATIONS];
    hk_probe *probes[N_POPULATIONS];
    hk_course course;
    double probability;
} state;

/* ---- building ---------------------------------------------------------------------------------------------------- */

static int make_population(state *s, int which, uint32_t n)
{
    static const struct {
        const char *name;
        double value;
    } params[] = { { "tau_m_ms", 20.0 },    { "c_m_pf", 200.0 }, { "e_l_mv", -49.0 },      { "v_th_mv", -50.0 },
                   { "v_reset_mv", -60.0 }, { "t_ref_ms", 5.0 }, { "tau_syn_ex_ms", 5.0 }, { "tau_syn_in_ms", 10.0 } };
    hk_population **population = &s->populations[which];
    int rc = hk_population_create(s->sim, population_names[which], hk_neuron_model_find("lif_exp"), n, population);
    for (size_t k = 0; rc == HK_OK && k < sizeof params / sizeof *params; k++)
        rc = hk_population_set_value(*population, params[k].name, params[k].value);
    if (rc != HK_OK)
        return rc;
    return hk_population_draw(*population, "v_mv", (hk_draw){ .kind = HK_UNIFORM, .a = -60.0, .b = -50.0 });
}

static int build(state *s)
{
    static const double weights_pa[N_POPULATIONS] = { 16.2, -90.0 };
    uint32_t n = (uint32_t)hk_run_integer(s->run, "neurons");
    uint32_t n_exc = (uint32_t)((uint64_t)n * 4 / 5);
    hk_sim_config cfg = { .resolution_ms = RESOLUTION_MS, .seed = hk_run_seed(s->run) };
    s->probability = hk_run_is_given(s->run, "probability") ? hk_run_number(s->run, "probability")
                                                            : fmin(1.0, 80.0 / n);
    int rc = hk_sim_create(hk_run_ctx(s->run), &cfg, &s->sim);
    if (rc == HK_OK)
        rc = make_population(s, EXC, n_exc);
    if (rc == HK_OK)
        rc = make_population(s, INH, n - n_exc);
    for (int pre = 0; pre < N_POPULATIONS; pre++)
        for (int post = 0; rc == HK_OK && post < N_POPULATIONS; post++) {
            hk_projection *projection;
            hk_projection_config connection = { .pre = s->populations[pre],
                                                .post = s->populations[post],
                                                .connect = HK_FIXED_PROBABILITY,
                                                .probability = s->probability,
                                                .weight = hk_constant(weights_pa[pre]),
                                                .delay_ms = hk_constant(RESOLUTION_MS) };
            rc = hk_projection_create(s->sim, &connection, &projection);
        }
    return rc;
}

static int make_probes(state *s)
{
    double interval_ms = hk_run_number(s->run, "probe_ms");
    for (int k = 0; interval_ms > 0.0 && k < N_POPULATIONS; k++) {
        size_t n = (size_t)hk_run_integer(s->run, "probe_neurons"), all = hk_population_n(s->populations[k]);
        n = n < all ? n : all;
        uint64_t *ids = malloc(n * sizeof *ids);
        if (ids == NULL)
            return hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "cuba: out of memory for %zu probed neurons", n);
        for (size_t i = 0; i < n; i++)
            ids[i] = i;
        hk_probe_config cfg = {
            .population = s->populations[k], .variable = "v_mv", .ids = ids, .n_ids = n, .interval_ms = interval_ms
        };
        int rc = hk_probe_create(s->sim, &cfg, &s->probes[k]);
        free(ids);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

/* Where a sixth run is expected, were it of the same kind: mean +- t sd sqrt(1 + 1/n) of the peers. */
typedef struct expectation {
    double low, high;
} expectation;

static expectation expect(double (*of)(const peer *))
{
    double sum = 0.0, squares = 0.0;
    for (size_t k = 0; k < N_PEERS; k++)
        sum += of(&peers[k]);
    double mean = sum / N_PEERS;
    for (size_t k = 0; k < N_PEERS; k++)
        squares += (of(&peers[k]) - mean) * (of(&peers[k]) - mean);
    double reach = STUDENT_T * sqrt(squares / (N_PEERS - 1) * (1.0 + 1.0 / N_PEERS));
    return (expectation){ .low = mean - reach, .high = mean + reach };
}

static double rate_of(const peer *p)
{
    return p->rate_hz;
}

static double cv_of(const peer *p)
{
    return p->cv_isi;
}

static bool is_benchmark(const state *s)
{
    return hk_run_integer(s->run, "neurons") == BENCHMARK_NEURONS && s->probability == 80.0 / BENCHMARK_NEURONS &&
           hk_run_number(s->run, "duration_ms") == BENCHMARK_MS && hk_course_is_complete(&s->course);
}

static void judge(const state *s, double rate_hz, double cv_isi)
{
    expectation rate = expect(rate_of), cv = expect(cv_of);
    bool agrees = rate_hz >= rate.low && rate_hz <= rate.high && cv_isi >= cv.low && cv_isi <= cv.high;
    hk_summary_flag(hk_run_summary(s->run), "agrees_with_peers", agrees);
    hk_run_report(s->run, "%-36s %8s %8s", "", "rate/Hz", "CV ISI");
    for (size_t k = 0; k < N_PEERS; k++)
        hk_run_report(s->run, "%-36s %8.3f %8.3f", peers[k].name, peers[k].rate_hz, peers[k].cv_isi);
    hk_run_report(s->run, "%-36s %8.3f %8.3f", "this run", rate_hz, cv_isi);
    hk_run_report(s->run, "expected of a run like theirs (99 %%): rate %.2f to %.2f Hz, CV %.3f to %.3f: this run %s",
                  rate.low, rate.high, cv.low, cv.high, agrees ? "agrees" : "does NOT agree");
}

static const hk_summary_key keys[] = {
    HK_NETWORK_KEYS,
    { "synapses", "", "in the network" },
    { "rate_hz", "Hz", "over both populations, behind the first 5 %" },
    { "cv", "", "of the intervals, over both populations" },
    { "correlation", "", "mean Pearson correlation of 100 excitatory neurons, spike counts in 5 ms" },
    { "agrees_with_peers", "",
      "rate and CV lie where five runs of other simulators let expect them (4,000 neurons, "
      "10 s)" },
};

static void summarise(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    hk_raster_figures exc = hk_course_figures(&s->course, EXC), inh = hk_course_figures(&s->course, INH);
    double n_exc = hk_population_n(s->populations[EXC]), n_inh = hk_population_n(s->populations[INH]),
           n_cv = exc.n_cv + inh.n_cv;
    double rate_hz = (exc.rate_hz * n_exc + inh.rate_hz * n_inh) / (n_exc + n_inh), cv = 0.0;
    cv += exc.n_cv > 0 ? exc.cv_isi * exc.n_cv / n_cv : 0.0;
    cv += inh.n_cv > 0 ? inh.cv_isi * inh.n_cv / n_cv : 0.0;
    uint64_t synapses = 0;
    for (uint32_t k = 0; hk_sim_projection(s->sim, k) != NULL; k++)
        synapses += hk_projection_n_synapses(hk_sim_projection(s->sim, k));
    hk_network_summarise(&s->course);
    hk_summary_count(summary, "synapses", synapses);
    hk_summary_number(summary, "rate_hz", rate_hz);
    hk_summary_number(summary, "cv", n_cv > 0.0 ? cv : (double)NAN);
    hk_summary_number(summary, "correlation", exc.correlation);
    hk_run_report(s->run,
                  "cuba: %lld neurons, %llu synapses, %.6g s simulated in %.3g s (real-time factor %.3f), %llu spikes, "
                  "%.1f ns per synaptic event, correlation %.4f",
                  (long long)hk_run_integer(s->run, "neurons"), (unsigned long long)synapses,
                  1e-3 * hk_sim_now_ms(s->sim), s->course.simulate_s,
                  s->course.simulate_s / (1e-3 * hk_sim_now_ms(s->sim)),
                  (unsigned long long)hk_sim_get_stats(s->sim).spikes,
                  1e9 * s->course.simulate_s / (double)hk_sim_get_stats(s->sim).synaptic_events, exc.correlation);
    if (is_benchmark(s))
        judge(s, rate_hz, cv);
    else
        hk_run_report(s->run, "rate %.3f Hz, CV of intervals %.3f (not compared: that takes %d neurons and %g s)",
                      rate_hz, cv, BENCHMARK_NEURONS, 1e-3 * BENCHMARK_MS);
}

static int write_probes(const state *s)
{
    if (hk_run_out(s->run) == NULL || s->probes[EXC] == NULL)
        return HK_OK;
    hk_results *file = NULL;
    int rc = hk_results_open(hk_run_ctx(s->run), hk_run_out(s->run), HK_RESULTS_ADD, &file);
    if (rc == HK_OK)
        rc = hk_probe_put(s->probes[EXC], file, "probes/exc_v_mv");
    if (rc == HK_OK)
        rc = hk_probe_put(s->probes[INH], file, "probes/inh_v_mv");
    if (rc != HK_OK) {
        hk_results_discard(file);
        return rc;
    }
    return hk_results_close(file);
}

static int run_cuba(state *s)
{
    double start_s = hk_clock_wall_s(), duration_ms = hk_run_number(s->run, "duration_ms");
    if (hk_steps_in_ms(duration_ms, RESOLUTION_MS) < 1)
        return hk_fail(hk_run_ctx(s->run), HK_ERANGE, "cuba: duration_ms = %.10g, must be whole steps of %g ms",
                       duration_ms, RESOLUTION_MS);
    int rc = build(s);
    if (rc == HK_OK)
        rc = make_probes(s);
    if (rc != HK_OK)
        return rc;
    bool records_all = hk_run_choice(s->run, "record") == 0;
    hk_course_config cfg = { .run = s->run,
                             .sim = s->sim,
                             .build_s = hk_clock_wall_s() - start_s,
                             .duration_ms = duration_ms,
                             .begin_ms = TRANSIENT * duration_ms,
                             .bin_ms = 5.0,
                             .recorded = s->populations,
                             .n_recorded = records_all ? N_POPULATIONS : 0,
                             .probes = s->probes,
                             .n_probes = s->probes[EXC] != NULL ? N_POPULATIONS : 0 };
    rc = hk_course_begin(&s->course, &cfg);
    if (rc == HK_OK)
        rc = hk_course_run(&s->course);
    int finished = hk_course_finish(&s->course);
    if (rc == HK_OK)
        rc = finished;
    if (rc != HK_OK)
        return rc;
    summarise(s);
    return write_probes(s);
}

static int run(hk_run *run)
{
    state s = { .run = run };
    int rc = run_cuba(&s);
    hk_course_fini(&s.course);
    for (int k = 0; k < N_POPULATIONS; k++)
        hk_probe_destroy(s.probes[k]);
    hk_sim_destroy(s.sim);
    return rc;
}

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
    .run = run,
};
