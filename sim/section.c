/* sim/section.c - one window of a section of a population, event by event: see section.h. */
#include "sim/section.h"

#include "sim/drive.h"
#include "sim/storage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_held(const hk_population *p, uint32_t i)
{
    return p->held_until[i].step != INT64_MIN;
}

static hk_part part_of(const hk_section *s)
{
    return (hk_part){ .index = (uint32_t)(s - s->p->sections), .begin = s->begin, .end = s->end };
}

static int add_spike(hk_section *s, hk_time time, uint32_t neuron)
{
    if (s->n_spikes == s->spikes_capacity) {
        size_t capacity = 2 * s->spikes_capacity + 64;
        hk_spike *spikes = realloc(s->spikes, capacity * sizeof *spikes);
        if (spikes == NULL)
            return HK_ENOMEM;
        s->spikes = spikes;
        s->spikes_capacity = capacity;
    }
    s->spikes[s->n_spikes++] = (hk_spike){ .time = time, .neuron = neuron };
    return HK_OK;
}

static int push_internal(hk_section *s, hk_event_kind kind, hk_time time, uint32_t neuron, uint32_t stamp)
{
    return hk_heap_push(
        &s->internal,
        &(hk_event){
            .step = time.step, .offset = time.offset, .kind = (uint16_t)kind, .source = neuron, .stamp = stamp });
}

static int hold_until(hk_section *s, uint32_t i, hk_time now, double hold_ms)
{
    hk_population *p = s->p;
    s->n_held += is_held(p, i) ? 0 : 1;
    p->held_until[i] = hk_time_after(now, hold_ms, p->sim->resolution_ms);
    return push_internal(s, HK_EVENT_RELEASE, p->held_until[i], i, 0);
}

static void release(hk_section *s, uint32_t begin, uint32_t end, hk_time now, hk_time horizon)
{
    hk_population *p = s->p;
    p->model->release(&s->view, begin, end, now);
    for (uint32_t i = begin; i < end; i++) {
        p->held_until[i] = HK_NOT_HELD;
        p->stamp[i] = s->view.stamp_now;
    }
    s->n_held -= end - begin;
    if (p->spontaneous)
        p->model->sweep(&s->view, begin, end, now, horizon, &s->hits);
}

/* Ends the refractoriness of one neuron or, after a competition, of all that are not held for longer. */
static int release_due(hk_section *s, uint32_t who, hk_time now, hk_time horizon)
{
    hk_population *p = s->p;
    uint32_t first = who == HK_ALL_NEURONS ? 0 : who, last = who == HK_ALL_NEURONS ? p->n : who + 1;
    int rc = hk_hits_reserve(&s->hits, last - first);
    if (rc != HK_OK)
        return rc;
    for (uint32_t i = first; i < last;) {
        uint32_t run = i;
        while (run < last && is_held(p, run) && !hk_time_before(now, p->held_until[run]))
            run++;
        if (run > i)
            release(s, i, run, now, horizon);
        i = run + 1;
    }
    return HK_OK;
}

/* Sorts the hits and drops repeated ones: a few by insertion, many through one bit a neuron. */
static void sort_hits(hk_section *s)
{
    enum { FEW = 16 };
    uint32_t *neuron = s->hits.neuron;
    size_t n = s->hits.n, kept = 0;
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
            s->is_hit[neuron[k] / 64] |= (uint64_t)1 << neuron[k] % 64;
        for (uint32_t word = s->begin / 64; word * 64u < s->end; word++) {
            for (uint64_t bits = s->is_hit[word]; bits != 0; bits &= bits - 1)
                neuron[kept++] = word * 64 + (uint32_t)__builtin_ctzll(bits);
            s->is_hit[word] = 0;
        }
    }
    s->hits.n = kept;
}

static inline hk_slab slab_of(const hk_population *p, const hk_event *event, const hk_part *part)
{
    if (event->group == HK_GROUP_DRIVE)
        return hk_drive_slab(p, event->source);
    const hk_projection *projection = p->sim->projections[event->group];
    if (p->n_sections == 1)
        return hk_storage_slab(projection, event->source, event->slot);
    return hk_storage_part(projection, event->source, event->slot, part);
}

