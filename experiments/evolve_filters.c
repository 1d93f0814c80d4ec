/* experiments/evolve_filters.c - genomes that are filters, judged by a self-organising map that learns what they show; see evolve.h.
 *
 * Five genes a filter, each any number; l(g) = 1 / (1 + exp(-g)). All are 0 at first, which makes filters 0 ... n - 1 those of
 * hk_edges_usual(): evenly spread directions.
 *
 *   wavelength   2 * 6.25^l(g) px     sigma  0.5 * 6^l(g) px     threshold  0.2 l(g)
 *   orientation  2 pi k / n + g / 2   phase  -pi / 2 + g / 2
 *
 * Maps see the features of an image divided by their length. In each generation maps of all individuals learn from the same images and are judged on the same further ones, all of the
 * training set. Features come from the formula; in the end they come from the simulator, which gives the same to rounding. */
#include "experiments/evolution/edges.h"
#include "experiments/evolve.h"
#include "experiments/readouts/som.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

enum { WAVELENGTH, SIGMA, ORIENTATION, PHASE, THRESHOLD, N_EACH };
enum { EPOCHS = 5, LAST_EPOCHS = 10, PARTS = 10, JUDGED_PART = 5 }; /* the last fifth of the training images judges */

typedef struct shared {
    float *start; /* [n_genes], all 0 */
    double before, largest_difference;
} shared;

typedef struct own {
    hk_team *alone;
    uint8_t *pixels, *labels; /* of the images of a generation */
    size_t *chosen;
    size_t n_learnt, n_judged;
} own;

static uint32_t n_filters(const hk_evolve *e)
{
    return (uint32_t)hk_run_integer(e->run, "filters");
}

static size_t n_genes(const hk_evolve *e)
{
    return (size_t)n_filters(e) * N_EACH;
}

static double logistic(float gene)
{
    return 1.0 / (1.0 + exp(-(double)gene));
}

static void express(const float *genes, uint32_t n, hk_edge_filter *filters)
{
    for (uint32_t f = 0; f < n; f++, genes += N_EACH)
        filters[f] = (hk_edge_filter){ .wavelength_px = 2.0 * pow(6.25, logistic(genes[WAVELENGTH])),
                                       .sigma_px = 0.5 * pow(6.0, logistic(genes[SIGMA])),
                                       .orientation_rad = 2.0 * PI * f / n + 0.5 * (double)genes[ORIENTATION],
                                       .phase_rad = -PI / 2.0 + 0.5 * (double)genes[PHASE],
                                       .threshold = 0.2 * logistic(genes[THRESHOLD]) };
}

/* ---- maps -------------------------------------------------------------------------------------------------------- */

/* To length 1; an image without features stays at 0. */
static void scale(hk_features *features)
{
    for (size_t i = 0; i < features->n; i++) {
        float *values = features->values + i * features->n_features;
        double squares = 0.0;
        for (size_t k = 0; k < features->n_features; k++)
            squares += (double)values[k] * (double)values[k];
        for (size_t k = 0; squares > 0.0 && k < features->n_features; k++)
            values[k] = (float)((double)values[k] / sqrt(squares));
    }
}

/* Learns a map from `samples`, and counts what it gets right of others. `confusion` may be NULL. */
static int learn_map(hk_ctx *ctx, const hk_features *samples, uint32_t side, uint32_t epochs, uint64_t seed,
                     hk_team *team, hk_som *som)
{
    const hk_som_config config = { .rows = side,
                                   .cols = side,
                                   .epochs = epochs,
                                   .parts = PARTS,
                                   .sigma_start = fmax(side / 3.0, 0.5),
                                   .sigma_end = 0.3,
                                   .eta_start = 0.5,
                                   .eta_end = 0.01,
                                   .seed = seed };
    hk_som_hit *hits = malloc(samples->n * sizeof *hits);
    int rc = hits == NULL ? hk_fail(ctx, HK_ENOMEM, "evolve: out of memory")
                          : hk_som_create(ctx, &config, samples, som);
    for (uint32_t k = 0; rc == HK_OK && k < epochs; k++)
        rc = hk_som_learn(ctx, som, samples, k, team);
    if (rc == HK_OK)
        rc = hk_som_find(ctx, som, samples, team, hits);
    if (rc == HK_OK)
        rc = hk_som_name(ctx, som, samples, hits);
    free(hits);
    return rc;
}

