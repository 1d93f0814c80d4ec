/* sim/checkpoint.c - saving and loading a whole simulation, spikes in flight included.
 *
 * One description serves both directions (archive.h). What is drawn from the seed (connections, untouched weights) is built
 * again, not stored; a checksum of the connections makes sure that it is the same. */
#include "sim/draw.h"
#include "sim/drive.h"
#include "sim/dense.h"
#include "sim/section.h"
#include "sim/storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LATEST_STEP ((int64_t)1 << 52) /* as times given in ms: hk_steps_in_ms() */

static int archive_value(hk_archive *archive, const char *name, hk_type type, void *value)
{
    return hk_archive_array(archive, name, type, value, 1);
}

static int enter_numbered(hk_archive *archive, const char *kind, size_t number)
{
    char group[32];
    snprintf(group, sizeof group, "%s%zu", kind, number);
    return hk_archive_enter(archive, group);
}

/* A number of things that must be the same in the file and here. */
static int archive_same(hk_ctx *ctx, hk_archive *archive, const char *name, const char *things, uint64_t here)
{
    uint64_t there = here;
    int rc = archive_value(archive, name, HK_U64, &there);
    if (rc == HK_OK && there != here)
        rc = hk_fail(ctx, HK_EFORMAT, "checkpoint: made with %llu %s, this simulation has %llu",
                     (unsigned long long)there, things, (unsigned long long)here);
    return rc;
}

/* --- events, as one array a field ---------------------------------------------------------------------------- */

static int archive_events(hk_archive *archive, const char *group, hk_event *events, size_t n)
{
    static const struct {
        const char *name;
        hk_type type;
        size_t offset, size;
    } fields[] = {
        { "step", HK_I64, offsetof(hk_event, step), 8 },   { "offset_ms", HK_F64, offsetof(hk_event, offset), 8 },
        { "kind", HK_U16, offsetof(hk_event, kind), 2 },   { "slot", HK_U16, offsetof(hk_event, slot), 2 },
        { "group", HK_U32, offsetof(hk_event, group), 4 }, { "source", HK_U32, offsetof(hk_event, source), 4 },
    };
    char *column = malloc((n + 1) * 8);
    int rc = column == NULL ? HK_ENOMEM : hk_archive_enter(archive, group);
    for (size_t f = 0; rc == HK_OK && f < sizeof fields / sizeof fields[0]; f++) {
        for (size_t k = 0; k < n; k++)
            memcpy(column + k * fields[f].size, (char *)&events[k] + fields[f].offset, fields[f].size);
        rc = hk_archive_array(archive, fields[f].name, fields[f].type, column, n);
        for (size_t k = 0; rc == HK_OK && k < n; k++)
            memcpy((char *)&events[k] + fields[f].offset, column + k * fields[f].size, fields[f].size);
    }
    if (rc == HK_OK)
        hk_archive_leave(archive);
    free(column);
    return rc;
}

/* Where a stored event waits: it must be of the kind that belongs there, and what it refers to must exist here. */
typedef enum waiting { IN_QUEUE, IN_LANE, INTERNAL, GIVEN, DRIVEN } waiting;

static int check_event(const hk_population *p, waiting where, const hk_projection *lane_of, const hk_event *e)
{
    const hk_sim *sim = p->sim;
    bool source = p->model->kind == HK_MODEL_SOURCE, all = e->kind == HK_EVENT_RELEASE && e->source == HK_ALL_NEURONS;
    bool sound = e->offset > 0.0 && e->offset <= sim->resolution_ms && e->step >= sim->step - 1 &&
                 e->step < LATEST_STEP;
    if (where == IN_LANE || (where == IN_QUEUE && !source)) {
        const hk_projection *through = e->group < sim->n_projections ? sim->projections[e->group] : NULL;
        sound = sound && e->kind == HK_EVENT_ARRIVAL && through != NULL && through->post == p &&
                (where == IN_QUEUE || through == lane_of) && e->source < through->pre->n && e->slot < through->n_slots;
    } else if (where == DRIVEN) {
        sound = sound && e->kind == HK_EVENT_ARRIVAL && e->group == HK_GROUP_DRIVE && e->source < p->n;
    } else if (where == INTERNAL) {
        sound = sound && !source && (e->kind == HK_EVENT_RELEASE || e->kind == HK_EVENT_SPIKE) &&
                (e->source < p->n || all);
    } else {
        sound = sound && source && e->kind == HK_EVENT_SPIKE && e->source < p->n;
    }
    return sound ? HK_OK
                 : hk_fail(sim->ctx, HK_EFORMAT,
                           "checkpoint: population %s: an event in flight does not fit the simulation", p->name);
}

