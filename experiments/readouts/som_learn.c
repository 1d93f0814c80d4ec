/* experiments/readouts/som_learn.c - one epoch, in a batch or sample by sample; see som.h. */
#include "experiments/readouts/order.h"
#include "experiments/readouts/product_kernels.h"
#include "experiments/readouts/som_find.h"

#include "sim/mathfn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_H 1e-4 /* what is below it counts as 0 */

/* h of two units is a product of its parts along x and y; x counts in halves, since hexagonal rows are shifted by one. */
typedef struct neighbourhood {
    uint32_t cols;
    unsigned shift; /* of odd rows, in halves */
    double row_height;
    double *along_x; /* [2 cols + 1] by difference in halves */
    double *along_y; /* [rows] by difference of rows */
} neighbourhood;

static int neighbourhood_init(hk_ctx *ctx, const hk_som_config *config, neighbourhood *out)
{
    bool is_hexagonal = config->grid == HK_SOM_HEXAGONAL;
    *out = (neighbourhood){ .cols = config->cols,
                            .shift = is_hexagonal ? 1 : 0,
                            .row_height = is_hexagonal ? 0.86602540378443865 : 1.0,
                            .along_x = malloc((2 * (size_t)config->cols + 1) * sizeof *out->along_x),
                            .along_y = malloc(config->rows * sizeof *out->along_y) };
    return out->along_x != NULL && out->along_y != NULL
               ? HK_OK
               : hk_fail(ctx, HK_ENOMEM, "som: no memory for its neighbourhood");
}

static void neighbourhood_fini(neighbourhood *h)
{
    free(h->along_x);
    free(h->along_y);
}

static void set_sigma(neighbourhood *h, uint32_t rows, double sigma)
{
    double scale = -0.5 / (sigma * sigma);
    for (uint32_t k = 0; k <= 2 * h->cols; k++)
        h->along_x[k] = hk_exp(scale * 0.25 * (double)k * (double)k);
    for (uint32_t k = 0; k < rows; k++)
        h->along_y[k] = hk_exp(scale * (h->row_height * (double)k) * (h->row_height * (double)k));
}

static double between(const neighbourhood *h, size_t a, size_t b)
{
    size_t row_a = a / h->cols, row_b = b / h->cols;
    size_t x_a = 2 * (a % h->cols) + row_a % 2 * h->shift, x_b = 2 * (b % h->cols) + row_b % 2 * h->shift;
    return h->along_x[x_a > x_b ? x_a - x_b : x_b - x_a] * h->along_y[row_a > row_b ? row_a - row_b : row_b - row_a];
}

static void run(hk_team *team, void (*work)(void *user, unsigned member), void *user)
{
    if (team == NULL)
        work(user, 0);
    else
        hk_team_run(team, work, user);
}

/* Shares and spread move towards a sample's outcome. */
static void remember(hk_som *som, size_t winner, double square)
{
    double rate = 0.1 / (double)som->n_units;
    for (size_t u = 0; u < som->n_units; u++)
        som->share[u] -= rate * som->share[u];
    som->share[winner] += rate;
    som->spread += rate * (square - som->spread);
}

static double bias_of(const hk_som *som, size_t unit)
{
    return som->config.conscience * som->spread * (1.0 - (double)som->n_units * som->share[unit]);
}

/* --- batch ------------------------------------------------------------------------------------------------------------ */

typedef struct batch {
    hk_som *som;
    const hk_som_part *part;
    const hk_product_kernels *kernels;
    const neighbourhood *h;
    hk_som_hit *hits; /* [part->n] */
    double *bias;     /* [n_units] */
    double *moved;    /* [n_members][n_features] */
    double forget;
    unsigned n_members;
} batch;

/* Each member adds up a range of the features, so that every sum has the order of the samples. */
static void add_up(void *user, unsigned member)
{
    batch *b = user;
    size_t d = b->som->n_features, first = d * member / b->n_members, end = d * (member + 1) / b->n_members;
    for (size_t u = 0; u < b->som->n_units; u++)
        for (size_t k = first; k < end; k++)
            b->som->sums[u * d + k] *= b->forget;
    for (size_t s = 0; s < b->part->n; s++) {
        const float *x = hk_som_part_row(b->part, s);
        double *sum = b->som->sums + b->hits[s].first * d;
        for (size_t k = first; k < end; k++)
            sum[k] += (double)x[k];
    }
}

static void move(void *user, unsigned member)
{
    batch *b = user;
    hk_som *som = b->som;
    size_t d = som->n_features;
    double *moved = b->moved + member * d;
    for (size_t u = member; u < som->n_units; u += b->n_members) {
        double weight = 0.0;
        memset(moved, 0, d * sizeof *moved);
        for (size_t v = 0; v < som->n_units; v++) {
            double h = between(b->h, u, v);
            if (h < LEAST_H || !(som->n_won[v] > 0.0))
                continue;
            weight += h * som->n_won[v];
            b->kernels->add(moved, h, som->sums + v * d, d);
        }
        for (size_t k = 0; weight > 0.0 && k < d; k++)
            som->weights[u * d + k] = (float)(moved[k] / weight);
    }
}

