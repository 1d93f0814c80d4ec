/* sim/grid_build.c - a simulation on the grid: cuts its neurons into shards and gets its synapses drawn. See grid.h. */
#include "sim/grid.h"

#include "sim/dense.h"
#include "sim/memory.h"
#include "sim/storage.h"

#include <stdlib.h>
#include <string.h>

enum {
    FAST_ACCUMULATORS = 16384, /* stay near the first cache */
    LEAST_WORK = 8192,         /* neurons and synapses of a window */
    LONG_SLAB = 128,           /* synapses: shorter ones cost more to find and fetch than nearer accumulators save */
};

int hk_grid_create(hk_sim *sim, bool dense, hk_grid **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return hk_fail(sim->ctx, HK_ENOMEM, "simulation: out of memory");
    **out = (hk_grid){ .sim = sim, .kernels = hk_grid_kernels_for(sim->cpu) };
    sim->least_work = LEAST_WORK;
    if (!dense)
        return HK_OK;
    (*out)->dense = calloc(1, sizeof *(*out)->dense);
    if ((*out)->dense == NULL)
        return hk_fail(sim->ctx, HK_ENOMEM, "simulation: out of memory");
    *(*out)->dense = (hk_dense){ .kernels = hk_moments_kernels_for(sim->cpu), .scale = 1.0 };
    return HK_OK;
}

static void fini_ring(hk_spike_list *ring, size_t n)
{
    for (size_t k = 0; ring != NULL && k < n; k++) {
        free(ring[k].source);
        free(ring[k].impulse);
        free(ring[k].begin);
    }
    free(ring);
}

static void fini_shards(hk_grid *grid)
{
    for (uint32_t s = 0; s < grid->n_shards; s++) {
        hk_shard *shard = &grid->shards[s];
        for (size_t i = 0; shard->slices != NULL && i < grid->n_populations; i++)
            hk_releases_fini(&shard->slices[i].releases);
        free(shard->slices);
        hk_memory_free(shard->sums.low, shard->n_accumulators * sizeof *shard->sums.low);
        hk_memory_free(shard->sums.carry, shard->n_accumulators * sizeof *shard->sums.carry);
        hk_dense_shard_destroy(shard, grid->n_populations);
        for (int from = HK_FROM_SOURCES; from <= HK_FROM_NEURONS; from++) {
            for (size_t k = 0; shard->cursors[from] != NULL && k < grid->n_ring; k++) {
                free(shard->cursors[from][k].next);
                free(shard->cursors[from][k].length);
            }
            free(shard->cursors[from]);
        }
        hk_due_list_fini(&shard->due);
        free(shard->hits.neuron);
        free(shard->fired);
        free(shard->fired_end);
    }
    hk_slab_tables_fini(&grid->slabs);
    hk_memory_free(grid->shards, grid->n_shards * sizeof *grid->shards);
    grid->shards = NULL;
    grid->n_shards = 0;
    for (size_t i = 0; grid->populations != NULL && i < grid->n_populations; i++)
        for (int port = 0; port < HK_MOST_PORTS; port++)
            free(grid->populations[i].sum[port]);
    free(grid->populations);
    free(grid->delay);
    free(grid->senders);
    grid->populations = NULL;
    grid->delay = NULL;
    grid->senders = NULL;
}

void hk_grid_destroy(hk_grid *grid)
{
    if (grid == NULL)
        return;
    fini_shards(grid);
    fini_ring(grid->lists[HK_FROM_SOURCES], grid->n_ring);
    fini_ring(grid->lists[HK_FROM_NEURONS], grid->n_ring);
    free(grid->dense);
    free(grid);
}

static uint32_t count_rules(const hk_population *p)
{
    uint32_t n = 0;
    for (size_t k = 0; k < p->n_in; k++)
        for (const hk_rule *rule = p->in[k]->rules; rule != NULL; rule = rule->next)
            n++;
    return n;
}

static uint32_t n_ports(const hk_grid *grid, const hk_population *p)
{
    if (p->model->kind == HK_MODEL_SOURCE)
        return 0;
    return grid->dense != NULL ? 1 : p->model->n_ports(&p->view);
}

/* Has something changed that the shards depend on? */
static bool is_current(const hk_grid *grid)
{
    const hk_sim *sim = grid->sim;
    bool current = grid->is_built && grid->n_populations == sim->n_populations &&
                   grid->n_projections == sim->n_projections;
    for (size_t i = 0; current && i < sim->n_populations; i++) {
        const hk_population *p = sim->populations[i];
        current = n_ports(grid, p) == grid->populations[i].n_ports;
        current = current && (p->competition == HK_FREE || grid->populations[i].whole);
        current = current && count_rules(p) == grid->populations[i].n_rules;
    }
    return current;
}

