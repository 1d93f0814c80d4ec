/* experiments/continual.c - a stream of images that never comes back, learnt and classified at once: see continual.h.
 *
 * After each block of the stream the test images are shown with learning off; nothing of the network but its clock changes by
 * that, and the network is not told where a block ends. All of a run can be checkpointed between two images. */
#include "experiments/continual.h"

#include "experiments/choice.h"
#include "experiments/clock.h"
#include "experiments/through_code.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { K = HK_CONTINUAL_CLASSES, BLOCKS = HK_CONTINUAL_BLOCKS };

typedef struct state {
    hk_run *run;
    hk_choice images;
    hk_continual_settings settings;
    hk_continual_network net;       /* of forgetting and plain */
    hk_continual_features features; /* of features */
    hk_sim *sim;                    /* of whichever it is */
    hk_continual_stream stream;
    hk_continual_names names;
    hk_continual_score score;
    hk_continual_files files;
    char doing[120];
    /* what a checkpoint keeps besides these */
    uint64_t at;                                /* image of the stream that comes next */
    uint64_t testing;                           /* 1 + the test image that comes next; 0: the stream goes on */
    uint64_t n_block, right_block, fresh_block; /* since the last block ended */
    uint64_t seen[K], right[K];                 /* of the test that is going on, images of the probe only */
    uint64_t is_known[K];                       /* a label of this class has come */
    uint64_t undecided;
    double confusion[K * K]; /* of the test that is going on: all of its images */
    double seconds[2];       /* of the stream, of tests */
} state;

static uint64_t stream_length(const state *s)
{
    return s->images.train.n * s->settings.passes;
}

static bool has_features(const state *s)
{
    return s->settings.method == HK_CONTINUAL_FEATURES;
}

/* Only the last test shows all images. */
static uint64_t test_length(const state *s)
{
    uint64_t probe = (uint64_t)hk_run_integer(s->run, "probe");
    return s->at == stream_length(s) || probe == 0 || probe > s->images.test.n ? s->images.test.n : probe;
}

/* ---- checkpoints -------------------------------------------------------------------------------------------------- */

static int archive_counters(state *s, hk_archive *archive)
{
    uint64_t *const values[] = { &s->at,          &s->testing,   &s->n_block,      &s->right_block,
                                 &s->fresh_block, &s->undecided, &s->files.number, &s->files.n_kept };
    enum { N_VALUES = sizeof values / sizeof values[0] };
    uint64_t row[N_VALUES];
    for (size_t k = 0; k < N_VALUES; k++)
        row[k] = *values[k];
    int rc = hk_archive_array(archive, "counters", HK_U64, row, N_VALUES);
    for (size_t k = 0; k < N_VALUES; k++)
        *values[k] = row[k];
    if (rc == HK_OK && (s->at > stream_length(s) || s->testing > test_length(s)))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT,
                     "checkpoint: image %llu of the stream or %llu of a test does not exist", (unsigned long long)s->at,
                     (unsigned long long)s->testing);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "seen", HK_U64, s->seen, K);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "right", HK_U64, s->right, K);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "is_known", HK_U64, s->is_known, K);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "confusion", HK_F64, s->confusion, K * K);
    return rc == HK_OK ? hk_archive_array(archive, "seconds", HK_F64, s->seconds, 2) : rc;
}

static int archive_state(void *user, hk_archive *archive)
{
    state *s = user;
    int rc = hk_archive_enter(archive, "continual");
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "config", hk_run_config(s->run));
    if (rc == HK_OK) /* `auto` may find something else than it did before */
        rc = hk_archive_expect(archive, "data", s->images.data.name);
    if (rc == HK_OK)
        rc = archive_counters(s, archive);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "names", HK_F64, s->names.share, (size_t)s->names.n * K);
    if (rc == HK_OK)
        rc = hk_continual_score_archive(&s->score, archive);
    if (rc != HK_OK)
        return rc;
    hk_archive_leave(archive);
    return has_features(s) ? hk_continual_features_archive(&s->features, archive)
                           : hk_continual_network_archive(&s->net, archive);
}

