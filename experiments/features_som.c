/* experiments/features_som.c - features learnt by back-propagation, run in spikes, ordered by a self-organising map.
 *
 * A small perceptron of rectified units learns the classes in double precision, outside the simulator. Its layers up to the
 * features then run as spiking neurons, one spike each at most (nets/spiking.h), and a map learns from the times of these spikes,
 * named by the majority of the training images that each unit wins. How far spikes and trained activations differ is reported.
 * Labels train the net and name the units; the map itself learns without them. */
#include "experiments/features_som.h"

#include "experiments/nets/mapped_net.h"
#include "experiments/nets/spiking.h"
#include "experiments/through_code.h"

#include <math.h>
#include <stdlib.h>

/* Where the parts of a run end on the progress line. */
#define TRAINED 0.6
#define RUN 0.8

typedef struct state {
    hk_run *run;
    hk_mapped_net base;
    hk_features_som_settings settings;
    hk_perceptron net;
    hk_perceptron_pass pass;
    hk_spiking_report spiking[HK_N_SETS];
    double largest; /* activation */
} state;

/* ---- the net ------------------------------------------------------------------------------------------------------- */

static int gradient(void *user, size_t n, const uint8_t *labels, double *loss, size_t *n_right, double *out)
{
    state *s = user;
    int rc = hk_perceptron_run(&s->net, s->base.multiplier, &s->pass, n);
    for (size_t k = 0; k < n && rc == HK_OK; k++)
        *n_right += hk_perceptron_decide(&s->net, &s->pass, k) == labels[k];
    return rc == HK_OK ? hk_perceptron_gradient(&s->net, s->base.multiplier, &s->pass, n, labels, s->settings.smoothing,
                                                loss, out)
                       : rc;
}

static int train(void *user)
{
    state *s = user;
    const hk_features_som_settings *set = &s->settings;
    const hk_training_config config = { .data = s->base.images.data.name,
                                        .images = s->base.images.train,
                                        .method = set->method,
                                        .rate_start = set->rate_start,
                                        .rate_end = set->rate_end,
                                        .epochs = set->epochs,
                                        .batch = set->batch,
                                        .most = { set->shift_px, set->shift_px, 0.0, 1.0 },
                                        .seed = hk_run_seed(s->run),
                                        .net = s,
                                        .gradient = gradient,
                                        .values = s->pass.values[0],
                                        .params = s->net.params,
                                        .n_params = s->net.n_params,
                                        .progress = TRAINED };
    hk_perceptron_draw(&s->net, set->init_sd, hk_run_seed(s->run));
    int rc = hk_mapped_net_train(&s->base, &config);
    hk_spiking_round(&s->net);
    return rc;
}

static int load_net(state *s, const char *path)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    hk_perceptron_fini(&s->net);
    int rc = hk_perceptron_load(ctx, path, &s->net);
    const size_t n_pixels = (size_t)s->base.images.train.rows * s->base.images.train.cols;
    if (rc == HK_OK &&
        (s->net.n_layers < 2 || s->net.sizes[0] != n_pixels || s->net.sizes[s->net.n_layers] != HK_DATASET_CLASSES))
        rc = hk_fail(ctx, HK_EFORMAT,
                     "the net of '%.300s' has %zu layers from %zu to %zu units, must be 2 or more from %zu to %d", path,
                     s->net.n_layers, s->net.sizes[0], s->net.sizes[s->net.n_layers], n_pixels, HK_DATASET_CLASSES);
    return rc;
}

/* Activations of the features, or the outputs; an hk_vectors_fn. */
static int activate(void *user, const hk_images *images, const hk_distortion *distortions, hk_features *out)
{
    state *s = user;
    const size_t last = s->net.n_layers - 1, layer = s->settings.of_outputs ? last + 1 : last;
    const size_t n_features = s->net.sizes[layer], n_pixels = s->net.sizes[0];
    const hk_distortion none = { .scale = 1.0 };
    s->base.n_right = 0;
    int rc = hk_features_init(hk_run_ctx(s->run), images->n, n_features, out);
    out->n_classes = HK_DATASET_CLASSES;
    for (size_t begin = 0; begin < images->n && rc == HK_OK; begin += s->pass.n_samples) {
        const size_t left = images->n - begin, n = left < s->pass.n_samples ? left : s->pass.n_samples;
        for (size_t k = 0; k < n; k++)
            hk_distort(images, begin + k, distortions == NULL ? &none : &distortions[begin + k],
                       s->pass.values[0] + k * n_pixels);
        rc = hk_perceptron_run(&s->net, s->base.multiplier, &s->pass, n);
        for (size_t k = 0; k < n && rc == HK_OK; k++) {
            s->base.n_right += hk_perceptron_decide(&s->net, &s->pass, k) == images->labels[begin + k];
            out->labels[begin + k] = images->labels[begin + k];
        }
        for (size_t k = 0; k < n * n_features; k++)
            out->values[begin * n_features + k] = (float)s->pass.values[layer][k];
        for (size_t l = 1; l <= last && distortions == NULL; l++)
            for (size_t k = 0; k < n * s->net.sizes[l]; k++)
                s->largest = fmax(s->largest, s->pass.values[l][k]);
    }
    return rc;
}

