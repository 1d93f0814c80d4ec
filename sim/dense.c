/* sim/dense.c - a window of one shard: see dense.h. */
#include "sim/dense.h"

#include "sim/memory.h"
#include "sim/replay.h"
#include "sim/storage.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = HK_OWNERS }; /* neurons that are computed together: what comes to them stays in the first cache */

static double *sums_of(const hk_grid *grid, const hk_shard *shard, uint32_t accumulator)
{
    return shard->dense->sums + (size_t)accumulator * HK_SIGNS * grid->dense->moments.n;
}

/* --- delivery --------------------------------------------------------------------------------------------------- */

static int reserve_volleys(hk_dense_shard *d, size_t n)
{
    hk_volley *grown = hk_memory_grow(d->volleys, &d->volleys_capacity, n, sizeof *grown);
    if (grown == NULL)
        return HK_ENOMEM;
    d->volleys = grown;
    return HK_OK;
}

/* This step's slabs, from all lists whose spikes arrive. */
static int find_volleys(const hk_grid *grid, hk_shard *shard, int64_t step, size_t *n_volleys)
{
    hk_dense_shard *d = shard->dense;
    size_t n = 0;
    for (uint32_t slot = 0; slot < grid->n_slots; slot++) {
        int64_t sent = step - (int64_t)grid->delay[slot];
        for (int from = HK_FROM_SOURCES; from <= HK_FROM_NEURONS && sent >= 0; from++) {
            hk_cursors *cursors = &shard->cursors[from][(uint64_t)sent % grid->n_ring];
            const hk_impulse *impulse = hk_grid_list(grid, from, sent)->impulse;
            if (reserve_volleys(d, n + cursors->n) != HK_OK)
                return HK_ENOMEM;
            for (size_t k = 0; k < cursors->n; k++) {
                size_t length = cursors->length[slot * cursors->n + k];
                d->volleys[n] = (hk_volley){ .synapse = (const uint32_t *)(const void *)cursors->next[k],
                                             .impulse = &impulse[k],
                                             .n = length };
                cursors->next[k] += length * sizeof(uint32_t);
                n += length > 0;
                shard->n_synaptic_events += length;
            }
        }
    }
    shard->n_events += n;
    *n_volleys = n;
    return HK_OK;
}

typedef struct arriving { /* a slab of single- or double-precision weights */
    const hk_projection *projection;
    const hk_impulse *impulse;
    hk_slab slab;
} arriving;

typedef int (*take_slab)(const hk_grid *grid, hk_shard *shard, const arriving *slab);

static double weight_of(const hk_slab *slab, uint32_t k)
{
    return slab->weight64 != NULL ? slab->weight64[k] : (double)slab->weight[k];
}

/* Calls for the slabs of this step that come through one projection whose synapses are no compact ones. */
static int each_slab(const hk_grid *grid, hk_shard *shard, const hk_projection *projection, int64_t step,
                     take_slab call)
{
    const hk_slice *slice = &shard->slices[projection->post->index];
    uint32_t pre = projection->pre->index, first = grid->populations[pre].first;
    if (slice->begin == slice->end)
        return HK_OK;
    int from = projection->pre->model->kind == HK_MODEL_SOURCE ? HK_FROM_SOURCES : HK_FROM_NEURONS;
    hk_part part = { .index = slice->part, .begin = slice->begin, .end = slice->end };
    for (uint32_t slot = 0; slot < projection->n_slots; slot++) {
        int64_t sent = step - projection->delay[slot];
        if (sent < projection->born)
            continue;
        const hk_spike_list *list = hk_grid_list(grid, from, sent);
        for (size_t k = list->begin[pre]; k < list->begin[pre + 1]; k++) {
            arriving a = { .projection = projection, .impulse = &list->impulse[k] };
            a.slab = hk_storage_part(projection, list->source[k] - first, slot, &part);
            int rc = a.slab.n > 0 ? call(grid, shard, &a) : HK_OK;
            if (rc != HK_OK)
                return rc;
        }
    }
    return HK_OK;
}