/* --- populations and shards ------------------------------------------------------------------------------------ */

static int describe_populations(hk_grid *grid)
{
    hk_sim *sim = grid->sim;
    grid->populations = calloc(sim->n_populations + 1, sizeof *grid->populations);
    if (grid->populations == NULL)
        return HK_ENOMEM;
    grid->n_populations = sim->n_populations;
    grid->n_projections = sim->n_projections;
    uint64_t first = 0;
    for (size_t i = 0; i < sim->n_populations; i++) {
        const hk_population *p = sim->populations[i];
        hk_grid_population *g = &grid->populations[i];
        g->first = (uint32_t)first;
        first += p->n;
        g->n_ports = n_ports(grid, p);
        g->whole = p->competition != HK_FREE;
        g->n_rules = count_rules(p);
        for (size_t k = 0; k < p->n_in; k++)
            g->whole = g->whole || !hk_projection_is_divisible(p->in[k]);
        g->whole = g->whole || (grid->dense != NULL && p->n <= 4 * HK_ARRIVALS_GROUP); /* too small to be cut evenly */
        g->is_numbered = !g->whole || (uint64_t)p->n * g->n_ports <= HK_MOST_ACCUMULATORS;
    }
    if (first >= UINT32_MAX)
        return hk_fail(sim->ctx, HK_ERANGE, "simulation: %llu neurons, must be below %u on the grid",
                       (unsigned long long)first, UINT32_MAX);
    grid->n_sources = (uint32_t)first;
    return HK_OK;
}

/* Slices begin where a line of each column does, so that threads write no line together; those of more than a few lines where what is
 * drawn together does. */
static uint32_t grain_of(const hk_grid *grid, uint32_t n_mean)
{
    enum { IN_LINE = 16 }; /* single-precision numbers */
    if (grid->dense != NULL)
        return HK_ARRIVALS_GROUP;
    return n_mean >= 4 * HK_COUNTS_GROUP ? HK_COUNTS_GROUP : IN_LINE;
}

static uint32_t cut_at(const hk_grid *grid, uint32_t n, uint32_t part, uint32_t n_shards)
{
    uint64_t grain = grain_of(grid, n / n_shards);
    uint64_t at = ((uint64_t)n * part / n_shards + grain / 2) / grain * grain;
    return part == n_shards || at > n ? n : (uint32_t)at;
}

/* The neurons of population i that shard `number` of `n_shards` has. */
static hk_slice slice_of(const hk_grid *grid, size_t i, uint32_t number, uint32_t n_shards)
{
    uint32_t n = grid->sim->populations[i]->n;
    if (grid->populations[i].n_ports == 0)
        return (hk_slice){ 0 };
    if (grid->populations[i].whole)
        return (hk_slice){ .end = i % n_shards == number ? n : 0 };
    return (hk_slice){ .begin = cut_at(grid, n, number, n_shards), .end = cut_at(grid, n, number + 1, n_shards) };
}

/* Accumulators of n neurons: the next ones begin in another line. */
static uint32_t whole_lines(uint32_t n)
{
    enum { IN_LINE = 32 };
    return (n + IN_LINE - 1) / IN_LINE * IN_LINE;
}

static uint64_t most_accumulators(const hk_grid *grid, uint32_t n_shards)
{
    uint64_t most = 0;
    for (uint32_t number = 0; number < n_shards; number++) {
        uint64_t n = 0;
        for (size_t i = 0; i < grid->n_populations; i++) {
            hk_slice slice = slice_of(grid, i, number, n_shards);
            n += grid->populations[i].is_numbered
                     ? (uint64_t)whole_lines(slice.end - slice.begin) * grid->populations[i].n_ports
                     : 0;
        }
        most = n > most ? n : most;
    }
    return most;
}

/* How many synapses of a source arrive in one step, at least. */
static uint64_t mean_arrivals(const hk_grid *grid)
{
    uint64_t n_synapses = 0;
    int64_t least = INT64_MAX, most = 0;
    for (size_t k = 0; k < grid->n_projections; k++) {
        const hk_projection *p = grid->sim->projections[k];
        n_synapses += p->n_synapses;
        least = p->least_delay < least ? p->least_delay : least;
        most = p->most_delay > most ? p->most_delay : most;
    }
    return most < least || grid->n_sources == 0 ? 0 : n_synapses / grid->n_sources / (uint64_t)(most - least + 1);
}

