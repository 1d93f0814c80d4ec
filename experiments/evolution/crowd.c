/* experiments/evolution/crowd.c - see crowd.h.
 *
 * Time of an image: inputs spike in [D, D + T], D the delay of every synapse; the next layer's inputs are complete at T + 2 D, its
 * own spikes come in the T after that. */
#include "experiments/evolution/crowd.h"

#include "encoders/catalogue.h"
#include "neurons/sources.h"
#include "neurons/ttfs.h"

#include <math.h>
#include <stdlib.h>

#define WINDOW_MS 20.0
#define DELAY_MS \
    4.0 /* and resolution: the more spikes come in one delay, the longer are the lists that they are sorted in */
#define WIDEST 8.0 /* value of a hidden neuron that spikes at the beginning of its window */

enum { N_CLASSES = HK_DATASET_CLASSES };

struct hk_crowd {
    hk_crowd_config config;
    hk_sim *sim;
    hk_population *inputs, *hidden, *outputs;
    hk_projection *first, *second; /* second: hidden to outputs */
    double *hidden_bias_mv;        /* [n_individuals][n_hidden] */
    double *bias_mv;               /* [n_individuals][N_CLASSES] */
};

size_t hk_crowd_n_genes(const hk_crowd_config *config)
{
    const size_t n_inputs = config->n_inputs, n_hidden = config->n_hidden;
    return n_hidden == 0 ? (n_inputs + 1) * N_CLASSES : (n_inputs + 1) * n_hidden + (n_hidden + 1) * N_CLASSES;
}

static int check(hk_ctx *ctx, const hk_crowd_config *c)
{
    if (c->n_inputs < 1 || c->n_individuals < 1)
        return hk_fail(ctx, HK_ERANGE, "crowd: %u inputs and %u individuals, must be at least 1 of each", c->n_inputs,
                       c->n_individuals);
    if (!(c->gain > 0.0 && isfinite(c->gain)))
        return hk_fail(ctx, HK_ERANGE, "crowd: gain = %g, must be > 0", c->gain);
    if (!(c->dark >= 0.0 && c->dark < 1.0))
        return hk_fail(ctx, HK_ERANGE, "crowd: dark = %g, must be in [0, 1)", c->dark);
    return HK_OK;
}

/* ---- the network ------------------------------------------------------------------------------------------------- */

static int add_layer(hk_crowd *c, const char *name, uint32_t n, double onset_ms, double window_ms, hk_population **out)
{
    int rc = hk_population_create(c->sim, name, &hk_ttfs, n, out);
    if (rc == HK_OK)
        rc = hk_population_set_value(*out, "onset_ms", onset_ms);
    return rc == HK_OK ? hk_population_set_value(*out, "window_ms", window_ms) : rc;
}

static int connect_all(hk_crowd *c, hk_population *to)
{
    return hk_projection_create(c->sim,
                                &(hk_projection_config){ .pre = c->inputs,
                                                         .post = to,
                                                         .connect = HK_ALL_TO_ALL,
                                                         .weight = hk_constant(0.0),
                                                         .delay_ms = hk_constant(DELAY_MS) },
                                &c->first);
}

/* Every hidden neuron to the outputs of its individual. */
static int connect_own(hk_crowd *c)
{
    const uint32_t n_hidden = c->config.n_hidden;
    const size_t n = (size_t)c->config.n_individuals * n_hidden * N_CLASSES;
    uint32_t *pre = malloc(n * sizeof *pre), *post = malloc(n * sizeof *post);
    int rc = pre == NULL || post == NULL ? hk_fail(hk_sim_ctx(c->sim), HK_ENOMEM, "crowd: out of memory") : HK_OK;
    for (size_t k = 0; rc == HK_OK && k < n; k++) {
        pre[k] = (uint32_t)(k / N_CLASSES);
        post[k] = pre[k] / n_hidden * N_CLASSES + (uint32_t)(k % N_CLASSES);
    }
    if (rc == HK_OK)
        rc = hk_projection_create(c->sim,
                                  &(hk_projection_config){ .pre = c->hidden,
                                                           .post = c->outputs,
                                                           .connect = HK_EXPLICIT,
                                                           .n = n,
                                                           .list_pre = pre,
                                                           .list_post = post,
                                                           .weight = hk_constant(0.0),
                                                           .delay_ms = hk_constant(DELAY_MS) },
                                  &c->second);
    free(pre);
    free(post);
    return rc;
}

static double first_onset_ms(void)
{
    return WINDOW_MS + 2.0 * DELAY_MS;
}

static double length_ms(const hk_crowd *c)
{
    return first_onset_ms() + (c->config.n_hidden > 0 ? WINDOW_MS + DELAY_MS : 0.0);
}

static int build(hk_ctx *ctx, hk_crowd *c)
{
    const uint32_t n_hidden = c->config.n_hidden, n = c->config.n_individuals;
    int rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = DELAY_MS }, &c->sim);
    if (rc == HK_OK)
        rc = hk_population_create(c->sim, "inputs", &hk_spike_source, c->config.n_inputs, &c->inputs);
    if (rc == HK_OK && n_hidden > 0)
        rc = add_layer(c, "hidden", n * n_hidden, first_onset_ms(), WINDOW_MS, &c->hidden);
    if (rc == HK_OK)
        rc = add_layer(c, "outputs", n * N_CLASSES, length_ms(c), 0.0, &c->outputs);
    if (rc == HK_OK)
        rc = connect_all(c, n_hidden > 0 ? c->hidden : c->outputs);
    return rc == HK_OK && n_hidden > 0 ? connect_own(c) : rc;
}

