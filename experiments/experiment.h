/* experiments/experiment.h - what an experiment is, and what the program gives it while it runs.
 *
 * An experiment is a constant table: its options (which also drive `hillock show`, `--set` and the checks), and one
 * function. It lives in experiments/<name>.c and stands in catalogue.c with one line:
 *
 *     static const hk_option options[] = {
 *         { .name = "neurons", .type = HK_OPTION_INTEGER, .initial = 400, .min = 1, .max = 1e6, .meaning = "..." },
 *         { .name = "code", .type = HK_OPTION_CHOICE, .text = "rate", .choices = codes, .meaning = "..." },
 *     };
 *     const hk_experiment hk_experiment_mnist = { .name = "mnist", .run = run, ... };
 *
 * `run` is called on a worker thread, once per trial, and several trials may run at the same time: whatever it changes
 * hangs from its hk_run or from its own stack. A signal never interrupts it: SIGINT and SIGTERM stop the simulation
 * given to hk_run_watch() at its next window and make hk_run_stopping() true; `run` then saves what there is and
 * returns HK_OK, and the program ends with 130. */
#ifndef HK_EXPERIMENT_H
#define HK_EXPERIMENT_H

#include "experiments/summary.h"
#include "sim/recorder.h"
#include "sim/simulation.h"
#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum hk_option_type {
    HK_OPTION_NUMBER,  /* finite, in [min, max] */
    HK_OPTION_INTEGER, /* whole, in [min, max]; |value| <= 2^53 */
    HK_OPTION_CHOICE,  /* one of `choices` */
    HK_OPTION_TEXT,    /* any text */
    HK_OPTION_FLAG,    /* on/off, true/false, yes/no, 1/0 */
} hk_option_type;

/** One parameter of an experiment. */
typedef struct hk_option {
    const char *name; /* with its unit: "tau_m_ms" */
    hk_option_type type;
    const char *unit;           /* "ms"; NULL or "" for a pure number */
    double initial, min, max;   /* NUMBER, INTEGER; FLAG: initial 0 or 1 */
    const char *text;           /* TEXT, CHOICE: the default; NULL in a TEXT: "" */
    const char *const *choices; /* CHOICE: ended by NULL */
    const char *automatic;      /* NUMBER, INTEGER: how the experiment chooses when the user does not ("0.1 * neurons /
                                   400"): then hk_run_is_given() is false and the value is not to be read */
    const char *meaning;
} hk_option;

/* Rows of a table of options, without a unit. */
#define HK_COUNT(option, default_, low, high, text)                                                              \
    {                                                                                                            \
        .name = option, .type = HK_OPTION_INTEGER, .initial = default_, .min = low, .max = high, .meaning = text \
    }
#define HK_NUMBER(option, default_, low, high, text)                                                            \
    {                                                                                                           \
        .name = option, .type = HK_OPTION_NUMBER, .initial = default_, .min = low, .max = high, .meaning = text \
    }
#define HK_AUTOMATIC(option, type_, low, high, how, text)                                         \
    {                                                                                             \
        .name = option, .type = type_, .min = low, .max = high, .automatic = how, .meaning = text \
    }

/** One key of the summary, for the documentation. */
typedef struct hk_summary_key {
    const char *name, *unit, *meaning;
} hk_summary_key;

typedef struct hk_run hk_run;

typedef struct hk_experiment {
    const char *name, *summary, *source; /* "mnist"; one line; the paper, or NULL */
    const char *argument;                /* "FILE": takes one argument behind its name; NULL: takes none */
    const char *example;                 /* arguments that teach: "mnist --code latency --set neurons=1600" */
    const hk_option *options;
    size_t n_options;
    const hk_summary_key *keys; /* what it adds to the summary */
    size_t n_keys;
    bool resumable; /* writes checkpoints and goes on from them; otherwise --checkpoint and --resume are refused */
    bool threaded;  /* gives hk_run_threads() to its simulation; otherwise --threads above 1 is refused */
    /** HK_OK, also when it ended early because of hk_run_stopping(); else a status with its sentence in hk_run_ctx(). */
    int (*run)(hk_run *run);
} hk_experiment;