/* `last_reports`: the last slab of this instant goes to every neuron, so hits of those before it need not be kept. */
static int deliver(hk_section *s, const hk_event *event, hk_time now, hk_time horizon, bool last_reports)
{
    hk_population *p = s->p;
    bool driven = event->group == HK_GROUP_DRIVE, whole = p->n_sections == 1;
    hk_projection *projection = driven ? NULL : p->sim->projections[event->group];
    hk_part part = { .end = p->n };
    if (!whole)
        part = part_of(s);
    for (hk_rule *rule = driven ? NULL : projection->rules; rule != NULL; rule = rule->next)
        if (rule->enabled && rule->type->pre != NULL)
            rule->type->pre(rule->state, &part, event->source, event->slot, now);
    hk_slab slab = slab_of(p, event, &part);
    s->n_events += slab.n > 0;
    s->n_synaptic_events += driven ? 0 : slab.n;
    if (s->n_held == s->end - s->begin && p->model->deaf_when_held)
        return HK_OK;
    if (s->hits.n > 2 * (size_t)(s->end - s->begin)) /* many inputs at one instant report the same neurons */
        sort_hits(s);
    size_t n_hits = s->hits.n;
    int rc = hk_hits_reserve(&s->hits, slab.n);
    if (rc == HK_OK)
        p->model->receive(&s->view, &slab, now, horizon, &s->hits);
    if (last_reports)
        s->hits.n = n_hits;
    return rc;
}

/* Looks at each hit: keeps in `hits` those that spike now, plans a spike for those that will in this window. */
static int judge_hits(hk_section *s, hk_time now, hk_time horizon)
{
    hk_population *p = s->p;
    sort_hits(s);
    size_t n = s->hits.n;
    s->hits.n = 0;
    for (size_t k = 0; k < n; k++) {
        uint32_t i = s->hits.neuron[k];
        double after_ms = p->model->predict(&s->view, i, now, horizon);
        if (after_ms == 0.0) {
            hk_hits_add(&s->hits, i);
        } else if (after_ms < INFINITY) {
            hk_time at = hk_time_after(now, after_ms, p->sim->resolution_ms);
            p->stamp[i] = s->view.stamp_now;
            int rc = push_internal(s, HK_EVENT_SPIKE, at, i, s->view.stamp_now);
            if (rc != HK_OK)
                return rc;
        }
    }
    return HK_OK;
}

static int fire(hk_section *s, uint32_t i, hk_time now)
{
    hk_population *p = s->p;
    hk_part part = part_of(s);
    double refractory_ms = p->model->fire(&s->view, i, now);
    p->stamp[i] = s->view.stamp_now;
    p->counts[i]++;
    int rc = add_spike(s, now, i);
    if (rc == HK_OK)
        rc = hold_until(s, i, now, refractory_ms);
    for (size_t k = 0; k < p->n_in; k++)
        for (hk_rule *rule = p->in[k]->rules; rule != NULL; rule = rule->next)
            if (rule->enabled && rule->type->post != NULL)
                rule->type->post(rule->state, &part, i, now);
    return rc;
}

/* Of the neurons in `hits`, the one furthest above its threshold; the lowest index among equals. */
static uint32_t furthest(const hk_section *s, hk_time now)
{
    const hk_population *p = s->p;
    uint32_t winner = s->hits.neuron[0];
    double most = p->model->excess(&s->view, winner, now);
    for (size_t k = 1; k < s->hits.n; k++) {
        double excess = p->model->excess(&s->view, s->hits.neuron[k], now);
        if (excess > most) {
            most = excess;
            winner = s->hits.neuron[k];
        }
    }
    return winner;
}

