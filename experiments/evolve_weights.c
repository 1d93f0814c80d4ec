/* experiments/evolve_weights.c - genomes that are the weights of a small spiking network; see evolve.h and evolution/crowd.h.
 *
 * Its inputs are the edges of evolution/edges.h, whose spikes are computed once, in the simulator, and then replayed, or pixels
 * (means of 2 x 2). Fitness is the mean log-likelihood of the right class over the images of the generation; the genetic
 * algorithm's is the share of them that it gets right. */
#include "experiments/evolution/crowd.h"
#include "experiments/evolution/edges.h"
#include "experiments/evolve.h"
#include "sim/draw.h"
#include "sim/rng.h"

#include <stdlib.h>
#include <string.h>

#define EDGES_GAIN 4.0 /* edges are sparse: the mean of a pool is about a quarter of what a pixel would be */
#define PIXELS_DARK 0.1

enum { FILTERS = 8, POOLED_PX = 2, N_CLASSES = HK_DATASET_CLASSES };

typedef struct shared {
    bool sees_edges;
    hk_edge_filter filters[FILTERS];
    hk_features train, validation, test;
    hk_crowd *judge; /* of one individual, for what is not a generation */
} shared;

typedef struct own {
    hk_crowd *crowd;
    double *potentials; /* [individuals][N_CLASSES] */
    size_t *batch;      /* [e->batch] */
} own;

static hk_edges_config edges_of(const hk_evolve *e, const hk_edge_filter *filters)
{
    return (hk_edges_config){ .rows = e->train.rows, .cols = e->train.cols, .n_filters = FILTERS, .filters = filters };
}

static bool sees_edges(const hk_evolve *e)
{
    return strcmp(hk_run_text(e->run, "inputs"), "edges") == 0;
}

static hk_crowd_config crowd_of(const hk_evolve *e, uint32_t n_individuals)
{
    const bool edges = sees_edges(e);
    const hk_edges_config config = edges_of(e, NULL);
    const uint32_t rows = (e->train.rows + POOLED_PX - 1) / POOLED_PX,
                   cols = (e->train.cols + POOLED_PX - 1) / POOLED_PX;
    return (hk_crowd_config){ .n_inputs = edges ? hk_edges_n_features(&config) : rows * cols,
                              .n_hidden = (uint32_t)hk_run_integer(e->run, "hidden"),
                              .n_individuals = n_individuals,
                              .gain = edges ? EDGES_GAIN : 1.0,
                              .dark = edges ? 0.0 : PIXELS_DARK };
}

static size_t n_genes(const hk_evolve *e)
{
    const hk_crowd_config config = crowd_of(e, 1);
    return hk_crowd_n_genes(&config);
}

/* ---- inputs ------------------------------------------------------------------------------------------------------ */

static bool stopping(void *user)
{
    const hk_evolve *e = user;
    return hk_run_stopping(e->run);
}

/* Means of 2 x 2 pixels; outside the image it is dark. */
static int pool_pixels(hk_ctx *ctx, const hk_images *images, hk_features *out)
{
    const uint32_t rows = (images->rows + POOLED_PX - 1) / POOLED_PX, cols = (images->cols + POOLED_PX - 1) / POOLED_PX;
    int rc = hk_features_init(ctx, images->n, (size_t)rows * cols, out);
    for (size_t i = 0; rc == HK_OK && i < images->n; i++) {
        const uint8_t *pixels = images->pixels + i * images->rows * images->cols;
        float *values = out->values + i * out->n_features;
        for (uint32_t y = 0; y < images->rows; y++)
            for (uint32_t x = 0; x < images->cols; x++)
                values[y / POOLED_PX * cols + x / POOLED_PX] += (float)pixels[y * images->cols + x] /
                                                                (255.0f * POOLED_PX * POOLED_PX);
        out->labels[i] = images->labels[i];
    }
    return rc;
}

