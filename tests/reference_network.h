/* tests/reference_network.h - small explicit networks in the JSON form of tests/data/nest_ps_reference, and Hillock running
 * them. Neurons count from 1 in the files, from 0 here. */
#ifndef HK_REFERENCE_NETWORK_H
#define HK_REFERENCE_NETWORK_H

#include "tests/sim_rig.h"

#include "experiments/document.h"

enum {
    P_C_M,
    P_TAU_M,
    P_TAU_EX,
    P_TAU_IN,
    P_E_L,
    P_V_TH,
    P_V_RESET,
    P_T_REF,
    P_I_E,
    P_THETA_PLUS,
    P_TAU_THETA,
    N_REF_PARAMS
};
static const struct {
    const char *in_file, *name;
    double otherwise;
} ref_params[N_REF_PARAMS] = {
    [P_C_M] = { "C_m", "c_m_pf", 250.0 },
    [P_TAU_M] = { "tau_m", "tau_m_ms", 10.0 },
    [P_TAU_EX] = { "tau_syn_ex", "tau_syn_ex_ms", 0.0 }, /* absent: jump synapses */
    [P_TAU_IN] = { "tau_syn_in", "tau_syn_in_ms", 0.0 },
    [P_E_L] = { "E_L", "e_l_mv", 0.0 },
    [P_V_TH] = { "V_th", "v_th_mv", 0.0 },
    [P_V_RESET] = { "V_reset", "v_reset_mv", 0.0 },
    [P_T_REF] = { "t_ref", "t_ref_ms", 0.0 },
    [P_I_E] = { "I_e", "i_e_pa", 0.0 },
    [P_THETA_PLUS] = { "theta_plus", "theta_plus_mv", 0.0 },
    [P_TAU_THETA] = { "tau_theta", "tau_theta_ms", 1e7 },
};

typedef struct ref_network {
    bool exponential;
    double resolution_ms, t_stop_ms;
    uint32_t n;
    double *param[N_REF_PARAMS], *v0; /* [n] */
    uint32_t n_connections, *pre, *post;
    double *weight, *delay_ms;
    uint32_t n_inputs, *target; /* one spike source each */
    double *input_weight, *input_delay_ms;
    size_t n_times; /* of all inputs */
    double *times_ms;
    uint32_t *times_of;
    double *final_v; /* [n], or NULL */
} ref_network;

static inline double ref_number(const hk_document *d, const hk_node *map, const char *key)
{
    double value;
    const hk_node *node = hk_node_get(map, key);
    assert_non_null(node);
    assert_ok(hk_document_number(d, node, &value));
    return value;
}

static inline double *ref_doubles(size_t n)
{
    double *values = calloc(n + 1, sizeof *values);
    assert_non_null(values);
    return values;
}

static inline uint32_t *ref_ids(size_t n)
{
    uint32_t *values = calloc(n + 1, sizeof *values);
    assert_non_null(values);
    return values;
}

static inline void ref_read_neurons(ref_network *net, const hk_document *d, const hk_node *neurons)
{
    net->n = (uint32_t)hk_node_n(neurons);
    net->v0 = ref_doubles(net->n);
    for (int k = 0; k < N_REF_PARAMS; k++)
        net->param[k] = ref_doubles(net->n);
    for (uint32_t i = 0; i < net->n; i++) {
        const hk_node *params = hk_node_get(hk_node_at(neurons, i), "params");
        assert_int_equal((int)ref_number(d, hk_node_at(neurons, i), "id"), (int)i + 1);
        net->v0[i] = ref_number(d, hk_node_at(neurons, i), "V_m0");
        size_t n_known = 0;
        for (int k = 0; k < N_REF_PARAMS; k++) {
            bool there = hk_node_get(params, ref_params[k].in_file) != NULL;
            net->param[k][i] = there ? ref_number(d, params, ref_params[k].in_file) : ref_params[k].otherwise;
            n_known += there;
        }
        assert_int_equal(n_known, hk_node_n(params)); /* nothing is passed over */
    }
    net->exponential = net->param[P_TAU_EX][0] > 0.0;
}

static inline void ref_read_inputs(ref_network *net, const hk_document *d, const hk_node *inputs)
{
    net->n_inputs = (uint32_t)hk_node_n(inputs);
    net->target = ref_ids(net->n_inputs);
    net->input_weight = ref_doubles(net->n_inputs);
    net->input_delay_ms = ref_doubles(net->n_inputs);
    for (uint32_t k = 0; k < net->n_inputs; k++)
        net->n_times += hk_node_n(hk_node_get(hk_node_at(inputs, k), "times"));
    net->times_ms = ref_doubles(net->n_times);
    net->times_of = ref_ids(net->n_times);
    size_t at = 0;
    for (uint32_t k = 0; k < net->n_inputs; k++) {
        const hk_node *input = hk_node_at(inputs, k), *times = hk_node_get(input, "times");
        net->target[k] = (uint32_t)ref_number(d, input, "target") - 1;
        net->input_weight[k] = ref_number(d, input, "weight");
        net->input_delay_ms[k] = ref_number(d, input, "delay");
        for (size_t i = 0; i < hk_node_n(times); i++, at++) {
            net->times_of[at] = k;
            assert_ok(hk_document_number(d, hk_node_at(times, i), &net->times_ms[at]));
        }
    }
}