static int save(state *s)
{
    if (hk_run_checkpoint(s->run) == NULL)
        return HK_OK;
    int rc = s->files.recorder != NULL ? hk_recorder_sync(s->files.recorder)
                                       : HK_OK; /* what it counts on is on disk first */
    return rc == HK_OK ? hk_archive_save(hk_run_ctx(s->run), hk_run_checkpoint(s->run), archive_state, s) : rc;
}

static int resume(state *s)
{
    int rc = hk_archive_load(hk_run_ctx(s->run), hk_run_resume(s->run), archive_state, s);
    if (rc == HK_OK)
        hk_run_report(s->run, "resumed: image %llu of the stream", (unsigned long long)s->at);
    return rc;
}

/* ---- the stream ----------------------------------------------------------------------------------------------------- */

static int on_spikes(void *user, const hk_spike *spikes, size_t n)
{
    state *s = user;
    if (s->files.recorder == NULL || s->testing > 0)
        return HK_OK;
    return hk_continual_files_write(&s->files, spikes, n, hk_sim_resolution_ms(s->sim));
}

static int learn_image(state *s, size_t i, uint32_t label, hk_continual_answer *answer)
{
    *answer = (hk_continual_answer){ .decided = -1 };
    if (!has_features(s))
        return hk_continual_learn(&s->net, &s->images.train, i, s->at, &s->names, answer);
    int rc = hk_continual_features_show(&s->features, &s->images.train, i, &answer->decided);
    if (rc == HK_OK)
        hk_continual_features_learn(&s->features, label);
    return rc == HK_OK && (s->at + 1) % s->settings.solve_images == 0
               ? hk_continual_features_solve(hk_run_ctx(s->run), &s->features)
               : rc;
}

static int test_image(state *s, size_t i, int *decided)
{
    if (has_features(s))
        return hk_continual_features_show(&s->features, &s->images.test, i, decided);
    hk_continual_answer answer;
    int rc = hk_continual_test(&s->net, &s->images.test, i, &s->names, &answer);
    *decided = answer.decided;
    return rc;
}

static bool block_ends(const state *s)
{
    uint64_t in_pass = (s->at - 1) % s->images.train.n + 1;
    for (int b = 0; b < BLOCKS; b++)
        if (s->stream.end[b] == in_pass)
            return true;
    return false;
}

static int rotate(state *s)
{
    if (s->files.recorder == NULL || s->at % (uint64_t)hk_run_integer(s->run, "file_images") != 0 ||
        s->at == stream_length(s))
        return HK_OK;
    int rc = hk_continual_files_rotate(&s->files);
    if (rc == HK_OK)
        rc = save(s); /* a checkpoint never counts on a file that is gone */
    return rc == HK_OK ? hk_continual_files_prune(&s->files) : rc;
}

static int learn_next(state *s)
{
    const size_t in_pass = (size_t)(s->at % s->images.train.n);
    hk_continual_answer answer;
    int rc = in_pass == 0 || s->stream.pass != s->at / s->images.train.n
                 ? hk_continual_stream_begin(hk_run_ctx(s->run), &s->stream, s->at / s->images.train.n)
                 : HK_OK;
    const size_t i = s->stream.index[in_pass];
    const uint32_t label = s->images.train.labels[i];
    if (rc == HK_OK)
        rc = learn_image(s, i, label, &answer);
    if (rc != HK_OK)
        return rc;
    s->at++;
    s->n_block++;
    s->right_block += answer.decided == (int)label;
    s->fresh_block += answer.is_new;
    s->is_known[label] = 1;
    if (answer.learnt)
        hk_continual_names_learn(&s->names, answer.winner, label, answer.rate);
    if (answer.is_new)
        s->score.recruits[answer.winner]++;
    s->testing = block_ends(s);
    return rotate(s);
}

static int begin_test(state *s)
{
    memset(s->seen, 0, sizeof s->seen);
    memset(s->right, 0, sizeof s->right);
    memset(s->confusion, 0, sizeof s->confusion);
    s->undecided = 0;
    return has_features(s) ? hk_continual_features_solve(hk_run_ctx(s->run), &s->features) : HK_OK;
}

static int write_results(state *s)
{
    hk_continual_results results = { .network = has_features(s) ? NULL : &s->net,
                                     .names = &s->names,
                                     .score = &s->score,
                                     .confusion = s->at == stream_length(s) && s->testing == 0 ? s->confusion : NULL,
                                     .rows = s->images.train.rows,
                                     .cols = s->images.train.cols };
    return hk_continual_write_results(s->run, &results);
}

