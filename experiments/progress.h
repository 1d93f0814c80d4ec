/* experiments/progress.h - what the user sees while a run goes on: report lines, warnings, and one progress line.
 *
 * Trials on several threads write through one console, whose lock keeps lines whole and the progress line, which is
 * drawn over itself, below them. */
#ifndef HK_PROGRESS_H
#define HK_PROGRESS_H

#include "sim/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** How far one trial is. Written by its thread, read by the one that draws; both hold the lock of the console. */
typedef struct hk_progress {
    char what[64];
    double fraction; /* of the whole trial, 0 to 1 */
    double biological_ms;
    uint64_t events; /* spikes and synaptic events */
    /* as they were at the first report: a resumed trial does not begin at zero */
    bool has_begun;
    double begin_s, begin_fraction;
    uint64_t begin_events;
} hk_progress;

typedef struct hk_console hk_console;

/** Report lines go to `report` (NULL: nowhere), the progress line to `progress` (NULL: nowhere); borrowed. NULL when memory
 *  is out. */
hk_console *hk_console_create(FILE *report, FILE *progress);
void hk_console_destroy(hk_console *console);

/** One line; `who` stands before it ("seed 3: "; "": nobody). */
void hk_console_report(hk_console *console, const char *who, const char *format, va_list args) HK_PRINTF(3, 0);
/** "hillock: warning: ..." on stderr, whatever the console. */
void hk_console_warn(hk_console *console, const char *who, const char *format, va_list args) HK_PRINTF(3, 0);

/** Stores a new state of a trial. `what` may be NULL: as before. */
void hk_console_update(hk_console *console, hk_progress *progress, const char *what, double fraction,
                       double biological_ms);
void hk_console_events(hk_console *console, hk_progress *progress, uint64_t events);
/** Draws the progress of trials[n], of which n_done of n_all are done: each time on a terminal, at most every ten seconds
 *  otherwise. */
void hk_console_draw(hk_console *console, const hk_progress *const *trials, size_t n, size_t n_done, size_t n_all);
/** Wipes the progress line; it comes back with the next draw. */
void hk_console_clear(hk_console *console);

/** The line itself: "training | 42.3 % | 35.2 s simulated | 12 s | 3.41 M events/s | 16.4 s left". Of several trials, which
 *  began at begin_s: "2 of 5 trials done | training | 52.1 % | ...", the percentage and the time left being those of all. */
void hk_progress_line(const hk_progress *const *trials, size_t n, size_t n_done, size_t n_all, double begin_s,
                      double now_s, char *out, size_t size);

/** "850 ms", "12.4 s", "3 min 20 s", "2 h 05 min", "3 d 04 h". */
void hk_print_duration(double seconds, char *out, size_t size);
/** "812", "3.41 M", "1.20 G". */
void hk_print_quantity(double value, char *out, size_t size);

#endif
