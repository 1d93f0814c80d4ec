/* sim/probe.c - see probe.h. Only the public interface of a simulation is used: what a probe can see, anyone can. */
#include "sim/probe.h"

#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One piece of a run, so that its length in ms still means a whole number of steps to the last bit. */
#define MOST_STEPS ((int64_t)1 << 30)

struct hk_probe {
    hk_sim *sim;
    hk_population *population; /* NULL: weights */
    hk_projection *projection;
    char *variable;
    const char *unit;
    size_t n, n_all;  /* values a sample; values read to get them */
    uint64_t *ids;    /* [n] */
    double *all;      /* [n_all] */
    int64_t interval; /* steps; 0: the list counts */
    int64_t *steps;   /* [n_steps] */
    size_t n_steps, at;
    int64_t next; /* step of the next sample, HK_STEP_NEVER after the last */
    double *times_ms, *values;
    size_t n_samples, capacity;
};

static int64_t step_of(const hk_sim *sim)
{
    return hk_sim_now(sim).step + 1;
}

static const char *name_of(const hk_probe *probe)
{
    return probe->population != NULL ? hk_population_name(probe->population) : hk_projection_name(probe->projection);
}

static int choose_variable(hk_probe *probe, const hk_probe_config *cfg)
{
    if (cfg->population == NULL) {
        probe->variable = strdup("weight");
        probe->unit = hk_population_model(hk_projection_post(cfg->projection))->weight_unit;
        probe->n_all = (size_t)hk_projection_n_synapses(cfg->projection);
    } else {
        const hk_neuron_model *model = hk_population_model(cfg->population);
        const char *name = cfg->variable == NULL ? "" : cfg->variable;
        long param = hk_column_find(model->params, model->n_params, name);
        long state = hk_column_find(model->state, model->n_state, name);
        probe->variable = strdup(name);
        probe->unit = param >= 0 ? model->params[param].unit : state >= 0 ? model->state[state].unit : "";
        probe->n_all = hk_population_n(cfg->population);
    }
    probe->all = malloc((probe->n_all + 1) * sizeof *probe->all);
    if (probe->variable == NULL || probe->all == NULL)
        return hk_fail(hk_sim_ctx(probe->sim), HK_ENOMEM, "probe: out of memory");
    /* an unknown name is refused here, with the list of those there are */
    return cfg->population == NULL ? HK_OK : hk_population_get(cfg->population, probe->variable, probe->all);
}

static int choose_ids(hk_probe *probe, const hk_probe_config *cfg)
{
    probe->n = cfg->ids == NULL ? probe->n_all : cfg->n_ids;
    probe->ids = malloc((probe->n + 1) * sizeof *probe->ids);
    if (probe->ids == NULL)
        return hk_fail(hk_sim_ctx(probe->sim), HK_ENOMEM, "probe: out of memory for %zu ids", probe->n);
    for (size_t k = 0; k < probe->n; k++) {
        probe->ids[k] = cfg->ids == NULL ? k : cfg->ids[k];
        if (probe->ids[k] >= probe->n_all)
            return hk_fail(hk_sim_ctx(probe->sim), HK_ERANGE, "probe of %s: id %llu, must be below %zu", name_of(probe),
                           (unsigned long long)probe->ids[k], probe->n_all);
    }
    return HK_OK;
}

static int choose_times(hk_probe *probe, const hk_probe_config *cfg)
{
    hk_ctx *ctx = hk_sim_ctx(probe->sim);
    double resolution_ms = hk_sim_resolution_ms(probe->sim);
    int64_t now = step_of(probe->sim);
    if ((cfg->interval_ms != 0.0) == (cfg->n_times > 0))
        return hk_fail(ctx, HK_ERANGE, "probe of %s: interval_ms = %g and %zu times, must be one of the two",
                       name_of(probe), cfg->interval_ms, cfg->n_times);
    if (cfg->n_times == 0) {
        probe->interval = hk_steps_in_ms(cfg->interval_ms, resolution_ms);
        if (probe->interval < 1)
            return hk_fail(ctx, HK_ERANGE, "probe of %s: interval_ms = %g, must be whole steps of %g ms, at least one",
                           name_of(probe), cfg->interval_ms, resolution_ms);
        probe->next = (now + probe->interval - 1) / probe->interval * probe->interval;
        return HK_OK;
    }
    probe->n_steps = cfg->n_times;
    probe->steps = malloc(cfg->n_times * sizeof *probe->steps);
    if (probe->steps == NULL)
        return hk_fail(ctx, HK_ENOMEM, "probe: out of memory for %zu times", cfg->n_times);
    for (size_t k = 0; k < cfg->n_times; k++) {
        probe->steps[k] = hk_steps_in_ms(cfg->times_ms[k], resolution_ms);
        if (probe->steps[k] < now || (k > 0 && probe->steps[k] <= probe->steps[k - 1]))
            return hk_fail(ctx, HK_ERANGE,
                           "probe of %s: times_ms[%zu] = %g, must be whole steps of %g ms, ascending, not "
                           "before %g ms",
                           name_of(probe), k, cfg->times_ms[k], resolution_ms, hk_sim_now_ms(probe->sim));
    }
    probe->next = probe->steps[0];
    return HK_OK;
}

