/* sim/simulation.c - see simulation.h; the work of a window is in engine.c. */
#include "sim/simulation.h"

#include "sim/draw.h"
#include "sim/grid.h"
#include "sim/section.h"
#include "sim/storage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_STEPS = 1000 };    /* between two looks at all state at the end of short runs */
enum { MOST_THREADS = 1023 };   /* besides the caller's */
enum { LEAST_WORK = 512 };      /* events and synaptic events of a window */
enum { LONGEST_WINDOW = 1000 }; /* steps, where no delay between neurons bounds it: stop requests wait this long */

int hk_sim_create(hk_ctx *ctx, const hk_sim_config *cfg, hk_sim **out)
{
    *out = NULL;
    if (!(cfg->resolution_ms >= 1e-6 && cfg->resolution_ms <= 1e6))
        return hk_fail(ctx, HK_ERANGE, "simulation: resolution_ms = %g, must be in 1e-6 ... 1e6", cfg->resolution_ms);
    if (cfg->integrator != HK_EXACT && cfg->integrator != HK_GRID && cfg->integrator != HK_EXACT_DENSE)
        return hk_fail(ctx, HK_ERANGE, "simulation: integrator = %d, must be HK_EXACT, HK_GRID or HK_EXACT_DENSE",
                       (int)cfg->integrator);
    if (cfg->precision != HK_DOUBLE && (cfg->precision != HK_SINGLE || cfg->integrator != HK_GRID))
        return hk_fail(ctx, HK_ERANGE, "simulation: precision = %d, must be HK_DOUBLE, or HK_SINGLE with HK_GRID",
                       (int)cfg->precision);
    if (cfg->n_extra_threads > MOST_THREADS)
        return hk_fail(ctx, HK_ERANGE, "simulation: n_extra_threads = %u, must be at most %d", cfg->n_extra_threads,
                       MOST_THREADS);
    hk_cpu cpu = HK_CPU_PLAIN;
    int rc = hk_cpu_parse(ctx, cfg->cpu, &cpu);
    if (rc != HK_OK)
        return rc;
    hk_sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL)
        return hk_fail(ctx, HK_ENOMEM, "simulation: out of memory");
    sim->ctx = ctx;
    sim->precision = cfg->precision;
    sim->resolution_ms = cfg->resolution_ms;
    sim->seed = cfg->seed;
    sim->cpu = cpu;
    sim->window = LONGEST_WINDOW;
    sim->least_work = LEAST_WORK;
    atomic_init(&sim->stop, false);
    rc = hk_team_create(ctx, cfg->n_extra_threads, &sim->team);
    if (rc == HK_OK && cfg->integrator != HK_EXACT)
        rc = hk_grid_create(sim, cfg->integrator == HK_EXACT_DENSE, &sim->grid);
    if (rc != HK_OK) {
        hk_sim_destroy(sim);
        return rc;
    }
    *out = sim;
    return HK_OK;
}

void hk_sim_destroy(hk_sim *sim)
{
    if (sim == NULL)
        return;
    hk_team_destroy(sim->team);
    hk_grid_destroy(sim->grid);
    for (size_t i = 0; i < sim->n_projections; i++)
        hk_projection_destroy(sim->projections[i]);
    for (size_t i = 0; i < sim->n_populations; i++)
        hk_population_destroy(sim->populations[i]);
    free(sim->projections);
    free(sim->populations);
    free(sim->changes);
    hk_spikes_in_fini(&sim->encoded);
    free(sim->times);
    free(sim->ids);
    free(sim);
}

hk_ctx *hk_sim_ctx(const hk_sim *sim)
{
    return sim->ctx;
}

double hk_sim_resolution_ms(const hk_sim *sim)
{
    return sim->resolution_ms;
}

uint64_t hk_sim_seed(const hk_sim *sim)
{
    return sim->seed;
}

const char *hk_sim_cpu(const hk_sim *sim)
{
    return hk_cpu_name(sim->cpu);
}

hk_population *hk_sim_population(const hk_sim *sim, uint32_t index)
{
    return index < sim->n_populations ? sim->populations[index] : NULL;
}

hk_projection *hk_sim_projection(const hk_sim *sim, uint32_t index)
{
    return index < sim->n_projections ? sim->projections[index] : NULL;
}

void hk_sim_on_window(hk_sim *sim, hk_window_fn call, void *user)
{
    sim->on_window = call;
    sim->on_window_user = user;
}

void hk_sim_on_sample(hk_sim *sim, hk_sample_fn call, void *user)
{
    sim->on_sample = call;
    sim->on_sample_user = user;
}

void hk_sim_stop(hk_sim *sim)
{
    atomic_store_explicit(&sim->stop, true, memory_order_relaxed);
}

