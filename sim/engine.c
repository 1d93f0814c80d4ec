/* sim/engine.c - one window: see engine.h. */
#include "sim/drive.h"
#include "sim/storage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_held(const hk_population *p, uint32_t i)
{
    return p->held_until[i].step != INT64_MIN;
}

int hk_population_reserve_spikes(hk_population *p, size_t more)
{
    if (p->n_spikes + more <= p->spikes_capacity)
        return HK_OK;
    size_t capacity = 2 * (p->n_spikes + more) + 64;
    hk_spike *spikes = realloc(p->spikes, capacity * sizeof *spikes);
    if (spikes == NULL)
        return HK_ENOMEM;
    p->spikes = spikes;
    p->spikes_capacity = capacity;
    return HK_OK;
}

static int add_spike(hk_population *p, hk_time time, uint32_t neuron)
{
    int rc = hk_population_reserve_spikes(p, 1);
    if (rc == HK_OK)
        p->spikes[p->n_spikes++] = (hk_spike){ .time = time, .neuron = neuron };
    return rc;
}

/* --- sources ---------------------------------------------------------------------------------------------- */

static int draw_next(hk_population *p, uint32_t i, hk_time now)
{
    hk_stream stream = hk_stream_open(p->sim->seed, HK_PURPOSE_POISSON, p->name_id, i);
    stream.counter = p->counter[i];
    double after_ms = p->model->next(&p->view, i, now, &stream);
    p->counter[i] = stream.counter;
    if (!(after_ms < 1e15)) /* never, or not in this life */
        return HK_OK;
    hk_time at = hk_time_after(now, after_ms, p->sim->resolution_ms);
    return hk_queue_push(p->queue,
                         &(hk_event){ .step = at.step, .offset = at.offset, .kind = HK_EVENT_SPIKE, .source = i });
}

int hk_population_draw_sources(hk_population *population)
{
    hk_queue_clear(population->queue);
    for (uint32_t i = 0; i < population->n; i++) {
        int rc = draw_next(population, i, hk_population_now(population));
        if (rc != HK_OK)
            return hk_fail(population->sim->ctx, rc, "population %s: out of memory", population->name);
    }
    return HK_OK;
}

int hk_source_window(hk_population *p, int64_t end)
{
    const hk_event *given;
    size_t n;
    int rc = hk_lane_take(&p->given, end, &given, &n);
    if (rc == HK_OK)
        rc = hk_population_reserve_spikes(p, n);
    for (size_t k = 0; rc == HK_OK && k < n; k++)
        p->spikes[p->n_spikes++] = (hk_spike){ .time = hk_event_time(&given[k]), .neuron = given[k].source };
    while (rc == HK_OK && p->model->next != NULL && hk_queue_next_step(p->queue) < end) {
        hk_event event;
        (void)hk_queue_pop(p->queue, &event);
        rc = add_spike(p, hk_event_time(&event), event.source);
        if (rc == HK_OK)
            rc = draw_next(p, event.source, hk_event_time(&event));
    }
    return rc;
}

/* --- neurons: one instant ------------------------------------------------------------------------------------ */

static int push_internal(hk_population *p, hk_event_kind kind, hk_time time, uint32_t neuron, uint32_t stamp)
{
    return hk_heap_push(
        &p->internal,
        &(hk_event){
            .step = time.step, .offset = time.offset, .kind = (uint16_t)kind, .source = neuron, .stamp = stamp });
}

static int hold_until(hk_population *p, uint32_t i, hk_time now, double hold_ms)
{
    p->n_held += is_held(p, i) ? 0 : 1;
    p->held_until[i] = hk_time_after(now, hold_ms, p->sim->resolution_ms);
    return push_internal(p, HK_EVENT_RELEASE, p->held_until[i], i, 0);
}

static void release(hk_population *p, uint32_t begin, uint32_t end, hk_time now, hk_time horizon)
{
    p->model->release(&p->view, begin, end, now);
    for (uint32_t i = begin; i < end; i++) {
        p->held_until[i] = HK_NOT_HELD;
        p->stamp[i] = p->view.stamp_now;
    }
    p->n_held -= end - begin;
    if (p->spontaneous)
        p->model->sweep(&p->view, begin, end, now, horizon, &p->hits);
}

