/* experiments/continual_features.c - see continual_features.h.
 *
 * Pixel p spikes T p ms before the onset of the layer, whose neurons spike T value ms before the end of their window. The outputs then
 * have the potential T times the sum of weight times value. Their synapses are there from the start, with weights 0: the delay
 * to them bounds the windows that the layer is computed in, and in short windows its neurons need not foresee their spikes anew
 * at each input. */
#include "experiments/continual_features.h"

#include "encoders/catalogue.h"
#include "neurons/catalogue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { K = HK_DATASET_CLASSES, PATCH = 10, N_DRAWN = 1000 };

#define RESOLUTION_MS 0.1
#define T_MS 20.0
#define READOUT_DELAY_MS 1.0
#define ACTIVE 0.25 /* share of the drawn digits to which a feature answers */

/* A bank whose thresholds know drawn digits only. */
static int make_bank(hk_ctx *ctx, uint64_t seed, uint32_t n, uint32_t rows, uint32_t cols, hk_gabor *bank)
{
    hk_dataset drawn;
    int rc = hk_gabor_draw(ctx,
                           &(hk_gabor_config){ .rows = rows,
                                               .cols = cols,
                                               .n = n,
                                               .patch = PATCH,
                                               .kind = HK_GABOR_RANDOM,
                                               .wavelength_px = { 4.6, 10.3 },
                                               .sigma_px = { 3.8, 5.0 },
                                               .seed = seed },
                           bank);
    if (rc != HK_OK)
        return rc;
    rc = hk_dataset_load(
        ctx, &(hk_dataset_request){ .name = "glyphs", .n_train = N_DRAWN, .n_test = 1, .glyph_seed = seed + 1 },
        &drawn);
    if (rc == HK_OK) {
        rc = hk_gabor_adapt(ctx, bank, &drawn.train, N_DRAWN, ACTIVE);
        hk_dataset_fini(&drawn);
    }
    if (rc != HK_OK)
        hk_gabor_fini(bank);
    return rc;
}

static int connect(hk_ctx *ctx, hk_continual_features *f, const hk_gabor *bank)
{
    const size_t n_synapses = (size_t)bank->n * bank->patch * bank->patch;
    double *weights = malloc(n_synapses * sizeof *weights), *bias = malloc(bank->n * sizeof *bias);
    hk_projection *projection;
    int rc = weights == NULL || bias == NULL
                 ? hk_fail(ctx, HK_ENOMEM, "continual: out of memory for %zu synapses", n_synapses)
                 : HK_OK;
    for (size_t k = 0; rc == HK_OK && k < n_synapses; k++)
        weights[k] = (double)bank->weight[k];
    for (uint32_t j = 0; rc == HK_OK && j < bank->n; j++)
        bias[j] = -T_MS * bank->threshold[j];
    if (rc == HK_OK)
        rc = hk_population_set(f->layer, "bias_mv", bias, bank->n);
    if (rc == HK_OK)
        rc = hk_projection_create(f->sim,
                                  &(hk_projection_config){ .pre = f->inputs,
                                                           .post = f->layer,
                                                           .connect = HK_EXPLICIT,
                                                           .n = n_synapses,
                                                           .list_pre = bank->pixel,
                                                           .list_post = bank->unit,
                                                           .list_weight = weights,
                                                           .delay_ms = hk_constant(RESOLUTION_MS) },
                                  &projection);
    free(weights);
    free(bias);
    return rc;
}

static int create_outputs(hk_continual_features *f)
{
    int rc = hk_population_create(f->sim, "outputs", hk_neuron_model_find("ttfs"), K, &f->outputs);
    if (rc == HK_OK) /* when the window of the layer is over */
        rc = hk_population_set_value(f->outputs, "onset_ms", 2.0 * T_MS + 2.0 * RESOLUTION_MS + READOUT_DELAY_MS);
    if (rc == HK_OK) /* they do not spike: their potential is read */
        rc = hk_population_set_value(f->outputs, "window_ms", 0.0);
    if (rc == HK_OK)
        rc = hk_projection_create(f->sim,
                                  &(hk_projection_config){ .pre = f->layer,
                                                           .post = f->outputs,
                                                           .connect = HK_ALL_TO_ALL,
                                                           .weight = hk_constant(0.0),
                                                           .delay_ms = hk_constant(READOUT_DELAY_MS) },
                                  &f->synapses);
    return rc;
}

