/* experiments/mnist.c - learning digits without labels, then naming the neurons: see mnist.h.
 *
 * Three phases, each over images in the order of the data set or one of the seed's: train (learning on), label (off, training images), test. All of
 * a run can be checkpointed between two images and resumed: the rest comes out as if it had not been interrupted. */
#include "experiments/mnist.h"

#include "experiments/choice.h"
#include "experiments/class_warning.h"
#include "experiments/clock.h"
#include "experiments/mnist_record.h"
#include "sim/draw.h"
#include "sim/rng.h"

#include <stdlib.h>
#include <string.h>

enum { TRAIN, LABEL, TEST, N_PHASES };
static const char *const phase_names[N_PHASES + 1] = { "training", "naming neurons", "testing", "done" };
enum { MAX_POINTS = 64 }; /* of the curve over training */

typedef struct state {
    hk_run *run;
    hk_choice images;
    hk_images label; /* a borrowed part of them */
    hk_mnist_network net;
    hk_vote vote, online;
    hk_recorder *recorder;
    hk_mnist_examples examples;
    /* what a checkpoint keeps besides the network */
    uint64_t phase, at; /* image `at` of the phase comes next */
    double seconds[N_PHASES];
    uint64_t shown[N_PHASES], synaptic_events[N_PHASES], spikes[N_PHASES]; /* of inputs and hidden neurons */
    uint64_t right_label, right_vote, undecided;
    uint64_t online_label, online_vote, n_online, n_points;
    double curve[MAX_POINTS * 3]; /* images shown, accuracy by label, by vote: of the images since the last point */
    double confusion[HK_VOTE_CLASSES * HK_VOTE_CLASSES]; /* [true][decided by vote] */
} state;

static uint64_t phase_length(const state *s, uint64_t phase)
{
    return phase == TRAIN ? s->images.train.n * s->net.settings.passes : phase == LABEL ? s->label.n : s->images.test.n;
}

/* In place: so all that follows, names and files too, sees one order. */
static void shuffle(hk_images *images, uint64_t seed)
{
    const size_t n_pixels = (size_t)images->rows * images->cols;
    hk_stream stream = hk_stream_open(seed, HK_PURPOSE_SHUFFLE, hk_name_id("mnist images"), 0);
    for (size_t k = images->n; k-- > 1;) {
        const size_t other = hk_stream_below(&stream, k + 1);
        uint8_t *a = images->pixels + k * n_pixels, *b = images->pixels + other * n_pixels;
        const uint8_t label = images->labels[k];
        images->labels[k] = images->labels[other];
        images->labels[other] = label;
        for (size_t p = 0; p < n_pixels; p++) {
            const uint8_t pixel = a[p];
            a[p] = b[p];
            b[p] = pixel;
        }
    }
}

static int load_images(state *s)
{
    const size_t wanted = (size_t)hk_run_integer(s->run, "label");
    int rc = hk_choice_load(s->run, &s->images);
    if (rc != HK_OK)
        return rc;
    if (hk_run_choice(s->run, "order") == 1)
        shuffle(&s->images.train, hk_run_seed(s->run));
    const size_t n = s->images.train.n, n_label = wanted < n ? wanted : n;
    s->label = hk_images_part(&s->images.train, n - n_label, n_label);
    if (n_label < n)
        hk_warn_of_classes(s->run, &s->label, "to name neurons by");
    return HK_OK;
}

/* --- checkpoints ------------------------------------------------------------------------------------------------- */