/* Ends the refractoriness of one neuron or, after a competition, of all that are not held for longer. */
static int release_due(hk_population *p, uint32_t who, hk_time now, hk_time horizon)
{
    uint32_t first = who == HK_ALL_NEURONS ? 0 : who, last = who == HK_ALL_NEURONS ? p->n : who + 1;
    int rc = hk_hits_reserve(&p->hits, last - first);
    if (rc != HK_OK)
        return rc;
    for (uint32_t i = first; i < last;) {
        uint32_t run = i;
        while (run < last && is_held(p, run) && !hk_time_before(now, p->held_until[run]))
            run++;
        if (run > i)
            release(p, i, run, now, horizon);
        i = run + 1;
    }
    return HK_OK;
}

/* Sorts the hits and drops repeated ones: a few by insertion, many through one bit a neuron. */
static void sort_hits(hk_population *p)
{
    enum { FEW = 16 };
    uint32_t *neuron = p->hits.neuron;
    size_t n = p->hits.n, kept = 0;
    if (n <= FEW) {
        for (size_t k = 0; k < n; k++) {
            uint32_t moving = neuron[k];
            size_t to = kept;
            while (to > 0 && neuron[to - 1] > moving)
                to--;
            if (to > 0 && neuron[to - 1] == moving)
                continue;
            memmove(neuron + to + 1, neuron + to, (kept - to) * sizeof *neuron);
            neuron[to] = moving;
            kept++;
        }
    } else {
        for (size_t k = 0; k < n; k++)
            p->is_hit[neuron[k] / 64] |= (uint64_t)1 << neuron[k] % 64;
        for (uint32_t word = 0; word * 64u < p->n; word++) {
            for (uint64_t bits = p->is_hit[word]; bits != 0; bits &= bits - 1)
                neuron[kept++] = word * 64 + (uint32_t)__builtin_ctzll(bits);
            p->is_hit[word] = 0;
        }
    }
    p->hits.n = kept;
}

/* `last_reports`: the last slab of this instant goes to every neuron, so hits of those before it need not be kept. */
static int deliver(hk_population *p, const hk_event *event, hk_time now, hk_time horizon, bool last_reports)
{
    bool driven = event->group == HK_GROUP_DRIVE;
    hk_projection *projection = driven ? NULL : p->sim->projections[event->group];
    for (hk_rule *rule = driven ? NULL : projection->rules; rule != NULL; rule = rule->next)
        if (rule->enabled && rule->type->pre != NULL)
            rule->type->pre(rule->state, &(hk_part){ .end = p->n }, event->source, event->slot, now);
    hk_slab slab = driven ? hk_drive_slab(p, event->source) : hk_storage_slab(projection, event->source, event->slot);
    p->n_events++;
    p->n_synaptic_events += driven ? 0 : slab.n;
    if (p->n_held == p->n && p->model->deaf_when_held)
        return HK_OK;
    if (p->hits.n > 2 * (size_t)p->n) /* many inputs at one instant report the same neurons */
        sort_hits(p);
    size_t n_hits = p->hits.n;
    int rc = hk_hits_reserve(&p->hits, slab.n);
    if (rc == HK_OK)
        p->model->receive(&p->view, &slab, now, horizon, &p->hits);
    if (last_reports)
        p->hits.n = n_hits;
    return rc;
}

/* Looks at each hit: keeps in `hits` those that spike now, plans a spike for those that will in this window. */
static int judge_hits(hk_population *p, hk_time now, hk_time horizon)
{
    sort_hits(p);
    size_t n = p->hits.n;
    p->hits.n = 0;
    for (size_t k = 0; k < n; k++) {
        uint32_t i = p->hits.neuron[k];
        double after_ms = p->model->predict(&p->view, i, now, horizon);
        if (after_ms == 0.0) {
            hk_hits_add(&p->hits, i);
        } else if (after_ms < INFINITY) {
            hk_time at = hk_time_after(now, after_ms, p->sim->resolution_ms);
            p->stamp[i] = p->view.stamp_now;
            int rc = push_internal(p, HK_EVENT_SPIKE, at, i, p->view.stamp_now);
            if (rc != HK_OK)
                return rc;
        }
    }
    return HK_OK;
}

static int fire(hk_population *p, uint32_t i, hk_time now)
{
    double refractory_ms = p->model->fire(&p->view, i, now);
    p->stamp[i] = p->view.stamp_now;
    p->counts[i]++;
    int rc = add_spike(p, now, i);
    if (rc == HK_OK)
        rc = hold_until(p, i, now, refractory_ms);
    for (size_t k = 0; k < p->n_in; k++)
        for (hk_rule *rule = p->in[k]->rules; rule != NULL; rule = rule->next)
            if (rule->enabled && rule->type->post != NULL)
                rule->type->post(rule->state, &(hk_part){ .end = p->n }, i, now);
    return rc;
}