static int add_slab(const hk_grid *grid, hk_shard *shard, const arriving *a)
{
    const hk_slice *slice = &shard->slices[a->projection->post->index];
    uint32_t n_moments = grid->dense->moments.n;
    double unit = 1.0 / grid->dense->scale;
    for (uint32_t k = 0; k < a->slab.n; k++) {
        double w = weight_of(&a->slab, k);
        unsigned sign = w < 0.0 ? HK_INHIBITORY : HK_EXCITATORY;
        uint32_t accumulator = slice->first[0] + (hk_slab_target(&a->slab, k) - slice->begin);
        double *to = sums_of(grid, shard, accumulator) + sign * n_moments;
        for (uint32_t m = 0; m < n_moments; m++)
            to[m] += w * unit * a->impulse->factor[sign][m];
    }
    shard->n_events++;
    shard->n_synaptic_events += a->slab.n;
    return HK_OK;
}

/* --- neurons that are near their threshold ------------------------------------------------------------------------ */

static int reserve_inputs(hk_dense_shard *d, size_t n)
{
    hk_input *grown = hk_memory_grow(d->inputs, &d->inputs_capacity, n, sizeof *grown);
    if (grown == NULL)
        return HK_ENOMEM;
    d->inputs = grown;
    return HK_OK;
}

static int add_input(hk_dense_shard *d, const hk_input *input)
{
    int rc = reserve_inputs(d, d->n_inputs + 1);
    if (rc == HK_OK)
        d->inputs[d->n_inputs++] = *input;
    return rc;
}

static bool is_near(const hk_dense_shard *d, uint32_t accumulator)
{
    return (d->near_bits[accumulator / 32] >> accumulator % 32 & 1) != 0;
}

static int add_near(hk_dense_shard *d, uint32_t neuron, uint32_t accumulator)
{
    hk_near *grown = hk_memory_grow(d->near, &d->near_capacity, d->n_near + 1, sizeof *grown);
    if (grown == NULL)
        return HK_ENOMEM;
    d->near = grown;
    d->near_bits[accumulator / 32] |= 1u << accumulator % 32;
    d->near_at[accumulator] = (uint32_t)d->n_near;
    d->near[d->n_near++] = (hk_near){ .neuron = neuron, .accumulator = accumulator };
    return HK_OK;
}

static int pick_slab(const hk_grid *grid, hk_shard *shard, const arriving *a)
{
    const hk_slice *slice = &shard->slices[a->projection->post->index];
    (void)grid;
    for (uint32_t k = 0; k < a->slab.n; k++) {
        uint32_t accumulator = slice->first[0] + (hk_slab_target(&a->slab, k) - slice->begin);
        hk_input input = { .to = accumulator, .z = a->impulse->z, .weight = weight_of(&a->slab, k) };
        if (is_near(shard->dense, accumulator) && add_input(shard->dense, &input) != HK_OK)
            return HK_ENOMEM;
    }
    return HK_OK;
}

/* The inputs of all neurons that are near: through compact synapses, then others; those of the drive are there. */
static int find_inputs(const hk_grid *grid, hk_shard *shard, int64_t step, size_t n_volleys)
{
    hk_dense_shard *d = shard->dense;
    size_t from_drive = d->n_inputs, n = 0;
    for (;;) {
        size_t room = d->inputs_capacity - from_drive;
        n = grid->dense->kernels->pick(d->volleys, n_volleys, d->near_bits, d->inputs + from_drive, room);
        if (n <= room)
            break;
        if (reserve_inputs(d, from_drive + n) != HK_OK)
            return HK_ENOMEM;
    }
    for (size_t k = from_drive; k < from_drive + n; k++)
        d->inputs[k].weight *= grid->dense->scale;
    d->n_inputs = from_drive + n;
    int rc = HK_OK;
    for (size_t i = 0; rc == HK_OK && i < grid->n_projections; i++)
        if (!grid->sim->projections[i]->on_slabs)
            rc = each_slab(grid, shard, grid->sim->projections[i], step, pick_slab);
    return rc;
}

