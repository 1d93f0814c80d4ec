/* experiments/readouts/som_find.c - nearest units as a product of matrices; see som.h.
 *
 * |x - w|^2 / 2 = |w|^2 / 2 - w.x + |x|^2 / 2, whose last term is the same for all units. Both x and w are taken from the mean of
 * the prototypes, so that data far from zero lose no digits. */
#include "experiments/readouts/som_find.h"

#include "experiments/readouts/product_kernels.h"

#include <math.h>
#include <stdlib.h>

enum { UNITS = HK_TILE_ROWS, SAMPLES = HK_TILE_F32 };

typedef struct search {
    const hk_som *som;
    const hk_som_part *part;
    const hk_product_kernels *kernels;
    size_t n_panels;
    float *mean;   /* [n_features] */
    float *panels; /* [n_panels][n_features][UNITS] prototypes */
    float *half;   /* [n_panels * UNITS] |w|^2 / 2 less half the bias; infinite where there is no unit */
    float *blocks; /* [n_members][n_features][SAMPLES] */
    unsigned n_members;
    hk_som_hit *hits;
} search;

static void fill_panels(search *s, const double *bias)
{
    const hk_som *som = s->som;
    size_t d = som->n_features;
    for (size_t k = 0; k < d; k++) {
        double sum = 0.0;
        for (size_t u = 0; u < som->n_units; u++)
            sum += (double)som->weights[u * d + k];
        s->mean[k] = (float)(sum / (double)som->n_units);
    }
    for (size_t u = 0; u < s->n_panels * UNITS; u++) {
        float *panel = s->panels + u / UNITS * d * UNITS + u % UNITS;
        double square = 0.0;
        for (size_t k = 0; k < d; k++) {
            float w = u < som->n_units ? som->weights[u * d + k] - s->mean[k] : 0.0f;
            panel[k * UNITS] = w;
            square += (double)w * (double)w;
        }
        s->half[u] = u < som->n_units ? (float)(0.5 * (square - (bias == NULL ? 0.0 : bias[u]))) : INFINITY;
    }
}

typedef struct best {
    float first[SAMPLES], second[SAMPLES];
    uint32_t first_unit[SAMPLES], second_unit[SAMPLES];
} best;

static inline void take_tile(const float *tile, const float *half, uint32_t first_unit, best *b)
{
    for (uint32_t r = 0; r < UNITS; r++)
        for (size_t c = 0; c < SAMPLES; c++) {
            float score = half[r] - tile[r * SAMPLES + c];
            if (!(score < b->second[c]))
                continue;
            if (score < b->first[c]) {
                b->second[c] = b->first[c];
                b->second_unit[c] = b->first_unit[c];
                b->first[c] = score;
                b->first_unit[c] = first_unit + r;
            } else {
                b->second[c] = score;
                b->second_unit[c] = first_unit + r;
            }
        }
}

static void work(void *user, unsigned member)
{
    search *s = user;
    size_t d = s->som->n_features, n = s->part->n;
    float *block = s->blocks + member * d * SAMPLES, tile[UNITS * SAMPLES];
    for (size_t begin = member * (size_t)SAMPLES; begin < n; begin += s->n_members * (size_t)SAMPLES) {
        size_t n_here = n - begin < SAMPLES ? n - begin : SAMPLES;
        best b;
        for (size_t c = 0; c < SAMPLES; c++) {
            const float *x = hk_som_part_row(s->part, begin + (c < n_here ? c : 0));
            for (size_t k = 0; k < d; k++)
                block[k * SAMPLES + c] = x[k] - s->mean[k];
            b.first[c] = b.second[c] = INFINITY;
            b.first_unit[c] = b.second_unit[c] = 0;
        }
        for (size_t p = 0; p < s->n_panels; p++) {
            s->kernels->tile_f32(s->panels + p * d * UNITS, UNITS, block, d, tile);
            take_tile(tile, s->half + p * UNITS, (uint32_t)(p * UNITS), &b);
        }
        for (size_t c = 0; c < n_here; c++)
            s->hits[begin + c] = (hk_som_hit){ .first = b.first_unit[c], .second = b.second_unit[c] };
    }
}

int hk_som_find_part(hk_ctx *ctx, const hk_som *som, const hk_som_part *part, const double *bias, hk_team *team,
                     hk_som_hit *hits)
{
    size_t d = som->n_features, n_panels = (som->n_units + UNITS - 1) / UNITS;
    search s = { .som = som,
                 .part = part,
                 .kernels = hk_product_kernels_for(hk_cpu_best()),
                 .n_panels = n_panels,
                 .n_members = team == NULL ? 1 : hk_team_size(team),
                 .hits = hits };
    s.mean = malloc(d * sizeof *s.mean);
    s.panels = malloc(n_panels * d * UNITS * sizeof *s.panels);
    s.half = malloc(n_panels * UNITS * sizeof *s.half);
    s.blocks = malloc(s.n_members * d * SAMPLES * sizeof *s.blocks);
    int rc = HK_OK;
    if (s.mean == NULL || s.panels == NULL || s.half == NULL || s.blocks == NULL) {
        rc = hk_fail(ctx, HK_ENOMEM, "som: no memory to compare with %zu units", som->n_units);
    } else {
        fill_panels(&s, bias);
        if (team == NULL)
            work(&s, 0);
        else
            hk_team_run(team, work, &s);
    }
    free(s.mean);
    free(s.panels);
    free(s.half);
    free(s.blocks);
    return rc;
}

int hk_som_find(hk_ctx *ctx, const hk_som *som, const hk_features *samples, hk_team *team, hk_som_hit *hits)
{
    hk_som_part all = { .samples = samples, .stride = 1, .n = samples->n };
    return hk_som_find_part(ctx, som, &all, NULL, team, hits);
}
