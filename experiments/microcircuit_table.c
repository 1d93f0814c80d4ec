/* experiments/microcircuit_table.c - see microcircuit.h. */
#include "experiments/microcircuit.h"

#include <math.h>

enum { N = HK_MICROCIRCUIT_POPULATIONS, L23E = 0, L4E = 2, N_THALAMUS = 902 };

#define TAU_M_MS 10.0
#define TAU_SYN_MS 0.5
#define C_M_PF 250.0
#define PSP_MV 0.15
#define INHIBITION (-4.0)
#define WEIGHT_SD 0.1 /* of the mean */
#define OUTSIDE_HZ 8.0

const char *const hk_microcircuit_names[N] = { "L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I" };
const double hk_microcircuit_rates_hz[N] = { 0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829 };

static const uint32_t sizes[N] = { 20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948 };
static const double outside[N] = { 1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100 }; /* synapses */
static const double probabilities[N][N] = {                                          /* [post][pre] */
                                            { 0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0000, 0.0076, 0.0000 },
                                            { 0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0000, 0.0042, 0.0000 },
                                            { 0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0000 },
                                            { 0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0000, 0.1057, 0.0000 },
                                            { 0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0000 },
                                            { 0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0000 },
                                            { 0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252 },
                                            { 0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443 }
};
static const double thalamic[N] = { 0.0, 0.0, 0.0983, 0.0619, 0.0, 0.0, 0.0512, 0.0196 };
static const double v_means_mv[N] = { -68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43 };
static const double v_sds_mv[N] = { 5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48 };

/* How many draws of a pair, with replacement, connect a pair with probability p. log1p would be more exact, and the total
 * of the full network two synapses larger than the published one. */
static uint64_t draws(double p, double n_pre, double n_post)
{
    return (uint64_t)(log(1.0 - p) / log(1.0 - 1.0 / (n_pre * n_post)) + 0.5);
}

uint64_t hk_microcircuit_synapses(int post, int pre)
{
    return draws(probabilities[post][pre], sizes[pre], sizes[post]);
}

double hk_microcircuit_pa_for_1_mv(void)
{
    /* v(t) = i / c_m (exp(-t / tau_m) - exp(-t / tau_syn)) / (1 / tau_syn - 1 / tau_m), greatest where its slope is 0 */
    double rate = 1.0 / TAU_SYN_MS - 1.0 / TAU_M_MS, peak_ms = log(TAU_M_MS / TAU_SYN_MS) / rate;
    return C_M_PF * rate / (exp(-peak_ms / TAU_M_MS) - exp(-peak_ms / TAU_SYN_MS));
}

static bool is_inhibitory(int population)
{
    return population % 2 == 1;
}

/* Mean weight of the full network, in units of the outside one. */
static double strength(int post, int pre)
{
    return is_inhibitory(pre) ? INHIBITION : post == L23E && pre == L4E ? 2.0 : 1.0;
}

static hk_draw weight(double mean_pa)
{
    double far_pa = 100.0 * mean_pa; /* the bound that matters is 0 */
    return (hk_draw){ .kind = HK_NORMAL,
                      .a = mean_pa,
                      .b = WEIGHT_SD * fabs(mean_pa),
                      .min = fmin(0.0, far_pa),
                      .max = fmax(0.0, far_pa) };
}

static hk_draw delay(double mean_ms, double resolution_ms)
{
    return (hk_draw){
        .kind = HK_NORMAL, .a = mean_ms, .b = 0.5 * mean_ms, .min = 0.5 * resolution_ms, .max = 1e3 * mean_ms
    };
}

/* Mean currents of population `post` in the full network. */
static double outside_pa(int post, double w_pa)
{
    return 1e-3 * TAU_SYN_MS * OUTSIDE_HZ * outside[post] * w_pa;
}

static double recurrent_pa(int post, double w_pa)
{
    double sum = 0.0;
    for (int pre = 0; pre < N; pre++)
        sum += (double)hk_microcircuit_synapses(post, pre) / sizes[post] * strength(post, pre) * w_pa *
               hk_microcircuit_rates_hz[pre];
    return 1e-3 * TAU_SYN_MS * sum;
}