/* As many shards as threads, or a multiple of it: for which 16 bits number their accumulators, and more where many synapses of a
 * source arrive together, so that slabs stay long. 0: there is none. */
static uint32_t wanted_shards(const hk_grid *grid)
{
    uint64_t n = 0, threads = hk_team_size(grid->sim->team);
    for (size_t i = 0; i < grid->n_populations; i++)
        n += (uint64_t)grid->sim->populations[i]->n * grid->populations[i].n_ports;
    uint64_t least = n / (threads * HK_MOST_ACCUMULATORS) + 1, arrivals = mean_arrivals(grid);
    while (n > threads * least * FAST_ACCUMULATORS && arrivals >= threads * (least + 1) * LONG_SLAB)
        least++;
    for (uint64_t rounds = least; rounds <= 4 * least + 64; rounds++)
        if (most_accumulators(grid, (uint32_t)(threads * rounds)) <= HK_MOST_ACCUMULATORS)
            return (uint32_t)(threads * rounds);
    return 0;
}

static int cut_shard(hk_grid *grid, uint32_t number)
{
    hk_shard *shard = &grid->shards[number];
    shard->slices = calloc(grid->n_populations + 1, sizeof *shard->slices);
    if (shard->slices == NULL)
        return HK_ENOMEM;
    for (size_t i = 0; i < grid->n_populations; i++) {
        const hk_population *p = grid->sim->populations[i];
        const hk_grid_population *g = &grid->populations[i];
        hk_slice *slice = &shard->slices[i];
        *slice = slice_of(grid, i, number, grid->n_shards);
        shard->n_neurons += slice->end - slice->begin;
        for (uint32_t port = 0; g->is_numbered && port < g->n_ports; port++) {
            slice->first[port] = shard->n_accumulators;
            shard->n_accumulators += whole_lines(slice->end - slice->begin);
        }
        for (uint32_t k = slice->begin; k < slice->end; k++) {
            hk_event release = {
                .step = p->held_until[k].step, .offset = p->held_until[k].offset, .kind = HK_EVENT_RELEASE, .source = k
            };
            if (release.step != INT64_MIN && hk_releases_push(&slice->releases, &release) != HK_OK)
                return HK_ENOMEM;
        }
    }
    if (grid->dense != NULL)
        return hk_dense_shard_create(grid, shard);
    shard->sums.low = hk_memory_alloc(shard->n_accumulators * sizeof *shard->sums.low);
    shard->sums.carry = hk_memory_alloc(shard->n_accumulators * sizeof *shard->sums.carry);
    return shard->sums.low == NULL || shard->sums.carry == NULL ? HK_ENOMEM : HK_OK;
}

static int cut_shards(hk_grid *grid)
{
    uint32_t n = wanted_shards(grid);
    if (n == 0)
        return hk_fail(
            grid->sim->ctx, HK_ERANGE,
            "simulation: its %zu populations cannot be cut into shards of at most %d neurons; are they too many?",
            grid->n_populations, HK_MOST_ACCUMULATORS);
    grid->shards = hk_memory_alloc(n * sizeof *grid->shards);
    if (grid->shards == NULL)
        return HK_ENOMEM;
    grid->n_shards = n;
    int rc = HK_OK;
    for (uint32_t s = 0; rc == HK_OK && s < n; s++)
        rc = cut_shard(grid, s);
    return rc;
}

/* --- synapses ---------------------------------------------------------------------------------------------------- */

/* Numbers the slices that have neurons, and lets the projections onto each population know of them. */
static int divide_projections(hk_grid *grid)
{
    hk_part *parts = malloc(grid->n_shards * sizeof *parts);
    int rc = parts == NULL ? HK_ENOMEM : HK_OK;
    for (size_t i = 0; rc == HK_OK && i < grid->n_populations; i++) {
        const hk_population *p = grid->sim->populations[i];
        uint32_t n = 0;
        for (uint32_t s = 0; s < grid->n_shards; s++) {
            hk_slice *slice = &grid->shards[s].slices[i];
            slice->part = n;
            if (slice->begin < slice->end)
                parts[n++] = (hk_part){ .index = slice->part, .begin = slice->begin, .end = slice->end };
        }
        for (size_t k = 0; rc == HK_OK && k < p->n_in; k++)
            rc = hk_projection_divide(p->in[k], parts, n);
    }
    free(parts);
    return rc;
}

