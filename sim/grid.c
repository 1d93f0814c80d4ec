/* sim/grid.c - a window on the grid: see grid.h. */
#include "sim/grid.h"

#include "sim/dense.h"
#include "sim/storage.h"
#include "sim/subnormal.h"

#include <math.h>
#include <stdlib.h>

enum {
    CHUNK = 512, /* neurons advanced together: their inputs stay in the first cache */
    LINE = 64,
};

/* --- through projections that keep their own weights ------------------------------------------------------------ */

static void add_slab(const hk_slab *slab, double *const *sum, uint32_t n_ports)
{
    double *const port[] = { sum[0], n_ports == 2 ? sum[1] : sum[0] }; /* by the sign of the weight */
    if (slab->target != NULL && slab->weight != NULL && n_ports == 1)
        for (uint32_t k = 0; k < slab->n; k++)
            sum[0][slab->target[k]] += (double)slab->weight[k];
    else if (slab->target != NULL && slab->weight != NULL)
        for (uint32_t k = 0; k < slab->n; k++)
            port[slab->weight[k] < 0.0f][slab->target[k]] += (double)slab->weight[k];
    else
        for (uint32_t k = 0; k < slab->n; k++) {
            double w = slab->weight64 != NULL ? slab->weight64[k] : (double)slab->weight[k];
            port[w < 0.0][hk_slab_target(slab, k)] += w;
        }
}

/* The hardware follows a slab within its page, once it has begun. */
static void fetch_slab(const hk_slab *slab)
{
    enum { FIRST = 8 };
    uint32_t in_line = LINE / sizeof *slab->target, lines = (slab->n + in_line - 1) / in_line;
    for (uint32_t k = 0; k < lines && k < FIRST; k++) {
        if (slab->target != NULL)
            __builtin_prefetch(slab->target + k * in_line);
        if (slab->weight != NULL)
            __builtin_prefetch(slab->weight + k * in_line, 1);
    }
}

static void arrive(const hk_projection *projection, const hk_part *part, uint32_t source, uint32_t slot, hk_time now)
{
    for (hk_rule *rule = projection->rules; rule != NULL; rule = rule->next)
        if (rule->enabled && rule->type->pre != NULL)
            rule->type->pre(rule->state, part, source, slot, now);
}

/* Through one projection that keeps single- or double-precision weights. */
static void deliver_projection(const hk_grid *grid, hk_shard *shard, const hk_projection *projection, int64_t step)
{
    const hk_grid_population *to = &grid->populations[projection->post->index];
    const hk_slice *slice = &shard->slices[projection->post->index];
    uint32_t pre = projection->pre->index, first = grid->populations[pre].first;
    if (slice->begin == slice->end)
        return;
    int from = projection->pre->model->kind == HK_MODEL_SOURCE ? HK_FROM_SOURCES : HK_FROM_NEURONS;
    hk_part part = { .index = slice->part, .begin = slice->begin, .end = slice->end };
    hk_time now = hk_time_grid(step + 1, grid->sim->resolution_ms);
    for (uint32_t slot = 0; slot < projection->n_slots; slot++) {
        int64_t sent = step - projection->delay[slot];
        if (sent < projection->born)
            continue;
        const hk_spike_list *list = hk_grid_list(grid, from, sent);
        size_t end = list->begin[pre + 1];
        for (size_t k = list->begin[pre]; k < end; k++) {
            uint32_t source = list->source[k] - first;
            if (k + 2 < end)
                hk_storage_fetch(projection, list->source[k + 2] - first, slot, &part);
            if (k + 1 < end) {
                hk_slab next = hk_storage_part(projection, list->source[k + 1] - first, slot, &part);
                fetch_slab(&next);
            }
            arrive(projection, &part, source, slot, now);
            hk_slab slab = hk_storage_part(projection, source, slot, &part);
            add_slab(&slab, to->sum, to->n_ports);
            shard->n_synaptic_events += slab.n;
            shard->n_events += slab.n > 0;
        }
    }
}

