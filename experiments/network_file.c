/* experiments/network_file.c - see network_file.h. Everything is checked here, where the line is still known; what is
 * built from it (network_build.h) finds nothing to refuse. */
#include "experiments/network_file.h"

#include "experiments/network_models.h"
#include "experiments/options.h"
#include "experiments/suggest.h"
#include "sim/time.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ID ((uint64_t)1 << 53)
#define MOST_STEPS 0x1p51
#define MOST_DELAY_STEPS ((int64_t)(1 << 24) - 1) /* sim/build.c */
#define N_OF(array) (sizeof(array) / sizeof *(array))

typedef struct reader {
    const hk_document *document;
    hk_ctx *ctx;
    hk_network_file *file;
    const hk_node *neurons; /* the list, for lines */
} reader;

static int no_memory(const reader *r)
{
    return hk_fail(r->ctx, HK_ENOMEM, "no memory for the network");
}

/* A list that may be left out. */
static int optional_list(const reader *r, const char *key, const hk_node **out)
{
    *out = hk_node_get(hk_document_root(r->document), key);
    return *out == NULL ? HK_OK : hk_document_expect(r->document, *out, HK_NODE_LIST, key);
}

static int required_number(const reader *r, const hk_node *map, const char *key, const hk_node **node, double *out)
{
    int rc = hk_document_require(r->document, map, key, node);
    return rc == HK_OK ? hk_document_number(r->document, *node, out) : rc;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static int read_times_of_run(reader *r)
{
    const hk_node *root = hk_document_root(r->document), *node = hk_node_get(root, "resolution_ms");
    r->file->resolution_ms = 0.1;
    int rc = node == NULL ? HK_OK : hk_document_number(r->document, node, &r->file->resolution_ms);
    if (rc == HK_OK && !(r->file->resolution_ms >= 1e-6 && r->file->resolution_ms <= 1e6))
        rc = hk_document_fail(r->document, node, HK_EFORMAT, "resolution_ms = %g, must be in 1e-6 ... 1e6",
                              r->file->resolution_ms);
    if (rc == HK_OK)
        rc = required_number(r, root, "t_stop_ms", &node, &r->file->t_stop_ms);
    if (rc != HK_OK)
        return rc;
    int64_t steps = hk_steps_in_ms(r->file->t_stop_ms, r->file->resolution_ms);
    if (steps < 1 || (double)steps > MOST_STEPS)
        return hk_document_fail(r->document, node, HK_EFORMAT,
                                "t_stop_ms = %.17g, must be a whole number of steps of %g ms, "
                                "from 1 to 2^51",
                                r->file->t_stop_ms, r->file->resolution_ms);
    return HK_OK;
}

static int read_delay(const reader *r, const hk_node *map, double *delay_ms)
{
    const hk_node *node;
    int rc = required_number(r, map, "delay", &node, delay_ms);
    if (rc != HK_OK)
        return rc;
    int64_t steps = hk_steps_in_ms(*delay_ms, r->file->resolution_ms);
    if (steps < 1 || steps > MOST_DELAY_STEPS)
        return hk_document_fail(r->document, node, HK_EFORMAT,
                                "delay = %.17g, must be a whole number of steps of %g ms, from 1 "
                                "to %" PRId64,
                                *delay_ms, r->file->resolution_ms, MOST_DELAY_STEPS);
    return HK_OK;
}

/* ---- neurons ----------------------------------------------------------------------------------------------------- */

static int read_id(const reader *r, const hk_node *map, const char *key, uint64_t *id)
{
    const hk_node *node;
    int rc = hk_document_require(r->document, map, key, &node);
    return rc == HK_OK ? hk_document_count(r->document, node, MOST_ID, id) : rc;
}

static int find_model(const reader *r, const hk_node *neuron, hk_network_model *out)
{
    const hk_node *node;
    const char *name;
    int rc = hk_document_require(r->document, neuron, "model", &node);
    if (rc == HK_OK)
        rc = hk_document_text(r->document, node, &name);
    if (rc != HK_OK || hk_network_model_find(name, out))
        return rc;
    if (out->model != NULL)
        return hk_document_fail(r->document, node, HK_EFORMAT, "model '%s': given spikes stand under 'inputs'", name);
    char list[400] = "";
    hk_suggest near = { .wrong = name };
    for (size_t k = 0; hk_network_model_name(k) != NULL; k++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", k == 0 ? "" : ", ", hk_network_model_name(k));
        hk_suggest_offer(&near, hk_network_model_name(k));
    }
    if (hk_suggestion(&near) != NULL)
        return hk_document_fail(r->document, node, HK_EFORMAT, "no model '%.100s'; did you mean '%s'?", name,
                                hk_suggestion(&near));
    return hk_document_fail(r->document, node, HK_EFORMAT, "no model '%.100s'; there are %s", name, list);
}

static int compare_neurons(const void *a, const void *b)
{
    const hk_network_neuron *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id ? 1 : x->at < y->at ? -1 : x->at > y->at;
}

/* Ids first, so that what follows does not depend on the order in the file. */
static int read_ids(reader *r)
{
    static const char *const allowed[] = { "id", "model", "params", "state", "V_m0" };
    hk_network_file *file = r->file;
    size_t n = hk_node_n(r->neurons);
    file->neurons = calloc(n + 1, sizeof *file->neurons);
    if (file->neurons == NULL)
        return no_memory(r);
    for (size_t k = 0; k < n; k++) {
        const hk_node *node = hk_node_at(r->neurons, k);
        hk_network_neuron *neuron = &file->neurons[k];
        *neuron = (hk_network_neuron){ .at = (uint32_t)k, .final_v_mv = NAN, .n_spikes = -1 };
        int rc = hk_document_expect(r->document, node, HK_NODE_MAP, "a neuron");
        if (rc == HK_OK)
            rc = hk_document_expect_keys(r->document, node, allowed, N_OF(allowed));
        if (rc == HK_OK)
            rc = read_id(r, node, "id", &neuron->id);
        if (rc != HK_OK)
            return rc;
    }
    qsort(file->neurons, n, sizeof *file->neurons, compare_neurons);
    file->n_neurons = n;
    for (size_t k = 1; k < n; k++)
        if (file->neurons[k].id == file->neurons[k - 1].id)
            return hk_document_fail(r->document, hk_node_at(r->neurons, file->neurons[k].at), HK_EFORMAT,
                                    "id %" PRIu64 " is already that of the neuron in line %u", file->neurons[k].id,
                                    hk_node_line(hk_node_at(r->neurons, file->neurons[k - 1].at)));
    return HK_OK;
}

/* A group per model, in the order of their first neuron by id. */
static int make_groups(reader *r)
{
    hk_network_file *file = r->file;
    for (size_t k = 0; k < file->n_neurons; k++) {
        hk_network_model model;
        int rc = find_model(r, hk_node_at(r->neurons, file->neurons[k].at), &model);
        if (rc != HK_OK)
            return rc;
        uint32_t g = 0;
        while (g < file->n_groups && file->groups[g].model != model.model)
            g++;
        if (g == file->n_groups) {
            hk_network_group *groups = realloc(file->groups, (g + 1) * sizeof *groups);
            if (groups == NULL)
                return no_memory(r);
            file->groups = groups;
            file->groups[file->n_groups++] = (hk_network_group){ .model = model.model };
        }
        file->neurons[k].place = (hk_network_place){ .group = g, .index = file->groups[g].n++ };
        file->n_on_grid += model.on_grid;
    }
    for (size_t g = 0; g < file->n_groups; g++) {
        hk_network_group *group = &file->groups[g];
        group->ids = malloc(group->n * sizeof *group->ids);
        group->params = malloc((group->model->n_params * group->n + 1) * sizeof *group->params);
        group->state = malloc((group->model->n_state * group->n + 1) * sizeof *group->state);
        if (group->ids == NULL || group->params == NULL || group->state == NULL)
            return no_memory(r);
    }
    return HK_OK;
}

/* One value of a column, within its range. */
static int read_value(const reader *r, const hk_node *node, const hk_column *column, double *out)
{
    int rc = hk_document_number(r->document, node, out);
    if (rc == HK_OK && !(*out >= column->min && *out <= column->max))
        rc = hk_document_fail(r->document, node, HK_EFORMAT, "%s = %g, must be in %g ... %g %s", hk_node_key(node),
                              *out, column->min, column->max, column->unit);
    return rc;
}

static int read_params(const reader *r, const hk_node *neuron, const hk_network_model *model, hk_network_group *group,
                       uint32_t i)
{
    const hk_node *params = hk_node_get(neuron, "params");
    const char *allowed[HK_NETWORK_MOST_PARAMS];
    int rc = params == NULL ? HK_OK : hk_document_expect(r->document, params, HK_NODE_MAP, "params");
    for (size_t k = 0; k < group->model->n_params; k++)
        group->params[k * group->n + i] = group->model->params[k].initial;
    for (size_t k = 0; k < model->n_params; k++)
        allowed[k] = model->params[k].name;
    if (rc == HK_OK && params != NULL)
        rc = hk_document_expect_keys(r->document, params, allowed, model->n_params);
    for (size_t k = 0; rc == HK_OK && k < model->n_params; k++) {
        const hk_network_param *param = &model->params[k];
        const hk_node *node = params == NULL ? NULL : hk_node_get(params, param->name);
        double *value = &group->params[param->column * group->n + i];
        *value = param->initial;
        if (node != NULL)
            rc = read_value(r, node, &group->model->params[param->column], value);
    }
    return rc;
}

static int read_state(const reader *r, const hk_node *neuron, hk_network_group *group, uint32_t i)
{
    const hk_neuron_model *model = group->model;
    const hk_node *state = hk_node_get(neuron, "state"), *v_m0 = hk_node_get(neuron, "V_m0");
    const char *allowed[HK_NETWORK_MOST_PARAMS];
    long v = hk_column_find(model->state, model->n_state, "v_mv"),
         e_l = hk_column_find(model->params, model->n_params, "e_l_mv");
    int rc = state == NULL ? HK_OK : hk_document_expect(r->document, state, HK_NODE_MAP, "state");
    assert(model->n_state <= N_OF(allowed));
    for (size_t k = 0; k < model->n_state; k++) {
        allowed[k] = model->state[k].name;
        group->state[k * group->n + i] = model->state[k].initial;
    }
    if (v >= 0 && e_l >= 0)
        group->state[(size_t)v * group->n + i] = group->params[(size_t)e_l * group->n + i];
    if (rc == HK_OK && state != NULL)
        rc = hk_document_expect_keys(r->document, state, allowed, model->n_state);
    for (size_t k = 0; rc == HK_OK && state != NULL && k < model->n_state; k++) {
        const hk_node *node = hk_node_get(state, model->state[k].name);
        if (node != NULL)
            rc = read_value(r, node, &model->state[k], &group->state[k * group->n + i]);
    }
    if (rc != HK_OK || v_m0 == NULL)
        return rc;
    if (v < 0)
        return hk_document_fail(r->document, v_m0, HK_EFORMAT, "V_m0: a %s neuron has no potential", model->name);
    if (state != NULL && hk_node_get(state, "v_mv") != NULL)
        return hk_document_fail(r->document, v_m0, HK_EFORMAT,
                                "V_m0 and state: v_mv are the same; one of them must go");
    return read_value(r, v_m0, &model->state[v], &group->state[(size_t)v * group->n + i]);
}

/* What must hold between parameters, as the models check it when a run starts; here the line is known. */
static int check_params(const reader *r, const hk_node *neuron, const hk_network_group *group, uint32_t i)
{
    const hk_neuron_model *model = group->model;
    long reset = hk_column_find(model->params, model->n_params, "v_reset_mv");
    long th = hk_column_find(model->params, model->n_params, "v_th_mv");
    if (reset >= 0 && th >= 0) {
        double v_reset = group->params[(size_t)reset * group->n + i], v_th = group->params[(size_t)th * group->n + i];
        if (!(v_reset < v_th))
            return hk_document_fail(r->document, neuron, HK_EFORMAT,
                                    "the reset potential %g mV must be below the threshold "
                                    "%g mV",
                                    v_reset, v_th);
    }
    for (size_t k = 0; k < model->n_params; k++) {
        double value = group->params[k * group->n + i];
        if (strncmp(model->params[k].name, "tau_", 4) == 0 && !(value >= r->file->resolution_ms / 50.0))
            return hk_document_fail(r->document, neuron, HK_EFORMAT,
                                    "%s = %g, must be at least a fiftieth of the resolution "
                                    "%g ms",
                                    model->params[k].name, value, r->file->resolution_ms);
    }
    return HK_OK;
}

static int read_neurons(reader *r)
{
    int rc = hk_document_require(r->document, hk_document_root(r->document), "neurons", &r->neurons);
    if (rc == HK_OK)
        rc = hk_document_expect(r->document, r->neurons, HK_NODE_LIST, "neurons");
    if (rc == HK_OK && hk_node_n(r->neurons) == 0)
        rc = hk_document_fail(r->document, r->neurons, HK_EFORMAT, "neurons: there must be at least one");
    if (rc == HK_OK)
        rc = read_ids(r);
    if (rc == HK_OK)
        rc = make_groups(r);
    for (size_t k = 0; rc == HK_OK && k < r->file->n_neurons; k++) {
        const hk_network_neuron *neuron = &r->file->neurons[k];
        const hk_node *node = hk_node_at(r->neurons, neuron->at);
        hk_network_group *group = &r->file->groups[neuron->place.group];
        hk_network_model model;
        rc = find_model(r, node, &model);
        if (rc == HK_OK)
            rc = read_params(r, node, &model, group, neuron->place.index);
        if (rc == HK_OK)
            rc = read_state(r, node, group, neuron->place.index);
        if (rc == HK_OK)
            rc = check_params(r, node, group, neuron->place.index);
        group->ids[neuron->place.index] = neuron->id;
    }
    return rc;
}

/* ---- connections and inputs -------------------------------------------------------------------------------------- */

const hk_network_neuron *hk_network_file_find(const hk_network_file *file, uint64_t id)
{
    size_t low = 0, high = file->n_neurons;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (file->neurons[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < file->n_neurons && file->neurons[low].id == id ? &file->neurons[low] : NULL;
}

static int read_end(const reader *r, const hk_node *map, const char *key, bool takes_input, hk_network_place *out)
{
    uint64_t id;
    int rc = read_id(r, map, key, &id);
    if (rc != HK_OK)
        return rc;
    const hk_node *node = hk_node_get(map, key);
    const hk_network_neuron *neuron = hk_network_file_find(r->file, id);
    if (neuron == NULL)
        return hk_document_fail(r->document, node, HK_EFORMAT, "%s = %" PRIu64 ": no neuron has this id", key, id);
    const hk_neuron_model *model = r->file->groups[neuron->place.group].model;
    if (takes_input && model->kind == HK_MODEL_SOURCE)
        return hk_document_fail(r->document, node, HK_EFORMAT, "%s = %" PRIu64 ": %s neurons take no input", key, id,
                                model->name);
    *out = neuron->place;
    return HK_OK;
}

static int read_weight(const reader *r, const hk_node *map, double *weight)
{
    const hk_node *node;
    int rc = required_number(r, map, "weight", &node, weight);
    if (rc == HK_OK && !(fabs(*weight) <= 1e12))
        rc = hk_document_fail(r->document, node, HK_EFORMAT, "weight = %g, must be in -1e12 ... 1e12", *weight);
    return rc;
}

static int read_links(reader *r)
{
    static const char *const allowed[] = { "pre", "post", "weight", "delay" };
    const hk_node *list;
    int rc = optional_list(r, "connections", &list);
    if (rc != HK_OK || list == NULL)
        return rc;
    size_t n = hk_node_n(list);
    r->file->links = calloc(n + 1, sizeof *r->file->links);
    if (r->file->links == NULL)
        return no_memory(r);
    for (size_t k = 0; rc == HK_OK && k < n; k++) {
        const hk_node *node = hk_node_at(list, k);
        hk_network_link *link = &r->file->links[k];
        rc = hk_document_expect(r->document, node, HK_NODE_MAP, "a connection");
        if (rc == HK_OK)
            rc = hk_document_expect_keys(r->document, node, allowed, N_OF(allowed));
        if (rc == HK_OK)
            rc = read_end(r, node, "pre", false, &link->pre);
        if (rc == HK_OK)
            rc = read_end(r, node, "post", true, &link->post);
        if (rc == HK_OK)
            rc = read_weight(r, node, &link->weight);
        if (rc == HK_OK)
            rc = read_delay(r, node, &link->delay_ms);
    }
    r->file->n_links = n;
    return rc;
}

static int read_input_times(reader *r, const hk_node *map, hk_network_input *input)
{
    const hk_node *list;
    int rc = hk_document_require(r->document, map, "times", &list);
    if (rc == HK_OK)
        rc = hk_document_expect(r->document, list, HK_NODE_LIST, "times");
    if (rc != HK_OK)
        return rc;
    *input = (hk_network_input){ .target = input->target,
                                 .weight = input->weight,
                                 .delay_ms = input->delay_ms,
                                 .first = r->file->n_times,
                                 .n = hk_node_n(list) };
    double *times_ms = realloc(r->file->times_ms, (input->first + input->n + 1) * sizeof *times_ms);
    if (times_ms == NULL)
        return no_memory(r);
    r->file->times_ms = times_ms;
    for (size_t k = 0; k < input->n; k++) {
        const hk_node *node = hk_node_at(list, k);
        double *at = &times_ms[input->first + k];
        rc = hk_document_number(r->document, node, at);
        if (rc == HK_OK && !(*at > 0.0 && *at / r->file->resolution_ms < MOST_STEPS))
            rc = hk_document_fail(r->document, node, HK_EFORMAT, "times: %.17g ms, must be above 0 and below %g ms",
                                  *at, MOST_STEPS * r->file->resolution_ms);
        if (rc != HK_OK)
            return rc;
        r->file->n_late += *at > r->file->t_stop_ms;
    }
    r->file->n_times += input->n;
    return HK_OK;
}

static int read_inputs(reader *r)
{
    static const char *const allowed[] = { "target", "weight", "delay", "times" };
    const hk_node *list;
    int rc = optional_list(r, "inputs", &list);
    if (rc != HK_OK || list == NULL)
        return rc;
    size_t n = hk_node_n(list);
    r->file->inputs = calloc(n + 1, sizeof *r->file->inputs);
    if (r->file->inputs == NULL)
        return no_memory(r);
    for (size_t k = 0; rc == HK_OK && k < n; k++) {
        const hk_node *node = hk_node_at(list, k);
        hk_network_input *input = &r->file->inputs[k];
        rc = hk_document_expect(r->document, node, HK_NODE_MAP, "an input");
        if (rc == HK_OK)
            rc = hk_document_expect_keys(r->document, node, allowed, N_OF(allowed));
        if (rc == HK_OK)
            rc = read_end(r, node, "target", true, &input->target);
        if (rc == HK_OK)
            rc = read_weight(r, node, &input->weight);
        if (rc == HK_OK)
            rc = read_delay(r, node, &input->delay_ms);
        if (rc == HK_OK)
            rc = read_input_times(r, node, input);
    }
    r->file->n_inputs = n;
    return rc;
}

/* ---- what a reference run gave ----------------------------------------------------------------------------------- */

static int reference_map(reader *r, const char *key, int (*take)(reader *, const hk_node *, hk_network_neuron *))
{
    const hk_node *map = hk_node_get(hk_document_root(r->document), key);
    int rc = map == NULL ? HK_OK : hk_document_expect(r->document, map, HK_NODE_MAP, key);
    for (size_t k = 0; rc == HK_OK && map != NULL && k < hk_node_n(map); k++) {
        const hk_node *node = hk_node_at(map, k);
        uint64_t id;
        if (!hk_parse_count(hk_node_key(node), &id) || hk_network_file_find(r->file, id) == NULL)
            return hk_document_fail(r->document, node, HK_EFORMAT, "%s: no neuron has the id '%.40s'", key,
                                    hk_node_key(node));
        rc = take(r, node, (hk_network_neuron *)hk_network_file_find(r->file, id));
    }
    return rc;
}

static int take_final_v(reader *r, const hk_node *node, hk_network_neuron *neuron)
{
    return hk_document_number(r->document, node, &neuron->final_v_mv);
}

static int take_n_spikes(reader *r, const hk_node *node, hk_network_neuron *neuron)
{
    return hk_document_integer(r->document, node, 0, INT64_MAX, &neuron->n_spikes);
}

static int read_reference(reader *r)
{
    const hk_node *node = hk_node_get(hk_document_root(r->document), "n_spikes");
    int rc = node == NULL ? HK_OK : hk_document_integer(r->document, node, 0, INT64_MAX, &r->file->n_spikes);
    if (rc == HK_OK)
        rc = reference_map(r, "final_V_m_mV", take_final_v);
    return rc == HK_OK ? reference_map(r, "spikes_per_neuron", take_n_spikes) : rc;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int read_document(hk_ctx *ctx, const hk_document *document, hk_network_file *out)
{
    static const char *const allowed[] = { "resolution_ms", "t_stop_ms",    "neurons",      "connections",
                                           "inputs",        "final_V_m_mV", "n_spikes",     "spikes_per_neuron",
                                           "description",   "semantics",    "nest_version", "robustness" };
    const hk_node *root = hk_document_root(document);
    reader r = { .document = document, .ctx = ctx, .file = out };
    int rc = hk_document_expect(document, root, HK_NODE_MAP, "a network");
    if (rc == HK_OK)
        rc = hk_document_expect_keys(document, root, allowed, N_OF(allowed));
    if (rc == HK_OK)
        rc = read_times_of_run(&r);
    if (rc == HK_OK)
        rc = read_neurons(&r);
    if (rc == HK_OK)
        rc = read_links(&r);
    if (rc == HK_OK)
        rc = read_inputs(&r);
    return rc == HK_OK ? read_reference(&r) : rc;
}

static int read_and_close(hk_ctx *ctx, int rc, hk_document *document, hk_network_file *out)
{
    *out = (hk_network_file){ .n_spikes = -1 };
    if (rc == HK_OK)
        rc = read_document(ctx, document, out);
    hk_document_destroy(document);
    return rc;
}

int hk_network_file_open(hk_ctx *ctx, const char *path, hk_network_file *out)
{
    hk_document *document = NULL;
    int rc = hk_document_open(ctx, path, &document);
    return read_and_close(ctx, rc, document, out);
}

int hk_network_file_parse(hk_ctx *ctx, const char *name, const char *text, size_t size, hk_network_file *out)
{
    hk_document *document = NULL;
    int rc = hk_document_parse(ctx, name, text, size, &document);
    return read_and_close(ctx, rc, document, out);
}

void hk_network_file_fini(hk_network_file *file)
{
    for (size_t g = 0; g < file->n_groups; g++) {
        free(file->groups[g].ids);
        free(file->groups[g].params);
        free(file->groups[g].state);
    }
    free(file->groups);
    free(file->neurons);
    free(file->links);
    free(file->inputs);
    free(file->times_ms);
    *file = (hk_network_file){ .n_spikes = -1 };
}
