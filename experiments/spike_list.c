/* experiments/spike_list.c - see spike_list.h. */
#include "experiments/spike_list.h"

#include "experiments/options.h"
#include "experiments/paths.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_BYTES ((size_t)1 << 30)
static const char header[] = "neuron_id,spike_time_ms";

int hk_spike_list_add(hk_ctx *ctx, hk_spike_list *list, uint64_t id, double time_ms)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity == 0 ? 256 : 2 * list->capacity;
        hk_timed_id *spikes = realloc(list->spikes, capacity * sizeof *spikes);
        if (spikes == NULL)
            return hk_fail(ctx, HK_ENOMEM, "out of memory for a list of %zu spikes", capacity);
        list->spikes = spikes;
        list->capacity = capacity;
    }
    list->spikes[list->n++] = (hk_timed_id){ .time_ms = time_ms, .id = id };
    return HK_OK;
}

void hk_spike_list_fini(hk_spike_list *list)
{
    free(list->spikes);
    *list = (hk_spike_list){ .n = 0 };
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* One line, without its end, in `line` of at most 128 bytes. */
static int read_line(hk_ctx *ctx, const char *name, size_t number, char *line, hk_spike_list *out)
{
    uint64_t id;
    double time_ms;
    if (*line == '\0' || (number == 1 && strcmp(line, header) == 0))
        return HK_OK;
    char *comma = strchr(line, ',');
    if (comma != NULL)
        *comma = '\0';
    if (comma == NULL || !hk_parse_count(line, &id) || !hk_parse_number(comma + 1, &time_ms)) {
        if (comma != NULL)
            *comma = ',';
        return hk_fail(ctx, HK_EFORMAT, "%s:%zu: '%.60s', must be a neuron's id, a comma and a time in ms", name,
                       number, line);
    }
    return hk_spike_list_add(ctx, out, id, time_ms);
}

int hk_spike_list_parse(hk_ctx *ctx, const char *name, const char *text, size_t size, hk_spike_list *out)
{
    char line[128];
    size_t at = 0;
    for (size_t number = 1; at < size; number++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - (text + at)), next = at + length + 1;
        if (length > 0 && text[at + length - 1] == '\r')
            length--;
        if (length >= sizeof line || memchr(text + at, '\0', length) != NULL)
            return hk_fail(ctx, HK_EFORMAT, "%s:%zu: no line of a table of spikes", name, number);
        memcpy(line, text + at, length);
        line[length] = '\0';
        int rc = read_line(ctx, name, number, line, out);
        if (rc != HK_OK)
            return rc;
        at = next;
    }
    return HK_OK;
}

static int read_all(hk_ctx *ctx, const char *path, FILE *file, char **text, size_t *size)
{
    for (size_t capacity = 0;;) {
        if (*size == capacity) {
            capacity = capacity == 0 ? 65536 : 2 * capacity;
            char *grown = realloc(*text, capacity);
            if (grown == NULL)
                return hk_fail(ctx, HK_ENOMEM, "%s: no memory for %zu bytes", path, capacity);
            *text = grown;
        }
        size_t got = fread(*text + *size, 1, capacity - *size, file);
        *size += got;
        if (ferror(file))
            return hk_fail(ctx, HK_EIO, "cannot read '%s': %s", path, strerror(errno));
        if (got == 0)
            return HK_OK;
        if (*size > MOST_BYTES)
            return hk_fail(ctx, HK_EFORMAT, "%s: more than 1 GiB; no more is read", path);
    }
}

int hk_spike_list_open(hk_ctx *ctx, const char *path, hk_spike_list *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return hk_fail(ctx, HK_EIO, "cannot open '%s': %s", path, strerror(errno));
    char *text = NULL;
    size_t size = 0;
    int rc = read_all(ctx, path, file, &text, &size);
    if (rc == HK_OK)
        rc = hk_spike_list_parse(ctx, path, text, size, out);
    free(text);
    fclose(file);
    return rc;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const hk_timed_id *x = a, *y = b;
    if (x->time_ms != y->time_ms)
        return x->time_ms < y->time_ms ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int by_id(const void *a, const void *b)
{
    const hk_timed_id *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->time_ms < y->time_ms ? -1 : x->time_ms > y->time_ms;
}

static void sort(hk_spike_list *list, int (*compare)(const void *, const void *))
{
    if (list->n > 1)
        qsort(list->spikes, list->n, sizeof *list->spikes, compare);
}

static bool print(hk_spike_list *list, FILE *file)
{
    bool good = fprintf(file, "%s\n", header) > 0;
    for (size_t k = 0; good && k < list->n; k++) {
        char time_ms[40];
        hk_print_number(list->spikes[k].time_ms, time_ms, sizeof time_ms);
        good = fprintf(file, "%" PRIu64 ",%s\n", list->spikes[k].id, time_ms) > 0;
    }
    return good;
}

/* A pipe or a device takes the table as it comes; a file gets its name when it is complete. */
static bool is_stream(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISREG(about.st_mode);
}

int hk_spike_list_write(hk_ctx *ctx, const char *path, uint64_t trial, hk_spike_list *list)
{
    int rc = hk_make_parents(ctx, path);
    if (rc != HK_OK)
        return rc;
    bool streams = is_stream(path);
    size_t room = strlen(path) + 40;
    char *part = malloc(room);
    if (part == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for a path");
    if (streams)
        snprintf(part, room, "%s", path);
    else
        snprintf(part, room, "%s.%" PRIu64 ".part", path, trial);
    FILE *file = fopen(part, "w");
    sort(list, by_time);
    bool good = file != NULL && print(list, file);
    if (file != NULL && fclose(file) != 0)
        good = false;
    if (good && !streams)
        good = rename(part, path) == 0;
    if (!good) {
        rc = hk_fail(ctx, HK_EIO, "cannot write '%s': %s", path, strerror(errno));
        if (file != NULL && !streams)
            remove(part);
    }
    free(part);
    return rc;
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static void note_count(hk_spike_difference *d, uint64_t id)
{
    if (d->n_missing + d->n_extra == 0)
        d->first_id = id;
}

hk_spike_difference hk_spike_list_compare(hk_spike_list *list, hk_spike_list *reference)
{
    hk_spike_difference d = { .worst_ms = 0.0 };
    sort(list, by_id);
    sort(reference, by_id);
    size_t a = 0, b = 0;
    while (a < list->n || b < reference->n) {
        const hk_timed_id *x = a < list->n ? &list->spikes[a] : NULL;
        const hk_timed_id *y = b < reference->n ? &reference->spikes[b] : NULL;
        if (y == NULL || (x != NULL && x->id < y->id)) {
            note_count(&d, x->id);
            d.n_extra++;
            a++;
        } else if (x == NULL || x->id > y->id) {
            note_count(&d, y->id);
            d.n_missing++;
            b++;
        } else {
            double off_ms = fabs(x->time_ms - y->time_ms);
            if (off_ms > d.worst_ms) {
                d.worst_ms = off_ms;
                d.worst_id = y->id;
                d.worst_at_ms = y->time_ms;
            }
            a++;
            b++;
        }
    }
    return d;
}