bool hk_sim_stopped(const hk_sim *sim)
{
    return sim->stopped;
}

hk_time hk_sim_now(const hk_sim *sim)
{
    return hk_time_grid(sim->step, sim->resolution_ms);
}

double hk_sim_now_ms(const hk_sim *sim)
{
    return (double)sim->step * sim->resolution_ms;
}

hk_sim_stats hk_sim_get_stats(const hk_sim *sim)
{
    hk_sim_stats stats = sim->stats;
    for (size_t i = 0; i < sim->n_populations; i++) {
        stats.spikes += sim->populations[i]->total;
        stats.spike_hash = (stats.spike_hash ^ sim->populations[i]->hash) * 0x100000001b3u;
    }
    return stats;
}

int hk_sim_add_projection(hk_sim *sim, hk_projection *projection)
{
    hk_population *pre = hk_projection_pre(projection), *post = hk_projection_post(projection);
    hk_projection **all = realloc(sim->projections, (sim->n_projections + 1) * sizeof *all);
    if (all != NULL)
        sim->projections = all;
    hk_projection **out = realloc(pre->out, (pre->n_out + 1) * sizeof *out);
    if (out != NULL)
        pre->out = out;
    hk_projection **in = realloc(post->in, (post->n_in + 1) * sizeof *in);
    if (in != NULL)
        post->in = in;
    if (all == NULL || out == NULL || in == NULL)
        return hk_fail(sim->ctx, HK_ENOMEM, "projection %s: out of memory", hk_projection_name(projection));
    all[sim->n_projections++] = projection;
    out[pre->n_out++] = projection;
    in[post->n_in++] = projection;
    if (pre->model->kind == HK_MODEL_NEURON && projection->least_delay > 0) {
        int64_t shortest = projection->least_delay;
        if (shortest < sim->window) {
            sim->window = shortest;
            for (size_t i = 0; i < sim->n_populations; i++) /* windows now start elsewhere */
                sim->populations[i]->fresh = true;
        }
    }
    return HK_OK;
}

int hk_population_draw(hk_population *population, const char *name, hk_draw draw)
{
    hk_sim *sim = population->sim;
    int rc = hk_draw_check(sim->ctx, name, &draw);
    if (rc != HK_OK)
        return rc;
    double *values = malloc(population->n * sizeof *values);
    if (values == NULL)
        return hk_fail(sim->ctx, HK_ENOMEM, "population %s: out of memory", population->name);
    uint64_t id = hk_name_id(population->name) ^ (hk_name_id(name) * 31);
    for (uint32_t i = 0; i < population->n; i++) {
        hk_stream stream = hk_stream_open(sim->seed, HK_PURPOSE_STATE, id, i);
        values[i] = hk_draw_value(&draw, &stream);
    }
    rc = hk_population_set(population, name, values, population->n);
    free(values);
    return rc;
}

int hk_spike_source_add(hk_population *population, size_t n, const double *times_ms, const uint32_t *ids)
{
    hk_sim *sim = population->sim;
    if (population->model->kind != HK_MODEL_SOURCE || population->model->next != NULL)
        return hk_fail(sim->ctx, HK_ESTATE, "population %s: %s neurons cannot be given spikes, spike_source can",
                       population->name, population->model->name);
    for (size_t k = 0; k < n; k++) {
        if (ids[k] >= population->n)
            return hk_fail(sim->ctx, HK_ERANGE, "population %s: spike %zu is of neuron %u, must be below %u",
                           population->name, k, ids[k], population->n);
        if (!(times_ms[k] > hk_sim_now_ms(sim) && times_ms[k] / sim->resolution_ms < 0x1p51))
            return hk_fail(sim->ctx, HK_ERANGE, "population %s: spike %zu is at %g ms, must be after %g ms",
                           population->name, k, times_ms[k], hk_sim_now_ms(sim));
    }
    if (hk_lane_reserve(&population->given, n) != HK_OK)
        return hk_fail(sim->ctx, HK_ENOMEM, "population %s: out of memory for %zu spikes", population->name, n);
    for (size_t k = 0; k < n; k++) {
        hk_time at = hk_time_from_ms(times_ms[k], sim->resolution_ms);
        hk_lane_add(&population->given,
                    &(hk_event){ .step = at.step, .offset = at.offset, .source = ids[k], .kind = HK_EVENT_SPIKE });
    }
    return HK_OK;
}

static int compare_changes(const hk_change *a, const hk_change *b)
{
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    if (a->population != b->population)
        return a->population < b->population ? -1 : 1;
    return a->param < b->param ? -1 : a->param > b->param;
}

