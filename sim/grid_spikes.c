/* sim/grid_spikes.c - what a window has fired: lists by step, and what becomes of it. See grid.h. */
#include "sim/dense.h"
#include "sim/grid.h"

#include <stdlib.h>

int hk_spike_list_reserve(hk_spike_list *list, size_t n)
{
    if (n <= list->capacity)
        return HK_OK;
    uint32_t *source = realloc(list->source, 2 * n * sizeof *source);
    if (source == NULL)
        return HK_ENOMEM;
    list->source = source;
    list->capacity = 2 * n;
    return HK_OK;
}

static int compare_neurons(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* A source may send several spikes in one step: their sum must fit into 32 bits as well. */
static int check_repeats(const hk_grid *grid, hk_spike_list *list, int64_t step)
{
    size_t most = 0;
    if (list->n > 1)
        qsort(list->source, list->n, sizeof *list->source, compare_neurons); /* by population, then neuron */
    for (size_t k = 0, run = 0; k < list->n; k++) {
        run = k > 0 && list->source[k] == list->source[k - 1] ? run + 1 : 1;
        most = run > most ? run : most;
    }
    if (most * grid->most_units <= INT32_MAX)
        return HK_OK;
    return hk_fail(
        grid->sim->ctx, HK_ERANGE,
        "simulation: a source sends %zu spikes in the step at %.4f ms, too many for the 32-bit sums of compact "
        "synapses: let its projections keep single precision (weights = float)",
        most, (double)step * grid->sim->resolution_ms);
}

int hk_grid_list_sources(hk_grid *grid)
{
    hk_sim *sim = grid->sim;
    if (grid->dense != NULL)
        return hk_dense_list_sources(grid);
    for (int64_t step = sim->step; step < grid->end; step++) {
        hk_spike_list *list = hk_grid_list(grid, HK_FROM_SOURCES, step);
        list->n = 0;
        for (size_t i = 0; i < sim->n_populations; i++) {
            const hk_population *p = sim->populations[i];
            list->begin[i] = list->n;
            size_t at = 0;
            for (size_t low = 0, high = p->n_spikes; low < high;) { /* the first spike of this step */
                size_t middle = low + (high - low) / 2;
                if (p->spikes[middle].time.step < step)
                    low = middle + 1;
                else
                    high = middle;
                at = low;
            }
            if (p->n_spikes > 0 && p->spikes[0].time.step >= step)
                at = 0;
            for (; p->model->kind == HK_MODEL_SOURCE && at < p->n_spikes && p->spikes[at].time.step == step; at++) {
                if (hk_spike_list_reserve(list, list->n + 1) != HK_OK)
                    return HK_ENOMEM;
                list->source[list->n++] = grid->populations[i].first + p->spikes[at].neuron;
            }
        }
        list->begin[sim->n_populations] = list->n;
        int rc = check_repeats(grid, list, step);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

/* Where the spikes of a population stand among what a shard has fired in a step. */
static size_t fired_begin(const hk_grid *grid, const hk_shard *shard, int64_t steps, size_t population)
{
    size_t at = (size_t)steps * grid->sim->n_populations + population;
    return at == 0 ? 0 : shard->fired_end[at - 1];
}

/* What the shards have fired goes into the lists of its steps. */
static int merge_fired(hk_grid *grid)
{
    const hk_sim *sim = grid->sim;
    for (int64_t step = sim->step; step < grid->end; step++) {
        hk_spike_list *list = hk_grid_list(grid, HK_FROM_NEURONS, step);
        list->n = 0;
        int64_t steps = step - sim->step;
        for (size_t i = 0; i < sim->n_populations; i++) {
            list->begin[i] = list->n;
            for (uint32_t s = 0; s < grid->n_shards; s++) {
                const hk_shard *shard = &grid->shards[s];
                size_t begin = fired_begin(grid, shard, steps, i), end = fired_begin(grid, shard, steps, i + 1);
                if (hk_spike_list_reserve(list, list->n + (end - begin)) != HK_OK)
                    return HK_ENOMEM;
                const uint32_t *restrict fired = shard->fired, first = grid->populations[i].first;
                uint32_t *restrict source = list->source + list->n;
                for (size_t k = begin; k < end; k++)
                    source[k - begin] = first + fired[k];
                list->n += end - begin;
            }
        }
        list->begin[sim->n_populations] = list->n;
    }
    return HK_OK;
}

int hk_grid_list_fired(hk_grid *grid)
{
    int rc = grid->dense != NULL ? hk_dense_list_fired(grid) : merge_fired(grid);
    grid->unfinished = (hk_steps){ grid->sim->step, grid->end };
    if (rc == HK_OK)
        atomic_store(&grid->is_unfinished, true);
    return rc;
}

/* A population's own of the lists of some steps. */
static int take_spikes(const hk_grid *grid, hk_population *p, hk_steps steps)
{
    p->n_spikes = 0;
    for (int64_t step = steps.begin; step < steps.end; step++) {
        const hk_spike_list *list = hk_grid_list(grid, HK_FROM_NEURONS, step);
        const uint32_t *restrict source = list->source + list->begin[p->index];
        const size_t n = list->begin[p->index + 1] - list->begin[p->index];
        if (n > 0 && hk_population_reserve_spikes(p, n) != HK_OK)
            return HK_ENOMEM;
        const hk_time now = hk_time_grid(step + 1, grid->sim->resolution_ms);
        const uint32_t first = grid->populations[p->index].first;
        hk_spike *restrict spikes = p->spikes + p->n_spikes;
        for (size_t k = 0; k < n; k++)
            spikes[k] = (hk_spike){ .time = now, .neuron = source[k] - first };
        p->n_spikes += n;
    }
    return HK_OK;
}

/* Windows are finished one after the other. Whoever still does the last one asks again when it has computed this one. */
hk_steps hk_grid_claim_spikes(hk_grid *grid)
{
    if (atomic_exchange(&grid->is_finishing, true))
        return (hk_steps){ 0, 0 };
    if (atomic_exchange(&grid->is_unfinished, false))
        return grid->unfinished;
    atomic_store(&grid->is_finishing, false);
    return (hk_steps){ 0, 0 };
}

void hk_grid_finish_spikes(hk_grid *grid, hk_steps steps)
{
    const hk_sim *sim = grid->sim;
    int rc = HK_OK;
    if (steps.begin == steps.end)
        return;
    for (size_t i = 0; rc == HK_OK && i < sim->n_populations; i++) {
        hk_population *p = sim->populations[i];
        if (p->model->kind != HK_MODEL_NEURON)
            continue;
        if (grid->dense == NULL)
            rc = take_spikes(grid, p, steps);
        if (rc == HK_OK)
            rc = hk_population_finish_window(p);
    }
    if (rc != HK_OK)
        atomic_store(&grid->finish_rc, rc);
    atomic_store(&grid->is_finishing, false);
}