static int see(hk_evolve *e, const hk_images *images, hk_features *out)
{
    shared *s = e->own;
    hk_edges_cost cost = { 0 };
    if (!s->sees_edges)
        return pool_pixels(hk_run_ctx(e->run), images, out);
    const hk_edges_config config = edges_of(e, s->filters);
    int rc = hk_edges_simulate(hk_run_ctx(e->run), &config, images, e->team, stopping, e, &cost, out);
    e->spikes += cost.spikes;
    e->synaptic_events += cost.synaptic_events;
    e->cpu_s += cost.others_cpu_s;
    return rc;
}

static int prepare(hk_evolve *e)
{
    shared *s = calloc(1, sizeof *s);
    const hk_crowd_config config = crowd_of(e, 1);
    e->own = s;
    if (s == NULL)
        return hk_fail(hk_run_ctx(e->run), HK_ENOMEM, "evolve: out of memory");
    s->sees_edges = sees_edges(e);
    hk_edges_usual(s->filters, FILTERS);
    hk_run_progress(e->run, "images as spikes", 0.0, 0.0);
    int rc = see(e, &e->train, &s->train);
    if (rc == HK_OK && !hk_run_stopping(e->run))
        rc = see(e, &e->validation, &s->validation);
    if (rc == HK_OK)
        rc = hk_crowd_create(hk_run_ctx(e->run), &config, &s->judge);
    /* Without hidden neurons all weights may start alike. With them each must begin somewhere of its own. */
    for (size_t k = 0; rc == HK_OK && config.n_hidden > 0 && !e->is_genetic && k < e->n_genes; k++) {
        hk_stream stream = hk_stream_open(hk_run_seed(e->run), HK_PURPOSE_EXPERIMENT, hk_name_id("first genes"),
                                          (uint32_t)k);
        e->strategy.mean[k] = 0.1 * hk_stream_normal(&stream);
    }
    return rc;
}

static void clean_up(hk_evolve *e)
{
    shared *s = e->own;
    if (s == NULL)
        return;
    hk_features_fini(&s->train);
    hk_features_fini(&s->validation);
    hk_features_fini(&s->test);
    hk_crowd_destroy(s->judge);
    free(s);
}

/* ---- a generation ------------------------------------------------------------------------------------------------ */

static int join(hk_evolve *e, hk_evolve_member *member)
{
    const uint32_t n = member->end - member->first;
    const hk_crowd_config config = crowd_of(e, n);
    own *o = calloc(1, sizeof *o);
    member->own = o;
    if (o == NULL)
        return hk_fail(member->ctx, HK_ENOMEM, "evolve: out of memory");
    o->potentials = calloc((size_t)n * N_CLASSES, sizeof *o->potentials);
    o->batch = calloc(e->batch, sizeof *o->batch);
    if (o->potentials == NULL || o->batch == NULL)
        return hk_fail(member->ctx, HK_ENOMEM, "evolve: out of memory");
    return hk_crowd_create(member->ctx, &config, &o->crowd);
}

static void leave(hk_evolve_member *member)
{
    own *o = member->own;
    if (o == NULL)
        return;
    hk_crowd_destroy(o->crowd);
    free(o->potentials);
    free(o->batch);
    free(o);
}

static int judge(hk_evolve *e, hk_evolve_member *member, uint64_t generation)
{
    const shared *s = e->own;
    own *o = member->own;
    const uint32_t n = member->end - member->first;
    double *fitness = e->fitness + member->first, *accuracy = e->accuracy + member->first;
    hk_evolve_choose(e, generation, 0, s->train.n, e->batch, o->batch);
    for (uint32_t k = 0; k < n; k++) {
        hk_crowd_set(o->crowd, k, member->genes + k * e->n_genes);
        fitness[k] = accuracy[k] = 0.0;
    }
    int rc = hk_crowd_ready(o->crowd);
    for (size_t i = 0; rc == HK_OK && i < e->batch; i++) {
        const uint32_t label = s->train.labels[o->batch[i]];
        rc = hk_crowd_show(o->crowd, hk_features_row(&s->train, o->batch[i]), o->potentials);
        for (uint32_t k = 0; rc == HK_OK && k < n; k++) {
            fitness[k] += hk_crowd_log_likelihood(o->potentials + k * N_CLASSES, label) / (double)e->batch;
            accuracy[k] += hk_crowd_decision(o->potentials + k * N_CLASSES) == label ? 1.0 / (double)e->batch : 0.0;
        }
    }
    for (uint32_t k = 0; e->is_genetic && k < n; k++)
        fitness[k] = accuracy[k];
    return rc;
}