int hk_population_schedule(hk_population *population, const char *name, size_t n, const double *times_ms,
                           const double *values)
{
    hk_sim *sim = population->sim;
    const hk_neuron_model *model = population->model;
    long which = hk_column_find(model->params, model->n_params, name);
    if (which < 0)
        return hk_fail(sim->ctx, HK_ENAME, "population %s: model %s has no parameter '%s' to schedule",
                       population->name, model->name, name);
    const hk_column *column = &model->params[which];
    for (size_t k = 0; k < n; k++) {
        int64_t step = hk_steps_in_ms(times_ms[k], sim->resolution_ms);
        if (step < sim->step || (k > 0 && times_ms[k] <= times_ms[k - 1]))
            return hk_fail(sim->ctx, HK_ERANGE,
                           "population %s: change %zu of %s is at %g ms, must be whole steps of %g ms, "
                           "ascending, from %g ms on",
                           population->name, k, name, times_ms[k], sim->resolution_ms, hk_sim_now_ms(sim));
        if (!(values[k] >= column->min && values[k] <= column->max))
            return hk_fail(sim->ctx, HK_ERANGE, "population %s: %s = %g at %g ms, must be in %g ... %g %s",
                           population->name, name, values[k], times_ms[k], column->min, column->max, column->unit);
    }
    hk_change *changes = realloc(sim->changes, (sim->n_changes + n + 1) * sizeof *changes);
    if (changes == NULL)
        return hk_fail(sim->ctx, HK_ENOMEM, "population %s: out of memory", population->name);
    sim->changes = changes;
    for (size_t k = 0; k < n; k++) {
        hk_change change = { .step = hk_steps_in_ms(times_ms[k], sim->resolution_ms),
                             .population = population->index,
                             .param = (uint32_t)which,
                             .value = values[k] };
        size_t to = sim->n_changes++;
        for (; to > sim->next_change && compare_changes(&changes[to - 1], &change) > 0; to--)
            changes[to] = changes[to - 1];
        changes[to] = change;
    }
    return HK_OK;
}

