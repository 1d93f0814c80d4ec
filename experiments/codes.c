/* experiments/codes.c - one network and one rule under every code: tuned alike, then compared on images never seen.
 *
 * First every code gets the same number of trials, points of its space drawn at random, each of which trains a network and
 * tests it on validation images. With the best of them a network is then trained and tested for each of several seeds: accuracy,
 * time to the decision, spikes, synaptic events, processor time, and accuracy with disturbed pixels, spikes and weights. The
 * test images are read in that second part only.
 *
 * Trials run side by side (--jobs, pool.h) and share nothing: what comes out does not depend on how many do. A checkpoint keeps what
 * is finished; trials that were interrupted are run again.
 *
 * After Guo, Fouda, Eltawil & Salama (2021), Front. Neurosci. 15:638474. */
#include "experiments/codes.h"

#include "encoders/catalogue.h"
#include "experiments/choice.h"
#include "experiments/class_warning.h"
#include "experiments/pool.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CODES = 16 };

static const hk_option options[] = {
    { .name = "code",
      .type = HK_OPTION_CHOICE,
      .text = "all",
      .choices = hk_encoder_names_and_all,
      .meaning = "one of them, or all" },
    HK_DATA_OPTION,
    HK_COUNT("neurons", 100, 2, 10000, "size of the competing layer"),
    HK_COUNT("trials", 20, 1, 10000, "choices of parameters tried for each code"),
    HK_COUNT("test_seeds", 5, 1, 1000, "networks trained with the best choice: seed, seed + 1, ..."),
    HK_COUNT("train", 10000, 10, 1e6, "training images, shown once"),
    HK_COUNT("label", 5000, 10, 1e6, "the last so many of them name the neurons"),
    HK_COUNT("validation", 2000, 10, 1e6, "further images, by which choices are judged"),
    HK_COUNT("test", 10000, 10, 1e6, "test images"),
    HK_COUNT("probe", 1000, 1, 1e6, "the first so many of them are shown disturbed, too"),
};

typedef struct state {
    hk_run *run;
    hk_dataset data;
    hk_images train, label, validation;
    const hk_encoder *encoders[MOST_CODES];
    hk_codes_results results;
    bool testing; /* the second part */
    pthread_mutex_t lock;
    /* under the lock */
    size_t next, n_done;
    int rc;
    char message[512];
} state;

static size_t n_jobs(const state *s)
{
    return s->results.n_codes * (s->testing ? s->results.n_seeds : s->results.n_trials);
}

static bool is_done(const state *s, size_t job)
{
    return s->testing ? s->results.tested[job] != 0 : !isnan(s->results.scores[job]);
}

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

static int archive_state(void *user, hk_archive *archive)
{
    state *s = user;
    hk_codes_results *r = &s->results;
    const size_t n_tests = r->n_codes * r->n_seeds, n_each = sizeof *r->tests / sizeof(double);
    int rc = hk_archive_enter(archive, "codes");
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "config", hk_run_config(s->run));
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "data", s->data.name);
    uint64_t seed = hk_run_seed(s->run);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "seed", HK_U64, &seed, 1);
    if (rc == HK_OK && seed != hk_run_seed(s->run))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: seed %llu, must be %llu",
                     (unsigned long long)seed, (unsigned long long)hk_run_seed(s->run));
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "scores", HK_F64, r->scores, r->n_codes * r->n_trials);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "tested", HK_U64, r->tested, n_tests);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "tests", HK_F64, r->tests, n_tests * n_each);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}

static int save(state *s, hk_ctx *ctx)
{
    return hk_archive_save(ctx, hk_run_checkpoint(s->run), archive_state, s);
}

static int resume(state *s)
{
    size_t n_scores = 0, n_tests = 0;
    if (hk_run_resume(s->run) == NULL)
        return HK_OK;
    int rc = hk_archive_load(hk_run_ctx(s->run), hk_run_resume(s->run), archive_state, s);
    for (size_t k = 0; k < s->results.n_codes * s->results.n_trials; k++)
        n_scores += isnan(s->results.scores[k]) ? 0 : 1;
    for (size_t k = 0; k < s->results.n_codes * s->results.n_seeds; k++)
        n_tests += s->results.tested[k] != 0;
    if (rc == HK_OK)
        hk_run_report(s->run, "resumed: %zu trials and %zu tests are done", n_scores, n_tests);
    return rc;
}