/* --- neurons ---------------------------------------------------------------------------------------------------- */

typedef struct inputs {
    bool is_collected; /* into `in`: else the model has taken what arrived already */
    uint32_t n_ports;  /* of `in` */
    _Alignas(LINE) double in[HK_MOST_PORTS][CHUNK];
    _Alignas(LINE) uint8_t counts[CHUNK + HK_COUNTS_GROUP];
    bool lost[CHUNK];
} inputs;

/* What arrives at the end of the step at neurons begin ... begin + n - 1 through slabs and from their drive. */
static void find_arrived(const hk_grid *grid, hk_shard *shard, const hk_population *p, uint32_t begin, uint32_t n,
                         int64_t step, inputs *got, hk_arrived arrived[HK_MOST_PORTS])
{
    const hk_grid_population *g = &grid->populations[p->index];
    const hk_slice *slice = &shard->slices[p->index];
    bool is_driven = p->drive_counts.n_limits > 0;
    uint32_t driven = g->n_ports == 2 && p->drive_weight < 0.0 ? 1 : 0, lead = begin % HK_COUNTS_GROUP;
    if (is_driven) {
        hk_counts_at at = { .seed = grid->sim->seed, .id = p->name_id, .step = step };
        grid->kernels->counts(&p->drive_counts, &at, begin - lead, n + lead, got->counts);
    }
    for (uint32_t port = 0; port < g->n_ports; port++) {
        uint32_t first = slice->first[port] + (begin - slice->begin);
        arrived[port] = (hk_arrived){ .low = g->on_slabs ? shard->sums.low + first : NULL,
                                      .carry = shard->sums.has_carried ? shard->sums.carry + first : NULL,
                                      .scale = g->scale[port],
                                      .counts = is_driven && port == driven ? got->counts + lead : NULL,
                                      .weight = p->drive_weight };
    }
}

/* All of it, what has come through other projections too. */
static void collect(const hk_grid *grid, const hk_population *p, uint32_t begin, uint32_t n, const hk_arrived *arrived,
                    inputs *got)
{
    const hk_grid_population *g = &grid->populations[p->index];
    for (uint32_t port = 0; port < g->n_ports; port++) {
        double *in = got->in[port], *sum = g->sum[port] == NULL ? NULL : g->sum[port] + begin;
        grid->kernels->collect(&arrived[port], in, n);
        for (uint32_t k = 0; sum != NULL && k < n; k++) {
            in[k] += sum[k];
            sum[k] = 0.0;
        }
    }
}

static int add_fired(hk_shard *shard, uint32_t neuron)
{
    if (shard->n_fired == shard->fired_capacity) {
        size_t capacity = 2 * shard->fired_capacity + 256;
        uint32_t *fired = realloc(shard->fired, capacity * sizeof *fired);
        if (fired == NULL)
            return HK_ENOMEM;
        shard->fired = fired;
        shard->fired_capacity = capacity;
    }
    shard->fired[shard->n_fired++] = neuron;
    return HK_OK;
}

/* Held neurons are let go at the end of the last step of their time, before what arrives then is added. */
static int hold(const hk_grid *grid, hk_slice *slice, hk_population *p, uint32_t i, int64_t step, double hold_ms)
{
    const double none[HK_MOST_PORTS] = { 0.0, 0.0 };
    double steps = nearbyint(hold_ms / grid->sim->resolution_ms);
    if (steps < 1.0) {
        (void)p->model->wake(&p->view, i, none);
        return HK_OK;
    }
    hk_event release = { .step = step + (steps < 1e15 ? (int64_t)steps : (int64_t)1e15),
                         .offset = grid->sim->resolution_ms,
                         .kind = HK_EVENT_RELEASE,
                         .source = i };
    p->held_until[i] = hk_event_time(&release);
    return hk_releases_push(&slice->releases, &release);
}

/* Lets go those of begin ... end - 1 whose time has come; they may spike at once. Stale releases, of neurons that have been
 * held again since, are dropped. */