static int end_test(state *s)
{
    hk_continual_score *score = &s->score;
    const uint64_t row = score->n_rows;
    for (uint64_t c = 0; c < K; c++) {
        score->matrix[row * K + c] = s->seen[c] > 0 ? (double)s->right[c] / (double)s->seen[c] : 0.0;
        score->known[row] += (double)s->is_known[c];
    }
    score->images[row] = s->at;
    score->online[row] = (double)s->right_block / (double)s->n_block;
    score->fresh[row] = (double)s->fresh_block / (double)s->n_block;
    if (!has_features(s))
        hk_continual_score_neurons(score, &s->net, &s->names);
    score->n_rows++;
    s->n_block = s->right_block = s->fresh_block = s->testing = 0;
    char layer[160] = "";
    if (!has_features(s))
        snprintf(layer, sizeof layer,
                 "; %5.2f %% of the block new, %6llu neurons recruited; fields turned by %.4f, %.2f %% replaced",
                 100.0 * score->fresh[row], (unsigned long long)s->net.recruited, score->drift[row],
                 100.0 * score->replaced[row]);
    hk_run_report(s->run, "%8llu images, %2.0f classes: %6.2f %% right%s", (unsigned long long)s->at, score->known[row],
                  100.0 * hk_continual_mean(score, row), layer);
    return write_results(s);
}

/* A class that was never shown is never answered: its images need not be. */
static int test_next(state *s)
{
    const uint64_t i = s->testing - 1, n = test_length(s), probe = (uint64_t)hk_run_integer(s->run, "probe");
    const uint32_t label = s->images.test.labels[i];
    int decided = -1;
    int rc = i == 0 ? begin_test(s) : HK_OK;
    if (rc == HK_OK && s->is_known[label])
        rc = test_image(s, (size_t)i, &decided);
    if (rc != HK_OK)
        return rc;
    if (probe == 0 || i < probe) {
        s->seen[label]++;
        s->right[label] += decided == (int)label;
    }
    s->undecided += decided < 0;
    if (decided >= 0)
        s->confusion[label * K + (uint32_t)decided] += 1.0;
    s->testing++;
    return s->testing > n ? end_test(s) : HK_OK;
}

static void tell_progress(state *s)
{
    hk_sim_stats stats = hk_sim_get_stats(s->sim);
    uint64_t row = s->score.n_rows;
    double known = 0.0;
    for (uint64_t c = 0; c < K; c++)
        known += (double)s->is_known[c];
    char recruited[32] = "";
    if (!has_features(s))
        snprintf(recruited, sizeof recruited, "%llu recruited, ", (unsigned long long)s->net.recruited);
    snprintf(s->doing, sizeof s->doing, "%s, %.0f classes, %slast test %.1f %%",
             s->testing > 0 ? "testing" : "learning", known, recruited,
             row > 0 ? 100.0 * hk_continual_mean(&s->score, row - 1) : 0.0);
    uint64_t probe = (uint64_t)hk_run_integer(s->run, "probe"),
             n_probe = probe == 0 || probe > s->images.test.n ? s->images.test.n : probe;
    double done = (double)(s->at + row * n_probe + s->testing);
    double all = (double)(stream_length(s) + (s->score.most_rows - 1) * n_probe + s->images.test.n);
    hk_run_progress(s->run, s->doing, fmin(1.0, done / all), hk_sim_now_ms(s->sim));
    hk_run_events(s->run, stats.spikes, stats.synaptic_events);
}

static bool is_done(const state *s)
{
    return s->at == stream_length(s) && s->testing == 0;
}

static int run_stream(state *s)
{
    int rc = HK_OK;
    for (uint64_t k = 0; rc == HK_OK && !is_done(s); k++) {
        double start_s = hk_clock_wall_s();
        bool tests = s->testing > 0;
        rc = tests ? test_next(s) : learn_next(s);
        s->seconds[tests] += hk_clock_wall_s() - start_s;
        if (k % 16 == 0)
            tell_progress(s);
        bool stopping = hk_run_stopping(s->run);
        if (rc == HK_OK && (stopping || hk_run_checkpoint_due(s->run)))
            rc = save(s);
        if (stopping)
            return rc;
    }
    tell_progress(s);
    return rc;
}