/* Saves events[*n], or loads as many as there are into a new array, each checked against `p`. */
static int archive_list(hk_population *p, waiting where, const hk_projection *lane_of, hk_archive *archive,
                        hk_event **events, size_t *n)
{
    static const char *const groups[] = {
        [IN_QUEUE] = "queue", [IN_LANE] = "lane", [INTERNAL] = "internal", [GIVEN] = "given", [DRIVEN] = "drive"
    };
    const char *group = groups[where];
    bool loading = hk_archive_is_loading(archive);
    int rc = HK_OK;
    if (loading) {
        *events = NULL; /* from here on the caller's to free */
        rc = hk_archive_enter(archive, group);
        if (rc == HK_OK)
            rc = hk_archive_length(archive, "step", HK_I64, n);
        if (rc != HK_OK)
            return rc;
        hk_archive_leave(archive);
        *events = calloc(*n + 1, sizeof **events);
        if (*events == NULL)
            return HK_ENOMEM;
    }
    rc = archive_events(archive, group, *events, *n);
    for (size_t k = 0; rc == HK_OK && loading && k < *n; k++)
        rc = check_event(p, where, lane_of, &(*events)[k]);
    return rc;
}

static int archive_queue(hk_population *p, hk_archive *archive)
{
    bool loading = hk_archive_is_loading(archive);
    hk_queue *queue = p->queue;
    size_t n = hk_queue_size(queue);
    hk_event *events = loading ? NULL : calloc(n + 1, sizeof *events);
    int rc = !loading && events == NULL ? HK_ENOMEM : HK_OK;
    if (rc == HK_OK && !loading)
        rc = hk_queue_copy(queue, events);
    if (rc == HK_OK)
        rc = archive_list(p, IN_QUEUE, NULL, archive, &events, &n);
    if (rc == HK_OK && loading)
        hk_queue_clear(queue);
    for (size_t k = 0; rc == HK_OK && loading && k < n; k++)
        rc = hk_queue_push(queue, &events[k]);
    free(events);
    return rc;
}

/* What the sections of a population will do stands in the file as of one; only what is not stale. */
static int archive_internal(hk_population *p, hk_archive *archive)
{
    bool loading = hk_archive_is_loading(archive);
    hk_event *events = NULL;
    size_t n = 0, most = 0;
    for (uint32_t k = 0; k < p->n_sections; k++)
        most += p->sections[k].internal.n;
    if (!loading && (events = calloc(most + 1, sizeof *events)) == NULL)
        return HK_ENOMEM;
    for (uint32_t k = 0; !loading && k < p->n_sections; k++) {
        const hk_heap *heap = &p->sections[k].internal;
        for (size_t e = 0; e < heap->n; e++) {
            if (heap->events[e].kind == HK_EVENT_SPIKE && hk_section_is_stale(&p->sections[k], &heap->events[e]))
                continue;
            events[n] = heap->events[e];
            events[n++].stamp = 0;
        }
    }
    int rc = archive_list(p, INTERNAL, NULL, archive, &events, &n);
    for (uint32_t k = 0; loading && k < p->n_sections; k++) {
        hk_section *s = &p->sections[k];
        s->internal.n = 0;
        s->view.stamp_now = s->stamp_all = 0;
        s->n_held = 0;
        for (uint32_t i = s->begin; i < s->end; i++) {
            p->stamp[i] = 0;
            s->n_held += p->held_until[i].step != INT64_MIN;
        }
    }
    for (size_t k = 0; rc == HK_OK && loading && p->n_sections > 0 && k < n; k++) {
        events[k].stamp = 0;
        rc = hk_heap_push(&hk_section_of(p, events[k].source)->internal, &events[k]);
    }
    free(events);
    return rc;
}