static int archive_vote(hk_archive *archive, const char *name, hk_vote *vote)
{
    int rc = hk_archive_enter(archive, name);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "responses", HK_F64, vote->responses, (size_t)vote->n * HK_VOTE_CLASSES);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "weight", HK_F64, vote->weight, (size_t)vote->n * HK_VOTE_CLASSES);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "n_samples", HK_F64, vote->n_samples, HK_VOTE_CLASSES);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "n_named", HK_F64, vote->n_named, HK_VOTE_CLASSES);
    int64_t *label = malloc(vote->n * sizeof *label);
    if (rc == HK_OK && label == NULL)
        rc = HK_ENOMEM;
    for (uint32_t j = 0; rc == HK_OK && j < vote->n; j++)
        label[j] = vote->label[j];
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "label", HK_I64, label, vote->n);
    for (uint32_t j = 0; rc == HK_OK && j < vote->n; j++) {
        vote->label[j] = (int)label[j];
        if (label[j] < -1 || label[j] >= HK_VOTE_CLASSES)
            rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: neuron %u is named %lld", j,
                         (long long)label[j]);
    }
    free(label);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}

static int archive_state(void *user, hk_archive *archive)
{
    state *s = user;
    uint64_t *const values[] = { &s->phase,           &s->at,        &s->right_label,
                                 &s->right_vote,      &s->undecided, &s->online_label,
                                 &s->online_vote,     &s->n_online,  &s->n_points,
                                 &s->net.input_spikes };
    enum { N_VALUES = sizeof values / sizeof values[0] };
    uint64_t row[N_VALUES];
    for (size_t k = 0; k < N_VALUES; k++)
        row[k] = *values[k];
    int rc = hk_archive_enter(archive, "mnist");
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "config", hk_run_config(s->run));
    if (rc == HK_OK) /* `auto` may find something else than it did before */
        rc = hk_archive_expect(archive, "data", s->images.data.name);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "counters", HK_U64, row, N_VALUES);
    for (size_t k = 0; k < N_VALUES; k++)
        *values[k] = row[k];
    if (rc == HK_OK && (s->phase >= N_PHASES || s->at > phase_length(s, s->phase) || s->n_points > MAX_POINTS))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: image %llu of phase %llu does not exist",
                     (unsigned long long)s->at, (unsigned long long)s->phase);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "seconds", HK_F64, s->seconds, N_PHASES);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "shown", HK_U64, s->shown, N_PHASES);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "synaptic_events", HK_U64, s->synaptic_events, N_PHASES);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "spikes", HK_U64, s->spikes, N_PHASES);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "curve", HK_F64, s->curve, MAX_POINTS * 3);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "confusion", HK_F64, s->confusion, HK_VOTE_CLASSES * HK_VOTE_CLASSES);
    if (rc == HK_OK)
        rc = archive_vote(archive, "vote", &s->vote);
    if (rc == HK_OK)
        rc = archive_vote(archive, "online", &s->online);
    if (rc == HK_OK)
        rc = hk_mnist_examples_archive(&s->examples, archive);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc == HK_OK ? hk_sim_archive(s->net.sim, archive) : rc;
}

static int save(state *s)
{
    int rc = s->recorder != NULL ? hk_recorder_sync(s->recorder) : HK_OK; /* what it counts on is on disk first */
    return rc == HK_OK ? hk_archive_save(hk_run_ctx(s->run), hk_run_checkpoint(s->run), archive_state, s) : rc;
}

static int resume(state *s)
{
    int rc = hk_archive_load(hk_run_ctx(s->run), hk_run_resume(s->run), archive_state, s);
    if (rc == HK_OK)
        hk_run_report(s->run, "resumed: %s, image %llu", phase_names[s->phase], (unsigned long long)s->at);
    return rc;
}

/* --- the phases --------------------------------------------------------------------------------------------------- */

static void add_point(state *s)
{
    uint64_t every = (phase_length(s, TRAIN) + MAX_POINTS - 2) / (MAX_POINTS - 1);
    if (s->n_online < every && s->at + 1 < phase_length(s, TRAIN))
        return;
    if (s->shown[TRAIN] > every) { /* the first ones had no names to be judged by */
        double *point = s->curve + 3 * s->n_points++;
        point[0] = (double)s->shown[TRAIN];
        point[1] = (double)s->online_label / (double)s->n_online;
        point[2] = (double)s->online_vote / (double)s->n_online;
    }
    hk_vote_fit(&s->online);
    hk_vote_fade(&s->online, 0.75);
    s->online_label = s->online_vote = s->n_online = 0;
}

