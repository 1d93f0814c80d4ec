/* experiments/evolve_filters.c - genomes that are filters, judged by a self-organising map that learns what they show; see evolve.h.
 *
 * Six genes a filter, each any number; l(g) = 1 / (1 + exp(-g)).
 *
 *   wavelength   2 * 10^l(g) px     sigma  0.5 * 8^l(g) px     threshold  0.6 l(g)
 *   orientation  g / 2              phase  g / 2         gain       l(g)
 *
 * start=random draws each l(g) from (0.05, 0.95) and each angle from the whole circle: nothing in it is known to be good. start=edges takes the
 * filters of hk_edges_usual(), evenly spread directions chosen by hand.
 *
 * Maps see the features of an image divided by their length. In each generation maps of all individuals learn from the same images, from
 * the same prototypes on, and are judged on the same further images, all of the training set. Fitness is the map's accuracy, or the mean over
 * these images of
 *
 *   log(p + 0.001)    p = sum_u n_uc k_u / sum_u n_u k_u,  k_u = exp(-|x - w_u|^2 / T)
 *
 * with n_u the images that unit u won while it learnt, n_uc those of them that are of the image's class, and T 0.15 of the mean
 * |x - w|^2 of these images and their winners. It tells how sure the map is, where accuracy only counts what crosses a border.
 *
 * Features come from the formula; in the end they come from the simulator, which gives the same to rounding. */
#include "experiments/evolution/edges.h"
#include "experiments/evolve.h"
#include "experiments/readouts/product_kernels.h"
#include "experiments/readouts/som.h"
#include "sim/draw.h"
#include "sim/mathfn.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

enum { WAVELENGTH, SIGMA, ORIENTATION, PHASE, THRESHOLD, GAIN, N_EACH };
enum { EPOCHS = 5, PARTS = 4, LAST_EPOCHS = 10, LAST_PARTS = 10 };
enum { JUDGED_PART = 5 }; /* the last fifth of the training images judges */

#define LEAST_DRAWN 0.05 /* of l(g), and 1 - this the most */
#define LEAST_PX 2.0     /* wavelength */
#define MOST_PX 20.0
#define LEAST_SIGMA_PX 0.5
#define MOST_SIGMA_PX 4.0
#define MOST_THRESHOLD 0.6
#define ANGLE 0.5 /* rad for a gene of 1 */
#define SOFTNESS 0.15
#define LEAST_LIKELIHOOD 1e-3

