/* experiments/progress.c - see progress.h. */
#include "experiments/progress.h"

#include "experiments/clock.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAIN_INTERVAL_S 10.0

struct hk_console {
    pthread_mutex_t lock;
    FILE *report, *progress;
    bool is_terminal;   /* `progress` is one: the line is drawn over itself */
    size_t line_length; /* what of it stands on the terminal */
    double begin_s;     /* when the first trial began, nearly */
    double last_line_s; /* when the last plain line was written */
};

hk_console *hk_console_create(FILE *report, FILE *progress)
{
    hk_console *console = calloc(1, sizeof *console);
    if (console == NULL)
        return NULL;
    pthread_mutex_init(&console->lock, NULL);
    console->report = report;
    console->progress = progress;
    console->is_terminal = progress != NULL && isatty(fileno(progress));
    console->begin_s = console->last_line_s = hk_clock_wall_s();
    return console;
}

void hk_console_destroy(hk_console *console)
{
    if (console == NULL)
        return;
    hk_console_clear(console);
    pthread_mutex_destroy(&console->lock);
    free(console);
}

static void wipe(hk_console *console)
{
    if (console->line_length == 0)
        return;
    fprintf(console->progress, "\r%*s\r", (int)console->line_length, "");
    fflush(console->progress);
    console->line_length = 0;
}

void hk_console_clear(hk_console *console)
{
    pthread_mutex_lock(&console->lock);
    wipe(console);
    pthread_mutex_unlock(&console->lock);
}

void hk_console_report(hk_console *console, const char *who, const char *format, va_list args)
{
    pthread_mutex_lock(&console->lock);
    if (console->report != NULL) {
        wipe(console);
        fputs(who, console->report);
        vfprintf(console->report, format, args);
        fputc('\n', console->report);
        fflush(console->report);
    }
    pthread_mutex_unlock(&console->lock);
}

void hk_console_warn(hk_console *console, const char *who, const char *format, va_list args)
{
    pthread_mutex_lock(&console->lock);
    wipe(console);
    fprintf(stderr, "hillock: warning: %s", who);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    pthread_mutex_unlock(&console->lock);
}

void hk_console_update(hk_console *console, hk_progress *progress, const char *what, double fraction,
                       double biological_ms)
{
    pthread_mutex_lock(&console->lock);
    if (!progress->has_begun) {
        progress->has_begun = true;
        progress->begin_s = hk_clock_wall_s();
        progress->begin_fraction = fraction;
        progress->begin_events = progress->events;
    }
    if (what != NULL)
        snprintf(progress->what, sizeof progress->what, "%s", what);
    progress->fraction = fraction;
    progress->biological_ms = biological_ms;
    pthread_mutex_unlock(&console->lock);
}

void hk_console_events(hk_console *console, hk_progress *progress, uint64_t events)
{
    pthread_mutex_lock(&console->lock);
    progress->events = events;
    pthread_mutex_unlock(&console->lock);
}

void hk_print_duration(double seconds, char *out, size_t size)
{
    if (!(seconds >= 0.0) || seconds > 1e12)
        snprintf(out, size, "?");
    else if (seconds < 0.9995)
        snprintf(out, size, "%.3g ms", seconds * 1e3);
    else if (seconds < 59.95)
        snprintf(out, size, "%.3g s", seconds);
    else if (seconds < 3599.5)
        snprintf(out, size, "%d min %02d s", (int)(seconds + 0.5) / 60, (int)(seconds + 0.5) % 60);
    else if (seconds < 86370.0)
        snprintf(out, size, "%d h %02d min", (int)(seconds / 60.0 + 0.5) / 60, (int)(seconds / 60.0 + 0.5) % 60);
    else
        snprintf(out, size, "%lld d %02d h", (long long)(seconds / 3600.0 + 0.5) / 24,
                 (int)((long long)(seconds / 3600.0 + 0.5) % 24));
}

