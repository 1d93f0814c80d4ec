/* experiments/readouts/som.c - the map, its grid and what can be said about it; see som.h. */
#include "experiments/readouts/som.h"

#include "sim/draw.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_UNITS 100000

int hk_som_check(hk_ctx *ctx, const hk_som_config *c, size_t n_samples)
{
    uint64_t n_units = (uint64_t)c->rows * c->cols;
    if (c->rows == 0 || c->cols == 0 || n_units < 2 || n_units > MOST_UNITS)
        return hk_fail(ctx, HK_ERANGE, "som: %u x %u units, must be 2 to %d in all", c->rows, c->cols, MOST_UNITS);
    if (n_units > n_samples)
        return hk_fail(ctx, HK_ERANGE, "som: %u x %u units, must be at most as many as the %zu samples to learn from",
                       c->rows, c->cols, n_samples);
    if (c->epochs == 0)
        return hk_fail(ctx, HK_ERANGE, "som: epochs = 0, must be at least 1");
    if (c->parts == 0)
        return hk_fail(ctx, HK_ERANGE, "som: parts = 0, must be at least 1");
    if (!(c->sigma_end > 0.0 && c->sigma_start >= c->sigma_end && c->sigma_start < INFINITY))
        return hk_fail(ctx, HK_ERANGE, "som: sigma_start = %g and sigma_end = %g, must be start >= end > 0",
                       c->sigma_start, c->sigma_end);
    if (!(c->eta_end > 0.0 && c->eta_start >= c->eta_end && c->eta_start <= 1.0))
        return hk_fail(ctx, HK_ERANGE, "som: eta_start = %g and eta_end = %g, must be 1 >= start >= end > 0",
                       c->eta_start, c->eta_end);
    if (!(c->conscience >= 0.0 && c->conscience < INFINITY))
        return hk_fail(ctx, HK_ERANGE, "som: conscience = %g, must be >= 0", c->conscience);
    return HK_OK;
}

/* As many different samples as there are units: the first of a shuffled list. */
static int draw_prototypes(hk_ctx *ctx, hk_som *som, const hk_features *samples)
{
    hk_stream stream = hk_stream_open(som->config.seed, HK_PURPOSE_SHUFFLE, hk_name_id("som prototypes"), 0);
    size_t *order = malloc(samples->n * sizeof *order);
    if (order == NULL)
        return hk_fail(ctx, HK_ENOMEM, "som: no memory for the order of %zu samples", samples->n);
    for (size_t s = 0; s < samples->n; s++)
        order[s] = s;
    for (size_t u = 0; u < som->n_units; u++) {
        size_t other = u + hk_stream_below(&stream, samples->n - u), drawn = order[other];
        order[other] = order[u];
        memcpy(som->weights + u * som->n_features, hk_features_row(samples, drawn),
               som->n_features * sizeof *som->weights);
    }
    free(order);
    return HK_OK;
}

int hk_som_create(hk_ctx *ctx, const hk_som_config *config, const hk_features *samples, hk_som *out)
{
    *out = (hk_som){ 0 };
    int rc = hk_som_check(ctx, config, samples->n);
    if (rc != HK_OK)
        return rc;
    size_t n_units = (size_t)config->rows * config->cols;
    *out = (hk_som){ .config = *config,
                     .n_units = n_units,
                     .n_features = samples->n_features,
                     .weights = malloc(n_units * samples->n_features * sizeof *out->weights),
                     .labels = malloc(n_units * sizeof *out->labels),
                     .share = malloc(n_units * sizeof *out->share),
                     .sums = calloc(n_units * samples->n_features, sizeof *out->sums),
                     .n_won = calloc(n_units, sizeof *out->n_won) };
    if (out->weights == NULL || out->labels == NULL || out->share == NULL || out->sums == NULL || out->n_won == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "som: no memory for %zu prototypes", n_units);
    for (size_t u = 0; rc == HK_OK && u < n_units; u++) {
        out->labels[u] = -1;
        out->share[u] = 1.0 / (double)n_units;
    }
    if (rc == HK_OK)
        rc = draw_prototypes(ctx, out, samples);
    if (rc != HK_OK)
        hk_som_fini(out);
    return rc;
}

void hk_som_fini(hk_som *som)
{
    free(som->weights);
    free(som->labels);
    free(som->share);
    free(som->sums);
    free(som->n_won);
    *som = (hk_som){ 0 };
}

/* --- the grid ----------------------------------------------------------------------------------------------------------- */

