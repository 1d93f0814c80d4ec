/* experiments/capsule_som.c - a small capsule network, and a self-organising map on the vectors of its class capsules.
 *
 * Convolution, primary capsules, routing by agreement and margin loss (nets/capsule.h) are trained outside the simulator. The map
 * learns from the vectors of all classes, one behind the other, and is named by the majority of the training images that each
 * unit wins. What capsules are meant for is measured: answers to images that are moved, turned and scaled as none was that the
 * net has learnt from; features-som measures the same of its features. */
#include "experiments/nets/capsule.h"
#include "experiments/nets/mapped_net.h"
#include "experiments/through_code.h"

#include <stdlib.h>

#define TRAINED 0.8 /* share of the run that training is */

static const hk_option options[] = {
    HK_CHOICE_OPTIONS,
    HK_THROUGH_OPTIONS,
    HK_COUNT("kernel1", 5, 1, 28, "side of the first convolution's kernels"),
    HK_COUNT("stride1", 2, 1, 28, "pixels between its places"),
    HK_COUNT("channels", 16, 1, 1024, "kernels of it"),
    HK_COUNT("kernel2", 5, 1, 28, "side of the kernels that make primary capsules"),
    HK_COUNT("stride2", 2, 1, 28, "places of the first convolution between theirs"),
    HK_COUNT("types", 8, 1, 256, "primary capsules at a place"),
    HK_COUNT("depth", 8, 1, 256, "numbers of a primary capsule"),
    HK_COUNT("class_depth", 8, 1, 256, "numbers of a class capsule"),
    HK_COUNT("rounds", 3, 1, HK_CAPSULE_ROUNDS, "of the routing"),
    HK_NUMBER("votes_sd", 0.1, 1e-6, 100, "weights from primary to class capsules start normal with this spread"),
    HK_COUNT("epochs", 4, 1, 100000, "times the net learns from all images"),
    HK_COUNT("batch", 64, 1, 10000, "images a step (of Adam)"),
    HK_NUMBER("learning_rate", 2e-3, 1e-12, 1e3, "of the first step; of the mean over a batch"),
    HK_NUMBER("learning_rate_end", 1e-4, 1e-12, 1e3, "of the last step; it falls geometrically"),
    HK_COUNT("shift_px", 0, 0, 10, "training images are moved by up to so many pixels"),
    HK_MAP_OPTIONS,
    { .name = "net",
      .type = HK_OPTION_TEXT,
      .text = "",
      .meaning = "take the net from this results file of capsule-som in place of training one" },
};

typedef struct state {
    hk_run *run;
    hk_mapped_net base;
    hk_capsule net;
    hk_capsule_pass pass;
} state;

static size_t count(const state *s, const char *name)
{
    return (size_t)hk_run_integer(s->run, name);
}

/* ---- the net ------------------------------------------------------------------------------------------------------- */

static int gradient(void *user, size_t n, const uint8_t *labels, double *loss, size_t *n_right, double *out)
{
    state *s = user;
    int rc = hk_capsule_run(&s->net, s->base.multiplier, &s->pass, n);
    for (size_t k = 0; k < n && rc == HK_OK; k++)
        *n_right += hk_capsule_decide(&s->net, &s->pass, k) == labels[k];
    return rc == HK_OK ? hk_capsule_gradient(&s->net, s->base.multiplier, &s->pass, n, labels, loss, out) : rc;
}

static int train(void *user)
{
    state *s = user;
    const double shift = (double)count(s, "shift_px");
    const hk_training_config config = { .data = s->base.images.data.name,
                                        .images = s->base.images.train,
                                        .method = HK_DESCENT_ADAM,
                                        .rate_start = hk_run_number(s->run, "learning_rate"),
                                        .rate_end = hk_run_number(s->run, "learning_rate_end"),
                                        .epochs = (uint32_t)count(s, "epochs"),
                                        .batch = (uint32_t)count(s, "batch"),
                                        .most = { shift, shift, 0.0, 1.0 },
                                        .seed = hk_run_seed(s->run),
                                        .net = s,
                                        .gradient = gradient,
                                        .values = s->pass.values,
                                        .params = s->net.params,
                                        .n_params = s->net.offset[HK_CAPSULE_PARTS],
                                        .progress = TRAINED };
    hk_capsule_draw(&s->net, hk_run_number(s->run, "votes_sd"), hk_run_seed(s->run));
    return hk_mapped_net_train(&s->base, &config);
}