static int reserve_sorted(hk_dense_shard *d)
{
    hk_input *sorted = hk_memory_grow(d->sorted, &d->sorted_capacity, d->n_inputs, sizeof *sorted);
    if (sorted == NULL)
        return HK_ENOMEM;
    d->sorted = sorted;
    size_t *end = hk_memory_grow(d->input_end, &d->input_end_capacity, d->n_near + 1, sizeof *end);
    if (end == NULL)
        return HK_ENOMEM;
    d->input_end = end;
    return HK_OK;
}

/* By neuron, and those of each by time: the inputs are few, and mostly in order. */
static int sort_inputs(hk_dense_shard *d)
{
    if (reserve_sorted(d) != HK_OK)
        return HK_ENOMEM;
    memset(d->input_end, 0, (d->n_near + 1) * sizeof *d->input_end);
    for (size_t k = 0; k < d->n_inputs; k++)
        d->input_end[d->near_at[d->inputs[k].to] + 1]++;
    for (size_t k = 0; k < d->n_near; k++)
        d->input_end[k + 1] += d->input_end[k];
    for (size_t k = 0; k < d->n_inputs; k++) /* where each begins becomes where it ends */
        d->sorted[d->input_end[d->near_at[d->inputs[k].to]]++] = d->inputs[k];
    for (size_t at = 0, begin = 0; at < d->n_near; begin = d->input_end[at++])
        for (size_t k = begin + 1; k < d->input_end[at]; k++) {
            hk_input moving = d->sorted[k];
            size_t to = k;
            for (; to > begin && d->sorted[to - 1].z > moving.z; to--)
                d->sorted[to] = d->sorted[to - 1];
            d->sorted[to] = moving;
        }
    return HK_OK;
}

static void forget_near(hk_dense_shard *d)
{
    for (size_t k = 0; k < d->n_near; k++)
        d->near_bits[d->near[k].accumulator / 32] = 0;
    d->n_near = d->n_inputs = 0;
}

static int replay_near(const hk_grid *grid, hk_shard *shard, int64_t step, size_t n_volleys)
{
    hk_dense_shard *d = shard->dense;
    size_t *ends = shard->fired_end + (size_t)(step - grid->sim->step) * grid->n_populations, at = 0;
    int rc = d->n_near > 0 ? find_inputs(grid, shard, step, n_volleys) : HK_OK;
    if (rc == HK_OK)
        rc = sort_inputs(d);
    for (size_t i = 0; rc == HK_OK && i < grid->n_populations; i++) {
        for (; rc == HK_OK && at < d->near_end[i]; at++) {
            size_t begin = at == 0 ? 0 : d->input_end[at - 1];
            rc = hk_replay(shard, grid->sim->populations[i], d->near[at].neuron, step, d->sorted + begin,
                           d->input_end[at] - begin);
        }
        ends[i] = shard->n_fired;
    }
    forget_near(d);
    return rc;
}

/* --- the others ----------------------------------------------------------------------------------------------------- */

static int reserve_arrivals(hk_dense_shard *d, size_t n)
{
    size_t capacity = d->arrivals_capacity;
    if (n + HK_ARRIVALS_SPARE <= capacity)
        return HK_OK;
    capacity = 2 * (n + HK_ARRIVALS_SPARE);
    free(d->arrivals.owner); /* nothing in them is kept */
    free(d->arrivals.z);
    free(d->chosen);
    d->chosen = malloc(capacity * sizeof *d->chosen);
    d->arrivals.owner = malloc(capacity * sizeof *d->arrivals.owner);
    d->arrivals.z = malloc(capacity * sizeof *d->arrivals.z);
    bool complete = d->chosen != NULL && d->arrivals.owner != NULL && d->arrivals.z != NULL;
    for (int m = 0; m < HK_MOST_MOMENTS; m++) {
        free(d->arrivals.moment[m]);
        d->arrivals.moment[m] = malloc(capacity * sizeof *d->arrivals.moment[m]);
        complete = complete && d->arrivals.moment[m] != NULL;
    }
    d->arrivals_capacity = complete ? capacity : 0;
    return complete ? HK_OK : HK_ENOMEM;
}