static int ask_map(hk_ctx *ctx, const hk_som *som, const hk_features *samples, hk_team *team,
                   double (*confusion)[HK_DATASET_CLASSES], double *accuracy)
{
    hk_som_hit *hits = malloc(samples->n * sizeof *hits);
    int rc = hits == NULL ? hk_fail(ctx, HK_ENOMEM, "evolve: out of memory")
                          : hk_som_find(ctx, som, samples, team, hits);
    *accuracy = 0.0;
    for (size_t i = 0; rc == HK_OK && i < samples->n; i++) {
        const uint32_t answer = (uint32_t)som->labels[hits[i].first];
        *accuracy += answer == samples->labels[i] ? 1.0 / (double)samples->n : 0.0;
        if (confusion != NULL)
            confusion[samples->labels[i]][answer] += 1.0;
    }
    free(hits);
    return rc;
}

static hk_images some(const hk_images *images, size_t first, size_t n)
{
    hk_images out = *images;
    out.n = n;
    out.pixels += first * images->rows * images->cols;
    out.labels += first;
    return out;
}

/* A small map that learns from the first n_learnt images and is judged on those behind them. */
static int judge_filters(hk_ctx *ctx, const hk_evolve *e, const float *genes, const hk_images *learnt,
                         const hk_images *judged, uint64_t seed, hk_team *alone, double *accuracy)
{
    hk_edge_filter filters[HK_EDGES_MOST_FILTERS];
    const hk_edges_config config = {
        .rows = learnt->rows, .cols = learnt->cols, .n_filters = n_filters(e), .filters = filters
    };
    hk_features first = { 0 }, second = { 0 };
    hk_som som = { 0 };
    express(genes, config.n_filters, filters);
    int rc = hk_edges_values(ctx, &config, learnt, &first);
    if (rc == HK_OK)
        rc = hk_edges_values(ctx, &config, judged, &second);
    if (rc == HK_OK) {
        scale(&first);
        scale(&second);
    }
    if (rc == HK_OK)
        rc = learn_map(ctx, &first, (uint32_t)hk_run_integer(e->run, "map"), EPOCHS, seed, alone, &som);
    if (rc == HK_OK)
        rc = ask_map(ctx, &som, &second, alone, NULL, accuracy);
    hk_som_fini(&som);
    hk_features_fini(&first);
    hk_features_fini(&second);
    return rc;
}

/* ---- a generation ------------------------------------------------------------------------------------------------ */

static int prepare(hk_evolve *e)
{
    shared *s = calloc(1, sizeof *s);
    e->own = s;
    if (s != NULL)
        s->start = calloc(e->n_genes, sizeof *s->start);
    if (s == NULL || s->start == NULL)
        return hk_fail(hk_run_ctx(e->run), HK_ENOMEM, "evolve: out of memory");
    if (e->train.n < 2 * JUDGED_PART)
        return hk_fail(hk_run_ctx(e->run), HK_ERANGE, "evolve: train = %zu, must be at least %d", e->train.n,
                       2 * JUDGED_PART);
    return HK_OK;
}

static void clean_up(hk_evolve *e)
{
    shared *s = e->own;
    if (s != NULL)
        free(s->start);
    free(s);
}

static int join(hk_evolve *e, hk_evolve_member *member)
{
    own *o = calloc(1, sizeof *o);
    member->own = o;
    if (o == NULL)
        return hk_fail(member->ctx, HK_ENOMEM, "evolve: out of memory");
    o->n_learnt = (size_t)hk_run_integer(e->run, "map_train");
    o->n_judged = e->batch;
    const size_t n = o->n_learnt + o->n_judged;
    o->pixels = calloc(n, (size_t)e->train.rows * e->train.cols);
    o->labels = calloc(n, 1);
    o->chosen = calloc(n, sizeof *o->chosen);
    if (o->pixels == NULL || o->labels == NULL || o->chosen == NULL)
        return hk_fail(member->ctx, HK_ENOMEM, "evolve: no memory for %zu images", n);
    return hk_team_create(member->ctx, 0, &o->alone);
}