/* Of the neurons in `hits`, the one furthest above its threshold; the lowest index among equals. */
static uint32_t furthest(const hk_population *p, hk_time now)
{
    uint32_t winner = p->hits.neuron[0];
    double most = p->model->excess(&p->view, winner, now);
    for (size_t k = 1; k < p->hits.n; k++) {
        double excess = p->model->excess(&p->view, p->hits.neuron[k], now);
        if (excess > most) {
            most = excess;
            winner = p->hits.neuron[k];
        }
    }
    return winner;
}

/* Winner takes all: it spikes, the others are reset and held. */
static int fire_winner(hk_population *p, uint32_t winner, hk_time now)
{
    hk_time until = hk_time_after(now, p->hold_ms, p->sim->resolution_ms);
    p->model->hold(&p->view, 0, winner, now);
    p->model->hold(&p->view, winner + 1, p->n, now);
    for (uint32_t i = 0; i < p->n; i++) {
        p->stamp[i] = p->view.stamp_now;
        if (i != winner && (!is_held(p, i) || hk_time_before(p->held_until[i], until)))
            p->held_until[i] = until;
    }
    p->n_held = is_held(p, winner) ? p->n : p->n - 1; /* fire adds the winner */
    int rc = p->n > 1 ? push_internal(p, HK_EVENT_RELEASE, until, HK_ALL_NEURONS, 0) : HK_OK;
    return rc == HK_OK ? fire(p, winner, now) : rc;
}

static int fire_hits(hk_population *p, hk_time now)
{
    if (p->hits.n == 0)
        return HK_OK;
    sort_hits(p);
    p->view.stamp_now++; /* what was planned for these neurons at this very instant is stale too */
    int rc = HK_OK;
    if (p->competition == HK_WINNER_TAKES_ALL)
        rc = fire_winner(p, furthest(p, now), now);
    else if (p->competition == HK_ONE_AT_A_TIME)
        rc = fire(p, furthest(p, now), now);
    else
        for (size_t k = 0; rc == HK_OK && k < p->hits.n; k++)
            rc = fire(p, p->hits.neuron[k], now);
    p->hits.n = 0;
    return rc;
}

static bool internal_due(const hk_population *p, hk_time now, hk_event_kind kind)
{
    const hk_heap *heap = &p->internal;
    return heap->n > 0 && heap->events[0].kind == kind && hk_time_equal(hk_event_time(&heap->events[0]), now);
}

/* Only a held neuron may have -infinity, its mark. */
int hk_population_check_finite(const hk_population *p)
{
    for (size_t k = 0; k < p->model->n_columns; k++)
        for (uint32_t i = 0; i < p->n; i++)
            if (!(fabs(p->columns[k][i]) < HUGE_VAL) && !(p->columns[k][i] == -HUGE_VAL && is_held(p, i)))
                return hk_fail(p->sim->ctx, HK_EBLOWUP,
                               "population %s: the state of neuron %u is no finite number at %.4f ms; "
                               "are weights or currents too large?",
                               p->name, i, hk_sim_now_ms(p->sim));
    return HK_OK;
}

static int rebase(hk_population *p, int64_t step)
{
    int64_t steps = p->model->epoch_steps(&p->view);
    int64_t epoch = step / steps * steps;
    hk_time to = hk_time_grid(epoch, p->sim->resolution_ms);
    p->model->rebase(&p->view, to);
    p->view.epoch = to;
    p->next_rebase = epoch + steps;
    return hk_population_check_finite(p);
}

/* Everything that happens in `p` at `now`; arrivals[n] are what arrives at that time. */
static int instant(hk_population *p, hk_time now, hk_time horizon, const hk_event *arrivals, size_t n)
{
    int rc = HK_OK;
    hk_event event;
    p->view.stamp_now++;
    while (rc == HK_OK && internal_due(p, now, HK_EVENT_RELEASE)) {
        (void)hk_heap_pop(&p->internal, &event);
        rc = release_due(p, event.source, now, horizon);
    }
    bool to_all = n > 1 && arrivals[n - 1].group != HK_GROUP_DRIVE &&
                  p->sim->projections[arrivals[n - 1].group]->layout == HK_LAYOUT_DENSE;
    for (size_t k = 0; rc == HK_OK && k < n; k++)
        rc = deliver(p, &arrivals[k], now, horizon, to_all && k + 1 < n);
    if (rc == HK_OK && p->hits.n > 0)
        rc = judge_hits(p, now, horizon);
    while (rc == HK_OK && internal_due(p, now, HK_EVENT_SPIKE)) {
        (void)hk_heap_pop(&p->internal, &event);
        bool stale = p->stamp[event.source] != event.stamp || (int32_t)(event.stamp - p->stamp_all) < 0;
        if (stale || is_held(p, event.source)) /* an input has come since */
            continue;
        rc = hk_hits_reserve(&p->hits, 1);
        if (rc == HK_OK)
            hk_hits_add(&p->hits, event.source);
    }
    return rc == HK_OK ? fire_hits(p, now) : rc;
}

