/* sim/population.c - a population: its columns, its parameters, and their checks. */
#include "sim/dense.h"
#include "sim/draw.h"
#include "sim/section.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

hk_time hk_population_now(const hk_population *population)
{
    return hk_time_grid(population->sim->step, population->sim->resolution_ms);
}

static size_t column_bytes(const hk_population *population)
{
    return (size_t)population->n * sizeof(double);
}

static size_t single_bytes(const hk_population *population)
{
    return (size_t)population->n * sizeof(float);
}

void hk_population_destroy(hk_population *population)
{
    if (population == NULL)
        return;
    for (size_t k = 0; population->param_values != NULL && k < population->model->n_params; k++)
        free(population->param_values[k]);
    for (size_t k = 0; population->columns != NULL && k < population->model->n_columns; k++)
        hk_memory_free(population->columns[k], column_bytes(population));
    for (size_t k = 0; population->single != NULL && k < population->model->n_columns; k++)
        hk_memory_free(population->single[k], single_bytes(population));
    free(population->single);
    free(population->param_values);
    free(population->params);
    free(population->columns);
    free(population->globals);
    hk_queue_destroy(population->queue);
    hk_lane_fini(&population->given);
    hk_inbox_fini(&population->inbox);
    hk_sections_destroy(population);
    free(population->drive_counter);
    free(population->held_until);
    free(population->stamp);
    free(population->counter);
    free(population->out);
    free(population->in);
    free(population->spikes);
    free(population->counts);
    free(population->name);
    free(population);
}

static bool allocate(hk_population *p)
{
    const hk_neuron_model *m = p->model;
    p->param_values = calloc(m->n_params + 1, sizeof *p->param_values);
    p->params = calloc(m->n_params + 1, sizeof *p->params);
    p->columns = calloc(m->n_columns + 1, sizeof *p->columns);
    p->globals = calloc(m->n_globals + 1, sizeof *p->globals);
    p->held_until = malloc(p->n * sizeof *p->held_until);
    p->stamp = calloc(p->n, sizeof *p->stamp);
    p->counter = calloc(p->n, sizeof *p->counter);
    p->counts = calloc(p->n, sizeof *p->counts);
    if (p->param_values == NULL || p->params == NULL || p->columns == NULL || p->globals == NULL ||
        p->held_until == NULL || p->stamp == NULL || p->counter == NULL || p->counts == NULL)
        return false;
    for (size_t k = 0; k < m->n_params; k++) {
        p->param_values[k] = malloc(sizeof(double));
        if (p->param_values[k] == NULL)
            return false;
        p->param_values[k][0] = m->params[k].initial;
        p->params[k] = (hk_param){ .values = p->param_values[k], .stride = 0 };
    }
    uint32_t is_single = p->sim->precision == HK_SINGLE ? m->may_be_single : 0;
    if (is_single != 0 && (p->single = calloc(m->n_columns, sizeof *p->single)) == NULL)
        return false;
    for (size_t k = 0; k < m->n_columns; k++) { /* aligned: a vector lies in one cache line */
        if (is_single >> k & 1)
            p->single[k] = hk_memory_alloc(single_bytes(p));
        else
            p->columns[k] = hk_memory_alloc(column_bytes(p));
        if (p->columns[k] == NULL && !(is_single >> k & 1 && p->single[k] != NULL))
            return false;
    }
    for (uint32_t i = 0; i < p->n; i++)
        p->held_until[i] = HK_NOT_HELD;
    return true;
}

/* The model's view, its derived columns, and when to move the epoch. */
static void prepare(hk_population *p)
{
    const hk_neuron_model *m = p->model;
    if (m->kind != HK_MODEL_NEURON)
        return;
    m->prepare(&p->view);
    p->spontaneous = m->spontaneous != NULL && m->spontaneous(&p->view);
    p->view.stamp = p->spontaneous ? p->stamp : NULL;
    p->view.stamp_all = &p->stamp_all;
    p->fresh = true;
    p->next_rebase = HK_STEP_NEVER;
    if (m->epoch_steps != NULL) {
        p->epoch_steps = m->epoch_steps(&p->view);
        p->next_rebase = (p->sim->step / p->epoch_steps + 1) * p->epoch_steps;
    }
}

/* Brings the population up to date after parameters were changed from outside. */
static int refresh(hk_population *population)
{
    population->unchecked = true;
    prepare(population);
    return population->model->next != NULL ? hk_population_draw_sources(population) : HK_OK;
}

void hk_population_rebase(hk_population *population)
{
    hk_time now = hk_population_now(population);
    if (population->model->rebase == NULL)
        return;
    population->model->rebase(&population->view, 0, population->n, now);
    population->view.epoch = now;
}

static bool valid_name(const char *name)
{
    return name != NULL && name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0;
}