static void leave(hk_evolve_member *member)
{
    own *o = member->own;
    if (o == NULL)
        return;
    hk_team_destroy(o->alone);
    free(o->pixels);
    free(o->labels);
    free(o->chosen);
    free(o);
}

static int judge(hk_evolve *e, hk_evolve_member *member, uint64_t generation)
{
    own *o = member->own;
    const size_t n_last = e->train.n / JUDGED_PART, n_first = e->train.n - n_last, n = o->n_learnt + o->n_judged;
    const size_t n_pixels = (size_t)e->train.rows * e->train.cols;
    const hk_images all = {
        .n = n, .rows = e->train.rows, .cols = e->train.cols, .pixels = o->pixels, .labels = o->labels
    };
    const hk_images learnt = some(&all, 0, o->n_learnt), judged = some(&all, o->n_learnt, o->n_judged);
    hk_evolve_choose(e, generation, 0, n_first, o->n_learnt, o->chosen);
    hk_evolve_choose(e, generation, 1, n_last, o->n_judged, o->chosen + o->n_learnt);
    for (size_t i = 0; i < n; i++) {
        const size_t from = o->chosen[i] + (i < o->n_learnt ? 0 : n_first);
        memcpy(o->pixels + i * n_pixels, e->train.pixels + from * n_pixels, n_pixels);
        o->labels[i] = e->train.labels[from];
    }
    int rc = HK_OK;
    for (uint32_t k = member->first; rc == HK_OK && k < member->end; k++) {
        rc = judge_filters(member->ctx, e, member->genes + (k - member->first) * e->n_genes, &learnt, &judged,
                           hk_run_seed(e->run) + generation, o->alone, &e->fitness[k]);
        e->accuracy[k] = e->fitness[k];
    }
    return rc;
}

