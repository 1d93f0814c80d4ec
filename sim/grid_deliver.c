/* sim/grid_deliver.c - the 4-byte synapses of one step: finds the slabs that are due, and adds them up. See grid.h. */
#include "sim/grid.h"

#include <stdlib.h>
#include <string.h>

enum {
    LINE = 64,
    LENGTHS = 256, /* slabs are ordered exactly up to this length */
    FEW = 32,      /* slabs: not worth ordering */
};

static int cursors_reserve(hk_cursors *cursors, size_t n, uint32_t n_slots)
{
    if (n <= cursors->capacity)
        return HK_OK;
    const uint32_t **next = realloc(cursors->next, 2 * n * sizeof *next);
    if (next == NULL)
        return HK_ENOMEM;
    cursors->next = next;
    uint16_t *length = realloc(cursors->length, 2 * n * n_slots * sizeof *length);
    if (length == NULL)
        return HK_ENOMEM;
    cursors->length = length;
    cursors->capacity = 2 * n;
    return HK_OK;
}

int hk_grid_start_cursors(const hk_grid *grid, hk_shard *shard, int from, int64_t step)
{
    static const uint32_t none;
    const hk_spike_list *list = hk_grid_list(grid, from, step);
    const hk_slab_table *table = &shard->table;
    const uint32_t n_slots = grid->n_slots;
    hk_cursors *cursors = &shard->cursors[from][(uint64_t)step % grid->n_ring];
    cursors->n = 0;
    if (cursors_reserve(cursors, list->n, n_slots) != HK_OK)
        return HK_ENOMEM;
    for (size_t k = 0; k < list->n; k++) {
        __builtin_prefetch(&table->first[list->source[k]]);
        for (uint32_t slot = 0; slot < n_slots; slot += LINE / sizeof *table->length)
            __builtin_prefetch(table->length + (size_t)list->source[k] * n_slots + slot);
    }
    cursors->n = list->n;
    for (size_t k = 0; k < list->n; k++) {
        const uint32_t *first = table->first[list->source[k]];
        const uint16_t *length = table->length + (size_t)list->source[k] * n_slots;
        cursors->next[k] = first != NULL ? first : &none;
        for (uint32_t slot = 0; slot < n_slots; slot++)
            cursors->length[slot * list->n + k] = length[slot];
    }
    return HK_OK;
}

/* --- what is due ------------------------------------------------------------------------------------------------ */

void hk_due_list_fini(hk_due_list *due)
{
    free(due->found);
    free(due->slabs);
    *due = (hk_due_list){ 0 };
}

/* One more than n: the last one found is written before it is known whether it counts. */
static int due_reserve(hk_due_list *due, size_t n)
{
    if (n < due->capacity)
        return HK_OK;
    size_t capacity = 2 * n + 64;
    hk_due *found = realloc(due->found, capacity * sizeof *found);
    if (found == NULL)
        return HK_ENOMEM;
    due->found = found;
    hk_due *slabs = realloc(due->slabs, capacity * sizeof *slabs);
    if (slabs == NULL)
        return HK_ENOMEM;
    due->slabs = slabs;
    due->capacity = capacity;
    return HK_OK;
}

/* Finds the slabs of one list that arrive through `slot`, and moves the list's cursors behind them. */
static size_t find_slabs(hk_due *found, size_t n, hk_cursors *cursors, uint32_t slot)
{
    const uint16_t *length = cursors->length + slot * cursors->n;
    for (size_t k = 0; k < cursors->n; k++) {
        found[n] = (hk_due){ .synapse = cursors->next[k], .n = length[k] };
        cursors->next[k] += length[k];
        n += length[k] > 0;
    }
    return n;
}

/* Finds what arrives in a step of the spikes that neurons fired in steps begin ... end - 1, and of all of sources if `and_sources`. */
static int find_due(const hk_grid *grid, hk_shard *shard, int64_t step, int64_t begin, int64_t end, bool and_sources,
                    size_t *n)
{
    for (uint32_t slot = 0; slot < grid->n_slots; slot++) {
        int64_t sent = step - (int64_t)grid->delay[slot];
        for (int from = HK_FROM_SOURCES; from <= HK_FROM_NEURONS && sent >= 0; from++) {
            if (from == HK_FROM_SOURCES ? !and_sources : sent < begin || sent >= end)
                continue;
            hk_cursors *cursors = &shard->cursors[from][(uint64_t)sent % grid->n_ring];
            if (due_reserve(&shard->due, *n + cursors->n) != HK_OK)
                return HK_ENOMEM;
            *n = find_slabs(shard->due.found, *n, cursors, slot);
        }
    }
    return HK_OK;
}

/* By length: loops over slabs of one length end where the last one did, which the processor foresees. Sums do not depend on the
 * order. */
static void order_by_length(const hk_due *found, size_t n, hk_due *slabs)
{
    size_t at[LENGTHS + 1] = { 0 };
    for (size_t k = 0; k < n; k++)
        at[found[k].n < LENGTHS ? found[k].n : LENGTHS]++;
    for (size_t length = 0, begin = 0; length <= LENGTHS; length++) {
        size_t here = at[length];
        at[length] = begin;
        begin += here;
    }
    for (size_t k = 0; k < n; k++)
        slabs[at[found[k].n < LENGTHS ? found[k].n : LENGTHS]++] = found[k];
}

static int prepare(const hk_grid *grid, hk_shard *shard, int64_t step)
{
    hk_due_list *due = &shard->due;
    due->n = due->n_fetched = 0;
    due->known_before = shard->started;
    due->is_prepared = true;
    int rc = find_due(grid, shard, step, 0, due->known_before, true, &due->n);
    if (rc == HK_OK && due->n > FEW)
        order_by_length(due->found, due->n, due->slabs);
    else if (rc == HK_OK && due->n > 0)
        memcpy(due->slabs, due->found, due->n * sizeof *due->slabs);
    return rc;
}

/* Those of spikes that have become known since. */
static int complete(const hk_grid *grid, hk_shard *shard, int64_t step)
{
    hk_due_list *due = &shard->due;
    size_t n = due->n;
    int rc = find_due(grid, shard, step, due->known_before, shard->started, false, &n);
    if (rc == HK_OK && n > due->n)
        memcpy(due->slabs + due->n, due->found + due->n, (n - due->n) * sizeof *due->slabs);
    due->n = n;
    return rc;
}

int hk_grid_deliver_slabs(const hk_grid *grid, hk_shard *shard, int64_t step)
{
    hk_due_list *due = &shard->due;
    int rc = due->is_prepared ? HK_OK : prepare(grid, shard, step);
    if (rc == HK_OK)
        rc = complete(grid, shard, step);
    if (rc != HK_OK)
        return rc;
    grid->kernels->deliver(due->slabs, due->n, &shard->sums);
    shard->n_events += due->n;
    for (size_t k = 0; k < due->n; k++)
        shard->n_synaptic_events += due->slabs[k].n;
    return prepare(grid, shard, step + 1);
}

/* The ends of a slab only: finding its pages takes the time, and its other lines would drive out what the neurons need. */
void hk_grid_fetch_slabs(hk_shard *shard, uint64_t done, uint64_t of)
{
    hk_due_list *due = &shard->due;
    size_t end = due->n * done / of;
    for (; due->n_fetched < end; due->n_fetched++) {
        const hk_due *slab = &due->slabs[due->n_fetched];
        __builtin_prefetch(slab->synapse, 0, 2);
        __builtin_prefetch(slab->synapse + slab->n - 1, 0, 2);
    }
}