int hk_crowd_create(hk_ctx *ctx, const hk_crowd_config *config, hk_crowd **out)
{
    *out = NULL;
    int rc = check(ctx, config);
    if (rc != HK_OK)
        return rc;
    hk_crowd *c = calloc(1, sizeof *c);
    if (c == NULL)
        return hk_fail(ctx, HK_ENOMEM, "crowd: out of memory");
    c->config = *config;
    c->hidden_bias_mv = calloc((size_t)config->n_individuals * config->n_hidden + 1, sizeof *c->hidden_bias_mv);
    c->bias_mv = calloc((size_t)config->n_individuals * N_CLASSES, sizeof *c->bias_mv);
    if (c->hidden_bias_mv == NULL || c->bias_mv == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "crowd: no memory for %u individuals", config->n_individuals);
    if (rc == HK_OK)
        rc = build(ctx, c);
    if (rc == HK_OK)
        *out = c;
    else
        hk_crowd_destroy(c);
    return rc;
}

void hk_crowd_destroy(hk_crowd *crowd)
{
    if (crowd == NULL)
        return;
    hk_sim_destroy(crowd->sim);
    free(crowd->hidden_bias_mv);
    free(crowd->bias_mv);
    free(crowd);
}

/* ---- genes ------------------------------------------------------------------------------------------------------- */

/* Genes [n_inputs][n_post] of one individual into its columns of the dense projection. */
static void set_first(hk_crowd *c, uint32_t individual, const float *genes, uint32_t n_post, double scale)
{
    uint64_t n_weights;
    float *weights = hk_projection_weights(c->first, &n_weights);
    const uint64_t stride = n_weights / c->config.n_inputs;
    for (uint32_t i = 0; i < c->config.n_inputs; i++)
        for (uint32_t j = 0; j < n_post; j++)
            weights[i * stride + (uint64_t)individual * n_post + j] = (float)((double)genes[i * n_post + j] * scale);
}

void hk_crowd_set(hk_crowd *c, uint32_t individual, const float *genes)
{
    const uint32_t n_hidden = c->config.n_hidden, n_inputs = c->config.n_inputs;
    const double unit_ms = WINDOW_MS / WIDEST; /* the hidden neuron's time for a value of 1 */
    if (n_hidden == 0) {
        set_first(c, individual, genes, N_CLASSES, c->config.gain / WINDOW_MS);
        genes += (size_t)n_inputs * N_CLASSES;
    } else {
        set_first(c, individual, genes, n_hidden, c->config.gain / WINDOW_MS * unit_ms);
        genes += (size_t)n_inputs * n_hidden;
        for (uint32_t j = 0; j < n_hidden; j++)
            c->hidden_bias_mv[(size_t)individual * n_hidden + j] = (double)genes[j] * unit_ms;
        genes += n_hidden;
        uint64_t n_weights;
        float *own = hk_projection_weights(c->second, &n_weights) + (size_t)individual * n_hidden * N_CLASSES;
        for (size_t k = 0; k < (size_t)n_hidden * N_CLASSES; k++)
            own[k] = (float)((double)genes[k] / unit_ms);
        genes += (size_t)n_hidden * N_CLASSES;
    }
    for (uint32_t k = 0; k < N_CLASSES; k++)
        c->bias_mv[(size_t)individual * N_CLASSES + k] = (double)genes[k];
}

int hk_crowd_ready(hk_crowd *c)
{
    if (c->config.n_hidden == 0)
        return HK_OK;
    return hk_population_set(c->hidden, "bias_mv", c->hidden_bias_mv,
                             (size_t)c->config.n_individuals * c->config.n_hidden);
}

/* ---- an image ---------------------------------------------------------------------------------------------------- */

int hk_crowd_show(hk_crowd *c, const float *values, double *potentials)
{
    const double params[] = { DELAY_MS, c->config.dark,
                              0.0 }; /* of latency: the largest value's time, threshold, no bins */
    const hk_encoding encoding = {
        .values = values, .n = c->config.n_inputs, .window_ms = DELAY_MS + WINDOW_MS, .params = params
    };
    int rc = hk_sim_settle(c->sim);
    if (rc == HK_OK)
        rc = hk_sim_present(c->sim, c->inputs, &hk_latency, &encoding, length_ms(c) - encoding.window_ms, NULL);
    if (rc == HK_OK)
        rc = hk_population_get(c->outputs, "v_mv", potentials);
    for (size_t k = 0; rc == HK_OK && k < (size_t)c->config.n_individuals * N_CLASSES; k++)
        potentials[k] += c->bias_mv[k];
    return rc;
}

uint32_t hk_crowd_decision(const double *potentials)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < N_CLASSES; k++)
        if (potentials[k] > potentials[best])
            best = k;
    return best;
}

double hk_crowd_log_likelihood(const double *potentials, uint32_t label)
{
    const double highest = potentials[hk_crowd_decision(potentials)];
    double sum = 0.0;
    for (uint32_t k = 0; k < N_CLASSES; k++)
        sum += exp(potentials[k] - highest);
    return potentials[label] - highest - log(sum);
}

hk_sim_stats hk_crowd_stats(const hk_crowd *crowd)
{
    return hk_sim_get_stats(crowd->sim);
}