static int make_changes(hk_sim *sim)
{
    while (sim->next_change < sim->n_changes && sim->changes[sim->next_change].step <= sim->step) {
        const hk_change *change = &sim->changes[sim->next_change++];
        hk_population *p = sim->populations[change->population];
        int rc = hk_population_set_value(p, p->model->params[change->param].name, change->value);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static int check_populations(hk_sim *sim)
{
    for (size_t i = 0; i < sim->n_populations; i++) {
        hk_population *p = sim->populations[i];
        int rc = p->unchecked && p->model->check != NULL ? p->model->check(sim->ctx, &p->view) : HK_OK;
        if (rc != HK_OK)
            return rc;
        p->unchecked = false;
    }
    return HK_OK;
}

/* A run must not end well with a state that is none. Epochs look too (engine.c), but only where something happens. */
static int check_finite(hk_sim *sim)
{
    for (size_t i = 0; i < sim->n_populations; i++) {
        hk_population *p = sim->populations[i];
        if (p->model->kind != HK_MODEL_NEURON || sim->step < p->next_check)
            continue;
        p->next_check = sim->step + CHECK_STEPS;
        int rc = hk_population_check_finite(p, 0, p->n);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

int hk_sim_build(hk_sim *sim)
{
    int rc = check_populations(sim);
    if (sim->grid != NULL)
        return rc == HK_OK ? hk_grid_build(sim->grid) : rc;
    for (size_t i = 0; rc == HK_OK && i < sim->n_populations; i++) {
        rc = hk_sections_build(sim->populations[i]);
        if (rc == HK_ENOMEM)
            return hk_fail(sim->ctx, rc, "population %s: out of memory for its sections", sim->populations[i]->name);
    }
    return rc;
}

static bool wants_stop(hk_sim *sim)
{
    bool by_call = sim->on_window != NULL && sim->on_window(sim, hk_sim_now(sim), sim->on_window_user) != 0;
    bool by_flag = atomic_exchange_explicit(&sim->stop, false, memory_order_relaxed);
    return by_call || by_flag;
}

static int run_until(hk_sim *sim, int64_t end)
{
    while (sim->step < end && !sim->stopped) {
        int rc = make_changes(sim);
        if (rc == HK_OK)
            rc = hk_sim_build(sim);
        if (rc != HK_OK)
            return rc;
        int64_t until = end;
        if (sim->next_change < sim->n_changes && sim->changes[sim->next_change].step < until)
            until = sim->changes[sim->next_change].step;
        int64_t next = hk_engine_next_step(sim);
        if (next >= until) { /* nothing can happen before */
            sim->step = until;
            continue;
        }
        sim->step = next;
        rc = sim->grid != NULL ? hk_grid_window(sim->grid, until) : hk_engine_window(sim, until);
        if (rc == HK_OK && sim->grid != NULL)
            rc = check_finite(sim);
        if (rc != HK_OK)
            return rc;
        sim->stopped = wants_stop(sim);
    }
    return check_finite(sim);
}

int hk_sim_run(hk_sim *sim, double ms)
{
    int64_t steps = hk_steps_in_ms(ms, sim->resolution_ms);
    if (steps < 0)
        return hk_fail(sim->ctx, HK_ERANGE, "simulation: run for %g ms, must be a whole number of steps of %g ms, >= 0",
                       ms, sim->resolution_ms);
    sim->stopped = false;
    int rc = run_until(sim, sim->step + steps);
    int finished = sim->grid != NULL ? hk_grid_finish(sim->grid) : HK_OK;
    return rc == HK_OK ? finished : rc;
}

int hk_sim_present(hk_sim *sim, hk_population *inputs, const hk_encoder *encoder, const hk_encoding *encoding,
                   double rest_ms, size_t *n_input_spikes)
{
    if (hk_encoder_n_sources(encoder, encoding->n) != inputs->n || inputs->model->kind != HK_MODEL_SOURCE ||
        inputs->model->next != NULL)
        return hk_fail(sim->ctx, HK_ERANGE,
                       "present: %u sources for population %s of %u %s neurons, must be as many "
                       "spike_source neurons",
                       hk_encoder_n_sources(encoder, encoding->n), inputs->name, inputs->n, inputs->model->name);
    if (!(rest_ms >= 0.0 && hk_steps_in_ms(encoding->window_ms + rest_ms, sim->resolution_ms) >= 0))
        return hk_fail(sim->ctx, HK_ERANGE,
                       "present: window_ms = %g and rest_ms = %g, must be >= 0 and together whole steps of "
                       "%g ms",
                       encoding->window_ms, rest_ms, sim->resolution_ms);
    int rc = hk_encode(sim->ctx, encoder, encoding, &sim->encoded);
    if (rc != HK_OK)
        return rc;
    if (hk_lane_reserve(&inputs->given, sim->encoded.n) != HK_OK)
        return hk_fail(sim->ctx, HK_ENOMEM, "present: out of memory for %zu spikes", sim->encoded.n);
    hk_time start = hk_sim_now(sim);
    for (size_t k = 0; k < sim->encoded.n; k++) {
        hk_time at = hk_time_after(start, sim->encoded.spikes[k].after_ms, sim->resolution_ms);
        hk_lane_add(&inputs->given, &(hk_event){ .step = at.step,
                                                 .offset = at.offset,
                                                 .kind = HK_EVENT_SPIKE,
                                                 .source = sim->encoded.spikes[k].source });
    }
    if (n_input_spikes != NULL)
        *n_input_spikes = sim->encoded.n;
    rc = hk_sim_run(sim, encoding->window_ms + rest_ms);
    if (rc != HK_OK || sim->stopped)
        return rc;
    for (size_t k = 0; k < sim->n_projections; k++)
        for (hk_rule *rule = hk_projection_rules(sim->projections[k]); rule != NULL; rule = rule->next)
            if (rule->enabled && rule->type->sample_end != NULL)
                rule->type->sample_end(rule->state, hk_sim_now(sim));
    if (sim->on_sample != NULL && sim->on_sample(sim, encoding->sample, sim->encoded.n, sim->on_sample_user) != 0)
        sim->stopped = true;
    return HK_OK;
}

int hk_sim_settle(hk_sim *sim)
{
    if (sim->grid != NULL)
        hk_grid_forget(sim->grid);
    for (size_t i = 0; i < sim->n_populations; i++) {
        hk_population *p = sim->populations[i];
        if (p->model->kind != HK_MODEL_NEURON)
            continue;
        hk_queue_clear(p->queue);
        for (size_t k = 0; k < p->n_in; k++)
            hk_lane_clear(&p->in[k]->lane);
        bool any_held = p->n_sections == 0;
        for (uint32_t k = 0; k < p->n_sections; k++) {
            any_held = any_held || p->sections[k].n_held > 0;
            p->sections[k].internal.n = 0;
            p->sections[k].n_held = 0;
        }
        for (uint32_t k = 0; any_held && k < p->n; k++)
            p->held_until[k].step = INT64_MIN;
        hk_population_rebase(p);
        p->model->settle(&p->view, hk_sim_now(sim));
        p->fresh = true;
    }
    for (size_t k = 0; k < sim->n_projections; k++)
        for (hk_rule *rule = hk_projection_rules(sim->projections[k]); rule != NULL; rule = rule->next)
            if (rule->type->forget != NULL)
                rule->type->forget(rule->state);
    return HK_OK;
}