/* The next input of each neuron's drive, of all sections. On the grid a drive has no state: its counts are a function of the
 * step. */
static int archive_drive(hk_population *p, hk_archive *archive)
{
    double drive[2] = { p->drive_rate_hz, p->drive_weight };
    bool loading = hk_archive_is_loading(archive);
    int rc = hk_archive_array(archive, "drive_hz_and_weight", HK_F64, drive, 2);
    if (rc == HK_OK && loading && (drive[0] != p->drive_rate_hz || drive[1] != p->drive_weight))
        rc = hk_population_drive(p, drive[0], drive[1]);
    if (rc != HK_OK || p->n_sections == 0 || p->sections[0].drive == NULL)
        return rc;
    size_t n = 0;
    for (uint32_t k = 0; k < p->n_sections; k++)
        n += hk_queue_size(p->sections[k].drive);
    hk_event *events = loading ? NULL : calloc(n + 1, sizeof *events);
    if (!loading && events == NULL)
        return HK_ENOMEM;
    n = 0;
    for (uint32_t k = 0; !loading && rc == HK_OK && k < p->n_sections; k++) {
        rc = hk_queue_copy(p->sections[k].drive, events + n);
        n += hk_queue_size(p->sections[k].drive);
    }
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "drive_counter", HK_U32, p->drive_counter, p->n);
    if (rc == HK_OK)
        rc = archive_list(p, DRIVEN, NULL, archive, &events, &n);
    for (uint32_t k = 0; rc == HK_OK && loading && k < p->n_sections; k++)
        hk_queue_clear(p->sections[k].drive);
    for (size_t k = 0; rc == HK_OK && loading && k < n; k++)
        rc = hk_queue_push(hk_section_of(p, events[k].source)->drive, &events[k]);
    free(events);
    return rc;
}

/* The lane of a projection onto `p`, or with `of` NULL the spikes that p was given. */
static int archive_lane(hk_population *p, const hk_projection *of, hk_archive *archive, hk_lane *lane)
{
    bool loading = hk_archive_is_loading(archive);
    hk_event none, *events = lane->events == NULL ? &none : lane->events + lane->begin;
    size_t n = lane->end - lane->begin;
    int rc = archive_list(p, of == NULL ? GIVEN : IN_LANE, of, archive, &events, &n);
    if (!loading)
        return rc;
    hk_lane_clear(lane);
    if (rc == HK_OK)
        rc = hk_lane_reserve(lane, n);
    for (size_t k = 0; rc == HK_OK && k < n; k++)
        hk_lane_add(lane, &events[k]);
    free(events);
    return rc;
}

/* --- populations ----------------------------------------------------------------------------------------------- */

static int archive_params(hk_population *p, hk_archive *archive)
{
    int rc = hk_archive_enter(archive, "parameters");
    for (size_t k = 0; rc == HK_OK && k < p->model->n_params; k++) {
        size_t n = p->params[k].stride == 0 ? 1 : p->n;
        const char *name = p->model->params[k].name;
        if (hk_archive_is_loading(archive)) {
            rc = hk_archive_length(archive, name, HK_F64, &n);
            if (rc == HK_OK && n != 1 && n != p->n)
                rc = hk_fail(p->sim->ctx, HK_EFORMAT, "checkpoint: population %s: %zu values of %s, must be 1 or %u",
                             p->name, n, name, p->n);
            double *values = rc == HK_OK ? calloc(n, sizeof *values) : NULL;
            if (rc == HK_OK && values == NULL)
                rc = HK_ENOMEM;
            if (rc != HK_OK)
                break;
            free(p->param_values[k]);
            p->param_values[k] = values;
            p->params[k] = (hk_param){ .values = values, .stride = n > 1 };
        }
        rc = hk_archive_array(archive, name, HK_F64, p->param_values[k], n);
        for (size_t i = 0; rc == HK_OK && i < n; i++)
            if (!(p->param_values[k][i] >= p->model->params[k].min && p->param_values[k][i] <= p->model->params[k].max))
                rc = hk_fail(p->sim->ctx, HK_EFORMAT, "checkpoint: population %s: %s[%zu] = %g, must be in %g ... %g",
                             p->name, name, i, p->param_values[k][i], p->model->params[k].min, p->model->params[k].max);
    }
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}

