/* tests/mixed_net.h - a network that has everything at once, made of any neuron model of the catalogue: Poisson and given
 * spikes, all layouts, mixed signs, multapses, delays below and above the window, a schedule, competition, plastic synapses. Its
 * fingerprint is a hash over every bit of the raster, of all state and of all weights. */
#ifndef HK_MIXED_NET_H
#define HK_MIXED_NET_H

#include "tests/sim_rig.h"

#include "plasticity/catalogue.h"
#include "sim/rng.h"

typedef struct mixed_config {
    const hk_neuron_model *model;
    const char *cpu;
    uint64_t seed;
    bool per_neuron; /* parameters differ from neuron to neuron */
    bool as_arrays;  /* one value for all, but given per neuron */
    bool driven;     /* constant current above threshold for some, adaptive thresholds */
    bool plastic;
    bool winner, turns; /* competition in the second population */
    hk_integrator integrator;
    hk_precision precision;
    unsigned n_extra_threads;
    hk_weights weights; /* on the grid */
    uint64_t shuffle;   /* permutes the explicit list; 0: not */
} mixed_config;

typedef struct mixed_net {
    rig r;
    hk_population *noise, *given, *a, *b, *subject;
    hk_projection *all[12];
    size_t n_all;
    double unit; /* strength of a synapse */
    hk_weights weights;
} mixed_net;

enum { MIXED_A = 53, MIXED_B = 29, MIXED_LIST = 400 };
static const double mixed_ms = 60.0;

static inline hk_projection *mixed_connect(mixed_net *net, hk_projection_config cfg)
{
    hk_projection *projection;
    cfg.weights = net->weights;
    rig_ok(&net->r, hk_projection_create(net->r.sim, &cfg, &projection));
    assert_true(net->n_all < N_OF(net->all));
    net->all[net->n_all++] = projection;
    return projection;
}

static inline void mixed_list(mixed_net *net, const mixed_config *cfg)
{
    static uint32_t pre[MIXED_LIST], post[MIXED_LIST];
    static double weight[MIXED_LIST], delay_ms[MIXED_LIST];
    hk_stream draw = hk_stream_open(cfg->seed, HK_PURPOSE_TEST, 1, 0);
    for (uint32_t k = 0; k < MIXED_LIST; k++) {
        bool again = k > 0 && hk_stream_below(&draw, 5) == 0; /* a multapse, with other weight */
        pre[k] = again ? pre[k - 1] : (uint32_t)hk_stream_below(&draw, MIXED_A);
        post[k] = again ? post[k - 1] : (uint32_t)hk_stream_below(&draw, MIXED_B);
        weight[k] = net->unit * (hk_stream_uniform(&draw) * 3.0 - 1.0);
        delay_ms[k] = again ? delay_ms[k - 1] : 1.5 + 0.1 * (double)hk_stream_below(&draw, 40);
    }
    hk_stream shuffle = hk_stream_open(cfg->shuffle, HK_PURPOSE_TEST, 2, 0);
    for (uint32_t k = MIXED_LIST - 1; cfg->shuffle != 0 && k > 0; k--) {
        uint32_t j = (uint32_t)hk_stream_below(&shuffle, k + 1), p = pre[k], q = post[k];
        double w = weight[k], d = delay_ms[k];
        pre[k] = pre[j], post[k] = post[j], weight[k] = weight[j], delay_ms[k] = delay_ms[j];
        pre[j] = p, post[j] = q, weight[j] = w, delay_ms[j] = d;
    }
    mixed_connect(net, (hk_projection_config){ .name = "list",
                                               .pre = net->a,
                                               .post = net->b,
                                               .connect = HK_EXPLICIT,
                                               .n = MIXED_LIST,
                                               .list_pre = pre,
                                               .list_post = post,
                                               .list_weight = weight,
                                               .list_delay_ms = delay_ms });
}

