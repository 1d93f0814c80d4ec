/* experiments/continual_network.c - the layer of continual, and what happens when it is shown an image.
 *
 * At the end of the window potentials are matches (matching.h). Thresholds are far above them, until one spike to all neurons lifts
 * the potentials:
 *
 *   ask       by as much as takes a match of `match` to threshold: the best match of at least that, if there is one, spikes and
 *             learns (one at a time: hk_population_take_turns). If none does, the image is new
 *   recruit   one spike to the least useful neuron alone makes that spike and learn, at its first rate again: 1
 *   call      with learning off, by more than a threshold, once for each vote: the neurons spike in the order of their matches
 *
 * Fewer wins are less useful, of equal ones the older last win is. */
#include "experiments/continual.h"

#include "encoders/catalogue.h"
#include "experiments/matching.h"
#include "neurons/catalogue.h"
#include "plasticity/catalogue.h"
#include "plasticity/rules.h"
#include "sim/mathfn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RESOLUTION_MS 0.1
#define PHASE_MS 20.0
#define THRESHOLD_MV 1000.0
#define LN_2 0.693147180559945309

static int set_all(hk_population *population, size_t n, const char *const *names, const double *values)
{
    int rc = HK_OK;
    for (size_t k = 0; rc == HK_OK && k < n; k++)
        rc = hk_population_set_value(population, names[k], values[k]);
    return rc;
}

static int create_layer(hk_continual_network *net)
{
    const double refractory_ms = RESOLUTION_MS * (net->settings.votes + 10); /* a spike an image */
    const char *const names[] = { "tau_m_ms", "e_l_mv", "v_th_mv", "v_reset_mv", "t_ref_ms", "v_mv", "tau_theta_ms" };
    const double values[] = { PHASE_MS / LN_2, 0.0, THRESHOLD_MV, 0.0, refractory_ms, 0.0, 1e12 };
    int rc = hk_population_create(net->sim, "hidden", hk_neuron_model_find("lif"), net->settings.neurons, &net->hidden);
    if (rc == HK_OK)
        rc = set_all(net->hidden, sizeof names / sizeof names[0], names, values);
    return rc == HK_OK ? hk_population_take_turns(net->hidden) : rc;
}

static int create_learning(hk_continual_network *net)
{
    const hk_continual_settings *s = &net->settings;
    const bool is_plain = s->method == HK_CONTINUAL_PLAIN;
    const double pixel = hk_match_full_pixel(s->phases), w_max = hk_match_w_max(s->phases);
    int rc = hk_projection_create(
        net->sim,
        &(hk_projection_config){
            .pre = net->inputs,
            .post = net->hidden,
            .connect = HK_ALL_TO_ALL,
            .weight = is_plain ? (hk_draw){ .kind = HK_UNIFORM, .a = 0.0, .b = 0.5 * w_max * pixel } : hk_constant(0.0),
            .delay_ms = hk_constant(RESOLUTION_MS) },
        &net->projection);
    if (rc != HK_OK)
        return rc;
    const char *const names[] = { "tau_ms", "w_max", "lr", "lr_decay", "lr_min", "hard", "pairing" };
    const double values[] = {
        PHASE_MS / LN_2, w_max, is_plain ? s->lr : 1.0, is_plain ? 0.0 : 1.0, is_plain ? 0.0 : s->lr_min, 0.0, 0.0
    };
    rc = hk_rule_attach(net->projection, hk_rule_type_find("stdp_trace"), sizeof names / sizeof names[0], names, values,
                        &net->learning);
    if (rc != HK_OK || !is_plain)
        return rc;
    const char *const balance[] = { "eta_mv", "target", "theta_min_mv" };
    const double with[] = { s->theta_mv, 1.0 / s->neurons, -1e6 };
    return hk_rule_attach(net->projection, hk_rule_type_find("homeostasis"), 3, balance, with, &net->balance);
}

/* A source whose spikes lift the potential by `mv`: that of all neurons, or, neuron by neuron, of one. */
static int create_source(hk_continual_network *net, const char *name, uint32_t n, double mv, hk_population **out)
{
    hk_projection *projection;
    int rc = hk_population_create(net->sim, name, hk_neuron_model_find("spike_source"), n, out);
    if (rc == HK_OK)
        rc = hk_projection_create(net->sim,
                                  &(hk_projection_config){ .pre = *out,
                                                           .post = net->hidden,
                                                           .connect = n == 1 ? HK_ALL_TO_ALL : HK_ONE_TO_ONE,
                                                           .weight = hk_constant(mv),
                                                           .delay_ms = hk_constant(RESOLUTION_MS) },
                                  &projection);
    return rc;
}