static void release_due(hk_shard *shard, hk_population *p, uint32_t begin, uint32_t end, int64_t step,
                        const inputs *got)
{
    hk_releases *releases = &shard->slices[p->index].releases;
    const hk_event *first;
    while ((first = hk_releases_first(releases)) != NULL && first->step <= step && first->source < end) {
        hk_event release = *first;
        hk_releases_pop(releases);
        uint32_t i = release.source;
        if (i < begin || p->held_until[i].step != release.step)
            continue;
        double in[HK_MOST_PORTS] = { 0.0, 0.0 };
        for (uint32_t port = 0; got->is_collected && port < got->n_ports; port++)
            in[port] = got->in[port][i - begin];
        p->held_until[i] = HK_NOT_HELD;
        if (p->model->wake(&p->view, i, in))
            hk_hits_add(&shard->hits, i);
    }
    if (first != NULL) /* with luck of a chunk to come */
        __builtin_prefetch(&p->held_until[first->source], 1);
}

static int fire(const hk_grid *grid, hk_shard *shard, hk_population *p, uint32_t i, int64_t step)
{
    hk_time now = hk_time_grid(step + 1, grid->sim->resolution_ms);
    double refractory_ms = p->model->fire(&p->view, i, now);
    p->counts[i]++;
    hk_slice *slice = &shard->slices[p->index];
    hk_part part = { .index = slice->part, .begin = slice->begin, .end = slice->end };
    int rc = hold(grid, slice, p, i, step, refractory_ms);
    for (size_t k = 0; k < p->n_in && grid->populations[p->index].n_rules > 0; k++)
        for (hk_rule *rule = p->in[k]->rules; rule != NULL; rule = rule->next)
            if (rule->enabled && rule->type->post != NULL)
                rule->type->post(rule->state, &part, i, now);
    return rc == HK_OK ? add_fired(shard, i) : rc;
}

/* Winner takes all: it spikes, the others are reset and held. */
static int fire_winner(const hk_grid *grid, hk_shard *shard, hk_population *p, int64_t step)
{
    hk_time now = hk_time_grid(step + 1, grid->sim->resolution_ms);
    uint32_t winner = shard->hits.neuron[0];
    for (size_t k = 1; k < shard->hits.n; k++)
        if (p->model->excess(&p->view, shard->hits.neuron[k], now) > p->model->excess(&p->view, winner, now))
            winner = shard->hits.neuron[k];
    for (uint32_t i = 0; p->competition == HK_WINNER_TAKES_ALL && i < p->n; i++) {
        int64_t until = step + (int64_t)nearbyint(p->hold_ms / grid->sim->resolution_ms);
        if (i == winner || p->held_until[i].step >= until)
            continue;
        p->model->hold(&p->view, i, i + 1, now);
        int rc = hold(grid, &shard->slices[p->index], p, i, step, p->hold_ms);
        if (rc != HK_OK)
            return rc;
    }
    return fire(grid, shard, p, winner, step);
}

