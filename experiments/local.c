/* experiments/local.c - digits from fixed receptive fields and a local rule: see local.h.
 *
 * Thresholds are set from some training images without their labels. Then what the hidden neurons do for every training image is
 * kept, and the readout learns from that, pass by pass: what they do is simulated, or, which takes a tenth of the time, only for the
 * first 1,000 images, to be compared with the formula that is used for the others. With the readout as its synapses the network
 * then decides on images it has not seen, all spikes simulated.
 *
 * A checkpoint has the phase of a run and how far it is: between two images, or two passes. What hidden neurons do for training
 * images is kept there if it was simulated, and otherwise computed again. */
#include "experiments/local.h"

#include "experiments/choice.h"
#include "experiments/clock.h"
#include "experiments/through_code.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = { "gabor", "gaussian", NULL };
static const char *const trainings[] = { "formula", "simulated", NULL };
static const char *const outputs[] = { "logistic", "linear", NULL };
enum { CLASSES = HK_LOCAL_CLASSES, MOST_PASSES = 1000 };

#define REAL(option, unit_, default_, low, high, says)                                                         \
    {                                                                                                          \
        .name = option, .unit = unit_, .type = HK_OPTION_NUMBER, .initial = default_, .min = low, .max = high, \
        .meaning = says                                                                                        \
    }
#define CHOICE(option, list, default_, says)                                                         \
    {                                                                                                \
        .name = option, .type = HK_OPTION_CHOICE, .text = default_, .choices = list, .meaning = says \
    }

static const hk_option options[] = {
    CHOICE("data", hk_dataset_names, "auto", "which images"),
    CHOICE("split", hk_choice_splits, "test",
           "validation: learn from the first five sixths of the training images, decide on the others; for choices"),
    HK_COUNT("train", 0, 0, 1e6, "training images; 0: all"),
    HK_COUNT("test", 0, 0, 1e6, "test images; 0: all"),
    HK_THROUGH_OPTIONS,
    HK_COUNT("hidden", 5000, 1, 1e5, "hidden neurons, a receptive field each"),
    CHOICE("fields", kinds, "gabor", "gabor: random Gabor functions; gaussian: every weight drawn by itself"),
    HK_COUNT("patch", 10, 2, 28, "side of a receptive field in pixels"),
    REAL("wavelength_min_px", "px", 4.6, 0.1, 1e3, "gabor: shortest wavelength"),
    REAL("wavelength_max_px", "px", 10.3, 0.1, 1e3, "gabor: longest wavelength"),
    REAL("sigma_min_px", "px", 3.8, 0.1, 1e3, "gabor: narrowest envelope"),
    REAL("sigma_max_px", "px", 5.0, 0.1, 1e3, "gabor: widest envelope"),
    REAL("share", "", 0.25, 1e-3, 1.0, "of training images that a hidden neuron spikes for: sets its threshold"),
    HK_COUNT("adapt", 1000, 2, 1e6, "training images by which thresholds are set"),
    REAL("window_ms", "ms", 20.0, 1.0, 1000.0, "T: window of the code, and of hidden spikes"),
    CHOICE("training", trainings, "formula",
           "what hidden neurons do for training images: by formula, compared with the simulation of 1,000, or all "
           "simulated"),
    HK_COUNT("passes", 15, 1, MOST_PASSES, "times the readout is shown the training images"),
    CHOICE("output", outputs, "logistic",
           "what the delta rule takes from the target: 1 / (1 + exp(-potential)), or the potential itself"),
    { .name = "eta_start",
      .type = HK_OPTION_NUMBER,
      .min = 1e-6,
      .max = 1e4,
      .automatic = "10; linear 0.5",
      .meaning = "learning rate at first, over the mean squared length of features" },
    { .name = "eta_end",
      .type = HK_OPTION_NUMBER,
      .min = 1e-6,
      .max = 1e4,
      .automatic = "eta_start / 100",
      .meaning = "learning rate at last" },
    { .name = "baseline",
      .type = HK_OPTION_FLAG,
      .initial = 1,
      .meaning = "also lets the same rule learn from the pixels themselves" },
};

enum { EVENTS, INPUT_SPIKES, HIDDEN_SPIKES, N_TOTALS };

/* What a run does, one after the other. */
typedef enum phase { FEATURES, HELD_FEATURES, LEARNING, PIXELS, DECIDING, N_PHASES } phase;

