/* sim/grid_archive.c - what a checkpoint keeps of a simulation on the grid besides its populations: the spikes in flight. The
 * shards are cut and the synapses drawn again, so another number of threads may go on. */
#include "sim/dense.h"

#include <stdlib.h>
#include <string.h>

typedef struct flight { /* all spikes of one ring, by step, then source */
    int64_t *step;
    uint32_t *source;
    double *z; /* how far into its step, in steps: of dense networks */
    size_t n;
} flight;

static int flight_reserve(flight *f, size_t n)
{
    f->n = n;
    f->step = calloc(n + 1, sizeof *f->step);
    f->source = calloc(n + 1, sizeof *f->source);
    f->z = calloc(n + 1, sizeof *f->z);
    return f->step == NULL || f->source == NULL || f->z == NULL ? HK_ENOMEM : HK_OK;
}

static int64_t first_step(const hk_grid *grid)
{
    int64_t first = grid->sim->step - (int64_t)grid->n_ring;
    return first < 0 ? 0 : first;
}

static int read_ring(const hk_grid *grid, int from, flight *out)
{
    size_t n = 0;
    for (int64_t step = first_step(grid); step < grid->sim->step; step++)
        n += hk_grid_list(grid, from, step)->n;
    int rc = flight_reserve(out, n);
    n = 0;
    for (int64_t step = first_step(grid); rc == HK_OK && step < grid->sim->step; step++) {
        const hk_spike_list *list = hk_grid_list(grid, from, step);
        for (size_t k = 0; k < list->n; k++, n++) {
            out->step[n] = step;
            out->source[n] = list->source[k];
            out->z[n] = grid->dense != NULL ? list->impulse[k].z : 1.0;
        }
    }
    return rc;
}

static size_t population_of(const hk_grid *grid, uint32_t source)
{
    size_t i = 0;
    while (i + 1 < grid->n_populations && grid->populations[i + 1].first <= source)
        i++;
    return i;
}

/* Steps ascend, in each of them populations do, and all these are of the kind that belongs there. */
static bool is_sound(const hk_grid *grid, int from, const flight *f)
{
    hk_model_kind kind = from == HK_FROM_SOURCES ? HK_MODEL_SOURCE : HK_MODEL_NEURON;
    size_t population = 0;
    for (size_t k = 0; k < f->n; k++) {
        if (!(f->z[k] > 0.0 && f->z[k] <= 1.0) || f->step[k] < first_step(grid) || f->step[k] >= grid->sim->step ||
            f->source[k] >= grid->n_sources || (k > 0 && f->step[k] < f->step[k - 1]))
            return false;
        size_t before = k > 0 && f->step[k] == f->step[k - 1] ? population : 0;
        population = population_of(grid, f->source[k]);
        if (population < before || grid->sim->populations[population]->model->kind != kind)
            return false;
    }
    return true;
}

static int fill_ring(hk_grid *grid, int from, const flight *f)
{
    size_t at = 0;
    if (!is_sound(grid, from, f))
        return hk_fail(grid->sim->ctx, HK_EFORMAT, "checkpoint: the spikes in flight do not fit the simulation");
    for (size_t k = 0; k < grid->n_ring; k++)
        grid->lists[from][k].n = 0;
    for (int64_t step = first_step(grid); step < grid->sim->step; step++) {
        hk_spike_list *list = hk_grid_list(grid, from, step);
        size_t end = at;
        while (end < f->n && f->step[end] == step)
            end++;
        int rc = grid->dense != NULL ? hk_dense_list_reserve(list, end - at) : hk_spike_list_reserve(list, end - at);
        if (rc != HK_OK)
            return rc;
        for (; at < end; at++, list->n++) {
            list->source[list->n] = f->source[at];
            if (grid->dense != NULL)
                hk_dense_impulse(grid->dense, f->z[at], &list->impulse[list->n]);
        }
        hk_grid_index_list(grid, list);
    }
    return HK_OK;
}

static int archive_ring(hk_grid *grid, int from, hk_archive *archive)
{
    flight f = { 0 };
    bool loading = hk_archive_is_loading(archive);
    int rc = hk_archive_enter(archive, from == HK_FROM_SOURCES ? "from_sources" : "from_neurons");
    if (rc == HK_OK && loading) {
        rc = hk_archive_length(archive, "step", HK_I64, &f.n);
        if (rc == HK_OK)
            rc = flight_reserve(&f, f.n);
    } else if (rc == HK_OK) {
        rc = read_ring(grid, from, &f);
    }
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "step", HK_I64, f.step, f.n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "source", HK_U32, f.source, f.n);
    for (size_t k = 0; rc == HK_OK && loading && grid->dense == NULL && k < f.n; k++)
        f.z[k] = 1.0;
    if (rc == HK_OK && grid->dense != NULL)
        rc = hk_archive_array(archive, "part_of_step", HK_F64, f.z, f.n);
    if (rc == HK_OK && loading)
        rc = fill_ring(grid, from, &f);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    free(f.step);
    free(f.source);
    free(f.z);
    return rc;
}

int hk_grid_archive(hk_grid *grid, hk_archive *archive)
{
    int rc = hk_archive_enter(archive, "grid");
    if (rc == HK_OK)
        rc = archive_ring(grid, HK_FROM_SOURCES, archive);
    if (rc == HK_OK)
        rc = archive_ring(grid, HK_FROM_NEURONS, archive);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc == HK_OK && hk_archive_is_loading(archive) ? hk_grid_resume(grid) : rc;
}
