/* experiments/readouts/scatter.c - see scatter.h. */
#include "experiments/readouts/scatter.h"

#include "experiments/readouts/product_kernels.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256, TILE = HK_TILE_F64 }; /* samples that wait, at most; features in a panel */

int hk_scatter_init(hk_ctx *ctx, size_t n_features, uint32_t n_classes, hk_scatter *out)
{
    *out = (hk_scatter){ 0 };
    if (n_features == 0 || n_features > 60000 || n_classes == 0 || n_classes > HK_MOST_CLASSES)
        return hk_fail(ctx, HK_ERANGE, "linear readout: %zu features and %u classes, must be 1 to 60000 and 1 to %d",
                       n_features, n_classes, HK_MOST_CLASSES);
    size_t width = (n_features + TILE - 1) / TILE * TILE;
    *out = (hk_scatter){ .n_features = n_features,
                         .width = width,
                         .n_classes = n_classes,
                         .n = calloc(n_classes, sizeof *out->n),
                         .sums = calloc(n_classes * n_features, sizeof *out->sums),
                         .gram = calloc(width * width, sizeof *out->gram),
                         .waiting = calloc(BLOCK * width, sizeof *out->waiting) };
    if (out->n != NULL && out->sums != NULL && out->gram != NULL && out->waiting != NULL)
        return HK_OK;
    hk_scatter_fini(out);
    return hk_fail(ctx, HK_ENOMEM, "linear readout: no memory for %zu x %zu sums", width, width);
}

void hk_scatter_fini(hk_scatter *scatter)
{
    free(scatter->n);
    free(scatter->sums);
    free(scatter->gram);
    free(scatter->waiting);
    *scatter = (hk_scatter){ 0 };
}

typedef struct job {
    hk_scatter *scatter;
    const hk_product_kernels *kernels;
    unsigned n_members;
} job;

/* Tiles of the upper triangle, rows of them dealt out in turn. */
static void work(void *user, unsigned member)
{
    job *j = user;
    hk_scatter *s = j->scatter;
    double tile[HK_TILE_ROWS * TILE];
    for (size_t row = member * (size_t)HK_TILE_ROWS; row < s->width; row += j->n_members * (size_t)HK_TILE_ROWS)
        for (size_t col = row / TILE * TILE; col < s->width; col += TILE) {
            const double *left = s->waiting + row / TILE * (BLOCK * TILE) + row % TILE;
            j->kernels->tile_f64(left, TILE, s->waiting + col * BLOCK, s->n_waiting, tile);
            for (size_t r = 0; r < HK_TILE_ROWS; r++)
                for (size_t c = 0; c < TILE; c++)
                    s->gram[(row + r) * s->width + col + c] += tile[r * TILE + c];
        }
}

void hk_scatter_settle(hk_scatter *scatter, hk_team *team)
{
    if (scatter->n_waiting == 0)
        return;
    job j = { .scatter = scatter,
              .kernels = hk_product_kernels_for(hk_cpu_best()),
              .n_members = team == NULL ? 1 : hk_team_size(team) };
    if (team == NULL)
        work(&j, 0);
    else
        hk_team_run(team, work, &j);
    scatter->n_waiting = 0;
}

void hk_scatter_add(hk_scatter *scatter, hk_team *team, const float *x, uint32_t label)
{
    double *sum = scatter->sums + label * scatter->n_features;
    double *row = scatter->waiting + scatter->n_waiting * TILE;
    for (size_t k = 0; k < scatter->n_features; k++) {
        row[k / TILE * (BLOCK * TILE) + k % TILE] = (double)x[k];
        sum[k] += (double)x[k];
    }
    scatter->n[label] += 1.0;
    if (++scatter->n_waiting == BLOCK)
        hk_scatter_settle(scatter, team);
}

void hk_scatter_merge(hk_scatter *into, const hk_scatter *from)
{
    for (uint32_t c = 0; c < into->n_classes; c++)
        into->n[c] += from->n[c];
    for (size_t k = 0; k < into->n_classes * into->n_features; k++)
        into->sums[k] += from->sums[k];
    for (size_t k = 0; k < into->width * into->width; k++)
        into->gram[k] += from->gram[k];
}

int hk_scatter_archive(hk_scatter *scatter, hk_archive *archive)
{
    uint64_t n_waiting = scatter->n_waiting;
    int rc = hk_archive_enter(archive, "scatter");
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "n", HK_F64, scatter->n, scatter->n_classes);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "sums", HK_F64, scatter->sums, scatter->n_classes * scatter->n_features);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "gram", HK_F64, scatter->gram, scatter->width * scatter->width);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "waiting", HK_F64, scatter->waiting, BLOCK * scatter->width);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "n_waiting", HK_U64, &n_waiting, 1);
    if (rc == HK_OK && n_waiting >= BLOCK)
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: %llu samples wait, must be below %d",
                     (unsigned long long)n_waiting, BLOCK);
    if (rc != HK_OK)
        return rc;
    scatter->n_waiting = (size_t)n_waiting;
    hk_archive_leave(archive);
    return HK_OK;
}