static void judge(state *s, int label, const uint32_t *counts)
{
    switch (s->phase) {
    case TRAIN:
        s->online_label += hk_vote_by_label(&s->online, counts) == label;
        s->online_vote += hk_vote_by_class(&s->online, counts) == label;
        s->n_online++;
        hk_vote_add(&s->online, label, counts);
        add_point(s);
        break;
    case LABEL:
        hk_vote_add(&s->vote, label, counts);
        break;
    default: {
        int decided = hk_vote_by_class(&s->vote, counts);
        s->right_label += hk_vote_by_label(&s->vote, counts) == label;
        s->right_vote += decided == label;
        s->undecided += decided < 0;
        if (decided >= 0)
            s->confusion[label * HK_VOTE_CLASSES + decided] += 1.0;
        break;
    }
    }
}

static uint64_t sum_counts(const uint32_t *counts, uint32_t n)
{
    uint64_t sum = 0;
    for (uint32_t j = 0; j < n; j++)
        sum += counts[j];
    return sum;
}

static int show_next(state *s)
{
    const hk_images *images = s->phase == TRAIN ? &s->images.train : s->phase == LABEL ? &s->label : &s->images.test;
    size_t i = (size_t)(s->at % images->n);
    uint64_t input_spikes = s->net.input_spikes, events = hk_sim_get_stats(s->net.sim).synaptic_events;
    int rc = HK_OK;
    if (s->phase == TRAIN && s->at % 64 == 0)
        rc = hk_mnist_learn(&s->net, (double)s->at / (double)phase_length(s, TRAIN));
    if (s->phase == TEST && s->at < HK_MNIST_EXAMPLES)
        hk_mnist_examples_begin(&s->examples, &s->net, images->labels[i]);
    if (rc == HK_OK)
        rc = hk_mnist_show(&s->net, images, i, s->phase << 40 | s->at);
    s->net.examples = NULL;
    if (rc != HK_OK)
        return rc;
    const uint32_t *counts = s->net.counts;
    s->shown[s->phase]++;
    s->spikes[s->phase] += s->net.input_spikes - input_spikes;
    s->spikes[s->phase] += sum_counts(hk_population_counts(s->net.hidden), s->net.settings.neurons);
    s->synaptic_events[s->phase] += hk_sim_get_stats(s->net.sim).synaptic_events - events;
    judge(s, images->labels[i], counts);
    s->at++;
    return HK_OK;
}

static void tell_progress(state *s)
{
    uint64_t done = 0, all = 0;
    for (uint64_t phase = 0; phase < N_PHASES; phase++) {
        all += phase_length(s, phase);
        done += phase < s->phase ? phase_length(s, phase) : phase == s->phase ? s->at : 0;
    }
    hk_run_progress(s->run, phase_names[s->phase], (double)done / (double)all, hk_sim_now_ms(s->net.sim));
    hk_sim_stats stats = hk_sim_get_stats(s->net.sim);
    hk_run_events(s->run, stats.spikes, stats.synaptic_events);
}

static int run_phases(state *s)
{
    for (; s->phase < N_PHASES; s->phase++, s->at = 0) {
        double start = hk_clock_wall_s();
        int rc = s->phase == TRAIN ? HK_OK : hk_mnist_freeze(&s->net);
        if (s->phase == TRAIN)
            rc = hk_mnist_learn(&s->net, (double)(s->at / 64 * 64) / (double)phase_length(s, TRAIN));
        while (rc == HK_OK && s->at < phase_length(s, s->phase)) {
            rc = show_next(s);
            if (s->at % 64 == 0)
                tell_progress(s);
            bool stopping = hk_run_stopping(s->run);
            if (rc == HK_OK && (stopping || hk_run_checkpoint_due(s->run))) {
                s->seconds[s->phase] += hk_clock_wall_s() - start;
                if (hk_run_checkpoint(s->run) != NULL)
                    rc = save(s);
                start = hk_clock_wall_s(); /* the time of saving is nobody's */
            }
            if (stopping)
                return rc;
        }
        s->seconds[s->phase] += hk_clock_wall_s() - start;
        if (rc == HK_OK && s->phase == TRAIN)
            rc = hk_mnist_end_training(&s->net);
        if (rc != HK_OK)
            return rc;
        if (s->phase == LABEL)
            hk_vote_fit(&s->vote);
        if (s->phase == TRAIN)
            hk_run_report(s->run, "trained on %llu images, %.4f ms an image", (unsigned long long)s->shown[TRAIN],
                          1e3 * s->seconds[TRAIN] / (double)s->shown[TRAIN]);
    }
    tell_progress(s);
    return HK_OK;
}