static int compare_neurons(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* As they are, but for neurons that fire as soon as they are let go. */
static bool is_ascending(const hk_hits *hits)
{
    size_t k = 1;
    while (k < hits->n && hits->neuron[k - 1] < hits->neuron[k])
        k++;
    return k >= hits->n;
}

static int fire_hits(const hk_grid *grid, hk_shard *shard, hk_population *p, int64_t step)
{
    int rc = HK_OK;
    if (!is_ascending(&shard->hits))
        qsort(shard->hits.neuron, shard->hits.n, sizeof *shard->hits.neuron, compare_neurons);
    if (p->competition != HK_FREE && shard->hits.n > 0)
        rc = fire_winner(grid, shard, p, step);
    else
        for (size_t k = 0; rc == HK_OK && k < shard->hits.n; k++)
            rc = fire(grid, shard, p, shard->hits.neuron[k], step);
    shard->hits.n = 0;
    return rc;
}

/* Where neurons take turns, those that are at threshold already have lost: their turn may come with their next input. */
static void note_losers(const hk_population *p, uint32_t begin, uint32_t end, int64_t step, inputs *got)
{
    hk_time now = hk_time_grid(step, p->sim->resolution_ms);
    for (uint32_t i = begin; i < end; i++)
        got->lost[i - begin] = p->model->excess(&p->view, i, now) >= 0.0;
}

static void drop_losers(hk_shard *shard, uint32_t begin, size_t n_hits, const inputs *got)
{
    size_t kept = n_hits;
    for (size_t k = n_hits; k < shard->hits.n; k++) {
        uint32_t at = shard->hits.neuron[k] - begin;
        bool stays = !got->lost[at];
        for (uint32_t port = 0; port < got->n_ports; port++)
            stays = stays || got->in[port][at] != 0.0;
        if (stays)
            shard->hits.neuron[kept++] = shard->hits.neuron[k];
    }
    shard->hits.n = kept;
}

/* Neurons begin ... end - 1 of one population go one step on. */
static void step_neurons(const hk_grid *grid, hk_shard *shard, hk_population *p, uint32_t begin, uint32_t end,
                         int64_t step, inputs *got)
{
    const hk_grid_population *g = &grid->populations[p->index];
    hk_arrived arrived[HK_MOST_PORTS];
    find_arrived(grid, shard, p, begin, end - begin, step, got, arrived);
    bool is_summed = g->sum[0] == NULL && g->sum[1] == NULL && p->competition == HK_FREE;
    got->is_collected = !is_summed || p->model->step_arrived == NULL ||
                        !p->model->step_arrived(&p->view, begin, end, arrived, &shard->hits);
    if (!got->is_collected)
        return;
    const double *in[HK_MOST_PORTS] = { got->in[0], got->in[1] };
    collect(grid, p, begin, end - begin, arrived, got);
    if (p->competition == HK_ONE_AT_A_TIME)
        note_losers(p, begin, end, step, got);
    size_t n_hits = shard->hits.n;
    p->model->step(&p->view, begin, end, in, &shard->hits);
    if (p->competition == HK_ONE_AT_A_TIME)
        drop_losers(shard, begin, n_hits, got);
}

static int step_slice(const hk_grid *grid, hk_shard *shard, hk_population *p, int64_t step)
{
    const hk_slice *slice = &shard->slices[p->index];
    inputs got;
    got.n_ports = grid->populations[p->index].n_ports;
    for (uint32_t begin = slice->begin, end; begin < slice->end; begin = end) {
        end = begin / HK_COUNTS_GROUP * HK_COUNTS_GROUP + CHUNK; /* counts are drawn for whole groups */
        end = end < slice->end ? end : slice->end;
        int rc = hk_hits_reserve(&shard->hits, 2 * CHUNK);
        if (rc != HK_OK)
            return rc;
        hk_grid_fetch_slabs(shard, shard->n_stepped + (end - begin), shard->n_neurons);
        size_t n_hits = shard->hits.n;
        step_neurons(grid, shard, p, begin, end, step, &got);
        for (size_t k = n_hits; k < shard->hits.n; k++) { /* which fire_hits() will want */
            __builtin_prefetch(&p->held_until[shard->hits.neuron[k]], 1);
            __builtin_prefetch(&p->counts[shard->hits.neuron[k]], 1);
        }
        shard->n_stepped += end - begin;
        release_due(shard, p, begin, end, step, &got);
    }
    return fire_hits(grid, shard, p, step);
}

/* For the lists from step `begin` to `end` - 1. Rows of the next list are on their way while those of one are read. */
static int start_lists(const hk_grid *grid, hk_shard *shard, int from, int64_t begin, int64_t end)
{
    int rc = HK_OK;
    if (begin < end)
        hk_grid_fetch_rows(grid, shard, from, begin);
    for (int64_t step = begin; rc == HK_OK && step < end; step++) {
        if (step + 1 < end)
            hk_grid_fetch_rows(grid, shard, from, step + 1);
        rc = hk_grid_start_cursors(grid, shard, from, step);
    }
    return rc;
}

/* Cursors for the lists that have been completed since the last window: of its neurons, and of the sources in this one. */
static int start_cursors(const hk_grid *grid, hk_shard *shard)
{
    int rc = start_lists(grid, shard, HK_FROM_NEURONS, shard->started, grid->sim->step);
    if (rc == HK_OK)
        rc = start_lists(grid, shard, HK_FROM_SOURCES, grid->sim->step, grid->end);
    shard->started = grid->sim->step;
    return rc;
}

/* Room for the ends of its steps, in memory of the thread that will write them. */
static int reserve_ends(const hk_grid *grid, hk_shard *shard)
{
    const size_t n = (size_t)(grid->end - grid->sim->step) * grid->sim->n_populations + 1;
    if (n <= shard->ends_capacity)
        return HK_OK;
    size_t *ends = realloc(shard->fired_end, n * sizeof *ends);
    if (ends == NULL)
        return HK_ENOMEM;
    shard->fired_end = ends;
    shard->ends_capacity = n;
    return HK_OK;
}

static int shard_window(const hk_grid *grid, hk_shard *shard)
{
    const hk_sim *sim = grid->sim;
    shard->n_fired = 0;
    for (int64_t step = sim->step; step < grid->end; step++) {
        int rc = grid->n_slots > 0 ? hk_grid_deliver_slabs(grid, shard, step) : HK_OK;
        for (size_t i = 0; rc == HK_OK && i < sim->n_projections; i++)
            if (!sim->projections[i]->on_slabs)
                deliver_projection(grid, shard, sim->projections[i], step);
        size_t *ends = shard->fired_end + (size_t)(step - sim->step) * sim->n_populations;
        for (size_t i = 0; rc == HK_OK && i < sim->n_populations; i++) {
            if (sim->populations[i]->model->kind == HK_MODEL_NEURON)
                rc = step_slice(grid, shard, sim->populations[i], step);
            ends[i] = shard->n_fired;
        }
        shard->sums.has_carried = false;
        shard->n_stepped = 0;
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

/* After the last of its shards a member leaves: from then on the caller may turn to the next window, and only what is the shard's own
 * is looked at. */
static void work(void *user, unsigned member)
{
    hk_grid *grid = user;
    const hk_sim *sim = grid->sim;
    const hk_grid_kernels *kernels = grid->kernels;
    const uint32_t n_shards = grid->n_shards, n_workers = sim->n_workers;
    const bool goes_on = grid->goes_on, lags = grid->may_lag && member > 0;
    unsigned mode = hk_subnormal_to_zero();
    for (uint32_t k = member; k < n_shards; k += n_workers) /* what a spike looks up for them lies together */
        grid->shards[k].rc = grid->n_slots > 0 ? start_cursors(grid, &grid->shards[k]) : HK_OK;
    for (uint32_t k = member; k < n_shards; k += n_workers) {
        hk_shard *shard = &grid->shards[k];
        if (shard->rc == HK_OK)
            shard->rc = reserve_ends(grid, shard);
        if (shard->rc == HK_OK)
            shard->rc = grid->dense != NULL ? hk_dense_shard_window(grid, shard) : shard_window(grid, shard);
        if (k + n_workers >= n_shards) {
            const hk_steps steps = hk_grid_claim_spikes(grid);
            if (!lags)
                hk_grid_finish_spikes(grid, steps);
            hk_team_leave(sim->team, member);
            if (lags)
                hk_grid_finish_spikes(grid, steps);
        }
        if (goes_on)
            hk_grid_deliver_ahead(kernels, shard);
    }
    hk_subnormal_restore(mode);
}

/* --- a window ------------------------------------------------------------------------------------------------------ */

/* Where a window has so little to do that handing it round takes longer, the caller's thread does all of it. */
static bool is_worth_sharing(const hk_grid *grid)
{
    const hk_sim_stats *stats = &grid->sim->stats;
    uint64_t n = stats->windows > 0 ? stats->synaptic_events / stats->windows : 0;
    for (uint32_t s = 0; s < grid->n_shards; s++)
        n += grid->shards[s].n_neurons * (uint64_t)(grid->end - grid->sim->step);
    return grid->dense != NULL || n >= grid->sim->least_work;
}

static int run_shards(hk_grid *grid)
{
    hk_sim *sim = grid->sim;
    sim->n_workers = is_worth_sharing(grid) ? hk_team_size(sim->team) : 1;
    if (sim->n_workers > 1) {
        hk_team_run(sim->team, work, grid);
    } else {
        hk_grid_wait(grid);
        work(grid, 0);
    }
    grid->is_ahead = sim->n_workers > 1 && grid->goes_on;
    int rc = HK_OK;
    for (uint32_t s = 0; s < grid->n_shards; s++) {
        hk_shard *shard = &grid->shards[s];
        rc = rc == HK_OK ? shard->rc : rc;
        sim->stats.events += shard->n_events;
        sim->stats.synaptic_events += shard->n_synaptic_events;
        shard->n_events = shard->n_synaptic_events = 0;
    }
    return rc;
}

void hk_grid_wait(hk_grid *grid)
{
    if (grid->is_ahead)
        hk_team_wait(grid->sim->team);
    grid->is_ahead = false;
}

/* What the sources send in this window. Nobody waits for them: they are recorded at once. */
static int send_from_sources(hk_grid *grid)
{
    const hk_sim *sim = grid->sim;
    bool any = false;
    int rc = HK_OK;
    for (size_t i = 0; rc == HK_OK && i < sim->n_populations; i++) {
        hk_population *p = sim->populations[i];
        if (p->model->kind != HK_MODEL_SOURCE)
            continue;
        any = true;
        p->n_spikes = 0;
        rc = hk_source_window(p, grid->end);
        hk_population_order_spikes(p);
    }
    /* Others, too, would use what finishing uses; and the lists of two windows must be different ones. */
    grid->may_lag = grid->goes_on && grid->dense == NULL && !any && grid->n_ring >= 2 * (size_t)sim->window;
    if (rc == HK_OK && any)
        rc = hk_grid_list_sources(grid);
    for (size_t i = 0; rc == HK_OK && i < sim->n_populations; i++)
        if (sim->populations[i]->model->kind == HK_MODEL_SOURCE)
            rc = hk_population_finish_window(sim->populations[i]);
    return rc;
}

static int report(const hk_grid *grid, int rc)
{
    if (rc == HK_ENOMEM)
        return hk_fail(grid->sim->ctx, rc, "simulation: out of memory at %.4f ms", hk_sim_now_ms(grid->sim));
    return rc;
}

/* The first failure of hk_grid_finish_spikes() that nobody was told of. */
static int report_finished(hk_grid *grid)
{
    return report(grid, atomic_exchange(&grid->finish_rc, HK_OK));
}

int hk_grid_window(hk_grid *grid, int64_t end)
{
    hk_sim *sim = grid->sim;
    int64_t window_end = (sim->step / sim->window + 1) * sim->window;
    grid->end = end < window_end ? end : window_end;
    grid->goes_on = grid->end < end;
    int rc = send_from_sources(grid);
    if (rc == HK_OK)
        rc = run_shards(grid);
    if (rc == HK_OK)
        rc = hk_grid_list_fired(grid);
    if (rc != HK_OK)
        return report(grid, rc);
    sim->step = grid->end;
    sim->stats.windows++;
    if (sim->on_window != NULL)
        hk_grid_finish_spikes(grid, hk_grid_claim_spikes(grid));
    return report_finished(grid);
}

int hk_grid_finish(hk_grid *grid)
{
    hk_grid_wait(grid);
    hk_grid_finish_spikes(grid, hk_grid_claim_spikes(grid));
    return report_finished(grid);
}