static inline void mixed_plastic(mixed_net *net)
{
    hk_projection *sparse = mixed_connect(net, (hk_projection_config){ .name = "sparse plastic",
                                                                       .pre = net->a,
                                                                       .post = net->b,
                                                                       .connect = HK_FIXED_PROBABILITY,
                                                                       .probability = 0.3,
                                                                       .plastic = true,
                                                                       .weight = { HK_UNIFORM, 0.0, net->unit, 0, 0 },
                                                                       .delay_ms = { HK_UNIFORM, 1.5, 3.0, 0, 0 } });
    hk_projection *dense = mixed_connect(net, (hk_projection_config){ .name = "dense plastic",
                                                                      .pre = net->given,
                                                                      .post = net->b,
                                                                      .connect = HK_ALL_TO_ALL,
                                                                      .plastic = true,
                                                                      .weight = { HK_UNIFORM, 0.0, net->unit, 0, 0 },
                                                                      .delay_ms = hk_constant(0.4) });
    hk_rule *rule;
    rig_ok(&net->r,
           hk_rule_attach(sparse, hk_rule_type_find("stdp"), 3, (const char *const[]){ "w_max", "a_plus", "a_minus" },
                          (const double[]){ 2.0 * net->unit, 0.05, 0.06 }, &rule));
    rig_ok(&net->r, hk_rule_attach(dense, hk_rule_type_find("stdp_trace"), 1, (const char *const[]){ "w_max" },
                                   (const double[]){ 2.0 * net->unit }, &rule));
}

/* Every parameter there is by that name: spread around `middle`, or the same for all. */
static inline void mixed_param(mixed_net *net, const mixed_config *cfg, hk_population *p, const char *name,
                               double middle, double spread)
{
    double values[128];
    const hk_neuron_model *model = hk_population_model(p);
    if (hk_column_find(model->params, model->n_params, name) < 0)
        return;
    for (uint32_t i = 0; i < hk_population_n(p); i++)
        values[i] = middle + (cfg->per_neuron ? spread * sin(1.7 * (double)i + middle) : 0.0);
    rig_ok(&net->r, hk_population_set(p, name, values, cfg->per_neuron || cfg->as_arrays ? hk_population_n(p) : 1));
}

static inline void mixed_params(mixed_net *net, const mixed_config *cfg, hk_population *p)
{
    mixed_param(net, cfg, p, "tau_m_ms", 13.1, 4.0);
    mixed_param(net, cfg, p, "c_m_pf", 231.0, 40.0);
    mixed_param(net, cfg, p, "tau_syn_ex_ms", 2.3, 1.0);
    mixed_param(net, cfg, p, "tau_syn_in_ms", 3.7, 1.0);
    mixed_param(net, cfg, p, "v_th_mv", -58.3, 1.5);
    mixed_param(net, cfg, p, "t_ref_ms", 1.37, 0.6);
    mixed_param(net, cfg, p, "onset_ms", 22.37, 5.0);
    mixed_param(net, cfg, p, "window_ms", 31.3, 2.0);
    mixed_param(net, cfg, p, "bias_mv", 2.17, 1.0);
    if (cfg->driven) {
        mixed_param(net, cfg, p, "i_e_pa", 200.0, 60.0);
        mixed_param(net, cfg, p, "theta_plus_mv", 0.8, 0.5);
        mixed_param(net, cfg, p, "tau_theta_ms", 31.0, 10.0);
    }
    if (hk_column_find(hk_population_model(p)->params, hk_population_model(p)->n_params, "v_reset_mv") >= 0)
        rig_ok(&net->r, hk_population_draw(p, "v_mv", (hk_draw){ HK_UNIFORM, -70.0, -59.0, 0, 0 }));
}

static inline void mixed_sources(mixed_net *net, const mixed_config *cfg)
{
    double rates[30], times[60];
    uint32_t ids[60];
    for (int i = 0; i < 30; i++)
        rates[i] = 60.0 + 10.0 * i;
    rig_ok(&net->r, hk_population_create(net->r.sim, "noise", hk_neuron_model_find("poisson"), 30, &net->noise));
    rig_ok(&net->r, hk_population_set(net->noise, "rate_hz", rates, 30));
    rig_ok(&net->r, hk_population_schedule(net->noise, "rate_hz", 2, (const double[]){ 20.3, 41.0 },
                                           (const double[]){ 350.0, 120.0 }));
    rig_ok(&net->r, hk_population_create(net->r.sim, "given", hk_neuron_model_find("spike_source"), 12, &net->given));
    hk_stream draw = hk_stream_open(cfg->seed, HK_PURPOSE_TEST, 3, 0);
    for (uint32_t k = 0; k < 60; k++) {
        times[k] = k % 3 == 0 ? 0.1 * (double)(1 + hk_stream_below(&draw, 590)) : mixed_ms * hk_stream_uniform(&draw);
        if (k % 7 == 6)
            times[k] = times[k - 1];
        ids[k] = (uint32_t)hk_stream_below(&draw, 12);
    }
    rig_ok(&net->r, hk_spike_source_add(net->given, 60, times, ids));
    if (cfg->model->kind != HK_MODEL_SOURCE)
        return;
    rig_ok(&net->r, hk_population_create(net->r.sim, "subject", cfg->model, 21, &net->subject));
    if (cfg->model->next == NULL)
        rig_ok(&net->r, hk_spike_source_add(net->subject, 60, times, ids));
    else
        for (size_t k = 0; k < cfg->model->n_params; k++)
            rig_ok(&net->r, hk_population_set_value(net->subject, cfg->model->params[k].name, 90.0));
}