/* Draws what the drive sends to neurons begin ... begin + n - 1, and adds it to their sums. */
static int drive(const hk_grid *grid, hk_shard *shard, const hk_population *p, uint32_t begin, uint32_t n, int64_t step)
{
    hk_dense_shard *d = shard->dense;
    const hk_dense *dense = grid->dense;
    const hk_slice *slice = &shard->slices[p->index];
    uint8_t counts[CHUNK] = { 0 };
    size_t total = 0;
    hk_counts_at at = { .seed = grid->sim->seed, .id = p->name_id, .step = step };
    grid->kernels->counts(&p->drive_counts, &at, begin, n, counts);
    for (uint32_t k = 0; k < n; k++)
        total += counts[k];
    int rc = reserve_arrivals(d, total);
    if (rc != HK_OK)
        return rc;
    unsigned sign = p->drive_weight < 0.0 ? HK_INHIBITORY : HK_EXCITATORY;
    dense->kernels->draw(&at, begin, n, counts, &dense->moments, sign, &d->arrivals);
    dense->kernels->add(&d->arrivals, dense->moments.n, sign, p->drive_weight,
                        sums_of(grid, shard, slice->first[0] + (begin - slice->begin)));
    return HK_OK;
}

/* The drive's inputs to those of a chunk of neurons that are near: the last ones of `near`, from `first_near` on. */
static int keep_driven(const hk_grid *grid, hk_shard *shard, const hk_population *p, uint32_t begin, size_t first_near)
{
    hk_dense_shard *d = shard->dense;
    const hk_slice *slice = &shard->slices[p->index];
    uint32_t bits[HK_OWNERS / 32] = { 0 };
    for (size_t k = first_near; k < d->n_near; k++) {
        uint32_t owner = d->near[k].neuron - begin;
        bits[owner / 32] |= 1u << owner % 32;
    }
    uint32_t first = slice->first[0] + (begin - slice->begin),
             n = grid->dense->kernels->choose(&d->arrivals, bits, d->chosen);
    int rc = reserve_inputs(d, d->n_inputs + n);
    for (uint32_t k = 0; rc == HK_OK && k < n; k++) {
        uint32_t at = d->chosen[k];
        d->inputs[d->n_inputs++] = (hk_input){ .to = first + d->arrivals.owner[at],
                                               .z = d->arrivals.z[at],
                                               .weight = p->drive_weight };
    }
    return rc;
}

/* Those whose refractoriness ends in this step have to be replayed: their sums must not be added at once. They come
 * into shard->hits, not in order. */
static int find_released(hk_shard *shard, const hk_population *p, int64_t step)
{
    hk_releases *releases = &shard->slices[p->index].releases;
    shard->hits.n = 0;
    for (const hk_event *first; (first = hk_releases_first(releases)) != NULL && first->step <= step;) {
        hk_event release = *first;
        hk_releases_pop(releases);
        if (p->held_until[release.source].step != release.step)
            continue;
        if (hk_hits_reserve(&shard->hits, 1) != HK_OK)
            return HK_ENOMEM;
        hk_hits_add(&shard->hits, release.source);
    }
    return HK_OK;
}

static int rebase(hk_dense_slice *s, const hk_slice *slice, const hk_population *p, int64_t step)
{
    hk_time to = hk_time_grid(step, s->view.resolution_ms);
    p->model->rebase(&s->view, slice->begin, slice->end, to);
    s->view.epoch = to;
    s->next_rebase += p->epoch_steps;
    return hk_population_check_finite(p, slice->begin, slice->end);
}