static int create_layer(hk_ctx *ctx, uint64_t seed, hk_continual_features *f, const hk_gabor *bank)
{
    int rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = RESOLUTION_MS, .seed = seed }, &f->sim);
    if (rc == HK_OK)
        rc = hk_population_create(f->sim, "inputs", hk_neuron_model_find("spike_source"), f->n_pixels, &f->inputs);
    if (rc == HK_OK)
        rc = hk_population_create(f->sim, "hidden", hk_neuron_model_find("ttfs"), f->n, &f->layer);
    if (rc == HK_OK)
        rc = hk_population_set_value(f->layer, "onset_ms",
                                     T_MS + 2.0 * RESOLUTION_MS); /* first a step, then the delay */
    if (rc == HK_OK)
        rc = hk_population_set_value(f->layer, "window_ms", T_MS);
    if (rc == HK_OK)
        rc = connect(ctx, f, bank);
    if (rc == HK_OK)
        rc = create_outputs(f);
    if (rc == HK_OK)
        rc = hk_encoder_find(ctx, "latency", &f->latency);
    if (rc != HK_OK)
        return rc;
    hk_encoder_defaults(f->latency, f->encoder_params);
    return hk_encoder_set(ctx, f->latency, f->encoder_params, "t_min_ms", RESOLUTION_MS);
}

int hk_continual_features_create(hk_ctx *ctx, uint64_t seed, uint32_t n, uint32_t rows, uint32_t cols,
                                 hk_continual_features *out)
{
    *out = (hk_continual_features){ .n = n, .n_pixels = rows * cols };
    out->pixels = calloc(out->n_pixels, sizeof *out->pixels);
    out->values = calloc(n, sizeof *out->values);
    out->weights = calloc(K * ((size_t)n + 1), sizeof *out->weights);
    if (out->pixels == NULL || out->values == NULL || out->weights == NULL)
        return hk_fail(ctx, HK_ENOMEM, "continual: out of memory for %u features", n);
    hk_gabor bank;
    int rc = hk_scatter_init(ctx, n, K, &out->scatter);
    if (rc == HK_OK)
        rc = make_bank(ctx, seed, n, rows, cols, &bank);
    if (rc != HK_OK)
        return rc;
    rc = create_layer(ctx, seed, out, &bank);
    hk_gabor_fini(&bank);
    return rc;
}

void hk_continual_features_destroy(hk_continual_features *features)
{
    hk_sim_destroy(features->sim);
    hk_scatter_fini(&features->scatter);
    free(features->pixels);
    free(features->values);
    free(features->weights);
    *features = (hk_continual_features){ 0 };
}

/* ---- showing ------------------------------------------------------------------------------------------------------ */

static int on_window(hk_sim *sim, hk_time end, void *user)
{
    hk_continual_features *f = user;
    size_t n;
    const hk_spike *spikes = hk_population_spikes(f->layer, &n);
    (void)end;
    for (size_t k = 0; k < n; k++)
        f->values[spikes[k].neuron] = (float)(hk_time_between_ms(spikes[k].time, f->end, hk_sim_resolution_ms(sim)) /
                                              T_MS);
    if (f->on_spikes != NULL)
        f->failed = f->on_spikes(f->user, spikes, n);
    return f->failed != HK_OK;
}

/* The known class of the output furthest above its threshold. */
static int decide(const hk_continual_features *f, const double *v_mv)
{
    int best = -1;
    double most = -INFINITY;
    for (uint32_t c = 0; c < K; c++) {
        const double score = v_mv[c] / T_MS + f->weights[c * ((size_t)f->n + 1) + f->n];
        if (f->is_known[c] != 0 && score > most) {
            most = score;
            best = (int)c;
        }
    }
    return best;
}

