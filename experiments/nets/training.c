/* experiments/nets/training.c - see training.h. */
#include "experiments/nets/training.h"

#include "experiments/readouts/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct state {
    hk_run *run;
    const hk_training_config *config;
    hk_training *training;
    hk_descent descent;
    double *gradient;
    size_t *order;
    uint8_t *labels;
    size_t first; /* of the batch, in the order */
    uint32_t epoch;
} state;

static uint64_t batches_an_epoch(const hk_training_config *config)
{
    return (config->images.n + config->batch - 1) / config->batch;
}

/* ---- checkpoints --------------------------------------------------------------------------------------------------- */

static int archive_arrays(state *s, hk_archive *archive)
{
    const hk_training_config *c = s->config;
    hk_training *t = s->training;
    const struct {
        const char *name;
        double *values;
        size_t n;
    } arrays[] = { { "params", c->params, c->n_params },
                   { "first", s->descent.first, c->n_params },
                   { "second", s->descent.second, c->n_params },
                   { "first_power", &s->descent.first_power, 1 },
                   { "second_power", &s->descent.second_power, 1 },
                   { "curve", t->curve, 3 * (size_t)c->epochs },
                   { "sums", t->sums, 2 } };
    int rc = HK_OK;
    for (size_t k = 0; k < sizeof arrays / sizeof arrays[0] && rc == HK_OK; k++)
        rc = hk_archive_array(archive, arrays[k].name, HK_F64, arrays[k].values, arrays[k].n);
    return rc;
}

static int archive_state(void *user, hk_archive *archive)
{
    state *s = user;
    uint64_t row[2] = { hk_run_seed(s->run), s->training->at };
    int rc = hk_archive_enter(archive, "training");
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "config", hk_run_config(s->run));
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "data", s->config->data);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "counters", HK_U64, row, 2);
    if (rc == HK_OK && (row[0] != hk_run_seed(s->run) || row[1] > s->training->n_batches))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT,
                     "checkpoint: seed %llu at batch %llu, must be seed %llu and at most %llu batches",
                     (unsigned long long)row[0], (unsigned long long)row[1], (unsigned long long)hk_run_seed(s->run),
                     (unsigned long long)s->training->n_batches);
    s->training->at = row[1];
    if (rc == HK_OK)
        rc = archive_arrays(s, archive);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}

static int save(state *s)
{
    return hk_archive_save(hk_run_ctx(s->run), hk_run_checkpoint(s->run), archive_state, s);
}

static int resume(state *s)
{
    int rc = hk_archive_load(hk_run_ctx(s->run), hk_run_resume(s->run), archive_state, s);
    if (rc == HK_OK)
        hk_run_report(s->run, "resumed: batch %llu of %llu", (unsigned long long)s->training->at,
                      (unsigned long long)s->training->n_batches);
    return rc;
}

/* ---- batches ------------------------------------------------------------------------------------------------------- */

static void draw_samples(void *user, size_t begin, size_t end)
{
    const state *s = user;
    const hk_training_config *c = s->config;
    const size_t n_pixels = (size_t)c->images.rows * c->images.cols;
    for (size_t k = begin; k < end; k++) {
        size_t image = s->order[s->first + k];
        hk_distortion distortion = hk_distortion_draw(&c->most, c->seed, image, s->epoch);
        hk_distort(&c->images, image, &distortion, c->values + k * n_pixels);
        s->labels[k] = c->images.labels[image];
    }
}

static int learn_batch(state *s, hk_multiplier *multiplier)
{
    const hk_training_config *c = s->config;
    hk_training *t = s->training;
    const size_t left = c->images.n - s->first, n = left < c->batch ? left : c->batch;
    size_t n_right = 0;
    double loss;
    hk_multiplier_share(multiplier, n, 8, draw_samples, s);
    int rc = c->gradient(c->net, n, s->labels, &loss, &n_right, s->gradient);
    if (rc == HK_OK && !isfinite(loss))
        rc = hk_fail(hk_run_ctx(s->run), HK_EBLOWUP, "the loss became %g in epoch %u; a lower learning_rate may help",
                     loss, s->epoch + 1);
    if (rc != HK_OK)
        return rc;
    double rate = hk_order_fall(c->rate_start, c->rate_end, (double)t->at / (double)t->n_batches);
    hk_descent_step(&s->descent, rate, s->gradient, c->params);
    t->sums[0] += (double)n_right;
    t->sums[1] += (double)n * loss;
    t->at++;
    return HK_OK;
}

