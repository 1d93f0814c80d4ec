/* experiments/circuit.c - see circuit.h. */
#include "experiments/circuit.h"

#include "neurons/catalogue.h"
#include "sim/draw.h"
#include "sim/memory.h"
#include "sim/rng.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t hk_circuit_add_population(hk_circuit *circuit, const hk_circuit_population *population)
{
    assert(circuit->n_populations < HK_CIRCUIT_MOST_POPULATIONS);
    circuit->populations[circuit->n_populations] = *population;
    return (uint32_t)circuit->n_populations++;
}

void hk_circuit_add_projection(hk_circuit *circuit, const hk_circuit_projection *projection)
{
    assert(circuit->n_projections < HK_CIRCUIT_MOST_PROJECTIONS);
    circuit->projections[circuit->n_projections++] = *projection;
}

/* ---- populations ------------------------------------------------------------------------------------------------- */

static int set_pulse(hk_population *population, const hk_circuit_pulse *pulse)
{
    if (!(pulse->rate_hz > 0.0))
        return HK_OK;
    return hk_population_schedule(population, "rate_hz", 2,
                                  (double[]){ pulse->begin_ms, pulse->begin_ms + pulse->length_ms },
                                  (double[]){ pulse->rate_hz, 0.0 });
}

static int make_population(hk_sim *sim, const hk_circuit_population *p, hk_population **out)
{
    const hk_neuron_model *model = hk_neuron_model_find(p->model);
    if (model == NULL)
        return hk_fail(hk_sim_ctx(sim), HK_ENAME, "population '%s': there is no neuron model '%s'", p->name, p->model);
    int rc = hk_population_create(sim, p->name, model, p->n, out);
    for (const hk_circuit_value *v = p->values; rc == HK_OK && v != NULL && v->name != NULL; v++)
        rc = hk_population_set_value(*out, v->name, v->value);
    if (rc == HK_OK && p->i_e_pa != 0.0)
        rc = hk_population_set_value(*out, "i_e_pa", p->i_e_pa);
    if (rc == HK_OK && model->kind == HK_MODEL_NEURON)
        rc = hk_population_draw(*out, "v_mv", p->v_mv);
    if (rc == HK_OK && p->drive.rate_hz > 0.0)
        rc = hk_population_drive(*out, p->drive.rate_hz, p->drive.weight);
    return rc == HK_OK ? set_pulse(*out, &p->pulse) : rc;
}

/* ---- projections ------------------------------------------------------------------------------------------------- */

static void draw_targets(hk_sim *sim, const hk_projection_config *cfg, uint64_t n_each, uint32_t *pre, uint32_t *post)
{
    char name[160];
    snprintf(name, sizeof name, "%.70s->%.70s", hk_population_name(cfg->pre), hk_population_name(cfg->post));
    uint64_t id = hk_name_id(name), k = 0;
    for (uint32_t i = 0; i < hk_population_n(cfg->pre); i++) {
        hk_stream stream = hk_stream_open(hk_sim_seed(sim), HK_PURPOSE_EXPERIMENT, id, i);
        for (uint64_t j = 0; j < n_each; j++) {
            pre[k] = i;
            post[k++] = (uint32_t)hk_stream_below(&stream, hk_population_n(cfg->post));
        }
    }
}

