/* experiments/spiking_map.c - see spiking_map.h. */
#include "experiments/spiking_map.h"

#include "encoders/catalogue.h"
#include "neurons/catalogue.h"
#include "plasticity/catalogue.h"
#include "sim/mathfn.h"

#include <math.h>
#include <stdlib.h>

/* The threshold is the unit of potentials. With no input the current takes a unit to it in TAU ln(TOP / (TOP - 1)) = 90 ms. */
#define THRESHOLD_MV 1.0
#define STEP_MS 0.1
#define INPUT_MS 20.0
#define RAMP_MS 95.0
#define TAU_M_MS 50.0
#define TOP_MV (1.2 * THRESHOLD_MV)
#define ONCE_MS 1000.0 /* refractory for the rest of the sample */
#define ANSWERS 2      /* units of which a free map is asked which come first */
enum { MOST_PARAMS = 16 };

static uint32_t n_units(const hk_spiking_map *map)
{
    return map->config.rows * map->config.cols;
}

double hk_spiking_map_distance(const hk_spiking_map *map, uint32_t a, uint32_t b)
{
    uint32_t cols = map->config.cols;
    double dy = (double)(a / cols) - (double)(b / cols), dx = (double)(a % cols) - (double)(b % cols);
    return sqrt(dx * dx + dy * dy);
}

/* ---- building ------------------------------------------------------------------------------------------------------ */

static int create_cells(hk_spiking_map *map, const char *name, uint32_t n, hk_population **out)
{
    const char *const names[] = { "tau_m_ms", "c_m_pf", "e_l_mv", "v_th_mv", "v_reset_mv", "t_ref_ms", "v_mv" };
    const double values[] = { TAU_M_MS, TAU_M_MS, 0.0, THRESHOLD_MV, -THRESHOLD_MV, ONCE_MS, 0.0 }; /* 1 pA: 1 mV */
    int rc = hk_population_create(map->sim, name, hk_neuron_model_find("lif"), n, out);
    for (size_t k = 0; rc == HK_OK && k < sizeof names / sizeof *names; k++)
        rc = hk_population_set_value(*out, names[k], values[k]);
    return rc;
}

/* Dense: a unit has a synapse onto itself as well, of weight 0. */
static int connect(hk_spiking_map *map, hk_population *pre, hk_population *post, hk_draw weight, hk_projection **out)
{
    return hk_projection_create(map->sim,
                                &(hk_projection_config){ .pre = pre,
                                                         .post = post,
                                                         .connect = HK_ALL_TO_ALL,
                                                         .pairs = HK_PAIRS_AUTAPSES,
                                                         .weight = weight,
                                                         .delay_ms = hk_constant(STEP_MS) },
                                out);
}

/* Weights of a dense projection: from neuron i to neuron j at [i * *stride + j]. */
static float *matrix_of(hk_projection *projection, uint64_t *stride)
{
    uint64_t n;
    float *weights = hk_projection_weights(projection, &n);
    *stride = n / hk_projection_n_pre(projection);
    return weights;
}

/* The weights of unit j, a column of the matrix, to the length with which a sample that they fit takes it to match v_th. */
static void rescale(const hk_spiking_map *map, float *w, uint64_t stride, uint32_t j)
{
    const double length = map->config.match * THRESHOLD_MV / map->config.length;
    double square = 0.0;
    for (uint32_t i = 0; i < map->config.n_inputs; i++)
        square += (double)w[i * stride + j] * (double)w[i * stride + j];
    for (uint32_t i = 0; i < map->config.n_inputs && square > 0.0; i++)
        w[i * stride + j] = (float)((double)w[i * stride + j] * (length / sqrt(square)));
}

static int attach_rule(hk_spiking_map *map)
{
    const hk_spiking_map_config *c = &map->config;
    const char *const names[] = { "tau_ms", "lr", "w_max", "hard", "pairing" };
    const double values[] = { 1e9, 0.0, c->match * THRESHOLD_MV / (c->length * c->length), 0.0, 0.0 };
    uint64_t stride;
    float *w = matrix_of(map->feedforward, &stride);
    for (uint32_t j = 0; j < n_units(map); j++)
        rescale(map, w, stride, j);
    return hk_rule_attach(map->feedforward, hk_rule_type_find("stdp_trace"), 5, names, values, &map->rule);
}