/* Room for what other synapses than those on slabs bring. */
static int reserve_sums(hk_grid *grid)
{
    for (size_t k = 0; k < grid->n_projections; k++) {
        const hk_projection *projection = grid->sim->projections[k];
        hk_grid_population *g = &grid->populations[projection->post->index];
        for (uint32_t port = 0; grid->dense == NULL && !projection->on_slabs && port < g->n_ports; port++) {
            if (g->sum[port] == NULL)
                g->sum[port] = calloc(projection->post->n, sizeof(double));
            if (g->sum[port] == NULL)
                return HK_ENOMEM;
        }
    }
    return HK_OK;
}

static int64_t longest_delay(const hk_sim *sim)
{
    int64_t longest = 1;
    for (size_t k = 0; k < sim->n_projections; k++) {
        const hk_projection *p = sim->projections[k];
        for (uint32_t slot = 0; !p->on_slabs && slot < p->n_slots; slot++)
            longest = p->delay[slot] > longest ? p->delay[slot] : longest;
        if (p->on_slabs && p->most_delay > longest)
            longest = p->most_delay;
    }
    return longest;
}

void hk_grid_index_list(const hk_grid *grid, hk_spike_list *list)
{
    size_t k = 0;
    for (size_t i = 0; i < grid->n_populations; i++) {
        while (k < list->n && list->source[k] < grid->populations[i].first)
            k++;
        list->begin[i] = k;
    }
    list->begin[grid->n_populations] = list->n;
}

/* A longer ring keeps what is in flight, and the populations that were there before keep their places in it. */
static int grow_ring(hk_grid *grid, hk_spike_list **ring, size_t n)
{
    hk_spike_list *grown = calloc(n, sizeof *grown);
    int rc = grown == NULL ? HK_ENOMEM : HK_OK;
    for (size_t k = 0; rc == HK_OK && k < n; k++) {
        grown[k].begin = calloc(grid->n_populations + 1, sizeof *grown[k].begin);
        rc = grown[k].begin == NULL ? HK_ENOMEM : HK_OK;
    }
    int64_t now = grid->sim->step;
    for (int64_t step = now - (int64_t)grid->n_ring; rc == HK_OK && step < now; step++) {
        if (step < 0)
            continue;
        hk_spike_list *from = &(*ring)[hk_grid_ring(grid, step)], *to = &grown[(size_t)step & (n - 1)];
        to->source = from->source;
        to->n = from->n;
        to->capacity = from->capacity;
        to->impulse = from->impulse;
        to->impulse_capacity = from->impulse_capacity;
        from->source = NULL;
        from->impulse = NULL;
        hk_grid_index_list(grid, to);
    }
    if (rc != HK_OK) {
        fini_ring(grown, grown == NULL ? 0 : n);
        return rc;
    }
    fini_ring(*ring, grid->n_ring);
    *ring = grown;
    return HK_OK;
}

static int reserve_ring(hk_grid *grid)
{
    size_t least = (size_t)(longest_delay(grid->sim) + grid->sim->window + 1), n = grid->n_ring > 0 ? grid->n_ring : 1;
    while (n < least)
        n *= 2;
    int rc = grow_ring(grid, &grid->lists[HK_FROM_SOURCES], n);
    if (rc == HK_OK)
        rc = grow_ring(grid, &grid->lists[HK_FROM_NEURONS], n);
    if (rc == HK_OK)
        grid->n_ring = n;
    return rc;
}

/* Spikes in flight: their cursors stand behind the slabs that have been delivered. */
static int place_cursors(const hk_grid *grid, hk_shard *shard, int from, int64_t sent)
{
    int rc = hk_grid_start_cursors(grid, shard, from, sent);
    hk_cursors *cursors = &shard->cursors[from][hk_grid_ring(grid, sent)];
    for (size_t i = 0; rc == HK_OK && i < grid->n_populations; i++) {
        const size_t *begin = hk_grid_list(grid, from, sent)->begin,
                     size = hk_synapse_bytes(grid->populations[i].units);
        for (size_t k = begin[i]; k < begin[i + 1]; k++)
            for (uint32_t slot = 0; slot < grid->n_slots && sent + (int64_t)grid->delay[slot] < grid->sim->step; slot++)
                cursors->next[k] += cursors->length[slot * cursors->n + k] * size;
    }
    return rc;
}

