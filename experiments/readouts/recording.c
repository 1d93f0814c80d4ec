/* experiments/readouts/recording.c - spikes of each sample as a vector; see recording.h. */
#include "experiments/readouts/split.h"

#include "sim/mathfn.h"
#include "sim/raster.h"
#include "sim/results.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_NEURONS 10000000.0

/* A number among the attributes of an object of the file, or NaN. */
static double number_of(hk_results *file, const char *object, const char *name)
{
    hk_attribute *attributes;
    size_t n;
    double value = NAN;
    if (hk_results_attributes(file, object, &attributes, &n) != HK_OK)
        return NAN;
    for (size_t k = 0; k < n; k++)
        if (strcmp(attributes[k].name, name) == 0) {
            char *end;
            double number = strtod(attributes[k].text, &end);
            value = end != attributes[k].text && *end == '\0' ? number : NAN;
        }
    hk_attributes_free(attributes, n);
    return value;
}

/* samples/labels and samples/sets of the file. */
static int samples_of_file(hk_ctx *ctx, hk_results *file, const char *path, double share, hk_samples *out)
{
    const hk_results_entry *labels = hk_results_find(file, "samples/labels");
    const hk_results_entry *sets = hk_results_find(file, "samples/sets");
    *out = (hk_samples){ 0 };
    if (labels == NULL)
        return hk_fail(ctx, HK_ERANGE,
                       "%s does not say what its samples are: give --labels FILE.npy and --set window_ms=...", path);
    if (labels->n == 0 || (sets != NULL && sets->n != labels->n))
        return hk_fail(ctx, HK_EFORMAT, "%s: samples/labels and samples/sets must be as long, and not empty", path);
    *out = (hk_samples){ .n = labels->n,
                         .labels = calloc(labels->n, sizeof *out->labels),
                         .sets = calloc(labels->n, sizeof *out->sets) };
    uint8_t *bytes = malloc(labels->n);
    int rc = out->labels == NULL || out->sets == NULL || bytes == NULL
                 ? hk_fail(ctx, HK_ENOMEM, "no memory for %zu samples", labels->n)
                 : hk_results_get(file, "samples/labels", HK_U8, bytes, labels->n);
    for (size_t s = 0; rc == HK_OK && s < out->n; s++) {
        out->labels[s] = bytes[s];
        if (bytes[s] >= out->n_classes)
            out->n_classes = bytes[s] + 1u;
    }
    free(bytes);
    if (rc == HK_OK)
        rc = sets != NULL ? hk_results_get(file, "samples/sets", HK_U8, out->sets, out->n)
                          : hk_samples_share(ctx, out, share);
    if (rc != HK_OK)
        hk_samples_fini(out);
    return rc;
}

typedef struct reader {
    hk_ctx *ctx;
    const char *path;
    hk_raster *raster;
    size_t population;
    uint64_t n_spikes;
    hk_recording_config config; /* window and begin found */
    hk_samples samples;
    hk_split *split;
    float **rows;
} reader;

static int find_population(reader *r, const char *name)
{
    bool is_given = name != NULL && *name != '\0';
    if (!is_given && hk_raster_n_populations(r->raster) == 1)
        r->population = 0;
    else {
        int rc = hk_raster_find(r->raster, is_given ? name : "hidden", &r->population);
        if (rc != HK_OK)
            return rc;
    }
    r->n_spikes = hk_raster_count(r->raster, r->population);
    if (r->n_spikes == 0)
        return hk_fail(r->ctx, HK_ERANGE, "%s: population %s has no spikes to read out", r->path,
                       hk_raster_name(r->raster, r->population));
    return HK_OK;
}

static int find_windows(reader *r, hk_results *file)
{
    hk_recording_config *c = &r->config;
    if (isnan(c->window_ms))
        c->window_ms = number_of(file, "samples", "window_ms");
    if (isnan(c->begin_ms))
        c->begin_ms = number_of(file, "samples", "begin_ms");
    if (isnan(c->begin_ms))
        c->begin_ms = 0.0;
    bool is_hidden = c->population == NULL || *c->population == '\0' || strcmp(c->population, "hidden") == 0;
    if (isnan(c->n_neurons) && is_hidden)
        c->n_neurons = number_of(file, "samples", "n_neurons");
    if (!(c->window_ms > 0.0 && c->window_ms < INFINITY))
        return hk_fail(r->ctx, HK_ERANGE, "%s does not say how long a sample is: give --set window_ms=...", r->path);
    if (c->vector == HK_VECTOR_TRACE && !(c->tau_ms > 0.0))
        return hk_fail(r->ctx, HK_ERANGE, "tau_ms = %g, must be > 0", c->tau_ms);
    return HK_OK;
}

