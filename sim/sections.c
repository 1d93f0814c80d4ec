/* sim/sections.c - cutting populations into sections, and bringing their windows together: see section.h. */
#include "sim/section.h"

#include "sim/storage.h"

#include <stdlib.h>
#include <string.h>

enum { IN_LINE = 8 }; /* doubles in a cache line: threads write none together */

static void fini(hk_section *s)
{
    free(s->globals);
    free(s->factors);
    hk_heap_fini(&s->internal);
    free(s->hits.neuron);
    free(s->is_hit);
    hk_queue_destroy(s->drive);
    free(s->driven);
    free(s->merged);
    free(s->spikes);
}

static void destroy_all(hk_section *sections, uint32_t n)
{
    for (uint32_t k = 0; sections != NULL && k < n; k++)
        fini(&sections[k]);
    free(sections);
}

void hk_sections_destroy(hk_population *population)
{
    destroy_all(population->sections, population->n_sections);
    population->sections = NULL;
    population->n_sections = 0;
}

static uint32_t wanted(const hk_population *p)
{
    bool whole = p->competition != HK_FREE;
    for (size_t k = 0; k < p->n_in; k++)
        whole = whole || !hk_projection_is_divisible(p->in[k]);
    uint32_t most = p->n / IN_LINE > 0 ? p->n / IN_LINE : 1, threads = hk_team_size(p->sim->team);
    return whole ? 1 : threads < most ? threads : most;
}

static uint32_t cut_at(uint32_t n, uint32_t part, uint32_t parts)
{
    return part == parts ? n : (uint32_t)((uint64_t)n * part / parts / IN_LINE * IN_LINE);
}

static hk_section *section_of(hk_section *sections, uint32_t neuron)
{
    hk_section *s = sections;
    while (neuron != HK_ALL_NEURONS && neuron >= s->end)
        s++;
    return s;
}

hk_section *hk_section_of(const hk_population *population, uint32_t neuron)
{
    return section_of(population->sections, neuron);
}

static int init(hk_section *s, hk_population *p, uint32_t begin, uint32_t end)
{
    const hk_neuron_model *m = p->model;
    *s = (hk_section){ .p = p, .begin = begin, .end = end, .next_rebase = p->next_rebase };
    s->globals = calloc(m->n_globals + 1, sizeof *s->globals);
    s->factors = calloc((size_t)HK_FACTORS_AHEAD * m->n_factors + 1, sizeof *s->factors);
    s->is_hit = calloc(p->n / 64 + 1, sizeof *s->is_hit);
    if (s->globals == NULL || s->factors == NULL || s->is_hit == NULL)
        return HK_ENOMEM;
    for (uint32_t i = begin; i < end; i++)
        s->n_held += p->held_until[i].step != INT64_MIN;
    return p->sections != NULL && p->sections[0].drive != NULL
               ? hk_queue_create(p->sim->ctx, p->sim->resolution_ms, &s->drive)
               : HK_OK;
}

/* Hands on what the neurons of one section will do; what has become stale is left behind, the rest is of one generation. */
static int hand_on(const hk_section *from, hk_section *sections)
{
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < from->internal.n; k++) {
        hk_event event = from->internal.events[k];
        if (event.kind == HK_EVENT_SPIKE && hk_section_is_stale(from, &event))
            continue;
        event.stamp = 0;
        rc = hk_heap_push(&section_of(sections, event.source)->internal, &event);
    }
    size_t n = from->drive == NULL ? 0 : hk_queue_size(from->drive);
    hk_event *events = calloc(n + 1, sizeof *events);
    if (events == NULL)
        return HK_ENOMEM;
    if (rc == HK_OK && n > 0)
        rc = hk_queue_copy(from->drive, events);
    for (size_t k = 0; rc == HK_OK && k < n; k++)
        rc = hk_queue_push(section_of(sections, events[k].source)->drive, &events[k]);
    free(events);
    return rc;
}