static int create_net(state *s)
{
    const hk_capsule_shape shape = { .rows = s->base.images.train.rows,
                                     .cols = s->base.images.train.cols,
                                     .kernel1 = count(s, "kernel1"),
                                     .stride1 = count(s, "stride1"),
                                     .channels = count(s, "channels"),
                                     .kernel2 = count(s, "kernel2"),
                                     .stride2 = count(s, "stride2"),
                                     .n_types = count(s, "types"),
                                     .depth = count(s, "depth"),
                                     .n_classes = HK_DATASET_CLASSES,
                                     .class_depth = count(s, "class_depth"),
                                     .rounds = count(s, "rounds") };
    return hk_capsule_create(hk_run_ctx(s->run), &shape, &s->net);
}

static int load_net(state *s, const char *path)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    int rc = hk_capsule_load(ctx, path, &s->net);
    const hk_capsule_shape *shape = &s->net.shape;
    const hk_images *images = &s->base.images.train;
    if (rc == HK_OK &&
        (shape->rows != images->rows || shape->cols != images->cols || shape->n_classes != HK_DATASET_CLASSES))
        rc = hk_fail(ctx, HK_EFORMAT,
                     "the net of '%.300s' tells %zu classes of %zu x %zu pixels, must be %d of %u x %u", path,
                     shape->n_classes, shape->rows, shape->cols, HK_DATASET_CLASSES, images->rows, images->cols);
    return rc;
}

/* Vectors of the class capsules; an hk_vectors_fn. */
static int show(void *user, const hk_images *images, const hk_distortion *distortions, hk_features *out)
{
    state *s = user;
    const size_t n_pixels = (size_t)images->rows * images->cols, n_vector = s->net.n_vector;
    const hk_distortion none = { .scale = 1.0 };
    s->base.n_right = 0;
    int rc = hk_features_init(hk_run_ctx(s->run), images->n, n_vector, out);
    out->n_classes = HK_DATASET_CLASSES;
    for (size_t begin = 0; begin < images->n && rc == HK_OK; begin += s->pass.n_samples) {
        const size_t left = images->n - begin, n = left < s->pass.n_samples ? left : s->pass.n_samples;
        for (size_t k = 0; k < n; k++)
            hk_distort(images, begin + k, distortions == NULL ? &none : &distortions[begin + k],
                       s->pass.values + k * n_pixels);
        rc = hk_capsule_run(&s->net, s->base.multiplier, &s->pass, n);
        for (size_t k = 0; k < n && rc == HK_OK; k++) {
            const double *vectors = hk_capsule_vectors(&s->net, &s->pass, k);
            s->base.n_right += hk_capsule_decide(&s->net, &s->pass, k) == images->labels[begin + k];
            out->labels[begin + k] = images->labels[begin + k];
            for (size_t j = 0; j < n_vector; j++)
                out->values[(begin + k) * n_vector + j] = (float)vectors[j];
        }
    }
    return rc;
}

/* ---- results ------------------------------------------------------------------------------------------------------- */

static const hk_summary_key keys[] = {
    { "data", "", "images used: mnist, fashion or glyphs" },
    { "train_images", "", "training images" },
    { "test_images", "", "images tested on" },
    { "parameters_of_net", "", "numbers that were learnt" },
    { "train_accuracy", "", "share of training images whose unit of the map bears their class" },
    { "test_accuracy", "", "the same of the images tested on" },
    { "net_train_accuracy", "", "share of training images whose class capsule is the longest" },
    { "net_test_accuracy", "", "the same of the images tested on" },
    { "pixel_train_accuracy", "", "of a map of the same size on pixels, training images" },
    { "pixel_test_accuracy", "", "the same of the images tested on" },
    { "quantisation_error", "", "mean distance of the vectors tested from their unit" },
    { "topographic_error", "", "share of images tested whose two nearest units are no neighbours" },
    { "dead_units", "", "units that win no image tested" },
    { "robustness", "",
      "share of the first images tested that the map decides right: plain, moved_px by 1 to 5, turned_deg by 10, 20, "
      "30, 45, 60, scaled by 0.5, 0.65, 0.8, 1.25, 1.4" },
    { "epoch_s", "s", "wall time of an epoch of training; of one that was resumed, of what was left" },
    { "training_cpu_s", "s", "processor time of training the net" },
    { "answers_hash", "", "of the classes that the map gives the images tested" },
    HK_THROUGH_KEYS,
};