int hk_continual_network_create(hk_ctx *ctx, uint64_t seed, const hk_continual_settings *settings, uint32_t n_pixels,
                                hk_continual_network *out)
{
    *out = (hk_continual_network){ .settings = *settings, .n_pixels = n_pixels };
    const hk_continual_settings *s = &out->settings;
    const bool is_plain = s->method == HK_CONTINUAL_PLAIN;
    out->values = calloc(n_pixels, sizeof *out->values);
    out->spikes = calloc(s->votes + 1, sizeof *out->spikes);
    out->last = calloc(s->neurons, sizeof *out->last);
    if (out->values == NULL || out->spikes == NULL || out->last == NULL)
        return hk_fail(ctx, HK_ENOMEM, "continual: out of memory");
    const hk_encoder *phase = NULL;
    int rc = hk_encoder_find(ctx, "phase", &phase);
    if (rc == HK_OK) {
        hk_encoder_defaults(phase, out->encoder_params);
        rc = hk_encoder_set(ctx, phase, out->encoder_params, "n_phases", s->phases);
    }
    if (rc == HK_OK)
        rc = hk_encoder_set(ctx, phase, out->encoder_params, "phase_ms", PHASE_MS);
    if (rc == HK_OK)
        rc = hk_encoder_set(ctx, phase, out->encoder_params, "least_first", 1.0);
    out->encoder = phase;
    if (rc == HK_OK)
        rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = RESOLUTION_MS, .seed = seed }, &out->sim);
    if (rc == HK_OK)
        rc = hk_population_create(out->sim, "inputs", hk_neuron_model_find("spike_source"), n_pixels, &out->inputs);
    if (rc == HK_OK)
        rc = create_layer(out);
    if (rc == HK_OK)
        rc = create_learning(out);
    if (rc == HK_OK)
        rc = create_source(out, "ask", 1, is_plain ? 2.0 * THRESHOLD_MV : THRESHOLD_MV - s->match * HK_MATCH_FULL_MV,
                           &out->ask);
    if (rc == HK_OK)
        rc = create_source(out, "call", 1, 2.0 * THRESHOLD_MV, &out->call);
    return rc == HK_OK && !is_plain ? create_source(out, "recruit", s->neurons, 2.0 * THRESHOLD_MV, &out->recruit) : rc;
}

void hk_continual_network_destroy(hk_continual_network *network)
{
    hk_sim_destroy(network->sim);
    free(network->values);
    free(network->spikes);
    free(network->last);
    *network = (hk_continual_network){ 0 };
}

const uint64_t *hk_continual_wins(const hk_continual_network *network)
{
    return hk_stdp_trace_wins(hk_rule_state(network->learning));
}

/* ---- showing ------------------------------------------------------------------------------------------------------ */

static void load(hk_continual_network *net, const hk_images *images, size_t i)
{
    hk_images_values(images, i, net->values);
    net->saturated += hk_match_scale(net->values, net->n_pixels);
}

static int on_window(hk_sim *sim, hk_time end, void *user)
{
    hk_continual_network *net = user;
    size_t n;
    const hk_spike *spikes = hk_population_spikes(net->hidden, &n);
    (void)sim;
    (void)end;
    for (size_t k = 0; k < n && net->n_spikes <= net->settings.votes; k++)
        net->spikes[net->n_spikes++] = spikes[k].neuron;
    if (net->on_spikes != NULL)
        net->failed = net->on_spikes(net->user, spikes, n);
    return net->failed != HK_OK;
}

static void enable_learning(hk_continual_network *net, bool on)
{
    hk_rule_enable(net->learning, on);
    if (net->balance != NULL)
        hk_rule_enable(net->balance, on);
}

/* Sends n spikes of source `id`, a step apart, and waits for what comes of them. */
static int send(hk_continual_network *net, hk_population *source, uint32_t id, uint32_t n)
{
    int rc = HK_OK;
    double now_ms = hk_sim_now_ms(net->sim);
    for (uint32_t k = 1; rc == HK_OK && k <= n; k++) {
        double at_ms = now_ms + k * RESOLUTION_MS;
        rc = hk_spike_source_add(source, 1, &at_ms, &id);
    }
    if (rc == HK_OK)
        rc = hk_sim_run(net->sim, (n + 2) * RESOLUTION_MS);
    return rc == HK_OK ? net->failed : rc;
}