static int make_listed(hk_sim *sim, const hk_circuit_projection *p, hk_projection_config *cfg, hk_projection **out)
{
    uint32_t n_pre = hk_population_n(cfg->pre), n_post = hk_population_n(cfg->post);
    uint64_t n_each = p->kind == HK_CIRCUIT_FIRST ? 1 : p->n, n = n_pre * n_each;
    if (p->kind == HK_CIRCUIT_FIRST && n_pre > n_post)
        return hk_fail(hk_sim_ctx(sim), HK_ERANGE,
                       "projection %s->%s: %" PRIu32 " neurons to the first of %" PRIu32 ", must be at most as many",
                       hk_population_name(cfg->pre), hk_population_name(cfg->post), n_pre, n_post);
    const double needed = 2.0 * (double)n *
                          (sizeof(uint32_t) + sizeof(float)); /* the lists, and the synapses made of them */
    if (needed > (double)hk_memory_available())
        return hk_fail(hk_sim_ctx(sim), HK_ENOMEM,
                       "projection %s->%s: %" PRIu64
                       " synapses need %.1f MB while they are built, the machine has %.1f MB "
                       "available",
                       hk_population_name(cfg->pre), hk_population_name(cfg->post), n, needed / 1e6,
                       (double)hk_memory_available() / 1e6);
    uint32_t *pre = malloc((n + 1) * sizeof *pre), *post = malloc((n + 1) * sizeof *post);
    int rc = pre == NULL || post == NULL
                 ? hk_fail(hk_sim_ctx(sim), HK_ENOMEM, "projection %s->%s: out of memory for %" PRIu64 " synapses",
                           hk_population_name(cfg->pre), hk_population_name(cfg->post), n)
                 : HK_OK;
    if (rc == HK_OK && p->kind == HK_CIRCUIT_OUTDEGREE)
        draw_targets(sim, cfg, n_each, pre, post);
    for (uint32_t k = 0; rc == HK_OK && p->kind == HK_CIRCUIT_FIRST && k < n_pre; k++)
        pre[k] = post[k] = k;
    if (rc == HK_OK) {
        cfg->connect = HK_EXPLICIT;
        cfg->n = n;
        cfg->list_pre = pre;
        cfg->list_post = post;
        rc = hk_projection_create(sim, cfg, out);
    }
    free(pre);
    free(post);
    return rc;
}

static int attach(hk_projection *projection, const hk_circuit_rule *rule, hk_rule **out)
{
    const char *names[HK_CIRCUIT_MOST_RULE_VALUES];
    double values[HK_CIRCUIT_MOST_RULE_VALUES];
    size_t n = 0;
    for (; n < HK_CIRCUIT_MOST_RULE_VALUES && rule->values[n].name != NULL; n++) {
        names[n] = rule->values[n].name;
        values[n] = rule->values[n].value;
    }
    return hk_rule_attach(projection, rule->type, n, names, values, out);
}

static int make_projection(hk_sim *sim, const hk_circuit *circuit, size_t index, hk_population *const *populations,
                           hk_rule **rule)
{
    const hk_circuit_projection *p = &circuit->projections[index];
    hk_projection *projection = NULL;
    hk_projection_config cfg = { .pre = populations[p->pre],
                                 .post = populations[p->post],
                                 .connect = p->connect,
                                 .pairs = p->pairs,
                                 .probability = p->probability,
                                 .n = p->n,
                                 .weight = p->weight,
                                 .delay_ms = p->delay_ms,
                                 .weights = circuit->weights,
                                 .plastic = p->rule.type != NULL };
    int rc = p->kind == HK_CIRCUIT_DRAWN ? hk_projection_create(sim, &cfg, &projection)
                                         : make_listed(sim, p, &cfg, &projection);
    *rule = NULL;
    return rc == HK_OK && p->rule.type != NULL ? attach(projection, &p->rule, rule) : rc;
}

int hk_circuit_build(hk_sim *sim, const hk_circuit *circuit, hk_population **populations, hk_rule **rules)
{
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < circuit->n_populations; k++)
        rc = make_population(sim, &circuit->populations[k], &populations[k]);
    for (size_t k = 0; rc == HK_OK && k < circuit->n_projections; k++)
        rc = make_projection(sim, circuit, k, populations, &rules[k]);
    return rc == HK_OK ? hk_sim_build(sim) : rc;
}

hk_integrator hk_circuit_form(const hk_circuit *circuit, hk_integrator integrator)
{
    return integrator == HK_EXACT && circuit->dense ? HK_EXACT_DENSE : integrator;
}
