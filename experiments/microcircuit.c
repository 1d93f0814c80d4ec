/* experiments/microcircuit.c - the cortical microcircuit of Potjans & Diesmann (2014); its table: microcircuit.h. */
#include "experiments/microcircuit.h"

#include "experiments/circuit_run.h"
#include "experiments/peers.h"

#include <math.h>

enum { N = HK_MICROCIRCUIT_POPULATIONS, N_RUNS = 5 };

#define WARMUP_MS 500.0
#define LONG_MS 10000.0
#define WITHIN 0.03

static const char *const drives[] = { "poisson", "dc", NULL };
static const char *const starts[] = { "optimised", "original", NULL };

static const hk_option options[] = {
    { .name = "scale",
      .type = HK_OPTION_NUMBER,
      .initial = 1.0,
      .min = 0.01,
      .max = 1.0,
      .meaning = "share of the neurons, and of the synapses of each; weights and a constant current make up for it" },
    { .name = "drive",
      .type = HK_OPTION_CHOICE,
      .text = "poisson",
      .choices = drives,
      .meaning = "input from outside: Poisson trains, or the constant current of the same mean" },
    { .name = "start",
      .type = HK_OPTION_CHOICE,
      .text = "optimised",
      .choices = starts,
      .meaning = "potentials at first: near the stationary state, or the same distribution in all populations" },
    { .name = "pulse_hz",
      .type = HK_OPTION_NUMBER,
      .unit = "Hz",
      .initial = 0.0,
      .min = 0.0,
      .max = 1e5,
      .meaning = "rate of 902 thalamic neurons during a pulse; 120 in the paper; 0: no thalamus" },
    { .name = "pulse_begin_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 700.0,
      .min = 0.0,
      .max = 1e10,
      .meaning = "when the pulse begins" },
    { .name = "pulse_length_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 10.0,
      .min = 1e-3,
      .max = 1e10,
      .meaning = "how long it lasts" },
    HK_CIRCUIT_OPTIONS(1500.0, "500, at most half of duration_ms", "grid"),
};

static int describe(const hk_run *run, hk_circuit_plan *plan)
{
    hk_microcircuit_config cfg = { .scale = hk_run_number(run, "scale"),
                                   .resolution_ms = hk_run_number(run, "resolution_ms"),
                                   .drive = (hk_microcircuit_drive)hk_run_choice(run, "drive"),
                                   .start = (hk_microcircuit_start)hk_run_choice(run, "start"),
                                   .thalamus = { .begin_ms = hk_run_number(run, "pulse_begin_ms"),
                                                 .length_ms = hk_run_number(run, "pulse_length_ms"),
                                                 .rate_hz = hk_run_number(run, "pulse_hz") } };
    hk_microcircuit_describe(&cfg, &plan->circuit);
    plan->warmup_ms = fmin(WARMUP_MS, 0.5 * hk_run_number(run, "duration_ms"));
    return HK_OK;
}

/* ---- verdict ----------------------------------------------------------------------------------------------------- */

/* Full scale, Poisson drive, steps of 0.1 ms, 1 s behind 0.5 s: NEST 3.10, one seed with two numbers of threads and another one;
 * then GeNN 5.4.0 with the network it comes with, two seeds. Its in-degrees are the same for all neurons of a population, its
 * weights from L4E to L23E vary half as much: between the two lies what such details make of a run. */
static const double peer_rates_hz[N][N_RUNS] = {
    { 0.863, 0.949, 0.971, 0.944, 0.898 }, { 2.958, 2.982, 3.017, 3.035, 2.969 }, { 4.406, 4.339, 4.338, 4.425, 4.442 },
    { 5.871, 5.844, 5.866, 5.901, 5.887 }, { 7.723, 7.334, 7.399, 7.799, 7.562 }, { 8.625, 8.613, 8.617, 8.688, 8.644 },
    { 1.125, 1.069, 1.080, 1.081, 1.083 }, { 7.837, 7.810, 7.818, 7.880, 7.845 },
};
static const double peer_cvs[N][N_RUNS] = {
    { 0.524, 0.523, 0.528, 0.523, 0.520 }, { 0.576, 0.576, 0.577, 0.563, 0.566 }, { 0.594, 0.594, 0.591, 0.598, 0.594 },
    { 0.619, 0.619, 0.621, 0.622, 0.621 }, { 0.619, 0.616, 0.622, 0.632, 0.618 }, { 0.620, 0.607, 0.602, 0.617, 0.615 },
    { 0.534, 0.552, 0.535, 0.553, 0.531 }, { 0.606, 0.600, 0.602, 0.609, 0.612 },
};