typedef struct state {
    hk_run *run;
    uint64_t phase, at; /* how many of its images or passes are done */
    hk_choice images;
    hk_gabor bank;
    hk_local_network net;
    hk_local_samples learnt, held; /* held: validation images, for the curve */
    hk_local_config rule;
    hk_local_readout readout;
    double curve[MOST_PASSES * 3]; /* pass, accuracy while it learnt, accuracy on `held` */
    double confusion[CLASSES * CLASSES];
    uint8_t examples[HK_LOCAL_EXAMPLES];
    double deviation_ms; /* largest difference between a spike and the formula */
    double features_s, learning_s, test_s, pixel_accuracy;
    uint64_t before[N_TOTALS]; /* totals when deciding began */
    uint64_t test_events, test_input_spikes, test_hidden_spikes, right;
} state;

/* --- data ---------------------------------------------------------------------------------------------------------------- */

static int draw_bank(state *s)
{
    const hk_run *run = s->run;
    hk_gabor_config config = { .rows = s->images.train.rows,
                               .cols = s->images.train.cols,
                               .n = (uint32_t)hk_run_integer(run, "hidden"),
                               .patch = (uint32_t)hk_run_integer(run, "patch"),
                               .kind = hk_run_choice(run, "fields") == 0 ? HK_GABOR_RANDOM : HK_GABOR_GAUSSIAN,
                               .wavelength_px = { hk_run_number(run, "wavelength_min_px"),
                                                  hk_run_number(run, "wavelength_max_px") },
                               .sigma_px = { hk_run_number(run, "sigma_min_px"), hk_run_number(run, "sigma_max_px") },
                               .seed = hk_run_seed(run) };
    const size_t adapt = (size_t)hk_run_integer(run, "adapt");
    int rc = hk_gabor_draw(hk_run_ctx(run), &config, &s->bank);
    if (rc == HK_OK)
        rc = hk_gabor_adapt(hk_run_ctx(run), &s->bank, &s->images.train,
                            adapt < s->images.train.n ? adapt : s->images.train.n, hk_run_number(run, "share"));
    return rc;
}

/* --- features, from simulated spikes ------------------------------------------------------------------------------------------ */

enum { COMPARED = 1000 }; /* images whose spikes are compared with the formula */

static bool simulates(const state *s)
{
    return hk_run_choice(s->run, "training") == 1;
}

static bool holds_back(const state *s)
{
    return hk_run_choice(s->run, "split") == 1;
}

/* Shares of the time that a run takes with 15 passes. */
static double after_features(const state *s)
{
    return simulates(s) ? 0.8 : 0.4;
}

static double after_learning(const state *s)
{
    return simulates(s) ? 0.88 : 0.65;
}

static void compare(state *s, const double *values)
{
    for (uint32_t j = 0; j < s->bank.n; j++)
        s->deviation_ms = fmax(s->deviation_ms, s->net.window_ms * fabs(values[j] - s->net.values[j]));
}

static void tell(state *s, const char *what, double fraction)
{
    hk_sim_stats stats = hk_sim_get_stats(s->net.sim);
    hk_run_progress(s->run, what, fraction, hk_sim_now_ms(s->net.sim));
    hk_run_events(s->run, stats.spikes, stats.synaptic_events);
}

static size_t n_columns(const state *s)
{
    return holds_back(s) ? 3 : 2;
}

/* By formula, those of the first n images. */
static int gather_again(state *s, const hk_images *images, size_t n, hk_local_samples *out)
{
    double *values = malloc(s->bank.n * sizeof *values);
    int rc = values == NULL ? hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "local: no memory for the features of an image")
                            : HK_OK;
    for (size_t i = 0; rc == HK_OK && i < n && !hk_run_stopping(s->run); i++) {
        hk_images_values(images, i, s->net.pixels);
        hk_gabor_values(&s->bank, s->net.pixels, values);
        rc = hk_local_samples_add(hk_run_ctx(s->run), out, values, s->bank.n, images->labels[i]);
        if (i % 64 == 0)
            tell(s, "features of training images, again", after_features(s) * (double)i / (double)n);
    }
    free(values);
    return rc;
}

/* --- checkpoints ------------------------------------------------------------------------------------------------------------ */