/* ---- what was asked for ------------------------------------------------------------------------------------------ */

/** The trial's error context; give it to hk_sim_create(). */
hk_ctx *hk_run_ctx(const hk_run *run);
const hk_experiment *hk_run_experiment(const hk_run *run);

/* Values are already checked against the table. A name or a type that is not in the table is a mistake in the
 * experiment and ends in an assertion. */
double hk_run_number(const hk_run *run, const char *name);
int64_t hk_run_integer(const hk_run *run, const char *name);
bool hk_run_flag(const hk_run *run, const char *name);
size_t hk_run_choice(const hk_run *run, const char *name);    /* index into `choices` */
const char *hk_run_text(const hk_run *run, const char *name); /* of a TEXT or a CHOICE */
bool hk_run_is_given(const hk_run *run, const char *name);    /* by the user, not by default */

uint64_t hk_run_seed(const hk_run *run);
unsigned hk_run_threads(const hk_run *run);
/** `--jobs`, for an experiment of many parts of its own; 1 while they serve several seeds. */
unsigned hk_run_jobs(const hk_run *run);
const char *hk_run_argument(const hk_run *run); /* NULL when the experiment takes none */
/** Where spikes and results go; its folder exists. NULL: `--out none`, write nothing. Each trial has its own. */
const char *hk_run_out(const hk_run *run);
/** A checkpoint to go on from, or NULL. */
const char *hk_run_resume(const hk_run *run);
/** Where a checkpoint goes when hk_run_stopping() ends the run and whenever hk_run_checkpoint_due(): `--checkpoint`, else
 *  a name beside the results. NULL: nothing is to be written, or the experiment is not resumable. */
const char *hk_run_checkpoint(const hk_run *run);
/** True when --checkpoint was given and the last is older than --checkpoint-every; starts the next interval. */
bool hk_run_checkpoint_due(hk_run *run);

/** The experiment and its parameters, one "name=value" a line, in the order of the table: the `config` of a results
 *  file, and what a checkpoint must agree with (hk_archive_expect). */
const char *hk_run_config(const hk_run *run);
/** Writes version, command, experiment, seed and config as root attributes; before hk_recorder_start(). */
HK_MUST_CHECK int hk_run_sign(const hk_run *run, hk_recorder *recorder);

/* ---- while it runs ----------------------------------------------------------------------------------------------- */

/** SIGINT or SIGTERM has come: save and return. */
bool hk_run_stopping(const hk_run *run);
/** From now on a signal also calls hk_sim_stop(sim). NULL before `sim` is destroyed. */
void hk_run_watch(hk_run *run, hk_sim *sim);

/** Tells the progress line: what is being done (a text that lives until the next call), how much of the whole run is
 *  done (0 to 1), simulated time so far. Cheap: call it from every window or sample. */
void hk_run_progress(hk_run *run, const char *what, double fraction, double biological_ms);
/** Spikes and synaptic events of the whole trial so far: events/s on the progress line, `energy_proxy_events` in the
 *  summary. Set, not added: give the totals. */
void hk_run_events(hk_run *run, uint64_t spikes, uint64_t synaptic_events);

/** A line for the user, without its newline: on stdout, on stderr with `--json -`, nowhere with `--quiet`. */
void hk_run_report(hk_run *run, const char *format, ...) HK_PRINTF(2, 3);
/** Something that did not stop the run but that the user must know: always on stderr, as "warning: ...". */
void hk_run_warn(hk_run *run, const char *format, ...) HK_PRINTF(2, 3);

/** The summary of this trial; the keys common to all runs are the program's. */
hk_summary *hk_run_summary(hk_run *run);

#endif