static inline mixed_net mixed_build(const mixed_config *cfg)
{
    mixed_net net = { .r = rig_open_with((hk_sim_config){ .resolution_ms = 0.1,
                                                          .seed = cfg->seed,
                                                          .cpu = cfg->cpu,
                                                          .integrator = cfg->integrator,
                                                          .precision = cfg->precision,
                                                          .n_extra_threads = cfg->n_extra_threads }),
                      .weights = cfg->weights };
    const hk_neuron_model *neurons = cfg->model->kind == HK_MODEL_NEURON ? cfg->model : hk_neuron_model_find("lif");
    double u = net.unit = strcmp(neurons->weight_unit, "pA") == 0      ? 70.0
                          : strcmp(neurons->weight_unit, "mV/ms") == 0 ? 0.01
                                                                       : 1.0;
    mixed_sources(&net, cfg);
    rig_ok(&net.r, hk_population_create(net.r.sim, "a", neurons, MIXED_A, &net.a));
    rig_ok(&net.r, hk_population_create(net.r.sim, "b", neurons, MIXED_B, &net.b));
    mixed_params(&net, cfg, net.a);
    mixed_params(&net, cfg, net.b);
    rig_ok(&net.r, hk_population_drive(net.a, 310.0, 0.7 * u));
    if (cfg->winner)
        rig_ok(&net.r, hk_population_compete(net.b, 2.31));
    if (cfg->turns)
        rig_ok(&net.r, hk_population_take_turns(net.b));
    if (net.subject != NULL)
        mixed_connect(&net, (hk_projection_config){ .pre = net.subject,
                                                    .post = net.a,
                                                    .connect = HK_ALL_TO_ALL,
                                                    .weight = { HK_NORMAL, 0.3 * u, u, 0, 0 },
                                                    .delay_ms = { HK_UNIFORM, 0.1, 2.0, 0, 0 } });
    mixed_connect(&net, (hk_projection_config){ .pre = net.noise,
                                                .post = net.a,
                                                .connect = HK_FIXED_INDEGREE,
                                                .n = 8,
                                                .pairs = HK_PAIRS_MULTAPSES,
                                                .weight = { HK_NORMAL, 2.2 * u, u, 0, 0 },
                                                .delay_ms = { HK_UNIFORM, 0.3, 4.0, 0, 0 } });
    mixed_connect(&net, (hk_projection_config){ .pre = net.noise,
                                                .post = net.b,
                                                .connect = HK_ALL_TO_ALL,
                                                .weight = { HK_UNIFORM, 0.05 * u, 0.9 * u, 0, 0 },
                                                .delay_ms = hk_constant(0.2) });
    mixed_connect(&net, (hk_projection_config){ .pre = net.given,
                                                .post = net.a,
                                                .connect = HK_ALL_TO_ALL,
                                                .weight = { HK_UNIFORM, -u, 4.0 * u, 0, 0 },
                                                .delay_ms = hk_constant(0.7) });
    mixed_connect(&net, (hk_projection_config){ .pre = net.a,
                                                .post = net.a,
                                                .connect = HK_FIXED_PROBABILITY,
                                                .probability = 0.2,
                                                .weight = { HK_NORMAL, 0.5 * u, 1.5 * u, 0, 0 },
                                                .delay_ms = { HK_UNIFORM, 1.5, 4.5, 0, 0 } });
    mixed_connect(&net, (hk_projection_config){ .pre = net.b,
                                                .post = net.a,
                                                .connect = HK_FIXED_TOTAL,
                                                .n = 300,
                                                .pairs = HK_PAIRS_MULTAPSES,
                                                .weight = { HK_NORMAL, -0.7 * u, u, 0, 0 },
                                                .delay_ms = hk_constant(2.0) });
    mixed_connect(&net, (hk_projection_config){ .pre = net.b,
                                                .post = net.b,
                                                .connect = HK_ONE_TO_ONE,
                                                .pairs = HK_PAIRS_AUTAPSES,
                                                .weight = hk_constant(-0.5 * u),
                                                .delay_ms = hk_constant(1.7) });
    mixed_list(&net, cfg);
    if (cfg->plastic)
        mixed_plastic(&net);
    return net;
}