/* Where a run is, and whether it can be there. */
static int archive_place(state *s, hk_archive *archive)
{
    const uint64_t most[N_PHASES] = { [FEATURES] = s->images.train.n,
                                      [HELD_FEATURES] = holds_back(s) ? s->images.test.n : 0,
                                      [LEARNING] = s->rule.passes,
                                      [DECIDING] = s->images.test.n };
    uint64_t place[] = { s->phase, s->at };
    int rc = hk_archive_array(archive, "place", HK_U64, place, 2);
    if (rc == HK_OK && (place[0] >= N_PHASES || place[1] > most[place[0]]))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: phase %llu, step %llu does not exist",
                     (unsigned long long)place[0], (unsigned long long)place[1]);
    s->phase = place[0];
    s->at = place[1];
    return rc;
}

static int archive_outcome(state *s, hk_archive *archive)
{
    double values[] = { s->deviation_ms, s->features_s, s->learning_s, s->test_s, s->pixel_accuracy };
    int rc = hk_archive_array(archive, "values", HK_F64, values, sizeof values / sizeof *values);
    s->deviation_ms = values[0];
    s->features_s = values[1];
    s->learning_s = values[2];
    s->test_s = values[3];
    s->pixel_accuracy = values[4];
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "curve", HK_F64, s->curve, s->rule.passes * n_columns(s));
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "confusion", HK_F64, s->confusion, CLASSES * CLASSES);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "examples", HK_U8, s->examples, HK_LOCAL_EXAMPLES);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "before", HK_U64, s->before, N_TOTALS);
    return rc == HK_OK ? hk_archive_array(archive, "right", HK_U64, &s->right, 1) : rc;
}

static int archive_samples(state *s, const char *name, const hk_images *images, phase when, hk_local_samples *samples,
                           hk_archive *archive)
{
    const size_t n = s->phase == when ? (size_t)s->at : s->phase > when && s->phase <= LEARNING ? images->n : 0;
    int rc = hk_archive_enter(archive, name);
    if (rc != HK_OK)
        return rc;
    if (simulates(s))
        rc = hk_local_samples_archive(samples, n, s->bank.n, archive);
    else if (hk_archive_is_loading(archive))
        rc = gather_again(s, images, n, samples);
    hk_archive_leave(archive);
    return rc;
}

static int archive_state(void *user, hk_archive *archive)
{
    state *s = user;
    int rc = hk_archive_enter(archive, "local");
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "config", hk_run_config(s->run));
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "data", s->images.data.name);
    if (rc == HK_OK)
        rc = archive_place(s, archive);
    if (rc == HK_OK)
        rc = archive_outcome(s, archive);
    if (rc == HK_OK && (s->phase > LEARNING || (s->phase == LEARNING && s->at > 0)))
        rc = hk_local_readout_archive(&s->readout, s->bank.n, archive);
    if (rc == HK_OK)
        rc = hk_local_network_archive(&s->net, archive);
    if (rc == HK_OK)
        rc = archive_samples(s, "learnt", &s->images.train, FEATURES, &s->learnt, archive);
    if (rc == HK_OK && holds_back(s))
        rc = archive_samples(s, "held", &s->images.test, HELD_FEATURES, &s->held, archive);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}

static int save(state *s)
{
    if (hk_run_checkpoint(s->run) == NULL)
        return HK_OK;
    return hk_archive_save(hk_run_ctx(s->run), hk_run_checkpoint(s->run), archive_state, s);
}

static int resume(state *s)
{
    static const char *const doing[N_PHASES] = { "training images", "validation images", "passes", "pixels",
                                                 "decisions" };
    int rc = hk_archive_load(hk_run_ctx(s->run), hk_run_resume(s->run), archive_state, s);
    if (rc == HK_OK)
        hk_run_report(s->run, "resumed: %s, %llu done", doing[s->phase], (unsigned long long)s->at);
    return rc;
}

/* --- what hidden neurons do ------------------------------------------------------------------------------------------------- */

