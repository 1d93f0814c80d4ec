/* experiments/plot_data.c - see plot_data.h. */
#include "experiments/plot_data.h"

#include "experiments/options.h"

#include "sim/raster.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SPIKES 20000000u
#define MOST_NEURONS ((uint64_t)1 << 32)

bool hk_plot_has_spikes(const hk_results *results)
{
    size_t n;
    const hk_results_entry *entries = hk_results_entries(results, &n);
    for (size_t k = 0; k < n; k++)
        if (strncmp(entries[k].name, "spikes/", 7) == 0)
            return true;
    return false;
}

double *hk_plot_read(hk_ctx *ctx, hk_results *results, const hk_results_entry *entry, int *rc)
{
    size_t size = hk_type_size(entry->type);
    if (size == 0) {
        *rc = hk_fail(ctx, HK_EFORMAT, "'%.200s' is not an array of numbers", entry->name);
        return NULL;
    }
    double *values = malloc((entry->n + 1) * sizeof *values);
    unsigned char *raw = malloc(entry->n * size + 1);
    *rc = values == NULL || raw == NULL
              ? hk_fail(ctx, HK_ENOMEM, "no memory for the %zu values of '%.200s'", entry->n, entry->name)
              : hk_results_get(results, entry->name, entry->type, raw, entry->n);
    for (size_t k = 0; k < entry->n && *rc == HK_OK; k++) {
        union {
            uint8_t u8;
            uint16_t u16;
            uint32_t u32;
            uint64_t u64;
            int64_t i64;
            float f32;
            double f64;
        } v;
        memcpy(&v, raw + k * size, size);
        switch (entry->type) {
        case HK_U8:
            values[k] = v.u8;
            break;
        case HK_U16:
            values[k] = v.u16;
            break;
        case HK_U32:
            values[k] = v.u32;
            break;
        case HK_U64:
            values[k] = (double)v.u64;
            break;
        case HK_I64:
            values[k] = (double)v.i64;
            break;
        case HK_F32:
            values[k] = (double)v.f32;
            break;
        default:
            values[k] = v.f64;
            break;
        }
    }
    free(raw);
    if (*rc == HK_OK)
        return values;
    free(values);
    return NULL;
}

char *hk_plot_text(hk_results *results, const char *object, const char *name)
{
    hk_attribute *attributes;
    size_t n;
    char *text = NULL;
    if (hk_results_attributes(results, object, &attributes, &n) != HK_OK)
        return NULL;
    for (size_t k = 0; k < n && text == NULL; k++)
        if (strcmp(attributes[k].name, name) == 0)
            text = strdup(attributes[k].text);
    hk_attributes_free(attributes, n);
    return text;
}

double hk_plot_number(hk_results *results, const char *object, const char *name)
{
    double value = (double)NAN;
    char *text = hk_plot_text(results, object, name);
    if (text != NULL && !hk_parse_number(text, &value))
        value = (double)NAN;
    free(text);
    return value;
}

/* ---- spikes ------------------------------------------------------------------------------------------------------ */

typedef struct spike {
    double time_ms;
    uint64_t id;
} spike;

static int compare(const void *a, const void *b)
{
    const spike *x = a, *y = b;
    return x->time_ms != y->time_ms ? (x->time_ms < y->time_ms ? -1 : 1) : (x->id > y->id) - (x->id < y->id);
}

typedef struct loader {
    hk_ctx *ctx;
    hk_raster *raster;
    double from_ms, to_ms;
    hk_plot_spikes *out;
    spike *spikes; /* of the population at hand */
    size_t n, capacity;
} loader;

static int keep(loader *l, double time_ms, uint64_t id, const char *name)
{
    if (id >= MOST_NEURONS)
        return hk_fail(l->ctx, HK_ERANGE, "population '%.200s' has a spike of neuron %" PRIu64 ", must be below 2^32",
                       name, id);
    if (!isfinite(time_ms))
        return hk_fail(l->ctx, HK_EFORMAT, "population '%.200s' has a spike at %g ms", name, time_ms);
    l->out->first_ms = fmin(l->out->first_ms, time_ms);
    l->out->last_ms = fmax(l->out->last_ms, time_ms);
    if (!(time_ms > l->from_ms && time_ms <= l->to_ms))
        return HK_OK;
    if (l->out->n == MOST_SPIKES)
        return hk_fail(l->ctx, HK_ERANGE, "more than %u spikes; draw less of them with --from and --to", MOST_SPIKES);
    if (l->n == l->capacity) {
        size_t capacity = l->capacity == 0 ? 1024 : 2 * l->capacity;
        spike *grown = realloc(l->spikes, capacity * sizeof *grown);
        if (grown == NULL)
            return hk_fail(l->ctx, HK_ENOMEM, "no memory for %zu spikes", capacity);
        l->spikes = grown;
        l->capacity = capacity;
    }
    l->spikes[l->n++] = (spike){ .time_ms = time_ms, .id = id };
    l->out->n++;
    return HK_OK;
}

