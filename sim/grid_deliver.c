/* sim/grid_deliver.c - the compact synapses of one step: finds the slabs that are due, and adds them up. See grid.h. */
#include "sim/grid.h"

#include <stdlib.h>
#include <string.h>

enum {
    LINE = 64,
    LENGTHS = 256,   /* slabs are ordered exactly up to this length */
    FEW = 32,        /* slabs: not worth ordering */
    FIRST_SLABS = 4, /* that are fetched early as a whole: nothing is added before them */
    FIRST_LINES = 2, /* of the others */
    MOST_LINES = 4,  /* of these: longer ones are fetched soon enough while others are added */
};

static int cursors_reserve(hk_cursors *cursors, size_t n, uint32_t n_slots)
{
    if (n <= cursors->capacity)
        return HK_OK;
    const unsigned char **next = realloc(cursors->next, 2 * n * sizeof *next);
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

void hk_grid_fetch_rows(const hk_grid *grid, const hk_shard *shard, int from, int64_t step)
{
    const hk_spike_list *list = hk_grid_list(grid, from, step);
    const uint32_t number = (uint32_t)(shard - grid->shards);
    const size_t bytes = hk_slab_row_bytes(grid->n_slots); /* that are in use */
    for (size_t k = 0; k < list->n; k++)
        for (size_t at = 0; at < bytes; at += LINE)
            __builtin_prefetch((const char *)hk_slab_row_of(&grid->slabs, list->source[k], number) + at);
}

int hk_grid_start_cursors(const hk_grid *grid, hk_shard *shard, int from, int64_t step)
{
    static const unsigned char none;
    const hk_spike_list *list = hk_grid_list(grid, from, step);
    const uint32_t number = (uint32_t)(shard - grid->shards);
    const uint32_t n_slots = grid->n_slots;
    hk_cursors *cursors = &shard->cursors[from][hk_grid_ring(grid, step)];
    cursors->n = 0;
    if (cursors_reserve(cursors, list->n, n_slots) != HK_OK)
        return HK_ENOMEM;
    cursors->n = list->n;
    for (size_t k = 0; k < list->n; k++) {
        const hk_slab_row *row = hk_slab_row_of(&grid->slabs, list->source[k], number);
        cursors->next[k] = row->synapse != NULL ? row->synapse : &none;
        for (uint32_t slot = 0; slot < n_slots; slot++)
            cursors->length[slot * list->n + k] = row->length[slot];
    }
    for (size_t s = 0; grid->delay[0] == 1 && s < grid->n_senders; s++) {
        size_t size = hk_synapse_bytes(grid->senders[s].units), end = list->begin[grid->senders[s].end];
        for (size_t k = list->begin[grid->senders[s].first]; k < end; k++) /* due at once */
            for (size_t at = 0; at < cursors->length[k] * size; at += LINE)
                __builtin_prefetch(cursors->next[k] + at);
    }
    return HK_OK;
}

/* --- what is due ------------------------------------------------------------------------------------------------ */

void hk_due_list_fini(hk_due_list *due)
{
    free(due->lists);
    free(due->found.slab);
    free(due->ordered.slab);
    free(due->late.slab);
    *due = (hk_due_list){ 0 };
}

/* One more than n: the last one found is written before it is known whether it counts. */
static int due_reserve(hk_due_slabs *slabs, size_t n)
{
    if (n < slabs->capacity)
        return HK_OK;
    size_t capacity = 2 * n + 64;
    hk_due *slab = realloc(slabs->slab, capacity * sizeof *slab);
    if (slab == NULL)
        return HK_ENOMEM;
    slabs->slab = slab;
    slabs->capacity = capacity;
    return HK_OK;
}

/* The part of a list that some senders have. */
static hk_list_due list_of(const hk_grid *grid, const hk_senders *senders, const hk_spike_list *list,
                           const hk_cursors *cursors, uint32_t slot)
{
    size_t begin = senders->first == 0 ? 0 : list->begin[senders->first];
    size_t end = senders->end == grid->n_populations ? cursors->n : list->begin[senders->end];
    return (hk_list_due){ .next = cursors->next + begin,
                          .length = cursors->length + slot * cursors->n + begin,
                          .n = end - begin,
                          .units = senders->units };
}

/* Finds the lists of spikes from which something arrives in a step: those that neurons fired in steps begin ... end - 1, and
 * those of sources if `and_sources`. Makes room for all their slabs. */
static int find_lists(const hk_grid *grid, hk_shard *shard, int64_t step, int64_t begin, int64_t end, bool and_sources,
                      hk_due_slabs *room)
{
    hk_due_list *due = &shard->due;
    size_t n = 0;
    due->n_lists = 0;
    for (uint32_t slot = 0; slot < grid->n_slots; slot++) {
        int64_t sent = step - (int64_t)grid->delay[slot];
        if (sent < (and_sources ? 0 : begin))
            break; /* as will be all those behind */
        for (int from = HK_FROM_SOURCES; from <= HK_FROM_NEURONS; from++) {
            if (from == HK_FROM_SOURCES ? !and_sources : sent < begin || sent >= end)
                continue;
            hk_cursors *cursors = &shard->cursors[from][hk_grid_ring(grid, sent)];
            for (size_t s = 0; cursors->n > 0 && s < grid->n_senders; s++) {
                due->lists[due->n_lists] = list_of(grid, &grid->senders[s], hk_grid_list(grid, from, sent), cursors,
                                                   slot);
                due->n_lists += due->lists[due->n_lists].n > 0;
            }
            n += cursors->n;
        }
    }
    return due_reserve(room, n);
}

/* Lists are short, so that no processor foresees the next. */
static void fetch_list(const hk_list_due *list)
{
    __builtin_prefetch(list->length);
    for (size_t k = 0; k < list->n; k += LINE / sizeof *list->next)
        __builtin_prefetch(list->next + k, 1);
}

/* The slabs of the lists; moves the lists' cursors behind them. Counts how many there are of each length, unless n_of is NULL. */
static inline __attribute__((always_inline)) void find_slabs(const hk_due_list *due, hk_due_slabs *out, uint32_t *n_of)
{
    hk_due *slab = out->slab;
    size_t n = 0;
    for (size_t l = 0; l < due->n_lists; l++) {
        const hk_list_due list = due->lists[l];
        const size_t size = hk_synapse_bytes(list.units);
        if (l + 2 < due->n_lists)
            fetch_list(&due->lists[l + 2]);
        for (size_t k = 0; k < list.n; k++) {
            uint32_t length = list.length[k];
            slab[n] = (hk_due){ .synapse = list.next[k], .n = length, .units = list.units };
            list.next[k] += length * size;
            n += length > 0;
            if (n_of != NULL)
                n_of[length < LENGTHS ? length : LENGTHS]++;
        }
    }
    out->n = n;
}

/* By length: loops over slabs of one length end where the last one did, which the processor foresees. Sums do not depend on the
 * order. */
static void order_by_length(const hk_due *found, size_t n, uint32_t n_of[LENGTHS + 1], hk_due *ordered)
{
    for (uint32_t length = 1, begin = 0; length <= LENGTHS; length++) {
        uint32_t here = n_of[length];
        n_of[length] = begin;
        begin += here;
    }
    for (size_t k = 0; k < n; k++)
        ordered[n_of[found[k].n < LENGTHS ? found[k].n : LENGTHS]++] = found[k];
}

static int prepare(const hk_grid *grid, hk_shard *shard, int64_t step)
{
    hk_due_list *due = &shard->due;
    uint32_t n_of[LENGTHS + 1] = { 0 };
    due->found.n = due->ordered.n = due->n_fetched = 0;
    due->known_before = shard->started;
    due->is_prepared = true;
    due->is_added = false;
    int rc = find_lists(grid, shard, step, 0, due->known_before, true, &due->found);
    if (rc == HK_OK)
        rc = due_reserve(&due->ordered, due->found.capacity - 1);
    if (rc != HK_OK)
        return rc;
    find_slabs(due, &due->found, n_of);
    if (due->found.n > FEW && n_of[LENGTHS] < due->found.n)
        order_by_length(due->found.slab, due->found.n, n_of, due->ordered.slab);
    else
        memcpy(due->ordered.slab, due->found.slab, due->found.n * sizeof *due->found.slab);
    due->ordered.n = due->found.n;
    return HK_OK;
}

static int find_late(const hk_grid *grid, hk_shard *shard, int64_t step)
{
    hk_due_list *due = &shard->due;
    int rc = find_lists(grid, shard, step, due->known_before, shard->started, false, &due->late);
    if (rc == HK_OK)
        find_slabs(due, &due->late, NULL);
    return rc;
}

static void count(hk_shard *shard, const hk_due_slabs *slabs)
{
    shard->n_events += slabs->n;
    for (size_t k = 0; k < slabs->n; k++)
        shard->n_synaptic_events += slabs->slab[k].n;
}

void hk_grid_deliver_ahead(const hk_grid_kernels *kernels, hk_shard *shard)
{
    hk_due_list *due = &shard->due;
    if (!due->is_prepared || due->is_added)
        return;
    kernels->deliver(due->ordered.slab, due->ordered.n, &shard->sums);
    due->is_added = true;
}

/* The next step is prepared before the late ones are added, as these have to be fetched from far away. */
int hk_grid_deliver_slabs(const hk_grid *grid, hk_shard *shard, int64_t step)
{
    hk_due_list *due = &shard->due;
    int rc = due->is_prepared ? HK_OK : prepare(grid, shard, step);
    if (rc != HK_OK)
        return rc;
    hk_grid_deliver_ahead(grid->kernels, shard);
    count(shard, &due->ordered);
    rc = find_late(grid, shard, step);
    if (rc == HK_OK)
        rc = prepare(grid, shard, step + 1);
    if (rc != HK_OK)
        return rc;
    grid->kernels->deliver(due->late.slab, due->late.n, &shard->sums);
    count(shard, &due->late);
    return HK_OK;
}

void hk_grid_unprepare(hk_shard *shard)
{
    if (shard->due.is_added) {
        memset(shard->sums.low, 0, shard->n_accumulators * sizeof *shard->sums.low);
        memset(shard->sums.carry, 0, shard->n_accumulators * sizeof *shard->sums.carry);
        shard->sums.has_carried = false;
    }
    shard->due.is_prepared = shard->due.is_added = false;
}

/* The first lines of a slab and its last, which lead to the next page now and then: more of them would drive out what the neurons
 * need. */
void hk_grid_fetch_slabs(hk_shard *shard, uint64_t done, uint64_t of)
{
    hk_due_list *due = &shard->due;
    size_t end = due->ordered.n * done / of;
    for (; due->n_fetched < end; due->n_fetched++) {
        const hk_due *slab = &due->ordered.slab[due->n_fetched];
        const size_t bytes = slab->n * hk_synapse_bytes(slab->units);
        const bool is_first = due->n_fetched < FIRST_SLABS;
        if (!is_first && bytes > MOST_LINES * LINE)
            continue;
        for (size_t at = 0; at < bytes && (is_first || at < FIRST_LINES * LINE); at += LINE)
            __builtin_prefetch(slab->synapse + at, 0, 2);
        __builtin_prefetch(slab->synapse + bytes - 1, 0, 2);
    }
}