static int archive_columns(hk_population *p, hk_archive *archive)
{
    char name[32];
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < p->model->n_columns; k++) {
        snprintf(name, sizeof name, "column%zu", k);
        bool is_single = p->columns[k] == NULL;
        rc = hk_archive_array(archive, name, is_single ? HK_F32 : HK_F64, hk_column_at(&p->view, k, 0), p->n);
    }
    if (rc == HK_OK && p->model->n_globals > 0)
        rc = hk_archive_array(archive, "globals", HK_F64, p->globals, p->model->n_globals);
    return rc;
}

static int archive_held(hk_population *p, hk_archive *archive)
{
    int64_t *step = malloc(p->n * sizeof *step);
    double *offset = malloc(p->n * sizeof *offset);
    int rc = step == NULL || offset == NULL ? HK_ENOMEM : HK_OK;
    for (uint32_t i = 0; rc == HK_OK && i < p->n; i++) {
        step[i] = p->held_until[i].step;
        offset[i] = p->held_until[i].offset;
    }
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "held_step", HK_I64, step, p->n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "held_offset_ms", HK_F64, offset, p->n);
    for (uint32_t i = 0; rc == HK_OK && i < p->n; i++)
        p->held_until[i] = (hk_time){ .step = step[i], .offset = offset[i] };
    free(step);
    free(offset);
    return rc;
}

/* State that could not come from a run here: times after the present, an epoch that would never be moved, no numbers. */
static int check_loaded(hk_population *p)
{
    const hk_sim *sim = p->sim;
    hk_time epoch = p->view.epoch, now = hk_population_now(p);
    bool sound = epoch.offset > 0.0 && epoch.offset <= sim->resolution_ms && epoch.step >= -1 &&
                 !hk_time_before(now, epoch) && p->hold_ms >= 0.0 && p->hold_ms <= 1e9;
    if (sound && p->model->epoch_steps != NULL) {
        p->epoch_steps = p->model->epoch_steps(&p->view);
        sound = p->next_rebase >= sim->step && p->next_rebase <= epoch.step + 1 + 2 * p->epoch_steps;
    }
    for (uint32_t i = 0; sound && i < p->n; i++)
        sound = p->held_until[i].step == INT64_MIN ||
                (p->held_until[i].offset > 0.0 && p->held_until[i].step < LATEST_STEP &&
                 p->held_until[i].offset <= sim->resolution_ms);
    if (!sound)
        return hk_fail(sim->ctx, HK_EFORMAT, "checkpoint: population %s: its times do not fit a simulation at %g ms",
                       p->name, hk_sim_now_ms(sim));
    return hk_population_check_finite(p, 0, p->n);
}