/* Start of a window, or after a change from outside: which neurons may spike by themselves? */
static int sweep(hk_population *p, hk_time now, hk_time horizon)
{
    /* What was foreseen before is stale: it may have been changed from outside, and the sweep sees it again. And as this
     * is done in each window, stamps may wrap around. */
    p->stamp_all = ++p->view.stamp_now;
    p->fresh = false;
    if (!p->spontaneous)
        return HK_OK;
    int rc = now.step >= p->next_rebase ? rebase(p, now.step) : HK_OK;
    if (rc == HK_OK)
        rc = hk_hits_reserve(&p->hits, p->n);
    if (rc != HK_OK)
        return rc;
    p->model->sweep(&p->view, 0, p->n, now, horizon, &p->hits);
    rc = judge_hits(p, now, horizon);
    if (p->competition == HK_ONE_AT_A_TIME)
        p->hits.n = 0; /* they are above threshold because they lost: their turn may come with their next input */
    return rc == HK_OK ? fire_hits(p, now) : rc;
}

enum { MOST_AGAIN = 1000 }; /* instants at one time: an arrival and the end of refractoriness are two */

/* Fetches the synapses of the event that comes next while the present one is delivered. */
static void prefetch(const hk_sim *sim, const hk_event *event)
{
    enum { LINE = 64, MOST = 512 }; /* the hardware goes on by itself along longer slabs */
    if (event->group == HK_GROUP_DRIVE)
        return;
    hk_slab slab = hk_storage_slab(sim->projections[event->group], event->source, event->slot);
    size_t bytes = (size_t)slab.n * sizeof(float) < MOST ? (size_t)slab.n * sizeof(float) : MOST;
    for (size_t at = 0; slab.weight != NULL && at < bytes; at += LINE)
        __builtin_prefetch((const char *)slab.weight + at);
    for (size_t at = 0; slab.target != NULL && at < bytes; at += LINE)
        __builtin_prefetch((const char *)slab.target + at);
}

/* Factors of the arrivals from `at` on, up to the next rebase: returns the first one without. */
static size_t work_out_factors(hk_population *p, const hk_event *arrivals, size_t at, size_t n, hk_time horizon)
{
    size_t end = at;
    while (end < n && end - at < HK_FACTORS_AHEAD && arrivals[end].step < p->next_rebase)
        end++;
    p->model->factors(&p->view, arrivals + at, end - at, horizon, p->factors);
    return end;
}

/* Advances one population through the steps before `end`; `horizon` is the end of the window. */
static int neuron_window(hk_population *p, int64_t end, int64_t window_end)
{
    hk_sim *sim = p->sim;
    hk_time horizon = hk_time_grid(window_end, sim->resolution_ms);
    int rc = HK_OK;
    if (p->fresh || sim->step % sim->window == 0)
        rc = sweep(p, hk_population_now(p), horizon);
    const hk_event nothing = { 0 }, *arrivals = &nothing;
    hk_time last = HK_NOT_HELD;
    size_t n = 0, at = 0, n_again = 0, factors_begin = 0, factors_end = 0;
    if (rc == HK_OK)
        rc = hk_inbox_gather(p, end, &arrivals, &n);
    while (rc == HK_OK) {
        const hk_event *next = at < n ? &arrivals[at] : NULL;
        if (p->internal.n > 0 && p->internal.events[0].step < end &&
            (next == NULL || hk_event_compare(&p->internal.events[0], next) < 0))
            next = &p->internal.events[0];
        if (next == NULL)
            return HK_OK;
        hk_time now = hk_event_time(next);
        size_t together = 0;
        n_again = hk_time_equal(now, last) ? n_again + 1 : 0;
        if (n_again > MOST_AGAIN)
            return hk_fail(sim->ctx, HK_EBLOWUP,
                           "population %s: neuron %u spikes again and again at %.4f ms; its threshold "
                           "is below its reset potential and nothing holds it",
                           p->name, next->source, hk_time_to_ms(now, sim->resolution_ms));
        last = now;
        while (at + together < n && hk_time_equal(hk_event_time(&arrivals[at + together]), now))
            together++;
        if (at + together < n)
            prefetch(sim, &arrivals[at + together]);
        if (now.step >= p->next_rebase) {
            rc = rebase(p, now.step);
            factors_end = at; /* they were for the old epoch */
        }
        if (p->model->factors != NULL && together > 0 && at >= factors_end && rc == HK_OK) {
            factors_begin = at;
            factors_end = work_out_factors(p, arrivals, at, n, horizon);
        }
        p->view.factors = together > 0 && at < factors_end ? p->factors + (at - factors_begin) * p->model->n_factors
                                                           : NULL;
        if (rc == HK_OK)
            rc = instant(p, now, horizon, arrivals + at, together);
        p->view.factors = NULL;
        at += together;
    }
    return rc;
}