static int check(hk_evolve *e, const float *genes, size_t n, double *accuracy)
{
    hk_team *alone;
    const size_t n_learnt = (size_t)hk_run_integer(e->run, "map_train");
    const hk_images learnt = some(&e->train, 0, n_learnt < e->train.n ? n_learnt : e->train.n);
    const hk_images judged = some(&e->validation, 0, n < e->validation.n ? n : e->validation.n);
    int rc = hk_team_create(hk_run_ctx(e->run), 0, &alone);
    if (rc == HK_OK)
        rc = judge_filters(hk_run_ctx(e->run), e, genes, &learnt, &judged, hk_run_seed(e->run), alone, accuracy);
    hk_team_destroy(alone);
    return rc;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static bool stopping(void *user)
{
    const hk_evolve *e = user;
    return hk_run_stopping(e->run);
}

/* Learns the last map from all training images and asks it about validation (where wanted) and test images. */
static int ask_last_map(hk_evolve *e, hk_features *train, hk_features *validation, hk_features *test,
                        double *of_validation, double (*confusion)[HK_DATASET_CLASSES], double *of_test)
{
    hk_ctx *ctx = hk_run_ctx(e->run);
    hk_som som = { 0 };
    scale(train);
    if (validation != NULL)
        scale(validation);
    scale(test);
    int rc = learn_map(ctx, train, (uint32_t)hk_run_integer(e->run, "last_map"), LAST_EPOCHS, hk_run_seed(e->run),
                       e->team, &som);
    if (rc == HK_OK && validation != NULL)
        rc = ask_map(ctx, &som, validation, e->team, NULL, of_validation);
    if (rc == HK_OK)
        rc = ask_map(ctx, &som, test, e->team, confusion, of_test);
    hk_som_fini(&som);
    return rc;
}

static int finish_evolved(hk_evolve *e, const hk_edges_config *config)
{
    hk_ctx *ctx = hk_run_ctx(e->run);
    shared *s = e->own;
    hk_features train = { 0 }, validation = { 0 }, test = { 0 }, formula = { 0 };
    hk_edges_cost cost = { 0 };
    int rc = hk_edges_simulate(ctx, config, &e->train, e->team, stopping, e, &cost, &train);
    if (rc == HK_OK && !hk_run_stopping(e->run))
        rc = hk_edges_simulate(ctx, config, &e->validation, e->team, stopping, e, &cost, &validation);
    if (rc == HK_OK && !hk_run_stopping(e->run))
        rc = hk_edges_simulate(ctx, config, &e->data.test, e->team, stopping, e, &cost, &test);
    if (rc == HK_OK && !hk_run_stopping(e->run))
        rc = hk_edges_values(ctx, config, &e->data.test, &formula);
    if (rc == HK_OK && !hk_run_stopping(e->run)) {
        for (size_t k = 0; k < test.n * test.n_features; k++)
            s->largest_difference = fmax(s->largest_difference,
                                         fabs((double)test.values[k] - (double)formula.values[k]));
        hk_run_events(e->run, cost.spikes, cost.synaptic_events);
        rc = ask_last_map(e, &train, &validation, &test, &e->outcome.validation, e->outcome.confusion,
                          &e->outcome.test);
    }
    hk_features_fini(&train);
    hk_features_fini(&validation);
    hk_features_fini(&test);
    hk_features_fini(&formula);
    return rc;
}

/* What evolution is compared with: the filters it began with. */
static int finish_first(hk_evolve *e, hk_edges_config *config, hk_edge_filter *filters)
{
    hk_ctx *ctx = hk_run_ctx(e->run);
    shared *s = e->own;
    hk_features train = { 0 }, test = { 0 };
    express(s->start, config->n_filters, filters);
    int rc = hk_edges_values(ctx, config, &e->train, &train);
    if (rc == HK_OK)
        rc = hk_edges_values(ctx, config, &e->data.test, &test);
    if (rc == HK_OK)
        rc = ask_last_map(e, &train, NULL, &test, NULL, NULL, &s->before);
    hk_features_fini(&train);
    hk_features_fini(&test);
    return rc;
}

static int finish(hk_evolve *e)
{
    const shared *s = e->own;
    hk_edge_filter filters[HK_EDGES_MOST_FILTERS];
    hk_edges_config config = {
        .rows = e->train.rows, .cols = e->train.cols, .n_filters = n_filters(e), .filters = filters
    };
    express(e->best, config.n_filters, filters);
    hk_run_progress(e->run, "the last map", 1.0, 0.0);
    int rc = finish_evolved(e, &config);
    if (rc == HK_OK && !hk_run_stopping(e->run))
        rc = finish_first(e, &config, filters);
    if (rc != HK_OK || hk_run_stopping(e->run))
        return rc;
    hk_summary *summary = hk_run_summary(e->run);
    hk_summary_number(summary, "before_accuracy", s->before);
    hk_summary_number(summary, "largest_difference", s->largest_difference);
    hk_run_report(
        e->run,
        "map of %lld x %lld: %.2f %% of the test images with the filters at first, %.2f %% with those that evolved",
        (long long)hk_run_integer(e->run, "last_map"), (long long)hk_run_integer(e->run, "last_map"), 100.0 * s->before,
        100.0 * e->outcome.test);
    return HK_OK;
}

static int put(hk_evolve *e, hk_results *file)
{
    const uint32_t n = n_filters(e);
    hk_edge_filter filters[HK_EDGES_MOST_FILTERS];
    float kernels[HK_EDGES_MOST_FILTERS][HK_EDGES_SIDE * HK_EDGES_SIDE];
    express(e->best, n, filters);
    for (uint32_t f = 0; f < n; f++)
        hk_edge_kernel(&filters[f], kernels[f]);
    int rc = hk_results_put(file, "receptive_fields",
                            &(hk_array){ .type = HK_F32,
                                         .n_dims = 3,
                                         .shape = { n, HK_EDGES_SIDE, HK_EDGES_SIDE },
                                         .values = kernels,
                                         .description = "kernels that evolved" });
    if (rc == HK_OK)
        rc = hk_results_put(
            file, "evolution/filters",
            &(hk_array){
                .type = HK_F64, .n_dims = 2, .shape = { n, sizeof *filters / sizeof(double) }, .values = filters });
    return rc == HK_OK ? hk_results_put_text(file, "evolution/filters", "columns",
                                             "wavelength_px, sigma_px, orientation_rad, phase_rad, threshold")
                       : rc;
}

const hk_evolve_task hk_evolve_filters = { .n_genes = n_genes,
                                           .prepare = prepare,
                                           .clean_up = clean_up,
                                           .join = join,
                                           .leave = leave,
                                           .judge = judge,
                                           .check = check,
                                           .finish = finish,
                                           .put = put };