/* The same in spikes. The window of a layer is twice the largest activation of any image that is shown. */
static int spike(void *user)
{
    state *s = user;
    int rc = HK_OK;
    for (int set = 0; set < HK_N_SETS && rc == HK_OK && !hk_run_stopping(s->run); set++) {
        hk_spiking_config config = { .net = &s->net,
                                     .window_ms = ceil(2.0 * s->largest + 1.0),
                                     .what = set == HK_LEARNT ? "training images in spikes" : "test images in spikes",
                                     .begin = set == HK_LEARNT ? TRAINED : TRAINED + 0.9 * (RUN - TRAINED),
                                     .end = set == HK_LEARNT ? TRAINED + 0.9 * (RUN - TRAINED) : RUN };
        hk_features_fini(&s->base.vectors[set]);
        rc = hk_spiking_run(s->run, &config, hk_mapped_net_images(&s->base, set), s->base.team, &s->base.vectors[set],
                            &s->spiking[set]);
        s->base.vectors[set].n_classes = HK_DATASET_CLASSES;
    }
    const hk_spiking_report *a = &s->spiking[HK_LEARNT], *b = &s->spiking[HK_TESTED];
    hk_run_events(s->run,
                  a->input_spikes + b->input_spikes + a->layer_spikes[0] + b->layer_spikes[0] + a->layer_spikes[1] +
                      b->layer_spikes[1] + a->layer_spikes[2] + b->layer_spikes[2],
                  a->synaptic_events + b->synaptic_events);
    return rc;
}

/* ---- results ------------------------------------------------------------------------------------------------------- */

static const hk_summary_key keys[] = {
    { "data", "", "images used: mnist, fashion or glyphs" },
    { "train_images", "", "training images" },
    { "test_images", "", "images tested on" },
    { "train_accuracy", "", "share of training images whose unit of the map bears their class" },
    { "test_accuracy", "", "the same of the images tested on" },
    { "net_train_accuracy", "", "share of training images that the net itself decides right" },
    { "net_test_accuracy", "", "the same of the images tested on" },
    { "pixel_train_accuracy", "", "of a map of the same size on pixels, training images" },
    { "pixel_test_accuracy", "", "the same of the images tested on" },
    { "quantisation_error", "", "mean distance of the features tested from their unit" },
    { "topographic_error", "", "share of images tested whose two nearest units are no neighbours" },
    { "dead_units", "", "units that win no image tested" },
    { "input_spikes_per_image", "", "of pixels, images tested" },
    { "spikes_per_image", "", "by layer, the features last, images tested" },
    { "synaptic_events_per_image", "", "synapses passed by an image tested" },
    { "spiking_test_accuracy", "", "share of images tested that the last potentials of the spiking net decide right" },
    { "worst_spike_deviation_ms", "ms", "largest difference of a spike's time from the trained activation, any image" },
    { "worst_potential_deviation_mv", "mV", "largest difference of the last potentials from the net's output" },
    { "spikes_missing", "", "neurons that spike where the net's unit is silent, or the reverse" },
    { "largest_activation_ms", "ms", "of any unit and image: so long before the end of its window a spike comes" },
    { "robustness", "",
      "share of the first images tested that the map decides right: plain, moved_px by 1 to 5, turned_deg by 10, 20, "
      "30, 45, "
      "60, scaled by 0.5, 0.65, 0.8, 1.25, 1.4" },
    { "training_cpu_s", "s", "processor time of training the net" },
    { "answers_hash", "", "of the classes that the map gives the images tested" },
    HK_THROUGH_KEYS,
};

static void summarise_spikes(const state *s, hk_summary *summary)
{
    const hk_spiking_report *train_ = &s->spiking[HK_LEARNT], *test = &s->spiking[HK_TESTED];
    const double n = (double)s->base.images.test.n;
    double by_layer[HK_PERCEPTRON_LAYERS];
    for (size_t l = 0; l + 1 < s->net.n_layers; l++)
        by_layer[l] = (double)test->layer_spikes[l] / n;
    hk_summary_number(summary, "input_spikes_per_image", (double)test->input_spikes / n);
    hk_summary_array(summary, "spikes_per_image", by_layer, s->net.n_layers - 1);
    hk_summary_number(summary, "synaptic_events_per_image", (double)test->synaptic_events / n);
    hk_summary_number(summary, "spiking_test_accuracy", (double)test->n_right / n);
    hk_summary_number(summary, "worst_spike_deviation_ms", fmax(train_->worst_spike_ms, test->worst_spike_ms));
    hk_summary_number(summary, "worst_potential_deviation_mv",
                      fmax(train_->worst_potential_mv, test->worst_potential_mv));
    hk_summary_count(summary, "spikes_missing", train_->n_missing + test->n_missing);
    hk_run_report(s->run, "in spikes: %.1f of pixels, %.1f of features an image; at most %.2g ms from the trained net",
                  (double)test->input_spikes / n, by_layer[s->net.n_layers - 2],
                  fmax(train_->worst_spike_ms, test->worst_spike_ms));
}

