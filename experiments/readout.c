/* experiments/readout.c - `hillock readout NAME FILE`: what a recording says about the classes of its samples. */
#include "experiments/commands.h"
#include "experiments/cores.h"
#include "experiments/figures/figures.h"
#include "experiments/flags.h"
#include "experiments/options.h"
#include "experiments/paths.h"
#include "experiments/readouts/model_file.h"
#include "experiments/readouts/recording.h"
#include "experiments/suggest.h"
#include "experiments/summary_tree.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SET, IMAGES, LABELS, SAVE, LOAD, FEATURES, PLOT, JSON, SEED, THREADS, QUIET, HELP, N_FLAGS };
static const hk_flag flags[N_FLAGS] = {
    [SET] = { "set", "NAME=VALUE", "an option of the readout ('hillock show NAME' lists them)", 's' },
    [IMAGES] = { "images", "DATA", "in place of FILE: the pixels of mnist, fashion or glyphs, the baseline", 0 },
    [LABELS] = { "labels", "FILE.npy", "classes of the samples, when FILE does not say or is a .npy matrix", 0 },
    [SAVE] = { "save", "FILE", "keep what was learnt, as .npy (weights; the rest beside it) or HDF5", 0 },
    [LOAD] = { "load", "FILE", "decide with what was learnt before, in place of learning", 0 },
    [FEATURES] = { "features", "FILE", "keep the vectors, as .npy (with labels beside it) or HDF5", 0 },
    [PLOT] = { "plot", "PREFIX", "pictures PREFIX-confusion.svg and those of the readout; needs gnuplot", 0 },
    [JSON] = { "json", "FILE", "the summary as JSON; '-' is standard output", 0 },
    [SEED] = { "seed", "N", "of random choices (default 1)", 0 },
    [THREADS] = { "threads", "N", "threads that compute (default: as many as cores); changes no result", 0 },
    [QUIET] = { "quiet", NULL, "print no report", 'q' },
    [HELP] = { "help", NULL, "this text", 'h' },
};

static void help(FILE *stream)
{
    size_t n;
    const hk_readout *const *readouts = hk_readouts(&n);
    fputs("usage: hillock readout NAME FILE [options]\n\n"
          "Learns from spikes which class a sample belongs to, and tests it on others. FILE is a recording made by\n"
          "'hillock run mnist' (which marks its samples), any other SONATA spike file together with --labels and\n"
          "--set window_ms=..., or a file of vectors (.npy, or what --features wrote). Each sample becomes a vector "
          "with a\n"
          "number for each neuron; the readout learns from some of them and is tested on the rest.\n\n"
          "readouts:\n",
          stream);
    for (size_t k = 0; k < n; k++)
        hk_print_entry(stream, readouts[k]->name, 12, readouts[k]->summary);
    fputs("\noptions:\n", stream);
    hk_flags_help(flags, N_FLAGS, stream);
    fputs("\nexamples:\n"
          "  hillock run mnist --seed 7                              # records results/mnist.h5\n"
          "  hillock readout ridge results/mnist.h5                  # a linear classifier on spike counts\n"
          "  hillock readout som results/mnist.h5 --set side=16 --plot results/map\n"
          "  hillock readout som --images mnist --set side=16        # the same map on pixels, to compare\n"
          "  hillock readout lda mine.h5 --labels classes.npy --set window_ms=250 --set vectors=latency\n"
          "  hillock readout ridge results/mnist.h5 --save ridge.h5  # and later: --load ridge.h5\n"
          "  hillock readout som results/mnist.h5 --save map.npy     # its prototypes, for NumPy\n"
          "\n--save map.npy writes the weights to map.npy, to be seen and changed with NumPy, and the whole model to\n"
          "map-model.h5; --load map.npy takes the weights from map.npy and the rest from map-model.h5. The weights:\n"
          "  label, vote, first  [neurons][10]            spikes for each class; names and shares follow from them\n"
          "  ridge, lda          [classes][features + 1]  with the constant last\n"
          "  som                 [units][features]        prototypes, float32; the units' classes stay as they were\n"
          "  hebb, delta         [neurons][classes]\n"
          "  oja                 [features][components]   the subspace; lda within it stays as it was\n",
          stream);
}