int hk_population_create(hk_sim *sim, const char *name, const hk_neuron_model *model, uint32_t n, hk_population **out)
{
    *out = NULL;
    if (!valid_name(name))
        return hk_fail(sim->ctx, HK_ENAME, "population: name '%s', must not be empty nor contain '/'",
                       name == NULL ? "" : name);
    for (size_t i = 0; i < sim->n_populations; i++)
        if (strcmp(sim->populations[i]->name, name) == 0)
            return hk_fail(sim->ctx, HK_ENAME, "population: the name '%s' is taken", name);
    if (n == 0 || n == HK_ALL_NEURONS)
        return hk_fail(sim->ctx, HK_ERANGE, "population %s: n = %u, must be in 1 ... %u", name, n, HK_ALL_NEURONS - 1);

    if (sim->grid != NULL && model->kind == HK_MODEL_NEURON) {
        bool dense = sim->grid->dense != NULL;
        if (dense ? model->fold == NULL : model->on_grid == NULL)
            return hk_fail(sim->ctx, HK_ENAME, "population %s: model %s has no form for %s", name, model->name,
                           dense ? "dense networks" : "the grid");
        model = dense ? model : model->on_grid;
    }
    hk_population **list = realloc(sim->populations, (sim->n_populations + 1) * sizeof *list);
    if (list != NULL)
        sim->populations = list;
    hk_population *p = list == NULL ? NULL : calloc(1, sizeof *p);
    if (p == NULL)
        return hk_fail(sim->ctx, HK_ENOMEM, "population %s: out of memory", name);
    *p = (hk_population){ .sim = sim, .model = model, .n = n, .index = (uint32_t)sim->n_populations };
    p->name = strdup(name);
    p->name_id = hk_name_id(name);
    int rc = p->name == NULL || !allocate(p) ? HK_ENOMEM : hk_queue_create(sim->ctx, sim->resolution_ms, &p->queue);
    if (rc != HK_OK) {
        hk_population_destroy(p);
        return hk_fail(sim->ctx, rc, "population %s: out of memory for %u neurons", name, n);
    }
    p->view = (hk_neuron_view){ .params = p->params,
                                .columns = p->columns,
                                .single = p->single,
                                .globals = p->globals,
                                .n = n,
                                .resolution_ms = sim->resolution_ms,
                                .epoch = hk_population_now(p),
                                .cpu = sim->cpu };
    if (sim->grid == NULL && hk_sections_build(p) != HK_OK)
        rc = hk_fail(sim->ctx, HK_ENOMEM, "population %s: out of memory for %u neurons", name, n);
    if (rc == HK_OK)
        rc = refresh(p);
    for (size_t k = 0; rc == HK_OK && k < model->n_state; k++)
        for (uint32_t i = 0; i < n; i++)
            model->write(&p->view, k, i, p->view.epoch, model->state[k].initial);
    if (rc != HK_OK) {
        hk_population_destroy(p);
        return rc;
    }
    sim->populations[sim->n_populations++] = p;
    *out = p;
    return HK_OK;
}

const char *hk_population_name(const hk_population *population)
{
    return population->name;
}

const hk_neuron_model *hk_population_model(const hk_population *population)
{
    return population->model;
}

uint32_t hk_population_n(const hk_population *population)
{
    return population->n;
}

static int unknown_name(const hk_population *p, const char *name)
{
    char known[600] = "";
    for (size_t k = 0; k < p->model->n_params + p->model->n_state; k++) {
        const hk_column *c = k < p->model->n_params ? &p->model->params[k] : &p->model->state[k - p->model->n_params];
        strncat(known, " ", sizeof known - strlen(known) - 1);
        strncat(known, c->name, sizeof known - strlen(known) - 1);
    }
    return hk_fail(p->sim->ctx, HK_ENAME, "population %s: model %s has no '%s'; it has:%s", p->name, p->model->name,
                   name, known[0] == '\0' ? " no parameters" : known);
}

static int check_values(const hk_population *p, const hk_column *column, const double *values, size_t n)
{
    if (n != 1 && n != p->n)
        return hk_fail(p->sim->ctx, HK_ERANGE, "population %s: %zu values for %s, must be 1 or %u", p->name, n,
                       column->name, p->n);
    for (size_t i = 0; i < n; i++)
        if (!(values[i] >= column->min && values[i] <= column->max))
            return hk_fail(p->sim->ctx, HK_ERANGE, "population %s: %s[%zu] = %g, must be in %g ... %g %s", p->name,
                           column->name, i, values[i], column->min, column->max, column->unit);
    return HK_OK;
}

