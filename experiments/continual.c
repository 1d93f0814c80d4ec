/* experiments/continual.c - a stream of images that never comes back, learnt and classified at once: see continual.h.
 *
 * After each block of the stream the test images are shown with learning off; nothing of the network but its clock changes by
 * that, and the network is not told where a block ends. All of a run can be checkpointed between two images. */
#include "experiments/continual.h"

#include "experiments/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { K = HK_CONTINUAL_CLASSES, BLOCKS = HK_CONTINUAL_BLOCKS };

typedef struct state {
    hk_run *run;
    hk_dataset data;
    hk_images train, test; /* borrowed parts of `data` */
    hk_continual_network net;
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
    return s->train.n * s->net.settings.passes;
}

/* Only the last test shows all images. */
static uint64_t test_length(const state *s)
{
    uint64_t probe = (uint64_t)hk_run_integer(s->run, "probe");
    return s->at == stream_length(s) || probe == 0 || probe > s->test.n ? s->test.n : probe;
}

static hk_images part(const hk_images *images, size_t first, size_t n)
{
    size_t n_pixels = (size_t)images->rows * images->cols;
    return (hk_images){ .n = n,
                        .rows = images->rows,
                        .cols = images->cols,
                        .pixels = images->pixels + first * n_pixels,
                        .labels = images->labels + first };
}

static int load_data(state *s)
{
    hk_run *run = s->run;
    size_t n_train = (size_t)hk_run_integer(run, "train"), n_test = (size_t)hk_run_integer(run, "test");
    bool validation = hk_run_choice(run, "split") == 1;
    hk_dataset_request request = { .name = hk_run_text(run, "data"),
                                   .n_train = n_train == 0 || validation ? HK_DATASET_ALL : n_train,
                                   .n_test = n_test == 0 || validation ? HK_DATASET_ALL : n_test,
                                   .glyph_seed = hk_run_seed(run) };
    int rc = hk_dataset_load(hk_run_ctx(run), &request, &s->data);
    if (rc != HK_OK)
        return rc;
    const hk_images *all = &s->data.train;
    size_t kept = validation ? all->n / 6 : 0, n = all->n - kept;
    s->train = part(all, 0, n_train > 0 && n_train < n ? n_train : n);
    s->test = validation ? part(all, n, kept) : s->data.test;
    if (n_test > 0 && n_test < s->test.n)
        s->test.n = n_test;
    hk_run_report(run, "data: %s", s->data.report);
    return HK_OK;
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

static int archive_state(state *s, hk_archive *archive)
{
    int rc = hk_archive_enter(archive, "continual");
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "config", hk_run_config(s->run));
    if (rc == HK_OK) /* `auto` may find something else than it did before */
        rc = hk_archive_expect(archive, "data", s->data.name);
    if (rc == HK_OK)
        rc = archive_counters(s, archive);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "names", HK_F64, s->names.share, (size_t)s->names.n * K);
    if (rc == HK_OK)
        rc = hk_continual_score_archive(&s->score, archive);
    if (rc == HK_OK) {
        hk_archive_leave(archive);
        rc = hk_continual_network_archive(&s->net, archive);
    }
    return rc;
}

static int save(state *s)
{
    if (hk_run_checkpoint(s->run) == NULL)
        return HK_OK;
    hk_archive *archive = NULL;
    int rc = s->files.recorder != NULL ? hk_recorder_sync(s->files.recorder)
                                       : HK_OK; /* what it counts on is on disk first */
    if (rc == HK_OK)
        rc = hk_archive_create(hk_run_ctx(s->run), hk_run_checkpoint(s->run), &archive);
    if (rc == HK_OK)
        rc = archive_state(s, archive);
    if (rc == HK_OK)
        rc = hk_archive_commit(archive);
    hk_archive_destroy(archive);
    return rc;
}

static int resume(state *s)
{
    hk_archive *archive = NULL;
    int rc = hk_archive_open(hk_run_ctx(s->run), hk_run_resume(s->run), &archive);
    if (rc == HK_OK)
        rc = archive_state(s, archive);
    hk_archive_destroy(archive);
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
    return hk_continual_files_write(&s->files, spikes, n, hk_sim_resolution_ms(s->net.sim));
}