int hk_probe_create(hk_sim *sim, const hk_probe_config *cfg, hk_probe **out)
{
    *out = NULL;
    if ((cfg->population == NULL) == (cfg->projection == NULL))
        return hk_fail(hk_sim_ctx(sim), HK_ERANGE, "probe: must have either a population or a projection");
    hk_probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return hk_fail(hk_sim_ctx(sim), HK_ENOMEM, "probe: out of memory");
    probe->sim = sim;
    probe->population = cfg->population;
    probe->projection = cfg->projection;
    int rc = choose_variable(probe, cfg);
    if (rc == HK_OK)
        rc = choose_ids(probe, cfg);
    if (rc == HK_OK)
        rc = choose_times(probe, cfg);
    if (rc == HK_OK)
        *out = probe;
    else
        hk_probe_destroy(probe);
    return rc;
}

void hk_probe_destroy(hk_probe *probe)
{
    if (probe == NULL)
        return;
    free(probe->variable);
    free(probe->ids);
    free(probe->all);
    free(probe->steps);
    free(probe->times_ms);
    free(probe->values);
    free(probe);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static size_t samples_until(const hk_probe *probe, int64_t end)
{
    if (probe->next > end)
        return 0;
    if (probe->interval > 0)
        return (size_t)((end - probe->next) / probe->interval) + 1;
    size_t n = 0;
    while (probe->at + n < probe->n_steps && probe->steps[probe->at + n] <= end)
        n++;
    return n;
}

static int make_room(hk_probe *probe, size_t n)
{
    hk_ctx *ctx = hk_sim_ctx(probe->sim);
    double bytes = (double)n * ((double)probe->n + 1.0) * sizeof(double), available = (double)hk_memory_available();
    if (bytes > available)
        return hk_fail(ctx, HK_ENOMEM,
                       "probe of %s: %zu samples of %zu values need %.1f MB, the machine has %.1f MB available",
                       name_of(probe), n, probe->n, bytes / 1e6, available / 1e6);
    size_t capacity = probe->n_samples + n;
    if (capacity <= probe->capacity)
        return HK_OK;
    double *times_ms = realloc(probe->times_ms, capacity * sizeof *times_ms);
    if (times_ms != NULL)
        probe->times_ms = times_ms;
    double *values = realloc(probe->values, (capacity * probe->n + 1) * sizeof *values);
    if (values != NULL)
        probe->values = values;
    if (times_ms == NULL || values == NULL)
        return hk_fail(ctx, HK_ENOMEM, "probe of %s: out of memory for %zu samples", name_of(probe), capacity);
    probe->capacity = capacity;
    return HK_OK;
}

static int take_sample(hk_probe *probe)
{
    if (probe->population == NULL) {
        (void)hk_projection_list(probe->projection, probe->n_all, NULL, NULL, probe->all, NULL);
    } else {
        int rc = hk_population_get(probe->population, probe->variable, probe->all);
        if (rc != HK_OK)
            return rc;
    }
    double *row = probe->values + probe->n_samples * probe->n;
    for (size_t k = 0; k < probe->n; k++)
        row[k] = probe->all[probe->ids[k]];
    probe->times_ms[probe->n_samples++] = hk_sim_now_ms(probe->sim);
    if (probe->interval > 0)
        probe->next += probe->interval;
    else
        probe->next = ++probe->at < probe->n_steps ? probe->steps[probe->at] : HK_STEP_NEVER;
    return HK_OK;
}

int hk_probe_run(hk_sim *sim, hk_probe *const *probes, size_t n, double ms)
{
    double resolution_ms = hk_sim_resolution_ms(sim);
    int64_t steps = hk_steps_in_ms(ms, resolution_ms), end = step_of(sim) + steps;
    if (steps < 0)
        return hk_sim_run(sim, ms); /* which says why not */
    for (size_t k = 0; k < n; k++) {
        if (probes[k]->next < step_of(sim))
            return hk_fail(hk_sim_ctx(sim), HK_ESTATE, "probe of %s: its time %g ms has passed without it",
                           name_of(probes[k]), (double)probes[k]->next * resolution_ms);
        int rc = make_room(probes[k], samples_until(probes[k], end));
        if (rc != HK_OK)
            return rc;
    }
    for (bool stopped = false;;) {
        int64_t now = step_of(sim), until = end - now > MOST_STEPS ? now + MOST_STEPS : end;
        for (size_t k = 0; k < n; k++) {
            int rc = probes[k]->next == now ? take_sample(probes[k]) : HK_OK;
            if (rc != HK_OK)
                return rc;
            until = probes[k]->next < until ? probes[k]->next : until;
        }
        if (now == end || stopped)
            return HK_OK;
        int rc = hk_sim_run(sim, (double)(until - now) * resolution_ms);
        if (rc != HK_OK)
            return rc;
        stopped = hk_sim_stopped(sim);
    }
}

/* ---- what was seen ----------------------------------------------------------------------------------------------- */

hk_probe_view hk_probe_samples(const hk_probe *probe)
{
    return (hk_probe_view){ .n_samples = probe->n_samples,
                            .n = probe->n,
                            .times_ms = probe->times_ms,
                            .values = probe->values,
                            .ids = probe->ids,
                            .variable = probe->variable,
                            .unit = probe->unit };
}

/* A checkpoint of a probe of other neurons or other times is refused. */
static int archive_identity(hk_probe *probe, hk_archive *archive)
{
    int64_t next[3] = { probe->next, (int64_t)probe->at, probe->interval };
    uint64_t *ids = malloc((probe->n + 1) * sizeof *ids);
    if (ids == NULL)
        return hk_fail(hk_archive_ctx(archive), HK_ENOMEM, "probe: out of memory for %zu ids", probe->n);
    memcpy(ids, probe->ids, probe->n * sizeof *ids);
    int rc = hk_archive_expect(archive, "variable", probe->variable);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "ids", HK_U64, ids, probe->n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "next", HK_I64, next, 3);
    bool same = rc == HK_OK && memcmp(ids, probe->ids, probe->n * sizeof *ids) == 0 && next[2] == probe->interval;
    free(ids);
    if (rc != HK_OK)
        return rc;
    if (probe->interval > 0)
        same = same && next[0] >= 0 && next[0] % probe->interval == 0;
    else
        same = same && next[1] >= 0 && (uint64_t)next[1] <= probe->n_steps &&
               next[0] == ((uint64_t)next[1] < probe->n_steps ? probe->steps[next[1]] : HK_STEP_NEVER);
    if (!same)
        return hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: the probe of %s there has other ids or times",
                       name_of(probe));
    probe->next = next[0];
    probe->at = (size_t)next[1];
    return HK_OK;
}