static int archive_population(hk_population *population, hk_archive *archive)
{
    hk_population *p = population;
    uint64_t n = p->n;
    uint8_t flags[3] = { p->fresh, (uint8_t)p->competition, p->unchecked };
    int rc = hk_archive_expect(archive, "model", p->model->name);
    if (rc == HK_OK)
        rc = archive_value(archive, "n", HK_U64, &n);
    if (rc == HK_OK && n != p->n)
        rc = hk_fail(p->sim->ctx, HK_EFORMAT, "checkpoint: population %s has %llu neurons, this simulation %u", p->name,
                     (unsigned long long)n, p->n);
    if (rc == HK_OK)
        rc = archive_params(p, archive);
    if (rc == HK_OK)
        rc = archive_columns(p, archive);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "counter", HK_U32, p->counter, p->n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "counts", HK_U32, p->counts, p->n);
    if (rc == HK_OK)
        rc = archive_value(archive, "epoch_step", HK_I64, &p->view.epoch.step);
    if (rc == HK_OK)
        rc = archive_value(archive, "epoch_offset_ms", HK_F64, &p->view.epoch.offset);
    if (rc == HK_OK)
        rc = archive_value(archive, "next_rebase", HK_I64, &p->next_rebase);
    if (rc == HK_OK)
        rc = archive_value(archive, "total", HK_U64, &p->total);
    if (rc == HK_OK)
        rc = archive_value(archive, "hash", HK_U64, &p->hash);
    if (rc == HK_OK)
        rc = archive_value(archive, "hold_ms", HK_F64, &p->hold_ms);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "flags", HK_U8, flags, sizeof flags);
    if (rc == HK_OK)
        rc = archive_held(p, archive);
    if (rc == HK_OK)
        rc = archive_queue(p, archive);
    if (rc == HK_OK)
        rc = archive_drive(p, archive);
    if (rc == HK_OK)
        rc = archive_internal(p, archive);
    if (rc == HK_OK)
        rc = archive_lane(p, NULL, archive, &p->given);
    if (rc == HK_OK && hk_archive_is_loading(archive))
        rc = check_loaded(p);
    if (rc == HK_OK && hk_archive_is_loading(archive) && p->model->kind == HK_MODEL_NEURON) {
        p->spontaneous = p->model->spontaneous != NULL && p->model->spontaneous(&p->view);
        p->view.stamp = p->spontaneous ? p->stamp : NULL;
    }
    p->fresh = flags[0] != 0;
    if (rc == HK_OK && flags[1] > HK_ONE_AT_A_TIME)
        rc = hk_fail(p->sim->ctx, HK_EFORMAT, "checkpoint: population %s: competition %u does not exist", p->name,
                     flags[1]);
    p->competition = (hk_competition)flags[1];
    p->unchecked = flags[2] != 0 || hk_archive_is_loading(archive);
    return rc;
}

/* --- projections ------------------------------------------------------------------------------------------------ */

static uint32_t checksum(uint32_t crc, const void *data, uint64_t bytes)
{
    return bytes == 0 ? crc : (uint32_t)crc32_z(crc, data, bytes);
}

static uint32_t connections_checksum(const hk_projection *p)
{
    if (p->on_slabs) /* where they lie depends on the number of threads */
        return (uint32_t)(p->slabs_checksum ^ p->slabs_checksum >> 32);
    uint32_t crc = checksum(0, p->delay, p->n_slots * sizeof *p->delay);
    if (p->layout == HK_LAYOUT_SPARSE) {
        crc = checksum(crc, p->begin, ((uint64_t)p->pre->n * p->n_slots + 1) * sizeof *p->begin);
        crc = checksum(crc, p->weight64, p->weight64 == NULL ? 0 : p->n_weights * sizeof *p->weight64);
        crc = checksum(crc, p->target, p->n_synapses * sizeof *p->target);
    }
    return crc;
}

/* Weights that were never changed are drawn again: a checksum makes sure that they are the same. */
static int archive_drawn_weights(const hk_projection *p, hk_archive *archive)
{
    uint32_t expected = checksum(0, p->weight, p->weight == NULL ? 0 : p->n_weights * sizeof *p->weight),
             found = expected;
    int rc = archive_value(archive, "drawn_weights", HK_U32, &found);
    if (rc == HK_OK && found != expected)
        rc = hk_fail(p->pre->sim->ctx, HK_EFORMAT,
                     "checkpoint: the weights of projection %s differ from those of this "
                     "simulation (another configuration?)",
                     p->name);
    return rc;
}