typedef struct shared {
    float *start; /* [n_genes] */
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

static double share_of(double value, double least, double most)
{
    return log(value / least) / log(most / least);
}

static float gene_of(double share)
{
    return (float)log(share / (1.0 - share));
}

static void express(const float *genes, uint32_t n, hk_edge_filter *filters)
{
    for (uint32_t f = 0; f < n; f++, genes += N_EACH)
        filters[f] = (hk_edge_filter){ .wavelength_px = LEAST_PX * pow(MOST_PX / LEAST_PX, logistic(genes[WAVELENGTH])),
                                       .sigma_px = LEAST_SIGMA_PX *
                                                   pow(MOST_SIGMA_PX / LEAST_SIGMA_PX, logistic(genes[SIGMA])),
                                       .orientation_rad = ANGLE * (double)genes[ORIENTATION],
                                       .phase_rad = ANGLE * (double)genes[PHASE],
                                       .threshold = MOST_THRESHOLD * logistic(genes[THRESHOLD]),
                                       .gain = logistic(genes[GAIN]) };
}

static void express_back(const hk_edge_filter *filters, uint32_t n, float *genes)
{
    for (uint32_t f = 0; f < n; f++, genes += N_EACH) {
        genes[WAVELENGTH] = gene_of(share_of(filters[f].wavelength_px, LEAST_PX, MOST_PX));
        genes[SIGMA] = gene_of(share_of(filters[f].sigma_px, LEAST_SIGMA_PX, MOST_SIGMA_PX));
        genes[ORIENTATION] = (float)(filters[f].orientation_rad / ANGLE);
        genes[PHASE] = (float)(filters[f].phase_rad / ANGLE);
        genes[THRESHOLD] = gene_of(filters[f].threshold / MOST_THRESHOLD);
        genes[GAIN] = 0.0f; /* all alike, since images are scaled */
    }
}

static void draw(uint64_t seed, uint32_t n, float *genes)
{
    hk_stream stream = hk_stream_open(seed, HK_PURPOSE_EXPERIMENT, hk_name_id("first filters"), 0);
    for (uint32_t k = 0; k < n * N_EACH; k++) {
        const double u = hk_stream_uniform(&stream);
        const bool is_angle = k % N_EACH == ORIENTATION || k % N_EACH == PHASE;
        genes[k] = is_angle ? (float)(2.0 * PI * u / ANGLE) : gene_of(LEAST_DRAWN + (1.0 - 2.0 * LEAST_DRAWN) * u);
    }
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

/* Learns a map from `samples` and names its units by them. hits[samples->n]: their winners then. */
static int learn_map(hk_ctx *ctx, const hk_features *samples, uint32_t side, uint32_t epochs, uint32_t parts,
                     uint64_t seed, hk_team *team, hk_som *som, hk_som_hit *hits)
{
    const hk_som_config config = { .rows = side,
                                   .cols = side,
                                   .epochs = epochs,
                                   .parts = parts,
                                   .sigma_start = fmax(side / 3.0, 0.5),
                                   .sigma_end = 0.3,
                                   .eta_start = 0.5,
                                   .eta_end = 0.01,
                                   .seed = seed };
    int rc = hk_som_create(ctx, &config, samples, som);
    for (uint32_t k = 0; rc == HK_OK && k < epochs; k++)
        rc = hk_som_learn(ctx, som, samples, k, team);
    if (rc == HK_OK)
        rc = hk_som_find(ctx, som, samples, team, hits);
    return rc == HK_OK ? hk_som_name(ctx, som, samples, hits) : rc;
}

/* The share of `samples` that it gets right. `confusion` may be NULL, or is added to. */
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

static double square_from(const hk_som *som, size_t unit, const hk_features *samples, size_t s)
{
    return (double)hk_product_kernels_for(hk_cpu_best())
        ->distance(hk_features_row(samples, s), som->weights + unit * som->n_features, som->n_features);
}

/* Mean of log(p + 0.001) over `judged`; hits[learnt->n] of those the map learnt from. squares[n_units] is scratch. */
static double likelihood(const hk_som *som, const hk_features *learnt, const hk_som_hit *hits,
                         const hk_features *judged, double *n_won, double *squares)
{
    double width = 0.0, sum = 0.0;
    memset(n_won, 0, som->n_units * (HK_DATASET_CLASSES + 1) * sizeof *n_won); /* by class, then of all */
    for (size_t i = 0; i < learnt->n; i++) {
        double *row = n_won + hits[i].first * (HK_DATASET_CLASSES + 1);
        row[learnt->labels[i]] += 1.0;
        row[HK_DATASET_CLASSES] += 1.0;
        width += SOFTNESS / (double)learnt->n * square_from(som, hits[i].first, learnt, i);
    }
    width = fmax(width, 1e-9); /* all images alike */
    for (size_t i = 0; i < judged->n; i++) {
        double least = INFINITY, right = 0.0, all = 0.0;
        for (size_t u = 0; u < som->n_units; u++) {
            squares[u] = square_from(som, u, judged, i);
            if (n_won[u * (HK_DATASET_CLASSES + 1) + HK_DATASET_CLASSES] > 0.0)
                least = fmin(least, squares[u]);
        }
        for (size_t u = 0; u < som->n_units; u++) {
            const double *row = n_won + u * (HK_DATASET_CLASSES + 1);
            if (!(row[HK_DATASET_CLASSES] > 0.0))
                continue;
            const double near = hk_exp((least - squares[u]) / width);
            right += near * row[judged->labels[i]];
            all += near * row[HK_DATASET_CLASSES];
        }
        sum += hk_log(right / all + LEAST_LIKELIHOOD);
    }
    return sum / (double)judged->n;
}

static int measure_likelihood(hk_ctx *ctx, const hk_som *som, const hk_features *learnt, const hk_som_hit *hits,
                              const hk_features *judged, double *out)
{
    double *n_won = malloc(som->n_units * (HK_DATASET_CLASSES + 2) * sizeof *n_won);
    if (n_won == NULL)
        return hk_fail(ctx, HK_ENOMEM, "evolve: out of memory");
    *out = likelihood(som, learnt, hits, judged, n_won, n_won + som->n_units * (HK_DATASET_CLASSES + 1));
    free(n_won);
    return HK_OK;
}

/* A small map that learns from some images and is judged on others. `fitness` may be NULL. */
static int judge_filters(hk_ctx *ctx, const hk_evolve *e, const float *genes, const hk_images *learnt,
                         const hk_images *judged, uint32_t side, uint64_t seed, hk_team *alone, double *fitness,
                         double *accuracy)
{
    hk_edge_filter filters[HK_EDGES_MOST_FILTERS];
    const hk_edges_config config = {
        .rows = learnt->rows, .cols = learnt->cols, .n_filters = n_filters(e), .filters = filters
    };
    hk_features first = { 0 }, second = { 0 };
    hk_som som = { 0 };
    hk_som_hit *hits = malloc(learnt->n * sizeof *hits);
    express(genes, config.n_filters, filters);
    int rc = hits == NULL ? hk_fail(ctx, HK_ENOMEM, "evolve: out of memory")
                          : hk_edges_values(ctx, &config, learnt, &first);
    if (rc == HK_OK)
        rc = hk_edges_values(ctx, &config, judged, &second);
    if (rc == HK_OK) {
        scale(&first);
        scale(&second);
    }
    if (rc == HK_OK)
        rc = learn_map(ctx, &first, side, EPOCHS, PARTS, seed, alone, &som, hits);
    if (rc == HK_OK)
        rc = ask_map(ctx, &som, &second, alone, NULL, accuracy);
    if (rc == HK_OK && fitness != NULL) {
        *fitness = *accuracy;
        if (hk_run_choice(e->run, "fitness") == 0)
            rc = measure_likelihood(ctx, &som, &first, hits, &second, fitness);
    }
    free(hits);
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
    if (hk_run_choice(e->run, "start") == 0)
        draw(hk_run_seed(e->run), n_filters(e), s->start);
    else {
        hk_edge_filter filters[HK_EDGES_MOST_FILTERS];
        hk_edges_usual(filters, n_filters(e));
        express_back(filters, n_filters(e), s->start);
    }
    for (size_t k = 0; k < e->n_genes; k++)
        e->strategy.mean[k] = (double)s->start[k];
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
    const uint32_t side = (uint32_t)hk_run_integer(e->run, "map");
    const hk_images all = {
        .n = n, .rows = e->train.rows, .cols = e->train.cols, .pixels = o->pixels, .labels = o->labels
    };
    const hk_images learnt = hk_images_part(&all, 0, o->n_learnt),
                    judged = hk_images_part(&all, o->n_learnt, o->n_judged);
    hk_evolve_choose(e, generation, 0, n_first, o->n_learnt, o->chosen);
    hk_evolve_choose(e, generation, 1, n_last, o->n_judged, o->chosen + o->n_learnt);
    for (size_t i = 0; i < n; i++) {
        const size_t from = o->chosen[i] + (i < o->n_learnt ? 0 : n_first);
        memcpy(o->pixels + i * n_pixels, e->train.pixels + from * n_pixels, n_pixels);
        o->labels[i] = e->train.labels[from];
    }
    int rc = HK_OK;
    for (uint32_t k = member->first; rc == HK_OK && k < member->end; k++)
        rc = judge_filters(member->ctx, e, member->genes + (k - member->first) * e->n_genes, &learnt, &judged, side,
                           hk_run_seed(e->run) + generation, o->alone, &e->fitness[k], &e->accuracy[k]);
    return rc;
}

static int check(hk_evolve *e, const float *genes, size_t n, double *accuracy)
{
    hk_team *alone;
    const hk_images learnt = hk_images_part(&e->train, 0, n < e->train.n ? n : e->train.n);
    const hk_images judged = hk_images_part(&e->validation, 0, n < e->validation.n ? n : e->validation.n);
    int rc = hk_team_create(hk_run_ctx(e->run), 0, &alone);
    if (rc == HK_OK)
        rc = judge_filters(hk_run_ctx(e->run), e, genes, &learnt, &judged,
                           (uint32_t)hk_run_integer(e->run, "check_map"), hk_run_seed(e->run), alone, NULL, accuracy);
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
    hk_som_hit *hits = malloc(train->n * sizeof *hits);
    int rc = hits == NULL ? hk_fail(ctx, HK_ENOMEM, "evolve: out of memory")
                          : learn_map(ctx, train, (uint32_t)hk_run_integer(e->run, "last_map"), LAST_EPOCHS, LAST_PARTS,
                                      hk_run_seed(e->run), e->team, &som, hits);
    free(hits);
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
                                             "wavelength_px, sigma_px, orientation_rad, phase_rad, threshold, gain")
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