static inline uint64_t mixed_hash(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    for (size_t k = 0; k < bytes; k++)
        hash = (hash ^ at[k]) * 0x100000001b3u;
    return hash;
}

static inline uint64_t mixed_fingerprint(mixed_net *net)
{
    double values[128];
    hk_sim_stats stats = hk_sim_get_stats(net->r.sim);
    uint64_t hash = mixed_hash(0xcbf29ce484222325u, &stats.spike_hash, sizeof stats.spike_hash);
    hash = mixed_hash(hash, &stats.spikes, sizeof stats.spikes);
    hash = mixed_hash(hash, &stats.synaptic_events, sizeof stats.synaptic_events);
    hk_population *p;
    for (uint32_t k = 0; (p = hk_sim_population(net->r.sim, k)) != NULL; k++) {
        const hk_neuron_model *model = hk_population_model(p);
        for (size_t v = 0; v < model->n_state; v++) {
            rig_ok(&net->r, hk_population_get(p, model->state[v].name, values));
            for (uint32_t i = 0; i < hk_population_n(p); i++)
                assert_true(fabs(values[i]) < 1e15);
            hash = mixed_hash(hash, values, hk_population_n(p) * sizeof *values);
        }
        hash = mixed_hash(hash, hk_population_counts(p), hk_population_n(p) * sizeof(uint32_t));
    }
    for (size_t k = 0; k < net->n_all; k++) {
        uint64_t n = hk_projection_n_synapses(net->all[k]);
        double *weight = calloc(n + 1, sizeof *weight);
        assert_true(hk_projection_list(net->all[k], n, NULL, NULL, weight, NULL) == n);
        hash = mixed_hash(hash, weight, n * sizeof *weight);
        free(weight);
    }
    return hash;
}

static inline void mixed_close(mixed_net *net)
{
    rig_close(&net->r);
}

/* The forms in which a model is tried: those it has. */
static inline size_t mixed_forms(const hk_neuron_model *model, mixed_config *forms)
{
    const mixed_config all[] = {
        { .model = model, .seed = 11 },
        { .model = model, .seed = 12, .per_neuron = true, .driven = true, .plastic = true },
        { .model = model, .seed = 13, .driven = true, .winner = true, .plastic = true },
        { .model = model, .seed = 14, .per_neuron = true, .turns = true },
        { .model = model, .seed = 15, .integrator = HK_GRID },
        { .model = model, .seed = 16, .integrator = HK_GRID, .per_neuron = true, .driven = true, .plastic = true },
        { .model = model, .seed = 17, .integrator = HK_GRID, .driven = true, .winner = true, .plastic = true },
        { .model = model, .seed = 18, .integrator = HK_GRID, .per_neuron = true, .turns = true },
        { .model = model, .seed = 19, .integrator = HK_GRID, .weights = HK_WEIGHTS_FLOAT, .driven = true },
        { .model = model, .seed = 22, .integrator = HK_GRID, .precision = HK_SINGLE, .driven = true },
        { .model = model,
          .seed = 23,
          .integrator = HK_GRID,
          .precision = HK_SINGLE,
          .per_neuron = true,
          .driven = true,
          .plastic = true },
        { .model = model, .seed = 20, .integrator = HK_EXACT_DENSE },
        { .model = model, .seed = 21, .integrator = HK_EXACT_DENSE, .weights = HK_WEIGHTS_FLOAT },
    };
    size_t n = 0;
    for (size_t k = 0; k < N_OF(all); k++) {
        bool has_form = all[k].integrator != HK_GRID || model->on_grid != NULL;
        has_form = has_form && (all[k].integrator != HK_EXACT_DENSE || model->fold != NULL);
        has_form = has_form && (all[k].precision != HK_SINGLE || model->on_grid->may_be_single != 0);
        if (model->kind == HK_MODEL_SOURCE || has_form)
            forms[n++] = all[k];
    }
    return n;
}

enum { MIXED_FORMS = 13 };

#endif