/* --- after the window ----------------------------------------------------------------------------------------- */

/* Spikes come in order of time; those of one instant are put in order of neuron. */
static void order_spikes(hk_population *p)
{
    for (size_t k = 1; k < p->n_spikes; k++) {
        hk_spike spike = p->spikes[k];
        if (!hk_time_equal(p->spikes[k - 1].time, spike.time))
            continue;
        size_t to = k;
        for (; to > 0 && hk_time_equal(p->spikes[to - 1].time, spike.time) && p->spikes[to - 1].neuron > spike.neuron;
             to--)
            p->spikes[to] = p->spikes[to - 1];
        p->spikes[to] = spike;
    }
}

/* Through a projection of several delays a spike enters the queue once per delay in which its neuron has targets. */
static int send_to_queue(const hk_population *p, hk_projection *projection)
{
    for (uint32_t slot = 0; slot < projection->n_slots; slot++)
        for (size_t k = 0; k < p->n_spikes; k++) {
            const hk_spike *spike = &p->spikes[k];
            if (hk_storage_slab(projection, spike->neuron, slot).n == 0)
                continue;
            hk_event event = { .step = spike->time.step + projection->delay[slot],
                               .offset = spike->time.offset,
                               .kind = HK_EVENT_ARRIVAL,
                               .slot = (uint16_t)slot,
                               .group = projection->index,
                               .source = spike->neuron };
            int rc = hk_queue_push(projection->post->queue, &event);
            if (rc != HK_OK)
                return rc;
        }
    return HK_OK;
}

static int send_spikes(hk_population *p)
{
    for (size_t o = 0; o < p->n_out; o++) {
        hk_projection *projection = p->out[o];
        bool one_delay = projection->n_slots == 1;
        int rc = one_delay ? hk_lane_reserve(&projection->lane, p->n_spikes) : send_to_queue(p, projection);
        if (rc != HK_OK)
            return rc;
        for (size_t k = 0; one_delay && k < p->n_spikes; k++) {
            hk_event event = { .step = p->spikes[k].time.step + projection->delay[0],
                               .offset = p->spikes[k].time.offset,
                               .kind = HK_EVENT_ARRIVAL,
                               .group = projection->index,
                               .source = p->spikes[k].neuron };
            if (k == 0) /* it may share its time with one of the window before */
                hk_lane_add(&projection->lane, &event);
            else
                hk_lane_append(&projection->lane, &event);
        }
    }
    return HK_OK;
}