static void judge_second(const hk_circuit_run *r)
{
    bool agrees = true;
    hk_run_report(r->run, "%-10s %32s %32s", "", "rate/Hz, expected after peers", "CV, expected after peers");
    for (int k = 0; k < N; k++) {
        const hk_raster_figures *f = &r->figures[k];
        hk_interval rate = hk_peers_expect(peer_rates_hz[k], N_RUNS), cv = hk_peers_expect(peer_cvs[k], N_RUNS);
        bool fits = hk_interval_has(rate, f->rate_hz) && hk_interval_has(cv, f->cv_isi);
        agrees &= fits;
        hk_run_report(r->run, "%-10s %8.3f, in %7.3f to %7.3f %9.3f, in %6.3f to %6.3f%s", hk_microcircuit_names[k],
                      f->rate_hz, rate.low, rate.high, f->cv_isi, cv.low, cv.high, fits ? "" : "  <-");
    }
    hk_summary_flag(hk_run_summary(r->run), "agrees_with_peers", agrees);
    hk_run_report(r->run, "expected of a run like three of NEST and two of GeNN (99 %% each): this run %s",
                  agrees ? "agrees" : "does NOT agree");
}

static void judge_long(const hk_circuit_run *r)
{
    double worst = 0.0;
    hk_run_report(r->run, "%-10s %9s %10s %8s", "", "rate/Hz", "reference", "off by");
    for (int k = 0; k < N; k++) {
        double off = r->figures[k].rate_hz / hk_microcircuit_rates_hz[k] - 1.0;
        worst = fmax(worst, fabs(off));
        hk_run_report(r->run, "%-10s %9.3f %10.3f %+7.2f %%", hk_microcircuit_names[k], r->figures[k].rate_hz,
                      hk_microcircuit_rates_hz[k], 100.0 * off);
    }
    hk_summary_number(hk_run_summary(r->run), "worst_rate_deviation", worst);
    hk_summary_flag(hk_run_summary(r->run), "agrees_with_publication", worst <= WITHIN);
    hk_run_report(r->run, "rates within %g %% of the reference implementation's: this run %s", 100.0 * WITHIN,
                  worst <= WITHIN ? "agrees" : "does NOT agree");
}

static void judge(const hk_circuit_run *r)
{
    bool is_reference = hk_run_number(r->run, "scale") == 1.0 &&
                        hk_run_choice(r->run, "drive") == HK_MICROCIRCUIT_POISSON &&
                        hk_run_number(r->run, "pulse_hz") == 0.0;
    if (is_reference && hk_circuit_covers(r, WARMUP_MS, WARMUP_MS + 1000.0))
        judge_second(r);
    else if (is_reference && r->duration_ms - r->warmup_ms >= LONG_MS)
        judge_long(r);
    else
        hk_run_report(
            r->run,
            "rate %.3f Hz, CV of intervals %.3f (not compared: that takes scale 1, Poisson drive, no pulse, and "
            "1 s or at least %g s behind the warm-up)",
            r->rate_hz, r->cv_isi, 1e-3 * LONG_MS);
}

static int run(hk_run *run)
{
    return hk_circuit_experiment(run, describe, judge);
}

static const hk_summary_key keys[] = {
    HK_CIRCUIT_KEYS,
    HK_PEERS_KEY,
    { "worst_rate_deviation", "",
      "largest deviation of a population's rate from the reference's, relative, over 10 s" },
    { "agrees_with_publication", "", "that is at most 0.03" },
};

const hk_experiment hk_experiment_microcircuit = {
    .name = "microcircuit",
    .summary = "a square millimetre of cortex, 77,169 neurons and 3e8 synapses in four layers, or a part of it",
    .source = "Potjans & Diesmann (2014), Cereb. Cortex 24:785-806",
    .example = "microcircuit --set scale=0.2 --set drive=dc --threads 2 --seed 7",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .threaded = true,
    .run = run,
};
