/* sim/dense_build.c - what a dense network needs besides its shards, and its spikes between windows: see dense.h. */
#include "sim/dense.h"

#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

/* --- building --------------------------------------------------------------------------------------------------- */

static int check_population(const hk_population *p)
{
    hk_ctx *ctx = p->sim->ctx;
    if (p->competition != HK_FREE)
        return hk_fail(ctx, HK_ESTATE, "population %s: neurons that compete need integrator HK_EXACT or HK_GRID",
                       p->name);
    for (size_t k = 0; k < p->n_in; k++)
        if (hk_projection_rules(p->in[k]) != NULL)
            return hk_fail(ctx, HK_ESTATE, "projection %s: rules need integrator HK_EXACT or HK_GRID",
                           hk_projection_name(p->in[k]));
    if (p->n > 1u << 25)
        return hk_fail(ctx, HK_ERANGE, "population %s: %u neurons, must be at most %u with integrator HK_EXACT_DENSE",
                       p->name, p->n, 1u << 25);
    return HK_OK;
}

/* All neurons share the series of their moments. */
static int find_moments(hk_grid *grid)
{
    hk_dense *dense = grid->dense;
    hk_sim *sim = grid->sim;
    const hk_population *first = NULL;
    for (size_t i = 0; i < sim->n_populations; i++) {
        const hk_population *p = sim->populations[i];
        if (p->model->kind != HK_MODEL_NEURON)
            continue;
        hk_moments moments = { 0 };
        if (!p->model->moments(&p->view, &moments))
            return hk_fail(sim->ctx, HK_ERANGE,
                           "population %s: with integrator HK_EXACT_DENSE all its neurons must have the same time "
                           "constants and capacitance, and a fixed threshold",
                           p->name);
        if (!hk_moments_cut(&moments))
            return hk_fail(
                sim->ctx, HK_ERANGE,
                "population %s: a time constant is too short for steps of %g ms with integrator HK_EXACT_DENSE",
                p->name, sim->resolution_ms);
        if (first != NULL && memcmp(&moments, &dense->moments, sizeof moments) != 0)
            return hk_fail(
                sim->ctx, HK_ERANGE,
                "population %s: with integrator HK_EXACT_DENSE its time constants must be those of population %s",
                p->name, first->name);
        first = first == NULL ? p : first;
        dense->moments = moments;
    }
    return HK_OK;
}

int hk_dense_prepare(hk_grid *grid)
{
    hk_sim *sim = grid->sim;
    bool any_fresh = false;
    for (size_t i = 0; i < sim->n_populations; i++) {
        int rc = check_population(sim->populations[i]);
        if (rc != HK_OK)
            return rc;
        any_fresh = any_fresh || sim->populations[i]->fresh;
    }
    if (!any_fresh)
        return HK_OK;
    int rc = find_moments(grid);
    if (rc != HK_OK)
        return rc;
    for (size_t i = 0; i < sim->n_populations; i++)
        sim->populations[i]->fresh = false;
    hk_dense_renew(grid);
    return HK_OK;
}

static void free_arrivals(hk_arrivals *a)
{
    free(a->owner);
    free(a->z);
    for (int m = 0; m < HK_MOST_MOMENTS; m++)
        free(a->moment[m]);
}

void hk_dense_shard_destroy(hk_shard *shard, size_t n_populations)
{
    hk_dense_shard *d = shard->dense;
    if (d == NULL)
        return;
    for (size_t i = 0; d->slices != NULL && i < n_populations; i++) {
        free(d->slices[i].globals);
        free(d->slices[i].constants);
    }
    free(d->slices);
    hk_memory_free(d->sums, (size_t)shard->n_accumulators * HK_SIGNS * HK_MOST_MOMENTS * sizeof *d->sums);
    free(d->volleys);
    free_arrivals(&d->arrivals);
    free(d->chosen);
    free(d->near);
    free(d->near_end);
    free(d->near_bits);
    free(d->near_at);
    free(d->inputs);
    free(d->sorted);
    free(d->input_end);
    free(d->fired_offset);
    free(d);
    shard->dense = NULL;
}

int hk_dense_shard_create(const hk_grid *grid, hk_shard *shard)
{
    hk_dense_shard *d = shard->dense = calloc(1, sizeof *d);
    if (d == NULL)
        return HK_ENOMEM;
    d->slices = calloc(grid->n_populations + 1, sizeof *d->slices);
    d->sums = hk_memory_alloc((size_t)shard->n_accumulators * HK_SIGNS * HK_MOST_MOMENTS * sizeof *d->sums);
    d->near_end = calloc(grid->n_populations + 1, sizeof *d->near_end);
    d->near_bits = calloc(shard->n_accumulators / 32 + 1, sizeof *d->near_bits);
    d->near_at = calloc(shard->n_accumulators + 1, sizeof *d->near_at);
    if (d->slices == NULL || d->sums == NULL || d->near_end == NULL || d->near_bits == NULL || d->near_at == NULL)
        return HK_ENOMEM;
    for (size_t i = 0; i < grid->n_populations; i++) {
        const hk_neuron_model *model = grid->sim->populations[i]->model;
        d->slices[i].globals = calloc(model->n_globals + 1, sizeof(double));
        d->slices[i].constants = calloc(model->n_fold_constants + 1, sizeof(double));
        if (d->slices[i].globals == NULL || d->slices[i].constants == NULL)
            return HK_ENOMEM;
    }
    return HK_OK;
}