typedef struct request {
    hk_ctx *ctx;
    const char *name, *path, *images, *labels, *save, *load, *features, *plot, *json;
    const char **assignments; /* [n_assignments] borrowed from the command line */
    size_t n_assignments;
    uint64_t seed, threads;
    bool quiet;
} request;

static int take(void *user, long index, const char *value)
{
    request *r = user;
    const char **const texts[N_FLAGS] = {
        [IMAGES] = &r->images, [LABELS] = &r->labels,     [SAVE] = &r->save, [LOAD] = &r->load,
        [PLOT] = &r->plot,     [FEATURES] = &r->features, [JSON] = &r->json,
    };
    if (index == -1) {
        if (r->path != NULL)
            return hk_fail(r->ctx, HK_ERANGE, "'%.100s' is one argument too many", value);
        *(r->name == NULL ? &r->name : &r->path) = value;
    } else if (index == SET) {
        r->assignments[r->n_assignments++] = value;
    } else if (index == SEED || index == THREADS) {
        if (!hk_parse_count(value, index == SEED ? &r->seed : &r->threads) ||
            (index == THREADS && (r->threads < 1 || r->threads > 256)))
            return hk_fail(r->ctx, HK_ERANGE, "--%s = '%.100s', must be a whole number%s", flags[index].name, value,
                           index == THREADS ? " from 1 to 256" : "");
    } else if (index == QUIET) {
        r->quiet = true;
    } else if (texts[index] != NULL) {
        *texts[index] = value;
    }
    return HK_OK;
}

static int find_readout(const request *r, const hk_readout **out)
{
    size_t n;
    const hk_readout *const *readouts = hk_readouts(&n);
    hk_suggest near = { .wrong = r->name == NULL ? "" : r->name };
    if (r->name == NULL)
        return hk_fail(r->ctx, HK_ERANGE, "which readout? 'hillock list readouts' shows them");
    for (size_t k = 0; k < n; k++) {
        hk_suggest_offer(&near, readouts[k]->name);
        if (strcmp(readouts[k]->name, r->name) == 0) {
            *out = readouts[k];
            return HK_OK;
        }
    }
    return hk_fail(r->ctx, HK_ENAME, "no readout '%.100s'%s%s%s ('hillock list readouts' shows them)", r->name,
                   hk_suggestion(&near) == NULL ? "" : "; did you mean '",
                   hk_suggestion(&near) == NULL ? "" : hk_suggestion(&near), hk_suggestion(&near) == NULL ? "" : "'?");
}

/* ---- the work ------------------------------------------------------------------------------------------------------ */

typedef struct session {
    const request *request;
    const hk_readout *readout;
    hk_readout_job job;
    hk_split split;
    void *model;
    double *confusion; /* [n_classes][n_classes] true, decided */
    hk_summary *summary;
} session;

static int load_images(session *s)
{
    hk_dataset data;
    int rc = hk_dataset_load(s->job.ctx,
                             &(hk_dataset_request){ .name = s->request->images,
                                                    .n_train = HK_DATASET_ALL,
                                                    .n_test = HK_DATASET_ALL,
                                                    .glyph_seed = s->job.seed },
                             &data);
    if (rc != HK_OK)
        return rc;
    rc = hk_features_of_images(s->job.ctx, &data.train, &s->split.learn);
    if (rc == HK_OK)
        rc = hk_features_of_images(s->job.ctx, &data.test, &s->split.test);
    hk_dataset_fini(&data);
    return rc;
}