/* ---- the experiment -------------------------------------------------------------------------------------------------- */

static const hk_summary_key keys[] = {
    { "data", "", "images used: mnist, fashion or glyphs" },
    { "method", "", "how the layer learns" },
    { "order", "", "of the stream" },
    { "stream_images", "", "images shown to learn from, each pass counted" },
    { "test_accuracy", "", "share of all test images decided right at the end" },
    { "test_undecided", "", "test images for which no named neuron spiked (counted as wrong)" },
    { "class_accuracy", "", "mean over classes, at the end, of the probe images decided right" },
    { "forgetting", "", "mean over classes: the best of these after any block less that at the end" },
    { "lowest_class", "", "the accuracy of the worst class at the end" },
    { "neurons_named", "", "neurons that have learnt something; this and the next four: not of method=features" },
    { "recruited", "", "images that were new and recruited a neuron" },
    { "overwritten", "", "of these, such that the neuron lost what it knew" },
    { "drift", "",
      "mean of 1 - cos of the turn of receptive fields in the last block, of neurons not recruited in it" },
    { "saturated_per_image", "", "pixels brighter than the code reaches, coded as its brightest" },
    { "input_spikes_per_image", "", "input spikes an image, tests included" },
    { "spikes_per_image", "", "input and hidden spikes an image, tests included" },
    { "synaptic_events_per_image", "", "synapses passed an image, tests included" },
    { "learn_ms_per_image", "ms", "wall time an image of the stream" },
    { "memory_bytes", "bytes", "all that is kept of the stream: weights, counters and names, or sums and readout" },
    { "spikes", "", "of all populations, tests included" },
    { "spike_hash", "", "of the whole ordered raster" },
    HK_THROUGH_KEYS,
};

/* Of the methods whose layer learns. */
static void summarise_layer(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    const hk_continual_score *score = &s->score;
    const hk_continual_network *net = &s->net;
    const uint64_t row = score->n_rows - 1;
    double named = 0.0;
    for (uint64_t c = 0; c < K; c++)
        named += score->owners[row * K + c];
    hk_summary_number(summary, "neurons_named", named);
    hk_summary_count(summary, "recruited", net->recruited);
    hk_summary_count(summary, "overwritten", net->overwritten);
    hk_summary_number(summary, "drift", score->drift[row]);
    hk_summary_number(summary, "saturated_per_image", (double)net->saturated / (double)net->shown);
}

/* What is kept of the stream: weights, wins, last wins and names; or the sums and the readout solved from them. */
static uint64_t memory_bytes(const state *s)
{
    const uint64_t n = s->settings.neurons, f = s->settings.features;
    return has_features(s) ? (f * f + 2 * K * f) * sizeof(double)
                           : n * (s->net.n_pixels * sizeof(float) + 2 * sizeof(uint64_t) + K * sizeof(double));
}

static void summarise(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    hk_sim_stats stats = hk_sim_get_stats(s->sim);
    const hk_continual_score *score = &s->score;
    const double *last = score->matrix + (score->n_rows - 1) * K, n_test = (double)s->images.test.n;
    const double shown = (double)(has_features(s) ? s->features.shown : s->net.shown);
    const double input_spikes = (double)(has_features(s) ? s->features.input_spikes : s->net.input_spikes);
    double right = 0.0, mean = 0.0, low = 1.0;
    for (uint64_t c = 0; c < K; c++) {
        right += s->confusion[c * K + c];
        mean += last[c] / K;
        low = last[c] < low ? last[c] : low;
    }
    hk_summary_text(summary, "data", s->images.data.name);
    hk_summary_text(summary, "method", hk_run_text(s->run, "method"));
    hk_summary_text(summary, "order", hk_run_text(s->run, "order"));
    hk_summary_count(summary, "stream_images", s->at);
    hk_summary_number(summary, "test_accuracy", right / n_test);
    hk_summary_count(summary, "test_undecided", s->undecided);
    hk_summary_number(summary, "class_accuracy", mean);
    hk_summary_number(summary, "forgetting", hk_continual_forgetting(score));
    hk_summary_number(summary, "lowest_class", low);
    if (!has_features(s))
        summarise_layer(s);
    hk_summary_number(summary, "input_spikes_per_image", input_spikes / shown);
    hk_summary_number(summary, "spikes_per_image", (double)stats.spikes / shown);
    hk_summary_number(summary, "synaptic_events_per_image", (double)stats.synaptic_events / shown);
    hk_summary_number(summary, "learn_ms_per_image", 1e3 * s->seconds[0] / (double)s->at);
    hk_summary_count(summary, "memory_bytes", memory_bytes(s));
    hk_summary_count(summary, "spikes", stats.spikes);
    hk_summary_hash(summary, "spike_hash", stats.spike_hash);
    hk_run_report(
        s->run, "%s, %s: %.2f %% of %llu test images right after %llu images of the stream, forgetting %.2f %%",
        hk_run_text(s->run, "method"), hk_run_text(s->run, "order"), 100.0 * right / n_test,
        (unsigned long long)s->images.test.n, (unsigned long long)s->at, 100.0 * hk_continual_forgetting(score));
}