static int gather(state *s, const hk_images *images, double from, double to, hk_local_samples *out)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    const bool simulated = simulates(s);
    double *values = malloc(s->bank.n * sizeof *values);
    int rc = values == NULL ? hk_fail(ctx, HK_ENOMEM, "local: no memory for the features of an image") : HK_OK;
    while (rc == HK_OK && s->at < images->n && !hk_run_stopping(s->run)) {
        const size_t i = (size_t)s->at;
        if (simulated || i < COMPARED)
            rc = hk_local_network_show(&s->net, images, i);
        else
            hk_images_values(images, i, s->net.pixels);
        if (!simulated || i < COMPARED)
            hk_gabor_values(&s->bank, s->net.pixels, values);
        if (rc == HK_OK && i < COMPARED)
            compare(s, values);
        if (rc == HK_OK)
            rc = hk_local_samples_add(ctx, out, simulated ? s->net.values : values, s->bank.n, images->labels[i]);
        s->at++;
        if (i % 64 == 0)
            tell(s, simulated ? "showing training images" : "features of training images",
                 from + (to - from) * (double)i / (double)images->n);
        if (rc == HK_OK && hk_run_checkpoint_due(s->run))
            rc = save(s);
    }
    free(values);
    return rc;
}

static int next_phase(state *s, int rc)
{
    if (rc == HK_OK && !hk_run_stopping(s->run)) {
        s->phase++;
        s->at = 0;
    }
    return rc;
}

static int gather_all(state *s)
{
    double start_s = hk_clock_thread_cpu_s(), all = after_features(s);
    double held_from = holds_back(s) ? all * 5.0 / 6.0 : all;
    int rc = HK_OK;
    if (s->phase == FEATURES)
        rc = next_phase(s, gather(s, &s->images.train, 0.0, held_from, &s->learnt));
    if (rc == HK_OK && s->phase == HELD_FEATURES)
        rc = next_phase(s, holds_back(s) ? gather(s, &s->images.test, held_from, all, &s->held) : HK_OK);
    s->features_s += hk_clock_thread_cpu_s() - start_s;
    if (rc == HK_OK && s->phase == LEARNING)
        hk_run_report(s->run,
                      "features of training images %s; simulated spikes and formula at most %.2g ms apart in the first "
                      "%zu images; %.4f ms of processor time an image",
                      simulates(s) ? "from simulated spikes" : "by formula", s->deviation_ms,
                      s->images.train.n < COMPARED ? s->images.train.n : COMPARED,
                      1e3 * s->features_s / (double)(s->learnt.n + s->held.n));
    return rc;
}

/* --- learning ------------------------------------------------------------------------------------------------------------- */

static int learn(state *s)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    double start_s = hk_clock_thread_cpu_s();
    const size_t columns = n_columns(s);
    int rc = s->at == 0 ? hk_local_readout_init(ctx, &s->rule, &s->learnt, s->bank.n, &s->readout) : HK_OK;
    while (rc == HK_OK && s->at < s->rule.passes && !hk_run_stopping(s->run)) {
        size_t right;
        const uint32_t pass = (uint32_t)s->at;
        double done = (double)pass / (double)s->rule.passes;
        tell(s, "learning", after_features(s) * (1.0 - done) + after_learning(s) * done);
        rc = hk_local_readout_pass(ctx, &s->rule, &s->learnt, pass, &s->readout, &right);
        double *row = s->curve + pass * columns;
        row[0] = pass + 1.0;
        row[1] = (double)right / (double)s->learnt.n;
        if (s->held.n > 0)
            row[2] = hk_local_readout_accuracy(&s->readout, &s->held);
        if (s->held.n > 0)
            hk_run_report(s->run, "pass %2u: %.2f %% right while learning, %.2f %% of validation images", pass + 1,
                          100.0 * row[1], 100.0 * row[2]);
        else
            hk_run_report(s->run, "pass %2u: %.2f %% right while learning", pass + 1, 100.0 * row[1]);
        s->at++;
        s->learning_s += hk_clock_thread_cpu_s() - start_s;
        start_s = hk_clock_thread_cpu_s();
        if (rc == HK_OK && hk_run_checkpoint_due(s->run))
            rc = save(s);
    }
    return next_phase(s, rc);
}

static int learn_pixels(state *s)
{
    if (!hk_run_flag(s->run, "baseline"))
        return next_phase(s, HK_OK);
    return next_phase(
        s, hk_local_learn_pixels(hk_run_ctx(s->run), &s->rule, &s->images.train, &s->images.test, &s->pixel_accuracy));
}

/* --- deciding --------------------------------------------------------------------------------------------------------------- */

static uint32_t decided(const double *potentials)
{
    uint32_t best = 0;
    for (uint32_t c = 1; c < CLASSES; c++)
        if (potentials[c] > potentials[best])
            best = c;
    return best;
}