static void end_epoch(state *s)
{
    const double n = (double)s->config->images.n;
    double *sums = s->training->sums, *point = s->training->curve + 3 * (size_t)s->epoch;
    point[0] = n * (s->epoch + 1.0);
    point[1] = sums[0] / n;
    point[2] = sums[1] / n;
    sums[0] = sums[1] = 0.0;
    hk_run_report(s->run, "epoch %u: %.2f %% right while learning, loss %.4f", s->epoch + 1, 100.0 * point[1],
                  point[2]);
}

static int learn(state *s, hk_multiplier *multiplier)
{
    hk_training *t = s->training;
    const uint64_t an_epoch = batches_an_epoch(s->config);
    bool is_new = true;
    while (t->at < t->n_batches) {
        s->epoch = (uint32_t)(t->at / an_epoch);
        s->first = (size_t)(t->at % an_epoch) * s->config->batch;
        if (is_new)
            hk_order_shuffle(s->order, s->config->images.n, s->config->seed, "training", s->epoch);
        int rc = learn_batch(s, multiplier);
        is_new = t->at % an_epoch == 0;
        if (rc == HK_OK && is_new)
            end_epoch(s);
        hk_run_progress(s->run, "training", s->config->progress * (double)t->at / (double)t->n_batches, 0.0);
        const bool stopping = hk_run_stopping(s->run);
        if (rc == HK_OK && hk_run_checkpoint(s->run) != NULL && (stopping || hk_run_checkpoint_due(s->run)))
            rc = save(s);
        if (rc != HK_OK || stopping)
            return rc;
    }
    return HK_OK;
}

int hk_training_run(hk_run *run, hk_multiplier *multiplier, const hk_training_config *config, hk_training *out)
{
    state s = { .run = run,
                .config = config,
                .training = out,
                .gradient = malloc(config->n_params * sizeof *s.gradient),
                .order = malloc(config->images.n * sizeof *s.order),
                .labels = malloc(config->batch) };
    *out = (hk_training){ .n_batches = batches_an_epoch(config) * config->epochs,
                          .curve = calloc(3 * (size_t)config->epochs, sizeof *out->curve),
                          .sums = calloc(2, sizeof *out->sums) };
    int rc = hk_descent_init(hk_run_ctx(run), config->method, config->momentum, config->n_params, &s.descent);
    if (rc == HK_OK &&
        (s.gradient == NULL || s.order == NULL || s.labels == NULL || out->curve == NULL || out->sums == NULL))
        rc = hk_fail(hk_run_ctx(run), HK_ENOMEM, "no memory to train on %zu images", config->images.n);
    if (rc == HK_OK && hk_run_resume(run) != NULL)
        rc = resume(&s);
    if (rc == HK_OK)
        rc = learn(&s, multiplier);
    hk_descent_fini(&s.descent);
    free(s.gradient);
    free(s.order);
    free(s.labels);
    return rc;
}

int hk_training_save(hk_run *run, const hk_training_config *config, hk_training *training)
{
    state s = { .run = run, .config = config, .training = training };
    int rc = hk_descent_init(hk_run_ctx(run), config->method, config->momentum, config->n_params, &s.descent);
    if (rc == HK_OK)
        rc = save(&s);
    hk_descent_fini(&s.descent);
    return rc;
}

int hk_training_put(hk_ctx *ctx, const hk_training *training, uint32_t epochs, hk_results *file)
{
    if (training->curve == NULL)
        return HK_OK;
    double *rows = calloc((size_t)epochs * 2, sizeof *rows);
    if (rows == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for %u epochs", epochs);
    for (size_t k = 0; k < epochs; k++)
        memcpy(rows + 2 * k, training->curve + 3 * k, 2 * sizeof *rows);
    int rc = hk_results_put(file, "accuracy_over_training",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 2,
                                         .shape = { epochs, 2 },
                                         .values = rows,
                                         .description = "share of an epoch's images right while learnt from" });
    if (rc == HK_OK)
        rc = hk_results_put_text(file, "accuracy_over_training", "columns", "training images, net");
    free(rows);
    return rc;
}

void hk_training_fini(hk_training *training)
{
    free(training->curve);
    free(training->sums);
    *training = (hk_training){ 0 };
}