/* --- spikes ------------------------------------------------------------------------------------------------------- */

int hk_dense_list_reserve(hk_spike_list *list, size_t n)
{
    int rc = hk_spike_list_reserve(list, n);
    if (rc != HK_OK)
        return rc;
    hk_impulse *impulse = hk_memory_grow(list->impulse, &list->impulse_capacity, n, sizeof *impulse);
    if (impulse == NULL)
        return HK_ENOMEM;
    list->impulse = impulse;
    return HK_OK;
}

void hk_dense_impulse(const hk_dense *dense, double z, hk_impulse *out)
{
    out->z = z;
    for (unsigned sign = 0; sign < HK_SIGNS; sign++)
        hk_moments_of(&dense->moments, sign, z, dense->scale, out->factor[sign]);
}

void hk_dense_renew(const hk_grid *grid)
{
    for (int from = HK_FROM_SOURCES; from <= HK_FROM_NEURONS; from++)
        for (size_t k = 0; k < grid->n_ring; k++) {
            hk_spike_list *list = &grid->lists[from][k];
            for (size_t i = 0; i < list->n; i++)
                hk_dense_impulse(grid->dense, list->impulse[i].z, &list->impulse[i]);
        }
}

/* Appends to the list of `step` the spikes of that step, in order of time, then neuron; *at is the first that may be of it. */
static int list_spikes(const hk_grid *grid, const hk_population *p, int64_t step, size_t *at, hk_spike_list *list)
{
    size_t end = *at;
    while (end < p->n_spikes && p->spikes[end].time.step == step)
        end++;
    if (hk_dense_list_reserve(list, list->n + (end - *at)) != HK_OK)
        return HK_ENOMEM;
    for (; *at < end; (*at)++, list->n++) {
        const hk_spike *spike = &p->spikes[*at];
        list->source[list->n] = grid->populations[p->index].first + spike->neuron;
        hk_dense_impulse(grid->dense, spike->time.offset / grid->sim->resolution_ms, &list->impulse[list->n]);
    }
    return HK_OK;
}

static int list_window(hk_grid *grid, int from)
{
    const hk_sim *sim = grid->sim;
    hk_model_kind kind = from == HK_FROM_SOURCES ? HK_MODEL_SOURCE : HK_MODEL_NEURON;
    for (int64_t step = sim->step; step < grid->end; step++)
        hk_grid_list(grid, from, step)->n = 0;
    for (size_t i = 0; i < sim->n_populations; i++) {
        const hk_population *p = sim->populations[i];
        size_t at = 0;
        for (int64_t step = sim->step; step < grid->end; step++) {
            hk_spike_list *list = hk_grid_list(grid, from, step);
            list->begin[i] = list->n;
            int rc = p->model->kind == kind ? list_spikes(grid, p, step, &at, list) : HK_OK;
            list->begin[i + 1] = list->n;
            if (rc != HK_OK)
                return rc;
        }
    }
    return HK_OK;
}

int hk_dense_list_sources(hk_grid *grid)
{
    return list_window(grid, HK_FROM_SOURCES);
}

static int compare_spikes(const void *a, const void *b)
{
    const hk_spike *x = a, *y = b;
    if (!hk_time_equal(x->time, y->time))
        return hk_time_before(x->time, y->time) ? -1 : 1;
    return x->neuron < y->neuron ? -1 : x->neuron > y->neuron;
}

/* What the shards have fired in a window goes to the population, in order of time, then neuron. */
static int gather_fired(const hk_grid *grid, hk_population *p)
{
    const hk_sim *sim = grid->sim;
    p->n_spikes = 0;
    for (int64_t step = sim->step; step < grid->end; step++) {
        size_t begin_step = p->n_spikes;
        for (uint32_t s = 0; s < grid->n_shards; s++) {
            const hk_shard *shard = &grid->shards[s];
            size_t at = (size_t)(step - sim->step) * sim->n_populations + p->index, end = shard->fired_end[at];
            size_t begin = at == 0 ? 0 : shard->fired_end[at - 1];
            if (hk_population_reserve_spikes(p, end - begin) != HK_OK)
                return HK_ENOMEM;
            for (size_t k = begin; k < end; k++)
                p->spikes[p->n_spikes++] = (hk_spike){
                    .time = { .step = step, .offset = shard->dense->fired_offset[k] }, .neuron = shard->fired[k]
                };
        }
        if (p->n_spikes - begin_step > 1)
            qsort(p->spikes + begin_step, p->n_spikes - begin_step, sizeof *p->spikes, compare_spikes);
    }
    return HK_OK;
}

int hk_dense_list_fired(hk_grid *grid)
{
    int rc = HK_OK;
    for (size_t i = 0; rc == HK_OK && i < grid->n_populations; i++) {
        hk_population *p = grid->sim->populations[i];
        if (p->model->kind != HK_MODEL_NEURON)
            continue;
        rc = gather_fired(grid, p);
        for (uint32_t s = 0; s < grid->n_shards; s++) /* all shards have the same epoch */
            if (grid->shards[s].slices[i].begin < grid->shards[s].slices[i].end) {
                const hk_dense_slice *slice = &grid->shards[s].dense->slices[i];
                p->view.epoch = slice->view.epoch;
                p->next_rebase = slice->next_rebase;
                memcpy(p->globals, slice->globals, p->model->n_globals * sizeof *p->globals);
                break;
            }
    }
    return rc == HK_OK ? list_window(grid, HK_FROM_NEURONS) : rc;
}