static void summarise(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    const hk_mapped_net *base = &s->base;
    hk_summary_text(summary, "data", base->images.data.name);
    hk_summary_count(summary, "train_images", base->images.train.n);
    hk_summary_count(summary, "test_images", base->images.test.n);
    hk_summary_number(summary, "train_accuracy", base->map.learnt_accuracy);
    hk_summary_number(summary, "test_accuracy", base->map.test_accuracy);
    hk_summary_number(summary, "net_train_accuracy", base->net_accuracy[HK_LEARNT]);
    hk_summary_number(summary, "net_test_accuracy", base->net_accuracy[HK_TESTED]);
    if (base->pixel_map.learnt != NULL) {
        hk_summary_number(summary, "pixel_train_accuracy", base->pixel_map.learnt_accuracy);
        hk_summary_number(summary, "pixel_test_accuracy", base->pixel_map.test_accuracy);
    }
    hk_summary_number(summary, "quantisation_error", base->map.quality.quantisation_error);
    hk_summary_number(summary, "topographic_error", base->map.quality.topographic_error);
    hk_summary_count(summary, "dead_units", base->map.quality.n_dead);
    if (s->settings.in_spikes)
        summarise_spikes(s, summary);
    hk_summary_number(summary, "largest_activation_ms", s->largest);
    hk_summary_number(summary, "training_cpu_s", base->training_cpu_s);
    hk_summary_hash(summary, "answers_hash", base->map.hash);
    hk_run_report(s->run, "net: %.2f %% of the training images right, %.2f %% of those tested",
                  100.0 * base->net_accuracy[HK_LEARNT], 100.0 * base->net_accuracy[HK_TESTED]);
    hk_run_report(s->run,
                  "map of %u x %u units on %zu %s: %.2f %% of the training images right, %.2f %% of those tested",
                  base->map_config.rows, base->map_config.cols, base->map.som.n_features,
                  s->settings.of_outputs ? "outputs" : "features", 100.0 * base->map.learnt_accuracy,
                  100.0 * base->map.test_accuracy);
    if (base->pixel_map.learnt != NULL)
        hk_run_report(s->run, "such a map on pixels: %.2f %% and %.2f %%", 100.0 * base->pixel_map.learnt_accuracy,
                      100.0 * base->pixel_map.test_accuracy);
    hk_robustness_tell(s->run, &base->robustness);
}

static int put_net(const void *user, hk_results *file)
{
    const state *s = user;
    return hk_perceptron_save(&s->net, file);
}

/* ---- the run ------------------------------------------------------------------------------------------------------- */

static int prepare(state *s)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    const char *net = hk_run_text(s->run, "net");
    int rc = hk_features_som_settle(s->run, &s->settings);
    if (rc == HK_OK)
        rc = hk_mapped_net_init(s->run, &s->base);
    s->settings.sizes[0] = (size_t)s->base.images.train.rows * s->base.images.train.cols;
    if (rc == HK_OK)
        rc = hk_perceptron_create(ctx, s->settings.sizes, s->settings.n_layers, &s->net);
    if (rc == HK_OK && net[0] != '\0')
        rc = load_net(s, net);
    return rc == HK_OK
               ? hk_perceptron_pass_init(ctx, &s->net, s->settings.batch < 256 ? 256 : s->settings.batch, &s->pass)
               : rc;
}

static int run(hk_run *run)
{
    state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "features-som: out of memory");
    s->run = run;
    int rc = prepare(s);
    const hk_mapped_net_parts parts = { .train = train,
                                        .show = activate,
                                        .respond = s->settings.in_spikes ? spike : NULL,
                                        .put = put_net,
                                        .map = "map of the features",
                                        .shown = RUN };
    if (rc == HK_OK)
        rc = hk_mapped_net_run(&s->base, &parts, s);
    if (rc == HK_OK && s->base.is_done) {
        summarise(s);
        rc = hk_mapped_net_write(&s->base, &parts, s);
    }
    hk_perceptron_pass_fini(&s->pass);
    hk_perceptron_fini(&s->net);
    hk_mapped_net_fini(&s->base);
    free(s);
    return rc;
}

const hk_experiment hk_experiment_features_som = {
    .name = "features-som",
    .summary = "features learnt by a perceptron, run as spikes, ordered by a self-organising map",
    .source = "spiking units: Stanojevic et al. (2024), Nat. Commun. 15:6793; map: Kohonen (1990), Proc. IEEE 78:1464",
    .example = "features-som --data mnist --seed 7",
    .options = hk_features_som_options,
    .n_options = HK_FEATURES_SOM_N_OPTIONS,
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .threaded = true,
    .run = run,
};