static int step_slice(const hk_grid *grid, hk_shard *shard, const hk_population *p, int64_t step)
{
    hk_dense_shard *d = shard->dense;
    const hk_slice *slice = &shard->slices[p->index];
    hk_dense_slice *s = &d->slices[p->index];
    size_t values = HK_SIGNS * grid->dense->moments.n;
    int rc = slice->begin < slice->end && s->next_rebase <= step ? rebase(s, slice, p, step) : HK_OK;
    if (rc == HK_OK)
        rc = find_released(shard, p, step);
    size_t n_released = shard->hits.n;
    p->model->fold_constants(&s->view, hk_time_grid(step, s->view.resolution_ms), s->constants);
    if (rc == HK_OK)
        rc = hk_hits_reserve(&shard->hits, CHUNK);
    for (uint32_t begin = slice->begin; rc == HK_OK && begin < slice->end; begin += CHUNK) {
        uint32_t n = slice->end - begin < CHUNK ? slice->end - begin : CHUNK;
        uint32_t first = slice->first[0] + (begin - slice->begin);
        size_t first_near = d->n_near;
        d->arrivals.n = 0;
        if (p->drive_counts.n_limits > 0)
            rc = drive(grid, shard, p, begin, n, step);
        for (size_t k = 0; rc == HK_OK && k < n_released; k++) {
            uint32_t i = shard->hits.neuron[k];
            if (i < begin || i >= begin + n)
                continue;
            memset(sums_of(grid, shard, first + (i - begin)), 0, values * sizeof *d->sums);
            rc = add_near(d, i, first + (i - begin));
        }
        shard->hits.n = n_released;
        if (rc == HK_OK)
            p->model->fold(&s->view, begin, begin + n, s->constants, sums_of(grid, shard, first), &shard->hits);
        for (size_t k = n_released; rc == HK_OK && k < shard->hits.n; k++)
            rc = add_near(d, shard->hits.neuron[k], first + (shard->hits.neuron[k] - begin));
        if (rc == HK_OK && d->n_near > first_near && d->arrivals.n > 0)
            rc = keep_driven(grid, shard, p, begin, first_near);
    }
    return rc;
}

static void begin_slices(const hk_grid *grid, hk_shard *shard)
{
    for (size_t i = 0; i < grid->n_populations; i++) {
        const hk_population *p = grid->sim->populations[i];
        hk_dense_slice *s = &shard->dense->slices[i];
        s->view = p->view;
        s->view.globals = s->globals;
        s->next_rebase = p->next_rebase;
        memcpy(s->globals, p->globals, p->model->n_globals * sizeof *s->globals);
    }
}

int hk_dense_shard_window(const hk_grid *grid, hk_shard *shard)
{
    const hk_sim *sim = grid->sim;
    hk_dense_shard *d = shard->dense;
    shard->n_fired = 0;
    begin_slices(grid, shard);
    for (int64_t step = sim->step; step < grid->end; step++) {
        size_t n_volleys = 0;
        int rc = grid->n_slots > 0 ? find_volleys(grid, shard, step, &n_volleys) : HK_OK;
        if (rc == HK_OK)
            grid->dense->kernels->deliver(d->volleys, n_volleys, grid->dense->moments.n, d->sums);
        for (size_t i = 0; rc == HK_OK && i < sim->n_projections; i++)
            if (!sim->projections[i]->on_slabs)
                rc = each_slab(grid, shard, sim->projections[i], step, add_slab);
        for (size_t i = 0; rc == HK_OK && i < sim->n_populations; i++) {
            if (sim->populations[i]->model->kind == HK_MODEL_NEURON)
                rc = step_slice(grid, shard, sim->populations[i], step);
            d->near_end[i] = d->n_near;
        }
        if (rc == HK_OK)
            rc = replay_near(grid, shard, step, n_volleys);
        if (rc != HK_OK) {
            forget_near(d); /* of the step that failed */
            return rc;
        }
    }
    return HK_OK;
}