static int archive_projection(hk_projection *projection, hk_archive *archive)
{
    hk_projection *p = projection;
    hk_projection_catch_up(p);
    uint32_t expected = connections_checksum(p), found = expected, n_rules = 0;
    uint8_t changed = p->weights_changed;
    int rc = hk_archive_expect(archive, "name", p->name);
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "pre", p->pre->name);
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "post", p->post->name);
    for (hk_rule *rule = p->rules; rule != NULL; rule = rule->next)
        n_rules++;
    if (rc == HK_OK)
        rc = archive_same(p->pre->sim->ctx, archive, "n_rules", "plasticity rules", n_rules);
    if (rc == HK_OK)
        rc = archive_value(archive, "connections", HK_U32, &found);
    if (rc == HK_OK && found != expected)
        rc = hk_fail(p->pre->sim->ctx, HK_EFORMAT,
                     "checkpoint: the connections of projection %s differ from those of this "
                     "simulation (another seed or configuration?)",
                     p->name);
    if (rc == HK_OK)
        rc = archive_value(archive, "born", HK_I64, &p->born);
    if (rc == HK_OK)
        rc = archive_value(archive, "weights_changed", HK_U8, &changed);
    p->weights_changed = changed != 0;
    if (rc == HK_OK && p->weights_changed && p->weight == NULL)
        rc = hk_fail(p->pre->sim->ctx, HK_EFORMAT, "checkpoint: projection %s has no weights in single precision here",
                     p->name);
    if (rc == HK_OK && p->weights_changed)
        rc = hk_archive_array(archive, "weights", HK_F32, p->weight, p->n_weights);
    else if (rc == HK_OK)
        rc = archive_drawn_weights(p, archive);
    if (rc == HK_OK)
        rc = archive_lane(p->post, p, archive, &p->lane);
    size_t k = 0;
    for (hk_rule *rule = p->rules; rc == HK_OK && rule != NULL; rule = rule->next, k++) {
        uint8_t enabled = rule->enabled;
        rc = enter_numbered(archive, "rule", k);
        if (rc == HK_OK)
            rc = hk_archive_expect(archive, "type", rule->type->name);
        if (rc == HK_OK)
            rc = archive_value(archive, "enabled", HK_U8, &enabled);
        rule->enabled = enabled != 0;
        if (rc == HK_OK && rule->type->n_params > 0)
            rc = hk_archive_array(archive, "parameters", HK_F64, rule->params, rule->type->n_params);
        if (rc == HK_OK && hk_archive_is_loading(archive))
            rc = hk_rule_restore(rule);
        if (rc == HK_OK && rule->type->archive != NULL)
            rc = rule->type->archive(rule->state, archive);
        if (rc == HK_OK)
            hk_archive_leave(archive);
    }
    return rc;
}

/* --- the simulation ---------------------------------------------------------------------------------------------- */

static int archive_clock(hk_sim *sim, hk_archive *archive)
{
    double resolution_ms = sim->resolution_ms;
    uint64_t seed = sim->seed, counted[3] = { sim->stats.events, sim->stats.synaptic_events, sim->stats.windows };
    int64_t clock[2] = { sim->step, sim->window };
    static const char *const forms[] = { "exactly", "on the grid", "exactly, in steps",
                                         "on the grid in single precision" };
    uint8_t on_grid = sim->precision == HK_SINGLE ? 3 : 1, ours = 0;
    if (sim->grid != NULL)
        ours = sim->grid->dense == NULL ? on_grid : 2;
    uint8_t form = ours;
    int rc = archive_value(archive, "resolution_ms", HK_F64, &resolution_ms);
    if (rc == HK_OK)
        rc = archive_value(archive, "seed", HK_U64, &seed);
    if (rc == HK_OK)
        rc = archive_value(archive, "form", HK_U8, &form);
    if (rc == HK_OK && form != ours)
        rc = hk_fail(sim->ctx, HK_EFORMAT, "checkpoint: made %s, this simulation runs %s",
                     form < sizeof forms / sizeof *forms ? forms[form] : "in an unknown form", forms[ours]);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "clock", HK_I64, clock, 2);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "counted", HK_U64, counted, 3);
    if (rc != HK_OK)
        return rc;
    if (resolution_ms != sim->resolution_ms || seed != sim->seed || clock[1] != sim->window || clock[0] < 0 ||
        clock[0] >= LATEST_STEP)
        return hk_fail(sim->ctx, HK_EFORMAT,
                       "checkpoint: made with resolution %g ms, seed %llu, windows of %lld steps; this "
                       "simulation has %g ms, %llu, %lld",
                       resolution_ms, (unsigned long long)seed, (long long)clock[1], sim->resolution_ms,
                       (unsigned long long)sim->seed, (long long)sim->window);
    sim->step = clock[0];
    sim->stats.events = counted[0];
    sim->stats.synaptic_events = counted[1];
    sim->stats.windows = counted[2];
    return HK_OK;
}