/* The image into the membranes, and the question. An empty image puts none. */
static int present(hk_continual_network *net, const hk_images *images, size_t i, bool *is_empty)
{
    size_t n_spikes = 0;
    load(net, images, i);
    net->n_spikes = 0;
    hk_sim_on_window(net->sim, on_window, net);
    int rc = hk_sim_settle(net->sim);
    if (rc == HK_OK)
        rc = hk_sim_present(net->sim, net->inputs, net->encoder,
                            &(hk_encoding){ .values = net->values,
                                            .n = net->n_pixels,
                                            .window_ms = PHASE_MS * net->settings.phases,
                                            .params = net->encoder_params,
                                            .seed = hk_sim_seed(net->sim) },
                            0.0, &n_spikes);
    net->input_spikes += n_spikes;
    net->shown++;
    *is_empty = n_spikes == 0;
    return rc == HK_OK && n_spikes > 0 ? send(net, net->ask, 0, 1) : rc;
}

static int decide(hk_continual_network *net, const hk_continual_names *names, hk_continual_answer *out)
{
    const uint32_t first = out->is_new ? 1 : 0; /* a recruit is no witness */
    int rc = send(net, net->call, 0, net->settings.votes + first - net->n_spikes);
    out->decided = hk_continual_decide(names, net->spikes + first, net->n_spikes - first);
    return rc;
}

int hk_continual_test(hk_continual_network *network, const hk_images *images, size_t i, const hk_continual_names *names,
                      hk_continual_answer *out)
{
    *out = (hk_continual_answer){ .decided = -1 };
    enable_learning(network, false);
    bool is_empty;
    int rc = present(network, images, i, &is_empty);
    return rc == HK_OK && !is_empty ? decide(network, names, out) : rc;
}

static uint32_t least_useful(const hk_continual_network *net)
{
    const uint64_t *wins = hk_continual_wins(net);
    const double fades = net->settings.memory_images > 0.0 ? 1.0 / net->settings.memory_images : 0.0;
    uint32_t least = 0;
    double low = INFINITY;
    for (uint32_t j = 0; j < net->settings.neurons; j++) {
        if (wins[j] == 0)
            return j;
        double useful = hk_log((double)wins[j]) / LN_2 +
                        fades * (double)net->last[j]; /* halvings, from the last image */
        if (useful < low || (useful == low && net->last[j] < net->last[least])) {
            low = useful;
            least = j;
        }
    }
    return least;
}

static int recruit(hk_continual_network *net)
{
    uint32_t neuron = least_useful(net);
    net->recruited++;
    net->overwritten += hk_continual_wins(net)[neuron] > 0;
    hk_stdp_trace_restart(hk_rule_state(net->learning), neuron);
    return send(net, net->recruit, neuron, 1);
}

int hk_continual_learn(hk_continual_network *network, const hk_images *images, size_t i, uint64_t now,
                       const hk_continual_names *names, hk_continual_answer *out)
{
    const hk_continual_settings *s = &network->settings;
    bool is_empty;
    *out = (hk_continual_answer){ .decided = -1 };
    enable_learning(network, true);
    int rc = present(network, images, i, &is_empty);
    if (rc != HK_OK || is_empty)
        return rc;
    out->is_new = network->n_spikes == 0;
    if (out->is_new)
        rc = recruit(network);
    if (rc != HK_OK)
        return rc;
    out->learnt = true;
    out->winner = network->spikes[0];
    network->last[out->winner] = now;
    double nth = (double)hk_continual_wins(network)[out->winner];
    out->rate = s->method == HK_CONTINUAL_PLAIN ? s->lr : fmax(s->lr_min, 1.0 / nth);
    enable_learning(network, false);
    return decide(network, names, out);
}

int hk_continual_network_archive(hk_continual_network *network, hk_archive *archive)
{
    uint64_t *const values[] = { &network->shown, &network->input_spikes, &network->recruited, &network->overwritten,
                                 &network->saturated };
    enum { N_VALUES = sizeof values / sizeof values[0] };
    uint64_t row[N_VALUES];
    for (size_t k = 0; k < N_VALUES; k++)
        row[k] = *values[k];
    int rc = hk_archive_enter(archive, "layer");
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "counts", HK_U64, row, N_VALUES);
    for (size_t k = 0; k < N_VALUES; k++)
        *values[k] = row[k];
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "last", HK_U64, network->last, network->settings.neurons);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc == HK_OK ? hk_sim_archive(network->sim, archive) : rc;
}
