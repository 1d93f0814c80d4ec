/* experiments/capsule_som.c - a small capsule network, and a self-organising map on the vectors of its class capsules.
 *
 * Convolution, primary capsules, routing by agreement and margin loss (nets/capsule.h) are trained outside the simulator. The map
 * learns from the vectors of all classes, one behind the other, and is named by the majority of the training images that each
 * unit wins. What capsules are meant for is measured: answers to images that are moved, turned and scaled as none was that the
 * net has learnt from; features-som measures the same of its features. */
#include "experiments/clock.h"
#include "experiments/nets/capsule.h"
#include "experiments/nets/options.h"
#include "experiments/nets/outcome.h"
#include "experiments/nets/robustness.h"
#include "experiments/nets/training.h"

#include <stdlib.h>

/* Where the parts of a run end on the progress line. */
#define TRAINED 0.8
#define MAPPED 0.9

static const hk_option options[] = {
    HK_CHOICE_OPTIONS,
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

enum { TRAIN, TEST, N_SETS };

typedef struct state {
    hk_run *run;
    hk_choice images;
    hk_team *team;
    hk_multiplier *multiplier;
    hk_capsule net;
    hk_capsule_pass pass;
    hk_training_config config;
    hk_training training;
    hk_features vectors[N_SETS];
    double net_accuracy[N_SETS];
    size_t n_right; /* by the net, of the images it was last shown */
    double training_s, training_cpu_s;
    hk_som_config map_config;
    hk_vector_map map, pixel_map;
    hk_robustness robustness;
    bool is_done;
} state;

static size_t count(const state *s, const char *name)
{
    return (size_t)hk_run_integer(s->run, name);
}

/* ---- the net ------------------------------------------------------------------------------------------------------- */

static int gradient(void *user, size_t n, const uint8_t *labels, double *loss, size_t *n_right, double *out)
{
    state *s = user;
    int rc = hk_capsule_run(&s->net, s->multiplier, &s->pass, n);
    for (size_t k = 0; k < n && rc == HK_OK; k++)
        *n_right += hk_capsule_decide(&s->net, &s->pass, k) == labels[k];
    return rc == HK_OK ? hk_capsule_gradient(&s->net, s->multiplier, &s->pass, n, labels, loss, out) : rc;
}

static int train(state *s)
{
    const double start = hk_clock_process_cpu_s(), wall_start = hk_clock_wall_s(), shift = (double)count(s, "shift_px");
    s->config = (hk_training_config){ .data = s->images.data.name,
                                      .images = s->images.train,
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
    int rc = hk_training_run(s->run, s->multiplier, &s->config, &s->training);
    s->training_s = hk_clock_wall_s() - wall_start;
    s->training_cpu_s = hk_clock_process_cpu_s() - start;
    return rc;
}

static int create_net(state *s)
{
    const hk_capsule_shape shape = { .rows = s->images.train.rows,
                                     .cols = s->images.train.cols,
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
    hk_results *file;
    int rc = hk_results_open(ctx, path, HK_RESULTS_READ, &file);
    if (rc != HK_OK)
        return rc;
    rc = hk_capsule_load(ctx, file, &s->net);
    hk_results_discard(file);
    const hk_capsule_shape *shape = &s->net.shape;
    const hk_images *images = &s->images.train;
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
    s->n_right = 0;
    int rc = hk_features_init(hk_run_ctx(s->run), images->n, n_vector, out);
    out->n_classes = HK_DATASET_CLASSES;
    for (size_t begin = 0; begin < images->n && rc == HK_OK; begin += s->pass.n_samples) {
        const size_t left = images->n - begin, n = left < s->pass.n_samples ? left : s->pass.n_samples;
        for (size_t k = 0; k < n; k++)
            hk_distort(images, begin + k, distortions == NULL ? &none : &distortions[begin + k],
                       s->pass.values + k * n_pixels);
        rc = hk_capsule_run(&s->net, s->multiplier, &s->pass, n);
        for (size_t k = 0; k < n && rc == HK_OK; k++) {
            const double *vectors = hk_capsule_vectors(&s->net, &s->pass, k);
            s->n_right += hk_capsule_decide(&s->net, &s->pass, k) == images->labels[begin + k];
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
};

static void summarise(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    const hk_som_config *map = &s->map_config;
    hk_summary_text(summary, "data", s->images.data.name);
    hk_summary_count(summary, "train_images", s->images.train.n);
    hk_summary_count(summary, "test_images", s->images.test.n);
    hk_summary_count(summary, "parameters_of_net", s->net.offset[HK_CAPSULE_PARTS]);
    hk_summary_number(summary, "train_accuracy", s->map.learnt_accuracy);
    hk_summary_number(summary, "test_accuracy", s->map.test_accuracy);
    hk_summary_number(summary, "net_train_accuracy", s->net_accuracy[TRAIN]);
    hk_summary_number(summary, "net_test_accuracy", s->net_accuracy[TEST]);
    hk_run_report(s->run, "net of %zu parameters: %.2f %% of the training images right, %.2f %% of those tested",
                  s->net.offset[HK_CAPSULE_PARTS], 100.0 * s->net_accuracy[TRAIN], 100.0 * s->net_accuracy[TEST]);
    hk_run_report(s->run,
                  "map of %u x %u units on capsules: %.2f %% of the training images right, %.2f %% of those tested",
                  map->rows, map->cols, 100.0 * s->map.learnt_accuracy, 100.0 * s->map.test_accuracy);
    if (s->pixel_map.learnt != NULL) {
        hk_summary_number(summary, "pixel_train_accuracy", s->pixel_map.learnt_accuracy);
        hk_summary_number(summary, "pixel_test_accuracy", s->pixel_map.test_accuracy);
        hk_run_report(s->run, "such a map on pixels: %.2f %% and %.2f %%", 100.0 * s->pixel_map.learnt_accuracy,
                      100.0 * s->pixel_map.test_accuracy);
    }
    hk_summary_number(summary, "quantisation_error", s->map.quality.quantisation_error);
    hk_summary_number(summary, "topographic_error", s->map.quality.topographic_error);
    hk_summary_count(summary, "dead_units", s->map.quality.n_dead);
    if (s->training.curve != NULL) {
        hk_summary_number(summary, "epoch_s", s->training_s / (double)s->config.epochs);
        hk_summary_number(summary, "training_cpu_s", s->training_cpu_s);
    }
    hk_summary_hash(summary, "answers_hash", s->map.hash);
    hk_robustness_tell(s->run, &s->robustness);
}

static int write_results(const state *s)
{
    hk_results *file;
    hk_ctx *ctx = hk_run_ctx(s->run);
    if (hk_run_out(s->run) == NULL)
        return HK_OK;
    int rc = hk_outcome_open(s->run, &file);
    if (rc != HK_OK)
        return rc;
    rc = hk_capsule_save(&s->net, file);
    if (rc == HK_OK)
        rc = hk_vector_map_put(ctx, &s->map, &s->images.train, file);
    if (rc == HK_OK)
        rc = hk_robustness_put(&s->robustness, file);
    if (rc == HK_OK)
        rc = hk_training_put(ctx, &s->training, s->config.epochs, file);
    if (rc == HK_OK)
        return hk_results_close(file);
    hk_results_discard(file);
    return rc;
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
    s->map_config = hk_vector_map_settle(s->run);
    int rc = hk_choice_load(s->run, &s->images);
    if (rc == HK_OK)
        rc = hk_team_create(ctx, hk_run_threads(s->run) - 1, &s->team);
    if (rc == HK_OK)
        rc = hk_multiplier_create(ctx, s->team, &s->multiplier);
    if (rc == HK_OK)
        rc = net[0] == '\0' ? create_net(s) : load_net(s, net);
    return rc == HK_OK ? hk_capsule_pass_init(ctx, &s->net, batch < 64 ? 64 : batch, &s->pass) : rc;
}

static int go_through(state *s)
{
    const bool trains = hk_run_text(s->run, "net")[0] == '\0';
    int rc = trains ? train(s) : HK_OK;
    if (rc != HK_OK || s->training.at < s->training.n_batches)
        return rc;
    for (int set = 0; set < N_SETS && rc == HK_OK; set++) {
        const hk_images *images = set == TRAIN ? &s->images.train : &s->images.test;
        rc = show(s, images, NULL, &s->vectors[set]);
        s->net_accuracy[set] = (double)s->n_right / (double)images->n;
    }
    if (rc == HK_OK && !hk_run_stopping(s->run))
        rc = hk_vector_map_learn(s->run, &s->map_config, &s->vectors[TRAIN], &s->vectors[TEST], s->team,
                                 "map of the capsules", TRAINED, MAPPED, &s->map);
    if (rc == HK_OK && hk_run_flag(s->run, "pixels") && !hk_run_stopping(s->run))
        rc = hk_vector_map_learn_pixels(s->run, &s->map_config, &s->images.train, &s->images.test, s->team, MAPPED, 1.0,
                                        &s->pixel_map);
    if (rc == HK_OK && !hk_run_stopping(s->run))
        rc = hk_robustness_measure(s->run, &s->map, &s->images.test, count(s, "probe"), s->team, show, s,
                                   &s->robustness);
    s->is_done = rc == HK_OK && !hk_run_stopping(s->run);
    if (rc == HK_OK && !s->is_done && trains && hk_run_checkpoint(s->run) != NULL)
        rc = hk_training_save(s->run, &s->config, &s->training);
    return rc;
}

static int run(hk_run *run)
{
    state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "capsule-som: out of memory");
    s->run = run;
    int rc = prepare(s);
    if (rc == HK_OK)
        rc = go_through(s);
    if (rc == HK_OK && s->is_done) {
        summarise(s);
        rc = write_results(s);
    }
    hk_vector_map_fini(&s->pixel_map);
    hk_vector_map_fini(&s->map);
    hk_features_fini(&s->vectors[TEST]);
    hk_features_fini(&s->vectors[TRAIN]);
    hk_training_fini(&s->training);
    hk_capsule_pass_fini(&s->pass);
    hk_capsule_fini(&s->net);
    hk_multiplier_destroy(s->multiplier);
    hk_team_destroy(s->team);
    hk_choice_fini(&s->images);
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