static int load_samples(session *s)
{
    const request *r = s->request;
    const hk_readout *readout = s->readout;
    if (readout->vectors != NULL &&
        strcmp(hk_vector_names[(size_t)hk_readout_number(&s->job, "vectors")], readout->vectors) != 0)
        return hk_fail(r->ctx, HK_ERANGE, "%s: vectors = %s, must be %s", readout->name,
                       hk_vector_names[(size_t)hk_readout_number(&s->job, "vectors")], readout->vectors);
    hk_recording_config config = { .population = hk_readout_text(&s->job, "population"),
                                   .vector = (hk_vector)hk_readout_number(&s->job, "vectors"),
                                   .tau_ms = hk_readout_number(&s->job, "tau_ms"),
                                   .window_ms = hk_readout_number(&s->job, "window_ms"),
                                   .begin_ms = hk_readout_number(&s->job, "begin_ms"),
                                   .n_neurons = hk_readout_number(&s->job, "n_neurons"),
                                   .share = hk_readout_number(&s->job, "share"),
                                   .labels = r->labels,
                                   .keeps_spikes = readout->wants_spikes };
    int rc = r->images != NULL ? load_images(s) : hk_split_load(r->ctx, r->path, &config, &s->split);
    if (rc == HK_OK && readout->wants_spikes && s->split.learn.spikes == NULL)
        rc = hk_fail(r->ctx, HK_ERANGE, "%s learns at the times of spikes, so it needs a recording of them",
                     readout->name);
    if (rc == HK_OK && r->features != NULL)
        rc = hk_make_parents(r->ctx, r->features);
    return rc == HK_OK && r->features != NULL ? hk_split_save(r->ctx, &s->split, r->features) : rc;
}

/* Samples of nothing but 0, of a recording those without a spike. */
static size_t count_empty(const hk_features *samples)
{
    size_t n_empty = 0;
    for (size_t s = 0; s < samples->n; s++) {
        const float *row = hk_features_row(samples, s);
        size_t k = 0;
        while (k < samples->n_features && row[k] == 0.0f)
            k++;
        n_empty += k == samples->n_features;
    }
    return n_empty;
}

/* Decides, and counts what was right; the confusion goes to `confusion` unless NULL. */
static int judge(session *s, const hk_features *samples, const char *key, double *confusion, uint64_t *undecided)
{
    int32_t *classes = malloc(samples->n * sizeof *classes);
    int rc = classes == NULL ? hk_fail(s->job.ctx, HK_ENOMEM, "no memory for %zu decisions", samples->n)
                             : s->readout->decide(&s->job, s->model, samples, classes);
    uint64_t n_right = 0;
    *undecided = 0;
    for (size_t k = 0; rc == HK_OK && k < samples->n; k++) {
        n_right += classes[k] == (int32_t)samples->labels[k];
        *undecided += classes[k] < 0;
        if (confusion != NULL && classes[k] >= 0 && (uint32_t)classes[k] < samples->n_classes)
            confusion[samples->labels[k] * samples->n_classes + (uint32_t)classes[k]] += 1.0;
    }
    if (rc == HK_OK)
        hk_summary_number(s->summary, key, (double)n_right / (double)samples->n);
    free(classes);
    return rc;
}

static int measure(session *s)
{
    const hk_features *learn = &s->split.learn, *test = s->split.test.n > 0 ? &s->split.test : NULL;
    uint64_t undecided = 0;
    hk_summary_text(s->summary, "readout", s->readout->name);
    hk_summary_text(s->summary, "vectors",
                    s->request->images != NULL ? "pixels"
                                               : hk_vector_names[(size_t)hk_readout_number(&s->job, "vectors")]);
    hk_summary_count(s->summary, "samples_to_learn", learn->n);
    hk_summary_count(s->summary, "samples_to_test", s->split.test.n);
    hk_summary_count(s->summary, "samples_empty", count_empty(learn) + count_empty(&s->split.test));
    hk_summary_count(s->summary, "features", learn->n_features);
    hk_summary_count(s->summary, "classes", learn->n_classes);
    int rc = judge(s, learn, "accuracy_on_learnt", NULL, &undecided);
    if (rc == HK_OK && test != NULL)
        rc = judge(s, test, "test_accuracy", s->confusion, &undecided);
    if (rc == HK_OK && test != NULL)
        hk_summary_count(s->summary, "test_undecided", undecided);
    return rc == HK_OK ? s->readout->report(&s->job, s->model, test == NULL ? learn : test, s->summary) : rc;
}