static int archive_samples(hk_probe *probe, hk_archive *archive)
{
    size_t n_samples = probe->n_samples;
    int rc = HK_OK;
    if (hk_archive_is_loading(archive)) {
        probe->n_samples = 0;
        rc = hk_archive_length(archive, "times_ms", HK_F64, &n_samples);
        if (rc == HK_OK)
            rc = make_room(probe, n_samples);
    }
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "times_ms", HK_F64, probe->times_ms, n_samples);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "values", HK_F64, probe->values, n_samples * probe->n);
    if (rc == HK_OK)
        probe->n_samples = n_samples;
    return rc;
}

int hk_probe_archive(hk_probe *probe, hk_archive *archive, const char *name)
{
    int rc = hk_archive_enter(archive, name);
    if (rc != HK_OK)
        return rc;
    rc = archive_identity(probe, archive);
    if (rc == HK_OK)
        rc = archive_samples(probe, archive);
    hk_archive_leave(archive);
    return rc;
}

static int put(hk_results *results, const char *name, const char *part, const hk_array *array)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", name, part);
    return hk_results_put(results, path, array);
}

int hk_probe_put(const hk_probe *probe, hk_results *results, const char *name)
{
    if (probe->n_samples == 0 || probe->n == 0)
        return HK_OK;
    int rc = put(results, name, "values",
                 &(hk_array){ .type = HK_F64,
                              .n_dims = 2,
                              .shape = { probe->n_samples, probe->n },
                              .values = probe->values,
                              .unit = probe->unit,
                              .description = "samples by time, then by id" });
    if (rc == HK_OK)
        rc = put(results, name, "times_ms",
                 &(hk_array){ .type = HK_F64,
                              .n_dims = 1,
                              .shape = { probe->n_samples },
                              .values = probe->times_ms,
                              .unit = "ms",
                              .description = "times of the samples" });
    if (rc == HK_OK)
        rc = put(results, name, "ids",
                 &(hk_array){ .type = HK_U64,
                              .n_dims = 1,
                              .shape = { probe->n },
                              .values = probe->ids,
                              .description = "neurons, or synapses as the projection numbers them" });
    if (rc == HK_OK)
        rc = hk_results_put_text(results, name, "of", name_of(probe));
    return rc == HK_OK ? hk_results_put_text(results, name, "variable", probe->variable) : rc;
}