static int on_window(hk_sim *sim, hk_time end, void *user)
{
    hk_spiking_map *map = user;
    size_t n, n_inhibitor;
    const hk_spike *spikes = hk_population_spikes(map->units, &n);
    const bool is_over = map->learns ? map->is_inhibited : map->n_spiked + n >= ANSWERS;
    hk_population_spikes(map->inhibitor, &n_inhibitor);
    map->is_inhibited = n_inhibitor > 0; /* once it has arrived, a step later */
    (void)sim;
    (void)end;
    for (size_t k = 0; k < n; k++)
        map->spiked[map->n_spiked++] = spikes[k].neuron;
    return is_over;
}

static int check(hk_ctx *ctx, const hk_spiking_map_config *c)
{
    if (!(c->match > 0.0 && c->match < 1.0))
        return hk_fail(ctx, HK_ERANGE, "spiking map: match = %g, must be above 0 and below 1", c->match);
    if (!(c->strength >= 0.0))
        return hk_fail(ctx, HK_ERANGE, "spiking map: strength = %g, must be >= 0", c->strength);
    if (!(c->length > 0.0))
        return hk_fail(ctx, HK_ERANGE, "spiking map: samples have no spikes");
    return HK_OK;
}

int hk_spiking_map_create(hk_ctx *ctx, const hk_spiking_map_config *config, hk_spiking_map *out)
{
    *out = (hk_spiking_map){ .config = *config };
    int rc = check(ctx, config);
    if (rc == HK_OK) {
        out->spiked = malloc(n_units(out) * sizeof *out->spiked);
        out->by_offset = malloc(n_units(out) * sizeof *out->by_offset);
        out->rounded = malloc(config->n_inputs * sizeof *out->rounded);
        rc = out->spiked == NULL || out->by_offset == NULL || out->rounded == NULL
                 ? hk_fail(ctx, HK_ENOMEM, "spiking map: no memory for %u units", n_units(out))
                 : HK_OK;
    }
    if (rc == HK_OK)
        rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = STEP_MS, .seed = config->seed }, &out->sim);
    if (rc == HK_OK)
        rc = hk_population_create(out->sim, "inputs", hk_neuron_model_find("spike_source"), config->n_inputs,
                                  &out->inputs);
    if (rc == HK_OK)
        rc = create_cells(out, "map", n_units(out), &out->units);
    if (rc == HK_OK)
        rc = create_cells(out, "inhibitor", 1, &out->inhibitor);
    if (rc == HK_OK)
        rc = connect(out, out->inputs, out->units, (hk_draw){ .kind = HK_UNIFORM, .a = 0.5, .b = 1.5 },
                     &out->feedforward);
    if (rc == HK_OK)
        rc = attach_rule(out);
    if (rc == HK_OK)
        rc = connect(out, out->units, out->units, hk_constant(0.0), &out->lateral);
    hk_projection *to_inhibitor;
    if (rc == HK_OK)
        rc = connect(out, out->units, out->inhibitor, hk_constant(2.0 * THRESHOLD_MV), &to_inhibitor);
    if (rc == HK_OK)
        rc = connect(out, out->inhibitor, out->units, hk_constant(0.0), &out->inhibition);
    if (rc != HK_OK)
        return rc;
    hk_sim_on_window(out->sim, on_window, out);
    hk_spiking_map_free(out);
    return HK_OK;
}

void hk_spiking_map_destroy(hk_spiking_map *map)
{
    hk_sim_destroy(map->sim);
    free(map->spiked);
    free(map->by_offset);
    free(map->rounded);
    *map = (hk_spiking_map){ .sim = NULL };
}

/* ---- learning and showing -------------------------------------------------------------------------------------------- */

/* Weights of the synapses from a unit to all others depend on how many rows and columns lie between. */
static void fill_offsets(const hk_spiking_map *map, double sigma, float *by_offset)
{
    const hk_spiking_map_config *c = &map->config;
    for (uint32_t dy = 0; dy < c->rows; dy++)
        for (uint32_t dx = 0; dx < c->cols; dx++) {
            double square = ((double)dy * dy + (double)dx * dx) / (sigma * sigma);
            by_offset[dy * c->cols + dx] = (float)(dx + dy == 0 ? 0.0
                                                                : c->strength * THRESHOLD_MV *
                                                                      (2.0 * hk_exp(-0.5 * square) - 1.0));
        }
}