static int test(state *s)
{
    double start_s = hk_clock_thread_cpu_s();
    int rc = HK_OK;
    if (s->at == 0) {
        s->before[EVENTS] = hk_sim_get_stats(s->net.sim).synaptic_events;
        s->before[INPUT_SPIKES] = s->net.input_spikes;
        s->before[HIDDEN_SPIKES] = s->net.hidden_spikes;
    }
    hk_local_network_learn(&s->net, &s->readout);
    while (rc == HK_OK && s->at < s->images.test.n && !hk_run_stopping(s->run)) {
        const size_t i = (size_t)s->at;
        const uint8_t label = s->images.test.labels[i];
        s->net.keeping = i < HK_LOCAL_EXAMPLES;
        if (s->net.keeping) {
            s->net.example = (uint32_t)i;
            s->examples[i] = label;
        }
        rc = hk_local_network_show(&s->net, &s->images.test, i);
        uint32_t class = decided(s->net.potentials);
        s->right += class == label;
        s->confusion[label * CLASSES + class] += 1.0;
        s->at++;
        if (i % 64 == 0)
            tell(s, "testing", after_learning(s) + (1.0 - after_learning(s)) * (double)i / (double)s->images.test.n);
        if (rc == HK_OK && hk_run_checkpoint_due(s->run))
            rc = save(s);
    }
    s->test_events = hk_sim_get_stats(s->net.sim).synaptic_events - s->before[EVENTS];
    s->test_input_spikes = s->net.input_spikes - s->before[INPUT_SPIKES];
    s->test_hidden_spikes = s->net.hidden_spikes - s->before[HIDDEN_SPIKES];
    s->test_s += hk_clock_thread_cpu_s() - start_s;
    return next_phase(s, rc);
}

/* --- results ------------------------------------------------------------------------------------------------------------------ */

static const hk_summary_key keys[] = {
    { "data", "", "images used: mnist, fashion or glyphs" },
    { "train_images", "", "training images" },
    { "test_images", "", "images decided on; with split=validation these are training images kept back" },
    { "test_accuracy", "", "share of them decided right by the simulated network" },
    { "train_accuracy", "", "share of training images decided right in the last pass, each before it was learnt" },
    { "pixel_accuracy", "", "the same readout and rule on the pixels themselves; null without baseline" },
    { "deviation_ms", "ms", "largest difference between a simulated hidden spike and its formula, first 1,000 images" },
    { "input_spikes_per_image", "", "of a test image" },
    { "hidden_spikes_per_image", "", "of a test image" },
    { "hidden_share", "", "of the hidden neurons, that spike for a test image" },
    { "test_synaptic_events_per_image", "", "synapses passed for a test image" },
    { "image_ms", "ms", "simulated time from the beginning of an image to its decision" },
    { "features_cpu_s", "s", "processor time of showing the training images" },
    { "learning_cpu_s", "s", "processor time of all passes" },
    { "test_cpu_ms_per_image", "ms", "processor time of deciding on an image" },
    { "spikes", "", "of all populations" },
    { "spike_hash", "", "of the whole ordered raster" },
    HK_THROUGH_KEYS,
};

static void summarise(state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    hk_sim_stats stats = hk_sim_get_stats(s->net.sim);
    const double n = (double)s->images.test.n;
    hk_summary_text(summary, "data", s->images.data.name);
    hk_summary_count(summary, "train_images", s->images.train.n);
    hk_summary_count(summary, "test_images", s->images.test.n);
    hk_summary_number(summary, "test_accuracy", (double)s->right / n);
    hk_summary_number(summary, "train_accuracy", s->curve[(s->rule.passes - 1) * n_columns(s) + 1]);
    hk_summary_number(summary, "pixel_accuracy", s->pixel_accuracy);
    hk_summary_number(summary, "deviation_ms", s->deviation_ms);
    hk_summary_number(summary, "input_spikes_per_image", (double)s->test_input_spikes / n);
    hk_summary_number(summary, "hidden_spikes_per_image", (double)s->test_hidden_spikes / n);
    hk_summary_number(summary, "hidden_share", (double)s->test_hidden_spikes / n / s->bank.n);
    hk_summary_number(summary, "test_synaptic_events_per_image", (double)s->test_events / n);
    hk_summary_number(summary, "image_ms", hk_local_network_ms(&s->net));
    hk_summary_number(summary, "features_cpu_s", s->features_s);
    hk_summary_number(summary, "learning_cpu_s", s->learning_s);
    hk_summary_number(summary, "test_cpu_ms_per_image", 1e3 * s->test_s / n);
    hk_summary_count(summary, "spikes", stats.spikes);
    hk_summary_hash(summary, "spike_hash", stats.spike_hash);
    hk_run_report(
        s->run,
        "%s fields, %u hidden neurons, %zu images decided by their spikes: %.2f %% right; %.1f input and %.1f "
        "hidden spikes an image",
        hk_run_text(s->run, "fields"), s->bank.n, s->images.test.n, 100.0 * (double)s->right / n,
        (double)s->test_input_spikes / n, (double)s->test_hidden_spikes / n);
    if (hk_run_flag(s->run, "baseline"))
        hk_run_report(s->run, "the same readout on the pixels: %.2f %% right", 100.0 * s->pixel_accuracy);
    hk_run_report(s->run,
                  "processor time: %.1f s for %zu training images, %.1f s for %u passes, %.1f s for the decisions",
                  s->features_s, s->images.train.n + (holds_back(s) ? s->images.test.n : 0), s->learning_s,
                  s->rule.passes, s->test_s);
}