/* Goes through the whole population, so that files that are not in order of time are drawn as well. */
static int read_population(loader *l, size_t index, uint64_t *n_neurons)
{
    enum { BLOCK = 4096 };
    double times_ms[BLOCK];
    uint64_t ids[BLOCK];
    const char *name = hk_raster_name(l->raster, index);
    uint64_t n = hk_raster_count(l->raster, index);
    l->n = 0;
    *n_neurons = 1;
    for (uint64_t from = 0; from < n; from += BLOCK) {
        size_t length = n - from < BLOCK ? (size_t)(n - from) : BLOCK;
        int rc = hk_raster_read(l->raster, index, from, length, times_ms, ids);
        for (size_t k = 0; k < length && rc == HK_OK; k++) {
            rc = keep(l, times_ms[k], ids[k], name);
            if (rc == HK_OK && ids[k] >= *n_neurons)
                *n_neurons = ids[k] + 1;
        }
        if (rc != HK_OK)
            return rc;
    }
    for (size_t k = 1; k < l->n; k++) {
        if (l->spikes[k].time_ms < l->spikes[k - 1].time_ms) {
            qsort(l->spikes, l->n, sizeof *l->spikes, compare);
            break;
        }
    }
    return HK_OK;
}

/* labels/<population>: the class of each neuron; a class that is none (negative, or above 9) is drawn as the tenth. */
static int load_groups(loader *l, hk_results *results, hk_band *band)
{
    char name[300];
    snprintf(name, sizeof name, "labels/%.250s", band->name);
    const hk_results_entry *entry = hk_results_find(results, name);
    if (entry == NULL || entry->n_dims != 1 || entry->n < band->n_neurons)
        return HK_OK;
    int rc;
    double *labels = hk_plot_read(l->ctx, results, entry, &rc);
    if (labels == NULL)
        return rc;
    int *groups = malloc((entry->n + 1) * sizeof *groups);
    if (groups == NULL) {
        free(labels);
        return hk_fail(l->ctx, HK_ENOMEM, "no memory for %zu labels", entry->n);
    }
    for (size_t k = 0; k < entry->n; k++)
        groups[k] = labels[k] >= 0.0 && labels[k] <= 9.0 ? (int)labels[k] : 9;
    free(labels);
    band->groups = groups;
    band->n_neurons = entry->n;
    return HK_OK;
}

static int fill_band(loader *l, hk_results *results, size_t index, hk_band *band)
{
    uint64_t n_neurons;
    int rc = read_population(l, index, &n_neurons);
    if (rc != HK_OK)
        return rc;
    double *times_ms = malloc((l->n + 1) * sizeof *times_ms);
    uint64_t *ids = malloc((l->n + 1) * sizeof *ids);
    char *name = strdup(hk_raster_name(l->raster, index));
    *band = (hk_band){ .name = name, .times_ms = times_ms, .ids = ids, .n = l->n, .n_neurons = n_neurons };
    if (times_ms == NULL || ids == NULL || name == NULL)
        return hk_fail(l->ctx, HK_ENOMEM, "no memory for %zu spikes", l->n);
    for (size_t k = 0; k < l->n; k++) {
        times_ms[k] = l->spikes[k].time_ms;
        ids[k] = l->spikes[k].id;
    }
    return load_groups(l, results, band);
}

int hk_plot_spikes_load(hk_ctx *ctx, const char *path, hk_results *results, double from_ms, double to_ms,
                        hk_plot_spikes *out)
{
    *out = (hk_plot_spikes){ .first_ms = INFINITY, .last_ms = -INFINITY };
    loader l = { .ctx = ctx, .from_ms = from_ms, .to_ms = to_ms, .out = out };
    int rc = hk_raster_open(ctx, path, &l.raster);
    if (rc != HK_OK)
        return rc;
    size_t n = hk_raster_n_populations(l.raster);
    out->bands = calloc(n + 1, sizeof *out->bands);
    if (out->bands == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "no memory for %zu populations", n);
    for (size_t k = 0; k < n && rc == HK_OK; k++) {
        rc = fill_band(&l, results, k, &out->bands[k]);
        out->n_bands = k + 1;
    }
    hk_raster_close(l.raster);
    free(l.spikes);
    if (rc != HK_OK)
        hk_plot_spikes_fini(out);
    return rc;
}

void hk_plot_spikes_fini(hk_plot_spikes *spikes)
{
    for (size_t k = 0; k < spikes->n_bands; k++) { /* owned here, though the figures see them as const */
        hk_band *band = &spikes->bands[k];
        free((char *)(uintptr_t)band->name);
        free((double *)(uintptr_t)band->times_ms);
        free((uint64_t *)(uintptr_t)band->ids);
        free((int *)(uintptr_t)band->groups);
    }
    free(spikes->bands);
    *spikes = (hk_plot_spikes){ 0 };
}

double hk_plot_time_of(const hk_plot_spikes *spikes, uint64_t most)
{
    if (spikes->n <= most)
        return spikes->last_ms;
    double low = spikes->first_ms, high = spikes->last_ms;
    for (int k = 0; k < 60; k++) { /* halving the interval: spikes up to `low` are few enough */
        double middle = low + 0.5 * (high - low);
        uint64_t count = 0;
        for (size_t b = 0; b < spikes->n_bands; b++) {
            size_t first = 0, last = spikes->bands[b].n;
            while (first < last) {
                size_t at = first + (last - first) / 2;
                if (spikes->bands[b].times_ms[at] <= middle)
                    first = at + 1;
                else
                    last = at;
            }
            count += first;
        }
        if (count <= most)
            low = middle;
        else
            high = middle;
    }
    return low;
}