static int make_cursors(hk_grid *grid)
{
    int rc = HK_OK;
    int64_t now = grid->sim->step;
    for (uint32_t s = 0; rc == HK_OK && s < grid->n_shards && grid->n_slots > 0; s++) {
        hk_shard *shard = &grid->shards[s];
        shard->started = now;
        hk_grid_unprepare(shard);
        if (shard->due.lists == NULL)
            shard->due.lists = malloc(2 * (size_t)grid->n_slots * grid->n_senders * sizeof *shard->due.lists);
        rc = shard->due.lists == NULL ? HK_ENOMEM : HK_OK;
        for (int from = HK_FROM_SOURCES; rc == HK_OK && from <= HK_FROM_NEURONS; from++) {
            if (shard->cursors[from] == NULL)
                shard->cursors[from] = calloc(grid->n_ring, sizeof **shard->cursors);
            rc = shard->cursors[from] == NULL ? HK_ENOMEM : HK_OK;
            for (int64_t sent = now - (int64_t)grid->n_ring; rc == HK_OK && sent < now; sent++)
                if (sent >= 0)
                    rc = place_cursors(grid, shard, from, sent);
        }
    }
    return rc;
}

/* Who is held, and until when. */
static int list_releases(hk_grid *grid)
{
    for (uint32_t s = 0; s < grid->n_shards; s++)
        for (size_t i = 0; i < grid->n_populations; i++) {
            const hk_population *p = grid->sim->populations[i];
            hk_slice *slice = &grid->shards[s].slices[i];
            hk_releases_clear(&slice->releases);
            for (uint32_t k = slice->begin; k < slice->end; k++) {
                hk_event release = { .step = p->held_until[k].step,
                                     .offset = p->held_until[k].offset,
                                     .kind = HK_EVENT_RELEASE,
                                     .source = k };
                if (release.step != INT64_MIN && hk_releases_push(&slice->releases, &release) != HK_OK)
                    return HK_ENOMEM;
            }
        }
    return HK_OK;
}

int hk_grid_resume(hk_grid *grid)
{
    hk_grid_wait(grid);
    int rc = list_releases(grid);
    return rc == HK_OK ? make_cursors(grid) : rc;
}

void hk_grid_forget(hk_grid *grid)
{
    hk_grid_wait(grid);
    for (size_t k = 0; k < grid->n_ring; k++)
        for (int from = HK_FROM_SOURCES; from <= HK_FROM_NEURONS; from++) {
            hk_spike_list *list = &grid->lists[from][k];
            list->n = 0;
            memset(list->begin, 0, (grid->n_populations + 1) * sizeof *list->begin);
            for (uint32_t s = 0; s < grid->n_shards; s++)
                if (grid->shards[s].cursors[from] != NULL)
                    grid->shards[s].cursors[from][k].n = 0;
        }
    for (uint32_t s = 0; s < grid->n_shards; s++) {
        hk_grid_unprepare(&grid->shards[s]);
        for (size_t i = 0; i < grid->n_populations; i++)
            hk_releases_clear(&grid->shards[s].slices[i].releases);
    }
}

int hk_grid_build(hk_grid *grid)
{
    hk_sim *sim = grid->sim;
    int rc = grid->dense != NULL ? hk_dense_prepare(grid) : HK_OK;
    if (rc != HK_OK || is_current(grid))
        return rc;
    hk_grid_wait(grid);
    hk_ctx_clear(sim->ctx);
    grid->is_built = false;
    fini_shards(grid);
    for (size_t k = 0; k < sim->n_projections; k++)
        if (sim->projections[k]->asked.pre != NULL)
            hk_projection_undraw(sim->projections[k]);
    rc = describe_populations(grid);
    if (rc == HK_OK)
        rc = cut_shards(grid);
    if (rc == HK_OK)
        rc = hk_grid_build_slabs(grid);
    for (size_t k = 0; rc == HK_OK && k < sim->n_projections; k++)
        if (sim->projections[k]->asked.pre != NULL && !sim->projections[k]->on_slabs)
            rc = hk_projection_draw(sim->projections[k]);
    if (rc == HK_OK)
        rc = divide_projections(grid);
    if (rc == HK_OK)
        rc = reserve_sums(grid);
    if (rc == HK_OK)
        rc = reserve_ring(grid);
    if (rc == HK_OK && grid->dense != NULL)
        hk_dense_renew(grid);
    if (rc == HK_OK)
        rc = hk_grid_resume(grid);
    grid->is_built = rc == HK_OK;
    if (rc == HK_ENOMEM && hk_ctx_message(sim->ctx)[0] == '\0')
        return hk_fail(sim->ctx, rc, "simulation: out of memory for its synapses");
    return rc;
}