static void summarise(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    const hk_mapped_net *base = &s->base;
    const hk_som_config *map = &base->map_config;
    hk_summary_text(summary, "data", base->images.data.name);
    hk_summary_count(summary, "train_images", base->images.train.n);
    hk_summary_count(summary, "test_images", base->images.test.n);
    hk_summary_count(summary, "parameters_of_net", s->net.offset[HK_CAPSULE_PARTS]);
    hk_summary_number(summary, "train_accuracy", base->map.learnt_accuracy);
    hk_summary_number(summary, "test_accuracy", base->map.test_accuracy);
    hk_summary_number(summary, "net_train_accuracy", base->net_accuracy[HK_LEARNT]);
    hk_summary_number(summary, "net_test_accuracy", base->net_accuracy[HK_TESTED]);
    hk_run_report(s->run, "net of %zu parameters: %.2f %% of the training images right, %.2f %% of those tested",
                  s->net.offset[HK_CAPSULE_PARTS], 100.0 * base->net_accuracy[HK_LEARNT],
                  100.0 * base->net_accuracy[HK_TESTED]);
    hk_run_report(s->run,
                  "map of %u x %u units on capsules: %.2f %% of the training images right, %.2f %% of those tested",
                  map->rows, map->cols, 100.0 * base->map.learnt_accuracy, 100.0 * base->map.test_accuracy);
    if (base->pixel_map.learnt != NULL) {
        hk_summary_number(summary, "pixel_train_accuracy", base->pixel_map.learnt_accuracy);
        hk_summary_number(summary, "pixel_test_accuracy", base->pixel_map.test_accuracy);
        hk_run_report(s->run, "such a map on pixels: %.2f %% and %.2f %%", 100.0 * base->pixel_map.learnt_accuracy,
                      100.0 * base->pixel_map.test_accuracy);
    }
    hk_summary_number(summary, "quantisation_error", base->map.quality.quantisation_error);
    hk_summary_number(summary, "topographic_error", base->map.quality.topographic_error);
    hk_summary_count(summary, "dead_units", base->map.quality.n_dead);
    if (base->training.curve != NULL) {
        hk_summary_number(summary, "epoch_s", base->training_s / (double)base->config.epochs);
        hk_summary_number(summary, "training_cpu_s", base->training_cpu_s);
    }
    hk_summary_hash(summary, "answers_hash", base->map.hash);
    hk_robustness_tell(s->run, &base->robustness);
}

static int put_net(const void *user, hk_results *file)
{
    const state *s = user;
    return hk_capsule_save(&s->net, file);
}

/* ---- the run ------------------------------------------------------------------------------------------------------- */

static int prepare(state *s)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    const char *net = hk_run_text(s->run, "net");
    const double start = hk_run_number(s->run, "learning_rate"), end = hk_run_number(s->run, "learning_rate_end");
    const size_t batch = count(s, "batch");
    if (end > start)
        return hk_fail(ctx, HK_ERANGE, "capsule-som: learning_rate_end = %g, must be at most learning_rate, %g", end,
                       start);
    int rc = hk_mapped_net_init(s->run, &s->base);
    if (rc == HK_OK)
        rc = net[0] == '\0' ? create_net(s) : load_net(s, net);
    return rc == HK_OK ? hk_capsule_pass_init(ctx, &s->net, batch < 64 ? 64 : batch, &s->pass) : rc;
}

static int run(hk_run *run)
{
    static const hk_mapped_net_parts parts = {
        .train = train, .show = show, .put = put_net, .map = "map of the capsules", .shown = TRAINED
    };
    state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "capsule-som: out of memory");
    s->run = run;
    int rc = prepare(s);
    if (rc == HK_OK)
        rc = hk_mapped_net_run(&s->base, &parts, s);
    if (rc == HK_OK && s->base.is_done) {
        summarise(s);
        rc = hk_mapped_net_write(&s->base, &parts, s);
    }
    hk_capsule_pass_fini(&s->pass);
    hk_capsule_fini(&s->net);
    hk_mapped_net_fini(&s->base);
    free(s);
    return rc;
}

const hk_experiment hk_experiment_capsule_som = {
    .name = "capsule-som",
    .summary = "capsules with routing by agreement, ordered by a self-organising map; moved, turned, scaled digits",
    .source = "Sabour, Frosst & Hinton (2017), NIPS 30:3856-3866; map: Kohonen (1990), Proc. IEEE 78:1464",
    .example = "capsule-som --data mnist --seed 7",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .threaded = true,
    .run = run,
};