int hk_continual_features_show(hk_continual_features *features, const hk_images *images, size_t i, int *decided)
{
    hk_continual_features *f = features;
    size_t n_spikes = 0;
    double v_mv[K];
    hk_images_values(images, i, f->pixels);
    memset(f->values, 0, f->n * sizeof *f->values);
    hk_sim_on_window(f->sim, on_window, f);
    int rc = hk_sim_settle(f->sim);
    f->end = hk_sim_now(f->sim);
    f->end.step += (int64_t)round((2.0 * T_MS + 2.0 * RESOLUTION_MS) / RESOLUTION_MS);
    if (rc == HK_OK) /* brightest pixels a step after the beginning */
        rc = hk_sim_present(f->sim, f->inputs, f->latency,
                            &(hk_encoding){ .values = f->pixels,
                                            .n = f->n_pixels,
                                            .window_ms = T_MS + RESOLUTION_MS,
                                            .params = f->encoder_params,
                                            .seed = hk_sim_seed(f->sim) },
                            T_MS + RESOLUTION_MS + READOUT_DELAY_MS, &n_spikes);
    f->input_spikes += n_spikes;
    f->shown++;
    if (rc == HK_OK)
        rc = f->failed;
    if (rc == HK_OK)
        rc = hk_population_get(f->outputs, "v_mv", v_mv);
    *decided = rc == HK_OK ? decide(f, v_mv) : -1;
    return rc;
}

void hk_continual_features_learn(hk_continual_features *features, uint32_t label)
{
    hk_scatter_add(&features->scatter, NULL, features->values, label);
}

/* What was solved becomes the weights of the synapses. */
static void wire(hk_continual_features *f)
{
    uint64_t n_weights;
    float *w = hk_projection_weights(f->synapses, &n_weights);
    const uint64_t stride = n_weights / f->n;
    for (uint32_t k = 0; k < f->n; k++)
        for (uint32_t c = 0; c < K; c++)
            w[k * stride + c] = (float)f->weights[c * ((size_t)f->n + 1) + k];
}

/* The readout wants images of each of its classes, so those not seen yet are left out. */
int hk_continual_features_solve(hk_ctx *ctx, hk_continual_features *features)
{
    hk_continual_features *f = features;
    const size_t n = f->n;
    uint32_t class[K], n_classes = 0;
    double counts[K], *sums = malloc(K * n * sizeof *sums);
    if (sums == NULL)
        return hk_fail(ctx, HK_ENOMEM, "continual: out of memory for the readout");
    hk_scatter_settle(&f->scatter, NULL);
    for (uint32_t c = 0; c < K; c++)
        if (f->scatter.n[c] > 0.0) {
            memcpy(sums + n_classes * n, f->scatter.sums + c * n, n * sizeof *sums);
            counts[n_classes] = f->scatter.n[c];
            class[n_classes++] = c;
        }
    hk_scatter seen = f->scatter; /* borrows the rest */
    seen.n_classes = n_classes;
    seen.n = counts;
    seen.sums = sums;
    hk_linear linear;
    int rc = hk_lda_solve(ctx, &seen, NULL, (double)NAN, &linear);
    for (uint32_t c = 0; rc == HK_OK && c < n_classes; c++) {
        memcpy(f->weights + class[c] * (n + 1), linear.weights + c * (n + 1), (n + 1) * sizeof *f->weights);
        f->is_known[class[c]] = 1;
    }
    if (rc == HK_OK) {
        hk_linear_fini(&linear);
        wire(f);
    }
    free(sums);
    return rc;
}

int hk_continual_features_archive(hk_continual_features *features, hk_archive *archive)
{
    hk_continual_features *f = features;
    uint64_t counts[2] = { f->shown, f->input_spikes };
    int rc = hk_archive_enter(archive, "features");
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "counts", HK_U64, counts, 2);
    f->shown = counts[0];
    f->input_spikes = counts[1];
    if (rc == HK_OK)
        rc = hk_scatter_archive(&f->scatter, archive);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "weights", HK_F64, f->weights, K * ((size_t)f->n + 1));
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "is_known", HK_U64, f->is_known, K);
    if (rc != HK_OK)
        return rc;
    hk_archive_leave(archive);
    return hk_sim_archive(f->sim, archive);
}