static int write_results(state *s)
{
    const bool held = holds_back(s);
    return hk_local_write(
        s->run,
        &(hk_local_results){ .bank = &s->bank,
                             .readout = &s->readout,
                             .network = &s->net,
                             .curve = s->curve,
                             .n_passes = s->rule.passes,
                             .n_columns = n_columns(s),
                             .columns = held ? "passes, while learning, validation images" : "passes, while learning",
                             .confusion = s->confusion,
                             .examples = s->examples,
                             .n_examples = s->images.test.n < HK_LOCAL_EXAMPLES ? (uint32_t)s->images.test.n
                                                                                : HK_LOCAL_EXAMPLES });
}

static int run_phases(state *s)
{
    hk_run *run = s->run;
    const bool linear = hk_run_choice(run, "output") == 1;
    double eta_start = linear ? 0.5 : 10.0;
    if (hk_run_is_given(run, "eta_start"))
        eta_start = hk_run_number(run, "eta_start");
    s->rule = (hk_local_config){ .output = linear ? HK_LOCAL_LINEAR : HK_LOCAL_LOGISTIC,
                                 .eta_start = eta_start,
                                 .eta_end = hk_run_is_given(run, "eta_end") ? hk_run_number(run, "eta_end")
                                                                            : eta_start / 100.0,
                                 .passes = (uint32_t)hk_run_integer(run, "passes"),
                                 .seed = hk_run_seed(run) };
    int rc = hk_choice_load_through_code(s->run, &s->images);
    if (rc == HK_OK)
        rc = draw_bank(s);
    if (rc == HK_OK)
        rc = hk_local_network_create(hk_run_ctx(run), &s->bank, hk_run_number(run, "window_ms"), hk_run_seed(run),
                                     &s->net);
    if (rc == HK_OK && hk_run_resume(run) != NULL)
        rc = resume(s);
    if (rc == HK_OK && !hk_run_stopping(run) && s->phase <= HELD_FEATURES)
        rc = gather_all(s);
    if (rc == HK_OK && !hk_run_stopping(run) && s->phase == LEARNING)
        rc = learn(s);
    if (rc == HK_OK && !hk_run_stopping(run) && s->phase == PIXELS)
        rc = learn_pixels(s);
    if (rc == HK_OK && !hk_run_stopping(run) && s->phase == DECIDING)
        rc = test(s);
    if (rc != HK_OK)
        return rc;
    if (s->phase < N_PHASES) /* stopped */
        return save(s);
    summarise(s);
    return write_results(s);
}

static int run(hk_run *run)
{
    state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "local: out of memory");
    s->run = run;
    s->pixel_accuracy = (double)NAN;
    int rc = run_phases(s);
    hk_local_samples_fini(&s->learnt);
    hk_local_samples_fini(&s->held);
    hk_local_readout_fini(&s->readout);
    hk_local_network_destroy(&s->net);
    hk_gabor_fini(&s->bank);
    hk_choice_fini(&s->images);
    free(s);
    return rc;
}

const hk_experiment hk_experiment_local = {
    .name = "local",
    .summary = "digits from fixed receptive fields, one spike a neuron, and the delta rule; no back-propagation",
    .source = "after Illing, Gerstner & Brea (2019), Neural Netw. 118:90-101",
    .example = "local --data glyphs --set hidden=1000 --set train=5000 --set test=1000",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .run = run,
};