/* --- results --------------------------------------------------------------------------------------------------------- */

static const hk_summary_key keys[] = {
    { "data", "", "images used: mnist, fashion or glyphs" },
    { "code", "", "encoder" },
    { "train_images", "", "training images shown, all passes" },
    { "test_accuracy_label", "", "share of test images decided right by the neurons' names" },
    { "test_accuracy_vote", "", "share decided right by class-weighted vote" },
    { "test_undecided", "", "test images that caused no spike (counted as wrong)" },
    { "train_ms_per_image", "ms", "wall time of training per image, encoding included" },
    { "test_ms_per_image", "ms", "the same of testing" },
    { "spikes_per_image", "", "input and hidden spikes per training image" },
    { "input_spikes_per_image", "", "input spikes per image, all phases" },
    { "synaptic_events_per_image", "", "synapses passed per training image" },
    { "test_spikes_per_image", "", "input and hidden spikes per test image" },
    { "test_synaptic_events_per_image", "", "synapses passed per test image" },
    { "neurons_named", "", "neurons that spiked for a labelled image" },
    { "spikes", "", "of all populations, all phases" },
    { "events", "", "queue entries delivered" },
    { "spike_hash", "", "of the whole ordered raster" },
};

static void summarise(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    hk_sim_stats stats = hk_sim_get_stats(s->net.sim);
    double named = 0.0, train = (double)s->shown[TRAIN], test = (double)s->shown[TEST];
    for (int c = 0; c < HK_VOTE_CLASSES; c++)
        named += s->vote.n_named[c];
    hk_summary_text(summary, "data", s->images.data.name);
    hk_summary_text(summary, "code", hk_run_text(s->run, "code"));
    hk_summary_count(summary, "train_images", s->shown[TRAIN]);
    hk_summary_number(summary, "test_accuracy_label", (double)s->right_label / test);
    hk_summary_number(summary, "test_accuracy_vote", (double)s->right_vote / test);
    hk_summary_count(summary, "test_undecided", s->undecided);
    hk_summary_number(summary, "train_ms_per_image", 1e3 * s->seconds[TRAIN] / train);
    hk_summary_number(summary, "test_ms_per_image", 1e3 * s->seconds[TEST] / test);
    hk_summary_number(summary, "spikes_per_image", (double)s->spikes[TRAIN] / train);
    hk_summary_number(summary, "input_spikes_per_image",
                      (double)s->net.input_spikes / (train + test + (double)s->shown[LABEL]));
    hk_summary_number(summary, "synaptic_events_per_image", (double)s->synaptic_events[TRAIN] / train);
    hk_summary_number(summary, "test_spikes_per_image", (double)s->spikes[TEST] / test);
    hk_summary_number(summary, "test_synaptic_events_per_image", (double)s->synaptic_events[TEST] / test);
    hk_summary_number(summary, "neurons_named", named);
    hk_summary_count(summary, "spikes", stats.spikes);
    hk_summary_count(summary, "events", stats.events);
    hk_summary_hash(summary, "spike_hash", stats.spike_hash);
    hk_run_report(s->run,
                  "%s code, %u neurons, %llu test images: %.2f %% right by label, %.2f %% by vote; "
                  "%.4f ms a training image, %.0f spikes",
                  hk_run_text(s->run, "code"), s->net.settings.neurons, (unsigned long long)s->shown[TEST],
                  100.0 * (double)s->right_label / test, 100.0 * (double)s->right_vote / test,
                  1e3 * s->seconds[TRAIN] / train, (double)s->spikes[TRAIN] / train);
}