/* All state variables in physical units, so that they survive a change of parameters: [n_state][n]. */
static double *read_all(const hk_population *p)
{
    double *values = malloc((p->model->n_state * p->n + 1) * sizeof *values);
    for (size_t k = 0; values != NULL && k < p->model->n_state; k++)
        for (uint32_t i = 0; i < p->n; i++)
            values[k * p->n + i] = p->model->read(&p->view, k, i, hk_population_now(p));
    return values;
}

static void write_all(hk_population *p, const double *values)
{
    p->view.epoch = hk_population_now(p);
    for (size_t k = 0; k < p->model->n_state; k++)
        for (uint32_t i = 0; i < p->n; i++)
            p->model->write(&p->view, k, i, p->view.epoch, values[k * p->n + i]);
}

static bool are_equal(const double *values, size_t n)
{
    size_t k = 1;
    while (k < n && values[k] == values[0])
        k++;
    return k == n;
}

/* One value for all is stored once, however it was given: it is as fast as a constant. */
static int set_param(hk_population *p, size_t which, const double *values, size_t n_given)
{
    size_t n = are_equal(values, n_given) ? 1 : n_given;
    double *fresh = malloc(n * sizeof *fresh), *kept = p->param_values[which], *state = read_all(p);
    if (fresh == NULL || state == NULL) {
        free(fresh);
        free(state);
        return hk_fail(p->sim->ctx, HK_ENOMEM, "population %s: out of memory", p->name);
    }
    memcpy(fresh, values, n * sizeof *fresh);
    p->param_values[which] = fresh;
    p->params[which] = (hk_param){ .values = fresh, .stride = n > 1 };
    free(kept);
    int rc = refresh(p);
    write_all(p, state);
    prepare(p); /* what is derived from parameters and state together */
    free(state);
    return rc;
}

int hk_population_set(hk_population *population, const char *name, const double *values, size_t n)
{
    const hk_neuron_model *model = population->model;
    long which = hk_column_find(model->params, model->n_params, name);
    if (which >= 0) {
        int rc = check_values(population, &model->params[which], values, n);
        return rc == HK_OK ? set_param(population, (size_t)which, values, n) : rc;
    }
    which = hk_column_find(model->state, model->n_state, name);
    if (which < 0)
        return unknown_name(population, name);
    int rc = check_values(population, &model->state[which], values, n);
    if (rc != HK_OK)
        return rc;
    hk_population_rebase(population);
    for (uint32_t i = 0; i < population->n; i++)
        model->write(&population->view, (size_t)which, i, hk_population_now(population), values[n == 1 ? 0 : i]);
    prepare(population);
    return HK_OK;
}

int hk_population_set_value(hk_population *population, const char *name, double value)
{
    return hk_population_set(population, name, &value, 1);
}

int hk_population_get(hk_population *population, const char *name, double *out)
{
    const hk_neuron_model *model = population->model;
    long param = hk_column_find(model->params, model->n_params, name);
    long variable = hk_column_find(model->state, model->n_state, name);
    if (param < 0 && variable < 0)
        return unknown_name(population, name);
    for (uint32_t i = 0; i < population->n; i++)
        out[i] = param >= 0 ? hk_param_at(&population->params[param], i)
                            : model->read(&population->view, (size_t)variable, i, hk_population_now(population));
    return HK_OK;
}

static int check_competitors(const hk_population *population)
{
    if (population->model->kind != HK_MODEL_NEURON)
        return hk_fail(population->sim->ctx, HK_ESTATE, "population %s: %s neurons cannot compete", population->name,
                       population->model->name);
    return HK_OK;
}

int hk_population_take_turns(hk_population *population)
{
    int rc = check_competitors(population);
    if (rc == HK_OK)
        population->competition = HK_ONE_AT_A_TIME;
    return rc;
}

int hk_population_compete(hk_population *population, double hold_ms)
{
    int rc = check_competitors(population);
    if (rc != HK_OK)
        return rc;
    if (!(hold_ms >= 0.0 && hold_ms <= 1e9))
        return hk_fail(population->sim->ctx, HK_ERANGE, "population %s: hold_ms = %g, must be in 0 ... 1e9",
                       population->name, hold_ms);
    population->competition = HK_WINNER_TAKES_ALL;
    population->hold_ms = hold_ms;
    return HK_OK;
}

int hk_population_record(hk_population *population, hk_recorder *recorder)
{
    int rc = hk_recorder_add_population(recorder, population->name, population->total, &population->recorder_index);
    if (rc == HK_OK)
        population->recorder = recorder;
    return rc;
}

const hk_spike *hk_population_spikes(const hk_population *population, size_t *n)
{
    *n = population->n_spikes;
    return population->spikes;
}

uint64_t hk_population_n_spikes(const hk_population *population)
{
    return population->total;
}

const uint32_t *hk_population_counts(const hk_population *population)
{
    return population->counts;
}

void hk_population_clear_counts(hk_population *population)
{
    memset(population->counts, 0, population->n * sizeof *population->counts);
}
