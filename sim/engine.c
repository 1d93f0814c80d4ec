/* sim/engine.c - one window: see engine.h. */
#include "sim/section.h"
#include "sim/storage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static bool is_all_finite(const hk_neuron_view *view, size_t column, uint32_t begin, uint32_t end)
{
    uint32_t n_others = 0;
    if (view->single != NULL && view->single[column] != NULL)
        for (uint32_t i = begin; i < end; i++)
            n_others += !(fabsf(view->single[column][i]) < HUGE_VALF);
    else
        for (uint32_t i = begin; i < end; i++)
            n_others += !(fabs(view->columns[column][i]) < HUGE_VAL);
    return n_others == 0;
}

/* Only a held neuron may have -infinity, its mark. */
int hk_population_check_finite(const hk_population *p, uint32_t begin, uint32_t end)
{
    for (size_t k = 0; k < p->model->n_columns; k++) {
        if (is_all_finite(&p->view, k, begin, end))
            continue;
        for (uint32_t i = begin; i < end; i++) {
            double value = hk_column_get(&p->view, k, i);
            if (!(fabs(value) < HUGE_VAL) && !(value == -HUGE_VAL && p->held_until[i].step != INT64_MIN))
                return hk_fail(p->sim->ctx, HK_EBLOWUP,
                               "population %s: the state of neuron %u is no finite number at %.4f ms; "
                               "are weights or currents too large?",
                               p->name, i, hk_sim_now_ms(p->sim));
        }
    }
    return HK_OK;
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

/* --- after the window ----------------------------------------------------------------------------------------- */

/* Spikes come in order of time; those of one instant are put in order of neuron. */
void hk_population_order_spikes(hk_population *population)
{
    hk_population *p = population;
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

static int reserve_times(hk_sim *sim, size_t n)
{
    if (n <= sim->times_capacity)
        return HK_OK;
    double *times = realloc(sim->times, 2 * n * sizeof *times);
    if (times != NULL)
        sim->times = times;
    uint32_t *ids = realloc(sim->ids, 2 * n * sizeof *ids);
    if (ids != NULL)
        sim->ids = ids;
    if (times == NULL || ids == NULL)
        return HK_ENOMEM;
    sim->times_capacity = 2 * n;
    return HK_OK;
}

/* One loop: what is recorded gets ready while the next hash waits for the last one. */
int hk_population_finish_window(hk_population *p)
{
    hk_sim *sim = p->sim;
    const size_t n = p->n_spikes;
    const bool is_recorded = p->recorder != NULL && n > 0;
    int rc = is_recorded ? reserve_times(sim, n) : HK_OK;
    if (rc != HK_OK)
        return rc;
    const hk_spike *restrict spikes = p->spikes;
    const double resolution_ms = sim->resolution_ms;
    uint64_t hash = p->hash;
    for (size_t k = 0; k < n; k++) {
        hash = mix(hash, &spikes[k]);
        if (is_recorded) {
            sim->times[k] = hk_time_to_ms(spikes[k].time, resolution_ms);
            sim->ids[k] = spikes[k].neuron;
        }
    }
    p->hash = hash;
    for (size_t k = 0; p->model->kind == HK_MODEL_SOURCE && k < n; k++)
        p->counts[spikes[k].neuron]++;
    p->total += n;
    return is_recorded ? hk_recorder_write(p->recorder, p->recorder_index, n, sim->times, sim->ids) : HK_OK;
}

static int report(hk_population *p, int rc)
{
    if (rc == HK_ENOMEM)
        return hk_fail(p->sim->ctx, rc, "population %s: out of memory at %.4f ms", p->name, hk_sim_now_ms(p->sim));
    return rc;
}

/* Where a window has so little to do that handing it round takes longer, the caller's thread does all of it. */
static bool is_worth_sharing(const hk_sim *sim)
{
    uint64_t n = sim->stats.events + sim->stats.synaptic_events;
    return hk_team_size(sim->team) > 1 && n >= sim->least_work * sim->stats.windows;
}

typedef struct window {
    hk_sim *sim;
    int64_t stop, end; /* of the steps to compute, and of the whole window */
} window;

/* Populations by turns: what arrives in this window. */
static void find_arrivals(void *user, unsigned member)
{
    const window *w = user;
    for (size_t i = member; i < w->sim->n_populations; i += w->sim->n_workers) {
        hk_population *p = w->sim->populations[i];
        p->n_arrivals = 0;
        if (p->model->kind == HK_MODEL_NEURON)
            p->rc = hk_inbox_gather(p, w->stop, &p->arrivals, &p->n_arrivals);
    }
}

/* Sections by turns. */
static void compute_sections(void *user, unsigned member)
{
    const window *w = user;
    for (size_t i = 0; i < w->sim->n_populations; i++) {
        hk_population *p = w->sim->populations[i];
        for (uint32_t k = 0; p->rc == HK_OK && p->model->kind == HK_MODEL_NEURON && k < p->n_sections; k++) {
            if ((k + i) % w->sim->n_workers != member)
                continue;
            hk_section_begin(&p->sections[k]);
            p->sections[k].rc = hk_section_window(&p->sections[k], w->stop, w->end);
        }
    }
}

static void run(void (*work)(void *user, unsigned member), window *w)
{
    if (w->sim->n_workers > 1)
        hk_team_run(w->sim->team, work, w);
    else
        work(w, 0);
}

static int finish_all(hk_sim *sim, hk_model_kind kind)
{
    for (size_t i = 0; i < sim->n_populations; i++) {
        hk_population *p = sim->populations[i];
        if (p->model->kind != kind)
            continue;
        int rc = p->rc;
        if (rc == HK_OK && kind == HK_MODEL_NEURON)
            rc = hk_sections_end(p);
        hk_population_order_spikes(p);
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
        sim->n_workers = is_worth_sharing(sim) ? hk_team_size(sim->team) : 1;
        run(find_arrivals, &w);
        run(compute_sections, &w);
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
        next = p->next_rebase < next ? p->next_rebase : next;
        for (uint32_t k = 0; k < p->n_sections; k++) {
            const hk_section *s = &p->sections[k];
            int64_t driven = s->drive == NULL ? HK_STEP_NEVER : hk_queue_next_step(s->drive);
            int64_t internal = s->internal.n == 0 ? HK_STEP_NEVER : s->internal.events[0].step;
            next = driven < next ? driven : next;
            next = internal < next ? internal : next;
        }
        int64_t arrival = hk_queue_next_step(p->queue);
        next = arrival < next ? arrival : next;
        for (size_t k = 0; k <= p->n_in; k++) { /* lanes that do not get space to sort are looked at in the window */
            int64_t waiting;
            if (hk_lane_next_step(k < p->n_in ? &p->in[k]->lane : &p->given, &waiting) != HK_OK)
                return sim->step;
            next = waiting < next ? waiting : next;
        }
    }
    return next < sim->step ? sim->step : next;
}