static bool block_ends(const state *s)
{
    uint64_t in_pass = (s->at - 1) % s->train.n + 1;
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
    const size_t in_pass = (size_t)(s->at % s->train.n);
    hk_continual_answer answer;
    int rc = in_pass == 0 || s->stream.pass != s->at / s->train.n
                 ? hk_continual_stream_begin(hk_run_ctx(s->run), &s->stream, s->at / s->train.n)
                 : HK_OK;
    const size_t i = s->stream.index[in_pass];
    const uint32_t label = s->train.labels[i];
    if (rc == HK_OK)
        rc = hk_continual_learn(&s->net, &s->train, i, s->at, &s->names, &answer);
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

static void begin_test(state *s)
{
    memset(s->seen, 0, sizeof s->seen);
    memset(s->right, 0, sizeof s->right);
    memset(s->confusion, 0, sizeof s->confusion);
    s->undecided = 0;
}

static int write_results(state *s)
{
    hk_continual_results results = { .network = &s->net,
                                     .names = &s->names,
                                     .score = &s->score,
                                     .confusion = s->at == stream_length(s) && s->testing == 0 ? s->confusion : NULL,
                                     .rows = s->train.rows,
                                     .cols = s->train.cols };
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
    hk_continual_score_neurons(score, &s->net, &s->names);
    score->n_rows++;
    s->n_block = s->right_block = s->fresh_block = s->testing = 0;
    hk_run_report(s->run,
                  "%8llu images, %2.0f classes: %6.2f %% right; %5.2f %% of the block new, %6llu neurons recruited; "
                  "fields turned by %.4f, %.2f %% replaced",
                  (unsigned long long)s->at, score->known[row], 100.0 * hk_continual_mean(score, row),
                  100.0 * score->fresh[row], (unsigned long long)s->net.recruited, score->drift[row],
                  100.0 * score->replaced[row]);
    return write_results(s);
}

/* A class that was never shown is never answered: its images need not be. */
static int test_next(state *s)
{
    const uint64_t i = s->testing - 1, n = test_length(s), probe = (uint64_t)hk_run_integer(s->run, "probe");
    const uint32_t label = s->test.labels[i];
    hk_continual_answer answer = { .decided = -1 };
    if (i == 0)
        begin_test(s);
    int rc = s->is_known[label] ? hk_continual_test(&s->net, &s->test, (size_t)i, &s->names, &answer) : HK_OK;
    if (rc != HK_OK)
        return rc;
    if (probe == 0 || i < probe) {
        s->seen[label]++;
        s->right[label] += answer.decided == (int)label;
    }
    s->undecided += answer.decided < 0;
    if (answer.decided >= 0)
        s->confusion[label * K + (uint32_t)answer.decided] += 1.0;
    s->testing++;
    return s->testing > n ? end_test(s) : HK_OK;
}

static void tell_progress(state *s)
{
    hk_sim_stats stats = hk_sim_get_stats(s->net.sim);
    uint64_t row = s->score.n_rows;
    double known = 0.0;
    for (uint64_t c = 0; c < K; c++)
        known += (double)s->is_known[c];
    snprintf(s->doing, sizeof s->doing, "%s, %.0f classes, %llu recruited, last test %.1f %%",
             s->testing > 0 ? "testing" : "learning", known, (unsigned long long)s->net.recruited,
             row > 0 ? 100.0 * hk_continual_mean(&s->score, row - 1) : 0.0);
    uint64_t probe = (uint64_t)hk_run_integer(s->run, "probe"),
             n_probe = probe == 0 || probe > s->test.n ? s->test.n : probe;
    double done = (double)(s->at + row * n_probe + s->testing);
    double all = (double)(stream_length(s) + (s->score.most_rows - 1) * n_probe + s->test.n);
    hk_run_progress(s->run, s->doing, fmin(1.0, done / all), hk_sim_now_ms(s->net.sim));
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
    { "neurons_named", "", "neurons that have learnt something" },
    { "recruited", "", "images that were new and recruited a neuron" },
    { "overwritten", "", "of these, such that the neuron lost what it knew" },
    { "drift", "",
      "mean of 1 - cos of the turn of receptive fields in the last block, of neurons not recruited in it" },
    { "saturated_per_image", "", "pixels brighter than the code reaches, coded as its brightest" },
    { "input_spikes_per_image", "", "input spikes an image, tests included" },
    { "learn_ms_per_image", "ms", "wall time an image of the stream" },
    { "memory_bytes", "bytes", "weights, counters and names: all that is kept of the stream" },
    { "spikes", "", "of all populations, tests included" },
    { "spike_hash", "", "of the whole ordered raster" },
};

static void summarise(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    hk_sim_stats stats = hk_sim_get_stats(s->net.sim);
    const hk_continual_score *score = &s->score;
    const double *last = score->matrix + (score->n_rows - 1) * K, n_test = (double)s->test.n;
    double right = 0.0, mean = 0.0, low = 1.0, named = 0.0, shown = 0.0;
    for (uint64_t c = 0; c < K; c++) {
        right += s->confusion[c * K + c];
        mean += last[c] / K;
        low = last[c] < low ? last[c] : low;
        named += score->owners[(score->n_rows - 1) * K + c];
        shown += (double)s->seen[c];
    }
    const uint32_t n = s->net.settings.neurons;
    hk_summary_text(summary, "data", s->data.name);
    hk_summary_text(summary, "method", hk_run_text(s->run, "method"));
    hk_summary_text(summary, "order", hk_run_text(s->run, "order"));
    hk_summary_count(summary, "stream_images", s->at);
    hk_summary_number(summary, "test_accuracy", right / n_test);
    hk_summary_count(summary, "test_undecided", s->undecided);
    hk_summary_number(summary, "class_accuracy", mean);
    hk_summary_number(summary, "forgetting", hk_continual_forgetting(score));
    hk_summary_number(summary, "lowest_class", low);
    hk_summary_number(summary, "neurons_named", named);
    hk_summary_count(summary, "recruited", s->net.recruited);
    hk_summary_count(summary, "overwritten", s->net.overwritten);
    hk_summary_number(summary, "drift", score->drift[score->n_rows - 1]);
    hk_summary_number(summary, "saturated_per_image", (double)s->net.saturated / (double)s->net.shown);
    hk_summary_number(summary, "input_spikes_per_image", (double)s->net.input_spikes / (double)s->net.shown);
    hk_summary_number(summary, "learn_ms_per_image", 1e3 * s->seconds[0] / (double)s->at);
    hk_summary_count(summary, "memory_bytes",
                     (uint64_t)n * (s->net.n_pixels * sizeof(float) + 2 * sizeof(uint64_t) + K * sizeof(double)));
    hk_summary_count(summary, "spikes", stats.spikes);
    hk_summary_hash(summary, "spike_hash", stats.spike_hash);
    hk_run_report(s->run,
                  "%s, %s: %.2f %% of %llu test images right after %llu images of the stream, forgetting %.2f %%",
                  hk_run_text(s->run, "method"), hk_run_text(s->run, "order"), 100.0 * right / n_test,
                  (unsigned long long)s->test.n, (unsigned long long)s->at, 100.0 * hk_continual_forgetting(score));
}

static int prepare(state *s)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    hk_continual_settings settings;
    int rc = load_data(s);
    if (rc == HK_OK)
        rc = hk_continual_settle(s->run, &settings);
    if (rc == HK_OK)
        rc = hk_continual_stream_create(ctx, &s->train, settings.order, hk_run_seed(s->run), &s->stream);
    const uint32_t n_pixels = s->train.rows * s->train.cols;
    if (rc == HK_OK)
        rc = hk_continual_network_create(ctx, hk_run_seed(s->run), &settings, n_pixels, &s->net);
    if (rc == HK_OK)
        rc = hk_continual_names_init(ctx, settings.neurons, &s->names);
    if (rc == HK_OK)
        rc = hk_continual_score_init(ctx, BLOCKS * settings.passes, settings.neurons, n_pixels, &s->score);
    s->files = (hk_continual_files){ .run = s->run, .keep = (uint64_t)hk_run_integer(s->run, "keep_files") };
    s->net.on_spikes = on_spikes;
    s->net.user = s;
    if (rc == HK_OK && hk_run_resume(s->run) != NULL)
        rc = resume(s);
    if (rc == HK_OK)
        rc = hk_continual_stream_begin(ctx, &s->stream, (s->at == 0 ? 0 : s->at - 1) / s->train.n);
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
    hk_dataset_fini(&s->data);
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