/** False when there is no such file. */
static inline bool ref_open(ref_network *net, const char *path)
{
    *net = (ref_network){ 0 };
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    fclose(file);
    hk_ctx *ctx = hk_ctx_create();
    hk_document *d;
    assert_ok(hk_document_open(ctx, path, &d));
    const hk_node *root = hk_document_root(d);
    net->resolution_ms = ref_number(d, root, "resolution_ms");
    net->t_stop_ms = ref_number(d, root, "t_stop_ms");
    ref_read_neurons(net, d, hk_node_get(root, "neurons"));
    const hk_node *connections = hk_node_get(root, "connections"), *final = hk_node_get(root, "final_V_m_mV");
    net->n_connections = (uint32_t)hk_node_n(connections);
    net->pre = ref_ids(net->n_connections);
    net->post = ref_ids(net->n_connections);
    net->weight = ref_doubles(net->n_connections);
    net->delay_ms = ref_doubles(net->n_connections);
    for (uint32_t k = 0; k < net->n_connections; k++) {
        const hk_node *c = hk_node_at(connections, k);
        net->pre[k] = (uint32_t)ref_number(d, c, "pre") - 1;
        net->post[k] = (uint32_t)ref_number(d, c, "post") - 1;
        net->weight[k] = ref_number(d, c, "weight");
        net->delay_ms[k] = ref_number(d, c, "delay");
    }
    ref_read_inputs(net, d, hk_node_get(root, "inputs"));
    if (final != NULL) {
        net->final_v = ref_doubles(net->n);
        for (uint32_t i = 0; i < net->n; i++) {
            char id[16];
            snprintf(id, sizeof id, "%u", i + 1);
            net->final_v[i] = ref_number(d, final, id);
        }
    }
    hk_document_destroy(d);
    hk_ctx_destroy(ctx);
    return true;
}

static inline void ref_close(ref_network *net)
{
    for (int k = 0; k < N_REF_PARAMS; k++)
        free(net->param[k]);
    free(net->v0);
    free(net->pre);
    free(net->post);
    free(net->weight);
    free(net->delay_ms);
    free(net->target);
    free(net->input_weight);
    free(net->input_delay_ms);
    free(net->times_ms);
    free(net->times_of);
    free(net->final_v);
}

/** Builds the network; nothing has run yet. */
static inline hk_population *ref_build(rig *r, const ref_network *net, const char *cpu)
{
    *r = rig_open_as(net->resolution_ms, 1, cpu);
    hk_population *neurons = rig_neurons(r, "neurons", net->exponential ? "lif_exp" : "lif", net->n);
    hk_population *inputs = rig_neurons(r, "inputs", "spike_source", net->n_inputs);
    for (int k = 0; k < N_REF_PARAMS; k++)
        if (net->exponential || (k != P_TAU_EX && k != P_TAU_IN))
            rig_ok(r, hk_population_set(neurons, ref_params[k].name, net->param[k], net->n));
    rig_ok(r, hk_population_set(neurons, "v_mv", net->v0, net->n));
    hk_projection *projection;
    rig_ok(r, hk_projection_create(r->sim,
                                   &(hk_projection_config){ .pre = neurons,
                                                            .post = neurons,
                                                            .connect = HK_EXPLICIT,
                                                            .n = net->n_connections,
                                                            .list_pre = net->pre,
                                                            .list_post = net->post,
                                                            .list_weight = net->weight,
                                                            .list_delay_ms = net->delay_ms,
                                                            .double_weights = true },
                                   &projection));
    uint32_t *ids = ref_ids(net->n_inputs);
    for (uint32_t k = 0; k < net->n_inputs; k++)
        ids[k] = k;
    rig_ok(r, hk_projection_create(r->sim,
                                   &(hk_projection_config){ .pre = inputs,
                                                            .post = neurons,
                                                            .connect = HK_EXPLICIT,
                                                            .n = net->n_inputs,
                                                            .list_pre = ids,
                                                            .list_post = net->target,
                                                            .list_weight = net->input_weight,
                                                            .list_delay_ms = net->input_delay_ms,
                                                            .double_weights = true },
                                   &projection));
    free(ids);
    rig_ok(r, hk_spike_source_add(inputs, net->n_times, net->times_ms, net->times_of));
    return neurons;
}

#endif