/* ---- jobs -------------------------------------------------------------------------------------------------------- */

static int do_job(state *s, hk_ctx *ctx, size_t job, hk_codes_measures *out, bool *complete)
{
    const hk_codes_results *r = &s->results;
    const size_t code = job / (s->testing ? r->n_seeds : r->n_trials);
    const uint32_t trial = s->testing ? hk_codes_best(r, code) : (uint32_t)(job % r->n_trials);
    double values[HK_CODES_MOST_DIMS];
    hk_codes_draw(r->encoders[code], hk_run_seed(s->run), trial, values);
    hk_codes_task task = { .encoder = r->encoders[code],
                           .values = values,
                           .data = &s->data,
                           .train = s->train,
                           .label = s->label,
                           .test = s->testing ? s->data.test : s->validation,
                           .n_probed = s->testing ? (size_t)hk_run_integer(s->run, "probe") : 0,
                           .neurons = (uint32_t)hk_run_integer(s->run, "neurons"),
                           .seed = hk_run_seed(s->run) + (s->testing ? job % r->n_seeds : 0),
                           .run = s->run };
    if (task.n_probed > task.test.n)
        task.n_probed = task.test.n;
    return hk_codes_measure(ctx, &task, out, complete);
}

static void keep(state *s, hk_ctx *ctx, size_t job, int rc, const hk_codes_measures *measures)
{
    const size_t code = job / (s->testing ? s->results.n_seeds : s->results.n_trials);
    if (rc == HK_OK && s->testing) {
        s->results.tests[job] = *measures;
        s->results.tested[job] = 1;
    } else if (rc == HK_OK) {
        s->results.scores[job] = measures->metrics[HK_ACCURACY];
    }
    s->n_done++;
    double all = (double)(s->results.n_codes * (s->results.n_trials + 2 * s->results.n_seeds)), before = 0.0;
    if (s->testing)
        before = (double)(s->results.n_codes * s->results.n_trials);
    hk_run_progress(s->run, s->results.encoders[code]->name,
                    (before + (s->testing ? 2.0 : 1.0) * (double)s->n_done) / all, 0.0);
    if (rc == HK_OK && hk_run_checkpoint_due(s->run))
        rc = save(s, ctx);
    if (rc != HK_OK && s->rc == HK_OK) {
        s->rc = rc;
        strncpy(s->message, hk_ctx_message(ctx), sizeof s->message - 1);
    }
}

static void work(void *user)
{
    state *s = user;
    hk_ctx *ctx = hk_ctx_create();
    for (;;) {
        hk_codes_measures measures;
        bool complete = false;
        pthread_mutex_lock(&s->lock);
        while (s->next < n_jobs(s) && is_done(s, s->next))
            s->next++;
        size_t job = s->next++;
        bool go_on = job < n_jobs(s) && s->rc == HK_OK && !hk_run_stopping(s->run);
        pthread_mutex_unlock(&s->lock);
        if (!go_on)
            break;
        int rc = ctx == NULL ? HK_ENOMEM : do_job(s, ctx, job, &measures, &complete);
        pthread_mutex_lock(&s->lock);
        if (complete || rc != HK_OK)
            keep(s, ctx, job, rc, &measures);
        pthread_mutex_unlock(&s->lock);
    }
    hk_ctx_destroy(ctx);
}