static void add_population(const hk_microcircuit_config *cfg, int k, double w_pa, hk_circuit *circuit)
{
    static const hk_circuit_value values[] = { { "tau_m_ms", TAU_M_MS },
                                               { "c_m_pf", C_M_PF },
                                               { "e_l_mv", -65.0 },
                                               { "v_th_mv", -50.0 },
                                               { "v_reset_mv", -65.0 },
                                               { "t_ref_ms", 2.0 },
                                               { "tau_syn_ex_ms", TAU_SYN_MS },
                                               { "tau_syn_in_ms", TAU_SYN_MS },
                                               { .name = NULL } };
    bool optimised = cfg->start == HK_MICROCIRCUIT_OPTIMISED, poisson = cfg->drive == HK_MICROCIRCUIT_POISSON;
    double root = sqrt(cfg->scale), missing_pa = (1.0 - root) * recurrent_pa(k, w_pa);
    hk_circuit_population p = {
        .name = hk_microcircuit_names[k],
        .model = "lif_exp",
        .n = (uint32_t)(sizes[k] * cfg->scale + 0.5),
        .values = values,
        .i_e_pa = missing_pa + (poisson ? 1.0 - root : 1.0) * outside_pa(k, w_pa),
        .v_mv = { .kind = HK_NORMAL, .a = optimised ? v_means_mv[k] : -58.0, .b = optimised ? v_sds_mv[k] : 10.0 }
    };
    if (poisson)
        p.drive = (hk_circuit_drive){ .rate_hz = outside[k] * cfg->scale * OUTSIDE_HZ, .weight = w_pa / root };
    hk_circuit_add_population(circuit, &p);
}

static void add_thalamus(const hk_microcircuit_config *cfg, double w_pa, hk_circuit *circuit)
{
    uint32_t pre = hk_circuit_add_population(
        circuit,
        &(hk_circuit_population){ .name = "thalamus", .model = "poisson", .n = N_THALAMUS, .pulse = cfg->thalamus });
    for (uint32_t post = 0; post < N; post++) {
        double n = (double)draws(thalamic[post], N_THALAMUS, sizes[post]) / sizes[post] * circuit->populations[post].n;
        if (thalamic[post] > 0.0)
            hk_circuit_add_projection(circuit, &(hk_circuit_projection){ .pre = pre,
                                                                         .post = post,
                                                                         .connect = HK_FIXED_TOTAL,
                                                                         .pairs = HK_PAIRS_MULTAPSES,
                                                                         .n = (uint64_t)(n + 0.5),
                                                                         .weight = weight(w_pa),
                                                                         .delay_ms = delay(1.5, cfg->resolution_ms) });
    }
}

void hk_microcircuit_describe(const hk_microcircuit_config *cfg, hk_circuit *circuit)
{
    double w_pa = PSP_MV * hk_microcircuit_pa_for_1_mv(), root = sqrt(cfg->scale);
    circuit->dense = cfg->resolution_ms <= 0.5 * TAU_SYN_MS;
    for (int k = 0; k < N; k++)
        add_population(cfg, k, w_pa, circuit);
    for (int pre = 0; pre < N; pre++)
        for (int post = 0; post < N; post++) {
            double n = (double)hk_microcircuit_synapses(post, pre) * cfg->scale * cfg->scale;
            if (probabilities[post][pre] > 0.0)
                hk_circuit_add_projection(
                    circuit,
                    &(hk_circuit_projection){ .pre = (uint32_t)pre,
                                              .post = (uint32_t)post,
                                              .connect = HK_FIXED_TOTAL,
                                              .pairs = HK_PAIRS_AUTAPSES + HK_PAIRS_MULTAPSES,
                                              .n = (uint64_t)(n + 0.5),
                                              .weight = weight(strength(post, pre) * w_pa / root),
                                              .delay_ms = delay(is_inhibitory(pre) ? 0.75 : 1.5, cfg->resolution_ms) });
        }
    if (cfg->thalamus.rate_hz > 0.0)
        add_thalamus(cfg, w_pa, circuit);
}