static int open_recorder(state *s)
{
    size_t choice = hk_run_choice(s->run, "record");
    const char *path = hk_run_out(s->run);
    if (path == NULL || strcmp(hk_run_text(s->run, "record"), "none") == 0)
        return HK_OK;
    hk_recorder_config config = { .path = path, .queue_bytes = 16 << 20, .flush_interval_s = 1.0 };
    hk_ctx *ctx = hk_run_ctx(s->run);
    bool resumed = hk_run_resume(s->run) != NULL;
    int rc = resumed ? hk_recorder_reopen(ctx, &config, &s->recorder) : hk_recorder_create(ctx, &config, &s->recorder);
    if (rc == HK_OK && !resumed)
        rc = hk_run_sign(s->run, s->recorder);
    if (rc == HK_OK)
        rc = hk_population_record(s->net.hidden, s->recorder);
    if (rc == HK_OK && choice == 1)
        rc = hk_population_record(s->net.inputs, s->recorder);
    return rc == HK_OK ? hk_recorder_start(s->recorder) : rc;
}

static int close_recorder(state *s)
{
    int rc = s->recorder != NULL ? hk_recorder_close(s->recorder) : HK_OK;
    s->recorder = NULL;
    return rc;
}

static int write_results(state *s)
{
    hk_mnist_results results = { .network = &s->net,
                                 .vote = &s->vote,
                                 .rows = s->images.train.rows,
                                 .cols = s->images.train.cols,
                                 .curve = s->curve,
                                 .n_points = s->n_points,
                                 .confusion = s->confusion,
                                 .examples = &s->examples,
                                 .phases = { &s->images.train, &s->label, &s->images.test },
                                 .n_passes = s->net.settings.passes };
    return hk_mnist_write_results(s->run, &results);
}

static int prepare(state *s)
{
    hk_mnist_settings settings;
    int rc = load_images(s);
    if (rc == HK_OK)
        rc = hk_mnist_settle(s->run, &settings);
    if (rc == HK_OK)
        rc = hk_mnist_network_create(hk_run_ctx(s->run), hk_run_seed(s->run), &settings, &s->images.data, &s->net);
    if (rc == HK_OK &&
        (hk_vote_init(&s->vote, settings.neurons) != HK_OK || hk_vote_init(&s->online, settings.neurons) != HK_OK))
        rc = hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "mnist: out of memory for the readouts");
    if (rc == HK_OK && hk_run_resume(s->run) != NULL)
        rc = resume(s);
    return rc == HK_OK ? open_recorder(s) : rc;
}

static int run(hk_run *run)
{
    state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "mnist: out of memory");
    s->run = run;
    int rc = prepare(s);
    if (rc == HK_OK)
        rc = run_phases(s);
    int closed = close_recorder(s);
    if (rc == HK_OK)
        rc = closed;
    if (rc == HK_OK && s->phase == N_PHASES) {
        summarise(s);
        rc = write_results(s);
    }
    hk_mnist_examples_fini(&s->examples);
    hk_vote_fini(&s->vote);
    hk_vote_fini(&s->online);
    hk_mnist_network_destroy(&s->net);
    hk_choice_fini(&s->images);
    free(s);
    return rc;
}

const hk_experiment hk_experiment_mnist = {
    .name = "mnist",
    .summary = "digits learnt without labels by competing neurons with STDP, under several codes",
    .source = "after Diehl & Cook (2015), Front. Comput. Neurosci. 9:99",
    .example = "mnist --code latency --set neurons=400 --seed 7",
    .options = hk_mnist_options,
    .n_options = HK_MNIST_N_OPTIONS,
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .run = run,
};