typedef int (*spike_fn)(reader *r, double t_ms, uint64_t neuron);

static int each_spike(reader *r, spike_fn call)
{
    enum { BLOCK = 4096 };
    double times_ms[BLOCK];
    uint64_t ids[BLOCK];
    for (uint64_t from = 0; from < r->n_spikes; from += BLOCK) {
        size_t n = r->n_spikes - from < BLOCK ? (size_t)(r->n_spikes - from) : BLOCK;
        int rc = hk_raster_read(r->raster, r->population, from, n, times_ms, ids);
        for (size_t k = 0; rc == HK_OK && k < n; k++)
            rc = isfinite(times_ms[k]) ? call(r, times_ms[k], ids[k])
                                       : hk_fail(r->ctx, HK_ERANGE, "%s: spike %" PRIu64 " is at %g ms, must be finite",
                                                 r->path, from + k, times_ms[k]);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static int find_largest(reader *r, double t_ms, uint64_t neuron)
{
    (void)t_ms;
    if ((double)neuron + 1.0 > r->config.n_neurons)
        r->config.n_neurons = (double)neuron + 1.0;
    return HK_OK;
}

/* Which sample a spike belongs to, and when in it; false: to none that is asked for. */
static bool place(const reader *r, double t_ms, size_t *sample, double *after_ms)
{
    const hk_recording_config *c = &r->config;
    double k = ceil((t_ms - c->begin_ms) / c->window_ms - 1e-9) - 1.0;
    if (!(k >= 0.0 && k < (double)r->samples.n) || r->rows[(size_t)k] == NULL)
        return false;
    *sample = (size_t)k;
    *after_ms = fmin(t_ms - (c->begin_ms + k * c->window_ms), c->window_ms);
    return true;
}

static int add_spike(reader *r, double t_ms, uint64_t neuron)
{
    const hk_recording_config *c = &r->config;
    size_t sample;
    double after_ms;
    if (!place(r, t_ms, &sample, &after_ms))
        return HK_OK;
    if ((double)neuron >= c->n_neurons)
        return hk_fail(r->ctx, HK_ERANGE, "%s: a spike of neuron %" PRIu64 ", must be below %g", r->path, neuron,
                       c->n_neurons);
    float *value = &r->rows[sample][neuron];
    if (c->vector == HK_VECTOR_RATE)
        *value += 1.0f;
    else if (c->vector == HK_VECTOR_TRACE)
        *value += (float)hk_exp((after_ms - c->window_ms) / c->tau_ms);
    else
        *value = fmaxf(*value, (float)(1.0 - after_ms / c->window_ms));
    return HK_OK;
}

/* --- the spikes themselves ---------------------------------------------------------------------------------------------- */

static hk_features *part_of(const reader *r, size_t sample, size_t *row)
{
    hk_features *part = r->samples.sets[sample] == HK_SET_LEARN ? &r->split->learn : &r->split->test;
    *row = (size_t)(r->rows[sample] - part->values) / part->n_features;
    return part;
}

static int count_spike(reader *r, double t_ms, uint64_t neuron)
{
    size_t sample, row;
    double after_ms;
    (void)neuron;
    if (place(r, t_ms, &sample, &after_ms))
        part_of(r, sample, &row)->first_spike[row + 1]++;
    return HK_OK;
}

/* While they are filled in, first_spike[s] is where the next one of sample s goes. */
static int keep_spike(reader *r, double t_ms, uint64_t neuron)
{
    size_t sample, row;
    double after_ms;
    if (place(r, t_ms, &sample, &after_ms)) {
        hk_features *part = part_of(r, sample, &row);
        part->spikes[part->first_spike[row]++] = (hk_sample_spike){ .after_ms = after_ms, .neuron = (uint32_t)neuron };
    }
    return HK_OK;
}

static int by_time(const void *a, const void *b)
{
    const hk_sample_spike *x = a, *y = b;
    if (x->after_ms != y->after_ms)
        return x->after_ms < y->after_ms ? -1 : 1;
    return (x->neuron > y->neuron) - (x->neuron < y->neuron);
}

static int keep_spikes(reader *r)
{
    hk_features *parts[] = { &r->split->learn, &r->split->test };
    for (size_t p = 0; p < 2; p++) {
        parts[p]->first_spike = calloc(parts[p]->n + 1, sizeof *parts[p]->first_spike);
        parts[p]->spikes = malloc((size_t)r->n_spikes * sizeof *parts[p]->spikes);
        if (parts[p]->first_spike == NULL || parts[p]->spikes == NULL)
            return hk_fail(r->ctx, HK_ENOMEM, "no memory for %" PRIu64 " spikes", r->n_spikes);
    }
    int rc = each_spike(r, count_spike);
    for (size_t p = 0; rc == HK_OK && p < 2; p++)
        for (size_t s = 0; s < parts[p]->n; s++)
            parts[p]->first_spike[s + 1] += parts[p]->first_spike[s];
    if (rc == HK_OK)
        rc = each_spike(r, keep_spike);
    for (size_t p = 0; rc == HK_OK && p < 2; p++) {
        hk_features *f = parts[p];
        memmove(f->first_spike + 1, f->first_spike, f->n * sizeof *f->first_spike);
        f->first_spike[0] = 0;
        for (size_t s = 0; s < f->n; s++)
            qsort(f->spikes + f->first_spike[s], f->first_spike[s + 1] - f->first_spike[s], sizeof *f->spikes, by_time);
    }
    return rc;
}

static int fill(reader *r, const char *population)
{
    int rc = hk_raster_open(r->ctx, r->path, &r->raster);
    if (rc == HK_OK)
        rc = find_population(r, population);
    if (rc == HK_OK && isnan(r->config.n_neurons)) {
        r->config.n_neurons = 0.0;
        rc = each_spike(r, find_largest);
    }
    if (rc == HK_OK && !(r->config.n_neurons >= 1.0 && r->config.n_neurons <= MOST_NEURONS))
        rc = hk_fail(r->ctx, HK_ERANGE, "%s: %g neurons, must be 1 to %g", r->path, r->config.n_neurons, MOST_NEURONS);
    if (rc == HK_OK)
        rc = hk_split_init(r->ctx, &r->samples, (size_t)r->config.n_neurons, r->split);
    if (rc == HK_OK && (r->rows = hk_split_rows(r->split, &r->samples)) == NULL)
        rc = hk_fail(r->ctx, HK_ENOMEM, "no memory for %zu samples", r->samples.n);
    if (rc == HK_OK)
        rc = each_spike(r, add_spike);
    return rc == HK_OK && r->config.keeps_spikes ? keep_spikes(r) : rc;
}

static int load_spikes(hk_ctx *ctx, const char *path, hk_results *file, const hk_recording_config *config,
                       hk_split *out)
{
    reader r = { .ctx = ctx, .path = path, .config = *config, .split = out };
    int rc = find_windows(&r, file);
    if (rc == HK_OK)
        rc = config->labels != NULL ? hk_samples_of_npy(ctx, config->labels, config->share, &r.samples)
                                    : samples_of_file(ctx, file, path, config->share, &r.samples);
    if (rc == HK_OK)
        rc = fill(&r, config->population);
    if (r.raster != NULL)
        hk_raster_close(r.raster);
    free(r.rows);
    hk_samples_fini(&r.samples);
    return rc;
}

int hk_split_load(hk_ctx *ctx, const char *path, const hk_recording_config *config, hk_split *out)
{
    *out = (hk_split){ 0 };
    size_t length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, ".npy") == 0)
        return hk_split_load_npy(ctx, path, config, out);
    hk_results *file;
    int rc = hk_results_open(ctx, path, HK_RESULTS_READ, &file);
    if (rc != HK_OK)
        return rc;
    bool has_features = hk_results_find(file, "features/values") != NULL;
    if (!has_features)
        rc = load_spikes(ctx, path, file, config, out);
    hk_results_discard(file);
    if (rc == HK_OK && has_features)
        rc = hk_split_load_features(ctx, path, out);
    if (rc != HK_OK)
        hk_split_fini(out);
    return rc;
}