void hk_som_place(const hk_som_config *config, size_t unit, double *x, double *y)
{
    size_t row = unit / config->cols, col = unit % config->cols;
    bool is_hexagonal = config->grid == HK_SOM_HEXAGONAL;
    *x = (double)col + (is_hexagonal && row % 2 == 1 ? 0.5 : 0.0);
    *y = (double)row * (is_hexagonal ? 0.86602540378443865 : 1.0); /* sqrt(3) / 2 */
}

bool hk_som_are_neighbours(const hk_som_config *config, size_t a, size_t b)
{
    double xa, ya, xb, yb;
    hk_som_place(config, a, &xa, &ya);
    hk_som_place(config, b, &xb, &yb);
    double square = (xa - xb) * (xa - xb) + (ya - yb) * (ya - yb);
    return a != b && square < 2.5; /* diagonals are at 2, the second ring of a hexagonal grid is at 3 */
}

/* --- what it has learnt --------------------------------------------------------------------------------------------------- */

static double square_distance(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t k = 0; k < n; k++) {
        double difference = (double)a[k] - (double)b[k];
        sum += difference * difference;
    }
    return sum;
}

void hk_som_u_matrix(const hk_som *som, double *heights)
{
    size_t cols = som->config.cols;
    for (size_t u = 0; u < som->n_units; u++) {
        size_t row = u / cols, first = row == 0 ? 0 : (row - 1) * cols;
        size_t end = (row + 2) * cols < som->n_units ? (row + 2) * cols : som->n_units, n = 0;
        double sum = 0.0;
        for (size_t v = first; v < end; v++)
            if (hk_som_are_neighbours(&som->config, u, v)) {
                sum += sqrt(square_distance(som->weights + u * som->n_features, som->weights + v * som->n_features,
                                            som->n_features));
                n++;
            }
        heights[u] = sum / (double)n;
    }
}

int hk_som_measure(hk_ctx *ctx, const hk_som *som, const hk_features *samples, const hk_som_hit *hits,
                   hk_som_quality *out)
{
    bool *wins = calloc(som->n_units, sizeof *wins);
    if (wins == NULL)
        return hk_fail(ctx, HK_ENOMEM, "som: no memory to look at %zu units", som->n_units);
    size_t n_apart = 0;
    double sum = 0.0;
    for (size_t s = 0; s < samples->n; s++) {
        sum += sqrt(square_distance(hk_features_row(samples, s), som->weights + hits[s].first * som->n_features,
                                    som->n_features));
        n_apart += !hk_som_are_neighbours(&som->config, hits[s].first, hits[s].second);
        wins[hits[s].first] = true;
    }
    *out = (hk_som_quality){ .quantisation_error = sum / (double)samples->n,
                             .topographic_error = (double)n_apart / (double)samples->n };
    for (size_t u = 0; u < som->n_units; u++)
        out->n_dead += !wins[u];
    free(wins);
    return HK_OK;
}

/* A unit that wins nothing takes the name of the nearest prototype of those that do. */
static void name_the_dead(hk_som *som, const bool *wins)
{
    for (size_t u = 0; u < som->n_units; u++) {
        double least = INFINITY;
        for (size_t v = 0; !wins[u] && v < som->n_units; v++) {
            double square = wins[v] ? square_distance(som->weights + u * som->n_features,
                                                      som->weights + v * som->n_features, som->n_features)
                                    : INFINITY;
            if (square < least) {
                least = square;
                som->labels[u] = som->labels[v];
            }
        }
    }
}

int hk_som_name(hk_ctx *ctx, hk_som *som, const hk_features *samples, const hk_som_hit *hits)
{
    uint32_t n_classes = samples->n_classes;
    uint64_t *counts = calloc(som->n_units * n_classes, sizeof *counts);
    bool *wins = calloc(som->n_units, sizeof *wins);
    if (counts == NULL || wins == NULL) {
        free(counts);
        free(wins);
        return hk_fail(ctx, HK_ENOMEM, "som: no memory to name %zu units", som->n_units);
    }
    for (size_t s = 0; s < samples->n; s++)
        counts[hits[s].first * (size_t)n_classes + samples->labels[s]]++;
    for (size_t u = 0; u < som->n_units; u++) {
        uint64_t most = 0;
        som->labels[u] = -1;
        for (uint32_t c = 0; c < n_classes; c++)
            if (counts[u * n_classes + c] > most) {
                most = counts[u * n_classes + c];
                som->labels[u] = (int32_t)c;
            }
        wins[u] = most > 0;
    }
    name_the_dead(som, wins);
    som->n_classes = n_classes;
    free(counts);
    free(wins);
    return HK_OK;
}