static int create_learner(state *s)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    const uint64_t seed = hk_run_seed(s->run);
    const uint32_t rows = s->images.train.rows, cols = s->images.train.cols,
                   neurons = has_features(s) ? 1 : s->settings.neurons;
    int rc = has_features(s) ? hk_continual_features_create(ctx, seed, s->settings.features, rows, cols, &s->features)
                             : hk_continual_network_create(ctx, seed, &s->settings, rows * cols, &s->net);
    if (rc == HK_OK)
        rc = hk_continual_names_init(ctx, neurons, &s->names);
    if (rc == HK_OK)
        rc = hk_continual_score_init(ctx, BLOCKS * s->settings.passes, neurons, rows * cols, &s->score);
    s->sim = has_features(s) ? s->features.sim : s->net.sim;
    s->net.on_spikes = s->features.on_spikes = on_spikes;
    s->net.user = s->features.user = s;
    return rc;
}

static int prepare(state *s)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    int rc = hk_choice_load_through_code(s->run, &s->images);
    if (rc == HK_OK)
        rc = hk_continual_settle(s->run, s->images.data.name, &s->settings);
    if (rc == HK_OK)
        rc = hk_continual_stream_create(ctx, &s->images.train, s->settings.order, hk_run_seed(s->run), &s->stream);
    if (rc == HK_OK)
        rc = create_learner(s);
    s->files = (hk_continual_files){ .run = s->run,
                                     .keep = (uint64_t)hk_run_integer(s->run, "keep_files"),
                                     .wanted = has_features(s) ? hk_run_is_given(s->run, "record") &&
                                                                     hk_run_choice(s->run, "record") == 0
                                                               : hk_run_choice(s->run, "record") == 0 };
    if (rc == HK_OK && hk_run_resume(s->run) != NULL)
        rc = resume(s);
    if (rc == HK_OK)
        rc = hk_continual_stream_begin(ctx, &s->stream, (s->at == 0 ? 0 : s->at - 1) / s->images.train.n);
    return rc == HK_OK ? hk_continual_files_open(&s->files) : rc;
}

static int run(hk_run *run)
{
    state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "continual: out of memory");
    s->run = run;
    int rc = prepare(s);
    if (rc == HK_OK)
        rc = run_stream(s);
    int closed = hk_continual_files_close(&s->files);
    if (rc == HK_OK)
        rc = closed;
    if (rc == HK_OK && is_done(s))
        summarise(s);
    hk_continual_score_fini(&s->score);
    hk_continual_names_fini(&s->names);
    hk_continual_stream_fini(&s->stream);
    hk_continual_network_destroy(&s->net);
    hk_continual_features_destroy(&s->features);
    hk_choice_fini(&s->images);
    free(s);
    return rc;
}

const hk_experiment hk_experiment_continual = {
    .name = "continual",
    .summary = "a stream of classes that never come back, learnt and classified at once: with and without forgetting",
    .source = "after Allred & Roy (2020), Front. Neurosci. 14:7 (controlled forgetting)",
    .example = "continual --set method=plain --set neurons=400 --seed 7",
    .options = hk_continual_options,
    .n_options = HK_CONTINUAL_N_OPTIONS,
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .run = run,
};