static void say(const session *s)
{
    const hk_summary *right = hk_summary_find(s->summary, "test_accuracy");
    const hk_summary *learnt = hk_summary_find(s->summary, "accuracy_on_learnt");
    FILE *stream = s->request->json != NULL && strcmp(s->request->json, "-") == 0 ? stderr : stdout;
    if (s->request->quiet || learnt == NULL)
        return;
    fprintf(stream, "%s on %zu %s of %zu samples: %.2f %% of those right", s->readout->name, s->split.learn.n_features,
            s->request->images != NULL ? "pixels" : "features", s->split.learn.n, 100.0 * learnt->number);
    if (right != NULL)
        fprintf(stream, ", %.2f %% of %zu others", 100.0 * right->number, s->split.test.n);
    fputc('\n', stream);
    const hk_summary *empty = hk_summary_find(s->summary, "samples_empty");
    if (strcmp(empty->text, "0") != 0)
        fprintf(stream, "  %s samples are empty: 0 everywhere, of a recording those without a spike\n", empty->text);
    static const char *const extra[] = {
        "lambda",     "rho",         "units",        "quantisation_error", "topographic_error",
        "dead_units", "labels_used", "variance_kept"
    };
    for (size_t k = 0; k < sizeof extra / sizeof extra[0]; k++) {
        const hk_summary *member = hk_summary_find(s->summary, extra[k]);
        if (member != NULL && member->kind == HK_SUMMARY_WHOLE)
            fprintf(stream, "  %-20s %s\n", extra[k], member->text);
        else if (member != NULL)
            fprintf(stream, "  %-20s %.6g\n", extra[k], member->number);
    }
}

static int draw(const session *s)
{
    const char *prefix = s->request->plot;
    size_t size = strlen(prefix) + 32;
    char *path = malloc(size);
    int rc = path == NULL ? hk_fail(s->job.ctx, HK_ENOMEM, "no memory for a path") : HK_OK;
    if (rc == HK_OK) {
        snprintf(path, size, "%s-confusion.svg", prefix);
        rc = hk_make_parents(s->job.ctx, path);
    }
    if (rc == HK_OK && s->split.test.n > 0 && s->split.learn.n_classes <= 40)
        rc = hk_figure_confusion(s->job.ctx,
                                 &(hk_picture){ .path = path, .format = HK_PICTURE_SVG, .title = "confusion" },
                                 s->confusion, s->split.learn.n_classes, NULL);
    free(path);
    return rc == HK_OK && s->readout->plot != NULL ? s->readout->plot(&s->job, s->model, prefix) : rc;
}

/* Says what samples a message is about. */
static int blame(const session *s, const char *which, int rc)
{
    char why[400];
    if (rc == HK_OK)
        return HK_OK;
    snprintf(why, sizeof why, "%s", hk_ctx_message(s->job.ctx));
    return hk_fail(s->job.ctx, rc, "%.200s, samples to %s: %s",
                   s->request->images != NULL ? s->request->images : s->request->path, which, why);
}

/* What was learnt must fit what is to be decided. */
static int check_shape(const session *s)
{
    size_t n_features;
    uint32_t n_classes;
    s->readout->shape(s->model, &n_features, &n_classes);
    int rc = blame(s, "learn from", hk_features_check_width(s->job.ctx, &s->split.learn, n_features));
    return rc == HK_OK && s->split.test.n > 0
               ? blame(s, "test on", hk_features_check_width(s->job.ctx, &s->split.test, n_features))
               : rc;
}