void hk_print_quantity(double value, char *out, size_t size)
{
    static const struct {
        double unit;
        const char *name;
    } units[] = { { 1e12, " T" }, { 1e9, " G" }, { 1e6, " M" }, { 1e3, " k" } };
    for (size_t k = 0; k < sizeof units / sizeof units[0]; k++) {
        double scaled = value / units[k].unit;
        if (scaled >= 0.9995) {
            int decimals = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
            snprintf(out, size, "%.*f%s", decimals, scaled, units[k].name);
            return;
        }
    }
    snprintf(out, size, "%.0f", value);
}

static void append(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s", used > 0 ? " | " : "", text);
}

/* Time left at the pace so far; false while there is nothing to reckon from. */
static bool time_left(double done, double elapsed_s, double left, double *left_s)
{
    if (!(done > 1e-4) || !(elapsed_s > 0.5))
        return false;
    *left_s = fmax(*left_s, left * elapsed_s / done);
    return true;
}

void hk_progress_line(const hk_progress *const *trials, size_t n, size_t n_done, size_t n_all, double begin_s,
                      double now_s, char *out, size_t size)
{
    double fraction = 0.0, biological_ms = 0.0, rate = 0.0, elapsed_s = 0.0, left_s = 0.0;
    char piece[96], number[40];
    bool is_series = n_all > 1, has_left = true;
    out[0] = '\0';
    for (size_t k = 0; k < n; k++) {
        const hk_progress *p = trials[k];
        double since = p->has_begun ? now_s - p->begin_s : 0.0;
        fraction += p->fraction;
        biological_ms += p->biological_ms;
        rate += since > 0.0 ? (double)(p->events - p->begin_events) / since : 0.0;
        elapsed_s = fmax(elapsed_s, since);
        has_left = has_left && time_left(p->fraction - p->begin_fraction, since, 1.0 - p->fraction, &left_s);
    }
    if (is_series) {
        fraction = (fraction + (double)n_done) / (double)n_all;
        elapsed_s = now_s - begin_s;
        left_s = 0.0;
        has_left = time_left(fraction, elapsed_s, 1.0 - fraction, &left_s);
        snprintf(piece, sizeof piece, "%zu of %zu trials done", n_done, n_all);
        append(out, size, piece);
    }
    if (n > 0 && trials[0]->what[0] != '\0')
        append(out, size, trials[0]->what);
    snprintf(piece, sizeof piece, "%.1f %%", 100.0 * fraction);
    append(out, size, piece);
    hk_print_duration(1e-3 * biological_ms, number, sizeof number);
    snprintf(piece, sizeof piece, "%s simulated", number);
    append(out, size, piece);
    hk_print_duration(elapsed_s, piece, sizeof piece);
    append(out, size, piece);
    if (rate > 0.0) {
        hk_print_quantity(rate, number, sizeof number);
        snprintf(piece, sizeof piece, "%s events/s", number);
        append(out, size, piece);
    }
    if (has_left) {
        hk_print_duration(left_s, number, sizeof number);
        snprintf(piece, sizeof piece, "%s left", number);
        append(out, size, piece);
    }
}

void hk_console_draw(hk_console *console, const hk_progress *const *trials, size_t n, size_t n_done, size_t n_all)
{
    if (console->progress == NULL)
        return;
    pthread_mutex_lock(&console->lock);
    double now = hk_clock_wall_s();
    char line[512];
    if (n > 0 && (console->is_terminal || now - console->last_line_s >= PLAIN_INTERVAL_S)) {
        hk_progress_line(trials, n, n_done, n_all, console->begin_s, now, line, sizeof line);
        size_t length = strlen(line);
        if (console->is_terminal) {
            int blanks = console->line_length > length ? (int)(console->line_length - length) : 0;
            fprintf(console->progress, "\r%s%*s", line, blanks, "");
            console->line_length = length;
        } else {
            fprintf(console->progress, "%s\n", line);
            console->last_line_s = now;
        }
        fflush(console->progress);
    }
    pthread_mutex_unlock(&console->lock);
}