static int archive_all(hk_sim *sim, hk_archive *archive)
{
    int rc = hk_archive_enter(archive, "simulation");
    if (rc == HK_OK)
        rc = archive_clock(sim, archive);
    if (rc == HK_OK)
        rc = archive_same(sim->ctx, archive, "n_populations", "populations", sim->n_populations);
    if (rc == HK_OK)
        rc = archive_same(sim->ctx, archive, "n_projections", "projections", sim->n_projections);
    if (rc == HK_OK)
        rc = hk_schedule_archive(sim, archive);
    for (size_t i = 0; rc == HK_OK && i < sim->n_populations; i++) {
        rc = enter_numbered(archive, "population", i);
        if (rc == HK_OK)
            rc = hk_archive_expect(archive, "name", sim->populations[i]->name);
        if (rc == HK_OK)
            rc = archive_population(sim->populations[i], archive);
        if (rc == HK_OK)
            hk_archive_leave(archive);
    }
    for (size_t i = 0; rc == HK_OK && i < sim->n_projections; i++) {
        rc = enter_numbered(archive, "projection", i);
        if (rc == HK_OK)
            rc = archive_projection(sim->projections[i], archive);
        if (rc == HK_OK)
            hk_archive_leave(archive);
    }
    if (rc == HK_OK && sim->grid != NULL)
        rc = hk_grid_archive(sim->grid, archive);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}

/* Which projections were made in the middle of the run: their synapses are kept in another form (grid_scales.c), so this comes
 * before building. */
static int load_births(hk_sim *sim, hk_archive *archive)
{
    int rc = hk_archive_enter(archive, "simulation");
    for (size_t i = 0; rc == HK_OK && i < sim->n_projections; i++) {
        hk_projection *p = sim->projections[i];
        int64_t born = 0;
        rc = enter_numbered(archive, "projection", i);
        if (rc == HK_OK)
            rc = archive_value(archive, "born", HK_I64, &born);
        if (rc != HK_OK)
            return rc;
        if (!(born >= 0 && born < LATEST_STEP))
            return hk_fail(sim->ctx, HK_EFORMAT, "checkpoint: projection %s was made in step %lld", p->name,
                           (long long)born);
        if (sim->grid != NULL && (born > 0) != (p->born > 0))
            sim->grid->is_built = false;
        p->born = born;
        hk_archive_leave(archive);
    }
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}

int hk_sim_archive(hk_sim *sim, hk_archive *archive)
{
    int rc = hk_archive_is_loading(archive) ? load_births(sim, archive) : HK_OK;
    if (rc == HK_OK)
        rc = hk_sim_build(sim); /* so that connections can be compared, and spikes find their synapses */
    if (rc == HK_OK)
        rc = archive_all(sim, archive);
    return rc == HK_ENOMEM ? hk_fail(sim->ctx, rc, "checkpoint: out of memory") : rc;
}

static int archive_sim(void *sim, hk_archive *archive)
{
    return hk_sim_archive(sim, archive);
}

int hk_sim_save(hk_sim *sim, const char *path)
{
    return hk_archive_save(sim->ctx, path, archive_sim, sim);
}

int hk_sim_load(hk_sim *sim, const char *path)
{
    return hk_archive_load(sim->ctx, path, archive_sim, sim);
}