static int work(session *s)
{
    const request *r = s->request;
    int rc = load_samples(s);
    if (rc == HK_OK && r->load == NULL)
        rc = blame(s, "learn from", hk_features_check(r->ctx, &s->split.learn));
    if (rc == HK_OK && r->load == NULL && s->split.learn.n_classes == 1)
        fputs("hillock: warning: all samples to learn from are of class 0, so every decision will be, and the share of "
              "right ones "
              "means nothing\n",
              stderr);
    if (rc == HK_OK) {
        uint32_t n = s->split.learn.n_classes;
        s->confusion = calloc((size_t)n * n + 1, sizeof *s->confusion);
        s->summary = hk_summary_create();
        if (s->confusion == NULL || s->summary == NULL)
            rc = hk_fail(r->ctx, HK_ENOMEM, "readout: out of memory");
    }
    if (rc == HK_OK)
        rc = r->load != NULL ? hk_readout_model_load(&s->job, s->readout, r->load, &s->model)
                             : s->readout->learn(&s->job, &s->split.learn, &s->model);
    if (rc == HK_OK)
        rc = check_shape(s);
    if (rc == HK_OK)
        rc = measure(s);
    if (rc == HK_OK)
        rc = hk_summary_check(r->ctx, s->summary);
    if (rc == HK_OK && r->save != NULL)
        rc = hk_readout_model_save(&s->job, s->readout, s->model, r->save);
    if (rc != HK_OK)
        return rc;
    say(s);
    if (r->json != NULL && strcmp(r->json, "-") == 0)
        hk_summary_print(s->summary, stdout);
    else if (r->json != NULL)
        rc = hk_summary_write(r->ctx, s->summary, r->json);
    return rc == HK_OK && r->plot != NULL ? draw(s) : rc;
}

static int check_request(const request *r)
{
    if ((r->path == NULL) == (r->images == NULL))
        return hk_fail(r->ctx, HK_ERANGE, "read out what? Give one of a spike file and --images");
    if (r->images != NULL && r->labels != NULL)
        return hk_fail(r->ctx, HK_ERANGE, "--labels is for files; images have their own");
    return HK_OK;
}

static int run_request(const request *r, const hk_readout *readout)
{
    const hk_experiment table = { .name = readout->name, .options = readout->options, .n_options = readout->n_options };
    hk_values values;
    hk_team *team = NULL;
    int code = HK_EXIT_DONE, rc = hk_values_init(r->ctx, &table, &values);
    if (rc != HK_OK)
        return hk_complain(r->ctx, rc, "readout");
    for (size_t k = 0; k < r->n_assignments && rc == HK_OK; k++)
        rc = hk_values_assign(r->ctx, &values, r->assignments[k]);
    if (rc != HK_OK) {
        code = hk_complain_usage(r->ctx, rc, "readout");
        hk_values_fini(&values);
        return code;
    }
    session s = { .request = r, .readout = readout, .job = { .ctx = r->ctx, .values = &values, .seed = r->seed } };
    rc = hk_team_create(r->ctx, (unsigned)r->threads - 1, &team);
    s.job.team = team;
    if (rc == HK_OK)
        rc = work(&s);
    if (rc != HK_OK)
        code = hk_complain(r->ctx, rc, "readout");
    readout->destroy(s.model);
    hk_summary_destroy(s.summary);
    hk_split_fini(&s.split);
    free(s.confusion);
    hk_team_destroy(team);
    hk_values_fini(&values);
    return code;
}

static int run(const hk_catalogue *catalogue, int n, char *const *words)
{
    (void)catalogue;
    hk_ctx *ctx = hk_ctx_create();
    request r = { .ctx = ctx, .seed = 1, .threads = hk_cores(), .assignments = calloc((size_t)n + 1, sizeof(char *)) };
    const hk_readout *readout = NULL;
    int rc = r.assignments == NULL ? hk_fail(ctx, HK_ENOMEM, "readout: out of memory")
                                   : hk_flags_read(ctx, flags, N_FLAGS, n, words, take, &r);
    if (rc == HK_OK)
        rc = find_readout(&r, &readout);
    if (rc == HK_OK)
        rc = check_request(&r);
    int code = rc == HK_OK ? run_request(&r, readout) : hk_complain_usage(ctx, rc, "readout");
    free(r.assignments);
    hk_ctx_destroy(ctx);
    return code;
}

const hk_command hk_command_readout = { .name = "readout",
                                        .arguments = "NAME FILE",
                                        .run = run,
                                        .help = help,
                                        .summary = "classes from recorded spikes: votes, linear, Hebbian, maps" };