int hk_spiking_map_bind(hk_spiking_map *map, double sigma, double lr)
{
    const hk_spiking_map_config *c = &map->config;
    uint64_t stride, ignored;
    float *lateral = matrix_of(map->lateral, &stride), *inhibition = matrix_of(map->inhibition, &ignored);
    fill_offsets(map, sigma, map->by_offset);
    for (uint32_t a = 0; a < n_units(map); a++) {
        const uint32_t row = a / c->cols, col = a % c->cols;
        for (uint32_t y = 0; y < c->rows; y++) {
            const float *offsets = map->by_offset + (y > row ? y - row : row - y) * c->cols;
            float *to = lateral + a * stride + y * c->cols;
            for (uint32_t x = 0; x < c->cols; x++)
                to[x] = offsets[x > col ? x - col : col - x];
        }
        inhibition[a] = (float)(-2.0 * THRESHOLD_MV * (1.0 + c->strength * n_units(map)));
    }
    hk_rule_enable(map->rule, true);
    map->learns = true;
    return hk_rule_set(map->rule, "lr", lr);
}

void hk_spiking_map_free(hk_spiking_map *map)
{
    uint64_t stride, ignored;
    float *lateral = matrix_of(map->lateral, &stride), *inhibition = matrix_of(map->inhibition, &ignored);
    for (uint32_t a = 0; a < n_units(map); a++) {
        inhibition[a] = 0.0f;
        for (uint32_t b = 0; b < n_units(map); b++)
            lateral[a * stride + b] = 0.0f;
    }
    hk_rule_enable(map->rule, false);
    map->learns = false;
}

/* Whole numbers of spikes, evenly over the window: the nearest to MOST times the value. Inputs of one number spike together. */
static void encoding_of(const float *values, uint32_t n, float *rounded, double *params, hk_encoding *out)
{
    for (uint32_t i = 0; i < n; i++)
        rounded[i] = (float)(round((double)values[i] * HK_SPIKING_MAP_MOST) / HK_SPIKING_MAP_MOST);
    hk_encoder_defaults(&hk_regular, params);
    params[hk_column_find(hk_regular.params, hk_regular.n_params, "rate_max_hz")] = 1000.0 * HK_SPIKING_MAP_MOST /
                                                                                    INPUT_MS;
    params[hk_column_find(hk_regular.params, hk_regular.n_params, "phase_random")] = 0.0;
    params[hk_column_find(hk_regular.params, hk_regular.n_params, "phase")] = 0.5;
    *out = (hk_encoding){ .values = rounded, .n = n, .window_ms = INPUT_MS, .params = params };
}

int hk_spiking_map_encode(hk_ctx *ctx, const float *values, uint32_t n, hk_spikes_in *out)
{
    double params[MOST_PARAMS];
    hk_encoding encoding;
    float *rounded = malloc(n * sizeof *rounded);
    if (rounded == NULL)
        return hk_fail(ctx, HK_ENOMEM, "spiking map: no memory for %u values", n);
    encoding_of(values, n, rounded, params, &encoding);
    int rc = hk_encode(ctx, &hk_regular, &encoding, out);
    free(rounded);
    return rc;
}

int hk_spiking_map_show(hk_spiking_map *map, const float *values)
{
    double params[MOST_PARAMS];
    hk_encoding encoding;
    encoding_of(values, map->config.n_inputs, map->rounded, params, &encoding);
    map->n_spiked = 0;
    map->is_inhibited = false;
    int rc = hk_sim_settle(map->sim);
    const double begin_ms = hk_sim_now_ms(map->sim) + INPUT_MS;
    if (rc == HK_OK) /* the last sample may have been left in its ramp */
        rc = hk_population_set_value(map->units, "i_e_pa", 0.0);
    if (rc == HK_OK)
        rc = hk_population_schedule(map->units, "i_e_pa", 1, &begin_ms, &(const double){ TOP_MV });
    if (rc == HK_OK)
        rc = hk_sim_present(map->sim, map->inputs, &hk_regular, &encoding, RAMP_MS, NULL);
    uint64_t stride;
    float *w = matrix_of(map->feedforward, &stride);
    for (size_t k = 0; rc == HK_OK && map->learns && k < map->n_spiked; k++)
        rescale(map, w, stride, map->spiked[k]);
    return rc;
}

void hk_spiking_map_weights(const hk_spiking_map *map, float *weights)
{
    uint64_t stride;
    const float *w = matrix_of(map->feedforward, &stride);
    for (uint32_t j = 0; j < n_units(map); j++)
        for (uint32_t i = 0; i < map->config.n_inputs; i++)
            weights[j * map->config.n_inputs + i] = w[i * stride + j];
}