/* Winner takes all: it spikes, the others are reset and held. */
static int fire_winner(hk_section *s, uint32_t winner, hk_time now)
{
    hk_population *p = s->p;
    hk_time until = hk_time_after(now, p->hold_ms, p->sim->resolution_ms);
    p->model->hold(&s->view, 0, winner, now);
    p->model->hold(&s->view, winner + 1, p->n, now);
    for (uint32_t i = 0; i < p->n; i++) {
        p->stamp[i] = s->view.stamp_now;
        if (i != winner && (!is_held(p, i) || hk_time_before(p->held_until[i], until)))
            p->held_until[i] = until;
    }
    s->n_held = is_held(p, winner) ? p->n : p->n - 1; /* fire adds the winner */
    int rc = p->n > 1 ? push_internal(s, HK_EVENT_RELEASE, until, HK_ALL_NEURONS, 0) : HK_OK;
    return rc == HK_OK ? fire(s, winner, now) : rc;
}

static int fire_hits(hk_section *s, hk_time now)
{
    hk_population *p = s->p;
    if (s->hits.n == 0)
        return HK_OK;
    sort_hits(s);
    s->view.stamp_now++; /* what was planned for these neurons at this very instant is stale too */
    int rc = HK_OK;
    if (p->competition == HK_WINNER_TAKES_ALL)
        rc = fire_winner(s, furthest(s, now), now);
    else if (p->competition == HK_ONE_AT_A_TIME)
        rc = fire(s, furthest(s, now), now);
    else
        for (size_t k = 0; rc == HK_OK && k < s->hits.n; k++)
            rc = fire(s, s->hits.neuron[k], now);
    s->hits.n = 0;
    return rc;
}

static bool internal_due(const hk_section *s, hk_time now, hk_event_kind kind)
{
    const hk_heap *heap = &s->internal;
    return heap->n > 0 && heap->events[0].kind == kind && hk_time_equal(hk_event_time(&heap->events[0]), now);
}

/* Moves to the next epoch. Epochs begin at absolute times and none is left out, whether or not anything happens in it: so the
 * state of a neuron does not depend on what happens to others. */
static int rebase(hk_section *s)
{
    const hk_population *p = s->p;
    hk_time to = hk_time_grid(s->next_rebase, p->sim->resolution_ms);
    p->model->rebase(&s->view, s->begin, s->end, to);
    s->view.epoch = to;
    s->next_rebase += p->epoch_steps;
    return hk_population_check_finite(p, s->begin, s->end);
}

/* Everything that happens at `now`; arrivals[n] are what arrives at that time. */
static int instant(hk_section *s, hk_time now, hk_time horizon, const hk_event *arrivals, size_t n)
{
    hk_population *p = s->p;
    int rc = HK_OK;
    hk_event event;
    s->view.stamp_now++;
    while (rc == HK_OK && internal_due(s, now, HK_EVENT_RELEASE)) {
        (void)hk_heap_pop(&s->internal, &event);
        rc = release_due(s, event.source, now, horizon);
    }
    bool to_all = n > 1 && arrivals[n - 1].group != HK_GROUP_DRIVE &&
                  p->sim->projections[arrivals[n - 1].group]->layout == HK_LAYOUT_DENSE;
    for (size_t k = 0; rc == HK_OK && k < n; k++)
        rc = deliver(s, &arrivals[k], now, horizon, to_all && k + 1 < n);
    if (rc == HK_OK && s->hits.n > 0)
        rc = judge_hits(s, now, horizon);
    while (rc == HK_OK && internal_due(s, now, HK_EVENT_SPIKE)) {
        (void)hk_heap_pop(&s->internal, &event);
        if (hk_section_is_stale(s, &event) || is_held(p, event.source)) /* an input has come since */
            continue;
        rc = hk_hits_reserve(&s->hits, 1);
        if (rc == HK_OK)
            hk_hits_add(&s->hits, event.source);
    }
    return rc == HK_OK ? fire_hits(s, now) : rc;
}