static int do_jobs(state *s, bool testing)
{
    s->testing = testing;
    s->next = s->n_done = 0;
    for (size_t k = 0; k < n_jobs(s); k++)
        s->n_done += is_done(s, k);
    int rc = hk_pool_run(hk_run_ctx(s->run), hk_run_jobs(s->run), work, s);
    if (rc != HK_OK)
        return rc;
    return s->rc == HK_OK ? HK_OK : hk_fail(hk_run_ctx(s->run), s->rc, "%s", s->message);
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static int load(state *s)
{
    hk_run *run = s->run;
    size_t n_train = (size_t)hk_run_integer(run, "train"), n_validation = (size_t)hk_run_integer(run, "validation");
    size_t n_label = (size_t)hk_run_integer(run, "label");
    hk_dataset_request request = { .name = hk_run_text(run, "data"),
                                   .n_train = n_train + n_validation,
                                   .n_test = (size_t)hk_run_integer(run, "test"),
                                   .glyph_seed = hk_run_seed(run) };
    int rc = hk_dataset_load(hk_run_ctx(run), &request, &s->data);
    if (rc != HK_OK)
        return rc;
    n_label = n_label < n_train ? n_label : n_train;
    s->train = hk_images_part(&s->data.train, 0, n_train);
    s->label = hk_images_part(&s->data.train, n_train - n_label, n_label);
    s->validation = hk_images_part(&s->data.train, n_train, n_validation);
    hk_run_report(run, "data: %s", s->data.report);
    hk_warn_of_classes(run, &s->label, "to name neurons by");
    return HK_OK;
}

static int make_room(state *s)
{
    hk_codes_results *r = &s->results;
    const char *code = hk_run_text(s->run, "code");
    *r = (hk_codes_results){ .encoders = s->encoders,
                             .n_trials = (size_t)hk_run_integer(s->run, "trials"),
                             .n_seeds = (size_t)hk_run_integer(s->run, "test_seeds") };
    for (size_t k = 0; hk_encoder_at(k) != NULL && r->n_codes < MOST_CODES; k++)
        if (strcmp(code, "all") == 0 || strcmp(code, hk_encoder_at(k)->name) == 0)
            s->encoders[r->n_codes++] = hk_encoder_at(k);
    r->scores = calloc(r->n_codes * r->n_trials, sizeof *r->scores);
    r->tested = calloc(r->n_codes * r->n_seeds, sizeof *r->tested);
    r->tests = calloc(r->n_codes * r->n_seeds, sizeof *r->tests);
    if (r->scores == NULL || r->tested == NULL || r->tests == NULL)
        return hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "codes: out of memory");
    for (size_t k = 0; k < r->n_codes * r->n_trials; k++)
        r->scores[k] = (double)NAN;
    return HK_OK;
}

static int run(hk_run *run)
{
    state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "codes: out of memory");
    s->run = run;
    pthread_mutex_init(&s->lock, NULL);
    int rc = load(s);
    if (rc == HK_OK)
        rc = make_room(s);
    if (rc == HK_OK)
        rc = resume(s);
    if (rc == HK_OK)
        rc = do_jobs(s, false);
    if (rc == HK_OK && !hk_run_stopping(run))
        rc = do_jobs(s, true);
    if (rc == HK_OK && hk_run_stopping(run))
        rc = hk_run_checkpoint(run) != NULL ? save(s, hk_run_ctx(run)) : HK_OK;
    else if (rc == HK_OK)
        rc = hk_codes_report(run, &s->results);
    free(s->results.scores);
    free(s->results.tested);
    free(s->results.tests);
    hk_dataset_fini(&s->data);
    pthread_mutex_destroy(&s->lock);
    free(s);
    return rc;
}

static const hk_summary_key keys[] = {
    { "codes", "",
      "by name: validation accuracy and the choice; mean and sd over the test seeds of accuracy, time to "
      "decision (ms), spikes, synaptic events and processor time (ms) an image; accuracy over the window; "
      "accuracy with each disturbance" },
};

const hk_experiment hk_experiment_codes = {
    .name = "codes",
    .summary = "one network and rule under every code, each tuned alike: accuracy, time, cost, robustness",
    .source = "after Guo, Fouda, Eltawil & Salama (2021), Front. Neurosci. 15:638474",
    .example = "codes --data glyphs --set trials=5 --set test_seeds=3 --set train=3000 --jobs 2",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .run = run,
};