static int learn_part(hk_ctx *ctx, batch *b, hk_team *team)
{
    hk_som *som = b->som;
    bool has_conscience = som->config.conscience > 0.0;
    for (size_t u = 0; u < som->n_units; u++)
        b->bias[u] = bias_of(som, u);
    int rc = hk_som_find_part(ctx, som, b->part, has_conscience ? b->bias : NULL, team, b->hits);
    if (rc != HK_OK)
        return rc;
    for (size_t u = 0; u < som->n_units; u++)
        som->n_won[u] *= b->forget;
    for (size_t s = 0; s < b->part->n; s++) {
        size_t winner = b->hits[s].first;
        som->n_won[winner] += 1.0;
        if (has_conscience)
            remember(som, winner,
                     (double)b->kernels->distance(hk_som_part_row(b->part, s), som->weights + winner * som->n_features,
                                                  som->n_features));
    }
    run(team, add_up, b);
    run(team, move, b);
    return HK_OK;
}

static int learn_batch(hk_ctx *ctx, hk_som *som, const hk_features *samples, neighbourhood *h, uint32_t epoch,
                       hk_team *team)
{
    const hk_som_config *c = &som->config;
    size_t n_parts = c->parts < samples->n ? c->parts : samples->n;
    batch b = { .som = som,
                .kernels = hk_product_kernels_for(hk_cpu_best()),
                .h = h,
                .n_members = team == NULL ? 1 : hk_team_size(team) };
    b.hits = malloc((samples->n / n_parts + 1) * sizeof *b.hits);
    b.bias = malloc(som->n_units * sizeof *b.bias);
    b.moved = malloc(b.n_members * som->n_features * sizeof *b.moved);
    int rc = b.hits == NULL || b.bias == NULL || b.moved == NULL
                 ? hk_fail(ctx, HK_ENOMEM, "som: no memory for %zu units", som->n_units)
                 : HK_OK;
    size_t n_moves = c->epochs * n_parts;
    for (size_t p = 0; p < n_parts && rc == HK_OK; p++) {
        size_t at = epoch * n_parts + p;
        double done = n_moves == 1 ? 1.0 : (double)at / (double)(n_moves - 1);
        hk_som_part part = {
            .samples = samples, .first = p, .stride = n_parts, .n = (samples->n - p + n_parts - 1) / n_parts
        };
        b.part = &part;
        b.forget = n_parts > 2 ? 1.0 - 2.0 / (double)n_parts : 0.0;
        set_sigma(h, c->rows, hk_order_fall(c->sigma_start, c->sigma_end, done));
        rc = learn_part(ctx, &b, team);
    }
    free(b.hits);
    free(b.bias);
    free(b.moved);
    return rc;
}

/* --- online ----------------------------------------------------------------------------------------------------------- */

static void learn_sample(hk_som *som, const hk_product_kernels *kernels, const neighbourhood *h, double eta,
                         const float *x)
{
    size_t d = som->n_features, winner = 0;
    double least = INFINITY, square = 0.0;
    bool has_conscience = som->config.conscience > 0.0;
    for (size_t u = 0; u < som->n_units; u++) {
        double here = (double)kernels->distance(x, som->weights + u * d, d);
        double score = here - (has_conscience ? bias_of(som, u) : 0.0);
        if (score < least) {
            least = score;
            square = here;
            winner = u;
        }
    }
    for (size_t u = 0; u < som->n_units; u++) {
        double rate = between(h, u, winner);
        if (rate >= LEAST_H)
            kernels->approach(som->weights + u * d, (float)(eta * rate), x, d);
    }
    if (has_conscience)
        remember(som, winner, square);
}

static int learn_online(hk_ctx *ctx, hk_som *som, const hk_features *samples, neighbourhood *h, uint32_t epoch)
{
    const hk_som_config *c = &som->config;
    const hk_product_kernels *kernels = hk_product_kernels_for(hk_cpu_best());
    size_t *order = malloc(samples->n * sizeof *order);
    if (order == NULL)
        return hk_fail(ctx, HK_ENOMEM, "som: no memory for the order of %zu samples", samples->n);
    hk_order_shuffle(order, samples->n, c->seed, "som samples", epoch);
    for (size_t s = 0; s < samples->n; s++) {
        double done = ((double)epoch + (double)s / (double)samples->n) / (double)c->epochs;
        set_sigma(h, c->rows, hk_order_fall(c->sigma_start, c->sigma_end, done));
        learn_sample(som, kernels, h, hk_order_fall(c->eta_start, c->eta_end, done),
                     hk_features_row(samples, order[s]));
    }
    free(order);
    return HK_OK;
}

int hk_som_learn(hk_ctx *ctx, hk_som *som, const hk_features *samples, uint32_t epoch, hk_team *team)
{
    neighbourhood h;
    int rc = neighbourhood_init(ctx, &som->config, &h);
    if (rc == HK_OK)
        rc = som->config.method == HK_SOM_BATCH ? learn_batch(ctx, som, samples, &h, epoch, team)
                                                : learn_online(ctx, som, samples, &h, epoch);
    neighbourhood_fini(&h);
    return rc;
}