static int cut(hk_population *p, uint32_t n)
{
    hk_section *sections = calloc(n, sizeof *sections);
    int rc = sections == NULL ? HK_ENOMEM : HK_OK;
    for (uint32_t k = 0; rc == HK_OK && k < n; k++)
        rc = init(&sections[k], p, cut_at(p->n, k, n), cut_at(p->n, k + 1, n));
    for (uint32_t k = 0; rc == HK_OK && k < p->n_sections; k++)
        rc = hand_on(&p->sections[k], sections);
    if (rc != HK_OK) {
        destroy_all(sections, n);
        return rc;
    }
    memset(p->stamp, 0, p->n * sizeof *p->stamp);
    destroy_all(p->sections, p->n_sections);
    p->sections = sections;
    p->n_sections = n;
    return HK_OK;
}

/* Lets the projections onto a population know of its sections. */
static int divide_projections(hk_population *p)
{
    hk_part *parts = malloc(p->n_sections * sizeof *parts);
    int rc = parts == NULL ? HK_ENOMEM : HK_OK;
    for (uint32_t k = 0; rc == HK_OK && k < p->n_sections; k++)
        parts[k] = (hk_part){ .index = k, .begin = p->sections[k].begin, .end = p->sections[k].end };
    for (size_t k = 0; rc == HK_OK && k < p->n_in; k++)
        if (p->in[k]->n_parts != p->n_sections)
            rc = hk_projection_divide(p->in[k], parts, p->n_sections);
    free(parts);
    return rc;
}

int hk_sections_build(hk_population *population)
{
    hk_population *p = population;
    if (p->model->kind != HK_MODEL_NEURON)
        return HK_OK;
    uint32_t n = wanted(p);
    int rc = n == p->n_sections ? HK_OK : cut(p, n);
    return rc == HK_OK ? divide_projections(p) : rc;
}

void hk_section_begin(hk_section *s)
{
    hk_population *p = s->p;
    uint32_t stamp_now = s->view.stamp_now;
    s->view = p->view;
    s->view.globals = s->globals;
    s->view.stamp_now = stamp_now;
    s->view.stamp_all = &s->stamp_all;
    memcpy(s->globals, p->globals, p->model->n_globals * sizeof *s->globals);
    s->next_rebase = p->next_rebase;
    s->n_spikes = 0;
}

static int append_spikes(hk_population *p, const hk_section *s)
{
    int rc = hk_population_reserve_spikes(p, s->n_spikes);
    if (rc == HK_OK && s->n_spikes > 0)
        memcpy(p->spikes + p->n_spikes, s->spikes, s->n_spikes * sizeof *s->spikes);
    if (rc == HK_OK)
        p->n_spikes += s->n_spikes;
    return rc;
}

/* Sections hold ascending neurons: of two spikes at one time that of the earlier section comes first. */
static int merge_spikes(hk_population *p, const hk_section *s)
{
    size_t before = p->n_spikes, at = before + s->n_spikes, k = s->n_spikes;
    int rc = append_spikes(p, s);
    while (rc == HK_OK && k > 0)
        p->spikes[--at] = before > 0 && hk_time_before(s->spikes[k - 1].time, p->spikes[before - 1].time)
                              ? p->spikes[--before]
                              : s->spikes[--k];
    return rc;
}

int hk_sections_end(hk_population *population)
{
    hk_population *p = population;
    hk_sim_stats *stats = &p->sim->stats;
    int rc = HK_OK;
    p->n_spikes = 0;
    for (uint32_t k = 0; k < p->n_sections; k++) {
        hk_section *s = &p->sections[k];
        stats->events += s->n_events;
        stats->synaptic_events += s->n_synaptic_events;
        s->n_events = s->n_synaptic_events = 0;
        rc = rc == HK_OK ? s->rc : rc;
        if (rc == HK_OK)
            rc = merge_spikes(p, s);
    }
    const hk_section *first = &p->sections[0];
    p->view.epoch = first->view.epoch;
    p->next_rebase = first->next_rebase;
    memcpy(p->globals, first->globals, p->model->n_globals * sizeof *p->globals);
    p->fresh = false;
    return rc;
}