/* Start of a window, or after a change from outside: which neurons may spike by themselves? */
static int sweep(hk_section *s, hk_time now, hk_time horizon)
{
    hk_population *p = s->p;
    /* What was foreseen before is stale: it may have been changed from outside, and the sweep sees it again. And as this
     * is done in each window, stamps may wrap around. */
    s->stamp_all = ++s->view.stamp_now;
    if (!p->spontaneous)
        return HK_OK;
    int rc = hk_hits_reserve(&s->hits, s->end - s->begin);
    if (rc != HK_OK)
        return rc;
    p->model->sweep(&s->view, s->begin, s->end, now, horizon, &s->hits);
    rc = judge_hits(s, now, horizon);
    if (p->competition == HK_ONE_AT_A_TIME)
        s->hits.n = 0; /* they are above threshold because they lost: their turn may come with their next input */
    return rc == HK_OK ? fire_hits(s, now) : rc;
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
static size_t work_out_factors(hk_section *s, const hk_event *arrivals, size_t at, size_t n, hk_time horizon)
{
    const hk_population *p = s->p;
    size_t end = at;
    while (end < n && end - at < HK_FACTORS_AHEAD && arrivals[end].step < s->next_rebase)
        end++;
    p->model->factors(&s->view, arrivals + at, end - at, horizon, s->factors);
    return end;
}

/* What arrives before `end`: the same for all sections, but for the drive, which every neuron has of its own. */
static int gather(hk_section *s, int64_t end, const hk_event **arrivals, size_t *n)
{
    const hk_event *common = s->p->arrivals, *driven = NULL;
    size_t n_common = s->p->n_arrivals, n_driven = 0;
    if (n_common > 0) {
        *arrivals = common;
        *n = n_common;
    }
    int rc = hk_drive_take(s, end, &driven, &n_driven);
    if (rc != HK_OK || n_driven == 0)
        return rc;
    if (n_common + n_driven > s->merged_capacity) {
        size_t capacity = 2 * (n_common + n_driven);
        hk_event *merged = realloc(s->merged, capacity * sizeof *merged);
        if (merged == NULL)
            return HK_ENOMEM;
        s->merged = merged;
        s->merged_capacity = capacity;
    }
    hk_event *out = s->merged;
    const hk_event *common_end = common + n_common, *driven_end = driven + n_driven;
    while (n_common > 0 && common != common_end && driven != driven_end)
        *out++ = hk_event_compare(driven, common) < 0 ? *driven++ : *common++;
    for (; n_common > 0 && common != common_end; common++)
        *out++ = *common;
    for (; driven != driven_end; driven++)
        *out++ = *driven;
    *arrivals = s->merged;
    *n = (size_t)(out - s->merged);
    return HK_OK;
}

int hk_section_window(hk_section *s, int64_t end, int64_t window_end)
{
    hk_population *p = s->p;
    const hk_sim *sim = p->sim;
    hk_time horizon = hk_time_grid(window_end, sim->resolution_ms);
    int rc = HK_OK;
    if (p->fresh || sim->step % sim->window == 0)
        rc = sweep(s, hk_population_now(p), horizon);
    const hk_event nothing = { 0 }, *arrivals = &nothing;
    hk_time last = HK_NOT_HELD;
    size_t n = 0, at = 0, n_again = 0, factors_begin = 0, factors_end = 0;
    if (rc == HK_OK)
        rc = gather(s, end, &arrivals, &n);
    while (rc == HK_OK) {
        const hk_event *next = at < n ? &arrivals[at] : NULL;
        if (s->internal.n > 0 && s->internal.events[0].step < end &&
            (next == NULL || hk_event_compare(&s->internal.events[0], next) < 0))
            next = &s->internal.events[0];
        if (__builtin_expect(s->next_rebase < end, 0) && (next == NULL || next->step >= s->next_rebase)) {
            rc = rebase(s);
            factors_end = at; /* they were for the old epoch */
            continue;
        }
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
        if (p->model->factors != NULL && together > 0 && at >= factors_end) {
            factors_begin = at;
            factors_end = work_out_factors(s, arrivals, at, n, horizon);
        }
        s->view.factors = together > 0 && at < factors_end ? s->factors + (at - factors_begin) * p->model->n_factors
                                                           : NULL;
        rc = instant(s, now, horizon, arrivals + at, together);
        s->view.factors = NULL;
        at += together;
    }
    return rc;
}