/* ---- one genome -------------------------------------------------------------------------------------------------- */

/* confusion[true][answer] may be NULL. */
static int decide(hk_evolve *e, const float *genes, const hk_features *images, size_t n, double (*confusion)[N_CLASSES],
                  double *accuracy)
{
    shared *s = e->own;
    double potentials[N_CLASSES], n_right = 0.0;
    hk_crowd_set(s->judge, 0, genes);
    int rc = hk_crowd_ready(s->judge);
    for (size_t i = 0; rc == HK_OK && i < n; i++) {
        rc = hk_crowd_show(s->judge, hk_features_row(images, i), potentials);
        const uint32_t answer = hk_crowd_decision(potentials);
        n_right += answer == images->labels[i];
        if (confusion != NULL)
            confusion[images->labels[i]][answer] += 1.0;
    }
    *accuracy = n_right / (double)n;
    return rc;
}

static int check(hk_evolve *e, const float *genes, size_t n, double *accuracy)
{
    const shared *s = e->own;
    return decide(e, genes, &s->validation, n < s->validation.n ? n : s->validation.n, NULL, accuracy);
}

/* Spikes and synaptic events of this run so far, those of the inputs included. */
static void tell_events(hk_evolve *e)
{
    uint64_t spikes = e->spikes, synaptic_events = e->synaptic_events;
    for (unsigned k = 0; k < hk_team_size(e->team); k++) {
        const own *o = e->members[k].own;
        if (o == NULL)
            continue;
        spikes += hk_crowd_stats(o->crowd).spikes;
        synaptic_events += hk_crowd_stats(o->crowd).synaptic_events;
    }
    hk_run_events(e->run, spikes, synaptic_events);
}

static int finish(hk_evolve *e)
{
    shared *s = e->own;
    hk_evolve_outcome *o = &e->outcome;
    tell_events(e);
    hk_run_progress(e->run, "test images", 1.0, 0.0);
    int rc = decide(e, e->best, &s->validation, s->validation.n, NULL, &o->validation);
    if (rc == HK_OK)
        rc = see(e, &e->data.test, &s->test);
    if (rc == HK_OK && !hk_run_stopping(e->run))
        rc = decide(e, e->best, &s->test, s->test.n, o->confusion, &o->test);
    return rc;
}

static int put(hk_evolve *e, hk_results *file)
{
    const shared *s = e->own;
    float kernels[FILTERS][HK_EDGES_SIDE * HK_EDGES_SIDE];
    if (!s->sees_edges)
        return HK_OK;
    for (int f = 0; f < FILTERS; f++)
        hk_edge_kernel(&s->filters[f], kernels[f]);
    return hk_results_put(file, "receptive_fields",
                          &(hk_array){ .type = HK_F32,
                                       .n_dims = 3,
                                       .shape = { FILTERS, HK_EDGES_SIDE, HK_EDGES_SIDE },
                                       .values = kernels,
                                       .description = "kernels of the edge neurons, fixed" });
}

const hk_evolve_task hk_evolve_weights = { .n_genes = n_genes,
                                           .prepare = prepare,
                                           .clean_up = clean_up,
                                           .join = join,
                                           .leave = leave,
                                           .judge = judge,
                                           .check = check,
                                           .finish = finish,
                                           .put = put };