/* The finaliser of splitmix64 (Steele, Lea & Flood 2014) over the spike and the hash of all before it. */
static uint64_t mix(uint64_t hash, const hk_spike *spike)
{
    uint64_t offset;
    memcpy(&offset, &spike->time.offset, sizeof offset);
    uint64_t z = (uint64_t)spike->time.step * 0x9e3779b97f4a7c15u ^ offset * 0xc2b2ae3d27d4eb4fu ^
                 spike->neuron * 0x165667b19e3779f9u;
    z = (z ^ (z >> 32)) + hash;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int record(hk_population *p)
{
    hk_sim *sim = p->sim;
    if (p->n_spikes > sim->times_capacity) {
        double *times = realloc(sim->times, 2 * p->n_spikes * sizeof *times);
        if (times != NULL)
            sim->times = times;
        uint32_t *ids = realloc(sim->ids, 2 * p->n_spikes * sizeof *ids);
        if (ids != NULL)
            sim->ids = ids;
        if (times == NULL || ids == NULL)
            return HK_ENOMEM;
        sim->times_capacity = 2 * p->n_spikes;
    }
    for (size_t k = 0; k < p->n_spikes; k++) {
        sim->times[k] = hk_time_to_ms(p->spikes[k].time, sim->resolution_ms);
        sim->ids[k] = p->spikes[k].neuron;
    }
    return hk_recorder_write(p->recorder, p->recorder_index, p->n_spikes, sim->times, sim->ids);
}

int hk_population_finish_window(hk_population *p)
{
    order_spikes(p);
    for (size_t k = 0; k < p->n_spikes; k++) {
        p->hash = mix(p->hash, &p->spikes[k]);
        if (p->model->kind == HK_MODEL_SOURCE)
            p->counts[p->spikes[k].neuron]++;
    }
    p->total += p->n_spikes;
    return p->recorder != NULL && p->n_spikes > 0 ? record(p) : HK_OK;
}

static int report(hk_population *p, int rc)
{
    if (rc == HK_ENOMEM)
        return hk_fail(p->sim->ctx, rc, "population %s: out of memory at %.4f ms", p->name, hk_sim_now_ms(p->sim));
    return rc;
}

typedef struct window {
    hk_sim *sim;
    int64_t stop, end; /* of the steps to compute, and of the whole window */
} window;

static void compute_neurons(void *user, unsigned member)
{
    const window *w = user;
    for (size_t i = member; i < w->sim->n_populations; i += hk_team_size(w->sim->team)) {
        hk_population *p = w->sim->populations[i];
        if (p->model->kind == HK_MODEL_NEURON)
            p->rc = neuron_window(p, w->stop, w->end);
    }
}

static int finish_all(hk_sim *sim, hk_model_kind kind)
{
    for (size_t i = 0; i < sim->n_populations; i++) {
        hk_population *p = sim->populations[i];
        if (p->model->kind != kind)
            continue;
        int rc = p->rc;
        sim->stats.events += p->n_events;
        sim->stats.synaptic_events += p->n_synaptic_events;
        p->n_events = p->n_synaptic_events = 0;
        if (rc == HK_OK)
            rc = hk_population_finish_window(p);
        if (rc != HK_OK)
            return report(p, rc);
    }
    for (size_t i = 0; i < sim->n_populations; i++) {
        hk_population *p = sim->populations[i];
        int rc = p->model->kind == kind ? send_spikes(p) : HK_OK;
        if (rc != HK_OK)
            return report(p, rc);
    }
    return HK_OK;
}

int hk_engine_window(hk_sim *sim, int64_t end)
{
    window w = { .sim = sim, .end = (sim->step / sim->window + 1) * sim->window };
    w.stop = end < w.end ? end : w.end;
    for (size_t i = 0; i < sim->n_populations; i++) {
        hk_population *p = sim->populations[i];
        p->n_spikes = 0;
        if (p->model->kind == HK_MODEL_SOURCE)
            p->rc = hk_source_window(p, w.stop);
    }
    int rc = finish_all(sim, HK_MODEL_SOURCE); /* what sources send may arrive in this window */
    if (rc == HK_OK) {
        hk_team_run(sim->team, compute_neurons, &w);
        rc = finish_all(sim, HK_MODEL_NEURON);
    }
    if (rc != HK_OK)
        return rc;
    sim->step = w.stop;
    sim->stats.windows++;
    return HK_OK;
}

int64_t hk_engine_next_step(hk_sim *sim)
{
    int64_t next = HK_STEP_NEVER;
    for (size_t i = 0; i < sim->n_populations; i++) {
        hk_population *p = sim->populations[i];
        if (p->spontaneous || (sim->grid != NULL && p->model->kind == HK_MODEL_NEURON))
            return sim->step;
        if (p->drive_rate_hz > 0.0 && hk_queue_next_step(p->drive) < next)
            next = hk_queue_next_step(p->drive);
        int64_t arrival = hk_queue_next_step(p->queue);
        next = arrival < next ? arrival : next;
        for (size_t k = 0; k <= p->n_in; k++) { /* lanes that do not get space to sort are looked at in the window */
            int64_t waiting;
            if (hk_lane_next_step(k < p->n_in ? &p->in[k]->lane : &p->given, &waiting) != HK_OK)
                return sim->step;
            next = waiting < next ? waiting : next;
        }
        if (p->internal.n > 0 && p->internal.events[0].step < next)
            next = p->internal.events[0].step;
    }
    return next < sim->step ? sim->step : next;
}
