/* experiments/bench_circuits.c - see bench_circuits.h; the equations stand in the experiments of the same names. */
#include "experiments/bench_circuits.h"

#include "experiments/hpc.h"
#include "experiments/microcircuit.h"

#include <math.h>

/* Four of five neurons are excitatory, and both populations differ in nothing but their synapses. */
typedef struct balanced {
    double n_neurons;
    hk_circuit_population cells;
    uint64_t indegrees[2]; /* from the excitatory, the inhibitory population; 0: each pair with 80 / n_neurons */
    unsigned pairs;
    double weights[2], delay_ms;
    const hk_circuit_rule *rule; /* of the synapses between excitatory neurons; NULL: static like all others */
} balanced;

static void add_balanced(const balanced *b, double share, hk_circuit *out)
{
    uint32_t n = (uint32_t)(b->n_neurons * share + 0.5), n_exc = (uint32_t)((uint64_t)n * 4 / 5);
    hk_circuit_population cells = b->cells;
    cells.name = "exc";
    cells.n = n_exc;
    hk_circuit_add_population(out, &cells);
    cells.name = "inh";
    cells.n = n - n_exc;
    hk_circuit_add_population(out, &cells);
    for (uint32_t pre = 0; pre < 2; pre++)
        for (uint32_t post = 0; post < 2; post++) {
            hk_circuit_projection p = { .pre = pre,
                                        .post = post,
                                        .connect = b->indegrees[0] > 0 ? HK_FIXED_INDEGREE : HK_FIXED_PROBABILITY,
                                        .pairs = b->pairs,
                                        .probability = fmin(1.0, 80.0 / n),
                                        .n = b->indegrees[pre],
                                        .weight = hk_constant(b->weights[pre]),
                                        .delay_ms = hk_constant(b->delay_ms) };
            if (b->rule != NULL && pre + post == 0)
                p.rule = *b->rule;
            hk_circuit_add_projection(out, &p);
        }
}

static void add_brunel(double share, const hk_circuit_rule *rule, hk_circuit *out)
{
    static const hk_circuit_value values[] = { { "tau_m_ms", 20.0 },   { "e_l_mv", 0.0 },   { "v_th_mv", 20.0 },
                                               { "v_reset_mv", 10.0 }, { "t_ref_ms", 2.0 }, { .name = NULL } };
    const balanced brunel = { .n_neurons = 12500,
                              .cells = { .model = "lif",
                                         .values = values,
                                         .v_mv = { .kind = HK_UNIFORM, .a = 0.0, .b = 20.0 },
                                         .drive = { .rate_hz = 20000.0, .weight = 0.1 } },
                              .indegrees = { 1000, 250 },
                              .pairs = HK_PAIRS_AUTAPSES + HK_PAIRS_MULTAPSES,
                              .weights = { 0.1, -0.5 },
                              .delay_ms = 1.5,
                              .rule = rule };
    add_balanced(&brunel, share, out);
}

static const hk_circuit_rule brunel_stdp = { .type = &hk_stdp,
                                             .values = { { "tau_plus_ms", 20.0 },
                                                         { "tau_minus_ms", 20.0 },
                                                         { "a_plus", 0.01 },
                                                         { "a_minus", 0.01 * 2.02 },
                                                         { "mu_plus", 1.0 },
                                                         { "mu_minus", 1.0 },
                                                         { "w_max", 3.0 * 0.1 } } };

static void add_cuba(double share, hk_circuit *out)
{
    static const hk_circuit_value values[] = { { "tau_m_ms", 20.0 },     { "c_m_pf", 200.0 },       { "e_l_mv", -49.0 },
                                               { "v_th_mv", -50.0 },     { "v_reset_mv", -60.0 },   { "t_ref_ms", 5.0 },
                                               { "tau_syn_ex_ms", 5.0 }, { "tau_syn_in_ms", 10.0 }, { .name = NULL } };
    static const balanced cuba = {
        .n_neurons = 4000,
        .cells = { .model = "lif_exp", .values = values, .v_mv = { .kind = HK_UNIFORM, .a = -60.0, .b = -50.0 } },
        .weights = { 16.2, -90.0 },
        .delay_ms = 0.1
    };
    add_balanced(&cuba, share, out);
}

static void add_coba_i(double share, hk_circuit *out)
{
    static const hk_circuit_value values[] = { { "g_l_nS", 10.0 },       { "c_m_pf", 200.0 },       { "e_l_mv", -60.0 },
                                               { "v_th_mv", -50.0 },     { "v_reset_mv", -60.0 },   { "t_ref_ms", 5.0 },
                                               { "tau_syn_ex_ms", 5.0 }, { "tau_syn_in_ms", 10.0 }, { "e_ex_mv", 0.0 },
                                               { "e_in_mv", -80.0 },     { .name = NULL } };
    static const balanced coba_i = { .n_neurons = 4000,
                                     .cells = { .model = "lif_cond_exp",
                                                .values = values,
                                                .i_e_pa = 200.0,
                                                .v_mv = { .kind = HK_UNIFORM, .a = -60.0, .b = -50.0 } },
                                     .weights = { 4.0, -51.0 },
                                     .delay_ms = 0.1 };
    add_balanced(&coba_i, share, out);
}

static void add_hpc(double share, bool learns, hk_circuit *out)
{
    const hk_hpc_config cfg = { .n_neurons = (uint32_t)(HK_HPC_NEURONS * share + 0.5),
                                .eta = HK_HPC_ETA,
                                .learns = learns };
    hk_hpc_describe(&cfg, out);
}

static void add_sparse(double share, hk_circuit *out)
{
    static const hk_circuit_value values[] = { { "tau_m_ms", 20.0 }, { "c_m_pf", 250.0 },   { "e_l_mv", 0.0 },
                                               { "v_th_mv", 15.0 },  { "v_reset_mv", 0.0 }, { "t_ref_ms", 2.0 },
                                               { .name = NULL } };
    hk_circuit_add_population(out, &(hk_circuit_population){ .name = "cells",
                                                             .model = "lif",
                                                             .n = (uint32_t)(100000.0 * share + 0.5),
                                                             .values = values,
                                                             .i_e_pa = 5.0 * 250.0 / 20.0,
                                                             .v_mv = hk_constant(0.0),
                                                             .drive = { .rate_hz = 1.0, .weight = 20.0 } });
    hk_circuit_add_projection(
        out, &(hk_circuit_projection){
                 .kind = HK_CIRCUIT_OUTDEGREE, .n = 100, .weight = hk_constant(0.05), .delay_ms = hk_constant(1.0) });
}

void hk_bench_circuit_describe(hk_bench_circuit which, double share, hk_circuit *out)
{
    switch (which) {
    case HK_BENCH_MICROCIRCUIT:
        hk_microcircuit_describe(&(hk_microcircuit_config){ .scale = share,
                                                            .resolution_ms = 0.1,
                                                            .drive = HK_MICROCIRCUIT_POISSON,
                                                            .start = HK_MICROCIRCUIT_OPTIMISED },
                                 out);
        break;
    case HK_BENCH_BRUNEL:
        add_brunel(share, NULL, out);
        break;
    case HK_BENCH_BRUNEL_STDP:
        add_brunel(share, &brunel_stdp, out);
        break;
    case HK_BENCH_CUBA:
        add_cuba(share, out);
        break;
    case HK_BENCH_COBA_I:
        add_coba_i(share, out);
        break;
    case HK_BENCH_HPC:
        add_hpc(share, false, out);
        break;
    case HK_BENCH_HPC_STDP_PL:
        add_hpc(share, true, out);
        break;
    case HK_BENCH_SPARSE:
        add_sparse(share, out);
        break;
    }
}
